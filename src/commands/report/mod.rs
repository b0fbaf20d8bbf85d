//! `tix report`: how the tickets flow, in numbers or as a page.

pub mod answer;
mod history;

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use chrono::TimeDelta;

use self::answer::FlowReport;
use crate::app::board::{self, Look, TicketRows, TrunkAsSeen};
use crate::app::context::{Context, Globals};
use crate::app::order::in_order_of_next;
use crate::app::request;
use crate::env::Env;
use crate::error::{Exit, Failure};
use crate::lifecycle::TicketEntry;
use crate::out::{Format, Out};
use crate::page::{self, ReportPage, ReportedLane};
use crate::report::{Life, RecordedTimes, ReportedTicket, TicketFlow};
use crate::text::safe;
use crate::ticket::{Lane, TicketId, TicketRow, moment};

/// How many tickets of a lane are on the page.
const CARDS: usize = 100;

/// Show how tickets flow: cycle, lead and blocked times
///
/// The figures come from the commits of the trunk and from the tickets, as of the last fetch: the cycle time of a ticket
/// is from its first claim to its completion, however late that was merged, the lead time from its creation. They are
/// also shown by priority, person and label. With --html the report is one page with the board, the figures and their charts, in light and dark. The
/// page loads nothing and runs no script, so it can be mailed or put on any web server. With --json the answer is the
/// numbers, and the page goes to a file.
#[derive(Debug, clap::Args)]
pub struct ReportArgs {
    /// Write the page to this file; `-` is standard output
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Answer with the markup of the figures too, for a page that shows them
    #[arg(long, hide = true)]
    markup: bool,
    /// Ask the remote first
    #[arg(long)]
    fetch: bool,
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
        let mut tickets = board::read(&ctx, seen.view, &Lane::ALL)?;
        in_order_of_next(&ctx, seen.view, &mut tickets.rows)?;
        // The commits say who claimed a ticket; the ticket says who holds it since a handoff or a takeover.
        for row in tickets.rows.iter().filter(|row| row.lane == Lane::Active) {
            if let Some(holder) = &row.holder {
                story.set_holder(&row.id, holder);
            }
        }
        for row in &tickets.rows {
            story.set_times(&row.id, recorded(row));
        }
        // Whoever reads another list finds it there neither.
        for damage in &tickets.damaged {
            let file = damage.path.rsplit('/').next().unwrap_or_default();
            if let Ok(id) = TicketId::parse(file.strip_suffix(".md").unwrap_or(file)) {
                story.leave_out(&id);
            }
        }
        let flow = TicketFlow::of(&story, ctx.now);
        let reported = reported(&ctx, seen, &flow, &tickets.rows)?;
        let report = FlowReport::of(&ctx, &story, flow, &reported, &tickets.damaged);
        let page =
            |made: &dyn Fn(&ReportPage<'_>) -> String| page(&ctx, seen, &report, &tickets, made);
        if let Some(file) = &args.html {
            let page = page(&page::report);
            if to_stdout {
                out.answer(&page);
                return Ok(());
            }
            let path = ctx.dir.join(file);
            std::fs::write(&path, page).map_err(|error| {
                let message = format!("{} cannot be written: {error}", path.display());
                Failure::new(Exit::Refused, message).hint("name a file in an existing directory")
            })?;
        }
        let file = args.html.as_ref().map(|file| ctx.dir.join(file).display().to_string());
        let markup = args.markup.then(|| page(&|page| page::report_view(page).into_string()));
        match (out.format, file) {
            (Format::Json, file) => out.json(&report.in_json(&ctx, seen, file, markup)),
            (Format::Human, Some(file)) => out.answer(&format!("{}\n", safe(&file))),
            (Format::Human, None) => out.answer(&report.in_words(&ctx)),
        }
        for damage in &tickets.damaged {
            out.warn(&damage.to_string());
        }
        board::tell_age(&ctx, seen, "tix report --fetch");
        board::tell_progress_age(&ctx, &tickets.rows, "tix report --fetch");
        Ok(())
    })
}

