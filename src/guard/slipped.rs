//! Code that has come onto protected branches past all hooks: what an agent is told after a command.
//!
//! Where the branches are, here and as last seen on the remote, is kept in `<common dir>/tix/tips.json`, so that git is asked
//! only when one has moved. The file may be deleted at any time: what was pushed before is then not told.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::commits::JudgedCommit;
use super::rule::CommitVerdict;
use super::{GuardError, Guarded};
use crate::file;
use crate::git::LooseRef;
use crate::names::{Oid, RefName};

/// Where protected branches are, by their full names.
pub type BranchTips = BTreeMap<String, String>;

/// Commits on a protected branch that break the rule.
pub struct SlippedCommits {
    pub branch: RefName,
    /// Newest first.
    pub commits: Vec<JudgedCommit>,
    /// The remote that they were pushed to from here; `None` where they are only here.
    pub pushed_to: Option<String>,
}

impl Guarded {
    /// Where the protected branches were when this was last asked, if one has moved since, as far as files tell, which costs no git.
    pub fn moved_from(&self) -> Option<BranchTips> {
        let before: Option<BranchTips> = file::read_own(&self.tips_file())
            .ok()
            .and_then(|text| serde_json::from_slice(&text).ok());
        let now = self.tips();
        if now.is_some() && now == before {
            return None;
        }
        self.note(&now.unwrap_or_default());
        Some(before.unwrap_or_default())
    }

    /// Notes where the protected branches are before anything is run, unless that was noted before.
    pub fn note_tips(&self) {
        if !self.tips_file().exists()
            && let Some(tips) = self.tips()
        {
            self.note(&tips);
        }
    }

    /// The commits that break the rule: on the protected branches here and nowhere else, and those that were pushed from here
    /// since the branches were there.
    pub fn slipped(&self, before: &BranchTips) -> Result<Vec<SlippedCommits>, GuardError> {
        let mut slipped = Vec::new();
        for (branch, tip) in self.local()? {
            let published = self.published(Some(&branch))?;
            // Where nothing is published there is nothing to hold the first commits against.
            if !published.is_empty() {
                let commits = refused(self.judge_beyond(tip.as_str(), &published)?);
                slipped.push(SlippedCommits { branch, commits, pushed_to: None });
            }
        }
        for branch in self.protected_names().filter_map(RefName::branch) {
            for (home, noted) in self.fetched_as(branch.short()) {
                let commits = self.pushed(&branch, &noted, before)?;
                let (branch, pushed_to) = (branch.clone(), Some(home.to_owned()));
                slipped.push(SlippedCommits { branch, commits, pushed_to });
            }
        }
        slipped.retain(|slipped| !slipped.commits.is_empty());
        Ok(slipped)
    }

    /// What was pushed from here to a branch that is noted under this name. What was fetched of it is others' work.
    fn pushed(
        &self,
        branch: &RefName,
        noted: &RefName,
        before: &BranchTips,
    ) -> Result<Vec<JudgedCommit>, GuardError> {
        let mut pushed = Vec::new();
        let before = before.get(noted.as_str()).and_then(|oid| Oid::parse(oid));
        if let Some(before) = before
            && self.tip_of(noted)? != LooseRef::At(before.clone())
        {
            let moves = self.git().moves_since(noted, &before)?;
            for moved in moves.iter().filter(|moved| moved.why == "update by push") {
                let known = std::slice::from_ref(&moved.old);
                pushed.extend(refused(self.judge_gain(branch, moved.new.as_str(), known)?));
            }
        }
        Ok(pushed)
    }

    /// Where the protected branches are; `None` where only git can tell.
    fn tips(&self) -> Option<BranchTips> {
        let local = self.protected_names().filter_map(RefName::branch);
        let noted = self.protected_names().flat_map(|name| self.fetched_as(name));
        let mut tips = BranchTips::new();
        for name in local.chain(noted.map(|(_, noted)| noted)) {
            match self.tip_of(&name) {
                Ok(LooseRef::At(tip)) => tips.insert(name.as_str().to_owned(), tip.to_string()),
                Ok(LooseRef::Absent) => continue,
                Ok(LooseRef::Unknown) | Err(_) => return None,
            };
        }
        Some(tips)
    }

    fn note(&self, tips: &BranchTips) {
        if let Ok(text) = serde_json::to_vec(tips)
            && let Err(error) = file::replace(&self.tips_file(), &text)
        {
            tracing::debug!(%error, "tips.json");
        }
    }

    fn tips_file(&self) -> PathBuf {
        self.common_dir().join("tix/tips.json")
    }
}

fn refused(mut judged: Vec<JudgedCommit>) -> Vec<JudgedCommit> {
    judged.retain(|judged| matches!(judged.verdict, CommitVerdict::Refused(_)));
    judged
}
