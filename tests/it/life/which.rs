//! Which ticket a verb is for: the one that it can act on, and in a workspace the one of the workspace.

use super::{BRANCH, ID, held_with, ready, text, value, work};
use crate::activate::ACTIVE;
use crate::harness::{Sandbox, Ticket};

fn titled(id: &str, title: &str) -> String {
    ready(id).replace("title: Make it work", &format!("title: {title}"))
}

/// One login is closed, one waits, and so does another thing of a like name.
fn logins() -> Sandbox {
    let sandbox = Sandbox::new();
    let closed =
        Ticket::new("TICKET-fix-login-001").key("status", "closed").key("resolution", "wont_do");
    sandbox.seed(&[
        ("tickets/archive/TICKET-fix-login-001.md", closed.text()),
        ("tickets/queue/TICKET-fix-login-002.md", titled("TICKET-fix-login-002", "The second try")),
        ("tickets/queue/TICKET-fix-logo-001.md", titled("TICKET-fix-logo-001", "Another thing")),
    ]);
    sandbox
}

#[test]
fn what_a_verb_cannot_act_on_is_in_nobodys_way() {
    let sandbox = logins();
    let ada = sandbox.clone_named("a");
    ada.tix(&["block", "fix-login", "--reason", "x"]).success();
    ada.tix(&["unblock", "login"]).success();
    for args in [&["note", "login", "x"][..], &["set", "login", "priority=P1"]] {
        let receipt = ada.tix(&[args, &["--json"]].concat()).success().json();
        assert_eq!(receipt["ticket"], "TICKET-fix-login-002", "{args:?}");
    }
    ada.tix(&["dep", "add", "fix-logo", "fix-login"]).success();
    assert!(ada.tix(&["dep", "tree", "fix-login"]).success().stdout().contains("fix-login-002"));
    ada.tix(&["dep", "rm", "fix-logo", "fix-login"]).success();
    ada.tix(&["dep", "add", "fix-login", "fix-logo", "--relation", "related"]).success();
    let sub = ["new", "Sub", "--parent", "fix-login", "--body", "- [ ] x"];
    ada.tix(&sub).success();
    assert!(ada.tix(&["show", "sub"]).success().stdout().contains("TICKET-fix-login-002"));
    ada.tix(&["close", "sub", "--as", "duplicate:login"]).success();
    let receipt = ada.tix(&["activate", "fix-login", "--json"]).success().json();
    assert_eq!(receipt["ticket"], "TICKET-fix-login-002");
    assert!(ada.tix(&["path", "login"]).success().stdout().contains("TICKET-fix-login-002"));
    let receipt = ada.tix(&["release", "login", "--json"]).success().json();
    assert_eq!(receipt["ticket"], "TICKET-fix-login-002");
    let receipt = ada.tix(&["reopen", "login", "--reason", "x", "--json"]).success().json();
    assert_eq!(receipt["ticket"], "TICKET-fix-login-001");
}

/// Whoever repeats a command, as after an answer that was lost, means the same ticket.
#[test]
fn a_repeated_command_does_nothing_to_another_ticket() {
    let sandbox = Sandbox::new();
    let ids = ["TICKET-fix-001", "TICKET-fix-login-001"];
    sandbox.seed(&ids.map(|id| (format!("tickets/queue/{id}.md"), ready(id))));
    let ada = sandbox.clone_named("a");
    let text = |lane: &str, id: &str| text(&sandbox, "main", &format!("tickets/{lane}/{id}.md"));
    for id in ids {
        ada.tix(&["activate", id, "--no-worktree"]).success();
    }
    ada.tix(&["release", "fix"]).success();
    ada.tix(&["release", "fix"]).exits(5);
    assert!(ada.tix(&["list", "--lane", "active"]).success().stdout().contains("fix-login"));
    ada.tix(&["release", "fix-login"]).success();
    let close = ["close", "fix", "--as", "wont_do", "--reason", "x"];
    ada.tix(&close).success();
    let again = ada.tix(&close);
    assert!(again.success().stdout().contains("TICKET-fix-001 is closed already"), "{again}");
    assert_eq!(value(&text("queue", ids[1]), "status").unwrap(), "open");
    ada.tix(&["close", "fix-login", "--as", "wont_do", "--reason", "x"]).success();
    ada.tix(&["reopen", "fix", "--reason", "x"]).success();
    ada.tix(&["reopen", "fix", "--reason", "x"]).exits(5);
    assert_eq!(value(&text("archive", ids[1]), "status").unwrap(), "closed");
}

