//! Why a decision was not pushed.

use crate::error::Failure;

/// A decision that changes nothing.
pub enum Halt {
    /// It cannot be done.
    No(Failure),
    /// It is done already.
    Already,
}

impl<E: Into<Failure>> From<E> for Halt {
    fn from(error: E) -> Halt {
        Halt::No(error.into())
    }
}
