use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::harness::{Place, Sandbox, Untouched, no_leftovers};

/// A clone in which a person is in the middle of everything.
fn busy_clone(sandbox: &Sandbox) -> Place {
    sandbox.seed(&[("a.txt", "a\n"), ("b.txt", "b\n"), ("src/main.rs", "fn main() {}\n")]);
    let clone = sandbox.clone_named("a");
    clone.write("a.txt", "stashed\n");
    clone.git(&["stash"]);
    clone.write("a.txt", "staged\n");
    clone.git(&["add", "a.txt"]);
    clone.write("b.txt", "dirty\n");
    clone.write("untracked.txt", "mine\n");
    symlink("a.txt", clone.path().join("link")).unwrap();
    clone
}

/// What the report says after this was done; nothing if it noticed nothing.
fn report_after(act: impl FnOnce(&Place)) -> String {
    let sandbox = Sandbox::new();
    let clone = busy_clone(&sandbox);
    let before = Untouched::of(&clone);
    before.assert_same(&clone);
    act(&clone);
    report(|| before.assert_same(&clone))
}

fn report(check: impl FnOnce()) -> String {
    match catch_unwind(AssertUnwindSafe(check)) {
        Ok(()) => String::new(),
        Err(panic) => *panic.downcast::<String>().unwrap(),
    }
}

#[track_caller]
fn assert_says(report: &str, expected: &[&str]) {
    for part in expected {
        assert!(report.contains(part), "{part:?} is not in: {report}");
    }
}

#[test]
fn looking_changes_nothing() {
    let report = report_after(|clone| {
        clone.git(&["fetch", "-q", "--no-write-fetch-head"]);
        clone.git(&["--no-optional-locks", "status"]);
        Untouched::of(clone).assert_same(clone);
        no_leftovers(clone);
    });
    assert_eq!(report, "");
}

#[test]
fn a_changed_a_new_and_a_lost_file_are_noticed() {
    let report = report_after(|clone| {
        clone.write("b.txt", "DIRTY\n");
        clone.write("new/file", "");
        fs::remove_file(clone.path().join("untracked.txt")).unwrap();
    });
    let expected = [
        "before: dirty\\n (6 bytes)\n  after:  DIRTY\\n",
        "file new/file is new",
        "file untracked.txt is gone; it was: mine\\n",
    ];
    assert_says(&report, &expected);
}

#[test]
fn a_changed_mode_and_a_changed_link_are_noticed() {
    let report = report_after(|clone| {
        fs::set_permissions(clone.path().join("b.txt"), fs::Permissions::from_mode(0o755)).unwrap();
        fs::remove_file(clone.path().join("link")).unwrap();
        symlink("b.txt", clone.path().join("link")).unwrap();
    });
    assert_says(&report, &["mode of b.txt changed", "target of link changed"]);
}

#[test]
fn a_changed_index_is_noticed() {
    let report = report_after(|clone| {
        clone.git(&[
            "update-index",
            "--cacheinfo",
            &format!("100644,{},a.txt", clone.git(&["rev-parse", "HEAD:a.txt"])),
        ]);
    });
    assert_says(
        &report,
        &["is gone", "index entry", "a.txt", "index in the git directory changed"],
    );
}

#[test]
fn a_moved_head_and_a_moved_branch_are_noticed() {
    let report = report_after(|clone| drop(clone.git(&["commit", "-q", "-m", "moved"])));
    assert_says(&report, &["HEAD's commit changed", "ref refs/heads/main changed"]);
    let report =
        report_after(|clone| drop(clone.git(&["symbolic-ref", "HEAD", "refs/heads/other"])));
    assert_says(&report, &["HEAD in the git directory changed", "ref: refs/heads/other"]);
}

#[test]
fn a_changed_stash_is_noticed() {
    let report = report_after(|clone| drop(clone.git(&["stash", "drop", "-q"])));
    assert_says(&report, &["stash changed"]);
}

#[test]
fn a_new_branch_its_configuration_and_its_worktree_are_noticed() {
    let report = report_after(|clone| {
        clone.worktree("other").git(&["branch", "-q", "--set-upstream-to=origin/main"]);
    });
    assert_says(
        &report,
        &["ref refs/heads/other is new", "configuration branch.other.merge is new", "worktree "],
    );
}

#[test]
fn an_operation_begun_and_a_fetch_that_leaves_its_mark_are_noticed() {
    let report = report_after(|clone| drop(clone.git(&["fetch", "-q"])));
    assert_says(&report, &["FETCH_HEAD in the git directory is new"]);
    let report = report_after(|clone| {
        clone.git(&["commit", "-q", "-m", "x"]);
        clone.git(&["stash", "-q", "-u"]);
        clone
            .try_git(&["-c", "sequence.editor=echo break >", "rebase", "-q", "-i", "HEAD~1"])
            .success();
    });
    assert_says(&report, &["rebase-merge"]);
}

#[test]
fn the_branch_and_worktree_of_one_ticket_can_be_set_aside() {
    let sandbox = Sandbox::new();
    let clone = busy_clone(&sandbox);
    let before = Untouched::besides_ticket(&clone, "TICKET-foo-001");
    clone.worktree("ticket/TICKET-foo-001").git(&["branch", "-q", "--set-upstream-to=origin/main"]);
    before.assert_same(&clone);
    clone.worktree("ticket/TICKET-foo-002");
    let report = report(|| before.assert_same(&clone));
    assert_says(&report, &["ref refs/heads/ticket/TICKET-foo-002 is new"]);
    assert!(!report.contains("TICKET-foo-001"), "{report}");
}

#[test]
fn a_bare_repository_and_an_unborn_branch_can_be_looked_at() {
    let sandbox = Sandbox::new();
    let remote = sandbox.remote();
    let before = Untouched::of(&remote);
    before.assert_same(&remote);
    sandbox.seed(&[("a.txt", "a\n")]);
    assert_says(&report(|| before.assert_same(&remote)), &["ref refs/heads/main is new"]);
}

#[test]
fn what_a_run_leaves_behind_is_found() {
    let sandbox = Sandbox::new();
    let clone = busy_clone(&sandbox);
    clone.write(".git/tix/audit.jsonl", "");
    no_leftovers(&clone);
    let leftovers = [
        (".git/refs/heads", "x.lock"),
        (".git/tix/scratch-1", "index"),
        (".git/tix/locks", "foo"),
        ("../tmp/tix-1", "file"),
        ("../machines/m2/tmp/tix-2", "file"),
    ];
    for (directory, name) in leftovers {
        clone.on_machine("m2").write(format!("{directory}/{name}"), "");
        let last = directory.rsplit('/').next().unwrap();
        assert_says(&report(|| no_leftovers(&clone)), &[last]);
        fs::remove_file(clone.path().join(directory).join(name)).unwrap();
        fs::remove_dir(clone.path().join(directory)).ok();
    }
    clone.git(&["update-ref", "refs/tix/base", "HEAD"]);
    assert_says(&report(|| no_leftovers(&clone)), &["refs/tix/base"]);
}
