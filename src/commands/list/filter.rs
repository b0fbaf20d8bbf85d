//! Filters and orders the list.

use std::cmp::Reverse;

use clap::ValueEnum;

use crate::app::board::last_activity;
use crate::lifecycle::Rank;
use crate::ticket::{Lane, Priority, Status, TicketRow};

/// A lane, or all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Lanes {
    /// Waiting for somebody to claim it
    Queue,
    /// Claimed: somebody holds it
    Active,
    /// Done
    Completed,
    /// Closed without being done
    Archive,
    /// Every lane
    All,
}

impl Lanes {
    fn lanes(self) -> &'static [Lane] {
        match self {
            Lanes::Queue => &[Lane::Queue],
            Lanes::Active => &[Lane::Active],
            Lanes::Completed => &[Lane::Completed],
            Lanes::Archive => &[Lane::Archive],
            Lanes::All => &Lane::ALL,
        }
    }

    pub fn of(asked: &[Lanes]) -> Vec<Lane> {
        let asked = if asked.is_empty() { &[Lanes::Queue, Lanes::Active] } else { asked };
        let wanted = |lane: &Lane| asked.iter().any(|lanes| lanes.lanes().contains(lane));
        Lane::ALL.into_iter().filter(wanted).collect()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusFilter {
    Is(Status),
    Blocked,
}

impl StatusFilter {
    pub fn parse(text: &str) -> Result<StatusFilter, String> {
        match Status::read(text) {
            Some(reading) if reading.blocked => Ok(StatusFilter::Blocked),
            Some(reading) => Ok(StatusFilter::Is(reading.status)),
            None => {
                let known: Vec<_> = Status::ALL.iter().map(|s| s.as_str()).collect();
                Err(format!("a status is one of {}, blocked", known.join(", ")))
            }
        }
    }

    pub fn fits(self, row: &TicketRow) -> bool {
        match self {
            StatusFilter::Is(status) => row.known == Some(status),
            StatusFilter::Blocked => row.blocked.is_some(),
        }
    }
}

/// Whether the holder's name contains this text, in any case.
pub fn is_held_by(row: &TicketRow, text: &str) -> bool {
    let holder = row.holder.as_deref().unwrap_or_default().to_lowercase();
    holder.contains(&text.to_lowercase())
}

/// The sort key of the list. Tickets without it come last, and equal ones are in the order of their ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SortKey {
    /// By lane, the queue in the order of `tix next`, the others by id
    Next,
    /// By lane: the queue by priority and age, as `tix next` takes tickets if none waits for another; the others by id
    Lane,
    /// By id
    Id,
    /// The most urgent first
    Priority,
    /// The oldest first
    Age,
    /// The latest activity first
    Activity,
    /// By holder
    Holder,
    /// In the order in which a ticket reaches them
    Status,
}

pub fn sort(rows: &mut [TicketRow], by: SortKey) {
    match by {
        // As whoever knows the dependencies has put them.
        SortKey::Next => {}
        SortKey::Lane => rows.sort_by_cached_key(|row| {
            let rank = || Rank::new(row.priority.as_deref(), row.since, &row.id, row.path.clone());
            (row.lane, (row.lane == Lane::Queue).then(rank), row.id.clone())
        }),
        SortKey::Id => rows.sort_by(|a, b| a.id.cmp(&b.id)),
        SortKey::Priority => {
            by_key(rows, |row| row.priority.as_deref().and_then(Priority::read));
        }
        SortKey::Age => by_key(rows, |row| row.since),
        SortKey::Activity => by_key(rows, |row| last_activity(row).map(Reverse)),
        SortKey::Holder => by_key(rows, |row| row.holder.clone()),
        SortKey::Status => by_key(rows, |row| row.known),
    }
}

fn by_key<K: Ord>(rows: &mut [TicketRow], key: impl Fn(&TicketRow) -> Option<K>) {
    rows.sort_by_cached_key(|row| {
        let key = key(row);
        (key.is_none(), key, row.id.clone())
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lanes_of_people_at_work_are_shown_unless_others_are_named() {
        assert_eq!(Lanes::of(&[]), [Lane::Queue, Lane::Active]);
        assert_eq!(Lanes::of(&[Lanes::Archive, Lanes::Queue]), [Lane::Queue, Lane::Archive]);
        assert_eq!(Lanes::of(&[Lanes::Queue, Lanes::All]), Lane::ALL);
    }

    #[test]
    fn a_status_is_asked_for_in_any_of_its_spellings() {
        let in_progress = Ok(StatusFilter::Is(Status::InProgress));
        assert_eq!(StatusFilter::parse("In-Progress"), in_progress);
        assert_eq!(StatusFilter::parse("blocked"), Ok(StatusFilter::Blocked));
        assert!(StatusFilter::parse("opened").unwrap_err().contains("open, queued"));
    }
}
