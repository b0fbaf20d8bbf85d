//! One answer to which remote, trunk, base and protected branches hold: for the commands, the guard and the scripts.

mod clones;
mod current;
mod strict;
mod unsure;

use std::collections::BTreeSet;

use crate::harness::{Place, Sandbox, Shim, Ticket};

const ID: &str = "TICKET-foo-001";
const QUEUED: &str = "tickets/queue/TICKET-foo-001.md";

/// Branches that exist nowhere, or that nothing protects.
const OTHERS: [&str; 4] = ["elsewhere", "feature", "side", "topic"];

fn ticket(status: &str) -> String {
    Ticket::new(ID).key("status", status).text()
}

/// A remote with code and a ticket, whose default branch has this name.
fn project(trunk: &str) -> Sandbox {
    let sandbox = Sandbox::new().with_trunk(trunk);
    sandbox.seed(&[
        ("src/main.rs", "fn main() {}\n".to_owned()),
        ("tickets/active/.gitkeep", String::new()),
        (QUEUED, ticket("open")),
    ]);
    sandbox
}

/// A repository without anything, with the remote as `origin`.
fn empty_clone(sandbox: &Sandbox, init: &[&str]) -> Place {
    let remote = sandbox.remote();
    let root = Place::new(sandbox.shared(), sandbox.root().to_owned());
    root.git(&[&["init", "-q", "clone"], init].concat());
    let clone = root.at("clone");
    clone.git(&["remote", "add", "origin", remote.path().to_str().unwrap()]);
    clone
}

/// Fetches as git does that knows nothing of the remote's HEAD.
fn fetch(clone: &Place) {
    clone.git(&["fetch", "-q", "origin", "+refs/heads/*:refs/remotes/origin/*"]);
    clone.git(&["remote", "set-head", "origin", "--delete"]);
}

/// The branches that the guard keeps code from, of these: each is asked about as the hook of a movement is. It asks no remote.
fn guarded(place: &Place, sandbox: &Sandbox, asked: &BTreeSet<String>) -> BTreeSet<String> {
    let shim = Shim::new(sandbox);
    let tree = place.git(&["hash-object", "-t", "tree", "-w", "--stdin"]);
    let other = place.git(&["commit-tree", "-m", "a history of its own", &tree]);
    let judge = |branch: &&String| {
        let line = format!("{} {other} refs/heads/{branch}\n", "0".repeat(other.len()));
        let hook = place.tix_command(&["hook", "git", "reference-transaction", "prepared"]);
        let output = hook.through(&shim).stdin(line).run();
        assert!(matches!(output.code, Some(0 | 1)), "{output}");
        output.code == Some(1)
    };
    let found = asked.iter().filter(judge).cloned().collect();
    assert_eq!(shim.connections(), 0, "the guard asked a remote");
    found
}

/// The branches that the script names, which git runs where there is no tix.
fn in_script(place: &Place) -> BTreeSet<String> {
    place.tix(&["hook", "install", "--files"]).success();
    let script = place.read(place.common_dir().join("hooks/pre-commit"));
    let line = script.lines().find(|line| line.trim_start().starts_with("'refs/heads/")).unwrap();
    let names = line.trim().trim_end_matches(')').split(" | ");
    let short = |name: &str| name.trim_matches('\'').trim_start_matches("refs/heads/").to_owned();
    names.map(short).collect()
}
