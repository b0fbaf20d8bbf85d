//! What must not go stays, with the reason and a way out.

use super::{assert_gone, completed, leavings, merger, squash, tickets};
use crate::activate::workspace;
use crate::harness::Place;

const ID: &str = "TICKET-foo-001";

/// What is done in the workspace or the clone, what the refusal says, and how it is put right.
type Case = (&'static str, &'static str, &'static str);

const CASES: [Case; 10] = [
    ("echo x >>\"$W\"/work.txt", "uncommitted changes", "git -C \"$W\" checkout -q work.txt"),
    ("echo x >\"$W\"/new.txt", "uncommitted changes", "rm \"$W\"/new.txt"),
    (
        "echo x >\"$W\"/new.txt; git -C \"$W\" add new.txt",
        "uncommitted changes",
        "git -C \"$W\" rm -q --cached new.txt; rm \"$W\"/new.txt",
    ),
    (
        "echo y >\"$W\"/y; git -C \"$W\" add y; git -C \"$W\" commit -q -m y",
        "here holds work that is not in origin/main",
        "git -C \"$W\" push -q origin HEAD:refs/heads/saved; git -C \"$W\" update-ref refs/heads/ticket/TICKET-foo-001 $TIP; git -C \"$W\" read-tree -m -u HEAD; rm -f \"$W\"/y",
    ),
    (
        "git -C \"$W\" checkout -q --detach",
        "has no branch checked out",
        "git -C \"$W\" checkout -q ticket/TICKET-foo-001",
    ),
    ("git worktree lock \"$W\"", "the workspace is locked", "git worktree unlock \"$W\""),
    (
        "git rev-parse HEAD >.git/worktrees/TICKET-foo-001/MERGE_HEAD",
        "a git operation is unfinished in the workspace",
        "rm .git/worktrees/TICKET-foo-001/MERGE_HEAD",
    ),
    (
        "mkdir -p .git/worktrees/TICKET-foo-001/modules/sub",
        "repositories of submodules",
        "rm -r .git/worktrees/TICKET-foo-001/modules",
    ),
    (
        "mv .git/tix/workspaces/TICKET-foo-001.json kept.json",
        "no record that tix made the worktree",
        "mv kept.json .git/tix/workspaces/TICKET-foo-001.json",
    ),
    (
        "git config tix.protected 'ticket/TICKET-foo-001'",
        "is protected, so it stays",
        "git config --unset tix.protected",
    ),
];

#[test]
fn whatever_could_be_lost_stays_until_it_is_put_right() {
    let sandbox = tickets(&[ID], "");
    let clone = sandbox.clone_named("a");
    let there = completed(&clone, ID, &[("work.txt", "1\n")]);
    let tip = there.git(&["rev-parse", "HEAD"]);
    squash(&merger(&sandbox), ID);
    let run = |script: &str| {
        let script = format!("set -e; {script}");
        clone.sh(&script).env("W", there.path()).env("TIP", &tip).run().success();
    };
    let before = leavings(&sandbox, &clone, ID);
    for (broken, words, mended) in CASES {
        run(broken);
        let output = clone.tix(&["clean", ID]);
        assert!(output.exits(5).stderr().contains(words), "after `{broken}`:\n{output}");
        assert!(output.stderr().contains("\nhint: "), "{output}");
        let all = clone.tix(&["clean", "--merged", "--json"]);
        let outcome = all.json()["tickets"][0]["outcome"].as_str().unwrap().to_owned();
        let unmerged = words.contains("holds work");
        // Whoever asks for all that can go does not ask for what cannot.
        let expected = if unmerged { "not_merged" } else { "kept" };
        assert_eq!((all.code, outcome.as_str()), (Some(0), expected));
        run(mended);
        assert_eq!(leavings(&sandbox, &clone, ID), before, "after `{mended}`");
    }
    clone.tix(&["clean", ID]).success();
    assert_gone(&sandbox, &clone, ID);
}

#[test]
fn nobody_loses_the_ground_they_stand_on() {
    let sandbox = tickets(&[ID], "");
    let clone = sandbox.clone_named("a");
    let there = completed(&clone, ID, &[("src/work.txt", "1\n")]);
    squash(&merger(&sandbox), ID);
    let root = clone.path().to_str().unwrap();
    for (place, args) in
        [(there.at("src"), vec!["clean", ID]), (there.clone(), vec!["-C", root, "clean", ID])]
    {
        let output = place.tix(&args);
        assert!(
            output.exits(5).stderr().contains(&format!("you are in the workspace of {ID}")),
            "{output}"
        );
        assert!(there.exists("src/work.txt"));
        let way_out = output
            .stderr()
            .lines()
            .find_map(|line| line.strip_prefix("hint: "))
            .unwrap()
            .to_owned();
        assert!(
            way_out.starts_with("cd ") && way_out.ends_with(&format!(" && tix clean {ID}")),
            "{way_out}"
        );
    }
    clone.tix(&["clean", ID]).success();
    assert_gone(&sandbox, &clone, ID);
}

#[test]
fn a_ticket_that_is_not_finished_or_not_there_is_not_cleaned() {
    let other = "TICKET-bar-001";
    let sandbox = tickets(&[ID, other], "");
    let clone = sandbox.clone_named("a");
    // A claim with a branch alone is part of the trunk's history, and all the same somebody's.
    clone.tix(&["activate", ID, "--no-worktree"]).success();
    let output = clone.tix(&["clean", ID]);
    insta::assert_snapshot!(strip(&output.exits(5).redacted()), @"
    exit: 5
    ----- stdout -----
    ----- stderr -----
    error: TICKET-foo-001 is still active on origin/main
      held by  Ada Example <ada@example.org>
    hint: see what to do next: tix status TICKET-foo-001
    ");
    completed(&clone, other, &[("work.txt", "1\n")]);
    let output = clone.tix(&["clean", other]);
    assert!(
        output
            .exits(5)
            .stderr()
            .contains("is complete, but its branch is not merged into origin/main"),
        "{output}"
    );
    clone.tix(&["clean", "TICKET-nobody-001"]).exits(4);
    clone.tix(&["clean"]).exits(2);
    clone.tix(&["clean", ID, "--merged"]).exits(2);
}

/// Without what is random in it.
fn strip(text: &str) -> String {
    text.lines()
        .filter(|line| !line.starts_with("  since") && !line.starts_with("  claim"))
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn the_main_worktree_is_never_taken_away() {
    let sandbox = tickets(&[ID], "");
    let clone = sandbox.clone_named("a");
    clone.tix(&["activate", ID, "--no-worktree"]).success();
    clone.git(&["switch", "-q", &format!("ticket/{ID}")]);
    clone.commit("work", &[("work.txt", "1\n")]);
    clone.git(&["push", "-q"]);
    clone.tix(&["complete", ID]).success();
    squash(&merger(&sandbox), ID);
    let output = clone.tix(&["clean", ID]);
    assert!(output.exits(5).stderr().contains("is checked out in the main worktree"), "{output}");
    assert!(clone.exists("work.txt"));
    clone.git(&["switch", "-q", "main"]);
    clone.tix(&["clean", ID]).success();
    assert_gone(&sandbox, &clone, ID);
}

#[test]
fn a_worker_is_left_to_its_work() {
    let sandbox = tickets(&[ID], "");
    let clone = sandbox.clone_named("a");
    completed(&clone, ID, &[("work.txt", "1\n")]);
    squash(&merger(&sandbox), ID);
    let fifo = sandbox.fresh_directory("worker").join("fifo");
    rustix::fs::mkfifoat(rustix::fs::CWD, &fifo, rustix::fs::Mode::from_raw_mode(0o600)).unwrap();
    let script = format!("read line <'{}'", fifo.display());
    clone.tix(&["run", ID, "--detach", "--alive-for", "10ms", "--", "sh", "-c", &script]).success();
    let output = clone.tix(&["clean", ID]);
    let told = output.exits(5).stderr().contains(&format!("a worker is running for {ID}"));
    std::fs::write(&fifo, "go\n").unwrap();
    assert!(told, "{output}");
    assert!(workspace(&clone, ID).exists());
}

#[test]
fn a_branch_that_moves_at_the_last_moment_stays() {
    let sandbox = tickets(&[ID], "");
    let clone = sandbox.clone_named("a");
    completed(&clone, ID, &[("work.txt", "1\n")]);
    squash(&merger(&sandbox), ID);
    let other = sandbox.clone_named("b");
    other.git(&["switch", "-q", &format!("ticket/{ID}")]);
    other.git(&["commit", "-q", "--allow-empty", "-m", "late"]);
    let shim = crate::harness::Shim::new(&sandbox);
    let push = other.git_command(&["push", "-q"]);
    shim.rule(crate::harness::On::command("push").nth(1), crate::harness::Do::Then(push));
    let output = clone.tix_command(&["clean", ID]).through(&shim).run();
    assert!(output.exits(5).stderr().contains("was moved by somebody else"), "{output}");
    assert!(workspace(&clone, ID).exists(), "nothing has gone here either");
}

#[test]
fn a_remote_that_refuses_or_is_away_keeps_everything() {
    let sandbox = tickets(&[ID], "");
    let clone = sandbox.clone_named("a");
    completed(&clone, ID, &[("work.txt", "1\n")]);
    squash(&merger(&sandbox), ID);
    let before = leavings(&sandbox, &clone, ID);
    sandbox.remote().git(&["config", "receive.denyDeletes", "true"]);
    let output = clone.tix(&["clean", ID]);
    assert!(output.exits(6).stderr().contains("deletion prohibited"), "{output}");
    let away = Away::of(&clone);
    clone.tix(&["clean", ID]).exits(7);
    away.back();
    assert_eq!(leavings(&sandbox, &clone, ID), before);
}

struct Away<'a>(&'a Place, String);

impl<'a> Away<'a> {
    fn of(place: &'a Place) -> Self {
        let url = place.git(&["config", "remote.origin.url"]);
        place.git(&["config", "remote.origin.url", "/nowhere"]);
        Self(place, url)
    }

    fn back(self) {
        self.0.git(&["config", "remote.origin.url", &self.1]);
    }
}
