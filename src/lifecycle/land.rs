//! Lands work on the trunk without a pull request.

use super::act::Act;
use super::change::{BranchLanding, Change, Merge, MergeForm, trailer};
use super::decision::{Already, Decision};
use super::gate;
use super::refusal::Refusal;
use super::review::Work;
use super::snapshot::Ticket;
use crate::ticket::{Lane, Status};

/// Lands a completed ticket: merges its branch into the trunk. Anybody may, as anybody may merge a pull request.
///
/// The trunk's claim must be the one on the branch, so that nobody lands a ticket that was taken over from them. And
/// everything that the completion required must still hold for the branch as it is now.
pub fn land(
    on_trunk: &Ticket<'_>,
    on_branch: &Ticket<'_>,
    act: &Act<'_>,
    work: &Work<'_>,
    form: MergeForm,
) -> Result<Decision, Refusal> {
    let id = on_trunk.entry.id.clone();
    if on_trunk.entry.lane == Lane::Completed {
        return Ok(Decision::Answer(Already));
    }
    if on_trunk.entry.lane != Lane::Active {
        return Err(on_trunk.not_active(act.policy));
    }
    let held = on_trunk.held();
    let claim = on_branch.held().claim_id;
    if claim.is_none() || claim != held.claim_id {
        let expected = claim.unwrap_or_default();
        return Err(Refusal::ClaimChanged { id, expected, held: Box::new(held) });
    }
    let state = on_branch.situation()?.state;
    if state.lane != Lane::Completed || state.status != Status::Approved {
        let (held, legal) = (Box::new(held), act.open(on_branch));
        return Err(Refusal::NotCompleted { id, held, legal });
    }
    let missing = gate::missing(on_branch, act.policy, work);
    if !missing.is_empty() {
        return Err(Refusal::Incomplete { id, missing });
    }
    let mut trailers = vec![(trailer::TICKET, id.to_string())];
    trailers.extend(claim.map(|claim| (trailer::CLAIM, claim)));
    trailers.push((trailer::ACTOR, act.actor.to_owned()));
    trailers.push((trailer::COMMIT, work.tip.to_string()));
    let change = Change {
        edits: Vec::new(),
        subject: format!("complete: {id}"),
        trailers,
        merge: Some(Merge::OfBranch(BranchLanding { tip: work.tip.clone(), form })),
        ..Change::default()
    };
    Ok(change.into())
}
