//! Phase 1: claims a named or chosen ticket.
//!
//! Each attempt of the engine decides again, on the trunk as it is then. So a lost race needs no special case for
//! `--next`: the next attempt finds the ticket gone and chooses another.

use std::path::{Path, PathBuf};

use super::attempt::{Attempt, try_lock};
use super::group::{self, ClaimGroup, ClaimWords};
use super::{ActivateArgs, Activated, ActivationPlan};
use crate::app::consent::workspace_path;
use crate::app::context::Context;
use crate::app::earlier::{WantedPlace, check_place};
use crate::app::find::{TicketSearch, find_ticket, queued_path};
use crate::app::give_back::{clear_local, would_keep};
use crate::app::lock::lock_ticket;
use crate::app::queue::{Choice, Survey};
use crate::app::worker;
use crate::app::worktree::seen_from;
use crate::config::RecordPlace;
use crate::error::{Exit, Failure};
use crate::lifecycle::{
    self, ActivateRequest, Change, Claim, ClaimRequest, Claimed, Decision, FileEdit, FollowUp,
    Holder, Refusal, Target, TicketEntry,
};
use crate::names::{Oid, RefName, RepoPath};
use crate::ticket::{FrontMatter, Lane, TicketId};
use crate::trunk::{
    Diary, Landed, Outcome, Publication, Run, Stop, Trunk, TrunkError, View, may_still_land,
    random_token,
};
use crate::workspace::worker::check;
use crate::workspace::{self, BranchLeftover, Session};
use crate::{clock, env};

pub(super) struct Activation<'a> {
    pub(super) ctx: &'a Context<'a>,
    pub(super) args: &'a ActivateArgs,
    pub(super) run: Run,
    /// The claim that this run makes if needed, with one id for all attempts.
    pub(super) claim: Claim,
    pub(super) clone_id: String,
    pub(super) session: Option<Session>,
    pub(super) attempt: Attempt,
    group: ClaimGroup<'a>,
    /// The ticket branch exists on the remote although nobody holds the ticket, so it must be examined.
    pub(super) look_for_stray: Option<RefName>,
    pub(super) diary: Diary,
    /// Whether to go on with a ticket that the caller holds.
    pub(super) goes_on: bool,
    /// What to publish on the trunk after the answer.
    pub(super) publication: Option<Publication>,
}

/// An active ticket on the trunk.
#[derive(Clone)]
pub(super) struct Active {
    pub(super) id: TicketId,
    pub(super) path: RepoPath,
    pub(super) held: Holder,
    /// The session it belongs to, for the path of its workspace.
    pub(super) session: String,
    pub(super) trunk: Oid,
}

/// A claim, and the tip of the ticket branch if that does not start at the claim.
pub(super) type Start = (Claimed, Option<Oid>);

/// The result if nothing is claimed.
pub(super) enum NoClaim {
    /// Another process of this clone works on it.
    Busy(TicketId),
    /// Somebody holds it, perhaps this clone.
    Active(Box<Active>),
    /// It could be claimed, but this is a dry run.
    Plan(Box<ActivationPlan>),
    Empty(Box<Choice>),
}

/// A claim of this run that is on the trunk.
pub(super) struct WonClaim {
    pub(super) claimed: Claimed,
    pub(super) landed: Landed<()>,
    /// Where the ticket branch is on the remote.
    pub(super) branch_at: Oid,
    pub(super) outcome: &'static str,
}

impl WonClaim {
    pub(super) fn new(landed: Landed<Start>, outcome: &'static str) -> WonClaim {
        let (claimed, base) = landed.output.clone();
        let started = landed.follow_up.as_ref().map_or(&landed.commit, |next| &next.commit);
        let branch_at = base.unwrap_or_else(|| started.clone());
        WonClaim { claimed, landed: landed.map(|_| ()), branch_at, outcome }
    }
}

