//! The refs that move together with the trunk, and servers that do not move all of them.
//!
//! A server that claims to move several refs at once is believed unless its report says otherwise: a server that hides
//! a ref from pushes refuses it and still moves the others.

use std::time::Instant;

use super::judge::{PushVerdict, judge};
use super::server::LAST_WORD;
use super::{MovedRef, Trunk, TrunkError};
use crate::git::{GitError, PushMode, PushReport, RefOutcome, RefUpdate, RefValue};
use crate::names::{RefName, RemoteName};

pub(super) fn moved_by(report: &Result<PushReport, GitError>) -> Vec<RefName> {
    let lines = report.as_ref().map_or(&[][..], |report| &report.refs);
    let done = lines.iter().filter(|line| line.outcome == RefOutcome::Done);
    done.map(|line| line.name.clone()).collect()
}

impl Trunk<'_> {
    /// Moves refs back that moved although the trunk did not.
    pub(super) fn take_back(&self, remote: &RemoteName, updates: &[RefUpdate], moved: &[RefName]) {
        let did = |update: &&RefUpdate| moved.contains(update.name());
        if updates.first().is_none_or(|trunk| did(&trunk)) {
            return;
        }
        for update in updates.iter().filter(did) {
            if !self.push_back(remote, update) {
                tracing::warn!(name = %update.name(), "moved without the trunk, and stays so");
            }
        }
    }

    /// A branch of the remote that leaves no room for a new one. A server reports it like a lock that somebody else
    /// holds, so tix looks for it when nobody's progress explains the failure.
    pub(super) fn in_the_way(
        &self,
        remote: &RemoteName,
        updates: &[RefUpdate],
    ) -> Option<TrunkError> {
        for update in updates {
            let RefUpdate::Create { name, .. } = update else { continue };
            let (outer, inner) = (outer_names(name), format!("{name}/"));
            let below = format!("{inner}*");
            let patterns: Vec<_> = outer.iter().copied().chain([below.as_str()]).collect();
            let until = self.deadline.at().max(Instant::now() + LAST_WORD);
            let there = self.repo.ls_remote(remote, &patterns, until).unwrap_or_default();
            let is_in_the_way = |found: &&RefValue| {
                let found = found.name.as_str();
                outer.contains(&found) || found.starts_with(&inner)
            };
            if let Some(found) = there.iter().find(is_in_the_way) {
                let (remote, branch) = (remote.clone(), found.name.clone());
                return Some(TrunkError::InTheWay { remote, branch, wanted: name.clone() });
            }
        }
        None
    }

    /// Moves back a ref that moved; says whether that worked.
    pub(super) fn push_back(&self, remote: &RemoteName, update: &RefUpdate) -> bool {
        self.push_one(remote, &inverse(update))
    }

    /// Moves this one ref; says whether that worked.
    pub(super) fn push_one(&self, remote: &RemoteName, update: &RefUpdate) -> bool {
        self.push_judged(remote, update) == PushVerdict::Won
    }

    pub(super) fn push_judged(&self, remote: &RemoteName, update: &RefUpdate) -> PushVerdict {
        let one = std::slice::from_ref(update);
        let until = self.deadline.at().max(Instant::now() + LAST_WORD);
        match self.repo.push(remote, one, &PushMode::one_by_one(until)) {
            Ok(report) => judge(&report, one),
            Err(error) => {
                tracing::debug!(%error, "push");
                PushVerdict::Unclear
            }
        }
    }
}

/// The branch names that would be directories of this one.
fn outer_names(name: &RefName) -> Vec<&str> {
    let ends = name.as_str().match_indices('/').map(|(end, _)| end);
    ends.filter_map(|end| name.as_str().get(..end))
        .filter(|outer| outer.strip_prefix("refs/heads/").is_some())
        .collect()
}

/// The update that undoes another one, under a lease on exactly what that one left.
fn inverse(update: &RefUpdate) -> RefUpdate {
    match update {
        RefUpdate::Create { name, to } => RefUpdate::Delete { name: name.clone(), at: to.clone() },
        RefUpdate::Move { name, from, to } => {
            RefUpdate::Move { name: name.clone(), from: to.clone(), to: from.clone() }
        }
        RefUpdate::Delete { name, at } => RefUpdate::Create { name: name.clone(), to: at.clone() },
    }
}

/// A completed update, for a receipt.
pub(super) fn moved_ref(update: &RefUpdate) -> MovedRef {
    let old = match update {
        RefUpdate::Create { .. } => None,
        RefUpdate::Move { from, .. } => Some(from.clone()),
        RefUpdate::Delete { at, .. } => Some(at.clone()),
    };
    MovedRef { name: update.name().clone(), old, new: update.target().cloned() }
}
