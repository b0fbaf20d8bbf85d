//! What is said of the way to the trunk, in the clone that does the work and in any other.

use super::{ID, bob, held_with, work};
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
    assert!(pr.exits(5).stderr().contains(&format!("nobody holds {ID}: it is in archive/")), "{pr}");
}
