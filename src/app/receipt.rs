//! Receipts: what one write operation did, or how far it got.

use serde::Serialize;

use super::context::Context;
use super::follow::with_unpushed;
use super::interrupted::told;
use super::task::TaskJson;
use super::untouched::{UntouchedJson, followers};
use crate::error::Failure;
use crate::lifecycle::Claim;
use crate::names::{Oid, RepoPath};
use crate::ticket::{PullRequest, TicketId};
use crate::trunk::{Diary, Landed, MovedRef};

/// What an operation did.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Receipt {
    schema: &'static str,
    /// The command.
    pub operation: &'static str,
    /// The ticket, or the first of several.
    pub ticket: String,
    /// The ids of all tickets; missing unless there are several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tickets: Vec<String>,
    /// The outcome, in one word.
    pub outcome: &'static str,
    /// The claim that was made, continued or given back; missing if there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claim: Option<ClaimJson>,
    /// For people: where a claim comes from that this clone had not held before.
    #[serde(skip)]
    pub came_from: Option<String>,
    /// The workspace that was made, found or removed; missing if there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workspace: Option<WorkspaceJson>,
    /// What the ticket asks for; missing except in the answer of `tix activate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<TaskJson>,
    /// The worker that was started; missing if there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worker: Option<WorkerJson>,
    /// The branch on which the work of an earlier holder was kept; missing if there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attic: Option<String>,
    /// The pull request of the ticket branch; missing unless the command was to open one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pull_request: Option<PullRequest>,
    /// Where the workspace that was removed is kept for seven days; missing if none was removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trash: Option<String>,
    /// The local branch that was deleted; missing if none was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deleted_here: Option<PushedJson>,
    /// How many commits of the ticket branch were pushed first; missing if none had to be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub work_pushed: Option<u64>,
    /// The next command for the ticket, for a POSIX shell; missing if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// The commits that were made, in full, in their order; empty when nothing had to be done.
    pub commits: Vec<String>,
    /// The paths that these commits changed, read back from them.
    pub paths: Vec<String>,
    /// The refs of the remote, or of this clone where that is the trunk, that moved.
    pub pushed: Vec<PushedJson>,
    /// The remote; missing when the local branch is the trunk.
    pub remote: Option<String>,
    /// The branch of the trunk, without the name of the remote.
    pub trunk: String,
    /// Who: `Name <mail>`, or their `TIX_ACTOR`.
    pub by: String,
    /// The session that it was called in; missing if none was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// When: RFC 3339, UTC.
    pub at: String,
    /// How many pushes to the trunk it took.
    pub attempts: u32,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// What of the checkout that tix ran in was compared before and after; missing if that is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub untouched: Option<UntouchedJson>,
    /// The other worktrees that followed the write: workspaces that it made or brought up to date, and without a remote the checkouts
    /// of the branches that it moved. For writes of `tix serve` alone; missing if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub followed: Vec<String>,
    /// Warnings; may be empty.
    pub warnings: Vec<String>,
}

/// A claim in a receipt.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ClaimJson {
    /// Its unique id.
    pub id: String,
    /// Who: `Name <mail>`, or their `TIX_ACTOR`.
    pub by: String,
    /// When: RFC 3339, UTC.
    pub at: String,
    /// The commit on the trunk that made it.
    pub commit: String,
    /// The branch of the trunk, without the name of the remote.
    pub branch: String,
    /// How many pushes it took.
    pub attempts: u32,
}

/// A workspace in a receipt.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct WorkspaceJson {
    /// The ticket branch.
    pub branch: String,
    /// The worktree; missing with `--no-worktree`.
    pub path: Option<String>,
    /// Where the ticket branch is.
    pub commit: String,
}

