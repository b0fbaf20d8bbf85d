//! The attempts of a transaction: what was pushed, and why it came to nothing.

use super::backoff::Backoff;
use super::judge::RefusedRef;
use super::patience::Patience;
use super::{Built, Outcome, Trunk, View};
use crate::git::{Atomic, GitError, PushProgress, PushReport, RefUpdate};
use crate::lifecycle::{Change, CommitReach};
use crate::names::{Oid, RefName};

/// What a transaction knows from one attempt to the next.
pub(super) struct Course<T> {
    /// Nothing was fetched yet.
    pub(super) untried: bool,
    pub(super) sent: Vec<Sent<T>>,
    /// The attempt that the next fetch is to explain.
    pub(super) last: Option<FailedAttempt>,
    /// What git said of the last push, where its connection broke and nobody else's came first.
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

/// What a look at the remote came to.
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
    /// The refs that the push moved, by its report.
    pub(super) moved: Vec<RefName>,
    /// Ticket branches that are moved for the moment of the push only.
    pub(super) guards: Vec<RefName>,
    /// Whether the report is the truth.
    pub(super) believed: bool,
}

/// What others can have moved between two looks.
#[derive(PartialEq, Eq)]
pub(super) struct SeenRefs {
    pub(super) trunk: Option<Oid>,
    /// The branch that is watched.
    pub(super) watched: Option<Oid>,
    /// The claims that are on their branches alone.
    pub(super) claims: Vec<Oid>,
}

impl<T> Sent<T> {
    /// Whether it is a claim that leaves the trunk where it is.
    pub(super) fn is_alone(&self) -> bool {
        self.change.reach == CommitReach::Refs
    }

    /// The same failure by the name of the branch, where that is the lock: what a look showed of it is no reason to look again.
    pub(super) fn named(&self, failure: AttemptFailure, view: &View<'_>) -> AttemptFailure {
        match (&failure, self.built.refs.last()) {
            (AttemptFailure::Behind(_), Some(lock)) if self.is_alone() && view.is_fetched() => {
                AttemptFailure::Taken { name: lock.name().clone(), reason: "stale info".to_owned() }
            }
            _ => failure,
        }
    }

    /// The attempt, when it came to nothing.
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

/// What is known of a push that gave no answer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum PushState {
    /// It is known that nothing was sent.
    Unsent,
    /// Its connection ended: the server has done with it whatever it will do.
    Ended,
    /// It was cut off: it may be on its way still, and land later.
    Open,
}

/// Why the last attempt failed, to be explained by what the next fetch shows.
pub(super) enum AttemptFailure {
    /// The trunk was expected here.
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

/// An attempt that failed, until the next fetch explains it.
pub(super) struct FailedAttempt {
    pub(super) failure: AttemptFailure,
    /// What git and the server said.
    pub(super) words: String,
    /// What the attempt was decided on.
    pub(super) seen: SeenRefs,
    /// The refs that were to move with the trunk.
    pub(super) refs: Vec<RefUpdate>,
    /// How many went along.
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

    /// Whether a ref was in the way that this run wanted itself.
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
        // That the branch is not there proves nothing: nothing else that happens would keep it from landing.
        Ok(report) if report.refs.is_empty() && reach == CommitReach::Refs => PushState::Open,
        Ok(_) | Err(_) => PushState::Ended,
    }
}
