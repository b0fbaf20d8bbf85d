//! Where a commit goes: worktrees, subdirectories, submodules, and what the environment says of other repositories.

use super::{DEFAULT, QUEUED, STRICT, assert_refused, guard, guarded, project, ticket};
use crate::harness::{ObjectFormat, Place, Sandbox};

const TICKETS_ONLY: &str = "main takes ticket commits only";

/// On main: code is refused, a ticket passes.
#[track_caller]
fn is_guarded(place: &Place) {
    let root = place.at(place.git(&["rev-parse", "--show-toplevel"]));
    root.write("README.md", "x\n");
    assert_refused(&place.try_git(&["commit", "-qam", "code"]), TICKETS_ONLY);
    root.git(&["checkout", "-q", "HEAD", "--", "README.md"]);
    let other = if root.read(QUEUED).contains("draft") { "queued" } else { "draft" };
    root.write(QUEUED, ticket(other));
    place.git(&["commit", "-qam", "a ticket"]);
}

/// Elsewhere: everything passes.
#[track_caller]
fn is_free(place: &Place) {
    place.write("anything.rs", "x\n");
    place.git(&["add", "anything.rs"]);
    place.git(&["commit", "-qm", "code"]);
}

#[test]
fn subdirectories_and_linked_worktrees_are_guarded_by_their_own_branch() {
    let sandbox = project();
    let clone = guarded(&sandbox, "a", STRICT);
    is_guarded(&clone.at("src"));
    let work = clone.worktree("work");
    is_free(&work);
    is_free(&work.at("deep/er"));
    clone.git(&["switch", "-q", "-c", "other"]);
    work.git(&["switch", "-q", "main"]);
    is_free(&clone);
    is_guarded(&work.at("src"));
}

#[test]
fn a_bare_repository_with_worktrees_is_guarded() {
    let sandbox = project();
    let bare = sandbox.bare_clone("a.git");
    let main = bare.at("../m");
    bare.git(&["worktree", "add", "-q", main.path().to_str().unwrap(), "main"]);
    guard(&bare, DEFAULT);
    is_guarded(&main);
    let work = main.worktree("w");
    // Which branch is the default no ref here says: it could be this one, until a command has asked.
    work.write("anything.rs", "x\n");
    work.git(&["add", "anything.rs"]);
    assert_refused(
        &work.try_git(&["commit", "-qm", "code"]),
        "w is protected because tix doesn't know",
    );
    work.tix(&["activate", "foo-001"]).success();
    is_free(&work);
    is_guarded(&main);
}

/// git itself obeys `GIT_DIR`: the commit goes there, wherever one stands.
#[test]
fn the_repository_that_git_commits_to_is_judged_and_no_other() {
    let sandbox = project();
    let [main, work] = ["main", "work"].map(|name| guarded(&sandbox, name, STRICT));
    work.git(&["switch", "-q", "-c", "work"]);
    let git_dir = |place: &Place| place.path().join(".git");
    // Standing where everything is free, with a variable that names a repository on main.
    work.write("README.md", "x\n");
    let there = work.env("GIT_DIR", git_dir(&main));
    assert_refused(&there.try_git(&["commit", "-qam", "x"]), TICKETS_ONLY);
    // And the other way round.
    main.write("README.md", "x\n");
    main.env("GIT_DIR", git_dir(&work)).git(&["commit", "-qam", "x"]);
    // A command that is no hook looks where it stands.
    let check = main.env("GIT_DIR", "/nowhere").env("GIT_INDEX_FILE", "/nowhere");
    check.tix(&["check"]).success();
}

#[test]
fn a_submodule_is_a_repository_of_its_own() {
    let sandbox = project();
    let clone = guarded(&sandbox, "a", DEFAULT);
    let url = sandbox.remote();
    clone.git(&["switch", "-q", "-c", "work"]);
    let allow = ["-c", "protocol.file.allow=always"];
    let add = ["submodule", "add", "-q", url.path().to_str().unwrap(), "sub"];
    clone.git(&[allow.as_slice(), &add].concat());
    let sub = clone.at("sub");
    guard(&sub, DEFAULT);
    // It has tickets, and its own main.
    is_guarded(&sub);
    sub.git(&["switch", "-q", "-c", "x"]);
    is_free(&sub);
    clone.git(&["commit", "-qam", "a submodule"]);
}

#[test]
fn where_there_is_nothing_to_guard_the_guard_steps_aside() {
    let sandbox = Sandbox::new();
    sandbox.seed(&[("src/main.rs", "x\n")]);
    let clone = guarded(&sandbox, "a", STRICT);
    is_free(&clone);
    clone.git(&["push", "-q"]);
    assert!(!clone.exists(".git/tix"), "it left something behind");
    let nowhere = clone.at("../nowhere");
    for hook in ["pre-commit", "pre-merge-commit", "prepare-commit-msg"] {
        nowhere.tix(&["hook", "git", hook]).success();
    }
    let oid = "1".repeat(40);
    let line = format!("{oid} {oid} refs/heads/main\n");
    let hook = nowhere.tix_command(&["hook", "git", "reference-transaction", "prepared"]);
    hook.stdin(line).run().success();
}

