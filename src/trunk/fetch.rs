//! Fetches the trunk and everything that a transaction needs with it.

use std::collections::BTreeMap;
use std::time::Instant;

use super::judge::{speaks_of_a_break, speaks_of_permission};
use super::server::{LAST_WORD, cut_off};
use super::unpublished::claims_ref;
use super::{MayLand, Trunk, TrunkError, TrunkStep, View};
use crate::git::{GitError, RefValue};
use crate::names::{Oid, RefName, RemoteName};

/// How often to start a fetch whose connection breaks.
const FETCHES: u32 = 3;

impl Trunk<'_> {
    /// Fetches the trunk, and whatever else is wanted, under this run's private names, and reads it.
    pub(super) fn fetch(&self, remote: &RemoteName) -> Result<View<'_>, TrunkError> {
        (self.progress)(TrunkStep::Fetch);
        let mut wanted = vec![WantedBranch::new(&self.branch, self.run.private_ref("trunk")?)];
        if let Some(base) = &self.base {
            wanted.push(WantedBranch::new(base, self.run.private_ref("base")?));
        }
        if let Some(basis) = &self.basis
            && !wanted.iter().any(|other| *other.branch == basis.branch)
        {
            wanted.push(WantedBranch::new(&basis.branch, self.run.private_ref("settings")?));
        }
        let mut specs: Vec<String> = wanted.iter().map(WantedBranch::spec).collect();
        let watched = self.watch.as_ref().map(|branch| (branch, self.run.private_prefix()));
        if let Some((branch, prefix)) = &watched {
            // A pattern, because a plain refspec fails when the branch does not exist.
            specs.push(format!("+{branch}*:{prefix}/{branch}*"));
        }
        let tickets = self.branches.as_ref().map(|b| (b.pattern(), self.run.private_prefix()));
        if let Some((pattern, prefix)) = &tickets {
            specs.push(format!("+refs/heads/{pattern}:{prefix}/refs/heads/{pattern}"));
        }
        let until = if self.run.has_pushed() {
            self.deadline.at().max(Instant::now() + LAST_WORD)
        } else {
            self.deadline.at()
        };
        if let Some(words) = self.fetch_again_when_broken(remote, &specs, until)? {
            let listed = self.listed(remote, words, until)?;
            let is_listed = |branch: &RefName| listed.iter().any(|r| r.name == *branch);
            if let Some(error) = self.missing(remote, &listed) {
                return Err(self.explained(remote, error, until)?);
            }
            // A branch that may have settings need not exist.
            wanted.retain(|wanted| {
                let there = is_listed(wanted.branch);
                if !there {
                    specs.retain(|spec| *spec != wanted.spec());
                }
                there
            });
            // What was missing may have appeared between the two looks.
            if let Some(words) = self.fetch_once(remote, &specs, until)? {
                return Err(unreachable(remote, words));
            }
        }
        super::seen::note_fetched(self.repo, remote, &self.stamp);
        let mut tips = BTreeMap::new();
        for WantedBranch { branch, name } in &wanted {
            let tip = self.objects.resolve(name.as_str())?;
            let tip = tip.ok_or_else(|| GitError::Missing(name.to_string()))?;
            self.note_tip(remote, branch, &tip)?;
            tips.insert(*branch, tip);
        }
        let tip = tips.get(&self.branch);
        let tip = tip.ok_or_else(|| GitError::Missing(self.branch.to_string()))?;
        self.tell_others(remote, tip);
        let mut view = self.view_of(tip)?;
        view.base = self.base.as_ref().and_then(|base| tips.get(base)).cloned();
        if let Some(basis) = &self.basis {
            view.outdated = self.has_changed(basis, tips.get(&basis.branch))?;
        }
        if let Some((branch, prefix)) = &watched {
            view.watched = self.objects.resolve(&format!("{prefix}/{branch}"))?;
            if let Some(tip) = &view.watched {
                self.note_tip(remote, branch, tip)?;
            }
        }
        match tickets {
            Some((_, prefix)) => self.with_ticket_branches(remote, view, &prefix),
            None => Ok(view),
        }
    }

    /// Adds to the view what only ticket branches have, where one of them may be the lock.
    fn with_ticket_branches<'v>(
        &'v self,
        remote: &RemoteName,
        mut view: View<'v>,
        prefix: &str,
    ) -> Result<View<'v>, TrunkError> {
        let tips = self.fetched_below(prefix)?;
        if self.branch != self.stamp {
            // The engine writes to another branch; the trunk decides about its ticket.
            if let Some(base) = view.base.clone() {
                let trunk = self.with_claims(self.view_of(&base)?, &tips)?;
                view.base = trunk.commit().cloned();
            }
            return Ok(view);
        }
        let mut view = self.with_claims(view, &tips)?;
        if let (Some(name), Some(with)) = (claims_ref(remote, &self.branch), view.commit())
            && view.on_remote() != Some(with)
        {
            let before = self.objects.resolve(name.as_str())?;
            self.run.note(name, with.clone(), before);
            for tip in &tips {
                self.note_tip(remote, &tip.name, &tip.oid)?;
            }
        }
        view.tickets = tips;
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

    /// One fetch; the remote's words if it failed.
    pub(super) fn fetch_once(
        &self,
        remote: &RemoteName,
        specs: &[String],
        until: Instant,
    ) -> Result<Option<String>, TrunkError> {
        match self.repo.fetch(remote, specs, until) {
            Ok(finished) if finished.code == Some(0) => Ok(None),
            Ok(finished) => Ok(Some(finished.stderr)),
            Err(error) => cut_off(error).map(Some),
        }
    }

    /// The same, repeated if the connection broke: nothing was sent that could happen twice. The remote's words if the
    /// last try failed.
    pub(super) fn fetch_again_when_broken(
        &self,
        remote: &RemoteName,
        specs: &[String],
        until: Instant,
    ) -> Result<Option<String>, TrunkError> {
        let mut backoff = self.backoff();
        for _ in 1..FETCHES {
            let began = Instant::now();
            match self.fetch_once(remote, specs, until)? {
                Some(words) if speaks_of_a_break(&words) && !self.deadline.is_over() => {
                    self.pause(&mut backoff, began.elapsed());
                }
                done => return Ok(done),
            }
        }
        self.fetch_once(remote, specs, until)
    }

    /// A failed fetch looks the same for a missing branch, a missing network and a missing permission; listing the
    /// remote's branches tells them apart.
    fn listed(
        &self,
        remote: &RemoteName,
        words: String,
        until: Instant,
    ) -> Result<Vec<RefValue>, TrunkError> {
        let permission = |words: String| TrunkError::Denied { remote: remote.clone(), words };
        if speaks_of_permission(&words) {
            return Err(permission(words));
        }
        self.repo.ls_remote(remote, &[], until).map_err(|error| match error.words() {
            Some(said) if speaks_of_permission(said) => permission(said.to_owned()),
            _ => unreachable(remote, words),
        })
    }

    /// What a transaction needs that the remote lacks, if anything.
    fn missing(&self, remote: &RemoteName, listed: &[RefValue]) -> Option<TrunkError> {
        let is_listed = |branch: &RefName| listed.iter().any(|r| r.name == *branch);
        if !is_listed(&self.branch) {
            let branches = listed.iter().filter(|r| r.name.as_str().starts_with("refs/heads/"));
            let mut branches: Vec<_> = branches.map(|r| r.name.short().to_owned()).collect();
            // The default branch is listed twice: as itself and as the target of HEAD.
            branches.sort_unstable();
            branches.dedup();
            let (remote, branch) = (remote.clone(), self.branch.clone());
            return Some(TrunkError::NoTrunk { remote, branch, branches });
        }
        let base = self.base.as_ref().filter(|base| !is_listed(base))?;
        Some(TrunkError::NoBase { remote: remote.clone(), branch: base.clone() })
    }

    /// If a branch is gone, the settings may name another one by now.
    fn explained(
        &self,
        remote: &RemoteName,
        missing: TrunkError,
        until: Instant,
    ) -> Result<TrunkError, TrunkError> {
        let Some(basis) = &self.basis else { return Ok(missing) };
        let wanted = WantedBranch::new(&basis.branch, self.run.private_ref("settings")?);
        if self.fetch_once(remote, &[wanted.spec()], until)?.is_some() {
            return Ok(missing);
        }
        let Some(tip) = self.objects.resolve(wanted.name.as_str())? else { return Ok(missing) };
        self.note_tip(remote, &basis.branch, &tip)?;
        let changed = self.has_changed(basis, Some(&tip))?;
        Ok(if changed { self.outdated(basis) } else { missing })
    }
}

/// A branch of the remote, and the private name under which it is fetched.
struct WantedBranch<'b> {
    branch: &'b RefName,
    name: RefName,
}

impl<'b> WantedBranch<'b> {
    fn new(branch: &'b RefName, name: RefName) -> WantedBranch<'b> {
        WantedBranch { branch, name }
    }

    fn spec(&self) -> String {
        format!("+{}:{}", self.branch, self.name)
    }
}

/// The remote gave no answer, or only a refusal, and nothing was sent to it.
pub(super) fn unreachable(remote: &RemoteName, words: String) -> TrunkError {
    let remote = remote.clone();
    if speaks_of_permission(&words) {
        return TrunkError::Denied { remote, words };
    }
    TrunkError::Unreachable { remote, words, landing: MayLand::No }
}
