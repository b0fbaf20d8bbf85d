use std::time::Duration;

use super::{CLAIM, active_path, held, ids, on_terminal, queue_path, seeded};
use crate::harness::{Do, On, Place, Sandbox, Shim, Ticket, Untouched, queue_ticket};

const LONG_AGO: Duration = Duration::from_hours(3);

#[test]
fn queue_and_active_are_shown_and_other_lanes_when_they_are_named() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("a");
    let text = clone.tix(&["list"]);
    let lines: Vec<&str> = text.success().stdout().lines().collect();
    assert_eq!(lines.len(), 2, "{text}");
    assert!(
        lines[0].starts_with("queue\topen\t-\t")
            && lines[0].ends_with("\tTICKET-login-001\tMake it work")
    );
    assert!(lines[1].starts_with("active\tclaimed\tBob Example <bob@example.org>\t"), "{text}");
    let all = clone.tix(&["list", "--lane", "all", "--json"]).success().json();
    assert_eq!(ids(&all), ["TICKET-login-001", "TICKET-mail-001", "TICKET-old-001"]);
    let some = clone.tix(&["list", "--lane=completed,queue", "--json"]).success().json();
    assert_eq!(ids(&some), ["TICKET-login-001", "TICKET-old-001"]);
}

#[test]
fn json_says_all_there_is_to_know() {
    let sandbox = seeded();
    let ticket = Ticket::new("TICKET-full-001")
        .key("priority", "high")
        .key("labels", "[ui, \"a, b\"]")
        .key("depends_on", "[TICKET-login-001]")
        .key("blocked", "\"waits for Eve\"");
    sandbox.seed(&[(queue_path("TICKET-full-001"), ticket.text())]);
    let clone = sandbox.clone_named("a");
    let answer = clone.tix(&["list", "--json"]).success().json();
    assert_eq!(answer["schema"], "tix/list@1");
    assert_eq!(answer["trunk"], "origin/main");
    assert_eq!(answer["commit"], clone.git(&["rev-parse", "origin/main"]).as_str());
    assert!(answer["fetched_at"].as_str().unwrap().ends_with('Z'), "{answer}");
    assert_eq!((&answer["returned"], &answer["truncated"]), (&3.into(), &false.into()));
    let full = &answer["tickets"][0];
    assert_eq!(full["id"], "TICKET-full-001");
    assert_eq!(full["blocked"], "waits for Eve");
    assert_eq!(full["priority"], "high");
    assert_eq!(full["labels"], serde_json::json!(["ui", "a, b"]));
    assert_eq!(full["depends_on"], serde_json::json!(["TICKET-login-001"]));
    assert_eq!(full["holder"], serde_json::Value::Null);
    let held = &answer["tickets"][2];
    assert_eq!(held["path"], active_path("TICKET-mail-001").as_str());
    assert_eq!(held["claim_id"], CLAIM);
    assert_eq!(held["claimed_at"], "2025-12-03T12:00:00Z");
    assert_eq!(held["source"], "origin/main");
}

#[test]
fn a_damaged_file_never_hides_the_others() {
    let sandbox = seeded();
    sandbox.seed(&[
        (queue_path("TICKET-broken"), "---\ntitle: \"no end\nstatus: open\n---\n".to_owned()),
        (queue_path("TICKET-bare"), "no front matter\n".to_owned()),
        ("tickets/queue/a b.md".to_owned(), queue_ticket("TICKET-x")),
        ("tickets/archive/TICKET-login-001.md".to_owned(), queue_ticket("TICKET-login-001")),
        (queue_path("TICKET-fine"), queue_ticket("TICKET-fine")),
    ]);
    let clone = sandbox.clone_named("a");
    clone.sh("ln -s TICKET-fine.md tickets/queue/TICKET-link.md").run().success();
    clone.git(&["add", "tickets/queue/TICKET-link.md"]);
    clone.git(&["commit", "-q", "-m", "a link"]);
    clone.git(&["push", "-q"]);
    let output = clone.tix(&["list", "--json"]);
    let answer = output.success().json();
    assert_eq!(ids(&answer), ["TICKET-fine", "TICKET-mail-001"]);
    let damaged: Vec<String> = answer["damaged"]
        .as_array()
        .unwrap()
        .iter()
        .map(|d| format!("{}:{}", d["path"].as_str().unwrap(), d["line"]))
        .collect();
    let expected = [
        "tickets/queue/TICKET-bare.md:1",
        "tickets/queue/TICKET-broken.md:2",
        "tickets/queue/TICKET-link.md:null",
        "tickets/queue/TICKET-login-001.md:null",
        "tickets/queue/a b.md:null",
    ];
    assert_eq!(damaged, expected, "{output}");
    let warnings = output.stderr().lines().filter(|line| line.starts_with("warning: ")).count();
    assert_eq!(warnings, expected.len(), "{output}");
    assert!(output.stderr().contains("TICKET-login-001 exists 2 times"), "{output}");
}

