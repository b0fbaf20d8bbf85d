//! Starts the programs that people ask tix to start in a workspace: a worker, or a step after an activation.
//!
//! Besides git's own module, this is the only place that starts a process. Such a program is the user's: it gets the
//! environment unchanged, except for the variables that would tie its git to the repository of a hook that tix may run
//! in. The caller adds the configuration that the user set for every repository: `git::InheritedConfig`.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use crate::git::exec::{LOCAL_ENV_VARS, TERM_GRACE, text_of};
use crate::git::signals::{Group, Heir};
use crate::git::{ExecError, redact, signals};
use crate::text::duration;

/// The time between two looks for the sign of readiness; nobody notices it compared to the start of a program.
const POLL: Duration = Duration::from_millis(10);

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandLine {
    program: OsString,
    args: Vec<OsString>,
}

impl CommandLine {
    /// The first word is the program; `None` without words.
    pub fn of(words: &[OsString]) -> Option<CommandLine> {
        let (program, args) = words.split_first()?;
        let named = !program.is_empty();
        named.then(|| CommandLine { program: program.clone(), args: args.to_vec() })
    }

    /// The words as text, without credentials.
    pub fn words(&self) -> Vec<String> {
        let all = std::iter::once(&self.program).chain(&self.args);
        all.map(|word| redact(&text_of(word.as_encoded_bytes()))).collect()
    }

    /// The program, if it must be looked up on the search path.
    pub fn bare_name(&self) -> Option<&OsStr> {
        let path = Path::new(&self.program);
        let bare = path.components().count() == 1 && path.file_name() == Some(&*self.program);
        bare.then_some(&*self.program)
    }

    /// The program to start in `dir`: a bare name is looked up on the search path; any other relative path is relative
    /// to `dir`. The standard library leaves that open.
    fn program_in(&self, dir: &Path) -> PathBuf {
        match self.bare_name() {
            Some(name) => name.into(),
            None => dir.join(&self.program),
        }
    }

    /// Starts it with pipes for all that it reads and writes, in a process group of its own: the Ctrl-C of a terminal goes to the
    /// whole group of whoever started it.
    pub fn answering(&self, dir: &Path, variables: &[(OsString, OsString)]) -> io::Result<Child> {
        let mut command = self.prepare(dir, variables);
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()
    }

    fn prepare(&self, dir: &Path, variables: &[(OsString, OsString)]) -> Command {
        #[allow(clippy::disallowed_methods, reason = "this is the one place beside git's own")]
        let mut command = Command::new(self.program_in(dir));
        for name in LOCAL_ENV_VARS {
            command.env_remove(name);
        }
        command.args(&self.args).current_dir(dir);
        command.envs(variables.iter().map(|(name, value)| (name, value)));
        command
    }
}

impl fmt::Display for CommandLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words().join(" "))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorkerEnd {
    Code(u8),
    Signal(i32),
}

impl WorkerEnd {
    fn of(status: ExitStatus) -> WorkerEnd {
        #[cfg(unix)]
        if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
            return WorkerEnd::Signal(signal);
        }
        // On other systems codes have 32 bits; an exit code of tix can only pass on whether it was zero.
        WorkerEnd::Code(status.code().map_or(1, |code| u8::try_from(code).unwrap_or(u8::MAX)))
    }

    /// The exit code of a program that passes this on, as shells do.
    pub fn code(self) -> u8 {
        match self {
            WorkerEnd::Code(code) => code,
            WorkerEnd::Signal(signal) => u8::try_from(128 + signal).unwrap_or(u8::MAX),
        }
    }
}

impl fmt::Display for WorkerEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WorkerEnd::Code(code) => write!(f, "exit code {code}"),
            WorkerEnd::Signal(signal) => write!(f, "signal {signal}"),
        }
    }
}

/// What proves that a worker has really begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WorkerSign {
    /// It has lived this long, or has signalled earlier that it is ready.
    AliveFor(Duration),
    ReadyWithin(Duration),
}

