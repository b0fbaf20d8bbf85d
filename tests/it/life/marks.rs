//! The verbs that change a ticket where it is, and that nobody holds: each is one commit on the trunk.

use super::{ID, QUEUED, bob, entries, queued_with, ready, story, text, value};
use crate::activate::hints;
use crate::harness::{Untouched, no_leftovers};

#[test]
fn queue_and_draft_are_the_gate() {
    let sandbox = queued_with("require_queued: true\n", &ready(ID));
    let ada = sandbox.clone_named("a");
    let before = Untouched::of(&ada);
    ada.tix(&["activate", ID]).exits(5);
    insta::assert_snapshot!(ada.tix(&["queue", ID]).success().redacted(), @"
    exit: 0
    ----- stdout -----
    TICKET-foo-001 is queued
    ----- stderr -----
    ");
    assert_eq!(value(&text(&sandbox, "main", QUEUED), "status").unwrap(), "queued");
    let again = ada.tix(&["queue", ID, "--json"]).success().json();
    assert_eq!(again["outcome"], "already");
    ada.tix(&["draft", ID, "--reason", "which door?"]).success();
    let now = text(&sandbox, "main", QUEUED);
    assert_eq!(value(&now, "status").unwrap(), "draft");
    assert!(now.ends_with("- Sent back to its specification by Ada Example <ada@example.org>\n- Reason: which door?\n"), "{now}");
    ada.tix(&["activate", ID]).exits(5);
    ada.tix(&["queue", ID]).success();
    before.assert_same(&ada);
    no_leftovers(&ada);
    ada.tix(&["activate", ID]).success();
    let last = ada.tix(&["queue", ID]);
    insta::assert_snapshot!(last.exits(5).redacted(), @"
    exit: 5
    ----- stdout -----
    ----- stderr -----
    error: TICKET-foo-001 cannot be queued: it is in active/
      legal now  note, edit, set, tick, block, release, handoff, complete, close
    hint: see who may do what, and why not: tix status TICKET-foo-001 --all
    ");
    insta::assert_snapshot!(story(&sandbox, "main"), @"
    queue: TICKET-foo-001
    draft: TICKET-foo-001
    queue: TICKET-foo-001
    claim: TICKET-foo-001
    ");
}

#[test]
fn set_changes_its_keys_and_no_other_byte() {
    let sandbox = queued_with("", &ready(ID));
    let ada = sandbox.clone_named("a");
    let args = ["set", ID, "priority=P0", "labels=ui, api", "owner=Eve: the one", "--json"];
    let receipt = ada.tix(&args).success().json();
    assert_eq!(receipt["paths"], serde_json::json!([QUEUED]));
    let now = text(&sandbox, "main", QUEUED);
    let added = ["priority: P0\n", "labels: [ui, api]\n", "owner: \"Eve: the one\"\n"];
    assert!(added.iter().all(|line| now.contains(line)), "{now}");
    let front = |text: &str| text.split("# Changelog").next().unwrap().to_owned();
    let without = added.iter().fold(front(&now), |text, line| text.replace(line, ""));
    assert_eq!(without, front(&ready(ID)));
    assert_eq!(entries(&now).last().unwrap(), "Creator: set");
    assert_eq!(ada.tix(&[&args[..], &["--quiet"]].concat()).success().json()["outcome"], "already");
    ada.tix(&["set", ID, "owner="]).success();
    assert_eq!(value(&text(&sandbox, "main", QUEUED), "owner"), None);
    let emptied = ada.tix(&["set", ID, "labels="]);
    assert!(emptied.success().stdout().ends_with(": labels: ui, api → -\n"), "{emptied}");
    // A new ticket needs a title as well.
    let untitled = ada.tix(&["set", ID, "title="]);
    assert!(untitled.exits(2).stderr().contains("a ticket needs a title"), "{untitled}");
}

#[test]
fn set_refuses_what_is_not_anybodys_to_set() {
    let sandbox = queued_with("", &ready(ID));
    let ada = sandbox.clone_named("a");
    for (setting, hint) in [
        ("status=queued", "tix status"),
        ("claimed_by=me", "tix activate"),
        ("Claim_ID=x", "tix activate"),
        ("branch=main", "tix activate"),
        ("blocked=why", "tix block"),
        ("completed_at=now", "tix complete"),
        ("approvals=x", "tix review --approve"),
        ("a b=x", "a key is made of"),
        ("=x", "a key is made of"),
        ("priority", "tix set"),
    ] {
        let output = ada.tix(&["set", ID, setting, "--json"]);
        assert!(hints(output.exits(2)).contains(hint), "{setting}: {output}");
    }
    assert_eq!(story(&sandbox, "main"), "");
}

#[test]
fn a_blocked_ticket_waits() {
    let sandbox = queued_with("", &ready(ID));
    let ada = sandbox.clone_named("a");
    ada.tix(&["block", ID, "--reason", "waits for the key"]).success();
    let now = text(&sandbox, "main", QUEUED);
    assert_eq!(
        (value(&now, "blocked"), value(&now, "status")),
        (Some("waits for the key".into()), Some("open".into()))
    );
    ada.tix(&["activate", ID]).exits(5);
    assert_eq!(
        ada.tix(&["block", ID, "--reason", "waits for the key", "--json"]).success().json()["outcome"],
        "already"
    );
    ada.tix(&["unblock", ID, "--reason", "it is here"]).success();
    assert_eq!(ada.tix(&["unblock", ID, "--json"]).success().json()["outcome"], "already");
    assert_eq!(
        entries(&text(&sandbox, "main", QUEUED))[1..],
        ["Creator: blocked", "Creator: unblocked"]
    );
    ada.tix(&["activate", ID]).success();
}

#[test]
fn a_status_that_says_blocked_and_nothing_else_reads_as_what_the_lane_says() {
    let ticket = ready(ID).replace("status: open", "status: blocked");
    let sandbox = queued_with("", &ticket);
    let ada = sandbox.clone_named("a");
    ada.tix(&["activate", ID]).exits(5);
    ada.tix(&["unblock", ID]).success();
    assert_eq!(value(&text(&sandbox, "main", QUEUED), "status").unwrap(), "open");
}

#[test]
fn what_is_said_without_a_push_is_said_of_what_was_just_fetched() {
    let sandbox = queued_with("", &ready(ID));
    let (ada, bob) = (sandbox.clone_named("a"), bob(&sandbox));
    let block = ["block", ID, "--reason", "the key"];
    let draft = ["draft", ID, "--reason", "which door?"];
    let close = ["close", ID, "--as", "wont_do"];
    let reopen = ["reopen", ID, "--reason", "after all"];
    for (done, undone, outcome) in [
        (&block[..], &["unblock", ID][..], "blocked"),
        (&draft, &["queue", ID], "drafted"),
        (&close, &reopen, "closed"),
        (&["activate", ID], &["release", ID], "activated"),
    ] {
        // To Bob it is so still.
        ada.tix(done).success();
        bob.git(&["fetch", "-q"]);
        ada.tix(undone).success();
        let again = bob.tix(&[done, &["--json"]].concat());
        assert_eq!(again.success().json()["outcome"], outcome);
        // And now it is not so yet.
        bob.tix(undone).success();
        ada.tix(done).success();
        let late = bob.tix(&[done, &["--json"]].concat());
        if outcome == "activated" {
            late.exits(3);
        } else {
            assert_eq!(late.success().json()["outcome"], "already");
        }
        ada.tix(undone).success();
    }
}

#[test]
fn a_status_that_is_none_is_mended_by_set_and_by_nothing_else() {
    let ticket = ready(ID).replace("status: open", "status: someday");
    let sandbox = queued_with("", &ticket);
    let ada = sandbox.clone_named("a");
    let refused = ada.tix(&["activate", ID, "--json"]);
    let hint = refused.exits(5).json()["hints"][0].as_str().unwrap().to_owned();
    let (_, mend) = hint.split_once(": tix ").unwrap();
    let words: Vec<&str> = mend.split(' ').collect();
    let doctor = ada.tix(&["doctor", "--json"]);
    let repair = doctor.exits(1).json()["findings"][0]["repairs"][0]["command"].clone();
    assert_eq!(repair.as_str().unwrap().replace('\'', ""), format!("tix {mend}"));
    // Neither a word that is no status, nor one of another lane.
    for status in ["status=sometime", "status=in_progress", "status=blocked"] {
        ada.tix(&["set", ID, status]).exits(9);
    }
    ada.tix(&words).success();
    assert_eq!(value(&text(&sandbox, "main", QUEUED), "status").unwrap(), "open");
    // Now it has one, which only verbs change.
    ada.tix(&["set", ID, "status=draft"]).exits(2);
    ada.tix(&["activate", ID]).success();
}
