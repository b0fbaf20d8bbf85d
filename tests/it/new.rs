//! Writing tickets into the queue.

use crate::activate::{ID, key, one_ticket};
use crate::harness::{
    Do, On, Place, Sandbox, Shim, Untouched, codes, no_leftovers, on_terminal, queue_ticket,
    together,
};

fn empty() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.seed(&[("tickets/queue/.gitkeep", ""), ("src/main.rs", "fn main() {}\n")]);
    sandbox
}

fn path(id: &str) -> String {
    format!("tickets/queue/{id}.md")
}

fn text(sandbox: &Sandbox, id: &str) -> String {
    String::from_utf8(sandbox.remote().show("main", &path(id))).unwrap()
}

fn commits(sandbox: &Sandbox) -> usize {
    sandbox.remote().git(&["rev-list", "--count", "main"]).parse().unwrap()
}

#[test]
fn the_answer_is_the_id_and_the_checkout_is_not_touched() {
    let sandbox = empty();
    let clone = sandbox.clone_named("a");
    clone.write("dirty.txt", "x\n");
    let before = Untouched::of(&clone);
    let output = clone.tix(&["new", "Fix the login"]);
    insta::assert_snapshot!(output.success().redacted(), @"
    exit: 0
    ----- stdout -----
    TICKET-fix-the-login-001
    ----- stderr -----
    ");
    let place = sandbox.clone_named("b");
    if let Some(output) = on_terminal(&place, None, "new 'On a terminal'", "") {
        let line = "TICKET-on-a-terminal-001 is in the queue on origin/main\n";
        assert!(output.success().stdout().replace('\r', "").ends_with(line), "{output}");
    }
    before.assert_same(&clone);
    no_leftovers(&clone);
    let id = "TICKET-fix-the-login-001";
    let remote = sandbox.remote();
    for (name, value) in [
        ("ticket_id", id),
        ("session_id", "fix-the-login"),
        ("sequence", "001"),
        ("title", "Fix the login"),
        ("status", "open"),
    ] {
        assert_eq!(key(&remote, "main", &path(id), name), value);
    }
    let receipt = clone.tix(&["new", "Fix the login", "--json"]).success().json();
    assert_eq!(receipt["ticket"], "TICKET-fix-the-login-002");
    assert_eq!(receipt["outcome"], "created");
    assert_eq!(receipt["paths"][0], path("TICKET-fix-the-login-002"));
    clone.tix(&["activate", id]).success();
}

#[test]
fn numbers_are_free_over_all_lanes() {
    let sandbox = empty();
    sandbox.seed(&[
        ("tickets/completed/a/TICKET-foo-007.md", queue_ticket("TICKET-foo-007")),
        ("tickets/archive/TICKET-foo-011.md", queue_ticket("TICKET-foo-011")),
        ("tickets/active/x/TICKET-foo-003.md", queue_ticket("TICKET-foo-003")),
    ]);
    let output = sandbox.clone_named("a").tix(&["new", "Something", "--session", "foo"]);
    assert_eq!(output.success().stdout(), "TICKET-foo-012\n");
}

#[test]
fn many_at_once_all_get_different_numbers() {
    let sandbox = empty();
    let places: Vec<Place> = (0..6)
        .map(|n| sandbox.clone_named(&format!("c{n}")).on_machine(&format!("m{}", n % 3)))
        .map(|place| place.frozen_at("2026-01-02T03:04:05Z"))
        .collect();
    let runs = places.iter().flat_map(|p| [p, p]).map(|p| p.tix_command(&["new", "Same title"]));
    let outputs = together(&sandbox, runs.collect());
    assert_eq!(codes(&outputs), [0; 12], "{outputs:?}");
    let mut ids: Vec<_> = outputs.iter().map(|o| o.stdout().trim().to_owned()).collect();
    ids.sort();
    let expected: Vec<_> = (1..=12).map(|n| format!("TICKET-same-title-{n:03}")).collect();
    assert_eq!(ids, expected);
    assert_eq!(commits(&sandbox), 13);
}

#[test]
fn a_repeated_call_with_one_key_gives_the_same_ticket() {
    let sandbox = empty();
    let clone = sandbox.clone_named("a");
    let first = clone.tix(&["new", "One", "--key", "build 7: main"]);
    let second =
        sandbox.clone_named("b").tix(&["new", "Another", "--key", "build 7: main", "--json"]);
    assert_eq!(second.success().json()["outcome"], "existing");
    assert_eq!(
        format!("{}\n", second.json()["ticket"].as_str().unwrap()),
        first.success().stdout()
    );
    // A key that is a part of another is another key.
    clone.tix(&["new", "Third", "--key", "build 7"]).success();
    clone.tix(&["new", "Fourth", "--key", "build 7: main 2"]).success();
    assert_eq!(commits(&sandbox), 4);
    // Also when the ticket has gone elsewhere since.
    clone.tix(&["activate", "one-001"]).success();
    let again = clone.tix(&["new", "One", "--key", "build 7: main"]);
    assert_eq!(again.success().stdout(), "TICKET-one-001\n");
}

#[test]
fn many_calls_at_once_with_one_key_make_one_ticket() {
    let sandbox = empty();
    let places: Vec<Place> = (0..4)
        .map(|n| sandbox.clone_named(&format!("c{n}")).on_machine(&format!("m{n}")))
        .collect();
    let runs =
        places.iter().flat_map(|p| [p, p]).map(|p| p.tix_command(&["new", "T", "--key", "k"]));
    let outputs = together(&sandbox, runs.collect());
    assert_eq!(codes(&outputs), [0; 8], "{outputs:?}");
    assert!(outputs.iter().all(|o| o.stdout() == "TICKET-t-001\n"), "{outputs:?}");
    assert_eq!(commits(&sandbox), 2);
}

#[test]
fn a_lost_answer_makes_no_second_ticket() {
    let sandbox = empty();
    let clone = sandbox.clone_named("a");
    let shim = Shim::new(&sandbox);
    let cut = Do::FailAfter { code: 128, stderr: "fatal: the remote end hung up\n" };
    shim.rule(On::command("push").nth(1), cut);
    let output = clone.tix_command(&["new", "Once"]).through(&shim).run();
    assert_eq!(output.success().stdout(), "TICKET-once-001\n");
    assert_eq!(commits(&sandbox), 2);
}

#[test]
fn a_key_must_be_one_line() {
    let sandbox = empty();
    let clone = sandbox.clone_named("a");
    for bad in ["", " x", "a\nTix-Ticket: T", "a  b", "\x1b[31m"] {
        clone.tix(&["new", "T", "--key", bad]).exits(2);
    }
    assert_eq!(commits(&sandbox), 1);
}

#[test]
fn several_files_make_one_commit_and_keep_their_bytes() {
    let sandbox = empty();
    let clone = sandbox.clone_named("a");
    let odd = "---\n# Metadata\nticket_id: x\nstatus: open\ntitle:   \"A: b\"  # why\n---\r\n\r\n# What\n日本";
    clone.write("in/TICKET-foo-005.md", odd);
    clone.write("in/plain.md", "# A plain one\n\nText.\n");
    clone.write("in/TICKET-bar.md", queue_ticket("TICKET-bar"));
    let before = Untouched::of(&clone);
    let receipt = clone
        .at("in")
        .tix(&["new", "--json", "--from", "TICKET-foo-005.md", "plain.md", "TICKET-bar.md"])
        .success()
        .json();
    before.assert_same(&clone);
    let ids = ["TICKET-foo-005", "TICKET-a-plain-one-001", "TICKET-bar-001"];
    assert_eq!(receipt["tickets"], serde_json::json!(ids));
    assert_eq!(commits(&sandbox), 2);
    let foo = text(&sandbox, "TICKET-foo-005");
    assert!(
        foo.contains("title:   \"A: b\"  # why\n") && foo.ends_with("---\r\n\r\n# What\n日本"),
        "{foo:?}"
    );
    let plain = text(&sandbox, "TICKET-a-plain-one-001");
    assert!(
        plain.contains("title: A plain one\n") && plain.ends_with("# A plain one\n\nText.\n"),
        "{plain}"
    );
    let message = sandbox.remote().git(&["log", "-1", "--format=%s", "main"]);
    assert_eq!(message, format!("new: {}", ids.join(" ")));
}

#[test]
fn a_file_whose_number_is_taken_gets_the_next() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a");
    clone.write("TICKET-foo-001.md", queue_ticket(ID));
    let output = clone.tix(&["new", "--from", "TICKET-foo-001.md"]);
    assert_eq!(output.success().stdout(), "TICKET-foo-002\n");
    assert_eq!(
        key(&sandbox.remote(), "main", &path("TICKET-foo-002"), "ticket_id"),
        "TICKET-foo-002"
    );
}

