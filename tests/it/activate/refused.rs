//! A remote that says no, or nothing. Each has its own exit and words, and none is "held".

use super::{ID, claim_of, one_ticket, subjects, workspace};
use crate::harness::{Do, On, Output, Place, Sandbox, Shim, Untouched, no_leftovers};

/// Runs in a fresh clone, wants this exit, and that nothing at all has changed.
#[track_caller]
fn refused(sandbox: &Sandbox, exit: i32, prepare: impl FnOnce(&Place)) -> Output {
    let clone = sandbox.clone_named("a");
    prepare(&clone);
    let before = Untouched::of(&clone);
    let output = clone.tix(&["activate", ID]);
    output.exits(exit);
    before.assert_same(&clone);
    no_leftovers(&clone);
    assert!(!workspace(&clone, ID).exists());
    assert!(!output.stderr().contains("held"), "{output}");
    let json = clone.tix(&["activate", ID, "--json"]);
    assert_eq!(json.exits(exit).json()["schema"], "tix/error@1");
    assert_eq!(subjects(sandbox), [""; 0]);
    output
}

#[test]
fn a_hook_that_declines_is_told_in_its_own_words_after_one_push() {
    let sandbox = one_ticket();
    sandbox.remote().hook("pre-receive", "echo 'Closed for the holidays.' >&2; exit 1");
    let output = refused(&sandbox, 6, |_| {});
    insta::assert_snapshot!(output.redacted(), @"
    exit: 6
    ----- stdout -----
    ----- stderr -----
    error: origin refuses the push to main: pre-receive hook declined
      remote says  Closed for the holidays.
    hint: if origin protects this branch, keep the tickets on a branch of their own: tix init --trunk tickets
    ");
    let clone = sandbox.clone_named("b");
    let shim = Shim::new(&sandbox);
    clone.tix_command(&["activate", ID]).through(&shim).run().exits(6);
    assert_eq!(shim.connections(), 1);
}

#[test]
fn a_protected_branch_is_told_with_the_way_out() {
    let sandbox = one_ticket();
    let words = "echo 'error: GH006: Protected branch update failed for refs/heads/main.' >&2\n\
                 [ \"$1\" != refs/heads/main ]";
    sandbox.remote().hook("update", words);
    let output = refused(&sandbox, 6, |_| {});
    assert!(output.stderr().contains("GH006"), "{output}");
    assert!(output.stderr().contains("keep the tickets on a branch of their own"), "{output}");
}

#[test]
fn a_server_that_takes_no_ticket_branches_is_not_said_to_refuse_the_trunk() {
    let sandbox = one_ticket();
    sandbox.remote().hook("update", "case $1 in refs/heads/ticket/*) exit 1 ;; esac");
    let output = refused(&sandbox, 6, |_| {});
    assert!(output.stderr().contains(&format!("ticket/{ID}")), "{output}");
    assert!(!output.stderr().contains("tix init --trunk"), "{output}");
}

#[test]
fn a_branch_that_leaves_no_room_is_named_after_one_push() {
    for name in ["ticket".to_owned(), format!("ticket/{ID}/more")] {
        let sandbox = one_ticket();
        sandbox.seed_on(&name, &[("x", "x")]);
        let output = refused(&sandbox, 5, |_| {});
        let said = format!("origin has a branch {name}, so git cannot create ticket/{ID} there");
        assert!(output.stderr().contains(&said), "{output}");
        assert!(!output.stderr().contains("tix init --trunk"), "{output}");
        let clone = sandbox.clone_named("b");
        let shim = Shim::new(&sandbox);
        clone.tix_command(&["activate", ID]).through(&shim).run().exits(5);
        assert_eq!(shim.calls().iter().filter(|call| call.subcommand == "push").count(), 1);
    }
}

#[test]
fn a_repository_that_is_not_there_is_unreachable_and_nothing_changed() {
    let sandbox = one_ticket();
    let output = refused(&sandbox, 7, |clone| {
        clone.git(&["remote", "set-url", "origin", "/nowhere/at/all.git"]);
    });
    insta::assert_snapshot!(output.redacted(), @"
    exit: 7
    ----- stdout -----
    ----- stderr -----
    error: origin cannot be reached; nothing changed
      git  fatal: '/nowhere/at/all.git' does not appear to be a git repository
           fatal: Could not read from remote repository.
           Please make sure you have the correct access rights
           and the repository exists.
    hint: see whether its address is right: git remote -v
    ");
}

#[test]
fn a_host_that_nobody_knows_is_unreachable_also_by_ssh() {
    let sandbox = one_ticket();
    let output = refused(&sandbox, 7, |clone| {
        clone.write_script(
            "ssh",
            "#!/bin/sh\necho 'ssh: Could not resolve hostname nowhere' >&2\nexit 255\n",
        );
        clone.git(&["config", "core.sshCommand", "./ssh"]);
        clone.git(&["remote", "set-url", "origin", "git@nowhere:x.git"]);
    });
    assert!(output.stderr().contains("Could not resolve hostname"), "{output}");
    assert!(output.stderr().contains("nothing changed"), "{output}");
}

#[test]
fn a_key_that_the_server_does_not_know_is_a_matter_of_permission() {
    let sandbox = one_ticket();
    let output = refused(&sandbox, 6, |clone| {
        clone.write_script(
            "ssh",
            "#!/bin/sh\necho 'git@x: Permission denied (publickey).' >&2\nexit 255\n",
        );
        clone.git(&["config", "core.sshCommand", "./ssh"]);
        clone.git(&["remote", "set-url", "origin", "git@x:x.git"]);
    });
    insta::assert_snapshot!(output.redacted(), @"
    exit: 6
    ----- stdout -----
    ----- stderr -----
    error: origin does not let you in
      git  git@x: Permission denied (publickey).
           fatal: Could not read from remote repository.
           Please make sure you have the correct access rights
           and the repository exists.
    hint: check your login: git ls-remote
    ");
}

#[test]
fn a_remote_that_is_not_configured_is_named() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a");
    let output = clone.tix(&["activate", ID, "--remote", "upstream"]);
    insta::assert_snapshot!(output.exits(5).redacted(), @"
    exit: 5
    ----- stdout -----
    ----- stderr -----
    error: there is no remote named `upstream`
      remotes  origin
    hint: list the remotes: git remote -v
    ");
}

#[test]
fn a_trunk_that_the_remote_does_not_have_is_named_with_those_it_has() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a");
    let output = clone.tix(&["activate", ID, "--trunk", "develop"]);
    insta::assert_snapshot!(output.exits(5).redacted(), @"
    exit: 5
    ----- stdout -----
    ----- stderr -----
    error: origin has no branch develop
      branches  main
    hint: say which branch the tickets are on: git config tix.trunk <branch>
    hint: if the remote renamed its default branch: git fetch --prune && git remote set-head origin --auto
    ");
}

#[test]
fn where_there_is_no_repository_that_is_what_is_said() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a");
    let nowhere = clone.at(sandbox.fresh_directory("nowhere"));
    let output = nowhere.tix(&["activate", ID]);
    assert!(output.exits(5).stderr().contains("is not in a git repository"), "{output}");
}

#[test]
fn a_server_that_is_busy_once_is_asked_again() {
    let sandbox = one_ticket();
    // The first who comes finds the ref locked by a push that is just ending.
    let marker = sandbox.fresh_directory("hook").join("first");
    let script = format!(
        "if mkdir '{0}' 2>/dev/null; then touch refs/heads/main.lock; else rm -f refs/heads/main.lock; fi",
        marker.display()
    );
    sandbox.remote().hook("pre-receive", &script);
    let clone = sandbox.clone_named("a");
    let receipt = clone.tix(&["activate", ID, "--json"]).success().json();
    assert!(receipt["attempts"].as_u64().unwrap() >= 2, "{receipt}");
}

#[test]
fn a_refusal_after_a_lost_answer_does_not_hide_the_claim() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a");
    let (remote, shim) = (sandbox.remote(), Shim::new(&sandbox));
    let branch = format!("refs/heads/ticket/{ID}");
    // The claim is sent and its answer is lost. It lands only after the first look, and from then on the server takes nothing.
    let not_yet = format!(
        "git update-ref refs/late/claim main && git update-ref refs/late/branch {branch} && \
         git update-ref refs/heads/main main^ && git update-ref -d {branch}"
    );
    let late = format!(
        "git update-ref refs/heads/main refs/late/claim && git update-ref {branch} refs/late/branch && \
         printf '#!/bin/sh\\nexit 1\\n' >hooks/pre-receive && chmod +x hooks/pre-receive"
    );
    shim.rule(On::command("push").nth(1), Do::FailAfter { code: 128, stderr: "fatal: cut off\n" });
    shim.rule(On::command("fetch").nth(1), Do::Then(remote.sh(&not_yet)));
    // A call that a rule ends is not seen by the rules after it: this is the second push.
    shim.rule(On::command("push").nth(1), Do::Then(remote.sh(&late)));
    let output = clone.tix_command(&["activate", ID, "--json"]).through(&shim).run();
    assert_eq!(shim.outputs().len(), 2);
    let receipt = output.success().json();
    assert_eq!(receipt["attempts"], 2);
    assert_eq!(receipt["claim"]["id"], claim_of(&sandbox));
    assert_eq!(subjects(&sandbox), [format!("claim: {ID}")]);
    assert!(workspace(&clone, ID).exists());
}

#[test]
fn others_that_are_always_quicker_have_an_exit_of_their_own() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a");
    let remote = sandbox.remote();
    let shim = Shim::new(&sandbox);
    let step = "git update-ref refs/heads/main $(git commit-tree -p main -m quicker main^{tree})";
    shim.rule(On::command("push"), Do::Then(remote.sh(step)));
    let output = clone.tix_command(&["activate", ID, "--timeout", "2s", "--json"]).through(&shim);
    let error = output.run().exits(11).json();
    assert_eq!(error["name"], "contended");
    assert!(error["message"].as_str().unwrap().contains("others pushed first"), "{error}");
    assert!(error["message"].as_str().unwrap().ends_with("nothing changed"), "{error}");
    clone.tix(&["activate", ID]).success();
}
