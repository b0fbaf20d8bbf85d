//! The record that the set-up is finished: the workspace exists and work can begin.

use chrono::{DateTime, Utc};

use super::change::{Change, FileEdit, trailer};
use super::claim::Claim;
use super::machine::Policy;
use super::refusal::Refusal;
use super::snapshot::{Ticket, set_all};
use crate::names::RefName;
use crate::ticket::{Appended, ChangelogEntry as LogEntry, Lane, Status, Value};

pub struct ActivateRequest<'a> {
    pub claim: &'a Claim,
    pub policy: Policy<'a>,
    pub branch: &'a RefName,
    /// The worktree's path as people on this machine know it; `None` with `--no-worktree`.
    pub worktree: Option<&'a str>,
    /// When: for the changelog entry.
    pub at: DateTime<Utc>,
    /// Who writes the changelog entry.
    pub role: &'a str,
}

/// Writes status, branch and worktree into the ticket. Refuses when another claim holds it by now.
pub fn record_activation(
    ticket: &Ticket<'_>,
    activation: &ActivateRequest<'_>,
) -> Result<Change, Refusal> {
    let entry = ticket.entry;
    let claim = activation.claim;
    require_claim(ticket, claim, activation.policy)?;
    let mut document = ticket.document.clone();
    let fields = [
        ("status", Value::Text(Status::InProgress.as_str())),
        ("branch", Value::Text(activation.branch.short())),
        ("worktree_path", activation.worktree.map_or(Value::Null, Value::Text)),
    ];
    set_all(&mut document, &entry.path, &fields)?;
    let mut lines = vec![format!("Claimed by {}", claim.by)];
    lines.push(format!("Branch: {}", activation.branch.short()));
    lines.extend(activation.worktree.map(|path| format!("Worktree: {path}")));
    let note =
        LogEntry { at: activation.at, role: activation.role, kind: "activated", lines: &lines };
    // Without a changelog section the commit alone tells it.
    match document.append_changelog(&note) {
        Appended::Yes | Appended::NoSection | Appended::TooLong => {}
    }
    Ok(Change {
        edits: vec![FileEdit::Move {
            from: entry.path.clone(),
            to: entry.path.clone(),
            content: document.into_bytes(),
        }],
        subject: format!("activate: {}", entry.id),
        reason: None,
        trailers: trailers(ticket, claim),
        refs: Vec::new(),
        establishes: None,
        merge: None,
    })
}

/// A set-up that failed, told in the ticket because the claim is kept.
pub struct FailureNote<'a> {
    pub claim: &'a Claim,
    pub policy: Policy<'a>,
    pub cause: &'a str,
    pub at: DateTime<Utc>,
    /// Who writes the changelog entry.
    pub role: &'a str,
}

/// Writes into the changelog that the set-up failed. The ticket stays claimed.
pub fn note_failure(ticket: &Ticket<'_>, note: &FailureNote<'_>) -> Result<Change, Refusal> {
    require_claim(ticket, note.claim, note.policy)?;
    let entry = ticket.entry;
    let mut document = ticket.document.clone();
    let entry_text = LogEntry {
        at: note.at,
        role: note.role,
        kind: "activation_failed",
        lines: &[note.cause.to_owned(), format!("Kept by {}", note.claim.by)],
    };
    if document.append_changelog(&entry_text) != Appended::Yes {
        // There is nothing to write it into, and a commit that changes nothing would be refused as a change.
        set_all(&mut document, &entry.path, &[("claimed_by", Value::Text(&note.claim.by))])?;
    }
    Ok(Change {
        edits: vec![FileEdit::Move {
            from: entry.path.clone(),
            to: entry.path.clone(),
            content: document.into_bytes(),
        }],
        subject: format!("note: {} (the set-up failed)", entry.id),
        reason: Some(note.cause.to_owned()),
        trailers: trailers(ticket, note.claim),
        refs: Vec::new(),
        establishes: None,
        merge: None,
    })
}

/// The ticket is active, and held by this claim.
fn require_claim(ticket: &Ticket<'_>, claim: &Claim, policy: Policy<'_>) -> Result<(), Refusal> {
    let entry = ticket.entry;
    let held = ticket.held();
    if entry.lane != Lane::Active {
        return Err(ticket.not_active(policy));
    }
    if held.claim_id.as_deref() != Some(claim.id.as_str()) {
        return Err(Refusal::ClaimChanged {
            id: entry.id.clone(),
            expected: claim.id.clone(),
            held: Box::new(held),
        });
    }
    Ok(())
}

fn trailers(ticket: &Ticket<'_>, claim: &Claim) -> Vec<(&'static str, String)> {
    vec![
        (trailer::TICKET, ticket.entry.id.to_string()),
        (trailer::CLAIM, claim.id.clone()),
        (trailer::ACTOR, claim.by.clone()),
    ]
}
