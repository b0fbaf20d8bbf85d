//! The workspace of a ticket: its branch and its worktree on this machine, and the local records.
//!
//! Everything here happens after the claim is on the trunk, except the check beforehand that it can happen. tix removes
//! only what it can prove that it created.

mod claims;
mod clone_id;
mod half_made;
mod hidden;
mod include;
mod pending;
mod prepared;
mod process;
mod pull;
mod record;
pub mod spawn;
pub mod trash;
pub mod trust;
mod unlinked;
pub mod worker;

use std::io;
use std::path::{Path, PathBuf};

pub use claims::{drop_claim, given_claim, keep_claim, known_claims, note_claim, note_given};
pub use clone_id::{clone_id, known_clone_id};
pub use half_made::{finish as finish_half_made, is_linked, never_filled};
pub use hidden::hide;
pub use include::include;
pub use pending::{note_push, pending_push, settle_push};
pub use prepared::{WorkspaceRemoval, changes, note_prepared, remove, untracked};
pub use pull::{keep_pulls, remember_pull, seen_pull};
pub use record::{
    Session, SessionMatch, WorkspaceRecord, all, forget, load, made_at, recorded, save,
};
pub use unlinked::{is_unlinked, moved_along};

use crate::git::{GitError, LocalEdit, RefValue, Repo, Worktree};
use crate::names::{Oid, RefName};
use crate::text::count;
use crate::ticket::TicketId;

