//! Removes what may be removed. Each step can be the last before a crash: the next run finds what is left, proves it
//! again, and goes on.

use std::path::{Path, PathBuf};
use std::time::Instant;

use super::judge::CleanPlan;
use crate::app::branch::{forget_upstream, push_branch};
use crate::app::context::Context;
use crate::app::give_back::remove_if_empty;
use crate::app::receipt::PushedJson;
use crate::error::{Exit, Failure};
use crate::git::{LocalEdit, PushMode, RefOutcome, RefUpdate};
use crate::ticket::TicketId;
use crate::trunk::{Diary, MovedRef, Run};
use crate::workspace;

pub struct SweptBranches {
    /// Where the worktree is now.
    pub trash: Option<PathBuf>,
    /// The branch on the remote.
    pub there: Option<PushedJson>,
    pub here: Option<PushedJson>,
    pub warnings: Vec<String>,
}

/// The deleted remote branch of one ticket; `None` if there was none.
pub type GoneBranch = Option<MovedRef>;

/// Deletes the branches on the remote in one push, each by a lease on exactly the commit that was proven merged. Branches
/// that this push leaves are examined one by one.
pub fn remote_branches(
    ctx: &Context<'_>,
    plans: &[(TicketId, CleanPlan)],
    diary: &mut Diary,
) -> Result<Vec<Result<GoneBranch, Failure>>, Failure> {
    let update = |plan: &CleanPlan| {
        let at = plan.there.clone()?;
        Some(RefUpdate::Delete { name: plan.branch.clone(), at })
    };
    let updates: Vec<RefUpdate> = plans.iter().filter_map(|(_, plan)| update(plan)).collect();
    let (Some(remote), false) = (&ctx.remote, updates.is_empty()) else {
        return Ok(plans.iter().map(|_| Ok(None)).collect());
    };
    crate::trunk::require_one_place(&ctx.repo, remote)?;
    diary.attempts += 1;
    let until = (ctx.started + ctx.config.timeout).max(Instant::now());
    let report = match ctx.repo.push(remote, &updates, &PushMode::one_by_one(until)) {
        Ok(report) => Some(report),
        Err(error) if error.is_cut_off() => None,
        Err(error) => return Err(error.into()),
    };
    let mut unreachable: Option<Failure> = None;
    let mut all = Vec::new();
    for (_, plan) in plans {
        let Some(update) = update(plan) else {
            all.push(Ok(None));
            continue;
        };
        let line = report.as_ref().and_then(|report| report.of(update.name()));
        let done = line.is_some_and(|line| line.outcome == RefOutcome::Done);
        let result = match (done, &unreachable) {
            (true, _) => Ok(()),
            // One silence is answer enough for all of them.
            (false, Some(failure)) => Err(failure.clone()),
            (false, None) => push_branch(ctx, remote, &update).map(|_| ()),
        };
        if let Err(failure) = &result
            && failure.exit == Exit::Unreachable
        {
            unreachable.get_or_insert(failure.clone());
        }
        let (name, old) = (plan.branch.clone(), plan.there.clone());
        all.push(result.map(|()| Some(MovedRef { name, old, new: None })));
    }
    Ok(all)
}

/// Removes what is in this clone: first the worktree, then the branch, and the record of both last.
pub fn local(
    ctx: &Context<'_>,
    run: &Run,
    id: &TicketId,
    plan: &CleanPlan,
    gone: Option<&MovedRef>,
) -> Result<SweptBranches, Failure> {
    let repo = &ctx.repo;
    let mut here = None;
    let mut warnings = Vec::new();
    let mut trash = None;
    if let Some(path) = &plan.worktree {
        let aside = (run.token(), ctx.now.timestamp());
        trash = Some(workspace::trash::put_away(repo, id.as_str(), path, aside)?);
        remove_if_empty(path.parent());
    }
    if plan.gone || plan.worktree.is_some() {
        workspace::forget_gone(repo, plan.worktree.as_deref(), &plan.branch)?;
        // A branch that goes while git takes it for checked out leaves a worktree of nothing behind.
        if repo.worktrees()?.iter().any(|w| w.branch.as_ref() == Some(&plan.branch)) {
            let message = format!("git still knows a worktree of {}", plan.branch.short());
            return Err(Failure::new(Exit::Git, message).hint(format!("try again: tix clean {id}")));
        }
    }
    let mut edits = Vec::new();
    if let Some(at) = &plan.here {
        edits.push(LocalEdit::Delete { name: plan.branch.clone(), at: Some(at.clone()) });
        let (name, old) = (plan.branch.clone(), Some(at.clone()));
        here = Some(PushedJson::from(&MovedRef { name, old, new: None }));
    }
    if let Some((name, _)) = &plan.tracking {
        // A push that deletes the branch on the remote has deleted this one too, mostly.
        edits.push(LocalEdit::Delete { name: name.clone(), at: None });
    }
    if !repo.update_refs(&edits, "tix: clean")? {
        let message = format!("{} has moved meanwhile, so it was kept", plan.branch.short());
        return Err(Failure::new(Exit::Refused, message)
            .hint(format!("look again: tix clean {id} --dry-run")));
    }
    if plan.here.is_some()
        && let Err(failure) = forget_upstream(repo, &plan.branch)
    {
        warnings.push(failure.message);
    }
    // A run that was killed may have put the worktree aside, and not yet removed the directory above it.
    let made = workspace::load(repo, id).and_then(|record| record.path);
    remove_if_empty(made.as_deref().and_then(Path::parent));
    workspace::worker::forget(repo, id, &crate::env::host())?;
    workspace::forget(repo, id)?;
    Ok(SweptBranches { trash, there: gone.map(PushedJson::from), here, warnings })
}
