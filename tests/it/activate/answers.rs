//! Answers of the remote that are lost, late, wrong, or true of a moment ago.

use super::{
    ACTIVE, BRANCH, ID, QUEUED, claim_told, fact, hints, key, one_ticket, release_by_claim,
    subjects, workspace,
};
use crate::harness::{Do, On, Output, Sandbox, Shim, Untouched, no_leftovers, queue_ticket};

const CUT: &str = "fatal: the remote end hung up unexpectedly\n";

fn activate(sandbox: &Sandbox, rule: impl FnOnce(&Shim)) -> (Output, Shim) {
    let clone = sandbox.clone_named("a").on_machine("m1");
    let shim = Shim::new(sandbox);
    rule(&shim);
    let before = Untouched::besides_ticket(&clone, ID);
    let output = clone.tix_command(&["activate", ID, "--json"]).through(&shim).run();
    before.assert_same(&clone);
    no_leftovers(&clone);
    (output, shim)
}

#[test]
fn a_claim_whose_answer_was_lost_is_found_on_the_trunk() {
    let sandbox = one_ticket();
    let (output, shim) = activate(&sandbox, |shim| {
        shim.rule(On::command("push").nth(1), Do::FailAfter { code: 128, stderr: CUT });
    });
    assert_eq!(output.success().json()["attempts"], 1);
    assert_eq!(subjects(&sandbox), [format!("claim: {ID}")]);
    // A lost answer is looked up, not pushed again.
    assert_eq!(shim.calls().iter().filter(|c| c.subcommand == "push").count(), 1);
}

#[test]
fn a_lost_answer_is_found_below_what_others_pushed_since() {
    let sandbox = one_ticket();
    let other = sandbox.clone_named("b").on_machine("m2");
    let (output, _) = activate(&sandbox, |shim| {
        shim.rule(On::command("push").nth(1), Do::FailAfter { code: 128, stderr: CUT });
        shim.rule(On::command("fetch").nth(1), Do::Then(other.tix_command(&["new", "Another"])));
    });
    output.success();
    assert_eq!(subjects(&sandbox), ["new: TICKET-another-001".to_owned(), format!("claim: {ID}")]);
}

#[test]
fn everything_up_to_date_is_never_a_win() {
    let sandbox = one_ticket();
    let line =
        format!("To x\n=\tX:refs/heads/main\t[up to date]\n=\tX:{BRANCH}\t[up to date]\nDone\n");
    let (output, _) = activate(&sandbox, |shim| {
        shim.rule(On::command("push"), Do::Replace { stdout: line.into_bytes(), code: 0 });
    });
    assert_eq!(output.exits(7).json()["name"], "unreachable");
    assert_eq!(subjects(&sandbox), [""; 0]);
    assert!(!workspace(&sandbox.clone_named("other"), ID).exists());
}

#[test]
fn an_empty_answer_with_exit_zero_is_never_a_win() {
    let sandbox = one_ticket();
    let (output, _) = activate(&sandbox, |shim| {
        shim.rule(On::command("push"), Do::Replace { stdout: Vec::new(), code: 0 });
    });
    output.exits(7);
    assert_eq!(subjects(&sandbox), [""; 0]);
}

#[test]
fn a_twin_with_the_same_clock_and_name_makes_another_commit() {
    let sandbox = one_ticket();
    let frozen = "2026-01-02T03:04:05Z";
    let clone = sandbox.clone_named("a").on_machine("m1").frozen_at(frozen);
    let twin = sandbox.clone_named("b").on_machine("m2").frozen_at(frozen);
    let shim = Shim::new(&sandbox);
    shim.rule(On::command("push").nth(1), Do::Then(twin.tix_command(&["activate", ID])));
    let output = clone.tix_command(&["activate", ID, "--json"]).through(&shim).run();
    assert_eq!(fact(output.exits(3), "held by"), "Ada Example <ada@example.org>");
    shim.outputs()[0].success();
}

