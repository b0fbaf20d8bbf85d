//! Removes worktrees, and keeps each for a while.
//!
//! What git ignores (local settings, data, the output of long builds) is in no commit, and only its owner knows what it
//! is worth. So is what git does not look at: a file marked `skip-worktree`, or one in the directory of a submodule that was
//! not initialised. And a program may write while git looks. One rename asks nothing and loses nothing. A note of each
//! directory is written before the directory moves, so that even one that a killed run moved is found, and emptied when it
//! is due.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::WorkspaceError;
use super::clone_id::write;
use crate::git::Repo;

pub const KEPT_DAYS: u32 = 7;

/// A directory that was moved to the trash.
#[derive(Debug, Serialize, Deserialize)]
struct Note {
    /// The ticket, or the name of a worktree that had none.
    ticket: String,
    from: PathBuf,
    to: PathBuf,
    /// When it was moved there, in seconds since 1970.
    at: i64,
}

fn root(repo: &Repo) -> PathBuf {
    repo.tix_dir().join("trash")
}

/// Moves a worktree to the trash, removes git's record of it, and returns its new place. `id` (the ticket, or what else the
/// worktree is called) and `token` name it there, `at` is the time in seconds since 1970.
pub fn put_away(
    repo: &Repo,
    id: &str,
    from: &Path,
    (token, at): (&str, i64),
) -> Result<PathBuf, WorkspaceError> {
    let place = put_aside(repo, id, from, (token, at))?;
    // A run that is killed before this leaves a record of a directory that is gone, which the next one removes.
    if !repo.remove_worktree(from)? {
        return Err(stays(from, &"git cannot forget its worktree"));
    }
    empty(repo, at);
    Ok(place)
}

fn stays(path: &Path, why: &dyn std::fmt::Display) -> WorkspaceError {
    WorkspaceError::Stays { path: path.to_owned(), why: why.to_string() }
}

fn put_aside(
    repo: &Repo,
    id: &str,
    from: &Path,
    (token, at): (&str, i64),
) -> Result<PathBuf, WorkspaceError> {
    let name = format!("{id}-{token}");
    let inside = root(repo).join(&name);
    let moved = note_and_move(repo, id, from, (&inside, at));
    let (to, moved) = match moved {
        // It is on another file system. A place beside it always works.
        Err(error) if error.kind() == ErrorKind::CrossesDevices => {
            std::fs::remove_file(note_of(repo, &inside)).ok();
            let beside = from.with_file_name(format!(".{name}.tix-trash"));
            let moved = note_and_move(repo, id, from, (&beside, at));
            (beside, moved)
        }
        moved => (inside, moved),
    };
    moved.map_err(|error| {
        stays(from, &format_args!("it cannot be moved to {}: {error}", to.display()))
    })?;
    Ok(to)
}

fn note_and_move(repo: &Repo, id: &str, from: &Path, (to, at): (&Path, i64)) -> io::Result<()> {
    let note = Note { ticket: id.to_owned(), from: from.to_owned(), to: to.to_owned(), at };
    write(&note_of(repo, to), &note)?;
    std::fs::rename(from, to)
}

/// The path of a directory's note.
fn note_of(repo: &Repo, to: &Path) -> PathBuf {
    let name = to.file_name().unwrap_or_default().display().to_string();
    root(repo).join(format!("{}.json", name.trim_start_matches('.')))
}

/// Deletes what is due at `now`. What cannot be deleted stays for the next time.
pub fn empty(repo: &Repo, now: i64) {
    for entry in std::fs::read_dir(root(repo)).into_iter().flatten().flatten() {
        let file = entry.path();
        if file.extension() != Some("json".as_ref()) {
            continue;
        }
        if let Err(error) = empty_one(&file, now) {
            tracing::warn!(file = %file.display(), %error, "trash");
        }
    }
}

fn empty_one(file: &Path, now: i64) -> io::Result<()> {
    let note: Note = serde_json::from_slice(&crate::file::read_own(file)?)?;
    if now.saturating_sub(note.at) < i64::from(KEPT_DAYS) * 24 * 3600 {
        return Ok(());
    }
    match std::fs::remove_dir_all(&note.to) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        // Only now: without its note nobody would find the directory again.
        _ => std::fs::remove_file(file),
    }
}

/// Why a worktree cannot be moved to the trash, as a predicate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unmovable {
    /// It is locked by `git worktree lock`.
    Locked,
    /// Its submodules keep their repositories in git's directory for this worktree, with everything committed there.
    Submodules,
    /// A git operation is in progress in it.
    InBetween,
}

impl Unmovable {
    pub fn words(self) -> &'static str {
        match self {
            Unmovable::Locked => "is locked",
            Unmovable::Submodules => "has a submodule, whose commits may exist nowhere else",
            Unmovable::InBetween => "has an unfinished git operation",
        }
    }
}

/// What prevents moving the worktree, apart from changes in it.
pub fn fixed(worktree: &Path) -> Result<Option<Unmovable>, WorkspaceError> {
    let text = std::fs::read_to_string(worktree.join(".git"));
    let text = text.map_err(|error| stays(worktree, &error))?;
    let dir = worktree.join(text.trim_end().trim_start_matches("gitdir: "));
    let signs = [
        ("locked", Unmovable::Locked),
        ("modules", Unmovable::Submodules),
        ("rebase-merge", Unmovable::InBetween),
        ("rebase-apply", Unmovable::InBetween),
        ("MERGE_HEAD", Unmovable::InBetween),
        ("CHERRY_PICK_HEAD", Unmovable::InBetween),
        ("REVERT_HEAD", Unmovable::InBetween),
        ("BISECT_LOG", Unmovable::InBetween),
    ];
    Ok(signs.into_iter().find(|(name, _)| dir.join(name).exists()).map(|(_, fixed)| fixed))
}
