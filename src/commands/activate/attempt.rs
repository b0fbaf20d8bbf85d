//! What an activation remembers from one attempt to the next: which tickets were tried, passed over and locked.

use std::num::NonZeroUsize;

use crate::error::Failure;
use crate::lock::Lock;
use crate::ticket::TicketId;
use crate::trunk::{Trunk, TrunkError, ticket_lock};
use crate::workspace::BranchLeftover;

/// With more than so many tickets that cannot be claimed from here, the fault lies here and not with them.
const PASSED_OVER: usize = 3;

/// What the attempts of one activation leave for each other.
#[derive(Default)]
pub(super) struct Attempt {
    /// This clone's locks of the tickets that are being claimed.
    pub(super) locks: Vec<(TicketId, Lock)>,
    pub(super) leftover: BranchLeftover,
    /// Tickets that were next and could not be claimed from here, each with the reason.
    pub(super) passed_over: Vec<(TicketId, Failure)>,
    /// Tickets of this clone whose set-up never came to its end.
    pub(super) unfinished: Vec<TicketId>,
    /// Every ticket that an attempt was for, or would have been for.
    pub(super) tried: Vec<TicketId>,
    /// Tickets whose claim has been noted, to be pushed.
    pub(super) noted: Vec<TicketId>,
    pub(super) about: Option<TicketId>,
    /// The same if it was chosen, and may be passed over.
    pub(super) chosen: Option<TicketId>,
}

impl Attempt {
    /// What to know of tickets that are this clone's already, beside the next one.
    pub(super) fn warnings(&self) -> impl Iterator<Item = String> {
        self.unfinished.iter().map(|id| {
            format!(
                "{id} is claimed from this clone, and its set-up never came to its end; go on with it: \
                 tix activate {id} --resume"
            )
        })
    }

    /// Notes that a ticket cannot be claimed from here, so that one that is odd does not keep everybody from the
    /// others. The reason is the answer when it is the last of too many.
    pub(super) fn pass_over(&mut self, id: TicketId, failure: Failure) -> Result<(), Failure> {
        if self.passed_over.len() >= PASSED_OVER {
            return Err(failure);
        }
        self.passed_over.push((id, failure));
        Ok(())
    }

    /// Notes that a ticket is tried; false when as many others as are allowed have been tried before.
    pub(super) fn may_try(&mut self, id: &TicketId, limit: Option<NonZeroUsize>) -> bool {
        if self.tried.contains(id) {
            return true;
        }
        let may = limit.is_none_or(|limit| self.tried.len() < limit.get());
        if may {
            self.tried.push(id.clone());
        }
        may
    }

    pub(super) fn is_passed_over(&self, id: &TicketId) -> bool {
        self.passed_over.iter().any(|(passed, _)| passed == id)
    }
}

/// Takes this clone's lock of a ticket at once; false when another process has it.
///
/// Not waited for here: the caller holds its turn before the remote, which others wait for.
pub(super) fn try_lock(
    trunk: &Trunk<'_>,
    locks: &mut Vec<(TicketId, Lock)>,
    id: &TicketId,
) -> Result<bool, TrunkError> {
    if locks.iter().any(|(held, _)| held == id) {
        return Ok(true);
    }
    let path = ticket_lock(trunk.repo, id);
    let lock = Lock::try_take(&path);
    let lock = lock.map_err(|source| TrunkError::Lock { path, source: Some(source) })?;
    let Some(lock) = lock else { return Ok(false) };
    locks.push((id.clone(), lock));
    Ok(true)
}
