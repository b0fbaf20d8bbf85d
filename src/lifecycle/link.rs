//! Adding a relation to a ticket, and taking one away.

use super::change::{Change, Edit, trailer};
use super::graph::{Waits, edges};
use super::mark::Step;
use super::refusal::Refusal;
use super::relations::{Known, Meant, Names};
use super::snapshot::{Entry, Snapshot, Ticket, set_all};
use crate::ticket::{Head, Relation, TicketId, Value};

/// What is done with a relation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkVerb {
    /// It is added.
    Add,
    /// It is taken away.
    Remove,
}

/// A relation to be made or ended.
pub struct LinkRequest<'a> {
    /// What is done.
    pub verb: LinkVerb,
    /// The relation.
    pub relation: Relation,
    /// The other ticket.
    pub other: &'a Entry,
    /// Who asks.
    pub actor: &'a str,
}

/// Writes the relation into the front matter.
///
/// `all` holds the heads of all tickets. A relation with which a ticket would wait for itself is refused.
pub fn link(
    ticket: &Ticket<'_>,
    request: &LinkRequest<'_>,
    all: &[Known<'_>],
    snapshot: &Snapshot,
) -> Result<Step, Refusal> {
    let LinkRequest { verb, relation, other, actor } = request;
    let entry = ticket.entry;
    let head = Head::of(&ticket.document);
    let names = Names::of(snapshot);
    let is_other = |name: &String| matches!(names.find(name), Meant::One(e) if e.id == other.id);
    let there = relation.names(&head);
    if there.iter().any(is_other) == (*verb == LinkVerb::Add) {
        return Ok(Step::Already);
    }
    let mut wanted: Vec<String> = there.iter().filter(|name| !is_other(name)).cloned().collect();
    if *verb == LinkVerb::Add {
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
    Ok(Step::from(Change {
        edits: vec![Edit::Move {
            from: entry.path.clone(),
            to: entry.path.clone(),
            content: document.into_bytes(),
        }],
        subject: format!("dep: {}", entry.id),
        reason: None,
        trailers: vec![
            (trailer::TICKET, entry.id.to_string()),
            (trailer::ACTOR, (*actor).to_owned()),
        ],
        refs: Vec::new(),
        establishes: None,
        merge: None,
    }))
}

fn refuse_circle(
    entry: &Entry,
    relation: Relation,
    other: &Entry,
    all: &[Known<'_>],
    snapshot: &Snapshot,
) -> Result<(), Refusal> {
    let (who, whom) = match relation {
        Relation::DependsOn => (entry, other),
        Relation::Blocks => (other, entry),
        Relation::Parent | Relation::Related | Relation::DuplicateOf if entry.id == other.id => {
            return Err(Refusal::Circle { path: vec![entry.id.clone(), other.id.clone()] });
        }
        Relation::Parent | Relation::Related | Relation::DuplicateOf => return Ok(()),
    };
    let edges = edges(all, snapshot);
    let Some(chain) = Waits::of(&edges).chain(&whom.id, &who.id) else { return Ok(()) };
    let path = std::iter::once(&who.id).chain(chain).cloned().collect::<Vec<TicketId>>();
    Err(Refusal::Circle { path })
}
