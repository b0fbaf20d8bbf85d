//! Gives a ticket another holder: one who takes a stale ticket over, or one to whom the holder hands it. The claim gets
//! a new id, which locks the previous holder out.

use chrono::{DateTime, TimeDelta, Utc};

use super::act::{Act, ChangelogText, Writing, write};
use super::awaited::Awaited;
use super::change::{Intake, Merge, trailer};
use super::claim::Claim;
use super::decision::{Already, Decision};
use super::machine::Verb;
use super::refusal::Refusal;
use super::snapshot::Ticket;
use crate::names::{Oid, RefName};
use crate::text::duration;
use crate::ticket::{FrontMatter, Lane, Value};

/// Whether somebody may be assumed to have left.
#[derive(Clone, Copy, Debug)]
pub enum Staleness {
    /// The last sign of work must be this long ago.
    After(TimeDelta),
    /// Somebody has checked, and says so.
    Vouched,
}

/// How a ticket gets another holder.
#[derive(Clone, Copy, Debug)]
pub enum TakeoverKind {
    /// Somebody takes it.
    Reclaim(Staleness),
    /// Its holder gives it away.
    Handoff,
    /// Whoever gave it away takes it back, while the claim that they gave still stands.
    TakeBack,
    /// Its holder continues it in another clone.
    Resume,
}

/// Everything that a takeover depends on, besides the ticket.
pub struct Takeover<'a> {
    pub way: TakeoverKind,
    /// The claim that replaces the present one.
    pub claim: &'a Claim,
    pub reason: Option<&'a str>,
    /// When the claim was made or the ticket branch last moved, whichever is later.
    pub last: Option<DateTime<Utc>>,
    /// Whether anything besides this machine's clock says how long ago that is.
    pub witnessed: bool,
    pub branch: &'a RefName,
    /// The ticket on its branch, if its progress is written there.
    pub copy: Option<BranchCopy<'a>>,
}

pub struct BranchCopy<'a> {
    pub at: &'a Oid,
    /// The merge base with the trunk.
    pub fork: Oid,
    pub ticket: Ticket<'a>,
}

/// Gives the ticket to the holder of the new claim.
///
/// If the progress is on the ticket branch, only the claim changes in the trunk's copy, and the branch takes that
/// change in: then both sides of a later merge know it.
pub fn take_over(
    ticket: &Ticket<'_>,
    act: &Act<'_>,
    request: &Takeover<'_>,
) -> Result<Decision, Refusal> {
    let held = ticket.held();
    let newest = request.copy.as_ref().map_or(ticket, |copy| &copy.ticket);
    let to = &request.claim.by;
    if has_it_already((ticket, newest), act, request.way, to)? {
        return Ok(Decision::Answer(Already));
    }
    let TakeoverWords { verb, subject, kind, what } = words(request.way, to, act.actor);
    let next = act.require(verb, newest)?;
    if let TakeoverKind::Reclaim(Staleness::After(limit)) = request.way {
        require_stale((ticket, newest), act, request, limit)?;
    }
    let mut lines = vec![what];
    lines.extend(held.by.as_ref().map(|by| format!("Before: {by}")));
    lines.extend(request.reason.map(|reason| format!("Reason: {reason}")));
    let story = ChangelogText { role: "Creator", kind, lines };
    let claim = [
        ("claimed_by", Value::Text(&request.claim.by)),
        ("claimed_at", Value::Text(&request.claim.at)),
        ("claim_id", Value::Text(&request.claim.id)),
    ];
    let progress = [
        ("status", Value::Text(next.status.as_str())),
        ("branch", Value::Text(request.branch.short())),
        ("worktree_path", Value::Null),
        ("submitted", Value::Null),
        ("approvals", Value::Null),
    ];
    let progress = match request.way {
        TakeoverKind::Reclaim(_) | TakeoverKind::TakeBack | TakeoverKind::Handoff => &progress[..],
        // The same person continues: only the workspace is another one.
        TakeoverKind::Resume => &[("worktree_path", Value::Null)],
    };
    let all: Vec<_> = claim.iter().chain(progress).copied().collect();
    let writing =
        |fields| Writing { subject, reason: request.reason, fields, to: None, story: &story };
    let mut change = match &request.copy {
        None => write(ticket, act, &writing(&all))?.0,
        Some(copy) => {
            let mut change = write(ticket, act, &writing(&claim))?.0;
            change.merge = Some(Merge::IntoBranch(Intake {
                branch: request.branch.clone(),
                at: copy.at.clone(),
                fork: copy.fork.clone(),
                edits: write(&copy.ticket, act, &writing(&all))?.0.edits,
            }));
            change
        }
    };
    // The claim that begins; the one that ended is in the ticket that was read.
    change.trailers.retain(|(key, _)| *key != trailer::CLAIM);
    let given = subject == "handoff";
    change.trailers.push((trailer::CLAIM, request.claim.id.clone()));
    change.trailers.push((trailer::HOST, request.claim.host.clone()));
    change.trailers.extend(given.then(|| (trailer::TO, to.clone())));
    change.establishes = Some((ticket.entry.id.clone(), request.claim.id.clone()));
    Ok(change.into())
}

