//! Decides whether what a ticket left behind may be removed.

use std::path::{Path, PathBuf};

use super::short;
use crate::app::context::Context;
use crate::app::follow::require_clean;
use crate::app::give_back::is_below;
use crate::app::merged::{Proof, proof};
use crate::app::receipt::WorkspaceJson;
use crate::error::{Exit, Failure, held_facts};
use crate::git::{RefValue, Worktree};
use crate::lifecycle::TicketEntry;
use crate::names::{Oid, RefName};
use crate::settings::Protected;
use crate::text::shell_word;
use crate::ticket::{Lane, TicketId};
use crate::trunk::{Trunk, Unloadable, View};
use crate::workspace::{self, trash::Unmovable, worker::WorkerState};

/// How many commits a refusal names.
const SHOWN: usize = 5;

/// What is the same for all tickets of a run.
pub struct CleanContext<'a> {
    ctx: &'a Context<'a>,
    engine: &'a Trunk<'a>,
    view: &'a View<'a>,
    there: &'a [RefValue],
    worktrees: Vec<Worktree>,
    protected: Protected,
    /// The branches that contain merged work, the base first, with their labels.
    into: Vec<(String, Oid)>,
}

impl<'a> CleanContext<'a> {
    pub fn of(
        ctx: &'a Context<'a>,
        engine: &'a Trunk<'a>,
        view: &'a View<'a>,
        there: &'a [RefValue],
    ) -> Result<CleanContext<'a>, Failure> {
        let protection = ctx.protection()?;
        let protected = Protected::of(protection.branches.names().chain([ctx.base.short()]));
        let base = if ctx.base == ctx.trunk {
            None
        } else if let Some(base) = view.base() {
            Some(base.clone())
        } else {
            ctx.objects.resolve(ctx.seen_ref(&ctx.base).as_str())?
        };
        let label = |branch: &RefName| match &ctx.remote {
            Some(remote) => format!("{remote}/{}", branch.short()),
            None => branch.short().to_owned(),
        };
        let base = base.map(|base| (label(&ctx.base), base));
        let trunk = view.commit().cloned().map(|tip| (label(&ctx.trunk), tip));
        let into = base.into_iter().chain(trunk).collect();
        let worktrees = ctx.repo.worktrees()?;
        Ok(CleanContext { ctx, engine, view, there, worktrees, protected, into })
    }
}

/// Work that is merged.
pub struct Merged {
    /// The commit of the ticket branch.
    pub tip: Oid,
    pub proof: Proof,
    /// The commit that contains the work.
    pub into: Oid,
    pub label: String,
}

pub struct CleanPlan {
    pub branch: RefName,
    /// The proof; `None` if there is no branch any more.
    pub merged: Option<Merged>,
    /// Where the branch is on the remote.
    pub there: Option<Oid>,
    pub here: Option<Oid>,
    /// What this clone remembers of the one on the remote.
    pub tracking: Option<(RefName, Oid)>,
    /// The worktree that tix made.
    pub worktree: Option<PathBuf>,
    /// git still knows a worktree of this branch whose directory is gone.
    pub gone: bool,
}

impl CleanPlan {
    pub fn workspace_json(&self) -> Option<WorkspaceJson> {
        let merged = self.merged.as_ref()?;
        Some(WorkspaceJson {
            branch: self.branch.short().to_owned(),
            path: self.worktree.as_ref().map(|path| path.display().to_string()),
            commit: merged.tip.to_string(),
        })
    }
}

/// The fact of a merge that only this clone has: the command that pushes it.
pub const NOT_PUSHED: &str = "not pushed";

pub enum CleanVerdict {
    Nothing,
    NotMerged(Failure),
    /// Its work is merged, but something else is in the way.
    Kept(Failure),
    Merged(Box<CleanPlan>),
}

pub fn judge(around: &CleanContext<'_>, id: &TicketId) -> Result<CleanVerdict, Failure> {
    let ctx = around.ctx;
    let branch = ctx.ticket_branch(id).map_err(|why| Failure::new(Exit::Damaged, why))?;
    let there = around.there.iter().find(|r| r.name == branch).map(|r| r.oid.clone());
    let here = ctx.objects.resolve(branch.as_str())?;
    let tracking = match &ctx.remote {
        Some(_) => {
            let name = ctx.seen_ref(&branch);
            ctx.objects.resolve(name.as_str())?.map(|at| (name, at))
        }
        None => None,
    };
    let record = workspace::load(&ctx.repo, id);
    let mut plan =
        CleanPlan { branch, merged: None, there, here, tracking, worktree: None, gone: false };
    let nothing = plan.there.is_none() && plan.here.is_none() && plan.tracking.is_none();
    if nothing && record.is_none() {
        return Ok(CleanVerdict::Nothing);
    }
    // A ticket that is there twice, or not at all, hides none of the others.
    let entry = match around.view.snapshot.find_id(id) {
        Ok(entry) => entry,
        Err(refusal) => return Ok(CleanVerdict::Kept(refusal.into())),
    };
    if let Some(failure) = still_held(around, entry, &plan)? {
        return Ok(CleanVerdict::NotMerged(failure));
    }
    if around.protected.contains(&plan.branch) {
        let message = format!("{} is protected, so it stays", plan.branch.short());
        return Ok(CleanVerdict::Kept(
            Failure::new(Exit::Refused, message)
                .hint(format!("look at it: git log {}", plan.branch.short())),
        ));
    }
    if let Some(failure) = unmerged(around, id, &mut plan)? {
        return Ok(CleanVerdict::NotMerged(failure));
    }
    match obstacle(around, id, &mut plan, record.as_ref().and_then(|record| record.path.as_deref()))
    {
        Ok(()) => Ok(CleanVerdict::Merged(Box::new(plan))),
        Err(failure) => Ok(CleanVerdict::Kept(failure)),
    }
}