/// A worker in a receipt.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct WorkerJson {
    /// `running`, or `done` if it ended while tix waited for it.
    pub state: &'static str,
    /// Its process; missing when it is done.
    pub pid: Option<u32>,
    /// The exit code of one that is done; missing while it runs.
    pub exit: Option<u8>,
    /// The machine.
    pub host: String,
    /// The session that tix has made for it.
    pub session: String,
    /// The program and its arguments, without credentials.
    pub command: Vec<String>,
    /// Where it writes; missing in the foreground.
    pub log: Option<String>,
}

/// A ref that moved.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PushedJson {
    /// Its full name.
    #[serde(rename = "ref")]
    pub name: String,
    /// Where it was; missing when it is new.
    pub old: Option<String>,
    /// Where it is; missing when it is gone.
    pub new: Option<String>,
}

/// A failed operation, as a line of the audit log.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct FailedJson<'a> {
    schema: &'static str,
    /// The command.
    operation: &'static str,
    /// The ticket, or the query while the ticket is not known yet.
    ticket: &'a str,
    /// How far it got, in one word.
    phase: &'static str,
    /// The exit code.
    exit: u8,
    /// Its name.
    name: &'static str,
    /// What was wrong.
    message: &'a str,
    /// The facts, each a name and a value.
    details: Vec<(&'static str, &'a str)>,
    /// The ways out; may be empty.
    hints: &'a [String],
    /// Who: `Name <mail>`, or their `TIX_ACTOR`; missing if git does not know.
    by: Option<String>,
    /// When: RFC 3339, UTC.
    at: String,
    /// The remote; missing when the local branch is the trunk.
    remote: Option<String>,
    /// The trunk.
    trunk: &'a str,
    /// How many pushes to the trunk were sent.
    attempts: u32,
    /// Whether the write stands all the same, as far as is known: it failed after that.
    landed: bool,
    /// The commits that were made for it; they stand only where the write does.
    commits: Vec<String>,
    /// The paths of the last of them.
    paths: Vec<String>,
    /// How long it took, in milliseconds.
    duration_ms: u64,
    /// What of the checkout that tix ran in was compared before and after; missing if that is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    untouched: Option<UntouchedJson>,
}

impl From<&MovedRef> for PushedJson {
    fn from(moved: &MovedRef) -> PushedJson {
        PushedJson {
            name: moved.name.to_string(),
            old: moved.old.as_ref().map(Oid::to_string),
            new: moved.new.as_ref().map(Oid::to_string),
        }
    }
}

