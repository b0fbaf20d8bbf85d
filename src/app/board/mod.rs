//! The tickets as readers see them: the trunk as last fetched (or just fetched), plus the progress that the holders have
//! pushed to their ticket branches.
//!
//! Everything is read from git's objects; no file of any checkout is looked at.

mod age;
mod damage;
mod overlay;
mod progress;

use std::path::PathBuf;

use chrono::{DateTime, TimeDelta, Utc};

use self::age::fetch_ticket_branches;
pub use self::age::{tell_age, tell_progress_age};
pub use self::damage::Damage;
pub use self::overlay::{WorkspaceLook, overlay};
pub use self::progress::{
    NewerCopy, branch_pattern, progress, progress_pattern, progress_ref, unpushed,
};
use super::context::Context;
use super::find::no_tickets;
use super::worktree;
use crate::clock;
use crate::error::Failure;
use crate::lifecycle::{Awaited, KnownTicket, Refusal, TicketEntry};
use crate::names::Oid;
use crate::ticket::{Document, FrontMatter, Lane, TicketId, TicketRow};
use crate::trunk::{Run, View, last_fetched};
use crate::workspace;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// The trunk as last fetched.
    LastSeen,
    /// The trunk as it is now.
    Fetch,
}

impl From<bool> for Look {
    fn from(fetch: bool) -> Look {
        if fetch { Look::Fetch } else { Look::LastSeen }
    }
}

/// The trunk at one commit, and how old that is.
pub struct TrunkAsSeen<'v> {
    pub view: &'v View<'v>,
    /// When the remote was last asked; `None` without a remote, or if unknown.
    pub at: Option<DateTime<Utc>>,
}

/// Reads the trunk and passes its contents to `read`.
pub fn look<T>(
    ctx: &Context<'_>,
    look: Look,
    read: impl FnOnce(&TrunkAsSeen<'_>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let (Some(_), Look::Fetch) = (&ctx.remote, look) else {
        let view = ctx.last_seen()?;
        require_tickets(ctx, &view)?;
        let fetched = ctx.remote.as_ref().zip(view.commit());
        let at = fetched.and_then(|(remote, tip)| last_fetched(&ctx.repo, remote, &ctx.trunk, tip));
        return read(&TrunkAsSeen { view: &view, at: at.map(DateTime::from) });
    };
    let progress = ctx.progress();
    let run = Run::begin(&ctx.repo)?;
    let engine = ctx.engine(&run, &progress);
    let view = engine.fetch_view()?;
    fetch_ticket_branches(ctx);
    ctx.out.clear_progress();
    require_tickets(ctx, &view)?;
    read(&TrunkAsSeen { view: &view, at: Some(clock::now()) })
}

fn require_tickets(ctx: &Context<'_>, view: &View<'_>) -> Result<(), Failure> {
    if view.has_tickets {
        return Ok(());
    }
    Err(no_tickets(ctx))
}

/// All tickets of some lanes.
#[derive(Debug, Default)]
pub struct TicketRows {
    /// Those that can be read, by lane and id.
    pub rows: Vec<TicketRow>,
    /// What cannot be read. It never hides another ticket.
    pub damaged: Vec<Damage>,
}

/// The tickets of some lanes as the trunk has them, those whose id occurs once.
pub struct TrunkHeads<'v> {
    pub known: Vec<KnownTicket<'v>>,
    /// What cannot be read.
    damaged: Vec<Damage>,
}

pub fn read(ctx: &Context<'_>, view: &View<'_>, lanes: &[Lane]) -> Result<TicketRows, Failure> {
    rows(ctx, heads(ctx, view, lanes)?)
}

/// The first half of [`read`], for whoever needs the heads for something else too.
pub fn heads<'v>(
    ctx: &Context<'_>,
    view: &'v View<'_>,
    lanes: &[Lane],
) -> Result<TrunkHeads<'v>, Failure> {
    let mut by_id: Vec<&TicketEntry> = view.snapshot.entries.iter().collect();
    by_id.sort_by(|a, b| (&a.id, &a.path).cmp(&(&b.id, &b.path)));
    let mut entries = Vec::new();
    let mut damaged = Vec::new();
    for same in by_id.chunk_by(|a, b| a.id == b.id) {
        let wanted = same.iter().filter(|e| lanes.contains(&e.lane));
        if let [_] = same {
            entries.extend(wanted);
            continue;
        }
        let all: Vec<String> = same.iter().map(|e| e.path.to_string()).collect();
        damaged.extend(wanted.map(|entry| Damage {
            path: entry.path.to_string(),
            line: None,
            why: format!("{} exists {} times: {}", entry.id, all.len(), all.join(", ")),
        }));
    }
    let odd = view.snapshot.odd.iter().filter(|odd| {
        let lane = odd.path.as_bytes().strip_prefix(ctx.tickets_dir.as_bytes());
        let lane = lane.and_then(|rest| rest.split(|b| *b == b'/').nth(1));
        lane.and_then(Lane::from_dir_name).is_some_and(|lane| lanes.contains(&lane))
    });
    damaged.extend(odd.map(|odd| Damage {
        path: odd.path.to_string(),
        line: None,
        why: odd.why.clone(),
    }));
    let mut known = Vec::with_capacity(entries.len());
    view.heads(&ctx.repo, &entries, |entry, head| match head {
        Ok(head) => known.push(KnownTicket { entry, head }),
        Err(refusal) => damaged.push(Damage::of(entry, &refusal)),
    })?;
    damaged.sort();
    Ok(TrunkHeads { known, damaged })
}

