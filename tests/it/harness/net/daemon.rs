//! `git daemon`: remotes of the form `git://…`, for anonymous pushes too.

use std::ffi::OsStr;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::Stdio;

use super::guarded_git;
use super::host::{Connection, Host};

/// Serves every repository below a directory.
pub struct Daemon {
    host: Host,
}

impl Daemon {
    /// Serves `base` with the given `git`.
    ///
    /// The harness listens and starts `git daemon --inetd` for each connection. A daemon that listens itself must be told a
    /// port, which somebody else can take before it does, and survives a test program that is killed.
    pub fn start(git: impl AsRef<OsStr>, base: &Path) -> Self {
        let (git, base) = (git.as_ref().to_owned(), base.to_owned());
        Self { host: Host::start(move |connection| serve(&git, &base, &connection)) }
    }

    pub fn addr(&self) -> SocketAddr {
        self.host.addr()
    }

    /// The address of the repository `repo`, a path relative to the base.
    pub fn url(&self, repo: &str) -> String {
        url(self.addr(), repo)
    }
}

/// The address of `repo` on a `git://` server, or on a proxy in front of one.
pub fn url(addr: SocketAddr, repo: &str) -> String {
    format!("git://{addr}/{repo}")
}

fn serve(git: &OsStr, base: &Path, connection: &Connection) {
    let socket = || Stdio::from(OwnedFd::from(connection.stream.try_clone().unwrap()));
    let mut command = guarded_git(git, base);
    command.args([
        "daemon",
        "--inetd",
        "--export-all",
        "--enable=receive-pack",
        "--informative-errors",
    ]);
    command.arg(format!("--base-path={}", base.to_str().expect("a UTF-8 path")));
    command.stdin(socket()).stdout(socket());
    if let Err(error) = connection.life.spawn(&mut command) {
        assert!(connection.life.is_stopping(), "git daemon: {error}");
    }
    // The sockets close here, on our side: the client sees the end when the daemon's last process is gone.
}
