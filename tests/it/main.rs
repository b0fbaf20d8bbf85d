//! The one integration program of tix.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "in a test a panic is the report; clippy.toml allows it in test functions only, not in what they call"
)]

mod harness;
#[cfg(unix)]
mod net_works;
