//! The verbs that change a ticket in place: its gate, its flag, its keys, its text, its changelog.

use super::act::{Act, ChangelogText, Writing, lines, write};
use super::change::{Change, FileEdit};
use super::decision::{Already, Decision};
use super::machine::{Illegal, Verb, lane_of};
use super::refusal::Refusal;
use super::snapshot::{Ticket, set_all};
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

/// The keys that only tix writes, each with the verb that writes it.
const OWNED: [(&str, Option<Verb>); 17] = [
    ("ticket_id", None),
    ("session_id", None),
    ("sequence", None),
    ("created", None),
    ("status", None),
    ("claimed_by", Some(Verb::Claim)),
    ("claimed_at", Some(Verb::Claim)),
    ("claim_id", Some(Verb::Claim)),
    ("branch", Some(Verb::Claim)),
    ("worktree_path", Some(Verb::Claim)),
    ("blocked", Some(Verb::Block)),
    ("submitted", Some(Verb::Submit)),
    ("approvals", Some(Verb::Approve)),
    ("completed_at", Some(Verb::Complete)),
    ("closed_at", Some(Verb::Close)),
    ("resolution", Some(Verb::Close)),
    ("parent_ticket", Some(Verb::Rework)),
];

/// Checks that somebody may set a key.
pub fn check_key(key: &str) -> Result<(), Refusal> {
    if let Some((_, verb)) = OWNED.iter().find(|(owned, _)| owned.eq_ignore_ascii_case(key)) {
        return Err(Refusal::OwnedKey { key: key.to_owned(), verb: *verb });
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let ok = key.starts_with(|c: char| c.is_ascii_alphabetic()) && key.chars().all(plain);
    if ok { Ok(()) } else { Err(Refusal::BadKey { key: key.to_owned() }) }
}

/// The key of a ticket's status.
pub const STATUS: &str = "status";

/// Whether a ticket with an unknown status gets one that fits its lane. No verb can start from such a ticket.
fn mends_status(ticket: &Ticket<'_>, setting: &NewValue) -> bool {
    let NewValue::Text(text) = setting else { return false };
    let is_known = |read: StatusReading| !read.blocked && lane_of(read.status) == ticket.entry.lane;
    matches!(ticket.document.status(), Err(StatusError::Unknown { .. }))
        && Status::read(text).is_some_and(is_known)
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

/// Replaces the text that was edited, `before`.
pub fn replace(
    ticket: &Ticket<'_>,
    act: &Act<'_>,
    before: &Document,
    after: &Document,
) -> Result<Decision, Refusal> {
    if ticket.document == *after {
        return Ok(Decision::Answer(Already));
    }
    act.require(Verb::Edit, ticket)?;
    if ticket.document != *before {
        return Err(Refusal::Edited { id: ticket.entry.id.clone() });
    }
    for (key, verb) in OWNED {
        let same = before.text(key) == after.text(key)
            && before.list(key) == after.list(key)
            && before.has(key) == after.has(key);
        if !same {
            return Err(Refusal::OwnedKey { key: key.to_owned(), verb });
        }
    }
    let story = ChangelogText { role: ROLE, kind: "edited", lines: Vec::new() };
    let writing = Writing { subject: "edit", reason: None, fields: &[], to: None, story: &story };
    let (mut change, _) = write(ticket, act, &writing)?;
    // The text is the user's, including the changelog: no entry is added.
    change.edits = vec![FileEdit::Move {
        from: ticket.entry.path.clone(),
        to: ticket.entry.path.clone(),
        content: after.as_bytes().to_vec(),
    }];
    Ok(change.into())
}
