//! Without a remote: the local branch is the trunk, for the processes of one machine.

use super::{ACTIVE, BRANCH, ID, QUEUED, hints, key, one_ticket, workspace};
use crate::harness::{
    Do, On, Place, Sandbox, Shim, Untouched, codes, no_leftovers, queue_ticket, together,
};

fn alone(sandbox: &Sandbox) -> Place {
    sandbox.local_repository("a")
}

fn subjects(place: &Place) -> Vec<String> {
    let log = place.git(&["log", "--format=%s", "main"]);
    log.lines().filter(|line| *line != "seed").map(str::to_owned).collect()
}

fn branches(place: &Place) -> String {
    place.git(&["for-each-ref", "--format=%(refname)", "refs/heads"])
}

#[test]
fn a_claim_and_a_release_work_without_a_remote() {
    let sandbox = one_ticket();
    let place = alone(&sandbox);
    let receipt = place.tix(&["activate", ID, "--json"]).success().json();
    assert!(receipt["remote"].is_null());
    assert_eq!(key(&place, "main", ACTIVE, "status"), "claimed");
    assert_eq!(key(&place, BRANCH, ACTIVE, "status"), "in_progress");
    let there = place.at(workspace(&place, ID));
    assert_eq!(there.git(&["status", "--porcelain"]), "");
    assert_eq!(there.git(&["symbolic-ref", "HEAD"]), BRANCH);
    place.tix(&["activate", ID]).exits(3);
    place.tix(&["release", ID]).success();
    assert_eq!(subjects(&place), [format!("release: {ID}"), format!("claim: {ID}")]);
    assert!(!there.path().exists());
    assert_eq!(branches(&place), "refs/heads/main");
    no_leftovers(&place);
}

#[test]
fn what_a_release_kept_makes_room_by_the_command_that_is_named() {
    let sandbox = one_ticket();
    let place = alone(&sandbox);
    place.tix(&["activate", ID]).success();
    let there = place.at(workspace(&place, ID));
    there.commit("work", &[("work.txt", "1\n")]);
    there.write("notes.txt", "mine\n");
    let release = place.tix(&["release", ID, "--json"]).success().json();
    let warning = release["warnings"][0].as_str().unwrap();
    let (_, command) = warning.split_once(" here again: ").unwrap();
    let output = place.tix(&["activate", ID, "--json"]);
    assert_eq!(hints(output.exits(5)), format!("move its contents elsewhere: {command}"));
    place.sh(command).run().success();
    place.tix(&["activate", ID]).success();
    let kept = there.path().with_file_name(format!("{ID}-kept"));
    assert_eq!(place.at(kept).read("notes.txt"), "mine\n");
    assert!(!there.exists("notes.txt") && !there.exists("work.txt"));
}

#[test]
fn of_many_processes_and_worktrees_exactly_one_wins() {
    let sandbox = one_ticket();
    let place = alone(&sandbox).frozen_at("2026-01-02T03:04:05Z");
    let mut places = vec![place.clone(); 4];
    places.extend((0..4).map(|n| place.worktree(&format!("w{n}"))));
    let runs = places.iter().map(|p| p.tix_command(&["activate", ID])).collect();
    let outputs = together(&sandbox, runs);
    assert_eq!(codes(&outputs), [0, 3, 3, 3, 3, 3, 3, 3], "{outputs:?}");
    assert_eq!(subjects(&place), [format!("claim: {ID}")]);
    no_leftovers(&place);
}

#[test]
fn many_tickets_at_once_are_all_claimed_and_the_checkout_follows() {
    let (sandbox, ids) = super::many_tickets(10);
    let place = alone(&sandbox);
    let runs = ids.iter().map(|id| place.tix_command(&["activate", id])).collect();
    let outputs = together(&sandbox, runs);
    assert_eq!(codes(&outputs), [0; 10], "{outputs:?}");
    assert_eq!(place.git(&["status", "--porcelain"]), "");
    assert_eq!(subjects(&place).len(), 10);
    for id in &ids {
        assert!(place.exists(format!("tickets/active/{id}/{id}.md")));
    }
    no_leftovers(&place);
}

#[test]
fn the_checkout_of_the_trunk_follows_when_nothing_is_lost() {
    let sandbox = one_ticket();
    let place = alone(&sandbox);
    place.write("src/main.rs", "// mine\n");
    place.write("untracked.txt", "u\n");
    place.write("staged.txt", "s\n");
    place.git(&["add", "staged.txt"]);
    let output = place.tix(&["activate", ID]);
    assert!(!output.success().stderr().contains("warning"), "{output}");
    assert_eq!(place.read("src/main.rs"), "// mine\n");
    assert!(place.exists(ACTIVE) && !place.exists(QUEUED));
    let status = place.git(&["status", "--porcelain"]);
    assert_eq!(status, " M src/main.rs\nA  staged.txt\n?? untracked.txt".trim_start_matches('\n'));
}