impl<'a> Activation<'a> {
    pub(super) fn begin(
        ctx: &'a Context<'a>,
        args: &'a ActivateArgs,
    ) -> Result<Activation<'a>, Failure> {
        let run = Run::begin(&ctx.repo)?;
        let clone_id = workspace::clone_id(&ctx.repo, random_token)?;
        let claim = Claim {
            id: format!("{clone_id}-{}", random_token()),
            by: ctx.actor()?,
            at: clock::rfc3339(ctx.now),
            host: env::published_host(),
        };
        Ok(Activation {
            ctx,
            args,
            run,
            claim,
            clone_id,
            session: ctx.session()?,
            attempt: Attempt::default(),
            group: ClaimGroup::new(ctx),
            look_for_stray: None,
            diary: Diary { phase: "claim", ..Diary::default() },
            goes_on: args.resume,
            publication: None,
        })
    }

    pub(super) fn activate(&mut self) -> Result<Activated, Failure> {
        let receipt = loop {
            match self.claim_it()? {
                Outcome::Landed(landed) => {
                    break self.finish(&WonClaim::new(landed, "activated"))?;
                }
                Outcome::Answered(NoClaim::Busy(id)) => self.wait_for(&id)?,
                Outcome::Answered(NoClaim::Active(active)) => {
                    break self.go_on_with(&active)?;
                }
                Outcome::Answered(NoClaim::Plan(plan)) => return Ok(Activated::Planned(plan)),
                Outcome::Answered(NoClaim::Empty(choice)) => {
                    return Ok(Activated::Nothing(choice, self.attempt.warnings().collect()));
                }
            }
        };
        Ok(Activated::Done(Box::new(receipt), None))
    }

    /// Claims, and handles branches that are in the way: it examines a stray one, and with `--next` passes the ticket
    /// over if that does not help.
    fn claim_it(&mut self) -> Result<Outcome<Start, NoClaim>, Failure> {
        loop {
            let mut diary = std::mem::take(&mut self.diary);
            let result = self.try_claim(&mut diary);
            diary.ticket.clone_from(&self.attempt.about);
            self.diary = diary;
            match result {
                Err(Stop::Trunk(
                    TrunkError::RefTaken { branch, .. } | TrunkError::RefExists { branch, .. },
                )) if self.look_for_stray.as_ref() != Some(&branch) => {
                    self.look_for_stray = Some(branch);
                }
                Err(Stop::Trunk(
                    error @ (TrunkError::RefTaken { .. }
                    | TrunkError::RefExists { .. }
                    | TrunkError::InTheWay { .. }),
                )) => match self.attempt.chosen.take() {
                    Some(id) => self.attempt.pass_over(id, error.into())?,
                    None => return Err(error.into()),
                },
                result => return result.map_err(Failure::from),
            }
        }
    }

    fn try_claim(&mut self, diary: &mut Diary) -> Result<Outcome<Start, NoClaim>, Stop<Failure>> {
        let ctx = self.ctx;
        let progress = ctx.progress();
        let mut attempt = std::mem::take(&mut self.attempt);
        attempt.leftover = BranchLeftover::None;
        let mut trunk = ctx.engine(&self.run, &progress);
        trunk.grouped = Some(&self.group);
        if let Some(branch) = &self.look_for_stray {
            trunk = trunk.watching(branch.clone());
        }
        let outcome = trunk.transact(diary, |view| self.decide(&trunk, view, &mut attempt));
        self.attempt = attempt;
        let won = match &outcome {
            Ok(Outcome::Landed(landed)) => Some(&landed.output.0.id),
            Ok(Outcome::Answered(_)) | Err(_) => None,
        };
        if !may_still_land(&outcome) {
            for id in std::mem::take(&mut self.attempt.noted) {
                if won != Some(&id) {
                    workspace::drop_claim(&ctx.repo, &id, &self.claim.id).map_err(Failure::from)?;
                }
            }
        }
        outcome
    }

    fn decide(
        &self,
        trunk: &Trunk<'_>,
        view: &View<'_>,
        attempt: &mut Attempt,
    ) -> Result<Decision<Start, NoClaim>, Stop<Failure>> {
        let held = attempt.locks.len();
        let decided = match &self.args.ticket {
            Some(query) => find_ticket(self.ctx, view, TicketSearch { query, command: "activate" })
                .map_err(Stop::from)
                .and_then(|entry| self.decide_on(trunk, view, entry, attempt)),
            None => self.decide_on_next(trunk, view, attempt),
        };
        if !view.is_fetched() && !matches!(decided, Ok(Decision::Push(..))) {
            // It is decided anew on what is fetched now, and nobody is to wait for that.
            attempt.locks.truncate(held);
        }
        decided
    }

    pub(super) fn decide_on(
        &self,
        trunk: &Trunk<'_>,
        view: &View<'_>,
        entry: &TicketEntry,
        attempt: &mut Attempt,
    ) -> Result<Decision<Start, NoClaim>, Stop<Failure>> {
        let ctx = self.ctx;
        let Attempt { locks, leftover, about, noted, .. } = attempt;
        *about = Some(entry.id.clone());
        let busy = |id: &TicketId| Ok(Decision::Answer(NoClaim::Busy(id.clone())));
        if !try_lock(trunk, locks, &entry.id)? {
            return busy(&entry.id);
        }
        if !view.is_fetched() && workspace::load(&ctx.repo, &entry.id).is_some() {
            // What becomes of an earlier workspace here depends on what is true now.
            return busy(&entry.id);
        }
        let ticket = view.require(entry)?;
        if entry.lane == Lane::Active {
            return Ok(Decision::Answer(NoClaim::Active(Box::new(Active {
                id: entry.id.clone(),
                path: entry.path.clone(),
                held: ticket.held(),
                session: lifecycle::session_of(&ticket),
                trunk: view.commit().cloned().unwrap_or_else(|| Oid::zero(20)),
            }))));
        }
        let base = self.base_commit(view)?;
        let target = base.clone().map_or(Target::LastCommit, Target::Commit);
        let request = ClaimRequest {
            claim: &self.claim,
            policy: ctx.policy(),
            reason: self.args.reason.as_deref(),
            place: &|id, session| ctx.active_path(id, session),
            branch: &|id, _| ctx.ticket_branch(id),
            base: target,
            stray: self.stray(trunk, view, &entry.id)?,
        };
        let (mut change, claimed) = lifecycle::claim(&ticket, &view.snapshot, &request)?;
        // One that is chosen waits for nothing.
        if self.args.ticket.is_some() && !self.args.anyway {
            let waits = Survey::waits(ctx, view, (entry, FrontMatter::of(&ticket.document)));
            let (waits, id) = (waits?, entry.id.clone());
            if !waits.is_empty() {
                return Err(Refusal::Waits { id, waits }.into());
            }
        }
        // A ticket that gets its number with the claim has no branch yet whose name two claimers would agree on.
        if trunk.branches.is_some() && claimed.id == claimed.was {
            change = lifecycle::on_branch_alone(change);
        }
        if claimed.id != entry.id && !try_lock(trunk, locks, &claimed.id)? {
            return busy(&claimed.id);
        }
        let path = self.wants_worktree(&claimed)?;
        *leftover = self.preflight(view, &claimed, path.as_deref())?;
        if self.args.dry_run {
            let plan = self.plan(&change, &claimed, path.as_deref());
            return Ok(Decision::Answer(NoClaim::Plan(Box::new(plan))));
        }
        if ctx.remote.is_none() {
            // The branch is made by the transaction itself, so its name must be free before.
            workspace::clear_leftover(&ctx.repo, &claimed.branch, leftover)?;
        }
        change.follow_up = Some(self.follow_up(&claimed, path.as_deref())?);
        workspace::note_claim(&ctx.repo, &claimed.id, &self.claim.id).map_err(Failure::from)?;
        noted.push(claimed.id.clone());
        Ok(Decision::Push(change, (claimed, base)))
    }

    /// The record that work begins, in the push of the claim: on the ticket branch, or on the trunk if progress is
    /// recorded there.
    pub(super) fn follow_up(
        &self,
        claimed: &Claimed,
        path: Option<&Path>,
    ) -> Result<FollowUp, Failure> {
        // Everybody reads it for ever, and where this clone lies concerns nobody.
        let shown = path.map(|path| seen_from(path, &self.ctx.repo.root).display().to_string());
        let reach = group::reach(self.ctx);
        let (claim, at) = (&self.claim, self.ctx.now);
        let (worktree, role) = (shown.as_deref(), crate::app::ROLE);
        let (reason, anyway) = (self.args.reason.as_deref(), self.args.anyway);
        let words = ClaimWords { reason, worktree, anyway };
        self.group.note(claim, claimed, words);
        let request = ActivateRequest { claim, worktree, at, role, reach };
        Ok(lifecycle::record_activation(claimed, &request)?)
    }

    /// Checks that the workspace can be made. It first removes what an earlier claim of this clone left behind, because
    /// its release was killed or made elsewhere, if that loses nothing.
    fn preflight(
        &self,
        view: &View<'_>,
        claimed: &Claimed,
        path: Option<&Path>,
    ) -> Result<BranchLeftover, Failure> {
        let ctx = self.ctx;
        if workspace::load(&ctx.repo, &claimed.id).is_some() {
            // What has to be kept is in the way, and the look that follows says so.
            if !self.args.dry_run {
                clear_local(ctx, &claimed.id, None)?.tell(ctx);
            } else if !would_keep(ctx, &claimed.id)? {
                return Ok(BranchLeftover::None);
            }
        }
        self.check_worker(&claimed.id)?;
        check_place(ctx, view, &WantedPlace { id: &claimed.id, branch: &claimed.branch, path })
    }

    /// Where the ticket branch starts when it does not start at the claim.
    pub(super) fn base_commit(&self, view: &View<'_>) -> Result<Option<Oid>, Failure> {
        if self.ctx.record == RecordPlace::Branch {
            return Ok(None);
        }
        let commit = view.base().or_else(|| view.commit()).cloned();
        match commit {
            Some(commit) => Ok(Some(commit)),
            None => Err(Failure::new(
                Exit::Refused,
                format!("{} has no commit to start the ticket branch from", self.ctx.base.short()),
            )),
        }
    }

    fn plan(&self, change: &Change, claimed: &Claimed, path: Option<&Path>) -> ActivationPlan {
        let from = change.edits.iter().find_map(|edit| match edit {
            FileEdit::Move { from, .. } => Some(from.to_string()),
            FileEdit::Add { .. } => None,
        });
        ActivationPlan {
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
    fn wait_for(&mut self, id: &TicketId) -> Result<(), Failure> {
        self.ctx.out.progress(&format!("another tix in this clone is working on {id} …"));
        self.attempt.locks.push((id.clone(), lock_ticket(self.ctx, id, "activate")?));
        Ok(())
    }

    /// Checks before the claim that no worker of an earlier one is still running, which would block the new one.
    fn check_worker(&self, id: &TicketId) -> Result<(), Failure> {
        if self.args.exec.is_empty() {
            return Ok(());
        }
        let former = self.args.worker.former();
        check(&self.ctx.repo, id, &env::host(), &self.claim.id, former)
            .map_err(|error| worker::failure(error, id, &self.args.worker))
    }

    pub(super) fn wants_worktree(&self, claimed: &Claimed) -> Result<Option<PathBuf>, Failure> {
        if self.args.no_worktree {
            return Ok(None);
        }
        workspace_path(self.ctx, &claimed.id, &claimed.session).map(Some)
    }
}
