//! Activation in every state a repository can be in, and with every setting that could bend git's answers.
//!
//! A row is a name and a function that makes a [`Scene`]. All rows are held to the same demands: see [`Scene::hold`].

mod addresses;
mod checkouts;
mod clones;
mod environment;
mod hooks;
mod remotes;
mod settings;

use std::panic::{AssertUnwindSafe, catch_unwind};

use serde_json::Value;

use crate::harness::{Place, Sandbox, Untouched, drawn, no_leftovers, queue_ticket};

const ID: &str = "TICKET-foo-001";
const QUEUED: &str = "tickets/queue/TICKET-foo-001.md";
const ACTIVE: &str = "tickets/active/TICKET-foo-001/TICKET-foo-001.md";

type Row = (&'static str, fn() -> Scene);

/// Whether giving back and writing another ticket are tried too.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Depth {
    Activate,
    WholeLife,
}

struct Scene {
    sandbox: Sandbox,
    /// Where tix is called.
    at: Place,
    /// The checkouts that are to stay as they are.
    stay: Vec<Place>,
    remote: Place,
    remote_name: &'static str,
    trunk: &'static str,
    depth: Depth,
}

/// A remote with one ticket in the queue and some files beside it.
fn seeded() -> Sandbox {
    seed(Sandbox::new())
}

fn seed(sandbox: Sandbox) -> Sandbox {
    sandbox.seed(&[
        (QUEUED, queue_ticket(ID)),
        ("tickets/queue/TICKET-bar-001.md", queue_ticket("TICKET-bar-001")),
        ("README.md", "# Example\n".to_owned()),
        ("src/deep/main.rs", "fn main() {}\n".to_owned()),
    ]);
    sandbox
}

impl Scene {
    fn new(sandbox: Sandbox, at: Place) -> Self {
        let (remote, stay) = (sandbox.remote(), vec![at.clone()]);
        Self {
            sandbox,
            at,
            stay,
            remote,
            remote_name: "origin",
            trunk: "main",
            depth: Depth::Activate,
        }
    }

    /// A plain clone, to which something is done first.
    fn of_clone(prepare: impl FnOnce(&Place)) -> Self {
        let sandbox = seeded();
        let clone = sandbox.clone_named("clone");
        prepare(&clone);
        Self::new(sandbox, clone)
    }

    fn called_from(mut self, change: impl FnOnce(Place) -> Place) -> Self {
        self.at = change(self.at);
        self
    }

    fn watching(mut self, place: &Place) -> Self {
        self.stay.push(place.clone());
        self
    }

    fn whole_life(mut self) -> Self {
        self.depth = Depth::WholeLife;
        self
    }

    /// The ticket is claimed by one commit of two paths, its branch and its worktree are there, and nothing else has
    /// changed; the same for the way back, where the row asks for it.
    fn hold(&self) {
        let before: Vec<Untouched> =
            self.stay.iter().map(|place| Untouched::besides_ticket(place, ID)).collect();
        let old = self.remote.git(&["rev-parse", self.trunk]);
        let output = self.at.tix(&["activate", "foo-001", "--json"]);
        let receipt = output.success().json();
        self.check_claim(&receipt, &old);
        self.check_workspace(&receipt);
        self.check_rest(&before);
        if self.depth == Depth::WholeLife {
            self.check_release();
            self.check_new();
            self.check_rest(&before);
        }
    }

    fn check_claim(&self, receipt: &Value, old: &str) {
        let (remote, trunk) = (&self.remote, self.trunk);
        assert_eq!(receipt["remote"], self.remote_name);
        assert_eq!(receipt["trunk"], trunk);
        assert_eq!(remote.git(&["rev-parse", &format!("{trunk}^")]), old, "one commit more");
        assert_eq!(receipt["claim"]["commit"], remote.git(&["rev-parse", trunk]).as_str());
        let args = ["diff-tree", "-r", "--no-commit-id", "--no-renames", "--name-status", trunk];
        assert_eq!(remote.git(&args), format!("A\t{ACTIVE}\nD\t{QUEUED}"));
        assert_eq!(remote.git(&["log", "-1", "--format=%s", trunk]), format!("claim: {ID}"));
    }

    fn check_workspace(&self, receipt: &Value) {
        let path = receipt["workspace"]["path"].as_str().unwrap();
        let workspace = Place::new(self.sandbox.shared(), path.into());
        let branch = format!("ticket/{ID}");
        assert_eq!(workspace.git(&["symbolic-ref", "--short", "HEAD"]), branch);
        assert_eq!(
            workspace.git(&["config", &format!("branch.{branch}.remote")]),
            self.remote_name
        );
        assert_eq!(
            workspace.git(&["config", &format!("branch.{branch}.merge")]),
            format!("refs/heads/{branch}")
        );
        let head = workspace.git(&["rev-parse", "HEAD"]);
        assert_eq!(self.remote.git(&["rev-parse", &branch]), head);
        assert_eq!(
            workspace.git(&["rev-parse", "HEAD^"]),
            self.remote.git(&["rev-parse", self.trunk])
        );
        assert_eq!(workspace.git(&["status", "--porcelain"]), "");
        let text = workspace.show("HEAD", ACTIVE);
        let text = String::from_utf8(text).unwrap();
        assert!(text.contains("status: in_progress"), "{text}");
    }

    fn check_rest(&self, before: &[Untouched]) {
        for (place, before) in self.stay.iter().zip(before) {
            before.assert_same(place);
            no_leftovers(place);
        }
    }

    fn check_release(&self) {
        self.at.tix(&["release", "foo-001", "--json"]).success();
        let files = self.remote.files(self.trunk);
        assert!(files.iter().any(|file| file == QUEUED), "{files:#?}");
        assert!(!self.remote.has_ref(&format!("refs/heads/ticket/{ID}")));
        let stay = &self.stay[0];
        assert!(!stay.has_ref(&format!("refs/heads/ticket/{ID}")));
        assert!(!stay.git(&["worktree", "list"]).contains(ID));
    }

    fn check_new(&self) {
        let output = self.at.tix(&["new", "Something else", "--json"]);
        let id = output.success().json()["ticket"].as_str().unwrap().to_owned();
        let files = self.remote.files(self.trunk);
        assert!(files.contains(&format!("tickets/queue/{id}.md")), "{files:#?}");
    }
}

/// Runs all rows, and names those that failed.
#[track_caller]
fn hold_all(rows: &[Row]) {
    let mut failed = Vec::new();
    for (name, prepare) in drawn::of(rows) {
        if catch_unwind(AssertUnwindSafe(|| prepare().hold())).is_err() {
            failed.push(*name);
        }
    }
    assert!(failed.is_empty(), "of these the report is above: {failed:#?}");
}

/// Whether the git under test is at least this version.
fn git_is_at_least(place: &Place, minor: u32) -> bool {
    let version = place.git(&["version"]);
    let number = version.strip_prefix("git version 2.").and_then(|rest| rest.split('.').next());
    number.and_then(|text| text.parse::<u32>().ok()).is_some_and(|found| found >= minor)
}
