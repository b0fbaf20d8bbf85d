//! `tix report`: how the tickets flow, in numbers or as a page.

mod history;

use std::fmt::Write as _;
use std::path::PathBuf;

use chrono::TimeDelta;
use serde::Serialize;

use crate::app::board::{self, Look, TicketRows, TrunkAsSeen};
use crate::app::context::{Context, Globals};
use crate::app::frame::{AsOf, Extent};
use crate::env::Env;
use crate::error::{Exit, Failure};
use crate::out::{Format, Out};
use crate::report::{BoardLane, Figures, Life, Page, QueueHistory, TicketFlow, figures, render};
use crate::text::{duration, safe};
use crate::ticket::{Lane, TicketRow};

/// How many tickets of a lane are on the page.
const CARDS: usize = 100;

/// Show how the tickets flow: who holds what, cycle times, throughput
///
/// Everything is computed from the commits of the trunk, as of the last fetch. With --html it writes one page that
/// holds all it needs: the board, who holds what for how long, cycle time, throughput and cumulative flow, in light and
/// dark. It loads nothing from anywhere and runs no script, so it can be mailed or put on any web server. With --json
/// the answer is the numbers, and the page goes to a file.
#[derive(Debug, clap::Args)]
pub struct ReportArgs {
    /// Write the page to this file; `-` is standard output
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Ask the remote first
    #[arg(long)]
    fetch: bool,
}

/// The answer in JSON.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Numbers {
    schema: &'static str,
    #[serde(flatten)]
    as_of: AsOf,
    /// The file that the page was written to, in full; missing without `--html`.
    html: Option<String>,
    /// How many tickets wait in the queue.
    queued: usize,
    /// How many are held.
    active: usize,
    /// How many were completed in the last 30 days.
    completed_30d: usize,
    /// The middle of the cycle times, from the first claim to the completion, of what was completed in the last 30
    /// days, in seconds; missing when there is nothing.
    cycle_median_s: Option<i64>,
    /// The cycle time that 85 of 100 of those kept to that were completed in the last 30 days, in seconds; missing when
    /// there are none.
    cycle_p85_s: Option<i64>,
    /// How long the ticket that has been held longest has been held, in seconds; missing when none is held.
    longest_held_s: Option<i64>,
    /// The tickets that are held, those that have been held longest first; `total` counts these.
    held: Vec<HeldJson>,
    #[serde(flatten)]
    extent: Extent,
}

/// Who holds what.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct HeldJson {
    /// Its id.
    ticket: String,
    /// Who holds it.
    by: String,
    /// Since when: RFC 3339, UTC.
    since: String,
    /// For how long, in seconds.
    seconds: i64,
}

pub fn run(args: &ReportArgs, globals: &Globals, env: &Env, out: &Out) -> Result<(), Failure> {
    let to_stdout = args.html.as_ref().is_some_and(|file| file.as_os_str() == "-");
    if to_stdout && out.format == Format::Json {
        let message = "the page and the numbers in JSON cannot both go to standard output";
        return Err(Failure::new(Exit::Usage, message)
            .hint("name a file for the page: tix report --html <file> --json"));
    }
    let ctx = Context::open(globals, env, out, None)?;
    board::look(&ctx, Look::from(args.fetch), |seen| {
        let mut story = history::of_trunk(&ctx, seen)?;
        // The moves tell who claimed a ticket; whom it was given to since stands in it.
        for row in board::read(&ctx, seen.view, &[Lane::Active])?.rows {
            if let Some(holder) = &row.holder {
                story.set_holder(&row.id, holder);
            }
        }
        if let Some(file) = &args.html {
            let tickets = board::read(&ctx, seen.view, &Lane::ALL)?;
            let page = page(&ctx, seen, &story, &tickets);
            if to_stdout {
                out.answer(&page);
                return Ok(());
            }
            let path = ctx.dir.join(file);
            std::fs::write(&path, page).map_err(|error| {
                let message = format!("{} cannot be written: {error}", path.display());
                Failure::new(Exit::Refused, message)
                    .hint("name a file in a directory that is there")
            })?;
        }
        answer(&ctx, seen, &story, args);
        board::tell_age(&ctx, seen, "tix report --fetch");
        Ok(())
    })
}

