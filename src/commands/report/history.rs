//! The lives of the tickets, read from the commits of the trunk.
//!
//! git compares two trees for each commit, which takes 40 s for a million. So the lives are cached (`tix/cache/lives`) with
//! the last commit that they include, and only newer commits are read. If the trunk was never at that commit, or if a part of
//! the history is missing or replaced, the whole history is read again.

use std::sync::Arc;

use chrono::DateTime;

use crate::app::board::TrunkAsSeen;
use crate::app::context::Context;
use crate::cache::{CacheFile, CacheForm};
use crate::error::Failure;
use crate::git::{GitError, HistoryQuery, HistoryWalk, Logged, PathChange, PathChangeKind};
use crate::lifecycle::trailer;
use crate::names::Oid;
use crate::report::{LaneChange, QueueHistory, TrunkCommit};
use crate::ticket::{Lane, TicketId};

/// The version of the rules for what a commit does to a ticket.
const FORM: CacheForm = CacheForm { magic: b"tixlife1", reading: b"2" };

/// The cache: the last commit that was read, the tickets directory, and the packed lives.
type Kept<'a> = (&'a str, &'a [u8], &'a [u8]);

pub fn of_trunk(ctx: &Context<'_>, seen: &TrunkAsSeen<'_>) -> Result<QueueHistory, Failure> {
    let Some(tip) = seen.view.on_remote() else { return Ok(QueueHistory::default()) };
    if !ctx.repo.has_whole_history() {
        return Ok(read_on(ctx, QueueHistory::default(), tip, None)?);
    }
    let file = CacheFile::new(ctx.repo.tix_dir().join("cache/lives"), FORM);
    let story = match file.load().as_deref().and_then(|contents| unpack(ctx, contents)) {
        Some((since, story)) if since == *tip => return Ok(story),
        Some((since, story)) if ctx.repo.was_at(&ctx.objects, tip, &since)? => {
            read_on(ctx, story, tip, Some(&since))?
        }
        Some(_) | None => read_on(ctx, QueueHistory::default(), tip, None)?,
    };
    if let Some(contents) = pack(ctx, &story, tip) {
        file.keep(|| contents);
    }
    Ok(story)
}

fn pack(ctx: &Context<'_>, story: &QueueHistory, tip: &Oid) -> Option<Vec<u8>> {
    let lives = story.pack()?;
    let kept: Kept<'_> = (tip.as_str(), ctx.tickets_dir.as_bytes(), &lives);
    postcard::to_allocvec(&kept).ok()
}

/// The cached lives of this tickets directory, and the last commit that was read.
fn unpack(ctx: &Context<'_>, contents: &[u8]) -> Option<(Oid, QueueHistory)> {
    let (tip, dir, lives): Kept<'_> = postcard::from_bytes(contents).ok()?;
    let is_here = dir == ctx.tickets_dir.as_bytes();
    is_here.then(|| Some((Oid::parse(tip)?, QueueHistory::unpack(lives)?)))?
}

/// Continues a history up to the tip.
fn read_on(
    ctx: &Context<'_>,
    mut story: QueueHistory,
    tip: &Oid,
    since: Option<&Oid>,
) -> Result<QueueHistory, GitError> {
    let query = HistoryQuery {
        walk: HistoryWalk::Line { tip, since },
        below: Some(&ctx.tickets_dir),
        keys: &[trailer::ACTOR],
        having: None,
    };
    let mut steps: Vec<TrunkCommit> = Vec::new();
    ctx.repo.each_of_history(&query, |commit| steps.push(step(ctx, &commit)))?;
    QueueHistory::settle(&mut steps, ctx.now);
    steps.iter().rev().for_each(|step| story.replay(step));
    Ok(story)
}

fn step(ctx: &Context<'_>, commit: &Logged) -> TrunkCommit {
    let actor = commit.trailers.get(trailer::ACTOR).and_then(|values| values.first());
    TrunkCommit {
        at: DateTime::from_timestamp(commit.at, 0).unwrap_or_default(),
        by: Arc::from(actor.unwrap_or(&commit.author).as_str()),
        changes: commit.changes.iter().filter_map(|change| lane_change(ctx, change)).collect(),
    }
}

/// The meaning of a changed path, if it is a ticket's file.
fn lane_change(ctx: &Context<'_>, change: &PathChange) -> Option<LaneChange> {
    let below =
        change.path.as_bytes().strip_prefix(ctx.tickets_dir.as_bytes())?.strip_prefix(b"/")?;
    let lane = Lane::from_dir_name(below.split(|b| *b == b'/').next()?)?;
    let id = TicketId::from_file_name(change.path.file_name())?.ok()?;
    match change.kind {
        PathChangeKind::Added => Some(LaneChange::Came(id, lane)),
        PathChangeKind::Removed => Some(LaneChange::Went(id, lane)),
        PathChangeKind::Modified => None,
    }
}
