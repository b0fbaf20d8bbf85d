//! Completed work reaches the trunk without a pull request, where the team has agreed on that.

mod guarded;
mod lands;
mod races;
mod refused;

use crate::activate::workspace;
use crate::harness::{Place, Sandbox, Ticket};

const ID: &str = "TICKET-foo-001";
const OTHER: &str = "TICKET-bar-001";
const LANDING: &str = "landing: completed\n";

fn active(id: &str) -> String {
    format!("tickets/active/{id}/{id}.md")
}

fn done(id: &str) -> String {
    format!("tickets/completed/{id}/{id}.md")
}

/// Two tickets of which nothing is left to do but the work, settings, and a file of twelve lines.
fn project(settings: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    let mut files =
        vec![(".tix.yaml".to_owned(), settings.to_owned()), ("lines.txt".to_owned(), lines(0, ""))];
    for lane in ["queue", "active", "completed", "archive"] {
        files.push((format!("tickets/{lane}/.gitkeep"), String::new()));
    }
    for id in [ID, OTHER] {
        let text = Ticket::new(id).text().replace("- [ ]", "- [x]");
        files.push((format!("tickets/queue/{id}.md"), text));
    }
    sandbox.seed(&files);
    sandbox
}

/// Twelve lines, one of them changed.
fn lines(changed: usize, to: &str) -> String {
    let line = |n: usize| if n == changed { to.to_owned() } else { n.to_string() };
    (1..=12).map(|n| line(n) + "\n").collect()
}

/// A ticket that is claimed, worked on in two commits, and pushed: its workspace.
fn worked(clone: &Place, id: &str) -> Place {
    clone.tix(&["activate", id]).success();
    let there = clone.at(workspace(clone, id));
    there.commit("some work", &[(&format!("src/{id}.rs"), "some\n")]);
    there.commit("more work", &[(&format!("src/{id}.rs"), "some\nmore\n")]);
    there.git(&["push", "-q"]);
    there
}

/// The same, complete on its branch.
fn completed(clone: &Place, id: &str) -> Place {
    let there = worked(clone, id);
    there.tix(&["complete"]).success();
    there
}

/// The commits of the remote's trunk that it was at, newest first, without those of the seed.
fn story(sandbox: &Sandbox) -> Vec<String> {
    let log = sandbox.remote().git(&["log", "--first-parent", "--format=%s", "main"]);
    log.lines().filter(|line| *line != "seed").map(str::to_owned).collect()
}

fn main_of(place: &Place) -> String {
    place.git(&["rev-parse", "refs/heads/main"])
}
