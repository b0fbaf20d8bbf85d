//! Chooses the ticket to claim if none is named.

use std::num::NonZeroUsize;

use super::attempt::Attempt;
use super::claim::{Activation, NoClaim, Start};
use crate::app::board::{NewerCopy, TrunkAsSeen, progress};
use crate::app::queue::{Choice, Detail, QueueExplanation, Survey};
use crate::env;
use crate::error::{Exit, Failure};
use crate::lifecycle::{Decision, KnownTicket, TicketEntry};
use crate::lock::Lock;
use crate::ticket::{Lane, Status, TicketId};
use crate::trunk::{Stop, Trunk, TrunkError, View, ticket_lock};
use crate::workspace::{self, SessionMatch, worker::WorkerState};

impl Activation<'_> {
    /// Tickets that an earlier run of this clone has claimed and never set up, because it was killed: nobody works on
    /// them, and nobody else can claim them. Tickets that another process is working on are not among them.
    fn unfinished(
        &self,
        trunk: &Trunk<'_>,
        survey: &Survey<'_>,
    ) -> Result<Vec<TicketId>, TrunkError> {
        let prefix = format!("{}-", self.clone_id);
        let mut unfinished = Vec::new();
        for KnownTicket { entry, head } in &survey.known {
            let ours = head.claim_id.as_ref().filter(|claim| claim.starts_with(&prefix));
            let Some(claim) = ours.filter(|_| entry.lane == Lane::Active) else { continue };
            if !workspace::known_claims(&self.ctx.repo, &entry.id).contains(claim) {
                continue;
            }
            let is_finished = || {
                let record = workspace::load(&self.ctx.repo, &entry.id);
                record.is_some_and(|record| record.claim_id == *claim && record.finished)
            };
            if is_finished() {
                continue;
            }
            let path = ticket_lock(trunk.repo, &entry.id);
            let lock = Lock::try_take(&path)
                .map_err(|source| TrunkError::Lock { path, source: Some(source) })?;
            // Whoever had the lock may have finished before it was taken.
            if lock.is_some() && !is_finished() {
                unfinished.push(entry.id.clone());
            }
        }
        Ok(unfinished)
    }

    /// Tickets that this clone holds and that somebody should go on with, as far as is known: their set-up is finished, they
    /// wait for no review and no merge, no worker runs, and they are not another session's.
    fn left(&self, survey: &Survey<'_>) -> Result<Vec<(TicketId, SessionMatch)>, Failure> {
        let ctx = self.ctx;
        let prefix = format!("{}-", self.clone_id);
        let whose = |known: &KnownTicket<'_>| {
            let claim = known.head.claim_id.as_deref().unwrap_or_default();
            let ours = known.entry.lane == Lane::Active && claim.starts_with(&prefix);
            ours.then(|| self.whose_left(&known.entry.id, claim)).flatten()
        };
        let (held, whose): (Vec<(&TicketEntry, Option<&str>)>, Vec<SessionMatch>) = survey
            .known
            .iter()
            .filter_map(|known| {
                Some(((known.entry, known.head.claim_id.as_deref()), whose(known)?))
            })
            .unzip();
        let waits = |newer: &NewerCopy| {
            let works = [Status::Claimed, Status::InProgress, Status::ChangesRequested];
            newer.row.known.is_some_and(|status| !works.contains(&status))
        };
        let waiting: Vec<usize> =
            progress(ctx, &held)?.iter().filter(|newer| waits(newer)).map(|n| n.at).collect();
        let held = held.into_iter().zip(whose).enumerate();
        let held = held.filter(|(at, _)| !waiting.contains(at));
        Ok(held.map(|(_, ((entry, _), whose))| (entry.id.clone(), whose)).collect())
    }

    /// For whom this clone set the ticket up under this claim, if that was for this session or for none, and no worker is
    /// known.
    fn whose_left(&self, id: &TicketId, claim: &str) -> Option<SessionMatch> {
        let record = workspace::load(&self.ctx.repo, id);
        let record = record.filter(|r| r.claim_id == claim && r.finished)?;
        let whose = record.compare_session(self.session.as_ref());
        let worker = workspace::worker::of(&self.ctx.repo, id, &env::host());
        let is_left = matches!(worker, Ok(None | Some(WorkerState::Stale(_))));
        (is_left && whose != SessionMatch::Other).then_some(whose)
    }

    /// Claims the next ticket that can be claimed from here.
    ///
    /// It skips a ticket that another process of this clone is working on, and waits for it only if it is the last.
    pub(super) fn decide_on_next(
        &self,
        trunk: &Trunk<'_>,
        view: &View<'_>,
        attempt: &mut Attempt,
    ) -> Result<Decision<Start, NoClaim>, Stop<Failure>> {
        let survey = Survey::of(self.ctx, view)?;
        attempt.unfinished = self.unfinished(trunk, &survey)?;
        attempt.left = self.left(&survey)?;
        let verdicts = survey.judge(self.ctx, view, &self.args.filter);
        let ready = verdicts.iter().filter(|v| v.hindrances.is_empty()).map(|v| v.known.entry);
        let mut ready: Vec<&TicketEntry> =
            ready.filter(|e| !attempt.is_passed_over(&e.id)).collect();
        if trunk.branches.is_some() {
            spread(&mut ready, self.run.token(), attempt.tried.len());
        }
        let (mut busy, mut limit) = (None, None);
        for entry in ready {
            // Nobody was quicker where nothing was tried but on an old view.
            if view.is_fetched() && !attempt.may_try(&entry.id, self.args.limit) {
                limit = self.args.limit;
                break;
            }
            // What an earlier attempt was for is not wanted any more, and others may want it.
            attempt.locks.retain(|(id, _)| *id == entry.id);
            match self.decide_on(trunk, view, entry, attempt) {
                Ok(Decision::Answer(NoClaim::Busy(id))) => busy = busy.or(Some(id)),
                Err(Stop::Refused(failure)) if view.is_fetched() => {
                    attempt.pass_over(entry.id.clone(), failure)?;
                }
                decided => {
                    attempt.chosen = Some(entry.id.clone());
                    return decided;
                }
            }
        }
        if let Some(id) = busy {
            return Ok(Decision::Answer(NoClaim::Busy(id)));
        }
        if let Some(limit) = limit.filter(|_| attempt.passed_over.is_empty()) {
            return Err(enough(limit).into());
        }
        let at = self.ctx.remote.as_ref().map(|_| self.ctx.now);
        let seen = TrunkAsSeen { view, at };
        let mut choice =
            Choice::among(self.ctx, &seen, (&verdicts, &survey.damaged), Detail::Ready, 0);
        let passed = attempt.passed_over.iter().filter_map(|(id, failure)| {
            let verdict = verdicts.iter().find(|v| v.known.entry.id == *id)?;
            let row = verdict.known.entry.row(verdict.known.head.clone(), self.ctx.trunk_label());
            Some(QueueExplanation::passed_over(row, failure))
        });
        choice.pass_over(passed.collect());
        Ok(Decision::Answer(NoClaim::Empty(Box::new(choice))))
    }
}

/// Among how many of the next tickets to choose if everybody who chooses the same one must choose again.
const SPREAD: usize = 8;

/// Starts with one of the first few, a different one each time, because a push of a branch is the first sign that others
/// have chosen the same.
fn spread(ready: &mut [&TicketEntry], token: &str, turn: usize) {
    let few = ready.len().min(SPREAD);
    let drawn = u64::from_str_radix(token, 16)
        .unwrap_or(0)
        .rotate_left(u32::try_from(turn).unwrap_or(0) * 8);
    if let (Some(first), Ok(by)) = (ready.get_mut(..few), usize::try_from(drawn >> 8))
        && few > 0
    {
        first.rotate_left(by % few);
    }
}

/// The failure after the allowed number of tickets was tried.
fn enough(limit: NonZeroUsize) -> Failure {
    let message = match limit.get() {
        1 => "somebody else was quicker".to_owned(),
        limit => format!("others were quicker with {limit} tickets, one after the other"),
    };
    Failure::new(Exit::Held, message).hint("try more tickets: tix activate --next")
}
