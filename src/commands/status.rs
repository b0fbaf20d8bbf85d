//! `tix status`: where a ticket is, and what can be done with it.

mod moves;
mod place;

use std::fmt::Write as _;

use serde::Serialize;

use self::moves::{MoveJson, moves};
use self::place::ClaimPlace;
use crate::app::board::{self, Look, TrunkAsSeen, Workspace};
use crate::app::changed::{ChangedJson, changed};
use crate::app::complete::ids;
use crate::app::context::{Context, Globals};
use crate::app::dashboard;
use crate::app::family::TicketFamily;
use crate::app::frame::AsOf;
use crate::app::here::{here, seen_or_here};
use crate::app::next_step::TicketAsSeen;
use crate::app::operation::Identity;
use crate::app::queue::Survey;
use crate::app::request::push;
use crate::app::role;
use crate::app::sign::last_sign;
use crate::app::work::only_here;
use crate::app::worker;
use crate::clock;
use crate::env::Env;
use crate::error::{Failure, go_on_as_yours};
use crate::lifecycle::{self, Awaited, Hindrance, Missing, Ticket, TicketEntry};
use crate::out::{Format, Out};
use crate::text::{count, cut, duration, safe};
use crate::ticket::{Document, FrontMatter, Lane, TicketRow, WorkerNow};

/// Show where a ticket is and which moves are possible
///
/// Shows who holds it, what is left to do, which moves you can make, and what to do next. --all adds every other move,
/// with who can make it and why you cannot. Without an id it shows the ticket of the workspace that you are in; elsewhere
/// it shows what `tix` alone shows. Like `tix list` it shows what was last fetched, with the progress on the ticket
/// branch.
#[derive(Debug, clap::Args)]
pub struct StatusArgs {
    /// The ticket [default: the one of this workspace]
    #[arg(value_name = "TICKET", add = ids(&Lane::ALL))]
    ticket: Option<String>,
    /// Show every move, including those that you cannot make now
    #[arg(long)]
    all: bool,
    /// Ask the remote first
    #[arg(long)]
    fetch: bool,
}

/// How many open items are shown without `--all`, and how many parts.
const SHOWN: usize = 3;

/// How many parts are shown where an agent pays for them.
const SHOWN_PARTS: usize = 2;

/// How wide each of them is at most.
const WIDEST: usize = 60;

/// How many characters they are together where an agent pays for them: always one, and of short ones as many as a person sees.
const ROOM: usize = 130;

/// The answer in JSON.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct StatusJson<'a> {
    schema: &'static str,
    #[serde(flatten)]
    row: &'a TicketRow,
    #[serde(flatten)]
    as_of: AsOf,
    /// The lane that it is in at its source: one ahead of the trunk's when it is complete and not merged.
    at: Lane,
    /// Its worktree in this clone; missing if there is none.
    workspace: Option<String>,
    /// Its worker in this clone; missing if there is none.
    worker: Option<&'a WorkerNow>,
    /// When its holder last did something; missing when nobody holds it.
    last_sign: Option<String>,
    /// Whether its holder has done nothing for so long that others may take it over.
    stale: bool,
    /// Whether another session of this clone holds it: its holder's verbs are refused until this one goes on with it.
    in_another_session: bool,
    /// The changes that the last review requested, line by line; may be empty.
    changes_requested: &'a [String],
    /// What is left to do before it can be complete.
    missing: Vec<String>,
    /// What the caller would do next; missing while somebody is working, or has to review first.
    next: Option<&'a str>,
    /// The moves that the caller may make now; with `--all` every move.
    moves: Vec<&'a MoveJson>,
    /// With `--all` the files that the branch of a held ticket has changed since it left the base, at most a thousand; else missing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    changed: Vec<ChangedJson>,
}

struct Standpoint {
    row: TicketRow,
    family: TicketFamily,
    at: Lane,
    /// Whether it is complete on this machine alone.
    is_unpushed: bool,
    /// How many commits were made here after its completion, and not pushed.
    late: u64,
    workspace: Workspace,
    worker: Option<WorkerNow>,
    last: Option<chrono::DateTime<chrono::Utc>>,
    stale: bool,
    place: ClaimPlace,
    /// The changes that the last review requested, line by line; may be empty.
    asked: Vec<String>,
    missing: Vec<String>,
    /// What it waits for in the queue.
    waits: Vec<String>,
    next: Option<String>,
    moves: Vec<MoveJson>,
}

