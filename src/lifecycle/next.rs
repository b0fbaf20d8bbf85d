//! Which ticket is next, and why the others are not.
//!
//! The order is the same for everybody: the most urgent first, and among equals the oldest. Agents that ask at the same
//! moment all try the same ticket, and this costs nothing: every claim moves the one trunk, so one of two pushes is
//! late whatever it claims. The late one looks at the new trunk and chooses again.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};

use super::relations::{DependencyState, KnownTicket, MeantTicket, TicketIndex, by_id, fate};
use super::snapshot::{Snapshot, TicketEntry};
use super::subtasks::Subtasks;
use crate::names::RepoPath;
use crate::ticket::{Lane, Priority, QueueGate, StatusLine, TicketId, moment};

/// A ticket in the queue, and why it cannot be claimed.
#[derive(Clone, Debug)]
pub struct Prospect<'a> {
    pub known: &'a KnownTicket<'a>,
    /// Empty if it can be claimed.
    pub hindrances: Vec<Hindrance>,
}

/// Why a ticket cannot be next.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Hindrance {
    #[error("blocked: {0}")]
    Blocked(String),
    /// Its status does not allow a claim.
    #[error("its status is `{status}`, not {need}")]
    Status { status: String, need: &'static str },
    /// Its id occurs in several places.
    #[error("its id is on the trunk {0} times")]
    Duplicate(usize),
    /// It depends on an unfinished ticket.
    #[error("it waits for {name}, {why}")]
    Waits {
        /// The name by which this ticket refers to it; its id if it is the one that blocks this ticket.
        name: String,
        why: UnmetDependency,
    },
    /// It is a whole, and its open parts are what there is to do.
    #[error("its subtasks are open: {}", few(.0))]
    Subtasks(Vec<TicketId>),
    /// Something in this clone is in the way of its workspace.
    #[error("{0}")]
    Here(String),
}

/// Why a dependency does not count as done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnmetDependency {
    #[error("which is not on the trunk")]
    Missing,
    #[error("which may be any of {}", list(.0))]
    Ambiguous(Vec<TicketId>),
    #[error("which is in {1}/")]
    Open(TicketId, Lane),
    /// It is completed on its branch.
    #[error("which is completed, not merged yet")]
    Unmerged,
    /// It was closed without being done.
    #[error("which was closed without being done")]
    Dropped,
}

/// The first of them, and how many more there are.
fn few(ids: &[TicketId]) -> String {
    match ids.get(..3).filter(|_| ids.len() > 4) {
        Some(first) => format!("{} and {} more", list(first), ids.len() - first.len()),
        None => list(ids),
    }
}

fn list(ids: &[TicketId]) -> String {
    ids.iter().map(TicketId::as_str).collect::<Vec<_>>().join(", ")
}

impl Hindrance {
    /// Its kind, in one word.
    pub fn kind(&self) -> &'static str {
        match self {
            Hindrance::Blocked(_) => "blocked",
            Hindrance::Status { .. } => "status",
            Hindrance::Duplicate(_) => "duplicate",
            Hindrance::Waits { .. } => "dependency",
            Hindrance::Subtasks(_) => "subtasks",
            Hindrance::Here(_) => "here",
        }
    }
}

/// The finished tickets whose front matter is needed to judge the queue.
pub fn needed<'a>(all: &[KnownTicket<'a>], snapshot: &'a Snapshot) -> Vec<&'a TicketEntry> {
    let mut wanted = all.iter().flat_map(|known| &known.head.depends_on).peekable();
    if wanted.peek().is_none() {
        return Vec::new();
    }
    let names = TicketIndex::of(snapshot);
    let ended = |entry: &&TicketEntry| matches!(entry.lane, Lane::Completed | Lane::Archive);
    let mut seen = BTreeSet::new();
    wanted
        .filter_map(|name| match names.find(name) {
            MeantTicket::One(entry) => Some(entry).filter(ended),
            MeantTicket::Several(_) | MeantTicket::Missing => None,
        })
        .filter(|entry| seen.insert(&entry.path))
        .collect()
}

/// Judges the tickets of the queue: first those that can be claimed, best first; then the others in the same order.
///
/// `all` holds the front matter of everything in the queue and in active, and of the tickets from [`needed`].
pub fn judge<'a>(
    all: &'a [KnownTicket<'a>],
    snapshot: &'a Snapshot,
    gate: QueueGate,
) -> Vec<Prospect<'a>> {
    let related = all.iter().any(|k| !k.head.depends_on.is_empty() || !k.head.blocks.is_empty());
    let dependencies = if related { Some(Dependencies::of(all, snapshot)) } else { None };
    let places = repeated(snapshot);
    let subtasks = Subtasks::of(all, snapshot);
    let queued = all.iter().filter(|known| known.entry.lane == Lane::Queue);
    let mut verdicts: Vec<Prospect<'a>> = queued
        .map(|known| {
            let mut hindrances = own(known, gate);
            hindrances
                .extend(places.get(&known.entry.id).map(|count| Hindrance::Duplicate(*count)));
            hindrances.extend(dependencies.iter().flat_map(|d| d.unmet(known)));
            let open: Vec<TicketId> = subtasks.open(&known.entry.id).cloned().collect();
            hindrances.extend((!open.is_empty()).then_some(Hindrance::Subtasks(open)));
            Prospect { known, hindrances }
        })
        .collect();
    verdicts.sort_by_cached_key(|v| (!v.hindrances.is_empty(), rank(v.known)));
    verdicts
}

