//! The commands of tix as clap describes them, for the manual, the guide, the topics and the completion.
//!
//! `cli` is above this layer and passes its description down: as a function, not a value, because building all commands
//! takes about a millisecond and few runs need them.

use std::sync::OnceLock;

use crate::error::{Exit, Failure};
use crate::text::{safe, shell_word};

static DESCRIBE: OnceLock<fn() -> clap::Command> = OnceLock::new();

/// Sets the description. Only the first call counts.
pub fn set(describe: fn() -> clap::Command) {
    DESCRIBE.get_or_init(|| describe);
}

/// The command line of tix with all its commands; without commands until it is set.
pub fn description() -> clap::Command {
    DESCRIBE.get().map_or_else(|| clap::Command::default().name("tix"), |describe| describe())
}

/// The failure for a word that is no command, with the line that is perhaps meant: a command, and options that are added to what was
/// typed behind it.
pub fn unknown(typed: &str, meant: Option<&str>, line: Vec<String>) -> Failure {
    let failure = Failure::new(Exit::Usage, format!("tix has no command `{}`", safe(typed)));
    let failure = match meant {
        Some(meant) => {
            failure.hint(format!("perhaps you mean: tix {}", meant_line(typed, meant, line)))
        }
        None => failure,
    };
    failure.hint("see all commands: tix --help")
}

/// The line with the command that is meant in the place of what was typed.
fn meant_line(typed: &str, meant: &str, mut line: Vec<String>) -> String {
    let (command, options) = meant.split_once(' ').unwrap_or((meant, ""));
    let operands = match line.iter_mut().enumerate().find(|(_, word)| *word == typed) {
        Some((at, word)) => {
            command.clone_into(word);
            at + 1
        }
        None => line.len(),
    };
    let takes_last = options.ends_with('=');
    let last = if takes_last && line.len() > operands + 1 { line.pop() } else { None };
    let mut words: Vec<String> = line.iter().map(|word| shell_word(word)).collect();
    words.extend(options.split_whitespace().map(str::to_owned));
    if let Some(option) = words.last_mut().filter(|_| takes_last) {
        option.push_str(&last.map_or("<who>".to_owned(), |last| shell_word(&last)));
    }
    words.join(" ")
}
