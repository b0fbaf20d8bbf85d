//! Claims a ticket: moves it from the queue to active. Also renews one's own unfinished claim.

use serde::{Deserialize, Serialize};

use super::change::{Change, CommitReach, FileEdit, RefEdit, Target, trailer};
use super::machine::Policy;
use super::refusal::Refusal;
use super::snapshot::{EntryNode, Snapshot, Ticket, set_all};
use crate::names::{Oid, RefName, RepoPath};
use crate::ticket::{Document, Lane, QueueGate, Status, StatusError, TicketId, Value};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// Unique, random, and the same for all attempts of a run. Without it, two agents with one identity would make the
    /// same commit in the same second, and git would tell both "up to date".
    pub id: String,
    pub by: String,
    /// When: RFC 3339, UTC.
    pub at: String,
    pub host: String,
}

impl Claim {
    /// The keys that a claim writes, and only these.
    fn fields(&self) -> [(&'static str, Value<'_>); 4] {
        [
            ("status", Value::Text(Status::Claimed.as_str())),
            ("claimed_by", Value::Text(&self.by)),
            ("claimed_at", Value::Text(&self.at)),
            ("claim_id", Value::Text(&self.id)),
        ]
    }
}

/// A ticket branch on the remote that no claim owns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StrayBranch<'a> {
    /// An earlier holder's push that arrived after the release. It is moved to the attic with everything in it.
    Work(&'a Oid),
    /// Somebody created it from the trunk, and it has nothing of its own.
    Worthless(&'a Oid),
}

/// Everything that a claim depends on, besides the trunk.
pub struct ClaimRequest<'a> {
    pub claim: &'a Claim,
    /// The team's policy, such as whether a person must have queued the ticket first.
    pub policy: Policy<'a>,
    /// Why, in the claimer's words.
    pub reason: Option<&'a str>,
    /// The path of an active ticket's file, from its id and its session.
    pub place: &'a dyn Fn(&TicketId, &str) -> Result<RepoPath, String>,
    pub branch: &'a dyn Fn(&TicketId, &str) -> Result<RefName, String>,
    /// Where the ticket branch starts.
    pub base: Target,
    /// A ticket branch that no claim owns.
    pub stray: Option<StrayBranch<'a>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// The ticket; renamed if it had no sequence.
    pub id: TicketId,
    /// Its previous id.
    pub was: TicketId,
    pub session: String,
    /// The path of its file now.
    pub path: RepoPath,
    pub branch: RefName,
    /// The branch with an earlier holder's work, if the ticket names one.
    pub earlier: Option<String>,
    /// Its text, with the claim.
    pub document: Document,
}

/// Moves a ticket from the queue to active.
pub fn claim(
    ticket: &Ticket<'_>,
    snapshot: &Snapshot,
    request: &ClaimRequest<'_>,
) -> Result<(Change, Claimed), Refusal> {
    let entry = ticket.entry;
    if let EntryNode::Other(what) = entry.node {
        return Err(Refusal::NotAFile { path: entry.path.clone(), what });
    }
    match entry.lane {
        Lane::Queue => {}
        Lane::Active => return Err(ticket.held_refusal()),
        lane @ (Lane::Completed | Lane::Archive) => {
            let legal = ticket.legal(request.policy);
            return Err(Refusal::NotInQueue { id: entry.id.clone(), lane, legal });
        }
    }
    check_claimable(ticket, request.policy)?;
    let bad = |why: String| Refusal::BadName { id: entry.id.clone(), why };
    let session = session_of(ticket);
    let id = sequenced(ticket, snapshot, &session).map_err(bad)?;
    let path = (request.place)(&id, &session).map_err(bad)?;
    let branch = (request.branch)(&id, &session).map_err(bad)?;
    if let Some(taken) = snapshot.entries.iter().find(|e| e.path == path) {
        return Err(Refusal::Exists { id: taken.id.clone(), path });
    }
    let earlier = earlier_work(ticket);
    let mut document = ticket.document.clone();
    if id != entry.id {
        let sequence = format!("{:03}", id.sequence().unwrap_or_default());
        set_all(&mut document, &entry.path, &[("sequence", Value::Text(&sequence))])?;
        if document.has("ticket_id") {
            set_all(&mut document, &entry.path, &[("ticket_id", Value::Text(id.as_str()))])?;
        }
    }
    let claim = request.claim;
    set_all(&mut document, &entry.path, &claim.fields())?;
    let change = Change {
        edits: vec![FileEdit::Move {
            from: entry.path.clone(),
            to: path.clone(),
            content: document.clone().into_bytes(),
        }],
        subject: format!("claim: {id}"),
        reason: request.reason.map(str::to_owned),
        trailers: trailers(claim, &id),
        refs: free_branch(&id, &branch, request)?,
        establishes: Some((id.clone(), claim.id.clone())),
        merge: None,
        follow_up: None,
        reach: CommitReach::Trunk,
    };
    let was = entry.id.clone();
    Ok((change, Claimed { id, was, session, path, branch, earlier, document }))
}

