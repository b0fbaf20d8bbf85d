//! Gathers the facts for the checks.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use chrono::DateTime;

use super::{guard, reviews};
use crate::app::agent_files;
use crate::app::board::{self, Damage, TrunkAsSeen};
use crate::app::context::Context;
use crate::app::sign::not_before;
use crate::app::worktree::of_ticket;
use crate::config::RecordPlace;
use crate::doctor::{
    BranchFacts, BranchTip, Circle, DefaultMove, LocalTrunk, PushTarget, RepoFacts, RunLeftover,
    TicketFacts, WorkerFacts, WorkspaceFacts, WorkspacePlace, WorktreeFacts, tells_of_progress,
};
use crate::error::Failure;
use crate::git::{CommitObject, PushSetting, TwoPlaces, Worktree};
use crate::lifecycle::{
    Awaited, Edge, KnownTicket, RelationOrder, Snapshot, TicketEntry, WaitGraph, edges, trailer,
};
use crate::names::{Oid, RefName};
use crate::ticket::{FrontMatter, Lane, Relation, TicketId};
use crate::workspace::{self, worker};

/// How this run sees the remote.
pub struct Outlook {
    /// What killed runs had left when it began.
    pub leftovers: Vec<RunLeftover>,
    /// Why the remote was not asked: it failed, or `--offline`.
    pub unseen: Option<String>,
    /// Whether its answers are reliable.
    pub asked: bool,
}

pub fn facts(
    ctx: &Context<'_>,
    seen: &TrunkAsSeen<'_>,
    outlook: &Outlook,
) -> Result<RepoFacts, Failure> {
    let snapshot = &seen.view.snapshot;
    let entries: Vec<&TicketEntry> = snapshot.entries.iter().collect();
    let mut tickets = Vec::with_capacity(entries.len());
    seen.view.heads(&ctx.repo, &entries, |entry, head| {
        let contents = head.map_err(|refusal| {
            let damage = Damage::of(entry, &refusal);
            (damage.line, damage.why)
        });
        tickets.push(TicketFacts { entry: entry.clone(), contents });
    })?;
    let (missing, cycles) = dependencies(&tickets, snapshot);
    let local_trunk = local_trunk(ctx, seen)?;
    Ok(RepoFacts {
        missing,
        cycles,
        trunk: ctx.trunk_label(),
        odd: snapshot.odd.clone(),
        branches: branches(ctx, seen, outlook, &tickets)?,
        workspaces: workspaces(ctx)?,
        code: guard::code(ctx, seen, local_trunk.as_ref()),
        local_trunk,
        hooks: guard::hooks(ctx),
        idle_agents: agent_files::idle(&ctx.repo, ctx.env),
        leftovers: outlook.leftovers.clone(),
        unseen: outlook.unseen.clone(),
        pushes_elsewhere: pushes_elsewhere(ctx)?,
        default_moved: default_moved(ctx, outlook),
        own_claims: own_claims(ctx, &tickets),
        now: ctx.now,
        stale_after: ctx.stale_after(),
        tickets,
        not_understood: ctx.config.not_understood.iter().map(ToString::to_string).collect(),
    })
}

fn pushes_elsewhere(ctx: &Context<'_>) -> Result<Option<PushTarget>, Failure> {
    let Some(remote) = &ctx.remote else { return Ok(None) };
    let Some(TwoPlaces { fetch, push, because }) = ctx.repo.push_elsewhere(remote)? else {
        return Ok(None);
    };
    let key = |name: &str| format!("remote.{remote}.{name}");
    let (why, words) = match because {
        PushSetting::PushUrl => {
            ("push to where you fetch from", ["--unset-all".to_owned(), key("pushurl")])
        }
        PushSetting::PushInsteadOf => (
            "see the settings that say so",
            ["--get-regexp".to_owned(), r"^url\..*\.pushinsteadof$".to_owned()],
        ),
        PushSetting::SeveralUrls => {
            ("see all addresses, and keep only the first", ["--get-all".to_owned(), key("url")])
        }
    };
    let command = ["git".to_owned(), "config".to_owned()].into_iter().chain(words).collect();
    Ok(Some(PushTarget { remote: remote.to_string(), fetch, push, way_out: (why, command) }))
}

