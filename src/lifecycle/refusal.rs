//! Why a decision was no.

use super::machine::Verb;
use super::obstacle::Obstacle;
use crate::names::RepoPath;
use crate::ticket::{Lane, Relation, TicketId};

/// Who holds a ticket, as far as its file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// `claimed_by`
    pub by: Option<String>,
    /// `claimed_at`, as written.
    pub at: Option<String>,
    /// `claim_id`
    pub claim_id: Option<String>,
}

/// The state of the trunk, or the rules, forbid what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No ticket matches.
    #[error("no ticket matches `{query}`")]
    NotFound {
        /// What was asked for.
        query: String,
        /// The ids that come nearest.
        nearest: Vec<TicketId>,
    },
    /// There is a file of that name, and its name is no id.
    #[error("{path} is no ticket: {why}")]
    OddName {
        /// Where it is.
        path: RepoPath,
        /// What is wrong with its name.
        why: String,
    },
    /// Several tickets match.
    #[error("`{query}` matches {} tickets", matches.len())]
    Ambiguous {
        /// What was asked for.
        query: String,
        /// All that match.
        matches: Vec<TicketId>,
    },
    /// The words cannot name a ticket.
    #[error("`{query}` cannot name a ticket: {why}")]
    BadQuery {
        /// What was asked for.
        query: String,
        /// What is wrong with it.
        why: String,
    },
    /// Somebody holds it.
    #[error("{id} is held by {}", held.by.as_deref().unwrap_or("somebody who left no name"))]
    Held {
        /// Which ticket.
        id: TicketId,
        /// Where its file is.
        path: RepoPath,
        /// Who, since when, by which claim.
        held: Box<Held>,
    },
    /// It is where nobody can claim it.
    #[error("{id} is in {}/, not in queue/", lane.as_str())]
    NotInQueue {
        /// Which ticket.
        id: TicketId,
        /// The lane it is in.
        lane: Lane,
        /// What could be done instead.
        legal: Vec<Verb>,
    },
    /// It is in the queue, but its status does not let anybody claim it.
    #[error("{id} cannot be claimed: its status is `{status}`")]
    NotClaimable {
        /// Which ticket.
        id: TicketId,
        /// The status as written.
        status: String,
        /// What the status would have to be.
        need: &'static str,
        /// What could be done instead.
        legal: Vec<Verb>,
    },
    /// It is flagged as blocked.
    #[error("{id} is blocked: {why}")]
    Blocked {
        /// Which ticket.
        id: TicketId,
        /// The reason in the ticket.
        why: String,
        /// What could be done instead.
        legal: Vec<Verb>,
    },
    /// It is not active, so nobody holds it.
    #[error("nobody holds {id}: it is in {}/", lane.as_str())]
    NotActive {
        /// Which ticket.
        id: TicketId,
        /// The lane it is in.
        lane: Lane,
        /// What could be done instead.
        legal: Vec<Verb>,
    },
    /// Somebody else holds it.
    #[error("{id} is held by {}, not by {actor}", held.by.as_deref().unwrap_or("somebody who left no name"))]
    NotHolder {
        /// Which ticket.
        id: TicketId,
        /// Who asked.
        actor: String,
        /// Who holds it.
        held: Box<Held>,
    },
    /// The claim that was to be continued is not the one on the trunk.
    #[error("{id} is no longer held by the claim {expected}")]
    ClaimChanged {
        /// Which ticket.
        id: TicketId,
        /// The claim that was expected.
        expected: String,
        /// What the trunk says.
        held: Box<Held>,
    },
    /// Something that is not a regular file stands in a ticket's place.
    #[error("{path} is {what}, not a ticket file")]
    NotAFile {
        /// Where.
        path: RepoPath,
        /// What it is.
        what: &'static str,
    },
    /// A ticket file that cannot be read.
    #[error("{path}:{line}: {why}")]
    Damaged {
        /// Where.
        path: RepoPath,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        why: String,
    },
    /// The same id stands in two places.
    #[error("{id} is on the trunk {} times", paths.len())]
    Duplicate {
        /// Which ticket.
        id: TicketId,
        /// All its places.
        paths: Vec<RepoPath>,
    },
    /// With the relation a ticket would wait for itself, or be a part of itself.
    #[error("{} would {}: {}", path.first().map_or("the ticket", TicketId::as_str), to_itself(*relation), arrows(path))]
    Circle {
        /// Which relation.
        relation: Relation,
        /// The tickets, each waiting for the next; the first is the last too.
        path: Vec<TicketId>,
    },
    /// A name made from the ticket would leave the place it belongs to, or is no name at all.
    #[error("{id}: {why}")]
    BadName {
        /// Which ticket.
        id: TicketId,
        /// What is wrong.
        why: String,
    },
    /// A ticket that is to be made is there already.
    #[error("{id} exists already: {path}")]
    Exists {
        /// Which ticket.
        id: TicketId,
        /// Where.
        path: RepoPath,
    },
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
