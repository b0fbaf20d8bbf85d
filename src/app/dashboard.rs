//! The overview for somebody who comes back: what they hold, what comes next, and what needs them.
//!
//! Reads what was last fetched and never asks the remote.

use std::collections::{BTreeSet, HashMap, HashSet};

use serde::Serialize;

use super::board::{self, Damage, Look, TicketRows, TrunkAsSeen, WorkspaceLook, is_stale, overlay};
use super::cells;
use super::context::{Context, Globals};
use super::frame::AsOf;
use super::mine::Mine;
use super::queue::Survey;
use crate::env::Env;
use crate::error::{Exit, Failure};
use crate::lifecycle::machine::{lane_of, mismatch};
use crate::lifecycle::{Awaited, KnownTicket, WaitGraph, edges};
use crate::out::table::{Cell, ColumnSpec, Meaning, Table};
use crate::out::{Format, Out};
use crate::text::safe;
use crate::ticket::{Lane, TicketId, TicketRow};
use crate::trunk::View;

/// How many lines there are for people: twelve are read at a glance, thirty are not. The last one counts the rest.
const LINES: usize = 11;

/// How many of them are for what the caller holds.
const MINE: usize = 4;

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
    /// `damaged`, `lane-mismatch`, `dependency-cycle`, `stale`, `merge` or `review`.
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
    or_nothing(shown, out)
}

/// What was shown, or where nothing could be, what is missing for it. That is an answer, and no failure.
pub fn or_nothing(shown: Result<(), Failure>, out: &Out) -> Result<(), Failure> {
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
    for format in ctx.out.formats() {
        match format {
            Format::Json => ctx.out.json(&dashboard),
            Format::Human => {
                ctx.out.aligned(&dashboard.table(ctx));
                let (queue, active) = (dashboard.queue, dashboard.active);
                let counts = format!(
                    "{queue} in the queue, {active} active; `tix --help` lists the commands"
                );
                ctx.out.answer(&(ctx.out.wrapped(&counts) + "\n"));
            }
        }
    }
    board::tell_age(ctx, seen, "tix list --fetch");
    board::tell_progress_age(ctx, &dashboard.mine, "tix list --fetch");
    Ok(())
}

impl Dashboard {
    fn of(ctx: &Context<'_>, seen: &TrunkAsSeen<'_>) -> Result<Dashboard, Failure> {
        // What is finished needs nobody, unless it is damaged or in the wrong lane.
        let heads = board::heads(ctx, seen.view, &Lane::ALL)?;
        let live = |lane| matches!(lane, Lane::Queue | Lane::Active);
        let of_queue = heads.known.iter().filter(|known| live(known.entry.lane));
        let survey = Survey::on(ctx, seen.view, of_queue.cloned().collect())?;
        let next = survey.first_here(ctx, seen.view);
        let next = next.map(|n| n.known.entry.row(n.known.head.clone(), ctx.trunk_label()));
        let stuck = in_circles(&survey, seen.view);
        let TicketRows { mut rows, damaged } = board::rows(ctx, heads)?;
        let misplaced: Vec<Attention> = rows.iter().filter_map(misplaced).collect();
        let queue = rows.iter().filter(|row| row.lane == Lane::Queue).count();
        rows.retain(|row| row.lane == Lane::Active);
        let active = rows.len();
        let mut attention = unreadable(&damaged);
        attention.extend(misplaced);
        attention.extend(stuck);
        attention.extend(stale(ctx, seen, &rows)?);
        attention.extend(rows.iter().filter_map(|row| waiting(ctx, row)));
        let mine = Mine::of(ctx)?;
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
        let mut part = |label: &'static str, lines: Vec<[Cell; 3]>, (room, all): (usize, &str)| {
            let more = lines.len().saturating_sub(room);
            let shown = if more > 0 { room - 1 } else { room };
            let label = |at| Cell::new(if at == 0 { label } else { " " }).meaning(Meaning::Quiet);
            for (at, [id, state, text]) in lines.into_iter().take(shown).enumerate() {
                table.push([label(at), id, state, text]);
            }
            if more > 0 {
                let quiet = |text: String| Cell::new(text).meaning(Meaning::Quiet);
                let count = quiet(format!("and {} more", more + 1));
                table.push([label(1), count, Cell::new(" "), quiet(format!("all of it: {all}"))]);
            }
        };
        let title = |row: &TicketRow| Cell::new(row.title.as_deref().unwrap_or_default());
        // The way out is no id, and makes no column of ids wider.
        let or_nothing = |lines: Vec<[Cell; 3]>, way: &str| {
            let nothing = [Cell::new("nothing"), Cell::new(" "), Cell::new(way)];
            if lines.is_empty() { vec![nothing] } else { lines }
        };
        let mine = self.mine.iter();
        let mine = mine.map(|row| [cells::id(row.id.as_str()), self.state_of(row), title(row)]);
        let mine = or_nothing(mine.collect(), " ");
        let room = LINES - mine.len().min(MINE) - 1;
        part("yours", mine, (MINE, "tix list --mine"));
        let next = self.next.iter().map(|row| {
            let state = row.priority.clone().unwrap_or_else(|| row.age(ctx.now));
            [cells::id(row.id.as_str()), Cell::new(state), title(row)]
        });
        let next = or_nothing(next.collect(), "tix next --explain");
        part("next", next, (1, "tix next --explain"));
        let attention = self.one_of_each_first().into_iter().map(|one| {
            let id = one.ticket.as_deref().map_or_else(|| Cell::new("a file"), cells::id);
            [id, Cell::new(one.kind).meaning(one.meaning()), Cell::new(one.text.as_str())]
        });
        part("attention", attention.collect(), (room, "tix doctor, tix list --lane active"));
        table
    }

    /// The status of a ticket of the caller's, and what is wrong with it: it stands here and not below as well.
    fn state_of(&self, row: &TicketRow) -> Cell {
        let about = |one: &&Attention| one.ticket.as_deref() == Some(row.id.as_str());
        match self.attention.iter().find(about) {
            Some(one) if matches!(one.kind, "stale" | "lane-mismatch" | "dependency-cycle") => {
                Cell::new(format!("{}, {}", row.status_words(), one.kind)).meaning(one.meaning())
            }
            Some(_) | None => cells::status(row),
        }
    }

    /// What needs attention besides what the caller holds, each ticket once: one of each kind, and then the others.
    fn one_of_each_first(&self) -> Vec<&Attention> {
        let is_told = |ticket: &str| self.mine.iter().any(|row| row.id.as_str() == ticket);
        let mut of_kind: HashMap<&str, usize> = HashMap::new();
        let mut all: Vec<(usize, &Attention)> = Vec::new();
        for one in &self.attention {
            let ticket = one.ticket.as_deref().unwrap_or_default();
            if !is_told(ticket) {
                let before = of_kind.entry(one.kind).or_default();
                all.push((*before, one));
                *before += 1;
            }
        }
        all.sort_by_key(|(before, _)| *before);
        all.into_iter().map(|(_, one)| one).collect()
    }
}

