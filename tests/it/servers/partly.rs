//! Servers that take one part of a push and not another, and protected trunks beside one that may be pushed to.

use insta::assert_snapshot;

use super::{ID, QUEUED, refs, seeded};
use crate::harness::{Place, Sandbox, Untouched, no_leftovers, queue_ticket};

const BRANCH: &str = "refs/heads/ticket/TICKET-foo-001";

fn not_atomic() -> Sandbox {
    let sandbox = seeded();
    sandbox.remote().git(&["config", "receive.advertiseAtomic", "false"]);
    sandbox
}

/// Either the ticket waits in the queue and nothing is left of the attempt, or it is active; never half of each.
#[track_caller]
fn is_free(sandbox: &Sandbox, clone: &Place) {
    let files = sandbox.remote().files("main");
    assert!(files.contains(&QUEUED.to_owned()), "{files:#?}");
    assert!(!files.iter().any(|file| file.contains("/active/")), "{files:#?}");
    assert!(!sandbox.remote().has_ref(BRANCH));
    assert!(!clone.has_ref(BRANCH));
    assert_eq!(clone.git(&["worktree", "list"]).lines().count(), 1);
}

#[test]
fn a_remote_that_cannot_move_two_refs_at_once_is_no_obstacle() {
    let sandbox = not_atomic();
    let clone = sandbox.clone_named("clone");
    let before = Untouched::besides_ticket(&clone, ID);
    let receipt = clone.tix(&["activate", "foo-001", "--json"]).success().json();
    assert_eq!(receipt["outcome"], "activated");
    assert_eq!(receipt["warnings"], serde_json::json!([]));
    assert!(sandbox.remote().has_ref(BRANCH));
    clone.tix(&["activate", "foo-001"]).exits(3);
    clone.tix(&["release", "foo-001"]).success();
    is_free(&sandbox, &clone);
    before.assert_same(&clone);
    no_leftovers(&clone);
}

