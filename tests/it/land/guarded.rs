//! The guard lets a landing through, and nothing that merely looks like one.

use super::{ID, LANDING, OTHER, completed, main_of, project, worked};
use crate::activate::workspace;
use crate::harness::{Output, Place, Sandbox, queue_ticket};

const STRICT: [&str; 5] =
    ["pre-commit", "pre-merge-commit", "pre-push", "prepare-commit-msg", "reference-transaction"];

fn guard(place: &Place, hooks: &[&str]) {
    for name in hooks {
        let tix = env!("CARGO_BIN_EXE_tix");
        place.hook(name, &format!("exec '{tix}' hook git {name} \"$@\""));
    }
}

#[track_caller]
fn assert_refused(output: &Output) {
    assert!(output.exits(1).stderr().contains(" takes ticket commits only"), "{output}");
}

/// A server with its hook, and a clone with all of them.
fn guarded(settings: &str) -> (Sandbox, Place) {
    let sandbox = project(settings);
    guard(&sandbox.remote(), &["pre-receive"]);
    let clone = sandbox.clone_named("a");
    guard(&clone, &STRICT);
    (sandbox, clone)
}

#[test]
fn what_tix_lands_passes_every_hook_of_a_clone_and_of_a_server() {
    let (sandbox, clone) = guarded(LANDING);
    completed(&clone, ID);
    clone.tix(&["land", ID]).success();
    completed(&clone, OTHER);
    clone.tix(&["land", OTHER, "--squash"]).success();
    // And so does taking it in.
    clone.git(&["pull", "-q", "--ff-only"]);
    assert_eq!(main_of(&clone), main_of(&sandbox.remote()));
    clone.tix(&["clean", "--merged"]).success();
    assert!(!workspace(&clone, ID).exists());
    assert_eq!(clone.tix(&["check"]).success().stdout(), "");
}

#[test]
fn a_local_trunk_with_its_hooks_takes_a_landing_in() {
    let sandbox = project(LANDING);
    let place = sandbox.local_repository("a");
    guard(&place, &STRICT);
    place.tix(&["activate", ID]).success();
    let there = place.at(workspace(&place, ID));
    there.commit("work", &[("src/work.rs", "1\n")]);
    there.tix(&["complete"]).success();
    place.tix(&["land", ID]).success();
    assert!(place.exists("src/work.rs"));
}

#[test]
fn without_the_word_of_a_commit_nothing_lands() {
    let (sandbox, clone) = guarded("");
    let there = completed(&clone, ID);
    let before = main_of(&sandbox.remote());
    // A setting that nobody has committed, and one in the very commit that it would let through.
    for path in [clone.path().join(".tix.yaml"), there.path().join(".tix.yaml")] {
        std::fs::write(path, LANDING).unwrap();
    }
    there.git(&["commit", "-q", "-a", "-m", "settings"]);
    let merge = "git merge-tree --write-tree origin/main HEAD";
    let script = format!(
        "c=$(git commit-tree -p origin/main -p HEAD -m landed $({merge})) && git push -q origin $c:main"
    );
    assert_refused(&there.sh(&script).run());
    assert_refused(&there.sh(&script.replace("push", "push --no-verify")).run());
    assert_eq!(main_of(&sandbox.remote()), before);
}

/// A commit that is made by hand and pushed to the trunk: what it is, and how it is made in a workspace whose ticket is
/// complete. `$T` is the merged tree, `$M` the trunk.
const BY_HAND: [(&str, &str, bool); 10] = [
    ("a merge", "git commit-tree -p $M -p HEAD -m x $T", true),
    ("a squash", "git commit-tree -p $M -m x $T", true),
    (
        "a squash with more in it",
        "echo x >extra; git add extra; T=$(git write-tree); git commit-tree -p $M -m x $T",
        true,
    ),
    (
        "the code without the ticket",
        "git checkout -q $M -- tickets; git rm -q --cached $DONE; T=$(git write-tree); git commit-tree -p $M -m x $T",
        false,
    ),
    (
        "another claim",
        "sed -i 's/^claim_id:.*/claim_id: other/' $DONE; git add $DONE; T=$(git write-tree); git commit-tree -p $M -m x $T",
        false,
    ),
    ("a merge of a branch that is not complete", "git commit-tree -p $M -p HEAD~1 -m x $T", false),
    (
        "another ticket's text with it",
        "echo 'no ticket' >tickets/queue/TICKET-bar-001.md; git add -A tickets; T=$(git write-tree); git commit-tree -p $M -m x $T",
        false,
    ),
    (
        "another ticket gone with it",
        "git rm -q --cached tickets/queue/TICKET-bar-001.md; T=$(git write-tree); git commit-tree -p $M -m x $T",
        false,
    ),
    (
        "two tickets at once",
        "mkdir -p tickets/completed/x; git mv tickets/active/TICKET-baz-001/TICKET-baz-001.md tickets/completed/x; \
         sed -i 's/^status:.*/status: approved/' tickets/completed/x/*.md; git add -A tickets; T=$(git write-tree); \
         git commit-tree -p $M -m x $T",
        false,
    ),
    (
        "code behind a landing",
        "c=$(git commit-tree -p $M -p HEAD -m x $T); echo x >extra; git add extra; git commit-tree -p $c -m y $(git write-tree)",
        false,
    ),
];

