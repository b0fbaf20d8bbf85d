//! What a file that anybody can push decides about this machine: nothing that its owner has not said too.

use std::os::unix::fs::symlink;

use insta::assert_snapshot;

use crate::harness::{Place, Sandbox, Untouched, no_leftovers, queue_ticket};

const ID: &str = "TICKET-foo-001";

/// A clone of a project that wants its worktrees there.
fn wanting(template: &str) -> (Sandbox, Place) {
    let sandbox = Sandbox::new();
    sandbox.seed(&[
        (".tix.yaml".to_owned(), format!("worktree: \"{template}\"\n")),
        (format!("tickets/queue/{ID}.md"), queue_ticket(ID)),
        ("src/main.rs".to_owned(), "fn main() {}\n".to_owned()),
    ]);
    let clone = sandbox.clone_named("clone");
    (sandbox, clone)
}

/// Where the workspace is, from the directory that the clone is in.
fn workspace(clone: &Place) -> String {
    let path = clone.tix(&["path", ID]).success().stdout().trim().to_owned();
    let beside = clone.path().parent().unwrap();
    path.strip_prefix(&format!("{}/", beside.display())).unwrap().to_owned()
}

#[track_caller]
fn refused(clone: &Place, args: &[&str]) -> String {
    let before = Untouched::of(clone);
    let tip = clone.git(&["ls-remote", "origin"]);
    let output = clone.tix(&[&["activate", ID], args].concat());
    let told = output.exits(5).redacted();
    before.assert_same(clone);
    no_leftovers(clone);
    assert_eq!(clone.git(&["ls-remote", "origin"]), tip, "{output}");
    told
}

#[test]
fn a_worktree_may_be_beside_the_repository_or_hidden_below_it() {
    for (template, place) in [
        ("../{repo}.worktrees/{id}", "clone.worktrees/TICKET-foo-001"),
        ("../{id}", "TICKET-foo-001"),
        ("../w/{session}/{id}", "w/foo/TICKET-foo-001"),
        (".worktrees/{id}", "clone/.worktrees/TICKET-foo-001"),
        ("./.w/deep/{id}", "clone/.w/deep/TICKET-foo-001"),
    ] {
        let (_sandbox, clone) = wanting(template);
        clone.tix(&["activate", ID]).success();
        assert_eq!(workspace(&clone), place);
    }
}

#[test]
fn a_worktree_is_nowhere_else_without_consent() {
    for template in [
        "~/elsewhere/{id}",
        "~/.vim/pack/a/start/{id}",
        "../../elsewhere/{id}",
        "../.config/{id}",
        "../home/.vim/pack/{id}",
        "../other/{id}",
        "../link/{id}",
        "../{repo}/src/{id}",
        "src/{id}",
        "{id}",
        ".link/{id}",
        ".nested/{id}",
    ] {
        let (sandbox, clone) = wanting(template);
        sandbox.clone_named("other");
        let elsewhere = sandbox.fresh_directory("elsewhere");
        symlink(&elsewhere, clone.path().parent().unwrap().join("link")).unwrap();
        symlink(&elsewhere, clone.path().join(".link")).unwrap();
        clone.git(&["init", "-q", ".nested"]);
        let told = refused(&clone, &[]);
        assert!(
            told.contains(&format!("origin/main:.tix.yaml puts worktrees at `{template}`")),
            "{told}"
        );
        assert!(told.contains("tix trust\n") && told.contains("git config tix.worktree"), "{told}");
        refused(&clone, &["--dry-run"]);
        // Without a worktree there is nothing to allow.
        clone.tix(&["activate", ID, "--no-worktree"]).success();
    }
}

#[test]
fn a_session_may_lead_it_into_a_hidden_directory_only_with_consent() {
    let (sandbox, clone) = wanting("../{session}/pack/{id}");
    let hidden = queue_ticket(ID).replacen("session_id: foo", "session_id: .vim", 1);
    assert_ne!(hidden, queue_ticket(ID));
    sandbox.seed(&[(format!("tickets/queue/{ID}.md"), hidden)]);
    assert!(refused(&clone, &[]).contains("tix trust\n"));
    clone.tix(&["trust"]).success();
    clone.tix(&["activate", ID]).success();
}

#[test]
fn an_absolute_place_needs_consent_and_is_told_with_the_ways_out() {
    let sandbox = Sandbox::new();
    let there = sandbox.fresh_directory("there");
    sandbox.seed(&[
        (".tix.yaml".to_owned(), format!("worktree: {}/{{id}}\n", there.display())),
        (format!("tickets/queue/{ID}.md"), queue_ticket(ID)),
    ]);
    let clone = sandbox.clone_named("clone");
    assert_snapshot!(refused(&clone, &[]), @r#"
    exit: 5
    ----- stdout -----
    ----- stderr -----
    error: origin/main:.tix.yaml puts worktrees at `[ROOT]/there 0/{id}`, which this clone has not allowed
      path  [ROOT]/there 0/TICKET-foo-001
    hint: allow this place: tix trust
    hint: or choose another place: git config tix.worktree "../{repo}.worktrees/{id}"
    "#);
    // What is the user's own word is obeyed, and says nothing of the file's.
    for name in ["TIX_WORKTREE", "WORKTREE_BASE"] {
        let value = there.join(if name == "TIX_WORKTREE" { "{id}" } else { "" });
        clone.env(name, value).tix(&["activate", ID]).success();
        clone.tix(&["release", ID]).success();
    }
    clone.git(&["config", "tix.worktree", &format!("{}/mine/{{id}}", there.display())]);
    clone.tix(&["activate", ID]).success();
    assert!(there.join("mine").join(ID).exists());
}

#[test]
fn consent_is_for_the_very_value_and_can_be_taken_back() {
    let (sandbox, clone) = wanting("~/w/{id}");
    assert_snapshot!(clone.tix(&["trust", "--show"]).redacted(), @"
    exit: 0
    ----- stdout -----
    this clone does not trust the worktree of .tix.yaml:
      ~/w/{id}
      which is [ROOT]/home/w/{id} here
    ----- stderr -----
    ");
    refused(&clone, &[]);
    let trusted = clone.tix(&["trust", "--json"]).success().json();
    assert_eq!(trusted["worktree"], "~/w/{id}");
    assert_eq!(trusted["trusted"], true);
    clone.tix(&["activate", ID]).success();
    let path = clone.tix(&["path", ID]).success().stdout().trim().to_owned();
    // A workspace that is gone is made anew where consent still holds.
    std::fs::remove_dir_all(&path).unwrap();
    clone.tix(&["trust", "--revoke"]).success();
    clone.tix(&["activate", ID, "--resume"]).exits(5);
    assert!(!std::path::Path::new(&path).exists());
    clone.tix(&["trust"]).success();
    clone.tix(&["activate", ID, "--resume"]).success();
    clone.tix(&["release", ID]).success();
    // Somebody pushes another value.
    sandbox.seed(&[(".tix.yaml", "worktree: ~/v/{id}\n")]);
    clone.git(&["fetch", "-q"]);
    refused(&clone, &[]);
    assert_eq!(clone.tix(&["trust", "--show", "--json"]).success().json()["trusted"], false);
    // Another clone has not allowed anything.
    let other = sandbox.clone_named("other");
    other.tix(&["trust"]).success();
    other.tix(&["activate", ID]).success();
    clone.tix(&["trust", "--show"]).success();
}

#[test]
fn nothing_is_to_be_trusted_where_worktrees_stay_with_the_repository() {
    let (_sandbox, clone) = wanting("../w/{id}");
    clone.tix(&["trust"]).exits(4);
}
