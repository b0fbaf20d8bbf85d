//! Gives a ticket another holder: the transaction, and this clone's records afterwards.

use std::cell::{Cell, RefCell};

use super::adopt::{Adoption, adopt};
use super::context::Context;
use super::expected::require_newest;
use super::find::claim_commit;
use super::follow::{MadeChange, follow};
use super::here::named_or_here;
use super::operation::Identity;
use super::receipt::Receipt;
use super::sign::last_sign;
use super::witness::{Sighting, confirms};
use super::worktree::with_branch;
use crate::config::RecordPlace;
use crate::error::{Exit, Failure};
use crate::lifecycle::{
    self, Act, Already, Awaited, BranchCopy, Claim, Decision, GIVEN, Staleness, Takeover,
    TakeoverKind, Ticket,
};
use crate::names::{Oid, RefName, RepoPath};
use crate::ticket::{FrontMatter, Lane, TicketId};
use crate::trunk::{Diary, Outcome, Run, View, may_still_land};
use crate::workspace::{self, WorkspaceRecord as LocalRecord};

pub struct TakeoverRequest<'a> {
    /// The command, as receipts name it.
    pub operation: &'static str,
    /// The ticket; `None` for the one of this workspace.
    pub query: Option<&'a str>,
    pub way: TakeoverKind,
    /// The claim that is given away, if it was named.
    pub claim: Option<&'a str>,
    /// Who gets it; `None` for the caller.
    pub to: Option<&'a str>,
    pub reason: Option<&'a str>,
}

pub fn configured(ctx: &Context<'_>) -> Staleness {
    Staleness::After(ctx.stale_after())
}

/// Gives the ticket another holder.
pub fn take_over(
    ctx: &Context<'_>,
    diary: &mut Diary,
    request: &TakeoverRequest<'_>,
) -> Result<Receipt, Failure> {
    let run = Run::begin(&ctx.repo)?;
    let id = named_or_here(ctx, &run, request.query, request.operation)?;
    diary.ticket = Some(id.clone());
    let identity = Identity::of(ctx, &id, request.claim)?;
    let act = identity.act(ctx);
    let branch = ctx.ticket_branch(&id).map_err(|why| Failure::new(Exit::Damaged, why))?;
    let claim = claim(ctx, &identity, request);
    let mut receipt = Receipt::new(ctx, request.operation, id.as_str(), act.actor);
    let names = TicketNames { id: &id, branch: &branch };
    let Transacted { outcome, seen, warning } =
        transact(ctx, &run, diary, &names, (&act, &claim, request))?;
    receipt.warnings.extend(warning);
    let settled = match outcome {
        Outcome::Landed(landed) => {
            receipt.outcome = match request.way {
                TakeoverKind::Reclaim(_) | TakeoverKind::TakeBack => "reclaimed",
                TakeoverKind::Handoff => "handed_over",
                TakeoverKind::Resume => "resumed",
            };
            receipt.add(&landed);
            receipt.set_claim(ctx, &claim, &landed.commit, landed.attempts);
            diary.phase = "follow";
            let moved = landed.moved.iter().find(|moved| moved.name == branch);
            let tip = moved.and_then(|moved| moved.new.as_ref());
            settle(ctx, &names, request, (&claim.id, landed.commit.to_string()), tip)
        }
        Outcome::Answered(Already) => {
            receipt.outcome = "already";
            // A run that was killed behind its push has left the workspace and its record as they were.
            match seen.filter(|_| !matches!(request.way, TakeoverKind::Handoff)) {
                Some(seen) => go_on(ctx, &names, &seen),
                None => Ok(None),
            }
        }
    };
    // The claim has changed hands, whatever becomes of what is here.
    match settled {
        Ok(warning) => receipt.warnings.extend(warning),
        Err(failure) => receipt.warnings.push(failure.message),
    }
    Ok(receipt)
}

