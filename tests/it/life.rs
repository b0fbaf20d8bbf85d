//! What happens to a ticket after the claim, and before it: every verb, on the trunk and on the ticket branch.

mod audit;
mod awaited;
mod clocks;
mod complete;
mod edit;
mod ends;
mod fence;
mod handoff;
mod landing;
mod marks;
mod merge;
mod notes;
mod review;
mod stories;
mod takeover;

mod unpushed;
mod views;
mod which;
mod words;

use crate::activate::{ACTIVE, BRANCH, ID, QUEUED, workspace};
use crate::harness::{Place, Sandbox, Ticket};

const COMPLETED: &str = "tickets/completed/TICKET-foo-001/TICKET-foo-001.md";
const ARCHIVED: &str = "tickets/archive/TICKET-foo-001.md";

/// A ticket of which nothing is left to do but the work.
fn ready(id: &str) -> String {
    Ticket::new(id).text().replace("- [ ]", "- [x]")
}

/// A remote with one ticket in the queue, settings, a source file, and the lanes.
fn queued_with(settings: &str, ticket: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.seed(&[
        (QUEUED, ticket),
        (".tix.yaml", settings),
        ("src/main.rs", "fn main() {}\n"),
        ("tickets/queue/.gitkeep", ""),
        ("tickets/active/.gitkeep", ""),
        ("tickets/completed/.gitkeep", ""),
        ("tickets/archive/.gitkeep", ""),
    ]);
    sandbox
}

/// One that Ada holds in her clone `a`: the sandbox, the clone, the workspace.
fn held_with(settings: &str) -> (Sandbox, Place, Place) {
    let sandbox = queued_with(settings, &ready(ID));
    let ada = sandbox.clone_named("a");
    ada.tix(&["activate", ID]).success();
    let there = ada.at(workspace(&ada, ID));
    (sandbox, ada, there)
}

/// Bob, in a clone of his own on another machine.
fn bob(sandbox: &Sandbox) -> Place {
    sandbox.clone_named("b").on_machine("bobs").as_person("Bob", "bob@example.org")
}

/// Commits work on top of what others have written to the branch, and pushes it.
fn work(there: &Place, name: &str) {
    there.git(&["pull", "-q", "--rebase"]);
    there.commit(&format!("add {name}"), &[(name, "work\n")]);
    there.git(&["push", "-q"]);
}

/// The text of a ticket in a commit of the remote.
fn text(sandbox: &Sandbox, revision: &str, path: &str) -> String {
    String::from_utf8(sandbox.remote().show(revision, path)).unwrap()
}

/// The headings of its changelog, without their times.
fn entries(text: &str) -> Vec<String> {
    let headings = text.lines().filter_map(|line| line.strip_prefix("## [")?.split_once("] - "));
    headings.map(|(_, what)| what.to_owned()).collect()
}

/// The value of a key; `None` where it says nothing.
fn value(text: &str, key: &str) -> Option<String> {
    let front = text.split("\n---\n").next().unwrap();
    let line = front.lines().find_map(|line| line.strip_prefix(&format!("{key}: ")))?;
    let value = line.trim().trim_matches('"');
    (value != "null").then(|| value.to_owned())
}

/// The subjects of a branch of the remote, oldest first, without those of the seed.
fn story(sandbox: &Sandbox, branch: &str) -> String {
    let log = sandbox.remote().git(&["log", "--reverse", "--first-parent", "--format=%s", branch]);
    log.lines().filter(|line| *line != "seed").collect::<Vec<_>>().join("\n")
}
