//! A write is decided by the settings of the commit that it was decided on: a clone that is behind neither gets around a rule
//! of the trunk nor refuses what the trunk allows.

use super::{ID, QUEUED};
use crate::activate::{ACTIVE, BRANCH, workspace};
use crate::harness::{Do, On, Place, Sandbox, Shim, Ticket, on_terminal};

const FILE: &str = ".tix.yaml";

/// A ticket of which nothing is left to do but the work, and these settings.
fn project(settings: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    let mut files = vec![(FILE.to_owned(), settings.to_owned())];
    for lane in ["queue", "active", "completed", "archive"] {
        files.push((format!("tickets/{lane}/.gitkeep"), String::new()));
    }
    files.push((QUEUED.to_owned(), Ticket::new(ID).text().replace("- [ ]", "- [x]")));
    sandbox.seed(&files);
    sandbox
}

fn ada(sandbox: &Sandbox) -> Place {
    sandbox.clone_named("a")
}

fn bob(sandbox: &Sandbox) -> Place {
    sandbox.clone_named("b").on_machine("bobs").as_person("Bob", "bob@example.org")
}

/// The team agrees on something else. No clone has heard of it.
fn agree(sandbox: &Sandbox, settings: &str) {
    sandbox.seed(&[(FILE, settings)]);
}

/// The ticket claimed and worked on, and the work pushed.
fn worked(clone: &Place) -> Place {
    clone.tix(&["activate", ID]).success();
    let there = clone.at(workspace(clone, ID));
    there.commit("the work", &[("work.txt", "work\n")]);
    there.git(&["push", "-q"]);
    there
}

#[test]
fn a_review_that_the_team_has_come_to_demand_is_demanded() {
    let sandbox = project("");
    let there = worked(&ada(&sandbox));
    agree(&sandbox, "review: [critic_review]\n");
    let refused = there.tix(&["complete", "--json"]);
    assert!(refused.exits(5).json()["details"]["review"].is_string(), "{refused}");
    assert!(!sandbox.remote().files(BRANCH).iter().any(|path| path.contains("completed/TICKET")));
    there.tix(&["submit"]).success();
}

#[test]
fn setting_up_is_decided_by_the_settings_of_the_trunk_too() {
    let sandbox = Sandbox::new();
    sandbox.seed(&[(QUEUED, Ticket::new(ID).text())]);
    let clone = ada(&sandbox);
    agree(&sandbox, "requires: \">= 99\"\n");
    let before = sandbox.remote().git(&["for-each-ref"]);
    clone.tix(&["init", "--commit"]).exits(5);
    assert_eq!(sandbox.remote().git(&["for-each-ref"]), before);
}

#[test]
fn a_reviewer_who_is_behind_is_not_told_that_there_are_no_reviews() {
    let sandbox = project("");
    let (ada, bob) = (ada(&sandbox), bob(&sandbox));
    let there = worked(&ada);
    agree(&sandbox, "review: [critic_review]\n");
    there.tix(&["submit"]).success();
    let review = ["review", ID, "--request-changes", "--notes", "-"];
    bob.tix_command(&review).stdin("once more\n").run().success();
    let changelog = String::from_utf8(sandbox.remote().show(BRANCH, ACTIVE)).unwrap();
    assert!(changelog.contains("once more"), "{changelog}");
}

#[test]
fn work_lands_where_the_team_has_come_to_allow_it_and_not_where_it_no_longer_does() {
    for (before, after, exit) in [("", "landing: completed\n", 0), ("landing: completed\n", "", 5)]
    {
        let sandbox = project(before);
        let there = worked(&ada(&sandbox));
        there.tix(&["complete"]).success();
        agree(&sandbox, after);
        there.tix(&["land"]).exits(exit);
    }
}

#[test]
fn the_gate_of_the_queue_is_that_of_the_trunk() {
    for (before, after, exit) in
        [("", "require_queued: true\n", 5), ("require_queued: true\n", "", 0)]
    {
        let sandbox = project(before);
        let ada = ada(&sandbox);
        agree(&sandbox, after);
        ada.tix(&["activate", ID]).exits(exit);
        let next = if exit == 0 { 4 } else { exit };
        ada.tix(&["activate", "--next"]).exits(if next == 5 { 4 } else { next });
    }
}

