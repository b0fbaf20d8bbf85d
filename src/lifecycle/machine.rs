//! The states of a ticket and every move between them, in one place.
//!
//! A state is a lane and a status. [`after`] is total: for each verb, each state and each policy it gives the state
//! that follows, or says why there is none. The verbs ask it before they change anything, the guard asks it about
//! changes that it did not make itself, and nothing else compares statuses.

use crate::ticket::{Lane, QueueGate, Status};

/// Something that is done to a ticket and can move it to another state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verb {
    /// A person lets it through the gate.
    Queue,
    /// It goes back to its specification.
    Draft,
    /// Somebody takes it.
    Claim,
    /// The holder's workspace stands.
    Activate,
    /// The holder gives it back.
    Release,
    /// Somebody else takes it over.
    Reclaim,
    /// The work is done, as far as its holder is concerned.
    Submit,
    /// A review says yes.
    Approve,
    /// A review says no.
    RequestChanges,
    /// The work is done.
    Complete,
    /// It ends without being done.
    Close,
    /// It is put away after its completion.
    Archive,
    /// It was ended too early.
    Reopen,
}

impl Verb {
    /// Every verb, in the order in which a ticket meets them.
    pub const ALL: [Verb; 13] = [
        Verb::Queue,
        Verb::Draft,
        Verb::Claim,
        Verb::Activate,
        Verb::Release,
        Verb::Reclaim,
        Verb::Submit,
        Verb::Approve,
        Verb::RequestChanges,
        Verb::Complete,
        Verb::Close,
        Verb::Archive,
        Verb::Reopen,
    ];
}

/// Where a ticket is and what it says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct State {
    /// The lane its file is in.
    pub lane: Lane,
    /// The status in its front matter.
    pub status: Status,
}

/// What a team has decided about the moves.
#[derive(Clone, Copy, Debug)]
pub struct Policy<'a> {
    /// Whether a person must have queued a ticket before it can be claimed.
    pub gate: QueueGate,
    /// The stages of the review, in order; none where work is completed without one.
    pub stages: &'a [Status],
}

/// Why a verb does not apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Illegal {
    /// The ticket is in another lane than the verb starts from.
    #[error("it is in {0}/")]
    Lane(Lane),
    /// The lane is right and the status is not.
    #[error("its status is `{0}`")]
    Status(Status),
    /// What the status says cannot be where the file is.
    #[error("its status `{0}` does not belong into {1}/")]
    Misplaced(Status, Lane),
    /// The configuration knows no review.
    #[error("this repository has no review stages")]
    NoStages,
}

/// The lanes in which a ticket of this status belongs.
pub const fn lane_of(status: Status) -> Lane {
    match status {
        Status::Draft | Status::Open | Status::Queued => Lane::Queue,
        Status::Claimed
        | Status::InProgress
        | Status::CriticReview
        | Status::ExpediterReview
        | Status::ChangesRequested => Lane::Active,
        Status::Approved => Lane::Completed,
        Status::Closed => Lane::Archive,
    }
}

/// The lanes in which a verb finds its tickets.
pub const fn starts_in(verb: Verb) -> &'static [Lane] {
    match verb {
        Verb::Queue | Verb::Draft | Verb::Claim => &[Lane::Queue],
        Verb::Activate
        | Verb::Release
        | Verb::Reclaim
        | Verb::Submit
        | Verb::Approve
        | Verb::RequestChanges
        | Verb::Complete => &[Lane::Active],
        Verb::Close => &[Lane::Queue, Lane::Active],
        Verb::Archive => &[Lane::Completed],
        Verb::Reopen => &[Lane::Completed, Lane::Archive],
    }
}

/// The state that follows when `verb` is done to a ticket in `state`.
pub fn after(verb: Verb, state: State, policy: Policy<'_>) -> Result<State, Illegal> {
    let State { lane, status } = state;
    if lane_of(status) != lane {
        return Err(Illegal::Misplaced(status, lane));
    }
    if !starts_in(verb).contains(&lane) {
        return Err(Illegal::Lane(lane));
    }
    let status = status_after(verb, status, policy)?;
    Ok(State { lane: lane_of(status), status })
}

/// The status that a verb gives a ticket which is in the right lane for it.
fn status_after(verb: Verb, status: Status, policy: Policy<'_>) -> Result<Status, Illegal> {
    let only_if = |ready: bool, next: Status| ready.then_some(next).ok_or(Illegal::Status(status));
    let stage = policy.stages.iter().position(|stage| *stage == status);
    match verb {
        Verb::Queue => Ok(Status::Queued),
        Verb::Draft => Ok(Status::Draft),
        Verb::Claim => only_if(status.is_claimable(policy.gate), Status::Claimed),
        Verb::Activate => only_if(status == Status::Claimed, Status::InProgress),
        Verb::Release => Ok(match policy.gate {
            QueueGate::Open => Status::Open,
            QueueGate::RequireQueued => Status::Queued,
        }),
        Verb::Reclaim => Ok(Status::Claimed),
        Verb::Submit => {
            let first = *policy.stages.first().ok_or(Illegal::NoStages)?;
            only_if(matches!(status, Status::InProgress | Status::ChangesRequested), first)
        }
        Verb::Approve => {
            let stage = stage.ok_or(Illegal::Status(status))?;
            // The last approval is recorded in the ticket; the work then waits to be completed.
            Ok(policy.stages.get(stage + 1).copied().unwrap_or(status))
        }
        Verb::RequestChanges => only_if(stage.is_some(), Status::ChangesRequested),
        Verb::Complete => {
            let ready = match policy.stages.last() {
                Some(last) => status == *last,
                None => status != Status::Claimed,
            };
            only_if(ready, Status::Approved)
        }
        Verb::Close | Verb::Archive => Ok(Status::Closed),
        Verb::Reopen => Ok(Status::Open),
    }
}

