//! `tix doctor`: every fault is made on purpose, found, mended where that is safe, and gone afterwards.

mod claims;
mod clone;
mod tickets;

use crate::harness::{Output, Place, Sandbox, Ticket, queue_ticket};

const ID: &str = "TICKET-foo-001";
const NO_HOOKS: &str = "info hooks-missing -";

fn queued(id: &str) -> String {
    format!("tickets/queue/{id}.md")
}

/// One ticket in the queue, one completed.
fn healthy() -> Sandbox {
    let sandbox = Sandbox::new();
    let done = Ticket::new("TICKET-old-001").key("status", "approved").text();
    sandbox.seed(&[
        (queued(ID), queue_ticket(ID)),
        ("tickets/completed/TICKET-old-001/TICKET-old-001.md".to_owned(), done),
        ("README.md".to_owned(), "# A project\n".to_owned()),
    ]);
    sandbox
}

/// Writes (or removes) files on the trunk, as somebody would by hand.
fn edit(hand: &Place, files: &[(&str, Option<String>)]) {
    hand.git(&["pull", "-q", "--ff-only"]);
    for (path, text) in files {
        match text {
            Some(text) => hand.write(path, text),
            None => std::fs::remove_file(hand.path().join(path)).unwrap(),
        }
        hand.git(&["add", "--", path]);
    }
    hand.git(&["commit", "-q", "-m", "by hand"]);
    hand.git(&["push", "-q"]);
}

/// What the doctor finds: `severity check ticket` each.
fn found(output: &Output) -> Vec<String> {
    let report = output.json();
    assert_eq!(report["schema"], "tix/doctor@1");
    let findings = report["findings"].as_array().unwrap().iter();
    let word = |value: &serde_json::Value| value.as_str().unwrap_or("-").to_owned();
    let lines = findings.map(|f| [&f["severity"], &f["check"], &f["ticket"]].map(word).join(" "));
    // Of a clone without hooks, as those of the other tests are, one test speaks for all.
    lines.filter(|line| line != NO_HOOKS).collect()
}

#[track_caller]
fn assert_found(place: &Place, expected: &[&str]) -> serde_json::Value {
    let output = place.tix(&["doctor", "--json"]);
    assert_eq!(found(&output), expected, "{output}");
    let errors = expected.iter().any(|finding| finding.starts_with("error"));
    output.exits(i32::from(errors)).json()
}

#[test]
fn a_healthy_repository_is_told_so_and_nothing_is_done_to_it() {
    let sandbox = healthy();
    let clone = sandbox.clone_named("a");
    clone.tix(&["hook", "install"]).success();
    clone.tix(&["activate", ID]).success();
    let tip = sandbox.remote().git(&["rev-parse", "main"]);
    let output = clone.tix(&["doctor"]);
    assert_eq!(output.success().stdout(), "healthy: 2 tickets on origin/main, 26 checks\n");
    let fixing = clone.tix(&["doctor", "--fix", "--json"]).success().json();
    assert_eq!(fixing["healthy"], true);
    assert_eq!(fixing["fixed"], serde_json::json!([]));
    assert_eq!(sandbox.remote().git(&["rev-parse", "main"]), tip);
    // Of another clone it is as healthy, and offline too.
    let other = sandbox.clone_named("b");
    assert_found(&other, &[]);
    other.tix(&["doctor", "--offline"]).success();
    // And where there is no remote.
    let local = sandbox.local_repository("c");
    assert_found(&local, &["warning claim-without-branch TICKET-foo-001"]);
}
