//! What a command works on: repository, configuration, remote and trunk, found once.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};

use crate::audit::Audit;
use crate::clock;
use crate::config::{Config, Fields, Flags, Landing, Layers, Record, Stage, Yaml};
use crate::env::{Env, GitVar};
use crate::error::{Exit, Failure};
use crate::git::{Objects, RefValue, Repo};
use crate::lifecycle::machine::{Arrival, OwnReview, Policy};
use crate::names::{Oid, RefName, RemoteName, RepoPath};
use crate::out::Out;
use crate::text::{duration, one_line};
use crate::ticket::{Lane, QueueGate, Status, TicketId};
use crate::trunk::{Ci, Run, Step, Trunk, TrunkError, View};

/// The file with which a team shares its settings.
pub const CONFIG_FILE: &str = crate::config::FILE;

/// How long a question to the remote may take that is no part of a transaction.
const QUESTION: Duration = Duration::from_secs(20);

/// Options that every command takes.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Globals {
    /// Work in this directory instead of the current one
    #[arg(short = 'C', global = true, value_name = "DIR", help_heading = "Global options")]
    pub dir: Option<PathBuf>,
    /// Answer with one JSON object on stdout, also for errors
    #[arg(long, global = true, help_heading = "Global options")]
    pub json: bool,
    /// Say nothing but the answer, warnings and errors
    #[arg(short, long, global = true, help_heading = "Global options")]
    pub quiet: bool,
    /// The remote that holds the trunk [default: origin, or the only one there is]
    #[arg(long, global = true, value_name = "NAME", help_heading = "Global options")]
    pub remote: Option<String>,
    /// The branch that the tickets are on [default: the remote's default branch]
    #[arg(long, global = true, value_name = "BRANCH", help_heading = "Global options")]
    pub trunk: Option<String>,
    /// As what you act: the roles and what they may do are in .tix.yaml [default: `TIX_ROLE`, or no role]
    #[arg(long, global = true, value_name = "ROLE", help_heading = "Global options")]
    pub role: Option<String>,
    /// What the command does about settings that this tix does not understand.
    #[arg(skip)]
    pub on_unknown: super::unknown::OnUnknown,
}

/// Everything a command works on.
pub struct Context<'a> {
    pub env: &'a Env,
    pub out: &'a Out,
    pub repo: Repo,
    pub objects: Objects,
    pub config: Config,
    /// The remote; `None` when the local branch is the trunk.
    pub remote: Option<RemoteName>,
    pub trunk: RefName,
    /// The branch that work starts from.
    pub base: RefName,
    pub record: Record,
    pub stages: Vec<Status>,
    pub tickets_dir: RepoPath,
    /// The local branches and the remote's `HEAD`, as they were at the start.
    pub refs: Vec<RefValue>,
    /// Where the trunk was when this clone last looked, before this run.
    pub last_seen_before: Option<Oid>,
    /// The directory that tix works in.
    pub dir: PathBuf,
    /// When the run began, by the clock.
    pub now: DateTime<Utc>,
    /// When the run began, for durations.
    pub started: Instant,
}

