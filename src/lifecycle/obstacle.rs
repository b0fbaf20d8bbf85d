//! Why a verb cannot be done to a ticket that is there.

use super::gate::Missing;
use super::machine::{Illegal, Verb};
use super::refusal::Held;
use crate::names::{Oid, RepoPath};
use crate::ticket::TicketId;

/// What stands in the way of a verb.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Obstacle {
    /// The verb does not apply to the ticket as it is.
    #[error("{id} cannot be {}: {why}", verb.done())]
    Illegal {
        id: TicketId,
        verb: Verb,
        why: Illegal,
        /// What could be done instead.
        legal: Vec<Verb>,
    },
    /// The status is a word that means nothing.
    #[error("the status of {id} is `{text}`, which is none")]
    UnknownStatus { id: TicketId, text: String },
    #[error("{actor} holds {id}, and nobody reviews their own work")]
    OwnWork { id: TicketId, actor: String },
    /// It is at another stage of its review than was named.
    #[error("{id} is at the stage {at} of its review, not at {asked}")]
    OtherStage { id: TicketId, at: &'static str, asked: &'static str },
    /// The ticket branch holds other work than what was submitted, or than what was reviewed.
    #[error("the branch of {id} has moved since it was {since}")]
    Moved {
        id: TicketId,
        /// What was done to the commit that is known.
        since: &'static str,
        known: Oid,
        tip: Oid,
    },
    #[error("{id} has no ticket branch, so there is no work to speak of")]
    NoWork { id: TicketId },
    /// Its branch says that there is work to do.
    #[error("{id} is not completed on its branch")]
    NotCompleted {
        id: TicketId,
        /// What could be done instead.
        legal: Vec<Verb>,
    },
    /// What is left to do before the ticket is complete.
    #[error("{id} is not complete: {} still missing", count(missing.len()))]
    Incomplete { id: TicketId, missing: Vec<Missing> },
    /// Somebody works on it, so nobody else can have it.
    #[error("{} works on {id}: the last sign of it was at {last}", held.by.as_deref().unwrap_or("somebody who left no name"))]
    Fresh {
        id: TicketId,
        held: Box<Held>,
        /// When something was last done, as the ticket branch or the claim says.
        last: String,
        /// How long that must be ago.
        stale_after: String,
    },
    /// The ticket has no section that an entry could be added to.
    #[error("{path} has no section `# Changelog`")]
    NoChangelog { path: RepoPath },
    /// A key that only tix writes.
    #[error("`{key}` is written by tix itself")]
    OwnedKey { key: String, verb: Option<Verb> },
    #[error("`{key}` cannot be a key")]
    BadKey { key: String },
    /// Somebody wrote to the ticket while it was being edited.
    #[error("{id} has changed while it was being edited")]
    Edited { id: TicketId },
}

fn count(things: usize) -> String {
    if things == 1 { "1 thing is".to_owned() } else { format!("{things} things are") }
}
