//! The part of a ticket that lists, filters and checks need.
//!
//! A [`FrontMatter`] is made from a [`Document`] and nothing else, so two files with the same bytes have the same one:
//! it can be cached under the id of its blob and never gets outdated.

use serde::{Deserialize, Serialize};

use super::distinct;
use super::document::{Document, StatusError};
use super::lane::Lane;
use super::status::Status;

/// The front matter of a ticket, as values. A text that is missing, empty, null or a placeholder is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrontMatter {
    /// `blocks`: the tickets that cannot be done before. It comes first in the cache, and the parent after it, so that both
    /// are read without the rest.
    pub blocks: Vec<String>,
    /// `parent_ticket`
    pub parent: Option<String>,
    /// What the status line says.
    pub status: StatusLine,
    /// Why it is blocked; `None` when it is not.
    pub blocked: Option<String>,
    /// `title`, else the first heading of the body.
    pub title: Option<String>,
    /// `priority`, as it is written.
    pub priority: Option<String>,
    pub labels: Vec<String>,
    /// `created`, as it is written.
    pub created: Option<String>,
    pub claimed_by: Option<String>,
    /// `claimed_at`, as it is written.
    pub claimed_at: Option<String>,
    pub claim_id: Option<String>,
    pub branch: Option<String>,
    /// `worktree_path`
    pub worktree: Option<String>,
    /// `completed_at`, as it is written.
    pub completed_at: Option<String>,
    /// `closed_at`, as it is written.
    pub closed_at: Option<String>,
    pub resolution: Option<String>,
    /// The stages of a review that have approved it, in `approvals`.
    pub approved: Vec<Status>,
    /// `ticket_id`, which may differ from the id that its file name gives it.
    pub ticket_id: Option<String>,
    /// `session_id`
    pub session: Option<String>,
    /// `sequence`, as it is written.
    pub sequence: Option<String>,
    /// `depends_on`: the tickets that must be done first.
    pub depends_on: Vec<String>,
    pub related: Vec<String>,
    pub duplicate_of: Option<String>,
    /// `pull_request`: the page of the one of its branch.
    pub pull_request: Option<String>,
    /// The keys whose values are `{placeholders}` of a template, and the lines of the body that are such placeholders,
    /// each with its line.
    pub placeholders: Vec<(usize, String)>,
}

/// What a status line says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum StatusLine {
    #[default]
    Nothing,
    Status(Status),
    /// An unknown word, at this line.
    Unknown {
        /// The line, counted from 1.
        line: usize,
        text: String,
    },
}

impl FrontMatter {
    pub fn of(document: &Document) -> FrontMatter {
        let text = |key| document.text(key);
        let list = |key| document.list(key);
        FrontMatter {
            blocks: list("blocks"),
            status: match document.status() {
                Ok(reading) => StatusLine::Status(reading.status),
                Err(StatusError::Missing) => StatusLine::Nothing,
                Err(StatusError::Unknown { line, text }) => StatusLine::Unknown { line, text },
            },
            blocked: document.blocked(),
            title: document.title(),
            priority: text("priority"),
            labels: distinct(list("labels")),
            created: text("created"),
            claimed_by: text("claimed_by"),
            claimed_at: text("claimed_at"),
            claim_id: text("claim_id"),
            branch: text("branch"),
            worktree: text("worktree_path"),
            completed_at: text("completed_at"),
            closed_at: text("closed_at"),
            resolution: text("resolution"),
            approved: list("approvals").iter().filter_map(|item| approved_stage(item)).collect(),
            ticket_id: text("ticket_id"),
            session: text("session_id"),
            sequence: text("sequence"),
            depends_on: list("depends_on"),
            parent: text("parent_ticket"),
            related: list("related"),
            duplicate_of: text("duplicate_of"),
            pull_request: text("pull_request"),
            placeholders: document.placeholders(),
        }
    }

    /// The status of a ticket in this lane, if tix knows it; without a status, the usual one of the lane.
    pub fn status_in(&self, lane: Lane) -> Option<Status> {
        match &self.status {
            StatusLine::Status(status) => Some(*status),
            StatusLine::Nothing => Some(Status::usual_in(lane)),
            StatusLine::Unknown { .. } => None,
        }
    }
}

/// The stage of an approval, which is its first word.
fn approved_stage(item: &str) -> Option<Status> {
    Some(Status::read(item.split(' ').next()?)?.status)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(text: &str) -> FrontMatter {
        FrontMatter::of(&Document::parse(text.as_bytes().to_vec()).unwrap())
    }

    #[test]
    fn a_head_holds_what_the_front_matter_says_and_of_the_body_the_title_and_what_is_open() {
        let head = head(
            "---\nstatus: doing\nblocked: waits for Eve\npriority: P1\nlabels: [ui, api]\ncreated: {now}\n\
             depends_on:\n  - TICKET-a\nparent_ticket: null\n---\n# Make it work\n\n- [ ] {criterion}\n{What}\n",
        );
        let expected = FrontMatter {
            status: StatusLine::Status(Status::InProgress),
            blocked: Some("waits for Eve".to_owned()),
            title: Some("Make it work".to_owned()),
            priority: Some("P1".to_owned()),
            labels: vec!["ui".to_owned(), "api".to_owned()],
            depends_on: vec!["TICKET-a".to_owned()],
            placeholders: vec![
                (6, "created".to_owned()),
                (14, "{What}".to_owned()),
                (13, "{criterion}".to_owned()),
            ],
            ..FrontMatter::default()
        };
        assert_eq!(head, expected);
    }

    #[test]
    fn a_ticket_without_a_status_is_what_its_lane_says() {
        let silent = head("---\ntitle: x\n---\n");
        assert_eq!(silent.status_in(Lane::Completed), Some(Status::Approved));
        let odd = head("---\ntitle: x\nstatus: opened\n---\n");
        assert_eq!(odd.status, StatusLine::Unknown { line: 3, text: "opened".to_owned() });
        assert_eq!(odd.status_in(Lane::Queue), None);
        assert_eq!(head("---\nstatus: blocked\n---\n").blocked.unwrap(), "its status says so");
    }
}
