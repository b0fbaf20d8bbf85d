//! The guard: what git's hooks let happen and what they refuse, through real git.

mod audit;
mod bypasses;
mod check;
mod commits;
mod memory;
mod merges;
mod operations;
mod places;
mod pushes;
mod server;
mod unheard;

use crate::harness::{Output, Place, Sandbox, Ticket, queue_ticket};

/// What `tix hook install` installs, and what it adds with `--strict`.
const DEFAULT: &[&str] = &["pre-commit", "pre-merge-commit", "pre-push"];
const STRICT: &[&str] =
    &["pre-commit", "pre-merge-commit", "pre-push", "prepare-commit-msg", "reference-transaction"];

const ID: &str = "TICKET-foo-001";
const QUEUED: &str = "tickets/queue/TICKET-foo-001.md";
const ACTIVE: &str = "tickets/active/TICKET-foo-001/TICKET-foo-001.md";

/// Installs these hooks, as thin as can be.
fn guard(place: &Place, hooks: &[&str]) {
    for name in hooks {
        let tix = env!("CARGO_BIN_EXE_tix");
        place.hook(name, &format!("exec '{tix}' hook git {name} \"$@\""));
    }
}

/// A remote with code and two tickets.
fn project() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.seed(&[
        ("README.md", "# A project\n".to_owned()),
        ("src/main.rs", "fn main() {}\n".to_owned()),
        ("tickets/active/.gitkeep", String::new()),
        ("tickets/completed/.gitkeep", String::new()),
        (QUEUED, queue_ticket(ID)),
        ("tickets/queue/TICKET-bar-001.md", queue_ticket("TICKET-bar-001")),
    ]);
    sandbox
}

/// A clone with these hooks.
fn guarded(sandbox: &Sandbox, name: &str, hooks: &[&str]) -> Place {
    let clone = sandbox.clone_named(name);
    guard(&clone, hooks);
    clone
}

fn main_of(place: &Place) -> String {
    place.git(&["rev-parse", "refs/heads/main"])
}

/// A ticket in this state.
fn ticket(status: &str) -> String {
    Ticket::new(ID).key("status", status).text()
}

#[track_caller]
fn assert_refused(output: &Output, words: &str) {
    assert_ne!(output.code, Some(0), "{output:?}");
    assert!(output.stderr().contains(words), "no {words:?} in {output:?}");
}
