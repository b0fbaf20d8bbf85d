//! `tix next`: which ticket to take next.

use std::time::Duration;

use crate::app::board::{self, Look};
use crate::app::cells;
use crate::app::context::{Context, Globals};
use crate::app::queue::{Choice, Detail, QueueExplanation, QueueFilter};
use crate::app::wait::{News, await_news, patience};
use crate::env::Env;
use crate::error::Failure;
use crate::out::table::{Cell, ColumnSpec, Meaning, Table};
use crate::out::{Format, Out};
use crate::text::duration;
use crate::ticket::TicketRow;

/// Show which ticket to take next
///
/// Shows the best ticket that can be claimed: it is open, not blocked, and everything that it depends on is completed.
/// The most urgent comes first (P0 before P1, and tickets without a priority last), then the oldest, and of one second the
/// first by number and name. A dependency that is missing, or that matches several tickets, counts as not done. What this
/// clone cannot claim is passed over.
///
/// It claims nothing; `tix activate --next` chooses in the same way and claims.
///
/// Exit codes: 0 there is one; 4 there is nothing to do, and the answer in JSON says "outcome":"empty".
#[derive(Debug, clap::Args)]
pub struct NextArgs {
    /// Show for each ticket of the queue why it is next or not
    #[arg(long)]
    explain: bool,
    #[command(flatten)]
    filter: QueueFilter,
    /// Show this many [default: 1; with --explain all]
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Ask the remote first
    #[arg(long)]
    fetch: bool,
    /// If there is nothing to do, wait this long for a ticket, such as 10m
    #[arg(long, value_name = "TIME", value_parser = duration::parse)]
    wait: Option<Duration>,
}

pub fn run(args: &NextArgs, globals: &Globals, env: &Env, out: &Out) -> Result<(), Failure> {
    let until = patience(args.wait);
    let mut look = Look::from(args.fetch || until.is_some());
    let detail = if args.explain { Detail::Reasons } else { Detail::Ready };
    let limit = args.limit.unwrap_or(if args.explain { usize::MAX } else { 1 });
    loop {
        // Found anew in each round: a wait may be longer than what a run takes for the present.
        let ctx = Context::open(globals, env, out, None)?;
        let choice = board::look(&ctx, look, |seen| {
            let choice = Choice::of(&ctx, seen, &args.filter, detail, limit)?;
            board::tell_age(&ctx, seen, "tix next --fetch");
            Ok(choice)
        })?;
        if choice.is_empty()
            && let Some(until) = until
            && await_news(&ctx, choice.commit().as_ref(), until)? == News::Yes
        {
            look = Look::Fetch;
            continue;
        }
        return tell(&ctx, args, &choice);
    }
}

fn tell(ctx: &Context<'_>, args: &NextArgs, choice: &Choice) -> Result<(), Failure> {
    let empty = choice.is_empty();
    let explained = choice.explained.as_deref();
    for format in ctx.out.formats() {
        match (format, explained) {
            (Format::Human, Some(explained)) => ctx.out.table(&reasons(ctx, explained)),
            (Format::Human, None) => {
                ctx.out.table(&table(ctx, &choice.tickets));
                if let Some(extent) = choice.extent() {
                    ctx.out.narrate(&extent);
                }
            }
            (Format::Json, _) if empty => {}
            (Format::Json, _) => ctx.out.json(choice),
        }
    }
    if empty {
        return Err(choice.ended_empty(ctx, &args.filter));
    }
    choice.warn(ctx);
    Ok(())
}

const ID: ColumnSpec = ColumnSpec::new("id").cut_to(16).apart();
const PRIORITY: ColumnSpec = ColumnSpec::new("priority").leaves(2);
const AGE: ColumnSpec = ColumnSpec::new("age").leaves(1);

fn table(ctx: &Context<'_>, rows: &[TicketRow]) -> Table {
    let mut table = Table::new([ID, PRIORITY, AGE, ColumnSpec::new("title").cut_to(12)]);
    for row in rows {
        table.push([
            cells::id(row.id.as_str()),
            Cell::new(row.priority.as_deref().unwrap_or_default()),
            Cell::new(row.age(ctx.now)),
            Cell::new(row.title.as_deref().unwrap_or_default()),
        ]);
    }
    table
}

fn reasons(ctx: &Context<'_>, explained: &[QueueExplanation]) -> Table {
    let rank = ColumnSpec::new("rank").leaves(3);
    let mut table = Table::new([rank, ID, PRIORITY, AGE, ColumnSpec::new("why").cut_to(16)]);
    for QueueExplanation { ticket, rank, hindrances } in explained {
        let why: Vec<&str> = hindrances.iter().map(|h| h.text.as_str()).collect();
        let why = match rank {
            Some(1) => Cell::new("next").meaning(Meaning::Good),
            Some(_) => Cell::new("can be claimed"),
            None => Cell::new(why.join("; ")).meaning(Meaning::Waiting),
        };
        table.push([
            Cell::new(rank.map(|rank| rank.to_string()).unwrap_or_default()),
            cells::id(ticket.id.as_str()),
            Cell::new(ticket.priority.as_deref().unwrap_or_default()),
            Cell::new(ticket.age(ctx.now)),
            why,
        ]);
    }
    table
}
