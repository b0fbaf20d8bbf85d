//! Records where work begins and on which branch, or that a set-up failed.

use chrono::{DateTime, Utc};

use super::change::{Change, CommitReach, FileEdit, FollowUp, trailer};
use super::claim::{Claim, Claimed};
use super::machine::Policy;
use super::refusal::Refusal;
use super::snapshot::{Ticket, set_all};
use crate::ticket::{Appended, ChangelogEntry as LogEntry, Lane, Status, TicketId, Value};

pub struct ActivateRequest<'a> {
    pub claim: &'a Claim,
    /// The worktree's path relative to the main worktree; `None` with `--no-worktree`.
    pub worktree: Option<&'a str>,
    /// The time of the changelog entry.
    pub at: DateTime<Utc>,
    /// Who writes the changelog entry.
    pub role: &'a str,
    /// The branches that get the commit.
    pub reach: CommitReach,
}

/// Writes status, branch and worktree into a ticket on top of its claim, to be pushed with it.
pub fn record_activation(
    claimed: &Claimed,
    activation: &ActivateRequest<'_>,
) -> Result<FollowUp, Refusal> {
    let (claim, branch) = (activation.claim, claimed.branch.short());
    let mut document = claimed.document.clone();
    let fields = [
        ("status", Value::Text(Status::InProgress.as_str())),
        ("branch", Value::Text(branch)),
        ("worktree_path", activation.worktree.map_or(Value::Null, Value::Text)),
    ];
    set_all(&mut document, &claimed.path, &fields)?;
    let mut lines = vec![format!("Claimed by {}", claim.by), format!("Branch: {branch}")];
    lines.extend(activation.worktree.map(|path| format!("Worktree: {path}")));
    let note =
        LogEntry { at: activation.at, role: activation.role, kind: "activated", lines: &lines };
    // Without a changelog section, only the commit records it.
    match document.append_changelog(&note) {
        Appended::Yes | Appended::NoSection | Appended::TooLong => {}
    }
    let (from, to) = (claimed.path.clone(), claimed.path.clone());
    Ok(FollowUp {
        edits: vec![FileEdit::Move { from, to, content: document.into_bytes() }],
        subject: format!("activate: {}", claimed.id),
        trailers: trailers(&claimed.id, claim),
        reach: activation.reach,
    })
}

/// A failed set-up, recorded in the ticket because the claim is kept.
pub struct FailureNote<'a> {
    pub claim: &'a Claim,
    pub policy: Policy<'a>,
    pub cause: &'a str,
    pub at: DateTime<Utc>,
    /// Who writes the changelog entry.
    pub role: &'a str,
}

/// Records in the changelog that the set-up failed. The ticket stays claimed.
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
        // There is no changelog to write into, and an empty change would be refused.
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
        trailers: trailers(&entry.id, note.claim),
        ..Change::default()
    })
}

/// Requires that the ticket is active and held by this claim.
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

fn trailers(id: &TicketId, claim: &Claim) -> Vec<(&'static str, String)> {
    vec![
        (trailer::TICKET, id.to_string()),
        (trailer::CLAIM, claim.id.clone()),
        (trailer::ACTOR, claim.by.clone()),
    ]
}
