//! The figures broken down by label, person and priority.

use std::collections::BTreeMap;

use chrono::TimeDelta;

use super::flow::{CompletedTicket, TicketFlow, TimeSpread};
use crate::ticket::{Lane, Priority, TicketId, TicketRow};

/// The dimension of a breakdown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CutBy {
    Priority,
    Person,
    Label,
}

/// The figures of the tickets with one priority, person or label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowCut {
    /// The common value; `None` for tickets without one.
    pub name: Option<String>,
    pub queued: usize,
    pub active: usize,
    /// How many were completed in the last 30 days; the cycle and lead times are theirs.
    pub completed_recently: usize,
    pub cycle: TimeSpread,
    pub lead: TimeSpread,
    /// How long the open and these completed ones were blocked, together.
    pub blocked: TimeDelta,
}

/// A ticket, and how long it was blocked.
pub struct ReportedTicket<'a> {
    pub row: &'a TicketRow,
    pub blocked: TimeDelta,
}

impl FlowCut {
    pub fn size(&self) -> usize {
        self.queued + self.active + self.completed_recently
    }
}

impl CutBy {
    pub const ALL: [CutBy; 3] = [CutBy::Priority, CutBy::Person, CutBy::Label];

    pub const fn as_str(self) -> &'static str {
        match self {
            CutBy::Priority => "priority",
            CutBy::Person => "person",
            CutBy::Label => "label",
        }
    }

    /// The groups that a ticket belongs to.
    fn of(self, row: &TicketRow) -> Vec<Option<String>> {
        let some = |name: &str| vec![Some(name.to_owned())];
        match self {
            CutBy::Priority => vec![row.priority.as_deref().map(priority_words)],
            // What waits is nobody's, and that says nothing about people.
            CutBy::Person => row.holder_name().map_or_else(Vec::new, some),
            CutBy::Label if row.labels.is_empty() => vec![None],
            CutBy::Label => row.labels.iter().cloned().map(Some).collect(),
        }
    }
}

/// A priority as shown: `P1 high`, or as written.
pub fn priority_words(written: &str) -> String {
    let Some(priority) = Priority::read(written) else { return written.to_owned() };
    priority.word().map_or_else(|| priority.to_string(), |word| format!("{priority} {word}"))
}

/// Breaks the figures down. Priorities are in their own order, other values by size; tickets without a value come last.
pub fn cuts(flow: &TicketFlow, tickets: &[ReportedTicket<'_>], by: CutBy) -> Vec<FlowCut> {
    let recent: BTreeMap<&TicketId, &CompletedTicket> =
        flow.recent().map(|done| (&done.id, done)).collect();
    let mut groups: BTreeMap<Option<String>, Vec<&ReportedTicket<'_>>> = BTreeMap::new();
    for ticket in tickets {
        let is_open = matches!(ticket.row.lane, Lane::Queue | Lane::Active);
        if is_open || recent.contains_key(&ticket.row.id) {
            for name in by.of(ticket.row) {
                groups.entry(name).or_default().push(ticket);
            }
        }
    }
    let cut = |(name, tickets): (Option<String>, Vec<&ReportedTicket<'_>>)| {
        let lane = |lane| tickets.iter().filter(|ticket| ticket.row.lane == lane).count();
        let done = || tickets.iter().filter_map(|ticket| recent.get(&ticket.row.id));
        FlowCut {
            queued: lane(Lane::Queue),
            active: lane(Lane::Active),
            completed_recently: done().count(),
            cycle: TimeSpread::of(done().filter_map(|done| done.took)),
            lead: TimeSpread::of(done().map(|done| done.lead)),
            blocked: tickets.iter().map(|ticket| ticket.blocked).sum(),
            name,
        }
    };
    let mut cuts: Vec<FlowCut> = groups.into_iter().map(cut).collect();
    if by != CutBy::Priority {
        cuts.sort_by_key(|cut| std::cmp::Reverse(cut.size()));
    }
    cuts.sort_by_key(|cut| cut.name.is_none());
    cuts
}
