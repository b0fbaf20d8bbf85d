//! Every shape of clone: commands, guard, scripts and doctor name the same branches.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::{OTHERS, empty_clone, fetch, guarded, in_script, project};
use crate::harness::{Place, Sandbox, drawn};

/// A clone that nobody has used tix in.
struct Shape {
    sandbox: Sandbox,
    place: Place,
    /// The trunk that the commands are to name, with its remote.
    trunk: &'static str,
    /// What is to be protected besides.
    besides: &'static [&'static str],
}

const USUAL: &[&str] = &["main", "master", "production"];

impl Shape {
    fn new(sandbox: Sandbox, place: Place, trunk: &'static str) -> Shape {
        Shape { sandbox, place, trunk, besides: USUAL }
    }

    fn besides(self, besides: &'static [&'static str]) -> Shape {
        Shape { besides, ..self }
    }

    fn hold(&self) {
        let output = self.place.tix(&["list", "--fetch", "--json"]);
        assert_eq!(output.success().json()["trunk"], self.trunk, "{output}");
        let doctor = self.place.tix(&["doctor", "--json"]);
        assert_eq!(doctor.json()["trunk"], self.trunk, "{doctor}");
        let check = self.place.tix(&["check", "--json"]);
        let short = self.trunk.split_once('/').map_or(self.trunk, |(_, short)| short);
        let range = check.json()["range"].as_str().unwrap().to_owned();
        assert!([self.trunk, short].contains(&range.as_str()), "{check}");
        let known = [short].into_iter().chain(self.besides.iter().copied());
        let known: BTreeSet<String> = known.map(str::to_owned).collect();
        let asked = known.iter().cloned().chain(OTHERS.map(str::to_owned)).collect();
        assert_eq!(guarded(&self.place, &self.sandbox, &asked), known, "the guard");
        assert_eq!(in_script(&self.place), known, "the script");
    }
}

