//! The commands of tix as clap describes them, for the manual, the guide, the topics and the completion.
//!
//! `cli` is above this layer and passes its description down: as a function, not a value, because building all commands
//! takes about a millisecond and few runs need them.

use std::sync::OnceLock;

static DESCRIBE: OnceLock<fn() -> clap::Command> = OnceLock::new();

/// Sets the description. Only the first call counts.
pub fn set(describe: fn() -> clap::Command) {
    DESCRIBE.get_or_init(|| describe);
}

/// The command line of tix with all its commands; without commands until it is set.
pub fn description() -> clap::Command {
    DESCRIBE.get().map_or_else(|| clap::Command::default().name("tix"), |describe| describe())
}
