//! What holds in a repository: where the tickets are, which branches are protected, what counts as published.
//!
//! The settings that count are those of the branch that pull requests go to, as last fetched: a commit cannot
//! loosen the rule that it is judged by. Where that branch has none yet, the file in the working tree counts, as far as it
//! makes the rule stricter.
//! What the environment or `git config` add to the protected branches makes the guard stricter, never looser.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::GuardError;
use super::place::{self, Head, Place};
use super::protected::Protected;
use crate::config::{self, Config, Flags, Landing, Layers, Stage, Writes, Yaml};
use crate::env::Env;
use crate::git::{Git, Objects, RefValue, Setting};
use crate::names::RepoPath;

/// From which side the guard looks at a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Station {
    /// Somebody's clone: published is what its remote has.
    Clone,
    /// The repository that others push to: published is what its own branches hold.
    Server,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Whether there are tickets or settings of tix at all, in a commit or as a file of settings.
    pub has_tickets: bool,
    pub tickets_dir: RepoPath,
    pub protected: Protected,
    /// The trunk, without `refs/heads/`.
    pub trunk: String,
    /// The remotes whose branches count as published.
    pub remotes: Vec<String>,
    /// `user.name <user.email>`, as far as configured.
    pub identity: Option<String>,
    /// What an agent is told that edits files of a checkout on a protected branch.
    pub writes: Writes,
    /// The stages of the review that work has gone through which lands on the trunk without a pull request; `None` where it
    /// never does.
    pub landing: Option<Vec<Stage>>,
    /// What is configured of where a push goes, weakest first: the key as git writes it, and the value.
    pub pushes: Vec<(String, String)>,
}

/// Facts, and the files that they were taken from: as long as these stay, the facts hold.
pub struct Found {
    pub facts: Facts,
    /// The files, also those that were looked for in vain.
    pub sources: Vec<PathBuf>,
}

impl Facts {
    /// What is assumed where nothing can be found out.
    pub fn assumed(env: &Env) -> Option<Facts> {
        let names = config::PROTECTED.into_iter().chain(env.protected_branches());
        Some(Facts {
            has_tickets: false,
            tickets_dir: RepoPath::parse(Config::default().tickets_dir)?,
            protected: Protected::of(names),
            trunk: config::PROTECTED.first().copied().unwrap_or_default().to_owned(),
            remotes: Vec::new(),
            identity: None,
            writes: Writes::Refuse,
            landing: None,
            pushes: Vec::new(),
        })
    }
}

/// The settings that a team shares.
struct Shared {
    bytes: Vec<u8>,
    label: String,
    /// Whether they stand in a commit of the branch that pull requests go to; else it is a file that anybody may have
    /// written just now.
    committed: bool,
}

impl Shared {
    /// What may land, as these settings have it: the only thing in them that loosens the rule.
    fn landing(&self, settings: &Config) -> Option<Vec<Stage>> {
        (self.committed && settings.landing == Landing::Completed).then(|| settings.review.clone())
    }
}

struct Search<'a> {
    git: &'a Git,
    place: &'a Place,
    env: &'a Env,
    settings: Vec<Setting>,
    refs: Vec<RefValue>,
    sources: BTreeSet<PathBuf>,
}

