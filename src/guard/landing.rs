//! Work that becomes part of the trunk without a pull request, where the team has agreed on it with `landing: completed`.
//!
//! A commit of the trunk may then change whatever it likes if it also completes exactly one ticket: it moves it from active to
//! completed and approved, under the claim that the trunk held it by, with an approval for every stage of the review. All else
//! that it does to tickets must be by the rule. With a merge come the commits of the branch that it merges, which must hold the
//! completed ticket in the same words, and the approvals must be of what that branch holds.
//!
//! All of that can be written by hand. It keeps accidents out, and on a server whoever has not claimed a ticket; it does not keep
//! out somebody who claims one to get past it.

use std::collections::BTreeSet;

use super::commits::{JudgedCommit, NewCommit, TextReader};
use super::content::Texts as _;
use super::rule::{self, CommitVerdict, TicketDelta};
use super::{GuardError, content};
use crate::config::Stage;
use crate::git::{ChangedCommit, Git, Walk};
use crate::lifecycle::Approval;
use crate::names::{Oid, RepoPath};
use crate::ticket::{Document, Lane, Status};

pub struct Agreement<'a> {
    pub git: &'a Git,
    pub tickets_dir: &'a RepoPath,
    pub stages: &'a [Stage],
}

/// The one ticket that a commit completes.
struct Completion {
    from: TicketDelta,
    to: TicketDelta,
}

impl Agreement<'_> {
    /// Takes the refusals back of commits that land a ticket on the way to `new`, and of those that come with them.
    pub fn let_land(
        &self,
        new: NewCommit<'_>,
        mut reader: TextReader<'_>,
        judged: Vec<JudgedCommit>,
    ) -> Result<Vec<JudgedCommit>, GuardError> {
        let steps = self.git.new_commits(new.tips, new.known, Walk::Steps, None)?;
        let mut landed = Vec::new();
        let mut brought = BTreeSet::new();
        for step in steps {
            let Some(completion) = self.lands(&step, &mut reader)? else { continue };
            if step.parents.len() > 1 {
                let [ours, theirs] = [1, 2].map(|n| format!("{}^{n}", step.oid));
                brought.extend(self.git.beyond(&theirs, &ours, new.known)?);
            }
            landed.push((step.oid, vec![completion.from.path, completion.to.path]));
        }
        let passed = |judged: JudgedCommit| {
            let paths = landed.iter().find(|(oid, _)| *oid == judged.commit);
            let verdict = match paths {
                Some((_, paths)) => CommitVerdict::Tickets(paths.clone()),
                None if brought.contains(&judged.commit) => CommitVerdict::Nothing,
                None => judged.verdict,
            };
            JudgedCommit { verdict, ..judged }
        };
        Ok(judged.into_iter().map(passed).collect())
    }

    /// The ticket that a step of the trunk lands; `None` where it does not, and is judged as any other.
    fn lands(
        &self,
        step: &ChangedCommit,
        reader: &mut TextReader<'_>,
    ) -> Result<Option<Completion>, GuardError> {
        if !matches!(step.parents.len(), 1 | 2) {
            return Ok(None);
        }
        let Ok(tickets) = rule::judge_tickets(&step.deltas, self.tickets_dir) else {
            return Ok(None);
        };
        let Some(completion) = completion(&tickets) else { return Ok(None) };
        if !content::judge(&tickets, reader)?.is_empty() {
            return Ok(None);
        }
        let before = document(reader, completion.from.old.first().and_then(Option::as_ref))?;
        let after = document(reader, completion.to.new.as_ref())?;
        let (Some(before), Some(after)) = (before, after) else { return Ok(None) };
        let approved = after.status().is_ok_and(|reading| reading.status == Status::Approved);
        let claim = before.text("claim_id").filter(|claim| !claim.is_empty());
        if !approved || claim.is_none() || claim != after.text("claim_id") {
            return Ok(None);
        }
        let merged = (step.parents.len() == 2).then(|| format!("{}^2", step.oid));
        if let Some(tip) = &merged {
            let there = self.git.commit_of(&format!("{tip}:{}", completion.to.path))?;
            if there != completion.to.new {
                return Ok(None);
            }
        }
        let reviewed = self.is_reviewed(&after, &completion, merged.as_deref())?;
        Ok(reviewed.then_some(completion))
    }

    /// Whether every stage has said yes; of a merge, to what its branch holds.
    fn is_reviewed(
        &self,
        ticket: &Document,
        completion: &Completion,
        tip: Option<&str>,
    ) -> Result<bool, GuardError> {
        let approvals = Approval::all_of(ticket);
        for stage in self.stages {
            let stage = match stage {
                Stage::Critic => Status::CriticReview,
                Stage::Expediter => Status::ExpediterReview,
            };
            let Some(approval) = approvals.iter().find(|a| a.stage == stage) else {
                return Ok(false);
            };
            // Of a squash the branch may not be here, and its commits lead nowhere: that they were written down is all
            // that can be asked for.
            let Some(tip) = tip else { continue };
            if self.git.commit_of(&format!("{}^{{commit}}", approval.commit))?.is_none() {
                return Ok(false);
            }
            let changed = self.git.changed_paths(approval.commit.as_str(), tip)?;
            let name = completion.to.path.file_name();
            let of_ticket = |path: &RepoPath| {
                path.file_name() == name && rule::is_ticket(path, self.tickets_dir)
            };
            if !changed.iter().all(of_ticket) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

fn document(
    reader: &mut TextReader<'_>,
    oid: Option<&Oid>,
) -> Result<Option<Document>, GuardError> {
    let Some(oid) = oid else { return Ok(None) };
    let text = reader.text(oid)?;
    Ok(text.and_then(|text| Document::parse(text).ok()))
}

/// The one ticket among these that goes from active to completed; `None` if it is none or several.
fn completion(tickets: &[TicketDelta]) -> Option<Completion> {
    let comes = |t: &&TicketDelta| {
        t.lane == Lane::Completed && t.new.is_some() && t.old.iter().all(Option::is_none)
    };
    let mut coming = tickets.iter().filter(comes);
    let (to, None) = (coming.next()?, coming.next()) else { return None };
    let goes = |t: &&TicketDelta| t.lane == Lane::Active && t.new.is_none() && t.stem == to.stem;
    let from = tickets.iter().find(goes)?;
    Some(Completion { from: from.clone(), to: to.clone() })
}
