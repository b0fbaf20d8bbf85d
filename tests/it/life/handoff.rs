//! Giving a ticket to somebody else: who is meant, how they go on, and how it is taken back.

use serde_json::Value;

use super::{BRANCH, ID, bob, held_with, queued_with, ready, text, value, work};
use crate::activate::{ACTIVE, hints, workspace};
use crate::harness::{Do, On, Place, Shim};

fn holder(sandbox: &crate::harness::Sandbox) -> String {
    value(&text(sandbox, "main", ACTIVE), "claimed_by").unwrap()
}

/// Bob, who has a commit on the trunk.
fn known_bob(sandbox: &crate::harness::Sandbox) -> Place {
    let bob = bob(sandbox);
    bob.commit("a word", &[("words.txt", "1\n")]);
    bob.git(&["push", "-q", "origin", "HEAD:main"]);
    bob
}

#[test]
fn the_person_is_found_by_a_part_of_the_name_or_the_address() {
    for to in ["bob", "BOB@example.org", "Bob <bob@example.org>", "ob"] {
        let (sandbox, ada, _) = held_with("");
        known_bob(&sandbox);
        let output = ada.tix(&["handoff", ID, "--to", to]);
        assert_eq!(
            output.success().stdout(),
            "TICKET-foo-001 is handed to Bob <bob@example.org>\nnext:\n  \
             tix reclaim TICKET-foo-001 --reason <why>    # until they go on with it\n"
        );
        assert_eq!(holder(&sandbox), "Bob <bob@example.org>");
    }
}

#[test]
fn the_report_names_whoever_holds_a_ticket_now() {
    for reclaimed in [false, true] {
        let (sandbox, ada, _) = held_with("");
        let bob = known_bob(&sandbox);
        if reclaimed {
            bob.tix(&["reclaim", ID, "--reason", "x", "--force"]).success();
        } else {
            ada.tix(&["handoff", ID, "--to", "bob"]).success();
        }
        let numbers = ada.tix(&["report", "--fetch", "--json"]).success().json();
        assert_eq!(numbers["held"][0]["by"], "Bob <bob@example.org>");
        assert!(ada.tix(&["report"]).success().stdout().contains("  foo-001      Bob"));
        let page = ada.tix(&["report", "--html", "-"]).success().stdout().to_owned();
        assert!(page.contains("Bob") && !page.contains("Ada Example"), "{page}");
    }
}

