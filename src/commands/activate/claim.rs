//! Phase 1: the claim.

use super::earlier::Wanted;
use super::{Activation, Attempt, Plan};
use crate::app::find::{find_ticket, queued_path};
use crate::app::give_back::clear_local;
use crate::app::lock::lock_ticket;
use crate::app::queue::Choice;
use crate::config::Record;
use crate::error::{Exit, Failure};
use crate::lifecycle::{self, Change, ClaimRequest, Claimed, Decision, Edit, Entry, Held, Target};
use crate::lock::Lock;
use crate::names::{Oid, RefName, RepoPath};
use crate::ticket::{Lane, TicketId};
use crate::trunk::{Diary, Outcome, Stop, Trunk, TrunkError, View};
use crate::workspace::{self, Leftover};

/// An active ticket, as the trunk has it.
pub(super) struct Active {
    pub(super) id: TicketId,
    pub(super) path: RepoPath,
    pub(super) held: Held,
    /// The session it belongs to, for the path of its workspace.
    pub(super) session: String,
    pub(super) trunk: Oid,
}

/// A claim, and where the ticket branch starts if not at the claim itself.
pub(super) type Start = (Claimed, Option<Oid>);

/// What there is to say when nothing is claimed.
pub(super) enum Answer {
    /// Another process of this clone works on it.
    Busy(TicketId),
    /// Somebody holds it, perhaps we ourselves.
    Active(Box<Active>),
    /// It could be ours, and was only to be looked at.
    Plan(Box<Plan>),
    Empty(Box<Choice>),
}