/// The move of the default branch, if trunk or base here still follow the old one. A branch named in the settings follows
/// none.
fn default_moved(ctx: &Context<'_>, outlook: &Outlook) -> Option<DefaultMove> {
    let remote = ctx.remote.as_ref().filter(|_| outlook.asked)?;
    let trunk = ctx.config.trunk.is_none().then_some(&ctx.trunk);
    let followed = trunk.or(ctx.config.base.is_none().then_some(&ctx.base))?;
    let until = ctx.started + ctx.config.timeout;
    // The remote has just been fetched from: one that does not answer this has nothing to say about it.
    let listed = ctx.repo.ls_remote(remote, &["HEAD"], until).ok()?;
    let there = listed.into_iter().find_map(|found| found.symref)?;
    (there != *followed).then(|| DefaultMove {
        remote: remote.to_string(),
        here: followed.short().to_owned(),
        there: there.short().to_owned(),
    })
}

/// The claims of active tickets that this clone answers for.
fn own_claims(ctx: &Context<'_>, tickets: &[TicketFacts]) -> Vec<String> {
    let active = tickets.iter().filter(|ticket| ticket.entry.lane == Lane::Active);
    active.flat_map(|ticket| workspace::known_claims(&ctx.repo, &ticket.entry.id)).collect()
}

/// The names that tickets wait for, or are parts of, but that name no single ticket, and the circles of tickets.
fn dependencies(
    tickets: &[TicketFacts],
    snapshot: &Snapshot,
) -> (Vec<(TicketId, Relation, String)>, Vec<Circle>) {
    let has_order = |head: &FrontMatter| {
        let ordered =
            Relation::ALL.into_iter().filter(|relation| RelationOrder::of(*relation).is_some());
        ordered.into_iter().any(|relation| !relation.names(head).is_empty())
    };
    let known: Vec<KnownTicket<'_>> = tickets
        .iter()
        .filter_map(|ticket| Some((&ticket.entry, ticket.contents.as_ref().ok()?)))
        .filter(|(_, head)| has_order(head))
        .map(|(entry, head)| KnownTicket { entry, head: head.clone() })
        .collect();
    let edges = edges(&known, snapshot);
    let lost = |edge: &&Edge<'_>| {
        matches!(edge.relation, Relation::DependsOn | Relation::Parent) && edge.to.is_none()
    };
    let missing = edges.iter().filter(lost);
    let missing = missing.map(|edge| (edge.from.id.clone(), edge.relation, edge.name.clone()));
    let circle = |order: RelationOrder, tickets: Vec<&TicketId>| {
        let step = tickets.first().zip(tickets.get(1).or(tickets.first()));
        let is_step = |edge: &&Edge<'_>| {
            RelationOrder::of(edge.relation) == Some(order)
                && edge.step().zip(step).is_some_and(|((a, b), (x, y))| a == *x && b == *y)
        };
        let says = |edge: &Edge<'_>| (edge.from.id.clone(), edge.relation, edge.name.clone());
        let first_step = edges.iter().filter(is_step).map(says).collect();
        Circle { order, tickets: tickets.into_iter().cloned().collect(), first_step }
    };
    let in_order =
        |order| WaitGraph::by(order, &edges).cycles().into_iter().map(move |c| (order, c));
    let circles = RelationOrder::ALL.into_iter().flat_map(in_order);
    (missing.collect(), circles.map(|(order, tickets)| circle(order, tickets)).collect())
}

/// The branch of an active ticket, and its tip if known.
struct ActiveBranch<'t> {
    ticket: &'t TicketFacts,
    name: RefName,
    tip: Option<Oid>,
}

