//! `tix undo`: undo what this clone did last.
//!
//! It knows only which verb undoes which. That verb decides on the current trunk whether it may happen: if somebody else
//! has gone on with the ticket, it refuses as usual.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value;

use crate::app::board;
use crate::app::context::{Context, Globals};
use crate::env::Env;
use crate::error::{Exit, Failure};
use crate::names::Oid;
use crate::out::{Format, Out};
use crate::text::{duration, safe, shell_word};
use crate::ticket::{Document, Status, TicketId};

/// Undo what this clone wrote last
///
/// It releases a claim, claims a released ticket again, closes a new ticket, reopens a completed, closed or archived one,
/// unblocks a blocked one, and takes back one that was handed over. It first shows the command that it runs, which asks
/// the remote as usual: if somebody has gone on with the ticket, it is refused. For a value or a text it shows the command
/// that writes the old one, and for what cannot be undone the nearest command.
#[derive(Debug, clap::Args)]
pub struct UndoArgs {
    /// Only show what would be done
    #[arg(long)]
    pub dry_run: bool,
}

/// The answer of `--dry-run` in JSON.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct UndoJson<'a> {
    schema: &'static str,
    /// The command that would be undone.
    operation: &'a str,
    /// Its ticket.
    ticket: &'a str,
    /// When it ran: RFC 3339, UTC.
    at: &'a str,
    /// The command that undoes it, for a POSIX shell.
    command: String,
}

/// How an operation is undone.
enum WayBack {
    /// By this command, with the ticket after its first word.
    Command(&'static [&'static str]),
    /// A person has to add something: what comes after the ticket.
    Needs(&'static str, &'static str),
}

const UNDONE: &str = "undone";

/// `before` is the status that the ticket had before, where that is known.
fn way_back(operation: &str, before: Option<Status>) -> WayBack {
    match operation {
        "activate" => WayBack::Command(&["release", "--reason", UNDONE]),
        "release" => WayBack::Command(&["activate"]),
        "new" | "rework" => WayBack::Command(&["close", "--as", "wont_do", "--reason", UNDONE]),
        "complete" | "close" | "archive" => WayBack::Command(&["reopen", "--reason", UNDONE]),
        "block" => WayBack::Command(&["unblock"]),
        "handoff" => WayBack::Command(&["reclaim", "--reason", UNDONE]),
        "queue" if before == Some(Status::Draft) => {
            WayBack::Command(&["draft", "--reason", UNDONE])
        }
        "queue" => WayBack::Needs("draft", "--reason <why>"),
        "draft" => WayBack::Command(&["queue"]),
        "unblock" => WayBack::Needs("block", "--reason <why>"),
        "reclaim" => WayBack::Needs("handoff", "--to <whom>"),
        "reopen" => WayBack::Needs("close", "--as <how>"),
        "set" => WayBack::Needs("set", "<key>=<value>"),
        "dep" | "dep add" | "dep rm" => WayBack::Needs("dep rm", "<other>"),
        "edit" | "note" | "tick" => WayBack::Needs("edit", ""),
        _ => WayBack::Needs("log", ""),
    }
}

