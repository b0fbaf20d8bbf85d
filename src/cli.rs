//! The command line: global options and the list of commands.

#[cfg(test)]
mod json;

use clap::{Parser, Subcommand};

use crate::commands::{self, Globals};
use crate::env::Env;
use crate::error::Failure;
use crate::out::Out;

/// A ticket queue in your git repository
///
/// A ticket is a Markdown file below tickets/. `tix activate` claims it: one commit moves it from queue/ to
/// active/, and the push of that commit is the lock. Exactly one claimer wins, on any number of machines.
#[derive(Debug, Parser)]
#[command(name = "tix", version, propagate_version = true, max_term_width = 100)]
#[command(
    after_help = "Start with `tix demo` to watch a claim and a race, or `tix init` in your repository."
)]
pub struct Cli {
    /// Options of every command.
    #[command(flatten)]
    pub globals: Globals,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    #[command(display_order = 1)]
    #[allow(missing_docs, reason = "the doc comment of the arguments is the help")]
    Demo(commands::demo::Args),
    #[command(display_order = 2)]
    #[allow(missing_docs, reason = "the doc comment of the arguments is the help")]
    Init(commands::init::Args),
    #[command(display_order = 5)]
    #[allow(missing_docs, reason = "the doc comment of the arguments is the help")]
    New(commands::new::Args),
    #[command(display_order = 10)]
    #[allow(missing_docs, reason = "the doc comment of the arguments is the help")]
    Activate(commands::activate::Args),
    #[command(display_order = 20)]
    #[allow(missing_docs, reason = "the doc comment of the arguments is the help")]
    Release(commands::release::Args),
    #[command(display_order = 10)]
    #[allow(missing_docs, reason = "the doc comment of the arguments is the help")]
    List(commands::list::Args),
    #[command(display_order = 9)]
    #[allow(missing_docs, reason = "the doc comment of the arguments is the help")]
    Next(commands::next::Args),
    #[command(display_order = 11)]
    #[allow(missing_docs, reason = "the doc comment of the arguments is the help")]
    Show(commands::show::Args),
    #[command(display_order = 12)]
    #[allow(missing_docs, reason = "the doc comment of the arguments is the help")]
    Log(commands::log::Args),
    #[command(display_order = 14)]
    #[allow(missing_docs, reason = "the doc comment of the arguments is the help")]
    Dep(commands::dep::Args),
    #[command(display_order = 15)]
    #[allow(missing_docs, reason = "the doc comment of the arguments is the help")]
    Graph(commands::graph::Args),
    #[command(display_order = 13)]
    #[allow(missing_docs, reason = "the doc comment of the arguments is the help")]
    Path(commands::path::Args),
    #[command(display_order = 14)]
    #[allow(missing_docs, reason = "the doc comment of the arguments is the help")]
    Board(commands::board::Args),
    #[command(display_order = 15)]
    #[allow(missing_docs, reason = "the doc comment of the arguments is the help")]
    Report(commands::report::Args),
    #[command(display_order = 60)]
    #[allow(missing_docs, reason = "the doc comment of the arguments is the help")]
    Doctor(commands::doctor::Args),
    #[command(display_order = 61)]
    #[allow(missing_docs, reason = "the doc comment of the arguments is the help")]
    Explain(commands::explain::Args),
    #[command(display_order = 62)]
    #[allow(missing_docs, reason = "the doc comment of the arguments is the help")]
    AgentGuide(commands::agent_guide::Args),
    #[command(display_order = 91)]
    #[allow(missing_docs, reason = "the doc comment of the arguments is the help")]
    ShellInit(commands::shell_init::Args),
    #[command(display_order = 90)]
    #[allow(missing_docs, reason = "the doc comment of the arguments is the help")]
    Completions(commands::completions::Args),
}

/// Runs a command.
pub fn run(cli: &Cli, env: &Env, out: &Out) -> Result<(), Failure> {
    let globals = &cli.globals;
    match &cli.command {
        Command::Demo(args) => commands::demo::run(args, globals, env, out),
        Command::Init(args) => commands::init::run(args, globals, env, out),
        Command::New(args) => commands::new::run(args, globals, env, out),
        Command::Activate(args) => commands::activate::run(args, globals, env, out),
        Command::Release(args) => commands::release::run(args, globals, env, out),
        Command::List(args) => commands::list::run(args, globals, env, out),
        Command::Next(args) => commands::next::run(args, globals, env, out),
        Command::Show(args) => commands::show::run(args, globals, env, out),
        Command::Log(args) => commands::log::run(args, globals, env, out),
        Command::Dep(args) => commands::dep::run(args, globals, env, out),
        Command::Graph(args) => commands::graph::run(args, globals, env, out),
        Command::Path(args) => commands::path::run(args, globals, env, out),
        Command::Board(args) => commands::board::run(args, globals, env, out),
        Command::Report(args) => commands::report::run(args, globals, env, out),
        Command::Doctor(args) => commands::doctor::run(args, globals, env, out),
        Command::Explain(args) => commands::explain::run(args, globals, env, out),
        Command::AgentGuide(args) => commands::agent_guide::run(args, globals, env, out),
        Command::ShellInit(args) => commands::shell_init::run(args, globals, env, out),
        Command::Completions(args) => commands::completions::run(args, globals, env, out),
    }
}
