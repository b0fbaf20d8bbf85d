//! What the verbs say when they have done something, and when they will not.

use super::{ID, bob, held_with, queued_with, ready, text, value, work};
use crate::activate::{QUEUED, hints};
use crate::harness::{Sandbox, queue_ticket};

#[test]
fn a_verb_says_what_it_changed() {
    let sandbox = queued_with("", &ready(ID));
    let ada = sandbox.clone_named("a");
    let said = |args: &[&str]| ada.tix(args).success().stdout().to_owned();
    assert_eq!(said(&["unblock", ID]), format!("{ID} was not blocked\n"));
    said(&["block", ID, "--reason", "rain"]);
    assert_eq!(said(&["unblock", ID]), format!("{ID} is unblocked\n"));
    let set = said(&["set", ID, "priority=high", "labels=a,b"]);
    assert_eq!(set, format!("{ID}: priority: - → P1, labels: - → a, b\n"));
    let again = said(&["set", ID, "priority=P1", "title=Else"]);
    assert_eq!(again, format!("{ID}: priority is already P1, title: Make it work → Else\n"));
    assert_eq!(value(&text(&sandbox, "main", QUEUED), "priority").unwrap(), "P1");
    assert_eq!(said(&["edit", ID, "--append", "a word"]), format!("{ID} is edited\n"));
    assert_eq!(
        said(&["tick", ID, "1"]),
        format!("nothing to tick in {ID}: 2 of 2 boxes are ticked\n")
    );
}

#[test]
fn one_list_of_priorities_holds_everywhere() {
    let sandbox = queued_with("", &ready(ID));
    let ada = sandbox.clone_named("a");
    ada.tix(&["new", "Urgent", "--priority", "urgent"]).success();
    let urgent = text(&sandbox, "main", "tickets/queue/TICKET-urgent-001.md");
    assert_eq!(value(&urgent, "priority").unwrap(), "P0");
    ada.tix(&["set", ID, "priority=P5"]).success();
    for args in [
        &["set", ID, "priority=soon"][..],
        &["new", "x", "--priority", "soon"],
        &["list", "--priority", "soon"],
    ] {
        let output = ada.tix(args);
        assert!(output.exits(2).stderr().contains("P0 to P9, or urgent, high"), "{output}");
    }
}

#[test]
fn a_key_that_nothing_reads_is_set_and_told_of() {
    let sandbox = queued_with("", &ready(ID));
    let ada = sandbox.clone_named("a");
    let first = ada.tix(&["set", ID, "prioritiy=P1", "--json"]).success().json();
    let warning = first["warnings"][0].as_str().unwrap();
    assert!(warning.contains("`prioritiy` is new in") && warning.contains("mean `priority`"));
    let again = ada.tix(&["set", ID, "prioritiy=P2", "title=x", "--json"]).success().json();
    assert_eq!(again["warnings"], serde_json::json!([]));
    let parent = ada.tix(&["set", ID, "parent_ticket=x", "--json"]);
    assert!(hints(parent.exits(2)).contains("tix dep add <ticket> <parent> --relation parent"));
}

#[test]
fn a_new_ticket_can_be_a_part_of_another() {
    let sandbox = queued_with("", &ready(ID));
    let ada = sandbox.clone_named("a");
    ada.tix(&["new", "Part", "--parent", "foo", "--body", "Do this part."]).success();
    let part = text(&sandbox, "main", "tickets/queue/TICKET-part-001.md");
    assert_eq!(value(&part, "parent_ticket").unwrap(), ID);
    assert!(part.contains("\n---\n\nDo this part.\n\n# Changelog\n"), "{part}");
    ada.tix(&["new", "Part", "--parent", "none-such"]).exits(4);
    ada.tix(&["new", "日本語 Größe"]).success();
    assert!(sandbox.remote().files("main").iter().any(|file| file.contains("ri-ben-yu-grosse")));
}

