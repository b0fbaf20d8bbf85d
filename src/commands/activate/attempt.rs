//! The memory of an activation across its attempts: the tickets that were tried, passed over and locked.

use std::num::NonZeroUsize;

use crate::error::Failure;
use crate::lock::Lock;
use crate::ticket::TicketId;
use crate::trunk::{Trunk, TrunkError, ticket_lock};
use crate::workspace::{BranchLeftover, SessionMatch};

/// If more tickets than this cannot be claimed from here, the fault is in this clone and not in the tickets.
const PASSED_OVER: usize = 3;

/// The state that the attempts of one activation share.
#[derive(Default)]
pub(super) struct Attempt {
    /// This clone's locks of the tickets that are being claimed.
    pub(super) locks: Vec<(TicketId, Lock)>,
    pub(super) leftover: BranchLeftover,
    /// Tickets that were next but could not be claimed from here, each with the reason.
    pub(super) passed_over: Vec<(TicketId, Failure)>,
    /// Tickets of this clone whose set-up never finished.
    pub(super) unfinished: Vec<TicketId>,
    /// Tickets that this clone holds and that nobody is known to work on, and whose they are.
    pub(super) left: Vec<(TicketId, SessionMatch)>,
    /// Every ticket that was tried, or would have been tried.
    pub(super) tried: Vec<TicketId>,
    /// Tickets whose claim has been recorded and will be pushed.
    pub(super) noted: Vec<TicketId>,
    pub(super) about: Option<TicketId>,
    /// The same if it was chosen, and may be passed over.
    pub(super) chosen: Option<TicketId>,
}

impl Attempt {
    /// Warnings about tickets that this clone already holds, beside the next one.
    pub(super) fn warnings(&self) -> impl Iterator<Item = String> {
        let unfinished = self.unfinished.iter().map(|id| {
            format!(
                "{id} is claimed from this clone, but its set-up never finished; go on with it: \
                 tix activate {id} --resume"
            )
        });
        let left = match self.left.as_slice() {
            [] => None,
            [(id, SessionMatch::Same)] => {
                Some(format!("{id} is yours too; go on with it: tix activate {id}"))
            }
            [(id, SessionMatch::Other | SessionMatch::Unknown)] => Some(format!(
                "{id} is held from this clone too; go on with it: tix activate {id} --resume"
            )),
            many => Some(format!(
                "{} other tickets {}; see them: tix list --mine",
                many.len(),
                if many.iter().all(|(_, whose)| *whose == SessionMatch::Same) {
                    "are yours"
                } else {
                    "are held from this clone"
                },
            )),
        };
        unfinished.chain(left)
    }

    /// Records that a ticket cannot be claimed from here, so that one odd ticket does not block all others. Returns the
    /// reason if these are too many.
    pub(super) fn pass_over(&mut self, id: TicketId, failure: Failure) -> Result<(), Failure> {
        if self.passed_over.len() >= PASSED_OVER {
            return Err(failure);
        }
        self.passed_over.push((id, failure));
        Ok(())
    }

    /// Records that a ticket is tried; false if the allowed number of others was tried before.
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
/// It does not wait, because the caller holds its turn at the remote, for which others wait.
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