#[test]
fn where_no_ticket_can_be_read_the_list_says_that_instead_of_nothing() {
    let sandbox = Sandbox::new();
    let broken = "no front matter\n".to_owned();
    sandbox.seed(&[(queue_path("TICKET-a-001"), broken.clone())]);
    let clone = sandbox.clone_named("a");
    let told = |args: &[&str]| clone.tix(args).success().stderr().to_owned();
    assert!(told(&["list"]).contains("the only ticket here cannot be read\n"));
    sandbox.seed(&[(queue_path("TICKET-b-001"), broken)]);
    assert!(told(&["list", "--fetch"]).contains("none of the 2 tickets here can be read\n"));
    sandbox.seed(&[(queue_path("TICKET-c-001"), queue_ticket("TICKET-c-001"))]);
    assert!(told(&["list", "--fetch", "--label", "x"]).contains("no ticket matches\n"));
}

#[test]
fn nothing_of_a_ticket_reaches_the_terminal_as_a_command() {
    let sandbox = Sandbox::new();
    let hostile = Ticket::new("TICKET-x-001")
        .key("title", "\"a\\e[2J\\tb\\nc\u{202e}d\"")
        .key("status", "\u{1b}[31mopen")
        .key("claimed_by", "\"\\x07Eve\"");
    sandbox.seed(&[(queue_path("TICKET-x-001"), hostile.text())]);
    let clone = sandbox.clone_named("a");
    let output = clone.tix(&["list"]);
    let stdout = output.success().stdout();
    assert!(!stdout.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{stdout:?}");
    assert_eq!(stdout.lines().count(), 1, "{output}");
    assert_eq!(stdout.matches('\t').count(), 5, "{output}");
    // A program gets what the file says.
    let answer = clone.tix(&["list", "--json"]).success().json();
    assert_eq!(answer["tickets"][0]["title"], "a\u{1b}[2J\tb\nc\u{202e}d");
}

#[test]
fn the_list_is_of_the_trunk_and_not_of_the_checkout() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("a");
    clone.git(&["switch", "-q", "--detach", "HEAD"]);
    std::fs::remove_dir_all(clone.path().join("tickets")).unwrap();
    clone.write("tickets/queue/TICKET-local-001.md", queue_ticket("TICKET-local-001"));
    let deep = clone.at("some/where");
    let before = Untouched::of(&clone);
    let answer = deep.tix(&["list", "--json"]).success().json();
    assert_eq!(ids(&answer), ["TICKET-login-001", "TICKET-mail-001"]);
    before.assert_same(&clone);
    let bare = sandbox.bare_clone("b.git");
    bare.tix(&["list"]).exits(5);
    let fetched = bare.tix(&["list", "--fetch", "--json"]).success().json();
    assert_eq!(ids(&fetched).len(), 2);
    bare.tix(&["list"]).success();
}

