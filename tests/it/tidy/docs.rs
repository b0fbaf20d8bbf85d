//! What the documentation says of the command line is true.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use super::command_lines::{in_json, in_markdown, in_shell};
use super::source::{files_below, relative, root};
use super::{Findings, assert_none};
use crate::harness::{Place, Sandbox};

/// Every command line that the documentation, the hooks and the slash commands contain, with its place.
fn documented_lines() -> Vec<(String, Vec<String>)> {
    let mut paths = vec![root().join("README.md"), root().join("ARCHITECTURE.md")];
    for directory in ["commands", "docs", "hooks"] {
        files_below(&root().join(directory), &mut |path| {
            if !relative(path).starts_with("docs/schemas/") {
                paths.push(path.to_owned());
            }
        });
    }
    let mut lines = Vec::new();
    for path in paths {
        // None of them is there from the first day.
        let Ok(text) = fs::read_to_string(&path) else {
            continue;
        };
        let found = match path.extension().and_then(|end| end.to_str()) {
            Some("md") => in_markdown(&text),
            Some("json") => in_json(&text),
            _ => in_shell(&text),
        };
        lines.extend(
            found.into_iter().map(|(line, words)| (format!("{}:{line}", relative(&path)), words)),
        );
    }
    lines
}

/// The help of each command that was asked for; none if there is no such command.
type Help<'a> = &'a mut dyn FnMut(&[&str]) -> Option<String>;

/// Why the parser would refuse this line.
fn refusal(words: &[String], help: Help) -> Option<String> {
    // What `tix shell-init` adds: the shell's own.
    if words.iter().any(|word| word == "cd" || word == "--cd") {
        return None;
    }
    let mut command: Vec<&str> = Vec::new();
    let mut flags: Vec<&str> = Vec::new();
    let mut operands = false;
    // A synopsis writes `[--json]` and `--approve|--request-changes`.
    let signs = |sign: char| "[]|…".contains(sign);
    for word in
        words.iter().skip(1).flat_map(|word| word.split(signs)).filter(|word| !word.is_empty())
    {
        if word == "--" {
            break;
        }
        if word.starts_with('-') && word.len() > 1 && !word.starts_with("- ") {
            flags.push(word.split('=').next()?);
            // The rest belongs to another program.
            if word == "--exec" {
                break;
            }
            continue;
        }
        operands = true;
        if help(&[command.as_slice(), &[word]].concat()).is_some() {
            command.push(word);
        }
    }
    if operands && command.is_empty() {
        return Some(format!("`{}` names no command of tix", words.join(" ")));
    }
    // The options of every command are told once.
    let text = help(&command).unwrap_or_default() + &help(&[]).unwrap_or_default();
    let known: BTreeSet<&str> =
        text.split(|sign: char| !(sign.is_ascii_alphanumeric() || sign == '-')).collect();
    let unknown = flags.into_iter().find(|flag| !known.contains(flag))?;
    Some(format!("`tix {}` has no `{unknown}`", command.join(" ")))
}

/// Asks tix for the help of a command. Operands go with any command, so the help must also name the one asked for.
fn help_of(place: &Place, command: &[&str]) -> Option<String> {
    if command.iter().any(|word| !word.starts_with(|sign: char| sign.is_ascii_lowercase())) {
        return None;
    }
    let output = place.tix(&[command, &["--help"]].concat());
    let usage = format!("Usage: {}", [&["tix"], command].concat().join(" "));
    let names_it = |line: &str| {
        line.strip_prefix(&usage).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
            // The help of another word for a command is that of the command.
            || command.len() == 1 && line.starts_with("Usage: tix ") && !line.contains("<COMMAND>")
    };
    let text = output.stdout();
    (output.code == Some(0) && text.lines().any(names_it)).then(|| text.to_owned())
}

#[test]
fn every_documented_command_line_is_accepted() {
    let lines = documented_lines();
    if lines.is_empty() {
        return;
    }
    let sandbox = Sandbox::new();
    let place = sandbox.remote();
    let mut asked = BTreeMap::new();
    let mut help = |command: &[&str]| {
        let answer = asked.entry(command.join(" ")).or_insert_with(|| help_of(&place, command));
        answer.clone()
    };
    let findings = lines
        .iter()
        .filter_map(|(at, words)| Some(format!("{at}: {}", refusal(words, &mut help)?)));
    assert_none(&findings.collect::<Findings>());
}

#[test]
fn a_line_that_the_parser_would_refuse_is_found() {
    let mut help = |command: &[&str]| {
        let text = match command {
            [] => "Usage: tix [OPTIONS] <COMMAND>\n  -h, --help\n  --version",
            ["activate"] => {
                "Usage: tix activate [OPTIONS] [ID]...\n  --json  Print JSON\n  --timeout <S>"
            }
            ["hook"] => "Usage: tix hook <COMMAND>",
            ["hook", "git"] => "Usage: tix hook git <KIND>",
            _ => return None,
        };
        Some(text.to_owned())
    };
    let mut check = |line: &str| {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        refusal(&words, &mut help)
    };
    for good in [
        "tix --version",
        "tix activate TICKET-foo-001 --json",
        "tix activate [--json] --timeout=3 …",
        "tix hook git pre-commit",
        "tix activate X -- --whatever",
    ] {
        assert_eq!(check(good), None, "{good}");
    }
    assert_eq!(check("tix actvate X").unwrap(), "`tix actvate X` names no command of tix");
    assert_eq!(check("tix activate --jso").unwrap(), "`tix activate` has no `--jso`");
    assert_eq!(check("tix hook git --json").unwrap(), "`tix hook git` has no `--json`");
}
