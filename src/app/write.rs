//! Writing to a ticket where its newest state is: on the trunk, or on its ticket branch while somebody holds it.
//!
//! Both are the same compare-and-swap. On the ticket branch the trunk is fetched along, because the claim is there: a
//! branch that does not carry the claim of the trunk is not written to. Whatever ends or changes a claim moves the ticket
//! branch in the same push, so that a write which was decided on the old claim finds the branch elsewhere, and fails.

use std::cell::Cell;

use super::context::Context;
use super::worktree::with_branch;
use crate::config::Record;
use crate::error::{Exit, Failure};
use crate::lifecycle::machine::Verb;
use crate::lifecycle::{Act, Change, Entry, Obstacle, Refusal, Step, Ticket};
use crate::names::{Oid, RefName};
use crate::text::shell_word;
use crate::ticket::{Lane, TicketId};
use crate::trunk::{Diary, Landed, Run, Stop, Trunk, TrunkError, View};

/// Where the newest state of a ticket is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Home {
    /// On the trunk.
    Trunk,
    /// On the ticket branch.
    Branch,
}

/// What a decision about one ticket is made on.
pub struct Scene<'s> {
    /// The ticket as it is there.
    pub ticket: Ticket<'s>,
    /// The ticket as the trunk has it.
    pub on_trunk: Ticket<'s>,
    /// The trunk.
    pub trunk: &'s View<'s>,
    /// The ticket branch.
    pub branch: &'s RefName,
    /// Where it is; `None` when there is none.
    pub tip: Option<&'s Oid>,
}

impl Scene<'_> {
    /// Where the work is that a verb speaks of. A ticket that is not open to the verb has none for another reason.
    pub fn require_tip(&self, act: &Act<'_>, verb: Verb) -> Result<&Oid, Refusal> {
        if let Some(tip) = self.tip {
            return Ok(tip);
        }
        act.require(verb, &self.ticket)?;
        Err(Obstacle::NoWork { id: self.ticket.entry.id.clone() }.into())
    }
}

/// What came of a write.
pub enum Written {
    /// It landed.
    Landed {
        /// What the engine did.
        landed: Box<Landed<()>>,
        /// Where.
        home: Home,
    },
    /// There was nothing to do.
    Already {
        /// Where the ticket branch is, if the ticket is written there.
        tip: Option<Oid>,
    },
}

/// Why a decision was not pushed.
enum Detour {
    No(Failure),
    Already(Option<Oid>),
    Elsewhere(Home),
}

impl<E: Into<Failure>> From<E> for Detour {
    fn from(error: E) -> Detour {
        Detour::No(error.into())
    }
}

/// How often a ticket may be found to have moved between trunk and branch before that is taken for a fault.
const MOVES: u32 = 5;

/// Makes the change that `decide` wants, wherever the ticket is. It is called again for each attempt.
pub fn write(
    ctx: &Context<'_>,
    run: &Run,
    diary: &mut Diary,
    id: &TicketId,
    decide: &mut dyn FnMut(&Scene<'_>) -> Result<Step, Failure>,
) -> Result<Written, Failure> {
    let branch = ctx.ticket_branch(id).map_err(|why| Failure::new(Exit::Damaged, why))?;
    let mut home = first_guess(ctx, id);
    // A trunk that says "held" and a branch that is not there: the ticket is written where it can be.
    let missing = Cell::new(false);
    for _ in 0..MOVES {
        let place = Place { ctx, id, branch: &branch, home, missing: &missing };
        match place.write(run, diary, decide) {
            Ok(landed) => return Ok(Written::Landed { landed: Box::new(landed), home }),
            Err(Stop::Refused(Detour::Already(tip))) => return Ok(Written::Already { tip }),
            Err(Stop::Refused(Detour::No(failure))) => return Err(failure),
            Err(Stop::Refused(Detour::Elsewhere(other))) => home = other,
            Err(Stop::Trunk(
                TrunkError::NoTrunk { branch: gone, .. }
                | TrunkError::NoLocalTrunk { branch: gone },
            )) if home == Home::Branch && gone == branch => {
                missing.set(true);
                home = Home::Trunk;
            }
            Err(Stop::Trunk(error)) => return Err(error.into()),
        }
    }
    Err(TrunkError::Contended { attempts: diary.attempts }.into())
}

/// By what is known here; the first fetch says whether it is right.
fn first_guess(ctx: &Context<'_>, id: &TicketId) -> Home {
    let held = ctx
        .last_seen()
        .is_ok_and(|view| view.snapshot.find_id(id).is_ok_and(|entry| entry.lane == Lane::Active));
    if held && ctx.record == Record::Branch { Home::Branch } else { Home::Trunk }
}

/// One ticket, and the branch that is written to.
struct Place<'p> {
    ctx: &'p Context<'p>,
    id: &'p TicketId,
    branch: &'p RefName,
    home: Home,
    missing: &'p Cell<bool>,
}

