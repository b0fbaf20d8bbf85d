//! `tix completions`: how a shell completes a command line of tix.

use clap_complete::env::Shells;

use super::Globals;
use crate::env::{self, Env};
use crate::error::{Exit, Failure};
use crate::out::Out;

/// Print the completion script of a shell
///
/// Commands, options and the ids of tickets are completed: the script asks tix, which looks at the trunk as last
/// fetched. Put it where your shell looks for completions, for instance:
///
///   tix completions bash > ~/.local/share/bash-completion/completions/tix
///
///   tix completions zsh > ~/.zfunc/_tix
///
///   tix completions fish > ~/.config/fish/completions/tix.fish
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The shell
    shell: clap_complete::Shell,
}

/// Prints the script.
pub fn run(args: &Args, _globals: &Globals, _env: &Env, out: &Out) -> Result<(), Failure> {
    let mut script = Vec::new();
    let shells = Shells::builtins();
    let written = shells
        .completer(&args.shell.to_string())
        .map(|shell| shell.write_registration(env::COMPLETE, "tix", "tix", "tix", &mut script));
    match written {
        Some(Ok(())) => {
            out.answer_bytes(&script);
            Ok(())
        }
        Some(Err(_)) | None => {
            Err(Failure::new(Exit::Refused, format!("there is no script for {}", args.shell)))
        }
    }
}
