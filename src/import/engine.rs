//! The one place where imported tickets become tickets of tix, whatever their source.
//!
//! A pure decision over the trunk, as every write is: run again on a trunk that somebody else has moved, it finds the tickets
//! that they imported by source and id, and makes none of them twice.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::document::{Resolved, TicketOrigin, TicketText, is_untouched, place_of, with_earlier};
use super::related::{Related, related};
use super::{Imported, ImportedState, RefusedRecord, SourcePlace};
use crate::lifecycle::{Change, FileEdit, FreeIds, Refusal, Snapshot, Ticket, created_at, trailer};
use crate::names::RepoPath;
use crate::text::{count, one_line};
use crate::ticket::{Appended, ChangelogEntry, Document, Lane, SessionId, TicketId, Value};

/// Whether tickets that ended in the source come along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClosedTickets {
    Left,
    Brought,
}

impl ClosedTickets {
    /// Without `--all` only what goes on there comes.
    pub fn from_all(all: bool) -> ClosedTickets {
        if all { ClosedTickets::Brought } else { ClosedTickets::Left }
    }
}

/// What becomes of a ticket that has ended here, where it goes on in the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndedTickets {
    Stay,
    GoOn,
}

/// The directories of the lanes that an import writes to.
#[derive(Clone, Debug)]
pub struct LaneDirs {
    pub queue: RepoPath,
    pub completed: RepoPath,
    pub archive: RepoPath,
}

pub struct ImportRequest<'a> {
    pub tickets: &'a [Imported],
    pub closed: ClosedTickets,
    pub ended: EndedTickets,
    pub actor: &'a str,
    pub at: DateTime<Utc>,
    /// Who writes the changelog entry.
    pub role: &'a str,
    pub lanes: &'a LaneDirs,
}

/// What an import does with a ticket of the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum ImportOutcome {
    Created,
    /// The source has changed, and nobody had touched the ticket.
    Updated,
    Unchanged,
    /// The source has changed, and so has the ticket, which stays as it is.
    Touched,
    /// It ended in the source and stays there.
    Left,
}

/// A ticket of the source and what becomes of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ImportRow {
    /// `created`, `updated`, `unchanged`, `touched` where source and ticket have both changed, or `left` where it ended in the
    /// source.
    pub outcome: ImportOutcome,
    /// Its id in the source.
    pub source_id: String,
    /// Its ticket; missing where it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticket: Option<TicketId>,
    /// Its title.
    pub title: String,
}

#[derive(Debug, Default)]
pub struct ImportPlan {
    pub rows: Vec<ImportRow>,
    pub refused: Vec<RefusedRecord>,
    pub warnings: Vec<String>,
    /// Nothing where nothing has to be written.
    pub change: Option<Change>,
}