/// What a ticket says of its own times.
fn recorded(row: &TicketRow) -> RecordedTimes {
    let is_over = matches!(row.lane, Lane::Completed | Lane::Archive);
    RecordedTimes {
        claimed: row.claimed_at.as_deref().and_then(moment),
        completed: row.since.filter(|_| is_over),
    }
}

/// The tickets of the figures, each with how long it was blocked: the open ones, and those completed lately. Only their
/// texts are read.
fn reported<'r>(
    ctx: &Context<'_>,
    seen: &TrunkAsSeen<'_>,
    flow: &TicketFlow,
    rows: &'r [TicketRow],
) -> Result<Vec<ReportedTicket<'r>>, Failure> {
    let lately: HashSet<&TicketId> = flow.recent().map(|done| &done.id).collect();
    let is_late = |row: &&TicketRow| {
        let is_open = matches!(row.lane, Lane::Queue | Lane::Active);
        is_open || lately.contains(&row.id)
    };
    let rows: Vec<&TicketRow> = rows.iter().filter(is_late).collect();
    let entries: HashMap<&TicketId, &TicketEntry> =
        seen.view.snapshot.entries.iter().map(|entry| (&entry.id, entry)).collect();
    let asked: Vec<&TicketEntry> =
        rows.iter().filter_map(|row| entries.get(&row.id).copied()).collect();
    let mut blocked: HashMap<&TicketId, TimeDelta> = HashMap::new();
    seen.view.read_all(&asked, |entry, document| {
        blocked.extend(document.ok().map(|text| (&entry.id, text.time_blocked(ctx.now))));
    })?;
    // What happens to a held ticket is written on its branch.
    let held: Vec<(&TicketEntry, Option<&str>)> = rows
        .iter()
        .filter(|row| row.lane == Lane::Active)
        .filter_map(|row| Some((*entries.get(&row.id)?, row.claim_id.as_deref())))
        .collect();
    for newer in board::progress(ctx, &held)? {
        if let Some((entry, _)) = held.get(newer.at) {
            blocked.insert(&entry.id, newer.document.time_blocked(ctx.now));
        }
    }
    let ticket = |row: &'r TicketRow| ReportedTicket {
        row,
        blocked: blocked.get(&row.id).copied().unwrap_or_default(),
    };
    Ok(rows.into_iter().map(ticket).collect())
}

fn page(
    ctx: &Context<'_>,
    seen: &TrunkAsSeen<'_>,
    report: &FlowReport<'_>,
    tickets: &TicketRows,
    made: &dyn Fn(&ReportPage<'_>) -> String,
) -> String {
    let lane = |lane: Lane| {
        let mut rows: Vec<&TicketRow> =
            tickets.rows.iter().filter(|row| row.lane == lane).collect();
        let total = rows.len();
        match lane {
            Lane::Queue => {}
            Lane::Active => rows.sort_by_key(|row| row.since),
            // What was done last is looked at first.
            Lane::Completed | Lane::Archive => {
                let done =
                    |row: &TicketRow| report.story.lives.get(&row.id).and_then(Life::finished);
                rows.sort_by_key(|row| std::cmp::Reverse(done(row)));
            }
        }
        rows.truncate(CARDS);
        ReportedLane { lane, total, rows }
    };
    let board: Vec<ReportedLane> = Lane::ALL.into_iter().map(lane).collect();
    let file_page = request::file_pages(ctx, seen.view.on_remote());
    made(&ReportPage {
        name: &ctx.project(),
        trunk: &ctx.trunk_label(),
        commit: seen.view.on_remote().map_or("", |commit| commit.short()),
        now: ctx.now,
        story: report.story,
        tickets: report.tickets,
        board: &board,
        file_page: &|row| file_page(&row.path),
        unreadable: &tickets.damaged.iter().map(ToString::to_string).collect::<Vec<_>>(),
        stale_after: ctx.stale_after(),
    })
}
