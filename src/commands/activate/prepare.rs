//! Fills a new workspace with more than its files: those of `.worktreeinclude`, and the team's `post_activate:` commands.
//!
//! The claim stands in any case, so a failure here is only a warning.

use std::ffi::OsString;
use std::path::Path;

use crate::app::context::Context;
use crate::error::Failure;
use crate::git::signals;
use crate::names::RefName;
use crate::ticket::TicketId;
use crate::workspace::spawn::{WorkerEnd, shell};
use crate::workspace::{self, WorkspaceError, include, trust};

/// A workspace that was just made.
pub(super) struct FreshWorkspace<'a> {
    pub(super) id: &'a TicketId,
    pub(super) claim_id: &'a str,
    pub(super) session: Option<&'a str>,
    pub(super) branch: &'a RefName,
    pub(super) path: &'a Path,
}

/// Fills a new workspace and returns the warnings. Fails only if tix is told to end meanwhile.
pub(super) fn prepare(
    ctx: &Context<'_>,
    fresh: &FreshWorkspace<'_>,
) -> Result<Vec<String>, Failure> {
    let mut warnings = Vec::new();
    match include(&ctx.repo, fresh.path) {
        Ok(warning) => warnings.extend(warning),
        Err(error) => warnings.push(format!("nothing of .worktreeinclude was copied: {error}")),
    }
    signals::check().map_err(Failure::from)?;
    let commands = &ctx.config.post_activate;
    if commands.is_empty() {
        return Ok(warnings);
    }
    if trust::allows_commands(&ctx.repo, commands) {
        let before = workspace::untracked(&ctx.repo, fresh.path);
        warnings.extend(run_commands(ctx, fresh, commands)?);
        let noted = before
            .map_err(WorkspaceError::from)
            .and_then(|before| workspace::note_prepared(&ctx.repo, fresh.id, fresh.path, &before));
        if let Err(error) = noted {
            warnings.push(format!("the files that post_activate made will count as work: {error}"));
        }
    } else {
        warnings.push(
            "the post_activate commands of .tix.yaml were not run, because this clone does not trust them \
             (yet, or since they changed); see them: tix trust --show; trust them: tix trust"
                .to_owned(),
        );
    }
    Ok(warnings)
}

/// Runs the commands one after another, until one fails.
fn run_commands(
    ctx: &Context<'_>,
    fresh: &FreshWorkspace<'_>,
    commands: &[String],
) -> Result<Option<String>, Failure> {
    let variables: [(&str, OsString); 4] = [
        ("TIX_TICKET", fresh.id.as_str().into()),
        ("TIX_WORKSPACE", fresh.path.into()),
        ("TIX_BRANCH", fresh.branch.short().into()),
        ("TIX_CLAIM_ID", fresh.claim_id.into()),
    ];
    let session = fresh.session.iter().map(|session| ("TIX_SESSION", session.into()));
    let variables = variables.into_iter().chain(session).map(|(name, value)| (name.into(), value));
    let variables: Vec<(OsString, OsString)> =
        variables.chain(ctx.repo.git().inherited().variables()).collect();
    for command in commands {
        ctx.out.narrate(&format!("post_activate: {}", crate::text::safe(command)));
        let ended = shell(command, fresh.path, &variables, ctx.out.for_child());
        signals::check().map_err(Failure::from)?;
        let why = match ended {
            Ok(WorkerEnd::Code(0)) => continue,
            Ok(ended) => format!("ended with {ended}"),
            Err(error) => format!("cannot be started: {error}"),
        };
        return Ok(Some(format!(
            "post_activate: `{command}` {why}; the workspace of {} stands, and no later command was run",
            fresh.id
        )));
    }
    Ok(None)
}
