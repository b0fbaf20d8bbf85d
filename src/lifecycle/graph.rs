//! The tickets and their relations as a graph.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::relations::{KnownTicket, MeantTicket, TicketIndex};
use super::snapshot::{Snapshot, TicketEntry};
use crate::ticket::{Relation, TicketId};

/// A relation that a ticket names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge<'a> {
    pub from: &'a TicketEntry,
    pub relation: Relation,
    /// The other ticket, as named.
    pub name: String,
    /// The other ticket, if the name means exactly one.
    pub to: Option<&'a TicketEntry>,
}

impl<'a> Edge<'a> {
    /// The order that the relation sets: the ticket that waits, and the one that it waits for.
    pub fn step(&self) -> Option<(&'a TicketId, &'a TicketId)> {
        let (from, to) = (&self.from.id, &self.to?.id);
        Some(if self.relation == Relation::Blocks { (to, from) } else { (from, to) })
    }
}

/// All relations that these tickets name, in the order of the tickets.
pub fn edges<'a>(all: &[KnownTicket<'a>], snapshot: &'a Snapshot) -> Vec<Edge<'a>> {
    let names = TicketIndex::of(snapshot);
    let edge = |from: &'a TicketEntry, relation, name: &String| {
        let to = match names.find(name) {
            MeantTicket::One(entry) => Some(entry),
            MeantTicket::Several(_) | MeantTicket::Missing => None,
        };
        Edge { from, relation, name: name.clone(), to }
    };
    let of = |known: &KnownTicket<'a>, relation: Relation| {
        let names = relation.names(&known.head).iter();
        names.map(|name| edge(known.entry, relation, name)).collect::<Vec<_>>()
    };
    all.iter().flat_map(|known| Relation::ALL.into_iter().flat_map(|r| of(known, r))).collect()
}

/// An order of tickets in which a cycle makes no sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelationOrder {
    Waiting,
    Parts,
    /// One duplicates the other, which is kept.
    Duplicates,
}

impl RelationOrder {
    pub const ALL: [RelationOrder; 3] =
        [RelationOrder::Waiting, RelationOrder::Parts, RelationOrder::Duplicates];

    /// The order that a relation sets, if any.
    pub const fn of(relation: Relation) -> Option<RelationOrder> {
        match relation {
            Relation::DependsOn | Relation::Blocks => Some(RelationOrder::Waiting),
            Relation::Parent => Some(RelationOrder::Parts),
            Relation::DuplicateOf => Some(RelationOrder::Duplicates),
            Relation::Related => None,
        }
    }
}

/// Which ticket waits for which, whichever of the two says so; or which follows which in another order.
#[derive(Clone, Debug, Default)]
pub struct WaitGraph<'a>(BTreeMap<&'a TicketId, BTreeSet<&'a TicketId>>);

impl<'a> WaitGraph<'a> {
    pub fn of(edges: &[Edge<'a>]) -> WaitGraph<'a> {
        WaitGraph::by(RelationOrder::Waiting, edges)
    }

    /// The graph of another order.
    pub fn by(order: RelationOrder, edges: &[Edge<'a>]) -> WaitGraph<'a> {
        let mut waits = WaitGraph::default();
        for edge in edges.iter().filter(|edge| RelationOrder::of(edge.relation) == Some(order)) {
            if let Some((who, whom)) = edge.step() {
                waits.add(who, whom);
            }
        }
        waits
    }

    fn add(&mut self, who: &'a TicketId, whom: &'a TicketId) {
        self.0.entry(who).or_default().insert(whom);
    }

    /// The tickets that a ticket waits for.
    pub fn of_ticket(&self, id: &TicketId) -> impl Iterator<Item = &'a TicketId> {
        self.0.get(id).into_iter().flatten().copied()
    }

    /// The reverse graph: which tickets wait for each one.
    pub fn reversed(&self) -> WaitGraph<'a> {
        let mut reversed = WaitGraph::default();
        for (who, all) in &self.0 {
            for whom in all {
                reversed.add(whom, who);
            }
        }
        reversed
    }

    /// The shortest chain by which one ticket waits for another, including both.
    pub fn chain(&self, from: &'a TicketId, to: &TicketId) -> Option<Vec<&'a TicketId>> {
        let mut came_from: BTreeMap<&TicketId, &'a TicketId> = BTreeMap::new();
        let mut left = VecDeque::from([from]);
        while let Some(at) = left.pop_front() {
            if at == to {
                let mut chain = vec![at];
                while let Some(before) = chain.last().and_then(|id| came_from.get(id)) {
                    chain.push(before);
                    if *before == from {
                        break;
                    }
                }
                chain.reverse();
                return Some(chain);
            }
            for next in self.of_ticket(at) {
                if next != from && !came_from.contains_key(next) {
                    came_from.insert(next, at);
                    left.push_back(next);
                }
            }
        }
        None
    }

    /// The cycles in which tickets wait for each other, each starting with its smallest id. Each step that closes a
    /// cycle on the way through the graph is named once; resolving all of them leaves none.
    pub fn cycles(&self) -> Vec<Vec<&'a TicketId>> {
        let mut cycles = Vec::new();
        // Tickets whose whole way was walked; and the present way, with what is left to try from each.
        let mut done: BTreeSet<&TicketId> = BTreeSet::new();
        for start in self.0.keys() {
            let mut places: BTreeMap<&TicketId, usize> = BTreeMap::new();
            let mut way: Vec<(&'a TicketId, Vec<&'a TicketId>)> = Vec::new();
            let mut next = Some(*start).filter(|id| !done.contains(id));
            loop {
                if let Some(id) = next {
                    places.insert(id, way.len());
                    way.push((id, self.of_ticket(id).collect()));
                }
                let Some((id, left)) = way.last_mut() else { break };
                let Some(other) = left.pop() else {
                    done.insert(*id);
                    places.remove(*id);
                    way.pop();
                    next = None;
                    continue;
                };
                let closes = places.get(other).and_then(|at| way.get(*at..));
                cycles.extend(closes.map(|part| from_least(part.iter().map(|(id, _)| *id))));
                let known = closes.is_some() || done.contains(other);
                next = Some(other).filter(|_| !known);
            }
        }
        cycles.sort();
        cycles
    }
}

/// A cycle, rotated to start with its smallest id.
fn from_least<'a>(circle: impl Iterator<Item = &'a TicketId>) -> Vec<&'a TicketId> {
    let mut circle: Vec<&TicketId> = circle.collect();
    let least = circle.iter().enumerate().min_by_key(|(_, id)| **id).map_or(0, |(at, _)| at);
    circle.rotate_left(least);
    circle
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ids(count: usize) -> Vec<TicketId> {
        (0..count).map(|n| TicketId::parse(&format!("t{n}")).unwrap()).collect()
    }

