//! `tix list`: list the tickets.

mod columns;
mod filter;
mod tree;

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use regex::Regex;
use serde::Serialize;

use self::columns::Column;
use self::filter::{Lanes, SortKey, StatusFilter, is_held_by, sort};
use self::tree::TreeOrder;
use crate::app::board::{
    self, Damage, Look, TicketRows, TrunkAsSeen, WorkspaceLook, is_stale, last_activity, overlay,
};
use crate::app::context::{Context, Globals};
use crate::app::frame::{AsOf, Extent};
use crate::app::mine::Mine;
use crate::app::order::in_order_of_next;
use crate::app::queue::{QueueFilter, Survey};
use crate::app::time::SinceArg;
use crate::env::Env;
use crate::error::Failure;
use crate::git::exec::text_of;
use crate::lifecycle::{Awaited, Hindrance, TicketEntry};
use crate::out::{Format, Out};
use crate::text::{duration, pattern};
use crate::ticket::{Lane, TicketId, TicketRow};

/// List the tickets on the trunk
///
/// Shows what is waiting (queue) and what is being worked on (active), as of the last fetch. It uses no network without
/// --fetch and never looks at the files of your checkout. For a ticket that somebody holds it shows the progress on the
/// ticket branch, as far as that was pushed and fetched.
///
/// A ticket is shown if it matches all filters. On a terminal the columns are aligned. Piped, the cells are separated by
/// tabs without a header, and `-` stands for a missing value; the columns are lane, status, holder, age, id, title unless
/// you name others. The age is the time since the ticket was created (queue), claimed (active) or completed.
///
/// A file that cannot be read as a ticket is named in a warning and never hides the others.
///
/// With --json each held ticket also has what its branch and its workspace here add. Whether a workspace has changes is
/// left out unless `--columns dirty` asks for it, because that takes a `git status` for each.
#[derive(Debug, clap::Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct ListArgs {
    /// Show these lanes only; several with commas, or repeat the option [default: queue,active]
    #[arg(long, value_name = "LANE", value_enum, value_delimiter = ',')]
    lane: Vec<Lanes>,
    /// Show tickets of this status only; several with commas. `blocked` shows what is blocked
    #[arg(long, value_name = "STATUS", value_delimiter = ',', value_parser = StatusFilter::parse)]
    status: Vec<StatusFilter>,
    /// Show only what this person holds; part of the name is enough
    #[arg(long, value_name = "NAME")]
    holder: Option<String>,
    /// Show only what you hold, or what was claimed from this clone; for a session, what this clone holds for it, and what was handed to you
    #[arg(long)]
    mine: bool,
    #[command(flatten)]
    filter: QueueFilter,
    /// Show only what can be claimed now
    #[arg(long)]
    ready: bool,
    /// Show only what is blocked, or waits for another ticket
    #[arg(long)]
    blocked: bool,
    /// Show only what is complete and waits for its merge
    #[arg(long)]
    unmerged: bool,
    /// Show only held tickets that wait for their holder, with nothing for this long [default: `stale_after`]
    #[arg(long, value_name = "TIME", num_args = 0..=1, require_equals = true, value_parser = duration::parse)]
    #[allow(
        clippy::option_option,
        reason = "left out, given, or given with a time, as clap has it"
    )]
    stale: Option<Option<Duration>>,
    /// Show only tickets whose file matches this regular expression, or each of several; lower-case letters match
    /// upper-case ones too
    #[arg(long, value_name = "REGEX", num_args = 1.., value_parser = pattern)]
    text: Vec<Regex>,
    /// Show only what was created, claimed, completed or worked on since: 12h, 3d, or a date
    #[arg(long, value_name = "TIME", value_parser = SinceArg::read)]
    since: Option<SinceArg>,
    /// Sort by this
    #[arg(long, value_name = "KEY", value_enum, default_value = "lane")]
    sort: SortKey,
    /// Sort in reverse order
    #[arg(long)]
    reverse: bool,
    /// Show subtasks below their tickets, and how many are done
    #[arg(long)]
    tree: bool,
    /// Show these columns; several with commas
    #[arg(long, value_name = "COLUMN", value_enum, value_delimiter = ',')]
    columns: Vec<Column>,
    /// Ask the remote first
    #[arg(long)]
    fetch: bool,
    /// Show at most this many
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Skip this many at the beginning
    #[arg(long, value_name = "N", default_value = "0", hide_default_value = true)]
    offset: usize,
    /// Print one JSON object for each ticket, one a line
    #[arg(long)]
    jsonl: bool,
}

