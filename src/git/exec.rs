//! The one place that starts git.
//!
//! A failed child is data: what was run, how it ended, what it wrote. Nothing here decides what an exit code means; the
//! typed questions in the sibling modules do, code by code.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::conversation::Conversation;
use super::inherited::InheritedConfig;
use super::last;
use super::redact::redact;
use super::running::{Output, StdoutTarget, StopChannel, wait_until};
pub use super::running::{RunningCall, TERM_GRACE};
use super::signals::{self, Group, WhenTold};
use crate::text::duration;

/// The output of `git rev-parse --local-env-vars` (git 2.55): the variables that tie a git process to one repository.
/// They are set inside hooks, so a child that works on a chosen repository must not see them. The settings in them
/// reach it as [`InheritedConfig`].
pub const LOCAL_ENV_VARS: [&str; 15] = [
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_CONFIG",
    "GIT_CONFIG_PARAMETERS",
    "GIT_CONFIG_COUNT",
    "GIT_OBJECT_DIRECTORY",
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_GRAFT_FILE",
    "GIT_INDEX_FILE",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_REPLACE_REF_BASE",
    "GIT_PREFIX",
    "GIT_SHALLOW_FILE",
    "GIT_COMMON_DIR",
];

/// Why a git process gave no exit code, or an unexpected one.
#[derive(Debug, thiserror::Error)]
pub enum ExecError {
    #[error("cannot start `{}`: {source}", program.display())]
    Spawn { program: PathBuf, source: io::Error },
    /// git ended, but not in a way that the question allows.
    #[error("{0}")]
    Failed(Box<Finished>),
    /// The deadline passed first, and the process group was ended.
    #[error("`{call}` gave no answer within {}", duration::took(*after))]
    TimedOut {
        /// The command line, without credentials.
        call: String,
        after: Duration,
    },
    /// A signal from the user or the system ended tix.
    #[error("interrupted by signal {0}")]
    Interrupted(i32),
    /// A pipe to git broke although git did not end.
    #[error("`{call}`: {source}")]
    Pipe {
        /// The command line, without credentials.
        call: String,
        source: io::Error,
    },
}

/// A git process that has ended.
#[derive(Debug)]
pub struct Finished {
    /// The command line, without credentials.
    pub call: String,
    /// The exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// How it ended, in words.
    pub status: String,
    pub stdout: Vec<u8>,
    /// All of stderr, as text and without credentials.
    pub stderr: String,
}

impl Finished {
    /// stdout when the exit code is 0, else the failure.
    pub fn require_success(self) -> Result<Vec<u8>, ExecError> {
        match self.code {
            Some(0) => Ok(self.stdout),
            _ => Err(ExecError::Failed(Box::new(self))),
        }
    }
}

impl fmt::Display for Finished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = self.stderr.trim();
        write!(f, "`{}` ended with {}", self.call, self.status)?;
        if words.is_empty() { Ok(()) } else { write!(f, ": {words}") }
    }
}

/// How to start git for one repository: program, directory and repository.
#[derive(Clone, Debug)]
#[allow(clippy::struct_field_names, reason = "GIT_DIR is what git calls it")]
pub struct Git {
    program: PathBuf,
    dir: PathBuf,
    git_dir: Option<PathBuf>,
    inherited: InheritedConfig,
    objects: Vec<(&'static str, OsString)>,
    lazy_fetch: LazyFetch,
    when_told: WhenTold,
}

/// How long a git may take that fetches nothing.
pub(super) const PATIENCE: Duration = Duration::from_secs(3);

/// What git does about an object that a partial clone lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LazyFetch {
    /// Asks the remote for it.
    On,
    /// Fails. That is an error, not a "does not exist" as with `GIT_NO_LAZY_FETCH`, which git has had since 2.45:
    /// without an allowed protocol, every git says that it could not fetch.
    Off,
}

impl Git {
    /// A git that finds its repository from `dir`, as the user's own would.
    pub fn discovering(dir: &Path, inherited: InheritedConfig) -> Git {
        Git {
            program: PathBuf::from("git"),
            dir: dir.to_owned(),
            git_dir: None,
            inherited,
            objects: Vec::new(),
            lazy_fetch: LazyFetch::On,
            when_told: WhenTold::End,
        }
    }

    /// The same git for one chosen repository, run in `dir`.
    pub fn pinned(&self, git_dir: &Path, dir: &Path) -> Git {
        Git { dir: dir.to_owned(), git_dir: Some(git_dir.to_owned()), ..self.clone() }
    }

