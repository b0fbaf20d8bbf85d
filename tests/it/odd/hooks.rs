//! Hooks of the user: they judge the user's own commits and pushes, and tix's are not among them.

use super::{ID, Row, Scene, hold_all, seeded};
use crate::harness::{Gate, Place};

const ROWS: &[Row] = &[
    ("every hook fails", || Scene::of_clone(|clone| fail(clone, HOOKS)).whole_life()),
    ("a hook after checkouts fails", || Scene::of_clone(|clone| fail(clone, &["post-checkout"]))),
    ("a directory of hooks", || Scene::of_clone(|clone| hooks_path(clone, "hooks of mine"))),
    ("a directory of hooks that is not there", || {
        Scene::of_clone(|clone| {
            clone.git(&["config", "core.hooksPath", "/nowhere/hooks"]);
        })
    }),
    ("a hook that logs every movement of refs", || Scene::of_clone(log_refs).whole_life()),
    ("hooks that talk", || Scene::of_clone(talk)),
];

/// All that a clone can have; those that may veto a movement of refs or a push of their own are apart.
const HOOKS: &[&str] = &[
    "applypatch-msg",
    "commit-msg",
    "fsmonitor-watchman",
    "post-applypatch",
    "post-checkout",
    "post-commit",
    "post-index-change",
    "post-merge",
    "post-rewrite",
    "pre-applypatch",
    "pre-auto-gc",
    "pre-commit",
    "pre-merge-commit",
    "pre-push",
    "pre-rebase",
    "prepare-commit-msg",
    "push-to-checkout",
    "sendemail-validate",
];

#[test]
fn a_ticket_is_claimed_whatever_the_users_hooks_say() {
    hold_all(ROWS);
}

/// ssh keeps a connection, a watcher or a cache begins its life: what git starts may live on, with git's outputs open.
#[test]
fn what_a_hook_or_ssh_leaves_behind_is_not_waited_for() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone");
    let mut gate = Gate::new(&sandbox.root().join("gate"));
    clone.hook("post-checkout", &format!("({}) &", gate.script("hook")));
    let script = format!(
        "#!/bin/sh\nwhile [ $# -gt 1 ]; do shift; done\n({}) <&- >&- &\neval \"$1\"\n",
        gate.script("ssh.$$")
    );
    clone.write_script("../ssh", &script);
    let ssh = clone.path().join("../ssh");
    clone.git(&["config", "core.sshCommand", &format!("'{}'", ssh.display())]);
    let remote = sandbox.remote();
    clone.git(&["remote", "set-url", "origin", &format!("host:{}", remote.path().display())]);
    clone.tix(&["activate", "foo-001"]).success();
    clone.tix(&["list", "--fetch"]).success();
    // The hook's, and one for each connection.
    assert!(gate.arrivals() >= 4, "{}", gate.arrivals());
    gate.open();
}

fn fail(clone: &Place, hooks: &[&str]) {
    for name in hooks {
        clone.hook(name, "cat >/dev/null\necho \"the hook of the user says no\" >&2\nexit 1");
    }
}

fn hooks_path(clone: &Place, directory: &str) {
    for name in HOOKS {
        clone.write_script(format!("{directory}/{name}"), "#!/bin/sh\nexit 1\n");
    }
    clone.git(&["config", "core.hooksPath", directory]);
}

fn log_refs(clone: &Place) {
    clone.hook("reference-transaction", "{ echo \"== $1\"; cat; } >>\"$HOME/refs.log\"");
}

fn talk(clone: &Place) {
    for name in ["post-checkout", "post-commit", "post-index-change"] {
        clone.hook(name, "echo 'a word on stdout'; echo 'a word on stderr' >&2");
    }
}

#[test]
fn a_hook_after_checkouts_runs_in_the_new_workspace() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone");
    clone.hook("post-checkout", "pwd >\"$HOME/ran-in\"; env | grep ^GIT_ >\"$HOME/env\" || true");
    let output = clone.tix(&["activate", "foo-001", "--json"]);
    let receipt = output.success().json();
    let path = receipt["workspace"]["path"].as_str().unwrap();
    assert_eq!(clone.read("../home/ran-in").trim_end(), path);
}

#[test]
fn a_hook_after_checkouts_that_fails_is_told_and_no_obstacle() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone");
    fail(&clone, &["post-checkout"]);
    let output = clone.tix(&["activate", "foo-001", "--json"]);
    let receipt = output.success().json();
    let warnings = receipt["warnings"].to_string();
    assert!(warnings.contains("post-checkout"), "{warnings}");
    assert!(clone.has_ref(&format!("refs/heads/ticket/{ID}")));
}

#[test]
fn what_the_users_hooks_print_is_not_taken_for_an_answer() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone");
    talk(&clone);
    let output = clone.tix(&["activate", "foo-001"]);
    assert!(!output.success().stdout().contains("a word"), "{output}");
}

#[test]
fn no_hook_of_the_user_that_judges_commits_or_pushes_runs() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone");
    for name in HOOKS.iter().filter(|name| !name.starts_with("post-")) {
        clone.hook(name, "echo \"$0\" >>\"$HOME/ran\"");
    }
    clone.tix(&["activate", "foo-001"]).success();
    clone.tix(&["release", "foo-001"]).success();
    clone.tix(&["new", "Something"]).success();
    assert!(!clone.exists("../home/ran"), "{}", clone.read("../home/ran"));
}
