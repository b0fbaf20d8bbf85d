//! Pushes: every line is judged, and every commit that would be new there.

use super::{DEFAULT, QUEUED, STRICT, assert_refused, guard, guarded, main_of, project, ticket};
use crate::harness::{Place, Sandbox};

const ONLY: &[&str] = &["pre-push"];

fn seen(sandbox: &Sandbox) -> String {
    sandbox.remote().git(&["for-each-ref", "--format=%(refname) %(objectname)"])
}

/// Pushes: refused with these words, and nothing arrived.
#[track_caller]
fn refused(sandbox: &Sandbox, clone: &Place, args: &[&str], words: &str) {
    let before = seen(sandbox);
    let output = clone.try_git(&[&["push", "-q"], args].concat());
    assert_refused(&output, words);
    assert_eq!(seen(sandbox), before);
}

#[test]
fn every_line_and_every_commit_is_judged() {
    let sandbox = project();
    let clone = guarded(&sandbox, "a", ONLY);
    clone.git(&["switch", "-q", "-c", "work"]);
    clone.commit("code", &[("README.md", "x\n")]);
    clone.git(&["push", "-q", "origin", "work"]);
    clone.git(&["switch", "-q", "main"]);
    clone.commit("a ticket", &[(QUEUED, &ticket("draft"))]);
    clone.commit("code", &[("src/x.rs", "x\n")]);
    clone.commit("a ticket again", &[(QUEUED, &ticket("queued"))]);
    let words = "src/x.rs is outside the ticket lanes";
    refused(&sandbox, &clone, &["origin", "main"], words);
    refused(&sandbox, &clone, &["origin", "work:other", "main", "work:another"], words);
    refused(&sandbox, &clone, &["origin", "--all"], words);
    refused(&sandbox, &clone, &["origin", "HEAD~1:main"], words);
    refused(&sandbox, &clone, &["origin", "main:production"], words);
    refused(&sandbox, &clone, &["origin", "HEAD:refs/heads/master"], words);
    // The first of them alone is fine, and so is a branch that nobody protects.
    clone.git(&["push", "-q", "origin", "HEAD~2:main", "main:refs/heads/elsewhere"]);
    clone.git(&["push", "-q", "origin", "origin/main:refs/heads/production"]);
    assert_eq!(
        sandbox.remote().git(&["rev-parse", "production"]),
        clone.git(&["rev-parse", "HEAD~2"])
    );
}

/// git gives a hook the bytes of the name.
#[test]
fn a_local_branch_may_have_any_name_and_goes_to_main_by_the_rule() {
    let sandbox = project();
    let clone = guarded(&sandbox, "a", ONLY);
    clone.git(&["switch", "-q", "-c", "work"]);
    clone.commit("code", &[("README.md", "x\n")]);
    let before = seen(&sandbox);
    let push =
        clone.sh("b=$(printf 'odd\\377'); git branch \"$b\"; git push -q origin \"$b:main\"");
    assert_refused(&push.run(), "README.md is outside the ticket lanes");
    assert_eq!(seen(&sandbox), before);
}

#[test]
fn a_protected_branch_is_neither_deleted_nor_rewritten() {
    let sandbox = project();
    let clone = guarded(&sandbox, "a", ONLY);
    let other = sandbox.clone_named("b");
    let deletion = "main is protected and cannot be deleted";
    refused(&sandbox, &clone, &["origin", ":main"], deletion);
    refused(&sandbox, &clone, &["origin", "--delete", "main"], deletion);
    clone.commit("a ticket", &[(QUEUED, &ticket("draft"))]);
    clone.git(&["push", "-q"]);
    let rewritten = "main is published, and its history cannot be rewritten";
    clone.git(&["commit", "-q", "--amend", "-m", "other words"]);
    refused(&sandbox, &clone, &["--force", "origin", "main"], rewritten);
    refused(&sandbox, &clone, &["--force-with-lease", "origin", "main"], rewritten);
    refused(&sandbox, &clone, &["origin", "+HEAD~1:main"], rewritten);
    // What was never fetched cannot be part of ours.
    guard(&other, ONLY);
    other.commit("a ticket", &[("tickets/queue/TICKET-new-001.md", &ticket("open"))]);
    refused(&sandbox, &other, &["--force", "origin", "main"], rewritten);
}

