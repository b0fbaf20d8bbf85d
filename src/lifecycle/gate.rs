//! What is missing before a ticket is complete.

use std::fmt;

use super::machine::Policy;
use super::next::Hindrance;
use super::review::{Approval, Work};
use super::snapshot::Ticket;
use crate::names::Oid;
use crate::ticket::{Document, Status, TooLong};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Missing {
    /// Nobody has committed to the ticket branch.
    Commits,
    /// An unticked box, with its line in the file.
    Criterion {
        /// The line, from 1.
        line: usize,
        /// Empty if it is left over from a template.
        text: String,
    },
    /// A heading in the requirements with nothing below it, with its line in the file.
    Section {
        /// The line, from 1.
        line: usize,
        text: String,
    },
    /// An unfilled part of the template, with its line in the file.
    Placeholder {
        /// The line, from 1.
        line: usize,
        text: String,
    },
    /// The text is too long to be checked for boxes and placeholders.
    TooLong(TooLong),
    /// Another ticket that this one depends on.
    Dependency(Hindrance),
    /// A review stage that has not approved what is on the branch now.
    Approval {
        stage: Status,
        /// The commit that was approved instead, if any.
        instead: Option<String>,
        /// Whether it has been asked to look at what is on the branch now.
        asked: bool,
    },
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Missing::Commits => f.write_str("the branch holds nothing but tix's own commits"),
            Missing::Criterion { line, text } if text.is_empty() => {
                write!(f, "line {line}: [ ] (empty)")
            }
            Missing::Criterion { line, text } => write!(f, "line {line}: [ ] {text}"),
            Missing::Section { line, text } | Missing::Placeholder { line, text } => {
                write!(f, "line {line}: {text}")
            }
            Missing::Dependency(hindrance) => write!(f, "{hindrance}"),
            Missing::TooLong(why) => write!(f, "{why}"),
            Missing::Approval { stage, instead: None, .. } => write!(f, "{stage}: no approval"),
            Missing::Approval { stage, instead: Some(commit), .. } => {
                write!(f, "{stage}: the approval is of {commit}, and the branch has moved since")
            }
        }
    }
}

impl Missing {
    /// The kinds of missing things, each with what it means and what to do about it.
    pub const KINDS: [(&str, &str); 7] = [
        (
            "commits",
            "nobody has committed to the ticket branch; for a ticket without work: tix complete --no-work WHY",
        ),
        ("not ticked", "a box of the ticket is not ticked: tix tick TICKET 1"),
        ("empty section", "a heading of the requirements has no text below it: tix edit TICKET"),
        ("placeholder", "a {part} of the template is not filled in: tix edit TICKET"),
        (
            "too long",
            "the ticket is too long to be looked through: move logs and data into files of their own",
        ),
        (
            "waits",
            "a ticket that it depends on is not done; to pass this over: tix complete --anyway",
        ),
        (
            "review",
            "a stage in `review:` has not approved what is on the branch: tix submit TICKET",
        ),
    ];

    /// The text of a box that is not ticked; `None` for everything else.
    pub fn open_box(&self) -> Option<&str> {
        match self {
            Missing::Criterion { text, .. } => Some(text),
            Missing::Commits
            | Missing::Section { .. }
            | Missing::Placeholder { .. }
            | Missing::TooLong(_)
            | Missing::Dependency(_)
            | Missing::Approval { .. } => None,
        }
    }

    /// The kind of missing thing, as the name of a fact.
    pub fn kind(&self) -> &'static str {
        match self {
            Missing::Commits => "commits",
            Missing::Criterion { .. } => "not ticked",
            Missing::Section { .. } => "empty section",
            Missing::Placeholder { .. } => "placeholder",
            Missing::TooLong(_) => "too long",
            Missing::Dependency(_) => "waits",
            Missing::Approval { .. } => "review",
        }
    }
}

/// What is missing in the text of a ticket.
pub fn missing_in(document: &Document) -> Vec<Missing> {
    let open = match document.open_ends() {
        Ok(open) => open,
        Err(too_long) => return vec![Missing::TooLong(too_long)],
    };
    let boxes = open.boxes.into_iter().map(|(line, text)| Missing::Criterion { line, text });
    let sections = open.sections.into_iter().map(|(line, text)| Missing::Section { line, text });
    let rest = open.placeholders.into_iter();
    let rest = rest.map(|(line, text)| Missing::Placeholder { line, text });
    boxes.chain(sections).chain(rest).collect()
}

/// Everything that prevents a ticket from being completed, according to its text and its review.
pub fn missing(ticket: &Ticket<'_>, policy: Policy<'_>, work: &Work<'_>) -> Vec<Missing> {
    let mut all = missing_in(&ticket.document);
    let approvals = Approval::all_of(&ticket.document);
    let submitted = ticket.document.text("submitted").and_then(|text| Oid::parse(&text));
    let is_seen = submitted.is_some_and(|commit| work.is_still(&commit));
    let status = ticket.document.status().ok().map(|reading| reading.status);
    for stage in policy.stages {
        let given = approvals.iter().find(|approval| approval.stage == *stage);
        let holds = given.is_some_and(|approval| work.is_still(&approval.commit));
        if !holds {
            let instead = given.map(|approval| approval.commit.short().to_owned());
            let asked = is_seen && status == Some(*stage);
            all.push(Missing::Approval { stage: *stage, instead, asked });
        }
    }
    all
}
