//! The ends of a ticket on the trunk, and the ways back from one.

use super::{
    ACTIVE, ARCHIVED, BRANCH, COMPLETED, ID, QUEUED, bob, entries, held_with, queued_with, ready,
    story, text, value, work,
};
use crate::harness::{Sandbox, Ticket, no_leftovers, queue_ticket};

fn completed() -> Sandbox {
    let sandbox = Sandbox::new();
    let done = |id: &str, at: &str| {
        let text = Ticket::new(id).key("status", "approved").key("completed_at", at).text();
        (format!("tickets/completed/{id}/{id}.md"), text)
    };
    sandbox.seed(&[
        done(ID, "2025-12-03T12:00:00Z"),
        done("TICKET-bar-001", "2026-01-03 12:00"),
        done("TICKET-new-001", "2999-01-01T00:00:00Z"),
        ("tickets/queue/.gitkeep".to_owned(), String::new()),
    ]);
    sandbox
}

#[test]
fn close_puts_a_ticket_away_with_how_it_ended() {
    let sandbox = queued_with("", &ready(ID));
    sandbox.seed(&[("tickets/queue/TICKET-bar-001.md", queue_ticket("TICKET-bar-001"))]);
    let ada = sandbox.clone_named("a");
    ada.tix(&["close", ID, "--as", "later"]).exits(2);
    ada.tix(&["close", ID, "--as", "duplicate:nothing-like-it"]).exits(4);
    ada.tix(&["close", ID, "--as", "superseded:nothing-like-it"]).exits(4);
    for how in [format!("duplicate:{ID}"), "superseded:foo".to_owned()] {
        let itself = ada.tix(&["close", ID, "--as", &how]);
        assert!(itself.exits(2).stderr().contains("in favour of itself"), "{itself}");
    }
    ada.tix(&["close", ID, "--as", "duplicate:bar", "--reason", "the same door"]).success();
    let now = text(&sandbox, "main", ARCHIVED);
    assert_eq!(value(&now, "status").unwrap(), "closed");
    assert_eq!(value(&now, "resolution").unwrap(), "duplicate:TICKET-bar-001");
    assert!(now.ends_with("- Reason: the same door\n"), "{now}");
    let again = ada.tix(&["close", ID, "--as", "duplicate:bar", "--json"]);
    assert_eq!(again.success().json()["outcome"], "already");
    ada.tix(&["close", ID, "--as", "wont_do"]).exits(5);
    ada.tix(&["activate", ID]).exits(5);
    assert_eq!(story(&sandbox, "main"), format!("close: {ID}"));
}

#[test]
fn what_an_ended_ticket_is_not_open_to_is_refused_although_there_would_be_nothing_to_do() {
    let sandbox = completed();
    let ada = sandbox.clone_named("a");
    let mine = Ticket::new("TICKET-mine-001").key("status", "approved");
    let mine = mine.key("claimed_by", "Ada Example <ada@example.org>").text();
    sandbox.seed(&[("tickets/completed/TICKET-mine-001.md", mine)]);
    ada.tix(&["unblock", ID]).exits(5);
    ada.tix(&["handoff", "mine", "--to", "Ada Example <ada@example.org>"]).exits(5);
    ada.tix(&["archive", ID]).success();
    ada.tix(&["unblock", ID]).exits(5);
    ada.tix(&["archive", ID]).success();
}

#[test]
fn closing_a_held_ticket_keeps_its_work_and_is_for_its_holder() {
    let (sandbox, ada, there) = held_with("");
    work(&there, "work.txt");
    let bob = bob(&sandbox);
    bob.tix(&["close", ID, "--as", "wont_do"]).exits(5);
    let receipt = ada.tix(&["close", ID, "--as", "wont_do", "--json"]).success().json();
    let attic = receipt["attic"].as_str().unwrap();
    assert!(sandbox.remote().files(attic).contains(&"work.txt".to_owned()));
    assert!(!sandbox.remote().has_ref(BRANCH) && !there.path().exists());
    let now = text(&sandbox, "main", ARCHIVED);
    assert_eq!((value(&now, "claim_id"), value(&now, "branch")), (None, None));
    no_leftovers(&ada);
}

#[test]
fn archive_takes_the_ticket_of_the_workspace() {
    let (sandbox, ada, there) = held_with("record: trunk\n");
    there.tix(&["complete", "--no-work", "tried by hand"]).success();
    ada.tix(&["archive"]).exits(2);
    let output = there.tix(&["archive"]);
    assert_eq!(output.success().stdout(), format!("{ID} is archived\n"));
    assert!(sandbox.remote().files("main").contains(&ARCHIVED.to_owned()));
}