/// The same claim with the ticket branch as its lock: the trunk does not move, and the commit says so, because a claim
/// whose lock is the trunk does not exist unless the trunk has it.
pub fn on_branch_alone(mut change: Change) -> Change {
    change.reach = CommitReach::Refs;
    change.trailers.push((trailer::LOCK, "branch".to_owned()));
    change
}

/// Copies the claim from one version of a ticket to another; false if that version cannot take it.
pub fn copy_claim(claimed: &Document, ticket: &mut Document) -> bool {
    ["status", "claimed_by", "claimed_at", "claim_id"].iter().all(|key| {
        let value = claimed.text(key);
        ticket.set(key, value.as_deref().map_or(Value::Null, Value::Text)).is_ok()
    })
}

/// Creates the ticket branch, which must not exist. A stray one is first kept in the attic, in the same transaction;
/// otherwise nobody could ever claim the ticket.
fn free_branch(
    id: &TicketId,
    branch: &RefName,
    request: &ClaimRequest<'_>,
) -> Result<Vec<RefEdit>, Refusal> {
    let to = request.base.clone();
    let name = branch.clone();
    let stray = match request.stray {
        None => return Ok(vec![RefEdit::Create { name, to }]),
        Some(StrayBranch::Worthless(at)) => {
            return Ok(vec![RefEdit::Move { name, from: at.clone(), to }]);
        }
        Some(StrayBranch::Work(at)) => at,
    };
    // Named after the claim, so that a commit that is pushed twice meets nothing there.
    let run = request.claim.id.rsplit('-').next().unwrap_or_default();
    let attic = RefName::branch(&format!("attic/{id}/stray-{}-{run}", stray.short()));
    let attic = attic.ok_or_else(|| Refusal::BadName {
        id: id.clone(),
        why: "it cannot be part of a branch name".to_owned(),
    })?;
    Ok(vec![
        RefEdit::Create { name: attic, to: Target::Commit(stray.clone()) },
        RefEdit::Move { name, from: stray.clone(), to },
    ])
}

/// Renews an unfinished claim of this clone with a new id.
///
/// This needs a push, though the ticket stays where it is: a release of the old claim whose answer was lost can still
/// land, and would take the ticket away from whoever resumed it. The new commit makes such a release fail.
///
/// `old` is the claim that was found unfinished; `branch_at` is where the ticket branch is now, `None` when it does not
/// exist.
pub fn resume(
    ticket: &Ticket<'_>,
    request: &ClaimRequest<'_>,
    old: &str,
    branch_at: Option<&Oid>,
) -> Result<(Change, Claimed), Refusal> {
    let entry = ticket.entry;
    let held = ticket.held();
    if entry.lane != Lane::Active {
        return Err(ticket.not_active(request.policy));
    }
    if held.claim_id.as_deref() != Some(old) {
        return Err(Refusal::ClaimChanged {
            id: entry.id.clone(),
            expected: old.to_owned(),
            held: Box::new(held),
        });
    }
    let bad = |why: String| Refusal::BadName { id: entry.id.clone(), why };
    let session = session_of(ticket);
    let branch = (request.branch)(&entry.id, &session).map_err(bad)?;
    let claim = request.claim;
    let mut document = ticket.document.clone();
    set_all(&mut document, &entry.path, &claim.fields())?;
    let to = request.base.clone();
    let branch_edit = match (branch_at, &to) {
        (None, _) => Some(RefEdit::Create { name: branch.clone(), to }),
        // A branch that starts from the base, not from the claim, is already where it belongs.
        (Some(_), Target::Commit(_)) => None,
        (Some(from), Target::LastCommit) => {
            Some(RefEdit::Move { name: branch.clone(), from: from.clone(), to })
        }
    };
    let change = Change {
        edits: vec![FileEdit::Move {
            from: entry.path.clone(),
            to: entry.path.clone(),
            content: document.clone().into_bytes(),
        }],
        subject: format!("claim: {} (resumed)", entry.id),
        reason: request.reason.map(str::to_owned),
        trailers: trailers(claim, &entry.id),
        refs: branch_edit.into_iter().collect(),
        establishes: Some((entry.id.clone(), claim.id.clone())),
        merge: None,
        follow_up: None,
        reach: CommitReach::Trunk,
    };
    let claimed = Claimed {
        id: entry.id.clone(),
        was: entry.id.clone(),
        session,
        path: entry.path.clone(),
        branch,
        earlier: earlier_work(ticket),
        document,
    };
    Ok((change, claimed))
}

