//! What one run of tix owns in the repository, and how tix finds what killed runs left.
//!
//! A run has a token. While it lives it holds the lock `tix/run/<token>.lock`, and everything it creates for itself is
//! below `tix/run/<token>/` or `refs/tix/run/<token>/`. If the lock of a token is free, its run was killed: whoever
//! finds its files and refs removes them.
//!
//! The lock file of a killed run does not prove that anything else is left, and its absence does not prove that nothing
//! is: a fetch that outlives its run writes refs after others have cleaned up behind that run.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::{TrunkError, stale_locks};
use crate::git::exec::Finished;
use crate::git::{GitError, LocalEdit, ObjectWriter, Repo, RunningCall};
use crate::lock::Lock;
use crate::names::{Oid, RefName};

/// Every run keeps its own refs below this prefix.
const PRIVATE: &str = "refs/tix/run/";

/// This run's private part of the repository.
pub struct Run {
    // Order matters: first the writer's processes end, then the directory is removed, and the lock last, so that nobody
    // takes the directory of a living run for a leftover.
    writer: OnceCell<ObjectWriter>,
    dir: PathBuf,
    token: String,
    refs: RefCell<Refs>,
    /// This run has sent a push: its result is worth waiting a moment beyond the deadline.
    pushed: Cell<bool>,
    /// A change of this run is on the trunk.
    landed: Cell<bool>,
    /// Something could not be deleted.
    unsettled: Cell<bool>,
    repo: Repo,
    lock: Option<Lock>,
}

/// The refs that this run must handle before it ends.
#[derive(Default)]
struct Refs {
    /// How many prefixes were given out; there may be any refs below each.
    prefixes: u32,
    /// Its own refs, to be deleted.
    private: BTreeSet<RefName>,
    /// Remote-tracking refs, with what they held when this run fetched and what the remote had.
    news: BTreeMap<RefName, (Option<Oid>, Oid)>,
    /// A deletion that runs in parallel, and the refs it deletes.
    deleting: Option<(RunningCall, BTreeSet<RefName>)>,
}

impl Refs {
    /// Waits for the deletion that is running. What it could not delete is still to be deleted.
    fn await_deletion(&mut self) {
        let Some((running, names)) = self.deleting.take() else { return };
        if let Err(error) = running.finish().and_then(Finished::require_success) {
            tracing::debug!(%error, "private refs");
            self.private.extend(names);
        }
    }
}

impl Run {
    /// Begins a run, and removes what killed runs left.
    pub fn begin(repo: &Repo) -> Result<Run, TrunkError> {
        let root = repo.tix_dir().join("run");
        sweep(repo, &root, seen_in_files(repo, &root)?)?;
        loop {
            let token = random_token();
            let path = root.join(format!("{token}.lock"));
            let lock = Lock::try_take(&path)
                .map_err(|e| TrunkError::Lock { path: path.clone(), source: Some(e) })?;
            // Another run may remove the file between its creation and its locking.
            if let Some(lock) = lock {
                let dir = root.join(&token);
                return Ok(Run {
                    writer: OnceCell::new(),
                    dir,
                    token,
                    refs: RefCell::default(),
                    pushed: Cell::new(false),
                    landed: Cell::new(false),
                    unsettled: Cell::new(false),
                    repo: repo.clone(),
                    lock: Some(lock),
                });
            }
        }
    }

    /// The unique name of this run.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// This run's own directory, for files of no use to anybody else. It exists once there is a [`Run::writer`].
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    pub fn has_pushed(&self) -> bool {
        self.pushed.get()
    }

    pub fn note_push(&self) {
        self.pushed.set(true);
    }

    /// Whether a change of this run is on the trunk.
    pub fn has_landed(&self) -> bool {
        self.landed.get()
    }

    /// Remembers that a change of this run is on the trunk.
    pub fn note_landed(&self) {
        self.landed.set(true);
        self.forget_refs();
    }

    /// Remembers that a claim of this run is on its branch. The trunk that was fetched after its push is news.
    pub fn note_claimed(&self) {
        self.landed.set(true);
    }

    /// A ref of this run's own; it is deleted when the run ends.
    pub fn private_ref(&self, name: &str) -> Result<RefName, TrunkError> {
        let full = format!("{PRIVATE}{}/{name}", self.token);
        let name = RefName::parse(&full).ok_or(GitError::Missing(full))?;
        let mut refs = self.refs.borrow_mut();
        // A fetch must not overlap with the deletion of this very ref, which an earlier transaction has started.
        refs.await_deletion();
        refs.private.insert(name.clone());
        Ok(name)
    }

