//! `tix board`: the lanes side by side, as text and on a terminal.

use crate::harness::{
    Do, On, Output, Place, Sandbox, Shim, Ticket, on_terminal, queue_ticket, start_on_terminal,
};

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
    assert!(lines[3].contains("│ Send \\u{1b}[31mred"), "{output}");
    assert_eq!(words(lines[4]), ["│", "login-001", "│", "mail-001"]);
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
    for keys in ["q", "\\003", "/mail\\rq", "\\rqjlq", "?qq"] {
        let Some(output) = board(&clone, None, keys) else { return };
        output.success();
        assert_restored(&output);
        assert!(output.stdout().contains("login-001"), "{output}");
        assert!(output.stdout().contains("1 cannot be read: tix doctor"), "{output}");
    }
}

#[test]
fn a_merge_is_named_only_for_a_ticket_that_waits_for_one() {
    let sandbox = seeded();
    let done = Ticket::new("TICKET-mail-001").key("status", "approved");
    let done = done.key("claimed_by", "Bob Example <bob@example.org>");
    let clone = sandbox.clone_named("a");
    let Some(output) = board(&clone, None, "oq") else { return };
    let text = output.success().stdout();
    assert!(text.contains("does not wait for a merge") && !text.contains("git merge"), "{output}");
    sandbox.seed(&[("tickets/active/TICKET-mail-001/TICKET-mail-001.md".to_owned(), done.text())]);
    clone.git(&["pull", "-q"]);
    let output = board(&clone, None, "loq").unwrap();
    assert!(
        output.success().stdout().contains("git merge origin/ticket/TICKET-mail-001"),
        "{output}"
    );
}

#[test]
fn a_ticket_is_claimed_from_the_board_as_from_a_shell() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("a");
    // Leaving at once does not leave the claim alone.
    let Some(output) = board(&clone, None, "ayq") else { return };
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

/// The part of what was written that came after the terminal was given back.
fn farewell(output: &Output) -> &str {
    output.stdout().rsplit(LEAVE).next().unwrap()
}

#[test]
fn it_follows_the_remote_without_a_key() {
    let sandbox = seeded();
    let (clone, other) = (sandbox.clone_named("a"), sandbox.clone_named("b"));
    let shim = Shim::new(&sandbox);
    // Somebody publishes a ticket just before the first question. By the second one it must have been fetched and drawn.
    let new = "tickets/queue/TICKET-news-001.md";
    other.commit("news", &[(new, &queue_ticket("TICKET-news-001"))]);
    shim.rule(On::command("ls-remote").nth(1), Do::Then(other.git_command(&["push", "-q"])));
    let kill = clone.sh("kill -TERM \"$(cat tix.pid)\"");
    shim.rule(On::command("ls-remote").nth(2), Do::Then(kill));
    let args = "board --every 1";
    let Some(output) = on_terminal(&clone, Some(&shim), args, "") else { return };
    assert_restored(output.exits(128 + 15));
    let (shown, _) = output.stdout().rsplit_once(LEAVE).unwrap();
    assert!(shown.contains("login-001") && shown.contains("news-001"), "{output}");
    assert!(!shown.contains("fetching"), "nobody asked for anything: {output}");
    assert!(shown.contains("looked"), "{output}");
    shim.settle();
}

/// A holder writes to the ticket branch, and the trunk does not move.
#[test]
fn it_follows_the_ticket_branches_too() {
    let sandbox = Sandbox::new();
    let id = "TICKET-login-001";
    sandbox.seed(&[(format!("tickets/queue/{id}.md"), queue_ticket(id))]);
    let (clone, other) = (sandbox.clone_named("a"), sandbox.clone_named("b"));
    other.tix(&["activate", id]).success();
    clone.tix(&["list", "--fetch"]).success();
    let shim = Shim::new(&sandbox);
    let block = other.tix_command(&["block", id, "--reason", "no-thread"]);
    shim.rule(On::command("ls-remote").nth(1), Do::Then(block));
    let kill = clone.sh("kill -TERM \"$(cat tix.pid)\"");
    shim.rule(On::command("ls-remote").nth(2), Do::Then(kill));
    let Some(output) = on_terminal(&clone, Some(&shim), "board --every 1", "") else { return };
    assert_restored(output.exits(128 + 15));
    assert!(output.stdout().contains("blocked: no-thre"), "{output}");
    let asked = shim.calls().iter().filter(|call| call.subcommand == "ls-remote").count();
    assert_eq!(asked, 2, "one question for the trunk and the ticket branches");
}

#[test]
fn a_remote_that_does_not_answer_is_a_word_at_the_bottom_until_it_does() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("a");
    let shim = Shim::new(&sandbox);
    let away = Do::Fail { code: 128, stderr: "fatal: no route to host\n" };
    shim.rule(On::command("ls-remote").nth(1), away);
    let kill = clone.sh("kill -TERM \"$(cat tix.pid)\"");
    shim.rule(On::command("ls-remote").nth(2), Do::Then(kill));
    let args = "board --every 1";
    let Some(output) = on_terminal(&clone, Some(&shim), args, "") else { return };
    assert_restored(output.exits(128 + 15));
    assert!(output.stdout().contains("origin does not answer"), "{output}");
    assert!(!output.stdout().contains("no route to host"), "{output}");
}

