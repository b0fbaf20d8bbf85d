//! Which remote, default branch, `.tix.yaml`, trunk, base, protected branches and tickets directory apply in a clone,
//! and who acts: one answer, for the commands and for the guard.
//!
//! The two differ only in what they may ask. A command may ask the remote for its default branch, and the clone records
//! the answer. The guard asks nobody and uses no network; where it is not sure of the default branch, it protects more:
//! see [`Protection`].

mod default;
mod error;
mod identity;
mod protected;
mod protection;
mod remembered;
mod sources;

pub use default::settle;
pub use error::{RemoteSource, SettingsError};
pub use identity::AuthorIdentity;
pub use protected::Protected;
pub use protection::Protection;
pub use sources::{ReadFiles, Sources, Station};

use std::ffi::OsString;

use sources::{SettingsFile, seen_ref};

use crate::config::{Config, ConfigError, Layers, OnBadValue, RecordPlace, Yaml};
use crate::git::{GitError, HeadTarget, RefValue};
use crate::names::{Oid, RefName, RemoteName, RepoPath};

/// A question to the remote: its refs that match these patterns, and the branch of its HEAD.
pub type Ask<'a> = &'a dyn Fn(&RemoteName, &[&str]) -> Result<Vec<RefValue>, GitError>;

/// The settings for the commands.
#[derive(Clone, Debug)]
pub struct Settings {
    /// All layers, merged.
    pub config: Config,
    /// The remote; `None` when the local branch is the trunk.
    pub remote: Option<RemoteName>,
    /// The trunk's branch.
    pub trunk: RefName,
    /// The branch that work starts from.
    pub base: RefName,
    /// Where progress is written.
    pub record: RecordPlace,
    /// The directory of the lanes.
    pub tickets_dir: RepoPath,
    /// Where the team's settings are.
    pub shared: SharedFile,
}

/// The team's settings file, as last fetched.
#[derive(Clone, Debug)]
pub struct SharedFile {
    /// The branch that holds it: the base, as configured outside of the file itself.
    pub branch: RefName,
    /// `None` when the branch has none. Then this worktree's file counts, until somebody shares one.
    pub blob: Option<Oid>,
}

impl Settings {
    /// Finds all settings. `local` is everything outside of `.tix.yaml`; without `ask` nobody is asked.
    pub fn resolve(
        sources: &Sources<'_>,
        local: Layers<'_>,
        ask: Option<Ask<'_>>,
    ) -> Result<Settings, SettingsError> {
        let first = Config::resolve(&local)?;
        let choose = |config: &Config, file: Option<&SettingsFile>| {
            match choose_remote(sources, wanted_remote(config, &local, file)) {
                // For the command that shows and mends it.
                Err(SettingsError::NoRemote { .. }) if local.on_bad != OnBadValue::Fail => {
                    choose_remote(sources, None)
                }
                chosen => chosen,
            }
        };
        let mut remote = choose(&first, None)?;
        let mut default = default::branch(sources, remote.as_ref(), &first, ask)?;
        let mut file = shared_file(sources, remote.as_ref(), first.base_or(&default))?;
        let mut config = with_file(local, file.as_ref())?;
        let named = choose(&config, file.as_ref())?;
        if named != remote {
            // The settings of the remote that has the trunk count; those of a fork may be old.
            remote = named;
            default = default::branch(sources, remote.as_ref(), &first, ask)?;
            let theirs = committed_file(sources, remote.as_ref(), first.base_or(&default))?;
            config = with_file(local, theirs.as_ref().or(file.as_ref()))?;
            file = theirs;
        }
        let name = |text: &str| {
            RefName::branch(text).ok_or_else(|| SettingsError::BadBranch(text.to_owned()))
        };
        Ok(Settings {
            trunk: name(config.trunk_or(&default))?,
            base: name(config.base_or(&default))?,
            record: config.record_for(&default),
            tickets_dir: RepoPath::parse(config.tickets_dir.as_str())
                .ok_or(SettingsError::BadTicketsDir)?,
            shared: SharedFile {
                branch: name(first.base_or(&default))?,
                blob: file.and_then(|file| file.blob),
            },
            remote,
            config,
        })
    }

    /// What people call the trunk: `origin/main`, or `main` without a remote.
    pub fn trunk_label(&self) -> String {
        label(self.remote.as_ref(), self.trunk.short())
    }

    /// The ref that holds a branch as last fetched: the branch itself without a remote.
    pub fn seen_ref(&self, branch: &RefName) -> RefName {
        seen_ref(self.remote.as_ref(), branch.short()).unwrap_or_else(|| branch.clone())
    }