    /// A prefix below which a fetch may create any refs of this run; a new one for each call, so that a ref that has
    /// since gone from the remote is not taken for a present one.
    pub fn private_prefix(&self) -> String {
        let mut refs = self.refs.borrow_mut();
        refs.prefixes += 1;
        format!("{PRIVATE}{}/{}", self.token, refs.prefixes)
    }

    /// Remembers that the remote has `oid` where the remote-tracking ref had `before`. It is written when the run ends,
    /// unless another process has written something newer by then.
    pub fn note(&self, tracking: RefName, oid: Oid, before: Option<Oid>) {
        let mut refs = self.refs.borrow_mut();
        match refs.news.entry(tracking) {
            Entry::Occupied(mut known) => known.get_mut().1 = oid,
            Entry::Vacant(new) => {
                new.insert((before, oid));
            }
        }
    }

    /// Begins to delete the private refs, in parallel with whatever comes next: after a push that won, git has moved
    /// the remote-tracking refs itself.
    fn forget_refs(&self) {
        let mut refs = self.refs.borrow_mut();
        refs.news.clear();
        if refs.deleting.is_none() && !refs.private.is_empty() {
            let names = std::mem::take(&mut refs.private);
            let edits: Vec<_> = names.iter().cloned().map(delete).collect();
            let running = self.repo.for_clearing().start_update_refs(&edits, "tix: end of a run");
            refs.deleting = Some((running, names));
        }
    }

    /// Deletes what is left to delete and updates the remote-tracking refs.
    fn settle_refs(&self) -> Result<(), GitError> {
        let repo = self.repo.for_clearing();
        let mut refs = std::mem::take(&mut *self.refs.borrow_mut());
        refs.await_deletion();
        let news = refs.news.into_iter().filter(|(_, (before, now))| before.as_ref() != Some(now));
        let news = news.map(|(name, (from, to))| LocalEdit::Set { name, to, from });
        let mut private: Vec<_> = refs.private.into_iter().map(delete).collect();
        if refs.prefixes > 0 {
            let found = repo.refs(&[&format!("{PRIVATE}{}/", self.token)])?;
            private = found.into_iter().map(|r| delete(r.name)).collect();
        }
        let all: Vec<_> = private.iter().cloned().chain(news).collect();
        // The news may be outdated by now; the deletions must be made anyway.
        if !repo.update_refs(&all, "tix: fetch")? {
            repo.update_refs(&private, "tix: end of a run")?;
        }
        Ok(())
    }

    /// Does now what otherwise happens when the run ends: deletes its refs, updates the remote-tracking refs.
    pub fn settle(&self) {
        if let Err(error) = self.settle_refs() {
            tracing::debug!(%error, "private refs");
            self.unsettled.set(true);
        }
    }

    pub fn writer(&self) -> Result<&ObjectWriter, TrunkError> {
        if let Some(writer) = self.writer.get() {
            return Ok(writer);
        }
        let writer = ObjectWriter::open(&self.repo, &self.dir)?;
        Ok(self.writer.get_or_init(|| writer))
    }
}

fn delete(name: RefName) -> LocalEdit {
    LocalEdit::Delete { name, at: None }
}

impl Drop for Run {
    fn drop(&mut self) {
        drop(self.writer.take());
        self.settle();
        if self.unsettled.get() {
            // The lock file stays, so that the next run knows that there is something to remove.
            if let Some(lock) = self.lock.take() {
                lock.abandon();
            }
            return;
        }
        if let Err(error) = remove_dir(&self.dir) {
            tracing::debug!(dir = %self.dir.display(), %error, "remove run directory");
        }
    }
}

