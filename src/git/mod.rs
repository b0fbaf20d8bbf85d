//! Every question to git as one typed method.
//!
//! Only [`exec`] starts git. The modules here know which options make git's answer safe to parse (`-z`, `--porcelain`)
//! and what which exit code means; a code they do not name is an error.

mod address;
mod changes;
mod clocks;
mod commit;
mod conversation;
mod delta;
pub mod exec;
mod head;
mod history;
mod hooks;
mod inherited;
mod last;
mod line;
mod loose;
mod merge;
mod objects;
mod origins;
mod pieces;
mod pipes;
mod program;
mod promised;
pub mod push;
mod push_notes;
mod redact;
mod refs;
mod repo;
mod running;
mod seen;
pub mod signals;
mod submodules;
mod tree;
mod unpublished;
mod worktree;

pub use address::{
    PushSetting, RemoteAddresses, RemotePlace, TwoPlaces, are_comparable, is_on_another_server,
    is_one_place,
};
pub use commit::{CommitAuthors, CommitText, ObjectWriter};
pub use delta::{ChangedCommit, Delta, Side, Walk};
pub use exec::{ExecError, Git, LazyFetch, RunningCall};
pub use head::{
    HeadTarget, LooseRef, head_target, is_absence, loose_ref, read_git_file, symbolic_target,
};
pub use history::{HistoryQuery, HistoryWalk, Logged, PathChange, PathChangeKind};
pub use hooks::{ConfigScope, HooksPath, HooksSource, ProcessHooks};
pub use inherited::InheritedConfig;
pub use last::end_all_soon;
pub use line::LineEnd;
pub use loose::loose_blob;
pub use merge::MergedTree;
pub use objects::{CommitObject, Object, ObjectKind, Objects};
pub use origins::GitSetting;
pub use program::{Program, edit};
pub use push::{Atomic, PrePush, PushMode, PushProgress, PushReport, RefOutcome, RefUpdate};
pub use redact::redact;
pub use refs::{LocalEdit, RefQuestion, RefValue};
pub use repo::{GitConfig, ObjectFormat, Repo, Version, clean_path, main_root, path_bytes};
pub use submodules::CheckedOutSubmodule;
pub use tree::{FileMode, TreeEdit, TreeEntry};
pub use unpublished::UnpublishedClaim;
pub use worktree::{ChangeKind, Untracked, Worktree};

/// What can go wrong between tix and git.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    #[error(transparent)]
    Exec(#[from] ExecError),
    #[error("{} is not in a git repository", dir.display())]
    NotARepository {
        /// Where the search began.
        dir: std::path::PathBuf,
        words: String,
    },
    /// git is older than tix can work with.
    #[error("git {found} is too old: tix needs {needed} or newer")]
    TooOld {
        /// The output of `git version`.
        found: String,
        /// The oldest tested version.
        needed: &'static str,
    },
    /// git answered in a format that tix does not know.
    #[error("git gave an unexpected answer to `{question}`: {answer}")]
    Unreadable {
        question: &'static str,
        /// The beginning of the answer.
        answer: String,
    },
    /// Objects that a partial clone lacks and its remote did not deliver.
    #[error("this clone lacks files that {remote} has, and {remote} cannot be reached")]
    Unfetched { remote: crate::names::RemoteName, words: String },
    /// An object that must exist does not.
    #[error("object {0} is missing from the repository")]
    Missing(String),
    /// Something is where a file or a directory would be written, and would be lost.
    #[error("{path} is in the way: it is {what}")]
    InTheWay {
        /// Its path from the root of the tree.
        path: String,
        what: &'static str,
    },
    /// A scratch file could not be written.
    #[error("{}: {source}", path.display())]
    Scratch { path: std::path::PathBuf, source: std::io::Error },
}

impl GitError {
    /// What git said on stderr, if it was started.
    pub fn words(&self) -> Option<&str> {
        match self {
            GitError::Exec(ExecError::Failed(finished)) => Some(&finished.stderr),
            GitError::NotARepository { words, .. } | GitError::Unfetched { words, .. } => {
                Some(words)
            }
            GitError::Exec(
                ExecError::Spawn { .. }
                | ExecError::TimedOut { .. }
                | ExecError::Interrupted(_)
                | ExecError::Pipe { .. },
            )
            | GitError::TooOld { .. }
            | GitError::Unreadable { .. }
            | GitError::Missing(_)
            | GitError::InTheWay { .. }
            | GitError::Scratch { .. } => None,
        }
    }

    /// Whether git was ended before it could report what it did: by tix, at the deadline, or by a signal.
    pub fn is_cut_off(&self) -> bool {
        self.killed_by().is_some() || matches!(self, GitError::Exec(ExecError::TimedOut { .. }))
    }

    /// The signal in words, if git was ended by one that tix did not send: the system does so when memory runs out.
    pub fn killed_by(&self) -> Option<&str> {
        let GitError::Exec(ExecError::Failed(end)) = self else { return None };
        end.code.is_none().then_some(end.status.as_str())
    }

    fn unreadable(question: &'static str, answer: &[u8]) -> GitError {
        let start = answer.get(..answer.len().min(200)).unwrap_or_default();
        GitError::Unreadable { question, answer: exec::text_of(start.trim_ascii()) }
    }
}
