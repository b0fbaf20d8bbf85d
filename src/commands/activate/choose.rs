//! `--next`: which ticket is tried, and what is passed over.
//!
//! The choice is part of the decision that the engine asks for with each attempt, on the trunk as it is then. A lost
//! race is therefore nothing special: the next attempt finds the ticket gone, and chooses another.

use std::num::NonZeroUsize;

use super::claim::{Answer, Start};
use super::{Activation, Attempt};
use crate::app::board::Seen;
use crate::app::queue::{Choice, Detail, Survey};
use crate::error::{Exit, Failure};
use crate::lifecycle::{Decision, Entry, Known};
use crate::lock::Lock;
use crate::ticket::{Lane, TicketId};
use crate::trunk::{Stop, Trunk, TrunkError, View};
use crate::workspace;

/// With more than so many tickets that cannot be claimed from here, the fault lies here and not with them.
const PASSED_OVER: usize = 3;

impl Attempt {
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
    fn may_try(&mut self, id: &TicketId, limit: Option<NonZeroUsize>) -> bool {
        if self.tried.contains(id) {
            return true;
        }
        let may = limit.is_none_or(|limit| self.tried.len() < limit.get());
        if may {
            self.tried.push(id.clone());
        }
        may
    }

    fn is_passed_over(&self, id: &TicketId) -> bool {
        self.passed_over.iter().any(|(passed, _)| passed == id)
    }
}

impl Activation<'_> {
    /// Tickets that an earlier run of this clone has claimed and never set up, because it was killed: nobody works on
    /// them, and nobody else can claim them. What another process is at work on is not among them.
    fn unfinished(
        &self,
        trunk: &Trunk<'_>,
        survey: &Survey<'_>,
    ) -> Result<Vec<TicketId>, TrunkError> {
        let prefix = format!("{}-", self.clone_id);
        let mut unfinished = Vec::new();
        for Known { entry, head } in &survey.known {
            let ours = head.claim_id.as_ref().filter(|claim| claim.starts_with(&prefix));
            let Some(claim) = ours.filter(|_| entry.lane == Lane::Active) else { continue };
            let is_finished = || {
                let record = workspace::load(&self.ctx.repo, &entry.id);
                record.is_some_and(|record| record.claim_id == *claim && record.finished)
            };
            if is_finished() {
                continue;
            }
            let path = crate::trunk::ticket_lock(trunk.repo, &entry.id);
            let lock = Lock::try_take(&path)
                .map_err(|source| TrunkError::Lock { path, source: Some(source) })?;
            // Whoever had the lock may have finished before it was taken.
            if lock.is_some() && !is_finished() {
                unfinished.push(entry.id.clone());
            }
        }
        Ok(unfinished)
    }

    /// Claims the best ticket that can be claimed from here.
    ///
    /// One that another process of this clone is at work on is left to it: it is waited for only when it is the last.
    pub(super) fn decide_on_next(
        &self,
        trunk: &Trunk<'_>,
        view: &View<'_>,
        attempt: &mut Attempt,
    ) -> Result<Decision<Start, Answer>, Stop<Failure>> {
        let survey = Survey::of(self.ctx, view)?;
        attempt.unfinished = self.unfinished(trunk, &survey)?;
        let verdicts = survey.judge(self.ctx, view, &self.args.wish);
        let ready = verdicts.iter().filter(|v| v.hindrances.is_empty()).map(|v| v.known.entry);
        let ready: Vec<&Entry> = ready.filter(|e| !attempt.is_passed_over(&e.id)).collect();
        let (mut busy, mut limit) = (None, None);
        for entry in ready {
            if !attempt.may_try(&entry.id, self.args.limit) {
                limit = self.args.limit;
                break;
            }
            // What an earlier attempt was for is not wanted any more, and others may want it.
            attempt.locks.retain(|(id, _)| *id == entry.id);
            match self.decide_on(trunk, view, entry, attempt) {
                Ok(Decision::Answer(Answer::Busy(id))) => busy = busy.or(Some(id)),
                Err(Stop::Refused(failure)) => attempt.pass_over(entry.id.clone(), failure)?,
                decided => {
                    attempt.chosen = Some(entry.id.clone());
                    return decided;
                }
            }
        }
        if let Some(id) = busy {
            return Ok(Decision::Answer(Answer::Busy(id)));
        }
        if let Some((_, failure)) = attempt.passed_over.first() {
            return Err(failure.clone().into());
        }
        if let Some(limit) = limit {
            return Err(enough(limit).into());
        }
        let at = self.ctx.remote.as_ref().map(|_| self.ctx.now);
        let seen = Seen { view, at };
        let choice = Choice::of(self.ctx, &seen, &self.args.wish, Detail::Ready, 0)?;
        Ok(Decision::Answer(Answer::Empty(Box::new(choice))))
    }
}

/// As many tickets were tried as were allowed.
fn enough(limit: NonZeroUsize) -> Failure {
    let message = match limit.get() {
        1 => "somebody else was quicker".to_owned(),
        limit => format!("others were quicker with {limit} tickets, one after the other"),
    };
    Failure::new(Exit::Held, message).hint("there is more to do: tix activate --next")
}
