//! `tix log`: who did what to the tickets, and when.

mod event;
mod index;
mod order;

use serde::Serialize;

use self::event::{LogEvent, merge, more, of_commit};
use crate::app::board::{self, Look, TrunkAsSeen};
use crate::app::cells;
use crate::app::complete::ids;
use crate::app::context::{Context, Globals};
use crate::app::find::{TicketSearch, find_ticket};
use crate::app::frame::{AsOf, Extent};
use crate::env::Env;
use crate::error::Failure;
use crate::git::{HistoryQuery, HistoryWalk, Logged};
use crate::lifecycle::trailer;
use crate::names::Oid;
use crate::out::table::{Cell, ColumnSpec, Meaning, Table};
use crate::out::{Format, Out};
use crate::ticket::{Lane, TicketId};

/// The trailers that the history is made from.
const KEYS: [&str; 6] =
    [trailer::TICKET, trailer::CLAIM, trailer::ACTOR, trailer::TO, trailer::HOST, trailer::ATTIC];

/// Show who did what to tickets, and when
///
/// The history comes from the commits of the trunk and of the ticket branches, as of the last fetch, so it is the same in
/// every clone. This clone adds what only it knows: failed attempts, and how many tries and how long a success took. The
/// oldest comes first.
#[derive(Debug, clap::Args)]
pub struct LogArgs {
    /// The ticket: its id, the id without TICKET-, an unambiguous part of it, or a path to its file
    #[arg(value_name = "ID", add = ids(&Lane::ALL))]
    id: Option<String>,
    /// Show only the newest N events
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
}

/// The answer in JSON.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LogJson<'a> {
    schema: &'static str,
    #[serde(flatten)]
    as_of: AsOf,
    #[serde(flatten)]
    extent: Extent,
    /// What was done, the oldest first; with `--limit` the newest of them.
    events: &'a [LogEvent],
}

pub fn run(args: &LogArgs, globals: &Globals, env: &Env, out: &Out) -> Result<(), Failure> {
    let ctx = Context::open(globals, env, out, None)?;
    board::look(&ctx, Look::LastSeen, |seen| {
        let found = args.id.as_ref().map(|query| {
            find_ticket(&ctx, seen.view, TicketSearch { query, command: "log" })
                .map(|e| e.id.clone())
        });
        let (id, missing) = match (found, &args.id) {
            (Some(Ok(id)), _) => (Some(id), None),
            // A ticket that is not on the trunk any more, or got there not yet, may have a story all the same.
            (Some(Err(failure)), Some(query)) => match TicketId::parse(query) {
                Ok(id) => (Some(id), Some(failure)),
                Err(_) => return Err(failure),
            },
            (_, _) => (None, None),
        };
        let commits = commits(&ctx, seen, id.as_ref())?;
        let lines = ctx.audit().read();
        let events = merge(commits.iter().map(of_commit).collect(), &lines, id.as_ref());
        if let (true, Some(failure)) = (events.is_empty(), missing) {
            return Err(failure);
        }
        answer(&ctx, seen, &events, args.limit);
        Ok(())
    })
}

/// The commits about tickets, oldest first.
fn commits(
    ctx: &Context<'_>,
    seen: &TrunkAsSeen<'_>,
    id: Option<&TicketId>,
) -> Result<Vec<Logged>, Failure> {
    let trunk = seen.view.on_remote();
    let history = |walk: HistoryWalk<'_>| {
        ctx.repo.history(&HistoryQuery {
            walk,
            below: Some(&ctx.tickets_dir),
            keys: &KEYS,
            having: Some((trailer::TICKET, id.map(TicketId::as_str))),
        })
    };
    let Some(id) = id else {
        let patterns: Vec<String> = board::progress_pattern(ctx).into_iter().collect();
        let tips: Vec<Oid> = trunk.cloned().into_iter().collect();
        let mut commits = history(HistoryWalk::From(&tips, &patterns))?;
        commits.reverse();
        return Ok(commits);
    };
    let mut named = match trunk {
        Some(trunk) => index::of_ticket(ctx, trunk, id)?,
        None => Vec::new(),
    };
    let branch = board::progress_ref(ctx, id).map(|name| ctx.objects.resolve(name.as_str()));
    if let Some(branch) = branch.transpose()?.flatten() {
        named.extend(index::beyond(ctx, &branch, trunk, id)?);
    }
    Ok(history(HistoryWalk::Only(&named))?)
}

fn answer(ctx: &Context<'_>, seen: &TrunkAsSeen<'_>, events: &[LogEvent], limit: Option<usize>) {
    let total = events.len();
    let skipped = total.saturating_sub(limit.unwrap_or(total));
    let shown = events.get(skipped..).unwrap_or_default();
    match ctx.out.format {
        Format::Json => ctx.out.json(&LogJson {
            schema: "tix/log@1",
            as_of: AsOf::of(ctx, seen),
            extent: Extent::new(shown.len(), total),
            events: shown,
        }),
        Format::Human => {
            ctx.out.table(&table(ctx, shown));
            if total == 0 {
                ctx.out.narrate("nothing has happened yet");
            } else if skipped > 0 {
                ctx.out.narrate(&format!("the newest {} of {total}", shown.len()));
            }
        }
    }
    board::tell_age(ctx, seen, "tix list --fetch");
}

/// The columns. Nobody chooses them, so programs get their names too.
const COLUMNS: [ColumnSpec; 6] = [
    ColumnSpec::new("when"),
    ColumnSpec::new("what"),
    ColumnSpec::new("ticket").cut_to(16).apart(),
    ColumnSpec::new("who").cut_to(8).leaves(2),
    ColumnSpec::new("commit").leaves(1),
    ColumnSpec::new("more").cut_to(16).leaves(3),
];

fn table(ctx: &Context<'_>, events: &[LogEvent]) -> Table {
    let mut table = Table::new(COLUMNS).titled();
    for event in events {
        let commit = event.commit.as_deref().and_then(|oid| oid.get(..10)).unwrap_or_default();
        table.push([
            cells::moment(event.at.as_deref(), ctx.now),
            operation(event),
            cells::ids(&event.tickets),
            cells::person(event.by.as_deref()),
            Cell::new(commit).meaning(Meaning::Quiet),
            Cell::new(more(event)),
        ]);
    }
    table
}

/// What was done, or that it failed: where the line is narrow, nothing else says so.
fn operation(event: &LogEvent) -> Cell {
    let cell = Cell::new(event.operation.as_str());
    if !event.has_failed() {
        return cell;
    }
    cell.short(&format!("{} failed", event.operation)).meaning(Meaning::Bad)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::out::table::{Colors, TableLayout};

    #[test]
    fn ids_that_begin_alike_stay_different() {
        let mut table = Table::new(COLUMNS).titled();
        for id in ["rate-limit-the-public-api-001", "rate-limit-the-public-api-002"] {
            table.push(["now", "claim", id, "Ada", "1111111111", "-"]);
        }
        let text = table.render(TableLayout::Terminal { width: Some(50), colors: Colors::Off });
        assert!(text.contains("api-001") && text.contains("api-002"), "{text}");
    }
}
