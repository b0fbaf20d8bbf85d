//! Records that a workspace belongs to a claim.

use std::path::PathBuf;

use super::context::Context;
use crate::ticket::TicketId;
use crate::workspace::{self, Session, WorkspaceError, WorkspaceRecord};

/// A workspace of this clone and the claim that it belongs to from now on.
pub struct Adoption<'a> {
    pub id: &'a TicketId,
    pub claim_id: String,
    /// The commit of the claim, if it is known.
    pub commit: Option<String>,
    pub session: Option<Session>,
    /// The worktree, if there is one.
    pub path: Option<PathBuf>,
}

/// Writes the record. The one before may be of an earlier claim, from before the ticket was taken over and came back, or may
/// be missing. tix's commits under an earlier claim still count as its own; of a branch from elsewhere it knows only the
/// claim.
pub fn adopt(ctx: &Context<'_>, adoption: Adoption<'_>) -> Result<(), WorkspaceError> {
    let Adoption { id, claim_id, commit, session, path } = adoption;
    let commit = workspace::load(&ctx.repo, id).map(|known| known.commit).or(commit);
    let commit = commit.unwrap_or_default();
    let record = WorkspaceRecord {
        claim_id,
        session,
        worker: None,
        commit,
        path,
        finished: true,
        reminded: false,
    };
    workspace::save(&ctx.repo, id, &record)
}
