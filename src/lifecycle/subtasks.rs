//! Tickets that are parts of others, and how far the whole is.
//!
//! A part names the whole (`parent_ticket`); the whole names nobody. That all parts are done changes nothing in it: whoever
//! holds it says when it is complete.

use std::collections::BTreeMap;

use super::next::rank;
use super::relations::{DependencyState, KnownTicket, MeantTicket, TicketIndex, fate};
use super::snapshot::Snapshot;
use crate::ticket::{FrontMatter, Lane, Status, SubtaskProgress, TicketId};

/// Which tickets are parts of which.
pub struct Subtasks<'a> {
    parents: BTreeMap<&'a TicketId, &'a TicketId>,
    parts: BTreeMap<&'a TicketId, Vec<&'a KnownTicket<'a>>>,
}

impl<'a> Subtasks<'a> {
    /// The parts of all tickets; `all` holds the heads of all lanes. A name that means no ticket, or several, is no parent.
    pub fn of(all: &'a [KnownTicket<'a>], snapshot: &'a Snapshot) -> Subtasks<'a> {
        let mut subtasks = Subtasks { parents: BTreeMap::new(), parts: BTreeMap::new() };
        let named = || all.iter().filter_map(|part| Some((part, part.head.parent.as_ref()?)));
        if named().next().is_none() {
            return subtasks;
        }
        let index = TicketIndex::of(snapshot);
        for (part, name) in named() {
            if let MeantTicket::One(parent) = index.find(name)
                && parent.id != part.entry.id
            {
                subtasks.parents.insert(&part.entry.id, &parent.id);
                subtasks.parts.entry(&parent.id).or_default().push(part);
            }
        }
        for parts in subtasks.parts.values_mut() {
            parts.sort_by_cached_key(|part| (part.entry.lane, rank(part)));
        }
        subtasks
    }

    /// The ticket that this one is a part of.
    pub fn parent(&self, id: &TicketId) -> Option<&'a TicketId> {
        self.parents.get(id).copied()
    }

    /// The parts of a ticket, lane by lane, each lane in the order of `tix next`.
    pub fn parts(&self, id: &TicketId) -> &[&'a KnownTicket<'a>] {
        self.parts.get(id).map_or(&[], Vec::as_slice)
    }

    /// The parts that somebody must still do.
    pub fn open(&self, id: &TicketId) -> impl Iterator<Item = &'a TicketId> {
        let parts = self.parts(id).iter().map(|part| (part.entry, &part.head));
        let open = parts.filter(|(entry, head)| {
            fate(entry.lane, head) == DependencyState::Open && !is_unmerged(entry.lane, head)
        });
        open.map(|(entry, _)| &entry.id)
    }

    /// How many parts are done; `None` where there are none. One that was closed without being done is not waited for.
    pub fn progress(&self, id: &TicketId) -> Option<SubtaskProgress> {
        let fates = self.parts(id).iter().map(|part| fate(part.entry.lane, &part.head));
        let count = |wanted| fates.clone().filter(|fate| *fate == wanted).count();
        let (done, open) = (count(DependencyState::Done), count(DependencyState::Open));
        let unmerged =
            self.parts(id).iter().filter(|part| is_unmerged(part.entry.lane, &part.head));
        let unmerged = unmerged.count();
        let progress = SubtaskProgress { done, unmerged, total: done + open };
        (progress.total > 0).then_some(progress)
    }
}

/// Whether a part is complete on its branch, and not merged yet.
fn is_unmerged(lane: Lane, head: &FrontMatter) -> bool {
    lane == Lane::Active && head.status_in(lane) == Some(Status::Approved)
}
