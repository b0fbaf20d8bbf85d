//! What is known already, so that nobody is held responsible for it: what the remote has published, and what the protected
//! branches here hold.
//!
//! A branch that is only guarded because something here says so is known for nothing but itself: with its name in a variable
//! its code would be on the way to the trunk.

use std::collections::BTreeSet;

use super::{BranchMove, GuardError, Guarded};
use crate::git::{
    LooseRef, RemoteAddresses, are_comparable, is_on_another_server, is_one_place, redact,
};
use crate::names::{Oid, RefName};

/// Where a push goes, and what its remote has said of itself.
#[derive(Clone, Copy, Debug)]
pub struct PushDestination<'a> {
    /// The name of a remote, or an address.
    pub remote: &'a str,
    /// The address that git has found for it; `None` before git was asked.
    pub address: Option<&'a str>,
    /// All that is pushed, with what the remote says each branch is at; nothing before it was asked.
    pub told: &'a [BranchMove],
}

impl Guarded {
    /// What is known to be published of this branch, as last fetched: by the remote of the tickets, and by the one that the
    /// branch itself follows.
    pub fn published(&self, branch: Option<&RefName>) -> Result<Vec<Oid>, GuardError> {
        let followed = self
            .facts
            .follows
            .iter()
            .filter(|(name, _)| branch.is_some_and(|branch| branch.short() == name));
        let followed = followed.map(|(_, remote)| remote);
        self.published_on(self.facts.protection.home.iter().chain(followed), branch)
    }

    /// The same of the remote of the tickets alone, which a push is meant for.
    pub fn shared(&self, branch: Option<&RefName>) -> Result<Vec<Oid>, GuardError> {
        self.published_on(self.facts.protection.home.iter(), branch)
    }

