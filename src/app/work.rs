//! The work on a ticket branch, as reviews and completions speak of it.

use super::context::Context;
use crate::git::GitError;
use crate::lifecycle::Work;
use crate::names::Oid;
use crate::ticket::TicketId;

/// Hands the work at `tip` to `decide`. It is the same work as at another commit when nothing but the ticket's own file
/// differs between the two: what tix itself records on the branch does not void what it records.
///
/// A commit that is not in this clone is other work: nobody here can tell.
pub fn with_work<T>(
    ctx: &Context<'_>,
    id: &TicketId,
    tip: &Oid,
    decide: impl FnOnce(&Work<'_>) -> T,
) -> T {
    let same = |commit: &Oid| match is_same(ctx, id, commit, tip) {
        Ok(same) => same,
        Err(error) => {
            tracing::debug!(%error, %commit, "compare");
            false
        }
    };
    decide(&Work { tip, same: &same })
}

fn is_same(ctx: &Context<'_>, id: &TicketId, one: &Oid, other: &Oid) -> Result<bool, GitError> {
    let (one, other) = (ctx.objects.tree_of(one)?, ctx.objects.tree_of(other)?);
    let name = format!("{id}.md");
    let below = |path: &[u8]| {
        path.strip_prefix(ctx.tickets_dir.as_bytes()).is_some_and(|rest| rest.starts_with(b"/"))
    };
    let changed = ctx.objects.compare(&one, &other, ctx.repo.format)?;
    Ok(changed.iter().all(|c| c.path.file_name() == name.as_bytes() && below(c.path.as_bytes())))
}