#[derive(Debug, thiserror::Error)]
pub enum WorkspaceError {
    #[error(transparent)]
    Git(#[from] GitError),
    /// Something else is where the worktree would go.
    #[error("the workspace's place is taken: {} {what}", path.display())]
    Occupied { path: PathBuf, what: &'static str },
    /// The worktree exists, but does not know where its repository is.
    #[error("git does not work in {}, because the repository was moved", path.display())]
    Unlinked { path: PathBuf },
    /// Nothing can be written where the worktree would go.
    #[error("the workspace cannot be created in {}: {source}", path.display())]
    NotWritable { path: PathBuf, source: io::Error },
    /// One of the two names is a directory of the other.
    #[error("git cannot create the branch {} beside the local branch {}", branch.short(), by.short())]
    NameTaken { branch: RefName, by: RefName },
    /// A local branch of that name has commits that exist nowhere else.
    #[error("there is a local branch {} already, with commits that are not on the trunk", branch.short())]
    BranchTaken { branch: RefName, at: Oid },
    /// A local branch of that name is checked out in a worktree that is not tix's.
    #[error("the branch {} is already checked out in {}", branch.short(), path.display())]
    CheckedOut { branch: RefName, path: PathBuf },
    #[error("the path of the workspace cannot be formed: {why}")]
    BadPath { why: String },
    /// git could not make the worktree.
    #[error("git could not create the worktree: {words}")]
    Setup { words: String },
    /// What must be recorded before anything changes could not be.
    #[error("{}: {source}", path.display())]
    Unprepared { path: PathBuf, source: io::Error },
    /// A worktree could not be removed.
    #[error("{} cannot be removed: {why}", path.display())]
    Stays { path: PathBuf, why: String },
    /// The local record could not be written.
    #[error("{}: {source}", path.display())]
    Record { path: PathBuf, source: io::Error },
}

/// Whether a branch that is in the way may be deleted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum BranchLeftover {
    #[default]
    None,
    /// It has nothing that the trunk lacks: it is deleted before the worktree is created.
    Branch(Oid),
}

/// Checks that the workspace can be created; leaves nothing behind.
///
/// `local` is the commit of the local branch of that name, if it exists; only if one of `known` contains it is the
/// branch worthless.
pub fn preflight(
    repo: &Repo,
    path: Option<&Path>,
    branch: &RefName,
    local: Option<&Oid>,
    known: &[&Oid],
) -> Result<BranchLeftover, WorkspaceError> {
    if let Some(path) = path {
        check_free(repo, path)?;
        check_writable(path)?;
    }
    let Some(local) = local else { return Ok(BranchLeftover::None) };
    let taken = || WorkspaceError::BranchTaken { branch: branch.clone(), at: local.clone() };
    let mut holds_nothing = false;
    for commit in known {
        holds_nothing = holds_nothing || repo.is_ancestor(local, commit)?;
    }
    if !holds_nothing {
        return Err(taken());
    }
    let worktrees = repo.worktrees()?;
    if let Some(there) = worktrees.iter().find(|w| w.branch.as_ref() == Some(branch)) {
        let (branch, path) = (branch.clone(), there.path.clone());
        return Err(WorkspaceError::CheckedOut { branch, path });
    }
    Ok(BranchLeftover::Branch(local.clone()))
}

/// Checks `refs` for a branch beside which git cannot keep one called `branch`, because in its files a name is a file
/// or a directory and not both.
pub fn check_name(branch: &RefName, refs: &[RefValue]) -> Result<(), WorkspaceError> {
    let inside = |outer: &RefName, inner: &RefName| {
        inner.as_str().strip_prefix(outer.as_str()).is_some_and(|rest| rest.starts_with('/'))
    };
    let clash = |r: &&RefValue| inside(&r.name, branch) || inside(branch, &r.name);
    match refs.iter().find(clash) {
        Some(by) => Err(WorkspaceError::NameTaken { branch: branch.clone(), by: by.name.clone() }),
        None => Ok(()),
    }
}

/// Whether a worktree there stays near its repository: in a directory beside the main worktree, or in a hidden one
/// below it. Not in a hidden one beside it, because programs look in the hidden directories of a home directory for
/// what they run; not among the files of the main worktree; not in another repository; and not where a link leads.
pub fn is_near(repo: &Repo, path: &Path) -> bool {
    let is_below = path.starts_with(&repo.root);
    let home = if is_below { Some(repo.root.as_path()) } else { repo.root.parent() };
    let Some((home, rest)) = home.and_then(|home| Some((home, path.strip_prefix(home).ok()?)))
    else {
        return false;
    };
    let mut names = rest.components().map(|name| name.as_os_str().as_encoded_bytes());
    let is_hidden = |name: &[u8]| name.starts_with(b".");
    let is_hidden =
        if is_below { names.next().is_some_and(is_hidden) } else { names.any(is_hidden) };
    let is_repository = |dir: &Path| dir != path && dir.join(".git").symlink_metadata().is_ok();
    let mut way = path.ancestors().take_while(|dir| *dir != home);
    is_hidden == is_below
        && !path.starts_with(&repo.common_dir)
        && way.all(|dir| !dir.is_symlink() && !is_repository(dir))
}

fn check_free(repo: &Repo, path: &Path) -> Result<(), WorkspaceError> {
    let occupied = |what| Err(WorkspaceError::Occupied { path: path.to_owned(), what });
    let meta = match std::fs::symlink_metadata(path) {
        Ok(meta) => meta,
        // A file is where a directory of the path should be: the writability check names it.
        Err(error)
            if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) =>
        {
            return Ok(());
        }
        Err(source) => return Err(WorkspaceError::NotWritable { path: path.to_owned(), source }),
    };
    if !meta.is_dir() {
        return occupied("is not a directory");
    }
    match std::fs::read_dir(path).map(|mut entries| entries.next().is_some()) {
        Ok(false) => Ok(()),
        Ok(true) if is_unlinked(repo, path) => {
            Err(WorkspaceError::Unlinked { path: path.to_owned() })
        }
        Ok(true) => occupied("is not empty"),
        Err(source) => Err(WorkspaceError::NotWritable { path: path.to_owned(), source }),
    }
}

