//! A ticket as lists, boards and JSON show it: its front matter, its place, and what its branch and workspace add.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::head::{FrontMatter, StatusLine};
use super::id::TicketId;
use super::lane::Lane;
use super::moment::moment;
use super::pull::NamedPull;
use super::status::Status;
use crate::text::duration;

/// A ticket, as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct TicketRow {
    /// Its id.
    pub id: TicketId,
    /// The lane of the trunk it is in.
    pub lane: Lane,
    /// Its status as tix spells it, or as written when tix does not know it. Without a status, the usual one of its
    /// lane.
    pub status: String,
    /// Why it is blocked; missing when it is not.
    pub blocked: Option<String>,
    /// Who holds it; missing when nobody does.
    pub holder: Option<String>,
    /// When it was claimed, as written; missing when the ticket does not say.
    pub claimed_at: Option<String>,
    /// The id of the claim; missing when the ticket does not say.
    pub claim_id: Option<String>,
    /// Its title; missing when the ticket does not say.
    pub title: Option<String>,
    /// How urgent it is, as written; missing when the ticket does not say.
    pub priority: Option<String>,
    /// Its labels; may be empty, like every list here.
    pub labels: Vec<String>,
    /// The tickets that must be done first.
    pub depends_on: Vec<String>,
    /// The tickets that cannot be done before it.
    pub blocks: Vec<String>,
    /// The ticket that this one is a part of; missing when there is none.
    pub parent_ticket: Option<String>,
    /// How many of its own parts are done; missing when it has none, and where nobody asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subtasks: Option<SubtaskProgress>,
    /// Related tickets.
    pub related: Vec<String>,
    /// The ticket that it duplicates; missing when there is none.
    pub duplicate_of: Option<String>,
    /// When it was created, as written; missing when the ticket does not say.
    pub created: Option<String>,
    /// Its file on the trunk.
    pub path: String,
    /// The branch that the ticket names; missing when it names none.
    pub branch: Option<String>,
    /// The worktree that the ticket names, on its holder's machine, relative to the main worktree there; missing when it
    /// names none.
    pub worktree: Option<String>,
    /// The pull request that it names; missing when it names none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pull_request: Option<NamedPull>,
    /// What this was read from: the trunk, or the ticket branch if its progress is newer.
    pub source: String,
    /// What the ticket branch and the workspace on this machine add; missing when nobody holds the ticket and no worker runs for
    /// it. Only `tix list` and `tix show` look; missing in every other answer.
    pub overlay: Option<Box<Overlay>>,
    /// Since when it has been in this state: claimed, done, or created.
    #[serde(skip)]
    pub since: Option<DateTime<Utc>>,
    /// Its status, if tix knows it.
    #[serde(skip)]
    pub known: Option<Status>,
    /// The stages of a review that have approved it.
    #[serde(skip)]
    pub approved: Vec<Status>,
}

/// What the ticket branch, the workspace and the worker add to a ticket's file, each with its source.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Overlay {
    /// The ticket branch as last fetched; missing when there is none.
    pub branch: Option<BranchSeen>,
    /// The workspace on this machine; missing when there is none.
    pub workspace: Option<WorkspaceSeen>,
    /// The worker that was started in the workspace; missing when there is none. One that runs on after the ticket was given back
    /// or completed is there too.
    pub worker: Option<WorkerNow>,
}

/// A ticket branch as last fetched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct BranchSeen {
    /// The branch.
    pub source: String,
    /// Its commit.
    pub commit: String,
    /// How many of its commits the trunk does not have.
    pub ahead: usize,
    /// When its last commit was made: RFC 3339, UTC.
    pub last_activity: String,
    /// The same, parsed.
    #[serde(skip)]
    pub at: Option<DateTime<Utc>>,
}

/// A workspace on this machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct WorkspaceSeen {
    /// Where it is, and where this was read from.
    pub source: String,
    /// Whether it has uncommitted changes; missing when it is gone, and unless `tix list --columns dirty` asks: that takes
    /// a `git status` in each workspace.
    pub dirty: Option<bool>,
    /// Whether its directory exists.
    pub present: bool,
}

