//! Commands in the making and on the run.
//!
//! A [`Prepared`] holds the whole environment of its process, so it can be run here, be handed to a race, or be
//! written down as a script that a shim runs in the middle of somebody else's work.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io::{Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use super::gate::{Gate, PAUSE};
use super::output::Output;
use super::sandbox::Shared;
use super::shim::Shim;

/// Nothing that a test runs takes this long; reaching it means that something hangs.
const LIMIT: Duration = Duration::from_secs(100);

/// A command that has everything it needs to be started.
#[derive(Clone)]
#[must_use = "a prepared command does nothing until it is run"]
pub struct Prepared {
    pub program: PathBuf,
    pub args: Vec<OsString>,
    pub directory: PathBuf,
    pub variables: BTreeMap<OsString, OsString>,
    stdin: Vec<u8>,
    shim: Option<Shim>,
    name: Option<String>,
    sandbox: Shared,
}

impl Prepared {
    pub fn new(sandbox: &Shared, program: &Path, args: &[&str], directory: &Path) -> Self {
        Self {
            program: program.to_owned(),
            args: args.iter().map(OsString::from).collect(),
            directory: directory.to_owned(),
            variables: sandbox.variables(),
            stdin: Vec::new(),
            shim: None,
            name: None,
            sandbox: sandbox.clone(),
        }
    }

    pub fn env(mut self, key: &str, value: impl AsRef<OsStr>) -> Self {
        self.variables.insert(key.into(), value.as_ref().to_owned());
        self
    }

    pub fn without_env(mut self, key: &str) -> Self {
        self.variables.remove(OsStr::new(key));
        self
    }

    pub fn stdin(mut self, bytes: impl AsRef<[u8]>) -> Self {
        bytes.as_ref().clone_into(&mut self.stdin);
        self
    }

    /// Puts this shim first on the command's PATH: what it starts as `git` goes through the shim's rules.
    pub fn through(mut self, shim: &Shim) -> Self {
        let path = self.variables.entry("PATH".into()).or_default();
        let mut longer = shim.bin().into_os_string();
        longer.push(":");
        longer.push(&*path);
        *path = longer;
        self.shim = Some(shim.clone());
        self
    }

    /// The same process, for which a shell runs this script first; `$1`, `$2` … are the arguments for it. The shell then
    /// becomes the program, so that the process id is the program's.
    pub fn after(mut self, script: &str, args: &[&OsStr]) -> Self {
        self.name.get_or_insert(self.line());
        let script = format!("{script}\nshift {}\nexec \"$@\"", args.len());
        let inner = std::mem::replace(&mut self.program, "/bin/sh".into()).into_os_string();
        let words = ["-c", &script, "sh"].map(OsString::from).into_iter();
        self.args
            .splice(0..0, words.chain(args.iter().map(|arg| (*arg).to_owned())).chain([inner]));
        self
    }

    /// As a person would type it, for messages.
    pub fn line(&self) -> String {
        if let Some(name) = &self.name {
            return name.clone();
        }
        let name = self.program.file_name().unwrap_or_default();
        let words = std::iter::once(name).chain(self.args.iter().map(OsString::as_os_str));
        words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
    }

    pub fn spawn(mut self) -> Running {
        if let Some(shim) = &self.shim {
            // Inherited by whatever the process starts; see `Shim::settle`.
            let alive = shim.alive();
            self = self.after("exec 9<>\"$1\"", &[alive.as_os_str()]);
        }
        let mut child = Command::new(&self.program)
            .args(&self.args)
            .current_dir(&self.directory)
            .env_clear()
            .envs(&self.variables)
            .stdin(if self.stdin.is_empty() { Stdio::null() } else { Stdio::piped() })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| {
                panic!("`{}` in {}: {error}", self.line(), self.directory.display())
            });
        if let Some(mut pipe) = child.stdin.take() {
            let bytes = self.stdin.clone();
            // A process that ends without reading its input is no failure of the test.
            thread::spawn(move || pipe.write_all(&bytes).ok());
        }
        let stdout = collect(child.stdout.take().unwrap());
        let stderr = collect(child.stderr.take().unwrap());
        Running { child, streams: [stdout, stderr], prepared: self }
    }

    pub fn run(self) -> Output {
        self.spawn().wait()
    }
}

fn collect(mut pipe: impl Read + Send + 'static) -> mpsc::Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        pipe.read_to_end(&mut bytes).unwrap();
        sender.send(bytes).ok();
    });
    receiver
}

/// A started command. Dropped without [`Running::wait`], it is killed.
#[must_use = "wait for it"]
pub struct Running {
    child: Child,
    streams: [mpsc::Receiver<Vec<u8>>; 2],
    prepared: Prepared,
}

impl Running {
    /// Until the process has ended and everything that holds its output has let go of it, its git calls included.
    #[track_caller]
    pub fn wait(mut self) -> Output {
        let streams = [0, 1].map(|index| {
            self.streams[index].recv_timeout(LIMIT).unwrap_or_else(|_| {
                self.child.kill().unwrap();
                panic!("`{}` hangs: killed after {LIMIT:?}", self.prepared.line())
            })
        });
        let status = self.child.wait().unwrap();
        if let Some(shim) = &self.prepared.shim {
            shim.settle();
        }
        Output::new(self.prepared.line(), status, streams, self.prepared.sandbox.root())
    }

    /// Until some process waits at the gate, or this one has ended, which it should not have.
    #[track_caller]
    pub fn until_at(&mut self, gate: &Gate) {
        let start = Instant::now();
        while gate.arrivals() == 0 {
            if let Some(status) = self.child.try_wait().unwrap() {
                let streams =
                    [0, 1].map(|index| self.streams[index].recv_timeout(LIMIT).unwrap_or_default());
                let output = Output::new(
                    self.prepared.line(),
                    status,
                    streams,
                    self.prepared.sandbox.root(),
                );
                panic!("ended before it reached the gate: {output:?}");
            }
            assert!(start.elapsed() < LIMIT, "`{}` never reached the gate", self.prepared.line());
            thread::sleep(PAUSE);
        }
    }

    pub fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, signal).unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Already ended and waited for: both calls are then without effect.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
