//! A workspace that git was killed while creating.
//!
//! git fills a worktree file by file and writes its index last. If it is killed, it leaves missing or half-written
//! files, locks, and no index: `git status` would show that as a person's work, and tix would have to ask. The record
//! of the set-up says which commit was being checked out, so tix finishes it: it checks out what is missing, keeps what
//! equals the commit, and treats only the rest as somebody's.
//!
//! If git is killed earlier, it leaves a worktree whose HEAD names no commit. Up to git 2.46 it is all zeros, and every
//! fetch in the clone fails on it: `bad object worktrees/<name>/HEAD`.

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

/// How often to look at an index lock, with growing pauses, before assuming that nobody holds it. A git that outlived
/// the tix that started it writes files all the time.
const LOOKS: u32 = 4;
const PAUSE: Duration = Duration::from_millis(250);

/// What git writes into the file that protects a worktree from pruning while it is being created: builtin/worktree.c.
const INITIALIZING: &str = "initializing";

/// Finishes the workspace that this clone was creating for the ticket, if it is unfinished. Removes one in which
/// nothing was checked out.
pub fn finish(repo: &Repo, id: &TicketId) -> Result<(), WorkspaceError> {
    let Some(record) = load(repo, id) else { return Ok(()) };
    let (Some(path), Some(commit)) = (&record.path, Oid::parse(&record.commit)) else {
        return Ok(());
    };
    let failed = |source| WorkspaceError::NotWritable { path: path.clone(), source };
    let Some(own) = own_dir(repo, path).map_err(failed)?.or_else(|| named_dir(repo, path)) else {
        return Ok(());
    };
    if is_never_filled(&own) {
        remove_link(path).map_err(failed)?;
        fs::remove_dir_all(&own).map_err(failed)?;
        // Fails if somebody put something there; then it must stay.
        fs::remove_dir(path).ok();
        return Ok(());
    }
    // One that was moved to the trash by a run that was killed then has nothing to fill.
    if record.finished || !path.is_dir() {
        return Ok(());
    }
    await_index(&own, path);
    for lock in ["index.lock", "HEAD.lock"] {
        file::remove(&own.join(lock)).map_err(failed)?;
    }
    if fs::read_to_string(own.join("locked")).is_ok_and(|why| why.trim_end() == INITIALIZING) {
        file::remove(&own.join("locked")).map_err(failed)?;
    }
    Ok(repo.fill_worktree(path, &commit)?)
}

/// The tickets whose unfinished workspaces git cannot use. Reads a few small files; if all is well, no more than one
/// per worktree.
pub fn never_filled(repo: &Repo) -> Vec<TicketId> {
    let all = fs::read_dir(repo.common_dir.join("worktrees")).into_iter().flatten().flatten();
    if !all.map(|entry| entry.path()).any(|own| is_never_filled(&own)) {
        return Vec::new();
    }
    let is_made_there = |path: &PathBuf| {
        let own = own_dir(repo, path).ok().flatten().or_else(|| named_dir(repo, path));
        own.is_some_and(|own| is_never_filled(&own))
    };
    let recorded = super::all(repo).into_iter();
    let found = recorded.filter(|(_, record)| record.path.as_ref().is_some_and(is_made_there));
    found.map(|(id, _)| id).collect()
}

/// Whether git was killed before it recorded what to check out: git does not see it as a worktree. One with an index
/// was a worktree, and something else has happened to it.
fn is_never_filled(own: &Path) -> bool {
    let head = fs::read(own.join("HEAD")).unwrap_or_default();
    let says_nothing = head.trim_ascii().iter().all(|byte| *byte == b'0');
    (says_nothing || !own.join("commondir").is_file()) && !own.join("index").exists()
}

/// Removes the link from a worktree to the repository, if it is one.
fn remove_link(path: &Path) -> io::Result<()> {
    let link = path.join(".git");
    if link.is_dir() { Ok(()) } else { file::remove(&link) }
}

fn same(one: &Path, other: &Path) -> bool {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    real(one) == real(other)
}

/// Whether a worktree links to this repository. One left behind when the repository was moved does not.
pub fn is_linked(repo: &Repo, path: &Path) -> bool {
    own_dir(repo, path).is_ok_and(|own| own.is_some())
}

/// git's directory for a worktree, if the worktree belongs to this repository.
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

/// The same where git was killed before it wrote the link: its directory names the worktree.
fn named_dir(repo: &Repo, path: &Path) -> Option<PathBuf> {
    let link = path.join(".git");
    if fs::read(&link).is_ok_and(|link| !link.is_empty()) {
        return None;
    }
    let all = fs::read_dir(repo.common_dir.join("worktrees")).ok()?.flatten();
    let names_it = |own: &PathBuf| {
        let named = fs::read_to_string(own.join("gitdir")).unwrap_or_default();
        let named = Path::new(named.trim_end());
        named == link || named.parent().is_some_and(|named| same(named, path))
    };
    all.map(|entry| entry.path()).find(names_it)
}

/// Waits as long as somebody writes the files whose index is locked.
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

/// The number of entries in the directories of a worktree, and when the newest of these directories changed.
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
