//! The lives of tickets, replayed from the commits of the trunk.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::ticket::{Lane, TicketId};

/// One commit of the trunk, as far as it moves tickets.
#[derive(Clone, Debug)]
pub struct TrunkCommit {
    pub at: DateTime<Utc>,
    pub by: Arc<str>,
    /// The places of tickets before it and after it.
    pub changes: Vec<LaneChange>,
}

/// A ticket file that was added or removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LaneChange {
    Came(TicketId, Lane),
    Went(TicketId, Lane),
}

/// A ticket's way through the lanes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Life {
    /// The lanes that it entered, with the time and the person of each move; `None` when it was removed.
    pub stays: Vec<Stay>,
    /// What the ticket itself says, which the commits of the trunk may tell later: a merge brings a completion days after it.
    pub recorded: RecordedTimes,
}

/// When a ticket says that it was claimed last, and completed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RecordedTimes {
    pub claimed: Option<DateTime<Utc>>,
    pub completed: Option<DateTime<Utc>>,
}

/// The beginning of a stay in a lane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stay {
    pub since: DateTime<Utc>,
    /// The lane; `None` is off the trunk.
    pub lane: Option<Lane>,
    pub by: Arc<str>,
}

/// Who holds a ticket, and since when.
#[derive(Clone, Debug)]
pub struct HeldSince {
    pub id: TicketId,
    pub by: String,
    pub since: DateTime<Utc>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QueueHistory {
    /// By their last ids.
    pub lives: BTreeMap<TicketId, Life>,
    /// The time of the last commit that moved a ticket; no later commit counts as made before it.
    pub(super) latest: Option<DateTime<Utc>>,
}

impl Life {
    /// Where it is now; `None` when it is not on the trunk any more.
    pub fn lane(&self) -> Option<Lane> {
        self.stays.last().and_then(|stay| stay.lane)
    }

    pub fn lane_at(&self, at: DateTime<Utc>) -> Option<Lane> {
        self.stays.iter().take_while(|stay| stay.since <= at).last().and_then(|stay| stay.lane)
    }

    /// When it was first claimed. A trunk that follows the claims has a claim later than the ticket.
    pub fn started(&self) -> Option<DateTime<Utc>> {
        let moved = self.stays.iter().find(|stay| stay.lane == Some(Lane::Active))?.since;
        let came = self.stays.first()?.since;
        Some(self.recorded.claimed.filter(|at| (came..moved).contains(at)).unwrap_or(moved))
    }

    /// When it was completed, if it is: when it says so, in whatever way and however late that came to the trunk. A ticket that was added as completed says nothing about the flow.
    pub fn finished(&self) -> Option<DateTime<Utc>> {
        let over = matches!(self.lane(), Some(Lane::Completed | Lane::Archive));
        let mut later = self.stays.iter().skip(1);
        let last = later.rfind(|stay| stay.lane == Some(Lane::Completed));
        let landed = last.filter(|_| over)?.since;
        let since = self.started().or_else(|| Some(self.stays.first()?.since))?;
        let said = self.recorded.completed.filter(|at| (since..=landed).contains(at));
        Some(said.unwrap_or(landed))
    }
}

impl QueueHistory {
    /// Corrects the times that cannot be true, of clocks that are ahead: a commit from later than `now` was made no later than
    /// the next one whose time can be true, else than now. The newest commit is first.
    pub fn settle(steps: &mut [TrunkCommit], now: DateTime<Utc>) {
        let mut latest = now;
        for step in steps {
            if step.at > now {
                step.at = latest;
            } else {
                latest = step.at;
            }
        }
    }

    /// Replays one more commit, made on top of the replayed ones.
    pub fn replay(&mut self, step: &TrunkCommit) {
        // What moves nothing says nothing about when others moved.
        if step.changes.is_empty() {
            return;
        }
        // The clocks of the machines differ, and the order of the commits is the truth.
        let at = self.latest.map_or(step.at, |latest| latest.max(step.at));
        self.latest = Some(at);
        self.tell(at, step);
    }

    /// When the first ticket was added.
    pub fn begin(&self) -> Option<DateTime<Utc>> {
        self.lives.values().filter_map(|life| life.stays.first()).map(|stay| stay.since).min()
    }

    fn tell(&mut self, at: DateTime<Utc>, step: &TrunkCommit) {
        let mut went: Vec<&TicketId> = Vec::new();
        let mut came: Vec<(&TicketId, Lane)> = Vec::new();
        for change in &step.changes {
            match change {
                LaneChange::Came(id, lane) => came.push((id, *lane)),
                LaneChange::Went(id, _) => went.push(id),
            }
        }
        let stay = |lane| Stay { since: at, lane, by: Arc::clone(&step.by) };
        for (id, lane) in &came {
            // A claim gives a ticket without a sequence one, and with it another name.
            let unnumbered = went.iter().find(|old| {
                !came.iter().any(|(new, _)| new == *old) && old.as_str() == id.without_sequence()
            });
            if let Some(life) = unnumbered.and_then(|old| self.lives.remove(*old)) {
                self.lives.insert((*id).clone(), life);
            }
            let life = self.lives.entry((*id).clone()).or_default();
            if life.lane() != Some(*lane) {
                life.stays.push(stay(Some(*lane)));
            }
        }
        for id in went {
            if came.iter().any(|(new, _)| *new == id) {
                continue;
            }
            if let Some(life) = self.lives.get_mut(id) {
                life.stays.push(stay(None));
            }
        }
    }

