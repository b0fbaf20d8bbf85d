//! Checks that the trunk still has the settings that a transaction began with.
//!
//! The team's settings are read before anything is fetched, because they say what to fetch. In a clone that is behind,
//! a claim, a review or a landing would be decided by rules that the trunk has replaced. So each view is compared with
//! them before every decision: if they have changed, the transaction ends with [`TrunkError::Outdated`], and its caller
//! begins again.

use super::{Basis, Trunk, TrunkError, View};
use crate::git::GitError;
use crate::names::Oid;

impl Trunk<'_> {
    /// Fails when this view has other settings than the transaction began with. A step that follows a push of the same
    /// run does not begin again: it finishes what that push began.
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

    /// Whether the file is a different one on its branch now.
    pub(super) fn has_changed(&self, basis: &Basis, tip: Option<&Oid>) -> Result<bool, GitError> {
        let now = match tip {
            Some(tip) => self.objects.read(format!("{tip}:{}", basis.file).as_bytes())?,
            None => None,
        };
        Ok(now.map(|object| object.oid) != basis.blob)
    }
}
