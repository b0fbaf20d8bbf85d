//! Resolves the names by which tickets refer to each other.

use std::collections::HashMap;

use super::snapshot::{Snapshot, TicketEntry};
use crate::ticket::{FrontMatter, Lane, Status, TicketId};

#[derive(Clone, Debug)]
pub struct KnownTicket<'a> {
    pub entry: &'a TicketEntry,
    pub head: FrontMatter,
}

/// How exactly a name matches an id; the better match wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    Id,
    /// The id without `TICKET-`.
    Short,
    /// The id without its sequence, with or without `TICKET-`: a claim may have added the sequence.
    Family,
}

/// All names of all tickets of a snapshot.
///
/// A relation is written once and read for years by people and programs, so this guesses less than the command line: a
/// part of an id names nothing, and case matters.
pub struct TicketIndex<'a>(HashMap<&'a str, Vec<(Fit, &'a TicketEntry)>>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MeantTicket<'a> {
    One(&'a TicketEntry),
    Several(Vec<&'a TicketEntry>),
    Missing,
}

impl<'a> TicketIndex<'a> {
    pub fn of(snapshot: &'a Snapshot) -> TicketIndex<'a> {
        let mut names: HashMap<&str, Vec<(Fit, &TicketEntry)>> = HashMap::new();
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
        TicketIndex(names)
    }

    /// The ticket that a name means: an id, an id without `TICKET-` or without its sequence, or the path of a file.
    pub fn find(&self, name: &str) -> MeantTicket<'a> {
        let file = name.trim().rsplit('/').next().unwrap_or_default();
        let known = self.0.get(file.strip_suffix(".md").unwrap_or(file));
        let best = known.and_then(|all| all.iter().map(|(fit, _)| *fit).min());
        let fitting = known.into_iter().flatten().filter(|(fit, _)| Some(*fit) == best);
        let fitting: Vec<&'a TicketEntry> = fitting.map(|(_, entry)| *entry).collect();
        match fitting.as_slice() {
            [] => MeantTicket::Missing,
            [one] => MeantTicket::One(one),
            _ => MeantTicket::Several(fitting),
        }
    }
}

/// The result of a ticket, for those that wait for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DependencyState {
    Open,
    Done,
    /// It was closed without being done.
    Dropped,
}

/// The result of a ticket. Its lane counts as much as its status: work that is approved on its branch is done only when
/// it has reached the trunk.
pub fn fate(lane: Lane, head: &FrontMatter) -> DependencyState {
    match lane {
        Lane::Queue | Lane::Active => return DependencyState::Open,
        Lane::Completed | Lane::Archive => {}
    }
    match head.status_in(lane) {
        Some(Status::Approved) => DependencyState::Done,
        Some(Status::Closed) => match head.resolution.as_deref() {
            Some(text) if is_done(text) => DependencyState::Done,
            None if lane == Lane::Completed || head.completed_at.is_some() => DependencyState::Done,
            Some(_) | None => DependencyState::Dropped,
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
        | None => DependencyState::Open,
    }
}

/// Whether a resolution means that the work was done.
fn is_done(resolution: &str) -> bool {
    const DONE: [&str; 6] = ["done", "completed", "fixed", "implemented", "merged", "resolved"];
    DONE.iter().any(|word| word.eq_ignore_ascii_case(resolution.trim()))
}

pub(super) fn by_id<'k, 'a>(
    all: &'k [KnownTicket<'a>],
) -> HashMap<&'a TicketId, &'k KnownTicket<'a>> {
    all.iter().map(|known| (&known.entry.id, known)).collect()
}