/// The answer in JSON.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Listing<'a> {
    schema: &'static str,
    #[serde(flatten)]
    as_of: AsOf,
    #[serde(flatten)]
    extent: Extent,
    /// The tickets, in the requested order.
    tickets: &'a [TicketRow],
    /// The files in these lanes that cannot be shown as tickets; never left out by a filter or a limit.
    damaged: &'a [Damage],
}

pub fn run(args: &ListArgs, globals: &Globals, env: &Env, out: &Out) -> Result<(), Failure> {
    let ctx = Context::open(globals, env, out, None)?;
    board::look(&ctx, Look::from(args.fetch), |seen| {
        let (mut rows, damaged) = collect(&ctx, args, seen)?;
        if args.sort == SortKey::Next {
            in_order_of_next(&ctx, seen.view, &mut rows)?;
        }
        sort(&mut rows, args.sort);
        if args.reverse {
            rows.reverse();
        }
        let mut depths = Vec::new();
        if args.tree {
            let is_usual = args.sort == SortKey::Next && !args.reverse;
            let order = if is_usual { TreeOrder::OfNext } else { TreeOrder::OfRows };
            (rows, depths) = tree::grown(&ctx, seen.view, rows, order)?;
            depths.drain(..args.offset.min(depths.len()));
        }
        let total = rows.len();
        rows.drain(..args.offset.min(total));
        rows.truncate(args.limit.unwrap_or(total));
        if args.shows_overlay(out) && !args.needs_overlay() {
            overlay(&ctx, seen.view, &mut rows, args.changes())?;
        }
        if out.format == Format::Human && !args.jsonl {
            tree::draw(&mut rows, &depths);
        }
        answer(&ctx, args, seen, &rows, &damaged, total);
        Ok(())
    })
}

impl ListArgs {
    /// Whether the filter depends on branches.
    fn needs_overlay(&self) -> bool {
        self.stale.is_some() || self.since.is_some() || self.sort == SortKey::Activity
    }

    fn shows_overlay(&self, out: &Out) -> bool {
        self.jsonl || out.format == Format::Json || self.columns.iter().any(|c| c.needs_overlay())
    }

    fn changes(&self) -> WorkspaceLook {
        if self.columns.contains(&Column::Dirty) {
            WorkspaceLook::Look
        } else {
            WorkspaceLook::Leave
        }
    }
}

fn waits_for_merge(ctx: &Context<'_>, row: &TicketRow) -> bool {
    row.lane == Lane::Active && Awaited::of(row.known, &row.approved, &ctx.stages) == Awaited::Merge
}

/// The requested rows, by lane and id.
fn collect(
    ctx: &Context<'_>,
    args: &ListArgs,
    seen: &TrunkAsSeen<'_>,
) -> Result<(Vec<TicketRow>, Vec<Damage>), Failure> {
    let mine = args.mine.then(|| Mine::of(ctx)).transpose()?;
    let TicketRows { mut rows, damaged } = board::read(ctx, seen.view, &Lanes::of(&args.lane))?;
    let wanted = |row: &TicketRow| {
        mine.as_ref().is_none_or(|mine| mine.fits(row))
            && (args.status.is_empty() || args.status.iter().any(|s| s.fits(row)))
            && args.holder.as_ref().is_none_or(|name| is_held_by(row, name))
            && (!args.unmerged || waits_for_merge(ctx, row))
            && args.filter.fits(&row.labels, row.priority.as_deref())
    };
    rows.retain(wanted);
    keep_by_relations(ctx, args, seen, &mut rows)?;
    keep_by_text(args, seen, &mut rows)?;
    if args.needs_overlay() {
        overlay(ctx, seen.view, &mut rows, args.changes())?;
        let since = args.since.map(|since| since.from(ctx.now));
        rows.retain(|row| {
            since.is_none_or(|since| last_activity(row).is_some_and(|at| at >= since))
                && args.stale.is_none_or(|after| {
                    is_stale(ctx, row, after.map_or_else(|| ctx.stale_after(), duration::delta))
                })
        });
    }
    Ok((rows, damaged))
}

