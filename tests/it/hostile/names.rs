//! Names of files, branches, remotes and directories.

use super::{ID, QUEUED, history_is_clean, is_harmless, plant};
use crate::harness::{Sandbox, Untouched, no_leftovers, queue_ticket};

const FILES: &[&str] = &[
    "-rf.md",
    "--upload-pack=touch pwned.md",
    "TICKET-a..b.md",
    "TICKET-a.lock.md",
    "TICKET-a b.md",
    "TICKET-$(touch pwned).md",
    "TICKET-\u{1b}[31m.md",
    "TICKET-a\nFORGED.md",
    "TICKET-a\tb.md",
    "TICKET-\u{202e}a.md",
    "TICKET-é.md",
    "TICKET-a:b.md",
    "TICKET-a~1.md",
    "TICKET-@{u}.md",
    "TICKET-a*.md",
    ".md",
];

#[test]
fn a_file_with_a_hostile_name_is_no_ticket_and_hides_no_other() {
    for name in FILES {
        let sandbox = Sandbox::new();
        sandbox.seed(&[(QUEUED, queue_ticket(ID))]);
        plant(&sandbox, "100644", &format!("tickets/queue/{name}"), &queue_ticket("TICKET-x-001"));
        let old = sandbox.remote().git(&["rev-parse", "main"]);
        let clone = sandbox.clone_named("clone");
        let stem = name.strip_suffix(".md").unwrap();
        for query in [stem, name] {
            let output = clone.tix(&["activate", "--no-worktree", "--", query]);
            is_harmless(&output);
            assert!(matches!(output.code, Some(2 | 4 | 9)), "{name:?}: {output}");
        }
        let output = clone.tix(&["activate", "foo-001"]);
        is_harmless(&output);
        output.success();
        history_is_clean(&sandbox, &old);
    }
}

const QUERIES: &[&str] = &[
    "-x",
    "--upload-pack=touch",
    "",
    " ",
    ".",
    "..",
    "../../etc/passwd",
    "tickets/queue/../../../x.md",
    "/etc/passwd",
    "a\nb",
    "\u{1b}[31m",
    "$(touch pwned)",
    "TICKET-",
    "*",
    "@",
    "HEAD",
    "refs/heads/main",
];

#[test]
fn a_hostile_query_finds_nothing_and_does_nothing() {
    let sandbox = Sandbox::new();
    sandbox.seed(&[
        (QUEUED, queue_ticket(ID)),
        ("tickets/queue/TICKET-bar-001.md", queue_ticket("TICKET-bar-001")),
    ]);
    let clone = sandbox.clone_named("clone");
    let before = Untouched::of(&clone);
    let old = sandbox.remote().git(&["rev-parse", "main"]);
    for query in QUERIES {
        for command in ["activate", "release", "show"] {
            let output = clone.tix(&[command, "--", query]);
            is_harmless(&output);
            assert!(matches!(output.code, Some(2 | 4)), "{command} {query:?}: {output}");
        }
    }
    for command in ["activate", "release", "show"] {
        clone.tix(&[command, "-x"]).exits(2);
    }
    assert_eq!(sandbox.remote().git(&["rev-parse", "main"]), old);
    before.assert_same(&clone);
    no_leftovers(&clone);
}

/// Each with a key of the configuration.
const SETTINGS: &[(&str, &str)] = &[
    ("trunk", "--force"),
    ("trunk", "-x"),
    ("trunk", "+main"),
    ("trunk", "main:refs/heads/x"),
    ("trunk", "refs/heads/*"),
    ("trunk", "@{u}"),
    ("trunk", "a..b"),
    ("trunk", "main\nx"),
    ("trunk", "HEAD"),
    ("base", "--orphan"),
    ("remote", "--upload-pack=touch pwned"),
    ("remote", "-x"),
    ("remote", "ext::sh -c touch% pwned"),
    ("remote", "../origin.git"),
    ("branch", "-{id}"),
    ("branch", "../../{id}"),
    ("branch", "{id}.lock"),
    ("branch", "{id}:x"),
    ("branch", "ticket"),
    ("branch", "main"),
    ("activeDir", "../{id}"),
    ("activeDir", "/{id}"),
    ("activeDir", ".git/{id}"),
    ("activeDir", "{id}/../../.."),
    ("activeDir", "{nonsense}"),
    ("ticketsDir", "../tickets"),
    ("ticketsDir", ".git"),
    ("ticketsDir", "/tickets"),
    ("worktree", "{id}\n"),
    ("worktree", ""),
    ("worktree", "-{id}"),
];

#[test]
fn a_hostile_setting_is_refused_or_harmless_wherever_it_stands() {
    for (key, value) in SETTINGS {
        let sandbox = Sandbox::new();
        sandbox.seed(&[(QUEUED, queue_ticket(ID)), ("README.md", "# Example\n".to_owned())]);
        let old = sandbox.remote().git(&["rev-parse", "main"]);
        let clone = sandbox.clone_named("clone");
        clone.git(&["config", &format!("tix.{key}"), value]);
        let before = Untouched::besides_ticket(&clone, ID);
        let output = clone.tix(&["activate", "foo-001"]);
        is_harmless(&output);
        before.assert_same(&clone);
        no_leftovers(&clone);
        let root = clone.at("..");
        assert!(!root.exists("pwned") && !clone.exists("pwned"), "{key}: {value:?}: {output}");
        let remote = sandbox.remote();
        assert!(remote.git(&["merge-base", "--is-ancestor", &old, "main"]).is_empty());
        if output.code != Some(0) {
            assert!(matches!(output.code, Some(2 | 4 | 5 | 9)), "{key}: {value:?}: {output}");
            assert_eq!(remote.git(&["rev-parse", "main"]), old, "{key}: {value:?}: {output}");
        }
        for path in remote.files("main") {
            assert!(
                path.starts_with("tickets/") || path == "README.md",
                "{key}: {value:?}: {path}"
            );
        }
    }
}