/// The new claim.
fn claim(ctx: &Context<'_>, identity: &Identity, request: &TakeoverRequest<'_>) -> Claim {
    let token = crate::trunk::random_token;
    let id = match request.way {
        TakeoverKind::Reclaim(_) | TakeoverKind::TakeBack | TakeoverKind::Resume => {
            format!("{}-{}", identity.clone_id, token())
        }
        TakeoverKind::Handoff => format!("{GIVEN}{}", token()),
    };
    Claim {
        id,
        by: request.to.unwrap_or(&identity.actor).to_owned(),
        at: crate::clock::rfc3339(ctx.now),
        host: crate::env::published_host(),
    }
}

struct TicketNames<'a> {
    id: &'a TicketId,
    branch: &'a RefName,
}

struct Transacted {
    outcome: Outcome<(), Already>,
    /// What was found, if the ticket has a branch.
    seen: Option<HeldTicket>,
    warning: Option<String>,
}

fn transact(
    ctx: &Context<'_>,
    run: &Run,
    diary: &mut Diary,
    names: &TicketNames<'_>,
    (act, claim, request): (&Act<'_>, &Claim, &TakeoverRequest<'_>),
) -> Result<Transacted, Failure> {
    let progress = ctx.progress();
    let engine = ctx.engine(run, &progress).watching(names.branch.clone());
    let (last, submitted) = (Cell::new(None), Cell::new(false));
    let held = RefCell::new(None);
    let outcome = engine.transact(diary, |view| {
        let entry = view.snapshot.find_id(names.id)?;
        let ticket = view.require(entry)?;
        require_newest(ctx, view, &ticket)?;
        let tip = view.watched().filter(|_| entry.lane == Lane::Active);
        held.replace(HeldTicket::of(&ticket, view, tip));
        let there = match tip {
            Some(tip) if ctx.record == RecordPlace::Branch => Some((tip, engine.view_of(tip)?)),
            Some(_) | None => None,
        };
        let copy = match &there {
            Some((tip, there)) => copy(ctx, view, names, entry.lane, (tip, there))?,
            None => None,
        };
        let seen = last_sign(ctx, &ticket, view.commit(), tip)?;
        last.set(seen);
        let newest = copy.as_ref().map_or(&ticket, |copy| &copy.ticket);
        let awaited = Awaited::of_head(&FrontMatter::of(&newest.document), act.policy.stages);
        submitted.set(matches!(awaited, Awaited::Reviewer(_)));
        let witnessed = match (request.way, seen) {
            (TakeoverKind::Reclaim(Staleness::After(limit)), Some(last))
                if awaited.is_stale(seen, ctx.now, limit) =>
            {
                let sighting = Sighting { ticket: &ticket, trunk: view, branch: names.branch, tip };
                confirms(ctx, &engine, &sighting, (last, limit))?
            }
            _ => true,
        };
        let takeover = Takeover {
            way: request.way,
            claim,
            reason: request.reason,
            last: seen,
            witnessed,
            branch: names.branch,
            copy,
        };
        let decision = lifecycle::take_over(&ticket, act, &takeover)?;
        if matches!(decision, Decision::Push(..)) && request.to.is_none() {
            workspace::note_claim(&ctx.repo, names.id, &claim.id)?;
        }
        Ok(decision)
    });
    let landed = matches!(outcome, Ok(Outcome::Landed(_)));
    if !landed && !may_still_land(&outcome) {
        workspace::drop_claim(&ctx.repo, names.id, &claim.id)?;
    }
    if let (TakeoverKind::Reclaim(_), true, Some(last)) = (request.way, landed, last.get()) {
        let last = crate::clock::for_people(&crate::clock::rfc3339(last));
        ctx.out.narrate(&format!("the last sign of its earlier holder was at {last}"));
    }
    let withdrawn = landed && submitted.get() && !matches!(request.way, TakeoverKind::Resume);
    let warning = withdrawn.then(|| {
        format!("its submission is withdrawn; to go on with the review: tix submit {}", names.id)
    });
    Ok(Transacted { outcome: outcome?, seen: held.take(), warning })
}

