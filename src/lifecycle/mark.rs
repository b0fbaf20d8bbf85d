//! The verbs that change a ticket in place: its gate, its flag, its keys, its text, its changelog.

use super::act::{Act, ChangelogText, Writing, lines, write};
use super::change::{Change, FileEdit};
use super::decision::{Already, Decision};
use super::machine::{Illegal, Verb, lane_of};
use super::refusal::Refusal;
use super::snapshot::{Ticket, set_all};
use crate::text::near;
use crate::ticket::{Appended, Document, Status, StatusError, StatusReading, Value};

/// The role of an author who is not the reviewer.
const ROLE: &str = "Creator";

/// Lets a ticket through the gate, or sends it back to its specification.
pub fn gate(
    ticket: &Ticket<'_>,
    act: &Act<'_>,
    verb: Verb,
    reason: Option<&str>,
) -> Result<Decision, Refusal> {
    let (status, kind, what) = if verb == Verb::Queue {
        (Status::Queued, "queued", "Let through the gate")
    } else {
        (Status::Draft, "drafted", "Sent back to its specification")
    };
    if ticket.situation()?.state.status == status {
        return Ok(Decision::Answer(Already));
    }
    let next = act.require(verb, ticket)?;
    let story = ChangelogText {
        role: ROLE,
        kind,
        lines: lines(format!("{what} by {}", act.actor), reason),
    };
    let writing = Writing {
        subject: if verb == Verb::Queue { "queue" } else { "draft" },
        reason,
        fields: &[("status", Value::Text(next.status.as_str()))],
        to: None,
        story: &story,
    };
    Ok(write(ticket, act, &writing)?.0.into())
}

/// Flags a ticket as blocked.
pub fn block(ticket: &Ticket<'_>, act: &Act<'_>, reason: &str) -> Result<Decision, Refusal> {
    let next = act.require(Verb::Block, ticket)?;
    if ticket.blocked().as_deref() == Some(reason) {
        return Ok(Decision::Answer(Already));
    }
    let what = format!("Blocked by {}", act.actor);
    let story = ChangelogText { role: ROLE, kind: "blocked", lines: lines(what, Some(reason)) };
    let status = Value::Text(next.status.as_str());
    let writing = Writing {
        subject: "block",
        reason: Some(reason),
        // The status too: `status: blocked` does not say where the ticket is.
        fields: &[("status", status), ("blocked", Value::Text(reason))],
        to: None,
        story: &story,
    };
    Ok(write(ticket, act, &writing)?.0.into())
}

/// Removes the flag.
pub fn unblock(
    ticket: &Ticket<'_>,
    act: &Act<'_>,
    reason: Option<&str>,
) -> Result<Decision, Refusal> {
    let next = match act.require(Verb::Unblock, ticket) {
        Err(Refusal::Illegal { why: Illegal::NotBlocked, .. }) => {
            return Ok(Decision::Answer(Already));
        }
        required => required?,
    };
    let what = format!("Unblocked by {}", act.actor);
    let story = ChangelogText { role: ROLE, kind: "unblocked", lines: lines(what, reason) };
    let status = Value::Text(next.status.as_str());
    let writing = Writing {
        subject: "unblock",
        reason,
        fields: &[("status", status), ("blocked", Value::Null)],
        to: None,
        story: &story,
    };
    Ok(write(ticket, act, &writing)?.0.into())
}

/// Adds an entry to the changelog of a ticket.
pub fn note(
    ticket: &Ticket<'_>,
    act: &Act<'_>,
    story: &ChangelogText<'_>,
) -> Result<Change, Refusal> {
    act.require(Verb::Note, ticket)?;
    let writing = Writing { subject: "note", reason: None, fields: &[], to: None, story };
    match write(ticket, act, &writing)? {
        (change, Appended::Yes) => Ok(change),
        (_, Appended::NoSection) => {
            let (id, path) = (ticket.entry.id.clone(), ticket.entry.path.clone());
            Err(Refusal::NoChangelog { id, path })
        }
        (_, Appended::TooLong) => Err(Refusal::TooLong { id: ticket.entry.id.clone() }),
    }
}

