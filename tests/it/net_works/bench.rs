//! What these tests run against.

use std::ffi::OsString;
use std::fs;
use std::process::{Command, Stdio};

use tempfile::TempDir;

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
        let bench = Self {
            dir: TempDir::new().unwrap(),
            git,
        };
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
        command
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", self.dir.path());
        command
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("LC_ALL", "C");
        for role in ["AUTHOR", "COMMITTER"] {
            command
                .env(format!("GIT_{role}_NAME"), "A")
                .env(format!("GIT_{role}_EMAIL"), "a@example.org");
        }
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
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
        fs::write(
            self.dir.path().join("work").join(name),
            noise.take(size).collect::<Vec<_>>(),
        )
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
