//! The ends of a ticket, and reopening one.

use super::act::{Act, ChangelogText, Writing, lines, write};
use super::change::{Change, FileEdit, trailer};
use super::decision::{Already, Decision};
use super::gate::{self, Missing};
use super::machine::{Illegal, Verb};
use super::mark::PULL_REQUEST;
use super::next::Hindrance;
use super::refusal::Refusal;
use super::release::BranchDisposal;
use super::review::Work;
use super::snapshot::{Snapshot, Ticket, TicketEntry};
use crate::names::RepoPath;
use crate::ticket::{Lane, Status, TicketId, Value};

const ROLE: &str = "Creator";

/// The keys that say who holds a ticket and how far the work is; closing or completing it ends all of them.
const OF_THE_WORK: [&str; 8] = [
    "claimed_by",
    "claimed_at",
    "claim_id",
    "branch",
    "worktree_path",
    "submitted",
    "approvals",
    PULL_REQUEST,
];

pub struct CompleteRequest<'a> {
    /// The time, as written.
    pub at: &'a str,
    pub completed: &'a RepoPath,
    /// A directory that would disappear with it but that other tickets use too. A file keeps it: if a whole directory
    /// is gone, a merge treats it as moved, and moves what others put there along.
    pub keep: Option<&'a RepoPath>,
    pub effort: Effort<'a>,
    pub waits: Vec<Hindrance>,
}

/// What was done for a ticket that is to be completed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effort<'a> {
    /// Somebody has committed to its branch.
    Commits,
    Nothing,
    /// Nothing, because it needs nothing, for this reason.
    NotNeeded(&'a str),
}

pub fn complete(
    ticket: &Ticket<'_>,
    act: &Act<'_>,
    work: &Work<'_>,
    request: &CompleteRequest<'_>,
) -> Result<Change, Refusal> {
    let mut missing = gate::missing(ticket, act.policy, work);
    if request.effort == Effort::Nothing {
        missing.insert(0, Missing::Commits);
    }
    missing.extend(request.waits.iter().cloned().map(Missing::Dependency));
    let id = ticket.entry.id.clone();
    let next = match act.require(Verb::Complete, ticket) {
        // Before the last approval the status is wrong, and the list of missing things says better what to do.
        Err(Refusal::Illegal { why: Illegal::Status(status), .. })
            if status != Status::Claimed && !missing.is_empty() =>
        {
            return Err(Refusal::Incomplete { id, missing });
        }
        required => required?,
    };
    if !missing.is_empty() {
        return Err(Refusal::Incomplete { id, missing });
    }
    let to = beside(ticket.entry, request.completed)?;
    let mut lines = vec![format!("Completed by {}", act.actor), format!("Commit: {}", work.tip)];
    let reason = match request.effort {
        Effort::NotNeeded(why) => Some(why),
        Effort::Commits | Effort::Nothing => None,
    };
    lines.extend(reason.map(|why| format!("No work: {why}")));
    let story = ChangelogText { role: ROLE, kind: "completed", lines };
    let fields = [
        ("status", Value::Text(next.status.as_str())),
        ("completed_at", Value::Text(request.at)),
        ("worktree_path", Value::Null),
    ];
    let writing =
        Writing { subject: "complete", reason, fields: &fields, to: Some(to), story: &story };
    let mut change = write(ticket, act, &writing)?.0;
    change.trailers.push((trailer::COMMIT, work.tip.to_string()));
    let kept = request.keep.and_then(|directory| directory.join(".gitkeep"));
    change.edits.extend(kept.map(|path| FileEdit::Add { path, content: Vec::new() }));
    Ok(change)
}

/// The path with the same directory and name below another lane.
fn beside(entry: &TicketEntry, lane: &RepoPath) -> Result<RepoPath, Refusal> {
    let depth = lane.components().count();
    let rest: Vec<&[u8]> = entry.path.components().skip(depth).collect();
    let path = [lane.as_bytes(), b"/", &rest.join(&b'/')].concat();
    RepoPath::parse(path).ok_or_else(|| Refusal::BadName {
        id: entry.id.clone(),
        why: "its place has no counterpart in the other lane".to_owned(),
    })
}

/// How a ticket is closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolution {
    WontDo,
    /// It duplicates another ticket.
    Duplicate(TicketId),
    /// Another ticket replaces it.
    Superseded(TicketId),
    /// It was completed, and is archived.
    Done,
}

impl std::fmt::Display for Resolution {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Resolution::WontDo => f.write_str("wont_do"),
            Resolution::Duplicate(id) => write!(f, "duplicate:{id}"),
            Resolution::Superseded(id) => write!(f, "superseded:{id}"),
            Resolution::Done => f.write_str("done"),
        }
    }
}

pub struct CloseRequest<'a> {
    pub resolution: &'a Resolution,
    pub reason: Option<&'a str>,
    /// The time, as written.
    pub at: &'a str,
    pub archive: &'a RepoPath,
}