/// The key that has the address of the pull request.
pub const PULL_REQUEST: &str = "pull_request";

/// Names the pull request of a ticket's branch in the ticket.
pub fn name_pull_request(
    ticket: &Ticket<'_>,
    act: &Act<'_>,
    url: &str,
) -> Result<Decision, Refusal> {
    if ticket.document.text(PULL_REQUEST).as_deref() == Some(url) {
        return Ok(Decision::Answer(Already));
    }
    act.require(Verb::Note, ticket)?;
    let what = format!("Pull request by {}: {url}", act.actor);
    let story = ChangelogText { role: ROLE, kind: "pull request", lines: vec![what] };
    let fields = [(PULL_REQUEST, Value::Text(url))];
    let writing = Writing { subject: "pr", reason: None, fields: &fields, to: None, story: &story };
    Ok(write(ticket, act, &writing)?.0.into())
}

/// A value that somebody sets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NewValue {
    Null,
    Text(String),
    List(Vec<String>),
}

impl NewValue {
    fn value(&self) -> Value<'_> {
        match self {
            NewValue::Null => Value::Null,
            NewValue::Text(text) => Value::Text(text),
            NewValue::List(items) => Value::List(items),
        }
    }
}

/// The keys that only tix writes, each with the command that does.
const OWNED: [(&str, Option<&str>); 18] = [
    ("ticket_id", None),
    ("session_id", None),
    ("sequence", None),
    ("created", None),
    ("status", None),
    ("claimed_by", Verb::Claim.command()),
    ("claimed_at", Verb::Claim.command()),
    ("claim_id", Verb::Claim.command()),
    ("branch", Verb::Claim.command()),
    ("worktree_path", Verb::Claim.command()),
    ("blocked", Verb::Block.command()),
    ("submitted", Verb::Submit.command()),
    ("approvals", Verb::Approve.command()),
    ("completed_at", Verb::Complete.command()),
    ("closed_at", Verb::Close.command()),
    ("resolution", Verb::Close.command()),
    (PULL_REQUEST, Some("pr")),
    ("parent_ticket", Some("dep add <ticket> <parent> --relation parent")),
];

/// Checks that somebody may set a key.
pub fn check_key(key: &str) -> Result<(), Refusal> {
    if let Some((_, command)) = OWNED.iter().find(|(owned, _)| owned.eq_ignore_ascii_case(key)) {
        return Err(Refusal::OwnedKey { key: key.to_owned(), command: *command });
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let ok = key.starts_with(|c: char| c.is_ascii_alphabetic()) && key.chars().all(plain);
    if ok { Ok(()) } else { Err(Refusal::BadKey { key: key.to_owned() }) }
}

/// The keys that people set and tix reads.
const READ: [&str; 7] =
    ["title", "priority", "labels", "depends_on", "blocks", "related", "duplicate_of"];

/// Whether tix does anything with a key. Another one is the team's own.
pub fn is_read(key: &str) -> bool {
    READ.contains(&key) || OWNED.iter().any(|(owned, _)| *owned == key)
}

/// What is probably meant by a key that tix does not read.
pub fn nearest_key(key: &str) -> Option<&'static str> {
    near(key, READ.map(|known| (known, known))).next()
}

/// The key that says how far a ticket is.
pub const STATUS: &str = "status";

/// Whether a ticket whose status is none, or none for its lane, gets one that the lane has. No verb can begin at such a ticket.
fn mends_status(ticket: &Ticket<'_>, setting: &NewValue) -> bool {
    let NewValue::Text(text) = setting else { return false };
    let is_known = |read: StatusReading| !read.blocked && lane_of(read.status) == ticket.entry.lane;
    let is_wrong = match ticket.document.status() {
        Ok(reading) => lane_of(reading.status) != ticket.entry.lane,
        Err(StatusError::Unknown { .. }) => true,
        Err(StatusError::Missing) => false,
    };
    is_wrong && Status::read(text).is_some_and(is_known)
}

