//! tix: a ticket queue in your git repository, where the push of a claim is the lock.
fn main() {}
