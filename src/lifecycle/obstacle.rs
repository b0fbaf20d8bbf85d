//! Why a verb cannot be done to a ticket that is there.

use super::gate::Missing;
use super::machine::{Illegal, Verb};
use super::refusal::Held;
use crate::names::{Oid, RepoPath};
use crate::text::count;
use crate::ticket::TicketId;

/// What stands in the way of a verb.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Obstacle {
    /// The verb does not apply to the ticket as it is.
    #[error("{id} cannot be {}: {why}", verb.done())]
    Illegal {
        /// Which ticket.
        id: TicketId,
        /// What was asked for.
        verb: Verb,
        /// Why not.
        why: Illegal,
        /// What could be done instead.
        legal: Vec<Verb>,
    },
    /// The status is a word that means nothing.
    #[error("the status of {id} is `{text}`, which is none")]
    UnknownStatus {
        /// Which ticket.
        id: TicketId,
        /// The word.
        text: String,
    },
    /// Its holder reviews it.
    #[error("{actor} holds {id}, and nobody reviews their own work")]
    OwnWork {
        /// Which ticket.
        id: TicketId,
        /// Who asked.
        actor: String,
    },
    /// It is at another stage of its review than was named.
    #[error("{id} is at the stage {at} of its review, not at {asked}")]
    OtherStage {
        /// Which ticket.
        id: TicketId,
        /// The stage it is at.
        at: &'static str,
        /// The stage that was named.
        asked: &'static str,
    },
    /// The ticket branch holds other work than what was submitted, or than what was reviewed.
    #[error("the branch of {id} has moved since it was {since}")]
    Moved {
        /// Which ticket.
        id: TicketId,
        /// What was done to the commit that is known.
        since: &'static str,
        /// The commit that is known.
        known: Oid,
        /// Where the branch is.
        tip: Oid,
    },
    /// There is no branch with the work.
    #[error("{id} has no ticket branch, so there is no work to speak of")]
    NoWork {
        /// Which ticket.
        id: TicketId,
    },
    /// Its branch says that there is work to do.
    #[error("{id} is not completed on its branch")]
    NotCompleted {
        /// Which ticket.
        id: TicketId,
        /// What could be done instead.
        legal: Vec<Verb>,
    },
    /// What is left to do before the ticket is complete.
    #[error("{id} is not complete: {} still missing", count(missing.len(), "thing is", "things are"))]
    Incomplete {
        /// Which ticket.
        id: TicketId,
        /// All of it.
        missing: Vec<Missing>,
    },
    /// Somebody works on it, so nobody else can have it.
    #[error("{} works on {id}: the last sign of it was at {last}", held.by.as_deref().unwrap_or("somebody who left no name"))]
    Fresh {
        /// Which ticket.
        id: TicketId,
        /// Who holds it.
        held: Box<Held>,
        /// When something was last done, as the ticket branch or the claim says.
        last: String,
        /// How long that must be ago.
        stale_after: String,
    },
    /// The ticket has no section that an entry could be added to.
    #[error("{path} has no section `# Changelog`")]
    NoChangelog {
        /// Where.
        path: RepoPath,
    },
    /// A key that only tix writes.
    #[error("`{key}` is written by tix itself")]
    OwnedKey {
        /// Which key.
        key: String,
        /// The verb that writes it.
        verb: Option<Verb>,
    },
    /// A word that is no key.
    #[error("`{key}` cannot be a key")]
    BadKey {
        /// The word.
        key: String,
    },
    /// Somebody wrote to the ticket while it was being edited.
    #[error("{id} has changed while it was being edited")]
    Edited {
        /// Which ticket.
        id: TicketId,
    },
}
