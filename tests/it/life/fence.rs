//! A holder's verb is for whoever shows the claim, not for whoever has the holder's name: the agents of a fleet share one.

use super::{ACTIVE, BRANCH, ID, held_with, queued_with, ready, text, value, work};
use crate::activate::{claim_of, claim_told, fact, hints, key, workspace};
use crate::harness::{Do, On, Place, Sandbox, Shim, Untouched};

/// What only a holder may do.
const VERBS: [&[&str]; 5] = [
    &["release", ID],
    &["complete", ID],
    &["submit", ID],
    &["close", ID, "--as", "wont_do"],
    &["handoff", ID, "--to", "Eve <eve@example.org>", "--new-person"],
];

/// Where every branch of the remote is.
fn branches(sandbox: &Sandbox) -> String {
    sandbox.remote().git(&["for-each-ref"])
}

/// No holder's verb does anything from there, each is answered with these words, and nothing changes.
#[track_caller]
fn assert_fenced(sandbox: &Sandbox, there: &Place, words: &str) {
    let (before, here) = (branches(sandbox), Untouched::of(there));
    for verb in VERBS {
        let output = there.tix(&[verb, &["--json"]].concat());
        let message = output.exits(3).json()["message"].as_str().unwrap().to_owned();
        assert!(message.contains(words), "{verb:?}: {output}");
        assert_eq!(fact(&output, "claim"), claim_of(sandbox), "{verb:?}: {output}");
    }
    assert_eq!(branches(sandbox), before);
    here.assert_same(there);
}