pub fn run(args: &StatusArgs, globals: &Globals, env: &Env, out: &Out) -> Result<(), Failure> {
    let ctx = Context::open(globals, env, out, None)?;
    if args.ticket.is_none() && here(&ctx)?.is_none() {
        let shown = board::look(&ctx, Look::from(args.fetch), |seen| dashboard::show(&ctx, seen));
        return dashboard::or_nothing(shown, out);
    }
    board::look(&ctx, Look::from(args.fetch), |seen| {
        let entry = seen_or_here(&ctx, seen.view, args.ticket.as_deref(), "status")?;
        let standpoint = standpoint(&ctx, seen, entry)?;
        for format in out.formats() {
            match format {
                Format::Json => {
                    let changed = if args.all { changed(&ctx, entry)? } else { Vec::new() };
                    out.json(&StatusJson {
                        changed,
                        ..shown(&standpoint, args.all, AsOf::of(&ctx, seen))
                    });
                }
                Format::Human if args.all => out.answer(&in_full(&ctx, &standpoint)),
                Format::Human => out.answer(&in_short(&ctx, args, &standpoint)),
            }
        }
        let again = format!("tix status --fetch {}", entry.id);
        board::tell_age(&ctx, seen, &again);
        board::tell_progress_age(&ctx, [&standpoint.row], &again);
        Ok(())
    })
}

fn standpoint(
    ctx: &Context<'_>,
    seen: &TrunkAsSeen<'_>,
    entry: &TicketEntry,
) -> Result<Standpoint, Failure> {
    let (row, document, _) = board::read_one(ctx, seen.view, entry)?;
    let on_trunk = Ticket::new(entry, document.clone());
    let completed = completed_here(ctx, entry, &row, &document)?;
    let is_unpushed = completed.is_some();
    let (mut row, document) = completed.unwrap_or((row, document));
    let family = TicketFamily::of(ctx, seen, &mut row)?;
    // The board shows the trunk's lane; a ticket that is complete on its branch has moved on there.
    let mut there = entry.clone();
    if row.source != ctx.trunk_label() && document.text("completed_at").is_some() {
        there.lane = Lane::Completed;
    }
    let ticket = Ticket { entry: &there, trunk: entry.lane, document };
    let tip = match board::progress_ref(ctx, &entry.id) {
        Some(name) if entry.lane == Lane::Active => ctx.objects.resolve(name.as_str())?,
        Some(_) | None => None,
    };
    let last = match entry.lane {
        Lane::Active => last_sign(ctx, &on_trunk, seen.view.commit(), tip.as_ref())?,
        Lane::Queue | Lane::Completed | Lane::Archive => None,
    };
    let awaited = Awaited::of_head(&FrontMatter::of(&ticket.document), &ctx.stages);
    let stale = entry.lane == Lane::Active && awaited.is_stale(last, ctx.now, ctx.stale_after());
    let identity = Identity::reading(ctx, &entry.id);
    let act = identity.act(ctx);
    let waits = match there.lane {
        Lane::Queue | Lane::Active => {
            Survey::waits(ctx, seen.view, (entry, FrontMatter::of(&ticket.document)))?
        }
        Lane::Completed | Lane::Archive => Vec::new(),
    };
    let missing = match there.lane {
        Lane::Active => {
            let waits = waits.iter().cloned().map(Missing::Dependency);
            lifecycle::missing_in(&ticket.document).into_iter().chain(waits).collect()
        }
        Lane::Queue | Lane::Completed | Lane::Archive => Vec::new(),
    };
    let asked = lifecycle::requested_changes(&ticket);
    let workspace = board::workspace(ctx, &row.id)?;
    let worker = worker::now(ctx, &row.id, row.claim_id.as_deref());
    let here = TicketAsSeen {
        ctx,
        act: &act,
        ticket: &ticket,
        view: seen.view,
        workspace: &workspace,
        worker: worker.as_ref(),
        stale,
    };
    let moves = moves(&here, &waits, is_unpushed)?;
    let next = next_of(&here, is_unpushed);
    Ok(Standpoint {
        late: late(&here, is_unpushed)?,
        workspace,
        worker,
        at: there.lane,
        is_unpushed,
        row,
        family,
        last,
        stale,
        place: ClaimPlace::of(&act, &ticket),
        asked,
        missing: missing.iter().map(ToString::to_string).collect(),
        waits: waits_of(&waits, there.lane),
        next,
        moves,
    })
}