#[test]
fn leaving_waits_for_no_answer_and_leaves_no_question_behind() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("a");
    for (asked, args) in [("ls-remote", "board"), ("fetch", "board --every 0")] {
        let shim = Shim::new(&sandbox);
        let gate = shim.gate(On::command(asked));
        let Some(terminal) = start_on_terminal(&clone, Some(&shim), args) else { return };
        let output = match asked {
            // It asks by itself, and goes on answering keys while it waits.
            "ls-remote" => {
                gate.wait_for(1);
                terminal.press("jkq")
            }
            // Asked for by a key; what it would have brought is not looked at any more.
            _ => terminal.press("fq"),
        };
        assert_restored(output.success());
        assert_eq!(farewell(&output).trim(), "", "{output}");
        // The gate is closed still: whoever waits there would wait for ever.
        shim.settle();
        let questions = shim.calls().iter().filter(|call| call.subcommand == "ls-remote").count();
        assert_eq!(questions, usize::from(asked == "ls-remote"), "--every 0 never asks");
    }
}

#[test]
fn the_queue_is_in_the_order_of_next() {
    let sandbox = Sandbox::new();
    let ticket = |id: &str, key: &str, value: &str| {
        let text = Ticket::new(id).key("title", id).key("status", "open").key(key, value).text();
        (format!("tickets/queue/{id}.md"), text)
    };
    sandbox.seed(&[
        ticket("TICKET-a-001", "depends_on", "[TICKET-b-001]"),
        ticket("TICKET-b-001", "priority", "P2"),
        ticket("TICKET-c-001", "priority", "P0"),
    ]);
    let clone = sandbox.clone_named("a");
    let output = clone.tix(&["board"]);
    let text = output.success().stdout();
    let place = |id: &str| text.find(id).unwrap_or_else(|| panic!("{output}"));
    assert!(place(" c-001") < place(" b-001") && place(" b-001") < place(" a-001"), "{output}");
    let list = clone.tix(&["list", "--sort", "next", "--columns", "id"]);
    assert_eq!(list.success().stdout(), "TICKET-c-001\nTICKET-b-001\nTICKET-a-001\n");
}

#[test]
fn an_opened_ticket_is_read_without_markup() {
    let sandbox = Sandbox::new();
    let text = "---\ntitle: Say hello\nstatus: open\nestimate: 3\n---\n<!-- how to fill this in -->\n# \
                Requirements\n\n- [ ] **greets** people\n";
    sandbox.seed(&[("tickets/queue/TICKET-hello-001.md", text)]);
    let clone = sandbox.clone_named("a");
    let Some(output) = board(&clone, None, "\\rqq") else { return };
    let shown = output.success().stdout();
    assert!(
        shown.contains("☐") && shown.contains("greets") && shown.contains("estimate"),
        "{output}"
    );
    assert!(!shown.contains("**") && !shown.contains("<!--"), "{output}");
}

#[test]
fn a_ticket_is_written_edited_and_copied_from_the_board() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("a");
    let Some(output) = board(&clone, None, "nSay hello\\rq") else { return };
    assert_restored(output.success());
    let files = sandbox.remote().files("main");
    let path = "tickets/queue/TICKET-say-hello-001.md";
    assert!(files.iter().any(|file| file == path), "{files:?}\n{output}");

    clone.write_script("editor", "#!/bin/sh\necho 'Mind the gap.' >>\"$1\"\n");
    let editor = clone.path().join("editor");
    clone.git(&["config", "core.editor", &format!("'{}'", editor.display())]);
    let Some(output) = board(&clone, None, "/hello\\reyq") else { return };
    assert_restored(output.success());
    assert_eq!(output.stdout().matches(ENTER).count(), 2, "it was suspended: {output}");
    // The base64 of `TICKET-say-hello-001`, as OSC 52 has it.
    let copied = "\u{1b}]52;c;VElDS0VULXNheS1oZWxsby0wMDE=";
    assert!(output.stdout().contains(copied), "{output}");
    let text = sandbox.remote().git(&["show", &format!("main:{path}")]);
    assert!(text.contains("Mind the gap."), "{text}");
}

#[test]
fn a_held_ticket_is_left_for_its_workspace_and_released() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("a");
    clone.tix(&["activate", "login"]).success();
    let Some(output) = board(&clone, None, "/login\\rw") else { return };
    assert_restored(output.success());
    assert!(farewell(&output).trim().ends_with("TICKET-login-001"), "{output}");
    assert!(std::path::Path::new(farewell(&output).trim()).is_dir(), "{output}");
    let Some(output) = board(&clone, None, "/login\\rrnryq") else { return };
    assert_restored(output.success());
    assert!(farewell(&output).contains("TICKET-login-001"), "{output}");
    let files = sandbox.remote().files("main");
    assert!(files.iter().any(|file| file == "tickets/queue/TICKET-login-001.md"), "{files:?}");
}

#[test]
fn a_held_ticket_is_completed_from_the_board() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("a");
    clone.tix(&["activate", "login"]).success();
    let path = clone.tix(&["path", "login"]);
    let workspace = clone.at(path.success().stdout().trim_end());
    let file = "tickets/active/TICKET-login-001/TICKET-login-001.md";
    let ticked = workspace.read(file).replace("- [ ]", "- [x]");
    workspace.commit("work", &[("work.txt", "done\n"), (file, &ticked)]);
    let Some(output) = board(&clone, None, "/login\\rcyq") else { return };
    assert_restored(output.success());
    assert!(farewell(&output).contains("TICKET-login-001 is complete"), "{output}");
}

#[test]
fn the_page_of_a_pull_request_is_named() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("a");
    clone.git(&["config", "remote.origin.url", "git@github.com:acme/shop.git"]);
    let Some(output) = board(&clone, None, "oq") else { return };
    let shown = output.success().stdout();
    assert!(shown.contains("acme/shop  origin/main"), "{output}");
    let page = "https://github.com/acme/shop/pulls?q=is%3Apr+head%3Aticket/TICKET-login-001";
    assert!(shown.contains(page), "{output}");
}