impl<'a> Context<'a> {
    /// Finds everything. `timeout` is the command's own option.
    pub fn open(
        globals: &Globals,
        env: &'a Env,
        out: &'a Out,
        timeout: Option<&str>,
    ) -> Result<Context<'a>, Failure> {
        let started = Instant::now();
        let dir = working_dir(globals, env)?;
        let repo = Repo::discover(&dir)?;
        let objects = Objects::open(&repo)?;
        let flags = Flags {
            trunk: globals.trunk.as_deref(),
            remote: globals.remote.as_deref(),
            timeout,
            ..Flags::default()
        };
        let variables = env.config_pairs();
        let mut layers = Layers {
            yaml: None,
            git: repo.config.entries(),
            env: &variables,
            flags,
            home: env.home(),
        };
        let first = Config::resolve(&layers)?;
        let remote = choose_remote(&repo, first.remote.as_deref())?;
        let refs = known_refs(&repo, remote.as_ref())?;
        let default = default_branch(&repo, remote.as_ref(), &refs, &first)?;
        let file = shared_config(&repo, &objects, remote.as_ref(), first.base_or(&default))?;
        layers.yaml = file.as_ref().map(|(bytes, label)| Yaml { bytes, label });
        let config = Config::resolve(&layers)?;
        globals.on_unknown.apply(&config, out)?;
        let remote = choose_remote(&repo, config.remote.as_deref())?;
        let name = |text: &str| {
            RefName::branch(text)
                .ok_or_else(|| Failure::new(Exit::Usage, format!("`{text}` cannot be a branch")))
        };
        let trunk = name(config.trunk_or(&default))?;
        let base = name(config.base_or(&default))?;
        let record = config.record_for(&default);
        let tickets_dir = RepoPath::parse(config.tickets_dir.as_str()).ok_or_else(|| {
            Failure::new(Exit::Damaged, "tickets_dir is no path in the repository")
        })?;
        let stages = config.review.iter().map(|stage| match stage {
            Stage::Critic => Status::CriticReview,
            Stage::Expediter => Status::ExpediterReview,
        });
        let stages = stages.collect();
        let seen = match &remote {
            Some(remote) => RefName::tracking(remote, trunk.short()),
            None => Some(trunk.clone()),
        };
        let resolve = |name: RefName| objects.resolve(name.as_str());
        let last_seen_before = seen.map(resolve).transpose()?.flatten();
        Ok(Context {
            env,
            out,
            repo,
            objects,
            config,
            remote,
            trunk,
            base,
            record,
            stages,
            tickets_dir,
            refs,
            last_seen_before,
            dir,
            now: clock::now(),
            started,
        })
    }

    /// What people call the trunk: `origin/main`, or `main` without a remote.
    pub fn trunk_label(&self) -> String {
        match &self.remote {
            Some(remote) => format!("{remote}/{}", self.trunk.short()),
            None => self.trunk.short().to_owned(),
        }
    }

    /// The ref that holds a branch as last fetched: the branch itself without a remote.
    pub fn seen_ref(&self, branch: &RefName) -> RefName {
        let tracking = self.remote.as_ref();
        let tracking = tracking.and_then(|remote| RefName::tracking(remote, branch.short()));
        tracking.unwrap_or_else(|| branch.clone())
    }

    /// The ref that holds the trunk as last fetched.
    pub fn last_seen_ref(&self) -> Option<RefName> {
        match &self.remote {
            Some(remote) => RefName::tracking(remote, self.trunk.short()),
            None => Some(self.trunk.clone()),
        }
    }

    pub fn engine<'t>(&'t self, run: &'t Run, progress: &'t dyn Fn(Step)) -> Trunk<'t> {
        let tickets_only = self.base != self.trunk;
        Trunk {
            repo: &self.repo,
            objects: &self.objects,
            run,
            remote: self.remote.clone(),
            branch: self.trunk.clone(),
            base: (self.record == Record::Trunk && tickets_only).then(|| self.base.clone()),
            watch: None,
            stamp: self.trunk.clone(),
            tickets_dir: self.tickets_dir.clone(),
            ci: if self.config.skip_ci { Ci::Skip } else { Ci::Run },
            tries: u32::from(self.config.claim_attempts),
            deadline: self.started + self.config.timeout,
            runtime_dir: self.env.runtime_dir(),
            progress,
        }
    }

    /// The trunk as last fetched, without asking the remote. Fails when it was never fetched.
    pub fn last_seen(&self) -> Result<View<'_>, Failure> {
        let unseen = || {
            Failure::new(Exit::Refused, format!("{} has not been fetched yet", self.trunk_label()))
                .hint("fetch it: tix list --fetch")
        };
        let name = self.last_seen_ref().ok_or_else(unseen)?;
        if self.remote.is_none() && self.local_branch(&self.trunk).is_none() {
            return Err(TrunkError::NoLocalTrunk { branch: self.trunk.clone() }.into());
        }
        let tip = self.objects.resolve(name.as_str())?.ok_or_else(unseen)?;
        Ok(View::load(&self.objects, self.repo.format, Some(&tip), &self.tickets_dir)?)
    }

    /// Says to a person who waits what the engine is doing.
    pub fn progress(&self) -> impl Fn(Step) + '_ {
        let remote = self.remote.as_ref().map_or_else(String::new, ToString::to_string);
        move |step| self.out.progress(&progress_line(&remote, step))
    }

    /// How long nothing must have happened on a ticket before its claim is stale.
    pub fn stale_after(&self) -> TimeDelta {
        duration::delta(self.config.stale_after)
    }

    /// Who acts: `TIX_ACTOR`, else git's `user.name <user.email>`.
    pub fn actor(&self) -> Result<String, Failure> {
        let not_utf8 = |e: crate::env::NotUtf8| Failure::new(Exit::Usage, e.to_string());
        // On one line, as trailers and messages have it: it is compared with what the ticket says later.
        let actor = self.env.actor().map_err(not_utf8)?.map(one_line);
        if let Some(actor) = actor.filter(|actor| !actor.is_empty()) {
            return Ok(actor);
        }
        let given = |var: GitVar, key: &str| {
            let value = self.env.git(var).and_then(|v| v.to_str());
            value.or_else(|| self.repo.config.last(key)).filter(|v| !v.trim().is_empty())
        };
        let name = given(GitVar::AuthorName, "user.name");
        let email = given(GitVar::AuthorEmail, "user.email");
        match (name, email) {
            (Some(name), Some(email)) => Ok(format!("{} <{}>", name.trim(), email.trim())),
            _ => Ok(self.repo.identity()?),
        }
    }

    /// The session this call belongs to, if one is named.
    pub fn session(&self) -> Result<Option<&str>, Failure> {
        self.env.session().map_err(|e| Failure::new(Exit::Usage, e.to_string()))
    }

    /// Whether open tickets wait for a person's word.
    pub fn gate(&self) -> QueueGate {
        if self.config.require_queued { QueueGate::RequireQueued } else { QueueGate::Open }
    }

    /// What the team has decided about the moves of a ticket.
    pub fn policy(&self) -> Policy<'_> {
        let own_review =
            if self.config.review_self { OwnReview::Allowed } else { OwnReview::Refused };
        let arrival = match (self.record, self.config.landing) {
            (Record::Branch, Landing::Completed) => Arrival::Land,
            (Record::Branch, Landing::None)
            | (Record::Trunk, Landing::None | Landing::Completed) => Arrival::Request,
        };
        Policy { gate: self.gate(), stages: &self.stages, own_review, arrival }
    }

    pub fn ticket_of(&self, branch: &RefName) -> Option<TicketId> {
        let template = self.config.branch.to_string();
        let (before, after) = template.split_once("{id}")?;
        let id = branch.short().strip_prefix(before)?.strip_suffix(after)?;
        TicketId::parse(id).ok()
    }

    pub fn ticket_branch(&self, id: &TicketId) -> Result<RefName, String> {
        let fields = Fields { id: id.as_str(), session: None, repo: &self.repo.name };
        let name = self.config.branch.expand(&fields).map_err(|e| e.to_string())?;
        RefName::branch(&name).ok_or_else(|| format!("`{name}` cannot be a branch"))
    }

    pub fn workspace_path(&self, id: &TicketId, session: &str) -> Result<PathBuf, String> {
        let fields = Fields { id: id.as_str(), session: Some(session), repo: &self.repo.name };
        let path = self.config.worktree.expand(&fields).map_err(|e| e.to_string())?;
        Ok(crate::git::clean_path(&self.repo.root.join(path)))
    }

    pub fn lane_dir(&self, lane: Lane) -> Result<RepoPath, Failure> {
        let dir = self.tickets_dir.join(lane.as_str());
        dir.ok_or_else(|| Failure::new(Exit::Damaged, "tickets_dir is no path in the repository"))
    }

    pub fn active_path(&self, id: &TicketId, session: &str) -> Result<RepoPath, String> {
        let fields = Fields { id: id.as_str(), session: Some(session), repo: &self.repo.name };
        let dir = self.config.active_dir.expand(&fields).map_err(|e| e.to_string())?;
        let path = self.tickets_dir.join(&format!("active/{dir}/{id}.md"));
        path.ok_or_else(|| format!("`{dir}` cannot be a directory in the repository"))
    }

    pub fn queue_dir(&self) -> Result<RepoPath, Failure> {
        self.lane_dir(Lane::Queue)
    }

    pub fn audit(&self) -> Audit {
        Audit::of(&self.repo.tix_dir())
    }

    /// The commit that a local branch is at, as of the start.
    pub fn local_branch(&self, name: &RefName) -> Option<&Oid> {
        self.refs.iter().find(|r| r.name == *name).map(|r| &r.oid)
    }
}

