//! Whose turn it is: a ticket that waits for its review or its merge does not wait for its holder, however long.

use super::takeover::claimed_at;
use super::{ACTIVE, BRANCH, COMPLETED, ID, bob, text, value};
use crate::activate::{fact, hints};
use crate::harness::{Place, Sandbox};

const REVIEW: &str = "review: [critic_review]\n";

/// A ticket that Carol claimed and worked on in 2025, in this state on its branch ever since.
fn left_at(status: &str) -> (Sandbox, Place) {
    let sandbox = claimed_at("2025-12-03T12:00:00Z");
    sandbox.seed(&[(".tix.yaml", REVIEW)]);
    let now = text(&sandbox, BRANCH, ACTIVE).replace("status: in_progress", status);
    sandbox.seed_on(&format!("ticket/{ID}"), &[(ACTIVE, now)]);
    let bob = bob(&sandbox);
    (sandbox, bob)
}

/// Whether each command that looks for tickets whose holder has left finds this one; they agree.
fn is_stale(bob: &Place) -> bool {
    let json = |args: &[&str]| bob.tix(args).json();
    let has = |list: &serde_json::Value, key: &str, value: &str| {
        list.as_array().unwrap().iter().any(|one| one[key] == value)
    };
    let found = [
        json(&["status", ID, "--json"])["stale"] == true,
        has(&json(&["--json"])["attention"], "kind", "stale"),
        has(&json(&["doctor", "--json"])["findings"], "check", "stale-claim"),
        has(&json(&["list", "--stale", "--json"])["tickets"], "id", ID),
    ];
    let words: [&[&str]; 4] = [&["status", ID], &["status", ID, "--all"], &[], &["doctor"]];
    let words = words.map(|args| bob.tix(args).stdout().contains("tix reclaim"));
    assert!(found.iter().all(|one| *one == found[0]), "{found:?}");
    assert_eq!(words, [found[0], found[0], false, found[0]]);
    found[0]
}

#[test]
fn what_waits_for_a_review_is_not_taken_from_its_holder() {
    let (sandbox, bob) = left_at("status: critic_review");
    assert!(!is_stale(&bob));
    let before = sandbox.remote().git(&["for-each-ref"]);
    let output = bob.tix(&["reclaim", ID, "--reason", "no sign"]);
    insta::assert_snapshot!(output.exits(3).redacted(), @"
    exit: 3
    ----- stdout -----
    ----- stderr -----
    error: TICKET-foo-001 waits for its review, not for carol
      held by  carol
      since    [TIME]
      claim    [OID]-45
      stage    critic_review
    hint: review it: tix review TICKET-foo-001 --approve
    hint: to take it over all the same, which withdraws the submission: tix reclaim TICKET-foo-001 --even-if-fresh --reason <why>
    ");
    assert_eq!(sandbox.remote().git(&["for-each-ref"]), before);
    // Whoever knows better can, and is told what it costs.
    let output = bob.tix(&["reclaim", ID, "--reason", "she has left", "--even-if-fresh", "--json"]);
    let json = output.success().json();
    assert_eq!(json["outcome"], "reclaimed");
    let warning = format!("its submission is withdrawn; to go on with the review: tix submit {ID}");
    assert_eq!(json["warnings"], serde_json::json!([warning]));
    assert_eq!(value(&text(&sandbox, BRANCH, ACTIVE), "status").unwrap(), "in_progress");
}

#[test]
fn what_waits_for_its_holder_again_after_the_review_can_be_taken_over() {
    let tip = "a".repeat(40);
    for status in [
        "status: changes_requested".to_owned(),
        format!("status: critic_review\napprovals: [\"critic_review {tip} Bob\"]"),
    ] {
        let (_, bob) = left_at(&status);
        assert!(is_stale(&bob), "{status}");
        let output = bob.tix(&["reclaim", ID, "--reason", "no sign", "--json"]);
        assert_eq!(output.success().json()["warnings"], serde_json::json!([]), "{status}");
    }
}

#[test]
fn what_is_completed_and_waits_for_its_merge_is_not_stale() {
    let sandbox = claimed_at("2025-12-03T12:00:00Z");
    let now = text(&sandbox, BRANCH, ACTIVE)
        .replace("status: in_progress", "status: approved\ncompleted_at: 2025-12-03T13:00:00Z");
    sandbox.seed_on(&format!("ticket/{ID}"), &[(COMPLETED, now)]);
    let carol = sandbox.clone_named("c");
    carol.git(&["checkout", "-q", &format!("ticket/{ID}")]);
    carol.frozen_at("2025-12-03T13:00:00Z").git(&["rm", "-q", ACTIVE]);
    carol.frozen_at("2025-12-03T13:00:00Z").git(&["commit", "-qm", "complete"]);
    carol.git(&["push", "-q"]);
    let bob = bob(&sandbox);
    assert!(!is_stale(&bob));
    let output = bob.tix(&["reclaim", ID, "--reason", "no sign", "--json"]);
    assert_eq!(fact(output.exits(5), "legal now"), "note, edit, set, tick");
    assert!(!hints(&output).contains("reclaim"));
}
