//! Writing to a ticket where its newest state is: on the trunk, or on its ticket branch while somebody holds it.
//!
//! Both are the same compare-and-swap. On the ticket branch the trunk is fetched along, because the claim is there: a
//! branch that does not carry the claim of the trunk is not written to. Whatever ends or changes a claim moves the ticket
//! branch in the same push, so that a write which was decided on the old claim finds the branch elsewhere, and fails.

use std::cell::Cell;

use super::context::Context;
use super::expected::require_expected;
use super::worktree::with_branch;
use crate::config::RecordPlace;
use crate::error::{Exit, Failure};
use crate::lifecycle::machine::Verb;
use crate::lifecycle::{Act, Already, Decision, Refusal, Ticket, TicketEntry};
use crate::names::{Oid, RefName};
use crate::text::shell_word;
use crate::ticket::{Lane, TicketId};
use crate::trunk::{Diary, Outcome, Run, Stop, Trunk, TrunkError, View};

/// Where the newest state of a ticket is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Home {
    Trunk,
    Branch,
}

/// The input of a decision about one ticket.
pub struct TicketView<'s> {
    pub ticket: Ticket<'s>,
    pub on_trunk: Ticket<'s>,
    pub trunk: &'s View<'s>,
    pub branch: &'s RefName,
    /// Where it is; `None` when there is none.
    pub tip: Option<&'s Oid>,
}

impl TicketView<'_> {
    /// The tip of the work that a verb is about. A ticket that is not open to the verb has none for another reason.
    pub fn require_tip(&self, act: &Act<'_>, verb: Verb) -> Result<&Oid, Refusal> {
        if let Some(tip) = self.tip {
            return Ok(tip);
        }
        act.require(verb, &self.ticket)?;
        Err(Refusal::NoWork { id: self.ticket.entry.id.clone() })
    }
}

/// The outcome of a write: where it landed; or that there was nothing to do, with the tip of the ticket branch if the
/// ticket is written there.
pub type Written = Outcome<Home, Option<Oid>>;

/// Why nothing is pushed to where the ticket was expected.
enum NoWrite {
    /// There is nothing to do, and the ticket branch is here.
    Already(Option<Oid>),
    /// The ticket is written there.
    Elsewhere(Home),
}

/// How often a ticket may move between trunk and branch before that counts as a fault.
const MOVES: u32 = 5;

/// How a write treats a file that cannot be read as a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnDamage {
    Refuse,
    /// It is a ticket without keys, which the write fixes.
    Mend,
}