#[test]
fn a_landing_by_hand_is_known_by_what_it_does() {
    let (sandbox, clone) = guarded(LANDING);
    let third = "TICKET-baz-001";
    sandbox.seed(&[(format!("tickets/queue/{third}.md"), queue_ticket(third))]);
    clone.tix(&["activate", third, "--no-worktree"]).success();
    let there = completed(&clone, ID);
    let (before, tip) = (main_of(&sandbox.remote()), there.git(&["rev-parse", "HEAD"]));
    for (what, made, passes) in BY_HAND {
        let head =
            "set -e; M=$(git rev-parse origin/main); T=$(git merge-tree --write-tree $M HEAD)";
        let done = format!("DONE=tickets/completed/{ID}/{ID}.md");
        let (last, rest) = made.rsplit_once("; ").map_or((made, ""), |(rest, last)| (last, rest));
        let script = format!(
            "{head}; {done}; {rest}\nc=$({last}); git push -q --no-verify origin $c:refs/heads/main"
        );
        let output = there.sh(&script).run();
        assert_eq!(output.code == Some(0), passes, "{what}: {output}");
        let refused = output.stderr().contains("main takes ticket commits only");
        assert_ne!(refused, passes, "{what}: {output}");
        if passes {
            // It is judged where it leaves, too.
            sandbox.remote().git(&["update-ref", "refs/heads/main", &before]);
            there.git(&["update-ref", "refs/remotes/origin/main", &before]);
            there.sh(&script.replace(" --no-verify", "")).run().success();
            sandbox.remote().git(&["update-ref", "refs/heads/main", &before]);
        }
        there.git(&["update-ref", "refs/remotes/origin/main", &before]);
        there.git(&["reset", "-q", "--hard", &tip]);
        there.git(&["clean", "-q", "-f", "-d"]);
        assert_eq!(main_of(&sandbox.remote()), before, "{what}");
    }
}

#[test]
fn without_the_approvals_of_the_team_nothing_lands() {
    let (sandbox, clone) = guarded(&format!("{LANDING}review: [critic_review]\n"));
    let bob = sandbox.clone_named("b").on_machine("bobs").as_person("Bob", "bob@example.org");
    let there = worked(&clone, ID);
    there.tix(&["submit"]).success();
    bob.tix(&["review", ID, "--approve"]).success();
    there.git(&["pull", "-q", "--ff-only"]);
    there.tix(&["complete"]).success();
    let merge = |commit: &str| {
        there.sh(&format!(
            "set -e; M=$(git rev-parse origin/main); T=$(git merge-tree --write-tree $M {commit}); \
             c=$(git commit-tree -p $M -p {commit} -m x $T); git push -q --no-verify origin $c:refs/heads/main"
        ))
    };
    let tip = there.git(&["rev-parse", "HEAD"]);
    // Work that nobody has seen, and a ticket from which the approval was taken.
    there.commit("after the review", &[("late.rs", "1\n")]);
    assert_refused(&merge("HEAD").run());
    there.git(&["reset", "-q", "--hard", &tip]);
    let path = super::done(ID);
    let text = there.read(&path);
    let without: String =
        text.split_inclusive('\n').filter(|l| !l.starts_with("approvals")).collect();
    assert_ne!(text, without);
    there.commit("no approval", &[(&path, &without)]);
    assert_refused(&merge("HEAD").run());
    merge(&tip).run().success();
}

#[test]
fn only_the_trunk_takes_landings_in() {
    let (sandbox, clone) = guarded(LANDING);
    let remote = sandbox.remote();
    remote.git(&["branch", "production", "main"]);
    completed(&clone, ID);
    clone.tix(&["land", ID]).success();
    let landed = main_of(&remote);
    // What is on the trunk may go on to other branches; a landing on another branch is code.
    clone.git(&["push", "-q", "origin", &format!("{landed}:refs/heads/production")]);
    let there = completed(&clone, OTHER);
    let script = "set -e; git fetch -q; P=$(git rev-parse origin/production); T=$(git merge-tree --write-tree $P HEAD); \
                  c=$(git commit-tree -p $P -p HEAD -m x $T); git push -q --no-verify origin $c:refs/heads/production";
    assert_refused(&there.sh(script).run());
    assert_eq!(remote.git(&["rev-parse", "production"]), landed);
}