#[test]
fn one_bad_file_refuses_all_and_names_file_and_line() {
    let sandbox = empty();
    let clone = sandbox.clone_named("a");
    clone.write("good.md", "# Good\n");
    clone.write("bad.md", "---\nstatus: open\nno end\n");
    let output = clone.tix(&["new", "--from", "good.md", "bad.md"]);
    assert!(output.exits(9).stderr().contains("bad.md:"), "{output}");
    clone.tix(&["new", "--from", "good.md", "missing.md"]).exits(2);
    assert_eq!(commits(&sandbox), 1);
}

#[test]
fn the_template_is_the_trunks_and_not_the_checkouts() {
    let sandbox = empty();
    let clone = sandbox.clone_named("a");
    clone.write("tickets/TEMPLATE.md", "---\nmine: yes\n---\n");
    let template = "---\n# Metadata\nticket_id: {id}\nteam: core\nstatus: draft\n---\n\n# Plan\n\n# Changelog\n";
    sandbox.seed(&[("tickets/TEMPLATE.md", template)]);
    clone.tix(&["new", "From a template"]).success();
    let text = text(&sandbox, "TICKET-from-a-template-001");
    assert!(text.contains("team: core\n") && text.contains("status: open\n"), "{text}");
    assert!(text.contains("# Plan\n") && text.contains("- Created by Ada Example"), "{text}");
    assert!(!text.contains("mine"), "{text}");
}