impl Place<'_> {
    fn write(
        &self,
        run: &Run,
        diary: &mut Diary,
        decide: &mut dyn FnMut(&Scene<'_>) -> Result<Step, Failure>,
    ) -> Result<Landed<()>, Stop<Detour>> {
        let ctx = self.ctx;
        let progress = ctx.progress();
        let engine = ctx.engine(run, &progress);
        match self.home {
            Home::Trunk => {
                let engine = engine.watching(self.branch.clone());
                engine.transact(diary, |view| self.on_trunk(view, decide))
            }
            Home::Branch => {
                let engine = engine.writing_to(self.branch.clone());
                engine.transact(diary, |view| self.on_branch(&engine, view, decide))
            }
        }
    }

    fn on_trunk(
        &self,
        view: &View<'_>,
        decide: &mut dyn FnMut(&Scene<'_>) -> Result<Step, Failure>,
    ) -> Result<(Change, ()), Stop<Detour>> {
        let entry = view.snapshot.find_id(self.id).map_err(Stop::refuse)?;
        let ticket = view.require::<Failure>(entry).map_err(detour)?;
        let carried = self.ctx.record == Record::Branch && ticket.held().claim_id.is_some();
        if entry.lane == Lane::Active && carried && view.watched().is_some() && !self.missing.get()
        {
            return Err(Stop::Refused(Detour::Elsewhere(Home::Branch)));
        }
        let (on_trunk, tip) = (ticket.clone(), view.watched());
        let scene = Scene { ticket, on_trunk, trunk: view, branch: self.branch, tip };
        step(decide(&scene), None)
    }

    fn on_branch(
        &self,
        engine: &Trunk<'_>,
        view: &View<'_>,
        decide: &mut dyn FnMut(&Scene<'_>) -> Result<Step, Failure>,
    ) -> Result<(Change, ()), Stop<Detour>> {
        let elsewhere = || Stop::Refused(Detour::Elsewhere(Home::Trunk));
        let trunk = engine.view_of(view.base().ok_or_else(elsewhere)?)?;
        let entry = trunk.snapshot.find_id(self.id).map_err(Stop::refuse)?;
        if entry.lane != Lane::Active {
            return Err(elsewhere());
        }
        let on_trunk = trunk.require::<Failure>(entry).map_err(detour)?;
        if on_trunk.held().claim_id.is_none() {
            return Err(elsewhere());
        }
        let ticket = carried(view, self.id, &on_trunk).map_err(Stop::refuse)?;
        if self.ctx.remote.is_none() {
            self.require_unedited(&ticket.entry.path).map_err(Stop::refuse)?;
        }
        let tip = view.commit();
        let scene = Scene { ticket, on_trunk, trunk: &trunk, branch: self.branch, tip };
        step(decide(&scene), view.commit())
    }

    /// Without a remote the branch moves from under the workspace, which can only follow where nobody is writing to the
    /// very same file.
    fn require_unedited(&self, path: &crate::names::RepoPath) -> Result<(), Failure> {
        let Some(worktree) = with_branch(self.ctx, self.branch)? else { return Ok(()) };
        let dirty = self.ctx.repo.dirty_paths(&worktree.path)?;
        if !dirty.contains(&path.to_string()) {
            return Ok(());
        }
        let shown = worktree.path.display().to_string();
        Err(Failure::new(
            Exit::Refused,
            format!("the file of {} has changes in its workspace that are not committed", self.id),
        )
        .fact("workspace", shown.clone())
        .fact("path", path.to_string())
        .hint(format!("commit them first: git -C {} status", shell_word(&shown))))
    }
}

/// The ticket as its branch carries it, under the claim that the trunk speaks of.
pub fn carried<'v>(
    view: &'v View<'_>,
    id: &TicketId,
    on_trunk: &Ticket<'_>,
) -> Result<Ticket<'v>, Failure> {
    let entry: Result<&Entry, Refusal> = view.snapshot.find_id(id);
    let ticket = match entry {
        Ok(entry) => Some(view.require::<Failure>(entry)?),
        Err(_) => None,
    };
    match ticket {
        Some(ticket) if ticket.held().claim_id == on_trunk.held().claim_id => {
            Ok(Ticket { trunk: on_trunk.entry.lane, ..ticket })
        }
        Some(_) | None => Err(Failure::new(
            Exit::Refused,
            format!("the branch of {id} does not carry the claim that is on the trunk"),
        )
        .fact("claim", on_trunk.held().claim_id.unwrap_or_default())
        .hint(format!("see what happened to it: tix log {id}"))
        .hint(format!("bring the branch up: tix reclaim {id} --reason <why>"))),
    }
}

fn step(decided: Result<Step, Failure>, tip: Option<&Oid>) -> Result<(Change, ()), Stop<Detour>> {
    match decided {
        Ok(Step::Change(change)) => Ok((*change, ())),
        Ok(Step::Already) => Err(Stop::Refused(Detour::Already(tip.cloned()))),
        Err(failure) => Err(Stop::Refused(Detour::No(failure))),
    }
}

fn detour(stop: Stop<Failure>) -> Stop<Detour> {
    match stop {
        Stop::Refused(failure) => Stop::Refused(Detour::No(failure)),
        Stop::Trunk(error) => Stop::Trunk(error),
    }
}
