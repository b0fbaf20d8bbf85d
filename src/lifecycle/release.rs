//! Gives a ticket back to the queue.

use super::act::Act;
use super::change::{Change, FileEdit, RefEdit, Target, trailer};
use super::mark::PULL_REQUEST;
use super::refusal::Refusal;
use super::snapshot::{Ticket, set_all};
use crate::names::{Oid, RefName, RepoPath};
use crate::ticket::{Appended, ChangelogEntry as LogEntry, Lane, QueueGate, Status, Value};

/// What happens to the ticket branch on the remote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BranchDisposal {
    Absent,
    /// It has only tix's own commits: deleted, if it is still at this commit.
    Delete {
        name: RefName,
        /// Where it must be.
        at: Oid,
    },
    /// It has work: kept under another name, and its name becomes free.
    Keep {
        name: RefName,
        /// Where it must be.
        at: Oid,
        /// The name under which it is kept.
        attic: RefName,
    },
}

impl BranchDisposal {
    /// The ref changes that free its name.
    pub(super) fn free(self) -> Vec<RefEdit> {
        match self {
            BranchDisposal::Absent => Vec::new(),
            BranchDisposal::Delete { name, at } => vec![RefEdit::Delete { name, at }],
            BranchDisposal::Keep { name, at, attic } => vec![
                RefEdit::Create { name: attic, to: Target::Commit(at.clone()) },
                RefEdit::Delete { name, at },
            ],
        }
    }

    /// The trailer that says where its work is kept.
    pub(super) fn trailer(&self) -> Option<(&'static str, String)> {
        match self {
            BranchDisposal::Absent | BranchDisposal::Delete { .. } => None,
            BranchDisposal::Keep { attic, .. } => Some((trailer::ATTIC, attic.short().to_owned())),
        }
    }
}

/// How far the holder has got. A release undoes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reached {
    /// It is in review, or has passed it.
    Review,
    Completion,
}

/// Who gives a ticket back, and why.
pub struct ReleaseRequest<'a> {
    pub act: Act<'a>,
    /// Why, in the holder's words.
    pub reason: Option<&'a str>,
    /// According to the ticket in the place where its progress is written while it is held.
    pub reached: Option<Reached>,
    /// Who writes the changelog entry.
    pub role: &'a str,
    pub queue: &'a RepoPath,
}

/// Moves a held ticket back to the queue and frees its branch name.
pub fn release(
    ticket: &Ticket<'_>,
    request: &ReleaseRequest<'_>,
    branch: BranchDisposal,
) -> Result<Change, Refusal> {
    let entry = ticket.entry;
    let act = &request.act;
    let claim_id = ticket.held().claim_id.unwrap_or_default();
    // Before the lane is checked: to a former holder, "it is in the queue" means that the claim has ended.
    act.require_claim(ticket)?;
    if entry.lane != Lane::Active {
        return Err(ticket.not_active(act.policy));
    }
    act.require_holder(ticket)?;
    // Somebody who thinks that a release belongs to the end of the work would lose the completion.
    if request.reached == Some(Reached::Completion) && request.reason.is_none() {
        return Err(Refusal::Completed { id: entry.id.clone() });
    }
    let bad = |why: &str| Refusal::BadName { id: entry.id.clone(), why: why.to_owned() };
    let to = request
        .queue
        .join(&format!("{}.md", entry.id))
        .ok_or_else(|| bad("its name is not a file name"))?;
    let content = given_back(ticket, request, &branch)?;
    let mut trailers = vec![
        (trailer::TICKET, entry.id.to_string()),
        (trailer::CLAIM, claim_id),
        (trailer::ACTOR, act.actor.to_owned()),
    ];
    trailers.extend(branch.trailer());
    Ok(Change {
        edits: vec![FileEdit::Move { from: entry.path.clone(), to, content }],
        subject: format!("release: {}", entry.id),
        reason: request.reason.map(str::to_owned),
        trailers,
        refs: branch.free(),
        ..Change::default()
    })
}

fn given_back(
    ticket: &Ticket<'_>,
    request: &ReleaseRequest<'_>,
    branch: &BranchDisposal,
) -> Result<Vec<u8>, Refusal> {
    let mut document = ticket.document.clone();
    // If a person must queue tickets, this one was queued when it was claimed; a release does not undo that.
    let status = match request.act.policy.gate {
        QueueGate::Open => Status::Open,
        QueueGate::RequireQueued => Status::Queued,
    };
    let path = &ticket.entry.path;
    set_all(&mut document, path, &[("status", Value::Text(status.as_str()))])?;
    for key in ["claimed_by", "claimed_at", "claim_id", "branch", "worktree_path", PULL_REQUEST] {
        if document.has(key) {
            set_all(&mut document, path, &[(key, Value::Null)])?;
        }
    }
    let mut lines = vec![format!("Given back to the queue by {}", request.act.actor)];
    lines.extend(request.reason.map(|reason| format!("Reason: {reason}")));
    if let BranchDisposal::Keep { attic, .. } = branch {
        lines.push(format!("Work so far: {}", attic.short()));
    }
    let entry =
        LogEntry { at: request.act.at, role: request.role, kind: "released", lines: &lines };
    // Without a changelog section, only the commit records it.
    match document.append_changelog(&entry) {
        Appended::Yes | Appended::NoSection | Appended::TooLong => {}
    }
    Ok(document.into_bytes())
}
