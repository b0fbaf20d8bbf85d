//! What is said of the way to the trunk, in the clone that does the work and in any other.

use super::{BRANCH, ID, bob, held_with, queued_with, ready, work};
use crate::activate::workspace;
use crate::harness::Place;

/// The command that comes next for whoever asks there.
fn next(place: &Place, args: &[&str]) -> String {
    let json = place.tix(&[args, &["--json"]].concat()).success().json();
    json["next"].as_str().unwrap_or("-").to_owned()
}

#[test]
fn the_line_that_merges_works_in_a_clone_that_never_had_the_branch() {
    let (sandbox, _, there) = held_with("");
    work(&there, "work.txt");
    there.tix(&["complete"]).success();
    let bob = bob(&sandbox);
    let line = next(&bob, &["status", ID, "--fetch"]);
    assert_eq!(next(&bob, &["pr", ID]), line);
    bob.sh(&line).env("GIT_MERGE_AUTOEDIT", "no").run().success();
    assert_eq!(sandbox.remote().show("main", "work.txt"), b"work\n");
}

#[test]
fn an_unfinished_ticket_is_not_to_be_merged() {
    let (_sandbox, ada, there) = held_with("");
    work(&there, "work.txt");
    assert_eq!(
        next(&ada, &["pr", ID]),
        format!("tix complete {ID}    # the ticket is not complete yet")
    );
}

#[test]
fn nobody_holds_what_was_closed_and_it_is_not_on_the_trunk() {
    let (_sandbox, ada, there) = held_with("");
    work(&there, "work.txt");
    there.tix(&["close", "--reason", "not needed"]).success();
    let release = ada.tix(&["release", ID]);
    let first = release.exits(3).stderr().lines().next().unwrap_or_default().to_owned();
    assert_eq!(first, format!("error: nobody holds {ID} now: your claim on it has ended"));
    let pr = ada.tix(&["pr", ID]);
    assert!(
        pr.exits(5).stderr().contains(&format!("nobody holds {ID}: it is in archive/")),
        "{pr}"
    );
}

#[test]
fn commits_that_are_only_here_are_pushed_before_the_ticket_is_merged() {
    let (sandbox, ada, there) = held_with("");
    work(&there, "work.txt");
    there.tix(&["complete"]).success();
    there.commit("late", &[("late.txt", "1\n")]);
    let status = there.tix(&["status"]);
    assert!(status.success().stdout().contains("  only here  1 commit\n"), "{status}");
    assert_eq!(next(&there, &["status"]), format!("tix complete {ID}"));
    let pr = there.tix(&["pr", "--json"]).success().json();
    assert!(pr["next"].as_str().unwrap().starts_with(&format!("tix complete {ID}")), "{pr}");
    assert!(pr["warnings"][0].as_str().unwrap().contains("1 commit here is not pushed"), "{pr}");
    // What was pushed has been merged meanwhile.
    let bob = bob(&sandbox);
    bob.git(&["merge", "-q", "--no-edit", &format!("origin/ticket/{ID}")]);
    bob.git(&["push", "-q"]);
    assert_eq!(next(&ada, &["status", ID, "--fetch"]), format!("git push origin ticket/{ID}"));
    there.tix(&["clean"]).exits(5);
    there.git(&["push", "-q"]);
    assert_eq!(sandbox.remote().git(&["rev-parse", BRANCH]), there.git(&["rev-parse", "HEAD"]));
}

#[test]
fn a_completion_with_nothing_to_push_names_no_push() {
    let (_sandbox, _ada, there) = held_with("");
    work(&there, "work.txt");
    there.tix(&["complete"]).success();
    assert!(next(&there, &["complete", "--no-push"]).contains(" && git merge "));
}

#[test]
fn activation_names_the_verb_of_a_team_with_a_review_and_what_the_review_asked_for() {
    let sandbox = queued_with("review: [critic_review]\n", &ready(ID));
    let ada = sandbox.clone_named("a");
    let held = ada.tix(&["activate", ID]);
    let told = held.success().stdout();
    assert!(told.contains("  tix submit ") && !told.contains("tix complete"), "{held}");
    let there = ada.at(workspace(&ada, ID));
    work(&there, "work.txt");
    there.tix(&["submit"]).success();
    let bob = bob(&sandbox);
    bob.tix(&["review", ID, "--request-changes", "--notes", "and the key?"]).success();
    let again = ada.tix(&["activate", ID, "--resume"]);
    let told = again.success().stdout();
    assert!(
        told.contains("  changes    and the key?\n") && told.contains("  tix submit "),
        "{again}"
    );
    work(&there, "key.txt");
    there.tix(&["submit"]).success();
    bob.tix(&["review", ID, "--approve"]).success();
    let approved = ada.tix(&["activate", ID, "--resume"]);
    assert!(approved.success().stdout().contains("  tix complete "), "{approved}");
}

#[test]
fn a_branch_that_was_deleted_on_the_remote_is_pushed_again() {
    let (sandbox, ada, there) = held_with("");
    work(&there, "work.txt");
    sandbox.remote().git(&["branch", "-q", "-D", &format!("ticket/{ID}")]);
    let said = format!("error: origin has no ticket/{ID} any more: it was deleted there");
    for args in [&["complete"][..], &["activate", ID, "--resume"]] {
        let output = there.tix(args);
        assert_eq!(output.exits(5).stderr().lines().next(), Some(said.as_str()), "{output}");
        assert!(output.stderr().contains("push it again: git"), "{output}");
    }
    ada.git(&["fetch", "-q", "--prune"]);
    let line = next(&ada, &["status", ID]);
    assert_eq!(line, format!("git push origin ticket/{ID}    # the branch was deleted there"));
    ada.sh(&line).run().success();
    there.tix(&["complete"]).success();
}
