//! How a layer's settings get into the configuration, and what happens to those that cannot.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use super::error::{ConfigError, Origin, Problem};
use super::given::GivenValue;
use super::keys::{self, Key, KeyName};
use super::quote::quoted;
use super::template::{Purpose, Template, TemplateError};
use super::yaml::{Yaml, YamlEntries};
use super::{
    ClaimLock, Config, Landing, OnBadValue, RecordPlace, RequestsLand, SharedWorktree, Stage,
    VERSION, Writes,
};

/// How many settings that are not understood are reported: each needs a search for its line and its nearest key, and a
/// hostile file may have any number.
pub(super) const MOST_TOLD: usize = 8;

/// A configuration under construction.
pub(super) struct ConfigResolution<'a> {
    pub(super) config: Config,
    pub(super) home: Option<&'a Path>,
    pub(super) on_bad: OnBadValue,
}

impl ConfigResolution<'_> {
    /// Applies every setting of a file.
    pub(super) fn read_file(&mut self, yaml: Yaml<'_>) -> Result<(), ConfigError> {
        let file = YamlEntries::read(yaml)?;
        // First the version that the file is for, because that explains everything else.
        let (first, rest): (Vec<_>, Vec<_>) =
            file.list.iter().partition(|(name, _)| name.0 == keys::REQUIRES);
        let mut seen = BTreeSet::new();
        for (name, value) in first.into_iter().chain(rest) {
            let key = keys::named(&name.0);
            let set = match key {
                _ if !seen.insert(&name.0) => Err(Problem::Duplicate),
                Some(key) => self.set(key, GivenValue::Yaml(value)),
                None => Err(Problem::unknown_key(keys::nearest(&name.0).map(|key| key.name))),
            };
            match (set, key.map(|key| key.id), value.as_str()) {
                (Err(problem), ..) => self.put_aside(file.fail(name, problem))?,
                // A value that equals the default decides nothing.
                (Ok(()), Some(KeyName::Worktree), Some(value))
                    if self.config.worktree != Template::default_worktree() =>
                {
                    let (value, file) = (value.to_owned(), yaml.label.to_owned());
                    self.config.shared_worktree = Some(SharedWorktree { value, file });
                }
                (Ok(()), ..) => {}
            }
        }
        Ok(())
    }

    /// Collects what a newer tix may understand, and fails on everything else.
    fn put_aside(&mut self, error: ConfigError) -> Result<(), ConfigError> {
        let put_aside = &mut self.config.not_understood;
        let is_for_another =
            |known: &ConfigError| matches!(known.problem, Problem::Requires { .. });
        let of_such_a_file =
            || matches!(error.origin, Origin::File(_)) && put_aside.iter().any(is_for_another);
        let may_be_newer = match &error.problem {
            Problem::UnknownKey { .. } | Problem::Requires { .. } => true,
            // No version of tix reads a file that says two things.
            Problem::Duplicate => false,
            Problem::Expected { .. }
            | Problem::BadValue { .. }
            | Problem::BadTemplate { .. }
            | Problem::OnlyShared
            | Problem::Clash { .. }
            | Problem::NotUtf8
            | Problem::Syntax { .. }
            | Problem::NotAMapping { .. } => of_such_a_file(),
        };
        if !may_be_newer && self.on_bad == OnBadValue::Fail {
            return Err(error);
        }
        if put_aside.len() < MOST_TOLD {
            put_aside.push(error);
        }
        Ok(())
    }

    pub(super) fn read_git(
        &mut self,
        pairs: &[(String, Option<String>)],
    ) -> Result<(), ConfigError> {
        for (name, value) in pairs {
            let Some(short) = name.strip_prefix("tix.") else {
                continue;
            };
            let key = keys::named_in_git(short);
            let given = value.as_deref().map_or(GivenValue::Bare, GivenValue::Word);
            self.set_in(Origin::GitConfig, name, key, given)?;
        }
        Ok(())
    }

    pub(super) fn read_env(&mut self, pairs: &[(String, OsString)]) -> Result<(), ConfigError> {
        let fail = |name: &str, problem| ConfigError {
            origin: Origin::Environment,
            line: None,
            key: Some(name.to_owned()),
            problem,
        };
        // TIX_WORKTREE is more specific than WORKTREE_BASE, so it comes later.
        for (name, value) in pairs.iter().filter(|(name, _)| name == "WORKTREE_BASE") {
            let dir = value.to_str().ok_or_else(|| fail(name, Problem::NotUtf8))?;
            if !dir.is_empty() {
                let bad = |error| Problem::bad_template(dir, error);
                let template = worktrees_below(dir, self.home);
                self.config.worktree = template.map_err(|error| fail(name, bad(error)))?;
                self.config.shared_worktree = None;
            }
        }
        for (name, value) in pairs {
            let Some(key) =
                keys::describe().iter().find(|key| key.variable().as_ref() == Some(name))
            else {
                continue;
            };
            let word = value.to_str().ok_or_else(|| fail(name, Problem::NotUtf8))?;
            if !word.is_empty() {
                self.set_in(Origin::Environment, name, Some(key), GivenValue::Word(word))?;
            }
        }
        Ok(())
    }

    pub(super) fn set_in(
        &mut self,
        origin: Origin,
        spelled: &str,
        key: Option<&'static Key>,
        given: GivenValue<'_>,
    ) -> Result<(), ConfigError> {
        let nearest = || spelled.strip_prefix("tix.").and_then(keys::nearest).map(Key::git_name);
        let set = match key {
            None => Err(Problem::unknown_key(nearest())),
            Some(key) if key.is_shared_only() || self.is_lock(key) => Err(Problem::OnlyShared),
            Some(key) => self.set(key, given),
        };
        let key = Some(spelled.to_owned());
        set.or_else(|problem| self.put_aside(ConfigError { origin, line: None, key, problem }))
    }

    /// Two clones that name ticket branches differently do not see each other's locks.
    fn is_lock(&self, key: &Key) -> bool {
        key.id == KeyName::Branch && self.config.lock == ClaimLock::Branch
    }

    fn set(&mut self, key: &Key, given: GivenValue<'_>) -> Result<(), Problem> {
        let config = &mut self.config;
        match key.id {
            KeyName::Requires => return require_version(given.text(key)?),
            KeyName::Trunk => config.trunk = Some(given.branch(key)?),
            KeyName::Base => config.base = Some(given.branch(key)?),
            KeyName::Record => {
                config.record = Some(match given.text(key)? {
                    "branch" => RecordPlace::Branch,
                    "trunk" => RecordPlace::Trunk,
                    _ => return Err(given.unexpected(key)),
                });
            }
            KeyName::Lock => {
                config.lock = match given.text(key)? {
                    "trunk" => ClaimLock::Trunk,
                    "branch" => ClaimLock::Branch,
                    _ => return Err(given.unexpected(key)),
                };
            }
            // A remote's name is part of a ref's name.
            KeyName::Remote => config.remote = Some(given.branch(key)?),
            KeyName::TicketsDir => config.tickets_dir = given.directory(key)?,
            KeyName::SkipCi => config.skip_ci = given.flag(key)?,
            KeyName::RequireQueued => config.require_queued = given.flag(key)?,
            KeyName::ClaimAttempts => config.claim_attempts = given.attempts(key)?,
            KeyName::Branch => config.branch = template(key, given, Purpose::Branch)?,
            KeyName::ActiveDir => config.active_dir = template(key, given, Purpose::ActiveDir)?,
            KeyName::Worktree => {
                let value = given.text(key)?;
                let bad = |error| Problem::bad_template(value, error);
                config.worktree = worktree(value, self.home).map_err(bad)?;
                config.shared_worktree = None;
            }
            KeyName::Timeout => config.timeout = given.time(key, Duration::from_hours(24))?,
            KeyName::Protected => config.protected = given.branches(key)?,
            KeyName::Landing => {
                config.landing = match given.text(key)? {
                    "none" => Landing::None,
                    "completed" => Landing::Completed,
                    _ => return Err(given.unexpected(key)),
                };
            }
            KeyName::Check => {
                config.check = match given.text(key)? {
                    "merge" => RequestsLand::Merged,
                    "squash" => RequestsLand::Squashed,
                    "rebase" => RequestsLand::Rebased,
                    _ => return Err(given.unexpected(key)),
                };
            }
            KeyName::Review => config.review = stages(key, given)?,
            KeyName::ReviewSelf => config.review_self = given.flag(key)?,
            KeyName::StaleAfter => {
                config.stale_after = given.time(key, Duration::from_hours(24 * 365))?;
            }
            KeyName::PostActivate => config.post_activate = given.commands(key)?,
            KeyName::Writes => {
                config.writes = match given.text(key)? {
                    "refuse" => Writes::Refuse,
                    "ask" => Writes::Ask,
                    "allow" => Writes::Allow,
                    _ => return Err(given.unexpected(key)),
                };
            }
            KeyName::Roles => config.roles = given.mapping(key)?,
        }
        Ok(())
    }

    /// Compares settings with each other once a layer is complete: before that, one of a pair may still be missing.
    pub(super) fn check(&self, origin: Origin) -> Result<(), ConfigError> {
        let template = self.config.branch.to_string();
        let taken = [("trunk", &self.config.trunk), ("base", &self.config.base)];
        for (key, branch) in taken {
            let Some(branch) = branch else { continue };
            if template.strip_prefix(branch.as_str()).is_some_and(|rest| rest.starts_with('/')) {
                let problem = Problem::Clash { branch: branch.clone(), template };
                let key = Some(key.to_owned());
                return Err(ConfigError { origin, line: None, key, problem });
            }
        }
        Ok(())
    }
}