impl Receipt {
    pub fn new(ctx: &Context<'_>, operation: &'static str, ticket: &str, by: &str) -> Receipt {
        Receipt {
            schema: "tix/receipt@1",
            operation,
            ticket: ticket.to_owned(),
            tickets: Vec::new(),
            outcome: "",
            claim: None,
            came_from: None,
            workspace: None,
            task: None,
            worker: None,
            attic: None,
            pull_request: None,
            trash: None,
            deleted_here: None,
            work_pushed: None,
            next: None,
            commits: Vec::new(),
            paths: Vec::new(),
            pushed: Vec::new(),
            remote: ctx.remote.as_ref().map(ToString::to_string),
            trunk: ctx.trunk.short().to_owned(),
            by: by.to_owned(),
            // Whatever cannot do without the session has said by now that it cannot be read.
            session: ctx
                .session()
                .ok()
                .flatten()
                .and_then(|session| Some(session.given()?.to_owned())),
            at: crate::clock::rfc3339(ctx.now),
            attempts: 0,
            duration_ms: 0,
            untouched: None,
            followed: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// The receipt of a worker that was started in this receipt's workspace.
    pub fn of_worker(&self) -> Receipt {
        let (commits, paths, pushed) = (Vec::new(), Vec::new(), Vec::new());
        let (operation, outcome) = ("run", "started");
        Receipt { operation, outcome, commits, paths, pushed, attempts: 0, ..self.clone() }
    }

    pub fn add<T>(&mut self, landed: &Landed<T>) {
        self.commits.extend(landed.commits.iter().map(Oid::to_string));
        let later = landed.follow_up.iter().flat_map(|next| &next.paths);
        self.add_paths(landed.paths.iter().chain(later));
        self.pushed.extend(landed.moved.iter().map(PushedJson::from));
        self.attempts += landed.attempts;
        self.warnings.extend(landed.warnings.iter().cloned());
    }

    pub fn add_commit(&mut self, commit: &Oid, paths: &[RepoPath]) {
        self.commits.push(commit.to_string());
        self.add_paths(paths.iter());
    }

    fn add_paths<'p>(&mut self, paths: impl Iterator<Item = &'p RepoPath>) {
        for path in paths.map(ToString::to_string) {
            if !self.paths.contains(&path) {
                self.paths.push(path);
            }
        }
    }

    fn note_followers(&mut self, ctx: &Context<'_>) {
        let here = ctx.repo.worktree.as_ref();
        for place in followers(&ctx.repo, &self.commits) {
            match &mut self.untouched {
                Some(found) if Some(&place) == here => found.followed = true,
                Some(_) | None => self.followed.push(place.display().to_string()),
            }
        }
    }

    /// Adds the claim that a commit of the trunk made.
    pub fn set_claim(&mut self, ctx: &Context<'_>, claim: &Claim, commit: &Oid, attempts: u32) {
        self.claim = Some(ClaimJson {
            id: claim.id.clone(),
            by: claim.by.clone(),
            at: claim.at.clone(),
            commit: commit.to_string(),
            branch: ctx.trunk.short().to_owned(),
            attempts,
        });
    }
}

/// Records the outcome of an operation, and passes it on.
///
/// Failures are recorded too, with the phase in which they ended and everything pushed until then.
pub fn record(
    ctx: &Context<'_>,
    operation: &'static str,
    query: &str,
    diary: &Diary,
    result: Result<Receipt, Failure>,
) -> Result<Receipt, Failure> {
    let duration_ms = u64::try_from(ctx.started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let untouched = ctx.checkout.compare(&ctx.repo, &ctx.objects);
    match told(operation, diary, result) {
        Ok(receipt) => {
            let mut receipt = Receipt { duration_ms, untouched, ..receipt };
            let has_changed = receipt.untouched.as_ref().is_some_and(UntouchedJson::has_changed);
            if has_changed || ctx.checkout.is_thorough() {
                receipt.note_followers(ctx);
            }
            match serde_json::to_value(&receipt) {
                Ok(line) => ctx.audit().append(&line),
                Err(error) => tracing::warn!(%error, "receipt"),
            }
            Ok(receipt)
        }
        // It is begun anew, and that is written down.
        Err(failure) if failure.outdated => Err(failure),
        Err(failure) => {
            let failure = match &diary.ticket {
                Some(id) => with_unpushed(ctx, id, failure),
                None => failure,
            };
            let line = FailedJson {
                schema: "tix/failure@1",
                operation,
                ticket: diary.ticket.as_ref().map_or(query, TicketId::as_str),
                phase: diary.phase,
                exit: failure.exit.code(),
                name: failure.exit.name(),
                message: &failure.message,
                details: failure.facts.iter().map(|(name, fact)| (*name, fact.as_str())).collect(),
                hints: &failure.hints,
                by: ctx.actor().ok(),
                at: crate::clock::rfc3339(ctx.now),
                remote: ctx.remote.as_ref().map(ToString::to_string),
                trunk: ctx.trunk.short(),
                attempts: diary.attempts,
                landed: diary.landed,
                commits: diary.commits.iter().map(ToString::to_string).collect(),
                paths: diary.paths.iter().map(ToString::to_string).collect(),
                duration_ms,
                untouched,
            };
            match serde_json::to_value(&line) {
                Ok(line) => ctx.audit().append(&line),
                Err(error) => tracing::warn!(%error, "failure"),
            }
            Err(failure)
        }
    }
}
