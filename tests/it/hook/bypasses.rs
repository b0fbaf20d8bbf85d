//! Ways around a guard that looks at too little, each closed; and alarms that a guard which looks too hard would give.

use super::{DEFAULT, QUEUED, STRICT, assert_refused, guarded, main_of, project};
use crate::harness::{Place, Sandbox};

const TICKETS_ONLY: &str = "main takes ticket commits only";

/// Runs a script in a guarded clone: it must fail with these words, and main must stay.
#[track_caller]
fn refused(hooks: &[&str], script: &str, words: &str) {
    let sandbox = project();
    let clone = guarded(&sandbox, "a b", hooks);
    let before = main_of(&clone);
    let output = clone.sh(&format!("set -e; {script}")).run();
    assert_refused(&output, words);
    assert_eq!(main_of(&clone), before, "{output}");
    assert_eq!(sandbox.remote().git(&["rev-parse", "main"]), before, "{output}");
}

#[track_caller]
fn passes(script: &str) -> (Sandbox, Place) {
    let sandbox = project();
    let clone = guarded(&sandbox, "a b", STRICT);
    clone.sh(&format!("set -e; {script}")).run().success();
    (sandbox, clone)
}

#[test]
fn a_rename_out_of_src_into_the_queue() {
    let script = "git mv src/main.rs tickets/queue/TICKET-new-001.md; git commit -qm x";
    refused(DEFAULT, script, "src/main.rs is outside the ticket lanes");
}

#[test]
fn a_symbolic_link() {
    let script =
        "ln -s ../../src/main.rs tickets/queue/TICKET-x-001.md; git add .; git commit -qm x";
    refused(DEFAULT, script, "tickets/queue/TICKET-x-001.md is a symbolic link");
}

#[test]
fn a_submodule() {
    let script = "git init -q tickets/queue/TICKET-x-001.md; cd tickets/queue/TICKET-x-001.md; \
        git commit -q --allow-empty -m x; cd ../../..; git add . 2>/dev/null; git commit -qm x";
    refused(DEFAULT, script, "tickets/queue/TICKET-x-001.md is a submodule");
}

#[test]
fn an_executable_ticket() {
    let script = format!("git update-index --chmod=+x {QUEUED}; git commit -qm x");
    refused(DEFAULT, &script, "TICKET-foo-001.md is executable");
}

#[test]
fn code_in_a_lane() {
    let script = "echo package x >tickets/queue/exploit.go; git add .; git commit -qm x";
    refused(DEFAULT, script, "exploit.go is in a lane but not named like a ticket");
}

#[test]
fn the_deletion_of_all_tickets() {
    let script = "git rm -qr tickets; git commit -qm x";
    refused(DEFAULT, script, "is deleted, and appears in no other lane");
}

#[test]
fn a_jump_that_no_command_makes() {
    let script = "sed -i s/open/approved/ tickets/queue/TICKET-foo-001.md; \
        git mv tickets/queue/TICKET-foo-001.md tickets/completed/; git commit -qam x";
    refused(DEFAULT, script, "moves from queue/ to completed/");
}

#[test]
fn front_matter_that_cannot_be_read() {
    let script = "echo junk >tickets/queue/TICKET-x-001.md; git add .; git commit -qm x";
    refused(DEFAULT, script, "cannot be read as a ticket: line 1");
}

#[test]
fn commit_a_with_only_a_ticket_staged() {
    let script = "sed -i s/open/draft/ tickets/queue/TICKET-foo-001.md; git add tickets; \
        echo x >>README.md; git commit -qam x";
    refused(DEFAULT, script, "README.md is outside the ticket lanes");
}

#[test]
fn a_path_beside_a_staged_ticket() {
    let script = "sed -i s/open/draft/ tickets/queue/TICKET-foo-001.md; git add tickets; \
        echo x >>README.md; git commit -qm x README.md";
    refused(DEFAULT, script, "README.md is outside the ticket lanes");
}

#[test]
fn words_around_the_command() {
    for line in [
        "echo hi && git commit -qam x",
        "git --no-pager commit -qam x",
        "bash -c 'git commit -qam x'",
        "cd / && git -C \"$OLDPWD\" commit -qam x",
        "env FOO=1 git -c core.editor=true commit -qam x",
        "git -c alias.ci='commit -qam x' ci",
        "cd src && git commit -qam x",
    ] {
        refused(DEFAULT, &format!("echo x >>README.md; {line}"), TICKETS_ONLY);
    }
}