/// The command that comes next, if the caller's role may run it. The rest of the answer stands without it.
fn next_of(here: &TicketAsSeen<'_>, is_unpushed: bool) -> Option<String> {
    let (ctx, id) = (here.ctx, &here.ticket.entry.id);
    let next = if is_unpushed {
        Ok(ctx.ticket_branch(id).ok().and_then(|branch| push(ctx, &branch)))
    } else {
        here.next_step()
    };
    let next = next.unwrap_or_else(|failure| {
        ctx.out.warn(&format!("the next step is unknown: {}", failure.message));
        None
    });
    next.filter(|next| role::may_run(ctx, next))
}

/// How many commits the caller has made after the completion, and not pushed.
fn late(here: &TicketAsSeen<'_>, is_unpushed: bool) -> Result<u64, Failure> {
    let (entry, act) = (here.ticket.entry, here.act);
    if is_unpushed || entry.lane != Lane::Completed || act.require_claim(here.ticket).is_err() {
        return Ok(0);
    }
    Ok(only_here(here.ctx, &entry.id)?)
}

/// The ticket as this machine alone has completed it, which only its own status tells; `None` if it has not.
fn completed_here(
    ctx: &Context<'_>,
    entry: &TicketEntry,
    row: &TicketRow,
    document: &Document,
) -> Result<Option<(TicketRow, Document)>, Failure> {
    let is_completed = |document: &Document| document.text("completed_at").is_some();
    let newer = board::unpushed(ctx, entry, row.claim_id.as_deref())?;
    let newer = newer.filter(|newer| is_completed(&newer.document) && !is_completed(document));
    Ok(newer.map(|newer| (newer.row, newer.document)))
}

/// What keeps a ticket in the queue, each with its reason; of what is held it is a part of what is left to do.
fn waits_of(waits: &[Hindrance], lane: Lane) -> Vec<String> {
    let named = waits.iter().filter_map(|hindrance| match hindrance {
        Hindrance::Waits { name, why } => Some(format!("{name}, {why}")),
        Hindrance::Blocked(_)
        | Hindrance::Status { .. }
        | Hindrance::Duplicate(_)
        | Hindrance::Subtasks(_)
        | Hindrance::Here(_) => None,
    });
    if lane == Lane::Queue { named.collect() } else { Vec::new() }
}

fn shown(standpoint: &Standpoint, all: bool, as_of: AsOf) -> StatusJson<'_> {
    let workspace = match &standpoint.workspace {
        Workspace::At(path) => Some(path.display().to_string()),
        Workspace::Gone(_) | Workspace::None => None,
    };
    StatusJson {
        schema: "tix/status@1",
        row: &standpoint.row,
        as_of,
        at: standpoint.at,
        workspace,
        worker: standpoint.worker.as_ref(),
        last_sign: standpoint.last.map(clock::rfc3339),
        stale: standpoint.stale,
        in_another_session: standpoint.place == ClaimPlace::OtherSession,
        changes_requested: &standpoint.asked,
        missing: standpoint.missing.clone(),
        next: standpoint.next.as_deref(),
        moves: standpoint.moves.iter().filter(|m| all || m.you).collect(),
        changed: Vec::new(),
    }
}

