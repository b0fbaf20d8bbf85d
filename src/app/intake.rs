//! Tickets of another system on their way into the queue, and what is said of them.

use serde::Serialize;

use super::cells;
use super::context::Context;
use super::find::no_tickets;
use super::frame::Extent;
use super::receipt::{Receipt, record};
use crate::error::{Exit, Failure};
use crate::import::{
    self, ClosedTickets, EndedTickets, ImportOutcome, ImportPlan, ImportRequest, ImportRow,
    LaneDirs, Reading, RefusedRecord,
};
use crate::lifecycle::{Decision, Ticket, TicketEntry};
use crate::out::table::{Cell, ColumnSpec, Meaning, Table};
use crate::out::{Format, Out};
use crate::text::count;
use crate::ticket::Lane;
use crate::trunk::{Diary, Outcome, Run, View};

/// What is to be brought in.
pub struct PendingImport {
    /// The name of the source.
    pub source: &'static str,
    pub reading: Reading,
    pub closed: ClosedTickets,
    pub ended: EndedTickets,
    pub dry_run: bool,
    /// Whether one refused record keeps everything back.
    pub strict: bool,
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

/// Brings the tickets in, all in one commit, and answers. Exit code 9 if a record was refused.
pub fn bring_in(ctx: &Context<'_>, mut intake: PendingImport) -> Result<(), Failure> {
    let mut told =
        Told { kind: intake.source, outcome: "", plan: ImportPlan::default(), receipt: None };
    if intake.dry_run {
        let run = Run::begin(&ctx.repo)?;
        let progress = ctx.progress();
        let engine = ctx.engine(&run, &progress);
        told.plan = decide(ctx, &intake, &ctx.actor()?, &engine.fetch_view()?)?;
        told.outcome = "planned";
    } else {
        let mut diary = Diary { phase: "import", ..Diary::default() };
        let result = write(ctx, &intake, (&mut diary, &mut told));
        let result = result.map_err(unclear);
        told.receipt = Some(record(ctx, "import", intake.source, &diary, result)?);
    }
    told.plan.refused.splice(0..0, std::mem::take(&mut intake.reading.refused));
    let place = |one: &RefusedRecord| (one.place.file.clone(), one.place.line);
    told.plan.refused.sort_by_cached_key(place);
    told.plan.warnings.splice(0..0, std::mem::take(&mut intake.reading.warnings));
    told.show(ctx.out);
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
    intake: &PendingImport,
    (diary, told): (&mut Diary, &mut Told<'_>),
) -> Result<Receipt, Failure> {
    let run = Run::begin(&ctx.repo)?;
    let progress = ctx.progress();
    let engine = ctx.engine(&run, &progress);
    let actor = ctx.actor()?;
    let outcome = engine.transact(diary, |view| {
        let mut plan = decide(ctx, intake, &actor, view)?;
        let keep_back =
            intake.strict && !(plan.refused.is_empty() && intake.reading.refused.is_empty());
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
    intake: &PendingImport,
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
        tickets: &intake.reading.tickets,
        closed: intake.closed,
        ended: intake.ended,
        actor,
        at: ctx.now,
        role: super::ROLE,
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
