//! Shared by all verbs: who acts, whether they may, and the one commit that changes one ticket.

use chrono::{DateTime, Utc};

use super::change::{Change, FileEdit, trailer};
use super::machine::{self, Mover, Policy, Situation, TicketState, Verb};
use super::refusal::{ClaimedWorkspace, Refusal};
use super::review::Approval;
use super::snapshot::{Ticket, set_all};
use crate::names::{Oid, RepoPath};
use crate::ticket::{Appended, ChangelogEntry as LogEntry, Status, TicketId, Value};

#[derive(Clone, Copy)]
pub struct Act<'a> {
    pub actor: &'a str,
    pub at: DateTime<Utc>,
    /// The proof that a holder's verb needs.
    pub proof: ClaimProof<'a>,
    /// The command as typed, to show how to repeat it with the claim.
    pub typed: &'a str,
    pub policy: Policy<'a>,
    pub branches: &'a dyn WorkComparison,
}

/// Compares an approval with the branch of its ticket, which the text of the ticket cannot tell. Only refusals ask, so it may be
/// slow.
pub trait WorkComparison {
    /// Whether the branch of a ticket has the same work as this commit: what was approved is there, and nothing else.
    fn holds_what(&self, id: &TicketId, approved: &Oid) -> bool;
}

/// How somebody proves that a claim is theirs. A name proves nothing: the agents of a fleet share one.
#[derive(Clone, Copy, Debug)]
pub enum ClaimProof<'a> {
    /// They name the claim, whoever they are.
    Named(&'a str),
    /// This clone has recorded which claims of the ticket are its own.
    Recorded {
        /// Oldest first.
        claims: &'a [String],
        /// The claim that the workspace here was created for.
        workspace: Option<&'a str>,
        /// The claim under which another session of this clone works.
        of_another: Option<&'a str>,
    },
}

impl Act<'_> {
    /// The next state, if the verb applies to the ticket and this person may do it.
    pub fn require(&self, verb: Verb, ticket: &Ticket<'_>) -> Result<TicketState, Refusal> {
        let situation = ticket.situation()?;
        let id = || ticket.entry.id.clone();
        let next = machine::allows(verb, situation, self.policy).map_err(|why| {
            let legal = self.open(ticket);
            // Whatever is said instead would be refused for the same reason.
            match self.require_mover(verb, ticket, situation) {
                Err(refusal @ Refusal::OtherSession { .. }) => refusal,
                Ok(()) | Err(_) => Refusal::Illegal { id: id(), verb, why, legal },
            }
        })?;
        self.require_mover(verb, ticket, situation)?;
        Ok(next)
    }

    fn require_mover(
        &self,
        verb: Verb,
        ticket: &Ticket<'_>,
        situation: Situation,
    ) -> Result<(), Refusal> {
        match machine::who(verb, situation, self.policy) {
            Mover::Holder => self.require_holder(ticket),
            Mover::Others if ticket.held().by.as_deref() == Some(self.actor) => {
                let (id, actor) = (ticket.entry.id.clone(), self.actor.to_owned());
                Err(Refusal::OwnWork { id, actor })
            }
            Mover::Anybody | Mover::Others => Ok(()),
        }
    }

    /// The verbs that this person could use now, to name in a refusal; none if the ticket's status is unknown.
    pub fn open(&self, ticket: &Ticket<'_>) -> Vec<Verb> {
        let Ok(situation) = ticket.situation() else { return Vec::new() };
        let mut legal = machine::legal(situation, self.policy);
        legal.retain(|verb| self.require_mover(*verb, ticket, situation).is_ok());
        let approvals = Approval::all_of(&ticket.document);
        let given = |stage: &Status| {
            let holds = |one: &Approval| self.branches.holds_what(&ticket.entry.id, &one.commit);
            approvals.iter().any(|approval| approval.stage == *stage && holds(approval))
        };
        if !self.policy.stages.iter().all(given) {
            legal.retain(|verb| *verb != Verb::Complete);
        }
        legal
    }

    /// Requires that the claim that was named, or that this clone knows as its own, is the present one.
    pub fn require_claim(&self, ticket: &Ticket<'_>) -> Result<(), Refusal> {
        let held = ticket.held();
        let stands = |id: &str| held.claim_id.as_deref() == Some(id);
        let expected = match self.proof {
            ClaimProof::Named(id) => Some(id),
            ClaimProof::Recorded { claims, workspace, .. } => {
                let standing = claims.iter().find(|id| stands(id)).or(claims.last());
                standing.map(String::as_str).or(workspace)
            }
        };
        match expected.filter(|id| !stands(id)) {
            None => Ok(()),
            Some(expected) => Err(Refusal::ClaimChanged {
                id: ticket.entry.id.clone(),
                expected: expected.to_owned(),
                held: Box::new(held),
            }),
        }
    }

    /// Checks the claim first: somebody who had the ticket until it was taken over may have the same name as its
    /// holder. Whoever proves the claim is the holder, under any name; but what one session of a clone holds, another
    /// leaves alone.
    pub fn require_holder(&self, ticket: &Ticket<'_>) -> Result<(), Refusal> {
        self.require_claim(ticket)?;
        let held = ticket.held();
        let shown = match (self.proof, &held.claim_id) {
            (ClaimProof::Named(_), _) => true,
            (ClaimProof::Recorded { claims, .. }, Some(claim)) => claims.contains(claim),
            // Made by hand, before there were claims: only the name can decide.
            (ClaimProof::Recorded { .. }, None) => held.by.as_deref() == Some(self.actor),
        };
        let id = ticket.entry.id.clone();
        if shown {
            return match self.proof {
                ClaimProof::Recorded { of_another: Some(claim), .. }
                    if held.claim_id.as_deref() == Some(claim) =>
                {
                    Err(Refusal::OtherSession { id, held: Box::new(held) })
                }
                ClaimProof::Recorded { .. } | ClaimProof::Named(_) => Ok(()),
            };
        }
        let typed = self.typed.to_owned();
        let same_name = held.by.as_deref() == Some(self.actor);
        let workspace = match self.proof {
            ClaimProof::Recorded { workspace: Some(_), .. } => ClaimedWorkspace::Here,
            ClaimProof::Recorded { workspace: None, .. } | ClaimProof::Named(_) => {
                ClaimedWorkspace::None
            }
        };
        let held = Box::new(held);
        Err(if same_name {
            Refusal::ClaimNotShown { id, typed, workspace, held }
        } else {
            Refusal::NotHolder { id, actor: self.actor.to_owned(), held }
        })
    }
}

