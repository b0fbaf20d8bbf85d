//! A ticket as it is shown, and what is said of a file that cannot be.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::Overlay;
use crate::lifecycle::{Entry, Node, Refusal};
use crate::text::duration;
use crate::ticket::{Head, Lane, Said, Status, TicketId, moment};

/// A ticket, as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Card {
    /// Its id.
    pub id: TicketId,
    /// The lane of the trunk it is in.
    pub lane: Lane,
    /// Its status in the spelling of tix, or as it is written when tix does not know it. A ticket that
    /// says nothing is what its lane says.
    pub status: String,
    /// Why it is blocked; null when it is not.
    pub blocked: Option<String>,
    /// Who holds it; null when nobody does.
    pub holder: Option<String>,
    /// When it was claimed, as it is written; null when the ticket does not say.
    pub claimed_at: Option<String>,
    /// The id of the claim; null when the ticket does not say.
    pub claim_id: Option<String>,
    /// What it is about; null when the ticket does not say.
    pub title: Option<String>,
    /// How urgent it is, as it is written; null when the ticket does not say.
    pub priority: Option<String>,
    /// Its labels; may be empty, as every list here.
    pub labels: Vec<String>,
    /// The tickets that must be done before.
    pub depends_on: Vec<String>,
    /// The tickets that cannot be done before.
    pub blocks: Vec<String>,
    /// The ticket that it is a part of; null when there is none.
    pub parent_ticket: Option<String>,
    /// Tickets that have to do with it.
    pub related: Vec<String>,
    /// The ticket that says the same; null when there is none.
    pub duplicate_of: Option<String>,
    /// When it was made, as it is written; null when the ticket does not say.
    pub created: Option<String>,
    /// Its file on the trunk.
    pub path: String,
    /// The branch that the ticket names; null when it names none.
    pub branch: Option<String>,
    /// The worktree that the ticket names, on its holder's machine; null when it names none.
    pub worktree: Option<String>,
    /// What this was read from: the trunk, or the ticket branch with newer progress.
    pub source: String,
    /// What the ticket branch and the workspace on this machine say; null when nobody holds the ticket.
    /// Only `tix list` and `tix show` look; null in every other answer.
    pub overlay: Option<Box<Overlay>>,
    /// Since when it is what it is: claimed, done, or made.
    #[serde(skip)]
    pub since: Option<DateTime<Utc>>,
    /// Its status, where tix knows it.
    #[serde(skip)]
    pub known: Option<Status>,
}

impl Card {
    pub fn of(entry: &Entry, head: Head, source: String) -> Card {
        let known = head.status_in(entry.lane);
        let status = match (known, head.status) {
            (Some(status), _) => status.as_str().to_owned(),
            (None, Said::Unknown { text, .. }) => text,
            (None, Said::Nothing | Said::Status(_)) => String::new(),
        };
        let since = match entry.lane {
            Lane::Queue => &head.created,
            Lane::Active => &head.claimed_at,
            Lane::Archive if head.closed_at.is_some() => &head.closed_at,
            Lane::Completed | Lane::Archive => &head.completed_at,
        };
        Card {
            since: since.as_deref().and_then(moment),
            id: entry.id.clone(),
            lane: entry.lane,
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
            related: head.related,
            duplicate_of: head.duplicate_of,
            created: head.created,
            path: entry.path.to_string(),
            branch: head.branch,
            worktree: head.worktree,
            source,
            overlay: None,
            known,
        }
    }

    /// How long ago `since` was, for people.
    pub fn age(&self, now: DateTime<Utc>) -> String {
        self.since.map(|since| duration::age(since, now)).unwrap_or_default()
    }
}

/// A file that cannot be shown as a ticket.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Damage {
    /// The path of the file on the trunk.
    pub path: String,
    /// The number of the line, from 1; null where it is not one line's fault.
    pub line: Option<usize>,
    /// What is wrong.
    pub why: String,
}

impl std::fmt::Display for Damage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.path, self.why),
            None => write!(f, "{}: {}", self.path, self.why),
        }
    }
}

impl Damage {
    /// Why the file of an entry is no ticket.
    pub fn of(entry: &Entry, refusal: &Refusal) -> Damage {
        let path = entry.path.to_string();
        if let Refusal::Damaged { line, why, .. } = refusal {
            return Damage { path, line: Some(*line), why: why.clone() };
        }
        let what = match entry.node {
            Node::Other(what) => format!("this is {what}, not a ticket file"),
            Node::File => refusal.to_string(),
        };
        Damage { path, line: None, why: what }
    }
}
