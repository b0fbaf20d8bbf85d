//! What can be wrong with the configuration, wherever it stands.

use insta::assert_snapshot;

use super::{QUEUED, fails_in, seeded};
use crate::harness::{Sandbox, queue_ticket};

#[test]
fn an_unknown_key_is_answered_with_the_nearest_wherever_it_stands() {
    let sandbox = seeded();
    sandbox.seed(&[(".tix.yaml", "# ours\n\nworktre: \"../w/{id}\"\n")]);
    let clone = sandbox.clone_named("shared");
    assert_snapshot!(fails_in(&clone, &["activate", "foo-001"], 9).redacted(), @"
    exit: 9
    ----- stdout -----
    ----- stderr -----
    error: origin/main:.tix.yaml:3: unknown key `worktre`; did you mean `worktree`?
      line  3
    hint: if a newer tix knows it, install that one; see which one this is: tix --version
    hint: list the settings and their values: tix explain config
    ");

    let sandbox = seeded();
    let clone = sandbox.clone_named("clone");
    clone.git(&["config", "tix.trunc", "main"]);
    assert_snapshot!(fails_in(&clone, &["activate", "foo-001"], 9).redacted(), @"
    exit: 9
    ----- stdout -----
    ----- stderr -----
    error: git config: unknown key `tix.trunc`; did you mean `tix.trunk`?
    hint: if a newer tix knows it, install that one; see which one this is: tix --version
    hint: list the settings and their values: tix explain config
    ");
    clone.git(&["config", "--unset", "tix.trunc"]);
    // A variable may be one of a later version, or somebody else's.
    clone.env("TIX_REMOT", "nowhere").tix(&["activate", "foo-001"]).success();
}

#[test]
fn a_bad_value_is_told_with_what_the_key_takes() {
    let mut all = String::new();
    for (key, value) in [
        ("claim_attempts", "many"),
        ("claim_attempts", "0"),
        ("require_queued", "perhaps"),
        ("record", "paper"),
        ("trunk", "[a]"),
        ("trunk", "a..b"),
        ("branch", "work"),
        ("worktree", "{nonsense}/{id}"),
        ("worktree", "{id"),
        ("tickets_dir", "../tickets"),
    ] {
        let sandbox = seeded();
        sandbox.seed(&[(".tix.yaml", format!("skip_ci: true\n{key}: \"{value}\"\n"))]);
        let output = fails_in(&sandbox.clone_named("clone"), &["activate", "foo-001"], 9);
        all += &format!("{}\n", output.stderr().lines().next().unwrap());
    }
    assert_snapshot!(all, @r"
    error: origin/main:.tix.yaml:2: `claim_attempts` must be a whole number from 1 to 20, not the text `many`
    error: origin/main:.tix.yaml:2: `claim_attempts` must be a whole number from 1 to 20, not the text `0`
    error: origin/main:.tix.yaml:2: `require_queued` must be true or false, not the text `perhaps`
    error: origin/main:.tix.yaml:2: `record` must be `branch` or `trunk`, not the text `paper`
    error: origin/main:.tix.yaml:2: `trunk` cannot be `[a]`: it contains a blank or one of ~ ^ : ? * [ \
    error: origin/main:.tix.yaml:2: `trunk` cannot be `a..b`: it contains `..` or `@{`
    error: origin/main:.tix.yaml:2: `branch` cannot be `work`: it must contain {id}, or two tickets would get the same name
    error: origin/main:.tix.yaml:2: `worktree` cannot be `{nonsense}/{id}`: it may contain {repo}, {id} and {session}, not `{nonsense}`
    error: origin/main:.tix.yaml:2: `worktree` cannot be `{id`: it has an unmatched `{` or `}`
    error: origin/main:.tix.yaml:2: `tickets_dir` cannot be `../tickets`: a part of it is `.` or `..`
    ");
}

#[test]
fn a_file_of_settings_that_is_none_is_told_with_its_line() {
    let mut all = String::new();
    for text in
        ["a: [\n", "- list\n", "just words\n", "trunk: main\ntrunk: other\n", "a: !!x\n\tb: c\n"]
    {
        let sandbox = seeded();
        sandbox.seed(&[(".tix.yaml", text)]);
        let output = fails_in(&sandbox.clone_named("clone"), &["activate", "foo-001"], 9);
        all += &format!("{text:?}\n{}", output.stderr());
    }
    assert_snapshot!(all, @r#"
    "a: [\n"
    error: origin/main:.tix.yaml:2:1: cannot be read as YAML: did not find expected node content, while parsing a flow node
      line  2
    hint: list the settings and their values: tix explain config
    "- list\n"
    error: origin/main:.tix.yaml:1: must be a mapping of keys to values, not a list
      line  1
    hint: list the settings and their values: tix explain config
    "just words\n"
    error: origin/main:.tix.yaml:1: must be a mapping of keys to values, not a text
      line  1
    hint: list the settings and their values: tix explain config
    "trunk: main\ntrunk: other\n"
    error: origin/main:.tix.yaml:2: `trunk` is set twice
      line  2
    hint: list the settings and their values: tix explain config
    "a: !!x\n\tb: c\n"
    error: origin/main:.tix.yaml:2:1: cannot be read as YAML: found character that cannot start any token, while scanning for the next token
      line  2
    hint: list the settings and their values: tix explain config
    "#);
}

#[test]
fn an_empty_file_of_settings_is_fine() {
    for text in ["", "# nothing yet\n", "---\n", "{}\n"] {
        let sandbox = seeded();
        sandbox.seed(&[(".tix.yaml", text)]);
        sandbox.clone_named("clone").tix(&["activate", "foo-001"]).success();
    }
}

#[test]
fn settings_that_cannot_be_read_are_told() {
    let sandbox = seeded();
    sandbox.seed(&[(".tix.yaml/x", "a directory\n")]);
    let clone = sandbox.clone_named("clone");
    assert_snapshot!(clone.tix(&["activate", "foo-001"]).redacted(), @"
    exit: 9
    ----- stdout -----
    ----- stderr -----
    error: origin/main:.tix.yaml:1: it is not UTF-8 text
      line  1
    hint: list the settings and their values: tix explain config
    ");

    let sandbox = Sandbox::new();
    sandbox.seed(&[(QUEUED, queue_ticket("TICKET-foo-001"))]);
    let clone = sandbox.clone_named("clone");
    std::fs::create_dir(clone.path().join(".tix.yaml")).unwrap();
    assert_snapshot!(clone.tix(&["activate", "foo-001"]).redacted(), @"
    exit: 9
    ----- stdout -----
    ----- stderr -----
    error: [ROOT]/clone/.tix.yaml cannot be read: Is a directory (os error 21)
    hint: make it readable, or remove it
    ");
}

#[test]
fn a_configuration_that_git_cannot_read_is_told_in_its_words() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone");
    let good = clone.read(".git/config");
    clone.write(".git/config", format!("{good}[broken\n"));
    let output = clone.tix(&["activate", "foo-001"]);
    assert!(!output.stderr().contains("not in a git repository"), "{output}");
    assert_snapshot!(output.redacted(), @"
    exit: 5
    ----- stdout -----
    ----- stderr -----
    error: git does not work in [ROOT]/clone
      git  fatal: bad config line 12 in file .git/config
    ");
}

#[test]
fn nobody_has_to_say_who_they_are_to_look() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone");
    clone.tix(&["activate", "foo-001"]).success();
    clone.git(&["config", "--global", "--remove-section", "user"]);
    clone.git(&["config", "user.useConfigOnly", "true"]);
    for look in [&["status", "foo-001"][..], &["status"], &["list"], &["next"]] {
        clone.tix(look).success();
    }
    // What was claimed from this clone is known by the claim.
    assert!(clone.tix(&["list", "--mine"]).success().stdout().contains("foo-001"));
}

#[test]
fn who_does_not_say_who_they_are_is_told_how() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone");
    clone.git(&["config", "--global", "--remove-section", "user"]);
    clone.git(&["config", "user.useConfigOnly", "true"]);
    for args in [&["activate", "foo-001"][..], &["new", "A thing"], &["release", "foo-001"]] {
        let output = fails_in(&clone, args, 5);
        assert!(output.stderr().contains("git config user.email"), "{output}");
    }
    assert_snapshot!(fails_in(&clone, &["activate", "foo-001"], 5).redacted(), @r#"
    exit: 5
    ----- stdout -----
    ----- stderr -----
    error: git does not know who you are, so nothing can be committed
    hint: git config user.name "Your Name"
    hint: git config user.email you@example.org
    "#);
    // A name for tix is none for git, which makes the commits.
    let named = clone.env("TIX_ACTOR", "Eve <eve@example.org>");
    assert_snapshot!(fails_in(&named, &["activate", "foo-001"], 5).redacted(), @r#"
    exit: 5
    ----- stdout -----
    ----- stderr -----
    error: git does not know who you are, so nothing can be committed
    hint: git config user.name "Your Name"
    hint: git config user.email you@example.org
    "#);
}

#[test]
fn a_variable_that_is_no_text_is_named() {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt as _;
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone");
    let mut all = String::new();
    for name in ["TIX_ACTOR", "TIX_SESSION", "TIX_TRUNK", "TIX_WORKTREE"] {
        let output =
            clone.env(name, OsString::from_vec(b"a\xffb".to_vec())).tix(&["activate", "foo-001"]);
        assert!(matches!(output.code, Some(2 | 9)), "{name}: {output}");
        all += &format!("{} {}\n", output.code.unwrap(), output.stderr().lines().next().unwrap());
    }
    assert_snapshot!(all, @"
    2 error: the environment variable TIX_ACTOR is not UTF-8
    2 error: the environment variable TIX_SESSION is not UTF-8
    9 error: environment: `TIX_TRUNK` is not UTF-8 text
    9 error: environment: `TIX_WORKTREE` is not UTF-8 text
    ");
}