    /// The same git with these variables, which say where objects are: a server's hook is asked about objects that stay
    /// in quarantine until it agrees, and only a process with these variables sees them.
    pub fn with_objects_of(mut self, variables: Vec<(&'static str, OsString)>) -> Git {
        self.objects = variables;
        self
    }

    /// The same git with this behaviour for objects that a partial clone lacks.
    pub fn with_lazy_fetch(self, lazy_fetch: LazyFetch) -> Git {
        Git { lazy_fetch, ..self }
    }

    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The same git with other settings from the environment.
    pub fn inheriting(&self, inherited: InheritedConfig) -> Git {
        Git { inherited, ..self.clone() }
    }

    /// The settings that it inherits from the environment.
    pub fn inherited(&self) -> &InheritedConfig {
        &self.inherited
    }

    /// The same git as if called in another directory: it finds the repository from there.
    pub fn elsewhere(&self, dir: &Path) -> Git {
        Git { dir: dir.to_owned(), git_dir: None, ..self.clone() }
    }

    /// The same git for clean-up, which runs even when tix was told to stop.
    pub fn for_clearing(&self) -> Git {
        Git { when_told: WhenTold::Finish, ..self.clone() }
    }

    pub fn call(&self, subcommand: &str) -> GitCall {
        GitCall {
            git: self.clone(),
            config: Vec::new(),
            args: vec![subcommand.into()],
            env: Vec::new(),
            stdin: None,
            // Who waits for this git waits for seconds only, and a pipe in the place of a ref would keep it for ever.
            limit: (self.lazy_fetch == LazyFetch::Off)
                .then(|| last::moment().unwrap_or_else(|| Instant::now() + PATIENCE))
                .or_else(last::moment)
                .map(|at| TimeLimit { at, extension: None }),
        }
    }
}

/// One git command line under construction.
pub struct GitCall {
    git: Git,
    config: Vec<String>,
    args: Vec<OsString>,
    env: Vec<(&'static str, OsString)>,
    stdin: Option<Vec<u8>>,
    limit: Option<TimeLimit>,
}

/// When a child is ended.
struct TimeLimit {
    at: Instant,
    extension: Option<Extension>,
}

/// More time for a child that has got so far that ending it would leave its result unknown.
struct Extension {
    until: Instant,
    is_due: Box<dyn Fn() -> bool + Send>,
}

impl TimeLimit {
    fn is_over(&self) -> bool {
        let now = Instant::now();
        let is_longer = |more: &Extension| now < more.until && (more.is_due)();
        self.at <= now && !self.extension.as_ref().is_some_and(is_longer)
    }
}

impl GitCall {
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.args.push(arg.as_ref().to_owned());
        self
    }

    pub fn args<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(mut self, args: I) -> Self {
        self.args.extend(args.into_iter().map(|a| a.as_ref().to_owned()));
        self
    }

    /// Sets a configuration value (`key=value`) for this call only.
    pub fn config(mut self, setting: impl Into<String>) -> Self {
        self.config.push(setting.into());
        self
    }

    /// Sets a variable for this call only.
    pub fn env(mut self, name: &'static str, value: impl Into<OsString>) -> Self {
        self.env.push((name, value.into()));
        self
    }

    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = Some(bytes.into());
        self
    }

    /// Ends the child and everything it started at this time. Such a child gets its own process group, so that the
    /// helpers of a push (ssh, git-remote-https) end with it.
    pub fn deadline(mut self, at: Instant) -> Self {
        self.limit = Some(TimeLimit { at, extension: None });
        self
    }

    /// The same, but waits on until `until` if `is_due` returns true at the deadline; from then on it is asked
    /// repeatedly.
    pub fn deadline_or(
        mut self,
        at: Instant,
        until: Instant,
        is_due: impl Fn() -> bool + Send + 'static,
    ) -> Self {
        let extension = Extension { until, is_due: Box::new(is_due) };
        self.limit = Some(TimeLimit { at, extension: Some(extension) });
        self
    }

    /// Runs to the end; any exit code is an answer, a signal is not.
    pub fn run(self) -> Result<Finished, ExecError> {
        self.run_on(&StopChannel::new(), StdoutTarget::Output)
    }

    fn run_on(self, line: &StopChannel, target: StdoutTarget<'_>) -> Result<Finished, ExecError> {
        let when_told = self.git.when_told;
        when_told.check()?;
        let call = self.to_string();
        let started = Instant::now();
        let mut child = self.spawn(Stdio::piped(), Stdio::piped())?;
        if let (Some(bytes), Some(mut pipe)) = (self.stdin, child.stdin.take()) {
            // On a thread, because a child that fills its stdout before it has read all of its stdin must not block us.
            // A child that ends early closes the pipe; then its exit code says why, not this write.
            thread::spawn(move || pipe.write_all(&bytes).ok());
        }
        let group = self.limit.as_ref().map(|_| Group::of(&child));
        let is_late = || self.limit.as_ref().is_some_and(TimeLimit::is_over);
        let ended = wait_until(child, group.as_ref(), &is_late, line, target);
        drop(group);
        when_told.check()?;
        match ended {
            Ok(Some(all)) => finished(call, started, all),
            Ok(None) => Err(ExecError::TimedOut { call, after: started.elapsed() }),
            Err(source) => Err(ExecError::Pipe { call, source }),
        }
    }

