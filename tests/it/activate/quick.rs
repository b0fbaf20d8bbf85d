//! How many connections a claim takes, and that what was seen before is good for a try and for no answer.

use std::time::Duration;

use super::{ACTIVE, BRANCH, ID, QUEUED, one_ticket, release_by_claim, subjects};
use crate::harness::{Output, Place, Sandbox, Shim, queue_ticket};

/// What a run says, and its connections to the remote in their order.
fn counted(clone: &Place, sandbox: &Sandbox, args: &[&str]) -> (Output, Vec<String>) {
    let shim = Shim::new(sandbox);
    let output = clone.tix_command(args).through(&shim).run();
    let calls = shim.calls().into_iter().map(|call| call.subcommand);
    let talks = calls.filter(|call| matches!(call.as_str(), "fetch" | "push" | "ls-remote"));
    (output, talks.collect())
}

#[test]
fn where_nothing_moved_claim_and_beginning_are_one_atomic_push_of_two_refs() {
    let sandbox = one_ticket();
    let (clone, shim, remote) = (sandbox.clone_named("a"), Shim::new(&sandbox), sandbox.remote());
    let before = remote.git(&["rev-parse", "main"]);
    let run = clone.tix_command(&["activate", ID, "--json"]).through(&shim).run();
    let receipt = run.success().json();
    assert_eq!(shim.connections(), 1, "{:#?}", shim.calls());
    let push = shim.calls().into_iter().find(|call| call.subcommand == "push").unwrap().args;
    assert!(push.contains(&"--atomic".to_owned()), "{push:?}");
    let [claim, beginning] = ["main", BRANCH].map(|name| remote.git(&["rev-parse", name]));
    let [trunk, branch] = push.last_chunk().unwrap();
    assert_eq!(
        [trunk, branch],
        [&format!("{claim}:refs/heads/main"), &format!("{beginning}:{BRANCH}")]
    );
    assert_eq!(push.iter().filter(|word| word.starts_with("--force-with-lease=")).count(), 2);

    let parent = |name: &str| remote.git(&["rev-parse", &format!("{name}^")]);
    assert_eq!([parent("main"), parent(BRANCH)], [before, claim.clone()]);
    let changed = |commit: &str| {
        remote.git(&["diff-tree", "-r", "--no-commit-id", "--no-renames", "--name-only", commit])
    };
    assert_eq!(changed(&claim), format!("{ACTIVE}\n{QUEUED}"));
    assert_eq!(changed(&beginning), ACTIVE);
    assert_eq!(receipt["commits"], serde_json::json!([claim, beginning]));
    assert_eq!(receipt["pushed"][0]["new"], claim);
    assert_eq!(receipt["pushed"][1]["new"], beginning);
    assert_eq!(receipt["pushed"].as_array().unwrap().len(), 2);
}

#[test]
fn what_another_clone_of_the_machine_knows_saves_the_try() {
    let sandbox = one_ticket();
    let [clone, other] = ["a", "b"].map(|name| sandbox.clone_named(name));
    other.tix(&["new", "Another"]).success();
    let (output, talks) = counted(&clone, &sandbox, &["activate", ID, "--json"]);
    assert_eq!(output.success().json()["attempts"], 1);
    assert_eq!(talks, ["fetch", "push"]);
    // What it knows too is no news.
    let (output, talks) = counted(&clone, &sandbox, &["release", ID]);
    output.success();
    assert_eq!(talks, ["fetch", "push"], "a release looks at the ticket branch");
    let (output, talks) = counted(&clone, &sandbox, &["new", "A third"]);
    output.success();
    assert_eq!(talks, ["push"]);
}

#[test]
fn where_nobody_here_knows_that_the_trunk_moved_the_push_finds_out() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a");
    sandbox.seed(&[("notes.txt", "theirs\n")]);
    let (output, talks) = counted(&clone, &sandbox, &["activate", ID, "--json"]);
    assert_eq!(output.success().json()["attempts"], 2);
    assert_eq!(talks, ["push", "fetch", "push"]);
    assert_eq!(subjects(&sandbox), [format!("claim: {ID}")]);
}