#[test]
fn the_text_can_come_from_standard_input() {
    let sandbox = empty();
    let clone = sandbox.clone_named("a");
    let run = clone.tix_command(&["new", "With a body", "--body", "-"]);
    run.stdin("# Why\n\nBecause.\n---\nstatus: closed\n---\n").run().success();
    let text = text(&sandbox, "TICKET-with-a-body-001");
    assert!(text.contains("\n# Why\n\nBecause.\n---\nstatus: closed\n---\n"), "{text}");
    assert_eq!(key(&sandbox.remote(), "main", &path("TICKET-with-a-body-001"), "status"), "open");
    clone.write("body.md", "From a file.\n");
    clone.tix(&["new", "B", "--body", "body.md"]).success();
    clone.tix(&["new", "B", "--body", "nothing.md"]).exits(2);
}

#[test]
fn labels_priority_and_dependencies_are_written() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a");
    let args = [
        "new",
        "X",
        "--priority",
        "p1",
        "--label",
        "a",
        "--label",
        "b: c",
        "--depends-on",
        "foo-001",
    ];
    clone.tix(&args).success();
    let text = text(&sandbox, "TICKET-x-001");
    assert!(text.contains("priority: P1\n"), "{text}");
    assert!(text.contains("labels: [a, \"b: c\"]\n"), "{text}");
    assert!(text.contains(&format!("depends_on: [{ID}]\n")), "{text}");
    clone.tix(&["new", "X", "--depends-on", "nothing"]).exits(4);
}

