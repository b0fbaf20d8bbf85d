//! Whom a held ticket waits for. Only a holder whose turn it is can have left it.

use chrono::{DateTime, TimeDelta, Utc};

use crate::ticket::{FrontMatter, Status, StatusLine};

/// Whom a held ticket waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Awaited {
    Holder,
    /// It is submitted, and its stage has not approved it yet.
    Reviewer(Status),
    /// It is completed on its branch, and waits to be merged.
    Merge,
}

impl Awaited {
    /// By the newest copy of the ticket: its status, the stages that have approved it, and the stages of this repository.
    pub fn of(status: Option<Status>, approved: &[Status], stages: &[Status]) -> Awaited {
        match status {
            Some(Status::Approved) => Awaited::Merge,
            Some(stage) if stages.contains(&stage) && !approved.contains(&stage) => {
                Awaited::Reviewer(stage)
            }
            Some(_) | None => Awaited::Holder,
        }
    }

    pub fn of_head(head: &FrontMatter, stages: &[Status]) -> Awaited {
        let status = match head.status {
            StatusLine::Status(status) => Some(status),
            StatusLine::Nothing | StatusLine::Unknown { .. } => None,
        };
        Awaited::of(status, &head.approved, stages)
    }

    /// Whether the holder may be assumed to have left: it is their turn, and their last sign of work is this long ago. Without
    /// any known sign, they may.
    pub fn is_stale(
        self,
        last: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
        limit: TimeDelta,
    ) -> bool {
        self == Awaited::Holder && last.is_none_or(|last| now - last >= limit)
    }
}
