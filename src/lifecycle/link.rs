//! Adds a relation to a ticket, or removes one.

use super::change::{Change, FileEdit, trailer};
use super::decision::{Already, Decision};
use super::graph::{RelationOrder, WaitGraph, edges};
use super::refusal::Refusal;
use super::relations::{KnownTicket, MeantTicket, TicketIndex};
use super::snapshot::{Snapshot, Ticket, TicketEntry, set_all};
use crate::ticket::{FrontMatter, Relation, TicketId, Value};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkChange<'a> {
    Add(&'a TicketEntry),
    /// Removes every name that means this ticket.
    Remove(&'a TicketEntry),
    /// Removes exactly this name, whatever it means.
    RemoveName(&'a str),
}

/// A relation to add or remove.
pub struct LinkRequest<'a> {
    pub change: LinkChange<'a>,
    pub relation: Relation,
    pub actor: &'a str,
}

/// Writes the relation into the front matter.
///
/// `all` holds the front matter of all tickets, and is needed only to add a relation. A relation by which a ticket
/// would wait for itself is refused.
pub fn link(
    ticket: &Ticket<'_>,
    request: &LinkRequest<'_>,
    all: &[KnownTicket<'_>],
    snapshot: &Snapshot,
) -> Result<Decision, Refusal> {
    let LinkRequest { change, relation, actor } = request;
    let entry = ticket.entry;
    let head = FrontMatter::of(&ticket.document);
    let names = TicketIndex::of(snapshot);
    let is_meant = |name: &String| match change {
        LinkChange::Add(other) | LinkChange::Remove(other) => {
            matches!(names.find(name), MeantTicket::One(e) if e.id == other.id)
        }
        LinkChange::RemoveName(gone) => name == gone,
    };
    let there = relation.names(&head);
    if there.iter().any(is_meant) == matches!(change, LinkChange::Add(_)) {
        return Ok(Decision::Answer(Already));
    }
    let mut wanted: Vec<String> = there.iter().filter(|name| !is_meant(name)).cloned().collect();
    if let LinkChange::Add(other) = change {
        refuse_circle(entry, *relation, other, all, snapshot)?;
        wanted.push(other.id.to_string());
    }
    let value = match (relation.is_list(), wanted.last()) {
        (true, _) => Value::List(&wanted),
        (false, Some(one)) => Value::Text(one),
        (false, None) => Value::Null,
    };
    let mut document = ticket.document.clone();
    set_all(&mut document, &entry.path, &[(relation.key(), value)])?;
    Ok(Decision::from(Change {
        edits: vec![FileEdit::Move {
            from: entry.path.clone(),
            to: entry.path.clone(),
            content: document.into_bytes(),
        }],
        subject: format!("dep: {}", entry.id),
        trailers: vec![
            (trailer::TICKET, entry.id.to_string()),
            (trailer::ACTOR, (*actor).to_owned()),
        ],
        ..Change::default()
    }))
}

fn refuse_circle(
    entry: &TicketEntry,
    relation: Relation,
    other: &TicketEntry,
    all: &[KnownTicket<'_>],
    snapshot: &Snapshot,
) -> Result<(), Refusal> {
    let (who, whom) = if relation == Relation::Blocks { (other, entry) } else { (entry, other) };
    let edges = edges(all, snapshot);
    let way_back = match RelationOrder::of(relation) {
        Some(order) => WaitGraph::by(order, &edges).chain(&whom.id, &who.id),
        None => (who.id == whom.id).then(|| vec![&whom.id]),
    };
    let Some(way_back) = way_back else { return Ok(()) };
    let path = std::iter::once(&who.id).chain(way_back).cloned().collect::<Vec<TicketId>>();
    Err(Refusal::Circle { relation, path })
}