#[test]
fn other_object_names_and_other_stores_of_refs() {
    let sandbox = project_of(ObjectFormat::Sha256);
    let clone = guarded(&sandbox, "a", STRICT);
    is_guarded(&clone);
    clone.git(&["push", "-q"]);
    // git 2.45 brought reftable; an older one refuses the option.
    let store = clone.at("../reftable");
    let url = sandbox.remote();
    let init = ["clone", "-q", "--ref-format=reftable", url.path().to_str().unwrap(), "."];
    if store.try_git(&init).code == Some(0) {
        guard(&store, STRICT);
        is_guarded(&store);
        store.git(&["pack-refs", "--all"]);
        store.git(&["switch", "-q", "-c", "work"]);
        is_free(&store);
        assert_refused(&store.try_git(&["branch", "-D", "main"]), "cannot be deleted");
    }
}

fn project_of(format: ObjectFormat) -> Sandbox {
    let sandbox = Sandbox::new().with_format(format);
    sandbox.seed(&[
        ("README.md", "# x\n".to_owned()),
        ("src/x", "x".to_owned()),
        (QUEUED, ticket("open")),
    ]);
    sandbox
}

/// A shallow clone knows no history, a single-branch clone no main, and a partial one fetches what is asked for.
#[test]
fn clones_that_hold_only_a_part() {
    let sandbox = project();
    sandbox.seed(&[("src/more.rs", "x\n")]);
    sandbox.seed_on("work", &[("src/main.rs", "x\n")]);
    let shallow = sandbox.shallow_clone("shallow");
    let partial = sandbox.partial_clone("partial");
    for clone in [shallow, partial] {
        guard(&clone, STRICT);
        is_guarded(&clone);
        clone.git(&["fetch", "-q", "origin"]);
        clone.git(&["pull", "-q", "--rebase"]);
        clone.git(&["push", "-q"]);
        clone.commit("again", &[("tickets/queue/TICKET-bar-001.md", &ticket("queued"))]);
        sandbox.seed(&[("src/more.rs", clone.path().to_str().unwrap())]);
        clone.git(&["pull", "-q", "--no-rebase", "--no-edit"]);
    }
}

#[test]
fn other_names_of_trunk_remote_and_tickets() {
    let sandbox = Sandbox::new().with_trunk("trunk");
    let text = ticket("open");
    sandbox.seed(&[
        ("README.md", "x\n"),
        ("docs/tickets/queue/TICKET-foo-001.md", &text),
        (".tix.yaml", "tickets_dir: docs/tickets\n"),
    ]);
    let clone = guarded(&sandbox, "a", STRICT);
    clone.git(&["remote", "rename", "origin", "up"]);
    clone.write("README.md", "y\n");
    assert_refused(&clone.try_git(&["commit", "-qam", "x"]), "trunk takes ticket commits only");
    clone.git(&["checkout", "-q", "README.md"]);
    clone.commit("a ticket", &[("docs/tickets/queue/TICKET-foo-001.md", &ticket("draft"))]);
    let text = ticket("open");
    clone.write("tickets/queue/TICKET-x-001.md", &text);
    clone.git(&["add", "."]);
    assert_refused(
        &clone.try_git(&["commit", "-qm", "x"]),
        "tickets/queue/TICKET-x-001.md is outside the ticket lanes",
    );
}

/// Refs that stand together in one file count as those do that have a file each.
#[test]
fn packed_refs_say_what_is_published() {
    let sandbox = project();
    guard(&sandbox.remote(), &["pre-receive"]);
    let clone = guarded(&sandbox, "a", STRICT);
    let fork = sandbox.bare_clone("fork.git");
    let other = clone.at("../other");
    other.git(&["clone", "-q", fork.path().to_str().unwrap(), "."]);
    other.commit("code in the fork", &[("src/fork.rs", "x\n")]);
    other.git(&["push", "-q", "origin", "main"]);
    for place in [&clone, &sandbox.remote()] {
        place.git(&["pack-refs", "--all", "--prune"]);
    }
    // The server knows what it has: a ticket is all that this push brings, and nothing comes to a second protected branch.
    clone.commit("a ticket", &[(QUEUED, &ticket("draft"))]);
    clone.git(&["push", "-q"]);
    sandbox.remote().git(&["pack-refs", "--all", "--prune"]);
    clone.git(&["push", "-q", "origin", "main:master"]);
    clone.git(&["switch", "-q", "-c", "work"]);
    clone.commit("code", &[("src/work.rs", "x\n")]);
    let words = "src/work.rs is outside the ticket lanes";
    assert_refused(&clone.try_git(&["push", "-q", "--no-verify", "origin", "work:main"]), words);
    assert_refused(&clone.try_git(&["branch", "-f", "main", "work"]), words);
    // What the remote that main follows has published may come to main.
    clone.git(&["switch", "-q", "-c", "aside"]);
    clone.git(&["remote", "add", "fork", fork.path().to_str().unwrap()]);
    clone.git(&["fetch", "-q", "fork"]);
    clone.git(&["branch", "-q", "-u", "fork/main", "main"]);
    clone.git(&["pack-refs", "--all", "--prune"]);
    clone.git(&["branch", "-q", "-f", "main", "fork/main"]);
}
