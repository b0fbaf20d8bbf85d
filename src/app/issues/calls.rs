//! What `gh` is asked about issues.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{IssueEnd, IssueStep, ListedIssue, mirrored};
use crate::app::pull::ForgeCall;
use crate::error::{Exit, Failure};
use crate::import::{ClosedTickets, GITHUB, Reading, SourceFile};

/// How many issues are looked at; with more of them nobody could tell which tickets have one.
const MOST_ISSUES: usize = 20_000;

/// What an import asks `gh` for.
const IMPORTED: &str =
    "number,title,body,state,url,labels,assignees,author,milestone,comments,createdAt,closedAt";

/// What `gh` tells of an issue since 2.94.
const RELATIONS: &str = "parent,blockedBy,blocking";

impl ForgeCall<'_> {
    /// Every issue of the repository.
    pub fn issues(&self) -> Result<Vec<ListedIssue>, Failure> {
        self.list_issues("all", "number,title,body,state,url")
    }

    /// The issues as an import reads them, without those that mirror a ticket.
    pub fn issues_to_import(&self, closed: ClosedTickets) -> Result<Reading, Failure> {
        let (state, fields) = match closed {
            ClosedTickets::Left => ("open", IMPORTED.to_owned()),
            // Why an issue was closed is told by newer versions alone.
            ClosedTickets::Brought => ("all", format!("{IMPORTED},stateReason")),
        };
        let issues = self.list_issues(state, &format!("{fields},{RELATIONS}"));
        let issues: Vec<Value> = match issues {
            // An older one; what it does not tell stays as an earlier import found it.
            Err(failure) if said(&failure).contains("Unknown JSON field") => {
                self.list_issues(state, &fields)?
            }
            issues => issues?,
        };
        let mirrors =
            |issue: &Value| issue.get("body").and_then(Value::as_str).and_then(mirrored).is_some();
        let issues: Vec<Value> = issues.into_iter().filter(|issue| !mirrors(issue)).collect();
        let text = Value::from(issues).to_string();
        let file = SourceFile { path: "gh issue list".to_owned(), text, ..SourceFile::default() };
        Ok((GITHUB.read)(&[file]))
    }

    fn list_issues<T: DeserializeOwned>(
        &self,
        state: &str,
        fields: &str,
    ) -> Result<Vec<T>, Failure> {
        let most = MOST_ISSUES.to_string();
        let all = ["--state", state, "--limit", &most, "--json", fields];
        let args = [&["issue", "list", "--repo", &self.page][..], &all].concat();
        let text = self.run("list the issues", &args)?;
        let issues: Vec<T> = serde_json::from_str(&text).map_err(|error| {
            Failure::new(Exit::RemoteRefused, format!("tix does not understand gh: {error}"))
        })?;
        if issues.len() >= MOST_ISSUES {
            let message = format!("there are more issues than tix looks at: {MOST_ISSUES}");
            return Err(Failure::new(Exit::Refused, message));
        }
        Ok(issues)
    }

    /// Does what has to be done for an issue, and returns the number of a new one.
    pub fn take(&self, step: &IssueStep) -> Result<Option<u64>, Failure> {
        let page = self.page.as_str();
        match step {
            IssueStep::Nothing { .. } => Ok(None),
            IssueStep::Create { title, body } => {
                let (title, body) = (format!("--title={title}"), format!("--body={body}"));
                let args = ["issue", "create", "--repo", page, &title, &body];
                let text = self.run("create an issue", &args)?;
                // It prints the address of the issue.
                Ok(text.trim().rsplit('/').next().and_then(|number| number.parse().ok()))
            }
            IssueStep::Update { number, title, body } => {
                let (title, body) = (format!("--title={title}"), format!("--body={body}"));
                let number = number.to_string();
                let args = ["issue", "edit", &number, "--repo", page, &title, &body];
                self.run("change an issue", &args).map(|_| None)
            }
            IssueStep::Close { number, end } => {
                let reason = match end {
                    IssueEnd::Completed => "completed",
                    IssueEnd::NotPlanned => "not planned",
                };
                let number = number.to_string();
                let args = ["issue", "close", &number, "--repo", page, "--reason", reason];
                self.run("close an issue", &args).map(|_| None)
            }
        }
    }
}

/// What the program said of its failure.
fn said(failure: &Failure) -> &str {
    let said = failure.facts.iter().find(|(name, _)| *name == "said");
    said.map_or("", |(_, text)| text.as_str())
}
