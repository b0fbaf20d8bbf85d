//! The configuration: defaults, `.tix.yaml`, `git config tix.*`, the environment, the command line,
//! each stronger than the one before.
//!
//! Pure: it is handed bytes and words, and reads no file, no environment and asks no git. Whoever
//! has them hands them over as [`Layers`]. A key or a value that tix does not know is an error
//! wherever it stands: a setting that is silently not heeded is worse than none.

mod error;
mod given;
mod keys;
mod names;
mod quote;
mod template;
mod yaml;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

pub use error::{ConfigError, Origin, Problem};
pub use keys::{DefaultValue, Key, Name, PROTECTED, commented_yaml, describe, variables};
pub use template::{Fields, Purpose, Template, TemplateError};
pub use yaml::Yaml;

use given::Given;

/// The file with which a team shares its settings, at the root of the repository.
pub const FILE: &str = ".tix.yaml";

/// Where the progress of a held ticket is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Record {
    /// On its ticket branch; it reaches the trunk with the merge.
    Branch,
    /// On the trunk; the ticket branch never touches the ticket.
    Trunk,
}

/// What an agent is told that edits files of a checkout on a protected branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Writes {
    Refuse,
    /// The person who watches decides.
    Ask,
    /// Nothing: what is committed is still judged.
    Allow,
}

/// The configuration that holds, with every default that does not depend on the repository filled
/// in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The trunk, where it is not the remote's default branch; see [`Config::trunk_or`].
    pub trunk: Option<String>,
    /// The branch that work starts from, where it is not the remote's default branch; see
    /// [`Config::base_or`].
    pub base: Option<String>,
    /// Where progress is written, where that is not for tix to choose; see [`Config::record_for`].
    pub record: Option<Record>,
    /// The remote, where it is not for tix to choose.
    pub remote: Option<String>,
    /// The directory of the lanes, relative to the root of the repository, with no slash at either
    /// end.
    pub tickets_dir: String,
    /// Whether commits on the trunk tell CI to stay away.
    pub skip_ci: bool,
    /// Whether an open ticket must be queued by a person before it can be claimed.
    pub require_queued: bool,
    /// How often a claim is tried when the remote fails, from 1 to 20.
    pub claim_attempts: u8,
    pub branch: Template,
    /// The directory of a ticket below the lanes `active` and `completed`.
    pub active_dir: Template,
    /// The path of a worktree, absolute or from the root of the main worktree.
    pub worktree: Template,
    /// How long an operation goes on trying while others move the trunk.
    pub timeout: Duration,
    /// The branches beside the trunk that take ticket commits only.
    pub protected: Vec<String>,
    /// What may be merged into the trunk without a pull request.
    pub landing: Landing,
    /// The stages of the review, in order.
    pub review: Vec<Stage>,
    /// Whether a holder may review their own work.
    pub review_self: bool,
    /// How long nothing must have happened on a ticket before it can be taken over.
    pub stale_after: Duration,
    /// Shell commands that run in a new workspace, if whoever made the clone trusts them.
    pub post_activate: Vec<String>,
    /// What an agent is told that edits files where it should not.
    pub writes: Writes,
    pub roles: BTreeMap<String, Vec<String>>,
}

/// What may be merged into the trunk without a pull request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Landing {
    None,
    Completed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Stage {
    Critic,
    Expediter,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            trunk: None,
            base: None,
            record: None,
            remote: None,
            tickets_dir: "tickets".to_owned(),
            skip_ci: false,
            require_queued: false,
            claim_attempts: 3,
            branch: Template::default_branch(),
            active_dir: Template::default_active_dir(),
            worktree: Template::default_worktree(),
            timeout: Duration::from_mins(1),
            protected: keys::PROTECTED.map(str::to_owned).into(),
            landing: Landing::None,
            review: Vec::new(),
            review_self: false,
            stale_after: Duration::from_hours(24),
            post_activate: Vec::new(),
            writes: Writes::Refuse,
            roles: BTreeMap::new(),
        }
    }
}

/// What the layers say, weakest first.
#[derive(Debug, Clone, Copy, Default)]
pub struct Layers<'a> {
    /// `.tix.yaml`, where there is one.
    pub yaml: Option<Yaml<'a>>,
    /// `git config --list -z`, or the part of it that starts with `tix.`: the key as git writes it,
    /// and the value, which is absent where the file has no `=`. Of two that set one key the later
    /// one counts.
    pub git: &'a [(String, Option<String>)],
    /// Variables; those that start with `TIX_` and are no setting are left alone, because newer
    /// programs share the environment. An empty one counts as unset.
    pub env: &'a [(String, OsString)],
    pub flags: Flags<'a>,
    /// What `~/` stands for at the beginning of `worktree` and of `WORKTREE_BASE`.
    pub home: Option<&'a Path>,
}

