//! `tix undo`: what it takes back, what it names, and what it leaves alone.

use crate::examples::world;
use crate::harness::{Place, Sandbox};

#[test]
fn undo_takes_back_what_this_clone_did_last_and_says_so_first() {
    let (sandbox, clone, there) = world("");
    let undo = || clone.tix(&["undo"]);
    let active = "tickets/active/TICKET-welsh-001/TICKET-welsh-001.md".to_owned();
    let on_trunk = |path: &String| sandbox.remote().files("main").contains(path);
    clone.tix(&["activate", "welsh"]).success();
    let plan = clone.tix(&["undo", "--dry-run", "--json"]).success().json();
    assert_eq!(
        (&plan["operation"], &plan["ticket"]),
        (&"activate".into(), &"TICKET-welsh-001".into())
    );
    assert!(on_trunk(&active));
    let output = undo();
    assert!(
        output.success().stderr().contains("ago) with: tix release TICKET-welsh-001"),
        "{output}"
    );
    assert!(!on_trunk(&active));
    // What takes back is taken back too.
    undo().success();
    assert!(on_trunk(&active));
    clone.tix(&["block", "csv", "--reason", "x"]).success();
    undo().success();
    assert!(!clone.tix(&["list"]).stdout().contains("blocked"));
    there.tix(&["complete"]).success();
    undo().success();
    assert!(clone.tix(&["status", "upload"]).success().stdout().contains("in_progress"));
    // Where the way is not known, the verb is named, and nothing happens.
    // What was no draft before is made none.
    clone.tix(&["queue", "csv"]).success();
    let refused = undo();
    assert!(refused.exits(5).stderr().contains("tix draft TICKET-csv-001 --reason"), "{refused}");
    clone.tix(&["dep", "add", "csv", "welsh"]).success();
    let refused = undo();
    assert!(
        refused.exits(5).stderr().contains("tix dep rm TICKET-csv-001 TICKET-welsh-001"),
        "{refused}"
    );
    // Somebody else has gone on.
    clone.tix(&["release", "welsh"]).success();
    let bob = sandbox.clone_named("bob").as_person("Bob", "bob@example.org");
    bob.tix(&["activate", "welsh"]).success();
    assert!(undo().exits(5).stderr().contains("Bob has gone on with TICKET-welsh-001"));
    assert!(sandbox.clone_named("new").tix(&["undo"]).exits(4).stderr().contains("nothing yet"));
}

/// Nor does a session take back what a person did by hand; a person may take back what a session did.
#[test]
fn undo_passes_over_what_another_session_of_the_clone_did() {
    let (sandbox, clone, _there) = world("");
    let one = clone.env("CLAUDE_CODE_SESSION_ID", "one");
    let two = clone.env("CODEX_THREAD_ID", "two");
    let planned = |place: &Place| {
        let plan = place.tix(&["undo", "--dry-run", "--json"]).success().json();
        format!("{} {}", plan["operation"].as_str().unwrap(), plan["ticket"].as_str().unwrap())
    };
    assert_eq!(planned(&clone), "activate TICKET-upload-001");
    two.tix(&["undo"]).exits(4);
    one.tix(&["activate", "welsh"]).success();
    two.tix(&["block", "csv", "--reason", "x"]).success();
    assert_eq!(planned(&one), "activate TICKET-welsh-001");
    assert_eq!(planned(&two), "block TICKET-csv-001");
    assert_eq!(planned(&clone), "block TICKET-csv-001");
    one.tix(&["undo"]).success();
    // What takes back is the session's own too.
    assert_eq!(planned(&one), "release TICKET-welsh-001");
    assert_eq!(planned(&two), "block TICKET-csv-001");
    // What another session has gone on with is not taken back.
    one.tix(&["set", "csv", "priority=P1"]).success();
    let refused = two.tix(&["undo"]);
    let told = "somebody else in this clone has gone on with TICKET-csv-001 since your `tix block`";
    assert!(refused.exits(5).stderr().contains(told), "{refused}");
    let fresh = sandbox.clone_named("b");
    fresh.env("TIX_SESSION", "one").tix(&["note", "csv", "seen"]).success();
    let nothing = fresh.env("TIX_SESSION", "two").tix(&["undo"]);
    assert!(
        nothing.exits(4).stderr().contains("this session has written nothing yet"),
        "{nothing}"
    );
    fresh.tix(&["undo", "--dry-run"]).exits(5);
}

