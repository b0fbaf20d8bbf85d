//! `tix clean`: remove what a merged ticket left behind.

mod judge;
mod sweep;

use std::collections::BTreeMap;

use serde::Serialize;

use self::judge::{CleanContext, CleanPlan, CleanVerdict};
use crate::app::board::branch_pattern;
use crate::app::complete::ids;
use crate::app::context::{Context, Globals};
use crate::app::find::{TicketSearch, find_ticket};
use crate::app::frame::Extent;
use crate::app::here::require_here;
use crate::app::lock::lock_ticket;
use crate::app::merged::Proof;
use crate::app::receipt::{PushedJson, Receipt, WorkspaceJson, record};
use crate::env::Env;
use crate::error::{Exit, Failure};
use crate::git::RefValue;
use crate::lock::Lock;
use crate::names::Oid;
use crate::out::{Format, Out};
use crate::text::{count, safe};
use crate::ticket::{Lane, TicketId};
use crate::trunk::{Diary, Run, Trunk, View};
use crate::workspace;

/// Remove the workspace and branches of merged work
///
/// Removes the worktree, the local ticket branch and the one on the remote, but only if their commits are provably in the
/// branch that pull requests go to: merged, rebased or squashed. A workspace stays if it has uncommitted changes, commits
/// made after the merge, or a running worker, or if you are in it.
///
/// A worktree goes to tix/trash in git's directory, with everything in it that is in no commit. The next `tix clean` deletes
/// what has been there for more than seven days.
#[derive(Debug, clap::Args)]
pub struct CleanArgs {
    /// The tickets [default: the one of this workspace]
    #[arg(value_name = "TICKET", add = ids(&Lane::ALL))]
    tickets: Vec<String>,
    /// All tickets of this clone and of the remote whose work is merged
    #[arg(long, conflicts_with = "tickets")]
    merged: bool,
    /// Show what would be removed, and remove nothing
    #[arg(long)]
    dry_run: bool,
    /// How long to keep trying, such as 90s or 2m [default: 60s]
    #[arg(long, value_name = "TIME")]
    timeout: Option<String>,
}

/// The answer in JSON.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CleanJson<'a> {
    schema: &'static str,
    /// Whether nothing was removed because `--dry-run` was given.
    dry_run: bool,
    /// The name of the remote; missing when the local branch is the trunk.
    remote: Option<String>,
    /// The branch of the trunk, without the name of the remote.
    trunk: &'a str,
    #[serde(flatten)]
    extent: Extent,
    /// The outcome of each.
    tickets: Vec<CleanedTicket<'a>>,
}

/// One ticket in it.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CleanedTicket<'a> {
    /// Its id.
    ticket: &'a str,
    /// `cleaned`, `planned` (with `--dry-run`), `already` (nothing was left of it), `not_merged`, or `kept` (its work is
    /// merged, but something is in the way).
    outcome: &'static str,
    /// What proves that its work is merged; missing if nothing was or would be removed, or if there was no branch.
    proof: Option<Proof>,
    /// The branch that its work is in; missing if nothing was proven.
    merged_into: Option<&'a str>,
    /// The workspace that was or would be removed; missing if there is none.
    workspace: Option<&'a WorkspaceJson>,
    /// Where the worktree was put; missing if there was none, and with `--dry-run`.
    trash: Option<String>,
    /// The branch that was deleted on the remote; missing if none was.
    deleted_there: Option<&'a PushedJson>,
    /// The local branch that was deleted; missing if none was.
    deleted_here: Option<&'a PushedJson>,
    /// Why it was kept; missing if the outcome is neither `kept` nor `not_merged`.
    reason: Option<crate::error::FailureJson<'a>>,
    /// Warnings; may be empty.
    warnings: &'a [String],
}

enum CleanOutcome {
    Nothing,
    /// Its work is not merged, so there was nothing to do yet.
    NotMerged(Failure),
    /// Its work is merged, but something is in the way.
    Kept(Failure),
    Planned(CleanPlan),
    Cleaned(CleanPlan, Box<sweep::SweptBranches>),
}

