//! A workspace inside the main worktree, such as `.worktrees/{id}`, is none of its files.
//!
//! Without this, `git add -A` in the main worktree would add the workspace as a repository of its own.

use std::io;
use std::path::Path;

use crate::git::{GitError, Repo};

/// Has git ignore the directory that workspaces like this one are in, by `info/exclude` of the clone: the team's `.gitignore` is not
/// tix's to write. Does nothing for a workspace outside, or where git ignores it already.
pub fn hide(repo: &Repo, workspace: &Path) -> Result<(), GitError> {
    let inside = workspace.strip_prefix(&repo.root).ok().filter(|_| repo.root != repo.common_dir);
    let Some(home) = inside.and_then(Path::parent).and_then(Path::to_str) else { return Ok(()) };
    // Among the files of the main worktree, and not in a directory of their own, each is named.
    let pattern =
        if home.is_empty() { inside.and_then(Path::to_str).unwrap_or(home) } else { home };
    if pattern.is_empty() || repo.is_ignored(workspace)? {
        return Ok(());
    }
    if let Err(error) = exclude(repo, pattern) {
        tracing::debug!(%error, "info/exclude");
    }
    Ok(())
}

fn exclude(repo: &Repo, pattern: &str) -> io::Result<()> {
    let path = repo.common_dir.join("info/exclude");
    let text = match std::fs::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(error),
    };
    let end = if text.is_empty() || text.ends_with(b"\n") { "" } else { "\n" };
    let line = format!("{end}/{}/\n", literal(pattern));
    crate::file::rewrite(&path, &[text.as_slice(), line.as_bytes()].concat())
}

/// A name as a pattern that means nothing else, gitignore(5).
fn literal(name: &str) -> String {
    let special = |c: char| matches!(c, '*' | '?' | '[' | '\\');
    name.chars().flat_map(|c| special(c).then_some('\\').into_iter().chain([c])).collect()
}
