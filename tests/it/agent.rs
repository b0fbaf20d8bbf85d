//! The guard in coding agents: what each is told about what it is about to do.

use std::path::Path;

use serde_json::{Value, json};

use crate::harness::{Output, Place, Sandbox, drawn, queue_ticket};

mod answers;
mod bypasses;
mod corners;
mod edits;
mod events;
mod fine;
mod lines;
mod partial;
mod reports;
mod staged;
mod tools;
mod verdicts;
mod worktrees;

const QUEUED: &str = "tickets/queue/TICKET-foo-001.md";
const CODE: &str = "src/a.rs";

/// A remote with a ticket, and code.
fn seeded() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.seed(&[(QUEUED, queue_ticket("TICKET-foo-001").as_str()), (CODE, "fn a() {}\n")]);
    sandbox
}

/// A clone on main with code staged; beside it the branch `topic`, which has a commit of code, and the worktree `work`, on a
/// branch of that name, with code staged too.
fn with_code_staged(sandbox: &Sandbox) -> Place {
    let clone = sandbox.clone_named("clone");
    clone.git(&["switch", "-q", "-c", "topic"]);
    clone.commit("code", &[("src/topic.rs", "topic\n")]);
    clone.git(&["switch", "-q", "main"]);
    let work = clone.worktree("work");
    for place in [&clone, &work] {
        place.write("src/b.rs", "fn b() {}\n");
        place.git(&["add", "src/b.rs"]);
    }
    clone
}

/// The event with which an agent announces a command line.
fn event(place: &Place, line: &str) -> Value {
    json!({
        "session_id": "s",
        "hook_event_name": "PreToolUse",
        "cwd": place.path(),
        "tool_name": "Bash",
        "tool_input": {"command": line, "description": "x"},
    })
}

/// What `tix hook <dialect>` answers to an event, asked in a directory that has nothing to do with it.
fn ask(place: &Place, dialect: &str, event: &Value) -> Output {
    let elsewhere = place.at(place.shared().root().join("tmp"));
    elsewhere.tix_command(&["hook", dialect]).stdin(event.to_string()).run()
}

/// Whether the guard lets a command line pass; the words of its refusal if not.
fn refusal(place: &Place, line: &str) -> Option<String> {
    let output = ask(place, "claude", &event(place, line));
    if output.code == Some(0) {
        assert_eq!((output.stdout(), output.stderr()), ("", ""), "{line}");
        return None;
    }
    output.exits(2);
    assert_eq!(output.stdout(), "", "{line}");
    assert!(output.stderr().contains(" takes ticket commits only: "), "{line}: {output}");
    Some(output.stderr().to_owned())
}

#[track_caller]
fn all_refused(place: &Place, lines: &[&str]) {
    let passed: Vec<_> = lines.iter().filter(|line| refusal(place, line).is_none()).collect();
    assert!(passed.is_empty(), "these passed: {passed:#?}");
}

#[track_caller]
fn all_pass(place: &Place, lines: &[&str]) {
    let refused: Vec<_> =
        lines.iter().filter_map(|line| Some((line, refusal(place, line)?))).collect();
    assert!(refused.is_empty(), "these were refused: {refused:#?}");
}

/// The reason of a refusal, as the model of this agent gets it: Copilot CLI alone reads JSON, and nothing of stderr.
#[track_caller]
fn reason(output: &Output, dialect: &str) -> String {
    if dialect != "copilot" {
        assert_eq!(output.exits(2).stdout(), "", "{dialect}");
        return output.stderr().to_owned();
    }
    let answer: Value = serde_json::from_str(output.success().stdout()).unwrap();
    assert_eq!(answer["permissionDecision"], "deny", "{output}");
    answer["permissionDecisionReason"].as_str().unwrap().to_owned()
}

/// The lines of `tests/data/agent/refused.txt` below a heading.
fn listed(place: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/agent/refused.txt");
    let text = std::fs::read_to_string(path).unwrap();
    let below = text.lines().skip_while(|line| !line.starts_with(&format!("[{place}]"))).skip(1);
    let lines = below.take_while(|line| !line.is_empty());
    lines.map(|line| line.replace('↵', "\n")).collect()
}

/// The same, or what a plain run draws of that.
fn drawn_of(place: &str, least: usize) -> Vec<String> {
    let lines = listed(place);
    assert!(lines.len() >= least, "the list has shrunk to {} lines", lines.len());
    drawn::of(lines)
}
