//! Phase 2: the workspace, and what happens when it cannot be made.

use super::claim::{Activation, WonClaim};
use super::prepare::{FreshWorkspace, prepare};
use crate::app::branch::{forget_upstream, push_branch, set_upstream};
use crate::app::cleared::{aside, tell_trash};
use crate::app::context::Context;
use crate::app::give_back::{GiveBack, give_back};
use crate::app::hooks;
use crate::app::operation::Identity;
use crate::app::receipt::{PushedJson, Receipt, WorkspaceJson};
use crate::app::task::TaskJson;
use crate::config::RecordPlace;
use crate::error::{Exit, Failure};
use crate::git::RefUpdate;
use crate::lifecycle::{self, Decision, Refusal};
use crate::names::{Oid, RefName};
use crate::text::{count, shell_word};
use crate::ticket::TicketId;
use crate::trunk::{Diary, Outcome, with_objects};
use crate::workspace::{
    self, BranchLeftover, MadeWorkspace, Session, WorkspaceRecord as LocalRecord,
};

/// A set-up that stopped halfway.
struct BrokenSetup {
    failure: Failure,
    made: Option<MadeWorkspace>,
    /// The commit that the ticket branch may have on the remote, whatever the answer to its push was.
    tip: Option<Oid>,
}

impl From<Failure> for Box<BrokenSetup> {
    fn from(failure: Failure) -> Box<BrokenSetup> {
        Box::new(BrokenSetup { failure, made: None, tip: None })
    }
}

