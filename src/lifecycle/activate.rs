//! The record that the set-up is finished: the workspace exists and work can begin.

use chrono::{DateTime, Utc};

use super::change::{Change, Edit, trailer};
use super::claim::Claim;
use super::refusal::Refusal;
use super::snapshot::{Ticket, set_all};
use crate::names::RefName;
use crate::ticket::{Appended, Entry as LogEntry, Lane, Status, Value};

/// Where the work happens.
pub struct Activation<'a> {
    /// The claim that this belongs to.
    pub claim: &'a Claim,
    /// The ticket branch.
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
    activation: &Activation<'_>,
) -> Result<Change, Refusal> {
    let entry = ticket.entry;
    let claim = activation.claim;
    let held = ticket.held();
    if entry.lane != Lane::Active {
        return Err(Refusal::NotActive { id: entry.id.clone(), lane: entry.lane });
    }
    if held.claim_id.as_deref() != Some(claim.id.as_str()) {
        return Err(Refusal::ClaimChanged {
            id: entry.id.clone(),
            expected: claim.id.clone(),
            held: Box::new(held),
        });
    }
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
        Appended::Yes | Appended::NoSection => {}
    }
    Ok(Change {
        edits: vec![Edit::Move {
            from: entry.path.clone(),
            to: entry.path.clone(),
            content: document.into_bytes(),
        }],
        subject: format!("activate: {}", entry.id),
        reason: None,
        trailers: vec![
            (trailer::TICKET, entry.id.to_string()),
            (trailer::CLAIM, claim.id.clone()),
            (trailer::ACTOR, claim.by.clone()),
        ],
        refs: Vec::new(),
    })
}
