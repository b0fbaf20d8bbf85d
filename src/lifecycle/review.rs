//! Submits work, and reviews it stage by stage. A verdict applies to one commit of the ticket branch.

use super::act::{Act, ChangelogText, Writing, write};
use super::change::{Change, trailer};
use super::decision::{Already, Decision};
use super::gate;
use super::machine::Verb;
use super::refusal::Refusal;
use super::snapshot::Ticket;
use crate::names::Oid;
use crate::ticket::{Document, Status, Value};

pub struct Work<'a> {
    pub tip: &'a Oid,
    /// Whether the branch still has the work that it had at a commit: then it differs only in the ticket's own file,
    /// which tix itself writes.
    pub same: &'a dyn Fn(&Oid) -> bool,
}

impl Work<'_> {
    /// Whether a verdict on this commit still applies to the branch.
    pub fn is_still(&self, commit: &Oid) -> bool {
        self.tip == commit || (self.same)(commit)
    }
}

/// One stage's approval, as in the ticket's list `approvals`: stage, commit and who.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    pub stage: Status,
    pub commit: Oid,
    pub by: String,
}

impl Approval {
    /// All approvals of a ticket; an unreadable entry is not one.
    pub fn all_of(document: &Document) -> Vec<Approval> {
        let parse = |item: String| {
            let mut words = item.splitn(3, ' ');
            let stage = Status::read(words.next()?)?.status;
            let commit = Oid::parse(words.next()?)?;
            Some(Approval { stage, commit, by: words.next()?.to_owned() })
        };
        document.list("approvals").into_iter().filter_map(parse).collect()
    }

    fn written(&self) -> String {
        // The list may be split at commas.
        format!("{} {} {}", self.stage, self.commit, self.by.replace(',', ""))
    }
}

/// Whether work is submitted again that was sent back, and is what it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unchanged {
    Refuse,
    Submit,
}

/// What the last review wants changed, line by line, as long as the ticket waits for that.
pub fn requested_changes(ticket: &Ticket<'_>) -> Vec<String> {
    match ticket.situation() {
        Ok(situation) if situation.state.status == Status::ChangesRequested => {
            let lines = ticket.document.last_entry(kind_of(ReviewVerdict::RequestChanges));
            // The first two say who, and on which commit.
            lines.into_iter().skip(2).collect()
        }
        Ok(_) | Err(_) => Vec::new(),
    }
}

/// Hands the work in. Again while it is under review, because the branch has moved: then all stages begin anew.
pub fn submit(
    ticket: &Ticket<'_>,
    act: &Act<'_>,
    work: &Work<'_>,
    unchanged: Unchanged,
) -> Result<Decision, Refusal> {
    let next = act.require(Verb::Submit, ticket)?;
    let known = ticket.document.text("submitted").and_then(|text| Oid::parse(&text));
    let status = ticket.situation()?.state.status;
    if let Some(commit) = known.filter(|commit| work.is_still(commit)) {
        if act.policy.stages.contains(&status) {
            return Ok(Decision::Answer(Already));
        }
        if status == Status::ChangesRequested && unchanged == Unchanged::Refuse {
            return Err(Refusal::Unchanged { id: ticket.entry.id.clone(), commit });
        }
    }
    let lines = vec![format!("Submitted by {}", act.actor), format!("Commit: {}", work.tip)];
    let story = ChangelogText { role: "Creator", kind: "submitted", lines };
    let fields = [
        ("status", Value::Text(next.status.as_str())),
        ("submitted", Value::Text(work.tip.as_str())),
        ("approvals", Value::Null),
    ];
    let writing =
        Writing { subject: "submit", reason: None, fields: &fields, to: None, story: &story };
    Ok(bound(write(ticket, act, &writing)?.0, work.tip).into())
}

/// The verb that hands in the present work, for whoever may: complete if nothing is missing, submit if the review has
/// not seen it yet. None if there is work left to do, or others must act first.
pub fn hand_in(ticket: &Ticket<'_>, act: &Act<'_>, work: &Work<'_>) -> Option<Verb> {
    if !gate::missing_in(&ticket.document).is_empty() {
        return None;
    }
    let may = |verb| act.require(verb, ticket).is_ok();
    if may(Verb::Complete) && gate::missing(ticket, act.policy, work).is_empty() {
        return Some(Verb::Complete);
    }
    let submitted = ticket.document.text("submitted").and_then(|text| Oid::parse(&text));
    let seen = submitted.is_some_and(|commit| work.is_still(&commit));
    (may(Verb::Submit) && !seen).then_some(Verb::Submit)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReviewVerdict {
    Approve,
    RequestChanges,
}

pub struct ReviewRequest<'a> {
    pub verdict: ReviewVerdict,
    /// The stage that they speak for; `None` for the current one.
    pub stage: Option<Status>,
    /// The commit that they have looked at; `None` for the one that was submitted.
    pub commit: Option<&'a Oid>,
    pub notes: Option<&'a str>,
}