/// Human-readable output without `--all`: what the caller can do, and the next step.
fn in_short(ctx: &Context<'_>, args: &StatusArgs, standpoint: &Standpoint) -> String {
    let row = &standpoint.row;
    let mut state = row.status_words().to_owned();
    if standpoint.at != row.lane {
        let missing = if standpoint.is_unpushed { "pushed" } else { "merged" };
        state.push_str(&format!(", not {missing} yet"));
    }
    if let Some(reason) = &row.blocked {
        state.push_str(&format!(", blocked: {reason}"));
    }
    let held = row.holder_name().filter(|_| row.lane == Lane::Active).map(|name| {
        let age = row.age(ctx.now);
        let since = if age.is_empty() { String::new() } else { format!(" for {age}") };
        format!("{name}{since}{}", session_words(standpoint))
    });
    let last = standpoint.last.filter(|_| standpoint.stale);
    let elsewhere = args.ticket.is_some().then(|| workspace_words(&standpoint.workspace));
    let late = (standpoint.late > 0).then(|| count(standpoint.late, "commit", "commits"));
    let lines = [
        ("title", row.title.clone()),
        ("status", Some(state)),
        ("only here", late),
        ("held by", held),
        ("stale", last.map(|last| format!("no sign for {}", duration::age(last, ctx.now)))),
        ("workspace", elsewhere.flatten()),
        ("worker", worker_words(standpoint)),
        ("pr", pull_words(standpoint)),
    ];
    let mut text = format!("{}\n", row.id) + &labelled(lines) + &waits(standpoint);
    let most = if Out::is_terminal() { SHOWN } else { SHOWN_PARTS };
    text.push_str(&family(standpoint, most));
    text.push_str(&to_do(&standpoint.missing));
    text.push_str(&asked(standpoint));
    text.push_str(&your_moves(&standpoint.moves));
    // What comes next is pasted.
    let mut text = ctx.out.wrapped(&text);
    if let Some(next) = &standpoint.next {
        writeln!(text, "next: {}", safe(next)).ok();
    }
    text + &way_back(standpoint)
}

/// How a ticket becomes this session's. Whether it is the caller's at all, only the caller knows, so it is no next step.
fn way_back(standpoint: &Standpoint) -> String {
    if standpoint.place == ClaimPlace::Plain {
        return String::new();
    }
    format!("{}\n", go_on_as_yours(&standpoint.row.id))
}

/// The first things that are left to do, and how many more there are.
fn to_do(missing: &[String]) -> String {
    let line = |label: &str, text: &str| format!("  {label:9}  {text}\n");
    let mut text = String::new();
    for (at, one) in missing.iter().take(SHOWN).enumerate() {
        let one = line(if at == 0 { "to do" } else { "" }, &cut(&safe(one), WIDEST));
        if at > 0 && !Out::is_terminal() && text.chars().count() + one.chars().count() > ROOM {
            break;
        }
        text.push_str(&one);
    }
    let more = missing.len() - text.lines().count();
    let more = if more > 0 { line("", &format!("and {more} more")) } else { String::new() };
    text + &more
}

/// The lines that have a value, each after its name.
fn labelled<const N: usize>(lines: [(&str, Option<String>); N]) -> String {
    let line = |(name, value): (&str, Option<String>)| {
        value.map(|value| format!("  {name:9}  {}\n", safe(&value)))
    };
    lines.into_iter().filter_map(line).collect()
}

fn waits(standpoint: &Standpoint) -> String {
    let lines = standpoint.waits.iter();
    lines.map(|one| format!("  {:9}  {}\n", "waits for", safe(one))).collect()
}

fn family(standpoint: &Standpoint, most: usize) -> String {
    let lines = standpoint.family.lines(&standpoint.row, most);
    lines.iter().map(|line| format!("  {line}\n")).collect()
}

fn session_words(standpoint: &Standpoint) -> &'static str {
    match standpoint.place {
        ClaimPlace::OtherSession => ", in another session of this clone",
        ClaimPlace::OtherClone => ", from another clone",
        ClaimPlace::Plain => "",
    }
}

fn worker_words(standpoint: &Standpoint) -> Option<String> {
    standpoint.worker.as_ref().map(|worker| worker.words(clock::for_people))
}

/// The pull request, as far as this clone knows it, and its page.
fn pull_words(standpoint: &Standpoint) -> Option<String> {
    let pull = standpoint.row.pull_request.as_ref()?;
    Some(format!("{pull}: {}", pull.url))
}

fn workspace_words(workspace: &Workspace) -> Option<String> {
    match workspace {
        Workspace::At(path) => Some(path.display().to_string()),
        Workspace::Gone(path) => Some(format!("{} (gone)", path.display())),
        Workspace::None => None,
    }
}