pub fn run(args: &CleanArgs, globals: &Globals, env: &Env, out: &Out) -> Result<(), Failure> {
    let ctx = Context::open(globals, env, out, args.timeout.as_deref())?;
    let fates = clean(&ctx, args)?;
    out.clear_progress();
    answer(&ctx, args, &fates);
    let refused = |(_, fate): &(TicketId, CleanOutcome)| match fate {
        CleanOutcome::Kept(failure) if !passes_over(args, failure) => Some(failure.exit),
        CleanOutcome::NotMerged(failure) if !args.merged => Some(failure.exit),
        CleanOutcome::NotMerged(_)
        | CleanOutcome::Kept(_)
        | CleanOutcome::Nothing
        | CleanOutcome::Planned(_)
        | CleanOutcome::Cleaned(..) => None,
    };
    match fates.iter().find_map(refused) {
        None => Ok(()),
        Some(exit) => Err(Failure::new(exit, "")),
    }
}

/// Whether to leave out tickets that are kept: a request for all that can go does not ask about the rest.
fn passes_over(args: &CleanArgs, failure: &Failure) -> bool {
    args.merged && failure.exit == Exit::Refused
}

fn clean(ctx: &Context<'_>, args: &CleanArgs) -> Result<Vec<(TicketId, CleanOutcome)>, Failure> {
    let run = Run::begin(&ctx.repo)?;
    let progress = ctx.progress();
    let engine = ctx.engine(&run, &progress);
    let view = engine.fetch_view()?;
    let find = |query: &String| {
        let entry = find_ticket(ctx, &view, TicketSearch { query, command: "clean" })?;
        Ok::<_, Failure>(entry.id.clone())
    };
    let named: Vec<TicketId> = match args.tickets.as_slice() {
        [] if !args.merged => vec![require_here(ctx)?],
        tickets => tickets.iter().map(find).collect::<Result<_, _>>()?,
    };
    let there = there(ctx, &engine, &named)?;
    let mut ids = if args.merged { candidates(ctx, &view, &there)? } else { named };
    ids.sort();
    ids.dedup();
    let locks: Vec<Lock> =
        ids.iter().map(|id| lock_ticket(ctx, id, "clean")).collect::<Result<_, _>>()?;
    let around = CleanContext::of(ctx, &engine, &view, &there)?;
    let looking = Diary { phase: "look", ..Diary::default() };
    let mut plans = Vec::new();
    let mut fates = Vec::new();
    for id in ids {
        match judge::judge(&around, &id)? {
            CleanVerdict::Nothing => fates.push((id, CleanOutcome::Nothing)),
            CleanVerdict::NotMerged(failure) => fates.push((id, CleanOutcome::NotMerged(failure))),
            CleanVerdict::Kept(failure) => {
                let fate = kept(ctx, &looking, &id, failure);
                fates.push((id, fate));
            }
            CleanVerdict::Merged(plan) if args.dry_run => {
                fates.push((id, CleanOutcome::Planned(*plan)));
            }
            CleanVerdict::Merged(plan) => plans.push((id, *plan)),
        }
    }
    fates.extend(sweep_all(ctx, &run, plans)?);
    if !args.dry_run {
        workspace::trash::empty(&ctx.repo, ctx.now.timestamp());
    }
    drop(locks);
    fates.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(fates)
}

/// The ticket branches of the remote.
fn there(
    ctx: &Context<'_>,
    engine: &Trunk<'_>,
    named: &[TicketId],
) -> Result<Vec<RefValue>, Failure> {
    if ctx.remote.is_none() {
        return Ok(Vec::new());
    }
    let pattern = match named {
        // A pattern, because git calls a plain name that is not there a failure.
        [only] => ctx.ticket_branch(only).ok().map(|name| format!("{}*", name.short())),
        _ => branch_pattern(ctx),
    };
    let Some(pattern) = pattern else { return Ok(Vec::new()) };
    Ok(engine.fetch_branches(&pattern)?)
}