    /// The ref that holds the trunk as last fetched.
    pub fn last_seen_ref(&self) -> Option<RefName> {
        seen_ref(self.remote.as_ref(), self.trunk.short())
    }
}

impl SettingsFile {
    fn yaml(&self) -> Yaml<'_> {
        Yaml { bytes: &self.bytes, label: &self.label }
    }

    /// Its settings without any other layer.
    fn alone(&self) -> Result<Config, ConfigError> {
        Config::resolve(&Layers { yaml: Some(self.yaml()), ..Layers::default() })
    }
}

fn label(remote: Option<&RemoteName>, branch: &str) -> String {
    remote.map_or_else(|| branch.to_owned(), |remote| format!("{remote}/{branch}"))
}

/// The remote to use: the configured one, `origin`, or the only one.
fn choose_remote(
    sources: &Sources<'_>,
    wanted: Option<(&str, RemoteSource)>,
) -> Result<Option<RemoteName>, SettingsError> {
    if sources.station == Station::Server {
        return Ok(None);
    }
    let names = sources.config.remotes();
    let owned = || names.iter().map(|name| (*name).to_owned()).collect();
    let name = match (wanted, names.as_slice()) {
        (Some((name, _)), _) if names.contains(&name) => name,
        (Some((name, set_by)), _) => {
            let name = name.to_owned();
            return Err(SettingsError::NoRemote { name, remotes: owned(), set_by });
        }
        (None, []) => return Ok(None),
        (None, [only]) => only,
        (None, many) if many.contains(&"origin") => "origin",
        (None, _) => return Err(SettingsError::ManyRemotes { remotes: owned() }),
    };
    let parsed = RemoteName::parse(name);
    parsed.map(Some).ok_or_else(|| SettingsError::BadRemote(name.to_owned()))
}

/// The remote that these settings name, and the strongest layer that does: one of `local`, or the file.
fn wanted_remote<'c>(
    config: &'c Config,
    local: &Layers<'_>,
    file: Option<&SettingsFile>,
) -> Option<(&'c str, RemoteSource)> {
    let in_env = |(name, value): &(String, OsString)| name == "TIX_REMOTE" && !value.is_empty();
    let source = match file {
        _ if local.flags.remote.is_some() => RemoteSource::Option,
        _ if local.env.iter().any(in_env) => RemoteSource::Variable,
        Some(file) if !local.git.iter().any(|(name, _)| name == "tix.remote") => {
            RemoteSource::File(file.label.clone())
        }
        Some(_) | None => RemoteSource::GitConfig,
    };
    Some((config.remote.as_deref()?, source))
}

/// `.tix.yaml` of the base as last fetched, else one that is not there yet: that one counts until the team shares one.
fn shared_file(
    sources: &Sources<'_>,
    remote: Option<&RemoteName>,
    base: &str,
) -> Result<Option<SettingsFile>, SettingsError> {
    let committed = committed_file(sources, remote, base)?;
    if committed.is_some() { Ok(committed) } else { Ok(drafts(sources)?.into_iter().next()) }
}

/// `.tix.yaml` of the base as last fetched.
fn committed_file(
    sources: &Sources<'_>,
    remote: Option<&RemoteName>,
    base: &str,
) -> Result<Option<SettingsFile>, SettingsError> {
    match seen_ref(remote, base) {
        Some(name) => sources.committed(&name, &label(remote, base)),
        None => Ok(None),
    }
}

/// All layers, including this file.
fn with_file(local: Layers<'_>, file: Option<&SettingsFile>) -> Result<Config, SettingsError> {
    match Config::resolve(&Layers { yaml: file.map(SettingsFile::yaml), ..local }) {
        Err(_) if local.on_bad == OnBadValue::LeaveOut => Ok(Config::resolve(&local)?),
        resolved => Ok(resolved?),
    }
}

/// The files that are not on the base yet: the main worktree's, which stands for all worktrees, and this one's. A bare
/// repository uses its HEAD instead, because that is all a bare clone knows of its base.
///
/// Files, not commits: where there are no settings at all they are looked for with every commit, and HEAD is new each
/// time.
fn drafts(sources: &Sources<'_>) -> Result<Vec<SettingsFile>, SettingsError> {
    let mut found = Vec::new();
    if let Some(root) = &sources.main_root {
        found.extend(sources.uncommitted(root)?);
    } else if let HeadTarget::Branch(head) = sources.main_head()? {
        found.extend(sources.committed(&head, "HEAD")?);
    }
    let own = sources.root.filter(|root| sources.main_root.as_deref() != Some(root));
    if let Some(root) = own {
        found.extend(sources.uncommitted(root)?);
    }
    Ok(found)
}
