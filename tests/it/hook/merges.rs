//! Merges that leave out what others have published: git shows nothing of that when it shows a merge.

use super::{DEFAULT, QUEUED, STRICT, assert_refused, guard, guarded, main_of, project, ticket};
use crate::harness::{Place, Sandbox};

const THEIRS: &str = "src/theirs.rs is outside the ticket lanes";

/// A clone with a ticket commit of its own, and a remote to which somebody else has merged code and a ticket meanwhile.
fn diverged(hooks: &[&str]) -> (Sandbox, Place) {
    let sandbox = project();
    sandbox.seed(&[("src/theirs.rs", "1\n")]);
    let clone = guarded(&sandbox, "a", hooks);
    clone.commit("mine", &[(QUEUED, &ticket("draft"))]);
    sandbox.seed(&[("src/theirs.rs", "2\n"), ("src/new.rs", "new\n")]);
    sandbox.seed(&[("tickets/queue/TICKET-theirs-001.md", ticket("open"))]);
    clone.git(&["fetch", "-q"]);
    (sandbox, clone)
}

/// Ways to such a merge: by a strategy, by taking the files back in the middle of it, and from the other side.
const WAYS: [&str; 3] = [
    "git merge -q -s ours -m m origin/main",
    "git merge -q --no-commit origin/main; git rm -qf src/new.rs; git checkout -q HEAD src; git commit -qm m",
    "git merge -q --no-commit -s ours origin/main; git commit -qm m",
];

#[test]
fn a_merge_that_takes_back_what_is_published_is_refused_when_it_is_made() {
    for hooks in [DEFAULT, STRICT] {
        for way in WAYS {
            let (_sandbox, clone) = diverged(hooks);
            let before = main_of(&clone);
            assert_refused(&clone.sh(&format!("set -e; {way}")).run(), THEIRS);
            assert_eq!(main_of(&clone), before, "{way}");
        }
    }
    let (_sandbox, clone) = diverged(STRICT);
    let unchecked = ["merge", "-q", "--no-verify", "-s", "ours", "-m", "m", "origin/main"];
    assert_refused(&clone.try_git(&unchecked), THEIRS);
}

#[test]
fn one_that_was_made_all_the_same_is_refused_by_every_push_and_found_by_the_audit() {
    for way in WAYS {
        let (sandbox, clone) = diverged(&[]);
        clone.sh(&format!("set -e; {way}")).run().success();
        guard(&clone, &["pre-push"]);
        guard(&sandbox.remote(), &["pre-receive"]);
        assert_refused(&clone.try_git(&["push", "-q"]), THEIRS);
        assert_refused(&clone.try_git(&["push", "-q", "--no-verify"]), THEIRS);
        let told = clone.tix(&["check"]);
        assert!(told.exits(1).stdout().contains(THEIRS), "{told}");
        std::fs::remove_file(sandbox.remote().path().join("hooks/pre-receive")).unwrap();
        clone.git(&["push", "-q", "--no-verify"]);
        // Published, and along the commits that main was at.
        let told = clone.tix(&["check", "--json"]);
        assert_eq!(told.exits(1).json()["range"], "origin/main");
        assert_eq!(told.json()["findings"][0]["subject"], "m", "{told}");
    }
}

