//! `tix agent-guide`: what an agent should know, for AGENTS.md or CLAUDE.md.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::app::context::Globals;
use crate::app::context::working_dir;
use crate::env::Env;
use crate::error::{Exit, Failure};
use crate::file;
use crate::out::{Format, Out};
use crate::text::safe;

/// Print what an agent should know, for AGENTS.md
///
/// Put it where your agents read the rules of a repository, and run the same again after each update of tix:
///
///   tix agent-guide --into AGENTS.md
///
/// The text is written between two markers. A later run replaces what is between them and leaves everything else in the
/// file as it is. A file without markers gets the text at its end.
///
/// As a skill it costs an agent one line until it has to do with a ticket. The plugin brings it; without the plugin it belongs
/// into .agents/skills/tickets/SKILL.md, for Claude Code into .claude/skills/tickets/SKILL.md.
#[derive(Debug, clap::Args)]
pub struct AgentGuideArgs {
    /// Write the guide into this file, replacing an earlier one; a missing file is created
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    into: Option<PathBuf>,
    /// Print it as a skill, which an agent reads when it needs it
    #[arg(long, conflicts_with = "into")]
    skill: bool,
}

/// The answer in JSON.
#[derive(serde::Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Guide<'a> {
    schema: &'static str,
    /// The guide, in Markdown, with its markers; or the skill, with its front matter.
    markdown: &'a str,
    /// The file it was written into, in full; missing without `--into`.
    file: Option<String>,
    /// What was done to the file: `made`, `appended`, `replaced` or `unchanged`; missing without `--into`.
    did: Option<&'static str>,
}

/// The line before the guide.
const BEGIN: &str = "<!-- tix agent-guide begin -->";

/// The line after the guide.
const END: &str = "<!-- tix agent-guide end -->";

/// What an agent does at the exit codes that need not stop it; an error's hints say the rest.
const EXITS: [(&[Exit], &str); 4] = [
    (&[Exit::Held], "take another ticket"),
    (&[Exit::NotFound], "no such ticket, or nothing to do"),
    (&[Exit::Unreachable, Exit::Contended], "try once more later"),
    (&[Exit::Incomplete], "run it again"),
];

/// What to do at which exit code, in one line.
pub fn exits() -> String {
    let said = EXITS.iter().map(|(exits, what)| {
        let codes: Vec<String> = exits.iter().map(|exit| exit.code().to_string()).collect();
        format!("{} {what}", codes.join(" or "))
    });
    let said: Vec<String> = said.collect();
    format!("Exit codes: {}; any other: show the output and stop.", said.join("; "))
}

/// The rules that are in no table.
const RULES: &str = "\
- Claim a ticket before you work on it: `tix activate --next`, or `tix activate ID`. The answer says where to work and what
  is to be done.
- Work and commit only there, on its branch. When you have seen that a box is true: `tix tick N`.
- When it is done: `tix complete`; if work is reviewed: `tix submit`. If you cannot go on: `tix release --reason why`.
- Exit code 3, and the ticket is yours: `tix activate ID --resume`.
- Never move ticket files by hand, never commit other files to the trunk, never force a push.
- Also: `tix list`, `tix show ID`, `tix status`, `tix note TEXT`, `tix new TITLE`, `tix explain WORD`; all take `--json`.
";

/// Prints the guide, or writes it into a file.
pub fn run(args: &AgentGuideArgs, globals: &Globals, env: &Env, out: &Out) -> Result<(), Failure> {
    let text = if args.skill { skill() } else { guide() };
    let written = match &args.into {
        Some(path) => {
            let path = working_dir(globals, env)?.join(path);
            let did = write_into(&path, &text)?;
            Some((path.display().to_string(), did))
        }
        None => None,
    };
    let (file, did) = written.unzip();
    match (out.format, &file, did) {
        (Format::Json, ..) => {
            out.json(&Guide { schema: "tix/agent-guide@1", markdown: &text, file, did });
        }
        (Format::Human, Some(file), Some(did)) => out.narrate(&format!("{did}: {}", safe(file))),
        (Format::Human, ..) => out.answer(&text),
    }
    Ok(())
}

