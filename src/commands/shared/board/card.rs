//! A ticket as it is shown, and what is said of a file that cannot be.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use serde::Serialize;

use crate::clock;
use crate::lifecycle::machine::usual_in;
use crate::lifecycle::{Entry, Node, Refusal, Ticket};
use crate::ticket::{Document, Lane, Reading, Status, StatusError, TicketId};

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
        let (known, unknown) = match document.status() {
            Ok(Reading { status, .. }) => (Some(status), None),
            Err(StatusError::Missing) => (Some(usual_in(entry.lane)), None),
            Err(StatusError::Unknown { text, .. }) => (None, Some(text)),
        };
        let since = match entry.lane {
            Lane::Queue => "created",
            Lane::Active => "claimed_at",
            Lane::Archive if document.text("closed_at").is_some() => "closed_at",
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
            since: document.text(since).and_then(|text| moment(&text)),
            known,
        };
        (card, document)
    }

    /// How long ago `since` was, for people.
    pub fn age(&self, now: DateTime<Utc>) -> String {
        self.since.map(|since| clock::age(since, now)).unwrap_or_default()
    }
}

/// A moment as people and tools write it; without a zone it is taken for UTC.
pub fn moment(text: &str) -> Option<DateTime<Utc>> {
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Some(at.to_utc());
    }
    let text = text.replace('T', " ");
    let minute = ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"]
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(&text, format).ok());
    let day = || NaiveDate::parse_from_str(&text, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0);
    minute.or_else(day).map(|at| at.and_utc())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_as_people_write_them() {
        let read = |text| moment(text).map(clock::rfc3339);
        let noon = Some("2025-12-03T12:00:00Z".to_owned());
        for text in [
            "2025-12-03T12:00:00Z",
            "2025-12-03T13:00:00+01:00",
            "2025-12-03 12:00",
            "2025-12-03T12:00",
        ] {
            assert_eq!(read(text), noon, "{text}");
        }
        assert_eq!(read("2025-12-03").as_deref(), Some("2025-12-03T00:00:00Z"));
        assert_eq!(read("last week"), None);
    }
}
