//! What the names mean that tickets use for each other.

use std::collections::HashMap;

use super::snapshot::{Entry, Snapshot};
use crate::ticket::{Head, Lane, Status, TicketId};

#[derive(Clone, Debug)]
pub struct Known<'a> {
    pub entry: &'a Entry,
    pub head: Head,
}

/// How exactly a name fits an id; the better one wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    Id,
    /// It is the id without `TICKET-`.
    Short,
    /// It is the id without its sequence, with or without `TICKET-`: a claim may have added one.
    Family,
}

/// All names of all tickets of a snapshot.
///
/// A relation is written once and read for years by people and programs, so that less is guessed here than at the
/// command line: a part of an id names nothing, and case counts.
pub struct Names<'a>(HashMap<&'a str, Vec<(Fit, &'a Entry)>>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meant<'a> {
    One(&'a Entry),
    Several(Vec<&'a Entry>),
    Missing,
}

impl<'a> Names<'a> {
    pub fn of(snapshot: &'a Snapshot) -> Names<'a> {
        let mut names: HashMap<&str, Vec<(Fit, &Entry)>> = HashMap::new();
        for entry in &snapshot.entries {
            let id = entry.id.as_str();
            let family = entry.id.without_sequence();
            let mut add = |name, fit| names.entry(name).or_default().push((fit, entry));
            add(id, Fit::Id);
            if let Some(short) = id.strip_prefix("TICKET-") {
                add(short, Fit::Short);
            }
            if family != id {
                add(family, Fit::Family);
                if let Some(short) = family.strip_prefix("TICKET-") {
                    add(short, Fit::Family);
                }
            }
        }
        Names(names)
    }

    /// The ticket that a name means: an id, an id without `TICKET-` or without its sequence, or the path of a file.
    pub fn find(&self, name: &str) -> Meant<'a> {
        let file = name.trim().rsplit('/').next().unwrap_or_default();
        let known = self.0.get(file.strip_suffix(".md").unwrap_or(file));
        let best = known.and_then(|all| all.iter().map(|(fit, _)| *fit).min());
        let fitting = known.into_iter().flatten().filter(|(fit, _)| Some(*fit) == best);
        let fitting: Vec<&'a Entry> = fitting.map(|(_, entry)| *entry).collect();
        match fitting.as_slice() {
            [] => Meant::Missing,
            [one] => Meant::One(one),
            _ => Meant::Several(fitting),
        }
    }
}

/// What became of a ticket, for those that wait for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Open,
    Done,
    /// It was ended without being done.
    Dropped,
}

/// What became of a ticket. Where it lies counts as much as what it says: work that is approved on its branch is done
/// when it has reached the trunk.
pub fn fate(lane: Lane, head: &Head) -> Fate {
    match lane {
        Lane::Queue | Lane::Active => return Fate::Open,
        Lane::Completed | Lane::Archive => {}
    }
    match head.status_in(lane) {
        Some(Status::Approved) => Fate::Done,
        Some(Status::Closed) => match head.resolution.as_deref() {
            Some(text) if is_done(text) => Fate::Done,
            None if lane == Lane::Completed || head.completed_at.is_some() => Fate::Done,
            Some(_) | None => Fate::Dropped,
        },
        Some(
            Status::Draft
            | Status::Open
            | Status::Queued
            | Status::Claimed
            | Status::InProgress
            | Status::CriticReview
            | Status::ExpediterReview
            | Status::ChangesRequested,
        )
        | None => Fate::Open,
    }
}

/// Whether a resolution says that the work was done.
fn is_done(resolution: &str) -> bool {
    const DONE: [&str; 6] = ["done", "completed", "fixed", "implemented", "merged", "resolved"];
    DONE.iter().any(|word| word.eq_ignore_ascii_case(resolution.trim()))
}

pub(super) fn by_id<'k, 'a>(all: &'k [Known<'a>]) -> HashMap<&'a TicketId, &'k Known<'a>> {
    all.iter().map(|known| (&known.entry.id, known)).collect()
}