/// Closes a ticket that is not done. The branch name of a held one becomes free, as with a release.
pub fn close(
    ticket: &Ticket<'_>,
    act: &Act<'_>,
    request: &CloseRequest<'_>,
    branch: BranchDisposal,
) -> Result<Decision, Refusal> {
    let resolution = request.resolution.to_string();
    if ticket.entry.lane == Lane::Archive
        && ticket.document.text("resolution") == Some(resolution.clone())
    {
        return Ok(Decision::Answer(Already));
    }
    let next = act.require(Verb::Close, ticket)?;
    let mut said = lines(format!("Closed by {} as {resolution}", act.actor), request.reason);
    if let BranchDisposal::Keep { attic, .. } = &branch {
        said.push(format!("Work so far: {}", attic.short()));
    }
    let story = ChangelogText { role: ROLE, kind: "closed", lines: said };
    let mut fields = vec![
        ("status", Value::Text(next.status.as_str())),
        ("closed_at", Value::Text(request.at)),
        ("resolution", Value::Text(&resolution)),
    ];
    fields.extend(OF_THE_WORK.map(|key| (key, Value::Null)));
    let writing = Writing {
        subject: "close",
        reason: request.reason,
        fields: &fields,
        to: Some(file_in(request.archive, &ticket.entry.id)?),
        story: &story,
    };
    let mut change = write(ticket, act, &writing)?.0;
    change.trailers.extend(branch.trailer());
    change.refs = branch.free();
    Ok(change.into())
}

/// Archives completed tickets, all in one commit. The answer is [`Already`] if there are none.
pub fn archive(
    tickets: &[Ticket<'_>],
    act: &Act<'_>,
    at: &str,
    archive: &RepoPath,
) -> Result<Decision, Refusal> {
    let mut all: Option<Change> = None;
    for ticket in tickets {
        let next = act.require(Verb::Archive, ticket)?;
        let what = format!("Archived by {}", act.actor);
        let story = ChangelogText { role: ROLE, kind: "archived", lines: vec![what] };
        let resolution = Resolution::Done.to_string();
        let fields = [
            ("status", Value::Text(next.status.as_str())),
            ("closed_at", Value::Text(at)),
            ("resolution", Value::Text(&resolution)),
        ];
        let writing = Writing {
            subject: "archive",
            reason: None,
            fields: &fields,
            to: Some(file_in(archive, &ticket.entry.id)?),
            story: &story,
        };
        let one = write(ticket, act, &writing)?.0;
        match &mut all {
            None => all = Some(one),
            Some(change) => {
                change.edits.extend(one.edits);
                change.subject = format!("{} {}", change.subject, ticket.entry.id);
                change.trailers.push((trailer::TICKET, ticket.entry.id.to_string()));
            }
        }
    }
    Ok(all.map_or(Decision::Answer(Already), Decision::from))
}

/// Where a ticket that has ended goes when it is reopened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reopening {
    /// To the queue, as if nobody had held it.
    Anew,
    /// To its holder: the branch of a completed ticket is not merged, so it stays, with its open pull request.
    Unmerged,
}

pub struct ReopenRequest<'a> {
    pub to: Reopening,
    pub reason: &'a str,
    pub queue: &'a RepoPath,
    pub active: &'a RepoPath,
}

/// Reopens a ticket. In the queue, everything that its holder and its end wrote into the front matter is removed.
/// Otherwise its holder continues under the same claim, and the review starts again.
pub fn reopen(
    ticket: &Ticket<'_>,
    act: &Act<'_>,
    request: &ReopenRequest<'_>,
) -> Result<Change, Refusal> {
    let verb = match request.to {
        Reopening::Anew => Verb::Reopen,
        Reopening::Unmerged => Verb::TakeUp,
    };
    let next = act.require(verb, ticket)?;
    let reason = Some(request.reason);
    let what = format!("Reopened by {}", act.actor);
    let story = ChangelogText { role: ROLE, kind: "reopened", lines: lines(what, reason) };
    let mut fields = vec![("status", Value::Text(next.status.as_str()))];
    let (to, ended): (RepoPath, &[&'static str]) = if next.lane == Lane::Active {
        (beside(ticket.entry, request.active)?, &["submitted", "approvals"])
    } else {
        (file_in(request.queue, &ticket.entry.id)?, &OF_THE_WORK)
    };
    fields.extend(ended.iter().map(|key| (*key, Value::Null)));
    fields.extend(["completed_at", "closed_at", "resolution"].map(|key| (key, Value::Null)));
    let writing =
        Writing { subject: "reopen", reason, fields: &fields, to: Some(to), story: &story };
    Ok(write(ticket, act, &writing)?.0)
}

fn file_in(lane: &RepoPath, id: &TicketId) -> Result<RepoPath, Refusal> {
    lane.join(&format!("{id}.md")).ok_or_else(|| Refusal::BadName {
        id: id.clone(),
        why: "its name is not a file name".to_owned(),
    })
}

/// Requires that the ticket that a rework starts from has ended.
pub fn require_ended(ticket: &Ticket<'_>, act: &Act<'_>) -> Result<(), Refusal> {
    act.require(Verb::Rework, ticket).map(|_| ())
}

/// Marks a change that creates tickets as the rework of this ticket.
pub fn as_rework(mut change: Change, of: &TicketId, reason: Option<&str>) -> Change {
    let made: Vec<String> = change
        .edits
        .iter()
        .filter_map(|edit| match edit {
            FileEdit::Add { path, .. } => {
                let name = path.file_name().strip_suffix(b".md")?;
                std::str::from_utf8(name).ok().map(str::to_owned)
            }
            FileEdit::Move { .. } => None,
        })
        .collect();
    change.subject = format!("rework: {} (of {of})", made.join(" "));
    change.reason = reason.map(str::to_owned);
    change
}

/// The completed tickets of a trunk.
pub fn completed(snapshot: &Snapshot) -> impl Iterator<Item = &TicketEntry> {
    snapshot.entries.iter().filter(|entry| entry.lane == Lane::Completed)
}
