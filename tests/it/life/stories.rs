//! Whole lives, told by the history of the trunk.

use super::{
    ARCHIVED, BRANCH, COMPLETED, ID, QUEUED, bob, entries, queued_with, ready, story, text, work,
};
use crate::activate::workspace;
use crate::harness::{Place, Sandbox, no_leftovers, queue_ticket};

/// What a forge's button does, with plain git on a clone: the branch as one commit on the base.
fn squash(place: &Place, base: &str) {
    squash_and_keep(place, base);
    place.git(&["push", "-q", "origin", "--delete", &format!("ticket/{ID}")]);
}

/// The same without the tick at "delete the branch".
fn squash_and_keep(place: &Place, base: &str) {
    place.git(&["fetch", "-q"]);
    place.git(&["checkout", "-q", "--detach", &format!("origin/{base}")]);
    place.git(&["merge", "-q", "--squash", &format!("origin/ticket/{ID}")]);
    place.git(&["commit", "-q", "-m", "The work (pull request 17)"]);
    place.git(&["push", "-q", "origin", &format!("HEAD:{base}")]);
}

/// Ticks the boxes of the ticket, wherever it is written.
fn tick(place: &Place) {
    place.tix(&["tick", ID, "1", "2"]).success();
}

#[test]
fn the_whole_life_of_a_ticket_with_a_review_and_a_squash_merge() {
    let settings = "review: [critic_review, expediter_review]\nrequire_queued: true\n";
    let sandbox = queued_with(settings, &queue_ticket(ID));
    let (ada, bob) = (sandbox.clone_named("a"), bob(&sandbox));
    bob.tix(&["draft", ID, "--reason", "which door?"]).success();
    bob.tix(&["set", ID, "priority=P1", "labels=doors"]).success();
    bob.tix(&["queue", ID]).success();
    ada.tix(&["activate", ID]).success();
    let there = ada.at(workspace(&ada, ID));
    work(&there, "work.txt");
    ada.tix(&["note", ID, "the hinges are on the left"]).success();
    there.tix(&["submit"]).success();
    bob.tix(&["review", ID, "--request-changes", "--notes", "and the key?"]).success();
    work(&there, "key.txt");
    tick(&ada);
    there.tix(&["submit"]).success();
    bob.tix(&["review", ID, "--approve"]).success();
    bob.tix(&["review", ID, "--approve", "--stage", "expediter_review"]).success();
    there.tix(&["complete"]).success();
    squash(&bob, "main");
    ada.tix(&["complete", ID]).success();
    bob.tix(&["rework", ID, "--reason", "it squeaks"]).success();
    bob.tix(&["archive", ID]).success();
    insta::assert_snapshot!(story(&sandbox, "main"), @"
    draft: TICKET-foo-001
    set: TICKET-foo-001
    queue: TICKET-foo-001
    claim: TICKET-foo-001
    The work (pull request 17)
    rework: TICKET-foo-002 (of TICKET-foo-001)
    archive: TICKET-foo-001
    ");
    let told = text(&sandbox, "main", ARCHIVED);
    insta::assert_snapshot!(entries(&told).join("\n"), @"
    Creator: created
    Creator: drafted
    Creator: set
    Creator: queued
    Creator: activated
    Creator: note
    Creator: submitted
    Critic: changes_requested
    Creator: submitted
    Critic: approved
    Expediter: approved
    Creator: completed
    Creator: archived
    ");
    assert!(sandbox.remote().files("main").contains(&"key.txt".to_owned()));
    assert!(ada.tix(&["log", ID]).success().stdout().contains("complete"));
}

#[test]
fn a_life_with_every_detour() {
    let sandbox = queued_with("", &ready(ID));
    let (ada, bob) = (sandbox.clone_named("a"), bob(&sandbox));
    // Blocked.
    ada.tix(&["activate", ID]).success();
    ada.tix(&["block", ID, "--reason", "no key"]).success();
    let there = ada.at(workspace(&ada, ID));
    there.tix(&["complete"]).exits(5);
    bob.tix(&["unblock", ID, "--reason", "here it is"]).success();
    // Given back, with work, and claimed by somebody else.
    there.git(&["pull", "-q"]);
    work(&there, "work.txt");
    ada.tix(&["release", ID, "--reason", "not mine after all"]).success();
    bob.tix(&["activate", ID]).success();
    let here = bob.at(workspace(&bob, ID));
    let attic =
        sandbox.remote().git(&["for-each-ref", "--format=%(refname:short)", "refs/heads/attic"]);
    here.git(&["fetch", "-q"]);
    here.git(&["cherry-pick", &format!("origin/{attic}")]);
    here.git(&["push", "-q"]);
    // Taken over, and handed back.
    let mut ada = ada;
    ada.tix(&["reclaim", ID, "--reason", "he has left", "--force"]).success();
    here.tix(&["complete"]).exits(3);
    ada.tix(&["handoff", ID, "--to", "Bob <bob@example.org>", "--new-person"]).success();
    bob.tix(&["activate", ID, "--resume"]).success();
    here.git(&["pull", "-q"]);
    here.tix(&["complete"]).success();
    squash(&bob, "main");
    // Reopened, and done by the first one.
    bob.tix(&["reopen", ID, "--reason", "it fell off"]).success();
    ada = sandbox.clone_named("again");
    ada.tix(&["activate", ID]).success();
    let there = ada.at(workspace(&ada, ID));
    work(&there, "screws.txt");
    there.tix(&["complete"]).success();
    squash(&ada, "main");
    insta::assert_snapshot!(story(&sandbox, "main"), @"
    claim: TICKET-foo-001
    release: TICKET-foo-001
    claim: TICKET-foo-001
    reclaim: TICKET-foo-001
    handoff: TICKET-foo-001
    claim: TICKET-foo-001
    The work (pull request 17)
    reopen: TICKET-foo-001
    claim: TICKET-foo-001
    The work (pull request 17)
    ");
    let told = text(&sandbox, "main", COMPLETED);
    insta::assert_snapshot!(entries(&told).join("\n"), @"
    Creator: created
    Creator: released
    Creator: activated
    Creator: taken_over
    Creator: handed_over
    Creator: resumed
    Creator: completed
    Creator: reopened
    Creator: activated
    Creator: completed
    ");
    let files = sandbox.remote().files("main");
    assert!(["work.txt", "screws.txt"].iter().all(|file| files.contains(&(*file).to_owned())));
}

#[test]
fn with_every_step_recorded_on_an_ordinary_main() {
    let sandbox = queued_with("record: trunk\nreview: [critic_review]\n", &ready(ID));
    let (ada, bob) = (sandbox.clone_named("a"), bob(&sandbox));
    let next = |place: &Place| {
        place.tix(&["status", ID, "--fetch", "--json"]).success().json()["next"].clone()
    };
    ada.tix(&["activate", ID]).success();
    let there = ada.at(workspace(&ada, ID));
    ada.tix(&["note", ID, "the hinges are on the left"]).success();
    ada.tix(&["block", ID, "--reason", "no key"]).success();
    ada.tix(&["unblock", ID]).success();
    work(&there, "work.txt");
    assert_eq!(next(&ada), format!("tix submit {ID}"));
    there.tix(&["submit"]).success();
    bob.tix(&["review", ID, "--approve"]).success();
    assert_eq!(next(&ada), format!("tix complete {ID}"));
    there.tix(&["complete"]).success();
    // The trunk says that it is done, and the work is not there.
    let request =
        format!("git switch main && git pull && git merge origin/ticket/{ID} && git push");
    assert_eq!(next(&bob), request);
    let land = ada.tix(&["land", ID]);
    assert!(land.exits(5).stderr().contains("carries no ticket to land"), "{land}");
    ada.tix(&["clean", ID]).exits(5);
    squash_and_keep(&bob, "main");
    assert_eq!(next(&ada), format!("tix clean {ID}"));
    ada.tix(&["clean", ID]).success();
    assert_eq!(next(&ada), serde_json::Value::Null);
    insta::assert_snapshot!(story(&sandbox, "main"), @"
    claim: TICKET-foo-001
    activate: TICKET-foo-001
    note: TICKET-foo-001
    block: TICKET-foo-001
    unblock: TICKET-foo-001
    submit: TICKET-foo-001
    review: TICKET-foo-001 (approved)
    complete: TICKET-foo-001
    The work (pull request 17)
    ");
    assert!(!sandbox.remote().has_ref(BRANCH) && !there.path().exists());
    let files = sandbox.remote().files("main");
    assert!(files.contains(&COMPLETED.to_owned()) && files.contains(&"work.txt".to_owned()));
    no_leftovers(&ada);
}

#[test]
fn two_tickets_of_one_session_in_one_clone_do_not_meet() {
    const OTHER: &str = "TICKET-bar-001";
    let sandbox = queued_with("", &ready(ID));
    sandbox.seed(&[(format!("tickets/queue/{OTHER}.md"), ready(OTHER))]);
    let ada = sandbox.clone_named("a").env("TIX_SESSION", "s-1");
    for id in [ID, OTHER] {
        ada.tix(&["activate", id]).success();
    }
    let [one, other] = [ID, OTHER].map(|id| {
        // Told again where it is, and not that it is somebody's.
        let again = ada.tix(&["activate", id, "--json"]).success().json();
        assert_eq!(again["outcome"], "already");
        let there = ada.at(again["workspace"]["path"].as_str().unwrap());
        assert_eq!(there.tix(&["status", "--json"]).success().json()["id"], id);
        there
    });
    assert_ne!(one.path(), other.path());
    work(&one, "one.txt");
    ada.tix(&["release", OTHER]).success();
    assert!(one.path().exists() && !other.path().exists());
    one.tix(&["complete"]).success();
    insta::assert_snapshot!(story(&sandbox, "main"), @"
    claim: TICKET-foo-001
    claim: TICKET-bar-001
    release: TICKET-bar-001
    ");
    no_leftovers(&ada);
}

#[test]
fn the_same_beside_a_protected_main() {
    let sandbox = Sandbox::new();
    let settings = "trunk: tickets\nreview: [critic_review]\n";
    sandbox.seed(&[("src/main.rs", "fn main() {}\n"), (".tix.yaml", settings)]);
    sandbox.seed_on(
        "tickets",
        &[(QUEUED, queue_ticket(ID)), ("tickets/active/.gitkeep", String::new())],
    );
    let (ada, bob) = (sandbox.clone_named("a"), bob(&sandbox));
    bob.tix(&["set", ID, "priority=P1"]).success();
    ada.tix(&["activate", ID]).success();
    let there = ada.at(workspace(&ada, ID));
    work(&there, "work.txt");
    ada.tix(&["block", ID, "--reason", "no key"]).success();
    ada.tix(&["unblock", ID]).success();
    there.tix(&["submit"]).success();
    bob.tix(&["review", ID, "--request-changes", "--notes", "and the key?"]).success();
    work(&there, "key.txt");
    tick(&ada);
    there.tix(&["submit"]).success();
    bob.tix(&["review", ID, "--approve"]).success();
    there.tix(&["complete"]).success();
    squash(&bob, "main");
    bob.tix(&["reopen", ID, "--reason", "it fell off"]).success();
    bob.tix(&["activate", ID]).success();
    bob.tix(&["close", ID, "--as", "wont_do"]).success();
    insta::assert_snapshot!(story(&sandbox, "tickets"), @"
    set: TICKET-foo-001
    claim: TICKET-foo-001
    activate: TICKET-foo-001
    block: TICKET-foo-001
    unblock: TICKET-foo-001
    submit: TICKET-foo-001
    review: TICKET-foo-001 (changes_requested)
    tick: TICKET-foo-001
    submit: TICKET-foo-001
    review: TICKET-foo-001 (approved)
    complete: TICKET-foo-001
    reopen: TICKET-foo-001
    claim: TICKET-foo-001
    activate: TICKET-foo-001
    close: TICKET-foo-001
    ");
    assert_eq!(story(&sandbox, "main"), "The work (pull request 17)");
    assert!(!sandbox.remote().has_ref(BRANCH));
    let files = sandbox.remote().files("main");
    assert!(!files.iter().any(|path| path.starts_with("tickets/")), "{files:?}");
}
