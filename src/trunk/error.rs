//! How a transaction can fail: as data, without remedies.

use std::path::PathBuf;

use crate::git::{GitError, TwoPlaces};
use crate::lifecycle::Refusal;
use crate::names::{Oid, RefName, RemoteName, RepoPath};
use crate::text::count;
use crate::ticket::TicketId;

/// Whether a change that was pushed may be on the trunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MayLand {
    /// No push was sent, or a fetch proved that none landed.
    No,
    /// A push was sent, and its result cannot be known.
    Unknown,
}

/// Why a transaction failed.
#[derive(Debug)]
pub enum Stop<E> {
    /// The decision refuses.
    Refused(E),
    Trunk(TrunkError),
}

impl<E: From<Refusal>> From<Refusal> for Stop<E> {
    fn from(refusal: Refusal) -> Self {
        Stop::Refused(refusal.into())
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

/// Whether a push of a failed transaction may still land later. An answer of "nothing changed" does not count as proof
/// here: being careful costs only one question.
pub fn may_still_land<T, E>(result: &Result<T, Stop<E>>) -> bool {
    matches!(
        result,
        Err(Stop::Trunk(
            TrunkError::Unreachable { .. } | TrunkError::Killed { .. } | TrunkError::Git(_)
        ))
    )
}

/// The errors of the engine.
#[derive(Debug, thiserror::Error)]
pub enum TrunkError {
    #[error(transparent)]
    Git(#[from] GitError),
    /// The remote gave no usable answer.
    #[error("{remote} cannot be reached")]
    Unreachable {
        remote: RemoteName,
        /// What git said, without credentials.
        words: String,
        /// Whether something may still have changed.
        landing: MayLand,
    },
    /// A signal ended git while it pushed a claim.
    #[error("git was killed while it pushed the claim of {ticket} to {remote}")]
    Killed {
        remote: RemoteName,
        ticket: TicketId,
        /// The signal, in words.
        signal: String,
    },
    /// The remote does not know this user, or does not let them in.
    #[error("{remote} does not let you in")]
    Denied {
        remote: RemoteName,
        /// What git said, without credentials.
        words: String,
    },
    /// The remote refuses the push, and will refuse it again.
    #[error("{remote} refuses the push to {}: {reason}", branch.short())]
    RemoteRefused {
        remote: RemoteName,
        /// The refused ref: the trunk, or one that should move with it.
        branch: RefName,
        trunk: RefName,
        /// The reason in git's report.
        reason: String,
        /// The remote's own words, without credentials.
        words: String,
    },
    /// The trunk is where tix expects it, but another ref of the change is not.
    #[error("{} on {remote} is not where tix expects it: {reason}", branch.short())]
    RefTaken {
        remote: RemoteName,
        branch: RefName,
        /// The reason in git's report.
        reason: String,
    },
    /// A ref that the change would create already exists, and is not tix's to move.
    #[error("{remote} already has a branch {}", branch.short())]
    RefExists { remote: RemoteName, branch: RefName },
    /// A branch of the remote leaves no room for one of that name: in git's files a name is a file or a directory.
    #[error("{remote} has a branch {}, so git cannot create {} there", branch.short(), wanted.short())]
    InTheWay { remote: RemoteName, branch: RefName, wanted: RefName },
    /// Nobody would fetch what is pushed.
    #[error("git fetches {remote} from one address and pushes to another")]
    PushesElsewhere { remote: RemoteName, places: TwoPlaces },
    /// The trunk has not moved, but pushes find it elsewhere than fetches.
    #[error("{remote} shows one {} to fetches and another to pushes", branch.short())]
    TwoFaced { remote: RemoteName, branch: RefName },
    /// The remote shows the trunk to fetches only.
    #[error("{remote} hides {} from pushes", branch.short())]
    Hidden { remote: RemoteName, branch: RefName },
    /// The remote has no such branch.
    #[error("{remote} has no branch {}", branch.short())]
    NoTrunk { remote: RemoteName, branch: RefName, branches: Vec<String> },
    /// The remote has the trunk, but not the branch that ticket branches start from.
    #[error("{remote} has no base branch {}", branch.short())]
    NoBase { remote: RemoteName, branch: RefName },
    /// The trunk has other settings than the transaction began with; nothing was decided by them.
    #[error("{file} has changed on {}", remote.as_ref().map_or_else(|| branch.short().to_owned(), |remote| format!("{remote}/{}", branch.short())))]
    Outdated { remote: Option<RemoteName>, branch: RefName, file: &'static str },
    /// There is no remote, and the local branch does not exist.
    #[error("this repository has no branch {}", branch.short())]
    NoLocalTrunk { branch: RefName },
    /// The trunk is where tix expects it, but another local ref of the change is not.
    #[error("{} is not where tix expects it", branch.short())]
    LocalRefTaken { branch: RefName },
    /// The trunk and the branch to be merged changed the same lines or files.
    #[error("the branch conflicts with the trunk")]
    Conflicts { paths: Vec<RepoPath> },
    /// git removed what this run had just written.
    #[error("git removed object {object} while tix was using it, as `git gc --prune=now` does")]
    Pruned { object: Oid },
    /// Other people's pushes came first until the deadline passed.
    #[error("others pushed first {}, until the time ran out", count(*attempts, "time", "times"))]
    Contended {
        /// How many pushes were sent.
        attempts: u32,
    },
    #[error("{}: {}", path.display(), source.as_ref().map_or_else(|| "held by another tix".to_owned(), ToString::to_string))]
    Lock {
        path: PathBuf,
        /// What the system said; `None` when somebody else holds it.
        source: Option<std::io::Error>,
    },
}