/// The tickets that have a branch, or something in this clone.
fn candidates(
    ctx: &Context<'_>,
    view: &View<'_>,
    there: &[RefValue],
) -> Result<Vec<TicketId>, Failure> {
    let recorded = workspace::recorded(&ctx.repo);
    let local = ctx.repo.refs(&["refs/heads/"])?;
    let has_something = |id: &TicketId| {
        let is_its = |name| there.iter().chain(&local).any(|r| r.name == name);
        recorded.contains(id) || ctx.ticket_branch(id).is_ok_and(is_its)
    };
    let ids = view.snapshot.entries.iter().map(|entry| &entry.id);
    Ok(ids.filter(|id| has_something(id)).cloned().collect())
}

/// Removes the branches on the remote, in one push, and then what this clone has.
fn sweep_all(
    ctx: &Context<'_>,
    run: &Run,
    plans: Vec<(TicketId, CleanPlan)>,
) -> Result<Vec<(TicketId, CleanOutcome)>, Failure> {
    let mut diary = Diary { phase: "remote branch", ..Diary::default() };
    let mut fates = Vec::new();
    let gone = sweep::remote_branches(ctx, &plans, &mut diary)?;
    diary.phase = "workspace";
    for ((id, plan), gone) in plans.into_iter().zip(gone) {
        let swept = gone.and_then(|moved| sweep::local(ctx, run, &id, &plan, moved.as_ref()));
        let fate = match swept {
            Ok(swept) => {
                log(ctx, &id, &plan, &swept, &diary)?;
                CleanOutcome::Cleaned(plan, Box::new(swept))
            }
            Err(failure) => kept(ctx, &diary, &id, failure),
        };
        fates.push((id, fate));
    }
    Ok(fates)
}

/// Records a refusal.
fn kept(ctx: &Context<'_>, diary: &Diary, id: &TicketId, failure: Failure) -> CleanOutcome {
    match record(ctx, "clean", id.as_str(), diary, Err(failure)) {
        Ok(_) => CleanOutcome::Nothing,
        Err(failure) => CleanOutcome::Kept(failure),
    }
}

fn log(
    ctx: &Context<'_>,
    id: &TicketId,
    plan: &CleanPlan,
    swept: &sweep::SweptBranches,
    diary: &Diary,
) -> Result<(), Failure> {
    let mut receipt = Receipt::new(ctx, "clean", id.as_str(), &ctx.actor()?);
    receipt.outcome = "cleaned";
    receipt.workspace.clone_from(&plan.workspace_json());
    receipt.pushed.extend(swept.there.clone());
    receipt.attempts = diary.attempts;
    receipt.warnings.clone_from(&swept.warnings);
    record(ctx, "clean", id.as_str(), diary, Ok(receipt)).map(|_| ())
}

fn answer(ctx: &Context<'_>, args: &CleanArgs, fates: &[(TicketId, CleanOutcome)]) {
    if ctx.out.format == Format::Json {
        return answer_json(ctx, args, fates);
    }
    let mut text = String::new();
    let mut unmerged: Vec<&str> = Vec::new();
    // By the command that pushes their merges.
    let mut unpushed: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (id, fate) in fates {
        match fate {
            CleanOutcome::Nothing => text.push_str(&format!("{id} is clean already\n")),
            CleanOutcome::NotMerged(failure) if args.merged => {
                let push = failure.facts.iter().find(|(name, _)| *name == judge::NOT_PUSHED);
                match push {
                    Some((_, push)) => unpushed.entry(push.as_str()).or_default().push(id.as_str()),
                    None => unmerged.push(id.as_str()),
                }
            }
            CleanOutcome::Kept(failure) if passes_over(args, failure) => {
                ctx.out.narrate(&format!("{id} stays: {}", safe(&failure.message)));
            }
            CleanOutcome::NotMerged(failure) | CleanOutcome::Kept(failure) => {
                ctx.out.failure(failure);
            }
            CleanOutcome::Planned(plan) => {
                text.push_str(&format!("{id} would be cleaned\n"));
                describe(ctx, &mut text, plan, None);
            }
            CleanOutcome::Cleaned(plan, swept) => {
                text.push_str(&format!("{id} is cleaned\n"));
                describe(ctx, &mut text, plan, swept.trash.as_deref());
                swept.warnings.iter().for_each(|warning| ctx.out.warn(warning));
            }
        }
    }
    for (push, ids) in &unpushed {
        let number = count(ids.len(), "ticket is", "tickets are");
        let told = format!("{number} merged here only: {}", safe(ids.join(", ")));
        ctx.out.narrate(&(ctx.out.wrapped(&told) + &format!("\npush it: {push}")));
    }
    if !unmerged.is_empty() {
        let number = count(unmerged.len(), "ticket is", "tickets are");
        let told = format!("{number} not merged: {}", safe(unmerged.join(", ")));
        ctx.out.narrate(&ctx.out.wrapped(&told));
    }
    if fates.is_empty() {
        ctx.out.narrate("there is nothing to clean");
    }
    ctx.out.answer(&ctx.out.wrapped(&text));
}

