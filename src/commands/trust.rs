//! `tix trust`: let the repository's `post_activate:` commands run in this clone.

use serde::Serialize;

use crate::app::context::{Context, Globals};
use crate::env::Env;
use crate::error::{Exit, Failure};
use crate::out::{Format, Out};
use crate::text::safe;
use crate::workspace::trust;

/// Let the commands of `post_activate:` run in new workspaces
///
/// They stand in the repository's .tix.yaml, so anybody who can push there can change them, and they run with your
/// rights. Until you trust them in this clone, `tix activate` says so and leaves them alone; once they change, it
/// does so again. The commands are printed: read them.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only print the commands, and whether they are trusted
    #[arg(long, conflicts_with = "revoke")]
    show: bool,
    /// Trust nothing any more in this clone
    #[arg(long)]
    revoke: bool,
}

/// The answer in JSON.
// The keys stand by the alphabet, in which order they have always come out.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Trust<'a> {
    /// The commands of `post_activate:`.
    commands: &'a [String],
    schema: &'static str,
    /// Whether this clone lets them run.
    trusted: bool,
}

/// Prints, and trusts or revokes.
pub fn run(args: &Args, globals: &Globals, env: &Env, out: &Out) -> Result<(), Failure> {
    let ctx = Context::open(globals, env, out, None)?;
    let commands = &ctx.config.post_activate;
    if args.revoke {
        trust::revoke(&ctx.repo)?;
    } else if commands.is_empty() {
        return Err(Failure::new(Exit::NotFound, "there is nothing to trust: .tix.yaml has no post_activate")
            .hint("tix reads .tix.yaml from the branch that pull requests go to, as last fetched: git fetch"));
    } else if !args.show {
        trust::trust(&ctx.repo, commands)?;
    }
    let trusted = trust::is_trusted(&ctx.repo, commands);
    if out.format == Format::Json {
        out.json(&Trust { commands, schema: "tix/trust@1", trusted });
        return Ok(());
    }
    let mut text = String::from(if trusted {
        "this clone trusts the post_activate commands of .tix.yaml:\n"
    } else if commands.is_empty() {
        "this clone trusts no commands\n"
    } else {
        "this clone does not trust the post_activate commands of .tix.yaml:\n"
    });
    for command in commands {
        text.push_str(&format!("  {}\n", safe(command)));
    }
    out.answer(&text);
    Ok(())
}