#[test]
fn a_ticket_branch_that_is_declined_after_the_claim_landed_gives_the_ticket_back() {
    let sandbox = not_atomic();
    let script = "case $1 in refs/heads/ticket/*) echo 'no such branches here'; exit 1;; esac";
    sandbox.remote().hook("update", script);
    let clone = sandbox.clone_named("clone");
    let before = Untouched::of(&clone);
    let output = clone.tix(&["activate", "foo-001"]);
    assert_snapshot!(output.exits(6).redacted(), @"
    exit: 6
    ----- stdout -----
    ----- stderr -----
    its workspace [ROOT]/clone.worktrees/TICKET-foo-001 is kept for 7 days in .git/tix/trash/TICKET-foo-001-[OID]
    error: origin refuses the push to ticket/TICKET-foo-001: hook declined; TICKET-foo-001 was given back to the queue
      remote says  no such branches here
                   error: hook declined to update refs/heads/ticket/TICKET-foo-001
    hint: try again: tix activate TICKET-foo-001
    ");
    is_free(&sandbox, &clone);
    before.assert_same(&clone);
    no_leftovers(&clone);
    let log = sandbox.remote().git(&["log", "--format=%s", "main"]);
    assert_eq!(log, "release: TICKET-foo-001\nclaim: TICKET-foo-001\nseed");
    let ticket = String::from_utf8(sandbox.remote().show("main", QUEUED)).unwrap();
    assert!(
        ticket.contains("no such branches here") || ticket.contains("hook declined"),
        "{ticket}"
    );
}

/// A hidden ref is refused, and the others move all the same, whatever was promised of them.
#[test]
fn a_server_that_moves_the_trunk_alone_against_its_word_ends_as_consistently() {
    let sandbox = seeded();
    sandbox.remote().git(&["config", "receive.hideRefs", "refs/heads/ticket"]);
    let clone = sandbox.clone_named("clone");
    let before = Untouched::of(&clone);
    let output = clone.tix(&["activate", "foo-001"]);
    assert_snapshot!(output.exits(6).redacted(), @"
    exit: 6
    ----- stdout -----
    ----- stderr -----
    its workspace [ROOT]/clone.worktrees/TICKET-foo-001 is kept for 7 days in .git/tix/trash/TICKET-foo-001-[OID]
    error: origin refuses the push to ticket/TICKET-foo-001: deny updating a hidden ref; TICKET-foo-001 was given back to the queue
    hint: try again: tix activate TICKET-foo-001
    ");
    is_free(&sandbox, &clone);
    before.assert_same(&clone);
}

/// The name under which work is kept is refused, and the branch that holds it is deleted in the same push.
#[test]
fn work_is_not_lost_with_a_server_that_keeps_half_of_its_word() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone");
    let receipt = clone.tix(&["activate", "foo-001", "--json"]).success().json();
    let path = receipt["workspace"]["path"].as_str().unwrap();
    let workspace = Place::new(sandbox.shared(), path.into());
    workspace.commit("work", &[("src/work.rs", "// work\n")]);
    workspace.git(&["push", "-q"]);
    sandbox.remote().git(&["config", "receive.hideRefs", "refs/heads/attic"]);
    let output = clone.tix(&["release", "foo-001"]);
    assert_snapshot!(output.redacted(), @"
    exit: 0
    ----- stdout -----
    TICKET-foo-001 is back in the queue
      its workspace [ROOT]/clone.worktrees/TICKET-foo-001 is kept for 7 days in .git/tix/trash/TICKET-foo-001-[OID]
      its local branch ticket/TICKET-foo-001 was deleted
    ----- stderr -----
    warning: origin accepted the release but left ticket/TICKET-foo-001 where it was; the next claim of TICKET-foo-001 moves it aside
    ");
    let kept = sandbox.remote().files("ticket/TICKET-foo-001");
    assert!(kept.contains(&"src/work.rs".to_owned()), "{kept:#?}");
}

#[test]
fn a_declined_ticket_branch_that_is_to_be_kept_is_said_to_be_unfinished() {
    let sandbox = not_atomic();
    let script = "case $1 in refs/heads/ticket/*) echo 'no such branches here'; exit 1;; esac";
    sandbox.remote().hook("update", script);
    let clone = sandbox.clone_named("clone");
    let output = clone.tix(&["activate", "foo-001", "--keep-claim"]);
    assert_snapshot!(output.exits(8).redacted(), @"
    exit: 8
    ----- stdout -----
    ----- stderr -----
    its workspace [ROOT]/clone.worktrees/TICKET-foo-001 is kept for 7 days in .git/tix/trash/TICKET-foo-001-[OID]
    error: origin refuses the push to ticket/TICKET-foo-001: hook declined
      remote says  no such branches here
                   error: hook declined to update refs/heads/ticket/TICKET-foo-001
      claim        [OID]-[OID]
    hint: the claim is kept; finish it: tix activate TICKET-foo-001
    hint: or give it back: tix release TICKET-foo-001
    ");
    // The server thinks better of it.
    sandbox.remote().hook("update", "exit 0");
    let receipt = clone.tix(&["activate", "foo-001", "--json"]).success().json();
    assert_eq!(receipt["outcome"], "resumed");
    assert!(sandbox.remote().has_ref(BRANCH));
}

#[test]
fn a_server_that_declines_only_the_release_keeps_the_ticket_held() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone");
    clone.tix(&["activate", "foo-001"]).success();
    sandbox.remote().git(&["config", "receive.denyDeletes", "true"]);
    let before = (Untouched::of(&clone), refs(&sandbox.remote()));
    let output = clone.tix(&["release", "foo-001"]);
    assert_snapshot!(output.exits(6).redacted(), @"
    exit: 6
    ----- stdout -----
    ----- stderr -----
    error: origin refuses the push to ticket/TICKET-foo-001: deletion prohibited
      remote says  error: denying ref deletion for refs/heads/ticket/TICKET-foo-001
    hint: origin must let you make and delete ticket/TICKET-foo-001
    ");
    before.0.assert_same(&clone);
    assert_eq!(refs(&sandbox.remote()), before.1);
    sandbox.remote().git(&["config", "receive.denyDeletes", "false"]);
    clone.tix(&["release", "foo-001"]).success();
    is_free(&sandbox, &clone);
}

#[test]
fn a_branch_that_a_release_could_not_delete_is_put_aside_by_the_next_claim() {
    let sandbox = not_atomic();
    let clone = sandbox.clone_named("clone");
    clone.tix(&["activate", "foo-001"]).success();
    sandbox.remote().git(&["config", "receive.denyDeletes", "true"]);
    let output = clone.tix(&["release", "foo-001", "--json"]);
    assert_snapshot!(output.redacted(), @r#"
    exit: 0
    ----- stdout -----
    {"schema":"tix/receipt@1","operation":"release","ticket":"TICKET-foo-001","outcome":"released","claim":{"id":"[CLAIM]","by":"Ada Example <ada@example.org>","at":"[TIME]","commit":"[OID]","branch":"main","attempts":0},"workspace":{"branch":"ticket/TICKET-foo-001","path":"[ROOT]/clone.worktrees/TICKET-foo-001","commit":"[OID]"},"trash":"[ROOT]/clone/.git/tix/trash/TICKET-foo-001-[OID]","deleted_here":{"ref":"refs/heads/ticket/TICKET-foo-001","old":"[OID]"},"commits":["[OID]"],"paths":["tickets/active/TICKET-foo-001/TICKET-foo-001.md","tickets/queue/TICKET-foo-001.md"],"pushed":[{"ref":"refs/heads/main","old":"[OID]","new":"[OID]"}],"remote":"origin","trunk":"main","by":"Ada Example <ada@example.org>","at":"[TIME]","attempts":1,"duration_ms":[N],"untouched":{"compared":["HEAD","index","stash"],"changed":[],"unknown":[]},"warnings":["origin accepted the release but left ticket/TICKET-foo-001 where it was; the next claim of TICKET-foo-001 moves it aside"]}
    ----- stderr -----
    "#);
    sandbox.remote().git(&["config", "receive.denyDeletes", "false"]);
    let next = sandbox.clone_named("next").tix(&["activate", "foo-001"]);
    assert_snapshot!(next.redacted(), @"
    exit: 0
    ----- stdout -----
    TICKET-foo-001 is yours
      title      Make it work
      branch     ticket/TICKET-foo-001
      workspace  [ROOT]/next.worktrees/TICKET-foo-001
      ticket     tickets/active/TICKET-foo-001/TICKET-foo-001.md
      to do      [ ] It works
                 [ ] It is tested
      earlier    attic/TICKET-foo-001/stray-[OID]-[OID] holds earlier work
    next:
      cd '[ROOT]/next.worktrees/TICKET-foo-001'
      git pull --no-rebase --no-ff --no-commit origin attic/TICKET-foo-001/stray-[OID]-[OID]; git restore -SW tickets && git commit --no-edit    # to bring the earlier work back
      tix complete    # when it is done
      tix release     # to give it back
    ----- stderr -----
    ");
}

fn protected_main() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.seed(&[("README.md", "# Example\n")]);
    sandbox.seed_on("tickets", &[(QUEUED, queue_ticket(ID))]);
    let script = "case $1 in refs/heads/main)
        echo 'error: GH006: Protected branch update failed for refs/heads/main.'; exit 1;; esac";
    sandbox.remote().hook("update", script);
    sandbox
}

#[test]
fn tickets_on_a_branch_of_their_own_work_beside_a_protected_main() {
    let sandbox = protected_main();
    let remote = sandbox.remote();
    let clone = sandbox.clone_named("clone");
    clone.git(&["config", "tix.trunk", "tickets"]);
    let before = Untouched::besides_ticket(&clone, ID);
    let main = remote.git(&["rev-parse", "main"]);

    let receipt = clone.tix(&["activate", "foo-001", "--json"]).success().json();
    assert_eq!(receipt["trunk"], "tickets");
    // The work starts from the code, which knows nothing of tickets.
    let workspace =
        Place::new(sandbox.shared(), receipt["workspace"]["path"].as_str().unwrap().into());
    assert_eq!(workspace.git(&["rev-parse", "HEAD"]), main);
    assert_eq!(workspace.files("HEAD"), ["README.md"]);
    let active = "tickets/active/TICKET-foo-001/TICKET-foo-001.md";
    let text = String::from_utf8(remote.show("tickets", active)).unwrap();
    assert!(text.contains("status: in_progress") && text.contains("branch: ticket/"), "{text}");
    sandbox.clone_named("other").env("TIX_TRUNK", "tickets").tix(&["activate", "foo-001"]).exits(3);

    workspace.commit("work", &[("src/work.rs", "// work\n")]);
    workspace.git(&["push", "-q"]);
    let released = clone.tix(&["release", "foo-001", "--json"]).success().json();
    let attic = released["attic"].as_str().unwrap();
    assert!(remote.files(attic).contains(&"src/work.rs".to_owned()));
    let new = clone.tix(&["new", "Another thing", "--json"]).success().json();
    let id = new["ticket"].as_str().unwrap();
    clone.tix(&["activate", id]).success();
    clone.tix(&["release", id]).success();
    clone.tix(&["activate", "foo-001"]).success();
    clone.tix(&["release", "foo-001"]).success();
    before.assert_same(&clone);
    no_leftovers(&clone);
    assert_eq!(remote.git(&["rev-parse", "main"]), main);
}

#[test]
fn the_way_out_of_a_protected_main_works_as_it_is_told() {
    let sandbox = seeded();
    sandbox.remote().hook("update", "case $1 in refs/heads/main) exit 1;; esac");
    let clone = sandbox.clone_named("clone");
    let refused = clone.tix(&["activate", "foo-001", "--json"]);
    let hints = refused.exits(6).json()["hints"].to_string();
    assert!(hints.contains("tix init --trunk tickets"), "{hints}");
    clone.tix(&["init", "--trunk", "tickets"]).success();
    let id = clone.tix(&["new", "A thing", "--json"]).success().json()["ticket"].clone();
    clone.tix(&["activate", id.as_str().unwrap()]).success();
}

#[test]
fn until_its_settings_are_merged_a_trunk_of_its_own_is_found_and_named() {
    let sandbox = Sandbox::new();
    sandbox.seed(&[("src/main.rs", "fn main() {}\n")]);
    sandbox.remote().hook("update", "case $1 in refs/heads/main) exit 1;; esac");
    let clone = sandbox.clone_named("clone");
    let made = clone.tix(&["init", "--trunk", "tickets", "--json"]).success().json();
    let id = clone.tix(&["new", "A thing", "--json"]).success().json()["ticket"].clone();
    let id = id.as_str().unwrap();
    let receipt = clone.tix(&["activate", id, "--json"]).success().json();
    // The settings have not reached main. All worktrees of this clone go by its file, whoever has not got it is told
    // what to do.
    let work = clone.at(receipt["workspace"]["path"].as_str().unwrap());
    work.tix(&["show", id]).success();
    let other = sandbox.clone_named("other");
    other.git(&["fetch", "-q"]);
    let lost = other.tix(&["show", id, "--json"]);
    let hint = lost.exits(4).json()["hints"][0].as_str().unwrap().to_owned();
    let (_, command) = hint.split_once("says so: ").unwrap();
    assert_eq!(command, "git config tix.trunk tickets");
    other.git(&["config", "tix.trunk", "tickets"]);
    other.tix(&["show", id]).success();
    // The printed commands bring them there, by a pull request.
    let next = made["next"].as_array().unwrap();
    let commands: Vec<&str> = next.iter().map(|line| line.as_str().unwrap()).collect();
    let (new, git) = commands.split_last().unwrap();
    assert!(new.starts_with("tix new ") && git.len() == 4, "{commands:?}");
    clone.sh(&git.join(" && ")).run().success();
    let note = made["notes"].to_string();
    assert!(note.contains("pull request from tix-settings"), "{note}");
    let merge = "git update-ref refs/heads/main refs/heads/tix-settings";
    sandbox.remote().sh(merge).run().success();
    let third = sandbox.clone_named("third");
    third.tix(&["show", id]).success();
}