fn describe(
    ctx: &Context<'_>,
    text: &mut String,
    plan: &CleanPlan,
    trash: Option<&std::path::Path>,
) {
    if let Some(merged) = &plan.merged {
        let (branch, at) = (safe(plan.branch.short()), merged.tip.short());
        let into = safe(&merged.label);
        let what = match merged.proof {
            Proof::Merge => "which is in",
            Proof::Squash | Proof::Rebase => "its changes are in",
        };
        text.push_str(&format!("  branch     {branch} at {at}, {what} {into}\n"));
    }
    if let Some(worktree) = &plan.worktree {
        text.push_str(&format!("  workspace  {}\n", safe(worktree.display().to_string())));
    }
    if let Some(trash) = trash {
        let days = workspace::trash::KEPT_DAYS;
        // From where the caller is, as git names files: it is the longest path that is told.
        let trash = trash.strip_prefix(&ctx.dir).unwrap_or(trash);
        let trash = safe(trash.display().to_string());
        text.push_str(&format!("  kept       for {days} days in {trash}\n"));
    }
}

fn answer_json(ctx: &Context<'_>, args: &CleanArgs, fates: &[(TicketId, CleanOutcome)]) {
    let workspaces: Vec<Option<WorkspaceJson>> = fates
        .iter()
        .map(|(_, fate)| match fate {
            CleanOutcome::Planned(plan) | CleanOutcome::Cleaned(plan, _) => plan.workspace_json(),
            CleanOutcome::Nothing | CleanOutcome::NotMerged(_) | CleanOutcome::Kept(_) => None,
        })
        .collect();
    let entries = fates.iter().zip(&workspaces).map(|((id, fate), workspace)| {
        let mut entry = CleanedTicket {
            ticket: id.as_str(),
            outcome: "already",
            proof: None,
            merged_into: None,
            workspace: workspace.as_ref(),
            trash: None,
            deleted_there: None,
            deleted_here: None,
            reason: None,
            warnings: &[],
        };
        match fate {
            CleanOutcome::Nothing => {}
            CleanOutcome::NotMerged(failure) => {
                entry.outcome = "not_merged";
                entry.reason = Some(failure.json());
            }
            CleanOutcome::Kept(failure) => {
                entry.outcome = "kept";
                entry.reason = Some(failure.json());
            }
            CleanOutcome::Planned(plan) | CleanOutcome::Cleaned(plan, _) => {
                entry.outcome = "planned";
                entry.proof = plan.merged.as_ref().map(|merged| merged.proof);
                entry.merged_into = plan.merged.as_ref().map(|merged| merged.into.as_str());
            }
        }
        if let CleanOutcome::Cleaned(_, swept) = fate {
            entry.outcome = "cleaned";
            entry.trash = swept.trash.as_ref().map(|path| path.display().to_string());
            entry.deleted_there = swept.there.as_ref();
            entry.deleted_here = swept.here.as_ref();
            entry.warnings = &swept.warnings;
        }
        entry
    });
    let tickets: Vec<CleanedTicket<'_>> = entries.collect();
    ctx.out.json(&CleanJson {
        schema: "tix/clean@1",
        dry_run: args.dry_run,
        remote: ctx.remote.as_ref().map(ToString::to_string),
        trunk: ctx.trunk.short(),
        extent: Extent::all(tickets.len()),
        tickets,
    });
}

/// Commits as people write them.
fn short(oid: Option<&Oid>) -> Option<String> {
    oid.map(|oid| oid.short().to_owned())
}
