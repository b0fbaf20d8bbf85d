//! `tix hook`: the guard, as git calls it.

mod git;
mod report;

use std::ffi::OsString;

use clap::{Subcommand, ValueEnum as _};

use super::Globals;
use crate::env::Env;
use crate::error::Failure;
use crate::out::Out;

pub use git::Hook;

/// Guard the branches that take ticket commits only
///
/// The hooks of git call this; what they refuse, they explain.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Judge what a git hook is about to let happen
    ///
    /// Exit code 0 lets it happen, 1 refuses it. Protected branches take commits that change tickets only; other
    /// branches, and repositories without tickets, are none of its business. `TIX_GUARD=off` lets everything pass for
    /// one command and writes that into the audit log.
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
pub fn run(args: &Args, _: &Globals, env: &Env, out: &Out) -> Result<(), Failure> {
    match &args.command {
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
