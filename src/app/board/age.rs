//! How old is what is shown: the trunk, and what the holders have pushed to their ticket branches.

use std::path::PathBuf;

use chrono::{DateTime, TimeDelta, Utc};

use super::{TrunkAsSeen, branch_pattern, progress_ref};
use crate::app::context::Context;
use crate::config::RecordPlace;
use crate::file;
use crate::git::Repo;
use crate::names::RemoteName;
use crate::text::{count, duration};
use crate::ticket::{Lane, TicketRow};

/// A view that is older than this is reported as old.
const OLD: TimeDelta = TimeDelta::minutes(10);

/// Brings the remote-tracking refs of the ticket branches up to date. The trunk, which decides who holds what, has been
/// fetched by then; without these refs only the progress is old. So a failure is only a warning: another fetch at the
/// same time is enough to cause one.
pub(super) fn fetch_ticket_branches(ctx: &Context<'_>) {
    let Some(remote) = &ctx.remote else { return };
    let Some(pattern) = branch_pattern(ctx) else { return };
    let spec = format!("+refs/heads/{pattern}:refs/remotes/{remote}/{pattern}");
    let words = match ctx.repo.fetch(remote, &[spec], ctx.started + ctx.config.timeout) {
        Ok(answer) if answer.code == Some(0) => {
            // Without the stamp the progress only seems older than it is.
            if let Err(error) = file::replace(&stamp(&ctx.repo), b"") {
                tracing::debug!(%error, "stamp");
            }
            return;
        }
        Ok(answer) => answer.stderr,
        Err(error) => error.to_string(),
    };
    let words = words.trim();
    ctx.out.warn(&format!(
        "the ticket branches could not be fetched, so progress may be out of date: {words}"
    ));
}

/// Reports on stderr if what is shown is not on the trunk yet, or may be long out of date.
pub fn tell_age(ctx: &Context<'_>, seen: &TrunkAsSeen<'_>, again: &str) {
    let alone = seen.view.claims_alone();
    if alone > 0 {
        let (alone, trunk) = (count(alone, "claim is", "claims are"), ctx.trunk_label());
        ctx.out.narrate(&format!("{alone} not on {trunk} yet"));
    }
    let Some(at) = seen.at.filter(|at| ctx.now - *at > OLD) else { return };
    ctx.out.narrate(&format!("as of {} ago; `{again}` refreshes", duration::age(at, ctx.now)));
}

/// Reports on stderr if the progress of these tickets may be older than the trunk. tix fetches the trunk alone when it
/// writes, and `git fetch` in a clone of one branch, as a shallow one is, brings nothing else either.
pub fn tell_progress_age<'r>(
    ctx: &Context<'_>,
    rows: impl IntoIterator<Item = &'r TicketRow>,
    again: &str,
) {
    let Some(remote) = ctx.remote.as_ref().filter(|_| ctx.record == RecordPlace::Branch) else {
        return;
    };
    let git_asks = fetches_ticket_branches(ctx, remote);
    let by_git = if git_asks { ctx.repo.last_fetched_by_git(remote) } else { None };
    let by_tix = std::fs::metadata(stamp(&ctx.repo)).and_then(|file| file.modified()).ok();
    let at = by_tix.max(by_git).map(DateTime::<Utc>::from);
    let held = rows.into_iter().filter(|row| row.lane == Lane::Active && row.claim_id.is_some());
    let held: Vec<&TicketRow> = held.collect();
    // A branch that did not come when all were asked for is not there.
    let is_missing = |row: &&&TicketRow| {
        let name = progress_ref(ctx, &row.id);
        let here = name.map(|name| ctx.objects.resolve(name.as_str()));
        matches!(here, Some(Ok(None)))
            && at.is_none_or(|at| row.since.is_none_or(|since| since > at))
    };
    let missing = held.iter().filter(is_missing).count();
    if missing > 0 {
        let missing = count(missing, "held ticket", "held tickets");
        ctx.out.narrate(&format!(
            "the progress of {missing} has not been fetched; `{again}` fetches it"
        ));
    } else if !held.is_empty() && !git_asks {
        let Some(at) = at.filter(|at| ctx.now - *at > OLD) else { return };
        let age = duration::age(at, ctx.now);
        ctx.out.narrate(&format!(
            "progress as of {age} ago: `git fetch` does not ask for ticket branches here, `{again}` does"
        ));
    }
}

/// Whether `git fetch` brings the ticket branches to where tix looks for them.
fn fetches_ticket_branches(ctx: &Context<'_>, remote: &RemoteName) -> bool {
    let Some(pattern) = branch_pattern(ctx) else { return true };
    let wanted = format!("refs/heads/{pattern}");
    let key = format!("remote.{remote}.fetch");
    let specs = ctx.repo.config.entries().iter().filter(|(name, _)| *name == key);
    let mut sources = specs.filter_map(|(_, spec)| spec.as_deref()?.split(':').next());
    sources.any(|source| {
        let source = source.trim_start_matches('+');
        source.strip_suffix('*').is_some_and(|prefix| wanted.starts_with(prefix))
    })
}

/// Its time says when tix last fetched the ticket branches.
fn stamp(repo: &Repo) -> PathBuf {
    repo.tix_dir().join("progress-fetched")
}
