//! `tix import`: bring the tickets of another system into the queue.

mod files;

use std::path::PathBuf;

use serde::Serialize;

use crate::app::cells;
use crate::app::context::{Context, Globals};
use crate::app::find::no_tickets;
use crate::app::frame::Extent;
use crate::app::receipt::{Receipt, record};
use crate::env::Env;
use crate::error::{Exit, Failure};
use crate::import::{
    self, ClosedTickets, ImportOutcome, ImportPlan, ImportRequest, ImportRow, LaneDirs, Reading,
    RefusedRecord,
};
use crate::lifecycle::{Decision, Ticket, TicketEntry};
use crate::out::table::{Cell, ColumnSpec, Meaning, Table};
use crate::out::{Format, Out};
use crate::text::count;
use crate::ticket::Lane;
use crate::trunk::{Diary, Outcome, Run, View};

/// Bring tickets of another system into the queue
///
/// Every ticket keeps its source, its id there and what tix has no place for below `imported:`. A second run changes nothing;
/// where the source has changed, it updates the tickets that nobody has touched and names the others. What is in progress
/// becomes queued, with a note of who had it. A record that cannot be a ticket is refused with its file and line, and the rest
/// goes on; the exit code is then 9. All tickets make one commit.
#[derive(Debug, clap::Args)]
pub struct ImportArgs {
    /// The system that the tickets come from: beads, backlog, taskmaster, wedow, github, jira, linear, todotxt, markdown,
    /// folders, yoi, hal, tix or plan; tix finds out if you leave it out
    #[arg(value_name = "SOURCE", add = sources())]
    source: Option<String>,
    /// The project that they are in, or one file of theirs [default: this directory]
    #[arg(value_name = "PATH")]
    path: Option<PathBuf>,
    /// Bring the tickets that are done or closed too
    #[arg(long)]
    all: bool,
    /// Show what would happen, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Import nothing if any record is refused
    #[arg(long)]
    strict: bool,
    /// How long to keep trying while others push to the trunk, such as 90s or 2m [default: 60s]
    #[arg(long, value_name = "TIME")]
    timeout: Option<String>,
}

/// Completes the names of the sources.
fn sources() -> clap_complete::engine::ArgValueCandidates {
    let candidate = |kind: &&import::SourceKind| {
        clap_complete::CompletionCandidate::new(kind.name).help(Some(kind.about.into()))
    };
    clap_complete::engine::ArgValueCandidates::new(move || {
        import::SOURCES.iter().map(candidate).collect()
    })
}

/// The answer in JSON.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ImportJson<'a> {
    schema: &'static str,
    /// The source.
    source: &'a str,
    /// `imported`, `already` where nothing had to be done, `planned` with `--dry-run`, or `refused` where `--strict` kept
    /// everything back.
    outcome: &'static str,
    #[serde(flatten)]
    extent: Extent,
    /// The tickets of the source.
    tickets: &'a [ImportRow],
    /// The records that cannot be tickets; may be empty.
    refused: Vec<RefusedJson<'a>>,
    /// What somebody should look at; may be empty.
    warnings: &'a [String],
    /// What was written; missing where nothing was.
    receipt: Option<&'a Receipt>,
}

/// A record that cannot be a ticket.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct RefusedJson<'a> {
    /// The file, relative to the path that was given.
    file: &'a str,
    /// The line, counted from 1.
    line: usize,
    /// What is wrong with it.
    why: &'a str,
}