/// Updates the guide in a file, and returns what was done.
fn write_into(path: &Path, guide: &str) -> Result<&'static str, Failure> {
    let failed = |error: std::io::Error| {
        Failure::new(Exit::Refused, format!("{}: {error}", path.display()))
            .hint("nothing changed; name a file that you may write: tix agent-guide --into <file>")
    };
    let old = match std::fs::read(path) {
        Ok(old) => Some(old),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(failed(error)),
    };
    let (did, new) = match &old {
        None => ("made", guide.as_bytes().to_vec()),
        Some(old) => merged(old, guide).map_err(|why| {
            Failure::new(Exit::Damaged, format!("{}: {why}", path.display())).hint(
                "nothing changed; leave one pair of markers in it, or none, and run this again",
            )
        })?,
    };
    if old.as_ref() == Some(&new) {
        return Ok("unchanged");
    }
    file::rewrite(path, &new).map_err(failed)?;
    Ok(did)
}

/// The file with the guide between the markers, or at the end if there are none. It uses the line ending of the file's
/// first line.
fn merged(old: &[u8], guide: &str) -> Result<(&'static str, Vec<u8>), &'static str> {
    let first = old.split_inclusive(|byte| *byte == b'\n').next().unwrap_or_default();
    let end = if first.ends_with(b"\r\n") { "\r\n" } else { "\n" };
    let guide = guide.replace('\n', end);
    let (mut begins, mut ends) = (Vec::new(), Vec::new());
    let mut at = 0;
    // A line of its own is a marker; a text that only speaks of one is not.
    for line in old.split_inclusive(|byte| *byte == b'\n') {
        match line.trim_ascii() {
            word if word == BEGIN.as_bytes() => begins.push(at),
            word if word == END.as_bytes() => ends.push(at + line.len()),
            _ => {}
        }
        at += line.len();
    }
    match (begins.as_slice(), ends.as_slice()) {
        ([], []) => {
            let mut new = old.to_vec();
            match old {
                [] => {}
                [.., b'\n'] => new.extend(end.as_bytes()),
                [..] => new.extend(end.repeat(2).as_bytes()),
            }
            new.extend(guide.as_bytes());
            Ok(("appended", new))
        }
        ([begin], [end]) if begin < end => {
            let (before, after) = (old.get(..*begin), old.get(*end..));
            let parts = [before.unwrap_or_default(), guide.as_bytes(), after.unwrap_or_default()];
            Ok(("replaced", parts.concat()))
        }
        ([_], [_]) => Err("the end marker comes before the begin marker"),
        (_, []) => Err("it has a begin marker and no end marker"),
        ([], _) => Err("it has an end marker and no begin marker"),
        (..) => Err("it contains several guides"),
    }
}

fn guide() -> String {
    format!("{BEGIN}\n## Tickets\n\n{}{END}\n", rules())
}

fn rules() -> String {
    format!("`tix` keeps the tickets of this repository.\n\n{RULES}\n{}\n", exits())
}

/// The same as a skill: what a model is shown of it, to choose by, and what it reads then.
pub fn skill() -> String {
    format!(
        "---\nname: tickets\ndescription: Takes, does and hands in tickets from the queue of this repository, with tix. Use it when \
         asked for the next ticket or task, to work on, finish or give back a TICKET-…, and before you change code in a \
         repository that has tickets/queue.\n---\n\n{}\nIf you have tools of a server named `tix`, they do the same.\n",
        rules()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_between_the_markers_is_replaced_and_every_other_byte_stays() {
        let new = |old: &str| {
            let (did, new) = merged(old.as_bytes(), "NEW\n")?;
            Ok::<_, &str>((did, String::from_utf8(new).unwrap()))
        };
        let done = |did, text: &str| Ok((did, text.to_owned()));
        assert_eq!(new(""), done("appended", "NEW\n"));
        assert_eq!(new("mine\n"), done("appended", "mine\n\nNEW\n"));
        assert_eq!(new("mine"), done("appended", "mine\n\nNEW\n"));
        // As another system ends its lines.
        let spoken = format!("see `{BEGIN}` and `{END}`\r\n");
        assert_eq!(new(&spoken), done("appended", &format!("{spoken}\r\nNEW\r\n")));
        let old = format!("a\r\n{BEGIN}\r\nold\r\n{END}\r\n  b");
        assert_eq!(new(&old), done("replaced", "a\r\nNEW\r\n  b"));
        assert_eq!(new(&format!("{BEGIN}\n{END}")), done("replaced", "NEW\n"));
        for bad in [
            format!("{BEGIN}\n"),
            format!("{END}\n"),
            format!("{END}\n{BEGIN}\n"),
            format!("{BEGIN}\n{END}\n{BEGIN}\n{END}\n"),
        ] {
            assert!(new(&bad).is_err(), "{bad:?}");
        }
    }
}
