//! The states of a ticket and every move between them, in one place.
//!
//! A state is a lane and a status. [`after`] is total: for each verb, each state and each policy it gives the state
//! that follows, or says why there is none. The verbs ask it before they change anything, the guard asks it about
//! changes that it did not make itself, and nothing else compares statuses.

use crate::ticket::{Lane, QueueGate, Status};

/// Something that is done to a ticket. Most verbs move it to another state; the others change it where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verb {
    /// A person lets it through the gate.
    Queue,
    /// It goes back to its specification.
    Draft,
    Claim,
    /// The holder's workspace stands.
    Activate,
    /// Somebody adds to its story.
    Note,
    /// Its words or its own keys change.
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
    /// The work is done, as far as its holder is concerned.
    Submit,
    /// A review says yes.
    Approve,
    RequestChanges,
    Complete,
    /// Its branch, on which it is complete, reaches the trunk without a pull request.
    Land,
    /// It ends without being done.
    Close,
    /// It is put away after its completion.
    Archive,
    /// It was ended too early.
    Reopen,
    /// It was completed, and its holder goes on with it before its branch is merged.
    TakeUp,
    /// What it brought needs more work, in a ticket of its own.
    Rework,
}

impl Verb {
    /// Every verb, in the order in which a ticket meets them.
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

    /// The commands behind `tix` that do it; what only follows from another command has none.
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

    /// The first of them.
    pub const fn command(self) -> Option<&'static str> {
        self.commands().first().copied()
    }

    /// What has been done to the ticket then, to stand behind "cannot be".
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

/// Where a ticket is and what it says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TicketState {
    pub lane: Lane,
    /// The status in its front matter.
    pub status: Status,
}

/// All of a ticket that its moves depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Situation {
    /// Where it is, by its newest copy: the one on the ticket branch while somebody holds it.
    pub state: TicketState,
    /// The lane that the trunk has it in: one behind while it is complete on its branch, and that is not merged.
    pub trunk: Lane,
    /// Whether something outside of it keeps it from going on: a flag beside the status, because a blocked ticket
    /// is still queued, held or reviewed.
    pub blocked: bool,
}

impl Situation {
    /// The verb that is meant: to reopen a ticket whose branch is not merged is to go on with the work on that branch.
    fn meant_by(self, verb: Verb) -> Verb {
        let unmerged = self.state.lane == Lane::Completed && self.trunk == Lane::Active;
        if verb == Verb::Reopen && unmerged { Verb::TakeUp } else { verb }
    }

    /// The state that a verb finds it in. What ends a claim, or begins after the end of one, is done to the trunk's copy.
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
    /// Whoever can push.
    Anybody,
    Holder,
    /// Whoever does not hold it.
    Others,
}

/// What a team has decided about the moves.
#[derive(Clone, Copy, Debug)]
pub struct Policy<'a> {
    /// Whether a person must have queued a ticket before it can be claimed.
    pub gate: QueueGate,
    /// The stages of the review, in order; none where work is completed without one.
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

/// Why a verb does not apply to any ticket in a state; of one ticket [`super::Refusal::Illegal`] says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Illegal {
    /// The ticket is in another lane than the verb starts from.
    #[error("it is in {0}/")]
    Lane(Lane),
    #[error("its status is `{0}`")]
    Status(Status),
    /// What the status says cannot be where the file is.
    #[error("`{0}` is not a status for {1}/")]
    Misplaced(Status, Lane),
    /// The configuration knows no review.
    #[error("this repository has no review stages")]
    NoStages,
    /// It is flagged as blocked, and the verb would bring it forward.
    #[error("it is blocked")]
    Blocked,
    /// There is no flag to take away.
    #[error("it is not blocked")]
    NotBlocked,
    /// tix merges nothing here.
    #[error("work reaches the trunk by pull request here")]
    ByRequest,
    #[error("it is on the trunk already")]
    Landed,
    /// A claim is being set up, or its set-up was interrupted.
    #[error("its set-up is not finished")]
    Unfinished,
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

/// The lanes in which a verb finds its tickets.
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

/// The state that follows when `verb` is done to a ticket in `state`.
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

/// The status that a verb gives a ticket which is in the right lane for it.
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
        // Another holder has another look at the work: what was approved before is not taken over.
        Verb::Reclaim | Verb::Handoff | Verb::TakeUp => Ok(Status::InProgress),
        Verb::Note | Verb::Edit | Verb::Block | Verb::Unblock | Verb::Rework => Ok(status),
        // Again while it is under review: the branch has moved since.
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

/// The state that follows for a ticket in this situation. Beside the state its flag decides, and a claim that is being set
/// up belongs to whoever sets it up: a commit in between would be taken for somebody else's.
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

/// The verbs that a ticket in this situation is open to, whoever asks.
pub fn legal(situation: Situation, policy: Policy<'_>) -> Vec<Verb> {
    let open = |verb: &Verb| verb.command().is_some() && allows(*verb, situation, policy).is_ok();
    Verb::ALL.into_iter().filter(open).collect()
}

/// Where only the lanes count, every policy says the same.
const ANY: Policy<'_> = Policy {
    gate: QueueGate::Open,
    stages: &[],
    own_review: OwnReview::Refused,
    arrival: Arrival::Land,
};

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
                after(verb, TicketState { lane: from, status }, ANY)
                    .is_ok_and(|state| state.lane == to)
            })
        })
}

#[cfg(test)]
mod tests;
