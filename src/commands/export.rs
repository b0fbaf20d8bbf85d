//! `tix export`: all tickets, in a form that other programs read.

use clap::ValueEnum;
use serde::Serialize;

use crate::app::board::{self, Look};
use crate::app::complete::ids;
use crate::app::context::{Context, Globals};
use crate::app::find::{TicketSearch, find_ticket};
use crate::app::frame::{AsOf, Extent};
use crate::env::Env;
use crate::error::{Exit, Failure};
use crate::import::{self, ExportedTicket, TicketToExport};
use crate::lifecycle::TicketEntry;
use crate::out::{Format, Out};
use crate::ticket::{Document, Lane};

/// Write all tickets for other programs
///
/// `json` and `csv` hold the whole files, so that `tix import` gets the same tickets back. A plan is what `tix new --plan` takes, and
/// `github` has the form of `gh issue list --json`; they hold what these have a place for. All are as of the last fetch, and
/// as the trunk has them.
#[derive(Debug, clap::Args)]
pub struct ExportArgs {
    /// The tickets [default: all]
    #[arg(value_name = "TICKET", add = ids(&Lane::ALL))]
    tickets: Vec<String>,
    /// The form
    #[arg(long, value_name = "FORM", value_enum, default_value_t = ExportFormat::Json)]
    format: ExportFormat,
    /// Ask the remote first
    #[arg(long)]
    fetch: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ExportFormat {
    /// An object with the whole files
    Json,
    /// A table with the whole files
    Csv,
    /// A plan, as YAML
    Plan,
    /// Issues, as GitHub's program prints them
    Github,
}

/// The answer in JSON.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ExportJson {
    schema: &'static str,
    #[serde(flatten)]
    as_of: AsOf,
    #[serde(flatten)]
    extent: Extent,
    /// The tickets, in the order of their paths.
    tickets: Vec<ExportedTicket>,
}

pub fn run(args: &ExportArgs, globals: &Globals, env: &Env, out: &Out) -> Result<(), Failure> {
    if out.format == Format::Json && args.format != ExportFormat::Json {
        let message = "--json is for --format json";
        return Err(Failure::new(Exit::Usage, message).hint("tix export --json"));
    }
    let ctx = Context::open(globals, env, out, None)?;
    board::look(&ctx, Look::from(args.fetch), |seen| {
        let mut entries: Vec<&TicketEntry> = Vec::new();
        for query in &args.tickets {
            entries.push(find_ticket(&ctx, seen.view, TicketSearch { query, command: "show" })?);
        }
        if args.tickets.is_empty() {
            entries.extend(&seen.view.snapshot.entries);
        }
        let read = |entry: &TicketEntry, document: Result<Document, crate::lifecycle::Refusal>| {
            let document = document.map_err(Failure::from)?;
            Ok(TicketToExport { id: entry.id.clone(), lane: entry.lane, document })
        };
        let mut tickets = Vec::new();
        let mut damaged = false;
        for one in seen.view.read_all(&entries, read)? {
            match one {
                Ok(ticket) if str::from_utf8(ticket.document.as_bytes()).is_ok() => {
                    tickets.push(ticket);
                }
                Ok(ticket) => {
                    damaged = true;
                    out.warn(&format!("{} is left out: it is not UTF-8", ticket.id));
                }
                Err(failure) => {
                    let failure: Failure = failure;
                    damaged = true;
                    out.warn(&format!("left out: {}", failure.message));
                }
            }
        }
        match args.format {
            ExportFormat::Json => {
                let tickets: Vec<ExportedTicket> =
                    tickets.iter().filter_map(ExportedTicket::of).collect();
                let (as_of, extent) = (AsOf::of(&ctx, seen), Extent::all(tickets.len()));
                out.json(&ExportJson { schema: "tix/export@1", as_of, extent, tickets });
            }
            ExportFormat::Csv => {
                let tickets: Vec<ExportedTicket> =
                    tickets.iter().filter_map(ExportedTicket::of).collect();
                let text = import::csv(&tickets)
                    .map_err(|error| Failure::new(Exit::Damaged, error.to_string()))?;
                out.answer_bytes(text.as_bytes());
            }
            ExportFormat::Plan => out.answer_bytes(import::as_plan(&tickets).as_bytes()),
            ExportFormat::Github => out.json(&import::github(&tickets)),
        }
        if damaged { Err(Failure::answered(Exit::Damaged)) } else { Ok(()) }
    })
}