/// Whether the holder that is wanted has the ticket already.
fn has_it_already(
    (ticket, newest): (&Ticket<'_>, &Ticket<'_>),
    act: &Act<'_>,
    way: TakeoverKind,
    to: &str,
) -> Result<bool, Refusal> {
    let holds =
        |who: &str| newest.entry.lane == Lane::Active && ticket.held().by.as_deref() == Some(who);
    Ok(match way {
        // A completed ticket also names who completed it, but that person no longer holds it. Who gave it away may repeat that;
        // what another session holds is refused as to every verb of a holder.
        TakeoverKind::Handoff => match act.require_holder(newest) {
            Err(refusal @ Refusal::OtherSession { .. }) if holds(to) => return Err(refusal),
            Ok(()) | Err(_) => holds(to),
        },
        // Whoever holds it goes on with it; a new claim would only lock out their own workspace.
        TakeoverKind::Reclaim(_) => holds(act.actor) && act.require_holder(newest).is_ok(),
        TakeoverKind::TakeBack => {
            act.require_claim(ticket)?;
            false
        }
        TakeoverKind::Resume => false,
    })
}

/// How a takeover is written down.
struct TakeoverWords {
    verb: Verb,
    subject: &'static str,
    kind: &'static str,
    /// The first line of its changelog entry.
    what: String,
}

fn words(way: TakeoverKind, to: &str, actor: &str) -> TakeoverWords {
    let (verb, subject, kind, what) = match way {
        TakeoverKind::Handoff => {
            (Verb::Handoff, "handoff", "handed_over", format!("Given to {to} by {actor}"))
        }
        TakeoverKind::Reclaim(_) => {
            (Verb::Reclaim, "reclaim", "taken_over", format!("Taken over by {to}"))
        }
        TakeoverKind::TakeBack => {
            (Verb::Reclaim, "reclaim", "taken_back", format!("Taken back by {to}"))
        }
        TakeoverKind::Resume => {
            (Verb::Handoff, "claim", "resumed", "Resumed in another clone".to_owned())
        }
    };
    TakeoverWords { verb, subject, kind, what }
}

fn require_stale(
    (ticket, newest): (&Ticket<'_>, &Ticket<'_>),
    act: &Act<'_>,
    request: &Takeover<'_>,
    limit: TimeDelta,
) -> Result<(), Refusal> {
    let awaited = Awaited::of_head(&FrontMatter::of(&newest.document), act.policy.stages);
    let stale = awaited.is_stale(request.last, act.at, limit);
    if stale && (request.witnessed || request.last.is_none()) {
        return Ok(());
    }
    if let Err(refusal @ Refusal::OtherSession { .. }) = act.require_holder(ticket) {
        return Err(refusal);
    }
    let id = ticket.entry.id.clone();
    let held = Box::new(ticket.held());
    if let Awaited::Reviewer(stage) = awaited {
        return Err(Refusal::InReview { id, held, stage });
    }
    let Some(last) = request.last else { return Ok(()) };
    let last = last.format("%Y-%m-%dT%H:%M:%SZ").to_string();
    let stale_after = duration::exact(limit);
    Err(if held.by.as_deref() == Some(act.actor) {
        Refusal::HeldElsewhere { id, held }
    } else if stale {
        Refusal::OneClock { id, held, last, stale_after }
    } else {
        Refusal::Fresh { id, held, last, stale_after }
    })
}