#[test]
fn a_role_may_what_the_trunk_says() {
    let (narrow, wide) = ("roles: {coder: [note]}\n", "roles: {coder: [note, activate]}\n");
    for (before, after, exit) in [(narrow, wide, 0), (wide, narrow, 5)] {
        let sandbox = project(before);
        let coder = ada(&sandbox).env("TIX_ROLE", "coder");
        agree(&sandbox, after);
        coder.tix(&["activate", ID]).exits(exit);
        assert_eq!(sandbox.remote().files("main").contains(&QUEUED.to_owned()), exit != 0);
    }
}

#[test]
fn another_trunk_is_heard_of_even_where_the_old_one_is_gone() {
    let sandbox = project("trunk: tickets\n");
    sandbox.seed_on("tickets", &[(QUEUED, Ticket::new(ID).text())]);
    let (ada, bob) = (ada(&sandbox), bob(&sandbox));
    let remote = sandbox.remote();
    remote.git(&["branch", "work", "tickets"]);
    agree(&sandbox, "trunk: work\n");
    ada.tix(&["activate", ID]).success();
    assert!(remote.files("tickets").contains(&QUEUED.to_owned()));
    assert!(!remote.files("work").contains(&QUEUED.to_owned()));
    remote.git(&["branch", "-D", "tickets"]);
    assert_eq!(bob.tix(&["note", ID, "hello", "--json"]).success().json()["trunk"], "work");
}

#[test]
fn another_directory_and_another_place_for_progress_are_heard_of() {
    let sandbox = project("");
    let (ada, bob) = (ada(&sandbox), bob(&sandbox));
    agree(&sandbox, "record: trunk\n");
    ada.tix(&["activate", ID]).success();
    bob.tix(&["note", ID, "on the trunk"]).success();
    let text = String::from_utf8(sandbox.remote().show("main", ACTIVE)).unwrap();
    assert!(text.contains("on the trunk") && text.contains("status: in_progress"), "{text}");
    sandbox.seed(&[(FILE, "tickets_dir: todo\n"), ("todo/queue/TICKET-new-001.md", "")]);
    sandbox.seed(&[("todo/queue/TICKET-new-001.md", Ticket::new("TICKET-new-001").text())]);
    bob.tix(&["activate", "TICKET-new-001"]).success();
}

#[test]
fn settings_that_come_between_the_look_and_the_push_decide() {
    let sandbox = project("");
    let ada = ada(&sandbox);
    let shim = Shim::new(&sandbox);
    // The push is refused, because the trunk has moved; what it moved by are settings.
    let other = bob(&sandbox);
    other.write(FILE, "require_queued: true\n");
    other.git(&["add", FILE]);
    other.git(&["commit", "-qm", "a gate"]);
    shim.rule(
        On::command("push").nth(1),
        Do::Then(other.git_command(&["push", "-q", "origin", "main"])),
    );
    let refused = ada.tix_command(&["activate", ID]).through(&shim).run();
    assert!(refused.exits(5).stderr().contains("queue"), "{refused}");
    assert!(sandbox.remote().files("main").contains(&QUEUED.to_owned()));
    // One operation, one line: what was begun with the old settings is no failure of its own.
    let log = ada.read(ada.common_dir().join("tix/audit.jsonl"));
    assert_eq!(log.lines().count(), 1, "{log}");
}

#[test]
fn the_base_has_a_say_where_it_is_not_the_trunk() {
    let sandbox = project("trunk: tickets\n");
    sandbox.seed_on("tickets", &[(QUEUED, Ticket::new(ID).text())]);
    for record in ["trunk", "branch"] {
        agree(&sandbox, &format!("trunk: tickets\nrecord: {record}\n"));
        let clone = sandbox.clone_named(record);
        agree(&sandbox, &format!("trunk: tickets\nrecord: {record}\nrequire_queued: true\n"));
        clone.tix(&["activate", ID]).exits(5);
        let set = clone.tix(&["set", ID, "priority=P2"]);
        set.success();
    }
}

#[test]
fn a_ticket_that_is_not_in_the_workspace_is_not_named_there() {
    let sandbox = project("trunk: tickets\n");
    sandbox.seed_on("tickets", &[(QUEUED, Ticket::new(ID).text())]);
    let clone = sandbox.clone_named("a");
    let task = clone.tix(&["activate", ID, "--json"]).success().json()["task"].clone();
    assert!(task["title"].is_string() && task["file"].is_null(), "{task}");
    let again = clone.tix(&["activate", ID, "--resume"]);
    assert!(!again.success().stdout().contains("tickets/active/"), "{again}");
}

