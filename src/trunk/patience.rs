//! How many failures to tolerate that nobody else's progress explains.

use super::{Stop, TrunkError};

/// Counts the failures that nobody else's progress explains.
pub(super) struct Patience {
    left: u32,
    /// How often the server said "busy" although the trunk had not moved.
    pub(super) busy: u32,
    /// Whether tix has checked what may block a ref.
    looked: bool,
}

impl Patience {
    /// Tolerates this many failures; the last one ends the run.
    pub(super) fn new(tries: u32) -> Patience {
        Patience { left: tries, busy: 0, looked: false }
    }

    /// Calls `look` the first time only: it asks the remote for something that does not come and go.
    pub(super) fn first_look<T>(&mut self, look: impl FnOnce() -> Option<T>) -> Option<T> {
        if std::mem::replace(&mut self.looked, true) { None } else { look() }
    }

    /// Counts one more failure; `last` is the error to end with when it was one too many.
    pub(super) fn lose_one<E>(&mut self, last: impl FnOnce() -> TrunkError) -> Result<(), Stop<E>> {
        self.left = self.left.saturating_sub(1);
        if self.left == 0 { Err(last().into()) } else { Ok(()) }
    }
}
