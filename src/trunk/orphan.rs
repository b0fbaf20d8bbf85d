//! Begins a separate trunk: a branch that shares no history with the code.

use std::time::Instant;

use super::judge::{PushVerdict, judge, speaks_of_permission};
use super::server::{LAST_WORD, cut_off, require_one_place};
use super::{Built, Diary, Landed, MayLand, MovedRef, Trunk, TrunkError, View};
use crate::git::{LocalEdit, PushMode, RefUpdate};
use crate::lifecycle::Change;
use crate::names::{Oid, RemoteName};

impl Trunk<'_> {
    /// Creates the trunk as a branch whose first commit has only the files of `change`. `None`: the branch already
    /// exists, and was not touched.
    ///
    /// One compare-and-swap against "absent": if several begin the same trunk at once, one succeeds.
    pub fn begin_branch(
        &self,
        diary: &mut Diary,
        change: &Change,
    ) -> Result<Option<Landed<()>>, TrunkError> {
        let nothing = View::load(self.objects, self.repo.format, None, &self.tickets_dir)?;
        let built = self.build(&nothing, change, self.run.writer()?)?;
        diary.attempts += 1;
        diary.commits.push(built.commit.clone());
        diary.paths.clone_from(&built.paths);
        let made = match &self.remote {
            Some(remote) => self.create_there(remote, &built.commit)?,
            None => self.create_here(&built.commit, &change.subject)?,
        };
        Ok(made.then(|| self.begun(built)))
    }

    fn create_there(&self, remote: &RemoteName, commit: &Oid) -> Result<bool, TrunkError> {
        require_one_place(self.repo, remote)?;
        let update = RefUpdate::Create { name: self.branch.clone(), to: commit.clone() };
        let updates = std::slice::from_ref(&update);
        let mode = PushMode::one_by_one(self.deadline.at());
        let (verdict, words) = match self.repo.push(remote, updates, &mode) {
            Ok(report) => (judge(&report, updates), report.words),
            Err(error) => (PushVerdict::Unclear, cut_off(error)?),
        };
        match verdict {
            PushVerdict::Won | PushVerdict::TrunkOnly => return Ok(true),
            PushVerdict::Refused(no) | PushVerdict::Strange(no) => {
                return Err(self.refused(remote, no, words));
            }
            // Somebody else's branch, or no clear answer: ask the remote what it has.
            PushVerdict::Behind
            | PushVerdict::Taken { .. }
            | PushVerdict::Busy(_)
            | PushVerdict::NotAtomic
            | PushVerdict::Unclear => {}
        }
        let until = self.deadline.at().max(Instant::now() + LAST_WORD);
        let failed = |landing| TrunkError::Unreachable {
            remote: remote.clone(),
            words: words.clone(),
            landing,
        };
        match self.repo.ls_remote(remote, &[self.branch.as_str()], until) {
            Ok(refs) => match refs.iter().find(|r| r.name == self.branch) {
                Some(there) => Ok(there.oid == *commit),
                None if speaks_of_permission(&words) => {
                    Err(TrunkError::Denied { remote: remote.clone(), words })
                }
                None => Err(failed(MayLand::No)),
            },
            Err(error) => {
                tracing::debug!(%error, "ls-remote");
                Err(failed(MayLand::Unknown))
            }
        }
    }

    fn create_here(&self, commit: &Oid, subject: &str) -> Result<bool, TrunkError> {
        let edit = LocalEdit::Set { name: self.branch.clone(), to: commit.clone(), from: None };
        if self.repo.update_refs(&[edit], &format!("tix: {subject}"))? {
            return Ok(true);
        }
        if self.objects.resolve(self.branch.as_str())?.is_some() {
            return Ok(false);
        }
        // Absent but still refused: a branch `tickets/x` is in the way of `tickets`.
        Err(TrunkError::LocalRefTaken { branch: self.branch.clone() })
    }

    fn begun(&self, built: Built) -> Landed<()> {
        let moved =
            MovedRef { name: self.branch.clone(), old: None, new: Some(built.commit.clone()) };
        Landed {
            output: (),
            commits: built.commits().collect(),
            commit: built.commit,
            parent: None,
            paths: built.paths,
            follow_up: None,
            moved: vec![moved],
            left: Vec::new(),
            attempts: 1,
            warnings: Vec::new(),
            publication: None,
        }
    }
}
