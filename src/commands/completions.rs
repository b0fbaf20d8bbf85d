//! `tix completions`: shell completion scripts.

use clap::CommandFactory;

use super::Globals;
use crate::cli::Cli;
use crate::env::Env;
use crate::error::Failure;
use crate::out::Out;

/// Print the completion script of a shell
///
/// Put it where your shell looks for completions, for instance:
///
///   tix completions bash > ~/.local/share/bash-completion/completions/tix
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The shell
    shell: clap_complete::Shell,
}

/// Prints the script.
#[allow(clippy::unnecessary_wraps, reason = "every command has this form")]
pub fn run(args: &Args, _globals: &Globals, _env: &Env, out: &Out) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "tix", &mut script);
    out.answer(&crate::git::exec::text_of(&script));
    Ok(())
}
