//! A workspace that git was killed in the midst of making.
//!
//! git fills a worktree file by file and writes its index last. Killed there, it leaves files that are missing or half
//! written, locks, and no index: to `git status` that is the work of a person, who would have to be asked. The record of the
//! set-up says which commit was being checked out, so tix finishes it: what is missing is checked out, what equals the commit
//! stays, and only what is neither is somebody's.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, SystemTime};

use super::{WorkspaceError, load};
use crate::file;
use crate::git::Repo;
use crate::names::Oid;
use crate::ticket::TicketId;

/// How often, and after which pauses, the lock of an index is looked at before nobody is taken to hold it. A git that
/// outlived the tix that started it writes files all the time.
const LOOKS: u32 = 4;
const PAUSE: Duration = Duration::from_millis(250);

/// What git writes into the file that keeps a worktree from being pruned while it is made: builtin/worktree.c.
const INITIALIZING: &str = "initializing";

/// Finishes the workspace that this clone was making for the ticket, if it did not come to the end.
pub fn finish(repo: &Repo, id: &TicketId) -> Result<(), WorkspaceError> {
    let Some(record) = load(repo, id).filter(|record| !record.finished) else { return Ok(()) };
    let (Some(path), Some(commit)) = (&record.path, Oid::parse(&record.commit)) else {
        return Ok(());
    };
    let failed = |source| WorkspaceError::NotWritable { path: path.clone(), source };
    let Some(own) = own_dir(repo, path).map_err(failed)? else { return Ok(()) };
    await_index(&own, path);
    for lock in ["index.lock", "HEAD.lock"] {
        file::remove(&own.join(lock)).map_err(failed)?;
    }
    if fs::read_to_string(own.join("locked")).is_ok_and(|why| why.trim_end() == INITIALIZING) {
        file::remove(&own.join("locked")).map_err(failed)?;
    }
    if !own.join("HEAD").is_file() || !own.join("commondir").is_file() {
        // Nothing was checked out yet, and for git it is no worktree.
        file::remove(&path.join(".git")).map_err(failed)?;
        fs::remove_dir_all(&own).map_err(failed)?;
        // Fails when somebody put something there, and then it must stay.
        fs::remove_dir(path).ok();
        return Ok(());
    }
    Ok(repo.fill_worktree(path, &commit)?)
}

fn same(one: &Path, other: &Path) -> bool {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    real(one) == real(other)
}

/// Whether a worktree leads to this repository. One that was left behind when the repository was moved does not.
pub fn is_linked(repo: &Repo, path: &Path) -> bool {
    own_dir(repo, path).is_ok_and(|own| own.is_some())
}

/// What git keeps of a worktree, if it is one of this repository's.
fn own_dir(repo: &Repo, path: &Path) -> io::Result<Option<PathBuf>> {
    let link = match fs::read_to_string(path.join(".git")) {
        Ok(link) => link,
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::NotFound | ErrorKind::IsADirectory | ErrorKind::InvalidData
            ) =>
        {
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    let Some(own) = link.strip_prefix("gitdir: ") else { return Ok(None) };
    let own = path.join(own.trim_end());
    let all = repo.common_dir.join("worktrees");
    Ok(own.parent().is_some_and(|parent| same(parent, &all)).then_some(own))
}

/// Waits for as long as somebody writes the files whose index is locked.
fn await_index(own: &Path, path: &Path) {
    let mut last = None;
    let mut still = 0;
    while still < LOOKS && own.join("index.lock").exists() {
        let now = written(path);
        still = if last == Some(now) { still + 1 } else { 0 };
        last = Some(now);
        thread::sleep(PAUSE);
    }
}

/// How many entries the directories of a worktree have, and when the newest of these directories changed.
fn written(root: &Path) -> (usize, Option<SystemTime>) {
    let (mut count, mut newest) = (0, None);
    let mut open = vec![root.to_owned()];
    while let Some(dir) = open.pop() {
        newest = newest.max(dir.metadata().and_then(|meta| meta.modified()).ok());
        for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
            count += 1;
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                open.push(entry.path());
            }
        }
    }
    (count, newest)
}
