//! What the user was in the middle of.

use super::{Row, Scene, hold_all, seeded};
use crate::harness::Place;

const ROWS: &[Row] = &[
    ("a plain clone", || Scene::of_clone(|_| {}).whole_life()),
    ("a feature branch", || Scene::of_clone(feature)),
    ("a detached HEAD", || Scene::of_clone(detached)),
    ("an unborn branch", || Scene::of_clone(unborn)),
    ("a rebase that stopped", || Scene::of_clone(rebase).whole_life()),
    ("a merge that stopped", || Scene::of_clone(merge).whole_life()),
    ("a cherry-pick that stopped", || Scene::of_clone(cherry_pick)),
    ("a bisection", || Scene::of_clone(bisect)),
    ("a dirty tree", || Scene::of_clone(dirty).whole_life()),
    ("a local trunk with commits of its own", || {
        Scene::of_clone(|clone| clone.commit("mine", &[("mine.txt", "1\n")]))
    }),
    ("a local trunk without the tickets directory", || {
        Scene::of_clone(|clone| {
            clone.git(&["rm", "-q", "-r", "tickets"]);
        })
    }),
    ("a subdirectory", || Scene::of_clone(|_| {}).called_from(|place| place.at("src/deep"))),
    ("an untracked subdirectory", || {
        Scene::of_clone(|_| {}).called_from(|place| place.at("new/bläh \"x\""))
    }),
    ("the git directory itself", || Scene::of_clone(|_| {}).called_from(|place| place.at(".git"))),
    ("a linked worktree", linked),
    ("a subdirectory of a linked worktree", || linked().called_from(|place| place.at("src/deep"))),
    ("the trunk checked out elsewhere", trunk_elsewhere),
    ("a worktree whose directory is gone", || Scene::of_clone(gone_worktree)),
];

#[test]
fn a_ticket_is_claimed_whatever_the_user_was_in_the_middle_of() {
    hold_all(ROWS);
}

fn feature(clone: &Place) {
    clone.git(&["switch", "-q", "-c", "feature"]);
    clone.commit("work", &[("src/work.rs", "// work\n")]);
}

fn detached(clone: &Place) {
    clone.git(&["checkout", "-q", "--detach"]);
    clone.commit("work", &[("src/work.rs", "// work\n")]);
}

fn unborn(clone: &Place) {
    clone.git(&["checkout", "-q", "--orphan", "fresh"]);
    clone.git(&["rm", "-q", "-r", "--cached", "."]);
}

/// Two branches that cannot be put together.
fn diverged(clone: &Place) {
    clone.git(&["switch", "-q", "-c", "theirs"]);
    clone.commit("theirs", &[("README.md", "# Theirs\n")]);
    clone.git(&["switch", "-q", "-c", "ours", "main"]);
    clone.commit("ours", &[("README.md", "# Ours\n")]);
}

fn rebase(clone: &Place) {
    diverged(clone);
    clone.try_git(&["rebase", "-q", "theirs"]).exits(1);
    assert!(clone.exists(".git/rebase-merge"));
}

fn merge(clone: &Place) {
    diverged(clone);
    clone.try_git(&["merge", "-q", "theirs"]).exits(1);
    assert!(clone.exists(".git/MERGE_HEAD"));
}

fn cherry_pick(clone: &Place) {
    diverged(clone);
    clone.try_git(&["cherry-pick", "theirs"]).exits(1);
    assert!(clone.exists(".git/CHERRY_PICK_HEAD"));
}

fn bisect(clone: &Place) {
    for name in ["one", "two", "three"] {
        clone.commit(name, &[("README.md", name)]);
    }
    clone.git(&["bisect", "start", "HEAD", "HEAD~3"]);
    assert!(clone.exists(".git/BISECT_LOG"));
}

fn dirty(clone: &Place) {
    clone.write("README.md", "# Stashed\n");
    clone.git(&["stash", "push", "-q"]);
    clone.write("README.md", "# Staged\n");
    clone.write("staged.txt", "staged\n");
    clone.git(&["add", "README.md", "staged.txt"]);
    clone.write("README.md", "# Staged and changed again\n");
    clone.write("untracked.txt", "untracked\n");
    clone.write("tickets/queue/TICKET-foo-001.md", "somebody's notes\n");
    clone.git(&["rm", "-q", "--cached", "src/deep/main.rs"]);
}

fn linked() -> Scene {
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone");
    let linked = clone.worktree("feature");
    linked.write("README.md", "# Changed\n");
    Scene::new(sandbox, linked).watching(&clone).whole_life()
}

fn trunk_elsewhere() -> Scene {
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone");
    clone.git(&["switch", "-q", "-c", "feature"]);
    let path = sandbox.root().join("trunk of mine");
    clone.git(&["worktree", "add", "-q", path.to_str().unwrap(), "main"]);
    let other = Place::new(sandbox.shared(), path);
    Scene::new(sandbox, clone).watching(&other).whole_life()
}

fn gone_worktree(clone: &Place) {
    let linked = clone.worktree("gone");
    std::fs::remove_dir_all(linked.path()).unwrap();
}

#[test]
fn an_index_that_another_git_has_locked_is_no_obstacle() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone");
    clone.write(".git/index.lock", "");
    clone.tix(&["activate", "foo-001"]).success();
    assert!(clone.exists(".git/index.lock"));
}
