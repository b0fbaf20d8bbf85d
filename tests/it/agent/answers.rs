//! The form of the answers, and what is said at other moments.

use serde_json::{Value, json};

use super::{QUEUED, ask, event, reason, seeded, with_code_staged};
use crate::harness::queue_ticket;

#[test]
fn every_dialect_is_refused_with_a_reason() {
    let sandbox = seeded();
    let clone = with_code_staged(&sandbox);
    let cwd = clone.path();
    for (dialect, event) in [
        ("claude", event(&clone, "git commit -m x")),
        (
            "codex",
            json!({"hook_event_name": "PreToolUse", "cwd": cwd, "tool_name": "Bash",
                         "tool_input": {"command": ["bash", "-lc", "git commit -m x"]}}),
        ),
        (
            "gemini",
            json!({"hook_event_name": "BeforeTool", "cwd": cwd, "tool_name": "run_shell_command",
                          "tool_input": {"command": "git commit -m x"}}),
        ),
        (
            "cursor",
            json!({"hook_event_name": "beforeShellExecution", "cwd": cwd, "command": "git commit -m x"}),
        ),
        (
            "qwen",
            json!({"hook_event_name": "PreToolUse", "cwd": cwd, "tool_name": "run_shell_command",
                   "tool_input": {"command": "git commit -m x", "is_background": false}}),
        ),
        ("copilot", event(&clone, "git commit -m x")),
        // The arguments as a text, another shell, and no moment.
        (
            "cursor",
            json!({"hook_event_name": "preToolUse", "cwd": cwd, "tool_name": "Shell",
                   "tool_input": "{\"command\":\"git commit -m x\"}"}),
        ),
        (
            "claude",
            json!({"cwd": cwd, "tool_name": "PowerShell", "tool_input": {"command": "git commit -m x"}}),
        ),
        (
            "codex",
            json!({"hook_event_name": "PreToolUse", "tool_name": "shell",
                   "tool_input": {"command": ["git", "commit", "-m", "x"], "workdir": cwd}}),
        ),
    ] {
        let output = ask(&clone, dialect, &event);
        let why = reason(&output, dialect);
        assert!(
            why.starts_with("main takes ticket commits only: git commit"),
            "{dialect}: {output}"
        );
    }
    for (dialect, silence) in [
        ("claude", ""),
        ("codex", ""),
        ("gemini", "{}"),
        ("cursor", "{}"),
        ("qwen", ""),
        ("copilot", "{}"),
    ] {
        assert_eq!(
            ask(&clone, dialect, &event(&clone, "ls")).success().stdout(),
            silence,
            "{dialect}"
        );
    }
}