/// The settings that can be given on the command line, as they were written there.
#[derive(Debug, Clone, Copy, Default)]
pub struct Flags<'a> {
    pub trunk: Option<&'a str>,
    pub base: Option<&'a str>,
    pub remote: Option<&'a str>,
    pub worktree: Option<&'a str>,
    pub timeout: Option<&'a str>,
}

impl Flags<'_> {
    fn given(&self) -> impl Iterator<Item = (&'static str, &str)> {
        [
            ("trunk", self.trunk),
            ("base", self.base),
            ("remote", self.remote),
            ("worktree", self.worktree),
            ("timeout", self.timeout),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
    }
}

impl Config {
    /// Lays the layers over each other. Fails on the first key or value, from the weakest layer up,
    /// that tix does not know, also where a stronger layer would have covered it.
    pub fn resolve(layers: &Layers<'_>) -> Result<Self, ConfigError> {
        let mut resolution = Resolution { config: Self::default(), home: layers.home };
        if let Some(yaml) = layers.yaml {
            yaml::read(yaml, &mut resolution)?;
            resolution.check(Origin::File(yaml.label.to_owned()))?;
        }
        resolution.read_git(layers.git)?;
        resolution.check(Origin::GitConfig)?;
        resolution.read_env(layers.env)?;
        resolution.check(Origin::Environment)?;
        for (name, value) in layers.flags.given() {
            let spelled = format!("--{name}");
            resolution.set_in(
                Origin::CommandLine,
                &spelled,
                keys::named(name),
                Given::Word(value),
            )?;
        }
        resolution.check(Origin::CommandLine)?;
        Ok(resolution.config)
    }

    /// The trunk, in a repository whose remote has this default branch.
    pub fn trunk_or<'a>(&'a self, default_branch: &'a str) -> &'a str {
        self.trunk.as_deref().unwrap_or(default_branch)
    }

    /// The branch that work starts from, in a repository whose remote has this default branch.
    pub fn base_or<'a>(&'a self, default_branch: &'a str) -> &'a str {
        self.base.as_deref().unwrap_or(default_branch)
    }

    /// Where progress is written, in a repository whose remote has this default branch.
    pub fn record_for(&self, default_branch: &str) -> Record {
        self.record.unwrap_or_else(|| {
            if self.trunk_or(default_branch) == self.base_or(default_branch) {
                Record::Branch
            } else {
                Record::Trunk
            }
        })
    }
}

/// A configuration that is being put together.
struct Resolution<'a> {
    config: Config,
    home: Option<&'a Path>,
}

