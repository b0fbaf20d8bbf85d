//! Where the relations of imported tickets lead.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::document::{KEY, TicketOrigin};
use super::engine::PickedTicket;
use super::relations::circles;
use crate::lifecycle::{Edge, KnownTicket, RelationOrder, Snapshot, Ticket, edges};
use crate::ticket::{Document, FrontMatter, Relation};

/// Where the relations of a ticket lead.
#[derive(Default)]
pub struct Related {
    pub here: BTreeMap<Relation, Vec<String>>,
    /// By the ids of the source.
    pub elsewhere: BTreeMap<Relation, Vec<String>>,
}

/// A relation of a ticket of the source: its number, and that of the other one, if it has a ticket.
struct Named<'a> {
    at: usize,
    relation: Relation,
    name: &'a str,
    to: Option<usize>,
    id: Option<String>,
}

/// Finds the tickets that each ticket names. A relation by which one would wait for itself is kept, but not as a relation.
pub fn related(
    snapshot: &Snapshot,
    picked: &[PickedTicket<'_>],
    known: &[Ticket<'_>],
    by_origin: &HashMap<TicketOrigin, &Ticket<'_>>,
    warnings: &mut Vec<String>,
) -> Vec<Related> {
    let sources: HashMap<(&str, &str), usize> = picked
        .iter()
        .enumerate()
        .map(|(at, one)| ((one.imported.source, one.imported.id.as_str()), at))
        .collect();
    let mut numbers: HashMap<&str, usize> = known
        .iter()
        .zip(picked.len()..)
        .map(|(ticket, at)| (ticket.entry.id.as_str(), at))
        .collect();
    let own =
        picked.iter().enumerate().filter_map(|(at, one)| Some((one.id.as_ref()?.as_str(), at)));
    numbers.extend(own);
    let ids: BTreeSet<&str> = known.iter().map(|ticket| ticket.entry.id.as_str()).collect();
    let heads: Vec<KnownTicket<'_>> = known
        .iter()
        .map(|ticket| KnownTicket { entry: ticket.entry, head: FrontMatter::of(&ticket.document) })
        .collect();
    let standing = edges(&heads, snapshot);
    let mut related: Vec<Related> = picked.iter().map(earlier).collect();
    let find = |at: usize, relation, name: &'_ str| {
        let imported = picked.get(at)?.imported;
        let to = sources.get(&(imported.source, name)).copied();
        let id = to.and_then(|to| picked.get(to)?.id.as_ref()).map(ToString::to_string);
        // It may have come with an earlier import, and a file of tix names what is here.
        let came =
            || Some(by_origin.get(&TicketOrigin::beside(imported, name))?.entry.id.to_string());
        let id = id.or_else(came).or_else(|| ids.get(name).map(|id| (*id).to_owned()));
        let to = id.as_deref().and_then(|id| numbers.get(id).copied());
        Some((relation, to, id))
    };
    for order in [
        Some(RelationOrder::Waiting),
        Some(RelationOrder::Parts),
        Some(RelationOrder::Duplicates),
        None,
    ] {
        let mut named = Vec::new();
        for (at, one) in picked.iter().enumerate().filter(|(_, one)| one.id.is_some()) {
            let relations = one.imported.relations.iter();
            for (relation, name) in relations.filter(|(r, _)| RelationOrder::of(*r) == order) {
                if let Some((relation, to, id)) = find(at, *relation, name) {
                    named.push(Named { at, relation, name, to, id });
                }
            }
        }
        let (steps, first) = steps(order, &named, &standing, picked, &numbers);
        let closing = circles(picked.len() + known.len(), &steps, first);
        for (one, closes) in named.into_iter().zip(closing.into_iter().skip(first)) {
            let Some(slot) = related.get_mut(one.at) else { continue };
            let own = picked.get(one.at).map_or("", |one| one.imported.id.as_str());
            let (key, name) = (one.relation.key(), one.name);
            if closes {
                warnings.push(format!(
                    "{own}: `{key}: {name}` would close a circle; it is kept below `imported:`"
                ));
            } else if one.id.is_none() && !sources.contains_key(&(source_of(picked, one.at), name))
            {
                warnings.push(format!("{own}: `{key}: {name}` leads to nothing in the source; it is kept below `imported:`"));
            }
            match one.id.filter(|_| !closes) {
                Some(id) => add(&mut slot.here, one.relation, id),
                None => add(&mut slot.elsewhere, one.relation, name.to_owned()),
            }
        }
    }
    related
}

/// The steps of an order, and how many of them the import leaves as they are.
fn steps(
    order: Option<RelationOrder>,
    named: &[Named<'_>],
    standing: &[Edge<'_>],
    picked: &[PickedTicket<'_>],
    numbers: &HashMap<&str, usize>,
) -> (Vec<(usize, usize)>, usize) {
    let stays = standing.iter().filter(|edge| RelationOrder::of(edge.relation) == order);
    let stays = stays.filter(|edge| order.is_some() && is_kept(edge, picked, numbers));
    let stays = stays.filter_map(|edge| {
        let (who, whom) = edge.step()?;
        Some((*numbers.get(who.as_str())?, *numbers.get(whom.as_str())?))
    });
    let mut steps: Vec<(usize, usize)> = stays.collect();
    let first = steps.len();
    steps.extend(named.iter().map(|one| {
        let keeps = picked.get(one.at).is_some_and(|pick| pick.keeps);
        match one.to.filter(|_| !keeps && order.is_some()) {
            None => (one.at, usize::MAX),
            Some(to) if one.relation == Relation::Blocks => (to, one.at),
            Some(to) => (one.at, to),
        }
    }));
    (steps, first)
}

fn source_of(picked: &[PickedTicket<'_>], at: usize) -> &'static str {
    picked.get(at).map_or("", |one| one.imported.source)
}

/// Whether the import leaves a relation of the trunk as it is.
fn is_kept(edge: &Edge<'_>, picked: &[PickedTicket<'_>], numbers: &HashMap<&str, usize>) -> bool {
    let at = numbers.get(edge.from.id.as_str());
    let pick = at.and_then(|at| picked.get(*at));
    pick.is_none_or(|one| one.keeps || !one.imported.asked_for(edge.relation))
}

/// The relations that an earlier import found, and that nobody asked the source for this time.
fn earlier(one: &PickedTicket<'_>) -> Related {
    let mut related = Related::default();
    let Some(ticket) = one.known else { return related };
    let head = FrontMatter::of(&ticket.document);
    let kept = ticket.document.inner_keys(KEY);
    for relation in Relation::ALL.into_iter().filter(|of| !one.imported.asked_for(*of)) {
        for name in relation.names(&head) {
            add(&mut related.here, relation, name.clone());
        }
        for name in
            kept.as_ref().map(|kept: &Document| kept.list(relation.key())).unwrap_or_default()
        {
            add(&mut related.elsewhere, relation, name);
        }
    }
    related
}

fn add(relations: &mut BTreeMap<Relation, Vec<String>>, relation: Relation, name: String) {
    let names = relations.entry(relation).or_default();
    if !names.contains(&name) {
        names.push(name);
    }
}
