//! What these tests run against.

use std::ffi::OsString;
use std::fs;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tempfile::TempDir;

use crate::harness::net::{Daemon, HttpServer, Proxy, write_program};
use crate::harness::scratch;

/// A bare repository `r.git` with one commit, and a clone `work` that is one commit ahead of it.
pub struct Bench {
    pub dir: TempDir,
    pub git: OsString,
}

/// More than fits in one piece of anything between the two sides.
pub const BIG: usize = 300_000;

impl Bench {
    pub fn new() -> Self {
        let git = std::env::var_os("TIX_TEST_GIT").unwrap_or_else(|| "git".into());
        let bench = Self { dir: scratch::directory("tix"), git };
        ok(bench.git(["init", "-q", "--bare", "-b", "main", "r.git"]));
        ok(bench.git(["init", "-q", "-b", "main", "work"]));
        bench.commit("first", 10);
        ok(bench.work(["push", "-q", "../r.git", "main"]));
        bench.commit("second", 10);
        bench
    }

    /// git in the directory that the servers serve.
    pub fn git<const N: usize>(&self, args: [&str; N]) -> Command {
        let mut command = Command::new(&self.git);
        command.args(args).current_dir(self.dir.path()).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap()).env("HOME", self.dir.path());
        command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_TERMINAL_PROMPT", "0").env("LC_ALL", "C");
        for role in ["AUTHOR", "COMMITTER"] {
            command
                .env(format!("GIT_{role}_NAME"), "A")
                .env(format!("GIT_{role}_EMAIL"), "a@example.org");
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub fn work<const N: usize>(&self, args: [&str; N]) -> Command {
        let mut command = self.git(args);
        command.current_dir(self.dir.path().join("work"));
        command
    }

    /// Commits a file of this many bytes that do not compress.
    pub fn commit(&self, name: &str, size: usize) {
        let mut state = 0x2545_f491_4f6c_dd1d_u64;
        let noise = std::iter::repeat_with(|| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()[3]
        });
        fs::write(self.dir.path().join("work").join(name), noise.take(size).collect::<Vec<_>>())
            .unwrap();
        ok(self.work(["add", name]));
        ok(self.work(["commit", "-q", "-m", name]));
    }

    /// The remote's trunk.
    pub fn remote_tip(&self) -> String {
        ok(self.git(["-C", "r.git", "rev-parse", "main"]))
    }

    /// The commit at the trunk's place in the clone, `main` or `main~1`.
    pub fn local(&self, revision: &str) -> String {
        ok(self.work(["rev-parse", revision]))
    }

    pub fn hook(&self, name: &str, text: &str) {
        let path = self.dir.path().join("r.git/hooks").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        write_program(&path, text);
    }
}

/// What a command says that must succeed.
#[track_caller]
pub fn ok(mut command: Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// What a command complains about that must fail.
#[track_caller]
pub fn fails(mut command: Command) -> String {
    let output = command.output().unwrap();
    assert!(!output.status.success(), "{command:?}: {output:?}");
    String::from_utf8(output.stderr).unwrap()
}

/// A client that the test does not wait for; it is killed with its descendants at the latest on drop.
pub struct Client(Child);

impl Client {
    pub fn start(mut command: Command) -> Self {
        Self(command.process_group(0).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }

    /// Kills it alone, as somebody else would.
    pub fn kill(&self) {
        kill_process(Pid::from_child(&self.0), Signal::KILL).unwrap();
    }

    pub fn is_running(&mut self) -> bool {
        self.0.try_wait().unwrap().is_none()
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        if self.is_running() {
            kill_process_group(Pid::from_child(&self.0), Signal::KILL).ok();
        }
        self.0.wait().ok();
    }
}

/// A bench, with a proxy between the clone and the repository, and one of the servers. The fields end in this order.
pub struct Rig {
    pub proxy: Proxy,
    pub url: String,
    pub daemon: Option<Daemon>,
    pub http: Option<HttpServer>,
    pub bench: Bench,
}

impl Rig {
    /// One for each transport that a proxy understands: git's own, and HTTP.
    pub fn each() -> [Self; 2] {
        [Self::over_git(), Self::over_http()]
    }

    fn over_git() -> Self {
        let bench = Bench::new();
        let daemon = Daemon::start(&bench.git, bench.dir.path());
        let proxy = Proxy::start(daemon.addr());
        Self { url: proxy.git_url("r.git"), proxy, daemon: Some(daemon), http: None, bench }
    }

    pub fn over_http() -> Self {
        let bench = Bench::new();
        let server = HttpServer::start(&bench.git, bench.dir.path());
        let proxy = Proxy::start(server.addr());
        Self { url: proxy.http_url("r.git"), proxy, daemon: None, http: Some(server), bench }
    }

    pub fn push(&self) -> Command {
        self.bench.work(["push", &self.url, "main"])
    }

    pub fn ls_remote(&self) -> Command {
        self.bench.work(["ls-remote", &self.url])
    }

    #[track_caller]
    pub fn assert_landed(&self) {
        assert_eq!(self.bench.remote_tip(), self.bench.local("main"), "{}", self.url);
    }

    #[track_caller]
    pub fn assert_not_landed(&self) {
        assert_eq!(self.bench.remote_tip(), self.bench.local("main~1"), "{}", self.url);
    }
}
