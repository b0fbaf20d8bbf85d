//! Movements of protected branches for which git runs no hook: the next hook finds them.

use super::{DEFAULT, QUEUED, STRICT, assert_refused, guarded, main_of, project, ticket};
use crate::harness::{Output, Place, Sandbox};

const TOLD: &str = "main takes ticket commits only, but it has moved to";

/// A clone with strict hooks on a branch `work`, which has code.
fn scene() -> (Sandbox, Place) {
    let sandbox = project();
    let clone = guarded(&sandbox, "a", STRICT);
    clone.git(&["switch", "-q", "-c", "work"]);
    clone.commit("code", &[("src/x.rs", "x\n")]);
    (sandbox, clone)
}

fn tells(output: &Output) -> bool {
    output.success().stderr().contains(TOLD)
}

fn commit(clone: &Place) -> Output {
    clone.try_git(&["commit", "-q", "--allow-empty", "-m", "x"])
}

/// The command in a hint, as somebody would paste it.
fn hint<'o>(output: &'o Output, before: &str) -> &'o str {
    let line = output.stderr().lines().find(|line| line.contains(before));
    line.unwrap_or_else(|| panic!("no {before:?} in {output}")).split_once(before).unwrap().1
}

#[test]
fn the_next_hook_finds_it_and_tells_the_way_back() {
    let (_sandbox, clone) = scene();
    clone.git(&["switch", "-q", "main"]);
    clone.commit("a ticket", &[(QUEUED, &ticket("draft"))]);
    let good = main_of(&clone);
    clone.git(&["switch", "-q", "work"]);
    clone.git(&["branch", "-q", "-C", "work", "main"]);
    let output = commit(&clone);
    assert!(tells(&output), "{output}");
    let words = output.stderr();
    assert_eq!(words.matches(TOLD).count(), 1, "one command tells it once: {words}");
    assert!(words.contains("src/x.rs is outside the ticket lanes"), "{words}");
    assert!(!words.contains("a ticket"), "{words}");
    // It does not hold up work elsewhere, and is not published.
    assert!(!tells(&commit(&clone)));
    let push = clone.try_git(&["push", "-q", "origin", "main"]);
    assert_refused(&push, "src/x.rs is outside the ticket lanes");
    // The way back holds on to ticket commits that are not published yet.
    clone.sh(hint(&output, "then put main back: ")).run().success();
    assert_eq!(main_of(&clone), good);
    assert!(!tells(&commit(&clone)));
    // The same again is news again.
    clone.git(&["branch", "-q", "-C", "work", "main"]);
    assert!(tells(&commit(&clone)));
}

#[test]
fn on_the_branch_itself_every_commit_tells_it_until_it_is_put_back() {
    let (_sandbox, clone) = scene();
    let good = main_of(&clone);
    clone.git(&["branch", "-q", "-C", "work", "main"]);
    clone.git(&["switch", "-q", "main"]);
    for status in ["draft", "queued"] {
        clone.write(QUEUED, ticket(status));
        let output = clone.try_git(&["commit", "-qam", "a ticket"]);
        assert!(tells(&output), "{output}");
        assert_eq!(output.stderr().matches(TOLD).count(), 1, "{output}");
    }
    let output = clone.try_git(&["commit", "-q", "--dry-run"]);
    assert!(!output.stderr().contains(TOLD), "git runs no hook: {output}");
    clone.write(QUEUED, ticket("draft"));
    let output = clone.try_git(&["commit", "-qam", "a ticket"]);
    clone.sh(hint(&output, "then put main back: ")).run().success();
    assert_eq!(main_of(&clone), good);
    assert_eq!(clone.git(&["status", "--porcelain"]), "");
    clone.write(QUEUED, ticket("draft"));
    assert!(!tells(&clone.try_git(&["commit", "-qam", "a ticket"])));
}

