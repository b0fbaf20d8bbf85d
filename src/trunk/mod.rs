//! The transaction engine: the one place that writes to the trunk.
//!
//! A write is a pure decision, handed to [`Trunk::transact`]. The engine fetches, builds the
//! snapshot, asks for the decision, commits its change without any checkout, pushes, and judges the answer. When
//! somebody else's push came first it does all of this again, on what the trunk holds then.
//!
//! Invariants, each kept here and nowhere else:
//! - Success is said only when our own push moved the ref, or when a commit that this run pushed is
//!   found on the trunk. "Everything up to date" is never a success.
//! - "Nothing changed" is said only when no push was sent, or a fetch proved that none landed.
//! - An answer without a push, and a refusal, is one about a view that this transaction fetched, never about what was
//!   last seen: "already", "held" and "nothing to do" are news when they are said.
//! - No decision is made by settings that the fetched commit does not have: see [`Basis`].
//! - The user's checkout, index, HEAD, stash and branches are not touched.

mod ask;
mod attempt;
mod backoff;
mod basis;
mod beside;
mod branches;
mod build;
mod cause;
mod deadline;
mod error;
mod explain;
mod fetch;
mod group;
mod heads;
mod judge;
mod local;
mod orphan;
mod patience;
mod pruned;
mod queue;
mod run;
mod seen;
mod server;
mod stale_locks;
mod unpublished;
mod view;
mod word;

use std::convert::Infallible;
use std::time::{Duration, Instant};

pub use cause::LocalCause;
pub use deadline::{Deadline, DeadlineGrowth};
pub use error::{MayLand, Stop, TrunkError, may_still_land};
pub use group::{AskedChange, Grouped};
pub use judge::speaks_of_permission;
pub use pruned::with_objects;
pub use run::{Run, clear_killed_runs, killed_runs, random_token};
pub use seen::last_fetched;
pub use server::require_one_place;
pub use unpublished::{Publication, TicketBranches, with_claims_seen};
pub use view::{Unloadable, View};

use build::Built;
pub use build::BuiltFollowUp;

use crate::git::{Objects, Repo};
use crate::lifecycle::{Change, Decision};
use crate::names::{Oid, RefName, RemoteName, RepoPath};
use crate::ticket::TicketId;

pub struct Trunk<'a> {
    pub repo: &'a Repo,
    pub objects: &'a Objects,
    /// This run's private refs and scratch directory.
    pub run: &'a Run,
    /// The remote that holds the trunk; `None` when the local branch is the trunk.
    pub remote: Option<RemoteName>,
    pub branch: RefName,
    /// Another branch to fetch along, from which ticket branches start when the trunk holds tickets only.
    pub base: Option<RefName>,
    /// What the decisions rest on, and is no decision of ours: when it has changed, nothing is decided.
    pub basis: Option<Basis>,
    /// A branch whose position on the remote is fetched along, under the same connection.
    pub watch: Option<RefName>,
    /// The branch that a fetch is noted for: the trunk, also where this engine writes to another branch.
    pub stamp: RefName,
    /// The branches of tickets, where making one is the lock; `None` where the push of the trunk is.
    pub branches: Option<TicketBranches>,
    /// The directory that holds the lanes.
    pub tickets_dir: RepoPath,
    /// Whether messages ask continuous integration to skip the commit.
    pub ci: Ci,
    /// How often a failure that nobody else's progress explains is tried.
    pub tries: u32,
    pub deadline: Deadline,
    /// The directory for what processes of this machine share.
    pub runtime_dir: std::path::PathBuf,
    /// What lets others of this clone push for this run, and this run for others.
    pub grouped: Option<&'a dyn Grouped>,
    /// Is told what is being waited for.
    pub progress: &'a dyn Fn(TrunkStep),
}

/// The version of a file with which a transaction was begun: the settings that a team shares.
#[derive(Clone, Debug)]
pub struct Basis {
    /// The branch that holds it.
    pub branch: RefName,
    pub file: &'static str,
    /// `None` when the branch, as last fetched, had none.
    pub blob: Option<Oid>,
}

/// Whether a commit on the trunk may start continuous integration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ci {
    /// Nothing is added to the message.
    Run,
    /// `[skip ci]` is added to the subject.
    Skip,
}

