//! What the guard writes down.

use serde_json::Value;

use super::{QUEUED, STRICT, guarded, project, ticket};
use crate::harness::Place;

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