#[test]
fn merges_count_for_what_they_bring_and_what_they_do() {
    let sandbox = project();
    let clone = guarded(&sandbox, "a", ONLY);
    // What others published is not held against whoever merges it, in either direction.
    clone.commit("a ticket", &[(QUEUED, &ticket("draft"))]);
    sandbox.seed(&[("src/theirs.rs", "x\n")]);
    clone.git(&["pull", "-q", "--no-rebase", "--no-edit"]);
    clone.git(&["push", "-q"]);
    sandbox.seed(&[("src/theirs.rs", "y\n")]);
    clone.git(&["fetch", "-q"]);
    clone.git(&["switch", "-q", "-c", "sync", "origin/main"]);
    clone.git(&["merge", "-q", "--no-ff", "-m", "x", "main"]);
    clone.git(&["push", "-q", "origin", "sync:main"]);
    // A merge that slips something in.
    clone.git(&["switch", "-q", "-C", "evil", "origin/main"]);
    clone.git(&["switch", "-q", "-c", "side", "origin/main"]);
    clone.commit("a ticket", &[(QUEUED, &ticket("open"))]);
    clone.git(&["switch", "-q", "evil"]);
    clone.git(&["merge", "-q", "--no-ff", "--no-commit", "side"]);
    clone.write("src/main.rs", "evil\n");
    clone.git(&["commit", "-qam", "merge"]);
    refused(&sandbox, &clone, &["origin", "evil:main"], "src/main.rs is outside the ticket lanes");
}

#[test]
fn pushes_to_other_remotes_are_judged_by_the_same_rule() {
    let sandbox = project();
    let clone = guarded(&sandbox, "a", DEFAULT);
    sandbox.bare_clone("fork.git");
    clone.git(&["remote", "add", "fork", "../fork.git"]);
    clone.git(&["push", "-q", "fork", "main", "main:production"]);
    clone.git(&["switch", "-q", "-c", "work"]);
    clone.commit("code", &[("README.md", "x\n")]);
    for target in ["fork", "../fork.git"] {
        let output = clone.try_git(&["push", "-q", target, "work:main"]);
        assert_refused(&output, "README.md is outside the ticket lanes");
    }
    // Not even what a fork's own main holds may go to the project's.
    clone.git(&["push", "-q", "--no-verify", "fork", "work:main"]);
    refused(&sandbox, &clone, &["origin", "work:main"], "README.md is outside the ticket lanes");
    clone.git(&["push", "-q", "fork", "main:refs/heads/x"]);
}

/// What runs on another server reaches no branch of ours. On the same one it may be a fork.
#[test]
fn a_deployment_takes_what_it_is_given() {
    let sandbox = project();
    let clone = guarded(&sandbox, "a", ONLY);
    clone.git(&["remote", "set-url", "origin", "git@git.example.org:team/shop.git"]);
    clone.git(&["switch", "-q", "-c", "work"]);
    clone.commit("code", &[("README.md", "x\n")]);
    let [new, old] = ["HEAD", "HEAD~1"].map(|name| clone.git(&["rev-parse", name]));
    clone.git(&["remote", "add", "live", "https://git.heroku.com/shop.git"]);
    let push_to = |remote: &str, url: &str, new: &str| {
        let line = format!("refs/heads/work {new} refs/heads/main {old}\n");
        clone.tix_command(&["hook", "git", "pre-push", remote, url]).stdin(line).run()
    };
    let push = |url: &str, new: &str| push_to("live", url, new);
    for url in ["https://git.heroku.com/shop.git", "dokku@apps.example.org:shop"] {
        push(url, &new).success();
        push(url, &"0".repeat(40)).success();
    }
    for url in [
        "https://git.example.org/me/shop.git",
        "ssh://git@ssh.git.example.org:443/me/shop.git",
        "git@work:team/shop.git",
        "https://10.0.0.7/team/shop.git",
        "../elsewhere.git",
    ] {
        assert_refused(&push(url, &new), "README.md is outside the ticket lanes");
    }
    // An address without a name may be anything.
    let url = "https://git.heroku.com/shop.git";
    assert_refused(&push_to(url, url, &new), "README.md is outside the ticket lanes");
}

#[test]
fn the_first_push_to_an_empty_remote_may_hold_anything() {
    let sandbox = project();
    let clone = sandbox.local_repository("a");
    guard(&clone, ONLY);
    let empty = clone.at("../empty.git");
    empty.git(&["init", "-q", "--bare"]);
    clone.git(&["remote", "add", "origin", "../empty.git"]);
    clone.git(&["push", "-q", "-u", "origin", "main"]);
    clone.commit("code", &[("README.md", "x\n")]);
    assert_refused(&clone.try_git(&["push", "-q"]), "README.md is outside the ticket lanes");
    assert_ne!(main_of(&clone), main_of(&empty));
}

