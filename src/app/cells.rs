//! Cells that several tables have: complete for programs, short for people.

use chrono::{DateTime, Utc};

use crate::out::table::{Cell, Meaning};
use crate::text::duration;
use crate::ticket::{Lane, Status, TicketRow, name_of};

/// The prefix of every id, which tells people nothing.
const PREFIX: &str = "TICKET-";

/// Ids, without their prefix for people.
pub fn ids<T: AsRef<str>>(ids: &[T]) -> Cell {
    let listed = |shown: fn(&str) -> &str| -> String {
        ids.iter().map(|id| shown(id.as_ref())).collect::<Vec<_>>().join(",")
    };
    Cell::new(listed(|id| id)).short(&listed(|id| id.strip_prefix(PREFIX).unwrap_or(id)))
}

/// An id, without its prefix for people.
pub fn id(id: &str) -> Cell {
    ids(&[id])
}

/// A person, without the address for people.
pub fn person(person: Option<&str>) -> Cell {
    let person = person.unwrap_or_default();
    Cell::new(person).short(name_of(person))
}

/// A moment: in UTC for programs, as an age for people.
pub fn moment(at: Option<&str>, now: DateTime<Utc>) -> Cell {
    let cell = Cell::new(at.unwrap_or_default()).meaning(Meaning::Quiet);
    match at.and_then(|at| DateTime::parse_from_rfc3339(at).ok()) {
        Some(at) => cell.short(&format!("{} ago", duration::age(at.to_utc(), now))),
        None => cell,
    }
}

/// The status of a ticket, and whether it is blocked.
pub fn status(row: &TicketRow) -> Cell {
    let words = row.status_words();
    if row.blocked.is_some() {
        return Cell::new(format!("{words} (blocked)")).meaning(Meaning::Bad);
    }
    Cell::new(words).meaning(meaning(row))
}

fn meaning(row: &TicketRow) -> Meaning {
    match (row.known, row.lane) {
        (None, _) => Meaning::Bad,
        (Some(Status::CriticReview | Status::ExpediterReview | Status::ChangesRequested), _) => {
            Meaning::Waiting
        }
        (Some(Status::Claimed | Status::InProgress), _) => Meaning::Busy,
        // Complete on its branch: somebody has to merge it.
        (Some(Status::Approved), Lane::Active) => Meaning::Waiting,
        (Some(Status::Approved), _) => Meaning::Good,
        (Some(Status::Draft | Status::Closed), _) => Meaning::Quiet,
        (Some(Status::Open | Status::Queued), _) => Meaning::Plain,
    }
}