impl Activation<'_> {
    /// Claims, around branches that stand in the way: a stray one is looked at, and with `--next` the ticket is passed over
    /// if that does not help.
    pub(super) fn claim_it(&mut self) -> Result<Outcome<Start, Answer>, Failure> {
        loop {
            let mut diary = std::mem::take(&mut self.diary);
            let result = self.try_claim(&mut diary);
            diary.ticket.clone_from(&self.attempt.about);
            self.diary = diary;
            match result {
                Err(Stop::Trunk(TrunkError::RefTaken { branch, .. }))
                    if self.look_for_stray.as_ref() != Some(&branch) =>
                {
                    self.look_for_stray = Some(branch);
                }
                Err(Stop::Trunk(error @ TrunkError::RefTaken { .. })) => {
                    match self.attempt.chosen.take() {
                        Some(id) => self.attempt.pass_over(id, error.into())?,
                        None => return Err(error.into()),
                    }
                }
                result => return result.map_err(Failure::from),
            }
        }
    }

    fn try_claim(&mut self, diary: &mut Diary) -> Result<Outcome<Start, Answer>, Stop<Failure>> {
        let ctx = self.ctx;
        let progress = ctx.progress();
        let mut attempt = std::mem::take(&mut self.attempt);
        attempt.leftover = Leftover::None;
        let mut trunk = ctx.engine(&self.run, &progress);
        if let Some(branch) = &self.look_for_stray {
            trunk = trunk.watching(branch.clone());
        }
        let outcome = trunk.transact(diary, |view| self.decide(&trunk, view, &mut attempt));
        self.attempt = attempt;
        outcome
    }

    fn decide(
        &self,
        trunk: &Trunk<'_>,
        view: &View<'_>,
        attempt: &mut Attempt,
    ) -> Result<Decision<Start, Answer>, Stop<Failure>> {
        let Some(query) = &self.args.ticket else {
            return self.decide_on_next(trunk, view, attempt);
        };
        let entry = find_ticket(self.ctx, view, query)?;
        self.decide_on(trunk, view, entry, attempt)
    }

    pub(super) fn decide_on(
        &self,
        trunk: &Trunk<'_>,
        view: &View<'_>,
        entry: &Entry,
        attempt: &mut Attempt,
    ) -> Result<Decision<Start, Answer>, Stop<Failure>> {
        let ctx = self.ctx;
        let Attempt { locks, leftover, about, .. } = attempt;
        *about = Some(entry.id.clone());
        let busy = |id: &TicketId| Ok(Decision::Answer(Answer::Busy(id.clone())));
        if !try_lock(trunk, locks, &entry.id)? {
            return busy(&entry.id);
        }
        let ticket = view.require(entry)?;
        if entry.lane == Lane::Active {
            return Ok(Decision::Answer(Answer::Active(Box::new(Active {
                id: entry.id.clone(),
                path: entry.path.clone(),
                held: ticket.held(),
                session: lifecycle::session_of(&ticket),
                trunk: view.commit().cloned().unwrap_or_else(|| Oid::zero(20)),
            }))));
        }
        let base = self.base_commit(view)?;
        let target = base.clone().map_or(Target::ThisCommit, Target::Commit);
        let request = ClaimRequest {
            claim: &self.claim,
            policy: ctx.policy(),
            reason: self.args.reason.as_deref(),
            place: &|id, session| ctx.active_path(id, session),
            branch: &|id, _| ctx.ticket_branch(id),
            base: target,
            stray: self.stray(trunk, view, &entry.id)?,
        };
        let (change, claimed) = lifecycle::claim(&ticket, &view.snapshot, &request)?;
        if claimed.id != entry.id && !try_lock(trunk, locks, &claimed.id)? {
            return busy(&claimed.id);
        }
        let path = self.wants_worktree(&claimed)?;
        *leftover = self.preflight(view, &claimed, path.as_deref())?;
        if self.args.dry_run {
            let plan = self.plan(&change, &claimed, path.as_deref());
            return Ok(Decision::Answer(Answer::Plan(Box::new(plan))));
        }
        if ctx.remote.is_none() {
            // The branch is made by the transaction itself, so its name must be free before.
            workspace::clear_leftover(&ctx.repo, &claimed.branch, leftover)?;
        }
        Ok(Decision::Push(change, (claimed, base)))
    }

    /// Whether the workspace can be made. What an earlier claim of this clone left behind, because its
    /// release was killed or made elsewhere, goes first if nothing is lost with it.
    fn preflight(
        &self,
        view: &View<'_>,
        claimed: &Claimed,
        path: Option<&std::path::Path>,
    ) -> Result<Leftover, Failure> {
        let ctx = self.ctx;
        if workspace::load(&ctx.repo, &claimed.id).is_some() {
            if self.args.dry_run {
                return Ok(Leftover::None);
            }
            // What had to be kept is in the way, and the look that follows says so.
            clear_local(ctx, &claimed.id, None)?;
        }
        workspace::check_name(&claimed.branch, &ctx.refs)?;
        self.check_worker(&claimed.id)?;
        // The branches as they are now: whoever waited for another process has seen older ones.
        let local = ctx.objects.resolve(claimed.branch.as_str())?;
        let known: Vec<&Oid> = [view.commit(), view.base()].into_iter().flatten().collect();
        let checked =
            workspace::preflight(&ctx.repo, path, &claimed.branch, local.as_ref(), &known);
        let wanted = Wanted { id: &claimed.id, branch: &claimed.branch, path, known: &known };
        checked.map_err(|error| self.explained(&wanted, error))
    }

    /// The ticket branch of a ticket that nobody holds, if it is there and an earlier holder's: it carries
    /// the ticket as held. Any other branch of that name is somebody's own and is not touched.
    fn stray<'v>(
        &self,
        trunk: &Trunk<'_>,
        view: &'v View<'_>,
        id: &TicketId,
    ) -> Result<Option<&'v Oid>, TrunkError> {
        let own = |watched: &&RefName| self.ctx.ticket_branch(id).as_ref() == Ok(*watched);
        let watched = self.look_for_stray.as_ref().filter(own);
        let Some(at) = watched.and_then(|_| view.watched()) else { return Ok(None) };
        let there = trunk.view_of(at)?;
        let held = there.snapshot.entries.iter().any(|e| e.id == *id && e.lane != Lane::Queue);
        Ok(held.then_some(at))
    }

    /// Where the ticket branch starts when it does not start at the claim.
    pub(super) fn base_commit(&self, view: &View<'_>) -> Result<Option<Oid>, Failure> {
        if self.ctx.record == Record::Branch {
            return Ok(None);
        }
        let commit = view.base().or_else(|| view.commit()).cloned();
        match commit {
            Some(commit) => Ok(Some(commit)),
            None => Err(Failure::new(
                Exit::Refused,
                format!(
                    "there is no commit on {} to start the ticket branch from",
                    self.ctx.base.short()
                ),
            )),
        }
    }

    fn plan(&self, change: &Change, claimed: &Claimed, path: Option<&std::path::Path>) -> Plan {
        let from = change.edits.iter().find_map(|edit| match edit {
            Edit::Move { from, .. } => Some(from.to_string()),
            Edit::Add { .. } => None,
        });
        Plan {
            schema: "tix/plan@1",
            ticket: claimed.id.to_string(),
            from: from.unwrap_or_else(|| queued_path(self.ctx, &claimed.was)),
            to: claimed.path.to_string(),
            branch: claimed.branch.short().to_owned(),
            path: path.map(|p| p.display().to_string()),
            by: self.claim.by.clone(),
        }
    }

    /// Waits until another process of this clone is done with a ticket; the lock is then ours.
    pub(super) fn wait_for(&mut self, id: &TicketId) -> Result<(), Failure> {
        self.ctx.out.progress(&format!("another tix of this clone is at work on {id} …"));
        self.attempt.locks.push((id.clone(), lock_ticket(self.ctx, id, "activate")?));
        Ok(())
    }
}

/// Takes this clone's lock of a ticket at once; false when another process has it.
///
/// Not waited for here: the caller holds its turn before the remote, which others wait for.
fn try_lock(
    trunk: &Trunk<'_>,
    locks: &mut Vec<(TicketId, Lock)>,
    id: &TicketId,
) -> Result<bool, TrunkError> {
    if locks.iter().any(|(held, _)| held == id) {
        return Ok(true);
    }
    let path = crate::trunk::ticket_lock(trunk.repo, id);
    let lock = Lock::try_take(&path);
    let lock = lock.map_err(|source| TrunkError::Lock { path, source: Some(source) })?;
    let Some(lock) = lock else { return Ok(false) };
    locks.push((id.clone(), lock));
    Ok(true)
}