/// Sets keys that are not tix's own, and the status if it is unknown.
pub fn set(
    ticket: &Ticket<'_>,
    act: &Act<'_>,
    settings: &[(String, NewValue)],
) -> Result<Decision, Refusal> {
    let mends =
        |(key, setting): &(String, NewValue)| key == STATUS && mends_status(ticket, setting);
    if !settings.iter().any(mends) {
        act.require(Verb::Edit, ticket)?;
    }
    let path = &ticket.entry.path;
    let mut document = ticket.document.clone();
    for pair @ (key, setting) in settings {
        if !mends(pair) {
            check_key(key)?;
        }
        set_all(&mut document, path, &[(key, setting.value())])?;
    }
    if document == ticket.document {
        return Ok(Decision::Answer(Already));
    }
    let keys: Vec<&str> = settings.iter().map(|(key, _)| key.as_str()).collect();
    let what = format!("Set by {}: {}", act.actor, keys.join(", "));
    let story = ChangelogText { role: ROLE, kind: "set", lines: vec![what] };
    let fields: Vec<(&str, Value<'_>)> =
        settings.iter().map(|(key, setting)| (key.as_str(), setting.value())).collect();
    let writing =
        Writing { subject: "set", reason: None, fields: &fields, to: None, story: &story };
    Ok(write(ticket, act, &writing)?.0.into())
}

/// A text that takes the place of a ticket's own.
pub struct NewText<'a> {
    /// The command that it comes by.
    pub verb: &'static str,
    /// The text that it was made from.
    pub before: &'a Document,
    pub after: &'a Document,
    /// The claim on the trunk.
    pub claim: Option<&'a str>,
}

/// Puts another text in the place of the one that it was made from. A damaged one may become anything that belongs where it is.
pub fn replace(
    ticket: &Ticket<'_>,
    act: &Act<'_>,
    text: &NewText<'_>,
) -> Result<Decision, Refusal> {
    let NewText { verb, before, after, claim } = *text;
    if ticket.document == *after {
        return Ok(Decision::Answer(Already));
    }
    act.require(Verb::Edit, ticket)?;
    if ticket.document != *before {
        return Err(Refusal::Edited { id: ticket.entry.id.clone() });
    }
    if before.is_readable() {
        same_keys(before, after)?;
    } else {
        let mended = Ticket { document: after.clone(), ..ticket.clone() };
        act.require(Verb::Edit, &mended)?;
        if claim.is_some() && mended.held().claim_id.as_deref() != claim {
            return Err(Refusal::OwnedKey { key: "claim_id".to_owned(), command: None });
        }
    }
    let story = ChangelogText { role: ROLE, kind: "edited", lines: Vec::new() };
    let writing = Writing { subject: verb, reason: None, fields: &[], to: None, story: &story };
    let (mut change, _) = write(ticket, act, &writing)?;
    // The text is the user's, including the changelog: no entry is added.
    change.edits = vec![FileEdit::Move {
        from: ticket.entry.path.clone(),
        to: ticket.entry.path.clone(),
        content: after.as_bytes().to_vec(),
    }];
    Ok(change.into())
}

/// Checks that nobody has changed by hand what tix writes.
fn same_keys(before: &Document, after: &Document) -> Result<(), Refusal> {
    for (key, command) in OWNED {
        let same = before.text(key) == after.text(key)
            && before.list(key) == after.list(key)
            && before.has(key) == after.has(key);
        if !same {
            return Err(Refusal::OwnedKey { key: key.to_owned(), command });
        }
    }
    Ok(())
}
