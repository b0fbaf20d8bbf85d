//! Servers that say no: exit 6, their own words once, the way out, and nothing changed on either side.

use insta::assert_snapshot;

use crate::harness::{Output, Place, Sandbox, Untouched, no_leftovers, queue_ticket};

mod partly;

const ID: &str = "TICKET-foo-001";
const QUEUED: &str = "tickets/queue/TICKET-foo-001.md";

fn seeded() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.seed(&[(QUEUED, queue_ticket(ID)), ("README.md", "# Example\n".to_owned())]);
    sandbox
}

/// All refs of a repository and where they are.
fn refs(place: &Place) -> String {
    place.git(&["for-each-ref", "--format=%(refname) %(objectname)"])
}

/// Claims and expects this exit, with both sides as they were.
#[track_caller]
fn refused(sandbox: &Sandbox, code: i32) -> Output {
    refused_in(sandbox, &sandbox.clone_named("clone"), code)
}

#[track_caller]
fn refused_in(sandbox: &Sandbox, clone: &Place, code: i32) -> Output {
    let before = Untouched::of(clone);
    let there = refs(&sandbox.remote());
    let output = clone.tix(&["activate", "foo-001"]);
    output.exits(code);
    assert_eq!(refs(&sandbox.remote()), there);
    before.assert_same(clone);
    no_leftovers(clone);
    let text = output.to_string();
    assert!(!text.contains("held by") && !text.contains("claimed by"), "{text}");
    // As JSON it is the same refusal.
    let json = clone.tix(&["activate", "foo-001", "--json"]);
    let error = json.exits(code).json();
    assert_eq!(error["schema"], "tix/error@1");
    assert_eq!(error["exit"], code);
    output
}

