//! A finding of a check: the facts and the remedies.

use serde::Serialize;

use super::Check;
use crate::ticket::TicketId;

/// How bad it is; the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Something does not work until it is fixed.
    Error,
    /// Somebody should look at it.
    Warning,
    /// Good to know.
    Info,
}

impl Severity {
    pub const fn as_str(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "info",
        }
    }
}

/// A remedy: what it does, and the commands to paste.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repair {
    pub why: String,
    /// The words of each command; each runs only if those before it succeeded.
    pub commands: Vec<Vec<String>>,
}

/// A fix that loses nothing, whoever asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fix {
    /// Write the file's name into `ticket_id`.
    CorrectId(TicketId),
    /// Remove the workspace and its local branch, if that loses nothing.
    ClearWorkspace(TicketId),
    /// Remove what killed runs left.
    ClearLeftovers,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub check: Check,
    pub severity: Severity,
    pub ticket: Option<TicketId>,
    /// What is wrong, in one sentence.
    pub message: String,
    pub facts: Vec<(&'static str, String)>,
    pub repairs: Vec<Repair>,
    pub fix: Option<Fix>,
}

impl Finding {
    /// A finding with the severity of its check.
    pub fn new(check: Check, ticket: Option<&TicketId>, message: String) -> Finding {
        let severity = check.rule().map_or(Severity::Error, |rule| rule.severity);
        let (facts, repairs) = (Vec::new(), Vec::new());
        Finding { check, severity, ticket: ticket.cloned(), message, facts, repairs, fix: None }
    }

    /// The same with a lower severity.
    #[must_use]
    pub fn only(mut self, severity: Severity) -> Finding {
        self.severity = severity;
        self
    }

    #[must_use]
    pub fn fact(mut self, name: &'static str, value: impl Into<String>) -> Finding {
        self.facts.push((name, value.into()));
        self
    }

    /// Adds a fact, if it is known.
    #[must_use]
    pub fn maybe_fact(self, name: &'static str, value: Option<String>) -> Finding {
        match value {
            Some(value) => self.fact(name, value),
            None => self,
        }
    }

    #[must_use]
    pub fn repair(self, why: impl Into<String>, command: &[&str]) -> Finding {
        self.repair_with(why, &[command])
    }

    /// Adds a remedy of several commands.
    #[must_use]
    pub fn repair_with(mut self, why: impl Into<String>, commands: &[&[&str]]) -> Finding {
        let words = |command: &&[&str]| command.iter().map(|word| (*word).to_owned()).collect();
        self.repairs
            .push(Repair { why: why.into(), commands: commands.iter().map(words).collect() });
        self
    }

    /// Adds a remedy that moves a file on the trunk, creating its directory if needed.
    #[must_use]
    pub fn repair_by_moving(self, why: impl Into<String>, from: &str, to: &str) -> Finding {
        let dir = to.rsplit_once('/').map_or(".", |(dir, _)| dir);
        self.repair_with(why, &[&["mkdir", "-p", "--", dir], &["git", "mv", "--", from, to]])
    }

    #[must_use]
    pub fn fixed_by(mut self, fix: Fix) -> Finding {
        self.fix = Some(fix);
        self
    }
}