/// The ticket branches of the active tickets.
fn branches<'t>(
    ctx: &Context<'_>,
    seen: &TrunkAsSeen<'_>,
    outlook: &Outlook,
    tickets: &'t [TicketFacts],
) -> Result<Vec<BranchFacts>, Failure> {
    let active: Vec<&TicketFacts> =
        tickets.iter().filter(|ticket| ticket.entry.lane == Lane::Active).collect();
    if active.is_empty() {
        return Ok(Vec::new());
    }
    let there = known_branches(ctx, outlook)?;
    let named = |ticket: &&'t TicketFacts| {
        let name = ctx.ticket_branch(&ticket.entry.id).ok()?;
        Some(ActiveBranch { ticket, tip: there.get(&name).cloned(), name })
    };
    let branches: Vec<ActiveBranch<'_>> = active.iter().filter_map(named).collect();
    let tips: Vec<Oid> = branches.iter().filter_map(|branch| branch.tip.clone()).collect();
    let commits = ctx.objects.commits(&tips.iter().map(Oid::as_str).collect::<Vec<_>>())?;
    let heads: BTreeMap<&Oid, &CommitObject> =
        commits.iter().flatten().map(|commit| (&commit.oid, commit)).collect();
    let unmerged = unmerged(ctx, seen, &heads.keys().copied().collect::<Vec<_>>())?;
    let same_file = with_same_file(ctx, &branches)?;
    let is_here = |branch: &ActiveBranch<'t>| {
        let tip = branch.tip.as_ref().and_then(|tip| heads.get_key_value(tip))?.0;
        Some((&branch.ticket.entry, *tip))
    };
    let here: Vec<(&TicketEntry, &Oid)> = branches.iter().filter_map(is_here).collect();
    let reviews = reviews::outdated(ctx, &here)?;
    // Only where nothing has happened for long does it matter whom a ticket waits for, and only there its newest copy is read.
    let is_quiet = |branch: &&ActiveBranch<'t>| {
        let tip = branch.tip.as_ref().and_then(|tip| heads.get(tip));
        let at = tip.and_then(|tip| DateTime::from_timestamp(tip.at, 0));
        Awaited::Holder.is_stale(at, ctx.now, ctx.stale_after())
    };
    let quiet: Vec<&TicketFacts> = branches.iter().filter(is_quiet).map(|b| b.ticket).collect();
    let awaited = awaited(ctx, &quiet)?;
    let facts = |branch: &ActiveBranch<'_>| BranchFacts {
        review: reviews.get(&branch.ticket.entry.id).cloned(),
        id: branch.ticket.entry.id.clone(),
        awaited: awaited.get(&branch.ticket.entry.id).copied().unwrap_or(Awaited::Holder),
        name: branch.name.clone(),
        exists: (branch.tip.is_some() || outlook.asked).then_some(branch.tip.is_some()),
        tip: branch.tip.as_ref().and_then(|oid| {
            let head = heads.get(oid)?;
            Some(BranchTip {
                oid: oid.clone(),
                at: not_before(&ctx.objects, oid).ok().flatten()?,
                merged: !unmerged.contains(oid),
                is_claim: head.message.lines().any(|line| line.starts_with(trailer::HOST)),
                same_file: same_file.contains(&branch.ticket.entry.id),
            })
        }),
    };
    Ok(branches.iter().map(facts).collect())
}