/// Whatever moves a branch past the hooks.
#[test]
fn every_way_past_the_hooks_is_found() {
    for way in [
        "git branch -C work main",
        "git branch --copy --force work main",
        "git rev-parse work >.git/refs/heads/main",
        "git pack-refs --all; rm -f .git/refs/heads/main; \
         sed -i \"s,.* refs/heads/main$,$(git rev-parse work) refs/heads/main,\" .git/packed-refs",
        "rm .git/refs/heads/main; echo 'ref: refs/heads/work' >.git/refs/heads/main",
        "git -c core.hooksPath=/nowhere branch -f main work",
    ] {
        let (_sandbox, clone) = scene();
        let good = main_of(&clone);
        // As it is when nothing has happened for some time.
        commit(&clone).success();
        clone.sh(way).run().success();
        assert_ne!(main_of(&clone), good, "{way}");
        let output = commit(&clone);
        assert!(tells(&output), "{way}: {output}");
        clone.sh(hint(&output, "then put main back: ")).run().success();
        assert_eq!(main_of(&clone), good, "{way}");
        assert!(!tells(&commit(&clone)), "{way}");
    }
}

/// git below 2.46 runs no hook for it.
#[test]
fn a_protected_branch_stands_for_itself() {
    let (_sandbox, clone) = scene();
    let good = main_of(&clone);
    let made = clone.try_git(&["symbolic-ref", "refs/heads/main", "refs/heads/work"]);
    if made.code == Some(0) {
        let output = commit(&clone);
        assert!(tells(&output), "{output}");
        clone.sh(hint(&output, "then put main back: ")).run().success();
        assert!(!tells(&commit(&clone)));
    } else {
        assert_refused(&made, "main is protected and cannot stand for another branch: work");
    }
    assert_eq!(main_of(&clone), good);
    assert_ne!(clone.git(&["rev-parse", "work"]), good);
    // As newer gits tell it.
    let words = ["hook", "git", "reference-transaction", "prepared"];
    let told = |line: String| clone.tix_command(&words).stdin(&line).run();
    assert_refused(
        &told(format!("{good} ref:refs/heads/work refs/heads/main\n")),
        "main is protected and cannot stand for another branch: work",
    );
    let zeros = "0".repeat(40);
    let deletion = told(format!("ref:refs/heads/work {zeros} refs/heads/main\n"));
    assert_refused(&deletion, "main is protected and cannot be deleted");
    told(format!("ref:refs/heads/work {good} refs/heads/main\n")).success();
    // An older name of a branch, and HEAD, are what they are for.
    clone.git(&["symbolic-ref", "refs/heads/master", "refs/heads/main"]);
    clone.git(&["symbolic-ref", "HEAD", "refs/heads/main"]);
    clone.git(&["symbolic-ref", "refs/heads/mine", "refs/heads/main"]);
}

#[test]
fn nothing_is_told_of_movements_that_are_in_order() {
    let (sandbox, clone) = scene();
    sandbox.seed(&[("src/merged.rs", "a pull request\n")]);
    clone.git(&["fetch", "-q"]);
    for way in [
        "git branch -q theirs origin/main; git branch -q -C theirs main",
        "git pack-refs --all",
        "git gc -q",
        "git switch -q main; git pull -q; git switch -q work",
        "git -c core.hooksPath=/nowhere branch -q -f main origin/main~1",
        "git branch -C main production",
        "TIX_GUARD=off git branch -f main work",
        "rm -r .git/tix",
        "git fetch -q . origin/main:refs/heads/master",
    ] {
        if way == "rm -r .git/tix" {
            clone.git(&["branch", "-f", "main", "origin/main"]);
        }
        clone.sh(way).run().success();
        let output = commit(&clone);
        assert_eq!(output.success().stderr(), "", "{way}");
    }
}