#[test]
fn nothing_to_push_and_input_that_is_no_input() {
    let sandbox = project();
    let clone = guarded(&sandbox, "a", ONLY);
    clone.git(&["push", "-q"]);
    let run = |input: &str| {
        let line = ["hook", "git", "pre-push", "origin", "x"];
        clone.tix_command(&line).stdin(input).run()
    };
    run("").success();
    let (oid, zero) = (main_of(&clone), "0".repeat(40));
    run(&format!("refs/heads/x {oid} refs/heads/x {zero}\n")).success();
    run(&format!(
        "HEAD~1 with blanks {oid} refs/heads/x {zero}\nrefs/tags/v1 {oid} refs/tags/v1 {zero}\n"
    ))
    .success();
    for broken in ["x\n", "a b refs/heads/main c\n", "\u{0}\n"] {
        assert_refused(&run(broken), "tix cannot read what git told the pre-push hook");
    }
    let missing = "1".repeat(40);
    let output = run(&format!("refs/heads/main {missing} refs/heads/main {oid}\n"));
    assert_refused(
        &output,
        "main is protected, and the guard cannot tell whether this may go onto it",
    );
}

/// What is published on one remote is published there.
#[test]
fn a_push_is_held_against_the_remote_that_it_goes_to() {
    let sandbox = project();
    let clone = guarded(&sandbox, "a", ONLY);
    let fork = sandbox.bare_clone("fork.git");
    let other = clone.at("../other");
    other.git(&["clone", "-q", fork.path().to_str().unwrap(), "."]);
    other.commit("code in the fork", &[("src/fork.rs", "x\n")]);
    other.git(&["push", "-q", "origin", "main"]);
    clone.git(&["remote", "add", "fork", fork.path().to_str().unwrap()]);
    clone.git(&["fetch", "-q", "fork"]);
    clone.git(&["branch", "-q", "-u", "fork/main", "main"]);
    clone.git(&["pull", "-q", "--ff-only"]);
    let words = "src/fork.rs is outside the ticket lanes";
    refused(&sandbox, &clone, &["origin", "main"], words);
    // By its address, with a password that is no part of the place.
    let url = sandbox.url();
    clone.git(&["config", "remote.origin.pushurl", url.to_str().unwrap()]);
    refused(&sandbox, &clone, &[url.to_str().unwrap(), "main"], words);
    // The other way round the fork is brought up to date: it gets what the team has published.
    sandbox.seed(&[("src/merged.rs", "a pull request\n")]);
    clone.git(&["fetch", "-q", "origin"]);
    fork.git(&["update-ref", "refs/heads/main", &fork.git(&["rev-parse", "main^"])]);
    clone.git(&["push", "-q", "fork", "origin/main:main"]);
}

/// Where a push goes is its address: neither the name of a remote nor what that is fetched from.
#[test]
fn a_push_is_held_against_the_place_that_it_goes_to_whatever_it_is_called() {
    let sandbox = project();
    let clone = guarded(&sandbox, "a", ONLY);
    let fork = sandbox.bare_clone("fork.git");
    let [shared, fork] =
        [&sandbox.remote(), &fork].map(|place| place.path().to_str().unwrap().to_owned());
    clone.git(&["remote", "add", "fork", &fork]);
    clone.git(&["switch", "-q", "-c", "work"]);
    clone.commit("code in the fork", &[("src/fork.rs", "x\n")]);
    clone.git(&["push", "-q", "--no-verify", "fork", "work:main", "work:production"]);
    clone.git(&["fetch", "-q", "fork"]);
    clone.git(&["switch", "-q", "main"]);
    clone.git(&["merge", "-q", "--ff-only", "fork/main"]);
    let words = "src/fork.rs is outside the ticket lanes";
    // Fetched from the fork, and pushed to the team's.
    clone.git(&["config", "remote.fork.pushurl", &shared]);
    refused(&sandbox, &clone, &["fork", "main"], words);
    clone.git(&["config", "--unset", "remote.fork.pushurl"]);
    clone.git(&["config", &format!("url.{shared}.pushInsteadOf"), &fork]);
    refused(&sandbox, &clone, &["fork", "main"], words);
    clone.git(&["config", "--remove-section", &format!("url.{shared}")]);
    // A second name for the team's, and names that only git can resolve.
    clone.git(&["remote", "add", "again", &format!("file://{shared}")]);
    clone.git(&["config", &format!("url.{shared}.insteadOf"), "team:it"]);
    let without_suffix = shared.trim_end_matches(".git").to_owned();
    for target in ["again", "team:it", &format!("{shared}/"), &without_suffix] {
        refused(&sandbox, &clone, &[target, "main"], words);
    }
    // The fork has it, by any of its names.
    let on_top = clone.git(&["commit-tree", "-p", "main", "-m", "x", "main^{tree}"]);
    clone.git(&["push", "-q", "fork", "main:main"]);
    assert_refused(
        &clone.try_git(&["push", "-q", &format!("file://{fork}"), &format!("{on_top}:main")]),
        "the commit is empty",
    );
}