#[test]
fn a_connection_that_drops_every_time_is_given_up_after_three_tries_with_nothing_changed() {
    let sandbox = one_ticket();
    let (output, shim) = activate(&sandbox, |shim| {
        shim.rule(On::command("push"), Do::Fail { code: 128, stderr: CUT });
    });
    let message = output.exits(7).json()["message"].as_str().unwrap().to_owned();
    assert_eq!(message, "origin cannot be reached; nothing changed");
    assert_eq!(fact(&output, "git"), CUT.trim());
    assert_eq!(shim.calls().iter().filter(|c| c.subcommand == "push").count(), 3);
    assert_eq!(subjects(&sandbox), [""; 0]);
}

#[test]
fn a_connection_that_drops_once_is_tried_again() {
    let sandbox = one_ticket();
    let (output, _) = activate(&sandbox, |shim| {
        shim.rule(On::command("push").nth(1), Do::Fail { code: 128, stderr: CUT });
    });
    assert_eq!(output.success().json()["attempts"], 2);
    assert_eq!(subjects(&sandbox), [format!("claim: {ID}")]);
}

#[test]
fn when_nobody_can_tell_whether_the_push_landed_that_is_what_is_said_and_the_next_run_finds_out() {
    let sandbox = one_ticket();
    let (output, _) = activate(&sandbox, |shim| {
        shim.rule(On::command("push").nth(1), Do::FailAfter { code: 128, stderr: CUT });
        shim.rule(On::command("fetch"), Do::Fail { code: 128, stderr: CUT });
        shim.rule(On::command("ls-remote"), Do::Fail { code: 128, stderr: CUT });
    });
    let message = output.exits(8).json()["message"].as_str().unwrap().to_owned();
    assert!(message.contains("the last push may have landed"), "{output}");
    assert!(hints(&output).contains("run the same command again"), "{output}");
    let clone = crate::harness::Place::new(sandbox.shared(), sandbox.root().join("a"));
    let again = clone.on_machine("m1").tix(&["activate", ID, "--json"]);
    assert_eq!(again.success().json()["outcome"], "resumed");
    assert_eq!(key(&sandbox.remote(), BRANCH, ACTIVE, "status"), "in_progress");
}

#[test]
fn other_peoples_pushes_between_fetch_and_push_are_retried_and_counted() {
    let sandbox = one_ticket();
    let other = sandbox.clone_named("b").on_machine("m2");
    let (output, _) = activate(&sandbox, |shim| {
        for nth in 1..=4 {
            let title = format!("Other {nth}");
            shim.rule(On::command("push").nth(nth), Do::Then(other.tix_command(&["new", &title])));
        }
    });
    assert_eq!(output.success().json()["attempts"], 5);
    assert_eq!(output.json()["claim"]["attempts"], 5);
    assert_eq!(subjects(&sandbox).len(), 5);
    let remote = sandbox.remote();
    let changed =
        remote.git(&["diff-tree", "-r", "--no-renames", "--name-status", "main^", "main"]);
    assert_eq!(changed, format!("A\t{ACTIVE}\nD\t{QUEUED}"));
}

#[test]
fn an_edit_of_the_ticket_between_fetch_and_push_is_in_the_claim() {
    let sandbox = one_ticket();
    let other = sandbox.clone_named("b");
    other.write(QUEUED, queue_ticket(ID).replace("Make it work", "Make it fast"));
    let (output, _) = activate(&sandbox, |shim| {
        shim.rule(
            On::command("push").nth(1),
            Do::Then(other.sh("git commit -qam edit && git push -q")),
        );
    });
    output.success();
    assert_eq!(key(&sandbox.remote(), "main", ACTIVE, "title"), "Make it fast");
}

#[test]
fn a_trunk_that_was_deleted_meanwhile_is_not_made_again() {
    let sandbox = one_ticket();
    sandbox.seed_on("other", &[("x", "x")]);
    let remote = sandbox.remote();
    let (output, _) = activate(&sandbox, |shim| {
        let delete = remote.git_command(&["update-ref", "-d", "refs/heads/main"]);
        shim.rule(On::command("push").nth(1), Do::Then(delete));
    });
    assert!(!remote.has_ref("refs/heads/main"), "{output}");
    assert!(!remote.has_ref(BRANCH));
    let message = output.exits(5).json()["message"].as_str().unwrap().to_owned();
    assert_eq!(message, "origin has no branch main");
}

