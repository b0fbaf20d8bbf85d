//! The message for an agent's session at its start: the ticket of this workspace, or how many are free.

use std::path::Path;

use crate::app::board;
use crate::app::context::{Context, Globals};
use crate::app::operation::Identity;
use crate::app::role;
use crate::app::unknown::OnUnknown;
use crate::env::{self, Env};
use crate::error::Failure;
use crate::lifecycle::{Refusal, Ticket, TicketEntry, is_given};
use crate::names::RefName;
use crate::out::Out;
use crate::text::{count, cut, one_line, safe};
use crate::ticket::{Lane, Status, TicketId, TicketRow, name_of};
use crate::trunk::View;
use crate::workspace::worker::{self, WorkerState};
use crate::workspace::{self, Session, SessionMatch, WorkspaceRecord};

/// An agent's context is expensive, so this is the most columns.
const LONGEST: usize = 600;

/// The message for this session; `None` if there is nothing to say, or if it cannot be found out.
pub fn facts(
    dir: &Path,
    branch: Option<&RefName>,
    session: Option<&Session>,
    env: &Env,
    out: &Out,
) -> Option<String> {
    let found = find(&asked_in(dir), (branch, session), env, out);
    let text =
        found.inspect_err(|failure| tracing::debug!(message = %failure.message, "session")).ok()?;
    Some(cut(&safe(text), LONGEST))
}

/// A session starts and ends also where the team has a setting of a newer tix.
fn asked_in(dir: &Path) -> Globals {
    let (dir, on_unknown) = (Some(dir.to_owned()), OnUnknown::PassOver);
    Globals { dir, on_unknown, ..Globals::default() }
}

/// The tickets on which this session is still at work, if it was not told of them before; they count as told from here on.
pub fn still_held(dir: &Path, session: &Session, env: &Env, out: &Out) -> Option<Vec<String>> {
    let found = held_by(session, &asked_in(dir), env, out);
    let ids =
        found.inspect_err(|failure| tracing::debug!(message = %failure.message, "stop")).ok()?;
    (!ids.is_empty()).then_some(ids)
}

fn held_by(
    session: &Session,
    globals: &Globals,
    env: &Env,
    out: &Out,
) -> Result<Vec<String>, Failure> {
    let ctx = Context::open(globals, env, out, None)?;
    let mut records = records_of(&ctx, Some(session));
    records.retain(|(_, record)| !record.reminded);
    let mut ids = Vec::new();
    if records.is_empty() {
        return Ok(ids);
    }
    let view = ctx.last_seen()?;
    for (row, record) in held_under(&ctx, &view, records)? {
        let is_at_work = matches!(row.known, Some(Status::Claimed | Status::InProgress));
        if is_at_work && row.blocked.is_none() && !is_with_worker(&ctx, &row.id, &record, session) {
            workspace::save(&ctx.repo, &row.id, &WorkspaceRecord { reminded: true, ..record })?;
            ids.push(row.id.to_string());
        }
    }
    Ok(ids)
}

/// Whether a worker is on the ticket that is another session than this one: it finishes that itself.
fn is_with_worker(
    ctx: &Context<'_>,
    id: &TicketId,
    record: &WorkspaceRecord,
    session: &Session,
) -> bool {
    let of_worker = record.worker.as_ref().is_some_and(|worker| worker != session);
    let found = || worker::of(&ctx.repo, id, &env::host());
    of_worker && !matches!(found(), Ok(None | Some(WorkerState::Stale(_))) | Err(_))
}

/// The workspaces that this session has asked for, or works in as a worker.
fn records_of(ctx: &Context<'_>, session: Option<&Session>) -> Vec<(TicketId, WorkspaceRecord)> {
    let mut records = workspace::all(&ctx.repo);
    records.retain(|(_, record)| record.compare_session(session) == SessionMatch::Same);
    records
}

/// Those of the tickets that are still held under the claim of their record.
fn held_under(
    ctx: &Context<'_>,
    view: &View<'_>,
    records: Vec<(TicketId, WorkspaceRecord)>,
) -> Result<Vec<(TicketRow, WorkspaceRecord)>, Failure> {
    let mut held = Vec::new();
    for (id, record) in records {
        let active = |entry: &&TicketEntry| entry.lane == Lane::Active && entry.id == id;
        let Some(entry) = view.snapshot.entries.iter().find(active) else { continue };
        let (row, ..) = board::read_one(ctx, view, entry)?;
        if row.claim_id.as_ref() == Some(&record.claim_id) {
            held.push((row, record));
        }
    }
    Ok(held)
}