/// Decides what becomes of each ticket. `known` are the tickets of the trunk that can be read.
pub fn import(
    snapshot: &Snapshot,
    known: &[Ticket<'_>],
    request: &ImportRequest<'_>,
) -> Result<ImportPlan, Refusal> {
    let mut plan = ImportPlan::default();
    let by_origin: HashMap<TicketOrigin, &Ticket<'_>> = known
        .iter()
        .filter_map(|ticket| Some((TicketOrigin::of(&ticket.document)?, ticket)))
        .collect();
    let mut picked = pick(known, &by_origin, request, &mut plan);
    let mut numbers = FreeIds::of(snapshot);
    for one in picked.iter_mut().filter(|one| one.id.is_none() && !one.stays(request)) {
        let wanted =
            one.imported.file.as_ref().and_then(|_| TicketId::parse(&one.imported.id).ok());
        one.id = Some(numbers.take(&one.session, wanted.as_ref())?);
    }
    let related = related(snapshot, &picked, known, &by_origin, &mut plan.warnings);
    let (mut edits, mut written) = (Vec::new(), Vec::new());
    for (place, (one, related)) in picked.iter().zip(&related).enumerate() {
        let row = |outcome| ImportRow {
            outcome,
            source_id: one.imported.id.clone(),
            ticket: one.id.clone(),
            title: one_line(&one.imported.title),
        };
        let Some(id) = &one.id else {
            plan.rows.push(row(ImportOutcome::Left));
            continue;
        };
        match one.decide((id, place), related, request) {
            Ok((outcome, edit)) => {
                let lane = one.known.map(|ticket| ticket.entry.lane);
                if outcome == ImportOutcome::Touched
                    && lane.is_some_and(|lane| goes_on(one.imported, lane))
                {
                    plan.warnings.push(format!(
                        "{id} has ended here and goes on in the source: tix reopen {id} takes it up again"
                    ));
                }
                written.extend(edit.is_some().then(|| id.to_string()));
                edits.extend(edit);
                plan.rows.push(row(outcome));
            }
            Err(why) => plan.refused.push(RefusedRecord { place: one.imported.place.clone(), why }),
        }
    }
    plan.change = (!edits.is_empty()).then(|| change(edits, &written, request));
    Ok(plan)
}

fn change(edits: Vec<FileEdit>, ids: &[String], request: &ImportRequest<'_>) -> Change {
    let sources: BTreeSet<&str> = request.tickets.iter().map(|ticket| ticket.source).collect();
    let sources: Vec<&str> = sources.into_iter().collect();
    let mut trailers: Vec<(&'static str, String)> =
        ids.iter().map(|id| (trailer::TICKET, id.clone())).collect();
    trailers.push((trailer::ACTOR, request.actor.to_owned()));
    let tickets = count(ids.len() as u64, "ticket", "tickets");
    Change {
        edits,
        subject: format!("import: {tickets} from {}", sources.join(", ")),
        trailers,
        ..Change::default()
    }
}

/// A ticket of the source, and the one of the trunk that it has become or becomes.
pub struct PickedTicket<'a> {
    pub imported: &'a Imported,
    /// The ticket of an earlier import.
    pub known: Option<&'a Ticket<'a>>,
    /// Whether that one stays as it is, whatever the source says.
    pub keeps: bool,
    session: SessionId,
    pub id: Option<TicketId>,
}

/// Whether a ticket of this lane has ended, and the source has it at work.
fn goes_on(imported: &Imported, lane: Lane) -> bool {
    matches!(lane, Lane::Completed | Lane::Archive) && place_of(imported.state).0 == Lane::Queue
}

/// Finds the tickets of earlier imports, and refuses the second of two records with one id.
fn pick<'a>(
    known: &'a [Ticket<'a>],
    by_origin: &HashMap<TicketOrigin, &'a Ticket<'a>>,
    request: &ImportRequest<'a>,
    plan: &mut ImportPlan,
) -> Vec<PickedTicket<'a>> {
    let by_id: HashMap<&str, &'a Ticket<'a>> =
        known.iter().map(|ticket| (ticket.entry.id.as_str(), ticket)).collect();
    let mut seen: HashMap<(&str, &str), &SourcePlace> = HashMap::new();
    let mut picked = Vec::new();
    for imported in request.tickets {
        let key = (imported.source, imported.id.as_str());
        if let Some(first) = seen.get(&key) {
            let why = format!("{} is in {}:{} already", imported.id, first.file, first.line);
            plan.refused.push(RefusedRecord { place: imported.place.clone(), why });
            continue;
        }
        seen.insert(key, &imported.place);
        let known = match &imported.file {
            Some(_) => by_id.get(key.1).copied(),
            None => by_origin.get(&TicketOrigin::beside(imported, key.1)).copied(),
        };
        let id = known.map(|ticket| ticket.entry.id.clone());
        let said = known.map(|ticket| &ticket.document).or(imported.file.as_ref());
        let said = said.and_then(|document| document.text("session_id"));
        let session = said.and_then(|said| SessionId::parse(&said).ok());
        let session = session.unwrap_or_else(|| SessionId::slug_from_title(&imported.title));
        let keeps = known.is_some_and(|ticket| {
            let lane = ticket.entry.lane;
            imported.file.is_some()
                || lane == Lane::Active
                || !is_untouched(&ticket.document)
                || goes_on(imported, lane) && request.ended == EndedTickets::Stay
        });
        picked.push(PickedTicket { imported, known, keeps, session, id });
    }
    picked
}

