//! What is known about a ticket beside its file: while it is held the progress of its branch and the state of its workspace here,
//! and always a worker that runs for it here.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use chrono::DateTime;

use super::super::context::Context;
use super::super::worker;
use super::super::worktree;
use super::progress_ref;
use crate::clock;
use crate::error::Failure;
use crate::git::{CommitObject, Worktree};
use crate::names::Oid;
use crate::ticket::{BranchSeen, Lane, Overlay, TicketId, TicketRow, WorkspaceSeen};
use crate::trunk::View;
use crate::workspace;

/// Whether to check the workspaces for changes, with a `git status` each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorkspaceLook {
    Look,
    Leave,
}

/// Adds the overlays to the rows that are held, or that a worker of this machine still runs for: a ticket that was given back
/// does not end the worker, which keeps its workspace in use.
pub fn overlay(
    ctx: &Context<'_>,
    view: &View<'_>,
    rows: &mut [TicketRow],
    changes: WorkspaceLook,
) -> Result<(), Failure> {
    let held = |row: &TicketRow| row.lane == Lane::Active;
    let recorded = workspace::worker::recorded(&ctx.repo);
    for row in rows.iter_mut().filter(|row| !held(row) && recorded.contains(&row.id)) {
        let worker = worker::now(ctx, &row.id, row.claim_id.as_deref())
            .filter(|worker| worker.state == "live");
        row.overlay =
            worker.map(|worker| Box::new(Overlay { worker: Some(worker), ..Overlay::default() }));
    }
    if !rows.iter().any(held) {
        return Ok(());
    }
    let mut branches = branches(ctx, view, rows.iter().filter(|row| held(row)))?;
    let worktrees = ctx.repo.worktrees()?;
    for row in rows.iter_mut().filter(|row| held(row)) {
        let branch = branches.remove(&row.id);
        let workspace = seen_here(ctx, &worktrees, &row.id, changes)?;
        // A worker is started in a workspace and nowhere else.
        let worker =
            workspace.as_ref().and_then(|_| worker::now(ctx, &row.id, row.claim_id.as_deref()));
        row.overlay = Some(Box::new(Overlay { branch, workspace, worker }));
    }
    Ok(())
}

/// The ticket branches of these rows: two processes for any number of them.
fn branches<'c>(
    ctx: &Context<'_>,
    view: &View<'_>,
    rows: impl Iterator<Item = &'c TicketRow>,
) -> Result<HashMap<TicketId, BranchSeen>, Failure> {
    let names: Vec<_> = rows.filter_map(|c| Some((&c.id, progress_ref(ctx, &c.id)?))).collect();
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
        let Some(CommitObject { oid, at, .. }) = tip else { continue };
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

/// The number of commits with these parents that are reachable from one of them.
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
    changes: WorkspaceLook,
) -> Result<Option<WorkspaceSeen>, Failure> {
    let branch = ctx.ticket_branch(id).ok();
    let made = || workspace::load(&ctx.repo, id).and_then(|record| record.path);
    let found = worktree::of_ticket(worktrees, branch.as_ref(), made);
    let Some(worktree) = found else { return Ok(None) };
    let dirty =
        |path: &Path| Ok::<_, Failure>(!workspace::changes(&ctx.repo, id, path)?.is_empty());
    Ok(Some(WorkspaceSeen {
        source: worktree.path.display().to_string(),
        dirty: match changes {
            WorkspaceLook::Look if !worktree.prunable => Some(dirty(&worktree.path)?),
            WorkspaceLook::Look | WorkspaceLook::Leave => None,
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