impl Resolution<'_> {
    fn read_git(&mut self, pairs: &[(String, Option<String>)]) -> Result<(), ConfigError> {
        for (name, value) in pairs {
            let Some(short) = name.strip_prefix("tix.") else {
                continue;
            };
            let key = keys::named_in_git(short);
            let given = value.as_deref().map_or(Given::Bare, Given::Word);
            self.set_in(Origin::GitConfig, name, key, given)?;
        }
        Ok(())
    }

    fn read_env(&mut self, pairs: &[(String, OsString)]) -> Result<(), ConfigError> {
        let fail = |name: &str, problem| ConfigError {
            origin: Origin::Environment,
            line: None,
            key: Some(name.to_owned()),
            problem,
        };
        // TIX_WORKTREE says more than WORKTREE_BASE, so it comes later.
        for (name, value) in pairs.iter().filter(|(name, _)| name == "WORKTREE_BASE") {
            let dir = value.to_str().ok_or_else(|| fail(name, Problem::NotUtf8))?;
            if !dir.is_empty() {
                let bad = |error| Problem::bad_template(dir, error);
                let template = worktrees_below(dir, self.home);
                self.config.worktree = template.map_err(|error| fail(name, bad(error)))?;
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
                self.set_in(Origin::Environment, name, Some(key), Given::Word(word))?;
            }
        }
        Ok(())
    }

    fn set_in(
        &mut self,
        origin: Origin,
        spelled: &str,
        key: Option<&'static Key>,
        given: Given<'_>,
    ) -> Result<(), ConfigError> {
        let nearest = || spelled.strip_prefix("tix.").and_then(keys::nearest).map(Key::git_name);
        let unknown = || Problem::UnknownKey { nearest: nearest() };
        let result = key.ok_or_else(unknown).and_then(|key| {
            if key.is_shared_only() { Err(Problem::OnlyShared) } else { self.set(key, given) }
        });
        result.map_err(|problem| ConfigError {
            origin,
            line: None,
            key: Some(spelled.to_owned()),
            problem,
        })
    }

    fn set(&mut self, key: &Key, given: Given<'_>) -> Result<(), Problem> {
        let config = &mut self.config;
        match key.id {
            Name::Trunk => config.trunk = Some(given.branch(key)?),
            Name::Base => config.base = Some(given.branch(key)?),
            Name::Record => {
                config.record = Some(match given.text(key)? {
                    "branch" => Record::Branch,
                    "trunk" => Record::Trunk,
                    _ => return Err(given.unexpected(key)),
                });
            }
            // A remote's name is part of a ref's name.
            Name::Remote => config.remote = Some(given.branch(key)?),
            Name::TicketsDir => config.tickets_dir = given.directory(key)?,
            Name::SkipCi => config.skip_ci = given.flag(key)?,
            Name::RequireQueued => config.require_queued = given.flag(key)?,
            Name::ClaimAttempts => config.claim_attempts = given.attempts(key)?,
            Name::Branch => config.branch = template(key, given, Purpose::Branch)?,
            Name::ActiveDir => config.active_dir = template(key, given, Purpose::ActiveDir)?,
            Name::Worktree => {
                let value = given.text(key)?;
                let bad = |error| Problem::bad_template(value, error);
                config.worktree = worktree(value, self.home).map_err(bad)?;
            }
            Name::Timeout => config.timeout = given.time(key, Duration::from_hours(24))?,
            Name::Protected => config.protected = given.branches(key)?,
            Name::Landing => {
                config.landing = match given.text(key)? {
                    "none" => Landing::None,
                    "completed" => Landing::Completed,
                    _ => return Err(given.unexpected(key)),
                };
            }
            Name::Review => config.review = stages(key, given)?,
            Name::ReviewSelf => config.review_self = given.flag(key)?,
            Name::StaleAfter => {
                config.stale_after = given.time(key, Duration::from_hours(24 * 365))?;
            }
            Name::PostActivate => config.post_activate = given.commands(key)?,
            Name::Writes => {
                config.writes = match given.text(key)? {
                    "refuse" => Writes::Refuse,
                    "ask" => Writes::Ask,
                    "allow" => Writes::Allow,
                    _ => return Err(given.unexpected(key)),
                };
            }
            // A mapping comes by itself, see `set_mapping`.
            Name::Roles => return Err(given.unexpected(key)),
        }
        Ok(())
    }

    /// Takes over the value of the one key that takes a mapping.
    fn set_mapping(&mut self, entries: Vec<(String, Vec<String>)>) -> Result<(), Problem> {
        self.config.roles.clear();
        for (name, items) in entries {
            if name.trim().is_empty() {
                let reason = "a role needs a name";
                return Err(Problem::BadValue { value: name, reason });
            }
            if self.config.roles.contains_key(&name) {
                let reason = "a role can be there once";
                return Err(Problem::BadValue { value: name, reason });
            }
            self.config.roles.insert(name, items);
        }
        Ok(())
    }

    /// Compares the settings with each other, once a layer is read: in the middle of it one of a
    /// pair may still be missing.
    fn check(&self, origin: Origin) -> Result<(), ConfigError> {
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

/// Each stage once: a ticket's status says which one it is at.
fn stages(key: &Key, given: Given<'_>) -> Result<Vec<Stage>, Problem> {
    let mut stages = Vec::new();
    for name in given.list(key)? {
        let stage = match name {
            "critic_review" => Stage::Critic,
            "expediter_review" => Stage::Expediter,
            _ => return Err(Given::Text(name).unexpected(key)),
        };
        if stages.contains(&stage) {
            let reason = "a stage can be there once";
            return Err(Problem::BadValue { value: name.to_owned(), reason });
        }
        stages.push(stage);
    }
    Ok(stages)
}

fn template(key: &Key, given: Given<'_>, purpose: Purpose) -> Result<Template, Problem> {
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

/// Splits a leading `~/` off, which stands for `home`. A shell does this too, but not where the
/// value is quoted or stands in a file, and then a directory called `~` would appear.
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

#[cfg(test)]
mod tests;
