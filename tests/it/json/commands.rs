//! Every command there is answers with one object.

use serde_json::Value;

use crate::harness::{Output, Place, Sandbox, queue_ticket};

/// What programs call, which speak the languages of git and of agents.
const CALLED: [&str; 9] = [
    "hook git",
    "hook claude",
    "hook codex",
    "hook gemini",
    "hook cursor",
    "hook qwen",
    "hook copilot",
    "hook opencode",
    // Answers with its address, and stays: `serve::` has it.
    "serve",
];

/// What the commands need behind their names, in this order; the rest needs nothing.
const WORDS: [(&str, &str); 39] = [
    ("demo", "--racers 2"),
    ("new", "New"),
    ("draft", "c-001 --reason unclear"),
    ("queue", "c-001"),
    ("set", "c-001 priority=P1"),
    ("edit", "c-001 --append more"),
    ("tick", "c-001 1"),
    ("show", "a-001"),
    ("dep add", "b-001 a-001"),
    ("dep tree", "b-001"),
    ("dep rm", "b-001 a-001"),
    ("activate", "a-001"),
    ("path", "a-001"),
    ("status", "a-001"),
    ("note", "a-001 news"),
    ("block", "a-001 --reason why"),
    ("unblock", "a-001"),
    ("run", "a-001 --detach -- true"),
    ("submit", "a-001"),
    ("review", "a-001 --approve"),
    ("pr", "a-001"),
    ("complete", "a-001"),
    ("handoff", "a-001 --to somebody --new-person"),
    ("reclaim", "a-001 --reason old"),
    ("rework", "a-001 --reason more"),
    ("release", "a-001"),
    ("land", "a-001"),
    ("clean", "--merged"),
    ("archive", "a-001"),
    ("close", "b-001 --as wont_do"),
    ("reopen", "b-001 --reason again"),
    ("link", "github --dry-run"),
    ("hook print", "pre-commit"),
    ("mcp install", "--agents claude"),
    ("config get", "trunk"),
    ("config set", "stale_after 3d"),
    ("shell-init", "fish"),
    ("completions", "bash"),
    ("man", "pages"),
];

/// The names of the commands that can be called, those in others with them.
fn leaves(place: &Place, above: &[&str], found: &mut Vec<String>) {
    let help = place.tix(&[above, &["--help"]].concat());
    let text = help.success().stdout();
    let listed = match above {
        // Here they stand in groups.
        [] => text.split_once("\nOther words\n").map(|(groups, _)| groups),
        _ => text.split_once("\nCommands:\n").and_then(|(_, below)| below.split("\n\n").next()),
    };
    let Some(listed) = listed else {
        found.push(above.join(" "));
        return;
    };
    let lines = listed.lines().filter(|line| line.starts_with("  "));
    // What does not fit goes on in lines that are indented further.
    let names = lines.filter(|line| !line.starts_with("   "));
    for name in names.filter_map(|line| line.split_whitespace().next()) {
        if name != "help" {
            leaves(place, &[above, &[name]].concat(), found);
        }
    }
}

/// The one object on stdout.
fn object(output: &Output) -> Value {
    assert_eq!(output.stdout().lines().count(), 1, "one object on one line: {output}");
    let answer = output.json();
    let schema = answer["schema"].as_str().unwrap_or_default();
    assert!(schema.starts_with("tix/"), "{output}");
    assert_eq!(
        output.code == Some(2),
        schema == "tix/error@1" && answer["name"] == "usage",
        "{output}"
    );
    answer
}

#[test]
fn every_command_answers_with_one_object() {
    let sandbox = Sandbox::new();
    let ids = ["TICKET-a-001", "TICKET-b-001", "TICKET-c-001"];
    sandbox.seed(&ids.map(|id| (format!("tickets/queue/{id}.md"), queue_ticket(id))));
    let clone = sandbox.clone_named("a");
    let mut all = Vec::new();
    leaves(&clone, &[], &mut all);
    assert!(all.len() > 40, "{all:?}");
    for (name, _) in WORDS {
        assert!(all.iter().any(|one| one == name), "there is no `tix {name}`");
    }
    let place = |name: &str| WORDS.iter().position(|(one, _)| *one == name);
    all.sort_by_key(|name| place(name).map_or(0, |at| at + 1));
    for name in all.iter().filter(|name| !CALLED.contains(&name.as_str())) {
        let words = WORDS.iter().find(|(one, _)| one == name).map(|(_, words)| words.split(' '));
        let line: Vec<&str> =
            name.split(' ').chain(["--json"]).chain(words.into_iter().flatten()).collect();
        let output = clone.tix(&line);
        let answer = object(&output);
        assert_ne!(answer["name"], "usage", "{name} needs other words here: {output}");
    }
    // What has no form in JSON is refused in JSON.
    let refused = [
        "report --html - --json",
        "run a-001 --json -- true",
        "completions --json",
        "no-command --json",
    ];
    for line in refused {
        let output = clone.tix(&line.split(' ').collect::<Vec<_>>());
        assert_eq!(object(&output)["name"], "usage", "{output}");
    }
    let unsaid = object(&clone.tix(&["completions", "--json"]));
    assert_eq!(unsaid["message"], "tix completions needs <SHELL>");
}