/// Fails if this version is not one of those that are wanted.
fn require_version(wanted: &str) -> Result<(), Problem> {
    let reason = "it says no versions, such as `>= 0.3` or `0.3.1`";
    let bad = |_| Problem::BadValue { value: wanted.to_owned(), reason };
    let versions = semver::VersionReq::parse(wanted).map_err(bad)?;
    let is_this = |this| versions.matches(&this);
    if semver::Version::parse(VERSION).is_ok_and(is_this) {
        return Ok(());
    }
    Err(Problem::Requires { wanted: wanted.to_owned() })
}

/// Allows each stage once: a ticket's status says which stage it is at.
fn stages(key: &Key, given: GivenValue<'_>) -> Result<Vec<Stage>, Problem> {
    let mut stages = Vec::new();
    for name in given.list(key)? {
        let stage = match name {
            "critic_review" => Stage::Critic,
            "expediter_review" => Stage::Expediter,
            _ => {
                let found = format!("the text {}", quoted(name));
                return Err(Problem::Expected { expected: key.takes, found });
            }
        };
        if stages.contains(&stage) {
            let reason = "a stage can be there once";
            return Err(Problem::BadValue { value: name.to_owned(), reason });
        }
        stages.push(stage);
    }
    Ok(stages)
}

fn template(key: &Key, given: GivenValue<'_>, purpose: Purpose) -> Result<Template, Problem> {
    let value = given.text(key)?;
    let bad = |error| Problem::bad_template(value, error);
    Template::parse(value, purpose).map_err(bad)
}