pub fn find(git: &Git, place: &Place, station: Station, env: &Env) -> Result<Found, GuardError> {
    let settings = git.settings()?;
    let mut search =
        Search { git, place, env, settings, refs: Vec::new(), sources: BTreeSet::new() };
    search.note_configuration();
    let pairs: Vec<_> = search.settings.iter().map(|s| (s.key.clone(), s.value.clone())).collect();
    let variables = env.config_pairs();
    let mut layers = Layers {
        yaml: None,
        git: &pairs,
        env: &variables,
        flags: Flags::default(),
        home: env.home(),
    };
    let unknown = |error: config::ConfigError| GuardError::Unknown(error.to_string());
    let first = Config::resolve(&layers).map_err(unknown)?;
    let mut remotes = match station {
        Station::Clone => search.ticket_remotes(first.remote.as_deref()),
        Station::Server => Vec::new(),
    };
    let default = search.default_branch(&remotes)?;
    let objects = Objects::open_with(git)?;
    let base = first.base_or(&default).to_owned();
    let file = search.shared_settings(&objects, &remotes, &base)?;
    layers.yaml = file.as_ref().map(|file| Yaml { bytes: &file.bytes, label: &file.label });
    let config = Config::resolve(&layers).map_err(unknown)?;
    let shared =
        Config::resolve(&Layers { yaml: layers.yaml, ..Layers::default() }).map_err(unknown)?;
    let tickets_dir = RepoPath::parse(config.tickets_dir.as_str()).ok_or_else(|| {
        GuardError::Unknown("tickets_dir is no path in the repository".to_owned())
    })?;
    let trunks = [config.trunk_or(&default), shared.trunk_or(&default)];
    let mut has_tickets = file.is_some();
    for branch in trunks.into_iter().chain([base.as_str()]) {
        let label = search.committed(&remotes, branch);
        has_tickets |= objects.read(format!("{label}:{tickets_dir}").as_bytes())?.is_some();
    }
    let lists = shared.protected.iter().chain(&config.protected).map(String::as_str);
    // A file that somebody may have written just now adds to what is protected without it, and takes nothing away.
    let usual = match &file {
        Some(file) if file.committed => Vec::new(),
        Some(_) | None => [&config::PROTECTED[..], &[default.as_str()]].concat(),
    };
    let lists = lists.chain(trunks).chain(usual);
    let protected = Protected::of(lists.chain(env.protected_branches()));
    if station == Station::Clone {
        search.add_upstreams(&protected, &mut remotes);
    }
    let facts = Facts {
        has_tickets,
        tickets_dir,
        trunk: config.trunk_or(&default).to_owned(),
        protected,
        remotes,
        identity: search.identity(),
        writes: config.writes,
        landing: file.as_ref().and_then(|file| file.landing(&shared)),
        pushes: search.pushes(),
    };
    Ok(Found { facts, sources: search.sources.into_iter().collect() })
}

