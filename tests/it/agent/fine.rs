//! False alarms: what agents type all day, and which puts nothing but a ticket move on a protected branch.

use std::collections::BTreeMap;
use std::path::Path;

use super::{CODE, QUEUED, all_refused, refusal};
use crate::harness::{Place, Sandbox, drawn, queue_ticket};

/// The lines of `tests/data/agent/fine.txt`, with the places that each is run from.
fn lines() -> Vec<(Vec<String>, String)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/agent/fine.txt");
    let text = std::fs::read_to_string(path).unwrap();
    let mut places = Vec::new();
    let mut lines = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        match line.strip_prefix('[').and_then(|line| line.split_once("] ")) {
            Some((names, _)) if names.split(' ').all(|name| NAMES.contains(&name)) => {
                places = names.split(' ').map(str::to_owned).collect();
            }
            _ => lines.push((places.clone(), line.replace('↵', "\n"))),
        }
    }
    lines
}

const NAMES: [&str; 4] = ["ticket", "feature", "main", "tickets"];

#[test]
fn what_agents_type_all_day_is_not_refused() {
    let sandbox = Sandbox::new();
    let [mine, open] = ["TICKET-bar-001", "TICKET-foo-001"].map(queue_ticket);
    let bar = "tickets/queue/TICKET-bar-001.md";
    sandbox.seed(&[(bar, mine.as_str()), (QUEUED, open.as_str()), (CODE, "fn a() {}\n")]);
    let clone = sandbox.clone_named("clone");
    clone.tix(&["activate", "bar-001"]).success();
    clone.git(&["pull", "-q", "--ff-only"]);
    let ticket = clone.at(clone.tix(&["path", "bar-001"]).success().stdout().trim());
    let feature = sandbox.clone_named("feature");
    feature.git(&["switch", "-q", "-c", "feature"]);
    let other = clone.at("../other");
    other.git(&["init", "-q", "-b", "main", "."]);
    other.commit("first", &[(CODE, "fn a() {}\n")]);
    for place in [&clone, &feature, &other] {
        place.git(&["branch", "-q", "--no-track", "topic", "HEAD"]);
    }
    let work = clone.worktree("work");
    let tickets = sandbox.clone_named("drafts");
    for place in [&feature, &ticket, &clone, &work, &other] {
        place.write(CODE, "fn changed() {}\n");
        place.write("src/b.rs", "fn b() {}\n");
        place.git(&["add", "src/b.rs"]);
    }
    for place in [&clone, &feature] {
        place.git(&["remote", "add", "heroku", "https://git.heroku.com/shop-1.git"]);
        place.git(&["remote", "add", "dokku", "dokku@apps.example.net:shop"]);
    }
    tickets.write(QUEUED, open.replace("Make it work", "Make it fast"));
    tickets.git(&["add", QUEUED]);
    let places: BTreeMap<&str, &Place> =
        NAMES.into_iter().zip([&ticket, &feature, &clone, &tickets]).collect();
    // None of these places is one that the guard has nothing to do with.
    for place in places.values() {
        all_refused(place, &["git branch -D main"]);
    }

    let lines = lines();
    assert!(lines.len() >= 500, "the list has shrunk to {} lines", lines.len());
    let mut refused = Vec::new();
    for (at, line) in &drawn::of(lines) {
        for name in at {
            if let Some(words) = refusal(places[name.as_str()], line) {
                refused.push(format!("[{name}] {line}\n    {}", words.replace('\n', "\n    ")));
            }
        }
    }
    assert!(refused.is_empty(), "{} are refused:\n{}", refused.len(), refused.join("\n"));
}
