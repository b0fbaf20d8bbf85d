//! What is written to a ticket while somebody holds it goes to the ticket branch, and the workspace follows.

use super::{ACTIVE, BRANCH, ID, bob, entries, held_with, story, text, value, work};
use crate::activate::{fact, hints, workspace};
use crate::harness::{Do, On, Shim, Untouched, no_leftovers};

fn tip(place: &crate::harness::Place, name: &str) -> String {
    place.git(&["rev-parse", name])
}

#[test]
fn a_note_is_one_commit_on_the_ticket_branch_and_appears_in_the_workspace() {
    let (sandbox, ada, there) = held_with("");
    work(&there, "work.txt");
    let trunk = tip(&sandbox.remote(), "main");
    let before = Untouched::besides_ticket(&ada, ID);
    let receipt = ada.tix(&["note", ID, "half of it works\nthe other half tomorrow", "--json"]);
    let receipt = receipt.success().json();
    assert_eq!(receipt["outcome"], "noted");
    assert_eq!(receipt["paths"], serde_json::json!([ACTIVE]));
    assert_eq!(receipt["pushed"][0]["ref"], BRANCH);
    assert_eq!(receipt["warnings"], serde_json::json!([]));
    before.assert_same(&ada);
    no_leftovers(&ada);
    assert_eq!(tip(&sandbox.remote(), "main"), trunk);
    assert_eq!(tip(&there, "HEAD"), tip(&sandbox.remote(), BRANCH));
    assert_eq!(
        there.git(&["status", "--porcelain", "--branch"]),
        format!("## ticket/{ID}...origin/ticket/{ID}")
    );
    let now = there.read(ACTIVE);
    assert!(
        now.ends_with(
            "- Creator: note\n- half of it works\n- the other half tomorrow\n"
                .trim_start_matches("- ")
        ),
        "{now}"
    );
    ada.tix_command(&["note", ID, "-", "--type", "finding", "--as", "Critic"])
        .stdin("from a pipe\n")
        .run()
        .success();
    assert_eq!(entries(&there.read(ACTIVE)).last().unwrap(), "Critic: finding");
    ada.tix(&["note", ID, "  "]).exits(2);
    insta::assert_snapshot!(story(&sandbox, BRANCH), @"
    claim: TICKET-foo-001
    activate: TICKET-foo-001
    add work.txt
    note: TICKET-foo-001
    note: TICKET-foo-001
    ");
}

#[test]
fn what_others_write_reaches_a_workspace_that_is_in_use_and_loses_nothing_there() {
    let (sandbox, ada, there) = held_with("");
    there.write("src/main.rs", "fn main() { half() }\n");
    there.write("notes.txt", "mine\n");
    let bob = bob(&sandbox);
    bob.tix(&["block", ID, "--reason", "wait for us"]).success();
    // Ada's next word brings hers along: what is not committed stays.
    ada.tix(&["note", ID, "one"]).success();
    assert_eq!(value(&there.read(ACTIVE), "blocked").unwrap(), "wait for us");
    assert_eq!(there.git(&["status", "--porcelain"]), " M src/main.rs\n?? notes.txt");
    // The ticket itself is being edited: the workspace stays behind, and says so.
    there.write(ACTIVE, there.read(ACTIVE) + "\nmine\n");
    let output = ada.tix(&["note", ID, "two"]);
    assert!(output.success().stderr().contains("the workspace was not updated"), "{output}");
    assert!(there.read(ACTIVE).ends_with("\nmine\n"));
    assert_eq!(
        entries(&text(&sandbox, BRANCH, ACTIVE)).iter().filter(|e| *e == "Creator: note").count(),
        2
    );
}

#[test]
fn commits_that_were_not_pushed_stay_and_are_told_of() {
    let (sandbox, ada, there) = held_with("");
    there.commit("not pushed", &[("work.txt", "1\n")]);
    let local = tip(&there, "HEAD");
    let output = ada.tix(&["note", ID, "a word"]);
    let told = output.success().stderr();
    assert_eq!(tip(&there, "HEAD"), local);
    // The hint works, and nothing conflicts.
    let hint = told.split("to merge them now: ").nth(1).unwrap().trim();
    ada.sh(hint).run().success();
    there.git(&["push", "-q"]);
    assert!(sandbox.remote().files(BRANCH).contains(&"work.txt".to_owned()));
    assert!(there.read(ACTIVE).contains("a word"));
}

#[test]
fn set_edit_and_block_of_a_held_ticket_leave_the_trunk_alone() {
    let (sandbox, ada, there) = held_with("");
    let trunk = tip(&sandbox.remote(), "main");
    ada.tix(&["set", ID, "priority=P0"]).success();
    ada.tix(&["block", ID, "--reason", "no key"]).success();
    ada.tix(&["unblock", ID]).success();
    ada.tix(&["edit", ID, "--body", "It flies."]).success();
    assert_eq!(tip(&sandbox.remote(), "main"), trunk);
    let now = there.read(ACTIVE);
    assert!(now.contains("priority: P0") && now.contains("It flies"), "{now}");
    insta::assert_snapshot!(story(&sandbox, BRANCH), @"
    claim: TICKET-foo-001
    activate: TICKET-foo-001
    set: TICKET-foo-001
    block: TICKET-foo-001
    unblock: TICKET-foo-001
    edit: TICKET-foo-001
    ");
}

#[test]
fn a_write_that_loses_a_race_on_the_branch_is_made_again() {
    let (sandbox, ada, there) = held_with("");
    let bob = bob(&sandbox);
    let shim = Shim::new(&sandbox);
    shim.rule(
        On::command("push").nth(1),
        Do::Then(bob.tix_command(&["note", ID, "bob was quicker"])),
    );
    let output = ada.tix_command(&["note", ID, "ada too", "--json"]).through(&shim).run();
    assert_eq!(output.success().json()["attempts"], 2);
    let now = there.read(ACTIVE);
    assert!(now.contains("bob was quicker") && now.contains("ada too"), "{now}");
}

#[test]
fn a_lost_answer_is_found_on_the_branch() {
    let (sandbox, ada, there) = held_with("");
    let shim = Shim::new(&sandbox);
    let cut = Do::FailAfter { code: 128, stderr: "fatal: the remote end hung up\n" };
    shim.rule(On::command("push").nth(1), cut);
    ada.tix_command(&["note", ID, "once"]).through(&shim).run().success();
    assert_eq!(there.read(ACTIVE).matches("- once\n").count(), 1);
    assert_eq!(tip(&there, "HEAD"), tip(&sandbox.remote(), BRANCH));
}

#[test]
fn a_word_that_comes_while_a_claim_is_being_set_up_is_neither_lost_nor_in_the_way() {
    for fails in [false, true] {
        let (sandbox, ada, _) = held_with("");
        let (id, name) = ("TICKET-bar-001", "tickets/queue/TICKET-bar-001.md");
        let active = format!("tickets/active/{id}/{id}.md");
        sandbox.seed(&[(name, super::ready(id))]);
        let bob = bob(&sandbox);
        let shim = Shim::new(&sandbox);
        let set_up = || On::command("worktree").with("add");
        shim.rule(set_up(), Do::Then(bob.tix_command(&["note", "bar", "hello"])));
        if fails {
            shim.rule(set_up(), Do::Fail { code: 128, stderr: "fatal: disk full\n" });
        }
        let output = ada.tix_command(&["activate", "bar"]).through(&shim).run();
        shim.outputs()[0].success();
        if fails {
            // It is given back, and the branch is kept for what stands on it.
            output.exits(5);
            assert!(sandbox.remote().files("main").contains(&name.to_owned()), "{output}");
            let kept = format!("refs/heads/attic/{id}");
            let kept = sandbox.remote().git(&["for-each-ref", "--format=%(refname)", &kept]);
            assert!(text(&sandbox, &kept, &active).contains("- hello\n"), "{kept}");
            continue;
        }
        output.success();
        ada.tix(&["note", "bar", "hello too"]).success();
        let there = ada.at(workspace(&ada, id));
        let now = there.read(active);
        assert!(now.contains("- hello\n") && now.contains("- hello too\n"), "{now}");
    }
}

#[test]
fn a_branch_that_lost_the_claim_is_not_written_to() {
    let (sandbox, ada, there) = held_with("");
    there.git(&["reset", "-q", "--hard", "HEAD~2"]);
    there.commit("anew", &[("work.txt", "1\n")]);
    there.git(&["push", "-q", "--force"]);
    let output = ada.tix(&["note", ID, "a word", "--json"]);
    assert!(hints(output.exits(5)).contains("tix log"), "{output}");
    assert!(!fact(&output, "claim").is_empty());
    assert_eq!(story(&sandbox, BRANCH), "anew");
}

#[test]
fn without_a_remote_branch_and_workspace_move_together() {
    let sandbox = super::queued_with("", &super::ready(ID));
    let place = sandbox.local_repository("a");
    place.tix(&["activate", ID]).success();
    let there = place.at(workspace(&place, ID));
    there.write("src/main.rs", "fn main() { half() }\n");
    place.tix(&["note", ID, "a word"]).success();
    assert!(there.read(ACTIVE).contains("a word"));
    assert_eq!(there.git(&["status", "--porcelain"]), " M src/main.rs");
    there.write(ACTIVE, there.read(ACTIVE) + "\nmine\n");
    let before = tip(&place, BRANCH);
    let output = place.tix(&["note", ID, "another"]);
    assert!(output.exits(5).stderr().contains("uncommitted"), "{output}");
    assert_eq!(tip(&place, BRANCH), before);
    no_leftovers(&place);
}

#[test]
fn on_a_trunk_of_its_own_everything_is_written_there() {
    let sandbox = crate::harness::Sandbox::new();
    sandbox.seed(&[("src/main.rs", "fn main() {}\n"), (".tix.yaml", "trunk: tickets\n")]);
    sandbox.seed_on("tickets", &[(super::QUEUED, super::ready(ID))]);
    let ada = sandbox.clone_named("a");
    ada.tix(&["activate", ID]).success();
    let branch = tip(&sandbox.remote(), BRANCH);
    ada.tix(&["note", ID, "a word"]).success();
    ada.tix(&["block", ID, "--reason", "no key"]).success();
    assert_eq!(tip(&sandbox.remote(), BRANCH), branch);
    assert_eq!(value(&text(&sandbox, "tickets", ACTIVE), "blocked").unwrap(), "no key");
    insta::assert_snapshot!(story(&sandbox, "tickets"), @"
    claim: TICKET-foo-001
    activate: TICKET-foo-001
    note: TICKET-foo-001
    block: TICKET-foo-001
    ");
}