/// The directory that a command is to work in.
pub fn working_dir(globals: &Globals, env: &Env) -> Result<PathBuf, Failure> {
    let current = env.current_dir().map_err(|e| {
        Failure::new(Exit::Refused, format!("the current directory cannot be read: {e}"))
            .hint("go to a directory that is there, or name one: tix -C <directory> …")
    })?;
    let dir = match &globals.dir {
        Some(dir) => current.join(dir),
        None => current.to_owned(),
    };
    if dir.is_dir() {
        return Ok(dir);
    }
    Err(Failure::new(Exit::Usage, format!("{} is not a directory", dir.display())))
}

/// The remote that is meant: the one that is configured, `origin`, or the only one.
fn choose_remote(repo: &Repo, wanted: Option<&str>) -> Result<Option<RemoteName>, Failure> {
    let names = repo.config.remotes();
    let list = || names.join(", ");
    let name = match wanted {
        Some(name) if names.contains(&name) => name,
        Some(name) => {
            let failure = Failure::new(Exit::Refused, format!("there is no remote named `{name}`"));
            return Err(if names.is_empty() {
                failure.hint("this repository has no remote; see: git remote -v")
            } else {
                failure.fact("remotes", list()).hint("see them: git remote -v")
            });
        }
        None => match names.as_slice() {
            [] => return Ok(None),
            [only] => only,
            many if many.contains(&"origin") => "origin",
            _ => {
                return Err(Failure::new(
                    Exit::Refused,
                    "there are several remotes, and none is named origin",
                )
                .fact("remotes", list())
                .hint("say which one holds the tickets: git config tix.remote <name>"));
            }
        },
    };
    let parsed = RemoteName::parse(name).ok_or_else(|| {
        Failure::new(Exit::Refused, format!("`{name}` cannot be used as a remote"))
    })?;
    Ok(Some(parsed))
}

