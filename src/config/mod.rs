//! The configuration: defaults, `.tix.yaml`, `git config tix.*`, the environment, the command line. Each layer
//! overrides the ones before it.
//!
//! Pure: it is given bytes and words as [`Layers`], and reads no file and no environment, and asks git nothing. A value
//! that tix does not know is an error in every layer: silently ignoring a setting is worse than having none. A key that
//! tix does not know may be a newer version's; [`Config::not_understood`] collects these for the caller to judge.

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
pub use keys::{
    ChosenSettings, DefaultValue, Key, PROTECTED, commented_yaml, describe, key_named, nearest_key,
    variables,
};
pub use template::{Fields, Template};
pub use yaml::{Yaml, yaml_entries};

use given::GivenValue;
use resolve::ConfigResolution;

/// The file with a team's shared settings, at the root of the repository.
pub const FILE: &str = ".tix.yaml";

/// The version of this tix.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Where tix writes the progress of a held ticket.
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
    /// The push that moves the trunk.
    Trunk,
    /// The push that creates the ticket branch; the next push of the trunk publishes the claim.
    Branch,
}

/// What the guard tells an agent that edits files in a checkout of a protected branch.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Writes {
    Refuse,
    /// The person who is watching decides.
    Ask,
    /// Nothing; the guard still checks its commits.
    Allow,
}

/// The effective configuration, with every default that does not depend on the repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The trunk, if it is not the remote's default branch; see [`Config::trunk_or`].
    pub trunk: Option<String>,
    /// The branch that work starts from, if it is not the remote's default branch; see [`Config::base_or`].
    pub base: Option<String>,
    /// Where progress is written, if it is configured; see [`Config::record_for`].
    pub record: Option<RecordPlace>,
    /// Which push is the lock.
    pub lock: ClaimLock,
    /// The remote, if it is configured.
    pub remote: Option<String>,
    /// The directory of the lanes, relative to the root of the repository, without a slash at either end.
    pub tickets_dir: String,
    /// Whether commits on the trunk tell CI to skip them.
    pub skip_ci: bool,
    /// Whether a person must queue an open ticket before it can be claimed.
    pub require_queued: bool,
    /// How often a claim is tried when the remote fails, from 1 to 20.
    pub claim_attempts: u8,
    pub branch: Template,
    /// The directory of a ticket below the lanes `active` and `completed`.
    pub active_dir: Template,
    /// The path of a worktree, absolute or relative to the root of the main worktree.
    pub worktree: Template,
    /// How long an operation keeps trying while others move the trunk.
    pub timeout: Duration,
    /// The branches besides the trunk that accept only ticket commits.
    pub protected: Vec<String>,
    /// What may be merged into the trunk without a pull request.
    pub landing: Landing,
    /// How pull requests land, for whoever looks at the history.
    pub check: RequestsLand,
    /// The stages of the review, in order.
    pub review: Vec<Stage>,
    /// Whether a holder may review their own work.
    pub review_self: bool,
    /// How long a ticket must be quiet before it can be taken over.
    pub stale_after: Duration,
    /// Shell commands to run in a new workspace, if the owner of the clone trusts them.
    pub post_activate: Vec<String>,
    /// What the guard tells an agent that edits files where it should not.
    pub writes: Writes,
    pub roles: BTreeMap<String, Vec<String>>,
    /// Settings that this tix ignores because a newer one may know them: unknown keys, and whatever else a file for
    /// another version says.
    pub not_understood: Vec<ConfigError>,
    /// Where `worktree` comes from, if it comes from a `.tix.yaml` and is not the default.
    pub shared_worktree: Option<SharedWorktree>,
}

/// A `worktree` that anybody who can push may have written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedWorktree {
    /// As written there.
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

/// The layers, weakest first.
#[derive(Debug, Clone, Copy, Default)]
pub struct Layers<'a> {
    /// `.tix.yaml`, if there is one.
    pub yaml: Option<Yaml<'a>>,
    /// `git config --list -z`, or the part of it that starts with `tix.`: the key as git writes it, and the value,
    /// which is absent where the file has no `=`. If two set one key, the later one counts.
    pub git: &'a [(String, Option<String>)],
    /// Variables. Those that start with `TIX_` and are not settings are ignored, because newer programs share the
    /// environment. An empty one counts as unset.
    pub env: &'a [(String, OsString)],
    pub flags: Flags<'a>,
    /// What `~/` means at the beginning of `worktree` and `WORKTREE_BASE`.
    pub home: Option<&'a Path>,
    pub on_bad: OnBadValue,
}

/// What happens when a layer sets a key to something that cannot be used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OnBadValue {
    /// The settings cannot be used.
    #[default]
    Fail,
    /// It is put aside like a key that is not known: for the command that shows and mends it.
    PutAside,
    /// The same, and a file that cannot be read at all is left out: for a long-lived tix, which waits until it is mended.
    LeaveOut,
}

/// The settings from the command line, as written there.
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
    /// Merges the layers. Fails on the first value, from the weakest layer up, that tix does not know, even if a
    /// stronger layer overrides it.
    pub fn resolve(layers: &Layers<'_>) -> Result<Self, ConfigError> {
        let mut resolution =
            ConfigResolution { config: Self::default(), home: layers.home, on_bad: layers.on_bad };
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

    /// Whether no setting was put aside that says what is protected, and where.
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

    /// The trunk, given the remote's default branch.
    pub fn trunk_or<'a>(&'a self, default_branch: &'a str) -> &'a str {
        self.trunk.as_deref().unwrap_or(default_branch)
    }

    /// The branch that work starts from, given the remote's default branch.
    pub fn base_or<'a>(&'a self, default_branch: &'a str) -> &'a str {
        self.base.as_deref().unwrap_or(default_branch)
    }

    /// Where progress is written, given the remote's default branch.
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