/// Human-readable output with `--all`: every move, with who may make it and why others may not.
fn in_full(ctx: &Context<'_>, standpoint: &Standpoint) -> String {
    let row = &standpoint.row;
    let held = row.holder.as_ref().filter(|_| row.lane == Lane::Active);
    let since = held.and(row.claimed_at.as_deref()).map(clock::for_people);
    let since = since.map(|at| match row.age(ctx.now) {
        age if age.is_empty() => at,
        age => format!("{at} ({age} ago)"),
    });
    let last = standpoint.last.map(|last| {
        let age = duration::age(last, ctx.now);
        if standpoint.stale { format!("{age} ago: stale") } else { format!("{age} ago") }
    });
    let lane = if standpoint.at == row.lane {
        row.lane.to_string()
    } else {
        let missing = if standpoint.is_unpushed { "pushed" } else { "merged" };
        format!("{}, and {} on its branch, which is not {missing} yet", row.lane, standpoint.at)
    };
    let lines = [
        ("lane", Some(lane)),
        ("status", Some(row.status_words().to_owned())),
        ("blocked", row.blocked.clone()),
        ("held by", held.map(|held| format!("{held}{}", session_words(standpoint)))),
        ("since", since),
        ("last sign", last),
        ("branch", row.branch.clone().filter(|_| held.is_some())),
        ("workspace", workspace_words(&standpoint.workspace)),
        ("worker", worker_words(standpoint)),
        ("pr", pull_words(standpoint)),
        ("source", Some(row.source.clone())),
    ];
    let mut text = format!("{}\n", row.id)
        + &labelled(lines)
        + &waits(standpoint)
        + &family(standpoint, usize::MAX);
    text.push_str(&asked(standpoint));
    let open = |m: &&MoveJson| m.legal;
    let width = standpoint.moves.iter().map(|m| m.command.len()).max().unwrap_or(0);
    text.push_str("open now:\n");
    for m in standpoint.moves.iter().filter(open) {
        let why = m.why.as_ref().map(|why| format!("; you cannot: {}", safe(why)));
        // Writing to a string cannot fail.
        writeln!(text, "  {:width$}  {}{}", m.command, m.by, why.unwrap_or_default()).ok();
    }
    text.push_str("not now:\n");
    for m in standpoint.moves.iter().filter(|m| !m.legal) {
        writeln!(text, "  {:width$}  {}", m.command, safe(m.why.as_deref().unwrap_or_default()))
            .ok();
    }
    if !standpoint.missing.is_empty() {
        text.push_str("to do before it is complete:\n");
        for missing in &standpoint.missing {
            writeln!(text, "  {}", safe(missing)).ok();
        }
    }
    // What comes next is pasted.
    let mut text = ctx.out.wrapped(&text);
    if let Some(next) = &standpoint.next {
        writeln!(text, "next:\n  {}", safe(next)).ok();
    }
    text + &way_back(standpoint)
}

/// The changes that the last review requested.
fn asked(standpoint: &Standpoint) -> String {
    let lines = standpoint.asked.iter().map(|line| format!("  {}\n", safe(line)));
    let lines: String = lines.collect();
    let again = standpoint.moves.iter().any(|m| m.you && m.command == "submit");
    let way = if again { "commit the changes, then: tix submit\n" } else { "" };
    if lines.is_empty() { lines } else { format!("changes requested:\n{lines}{way}") }
}

/// What the caller can do now; or, if one reason forbids everything, that reason.
fn your_moves(moves: &[MoveJson]) -> String {
    let yours: Vec<&str> = moves.iter().filter(|m| m.you).map(|m| m.command).collect();
    if !yours.is_empty() {
        return format!("you can: {}\n", yours.join(", "));
    }
    let mut reasons = moves.iter().filter_map(|m| m.why.as_deref());
    let first = reasons.next().unwrap_or_default();
    let same = reasons.all(|reason| reason == first);
    let why = same.then(|| format!(": {}", safe(first)));
    format!("there is nothing you can do with it now{}\n", why.unwrap_or_default())
}
