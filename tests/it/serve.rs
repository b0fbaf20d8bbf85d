//! `tix serve`: who may come in, what is refused, and how it ends.

#![allow(
    clippy::disallowed_methods,
    reason = "the server is a process of its own, and its answers are read as they come"
)]

mod ends;
mod entry;
mod hostile;
mod many;
mod markup;
mod served;

pub use served::{Ask, Served, Session};
