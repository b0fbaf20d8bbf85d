//! A test program that is killed leaves no server behind. This is looked up in /proc.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::io::Write as _;
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::thread;

use super::bench::{Bench, Client};
use crate::harness::net::{Daemon, HttpServer, wait_until};

/// Says to this test, started again as a program of its own, which directory to serve until it is killed.
const SERVE: &str = "TIX_TEST_SERVE";

/// The git programs that work on the two requests of [`serve`].
const SERVERS: [&str; 4] = ["daemon", "http-backend", "receive-pack", "upload-pack"];

#[test]
fn a_test_program_that_is_killed_leaves_no_server_behind() {
    if let Some(base) = env::var_os(SERVE) {
        serve(Path::new(&base));
    }
    let bench = Bench::new();
    let base = bench.dir.path();
    let mut program = Command::new(env::current_exe().unwrap());
    let name = thread::current().name().unwrap().to_owned();
    program.args(["--exact", &name]).env(SERVE, base);
    let program = Client::start(program);
    wait_until("all servers are at work", || working(base).is_superset(&SERVERS.into()));
    program.kill();
    wait_until("no server is left", || working(base).is_empty());
}

/// Serves a push and a fetch that both break off in the middle, and never ends.
fn serve(base: &Path) -> ! {
    let git = env::var_os("TIX_TEST_GIT").unwrap_or_else(|| "git".into());
    let (http, daemon) = (HttpServer::start(&git, base), Daemon::start(&git, base));
    let (mut push, mut fetch) =
        [http.addr(), daemon.addr()].map(|addr| TcpStream::connect(addr).unwrap()).into();
    let head = "POST /r.git/git-receive-pack HTTP/1.1\r\n\
                Content-Type: application/x-git-receive-pack-request\r\nContent-Length: 1000\r\n\r\n";
    push.write_all(head.as_bytes()).unwrap();
    push.write_all(b"0094").unwrap();
    fetch.write_all(b"0022git-upload-pack /r.git\0host=h\0").unwrap();
    loop {
        thread::park();
    }
}

/// What git does for the servers of this directory, which is their home.
fn working(base: &Path) -> BTreeSet<&'static str> {
    let home = format!("HOME={}", base.display());
    let processes = fs::read_dir("/proc").unwrap().filter_map(|entry| {
        let path = entry.unwrap().path();
        // Neither can be read of a process that is another user's, or has ended.
        Some((fs::read(path.join("environ")).ok()?, fs::read(path.join("cmdline")).ok()?))
    });
    let words = |bytes: &[u8]| -> Vec<String> {
        bytes.split(|byte| *byte == 0).map(|word| String::from_utf8_lossy(word).into()).collect()
    };
    let ours = processes.filter(|(environment, _)| words(environment).contains(&home));
    let lines: Vec<Vec<String>> = ours.map(|(_, line)| words(&line)).collect();
    let is_in = |name: &&str| lines.iter().flatten().any(|word| word.ends_with(*name));
    SERVERS.into_iter().filter(is_in).collect()
}
