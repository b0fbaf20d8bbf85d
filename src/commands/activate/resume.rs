//! Renews a claim of ours whose set-up was never finished.

use super::claim::{Activation, Active, WonClaim};
use crate::app::cleared::aside;
use crate::app::own::holds_no_work;
use crate::app::worktree::with_branch;
use crate::error::{Exit, Failure};
use crate::lifecycle::{self, ClaimRequest, Decision, Target};
use crate::names::RefName;
use crate::text::shell_word;
use crate::trunk::{Diary, View, may_still_land};
use crate::workspace::{self, WorkspaceRemoval};

impl Activation<'_> {
    /// Renews the claim by a push, so that no decision based on the old one can land any more.
    pub(super) fn resume(
        &self,
        active: &Active,
        seen: &View<'_>,
        branch: &RefName,
        diary: &mut Diary,
    ) -> Result<WonClaim, Failure> {
        let ctx = self.ctx;
        let old = active.held.claim_id.clone().unwrap_or_default();
        self.clear_unfinished(active, seen, branch)?;
        let progress = ctx.progress();
        let trunk = ctx.engine(&self.run, &progress).watching(branch.clone());
        diary.phase = "resume";
        let outcome = trunk.transact(diary, |view| {
            let ticket = view.require(view.snapshot.find_id(&active.id)?)?;
            if self.holds_work(view, &active.id)? {
                // Somebody works on it since the look a moment ago: the branch must not move from under them.
                return Err(self.held_by_other(active).into());
            }
            let base = self.base_commit(view)?;
            let request = ClaimRequest {
                claim: &self.claim,
                policy: ctx.policy(),
                reason: self.args.reason.as_deref(),
                place: &|id, session| ctx.active_path(id, session),
                branch: &|id, _| ctx.ticket_branch(id),
                base: base.clone().map_or(Target::LastCommit, Target::Commit),
                stray: None,
            };
            let watched = view.watched().cloned();
            let (mut change, claimed) =
                lifecycle::resume(&ticket, &request, &old, watched.as_ref())?;
            let path = self.wants_worktree(&claimed)?;
            workspace::preflight(&ctx.repo, path.as_deref(), branch, None, &[])?;
            change.follow_up = Some(self.follow_up(&claimed, path.as_deref())?);
            if let (Some(tip), Some(_)) = (view.on_remote(), &ctx.remote) {
                workspace::note_push(&ctx.repo, &active.id, tip)?;
            }
            workspace::note_claim(&ctx.repo, &active.id, &self.claim.id)?;
            // With a base of its own the branch stays where it is; else it follows the new claim.
            let at = base.map(|base| watched.unwrap_or(base));
            Ok(Decision::Push(change, (claimed, at)))
        });
        if !may_still_land(&outcome) {
            workspace::settle_push(&ctx.repo, &active.id)?;
            if outcome.is_err() {
                workspace::drop_claim(&ctx.repo, &active.id, &self.claim.id)?;
            }
        }
        Ok(WonClaim::new(outcome.map_err(Failure::from)?.landed(), "resumed"))
    }

    /// Removes what an unfinished set-up left here, unless somebody has worked in it since.
    fn clear_unfinished(
        &self,
        active: &Active,
        seen: &View<'_>,
        branch: &RefName,
    ) -> Result<(), Failure> {
        let ctx = self.ctx;
        let id = &active.id;
        let give_back =
            format!("or give {id} back; what is there is kept: {}", self.release(active));
        workspace::finish_half_made(&ctx.repo, id)?;
        // A run that was killed on the way may have moved the workspace to the trash already.
        workspace::forget_gone(&ctx.repo, None, branch)?;
        let Some(local) = ctx.objects.resolve(branch.as_str())? else { return Ok(()) };
        let known = [seen.commit(), seen.base()].into_iter().flatten();
        if !holds_no_work(ctx, known, id, &local)? {
            let short = branch.short();
            return Err(Failure::new(
                Exit::Incomplete,
                format!(
                    "the set-up of {id} was not finished, but its branch {short} holds commits"
                ),
            )
            .fact("branch", short)
            .fact("commit", local.to_string())
            .hint(format!("keep them under another name: git branch -m {short} {short}-kept"))
            .hint(give_back));
        }
        if let Some(path) = with_branch(self.ctx, branch)?.map(|worktree| worktree.path) {
            let (token, now) = aside(ctx);
            let removal = workspace::remove(&ctx.repo, id, &path, (&token, now))?;
            if let WorkspaceRemoval::Kept(dirty) = removal {
                let shown = path.display().to_string();
                let word = shell_word(&shown);
                return Err(Failure::new(
                    Exit::Incomplete,
                    format!("the set-up of {id} was not finished, but its workspace has changes"),
                )
                .fact("workspace", shown)
                .fact("changes", dirty.join(", "))
                .hint(format!("look at them: git -C {word} status"))
                .hint(give_back));
            }
        }
        let edit = crate::git::LocalEdit::Delete { name: branch.clone(), at: Some(local) };
        if ctx.repo.update_refs(&[edit], "tix: clear an unfinished set-up")? {
            return Ok(());
        }
        let what =
            format!("the set-up of {id} was not finished, and its branch cannot be removed now");
        Err(Failure::new(Exit::Incomplete, what)
            .fact("branch", branch.short())
            .hint(format!("try again: tix activate {id}")))
    }
}
