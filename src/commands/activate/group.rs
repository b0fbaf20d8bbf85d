//! Lets another process of this clone push a claim along with its own.

use std::cell::RefCell;

use serde::{Deserialize, Serialize};

use crate::app::context::Context;
use crate::app::queue::Survey;
use crate::config::RecordPlace;
use crate::git::CommitAuthors;
use crate::lifecycle::{self, ActivateRequest, Claim, ClaimRequest, Claimed, CommitReach, Target};
use crate::ticket::{FrontMatter, TicketId};
use crate::trunk::{AskedChange, Grouped, View};

/// The input of a claim's decision, beside the trunk and the team's settings.
#[derive(Serialize, Deserialize)]
struct AskedClaim {
    claim: Claim,
    authors: CommitAuthors,
    ticket: String,
    reason: Option<String>,
    worktree: Option<String>,
    /// Whether the ticket may depend on others that are not done.
    anyway: bool,
    /// Microseconds since 1970.
    at: i64,
    /// The outcome for the asking process: another process decides the same, or leaves the decision to it.
    decided: DecidedPlaces,
}

/// The place of a ticket under the settings of a process.
#[derive(PartialEq, Eq, Serialize, Deserialize)]
struct DecidedPlaces {
    id: String,
    path: Vec<u8>,
    branch: String,
    on_trunk: bool,
    skip_ci: bool,
    require_queued: bool,
}

impl DecidedPlaces {
    fn of(ctx: &Context<'_>, claimed: &Claimed) -> DecidedPlaces {
        DecidedPlaces {
            id: claimed.id.to_string(),
            path: claimed.path.as_bytes().to_vec(),
            branch: claimed.branch.to_string(),
            on_trunk: ctx.record == RecordPlace::Trunk,
            skip_ci: ctx.config.skip_ci,
            require_queued: ctx.config.require_queued,
        }
    }
}

/// The requests of this run to others, and its work for them.
pub(super) struct ClaimGroup<'a> {
    ctx: &'a Context<'a>,
    ask: RefCell<Option<AskedClaim>>,
}

impl<'a> ClaimGroup<'a> {
    pub(super) fn new(ctx: &'a Context<'a>) -> ClaimGroup<'a> {
        ClaimGroup { ctx, ask: RefCell::new(None) }
    }

    /// Remembers a claim that was decided. A claim that gives its ticket a number cannot be decided by another process,
    /// and a signature must come from its own author.
    pub(super) fn note(&self, claim: &Claim, claimed: &Claimed, more: ClaimWords<'_>) {
        let signs = self.ctx.repo.config.is_true("commit.gpgsign");
        let asked = (claimed.id == claimed.was && !signs).then(|| AskedClaim {
            claim: claim.clone(),
            authors: CommitAuthors::default(),
            ticket: claimed.id.to_string(),
            reason: more.reason.map(str::to_owned),
            worktree: more.worktree.map(str::to_owned),
            anyway: more.anyway,
            at: self.ctx.now.timestamp_micros(),
            decided: DecidedPlaces::of(self.ctx, claimed),
        });
        self.ask.replace(asked);
    }
}

/// The content of a claim, beside its author.
#[derive(Clone, Copy)]
pub(super) struct ClaimWords<'a> {
    pub(super) reason: Option<&'a str>,
    pub(super) worktree: Option<&'a str>,
    pub(super) anyway: bool,
}

/// Where the start of work is recorded.
pub(super) fn reach(ctx: &Context<'_>) -> CommitReach {
    match ctx.record {
        RecordPlace::Branch => CommitReach::Refs,
        RecordPlace::Trunk => CommitReach::Trunk,
    }
}

impl Grouped for ClaimGroup<'_> {
    fn ask(&self) -> Option<String> {
        let mut ask = self.ask.borrow_mut();
        let ask = ask.as_mut()?;
        // Two processes, which only those pay for who wait.
        ask.authors = CommitAuthors::here(&self.ctx.repo).ok()?;
        serde_json::to_string(ask).ok()
    }

    fn change(&self, view: &View<'_>, ask: &str) -> Option<AskedChange> {
        let ctx = self.ctx;
        let asked: AskedClaim = serde_json::from_str(ask).ok()?;
        let id = TicketId::parse(&asked.ticket).ok()?;
        let ticket = view.read(view.snapshot.find_id(&id).ok()?).ok()?;
        let base = match ctx.record {
            RecordPlace::Branch => Target::LastCommit,
            RecordPlace::Trunk => Target::Commit(view.commit()?.clone()),
        };
        let request = ClaimRequest {
            claim: &asked.claim,
            policy: ctx.policy(),
            reason: asked.reason.as_deref(),
            place: &|id, session| ctx.active_path(id, session),
            branch: &|id, _| ctx.ticket_branch(id),
            base,
            stray: None,
        };
        let (mut change, claimed) = lifecycle::claim(&ticket, &view.snapshot, &request).ok()?;
        if DecidedPlaces::of(ctx, &claimed) != asked.decided {
            return None;
        }
        let head = FrontMatter::of(&ticket.document);
        if !asked.anyway && !Survey::waits(ctx, view, (ticket.entry, head)).ok()?.is_empty() {
            return None;
        }
        let activation = ActivateRequest {
            claim: &asked.claim,
            worktree: asked.worktree.as_deref(),
            at: chrono::DateTime::from_timestamp_micros(asked.at)?,
            role: crate::app::ROLE,
            reach: reach(ctx),
        };
        change.follow_up = Some(lifecycle::record_activation(&claimed, &activation).ok()?);
        Some(AskedChange { change, authors: asked.authors })
    }
}