impl Activation<'_> {
    pub(super) fn finish(&mut self, won: &WonClaim) -> Result<Receipt, Failure> {
        self.diary.phase = "set-up";
        self.diary.ticket = Some(won.claimed.id.clone());
        let mut receipt =
            Receipt::new(self.ctx, "activate", won.claimed.id.as_str(), &self.claim.by);
        receipt.outcome = won.outcome;
        receipt.task = Some(TaskJson::of(self.ctx, &won.claimed.document, &won.claimed.path));
        receipt.add(&won.landed);
        let aside =
            won.landed.moved.iter().map(|m| m.name.short()).find(|n| n.starts_with("attic/"));
        receipt.attic = aside.map(str::to_owned).or_else(|| won.claimed.earlier.clone());
        receipt.next = receipt.attic.as_deref().map(|attic| bring_back(self.ctx, attic));
        receipt.warnings.extend(self.attempt.passed_over.iter().map(|(id, failure)| {
            format!("{id} would have been next, but was passed over: {}", failure.message)
        }));
        receipt.warnings.extend(self.attempt.warnings());
        receipt.set_claim(self.ctx, &self.claim, &won.landed.commit, won.landed.attempts);
        self.publication.clone_from(&won.landed.publication);
        // The note of it from before the push is enough to go on with.
        if let Err(error) = workspace::keep_claim(&self.ctx.repo, &won.claimed.id, &self.claim.id) {
            tracing::warn!(%error, "note the claim");
        }
        self.ctx.out.progress("making the workspace …");
        match self.set_up(won, &mut receipt) {
            Ok(workspace) => {
                receipt.workspace = Some(workspace);
                Ok(receipt)
            }
            Err(broken) => Err(self.undo(won, *broken)),
        }
    }

    fn set_up(
        &mut self,
        won: &WonClaim,
        receipt: &mut Receipt,
    ) -> Result<WorkspaceJson, Box<BrokenSetup>> {
        let ctx = self.ctx;
        let path = self.wants_worktree(&won.claimed)?;
        let shown = path.as_ref().map(|p| p.display().to_string());
        let branch = &won.claimed.branch;
        let tip = won.branch_at.clone();
        let broken = |failure: Failure, made| {
            Box::new(BrokenSetup { failure, made, tip: Some(tip.clone()) })
        };
        // Before anything is made: a run that is killed from here on has left a record that is not finished.
        let record = LocalRecord {
            claim_id: self.claim.id.clone(),
            session: self.session.clone(),
            worker: None,
            commit: tip.to_string(),
            path: path.clone(),
            finished: false,
            reminded: false,
        };
        workspace::save(&ctx.repo, &won.claimed.id, &record).map_err(|e| broken(e.into(), None))?;
        let made = with_objects(&self.run, || self.make_worktree(won, path.as_deref(), &tip))
            .map_err(|failure| broken(failure, None))?;
        receipt.warnings.extend(made.as_ref().and_then(|made| made.warning.clone()));
        let published = with_objects(&self.run, || self.publish(won, receipt));
        if let Err(failure) = published {
            return Err(broken(failure, made));
        }
        if let Some(path) = path.as_deref() {
            let (id, claim_id) = (&won.claimed.id, self.claim.id.as_str());
            let session = self.session.as_ref().and_then(Session::given);
            match prepare(ctx, &FreshWorkspace { id, claim_id, session, branch, path }) {
                Ok(warnings) => {
                    receipt.warnings.extend(warnings);
                    receipt.warnings.extend(hooks::unguarded_workspace(&ctx.repo, path));
                }
                Err(failure) => return Err(broken(failure, made)),
            }
        }
        receipt.warnings.extend(self.trunk_warning());
        self.note_branch(branch, &tip);
        // Last of all: who finds this record hears that the ticket is set up and belongs to somebody, so
        // nothing may follow that tix could be killed in before that somebody has been told.
        self.run.settle();
        let record = LocalRecord { finished: true, ..record };
        if let Err(error) = workspace::save(&ctx.repo, &won.claimed.id, &record) {
            return Err(broken(error.into(), made));
        }
        Ok(WorkspaceJson {
            branch: branch.short().to_owned(),
            path: shown,
            commit: tip.to_string(),
        })
    }

    fn make_worktree(
        &self,
        won: &WonClaim,
        path: Option<&std::path::Path>,
        tip: &Oid,
    ) -> Result<Option<MadeWorkspace>, Failure> {
        let repo = &self.ctx.repo;
        let branch = &won.claimed.branch;
        if self.ctx.remote.is_some() {
            return match path {
                Some(path) => {
                    let leftover = self.leftover_of_push(won)?;
                    Ok(Some(workspace::create(repo, path, branch, tip, &leftover)?))
                }
                None => Ok(None),
            };
        }
        // Without a remote the transaction has made the local branch already.
        match path {
            Some(path) => Ok(Some(workspace::create_for(repo, path, branch, tip)?)),
            None => Ok(None),
        }
    }

    /// What is in the way of the local branch: an earlier one, or one that git itself created when the claim was pushed,
    /// as in a mirror, whose branches are its remote-tracking refs.
    fn leftover_of_push(&self, won: &WonClaim) -> Result<BranchLeftover, Failure> {
        let now = self.ctx.objects.resolve(won.claimed.branch.as_str())?;
        let by_push =
            self.attempt.leftover == BranchLeftover::None && now.as_ref() == Some(&won.branch_at);
        Ok(if by_push {
            BranchLeftover::Branch(won.branch_at.clone())
        } else {
            self.attempt.leftover.clone()
        })
    }

    /// Sets the upstream of the ticket branch, and pushes what a server that moves one ref at a time may have refused
    /// after the claim landed.
    fn publish(&self, won: &WonClaim, receipt: &mut Receipt) -> Result<(), Failure> {
        let Some(remote) = &self.ctx.remote else { return Ok(()) };
        let branch = &won.claimed.branch;
        if won.landed.left.contains(branch) {
            let (name, to) = (branch.clone(), won.branch_at.clone());
            push_branch(self.ctx, remote, &RefUpdate::Create { name, to })?;
            let (name, new) = (branch.to_string(), Some(won.branch_at.to_string()));
            receipt.pushed.push(PushedJson { name, old: None, new });
        }
        if self.args.no_worktree { Ok(()) } else { set_upstream(&self.ctx.repo, branch, remote) }
    }

    /// Updates the remote-tracking ref of the ticket branch: the run whose push moved it may have been killed before git
    /// recorded that here.
    fn note_branch(&self, branch: &RefName, at: &Oid) {
        let tracking = |remote| RefName::tracking(remote, branch.short());
        if let Some(name) = self.ctx.remote.as_ref().and_then(tracking)
            && let Ok(before) = self.ctx.objects.resolve(name.as_str())
        {
            self.run.note(name, at.clone(), before);
        }
    }

    /// Undoes the set-up and gives the ticket back, or keeps the claim if requested.
    fn undo(&mut self, won: &WonClaim, broken: BrokenSetup) -> Failure {
        let BrokenSetup { failure, made, tip } = broken;
        if let Exit::Signal(_) = failure.exit {
            // Told to end, tix ends: the next activation goes on from here.
            return failure;
        }
        let id = &won.claimed.id;
        let cause = failure.message.clone();
        if let Some(made) = made {
            self.take_back(won, &made);
        }
        if self.args.keep_claim {
            self.note_failure(won, &cause);
            return Failure { exit: Exit::Incomplete, ..failure }
                .fact("claim", self.claim.id.clone())
                .hint(format!("the claim is kept; finish it: tix activate {id}"))
                .hint(format!("or give it back: tix release {id}"));
        }
        let reason = format!("the set-up failed: {cause}");
        let own: Vec<Oid> = tip.into_iter().chain([won.branch_at.clone()]).collect();
        match self.give_back(id, &reason, &own) {
            Ok(()) => {
                self.forget_record(id);
                let message = format!("{}; {id} was given back to the queue", failure.message);
                // Everything is as it was before, so this is no half-done state any more.
                let exit =
                    if failure.exit == Exit::Incomplete { Exit::Refused } else { failure.exit };
                Failure { exit, message, ..failure }.hint(format!("try again: tix activate {id}"))
            }
            // Somebody took it over meanwhile: it is theirs, and there is nothing to give back.
            Err(second) if second.exit == Exit::Held => {
                self.forget_record(id);
                second
            }
            Err(second) => Failure { exit: Exit::Incomplete, ..failure }
                .fact("then", second.message)
                .fact("claim", self.claim.id.clone())
                .hint(format!("the claim still stands; finish it: tix activate {id}"))
                .hint(format!("or give it back: tix release {id}")),
        }
    }

    /// Warns that the local trunk has commits that the remote does not have: a claim never publishes them.
    fn trunk_warning(&self) -> Option<String> {
        let remote = self.ctx.remote.as_ref()?;
        let local = self.ctx.local_branch(&self.ctx.trunk)?;
        let theirs = self.ctx.objects.resolve(self.ctx.last_seen_ref()?.as_str()).ok()??;
        // Where the remote was when this clone last looked, the local branch is only behind.
        if *local == theirs || self.ctx.last_seen_before.as_ref() == Some(local) {
            return None;
        }
        let (ahead, behind) = self.ctx.repo.ahead_behind(local, &theirs).ok()?;
        let trunk = self.ctx.trunk.short();
        (ahead > 0).then(|| {
            let state = if behind > 0 { "has diverged" } else { "is ahead" };
            let ahead = count(ahead, "commit", "commits");
            format!(
                "your local {trunk} {state}: {ahead} that {remote}/{trunk} does not have, {behind} that it lacks; the claim \
                 published only itself"
            )
        })
    }

    fn give_back(&self, id: &TicketId, reason: &str, own: &[Oid]) -> Result<(), Failure> {
        let identity = Identity::under(self.ctx, &self.claim.id)?;
        let request = GiveBack { id, act: identity.act(self.ctx), reason: Some(reason), own };
        let mut diary = Diary { phase: "give back", ..Diary::default() };
        give_back(self.ctx, &self.run, &mut diary, &request).map(|_| ())
    }

    fn forget_record(&self, id: &TicketId) {
        if let Err(error) = workspace::forget(&self.ctx.repo, id) {
            tracing::warn!(%error, "forget the workspace");
        }
    }

    /// Removes what the set-up made here. What cannot be removed only blocks the next set-up, which reports it.
    fn take_back(&self, won: &WonClaim, made: &MadeWorkspace) {
        let repo = &self.ctx.repo;
        let branch = &won.claimed.branch;
        let (token, now) = aside(self.ctx);
        match made.take_back(repo, &won.claimed.id, (&token, now)) {
            Ok(Some(trash)) => {
                tell_trash(self.ctx, &made.path.display().to_string(), &trash);
            }
            Ok(None) => {}
            Err(error) => {
                tracing::warn!(%error, "take back");
                return;
            }
        }
        if let Err(failure) = forget_upstream(repo, branch) {
            tracing::warn!(message = failure.message, "take back");
        }
    }

    /// Notes in the ticket that its set-up failed. The claim is kept in any case, so a failure here is only logged.
    fn note_failure(&self, won: &WonClaim, cause: &str) {
        let silent = |_| {};
        let trunk = self.ctx.engine(&self.run, &silent);
        let noted = trunk.transact(&mut Diary::default(), |view| {
            let ticket = view.require::<Refusal>(view.snapshot.find_id(&won.claimed.id)?)?;
            let note = lifecycle::FailureNote {
                claim: &self.claim,
                policy: self.ctx.policy(),
                cause,
                at: self.ctx.now,
                role: crate::app::ROLE,
            };
            Ok(Decision::from(lifecycle::note_failure(&ticket, &note)?))
        });
        if let Err(stop) = noted.map(Outcome::landed) {
            tracing::warn!(failure = %Failure::from(stop).message, "note of the failure");
        }
    }
}

/// The line that merges earlier work into the ticket branch. Both have the ticket's own file, under two claims and perhaps in
/// two lanes, so that merge stops with a conflict there. What is right about tickets is on the branch of the claim that
/// stands. `;` because the merge may stop: a conflict elsewhere then keeps the commit from being made.
fn bring_back(ctx: &Context<'_>, attic: &str) -> String {
    let attic = shell_word(attic);
    let merge = match &ctx.remote {
        Some(remote) => format!("git pull --no-rebase --no-ff --no-edit {remote} {attic}"),
        None => format!("git merge --no-ff --no-edit {attic}"),
    };
    if ctx.record == RecordPlace::Trunk {
        return merge;
    }
    let merge = merge.replace("--no-edit", "--no-commit");
    let tickets = shell_word(&ctx.tickets_dir.to_string());
    format!("{merge}; git restore -SW {tickets} && git commit --no-edit")
}