/// Keeps the tickets that can be claimed, or those that must wait for something.
fn keep_by_relations(
    ctx: &Context<'_>,
    args: &ListArgs,
    seen: &TrunkAsSeen<'_>,
    rows: &mut Vec<TicketRow>,
) -> Result<(), Failure> {
    if !(args.ready || args.blocked) {
        return Ok(());
    }
    let survey = Survey::of(ctx, seen.view)?;
    let mut ready: HashSet<&TicketId> = HashSet::new();
    let mut waits: HashSet<&TicketId> = HashSet::new();
    let verdicts = survey.judge(ctx, seen.view, &QueueFilter::default());
    for verdict in &verdicts {
        let id = &verdict.known.entry.id;
        if verdict.hindrances.is_empty() {
            ready.insert(id);
        }
        if verdict
            .hindrances
            .iter()
            .any(|h| matches!(h, Hindrance::Waits { .. } | Hindrance::Subtasks(_)))
        {
            waits.insert(id);
        }
    }
    rows.retain(|row| {
        (!args.ready || ready.contains(&row.id))
            && (!args.blocked || row.blocked.is_some() || waits.contains(&row.id))
    });
    Ok(())
}

fn keep_by_text(
    args: &ListArgs,
    seen: &TrunkAsSeen<'_>,
    rows: &mut Vec<TicketRow>,
) -> Result<(), Failure> {
    if args.text.is_empty() {
        return Ok(());
    }
    let entries: HashMap<&TicketId, &TicketEntry> =
        seen.view.snapshot.entries.iter().map(|entry| (&entry.id, entry)).collect();
    let asked: Vec<&TicketEntry> =
        rows.iter().filter_map(|row| entries.get(&row.id).copied()).collect();
    let mut fitting: HashSet<&TicketId> = HashSet::new();
    seen.view.read_all(&asked, |entry, document| {
        let fits = |text: &str| args.text.iter().all(|pattern| pattern.is_match(text));
        if document.is_ok_and(|document| fits(&text_of(document.as_bytes()))) {
            fitting.insert(&entry.id);
        }
    })?;
    rows.retain(|row| fitting.contains(&row.id));
    Ok(())
}

/// Why the list is empty, and where there are tickets.
fn nothing(args: &ListArgs, seen: &TrunkAsSeen<'_>, damaged: &[Damage]) -> String {
    let lanes = Lanes::of(&args.lane);
    let entries = &seen.view.snapshot.entries;
    let here: HashSet<String> = entries
        .iter()
        .filter(|entry| lanes.contains(&entry.lane))
        .map(|entry| entry.path.to_string())
        .collect();
    if !here.is_empty() {
        let unread = damaged.iter().filter(|damage| here.contains(&damage.path)).count();
        return match here.len() {
            1 if unread == 1 => "the only ticket here cannot be read".to_owned(),
            all if unread == all => format!("none of the {all} tickets here can be read"),
            _ => "no ticket matches".to_owned(),
        };
    }
    let done = entries.iter().filter(|entry| !lanes.contains(&entry.lane)).count();
    match done {
        0 => "there are no tickets yet; write one: tix new <title>".to_owned(),
        done => format!("nothing here; {done} in other lanes: tix list --lane all"),
    }
}

fn answer(
    ctx: &Context<'_>,
    args: &ListArgs,
    seen: &TrunkAsSeen<'_>,
    rows: &[TicketRow],
    damaged: &[Damage],
    total: usize,
) {
    let returned = rows.len();
    for format in ctx.out.formats() {
        match format {
            _ if args.jsonl => ctx.out.json_lines(rows),
            Format::Json => ctx.out.json(&Listing {
                schema: "tix/list@1",
                as_of: AsOf::of(ctx, seen),
                extent: Extent::new(returned, total),
                tickets: rows,
                damaged,
            }),
            Format::Human => {
                let usual = Column::usual(rows, Out::is_terminal());
                let columns = if args.columns.is_empty() { &usual } else { &args.columns };
                ctx.out.table(&Column::table(columns, rows, ctx.now));
            }
        }
    }
    if ctx.out.formats().contains(&Format::Human) {
        if total == 0 {
            ctx.out.narrate(&nothing(args, seen, damaged));
        } else if returned < total {
            let at = if args.offset == 0 {
                "the first".to_owned()
            } else {
                format!("from {},", args.offset + 1)
            };
            ctx.out.narrate(&format!("{at} {returned} of {total}"));
        }
    }
    for damage in damaged {
        ctx.out.warn(&damage.to_string());
    }
    board::tell_age(ctx, seen, "tix list --fetch");
    board::tell_progress_age(ctx, rows, "tix list --fetch");
}
