//! The overview for somebody who comes back: what they hold, what comes next, and what needs them.
//!
//! Reads what was last fetched and never asks the remote.

use serde::Serialize;

use super::board::{self, Look, TicketRows, TrunkAsSeen, WorkspaceLook, is_stale, overlay};
use super::cells;
use super::context::{Context, Globals};
use super::frame::AsOf;
use super::mine::Mine;
use super::queue::{QueueFilter, Survey};
use crate::env::Env;
use crate::error::{Exit, Failure};
use crate::lifecycle::machine::{lane_of, mismatch};
use crate::out::table::{Cell, ColumnSpec, Meaning, Table};
use crate::out::{Format, Out};
use crate::text::safe;
use crate::ticket::{Lane, Status, TicketRow};

/// How many lines each part has for people; twelve lines are read at a glance, thirty are not.
const SHOWN: usize = 4;

/// The answer in JSON.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Dashboard {
    schema: &'static str,
    #[serde(flatten)]
    as_of: AsOf,
    /// The tickets that the caller holds.
    mine: Vec<TicketRow>,
    /// The ticket to take next; missing when none can be claimed.
    next: Option<TicketRow>,
    /// What needs attention, the most urgent first.
    attention: Vec<Attention>,
    /// How many tickets are in the queue.
    queue: usize,
    /// How many are held.
    active: usize,
}

/// Why there is nothing to show, in JSON.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct NoDashboard<'a> {
    schema: &'static str,
    /// What is missing: a repository, tickets in it, or the first fetch.
    problem: &'a str,
    /// The ways out, each a sentence with at most one command to paste.
    hints: &'a [String],
}

/// Something that needs attention.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Attention {
    /// `damaged`, `lane-mismatch`, `stale`, `merge` or `review`.
    kind: &'static str,
    /// The ticket; missing for a file that cannot be read as one.
    ticket: Option<String>,
    /// In words.
    text: String,
}

/// `tix` alone. It has an answer everywhere: if nothing is set up, it says so and succeeds.
pub fn run(globals: &Globals, env: &Env, out: &Out) -> Result<(), Failure> {
    let shown = Context::open(globals, env, out, None)
        .and_then(|ctx| board::look(&ctx, Look::LastSeen, |seen| show(&ctx, seen)));
    match shown {
        Err(failure) if matches!(failure.exit, Exit::Refused | Exit::NotFound) => {
            let (problem, hints) = (failure.message.as_str(), failure.hints.as_slice());
            match out.format {
                Format::Json => {
                    out.json(&NoDashboard { schema: "tix/no-dashboard@1", problem, hints });
                }
                Format::Human => {
                    let hints = hints.iter().map(|hint| format!("hint: {}\n", safe(hint)));
                    out.answer(&(format!("{}\n", safe(problem)) + &hints.collect::<String>()));
                }
            }
            Ok(())
        }
        shown => shown,
    }
}

/// The answer, on what is known of the trunk.
pub fn show(ctx: &Context<'_>, seen: &TrunkAsSeen<'_>) -> Result<(), Failure> {
    let dashboard = Dashboard::of(ctx, seen)?;
    match ctx.out.format {
        Format::Json => ctx.out.json(&dashboard),
        Format::Human => {
            ctx.out.aligned(&dashboard.table(ctx));
            let (queue, active) = (dashboard.queue, dashboard.active);
            ctx.out.lines(&format!(
                "{queue} in the queue, {active} active; `tix --help` lists the commands\n"
            ));
        }
    }
    board::tell_age(ctx, seen, "tix list --fetch");
    board::tell_progress_age(ctx, &dashboard.mine, "tix list --fetch");
    Ok(())
}

impl Dashboard {
    fn of(ctx: &Context<'_>, seen: &TrunkAsSeen<'_>) -> Result<Dashboard, Failure> {
        let heads = board::heads(ctx, seen.view, &[Lane::Queue, Lane::Active])?;
        let survey = Survey::on(ctx, seen.view, heads.known.clone())?;
        let verdicts = survey.judge(ctx, seen.view, &QueueFilter::default());
        let next = verdicts.first().filter(|first| first.hindrances.is_empty());
        let next = next.map(|n| n.known.entry.row(n.known.head.clone(), ctx.trunk_label()));
        let TicketRows { mut rows, damaged } = board::rows(ctx, heads)?;
        let misplaced: Vec<Attention> = rows.iter().filter_map(misplaced).collect();
        let queue = rows.iter().filter(|row| row.lane == Lane::Queue).count();
        rows.retain(|row| row.lane == Lane::Active);
        let active = rows.len();
        let mut attention: Vec<Attention> = damaged
            .iter()
            .map(|damage| Attention { kind: "damaged", ticket: None, text: damage.to_string() })
            .collect();
        attention.extend(misplaced);
        attention.extend(stale(ctx, seen, &rows)?);
        attention.extend(rows.iter().filter_map(waiting));
        let mine = Mine::of(ctx);
        rows.retain(|row| mine.holds(row));
        Ok(Dashboard {
            schema: "tix/dashboard@1",
            as_of: AsOf::of(ctx, seen),
            mine: rows,
            next,
            attention,
            queue,
            active,
        })
    }

