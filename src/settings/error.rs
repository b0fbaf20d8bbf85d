//! Why settings cannot be told, as data.

use std::path::PathBuf;

use crate::config::ConfigError;
use crate::git::GitError;
use crate::names::RemoteName;

/// See the module.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// A setting that tix cannot use.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// git gave no answer, or one that tix does not know.
    #[error(transparent)]
    Git(#[from] GitError),
    /// A file that must be readable is not.
    #[error("{} cannot be read: {source}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The remote that is configured is not there.
    #[error("there is no remote named `{name}`")]
    NoRemote {
        /// How it is called.
        name: String,
        remotes: Vec<String>,
    },
    /// Nothing says which of the remotes holds the tickets.
    #[error("there are several remotes, and none is named origin")]
    ManyRemotes {
        /// Their names.
        remotes: Vec<String>,
    },
    /// A remote whose name cannot be part of a ref.
    #[error("`{0}` cannot be used as a remote")]
    BadRemote(String),
    /// A branch that git would refuse.
    #[error("`{0}` cannot be a branch")]
    BadBranch(String),
    /// A directory that cannot be one of the repository.
    #[error("tickets_dir is no path in the repository")]
    BadTicketsDir,
    /// The remote's default branch is not known here, and the remote gave no answer.
    #[error("{remote} cannot be reached to ask for its default branch; nothing changed")]
    NoAnswer {
        remote: RemoteName,
        /// What git said, without credentials.
        words: String,
    },
    /// The remote answered, and not with a default branch.
    #[error("{0} does not say which branch is its default")]
    NoDefault(RemoteName),
    /// The remote's default branch is not known here, and nobody was to be asked.
    #[error("the default branch of {0} is not known here")]
    NotAsked(RemoteName),
    /// There is no remote, and nothing here says which branch is the trunk.
    #[error("nothing says which of the branches here the tickets are on")]
    NoLocalDefault,
}
