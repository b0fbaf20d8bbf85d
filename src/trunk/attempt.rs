//! The attempts of a transaction: what was pushed, and why it failed.

use super::backoff::Backoff;
use super::judge::RefusedRef;
use super::patience::Patience;
use super::{Built, Outcome, Trunk, View};
use crate::git::{Atomic, GitError, PushProgress, PushReport, RefUpdate};
use crate::lifecycle::{Change, CommitReach};
use crate::names::{Oid, RefName};

/// What a transaction remembers from one attempt to the next.
pub(super) struct Course<T> {
    /// Nothing has been fetched yet.
    pub(super) untried: bool,
    pub(super) sent: Vec<Sent<T>>,
    /// The attempt that the next fetch must explain.
    pub(super) last: Option<FailedAttempt>,
    /// What git said of the last push, if its connection broke and nobody else pushed first.
    pub(super) broke: Option<String>,
    pub(super) atomic: Atomic,
    pub(super) patience: Patience,
    pub(super) backoff: Backoff,
}

impl<T> Course<T> {
    pub(super) fn new(trunk: &Trunk<'_>) -> Course<T> {
        Course {
            untried: true,
            sent: Vec::new(),
            last: None,
            broke: None,
            atomic: Atomic::Yes,
            patience: Patience::new(trunk.tries),
            backoff: trunk.backoff(),
        }
    }
}

/// A change that was decided on a view, and what to remember of it.
pub(super) type Decided<'v, T> = (View<'v>, (Change, T));

/// The result of a look at the remote.
#[allow(clippy::large_enum_variant, reason = "it is moved once for each push")]
pub(super) enum Looked<'v, T, A> {
    Decided(Decided<'v, T>),
    Ended(Outcome<T, A>),
    /// The remote gave no answer.
    Failed,
}

/// A push of this run that may be on the trunk.
pub(super) struct Sent<T> {
    pub(super) commit: Oid,
    pub(super) parent: Option<Oid>,
    pub(super) change: Change,
    pub(super) output: T,
    pub(super) built: Built,
    pub(super) fate: PushState,
    /// The refs that the push moved, according to the report.
    pub(super) moved: Vec<RefName>,
    /// Ticket branches that move only for the duration of the push.
    pub(super) guards: Vec<RefName>,
    /// Whether the report can be believed.
    pub(super) believed: bool,
}

/// What others may move between two looks.
#[derive(PartialEq, Eq)]
pub(super) struct SeenRefs {
    pub(super) trunk: Option<Oid>,
    /// The watched branch.
    pub(super) watched: Option<Oid>,
    /// The claims that are only on their branches.
    pub(super) claims: Vec<Oid>,
}

impl<T> Sent<T> {
    /// Whether it is a claim that leaves the trunk unmoved.
    pub(super) fn is_alone(&self) -> bool {
        self.change.reach == CommitReach::Refs
    }

    /// The same failure, naming the branch if that is the lock: what a look has shown of it is no reason to look again.
    pub(super) fn named(&self, failure: AttemptFailure, view: &View<'_>) -> AttemptFailure {
        match (&failure, self.built.refs.last()) {
            (AttemptFailure::Behind(_), Some(lock)) if self.is_alone() && view.is_fetched() => {
                AttemptFailure::Taken { name: lock.name().clone(), reason: "stale info".to_owned() }
            }
            _ => failure,
        }
    }

    pub(super) fn failed(
        &self,
        failure: AttemptFailure,
        words: String,
        seen: SeenRefs,
        others: usize,
    ) -> FailedAttempt {
        FailedAttempt { failure, words, seen, refs: self.built.refs.clone(), others }
    }
}

/// What is known of a push that got no answer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum PushState {
    /// Nothing was sent.
    Unsent,
    /// Its connection ended: the server has done whatever it will do with it.
    Ended,
    /// It was cut off: it may still be under way, and land later.
    Open,
}

/// Why the last attempt failed; the next fetch explains it.
pub(super) enum AttemptFailure {
    /// The trunk was expected at this commit.
    Behind(Option<Oid>),
    Taken {
        name: RefName,
        reason: String,
    },
    Busy(RefusedRef),
    Refused(RefusedRef),
    Strange(RefusedRef),
    Unclear,
}

/// A failed attempt, until the next fetch explains it.
pub(super) struct FailedAttempt {
    pub(super) failure: AttemptFailure,
    /// What git and the server said.
    pub(super) words: String,
    /// The state that the attempt was decided on.
    pub(super) seen: SeenRefs,
    /// The refs that should move with the trunk.
    pub(super) refs: Vec<RefUpdate>,
    /// How many changes of others were in the same push.
    pub(super) others: usize,
}

impl FailedAttempt {
    /// The ref that was in the way.
    pub(super) fn taken(&self) -> Option<&RefName> {
        match &self.failure {
            AttemptFailure::Taken { name, .. } => Some(name),
            AttemptFailure::Behind(_)
            | AttemptFailure::Busy(_)
            | AttemptFailure::Refused(_)
            | AttemptFailure::Strange(_)
            | AttemptFailure::Unclear => None,
        }
    }

    /// Whether the ref in the way was one that this run itself wanted.
    pub(super) fn is_own_ref(&self) -> bool {
        self.taken().is_some_and(|taken| self.refs.iter().any(|update| update.name() == taken))
    }

    pub(super) fn is_unclear(&self) -> bool {
        matches!(self.failure, AttemptFailure::Unclear)
    }
}

/// Whether a push may still land.
pub(super) fn fate_of(report: &Result<PushReport, GitError>, reach: CommitReach) -> PushState {
    match report {
        Ok(PushReport { sent: PushProgress::BeforeRefs, .. }) => PushState::Unsent,
        Err(error) if error.is_cut_off() => PushState::Open,
        // A missing branch proves nothing: nothing else that happens would keep the push from landing.
        Ok(report) if report.refs.is_empty() && reach == CommitReach::Refs => PushState::Open,
        Ok(_) | Err(_) => PushState::Ended,
    }
}
