//! Settings of another version: keys that this tix does not know, and versions that it is not.

use insta::assert_snapshot;

use super::{fails_in, seeded};
use crate::harness::Place;

const LOOKS: &[&[&str]] = &[
    &["list"],
    &["show", "foo-001"],
    &["next"],
    &["log"],
    &["status", "foo-001"],
    &["board", "--plain"],
    &["graph"],
    &["report"],
    &["dep", "tree", "foo-001"],
    &["dep", "cycles"],
    &["hook", "install"],
];

const WRITES: &[&[&str]] = &[
    &["activate", "foo-001"],
    &["activate", "--next"],
    &["archive", "foo-001"],
    &["block", "foo-001", "--reason", "rain"],
    &["clean", "--merged"],
    &["close", "foo-001", "--as", "wont_do"],
    &["complete", "foo-001"],
    &["dep", "add", "foo-001", "bar-001"],
    &["draft", "foo-001", "--reason", "rain"],
    &["edit", "foo-001", "--append", "a word"],
    &["handoff", "foo-001", "--to", "Bob <bob@example.org>", "--new-person"],
    &["init", "--commit"],
    &["land", "foo-001"],
    &["new", "A thing"],
    &["note", "foo-001", "a word"],
    &["queue", "foo-001"],
    &["reclaim", "foo-001", "--reason", "left"],
    &["release", "foo-001"],
    &["reopen", "foo-001", "--reason", "rust"],
    &["review", "foo-001", "--approve"],
    &["rework", "foo-001"],
    &["set", "foo-001", "priority=P1"],
    &["submit", "foo-001"],
    &["tick", "foo-001", "1"],
    &["trust"],
    &["unblock", "foo-001"],
];

/// A clone of a project that shares these settings.
fn sharing(settings: &str) -> Place {
    let sandbox = seeded();
    sandbox.seed(&[(".tix.yaml", settings)]);
    sandbox.clone_named("clone")
}

#[test]
fn a_key_that_is_not_known_is_a_warning_to_whoever_looks() {
    let clone = sharing("skip_ci: true\ncolour: red\nlandin: completed\n");
    for args in LOOKS {
        let output = clone.tix(args);
        let told = output.success().stderr();
        assert!(
            told.contains("warning: origin/main:.tix.yaml:2: unknown key `colour`\n"),
            "{output}"
        );
        assert!(told.contains(":3: unknown key `landin`; did you mean `landing`?\n"), "{output}");
    }
}

#[test]
fn a_key_that_is_not_known_stops_whatever_writes() {
    let clone = sharing("colour: red\n");
    let tip = clone.git(&["ls-remote", "origin"]);
    for args in WRITES {
        let output = fails_in(&clone, args, 9);
        assert!(
            output.stderr().contains("origin/main:.tix.yaml:1: unknown key `colour`"),
            "{output}"
        );
    }
    clone.tix(&["run", "foo-001", "--", "true"]).exits(9);
    assert_eq!(clone.git(&["ls-remote", "origin"]), tip);
    assert_snapshot!(fails_in(&clone, &["activate", "foo-001"], 9).redacted(), @"
    exit: 9
    ----- stdout -----
    ----- stderr -----
    error: origin/main:.tix.yaml:1: unknown key `colour`
      line  1
    hint: if a newer tix knows it, install that one; see which one this is: tix --version
    hint: list the settings and their values: tix explain config
    ");
}

#[test]
fn a_file_for_another_version_says_which() {
    let clone = sharing("requires: '>= 99.3'\nlanding: in_order\ncolour: red\n");
    assert_snapshot!(clone.tix(&["path", "foo-001"]).redacted(), @"
    exit: 4
    ----- stdout -----
    ----- stderr -----
    warning: origin/main:.tix.yaml:1: it needs tix `>= 99.3`, and this is tix 0.1.0
    warning: origin/main:.tix.yaml:2: `landing` must be none or completed, not the text `in_order`
    warning: origin/main:.tix.yaml:3: unknown key `colour`
    error: TICKET-foo-001 has no workspace on this machine
      lane  queue
    hint: nobody holds it; claim it: tix activate TICKET-foo-001
    ");
    for args in WRITES {
        let output = fails_in(&clone, args, 5);
        assert!(output.stderr().contains(":1: it needs tix `>= 99.3`"), "{output}");
    }
    assert_snapshot!(fails_in(&clone, &["activate", "foo-001"], 5).redacted(), @"
    exit: 5
    ----- stdout -----
    ----- stderr -----
    error: origin/main:.tix.yaml:1: it needs tix `>= 99.3`, and this is tix 0.1.0
      line  1
    hint: install one of those versions
    ");
}

/// Every key of version 0.1.0, as that version wrote them.
const OF_0_1: &str = "\
trunk: main
base: main
record: branch
remote: origin
tickets_dir: tickets
skip_ci: false
require_queued: false
claim_attempts: 3
branch: \"ticket/{id}\"
active_dir: \"{id}\"
worktree: \"../{repo}.worktrees/{id}\"
timeout: 60s
protected: [main, master, production]
landing: none
review: []
review.self: false
stale_after: 24h
post_activate: []
guard.writes: refuse
roles: {}
";

#[test]
fn an_old_file_is_understood_by_this_version() {
    let clone = sharing(OF_0_1);
    assert_eq!(clone.tix(&["list"]).success().stderr(), "");
    clone.tix(&["activate", "foo-001"]).success();
}

#[test]
fn an_old_file_with_new_keys_beside_the_old_ones_keeps_what_it_said() {
    let clone = sharing("colour: red\ntickets_dir: nowhere\n");
    // The key that is known counts, though another one stands before it that is not.
    assert!(clone.tix(&["list"]).exits(4).stderr().contains("nowhere"));
}
