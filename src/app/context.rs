//! What a command works on: repository, configuration, remote and trunk, looked up once.

use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};

use super::untouched::CheckoutMark;
use super::unusable::OnUnusable;
use crate::audit::Audit;
use crate::clock;
use crate::config::{ClaimLock, Fields, Flags, Landing, Layers, OnBadValue, RecordPlace, Stage};
use crate::env::Env;
use crate::error::{Exit, Failure};
use crate::git::{GitError, InheritedConfig, Objects, RefValue, Repo};
use crate::lifecycle::machine::{Arrival, OwnReview, Policy};
use crate::names::{Oid, RefName, RemoteName, RepoPath};
use crate::out::{ColorChoice, Out};
use crate::settings::{
    AuthorIdentity, Protection, ReadFiles, Settings, SettingsError, SharedFile, Sources, Station,
    settle,
};
use crate::text::duration;
use crate::ticket::{Lane, QueueGate, Status, TicketId};
use crate::trunk::{
    Basis, Ci, Deadline, DeadlineGrowth, Run, TicketBranches, Trunk, TrunkError, TrunkStep, View,
    with_claims_seen,
};
use crate::workspace::Session;

/// The file with which a team shares its settings.
pub const CONFIG_FILE: &str = crate::config::FILE;

/// How long a question to the remote may take outside a transaction.
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
    /// The role you act in; .tix.yaml defines the roles and what they may do [default: `TIX_ROLE`, or no role]
    #[arg(long, global = true, value_name = "ROLE", help_heading = "Global options")]
    pub role: Option<String>,
    /// When to show colours
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value = "auto")]
    #[arg(hide_default_value = true, hide_possible_values = true, help_heading = "Global options")]
    pub color: ColorChoice,
    /// Show long answers on the terminal without a pager
    #[arg(long, global = true, help_heading = "Global options")]
    pub no_pager: bool,
    /// What the command does about settings that this tix does not understand.
    #[arg(skip)]
    pub on_unknown: super::unknown::OnUnknown,
    /// What it does about settings that were fetched and cannot be used.
    #[arg(skip)]
    pub on_unusable: OnUnusable,
    /// What it does about values that cannot be used.
    #[arg(skip)]
    pub on_bad: OnBadValue,
}

impl Globals {
    /// What of them counts for another call of tix on the same behalf, as words of its command line.
    pub fn as_words(&self) -> Vec<String> {
        let named = [("remote", &self.remote), ("trunk", &self.trunk), ("role", &self.role)];
        named
            .iter()
            .filter_map(|(name, value)| Some(format!("--{name}={}", (*value).as_ref()?)))
            .collect()
    }
}

/// Everything a command works on.
pub struct Context<'a> {
    pub env: &'a Env,
    pub out: &'a Out,
    pub repo: Repo,
    pub objects: Objects,
    /// Its settings; the context answers for them.
    settings: Settings,
    /// The stages of the review.
    pub stages: Vec<Status>,
    /// The local branches, as they were at the start.
    pub refs: Vec<RefValue>,
    /// The trunk as this clone last saw it before this run.
    pub last_seen_before: Option<Oid>,
    /// The object that a write expects the ticket's file to be; see [`super::expected`].
    pub expects: Option<String>,
    /// The directory that tix works in.
    pub dir: PathBuf,
    /// When the run began, by the clock.
    pub now: DateTime<Utc>,
    /// When the run began, for durations.
    pub started: Instant,
    /// The checkout as it was at the start.
    pub checkout: CheckoutMark,
    /// What was given on the command line.
    given: GivenFlags,
}

/// The settings of the command line.
#[derive(Clone, Debug, Default)]
struct GivenFlags {
    trunk: Option<String>,
    remote: Option<String>,
    timeout: Option<String>,
    role: Option<String>,
    on_bad: OnBadValue,
}

