//! What is known already, so that nobody is held responsible for it: what the remote has published, and what the protected
//! branches here hold.
//!
//! A branch that is only guarded because something here says so is known for nothing but itself: with its name in a variable
//! its code would be on the way to the trunk.

use super::{GuardError, Guarded};
use crate::git::redact;
use crate::names::{Oid, RefName};

impl Guarded {
    /// What the remotes are known to have for this branch, as last fetched.
    pub fn published(&self, branch: Option<&RefName>) -> Result<Vec<Oid>, GuardError> {
        self.require_facts()?;
        let is_published = |name: &RefName| {
            let mut remotes = self.facts.remotes.iter();
            remotes.any(|remote| self.counts(name, &format!("refs/remotes/{remote}/"), branch))
        };
        self.known(is_published)
    }

    /// What the protected branches of this repository hold that this one may take in.
    pub fn held(&self, branch: &RefName) -> Result<Vec<Oid>, GuardError> {
        self.known(|name| self.counts(name, "refs/heads/", Some(branch)))
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

    /// What a remote (a name, or an address) is known to have, for a push of this branch to it, which it says is at `old`;
    /// `None` when nothing that is protected was ever published there.
    ///
    /// To the remote of the tickets nothing comes but what it has itself: what another remote has published is published
    /// there. And where it says itself where the branch is, what was fetched of that branch may have been taken back since.
    pub fn known_at(
        &self,
        remote: &str,
        branch: &RefName,
        old: Option<&Oid>,
    ) -> Result<Option<Vec<Oid>>, GuardError> {
        self.require_facts()?;
        let address = redact(remote);
        let named = self.facts.addresses.iter().find(|(_, known)| *known == address);
        let remote = named.map_or(remote, |(name, _)| name);
        let home = &self.facts.protection.home;
        let others = home.iter().filter(|_| !home.iter().any(|home| home == remote));
        let places = others.map(String::as_str).chain([remote]);
        let places: Vec<String> = places.map(|remote| format!("refs/remotes/{remote}/")).collect();
        let mut found = self.refs()?.to_vec();
        if !self.facts.remotes.iter().any(|known| known == remote) {
            found.extend(self.values(&self.protected_below(&format!("refs/remotes/{remote}/")))?);
        }
        found.retain(|(name, _)| places.iter().any(|place| name.as_str().starts_with(place)));
        if found.is_empty() && old.is_none() {
            return Ok(None);
        }
        let told = format!("refs/remotes/{remote}/{}", branch.short());
        let is_known = |(name, oid): &(RefName, Oid)| {
            let is_stale = name.as_str() == told && old.is_some_and(|old| old != oid);
            !is_stale && places.iter().any(|place| self.counts(name, place, Some(branch)))
        };
        Ok(Some(found.into_iter().filter(is_known).map(|(_, oid)| oid).collect()))
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
        let remotes = self.facts.remotes.iter().map(|remote| format!("refs/remotes/{remote}/"));
        let places = std::iter::once("refs/heads/".to_owned()).chain(remotes);
        let names: Vec<String> = places.flat_map(|place| self.protected_below(&place)).collect();
        let found = self.values(&names)?;
        Ok(self.refs.get_or_init(|| found))
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