fn find(
    globals: &Globals,
    (branch, session): (Option<&RefName>, Option<&Session>),
    env: &Env,
    out: &Out,
) -> Result<String, Failure> {
    let ctx = Context::open(globals, env, out, None)?;
    let view = ctx.last_seen()?;
    let trunk = ctx.trunk_label();
    let held = branch.and_then(|branch| {
        let entries = view.snapshot.entries.iter().filter(|entry| entry.lane == Lane::Active);
        entries
            .into_iter()
            .find(|entry| ctx.ticket_branch(&entry.id).is_ok_and(|name| name == *branch))
    });
    if let Some(entry) = held {
        return of_workspace(&ctx, &view, entry, (branch, session));
    }
    let own = records_of(&ctx, session);
    let own = held_elsewhere(&held_under(&ctx, &view, own)?) + &given(&ctx, &view)?;
    let queue = board::read(&ctx, &view, &[Lane::Queue])?;
    let gate = ctx.gate();
    let free = queue.rows.iter().filter(|row| {
        row.blocked.is_none() && row.known.is_some_and(|status| status.is_claimable(gate))
    });
    let free = match free.count() {
        0 => "no ticket is free".to_owned(),
        free => count(free, "ticket is free", "tickets are free"),
    };
    let on = branch
        .map(|branch| format!(" {} is checked out here.", branch.short()))
        .unwrap_or_default();
    Ok(format!(
        "{own}This repository has a queue of tickets: on {trunk}, as last fetched, {free} (`tix list`). `tix activate \
         <ticket>` claims one and makes a branch and a worktree for it. {} takes ticket commits only.{on}",
        ctx.trunk.short(),
    ))
}

/// What a session hears in the workspace of a ticket. Only what it holds, or this clone for any session, is called its own: with
/// another holder the branch is not this session's to commit to.
fn of_workspace(
    ctx: &Context<'_>,
    view: &View<'_>,
    entry: &TicketEntry,
    (branch, session): (Option<&RefName>, Option<&Session>),
) -> Result<String, Failure> {
    let (row, document, _) = board::read_one(ctx, view, entry)?;
    let session = session.filter(|_| role::objection(ctx, "activate").is_none());
    let identity = Identity::reading_in(ctx, &row.id, session);
    let refused = identity.act(ctx).require_holder(&Ticket::new(entry, document)).err();
    let (id, branch) = (&row.id, branch.map(RefName::short).unwrap_or_default());
    let ticket = format!("the ticket {id}{} ({})", title_of(&row), row.status_words());
    let resume = format!("to go on with it here: `tix activate {id} --resume`");
    let claim = row.claim_id.as_deref().unwrap_or_default();
    let holder = row.holder_name().unwrap_or("somebody else");
    let (whose, way) = match refused {
        None => {
            return Ok(format!(
                "This worktree holds {ticket}. Its branch is {branch}, and work on it is committed here; `tix show {id}` prints its \
                 text. {} takes ticket commits only.",
                ctx.trunk.short(),
            ));
        }
        Some(Refusal::OtherSession { .. }) => ("another session holds".to_owned(), resume),
        Some(_) if row.holder.as_deref() != Some(identity.actor.as_str()) => {
            (format!("{holder} holds now"), "for another ticket: `tix list`".to_owned())
        }
        Some(_) if is_given(claim) => {
            (format!("was handed over to {holder}"), format!("to take it up: `tix activate {id}`"))
        }
        Some(_) => (format!("{holder} holds from another clone"), resume),
    };
    Ok(format!(
        "This is the worktree of {ticket}, which {whose}: nothing is committed here, on {branch}, by this session ({way}). `tix show \
         {id}` prints its text. {} takes ticket commits only.",
        ctx.trunk.short(),
    ))
}

/// What was handed over to this person, and nobody has gone on with yet: any session of theirs may.
fn given(ctx: &Context<'_>, view: &View<'_>) -> Result<String, Failure> {
    let active = board::read(ctx, view, &[Lane::Active])?;
    let reader = ctx.reader();
    let mut given = active.rows.iter().filter(|row| {
        row.holder.as_ref() == Some(&reader) && row.claim_id.as_deref().is_some_and(is_given)
    });
    let Some(row) = given.next() else { return Ok(String::new()) };
    let more = match given.count() {
        0 => String::new(),
        more => format!(", and {more} more (`tix list --mine`)"),
    };
    let (id, title) = (&row.id, title_of(row));
    Ok(format!("{id}{title} was handed over to {}: `tix activate {id}`{more}. ", name_of(&reader)))
}

/// What a session that does not stand in its workspace holds: one that goes on after its context was cut short has nowhere else
/// to read it.
fn held_elsewhere(held: &[(TicketRow, WorkspaceRecord)]) -> String {
    let Some((row, record)) = held.first() else { return String::new() };
    let at = record.path.as_ref().map(|path| format!(" Work on it is done in {}.", path.display()));
    let more = match held.len() - 1 {
        0 => String::new(),
        more => format!(" It holds {more} more: `tix list --mine`."),
    };
    format!(
        "This session holds the ticket {}{} ({}).{}{more} ",
        row.id,
        title_of(row),
        row.status_words(),
        at.unwrap_or_default(),
    )
}

/// The title of a ticket behind its id.
fn title_of(row: &TicketRow) -> String {
    let title = row.title.as_deref().map(|title| format!(", \"{}\"", one_line(title)));
    title.unwrap_or_default()
}
