//! What the owner of this clone has allowed the repository's files to decide about this machine.
//!
//! Everyone who can push to the base can write `post_activate:` and `worktree:`. So these commands run, and worktrees
//! go elsewhere than near the repository, only after the owner of the clone has allowed it. tix keeps the values
//! themselves: a change of one letter makes a different value, which must be trusted again.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::WorkspaceError;
use super::clone_id::write;
use crate::file;
use crate::git::Repo;

#[derive(Default, Serialize, Deserialize)]
struct Trusted {
    /// Each list of commands that is trusted.
    commands: Vec<Vec<String>>,
    /// Each trusted `worktree:`, as written.
    #[serde(default)]
    worktrees: Vec<String>,
}

fn file_of(repo: &Repo) -> PathBuf {
    repo.tix_dir().join("trust.json")
}

/// A file that cannot be read trusts nothing.
fn load(repo: &Repo) -> Trusted {
    let bytes = crate::file::read_own(&file_of(repo)).unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or_default()
}

/// Whether these commands, in this order, may run.
pub fn allows_commands(repo: &Repo, commands: &[String]) -> bool {
    load(repo).commands.iter().any(|known| known == commands)
}

/// Whether worktrees may be where this template says.
pub fn allows_worktrees(repo: &Repo, template: &str) -> bool {
    load(repo).worktrees.iter().any(|known| known == template)
}

/// From now on, trusts these commands, if any, and this template.
pub fn trust(
    repo: &Repo,
    commands: &[String],
    template: Option<&str>,
) -> Result<(), WorkspaceError> {
    let mut trusted = load(repo);
    if !commands.is_empty() && !trusted.commands.iter().any(|known| known == commands) {
        trusted.commands.push(commands.to_vec());
    }
    if let Some(template) =
        template.filter(|new| !trusted.worktrees.iter().any(|known| known == new))
    {
        trusted.worktrees.push(template.to_owned());
    }
    let path = file_of(repo);
    write(&path, &trusted).map_err(|source| WorkspaceError::Record { path, source })
}

/// Revokes all trust, present and past.
pub fn revoke(repo: &Repo) -> Result<(), WorkspaceError> {
    let path = file_of(repo);
    file::remove(&path).map_err(|source| WorkspaceError::Record { path, source })
}