#[test]
fn hostile_titles_and_sessions_stay_in_their_place() {
    let sandbox = empty();
    let clone = sandbox.clone_named("a");
    let titles = [
        "a\nTix-Actor: Eve\n\nclaim: x",
        "\x1b[31mred\x1b[0m",
        "$(touch pwned) `id` ; rm -rf /",
        "../../../etc/passwd",
        "--help: me",
        "日本語のタイトル",
        "x: y # z",
        "\u{202e}evil",
        "---",
    ];
    for title in titles {
        let output = clone.tix(&["new", "--", title]);
        assert_eq!(output.code, Some(0), "{title:?}: {output}");
        assert!(!output.to_string().contains('\x1b'), "{title:?}");
        let id = output.stdout().trim().to_owned();
        let ok = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
        assert!(id.chars().all(ok), "{id}");
        let trailers = sandbox.remote().git(&[
            "log",
            "-1",
            "--format=%(trailers:key=Tix-Actor,valueonly)",
            "main",
        ]);
        assert_eq!(trailers.trim(), "Ada Example <ada@example.org>");
        // The title is read back as it was given, on one line of the file or in quotes.
        let shown = clone.tix(&["show", &id, "--json"]);
        assert_eq!(shown.success().json()["title"], title.trim(), "{shown}");
    }
    for session in ["../x", "-x", "a/b", "", "a b", "x\n", ".", "..", "a.lock", &"x".repeat(200)] {
        let output = clone.tix(&["new", "T", &format!("--session={session}")]);
        assert_eq!(output.code, Some(2), "{session:?}: {output}");
    }
    let files = sandbox.remote().files("main");
    assert!(
        files.iter().all(|f| f.starts_with("tickets/queue/") || f == "src/main.rs"),
        "{files:?}"
    );
    assert_eq!(commits(&sandbox), 1 + titles.len());
}

#[test]
fn a_repository_that_is_not_set_up_gets_no_ticket() {
    let sandbox = Sandbox::new();
    sandbox.seed(&[("src/main.rs", "fn main() {}\n")]);
    let (clone, local) = (sandbox.clone_named("a"), sandbox.local_repository("b"));
    for place in [&clone, &local] {
        let refs =
            [place, &sandbox.remote()].map(|place| place.git(&["for-each-ref", "refs/heads"]));
        let (listed, made) = (place.tix(&["list"]), place.tix(&["new", "First"]));
        // The same words as those of a look.
        assert_eq!(made.exits(4).stderr(), listed.exits(4).stderr());
        assert!(made.stderr().contains("set it up: tix init"), "{made}");
        assert_eq!(
            refs,
            [place, &sandbox.remote()].map(|place| place.git(&["for-each-ref", "refs/heads"]))
        );
    }
    local.tix(&["init", "--commit"]).success();
    local.tix(&["new", "First"]).success();
    assert_eq!(local.git(&["status", "--porcelain"]), "");
    assert!(local.exists(path("TICKET-first-001")));
}

#[test]
fn what_a_server_refuses_is_told_in_its_words_and_no_ticket_is_promised() {
    let sandbox = empty();
    sandbox
        .remote()
        .hook("pre-receive", "echo 'GH006: Protected branch update failed' >&2; exit 1");
    let clone = sandbox.clone_named("a");
    let output = clone.tix(&["new", "T"]);
    insta::assert_snapshot!(output.exits(6).redacted(), @"
    exit: 6
    ----- stdout -----
    ----- stderr -----
    error: origin refuses the push to main: pre-receive hook declined
      remote says  GH006: Protected branch update failed
    hint: if origin protects this branch, keep the tickets on a branch of their own: tix init --trunk tickets
    ");
    assert_eq!(commits(&sandbox), 1);
}
