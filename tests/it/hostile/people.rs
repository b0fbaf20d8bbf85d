//! People who name themselves, or their reasons, as they should not.

use super::{ID, QUEUED, corpus, history_is_clean, is_harmless};
use crate::harness::{Sandbox, Ticket, queue_ticket};

const ACTIVE: &str = "tickets/active/TICKET-foo-001/TICKET-foo-001.md";

fn seeded() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.seed(&[(QUEUED, queue_ticket(ID))]);
    sandbox
}

/// The front matter as another reader of YAML understands it.
fn front_matter(text: &str) -> serde_yaml::Mapping {
    let inner = text.strip_prefix("---\n").unwrap().split("\n---\n").next().unwrap();
    serde_yaml::from_str(inner).unwrap()
}

#[test]
fn an_actor_can_forge_neither_a_trailer_nor_a_key() {
    for [actor] in &corpus("words") {
        let sandbox = seeded();
        let old = sandbox.remote().git(&["rev-parse", "main"]);
        let clone = sandbox.clone_named("clone").env("TIX_ACTOR", actor);
        let output = clone.tix(&["activate", "foo-001"]);
        is_harmless(&output);
        if output.code == Some(2) {
            assert_eq!(sandbox.remote().git(&["rev-parse", "main"]), old);
            continue;
        }
        output.success();
        let text = String::from_utf8(sandbox.remote().show("main", ACTIVE)).unwrap();
        let keys = front_matter(&text);
        assert_eq!(keys["status"].as_str(), Some("claimed"), "{actor:?}: {text}");
        let by = keys["claimed_by"].as_str().unwrap();
        assert!(!by.contains('\n'), "{actor:?}: {by:?}");
        assert!(by.contains("Eve") || by.trim() == actor.trim(), "{actor:?}: {by:?}");
        let loser = sandbox.clone_named("other").tix(&["activate", "foo-001"]);
        is_harmless(&loser);
        loser.exits(3);
        let released = clone.tix(&["release", "foo-001"]);
        is_harmless(&released);
        released.success();
        history_is_clean(&sandbox, &old);
    }
}

#[test]
fn a_reason_can_forge_neither_a_trailer_nor_an_entry() {
    for [reason] in &corpus("words") {
        let sandbox = seeded();
        let old = sandbox.remote().git(&["rev-parse", "main"]);
        let clone = sandbox.clone_named("clone");
        let before = queue_ticket(ID);
        for command in ["activate", "release"] {
            let output = clone.tix(&[command, "foo-001", &format!("--reason={reason}")]);
            is_harmless(&output);
            output.success();
        }
        history_is_clean(&sandbox, &old);
        let text = String::from_utf8(sandbox.remote().show("main", QUEUED)).unwrap();
        assert_eq!(front_matter(&text)["status"].as_str(), Some("open"), "{text}");
        let entries = |text: &str| text.lines().filter(|line| line.starts_with("## [")).count();
        assert_eq!(entries(&text), entries(&before) + 1, "{reason:?}: {text}");
        assert!(!text.lines().any(|line| line.starts_with("FORGED")), "{reason:?}: {text}");
    }
}

#[test]
fn what_a_holder_wrote_is_shown_without_being_obeyed() {
    for by in [
        "\"Eve\\nFORGED\"",
        "\"\\e[2JEve\"",
        "\"\\u202eEve\"",
        "|\n  Eve\n  FORGED",
        "[a, b]",
        "{a: b}",
    ] {
        let sandbox = Sandbox::new();
        let text = Ticket::new(ID)
            .key("status", "in_progress")
            .key("claimed_by", by)
            .key("claimed_at", "\"\\e[31mnow\"")
            .key("claim_id", "\"x\\nFORGED\"")
            .text();
        sandbox.seed(&[(ACTIVE, text)]);
        let clone = sandbox.clone_named("clone");
        for args in [["activate", "foo-001"], ["release", "foo-001"], ["list", "--all"]] {
            let output = clone.tix(&args);
            is_harmless(&output);
            assert_ne!(output.code, Some(101), "{by}: {output}");
        }
        clone.tix(&["activate", "foo-001"]).exits(3);
    }
}

#[test]
fn a_session_is_as_little_trusted_as_a_name() {
    for [session] in &corpus("words") {
        let sandbox = seeded();
        let old = sandbox.remote().git(&["rev-parse", "main"]);
        let clone = sandbox.clone_named("clone").env("TIX_SESSION", session);
        let output = clone.tix(&["activate", "foo-001"]);
        is_harmless(&output);
        output.success();
        let again = clone.tix(&["activate", "foo-001"]);
        is_harmless(&again);
        again.success();
        history_is_clean(&sandbox, &old);
    }
}