/// Why a worker that was started did not prove that it has begun.
#[derive(Debug, thiserror::Error)]
pub enum Unproved {
    #[error("it ended after {} with {ended}", duration::took(*after))]
    Ended { ended: WorkerEnd, after: Duration },
    #[error("it did not report within {} that it is ready", duration::took(*after))]
    NotReady { after: Duration },
    /// tix was told to stop.
    #[error(transparent)]
    Interrupted(#[from] ExecError),
    /// The system does not report what became of it.
    #[error("the system does not report what became of it: {0}")]
    Lost(#[from] io::Error),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartedWorker {
    Running,
    Done(WorkerEnd),
}

enum Hold {
    Group(Group),
    Heir(Heir),
}

/// A program that was started and is being waited for.
pub struct Worker {
    hold: Hold,
    ended: Receiver<io::Result<ExitStatus>>,
    /// Its end was seen, so its id may be another process's.
    over: bool,
    started: Instant,
}

impl Worker {
    /// Starts it: in the foreground, where it shares tix's streams, or with a log, to which it writes and then outlives
    /// tix. `seen` is called before anybody waits for it, so that the system still knows even one that has ended at
    /// once.
    pub fn start<T>(
        line: &CommandLine,
        dir: &Path,
        variables: &[(OsString, OsString)],
        log: Option<File>,
        seen: impl FnOnce(u32) -> T,
    ) -> io::Result<(Worker, T)> {
        let mut command = line.prepare(dir, variables);
        let detached = log.is_some();
        if let Some(log) = log {
            command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
            // The terminal's signals are meant for tix and other foreground processes.
            #[cfg(unix)]
            std::os::unix::process::CommandExt::process_group(&mut command, 0);
        }
        let child = command.spawn()?;
        let hold =
            if detached { Hold::Group(Group::of(&child)) } else { Hold::Heir(Heir::of(&child)) };
        let told = seen(child.id());
        let worker = Worker { hold, ended: wait_for(child), over: false, started: Instant::now() };
        Ok((worker, told))
    }

    /// Waits for the sign; `ready` is the file that the worker creates when it is ready.
    pub fn prove(&mut self, sign: &WorkerSign, ready: &Path) -> Result<StartedWorker, Unproved> {
        let (limit, said) = match sign {
            WorkerSign::AliveFor(limit) => (*limit, false),
            WorkerSign::ReadyWithin(limit) => (*limit, true),
        };
        loop {
            let after = self.started.elapsed();
            let ended = self.ended.recv_timeout(POLL.min(limit.saturating_sub(after)));
            // A detached worker ends with tix, so its end may be caused by tix. A foreground worker decides for itself
            // what a signal means.
            if matches!(self.hold, Hold::Group(_)) {
                signals::check()?;
            }
            // Checked after the process: a worker that signalled and then ended did begin.
            let is_ready = ready.symlink_metadata().is_ok();
            match ended {
                Ok(status) => {
                    self.over = true;
                    let ended = WorkerEnd::of(status?);
                    let done = is_ready || (ended == WorkerEnd::Code(0) && !said);
                    let after = self.started.elapsed();
                    return if done {
                        Ok(StartedWorker::Done(ended))
                    } else {
                        Err(Unproved::Ended { ended, after })
                    };
                }
                Err(RecvTimeoutError::Disconnected) => return Err(gone().into()),
                Err(RecvTimeoutError::Timeout) if is_ready => return Ok(StartedWorker::Running),
                Err(RecvTimeoutError::Timeout) => {}
            }
            if after >= limit {
                return if said {
                    Err(Unproved::NotReady { after })
                } else {
                    Ok(StartedWorker::Running)
                };
            }
        }
    }

    pub fn wait(self) -> io::Result<WorkerEnd> {
        self.ended.recv().unwrap_or_else(|_| Err(gone())).map(WorkerEnd::of)
    }

    /// Ends it and its process group: asks first, and kills after a while.
    pub fn end(self) {
        match &self.hold {
            Hold::Group(group) => group.terminate(),
            Hold::Heir(_) if self.over => {}
            Hold::Heir(heir) => heir.terminate(),
        }
        let ended = self.over
            || !matches!(self.ended.recv_timeout(TERM_GRACE), Err(RecvTimeoutError::Timeout));
        if ended {
            return;
        }
        match &self.hold {
            Hold::Group(group) => group.kill(),
            Hold::Heir(heir) => heir.kill(),
        }
        // SIGKILL cannot be refused; a process that the kernel cannot end now is not waited for.
        self.ended.recv_timeout(TERM_GRACE).ok();
    }
}

fn wait_for(mut child: Child) -> Receiver<io::Result<ExitStatus>> {
    let (tell, ended) = mpsc::channel();
    thread::spawn(move || tell.send(child.wait()).ok());
    ended
}

fn gone() -> io::Error {
    io::Error::other("the thread that waits for it is gone")
}

/// Runs a shell command to its end; its output goes to `output`.
pub fn shell(
    line: &str,
    dir: &Path,
    variables: &[(OsString, OsString)],
    output: [Stdio; 2],
) -> io::Result<WorkerEnd> {
    let line = CommandLine { program: "sh".into(), args: vec!["-c".into(), line.into()] };
    let [stdout, stderr] = output;
    let mut command = line.prepare(dir, variables);
    let mut child = command.stdin(Stdio::null()).stdout(stdout).stderr(stderr).spawn()?;
    let heir = Heir::of(&child);
    let status = child.wait();
    drop(heir);
    Ok(WorkerEnd::of(status?))
}

/// State and start of a process, from ps(1), whose `lstart` is in local time.
#[cfg(all(unix, not(target_os = "linux")))]
pub(super) fn ps(pid: u32) -> io::Result<Option<String>> {
    #[allow(clippy::disallowed_methods, reason = "this is the one place beside git's own")]
    let mut command = Command::new("ps");
    command.args(["-o", "stat=,lstart=", "-p", &pid.to_string()]);
    let answer = command.env("LC_ALL", "C").env("TZ", "UTC").stdin(Stdio::null()).output()?;
    // ps ends with 1 when there is no such process.
    let line = text_of(&answer.stdout);
    let start = line.trim().split_once(' ').filter(|(state, _)| !state.starts_with('Z'));
    Ok(start.map(|(_, start)| start.trim().to_owned()))
}
