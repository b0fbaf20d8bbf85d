//! Why a decision was not pushed.

use crate::error::Failure;
use crate::lifecycle::{Change, Step};
use crate::trunk::Stop;

/// A decision that changes nothing.
pub enum Halt {
    No(Failure),
    Already,
}

impl<E: Into<Failure>> From<E> for Halt {
    fn from(error: E) -> Halt {
        Halt::No(error.into())
    }
}

/// The change that a decision came to, if it came to one.
pub fn decided(step: Result<Step, impl Into<Failure>>) -> Result<Change, Stop<Halt>> {
    match step {
        Ok(Step::Change(change)) => Ok(*change),
        Ok(Step::Already) => Err(Stop::Refused(Halt::Already)),
        Err(no) => Err(Stop::Refused(Halt::No(no.into()))),
    }
}
