//! Tickets mirrored as issues of GitHub, one way: what an issue is to say, and what has to be done for that.
//!
//! An issue names its ticket in a mark of its text, so nothing is kept here or in the tickets, and a run that was cut short is
//! finished by the next one. What people write around the marked part stays, and an issue that is closed stays as it is.

mod calls;

use serde::{Deserialize, Serialize};

use crate::lifecycle::Awaited;
use crate::text::one_line;
use crate::ticket::{Lane, Status, TicketId, TicketRow, name_of};

const BEGIN: &str = "<!-- tix: issue of ";
const END: &str = "<!-- tix: end -->";

/// How many bytes of a ticket go into its issue: GitHub takes 65,536 characters, and Linux 128 KiB in one argument.
const LONGEST: usize = 50_000;

/// An issue as `gh` lists it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ListedIssue {
    pub number: u64,
    pub title: String,
    pub body: Option<String>,
    /// `OPEN` or `CLOSED`.
    pub state: String,
    pub url: String,
}

pub struct MirroredTicket {
    pub row: TicketRow,
    /// Its text without the changelog.
    pub text: String,
    /// Whether it ended by being done.
    pub is_done: bool,
}

/// How an issue ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IssueEnd {
    Completed,
    NotPlanned,
}

/// What has to be done for a ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IssueStep {
    Create {
        title: String,
        body: String,
    },
    Update {
        number: u64,
        title: String,
        body: String,
    },
    Close {
        number: u64,
        end: IssueEnd,
    },
    /// The issue says what it is to say, or it is closed, or the ticket ended before it had one.
    Nothing {
        number: Option<u64>,
    },
}

/// What a run does with a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum LinkOutcome {
    /// It has an issue now.
    Created,
    /// Its issue says something else now.
    Updated,
    /// It has ended, and its issue is closed now.
    Closed,
    /// Nothing had to be done.
    Unchanged,
}

impl IssueStep {
    pub fn outcome(&self) -> LinkOutcome {
        match self {
            IssueStep::Create { .. } => LinkOutcome::Created,
            IssueStep::Update { .. } => LinkOutcome::Updated,
            IssueStep::Close { .. } => LinkOutcome::Closed,
            IssueStep::Nothing { .. } => LinkOutcome::Unchanged,
        }
    }
}

/// The ticket that the text of an issue says it mirrors.
fn mirrored(body: &str) -> Option<TicketId> {
    let (_, rest) = body.split_once(BEGIN)?;
    TicketId::parse(rest.split_once(" -->")?.0).ok()
}

/// What has to be done for each of the tickets, in their order.
pub fn steps(
    tickets: &[MirroredTicket],
    issues: &[ListedIssue],
    stages: &[Status],
) -> Vec<IssueStep> {
    let mut marked: Vec<(TicketId, &ListedIssue)> = issues
        .iter()
        .filter_map(|issue| Some((mirrored(issue.body.as_deref()?)?, issue)))
        .collect();
    // Of two that two runs made at once, the first counts.
    marked.sort_by_key(|(_, issue)| issue.number);
    let issue_of = |id: &TicketId| marked.iter().find(|(of, _)| of == id).map(|(_, issue)| *issue);
    tickets.iter().map(|ticket| step(ticket, issue_of(&ticket.row.id), stages)).collect()
}

fn step(ticket: &MirroredTicket, issue: Option<&ListedIssue>, stages: &[Status]) -> IssueStep {
    let row = &ticket.row;
    let has_ended = matches!(row.lane, Lane::Completed | Lane::Archive);
    let title = row.title.as_deref().map(one_line).filter(|title| !title.is_empty());
    let title = title.unwrap_or_else(|| row.id.to_string());
    let part = part(ticket, stages);
    let Some(issue) = issue else {
        return if has_ended {
            IssueStep::Nothing { number: None }
        } else {
            IssueStep::Create { title, body: part }
        };
    };
    let number = issue.number;
    if !issue.state.eq_ignore_ascii_case("open") {
        return IssueStep::Nothing { number: Some(number) };
    }
    if has_ended {
        let end = if ticket.is_done { IssueEnd::Completed } else { IssueEnd::NotPlanned };
        return IssueStep::Close { number, end };
    }
    match with_part(issue.body.as_deref().unwrap_or_default(), &part) {
        None if issue.title == title => IssueStep::Nothing { number: Some(number) },
        body => {
            let body = body.or_else(|| issue.body.clone()).unwrap_or_default();
            IssueStep::Update { number, title, body }
        }
    }
}