pub fn run(args: &ImportArgs, globals: &Globals, env: &Env, out: &Out) -> Result<(), Failure> {
    let ctx = Context::open(globals, env, out, args.timeout.as_deref())?;
    let (kind, reading) = files::read(&ctx.dir, args.source.as_deref(), args.path.as_deref())?;
    let mut told =
        Told { kind: kind.name, outcome: "", plan: ImportPlan::default(), receipt: None };
    if args.dry_run {
        let run = Run::begin(&ctx.repo)?;
        let progress = ctx.progress();
        let engine = ctx.engine(&run, &progress);
        told.plan = decide(&ctx, args, &reading, &ctx.actor()?, &engine.fetch_view()?)?;
        told.outcome = "planned";
    } else {
        let mut diary = Diary { phase: "import", ..Diary::default() };
        let result = write(&ctx, args, &reading, (&mut diary, &mut told));
        let result = result.map_err(unclear);
        told.receipt = Some(record(&ctx, "import", kind.name, &diary, result)?);
    }
    told.plan.refused.splice(0..0, reading.refused);
    told.plan.warnings.splice(0..0, reading.warnings);
    told.show(out);
    if told.plan.refused.is_empty() { Ok(()) } else { Err(Failure::answered(Exit::Damaged)) }
}

/// Nothing is made twice.
fn unclear(mut failure: Failure) -> Failure {
    if failure.exit == Exit::Incomplete {
        failure.hints =
            vec!["run the same command again: what has come in already stays as it is".to_owned()];
    }
    failure
}

fn write(
    ctx: &Context<'_>,
    args: &ImportArgs,
    reading: &Reading,
    (diary, told): (&mut Diary, &mut Told<'_>),
) -> Result<Receipt, Failure> {
    let run = Run::begin(&ctx.repo)?;
    let progress = ctx.progress();
    let engine = ctx.engine(&run, &progress);
    let actor = ctx.actor()?;
    let outcome = engine.transact(diary, |view| {
        let mut plan = decide(ctx, args, reading, &actor, view)?;
        let keep_back = args.strict && !(plan.refused.is_empty() && reading.refused.is_empty());
        Ok(match plan.change.take().filter(|_| !keep_back) {
            Some(change) => Decision::Push(change, plan),
            None => Decision::Answer((plan, if keep_back { "refused" } else { "already" })),
        })
    })?;
    let mut receipt = Receipt::new(ctx, "import", "", &actor);
    match outcome {
        Outcome::Landed(mut landed) => {
            receipt.outcome = "imported";
            receipt.add(&landed);
            told.plan = std::mem::take(&mut landed.output);
        }
        Outcome::Answered((plan, outcome)) => {
            receipt.outcome = outcome;
            told.plan = plan;
        }
    }
    let written = told
        .plan
        .rows
        .iter()
        .filter(|row| matches!(row.outcome, ImportOutcome::Created | ImportOutcome::Updated));
    if receipt.outcome == "imported" {
        receipt.tickets =
            written.filter_map(|row| Some(row.ticket.as_ref()?.to_string())).collect();
        receipt.ticket = receipt.tickets.first().cloned().unwrap_or_default();
    }
    told.outcome = receipt.outcome;
    Ok(receipt)
}

/// Decides on a view of the trunk.
fn decide(
    ctx: &Context<'_>,
    args: &ImportArgs,
    reading: &Reading,
    actor: &str,
    view: &View<'_>,
) -> Result<ImportPlan, Failure> {
    if !view.has_tickets {
        return Err(no_tickets(ctx));
    }
    let entries: Vec<&TicketEntry> = view.snapshot.entries.iter().collect();
    // What cannot be read was not imported, or has been broken since.
    let known =
        view.read_all(&entries, |entry, document| Some(Ticket::new(entry, document.ok()?)))?;
    let known: Vec<Ticket<'_>> = known.into_iter().flatten().collect();
    let lanes = LaneDirs {
        queue: ctx.queue_dir()?,
        completed: ctx.lane_dir(Lane::Completed)?,
        archive: ctx.lane_dir(Lane::Archive)?,
    };
    let request = ImportRequest {
        tickets: &reading.tickets,
        closed: if args.all { ClosedTickets::Brought } else { ClosedTickets::Left },
        actor,
        at: ctx.now,
        role: crate::app::ROLE,
        lanes: &lanes,
    };
    Ok(import::import(&view.snapshot, &known, &request)?)
}

/// What the answer is made of.
struct Told<'a> {
    kind: &'a str,
    outcome: &'static str,
    plan: ImportPlan,
    receipt: Option<Receipt>,
}

