//! The parts of the help beside the options: command groups, examples and aliases.

#[cfg(test)]
use std::ffi::OsStr;
use std::ffi::OsString;
use std::fmt::Write as _;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Command, CommandFactory as _};

use super::Cli;
use super::examples::{EXAMPLES, Example};
use crate::app::{command_line, role};
use crate::error::Failure;

/// The commands by what somebody wants to do.
const GROUPS: [(&str, &[&str]); 8] = [
    ("Start", &["init", "demo", "new", "import", "export", "link", "explain"]),
    ("Look", &["status", "next", "list", "show", "log", "board", "report", "serve"]),
    (
        "Work on a ticket",
        &["activate", "path", "note", "block", "unblock", "submit", "complete", "release", "undo"],
    ),
    ("Change tickets", &["edit", "tick", "set", "dep", "graph", "queue", "draft", "rework"]),
    ("Review and land", &["review", "pr", "land", "clean", "archive"]),
    ("Hand over and end", &["handoff", "reclaim", "close", "reopen"]),
    ("Guard and repair", &["doctor", "check", "hook", "trust", "config"]),
    ("Agents and shells", &["run", "agent-guide", "mcp", "shell-init", "completions", "man"]),
];

/// Aliases of commands, each shown once. Some stand for a command with options.
const ALIASES: [(&str, &[&str]); 7] = [
    ("claim", &["activate"]),
    ("start", &["activate"]),
    ("done", &["complete"]),
    ("comment", &["note"]),
    ("ls", &["list"]),
    ("search", &["list", "--lane", "all", "--text"]),
    ("rm", &["close", "--as", "wont_do"]),
];

/// Words that people may try: the error then suggests the right line. Options behind the command go to the end of what was
/// typed, and one that ends in `=` takes the last of several words.
const SYNONYMS: [(&str, &[&str]); 28] = [
    ("new", &["add", "create", "issue", "ticket"]),
    ("new --parent=<ticket>", &["subtask", "sub"]),
    ("activate", &["take", "begin", "checkout", "pick", "work", "grab", "lock"]),
    ("activate --resume", &["resume", "continue"]),
    ("complete", &["finish", "end", "resolve", "finished"]),
    ("release", &["abandon", "unclaim", "unlock", "drop", "return", "stop", "cancel"]),
    ("show", &["view", "cat", "info", "get", "describe", "open"]),
    ("status", &["stat", "state", "move", "moves"]),
    ("next", &["ready"]),
    ("list", &["tickets", "queue-list", "all", "todo"]),
    ("list --tree", &["tree"]),
    ("list --mine", &["mine"]),
    ("search", &["find", "grep"]),
    ("board", &["kanban"]),
    ("report", &["metrics", "stats", "statistics", "progress"]),
    ("log", &["history", "events", "audit"]),
    ("undo", &["revert", "restore", "redo"]),
    ("set", &["update", "tag", "label", "priority"]),
    ("handoff --to=", &["give", "transfer", "assign", "reassign"]),
    ("reclaim", &["steal", "takeover"]),
    ("close", &["delete", "remove", "wontfix"]),
    ("land", &["merge", "ship"]),
    ("review", &["lgtm"]),
    ("review --approve", &["approve"]),
    ("review --request-changes --reason=<why>", &["reject", "reject-work"]),
    ("dep", &["depend", "depends", "parent"]),
    ("path", &["cd", "where", "worktree"]),
    ("config", &["settings", "options", "get-config"]),
];

/// The names of the commands, in the order of the groups.
#[cfg(test)]
pub fn grouped() -> impl Iterator<Item = &'static str> {
    GROUPS.into_iter().flat_map(|(_, names)| names.iter().copied())
}

/// The command line with the whole help. Only calls that ask for help pay for it.
pub fn described() -> Command {
    let mut tix = Cli::command();
    let groups = groups(&tix);
    tix = tix
        .help_template("{about-with-newline}\n{usage-heading} {usage}{after-help}\n\n{options}")
        .long_about(None::<&str>)
        .after_help(groups);
    for (name, examples) in EXAMPLES {
        let words: Vec<&str> = name.split(' ').collect();
        tix = with_examples(tix, &words, examples);
    }
    tix.build();
    let below: Vec<String> = tix.get_subcommands().map(|one| one.get_name().to_owned()).collect();
    below.into_iter().fold(tix, |tix, name| tix.mut_subcommand(name, without_globals))
}

