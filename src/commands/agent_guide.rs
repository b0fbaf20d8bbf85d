//! `tix agent-guide`: what an agent should know, for AGENTS.md or CLAUDE.md.

use clap::CommandFactory;

use super::Globals;
use crate::cli::Cli;
use crate::env::Env;
use crate::error::{Exit, Failure};
use crate::out::{Format, Out};

/// Print what an agent should know about the tickets, for AGENTS.md or CLAUDE.md
///
/// Put it where your agents read what holds for a repository, and put it there again when tix is updated:
///
///   tix agent-guide >> AGENTS.md
#[derive(Debug, clap::Args)]
pub struct Args {}

/// The answer in JSON.
#[derive(serde::Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Guide<'a> {
    schema: &'static str,
    markdown: &'a str,
}

/// The commands that an agent needs, in the order in which it needs them; those that this tix has are named.
const NEEDED: [&str; 14] = [
    "next", "list", "show", "activate", "path", "status", "note", "block", "submit", "complete",
    "release", "new", "explain", "doctor",
];

/// The rules that no table holds.
const RULES: &str = "\
- Take a ticket before you work on it: `tix activate ID`, or `tix activate --next` for the best one that is free.
- Work only in the workspace that it prints, on the branch that is checked out there, and push that branch.
- Never move or commit ticket files by hand, never commit other files to the trunk, never force a push.
- When you cannot go on, push what you have and give the ticket back: `tix release ID --reason \"why\"`.
- Every command takes `--json` and answers with one object on stdout, errors too. Errors end with commands that can be
  pasted; they never destroy anything.
";

/// Prints the guide.
#[allow(clippy::unnecessary_wraps, reason = "every command has this form")]
pub fn run(_args: &Args, _globals: &Globals, _env: &Env, out: &Out) -> Result<(), Failure> {
    let text = guide();
    match out.format {
        Format::Json => out.json(&Guide { schema: "tix/agent-guide@1", markdown: &text }),
        Format::Human => out.answer(&text),
    }
    Ok(())
}

fn guide() -> String {
    let mut text =
        format!("## Tickets\n\nThe tickets of this repository are kept with `tix`.\n\n{RULES}\n");
    text.push_str("| command | what it does |\n| --- | --- |\n");
    let tix = Cli::command();
    let known = NEEDED.iter().filter_map(|name| tix.find_subcommand(name));
    for command in known {
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        text.push_str(&format!("| `tix {}` | {about} |\n", command.get_name()));
    }
    text.push_str("\n| exit | what to do |\n| --- | --- |\n| 0 | go on |\n");
    for (exit, _, means) in Exit::TABLE {
        text.push_str(&format!("| {} | {means} |\n", exit.code()));
    }
    text.push_str("\nWhat a word means: `tix explain WORD`.\n");
    text
}
