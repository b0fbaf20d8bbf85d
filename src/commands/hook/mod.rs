//! `tix hook`: the guard in the hooks of git and of coding agents.

mod install;
mod print;
mod status;
mod uninstall;

use super::Globals;
use crate::env::Env;
use crate::error::Failure;
use crate::out::Out;

/// Put the guard into git's hooks and your agents', and take it out again
///
/// The guard keeps everything but ticket moves off the trunk and the other protected branches.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    #[command(display_order = 1)]
    Install(install::Args),
    #[command(display_order = 2)]
    Status(status::Args),
    #[command(display_order = 3)]
    Uninstall(uninstall::Args),
    #[command(display_order = 4)]
    Print(print::Args),
}

/// Runs the subcommand.
pub fn run(args: &Args, globals: &Globals, env: &Env, out: &Out) -> Result<(), Failure> {
    match &args.command {
        Command::Install(args) => install::run(args, globals, env, out),
        Command::Status(args) => status::run(args, globals, env, out),
        Command::Uninstall(args) => uninstall::run(args, globals, env, out),
        Command::Print(args) => print::run(args, out),
    }
}