/// The worker that a ticket has, as far as this machine can tell.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct WorkerNow {
    /// Its record in this clone.
    pub source: String,
    /// `starting`, `live`, `stale` when it ended and tix did not see how (as with every detached one), or `elsewhere`
    /// when it was started on another machine, where this one cannot look.
    pub state: &'static str,
    /// Whether it works on an earlier claim than the one that the ticket has now, if it has any.
    pub earlier: bool,
    /// Its process; missing while it is being started.
    pub pid: Option<u32>,
    /// The machine; missing while it is being started.
    pub host: Option<String>,
    /// When it was started: RFC 3339, UTC; missing while it is being started.
    pub since: Option<String>,
    /// The program and its arguments, without credentials; missing while it is being started.
    pub command: Option<Vec<String>>,
    /// The file it writes to; missing in the foreground, and while it is being started.
    pub log: Option<String>,
}

/// How far the parts of a ticket are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SubtaskProgress {
    /// How many are done.
    pub done: usize,
    /// How many are complete on their branches, and not merged yet.
    pub unmerged: usize,
    /// How many there are, without those that were closed without being done.
    pub total: usize,
}

impl fmt::Display for SubtaskProgress {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} of {} done", self.done, self.total)?;
        if self.unmerged > 0 {
            write!(out, ", {} completed and not merged", self.unmerged)?;
        }
        Ok(())
    }
}

impl TicketRow {
    pub fn new(
        id: TicketId,
        lane: Lane,
        path: String,
        head: FrontMatter,
        source: String,
    ) -> TicketRow {
        let known = head.status_in(lane);
        let status = match (known, head.status) {
            (Some(status), _) => status.as_str().to_owned(),
            (None, StatusLine::Unknown { text, .. }) => text,
            (None, StatusLine::Nothing | StatusLine::Status(_)) => String::new(),
        };
        let since = match lane {
            Lane::Queue => &head.created,
            Lane::Active => &head.claimed_at,
            Lane::Archive if head.closed_at.is_some() => &head.closed_at,
            Lane::Completed | Lane::Archive => &head.completed_at,
        };
        TicketRow {
            since: since.as_deref().and_then(moment),
            id,
            lane,
            status,
            blocked: head.blocked,
            holder: head.claimed_by,
            claimed_at: head.claimed_at,
            claim_id: head.claim_id,
            title: head.title,
            priority: head.priority,
            labels: head.labels,
            depends_on: head.depends_on,
            blocks: head.blocks,
            parent_ticket: head.parent,
            subtasks: None,
            related: head.related,
            duplicate_of: head.duplicate_of,
            created: head.created,
            path,
            branch: head.branch,
            worktree: head.worktree,
            pull_request: head.pull_request.map(NamedPull::unseen),
            source,
            overlay: None,
            known,
            approved: head.approved,
        }
    }

    /// How long ago `since` was, for people.
    pub fn age(&self, now: DateTime<Utc>) -> String {
        self.since.map(|since| duration::age(since, now)).unwrap_or_default()
    }

    /// Its status as people read it. What is active is approved while it waits for its holder to complete it, which is so
    /// when the stage that it is at has approved it, and completed while it waits for a merge. What nobody reviewed was
    /// approved by nobody.
    pub fn status_words(&self) -> &str {
        match self.known {
            Some(Status::Approved) if self.lane == Lane::Active => "completed",
            known => known.map_or(&self.status, |status| status.words(&self.approved)),
        }
    }

    pub fn holder_name(&self) -> Option<&str> {
        self.holder.as_deref().map(name_of)
    }
}

/// The name in `Name <mail>`: boards and pages are shown to people who need not know the address.
pub fn name_of(person: &str) -> &str {
    let name = person.split('<').next().unwrap_or_default().trim();
    if name.is_empty() { person } else { name }
}

impl WorkerNow {
    /// In words, with its times as `shown` writes them.
    pub fn words(&self, shown: impl Fn(&str) -> String) -> String {
        let (Some(pid), Some(host), Some(since)) = (self.pid, &self.host, &self.since) else {
            return self.state.to_owned();
        };
        let what = match self.state {
            "stale" => format!("stale: process {pid} has ended"),
            "elsewhere" => format!("elsewhere: process {pid} on {host}"),
            state => format!("{state}: process {pid}"),
        };
        let of = if self.earlier { ", on an earlier claim" } else { "" };
        format!("{what}, started {}{of}", shown(since))
    }

    /// The same in a cell.
    pub fn brief(&self) -> String {
        if self.earlier { format!("{}, earlier claim", self.state) } else { self.state.to_owned() }
    }
}
