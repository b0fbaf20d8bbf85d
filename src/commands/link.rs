//! `tix link`: mirror the tickets on a forge.

use clap::ValueEnum;
use serde::Serialize;

use crate::app::board::{self, Look};
use crate::app::cells;
use crate::app::context::{Context, Globals};
use crate::app::frame::Extent;
use crate::app::intake::{PendingImport, bring_in};
use crate::app::issues::{IssueStep, LinkOutcome, MirroredTicket, steps};
use crate::app::pull::ForgeCall;
use crate::env::Env;
use crate::error::{Exit, Failure};
use crate::import::{ClosedTickets, EndedTickets, imported_from};
use crate::out::table::{Cell, ColumnSpec, Meaning, Table};
use crate::out::{Format, Out};
use crate::text::count;
use crate::ticket::{Lane, TicketId};

/// Mirror tickets as issues, or bring issues in
///
/// It runs `gh`, which must be on the PATH and logged in. Each ticket in the queue and each that somebody holds gets an issue,
/// which says what the ticket says and who has it; when the ticket has ended, its issue is closed. The issue names its ticket,
/// so a second run changes nothing, and one that was cut short is finished by the next. What people write around the part of
/// tix stays. An issue that is closed stays closed, and a ticket that came from GitHub gets no second issue.
///
/// With --import the issues become tickets instead, as `tix import github` makes them, except those that mirror one.
///
/// Run it in one place, such as a job of your CI: two runs at once may make two issues for one ticket.
#[derive(Debug, clap::Args)]
pub struct LinkArgs {
    /// The forge
    #[arg(value_name = "FORGE", value_enum)]
    forge: LinkedForge,
    /// The other way: bring the issues into the queue
    #[arg(long)]
    import: bool,
    /// Bring closed issues too
    #[arg(long, requires = "import")]
    all: bool,
    /// Show what would happen, and change nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum LinkedForge {
    /// By its program `gh`
    Github,
}

/// The answer in JSON.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LinkJson<'a> {
    schema: &'static str,
    #[serde(flatten)]
    extent: Extent,
    /// Whether nothing was changed, because of `--dry-run`.
    dry_run: bool,
    /// The tickets, by lane and id.
    tickets: &'a [LinkedTicket],
}

/// A ticket and its issue.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct LinkedTicket {
    /// The ticket.
    ticket: TicketId,
    /// What was done, or would be.
    outcome: LinkOutcome,
    /// The number of its issue; missing while it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    issue: Option<u64>,
}

pub fn run(args: &LinkArgs, globals: &Globals, env: &Env, out: &Out) -> Result<(), Failure> {
    let LinkedForge::Github = args.forge;
    let ctx = Context::open(globals, env, out, None)?;
    let gh = ForgeCall::gh(&ctx).map_err(|why| Failure::new(Exit::Refused, why))?;
    if args.import {
        let closed = ClosedTickets::from_all(args.all);
        let (reading, dry_run) = (gh.issues_to_import(closed)?, args.dry_run);
        let (source, ended, strict) = ("github", EndedTickets::Stay, false);
        return bring_in(&ctx, PendingImport { source, reading, closed, ended, dry_run, strict });
    }
    let tickets = board::look(&ctx, Look::Fetch, |seen| {
        let rows = board::read(&ctx, seen.view, &Lane::ALL)?;
        rows.damaged.iter().for_each(|damage| out.warn(&damage.to_string()));
        let mut tickets = Vec::new();
        for row in rows.rows {
            let entry = seen.view.snapshot.find_id(&row.id)?;
            let (row, document, _) = board::read_one(&ctx, seen.view, entry)?;
            if imported_from(&document).as_deref() == Some("github") {
                continue;
            }
            let text = document.without_changelog().0.into_owned();
            let is_done = row.lane == Lane::Completed
                || document.text("resolution").as_deref() == Some("done");
            tickets.push(MirroredTicket { row, text, is_done });
        }
        Ok(tickets)
    })?;
    let issues = gh.issues()?;
    let steps = steps(&tickets, &issues, &ctx.stages);
    let mut told = Vec::new();
    for (ticket, step) in tickets.iter().zip(&steps) {
        let mut issue = match step {
            IssueStep::Create { .. } => None,
            IssueStep::Update { number, .. } | IssueStep::Close { number, .. } => Some(*number),
            IssueStep::Nothing { number } => *number,
        };
        if !args.dry_run {
            let again =
                |failure: Failure| failure.hint("what is left, the next run does: tix link github");
            issue = gh.take(step).map_err(again)?.or(issue);
        }
        told.push(LinkedTicket { ticket: ticket.row.id.clone(), outcome: step.outcome(), issue });
    }
    show(args, out, &told);
    Ok(())
}

fn show(args: &LinkArgs, out: &Out, told: &[LinkedTicket]) {
    out.clear_progress();
    for format in out.formats() {
        match format {
            Format::Json => {
                let extent = Extent::all(told.len());
                let (schema, dry_run) = ("tix/link@1", args.dry_run);
                out.json(&LinkJson { schema, extent, dry_run, tickets: told });
            }
            Format::Human => {
                let columns = [
                    ColumnSpec::new("outcome"),
                    ColumnSpec::new("issue"),
                    ColumnSpec::new("ticket").apart(),
                ];
                let mut table = Table::new(columns);
                for one in told.iter().filter(|one| one.outcome != LinkOutcome::Unchanged) {
                    let (word, meaning) = match one.outcome {
                        LinkOutcome::Created => ("created", Meaning::Good),
                        LinkOutcome::Updated => ("updated", Meaning::Good),
                        LinkOutcome::Closed => ("closed", Meaning::Quiet),
                        LinkOutcome::Unchanged => ("unchanged", Meaning::Quiet),
                    };
                    let issue = one.issue.map(|number| number.to_string()).unwrap_or_default();
                    table.push([
                        Cell::new(word).meaning(meaning),
                        Cell::new(issue),
                        cells::id(one.ticket.as_str()),
                    ]);
                }
                out.table(&table);
                let same = told.iter().filter(|one| one.outcome == LinkOutcome::Unchanged).count();
                let kept = if args.dry_run { " (nothing was changed: --dry-run)" } else { "" };
                out.narrate(&format!(
                    "{} as they are to be{kept}",
                    count(same as u64, "ticket is", "tickets are")
                ));
            }
        }
    }
}
