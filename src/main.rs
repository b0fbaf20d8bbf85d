//! tix: a ticket queue in your git repository, where the push of a claim is the lock.
#![allow(
    dead_code,
    unused_imports,
    reason = "nothing uses the ticket module yet"
)]

mod ticket;

fn main() {}