/// Whether any verb takes a ticket from one lane to the other, whatever the policy. A ticket that is not anywhere yet
/// begins in the queue.
///
/// This is what can be said of a commit that somebody else made: it may stand for several moves at once, on a branch
/// that the trunk has not seen, but no chain of moves within one lane and one step between two joins lanes that no
/// verb joins.
pub fn joins(from: Option<Lane>, to: Lane) -> bool {
    let Some(from) = from else { return to == Lane::Queue };
    from == to
        || Verb::ALL.into_iter().any(|verb| {
            Status::ALL.into_iter().any(|status| {
                let policy = Policy { gate: QueueGate::Open, stages: &[] };
                after(verb, State { lane: from, status }, policy)
                    .is_ok_and(|state| state.lane == to)
            })
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAGES: [Status; 2] = [Status::CriticReview, Status::ExpediterReview];
    const PLAIN: Policy<'_> = Policy { gate: QueueGate::Open, stages: &[] };
    const REVIEWED: Policy<'_> = Policy { gate: QueueGate::RequireQueued, stages: &STAGES };

    fn states() -> impl Iterator<Item = State> {
        Lane::ALL
            .into_iter()
            .flat_map(|lane| Status::ALL.into_iter().map(move |status| State { lane, status }))
    }

    #[test]
    fn every_move_ends_where_its_status_belongs() {
        for policy in [PLAIN, REVIEWED] {
            for state in states() {
                for verb in Verb::ALL {
                    if let Ok(next) = after(verb, state, policy) {
                        assert_eq!(lane_of(next.status), next.lane, "{verb:?} {state:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_status_in_a_lane_it_does_not_belong_to_moves_nowhere() {
        let state = State { lane: Lane::Queue, status: Status::Approved };
        for verb in Verb::ALL {
            let illegal = after(verb, state, PLAIN).unwrap_err();
            assert_eq!(illegal, Illegal::Misplaced(Status::Approved, Lane::Queue));
        }
    }

    #[test]
    fn the_lanes_are_joined_by_these_moves_and_no_other() {
        use Lane::{Active, Archive, Completed, Queue};
        let mut joined = Vec::new();
        for from in Lane::ALL {
            for to in Lane::ALL.into_iter().filter(|to| *to != from && joins(Some(from), *to)) {
                joined.push((from, to));
            }
        }
        let expected = [
            (Queue, Active),
            (Queue, Archive),
            (Active, Queue),
            (Active, Completed),
            (Active, Archive),
            (Completed, Queue),
            (Completed, Archive),
            (Archive, Queue),
        ];
        assert_eq!(joined, expected);
        assert!(Lane::ALL.into_iter().all(|lane| joins(None, lane) == (lane == Queue)));
    }

    #[test]
    fn the_straight_way_with_and_without_review() {
        use Verb::{Activate, Approve, Claim, Complete, Queue, RequestChanges, Submit};
        let go = |policy, verbs: &[Verb]| {
            let start = State { lane: Lane::Queue, status: Status::Open };
            let mut story = Vec::new();
            let end = verbs.iter().try_fold(start, |state, verb| {
                let next = after(*verb, state, policy)?;
                story.push(next.status.as_str());
                Ok::<_, Illegal>(next)
            });
            (end.map(|state| state.lane), story.join(" "))
        };
        assert_eq!(
            go(PLAIN, &[Claim, Activate, Complete]),
            (Ok(Lane::Completed), "claimed in_progress approved".to_owned())
        );
        let reviewed =
            [Queue, Claim, Activate, Submit, RequestChanges, Submit, Approve, Approve, Complete];
        let story = "queued claimed in_progress critic_review changes_requested critic_review \
                     expediter_review expediter_review approved";
        assert_eq!(go(REVIEWED, &reviewed), (Ok(Lane::Completed), story.to_owned()));
        assert_eq!(go(REVIEWED, &[Claim]).0, Err(Illegal::Status(Status::Open)));
        assert_eq!(
            go(REVIEWED, &[Queue, Claim, Activate, Complete]).0,
            Err(Illegal::Status(Status::InProgress))
        );
        assert_eq!(go(PLAIN, &[Claim, Activate, Submit]).0, Err(Illegal::NoStages));
    }
}