fn trailers(claim: &Claim, id: &TicketId) -> Vec<(&'static str, String)> {
    vec![
        (trailer::TICKET, id.to_string()),
        (trailer::CLAIM, claim.id.clone()),
        (trailer::ACTOR, claim.by.clone()),
        (trailer::HOST, claim.host.clone()),
    ]
}

/// The last attic branch that the ticket's own text names; a release writes it there.
fn earlier_work(ticket: &Ticket<'_>) -> Option<String> {
    let text = std::str::from_utf8(ticket.document.body()).ok()?;
    let prefix = format!("attic/{}/", ticket.entry.id);
    let tail = text.get(text.rfind(&prefix)? + prefix.len()..)?;
    let end = tail.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).unwrap_or(tail.len());
    let name = tail.get(..end).filter(|name| !name.is_empty())?;
    Some(format!("{prefix}{name}"))
}

fn check_claimable(ticket: &Ticket<'_>, policy: Policy<'_>) -> Result<(), Refusal> {
    let id = || ticket.entry.id.clone();
    let legal = || ticket.legal(policy);
    if let Some(why) = ticket.blocked() {
        return Err(Refusal::Blocked { id: id(), why, legal: legal() });
    }
    let need = match policy.gate {
        QueueGate::Open => "open or queued",
        QueueGate::RequireQueued => "queued",
    };
    let status = match ticket.document.status() {
        Ok(reading) => reading.status,
        // A ticket without a status has its lane's: it waits in the queue.
        Err(StatusError::Missing) => Status::Open,
        Err(StatusError::Unknown { text, .. }) => {
            return Err(Refusal::NotClaimable { id: id(), status: text, need, legal: legal() });
        }
    };
    if status.is_claimable(policy.gate) {
        return Ok(());
    }
    // The word that lists and `tix doctor` show, whichever of its aliases is written.
    let status = status.words(&[]).to_owned();
    Err(Refusal::NotClaimable { id: id(), status, need, legal: legal() })
}

/// The session of a ticket: the one it names, else its id without prefix and sequence.
pub fn session_of(ticket: &Ticket<'_>) -> String {
    let named = ticket.document.text("session_id");
    named.unwrap_or_else(|| ticket.entry.id.session().to_owned())
}

/// The id with a sequence. A ticket with an empty `sequence:` and without one in its name gets the next free number;
/// every other ticket keeps its name.
fn sequenced(ticket: &Ticket<'_>, snapshot: &Snapshot, session: &str) -> Result<TicketId, String> {
    let id = &ticket.entry.id;
    let waits = ticket.document.has("sequence") && ticket.document.text("sequence").is_none();
    if !waits || id.sequence().is_some() {
        return Ok(id.clone());
    }
    // The family is the file's own name; a session that is spelled differently counts too, so that the number is free
    // in both.
    let by_name = snapshot.next_sequence(id.without_sequence());
    let by_session = snapshot.next_sequence(&format!("TICKET-{session}"));
    id.with_sequence(by_name.max(by_session)).map_err(|e| e.to_string())
}

/// How the claim of a ticket that was handed over begins, where others begin with the id of a clone: the giver may not go on
/// under it, and its new holder goes on under another.
pub const GIVEN: &str = "given-";

/// Whether a claim is that of a handoff, with which nobody has gone on yet.
pub fn is_given(claim: &str) -> bool {
    claim.starts_with(GIVEN)
}
