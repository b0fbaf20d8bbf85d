//! Why a decision was no.

use super::machine::Verb;
use super::obstacle::Obstacle;
use crate::names::RepoPath;
use crate::ticket::{Lane, Relation, TicketId};

/// Who holds a ticket, as far as its file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    pub by: Option<String>,
    /// `claimed_at`, as written.
    pub at: Option<String>,
    pub claim_id: Option<String>,
}

/// The state of the trunk, or the rules, forbid what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("no ticket matches `{query}`")]
    NotFound { query: String, nearest: Vec<TicketId> },
    #[error("{path} is no ticket: {why}")]
    OddName { path: RepoPath, why: String },
    /// Several tickets match.
    #[error("`{query}` matches {} tickets", matches.len())]
    Ambiguous { query: String, matches: Vec<TicketId> },
    /// The words cannot name a ticket.
    #[error("`{query}` cannot name a ticket: {why}")]
    BadQuery { query: String, why: String },
    #[error("{id} is held by {}", held.by.as_deref().unwrap_or("somebody who left no name"))]
    Held { id: TicketId, path: RepoPath, held: Box<Held> },
    /// It is where nobody can claim it.
    #[error("{id} is in {}/, not in queue/", lane.as_str())]
    NotInQueue {
        id: TicketId,
        lane: Lane,
        /// What could be done instead.
        legal: Vec<Verb>,
    },
    /// It is in the queue, but its status does not let anybody claim it.
    #[error("{id} cannot be claimed: its status is `{status}`")]
    NotClaimable {
        id: TicketId,
        /// The status as written.
        status: String,
        need: &'static str,
        /// What could be done instead.
        legal: Vec<Verb>,
    },
    #[error("{id} is blocked: {why}")]
    Blocked {
        id: TicketId,
        why: String,
        /// What could be done instead.
        legal: Vec<Verb>,
    },
    #[error("nobody holds {id}: it is in {}/", lane.as_str())]
    NotActive {
        id: TicketId,
        lane: Lane,
        /// What could be done instead.
        legal: Vec<Verb>,
    },
    #[error("{id} is held by {}, not by {actor}", held.by.as_deref().unwrap_or("somebody who left no name"))]
    NotHolder { id: TicketId, actor: String, held: Box<Held> },
    /// The claim that was to be continued is not the one on the trunk.
    #[error("{id} is no longer held by the claim {expected}")]
    ClaimChanged { id: TicketId, expected: String, held: Box<Held> },
    /// Something that is not a regular file stands in a ticket's place.
    #[error("{path} is {what}, not a ticket file")]
    NotAFile { path: RepoPath, what: &'static str },
    /// A ticket file that cannot be read.
    #[error("{path}:{line}: {why}")]
    Damaged {
        path: RepoPath,
        /// The line, from 1.
        line: usize,
        why: String,
    },
    /// The same id stands in two places.
    #[error("{id} is on the trunk {} times", paths.len())]
    Duplicate { id: TicketId, paths: Vec<RepoPath> },
    /// With the relation a ticket would wait for itself, or be a part of itself.
    #[error("{} would {}: {}", path.first().map_or("the ticket", TicketId::as_str), to_itself(*relation), arrows(path))]
    Circle {
        relation: Relation,
        /// The tickets, each waiting for the next; the first is the last too.
        path: Vec<TicketId>,
    },
    /// A name made from the ticket would leave the place it belongs to, or is no name at all.
    #[error("{id}: {why}")]
    BadName { id: TicketId, why: String },
    /// A ticket that is to be made is there already.
    #[error("{id} exists already: {path}")]
    Exists { id: TicketId, path: RepoPath },
    /// The ticket is there, and what is asked cannot be done to it as it is.
    #[error(transparent)]
    Obstacle(#[from] Obstacle),
}

fn to_itself(relation: Relation) -> &'static str {
    match relation {
        Relation::DependsOn | Relation::Blocks => "wait for itself",
        Relation::Parent => "be a part of itself",
        Relation::DuplicateOf => "be a duplicate of itself",
        Relation::Related => "be related to itself",
    }
}

fn arrows(path: &[TicketId]) -> String {
    path.iter().map(TicketId::as_str).collect::<Vec<_>>().join(" -> ")
}