#[test]
fn without_a_remote_the_branch_itself_decides() {
    let sandbox = Sandbox::new();
    let local = sandbox.local_repository("local");
    local.commit("tickets", &[(QUEUED, &Ticket::new(ID).text()), (FILE, "")]);
    local.commit("a gate", &[(FILE, "require_queued: true\n")]);
    local.tix(&["activate", ID]).exits(5);
    local.commit("no gate", &[(FILE, "require_queued: false\n")]);
    local.tix(&["activate", ID]).success();
}

#[test]
fn a_text_on_standard_input_is_not_lost_when_the_command_begins_anew() {
    let sandbox = project("");
    let ada = ada(&sandbox);
    agree(&sandbox, "skip_ci: true\n");
    let new = ada.tix_command(&["new", "Fly", "--body", "-", "--json"]).stdin("# Why\n\nit can\n");
    let new = new.run();
    let path = format!("tickets/queue/{}.md", new.success().json()["ticket"].as_str().unwrap());
    let text = String::from_utf8(sandbox.remote().show("main", &path)).unwrap();
    assert!(text.contains("it can"), "{text}");
    let subject = sandbox.remote().git(&["log", "-1", "--format=%s", "main"]);
    assert!(subject.contains("[skip ci]"), "{subject}");
}

#[test]
fn what_an_editor_has_written_meets_the_settings_of_its_end() {
    let sandbox = project("");
    let ada = ada(&sandbox);
    let other = bob(&sandbox);
    other.write(FILE, "skip_ci: true\n");
    other.git(&["add", FILE]);
    other.git(&["commit", "-qm", "quiet"]);
    let push = format!("git -C '{}' push -q origin main", other.path().display());
    ada.write_script("../editor", &format!("echo once >>editor.log; {push}; echo more >>\"$1\""));
    let here = ada.env("GIT_EDITOR", "../editor");
    let Some(edited) = on_terminal(&here, None, &format!("edit {ID}"), "") else { return };
    edited.success();
    let subject = sandbox.remote().git(&["log", "-1", "--format=%s", "main"]);
    assert!(subject.contains("[skip ci]"), "{subject}");
    assert_eq!(ada.read("editor.log"), "once\n");
}

#[test]
fn settings_that_hold_cost_no_connection() {
    let sandbox = project("skip_ci: true\n");
    let ada = ada(&sandbox);
    let shim = Shim::new(&sandbox);
    ada.tix_command(&["activate", ID]).through(&shim).run().success();
    assert_eq!(shim.connections(), 1);
}

/// Each a setting that stops every command that reads it.
const UNUSABLE: [&str; 3] = ["lock: ref\n", "review: [\n", "timeout: soon\n"];

#[test]
fn settings_that_cannot_be_used_hold_no_longer_than_the_remote_has_them() {
    let rows: [&[&str]; 6] = [
        &["activate", ID],
        &["note", ID, "hello"],
        &["list", "--fetch"],
        &["next", "--fetch"],
        &["dep", "tree", ID, "--fetch"],
        &["doctor"],
    ];
    for (row, command) in rows.into_iter().enumerate() {
        let sandbox = project(UNUSABLE[row % UNUSABLE.len()]);
        let ada = ada(&sandbox);
        ada.tix(command).exits(9);
        agree(&sandbox, "");
        ada.tix(command).success();
    }
}

#[test]
fn a_command_without_the_network_says_how_mended_settings_are_fetched() {
    for settings in UNUSABLE {
        let sandbox = project(settings);
        let ada = ada(&sandbox);
        agree(&sandbox, "");
        for command in [&["list"][..], &["doctor", "--offline"], &["log", ID]] {
            let shim = Shim::new(&sandbox);
            let refused = ada.tix_command(command).through(&shim).run();
            assert!(
                refused.exits(9).stderr().contains("fetch it: git fetch origin\n"),
                "{refused}"
            );
            let asks = ["fetch", "ls-remote"];
            assert!(!shim.calls().iter().any(|call| asks.contains(&call.subcommand.as_str())));
        }
        ada.git(&["fetch", "origin"]);
        ada.tix(&["list"]).success();
    }
}
