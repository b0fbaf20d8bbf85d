//! The files that the team's commands created in a new workspace and that git does not ignore.
//!
//! They are nobody's work. While they are as the commands left them, they do not count as changes and go with the
//! workspace. Files that somebody has touched since stay; so do files of a run that was killed before it could
//! record them.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use super::clone_id::write;
use super::half_made::is_linked;
use super::{WorkspaceError, trash};
use crate::file::{self, Stamp};
use crate::git::{ChangeKind, GitError, Repo, Untracked};
use crate::ticket::TicketId;

/// Paths below the workspace, each with the stamp of its file.
type Made = BTreeMap<String, Stamp>;

fn file_of(repo: &Repo, id: &TicketId) -> PathBuf {
    repo.tix_dir().join("prepared").join(format!("{id}.json"))
}

fn load(repo: &Repo, id: &TicketId) -> Made {
    let text = crate::file::read_own(&file_of(repo, id)).unwrap_or_default();
    serde_json::from_slice(&text).unwrap_or_default()
}

fn stamp(path: &Path) -> Option<Stamp> {
    Stamp::of(&path.symlink_metadata().ok()?).ok()
}

/// The files of a workspace that git neither tracks nor ignores.
pub fn untracked(repo: &Repo, workspace: &Path) -> Result<BTreeSet<String>, GitError> {
    let changes = repo.changes(workspace, Untracked::Each)?;
    let untracked = changes.into_iter().filter(|(kind, _)| *kind == ChangeKind::Untracked);
    Ok(untracked.map(|(_, path)| path).collect())
}

/// Records what the commands created: what is untracked now and was not `before`.
pub fn note_prepared(
    repo: &Repo,
    id: &TicketId,
    workspace: &Path,
    before: &BTreeSet<String>,
) -> Result<(), WorkspaceError> {
    let now = untracked(repo, workspace)?;
    let made = now.difference(before);
    let made: Made =
        made.filter_map(|path| Some((path.clone(), stamp(&workspace.join(path))?))).collect();
    let path = file_of(repo, id);
    if made.is_empty() { file::remove(&path) } else { write(&path, &made) }
        .map_err(|source| WorkspaceError::Record { path, source })
}

/// What in the workspace is in no commit and was not created by the commands.
pub fn changes(
    repo: &Repo,
    id: &TicketId,
    workspace: &Path,
) -> Result<Vec<(ChangeKind, String)>, GitError> {
    let made = load(repo, id);
    if made.is_empty() {
        return repo.changes(workspace, Untracked::Grouped);
    }
    let mut changes = repo.changes(workspace, Untracked::Each)?;
    let is_made = |path: &str| made.get(path).copied() == stamp(&workspace.join(path));
    changes.retain(|(kind, path)| *kind != ChangeKind::Untracked || !is_made(path));
    Ok(changes)
}

/// What became of a workspace that was to be removed.
#[derive(Debug)]
pub enum WorkspaceRemoval {
    /// It is in the trash, there.
    Removed(PathBuf),
    /// It stays: these paths have changes, or if there are none, git or [`trash::fixed`] holds it.
    Kept(Vec<String>),
}

/// Removes a workspace in which everything is committed or was created by the commands, as [`trash::put_away`] does.
pub fn remove(
    repo: &Repo,
    id: &TicketId,
    workspace: &Path,
    aside: (&str, i64),
) -> Result<WorkspaceRemoval, WorkspaceError> {
    let work = changes(repo, id, workspace)?;
    // A main worktree has no file that leads to its repository, and one that was moved by hand has another place.
    let movable = matches!(trash::fixed(workspace), Ok(None)) && is_linked(repo, workspace);
    if !work.is_empty() || !movable {
        return Ok(WorkspaceRemoval::Kept(work.into_iter().map(|(_, path)| path).collect()));
    }
    Ok(WorkspaceRemoval::Removed(trash::put_away(repo, id.as_str(), workspace, aside)?))
}

pub(super) fn forget(repo: &Repo, id: &TicketId) -> io::Result<()> {
    file::remove(&file_of(repo, id))
}
