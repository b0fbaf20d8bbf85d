//! The states of a ticket and all moves between them, in one place.
//!
//! A state is a lane and a status. [`after`] is total: for each verb, state and policy it returns the next state, or
//! says why there is none. The verbs ask it before they change anything, the guard asks it about changes that others
//! made, and nothing else compares statuses.

use crate::ticket::{Lane, QueueGate, Status};

/// Something that is done to a ticket. Most verbs move it to another state; the others change it in place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verb {
    /// A person lets it through the gate.
    Queue,
    /// It goes back to its specification.
    Draft,
    Claim,
    /// The holder's workspace is ready.
    Activate,
    /// Somebody adds to its changelog.
    Note,
    /// Its text or its own keys change.
    Edit,
    /// The work cannot go on.
    Block,
    /// The work can go on.
    Unblock,
    /// The holder gives it back.
    Release,
    /// The holder gives it to somebody else.
    Handoff,
    /// Somebody else takes it over.
    Reclaim,
    /// The holder considers the work done.
    Submit,
    /// A review approves it.
    Approve,
    RequestChanges,
    Complete,
    /// Its branch, on which it is complete, lands on the trunk without a pull request.
    Land,
    /// It ends without being done.
    Close,
    /// It is archived after its completion.
    Archive,
    /// It was ended too early.
    Reopen,
    /// It was completed, and its holder continues it before its branch is merged.
    TakeUp,
    /// Its result needs more work, in a new ticket.
    Rework,
}

impl Verb {
    /// Every verb, in the usual order.
    pub const ALL: [Verb; 21] = [
        Verb::Queue,
        Verb::Draft,
        Verb::Claim,
        Verb::Activate,
        Verb::Note,
        Verb::Edit,
        Verb::Block,
        Verb::Unblock,
        Verb::Release,
        Verb::Handoff,
        Verb::Reclaim,
        Verb::Submit,
        Verb::Approve,
        Verb::RequestChanges,
        Verb::Complete,
        Verb::Land,
        Verb::Close,
        Verb::Archive,
        Verb::Reopen,
        Verb::TakeUp,
        Verb::Rework,
    ];

    /// The commands of `tix` that do it; none if it only follows from another command.
    pub const fn commands(self) -> &'static [&'static str] {
        match self {
            Verb::Queue => &["queue"],
            Verb::Draft => &["draft"],
            Verb::Claim => &["activate"],
            Verb::Note => &["note"],
            Verb::Edit => &["edit", "set", "tick"],
            Verb::Block => &["block"],
            Verb::Unblock => &["unblock"],
            Verb::Release => &["release"],
            Verb::Handoff => &["handoff"],
            Verb::Reclaim => &["reclaim"],
            Verb::Submit => &["submit"],
            Verb::Approve => &["review --approve"],
            Verb::RequestChanges => &["review --request-changes"],
            Verb::Complete => &["complete"],
            Verb::Land => &["land"],
            Verb::Close => &["close"],
            Verb::Archive => &["archive"],
            Verb::Reopen => &["reopen"],
            Verb::Rework => &["rework"],
            Verb::Activate | Verb::TakeUp => &[],
        }
    }

    /// The first of these commands.
    pub const fn command(self) -> Option<&'static str> {
        self.commands().first().copied()
    }

    /// The participle that completes "cannot be".
    pub const fn done(self) -> &'static str {
        match self {
            Verb::Queue => "queued",
            Verb::Draft => "made a draft",
            Verb::Claim => "claimed",
            Verb::Activate => "activated",
            Verb::Note => "noted on",
            Verb::Edit => "edited",
            Verb::Block => "blocked",
            Verb::Unblock => "unblocked",
            Verb::Release => "given back",
            Verb::Handoff => "handed on",
            Verb::Reclaim => "taken over",
            Verb::Submit => "submitted",
            Verb::Approve => "approved",
            Verb::RequestChanges => "sent back",
            Verb::Complete => "completed",
            Verb::Land => "landed",
            Verb::Close => "closed",
            Verb::Archive => "archived",
            Verb::Reopen | Verb::TakeUp => "reopened",
            Verb::Rework => "reworked",
        }
    }
}

/// A ticket's lane and status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TicketState {
    pub lane: Lane,
    /// The status in its front matter.
    pub status: Status,
}

/// Everything that decides which moves a ticket allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Situation {
    /// The state of its newest copy: the one on the ticket branch while somebody holds it.
    pub state: TicketState,
    /// Its lane on the trunk, which lags behind while the ticket is complete on its unmerged branch.
    pub trunk: Lane,
    /// Whether something external prevents progress. This flag is separate from the status, because a blocked ticket is
    /// still queued, held or reviewed.
    pub blocked: bool,
}

