//! `tix trust`: allow what the repository's settings may not do on this machine by themselves.

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
/// The repository's .tix.yaml has the commands of `post_activate:`, and may have a `worktree:` that is not beside your
/// clone. Anybody who can push can change them, and they act with your rights. Until you trust them in this clone, `tix
/// activate` runs no such command, makes no worktree elsewhere, and says so. When they change, you have to trust them
/// again. This command prints them: read them.
#[derive(Debug, clap::Args)]
pub struct TrustArgs {
    /// Only show them, and whether they are trusted
    #[arg(long, conflicts_with = "revoke")]
    show: bool,
    /// Stop trusting anything in this clone
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
    /// The `worktree:` of .tix.yaml; missing unless that place needs consent.
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
        let message = "there is nothing to trust: .tix.yaml has no post_activate, and keeps worktrees beside this clone";
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