#[test]
fn a_ticket_closes_as_not_to_be_done_unless_somebody_says_more() {
    for args in [&[][..], &["--as", "wontfix"], &["--as", "won't do"]] {
        let sandbox = queued_with("", &ready(ID));
        let ada = sandbox.clone_named("a");
        ada.tix(&[&["close", ID], args].concat()).success();
        assert_eq!(
            value(&text(&sandbox, "main", super::ARCHIVED), "resolution").unwrap(),
            "wont_do"
        );
    }
    let sandbox = queued_with("", &ready(ID));
    let output = sandbox.clone_named("a").tix(&["close", ID, "--as", "duplicate"]);
    assert!(output.exits(2).stderr().contains("wont_do, duplicate:<ticket>"), "{output}");
}

#[test]
fn a_status_that_is_none_for_its_lane_is_mended() {
    let sandbox = queued_with("", &ready(ID).replace("status: open", "status: done"));
    let ada = sandbox.clone_named("a");
    let mend = format!("tix set {ID} status=open");
    let activate = ada.tix(&["activate", ID, "--json"]);
    assert!(hints(activate.exits(5)).contains(&mend), "{activate}");
    let block = ada.tix(&["block", ID, "--reason", "x", "--json"]);
    assert!(hints(block.exits(5)).contains(&mend), "{block}");
    let doctor = ada.tix(&["doctor"]);
    assert!(doctor.stdout().contains(&format!("tix set {ID} 'status=open'")), "{doctor}");
    ada.tix(&["set", ID, "status=open"]).success();
    ada.tix(&["activate", ID]).success();
    // A status that is one is no key of anybody's.
    let set = ada.tix(&["set", ID, "status=open"]);
    assert!(set.exits(2).stderr().contains("written by tix itself"), "{set}");
}

#[test]
fn an_answer_that_is_lost_of_a_command_that_only_looks_is_not_half_done() {
    let sandbox = queued_with("", &ready(ID));
    let ada = sandbox.clone_named("a");
    let tix = env!("CARGO_BIN_EXE_tix");
    let lost = ada.sh(&format!("'{tix}' list >/dev/full")).run();
    assert!(!lost.exits(1).stderr().contains("hint"), "{lost}");
    let done = ada.sh(&format!("'{tix}' block foo --reason x >/dev/full")).run();
    assert!(done.exits(8).stderr().contains("stand; see them: tix log"), "{done}");
}

#[test]
fn an_address_with_nothing_behind_it_is_no_network_that_is_down() {
    let sandbox = queued_with("", &ready(ID));
    let ada = sandbox.clone_named("a");
    ada.git(&["remote", "set-url", "origin", "../nowhere.git"]);
    let output = ada.tix(&["activate", ID]);
    assert!(
        output.exits(7).stderr().contains("hint: see whether its address is right"),
        "{output}"
    );
}

#[test]
fn what_git_advises_can_be_pasted() {
    let sandbox = queued_with("", &ready(ID));
    let ada = sandbox.clone_named("a").env("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1");
    let output = ada.tix(&["list"]);
    let told = output.exits(5).stderr();
    assert!(told.contains(" git config --global --add safe.directory"), "{output}");
    assert!(!told.contains("\\u{9}") && !told.contains('\t'), "{output}");
}

#[test]
fn whoever_was_fenced_off_is_told_so_before_they_push() {
    let (sandbox, ada, there) = held_with("landing: completed\n");
    let bob = bob(&sandbox);
    there.commit("not pushed", &[("mine.txt", "1\n")]);
    bob.tix(&["reclaim", ID, "--reason", "x", "--force"]).success();
    bob.tix(&["activate", ID, "--resume"]).success();
    let bobs = bob.at(crate::activate::workspace(&bob, ID));
    work(&bobs, "work.txt");
    bobs.tix(&["complete"]).success();
    let output = ada.tix(&["land", ID]);
    let told = output.exits(3).stderr();
    assert!(
        told.contains(" is held by Bob ")
            && told.contains("not pushed  1 commit")
            && !told.contains("git push"),
        "{output}"
    );
    bob.tix(&["land", ID]).success();
}