pub fn review(
    ticket: &Ticket<'_>,
    act: &Act<'_>,
    work: &Work<'_>,
    request: &ReviewRequest<'_>,
) -> Result<Decision, Refusal> {
    let id = || ticket.entry.id.clone();
    let verb = match request.verdict {
        ReviewVerdict::Approve => Verb::Approve,
        ReviewVerdict::RequestChanges => Verb::RequestChanges,
    };
    let approvals = Approval::all_of(&ticket.document);
    let mine = |approval: &&Approval| {
        let named = request.stage.is_none_or(|stage| stage == approval.stage);
        named && approval.by == act.actor.replace(',', "") && work.is_still(&approval.commit)
    };
    // Repeating it changes nothing: a reviewer's second approval is not one for the next stage.
    if request.verdict == ReviewVerdict::Approve && approvals.iter().any(|a| mine(&a)) {
        return Ok(Decision::Answer(Already));
    }
    let next = act.require(verb, ticket)?;
    let stage = ticket.situation()?.state.status;
    if let Some(asked) = request.stage.filter(|asked| *asked != stage) {
        let (at, asked) = (stage.as_str(), asked.as_str());
        return Err(Refusal::OtherStage { id: id(), at, asked });
    }
    if request.verdict == ReviewVerdict::Approve {
        require_unmoved(ticket, work, request.commit)?;
    }
    let (role, kind) = (role_of(stage), kind_of(request.verdict));
    let mut lines = vec![format!("{} by {}", said(request.verdict), act.actor)];
    lines.push(format!("Commit: {}", work.tip));
    lines.extend(request.notes.into_iter().flat_map(str::lines).map(str::to_owned));
    let story = ChangelogText { role, kind, lines };
    let mut kept: Vec<String> = Vec::new();
    if request.verdict == ReviewVerdict::Approve {
        kept.extend(approvals.iter().filter(|a| a.stage != stage).map(Approval::written));
        let commit = work.tip.clone();
        kept.push(Approval { stage, commit, by: act.actor.to_owned() }.written());
    }
    let approvals = if kept.is_empty() { Value::Null } else { Value::List(&kept) };
    let fields = [("status", Value::Text(next.status.as_str())), ("approvals", approvals)];
    let writing = Writing {
        subject: "review",
        reason: request.notes,
        fields: &fields,
        to: None,
        story: &story,
    };
    let mut change = write(ticket, act, &writing)?.0;
    change.subject = format!("{} ({kind})", change.subject);
    Ok(bound(change, work.tip).into())
}

/// An approval applies to what the reviewer saw: the commit they name, else the one that was submitted.
fn require_unmoved(
    ticket: &Ticket<'_>,
    work: &Work<'_>,
    seen: Option<&Oid>,
) -> Result<(), Refusal> {
    let submitted = ticket.document.text("submitted").and_then(|text| Oid::parse(&text));
    let (known, since) = match seen {
        Some(commit) => (Some(commit.clone()), "looked at"),
        None => (submitted, "submitted"),
    };
    let Some(known) = known.filter(|commit| !work.is_still(commit)) else { return Ok(()) };
    let (id, tip) = (ticket.entry.id.clone(), work.tip.clone());
    Err(Refusal::Moved { id, since, known, tip })
}

fn bound(mut change: Change, commit: &Oid) -> Change {
    change.trailers.push((trailer::COMMIT, commit.to_string()));
    change
}

/// The reviewer's role at a stage, for the changelog.
fn role_of(stage: Status) -> &'static str {
    match stage {
        Status::CriticReview => "Critic",
        Status::ExpediterReview => "Expediter",
        Status::Draft
        | Status::Open
        | Status::Queued
        | Status::Claimed
        | Status::InProgress
        | Status::ChangesRequested
        | Status::Approved
        | Status::Closed => "Reviewer",
    }
}

fn kind_of(verdict: ReviewVerdict) -> &'static str {
    match verdict {
        ReviewVerdict::Approve => "approved",
        ReviewVerdict::RequestChanges => "changes_requested",
    }
}

fn said(verdict: ReviewVerdict) -> &'static str {
    match verdict {
        ReviewVerdict::Approve => "Approved",
        ReviewVerdict::RequestChanges => "Changes requested",
    }
}
