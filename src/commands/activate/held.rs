//! Handles a ticket that is already active: somebody else's, our own and finished, or our own and unfinished.

use std::path::PathBuf;

use super::claim::{Activation, Active};
use super::prepare::{FreshWorkspace, prepare};
use crate::app::adopt::{Adoption, adopt};
use crate::app::branch::set_upstream;
use crate::app::consent::workspace_path;
use crate::app::find::claim_commit;
use crate::app::follow::no_longer_there;
use crate::app::own::holds_no_work;
use crate::app::receipt::{Receipt, WorkspaceJson};
use crate::app::takeover::{TakeoverRequest, take_over};
use crate::app::task::TaskJson;
use crate::app::work::with_work;
use crate::app::worktree::with_branch;
use crate::config::RecordPlace;
use crate::error::{Exit, Failure, holder_facts};
use crate::git::{GitError, ObjectKind};
use crate::lifecycle::{self, Holder, Missing, Refusal, TakeoverKind, Work, is_given, trailer};
use crate::names::{Oid, RefName};
use crate::out::Format;
use crate::text::shell_word;
use crate::ticket::{Document, Status, TicketId, name_of};
use crate::trunk::{Diary, View};
use crate::workspace::{self, Session, SessionMatch, WorkspaceRecord as LocalRecord};

/// How far an earlier run of ours got.
enum Progress {
    Finished,
    /// The claim stands, but the set-up is not finished.
    Unfinished,
}

