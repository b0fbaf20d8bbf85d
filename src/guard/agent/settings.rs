//! The settings that decide where a push goes and what a pull brings: as configured, and as the line makes them.

use super::super::shell::ShellWord;
use super::effects::{Moment, short_name};
use super::intent::{Intent, Pull};
use super::judge::GuardedPlace;
use super::line::is_unseen;
use super::state::LineState;
use super::verbs::sides;
use crate::names::RefName;

impl LineState {
    /// The value of a setting that the line makes.
    pub fn made_setting(&self, key: &str) -> Option<ShellWord> {
        let is_it = |known: &str| known.eq_ignore_ascii_case(key);
        let mut made =
            self.settings.iter().rev().filter(|(known, _)| is_it(known) || is_unseen(known));
        made.next()
            .map(|(known, value)| if is_it(known) { value.clone() } else { ShellWord::unknown() })
    }

    /// The value that counts of a setting, which is the last one.
    pub fn setting(&self, here: &GuardedPlace, key: &str) -> Option<ShellWord> {
        let mut configured = here.guarded.settings_of_pushes().iter().rev();
        let mut configured = || configured.find(|(known, _)| known.eq_ignore_ascii_case(key));
        self.made_setting(key).or_else(|| configured().map(|(_, value)| ShellWord::known(value)))
    }

    /// What a setting adds up to that may have several values, weakest first.
    pub fn setting_values(&self, here: &GuardedPlace, key: &str) -> Vec<ShellWord> {
        let configured = here.guarded.settings_of_pushes().iter();
        let configured = configured.filter(|(known, _)| known.eq_ignore_ascii_case(key));
        configured.map(|(_, value)| ShellWord::known(value)).chain(self.made_setting(key)).collect()
    }

    pub fn setting_of_branch(
        &self,
        here: &GuardedPlace,
        branch: &RefName,
        key: &str,
    ) -> Option<ShellWord> {
        self.setting(here, &format!("branch.{}.{key}", branch.short()))
    }

    /// Where a remote is: what the line says of it, or its name.
    pub fn address(&self, remote: &ShellWord) -> ShellWord {
        let Some(name) = remote.text() else { return remote.clone() };
        if self.settings.iter().any(|(key, _)| key.starts_with("url.")) {
            return ShellWord::unknown();
        }
        let made = |key: &str| self.made_setting(&format!("remote.{name}.{key}"));
        made("pushurl").or_else(|| made("url")).unwrap_or_else(|| remote.clone())
    }

    /// What a fetch brings to protected branches that are not published so, because a setting of its remote says so.
    pub fn fetched(&self, here: &GuardedPlace, fetch: &Intent) -> Vec<Intent> {
        let Intent::Fetch { remote, .. } = fetch else { return Vec::new() };
        let own = || self.setting_of_branch(here, here.branch.as_ref()?, "remote");
        let own = || own().or_else(|| here.guarded.remote().map(ShellWord::known));
        let from = remote.clone().or_else(own).unwrap_or_else(ShellWord::unknown);
        let configured = here.guarded.settings_of_pushes().iter();
        let configured = configured.map(|(key, value)| (key.clone(), ShellWord::known(value)));
        let all = configured.chain(self.settings.iter().cloned());
        let pull = |(key, value): (String, ShellWord)| {
            let name = key.strip_prefix("remote.")?.strip_suffix(".fetch")?;
            let (source, into) = sides(&value);
            let remote = Some(ShellWord::known(name));
            let pull = Pull { remote, source, into };
            let branch = Moment { here, state: self }.protected(pull.into.as_ref()?)?;
            let is_meant = from.text().is_none_or(|from| from.eq_ignore_ascii_case(name));
            let is_new = is_meant && !self.is_published(here, &branch, &pull);
            is_new.then_some(Intent::Pull(pull))
        };
        all.filter_map(pull).collect()
    }

    /// Whether a pull brings a branch nothing but what is published of it.
    pub fn is_published(&self, here: &GuardedPlace, branch: &RefName, pull: &Pull) -> bool {
        let followed = || self.setting_of_branch(here, branch, "remote");
        let remote = pull.remote.clone().or_else(followed);
        let is_home = match remote.map(|remote| self.address(&remote)) {
            Some(address) => {
                address.text().is_some_and(|address| here.guarded.is_home(branch, address))
            }
            None => true,
        };
        let merged = self.setting_of_branch(here, branch, "merge");
        let source = if pull.source.is("") { merged } else { Some(pull.source.clone()) };
        let is_same = |source: &ShellWord| {
            source.text().is_some_and(|text| [branch.short(), "*"].contains(&short_name(text)))
        };
        is_home && source.as_ref().is_none_or(is_same)
    }

    /// A branch follows another one from now on.
    pub fn follow_branch(
        &mut self,
        here: &GuardedPlace,
        branch: Option<&ShellWord>,
        upstream: &ShellWord,
    ) {
        let named = branch.and_then(ShellWord::text).map(short_name);
        let Some(branch) = named.or_else(|| Some(here.branch.as_ref()?.short())) else { return };
        let (remote, merge) = match upstream.text().map(short_name) {
            Some(text) => {
                let (remote, name) = text.split_once('/').unwrap_or((".", text));
                (ShellWord::known(remote), ShellWord::Known(format!("refs/heads/{name}")))
            }
            None => (ShellWord::unknown(), ShellWord::unknown()),
        };
        let made = [("remote", remote), ("merge", merge)]
            .map(|(key, value)| (format!("branch.{branch}.{key}"), value));
        if made.iter().any(|(key, value)| self.setting(here, key).as_ref() != Some(value)) {
            self.settings.extend(made);
        }
    }
}