impl Ci {
    fn subject(self, subject: &str) -> String {
        match self {
            Ci::Run => subject.to_owned(),
            Ci::Skip => format!("{subject} [skip ci]"),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrunkStep {
    /// Other processes of this machine.
    Queue,
    Fetch,
    /// The push, with the number of the attempt.
    Push(u32),
    /// The pause before another attempt.
    Pause,
}

/// A change that is on the trunk.
#[derive(Clone, Debug)]
pub struct Landed<T> {
    /// What the decision gave beside the change.
    pub output: T,
    pub commit: Oid,
    /// Its parent: the trunk it was decided on. `None` for the first commit of a trunk.
    pub parent: Option<Oid>,
    /// The paths that the commit changes, read back from it.
    pub paths: Vec<RepoPath>,
    /// The commit on top of it, where there is one.
    pub follow_up: Option<BuiltFollowUp>,
    pub moved: Vec<MovedRef>,
    /// The refs that were to move with the trunk, and that the remote left where they were.
    pub left: Vec<RefName>,
    /// How many pushes it took.
    pub attempts: u32,
    pub warnings: Vec<String>,
    /// What is to be brought up to the trunk, where it stands on its branch alone.
    pub publication: Option<Publication>,
}

impl<T> Landed<T> {
    /// The same with another output.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Landed<U> {
        Landed {
            output: f(self.output),
            commit: self.commit,
            parent: self.parent,
            paths: self.paths,
            follow_up: self.follow_up,
            moved: self.moved,
            left: self.left,
            attempts: self.attempts,
            warnings: self.warnings,
            publication: self.publication,
        }
    }
}

/// The file of this clone's lock for a ticket.
pub fn ticket_lock(repo: &Repo, id: &crate::ticket::TicketId) -> std::path::PathBuf {
    repo.tix_dir().join("locks").join(format!("ticket-{id}.lock"))
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MovedRef {
    pub name: RefName,
    /// Where it was; `None` when it is new.
    pub old: Option<Oid>,
    /// Where it is; `None` when it is gone.
    pub new: Option<Oid>,
}

/// What came of a transaction.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "there is one for each transaction")]
pub enum Outcome<T, A> {
    /// The change of the last decision is on the trunk.
    Landed(Landed<T>),
    /// The last decision pushes nothing. It was made on a view that this transaction fetched, so the answer is true of
    /// the trunk as it is.
    Answered(A),
}

impl<T> Outcome<T, Infallible> {
    /// What landed, where every decision is a push or a refusal.
    pub fn landed(self) -> Landed<T> {
        match self {
            Outcome::Landed(landed) => landed,
            Outcome::Answered(never) => match never {},
        }
    }
}

/// What makes the decision, anew for each view of the trunk.
type Decide<'d, T, A, E> = &'d mut dyn FnMut(&View<'_>) -> Result<Decision<T, A>, Stop<E>>;

/// What a transaction did before it ended, also when it failed: for the audit log.
#[derive(Clone, Debug, Default)]
pub struct Diary {
    /// What is being done, in one word.
    pub phase: &'static str,
    /// The ticket that it is about, as soon as that is known.
    pub ticket: Option<TicketId>,
    /// Pushes sent (or local transactions tried).
    pub attempts: u32,
    /// A change is on the trunk, or on the branch that it was for.
    pub landed: bool,
    pub commits: Vec<Oid>,
    /// The paths of the last of them.
    pub paths: Vec<RepoPath>,
}

impl Trunk<'_> {
    /// The same engine for another branch, which is moved by the same rules; the trunk is what is fetched along then, and
    /// [`View::base`] says where it is.
    #[must_use]
    pub fn writing_to(mut self, branch: RefName) -> Self {
        self.base = Some(std::mem::replace(&mut self.branch, branch));
        self.watch = None;
        // What is pushed here is work for continuous integration, unlike what moves tickets on the trunk.
        self.ci = Ci::Run;
        self
    }

    /// The same engine, which also looks where this branch is on the remote; [`View::watched`] says it.
    #[must_use]
    pub fn watching(mut self, branch: RefName) -> Self {
        self.watch = Some(branch);
        self
    }

    /// Pushes the change that `decide` wants on the newest trunk, or passes its answer on.
    ///
    /// `decide` is called again with a new view for each attempt.
    pub fn transact<T, A, E>(
        &self,
        diary: &mut Diary,
        mut decide: impl FnMut(&View<'_>) -> Result<Decision<T, A>, Stop<E>>,
    ) -> Result<Outcome<T, A>, Stop<E>> {
        match &self.remote {
            Some(remote) => {
                require_one_place(self.repo, remote)?;
                self.transact_remote(remote, diary, &mut decide)
            }
            None => self.transact_local(diary, &mut decide),
        }
    }

    /// The trunk as it is now: fetched when there is a remote.
    pub fn fetch_view(&self) -> Result<View<'_>, TrunkError> {
        let view = match &self.remote {
            Some(remote) => self.fetch(remote)?,
            None => self.local_view()?,
        };
        self.require_basis(&view)?;
        Ok(view)
    }

    /// Builds the commit of a change on any commit that was looked at, for a branch that is not the trunk.
    pub fn commit_on(
        &self,
        view: &View<'_>,
        change: &Change,
    ) -> Result<(Oid, Vec<RepoPath>), TrunkError> {
        let writer = self.run.writer()?;
        let built = pruned::with_objects(self.run, || {
            let built = self.build(view, change, writer)?;
            self.keep(writer, &built.commit)?;
            Ok::<_, TrunkError>(built)
        })?;
        Ok((built.commit, built.paths))
    }

    pub fn view_of(&self, commit: &Oid) -> Result<View<'_>, TrunkError> {
        View::load(self.objects, self.repo.format, Some(commit), &self.tickets_dir)
    }

    /// Takes this repository's own lock of that name, waiting for it until the deadline.
    fn lock(&self, name: &str, limit: Duration) -> Result<crate::lock::Lock, TrunkError> {
        let path = self.repo.tix_dir().join("locks").join(format!("{name}.lock"));
        let failed = |source| TrunkError::Lock { path: path.clone(), source: Some(source) };
        let deadline = self.deadline.at().min(Instant::now() + limit);
        let lock = crate::lock::Lock::take(&path, deadline).map_err(failed)?;
        lock.ok_or_else(|| TrunkError::Lock { path: path.clone(), source: None })
    }
}
