//! `tix trust`: let the repository's settings decide about this machine, where they may not do so by themselves.

use serde::Serialize;

use crate::app::consent::far_worktree;
use crate::app::context::{Context, Globals};
use crate::env::Env;
use crate::error::{Exit, Failure};
use crate::out::{Format, Out};
use crate::text::safe;
use crate::workspace::trust;

/// Let the repository run commands here, or put worktrees elsewhere
///
/// The commands of `post_activate:` stand in the repository's .tix.yaml, and so may a `worktree:` that is not beside your
/// clone. Anybody who can push there can change them, and they act with your rights. Until you trust them in this clone,
/// `tix activate` leaves the commands alone and makes no worktree elsewhere, and says so; once they change, it does so
/// again. They are printed: read them.
#[derive(Debug, clap::Args)]
pub struct TrustArgs {
    /// Only print them, and whether they are trusted
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
    /// Whether this clone allows all of it.
    trusted: bool,
    /// The `worktree:` of .tix.yaml, where that is a place that needs consent; else missing.
    worktree: Option<&'a str>,
}

/// Prints, and trusts or revokes.
pub fn run(args: &TrustArgs, globals: &Globals, env: &Env, out: &Out) -> Result<(), Failure> {
    let ctx = Context::open(globals, env, out, None)?;
    let (repo, commands) = (&ctx.repo, &ctx.config.post_activate);
    let far = far_worktree(&ctx);
    let worktree = far.as_ref().map(|(shared, _)| shared.value.as_str());
    if args.revoke {
        trust::revoke(repo)?;
    } else if commands.is_empty() && worktree.is_none() {
        let message = "there is nothing to trust: .tix.yaml has no post_activate, and no worktree that is not beside this clone";
        return Err(Failure::new(Exit::NotFound, message)
            .hint("tix reads .tix.yaml from the branch that pull requests go to, as last fetched: git fetch"));
    } else if !args.show {
        trust::trust(repo, commands, worktree)?;
    }
    let runs = (!commands.is_empty()).then(|| trust::allows_commands(repo, commands));
    let places = worktree.map(|template| trust::allows_worktrees(repo, template));
    if out.format == Format::Json {
        let asked = [runs, places].into_iter().flatten();
        let trusted = asked.clone().count() > 0 && asked.clone().all(|trusted| trusted);
        out.json(&Trust { commands, schema: "tix/trust@1", trusted, worktree });
        return Ok(());
    }
    let verdict = |trusted| if trusted { "trusts" } else { "does not trust" };
    let mut text = String::new();
    if let Some(runs) = runs {
        let verdict = verdict(runs);
        text.push_str(&format!("this clone {verdict} the post_activate commands of .tix.yaml:\n"));
        text.extend(commands.iter().map(|command| format!("  {}\n", safe(command))));
    }
    if let (Some(trusted), Some((shared, place))) = (places, &far) {
        let (verdict, value) = (verdict(trusted), safe(&shared.value));
        let place = safe(place.display().to_string());
        text.push_str(&format!("this clone {verdict} the worktree of .tix.yaml:\n  {value}\n"));
        text.push_str(&format!("  which is {place} here\n"));
    }
    if text.is_empty() {
        text.push_str("this clone trusts no commands\n");
    }
    out.answer(&text);
    Ok(())
}
