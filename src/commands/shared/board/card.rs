//! A ticket as it is shown, and what is said of a file that cannot be.

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::clock;
use crate::lifecycle::{Entry, Node, Refusal, Ticket};
use crate::ticket::{Document, Lane, Moment, Reading, Status, StatusError, TicketId};

/// A ticket, as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
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
    /// Who holds it.
    pub holder: Option<String>,
    /// Since when, as it is written.
    pub claimed_at: Option<String>,
    /// By which claim.
    pub claim_id: Option<String>,
    /// What it is about.
    pub title: Option<String>,
    /// How urgent it is, as it is written.
    pub priority: Option<String>,
    /// Its labels.
    pub labels: Vec<String>,
    /// The tickets that must be done before.
    pub depends_on: Vec<String>,
    /// Its file on the trunk.
    pub path: String,
    /// The branch that the ticket names.
    pub branch: Option<String>,
    /// The worktree that the ticket names, on its holder's machine.
    pub worktree: Option<String>,
    /// What this was read from: the trunk, or the ticket branch with newer progress.
    pub source: String,
    /// Since when it is what it is: claimed, done, or made.
    #[serde(skip)]
    pub since: Option<DateTime<Utc>>,
    /// Its status, where tix knows it.
    #[serde(skip)]
    pub known: Option<Status>,
}

impl Card {
    /// A ticket with these contents.
    pub fn of(entry: &Entry, document: Document, source: String) -> (Card, Document) {
        let ticket = Ticket { entry, document };
        let held = ticket.held();
        let blocked = ticket.blocked();
        let document = ticket.document;
        let by_lane = || match entry.lane {
            Lane::Queue => Status::Open,
            Lane::Active => Status::InProgress,
            Lane::Completed => Status::Approved,
            Lane::Archive => Status::Closed,
        };
        let (known, unknown) = match document.status() {
            Ok(Reading { status, .. }) => (Some(status), None),
            Err(StatusError::Missing) => (Some(by_lane()), None),
            Err(StatusError::Unknown { text, .. }) => (None, Some(text)),
        };
        let since = match entry.lane {
            Lane::Queue => "created",
            Lane::Active => "claimed_at",
            Lane::Completed | Lane::Archive => "completed_at",
        };
        let card = Card {
            id: entry.id.clone(),
            lane: entry.lane,
            status: known.map_or_else(|| unknown.unwrap_or_default(), |s| s.as_str().to_owned()),
            blocked,
            holder: held.by,
            claimed_at: held.at,
            claim_id: held.claim_id,
            title: document.title(),
            priority: document.text("priority"),
            labels: document.list("labels"),
            depends_on: document.list("depends_on"),
            path: entry.path.to_string(),
            branch: document.text("branch"),
            worktree: document.text("worktree_path"),
            source,
            since: document
                .text(since)
                .and_then(|text| Moment::read(&text))
                .map(|moment| moment.at),
            known,
        };
        (card, document)
    }

    /// How long ago `since` was, for people.
    pub fn age(&self, now: DateTime<Utc>) -> String {
        self.since.map(|since| clock::age(since, now)).unwrap_or_default()
    }
}

/// A file that cannot be shown as a ticket.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Damage {
    /// Where.
    pub path: String,
    /// The line, where it is one line's fault.
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
