//! Which tickets may be claimed, and under which name.

use super::{key, one_ticket, subjects, workspace};
use crate::harness::{Do, On, Sandbox, Shim, Ticket, codes, together};

fn with(ticket: &Ticket) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.seed(&[("tickets/queue/TICKET-t-001.md", ticket.text())]);
    sandbox
}

#[test]
fn open_and_queued_tickets_can_be_claimed_under_any_of_their_words() {
    for status in ["open", "ready", "todo", "pending", "queued", "Open", "\"TODO\""] {
        let sandbox = with(&Ticket::new("TICKET-t-001").key("status", status));
        let output = sandbox.clone_named("a").tix(&["activate", "t-001", "--no-worktree"]);
        assert_eq!(output.code, Some(0), "{status}: {output}");
    }
}

#[test]
fn drafts_and_unknown_words_cannot() {
    for status in ["draft", "planning", "intake", "unassigned", "whatever", "in_progress"] {
        let sandbox = with(&Ticket::new("TICKET-t-001").key("status", status));
        let output = sandbox.clone_named("a").tix(&["activate", "t-001", "--json"]);
        assert_eq!(output.code, Some(5), "{status}: {output}");
        // The word is the one that lists show, whichever is written.
        let word = match status {
            "planning" | "intake" | "unassigned" => "draft",
            word => word,
        };
        let message = format!("TICKET-t-001 cannot be claimed: its status is `{word}`");
        assert_eq!(output.json()["message"], message);
    }
    let sandbox = with(&Ticket::new("TICKET-t-001").key("status", "draft"));
    let output = sandbox.clone_named("a").tix(&["activate", "t-001"]);
    insta::assert_snapshot!(output.exits(5).redacted(), @"
    exit: 5
    ----- stdout -----
    ----- stderr -----
    error: TICKET-t-001 cannot be claimed: its status is `draft`
      needs      open or queued
      legal now  queue, note, edit, set, tick, block, close
    hint: look at it: tix show TICKET-t-001
    ");
}

#[test]
fn where_a_person_must_queue_first_open_is_not_enough() {
    for (status, code) in [("open", 5), ("ready", 5), ("queued", 0)] {
        let sandbox = with(&Ticket::new("TICKET-t-001").key("status", status));
        sandbox.seed(&[(".tix.yaml", "require_queued: true\n")]);
        let clone = sandbox.clone_named("a");
        let output = clone.tix(&["activate", "t-001"]);
        assert_eq!(output.code, Some(code), "{status}: {output}");
        if code == 0 {
            clone.tix(&["release", "t-001"]).success();
            // A release does not take the person's word back.
            let path = "tickets/queue/TICKET-t-001.md";
            assert_eq!(key(&sandbox.remote(), "main", path, "status"), "queued");
        }
    }
}

#[test]
fn blocked_tickets_are_refused_with_the_reason() {
    let sandbox = with(&Ticket::new("TICKET-t-001").key("blocked", "\"waits for the key\""));
    let output = sandbox.clone_named("a").tix(&["activate", "t-001"]);
    insta::assert_snapshot!(output.exits(5).redacted(), @"
    exit: 5
    ----- stdout -----
    ----- stderr -----
    error: TICKET-t-001 is blocked: waits for the key
      legal now  queue, draft, note, edit, set, tick, block, unblock, close
    hint: look at it: tix show TICKET-t-001
    ");
    let sandbox = with(&Ticket::new("TICKET-t-001").key("status", "blocked"));
    sandbox.clone_named("a").tix(&["activate", "t-001"]).exits(5);
    for word in ["false", "null", ""] {
        let sandbox = with(&Ticket::new("TICKET-t-001").key("blocked", word));
        let output = sandbox.clone_named("a").tix(&["activate", "t-001", "--no-worktree"]);
        assert_eq!(output.code, Some(0), "{word:?}: {output}");
    }
}

#[test]
fn a_ticket_without_a_sequence_gets_the_next_one_over_all_lanes() {
    let sandbox = Sandbox::new();
    sandbox.seed(&[
        ("tickets/queue/TICKET-foo.md", Ticket::new("TICKET-foo").text()),
        ("tickets/completed/x/TICKET-foo-002.md", Ticket::new("TICKET-foo-002").text()),
        ("tickets/archive/TICKET-foo-004.md", Ticket::new("TICKET-foo-004").text()),
    ]);
    let clone = sandbox.clone_named("a");
    let receipt = clone.tix(&["activate", "TICKET-foo", "--json"]).success().json();
    assert_eq!(receipt["ticket"], "TICKET-foo-005");
    let path = "tickets/active/TICKET-foo-005/TICKET-foo-005.md";
    let remote = sandbox.remote();
    assert_eq!(key(&remote, "main", path, "sequence"), "005");
    assert_eq!(key(&remote, "main", path, "ticket_id"), "TICKET-foo-005");
    assert_eq!(key(&remote, "main", path, "session_id"), "foo");
    assert!(remote.has_ref("refs/heads/ticket/TICKET-foo-005"));
    assert!(workspace(&clone, "TICKET-foo-005").exists());
    assert_eq!(subjects(&sandbox), ["claim: TICKET-foo-005"]);
    // Both ids find it, although others have the same family.
    for id in ["TICKET-foo-005", "foo-005", "TICKET-foo"] {
        let output = sandbox.clone_named(id).tix(&["activate", id, "--json"]);
        let json = output.exits(3).json();
        let message = json["message"].as_str().unwrap();
        assert!(message.starts_with("TICKET-foo-005 is held"), "{id}: {message}");
    }
    clone.tix(&["release", "TICKET-foo"]).success();
    assert!(remote.files("main").contains(&"tickets/queue/TICKET-foo-005.md".to_owned()));
}

#[test]
fn a_ticket_that_says_nothing_of_a_sequence_keeps_its_name() {
    let sandbox = Sandbox::new();
    sandbox.seed(&[("tickets/queue/TICKET-foo.md", "---\nstatus: open\n---\n# Foo\n")]);
    let receipt = sandbox.clone_named("a").tix(&["activate", "foo", "--json"]).success().json();
    assert_eq!(receipt["ticket"], "TICKET-foo");
}

#[test]
fn of_racers_for_a_ticket_without_a_sequence_exactly_one_wins() {
    let sandbox = Sandbox::new();
    sandbox.seed(&[
        ("tickets/queue/TICKET-foo.md", Ticket::new("TICKET-foo").text()),
        ("tickets/completed/TICKET-foo-001.md", Ticket::new("TICKET-foo-001").text()),
        ("tickets/completed/TICKET-foo-002.md", Ticket::new("TICKET-foo-002").text()),
    ]);
    let places: Vec<_> = (0..4)
        .map(|n| sandbox.clone_named(&format!("c{n}")).on_machine(&format!("m{n}")))
        .collect();
    let runs = places.iter().map(|p| p.tix_command(&["activate", "TICKET-foo"])).collect();
    let outputs = together(&sandbox, runs);
    assert_eq!(codes(&outputs), [0, 3, 3, 3], "{outputs:?}");
}

#[test]
fn a_sequence_that_somebody_takes_meanwhile_is_not_given_twice() {
    let sandbox = Sandbox::new();
    sandbox.seed(&[("tickets/queue/TICKET-foo.md", Ticket::new("TICKET-foo").text())]);
    let clone = sandbox.clone_named("a").on_machine("m1");
    let other = sandbox.clone_named("b").on_machine("m2");
    let shim = Shim::new(&sandbox);
    let new = other.tix_command(&["new", "Quick", "--session", "foo"]);
    shim.rule(On::command("push").nth(1), Do::Then(new));
    let run = clone.tix_command(&["activate", "TICKET-foo", "--json"]).through(&shim).run();
    assert_eq!(shim.outputs()[0].success().stdout(), "TICKET-foo-001\n");
    assert_eq!(run.success().json()["ticket"], "TICKET-foo-002");
}

#[test]
fn an_ambiguous_part_lists_what_it_could_mean() {
    let sandbox = one_ticket();
    sandbox.seed(&[("tickets/queue/TICKET-food-001.md", Ticket::new("TICKET-food-001").text())]);
    let output = sandbox.clone_named("b").tix(&["activate", "fo"]);
    insta::assert_snapshot!(output.exits(2).redacted(), @"
    exit: 2
    ----- stdout -----
    ----- stderr -----
    error: `fo` matches 2 tickets
      matches  TICKET-foo-001   queue      Make it work
               TICKET-food-001  queue      Make it work
    hint: give the full id of one of them
    ");
    // `foo` is all of one and a part of the other.
    let receipt = sandbox.clone_named("a").tix(&["activate", "foo", "--json"]).success().json();
    assert_eq!(receipt["ticket"], "TICKET-foo-001");
    // Held by now, it is all of one still, and no part of it means the other.
    sandbox.clone_named("c").tix(&["activate", "foo"]).exits(3);
}

#[test]
fn a_damaged_ticket_is_told_with_file_and_line_and_hides_no_other() {
    let sandbox = one_ticket();
    sandbox.seed(&[("tickets/queue/TICKET-bad-001.md", "---\nstatus: open\nstatus: [\n")]);
    let clone = sandbox.clone_named("a");
    let output = clone.tix(&["activate", "bad-001"]);
    assert!(output.exits(9).stderr().contains("tickets/queue/TICKET-bad-001.md:"), "{output}");
    clone.tix(&["activate", "foo-001"]).success();
}

#[test]
fn directories_can_be_named_by_templates() {
    let sandbox = with(&Ticket::new("TICKET-t-001").key("session_id", "sess"));
    sandbox.seed(&[(
        ".tix.yaml",
        "active_dir: \"{session}\"\nbranch: \"work/{id}\"\nworktree: \"../w/{session}/{id}\"\n",
    )]);
    let clone = sandbox.clone_named("a");
    let receipt = clone.tix(&["activate", "t-001", "--json"]).success().json();
    assert_eq!(receipt["workspace"]["branch"], "work/TICKET-t-001");
    let path = sandbox.root().join("w/sess/TICKET-t-001");
    assert_eq!(receipt["workspace"]["path"], path.to_str().unwrap());
    assert!(
        sandbox.remote().files("main").contains(&"tickets/active/sess/TICKET-t-001.md".to_owned())
    );
    std::fs::remove_dir_all(&path).unwrap();
    clone.tix(&["activate", "t-001", "--resume"]).success();
    assert!(path.join("tickets/active/sess/TICKET-t-001.md").exists());
    clone.tix(&["release", "t-001"]).success();
    assert!(!path.exists());
}