#[test]
fn a_checkout_in_which_something_would_be_lost_is_left_and_told() {
    let sandbox = one_ticket();
    let place = alone(&sandbox);
    place.write(QUEUED, queue_ticket(ID) + "my notes\n");
    let output = place.tix(&["activate", ID]);
    insta::assert_snapshot!(output.success().redacted(), @"
    exit: 0
    ----- stdout -----
    TICKET-foo-001 is yours
      title      Make it work
      branch     ticket/TICKET-foo-001
      workspace  [ROOT]/a.worktrees/TICKET-foo-001
      ticket     tickets/active/TICKET-foo-001/TICKET-foo-001.md
      to do      [ ] It works
                 [ ] It is tested
    next:
      cd '[ROOT]/a.worktrees/TICKET-foo-001'
      tix complete    # when it is done
      tix release     # to give it back
    ----- stderr -----
    warning: [ROOT]/a has main checked out, and tix left its files alone because changes there would be lost. Its `git status` shows this write backwards, and whoever commits that undoes it. When your changes are safe elsewhere, update it with `git restore --staged --worktree -- tickets`
    ");
    assert!(place.read(QUEUED).ends_with("my notes\n"));
    assert_eq!(key(&place, "main", ACTIVE, "status"), "claimed");
    place.git(&["restore", "--staged", "--worktree", "--", "tickets"]);
    assert_eq!(place.git(&["status", "--porcelain"]), "");
    assert!(place.exists(ACTIVE) && !place.exists(QUEUED));
}

#[test]
fn another_branch_that_is_checked_out_is_not_touched() {
    let sandbox = one_ticket();
    let place = alone(&sandbox);
    place.git(&["switch", "-q", "-c", "feature"]);
    place.write("untracked.txt", "u\n");
    let at = place.git(&["rev-parse", "HEAD"]);
    place.tix(&["activate", ID]).success();
    assert_eq!(place.git(&["rev-parse", "HEAD"]), at);
    assert_eq!(place.git(&["status", "--porcelain"]), "?? untracked.txt");
    assert!(place.exists(QUEUED));
}

#[test]
fn killed_between_the_move_of_the_trunk_and_the_checkout_the_next_run_finishes_it() {
    let sandbox = one_ticket();
    let place = alone(&sandbox);
    let shim = Shim::new(&sandbox);
    shim.rule(On::command("read-tree"), Do::KillBefore);
    place.tix_command(&["activate", ID]).through(&shim).run().killed_by(9);
    assert_eq!(key(&place, "main", ACTIVE, "status"), "claimed");
    assert!(place.exists(QUEUED));
    let output = place.tix(&["new", "Another"]);
    assert!(!output.success().stderr().contains("warning"), "{output}");
    assert_eq!(place.git(&["status", "--porcelain"]), "");
    assert!(place.exists(ACTIVE) && !place.exists(QUEUED));
    let again = place.tix(&["activate", ID, "--json"]);
    assert_eq!(again.success().json()["outcome"], "resumed");
    no_leftovers(&place);
}

#[test]
fn a_set_up_that_fails_gives_the_ticket_back() {
    let sandbox = one_ticket();
    let place = alone(&sandbox);
    let before = Untouched::besides_ticket(&place, ID);
    let shim = Shim::new(&sandbox);
    shim.rule(
        On::command("worktree").with("add"),
        Do::Fail { code: 128, stderr: "fatal: disk full\n" },
    );
    place.tix_command(&["activate", ID]).through(&shim).run().exits(5);
    assert_eq!(branches(&place), "refs/heads/main");
    assert_eq!(subjects(&place), [format!("release: {ID}"), format!("claim: {ID}")]);
    assert_eq!(place.git(&["status", "--porcelain"]), "");
    drop(before);
    place.tix(&["activate", ID]).success();
}

#[test]
fn work_is_kept_in_the_attic_and_a_workspace_with_changes_keeps_them() {
    let sandbox = one_ticket();
    let place = alone(&sandbox);
    place.tix(&["activate", ID]).success();
    let there = place.at(workspace(&place, ID));
    there.commit("work", &[("work.txt", "1\n")]);
    there.write("notes.txt", "mine\n");
    let output = place.tix(&["release", ID]);
    assert!(output.success().stderr().contains("notes.txt"), "{output}");
    // Nothing in it looks changed but what is.
    assert_eq!(there.git(&["status", "--porcelain"]), "?? notes.txt");
    assert_eq!(there.read("work.txt"), "1\n");
    let attic = branches(&place);
    assert!(attic.contains(&format!("refs/heads/attic/{ID}/")), "{attic}");
    assert!(!attic.contains("refs/heads/ticket/"), "{attic}");
}
