//! Which of the repository's commands may run on this machine.
//!
//! Whoever can push to the base can write `post_activate:`, so these commands run only after the owner of the
//! clone has said so. What is kept is the commands themselves: a change of any letter is something else, and
//! must be trusted anew.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::WorkspaceError;
use super::clone_id::write;
use crate::file;
use crate::git::Repo;

#[derive(Default, Serialize, Deserialize)]
struct Trusted {
    /// Each list of commands that was trusted and not revoked.
    commands: Vec<Vec<String>>,
}

fn file_of(repo: &Repo) -> PathBuf {
    repo.tix_dir().join("trust.json")
}

/// A file that cannot be read trusts nothing.
fn load(repo: &Repo) -> Trusted {
    let bytes = std::fs::read(file_of(repo)).unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or_default()
}

/// Whether these commands, in this order, are trusted.
pub fn is_trusted(repo: &Repo, commands: &[String]) -> bool {
    load(repo).commands.iter().any(|known| known == commands)
}

pub fn trust(repo: &Repo, commands: &[String]) -> Result<(), WorkspaceError> {
    let mut trusted = load(repo);
    trusted.commands.retain(|known| known != commands);
    trusted.commands.push(commands.to_vec());
    let path = file_of(repo);
    write(&path, &trusted).map_err(|source| WorkspaceError::Record { path, source })
}

/// Trusts nothing any more, of now or of before.
pub fn revoke(repo: &Repo) -> Result<(), WorkspaceError> {
    let path = file_of(repo);
    file::remove(&path).map_err(|source| WorkspaceError::Record { path, source })
}
