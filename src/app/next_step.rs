//! The next step of a ticket: the one command that moves it on.

use super::board::Workspace;
use super::context::Context;
use super::merged::proof;
use super::queue::Survey;
use super::request::{by_request, push};
use super::work::{gone_there, holds_work, only_here, tip_here, tip_seen, with_work};
use crate::config::RecordPlace;
use crate::error::Failure;
use crate::lifecycle::machine::{Verb, lane_of};
use crate::lifecycle::{self, Act, Missing, Ticket, Work, is_given};
use crate::names::{Oid, RefName};
use crate::ticket::{FrontMatter, Lane, Status, WorkerNow};
use crate::trunk::View;
use crate::workspace;

/// A ticket as the caller sees it.
pub struct TicketAsSeen<'a> {
    pub ctx: &'a Context<'a>,
    pub act: &'a Act<'a>,
    /// Its newest copy.
    pub ticket: &'a Ticket<'a>,
    pub view: &'a View<'a>,
    pub workspace: &'a Workspace,
    pub worker: Option<&'a WorkerNow>,
    /// Whether its holder has done nothing for long.
    pub stale: bool,
}

impl TicketAsSeen<'_> {
    /// The command that the caller would use next. `None` while somebody is working, if it takes more than a command to
    /// go on, or if somebody has to decide first: the gate, a review, a block.
    pub fn next_step(&self) -> Result<Option<String>, Failure> {
        let ticket = self.ticket;
        let id = &ticket.entry.id;
        Ok(match (ticket.trunk, ticket.entry.lane) {
            (Lane::Queue, _) if !self.is_of_the_queue() => {
                Some(format!("tix set {id} status=open"))
            }
            (Lane::Queue, _) => {
                // After a release its worker may still run in the workspace of the old claim.
                let free = self.may(Verb::Claim) && !self.is_at_work() && !self.waits()?;
                free.then(|| format!("tix activate {id}"))
            }
            (Lane::Active, Lane::Completed) if self.is_incomplete()? => {
                let own = self.may(Verb::TakeUp);
                own.then(|| format!("tix reopen {id} --reason <why>"))
            }
            // It pushes them, if the review has nothing against that.
            (Lane::Active, Lane::Completed) if self.has_commits_alone()? => {
                Some(format!("tix complete {id}"))
            }
            (Lane::Active, Lane::Completed) if self.may(Verb::Land) => {
                Some(format!("tix land {id}"))
            }
            (Lane::Active, Lane::Completed) => {
                let branch = self.ctx.ticket_branch(id).ok();
                branch.map(|branch| by_request(self.ctx, &branch)).transpose()?
            }
            (Lane::Active, Lane::Queue | Lane::Active | Lane::Archive) => self.in_hand()?,
            (Lane::Completed | Lane::Archive, _) => self.after_the_end()?,
        })
    }

    /// Whether its status is one of a ticket that waits.
    fn is_of_the_queue(&self) -> bool {
        let status = FrontMatter::of(&self.ticket.document).status_in(Lane::Queue);
        status.is_some_and(|status| lane_of(status) == Lane::Queue)
    }

    fn may(&self, verb: Verb) -> bool {
        self.act.require(verb, self.ticket).is_ok()
    }

    /// Whether a worker is on it, or may be.
    fn is_at_work(&self) -> bool {
        let state = self.worker.map(|worker| worker.state);
        matches!(state, Some("starting" | "live" | "elsewhere"))
    }

    /// Whether something is missing of a completed ticket, such as a review that was not required then.
    fn is_incomplete(&self) -> Result<bool, Failure> {
        let Some((_, tip)) = tip_seen(self.ctx, &self.ticket.entry.id)? else { return Ok(false) };
        let missing = |work: &Work<'_>| lifecycle::missing(self.ticket, self.act.policy, work);
        Ok(!with_work(self.ctx, &self.ticket.entry.id, &tip, missing).is_empty())
    }

    /// Whether it waits for another ticket.
    fn waits(&self) -> Result<bool, Failure> {
        let head = FrontMatter::of(&self.ticket.document);
        Ok(!Survey::waits(self.ctx, self.view, (self.ticket.entry, head))?.is_empty())
    }

    /// Of a ticket that somebody works on.
    fn in_hand(&self) -> Result<Option<String>, Failure> {
        let (act, ticket) = (self.act, self.ticket);
        let id = &ticket.entry.id;
        if act.require_holder(ticket).is_err() {
            let held = ticket.held();
            let given = held.claim_id.as_deref().is_some_and(is_given);
            let by = held.by.as_deref();
            if given && by.is_some() && (by == Some(act.actor) || by == self.ctx.role()) {
                return Ok(Some(format!("tix activate {id}")));
            }
            let free = self.stale && self.may(Verb::Reclaim);
            return Ok(free.then(|| format!("tix reclaim {id} --reason <why>")));
        }
        if let Some(gone) = gone_there(self.ctx, id, ticket.held().claim_id.as_deref())? {
            let push = push(self.ctx, &gone);
            return Ok(push.map(|push| format!("{push}    # the branch was deleted there")));
        }
        let situation = ticket.situation()?;
        let status = situation.state.status;
        if status == Status::Claimed {
            return Ok(Some(format!("tix activate {id}")));
        }
        // Taken over by this clone, which does not know the workspace as its own yet.
        let is_claim = ticket.held().claim_id.is_some();
        let bare = is_claim && workspace::load(&self.ctx.repo, id).is_none();
        if bare || matches!(self.workspace, Workspace::Gone(_)) {
            return Ok(Some(format!("tix activate {id} --resume")));
        }
        if situation.blocked || self.is_at_work() {
            return Ok(None);
        }
        if let Some(command) = self.handed_in_by()?.and_then(Verb::command) {
            return Ok(Some(format!("tix {command} {id}")));
        }
        let is_stale = self.worker.is_some_and(|worker| worker.state == "stale");
        let again = is_stale && !act.policy.stages.contains(&status);
        Ok(again.then(|| format!("tix run {id} --restart -- <command>")))
    }

    /// The verb that submits what is on the branch; `None` while there is nothing on it.
    fn handed_in_by(&self) -> Result<Option<Verb>, Failure> {
        let (ctx, id) = (self.ctx, &self.ticket.entry.id);
        let Some(tip) = tip_here(self.ctx, &self.ticket.entry.id)? else { return Ok(None) };
        let known: Vec<Oid> = self.base()?.into_iter().chain(self.view.commit().cloned()).collect();
        if !holds_work(ctx, &known, self.ticket, &tip)? {
            return Ok(None);
        }
        let verb = with_work(ctx, id, &tip, |work| lifecycle::hand_in(self.ticket, self.act, work));
        let waits = verb == Some(Verb::Complete) && self.waits()?;
        Ok(verb.filter(|_| !waits))
    }

    /// The approval without which it cannot be complete; `None` if it has all that it needs.
    pub fn missing_approval(&self) -> Result<Option<Missing>, Failure> {
        if self.act.policy.stages.is_empty() {
            return Ok(None);
        }
        let Some(tip) = tip_here(self.ctx, &self.ticket.entry.id)? else { return Ok(None) };
        let missing = |work: &Work<'_>| lifecycle::missing(self.ticket, self.act.policy, work);
        let missing = with_work(self.ctx, &self.ticket.entry.id, &tip, missing);
        Ok(missing.into_iter().find(|one| matches!(one, Missing::Approval { .. })))
    }

    /// For a ticket that has ended: removes what it left in this clone and on the remote, once its work is landed.
    fn after_the_end(&self) -> Result<Option<String>, Failure> {
        let (ctx, trunk) = (self.ctx, self.ticket.trunk);
        let clean = || Some(format!("tix clean {}", self.ticket.entry.id));
        let Some((branch, tip)) = tip_seen(self.ctx, &self.ticket.entry.id)? else {
            return Ok((*self.workspace != Workspace::None).then(clean).flatten());
        };
        // With the progress on the branch, what the trunk calls completed has come with the branch.
        if ctx.record == RecordPlace::Branch && trunk == Lane::Completed {
            return Ok(if self.is_left_out(&branch)? { push(ctx, &branch) } else { clean() });
        }
        let merged = match self.base()? {
            Some(base) => proof(ctx, &tip, &base, None)?.is_some(),
            None => false,
        };
        Ok(match trunk {
            Lane::Completed if self.has_commits_alone()? => {
                Some(format!("tix complete {}", self.ticket.entry.id))
            }
            _ if merged => clean(),
            Lane::Completed => Some(by_request(ctx, &branch)?),
            Lane::Queue | Lane::Active | Lane::Archive => None,
        })
    }

    /// Whether the caller's clone has commits on the branch that the remote does not have.
    fn has_commits_alone(&self) -> Result<bool, Failure> {
        Ok(self.act.require_claim(self.ticket).is_ok()
            && only_here(self.ctx, &self.ticket.entry.id)? > 0)
    }

    /// Whether this clone has commits on a merged branch that were made too late to be merged with it.
    fn is_left_out(&self, branch: &RefName) -> Result<bool, Failure> {
        let ctx = self.ctx;
        let here = ctx.objects.resolve(branch.as_str())?;
        let seen = ctx.objects.resolve(ctx.seen_ref(branch).as_str())?;
        let (Some(here), Some(base)) =
            (here.filter(|here| Some(here) != seen.as_ref()), self.base()?)
        else {
            return Ok(false);
        };
        let is_there = match seen {
            Some(seen) => ctx.repo.is_ancestor(&here, &seen)?,
            None => false,
        };
        Ok(!is_there && proof(ctx, &here, &base, Some(&self.ticket.entry.path))?.is_none())
    }

    fn base(&self) -> Result<Option<Oid>, Failure> {
        let ctx = self.ctx;
        if ctx.base == ctx.trunk {
            return Ok(self.view.commit().cloned());
        }
        match self.view.base() {
            Some(base) => Ok(Some(base.clone())),
            None => Ok(ctx.objects.resolve(ctx.seen_ref(&ctx.base).as_str())?),
        }
    }
}
