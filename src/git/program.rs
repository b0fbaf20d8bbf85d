//! Programs other than git, which a person has named or the system has: an editor, another tix, what opens a browser.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use super::exec::{ExecError, Finished, RunningCall, finished};
use super::redact::redact;
use super::running::{StdoutTarget, StopChannel, wait_until};
use super::signals::{self, Group};

/// Runs a person's editor on a file, on the terminal that tix was called from. The editor is a shell command, as git
/// stores it. Returns whether it succeeded.
pub fn edit(editor: &str, file: &Path) -> Result<bool, ExecError> {
    signals::check()?;
    #[allow(
        clippy::disallowed_methods,
        reason = "this is the one place for programs that are not git"
    )]
    let mut command = Command::new("sh");
    // Exactly the command that git itself runs: launch_editor in editor.c.
    command.args(["-c", &format!("{editor} \"$@\""), editor]).arg(file);
    let spawned = command.status();
    let status = spawned.map_err(|source| ExecError::Spawn { program: "sh".into(), source })?;
    signals::check()?;
    Ok(status.success())
}

/// A program other than git, in an environment with only what it is given.
pub struct Program {
    path: PathBuf,
    dir: PathBuf,
    args: Vec<OsString>,
    env: Vec<(OsString, OsString)>,
}

impl Program {
    /// A program to run in `dir`; a bare name is looked up on tix's own search path.
    pub fn new(program: impl Into<PathBuf>, dir: &Path) -> Program {
        Program { path: program.into(), dir: dir.to_owned(), args: Vec::new(), env: Vec::new() }
    }

    pub fn args<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(mut self, args: I) -> Self {
        self.args.extend(args.into_iter().map(|a| a.as_ref().to_owned()));
        self
    }

    pub fn envs(mut self, vars: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        self.env.extend(vars);
        self
    }

    /// Runs to the end; any exit code is an answer, a signal is not. Passes a signal to tix on to the child.
    pub fn run(self) -> Result<Finished, ExecError> {
        self.run_on(&StopChannel::new())
    }

    fn run_on(self, line: &StopChannel) -> Result<Finished, ExecError> {
        signals::check()?;
        let words = self.args.iter().map(|arg| format!(" {}", arg.display()));
        let call = redact(&format!("{}{}", self.path.display(), words.collect::<String>()));
        let started = Instant::now();
        let mut command = self.command();
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let spawned = command.spawn();
        let child =
            spawned.map_err(|source| ExecError::Spawn { program: self.path.clone(), source })?;
        let group = Group::of(&child);
        let ended = wait_until(child, Some(&group), &|| false, line, StdoutTarget::Output);
        drop(group);
        signals::check()?;
        match ended {
            Ok(Some(all)) => finished(call, started, all),
            Ok(None) => Err(ExecError::TimedOut { call, after: started.elapsed() }),
            Err(source) => Err(ExecError::Pipe { call, source }),
        }
    }

    /// Starts on another thread, to be waited for later.
    pub fn start(self) -> RunningCall {
        RunningCall::start(|line| self.run_on(&line))
    }

    /// Starts it to stay as long as it likes, also when tix has ended: nothing that it says is read, and no Ctrl-C reaches it.
    pub fn leave(self) -> Result<(), ExecError> {
        let mut command = self.command();
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let spawned = command.spawn();
        let mut child =
            spawned.map_err(|source| ExecError::Spawn { program: self.path.clone(), source })?;
        let path = self.path;
        // Waited for, so that no dead process stays.
        std::thread::spawn(move || match child.wait() {
            Ok(status) if status.success() => {}
            ended => tracing::warn!(program = %path.display(), ?ended, "it did not succeed"),
        });
        Ok(())
    }

    /// In a process group of its own.
    fn command(&self) -> Command {
        #[allow(
            clippy::disallowed_methods,
            reason = "this is the one place for programs that are not git"
        )]
        let mut command = Command::new(&self.path);
        let vars = self.env.iter().map(|(name, value)| (name, value));
        command.args(&self.args).env_clear().envs(vars).current_dir(&self.dir);
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        command
    }
}
