//! The facts for the checks, as values.

use std::path::PathBuf;

use chrono::{DateTime, TimeDelta, Utc};

use crate::lifecycle::{Approval, Awaited, OddFile, RelationOrder, TicketEntry};
use crate::names::{Oid, RefName};
use crate::ticket::{FrontMatter, Relation, Status, TicketId};

#[derive(Clone, Debug, Default)]
pub struct RepoFacts {
    /// The trunk's name for git: `origin/main`.
    pub trunk: String,
    /// Every ticket file on the trunk.
    pub tickets: Vec<TicketFacts>,
    /// Files in lanes whose names are not ids.
    pub odd: Vec<OddFile>,
    /// The names that tickets wait for but that mean no ticket, or several.
    pub missing: Vec<(TicketId, Relation, String)>,
    /// The circles in which tickets wait for each other, or are parts or duplicates of each other.
    pub cycles: Vec<Circle>,
    /// The ticket branches of the active tickets.
    pub branches: Vec<BranchFacts>,
    /// What this clone has for tickets, active or not.
    pub workspaces: Vec<WorkspaceFacts>,
    /// The local trunk, if there is one beside the remote's.
    pub local_trunk: Option<LocalTrunk>,
    /// Commits of the trunk that change more than tickets.
    pub code: TrunkCode,
    /// The hooks of this clone, if they do not all run the guard.
    pub hooks: Option<HooksFacts>,
    /// The agents that have our hooks in their settings and do not run them, each with the reason.
    pub idle_agents: Vec<String>,
    /// What killed runs left behind.
    pub leftovers: Vec<RunLeftover>,
    /// The settings that this tix does not understand, each with its place.
    pub not_understood: Vec<String>,
    /// The address that pushes go to, if it differs from that of fetches.
    pub pushes_elsewhere: Option<PushTarget>,
    /// The default branch of the remote, if this clone uses another one.
    pub default_moved: Option<DefaultMove>,
    /// Why the remote could not be asked.
    pub unseen: Option<String>,
    /// The claims of active tickets that this clone answers for.
    pub own_claims: Vec<String>,
    pub now: DateTime<Utc>,
    /// How long a claim may be quiet.
    pub stale_after: TimeDelta,
}

/// Tickets that follow each other in a circle.
#[derive(Clone, Debug)]
pub struct Circle {
    pub order: RelationOrder,
    /// The tickets, each before the next, and the last before the first.
    pub tickets: Vec<TicketId>,
    /// Why the first comes before the second: the ticket that says so, its relation and the name in it.
    pub first_step: Vec<(TicketId, Relation, String)>,
}

#[derive(Clone, Debug)]
pub struct TicketFacts {
    pub entry: TicketEntry,
    /// Its contents, or the line (if a single line is at fault) and the reason why it cannot be read.
    pub contents: Result<FrontMatter, (Option<usize>, String)>,
}

/// The ticket branch of an active ticket.
#[derive(Clone, Debug)]
pub struct BranchFacts {
    pub id: TicketId,
    pub name: RefName,
    /// Whether it exists; `None` if that could not be found out.
    pub exists: Option<bool>,
    /// Its tip; `None` if it does not exist, or if that commit is not here.
    pub tip: Option<BranchTip>,
    /// Whom the ticket waits for, by its newest copy.
    pub awaited: Awaited,
    /// Its review, if approvals of it are void.
    pub review: Option<ReviewFacts>,
}

/// The review of work that has changed since.
#[derive(Clone, Debug)]
pub struct ReviewFacts {
    pub stage: Status,
    /// The approvals of earlier commits of the branch.
    pub outdated: Vec<Approval>,
}

#[derive(Clone, Debug)]
pub struct BranchTip {
    pub oid: Oid,
    pub at: DateTime<Utc>,
    /// Whether the base contains it.
    pub merged: bool,
    /// Whether it is a claim's own commit, without any work yet.
    pub is_claim: bool,
    /// Whether the ticket's file is the same there as on the trunk.
    pub same_file: bool,
}

#[derive(Clone, Debug)]
pub struct WorkspaceFacts {
    pub id: TicketId,
    pub worktree: Option<WorktreeFacts>,
    /// The claim that tix made it for, if tix made it.
    pub claim_id: Option<String>,
    pub wants_worktree: bool,
    /// Whether the set-up finished.
    pub finished: bool,
    /// Its worker, if that ended and tix did not see how.
    pub ended: Option<WorkerFacts>,
}

#[derive(Clone, Debug)]
pub struct WorkerFacts {
    pub claim_id: String,
    pub pid: u32,
    pub since: String,
    pub command: String,
    /// Its log; `None` in the foreground.
    pub log: Option<PathBuf>,
}

#[derive(Clone, Debug)]
pub struct WorktreeFacts {
    pub path: PathBuf,
    pub place: WorkspacePlace,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorkspacePlace {
    Worktree,
    /// A worktree that looks for its repository at a place where it no longer is.
    Unlinked,
    Nothing,
    Other,
}

/// A remote with different addresses for fetches and pushes.
#[derive(Clone, Debug)]
pub struct PushTarget {
    pub remote: String,
    pub fetch: String,
    pub push: String,
    /// What to do, and the words of the command that does it.
    pub way_out: (&'static str, Vec<String>),
}

/// A default branch that this clone does not know yet.
#[derive(Clone, Debug)]
pub struct DefaultMove {
    pub remote: String,
    /// The one that this clone uses.
    pub here: String,
    pub there: String,
}

/// The local trunk beside that of the remote.
#[derive(Clone, Debug)]
pub struct LocalTrunk {
    pub name: String,
    /// How many commits only it has.
    pub ahead: u64,
    /// How many commits it lacks.
    pub behind: u64,
}

/// Commits that change more than tickets, newest first.
#[derive(Clone, Debug, Default)]
pub struct TrunkCode {
    /// Those that only the local trunk has.
    pub here: Vec<CodeCommit>,
    /// Those that were recently the tip of the remote's trunk.
    pub published: Vec<CodeCommit>,
}

/// A commit that changes more than tickets.
#[derive(Clone, Debug)]
pub struct CodeCommit {
    pub oid: Oid,
    /// The first line of its message.
    pub subject: String,
    /// One of its files that is not a ticket.
    pub file: String,
}

/// Hooks that do not run the guard.
#[derive(Clone, Debug)]
pub struct HooksFacts {
    pub installed: HookHealth,
    pub directory: PathBuf,
    /// The state of each that does not run it here.
    pub lacking: Vec<String>,
    /// The command that gives this worktree what it lacks.
    pub copy: Option<Vec<String>>,
    /// The other worktrees in which some hooks do not run it.
    pub worktrees: Vec<UnguardedFacts>,
}

/// A worktree in which hooks do not run the guard.
#[derive(Clone, Debug)]
pub struct UnguardedFacts {
    pub path: PathBuf,
    /// The state of each hook there.
    pub lacking: String,
    /// The command that gives it what it lacks.
    pub copy: Option<Vec<String>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HookHealth {
    Never,
    /// It is installed, but does not work as it should.
    Broken,
    /// It works, but not for git commands with these variables of this process.
    Shadowed(Vec<&'static str>),
}

/// Something that a killed run left behind.
#[derive(Clone, Debug)]
pub struct RunLeftover {
    pub what: String,
    /// Whether this run has already cleared it.
    pub cleared: bool,
}
