//! Every command that can move a protected branch: which of them the hooks hear of, and what becomes of the branch.

mod code;
mod fine;

use serde_json::json;

use super::{DEFAULT, STRICT, guard, main_of, project};
use crate::harness::{Output, Place, Sandbox, drawn};
use code::CODE;
use fine::{PUBLISHED, TICKETS};

/// What becomes of main.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Main {
    /// It moves, and the command succeeds.
    Moves,
    /// It stays, and the command succeeds: it was about something else.
    Stays,
    /// It stays, the command fails, and the words say why.
    Refused(&'static str),
}

use Main::{Moves, Refused, Stays};

const TICKETS_ONLY: Main = Refused("main takes ticket commits only");
const DELETION: Main = Refused("main is protected and cannot be deleted");
const REWRITE: Main = Refused("main is published, and its history cannot be rewritten");

/// A script, and what becomes of main with the default hooks and with the strict ones.
struct Row(&'static str, &'static str, Main, Main);

/// The exit code of a script for a command that this git does not have.
const UNKNOWN_HERE: i32 = 77;

/// What main has in its files that are no tickets.
const CODE_FILES: [&str; 3] = ["--", "src", "README.md"];

/// A clone whose branches are as the tables say. `both` has code in the same commit as a change of the ticket that
/// conflicts with `tickets-only`.
fn template(sandbox: &Sandbox) -> Place {
    let clone = sandbox.clone_named("template");
    let script = "git checkout -q -b feature; echo 'fn x() {}' >src/new.rs; git add .; git commit -qm code; \
        git format-patch -q --stdout main..feature >../feature.patch; \
        git checkout -q -b both main; sed -i s/open/queued/ tickets/queue/TICKET-foo-001.md; \
        echo 'fn y() {}' >src/both.rs; git add .; git commit -qm both; \
        git format-patch -q --stdout main..both >../both.patch; \
        git checkout -q -b tickets-only main; sed -i 's/open/draft/' tickets/queue/TICKET-foo-001.md; \
        git commit -qam ticket; git checkout -q main";
    clone.sh(&format!("set -e; {script}")).run().success();
    clone
}

/// A copy of the template, with these hooks.
fn scene(template: &Place, number: usize, hooks: &[&str]) -> Place {
    let clone = template.at(format!("../clone {number}"));
    let copy = format!(
        "cp -R . '../clone {number}'; cd '../clone {number}'; git update-index -q --refresh"
    );
    template.sh(&copy).run().success();
    guard(&clone, hooks);
    clone
}

/// Runs a row's script: in it `$take_theirs` ends the conflict in the ticket.
fn run(clone: &Place, script: &str) -> Output {
    let theirs = "sed -i /^[<=>]/d;/draft/d tickets/queue/TICKET-foo-001.md";
    clone.env("take_theirs", theirs).sh(&format!("set -e; {script}")).run()
}

/// What a hook of the clone has not kept off main is found by all that looks later: the audit, the agent's report after
/// the command, a push, and the server.
fn missed(clone: &Place) -> Vec<String> {
    let words = ["main takes ticket commits only", "its history cannot be rewritten"];
    let refused = |output: &Output| {
        output.code != Some(0) && words.iter().any(|words| output.stderr().contains(words))
    };
    let event = json!({
        "hook_event_name": "PostToolUse", "cwd": clone.path(), "tool_name": "Bash",
        "tool_input": {"command": "git commit -m x"},
    });
    let told = clone.tix_command(&["hook", "claude"]).stdin(event.to_string()).run();
    let audit = clone.tix(&["check"]);
    let push = clone.try_git(&["push", "-q", "--force", "origin", "main"]);
    let server = clone.try_git(&["push", "-q", "--force", "--no-verify", "origin", "main"]);
    [
        ("the agent's report", told.stdout().contains("main takes ticket commits only"), told),
        ("tix check", audit.code == Some(1), audit),
        ("pre-push", refused(&push), push),
        ("pre-receive", refused(&server), server),
    ]
    .into_iter()
    .filter(|(_, found, _)| !found)
    .map(|(who, _, output)| format!("{who} does not see it\n{output}"))
    .collect()
}

/// Holds the rows against these hooks. `publish` is what somebody else does after the clone was made.
#[track_caller]
fn hold(rows: &[Row], hooks: &[&str], pick: fn(&Row) -> Main, publish: fn(&Sandbox, usize)) {
    let sandbox = project();
    let template = template(&sandbox);
    let mut wrong = Vec::new();
    for (number, row) in drawn::of(rows.iter().enumerate()) {
        let clone = scene(&template, number, hooks);
        publish(&sandbox, number);
        let before = main_of(&clone);
        let output = run(&clone, row.1);
        if output.code == Some(UNKNOWN_HERE) {
            continue;
        }
        let after = clone.try_git(&["rev-parse", "--verify", "-q", "refs/heads/main"]);
        let moved = after.stdout().trim() != before;
        let code = |from: &str| {
            let diff = [&["diff", "--quiet", from, "refs/heads/main"], &CODE_FILES[..]].concat();
            clone.try_git(&diff).code
        };
        let expected = pick(row);
        let fits = match expected {
            Moves => moved && output.code == Some(0),
            Stays => !moved && output.code == Some(0),
            // A script may have moved main by ticket commits before the one that is refused.
            Refused(words) => {
                code(&before) == Some(0)
                    && output.code != Some(0)
                    && output.stderr().contains(words)
            }
        };
        if !fits {
            wrong.push(format!("{}: expected {expected:?}, moved: {moved}\n{output}", row.0));
        }
        if expected == Moves && code("origin/main") == Some(1) {
            wrong.extend(missed(&clone).into_iter().map(|missed| format!("{}: {missed}", row.0)));
        }
    }
    assert!(wrong.is_empty(), "{} rows are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

fn nothing(_: &Sandbox, _: usize) {}

fn guard_server(sandbox: &Sandbox, _: usize) {
    guard(&sandbox.remote(), &["pre-receive"]);
}

fn merge_code(sandbox: &Sandbox, number: usize) {
    sandbox.seed(&[(format!("src/{number}.rs"), "code\n")]);
}

#[test]
fn code_and_the_default_hooks() {
    hold(CODE, DEFAULT, |row| row.2, guard_server);
}

#[test]
fn code_and_the_strict_hooks() {
    hold(CODE, STRICT, |row| row.3, guard_server);
}

#[test]
fn tickets_pass_the_default_hooks() {
    hold(TICKETS, DEFAULT, |row| row.2, nothing);
}

#[test]
fn tickets_pass_the_strict_hooks() {
    hold(TICKETS, STRICT, |row| row.3, nothing);
}

#[test]
fn what_is_published_passes_the_default_hooks() {
    hold(PUBLISHED, DEFAULT, |row| row.2, merge_code);
}

#[test]
fn what_is_published_passes_the_strict_hooks() {
    hold(PUBLISHED, STRICT, |row| row.3, merge_code);
}
