//! Worktrees that look for their repository where it no longer is, because it was moved.
//!
//! A worktree and its repository name each other by absolute path. So when either is moved, or both together, git works
//! in the repository but not in the worktree. `git worktree repair` reconnects them.

use std::fs;
use std::path::{Path, PathBuf};

use crate::git::{Repo, Worktree};

/// Whether this directory is a worktree of the repository that links to where the repository was.
pub fn is_unlinked(repo: &Repo, path: &Path) -> bool {
    let Ok(link) = fs::read_to_string(path.join(".git")) else { return false };
    let Some(own) = link.strip_prefix("gitdir: ") else { return false };
    let own = path.join(own.trim_end());
    let Some(name) = own.file_name().filter(|_| !own.exists()) else { return false };
    let kept = repo.common_dir.join("worktrees").join(name).join("gitdir");
    let Ok(named) = fs::read_to_string(kept) else { return false };
    // The name may belong to a worktree of another repository that was here.
    let named = Path::new(named.trim_end());
    named == path.join(".git") || !named.exists()
}

/// The place of a worktree that is not where git expects it: in its `place` by the settings, or beside the repository
/// as before.
pub fn moved_along(repo: &Repo, worktree: &Worktree, place: Option<PathBuf>) -> Option<PathBuf> {
    let beside = || {
        let mut names = worktree.path.components().rev();
        let (last, above) = (names.next()?, names.next()?);
        Some(repo.root.parent()?.join(above).join(last))
    };
    place.into_iter().chain(beside()).find(|path| is_unlinked(repo, path))
}