impl Situation {
    /// The verb that is really meant: reopening a ticket whose branch is not merged means continuing on that branch.
    fn meant_by(self, verb: Verb) -> Verb {
        let unmerged = self.state.lane == Lane::Completed && self.trunk == Lane::Active;
        if verb == Verb::Reopen && unmerged { Verb::TakeUp } else { verb }
    }

    /// The state that a verb starts from. What ends a claim, or begins after its end, changes the trunk's copy.
    fn for_verb(self, verb: Verb) -> TicketState {
        let of_the_trunk = matches!(
            verb,
            Verb::Release | Verb::Close | Verb::Archive | Verb::Reopen | Verb::Rework
        );
        if !of_the_trunk || self.trunk == self.state.lane {
            return self.state;
        }
        TicketState { lane: self.trunk, status: Status::usual_in(self.trunk) }
    }
}

/// Who may do something to a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mover {
    /// Everyone who can push.
    Anybody,
    Holder,
    /// Everyone except its holder.
    Others,
}

/// What a team has decided about the moves.
#[derive(Clone, Copy, Debug)]
pub struct Policy<'a> {
    /// Whether a person must have queued a ticket before it can be claimed.
    pub gate: QueueGate,
    /// The review stages, in order; none if work is completed without a review.
    pub stages: &'a [Status],
    /// Whether a holder may review their own work.
    pub own_review: OwnReview,
    /// How completed work reaches the trunk.
    pub arrival: Arrival,
}

/// Whether a holder may review their own work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnReview {
    /// Somebody else must.
    Refused,
    Allowed,
}

/// How completed work reaches the trunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// By a pull request, or a merge by hand.
    Request,
    /// `tix land` may merge it.
    Land,
}

/// Why a verb does not apply to any ticket in a state; [`super::Refusal::Illegal`] says it of one ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Illegal {
    /// The ticket is in another lane than the verb starts from.
    #[error("it is in {0}/")]
    Lane(Lane),
    #[error("its status is `{0}`")]
    Status(Status),
    /// A status that does not fit the lane.
    #[error("it is `{status}`, which is not a status for {1}/", status = .0.words(&[]))]
    Misplaced(Status, Lane),
    /// The configuration has no review stages.
    #[error("this repository has no review stages")]
    NoStages,
    /// It is flagged as blocked, and the verb would advance it.
    #[error("it is blocked")]
    Blocked,
    /// There is no flag to remove.
    #[error("it is not blocked")]
    NotBlocked,
    /// tix does not merge in this repository.
    #[error("this repository lands work by pull request")]
    ByRequest,
    #[error("it is on the trunk already")]
    Landed,
    /// A claim is being set up, or its set-up was interrupted.
    #[error("its set-up is not finished")]
    Unfinished,
}

/// What is wrong with a status in this lane, after the name of its ticket; `None` if it belongs there. An error is a word
/// that is no status.
pub fn mismatch(lane: Lane, status: Result<Status, &str>) -> Option<String> {
    match status {
        Err(word) => Some(format!("has an unknown status: `{word}`")),
        Ok(status) if lane_of(status) == lane => None,
        Ok(status) => {
            let (home, words) = (lane_of(status), status.words(&[]));
            Some(format!("is in {lane}/, but its status `{words}` belongs in {home}/"))
        }
    }
}

/// The lanes for a ticket with this status.
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

pub fn who(verb: Verb, situation: Situation, policy: Policy<'_>) -> Mover {
    match situation.meant_by(verb) {
        Verb::Activate
        | Verb::Release
        | Verb::Handoff
        | Verb::Submit
        | Verb::Complete
        | Verb::TakeUp => Mover::Holder,
        Verb::Close => match situation.for_verb(verb).lane {
            Lane::Active => Mover::Holder,
            Lane::Queue | Lane::Completed | Lane::Archive => Mover::Anybody,
        },
        Verb::Approve | Verb::RequestChanges => match policy.own_review {
            OwnReview::Refused => Mover::Others,
            OwnReview::Allowed => Mover::Anybody,
        },
        Verb::Queue
        | Verb::Draft
        | Verb::Claim
        | Verb::Note
        | Verb::Edit
        | Verb::Block
        | Verb::Unblock
        | Verb::Reclaim
        | Verb::Land
        | Verb::Archive
        | Verb::Reopen
        | Verb::Rework => Mover::Anybody,
    }
}

pub const fn starts_in(verb: Verb) -> &'static [Lane] {
    match verb {
        Verb::Queue | Verb::Draft | Verb::Claim => &[Lane::Queue],
        Verb::Note | Verb::Edit => &Lane::ALL,
        Verb::Activate
        | Verb::Release
        | Verb::Handoff
        | Verb::Reclaim
        | Verb::Submit
        | Verb::Approve
        | Verb::RequestChanges
        | Verb::Complete => &[Lane::Active],
        Verb::Close | Verb::Block | Verb::Unblock => &[Lane::Queue, Lane::Active],
        Verb::Land | Verb::Archive | Verb::TakeUp => &[Lane::Completed],
        Verb::Reopen | Verb::Rework => &[Lane::Completed, Lane::Archive],
    }
}