#[test]
fn a_clone_that_never_had_the_ticket_is_asked_for_the_claim_and_its_hint_can_be_pasted() {
    let (sandbox, _, there) = held_with("review: [critic_review]\n");
    work(&there, "work.txt");
    let other = sandbox.clone_named("c");
    assert_fenced(&sandbox, &other, "under a claim that this clone has no record of");
    let output = other.tix(&["release", "foo-001", "--reason", "it's late"]);
    insta::assert_snapshot!(output.exits(3).redacted(), @r"
    exit: 3
    ----- stdout -----
    ----- stderr -----
    error: TICKET-foo-001 is held by Ada Example <ada@example.org> under a claim that this clone has no record of
      held by  Ada Example <ada@example.org>
      since    [TIME]
      claim    [OID]-[OID]
    hint: if the claim is your own session's, name it: tix release foo-001 --reason 'it'\''s late' --claim [OID]-[OID]
    ");
    let hint = hints(&other.tix(&["release", "foo-001", "--reason", "it's late", "--json"]));
    let line = hint.split_once(": tix ").unwrap().1;
    other.sh(&format!("'{}' {line}", env!("CARGO_BIN_EXE_tix"))).run().success();
    assert!(sandbox.remote().files("main").contains(&super::QUEUED.to_owned()));
}

#[test]
fn nobody_ends_the_claim_that_came_after_theirs() {
    let (sandbox, ada, there) = held_with("review: [critic_review]\n");
    work(&there, "work.txt");
    let other = sandbox.clone_named("c").on_machine("third");
    other.tix(&["reclaim", ID, "--reason", "it is stale", "--force"]).success();
    for place in [&ada, &there] {
        assert_fenced(&sandbox, place, "under another claim than yours");
    }
    // Whoever took it over needs no workspace to give it back.
    other.tix(&["release", ID]).success();
}

#[test]
fn whoever_has_lost_a_ticket_is_told_what_they_have_not_pushed() {
    let (sandbox, _, there) = held_with("review: [critic_review]\n");
    work(&there, "work.txt");
    there.commit("not pushed", &[("more.txt", "1\n")]);
    let bob = super::bob(&sandbox);
    bob.tix(&["reclaim", ID, "--reason", "it is stale", "--force"]).success();
    for verb in VERBS {
        let output = there.tix(&[verb, &["--json"]].concat());
        assert_eq!(fact(output.exits(3), "held by"), "Bob <bob@example.org>", "{output}");
        assert_eq!(fact(&output, "not pushed"), format!("1 commit on ticket/{ID}"), "{verb:?}");
        assert!(hints(&output).contains(&format!("git branch kept/ticket/{ID} ticket/{ID}")));
    }
    // Whoever takes it back goes on with these commits.
    let back = there.tix(&["reclaim", ID, "--reason", "it is mine", "--force"]);
    assert!(back.success().stderr().contains("lacks this until tix submit or complete"), "{back}");
    assert!(!back.stderr().contains("do not push"), "{back}");
}

#[test]
fn whoever_goes_on_in_another_clone_does_so_under_a_claim_of_its_own() {
    for settings in ["review: [critic_review]\n", "lock: branch\n", "record: trunk\n"] {
        let (sandbox, ada, there) = held_with(settings);
        there.commit("add work.txt", &[("work.txt", "work\n")]);
        there.git(&["push", "-q"]);
        let (first, other) = (claim_of(&sandbox), sandbox.clone_named("c"));
        let receipt = other.tix(&["activate", ID, "--resume", "--json"]).success().json();
        assert_eq!(receipt["outcome"], "resumed");
        assert_ne!(claim_of(&sandbox), first);
        assert_eq!(receipt["claim"]["id"], claim_of(&sandbox));
        for place in [&ada, &there] {
            let refused = place.tix(&["release", ID, "--json"]);
            let message = refused.exits(3).json()["message"].as_str().unwrap().to_owned();
            assert!(message.contains("under another claim than yours"), "{settings}: {refused}");
        }
        // Here it goes on, with the work and under that claim.
        let here = other.at(workspace(&other, ID));
        assert_eq!(here.read("work.txt"), "work\n");
        here.tix(&["release", ID]).success();
    }
}

#[test]
fn a_release_that_is_late_does_not_land_under_whoever_went_on_elsewhere() {
    let (sandbox, ada, there) = held_with("review: [critic_review]\n");
    work(&there, "work.txt");
    let shim = Shim::new(&sandbox);
    let mut gate = shim.gate(On::command("push").nth(1));
    let mut release = ada.tix_command(&["release", ID]).through(&shim).spawn();
    release.until_at(&gate);
    let other = sandbox.clone_named("c").on_machine("third");
    other.tix(&["activate", ID, "--resume"]).success();
    let claim = claim_of(&sandbox);
    gate.open();
    release.wait().exits(3);
    assert_eq!(claim_of(&sandbox), claim);
}

#[test]
fn a_claim_is_named_by_whoever_knows_it_and_only_while_it_stands() {
    let (sandbox, ada, _) = held_with("review: [critic_review]\n");
    let bob = super::bob(&sandbox);
    let first = claim_of(&sandbox);
    ada.tix(&["release", ID]).success();
    ada.tix(&["activate", ID]).success();
    for verb in VERBS {
        let output = bob.tix(&[verb, &["--claim", &first, "--json"]].concat());
        let message = output.exits(3).json()["message"].as_str().unwrap().to_owned();
        assert!(message.contains("under another claim than yours"), "{verb:?}: {output}");
    }
    // Also by the one who holds it under another.
    ada.tix(&["release", ID, "--claim", &first]).exits(3);
    bob.tix(&["release", ID]).exits(5);
    bob.tix(&["release", ID, "--claim", &claim_of(&sandbox)]).success();
    ada.tix(&["release", ID, "--claim", &first]).exits(3);
}

#[test]
fn a_clone_that_lost_its_records_goes_on_with_its_claim_when_it_is_told_to() {
    let (sandbox, ada, there) = held_with("review: [critic_review]\n");
    work(&there, "work.txt");
    std::fs::remove_dir_all(ada.path().join(".git/tix")).unwrap();
    assert_fenced(&sandbox, &there, "under a claim that this clone has no record of");
    assert!(hints(ada.tix(&["activate", ID, "--json"]).exits(3)).contains("--resume"));
    ada.tix(&["activate", ID, "--resume"]).success();
    there.tix(&["submit"]).success();
}

#[test]
fn a_claim_that_was_killed_after_its_push_is_given_back_by_its_clone_alone() {
    let sandbox = queued_with("", &ready(ID));
    let ada = sandbox.clone_named("a");
    let shim = Shim::new(&sandbox);
    shim.rule(On::command("push").nth(1), Do::KillAfter);
    ada.tix_command(&["activate", ID]).through(&shim).run().killed_by(9);
    sandbox.clone_named("c").tix(&["release", ID]).exits(3);
    ada.tix(&["release", ID]).success();
}

#[test]
fn where_progress_is_recorded_on_the_trunk_the_claim_is_asked_for_all_the_same() {
    let (sandbox, ada, there) = held_with("record: trunk\nreview: [critic_review]\n");
    let other = sandbox.clone_named("c");
    assert_fenced(&sandbox, &other, "under a claim that this clone has no record of");
    work(&there, "work.txt");
    ada.tix(&["submit", ID]).success();
    other.tix(&["release", ID, "--claim", &claim_of(&sandbox)]).success();
}

#[test]
fn what_anybody_may_do_needs_no_claim() {
    let (sandbox, _, _) = held_with("");
    let other = sandbox.clone_named("c");
    other.tix(&["note", ID, "seen"]).success();
    other.tix(&["block", ID, "--reason", "no key"]).success();
    other.tix(&["unblock", ID]).success();
    assert_eq!(value(&text(&sandbox, BRANCH, ACTIVE), "blocked"), None);
}

#[test]
fn a_race_that_was_lost_leaves_no_claim_behind() {
    let sandbox = queued_with("", &ready(ID));
    let (ada, other) = (sandbox.clone_named("a"), sandbox.clone_named("c"));
    let shim = Shim::new(&sandbox);
    shim.rule(On::command("push").nth(1), Do::Then(other.tix_command(&["activate", ID])));
    let output = ada.tix_command(&["activate", ID, "--json"]).through(&shim).run();
    let holder = key(&sandbox.remote(), "main", ACTIVE, "claim_id");
    assert_eq!(claim_told(&sandbox, output.exits(3)), holder);
    assert!(!ada.path().join(format!(".git/tix/claims/{ID}.json")).exists());
    assert!(workspace(&other, ID).exists());
    ada.tix(&["release", ID]).exits(3);
}
