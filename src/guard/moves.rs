//! Branches that are about to move, as the hooks of pushes and of refs are told of them.

use super::commits::JudgedCommit;
use super::known::PushDestination;
use super::rule::CommitVerdict;
use super::{GuardError, Guarded};
use crate::names::{Oid, RefName};

/// A protected branch that is about to move. A side is `None` where the branch is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BranchMove {
    pub branch: RefName,
    /// Where it is, as far as whoever moves it says.
    pub old: Option<Oid>,
    pub new: Option<Oid>,
}

/// What the guard says of a move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ruling {
    /// It may happen; these commits become part of the branch.
    Pass(Vec<JudgedCommit>),
    /// The branch would be gone.
    Deletion,
    /// Commits that are published would not be part of it any more.
    Rewrite,
    /// Some of these commits may not become part of it.
    Commits(Vec<JudgedCommit>),
}

impl Guarded {
    /// A push of this clone.
    pub fn judge_push(
        &self,
        target: PushDestination<'_>,
        asked: &BranchMove,
    ) -> Result<Ruling, GuardError> {
        if self.is_deployment(target) {
            return Ok(Ruling::Pass(Vec::new()));
        }
        let Some(new) = &asked.new else { return Ok(Ruling::Deletion) };
        // Nothing moves, and git need not be asked about it.
        if asked.old.as_ref() == Some(new) {
            return Ok(Ruling::Pass(Vec::new()));
        }
        self.require_certainty()?;
        let known = self.known_at(target, &asked.branch)?;
        // The first publication of all: there is nothing yet that could be protected.
        let Some(mut known) = known else { return Ok(Ruling::Pass(Vec::new())) };
        if let Some(old) = &asked.old {
            // A commit that was never fetched is part of nothing here.
            let is_there = known.contains(old) || self.is_here(old)?;
            if !is_there || !self.git().is_ancestor(old, new)? {
                return Ok(Ruling::Rewrite);
            }
            known.push(old.clone());
        }
        Ok(ruling(self.judge_gain(&asked.branch, new.as_str(), &known)?))
    }

    /// A push that somebody means to make of a revision: the commits that it would bring. A remote that has gone on says so
    /// itself, and a pull puts it right.
    pub fn judge_announced(
        &self,
        remote: &str,
        branch: &RefName,
        new: &str,
    ) -> Result<Vec<JudgedCommit>, GuardError> {
        self.require_certainty()?;
        let target = PushDestination { remote, address: None, told: &[] };
        match self.known_at(target, branch)? {
            Some(known) => self.judge_gain(branch, new, &known),
            // The first publication of all: there is nothing yet that could be protected.
            None => Ok(Vec::new()),
        }
    }

    /// A push that has arrived here.
    pub fn judge_received(&self, asked: &BranchMove) -> Result<Ruling, GuardError> {
        let Some(new) = &asked.new else { return Ok(Ruling::Deletion) };
        self.require_certainty()?;
        if let Some(old) = &asked.old
            && !self.git().is_ancestor(old, new)?
        {
            return Ok(Ruling::Rewrite);
        }
        if !self.has_protected()? {
            return Ok(Ruling::Pass(Vec::new()));
        }
        let known = self.held(&asked.branch)?;
        Ok(ruling(self.judge_gain(&asked.branch, new.as_str(), &known)?))
    }

    /// A movement of a branch of this clone, by whatever command.
    ///
    /// Where the branch is now is read here: git gives no old value when whoever moves it did not.
    pub fn judge_local(&self, asked: &BranchMove) -> Result<Ruling, GuardError> {
        let local = self.local()?;
        let current = local.iter().find(|(name, _)| *name == asked.branch).map(|(_, oid)| oid);
        if asked.new.as_ref() == current {
            return Ok(Ruling::Pass(Vec::new()));
        }
        let Some(new) = &asked.new else {
            let pruned = asked.old.as_ref().is_some_and(|old| self.is_packed(&asked.branch, old));
            return Ok(if pruned { Ruling::Pass(Vec::new()) } else { Ruling::Deletion });
        };
        match (ruling(self.judge_new(&asked.branch, new.as_str())?), current) {
            // To go back to what is published is no rewriting of it; to put something else in its place is.
            (Ruling::Pass(judged), Some(current))
                if !judged.is_empty() && self.loses_published(&asked.branch, current, new)? =>
            {
                Ok(Ruling::Rewrite)
            }
            (ruling, _) => Ok(ruling),
        }
    }

    /// Whether a commit that is published leads to `current` and not to `new`.
    fn loses_published(
        &self,
        branch: &RefName,
        current: &Oid,
        new: &Oid,
    ) -> Result<bool, GuardError> {
        let lost = self.git().count_beyond(current, std::slice::from_ref(new))?;
        let mut kept = self.published(Some(branch))?;
        kept.push(new.clone());
        Ok(self.git().count_beyond(current, &kept)? < lost)
    }

    /// Whether a deletion only takes away the loose file of a branch that has just been packed.
    ///
    /// `git pack-refs` does that without a lock on the packed refs, and whoever deletes a branch for good holds one:
    /// refs/files-backend.c, `files_transaction_prepare`.
    fn is_packed(&self, branch: &RefName, at: &Oid) -> bool {
        let packed = std::fs::read_to_string(self.common_dir().join("packed-refs"));
        let line = format!("{at} {branch}");
        packed.is_ok_and(|text| text.lines().any(|found| found == line))
            && !self.common_dir().join("packed-refs.lock").exists()
    }
}

fn ruling(judged: Vec<JudgedCommit>) -> Ruling {
    if judged.iter().any(|j| matches!(j.verdict, CommitVerdict::Refused(_))) {
        Ruling::Commits(judged)
    } else {
        Ruling::Pass(judged)
    }
}
