//! The network harness does what it says, shown with git alone.
#![allow(clippy::disallowed_methods, reason = "these tests run git themselves")]

mod bench;
mod faults;
#[cfg(target_os = "linux")]
mod killed;

use std::fs;
use std::io::Read as _;
use std::path::PathBuf;
use std::process::Command;
use std::sync::mpsc;
use std::thread;

use crate::harness::net::{DEADLINE, Daemon, Forced, HttpServer, Ssh};
use bench::{BIG, Bench, Client, Rig, fails, ok};

#[test]
fn git_daemon_serves_clones_and_pushes() {
    let bench = Bench::new();
    let daemon = Daemon::start(&bench.git, bench.dir.path());
    ok(bench.git(["clone", "-q", &daemon.url("r.git"), "copy"]));
    ok(bench.work(["push", "--atomic", &daemon.url("r.git"), "main", "main:other"]));
    assert_eq!(bench.remote_tip(), bench.local("main"));
    let words = fails(bench.git(["ls-remote", &daemon.url("none.git")]));
    assert!(words.contains("no such repository"), "{words}");
}

#[test]
fn http_serves_clones_and_pushes() {
    let bench = Bench::new();
    let server = HttpServer::start(&bench.git, bench.dir.path());
    ok(bench.git(["clone", "-q", &server.url("r.git"), "copy"]));
    ok(bench.work(["push", "--atomic", &server.url("r.git"), "main", "main:other"]));
    assert_eq!(bench.remote_tip(), bench.local("main"));
    assert_eq!(server.log().last().unwrap(), "POST /r.git/git-receive-pack 200");
    fails(bench.git(["ls-remote", &server.url("none.git")]));
    assert_eq!(server.log().last().unwrap(), "GET /none.git/info/refs 404");
}

#[test]
fn http_takes_chunked_pushes_compressed_fetches_and_names_with_blanks() {
    let bench = Bench::new();
    fs::rename(bench.dir.path().join("r.git"), bench.dir.path().join("a repo.git")).unwrap();
    let server = HttpServer::start(&bench.git, bench.dir.path());
    let url = server.url("a%20repo.git");
    bench.commit("big", BIG);
    // A pack above the limit goes in chunks, after a request that is only there to log in.
    ok(bench.work(["-c", "http.postBuffer=65536", "push", &url, "main"]));
    let posts = server.log().iter().filter(|line| line.starts_with("POST")).count();
    assert_eq!(posts, 2, "{:?}", server.log());
    // Many different commits to ask for make a request that git compresses.
    let tip = bench.local("main");
    let commits = (0..40).map(|n| {
        format!(
            "commit refs/heads/b{n}\ncommitter A <a@example.org> {n} +0000\ndata 1\nx\nfrom {tip}\n"
        )
    });
    fs::write(bench.dir.path().join("stream"), commits.collect::<String>()).unwrap();
    let mut import = bench.git(["-C", "a repo.git", "fast-import", "--quiet"]);
    import.stdin(fs::File::open(bench.dir.path().join("stream")).unwrap());
    ok(import);
    ok(bench.work(["fetch", "-q", &url, "refs/heads/*:refs/copies/*"]));
    assert_eq!(ok(bench.work(["for-each-ref", "refs/copies"])).lines().count(), 41);
}

#[test]
fn http_asks_for_credentials() {
    let bench = Bench::new();
    let server = HttpServer::start(&bench.git, bench.dir.path());
    server.require_login("user", "secret");
    fails(bench.work(["push", &server.url("r.git"), "main"]));
    let words = fails(bench.work(["push", &server.url_for("user", "wrong", "r.git"), "main"]));
    assert!(words.contains("Authentication failed"), "{words}");
    assert!(server.log().iter().all(|line| line.ends_with(" 401")), "{:?}", server.log());
    ok(bench.work(["push", &server.url_for("user", "secret", "r.git"), "main"]));
    assert_eq!(bench.remote_tip(), bench.local("main"));
}

#[test]
fn http_answers_with_a_forced_status() {
    let bench = Bench::new();
    let server = HttpServer::start(&bench.git, bench.dir.path());
    let url = server.url("r.git");
    for (forced, words) in [(Forced::Pushes(403), "error: 403"), (Forced::Packs(500), "HTTP 500")] {
        server.force(forced);
        ok(bench.work(["ls-remote", &url]));
        let said = fails(bench.work(["push", &url, "main"]));
        assert!(said.contains(words), "{said}");
    }
    server.force(Forced::Everything(500));
    fails(bench.work(["ls-remote", &url]));
    assert_eq!(bench.remote_tip(), bench.local("main~1"));
    server.force(Forced::Nothing);
    ok(bench.work(["push", &url, "main"]));
}

#[test]
fn ssh_serves_both_forms_of_address() {
    let bench = Bench::new();
    let ssh = Ssh::install(&bench.git, &bench.dir.path().join("it's a bin"), bench.dir.path());
    let path = [ssh.bin().to_owned(), PathBuf::from(std::env::var_os("PATH").unwrap())];
    let over_ssh = |mut command: Command| {
        let parts = path.iter().map(|part| part.to_str().unwrap());
        command.env("PATH", parts.collect::<Vec<_>>().join(":"));
        command
    };
    let long = format!("ssh://user@host:2222{}/r.git", bench.dir.path().display());
    ok(over_ssh(bench.git(["clone", "-q", "host:r.git", "copy"])));
    let mut push = over_ssh(bench.work(["push", &long, "main"]));
    push.env("GIT_SSH_COMMAND", "ssh -i key -oBatchMode=yes -T");
    ok(push);
    assert_eq!(bench.remote_tip(), bench.local("main"));
    let receive = format!("user@host git-receive-pack '{}/r.git'", bench.dir.path().display());
    assert_eq!(ssh.calls(), ["host git-upload-pack 'r.git'", &receive]);

    ssh.refuse("ssh: connect to host host port 22: Connection refused");
    let words = fails(over_ssh(bench.git(["ls-remote", "host:r.git"])));
    assert!(words.contains("Connection refused"), "{words}");
    ssh.accept();
    ok(over_ssh(bench.git(["ls-remote", "host:r.git"])));
    assert_eq!(ssh.calls().len(), 4);
}

#[test]
fn dropping_a_server_ends_every_process_of_it() {
    for rig in Rig::each() {
        ok({
            let mut mkfifo = Command::new("mkfifo");
            mkfifo.arg(rig.bench.dir.path().join("fifo"));
            mkfifo
        });
        // Whoever descends from the hook holds the FIFO's writing end, so its reader sees the end when the last of them has gone.
        rig.bench.hook(
            "pre-receive",
            "#!/bin/sh\nexec 9>../fifo\necho here >&9\nsleep 1000\necho late >&9\n",
        );
        let (tell, told) = mpsc::channel();
        let fifo = rig.bench.dir.path().join("fifo");
        thread::spawn(move || {
            let mut fifo = fs::File::open(fifo).unwrap();
            let mut first = [0; 5];
            fifo.read_exact(&mut first).unwrap();
            tell.send(first.to_vec()).unwrap();
            let mut rest = Vec::new();
            fifo.read_to_end(&mut rest).unwrap();
            tell.send(rest).unwrap();
        });
        let _client = Client::start(rig.push());
        assert_eq!(told.recv_timeout(DEADLINE).unwrap(), b"here\n");
        drop((rig.daemon, rig.http));
        assert_eq!(told.recv_timeout(DEADLINE).unwrap(), b"");
    }
}
