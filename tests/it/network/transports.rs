//! What servers say in the language of their transport.

use super::line::{ACTIVATE, ID, Line, in_time};
use crate::harness::net::{Forced, Ssh};
use crate::harness::{Place, Sandbox, Untouched, no_leftovers, queue_ticket};

#[test]
fn an_answer_of_http_has_the_exit_code_of_what_it_means() {
    let line = Line::over_http();
    let server = line.http.as_ref().unwrap();
    let before = Untouched::of(&line.first);
    let tip = line.tip();
    for (status, exit) in [(401, 6), (403, 6), (500, 7)] {
        for forced in [Forced::Everything(status), Forced::Pushes(status), Forced::Packs(status)] {
            server.force(forced);
            let output = in_time(line.first.tix_command(ACTIVATE));
            assert_eq!(output.code, Some(exit), "{forced:?}: {output}");
            assert!(!output.stderr().contains("held"), "{output}");
            assert_eq!(line.tip(), tip);
            before.assert_same(&line.first);
            no_leftovers(&line.first);
        }
    }
    server.force(Forced::Nothing);
    line.assert_all_goes_on();
}

#[test]
fn a_login_in_the_address_is_used_and_never_shown() {
    let line = Line::over_http();
    let server = line.http.as_ref().unwrap();
    server.require_login("ada", "s3cret");
    let url = server.url_for("ada", "s3cret", "origin.git");
    line.first.git(&["remote", "set-url", "origin", &url]);
    let output = line.first.tix(&["activate", ID, "--json"]);
    output.success();
    line.assert_first_holds();
    let wrong = server.url_for("ada", "wr0ng", "origin.git");
    line.first.git(&["remote", "set-url", "origin", &wrong]);
    let refused = line.first.tix(&["release", ID]);
    refused.exits(6);
    for output in [output, refused] {
        assert!(!output.to_string().contains("s3cret"), "{output}");
        assert!(!output.to_string().contains("wr0ng"), "{output}");
    }
}

/// A clone that reaches the remote by way of an ssh that is first on its PATH.
fn over_ssh(sandbox: &Sandbox, name: &str, url: &str, ssh: &Ssh) -> Place {
    let place = sandbox.clone_named(name);
    place.git(&["remote", "set-url", "origin", url]);
    let variables = sandbox.shared().variables();
    let mut path = ssh.bin().as_os_str().to_owned();
    path.push(":");
    path.push(&variables[std::ffi::OsStr::new("PATH")]);
    place.env("PATH", path)
}

#[test]
fn the_same_command_works_over_ssh() {
    let sandbox = Sandbox::new();
    sandbox.seed(&[(format!("tickets/queue/{ID}.md"), queue_ticket(ID))]);
    let ssh = Ssh::install(sandbox.shared().git(), &sandbox.root().join("ssh"), sandbox.root());
    let first = over_ssh(&sandbox, "a", "host:origin.git", &ssh);
    let long = format!("ssh://ada@host:2222{}/origin.git", sandbox.root().display());
    let second = over_ssh(&sandbox, "b", &long, &ssh).on_machine("second");

    first.tix(&["activate", ID]).success();
    second.tix(&["activate", ID]).exits(3);
    first.tix(&["release", ID]).success();
    second.tix(&["activate", ID]).success();
    assert!(ssh.calls().iter().any(|call| call.contains("git-receive-pack")));

    let before = Untouched::of(&first);
    for (words, exit) in [
        ("ssh: connect to host host port 22: Connection refused", 7),
        ("ada@host: Permission denied (publickey).", 6),
        ("Host key verification failed.", 6),
    ] {
        ssh.refuse(words);
        let output = in_time(first.tix_command(ACTIVATE));
        assert_eq!(output.code, Some(exit), "{words}: {output}");
        before.assert_same(&first);
        ssh.accept();
    }
}