/// The command line with these examples in the help of the command that the words name.
fn with_examples(command: Command, words: &[&str], examples: &[Example]) -> Command {
    match words {
        [] => command.after_help(lines(examples)),
        [word, below @ ..] if command.find_subcommand(word).is_some() => {
            command.mut_subcommand(word, |found| with_examples(found, below, examples))
        }
        _ => command,
    }
}

/// The help of a command names its own options; `tix --help` names those of all.
fn without_globals(command: Command) -> Command {
    let below: Vec<String> =
        command.get_subcommands().map(|one| one.get_name().to_owned()).collect();
    let command = command.mut_args(|arg| {
        let global = arg.is_global_set();
        if global { arg.hide(true) } else { arg }
    });
    below.into_iter().fold(command, |command, name| command.mut_subcommand(name, without_globals))
}

fn groups(tix: &Command) -> String {
    let mut text = String::new();
    for (title, names) in GROUPS {
        // Writing to a string cannot fail.
        writeln!(text, "{title}").ok();
        for command in names.iter().filter_map(|name| tix.find_subcommand(name)) {
            let name = command.get_name();
            let about = command.get_about().map(ToString::to_string).unwrap_or_default();
            writeln!(text, "  {name:12} {about}").ok();
        }
        text.push('\n');
    }
    text.push_str("Other words\n");
    for (word, stands_for) in ALIASES {
        writeln!(text, "  {word:12} {}", stands_for.join(" ")).ok();
    }
    text.push_str(
        "\n`tix` alone shows what is yours and what is next. `tix <command> --help` has examples.",
    );
    text
}

fn lines(examples: &[Example]) -> String {
    let width = examples.iter().map(|Example(line, _)| line.len()).max().unwrap_or(0);
    let line = |Example(line, what): &Example| format!("\n  {line:width$}  # {what}");
    format!("Examples:{}", examples.iter().map(line).collect::<String>())
}

/// The words of a command line in which an alias is what it stands for.
pub fn resolved(words: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut words: Vec<OsString> = words.collect();
    if let Some(at) = command_at(&words)
        && let Some((_, stands_for)) =
            ALIASES.iter().find(|(word, _)| words.get(at).is_some_and(|typed| typed == word))
    {
        let meant = meant(stands_for, words.split_off(at + 1), asks_for_help(&words));
        words.splice(at.., meant);
    }
    words
}

/// The command of an alias with its options, and the words that were typed behind it. What they say themselves is not said
/// again, an option for words is in front of them, and the help is that of the command.
fn meant(stands_for: &[&str], mut typed: Vec<OsString>, helps: bool) -> Vec<OsString> {
    let (command, options) = stands_for.split_at(1);
    let mut meant: Vec<OsString> = command.iter().map(OsString::from).collect();
    let asked = ["-h", "--help"].iter().any(|help| typed.iter().any(|word| word == help));
    for option in options.chunks(2).filter(|_| !helps && !asked) {
        let said = |word: &OsString| {
            let word = word.to_string_lossy();
            option.first().is_some_and(|name| word.split('=').next() == Some(name))
        };
        match (option, first_operand(command, &typed)) {
            (_, _) if typed.iter().any(said) => {}
            ([name], Some(at)) => typed.insert(at, name.into()),
            ([_], None) => {}
            (pair, _) => meant.extend(pair.iter().map(OsString::from)),
        }
    }
    meant.extend(typed);
    meant
}

/// The place of the first of these words that is neither an option of the command nor the value of one.
fn first_operand(command: &[&str], typed: &[OsString]) -> Option<usize> {
    let tix = Cli::command();
    let options: Vec<_> = command.iter().filter_map(|name| tix.find_subcommand(name)).collect();
    let options = options.iter().flat_map(|one| one.get_arguments()).chain(tix.get_arguments());
    let options = options
        .filter(|arg| arg.get_action().takes_values() && !arg.is_require_equals_set())
        .flat_map(|arg| {
            let long = arg.get_long().map(|long| format!("--{long}"));
            long.into_iter().chain(arg.get_short().map(|short| format!("-{short}")))
        });
    let with_value: Vec<String> = options.collect();
    let is_option = |word: &OsString| word.as_encoded_bytes().starts_with(b"-");
    let takes_next = |word: &OsString| with_value.iter().any(|option| word == option.as_str());
    let before = |at: usize| at.checked_sub(1).and_then(|at| typed.get(at));
    let is_operand =
        |(at, word): (usize, &OsString)| !is_option(word) && !before(at).is_some_and(takes_next);
    typed.iter().enumerate().position(is_operand)
}