    fn published_on<'r>(
        &self,
        remotes: impl Iterator<Item = &'r String>,
        branch: Option<&RefName>,
    ) -> Result<Vec<Oid>, GuardError> {
        self.require_facts()?;
        let places: Vec<String> = remotes.map(|remote| tracking(remote)).collect();
        self.known(|name| places.iter().any(|place| self.counts(name, place, branch)))
    }

    /// What the protected branches of this repository hold that this one may take in.
    pub fn held(&self, branch: &RefName) -> Result<Vec<Oid>, GuardError> {
        self.known(|name| self.counts(name, "refs/heads/", Some(branch)))
    }

    /// The remotes of the tickets, and under which name what was fetched of a branch of theirs stands here.
    pub fn fetched_as(&self, branch: &str) -> impl Iterator<Item = (&str, RefName)> {
        self.facts.protection.home.iter().filter_map(move |home| {
            let noted = RefName::parse(&format!("{}{branch}", tracking(home)))?;
            Some((home.as_str(), noted))
        })
    }

    /// The protected branches of this repository and what they hold.
    pub fn local(&self) -> Result<Vec<(RefName, Oid)>, GuardError> {
        let is_local = |(name, _): &&(RefName, Oid)| name.as_str().starts_with("refs/heads/");
        Ok(self.refs()?.iter().filter(is_local).cloned().collect())
    }

    /// Whether there is any protected branch, here or on a remote.
    pub fn has_protected(&self) -> Result<bool, GuardError> {
        self.require_facts()?;
        Ok(!self.refs()?.is_empty())
    }

    /// What a remote is known to have, for a push of this branch to it; `None` when nothing that is protected was ever
    /// published there.
    ///
    /// To the remote of the tickets nothing comes but what it has itself: what another remote has published is published
    /// there. And where it says itself where a branch is, what was fetched of it may have been taken back since.
    pub fn known_at(
        &self,
        target: PushDestination<'_>,
        branch: &RefName,
    ) -> Result<Option<Vec<Oid>>, GuardError> {
        self.require_facts()?;
        let remotes = self.remotes_at(target);
        let home = &self.facts.protection.home;
        let others = home.iter().filter(|_| !home.iter().any(|home| remotes.contains(home)));
        let places: Vec<String> = others.chain(&remotes).map(|remote| tracking(remote)).collect();
        let mut found = self.refs()?.to_vec();
        for remote in remotes.iter().filter(|remote| !self.remotes().contains(remote)) {
            found.extend(self.values(&self.protected_below(&tracking(remote)))?);
        }
        found.retain(|(name, _)| places.iter().any(|place| name.as_str().starts_with(place)));
        let is_there = |asked: &BranchMove| asked.branch == *branch && asked.old.is_some();
        if found.is_empty() && !target.told.iter().any(is_there) {
            return Ok(None);
        }
        let counts = |(name, _): &&(RefName, Oid)| {
            places.iter().any(|place| self.counts(name, place, Some(branch)))
        };
        let mut known: Vec<Oid> = found.iter().filter(counts).map(|(_, oid)| oid.clone()).collect();
        // What it says of its other branches is newer than what was fetched.
        let settled = |asked: &&BranchMove| self.facts.protection.settled.contains(&asked.branch);
        for old in target.told.iter().filter(settled).filter_map(|asked| asked.old.as_ref()) {
            if !known.contains(old) && self.is_here(old)? {
                known.push(old.clone());
            }
        }
        let taken_back = self.taken_back(target, &remotes, &found)?;
        self.without(known, &taken_back).map(Some)
    }

    /// Whether a remote, or an address, is one that publishes this branch, or may be another name of it.
    pub fn is_home(&self, branch: &RefName, remote: &str) -> bool {
        let followed = self.facts.follows.iter().filter(|(name, _)| branch.short() == name);
        let home = self.facts.protection.home.iter().chain(followed.map(|(_, remote)| remote));
        let home: Vec<&String> = home.collect();
        let target = PushDestination { remote, address: None, told: &[] };
        if self.remotes_at(target).iter().any(|remote| home.contains(&remote)) {
            return true;
        }
        let root = self.root().unwrap_or(self.common_dir());
        let is_named = self.facts.addresses.iter().any(|known| known.name == remote);
        let of_home = self.facts.addresses.iter().filter(|known| home.contains(&&known.name));
        let is_network = remote.contains([':', '@']) && !remote.starts_with("file:");
        let mut others = of_home.map(|known| are_comparable(root, &known.fetch, &redact(remote)));
        !is_named && is_network && !others.any(|comparable| comparable)
    }

    /// Whether a push goes to a remote that is on another server than the one of the tickets. It is no fork of that, and what
    /// its branches hold reaches no branch of ours: a deployment. An address that nobody has given a name says less.
    pub fn is_deployment(&self, target: PushDestination<'_>) -> bool {
        let root = self.root().unwrap_or(self.common_dir());
        let known = &self.facts.addresses;
        let is_home = |known: &&RemoteAddresses| self.facts.protection.home.contains(&known.name);
        let home = known.iter().filter(is_home);
        let home: Vec<&String> =
            home.flat_map(|home| home.push.iter().chain([&home.fetch])).collect();
        let is_far = |goal: &String| home.iter().all(|home| is_on_another_server(root, goal, home));
        let is_named = known.iter().any(|known| known.name == target.remote);
        is_named && !home.is_empty() && self.goals(target).iter().all(is_far)
    }

    /// The addresses that a push goes to.
    fn goals(&self, target: PushDestination<'_>) -> Vec<String> {
        let named = self.facts.addresses.iter().find(|known| known.name == target.remote);
        match (target.address, named) {
            (None, Some(named)) => named.push.clone(),
            (Some(_), _) | (None, None) => vec![redact(target.address.unwrap_or(target.remote))],
        }
    }

    /// Whether one of the remotes is at this address.
    pub fn has_remote_at(&self, address: &str) -> bool {
        let root = self.root().unwrap_or(self.common_dir());
        let address = redact(address);
        let known = self.facts.addresses.iter();
        let mut known = known.flat_map(|known| known.push.iter().chain([&known.fetch]));
        known.any(|known| is_one_place(root, known, &address))
    }

    /// Whether a name is that of a branch as it was fetched from a remote.
    pub fn is_fetched(&self, name: &str) -> bool {
        let name = name.strip_prefix("refs/remotes/").unwrap_or(name);
        let is_of =
            |remote: &str| name.strip_prefix(remote).is_some_and(|rest| rest.starts_with('/'));
        self.facts.addresses.iter().any(|known| is_of(&known.name))
    }

    /// The remotes that are fetched from where a push goes.
    fn remotes_at(&self, target: PushDestination<'_>) -> Vec<String> {
        let root = self.root().unwrap_or(self.common_dir());
        let known = &self.facts.addresses;
        let named = known.iter().find(|known| known.name == target.remote);
        // All that it pushes to, so that what only one of them has counts for none of them.
        let goals = self.goals(target);
        let is_at = |known: &RemoteAddresses| {
            goals.iter().all(|goal| is_one_place(root, &known.fetch, goal))
        };
        let found: Vec<String> =
            known.iter().filter(|known| is_at(known)).map(|known| known.name.clone()).collect();
        let goes_elsewhere = named.is_some_and(|named| {
            named.push.iter().any(|push| goals.iter().any(|goal| is_one_place(root, push, goal)))
        });
        // A name that the address says nothing against: git rewrites some addresses by what the environment says alone.
        if found.is_empty() && !goes_elsewhere {
            return vec![target.remote.to_owned()];
        }
        found
    }

    /// What was fetched from a remote and is not part of what it says that it has: each with that.
    fn taken_back(
        &self,
        target: PushDestination<'_>,
        remotes: &[String],
        found: &[(RefName, Oid)],
    ) -> Result<Vec<(Oid, Oid)>, GuardError> {
        let mut taken = Vec::new();
        for (name, fetched) in found {
            let short = remotes.iter().find_map(|r| name.as_str().strip_prefix(&tracking(r)));
            let told = target.told.iter().find(|asked| Some(asked.branch.short()) == short);
            let Some(old) = told.and_then(|asked| asked.old.as_ref()) else { continue };
            // A branch that has only gone on has kept what was fetched of it.
            if old != fetched && !(self.is_here(old)? && self.git().is_ancestor(fetched, old)?) {
                taken.push((fetched.clone(), old.clone()));
            }
        }
        Ok(taken)
    }

    /// Those of these that hold nothing that was taken back.
    fn without(&self, known: Vec<Oid>, taken_back: &[(Oid, Oid)]) -> Result<Vec<Oid>, GuardError> {
        let mut kept = Vec::new();
        for oid in known {
            let mut holds_none = true;
            for (fetched, old) in taken_back {
                let still: Vec<Oid> =
                    if self.is_here(old)? { vec![old.clone()] } else { Vec::new() };
                let with = [still.as_slice(), std::slice::from_ref(&oid)].concat();
                let [all, beyond] =
                    [still, with].map(|from| self.git().count_beyond(fetched, &from));
                holds_none &= all? == beyond?;
            }
            if holds_none {
                kept.push(oid);
            }
        }
        Ok(kept)
    }

    /// Whether this commit was ever fetched.
    pub(super) fn is_here(&self, commit: &Oid) -> Result<bool, GuardError> {
        Ok(self.git().commit_of(&format!("{commit}^{{commit}}"))?.is_some())
    }

    /// Whether what this ref holds is known for a branch: it is the same branch in that place, or one that the default branch
    /// itself has protected.
    fn counts(&self, name: &RefName, place: &str, branch: Option<&RefName>) -> bool {
        let Some(short) = name.as_str().strip_prefix(place) else { return false };
        let settled = &self.facts.protection.settled;
        branch.is_some_and(|branch| branch.short() == short)
            || RefName::branch(short).is_some_and(|there| settled.contains(&there))
    }

    fn known(&self, counts: impl Fn(&RefName) -> bool) -> Result<Vec<Oid>, GuardError> {
        let found = self.refs()?.iter().filter(|(name, _)| counts(name));
        Ok(found.map(|(_, oid)| oid.clone()).collect())
    }

    /// The protected branches here and on the remotes that count, as they were when they were first asked for: whoever
    /// asks for the one mostly asks for the other too.
    fn refs(&self) -> Result<&[(RefName, Oid)], GuardError> {
        if let Some(refs) = self.refs.get() {
            return Ok(refs);
        }
        let remotes = self.remotes();
        let remotes = remotes.iter().map(|remote| tracking(remote));
        let places = std::iter::once("refs/heads/".to_owned()).chain(remotes);
        let names: Vec<String> = places.flat_map(|place| self.protected_below(&place)).collect();
        let found = match self.values_by_files(&names)? {
            Some(found) => found,
            None => self.values(&names)?,
        };
        Ok(self.refs.get_or_init(|| found))
    }

    /// What the files of these refs say, so that git need not be started; `None` where only git can tell.
    fn values_by_files(&self, names: &[String]) -> Result<Option<Vec<(RefName, Oid)>>, GuardError> {
        let mut found = Vec::new();
        for name in names.iter().filter_map(|name| RefName::parse(name)) {
            match self.tip_of(&name)? {
                LooseRef::At(oid) => found.push((name, oid)),
                LooseRef::Absent => {}
                LooseRef::Unknown => return Ok(None),
            }
        }
        Ok(Some(found))
    }

    /// The remotes that count for any branch here.
    fn remotes(&self) -> BTreeSet<&String> {
        let followed = self.facts.follows.iter().map(|(_, remote)| remote);
        self.facts.protection.home.iter().chain(followed).collect()
    }

    fn protected_below(&self, place: &str) -> Vec<String> {
        self.facts.protection.branches.names().map(|branch| format!("{place}{branch}")).collect()
    }

    /// The refs of exactly these names, as far as there are any.
    fn values(&self, names: &[String]) -> Result<Vec<(RefName, Oid)>, GuardError> {
        // Without a pattern git would give all.
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let patterns: Vec<&str> = names.iter().map(String::as_str).collect();
        let found = self.git().refs(&patterns)?;
        let exact = found.into_iter().filter(|r| patterns.contains(&r.name.as_str()));
        Ok(exact.map(|r| (r.name, r.oid)).collect())
    }
}

/// Where what was fetched from a remote stands.
pub(super) fn tracking(remote: &str) -> String {
    format!("refs/remotes/{remote}/")
}
