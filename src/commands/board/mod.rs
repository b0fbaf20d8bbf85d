//! `tix board`: the lanes side by side.

mod answer;
mod live;
mod load;

use std::time::Duration;

use serde::Serialize;

use crate::app::board::{self, Damage, Look, TicketRows, TrunkAsSeen};
use crate::app::context::{Context, Globals};
use crate::app::frame::{AsOf, Extent};
use crate::env::Env;
use crate::error::Failure;
use crate::kanban::{Board, printed};
use crate::out::{Format, Out};
use crate::text::duration;
use crate::ticket::{Lane, TicketRow};

/// The width of the board if none is given.
const WIDTH: u16 = 120;

/// Some terminals do not know how wide they are, and say 0.
const NARROW: u16 = 40;

/// How many tickets of a lane are printed; how many there are stands above them.
const SHOWN: usize = 50;

/// Show the lanes side by side, live
///
/// On a terminal the board stays open and follows the remote: every 10 seconds it asks where the trunk and the ticket branches
/// are, and fetches when one of them has moved. Press ? for the keys: they open, create, edit, claim, release and complete tickets, filter
/// the board, and go to a workspace. A click selects a ticket, a second one opens it.
///
/// The queue is in the order of `tix next`. Piped, or with --plain, the board is printed once as text, the first 50 tickets of
/// each lane.
#[derive(Debug, clap::Args)]
pub struct BoardArgs {
    /// Print the board once and do not stay open
    #[arg(long)]
    plain: bool,
    /// Ask the remote first
    #[arg(long)]
    fetch: bool,
    /// While the board stays open, ask the remote at this interval, such as 30s; 0 means never
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = duration::parse)]
    every: Duration,
}

/// The answer in JSON.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct BoardJson<'a> {
    schema: &'static str,
    #[serde(flatten)]
    as_of: AsOf,
    #[serde(flatten)]
    extent: Extent,
    /// The four lanes: queue, active, completed, archive, also empty ones.
    lanes: Vec<LaneJson<'a>>,
    /// The files that cannot be shown as tickets.
    damaged: &'a [Damage],
}

/// A lane.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct LaneJson<'a> {
    /// Its name.
    lane: Lane,
    /// All of its tickets, by id.
    tickets: Vec<&'a TicketRow>,
}

pub fn run(args: &BoardArgs, globals: &Globals, env: &Env, out: &Out) -> Result<(), Failure> {
    let live = out.format == Format::Human && !args.plain && Out::is_terminal();
    if live {
        return live::run(args, globals, env, out);
    }
    let ctx = Context::open(globals, env, out, None)?;
    board::look(&ctx, Look::from(args.fetch), |seen| {
        let tickets = board::read(&ctx, seen.view, &Lane::ALL)?;
        let held = tickets.rows.iter().filter(|row| row.lane == Lane::Active);
        let (held, damaged) = (held.cloned().collect::<Vec<_>>(), tickets.damaged.clone());
        if out.format == Format::Json {
            in_json(&ctx, seen, &tickets);
        } else {
            let board = Board::new(load::content(&ctx, seen.view, seen.at, tickets.rows)?);
            out.answer(&plain(&board));
            if board.content.columns.iter().any(|column| column.rows.len() > SHOWN) {
                out.narrate(&format!("the first {SHOWN} of each lane; all: tix list --lane all"));
            }
        }
        for damage in &damaged {
            out.warn(&damage.to_string());
        }
        board::tell_age(&ctx, seen, "tix board --fetch");
        board::tell_progress_age(&ctx, &held, "tix board --fetch");
        Ok(())
    })
}

/// The board as lines of text.
fn plain(board: &Board) -> String {
    let width = terminal_size::terminal_size().map_or(WIDTH, |(width, _)| width.0);
    printed(board, width.max(NARROW), SHOWN)
}

fn in_json(ctx: &Context<'_>, seen: &TrunkAsSeen<'_>, TicketRows { rows, damaged }: &TicketRows) {
    let lane =
        |lane: Lane| LaneJson { lane, tickets: rows.iter().filter(|r| r.lane == lane).collect() };
    ctx.out.json(&BoardJson {
        schema: "tix/board@1",
        as_of: AsOf::of(ctx, seen),
        extent: Extent::all(rows.len()),
        lanes: Lane::ALL.into_iter().map(lane).collect(),
        damaged,
    });
}