impl PickedTicket<'_> {
    /// Whether it ended in the source and is not asked for.
    fn stays(&self, request: &ImportRequest<'_>) -> bool {
        let ended = matches!(self.imported.state, ImportedState::Done | ImportedState::Closed);
        ended && request.closed == ClosedTickets::Left
    }

    fn decide(
        &self,
        (id, place): (&TicketId, usize),
        related: &Related,
        request: &ImportRequest<'_>,
    ) -> Result<(ImportOutcome, Option<FileEdit>), String> {
        let (lane, _) = place_of(self.imported.state);
        let directory = match lane {
            Lane::Queue | Lane::Active => &request.lanes.queue,
            Lane::Completed => &request.lanes.completed,
            Lane::Archive => &request.lanes.archive,
        };
        let path = directory.join(&format!("{id}.md")).ok_or("its name is not a file name")?;
        if let Some(file) = &self.imported.file {
            return self.decide_file(file, id, related, path, request);
        }
        let existing = self.known.map(|ticket| &ticket.document);
        let before = existing.and_then(|document| document.text("created"));
        let now = created_at(request.at, place);
        let created = self.imported.created.as_deref().or(before.as_deref()).unwrap_or(&now);
        let imported = match existing {
            Some(document) => Cow::Owned(with_earlier(self.imported, document)),
            None => Cow::Borrowed(self.imported),
        };
        let written = TicketText::of(&Resolved {
            imported: &imported,
            id,
            session: &self.session,
            created,
            relations: related.here.clone(),
            elsewhere: related.elsewhere.clone(),
        });
        let document = written.document(existing, &self.entry(request));
        let content =
            document.map_err(|error| format!("it cannot be written: {error}"))?.into_bytes();
        let Some(ticket) = self.known else {
            return Ok((ImportOutcome::Created, Some(FileEdit::Add { path, content })));
        };
        if written.is(&ticket.document) {
            return Ok((ImportOutcome::Unchanged, None));
        }
        if self.keeps {
            return Ok((ImportOutcome::Touched, None));
        }
        let from = ticket.entry.path.clone();
        let to = if ticket.entry.lane == lane { from.clone() } else { path };
        Ok((ImportOutcome::Updated, Some(FileEdit::Move { from, to, content })))
    }

    /// A ticket of tix is told by its id, and its file stays as it is where that is possible.
    fn decide_file(
        &self,
        file: &Document,
        id: &TicketId,
        related: &Related,
        path: RepoPath,
        request: &ImportRequest<'_>,
    ) -> Result<(ImportOutcome, Option<FileEdit>), String> {
        let mut document = file.clone();
        let set = |document: &mut Document, key: &str, value: Value<'_>| {
            document.set(key, value).map_err(|error| format!("{key}: {error}"))
        };
        for (relation, ids) in &related.here {
            let unknown = related.elsewhere.get(relation).into_iter().flatten();
            let names: Vec<String> = ids.iter().chain(unknown).cloned().collect();
            let changed = names
                .iter()
                .any(|name| !self.imported.relations.contains(&(*relation, name.clone())));
            match (changed, relation.is_list(), names.first()) {
                (false, ..) | (true, _, None) => {}
                (true, true, _) => set(&mut document, relation.key(), Value::List(&names))?,
                (true, false, Some(name)) => set(&mut document, relation.key(), Value::Text(name))?,
            }
        }
        if document.text("ticket_id").is_some_and(|said| said != id.as_str())
            && id.as_str() != self.imported.id
        {
            set(&mut document, "ticket_id", Value::Text(id.as_str()))?;
        }
        let mut said = Vec::new();
        if self.imported.state == ImportedState::InProgress {
            said = there(&document);
            let (_, status) = place_of(self.imported.state);
            set(&mut document, "status", Value::Text(status.as_str()))?;
            for key in ["claimed_by", "claimed_at", "claim_id", "branch", "worktree_path"] {
                if document.text(key).is_some() {
                    set(&mut document, key, Value::Null)?;
                }
            }
        }
        if let Some(ticket) = self.known {
            let same = is_same(&ticket.document, &document, self.imported.state);
            let outcome = if same { ImportOutcome::Unchanged } else { ImportOutcome::Touched };
            return Ok((outcome, None));
        }
        if self.imported.state == ImportedState::InProgress {
            let lines = [self.lines(request), said].concat();
            let (at, role) = (request.at, request.role);
            let entry = ChangelogEntry { at, role, kind: "imported", lines: &lines };
            let ended = document.as_bytes().ends_with(b"\n");
            let section = if ended { "\n# Changelog\n" } else { "\n\n# Changelog\n" };
            // Behind a comment or a block of code without an end there can be none.
            let with_one = document.with_more(section.as_bytes()).ok();
            let with_one = with_one.filter(|_| !document.has_changelog());
            if let Some(with_one) = with_one.filter(Document::has_changelog) {
                document = with_one;
            }
            match document.append_changelog(&entry) {
                Appended::Yes | Appended::NoSection | Appended::TooLong => {}
            }
        }
        let content = document.into_bytes();
        Ok((ImportOutcome::Created, Some(FileEdit::Add { path, content })))
    }

    /// The entry of the changelog.
    fn entry(&self, request: &ImportRequest<'_>) -> String {
        let kind = if self.known.is_some() { "updated" } else { "imported" };
        let time = request.at.format("%Y-%m-%d %H:%M");
        let lines = self.lines(request);
        let lines: String = lines.iter().map(|line| format!("- {line}\n")).collect();
        format!("## [{time}] - {}: {kind}\n{lines}", request.role)
    }

    /// Its details.
    fn lines(&self, request: &ImportRequest<'_>) -> Vec<String> {
        let what = if self.known.is_some() { "Updated" } else { "Imported" };
        let Imported { source, id, state, holder, .. } = self.imported;
        let mut lines =
            vec![format!("{what} by {} from {source}: {}", request.actor, one_line(id))];
        if *state == ImportedState::InProgress {
            let with = holder.as_deref().map(|who| format!(" with {}", one_line(who)));
            let with = with.unwrap_or_default();
            lines.push(format!("It was in progress there{with}; a claim cannot be imported"));
        }
        lines
    }
}

/// Whether a file that was imported is the same; what was in progress has an entry more in its changelog.
fn is_same(ticket: &Document, file: &Document, state: ImportedState) -> bool {
    if state != ImportedState::InProgress {
        return ticket.as_bytes() == file.as_bytes();
    }
    let front = |document: &Document| {
        let bytes = document.as_bytes();
        bytes.get(..bytes.len() - document.body().len()).map(<[u8]>::to_vec)
    };
    let body = |document: &Document| document.without_changelog().0.trim().to_owned();
    front(ticket) == front(file) && body(ticket) == body(file)
}

/// What a held ticket said of its work, which does not come along.
fn there(file: &Document) -> Vec<String> {
    let keys = ["status", "claimed_at", "branch", "worktree_path"];
    let said = keys.iter().filter_map(|key| {
        let text = file.text(key).filter(|text| !text.trim().is_empty())?;
        Some(format!("`{key}` there: {}", one_line(&text)))
    });
    said.collect()
}