/// To go on in another session leaves no commit.
#[test]
fn undo_says_who_holds_now_what_this_session_has_claimed() {
    let (sandbox, clone, _there) = world("");
    let one = clone.env("CLAUDE_CODE_SESSION_ID", "one");
    let two = clone.env("CODEX_THREAD_ID", "two");
    one.tix(&["activate", "welsh"]).success();
    two.tix(&["activate", "welsh", "--resume"]).success();
    for words in [&["undo", "--dry-run"][..], &["undo"]] {
        let refused = one.tix(words);
        let told = "another session of this clone has gone on with TICKET-welsh-001 since your `tix activate`";
        assert!(refused.exits(5).stderr().contains(told), "{refused}");
    }
    // What a person does by hand later is not in the way of what the session did.
    one.tix(&["new", "An idea of one"]).success();
    clone.tix(&["activate", "csv"]).success();
    one.tix(&["undo"]).success();
    assert!(!clone.tix(&["list"]).success().stdout().contains("An idea of one"));
    clone.tix(&["block", "csv", "--reason", "x"]).success();
    sandbox.clone_named("b").tix(&["set", "csv", "priority=P1"]).success();
    let refused = clone.tix(&["undo"]);
    let told = "another clone of yours has gone on with TICKET-csv-001";
    assert!(refused.exits(5).stderr().contains(told), "{refused}");
}

/// The last line of a refused undo is a command that writes what was there before.
#[test]
fn undo_of_a_value_or_a_text_is_the_command_that_writes_the_old_one() {
    let (sandbox, clone, there) = world("");
    let bob = sandbox.clone_named("bob").as_person("Bob", "bob@example.org");
    let refused = |place: &Place| place.tix(&["undo"]).exits(5).stderr().to_owned();
    let undo = || refused(&clone);
    let back = |place: &Place, line: &str| {
        let told = refused(place);
        let command = told.trim_end().rsplit("what was there: ").next().unwrap();
        assert!(command.contains(line), "{told}");
        let tix = format!(
            "PATH=\"{}:$PATH\"",
            std::path::Path::new(env!("CARGO_BIN_EXE_tix")).parent().unwrap().display()
        );
        place.sh(&format!("{tix}; {command}")).run().success();
    };
    let text = |id: &str| clone.tix(&["show", id, "--fetch"]).success().stdout().to_owned();
    let before = text("csv");
    clone.tix(&["set", "csv", "priority=P1", "labels=a,b", "title=It's another"]).success();
    clone.tix(&["set", "csv", "priority=P3", "labels=c d"]).success();
    back(&clone, "tix set TICKET-csv-001 ");
    let now = text("csv");
    assert!(now.contains("\npriority: P1\n") && now.contains("\nlabels: [a, b]\n"), "{now}");
    assert_ne!(now, before);
    // A value that was none is none again.
    clone.tix(&["set", "csv", "owner=Eve"]).success();
    back(&clone, "| tix edit TICKET-csv-001 --from -");
    assert_eq!(text("csv"), now);
    for args in [&["note", "csv", "a word"][..], &["edit", "csv", "--append", "- [ ] more"]] {
        clone.tix(args).success();
        back(&clone, "| tix edit TICKET-csv-001 --from -");
        assert_eq!(text("csv"), now);
    }
    let held = text("upload");
    there.tix(&["note", "half way"]).success();
    back(&there, "| tix edit TICKET-upload-001 --from -");
    assert_eq!(text("upload"), held);
    clone.tix(&["dep", "add", "csv", "welsh", "--relation", "related"]).success();
    back(&clone, "tix dep rm TICKET-csv-001 TICKET-welsh-001 --relation related");
    // Nobody is told to write over what somebody else has written since.
    for (own, theirs) in [
        (&["set", "csv", "priority=P2"][..], &["set", "csv", "priority=P0"][..]),
        (&["note", "csv", "a word"], &["note", "csv", "another"]),
    ] {
        clone.tix(own).success();
        bob.tix(theirs).success();
        let told = undo();
        assert!(told.contains("Bob has gone on with TICKET-csv-001"), "{told}");
        assert!(!told.contains("puts back") && !told.contains("nearest"), "{told}");
    }
}