#[test]
fn a_warning_is_a_line_and_each_way_out_is_another() {
    let (_sandbox, ada, there) = held_with("");
    there.commit("not pushed", &[("mine.txt", "1\n")]);
    let output = ada.tix(&["note", ID, "a word"]);
    let told = output.success().stderr();
    assert!(told.contains("lacks this until tix submit or complete\nhint: to merge them now: git"));
    assert_eq!(told.lines().count(), 2, "{output}");
    // It is joined by itself, so whoever wants few words hears nothing of it.
    let quiet = ada.tix(&["note", ID, "another", "-q"]);
    assert!(quiet.success().stderr().is_empty(), "{quiet}");
}

#[test]
fn quiet_activation_prints_the_workspace_alone() {
    let sandbox: Sandbox = queued_with("", &queue_ticket(ID));
    let ada = sandbox.clone_named("a");
    let output = ada.tix(&["-q", "activate", ID]);
    let path = crate::activate::workspace(&ada, ID);
    assert_eq!(output.success().stdout(), format!("{}\n", path.display()));
}

#[test]
fn settings_change_by_pull_request() {
    let sandbox = queued_with("skip_ci: false\n", &ready(ID));
    let ada = sandbox.clone_named("a");
    ada.tix(&["hook", "install"]).success();
    ada.write(".tix.yaml", "skip_ci: true\n");
    ada.git(&["add", ".tix.yaml"]);
    let output = ada.git_command(&["commit", "-m", "settings"]).run();
    let told = output.exits(1).stderr();
    assert!(told.contains("settings change by pull request"), "{output}");
    assert!(!told.contains("tix activate"), "{output}");
}

#[test]
fn a_graph_of_nothing_says_so() {
    let sandbox = queued_with("", &ready(ID));
    let output = sandbox.clone_named("a").tix(&["graph"]);
    assert_eq!(output.success().stdout(), "graph TD\n");
    assert!(output.stderr().contains("tix graph --all"), "{output}");
}

#[test]
fn a_workspace_whose_repository_was_moved_is_not_handed_out() {
    let (_sandbox, ada, there) = held_with("");
    let moved = ada.path().with_file_name("moved");
    std::fs::rename(ada.path(), &moved).unwrap();
    let moved = ada.at(&moved);
    for args in [&["path", ID][..], &["activate", ID, "--resume"]] {
        let output = moved.tix(args);
        assert!(output.exits(5).stderr().contains("git worktree repair"), "{args:?} {output}");
        assert_eq!(output.stdout(), "");
    }
    let inside = there.tix(&["status"]);
    assert!(inside.exits(5).stderr().contains("git worktree repair"), "{inside}");
    moved.git(&["worktree", "repair", there.path().to_str().unwrap()]);
    assert_eq!(there.tix(&["status", "--json"]).success().json()["id"], ID);
}

#[test]
fn a_git_that_dies_of_the_same_signal_is_no_failure_of_git() {
    let sandbox = queued_with("", &ready(ID));
    let ada = sandbox.clone_named("a");
    let real = sandbox.root().join("bin/git");
    // A key on a terminal ends the whole group, and git may be first.
    let script = format!(
        "#!/bin/sh\ncase \" $* \" in *' commit-tree '*) kill -INT $PPID; exit 130;; esac\nexec '{}' \"$@\"\n",
        real.display()
    );
    let fake = sandbox.fresh_directory("fake");
    ada.write_script(fake.join("git"), &script);
    let tix = env!("CARGO_BIN_EXE_tix");
    let line = format!("PATH='{}':$PATH exec '{tix}' activate foo", fake.display());
    let output = ada.sh(&line).run();
    let told = output.exits(130).stderr();
    assert!(told.contains("interrupted by signal 2; nothing changed"), "{output}");
    assert_eq!(super::story(&sandbox, "main"), "");
}
