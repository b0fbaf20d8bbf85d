//! Hooks directories that other worktrees do not have: a relative `core.hooksPath`, or one that holds for some of them.

use super::*;
use crate::harness::queue_ticket;

const TICKETS: [&str; 2] = ["TICKET-foo-001", "TICKET-bar-002"];

/// As husky 9 makes it: scripts below `.husky/_`, which git ignores, run the lines that are committed in `.husky`.
fn make_scripts(place: &Place) {
    place.write(".husky/_/.gitignore", "*");
    place.write_script(
        ".husky/_/h",
        "#!/bin/sh\ns=${0%/_/*}/${0##*/}\n[ ! -f \"$s\" ] || sh -e \"$s\" \"$@\"\n",
    );
    for hook in USUAL {
        place.write_script(format!(".husky/_/{hook}"), "#!/usr/bin/env sh\n. \"${0%/*}/h\"");
    }
}

/// A clone in which husky runs the guard, and in which its lines are committed.
fn husky(below: &str) -> (Sandbox, Place) {
    let sandbox = Sandbox::new();
    let line = |hook: &str| (format!("{below}/{hook}"), format!("tix hook git {hook} \"$@\"\n"));
    let lines = USUAL.map(line);
    let tickets = TICKETS.map(|id| (format!("tickets/queue/{id}.md"), queue_ticket(id)));
    let files: Vec<_> = lines.into_iter().chain(tickets).collect();
    let files: Vec<(&str, String)> =
        files.iter().map(|(path, text)| (path.as_str(), text.clone())).collect();
    sandbox.seed(&files);
    let clone = sandbox.clone_named("clone");
    clone.git(&["config", "core.hooksPath", &format!("{below}/_")]);
    symlink(env!("CARGO_BIN_EXE_tix"), sandbox.root().join("bin/tix")).unwrap();
    (sandbox, clone)
}

/// What `tix hook status` has to say of other worktrees: their names and what they lack.
fn unguarded(clone: &Place) -> Vec<(String, usize)> {
    let json = clone.tix(&["hook", "status", "--json"]).json();
    let worktrees = json["worktrees"].as_array().unwrap().iter();
    let name = |path: &str| path.rsplit('/').next().unwrap().to_owned();
    let mut all: Vec<_> = worktrees
        .map(|w| (name(w["path"].as_str().unwrap()), w["lacking"].as_array().unwrap().len()))
        .collect();
    all.sort_by(|one, other| other.cmp(one));
    all
}

/// The commands that a hint or a warning gives for the worktree and for all to come.
fn mends(words: &str) -> [String; 2] {
    let copy = words.find("cp -R ").unwrap();
    let lasting = words.find("echo .husky/_/").unwrap();
    [copy, lasting]
        .map(|at| words[at..].lines().next().unwrap().split(';').next().unwrap().to_owned())
}

#[test]
fn a_workspace_without_the_hooks_of_husky_is_told_of_everywhere_until_it_has_them() {
    let (_sandbox, clone) = husky(".husky");
    make_scripts(&clone);
    assert!(states(&clone).1);
    let installed = clone.tix(&["hook", "install", "--files"]);
    assert!(
        installed.success().stdout().contains("for all to come: echo .husky/_/ >>"),
        "{installed}"
    );
    let [first, second] = TICKETS;
    let activated = clone.tix(&["activate", first]);
    let told = activated.success().stderr();
    let words = "warning: git does not run the guard in this workspace, because core.hooksPath points elsewhere there \
                 (pre-commit missing, pre-merge-commit missing, pre-push missing); fix it: cp -R ";
    assert!(told.contains(words), "{activated}");
    let workspace = clone.at(clone.tix(&["path", first]).success().stdout().trim());
    // It is as bad as that.
    workspace.write("code.rs", "fn f() {}\n");
    workspace.git(&["add", "code.rs"]);
    workspace.git(&["commit", "-q", "-m", "code"]);
    let remote = || clone.git(&["ls-remote", "origin", "refs/heads/main"]);
    let push = || workspace.try_git(&["push", "-q", "--dry-run", "origin", "HEAD:main"]);
    push().success();

    assert_eq!(unguarded(&clone), [(first.to_owned(), 3)]);
    let status = clone.tix(&["hook", "status"]);
    assert!(status.exits(1).stdout().contains("worktree\tunguarded\t"), "{status}");
    let mend = mends(status.stderr());
    assert_eq!(mend, mends(told));
    assert!(!status.stderr().contains("tix hook install"), "it would mend nothing: {status}");
    // From inside the same, and that the main worktree is in order.
    assert_eq!(unguarded(&workspace), []);
    let inside = workspace.tix(&["hook", "status"]);
    assert_eq!(mends(inside.exits(1).stderr()), mend);
    let again = workspace.tix(&["hook", "install", "--files"]);
    assert_eq!(mends(again.exits(1).stderr()), mend, "{again}");
    assert!(!again.stdout().contains("nothing to do"), "{again}");
    let doctor = clone.tix(&["doctor", "--json"]).json();
    let finding =
        doctor["findings"].as_array().unwrap().iter().find(|f| f["check"] == "hooks-missing");
    let finding = finding.unwrap().to_string();
    assert!(finding.contains("does not run in all of its worktrees"), "{finding}");
    assert!(finding.contains("give a worktree the hooks of the main one"), "{finding}");

    clone.sh(&mend[0]).run().success();
    assert!(states(&clone).1 && states(&workspace).1);
    let before = remote();
    push().exits(1);
    assert_eq!(remote(), before);
    clone.sh(&mend[1]).run().success();
    let activated = clone.tix(&["activate", second]);
    assert!(!activated.success().stderr().contains("guard"), "{activated}");
    assert!(states(&clone).1 && unguarded(&clone).is_empty());
    let installed = clone.tix(&["hook", "install", "--files"]);
    assert!(!installed.success().stdout().contains("to come"), "{installed}");
    // The lines are the team's.
    let uninstalled = clone.tix(&["hook", "uninstall"]);
    let words = "note: .husky/pre-push calls the guard in pre-push, and tix did not write it: remove that line yourself";
    assert!(uninstalled.success().stdout().contains(words), "{uninstalled}");
    assert!(states(&clone).1);
}