/// A commit that was published before is put on top of all that came later.
#[test]
fn a_merge_with_what_is_long_merged_takes_nothing_back() {
    let sandbox = project();
    sandbox.seed(&[("src/theirs.rs", "1\n")]);
    let clone = guarded(&sandbox, "a", STRICT);
    let tree = |revision: &str| format!("{revision}^{{tree}}");
    let merge = |parents: [&str; 2], of: &str| {
        clone.git(&["commit-tree", "-m", "m", "-p", parents[0], "-p", parents[1], &tree(of)])
    };
    for parents in [["main", "main~1"], ["main~1", "main"]] {
        let back = merge(parents, "main~1");
        let push = clone.try_git(&["push", "-q", "origin", &format!("{back}:main")]);
        assert_refused(&push, THEIRS);
        assert_refused(&clone.try_git(&["merge", "-q", "--ff-only", &back]), THEIRS);
    }
    // As git would make it.
    let forward = merge(["main", "main~1"], "main");
    clone.git(&["push", "-q", "origin", &format!("{forward}:main")]);
    // With a history that has nothing in common with it, and none of its files.
    clone.git(&["switch", "-q", "--orphan", "other"]);
    clone.commit("a ticket", &[("tickets/queue/TICKET-other-001.md", &ticket("open"))]);
    let other = merge(["other", "origin/main"], "other");
    let push = clone.try_git(&["push", "-q", "origin", &format!("{other}:main")]);
    assert_refused(&push, THEIRS);
}

#[test]
fn somebody_elses_ticket_is_left_out_by_the_same_rule() {
    let sandbox = project();
    let clone = guarded(&sandbox, "a", STRICT);
    clone.commit("mine", &[(QUEUED, &ticket("draft"))]);
    sandbox.seed(&[("tickets/queue/TICKET-theirs-001.md", ticket("open"))]);
    clone.git(&["fetch", "-q"]);
    let ours = ["merge", "-q", "-s", "ours", "-m", "m", "origin/main"];
    let words = "TICKET-theirs-001.md is deleted, and appears in no other lane";
    assert_refused(&clone.try_git(&ours), words);
}

#[test]
fn merges_as_git_makes_them_leave_nothing_out() {
    let (sandbox, clone) = diverged(STRICT);
    let before = clone.git(&["rev-parse", "origin/main"]);
    clone.git(&["merge", "-q", "-m", "m", "origin/main"]);
    // Both have changed one ticket, and the conflict is resolved for one of them, and for the other.
    for (side, text) in [("--ours", "queued"), ("--theirs", "open")] {
        clone.commit("mine", &[(QUEUED, &ticket(text))]);
        sandbox.seed(&[
            (QUEUED, format!("{}And more for {side}.\n", ticket("draft"))),
            ("src/x.rs", side.to_owned()),
        ]);
        clone.git(&["fetch", "-q"]);
        clone.try_git(&["merge", "-q", "-m", "m", "origin/main"]).exits(1);
        clone.git(&["checkout", "-q", side, QUEUED]);
        clone.git(&["add", QUEUED]);
        clone.git(&["commit", "-qm", "m"]);
        clone.git(&["push", "-q"]);
    }
    // Two that have merged each other before, and several at once.
    let other = guarded(&sandbox, "b", STRICT);
    for (number, place) in [&clone, &other].into_iter().enumerate() {
        let name = format!("tickets/queue/TICKET-{number}.md");
        place.commit("a ticket", &[(&name, &ticket("open"))]);
    }
    for (from, to) in [(&clone, &other), (&other, &clone)] {
        let tip = main_of(from);
        to.git(&["fetch", "-q", from.path().to_str().unwrap(), "main:refs/heads/theirs"]);
        assert_eq!(to.git(&["rev-parse", "theirs"]), tip);
    }
    for place in [&clone, &other] {
        place.git(&["merge", "-q", "-m", "m", "theirs"]);
    }
    clone.git(&["fetch", "-q", other.path().to_str().unwrap(), "main:refs/heads/crossed"]);
    clone.git(&["merge", "-q", "--no-ff", "-m", "m", "crossed"]);
    for name in ["one", "two"] {
        clone.git(&["switch", "-q", "-c", name, "main"]);
        clone.commit(name, &[(&format!("tickets/queue/TICKET-{name}.md"), &ticket("open"))]);
    }
    clone.git(&["switch", "-q", "main"]);
    clone.git(&["merge", "-q", "-m", "m", "one", "two"]);
    clone.git(&["push", "-q"]);
    clone.tix(&["check", &format!("{before}..origin/main")]).success();
}
