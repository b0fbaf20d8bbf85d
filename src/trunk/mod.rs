//! The transaction engine: the one place that writes to the trunk.
//!
//! A write is a pure decision, passed to [`Trunk::transact`]. The engine fetches, builds the snapshot, asks for the
//! decision, commits its change without any checkout, pushes, and judges the answer. If somebody else's push came
//! first, it does all of this again on the new trunk.
//!
//! Invariants, all kept here and nowhere else:
//! - It reports success only when our own push moved the ref, or when a commit that this run pushed is on the trunk.
//!   "Everything up to date" is never a success.
//! - It reports "nothing changed" only when no push was sent, or a fetch proved that none landed.
//! - An answer without a push, or a refusal, is always about a view that this transaction fetched, never about what was
//!   last seen: "already", "held" and "nothing to do" must be true when they are said.
//! - No decision uses settings that the fetched commit does not have: see [`Basis`].
//! - It does not touch the user's checkout, index, HEAD, stash and branches.

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

pub use cause::{LocalCause, remote_has_no_room};
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
    /// Another branch to fetch as well: ticket branches start from it when the trunk holds only tickets.
    pub base: Option<RefName>,
    /// What the decisions depend on but do not decide: if it has changed, nothing is decided.
    pub basis: Option<Basis>,
    /// A branch whose position on the remote is fetched as well, over the same connection.
    pub watch: Option<RefName>,
    /// The branch whose fetches are recorded: the trunk, even where this engine writes to another branch.
    pub stamp: RefName,
    /// The ticket branches, if creating one is the lock; `None` if the push of the trunk is.
    pub branches: Option<TicketBranches>,
    /// The directory that holds the lanes.
    pub tickets_dir: RepoPath,
    /// Whether messages ask continuous integration to skip the commit.
    pub ci: Ci,
    /// How often to try after a failure that nobody else's progress explains.
    pub tries: u32,
    pub deadline: Deadline,
    /// The directory for files that the processes of this machine share.
    pub runtime_dir: std::path::PathBuf,
    /// Lets other runs of this clone push for this one, and this one for others.
    pub grouped: Option<&'a dyn Grouped>,
    /// Is told what the engine is waiting for.
    pub progress: &'a dyn Fn(TrunkStep),
}

/// The version of a file with which a transaction began: the team's shared settings.
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
    /// The message stays as it is.
    Run,
    /// The subject gets `[skip ci]`.
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
    /// What the decision returned besides the change.
    pub output: T,
    pub commit: Oid,
    /// Its parent: the trunk it was decided on. `None` for the first commit of a trunk.
    pub parent: Option<Oid>,
    /// The paths that the commit changes, read back from it.
    pub paths: Vec<RepoPath>,
    /// All commits that were made, in their order: with merges of it into the trunk and into a ticket branch.
    pub commits: Vec<Oid>,
    /// The commit on top of it, if there is one.
    pub follow_up: Option<BuiltFollowUp>,
    pub moved: Vec<MovedRef>,
    /// The refs that should have moved with the trunk but that the remote left where they were.
    pub left: Vec<RefName>,
    /// How many pushes it took.
    pub attempts: u32,
    pub warnings: Vec<String>,
    /// A claim to publish on the trunk, if it is only on its branch.
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
            commits: self.commits,
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
    /// The old commit; `None` when it is new.
    pub old: Option<Oid>,
    /// The new commit; `None` when it was deleted.
    pub new: Option<Oid>,
}

/// The outcome of a transaction.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "there is one for each transaction")]
pub enum Outcome<T, A> {
    /// The change of the last decision is on the trunk.
    Landed(Landed<T>),
    /// The last decision pushes nothing. It was made on a view that this transaction fetched, so the answer is true of
    /// the present trunk.
    Answered(A),
}

impl<T> Outcome<T, Infallible> {
    /// The landed change, for callers whose every decision is a push or a refusal.
    pub fn landed(self) -> Landed<T> {
        match self {
            Outcome::Landed(landed) => landed,
            Outcome::Answered(never) => match never {},
        }
    }
}

/// Makes the decision, again for each view of the trunk.
type Decide<'d, T, A, E> = &'d mut dyn FnMut(&View<'_>) -> Result<Decision<T, A>, Stop<E>>;

/// What a transaction did before it ended, successfully or not: for the audit log.
#[derive(Clone, Debug, Default)]
pub struct Diary {
    /// What is being done, in one word.
    pub phase: &'static str,
    /// The ticket that it is about, once that is known.
    pub ticket: Option<TicketId>,
    /// Pushes sent (or local transactions tried).
    pub attempts: u32,
    /// Whether a change is on the trunk, or on the branch that it was for.
    pub landed: bool,
    pub commits: Vec<Oid>,
    /// The paths of the last of them.
    pub paths: Vec<RepoPath>,
}

impl Trunk<'_> {
    /// The same engine for another branch, which moves by the same rules; the trunk is then only fetched as well, and
    /// [`View::base`] says where it is.
    #[must_use]
    pub fn writing_to(mut self, branch: RefName) -> Self {
        self.base = Some(std::mem::replace(&mut self.branch, branch));
        self.watch = None;
        // Continuous integration should run for this branch, unlike for commits that move tickets on the trunk.
        self.ci = Ci::Run;
        self
    }

    /// The same engine, which also fetches where this branch is on the remote; see [`View::watched`].
    #[must_use]
    pub fn watching(mut self, branch: RefName) -> Self {
        self.watch = Some(branch);
        self
    }

    /// Pushes the change that `decide` wants on the newest trunk, or passes on its answer.
    ///
    /// Each attempt calls `decide` again with a new view.
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

    /// The present trunk: fetched when there is a remote.
    pub fn fetch_view(&self) -> Result<View<'_>, TrunkError> {
        let view = match &self.remote {
            Some(remote) => self.fetch(remote)?,
            None => self.local_view()?,
        };
        self.require_basis(&view)?;
        Ok(view)
    }

    /// Builds the commit of a change on any commit of a view, for a branch that is not the trunk.
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

    /// Takes this repository's lock of that name, waiting until the deadline.
    fn lock(&self, name: &str, limit: Duration) -> Result<crate::lock::Lock, TrunkError> {
        let path = self.repo.tix_dir().join("locks").join(format!("{name}.lock"));
        let failed = |source| TrunkError::Lock { path: path.clone(), source: Some(source) };
        let deadline = self.deadline.at().min(Instant::now() + limit);
        let lock = crate::lock::Lock::take(&path, deadline).map_err(failed)?;
        lock.ok_or_else(|| TrunkError::Lock { path: path.clone(), source: None })
    }
}
