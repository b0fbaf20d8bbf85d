//! tix: a ticket queue in your git repository, where the push of a claim is the lock.
#![allow(
    dead_code,
    unused_imports,
    reason = "the commands that use these modules follow"
)]

mod clock;
mod config;
mod env;

fn main() {}
