//! A workspace that git was killed in the midst of making, with tix or without.

use super::{ID, workspace};
use crate::harness::{Do, On, Place, Sandbox, Shim, no_leftovers, queue_ticket};

/// What a git that was killed leaves, at different moments: scripts in the workspace, with git's own directory for it as
/// `$own`.
const STATES: [(&str, &str); 9] = [
    (
        "no file yet",
        "rm -r src tickets; rm \"$own/index\"; : >\"$own/index.lock\"; printf initializing >\"$own/locked\"",
    ),
    ("some of the files", "rm -r src/b.rs tickets; rm \"$own/index\"; : >\"$own/index.lock\""),
    ("half of a file", "printf 'fn ma' >src/a.rs; rm src/b.rs \"$own/index\""),
    (
        "all files and no index",
        "rm \"$own/index\"; : >\"$own/index.lock\"; printf initializing >\"$own/locked\"",
    ),
    (
        "nothing that git knows of",
        "rm -r src tickets; rm \"$own/index\" \"$own/HEAD\" \"$own/commondir\"",
    ),
    (
        "a HEAD of zeros, on which every fetch fails",
        "rm -r src tickets; rm \"$own/index\"; echo 0000000000000000000000000000000000000000 >\"$own/HEAD\"",
    ),
    (
        "an empty HEAD",
        "rm -r src tickets; rm \"$own/index\"; : >\"$own/HEAD\"; printf initializing >\"$own/locked\"",
    ),
    (
        "an empty link",
        "rm -r src tickets; rm \"$own/index\" \"$own/HEAD\" \"$own/commondir\"; printf initializing >\"$own/locked\"; : >.git",
    ),
    (
        "no link",
        "rm -r src tickets; rm \"$own/index\" \"$own/HEAD\" \"$own/commondir\"; printf initializing >\"$own/locked\"; rm -r \"$PWD\"",
    ),
];

/// A claim whose set-up was killed when git was at this point: the clone and the place of the workspace.
fn killed(sandbox: &Sandbox, state: &str) -> (Place, Place) {
    sandbox.seed(&[
        (format!("tickets/queue/{ID}.md"), queue_ticket(ID)),
        ("src/a.rs".to_owned(), "fn main() {}\n".to_owned()),
        ("src/b.rs".to_owned(), "fn more() {}\n".to_owned()),
    ]);
    let clone = sandbox.clone_named("a");
    let shim = Shim::new(sandbox);
    shim.rule(On::command("worktree").with("add"), Do::KillAfter);
    clone.tix_command(&["activate", ID]).through(&shim).run().killed_by(9);
    let there = clone.at(workspace(&clone, ID));
    there.sh(&format!("set -e\nown=$(git rev-parse --absolute-git-dir)\n{state}")).run().success();
    (clone, there)
}

#[test]
fn the_same_command_finishes_what_git_did_not() {
    for (name, state) in STATES {
        let sandbox = Sandbox::new();
        let (clone, there) = killed(&sandbox, state);
        let again = clone.tix(&["activate", ID, "--json"]);
        assert_eq!(again.success().json()["outcome"], "resumed", "{name}: {again}");
        assert_eq!(there.git(&["status", "--porcelain"]), "", "{name}");
        assert_eq!(there.git(&["branch", "--show-current"]), format!("ticket/{ID}"), "{name}");
        assert_eq!(there.read("src/a.rs"), "fn main() {}\n", "{name}");
        let locks = clone.sh("find .git/worktrees -name '*.lock' -o -name locked").run();
        assert_eq!(locks.success().stdout(), "", "{name}");
        no_leftovers(&clone);
    }
}

#[test]
fn a_release_gives_it_back_and_leaves_nothing() {
    for (name, state) in STATES {
        let sandbox = Sandbox::new();
        let (clone, there) = killed(&sandbox, state);
        let output = clone.tix(&["release", ID]);
        assert!(!output.success().stderr().contains("kept"), "{name}: {output}");
        assert!(!there.path().exists(), "{name}");
        clone.tix(&["activate", ID]).success();
    }
}

#[test]
fn what_a_person_wrote_there_is_not_touched() {
    for mine in ["echo mine >notes.txt", "echo mine >src/a.rs"] {
        let sandbox = Sandbox::new();
        let (clone, there) = killed(&sandbox, &format!("rm src/b.rs \"$own/index\"; {mine}"));
        let refused = clone.tix(&["activate", ID]);
        assert!(refused.exits(8).stderr().contains("its workspace has changes"), "{refused}");
        let kept = there.sh("cat notes.txt src/a.rs").run();
        assert!(kept.stdout().contains("mine"), "{mine}");
        assert_eq!(there.read("src/b.rs"), "fn more() {}\n");
    }
}

/// git cannot fetch for anybody in such a clone.
#[test]
fn another_ticket_can_be_claimed_beside_a_workspace_that_bars_every_fetch() {
    let (_, zeros) = STATES[5];
    let sandbox = Sandbox::new();
    let (clone, there) = killed(&sandbox, zeros);
    clone.try_git(&["fetch"]).exits(1);
    clone.tix(&["new", "Bar", "--session", "bar"]).success();
    assert!(!there.path().exists());
    clone.git(&["fetch"]);
}

/// An index is a sign of work: the machine that lost power, for instance, lost what HEAD said.
#[test]
fn a_workspace_that_somebody_worked_in_is_not_taken_for_a_half_made_one() {
    let sandbox = Sandbox::new();
    let (clone, there) = killed(&sandbox, ": >\"$own/HEAD\"; echo mine >src/a.rs");
    clone.tix(&["list"]).success();
    assert_eq!(there.read("src/a.rs"), "mine\n");
    assert!(clone.common_dir().join(format!("worktrees/{ID}/index")).exists());
}
