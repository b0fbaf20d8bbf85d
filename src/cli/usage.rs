//! What is wrong with a command line, in the form of every other failure.

use std::ffi::OsString;

use clap::CommandFactory as _;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::{Cli, help};
use crate::error::{Exit, Failure};

/// The failure for a wrong command line; `line` is what was typed.
pub fn failure(error: &clap::Error, line: impl Iterator<Item = String>) -> Failure {
    let line: Vec<String> = line.collect();
    let command = command_of(&line);
    if let Some(failure) = help::no_command(error, line.into_iter()) {
        return failure;
    }
    let invalid = texts(error, ContextKind::InvalidArg);
    let first = invalid.first().map(String::as_str);
    let failure = match (error.kind(), first) {
        (ErrorKind::MissingRequiredArgument, Some(_)) => {
            let missing: Vec<&str> = invalid.iter().map(|arg| plain(arg)).collect();
            wrong(format!("{command} needs {}", missing.join(" and ")))
        }
        (ErrorKind::UnknownArgument, Some(option)) if option.starts_with('-') => {
            wrong(format!("{command} has no option `{option}`"))
        }
        (ErrorKind::UnknownArgument, Some(word)) => {
            wrong(format!("{command} takes no more words, and there is `{word}`"))
        }
        _ => wrong(first_paragraph(error)),
    };
    let meant = [ContextKind::SuggestedArg, ContextKind::SuggestedValue];
    let meant = meant.into_iter().filter_map(|kind| texts(error, kind).pop());
    let failure = meant.fold(failure, |failure, meant| {
        failure.hint(format!("perhaps you mean: {}", plain(&meant)))
    });
    failure.hint(format!("{command} --help"))
}

fn wrong(message: String) -> Failure {
    Failure::new(Exit::Usage, message)
}

/// The command that was called, such as `tix hook install`.
fn command_of(line: &[String]) -> String {
    let words = std::iter::once("tix").chain(line.iter().map(String::as_str));
    let words = help::resolved(words.map(OsString::from));
    let mut names = vec!["tix"];
    let tix = Cli::command();
    let mut command = &tix;
    for word in help::command_at(&words).and_then(|at| words.get(at..)).into_iter().flatten() {
        let Some(below) = command.find_subcommand(word) else { break };
        names.push(below.get_name());
        command = below;
    }
    names.join(" ")
}

fn texts(error: &clap::Error, kind: ContextKind) -> Vec<String> {
    match error.get(kind) {
        Some(ContextValue::String(text)) => vec![text.clone()],
        Some(ContextValue::Strings(texts)) => texts.clone(),
        Some(ContextValue::StyledStr(text)) => vec![text.to_string()],
        _ => Vec::new(),
    }
}

/// An argument without the brackets that clap puts around one whose name has brackets of its own.
fn plain(arg: &str) -> &str {
    let inner = arg.strip_prefix('<').and_then(|inner| inner.strip_suffix(">..."));
    let inner = inner.or(arg.strip_prefix('<').and_then(|inner| inner.strip_suffix('>')));
    inner.filter(|inner| inner.contains('[')).unwrap_or(arg)
}

/// What clap says, in one line. The usage follows after an empty line.
fn first_paragraph(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let said = text.lines().map(str::trim).take_while(|line| !line.is_empty());
    let said = said.collect::<Vec<_>>().join(" ");
    said.strip_prefix("error: ").map_or(said.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_command_line_is_told_in_words_with_the_help_of_its_command() {
        let told = |line: &str| {
            let words = line.split(' ');
            let typed = help::resolved(words.clone().map(OsString::from));
            let error = Cli::command().try_get_matches_from(typed).unwrap_err();
            let failure = failure(&error, words.skip(1).map(str::to_owned));
            format!("{} | {}", failure.message, failure.hints.join(" | "))
        };
        let rows = [
            ("tix activate", "tix activate needs <TICKET> | tix activate --help"),
            (
                "tix rm --as",
                "a value is required for '--as <HOW>' but none was supplied | tix close --help",
            ),
            ("tix set", "tix set needs [TICKET] KEY=VALUE | tix set --help"),
            ("tix mcp install", "tix mcp install needs --agents <AGENTS> | tix mcp install --help"),
            (
                "tix activate --jsn x",
                "tix activate has no option `--jsn` | perhaps you mean: --json | tix activate --help",
            ),
            ("tix -x", "tix has no option `-x` | tix --help"),
            ("tix show a b", "tix show takes no more words, and there is `b` | tix show --help"),
            (
                "tix list --lane quue",
                "invalid value 'quue' for '--lane <LANE>' [possible values: queue, active, completed, archive, all] | \
                 perhaps you mean: queue | tix list --help",
            ),
            (
                "tix activate x --timeout",
                "a value is required for '--timeout <TIME>' but none was supplied | tix activate --help",
            ),
        ];
        for (line, expected) in rows {
            assert_eq!(told(line), expected, "{line}");
        }
    }
}
