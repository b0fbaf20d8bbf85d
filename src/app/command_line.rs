//! The commands of tix as clap describes them, for what tells about commands: the manual, the guide, the topics, the
//! completion.
//!
//! `cli` stands above this layer and hands its description down. It hands down the function, not the value: building all
//! commands takes about a millisecond, and few runs need them.

use std::sync::OnceLock;

static DESCRIBE: OnceLock<fn() -> clap::Command> = OnceLock::new();

/// Hands the description down. Only the first call counts.
pub fn set(describe: fn() -> clap::Command) {
    DESCRIBE.get_or_init(|| describe);
}

/// The command line of tix with all its commands; without any before it was handed down.
pub fn description() -> clap::Command {
    DESCRIBE.get().map_or_else(|| clap::Command::default().name("tix"), |describe| describe())
}