#[test]
fn a_pre_receive_hook_that_declines_is_quoted() {
    let sandbox = seeded();
    sandbox
        .remote()
        .hook("pre-receive", "cat >/dev/null; echo 'Tickets on Sundays only.' >&2; exit 1");
    let output = refused(&sandbox, 6);
    assert_eq!(output.stderr().matches("Sundays").count(), 1, "{output}");
    assert_snapshot!(output.redacted(), @"
    exit: 6
    ----- stdout -----
    ----- stderr -----
    error: origin refuses the push to main: pre-receive hook declined
      remote says  Tickets on Sundays only.
    hint: if origin protects this branch, keep the tickets on a branch of their own: tix init --trunk tickets
    ");
}

#[test]
fn an_update_hook_that_declines_the_trunk_is_quoted() {
    let sandbox = seeded();
    let script = "case $1 in refs/heads/main) echo 'main is for releases'; exit 1;; esac";
    sandbox.remote().hook("update", script);
    assert_snapshot!(refused(&sandbox, 6).redacted(), @"
    exit: 6
    ----- stdout -----
    ----- stderr -----
    error: origin refuses the push to main: hook declined
      remote says  main is for releases
                   error: hook declined to update refs/heads/main
    hint: if origin protects this branch, keep the tickets on a branch of their own: tix init --trunk tickets
    ");
}

#[test]
fn an_update_hook_that_declines_ticket_branches_stops_the_claim_too() {
    let sandbox = seeded();
    let script = "case $1 in refs/heads/ticket/*) echo 'no such branches here'; exit 1;; esac";
    sandbox.remote().hook("update", script);
    assert_snapshot!(refused(&sandbox, 6).redacted(), @"
    exit: 6
    ----- stdout -----
    ----- stderr -----
    error: origin refuses the push to ticket/TICKET-foo-001: hook declined
      remote says  no such branches here
                   error: hook declined to update refs/heads/ticket/TICKET-foo-001
    hint: origin must let you make and delete ticket/TICKET-foo-001
    ");
}

#[test]
fn a_protected_branch_is_named_with_the_way_out() {
    let sandbox = seeded();
    // As a well-known hosting site words it.
    let words = "echo 'error: GH006: Protected branch update failed for refs/heads/main.'; \
                 echo 'error: Changes must be made through a pull request.'";
    let script = format!("case $1 in refs/heads/main) {words}; exit 1;; esac");
    sandbox.remote().hook("update", &script);
    assert_snapshot!(refused(&sandbox, 6).redacted(), @"
    exit: 6
    ----- stdout -----
    ----- stderr -----
    error: origin refuses the push to main: hook declined
      remote says  error: GH006: Protected branch update failed for refs/heads/main.
                   error: Changes must be made through a pull request.
                   error: hook declined to update refs/heads/main
    hint: if origin protects this branch, keep the tickets on a branch of their own: tix init --trunk tickets
    ");
}

#[test]
fn a_remote_with_the_trunk_checked_out_refuses() {
    let sandbox = Sandbox::new();
    let root = Place::new(sandbox.shared(), sandbox.root().to_owned());
    root.git(&["init", "-q", "theirs"]);
    let theirs = root.at("theirs");
    theirs.commit("tickets", &[(QUEUED, &queue_ticket(ID))]);
    root.git(&["clone", "-q", "theirs", "clone"]);
    let clone = root.at("clone");
    let before = [Untouched::of(&clone), Untouched::of(&theirs)];
    let output = clone.tix(&["activate", "foo-001"]);
    output.exits(6);
    before[0].assert_same(&clone);
    before[1].assert_same(&theirs);
    assert_snapshot!(output.redacted(), @"
    exit: 6
    ----- stdout -----
    ----- stderr -----
    error: origin refuses the push to main: branch is currently checked out
      remote says  error: refusing to update checked out branch: refs/heads/main
                   error: By default, updating the current branch in a non-bare repository
                   is denied, because it will make the index and work tree inconsistent
                   with what you pushed, and will require 'git reset --hard' to match
                   the work tree to HEAD.
                   You can set the 'receive.denyCurrentBranch' configuration variable
                   to 'ignore' or 'warn' in the remote repository to allow pushing into
                   its current branch; however, this is not recommended unless you
                   arranged to update its work tree to match what you pushed in some
                   other way.
                   To squelch this message and still keep the default behaviour, set
                   'receive.denyCurrentBranch' configuration variable to 'refuse'.
    hint: if origin protects this branch, keep the tickets on a branch of their own: tix init --trunk tickets
    ");
}

#[test]
fn a_remote_without_room_for_the_pack_refuses() {
    let sandbox = seeded();
    sandbox.remote().git(&["config", "receive.maxInputSize", "10"]);
    assert_snapshot!(refused(&sandbox, 6).redacted(), @"
    exit: 6
    ----- stdout -----
    ----- stderr -----
    error: origin refuses the push to main: unpacker error
      remote says  fatal: pack exceeds maximum allowed size
    hint: if origin protects this branch, keep the tickets on a branch of their own: tix init --trunk tickets
    ");
}

#[test]
fn a_remote_that_hides_the_trunk_from_pushes_refuses() {
    let sandbox = seeded();
    sandbox.remote().git(&["config", "receive.hideRefs", "refs/heads/main"]);
    let clone = sandbox.clone_named("clone");
    assert_snapshot!(refused_in(&sandbox, &clone, 6).redacted(), @"
    exit: 6
    ----- stdout -----
    ----- stderr -----
    error: origin hides main from pushes
    hint: ask whoever runs the server to show main to pushes (receive.hideRefs)
    hint: or keep the tickets on a branch of their own: tix init --trunk tickets
    ");
    // The way out.
    clone.tix(&["init", "--trunk", "tickets"]).success();
    assert!(sandbox.remote().has_ref("refs/heads/tickets"));
}

#[test]
fn a_mirror_that_lags_behind_the_server_of_pushes_is_a_matter_of_time() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone");
    let ahead = sandbox.bare_clone("ahead.git");
    let next = ahead.git(&["commit-tree", "main^{tree}", "-p", "main", "-m", "more"]);
    ahead.git(&["update-ref", "refs/heads/main", &next]);
    let program = sandbox.root().join("bin/ahead");
    let script = format!("#!/bin/sh\nexec git-receive-pack '{}'\n", ahead.path().display());
    clone.write_script("../bin/ahead", &script);
    clone.git(&["config", "remote.origin.receivepack", &format!("'{}'", program.display())]);
    let there = refs(&ahead);
    assert_snapshot!(refused_in(&sandbox, &clone, 7).redacted(), @"
    exit: 7
    ----- stdout -----
    ----- stderr -----
    error: origin shows one main to fetches and another to pushes; nothing changed
    hint: try again later; if this persists, ask whoever runs the server
    ");
    assert_eq!(refs(&ahead), there);
}

#[test]
fn a_remote_that_takes_no_pushes_at_all_refuses() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone");
    clone.write_script(
        "../bin/no-pushes",
        "#!/bin/sh\necho 'this mirror is read-only' >&2\nexit 1\n",
    );
    let program = sandbox.root().join("bin/no-pushes");
    clone.git(&["config", "remote.origin.receivepack", &format!("'{}'", program.display())]);
    let output = refused_in(&sandbox, &clone, 6);
    assert_snapshot!(output.redacted(), @"
    exit: 6
    ----- stdout -----
    ----- stderr -----
    error: origin does not let you in
      git  this mirror is read-only
           fatal: Could not read from remote repository.
           Please make sure you have the correct access rights
           and the repository exists.
    hint: check your login: git ls-remote
    ");
}

#[test]
fn a_server_that_prints_a_credential_is_quoted_without_it() {
    let sandbox = seeded();
    let script = "cat >/dev/null
        echo 'log in as https://ada:hunter2secret@example.org/x.git with token ghp_0123456789abcdef'
        echo 'or with password=correct-horse-battery'
        exit 1";
    sandbox.remote().hook("pre-receive", script);
    let clone = sandbox.clone_named("clone");
    let output = refused_in(&sandbox, &clone, 6);
    assert_snapshot!(output.redacted(), @"
    exit: 6
    ----- stdout -----
    ----- stderr -----
    error: origin refuses the push to main: pre-receive hook declined
      remote says  log in as https://***@example.org/x.git with token ghp_***
                   or with password=***
    hint: if origin protects this branch, keep the tickets on a branch of their own: tix init --trunk tickets
    ");
    let json = clone.tix(&["activate", "foo-001", "--json"]).to_string();
    let log = clone.read(".git/tix/audit.jsonl");
    for (place, text) in [("terminal", output.to_string()), ("JSON", json), ("log", log)] {
        for secret in ["hunter2secret", "0123456789abcdef", "correct-horse"] {
            assert!(!text.contains(secret), "{secret} in the {place}: {text}");
        }
    }
}

#[test]
fn a_server_that_sends_escape_sequences_moves_no_cursor() {
    let sandbox = seeded();
    let script = "cat >/dev/null; printf '\\033[2J\\033]0;title\\007no\\r\\n'; exit 1";
    sandbox.remote().hook("pre-receive", script);
    let output = refused(&sandbox, 6);
    assert!(!output.stderr.contains(&0x1b) && !output.stderr.contains(&7), "{output:?}");
}

#[test]
fn a_server_that_refuses_is_asked_once() {
    let sandbox = seeded();
    sandbox.remote().hook("pre-receive", "cat >/dev/null; echo x >>\"$GIT_DIR/asked\"; exit 1");
    let clone = sandbox.clone_named("clone");
    clone.tix(&["activate", "foo-001"]).exits(6);
    assert_eq!(sandbox.remote().read("asked"), "x\n");
}

#[test]
fn new_and_release_are_refused_the_same_way() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone");
    clone.tix(&["activate", "foo-001"]).success();
    sandbox.remote().hook("pre-receive", "cat >/dev/null; echo 'closed for today'; exit 1");
    let before = (Untouched::of(&clone), refs(&sandbox.remote()));
    let released = clone.tix(&["release", "foo-001"]);
    assert_snapshot!(released.exits(6).redacted(), @"
    exit: 6
    ----- stdout -----
    ----- stderr -----
    error: origin refuses the push to main: pre-receive hook declined
      remote says  closed for today
    hint: if origin protects this branch, keep the tickets on a branch of their own: tix init --trunk tickets
    ");
    let new = clone.tix(&["new", "Something"]);
    assert_snapshot!(new.exits(6).redacted(), @"
    exit: 6
    ----- stdout -----
    ----- stderr -----
    error: origin refuses the push to main: pre-receive hook declined
      remote says  closed for today
    hint: if origin protects this branch, keep the tickets on a branch of their own: tix init --trunk tickets
    ");
    before.0.assert_same(&clone);
    assert_eq!(refs(&sandbox.remote()), before.1);
    no_leftovers(&clone);
}
