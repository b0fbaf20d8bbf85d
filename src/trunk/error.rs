//! How a transaction can end without success: as data, without remedies.

use std::path::PathBuf;

use crate::git::GitError;
use crate::names::{RefName, RemoteName, RepoPath};
use crate::text::count;

/// Whether a change that was pushed may be on the trunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Landing {
    /// No push was sent, or a fetch proved that none landed.
    No,
    /// A push was sent, and nothing can be learnt of it.
    Unknown,
}

/// Why a decision did not become a commit on the trunk.
#[derive(Debug)]
pub enum Stop<E> {
    /// The decision itself said no.
    Refused(E),
    /// The engine could not do it.
    Trunk(TrunkError),
}

impl<E> Stop<E> {
    /// The decision says no, for this reason.
    pub fn refuse(reason: impl Into<E>) -> Stop<E> {
        Stop::Refused(reason.into())
    }
}

impl<E> From<TrunkError> for Stop<E> {
    fn from(error: TrunkError) -> Self {
        Stop::Trunk(error)
    }
}

impl<E> From<GitError> for Stop<E> {
    fn from(error: GitError) -> Self {
        Stop::Trunk(error.into())
    }
}

/// Whether a transaction ended in a way that leaves a push behind which may land later. An answer that
/// "nothing changed" is not counted as proof here: what it costs to be careful is one question.
pub fn may_still_land<T, E>(result: &Result<T, Stop<E>>) -> bool {
    matches!(result, Err(Stop::Trunk(TrunkError::Unreachable { .. } | TrunkError::Git(_))))
}

/// What the engine can fail with.
#[derive(Debug, thiserror::Error)]
pub enum TrunkError {
    /// git itself, here.
    #[error(transparent)]
    Git(#[from] GitError),
    /// The remote gave no usable answer.
    #[error("{remote} cannot be reached")]
    Unreachable {
        /// Which remote.
        remote: RemoteName,
        /// What git said, without credentials.
        words: String,
        /// Whether something may have changed all the same.
        landing: Landing,
    },
    /// The remote does not know us, or does not let us in.
    #[error("{remote} does not let you in")]
    Denied {
        /// Which remote.
        remote: RemoteName,
        /// What git said, without credentials.
        words: String,
    },
    /// The remote refuses the push for good.
    #[error("{remote} refuses the push to {}: {reason}", branch.short())]
    RemoteRefused {
        /// Which remote.
        remote: RemoteName,
        /// The ref that it refuses: the trunk, or one that was to move with it.
        branch: RefName,
        /// The trunk.
        trunk: RefName,
        /// The reason in git's report.
        reason: String,
        /// The remote's own words, without credentials.
        words: String,
    },
    /// Another ref of the change is not where it must be, while the trunk is.
    #[error("{} on {remote} is not where it must be: {reason}", branch.short())]
    RefTaken {
        /// Which remote.
        remote: RemoteName,
        /// Which ref.
        branch: RefName,
        /// The reason in git's report.
        reason: String,
    },
    /// The trunk has not moved, and still it is elsewhere for a push than for a fetch.
    #[error("{remote} shows pushes another {} than fetches", branch.short())]
    TwoFaced {
        /// Which remote.
        remote: RemoteName,
        /// The trunk.
        branch: RefName,
    },
    /// The remote shows the trunk to fetches alone.
    #[error("{remote} hides {} from pushes", branch.short())]
    Hidden {
        /// Which remote.
        remote: RemoteName,
        /// The trunk.
        branch: RefName,
    },
    /// The remote has no such branch.
    #[error("{remote} has no branch {}", branch.short())]
    NoTrunk {
        /// Which remote.
        remote: RemoteName,
        /// The trunk that is missing.
        branch: RefName,
        /// The branches it has.
        branches: Vec<String>,
    },
    /// The remote has the trunk, but not the branch that ticket branches start from.
    #[error("{remote} has no branch {}, which work is to start from", branch.short())]
    NoBase {
        /// Which remote.
        remote: RemoteName,
        /// The branch that is missing.
        branch: RefName,
    },
    /// There is no remote, and the branch does not exist here.
    #[error("there is no branch {} here", branch.short())]
    NoLocalTrunk {
        /// The trunk that is missing.
        branch: RefName,
    },
    /// A local ref of the change is not where it must be, while the trunk is.
    #[error("{} is not where it must be", branch.short())]
    LocalRefTaken {
        /// Which ref.
        branch: RefName,
    },
    /// The trunk and a branch that it was to take in have changed the same places.
    #[error("the branch and the trunk have changed the same places")]
    Conflicts {
        /// In these files.
        paths: Vec<RepoPath>,
    },
    /// Other people's pushes came first until the deadline passed.
    #[error("other pushes came first {}, until the time was up", count(*attempts, "time", "times"))]
    Contended {
        /// How many pushes were sent.
        attempts: u32,
    },
    /// A lock of tix cannot be had.
    #[error("{}: {}", path.display(), source.as_ref().map_or_else(|| "held by another tix".to_owned(), ToString::to_string))]
    Lock {
        /// Which file.
        path: PathBuf,
        /// What the system said; `None` when somebody else holds it.
        source: Option<std::io::Error>,
    },
}