/// Whom these tickets wait for, by their branches as last fetched.
fn awaited(
    ctx: &Context<'_>,
    tickets: &[&TicketFacts],
) -> Result<BTreeMap<TicketId, Awaited>, Failure> {
    let heads =
        tickets.iter().filter_map(|ticket| Some((&ticket.entry, ticket.contents.as_ref().ok()?)));
    let heads: Vec<(&TicketEntry, &FrontMatter)> = heads.collect();
    let on_trunk =
        heads.iter().map(|(entry, head)| (entry.id.clone(), Awaited::of_head(head, &ctx.stages)));
    let mut awaited: BTreeMap<TicketId, Awaited> = on_trunk.collect();
    if ctx.record == RecordPlace::Branch {
        let claims: Vec<_> =
            heads.iter().map(|(entry, head)| (*entry, head.claim_id.as_deref())).collect();
        for newer in board::progress(ctx, &claims)? {
            let row = newer.row;
            let newest = Awaited::of(row.known, &row.approved, &ctx.stages);
            awaited.insert(row.id, newest);
        }
    }
    Ok(awaited)
}

/// The tips of the ticket branches: from the remote, or as last fetched.
fn known_branches(ctx: &Context<'_>, outlook: &Outlook) -> Result<BTreeMap<RefName, Oid>, Failure> {
    let Some(pattern) = board::branch_pattern(ctx) else { return Ok(BTreeMap::new()) };
    let pattern = format!("refs/heads/{pattern}");
    let refs = match &ctx.remote {
        Some(remote) if outlook.asked => {
            ctx.repo.ls_remote(remote, &[&pattern], ctx.started + ctx.config.timeout)?
        }
        Some(remote) => {
            let here = format!("refs/remotes/{remote}/");
            let known = ctx.repo.refs(&[&pattern.replacen("refs/heads/", &here, 1)])?;
            let there = |name: &RefName| RefName::branch(name.as_str().strip_prefix(&here)?);
            return Ok(known.into_iter().filter_map(|r| Some((there(&r.name)?, r.oid))).collect());
        }
        None => ctx.repo.refs(&[&pattern])?,
    };
    Ok(refs.into_iter().map(|r| (r.name, r.oid)).collect())
}

/// The tips that the base does not contain.
fn unmerged(
    ctx: &Context<'_>,
    seen: &TrunkAsSeen<'_>,
    tips: &[&Oid],
) -> Result<HashSet<Oid>, Failure> {
    let base = if ctx.base == ctx.trunk {
        seen.view.on_remote().cloned()
    } else {
        let name = match &ctx.remote {
            Some(remote) => RefName::tracking(remote, ctx.base.short()),
            None => Some(ctx.base.clone()),
        };
        name.map(|name| ctx.objects.resolve(name.as_str())).transpose()?.flatten()
    };
    match base {
        Some(base) if !tips.is_empty() => Ok(ctx.repo.not_reachable(tips, &base)?),
        _ => Ok(tips.iter().map(|tip| (*tip).clone()).collect()),
    }
}