/// Whether the words before a command ask for its help.
fn asks_for_help(before: &[OsString]) -> bool {
    is_wanted(before.get(..before.len().saturating_sub(1)).unwrap_or_default())
}

/// The words that a shell asks about, where each word for a command is its name: an alias, and the `cd` of the shell's function.
/// Their number stays, because the shell says which of them it asks about.
pub fn completed(mut words: Vec<OsString>) -> Vec<OsString> {
    let one = |(word, stands_for): (&'static str, &[&'static str])| match stands_for {
        [command] => Some((word, *command)),
        _ => None,
    };
    let known = ALIASES.into_iter().filter_map(one).chain([("cd", "path")]);
    if let Some(typed) = command_at(&words).and_then(|at| words.get_mut(at))
        && let Some((_, command)) = known.into_iter().find(|(word, _)| typed == word)
    {
        *typed = command.into();
    }
    words
}

/// Where the name of the command stands: behind the options of every command, and the values of those.
pub(super) fn command_at(words: &[OsString]) -> Option<usize> {
    const WITH_VALUE: [&str; 6] = ["-C", "--remote", "--trunk", "--role", "--color", "--"];
    let mut rest = words.iter().enumerate().skip(1);
    while let Some((at, word)) = rest.next() {
        if WITH_VALUE.iter().any(|option| word == option) {
            rest.next();
        } else if !word.as_encoded_bytes().starts_with(b"-") && word != "help" {
            return Some(at);
        }
    }
    None
}

/// Whether somebody asks for help.
pub fn is_wanted(words: &[OsString]) -> bool {
    words.iter().skip(1).any(|word| ["-h", "--help", "help"].iter().any(|help| word == help))
}

/// Puts the command that is meant in the place of one that only looks like what was typed.
pub fn with_synonym(mut error: clap::Error) -> clap::Error {
    if error.kind() != ErrorKind::InvalidSubcommand {
        return error;
    }
    let typed = match error.get(ContextKind::InvalidSubcommand) {
        Some(ContextValue::String(typed)) => typed.to_lowercase(),
        Some(_) | None => return error,
    };
    let meant = SYNONYMS.iter().find(|(_, words)| words.contains(&typed.as_str()));
    let meant = meant.map(|(line, _)| (*line).to_owned()).or_else(|| nearest(&typed));
    match meant {
        Some(meant) => {
            error.insert(ContextKind::SuggestedSubcommand, ContextValue::Strings(vec![meant]))
        }
        None => error.remove(ContextKind::SuggestedSubcommand),
    };
    error
}

/// The failure for a word that is no command, with the line that is perhaps meant; `None` for every other error.
pub fn no_command(error: &clap::Error, line: impl Iterator<Item = String>) -> Option<Failure> {
    if error.kind() != ErrorKind::InvalidSubcommand {
        return None;
    }
    let Some(ContextValue::String(typed)) = error.get(ContextKind::InvalidSubcommand) else {
        return None;
    };
    let meant = match error.get(ContextKind::SuggestedSubcommand) {
        Some(ContextValue::Strings(meant)) => meant.last(),
        Some(_) | None => None,
    };
    Some(command_line::unknown(typed, meant.map(String::as_str), line.collect()))
}

