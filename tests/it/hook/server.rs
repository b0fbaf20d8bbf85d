//! The hooks of a server, through real pushes to a bare repository.

use super::{
    ACTIVE, DEFAULT, ID, QUEUED, STRICT, assert_refused, guard, guarded, main_of, project, ticket,
};
use crate::harness::{Place, Sandbox};

fn server(hooks: &[&str]) -> (Sandbox, Place) {
    let sandbox = project();
    guard(&sandbox.remote(), hooks);
    let clone = sandbox.clone_named("a");
    (sandbox, clone)
}

/// What no hook of the clone sees any more, the server's does: each with `--no-verify`.
#[track_caller]
fn every_push_is_judged(hook: &str) {
    let (sandbox, clone) = server(&[hook]);
    let push = |args: &[&str]| clone.try_git(&[&["push", "-q", "--no-verify"], args].concat());
    clone.commit("a ticket", &[(QUEUED, &ticket("draft"))]);
    push(&["origin", "main"]).success();
    clone.git(&["switch", "-q", "-c", "work"]);
    clone.commit("code", &[("README.md", "x\n")]);
    push(&["origin", "work"]).success();
    let words = "README.md is outside the ticket lanes";
    assert_refused(&push(&["origin", "work:main"]), words);
    assert_refused(&push(&["origin", "work:production"]), words);
    assert_refused(&push(&["--force", "origin", "HEAD~2:main"]), "cannot be rewritten");
    push(&["origin", "main:production", "work:other", ":work"]).success();
    assert_refused(
        &push(&["origin", ":production"]),
        "production is protected and cannot be deleted",
    );
    let remote = sandbox.remote();
    assert_eq!(remote.git(&["rev-parse", "main"]), clone.git(&["rev-parse", "main"]));
    assert!(remote.read("tix/audit.jsonl").contains(&format!("\"hook\":\"{hook}\"")));
}

#[test]
fn every_push_is_judged_by_pre_receive() {
    every_push_is_judged("pre-receive");
}

#[test]
fn every_push_is_judged_by_update() {
    every_push_is_judged("update");
}

/// `update` refuses one ref of a push, `pre-receive` the push.
#[test]
fn pre_receive_takes_all_of_a_push_or_nothing() {
    let (sandbox, clone) = server(&["pre-receive"]);
    clone.git(&["switch", "-q", "-c", "work"]);
    clone.commit("code", &[("README.md", "x\n")]);
    let output = clone.try_git(&["push", "-q", "origin", "work", "work:main"]);
    assert_refused(&output, "README.md is outside the ticket lanes");
    assert!(!sandbox.remote().has_ref("refs/heads/work"));
}

#[test]
fn the_settings_that_count_are_the_servers_and_not_those_that_arrive() {
    let sandbox = project();
    sandbox.seed(&[(".tix.yaml", "protected: [live]\n")]);
    guard(&sandbox.remote(), &["pre-receive"]);
    let clone = sandbox.clone_named("a");
    clone.commit("loosen", &[(".tix.yaml", "protected: []\n"), ("src/x.rs", "x\n")]);
    assert_refused(
        &clone.try_git(&["push", "-q", "origin", "main:live"]),
        ".tix.yaml is outside the ticket lanes",
    );
}

/// The first settings of a repository come like a ticket, and the push after theirs is judged by them.
#[test]
fn the_first_settings_take_no_protection_off_the_branch_that_they_come_to() {
    let (_sandbox, clone) = server(&["pre-receive"]);
    guard(&clone, DEFAULT);
    let push = || clone.try_git(&["push", "-q", "--no-verify"]);
    for (text, words) in [
        ("protected: [x]\ntrunk: y\n", ".tix.yaml would remove the protection from main"),
        ("trunk: tickets\nprotected: []\n", ".tix.yaml would remove the protection from main"),
        ("protcted: [main]\n", ".tix.yaml:1: unknown key `protcted`"),
        ("- x\n", ".tix.yaml:1: "),
    ] {
        clone.write(".tix.yaml", text);
        clone.git(&["add", ".tix.yaml"]);
        assert_refused(&clone.try_git(&["commit", "-qm", "settings"]), words);
        clone.git(&["commit", "-qnm", "settings"]);
        assert_refused(&clone.try_git(&["push", "-q"]), words);
        assert_refused(&push(), words);
        clone.git(&["reset", "-q", "--hard", "origin/main"]);
    }
    // Those that leave it as it is, or stricter.
    for text in ["trunk: tickets\n", "protected: [main, live]\n", "trunk: main\nprotected: []\n"] {
        clone.commit("settings", &[(".tix.yaml", text)]);
        // It asks the hook all the same.
        clone.git(&["push", "-q", "--dry-run"]);
        clone.git(&["reset", "-q", "--hard", "origin/main"]);
    }
    clone.commit("settings", &[(".tix.yaml", "protected: [main]\n")]);
    push().success();
    clone.write("src/x.rs", "x\n");
    clone.git(&["add", "src/x.rs"]);
    clone.git(&["commit", "-qnm", "code"]);
    assert_refused(&push(), "src/x.rs is outside the ticket lanes");
}

