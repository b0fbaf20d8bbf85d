//! What the guard protects: the union of what every source says.
//!
//! The committed settings of the default branch, as last fetched, decide, so that a commit cannot loosen the rule that
//! it is judged by. The environment, `git config`, `refs/remotes/<remote>/HEAD` and files not committed there can only
//! add to that. If they name something that does not exist, that is a doubt, and a doubt means refusal on a protected
//! branch.
//!
//! If this clone does not know the default branch, it may be the branch that is checked out or the one that this
//! follows, so both are protected, with the usual names. If settings do not say what is protected, what they said
//! before stays in force.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::default::{self, DefaultSource, KnownDefault};
use super::remembered;
use super::sources::{SettingsFile, Sources, Station, seen_ref};
use super::{Protected, Settings, SettingsError, choose_remote, drafts, label, wanted_remote};
use crate::config::{Config, Landing, Layers, PROTECTED, Stage, Writes};
use crate::names::{RefName, RemoteName};

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Protection {
    /// The branches to be guarded.
    pub branches: Protected,
    /// Those that the default branch itself protects: their contents are known. Branches that local settings add are
    /// not among them, and if the default branch is unknown there are none.
    pub settled: Protected,
    /// Those that are guarded only because one of them may be the default branch.
    pub suspects: Protected,
    /// The default branch, whatever is configured here.
    pub default: Option<String>,
    /// The trunk, as the commands see it.
    pub trunk: Option<String>,
    /// The remote, as the commands see it.
    pub remote: Option<String>,
    /// The remotes that hold the trunk, whatever is configured here: several if that is not clear.
    pub home: Vec<String>,
    /// The directory of the lanes.
    pub tickets_dir: String,
    /// Whether there are tickets or settings of tix at all, committed or as a settings file.
    pub has_tickets: bool,
    /// The review stages that work needs to land on the trunk without a pull request; `None` if it never does.
    pub landing: Option<Vec<Stage>>,
    /// What the guard tells an agent that edits files in a checkout of a protected branch.
    pub writes: Writes,
    /// Local configuration that cannot be followed.
    pub doubt: Option<String>,
}

impl Protection {
    /// Finds what is protected without asking anybody. `local` is everything outside of `.tix.yaml`; `more` are further
    /// branches to guard.
    pub fn resolve<'n>(
        sources: &Sources<'_>,
        local: Layers<'_>,
        more: impl IntoIterator<Item = &'n str>,
    ) -> Result<Protection, SettingsError> {
        let mut union = Union::new(sources);
        union.branches.extend(more.into_iter().map(str::to_owned));
        let homes = union.homes()?;
        let chosen = union.chosen(&local, &homes);
        let (mut is_sure, mut default) = (false, None);
        for home in &homes {
            let known = of_home(sources, home.as_ref())?;
            for known in &known {
                union.add_default(home.as_ref(), known)?;
            }
            let sure = known.into_iter().find(KnownDefault::is_sure);
            if homes.len() == 1 || chosen.is_some() && chosen == *home {
                is_sure = sure.is_some();
                default = sure.map(|known| known.name);
            }
        }
        let mut former: Vec<String> = Vec::new();
        for (home, name) in remembered::elsewhere(sources, &homes) {
            former.extend(home.iter().map(ToString::to_string));
            let fetched = default::is_fetched(sources, home.as_ref(), &name)?;
            union.add_default(
                home.as_ref(),
                &KnownDefault { name, how: DefaultSource::Other, fetched },
            )?;
        }
        let landing = union.landing.pop().flatten();
        let landing = landing.filter(|stages| {
            is_sure && union.landing.iter().all(|other| other.as_ref() == Some(stages))
        });
        let named = union.remote.take().filter(|_| is_sure);
        let settled =
            union.each.drain(..).reduce(|all, one| all.intersection(&one).cloned().collect());
        let settled = settled.filter(|_| is_sure).unwrap_or_default();
        if !is_sure {
            union.suspect(&homes)?;
        }
        if !union.is_committed {
            union.add_drafts()?;
        }
        let here = union.add_local(local)?;
        let Union { branches, suspects, doubts, has_tickets, .. } = union;
        let chosen = chosen.map(|chosen| chosen.to_string());
        let mut home: Vec<String> = match named.or(chosen) {
            Some(home) => vec![home],
            None => homes.into_iter().flatten().map(|home| home.to_string()).collect(),
        };
        // Another remote that is configured does not make the one that had the trunk a stranger.
        for former in former {
            if sources.remotes().contains(&former.as_str()) && !home.contains(&former) {
                home.push(former);
            }
        }
        Ok(Protection {
            branches: Protected::of(branches.union(&suspects).map(String::as_str)),
            settled: Protected::of(settled.iter().map(String::as_str)),
            suspects: Protected::of(suspects.iter().map(String::as_str)),
            default,
            trunk: here.trunk,
            remote: here.remote,
            home,
            tickets_dir: here.tickets_dir,
            has_tickets,
            landing,
            writes: union.writes.min(here.writes),
            doubt: doubts.into_iter().next(),
        })
    }

    /// What to assume where nothing can be found out: also that the named branch is the default.
    pub fn assumed<'n>(
        head: Option<&'n RefName>,
        more: impl IntoIterator<Item = &'n str>,
    ) -> Protection {
        let head = head.map(RefName::short);
        let branches = PROTECTED.into_iter().chain(head).chain(more);
        Protection {
            branches: Protected::of(branches),
            settled: Protected::default(),
            suspects: Protected::default(),
            default: None,
            trunk: None,
            remote: None,
            home: Vec::new(),
            tickets_dir: Config::default().tickets_dir,
            has_tickets: false,
            landing: None,
            writes: Writes::Refuse,
            doubt: None,
        }
    }

    /// Records what is known of the default branch, so that it stays known when somebody points
    /// `refs/remotes/<remote>/HEAD` elsewhere.
    pub fn remember(&self, sources: &Sources<'_>) {
        let Some(default) = &self.default else { return };
        let home = match self.home.as_slice() {
            [home, ..] => RemoteName::parse(home),
            // The branch that is checked out is not a lasting statement.
            [] if default::own_names(sources).any(|name| name == default) => None,
            [] => return,
        };
        if sources.station == Station::Clone {
            remembered::note_seen(sources, home.as_ref(), default);
        }
    }
}

