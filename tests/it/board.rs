//! `tix board`: the lanes side by side, as text and on a terminal.

use crate::harness::{Do, On, Output, Place, Sandbox, Shim, Ticket, on_terminal, queue_ticket};

const ENTER: &str = "\u{1b}[?1049h";
const LEAVE: &str = "\u{1b}[?1049l";

fn seeded() -> Sandbox {
    let sandbox = Sandbox::new();
    let held = Ticket::new("TICKET-mail-001")
        .key("status", "in_progress")
        .key("title", "\"Send \\e[31mred\\e[0m mail\"")
        .key("claimed_by", "Bob Example <bob@example.org>");
    sandbox.seed(&[
        ("tickets/queue/TICKET-login-001.md".to_owned(), queue_ticket("TICKET-login-001")),
        ("tickets/active/TICKET-mail-001/TICKET-mail-001.md".to_owned(), held.text()),
        ("tickets/queue/TICKET-bad.md".to_owned(), "not a ticket\n".to_owned()),
    ]);
    sandbox
}

/// Runs the board on a terminal, with these keys typed ahead; `None` where there is none.
fn board(place: &Place, shim: Option<&Shim>, keys: &str) -> Option<Output> {
    on_terminal(place, shim, "board", keys)
}

/// The terminal was taken over once, and given back at the end.
#[track_caller]
fn assert_restored(output: &Output) {
    let text = output.stdout();
    let (entered, left) = (text.find(ENTER), text.rfind(LEAVE));
    assert!(entered.is_some() && entered < left, "{output}");
    let cursor = (text.rfind("\u{1b}[?25l"), text.rfind("\u{1b}[?25h"));
    assert!(cursor.0 < cursor.1, "the cursor is shown again: {output}");
}

#[test]
fn piped_it_is_text_with_a_column_for_each_lane() {
    let clone = seeded().clone_named("a");
    let output = clone.tix(&["board"]);
    let text = output.success().stdout();
    let lines: Vec<&str> = text.lines().collect();
    let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(words(lines[1]), ["queue", "1", "active", "1", "completed", "0", "archive", "0"]);
    assert_eq!(words(lines[3]), ["│", "TICKET-login-001", "│", "TICKET-mail-001"]);
    assert!(lines[4].contains("│ Send \\u{1b}[31mred"), "{output}");
    assert!(lines[5].contains("Bob Example") && !text.contains("bob@"), "{output}");
    assert!(!text.contains('\u{1b}') && lines.len() == 6, "{output}");
    assert!(output.stderr().contains("tickets/queue/TICKET-bad.md"), "{output}");
    let report = clone.tix(&["board", "--json"]).success().json();
    assert_eq!((&report["schema"], &report["total"]), (&"tix/board@1".into(), &2.into()));
    let active = &report["lanes"][1];
    assert_eq!(
        (&active["lane"], &active["tickets"][0]["id"]),
        (&"active".into(), &"TICKET-mail-001".into())
    );
}

#[test]
fn on_a_terminal_it_stays_until_somebody_leaves_and_leaves_the_terminal_as_it_was() {
    let clone = seeded().clone_named("a");
    for keys in ["q", "\\003", "/mail\\rq", "\\rqjlq"] {
        let Some(output) = board(&clone, None, keys) else { return };
        output.success();
        assert_restored(&output);
        assert!(output.stdout().contains("TICKET-login-001"), "{output}");
        assert!(output.stdout().contains("1 cannot be read: tix doctor"), "{output}");
    }
}

#[test]
fn a_ticket_is_claimed_from_the_board_as_from_a_shell() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("a");
    // Leaving at once does not leave the claim alone.
    let Some(output) = board(&clone, None, "aq") else { return };
    assert_restored(output.success());
    let end = output.stdout().rsplit(LEAVE).next().unwrap();
    assert!(end.contains("TICKET-login-001 is yours"), "{output}");
    let held = sandbox.remote().files("main");
    let path = "tickets/active/TICKET-login-001/TICKET-login-001.md";
    assert!(held.iter().any(|file| file == path), "{held:?}");
}

#[test]
fn a_signal_ends_it_and_the_terminal_is_as_it_was() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("a");
    let shim = Shim::new(&sandbox);
    let kill = clone.sh("kill -TERM \"$(cat tix.pid)\"");
    // By the time of the fetch that a key asks for the board is on the screen.
    shim.rule(On::command("fetch").nth(1), Do::Then(kill));
    let Some(output) = board(&clone, Some(&shim), "f") else { return };
    output.exits(128 + 15);
    assert_restored(&output);
    let end = output.stdout().rsplit(LEAVE).next().unwrap();
    assert!(end.contains("interrupted by signal 15"), "{output}");
}
