//! A directory in which git and tix see nothing of the machine but their own programs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// Housekeeping is off on both sides of every ratio: it would run at moments of its own.
const GIT_CONFIG: &str = "\
[user]
\tname = Ada Example
\temail = ada@example.org
[init]
\tdefaultBranch = main
[gc]
\tauto = 0
[maintenance]
\tauto = false
";

/// One machine of a world: processes of one machine share its runtime directory, and with it tix's queue.
#[derive(Clone, Debug)]
pub struct Machine(String);

impl Machine {
    pub fn named(name: &str) -> Machine {
        Machine(name.to_owned())
    }
}

/// What a process has used.
#[derive(Clone, Copy, Debug)]
pub struct Used {
    pub took: Duration,
    pub peak_kb: u64,
}

/// See the module.
pub struct World {
    directory: tempfile::TempDir,
    path: std::ffi::OsString,
    program: PathBuf,
}

impl World {
    pub fn new() -> World {
        let directory = tempfile::Builder::new().prefix("tix-bench-").tempdir().unwrap();
        fs::create_dir_all(directory.path().join("home")).unwrap();
        fs::write(directory.path().join("home/.gitconfig"), GIT_CONFIG).unwrap();
        #[allow(clippy::disallowed_methods, reason = "a program of its own")]
        let path = std::env::var_os("PATH").unwrap_or_default();
        let program = install(directory.path());
        World { directory, path, program }
    }

    pub fn root(&self) -> &Path {
        self.directory.path()
    }

    pub fn dir(&self, name: &str) -> PathBuf {
        self.root().join(name)
    }

    /// Looks for programs here first.
    pub fn put_on_path(&mut self, dir: &Path) {
        let mut path = dir.as_os_str().to_owned();
        path.push(":");
        path.push(&self.path);
        self.path = path;
    }

    /// A command on a machine of this world.
    pub fn command(&self, program: &str, machine: &Machine, dir: &Path, args: &[&str]) -> Command {
        let runtime = self.root().join("run").join(&machine.0);
        fs::create_dir_all(&runtime).unwrap();
        #[allow(clippy::disallowed_methods, reason = "a program of its own")]
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", &self.path)
            .env("HOME", self.root().join("home"))
            .env("XDG_RUNTIME_DIR", runtime)
            .env("LC_ALL", "C")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .current_dir(dir)
            .args(args)
            .stdin(Stdio::null());
        command
    }

    /// Runs git and gives its stdout, without the last line end.
    pub fn git(&self, dir: &Path, args: &[&str]) -> String {
        let mut command = self.command("git", &Machine::named("git"), dir, args);
        let output = command.output().unwrap();
        text(&require(output, args))
    }

    /// Runs git with something to read.
    pub fn git_reading(&self, dir: &Path, args: &[&str], input: Vec<u8>) -> String {
        use std::io::Write;
        let mut command = self.command("git", &Machine::named("git"), dir, args);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut pipe = child.stdin.take().unwrap();
        let feeding = std::thread::spawn(move || pipe.write_all(&input).unwrap());
        let output = child.wait_with_output().unwrap();
        feeding.join().unwrap();
        text(&require(output, args))
    }

    /// How long git took, from its start to its end, with its output read as tix would read it.
    pub fn time_git(&self, dir: &Path, args: &[&str]) -> Duration {
        let mut command = self.command("git", &Machine::named("git"), dir, args);
        time(&mut command, args)
    }

    /// The same with something to read.
    pub fn time_git_reading(&self, dir: &Path, args: &[&str], input: &[u8]) -> Duration {
        use std::io::Write;
        let mut command = self.command("git", &Machine::named("git"), dir, args);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let began = Instant::now();
        let mut child = command.spawn().unwrap();
        let mut pipe = child.stdin.take().unwrap();
        let output = std::thread::scope(|scope| {
            scope.spawn(move || pipe.write_all(input).unwrap());
            child.wait_with_output().unwrap()
        });
        let took = began.elapsed();
        require(output, args);
        took
    }

    /// How long tix took.
    pub fn time_tix(&self, dir: &Path, args: &[&str]) -> Duration {
        time(&mut self.tix(&Machine::named("git"), dir, args), args)
    }

    /// How long tix took, and how much it held at the most: tix itself, not the git processes that it starts. The system is
    /// asked each millisecond, and its answer is the most so far; without `/proc` it is nothing.
    pub fn use_of_tix(&self, dir: &Path, args: &[&str]) -> Used {
        let mut command = self.tix(&Machine::named("git"), dir, args);
        let began = Instant::now();
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let status = format!("/proc/{}/status", child.id());
        let (mut out, mut err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let mut peak_kb = 0;
        let ended = std::thread::scope(|scope| {
            use std::io::{copy, sink};
            scope.spawn(move || copy(&mut out, &mut sink()).unwrap());
            scope.spawn(move || copy(&mut err, &mut sink()).unwrap());
            loop {
                let said = fs::read_to_string(&status).unwrap_or_default();
                let line = said.lines().find_map(|line| line.strip_prefix("VmHWM:"));
                let now = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok());
                peak_kb = peak_kb.max(now.unwrap_or(0));
                if let Some(ended) = child.try_wait().unwrap() {
                    return ended;
                }
                std::thread::sleep(Duration::from_millis(1));
            }
        });
        let took = began.elapsed();
        assert!(ended.success(), "{args:?} ended with {ended}");
        Used { took, peak_kb }
    }

    /// How long tix takes to say how a command line can go on, as a shell asks it.
    pub fn time_completion(&self, dir: &Path, line: &[&str]) -> Duration {
        let words = [&["--", "tix"], line].concat();
        let mut command = self.tix(&Machine::named("git"), dir, &words);
        time(command.env("_TIX_COMPLETE", "fish"), &words)
    }

    /// tix as it is installed here.
    pub fn tix(&self, machine: &Machine, dir: &Path, args: &[&str]) -> Command {
        self.command(self.program.to_str().unwrap(), machine, dir, args)
    }
}

/// Copies tix as cargo has just built it, as an installation does, or the program that `TIX_BENCH_PROGRAM` names: to hold two
/// builds against each other.
///
/// A file that a linker has just written lies in small pieces in the memory that the kernel keeps of files: each start of it
/// takes a quarter of a millisecond longer than one of its copy.
fn install(directory: &Path) -> PathBuf {
    #[allow(clippy::disallowed_methods, reason = "a program of its own")]
    let other = std::env::var("TIX_BENCH_PROGRAM");
    let built = other.as_deref().unwrap_or(env!("CARGO_BIN_EXE_tix"));
    let installed = directory.join("bin/tix");
    fs::create_dir_all(directory.join("bin")).unwrap();
    fs::copy(built, &installed).unwrap();
    installed
}

fn time(command: &mut Command, args: &[&str]) -> Duration {
    let began = Instant::now();
    let output = command.output().unwrap();
    let took = began.elapsed();
    require(output, args);
    took
}

fn require(output: Output, args: &[&str]) -> Output {
    let words = String::from_utf8(output.stderr.clone()).unwrap_or_default();
    assert!(output.status.success(), "{args:?} ended with {}: {words}", output.status);
    output
}

fn text(output: &Output) -> String {
    std::str::from_utf8(&output.stdout).unwrap().trim_end().to_owned()
}
