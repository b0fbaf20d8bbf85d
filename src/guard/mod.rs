//! The guard: what may become part of a protected branch.
//!
//! One rule for every place where that can happen: *commits that become reachable from a protected branch, beyond
//! what its remote has already, change ticket files only, and published history stays.* [`rule`] is the rule over
//! the changed paths, [`content`] over the tickets in them; both are pure. [`Guarded`] is a repository as the guard
//! sees it: where a commit made here would go, what is protected, and what a commit brings.
//!
//! git's hooks judge what is done, and [`agent`] the lines of a coding agent before they are run. Such a line is *right*, *wrong*, or
//! *uncertain* because what it commits does not exist yet; uncertain passes where a hook that is in force will look next
//! ([`HooksInForce`]), and is refused where none will.
//!
//! Where there is nothing to guard (no repository, no tickets) it steps aside; where it cannot find out, on a
//! protected branch, it refuses.

pub mod agent;
mod commits;
mod content;
mod facts;
mod guarded;
mod history;
mod in_force;
pub mod install;
mod known;
mod landed;
mod landing;
mod memory;
mod merges;
mod moves;
mod place;
mod rule;
mod shell;
mod slipped;
mod unheard;

use std::path::{Path, PathBuf};

pub use commits::JudgedCommit;
pub use guarded::Guarded;
pub use history::{Checked, RECENT, Scope};
pub use in_force::{Heard, HookUse, HooksInForce};
pub use known::PushDestination;
pub use moves::{BranchMove, Ruling};
pub use rule::{Breach, CommitVerdict};
pub use slipped::SlippedCommits;
pub use unheard::{Telling, UnheardMove, forget_movements};

use crate::audit::Audit;

/// A repository in which the guard cannot find out anything, as far as it can be seen.
pub struct Lost {
    pub audit: Audit,
    pub root: PathBuf,
}

/// The repository that `dir` is in, where it cannot be opened.
pub fn lost(dir: &Path) -> Option<Lost> {
    let (root, common_dir) = place::outline(dir)?;
    Some(Lost { audit: Audit::of(&common_dir.join("tix")), root })
}

/// Why the guard cannot decide.
#[derive(Debug, thiserror::Error)]
pub enum GuardError {
    /// git gave no answer, or one that tix does not know.
    #[error(transparent)]
    Git(#[from] crate::git::GitError),
    /// What is protected could not be found out.
    #[error("the guard cannot tell what is protected here: {0}")]
    Unknown(String),
    /// A file of the repository that must be readable is not.
    #[error("{}: {source}", path.display())]
    File { path: PathBuf, source: std::io::Error },
}
