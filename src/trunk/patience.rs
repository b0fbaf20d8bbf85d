//! How often a failure is borne that nobody else's progress explains.

use super::{Stop, TrunkError};

/// How many failures are borne that nobody else's progress explains.
pub(super) struct Patience {
    left: u32,
    /// How often the server said "busy" although the trunk had not moved.
    pub(super) busy: u32,
    /// Whether it was looked at what may stand in the way of a ref.
    looked: bool,
}

impl Patience {
    /// Bears this many failures, the last of which ends the run.
    pub(super) fn new(tries: u32) -> Patience {
        Patience { left: tries, busy: 0, looked: false }
    }

    /// What `look` finds, the first time: it asks the remote, and what it looks for does not come and go.
    pub(super) fn first_look<T>(&mut self, look: impl FnOnce() -> Option<T>) -> Option<T> {
        if std::mem::replace(&mut self.looked, true) { None } else { look() }
    }

    /// One more; `last` says what to end with when it was one too many.
    pub(super) fn lose_one<E>(&mut self, last: impl FnOnce() -> TrunkError) -> Result<(), Stop<E>> {
        self.left = self.left.saturating_sub(1);
        if self.left == 0 { Err(last().into()) } else { Ok(()) }
    }
}