fn known_refs(repo: &Repo, remote: Option<&RemoteName>) -> Result<Vec<RefValue>, Failure> {
    let head = remote.map(|r| format!("refs/remotes/{r}/HEAD"));
    let mut patterns = vec!["refs/heads/"];
    patterns.extend(head.as_deref());
    Ok(repo.refs(&patterns)?)
}

/// The branch that pull requests go to: the remote's default branch.
fn default_branch(
    repo: &Repo,
    remote: Option<&RemoteName>,
    refs: &[RefValue],
    config: &Config,
) -> Result<String, Failure> {
    let Some(remote) = remote else { return local_default(repo, refs) };
    let prefix = format!("{remote}/");
    let head = refs.iter().find_map(|r| r.symref.as_ref());
    if let Some(name) = head.and_then(|h| h.short().strip_prefix(&prefix)) {
        return Ok(name.to_owned());
    }
    if let (Some(trunk), Some(base)) = (&config.trunk, &config.base) {
        // Both are named: nothing is left to be found out.
        tracing::debug!(trunk, base, "the remote's default branch is not needed");
        return Ok(base.clone());
    }
    let known = repo.refs(&[
        &format!("refs/remotes/{remote}/main"),
        &format!("refs/remotes/{remote}/master"),
    ])?;
    if let [only] = known.as_slice() {
        return Ok(only.name.short().trim_start_matches(&prefix).to_owned());
    }
    // A bare clone has no remote-tracking refs at all: the remote itself knows.
    let answer = repo.ls_remote(remote, &["HEAD"], Instant::now() + QUESTION);
    if let Some(head) =
        answer.as_ref().ok().and_then(|refs| refs.iter().find_map(|r| r.symref.as_ref()))
    {
        return Ok(head.short().to_owned());
    }
    if matches!(&answer, Ok(refs) if refs.is_empty()) && is_empty(repo, remote) {
        // Nothing is there yet, so the first branch that is pushed becomes its default.
        return local_default(repo, refs);
    }
    if let Some(trunk) = &config.trunk {
        return Ok(trunk.clone());
    }
    let failure = match answer {
        Err(error) => {
            let words = error.words().unwrap_or_default().trim().to_owned();
            Failure::new(
                Exit::Unreachable,
                format!(
                    "{remote} cannot be reached to ask for its default branch; nothing changed"
                ),
            )
            .fact("git", words)
        }
        Ok(_) => Failure::new(
            Exit::Refused,
            format!("{remote} does not say which branch is its default"),
        ),
    };
    Err(failure.hint("say which branch the tickets are on: git config tix.trunk <branch>"))
}