#[test]
fn progress_on_a_ticket_branch_is_shown_over_the_trunk() {
    let sandbox = seeded();
    let path = active_path("TICKET-mail-001");
    let bob = sandbox.clone_named("bob");
    bob.git(&["switch", "-q", "-c", "ticket/TICKET-mail-001"]);
    let newer = held("TICKET-mail-001")
        .key("status", "critic_review")
        .key("title", "Send mail")
        .key("worktree_path", "/srv/mail");
    bob.commit("progress", &[(&path, &newer.text())]);
    let clone = sandbox.clone_named("a");
    bob.git(&["push", "-q", "origin", "HEAD"]);
    let shown = |answer: &serde_json::Value| {
        let ticket = &answer["tickets"][1];
        ["status", "title", "worktree", "source"].map(|key| ticket[key].to_string())
    };
    let before = clone.tix(&["list", "--json"]).success().json();
    assert_eq!(shown(&before), ["\"claimed\"", "\"Make it work\"", "null", "\"origin/main\""]);
    let after = clone.tix(&["list", "--fetch", "--json"]).success().json();
    let source = "\"origin/ticket/TICKET-mail-001\"";
    assert_eq!(shown(&after), ["\"critic_review\"", "\"Send mail\"", "\"/srv/mail\"", source]);
    let reviewed = clone.tix(&["list", "--status", "critic-review", "--json"]).success().json();
    assert_eq!(ids(&reviewed), ["TICKET-mail-001"]);

    // Done there, and on its way to the trunk.
    bob.sh(
        "mkdir -p tickets/completed && git mv tickets/active/TICKET-mail-001 tickets/completed/",
    )
    .run()
    .success();
    let done = held("TICKET-mail-001").key("status", "approved").text();
    bob.write("tickets/completed/TICKET-mail-001/TICKET-mail-001.md", done);
    bob.git(&["commit", "-q", "-a", "-m", "done"]);
    bob.git(&["push", "-q", "origin", "HEAD"]);
    let after = clone.tix(&["list", "--fetch", "--json"]).success().json();
    assert_eq!(after["tickets"][1]["status"], "approved");
    assert_eq!(after["tickets"][1]["lane"], "active");
}

#[test]
fn a_branch_that_an_earlier_holder_left_says_nothing() {
    let sandbox = seeded();
    let path = active_path("TICKET-mail-001");
    let bob = sandbox.clone_named("bob");
    bob.git(&["switch", "-q", "-c", "ticket/TICKET-mail-001"]);
    let other = held("TICKET-mail-001").key("claim_id", "another").key("status", "in_progress");
    bob.commit("old progress", &[(&path, &other.text())]);
    bob.git(&["push", "-q", "origin", "HEAD"]);
    let clone = sandbox.clone_named("a");
    let answer = clone.tix(&["list", "--json"]).success().json();
    assert_eq!(answer["tickets"][1]["status"], "claimed");
    assert_eq!(answer["tickets"][1]["source"], "origin/main");
}

#[test]
fn without_a_remote_the_local_branches_are_read() {
    let sandbox = seeded();
    let local = sandbox.local_repository("local");
    local.git(&["switch", "-q", "-c", "ticket/TICKET-mail-001"]);
    let newer = held("TICKET-mail-001").key("status", "in_progress").text();
    local.commit("progress", &[(&active_path("TICKET-mail-001"), &newer)]);
    let answer = local.tix(&["list", "--fetch", "--json"]).success().json();
    assert_eq!(answer["trunk"], "main");
    assert_eq!(answer["fetched_at"], serde_json::Value::Null);
    assert_eq!(answer["tickets"][1]["status"], "in_progress");
    assert_eq!(answer["tickets"][1]["source"], "ticket/TICKET-mail-001");
}

#[test]
fn mine_is_what_i_hold_and_what_was_claimed_from_this_clone() {
    let sandbox = seeded();
    let ada = held("TICKET-ada-001")
        .key("claimed_by", "Ada Example <ada@example.org>")
        .key("claim_id", "other");
    sandbox.seed(&[(active_path("TICKET-ada-001"), ada.text())]);
    let clone = sandbox.clone_named("a");
    let mine = |clone: &Place| {
        let answer = clone.tix(&["list", "--mine", "--json"]).success().json();
        ids(&answer).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(mine(&clone), ["TICKET-ada-001"]);
    assert_eq!(mine(&clone.env("TIX_ACTOR", "Bob Example <bob@example.org>")), ["TICKET-mail-001"]);
    let path = clone.common_dir();
    // The clone that made the claim, by its record.
    clone.tix(&["status", "TICKET-mail-001"]).success();
    assert!(!path.join("tix/clone.json").exists(), "a look writes no id");
    clone.tix(&["note", "TICKET-login-001", "a word"]).success();
    let record = path.join("tix/clone.json");
    let mut known: serde_json::Value = serde_json::from_str(&clone.read(&record)).unwrap();
    known["id"] = CLAIM[..8].into();
    clone.write(&record, known.to_string());
    assert_eq!(mine(&clone), ["TICKET-ada-001", "TICKET-mail-001"]);
}

#[test]
fn a_limit_says_what_it_leaves_out() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("a");
    let answer = clone.tix(&["list", "--limit", "1", "--json"]).success().json();
    assert_eq!(ids(&answer), ["TICKET-login-001"]);
    assert_eq!((&answer["returned"], &answer["total"]), (&1.into(), &2.into()));
    assert_eq!(answer["truncated"], true);
    let output = clone.tix(&["list", "--limit", "1"]);
    assert!(output.success().stderr().contains("the first 1 of 2"), "{output}");
    clone.tix(&["list", "--status", "opened"]).exits(2);
}