impl Activation<'_> {
    /// Goes on with an active ticket of ours: reports where it is if it is set up, and otherwise renews the claim and
    /// finishes the set-up.
    ///
    /// What another clone set up goes on under a new claim: somebody may still be working there, and decisions based on
    /// the old claim must no longer land.
    pub(super) fn go_on_with(&mut self, active: &Active) -> Result<Receipt, Failure> {
        let claim_id = active.held.claim_id.clone().unwrap_or_default();
        let known = workspace::known_claims(&self.ctx.repo, &active.id);
        let of_this_clone = known.contains(&claim_id);
        let of_this_actor = self.is_held_by_us(active);
        // Whoever was given it need not know more than its id.
        self.goes_on |= of_this_actor && !of_this_clone && is_given(&claim_id);
        if claim_id.is_empty() || !(of_this_clone || (self.goes_on && of_this_actor)) {
            return Err(self.held_by_other(active));
        }
        let ctx = self.ctx;
        let branch =
            ctx.ticket_branch(&active.id).map_err(|why| Failure::new(Exit::Damaged, why))?;
        let record = workspace::load(&ctx.repo, &active.id).filter(|r| r.claim_id == claim_id);
        let progress = |_| ctx.out.progress("looking at the ticket branch …");
        let trunk = ctx.engine(&self.run, &progress).watching(branch.clone());
        let view = trunk.fetch_view()?;
        let came_from = if of_this_clone { None } else { Some(self.came_from(active)?) };
        let receipt = match self.progress_of(active, &view, record.as_ref())? {
            Progress::Finished if of_this_clone || self.args.dry_run => {
                let receipt = Receipt::new(ctx, "activate", active.id.as_str(), &self.claim.by);
                self.finished(active, &view, &branch, record.as_ref(), receipt)
            }
            Progress::Finished => {
                let mut diary = std::mem::take(&mut self.diary);
                let renewed = self.renew(active, &branch, &mut diary);
                self.diary = diary;
                let (active, receipt) = renewed?;
                self.finished(&active, &trunk.fetch_view()?, &branch, None, receipt)
            }
            Progress::Unfinished if self.args.dry_run => Err(Failure::new(
                Exit::Held,
                format!("{} is yours, and its set-up is not finished", active.id),
            )
            .hint(format!("finish it: tix activate {}", active.id))),
            Progress::Unfinished
                if view.watched().is_none()
                    && record.is_some_and(|record| record.finished)
                    && ctx.objects.resolve(branch.as_str())?.is_some() =>
            {
                Err(no_longer_there(ctx, &branch, ""))
            }
            Progress::Unfinished => {
                let mut diary = std::mem::take(&mut self.diary);
                let won = self.resume(active, &view, &branch, &mut diary);
                self.diary = diary;
                self.finish(&won?)
            }
        };
        let mut receipt = receipt?;
        receipt.came_from = came_from;
        Ok(receipt)
    }

    /// Where a claim comes from that this clone has not held before.
    fn came_from(&self, active: &Active) -> Result<String, Failure> {
        if !active.held.claim_id.as_deref().is_some_and(is_given) {
            return Ok("it was held from another clone of yours".to_owned());
        }
        let message = self.claim_commit(active)?.map(|(_, message)| message).unwrap_or_default();
        let start = format!("{}: ", trailer::ACTOR);
        let giver = message.lines().find_map(|line| line.strip_prefix(&start));
        let giver = giver.map_or("somebody who left no name", name_of);
        Ok(format!("it was handed over by {giver}"))
    }

    /// Pushes a new id for the claim, once it is certain that its workspace can be made.
    fn renew(
        &self,
        active: &Active,
        branch: &RefName,
        diary: &mut Diary,
    ) -> Result<(Active, Receipt), Failure> {
        let ctx = self.ctx;
        if with_branch(ctx, branch)?.is_none() && !self.args.no_worktree {
            let path = workspace_path(ctx, &active.id, &active.session)?;
            workspace::preflight(&ctx.repo, Some(&path), branch, None, &[])?;
        }
        let request = TakeoverRequest {
            operation: "activate",
            query: Some(active.id.as_str()),
            way: TakeoverKind::Resume,
            claim: active.held.claim_id.as_deref(),
            to: None,
            reason: self.args.reason.as_deref(),
        };
        let receipt = take_over(ctx, diary, &request)?;
        let claim = receipt.claim.as_ref();
        let held = Holder {
            by: claim.map(|claim| claim.by.clone()),
            claim_id: claim.map(|claim| claim.id.clone()),
            at: claim.map(|claim| claim.at.clone()),
        };
        Ok((Active { held, ..active.clone() }, receipt))
    }

    /// The facts about a claim for somebody who lost the race.
    fn held(&self, active: &Active, message: String) -> Failure {
        let failure = holder_facts(Failure::new(Exit::Held, message), &active.held);
        let Ok(Some((commit, message))) = self.claim_commit(active) else { return failure };
        let host = message.lines().find_map(|line| line.strip_prefix("Tix-Host: "));
        failure.maybe_fact("from", host).fact("commit", commit.short())
    }

    pub(super) fn held_by_other(&self, active: &Active) -> Failure {
        let id = &active.id;
        if self.is_held_by_us(active) {
            return self.held_by_us(active, format!("{id} is held from another clone"), None);
        }
        let message = match &active.held.by {
            Some(_) => format!("{id} is held"),
            None => format!("{id} is held by somebody who left no name"),
        };
        // A program needs no words around the command.
        let another = match self.ctx.out.format {
            Format::Human => "take another ticket: tix activate --next",
            Format::Json => "tix activate --next",
        };
        let mut failure = self.held(active, message).hint(another);
        if workspace::given_claim(&self.ctx.repo, id)
            .is_some_and(|given| active.held.claim_id == Some(given))
        {
            failure = failure
                .hint(format!("you gave it away; take it back: tix reclaim {id} --reason <why>"));
        }
        let role = active.held.by.as_ref().filter(|by| self.ctx.config.roles.contains_key(*by));
        if let Some(role) = role {
            let role = shell_word(role);
            failure = failure.hint(format!("if you act as it: tix --role {role} activate {id}"));
        }
        failure
    }

    /// What its holder is told. Agents of one person meet this often, so they read no more than they need; a
    /// program finds all of it.
    fn held_by_us(&self, active: &Active, message: String, workspace: Option<PathBuf>) -> Failure {
        match self.ctx.out.format {
            Format::Human => holder_facts(Failure::new(Exit::Held, message), &active.held)
                .hint("if it is yours, add --resume; else: tix activate --next"),
            Format::Json => self
                .held(active, message)
                .maybe_fact("workspace", workspace.map(|path| path.display().to_string()))
                .hint(format!(
                    "if it is yours: tix activate {} --resume; else take another ticket: tix activate --next",
                    active.id
                )),
        }
    }

    /// Whether the caller holds it, or the role that they act in does.
    fn is_held_by_us(&self, active: &Active) -> bool {
        let by = active.held.by.as_deref();
        by.is_some() && (by == Some(self.claim.by.as_str()) || by == self.ctx.role())
    }

    /// The command that gives it back from here; a claim of another clone has to be named.
    pub(super) fn release(&self, active: &Active) -> String {
        let id = &active.id;
        let claim = active.held.claim_id.clone().unwrap_or_default();
        if workspace::known_claims(&self.ctx.repo, id).contains(&claim) {
            return format!("tix release {id}");
        }
        format!("tix release {id} --claim {}", shell_word(&claim))
    }

    fn claim_commit(&self, active: &Active) -> Result<Option<(Oid, String)>, GitError> {
        let claim_id = active.held.claim_id.as_deref();
        claim_commit(&self.ctx.repo, &active.trunk, &active.path, claim_id)
    }

    /// Whether the set-up was finished. For a ticket without work only this clone's record shows it: from the claim on,
    /// the branch says that work has begun.
    fn progress_of(
        &self,
        active: &Active,
        view: &View<'_>,
        record: Option<&LocalRecord>,
    ) -> Result<Progress, Failure> {
        let Some(branch) = view.watched() else { return Ok(Progress::Unfinished) };
        if record.is_some_and(|record| record.finished) || self.holds_work(view, &active.id)? {
            return Ok(Progress::Finished);
        }
        let at = match self.ctx.record {
            RecordPlace::Branch => Some(branch),
            RecordPlace::Trunk => view.commit(),
        };
        let Some(at) = at else { return Ok(Progress::Unfinished) };
        let name = [at.as_str().as_bytes(), b":", active.path.as_bytes()].concat();
        let file = self.ctx.objects.read(&name)?.filter(|o| o.kind == ObjectKind::Blob);
        let status = file.and_then(|file| Document::parse(file.data).ok()?.status().ok());
        // Moved on (to completed, say) or rewritten by its holder: that is work.
        let begins = status
            .is_some_and(|reading| matches!(reading.status, Status::Claimed | Status::InProgress));
        Ok(if begins { Progress::Unfinished } else { Progress::Finished })
    }

    /// Whether the ticket branch has more than tix's own commits.
    pub(super) fn holds_work(&self, view: &View<'_>, id: &TicketId) -> Result<bool, Failure> {
        let Some(at) = view.watched() else { return Ok(false) };
        let known = [view.commit(), view.base()].into_iter().flatten();
        Ok(!holds_no_work(self.ctx, known, id, at)?)
    }

    /// It is ours and set up. Two agents of one user must not both believe that they own it, so this is a success only
    /// for a session whose own it may be, or with `--resume`.
    fn finished(
        &self,
        active: &Active,
        view: &View<'_>,
        branch: &RefName,
        record: Option<&LocalRecord>,
        mut receipt: Receipt,
    ) -> Result<Receipt, Failure> {
        let mut path = with_branch(self.ctx, branch)?.map(|worktree| worktree.path);
        if !(self.goes_on || self.is_of_this_session(record)?) {
            let message = format!("{} is held from this clone", active.id);
            return Err(self.held_by_us(active, message, path));
        }
        if let Some(trunk) = workspace::pending_push(&self.ctx.repo, &active.id) {
            if view.on_remote() == Some(&trunk) {
                let id = &active.id;
                return Err(Failure::new(
                    Exit::Incomplete,
                    format!("this clone sent a push for {id} whose answer was lost, and it may still land"),
                )
                .hint(format!("finish it: {}", self.release(active)))
                .hint(format!("then claim it again: tix activate {id}")));
            }
            workspace::settle_push(&self.ctx.repo, &active.id)?;
        }
        let at = view.watched().cloned();
        if path.is_none() && !self.args.no_worktree && !self.args.dry_run {
            path = Some(self.rebuild(active, branch, at.as_ref())?);
        }
        // One that was renewed says so, and has its claim.
        if receipt.claim.is_none() {
            let of_another = record.and_then(|r| r.claim_of_another(self.session.as_ref()));
            receipt.outcome = match of_another {
                Some(_) if !self.args.dry_run => "taken_over",
                Some(_) | None => "already",
            };
            let commit = self.claim_commit(active)?.map(|(commit, _)| commit.to_string());
            receipt.claim = Some(crate::app::receipt::ClaimJson {
                id: active.held.claim_id.clone().unwrap_or_default(),
                by: active.held.by.clone().unwrap_or_default(),
                at: active.held.at.clone().unwrap_or_default(),
                commit: commit.unwrap_or_default(),
                branch: self.ctx.trunk.short().to_owned(),
                attempts: 0,
            });
        }
        if !self.args.dry_run {
            self.adopt(active, path.clone(), receipt.claim.as_ref().map(|claim| &claim.commit))?;
        }
        // A ticket that cannot be read there is no reason to withhold the path.
        receipt.task = receipt.task.or_else(|| self.task_of(active, at.as_ref()));
        receipt.workspace = Some(WorkspaceJson {
            branch: branch.short().to_owned(),
            path: path.map(|p| p.display().to_string()),
            commit: at.map(|oid| oid.to_string()).unwrap_or_default(),
        });
        Ok(receipt)
    }

    /// Whether the caller's session counts it as its own: it made it, or nobody can tell who did. Whoever names no session
    /// is told of what is held, because another agent may do so too.
    fn is_of_this_session(&self, record: Option<&LocalRecord>) -> Result<bool, Failure> {
        let is_named = self.ctx.session()?.is_some();
        let is_own = |record: &LocalRecord| match self.compare(record) {
            SessionMatch::Same => true,
            SessionMatch::Unknown => is_named,
            SessionMatch::Other => false,
        };
        Ok(record.is_some_and(is_own))
    }

    fn compare(&self, record: &LocalRecord) -> SessionMatch {
        record.compare_session(self.session.as_ref())
    }

    /// The task of the ticket, from its branch.
    fn task_of(&self, active: &Active, at: Option<&Oid>) -> Option<TaskJson> {
        let ctx = self.ctx;
        let at = at.filter(|_| ctx.record == RecordPlace::Branch).unwrap_or(&active.trunk);
        let view = View::load(&ctx.objects, ctx.repo.format, Some(at), &ctx.tickets_dir).ok()?;
        let entry = view.snapshot.find_id(&active.id).ok()?;
        let ticket = view.require::<Refusal>(entry).ok()?;
        let completed = ticket.document.text("completed_at").is_some();
        let missing = |work: &Work<'_>| lifecycle::missing(&ticket, ctx.policy(), work);
        let missing = with_work(ctx, &active.id, at, missing);
        let approved = !missing.iter().any(|one| matches!(one, Missing::Approval { .. }));
        Some(TaskJson {
            changes_requested: lifecycle::requested_changes(&ticket),
            completed,
            approved,
            ..TaskJson::of(ctx, &ticket.document, &entry.path)
        })
    }

    /// Records that the workspace here belongs to this claim from now on.
    fn adopt(
        &self,
        active: &Active,
        path: Option<PathBuf>,
        claim_commit: Option<&String>,
    ) -> Result<(), Failure> {
        let claim_id = active.held.claim_id.clone().unwrap_or_default();
        workspace::keep_claim(&self.ctx.repo, &active.id, &claim_id)?;
        let known = workspace::load(&self.ctx.repo, &active.id);
        let known = known.filter(|record| record.claim_id == claim_id);
        let session = match &known {
            // A worker goes on under the session that has claimed for it.
            Some(record) if self.compare(record) == SessionMatch::Same => return Ok(()),
            Some(record) if !self.goes_on => record.session_with(self.session.as_ref()),
            Some(_) | None => self.session.clone(),
        };
        if known.is_some_and(|record| record.session == session) {
            return Ok(());
        }
        let commit = claim_commit.cloned();
        let adoption = Adoption { id: &active.id, claim_id, commit, session, path };
        Ok(adopt(self.ctx, adoption)?)
    }

    /// Makes the worktree of a ticket branch again.
    fn rebuild(
        &self,
        active: &Active,
        branch: &RefName,
        at: Option<&Oid>,
    ) -> Result<PathBuf, Failure> {
        let ctx = self.ctx;
        let path = workspace_path(ctx, &active.id, &active.session)?;
        match (ctx.objects.resolve(branch.as_str())?, at) {
            (Some(_), _) => {
                if let Some(warning) = workspace::recreate(&ctx.repo, &path, branch)? {
                    ctx.out.warn(&warning);
                }
            }
            (None, Some(at)) => {
                workspace::create(&ctx.repo, &path, branch, at, &workspace::BranchLeftover::None)?;
                if let Some(remote) = &ctx.remote {
                    set_upstream(&ctx.repo, branch, remote)?;
                }
            }
            (None, None) => {
                return Err(Failure::new(
                    Exit::Incomplete,
                    format!("{} no longer has a ticket branch", active.id),
                )
                .hint(format!("give it back: {}", self.release(active))));
            }
        }
        let claim_id = active.held.claim_id.as_deref().unwrap_or_default();
        let (id, session) = (&active.id, self.session.as_ref().and_then(Session::given));
        for warning in prepare(ctx, &FreshWorkspace { id, claim_id, session, branch, path: &path })?
        {
            ctx.out.warn(&warning);
        }
        Ok(path)
    }
}