/// The next state when `verb` is done to a ticket in `state`.
pub fn after(verb: Verb, state: TicketState, policy: Policy<'_>) -> Result<TicketState, Illegal> {
    let TicketState { lane, status } = state;
    if lane_of(status) != lane {
        return Err(Illegal::Misplaced(status, lane));
    }
    if !starts_in(verb).contains(&lane) {
        return Err(Illegal::Lane(lane));
    }
    let status = status_after(verb, status, policy)?;
    Ok(TicketState { lane: lane_of(status), status })
}

/// The status that a verb gives to a ticket in the right lane.
fn status_after(verb: Verb, status: Status, policy: Policy<'_>) -> Result<Status, Illegal> {
    let only_if = |ready: bool, next: Status| ready.then_some(next).ok_or(Illegal::Status(status));
    let stage = policy.stages.iter().position(|stage| *stage == status);
    match verb {
        Verb::Queue => only_if(status != Status::Queued, Status::Queued),
        Verb::Draft => only_if(status != Status::Draft, Status::Draft),
        Verb::Claim => only_if(status.is_claimable(policy.gate), Status::Claimed),
        Verb::Activate => only_if(status == Status::Claimed, Status::InProgress),
        Verb::Release => Ok(match policy.gate {
            QueueGate::Open => Status::Open,
            QueueGate::RequireQueued => Status::Queued,
        }),
        // A new holder looks at the work again: earlier approvals do not carry over.
        Verb::Reclaim | Verb::Handoff | Verb::TakeUp => Ok(Status::InProgress),
        Verb::Note | Verb::Edit | Verb::Block | Verb::Unblock | Verb::Rework => Ok(status),
        // Submitted again during the review: the branch has moved since.
        Verb::Submit => {
            let first = *policy.stages.first().ok_or(Illegal::NoStages)?;
            only_if(status != Status::Claimed, first)
        }
        Verb::Approve | Verb::RequestChanges if policy.stages.is_empty() => Err(Illegal::NoStages),
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
        Verb::Land => match policy.arrival {
            Arrival::Request => Err(Illegal::ByRequest),
            Arrival::Land => Ok(status),
        },
        Verb::Close | Verb::Archive => Ok(Status::Closed),
        Verb::Reopen => Ok(Status::Open),
    }
}

/// The next state for a ticket in this situation. Besides the state, the blocked flag counts; and a claim whose set-up
/// is unfinished belongs to whoever sets it up: a commit in between would be taken for somebody else's.
pub fn allows(
    verb: Verb,
    situation: Situation,
    policy: Policy<'_>,
) -> Result<TicketState, Illegal> {
    let verb = situation.meant_by(verb);
    let next = after(verb, situation.for_verb(verb), policy)?;
    let forward = matches!(verb, Verb::Claim | Verb::Submit | Verb::Approve | Verb::Complete);
    if forward && situation.blocked {
        return Err(Illegal::Blocked);
    }
    if verb == Verb::Unblock && !situation.blocked {
        return Err(Illegal::NotBlocked);
    }
    if verb == Verb::Land && situation.trunk == situation.state.lane {
        return Err(Illegal::Landed);
    }
    let in_place = matches!(verb, Verb::Note | Verb::Edit | Verb::Block | Verb::Unblock);
    if in_place && situation.state.status == Status::Claimed {
        return Err(Illegal::Unfinished);
    }
    Ok(next)
}

/// The verbs that are possible in this situation, whoever asks.
pub fn legal(situation: Situation, policy: Policy<'_>) -> Vec<Verb> {
    let open = |verb: &Verb| verb.command().is_some() && allows(*verb, situation, policy).is_ok();
    Verb::ALL.into_iter().filter(open).collect()
}

/// Where only lanes count, every policy gives the same result.
const ANY: Policy<'_> = Policy {
    gate: QueueGate::Open,
    stages: &[],
    own_review: OwnReview::Refused,
    arrival: Arrival::Land,
};

/// Whether any verb moves a ticket from one lane to the other, whatever the policy. A new ticket begins in the queue, or where what
/// is over lies, if an import brings it from a system in which it ended. Only a claim makes one active.
///
/// This is what can be said of a commit that somebody else made. It may stand for several moves at once, on a branch
/// that the trunk has not seen. But no chain of moves within one lane and one step between two connects lanes that no
/// verb connects.
pub fn joins(from: Option<Lane>, to: Lane) -> bool {
    let Some(from) = from else { return to != Lane::Active };
    from == to
        || Verb::ALL.into_iter().any(|verb| {
            Status::ALL.into_iter().any(|status| {
                after(verb, TicketState { lane: from, status }, ANY)
                    .is_ok_and(|state| state.lane == to)
            })
        })
}

#[cfg(test)]
mod tests;
