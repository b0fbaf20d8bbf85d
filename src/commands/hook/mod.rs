//! `tix hook`: the guard, as git calls it, and how it gets into the hooks of git and of agents.

mod git;
mod install;
mod print;
mod report;
mod status;
mod uninstall;

use std::ffi::OsString;

use clap::{Subcommand, ValueEnum as _};

use super::Globals;
use crate::env::Env;
use crate::error::Failure;
use crate::out::Out;

use crate::guard::install::hook::Hook;

/// Guard the branches that take ticket commits only
///
/// `tix hook install` puts the guard into the hooks of this clone, and `tix hook uninstall` takes it out again. The
/// hooks then call `tix hook git`; what they refuse, they explain.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    #[command(display_order = 1)]
    Install(install::Args),
    #[command(display_order = 2)]
    Status(status::Args),
    #[command(display_order = 3)]
    Uninstall(uninstall::Args),
    #[command(display_order = 4)]
    Print(print::Args),
    /// Judge what a git hook is about to let happen
    ///
    /// Exit code 0 lets it happen, 1 refuses it. Protected branches take commits that change tickets only; other
    /// branches, and repositories without tickets, are none of its business. `TIX_GUARD=off` lets everything pass for
    /// one command and writes that into the audit log.
    #[command(display_order = 10)]
    Git {
        /// Which hook
        #[arg(value_name = "HOOK")]
        hook: Hook,
        /// What git gives the hook
        #[arg(value_name = "ARGS", trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<OsString>,
    },
}

/// Runs the command.
pub fn run(args: &Args, globals: &Globals, env: &Env, out: &Out) -> Result<(), Failure> {
    match &args.command {
        Command::Install(args) => install::run(args, globals, env, out),
        Command::Status(args) => status::run(args, globals, env, out),
        Command::Uninstall(args) => uninstall::run(args, globals, env, out),
        Command::Print(args) => print::run(args, out),
        Command::Git { hook, args } => git::run(*hook, args, env, out),
    }
}

/// The short way for a hook: git calls one several times for a commit, and to read a command line with all its help
/// takes as long as the rest. `None` for any other command line, which is read the long way.
pub fn direct(words: &[OsString], env: &Env, out: &dyn Fn() -> Out) -> Option<Result<(), Failure>> {
    let [first, dialect, hook, args @ ..] = words else { return None };
    if first != "hook" || dialect != "git" {
        return None;
    }
    let hook = Hook::from_str(hook.to_str()?, false).ok()?;
    Some(git::run(hook, args, env, &out()))
}