/// The marked part: the text of the ticket, and who has it.
fn part(ticket: &MirroredTicket, stages: &[Status]) -> String {
    let row = &ticket.row;
    let state = match (row.lane, row.holder.as_deref()) {
        (Lane::Active, _) if Awaited::of(row.known, &row.approved, stages) == Awaited::Merge => {
            "done, and waits for its merge".to_owned()
        }
        (Lane::Active, Some(holder)) => format!("held by {}", one_line(name_of(holder))),
        _ => row.status_words().to_owned(),
    };
    // A mark in the text would end the part early.
    let text: String = ticket.text.trim().replace("<!-- tix:", "&lt;!-- tix:");
    let text = cut_bytes(&text);
    format!("{BEGIN}{} -->\n{text}\n\nTicket `{}`: {state}\n{END}", row.id, row.id)
}

fn cut_bytes(text: &str) -> &str {
    text.get(..text.floor_char_boundary(LONGEST)).unwrap_or(text)
}

/// The text with this part in the place of the old one; `None` if it has it already.
fn with_part(body: &str, part: &str) -> Option<String> {
    let begin = body.find(BEGIN)?;
    let end = begin + body.get(begin..)?.find(END)? + END.len();
    let (before, rest) = body.split_at_checked(begin)?;
    let (old, after) = rest.split_at_checked(end - begin)?;
    (old.replace("\r\n", "\n") != part).then(|| format!("{before}{part}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ticket::{Document, FrontMatter};

    fn ticket(lane: Lane, status: &str, holder: &str) -> MirroredTicket {
        let text = format!("---\ntitle: Say it\nstatus: {status}\nclaimed_by: {holder}\n---\n");
        let head = FrontMatter::of(&Document::parse(text.into_bytes()).unwrap());
        let id = TicketId::parse("TICKET-a-001").unwrap();
        let row = TicketRow::new(id, lane, "p".to_owned(), head, "s".to_owned());
        MirroredTicket { row, text: "Do <!-- tix: end --> it.".to_owned(), is_done: true }
    }

    fn issue(body: &str, state: &str) -> ListedIssue {
        let (title, url) = ("Say it".to_owned(), String::new());
        ListedIssue { number: 7, title, body: Some(body.to_owned()), state: state.to_owned(), url }
    }

    #[test]
    fn an_issue_is_made_once_and_follows_its_ticket_to_the_end() {
        let open = ticket(Lane::Queue, "open", "");
        let IssueStep::Create { title, body } = step(&open, None, &[]) else { panic!() };
        assert_eq!(title, "Say it");
        assert!(body.contains("&lt;!-- tix: end --> it.") && body.contains("`: open"), "{body}");
        let seen = issue(&format!("Hello\r\n{body}\r\nBye"), "OPEN");
        assert_eq!(
            steps(&[open], std::slice::from_ref(&seen), &[]),
            [IssueStep::Nothing { number: Some(7) }]
        );
        let held = ticket(Lane::Active, "in_progress", "Ada <ada@example.org>");
        let IssueStep::Update { number: 7, body, .. } = step(&held, Some(&seen), &[]) else {
            panic!()
        };
        assert!(body.starts_with("Hello\r\n") && body.ends_with("\r\nBye"), "{body}");
        assert!(body.contains("`: held by Ada\n") && !body.contains("example.org"), "{body}");
        let done = ticket(Lane::Completed, "approved", "");
        let end = IssueEnd::Completed;
        assert_eq!(step(&done, Some(&seen), &[]), IssueStep::Close { number: 7, end });
    }

    #[test]
    fn nothing_is_reopened_and_nothing_is_made_for_what_has_ended() {
        let body = part(&ticket(Lane::Queue, "open", ""), &[]);
        let closed = issue(&body, "CLOSED");
        let held = ticket(Lane::Active, "in_progress", "Ada");
        assert_eq!(step(&held, Some(&closed), &[]), IssueStep::Nothing { number: Some(7) });
        let done = ticket(Lane::Archive, "closed", "");
        assert_eq!(step(&done, None, &[]), IssueStep::Nothing { number: None });
    }
}
