//! Remotes over real transports, and networks that break at a chosen moment.
//!
//! What a run says must be so: 0 and the ticket is ours, 7 and nothing changed, 8 and it may be ours. Whatever it said, the
//! same command on a network that works ends well, and nobody else is in the way.

mod claims;
mod faults;
mod late;
mod line;
mod signals;
mod transports;