fn page(
    ctx: &Context<'_>,
    seen: &TrunkAsSeen<'_>,
    story: &QueueHistory,
    tickets: &TicketRows,
) -> String {
    let lane = |lane: Lane| {
        let mut rows: Vec<&TicketRow> =
            tickets.rows.iter().filter(|row| row.lane == lane).collect();
        let total = rows.len();
        match lane {
            Lane::Queue | Lane::Active => rows.sort_by_key(|row| row.since),
            // What was done last is looked at first.
            Lane::Completed | Lane::Archive => {
                let done = |row: &TicketRow| story.lives.get(&row.id).and_then(Life::finished);
                rows.sort_by_key(|row| std::cmp::Reverse(done(row)));
            }
        }
        rows.truncate(CARDS);
        BoardLane { lane, total, rows }
    };
    let board: Vec<BoardLane> = Lane::ALL.into_iter().map(lane).collect();
    render(&Page {
        name: &ctx.repo.name,
        trunk: &ctx.trunk_label(),
        commit: seen.view.on_remote().map_or("", |commit| commit.short()),
        now: ctx.now,
        story,
        board: &board,
        stale_after: ctx.stale_after(),
    })
}

fn answer(ctx: &Context<'_>, seen: &TrunkAsSeen<'_>, story: &QueueHistory, args: &ReportArgs) {
    let numbers = figures(story, &TicketFlow::of(story, ctx.now), ctx.now);
    let file = args.html.as_ref().map(|file| ctx.dir.join(file).display().to_string());
    if ctx.out.format == Format::Json {
        ctx.out.json(&in_json(ctx, seen, story, &numbers, file));
        return;
    }
    if let Some(file) = file {
        ctx.out.answer(&format!("{}\n", safe(&file)));
        return;
    }
    ctx.out.answer(&in_words(ctx, story, &numbers));
}

fn in_words(ctx: &Context<'_>, story: &QueueHistory, numbers: &Figures) -> String {
    let span = |time: Option<TimeDelta>| time.map_or_else(|| "-".to_owned(), duration::rough);
    let lines = [
        ("waiting", numbers.queued.to_string()),
        ("worked on", numbers.active.to_string()),
        ("completed in 30 days", numbers.completed_recently.to_string()),
        ("middle cycle time", span(numbers.median)),
        ("85 of 100 within", span(numbers.most)),
    ];
    let mut text = String::new();
    for (name, value) in lines {
        // Writing to a string cannot fail.
        writeln!(text, "{name:20}  {value}").ok();
    }
    for held in story.held() {
        let age = duration::age(held.since, ctx.now);
        writeln!(text, "{:20}  {}  {}", age, held.id, safe(&held.by)).ok();
    }
    text
}

fn in_json(
    ctx: &Context<'_>,
    seen: &TrunkAsSeen<'_>,
    story: &QueueHistory,
    numbers: &Figures,
    html: Option<String>,
) -> Numbers {
    let seconds = |time: Option<TimeDelta>| time.map(|time| time.num_seconds());
    let held: Vec<HeldJson> = story
        .held()
        .into_iter()
        .map(|held| HeldJson {
            ticket: held.id.to_string(),
            by: held.by,
            since: crate::clock::rfc3339(held.since),
            seconds: (ctx.now - held.since).num_seconds(),
        })
        .collect();
    Numbers {
        schema: "tix/report@1",
        as_of: AsOf::of(ctx, seen),
        html,
        queued: numbers.queued,
        active: numbers.active,
        completed_30d: numbers.completed_recently,
        cycle_median_s: seconds(numbers.median),
        cycle_p85_s: seconds(numbers.most),
        longest_held_s: seconds(numbers.longest_held),
        extent: Extent::all(held.len()),
        held,
    }
}
