//! No credential gets out: not to the terminal, not into JSON, the log, the ticket or the history.

use super::{ID, QUEUED, one_ticket, subjects};
use crate::harness::{Do, On, Output, Place, Sandbox, Shim};

const TOKEN: &str = "ghp_0123456789abcdefghijklmnopqrstuvwxyzAB";

fn clean(what: &str, text: &str) {
    assert!(
        !text.contains(TOKEN) && !text.contains("hunter2"),
        "{what} holds a credential:\n{text}"
    );
}

/// Everything that a command can have written anywhere.
fn nothing_leaks(sandbox: &Sandbox, clone: &Place, output: &Output) {
    clean("the output", &output.to_string());
    let log = clone.common_dir().join("tix/audit.jsonl");
    clean("the audit log", &std::fs::read_to_string(log).unwrap());
    let remote = sandbox.remote();
    for name in remote.git(&["for-each-ref", "--format=%(refname)"]).lines() {
        clean(name, &remote.git(&["log", "-p", "--format=%B", name]));
    }
}

#[test]
fn the_password_in_a_url_is_shown_nowhere() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a");
    // git reaches the real remote under a name with credentials.
    let url = format!("https://user:{TOKEN}@example.invalid/x.git");
    let real = clone.git(&["config", "remote.origin.url"]);
    clone.git(&["config", &format!("url.{real}.insteadOf"), &url]);
    clone.git(&["config", "remote.origin.url", &url]);
    for args in [
        &["activate", ID][..],
        &["activate", ID, "--json"],
        &["release", ID, "--json"],
        &["new", "A ticket", "--json"],
        &["activate", ID, "--json"],
        &["release", ID],
    ] {
        let output = clone.tix(args);
        nothing_leaks(&sandbox, &clone, &output);
    }
    // Also when git complains about the URL itself, and when tix tells everything it does.
    clone.git(&["config", "--unset-all", &format!("url.{real}.insteadOf")]);
    for run in
        [clone.tix_command(&["activate", ID]), clone.tix_command(&["activate", ID, "--json"])]
    {
        let output = run.env("TIX_LOG", "trace").env("GIT_TRACE", "1").run();
        assert_ne!(output.code, Some(0), "{output}");
        nothing_leaks(&sandbox, &clone, &output);
    }
}

#[test]
fn what_a_server_prints_is_shown_without_its_secrets() {
    let sandbox = one_ticket();
    let script = format!(
        "echo 'use https://bot:hunter2hunter2@example.org/x.git or the token {TOKEN}' >&2\n\
         echo 'Authorization: Bearer {TOKEN}' >&2; exit 1"
    );
    sandbox.remote().hook("pre-receive", &script);
    let clone = sandbox.clone_named("a");
    for args in [&["activate", ID][..], &["activate", ID, "--json"], &["new", "X"]] {
        let output = clone.tix(args);
        output.exits(6);
        nothing_leaks(&sandbox, &clone, &output);
        assert!(output.to_string().contains("the token ghp_***"), "{output}");
    }
}

#[test]
fn a_failure_that_is_written_into_the_ticket_holds_no_secret() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a");
    let shim = Shim::new(&sandbox);
    let stderr = "fatal: cannot read https://bot:ghp_0123456789abcdefghijklmnopqrstuvwxyzAB@example.org/x.git\n";
    shim.rule(On::command("worktree").with("add"), Do::Fail { code: 128, stderr });
    let output = clone.tix_command(&["activate", ID, "--json"]).through(&shim).run();
    output.exits(5);
    nothing_leaks(&sandbox, &clone, &output);
    let text = String::from_utf8(sandbox.remote().show("main", QUEUED)).unwrap();
    assert!(text.contains("https://***@example.org/x.git"), "{text}");
    let shim = Shim::new(&sandbox);
    shim.rule(On::command("worktree").with("add"), Do::Fail { code: 128, stderr });
    let output = clone.tix_command(&["activate", ID, "--keep-claim"]).through(&shim).run();
    nothing_leaks(&sandbox, &clone, output.exits(8));
}

#[test]
fn every_write_is_a_line_of_the_log_also_those_that_failed() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a");
    clone.tix(&["activate", ID]).success();
    clone.tix(&["activate", ID]).exits(3);
    clone.tix(&["release", ID]).success();
    clone.tix(&["release", ID]).exits(5);
    let shim = Shim::new(&sandbox);
    shim.rule(On::command("worktree").with("add"), Do::Fail { code: 128, stderr: "fatal: no\n" });
    clone.tix_command(&["activate", ID]).through(&shim).run().exits(5);
    let log = std::fs::read_to_string(clone.common_dir().join("tix/audit.jsonl")).unwrap();
    let lines: Vec<serde_json::Value> =
        log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told: Vec<_> = lines
        .iter()
        .map(|l| {
            (
                l["operation"].as_str().unwrap(),
                l["outcome"].as_str().or(l["phase"].as_str()).unwrap(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("activate", "activated"),
            ("activate", "claim"),
            ("release", "released"),
            ("release", "release"),
            ("activate", "set-up"),
        ]
    );
    let commits = sandbox.remote().git(&["log", "--reverse", "--format=%H", "main"]);
    let commits: Vec<&str> = commits.lines().skip(1).collect();
    assert_eq!(lines[0]["commits"][0], commits[0]);
    assert_eq!(lines[0]["commits"].as_array().unwrap().len(), 2);
    assert_eq!(lines[2]["commits"][0], commits[1]);
    // The one whose set-up failed claims what it pushed.
    assert_eq!(lines[4]["commits"][0], commits[2]);
    assert_eq!(lines[4]["exit"], 5);
    assert_eq!(subjects(&sandbox).len(), 4);
}

#[test]
fn a_machine_is_named_by_claims_and_nothing_else() {
    let sandbox = one_ticket();
    let ada = sandbox.clone_named("a");
    ada.tix(&["activate", ID]).success();
    let host =
        ada.git(&["log", "-1", "--format=%(trailers:key=Tix-Host,valueonly)", "origin/main"]);
    assert!(!host.trim().is_empty() && !host.contains('.'), "{host}");
    for args in [
        &["note", ID, "a word"][..],
        &["block", ID, "--reason", "x"],
        &["unblock", ID],
        &["set", ID, "priority=P1"],
        &["release", ID, "--reason", "x"],
        &["new", "Another"],
    ] {
        ada.tix(args).success();
    }
    let named = format!("--grep={}", host.trim());
    let subjects = sandbox.remote().git(&["log", "--all", "-F", &named, "--format=%s"]);
    assert_eq!(subjects.trim(), format!("claim: {ID}"));
}