#[test]
fn a_directory_that_git_does_not_ignore_is_to_be_committed() {
    let (_sandbox, clone) = husky("ci/hooks");
    make_scripts(&clone);
    fs::rename(clone.path().join(".husky/_"), clone.path().join("ci/hooks/_")).unwrap();
    fs::remove_file(clone.path().join("ci/hooks/_/.gitignore")).unwrap();
    for hook in USUAL {
        clone.write_script(
            format!("ci/hooks/_/{hook}"),
            &format!("#!/bin/sh\ntix hook git {hook} \"$@\"\n"),
        );
    }
    assert!(states(&clone).1);
    let activated = clone.tix(&["activate", TICKETS[0]]);
    let words = "for all future workspaces: commit ci/hooks/_, which git does not ignore";
    assert!(activated.success().stderr().contains(words), "{activated}");
}

#[test]
fn nobody_misses_a_guard_that_was_never_there() {
    let (_sandbox, clone) = husky(".husky");
    for hook in USUAL {
        clone.write(format!(".husky/{hook}"), "npm test\n");
    }
    make_scripts(&clone);
    let activated = clone.tix(&["activate", TICKETS[0]]);
    assert!(!activated.success().stderr().contains("guard"), "{activated}");
    // The workspace has the lines and no scripts; nobody runs the guard anywhere.
    assert_eq!(unguarded(&clone), []);
}

#[test]
fn a_branch_from_before_the_lines_is_a_worktree_without_the_guard() {
    let (_sandbox, clone) = husky(".husky");
    make_scripts(&clone);
    let old = clone.worktree("old");
    old.git(&["rm", "-q", ".husky/pre-push"]);
    make_scripts(&old);
    assert_eq!(unguarded(&clone), [("old".to_owned(), 1)]);
    let status = clone.tix(&["hook", "status"]);
    assert!(status.stdout().contains("old (pre-push foreign)"), "{status}");
    assert!(!status.stderr().contains("cp -R"), "the directory is there: {status}");
    // A worktree that is gone lacks nothing.
    fs::remove_dir_all(old.path()).unwrap();
    assert!(states(&clone).1);
}

#[test]
fn configurations_for_some_worktrees_are_each_asked_for() {
    for way in ["worktree", "include"] {
        let sandbox = Sandbox::new();
        let ticket = format!("tickets/queue/{}.md", TICKETS[0]);
        sandbox.seed(&[(ticket.as_str(), queue_ticket(TICKETS[0]))]);
        let clone = sandbox.clone_named("clone");
        let dir = sandbox.root().join("hooks of main");
        let dir = dir.to_str().unwrap();
        // git copies the settings of a worktree into one that is made from it, so this one comes before them.
        let mut without = vec![("earlier".to_owned(), 3)];
        clone.worktree("earlier");
        if way == "worktree" {
            clone.git(&["config", "extensions.worktreeConfig", "true"]);
            clone.git(&["config", "--worktree", "core.hooksPath", dir]);
        } else {
            clone.write("../of-main", format!("[core]\n\thooksPath = {dir}\n"));
            clone.git(&["config", "includeIf.onbranch:main.path", "../../of-main"]);
            without.push((TICKETS[0].to_owned(), 3));
        }
        clone.tix(&["hook", "install", "--files"]).success();
        let activated = clone.tix(&["activate", TICKETS[0]]);
        let told =
            activated.success().stderr().contains("git does not run the guard in this workspace");
        assert_eq!(told, way == "include", "{activated}");
        assert_eq!(unguarded(&clone), without, "{way}");
        assert!(!states(&clone).1);
        clone.git(&["worktree", "remove", "../earlier"]);
        assert_eq!(states(&clone).1, way == "worktree");
    }
}
