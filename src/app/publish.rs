//! Pushes the commits of a ticket branch: the user's own commits, which tix never creates and never moves.

use std::time::Instant;

use super::context::Context;
use super::receipt::{PushedJson, Receipt};
use crate::error::{Exit, Failure, denied, remote_words};
use crate::git::{PrePush, PushMode, RefOutcome, RefUpdate};
use crate::names::{Oid, RefName};
use crate::text::shell_word;
use crate::trunk::speaks_of_permission;

/// Commits of the local ticket branch that the remote does not have yet.
pub struct Unpushed {
    /// Where the branch is here.
    pub local: Oid,
    /// Where it is on the remote, which is part of the history here.
    pub there: Oid,
    pub count: u64,
}

/// What to push, as far as this clone knows without asking: the local branch, if it differs from what was last fetched.
pub fn perhaps_unpushed(ctx: &Context<'_>, branch: &RefName) -> Result<Option<Oid>, Failure> {
    if ctx.remote.is_none() {
        return Ok(None);
    }
    let Some(local) = ctx.objects.resolve(branch.as_str())? else { return Ok(None) };
    let seen = ctx.objects.resolve(ctx.seen_ref(branch).as_str())?;
    let is_there = match seen {
        Some(seen) => ctx.repo.is_ancestor(&local, &seen)?,
        None => false,
    };
    Ok((!is_there).then_some(local))
}

/// The same, with what was just fetched. `None` if there is nothing to push, or if the remote has commits that are not
/// here: then somebody has to combine the two.
pub fn unpushed(
    ctx: &Context<'_>,
    local: &Oid,
    there: Option<&Oid>,
) -> Result<Option<Unpushed>, Failure> {
    let Some(there) = there else { return Ok(None) };
    let (count, lacking) = ctx.repo.ahead_behind(local, there)?;
    let (local, there) = (local.clone(), there.clone());
    Ok((count > 0 && lacking == 0).then_some(Unpushed { local, there, count }))
}

/// Pushes them with a lease on the branch's current tip, and through the user's own pre-push hook.
pub fn push_work(
    ctx: &Context<'_>,
    branch: &RefName,
    work: &Unpushed,
    receipt: &mut Receipt,
) -> Result<(), Failure> {
    let Some(remote) = &ctx.remote else { return Ok(()) };
    let (name, from, to) = (branch.clone(), work.there.clone(), work.local.clone());
    let deadline = Instant::now() + ctx.config.timeout;
    let mode = PushMode { hook: PrePush::Asked, ..PushMode::one_by_one(deadline) };
    let report = ctx.repo.push(remote, &[RefUpdate::Move { name, from, to }], &mode)?;
    let short = branch.short();
    let failed = |exit| {
        Failure::new(exit, format!("the commits of {short} could not be pushed to {remote}"))
    };
    let by_hand = format!("see what is in the way: git push {remote} {}", shell_word(short));
    match report.of(branch).map(|one| (one.outcome, one.reason.as_str())) {
        Some((RefOutcome::Done | RefOutcome::UpToDate, _)) => {
            receipt.work_pushed = Some(work.count);
            receipt.pushed.push(PushedJson {
                name: branch.to_string(),
                old: Some(work.there.to_string()),
                new: Some(work.local.to_string()),
            });
            Ok(())
        }
        Some((RefOutcome::RefusedHere, _)) => {
            Err(failed(Exit::Contended).fact("why", "somebody else has pushed to it meanwhile"))
        }
        Some((RefOutcome::RefusedThere, reason)) => Err(failed(Exit::RemoteRefused)
            .fact("why", reason)
            .maybe_fact("remote", remote_words(&report.words))
            .hint(by_hand)),
        None if speaks_of_permission(&report.words) => {
            Err(denied(&failed(Exit::RemoteRefused).message, &report.words))
        }
        // The fetch a moment ago had an answer, so a hook of this clone is the likeliest reason.
        None => {
            Err(failed(Exit::Refused).maybe_fact("git", remote_words(&report.words)).hint(by_hand))
        }
    }
}
