//! Names of files, branches, remotes and directories.

use super::{ID, QUEUED, corpus, history_is_clean, is_harmless, plant};
use crate::harness::{Sandbox, Untouched, no_leftovers, queue_ticket};

#[test]
fn a_file_with_a_hostile_name_is_no_ticket_and_hides_no_other() {
    for [name] in &corpus("files") {
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
    for [query] in &corpus("queries") {
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

#[test]
fn a_hostile_setting_is_refused_or_harmless_wherever_it_stands() {
    for [key, value] in &corpus("settings") {
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