/// Each pair is what this clone did and what somebody else did then.
#[test]
fn undo_takes_back_nothing_that_somebody_has_gone_on_with() {
    for (own, theirs) in [
        (
            &[&["new", "Fresh"][..]][..],
            &[&["note", "fresh", "mine now"][..], &["set", "fresh", "priority=P0"]][..],
        ),
        (
            &[&["block", "csv", "--reason", "x"]],
            &[&["unblock", "csv"], &["block", "csv", "--reason", "their own"]],
        ),
        (
            &[&["draft", "csv", "--reason", "x"]],
            &[&["queue", "csv"], &["draft", "csv", "--reason", "their own"]],
        ),
        (
            &[&["close", "csv", "--as", "wont_do", "--reason", "x"]],
            &[
                &["reopen", "csv", "--reason", "y"],
                &["close", "csv", "--as", "duplicate:welsh", "--reason", "their own"],
            ],
        ),
        (
            &[
                &["activate", "csv", "--no-worktree"],
                &["handoff", "csv", "--to", "bob@example.org"],
            ],
            &[&["activate", "csv", "--no-worktree"]],
        ),
    ] {
        let (sandbox, clone, _there) = world("");
        let bob = sandbox.clone_named("bob").as_person("Bob", "bob@example.org");
        for args in own {
            clone.tix(args).success();
        }
        for args in theirs {
            bob.tix(args).success();
        }
        let before = sandbox.remote().git(&["rev-parse", "main"]);
        for args in [&["undo", "--dry-run"][..], &["undo"]] {
            let refused = clone.tix(args);
            assert!(
                refused.exits(5).stderr().contains("Bob has gone on with TICKET-"),
                "{refused}"
            );
        }
        assert_eq!(sandbox.remote().git(&["rev-parse", "main"]), before);
    }
}

/// Older commits of the ticket branch are nobody's going on, and neither is a rebase; a file that was edited is.
#[test]
fn undo_knows_the_commits_of_the_ticket_branch() {
    let (_sandbox, clone, there) = world("");
    there.tix(&["note", "half way"]).success();
    there.tix(&["handoff", "--to", "bob@example.org"]).success();
    clone.tix(&["undo"]).success();
    assert!(clone.tix(&["status", "upload"]).success().stdout().contains("in_progress"));
    // The trunk moves on, and a branch is rebased onto it.
    let (sandbox, _clone, there) = world("");
    let bob = sandbox.clone_named("bob").as_person("Bob", "bob@example.org");
    there.tix(&["note", "a second"]).success();
    bob.tix(&["new", "Something else"]).success();
    there.git(&["fetch", "-q"]);
    there.git(&["rebase", "-q", "origin/main"]);
    there.git(&["push", "-q", "--force"]);
    let shown = there.tix(&["undo"]);
    assert!(shown.exits(5).stderr().contains("| tix edit TICKET-upload-001 --from -"), "{shown}");
    there
        .sh("echo by hand >>tickets/active/TICKET-upload-001/TICKET-upload-001.md")
        .run()
        .success();
    there.git(&["commit", "-qam", "more"]);
    let refused = there.tix(&["undo"]);
    assert!(refused.exits(5).stderr().contains("has gone on with TICKET-upload-001"), "{refused}");
}

#[test]
fn undo_reopens_no_work_that_has_landed() {
    let (_sandbox, clone, there) = world("land");
    let refused = |why: &str| {
        let told = clone.tix(&["undo"]);
        assert!(told.exits(5).stderr().contains(why), "{told}");
        assert!(told.stderr().contains("tix rework TICKET-upload-001"), "{told}");
        assert!(told.stderr().contains("tix reopen TICKET-upload-001 --reason"), "{told}");
    };
    there.tix(&["complete"]).success();
    let branch = "origin/ticket/TICKET-upload-001";
    clone.git(&["fetch", "-q"]);
    clone.git(&["pull", "-q", "--ff-only"]);
    clone.git(&["merge", "-q", "--no-ff", "-m", "Merge upload", branch]);
    clone.git(&["push", "-q"]);
    refused("its work has landed");
    clone.tix(&["archive", "upload"]).success();
    refused("no command takes a ticket out of archive/");
}