impl Search<'_> {
    fn last(&self, key: &str) -> Option<&str> {
        let found = self.settings.iter().rev().find(|setting| setting.key == key);
        found.and_then(|setting| setting.value.as_deref())
    }

    /// No other setting is remembered: some hold secrets.
    fn pushes(&self) -> Vec<(String, String)> {
        let speaks_of_pushes = |key: &str| {
            let (section, name) = (key.split('.').next(), key.rsplit('.').next());
            matches!(
                (section, name),
                (Some("branch"), Some("remote" | "pushremote" | "merge"))
                    | (Some("remote"), Some("push" | "pushdefault"))
                    | (Some("push"), Some("default"))
            )
        };
        let found = self.settings.iter().filter(|setting| speaks_of_pushes(&setting.key));
        found.filter_map(|setting| Some((setting.key.clone(), setting.value.clone()?))).collect()
    }

    /// The files that git reads its configuration from, and those that it would read if they were there.
    fn note_configuration(&mut self) {
        let here = |path: &str| self.git.dir().join(path);
        let mut files: BTreeSet<PathBuf> =
            self.settings.iter().filter_map(|s| s.file.as_deref()).map(here).collect();
        let home = self.env.home();
        for setting in &self.settings {
            let condition = setting.key.strip_prefix("includeif.");
            let included = setting.key == "include.path"
                || condition
                    .and_then(|rest| rest.rsplit_once('.'))
                    .is_some_and(|(_, key)| key == "path");
            if let (true, Some(path)) = (included, &setting.value) {
                let beside = setting.file.as_deref().map(here);
                let beside = beside.as_deref().and_then(Path::parent).unwrap_or(self.git.dir());
                files.insert(match (path.strip_prefix("~/"), home) {
                    (Some(rest), Some(home)) => home.join(rest),
                    _ => beside.join(path),
                });
            }
        }
        files.insert(self.place.common_dir.join("config"));
        files.insert(self.place.git_dir.join("config.worktree"));
        files.insert(PathBuf::from("/etc/gitconfig"));
        if let Some(home) = home {
            files.insert(home.join(".gitconfig"));
            files.insert(home.join(".config/git/config"));
        }
        for (name, value) in self.env.of_git_config() {
            let Some(value) = value else { continue };
            match name {
                "XDG_CONFIG_HOME" => files.insert(Path::new(value).join("git/config")),
                "GIT_CONFIG_GLOBAL" | "GIT_CONFIG_SYSTEM" => files.insert(PathBuf::from(value)),
                _ => false,
            };
        }
        self.sources.extend(files);
        // With reftable every change of a ref changes this list.
        self.sources.insert(self.place.common_dir.join("reftable/tables.list"));
        self.sources.insert(self.place.common_dir.join("packed-refs"));
    }

    /// The remote that holds the trunk; all of them where that is not clear.
    fn ticket_remotes(&self, wanted: Option<&str>) -> Vec<String> {
        let url = |key: &str| key.strip_prefix("remote.")?.strip_suffix(".url").map(str::to_owned);
        let all: BTreeSet<String> = self.settings.iter().filter_map(|s| url(&s.key)).collect();
        match wanted {
            Some(name) => vec![name.to_owned()],
            None if all.contains("origin") => vec!["origin".to_owned()],
            None => all.into_iter().collect(),
        }
    }

    /// A protected branch may follow another remote than that of the tickets, and is brought up to date from there.
    fn add_upstreams(&self, protected: &Protected, remotes: &mut Vec<String>) {
        for name in protected.names() {
            let upstream = self.last(&format!("branch.{name}.remote")).filter(|r| *r != ".");
            if let Some(upstream) = upstream
                && !remotes.iter().any(|known| known == upstream)
            {
                remotes.push(upstream.to_owned());
            }
        }
    }

    /// The branch that pull requests go to, as far as this repository knows without asking anybody.
    fn default_branch(&mut self, remotes: &[String]) -> Result<String, GuardError> {
        let init = self.last("init.defaultbranch").unwrap_or("main").to_owned();
        let preferred = [init.as_str(), "main", "master"];
        let homes: Vec<String> = if remotes.is_empty() {
            vec!["refs/heads/".to_owned()]
        } else {
            remotes.iter().map(|remote| format!("refs/remotes/{remote}/")).collect()
        };
        let mut patterns: Vec<String> = homes.iter().map(|home| format!("{home}HEAD")).collect();
        for home in &homes {
            patterns.extend(preferred.iter().map(|name| format!("{home}{name}")));
        }
        self.refs = self.git.refs(&patterns.iter().map(String::as_str).collect::<Vec<_>>())?;
        self.sources.extend(patterns.iter().map(|name| self.place.common_dir.join(name)));
        for home in &homes {
            let head = format!("{home}HEAD");
            let head = self.refs.iter().find(|r| r.name.as_str() == head);
            let target = head.and_then(|r| r.symref.as_ref());
            if let Some(name) = target.and_then(|t| t.as_str().strip_prefix(home.as_str())) {
                return Ok(name.to_owned());
            }
        }
        // A server's HEAD is its default branch, whether it exists already or not; and so is that of a bare clone, which
        // has no other word of its remote's.
        let bare = self.last("core.bare") == Some("true");
        if remotes.is_empty() || bare {
            self.sources.insert(self.place.common_dir.join("HEAD"));
        }
        if bare && let Head::Branch(head) = place::head(&self.place.common_dir)? {
            return Ok(head.short().to_owned());
        }
        let is_there = |name: &str, home: &String| {
            self.refs.iter().any(|r| r.name.as_str() == format!("{home}{name}"))
        };
        let found = preferred.iter().find(|name| homes.iter().any(|home| is_there(name, home)));
        Ok(match (found, &self.place.head) {
            (Some(name), _) => (*name).to_owned(),
            (None, Head::Branch(head)) if remotes.is_empty() => head.short().to_owned(),
            (None, _) => init,
        })
    }

    /// The ref that holds a branch as last fetched, or the branch itself where there is no remote.
    fn committed(&mut self, remotes: &[String], branch: &str) -> String {
        let name = match remotes.first() {
            Some(remote) => format!("refs/remotes/{remote}/{branch}"),
            None => format!("refs/heads/{branch}"),
        };
        self.sources.insert(self.place.common_dir.join(&name));
        name
    }

    fn shared_settings(
        &mut self,
        objects: &Objects,
        remotes: &[String],
        base: &str,
    ) -> Result<Option<Shared>, GuardError> {
        let name = format!("{}:{}", self.committed(remotes, base), config::FILE);
        if let Some(file) = objects.read(name.as_bytes())? {
            return Ok(Some(Shared { bytes: file.data, label: name, committed: true }));
        }
        let Some(root) = &self.place.root else { return Ok(None) };
        let path = root.join(config::FILE);
        self.sources.insert(path.clone());
        match std::fs::read(&path) {
            Ok(bytes) => {
                let label = path.display().to_string();
                Ok(Some(Shared { bytes, label, committed: false }))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(GuardError::File { path, source }),
        }
    }

    fn identity(&self) -> Option<String> {
        let (name, email) = (self.last("user.name")?, self.last("user.email")?);
        Some(format!("{} <{}>", name.trim(), email.trim()))
    }
}