/// The words of a changelog entry.
pub struct ChangelogText<'a> {
    /// Who writes it, in one word.
    pub role: &'a str,
    /// What was done, in one word.
    pub kind: &'a str,
    pub lines: Vec<String>,
}

/// What one verb writes into one ticket.
pub(super) struct Writing<'a> {
    /// The verb, which begins the subject of the commit.
    pub(super) subject: &'a str,
    /// Why, in the user's words.
    pub(super) reason: Option<&'a str>,
    /// The keys of the front matter to write.
    pub(super) fields: &'a [(&'a str, Value<'a>)],
    /// The new place of the file; `None` if it stays.
    pub(super) to: Option<RepoPath>,
    pub(super) story: &'a ChangelogText<'a>,
}

/// The changed ticket, and whether its changelog took the entry. Keys that have no value and do not exist yet are left
/// out.
pub(super) fn write(
    ticket: &Ticket<'_>,
    act: &Act<'_>,
    writing: &Writing<'_>,
) -> Result<(Change, Appended), Refusal> {
    let entry = ticket.entry;
    let mut document = ticket.document.clone();
    for (key, value) in writing.fields {
        if *value != Value::Null || document.has(key) {
            set_all(&mut document, &entry.path, &[(key, *value)])?;
        }
    }
    let story = writing.story;
    let log = LogEntry { at: act.at, role: story.role, kind: story.kind, lines: &story.lines };
    let appended = document.append_changelog(&log);
    let mut trailers = vec![(trailer::TICKET, entry.id.to_string())];
    trailers.extend(ticket.held().claim_id.map(|claim| (trailer::CLAIM, claim)));
    trailers.push((trailer::ACTOR, act.actor.to_owned()));
    let change = Change {
        edits: vec![FileEdit::Move {
            from: entry.path.clone(),
            to: writing.to.clone().unwrap_or_else(|| entry.path.clone()),
            content: document.into_bytes(),
        }],
        subject: format!("{}: {}", writing.subject, entry.id),
        reason: writing.reason.map(str::to_owned),
        trailers,
        ..Change::default()
    };
    Ok((change, appended))
}

/// The lines of a changelog entry: what happened, and the reason if one was given.
pub(super) fn lines(what: String, reason: Option<&str>) -> Vec<String> {
    let reason = reason.map(|reason| format!("Reason: {reason}"));
    std::iter::once(what).chain(reason).collect()
}
