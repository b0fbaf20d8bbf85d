//! `tix man`: the manual.

use std::path::PathBuf;

use clap::CommandFactory;

use super::Globals;
use crate::cli::Cli;
use crate::env::Env;
use crate::error::{Exit, Failure};
use crate::out::Out;

/// Write the manual pages
///
/// One page for tix and one for each command, in the form that man reads. For instance:
///
///   tix man ~/.local/share/man/man1 && man tix-activate
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The directory for the pages; it is made where it is missing
    #[arg(value_name = "DIR")]
    dir: PathBuf,
}

/// Writes them.
pub fn run(args: &Args, _globals: &Globals, env: &Env, out: &Out) -> Result<(), Failure> {
    let failed = |error: std::io::Error| {
        Failure::new(Exit::Refused, format!("{}: {error}", args.dir.display()))
            .hint("name a directory that you may write to: tix man <directory>")
    };
    let dir = env.current_dir().map_err(failed)?.join(&args.dir);
    std::fs::create_dir_all(&dir).map_err(failed)?;
    clap_mangen::generate_to(Cli::command(), &dir).map_err(failed)?;
    out.narrate(&format!("the pages are in {}", args.dir.display()));
    Ok(())
}
