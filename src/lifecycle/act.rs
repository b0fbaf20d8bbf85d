//! What all verbs have in common: who acts, whether they may, and the one commit that changes one ticket.

use chrono::{DateTime, Utc};

use super::change::{Change, CommitReach, FileEdit, trailer};
use super::machine::{self, Mover, Policy, TicketState, Verb};
use super::refusal::{ClaimedWorkspace, Refusal};
use super::snapshot::{Ticket, set_all};
use crate::names::RepoPath;
use crate::ticket::{Appended, ChangelogEntry as LogEntry, Value};

#[derive(Clone, Copy)]
pub struct Act<'a> {
    pub actor: &'a str,
    pub at: DateTime<Utc>,
    /// What a holder's verb rests on.
    pub proof: ClaimProof<'a>,
    /// The command as it was typed, for whoever has to type it again with the claim.
    pub typed: &'a str,
    pub policy: Policy<'a>,
}

/// How somebody shows that a claim is theirs. A name shows nothing: the agents of a fleet share one.
#[derive(Clone, Copy, Debug)]
pub enum ClaimProof<'a> {
    /// They name it, whoever they are.
    Named(&'a str),
    /// This clone has written down which claims of the ticket it answers for.
    Recorded {
        /// Oldest first.
        claims: &'a [String],
        /// The claim that the workspace here was made for.
        workspace: Option<&'a str>,
    },
}

impl Act<'_> {
    /// The state that follows, if the verb applies to the ticket and whoever acts may do it.
    pub fn require(&self, verb: Verb, ticket: &Ticket<'_>) -> Result<TicketState, Refusal> {
        let situation = ticket.situation()?;
        let id = || ticket.entry.id.clone();
        let next = machine::allows(verb, situation, self.policy).map_err(|why| {
            Refusal::Illegal { id: id(), verb, why, legal: ticket.legal(self.policy) }
        })?;
        match machine::who(verb, situation, self.policy) {
            Mover::Anybody => {}
            Mover::Holder => self.require_holder(ticket)?,
            Mover::Others => {
                if ticket.held().by.as_deref() == Some(self.actor) {
                    return Err(Refusal::OwnWork { id: id(), actor: self.actor.to_owned() });
                }
            }
        }
        Ok(next)
    }

    /// The claim that is named, or that this clone knows for its own, is the one that stands.
    pub fn require_claim(&self, ticket: &Ticket<'_>) -> Result<(), Refusal> {
        let held = ticket.held();
        let stands = |id: &str| held.claim_id.as_deref() == Some(id);
        let expected = match self.proof {
            ClaimProof::Named(id) => Some(id),
            ClaimProof::Recorded { claims, workspace } => {
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

    /// The claim first: somebody who had the ticket until it was taken over may have the same name as its holder. Whoever
    /// shows the claim is its holder under any name.
    pub fn require_holder(&self, ticket: &Ticket<'_>) -> Result<(), Refusal> {
        self.require_claim(ticket)?;
        let held = ticket.held();
        let shown = match (self.proof, &held.claim_id) {
            (ClaimProof::Named(_), _) => true,
            (ClaimProof::Recorded { claims, .. }, Some(claim)) => claims.contains(claim),
            // Made by hand, before there were claims: there is no more to go by than the name.
            (ClaimProof::Recorded { .. }, None) => held.by.as_deref() == Some(self.actor),
        };
        if shown {
            return Ok(());
        }
        let (id, typed) = (ticket.entry.id.clone(), self.typed.to_owned());
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
    /// The verb, as the subject of the commit begins.
    pub(super) subject: &'a str,
    /// Why, in the user's words.
    pub(super) reason: Option<&'a str>,
    /// The keys of the front matter.
    pub(super) fields: &'a [(&'a str, Value<'a>)],
    /// Where the file goes; `None` where it stays.
    pub(super) to: Option<RepoPath>,
    pub(super) story: &'a ChangelogText<'a>,
}

/// The ticket with what was written, and whether the story found its place in it. Keys that say nothing and are not there
/// yet are left out.
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
        refs: Vec::new(),
        establishes: None,
        merge: None,
        follow_up: None,
        reach: CommitReach::Trunk,
    };
    Ok((change, appended))
}

/// The lines of a story: what happened, and why if somebody said it.
pub(super) fn lines(what: String, reason: Option<&str>) -> Vec<String> {
    let reason = reason.map(|reason| format!("Reason: {reason}"));
    std::iter::once(what).chain(reason).collect()
}