/// The words of the command that undoes the last write; `None` if they were only to be shown.
pub fn plan(
    args: &UndoArgs,
    globals: &Globals,
    env: &Env,
    out: &Out,
) -> Result<Option<Vec<String>>, Failure> {
    let ctx = Context::open(globals, env, out, None)?;
    let lines = ctx.audit().read();
    let Some(last) = lines.iter().rev().find(|line| is_write(line)) else {
        return Err(Failure::new(Exit::NotFound, "this clone has written nothing yet")
            .hint("see what others did: tix log"));
    };
    let text = |key: &str| last[key].as_str().unwrap_or_default();
    let (operation, ticket, at) = (text("operation"), text("ticket"), text("at"));
    let several = last["tickets"].as_array().is_some_and(|all| all.len() > 1);
    let words = match way_back(operation, status_before(&ctx, last)) {
        WayBack::Command(words) if !several && !ticket.is_empty() => words,
        WayBack::Command(words) => {
            return Err(no_way(
                operation,
                "several tickets",
                words.first().unwrap_or(&"log"),
                "<ticket>",
            ));
        }
        WayBack::Needs("set" | "edit", _) if let Some(line) = old_value(&ctx, last, operation) => {
            return Err(
                cannot(operation, ticket).hint(format!("this puts back what was there: {line}"))
            );
        }
        WayBack::Needs(verb, more) => {
            let rest = format!("{} {more}", shell_word(ticket));
            return Err(no_way(operation, ticket, verb, rest.trim()));
        }
    };
    let mut command: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    command.insert(1.min(command.len()), ticket.to_owned());
    let line = command.iter().map(|word| shell_word(word)).collect::<Vec<_>>().join(" ");
    let line = format!("tix {line}");
    if args.dry_run && out.format == Format::Json {
        out.json(&UndoJson { schema: "tix/undo@1", operation, ticket, at, command: line });
        return Ok(None);
    }
    let ago = chrono::DateTime::parse_from_rfc3339(at).ok();
    let ago = ago.map(|at| format!(", {} ago", duration::age(at.to_utc(), ctx.now)));
    let said = format!("tix {operation} {ticket}{} is undone by: {line}", ago.unwrap_or_default());
    if args.dry_run {
        out.answer(&format!("{}\n", safe(&said)));
        return Ok(None);
    }
    out.narrate(&safe(&said));
    Ok(Some(command))
}

/// The commit and the file of a write of one file.
fn written(line: &Value) -> Option<(&str, &str)> {
    let first = |key: &str| line.get(key)?.get(0)?.as_str();
    Some((first("commits")?, first("paths")?))
}

/// The ticket as a commit has it.
fn text_at(ctx: &Context<'_>, commit: &str, path: &str) -> Option<Document> {
    let file = ctx.objects.read(format!("{commit}:{path}").as_bytes()).ok()??;
    Document::parse(file.data).ok()
}

/// The status that the ticket had before this was written.
fn status_before(ctx: &Context<'_>, line: &Value) -> Option<Status> {
    let (commit, path) = written(line)?;
    Some(text_at(ctx, &format!("{commit}^"), path)?.status().ok()?.status)
}

/// The command that writes the old value over this one; `None` if somebody has written another since, as far as is known.
/// It is only shown: nothing tells it what it would overwrite.
fn old_value(ctx: &Context<'_>, line: &Value, operation: &str) -> Option<String> {
    let (commit, path) = written(line)?;
    let (old, new) = (text_at(ctx, &format!("{commit}^"), path)?, text_at(ctx, commit, path)?);
    let id = TicketId::parse(line["ticket"].as_str()?).ok()?;
    let view = ctx.last_seen().ok()?;
    let (_, now) = board::read_one(ctx, &view, view.snapshot.find_id(&id).ok()?).ok()?;
    if operation != "set" {
        let from = shell_word(&format!("{}^:{path}", Oid::parse(commit)?.short()));
        return (now == new).then(|| format!("git show {from} | tix edit {id} --from -"));
    }
    let keys: BTreeSet<String> =
        old.said().into_iter().chain(new.said()).map(|(key, _)| key).collect();
    let value = |document: &Document, key: &str| {
        document.text(key).unwrap_or_else(|| document.list(key).join(","))
    };
    let changed = keys.iter().filter(|key| value(&old, key) != value(&new, key));
    let changed: Vec<&String> = changed.collect();
    if changed.is_empty() || changed.iter().any(|key| value(&now, key) != value(&new, key)) {
        return None;
    }
    let settings = changed.iter().map(|key| shell_word(&format!("{key}={}", value(&old, key))));
    Some(format!("tix set {id} {}", settings.collect::<Vec<_>>().join(" ")))
}

/// Whether a line of the audit log records a write.
fn is_write(line: &Value) -> bool {
    let made = |key: &str| line[key].as_array().is_some_and(|all| !all.is_empty());
    line["schema"] == "tix/receipt@1" && made("commits") && line["outcome"] != "already"
}

fn cannot(operation: &str, ticket: &str) -> Failure {
    let message = format!("tix cannot undo `{operation}` of {ticket} by itself");
    Failure::new(Exit::Refused, message)
}

fn no_way(operation: &str, ticket: &str, verb: &str, rest: &str) -> Failure {
    cannot(operation, ticket)
        .hint(format!("the nearest command: tix {verb} {rest}").trim_end().to_owned())
}
