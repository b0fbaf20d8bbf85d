//! Consequences of the table of moves.

use super::*;

const STAGES: [Status; 2] = [Status::CriticReview, Status::ExpediterReview];
const PLAIN: Policy<'_> = ANY;
const REVIEWED: Policy<'_> = Policy {
    gate: QueueGate::RequireQueued,
    stages: &STAGES,
    own_review: OwnReview::Refused,
    arrival: Arrival::Request,
};

fn states() -> impl Iterator<Item = TicketState> {
    Lane::ALL
        .into_iter()
        .flat_map(|lane| Status::ALL.into_iter().map(move |status| TicketState { lane, status }))
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
    let state = TicketState { lane: Lane::Queue, status: Status::Approved };
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
        (Completed, Active),
        (Completed, Archive),
        (Archive, Queue),
    ];
    assert_eq!(joined, expected);
    assert!(Lane::ALL.into_iter().all(|lane| joins(None, lane) == (lane != Active)));
}

#[test]
fn the_straight_way_with_and_without_review() {
    use Verb::{Activate, Approve, Claim, Complete, Queue, RequestChanges, Submit};
    let go = |policy, verbs: &[Verb]| {
        let start = TicketState { lane: Lane::Queue, status: Status::Open };
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
#[test]
fn what_is_complete_on_its_branch_is_landed_taken_up_given_back_or_closed_and_no_more() {
    use Verb::{Archive, Close, Edit, Land, Note, Release, Reopen, Rework};
    let state = TicketState { lane: Lane::Completed, status: Status::Approved };
    let ahead = Situation { state, trunk: Lane::Active, blocked: false };
    assert_eq!(legal(ahead, PLAIN), [Note, Edit, Release, Land, Close, Reopen]);
    assert_eq!(allows(Reopen, ahead, PLAIN).unwrap().lane, Lane::Active);
    assert_eq!(who(Reopen, ahead, PLAIN), Mover::Holder);
    assert_eq!(allows(Land, ahead, REVIEWED), Err(Illegal::ByRequest));
    let there = Situation { trunk: Lane::Completed, ..ahead };
    assert_eq!(legal(there, PLAIN), [Note, Edit, Archive, Reopen, Rework]);
    assert_eq!(allows(Land, there, PLAIN), Err(Illegal::Landed));
}