#[test]
fn a_trunk_that_was_set_back_meanwhile_is_not_moved_forward_again() {
    let sandbox = one_ticket();
    sandbox.seed(&[("secret.txt", "oops\n")]);
    let remote = sandbox.remote();
    let (output, _) = activate(&sandbox, |shim| {
        let back = remote.git_command(&["update-ref", "refs/heads/main", "main^"]);
        shim.rule(On::command("push").nth(1), Do::Then(back));
    });
    output.success();
    assert!(!remote.files("main").contains(&"secret.txt".to_owned()));
    assert_eq!(subjects(&sandbox), [format!("claim: {ID}")]);
}

#[test]
fn a_ticket_branch_that_exists_on_the_remote_stops_the_claim_and_is_left_alone() {
    let sandbox = one_ticket();
    sandbox.seed_on(&format!("ticket/{ID}"), &[("work.txt", "somebody's work\n")]);
    let (output, _) = activate(&sandbox, |_| {});
    let human = sandbox.clone_named("b").tix(&["activate", ID]);
    insta::assert_snapshot!(human.exits(5).redacted(), @"
    exit: 5
    ----- stdout -----
    ----- stderr -----
    error: origin already has a branch ticket/TICKET-foo-001, which no claim created; nothing changed
      branch  ticket/TICKET-foo-001
    hint: see what it holds: git fetch origin refs/heads/ticket/TICKET-foo-001 && git log FETCH_HEAD
    hint: if you may rename it: git fetch origin refs/heads/ticket/TICKET-foo-001 && git push --atomic origin FETCH_HEAD:refs/heads/kept-ticket-TICKET-foo-001 :refs/heads/ticket/TICKET-foo-001
    ");
    output.exits(5);
    assert_eq!(subjects(&sandbox), [""; 0]);
    assert_eq!(sandbox.remote().files(BRANCH), ["work.txt"]);
}

#[test]
fn a_claim_that_landed_was_given_back_and_taken_by_another_before_its_answer_is_not_a_win() {
    let sandbox = one_ticket();
    // The same person, so that the release is theirs to make.
    let other = sandbox.clone_named("b").on_machine("m2");
    let tix = env!("CARGO_BIN_EXE_tix");
    let script = format!("{} && '{tix}' activate {ID}", release_by_claim(&sandbox));
    let (output, shim) = activate(&sandbox, |shim| {
        shim.rule(On::command("push").nth(1), Do::FailAfter { code: 128, stderr: CUT });
        shim.rule(On::command("fetch").nth(1), Do::Then(other.sh(&script)));
    });
    shim.outputs()[0].success();
    let holder = key(&sandbox.remote(), "main", ACTIVE, "claim_id");
    assert_eq!(claim_told(&sandbox, output.exits(3)), holder);
    assert_eq!(key(&sandbox.remote(), BRANCH, ACTIVE, "claim_id"), holder);
}

#[test]
fn a_remote_that_cannot_move_refs_together_is_claimed_from_all_the_same() {
    let sandbox = one_ticket();
    sandbox.remote().git(&["config", "receive.advertiseAtomic", "false"]);
    let clone = sandbox.clone_named("a");
    clone.tix(&["activate", ID]).success();
    sandbox.clone_named("b").tix(&["activate", ID]).exits(3);
    assert_eq!(key(&sandbox.remote(), BRANCH, ACTIVE, "status"), "in_progress");
    clone.tix(&["release", ID]).success();
    assert!(!sandbox.remote().has_ref(BRANCH));
    no_leftovers(&clone);
}

#[test]
fn a_push_of_the_branch_alone_may_lose_its_answer_too() {
    let sandbox = one_ticket();
    sandbox.remote().git(&["config", "receive.advertiseAtomic", "false"]);
    let (output, shim) = activate(&sandbox, |shim| {
        // After the one that was to move both.
        let branch = On::command("push").with(":refs/heads/ticket/").nth(2);
        shim.rule(branch, Do::FailAfter { code: 128, stderr: CUT });
    });
    output.success();
    assert_eq!(key(&sandbox.remote(), BRANCH, ACTIVE, "status"), "in_progress");
    // Both, the trunk, the branch, and the branch once more, which finds it where it is to be.
    assert_eq!(shim.calls().iter().filter(|c| c.subcommand == "push").count(), 4);
}
