//! What a branch holds already: the rule over history, for audits and CI.

use super::commits::{self, JudgedCommit, NewCommit};
use super::{CommitVerdict, GuardError, Guarded};
use crate::config;
use crate::git::Walk;
use crate::names::Oid;

/// How many commits are looked at when nobody says which.
pub const RECENT: usize = 200;

#[derive(Clone, Copy, Debug)]
pub enum Scope<'a> {
    /// What this branch has beyond its remote: judged as a push of it would be, commit by commit.
    Unpublished(&'a Oid),
    /// The newest that this branch was at, up to this many.
    Recent(&'a Oid, usize),
    /// Those that a branch was at, in git's words for a range, which leads to this commit.
    Range(&'a str, &'a Oid),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    pub commits: usize,
    /// Those that broke the rule, newest first.
    pub broken: Vec<JudgedCommit>,
}

impl Guarded {
    /// Judges the commits of a branch.
    ///
    /// Along the commits that the branch was at (the first parents) a merge counts for what it changes itself, so
    /// that a merged pull request passes; and a commit that completes a ticket is taken for a squashed one. Commits
    /// from before there were tickets are not judged.
    pub fn check(&self, scope: Scope<'_>) -> Result<Checked, GuardError> {
        let (tip, walk, limit) = match scope {
            Scope::Unpublished(tip) => (tip, Walk::All, None),
            Scope::Recent(tip, limit) => (tip, Walk::FirstParents, Some(limit)),
            Scope::Range(_, tip) => (tip, Walk::FirstParents, None),
        };
        let (asked, mut known) = match scope {
            Scope::Unpublished(_) => (tip.as_str(), self.published(self.trunk().as_ref())?),
            Scope::Recent(..) => (tip.as_str(), Vec::new()),
            Scope::Range(range, _) => (range, Vec::new()),
        };
        match self.adoption(&known, tip)? {
            Some(adoption) => known.push(adoption),
            None => return Ok(Checked { commits: 0, broken: Vec::new() }),
        }
        let judged = if let (Scope::Unpublished(tip), Some(trunk)) = (scope, self.trunk()) {
            self.judge_gain(&trunk, tip.as_str(), &known)?
        } else {
            let new = NewCommit { tips: &[asked], known: &known, walk, limit };
            commits::judge(self.reader(), self.tickets_dir(), new)?
        };
        let commits = judged.len();
        let is_broken = |commit: &JudgedCommit| {
            let landed = walk == Walk::FirstParents && commit.completes.is_some();
            matches!(commit.verdict, CommitVerdict::Refused(_)) && !landed
        };
        Ok(Checked { commits, broken: judged.into_iter().filter(is_broken).collect() })
    }

    /// The commit that the first ticket came with. What is published had it before anything that is not: a history that was
    /// rewritten from its beginning has another one, which is no beginning.
    fn adoption(&self, published: &[Oid], tip: &Oid) -> Result<Option<Oid>, GuardError> {
        let tickets = [self.tickets_dir().as_bytes(), config::FILE.as_bytes()];
        for commit in published.iter().chain([tip]) {
            if let Some(found) = self.git().first_to_touch(commit, &tickets)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }
}