/// What is known of the default branch of a remote, or of the repository itself.
fn of_home(
    sources: &Sources<'_>,
    home: Option<&RemoteName>,
) -> Result<Vec<KnownDefault>, SettingsError> {
    if let Some(remote) = home {
        return default::known(sources, remote);
    }
    let mut known = Vec::new();
    match default::of_repository(sources) {
        // The commands also use it as the default, and nobody knows better.
        Ok(name) => known.push(KnownDefault { name, how: DefaultSource::Asked, fetched: true }),
        Err(SettingsError::NoLocalDefault) => {}
        Err(error) => return Err(error),
    }
    for name in remembered::answers(sources, None).seen {
        let fetched = default::is_fetched(sources, None, &name)?;
        known.push(KnownDefault { name, how: DefaultSource::Other, fetched });
    }
    Ok(known)
}

/// What the local layers add.
struct LocalSettings {
    trunk: Option<String>,
    remote: Option<String>,
    tickets_dir: String,
    writes: Writes,
}

/// A union under construction.
struct Union<'s> {
    sources: &'s Sources<'s>,
    branches: BTreeSet<String>,
    suspects: BTreeSet<String>,
    /// What each present or former default branch protects.
    each: Vec<BTreeSet<String>>,
    /// The directories of lanes that committed settings name, or that exist.
    dirs: Vec<String>,
    has_dir: bool,
    has_tickets: bool,
    /// Whether any default branch has settings.
    is_committed: bool,
    /// What they tell agents that write files.
    writes: Writes,
    /// What each of them lets land.
    landing: Vec<Option<Vec<Stage>>>,
    /// The remote that they name.
    remote: Option<String>,
    /// The templates of ticket branches.
    templates: Vec<String>,
    doubts: Vec<String>,
}