/// Somebody is still working on it, or its completion has not reached the trunk.
fn still_held(
    around: &CleanContext<'_>,
    entry: &TicketEntry,
    plan: &CleanPlan,
) -> Result<Option<Failure>, Failure> {
    if entry.lane != Lane::Active {
        return Ok(None);
    }
    let (ctx, id) = (around.ctx, &entry.id);
    let trunk = ctx.trunk_label();
    if let Some(tip) = plan.there.as_ref().or(plan.here.as_ref()) {
        let view = around.engine.view_of(tip)?;
        if view.snapshot.find_id(id).is_ok_and(|entry| entry.lane == Lane::Completed) {
            let base = ctx.base.short();
            let here = ctx.objects.resolve(ctx.base.as_str())?;
            let is_here = here.map_or(Ok(false), |here| ctx.repo.is_ancestor(tip, &here))?;
            let message = if is_here && ctx.remote.is_some() {
                format!("{id} is merged into {base} here, which is not pushed")
            } else {
                format!("{id} is complete, but its branch is not merged into {trunk}")
            };
            let failure = Failure::new(Exit::Refused, message)
                .fact("branch", plan.branch.short())
                .fact("at", tip.to_string());
            if let Some(remote) = ctx.remote.as_ref().filter(|_| is_here) {
                let push = format!("git push {remote} {}", shell_word(base));
                let failure = failure.fact(NOT_PUSHED, push.clone());
                return Ok(Some(failure.hint(format!("push it: {push}"))));
            }
            return Ok(Some(failure.hint(format!("see what to do next: tix status {id}"))));
        }
    }
    let failure = Failure::new(Exit::Refused, format!("{id} is still active on {trunk}"));
    let failure = match around.view.read(entry) {
        Ok(ticket) => held_facts(failure, &ticket.held()),
        Err(Unloadable::Refused(refusal)) => failure.fact("its file", refusal.to_string()),
        Err(Unloadable::Git(error)) => return Err(error.into()),
    };
    Ok(Some(failure.hint(format!("see what to do next: tix status {id}"))))
}

/// Why the work is not proven to be merged; if it is, the plan says so afterwards.
fn unmerged(
    around: &CleanContext<'_>,
    id: &TicketId,
    plan: &mut CleanPlan,
) -> Result<Option<Failure>, Failure> {
    let ctx = around.ctx;
    if let Some(tip) = plan.there.clone() {
        match prove(around, id, &tip)? {
            Some(merged) => plan.merged = Some(merged),
            None => return Ok(Some(not_there(around, id, &tip, plan, "on the remote")?)),
        }
    }
    let Some(tip) = plan.here.clone() else { return Ok(None) };
    if let Some(there) = &plan.there
        && ctx.repo.is_ancestor(&tip, there)?
    {
        return Ok(None);
    }
    match prove(around, id, &tip)? {
        Some(merged) => {
            plan.merged.get_or_insert(merged);
            Ok(None)
        }
        None => Ok(Some(not_there(around, id, &tip, plan, "here")?)),
    }
}

fn prove(around: &CleanContext<'_>, id: &TicketId, tip: &Oid) -> Result<Option<Merged>, Failure> {
    let view = around.engine.view_of(tip)?;
    let entry = view.snapshot.find_id(id).ok();
    let landed = entry.filter(|entry| entry.lane == Lane::Completed).map(|entry| &entry.path);
    for (label, into) in &around.into {
        if let Some(proof) = proof(around.ctx, tip, into, landed)? {
            let (tip, into, label) = (tip.clone(), into.clone(), label.clone());
            return Ok(Some(Merged { tip, proof, into, label }));
        }
    }
    Ok(None)
}