/// Makes the change that `decide` wants, wherever the ticket is. It is called again for each attempt.
pub fn write(
    ctx: &Context<'_>,
    run: &Run,
    diary: &mut Diary,
    id: &TicketId,
    decide: &mut dyn FnMut(&TicketView<'_>) -> Result<Decision, Failure>,
) -> Result<Written, Failure> {
    write_or_mend(ctx, (run, OnDamage::Refuse), diary, id, decide)
}

/// The same, for a ticket that may be damaged.
pub fn write_or_mend(
    ctx: &Context<'_>,
    (run, damage): (&Run, OnDamage),
    diary: &mut Diary,
    id: &TicketId,
    decide: &mut dyn FnMut(&TicketView<'_>) -> Result<Decision, Failure>,
) -> Result<Written, Failure> {
    let branch = ctx.ticket_branch(id).map_err(|why| Failure::new(Exit::Damaged, why))?;
    let mut home = first_guess(ctx, id);
    // A trunk that says "held" and a branch that is not there: the ticket is written where it can be.
    let missing = Cell::new(false);
    for _ in 0..MOVES {
        let target = WriteTarget { ctx, id, branch: &branch, home, damage, missing: &missing };
        match target.write(run, diary, decide) {
            Ok(Outcome::Landed(landed)) => return Ok(Outcome::Landed(landed)),
            Ok(Outcome::Answered(NoWrite::Already(tip))) => {
                return Ok(Outcome::Answered(tip));
            }
            Ok(Outcome::Answered(NoWrite::Elsewhere(other))) => home = other,
            Err(Stop::Trunk(
                TrunkError::NoTrunk { branch: gone, .. }
                | TrunkError::NoLocalTrunk { branch: gone },
            )) if home == Home::Branch && gone == branch => {
                missing.set(true);
                home = Home::Trunk;
            }
            Err(stop) => return Err(stop.into()),
        }
    }
    Err(TrunkError::Contended { attempts: diary.attempts }.into())
}

/// From local knowledge; the first fetch shows whether it is right.
fn first_guess(ctx: &Context<'_>, id: &TicketId) -> Home {
    let held = ctx
        .last_seen()
        .is_ok_and(|view| view.snapshot.find_id(id).is_ok_and(|entry| entry.lane == Lane::Active));
    if held && ctx.record == RecordPlace::Branch { Home::Branch } else { Home::Trunk }
}

/// One ticket, and the branch that is written to.
struct WriteTarget<'p> {
    ctx: &'p Context<'p>,
    id: &'p TicketId,
    branch: &'p RefName,
    home: Home,
    damage: OnDamage,
    missing: &'p Cell<bool>,
}

impl WriteTarget<'_> {
    fn write(
        &self,
        run: &Run,
        diary: &mut Diary,
        decide: &mut dyn FnMut(&TicketView<'_>) -> Result<Decision, Failure>,
    ) -> Result<Outcome<Home, NoWrite>, Stop<Failure>> {
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

    fn read<'e>(
        &self,
        view: &View<'_>,
        entry: &'e TicketEntry,
    ) -> Result<Ticket<'e>, Stop<Failure>> {
        Ok(match self.damage {
            OnDamage::Refuse => view.read(entry)?,
            OnDamage::Mend => view.read_to_mend(entry)?,
        })
    }

    fn on_trunk(
        &self,
        view: &View<'_>,
        decide: &mut dyn FnMut(&TicketView<'_>) -> Result<Decision, Failure>,
    ) -> Result<Decision<Home, NoWrite>, Stop<Failure>> {
        let entry = view.snapshot.find_id(self.id)?;
        let ticket = self.read(view, entry)?;
        let carried = self.ctx.record == RecordPlace::Branch && ticket.held().claim_id.is_some();
        if entry.lane == Lane::Active && carried && view.watched().is_some() && !self.missing.get()
        {
            return Ok(Decision::Answer(NoWrite::Elsewhere(Home::Branch)));
        }
        let (on_trunk, tip) = (ticket.clone(), view.watched());
        let seen = TicketView { ticket, on_trunk, trunk: view, branch: self.branch, tip };
        require_expected(self.ctx, self.id, &seen.ticket.entry.oid)?;
        Ok(placed(decide(&seen)?, Home::Trunk, None))
    }

    fn on_branch(
        &self,
        engine: &Trunk<'_>,
        view: &View<'_>,
        decide: &mut dyn FnMut(&TicketView<'_>) -> Result<Decision, Failure>,
    ) -> Result<Decision<Home, NoWrite>, Stop<Failure>> {
        let elsewhere = || Ok(Decision::Answer(NoWrite::Elsewhere(Home::Trunk)));
        let Some(base) = view.base() else { return elsewhere() };
        let trunk = engine.view_of(base)?;
        let entry = trunk.snapshot.find_id(self.id)?;
        if entry.lane != Lane::Active {
            return elsewhere();
        }
        let on_trunk = self.read(&trunk, entry)?;
        if on_trunk.held().claim_id.is_none() {
            return elsewhere();
        }
        let ticket = match view.snapshot.find_id(self.id).map(|entry| self.read(view, entry)) {
            // Its claim cannot be read; the new text must have it.
            Ok(Ok(broken)) if !broken.document.is_readable() => {
                Ticket { trunk: on_trunk.entry.lane, ..broken }
            }
            _ => carried(view, self.id, &on_trunk)?,
        };
        if self.ctx.remote.is_none() {
            self.require_unedited(&ticket.entry.path)?;
        }
        let tip = view.commit();
        let seen = TicketView { ticket, on_trunk, trunk: &trunk, branch: self.branch, tip };
        require_expected(self.ctx, self.id, &seen.ticket.entry.oid)?;
        Ok(placed(decide(&seen)?, Home::Branch, tip))
    }

    /// Without a remote the branch moves under the workspace, which can only follow if nobody is editing the same file.
    fn require_unedited(&self, path: &crate::names::RepoPath) -> Result<(), Failure> {
        let Some(worktree) = with_branch(self.ctx, self.branch)? else { return Ok(()) };
        let dirty = self.ctx.repo.dirty_paths(&worktree.path)?;
        if !dirty.contains(&path.to_string()) {
            return Ok(());
        }
        let shown = worktree.path.display().to_string();
        Err(Failure::new(
            Exit::Refused,
            format!("the file of {} has uncommitted changes in its workspace", self.id),
        )
        .fact("workspace", shown.clone())
        .fact("path", path.to_string())
        .hint(format!("commit them first: git -C {} status", shell_word(&shown))))
    }
}

/// The ticket as its branch has it, under the claim that is on the trunk.
pub fn carried<'v>(
    view: &'v View<'_>,
    id: &TicketId,
    on_trunk: &Ticket<'_>,
) -> Result<Ticket<'v>, Failure> {
    let entry: Result<&TicketEntry, Refusal> = view.snapshot.find_id(id);
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
        .hint(format!("bring the branch up to date: tix reclaim {id} --reason <why>"))),
    }
}

/// The decision about a ticket that is written there, where its branch is at `tip`.
fn placed(decision: Decision, home: Home, tip: Option<&Oid>) -> Decision<Home, NoWrite> {
    match decision {
        Decision::Push(change, ()) => Decision::Push(change, home),
        Decision::Answer(Already) => Decision::Answer(NoWrite::Already(tip.cloned())),
    }
}
