//! What a ticket leaves behind goes when its work is merged, and not before.

mod merged;
mod refused;
mod trash;

use crate::activate::workspace;
use crate::harness::{Place, Sandbox, Ticket};

/// Tickets that have nothing left to be ticked, a file of ten lines, and the lanes.
fn tickets(ids: &[&str], settings: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    let mut files = vec![
        (".tix.yaml".to_owned(), settings.to_owned()),
        (".gitignore".to_owned(), "*.ignored\n".to_owned()),
        ("lines.txt".to_owned(), lines(&[])),
    ];
    for lane in ["queue", "active", "completed", "archive"] {
        files.push((format!("tickets/{lane}/.gitkeep"), String::new()));
    }
    for id in ids {
        let text = Ticket::new(id).text().replace("- [ ]", "- [x]");
        files.push((format!("tickets/queue/{id}.md"), text));
    }
    sandbox.seed(&files);
    sandbox
}

/// Twelve lines, some of them changed.
fn lines(changed: &[(usize, &str)]) -> String {
    let line = |n: usize| {
        changed.iter().find(|(at, _)| *at == n).map_or(n.to_string(), |(_, to)| (*to).to_owned())
    };
    (1..=12).map(|n| line(n) + "\n").collect()
}

/// A ticket that is claimed, worked on, and complete on its branch: its workspace.
fn completed(clone: &Place, id: &str, files: &[(&str, &str)]) -> Place {
    clone.tix(&["activate", id]).success();
    let there = clone.at(workspace(clone, id));
    there.commit("some work", files);
    there.commit("more work", &[(&format!("{id}.txt"), "more\n")]);
    there.git(&["push", "-q"]);
    there.tix(&["complete"]).success();
    there
}

/// A place that has the trunk checked out, as whoever merges has.
fn merger(sandbox: &Sandbox) -> Place {
    sandbox.clone_named("merger")
}

/// Takes in the newest trunk, does this to it, and pushes.
fn on_trunk(merger: &Place, script: &str) {
    let script = format!("set -e; git pull -q --ff-only; {script}; git push -q origin HEAD:main");
    merger.sh(&script).run().success();
}

/// Squashes the branch of a ticket into the trunk, as a hosting site does.
fn squash(merger: &Place, id: &str) {
    on_trunk(
        merger,
        &format!("git merge -q --squash origin/ticket/{id}; git commit -q -m 'Squash {id}'"),
    );
}

/// Everything of a ticket that `clean` is about, by name.
fn leavings(sandbox: &Sandbox, clone: &Place, id: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (place, name) in [(&sandbox.remote(), "remote"), (clone, "clone")] {
        let refs = place.git(&["for-each-ref", "--format=%(refname)"]);
        found.extend(refs.lines().filter(|r| r.ends_with(id)).map(|r| format!("{name}:{r}")));
    }
    let config = clone.try_git(&["config", "--get-regexp", &format!("branch.*{id}.*")]);
    found.extend(config.stdout().lines().map(str::to_owned));
    let worktrees = clone.git(&["worktree", "list", "--porcelain"]);
    found.extend(worktrees.lines().filter(|line| line.contains(id)).map(str::to_owned));
    let files =
        [workspace(clone, id), clone.common_dir().join(format!("tix/workspaces/{id}.json"))];
    found.extend(files.iter().filter(|file| file.exists()).map(|file| file.display().to_string()));
    found
}

#[track_caller]
fn assert_gone(sandbox: &Sandbox, clone: &Place, id: &str) {
    assert_eq!(leavings(sandbox, clone, id), Vec::<String>::new());
}
