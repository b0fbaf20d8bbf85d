//! The configuration: defaults, `.tix.yaml`, `git config tix.*`, the environment, the command line,
//! each stronger than the one before.
//!
//! Pure: it is handed bytes and words, and reads no file, no environment and asks no git. Whoever
//! has them hands them over as [`Layers`]. A value that tix does not know is an error wherever it
//! stands: a setting that is silently not heeded is worse than none. A key that it does not know may
//! be a newer version's, so it is put aside in [`Config::not_understood`] for the caller to judge.

mod error;
mod given;
mod keys;
mod names;
mod quote;
mod resolve;
mod template;
mod yaml;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

pub use error::{ConfigError, Origin, Problem};
pub use keys::{ChosenSettings, DefaultValue, Key, PROTECTED, commented_yaml, describe, variables};
pub use template::{Fields, Template};
pub use yaml::Yaml;

use given::GivenValue;
use resolve::ConfigResolution;

/// The file with which a team shares its settings, at the root of the repository.
pub const FILE: &str = ".tix.yaml";

/// The version of this tix.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Where the progress of a held ticket is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordPlace {
    /// On its ticket branch; it reaches the trunk with the merge.
    Branch,
    /// On the trunk; the ticket branch never touches the ticket.
    Trunk,
}

/// Which push of a claim is the lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClaimLock {
    /// The one that moves the trunk.
    Trunk,
    /// The one that makes the ticket branch; whoever pushes the trunk brings it up.
    Branch,
}

/// What an agent is told that edits files of a checkout on a protected branch.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
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
    pub record: Option<RecordPlace>,
    /// Which push is the lock.
    pub lock: ClaimLock,
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
    /// How pull requests land, for whoever looks at the history.
    pub check: RequestsLand,
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
    /// What is set and not heeded, because a newer tix may know what it means: keys that this one
    /// does not know, and whatever else a file says that is for another version.
    pub not_understood: Vec<ConfigError>,
    /// Where `worktree` comes from, if that is a `.tix.yaml` and not the default.
    pub shared_worktree: Option<SharedWorktree>,
}

/// A `worktree` that anybody who can push may have written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedWorktree {
    /// As it is written there.
    pub value: String,
    /// The file, such as `origin/main:.tix.yaml`.
    pub file: String,
}

/// What may be merged into the trunk without a pull request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Landing {
    None,
    Completed,
}

/// How pull requests land. It says what `tix check` and `tix doctor` find wrong with a history, and lets nothing into a branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestsLand {
    /// By merge commits, and ticket branches in any way.
    Merged,
    /// As one commit each.
    Squashed,
    /// As the commits of their branches.
    Rebased,
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
            lock: ClaimLock::Trunk,
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
            check: RequestsLand::Merged,
            review: Vec::new(),
            review_self: false,
            stale_after: Duration::from_hours(24),
            post_activate: Vec::new(),
            writes: Writes::Refuse,
            roles: BTreeMap::new(),
            not_understood: Vec::new(),
            shared_worktree: None,
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
    /// Lays the layers over each other. Fails on the first value, from the weakest layer up, that tix
    /// does not know, also where a stronger layer would have covered it.
    pub fn resolve(layers: &Layers<'_>) -> Result<Self, ConfigError> {
        let mut resolution = ConfigResolution { config: Self::default(), home: layers.home };
        if let Some(yaml) = layers.yaml {
            resolution.read_file(yaml)?;
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
                GivenValue::Word(value),
            )?;
        }
        resolution.check(Origin::CommandLine)?;
        let mut config = resolution.config;
        if !config.not_understood.is_empty() {
            // What loosens the rule of the guard does not count while something may tighten it again.
            config.landing = Landing::None;
        }
        Ok(config)
    }

    /// Whether nothing was put aside that says what is protected, and where.
    pub fn says_what_is_protected(&self) -> bool {
        let keys = ["protected", "trunk", "remote", "tickets_dir"];
        let is_one =
            |error: &ConfigError| error.key.as_deref().is_some_and(|key| keys.contains(&key));
        !self.not_understood.iter().any(is_one)
    }

    /// Fails when there is something that this tix does not understand.
    pub fn require_understood(&self) -> Result<(), ConfigError> {
        self.not_understood.first().cloned().map_or(Ok(()), Err)
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
    pub fn record_for(&self, default_branch: &str) -> RecordPlace {
        self.record.unwrap_or_else(|| {
            if self.trunk_or(default_branch) == self.base_or(default_branch) {
                RecordPlace::Branch
            } else {
                RecordPlace::Trunk
            }
        })
    }
}

#[cfg(test)]
mod tests;
