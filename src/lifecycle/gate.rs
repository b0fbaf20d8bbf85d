//! What is left to do before a ticket is complete.

use std::fmt;

use super::machine::Policy;
use super::next::Hindrance;
use super::review::{Approval, Work};
use super::snapshot::Ticket;
use crate::ticket::{Document, Status, TooLong};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Missing {
    /// Nobody has committed anything to the ticket branch.
    Commits,
    /// A box that is not ticked, with its line in the file.
    Criterion {
        /// The line, from 1.
        line: usize,
        /// Empty where a template left it.
        text: String,
    },
    /// A heading of the requirements below which nothing stands, with its line in the file.
    Section {
        /// The line, from 1.
        line: usize,
        text: String,
    },
    /// A part of the template that nobody has filled in, with its line in the file.
    Placeholder {
        /// The line, from 1.
        line: usize,
        text: String,
    },
    /// A text that nobody has looked through for boxes and placeholders.
    TooLong(TooLong),
    /// Another ticket that it depends on.
    Dependency(Hindrance),
    /// A stage of the review that has not said yes to what is on the branch now.
    Approval {
        stage: Status,
        /// What was approved instead, if anything.
        instead: Option<String>,
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
            Missing::Approval { stage, instead: None } => write!(f, "{stage}: no approval"),
            Missing::Approval { stage, instead: Some(commit) } => {
                write!(f, "{stage}: the approval is of {commit}, and the branch has moved since")
            }
        }
    }
}

impl Missing {
    /// The kinds of things that can be missing.
    pub const KINDS: [&str; 7] =
        ["commits", "not ticked", "empty section", "placeholder", "too long", "waits", "review"];

    /// What kind of thing it is, as the name of a fact.
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

/// What the text of a ticket lacks.
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

/// Everything that keeps a ticket from being completed, as far as its text and its review say.
pub fn missing(ticket: &Ticket<'_>, policy: Policy<'_>, work: &Work<'_>) -> Vec<Missing> {
    let mut all = missing_in(&ticket.document);
    let approvals = Approval::all_of(&ticket.document);
    for stage in policy.stages {
        let given = approvals.iter().find(|approval| approval.stage == *stage);
        let holds = given.is_some_and(|approval| work.is_still(&approval.commit));
        if !holds {
            let instead = given.map(|approval| approval.commit.short().to_owned());
            all.push(Missing::Approval { stage: *stage, instead });
        }
    }
    all
}
