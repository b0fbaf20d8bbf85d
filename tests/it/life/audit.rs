//! Every verb leaves one line in the audit log of the clone that it was done from.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{ACTIVE, ID, queued_with, ready, work};
use crate::activate::workspace;
use crate::harness::Place;

/// A clone whose log is read after each step.
struct Watched {
    clone: Place,
    seen: BTreeSet<String>,
}

impl Watched {
    fn lines(&self) -> Vec<Value> {
        let log = self.clone.path().join(".git/tix/audit.jsonl");
        let text = std::fs::read_to_string(log).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Does it, and sees one line more.
    fn step(&mut self, place: &Place, args: &[&str], schema: &str) -> Value {
        let before = self.lines().len();
        let output = place.tix(args);
        let (lines, verb) = (self.lines(), args[0]);
        assert_eq!(lines.len(), before + 1, "{args:?}: {output}");
        let line = lines.last().unwrap().clone();
        assert_eq!(
            (&line["schema"], &line["operation"]),
            (&schema.into(), &verb.into()),
            "{output}"
        );
        let flag = args.iter().find(|arg| ["--approve", "--request-changes"].contains(arg));
        self.seen.insert(flag.map_or(verb.to_owned(), |flag| format!("{verb} {flag}")));
        line
    }

    /// Does it on the ticket, and sees the receipt.
    fn receipt(&mut self, place: &Place, args: &[&str]) {
        let line = self.step(place, args, "tix/receipt@1");
        assert_eq!(line["ticket"], ID, "{args:?}: {line}");
        assert_ne!(line["outcome"], "already", "{args:?}: {line}");
    }
}

#[test]
fn each_verb_is_one_line_whether_it_is_done_or_refused() {
    let settings = "landing: completed\nreview: [critic_review]\nreview.self: true\n";
    let sandbox = queued_with(settings, &ready(ID));
    let clone = sandbox.clone_named("a");
    let mut log = Watched { clone: clone.clone(), seen: BTreeSet::new() };
    let json = clone.tix(&["status", ID, "--all", "--json"]).success().json();
    assert_eq!(log.lines(), [] as [Value; 0], "looking leaves none");
    for args in [
        &["draft", ID, "--reason", "why?"][..],
        &["queue", ID],
        &["edit", ID, "--append", "- [ ] More words."],
        &["set", ID, "priority=P1"],
        &["tick", ID, "3"],
        &["activate", ID],
        &["note", ID, "half of it"],
        &["block", ID, "--reason", "no key"],
        &["unblock", ID],
        &["release", ID],
        &["activate", ID],
        &["handoff", ID, "--to", "somebody", "--new-person"],
        &["reclaim", ID, "--reason", "they left", "--force"],
        &["run", ID, "--", "true"],
    ] {
        log.receipt(&clone, args);
    }
    // The workspace is known again: there is work to do, and no command before it.
    let next = clone.tix(&["status", ID, "--json"]).success().json()["next"].clone();
    assert_eq!(next, Value::Null);
    let there = clone.at(workspace(&clone, ID));
    work(&there, "work.txt");
    for args in [&["submit"][..], &["review", ID, "--request-changes"]] {
        log.receipt(&there, args);
    }
    work(&there, "more.txt");
    for args in [&["submit"][..], &["review", ID, "--approve"], &["complete"], &["land"]] {
        log.receipt(&there, args);
    }
    for args in [
        &["clean", ID][..],
        &["archive", ID],
        &["rework", ID],
        &["reopen", ID, "--reason", "it broke"],
        &["close", ID, "--as", "wont_do"],
    ] {
        log.step(&clone, args, "tix/receipt@1");
    }
    assert!(!sandbox.remote().files("main").contains(&ACTIVE.to_owned()));
    let failure = log.step(&clone, &["complete", ID], "tix/failure@1");
    assert_eq!((&failure["exit"], &failure["ticket"]), (&5.into(), &ID.into()));
    let moves = json["moves"].as_array().unwrap().iter();
    let moves = moves.map(|m| m["command"].as_str().unwrap().to_owned());
    let untried: Vec<String> = moves.filter(|command| !log.seen.contains(command)).collect();
    assert!(untried.is_empty(), "{untried:?}");
}
