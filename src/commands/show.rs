//! `tix show`: one ticket.

use std::fmt::Write as _;
use std::path::PathBuf;

use serde::Serialize;

use crate::app::board::{self, Look, Workspace, WorkspaceLook};
use crate::app::complete::ids;
use crate::app::context::{Context, Globals};
use crate::app::family::{SubtaskJson, TicketFamily};
use crate::app::frame::AsOf;
use crate::app::here::seen_or_here;
use crate::clock;
use crate::env::Env;
use crate::error::Failure;
use crate::git::exec::text_of;
use crate::out::{Format, Out};
use crate::text::{safe, safe_lines};
use crate::ticket::{Document, Lane, TicketRow};

/// Show a ticket: who holds it, where, and its text
///
/// Shows the newest text as of the last fetch: from the ticket branch if its holder has pushed progress, else from the
/// trunk. The line `source` says which.
///
/// Piped, it prints only the file, byte for byte, and what the ticket is a part of, and its subtasks, on standard error. On
/// a terminal a short summary comes first, and control characters are made visible.
#[derive(Debug, clap::Args)]
pub struct ShowArgs {
    /// The ticket: its id, an unambiguous part of it, or a path to its file [default: the one of this workspace]
    #[arg(value_name = "TICKET", add = ids(&Lane::ALL))]
    id: Option<String>,
    /// Ask the remote first
    #[arg(long)]
    fetch: bool,
}

/// The answer in JSON.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ShowJson<'a> {
    schema: &'static str,
    #[serde(flatten)]
    row: &'a TicketRow,
    #[serde(flatten)]
    as_of: AsOf,
    /// Its own parts; missing when it has none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parts: Vec<SubtaskJson>,
    /// The whole file as it is at `source`; bytes that are not UTF-8 are replaced by U+FFFD.
    text: String,
    /// The id of the object in git that the text is.
    blob: &'a str,
}

pub fn run(args: &ShowArgs, globals: &Globals, env: &Env, out: &Out) -> Result<(), Failure> {
    let ctx = Context::open(globals, env, out, None)?;
    board::look(&ctx, Look::from(args.fetch), |seen| {
        let entry = seen_or_here(&ctx, seen.view, args.id.as_deref(), "show")?;
        let (mut row, document, blob) = board::read_one(&ctx, seen.view, entry)?;
        let family = TicketFamily::of(&ctx, seen, &mut row)?;
        let bytes = document.as_bytes();
        for format in out.formats() {
            match (format, Out::is_terminal()) {
                (Format::Json, _) => {
                    let rows = std::slice::from_mut(&mut row);
                    board::overlay(&ctx, seen.view, rows, WorkspaceLook::Leave)?;
                    let text = text_of(bytes);
                    let as_of = AsOf::of(&ctx, seen);
                    let parts = family.in_json();
                    let (schema, blob) = ("tix/ticket@1", blob.as_str());
                    out.json(&ShowJson { schema, row: &row, as_of, parts, text, blob });
                }
                (Format::Human, true) => {
                    let workspace = match board::workspace(&ctx, &row.id)? {
                        Workspace::At(path) => Some(path),
                        Workspace::Gone(_) | Workspace::None => None,
                    };
                    out.answer(&summary(&ctx, &row, &document, (workspace, &family)));
                }
                (Format::Human, false) => {
                    out.answer_bytes(bytes);
                    family.lines(&row, usize::MAX).iter().for_each(|line| out.narrate(line));
                }
            }
        }
        let again = format!("tix show --fetch {}", row.id);
        board::tell_age(&ctx, seen, &again);
        board::tell_progress_age(&ctx, [&row], &again);
        Ok(())
    })
}

fn summary(
    ctx: &Context<'_>,
    row: &TicketRow,
    document: &Document,
    (workspace, family): (Option<PathBuf>, &TicketFamily),
) -> String {
    let since = row.claimed_at.as_deref().map(clock::for_people);
    let since = since.map(|at| match row.age(ctx.now) {
        age if age.is_empty() => at,
        age => format!("{at} ({age} ago)"),
    });
    let lines = [
        ("lane", Some(row.lane.to_string())),
        ("status", Some(row.status_words().to_owned())),
        ("blocked", row.blocked.clone()),
        ("held by", row.holder.clone()),
        ("since", since.filter(|_| row.holder.is_some())),
        ("branch", row.branch.clone()),
        ("workspace", workspace.map(|path| path.display().to_string())),
        ("file", Some(row.path.clone())),
        ("source", Some(source(ctx, row))),
    ];
    let named = lines.into_iter().filter_map(|(name, value)| Some((name, value?)));
    let named = named.map(|(name, value)| format!("{name:9}  {}", safe(&value)));
    let mut text = format!("{}\n", row.id);
    for line in named.chain(family.lines(row, usize::MAX)) {
        // Writing to a string cannot fail.
        writeln!(text, "  {line}").ok();
    }
    text.push('\n');
    text.push_str(&safe_lines(&text_of(document.as_bytes())));
    ctx.out.wrapped(&text)
}

fn source(ctx: &Context<'_>, row: &TicketRow) -> String {
    let trunk = ctx.trunk_label();
    if row.source == trunk {
        return trunk;
    }
    format!("{}, newer than {trunk}", row.source)
}
