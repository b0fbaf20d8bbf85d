//! The guard's findings on the trunk and on this clone.

use crate::app::board::TrunkAsSeen;
use crate::app::context::Context;
use crate::app::hooks::lacking_words;
use crate::doctor::{CodeCommit, HookHealth, HooksFacts, LocalTrunk, TrunkCode, UnguardedFacts};
use crate::git::LazyFetch;
use crate::guard::install::status::{self, GuardStatus, HookStatus};
use crate::guard::install::worktrees::UnguardedWorktree;
use crate::guard::{Checked, CommitVerdict, GuardError, Guarded, JudgedCommit, RECENT, Scope};

/// The guard's rules for a path outside the tickets, for a bad name below them, and for something that is not a plain
/// file, such as a program.
const NO_TICKET: [&str; 3] = ["outside", "name", "kind"];

/// The commits of the trunk that change more than tickets. If the guard cannot tell, there is no finding: the other
/// checks must not fail with this one.
pub fn code(ctx: &Context<'_>, seen: &TrunkAsSeen<'_>, local: Option<&LocalTrunk>) -> TrunkCode {
    judged(ctx, seen, local).unwrap_or_else(|error| {
        tracing::debug!(%error, "code on the trunk");
        TrunkCode::default()
    })
}

fn judged(
    ctx: &Context<'_>,
    seen: &TrunkAsSeen<'_>,
    local: Option<&LocalTrunk>,
) -> Result<TrunkCode, GuardError> {
    let Some(guarded) = Guarded::at(&ctx.dir, ctx.env, LazyFetch::On)? else {
        return Ok(TrunkCode::default());
    };
    let ahead = local.filter(|local| local.ahead > 0).and(ctx.local_branch(&ctx.trunk));
    let check = |scope| guarded.check(scope, ctx.config.check).map(|checked| outside(&checked));
    Ok(TrunkCode {
        here: ahead.map(|tip| check(Scope::Unpublished(tip))).transpose()?.unwrap_or_default(),
        published: seen
            .view
            .on_remote()
            .map(|tip| check(Scope::Recent(tip, RECENT)))
            .transpose()?
            .unwrap_or_default(),
    })
}

/// The commits with files that are not tickets. Faults in tickets have their own checks while they last.
fn outside(checked: &Checked) -> Vec<CodeCommit> {
    let commit = |judged: &JudgedCommit| {
        let CommitVerdict::Refused(breaches) = &judged.verdict else { return None };
        let breach = breaches.iter().find(|breach| NO_TICKET.contains(&breach.why.rule()))?;
        Some(CodeCommit {
            oid: judged.commit.clone(),
            subject: judged.subject.clone(),
            file: breach.path.as_ref().map(ToString::to_string).unwrap_or_default(),
        })
    };
    checked.broken.iter().filter_map(commit).collect()
}

/// The hooks of this clone, if they do not all run the guard.
pub fn hooks(ctx: &Context<'_>) -> Option<HooksFacts> {
    let guard = match GuardStatus::look(&ctx.repo) {
        Ok(guard) => guard,
        Err(error) => {
            tracing::debug!(%error, "hooks");
            return None;
        }
    };
    if guard.is_in_order() {
        return None;
    }
    let words = |hook: &HookStatus| {
        let detail = hook.detail.as_ref().map(|detail| format!(" ({detail})")).unwrap_or_default();
        format!("{} {}{detail}", hook.hook.name(), hook.state.word())
    };
    let installed = match guard.shadowed_by.as_slice() {
        [] if guard.is_absent() => HookHealth::Never,
        [] => HookHealth::Broken,
        variables if guard.has_no_other_cause() => HookHealth::Shadowed(variables.to_vec()),
        _ => HookHealth::Broken,
    };
    let unguarded = |worktree: &UnguardedWorktree| UnguardedFacts {
        path: worktree.path.clone(),
        lacking: lacking_words(&worktree.lacking),
        copy: worktree.mend.as_ref().map(|mend| mend.copy.clone()),
    };
    Some(HooksFacts {
        installed,
        directory: guard.directory.clone(),
        lacking: status::lacking(&guard.hooks).map(words).collect(),
        copy: guard.mend.as_ref().map(|mend| mend.copy.clone()),
        worktrees: guard.worktrees.iter().map(unguarded).collect(),
    })
}
