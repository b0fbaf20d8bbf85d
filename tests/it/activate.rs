//! Claiming a ticket and making its workspace.

mod answers;
mod branch_lock;
mod claim;
mod earlier;
mod group;
mod half_made;
mod killed;
mod local;
mod losers;
mod next;
mod queue;
mod quick;
mod races;
mod record;
mod refused;
mod reports;
mod resume;
mod secrets;
mod sessions;
mod set_up;
mod stray;

use std::path::PathBuf;

use crate::harness::{Output, Place, Sandbox, queue_ticket};

pub const ID: &str = "TICKET-foo-001";
pub const QUEUED: &str = "tickets/queue/TICKET-foo-001.md";
pub const ACTIVE: &str = "tickets/active/TICKET-foo-001/TICKET-foo-001.md";
pub const BRANCH: &str = "refs/heads/ticket/TICKET-foo-001";

/// A remote with one ticket in the queue, a source file, and the lanes.
pub fn one_ticket() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.seed(&[
        (QUEUED, queue_ticket(ID)),
        ("tickets/active/.gitkeep", String::new()),
        ("src/main.rs", "fn main() {}\n".to_owned()),
    ]);
    sandbox
}

/// A remote with `count` tickets in the queue: `TICKET-many-001` and so on.
pub fn many_tickets(count: usize) -> (Sandbox, Vec<String>) {
    let sandbox = Sandbox::new();
    let ids: Vec<String> = (1..=count).map(|n| format!("TICKET-many-{n:03}")).collect();
    let files: Vec<_> =
        ids.iter().map(|id| (format!("tickets/queue/{id}.md"), queue_ticket(id))).collect();
    sandbox.seed(&files);
    (sandbox, ids)
}

/// The workspace that tix makes for a ticket of this clone.
pub fn workspace(clone: &Place, id: &str) -> PathBuf {
    let name = clone.path().file_name().unwrap().to_str().unwrap();
    clone.path().parent().unwrap().join(format!("{name}.worktrees/{id}"))
}

/// The value of a key in a ticket as a commit has it.
pub fn key(place: &Place, revision: &str, path: &str, key: &str) -> String {
    let text = String::from_utf8(place.show(revision, path)).unwrap();
    let start = format!("{key}: ");
    let line = text.lines().find_map(|line| line.strip_prefix(&start));
    line.unwrap_or_else(|| panic!("no `{key}` in {path}:\n{text}")).trim_matches('"').to_owned()
}

/// The claim that holds the ticket.
pub fn claim_of(sandbox: &Sandbox) -> String {
    key(&sandbox.remote(), "main", ACTIVE, "claim_id")
}

/// A line of shell with which somebody gives the ticket back who did not claim it from where they are: it names the claim that
/// holds it by then.
pub fn release_by_claim(sandbox: &Sandbox) -> String {
    let (tix, remote) = (env!("CARGO_BIN_EXE_tix"), sandbox.remote());
    let remote = remote.path().display();
    let claim =
        format!("git -C '{remote}' show main:{ACTIVE} | sed -n 's/^claim_id: //p' | tr -d '\"'");
    format!("'{tix}' release {ID} --claim \"$({claim})\"")
}

/// The subjects of the trunk on the remote, newest first, without those of the seed.
pub fn subjects(sandbox: &Sandbox) -> Vec<String> {
    let log = sandbox.remote().git(&["log", "--format=%s", "main"]);
    log.lines().filter(|line| *line != "seed").map(str::to_owned).collect()
}

/// A fact of an error in JSON.
pub fn fact(output: &Output, name: &str) -> String {
    output.json()["details"][name].as_str().unwrap_or_default().to_owned()
}

/// The id of the claim whose commit an error in JSON names.
pub fn claim_told(sandbox: &Sandbox, output: &Output) -> String {
    let commit = fact(output, "commit");
    let format = "--format=%(trailers:key=Tix-Claim,valueonly)";
    sandbox.remote().git(&["log", "-1", format, &commit]).trim().to_owned()
}

/// The hints of an error in JSON.
pub fn hints(output: &Output) -> String {
    let json = output.json();
    let hints = json["hints"].as_array().cloned().unwrap_or_default();
    hints.iter().filter_map(|hint| hint.as_str()).collect::<Vec<_>>().join("\n")
}
