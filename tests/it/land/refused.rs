//! What does not land.

use super::{ID, LANDING, OTHER, completed, main_of, project, story, worked};
use crate::activate::{fact, hints};
use crate::harness::{Place, Sandbox};

fn bob(sandbox: &Sandbox) -> Place {
    sandbox.clone_named("b").on_machine("bobs").as_person("Bob", "bob@example.org")
}

#[test]
fn without_the_team_s_word_it_is_a_pull_request() {
    let sandbox = project("");
    let clone = sandbox.clone_named("a");
    completed(&clone, ID);
    let before = main_of(&sandbox.remote());
    let output = clone.tix(&["land", ID]);
    insta::assert_snapshot!(output.exits(5).redacted(), @"
    exit: 5
    ----- stdout -----
    ----- stderr -----
    error: this repository lands work by pull request
      landing  none
      held by  Ada Example <ada@example.org>
      since    [TIME]
    hint: merge it into main: git switch main && git pull && git merge origin/ticket/TICKET-foo-001 && git push
    hint: a team without pull requests sets `landing: completed` in its .tix.yaml
    ");
    // One's own word is not the team's.
    for place in [clone.env("TIX_LANDING", "completed"), clone.clone()] {
        clone.git(&["config", "tix.landing", "completed"]);
        assert_ne!(place.tix(&["land", ID]).code, Some(0));
        clone.git(&["config", "--unset", "tix.landing"]);
    }
    assert_eq!(main_of(&sandbox.remote()), before);
}

/// Where tickets are landed by request, too, a person hears first who holds it and what is missing.
#[test]
fn whoever_cannot_land_it_hears_who_holds_the_ticket() {
    let sandbox = project("");
    let (clone, bob) = (sandbox.clone_named("a"), bob(&sandbox));
    completed(&clone, ID);
    clone.tix(&["release", ID, "--reason", "x"]).success();
    bob.tix(&["activate", ID]).success();
    for place in [&clone, &bob] {
        let output = place.tix(&["land", ID, "--json"]);
        assert_eq!(fact(output.exits(5), "held by"), "Bob <bob@example.org>");
        assert_eq!(hints(&output), format!("its holder can complete it: tix complete {ID}"));
    }
}

#[test]
fn only_what_is_complete_on_its_branch_lands() {
    let sandbox = project(LANDING);
    let clone = sandbox.clone_named("a");
    let output = clone.tix(&["land", ID, "--json"]);
    assert_eq!(fact(output.exits(5), "lane"), "queue");
    let there = worked(&clone, ID);
    let output = there.tix(&["land", "--json"]);
    assert!(hints(output.exits(5)).contains(&format!("tix complete {ID}")), "{output}");
    there.tix(&["complete"]).success();
    // What is here and nowhere else would be left behind.
    there.commit("late", &[("late.txt", "1\n")]);
    let output = clone.tix(&["land", ID, "--json"]);
    assert!(hints(output.exits(5)).contains("push origin"), "{output}");
    there.write("dirty.txt", "1\n");
    assert!(clone.tix(&["land", ID]).exits(5).stderr().contains("uncommitted"));
    assert_eq!(story(&sandbox).len(), 1, "nothing but the claim");
    clone.tix(&["land", "TICKET-nobody-001"]).exits(4);
    clone.tix(&["land"]).exits(2);
    clone.tix(&["land", ID, "--merge", "--squash"]).exits(2);
    clone.tix(&["activate", OTHER, "--no-worktree"]).success();
    clone.git(&["push", "-q", "origin", "--delete", &format!("ticket/{OTHER}")]);
    assert!(clone.tix(&["land", OTHER]).exits(5).stderr().contains("has no ticket branch"));
}

#[test]
fn every_stage_must_have_said_yes_to_what_is_on_the_branch_now() {
    let sandbox = project(&format!("{LANDING}review: [critic_review, expediter_review]\n"));
    let (clone, bob) = (sandbox.clone_named("a"), bob(&sandbox));
    let there = worked(&clone, ID);
    there.tix(&["submit"]).success();
    for stage in ["critic_review", "expediter_review"] {
        bob.tix(&["review", ID, "--approve", "--stage", stage]).success();
    }
    there.git(&["pull", "-q", "--ff-only"]);
    there.tix(&["complete"]).success();
    let tip = there.git(&["rev-parse", "HEAD"]);
    there.commit("after the review", &[("late.txt", "1\n")]);
    there.git(&["push", "-q"]);
    let output = clone.tix(&["land", ID, "--json"]);
    let missing = fact(output.exits(5), "review");
    assert_eq!(missing.lines().count(), 2, "{output}");
    assert!(missing.contains("the branch has moved since"), "{output}");
    there.git(&["push", "-q", "--force", "origin", &format!("{tip}:refs/heads/ticket/{ID}")]);
    there.git(&["reset", "-q", "--hard", &tip]);
    clone.tix(&["land", ID]).success();
}

/// The next step of what was completed before the team asked for a review is not the one that is refused.
#[test]
fn a_review_that_is_required_later_sends_a_completed_ticket_back() {
    let sandbox = project(LANDING);
    let clone = sandbox.clone_named("a");
    let there = completed(&clone, ID);
    let next = || clone.tix(&["status", ID, "--fetch", "--json"]).success().json()["next"].clone();
    assert_eq!(next(), format!("tix land {ID}"));
    clone.git(&["pull", "-q"]);
    clone.commit("reviews", &[(".tix.yaml", &format!("{LANDING}review: [critic_review]\n"))]);
    clone.git(&["push", "-q"]);
    clone.tix(&["land", ID]).exits(5);
    assert_eq!(next(), format!("tix reopen {ID} --reason <why>"));
    clone.tix(&["reopen", ID, "--reason", "a review"]).success();
    there.tix(&["submit"]).success();
}

#[test]
fn who_lost_the_ticket_cannot_land_it() {
    let sandbox = project(LANDING);
    let (clone, bob) = (sandbox.clone_named("a"), bob(&sandbox));
    let there = completed(&clone, ID);
    let tip = there.git(&["rev-parse", "HEAD"]);
    bob.tix(&["release", ID]).exits(5);
    clone.tix(&["release", ID, "--reason", "x"]).success();
    bob.tix(&["activate", ID]).success();
    // A late push of what was complete under the claim that has ended.
    sandbox.remote().git(&["update-ref", &format!("refs/heads/ticket/{ID}"), &tip]);
    let before = main_of(&sandbox.remote());
    let output = sandbox.clone_named("c").tix(&["land", ID]);
    assert!(output.exits(5).stderr().contains("does not carry the claim"), "{output}");
    assert_eq!(main_of(&sandbox.remote()), before);
}

#[test]
fn where_progress_is_on_the_trunk_there_is_nothing_to_land() {
    let sandbox = project(&format!("{LANDING}record: trunk\n"));
    let clone = sandbox.clone_named("a");
    let output = clone.tix(&["land", ID, "--json"]);
    assert_eq!(fact(output.exits(5), "record"), "trunk");
    assert!(hints(&output).contains("git merge origin/ticket/"), "{output}");
}
