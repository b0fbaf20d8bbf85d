//! Why settings cannot be determined, as data.

use std::path::PathBuf;

use crate::config::ConfigError;
use crate::git::GitError;
use crate::names::RemoteName;

/// What named a remote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RemoteSource {
    /// The option `--remote`.
    Option,
    Variable,
    GitConfig,
    /// The team's file, here or at a branch.
    File(String),
}

/// See the module.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// A setting that tix cannot use.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// git gave no answer, or one that tix does not understand.
    #[error(transparent)]
    Git(#[from] GitError),
    /// A file that must be readable is not.
    #[error("{} cannot be read: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// The configured remote does not exist.
    #[error("there is no remote named `{name}`")]
    NoRemote { name: String, remotes: Vec<String>, set_by: RemoteSource },
    /// Nothing says which of several remotes holds the tickets.
    #[error("there are several remotes, and none is named origin")]
    ManyRemotes {
        /// Their names.
        remotes: Vec<String>,
    },
    /// A remote whose name cannot be part of a ref.
    #[error("`{0}` cannot be used as a remote")]
    BadRemote(String),
    /// A branch that git would refuse.
    #[error("`{0}` cannot be the name of a branch")]
    BadBranch(String),
    /// A directory that cannot be inside the repository.
    #[error("tickets_dir is not a path in the repository")]
    BadTicketsDir,
    /// This clone does not know the remote's default branch, and the remote does not answer.
    #[error("{remote} cannot be reached, so its default branch is unknown; nothing changed")]
    NoAnswer {
        remote: RemoteName,
        /// What git said, without credentials.
        words: String,
    },
    /// The remote answered, but named no default branch.
    #[error("{0} does not say which branch is its default")]
    NoDefault(RemoteName),
    /// This clone does not know the remote's default branch, and was not to ask.
    #[error("this clone does not know the default branch of {0}")]
    NotAsked(RemoteName),
    /// There is no remote, and nothing says which local branch is the trunk.
    #[error("no setting says which local branch the tickets are on")]
    NoLocalDefault,
}
