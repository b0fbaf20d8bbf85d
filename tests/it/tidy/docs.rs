//! What the documentation says of the command line is true.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use super::command_lines::{in_json, in_markdown, in_shell};
use super::source::{Kind, Source, files_below, relative, root};
use super::{Findings, assert_none};
use crate::harness::{Place, Sandbox};

/// Every command line that the documentation, the hooks and the slash commands contain, with its place.
fn documented_lines() -> Vec<(String, Vec<String>)> {
    let mut paths = vec![root().join("README.md")];
    for directory in ["commands", "hooks"] {
        files_below(&root().join(directory), &mut |path| {
            paths.push(path.to_owned());
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
        if word.starts_with('-') && word.len() > 1 {
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
    let text = help(&command).unwrap_or_default();
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
    };
    let text = output.stdout();
    (output.code == Some(0) && text.lines().any(names_it)).then(|| text.to_owned())
}

/// The exit codes that an enum in this source assigns, by the name of the variant in lower case.
fn exit_codes_of_enum(source: &Source) -> BTreeMap<String, u8> {
    let mut codes = BTreeMap::new();
    let mut inside = false;
    for four in source.tokens.windows(4) {
        inside |= four[0].is("enum") && four[1].text.starts_with("Exit");
        inside &= !four[0].is("}");
        if inside && four[0].kind == Kind::Word && four[1].is("=") && four[2].kind == Kind::Literal
        {
            codes.insert(plain(&four[0].text), four[2].text.parse().unwrap());
        }
    }
    codes
}

/// The rows of the table whose first column is headed "exit", as far as they are a number and a name.
fn exit_codes_of_table(markdown: &str) -> BTreeMap<String, u8> {
    let mut codes = BTreeMap::new();
    let mut inside = false;
    for line in markdown.lines() {
        let cells: Vec<&str> = line.trim().trim_matches('|').split('|').map(str::trim).collect();
        if !line.trim_start().starts_with('|') {
            inside = false;
        } else if cells[0].to_lowercase().starts_with("exit") {
            inside = true;
        } else if let (true, Ok(code), Some(name)) =
            (inside, cells[0].trim_matches('`').parse(), cells.get(1))
        {
            codes.insert(plain(name), code);
        }
    }
    codes
}

fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase()
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

/// Begins to check when both the page and the enum are there.
#[test]
fn the_documented_exit_codes_are_those_of_the_enum() {
    let [readme, errors] =
        ["README.md", "src/error.rs"].map(|path| fs::read_to_string(root().join(path)));
    let (Ok(readme), Ok(errors)) = (readme, errors) else {
        return;
    };
    let table = exit_codes_of_table(&readme);
    let of_enum = exit_codes_of_enum(&Source::parse("src/error.rs", &errors));
    assert!(
        !of_enum.is_empty(),
        "src/error.rs: expected `enum Exit…` with a number for each variant"
    );
    // A panic and a signal have codes that tix does not choose.
    let chosen: BTreeMap<String, u8> = table.into_iter().filter(|(_, code)| *code <= 100).collect();
    assert_eq!(
        chosen, of_enum,
        "the table of README.md on the left, the enum of src/error.rs on the right"
    );
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

#[test]
fn both_ways_to_write_exit_codes_are_read() {
    let table = "| n | x |\n| 4 | no |\n\n| Exit | name | then |\n| ---: | --- | --- |\n| 0 | ok | |\n| `6` | remote refused | stop |\n| 128+n | signal | |\n\n| 9 | other |";
    let source = "#[repr(u8)]\npub enum Exit {\n    /// Fine.\n    Ok = 0,\n    RemoteRefused = 6,\n}\nconst OTHER: u8 = 7;";
    let expected: BTreeMap<String, u8> =
        [("ok".to_owned(), 0), ("remoterefused".to_owned(), 6)].into();
    assert_eq!(exit_codes_of_table(table), expected);
    assert_eq!(exit_codes_of_enum(&Source::parse("src/error.rs", source)), expected);
}