type Row = (&'static str, fn() -> Shape);

const ROWS: &[Row] = &[
    ("a clone", || of_clone("develop", |_| {})),
    ("a clone whose trunk has a slash", || {
        let sandbox = project("release/1.x");
        let clone = sandbox.clone_named("clone");
        Shape::new(sandbox, clone, "origin/release/1.x")
    }),
    ("a clone that was made by a fetch", || {
        let sandbox = project("develop");
        let clone = fetched(&sandbox, "develop");
        Shape::new(sandbox, clone, "origin/develop")
    }),
    ("one that has a main too", || {
        let sandbox = project("develop");
        sandbox.seed_on("main", &[("README.md", "released\n")]);
        let clone = fetched(&sandbox, "develop");
        Shape::new(sandbox, clone, "origin/develop")
    }),
    ("one with another branch checked out", || {
        let sandbox = project("develop");
        sandbox.seed_on("topic", &[("README.md", "x\n")]);
        let clone = fetched(&sandbox, "topic");
        Shape::new(sandbox, clone, "origin/develop")
    }),
    ("a clone that has lost the remote's HEAD", || {
        of_clone("develop", |clone| {
            clone.git(&["remote", "set-head", "origin", "--delete"]);
        })
    }),
    ("a clone whose user calls new branches otherwise", || {
        of_clone("develop", |clone| {
            clone.git(&["remote", "set-head", "origin", "--delete"]);
            clone.git(&["config", "init.defaultBranch", "topic"]);
            clone.git(&["branch", "topic"]);
        })
    }),
    ("a remote of another name", || {
        let shape = of_clone("develop", |clone| {
            clone.git(&["remote", "rename", "origin", "up"]);
        });
        Shape { trunk: "up/develop", ..shape }
    }),
    ("two remotes", || {
        of_clone("develop", |clone| {
            clone.git(&["remote", "add", "fork", "/nowhere"]);
        })
    }),
    ("two remotes, of which the clone names one", || {
        let shape = of_clone("develop", |clone| {
            clone.git(&["remote", "rename", "origin", "up"]);
            clone.git(&["remote", "add", "fork", "/nowhere"]);
            clone.git(&["config", "tix.remote", "up"]);
        });
        Shape { trunk: "up/develop", ..shape }
    }),
    ("a clone that follows another remote", || {
        of_clone("develop", |clone| {
            let url = clone.git(&["config", "remote.origin.url"]);
            clone.git(&["remote", "add", "fork", &url]);
            clone.git(&["fetch", "-q", "fork"]);
            clone.git(&["switch", "-q", "-c", "topic", "--track", "fork/develop"]);
        })
    }),
    ("a clone of its trunk alone", || single("develop")),
    ("a clone of another branch alone", || single("topic")),
    ("a shallow clone", || {
        let sandbox = project("develop");
        let clone = sandbox.shallow_clone("clone");
        Shape::new(sandbox, clone, "origin/develop")
    }),
    ("a bare clone", || bare(|_| {})),
    ("a bare clone with remote-tracking branches", || {
        bare(|clone| {
            let refspec = "+refs/heads/*:refs/remotes/origin/*";
            clone.git(&["config", "remote.origin.fetch", refspec]);
            fetch(clone);
        })
    }),
    ("a bare clone with another branch as its HEAD", || {
        bare(|clone| {
            clone.git(&["symbolic-ref", "HEAD", "refs/heads/topic"]);
        })
    }),
    ("a worktree of a bare clone", || {
        let shape = bare(|_| {});
        let path = shape.sandbox.root().join("work");
        let path = path.to_str().unwrap();
        shape.place.git(&["worktree", "add", "-q", "-b", "side", path, "develop"]);
        let place = shape.place.at(path);
        Shape { place, ..shape }
    }),
    ("a linked worktree", || {
        let sandbox = project("develop");
        let clone = fetched(&sandbox, "develop").worktree("side");
        Shape::new(sandbox, clone, "origin/develop")
    }),
    ("refs in tables", || {
        let sandbox = project("develop");
        let clone = empty_clone(&sandbox, &[]);
        // git 2.45 brought them; an older one refuses the option.
        if clone.try_git(&["init", "-q", "--ref-format=reftable", "../tables"]).code == Some(0) {
            let tables = clone.at("../tables");
            tables.git(&["remote", "add", "origin", sandbox.remote().path().to_str().unwrap()]);
            fetch(&tables);
            tables.git(&["switch", "-q", "develop"]);
            return Shape::new(sandbox, tables, "origin/develop");
        }
        fetch(&clone);
        Shape::new(sandbox, clone, "origin/develop")
    }),
    ("a trunk that the settings name", || named(|_| {}, "trunk: tickets\n")),
    ("a trunk and other protected branches", || {
        named(|_| {}, "trunk: tickets\nprotected: [develop, live]\n").besides(&["develop", "live"])
    }),
    ("a trunk that the clone names", || {
        named(
            |clone| {
                clone.git(&["config", "tix.trunk", "tickets"]);
            },
            "",
        )
        .besides(&["main", "master", "production", "develop"])
    }),
    ("a trunk that the environment names", || {
        let shape = named(|_| {}, "").besides(&["main", "master", "production", "develop"]);
        let place = shape.place.env("TIX_TRUNK", "tickets");
        Shape { place, ..shape }
    }),
    ("a trunk that a file names that is not committed", || {
        let shape = named(|clone| clone.write(".tix.yaml", "trunk: tickets\n"), "");
        shape.besides(&["main", "master", "production", "develop"])
    }),
    ("the same, from a worktree that lacks the file", || {
        let shape = named(|clone| clone.write(".tix.yaml", "trunk: tickets\n"), "");
        let place = shape.place.worktree("side");
        Shape { place, ..shape }.besides(&["main", "master", "production", "develop"])
    }),
    ("no remote", || local("main", "main", |_| {})),
    ("no remote, and a trunk of a name of its own", || local("develop", "develop", |_| {})),
    ("no remote, and a name that the user gives new branches", || {
        local("trunk", "trunk", |clone| {
            clone.git(&["config", "init.defaultBranch", "trunk"]);
            clone.git(&["switch", "-q", "-c", "topic"]);
        })
    }),
    ("no remote, from a linked worktree", || {
        let shape = local("develop", "develop", |_| {});
        let place = shape.place.worktree("side");
        Shape { place, ..shape }
    }),
    ("no remote and no worktree", || {
        let shape = bare(|clone| {
            clone.git(&["remote", "remove", "origin"]);
            clone.git(&["branch", "main", "develop"]);
        });
        Shape { trunk: "develop", ..shape }
    }),
];

fn of_clone(trunk: &str, prepare: impl Fn(&Place)) -> Shape {
    let sandbox = project(trunk);
    let clone = sandbox.clone_named("clone");
    prepare(&clone);
    Shape::new(sandbox, clone, "origin/develop")
}

/// A clone whose user has fetched and switched to this branch.
fn fetched(sandbox: &Sandbox, branch: &str) -> Place {
    let clone = empty_clone(sandbox, &[]);
    fetch(&clone);
    clone.git(&["switch", "-q", branch]);
    clone
}

fn single(branch: &str) -> Shape {
    let sandbox = project("develop");
    sandbox.seed_on("topic", &[("README.md", "x\n")]);
    let root = Place::new(sandbox.shared(), sandbox.root().to_owned());
    let url = sandbox.url();
    let url = url.to_str().unwrap();
    root.git(&["clone", "-q", "--single-branch", "--branch", branch, url, "clone"]);
    let clone = root.at("clone");
    Shape::new(sandbox, clone, "origin/develop")
}

fn bare(prepare: impl Fn(&Place)) -> Shape {
    let sandbox = project("develop");
    sandbox.seed_on("topic", &[("README.md", "x\n")]);
    let clone = sandbox.bare_clone("clone.git");
    prepare(&clone);
    Shape::new(sandbox, clone, "origin/develop")
}

/// Tickets on a branch of their own, and settings on the default branch.
fn named(prepare: impl Fn(&Place), yaml: &str) -> Shape {
    let sandbox = project("develop");
    sandbox.seed_on("tickets", &[("tickets/queue/.gitkeep", "")]);
    if !yaml.is_empty() {
        sandbox.seed(&[(".tix.yaml", yaml)]);
    }
    let clone = sandbox.clone_named("clone");
    prepare(&clone);
    Shape::new(sandbox, clone, "origin/tickets")
}

fn local(branch: &str, trunk: &'static str, prepare: impl Fn(&Place)) -> Shape {
    let sandbox = project(branch);
    let clone = sandbox.local_repository("clone");
    prepare(&clone);
    Shape::new(sandbox, clone, trunk)
}

#[test]
fn commands_guard_and_scripts_name_the_same_branches_in_every_clone() {
    let mut failed = Vec::new();
    for (name, prepare) in drawn::of(ROWS) {
        if catch_unwind(AssertUnwindSafe(|| prepare().hold())).is_err() {
            failed.push(*name);
        }
    }
    assert!(failed.is_empty(), "of these the report is above: {failed:#?}");
}