#[test]
fn what_was_seen_more_than_ten_minutes_ago_is_not_tried() {
    for (minutes, expected) in [(9, &["push"][..]), (11, &["fetch", "push"])] {
        let sandbox = one_ticket();
        let clone = sandbox.clone_named("a");
        clone.age(Duration::from_mins(minutes));
        let (output, talks) = counted(&clone, &sandbox, &["activate", ID]);
        output.success();
        assert_eq!(talks, expected, "{minutes} minutes");
    }
}

#[test]
fn with_progress_on_a_trunk_of_its_own_there_are_two_connections() {
    let sandbox = Sandbox::new();
    sandbox.seed(&[("src/main.rs", "fn main() {}\n"), (".tix.yaml", "trunk: tickets\n")]);
    sandbox.seed_on("tickets", &[(QUEUED, queue_ticket(ID))]);
    let clone = sandbox.clone_named("a");
    let (output, talks) = counted(&clone, &sandbox, &["activate", ID]);
    output.success();
    assert_eq!(talks, ["fetch", "push"]);
    let log = sandbox.remote().git(&["log", "--format=%s", "tickets"]);
    assert_eq!(log, format!("activate: {ID}\nclaim: {ID}\nseed"));
}

/// Each is so when the clone last looks, and not any more when it is asked.
#[test]
fn held_not_found_nothing_to_do_and_already_are_said_of_the_trunk_as_it_is_now() {
    const NEW: &str = "TICKET-new-001";
    let new = || ("tickets/queue/TICKET-new-001.md", queue_ticket(NEW));
    let claim = ["activate", ID, "--no-worktree"];

    let sandbox = one_ticket();
    let other = sandbox.clone_named("b").on_machine("m2");
    other.tix(&claim).success();
    let clone = sandbox.clone_named("a");
    let (held, talks) = counted(&clone, &sandbox, &claim);
    held.exits(3);
    assert_eq!(talks, ["fetch"]);
    other.tix(&["release", ID]).success();
    let (free, talks) = counted(&clone, &sandbox, &claim);
    free.success();
    assert_eq!(talks, ["fetch", "push"]);

    let (missing, talks) = counted(&clone, &sandbox, &["activate", NEW]);
    missing.exits(4);
    assert_eq!(talks, ["fetch"]);
    sandbox.seed(&[new()]);
    clone.tix(&["activate", NEW]).success();

    let (nothing, talks) = counted(&clone, &sandbox, &["activate", "--next"]);
    nothing.exits(4);
    assert_eq!(talks, ["fetch"]);
    sandbox.seed(&[("tickets/queue/TICKET-more-001.md", queue_ticket("TICKET-more-001"))]);
    clone.tix(&["activate", "--next"]).success();

    let mine = clone.env("TIX_SESSION", "s-1");
    mine.tix(&["release", ID]).success();
    mine.tix(&claim).success();
    let (already, talks) = counted(&mine, &sandbox, &["activate", ID, "--no-worktree", "--json"]);
    assert_eq!(already.success().json()["outcome"], "already");
    assert!(
        talks.contains(&"fetch".to_owned()) && !talks.contains(&"push".to_owned()),
        "{talks:?}"
    );
    other.sh(&release_by_claim(&sandbox)).run().success();
    let again = mine.tix(&["activate", ID, "--no-worktree", "--json"]);
    assert_eq!(again.success().json()["outcome"], "activated");
}

#[test]
fn a_refusal_that_rests_on_what_was_seen_before_is_looked_up() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a");
    let draft = queue_ticket(ID).replace("status: open", "status: draft");
    sandbox.seed(&[(QUEUED, draft)]);
    let (refused, talks) = counted(&clone, &sandbox, &["activate", ID]);
    refused.exits(5);
    assert_eq!(talks, ["push", "fetch"]);
    sandbox.seed(&[(QUEUED, queue_ticket(ID))]);
    let (output, talks) = counted(&clone, &sandbox, &["activate", ID]);
    output.success();
    assert_eq!(talks, ["fetch", "push"]);
}

#[test]
fn settings_that_have_changed_since_the_last_look_decide() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a");
    sandbox.seed(&[(".tix.yaml", "require_queued: true\n")]);
    let (refused, talks) = counted(&clone, &sandbox, &["activate", ID]);
    refused.exits(5);
    assert_eq!(talks.first().unwrap(), "push");
    assert!(talks.contains(&"fetch".to_owned()) && talks.len() <= 3, "{talks:?}");
    assert_eq!(subjects(&sandbox), [""; 0]);
    assert!(!sandbox.remote().has_ref(BRANCH));
}
