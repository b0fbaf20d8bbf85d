//! What the pages are made of: tix's own answers in JSON, as far as a page shows them. Their fields are described by the schemas of
//! these answers.

use serde::Deserialize;

use crate::ticket::NamedPull;

/// `tix/list@1`, `tix/board@1`: the trunk and where it is.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct BoardValues {
    #[serde(default)]
    pub fetched_at: Option<String>,
    pub tickets: Vec<TicketValues>,
    #[serde(default)]
    pub damaged: Vec<DamageValues>,
}

/// A file that is no ticket.
#[derive(Clone, Debug, Deserialize)]
pub struct DamageValues {
    pub path: String,
    pub why: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub struct TicketValues {
    pub id: String,
    pub lane: String,
    pub status: String,
    pub blocked: Option<String>,
    pub holder: Option<String>,
    pub claimed_at: Option<String>,
    pub title: Option<String>,
    pub priority: Option<String>,
    #[serde(default)]
    pub labels: Vec<String>,
    #[serde(default)]
    pub depends_on: Vec<String>,
    #[serde(default)]
    pub blocks: Vec<String>,
    pub parent_ticket: Option<String>,
    pub created: Option<String>,
    pub path: String,
    pub source: String,
    pub pull_request: Option<NamedPull>,
    pub overlay: Option<OverlayValues>,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub struct OverlayValues {
    pub branch: Option<BranchValues>,
    pub workspace: Option<WorkspaceValues>,
    pub worker: Option<WorkerValues>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct BranchValues {
    pub source: String,
    pub ahead: usize,
    pub last_activity: String,
}

#[derive(Clone, Debug, Deserialize)]
pub struct WorkspaceValues {
    pub source: String,
    pub present: bool,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub struct WorkerValues {
    pub state: String,
    /// Whether it works on an earlier claim than the ticket's present one.
    #[serde(default)]
    pub earlier: bool,
    pub pid: Option<u32>,
    pub host: Option<String>,
    pub since: Option<String>,
    pub command: Option<Vec<String>>,
    pub log: Option<String>,
}

/// `tix/status@1`: a ticket, and what can be done with it.
#[derive(Clone, Debug, Deserialize)]
pub struct StatusValues {
    #[serde(flatten)]
    pub ticket: TicketValues,
    pub last_sign: Option<String>,
    #[serde(default)]
    pub stale: bool,
    #[serde(default)]
    pub missing: Vec<String>,
    #[serde(default)]
    pub moves: Vec<Move>,
    /// The files that its branch has changed against the base.
    #[serde(default)]
    pub changed: Vec<ChangedValues>,
}

/// A file that a branch has changed: a letter as git writes it, and a path.
#[derive(Clone, Debug, Deserialize)]
pub struct ChangedValues {
    pub status: String,
    pub path: String,
}

/// A verb, and whether it is open now.
#[derive(Clone, Debug, Deserialize)]
pub struct Move {
    pub command: String,
    pub legal: bool,
    pub by: String,
    pub you: bool,
    pub why: Option<String>,
}

/// `tix/ticket@1`: a ticket with its text.
#[derive(Clone, Debug, Deserialize)]
pub struct TextValues {
    /// The whole file.
    pub text: String,
    /// The object id of the file.
    pub blob: Option<String>,
    #[serde(default)]
    pub parts: Vec<PartValues>,
    /// What its branch and its workspace say.
    pub overlay: Option<OverlayValues>,
}

/// A ticket that is a part of another.
#[derive(Clone, Debug, Deserialize)]
pub struct PartValues {
    pub id: String,
    pub lane: String,
    pub title: Option<String>,
}

/// `tix/log@1`: what happened to a ticket.
#[derive(Clone, Debug, Deserialize)]
pub struct EventValues {
    pub at: String,
    pub operation: String,
    pub by: Option<String>,
    pub commit: Option<String>,
    pub outcome: Option<String>,
}

/// A line of the audit log: `tix/receipt@1` or `tix/failure@1`.
#[derive(Clone, Debug, Deserialize)]
pub struct WriteValues {
    pub at: String,
    pub operation: String,
    pub ticket: String,
    /// Missing when git did not know.
    pub by: Option<String>,
    /// Missing when it failed.
    pub outcome: Option<String>,
    pub remote: Option<String>,
    pub trunk: String,
    #[serde(default)]
    pub commits: Vec<String>,
    #[serde(default)]
    pub paths: Vec<String>,
    #[serde(default)]
    pub pushed: Vec<MovedValues>,
    pub attempts: u32,
    pub duration_ms: u64,
    #[serde(default)]
    pub warnings: Vec<String>,
    /// Of one that failed: the name of its exit code, what it said, and how far it got.
    pub name: Option<String>,
    pub message: Option<String>,
    pub phase: Option<String>,
    #[serde(default)]
    pub details: Vec<(String, String)>,
    /// Whether it stands all the same.
    #[serde(default)]
    pub landed: bool,
    #[serde(default)]
    pub hints: Vec<String>,
    /// The workspace that the write was about.
    pub workspace: Option<WrittenWorkspace>,
    /// Where that is kept, if it was removed.
    pub trash: Option<String>,
    /// The local branch that was deleted.
    pub deleted_here: Option<MovedValues>,
    /// What was compared before and after, where that was done.
    pub untouched: Option<UntouchedValues>,
    /// Other worktrees that followed it.
    #[serde(default)]
    pub followed: Vec<String>,
}

/// The workspace in a receipt.
#[derive(Clone, Debug, Deserialize)]
pub struct WrittenWorkspace {
    pub path: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct MovedValues {
    #[serde(rename = "ref")]
    pub name: String,
    pub old: Option<String>,
    pub new: Option<String>,
}

/// What of the checkout was compared before and after a write.
#[derive(Clone, Debug, Deserialize)]
pub struct UntouchedValues {
    /// Such as `HEAD`, `index`, `stash`, `files`.
    pub compared: Vec<String>,
    /// Those of them that were another afterwards.
    pub changed: Vec<String>,
    /// Those that could not be compared.
    #[serde(default)]
    pub unknown: Vec<String>,
    /// Whether the write moved the branch that was checked out, so that the checkout followed.
    #[serde(default)]
    pub followed: bool,
}

/// `tix/doctor@1`: what is wrong.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct DoctorValues {
    pub findings: Vec<FindingValues>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct FindingValues {
    pub check: String,
    pub severity: String,
    pub ticket: Option<String>,
    pub message: String,
    /// What the safe repair would do; missing where there is none.
    pub plan: Option<String>,
    #[serde(default)]
    pub repairs: Vec<RepairValues>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct RepairValues {
    pub command: String,
    pub why: Option<String>,
}
