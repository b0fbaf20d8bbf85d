//! Creates tickets, numbered on the trunk.

use std::collections::{BTreeMap, HashSet};

use chrono::{DateTime, SecondsFormat, SubsecRound as _, TimeDelta, Utc};

use super::change::{Change, FileEdit, trailer};
use super::refusal::Refusal;
use super::snapshot::Snapshot;
use crate::names::RepoPath;
use crate::ticket::{
    Appended, ChangelogEntry as LogEntry, Document, DocumentError, SessionId, Status, TicketId,
    Value,
};

#[derive(Clone, Debug)]
pub struct Draft {
    /// Its text: a template or a file, with everything but id and sequence in place.
    pub document: Document,
    pub session: SessionId,
    /// The id that it should have if that is free: the id of its source file.
    pub wanted: Option<TicketId>,
    /// Its name in an error: its source file, or its title.
    pub label: String,
}

pub struct NewTicket<'a> {
    /// The tickets, in the order of their numbers.
    pub drafts: &'a [Draft],
    pub actor: &'a str,
    /// The key by which a repeated call finds them again.
    pub key: Option<&'a str>,
    pub at: DateTime<Utc>,
    /// Who writes the changelog entry.
    pub role: &'a str,
    pub queue: &'a RepoPath,
}

/// Puts the drafts into the queue, each with the next free sequence of its session in all lanes.
pub fn create(
    snapshot: &Snapshot,
    request: &NewTicket<'_>,
) -> Result<(Change, Vec<TicketId>), Refusal> {
    let mut numbers = FreeIds::of(snapshot);
    let mut ids: Vec<TicketId> = Vec::new();
    let mut edits = Vec::new();
    for (place, draft) in request.drafts.iter().enumerate() {
        let id = numbers.take(&draft.session, draft.wanted.as_ref())?;
        let bad = |why: &str| Refusal::BadName { id: id.clone(), why: why.to_owned() };
        let path = request
            .queue
            .join(&format!("{id}.md"))
            .ok_or_else(|| bad("its name is not a file name"))?;
        let damaged = |e: DocumentError| Refusal::Damaged {
            path: path.clone(),
            line: e.line,
            why: format!("{} (in {})", e.kind, draft.label),
        };
        let content = fill(draft, &id, &created_at(request.at, place), request).map_err(damaged)?;
        edits.push(FileEdit::Add { path, content });
        ids.push(id);
    }
    let named: Vec<&str> = ids.iter().map(TicketId::as_str).collect();
    let mut trailers: Vec<(&'static str, String)> =
        ids.iter().map(|id| (trailer::TICKET, id.to_string())).collect();
    trailers.push((trailer::ACTOR, request.actor.to_owned()));
    trailers.extend(request.key.map(|key| (trailer::KEY, key.to_owned())));
    let change = Change {
        edits,
        subject: format!("new: {}", named.join(" ")),
        trailers,
        ..Change::default()
    };
    Ok((change, ids))
}

/// Gives new tickets ids that no ticket has.
pub struct FreeIds<'a> {
    snapshot: &'a Snapshot,
    taken: HashSet<TicketId>,
    /// The next sequence of a family of ids.
    next: BTreeMap<String, u32>,
}

impl<'a> FreeIds<'a> {
    pub fn of(snapshot: &'a Snapshot) -> FreeIds<'a> {
        let taken = snapshot.entries.iter().map(|entry| entry.id.clone()).collect();
        FreeIds { snapshot, taken, next: BTreeMap::new() }
    }

    /// The wanted id if it is free, else the next one of the session.
    pub fn take(
        &mut self,
        session: &SessionId,
        wanted: Option<&TicketId>,
    ) -> Result<TicketId, Refusal> {
        if let Some(wanted) = wanted.filter(|wanted| self.taken.insert((*wanted).clone())) {
            return Ok(wanted.clone());
        }
        let family = format!("TICKET-{}", session.as_str());
        let counter = self
            .next
            .entry(family)
            .or_insert_with_key(|family| self.snapshot.next_sequence(family));
        loop {
            let id = session.numbered_ticket(*counter).map_err(|e| Refusal::BadQuery {
                query: session.as_str().to_owned(),
                why: e.to_string(),
            })?;
            *counter += 1;
            if self.taken.insert(id.clone()) {
                return Ok(id);
            }
        }
    }
}

/// When the ticket at this place of several is created, as written. They are created in one moment and in an order, and
/// whoever sorts by this time must find that order.
pub fn created_at(at: DateTime<Utc>, place: usize) -> String {
    if place == 0 {
        return at.to_rfc3339_opts(SecondsFormat::Secs, true);
    }
    let later = TimeDelta::microseconds(i64::try_from(place).unwrap_or(i64::MAX / 2));
    (at.trunc_subsecs(0) + later).to_rfc3339_opts(SecondsFormat::Micros, true)
}

fn fill(
    draft: &Draft,
    id: &TicketId,
    created: &str,
    request: &NewTicket<'_>,
) -> Result<Vec<u8>, DocumentError> {
    let mut document = draft.document.clone();
    document.set("ticket_id", Value::Text(id.as_str()))?;
    document.set("session_id", Value::Text(draft.session.as_str()))?;
    if let Some(sequence) = id.sequence() {
        document.set("sequence", Value::Text(&format!("{sequence:03}")))?;
    }
    let waiting = document
        .status()
        .is_ok_and(|s| matches!(s.status, Status::Draft | Status::Open | Status::Queued));
    if !waiting {
        document.set("status", Value::Text(Status::Open.as_str()))?;
    }
    if document.text("created").is_none() {
        document.set("created", Value::Text(created))?;
    }
    let entry = LogEntry {
        at: request.at,
        role: request.role,
        kind: "created",
        lines: &[format!("Created by {}", request.actor)],
    };
    // A ticket from a file may have no changelog; the commit records its creation.
    match document.append_changelog(&entry) {
        Appended::Yes | Appended::NoSection | Appended::TooLong => {}
    }
    Ok(document.into_bytes())
}