/// Whether the remote answers and has no ref at all.
fn is_empty(repo: &Repo, remote: &RemoteName) -> bool {
    let answer = repo.ls_remote(remote, &[], Instant::now() + QUESTION);
    answer.is_ok_and(|refs| refs.is_empty())
}

/// Without a remote: `main` or `master` if one exists, else the branch that is checked out, else the
/// only one.
fn local_default(repo: &Repo, refs: &[RefValue]) -> Result<String, Failure> {
    let has = |name: &str| refs.iter().any(|r| r.name.as_str() == format!("refs/heads/{name}"));
    let preferred = [repo.config.last("init.defaultbranch").unwrap_or("main"), "main", "master"];
    if let Some(name) = preferred.into_iter().find(|name| has(name)) {
        return Ok(name.to_owned());
    }
    let worktrees = repo.worktrees()?;
    let checked_out = worktrees.iter().find_map(|w| w.branch.as_ref());
    let name = checked_out.or_else(|| refs.first().map(|r| &r.name));
    Ok(name.map_or("main", RefName::short).to_owned())
}

/// `.tix.yaml` of the base as last fetched, else of HEAD, else of the working tree: one that is not
/// committed yet counts until the team shares one.
fn shared_config(
    repo: &Repo,
    objects: &Objects,
    remote: Option<&RemoteName>,
    base: &str,
) -> Result<Option<(Vec<u8>, String)>, Failure> {
    let (name, label) = match remote {
        Some(remote) => (format!("refs/remotes/{remote}/{base}"), format!("{remote}/{base}")),
        None => (format!("refs/heads/{base}"), base.to_owned()),
    };
    for (name, label) in [(name.as_str(), label.as_str()), ("HEAD", "HEAD")] {
        if let Some(file) = objects.read(format!("{name}:{CONFIG_FILE}").as_bytes())? {
            return Ok(Some((file.data, format!("{label}:{CONFIG_FILE}"))));
        }
    }
    let path = repo.worktree.as_ref().unwrap_or(&repo.root).join(CONFIG_FILE);
    match std::fs::read(&path) {
        Ok(bytes) => Ok(Some((bytes, path.display().to_string()))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => {
            let message = format!("{} cannot be read: {error}", path.display());
            Err(Failure::new(Exit::Damaged, message).hint("make it readable, or remove it"))
        }
    }
}

/// What a person reads while the network is awaited.
fn progress_line(remote: &str, step: Step) -> String {
    match step {
        Step::Queue => "waiting for other processes of this machine …".to_owned(),
        Step::Fetch => format!("fetching from {remote} …"),
        Step::Push(1) => format!("pushing to {remote} …"),
        Step::Push(n) => format!("pushing to {remote}, attempt {n} …"),
        Step::Pause => "somebody else was quicker; trying again …".to_owned(),
    }
}