#[test]
fn several_that_can_be_meant_are_listed_with_their_lanes_and_titles() {
    let sandbox = logins();
    let ada = sandbox.clone_named("a");
    insta::assert_snapshot!(ada.tix(&["activate", "fix"]).exits(2).redacted(), @"
    exit: 2
    ----- stdout -----
    ----- stderr -----
    error: `fix` matches 2 tickets
      matches  TICKET-fix-login-002  queue      The second try
               TICKET-fix-logo-001   queue      Another thing
    hint: give the full id of one of them
    ");
    let all = ada.tix(&["show", "login"]);
    assert!(
        all.exits(2).stderr().contains("TICKET-fix-login-001  archive    Make it work"),
        "{all}"
    );
}

#[test]
fn of_several_held_ones_a_holders_verb_is_for_ones_own() {
    let sandbox = logins();
    let ada = sandbox.clone_named("a");
    let bob = super::bob(&sandbox);
    ada.tix(&["activate", "login"]).success();
    bob.tix(&["activate", "logo"]).success();
    ada.git(&["fetch", "-q"]);
    let receipt = bob.tix(&["release", "fix", "--json"]).success().json();
    assert_eq!(receipt["ticket"], "TICKET-fix-logo-001");
}

#[test]
fn in_a_workspace_no_verb_needs_an_id() {
    let (sandbox, ada, there) = held_with("review: [critic_review]\nreview.self: true\n");
    let later = "TICKET-later-001";
    sandbox.seed(&[(format!("tickets/queue/{later}.md"), ready(later))]);
    let inside = there.at("src");
    let go = |args: &[&str]| {
        let receipt = inside.tix(&[args, &["--json"]].concat()).success().json();
        assert_eq!(receipt["ticket"], ID, "{args:?}");
    };
    go(&["note", "half way"]);
    go(&["block", "--reason", "rain"]);
    go(&["unblock"]);
    go(&["set", "priority=P1", "owner=me"]);
    let run = inside.tix(&["run", "--detach", "--json", "--", "true"]).success().json();
    assert_eq!(run["ticket"], ID);
    go(&["dep", "add", "later"]);
    go(&["dep", "tree"]);
    go(&["dep", "rm", "later"]);
    assert_eq!(inside.tix(&["status", "--json"]).success().json()["id"], ID);
    let now = text(&sandbox, BRANCH, ACTIVE);
    assert!(now.contains("- half way\n") && value(&now, "owner").unwrap() == "me", "{now}");
    go(&["edit", "--append", "- [ ] More words."]);
    go(&["tick", "more words"]);
    assert_eq!(inside.tix(&["show", "--json"]).success().json()["id"], ID);
    assert_eq!(inside.tix(&["path"]).success().stdout().trim_end(), there.path().to_str().unwrap());
    assert!(inside.tix(&["log"]).success().stdout().contains(ID));
    work(&there, "work.txt");
    go(&["submit"]);
    go(&["review", "--approve"]);
    go(&["complete"]);
    go(&["reopen", "--reason", "once more"]);
    let cleaned = inside.tix(&["clean", "--json"]).json();
    assert_eq!(cleaned["tickets"][0]["ticket"], ID);
    go(&["handoff", "--to", "eve", "--new-person"]);
    go(&["reclaim", "--reason", "back"]);
    go(&["release"]);
    // Elsewhere there is none that could be meant.
    for args in [
        &["note", "text"][..],
        &["block", "--reason", "x"],
        &["set", "a=b"],
        &["show"],
        &["path"],
        &["clean"],
        &["handoff", "--to", "ada"],
        &["release"],
        &["run", "--", "true"],
        &["dep", "add", "later"],
        &["dep", "tree"],
        &["tick", "1"],
        &["edit", "--append", "a b"],
        &["submit"],
        &["complete"],
        &["land"],
        &["unblock"],
        &["reopen", "--reason", "x"],
    ] {
        let output = ada.tix(args);
        assert!(output.exits(2).stderr().contains("name the ticket"), "{args:?} {output}");
    }
    // Of two things one is given: which one is said.
    for (args, words) in [
        (["note", "later"], "error: later is a ticket, and the text is missing\n"),
        (["note", "half way"], "error: 'half way' names no ticket, and this is not the workspace"),
        (["tick", "later-001"], "error: later-001 is a ticket, and the box is missing\n"),
        (["tick", "more words"], "hint: give both: tix tick <ticket> 'more words'\n"),
    ] {
        let output = ada.tix(&args);
        assert!(output.exits(2).stderr().contains(words), "{output}");
    }
    assert!(ada.tix(&["note"]).exits(2).stderr().contains("TEXT"));
}
