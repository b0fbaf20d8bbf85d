//! Proves, without guessing, that the work on a branch is in the branch that it was meant for.

use serde::Serialize;

use super::context::Context;
use crate::git::{GitError, MergedTree};
use crate::names::{Oid, RepoPath};

/// The proof that everything on a branch is in another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// Its last commit is part of the other's history.
    Merge,
    /// One commit there makes the changes of all its commits together.
    Squash,
    /// Each of its commits is there as a commit with the same changes.
    Rebase,
}

/// Proves that the work at `tip` is in `into`; `None` when it cannot be proven.
///
/// `landed` is where the ticket lies on a completed branch: the commit that brought this file there is the one that
/// merged the branch, if it was merged. Later changes to the same files do not void the proof.
///
/// That a merge of the two would add nothing now is no proof: a commit that undoes a part of the work, made after the work
/// was squashed, adds nothing either.
pub fn proof(
    ctx: &Context<'_>,
    tip: &Oid,
    into: &Oid,
    landed: Option<&RepoPath>,
) -> Result<Option<Proof>, GitError> {
    if ctx.repo.is_ancestor(tip, into)? {
        return Ok(Some(Proof::Merge));
    }
    // Without a common history there is nothing that the two could be compared by.
    let Some(base) = ctx.repo.merge_base(tip, into)? else { return Ok(None) };
    let brought = match landed {
        Some(path) => ctx.repo.brought_by(into, path)?,
        None => None,
    };
    if let Some(brought) = brought
        && let Some(proof) = taken_in_at(ctx, tip, into, &brought)?
    {
        return Ok(Some(proof));
    }
    by_patches(ctx, tip, into, &base)
}

/// Whether a squash or a rebase of `tip` ends with the commit `last`: then merging `tip` into the state before it gives
/// exactly the state after it.
fn taken_in_at(
    ctx: &Context<'_>,
    tip: &Oid,
    into: &Oid,
    last: &Oid,
) -> Result<Option<Proof>, GitError> {
    if ctx.repo.has_merge_drivers() {
        // A driver may keep one side and drop the other: then equal trees say nothing.
        return Ok(None);
    }
    let after = ctx.objects.tree_of(last)?;
    let commits = ctx.repo.count_without_merges(tip, into)?;
    for (steps, proof) in [(1, Proof::Squash), (commits, Proof::Rebase)] {
        let Some(before) = ctx.objects.resolve(&format!("{last}~{steps}"))? else { continue };
        if ctx.repo.merge_trees(&before, tip)? == MergedTree::Clean(after.clone()) {
            return Ok(Some(proof));
        }
    }
    Ok(None)
}

/// Compares what the commits on both sides do, line by line.
fn by_patches(
    ctx: &Context<'_>,
    tip: &Oid,
    into: &Oid,
    base: &Oid,
) -> Result<Option<Proof>, GitError> {
    let repo = &ctx.repo;
    let (from, to) = (ctx.objects.tree_of(base)?, ctx.objects.tree_of(tip)?);
    let changed = ctx.objects.compare(&from, &to, repo.format)?;
    let paths: Vec<RepoPath> = changed.into_iter().map(|change| change.path).collect();
    if paths.is_empty() {
        return Ok(None);
    }
    let theirs = repo.patches(base, into, &paths)?;
    if repo.patch_between(base, tip)?.is_some_and(|whole| theirs.contains(&whole)) {
        return Ok(Some(Proof::Squash));
    }
    // What a merge changed by itself is in no patch.
    let all =
        repo.merges_beyond(tip, into)? == 0 && repo.patches(into, tip, &[])?.is_subset(&theirs);
    Ok(all.then_some(Proof::Rebase))
}
