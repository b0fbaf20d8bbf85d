//! `tix import`: bring the tickets of another system into the queue.

mod files;

use std::path::PathBuf;

use crate::app::context::{Context, Globals};
use crate::app::intake::{PendingImport, bring_in};
use crate::env::Env;
use crate::error::Failure;
use crate::import::{self, ClosedTickets, EndedTickets};
use crate::out::Out;

/// Bring tickets of another system into the queue
///
/// Every ticket keeps its source, its id there and what tix has no place for below `imported:`. A second run changes nothing;
/// where the source has changed, it updates the tickets that nobody has touched and names the others. What is in progress
/// becomes queued, with a note of who had it. A record that cannot be a ticket is refused with its file and line, and the rest
/// goes on; the exit code is then 9. All tickets make one commit.
#[derive(Debug, clap::Args)]
pub struct ImportArgs {
    /// The system that the tickets come from: beads, backlog, taskmaster, wedow, github, jira, linear, todotxt, markdown,
    /// folders, yoi, hal, tix or plan; tix finds out if you leave it out
    #[arg(value_name = "SOURCE", add = sources())]
    source: Option<String>,
    /// The project that they are in, or one file of theirs [default: this directory]
    #[arg(value_name = "PATH")]
    path: Option<PathBuf>,
    /// Bring the tickets that are done or closed too
    #[arg(long)]
    all: bool,
    /// Show what would happen, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Import nothing if any record is refused
    #[arg(long)]
    strict: bool,
    /// How long to keep trying while others push to the trunk, such as 90s or 2m [default: 60s]
    #[arg(long, value_name = "TIME")]
    timeout: Option<String>,
}

/// Completes the names of the sources.
fn sources() -> clap_complete::engine::ArgValueCandidates {
    let candidate = |kind: &&import::SourceKind| {
        clap_complete::CompletionCandidate::new(kind.name).help(Some(kind.about.into()))
    };
    clap_complete::engine::ArgValueCandidates::new(move || {
        import::SOURCES.iter().map(candidate).collect()
    })
}

pub fn run(args: &ImportArgs, globals: &Globals, env: &Env, out: &Out) -> Result<(), Failure> {
    let ctx = Context::open(globals, env, out, args.timeout.as_deref())?;
    let (kind, reading) = files::read(&ctx.dir, args.source.as_deref(), args.path.as_deref())?;
    let closed = ClosedTickets::from_all(args.all);
    // Who asks for what has ended there too means the whole source as it is.
    let ended = if args.all { EndedTickets::GoOn } else { EndedTickets::Stay };
    let (dry_run, strict) = (args.dry_run, args.strict);
    bring_in(&ctx, PendingImport { source: kind.name, reading, closed, ended, dry_run, strict })
}

#[cfg(test)]
mod tests {
    use clap::Args as _;

    use super::*;

    #[test]
    fn the_help_names_every_source() {
        let mut command = ImportArgs::augment_args(clap::Command::new("import"));
        let help = command.render_help().to_string().replace([',', ';', ':'], "");
        let words: Vec<&str> = help.split_whitespace().collect();
        for kind in import::SOURCES {
            assert!(words.contains(&kind.name), "{}", kind.name);
        }
    }
}
