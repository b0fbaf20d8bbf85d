//! The commands that read: `list`, `show`, `log`, `path`, and the shell function that follows a path.

mod cache;
mod filters;
mod list;
mod log;
mod next;
mod path;
mod show;

use crate::harness::{Place, Sandbox, Ticket, notes, queue_ticket};

/// A claim id as a clone makes them.
const CLAIM: &str = "0123abcd-4567";

fn queue_path(id: &str) -> String {
    format!("tickets/queue/{id}.md")
}

fn active_path(id: &str) -> String {
    format!("tickets/active/{id}/{id}.md")
}

/// A ticket that Bob holds under [`CLAIM`].
fn held(id: &str) -> Ticket {
    Ticket::new(id)
        .key("status", "claimed")
        .key("claimed_by", "Bob Example <bob@example.org>")
        .key("claimed_at", "2025-12-03T12:00:00Z")
        .key("claim_id", CLAIM)
}

/// One ticket in the queue, one that Bob holds, one that is done.
fn seeded() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.seed(&[
        (queue_path("TICKET-login-001"), queue_ticket("TICKET-login-001")),
        (active_path("TICKET-mail-001"), held("TICKET-mail-001").text()),
        (
            "tickets/completed/TICKET-old-001/TICKET-old-001.md".to_owned(),
            Ticket::new("TICKET-old-001").key("status", "approved").text(),
        ),
        ("README.md".to_owned(), "# A project\n".to_owned()),
    ]);
    sandbox
}

/// The ids in an answer of `tix list --json`, in its order.
fn ids(answer: &serde_json::Value) -> Vec<&str> {
    let tickets = answer["tickets"].as_array().unwrap();
    tickets.iter().map(|ticket| ticket["id"].as_str().unwrap()).collect()
}

/// Runs a command on a terminal of this width; `None` where no `script` can make one.
fn on_terminal(place: &Place, columns: u32, tix: &str) -> Option<String> {
    let tix = tix.replace("tix ", concat!("'", env!("CARGO_BIN_EXE_tix"), "' "));
    let line = format!("stty rows 40 cols {columns}; {tix}");
    let probe = place.sh("script --version").run();
    if !probe.stdout().contains("util-linux") {
        notes::skipped("script");
        return None;
    }
    let output = place.command("/usr/bin/env".as_ref(), &["script", "-qec", &line, "/dev/null"]);
    let output = output.env("TERM", "xterm").env("NO_COLOR", "1").run();
    Some(output.success().stdout().replace("\r\n", "\n"))
}
