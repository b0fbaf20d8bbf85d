//! Why a decision refuses: all the facts, but no way out.

use super::claim::is_given;
use super::gate::Missing;
use super::machine::{Illegal, Verb};
use super::next::Hindrance;
use crate::names::{Oid, RepoPath};
use crate::text::count;
use crate::ticket::{Lane, Relation, Status, TicketId, TooLong};

/// Who holds a ticket, according to its file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holder {
    pub by: Option<String>,
    /// `claimed_at`, as written.
    pub at: Option<String>,
    pub claim_id: Option<String>,
}

impl Holder {
    fn name(&self) -> &str {
        self.by.as_deref().unwrap_or("somebody who left no name")
    }
}

/// A claim also ends without another one: the ticket was given back, or it has ended.
fn claim_changed(id: &TicketId, held: &Holder) -> String {
    if held.by.is_none() && held.claim_id.is_none() {
        return format!("nobody holds {id} now: your claim on it has ended");
    }
    format!("{id} is held by {} now, under another claim than yours", held.name())
}

/// Whether this clone has a workspace that was created for the claim in question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimedWorkspace {
    None,
    /// Created here when this clone was in another place or its machine had another name; or created by a clone that
    /// this one is a copy of.
    Here,
}

/// The state of the trunk, or the rules, forbid the request.
///
/// `legal` are the verbs that are possible instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    // Which ticket is meant.
    #[error("no ticket matches `{query}`")]
    NotFound { query: String, nearest: Vec<TicketId> },
    #[error("`{query}` matches {} tickets", matches.len())]
    Ambiguous { query: String, matches: Vec<TicketId> },
    #[error("`{query}` cannot name a ticket: {why}")]
    BadQuery { query: String, why: String },
    #[error("{id} is on the trunk {} times", paths.len())]
    Duplicate { id: TicketId, paths: Vec<RepoPath> },

    // What stands in its place.
    /// A file has the requested name, but the name is not an id.
    #[error("{path} is not a ticket: {why}")]
    OddName { path: RepoPath, why: String },
    #[error("{path} is {what}, not a ticket file")]
    NotAFile { path: RepoPath, what: &'static str },
    /// The line counts from 1.
    #[error("{path}:{line}: {why}")]
    Damaged { path: RepoPath, line: usize, why: String },
    /// A name made from the ticket would lead outside its directory, or is not a valid name.
    #[error("{id}: {why}")]
    BadName { id: TicketId, why: String },
    #[error("{id} exists already: {path}")]
    Exists { id: TicketId, path: RepoPath },

    // Who holds it.
    #[error("{id} is held by {}", held.name())]
    Held { id: TicketId, held: Box<Holder> },
    #[error("{id} is held by {}, not by {actor}", held.name())]
    NotHolder { id: TicketId, actor: String, held: Box<Holder> },
    /// Held under the caller's name, by a claim that they have not proved to be theirs; `typed` is what they typed.
    #[error("{}", not_shown(id, held))]
    ClaimNotShown { id: TicketId, typed: String, workspace: ClaimedWorkspace, held: Box<Holder> },
    /// The caller's clone holds it, for another session than the caller's.
    #[error("{id} is held by another session of this clone")]
    OtherSession { id: TicketId, held: Box<Holder> },
    /// The claim to be continued is not the one on the trunk.
    #[error("{}", claim_changed(id, held))]
    ClaimChanged { id: TicketId, expected: String, held: Box<Holder> },
    /// The caller holds it, by a claim of another clone.
    #[error("you hold {id}, from another clone")]
    HeldElsewhere { id: TicketId, held: Box<Holder> },
    /// The last sign of work by its holder was at `last`, less than `stale_after` ago.
    #[error("{} works on {id}, and has not left it", held.name())]
    Fresh { id: TicketId, held: Box<Holder>, last: String, stale_after: String },
    /// Its holder has submitted it, and the review of this stage has not ended.
    #[error("{id} waits for its review, not for {}", held.name())]
    InReview { id: TicketId, held: Box<Holder>, stage: Status },
    /// Only the clock here says so.
    #[error("only the clock of this machine says that {} has left {id}", held.name())]
    OneClock { id: TicketId, held: Box<Holder>, last: String, stale_after: String },
    #[error("nobody holds {id}: it is in {}/", lane.as_str())]
    NotActive { id: TicketId, lane: Lane, legal: Vec<Verb> },

    // What state it is in.
    #[error("{id} is in {}/, not in queue/", lane.as_str())]
    NotInQueue { id: TicketId, lane: Lane, legal: Vec<Verb> },
    /// The status as written; `need` is what it would have to be.
    #[error("{id} cannot be claimed: its status is `{status}`")]
    NotClaimable { id: TicketId, status: String, need: &'static str, legal: Vec<Verb> },
    #[error("{id} is blocked: {why}")]
    Blocked { id: TicketId, why: String, legal: Vec<Verb> },
    /// Waits for other tickets, each with the reason why it does not count as done.
    #[error("{id} cannot be claimed: {} not done", count(waits.len(), "ticket that it depends on is", "tickets that it depends on are"))]
    Waits { id: TicketId, waits: Vec<Hindrance> },
    #[error("{id} cannot be {}: {why}", verb.done())]
    Illegal { id: TicketId, verb: Verb, why: Illegal, legal: Vec<Verb> },
    #[error("{id} has an unknown status: `{text}`")]
    UnknownStatus { id: TicketId, text: String },

    // How far the work is.
    #[error("{id} has no ticket branch, so it has no work")]
    NoWork { id: TicketId },
    #[error("{id} is complete; a release takes that back")]
    Completed { id: TicketId },
    #[error("{id} is not completed on its branch")]
    NotCompleted { id: TicketId, held: Box<Holder>, legal: Vec<Verb> },
    #[error("{id} is not complete: {} still missing", count(missing.len(), "thing is", "things are"))]
    Incomplete { id: TicketId, missing: Vec<Missing> },
    #[error("{actor} holds {id}, and nobody reviews their own work")]
    OwnWork { id: TicketId, actor: String },
    #[error("{id} is at the stage {at} of its review, not at {asked}")]
    OtherStage { id: TicketId, at: &'static str, asked: &'static str },
    /// Its review asked for changes to what is at `commit`, and the branch holds the same.
    #[error("nothing has changed on the branch of {id} since its review asked for changes")]
    Unchanged { id: TicketId, commit: Oid },
    /// The branch is at `tip`; `known` is the commit that was submitted or looked at, as `since` says.
    #[error("the branch of {id} has moved since it was {since}")]
    Moved { id: TicketId, since: &'static str, known: Oid, tip: Oid },

    // What is to be written into it.
    /// With this relation a ticket would wait for itself, or be a part of itself. The first ticket is also the last.
    #[error("{} would {}: {}", path.first().map_or("the ticket", TicketId::as_str), to_itself(*relation), arrows(path))]
    Circle { relation: Relation, path: Vec<TicketId> },
    #[error("{path} has no section `# Changelog` that takes an entry")]
    NoChangelog { id: TicketId, path: RepoPath },
    #[error("{id}: {}", TooLong)]
    TooLong { id: TicketId },
    /// `command` is the one behind `tix` that writes the key.
    #[error("`{key}` is written by tix itself")]
    OwnedKey { key: String, command: Option<&'static str> },
    #[error("`{key}` cannot be a key")]
    BadKey { key: String },
    #[error("{id} has changed while it was being edited")]
    Edited { id: TicketId },
}

fn not_shown(id: &TicketId, held: &Holder) -> String {
    let name = held.name();
    if held.claim_id.as_deref().is_some_and(is_given) {
        return format!("{id} was handed over to {name}, and nobody has gone on with it yet");
    }
    format!("{id} is held by {name} under a claim that this clone has no record of")
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
