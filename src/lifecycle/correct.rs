//! Corrects what a ticket says where it contradicts its file name.

use super::change::{Change, FileEdit, trailer};
use super::refusal::Refusal;
use super::snapshot::{Ticket, set_all};
use crate::ticket::{Lane, Value};

/// Writes the file's name into `ticket_id`. A held ticket is left alone: its holder's branch also has the file, and two
/// edits of one front matter make every merge conflict.
pub fn correct_id(ticket: &Ticket<'_>, actor: &str) -> Result<Change, Refusal> {
    let entry = ticket.entry;
    if entry.lane == Lane::Active {
        return Err(ticket.held_refusal());
    }
    let mut document = ticket.document.clone();
    set_all(&mut document, &entry.path, &[("ticket_id", Value::Text(entry.id.as_str()))])?;
    Ok(Change {
        edits: vec![FileEdit::Move {
            from: entry.path.clone(),
            to: entry.path.clone(),
            content: document.into_bytes(),
        }],
        subject: format!("correct: {} (ticket_id)", entry.id),
        trailers: vec![(trailer::TICKET, entry.id.to_string()), (trailer::ACTOR, actor.to_owned())],
        ..Change::default()
    })
}