    fn waits<'a>(ids: &'a [TicketId], pairs: &[(usize, usize)]) -> WaitGraph<'a> {
        let mut waits = WaitGraph::default();
        for (who, whom) in pairs {
            waits.add(&ids[*who], &ids[*whom]);
        }
        waits
    }

    fn text(path: &[&TicketId]) -> String {
        path.iter().map(|id| id.as_str()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn circles_are_found_and_what_leads_into_them_is_none() {
        let ids = ids(9);
        let found = |pairs: &[(usize, usize)]| {
            waits(&ids, pairs).cycles().iter().map(|c| text(c)).collect::<Vec<_>>()
        };
        assert_eq!(found(&[(0, 1), (1, 2), (0, 2)]), [""; 0]);
        assert_eq!(found(&[(3, 3)]), ["t3"]);
        assert_eq!(found(&[(0, 5), (5, 2), (2, 4), (4, 5), (4, 7)]), ["t2 t4 t5"]);
        assert_eq!(found(&[(1, 2), (2, 1), (2, 3), (3, 4), (4, 3)]), ["t1 t2", "t3 t4"]);
    }

    #[test]
    fn a_chain_is_the_shortest_way_from_one_to_another() {
        let ids = ids(6);
        let waits = waits(&ids, &[(0, 1), (1, 2), (2, 3), (0, 4), (4, 3), (3, 0)]);
        let chain = |from: usize, to: usize| waits.chain(&ids[from], &ids[to]).map(|c| text(&c));
        assert_eq!(chain(0, 3).unwrap(), "t0 t4 t3");
        assert_eq!(chain(2, 2).unwrap(), "t2");
        assert_eq!(chain(0, 5), None);
    }

    #[test]
    fn a_chain_of_any_length_is_followed() {
        let ids = ids(50_000);
        let pairs: Vec<_> = (1..ids.len()).map(|n| (n - 1, n)).collect();
        let mut waits = waits(&ids, &pairs);
        assert_eq!(waits.cycles().len(), 0);
        let (first, last) = (ids.first().unwrap(), ids.last().unwrap());
        assert_eq!(waits.chain(first, last).unwrap().len(), ids.len());
        waits.add(last, first);
        assert_eq!(waits.cycles()[0].len(), ids.len());
    }

    proptest! {
        #[test]
        fn there_is_a_circle_exactly_where_somebody_waits_for_itself(
            pairs in proptest::collection::vec((0..7_usize, 0..7_usize), 0..12)
        ) {
            let ids = ids(7);
            let waits = waits(&ids, &pairs);
            let cycles = waits.cycles();
            for cycle in &cycles {
                for (who, whom) in cycle.iter().zip(cycle.iter().cycle().skip(1)) {
                    prop_assert!(waits.of_ticket(who).any(|id| id == *whom));
                }
            }
            let comes_round = |id| waits.of_ticket(id).any(|next| waits.chain(next, id).is_some());
            prop_assert_eq!(!cycles.is_empty(), ids.iter().any(comes_round));
        }
    }
}
