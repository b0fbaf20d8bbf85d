//! `tix man`: the manual.

use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::app::command_line;
use crate::app::context::Globals;
use crate::env::Env;
use crate::error::{Exit, Failure};
use crate::out::{Format, Out};

/// Write the manual pages
///
/// Writes one page for tix and one for each command, in the format of man. For instance:
///
///   tix man ~/.local/share/man/man1 && man tix-activate
#[derive(Debug, clap::Args)]
pub struct ManArgs {
    /// The directory for the pages; it is created if it is missing
    #[arg(value_name = "DIR")]
    dir: PathBuf,
}

/// The answer in JSON.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Manual {
    schema: &'static str,
    /// The directory, in full.
    directory: String,
    /// The names of the files that were written, sorted.
    pages: Vec<String>,
}

pub fn run(args: &ManArgs, _globals: &Globals, env: &Env, out: &Out) -> Result<(), Failure> {
    let failed = |error: io::Error| {
        Failure::new(Exit::Refused, format!("{}: {error}", args.dir.display()))
            .hint("name a directory that you may write to: tix man <directory>")
    };
    let dir = env.current_dir().map_err(failed)?.join(&args.dir);
    std::fs::create_dir_all(&dir).map_err(failed)?;
    let mut tix = command_line::description().disable_help_subcommand(true);
    tix.build();
    let mut pages = Vec::new();
    write(tix, &dir, &mut pages).map_err(failed)?;
    pages.sort_unstable();
    match out.format {
        Format::Json => {
            let directory = dir.display().to_string();
            out.json(&Manual { schema: "tix/man@1", directory, pages });
        }
        Format::Human => out.narrate(&format!("the pages are in {}", args.dir.display())),
    }
    Ok(())
}

/// Writes the page of a command and those of the commands in it, and adds their names to `pages`.
fn write(command: clap::Command, dir: &Path, pages: &mut Vec<String>) -> io::Result<()> {
    for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
        write(below.clone(), dir, pages)?;
    }
    // The synopsis of the library names no values, and every option.
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ").replace('-', "\\-");
    let has_commands = command.has_subcommands();
    let page = clap_mangen::Man::new(command);
    let mut text = Vec::new();
    page.render_title(&mut text)?;
    page.render_name_section(&mut text)?;
    text.extend(format!(".SH SYNOPSIS\n{usage}\n").into_bytes());
    page.render_description_section(&mut text)?;
    page.render_options_section(&mut text)?;
    if has_commands {
        page.render_subcommands_section(&mut text)?;
    }
    let name = page.get_filename();
    std::fs::write(dir.join(&name), text)?;
    pages.push(name);
    Ok(())
}
