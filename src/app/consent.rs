//! Limits what a file that anybody can push decides on this machine to what the owner of the clone has allowed.
//!
//! [`crate::config::Key::on_machine`] has the answer for each key. The commands of `post_activate:` wait for `tix trust`;
//! so does a place for worktrees that is not beside the repository, unless `git config` or the environment names it.

use std::path::{Path, PathBuf};

use super::context::Context;
use crate::config::SharedWorktree;
use crate::error::{Exit, Failure};
use crate::ticket::TicketId;
use crate::workspace::{WorkspaceError, is_near, trust};

/// Where the workspace of a ticket belongs on this machine, if the repository may put files there.
pub fn workspace_path(ctx: &Context<'_>, id: &TicketId, session: &str) -> Result<PathBuf, Failure> {
    let path = ctx.workspace_path(id, session).map_err(|why| WorkspaceError::BadPath { why })?;
    let Some(shared) = &ctx.config.shared_worktree else { return Ok(path) };
    let SharedWorktree { value, file } = shared;
    if !is_far(ctx, shared, &path) || trust::allows_worktrees(&ctx.repo, value) {
        return Ok(path);
    }
    let message = format!("{file} puts worktrees at `{value}`, which this clone has not allowed");
    Err(Failure::new(Exit::Refused, message)
        .fact("path", path.display().to_string())
        .hint("allow this place: tix trust")
        .hint("or choose another place: git config tix.worktree \"../{repo}.worktrees/{id}\""))
}

/// The place of worktrees that needs consent, and where that is on this machine.
pub fn far_worktree<'c>(ctx: &'c Context<'_>) -> Option<(&'c SharedWorktree, PathBuf)> {
    let shared = ctx.config.shared_worktree.as_ref()?;
    let any = TicketId::parse("TICKET-id").ok()?;
    let place = ctx.repo.root.join(ctx.config.worktree.to_string());
    // The name of a session is anybody's choice as well.
    let paths = ["session", ".session"].map(|session| ctx.workspace_path(&any, session).ok());
    let is_far = paths.iter().flatten().any(|path| is_far(ctx, shared, path));
    is_far.then(|| (shared, crate::git::clean_path(&place)))
}

/// Whether this needs consent. A place that is not relative to the repository does, wherever it is.
fn is_far(ctx: &Context<'_>, shared: &SharedWorktree, path: &Path) -> bool {
    shared.value.starts_with(['/', '~', '\\'])
        || Path::new(&shared.value).is_absolute()
        || !is_near(&ctx.repo, path)
}
