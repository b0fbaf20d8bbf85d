//! Work of an earlier claim that was kept in the attic comes back by the line that is printed.

use super::{ACTIVE, BRANCH, ID, one_ticket, workspace};
use crate::harness::{Place, Sandbox};

/// What the earlier claim left on the ticket branch, after its work.
type Leaves = fn(&Place);

const LEAVES: [(&str, Leaves); 4] = [
    ("a commit", |_| {}),
    ("a note", |there| {
        there.tix(&["note", "half of it"]).success();
    }),
    ("a completion", |there| {
        there.git(&["pull", "-q", "--no-rebase"]);
        there.tix(&["tick", "1", "2"]).success();
        there.tix(&["complete"]).success();
    }),
    ("the trunk", |there| {
        there.tix(&["new", "Another"]).success();
        there.git(&["fetch", "-q"]);
        there.git(&["merge", "-q", "--no-edit", "origin/main"]);
        there.git(&["push", "-q"]);
    }),
];

/// A ticket with work in the attic, given back.
fn given_back(sandbox: &Sandbox, clone: &Place, leaves: Leaves) {
    clone.tix(&["activate", ID]).success();
    let there = clone.at(workspace(clone, ID));
    there.commit("work", &[("work.txt", "1\n")]);
    if sandbox.remote().has_ref(BRANCH) {
        there.git(&["push", "-q"]);
    }
    leaves(&there);
    clone.tix(&["release", ID, "--reason", "not now"]).success();
}

/// Runs the printed line in the new workspace; the ticket is as the new claim has it.
fn brings_back(clone: &Place, what: &str) {
    let json = clone.tix(&["activate", ID, "--json"]).success().json();
    let line = json["next"].as_str().unwrap_or_else(|| panic!("{what}: {json}"));
    let there = clone.at(workspace(clone, ID));
    let before = there.git(&["rev-parse", "HEAD"]);
    there.sh(line).run().success();
    assert_eq!(there.read("work.txt"), "1\n", "{what}");
    assert_eq!(there.git(&["status", "--porcelain"]), "", "{what}");
    assert_eq!(there.git(&["diff", "--name-only", &before, "HEAD", "--", "tickets"]), "", "{what}");
    assert!(there.path().join(ACTIVE).exists(), "{what}");
    there.tix(&["note", "goes on"]).success();
}

#[test]
fn the_printed_line_brings_earlier_work_back_whatever_the_branch_holds() {
    for (what, leaves) in LEAVES {
        let sandbox = one_ticket();
        let clone = sandbox.clone_named("a");
        given_back(&sandbox, &clone, leaves);
        brings_back(&clone, what);
    }
}

#[test]
fn it_works_in_another_clone_and_without_a_remote() {
    let sandbox = one_ticket();
    given_back(&sandbox, &sandbox.clone_named("a"), LEAVES[2].1);
    let bob = sandbox.clone_named("b").on_machine("bobs").as_person("Bob", "bob@example.org");
    bob.git(&["config", "pull.ff", "only"]);
    brings_back(&bob, "another clone");
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a");
    clone.git(&["remote", "remove", "origin"]);
    given_back(&sandbox, &clone, |_| {});
    brings_back(&clone, "no remote");
}

#[test]
fn a_conflict_in_the_work_itself_is_left_to_a_person() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a");
    given_back(&sandbox, &clone, |_| {});
    clone.git(&["pull", "-q"]);
    clone.commit("other", &[("work.txt", "2\n")]);
    clone.git(&["push", "-q"]);
    let output = clone.tix(&["activate", ID]);
    let line = output.success().stdout().lines().find(|line| line.contains("attic/")).unwrap();
    assert!(line.contains("holds earlier work"), "{output}");
    let line = output.stdout().lines().rfind(|line| line.contains("attic/")).unwrap();
    let there = clone.at(workspace(&clone, ID));
    assert_ne!(there.sh(line.trim()).run().code, Some(0));
    assert!(there.git(&["status", "--porcelain"]).contains("AA work.txt"), "{line}");
}

/// There the ticket branch has no ticket to conflict in.
#[test]
fn it_works_where_progress_is_on_the_trunk() {
    let sandbox = one_ticket();
    sandbox.seed(&[(".tix.yaml", "record: trunk\n")]);
    let clone = sandbox.clone_named("a");
    given_back(&sandbox, &clone, |_| {});
    let json = clone.tix(&["activate", ID, "--json"]).success().json();
    let there = clone.at(workspace(&clone, ID));
    there.sh(json["next"].as_str().unwrap()).run().success();
    assert_eq!(there.read("work.txt"), "1\n");
    assert_eq!(there.git(&["status", "--porcelain"]), "");
}