/// The second half: each ticket in a row, those that are held from their branches.
pub fn rows(ctx: &Context<'_>, heads: TrunkHeads<'_>) -> Result<TicketRows, Failure> {
    let trunk = ctx.trunk_label();
    let TrunkHeads { known, damaged } = heads;
    // Those whose branch may tell more, each with its place among the rows.
    let active = known.iter().enumerate().filter(|(_, known)| known.entry.lane == Lane::Active);
    let active: Vec<(usize, &TicketEntry)> = active.map(|(at, known)| (at, known.entry)).collect();
    let mut rows: Vec<TicketRow> = known
        .into_iter()
        .map(|KnownTicket { entry, head }| entry.row(head, trunk.clone()))
        .collect();
    let claim = |at: usize| rows.get(at).and_then(|row| row.claim_id.as_deref());
    let asked: Vec<_> = active.iter().map(|(at, entry)| (*entry, claim(*at))).collect();
    for newer in progress(ctx, &asked)? {
        let place = active.get(newer.at).and_then(|(at, _)| rows.get_mut(*at));
        if let Some(row) = place {
            *row = newer.row;
        }
    }
    for row in &mut rows {
        add_seen_pull(ctx, row);
    }
    rows.sort_by(|a, b| (a.lane, &a.id).cmp(&(b.lane, &b.id)));
    Ok(TicketRows { rows, damaged })
}

/// Reads one ticket, with the contents that the row was read from.
pub fn read_one(
    ctx: &Context<'_>,
    view: &View<'_>,
    entry: &TicketEntry,
) -> Result<(TicketRow, Document, Oid), Failure> {
    let trunk = ctx.trunk_label();
    let mut made = view.read_all(&[entry], |entry, document| {
        document.map(|document| (entry.row(FrontMatter::of(&document), trunk.clone()), document))
    })?;
    let Some(made) = made.pop() else {
        return Err(Refusal::NotFound { query: entry.id.to_string(), nearest: Vec::new() }.into());
    };
    let (row, document) = made?;
    let newer = progress(ctx, &[(entry, row.claim_id.as_deref())])?.pop();
    let (mut row, document, blob) = match newer {
        Some(NewerCopy { row, document, blob, .. }) => (row, document, blob),
        None => (row, document, entry.oid.clone()),
    };
    add_seen_pull(ctx, &mut row);
    Ok((row, document, blob))
}

/// Adds what this clone last saw of its pull request: a small file for each ticket that names one, and no process.
fn add_seen_pull(ctx: &Context<'_>, row: &mut TicketRow) {
    if let Some(named) = &mut row.pull_request
        && let Some(seen) = workspace::seen_pull(&ctx.repo, &row.id)
    {
        named.add(seen);
    }
}

/// When something last happened on a ticket: its last change of state, or the last commit of its branch.
pub fn last_activity(row: &TicketRow) -> Option<DateTime<Utc>> {
    row.since.max(row.overlay.as_ref().and_then(|o| o.branch.as_ref()?.at))
}

/// Whether a held ticket waits for its holder, and nothing has happened on it for this long. A ticket without a time of its
/// claim counts as stale.
pub fn is_stale(ctx: &Context<'_>, row: &TicketRow, after: TimeDelta) -> bool {
    let awaited = Awaited::of(row.known, &row.approved, &ctx.stages);
    row.lane == Lane::Active && awaited.is_stale(last_activity(row), ctx.now, after)
}

/// A ticket's workspace on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Workspace {
    At(PathBuf),
    Gone(PathBuf),
    None,
}

/// Finds the workspace of a ticket: the worktree that has its branch checked out. In the middle of a
/// rebase no branch is checked out; then the worktree that tix itself made for it.
pub fn workspace(ctx: &Context<'_>, id: &TicketId) -> Result<Workspace, Failure> {
    let bad = |why: String| Refusal::BadName { id: id.clone(), why };
    let branch = ctx.ticket_branch(id).map_err(bad)?;
    let made = || workspace::load(&ctx.repo, id).and_then(|record| record.path);
    let worktrees = ctx.repo.worktrees()?;
    Ok(match worktree::of_ticket(&worktrees, Some(&branch), made) {
        Some(worktree) if worktree.prunable => Workspace::Gone(worktree.path.clone()),
        Some(worktree) => Workspace::At(worktree.path.clone()),
        None => Workspace::None,
    })
}
