//! Commits on a protected branch: what is said of them, and the first ones.

use super::{DEFAULT, QUEUED, STRICT, assert_refused, guard, guarded, project, ticket};
use crate::harness::{Do, On, Sandbox, Shim};

#[test]
fn a_refusal_names_the_rule_the_paths_and_the_way_on() {
    let sandbox = project();
    let clone = guarded(&sandbox, "a", DEFAULT);
    clone.write("README.md", "x\n");
    for number in 0..7 {
        clone.write(format!("src/{number}.rs"), "x\n");
    }
    clone.git(&["add", "src"]);
    let output = clone.try_git(&["commit", "-a", "-m", "x"]);
    insta::assert_snapshot!(output.exits(1).redacted(), @"
    exit: 1
    ----- stdout -----
    ----- stderr -----
    error: main takes ticket commits only
      hook  pre-commit
      why   README.md is outside the ticket lanes
      why   src/0.rs is outside the ticket lanes
      why   src/1.rs is outside the ticket lanes
      why   src/2.rs is outside the ticket lanes
      why   src/3.rs is outside the ticket lanes
            and 3 more
    hint: work on a ticket in a workspace of its own: tix activate <ticket>
    hint: or keep these changes on a branch: git switch -c <name>
    ");
}

#[test]
fn a_refused_push_names_the_commits() {
    let sandbox = project();
    let clone = guarded(&sandbox, "a", &["pre-push"]);
    clone.commit("Add a thing\u{1b}[31m", &[("src/thing.rs", "x\n")]);
    clone.commit("A ticket", &[(QUEUED, &ticket("draft"))]);
    let output = clone.try_git(&["push", "origin", "main"]);
    let text = output.exits(1).redacted();
    let text: Vec<&str> = text.lines().filter(|line| !line.contains("failed to push")).collect();
    insta::assert_snapshot!(text.join("\n"), @"
    exit: 1
    ----- stdout -----
    ----- stderr -----
    error: main takes ticket commits only
      hook    pre-push
      commit  [OID] Add a thing [31m
      why     src/thing.rs is outside the ticket lanes
    hint: work on a ticket in a workspace of its own: tix activate <ticket>
    hint: or push them to a branch of their own: git push origin [OID]:refs/heads/<name>
    ");
}

/// Whoever begins a project must be able to: there is nothing yet that could be protected.
#[test]
fn the_first_commit_of_a_repository_and_its_first_push_may_hold_anything() {
    let sandbox = Sandbox::new();
    let remote = sandbox.remote();
    guard(&remote, &["pre-receive"]);
    let clone = guarded(&sandbox, "a", STRICT);
    clone.tix(&["init"]).success();
    clone.write("src/main.rs", "fn main() {}\n");
    clone.git(&["add", "."]);
    clone.git(&["commit", "-q", "-m", "first"]);
    clone.git(&["push", "-q", "-u", "origin", "main"]);
    // The second one is another matter.
    clone.write("src/main.rs", "fn main() { }\n");
    assert_refused(
        &clone.try_git(&["commit", "-qam", "second"]),
        "src/main.rs is outside the ticket lanes",
    );
    clone.tix(&["new", "A thing"]).success();
    clone.tix(&["activate", "a-thing"]).success();
}

#[test]
fn the_first_commit_of_a_branch_beside_others_is_judged() {
    let sandbox = project();
    let clone = guarded(&sandbox, "a", DEFAULT);
    clone.git(&["switch", "-q", "--orphan", "master"]);
    clone.write("x.rs", "x\n");
    clone.git(&["add", "x.rs"]);
    clone.write(QUEUED, ticket("open"));
    assert_refused(&clone.try_git(&["commit", "-qm", "x"]), "x.rs is outside the ticket lanes");
    clone.git(&["rm", "-q", "--cached", "x.rs"]);
    assert_refused(&clone.try_git(&["commit", "-q", "--allow-empty", "-m", "x"]), "is empty");
    clone.git(&["add", "tickets"]);
    clone.git(&["commit", "-qm", "x"]);
}

#[test]
fn a_repository_that_takes_up_tickets_may_commit_what_init_wrote() {
    let sandbox = Sandbox::new();
    sandbox.seed(&[("src/main.rs", "fn main() {}\n")]);
    let clone = guarded(&sandbox, "a", STRICT);
    guard(&sandbox.remote(), &["pre-receive"]);
    clone.write("src/main.rs", "fn main() { 1 }\n");
    // Nothing to guard yet.
    clone.git(&["commit", "-qam", "code"]);
    clone.git(&["push", "-q"]);
    clone.tix(&["init"]).success();
    clone.git(&["add", "tickets", ".tix.yaml"]);
    clone.git(&["commit", "-qm", "Take up tickets"]);
    clone.git(&["push", "-q"]);
    clone.write(".tix.yaml", "protected: []\n");
    assert_refused(
        &clone.try_git(&["commit", "-qam", "x"]),
        ".tix.yaml is outside the ticket lanes",
    );
}

#[test]
fn a_guard_that_cannot_decide_refuses_on_a_protected_branch_only() {
    let sandbox = project();
    sandbox.seed(&[(".tix.yaml", "trunk: [\n")]);
    let clone = guarded(&sandbox, "a", STRICT);
    clone.write(QUEUED, ticket("draft"));
    clone.git(&["add", "."]);
    let output = clone.try_git(&["commit", "-m", "x"]);
    assert_refused(
        &output,
        "main is protected, and the guard cannot tell whether this may go onto it",
    );
    assert!(output.stderr().contains(".tix.yaml:2:1"), "{output}");
    clone.git(&["switch", "-q", "-c", "work"]);
    clone.git(&["commit", "-qm", "x"]);
}

/// It may be one of a newer tix: what is known beside it counts.
#[test]
fn a_key_that_the_guard_does_not_know_takes_no_protection_away() {
    let sandbox = project();
    sandbox.seed(&[(".tix.yaml", "colour: red\nprotected: [live]\n")]);
    sandbox.remote().git(&["branch", "live", "main"]);
    let clone = guarded(&sandbox, "a", STRICT);
    for branch in ["main", "live"] {
        clone.git(&["switch", "-q", branch]);
        clone.write("README.md", "x\n");
        let told = format!("{branch} takes ticket commits only");
        assert_refused(&clone.try_git(&["commit", "-qam", "code"]), &told);
        clone.git(&["checkout", "-q", "HEAD", "--", "README.md"]);
        clone.write(QUEUED, ticket("draft"));
        clone.git(&["commit", "-qam", "a ticket"]);
    }
    clone.git(&["push", "-q", "origin", "main", "live"]);
}

#[test]
fn the_guard_can_be_told_to_look_away_and_writes_that_down() {
    let sandbox = project();
    let clone = guarded(&sandbox, "a", STRICT).env("TIX_GUARD", "off");
    clone.commit("code", &[("README.md", "x\n")]);
    clone.git(&["push", "-q"]);
    let log = clone.read(".git/tix/audit.jsonl");
    for hook in ["pre-commit", "prepare-commit-msg", "reference-transaction", "pre-push"] {
        let line = log.lines().find(|line| line.contains(&format!("\"hook\":\"{hook}\"")));
        assert!(line.is_some_and(|line| line.contains("\"verdict\":\"off\"")), "{hook}: {log}");
    }
    let on = clone.env("TIX_GUARD", "no");
    on.write("README.md", "y\n");
    assert_refused(&on.try_git(&["commit", "-qam", "x"]), "ticket commits only");
}

#[test]
fn what_a_refused_movement_left_half_done_has_a_way_back() {
    let sandbox = project();
    let clone = sandbox.clone_named("a");
    clone.git(&["switch", "-q", "-c", "work"]);
    clone.commit("code", &[("README.md", "x\n")]);
    clone.git(&["switch", "-q", "main"]);
    guard(&clone, &["reference-transaction"]);
    for (args, undo) in [
        (vec!["cherry-pick", "work"], "git cherry-pick --abort"),
        (vec!["merge", "-q", "--no-ff", "-m", "x", "work"], "git merge --abort"),
        (vec!["merge", "-q", "work"], "git read-tree -m -u"),
        (vec!["reset", "-q", "--hard", "work"], "git read-tree -m -u"),
    ] {
        clone.write("untracked", "mine\n");
        let output = clone.try_git(&args);
        assert_refused(&output, undo);
        let line = output.stderr().lines().find(|line| line.contains(undo)).unwrap();
        let (_, command) = line.rsplit_once(": ").unwrap();
        clone.sh(command).run().success();
        assert_eq!(clone.git(&["status", "--porcelain"]), "?? untracked", "{args:?}");
        assert_eq!(clone.read("untracked"), "mine\n");
    }
    // Where no file has moved, nothing is to be undone.
    let output = clone.try_git(&["update-ref", "refs/heads/main", "work"]);
    assert_refused(&output, "ticket commits only");
    assert!(!output.stderr().contains("read-tree"), "{output}");
    clone.git(&["switch", "-q", "-c", "aside"]);
    let output = clone.try_git(&["branch", "-f", "main", "work"]);
    assert_refused(&output, "ticket commits only");
    assert!(!output.stderr().contains("read-tree"), "{output}");
    clone.git(&["switch", "-q", "main"]);
    // A commit leaves everything as it was, and nothing is to be undone.
    clone.write("README.md", "mine\n");
    let output = clone.try_git(&["commit", "-qam", "x"]);
    assert_refused(&output, "ticket commits only");
    assert!(!output.stderr().contains("read-tree"), "{output}");
}

#[test]
fn a_merge_that_is_refused_can_be_taken_back() {
    let sandbox = project();
    let clone = guarded(&sandbox, "a", DEFAULT);
    clone.git(&["switch", "-q", "-c", "work"]);
    clone.commit("code", &[("README.md", "x\n")]);
    clone.git(&["switch", "-q", "main"]);
    for args in [vec!["merge", "-q", "--no-ff", "-m", "x", "work"], vec!["commit", "-m", "x"]] {
        assert_refused(&clone.try_git(&args), "undo that with: git merge --abort");
    }
    clone.git(&["merge", "--abort"]);
    assert_eq!(clone.git(&["status", "--porcelain"]), "");
}

/// A movement of refs that cannot be judged is let through with a warning: a refusal could leave the work of another
/// command half done.
#[test]
fn a_movement_that_cannot_be_judged_is_let_through_with_a_warning() {
    let sandbox = project();
    let clone = guarded(&sandbox, "a", &["reference-transaction"]);
    let shim = Shim::new(&sandbox);
    shim.rule(On::command("log"), Do::Fail { code: 128, stderr: "fatal: broken\n" });
    let (old, zero) = (clone.git(&["rev-parse", "main"]), "0".repeat(40));
    let new = clone.git(&["commit-tree", "-m", "x", "-p", "main", "main^{tree}"]);
    let hook = |line: &str| {
        let args = ["hook", "git", "reference-transaction", "prepared"];
        clone.tix_command(&args).through(&shim).stdin(line).run()
    };
    let output = hook(&format!("{zero} {new} refs/heads/main\n"));
    assert!(output.success().stderr().contains("the guard could not judge this"), "{output}");
    assert!(hook("nonsense\n").success().stderr().contains("could not judge"));
    for line in [format!("{old} ref:refs/heads/x refs/heads/mine\n"), format!("{old} {new} HEAD\n")]
    {
        assert_eq!(hook(&line).success().stderr(), "");
    }
}

/// git names the state of a transaction, and hears a refusal in one of them only. In `preparing`, which git 2.54 brought,
/// `HEAD` may still stand for a branch; what other states mean nobody knows yet.
#[test]
fn a_movement_is_judged_when_it_is_prepared_and_in_no_other_state() {
    let sandbox = project();
    let clone = sandbox.clone_named("a");
    clone.tix(&["hook", "install", "--strict", "--files"]).success();
    clone.git(&["switch", "-q", "-c", "work"]);
    clone.commit("code", &[("README.md", "x\n")]);
    let [main, work] = ["main", "work"].map(|name| clone.git(&["rev-parse", name]));
    let script = clone.common_dir().join("hooks/reference-transaction");
    let log = || clone.read(".git/tix/audit.jsonl").lines().count();
    let line = format!("{main} {work} refs/heads/main\n");
    let asked = [line.clone(), format!("{main} {work} HEAD\n{line}"), "nonsense\n".to_owned()];
    let tix = |args: &[&str], line: &str| {
        let words = [&["hook", "git", "reference-transaction"], args].concat();
        clone.tix_command(&words).stdin(line).run()
    };
    for output in
        [tix(&["prepared"], &line), clone.command(&script, &["prepared"]).stdin(&line).run()]
    {
        assert_refused(&output, "main takes ticket commits only");
    }
    let lines = log();
    for state in [&["preparing"][..], &["committed"], &["aborted"], &["pondering"], &[""], &[]] {
        for asked in &asked {
            let by_script = clone.command(&script, state).stdin(asked).run();
            for output in [tix(state, asked), by_script] {
                let said = (output.success().stdout(), output.stderr());
                assert_eq!(said, ("", ""), "{state:?} {asked:?}");
            }
        }
    }
    assert_eq!(log(), lines, "what was not judged is not written down");
}
