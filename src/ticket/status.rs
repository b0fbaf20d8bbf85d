//! The states of a ticket, and the words people use for them.

use std::fmt;

use super::lane::Lane;
use serde::{Deserialize, Serialize};

/// The status of a ticket, as in its front matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Not ready to be worked on.
    Draft,
    /// Ready to be worked on.
    Open,
    /// Ready, and a person has let it through the gate.
    Queued,
    /// Held, but the workspace is not set up yet.
    Claimed,
    /// Held and worked on.
    InProgress,
    /// Held, in the first stage of review.
    CriticReview,
    /// Held, in the second stage of review.
    ExpediterReview,
    /// Held, and sent back by a review.
    ChangesRequested,
    Approved,
    /// Ended without being done; `resolution` says how.
    Closed,
}

/// Whether an open ticket may be claimed at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueueGate {
    /// `open` and `queued` tickets may be claimed.
    Open,
    /// Only `queued` tickets may be claimed.
    RequireQueued,
}

/// What a status line says.
///
/// `blocked` is separate from the status because a blocked ticket is still held, reviewed or queued; a file that says
/// `status: blocked` has lost that information and is read as in progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusReading {
    pub status: Status,
    /// Whether the work cannot go on.
    pub blocked: bool,
}

impl Status {
    /// Every status, in the order in which a ticket reaches them.
    pub const ALL: [Status; 10] = [
        Status::Draft,
        Status::Open,
        Status::Queued,
        Status::Claimed,
        Status::InProgress,
        Status::CriticReview,
        Status::ExpediterReview,
        Status::ChangesRequested,
        Status::Approved,
        Status::Closed,
    ];

    /// The status of a ticket without one, by its lane.
    pub const fn usual_in(lane: Lane) -> Status {
        match lane {
            Lane::Queue => Status::Open,
            Lane::Active => Status::InProgress,
            Lane::Completed => Status::Approved,
            Lane::Archive => Status::Closed,
        }
    }

    pub const fn as_str(self) -> &'static str {
        match self {
            Status::Draft => "draft",
            Status::Open => "open",
            Status::Queued => "queued",
            Status::Claimed => "claimed",
            Status::InProgress => "in_progress",
            Status::CriticReview => "critic_review",
            Status::ExpediterReview => "expediter_review",
            Status::ChangesRequested => "changes_requested",
            Status::Approved => "approved",
            Status::Closed => "closed",
        }
    }

    /// What people read, with the stages that have approved the work.
    pub fn words(self, approved: &[Status]) -> &'static str {
        if self == Status::Approved && approved.is_empty() {
            "completed"
        } else if approved.contains(&self) {
            Status::Approved.as_str()
        } else {
            self.as_str()
        }
    }

    /// Other words that are read as this status but never written.
    pub const fn aliases(self) -> &'static [&'static str] {
        match self {
            Status::Draft => &["planning", "intake", "unassigned"],
            Status::Open => &[
                "ready",
                "todo",
                "to_do",
                "pending",
                "not_started",
                "backlog",
                "planned",
                "new",
                "triage",
            ],
            Status::Claimed => &["active"],
            Status::InProgress => &["inprogress", "doing"],
            Status::ExpediterReview => &["critic_approved", "qa"],
            Status::ChangesRequested => &["needs_changes", "creator_review", "rework_requested"],
            Status::Approved => &["completed", "done"],
            Status::Closed => &["wont_implement"],
            Status::Queued | Status::CriticReview => &[],
        }
    }

    /// Parses a status or one of its aliases, in any case, with `-` or a blank for `_`, and with any sign before it
    /// (Backlog.md writes `○ To Do`). None for any other word.
    pub fn read(text: &str) -> Option<StatusReading> {
        let word = text.trim_matches(|c: char| !c.is_alphanumeric());
        let word = word.to_ascii_lowercase().replace(['-', ' '], "_");
        if word == "blocked" {
            return Some(StatusReading { status: Status::InProgress, blocked: true });
        }
        Status::ALL
            .into_iter()
            .find(|status| status.as_str() == word || status.aliases().contains(&word.as_str()))
            .map(|status| StatusReading { status, blocked: false })
    }

    /// Whether somebody may claim a ticket of this status.
    pub const fn is_claimable(self, gate: QueueGate) -> bool {
        match self {
            Status::Queued => true,
            Status::Open => matches!(gate, QueueGate::Open),
            Status::Draft
            | Status::Claimed
            | Status::InProgress
            | Status::CriticReview
            | Status::ExpediterReview
            | Status::ChangesRequested
            | Status::Approved
            | Status::Closed => false,
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Status> {
        Status::read(text).filter(|reading| !reading.blocked).map(|reading| reading.status)
    }

    #[test]
    fn every_status_reads_back_as_it_is_written() {
        for status in Status::ALL {
            assert_eq!(read(status.as_str()), Some(status));
            assert_eq!(serde_json::to_value(status).unwrap(), status.as_str());
        }
    }

    #[test]
    fn case_dashes_and_blanks_do_not_matter() {
        for text in ["In Progress", "in-progress", " IN_PROGRESS ", "InProgress"] {
            assert_eq!(read(text), Some(Status::InProgress), "{text}");
        }
        assert_eq!(read("wont-implement"), Some(Status::Closed));
        assert_eq!(read("QA"), Some(Status::ExpediterReview));
    }

    #[test]
    fn no_word_means_two_things() {
        let mut words: Vec<&str> = Status::ALL
            .iter()
            .flat_map(|status| status.aliases().iter().copied().chain([status.as_str()]))
            .collect();
        words.push("blocked");
        let count = words.len();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), count);
    }

    #[test]
    fn what_other_tools_call_an_open_ticket_is_open() {
        for text in [
            "To Do",
            "to-do",
            "TODO",
            "Not Started",
            "Backlog",
            "planned",
            "new",
            "triage",
            "\"○ To Do\"",
        ] {
            assert_eq!(Status::read(text).unwrap().status, Status::Open, "{text:?}");
        }
    }

    #[test]
    fn blocked_reads_as_in_progress_and_blocked() {
        assert_eq!(
            Status::read("Blocked"),
            Some(StatusReading { status: Status::InProgress, blocked: true })
        );
    }

    #[test]
    fn an_unknown_word_is_no_status() {
        for text in ["", "opened", "open closed", "open|claimed", "\u{1b}[31mopen"] {
            assert_eq!(Status::read(text), None, "{text:?}");
        }
    }

    #[test]
    fn only_open_and_queued_tickets_are_claimable_and_the_gate_shuts_out_open() {
        let claimable =
            |gate| Status::ALL.into_iter().filter(|s| s.is_claimable(gate)).collect::<Vec<_>>();
        assert_eq!(claimable(QueueGate::Open), [Status::Open, Status::Queued]);
        assert_eq!(claimable(QueueGate::RequireQueued), [Status::Queued]);
    }
}
