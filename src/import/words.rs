//! The words that several sources use in one meaning.

use super::{Imported, ImportedState};
use crate::ticket::Status;

/// The state that a status means in most systems. A ticket with an unknown one is a draft: somebody has to look at it.
pub fn state(ticket: &mut Imported, warnings: &mut Vec<String>) -> ImportedState {
    let word = ticket.status.trim().to_lowercase().replace(['-', ' '], "_");
    match word.as_str() {
        "closed" | "resolved" | "complete" | "finished" | "merged" | "released" => {
            return ImportedState::Done;
        }
        "cancelled" | "canceled" | "wontfix" | "wont_fix" | "won't_fix" | "wont_do"
        | "won't_do" | "rejected" | "duplicate" | "obsolete" | "declined" | "abandoned" => {
            return ImportedState::Closed;
        }
        "in_review" | "review" | "started" | "testing" => return ImportedState::InProgress,
        "deferred" | "on_hold" | "paused" | "idea" => return ImportedState::Draft,
        "blocked" => {
            ticket
                .blocked
                .get_or_insert_with(|| format!("its status in {} says so", ticket.source));
            return ImportedState::Open;
        }
        _ => {}
    }
    match Status::read(&word).map(|reading| reading.status) {
        Some(Status::Draft) => ImportedState::Draft,
        Some(Status::Open) => ImportedState::Open,
        Some(Status::Queued) => ImportedState::Queued,
        Some(Status::Approved) => ImportedState::Done,
        Some(Status::Closed) => ImportedState::Closed,
        Some(
            Status::Claimed
            | Status::InProgress
            | Status::CriticReview
            | Status::ExpediterReview
            | Status::ChangesRequested,
        ) => ImportedState::InProgress,
        None => {
            warnings.push(format!(
                "{}: its status `{}` is unknown, so it is a draft",
                ticket.id, ticket.status
            ));
            ImportedState::Draft
        }
    }
}
