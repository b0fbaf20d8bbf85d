//! What comes next for a ticket: the one command that brings it on from where it is.

use super::board::Workspace;
use super::context::Context;
use super::merged::proof;
use super::own::holds_no_work;
use super::shell_word;
use super::work::with_work;
use super::worker::WorkerNow;
use crate::config::Record;
use crate::error::Failure;
use crate::lifecycle::machine::Verb;
use crate::lifecycle::{self, Act, Ticket};
use crate::names::{Oid, RefName};
use crate::ticket::{Lane, Status, TicketId};
use crate::trunk::View;

/// What is known beside the ticket and whoever asks.
pub struct Around<'a> {
    /// The trunk.
    pub view: &'a View<'a>,
    /// Its workspace in this clone.
    pub workspace: &'a Workspace,
    /// Its worker in this clone.
    pub worker: Option<&'a WorkerNow>,
    /// Whether its holder has given no sign for long.
    pub stale: bool,
}

/// The command that whoever asks would use next. None where somebody is at work, where it takes more than a command to go
/// on, and where somebody has to judge first: the gate, a review, what blocks it.
pub fn next_step(
    ctx: &Context<'_>,
    act: &Act<'_>,
    ticket: &Ticket<'_>,
    around: &Around<'_>,
) -> Result<Option<String>, Failure> {
    let id = &ticket.entry.id;
    let may = |verb| act.require(verb, ticket).is_ok();
    Ok(match (ticket.trunk, ticket.entry.lane) {
        (Lane::Queue, _) => may(Verb::Claim).then(|| format!("tix activate {id}")),
        (Lane::Active, Lane::Completed) if may(Verb::Land) => Some(format!("tix land {id}")),
        (Lane::Active, Lane::Completed) => {
            let branch = ctx.ticket_branch(id).ok();
            branch.map(|branch| by_request(ctx, &branch))
        }
        (Lane::Active, Lane::Queue | Lane::Active | Lane::Archive) => {
            in_hand(ctx, act, ticket, around)?
        }
        (Lane::Completed | Lane::Archive, _) => after_the_end(ctx, ticket, around)?,
    })
}

/// Of a ticket that somebody works on.
fn in_hand(
    ctx: &Context<'_>,
    act: &Act<'_>,
    ticket: &Ticket<'_>,
    around: &Around<'_>,
) -> Result<Option<String>, Failure> {
    let id = &ticket.entry.id;
    if act.require_holder(ticket).is_err() {
        let free = around.stale && act.require(Verb::Reclaim, ticket).is_ok();
        return Ok(free.then(|| format!("tix reclaim {id} --reason <why>")));
    }
    let situation = ticket.situation()?;
    let status = situation.state.status;
    if status == Status::Claimed {
        return Ok(Some(format!("tix activate {id}")));
    }
    // Taken over by this clone, which does not know the workspace as its own yet.
    let claim = ticket.held().claim_id.unwrap_or_default();
    let bare = act.claim_id.is_none() && claim.starts_with(act.clone_prefix);
    if bare || matches!(around.workspace, Workspace::Gone(_)) {
        return Ok(Some(format!("tix activate {id} --resume")));
    }
    let worker = around.worker.map(|worker| worker.state);
    let at_work = matches!(worker, Some("starting" | "live" | "elsewhere"));
    if situation.blocked || at_work {
        return Ok(None);
    }
    if let Some(command) = handed_in_by(ctx, act, ticket, around)?.and_then(Verb::command) {
        return Ok(Some(format!("tix {command} {id}")));
    }
    let again = worker == Some("stale") && !act.policy.stages.contains(&status);
    Ok(again.then(|| format!("tix run {id} --restart -- <command>")))
}

/// The verb that hands in what is on the branch; none while there is nothing on it.
fn handed_in_by(
    ctx: &Context<'_>,
    act: &Act<'_>,
    ticket: &Ticket<'_>,
    around: &Around<'_>,
) -> Result<Option<Verb>, Failure> {
    let id = &ticket.entry.id;
    let Some((_, tip)) = tip(ctx, id)? else { return Ok(None) };
    let base = base(ctx, around)?;
    if holds_no_work(ctx, base.iter().chain(around.view.commit()), id, &tip)? {
        return Ok(None);
    }
    Ok(with_work(ctx, id, &tip, |work| lifecycle::hand_in(ticket, act, work)))
}

/// Of a ticket that has ended: what it left in this clone and on the remote goes, once its work is where it belongs.
fn after_the_end(
    ctx: &Context<'_>,
    ticket: &Ticket<'_>,
    around: &Around<'_>,
) -> Result<Option<String>, Failure> {
    let id = &ticket.entry.id;
    let clean = || Some(format!("tix clean {id}"));
    let tip = tip(ctx, id)?;
    let Some((branch, tip)) = tip else {
        return Ok((*around.workspace != Workspace::None).then(clean).flatten());
    };
    // With the progress on the branch, what the trunk calls completed has come with the branch.
    if ctx.record == Record::Branch && ticket.trunk == Lane::Completed {
        return Ok(clean());
    }
    let merged = match base(ctx, around)? {
        Some(base) => proof(ctx, &tip, &base, None)?.is_some(),
        None => false,
    };
    Ok(match ticket.trunk {
        _ if merged => clean(),
        Lane::Completed => Some(by_request(ctx, &branch)),
        Lane::Queue | Lane::Active | Lane::Archive => None,
    })
}

/// Where the branch is that the work is for.
fn base(ctx: &Context<'_>, around: &Around<'_>) -> Result<Option<Oid>, Failure> {
    if ctx.base == ctx.trunk {
        return Ok(around.view.commit().cloned());
    }
    match around.view.base() {
        Some(base) => Ok(Some(base.clone())),
        None => Ok(ctx.objects.resolve(ctx.seen_ref(&ctx.base).as_str())?),
    }
}

/// The ticket branch and where it is, as last fetched, else as it is here.
fn tip(ctx: &Context<'_>, id: &TicketId) -> Result<Option<(RefName, Oid)>, Failure> {
    let Ok(branch) = ctx.ticket_branch(id) else { return Ok(None) };
    let tip = match ctx.objects.resolve(ctx.seen_ref(&branch).as_str())? {
        None => ctx.objects.resolve(branch.as_str())?,
        seen => seen,
    };
    Ok(tip.map(|tip| (branch, tip)))
}

/// What brings a branch to the one that pull requests go to, where tix does not do it.
pub fn by_request(ctx: &Context<'_>, branch: &RefName) -> String {
    let (base, head) = (shell_word(ctx.base.short()), shell_word(branch.short()));
    match &ctx.remote {
        None => format!("git merge {head}    # on {base}"),
        Some(_) => format!("gh pr create --base {base} --head {head} --fill"),
    }
}