impl Told<'_> {
    fn show(&self, out: &Out) {
        out.clear_progress();
        if out.format == Format::Json {
            let refused = self.plan.refused.iter().map(|RefusedRecord { place, why }| {
                RefusedJson { file: &place.file, line: place.line, why }
            });
            out.json(&ImportJson {
                schema: "tix/import@1",
                source: self.kind,
                outcome: self.outcome,
                extent: Extent::all(self.plan.rows.len()),
                tickets: &self.plan.rows,
                refused: refused.collect(),
                warnings: &self.plan.warnings,
                receipt: self.receipt.as_ref().filter(|receipt| !receipt.commits.is_empty()),
            });
        }
        if !out.formats().contains(&Format::Human) {
            return;
        }
        let columns = [
            ColumnSpec::new("outcome"),
            ColumnSpec::new("ticket").cut_to(12).apart(),
            ColumnSpec::new("source id").cut_to(8).apart(),
            ColumnSpec::new("title").cut_to(12).leaves(1),
        ];
        let mut table = Table::new(columns);
        for row in &self.plan.rows {
            let (word, meaning) = word(row.outcome);
            let ticket = row.ticket.as_ref().map_or("", |id| id.as_str());
            table.push([
                Cell::new(word).meaning(meaning),
                cells::id(ticket),
                Cell::new(&*row.source_id),
                Cell::new(&*row.title),
            ]);
        }
        out.table(&table);
        for RefusedRecord { place, why } in &self.plan.refused {
            out.warn(&format!("refused {}:{}: {why}", place.file, place.line));
        }
        self.plan.warnings.iter().for_each(|warning| out.warn(warning));
        out.narrate(&self.summary());
    }

    fn summary(&self) -> String {
        let number = |outcome| self.plan.rows.iter().filter(|row| row.outcome == outcome).count();
        let parts = [
            (ImportOutcome::Created, "created"),
            (ImportOutcome::Updated, "updated"),
            (ImportOutcome::Unchanged, "unchanged"),
            (ImportOutcome::Touched, "changed here and there, left as they are"),
            (ImportOutcome::Left, "ended there, left out (--all brings them)"),
        ];
        let parts = parts.into_iter().map(|(outcome, words)| (number(outcome), words));
        let refused = std::iter::once((self.plan.refused.len(), "refused"));
        let parts: Vec<String> = parts
            .chain(refused)
            .filter(|(number, _)| *number > 0)
            .map(|(number, words)| format!("{number} {words}"))
            .collect();
        let tickets = count(self.plan.rows.len(), "ticket", "tickets");
        let what = match self.outcome {
            "planned" => " (nothing was written: --dry-run)",
            "refused" => " (nothing was written: --strict)",
            _ => "",
        };
        let parts =
            if parts.is_empty() { String::new() } else { format!(": {}", parts.join(", ")) };
        format!("{tickets} from {}{parts}{what}", self.kind)
    }
}

fn word(outcome: ImportOutcome) -> (&'static str, Meaning) {
    match outcome {
        ImportOutcome::Created => ("created", Meaning::Good),
        ImportOutcome::Updated => ("updated", Meaning::Good),
        ImportOutcome::Unchanged => ("unchanged", Meaning::Quiet),
        ImportOutcome::Touched => ("touched", Meaning::Waiting),
        ImportOutcome::Left => ("left", Meaning::Quiet),
    }
}

#[cfg(test)]
mod tests {
    use clap::Args as _;

    use super::*;

    #[test]
    fn the_help_names_every_source() {
        let mut command = ImportArgs::augment_args(clap::Command::new("import"));
        let help = command.render_help().to_string().replace([',', ';', ':'], "");
        let words: Vec<&str> = help.split_whitespace().collect();
        for kind in import::SOURCES {
            assert!(words.contains(&kind.name), "{}", kind.name);
        }
    }
}