#[test]
fn an_old_view_says_so_and_any_fetch_makes_it_new() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("a");
    let note = "as of 3 h ago; `tix list --fetch` refreshes";
    let is_told = || clone.tix(&["list"]).success().stderr().contains(note);
    assert!(!is_told(), "a new clone is up to date");
    clone.age(LONG_AGO);
    assert!(is_told());
    assert!(clone.tix(&["--quiet", "list"]).success().stderr().is_empty());
    // Neither fetch brings news, so that only their own notes tell of them.
    clone.git(&["fetch", "-q"]);
    assert!(!is_told(), "git fetch");
    clone.age(LONG_AGO);
    clone.tix(&["list", "--fetch"]).success();
    assert!(!is_told(), "tix list --fetch");
    clone.age(LONG_AGO);
    assert!(is_told());
    clone.git(&["push", "-q", "origin", "HEAD:refs/heads/other"]);
    clone.git(&["fetch", "-q", "origin", "other"]);
    assert!(is_told(), "a fetch of another branch says nothing of the trunk");
}

#[test]
fn a_fetch_brings_what_others_pushed() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("a");
    sandbox.seed(&[(queue_path("TICKET-new-001"), queue_ticket("TICKET-new-001"))]);
    assert_eq!(ids(&clone.tix(&["list", "--json"]).success().json()).len(), 2);
    let fetched = clone.tix(&["list", "--fetch", "--json"]).success().json();
    assert_eq!(ids(&fetched), ["TICKET-login-001", "TICKET-new-001", "TICKET-mail-001"]);
    let again = clone.tix(&["list", "--json"]).success().json();
    assert_eq!(again["commit"], fetched["commit"]);
    assert_eq!(clone.git(&["for-each-ref", "refs/tix"]), "");
}

#[test]
fn a_fetch_that_fails_is_a_failure() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("a");
    let shim = Shim::new(&sandbox);
    let stderr = "fatal: Could not resolve host: example.org";
    shim.rule(On::command("fetch"), Do::Fail { code: 128, stderr });
    let output = clone.tix_command(&["list", "--fetch"]).through(&shim).run();
    assert!(output.exits(7).stdout().is_empty(), "{output}");
    clone.tix(&["list"]).success();
}

#[test]
fn ticket_branches_that_cannot_be_fetched_are_a_warning() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("a");
    let shim = Shim::new(&sandbox);
    shim.rule(
        On::command("fetch").with("ticket/*"),
        Do::Fail { code: 1, stderr: "cannot lock ref" },
    );
    let output = clone.tix_command(&["list", "--fetch"]).through(&shim).run();
    assert_eq!(output.success().stdout().lines().count(), 2, "{output}");
    assert!(output.stderr().contains("could not be fetched"), "{output}");
}