impl Deref for Context<'_> {
    type Target = Settings;

    fn deref(&self) -> &Settings {
        &self.settings
    }
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
        let repo = repository(&dir, env)?;
        super::half_made::mend(&repo);
        out.configure_pager(repo.config.last("core.pager"), env);
        let objects = Objects::open(&repo)?;
        let given = GivenFlags {
            trunk: globals.trunk.clone(),
            remote: globals.remote.clone(),
            timeout: timeout.map(str::to_owned),
            role: globals.role.clone(),
            on_bad: globals.on_bad,
        };
        let settings = with_layers(env, (&repo, &given), |local| {
            Settings::resolve(&sources(&repo, &objects), local, Some(&ask(&repo)))
        });
        let settings = settings.map_err(|error| {
            let limit = timeout.and_then(|timeout| duration::parse(timeout).ok());
            let limit = limit.map_or(QUESTION, |limit| limit.min(QUESTION));
            globals.on_unusable.told_by(env).explain(error, (&repo, &objects), limit)
        })?;
        let stages = settings.config.review.iter().map(|stage| match stage {
            Stage::Critic => Status::CriticReview,
            Stage::Expediter => Status::ExpediterReview,
        });
        let stages = stages.collect();
        let refs = repo.refs(&["refs/heads/"])?;
        let last_seen_before = match settings.last_seen_ref() {
            Some(name) => objects.resolve(name.as_str())?,
            None => None,
        };
        let checkout = CheckoutMark::of(&repo, &objects, env.compares());
        let ctx = Context {
            env,
            out,
            repo,
            objects,
            settings,
            stages,
            refs,
            last_seen_before,
            expects: env.expects().map(|object| object.display().to_string()),
            dir,
            now: clock::now(),
            started,
            checkout,
            given,
        };
        match globals.on_unknown.apply(&ctx.config, out).and_then(|()| ctx.require_lock()) {
            Ok(()) => Ok(ctx),
            Err(_) if globals.on_bad == OnBadValue::LeaveOut => Ok(ctx),
            Err(failure) => Err(ctx.by_settings(failure)),
        }
    }

    /// The same, for a command that expects the ticket's file to be this object.
    pub fn expecting(self, object: Option<&str>) -> Context<'a> {
        Context { expects: object.map(str::to_owned).or(self.expects), ..self }
    }

    /// What the guard protects here.
    pub fn protection(&self) -> Result<Protection, Failure> {
        let protection = with_layers(self.env, (&self.repo, &self.given), |local| {
            let sources = sources(&self.repo, &self.objects);
            Protection::resolve(&sources, local, self.env.protected_branches())
        });
        Ok(protection?)
    }

    /// Confirms the default branch, so that the guard can rely on it.
    pub fn settle_default(&self) -> Result<(), Failure> {
        let sources = sources(&self.repo, &self.objects);
        Ok(settle(&sources, self.remote.as_ref(), &ask(&self.repo))?)
    }

    pub fn engine<'t>(&'t self, run: &'t Run, progress: &'t dyn Fn(TrunkStep)) -> Trunk<'t> {
        super::jumps::note(&self.repo.tix_dir());
        let tickets_only = self.base != self.trunk;
        let growth = match self.given.timeout {
            Some(_) => DeadlineGrowth::None,
            None => DeadlineGrowth::WithAttempts,
        };
        Trunk {
            repo: &self.repo,
            objects: &self.objects,
            run,
            remote: self.remote.clone(),
            branch: self.trunk.clone(),
            base: (self.record == RecordPlace::Trunk && tickets_only).then(|| self.base.clone()),
            basis: Some(self.basis()),
            watch: None,
            stamp: self.trunk.clone(),
            branches: self.ticket_branches(),
            tickets_dir: self.tickets_dir.clone(),
            ci: if self.config.skip_ci { Ci::Skip } else { Ci::Run },
            tries: u32::from(self.config.claim_attempts),
            deadline: Deadline::new(self.started, self.config.timeout, growth),
            runtime_dir: self.env.runtime_dir(),
            grouped: None,
            progress,
        }
    }

    /// The version of the settings that this command began with.
    fn basis(&self) -> Basis {
        let SharedFile { branch, blob } = self.shared.clone();
        Basis { branch, file: CONFIG_FILE, blob }
    }

    /// A failure caused by these settings, if they are still current: a clone that is behind must not refuse what the
    /// team now allows. Without an answer from the remote, what this clone knows counts.
    pub fn by_settings(&self, failure: Failure) -> Failure {
        let silent = |_| {};
        let looked = Run::begin(&self.repo)
            .and_then(|run| self.engine(&run, &silent).fetch_view().map(drop));
        match looked {
            Err(error @ TrunkError::Outdated { .. }) => error.into(),
            Ok(()) | Err(_) => failure,
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
        if let (Some(remote), Some(_)) = (&self.remote, self.ticket_branches()) {
            let trunk = (&self.trunk, &tip);
            let dir = &self.tickets_dir;
            return Ok(with_claims_seen(&self.repo, &self.objects, remote, trunk, dir)?);
        }
        Ok(View::load(&self.objects, self.repo.format, Some(&tip), &self.tickets_dir)?)
    }

    /// The same where making one is the lock. Without a remote nobody is far from the trunk.
    pub fn ticket_branches(&self) -> Option<TicketBranches> {
        let is_lock = self.config.lock == ClaimLock::Branch && self.remote.is_some();
        is_lock.then(|| self.branch_names())?
    }

    /// A ticket branch can be the lock if it carries the claim and its name identifies the ticket.
    fn require_lock(&self) -> Result<(), Failure> {
        if self.config.lock == ClaimLock::Trunk {
            return Ok(());
        }
        let needs = if self.record != RecordPlace::Branch {
            "record: branch, so that the ticket branch carries the claim"
        } else if self.base != self.trunk {
            "the trunk to be the base, so that ticket branches begin at the claim"
        } else if self.branch_names().is_none() {
            "a `branch` that contains {id} once, so that the name identifies the ticket"
        } else {
            return Ok(());
        };
        Err(Failure::new(Exit::Usage, format!("`lock: branch` needs {needs}"))
            .hint("see the settings: tix explain config")
            .hint("or use the trunk as the lock: lock: trunk"))
    }

    /// Tells a waiting person what the engine is doing.
    pub fn progress(&self) -> impl Fn(TrunkStep) + '_ {
        let remote = self.remote.as_ref().map_or_else(String::new, ToString::to_string);
        move |step| self.out.progress(&progress_line(&remote, step))
    }

    /// What people call the repository.
    pub fn project(&self) -> String {
        self.repo.project(self.remote.as_ref())
    }

    /// How long nothing must have happened on a ticket before its claim is stale.
    pub fn stale_after(&self) -> TimeDelta {
        duration::delta(self.config.stale_after)
    }

    /// Who acts: `TIX_ACTOR`, else git's `user.name <user.email>`.
    pub fn actor(&self) -> Result<String, Failure> {
        let acting = AuthorIdentity::configured(&self.repo.config).acting(self.env);
        match acting.map_err(|e| Failure::new(Exit::Usage, e.to_string()))? {
            Some(actor) => Ok(actor),
            None => Ok(self.repo.identity()?),
        }
    }

    /// The same for whoever only looks: nobody has to say who they are for that, and then nobody is meant.
    pub fn reader(&self) -> String {
        self.actor().unwrap_or_default()
    }

    /// The role in which this call acts, if one is named.
    pub fn role(&self) -> Option<&str> {
        let typed = self.given.role.as_deref();
        typed.or_else(|| self.env.role().ok().flatten())
    }

    /// The session this call belongs to, if there is one.
    pub fn session(&self) -> Result<Option<Session>, Failure> {
        let given = self.env.session().map_err(|e| Failure::new(Exit::Usage, e.to_string()))?;
        let made_up = || self.env.made_up_session().map(|made_up| Session::MadeUp { made_up });
        Ok(given.map(Session::Given).or_else(made_up))
    }

    /// Whether open tickets wait to be queued by a person.
    pub fn gate(&self) -> QueueGate {
        if self.config.require_queued { QueueGate::RequireQueued } else { QueueGate::Open }
    }

    /// What the team has decided about the moves of a ticket.
    pub fn policy(&self) -> Policy<'_> {
        let own_review =
            if self.config.review_self { OwnReview::Allowed } else { OwnReview::Refused };
        let arrival = match (self.record, self.config.landing) {
            (RecordPlace::Branch, Landing::Completed) => Arrival::Land,
            (RecordPlace::Branch, Landing::None)
            | (RecordPlace::Trunk, Landing::None | Landing::Completed) => Arrival::Request,
        };
        Policy { gate: self.gate(), stages: &self.stages, own_review, arrival }
    }

    pub fn ticket_of(&self, branch: &RefName) -> Option<TicketId> {
        self.branch_names()?.ticket(branch)
    }

    /// The names of ticket branches; `None` if the name does not identify the ticket.
    pub fn branch_names(&self) -> Option<TicketBranches> {
        TicketBranches::new(&self.config.branch.to_string())
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
        dir.ok_or_else(|| {
            Failure::new(Exit::Damaged, "tickets_dir is not a path in the repository")
        })
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

/// The repository around a directory, with git configured by the environment.
pub fn repository(dir: &Path, env: &Env) -> Result<Repo, Failure> {
    Ok(Repo::discover(dir, InheritedConfig::of(env.git_settings()))?)
}

/// The directory that a command is to work in.
pub fn working_dir(globals: &Globals, env: &Env) -> Result<PathBuf, Failure> {
    let current = env.current_dir().map_err(|e| {
        Failure::new(Exit::Refused, format!("the current directory cannot be read: {e}"))
            .hint("go to an existing directory, or name one: tix -C <directory> …")
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

/// The sources of the settings.
fn sources<'s>(repo: &'s Repo, objects: &'s Objects) -> Sources<'s> {
    Sources {
        git: repo.git(),
        objects,
        config: &repo.config,
        git_dir: &repo.git_dir,
        common_dir: &repo.common_dir,
        root: repo.worktree.as_deref(),
        main_root: Some(repo.root.clone()).filter(|root| *root != repo.common_dir),
        station: Station::Clone,
        read: ReadFiles::default(),
    }
}

/// Questions to the remote outside a transaction.
fn ask(repo: &Repo) -> impl Fn(&RemoteName, &[&str]) -> Result<Vec<RefValue>, GitError> + '_ {
    |remote, patterns| repo.ls_remote(remote, patterns, Instant::now() + QUESTION)
}

/// All settings from outside `.tix.yaml`.
fn with_layers<T>(
    env: &Env,
    (repo, given): (&Repo, &GivenFlags),
    found: impl FnOnce(Layers<'_>) -> Result<T, SettingsError>,
) -> Result<T, SettingsError> {
    let flags = Flags {
        trunk: given.trunk.as_deref(),
        remote: given.remote.as_deref(),
        timeout: given.timeout.as_deref(),
        ..Flags::default()
    };
    let git = repo.config.entries();
    let env_pairs = env.config_pairs();
    found(Layers {
        yaml: None,
        git,
        env: &env_pairs,
        flags,
        home: env.home(),
        on_bad: given.on_bad,
    })
}

/// The text for a person who waits for the network.
fn progress_line(remote: &str, step: TrunkStep) -> String {
    match step {
        TrunkStep::Queue => "waiting for other processes on this machine …".to_owned(),
        TrunkStep::Fetch => format!("fetching from {remote} …"),
        TrunkStep::Push(1) => format!("pushing to {remote} …"),
        TrunkStep::Push(n) => format!("pushing to {remote}, attempt {n} …"),
        TrunkStep::Pause => "somebody else was quicker; trying again …".to_owned(),
    }
}