/// To judge every movement that no hook is there for would make the next hook slow.
#[test]
fn where_no_hook_hears_of_movements_the_push_tells() {
    let sandbox = project();
    let clone = guarded(&sandbox, "a", DEFAULT);
    clone.git(&["switch", "-q", "-c", "work"]);
    clone.commit("code", &[("src/x.rs", "x\n")]);
    clone.git(&["branch", "-q", "-C", "work", "main"]);
    assert_eq!(commit(&clone).success().stderr(), "");
    assert!(!clone.exists(".git/tix/branches.json"));
    assert_refused(
        &clone.try_git(&["push", "-q", "origin", "main"]),
        "src/x.rs is outside the ticket lanes",
    );
    // It is found as soon as one is there.
    super::guard(&clone, STRICT);
    assert!(tells(&commit(&clone)));
    // And forgotten with them.
    clone.tix(&["hook", "uninstall"]).success();
    assert!(!clone.exists(".git/tix/branches.json"));
}

#[test]
fn what_is_written_down_may_be_lost_or_be_anything() {
    for damage in [
        "rm FILE",
        "rm FILE; mkfifo FILE",
        "rm FILE; ln -s /dev/zero FILE",
        "echo '{' >FILE",
        "echo '{\"main\":{\"passed\":[\"x\"]}}' >FILE",
    ] {
        let (_sandbox, clone) = scene();
        let damage = damage.replace("FILE", ".git/tix/branches.json");
        clone.sh(&damage).run().success();
        assert_eq!(commit(&clone).success().stderr(), "", "{damage}");
        clone.git(&["branch", "-q", "-C", "work", "main"]);
        assert!(tells(&commit(&clone)), "{damage}");
    }
}

/// Where nothing is published, where a branch was is all that there is to hold it against.
#[test]
fn without_a_remote_it_is_found_too() {
    let sandbox = project();
    let clone = sandbox.local_repository("a");
    super::guard(&clone, STRICT);
    clone.git(&["switch", "-q", "-c", "work"]);
    clone.commit("code", &[("src/x.rs", "x\n")]);
    let good = main_of(&clone);
    clone.git(&["branch", "-q", "-C", "work", "main"]);
    let output = commit(&clone);
    assert!(tells(&output), "{output}");
    clone.sh(hint(&output, "then put main back: ")).run().success();
    assert_eq!(main_of(&clone), good);
}

#[test]
fn the_doctor_tells_it_as_long_as_it_lasts() {
    let (_sandbox, clone) = scene();
    clone.git(&["branch", "-q", "-C", "work", "main"]);
    assert!(tells(&commit(&clone)));
    let doctor = clone.tix(&["doctor"]);
    assert!(
        doctor.stdout().contains("1 commit on your local main changes more than tickets"),
        "{doctor}"
    );
}

/// With reftable git runs no hook when a branch is renamed, either; git 2.45 brought it, and older ones refuse the option.
#[test]
fn every_way_past_the_hooks_is_found_where_refs_are_in_tables() {
    for way in [
        "git branch -M work main",
        "git branch -C work main",
        "git branch -m main mine; git branch -c work main",
    ] {
        let sandbox = project();
        let clone = sandbox.clone_named("a").at("../tables");
        let url = sandbox.url();
        let args = ["clone", "-q", "--ref-format=reftable", url.to_str().unwrap(), "."];
        if clone.try_git(&args).code != Some(0) {
            return;
        }
        super::guard(&clone, STRICT);
        clone.git(&["switch", "-q", "-c", "work"]);
        clone.commit("code", &[("src/x.rs", "x\n")]);
        clone.git(&["switch", "-q", "-c", "other"]);
        let good = main_of(&clone);
        clone.sh(way).run().success();
        let output = commit(&clone);
        assert!(tells(&output), "{way}: {output}");
        clone.sh(hint(&output, "then put main back: ")).run().success();
        assert_eq!(main_of(&clone), good, "{way}");
        assert!(!tells(&commit(&clone)), "{way}");
    }
}
