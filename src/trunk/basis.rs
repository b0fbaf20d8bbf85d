//! Whether what a transaction was begun with is what the trunk says now.
//!
//! The settings of a team are read before anything is fetched, because they say what to fetch. A claim, a review or a landing
//! that was begun in a clone that is behind would be decided by rules that the trunk has replaced. So each view is held against
//! them, before every decision: what has changed ends the transaction with [`TrunkError::Outdated`], and whoever began it
//! begins anew.

use super::{Basis, Trunk, TrunkError, View};
use crate::git::GitError;
use crate::names::Oid;

impl Trunk<'_> {
    /// Fails when the settings of this view are not those that the transaction was begun with. What follows a push of the
    /// same run is not begun anew: it finishes what that push began.
    pub(super) fn require_basis(&self, view: &View<'_>) -> Result<(), TrunkError> {
        match &self.basis {
            Some(basis) if view.outdated && !self.run.has_landed() => Err(self.outdated(basis)),
            Some(_) | None => Ok(()),
        }
    }

    pub(super) fn outdated(&self, basis: &Basis) -> TrunkError {
        TrunkError::Outdated {
            remote: self.remote.clone(),
            branch: basis.branch.clone(),
            file: basis.file,
        }
    }

    /// Whether the file is another one where its branch is now.
    pub(super) fn has_changed(&self, basis: &Basis, tip: Option<&Oid>) -> Result<bool, GitError> {
        let now = match tip {
            Some(tip) => self.objects.read(format!("{tip}:{}", basis.file).as_bytes())?,
            None => None,
        };
        Ok(now.map(|object| object.oid) != basis.blob)
    }
}