/// No verb takes back what only this clone has; the two ways that there are work.
#[test]
fn undo_of_a_completion_that_was_not_pushed_names_what_works() {
    let (_sandbox, _clone, there) = world("");
    let before = there.git(&["rev-parse", "HEAD"]);
    let hint = |words: &str| {
        there.tix(&["complete", "--no-push"]).success();
        let moves = there.tix(&["status", "--json"]).success().json()["moves"].to_string();
        assert!(!moves.contains("reopen"), "{moves}");
        let told = there.tix(&["undo"]);
        let told = told.exits(5).stderr();
        assert!(told.contains("it is not pushed"), "{told}");
        let line = told.lines().find_map(|line| line.split_once(words)).expect(told);
        there.sh(line.1).run().success();
    };
    hint("or take its commit back: ");
    assert_eq!(there.git(&["rev-parse", "HEAD"]), before);
    hint("push it, and undo it then: ");
    there.tix(&["undo"]).success();
    assert!(there.tix(&["status"]).success().stdout().contains("in_progress"));
}

#[test]
fn undo_of_what_is_about_no_ticket_shows_what_was_written() {
    let sandbox = Sandbox::new();
    sandbox.seed(&[("README.md", "hello\n")]);
    let clone = sandbox.clone_named("clone");
    clone.tix(&["init", "--commit", "--yes"]).success();
    let told = clone.tix(&["undo"]);
    let hint = told.exits(5).stderr().trim_end().rsplit("see what it wrote: ").next().unwrap();
    clone.sh(hint).run().success();
    assert!(told.stderr().contains("tix does not undo `init`"), "{told}");
}

/// What a verb would not put back as it was is said, and not done.
#[test]
fn undo_names_the_nearest_command_where_the_state_was_another() {
    let (_sandbox, clone, there) = world("");
    let nearest = |hint: &str| {
        let told = clone.tix(&["undo"]);
        assert!(told.exits(5).stderr().contains(hint), "{told}");
    };
    clone.tix(&["draft", "csv", "--reason", "x"]).success();
    nearest("tix queue TICKET-csv-001");
    clone.tix(&["block", "welsh", "--reason", "the first"]).success();
    clone.tix(&["block", "welsh", "--reason", "the second"]).success();
    nearest("tix block TICKET-welsh-001 --reason 'the first'");
    there.tix(&["close", "--as", "wont_do", "--reason", "x"]).success();
    nearest("without its claim and its branch: tix reopen TICKET-upload-001 --reason <why>");
}

#[test]
fn undo_of_a_review_names_the_verbs_that_answer_it() {
    let (sandbox, clone, there) = world("review");
    let bob = sandbox.clone_named("bob").as_person("Bob", "bob@example.org").on_machine("bob");
    let told = |place: &Place, hints: &[&str]| {
        let refused = place.tix(&["undo"]);
        for hint in hints {
            assert!(refused.exits(5).stderr().contains(hint), "{hint}: {refused}");
        }
    };
    there.tix(&["submit"]).success();
    let send_back = "tix review TICKET-upload-001 --request-changes --reason <why>";
    told(&clone, &["`submit` of", "hand that in: tix submit TICKET-upload-001", send_back]);
    bob.tix(&["review", "upload", "--approve"]).success();
    told(&bob, &["`review --approve` of", send_back]);
    told(&clone, &["Bob has gone on"]);
    bob.tix(&["review", "upload", "--request-changes", "--reason", "x"]).success();
    told(&bob, &["`review` of", "tix submit TICKET-upload-001 --anyway"]);
    there.tix(&["submit", "--anyway"]).success();
    bob.tix(&["review", "upload", "--approve"]).success();
    there.tix(&["complete"]).success();
    let undone = there.tix(&["undo"]);
    assert!(undone.success().stdout().contains("and its approval is gone"), "{undone}");
    assert!(undone.stdout().contains("  tix submit TICKET-upload-001 "), "{undone}");
    let status = there.tix(&["status"]);
    assert!(status.success().stdout().contains("next: tix submit TICKET-upload-001"), "{status}");
}

#[test]
fn undo_of_a_relation_names_it_as_the_option_does() {
    let (_sandbox, clone, _there) = world("");
    for (relation, word) in [("parent", "parent"), ("duplicate_of", "duplicate-of")] {
        clone.tix(&["dep", "add", "csv", "welsh", "--relation", relation]).success();
        let told = clone.tix(&["undo"]);
        let line = format!("tix dep rm TICKET-csv-001 TICKET-welsh-001 --relation {word}");
        assert!(told.exits(5).stderr().contains(&line), "{told}");
    }
}
