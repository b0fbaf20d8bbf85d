//! The end of the work.

use super::{
    ACTIVE, BRANCH, COMPLETED, ID, bob, entries, held_with, queued_with, ready, story, text, value,
    work,
};
use crate::activate::{QUEUED, claim_of, fact, hints, workspace};
use crate::harness::{Do, On, Shim, Ticket, Untouched, no_leftovers};

#[test]
fn the_ticket_moves_to_completed_on_its_branch() {
    let (sandbox, ada, there) = held_with("");
    work(&there, "work.txt");
    let trunk = sandbox.remote().git(&["rev-parse", "main"]);
    let done = there.git(&["rev-parse", "HEAD"]);
    let before = Untouched::besides_ticket(&ada, ID);
    let output = there.at("src").tix(&["complete"]);
    insta::assert_snapshot!(output.success().redacted(), @"
    exit: 0
    ----- stdout -----
    TICKET-foo-001 is complete
    next:
      cd '[ROOT]/a' && git switch main && git pull && git merge origin/ticket/TICKET-foo-001 && git push
    ----- stderr -----
    ");
    before.assert_same(&ada);
    no_leftovers(&ada);
    assert_eq!(sandbox.remote().git(&["rev-parse", "main"]), trunk);
    let commit = sandbox.remote().git(&["rev-parse", BRANCH]);
    assert_eq!(there.git(&["rev-parse", "HEAD"]), commit);
    assert_eq!(there.git(&["status", "--porcelain"]), "");
    let changed = sandbox.remote().git(&["diff", "--name-only", "--no-renames", &done, &commit]);
    assert_eq!(changed, format!("{ACTIVE}\n{COMPLETED}"));
    let now = text(&sandbox, BRANCH, COMPLETED);
    assert_eq!(value(&now, "status").unwrap(), "approved");
    assert!(value(&now, "completed_at").is_some());
    assert_eq!(entries(&now).last().unwrap(), "Creator: completed");
    // From anywhere, as often as one likes.
    let again = ada.tix(&["complete", ID, "--json"]).success().json();
    assert_eq!(
        (again["outcome"].as_str(), again["pushed"].as_array().unwrap().len()),
        (Some("already"), 0)
    );
    assert_eq!(
        there.at("src").tix(&["complete"]).success().stdout().lines().next().unwrap(),
        "TICKET-foo-001 is complete already"
    );
    assert_eq!(sandbox.remote().git(&["rev-parse", BRANCH]), commit);
    // And when it has been merged, and the branch is gone.
    ada.git(&["fetch", "-q"]);
    ada.git(&["merge", "-q", "--ff-only", "origin/main"]);
    ada.git(&["merge", "-q", "--squash", &format!("origin/ticket/{ID}")]);
    ada.git(&["commit", "-q", "-m", "the work"]);
    ada.git(&["push", "-q"]);
    ada.git(&["push", "-q", "origin", "--delete", &format!("ticket/{ID}")]);
    let merged = bob(&sandbox).tix(&["complete", ID, "--json"]).success().json();
    assert_eq!((merged["outcome"].as_str(), merged["next"].as_str()), (Some("already"), None));
}

#[test]
fn the_gate_lists_all_that_is_missing_and_nothing_else() {
    let body = "# Requirements\n\n{describe the goal}\n\n- [ ] It works\n- [x] It is tested\n  - [ ] on a mac\n- [ ]\n\n\
                ```\n- [ ] code\n```\n\n# Changelog\n\n- [ ] not a criterion\n";
    let sandbox = queued_with("review: [critic_review]\n", &Ticket::new(ID).body(body).text());
    let ada = sandbox.clone_named("a");
    ada.tix(&["activate", ID]).success();
    let there = ada.at(workspace(&ada, ID));
    let output = there.tix(&["complete"]);
    insta::assert_snapshot!(output.exits(5).redacted(), @"
    exit: 5
    ----- stdout -----
    ----- stderr -----
    error: TICKET-foo-001 is not complete: 6 things are still missing
      commits      the branch holds nothing but tix's own commits
      not ticked   line 20: [ ] It works
                   line 22: [ ] on a mac
                   line 23: [ ] (empty)
      placeholder  line 18: {describe the goal}
      review       critic_review: no approval
    hint: look at the ticket: tix show TICKET-foo-001
    hint: tick what is done: tix tick TICKET-foo-001 'It works'
    hint: commit the work in its workspace, or say why there is none: tix complete TICKET-foo-001 --no-work <why>
    ");
    let details = there.tix(&["complete", "--json"]).exits(5).json()["details"].clone();
    assert_eq!(details["not ticked"].as_str().unwrap().lines().count(), 3);
    assert!(story(&sandbox, BRANCH).ends_with("activate: TICKET-foo-001"));
}

/// Text behind it makes a fence no closing one, so the code goes on to the end of the list item and no further.
#[test]
fn the_gate_sees_what_stands_behind_a_fence_that_only_its_list_item_closes() {
    let body = "# How\n\n- run it:\n  ```sh\n  - [ ] code\n  ``` (see the notes)\n\n# Criteria\n\n- [ ] the tests pass\n";
    let sandbox = queued_with("", &Ticket::new(ID).body(body).text());
    let ada = sandbox.clone_named("a");
    ada.tix(&["activate", ID]).success();
    let there = ada.at(workspace(&ada, ID));
    work(&there, "work.txt");
    insta::assert_snapshot!(there.tix(&["complete"]).exits(5).redacted(), @"
    exit: 5
    ----- stdout -----
    ----- stderr -----
    error: TICKET-foo-001 is not complete: 1 thing is still missing
      not ticked  line 25: [ ] the tests pass
    hint: look at the ticket: tix show TICKET-foo-001
    hint: tick what is done: tix tick TICKET-foo-001 'the tests pass'
    ");
}

#[test]
fn a_text_that_is_too_long_to_be_read_is_not_complete_and_takes_no_note() {
    let log = "2026-11-20 08:02:11 a line of a log that somebody has pasted into the ticket\n"
        .repeat(60_000);
    let body = format!("# Criteria\n\n- [ ] it works\n\n{log}\n# Changelog\n");
    let sandbox = queued_with("", &Ticket::new(ID).body(&body).text());
    let ada = sandbox.clone_named("a");
    ada.tix(&["activate", ID]).success();
    let there = ada.at(workspace(&ada, ID));
    work(&there, "work.txt");
    insta::assert_snapshot!(there.tix(&["complete"]).exits(5).redacted(), @"
    exit: 5
    ----- stdout -----
    ----- stderr -----
    error: TICKET-foo-001 is not complete: 1 thing is still missing
      too long  the text is longer than 4 MiB, so tix does not read it
    hint: move logs and data from the ticket into files of their own: tix edit TICKET-foo-001
    ");
    insta::assert_snapshot!(there.tix(&["note", ID, "half of it"]).exits(5).redacted(), @"
    exit: 5
    ----- stdout -----
    ----- stderr -----
    error: TICKET-foo-001: the text is longer than 4 MiB, so tix does not read it
    hint: move logs and data from the ticket into files of their own: tix edit TICKET-foo-001
    ");
}

#[test]
fn work_that_is_not_committed_or_not_with_that_of_others_is_not_complete() {
    let (sandbox, ada, there) = held_with("");
    let tip = sandbox.remote().git(&["rev-parse", BRANCH]);
    there.write("foreign.txt", "1\n");
    there.git(&["add", "foreign.txt"]);
    let output = ada.tix(&["complete", ID, "--json"]);
    assert_eq!(fact(output.exits(5), "staged"), "foreign.txt");
    there.git(&["commit", "-q", "-m", "mine after all"]);
    there.git(&["checkout", "-q", "--detach"]);
    assert!(there.tix(&["complete"]).exits(5).stderr().contains("checked out"));
    there.git(&["checkout", "-q", &format!("ticket/{ID}")]);
    assert_eq!(sandbox.remote().git(&["rev-parse", BRANCH]), tip);
    // Both have changed the same file: the commands that are printed lead to a conflict that a person settles.
    let other = sandbox.clone_named("b");
    other.git(&["checkout", "-q", &format!("ticket/{ID}")]);
    other.commit("foreign", &[("foreign.txt", "2\n")]);
    other.git(&["push", "-q"]);
    let tip = sandbox.remote().git(&["rev-parse", BRANCH]);
    let output = there.tix(&["complete", "--json"]);
    assert!(hints(&output).lines().next().unwrap().ends_with(" pull --rebase"), "{output}");
    output.exits(5);
    assert_eq!(sandbox.remote().git(&["rev-parse", BRANCH]), tip);
}

/// A ticket as `tix new` makes it from the built-in template, and nothing done to it.
#[test]
fn what_nothing_was_done_for_is_not_complete() {
    let sandbox = queued_with("", "");
    let ada = sandbox.clone_named("a");
    ada.tix(&["new", "Nothing done"]).success();
    let id = "TICKET-nothing-done-001";
    ada.tix(&["activate", id]).success();
    let there = ada.at(workspace(&ada, id));
    there.tix(&["note", id, "I thought about it"]).success();
    there.tix(&["block", id, "--reason", "x"]).success();
    there.tix(&["unblock", id]).success();
    insta::assert_snapshot!(there.tix(&["complete"]).exits(5).redacted(), @"
    exit: 5
    ----- stdout -----
    ----- stderr -----
    error: TICKET-nothing-done-001 is not complete: 3 things are still missing
      commits        the branch holds nothing but tix's own commits
      not ticked     line 29: [ ] (empty)
      empty section  line 21: What Needs to Be Done
    hint: look at the ticket: tix show TICKET-nothing-done-001
    hint: fill in or remove the empty box: tix edit TICKET-nothing-done-001
    hint: commit the work in its workspace, or say why there is none: tix complete TICKET-nothing-done-001 --no-work <why>
    ");
    // A reason stands for the commits, and for nothing else.
    there.tix(&["complete", "--no-work", "answered"]).exits(5);
}

#[test]
fn a_ticket_that_needs_no_work_says_why() {
    for settings in ["", "record: trunk\n"] {
        let (sandbox, ada, there) = held_with(settings);
        there.tix(&["complete"]).exits(5);
        assert!(there.tix(&["complete", "--no-work", " "]).exits(2).stderr().contains("--no-work"));
        there.tix(&["complete", "--no-work", "answered in the chat"]).success();
        let at = if settings.is_empty() { BRANCH } else { "main" };
        let now = text(&sandbox, at, COMPLETED);
        assert!(now.contains("\n- No work: answered in the chat\n"), "{now}");
        let message = sandbox.remote().git(&["log", "-1", "--format=%b", at]);
        assert!(message.contains("answered in the chat\n"), "{message}");
        drop(ada);
    }
    // Said of a ticket with work it is not true, and is not written.
    let (sandbox, _, there) = held_with("");
    work(&there, "work.txt");
    there.tix(&["complete", "--no-work", "none"]).success();
    assert!(!text(&sandbox, BRANCH, COMPLETED).contains("No work"));
}

#[test]
fn work_counts_whoever_made_it_and_wherever_it_is_by_now() {
    // The holder only takes the trunk in: that is work of others, on another thing.
    let (sandbox, ada, there) = held_with("");
    sandbox.seed(&[("other.txt", "of others\n")]);
    there.git(&["pull", "-q", "--no-rebase", "--no-edit", "origin", "main"]);
    there.git(&["push", "-q"]);
    there.tix(&["complete"]).exits(5);
    drop(ada);
    // It was merged before it was completed, and its branch is nothing but a part of the trunk now.
    let sandbox = crate::harness::Sandbox::new();
    sandbox.seed(&[("src/main.rs", "fn main() {}\n"), (".tix.yaml", "trunk: tickets\n")]);
    sandbox.seed_on("tickets", &[(QUEUED, ready(ID))]);
    let ada = sandbox.clone_named("a");
    ada.tix(&["activate", ID]).success();
    let there = ada.at(workspace(&ada, ID));
    there.tix(&["complete"]).exits(5);
    work(&there, "work.txt");
    there.git(&["push", "-q", "origin", "HEAD:main"]);
    there.tix(&["complete"]).success();
}

#[test]
fn complete_pushes_what_is_committed_and_says_how_much() {
    for settings in ["", "record: trunk\n"] {
        let (sandbox, _, there) = held_with(settings);
        there.git(&["pull", "-q", "--rebase"]);
        there.commit("some work", &[("work.txt", "1\n")]);
        there.commit("more work", &[("work.txt", "2\n")]);
        let output = there.tix(&["complete"]);
        insta::allow_duplicates!(insta::assert_snapshot!(output.success().redacted(), @"
        exit: 0
        ----- stdout -----
        TICKET-foo-001 is complete
          2 commits were pushed to origin
        next:
          cd '[ROOT]/a' && git switch main && git pull && git merge origin/ticket/TICKET-foo-001 && git push
        ----- stderr -----
        "));
        let there_now = sandbox.remote().git(&["rev-parse", BRANCH]);
        assert_eq!(there.git(&["rev-parse", "HEAD"]), there_now);
        assert_eq!(sandbox.remote().show(BRANCH, "work.txt"), b"2\n");
        // A later commit goes the same way, and is no reason for a warning.
        there.commit("late fix", &[("late.txt", "1\n")]);
        let again = there.tix(&["complete", "--json"]).success().json();
        assert_eq!((&again["outcome"], &again["work_pushed"]), (&"already".into(), &1.into()));
        assert_eq!(again["warnings"], serde_json::json!([]));
        assert_eq!(sandbox.remote().show(BRANCH, "late.txt"), b"1\n");
        let nothing = there.tix(&["complete", "--json"]).success().json();
        assert_eq!(nothing.get("work_pushed"), None);
    }
}

#[test]
fn nothing_is_pushed_for_a_ticket_that_is_not_complete() {
    let sandbox = queued_with("", &Ticket::new(ID).text());
    let ada = sandbox.clone_named("a");
    ada.tix(&["activate", ID]).success();
    let there = ada.at(workspace(&ada, ID));
    there.commit("work", &[("work.txt", "1\n")]);
    let refs = sandbox.remote().git(&["for-each-ref"]);
    assert!(there.tix(&["complete"]).exits(5).stderr().contains("not ticked"));
    // Neither by somebody who had the ticket until it was taken over.
    bob(&sandbox).tix(&["reclaim", ID, "--reason", "x", "--force"]).success();
    let after = sandbox.remote().git(&["for-each-ref"]);
    assert_ne!(after, refs);
    there.tix(&["complete"]).exits(3);
    assert_eq!(sandbox.remote().git(&["for-each-ref"]), after);
}

#[test]
fn the_users_own_hook_judges_the_work_that_complete_pushes() {
    let (sandbox, ada, there) = held_with("");
    there.commit("work", &[("work.txt", "1\n")]);
    ada.hook("pre-push", "echo not today >&2; exit 1");
    let refs = sandbox.remote().git(&["for-each-ref"]);
    let output = there.tix(&["complete"]);
    assert!(output.exits(5).stderr().contains("not today"), "{output}");
    assert_eq!(sandbox.remote().git(&["for-each-ref"]), refs);
    ada.hook("pre-push", "exit 0");
    there.tix(&["complete"]).success();
}

#[test]
fn what_was_not_reviewed_is_not_pushed_behind_a_completion() {
    let (sandbox, _, there) = held_with("review: [critic_review]\n");
    work(&there, "work.txt");
    there.tix(&["submit"]).success();
    bob(&sandbox).tix(&["review", ID, "--approve"]).success();
    there.tix(&["complete"]).success();
    let tip = sandbox.remote().git(&["rev-parse", BRANCH]);
    there.commit("late fix", &[("late.txt", "1\n")]);
    let output = there.tix(&["complete", "--json"]);
    assert!(fact(output.exits(5), "review").contains("has moved since"), "{output}");
    assert!(hints(&output).contains("tix reopen"), "{output}");
    assert_eq!(sandbox.remote().git(&["rev-parse", BRANCH]), tip);
}

#[test]
fn no_push_leaves_the_commit_to_its_holder() {
    let (sandbox, ada, there) = held_with("");
    work(&there, "work.txt");
    there.commit("not pushed", &[("more.txt", "1\n")]);
    let tip = sandbox.remote().git(&["rev-parse", BRANCH]);
    let receipt = there.tix(&["complete", "--no-push", "--json"]).success().json();
    assert_eq!(receipt["pushed"], serde_json::json!([]));
    assert_eq!(receipt["workspace"]["commit"], there.git(&["rev-parse", "HEAD"]));
    assert_eq!(sandbox.remote().git(&["rev-parse", BRANCH]), tip);
    assert!(there.exists(COMPLETED) && there.git(&["status", "--porcelain"]).is_empty());
    let status = there.tix(&["status"]).success().stdout().to_owned();
    assert!(status.contains("completed, not pushed yet\n"), "{status}");
    assert!(status.contains(&format!("next: git push origin ticket/{ID}\n")), "{status}");
    assert!(!status.contains("to do") && !status.contains("complete,"), "{status}");
    assert_eq!(
        there.tix(&["complete", "--no-push", "--json"]).success().json()["outcome"],
        "already"
    );
    // Nobody is told of it as if it were published.
    let told = || {
        let log = there.tix(&["log", ID, "--json"]).success().json();
        let events = log["events"].as_array().unwrap().clone();
        let done = |event: &&serde_json::Value| event["outcome"] == "completed";
        let done = events.iter().find(done).unwrap().clone();
        (done["commit"].clone(), done["message"].clone())
    };
    assert_eq!(told(), (serde_json::Value::Null, "not pushed".into()));
    let log = there.tix(&["log", ID]);
    assert!(log.success().stdout().contains("not pushed"), "{log}");
    there.sh(receipt["next"].as_str().unwrap()).run().success();
    assert_eq!(told(), (receipt["workspace"]["commit"].clone(), serde_json::Value::Null));
    assert_eq!(ada.tix(&["complete", ID, "--json"]).success().json()["outcome"], "already");
}

#[test]
fn complete_is_for_the_holder_of_a_ticket_that_is_named() {
    let (sandbox, ada, _) = held_with("");
    let output = ada.tix(&["complete"]);
    insta::assert_snapshot!(output.exits(2).redacted(), @"
    exit: 2
    ----- stdout -----
    ----- stderr -----
    error: this is not the workspace of a ticket, so name the ticket
      directory  [ROOT]/a
    hint: see what is yours: tix list --mine
    ");
    let output = bob(&sandbox).tix(&["complete", ID]);
    assert!(output.exits(5).stderr().contains("is held by Ada"), "{output}");
    // From another clone of the holder, who says which claim is theirs, it is a matter of what is on the remote.
    let claim = claim_of(&sandbox);
    sandbox.work_on(ID);
    sandbox.clone_named("c").tix(&["complete", ID, "--claim", &claim]).success();
}

#[test]
fn a_blocked_ticket_cannot_be_completed() {
    let (_sandbox, ada, there) = held_with("");
    ada.tix(&["block", ID, "--reason", "no key"]).success();
    let output = there.tix(&["complete", "--json"]);
    assert!(hints(output.exits(5)).contains("tix unblock"), "{output}");
}

#[test]
fn a_lost_answer_is_a_completion_all_the_same() {
    let (sandbox, _, there) = held_with("");
    work(&there, "work.txt");
    let shim = Shim::new(&sandbox);
    let cut = Do::FailAfter { code: 128, stderr: "fatal: the remote end hung up\n" };
    shim.rule(On::command("push").nth(1), cut);
    there.tix_command(&["complete"]).through(&shim).run().success();
    assert!(there.exists(COMPLETED));
}

#[test]
fn without_a_remote_the_next_step_is_a_merge() {
    let sandbox = queued_with("", &ready(ID));
    let place = sandbox.local_repository("a");
    place.tix(&["activate", ID]).success();
    let there = place.at(workspace(&place, ID));
    there.commit("work", &[("work.txt", "1\n")]);
    let receipt = there.tix(&["complete", "--json"]).success().json();
    assert!(there.exists(COMPLETED) && there.git(&["status", "--porcelain"]).is_empty());
    there.sh(receipt["next"].as_str().unwrap()).run().success();
    assert!(place.exists(COMPLETED) && !place.exists(ACTIVE));
}

#[test]
fn on_a_trunk_of_its_own_it_moves_there_at_once() {
    let sandbox = crate::harness::Sandbox::new();
    sandbox.seed(&[("src/main.rs", "fn main() {}\n"), (".tix.yaml", "trunk: tickets\n")]);
    sandbox.seed_on("tickets", &[(super::QUEUED, ready(ID))]);
    let ada = sandbox.clone_named("a");
    ada.tix(&["activate", ID]).success();
    let there = ada.at(workspace(&ada, ID));
    work(&there, "work.txt");
    there.tix(&["complete", "--no-push"]).exits(2);
    there.tix(&["complete"]).success();
    assert_eq!(value(&text(&sandbox, "tickets", COMPLETED), "status").unwrap(), "approved");
    assert_eq!(story(&sandbox, BRANCH), "add work.txt");
    assert_eq!(there.tix(&["complete", "--json"]).success().json()["outcome"], "already");
}

#[test]
fn a_complete_ticket_is_given_back_only_by_somebody_who_says_why() {
    let (sandbox, ada, there) = held_with("");
    work(&there, "work.txt");
    ada.tix(&["complete", ID]).success();
    let before = sandbox.remote().git(&["for-each-ref"]);
    insta::assert_snapshot!(ada.tix(&["release", ID]).exits(5).redacted(), @"
    exit: 5
    ----- stdout -----
    ----- stderr -----
    error: TICKET-foo-001 is complete; a release takes that back
      besides  most servers close a pull request when its branch is deleted
    hint: see how it gets to the trunk: tix status TICKET-foo-001
    hint: continue it, and keep its branch and its pull request: tix reopen TICKET-foo-001 --reason <why>
    hint: give it up anyway, and say why: tix release TICKET-foo-001 --reason <why>
    ");
    assert_eq!(sandbox.remote().git(&["for-each-ref"]), before);
    let told = ada.tix(&["release", ID, "--reason", "the wrong door"]);
    insta::assert_snapshot!(told.success().stderr(), @"warning: TICKET-foo-001 was complete, and no longer is; most servers close a pull request when its branch is deleted");
    assert_eq!(value(&text(&sandbox, "main", QUEUED), "status").unwrap(), "open");
}

#[test]
fn a_release_says_that_it_takes_a_ticket_out_of_its_review() {
    for record in ["branch", "trunk"] {
        let settings = format!("review: [critic_review]\nrecord: {record}\n");
        let (_sandbox, ada, there) = held_with(&settings);
        work(&there, "work.txt");
        ada.tix(&["submit", ID]).success();
        let told = ada.tix(&["release", ID]);
        insta::allow_duplicates!(
            insta::assert_snapshot!(told.success().stderr(), @"warning: TICKET-foo-001 was submitted for review, and no longer is; most servers close a pull request when its branch is deleted")
        );
    }
}

#[test]
fn what_brings_a_branch_to_the_base_goes_by_the_host_of_the_remote() {
    let (_sandbox, ada, there) = held_with("");
    work(&there, "work.txt");
    there.tix(&["complete"]).success();
    for (url, next) in [
        ("git@github.com:a/b.git", format!("gh pr create --base main --head ticket/{ID} --fill")),
        (
            "https://gitlab.example.org/a/b",
            format!("glab mr create --target-branch main --source-branch ticket/{ID} --fill"),
        ),
        (
            "ssh://git@codeberg.org/a/b.git",
            format!(
                "open a pull request from ticket/{ID} to main: https://codeberg.org/a/b/compare/main...ticket/{ID}"
            ),
        ),
        (
            "git@bitbucket.org:a/b.git",
            format!(
                "open a pull request from ticket/{ID} to main: https://bitbucket.org/a/b/branch/ticket/{ID}"
            ),
        ),
        (
            "https://git.example.org/a/b",
            format!("open a pull request from ticket/{ID} to main: https://git.example.org/a/b"),
        ),
    ] {
        ada.git(&["config", "remote.origin.url", url]);
        let output = ada.tix(&["status", ID, "--json"]);
        assert_eq!(output.success().json()["next"], next.as_str(), "{url}");
    }
}