    /// Adds the current holder of a ticket.
    pub fn set_holder(&mut self, id: &TicketId, holder: &str) {
        let stay = self.lives.get_mut(id).and_then(|life| life.stays.last_mut());
        if let Some(stay) = stay.filter(|stay| stay.lane == Some(Lane::Active)) {
            stay.by = Arc::from(holder);
        }
    }

    /// Adds what a ticket says of its own times.
    pub fn set_times(&mut self, id: &TicketId, recorded: RecordedTimes) {
        if let Some(life) = self.lives.get_mut(id) {
            life.recorded = recorded;
        }
    }

    /// Leaves a ticket out of all figures.
    pub fn leave_out(&mut self, id: &TicketId) {
        self.lives.remove(id);
    }

    /// The tickets that are held at a moment, those that have been held longest first. Each is held since it says so, as in
    /// `tix list`.
    pub fn held(&self, now: DateTime<Utc>) -> Vec<HeldSince> {
        let mut held: Vec<HeldSince> = self
            .lives
            .iter()
            .filter_map(|(id, life)| Some((id, life, life.stays.last()?)))
            .filter(|(_, _, stay)| stay.lane == Some(Lane::Active))
            .map(|(id, life, stay)| HeldSince {
                id: id.clone(),
                by: stay.by.to_string(),
                since: life.recorded.claimed.filter(|at| *at <= now).unwrap_or(stay.since),
            })
            .collect();
        held.sort_by_key(|held| held.since);
        held
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;

    use super::*;

    fn id(text: &str) -> TicketId {
        TicketId::parse(text).unwrap()
    }

    fn at(hour: u32) -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2025, 12, 3, hour, 0, 0).unwrap()
    }

    fn step(hour: u32, changes: &[LaneChange]) -> TrunkCommit {
        TrunkCommit { at: at(hour), by: format!("person {hour}").into(), changes: changes.to_vec() }
    }

    fn replayed(steps: &[TrunkCommit]) -> QueueHistory {
        let mut story = QueueHistory::default();
        for step in steps {
            story.replay(step);
        }
        story
    }

    fn moved(ticket: &str, from: Lane, to: Lane) -> [LaneChange; 2] {
        [LaneChange::Came(id(ticket), to), LaneChange::Went(id(ticket), from)]
    }

    use Lane::{Active, Archive, Completed, Queue};

    #[test]
    fn a_life_is_what_its_moves_say() {
        let story = replayed(&[
            step(1, &[LaneChange::Came(id("a"), Queue), LaneChange::Came(id("b"), Completed)]),
            step(2, &moved("a", Queue, Active)),
            step(3, &moved("a", Active, Queue)),
            step(4, &moved("a", Queue, Active)),
            step(9, &moved("a", Active, Completed)),
            step(10, &moved("b", Completed, Archive)),
        ]);
        let life = &story.lives[&id("a")];
        assert_eq!((life.started(), life.finished()), (Some(at(2)), Some(at(9))));
        assert_eq!(life.lane_at(at(3)), Some(Queue));
        assert_eq!(life.lane_at(at(0)), None);
        assert_eq!(story.begin(), Some(at(1)));
        // It came as completed: nobody saw it being worked on.
        assert_eq!(story.lives[&id("b")].finished(), None);
        assert!(story.held(at(11)).is_empty());
    }

    #[test]
    fn a_claim_that_numbers_a_ticket_goes_on_with_its_life() {
        let story = replayed(&[
            step(1, &[LaneChange::Came(id("TICKET-x"), Queue)]),
            step(
                5,
                &[
                    LaneChange::Came(id("TICKET-x-001"), Active),
                    LaneChange::Went(id("TICKET-x"), Queue),
                ],
            ),
        ]);
        assert_eq!(story.lives.len(), 1);
        assert_eq!(story.lives[&id("TICKET-x-001")].stays.len(), 2);
        let held = story.held(at(6));
        assert_eq!((held[0].by.as_str(), held[0].since), ("person 5", at(5)));
    }

    #[test]
    fn a_clock_that_is_ahead_is_taken_over_nothing() {
        let mut steps = vec![
            step(20, &moved("b", Active, Queue)),
            step(6, &moved("b", Queue, Active)),
            step(23, &moved("a", Queue, Active)),
            step(5, &[LaneChange::Came(id("b"), Queue)]),
            step(8, &[]),
            step(4, &[LaneChange::Came(id("a"), Queue)]),
        ];
        QueueHistory::settle(&mut steps, at(9));
        steps.reverse();
        let story = replayed(&steps);
        let times = |name: &str| {
            story.lives[&id(name)].stays.iter().map(|stay| stay.since).collect::<Vec<_>>()
        };
        assert_eq!(times("a"), [at(4), at(6)]);
        assert_eq!(times("b"), [at(5), at(6), at(9)]);
    }

    #[test]
    fn a_clock_that_runs_back_does_not_turn_time_back() {
        let story = replayed(&[
            step(5, &[LaneChange::Came(id("a"), Queue)]),
            step(3, &moved("a", Queue, Active)),
            step(6, &[LaneChange::Went(id("a"), Active)]),
        ]);
        let life = &story.lives[&id("a")];
        assert_eq!(life.started(), Some(at(5)));
        assert_eq!(life.lane(), None);
    }
}
