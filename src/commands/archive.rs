//! `tix archive`: move completed tickets to the archive.

use std::time::Duration;

use crate::app::complete::ids;
use crate::app::context::{Context, Globals};
use crate::app::find::{TicketSearch, find_ticket};
use crate::app::here::require_here;
use crate::app::operation::{Identity, answer};
use crate::app::receipt::{Receipt, record};
use crate::env::Env;
use crate::error::Failure;
use crate::lifecycle::{self, Already, Ticket, TicketEntry};
use crate::out::Out;
use crate::text::{duration, safe};
use crate::ticket::moment;
use crate::ticket::{Lane, TicketId};
use crate::trunk::{Diary, Outcome, Run, Stop, View};

/// Move completed tickets to the archive
///
/// They move from completed/ to archive/, all in one commit. A ticket that is completed on its branch but not merged yet
/// is still active on the trunk, so it stays.
#[derive(Debug, clap::Args)]
pub struct ArchiveArgs {
    /// The tickets: ids, ids without TICKET-, unambiguous parts of them, or paths to their files [default: the one of this
    /// workspace]
    #[arg(value_name = "TICKET", add = ids(&[Lane::Completed]))]
    tickets: Vec<String>,
    /// All tickets completed longer ago than this, such as 30d
    #[arg(long, value_name = "TIME", value_parser = duration::parse)]
    older_than: Option<Duration>,
    /// How long to keep trying while others push to the trunk, such as 90s or 2m [default: 60s]
    #[arg(long, value_name = "TIME")]
    timeout: Option<String>,
}

pub fn run(args: &ArchiveArgs, globals: &Globals, env: &Env, out: &Out) -> Result<(), Failure> {
    let ctx = Context::open(globals, env, out, args.timeout.as_deref())?;
    let mut diary = Diary { phase: "archive", ..Diary::default() };
    let query = args.tickets.join(" ");
    let result = archive(&ctx, args, &mut diary);
    let receipt = record(&ctx, "archive", &query, &diary, result)?;
    let text = match receipt.tickets.as_slice() {
        [] => "nothing to archive\n".to_owned(),
        ids => ids.iter().map(|id| format!("{} is archived\n", safe(id))).collect(),
    };
    answer(out, &receipt, &text);
    Ok(())
}

fn archive(ctx: &Context<'_>, args: &ArchiveArgs, diary: &mut Diary) -> Result<Receipt, Failure> {
    let limit = args.older_than.map(duration::delta);
    let mut named = args.tickets.clone();
    if named.is_empty() && limit.is_none() {
        named.push(require_here(ctx)?.to_string());
    }
    let run = Run::begin(&ctx.repo)?;
    let actor = ctx.actor()?;
    let archive = ctx.lane_dir(Lane::Archive)?;
    let at = crate::clock::rfc3339(ctx.now);
    let progress = ctx.progress();
    let engine = ctx.engine(&run, &progress);
    let identity = Identity::without_claim(ctx)?;
    let act = identity.act(ctx);
    let outcome = engine.transact(diary, |view| {
        let tickets = chosen(ctx, view, &named, limit)?;
        let ids: Vec<TicketId> = tickets.iter().map(|ticket| ticket.entry.id.clone()).collect();
        Ok(lifecycle::archive(&tickets, &act, &at, &archive)?.with(ids))
    })?;
    let mut receipt = Receipt::new(ctx, "archive", "", &actor);
    match outcome {
        Outcome::Landed(landed) => {
            receipt.outcome = "archived";
            receipt.tickets = landed.output.iter().map(ToString::to_string).collect();
            receipt.ticket = receipt.tickets.first().cloned().unwrap_or_default();
            receipt.add(&landed);
        }
        Outcome::Answered(Already) => receipt.outcome = "already",
    }
    Ok(receipt)
}

/// The named tickets that are not archived yet, and those that are old enough. Unreadable ones are passed over unless
/// they were named.
fn chosen<'v>(
    ctx: &Context<'_>,
    view: &'v View<'_>,
    named: &[String],
    limit: Option<chrono::TimeDelta>,
) -> Result<Vec<Ticket<'v>>, Stop<Failure>> {
    let mut entries: Vec<&TicketEntry> = Vec::new();
    for query in named {
        let entry = find_ticket(ctx, view, TicketSearch { query, command: "archive" })?;
        if entry.lane != Lane::Archive {
            entries.push(entry);
        }
    }
    let mut tickets = Vec::new();
    for entry in entries {
        tickets.push(view.require(entry)?);
    }
    let Some(limit) = limit else { return Ok(tickets) };
    let completed: Vec<&TicketEntry> = lifecycle::completed(&view.snapshot).collect();
    let old = view.read_all(&completed, |entry, document| {
        let ticket = Ticket::new(entry, document.ok()?);
        let at = ticket.document.text("completed_at").and_then(|text| moment(&text))?;
        (ctx.now - at > limit).then_some(ticket)
    })?;
    let named: Vec<TicketId> = tickets.iter().map(|ticket| ticket.entry.id.clone()).collect();
    tickets.extend(old.into_iter().flatten().filter(|ticket| !named.contains(&ticket.entry.id)));
    Ok(tickets)
}
