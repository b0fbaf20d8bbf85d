//! A default branch that nobody here knows, and how it becomes known.

use super::{empty_clone, fetch, guarded, project};
use crate::harness::{Output, Place, Sandbox, Shim};

const KNOWN: &str = ".git/tix/default-branches.json";

/// A project on `develop`, and a clone of it on this branch in which nothing says so.
fn unsure(branch: &str) -> (Sandbox, Place) {
    let sandbox = project("develop");
    let clone = empty_clone(&sandbox, &[]);
    fetch(&clone);
    let upstream = format!("origin/{branch}");
    let args = ["switch", "-q", "-c", branch, "--track", &upstream];
    let args = if branch == "develop" { &args[..] } else { &args[..4] };
    clone.git(&[args, if branch == "develop" { &[] } else { &["origin/develop"] }].concat());
    for hook in ["pre-commit", "pre-push"] {
        let tix = env!("CARGO_BIN_EXE_tix");
        clone.hook(hook, &format!("exec '{tix}' hook git {hook} \"$@\""));
    }
    (sandbox, clone)
}

fn commit_code(clone: &Place) -> Output {
    clone.write("src/main.rs", "fn main() { loop {} }\n");
    clone.try_git(&["commit", "-qam", "code"])
}

#[test]
fn what_is_checked_out_and_what_it_follows_may_be_the_default_branch() {
    let (sandbox, clone) = unsure("develop");
    let asked = ["develop", "main", "master", "mine", "other", "production", "work"];
    let asked = asked.map(str::to_owned).into();
    let names = |more: &[&str]| {
        let usual = ["main", "master", "production"];
        usual.iter().chain(more).map(|name| (*name).to_owned()).collect()
    };
    assert_eq!(guarded(&clone, &sandbox, &asked), names(&["develop"]));
    let output = commit_code(&clone);
    assert!(output.stderr().contains("develop takes ticket commits only"), "{output}");
    assert!(output.stderr().contains("to ask for it: tix list --fetch"), "{output}");
    // A branch of another name that follows it.
    clone.git(&["switch", "-q", "-c", "mine", "--track", "origin/develop"]);
    assert_eq!(guarded(&clone, &sandbox, &asked), names(&["develop", "mine"]));
    // No default branch is called like the branch of a ticket.
    clone.git(&["branch", "main"]);
    clone.git(&["switch", "-q", "-c", "ticket/TICKET-foo-001", "--no-track"]);
    assert_eq!(guarded(&clone, &sandbox, &asked), names(&[]));
}

#[test]
fn what_a_suspected_branch_holds_does_not_count_for_published() {
    let (sandbox, clone) = unsure("topic");
    let main = sandbox.remote().git(&["rev-parse", "develop"]);
    clone.sh("echo x >>src/main.rs; git commit -q --no-verify -am x").run().success();
    clone.git(&["push", "-q", "--no-verify", "origin", "topic"]);
    sandbox.remote().git(&["branch", "production", "develop"]);
    let output = clone.try_git(&["push", "-q", "origin", "HEAD:production"]);
    assert!(output.stderr().contains("production takes ticket commits only"), "{output}");
    assert_eq!(sandbox.remote().git(&["rev-parse", "production"]), main);
}

#[test]
fn the_guard_is_sure_of_what_a_command_has_asked() {
    for (command, asks) in [(&["list"][..], 1), (&["hook", "install", "--files"], 1)] {
        let (sandbox, clone) = unsure("work");
        assert_ne!(commit_code(&clone).code, Some(0));
        let shim = Shim::new(&sandbox);
        clone.tix_command(command).through(&shim).run().success();
        assert_eq!(shim.connections(), asks);
        commit_code(&clone).success();
        // It is asked once, and no command asks again.
        clone.tix_command(&["list"]).through(&shim).run().success();
        assert_eq!(shim.connections(), asks);
        clone.git(&["switch", "-q", "-C", "develop", "origin/develop"]);
        assert_ne!(commit_code(&clone).code, Some(0));
        // The file may be gone at any time: then more is protected.
        std::fs::remove_file(clone.path().join(KNOWN)).unwrap();
        assert_ne!(commit_code(&clone).code, Some(0));
        clone.git(&["switch", "-q", "-C", "work"]);
        assert_ne!(commit_code(&clone).code, Some(0));
    }
}

