//! Who may come in, from where, and what every answer says of itself.

use std::fs;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};

use crate::activate::{ID, QUEUED};
use crate::harness::net::wait_until;
use crate::harness::{Gate, Place, Sandbox, queue_ticket};

use super::{Ask, Served};

pub fn ready() -> (Sandbox, Place) {
    let sandbox = Sandbox::new();
    sandbox.seed(&[(QUEUED, queue_ticket(ID))]);
    let clone = sandbox.clone_named("a");
    (sandbox, clone)
}

#[test]
fn the_token_opens_one_session_and_the_cookie_is_named_by_port() {
    let (_sandbox, clone) = ready();
    let served = Served::at(&clone);
    assert_eq!(served.token().len(), 64, "256 bits: {}", served.address);
    // HEAD asks what GET would do, and uses nothing up.
    let enter = Ask::new("GET", &format!("/enter?token={}", served.token()));
    let enter = enter.with("Host", &served.host());
    served.ask(&enter.clone().method("HEAD")).is(403);
    let session = served.enter();
    assert!(session.cookie.starts_with(&format!("tix-{}=", served.port)), "{}", session.cookie);
    assert_eq!(session.cookie.split_once('=').unwrap().1.len(), 64);
    assert_eq!(session.csrf.len(), 64);
    let again = served.ask(&enter);
    assert_eq!(again.is(403).header("set-cookie"), None);
    served.ask(&served.look(&session, "/")).is(200);
}

#[test]
fn every_answer_says_what_a_browser_may_do_with_it() {
    let (_sandbox, clone) = ready();
    let served = Served::at(&clone);
    let session = served.enter();
    let look = |path: &str| served.ask(&served.look(&session, path));
    let stranger = served.ask(&Ask::new("GET", "/").with("Host", &served.host()));
    let foreign = served.ask(&served.look(&session, "/").with("Host", "evil.example"));
    let ticket = format!("/t/{ID}");
    let pages = ["/", "/style.css", "/live.js", "/nowhere", "/flow", "/new", &ticket];
    let replies = pages.map(look).into_iter().chain([stranger, foreign]);
    for reply in replies {
        let header = |name: &str| reply.header(name).unwrap_or_else(|| panic!("{name}: {reply:?}"));
        let policy = header("content-security-policy");
        for rule in [
            "default-src 'none'",
            "script-src 'self';",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        ] {
            assert!(policy.contains(rule), "{rule}: {policy}");
        }
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("referrer-policy"), "same-origin");
        assert_eq!(header("x-frame-options"), "DENY");
        assert_eq!(header("cache-control"), "no-store");
        assert_eq!(header("cross-origin-opener-policy"), "same-origin");
        assert_eq!(header("cross-origin-resource-policy"), "same-origin");
        assert_eq!(reply.header("access-control-allow-origin"), None);
    }
    let page = look("/");
    let head = served.ask(&served.look(&session, "/").method("HEAD"));
    assert_eq!((head.is(200).body.as_str(), page.body.is_empty()), ("", false));
    assert_eq!(head.header("content-length"), page.header("content-length"));
}

/// A server of all addresses of this machine would answer at this one, too.
#[test]
fn only_the_loopback_addresses_answer() {
    let (_sandbox, clone) = ready();
    let served = Served::at(&clone);
    let another = SocketAddr::from((Ipv4Addr::new(127, 0, 0, 2), served.port));
    assert!(TcpStream::connect(another).is_err());
    if TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_ok() {
        TcpStream::connect((Ipv6Addr::LOCALHOST, served.port)).unwrap();
    }
    for option in ["--host=0.0.0.0", "--bind=0.0.0.0", "--address=0.0.0.0"] {
        clone.tix(&["serve", option]).exits(2);
    }
}

#[test]
fn read_only_writes_nothing() {
    let (_sandbox, clone) = ready();
    let served = Served::start(&clone.tix_command(&["serve", "--read-only"]));
    let session = served.enter();
    let ticket = format!("/t/{ID}");
    for path in ["/", &ticket, "/workers", "/writes", "/doctor", "/doctor?plan=1", "/flow"] {
        let page = served.ask(&served.look(&session, path));
        let body = &page.is(200).body;
        assert!(!body.contains("method=\"post\"") && !body.contains("/new\""), "{path}: {body}");
    }
    for path in ["/new", &format!("{ticket}/edit"), &format!("{ticket}/tick")] {
        served.ask(&served.look(&session, path)).is(404);
    }
    // No token of a form could help.
    for path in ["/new", &format!("{ticket}/note"), "/doctor/fix"] {
        let refused = served.ask(&served.form(&session, path, &[("title", "Written")]));
        assert!(refused.is(403).body.contains("was started with --read-only"), "{refused:?}");
    }
    assert!(!clone.exists(".git/tix/audit.jsonl"));
}