    fn table(&self, ctx: &Context<'_>) -> Table {
        let mut table = Table::new(COLUMNS).untitled();
        let mut part = |label: &'static str, none: &'static str, lines: Vec<[Cell; 3]>| {
            let more = lines.len().saturating_sub(SHOWN);
            let shown = if more > 0 { SHOWN - 1 } else { SHOWN };
            if lines.is_empty() && !none.is_empty() {
                table.push([label, none, " ", " "]);
            }
            let label = |at| Cell::new(if at == 0 { label } else { " " }).meaning(Meaning::Quiet);
            for (at, [id, state, text]) in lines.into_iter().take(shown).enumerate() {
                table.push([label(at), id, state, text]);
            }
            if more > 0 {
                let more = Cell::new(format!("and {} more", more + 1)).meaning(Meaning::Quiet);
                table.push([label(1), more, Cell::new(" "), Cell::new(" ")]);
            }
        };
        let title = |row: &TicketRow| Cell::new(row.title.as_deref().unwrap_or_default());
        let mine = self.mine.iter();
        let mine = mine.map(|row| [cells::id(row.id.as_str()), cells::status(row), title(row)]);
        part("yours", "nothing", mine.collect());
        let next = self.next.iter().map(|row| {
            let state = row.priority.clone().unwrap_or_else(|| row.age(ctx.now));
            [cells::id(row.id.as_str()), Cell::new(state), title(row)]
        });
        part("next", "nothing; see why: tix next --explain", next.collect());
        let attention = self.attention.iter().map(|one| {
            let meaning = if matches!(one.kind, "damaged" | "lane-mismatch") {
                Meaning::Bad
            } else {
                Meaning::Waiting
            };
            let id = one.ticket.as_deref().map_or_else(|| Cell::new("a file"), cells::id);
            [id, Cell::new(one.kind).meaning(meaning), Cell::new(one.text.as_str())]
        });
        part("attention", "", attention.collect());
        table
    }
}

const COLUMNS: [ColumnSpec; 4] = [
    ColumnSpec::new("part"),
    ColumnSpec::new("id").cut_to(16),
    ColumnSpec::new("state").leaves(1),
    ColumnSpec::new("text").cut_to(12),
];

/// What its status says belongs in another lane, so that nobody can go on with it.
fn misplaced(row: &TicketRow) -> Option<Attention> {
    // Complete on its branch: it waits for a merge.
    if row.lane == Lane::Active && row.known.map(lane_of) == Some(Lane::Completed) {
        return None;
    }
    let text = mismatch(row.lane, row.known.ok_or(row.status.as_str()))?;
    let ticket = Some(row.id.to_string());
    Some(Attention { kind: "lane-mismatch", ticket, text: format!("{text}: tix doctor") })
}

/// Tickets on which nothing has happened for long. Branches are read only for claims that are old enough.
fn stale(
    ctx: &Context<'_>,
    seen: &TrunkAsSeen<'_>,
    rows: &[TicketRow],
) -> Result<Vec<Attention>, Failure> {
    let stale = |row: &&TicketRow| {
        row.known != Some(Status::Approved) && is_stale(row, ctx.stale_after(), ctx.now)
    };
    let mut old: Vec<TicketRow> = rows.iter().filter(stale).cloned().collect();
    overlay(ctx, seen.view, &mut old, WorkspaceLook::Leave)?;
    let told = |row: &TicketRow| Attention {
        kind: "stale",
        ticket: Some(row.id.to_string()),
        text: format!("no sign of {}", row.holder_name().unwrap_or("its holder")),
    };
    Ok(old.iter().filter(stale).map(told).collect())
}

/// Tickets that wait for somebody other than their holder.
fn waiting(row: &TicketRow) -> Option<Attention> {
    let (kind, text) = match row.known? {
        Status::Approved => ("merge", "done, not merged yet".to_owned()),
        stage @ (Status::CriticReview | Status::ExpediterReview)
            if row.approved.contains(&stage) =>
        {
            return None;
        }
        Status::CriticReview | Status::ExpediterReview => {
            ("review", format!("waits for a review: {}", row.status_words()))
        }
        Status::Draft
        | Status::Open
        | Status::Queued
        | Status::Claimed
        | Status::InProgress
        | Status::ChangesRequested
        | Status::Closed => return None,
    };
    Some(Attention { kind, ticket: Some(row.id.to_string()), text })
}
