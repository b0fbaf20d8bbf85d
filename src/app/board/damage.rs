//! The report on a file that cannot be shown as a ticket.

use serde::Serialize;

use crate::lifecycle::{EntryNode, Refusal, TicketEntry};

/// A file that cannot be shown as a ticket.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Damage {
    /// The path of the file on the trunk.
    pub path: String,
    /// The number of the line, from 1; missing if no single line is at fault.
    pub line: Option<usize>,
    /// What is wrong.
    pub why: String,
}

impl std::fmt::Display for Damage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.path, self.why),
            None => write!(f, "{}: {}", self.path, self.why),
        }
    }
}

impl Damage {
    /// Why the file of an entry is not a ticket.
    pub fn of(entry: &TicketEntry, refusal: &Refusal) -> Damage {
        let path = entry.path.to_string();
        if let Refusal::Damaged { line, why, .. } = refusal {
            return Damage { path, line: Some(*line), why: why.clone() };
        }
        let what = match entry.node {
            EntryNode::Other(what) => format!("this is {what}, not a ticket file"),
            EntryNode::File => refusal.to_string(),
        };
        Damage { path, line: None, why: what }
    }
}