fn not_there(
    around: &CleanContext<'_>,
    id: &TicketId,
    tip: &Oid,
    plan: &CleanPlan,
    place: &str,
) -> Result<Failure, Failure> {
    let into: Vec<Oid> = around.into.iter().map(|(_, oid)| oid.clone()).collect();
    let label = around.into.first().map_or("the trunk", |(label, _)| label);
    let titles = around.ctx.repo.titles_beyond(tip, &into, SHOWN)?;
    let branch = plan.branch.short();
    let message = format!("{branch} {place} holds work that is not in {label}");
    let failure = Failure::new(Exit::Refused, message)
        .fact("ticket", id.to_string())
        .fact("at", tip.to_string())
        .fact("newest", titles.join("\n"));
    let hint = match (&plan.there, place) {
        (Some(_), "here") => format!("it was never pushed; look at it: git log {label}..{branch}"),
        (_, _) => format!("look at it: git log {label}..{}", tip.short()),
    };
    Ok(failure.hint(hint))
}

/// What is in the way in this clone; afterwards the plan says what to remove.
fn obstacle(
    around: &CleanContext<'_>,
    id: &TicketId,
    plan: &mut CleanPlan,
    made: Option<&Path>,
) -> Result<(), Failure> {
    let ctx = around.ctx;
    no_worker(ctx, id)?;
    let is_made = |worktree: &Worktree| {
        made.is_some_and(|made| is_below(made, &worktree.path) && is_below(&worktree.path, made))
    };
    for worktree in &around.worktrees {
        let has_it = worktree.branch.as_ref() == Some(&plan.branch);
        let detached = worktree.branch.is_none() && is_made(worktree);
        if !has_it && !detached {
            continue;
        }
        if worktree.prunable {
            plan.gone = true;
            continue;
        }
        let shown = worktree.path.display().to_string();
        let word = shell_word(&shown);
        let no =
            |message: String| Failure::new(Exit::Refused, message).fact("workspace", shown.clone());
        if worktree.path == ctx.repo.root {
            return Err(no(format!("{} is checked out in the main worktree", plan.branch.short()))
                .hint(format!(
                    "switch to another branch: git -C {word} switch {}",
                    ctx.base.short()
                )));
        }
        if !is_made(worktree) {
            let message = "this clone has no record that tix made the worktree that has it";
            return Err(no(format!("{}: {message}", plan.branch.short()))
                .hint(format!("remove it, if nobody needs it: git worktree remove {word}")));
        }
        standing_elsewhere(ctx, id, worktree)?;
        unfixed(worktree, &no)?;
        if detached {
            return Err(no(format!("the workspace of {id} has no branch checked out"))
                .maybe_fact("at", short(worktree.head.as_ref()))
                .hint(format!("finish or abort it first: git -C {word} status")));
        }
        require_clean(ctx, id, &worktree.path)?;
        plan.worktree = Some(worktree.path.clone());
    }
    Ok(())
}

/// A shell or an agent in a removed directory could not even ask where it went.
fn standing_elsewhere(
    ctx: &Context<'_>,
    id: &TicketId,
    worktree: &Worktree,
) -> Result<(), Failure> {
    let inside = |dir: &Path| is_below(dir, &worktree.path);
    if !inside(&ctx.dir) && !ctx.env.current_dir().is_ok_and(inside) {
        return Ok(());
    }
    let root = ctx.repo.root.display().to_string();
    Err(Failure::new(Exit::Refused, format!("you are in the workspace of {id}"))
        .fact("workspace", worktree.path.display().to_string())
        .hint(format!("cd {} && tix clean {id}", shell_word(&root))))
}

fn unfixed(worktree: &Worktree, no: &impl Fn(String) -> Failure) -> Result<(), Failure> {
    let word = shell_word(&worktree.path.display().to_string());
    match workspace::trash::fixed(&worktree.path)? {
        None => Ok(()),
        Some(Unmovable::Locked) => Err(no("the workspace is locked".to_owned())
            .hint(format!("unlock it, if nobody needs it: git worktree unlock {word}"))),
        Some(Unmovable::Submodules) => Err(no(
            "the workspace holds repositories of submodules".to_owned()
        )
        .hint(format!("see whether everything in them is pushed: git -C {word} submodule status"))),
        Some(Unmovable::InBetween) => {
            Err(no("a git operation is unfinished in the workspace".to_owned())
                .hint(format!("finish or abort it first: git -C {word} status")))
        }
    }
}

fn no_worker(ctx: &Context<'_>, id: &TicketId) -> Result<(), Failure> {
    let busy = |message: String| {
        Failure::new(Exit::Refused, message).hint(format!(
            "wait for the worker or stop it; this shows its process: tix status {id}"
        ))
    };
    match workspace::worker::of(&ctx.repo, id, &crate::env::host())? {
        None | Some(WorkerState::Stale(_)) => Ok(()),
        Some(WorkerState::Starting) => Err(busy(format!("a worker is being started for {id}"))),
        Some(WorkerState::Live(record)) => Err(busy(format!("a worker is running for {id}"))
            .fact("pid", record.process.pid.to_string())
            .fact("since", record.since)),
        Some(WorkerState::Elsewhere(record)) => {
            Err(busy(format!("a worker may be running for {id}, on {}", record.process.host))
                .fact("since", record.since))
        }
    }
}