/// The command or the alias that is most like this word, if clap finds one like it. Whoever pastes one that writes has to have
/// meant it, so there only one letter may be wrong.
fn nearest(typed: &str) -> Option<String> {
    let aliases =
        ALIASES.into_iter().filter_map(|(word, stands_for)| Some((word, *stands_for.first()?)));
    let mut tix = aliases.clone().fold(Cli::command(), |tix, (word, command)| {
        tix.mut_subcommand(command, |command| command.alias(word))
    });
    let error = tix.try_get_matches_from_mut(["tix", typed]).err()?;
    // The most similar one is the last.
    let ContextValue::Strings(meant) = error.get(ContextKind::SuggestedSubcommand)? else {
        return None;
    };
    let only_looks = |word: &str| {
        let command = aliases.clone().find(|(alias, _)| *alias == word);
        role::ALWAYS.contains(&command.map_or(word, |(_, command)| command))
    };
    let slip = |word: &str| strsim::osa_distance(word, typed) == 1;
    meant.last().filter(|word| only_looks(word) || slip(word)).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(line: &str) -> String {
        let words = resolved(line.split(' ').map(OsString::from));
        let words: Vec<&str> = words.iter().filter_map(|word| OsStr::to_str(word)).collect();
        words.join(" ")
    }

    #[test]
    fn a_word_that_stands_for_a_command_is_replaced_where_the_command_stands() {
        assert_eq!(resolve("tix claim x"), "tix activate x");
        assert_eq!(resolve("tix -C start --json done"), "tix -C start --json complete");
        assert_eq!(resolve("tix search x"), "tix list --lane all --text x");
        assert_eq!(resolve("tix search x --json"), "tix list --lane all --text x --json");
        assert_eq!(resolve("tix search --json x"), "tix list --lane all --json --text x");
        assert_eq!(resolve("tix search x --lane queue"), "tix list --text x --lane queue");
        assert_eq!(resolve("tix search --lane queue x"), "tix list --lane queue --text x");
        assert_eq!(resolve("tix search --limit 3 x"), "tix list --lane all --limit 3 --text x");
        assert_eq!(resolve("tix search -C dir x"), "tix list --lane all -C dir --text x");
        assert_eq!(resolve("tix search"), "tix list --lane all");
        assert_eq!(resolve("tix search help"), "tix list --lane all --text help");
        assert_eq!(resolve("tix search --help"), "tix list --help");
        assert_eq!(resolve("tix help search"), "tix help list");
        assert_eq!(resolve("tix rm x"), "tix close --as wont_do x");
        assert_eq!(resolve("tix rm x --as duplicate:y"), "tix close x --as duplicate:y");
        assert_eq!(resolve("tix rm --as=done x"), "tix close --as=done x");
        assert_eq!(resolve("tix help rm"), "tix help close");
        assert_eq!(resolve("tix help claim"), "tix help activate");
        assert_eq!(resolve("tix show claim"), "tix show claim");
        assert_eq!(resolve("tix"), "tix");
    }

    #[test]
    fn every_command_is_in_one_group_and_has_two_or_three_examples() {
        let tix = Cli::command();
        let mut names: Vec<&str> = tix.get_subcommands().map(Command::get_name).collect();
        names.sort_unstable();
        let mut grouped: Vec<&str> = grouped().collect();
        grouped.sort_unstable();
        assert_eq!(grouped, names, "left: in GROUPS, right: the commands");
        let (nested, own): (Vec<&str>, Vec<&str>) =
            EXAMPLES.iter().map(|(name, _)| *name).partition(|name| name.contains(' '));
        for name in nested {
            let found = name.split(' ').try_fold(&tix, |tix, word| tix.find_subcommand(word));
            assert!(found.is_some(), "{name}");
        }
        let mut shown = own;
        shown.sort_unstable();
        assert_eq!(shown, names, "left: in EXAMPLES, right: the commands");
        for (name, examples) in EXAMPLES {
            assert!((2..=3).contains(&examples.len()), "{name}");
        }
    }

    #[test]
    fn no_synonym_is_a_command_and_each_means_one() {
        let tix = Cli::command();
        let mut seen: Vec<&str> = Vec::new();
        for (command, words) in SYNONYMS {
            let name = command.split(' ').next().unwrap();
            let is_alias = ALIASES.iter().any(|(word, _)| *word == name);
            assert!(is_alias || tix.find_subcommand(name).is_some(), "{command}");
            for word in words.iter().copied().chain(ALIASES.map(|(word, _)| word)) {
                assert!(tix.find_subcommand(word).is_none(), "{word}");
            }
            seen.extend(words);
        }
        let count = seen.len();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), count);
    }
}
