//! The work on a ticket branch, as reviews and completions judge it.

use super::context::Context;
use crate::git::{GitError, HistoryQuery, HistoryWalk};
use crate::lifecycle::{Ticket, Work, WorkComparison, trailer};
use crate::names::{Oid, RefName};
use crate::settings::AuthorIdentity;
use crate::ticket::{TicketId, moment};
use crate::workspace;

/// Passes the work at `tip` to `decide`. Two commits have the same work if only the ticket's own file differs between
/// them, so tix's own records on the branch do not void an approval.
///
/// A commit that is not in this clone counts as other work, because nobody here can compare it.
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

/// The ticket branch and where it is, as last fetched, else as it is here.
pub fn tip_seen(ctx: &Context<'_>, id: &TicketId) -> Result<Option<(RefName, Oid)>, GitError> {
    let Ok(branch) = ctx.ticket_branch(id) else { return Ok(None) };
    let tip = match ctx.objects.resolve(ctx.seen_ref(&branch).as_str())? {
        None => ctx.objects.resolve(branch.as_str())?,
        seen => seen,
    };
    Ok(tip.map(|tip| (branch, tip)))
}

/// Where the ticket branch is, with the commits of this clone that are not pushed yet.
pub fn tip_here(ctx: &Context<'_>, id: &TicketId) -> Result<Option<Oid>, GitError> {
    let Some((branch, seen)) = tip_seen(ctx, id)? else { return Ok(None) };
    let here = ctx.objects.resolve(branch.as_str())?.filter(|here| *here != seen);
    Ok(match here {
        Some(here) if ctx.repo.is_ancestor(&seen, &here)? => Some(here),
        Some(_) | None => Some(seen),
    })
}

/// How many commits of the ticket branch this clone has and the remote, as last fetched, does not.
pub fn only_here(ctx: &Context<'_>, id: &TicketId) -> Result<u64, GitError> {
    let Some((branch, seen)) = tip_seen(ctx, id)? else { return Ok(0) };
    let here = ctx.objects.resolve(branch.as_str())?.filter(|here| *here != seen);
    Ok(match here {
        Some(here) => ctx.repo.ahead_behind(&here, &seen)?.0,
        None => 0,
    })
}

/// The ticket branch, if this clone has it for this claim and the remote, which had it too, has it no more.
pub fn gone_there(
    ctx: &Context<'_>,
    id: &TicketId,
    claim: Option<&str>,
) -> Result<Option<RefName>, GitError> {
    let is_set_up = workspace::load(&ctx.repo, id)
        .is_some_and(|record| record.finished && Some(record.claim_id.as_str()) == claim);
    let (true, Some(_), Ok(branch)) = (is_set_up, &ctx.remote, ctx.ticket_branch(id)) else {
        return Ok(None);
    };
    let is_there = ctx.objects.resolve(ctx.seen_ref(&branch).as_str())?.is_some();
    let exists = ctx.objects.resolve(branch.as_str())?.is_some();
    Ok((exists && !is_there).then_some(branch))
}

impl WorkComparison for Context<'_> {
    fn holds_what(&self, id: &TicketId, approved: &Oid) -> bool {
        let tip = tip_here(self, id).unwrap_or_else(|error| {
            tracing::debug!(%error, %id, "branch");
            None
        });
        tip.is_some_and(|tip| with_work(self, id, &tip, |work| work.is_still(approved)))
    }
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

/// Whether somebody has committed anything to a ticket branch at `tip`, beyond what `known` (trunk and base) holds.
///
/// If all of it is in `known`, the work was merged before it was completed, or there never was any. Then the commits
/// count that its holder or the caller has made since the claim.
pub fn holds_work(
    ctx: &Context<'_>,
    known: &[Oid],
    ticket: &Ticket<'_>,
    tip: &Oid,
) -> Result<bool, GitError> {
    if any_made(ctx, HistoryWalk::Beyond { tip, others: known, since: None }, |_| true)? {
        return Ok(true);
    }
    let mut merged = false;
    for commit in known {
        merged = merged || ctx.repo.is_ancestor(tip, commit)?;
    }
    let held = ticket.held();
    let Some(since) = held.at.as_deref().and_then(moment).filter(|_| merged) else {
        return Ok(false);
    };
    let asks = AuthorIdentity::configured(&ctx.repo.config).acting(ctx.env).ok().flatten();
    let people = [held.by, asks, ctx.repo.identity().ok()];
    let theirs = |author: &str| people.iter().flatten().any(|person| person == author);
    let since = Some(since.timestamp());
    any_made(ctx, HistoryWalk::Beyond { tip, others: &[], since }, theirs)
}

/// Whether the walk has a commit of such an author that tix did not make: one without tix's trailers, or one that changes
/// more than tickets because somebody amended it.
fn any_made(
    ctx: &Context<'_>,
    walk: HistoryWalk<'_>,
    author: impl Fn(&str) -> bool,
) -> Result<bool, GitError> {
    let query = HistoryQuery { walk, below: None, keys: &[trailer::TICKET], having: None };
    let mut any = false;
    let tickets = [ctx.tickets_dir.as_bytes(), b"/"].concat();
    ctx.repo.each_of_history(&query, |commit| {
        let marked = commit.trailers.get(trailer::TICKET).is_some_and(|ids| !ids.is_empty());
        let only_tickets = commit.changes.iter().all(|c| c.path.as_bytes().starts_with(&tickets));
        any = any || (author(&commit.author) && !(marked && only_tickets));
    })?;
    Ok(any)
}
