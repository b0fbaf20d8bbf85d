//! Serializes the lives of tickets, so that they need not be replayed from the beginning each time.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::story::{Life, QueueHistory, Stay};
use crate::ticket::{Lane, TicketId};

#[derive(Serialize, Deserialize)]
struct PackedHistory<'a> {
    latest: Option<i64>,
    /// The people who moved tickets, each once.
    #[serde(borrow)]
    people: Vec<&'a str>,
    lives: Vec<(&'a str, Vec<PackedStay>)>,
}

/// The time, in seconds since 1970; the lane, by its index in [`Lane::ALL`]; and the person, by their index.
type PackedStay = (i64, Option<u8>, u32);

impl QueueHistory {
    /// `None` if there are more people than the number type can index.
    pub fn pack(&self) -> Option<Vec<u8>> {
        let mut places: BTreeMap<&str, u32> = BTreeMap::new();
        let mut people: Vec<&str> = Vec::new();
        let mut lives = Vec::with_capacity(self.lives.len());
        for (id, life) in &self.lives {
            let mut stays = Vec::with_capacity(life.stays.len());
            for stay in &life.stays {
                let next = u32::try_from(people.len()).ok()?;
                let place = *places.entry(&stay.by).or_insert_with(|| {
                    people.push(&stay.by);
                    next
                });
                let lane = stay.lane.and_then(|lane| Lane::ALL.iter().position(|l| *l == lane));
                let lane = lane.map(u8::try_from).transpose().ok()?;
                stays.push((stay.since.timestamp(), lane, place));
            }
            lives.push((id.as_str(), stays));
        }
        let latest = self.latest.map(|at| at.timestamp());
        postcard::to_allocvec(&PackedHistory { latest, people, lives }).ok()
    }

    /// `None` for bytes that are not a packed history.
    pub fn unpack(bytes: &[u8]) -> Option<QueueHistory> {
        let packed: PackedHistory<'_> = postcard::from_bytes(bytes).ok()?;
        let people: Vec<Arc<str>> = packed.people.into_iter().map(Arc::from).collect();
        let moment = |at: i64| DateTime::<Utc>::from_timestamp(at, 0);
        let stay = |(since, lane, by): PackedStay| {
            let lane = match lane {
                Some(lane) => Some(*Lane::ALL.get(usize::from(lane))?),
                None => None,
            };
            let by = people.get(usize::try_from(by).ok()?)?;
            Some(Stay { since: moment(since)?, lane, by: Arc::clone(by) })
        };
        let life = |(id, stays): (&str, Vec<PackedStay>)| {
            let stays = stays.into_iter().map(stay).collect::<Option<Vec<Stay>>>()?;
            Some((TicketId::parse(id).ok()?, Life { stays, ..Life::default() }))
        };
        let lives = packed.lives.into_iter().map(life).collect::<Option<BTreeMap<_, _>>>()?;
        let latest = match packed.latest {
            Some(at) => Some(moment(at)?),
            None => None,
        };
        Some(QueueHistory { lives, latest })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::story::{LaneChange, TrunkCommit};
    use super::*;

    /// A commit that brings a ticket into a lane, or takes it away.
    fn step((ticket, lane, at, by): (u8, usize, i64, u8)) -> TrunkCommit {
        let id = TicketId::parse(&format!("TICKET-a-{ticket:03}")).unwrap();
        let change = match Lane::ALL.get(lane) {
            Some(lane) => LaneChange::Came(id, *lane),
            None => LaneChange::Went(id, Lane::Queue),
        };
        let at = DateTime::from_timestamp(at, 0).unwrap();
        TrunkCommit { at, by: format!("Person {by}").into(), changes: vec![change] }
    }

    proptest! {
        #[test]
        fn a_history_that_was_packed_goes_on_as_if_it_had_not(
            steps in prop::collection::vec((0_u8..4, 0_usize..5, -9_i64..999, 0_u8..3), 0..30),
            cut in 0_usize..30,
        ) {
            let (mut whole, mut torn) = (QueueHistory::default(), QueueHistory::default());
            for (at, values) in steps.into_iter().enumerate() {
                if at == cut {
                    torn = QueueHistory::unpack(&torn.pack().unwrap()).unwrap();
                }
                whole.replay(&step(values));
                torn.replay(&step(values));
            }
            prop_assert_eq!(&torn, &whole);
            prop_assert_eq!(QueueHistory::unpack(&whole.pack().unwrap()), Some(whole));
        }

        #[test]
        fn no_bytes_panic_a_reader(bytes: Vec<u8>) {
            QueueHistory::unpack(&bytes);
        }
    }

    /// If these bytes change, change the version of the cache in `commands/report/history.rs` too.
    #[test]
    fn the_form_is_the_one_that_files_hold() {
        let mut story = QueueHistory::default();
        for values in [(1, 0, 70, 1), (1, 1, 60, 2), (2, 2, 80, 1), (1, 4, 90, 1)] {
            story.replay(&step(values));
        }
        insta::assert_snapshot!(story.pack().unwrap().escape_ascii(), @r"\x01\xb4\x01\x02\x08Person 1\x08Person 2\x02\x0cTICKET-a-001\x03\x8c\x01\x01\x00\x00\x8c\x01\x01\x01\x01\xb4\x01\x00\x00\x0cTICKET-a-002\x01\xa0\x01\x01\x02\x00");
    }
}