#[test]
fn a_file_of_what_is_known_that_is_damaged_is_none() {
    for text in ["", "{", "[]", "{\"origin\":{\"asked\":\"../x\"}}", "{\"origin\":{\"seen\":[7]}}"]
    {
        let (_sandbox, clone) = unsure("work");
        clone.write(KNOWN, text);
        assert_ne!(commit_code(&clone).code, Some(0), "{text}");
        clone.tix(&["list"]).success();
        commit_code(&clone).success();
    }
}

#[test]
fn a_remote_of_another_address_is_asked_anew() {
    let (sandbox, clone) = unsure("work");
    clone.tix(&["list"]).success();
    let url = sandbox.url();
    clone.git(&["config", "remote.origin.url", url.to_str().unwrap()]);
    assert_ne!(commit_code(&clone).code, Some(0));
    clone.tix(&["list"]).success();
    commit_code(&clone).success();
}

#[test]
fn a_default_branch_that_is_renamed_is_learnt_anew() {
    let (sandbox, clone) = unsure("work");
    clone.tix(&["list"]).success();
    let remote = sandbox.remote();
    remote.git(&["branch", "-m", "develop", "next"]);
    remote.git(&["symbolic-ref", "HEAD", "refs/heads/next"]);
    // Until the news are fetched, the old name is what there is.
    let output = clone.tix(&["list", "--fetch"]);
    assert!(output.stderr().contains("git remote set-head origin --auto"), "{output}");
    clone.git(&["fetch", "-q", "--prune"]);
    clone.git(&["remote", "set-head", "origin", "--delete"]);
    assert_eq!(clone.tix(&["list", "--json"]).success().json()["trunk"], "origin/next");
    let asked = ["develop", "next", "work"].map(str::to_owned).into();
    assert_eq!(guarded(&clone, &sandbox, &asked), ["next".to_owned()].into());
}

/// What the remote's HEAD says in a clone is its owner's to change, and the guard has seen what it said before.
#[test]
fn another_head_of_the_remote_is_asked_about_by_the_next_installation() {
    let sandbox = project("develop");
    let clone = sandbox.clone_named("clone");
    clone.tix(&["hook", "install", "--files"]).success();
    sandbox.remote().git(&["branch", "-m", "develop", "next"]);
    clone.git(&["fetch", "-q", "--prune"]);
    clone.git(&["remote", "set-head", "origin", "next"]);
    let asked: std::collections::BTreeSet<_> = ["develop", "next"].map(str::to_owned).into();
    assert_eq!(guarded(&clone, &sandbox, &asked), asked);
    clone.tix(&["hook", "install", "--files"]).success();
    assert_eq!(guarded(&clone, &sandbox, &asked), ["next".to_owned()].into());
}

/// Without a remote the default branch is what was checked out when the hooks were installed, whatever else comes.
#[test]
fn without_a_remote_the_branch_of_the_installation_stays_protected() {
    for later in ["git config init.defaultBranch topic", "git branch main"] {
        let sandbox = project("develop");
        let clone = sandbox.clone_named("clone");
        clone.git(&["remote", "remove", "origin"]);
        clone.git(&["branch", "topic"]);
        clone.tix(&["hook", "install", "--files"]).success();
        clone.sh(later).run().success();
        commit_code(&clone).exits(1);
    }
}

/// The only one of the usual names that a clone has fetched need not be the default branch.
#[test]
fn a_remote_that_cannot_be_asked_is_no_reason_to_guess_what_is_not_there() {
    let (sandbox, clone) = unsure("work");
    clone.git(&["config", "remote.origin.url", "/nowhere"]);
    let output = clone.tix(&["list", "--json"]);
    assert_eq!(output.code, Some(7), "{output}");
    sandbox.seed_on("main", &[("README.md", "x\n")]);
    let url = sandbox.url();
    clone.git(&["fetch", "-q", url.to_str().unwrap(), "main:refs/remotes/origin/main"]);
    // Offline the usual name is all there is; with the remote it is the remote's word.
    let offline = clone.tix(&["list", "--json"]);
    assert_eq!(offline.json()["message"], "origin/main has no directory tickets/", "{offline}");
    clone.git(&["config", "remote.origin.url", url.to_str().unwrap()]);
    assert_eq!(clone.tix(&["list", "--json"]).json()["trunk"], "origin/develop");
}
