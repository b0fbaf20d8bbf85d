//! The result of a decision.

use super::change::Change;

/// What to do about a request, on one view of the trunk: push a change, or answer without one.
///
/// An answer is not a refusal: the request is already fulfilled, is only to be planned, or finds nothing to do. It says
/// something about the view, so it may only be given on a view that is known to be up to date.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::large_enum_variant, reason = "it is moved once or twice for each push")]
pub enum Decision<T = (), A = Already> {
    /// Push this change; the second value is what its maker wants to remember of it.
    Push(Change, T),
    /// Push nothing.
    Answer(A),
}

/// The request is already fulfilled.
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
