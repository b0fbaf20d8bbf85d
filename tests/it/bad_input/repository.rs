//! What can be wrong with the repository, its remote and its branches.

use std::fs;

use insta::assert_snapshot;

use super::{ID, fails, fails_in, is_error, seeded};
use crate::harness::{Place, Sandbox, queue_ticket};

#[test]
fn outside_a_repository_there_is_a_way_in() {
    let sandbox = Sandbox::new();
    let place = Place::new(sandbox.shared(), sandbox.fresh_directory("empty"));
    assert_snapshot!(fails(&place, &["activate", "foo-001"], 5).redacted(), @"
    exit: 5
    ----- stdout -----
    ----- stderr -----
    error: [ROOT]/empty 0 is not in a git repository
    hint: go to your repository, or name it: tix -C <directory> …
    ");
    for args in [["release", "foo-001"], ["new", "A thing"]] {
        assert!(fails(&place, &args, 5).stderr().contains("tix -C"));
    }
}

#[test]
fn a_directory_that_is_not_there_is_named() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone");
    assert_snapshot!(fails(&clone, &["-C", "../nowhere", "activate", "foo-001"], 2).redacted(), @"
    exit: 2
    ----- stdout -----
    ----- stderr -----
    error: [ROOT]/clone/../nowhere is not a directory
    ");
    assert_snapshot!(fails(&clone, &["-C", "tickets/queue/TICKET-foo-001.md", "activate", "x"], 2).redacted(), @"
    exit: 2
    ----- stdout -----
    ----- stderr -----
    error: [ROOT]/clone/tickets/queue/TICKET-foo-001.md is not a directory
    ");
}

#[test]
fn a_current_directory_that_was_deleted_is_told() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone");
    let gone = clone.at("gone");
    let tix = env!("CARGO_BIN_EXE_tix");
    let output = gone.sh(&format!("rmdir ../gone && exec '{tix}' activate foo-001")).run();
    assert_snapshot!(output.exits(5).redacted(), @"
    exit: 5
    ----- stdout -----
    ----- stderr -----
    error: the current directory cannot be read: entity not found
    hint: go to an existing directory, or name one: tix -C <directory> …
    ");
    let gone = clone.at("gone");
    is_error(&gone.sh(&format!("rmdir ../gone && exec '{tix}' activate foo-001 --json")).run(), 5);
}

#[test]
fn a_repository_without_tickets_is_told_how_to_begin() {
    let sandbox = Sandbox::new();
    sandbox.seed(&[("README.md", "# Example\n")]);
    let clone = sandbox.clone_named("clone");
    assert_snapshot!(fails_in(&clone, &["activate", "foo-001"], 4).redacted(), @"
    exit: 4
    ----- stdout -----
    ----- stderr -----
    error: origin/main has no directory tickets/
    hint: set it up: tix init
    ");
}

#[test]
fn an_empty_remote_is_told_how_to_begin() {
    let sandbox = Sandbox::new();
    let clone = sandbox.clone_named("clone");
    assert_snapshot!(fails_in(&clone, &["activate", "foo-001"], 5).redacted(), @"
    exit: 5
    ----- stdout -----
    ----- stderr -----
    error: origin is empty: no commit has been pushed yet
    hint: push the first one: git push -u origin HEAD
    ");
}

#[test]
fn a_repository_without_a_commit_is_told_how_to_begin() {
    let sandbox = Sandbox::new();
    let root = Place::new(sandbox.shared(), sandbox.root().to_owned());
    root.git(&["init", "-q", "fresh"]);
    assert_snapshot!(fails(&root.at("fresh"), &["activate", "foo-001"], 5).redacted(), @"
    exit: 5
    ----- stdout -----
    ----- stderr -----
    error: this repository has no branch main
    hint: make the first commit, or say which branch the tickets are on: git config tix.trunk <branch>
    ");
}

#[test]
fn a_bare_clone_whose_remote_has_no_head_asks_for_the_trunk() {
    let sandbox = seeded();
    sandbox.remote().git(&["branch", "-m", "main", "trunk"]);
    sandbox.remote().git(&["symbolic-ref", "HEAD", "refs/heads/gone"]);
    let clone = sandbox.bare_clone("clone.git");
    let output = fails(&clone, &["activate", "foo-001"], 5);
    assert_snapshot!(output.redacted(), @"
    exit: 5
    ----- stdout -----
    ----- stderr -----
    error: origin does not say which branch is its default
    hint: say which branch the tickets are on: git config tix.trunk <branch>
    ");
    clone.git(&["config", "tix.trunk", "trunk"]);
    clone.tix(&["activate", "foo-001"]).success();
}

#[test]
fn a_ticket_that_is_only_here_is_told_how_to_get_there() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone");
    clone.write("tickets/queue/TICKET-mine-001.md", queue_ticket("TICKET-mine-001"));
    for query in ["mine-001", "TICKET-mine-001", "tickets/queue/TICKET-mine-001.md"] {
        let output = fails_in(&clone, &["activate", query], 4);
        assert!(output.stderr().contains("tix new --from"), "{output}");
    }
    assert_snapshot!(fails_in(&clone, &["activate", "mine-001"], 4).redacted(), @"
    exit: 4
    ----- stdout -----
    ----- stderr -----
    error: tickets/queue/TICKET-mine-001.md is not on origin/main yet
    hint: add it: tix new --from tickets/queue/TICKET-mine-001.md
    hint: or commit it and push it to main
    ");
    let there = clone.at("tickets/queue");
    assert_snapshot!(fails_in(&there, &["activate", "./TICKET-mine-001.md"], 4).redacted(), @"
    exit: 4
    ----- stdout -----
    ----- stderr -----
    error: ./TICKET-mine-001.md is not on origin/main yet
    hint: add it: tix new --from ./TICKET-mine-001.md
    hint: or commit it and push it to main
    ");
}

#[test]
fn a_remote_that_does_not_exist_is_answered_with_those_that_do() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone");
    assert_snapshot!(fails_in(&clone, &["activate", "foo-001", "--remote", "upstream"], 5).redacted(), @"
    exit: 5
    ----- stdout -----
    ----- stderr -----
    error: there is no remote named `upstream`
      remotes  origin
    hint: list the remotes: git remote -v
    ");
    clone.git(&["remote", "add", "fork", "/nowhere"]);
    clone.git(&["remote", "rename", "origin", "up"]);
    assert_snapshot!(fails_in(&clone, &["activate", "foo-001"], 5).redacted(), @"
    exit: 5
    ----- stdout -----
    ----- stderr -----
    error: there are several remotes, and none is named origin
      remotes  up, fork
    hint: say which one holds the tickets: git config tix.remote <name>
    ");
    let alone = sandbox.local_repository("alone");
    assert_snapshot!(fails_in(&alone, &["activate", "foo-001", "--remote", "origin"], 5).redacted(), @"
    exit: 5
    ----- stdout -----
    ----- stderr -----
    error: there is no remote named `origin`
    hint: this repository has no remote; see: git remote -v
    ");
}

#[test]
fn a_trunk_that_does_not_exist_is_answered_with_the_branches() {
    let sandbox = seeded();
    sandbox.remote().git(&["branch", "develop", "main"]);
    let clone = sandbox.clone_named("clone");
    assert_snapshot!(fails_in(&clone, &["activate", "foo-001", "--trunk", "tickts"], 5).redacted(), @"
    exit: 5
    ----- stdout -----
    ----- stderr -----
    error: origin has no branch tickts
      branches  develop, main
    hint: say which branch the tickets are on: git config tix.trunk <branch>
    hint: if the remote renamed its default branch: git fetch --prune && git remote set-head origin --auto
    ");
    let alone = sandbox.local_repository("alone");
    assert_snapshot!(fails_in(&alone, &["activate", "foo-001", "--trunk", "tickts"], 5).redacted(), @"
    exit: 5
    ----- stdout -----
    ----- stderr -----
    error: this repository has no branch tickts
    hint: make the first commit, or say which branch the tickets are on: git config tix.trunk <branch>
    ");
}

#[test]
fn a_remote_that_is_gone_is_out_of_reach() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone");
    fs::rename(sandbox.root().join("origin.git"), sandbox.root().join("moved.git")).unwrap();
    assert_snapshot!(fails_in(&clone, &["activate", "foo-001"], 7).redacted(), @"
    exit: 7
    ----- stdout -----
    ----- stderr -----
    error: origin cannot be reached; nothing changed
      git  fatal: '[ROOT]/origin.git' does not appear to be a git repository
           fatal: Could not read from remote repository.
           Please make sure you have the correct access rights
           and the repository exists.
    hint: see whether its address is right: git remote -v
    ");
}

#[test]
fn a_place_for_the_workspace_that_is_taken_stops_it_before_the_lock() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone");
    let old = sandbox.remote().git(&["rev-parse", "main"]);
    let path = format!("../clone.worktrees/{ID}");
    clone.write(&path, "a file\n");
    assert_snapshot!(fails_in(&clone, &["activate", "foo-001"], 5).redacted(), @r#"
    exit: 5
    ----- stdout -----
    ----- stderr -----
    error: the workspace's place is taken: [ROOT]/clone.worktrees/TICKET-foo-001 is not a directory
      path  [ROOT]/clone.worktrees/TICKET-foo-001
    hint: move it away, or put workspaces into the repository: git config tix.worktree ".worktrees/{id}"
    "#);
    fs::remove_file(clone.path().join(&path)).unwrap();
    clone.write(format!("{path}/notes.txt"), "mine\n");
    assert_snapshot!(fails_in(&clone, &["activate", "foo-001"], 5).redacted(), @r#"
    exit: 5
    ----- stdout -----
    ----- stderr -----
    error: the workspace's place is taken: [ROOT]/clone.worktrees/TICKET-foo-001 is not empty
      path  [ROOT]/clone.worktrees/TICKET-foo-001
    hint: move it away, or put workspaces into the repository: git config tix.worktree ".worktrees/{id}"
    "#);
    assert_eq!(clone.read(format!("{path}/notes.txt")), "mine\n");
    fs::remove_dir_all(clone.path().join("../clone.worktrees")).unwrap();
    clone.write("../clone.worktrees", "a file where the directory would be\n");
    assert_snapshot!(fails_in(&clone, &["activate", "foo-001"], 5).redacted(), @r#"
    exit: 5
    ----- stdout -----
    ----- stderr -----
    error: the workspace cannot be created in [ROOT]/clone.worktrees: not a directory
      path  [ROOT]/clone.worktrees
    hint: free some space, fix the permissions, or put workspaces into the repository: git config tix.worktree ".worktrees/{id}"
    "#);
    assert_eq!(sandbox.remote().git(&["rev-parse", "main"]), old);
    // An empty directory is no obstacle.
    fs::remove_file(clone.path().join("../clone.worktrees")).unwrap();
    clone.at(&path);
    clone.tix(&["activate", "foo-001"]).success();
}

#[test]
fn a_branch_of_that_name_with_work_in_it_stops_it_before_the_lock() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone");
    clone.git(&["switch", "-q", "-c", &format!("ticket/{ID}")]);
    clone.commit("mine", &[("mine.txt", "mine\n")]);
    clone.git(&["switch", "-q", "main"]);
    let old = sandbox.remote().git(&["rev-parse", "main"]);
    assert_snapshot!(fails_in(&clone, &["activate", "foo-001"], 5).redacted(), @"
    exit: 5
    ----- stdout -----
    ----- stderr -----
    error: there is a local branch ticket/TICKET-foo-001 already, with commits that are not on the trunk
      branch  ticket/TICKET-foo-001
      commit  [OID]
    hint: rename it: git branch -m ticket/TICKET-foo-001 ticket/TICKET-foo-001-old
    ");
    assert_eq!(sandbox.remote().git(&["rev-parse", "main"]), old);
}

#[test]
fn a_branch_of_that_name_on_the_remote_stops_it_before_the_lock() {
    let sandbox = seeded();
    sandbox.seed_on(&format!("ticket/{ID}"), &[("own.txt", "somebody's own")]);
    let clone = sandbox.clone_named("clone");
    let old = sandbox.remote().git(&["rev-parse", "main"]);
    assert_snapshot!(fails_in(&clone, &["activate", "foo-001"], 5).redacted(), @"
    exit: 5
    ----- stdout -----
    ----- stderr -----
    error: origin already has a branch ticket/TICKET-foo-001, which no claim created; nothing changed
      branch  ticket/TICKET-foo-001
    hint: see what it holds: git fetch origin refs/heads/ticket/TICKET-foo-001 && git log FETCH_HEAD
    hint: if you may rename it: git fetch origin refs/heads/ticket/TICKET-foo-001 && git push --atomic origin FETCH_HEAD:refs/heads/kept-ticket-TICKET-foo-001 :refs/heads/ticket/TICKET-foo-001
    ");
    assert_eq!(sandbox.remote().git(&["rev-parse", "main"]), old);
}

#[test]
fn a_branch_beside_which_no_ticket_branch_can_be_stops_it_before_the_lock() {
    let sandbox = seeded();
    let old = sandbox.remote().git(&["rev-parse", "main"]);
    let clone = sandbox.clone_named("clone");
    clone.git(&["branch", "ticket"]);
    assert_snapshot!(fails_in(&clone, &["activate", "foo-001"], 5).redacted(), @r#"
    exit: 5
    ----- stdout -----
    ----- stderr -----
    error: git cannot create the branch ticket/TICKET-foo-001 beside the local branch ticket
      branch  ticket
    hint: rename it: git branch -m ticket old-ticket
    hint: or give ticket branches another name, in the team's .tix.yaml: branch: "work/{id}"
    "#);
    let other = sandbox.clone_named("other");
    other.git(&["branch", &format!("ticket/{ID}/notes")]);
    assert_snapshot!(fails_in(&other, &["activate", "foo-001"], 5).redacted(), @r#"
    exit: 5
    ----- stdout -----
    ----- stderr -----
    error: git cannot create the branch ticket/TICKET-foo-001 beside the local branch ticket/TICKET-foo-001/notes
      branch  ticket/TICKET-foo-001/notes
    hint: rename it: git branch -m ticket/TICKET-foo-001/notes old-ticket-TICKET-foo-001-notes
    hint: or give ticket branches another name, in the team's .tix.yaml: branch: "work/{id}"
    "#);
    assert_eq!(sandbox.remote().git(&["rev-parse", "main"]), old);
}

#[test]
fn a_branch_of_the_remote_beside_which_no_ticket_branch_can_be_is_told() {
    let sandbox = seeded();
    let old = sandbox.remote().git(&["rev-parse", "main"]);
    sandbox.remote().git(&["branch", "ticket", "main"]);
    let clone = sandbox.clone_named("clone");
    assert_snapshot!(fails_in(&clone, &["activate", "foo-001"], 5).redacted(), @r#"
    exit: 5
    ----- stdout -----
    ----- stderr -----
    error: origin has a branch ticket, so git cannot create ticket/TICKET-foo-001 there
    hint: ask whoever made that branch to rename it
    hint: or give ticket branches another name, in the team's .tix.yaml: branch: "work/{id}"
    "#);
    assert_eq!(sandbox.remote().git(&["rev-parse", "main"]), old);
}

#[test]
fn a_file_for_a_new_ticket_must_be_there() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone");
    assert_snapshot!(fails_in(&clone, &["new", "--from", "nowhere.md"], 2).redacted(), @"
    exit: 2
    ----- stdout -----
    ----- stderr -----
    error: there is no file [ROOT]/clone/nowhere.md
    ");
    assert_snapshot!(fails_in(&clone, &["new", "--from", "tickets"], 2).redacted(), @"
    exit: 2
    ----- stdout -----
    ----- stderr -----
    error: [ROOT]/clone/tickets cannot be read: Is a directory (os error 21)
    ");
    assert_snapshot!(fails_in(&clone, &["new", "  "], 2).redacted(), @"
    exit: 2
    ----- stdout -----
    ----- stderr -----
    error: a ticket needs a title
    hint: a title has at least one word
    ");
}