/// The tickets whose files are the same on their branches. If progress is written on the trunk this proves nothing: the
/// branch gets the file with every merge of the trunk.
fn with_same_file(
    ctx: &Context<'_>,
    branches: &[ActiveBranch<'_>],
) -> Result<BTreeSet<TicketId>, Failure> {
    if ctx.record == RecordPlace::Trunk {
        return Ok(BTreeSet::new());
    }
    // Most tickets say on the trunk only that they are claimed, and need not be looked for on their branches.
    let asked: Vec<(&TicketEntry, &Oid)> = branches
        .iter()
        .filter(|branch| branch.ticket.contents.as_ref().is_ok_and(tells_of_progress))
        .filter_map(|branch| Some((&branch.ticket.entry, branch.tip.as_ref()?)))
        .collect();
    let names: Vec<Vec<u8>> = asked
        .iter()
        .map(|(entry, tip)| [tip.as_str().as_bytes(), b":", entry.path.as_bytes()].concat())
        .collect();
    let mut same = BTreeSet::new();
    ctx.objects.read_many(&names, |at, file| {
        if let Some((entry, _)) = asked.get(at).filter(|(entry, _)| entry.oid == file.oid) {
            same.insert(entry.id.clone());
        }
    })?;
    Ok(same)
}

/// What exists at the path of a worktree. An empty directory is harmless.
fn place_of(ctx: &Context<'_>, worktree: &Worktree) -> WorkspacePlace {
    if !worktree.prunable {
        return if workspace::is_linked(&ctx.repo, &worktree.path) {
            WorkspacePlace::Worktree
        } else if workspace::is_unlinked(&ctx.repo, &worktree.path) {
            WorkspacePlace::Unlinked
        } else {
            // It belongs to the clone that this one is a copy of.
            WorkspacePlace::Other
        };
    }
    let is_empty = std::fs::read_dir(&worktree.path).map(|mut entries| entries.next().is_none());
    let is_there = worktree.path.symlink_metadata().is_ok();
    if is_there && !is_empty.unwrap_or(false) {
        WorkspacePlace::Other
    } else {
        WorkspacePlace::Nothing
    }
}

/// What this clone has for tickets: the records that tix wrote, and the worktrees that have a ticket branch checked out.
fn workspaces(ctx: &Context<'_>) -> Result<Vec<WorkspaceFacts>, Failure> {
    let facts = |id: &TicketId, worktree: &Worktree| {
        let place = || ctx.workspace_path(id, "").ok();
        let moved = worktree.prunable.then(|| workspace::moved_along(&ctx.repo, worktree, place()));
        let linked = || (worktree.path.clone(), place_of(ctx, worktree));
        let unlinked = moved.flatten().map(|path| (path, WorkspacePlace::Unlinked));
        let (path, place) = unlinked.unwrap_or_else(linked);
        WorktreeFacts { path, place }
    };
    let worktrees = ctx.repo.worktrees()?;
    let mut all = Vec::new();
    for (id, record) in workspace::all(&ctx.repo) {
        let branch = ctx.ticket_branch(&id).ok();
        let worktree = of_ticket(&worktrees, branch.as_ref(), || record.path.clone());
        all.push(WorkspaceFacts {
            worktree: worktree.map(|worktree| facts(&id, worktree)),
            claim_id: Some(record.claim_id),
            wants_worktree: record.path.is_some(),
            finished: record.finished,
            ended: ended_worker(ctx, &id),
            id,
        });
    }
    // The main worktree is the user's own, whatever is checked out there.
    for worktree in worktrees.iter().skip(1) {
        let id = worktree.branch.as_ref().and_then(|branch| ctx.ticket_of(branch));
        if let Some(id) = id.filter(|id| !all.iter().any(|known| known.id == *id)) {
            let worktree = Some(facts(&id, worktree));
            all.push(WorkspaceFacts {
                ended: ended_worker(ctx, &id),
                id,
                worktree,
                claim_id: None,
                wants_worktree: true,
                finished: true,
            });
        }
    }
    Ok(all)
}

/// The worker of a ticket, if it ended unseen. An unreadable record does not count.
fn ended_worker(ctx: &Context<'_>, id: &TicketId) -> Option<WorkerFacts> {
    match worker::of(&ctx.repo, id, &crate::env::host()) {
        Ok(Some(worker::WorkerState::Stale(record))) => Some(WorkerFacts {
            claim_id: record.claim_id,
            pid: record.process.pid,
            since: record.since,
            command: record.command.join(" "),
            log: record.log,
        }),
        Ok(None | Some(_)) => None,
        Err(error) => {
            tracing::debug!(%error, "the record of a worker");
            None
        }
    }
}

fn local_trunk(ctx: &Context<'_>, seen: &TrunkAsSeen<'_>) -> Result<Option<LocalTrunk>, Failure> {
    let (Some(_), Some(theirs)) = (&ctx.remote, seen.view.on_remote()) else { return Ok(None) };
    let Some(local) = ctx.local_branch(&ctx.trunk).filter(|local| *local != theirs) else {
        return Ok(None);
    };
    let (ahead, behind) = ctx.repo.ahead_behind(local, theirs)?;
    Ok(Some(LocalTrunk { name: ctx.trunk.short().to_owned(), ahead, behind }))
}
