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

/// The failure for a word that is no command, with the line that is perhaps meant.
pub fn unknown(typed: &str, meant: Option<&str>, line: Vec<String>) -> Failure {
    let failure = Failure::new(Exit::Usage, format!("tix has no command `{}`", safe(typed)));
    let failure = match meant {
        Some(meant) => {
            let mut line = line;
            if let Some(word) = line.iter_mut().find(|word| *word == typed) {
                meant.clone_into(word);
            }
            let line: Vec<String> = line.iter().map(|word| shell_word(word)).collect();
            failure.hint(format!("perhaps you mean: tix {}", line.join(" ")))
        }
        None => failure,
    };
    failure.hint("see all commands: tix --help")
}
