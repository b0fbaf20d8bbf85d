//! What the guard writes down.

use serde_json::Value;

use super::{QUEUED, STRICT, guarded, project, ticket};
use crate::harness::{Place, Sandbox};

fn lines(clone: &Place) -> Vec<Value> {
    let text = clone.read(".git/tix/audit.jsonl");
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn every_ticket_commit_and_every_refusal_is_a_line() {
    let sandbox = project();
    let clone = guarded(&sandbox, "a", STRICT);
    clone.commit("a ticket", &[(QUEUED, &ticket("draft"))]);
    clone.git(&["push", "-q"]);
    clone.write("README.md", "x\n");
    clone.env("TIX_ACTOR", "a robot").try_git(&["commit", "-qam", "x"]).exits(1);
    clone.try_git(&["push", "-q", "origin", ":main"]).exits(1);
    let told: Vec<String> = lines(&clone)
        .iter()
        .map(|line| {
            let field = |key: &str| line[key].as_str().unwrap_or("-").to_owned();
            assert_eq!(field("schema"), "tix/guard@1");
            assert_eq!(field("repository"), clone.path().to_str().unwrap());
            assert_eq!(field("branch"), "main");
            let commit = if line["commit"].is_null() { "no commit" } else { "a commit" };
            let words = ["hook", "verdict", "rule", "by"].map(field).join(", ");
            format!("{words}, {commit}, {}", line["paths"])
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"), @r#"
    pre-commit, allowed, tickets, Ada Example <ada@example.org>, no commit, ["tickets/queue/TICKET-foo-001.md"]
    reference-transaction, allowed, tickets, Ada Example <ada@example.org>, a commit, ["tickets/queue/TICKET-foo-001.md"]
    pre-push, allowed, tickets, Ada Example <ada@example.org>, a commit, ["tickets/queue/TICKET-foo-001.md"]
    pre-commit, refused, outside, a robot, no commit, ["README.md"]
    pre-push, refused, deletion, Ada Example <ada@example.org>, no commit, []
    "#);
}

/// Hook, branch, verdict and rule of every line since the last time.
fn taken(place: &Place, file: &str) -> Vec<String> {
    let text = if place.exists(file) { place.read(file) } else { String::new() };
    place.write(file, "");
    let line = |line: &str| {
        let line: Value = serde_json::from_str(line).unwrap();
        ["hook", "branch", "verdict", "rule"].map(|key| line[key].as_str().unwrap()).join(" ")
    };
    text.lines().map(line).collect()
}

#[test]
fn what_cannot_be_read_is_refused_with_a_line() {
    let sandbox = project();
    let clone = sandbox.clone_named("a");
    let log = ".git/tix/audit.jsonl";
    let run = |place: &Place, words: &[&str], input: &str| {
        place.tix_command(&[&["hook"], words].concat()).stdin(input).run()
    };
    for dialect in ["claude", "codex", "gemini", "cursor", "qwen", "copilot"] {
        // Copilot CLI takes a refusal from JSON alone.
        let code = if dialect == "copilot" { 0 } else { 2 };
        run(&clone, &[dialect], "{").exits(code);
        assert_eq!(taken(&clone, log), [format!("{dialect} main refused unreadable")]);
    }
    let push = ["git", "pre-push", "origin", "url"];
    run(&clone, &push, "nonsense\n").exits(1);
    assert_eq!(taken(&clone, log), ["pre-push main refused unreadable"]);
    let remote = sandbox.remote();
    for (words, input) in [
        (&["git", "pre-receive"][..], "nonsense\n"),
        (&["git", "update", "refs/heads/main", "x", "y"], ""),
        (&["git", "update", "refs/heads/main"], ""),
    ] {
        run(&remote, words, input).exits(1);
        let line = format!("{} main refused unreadable", words[1]);
        assert_eq!(taken(&remote, "tix/audit.jsonl"), [line]);
    }
    // The switch is a line too.
    let off = clone.env("TIX_GUARD", "off");
    run(&off, &["claude"], "{").success();
    run(&off, &push, "nonsense\n").success();
    assert_eq!(taken(&clone, log), ["claude main off unreadable", "pre-push main off TIX_GUARD"]);
    // Where there is nothing to guard nothing is refused, and nothing is written.
    let plain = Sandbox::new();
    plain.seed(&[("x", "x\n")]);
    let clone = plain.clone_named("a");
    run(&clone, &push, "nonsense\n").success();
    run(&clone, &["claude"], "{").success();
    assert!(!clone.exists(".git/tix"));
}

#[test]
fn a_refusal_because_the_repository_cannot_be_read_is_a_line_in_it() {
    let sandbox = project();
    let clone = sandbox.clone_named("a");
    let work = clone.worktree("work");
    let elsewhere = clone.at(sandbox.root().join("tmp"));
    let commit = |place: &Place| {
        let line = format!("git -C '{}' commit -m x", place.path().display());
        let event = serde_json::json!({
            "hook_event_name": "PreToolUse", "cwd": elsewhere.path(), "tool_name": "Bash",
            "tool_input": {"command": line},
        });
        elsewhere.tix_command(&["hook", "claude"]).stdin(event.to_string()).run()
    };
    for place in [&clone, &work] {
        // No name of a branch is like this, and git itself gives up on it.
        std::fs::write(place.git_dir().join("HEAD"), b"ref: refs/heads/\xff\xfe\n").unwrap();
        commit(place).exits(2);
        place.tix_command(&["hook", "codex"]).stdin("{").run().exits(2);
        place.tix(&["hook", "git", "pre-commit"]).exits(1);
        let found = taken(&clone, ".git/tix/audit.jsonl");
        let line = |hook: &str| format!("{hook}  refused undecided");
        assert_eq!(found, ["claude", "codex", "pre-commit"].map(line));
    }
}

#[test]
fn a_log_that_cannot_be_written_changes_no_verdict() {
    let sandbox = project();
    let clone = guarded(&sandbox, "a", STRICT);
    // A file where the directory of tix would be.
    clone.write(".git/tix", "");
    clone.commit("a ticket", &[(QUEUED, &ticket("draft"))]);
    clone.write("README.md", "x\n");
    clone.try_git(&["commit", "-qam", "x"]).exits(1);
}

#[test]
fn tix_log_tells_of_refusals() {
    let sandbox = project();
    let clone = guarded(&sandbox, "a", STRICT);
    clone.commit("a ticket", &[(QUEUED, &ticket("draft"))]);
    clone.write("README.md", "x\n");
    clone.try_git(&["commit", "-qam", "x"]).exits(1);
    let events = clone.tix(&["log", "--json"]).success().json();
    let events = events["events"].as_array().unwrap();
    let refused: Vec<_> = events.iter().filter(|event| event["source"] == "guard").collect();
    assert_eq!(refused.len(), 1, "{events:?}");
    assert_eq!(refused[0]["outcome"], "refused");
    assert_eq!(refused[0]["paths"][0], "README.md");
    let text = clone.tix(&["log"]);
    assert!(text.success().stdout().contains("pre-commit on main refused: outside"), "{text}");
}