    /// Runs to the end and requires exit code 0.
    pub fn run_ok(self) -> Result<Vec<u8>, ExecError> {
        self.run()?.require_success()
    }

    /// Runs to the end, requires exit code 0, and passes on git's output piece by piece: for answers that may be larger
    /// than everything else in tix's memory. A failure may come after many pieces.
    pub fn run_reading(self, read: &mut dyn FnMut(&[u8])) -> Result<(), ExecError> {
        // Otherwise git would flush after each commit: a hundred thousand pieces, which cost a quarter more.
        let call = self.env("GIT_FLUSH", "0");
        let ended = call.run_on(&StopChannel::new(), StdoutTarget::Reader(read))?;
        ended.require_success().map(drop)
    }

    /// Starts on another thread, to be waited for later: for a call whose answer is not needed yet. A call that may
    /// have to be stopped early needs a deadline.
    pub fn start(self) -> RunningCall {
        RunningCall::start(|line| self.run_on(&line, StdoutTarget::Output))
    }

    /// Starts a long-lived child that answers on stdout what it is asked on stdin.
    pub fn converse(mut self) -> Result<Conversation, ExecError> {
        signals::check()?;
        let call = self.to_string();
        self.stdin = Some(Vec::new());
        // The message of a fetch that is not allowed means nothing to a reader of ours.
        let stderr = match self.git.lazy_fetch {
            LazyFetch::On => Stdio::inherit(),
            LazyFetch::Off => Stdio::null(),
        };
        let child = self.spawn(Stdio::piped(), stderr)?;
        let group = self.limit.as_ref().map(|_| Group::of(&child));
        last::watch();
        Conversation::with(call, child, group)
    }

    fn spawn(&self, stdout: Stdio, stderr: Stdio) -> Result<Child, ExecError> {
        #[allow(clippy::disallowed_methods, reason = "this is the one place")]
        let mut command = Command::new(&self.git.program);
        for name in LOCAL_ENV_VARS {
            command.env_remove(name);
        }
        command
            .env("GIT_TERMINAL_PROMPT", "0")
            // Otherwise ssh would ask on the terminal behind git's back; with these it asks a program that says no.
            .env("SSH_ASKPASS", "false")
            .env("SSH_ASKPASS_REQUIRE", "force")
            // Messages are shown and hardly ever parsed; still, logs get one language. LC_ALL would reach the user's
            // hooks.
            .env("LANGUAGE", "en")
            // Replaced objects are one clone's private view; the trunk is what everybody sees.
            .env("GIT_NO_REPLACE_OBJECTS", "1")
            // With 0 a conversation would wait for ever for an answer that git buffers.
            .env("GIT_FLUSH", "1")
            .envs(self.git.inherited.variables())
            .envs(self.git.objects.iter().map(|(k, v)| (k, v)))
            .envs(self.env.iter().map(|(k, v)| (k, v)))
            .current_dir(&self.git.dir)
            .stdin(if self.stdin.is_some() { Stdio::piped() } else { Stdio::null() })
            .stdout(stdout)
            .stderr(stderr);
        if let Some(git_dir) = &self.git.git_dir {
            command.env("GIT_DIR", git_dir);
        }
        if self.git.lazy_fetch == LazyFetch::Off {
            command.env("GIT_ALLOW_PROTOCOL", "");
        }
        for setting in &self.config {
            command.arg("-c").arg(setting);
        }
        command.args(&self.args);
        #[cfg(unix)]
        if self.limit.is_some() {
            use std::os::unix::process::CommandExt;
            command.process_group(0);
        }
        command
            .spawn()
            .map_err(|source| ExecError::Spawn { program: self.git.program.clone(), source })
    }
}

impl fmt::Display for GitCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = String::from("git");
        for arg in &self.args {
            line.push(' ');
            line.push_str(&arg.display().to_string());
        }
        f.write_str(&redact(&line))
    }
}

/// Bytes as text for people: invalid UTF-8 becomes `\xNN`, nothing is dropped.
pub fn text_of(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            text.push_str(&format!("\\x{byte:02x}"));
        }
    }
    text
}

fn millis(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// The result of a child; a signal is a failure.
pub(super) fn finished(
    call: String,
    started: Instant,
    ended: Output,
) -> Result<Finished, ExecError> {
    let (status, stdout, stderr) = ended;
    let stderr = redact(&text_of(&stderr));
    let (code, words) = (status.code(), status.to_string());
    tracing::debug!(%call, status = %words, ms = millis(started), "ended");
    let finished = Finished { call, code, status: words, stdout, stderr };
    match code {
        Some(_) => Ok(finished),
        None => Err(ExecError::Failed(Box::new(finished))),
    }
}
