//! With the guard itself behind the installed hooks.

use super::*;
use crate::harness::queue_ticket;

const TICKET: &str = "TICKET-foo-001";

fn seeded() -> (Sandbox, Place) {
    let sandbox = Sandbox::new();
    let path = format!("tickets/queue/{TICKET}.md");
    sandbox.seed(&[(path.as_str(), queue_ticket(TICKET)), ("src/main.rs", String::new())]);
    let clone = sandbox.clone_named("clone");
    (sandbox, clone)
}

/// Changes a file and commits it on the branch that is checked out.
fn commit(place: &Place, path: &str, options: &[&str]) -> Output {
    place.write(path, "---\ntitle: x\nstatus: open\n---\n");
    place.git(&["add", "--", path]);
    let output = place.try_git(&[&["commit", "-q", "-m", "x"], options].concat());
    if output.code == Some(0) {
        place.git(&["reset", "-q", "--soft", "HEAD~"]);
    }
    place.git(&["rm", "-q", "-f", "--cached", "--", path]);
    fs::remove_file(place.path().join(path)).unwrap();
    output
}

#[test]
fn what_is_installed_refuses_code_on_the_trunk_and_nothing_else() {
    let (_sandbox, clone) = seeded();
    let code = |place: &Place, options: &[&str]| commit(place, "src/new.rs", options);
    code(&clone, &[]).success();
    clone.tix(&["hook", "install"]).success();
    let work = clone.worktree("work");
    let refused = code(&clone, &[]);
    refused.exits(1);
    assert!(refused.stderr().contains("src/new.rs"), "{refused}");
    commit(&clone, "tickets/queue/TICKET-bar-001.md", &[]).success();
    code(&work, &[]).success();
    code(&clone, &["--no-verify"]).success();
    clone.git(&["commit", "-q", "--allow-empty", "--no-verify", "-m", "code"]);
    clone.try_git(&["push", "-q", "origin", "main"]).exits(1);
    clone.git(&["push", "-q", "origin", "main:work"]);
    clone.git(&["reset", "-q", "--soft", "HEAD~"]);

    clone.tix(&["hook", "install", "--strict"]).success();
    code(&clone, &["--no-verify"]).exits(1);
    code(&work, &["--no-verify"]).success();
    clone.tix(&["hook", "uninstall"]).success();
    code(&clone, &[]).success();
}

#[test]
fn tix_itself_is_not_in_its_own_way() {
    let (sandbox, clone) = seeded();
    clone.tix(&["hook", "install", "--strict"]).success();
    let script = clone.tix(&["hook", "print", "pre-receive"]);
    sandbox.remote().write_script("hooks/pre-receive", script.success().stdout());
    symlink(env!("CARGO_BIN_EXE_tix"), sandbox.root().join("bin/tix")).unwrap();
    clone.tix(&["new", "Something"]).success();
    clone.tix(&["activate", "foo-001"]).success();
    clone.tix(&["release", "foo-001"]).success();
    clone.tix(&["activate", "foo-001"]).success();
    clone.git(&["pull", "-q", "--ff-only"]);
    clone.git(&["fetch", "-q", "--prune"]);
    clone.git(&["gc", "-q"]);

    // And from a clone without hooks the server refuses what they would have refused.
    let other = sandbox.clone_named("other");
    other.commit("code", &[("src/new.rs", "fn f() {}\n")]);
    let refused = other.try_git(&["push", "-q", "origin", "HEAD:main"]);
    refused.exits(1);
    assert!(refused.stderr().contains("src/new.rs"), "{refused}");
    other.git(&["push", "-q", "origin", "HEAD:work"]);
}

#[test]
fn the_guard_judges_what_is_committed_and_not_what_a_hook_before_it_saw() {
    // git runs files behind what is configured; then the strict hooks look once more.
    for form in ["--files", "--strict"] {
        let (_sandbox, clone) = seeded();
        // A formatter that stages what it changes.
        clone.hook("pre-commit", "echo 'fn g() {}' >src/late.rs && git add -- src/late.rs");
        clone.tix(&["hook", "install", form]).success();
        let refused = commit(&clone, "tickets/queue/TICKET-bar-001.md", &[]);
        refused.exits(1);
        assert!(refused.stderr().contains("src/late.rs"), "{form}: {refused}");
    }
}