#[test]
fn a_refusal_is_facts_and_a_way_on() {
    let sandbox = seeded();
    let clone = with_code_staged(&sandbox);
    let output = ask(&clone, "claude", &event(&clone, "git commit -m x"));
    insta::assert_snapshot!(output.redacted(), @"
    exit: 2
    ----- stdout -----
    ----- stderr -----
    main takes ticket commits only: git commit would add changes that break this rule.
    - src/b.rs is outside the ticket lanes
    Each ticket has its own branch and worktree: `tix activate <ticket>` creates them and prints the path. `tix list` shows the tickets. Changes made here can move to a new branch: `git switch -c <name>`.
    ");
    let output = ask(&clone, "claude", &event(&clone, "git merge topic; git push -f"));
    insta::assert_snapshot!(output.redacted(), @"
    exit: 2
    ----- stdout -----
    ----- stderr -----
    main takes ticket commits only: git merge would bring commits that change more than tickets.
    - [OID] code
    Each ticket has its own branch and worktree: `tix activate <ticket>` creates them and prints the path. `tix list` shows the tickets. Changes made here can move to a new branch: `git switch -c <name>`.
    ");
    let output = ask(&clone, "claude", &event(&clone, "git add -A && git commit -m x"));
    insta::assert_snapshot!(output.redacted(), @"
    exit: 2
    ----- stdout -----
    ----- stderr -----
    main takes ticket commits only: git commit would include files that this line stages or writes first. Run `git add` and `git commit` as two commands, so that the guard can check what is staged.
    No git hook in force here would check the result; `tix hook install` installs them.
    ");
}

#[test]
fn a_refusal_names_the_worktree_that_it_is_about_where_that_is_another_one() {
    let sandbox = seeded();
    let work = with_code_staged(&sandbox).at("../work");
    let output = ask(&work, "claude", &event(&work, "cd \"$(cat dir)\" && git commit -m x"));
    insta::assert_snapshot!(output.redacted(), @"
    exit: 2
    ----- stdout -----
    ----- stderr -----
    main takes ticket commits only: git commit would add changes that break this rule.
    - src/b.rs is outside the ticket lanes
    That may be in [ROOT]/clone, which is on main: the line does not spell the directory out. `cd <dir> && …` and `git -C <dir> …` do.
    No git hook in force here would check the result; `tix hook install` installs them.
    Each ticket has its own branch and worktree: `tix activate <ticket>` creates them and prints the path. `tix list` shows the tickets. Changes made here can move to a new branch: `git switch -c <name>`.
    ");
    let output = ask(&work, "claude", &event(&work, "cd ../clone && git commit -m x"));
    insta::assert_snapshot!(output.redacted(), @"
    exit: 2
    ----- stdout -----
    ----- stderr -----
    main takes ticket commits only: git commit would add changes that break this rule.
    - src/b.rs is outside the ticket lanes
    That is in [ROOT]/clone, which is on main.
    Each ticket has its own branch and worktree: `tix activate <ticket>` creates them and prints the path. `tix list` shows the tickets. Changes made here can move to a new branch: `git switch -c <name>`.
    ");
}

#[test]
fn what_is_no_event_is_refused_on_a_protected_branch_only() {
    let sandbox = seeded();
    let clone = with_code_staged(&sandbox);
    let tmp = clone.at(sandbox.root().join("tmp"));
    for bytes in [&b""[..], b"{", b"[]", b"null", b"\xff\xfe", b"{\"tool_name\":"] {
        for dialect in ["claude", "codex", "gemini", "cursor", "qwen", "copilot"] {
            let run = |place: &crate::harness::Place| {
                place.tix_command(&["hook", dialect]).stdin(bytes).run()
            };
            reason(&run(&clone), dialect);
            run(&clone.at("../work")).success();
            run(&tmp).success();
        }
    }
    // Of another form than today's, and still an object.
    let odd = json!({"hook_event_name": ["x"], "tool_name": 3, "tool_input": "x", "cwd": null});
    assert_eq!(
        clone.tix_command(&["hook", "claude"]).stdin(odd.to_string()).run().success().stdout(),
        ""
    );
}

#[test]
fn a_wrong_command_line_is_no_refusal() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone");
    for words in
        [&["hook", "claude", "--bogus"][..], &["hook", "clod"], &["hook"], &["hook", "claude", "x"]]
    {
        clone.tix(words).exits(1);
    }
    assert!(clone.tix(&["hook", "claude", "--help"]).success().stdout().contains("standard input"));
}

#[test]
fn a_refusal_is_a_line_of_the_audit_log() {
    let sandbox = seeded();
    let clone = with_code_staged(&sandbox);
    ask(&clone, "codex", &event(&clone, "git commit -m x")).exits(2);
    ask(&clone, "claude", &event(&clone, "ls")).success();
    let off = clone.env("TIX_GUARD", "off");
    ask(&off, "claude", &event(&clone, "git push -f origin main")).success();
    let log = clone.read(".git/tix/audit.jsonl");
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |line: &Value| {
        ["hook", "verdict", "rule", "branch"].map(|key| line[key].as_str().unwrap().to_owned())
    };
    assert_eq!(
        lines.iter().map(of).collect::<Vec<_>>(),
        [["codex", "refused", "outside", "main"], ["claude", "off", "rewrite", "main"],]
    );
    assert_eq!(lines[0]["paths"], json!(["src/b.rs"]));
}

#[test]
fn a_session_hears_what_its_workspace_holds_or_how_much_is_free() {
    let sandbox = seeded();
    sandbox.seed(&[
        ("tickets/queue/TICKET-draft.md", "---\nstatus: draft\n---\n"),
        ("tickets/queue/TICKET-b-001.md", "---\nstatus: open\n---\n"),
    ]);
    let clone = sandbox.clone_named("clone");
    let start = |place: &crate::harness::Place| {
        let event =
            json!({"hook_event_name": "SessionStart", "source": "startup", "cwd": place.path()});
        let output = ask(place, "claude", &event);
        let text = output.success().stdout().to_owned();
        assert!(text.chars().count() <= 600, "{text}");
        text
    };
    let free = start(&clone);
    assert!(
        free.contains("2 tickets are free") && free.contains("main is checked out here"),
        "{free}"
    );
    let receipt = clone.tix(&["activate", "foo-001", "--json"]).success().json();
    let workspace = clone.at(receipt["workspace"]["path"].as_str().unwrap());
    let held = start(&workspace);
    assert!(
        held.contains("holds the ticket TICKET-foo-001, \"Make it work\" (in_progress)"),
        "{held}"
    );
    assert!(start(&clone).contains("1 ticket is free"));
    assert_eq!(start(&clone.at(sandbox.root().join("tmp"))), "");
    let plain = clone.at(sandbox.root().join("plain"));
    plain.git(&["init", "-q"]);
    assert_eq!(start(&plain), "");
}

#[test]
fn commits_that_slipped_through_are_told_afterwards() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone");
    let after = |name: &str, line: &str| {
        let mut event = event(&clone, line);
        event["hook_event_name"] = json!(name);
        let output = ask(&clone, "claude", &event);
        output.success();
        output.stdout().to_owned()
    };
    clone.commit(
        "tickets",
        &[(QUEUED, &queue_ticket("TICKET-foo-001").replace("Make it work", "Make it fast"))],
    );
    assert_eq!(after("PostToolUse", "git commit -m x"), "");
    clone.commit("code", &[("src/c.rs", "c")]);
    for name in ["PostToolUse", "PostToolUseFailure"] {
        let told: Value = serde_json::from_str(&after(name, "./script; git commit -m x")).unwrap();
        // Claude Code drops an answer under another name than that of the event.
        assert_eq!(told["hookSpecificOutput"]["hookEventName"], name);
        let text = told["hookSpecificOutput"]["additionalContext"].as_str().unwrap();
        assert!(text.contains("it has 1 commit beyond origin/main with other changes"), "{text}");
    }
    assert_eq!(after("PostToolUse", "ls"), "");
    clone.git(&["push", "-q", "origin", "main"]);
    assert!(after("PostToolUse", "git commit -m x").contains("went from here to origin/main"));
    assert_eq!(after("PostToolUse", "git commit -m x"), "");
}