/// What a ticket waits for: unfinished tickets that it depends on or that block it.
///
/// `all` holds its front matter, that of the tickets that block others, and of those from [`needed`] for it.
pub fn waits<'a>(
    known: &KnownTicket<'a>,
    all: &'a [KnownTicket<'a>],
    snapshot: &'a Snapshot,
) -> Vec<Hindrance> {
    Dependencies::of(all, snapshot).unmet(known)
}

/// The ids that occur in several places, each with the number of places. A sort finds the lanes in order already, and
/// costs less than a map of 20,000.
fn repeated(snapshot: &Snapshot) -> BTreeMap<&TicketId, usize> {
    let mut ids: Vec<&TicketId> = snapshot.entries.iter().map(|entry| &entry.id).collect();
    ids.sort();
    let same = ids.chunk_by(|a, b| a == b).filter(|same| same.len() > 1);
    same.filter_map(|same| Some((*same.first()?, same.len()))).collect()
}

/// What in the ticket itself prevents a claim.
fn own(known: &KnownTicket<'_>, gate: QueueGate) -> Vec<Hindrance> {
    let mut found: Vec<Hindrance> =
        known.head.blocked.iter().map(|why| Hindrance::Blocked(why.clone())).collect();
    let need = match gate {
        QueueGate::Open => "open or queued",
        QueueGate::RequireQueued => "queued",
    };
    match known.head.status_in(Lane::Queue) {
        Some(status) if status.is_claimable(gate) => {}
        Some(status) => {
            found.push(Hindrance::Status { status: status.words(&[]).to_owned(), need });
        }
        None => {
            let status = match &known.head.status {
                StatusLine::Unknown { text, .. } => text.clone(),
                StatusLine::Nothing | StatusLine::Status(_) => String::new(),
            };
            found.push(Hindrance::Status { status, need });
        }
    }
    found
}

struct Dependencies<'a> {
    names: TicketIndex<'a>,
    heads: HashMap<&'a TicketId, &'a KnownTicket<'a>>,
    /// For each ticket, those that say that they block it.
    blockers: HashMap<&'a TicketId, Vec<&'a TicketId>>,
}

impl<'a> Dependencies<'a> {
    fn of(all: &'a [KnownTicket<'a>], snapshot: &'a Snapshot) -> Dependencies<'a> {
        let names = TicketIndex::of(snapshot);
        let mut blockers: HashMap<&TicketId, Vec<&TicketId>> = HashMap::new();
        for known in all.iter().filter(|k| fate(k.entry.lane, &k.head) == DependencyState::Open) {
            for name in &known.head.blocks {
                if let MeantTicket::One(entry) = names.find(name) {
                    blockers.entry(&entry.id).or_default().push(&known.entry.id);
                }
            }
        }
        Dependencies { names, heads: by_id(all), blockers }
    }

    fn unmet(&self, known: &KnownTicket<'a>) -> Vec<Hindrance> {
        let depends_on = &known.head.depends_on;
        let named = depends_on.iter().filter_map(|name| {
            let why = self.why(name)?;
            Some(Hindrance::Waits { name: name.clone(), why })
        });
        let named_too = |id: &TicketId| {
            let is_it =
                |name: &String| matches!(self.names.find(name), MeantTicket::One(e) if e.id == *id);
            depends_on.iter().any(is_it)
        };
        let blockers = self.blockers.get(&known.entry.id).into_iter().flatten();
        let others = blockers.filter(|id| !named_too(id)).filter_map(|id| {
            let why = UnmetDependency::Open((*id).clone(), self.heads.get(id)?.entry.lane);
            Some(Hindrance::Waits { name: id.to_string(), why })
        });
        named.chain(others).collect()
    }

    fn why(&self, name: &str) -> Option<UnmetDependency> {
        match self.names.find(name) {
            MeantTicket::Missing => Some(UnmetDependency::Missing),
            MeantTicket::Several(all) => {
                Some(UnmetDependency::Ambiguous(all.into_iter().map(|e| e.id.clone()).collect()))
            }
            MeantTicket::One(entry) => {
                // A file that cannot be read has no front matter, and is not known to be done.
                let head = self.heads.get(&entry.id).map(|known| &known.head);
                match head.map_or(DependencyState::Open, |head| fate(entry.lane, head)) {
                    DependencyState::Done => None,
                    DependencyState::Open => {
                        Some(UnmetDependency::Open(entry.id.clone(), entry.lane))
                    }
                    DependencyState::Dropped => Some(UnmetDependency::Dropped),
                }
            }
        }
    }
}

/// Decides who is first: the smaller one.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank<P> {
    /// A ticket without a priority comes last.
    priority: (bool, Option<Priority>),
    /// Then the oldest; those without a date come last.
    created: (bool, Option<DateTime<Utc>>),
    sequence: u32,
    path: P,
}

impl<P: Ord> Rank<P> {
    /// The rank of a ticket with this priority as written, from this moment on, in this file.
    pub fn new(
        priority: Option<&str>,
        created: Option<DateTime<Utc>>,
        id: &TicketId,
        path: P,
    ) -> Rank<P> {
        let priority = priority.and_then(Priority::read);
        Rank {
            priority: (priority.is_none(), priority),
            created: (created.is_none(), created),
            sequence: id.sequence().unwrap_or(u32::MAX),
            path,
        }
    }
}

pub(super) fn rank<'a>(KnownTicket { entry, head }: &KnownTicket<'a>) -> Rank<&'a RepoPath> {
    let created = head.created.as_deref().and_then(moment);
    Rank::new(head.priority.as_deref(), created, &entry.id, &entry.path)
}

#[cfg(test)]
mod tests;