#[test]
fn archive_takes_what_is_old_enough_in_one_commit() {
    let sandbox = completed();
    let ada = sandbox.clone_named("a");
    ada.tix(&["archive"]).exits(2);
    ada.tix(&["archive", "--older-than", "soon"]).exits(2);
    insta::assert_snapshot!(ada.tix(&["archive", "--older-than", "7d"]).success().redacted(), @"
    exit: 0
    ----- stdout -----
    TICKET-bar-001 is archived
    TICKET-foo-001 is archived
    ----- stderr -----
    ");
    insta::assert_snapshot!(story(&sandbox, "main"), @"archive: TICKET-bar-001 TICKET-foo-001");
    assert_eq!(value(&text(&sandbox, "main", ARCHIVED), "resolution").unwrap(), "done");
    ada.tix(&["archive", "--older-than", "7d"]).success();
    ada.tix(&["archive", ID]).success();
    ada.tix(&["archive", "new"]).success();
    let files = sandbox.remote().files("main");
    let left: Vec<_> = files.iter().filter(|path| path.contains("completed/")).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn reopen_brings_a_ticket_back_as_if_nobody_had_held_it() {
    let (sandbox, ada, there) = held_with("");
    work(&there, "work.txt");
    there.tix(&["complete"]).success();
    ada.git(&["fetch", "-q"]);
    ada.git(&["merge", "-q", "--ff-only", "origin/main"]);
    ada.git(&["merge", "-q", "--no-ff", "-m", "merge the work", &format!("origin/ticket/{ID}")]);
    ada.git(&["push", "-q"]);
    ada.tix(&["reopen", ID, "--reason", "it broke"]).success();
    let now = text(&sandbox, "main", QUEUED);
    assert_eq!(value(&now, "status").unwrap(), "open");
    for key in ["claimed_by", "claim_id", "branch", "completed_at", "worktree_path"] {
        assert_eq!(value(&now, key), None, "{key}");
    }
    assert_eq!(entries(&now).last().unwrap(), "Creator: reopened");
    assert!(!sandbox.remote().files("main").contains(&COMPLETED.to_owned()));
    // The branch of the first time is still there, and in nobody's way.
    let bob = bob(&sandbox);
    bob.tix(&["activate", ID]).success();
    assert!(sandbox.remote().files("main").contains(&ACTIVE.to_owned()));
    ada.tix(&["reopen", ID, "--reason", "again"]).exits(5);
}

/// What a pull request needs whose reviewer asks for changes: its branch stays where it is and goes on.
#[test]
fn reopen_of_what_is_not_merged_goes_on_with_the_branch() {
    for settings in ["", "record: trunk\n", "landing: completed\nreview: [critic_review]\n"] {
        let (sandbox, ada, there) = held_with(settings);
        let critic = bob(&sandbox);
        let reviewed = |name: &str| {
            work(&there, name);
            if settings.contains("review") {
                there.tix(&["submit"]).success();
                critic.tix(&["review", ID, "--approve"]).success();
            }
            there.tix(&["complete"]).success();
        };
        reviewed("work.txt");
        let before = sandbox.remote().git(&["rev-parse", BRANCH]);
        let output = ada.tix(&["reopen", ID, "--reason", "the names are wrong"]);
        let (gone, verb) = if settings.contains("review") {
            (", and its approval is gone", "submit")
        } else {
            ("", "complete")
        };
        let told = format!(
            "{ID} is in progress again{gone}\nnext:\n  tix {verb} {ID}    # when it is done\n"
        );
        assert_eq!((output.success().stdout(), output.stderr()), (told.as_str(), ""));
        let remote = sandbox.remote();
        remote.git(&["merge-base", "--is-ancestor", &before, BRANCH]);
        assert!(!remote.git(&["for-each-ref"]).contains("attic"));
        let at = if settings.contains("trunk") { "main" } else { BRANCH };
        let now = text(&sandbox, at, ACTIVE);
        assert_eq!(value(&now, "status").unwrap(), "in_progress");
        assert!(value(&now, "claim_id").is_some());
        for key in ["completed_at", "submitted", "approvals"] {
            assert_eq!(value(&now, key), None, "{key}");
        }
        assert_eq!(entries(&now).last().unwrap(), "Creator: reopened");
        assert!(now.contains("- Reason: the names are wrong"), "{now}");
        // The work goes on in the same workspace, and reaches the trunk as it would have before.
        reviewed("names.txt");
        if settings.contains("landing") {
            ada.tix(&["land", ID]).success();
        } else {
            ada.git(&["fetch", "-q"]);
            ada.git(&["merge", "-q", "--ff-only", "origin/main"]);
            ada.git(&["merge", "-q", "--no-ff", "-m", "merge", &format!("origin/ticket/{ID}")]);
            ada.git(&["push", "-q"]);
        }
        let files = remote.files("main");
        assert!(files.contains(&COMPLETED.to_owned()) && !files.contains(&ACTIVE.to_owned()));
        // Merged, it begins anew.
        ada.tix(&["reopen", ID, "--reason", "it broke"]).success();
        assert_eq!(value(&text(&sandbox, "main", QUEUED), "status").unwrap(), "open");
    }
}

#[test]
fn what_is_not_merged_is_reopened_by_its_holder() {
    let (sandbox, ada, there) = held_with("");
    work(&there, "work.txt");
    there.tix(&["complete"]).success();
    let output = bob(&sandbox).tix(&["reopen", ID, "--reason", "x"]);
    assert!(output.exits(5).stderr().contains("is held by Ada"), "{output}");
    let refused = ada.tix(&["release", ID, "--json"]);
    assert!(crate::activate::hints(refused.exits(5)).contains("tix reopen TICKET-foo-001"));
}

#[test]
fn rework_is_a_new_ticket_that_names_the_old_one() {
    let sandbox = completed();
    let ada = sandbox.clone_named("a");
    let output = ada.tix(&["rework", ID, "--reason", "it is slow"]);
    assert_eq!(output.success().stdout(), "TICKET-foo-002\n");
    let now = text(&sandbox, "main", "tickets/queue/TICKET-foo-002.md");
    assert_eq!(value(&now, "parent_ticket").unwrap(), ID);
    assert_eq!(value(&now, "title").unwrap(), "Rework: Make it work");
    ada.tix(&["rework", ID, "--title", "Faster"]).success();
    assert_eq!(
        value(&text(&sandbox, "main", "tickets/queue/TICKET-foo-003.md"), "title").unwrap(),
        "Faster"
    );
    ada.tix(&["rework", "foo-003"]).exits(5);
    insta::assert_snapshot!(story(&sandbox, "main"), @"
    rework: TICKET-foo-002 (of TICKET-foo-001)
    rework: TICKET-foo-003 (of TICKET-foo-001)
    ");
}