impl<'s> Union<'s> {
    fn new(sources: &'s Sources<'s>) -> Union<'s> {
        Union {
            sources,
            branches: BTreeSet::new(),
            suspects: BTreeSet::new(),
            each: Vec::new(),
            dirs: Vec::new(),
            has_dir: false,
            has_tickets: false,
            is_committed: false,
            writes: Writes::Allow,
            landing: Vec::new(),
            remote: None,
            templates: Vec::new(),
            doubts: Vec::new(),
        }
    }

    /// Where the trunk is, whatever is configured here: on one remote, in the repository itself, or on any of several
    /// remotes.
    fn homes(&mut self) -> Result<Vec<Option<RemoteName>>, SettingsError> {
        match choose_remote(self.sources, None) {
            Ok(remote) => Ok(vec![remote]),
            Err(SettingsError::ManyRemotes { remotes }) => {
                Ok(remotes.iter().filter_map(|name| RemoteName::parse(name)).map(Some).collect())
            }
            Err(error @ SettingsError::BadRemote(_)) => {
                self.doubts.push(error.to_string());
                Ok(Vec::new())
            }
            Err(error) => Err(error),
        }
    }

    /// Which of several remotes is configured here. Nothing else says which one holds the tickets, so it takes nothing away.
    fn chosen(&self, local: &Layers<'_>, homes: &[Option<RemoteName>]) -> Option<RemoteName> {
        let config = Config::resolve(local).ok().filter(|_| homes.len() > 1)?;
        choose_remote(self.sources, Some(wanted_remote(&config, local, None)?)).ok()?
    }

    /// Reads the settings at `label`; unreadable ones are a doubt.
    fn read(&mut self, file: &SettingsFile) -> Option<Config> {
        match file.alone() {
            Ok(config) => Some(config),
            Err(error) => {
                self.doubts.push(error.to_string());
                None
            }
        }
    }

    /// Adds what a present, former or possible default branch says.
    fn add_default(
        &mut self,
        home: Option<&RemoteName>,
        known: &KnownDefault,
    ) -> Result<(), SettingsError> {
        let file = match seen_ref(home, &known.name) {
            Some(name) => self.sources.committed(&name, &label(home, &known.name))?,
            None => None,
        };
        self.is_committed |= file.is_some();
        self.has_tickets |= file.is_some();
        let config = file.as_ref().and_then(|file| self.read(file));
        let has_settings = config.is_some();
        let is_clear =
            file.is_none() || config.as_ref().is_some_and(Config::says_what_is_protected);
        if !is_clear {
            self.keep_former(home, &known.name)?;
        }
        if let Some(config) = &config {
            self.writes = self.writes.min(config.writes);
        }
        let config = config.unwrap_or_default();
        if known.fetched {
            let lands = has_settings && config.landing == Landing::Completed;
            self.landing.push(lands.then(|| config.review.clone()));
        }
        let trunk = config.trunk_or(&known.name).to_owned();
        let other = config.remote.filter(|name| self.sources.remotes().contains(&name.as_str()));
        let remote = other.as_deref().and_then(RemoteName::parse);
        let home = remote.as_ref().or(home);
        self.remote = self.remote.take().or(other);
        self.templates.push(config.branch.to_string());
        let is_there = self.has_dir_at(home, [&known.name, &trunk], &config.tickets_dir)?;
        self.has_dir |= is_there;
        self.has_tickets |= is_there;
        if (has_settings || is_there) && !self.dirs.contains(&config.tickets_dir) {
            self.dirs.push(config.tickets_dir);
        }
        // Without settings the trunk is this branch, and the usual names are protected.
        let names: BTreeSet<String> = config.protected.into_iter().chain([trunk]).collect();
        self.branches.extend(names.iter().cloned());
        if known.fetched && is_clear {
            self.each.push(names);
        }
        Ok(())
    }

    /// The settings of a default branch do not say what it protects, so what they said before stays in force.
    fn keep_former(
        &mut self,
        home: Option<&RemoteName>,
        branch: &str,
    ) -> Result<(), SettingsError> {
        let label = label(home, branch);
        let former = match seen_ref(home, branch) {
            Some(name) => self.sources.former(&name, &label)?,
            None => Vec::new(),
        };
        let clear = |file: &SettingsFile| file.alone().ok().filter(Config::says_what_is_protected);
        if let Some(config) = former.iter().find_map(clear) {
            self.branches.extend(config.trunk.into_iter().chain(config.protected));
        } else if !former.is_empty() {
            self.doubts
                .push(format!("the settings of {label} do not say which branches are protected"));
        }
        Ok(())
    }

    /// Whether one of these branches has this directory.
    fn has_dir_at<'n>(
        &self,
        home: Option<&RemoteName>,
        branches: impl IntoIterator<Item = &'n String>,
        dir: &str,
    ) -> Result<bool, SettingsError> {
        for branch in branches {
            if let Some(name) = seen_ref(home, branch)
                && self.sources.has(&name, dir)?
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The default branch is unknown: it may have a usual name, be checked out here, or be the one that this follows.
    fn suspect(&mut self, homes: &[Option<RemoteName>]) -> Result<(), SettingsError> {
        self.branches.extend(PROTECTED.map(str::to_owned));
        self.add_possible(homes, &PROTECTED)?;
        let suspects = default::suspects(self.sources)?;
        let mut names: Vec<&str> = suspects.iter().map(RefName::short).collect();
        names.retain(|name| !self.branches.contains(*name) && !self.is_of_ticket(name));
        self.suspects.extend(names.iter().map(|name| (*name).to_owned()));
        self.add_possible(homes, &names)
    }

    /// Adds the settings of possible default branches, as far as they were fetched.
    fn add_possible(
        &mut self,
        homes: &[Option<RemoteName>],
        names: &[&str],
    ) -> Result<(), SettingsError> {
        for (name, home) in names.iter().flat_map(|name| homes.iter().map(move |h| (name, h))) {
            if default::is_fetched(self.sources, home.as_ref(), name)? {
                let known = KnownDefault {
                    name: (*name).to_owned(),
                    how: DefaultSource::Other,
                    fetched: true,
                };
                self.add_default(home.as_ref(), &known)?;
            }
        }
        Ok(())
    }

    /// Whether a branch is a ticket branch, which no trunk is.
    fn is_of_ticket(&self, branch: &str) -> bool {
        let usual = Config::default().branch.to_string();
        self.templates.iter().chain([&usual]).any(|template| {
            let (before, after) = template.split_once("{id}").unwrap_or((template, ""));
            template != "{id}"
                && branch.strip_prefix(before).is_some_and(|rest| rest.ends_with(after))
        })
    }

    /// Until the default branch has settings, uncommitted files count as far as they add protection.
    fn add_drafts(&mut self) -> Result<(), SettingsError> {
        for file in drafts(self.sources)? {
            self.has_tickets = true;
            if let Some(config) = self.read(&file) {
                self.branches.extend(config.protected);
                self.branches.extend(config.trunk);
            }
        }
        Ok(())
    }

    /// Adds the settings as the commands see them, with everything configured here.
    fn add_local(&mut self, local: Layers<'_>) -> Result<LocalSettings, SettingsError> {
        let first = match Config::resolve(&local) {
            Ok(first) => Some(first),
            Err(error) => {
                self.doubts.push(error.to_string());
                None
            }
        };
        let settings = match (&first, Settings::resolve(self.sources, local, None)) {
            (None, _) => None,
            (Some(_), Ok(settings)) => Some(settings),
            (Some(_), Err(error)) => {
                self.unresolved(error)?;
                None
            }
        };
        let first = first.unwrap_or_default();
        let remote = match &settings {
            Some(settings) => settings.remote.clone(),
            None => choose_remote(self.sources, wanted_remote(&first, &local, None)).ok().flatten(),
        };
        let config = settings.as_ref().map_or(&first, |settings| &settings.config);
        let trunk = settings.as_ref().map(|settings| settings.trunk.short().to_owned());
        let trunk = trunk.or_else(|| first.trunk.clone());
        self.branches.extend(config.protected.iter().cloned().chain(trunk.clone()));
        if let Some(base) = &first.base
            && !default::is_fetched(self.sources, remote.as_ref(), base)?
        {
            let base = label(remote.as_ref(), base);
            self.doubts.push(format!("{base} is configured here as the base, but does not exist"));
        }
        let bases = settings.iter().map(|settings| settings.base.short().to_owned());
        let branches: Vec<String> = trunk.iter().cloned().chain(bases).collect();
        let tickets_dir = self.tickets_dir(remote.as_ref(), &branches, &first, config)?;
        let remote = remote.map(|remote| remote.to_string());
        Ok(LocalSettings { trunk, remote, tickets_dir, writes: config.writes })
    }

    /// An unknown default branch is not a doubt: more is protected then.
    fn unresolved(&mut self, error: SettingsError) -> Result<(), SettingsError> {
        match error {
            SettingsError::NotAsked(_)
            | SettingsError::NoAnswer { .. }
            | SettingsError::NoDefault(_)
            | SettingsError::NoLocalDefault
            | SettingsError::ManyRemotes { .. } => Ok(()),
            SettingsError::Git(_) => Err(error),
            SettingsError::Config(_)
            | SettingsError::File { .. }
            | SettingsError::NoRemote { .. }
            | SettingsError::BadRemote(_)
            | SettingsError::BadBranch(_)
            | SettingsError::BadTicketsDir => {
                self.doubts.push(error.to_string());
                Ok(())
            }
        }
    }

    /// The directory of the lanes: the default branch's, if it has one. Another one configured here would let other
    /// files pass as tickets.
    fn tickets_dir(
        &mut self,
        remote: Option<&RemoteName>,
        branches: &[String],
        first: &Config,
        config: &Config,
    ) -> Result<String, SettingsError> {
        let is_there = self.has_dir_at(remote, branches, &config.tickets_dir)?;
        self.has_tickets |= is_there;
        if let [one, other, ..] = self.dirs.as_slice() {
            self.doubts.push(format!("the tickets may be in {one} or in {other}"));
        }
        match self.dirs.first() {
            Some(dir) if self.has_dir => {
                let configured = &first.tickets_dir;
                let is_other = *configured != Config::default().tickets_dir && configured != dir;
                if is_other && !is_there {
                    self.doubts.push(format!(
                        "{configured} is configured here as the directory of the tickets, but does not exist"
                    ));
                }
                Ok(dir.clone())
            }
            Some(_) | None => Ok(config.tickets_dir.clone()),
        }
    }
}
