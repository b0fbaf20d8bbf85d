use super::{active_path, held, on_terminal, queue_path, seeded};
use crate::harness::{Ticket, Untouched, queue_ticket};

#[test]
fn a_pipe_gets_the_file_byte_for_byte() {
    let sandbox = seeded();
    let mut bytes = Ticket::new("TICKET-odd-001").crlf().text().into_bytes();
    bytes.extend_from_slice(b"\x1b[31m\xff no line end");
    sandbox.seed(&[(queue_path("TICKET-odd-001"), &bytes)]);
    let clone = sandbox.clone_named("a");
    for name in ["TICKET-odd-001", "odd-001", "odd", "tickets/queue/TICKET-odd-001.md"] {
        let output = clone.tix(&["show", name]);
        assert_eq!(output.success().stdout, bytes, "{name}");
        assert!(output.stderr().is_empty(), "{output}");
    }
    let answer = clone.tix(&["show", "odd", "--json"]).success().json();
    assert_eq!(answer["schema"], "tix/ticket@1");
    assert_eq!(answer["id"], "TICKET-odd-001");
    assert!(answer["text"].as_str().unwrap().ends_with("\u{1b}[31m\\xff no line end"));
}

#[test]
fn a_terminal_gets_a_summary_and_a_text_that_does_nothing() {
    let sandbox = seeded();
    let hostile = held("TICKET-x-001").key("title", "\"\\e[2J\"").body("\u{1b}]0;evil\u{7}\n");
    sandbox.seed(&[(active_path("TICKET-x-001"), hostile.text())]);
    let clone = sandbox.clone_named("a");
    let Some(text) = on_terminal(&clone, 80, "tix show x-001") else { return };
    assert!(
        text.starts_with("TICKET-x-001\n  lane       active\n  status     claimed\n"),
        "{text}"
    );
    assert!(text.contains(
        "  held by    Bob Example <bob@example.org>\n  since      2025-12-03T12:00:00Z ("
    ));
    assert!(text.contains("\\u{1b}]0;evil\\u{7}\n"), "{text:?}");
    assert!(!text.contains(['\u{1b}', '\u{7}']), "{text:?}");
}

#[test]
fn the_text_is_the_newest_that_was_fetched() {
    let sandbox = seeded();
    let bob = sandbox.clone_named("bob");
    bob.git(&["switch", "-q", "-c", "ticket/TICKET-mail-001"]);
    let newer = held("TICKET-mail-001").key("status", "in_progress").text();
    bob.commit("progress", &[(&active_path("TICKET-mail-001"), &newer)]);
    bob.git(&["push", "-q", "origin", "HEAD"]);
    let clone = sandbox.clone_named("a");
    assert_eq!(clone.tix(&["show", "mail"]).success().stdout(), newer);
    let answer = clone.tix(&["show", "mail", "--json"]).success().json();
    assert_eq!(answer["source"], "origin/ticket/TICKET-mail-001");
    assert_eq!(answer["status"], "in_progress");
}

#[test]
fn an_id_that_means_nothing_or_too_much_is_answered_with_ids() {
    let sandbox = seeded();
    sandbox.seed(&[(queue_path("TICKET-login-002"), queue_ticket("TICKET-login-002"))]);
    let clone = sandbox.clone_named("a");
    for command in ["show", "path", "log"] {
        insta::allow_duplicates! {
            insta::assert_snapshot!(clone.tix(&[command, "login"]).redacted(), @r"
            exit: 2
            ----- stdout -----
            ----- stderr -----
            error: `login` matches 2 tickets
              matches  TICKET-login-001  queue      Make it work
                       TICKET-login-002  queue      Make it work
            hint: give the full id of one of them
            ");
            insta::assert_snapshot!(clone.tix(&[command, "TICKET-mial-001"]).redacted(), @r"
            exit: 4
            ----- stdout -----
            ----- stderr -----
            error: no ticket matches `TICKET-mial-001`
              nearest    TICKET-mail-001
              looked on  origin/main
            hint: list the tickets: tix list
            ");
        }
        clone.tix(&[command, "a\u{1b}b"]).exits(2);
    }
}

#[test]
fn a_damaged_ticket_is_named_with_its_line() {
    let sandbox = seeded();
    sandbox.seed(&[(queue_path("TICKET-broken"), "---\ntitle: \"no end\nstatus: open\n---\n")]);
    let clone = sandbox.clone_named("a");
    let output = clone.tix(&["show", "broken"]);
    assert!(output.exits(9).stderr().contains("tickets/queue/TICKET-broken.md:2: "), "{output}");
}

#[test]
fn a_file_whose_name_is_no_id_is_known_by_that_name_and_told_why_it_does_not_count() {
    let sandbox = seeded();
    let names = ["TICKET-a b-001", "\u{30b9}\u{30c6}"];
    let path = |name: &str| format!("tickets/queue/{name}.md");
    sandbox.seed(&names.map(|name| (path(name), queue_ticket("TICKET-a-001"))));
    let clone = sandbox.clone_named("a");
    let before = Untouched::of(&clone);
    let why = ["cannot contain ' '", "starts with a letter or a digit"];
    for (name, why) in names.into_iter().zip(why) {
        let file = format!("{name}.md");
        for query in [name, &file, &path(name), name.trim_start_matches("TICKET-")] {
            for command in ["activate", "show", "log", "release", "note"] {
                let words = if command == "note" { &["so"][..] } else { &[] };
                let output = clone.tix(&[&[command, query], words].concat());
                let told = output.exits(9).stderr();
                assert!(
                    told.starts_with(&format!("error: {} is not a ticket: ", path(name))),
                    "{output}"
                );
                assert!(told.contains(why) && told.contains(": tix doctor\n"), "{output}");
            }
        }
    }
    before.assert_same(&clone);
    clone.tix(&["show", "a c-001"]).exits(4);
}
