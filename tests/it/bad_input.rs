//! Whatever can be wrong with a command line, a ticket, a repository or a machine: the exit code says which, the message
//! says what is wrong and what to do, and nothing is changed.

mod future;
mod machine;
mod repository;
mod settings;

use insta::assert_snapshot;

use crate::harness::{Output, Place, Sandbox, Ticket, Untouched, no_leftovers, queue_ticket};

const ID: &str = "TICKET-foo-001";
const QUEUED: &str = "tickets/queue/TICKET-foo-001.md";

fn seeded() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.seed(&[
        (QUEUED, queue_ticket(ID)),
        ("tickets/queue/TICKET-foo-002.md", queue_ticket("TICKET-foo-002")),
        ("tickets/queue/TICKET-bar-001.md", queue_ticket("TICKET-bar-001")),
    ]);
    sandbox
}

/// Runs a command that is to fail: in both forms, with one exit code, and with nothing changed.
#[track_caller]
fn fails(place: &Place, args: &[&str], code: i32) -> Output {
    let output = place.tix(args);
    output.exits(code);
    assert!(output.stdout.is_empty(), "an error is no answer: {output}");
    is_error(&place.tix(&[args, &["--json"]].concat()), code);
    output
}

#[track_caller]
fn is_error(output: &Output, code: i32) {
    let error = output.exits(code).json();
    assert_eq!(error["schema"], "tix/error@1", "{output}");
    assert_eq!(error["exit"], code, "{output}");
    assert!(error["message"].as_str().is_some_and(|text| !text.is_empty()), "{output}");
    assert!(error["hints"].is_array() && error["details"].is_object(), "{output}");
}

/// The same, where there is a clone to look at afterwards.
#[track_caller]
fn fails_in(clone: &Place, args: &[&str], code: i32) -> Output {
    let before = Untouched::of(clone);
    let output = fails(clone, args, code);
    before.assert_same(clone);
    no_leftovers(clone);
    output
}

