//! When the trunk was last looked at, and whether a decision may be tried on what was seen then.
//!
//! tix fetches under private names and without `FETCH_HEAD`, so a fetch without news leaves no trace in git's own
//! files. A stamp of tix's own records when it was.
//!
//! A push is a compare-and-swap, so it may be decided on an old view: if the trunk has not moved, the fetch was saved;
//! otherwise the push is refused before anything is sent. A refusal costs a connection, so this is tried only if
//! nothing speaks against it. The clones of one machine tell each other what they know of a trunk, because what one
//! learns is nearly always news to the others.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use super::attempt::Decided;
use super::{Decide, Trunk, queue};
use crate::file;
use crate::git::{GitError, Repo};
use crate::lifecycle::{CommitReach, Decision};
use crate::names::{Oid, RefName, RemoteName};

/// How old a view may be for a push to be decided on it. In more time than this, a team has probably moved the trunk.
const WORTH_A_TRY: Duration = Duration::from_mins(10);

/// The stamp's contents say which branch of which remote it is about; its time says when.
fn stamp(repo: &Repo) -> PathBuf {
    repo.tix_dir().join("fetched")
}

fn subject(remote: &RemoteName, branch: &RefName) -> String {
    format!("{remote} {branch}\n")
}

/// Records that the trunk has just been fetched. Without the stamp tix only seems less up to date than it is, so a
/// failure is not reported.
pub fn note_fetched(repo: &Repo, remote: &RemoteName, branch: &RefName) {
    if let Err(error) = file::replace(&stamp(repo), subject(remote, branch).as_bytes()) {
        tracing::debug!(%error, "stamp");
    }
}

/// When anybody last fetched the trunk, which is at `tip` as far as this clone knows; `None` when nothing says so.
pub fn last_fetched(
    repo: &Repo,
    remote: &RemoteName,
    branch: &RefName,
    tip: &Oid,
) -> Option<SystemTime> {
    let path = stamp(repo);
    let ours = file::read_own_text(&path).is_ok_and(|text| text == subject(remote, branch));
    let by_tix = ours.then(|| std::fs::metadata(&path).and_then(|m| m.modified()).ok()).flatten();
    by_tix.max(repo.last_fetched(remote, branch, tip))
}

impl Trunk<'_> {
    /// The first decision of a transaction, on the trunk as last seen. `None` if it needs a fetch: nothing is to be
    /// pushed, and an answer must be about the present trunk; or the trunk has certainly or probably moved; or branches
    /// other than the trunk matter, which the push does not test.
    pub(super) fn decided_as_last_seen<T, A, E>(
        &self,
        remote: &RemoteName,
        decide: Decide<'_, T, A, E>,
    ) -> Result<Option<Decided<'_, T>>, GitError> {
        let Some(tip) = self.last_seen(remote)? else { return Ok(None) };
        let seen = last_fetched(self.repo, remote, &self.branch, &tip);
        let fresh = seen.and_then(|at| at.elapsed().ok()).is_some_and(|age| age < WORTH_A_TRY);
        if !fresh || self.seen_by_others(remote).is_some_and(|other| other != tip) {
            return Ok(None);
        }
        self.decided_on(&tip, decide)
    }

    /// The same for a change that another process pushes: it decides again, on the trunk at that time.
    pub(super) fn decided_to_ask<T, A, E>(
        &self,
        remote: &RemoteName,
        decide: Decide<'_, T, A, E>,
    ) -> Result<Option<Decided<'_, T>>, GitError> {
        match self.last_seen(remote)? {
            Some(tip) => self.decided_on(&tip, decide),
            None => Ok(None),
        }
    }

    /// Where the trunk was, if everything that a decision depends on is in it.
    fn last_seen(&self, remote: &RemoteName) -> Result<Option<Oid>, GitError> {
        let alone = self.basis.as_ref().is_none_or(|basis| basis.branch == self.branch);
        if self.watch.is_some() || self.base.is_some() || !alone {
            return Ok(None);
        }
        let Some(name) = RefName::tracking(remote, self.branch.short()) else { return Ok(None) };
        self.objects.resolve(name.as_str())
    }

    fn decided_on<T, A, E>(
        &self,
        tip: &Oid,
        decide: Decide<'_, T, A, E>,
    ) -> Result<Option<Decided<'_, T>>, GitError> {
        if let Some(basis) = &self.basis
            && self.has_changed(basis, Some(tip))?
        {
            return Ok(None);
        }
        // Whatever is wrong with it, the fetched trunk will show it or not.
        let view = match (&self.branches, &self.remote) {
            (Some(_), Some(remote)) => self.seen_with_claims(remote, tip),
            (None, _) | (_, None) => self.view_of(tip),
        };
        let Ok(mut view) = view else { return Ok(None) };
        view.fetched = false;
        match decide(&view) {
            // Where ticket branches are the lock, everything depends on what is on them.
            Ok(Decision::Push(change, _))
                if self.branches.is_some() && change.reach == CommitReach::Trunk =>
            {
                Ok(None)
            }
            Ok(Decision::Push(change, output)) => Ok(Some((view, (change, output)))),
            Ok(Decision::Answer(_)) | Err(_) => Ok(None),
        }
    }

    /// Tells the other clones of this machine where the trunk is.
    pub(super) fn tell_others(&self, remote: &RemoteName, tip: &Oid) {
        let note = self.note_of_others(remote);
        if file::read_own(&note).is_ok_and(|known| known == tip.as_str().as_bytes()) {
            return;
        }
        let told = queue::private_dir(&self.runtime_dir)
            .and_then(|()| file::replace(&note, tip.as_str().as_bytes()));
        if let Err(error) = told {
            tracing::debug!(path = %note.display(), %error, "note of the trunk");
        }
    }

    /// Where the trunk was when any clone of this machine last looked.
    fn seen_by_others(&self, remote: &RemoteName) -> Option<Oid> {
        Oid::parse(file::read_own_text(&self.note_of_others(remote)).ok()?.trim_end())
    }

    fn note_of_others(&self, remote: &RemoteName) -> PathBuf {
        queue::file_of(&self.runtime_dir, &format!("{} {}", self.url(remote), self.branch), "seen")
    }
}
