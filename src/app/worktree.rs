//! Finds the worktree of a ticket or a branch.

use std::path::{Component, Path, PathBuf};

use super::context::Context;
use crate::git::Worktree;
use crate::names::RefName;
use crate::workspace::{WorkspaceError, is_unlinked};

/// The worktree of a ticket: the one that has its branch checked out. In the middle of a rebase none has; then it is the
/// one at the path that `made` returns, where tix made it. Its directory may be gone.
pub fn of_ticket<'w>(
    worktrees: &'w [Worktree],
    branch: Option<&RefName>,
    made: impl FnOnce() -> Option<PathBuf>,
) -> Option<&'w Worktree> {
    let on_branch = worktrees.iter().find(|w| w.branch.is_some() && w.branch.as_ref() == branch);
    on_branch.or_else(|| {
        let made = made()?;
        worktrees.iter().find(|w| w.branch.is_none() && w.path == made)
    })
}

/// The existing worktree that has this branch checked out.
pub fn on_branch<'w>(worktrees: &'w [Worktree], branch: &RefName) -> Option<&'w Worktree> {
    worktrees.iter().find(|w| w.branch.as_ref() == Some(branch) && !w.prunable)
}

/// The same for a single branch, to work in it.
pub fn with_branch(
    ctx: &Context<'_>,
    branch: &RefName,
) -> Result<Option<Worktree>, WorkspaceError> {
    match on_branch(&ctx.repo.worktrees()?, branch) {
        Some(worktree) if is_unlinked(&ctx.repo, &worktree.path) => {
            Err(WorkspaceError::Unlinked { path: worktree.path.clone() })
        }
        found => Ok(found.cloned()),
    }
}

/// A path relative to a directory. Both are absolute and without symbolic links.
pub fn seen_from(path: &Path, base: &Path) -> PathBuf {
    let same = path.components().zip(base.components()).take_while(|(a, b)| a == b).count();
    let up = base.components().skip(same).map(|_| Component::ParentDir);
    up.chain(path.components().skip(same)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worktree_is_seen_from_the_main_one() {
        for (path, seen) in [
            ("/home/ada/shop.worktrees/T", "../shop.worktrees/T"),
            ("/home/ada/shop/.worktrees/T", ".worktrees/T"),
            ("/tmp/T", "../../../tmp/T"),
        ] {
            assert_eq!(seen_from(Path::new(path), Path::new("/home/ada/shop")), Path::new(seen));
        }
    }
}
