//! Remotes reached over a real transport.
//!
//! Everything listens on a port of the loopback interface that the system picks, lives in threads and child processes of
//! the test that started it, and ends when its value is dropped, whatever state its connections are in.
#![allow(
    clippy::disallowed_methods,
    reason = "the servers are processes of the harness, which clears their environment itself"
)]

mod daemon;
mod host;
mod http;
mod request;
mod ssh;

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};

pub use daemon::Daemon;
pub use http::{Forced, HttpServer};
pub use ssh::Ssh;

/// A `git` that knows nothing of the test's own environment and configuration, as a server's does.
fn server_git(git: &OsStr, home: &Path) -> Command {
    let mut command = Command::new(git);
    command.env_clear();
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.env("HOME", home);
    command.env("GIT_CONFIG_NOSYSTEM", "1");
    command.env("LC_ALL", "C");
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}