/// A branch that follows another remote is brought up to date from there, and no other branch is.
#[test]
fn what_one_branch_follows_is_published_for_that_branch() {
    let sandbox = project();
    let clone = guarded(&sandbox, "a", STRICT);
    let fork = sandbox.bare_clone("fork.git");
    clone.git(&["remote", "add", "fork", fork.path().to_str().unwrap()]);
    clone.git(&["switch", "-q", "-c", "work"]);
    clone.commit("code in the fork", &[("src/fork.rs", "x\n")]);
    clone.git(&["push", "-q", "--no-verify", "fork", "work:main", "work:production"]);
    clone.git(&["fetch", "-q", "fork"]);
    clone.git(&["switch", "-q", "main"]);
    let words = "src/fork.rs is outside the ticket lanes";
    clone.git(&["config", "branch.production.remote", "fork"]);
    assert_refused(&clone.try_git(&["merge", "-q", "--ff-only", "fork/main"]), words);
    clone.git(&["read-tree", "-m", "-u", "fork/main", "HEAD"]);
    clone.git(&["branch", "-q", "-u", "fork/main", "main"]);
    clone.git(&["pull", "-q", "--ff-only"]);
    // What the team would get is told all the same.
    let check = clone.tix(&["check"]);
    assert!(check.exits(1).stdout().contains("src/fork.rs"), "{check}");
    refused(&sandbox, &clone, &["origin", "main"], words);
}

#[test]
fn what_was_taken_back_does_not_come_back_from_a_stale_clone() {
    let sandbox = project();
    let clone = guarded(&sandbox, "a", ONLY);
    let good = main_of(&clone);
    sandbox.seed(&[("src/bad.rs", "x\n")]);
    clone.git(&["pull", "-q"]);
    sandbox.remote().git(&["update-ref", "refs/heads/main", &good]);
    clone.commit("a ticket", &[(QUEUED, &ticket("draft"))]);
    refused(&sandbox, &clone, &["origin", "main"], "src/bad.rs is outside the ticket lanes");
    clone.git(&["fetch", "-q"]);
    clone.git(&["rebase", "-q", "--onto", "origin/main", "HEAD~1"]);
    clone.git(&["push", "-q"]);
}

/// What else was fetched may hold it too, and the address may be spelt in another way.
#[test]
fn what_was_taken_back_does_not_come_back_by_another_branch_or_address() {
    let sandbox = project();
    let remote = sandbox.remote();
    let clone = guarded(&sandbox, "a", ONLY);
    let good = main_of(&clone);
    sandbox.seed(&[("src/bad.rs", "x\n")]);
    remote.git(&["branch", "production", "main"]);
    clone.git(&["pull", "-q"]);
    clone.git(&["branch", "-q", "production"]);
    remote.git(&["update-ref", "refs/heads/main", &good]);
    clone.commit("a ticket", &[(QUEUED, &ticket("draft"))]);
    clone.git(&["config", "push.followTags", "false"]);
    let words = "src/bad.rs is outside the ticket lanes";
    let other = format!("file://{}", remote.path().to_str().unwrap());
    for target in ["origin", &other] {
        refused(&sandbox, &clone, &[target, "main"], words);
        refused(&sandbox, &clone, &[target, "main", "main:production"], words);
        // It is one push: what the remote says of one branch holds for the others.
        refused(&sandbox, &clone, &[target, "main:master", "main"], words);
    }
    // The branch that holds it still goes on, and what is published there may come to a branch that never had it.
    clone.git(&["push", "-q", "origin", "main:production", "origin/production:refs/heads/master"]);
}

/// A branch that has gone on holds what was fetched of it.
#[test]
fn what_others_have_published_since_is_no_reason_to_refuse() {
    let sandbox = project();
    let remote = sandbox.remote();
    remote.git(&["branch", "production", "main"]);
    let clone = guarded(&sandbox, "a", ONLY);
    sandbox.seed(&[("src/hotfix.rs", "x\n")]);
    let theirs = remote.git(&["rev-parse", "main"]);
    clone.git(&["fetch", "-q", remote.path().to_str().unwrap(), "main"]);
    clone.git(&["reset", "-q", "--hard", &theirs]);
    clone.commit("a ticket", &[(QUEUED, &ticket("draft"))]);
    clone.git(&["push", "-q", "origin", "main", "main:production"]);
}
