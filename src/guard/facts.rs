//! What holds in a repository: what [`crate::settings`] protects, and what counts as published.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::place::GuardPlace;
use super::{GuardError, memory};
use crate::clock;
use crate::config::{self, Flags, Layers, OnBadValue};
use crate::env::Env;
use crate::git::{
    Git, GitConfig, GitSetting, HeadTarget, Objects, RefValue, RemoteAddresses, is_absence,
    main_root,
};
use crate::settings::{AuthorIdentity, Protection, ReadFiles, Sources, Station};

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuardFacts {
    /// What is protected, and how tickets are known.
    pub protection: Protection,
    /// The remotes that protected branches of this clone are brought up to date from, each with its branch.
    pub follows: Vec<(String, String)>,
    /// Who commits, as far as configured.
    pub author: AuthorIdentity,
    /// What is configured of where a push goes, weakest first: the key as git writes it, and the value.
    pub pushes: Vec<(String, String)>,
    pub addresses: Vec<RemoteAddresses>,
    /// Where protected branches are, here and as fetched from whom they follow, of those that have no file of their own.
    pub packed: Vec<(String, String)>,
}

/// Facts, and the files that they were taken from: as long as these stay, the facts hold.
pub struct FoundFacts {
    pub facts: GuardFacts,
    /// The files, also those that were looked for in vain; `None` where files cannot tell.
    pub files: Option<Vec<PathBuf>>,
}

impl GuardFacts {
    /// What is assumed where nothing can be found out.
    fn assumed(place: &GuardPlace, env: &Env) -> GuardFacts {
        let head = match &place.head {
            HeadTarget::Branch(head) => Some(head),
            HeadTarget::Commit(_) | HeadTarget::Unknown => None,
        };
        GuardFacts {
            protection: Protection::assumed(head, env.protected_branches()),
            follows: Vec::new(),
            author: AuthorIdentity::default(),
            pushes: Vec::new(),
            addresses: Vec::new(),
            packed: Vec::new(),
        }
    }

    /// Whether there is anything to guard: tickets in a commit, or in the working tree.
    fn is_worth_guarding(&self, place: &GuardPlace) -> bool {
        self.protection.has_tickets || place.has(&self.protection.tickets_dir)
    }
}

/// The facts, or what is assumed and why; no facts where there is nothing to guard.
pub fn of(
    git: &Git,
    place: &GuardPlace,
    station: Station,
    env: &Env,
) -> (Option<GuardFacts>, Option<String>) {
    let is_worth = |facts: &GuardFacts| facts.is_worth_guarding(place);
    if let Some(facts) = memory::recall(place, station, env) {
        return (Some(facts).filter(is_worth), None);
    }
    let began = clock::now().into();
    match find(git, place, station, env) {
        Ok(found) if is_worth(&found.facts) => {
            memory::remember(place, station, env, &found, began);
            (Some(found.facts), None)
        }
        Ok(_) => (None, None),
        Err(error) => {
            let may_have_tickets = |facts: &GuardFacts| {
                place.root.is_none() || is_worth(facts) || place.has(config::FILE)
            };
            let assumed = Some(GuardFacts::assumed(place, env)).filter(may_have_tickets);
            let trouble = match error {
                GuardError::Unknown(words) => words,
                error @ (GuardError::Git(_) | GuardError::File { .. }) => error.to_string(),
            };
            (assumed, Some(trouble))
        }
    }
}

/// Finds the facts out by asking git.
fn find(
    git: &Git,
    place: &GuardPlace,
    station: Station,
    env: &Env,
) -> Result<FoundFacts, GuardError> {
    // A pipe in its place would keep git for ever.
    let path = place.common_dir.join("packed-refs");
    crate::file::require_own(&path).map_err(|source| GuardError::File { path, source })?;
    let settings = git.settings()?;
    let counts = |s: &&GitSetting| s.file.is_some() || is_heeded(&s.key);
    let pairs = settings.iter().filter(counts).map(|s| (s.key.clone(), s.value.clone())).collect();
    let config = GitConfig::of(pairs);
    let objects = Objects::open_with(git)?;
    let sources = Sources {
        git,
        objects: &objects,
        config: &config,
        git_dir: &place.git_dir,
        common_dir: &place.common_dir,
        root: place.root.as_deref(),
        main_root: main_root(&place.common_dir, git.dir(), &config),
        station,
        read: ReadFiles::default(),
    };
    let variables = env.config_pairs();
    let local = Layers {
        yaml: None,
        git: config.entries(),
        env: &variables,
        flags: Flags::default(),
        home: env.home(),
        on_bad: OnBadValue::Fail,
    };
    let protection = Protection::resolve(&sources, local, env.protected_branches())
        .map_err(|error| GuardError::Unknown(error.to_string()))?;
    let follows = match station {
        Station::Clone => follows(&protection, &config),
        Station::Server => Vec::new(),
    };
    let author = AuthorIdentity::configured(&config);
    let (pushes, addresses) = (pushes(&config), config.addresses());
    let packed = packed(&protection, &follows, git, place)?;
    let facts = GuardFacts { protection, follows, author, pushes, addresses, packed };
    if facts.is_worth_guarding(place) {
        facts.protection.remember(&sources);
    }
    let files = sources.read.files().map(|read| {
        read.into_iter().chain(files_of_git(&settings, git, place, env)).collect::<Vec<_>>()
    });
    Ok(FoundFacts { facts, files })
}