#[test]
fn an_unknown_id_is_answered_with_the_nearest() {
    let clone = seeded().clone_named("clone");
    assert_snapshot!(fails_in(&clone, &["activate", "TICKET-fo-001"], 4).redacted(), @"
    exit: 4
    ----- stdout -----
    ----- stderr -----
    error: no ticket matches `TICKET-fo-001`
      nearest    TICKET-foo-001, TICKET-foo-002
      looked on  origin/main
    hint: list the tickets: tix list
    ");
    assert_snapshot!(fails_in(&clone, &["release", "nothing-like-it"], 4).redacted(), @"
    exit: 4
    ----- stdout -----
    ----- stderr -----
    error: no ticket matches `nothing-like-it`
      looked on  origin/main
    hint: list the tickets: tix list
    ");
}

#[test]
fn an_ambiguous_id_is_answered_with_the_list() {
    let clone = seeded().clone_named("clone");
    assert_snapshot!(fails_in(&clone, &["activate", "foo"], 2).redacted(), @"
    exit: 2
    ----- stdout -----
    ----- stderr -----
    error: `foo` matches 2 tickets
      matches  TICKET-foo-001  queue      Make it work
               TICKET-foo-002  queue      Make it work
    hint: give the full id of one of them
    ");
    assert_snapshot!(fails_in(&clone, &["activate", "001"], 2).redacted(), @"
    exit: 2
    ----- stdout -----
    ----- stderr -----
    error: `001` matches 2 tickets
      matches  TICKET-bar-001  queue      Make it work
               TICKET-foo-001  queue      Make it work
    hint: give the full id of one of them
    ");
}

#[test]
fn what_cannot_be_an_id_is_refused_as_such() {
    let clone = seeded().clone_named("clone");
    let mut all = String::new();
    for query in ["a..b", "a\nb", "", "-x", "a b", "a/../../b"] {
        let output = clone.tix(&["activate", "--", query]);
        assert!(matches!(output.code, Some(2 | 4)), "{query:?}: {output}");
        is_error(&clone.tix(&["activate", "--json", "--", query]), output.code.unwrap());
        all += &format!(
            "{query:?} {}",
            output.redacted().replace("----- stdout -----\n----- stderr -----\n", "")
        );
    }
    assert_snapshot!(all, @r#"
    "a..b" exit: 4
    error: no ticket matches `a..b`
      looked on  origin/main
    hint: list the tickets: tix list
    "a\nb" exit: 2
    error: `a\nb` cannot name a ticket: the name of a ticket cannot contain control characters
    hint: list the tickets: tix list
    "" exit: 2
    error: `` cannot name a ticket: a ticket is named by its id, a part of its id or its file; this name is empty
    hint: list the tickets: tix list
    "-x" exit: 4
    error: no ticket matches `-x`
      looked on  origin/main
    hint: list the tickets: tix list
    "a b" exit: 4
    error: no ticket matches `a b`
      looked on  origin/main
    hint: list the tickets: tix list
    "a/../../b" exit: 4
    error: no ticket matches `a/../../b`
      looked on  origin/main
    hint: list the tickets: tix list
    "#);
}

#[test]
fn bytes_that_are_no_text_are_no_id() {
    let clone = seeded().clone_named("clone");
    let tix = env!("CARGO_BIN_EXE_tix");
    let output = clone.sh(&format!("'{tix}' activate \"$(printf 'a\\377b')\"")).run();
    assert_snapshot!(output.exits(2).redacted(), @"
    exit: 2
    ----- stdout -----
    ----- stderr -----
    error: invalid UTF-8 was detected in one or more arguments
    hint: tix activate --help
    ");
    let output = clone.sh(&format!("'{tix}' activate --json \"$(printf 'a\\377b')\"")).run();
    is_error(&output, 2);
}

#[test]
fn a_wrong_command_line_is_told_in_the_form_that_was_asked_for() {
    let clone = seeded().clone_named("clone");
    let wrong: &[&[&str]] = &[
        &["activate"],
        &["activate", "--no-such-option", "x"],
        &["no-such-command"],
        &["activate", "foo-001", "--timeout"],
        &["new"],
        &["-x"],
    ];
    for args in wrong {
        let output = clone.tix(args);
        output.exits(2);
        assert!(output.stdout.is_empty() && !output.stderr.is_empty(), "{output}");
        is_error(&clone.tix(&[&["--json"], *args].concat()), 2);
    }
    assert_snapshot!(clone.tix(&["activate", "--jsn", "x"]).redacted(), @"
    exit: 2
    ----- stdout -----
    ----- stderr -----
    error: tix activate has no option `--jsn`
    hint: perhaps you mean: --json
    hint: tix activate --help
    ");
}

#[test]
fn a_time_that_is_none_is_refused() {
    let clone = seeded().clone_named("clone");
    let mut all = String::new();
    for time in ["", "soon", "-1", "1x", "0", "99999999999999999999", "1e9", "10 s", "NaN"] {
        let output = fails_in(&clone, &["activate", "foo-001", &format!("--timeout={time}")], 2);
        all += &format!("{time:?} {}\n", output.stderr().lines().next().unwrap());
    }
    assert_snapshot!(all, @r#"
    "" error: command line: `--timeout` must be a duration from 1s to 24h, such as 90s, 10m or 1h30m, not ``
    "soon" error: command line: `--timeout` must be a duration from 1s to 24h, such as 90s, 10m or 1h30m, not `soon`
    "-1" error: command line: `--timeout` must be a duration from 1s to 24h, such as 90s, 10m or 1h30m, not `-1`
    "1x" error: command line: `--timeout` must be a duration from 1s to 24h, such as 90s, 10m or 1h30m, not `1x`
    "0" error: command line: `--timeout` must be a duration from 1s to 24h, such as 90s, 10m or 1h30m, not `0`
    "99999999999999999999" error: command line: `--timeout` must be a duration from 1s to 24h, such as 90s, 10m or 1h30m, not `99999999999999999999`
    "1e9" error: command line: `--timeout` must be a duration from 1s to 24h, such as 90s, 10m or 1h30m, not `1e9`
    "10 s" error: command line: `--timeout` must be a duration from 1s to 24h, such as 90s, 10m or 1h30m, not `10 s`
    "NaN" error: command line: `--timeout` must be a duration from 1s to 24h, such as 90s, 10m or 1h30m, not `NaN`
    "#);
}

#[test]
fn a_ticket_that_cannot_be_read_is_named_with_its_line() {
    let broken = [
        "# Just a heading\n",
        "---\ntitle: \"open\n---\n",
        "---\ntitle: [a\n---\n",
        "---\nticket_id: x\n",
        "\u{0}",
        "",
    ];
    let mut all = String::new();
    for text in broken {
        let sandbox = seeded();
        sandbox.seed(&[(QUEUED, text)]);
        let clone = sandbox.clone_named("clone");
        let output = fails_in(&clone, &["activate", "foo-001"], 9);
        all += &format!("{text:?}\n{}", output.stderr());
        // It is nobody else's trouble.
        clone.tix(&["activate", "bar-001"]).success();
    }
    assert_snapshot!(all, @r##"
    "# Just a heading\n"
    error: tickets/queue/TICKET-foo-001.md:1: a ticket starts with front matter, a line of `---`
    hint: fix it in your editor: tix edit tickets/queue/TICKET-foo-001.md
    hint: or put a whole file in its place: tix edit tickets/queue/TICKET-foo-001.md --from <file>
    "---\ntitle: \"open\n---\n"
    error: tickets/queue/TICKET-foo-001.md:2: this front matter cannot be read: this quote is not closed
    hint: fix it in your editor: tix edit tickets/queue/TICKET-foo-001.md
    hint: or put a whole file in its place: tix edit tickets/queue/TICKET-foo-001.md --from <file>
    "---\ntitle: [a\n---\n"
    error: tickets/queue/TICKET-foo-001.md:2: this front matter cannot be read: this bracket is not closed
    hint: fix it in your editor: tix edit tickets/queue/TICKET-foo-001.md
    hint: or put a whole file in its place: tix edit tickets/queue/TICKET-foo-001.md --from <file>
    "---\nticket_id: x\n"
    error: tickets/queue/TICKET-foo-001.md:1: this front matter has no closing `---`
    hint: fix it in your editor: tix edit tickets/queue/TICKET-foo-001.md
    hint: or put a whole file in its place: tix edit tickets/queue/TICKET-foo-001.md --from <file>
    "\0"
    error: tickets/queue/TICKET-foo-001.md:1: a ticket starts with front matter, a line of `---`
    hint: fix it in your editor: tix edit tickets/queue/TICKET-foo-001.md
    hint: or put a whole file in its place: tix edit tickets/queue/TICKET-foo-001.md --from <file>
    ""
    error: tickets/queue/TICKET-foo-001.md:1: a ticket starts with front matter, a line of `---`
    hint: fix it in your editor: tix edit tickets/queue/TICKET-foo-001.md
    hint: or put a whole file in its place: tix edit tickets/queue/TICKET-foo-001.md --from <file>
    "##);
}

#[test]
fn a_ticket_that_is_not_claimable_is_told_with_what_it_needs() {
    let mut all = String::new();
    for (key, value) in [
        ("status", "draft"),
        ("status", "in_progress"),
        ("status", "nonsense"),
        ("blocked", "waits for the moon"),
    ] {
        let sandbox = Sandbox::new();
        sandbox.seed(&[(QUEUED, Ticket::new(ID).key(key, value).text())]);
        let output = fails_in(&sandbox.clone_named("clone"), &["activate", "foo-001"], 5);
        all += &format!("{key}: {value}\n{}", output.stderr());
    }
    assert_snapshot!(all, @"
    status: draft
    error: TICKET-foo-001 cannot be claimed: its status is `draft`
      needs      open or queued
      legal now  queue, note, edit, set, tick, block, close
    hint: look at it: tix show TICKET-foo-001
    status: in_progress
    error: TICKET-foo-001 cannot be claimed: its status is `in_progress`
      needs  open or queued
    hint: if it belongs in queue/, give it a status of that lane: tix set TICKET-foo-001 status=open
    status: nonsense
    error: TICKET-foo-001 cannot be claimed: its status is `nonsense`
      needs  open or queued
    hint: give it a status that tix knows: tix set TICKET-foo-001 status=open
    blocked: waits for the moon
    error: TICKET-foo-001 is blocked: waits for the moon
      legal now  queue, draft, note, edit, set, tick, block, unblock, close
    hint: look at it: tix show TICKET-foo-001
    ");
}
