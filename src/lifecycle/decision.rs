//! What a decision comes to.

use super::change::Change;

/// What is to be done about a request, on one view of the trunk: push a change, or answer without one.
///
/// An answer is no refusal: what was asked for is so already, is only to be planned, or has nothing to work on. It says
/// something about the view, so it may be given only on one that is known to be new.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::large_enum_variant, reason = "it is moved once or twice for each push")]
pub enum Decision<T = (), A = Already> {
    /// Push this change; the rest is what its maker wants to remember of it.
    Push(Change, T),
    /// Push nothing.
    Answer(A),
}

/// What was asked for is so already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Already;

impl<A> From<Change> for Decision<(), A> {
    fn from(change: Change) -> Decision<(), A> {
        Decision::Push(change, ())
    }
}

impl<A> Decision<(), A> {
    /// The same, with something to remember of its change.
    pub fn with<T>(self, output: T) -> Decision<T, A> {
        match self {
            Decision::Push(change, ()) => Decision::Push(change, output),
            Decision::Answer(answer) => Decision::Answer(answer),
        }
    }
}
