//! `tix undo`: the command that takes back what this clone did last.
//!
//! It knows only which verb undoes which. Whether that may happen now is decided by that verb, on the trunk as it is then:
//! when somebody else has gone on with the ticket, it refuses as it always does.

use serde::Serialize;
use serde_json::Value;

use crate::app::context::{Context, Globals};
use crate::env::Env;
use crate::error::{Exit, Failure};
use crate::out::{Format, Out};
use crate::text::{duration, safe, shell_word};

/// Take back what this clone wrote last
///
/// A claim is released, a release claimed again, a new ticket closed, a completed, closed or archived one reopened, a block
/// taken away, a ticket that was handed over taken back. It says first what it does, and asks the remote as that command
/// does: when somebody has gone on with the ticket, it is refused. What has no way back is named with the command that comes
/// nearest.
#[derive(Debug, clap::Args)]
pub struct UndoArgs {
    /// Only say what would be done
    #[arg(long)]
    pub dry_run: bool,
}

/// The answer of `--dry-run` in JSON.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct UndoJson<'a> {
    schema: &'static str,
    /// The command whose work would be taken back.
    operation: &'a str,
    /// The ticket it was about.
    ticket: &'a str,
    /// When that was: RFC 3339, UTC.
    at: &'a str,
    /// The command that takes it back, for a POSIX shell.
    command: String,
}

/// How an operation is taken back.
enum WayBack {
    /// By this command, with the ticket behind its first word.
    Command(&'static [&'static str]),
    /// A person has to say more: what stands behind the ticket.
    Needs(&'static str, &'static str),
}

const UNDONE: &str = "undone";

fn way_back(operation: &str) -> WayBack {
    match operation {
        "activate" => WayBack::Command(&["release", "--reason", UNDONE]),
        "release" => WayBack::Command(&["activate"]),
        "new" | "rework" => WayBack::Command(&["close", "--as", "wont_do", "--reason", UNDONE]),
        "complete" | "close" | "archive" => WayBack::Command(&["reopen", "--reason", UNDONE]),
        "block" => WayBack::Command(&["unblock"]),
        "handoff" => WayBack::Command(&["reclaim", "--reason", UNDONE]),
        "queue" => WayBack::Command(&["draft", "--reason", UNDONE]),
        "draft" => WayBack::Command(&["queue"]),
        "unblock" => WayBack::Needs("block", "--reason <why>"),
        "reclaim" => WayBack::Needs("handoff", "--to <whom>"),
        "reopen" => WayBack::Needs("close", "--as <how>"),
        "set" => WayBack::Needs("set", "<key>=<value>"),
        "dep" | "dep add" | "dep rm" => WayBack::Needs("dep tree", ""),
        "edit" | "note" | "tick" => WayBack::Needs("edit", ""),
        _ => WayBack::Needs("log", ""),
    }
}

/// The words of the command that takes back the last write; `None` when they were only asked for.
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
    let words = match way_back(operation) {
        WayBack::Command(words) if !several && !ticket.is_empty() => words,
        WayBack::Command(words) => {
            return Err(no_way(
                operation,
                "several tickets",
                words.first().unwrap_or(&"log"),
                "<ticket>",
            ));
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
    let said =
        format!("tix {operation} {ticket}{} is taken back by: {line}", ago.unwrap_or_default());
    if args.dry_run {
        out.answer(&format!("{}\n", safe(&said)));
        return Ok(None);
    }
    out.narrate(&safe(&said));
    Ok(Some(command))
}

/// Whether a line of the audit log tells of something that was written.
fn is_write(line: &Value) -> bool {
    let made = |key: &str| line[key].as_array().is_some_and(|all| !all.is_empty());
    line["schema"] == "tix/receipt@1" && made("commits") && line["outcome"] != "already"
}

fn no_way(operation: &str, ticket: &str, verb: &str, rest: &str) -> Failure {
    let message = format!("tix cannot take back `{operation}` of {ticket} by itself");
    Failure::new(Exit::Refused, message)
        .hint(format!("this comes nearest: tix {verb} {rest}").trim_end().to_owned())
}
