//! What is committed and not on the remote yet when a ticket is completed.

use super::{ACTIVE, BRANCH, COMPLETED, ID, bob, held_with, work};
use crate::activate::{fact, hints};
use crate::harness::Output;

#[test]
fn complete_brings_together_what_was_committed_here_and_what_was_pushed_from_elsewhere() {
    for settings in ["", "record: trunk\n"] {
        let (sandbox, _, there) = held_with(settings);
        there.git(&["pull", "-q", "--rebase"]);
        there.commit("work", &[("work.txt", "1\n")]);
        let mine = there.git(&["rev-parse", "HEAD"]);
        there.tix(&["note", ID, "half way"]).success();
        let other = bob(&sandbox);
        other.git(&["checkout", "-q", &format!("ticket/{ID}")]);
        other.commit("a hand", &[("hand.txt", "1\n")]);
        other.git(&["push", "-q"]);
        let theirs = other.git(&["rev-parse", "HEAD"]);
        let done = there.tix(&["complete", "--json"]).success().json();
        assert_eq!((&done["outcome"], &done["work_pushed"]), (&"completed".into(), &1.into()));
        assert_eq!(done["warnings"], serde_json::json!([]));
        let tip = sandbox.remote().git(&["rev-parse", BRANCH]);
        assert_eq!(there.git(&["rev-parse", "HEAD"]), tip);
        assert_eq!(there.git(&["status", "--porcelain"]), "");
        let merge = there.git(&["log", "--merges", "-1", "--format=%P", &tip]);
        assert_eq!(merge, format!("{mine} {theirs}"));
        // The same behind the completion.
        other.git(&["pull", "-q"]);
        other.commit("one more", &[("hand.txt", "2\n")]);
        other.git(&["push", "-q"]);
        there.commit("late fix", &[("late.txt", "1\n")]);
        let again = there.tix(&["complete", "--json"]).success().json();
        assert_eq!((&again["outcome"], &again["work_pushed"]), (&"already".into(), &1.into()));
        assert_eq!(again["warnings"], serde_json::json!([]));
        assert_eq!(sandbox.remote().show(BRANCH, "late.txt"), b"1\n");
        assert_eq!(sandbox.remote().show(BRANCH, "hand.txt"), b"2\n");
    }
}

#[test]
fn what_is_printed_as_the_next_step_can_be_run_where_it_is_printed() {
    let (sandbox, ada, there) = held_with("");
    work(&there, "work.txt");
    let receipt = there.tix(&["complete", "--json"]).success().json();
    let next = |place: &crate::harness::Place| {
        place.tix(&["status", ID, "--json"]).success().json()["next"].clone()
    };
    assert_eq!(receipt["next"], next(&there));
    assert!(next(&ada).as_str().unwrap().starts_with("git switch main && "));
    there.sh(receipt["next"].as_str().unwrap()).run().success();
    assert_eq!(sandbox.remote().show("main", "work.txt"), b"work\n");
}

#[test]
fn what_was_amended_after_it_was_pushed_does_not_come_back_by_a_merge() {
    let (sandbox, _, there) = held_with("");
    work(&there, "work.txt");
    there.git(&["mv", "work.txt", "renamed.txt"]);
    there.git(&["commit", "-q", "--amend", "-m", "work, amended"]);
    let tip = sandbox.remote().git(&["rev-parse", BRANCH]);
    there.tix(&["complete"]).exits(5);
    assert_eq!(sandbox.remote().git(&["rev-parse", BRANCH]), tip);
}

#[test]
fn a_commit_behind_the_merge_of_its_ticket_is_told_of() {
    let (sandbox, ada, there) = held_with("");
    work(&there, "work.txt");
    there.tix(&["complete"]).success();
    ada.git(&["fetch", "-q"]);
    ada.git(&["merge", "-q", "--ff-only", "origin/main"]);
    ada.git(&["merge", "-q", "--squash", &format!("origin/ticket/{ID}")]);
    ada.git(&["commit", "-q", "-m", "the work"]);
    ada.git(&["push", "-q"]);
    let told = |warnings: serde_json::Value| {
        there.commit("late fix", &[("late.txt", "1\n")]);
        there.commit("late fix", &[("late.txt", "2\n")]);
        let receipt = there.tix(&["complete", "--json"]).success().json();
        assert_eq!((&receipt["outcome"], &receipt["warnings"]), (&"already".into(), &warnings));
    };
    let said = |number: u64| {
        serde_json::json!([format!(
            "ticket/{ID} has {number} commits that are not in main: the ticket was merged before\n\
             push the branch, and have it merged once more: git push origin ticket/{ID}"
        )])
    };
    told(said(2));
    sandbox.remote().git(&["branch", "-q", "-D", &format!("ticket/{ID}")]);
    there.git(&["fetch", "-q", "--prune"]);
    told(said(4));
}

