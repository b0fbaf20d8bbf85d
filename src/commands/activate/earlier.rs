//! Reports the workspace of an earlier claim that is in the way: it was kept because removing it would have lost something.

use std::path::Path;

use crate::app::context::Context;
use crate::app::give_back::{busy, is_below, set_aside};
use crate::app::own::holds_no_work;
use crate::error::{Exit, Failure};
use crate::git::Worktree;
use crate::names::{Oid, RefName};
use crate::text::shell_word;
use crate::ticket::TicketId;
use crate::workspace::WorkspaceError;

pub(super) struct WantedPlace<'a> {
    pub(super) id: &'a TicketId,
    pub(super) branch: &'a RefName,
    pub(super) path: Option<&'a Path>,
    /// Commits that are safe elsewhere.
    pub(super) known: &'a [&'a Oid],
}

/// Why the workspace cannot be made. If the ticket's own earlier one is the reason, the remedy is known; else it helps to
/// know which setting put it there.
pub(super) fn explained(
    ctx: &Context<'_>,
    wanted: &WantedPlace<'_>,
    error: WorkspaceError,
) -> Failure {
    let earlier = match &error {
        WorkspaceError::Occupied { path, .. } => earlier(ctx, wanted, path),
        WorkspaceError::NotWritable { .. } => Ok(None),
        WorkspaceError::Git(_)
        | WorkspaceError::NameTaken { .. }
        | WorkspaceError::BranchTaken { .. }
        | WorkspaceError::CheckedOut { .. }
        | WorkspaceError::BadPath { .. }
        | WorkspaceError::Unprepared { .. }
        | WorkspaceError::Setup { .. }
        | WorkspaceError::Unlinked { .. }
        | WorkspaceError::Record { .. } => return error.into(),
    };
    match earlier {
        Ok(Some(failure)) | Err(failure) => failure,
        Ok(None) => with_variable(ctx, error.into(), wanted),
    }
}

/// Names the variable that decides where workspaces are, if one does. It overrides `git config`.
fn with_variable(ctx: &Context<'_>, failure: Failure, wanted: &WantedPlace<'_>) -> Failure {
    let pairs = ctx.env.config_pairs();
    let value = |name: &str| {
        let (_, value) = pairs.iter().find(|(key, value)| key == name && !value.is_empty())?;
        Some(format!("{name}={}", value.display()))
    };
    let variables = ["TIX_WORKTREE", "WORKTREE_BASE"];
    let Some((name, setting)) = variables.into_iter().find_map(|name| Some((name, value(name)?)))
    else {
        return failure;
    };
    let hint = format!("free that place, or put workspaces elsewhere: unset {name}");
    Failure { hints: vec![hint], ..failure }
        .maybe_fact("workspace", wanted.path.map(|path| path.display().to_string()))
        .fact("setting", setting)
}

fn earlier(
    ctx: &Context<'_>,
    wanted: &WantedPlace<'_>,
    path: &Path,
) -> Result<Option<Failure>, Failure> {
    let id = wanted.id;
    let worktrees = ctx.repo.worktrees()?;
    let same = |w: &&Worktree| !w.prunable && is_below(&w.path, path) && is_below(path, &w.path);
    // Of the first, the main one, nothing can be moved away.
    let Some(there) = worktrees.iter().skip(1).find(same) else { return Ok(None) };
    let is_own = there.branch.as_ref() == Some(wanted.branch)
        || crate::workspace::made_at(&ctx.repo, &there.path).as_ref() == Some(id);
    if !is_own {
        return Ok(None);
    }
    let message = format!("an earlier workspace of {id} is still there: {}", path.display());
    let failure = Failure::new(Exit::Refused, message).fact("path", path.display().to_string());
    if let Some(why) = busy(ctx, id, &there.path)? {
        return Ok(Some(
            failure
                .fact("because", why)
                .hint(format!("wait for it to end, then: tix activate {id}")),
        ));
    }
    let dirty = ctx.repo.dirty_paths(&there.path)?;
    let worthless = match &there.head {
        Some(head) => holds_no_work(ctx, wanted.known.iter().copied(), id, head)?,
        None => false,
    };
    Ok(Some(if worthless && dirty.is_empty() {
        let word = |path: &Path| shell_word(&path.display().to_string());
        let leave = if is_below(&ctx.dir, &there.path) {
            format!("cd {} && ", word(&ctx.repo.root))
        } else {
            String::new()
        };
        failure.hint(format!(
            "it is empty; remove it: {leave}git worktree remove {}",
            word(&there.path)
        ))
    } else {
        let aside = set_aside(ctx, id, wanted.branch, Some(there))?;
        failure.hint(format!("move its contents elsewhere: {aside}"))
    }))
}
