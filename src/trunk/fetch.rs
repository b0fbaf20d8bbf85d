//! What the remote has: the trunk and what is fetched along with it.

use std::time::Instant;

use super::judge::speaks_of_permission;
use super::server::{LAST_WORD, timed_out};
use super::{Landing, Step, Trunk, TrunkError, View};
use crate::git::GitError;
use crate::names::{Oid, RefName, RemoteName};

impl Trunk<'_> {
    /// Fetches trunk (and base) under this run's private names and reads what is there.
    pub(super) fn fetch(&self, remote: &RemoteName) -> Result<View<'_>, TrunkError> {
        (self.progress)(Step::Fetch);
        let trunk_ref = self.run.private_ref("trunk")?;
        let mut specs = vec![format!("+{}:{trunk_ref}", self.branch)];
        let base_ref = match &self.base {
            Some(_) => Some(self.run.private_ref("base")?),
            None => None,
        };
        if let (Some(base), Some(name)) = (&self.base, &base_ref) {
            specs.push(format!("+{base}:{name}"));
        }
        let watched = self.watch.as_ref().map(|branch| (branch, self.run.private_prefix()));
        if let Some((branch, prefix)) = &watched {
            // A pattern, because a plain refspec fails when the branch does not exist.
            specs.push(format!("+{branch}*:{prefix}/{branch}*"));
        }
        let until = self.deadline.max(Instant::now() + LAST_WORD);
        if let Some(words) = self.fetch_once(remote, &specs, until)? {
            self.require_listed(remote, words, until)?;
            // What was missing may have come between the two looks.
            if let Some(words) = self.fetch_once(remote, &specs, until)? {
                return Err(unreachable(remote, words));
            }
        }
        super::seen::note_fetched(self.repo, remote, &self.stamp);
        let tip = self.objects.resolve(trunk_ref.as_str())?;
        let tip = tip.ok_or_else(|| crate::git::GitError::Missing(trunk_ref.to_string()))?;
        self.note_tip(remote, &self.branch, &tip)?;
        let mut view = self.view_of(&tip)?;
        if let (Some(name), Some(base)) = (&base_ref, &self.base) {
            view.base = self.objects.resolve(name.as_str())?;
            if let Some(tip) = &view.base {
                self.note_tip(remote, base, tip)?;
            }
        }
        if let Some((branch, prefix)) = &watched {
            view.watched = self.objects.resolve(&format!("{prefix}/{branch}"))?;
        }
        Ok(view)
    }

    /// Remembers where a branch of the remote is, for its remote-tracking ref.
    fn note_tip(&self, remote: &RemoteName, branch: &RefName, tip: &Oid) -> Result<(), GitError> {
        if let Some(name) = RefName::tracking(remote, branch.short()) {
            let before = self.objects.resolve(name.as_str())?;
            self.run.note(name, tip.clone(), before);
        }
        Ok(())
    }

    /// One fetch; the remote's words when it failed.
    pub(super) fn fetch_once(
        &self,
        remote: &RemoteName,
        specs: &[String],
        until: Instant,
    ) -> Result<Option<String>, TrunkError> {
        match self.repo.fetch(remote, specs, until) {
            Ok(finished) if finished.code == Some(0) => Ok(None),
            Ok(finished) => Ok(Some(finished.stderr)),
            Err(error) => timed_out(error).map(Some),
        }
    }

    /// A failed fetch says the same for a missing branch, a missing network and a missing permission; a
    /// look at the remote's branches tells them apart. `Ok` when the remote lists all that was asked for.
    fn require_listed(
        &self,
        remote: &RemoteName,
        words: String,
        until: Instant,
    ) -> Result<(), TrunkError> {
        let permission = |words: String| TrunkError::Denied { remote: remote.clone(), words };
        if speaks_of_permission(&words) {
            return Err(permission(words));
        }
        let refs = match self.repo.ls_remote(remote, &[], until) {
            Ok(refs) => refs,
            Err(error) => {
                return Err(match error.words() {
                    Some(said) if speaks_of_permission(said) => permission(said.to_owned()),
                    _ => unreachable(remote, words),
                });
            }
        };
        let is_listed = |branch: &RefName| refs.iter().any(|r| r.name == *branch);
        if !is_listed(&self.branch) {
            let branches = refs.iter().filter(|r| r.name.as_str().starts_with("refs/heads/"));
            let mut branches: Vec<_> = branches.map(|r| r.name.short().to_owned()).collect();
            // The default branch is listed twice: as itself and as what HEAD leads to.
            branches.sort_unstable();
            branches.dedup();
            let (remote, branch) = (remote.clone(), self.branch.clone());
            return Err(TrunkError::NoTrunk { remote, branch, branches });
        }
        match &self.base {
            Some(base) if !is_listed(base) => {
                Err(TrunkError::NoBase { remote: remote.clone(), branch: base.clone() })
            }
            Some(_) | None => Ok(()),
        }
    }
}

/// The remote gave no answer, and nothing was sent to it.
pub(super) fn unreachable(remote: &RemoteName, words: String) -> TrunkError {
    TrunkError::Unreachable { remote: remote.clone(), words, landing: Landing::No }
}
