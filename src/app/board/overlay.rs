//! What is known of a held ticket beside its file: how far its branch is, and what lies in its workspace here.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::super::context::Context;
use super::super::worker::{self, WorkerNow};
use super::super::worktree;
use super::{Card, progress_ref};
use crate::clock;
use crate::error::Failure;
use crate::git::{Commit, Worktree};
use crate::names::Oid;
use crate::ticket::{Lane, TicketId};
use crate::trunk::View;
use crate::workspace;

/// Whether the workspaces are asked for changes: a `git status` each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changes {
    Look,
    Leave,
}

/// What stands over a ticket's file, each part with its source.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Overlay {
    /// The ticket branch as last fetched; null when there is none.
    pub branch: Option<BranchSeen>,
    /// The workspace on this machine; null when there is none.
    pub workspace: Option<WorkspaceSeen>,
    /// The worker that was started in it; null when there is none.
    pub worker: Option<WorkerNow>,
}

/// A ticket branch as last fetched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct BranchSeen {
    /// The branch.
    pub source: String,
    /// Where it is.
    pub commit: String,
    /// How many of its commits the trunk does not have.
    pub ahead: usize,
    /// When its last commit was made: RFC 3339, UTC.
    pub last_activity: String,
    /// The same as a moment.
    #[serde(skip)]
    pub at: Option<DateTime<Utc>>,
}

/// A workspace on this machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct WorkspaceSeen {
    /// Where it is, and where this was read from.
    pub source: String,
    /// Whether it holds changes that are not committed; null when it is gone, and unless `tix list --columns dirty` asks:
    /// that takes a `git status` in each workspace.
    pub dirty: Option<bool>,
    /// Whether its directory is there.
    pub present: bool,
}

/// Puts the overlays over those of these cards that are held.
pub fn overlay(
    ctx: &Context<'_>,
    view: &View<'_>,
    cards: &mut [Card],
    changes: Changes,
) -> Result<(), Failure> {
    let held = |card: &Card| card.lane == Lane::Active;
    if !cards.iter().any(held) {
        return Ok(());
    }
    let mut branches = branches(ctx, view, cards.iter().filter(|card| held(card)))?;
    let worktrees = ctx.repo.worktrees()?;
    for card in cards.iter_mut().filter(|card| held(card)) {
        let branch = branches.remove(&card.id);
        let workspace = seen_here(ctx, &worktrees, &card.id, changes)?;
        // A worker is started in a workspace and nowhere else.
        let worker = workspace.as_ref().and_then(|_| worker::now(ctx, &card.id));
        card.overlay = Some(Box::new(Overlay { branch, workspace, worker }));
    }
    Ok(())
}

/// The ticket branches of these cards: two processes for any number of them.
fn branches<'c>(
    ctx: &Context<'_>,
    view: &View<'_>,
    cards: impl Iterator<Item = &'c Card>,
) -> Result<HashMap<TicketId, BranchSeen>, Failure> {
    let names: Vec<_> = cards.filter_map(|c| Some((&c.id, progress_ref(ctx, &c.id)?))).collect();
    let refs: Vec<&str> = names.iter().map(|(_, name)| name.as_str()).collect();
    let tips = ctx.objects.commits(&refs)?;
    let there: Vec<Oid> = tips.iter().flatten().map(|commit| commit.oid.clone()).collect();
    let beyond = match view.commit() {
        Some(trunk) if !there.is_empty() => ctx.repo.beyond(&there, trunk)?,
        Some(_) | None => Vec::new(),
    };
    let parents: HashMap<&Oid, &[Oid]> =
        beyond.iter().map(|(oid, parents)| (oid, parents.as_slice())).collect();
    let mut seen = HashMap::new();
    for ((id, name), tip) in names.into_iter().zip(tips) {
        let Some(Commit { oid, at, .. }) = tip else { continue };
        let at = DateTime::from_timestamp(at, 0);
        let branch = BranchSeen {
            source: name.short().to_owned(),
            ahead: reachable(&oid, &parents),
            commit: oid.to_string(),
            last_activity: at.map(clock::rfc3339).unwrap_or_default(),
            at,
        };
        seen.insert(id.clone(), branch);
    }
    Ok(seen)
}

/// How many of the commits with these parents can be reached from one of them.
fn reachable(tip: &Oid, parents: &HashMap<&Oid, &[Oid]>) -> usize {
    let mut seen = HashSet::new();
    let mut left = vec![tip];
    while let Some(oid) = left.pop() {
        if let Some(parents) = parents.get(oid)
            && seen.insert(oid)
        {
            left.extend(*parents);
        }
    }
    seen.len()
}

fn seen_here(
    ctx: &Context<'_>,
    worktrees: &[Worktree],
    id: &TicketId,
    changes: Changes,
) -> Result<Option<WorkspaceSeen>, Failure> {
    let branch = ctx.ticket_branch(id).ok();
    let made = || workspace::load(&ctx.repo, id).and_then(|record| record.path);
    let found = worktree::of_ticket(worktrees, branch.as_ref(), made);
    let Some(worktree) = found else { return Ok(None) };
    let dirty = |path: &Path| Ok::<_, Failure>(!ctx.repo.dirty_paths(path)?.is_empty());
    Ok(Some(WorkspaceSeen {
        source: worktree.path.display().to_string(),
        dirty: match changes {
            Changes::Look if !worktree.prunable => Some(dirty(&worktree.path)?),
            Changes::Look | Changes::Leave => None,
        },
        present: !worktree.prunable,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commits_are_counted_once_however_many_ways_lead_to_them() {
        let [a, b, c, d, trunk] =
            ["a", "b", "c", "d", "e"].map(|x| Oid::parse(&x.repeat(40)).unwrap());
        let parents = [
            (d.clone(), vec![b.clone(), c.clone()]),
            (c, vec![a.clone()]),
            (b.clone(), vec![a.clone()]),
            (a, vec![trunk.clone()]),
        ];
        let parents: HashMap<&Oid, &[Oid]> =
            parents.iter().map(|(o, p)| (o, p.as_slice())).collect();
        assert_eq!([&d, &b, &trunk].map(|tip| reachable(tip, &parents)), [4, 2, 0]);
    }
}
