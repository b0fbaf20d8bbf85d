//! Movements of protected branches that no hook has heard of.
//!
//! git runs none for `git branch -C`, before 2.46 none when a branch becomes a symbolic ref, with reftable none when one is
//! renamed, and nobody runs one for a file that is written by hand. So each hook looks where the protected branches
//! are. One that is neither where a hook has let it go nor where its remote has it is judged by what it holds.
//!
//! Where they are is read from git's own files, and where they were from `<common dir>/tix/branches.json`, so that a hook
//! asks git only about a branch that has moved. The file may be deleted at any time: the branches are judged once more.
//!
//! All this is for clones where movements are heard of. Where `reference-transaction` is not installed every movement is
//! unheard, and to judge each would make the next hook slow: there the push tells.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::commits::JudgedCommit;
use super::rule::CommitVerdict;
use super::{BranchMove, GuardError, Guarded};
use crate::file;
use crate::git::{LooseRef, loose_ref};
use crate::names::{Oid, RefName};

const FILE: &str = "branches.json";

/// Forgets where the branches were, below this directory of tix in a repository.
pub fn forget_movements(tix_dir: &Path) -> std::io::Result<()> {
    file::remove(&tix_dir.join(FILE))
}

/// A protected branch that holds what the guard has never let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnheardMove {
    pub branch: RefName,
    pub tip: Oid,
    /// Where it was when a hook last looked, or where its remote has it.
    pub back: Option<Oid>,
    /// The commits that it may not hold, newest first.
    pub refused: Vec<JudgedCommit>,
    pub telling: Telling,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Telling {
    First,
    /// A hook has told this before.
    Again,
}

/// What is written down of a branch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct BranchNote {
    /// Where it may be: where it was found in order, and where a hook has let it go since. The movement may have failed.
    passed: Vec<String>,
    told: Option<String>,
}

type Notes = BTreeMap<String, BranchNote>;

impl Guarded {
    /// Whether any movement was ever heard of here.
    pub fn hears_movements(&self) -> bool {
        self.branches_file().is_file()
    }

    /// The protected branches that have moved to where they may not be, unheard; not of those that are judged as it is.
    pub fn unheard(&self, but_for: &[&RefName]) -> Result<Vec<UnheardMove>, GuardError> {
        let mut notes = self.branch_notes();
        let before = notes.clone();
        let mut found = Vec::new();
        for name in self.facts.protection.branches.names() {
            let Some(branch) = RefName::branch(name) else { continue };
            // A suspect may well be an ordinary one.
            if but_for.contains(&&branch) || self.facts.protection.suspects.contains(&branch) {
                continue;
            }
            let tip = match self.tip_of(&branch)? {
                LooseRef::At(tip) => tip,
                LooseRef::Absent => continue,
                LooseRef::Unknown => {
                    let local = self.local()?;
                    match local.into_iter().find(|(name, _)| *name == branch) {
                        Some((_, tip)) => tip,
                        None => continue,
                    }
                }
            };
            let note = notes.entry(name.to_owned()).or_default();
            if note.passed.iter().any(|passed| passed == tip.as_str()) {
                note.told = None;
                continue;
            }
            if self.is_where_fetched(&branch, &tip)? {
                note.passed = vec![tip.to_string()];
                continue;
            }
            found.extend(self.judge_unheard(branch, tip, note)?);
        }
        if notes != before {
            self.note_branches(&notes);
        }
        Ok(found)
    }

    /// Judges a branch that is where no hook has let it go, by the remote and by where it was before.
    fn judge_unheard(
        &self,
        branch: RefName,
        tip: Oid,
        note: &mut BranchNote,
    ) -> Result<Option<UnheardMove>, GuardError> {
        let telling = if note.told.as_deref() == Some(tip.as_str()) {
            Telling::Again
        } else {
            Telling::First
        };
        let mut known = self.published(Some(&branch))?;
        let mut back = self.fetched_at(&branch)?;
        for passed in note.passed.iter().filter_map(|passed| Oid::parse(passed)) {
            if self.is_here(&passed)? {
                back = Some(passed.clone());
                known.push(passed);
            }
        }
        // Where nothing is known there is nothing to hold the first commits against.
        let judged = if known.is_empty() {
            Vec::new()
        } else {
            self.judge_gain(&branch, tip.as_str(), &known)?
        };
        let refused: Vec<JudgedCommit> = judged
            .into_iter()
            .filter(|judged| matches!(judged.verdict, CommitVerdict::Refused(_)))
            .collect();
        if refused.is_empty() {
            *note = BranchNote { passed: vec![tip.to_string()], told: None };
            return Ok(None);
        }
        note.told = Some(tip.to_string());
        Ok(Some(UnheardMove { branch, tip, back, refused, telling }))
    }

    /// A movement that a hook lets happen: the branch may be where it is going.
    pub fn note_passed(&self, asked: &BranchMove) {
        let Some(new) = &asked.new else { return };
        let mut notes = self.branch_notes();
        let note = notes.entry(asked.branch.short().to_owned()).or_default();
        let at = self.tip_of(&asked.branch);
        let is_passed = |at: &Oid| note.passed.iter().any(|passed| passed == at.as_str());
        let goes_back = is_passed(new);
        match at {
            // What was found there and told stays to be told wherever the branch goes on to from there.
            Ok(LooseRef::At(at)) if !is_passed(&at) => return,
            Ok(LooseRef::At(at)) if !goes_back => {
                note.passed = vec![at.to_string(), new.to_string()];
            }
            Ok(LooseRef::Absent) => note.passed = vec![new.to_string()],
            Ok(LooseRef::At(_) | LooseRef::Unknown) | Err(_) => return,
        }
        self.note_branches(&notes);
    }

    /// Whether a branch is where its remote has it, as far as that is told by files.
    fn is_where_fetched(&self, branch: &RefName, tip: &Oid) -> Result<bool, GuardError> {
        for (_, noted) in self.fetched_as(branch.short()) {
            if self.tip_of(&noted)? == LooseRef::At(tip.clone()) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn fetched_at(&self, branch: &RefName) -> Result<Option<Oid>, GuardError> {
        for (_, noted) in self.fetched_as(branch.short()) {
            if let Some(oid) = self.git().commit_of(&format!("{noted}^{{commit}}"))? {
                return Ok(Some(oid));
            }
        }
        Ok(None)
    }

    /// Where a ref is, by its file or by what was read from those that hold several refs.
    pub(super) fn tip_of(&self, name: &RefName) -> Result<LooseRef, GuardError> {
        let found = loose_ref(self.common_dir(), name).map_err(|source| GuardError::File {
            path: self.common_dir().join(name.as_str()),
            source,
        })?;
        if found != LooseRef::Absent {
            return Ok(found);
        }
        let packed = self.facts.packed.iter().find(|(packed, _)| packed == name.as_str());
        let packed = packed.and_then(|(_, oid)| Oid::parse(oid));
        Ok(packed.map_or(LooseRef::Absent, LooseRef::At))
    }

    fn branch_notes(&self) -> Notes {
        let text = file::read_own(&self.branches_file()).ok();
        text.and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default()
    }

    /// To fail is to judge once more.
    fn note_branches(&self, notes: &Notes) {
        if let Ok(text) = serde_json::to_vec(notes)
            && let Err(error) = file::replace(&self.branches_file(), &text)
        {
            tracing::debug!(%error, "branches.json");
        }
    }

    fn branches_file(&self) -> PathBuf {
        self.common_dir().join("tix").join(FILE)
    }
}