/// The ticket on its branch, and the merge base of branch and trunk; `None` if the branch does not have the ticket as
/// held. It may name an earlier claim: a server that cannot move two refs at once may have left the branch behind, and
/// this merge then updates it.
fn copy<'c>(
    ctx: &Context<'_>,
    view: &View<'_>,
    names: &'c TicketNames<'_>,
    trunk: Lane,
    (tip, there): (&'c Oid, &'c View<'_>),
) -> Result<Option<BranchCopy<'c>>, Failure> {
    let entry = there.snapshot.find_id(names.id).ok().filter(|entry| entry.lane != Lane::Queue);
    let Some(entry) = entry else { return Ok(None) };
    let ticket = there.require::<Failure>(entry)?;
    let fork = match view.commit() {
        Some(trunk) => ctx.repo.merge_base(trunk, tip)?,
        None => None,
    };
    let Some(fork) = fork else {
        let message = format!("{} shares no history with the trunk here", names.branch.short());
        return Err(Failure::new(Exit::Refused, message)
            .hint("if this clone is shallow, fetch the rest: git fetch --unshallow"));
    };
    Ok(Some(BranchCopy { at: tip, fork, ticket: Ticket { trunk, ..ticket } }))
}

/// A ticket with a branch, as a takeover has found it.
struct HeldTicket {
    claim_id: String,
    path: RepoPath,
    trunk: Oid,
    tip: Oid,
}

impl HeldTicket {
    fn of(ticket: &Ticket<'_>, view: &View<'_>, tip: Option<&Oid>) -> Option<HeldTicket> {
        Some(HeldTicket {
            claim_id: ticket.held().claim_id?,
            path: ticket.entry.path.clone(),
            trunk: view.commit()?.clone(),
            tip: tip?.clone(),
        })
    }
}

/// Updates this clone's record: the workspace now belongs to the new claim, or to nobody here.
fn settle(
    ctx: &Context<'_>,
    names: &TicketNames<'_>,
    request: &TakeoverRequest<'_>,
    (claim_id, commit): (&str, String),
    tip: Option<&Oid>,
) -> Result<Option<String>, Failure> {
    match request.way {
        TakeoverKind::Handoff => {
            workspace::forget(&ctx.repo, names.id)?;
            workspace::note_given(&ctx.repo, names.id, claim_id)?;
        }
        TakeoverKind::Reclaim(_) | TakeoverKind::TakeBack | TakeoverKind::Resume => {
            workspace::keep_claim(&ctx.repo, names.id, claim_id)?;
            keep_workspace(ctx, names, claim_id, || Ok(Some(commit)))?;
        }
    }
    match tip {
        Some(tip) => follow(ctx, names.branch, tip, MadeChange::Made),
        None => Ok(None),
    }
}

/// The same for a claim that this clone has made already.
fn go_on(
    ctx: &Context<'_>,
    names: &TicketNames<'_>,
    held: &HeldTicket,
) -> Result<Option<String>, Failure> {
    let HeldTicket { claim_id, path, trunk, tip } = held;
    let commit = || {
        let found = claim_commit(&ctx.repo, trunk, path, Some(claim_id))?;
        Ok(found.map(|(commit, _)| commit.to_string()))
    };
    keep_workspace(ctx, names, claim_id, commit)?;
    follow(ctx, names.branch, tip, MadeChange::Made)
}

/// Records that the workspace, if there is one, belongs to this claim. A handoff forgets the record, and the worktree stays.
fn keep_workspace(
    ctx: &Context<'_>,
    names: &TicketNames<'_>,
    claim_id: &str,
    commit: impl FnOnce() -> Result<Option<String>, Failure>,
) -> Result<(), Failure> {
    let known = workspace::load(&ctx.repo, names.id);
    if known.as_ref().is_some_and(|record| record.claim_id == claim_id) {
        return Ok(());
    }
    let (claim_id, session) = (claim_id.to_owned(), ctx.session()?);
    if let Some(record) = known {
        let record = LocalRecord { claim_id, session, worker: None, ..record };
        workspace::save(&ctx.repo, names.id, &record)?;
    } else if let Some(worktree) = with_branch(ctx, names.branch)? {
        let (commit, path) = (commit()?, Some(worktree.path));
        adopt(ctx, Adoption { id: names.id, claim_id, commit, session, path })?;
    }
    Ok(())
}