#[test]
fn a_repository_without_tickets_is_told_from_an_empty_queue() {
    let sandbox = Sandbox::new();
    sandbox.seed(&[("README.md", "# A project\n")]);
    let clone = sandbox.clone_named("a");
    let output = clone.tix(&["list"]);
    insta::assert_snapshot!(output.redacted(), @r"
    exit: 4
    ----- stdout -----
    ----- stderr -----
    error: origin/main has no directory tickets/
    hint: set it up: tix init
    ");
    sandbox.seed(&[("tickets/queue/.gitkeep", "")]);
    let output = clone.tix(&["list", "--fetch"]);
    insta::assert_snapshot!(output.redacted(), @r"
    exit: 0
    ----- stdout -----
    ----- stderr -----
    there are no tickets yet; write one: tix new <title>
    ");
}

#[test]
fn outside_a_repository_the_message_names_the_directory() {
    let sandbox = seeded();
    let place = sandbox.remote().at(sandbox.fresh_directory("plain"));
    let output = place.tix(&["list"]);
    assert!(output.exits(5).stderr().contains("is not in a git repository"), "{output}");
    let error = place.tix(&["list", "--json"]).exits(5).json();
    assert_eq!(error["schema"], "tix/error@1");
}

#[test]
fn a_reader_that_closes_the_pipe_is_no_error() {
    let sandbox = Sandbox::new();
    let tickets: Vec<(String, String)> = (1..=2_000)
        .map(|n| format!("TICKET-many-{n:03}"))
        .map(|id| (queue_path(&id), queue_ticket(&id)))
        .collect();
    sandbox.seed(&tickets);
    let clone = sandbox.clone_named("a");
    let script = "exec 3>&1; code=$( { { \"$1\" list; echo $? >&4; } | head -n 1 >&3; } 4>&1 ); echo \"$code\"";
    let output =
        clone.command("/bin/sh".as_ref(), &["-c", script, "sh", env!("CARGO_BIN_EXE_tix")]);
    let output = output.run();
    let lines: Vec<&str> = output.success().stdout().lines().collect();
    assert!(lines[0].contains("TICKET-many-001") && lines[1..] == ["0"], "{output}");
    assert!(output.stderr().is_empty(), "{output}");
}

#[test]
fn a_terminal_gets_a_header_and_columns_that_fit() {
    let sandbox = seeded();
    let long = "長いタイトル".repeat(20);
    let wide = Ticket::new("TICKET-wide-001").key("title", &long).text();
    sandbox.seed(&[(queue_path("TICKET-wide-001"), wide)]);
    let clone = sandbox.clone_named("a");
    let Some(text) = on_terminal(&clone, 100, "tix list") else { return };
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].starts_with("LANE    STATUS   HOLDER"), "{text}");
    assert!(lines[2].ends_with('…') && !text.contains('\t'), "{text}");
    assert!(clone.tix(&["list"]).success().stdout().contains(&long));
}

/// A clone of one branch fetches no ticket branch, and the trunk knows of a claim only that it was made.
#[test]
fn progress_that_was_not_fetched_is_told() {
    let sandbox = seeded();
    let other = sandbox.clone_named("b");
    other.tix(&["activate", "login-001"]).success();
    let clone = sandbox.clone_named("a");
    clone.git(&["config", "remote.origin.fetch", "+refs/heads/main:refs/remotes/origin/main"]);
    clone.git(&["update-ref", "-d", "refs/remotes/origin/ticket/TICKET-login-001"]);
    let list = |args: &[&str]| clone.tix(&[&["list", "--lane", "active"], args].concat());
    let told = "held tickets has not been fetched; `tix list --fetch` fetches it\n";
    let output = list(&[]);
    assert!(output.success().stdout().contains("active\tclaimed\tAda"), "{output}");
    assert!(output.stderr().contains(told), "{output}");
    let output = list(&["--fetch"]);
    assert!(output.success().stdout().contains("active\tin_progress\tAda"), "{output}");
    assert_eq!(output.stderr(), "");
    assert_eq!(list(&[]).success().stderr(), "");
    // git goes on to fetch the trunk, and what the holders do stays unknown.
    clone.age(LONG_AGO);
    clone.git(&["fetch", "-q"]);
    let output = list(&[]);
    assert!(output.success().stderr().contains("progress as of 3 h ago: `git fetch`"), "{output}");
    let all = "+refs/heads/*:refs/remotes/origin/*";
    clone.git(&["config", "remote.origin.fetch", all]);
    assert_eq!(list(&[]).success().stderr(), "");
}

/// Of two tickets of one priority and age the lower number comes first, wherever they are shown.
#[test]
fn the_list_ranks_equal_tickets_as_next_does() {
    let sandbox = Sandbox::new();
    let (first, second) = ("TICKET-z-001", "TICKET-a-002");
    sandbox.seed(&[first, second].map(|id| (queue_path(id), queue_ticket(id))));
    let clone = sandbox.clone_named("a");
    let list = clone.tix(&["list", "--json"]).success().json();
    assert_eq!(ids(&list), [first, second]);
    let next = clone.tix(&["next", "--json"]).success().json();
    assert_eq!(ids(&next), [first]);
    assert_eq!(clone.tix(&["--json"]).success().json()["next"]["id"], first);
}