/// Sixteen hexadecimal digits from the system's random source.
pub fn random_token() -> String {
    let mut bytes = [0_u8; 8];
    // The system's source fails only before it is seeded, early at boot; a token of zeros would then be found to be
    // taken.
    if let Err(error) = getrandom::fill(&mut bytes) {
        tracing::warn!(%error, "no randomness");
    }
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// The tokens of killed runs that left something. Removes nothing.
pub fn killed_runs(repo: &Repo) -> Result<Vec<String>, TrunkError> {
    let root = repo.tix_dir().join("run");
    let is_dead = |token: &String| Lock::is_held(&lock_of(&root, token)).is_ok_and(|held| !held);
    Ok(seen_anywhere(repo, &root)?.into_iter().filter(is_dead).collect())
}

/// Removes everything that killed runs left.
pub fn clear_killed_runs(repo: &Repo) -> Result<(), TrunkError> {
    let root = repo.tix_dir().join("run");
    sweep(repo, &root, seen_anywhere(repo, &root)?)
}

fn lock_of(root: &Path, token: &str) -> PathBuf {
    root.join(format!("{token}.lock"))
}

/// The runs that own anything, alive or not, as far as a few small directories show. Only git knows what `git gc` has
/// packed, and that waits for `tix doctor`: asking git at the start of each run would cost a process.
fn seen_in_files(repo: &Repo, root: &Path) -> Result<BTreeSet<String>, TrunkError> {
    if repo.common_dir.join("reftable").is_dir() {
        return seen_anywhere(repo, root);
    }
    let mut tokens = names_in(root)?;
    tokens.extend(names_in(&repo.common_dir.join(PRIVATE))?);
    Ok(tokens)
}

fn seen_anywhere(repo: &Repo, root: &Path) -> Result<BTreeSet<String>, TrunkError> {
    let mut tokens = names_in(root)?;
    // Where git was killed while it wrote a ref, it leaves a file that it does not list as a ref.
    tokens.extend(names_in(&repo.common_dir.join(PRIVATE))?);
    let refs = repo.refs(&[PRIVATE])?;
    let token = |name: &RefName| {
        let (token, _) = name.as_str().strip_prefix(PRIVATE)?.split_once('/')?;
        is_token(token).then(|| token.to_owned())
    };
    tokens.extend(refs.iter().filter_map(|found| token(&found.name)));
    Ok(tokens)
}

/// Whether a name has the form of [`random_token`]; other names do not belong to a run.
fn is_token(name: &str) -> bool {
    name.len() == 16 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The tokens in a directory of lock files and directories named after them; none if it is missing.
fn names_in(dir: &Path) -> Result<BTreeSet<String>, TrunkError> {
    let failed = |source| TrunkError::Lock { path: dir.to_owned(), source: Some(source) };
    let entries = match std::fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeSet::new()),
        Err(error) => return Err(failed(error)),
    };
    let mut names = BTreeSet::new();
    for entry in entries {
        let name = entry.map_err(failed)?.file_name();
        let name = name.to_str().map(|name| name.strip_suffix(".lock").unwrap_or(name));
        names.extend(name.filter(|name| is_token(name)).map(str::to_owned));
    }
    Ok(names)
}

fn sweep(repo: &Repo, root: &Path, tokens: BTreeSet<String>) -> Result<(), TrunkError> {
    for token in tokens {
        let path = lock_of(root, &token);
        let failed = |source| TrunkError::Lock { path: path.clone(), source: Some(source) };
        let began = path.metadata().and_then(|meta| meta.modified());
        let Some(lock) = Lock::try_take(&path).map_err(failed)? else { continue };
        tracing::info!(token, "clearing what a killed run left");
        // Without its lock file, others have already cleaned up after this run, and only refs were added since.
        if let Ok(began) = began {
            stale_locks::remove(&repo.common_dir, began).map_err(failed)?;
        }
        if let Err(error) = clear_killed(repo, root, &token) {
            // The file is the sign that there is something to remove.
            lock.abandon();
            return Err(error);
        }
    }
    Ok(())
}

fn clear_killed(repo: &Repo, root: &Path, token: &str) -> Result<(), TrunkError> {
    let prefix = format!("{PRIVATE}{token}");
    let refs = repo.refs(&[&format!("{prefix}/")])?;
    let edits: Vec<_> = refs.into_iter().map(|found| delete(found.name)).collect();
    repo.update_refs(&edits, "tix: clear a killed run")?;
    // A killed git leaves its lock on a ref, which blocks git from the ref for ever.
    for dir in [repo.common_dir.join(prefix), root.join(token)] {
        remove_dir(&dir).map_err(|source| TrunkError::Lock { path: dir, source: Some(source) })?;
    }
    sweep_locks(&repo.tix_dir().join("locks"));
    Ok(())
}

/// Removes lock files that nobody holds. They block nobody, but their names suggest that somebody is at work.
fn sweep_locks(dir: &Path) {
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        // Whoever wants this lock at the same moment finds it taken, and waits as for any holder.
        match Lock::try_take(&entry.path()) {
            Ok(lock) => drop(lock),
            Err(error) => tracing::debug!(path = %entry.path().display(), %error, "sweep"),
        }
    }
}

fn remove_dir(dir: &Path) -> std::io::Result<()> {
    match std::fs::remove_dir_all(dir) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