fn worktree(text: &str, home: Option<&Path>) -> Result<Template, TemplateError> {
    match below_home(text, home)? {
        (Some(home), rest) => Template::parse_below(home, rest),
        (None, text) => Template::parse(text, Purpose::Worktree),
    }
}

/// `WORKTREE_BASE` names a directory, in which a brace is a brace.
fn worktrees_below(dir: &str, home: Option<&Path>) -> Result<Template, TemplateError> {
    let dir = match below_home(dir, home)? {
        (Some(home), rest) => format!("{home}/{rest}"),
        (None, dir) => dir.to_owned(),
    };
    Template::parse_below(&dir, "{repo}/{id}")
}

/// Splits off a leading `~/`, which stands for `home`. A shell expands it only where it is not quoted and not in a
/// file; otherwise a directory named `~` would appear.
fn below_home<'a>(
    text: &'a str,
    home: Option<&'a Path>,
) -> Result<(Option<&'a str>, &'a str), TemplateError> {
    let Some(rest) = text.strip_prefix('~') else {
        return Ok((None, text));
    };
    if !rest.is_empty() && !rest.starts_with('/') {
        return Err(TemplateError::Tilde);
    }
    let home = home.and_then(Path::to_str).ok_or(TemplateError::NoHome)?;
    Ok((Some(home), rest.trim_start_matches('/')))
}