#[test]
fn nobody_and_several_are_listed_and_nothing_changes() {
    let (sandbox, ada, _) = held_with("roles:\n  reviewer: [review]\n");
    known_bob(&sandbox);
    let refs = sandbox.remote().git(&["for-each-ref"]);
    insta::assert_snapshot!(ada.tix(&["handoff", ID, "--to", "two"]).exits(2).redacted(), @"
    exit: 2
    ----- stdout -----
    ----- stderr -----
    error: nobody here is called `two`
      people  Bob <bob@example.org>
              Ada Example <ada@example.org>
              reviewer
    hint: name one of them by part of the name or by address
    hint: for somebody new, give `Name <address>`, or add --new-person
    ");
    let several = ada.tix(&["handoff", ID, "--to", "example.org"]);
    assert!(several.exits(2).stderr().contains("`example.org` is 2 people"), "{several}");
    assert_eq!(sandbox.remote().git(&["for-each-ref"]), refs);
    ada.tix(&["handoff", ID, "--to", "two", "--new-person"]).success();
    assert_eq!(holder(&sandbox), "two");
    assert_eq!(holder(&sandbox), "two");
}

#[test]
fn whoever_was_given_a_ticket_goes_on_with_its_id_alone() {
    for settings in ["", "record: trunk\n"] {
        for done in [true, false] {
            let (sandbox, ada, there) = held_with(settings);
            let bob = known_bob(&sandbox);
            if done {
                work(&there, "work.txt");
            }
            ada.tix(&["handoff", ID, "--to", "bob"]).success();
            let early = bob.tix(&["complete", ID, "--no-work", "x"]);
            let way = format!("hint: go on with it: tix activate {ID}\n");
            assert!(early.exits(3).stderr().ends_with(&way), "{early}");
            let taken = bob.tix(&["activate", ID]);
            let told = format!("{ID} is yours now: it was handed over by Ada Example\n");
            assert!(taken.success().stdout().starts_with(&told), "{taken}");
            let here = bob.at(workspace(&bob, ID));
            assert_eq!(here.exists("work.txt"), done);
            here.commit("more", &[("more.txt", "1\n")]);
            here.tix(&["complete"]).success();
            // A second agent of Bob's is told that it is taken, as ever.
            sandbox
                .clone_named("c")
                .as_person("Bob", "bob@example.org")
                .tix(&["activate", ID])
                .exits(if settings.is_empty() { 3 } else { 5 });
        }
    }
}

/// Any session of theirs may go on with it, so it is each one's own until one does.
#[test]
fn what_a_person_was_given_is_their_sessions_own_until_one_goes_on_with_it() {
    let (sandbox, ada, _) = held_with("");
    let bob = known_bob(&sandbox);
    let [one, two] = ["one", "two"].map(|name| bob.env("TIX_SESSION", name));
    let mine = |place: &Place| {
        let listed = place.tix(&["list", "--mine", "--fetch", "--json"]).success().json();
        let shown = place.tix(&["--json"]).success().json();
        assert_eq!(shown["mine"].as_array().unwrap().len(), listed["total"], "{shown}");
        listed["total"].as_u64().unwrap()
    };
    assert_eq!([&one, &two, &bob].map(mine), [0, 0, 0]);
    ada.tix(&["handoff", ID, "--to", "bob"]).success();
    assert_eq!([&one, &two, &bob].map(mine), [1, 1, 1]);
    for place in [&one, &bob] {
        let told = place.tix(&["status", ID, "--json"]).success().json();
        assert_eq!(told["next"], format!("tix activate {ID}"), "{told}");
        assert_eq!(told["in_another_session"], false);
    }
    assert_eq!(ada.tix(&["status", ID, "--json"]).success().json()["next"], Value::Null);
    one.tix(&["activate", ID]).success();
    assert_eq!([&one, &two, &bob].map(mine), [1, 0, 1]);
    assert_eq!(two.tix(&["status", ID, "--json"]).success().json()["in_another_session"], true);
}

#[test]
fn whoever_acts_in_the_role_that_was_given_a_ticket_goes_on_with_its_id_alone() {
    for named in [["TIX_ROLE", "coder"], ["--role", "coder"]] {
        for done in [true, false] {
            let roles = "roles: {coder: [activate, complete, note, release], boss: [activate]}\n";
            let (sandbox, ada, there) = held_with(roles);
            if done {
                work(&there, "work.txt");
            }
            ada.tix(&["handoff", ID, "--to", "coder"]).success();
            assert_eq!(holder(&sandbox), "coder");
            // Another role, or none, is told how.
            let boss = sandbox.clone_named("c");
            let told = boss.tix(&["--role", "boss", "activate", ID, "--json"]);
            assert!(hints(told.exits(3)).contains("tix --role coder activate"), "{told}");
            let clone = sandbox.clone_named("d").as_person("Bob", "bob@example.org");
            let (clone, option) = match named {
                ["--role", role] => (clone, vec!["--role", role]),
                [variable, role] => (clone.env(variable, role), Vec::new()),
            };
            let mine = clone.tix(&[&option[..], &["list", "--mine"]].concat());
            assert!(mine.success().stdout().contains("foo-001"), "{mine}");
            clone.tix(&[&option[..], &["activate", ID]].concat()).success();
            assert_eq!(holder(&sandbox), "Bob <bob@example.org>");
            let here = clone.at(workspace(&clone, ID));
            here.tix(&["note", ID, "half way"]).success();
            here.commit("more", &[("more.txt", "1\n")]);
            here.tix(&["complete"]).success();
        }
    }
}

#[test]
fn whoever_gave_a_ticket_takes_it_back_until_the_other_goes_on() {
    let (sandbox, ada, there) = held_with("");
    let bob = known_bob(&sandbox);
    work(&there, "work.txt");
    ada.tix(&["handoff", ID, "--to", "bob"]).success();
    there.tix(&["complete"]).exits(5);
    let output = ada.tix(&["activate", ID, "--json"]);
    assert!(
        hints(output.exits(3)).contains("take it back: tix reclaim TICKET-foo-001"),
        "{output}"
    );
    // Nobody else may, and neither may they take more than what they gave.
    sandbox.clone_named("c").tix(&["reclaim", ID, "--reason", "x"]).exits(3);
    ada.tix(&["reclaim", ID, "--reason", "the wrong bob"]).success();
    assert_eq!(holder(&sandbox), "Ada Example <ada@example.org>");
    assert!(text(&sandbox, BRANCH, ACTIVE).contains("Creator: taken_back"));
    ada.tix(&["activate", ID, "--resume"]).success();
    ada.tix(&["handoff", ID, "--to", "bob"]).success();
    bob.tix(&["activate", ID]).success();
    // As this clone last saw it, Bob has not gone on.
    ada.tix(&["reclaim", ID, "--reason", "x"]).exits(3);
    ada.tix(&["reclaim", ID, "--reason", "x"]).exits(3);
    assert_eq!(holder(&sandbox), "Bob <bob@example.org>");
}

#[test]
fn somebody_new_is_named_with_an_address() {
    let (sandbox, ada, _) = held_with("");
    ada.tix(&["handoff", ID, "--to", "Eve <eve@example.org>"]).success();
    assert_eq!(holder(&sandbox), "Eve <eve@example.org>");
}

#[test]
fn to_oneself_nothing_is_handed() {
    let (sandbox, ada, _) = held_with("");
    let before = sandbox.remote().git(&["for-each-ref"]);
    let output = ada.tix(&["handoff", ID, "--to", "ada"]);
    let told = "TICKET-foo-001 is held by Ada Example <ada@example.org> already\n";
    assert_eq!(output.success().stdout(), told);
    assert_eq!(sandbox.remote().git(&["for-each-ref"]), before);
}

/// What was done, oldest first.
fn events(clone: &Place, args: &[&str]) -> Vec<String> {
    let answer = clone.tix(&[&["log", "--json"], args].concat()).success().json();
    let events = answer["events"].as_array().unwrap();
    events.iter().map(|event| event["operation"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_log_tells_the_claims_of_one_second_in_their_order() {
    let sandbox = queued_with("", &ready(ID));
    let ada = sandbox.clone_named("a").frozen_at("2026-01-01T12:00:00Z");
    ada.tix(&["activate", ID]).success();
    ada.at(workspace(&ada, ID)).tix(&["note", "so far"]).success();
    ada.tix(&["handoff", ID, "--to", "Bob <bob@example.org>"]).success();
    let bob = bob(&sandbox).frozen_at("2026-01-01T12:00:00Z");
    bob.tix(&["activate", ID]).success();
    bob.at(workspace(&bob, ID)).tix(&["note", "more"]).success();
    let story = ["claim", "activate", "note", "handoff", "claim", "note"];
    let others = sandbox.clone_named("c");
    let told_by = |clone: &Place| {
        clone.git(&["fetch", "-q"]);
        for args in [&[ID][..], &[]] {
            assert_eq!(events(clone, args), story, "{} {args:?}", clone.path().display());
        }
    };
    [&ada, &bob, &others].into_iter().for_each(told_by);
    // The same when the branch is merged.
    others.git(&["switch", "-q", "main"]);
    others.git(&["merge", "-q", "--no-ff", "-m", "merge", "origin/ticket/TICKET-foo-001"]);
    others.git(&["push", "-q", "origin", "main", ":ticket/TICKET-foo-001"]);
    [&ada, &bob, &others].into_iter().for_each(told_by);
}

#[test]
fn a_command_that_changed_nothing_says_so_in_the_log() {
    let (sandbox, ada, _) = held_with("");
    sandbox.seed(&[("tickets/queue/TICKET-bar-001.md", ready("TICKET-bar-001"))]);
    ada.tix(&["handoff", ID, "--to", "ada"]).success();
    ada.tix(&["reclaim", ID, "--reason", "x"]).success();
    ada.tix(&["queue", "bar"]).success();
    ada.tix(&["queue", "bar"]).success();
    let same = text(&sandbox, BRANCH, ACTIVE);
    ada.tix_command(&["edit", ID, "--from", "-"]).stdin(same).run().success();
    let log = ada.tix(&["log"]).success().stdout().to_owned();
    for verb in ["handoff", "reclaim", "queue", "edit"] {
        let line = log.lines().rfind(|line| line.split('\t').nth(1) == Some(verb)).unwrap();
        assert!(line.contains("\tnothing changed; "), "{log}");
    }
}

#[test]
fn a_workspace_that_came_back_with_its_ticket_is_cleaned_up_after_it() {
    for back in [&["reclaim", "--reason", "the wrong bob"][..], &["undo"]] {
        let (sandbox, ada, there) = held_with("landing: completed\n");
        known_bob(&sandbox);
        work(&there, "work.txt");
        there.tix(&["handoff", "--to", "bob"]).success();
        let told = there.tix(back);
        assert!(!told.success().stdout().contains("--resume"), "{told}");
        there.tix(&["complete"]).success();
        ada.tix(&["land", ID]).success();
        ada.tix(&["clean", ID]).success();
        assert!(!there.path().exists());
    }
}

#[test]
fn a_take_back_that_was_killed_is_made_good_by_the_same_command() {
    let (sandbox, ada, there) = held_with("landing: completed\n");
    known_bob(&sandbox);
    work(&there, "work.txt");
    there.tix(&["handoff", "--to", "bob"]).success();
    let back = ["reclaim", ID, "--reason", "the wrong bob"];
    let shim = Shim::new(&sandbox);
    shim.rule(On::command("push"), Do::KillAfter);
    ada.tix_command(&back).through(&shim).run().killed_by(9);
    assert!(ada.tix(&back).success().stdout().contains("yours already"));
    there.tix(&["complete"]).success();
    ada.tix(&["land", ID]).success();
    ada.tix(&["clean", ID]).success();
    assert!(!there.path().exists());
}