/// Writes a probe into the nearest existing directory above `path`.
fn check_writable(path: &Path) -> Result<(), WorkspaceError> {
    let exists = |dir: &&Path| dir.symlink_metadata().is_ok();
    let Some(nearest) = path.ancestors().skip(1).find(exists) else { return Ok(()) };
    match tempfile::Builder::new().prefix(".tix-probe-").tempfile_in(nearest) {
        Ok(_) => Ok(()),
        Err(error) => {
            // The error itself names the probe, which means nothing to a reader.
            let source = if error.kind() == io::ErrorKind::NotFound {
                // The directory exists, but the system reserves it, such as `/proc`.
                io::Error::other("no file can be created there")
            } else {
                io::Error::from(error.kind())
            };
            Err(WorkspaceError::NotWritable { path: nearest.to_owned(), source })
        }
    }
}

/// Deletes a branch that has nothing of its own, so that its name is free.
pub fn clear_leftover(
    repo: &Repo,
    branch: &RefName,
    leftover: &BranchLeftover,
) -> Result<(), WorkspaceError> {
    let BranchLeftover::Branch(at) = leftover else { return Ok(()) };
    let edit = LocalEdit::Delete { name: branch.clone(), at: Some(at.clone()) };
    if repo.update_refs(&[edit], "tix: free the name of a ticket branch")? {
        return Ok(());
    }
    Err(WorkspaceError::BranchTaken { branch: branch.clone(), at: at.clone() })
}

/// What a set-up created, to be removed if the rest fails.
#[derive(Debug)]
pub struct MadeWorkspace {
    pub path: PathBuf,
    branch: RefName,
    at: Oid,
    parents: Vec<PathBuf>,
    /// What the user should know about how it went.
    pub warning: Option<String>,
}

/// Creates the branch and the worktree at `commit`.
pub fn create(
    repo: &Repo,
    path: &Path,
    branch: &RefName,
    commit: &Oid,
    leftover: &BranchLeftover,
) -> Result<MadeWorkspace, WorkspaceError> {
    clear_leftover(repo, branch, leftover)?;
    let parents = missing_parents(path);
    let made = MadeWorkspace {
        path: path.to_owned(),
        branch: branch.clone(),
        at: commit.clone(),
        parents,
        warning: None,
    };
    hide(repo, path)?;
    let mut answer = repo.add_worktree(path, branch, commit)?;
    if answer.code != Some(0) && answer.stderr.contains("already registered") {
        // Somebody removed the directory of a worktree by hand; git keeps the name until it is told. The branch was
        // created before git noticed.
        forget_gone(repo, Some(path), branch)?;
        answer = repo.add_worktree_of(path, branch)?;
    }
    if answer.code == Some(0) {
        return Ok(made);
    }
    let words = in_a_sentence(&answer.stderr);
    if standing(repo, path, branch)?.is_some() {
        return Ok(MadeWorkspace { warning: Some(hook_failed(&words)), ..made });
    }
    // `-b` creates the branch before it fails on an occupied path.
    made.take_back_branch(repo)?;
    Err(WorkspaceError::Setup { words })
}

/// Creates a worktree for an existing ticket branch; returns a warning, if any.
pub fn recreate(
    repo: &Repo,
    path: &Path,
    branch: &RefName,
) -> Result<Option<String>, WorkspaceError> {
    check_free(repo, path)?;
    forget_gone(repo, Some(path), branch)?;
    hide(repo, path)?;
    let answer = repo.add_worktree_of(path, branch)?;
    if answer.code == Some(0) {
        return Ok(None);
    }
    let words = in_a_sentence(&answer.stderr);
    if standing(repo, path, branch)?.is_some() {
        return Ok(Some(hook_failed(&words)));
    }
    Err(WorkspaceError::Setup { words })
}

/// Makes git forget worktrees whose directories are gone: the one at this path, and the one of this branch. All others
/// stay, because their disk may only be unmounted.
pub fn forget_gone(
    repo: &Repo,
    path: Option<&Path>,
    branch: &RefName,
) -> Result<(), WorkspaceError> {
    for worktree in repo.worktrees()? {
        let ours = worktree.branch.as_ref() == Some(branch)
            || path.is_some_and(|path| path == worktree.path);
        if ours && worktree.prunable {
            repo.remove_worktree(&worktree.path)?;
        }
    }
    Ok(())
}

