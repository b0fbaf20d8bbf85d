//! Whether the work on a branch is in the branch that it was meant for, proven and not guessed.

use serde::Serialize;

use super::context::Context;
use crate::git::{GitError, MergedTree};
use crate::names::{Oid, RepoPath};

/// What shows that everything on a branch is in another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// Its last commit is part of the other's history: a merge, or a fast-forward.
    Ancestor,
    /// To merge it adds nothing, at the commit that brought its ticket or now: a squash or a rebase.
    Contained,
    /// Each of its commits is there as a commit that makes the same change: a rebase.
    Patches,
    /// One commit there makes the same change as all of its commits together: a squash.
    Squash,
}

/// Proves that the work at `tip` is in `into`; `None` when it cannot be proven.
///
/// `landed` is where the ticket lies on a completed branch: the commit that brought this file is the one with which the
/// branch was taken in, if it was. What happens to the same files later does not take the proof away.
pub fn proof(
    ctx: &Context<'_>,
    tip: &Oid,
    into: &Oid,
    landed: Option<&RepoPath>,
) -> Result<Option<Proof>, GitError> {
    let repo = &ctx.repo;
    if repo.is_ancestor(tip, into)? {
        return Ok(Some(Proof::Ancestor));
    }
    // Without a common history there is nothing that the two could be compared by.
    let Some(base) = repo.merge_base(tip, into)? else { return Ok(None) };
    if is_contained(ctx, tip, into, landed)? {
        return Ok(Some(Proof::Contained));
    }
    let changed = ctx.objects.compare(
        &ctx.objects.tree_of(&base)?,
        &ctx.objects.tree_of(tip)?,
        repo.format,
    )?;
    let paths: Vec<RepoPath> = changed.into_iter().map(|change| change.path).collect();
    if paths.is_empty() {
        return Ok(None);
    }
    let theirs = repo.patches(&base, into, &paths)?;
    if repo.patch_between(&base, tip)?.is_some_and(|whole| theirs.contains(&whole)) {
        return Ok(Some(Proof::Squash));
    }
    // What a merge changed by itself is in no patch.
    let all =
        repo.merges_beyond(tip, into)? == 0 && repo.patches(into, tip, &[])?.is_subset(&theirs);
    Ok(all.then_some(Proof::Patches))
}

fn is_contained(
    ctx: &Context<'_>,
    tip: &Oid,
    into: &Oid,
    landed: Option<&RepoPath>,
) -> Result<bool, GitError> {
    if ctx.repo.has_merge_drivers() {
        // A driver may keep one side and drop the other: then "adds nothing" says nothing.
        return Ok(false);
    }
    let brought = match landed {
        Some(path) => ctx.repo.brought_by(into, path)?,
        None => None,
    };
    for commit in brought.iter().chain([into]) {
        let tree = ctx.objects.tree_of(commit)?;
        if ctx.repo.merge_trees(commit, tip)? == MergedTree::Clean(tree) {
            return Ok(true);
        }
    }
    Ok(false)
}