/// Everybody on a machine may read the arguments of a process, and Ctrl-C on the terminal goes to the whole process group.
#[test]
fn the_browser_is_handed_no_token_in_its_arguments_and_outlives_the_server() {
    let (sandbox, clone) = ready();
    let directory = sandbox.fresh_directory("desktop");
    let desktop = clone.at(&directory);
    let mut gate = Gate::new(&directory.join("gate"));
    let script = format!(
        "#!/bin/sh\ncd '{}'\nprintf '%s\\n' \"$@\" >arguments\nls -l \"$1\" >mode\ncat \"$1\" >file\n{}\necho >done\n",
        directory.display(),
        gate.script("browser")
    );
    desktop.write_script("bin/xdg-open", &script);
    let path = std::env::join_paths(
        std::iter::once(directory.join("bin"))
            .chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())),
    );
    let command = clone.tix_command(&["serve", "--open"]).env("DISPLAY", ":0");
    let mut served = Served::start(&command.env("PATH", path.unwrap()));
    gate.wait_for(1);
    let arguments = desktop.read("arguments");
    assert!(!arguments.contains(served.token()) && arguments.lines().count() == 1, "{arguments}");
    assert!(desktop.read("mode").starts_with("-rw-------"), "{}", desktop.read("mode"));
    let file = desktop.read("file");
    assert!(file.contains(&format!("content=\"0; url={}\"", served.address)), "{file}");
    served.signal_group(rustix::process::Signal::INT);
    let (code, said) = served.wait();
    assert_eq!(code, Some(0), "{said}");
    assert!(!clone.exists(".git/tix/serve.html"));
    gate.open();
    wait_until("the browser ends when it likes", || desktop.exists("done"));
}

#[test]
fn a_second_one_says_where_the_first_is() {
    let (_sandbox, clone) = ready();
    let mut served = Served::at(&clone);
    let worktree = clone.worktree("beside");
    for place in [&clone, &worktree, &clone.at("below")] {
        let second = place.tix(&["serve"]);
        let said = second.exits(5).stderr().to_owned();
        assert!(said.contains(&format!("http://127.0.0.1:{}/", served.port)), "{said}");
        assert!(!said.contains(served.token()), "{said}");
    }
    served.end();
    // A crash leaves a record that says nothing.
    let killed = Served::at(&worktree);
    let old = format!(":{}/", killed.port);
    killed.signal(rustix::process::Signal::KILL);
    drop(killed);
    assert!(clone.read(".git/tix/serve").contains(&old));
    // Its lock has ended with it. Whoever has the lock and has written no address yet is not taken for the old one.
    let lock = clone.path().join(".git/tix/locks/serve.lock");
    let begun = Served::at(&clone);
    fs::remove_file(clone.path().join(".git/tix/serve")).unwrap();
    let said = clone.tix(&["serve"]).exits(5).stderr().to_owned();
    assert!(said.contains("is served already") && !said.contains("http://"), "{said}");
    begun.enter();
    assert!(lock.exists());
}

#[test]
fn a_port_in_use_is_an_error() {
    let (_sandbox, clone) = ready();
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let refused = clone.tix(&["serve", "--port", &port]);
    let said = refused.exits(5).stderr().to_owned();
    assert!(said.contains(&format!("port {port} of this machine cannot be used")), "{said}");
    assert!(said.contains("hint: take a free one: tix serve"), "{said}");
    clone.tix(&["serve", "--port", "65536"]).exits(2);
}

/// Neither what it logs nor what it leaves in the repository lets anybody in.
#[test]
fn no_token_is_written_down() {
    let (_sandbox, clone) = ready();
    let command = clone.tix_command(&["serve"]).env("TIX_LOG", "trace");
    let mut served = Served::start(&command);
    let session = served.enter();
    served.ask(&served.look(&session, "/")).is(200);
    served.ask(&served.form(&session, "/new", &[("title", "Written")])).is(303);
    served.ask(&served.form(&session, "/nowhere", &[])).is(404);
    served.ask(&served.look(&session, "/").with("Host", "evil.example")).is(421);
    let mut said = served.end();
    said.push_str(&served.rest_of_stdout());
    assert!(said.contains("git"), "nothing was logged: {said}");
    let cookie = session.cookie.split_once('=').unwrap().1;
    let mut seen = vec![("its output".to_owned(), said.into_bytes())];
    let mut directories = vec![clone.common_dir().join("tix")];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path);
            } else {
                seen.push((path.display().to_string(), fs::read(&path).unwrap()));
            }
        }
    }
    for (place, bytes) in seen {
        let text = String::from_utf8_lossy(&bytes);
        for secret in [served.token(), cookie, &session.csrf] {
            assert!(!text.contains(secret), "{place}");
        }
    }
}