#[test]
fn the_whole_life_of_a_ticket_passes_all_hooks_of_clone_and_server() {
    let sandbox = project();
    let remote = sandbox.remote();
    guard(&remote, &["pre-receive", "update", "reference-transaction"]);
    let clone = guarded(&sandbox, "a", STRICT);
    clone.tix(&["new", "Say hello"]).success();
    clone.tix(&["activate", ID]).success();
    let work = clone.at("../a.worktrees/TICKET-foo-001");
    work.commit("work", &[("src/hello.rs", "x\n")]);
    work.git(&["push", "-q"]);
    clone.tix(&["release", ID, "--reason", "not today"]).success();
    clone.tix(&["activate", ID]).success();
    clone.git(&["fetch", "-q"]);
    clone.tix(&["check", "origin/main"]).success();
    // A takeover is a merge on the trunk, and on the branch, beside which others have merged.
    sandbox.remote().sh("mv hooks aside").run().success();
    sandbox.seed(&[
        ("src/meanwhile.rs", "x\n"),
        ("tickets/queue/TICKET-other-001.md", &ticket("open")),
    ]);
    sandbox.remote().sh("mv aside hooks").run().success();
    let merged = main_of(&sandbox.remote());
    let other = guarded(&sandbox, "b", STRICT);
    other.tix(&["reclaim", ID, "--reason", "away", "--force"]).success();
    assert!(remote.files("main").contains(&ACTIVE.to_owned()));
    clone.git(&["pull", "-q"]);
    // A ticket that gets its number with the claim, and one whose name is not tix's.
    let unnumbered = ticket("open").replace("sequence: 001", "sequence: null");
    clone.commit(
        "by hand",
        &[("tickets/queue/TICKET-baz.md", &unnumbered), ("tickets/queue/0022.md", &ticket("open"))],
    );
    clone.git(&["push", "-q"]);
    clone.tix(&["activate", "baz"]).success();
    clone.tix(&["activate", "0022"]).success();
    clone.tix(&["release", "0022"]).success();
    assert!(remote.files("main").iter().any(|path| path.contains("/TICKET-baz-00")));
    clone.git(&["fetch", "-q"]);
    clone.tix(&["check", &format!("{merged}..origin/main")]).success();
}

#[test]
fn a_trunk_of_its_own_is_made_and_used_through_the_hooks() {
    let sandbox = Sandbox::new();
    sandbox.seed(&[("src/main.rs", "fn main() {}\n")]);
    guard(&sandbox.remote(), &["pre-receive"]);
    let clone = guarded(&sandbox, "a", STRICT);
    clone.tix(&["init", "--trunk", "tickets", "--commit"]).success();
    clone.tix(&["new", "A thing"]).success();
    clone.tix(&["activate", "a-thing"]).success();
    clone.tix(&["release", "a-thing"]).success();
    let work = clone.worktree("work");
    work.commit("code", &[("x.rs", "x\n")]);
    assert_refused(&work.try_git(&["push", "-q", "origin", "HEAD:tickets"]), "tickets");
}

#[test]
fn without_a_remote_the_local_trunk_is_guarded_and_tix_writes_it() {
    let sandbox = project();
    let clone = sandbox.local_repository("a");
    guard(&clone, STRICT);
    clone.git(&["switch", "-q", "-c", "work"]);
    clone.tix(&["activate", ID]).success();
    clone.tix(&["release", ID]).success();
    clone.commit("code", &[("README.md", "x\n")]);
    clone.git(&["switch", "-q", "-c", "ahead", "main"]);
    clone.commit("code on top of main", &[("src/ahead.rs", "x\n")]);
    clone.git(&["switch", "-q", "main"]);
    let forward = clone.try_git(&["merge", "-q", "--ff-only", "ahead"]);
    assert_refused(&forward, "src/ahead.rs is outside the ticket lanes");
    // git had taken the files over before it asked; the message says how to take them back.
    clone.git(&["read-tree", "-m", "-u", "ahead", "HEAD"]);
    assert_eq!(clone.git(&["status", "--porcelain"]), "");
    assert_refused(
        &clone.try_git(&["merge", "-q", "--no-ff", "-m", "x", "work"]),
        "README.md is outside the ticket lanes",
    );
}