#[test]
fn no_push_takes_in_what_others_have_pushed_to_the_ticket() {
    let (sandbox, ada, there) = held_with("");
    let boxed = "# Requirements\n\n- [ ] a box\n";
    there.tix(&["edit", "--append", boxed]).success();
    there.commit("work", &[("work.txt", "1\n")]);
    let refused = there.tix(&["complete", "--no-push", "--json"]);
    assert!(fact(refused.exits(5), "not ticked").contains("a box"), "{refused}");
    // On the branch that is pushed, which is not the one here.
    let ticked = |output: &str| output.lines().next().unwrap().to_owned();
    let first = there.tix(&["tick", "a box"]);
    // A part of its id stands before a box, as it does before a note.
    let again = there.tix(&["tick", "foo", "a box"]);
    let is_warned = |output: &Output| output.stderr().contains("lacks this until");
    assert!(is_warned(&first) && !is_warned(&again), "{first}{again}");
    assert_eq!(ticked(first.success().stdout()), format!("{ID}: 3 of 3 boxes ticked"));
    assert_eq!(
        ticked(again.success().stdout()),
        format!("nothing to tick in {ID}: 3 of 3 boxes are ticked")
    );
    ada.tix(&["note", ID, "from elsewhere"]).success();
    let tip = sandbox.remote().git(&["rev-parse", BRANCH]);
    let receipt = there.tix(&["complete", "--no-push", "--json"]).success().json();
    assert_eq!(receipt["workspace"]["commit"], there.git(&["rev-parse", "HEAD"]));
    assert_eq!(sandbox.remote().git(&["rev-parse", BRANCH]), tip);
    let text = there.read(COMPLETED);
    assert!(text.contains("- [x] a box") && text.contains("from elsewhere"), "{text}");
    there.sh(receipt["next"].as_str().unwrap()).run().success();
}

#[test]
fn no_push_says_how_to_take_in_what_cannot_be_merged() {
    let (_, _, there) = held_with("");
    there.tix(&["edit", "--append", "# Requirements\n\n- [ ] a box\n"]).success();
    let text = there.read(ACTIVE).replace("a box", "another box");
    there.commit("reword", &[(ACTIVE, text.as_str()), ("work.txt", "1\n")]);
    there.tix(&["tick", "a box"]).success();
    let output = there.tix(&["complete", "--no-push", "--json"]);
    assert!(hints(output.exits(5)).contains("pull --rebase"), "{output}");
}

/// The advice for a workspace that could not follow is a command to paste.
#[test]
fn a_workspace_with_changes_in_the_file_that_was_written_follows_by_the_command_that_is_printed() {
    let (sandbox, ada, there) = held_with("");
    there.write(ACTIVE, there.read(ACTIVE).replacen("[x] It works", "[x] It works by hand", 1));
    let output = ada.tix(&["note", ID, "from here", "--json"]);
    let warnings = output.success().json()["warnings"].clone();
    let (why, advice) = warnings[0].as_str().unwrap().split_once('\n').unwrap();
    assert!(why.starts_with("the workspace was not updated: a file"), "{output}");
    let (_, command) = advice.split_once(": ").unwrap();
    ada.sh(command).run().success();
    assert_eq!(there.git(&["rev-parse", "HEAD"]), sandbox.remote().git(&["rev-parse", BRANCH]));
    let text = there.read(ACTIVE);
    assert!(text.contains("by hand") && text.contains("from here"), "{text}");
}

#[test]
fn what_both_sides_added_to_the_ticket_is_joined_and_what_both_changed_is_named() {
    let (sandbox, _, there) = held_with("");
    let mine = format!("{}\n## [2026-11-30 15:00] - me: mine\n", there.read(ACTIVE));
    there.commit("work", &[(ACTIVE, mine.as_str()), ("work.txt", "1\n")]);
    bob(&sandbox).tix(&["note", ID, "from elsewhere"]).success();
    there.tix(&["complete"]).success();
    let text = there.read(COMPLETED);
    assert!(text.contains("me: mine\n") && text.contains("from elsewhere"), "{text}");
    assert_eq!(there.git(&["rev-parse", "HEAD"]), sandbox.remote().git(&["rev-parse", BRANCH]));

    let (_sandbox, _, there) = held_with("");
    there.tix(&["edit", "--append", "# Requirements\n\n- [ ] a box\n"]).success();
    let text = there.read(ACTIVE).replace("a box", "another box");
    there.commit("reword", &[(ACTIVE, text.as_str()), ("work.txt", "1\n")]);
    there.tix(&["tick", "a box"]).success();
    let output = there.tix(&["complete", "--json"]);
    assert_eq!(fact(output.exits(5), "both changed"), ACTIVE);
    assert!(hints(&output).contains("resolve what both changed: git -C "), "{output}");
}