/// Whether the facts may rest on a setting that the environment has for git. What is remembered fits one value of these
/// alone, and is written to a file: credentials must not be among them, nor what changes from call to call.
pub(super) fn is_heeded(key: &str) -> bool {
    let section = key.split('.').next().unwrap_or_default();
    ["init", "push", "remote", "tix", "user"]
        .iter()
        .any(|known| section.eq_ignore_ascii_case(known))
}

/// What the protected branches follow, where that is a remote.
fn follows(protection: &Protection, config: &GitConfig) -> Vec<(String, String)> {
    let follows = |name: &str| {
        let remote =
            config.last(&format!("branch.{name}.remote")).filter(|remote| *remote != ".")?;
        Some((name.to_owned(), remote.to_owned()))
    };
    protection.branches.names().filter_map(follows).collect()
}

/// The values of protected branches in the file that git packs refs into; with reftable, which only git reads, all values.
fn packed(
    protection: &Protection,
    follows: &[(String, String)],
    git: &Git,
    place: &GuardPlace,
) -> Result<Vec<(String, String)>, GuardError> {
    let remotes = protection.home.iter().chain(follows.iter().map(|(_, remote)| remote));
    let tracked = remotes.map(|remote| format!("refs/remotes/{remote}"));
    let places: Vec<String> = std::iter::once("refs/heads".to_owned()).chain(tracked).collect();
    let wanted: BTreeSet<String> = protection
        .branches
        .names()
        .flat_map(|branch| places.iter().map(move |place| format!("{place}/{branch}")))
        .collect();
    if place.common_dir.join("reftable").is_dir() {
        let patterns: Vec<&str> = wanted.iter().map(String::as_str).collect();
        let found = if patterns.is_empty() { Vec::new() } else { git.refs(&patterns)? };
        let pair = |found: RefValue| (found.name.to_string(), found.oid.to_string());
        return Ok(found.into_iter().map(pair).filter(|(name, _)| wanted.contains(name)).collect());
    }
    let path = place.common_dir.join("packed-refs");
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if is_absence(&error) => return Ok(Vec::new()),
        Err(source) => return Err(GuardError::File { path, source }),
    };
    // A name that is not UTF-8 is none that could be protected.
    let lines =
        bytes.split(|byte| *byte == b'\n').filter_map(|line| std::str::from_utf8(line).ok());
    let found = lines.filter_map(|line| line.split_once(' ')).filter(|(_, n)| wanted.contains(*n));
    Ok(found.map(|(oid, name)| (name.to_owned(), oid.to_owned())).collect())
}

/// No other setting is remembered: some hold secrets.
fn pushes(config: &GitConfig) -> Vec<(String, String)> {
    let speaks_of_pushes = |key: &str| {
        let (section, name) = (key.split('.').next(), key.rsplit('.').next());
        matches!(
            (section, name),
            (Some("branch"), Some("remote" | "pushremote" | "merge"))
                | (Some("remote"), Some("fetch" | "mirror" | "push" | "pushdefault"))
                | (Some("push"), Some("default"))
                | (Some("rebase"), Some("updaterefs"))
        )
    };
    let found = config.entries().iter().filter(|(key, _)| speaks_of_pushes(key));
    found.filter_map(|(key, value)| Some((key.clone(), value.clone()?))).collect()
}

/// The files that git reads its configuration from, those that it would read if they were there, and those that hold refs
/// together.
fn files_of_git(
    settings: &[GitSetting],
    git: &Git,
    place: &GuardPlace,
    env: &Env,
) -> impl Iterator<Item = PathBuf> + use<> {
    let here = |path: &str| git.dir().join(path);
    let mut files: BTreeSet<PathBuf> =
        settings.iter().filter_map(|s| s.file.as_deref()).map(here).collect();
    let home = env.home();
    for setting in settings {
        let condition = setting.key.strip_prefix("includeif.");
        let included = setting.key == "include.path"
            || condition
                .and_then(|rest| rest.rsplit_once('.'))
                .is_some_and(|(_, key)| key == "path");
        if let (true, Some(path)) = (included, &setting.value) {
            let beside = setting.file.as_deref().map(here);
            let beside = beside.as_deref().and_then(Path::parent).unwrap_or(git.dir());
            files.insert(match (path.strip_prefix("~/"), home) {
                (Some(rest), Some(home)) => home.join(rest),
                _ => beside.join(path),
            });
        }
    }
    files.insert(place.common_dir.join("config"));
    files.insert(place.git_dir.join("config.worktree"));
    files.insert(PathBuf::from("/etc/gitconfig"));
    if let Some(home) = home {
        files.insert(home.join(".gitconfig"));
        files.insert(home.join(".config/git/config"));
    }
    for (name, value) in env.of_git_config() {
        let Some(value) = value else { continue };
        match name {
            "XDG_CONFIG_HOME" => files.insert(Path::new(value).join("git/config")),
            "GIT_CONFIG_GLOBAL" | "GIT_CONFIG_SYSTEM" => files.insert(PathBuf::from(value)),
            _ => false,
        };
    }
    // With reftable every change of a ref changes this list.
    files.insert(place.common_dir.join("reftable/tables.list"));
    files.insert(place.common_dir.join("packed-refs"));
    files.into_iter()
}
