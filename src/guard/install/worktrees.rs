//! Whether the guard runs in the other worktrees of a clone too. A relative `core.hooksPath` means another directory in each,
//! and most of them have none: git then runs no hook there and says nothing.

use std::path::{Path, PathBuf};

use super::engine::InstallError;
use super::hook::Hook;
use super::site::{self, HookSite};
use super::status::{self, HookStatus, InstalledState};
use crate::git::Repo;
use crate::text::shell_word;

/// A worktree in which hooks do not run the guard.
#[derive(Clone, Debug)]
pub struct UnguardedWorktree {
    pub path: PathBuf,
    pub lacking: Vec<(Hook, InstalledState)>,
    /// What gives it the hooks that the main worktree has.
    pub mend: Option<HooksMend>,
}

/// A directory of hooks that the main worktree has and others lack.
#[derive(Clone, Debug)]
pub struct HooksMend {
    /// What to run, as words.
    pub copy: Vec<String>,
    /// What gives it to every workspace to come.
    pub lasting: LastingMend,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LastingMend {
    /// `.worktreeinclude` names it already.
    Done,
    /// A line for the `.worktreeinclude` of this directory.
    Include { line: String, root: PathBuf },
    /// git does not ignore it, so it can be committed.
    Commit(PathBuf),
}

impl LastingMend {
    /// What to do for every workspace to come, in a line; `None` where nothing is left to do.
    pub fn words(&self) -> Option<String> {
        match self {
            LastingMend::Done => None,
            LastingMend::Include { line, root } => {
                let file = root.join(INCLUDE).display().to_string();
                Some(format!("echo {} >>{}", shell_word(line), shell_word(&file)))
            }
            LastingMend::Commit(path) => {
                Some(format!("commit {}, which git does not ignore", path.display()))
            }
        }
    }
}

const INCLUDE: &str = ".worktreeinclude";

/// The other worktrees in which hooks do not run the guard. git is asked for them only where they can differ.
pub fn unguarded(
    site: &HookSite<'_>,
    here: &[HookStatus],
) -> Result<Vec<UnguardedWorktree>, InstallError> {
    if !site::may_differ(&site.repo.config) {
        return Ok(Vec::new());
    }
    let mut unguarded = Vec::new();
    let mut guarded = here.iter().any(|status| status.state.is_in_order());
    for worktree in site.repo.worktrees()? {
        let is_bare = worktree.head.is_none() && worktree.branch.is_none();
        if !worktree.path.is_dir() || is_bare || is_same(&worktree.path, &site.root) {
            continue;
        }
        let hooks = status::hooks(&site.beside(&worktree.path)?)?;
        guarded |= hooks.iter().any(|status| status.state.is_in_order());
        unguarded.extend(of_worktree(site, &worktree.path, &hooks)?);
    }
    // A guard that nobody wants is missed nowhere.
    Ok(if guarded { unguarded } else { Vec::new() })
}

/// A workspace that was just made, if hooks that run the guard in the main worktree do not run it there.
pub fn new_workspace(
    repo: &Repo,
    workspace: &Path,
) -> Result<Option<UnguardedWorktree>, InstallError> {
    if !site::may_differ(&repo.config) {
        return Ok(None);
    }
    let main = HookSite::look(repo)?.beside(&repo.root)?;
    let guarded = status::hooks(&main)?;
    let guards = |hook: Hook| guarded.iter().any(|s| s.hook == hook && s.state.is_in_order());
    let hooks = status::hooks(&main.beside(workspace)?)?;
    let lost: Vec<_> = hooks.into_iter().filter(|status| guards(status.hook)).collect();
    of_worktree(&main, workspace, &lost)
}

/// Whether two paths lead to one directory. git follows links where tix does not.
fn is_same(one: &Path, other: &Path) -> bool {
    one == other || matches!((one.canonicalize(), other.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

fn of_worktree(
    site: &HookSite<'_>,
    worktree: &Path,
    hooks: &[HookStatus],
) -> Result<Option<UnguardedWorktree>, InstallError> {
    let lacking: Vec<_> = status::lacking(hooks).map(|s| (s.hook, s.state)).collect();
    if lacking.is_empty() {
        return Ok(None);
    }
    Ok(Some(UnguardedWorktree { path: worktree.to_owned(), lacking, mend: mend(site, worktree)? }))
}

/// How a worktree gets the hooks directory of the main one, where that is what it lacks.
pub fn mend(site: &HookSite<'_>, worktree: &Path) -> Result<Option<HooksMend>, InstallError> {
    let root = &site.repo.root;
    let Some(relative) = site.relative() else { return Ok(None) };
    let (from, to) = (root.join(relative), worktree.join(relative));
    let has_room = to.parent().is_some_and(Path::is_dir) && !to.exists();
    if !from.is_dir() || !has_room {
        return Ok(None);
    }
    let words = [Path::new("cp"), Path::new("-R"), &from, &to];
    Ok(Some(HooksMend {
        copy: words.iter().map(|word| word.display().to_string()).collect(),
        lasting: lasting(site.repo, relative)?,
    }))
}

/// What gives the hooks directory to every workspace to come.
pub fn lasting(repo: &Repo, relative: &Path) -> Result<LastingMend, InstallError> {
    let path = relative.components().collect::<PathBuf>().display().to_string();
    let file = std::fs::read_to_string(repo.root.join(INCLUDE)).unwrap_or_default();
    if file.lines().any(|line| line.trim().trim_matches('/') == path) {
        return Ok(LastingMend::Done);
    }
    // husky's directory ignores what is in it, and not itself.
    Ok(if repo.is_ignored(&relative.join("pre-commit"))? {
        LastingMend::Include { line: format!("{path}/"), root: repo.root.clone() }
    } else {
        LastingMend::Commit(relative.to_owned())
    })
}