impl Attention {
    fn meaning(&self) -> Meaning {
        match self.kind {
            "damaged" | "lane-mismatch" | "dependency-cycle" => Meaning::Bad,
            _ => Meaning::Waiting,
        }
    }
}

const COLUMNS: [ColumnSpec; 4] = [
    ColumnSpec::new("part"),
    ColumnSpec::new("id").cut_to(16).apart(),
    ColumnSpec::new("state").leaves(1),
    ColumnSpec::new("text").cut_to(12),
];

/// Files that cannot be read as tickets. What several have in common, such as an id, is one thing.
fn unreadable(damaged: &[Damage]) -> Vec<Attention> {
    let mut seen = HashSet::new();
    let told = damaged.iter().filter_map(|damage| {
        let names_all = damage.why.contains(&damage.path);
        let text = if names_all { damage.why.clone() } else { damage.to_string() };
        let is_new = !names_all || seen.insert(&damage.why);
        is_new.then_some(Attention { kind: "damaged", ticket: None, text })
    });
    told.collect()
}

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

/// Tickets that wait for themselves. A circle with a finished ticket in it blocks nobody.
fn in_circles(survey: &Survey<'_>, view: &View<'_>) -> Vec<Attention> {
    let live = |known: &&KnownTicket<'_>| matches!(known.entry.lane, Lane::Queue | Lane::Active);
    let open: BTreeSet<&TicketId> =
        survey.known.iter().filter(live).map(|known| &known.entry.id).collect();
    let edges = edges(&survey.known, &view.snapshot);
    let mut circles = WaitGraph::of(&edges).cycles();
    circles.retain(|circle| circle.iter().all(|id| open.contains(id)));
    let told = |circle: Vec<&TicketId>| Attention {
        kind: "dependency-cycle",
        ticket: circle.first().map(ToString::to_string),
        text: "waits for itself: tix doctor".to_owned(),
    };
    circles.into_iter().map(told).collect()
}

/// Tickets on which nothing has happened for long. Branches are read only for claims that are old enough.
fn stale(
    ctx: &Context<'_>,
    seen: &TrunkAsSeen<'_>,
    rows: &[TicketRow],
) -> Result<Vec<Attention>, Failure> {
    let stale = |row: &&TicketRow| is_stale(ctx, row, ctx.stale_after());
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
fn waiting(ctx: &Context<'_>, row: &TicketRow) -> Option<Attention> {
    let (kind, text) = match Awaited::of(row.known, &row.approved, &ctx.stages) {
        Awaited::Merge => {
            let pull = row.pull_request.as_ref();
            let pull = pull.map(|pull| format!(": {pull}")).unwrap_or_default();
            ("merge", format!("completed, not merged yet{pull}"))
        }
        Awaited::Reviewer(stage) => ("review", format!("waits for a review: {stage}")),
        Awaited::Holder => return None,
    };
    Some(Attention { kind, ticket: Some(row.id.to_string()), text })
}