#[test]
fn a_push_of_other_work_to_main() {
    let work = "git switch -q -c work; echo x >>README.md; git commit -qam x";
    refused(DEFAULT, &format!("{work}; git push -q origin HEAD:main"), TICKETS_ONLY);
    refused(
        DEFAULT,
        &format!("{work}; git push -q origin work work:refs/heads/main"),
        TICKETS_ONLY,
    );
}

#[test]
fn a_push_from_a_detached_head() {
    let script = "git checkout -q --detach; echo x >>README.md; git commit -qam x; git push -q origin HEAD:main";
    refused(DEFAULT, script, TICKETS_ONLY);
}

#[test]
fn a_cherry_pick_and_a_merge() {
    let work = "git switch -q -c work; echo x >>README.md; git commit -qam x; git switch -q main";
    refused(STRICT, &format!("{work}; git cherry-pick work"), TICKETS_ONLY);
    refused(DEFAULT, &format!("{work}; git merge -q --no-ff -m x work"), TICKETS_ONLY);
    refused(STRICT, &format!("{work}; git merge -q work"), TICKETS_ONLY);
}

/// The staged part is a ticket; the commit that comes of it is not.
#[test]
fn an_amend_of_a_code_commit() {
    let sandbox = project();
    let clone = sandbox.clone_named("a");
    clone.commit("code from before there were hooks", &[("README.md", "x\n")]);
    super::guard(&clone, STRICT);
    let before = main_of(&clone);
    for how in ["--no-edit", "-m y"] {
        let script = format!("set -e; sed -i s/open/draft/ {QUEUED}; git commit -qa --amend {how}");
        assert_refused(&clone.sh(&script).run(), "README.md is outside the ticket lanes");
    }
    assert_eq!(main_of(&clone), before);
    // The default hooks hear of it at the push.
    super::guard(&clone, &["prepare-commit-msg", "reference-transaction"].map(|_| "pre-commit"));
    assert_refused(
        &clone.try_git(&["push", "-q", "origin", "main"]),
        "README.md is outside the ticket lanes",
    );
}

#[test]
fn a_branch_that_stands_for_main() {
    let script = "git symbolic-ref refs/heads/alias refs/heads/main; git switch -q alias; \
        echo x >>README.md; git commit -qam x";
    refused(DEFAULT, script, TICKETS_ONLY);
}

#[test]
fn a_list_of_branches_with_commas_or_blanks() {
    let sandbox = project();
    let clone = guarded(&sandbox, "a", DEFAULT);
    for (list, branch) in
        [("main,live", "live"), ("x, live", "live"), ("x live", "live"), ("live", "main")]
    {
        let script = format!("git switch -q -C {branch}; echo x >>README.md; git commit -qam x");
        let there = clone.env("CLAUDE_PROTECTED_BRANCHES", list);
        assert_refused(&there.sh(&script).run(), &format!("{branch} takes ticket commits only"));
    }
}

#[test]
fn the_settings_that_count_are_those_of_the_remote() {
    let sandbox = project();
    sandbox.seed(&[(".tix.yaml", "protected: [live]\ntickets_dir: tickets\n")]);
    let clone = guarded(&sandbox, "a", DEFAULT);
    clone.git(&["switch", "-q", "-c", "live"]);
    clone.write("README.md", "x\n");
    let loose = "protected: []\ntickets_dir: src\n";
    clone.write(".tix.yaml", loose);
    for (key, value) in [("TIX_PROTECTED", "other"), ("FOO", "")] {
        let output = clone.env(key, value).git_command(&["commit", "-qam", "x"]).run();
        assert_refused(&output, "live takes ticket commits only");
    }
    clone.git(&["config", "tix.protected", "other"]);
    assert_refused(&clone.try_git(&["commit", "-qam", "x"]), "live takes ticket commits only");
}

#[test]
fn no_alarm_for_what_lies_beside_tickets_and_for_names_in_other_letters() {
    passes(
        "mkdir -p tickets/archive tickets/queue/'a b'; touch tickets/archive/.gitkeep; \
         cp tickets/queue/TICKET-foo-001.md 'tickets/queue/a b/TICKET-日本 x.md'; \
         echo note >tickets/queue/HANDOFF-foo-001.md; git add .; git commit -qm x; \
         git mv tickets/queue/HANDOFF-foo-001.md tickets/archive/; git commit -qm y; \
         git rm -q tickets/archive/HANDOFF-foo-001.md; git commit -qm z; git push -q",
    );
}

#[test]
fn no_alarm_for_code_on_branches_with_similar_names() {
    passes(
        "for b in main-x x-main feature/main mainline; do git switch -q -c $b main; echo $b >>README.md; \
         git commit -qam x; git push -q origin $b; done",
    );
}
