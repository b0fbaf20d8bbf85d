//! Remotes reached over a real transport, and a proxy that breaks the connection to them at a chosen moment.
//!
//! Everything listens on a port of the loopback interface that the system picks, lives in threads and child processes of
//! the test that started it, and ends when its value is dropped, whatever state its connections are in.
#![allow(
    clippy::disallowed_methods,
    reason = "the servers are processes of the harness, which clears their environment itself"
)]

mod daemon;
mod gate;
mod host;
mod http;
mod long_line;
mod proxy;
mod request;
mod sha1;
mod ssh;
mod wire;

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

pub use daemon::Daemon;
pub use gate::Gate;
pub use http::{Forced, HttpServer};
pub use proxy::{Fault, Proxy, When};
pub use ssh::{Ssh, write_program};

/// How long the harness waits for something that ought to happen at once: far more than a loaded machine needs, so that
/// reaching it means a bug.
pub const DEADLINE: Duration = Duration::from_secs(30);

/// Returns as soon as `holds` does; panics with `what` at the [`DEADLINE`].
pub fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let give_up = Instant::now() + DEADLINE;
    while !holds() {
        assert!(Instant::now() < give_up, "waited in vain until {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Becomes the program, and beside it waits for the end of the pipe on descriptor 2, which comes when the test program is
/// killed too: the kernel closes its end. Then the whole process group is killed. What waits has none of the program's
/// other streams, as a client waits until nobody holds them.
const GUARDED: &str = r#"(read -r nothing <&2; kill -KILL 0) </dev/null >/dev/null &
exec "$@" 2>/dev/null"#;

/// A `git` for [`host::Life::spawn`], which no kill of the test program leaves behind.
fn guarded_git(git: &OsStr, home: &Path) -> Command {
    let mut command = server_git("/bin/sh".as_ref(), home);
    command.args(["-c", GUARDED, "sh"]).arg(git);
    command
}

/// A program that knows nothing of the test's own environment and git configuration, as a server's does.
fn server_git(program: &OsStr, home: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_clear();
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.env("HOME", home);
    command.env("GIT_CONFIG_NOSYSTEM", "1");
    command.env("LC_ALL", "C");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}