/// The worktree of the branch at this path. One that is there although git failed is complete: git removes a worktree that it
/// could not fill, so only the hook that runs last has failed: "the hook's exit status becomes the exit status of these
/// commands", githooks(5).
fn standing(
    repo: &Repo,
    path: &Path,
    branch: &RefName,
) -> Result<Option<Worktree>, WorkspaceError> {
    let real = |path: &Path| std::fs::canonicalize(path).ok();
    // Whatever was there before is not ours: then there is no such directory, or none with this branch. The entry of a
    // worktree that was removed by hand still names its path, whatever is there by now.
    let Some(path) = real(path).filter(|path| path.join(".git").exists()) else {
        return Ok(None);
    };
    let ours =
        |w: &Worktree| w.branch.as_ref() == Some(branch) && real(&w.path).as_ref() == Some(&path);
    Ok(repo.worktrees()?.into_iter().find(ours))
}

/// How many lines of git's output say what is wrong; on a full disk it has one line per file.
const LINES: usize = 5;

/// git's message on one line: it goes into a sentence, and into the ticket when that is given back.
fn in_a_sentence(words: &str) -> String {
    let mut lines = words.lines().map(str::trim).filter(|line| !line.is_empty());
    let said = lines.by_ref().take(LINES).collect::<Vec<_>>().join("; ");
    match lines.count() {
        0 => said,
        more => format!("{said}; and {}", count(more, "more line", "more lines")),
    }
}

fn hook_failed(words: &str) -> String {
    format!("the workspace exists, but your post-checkout hook failed in it: {words}")
}

/// Creates a worktree for a branch that this run has just created at `tip`.
pub fn create_for(
    repo: &Repo,
    path: &Path,
    branch: &RefName,
    tip: &Oid,
) -> Result<MadeWorkspace, WorkspaceError> {
    let parents = missing_parents(path);
    let (path, branch_name) = (path.to_owned(), branch.clone());
    let made = MadeWorkspace { path, branch: branch_name, at: tip.clone(), parents, warning: None };
    match recreate(repo, &made.path, branch) {
        Ok(warning) => Ok(MadeWorkspace { warning, ..made }),
        Err(error) => {
            made.take_back_branch(repo)?;
            Err(error)
        }
    }
}

fn missing_parents(path: &Path) -> Vec<PathBuf> {
    let missing = |dir: &&Path| !dir.as_os_str().is_empty() && dir.symlink_metadata().is_err();
    path.ancestors().skip(1).take_while(missing).map(Path::to_owned).collect()
}

impl MadeWorkspace {
    /// Removes the worktree and the branch if they are unchanged since they were created, and the directories created
    /// above them if they are empty. Returns the place of the worktree in the trash, if it is there.
    pub fn take_back(
        &self,
        repo: &Repo,
        id: &TicketId,
        aside: (&str, i64),
    ) -> Result<Option<PathBuf>, WorkspaceError> {
        forget_gone(repo, Some(&self.path), &self.branch)?;
        let ours = standing(repo, &self.path, &self.branch)?;
        let mut place = None;
        if ours.is_some_and(|worktree| worktree.head.as_ref() == Some(&self.at))
            && let WorkspaceRemoval::Removed(trash) = remove(repo, id, &self.path, aside)?
        {
            place = Some(trash);
        }
        self.take_back_branch(repo)?;
        Ok(place)
    }

    /// The same without the worktree, unless the branch is checked out: by us, in a worktree that had to stay, or by somebody
    /// else meanwhile.
    fn take_back_branch(&self, repo: &Repo) -> Result<(), WorkspaceError> {
        if repo.worktrees()?.iter().any(|worktree| worktree.branch.as_ref() == Some(&self.branch)) {
            return Ok(());
        }
        let edit = LocalEdit::Delete { name: self.branch.clone(), at: Some(self.at.clone()) };
        repo.update_refs(&[edit], "tix: take back a set-up that failed")?;
        for dir in &self.parents {
            // Fails if somebody has put something there; then it must stay.
            if std::fs::remove_dir(dir).is_err() {
                break;
            }
        }
        Ok(())
    }
}
