//! How the repository was made, and what shape it has on the disk.

use std::fmt::Write as _;
use std::fs;

use super::{ID, QUEUED, Row, Scene, git_is_at_least, hold_all, seed, seeded};
use crate::harness::{ObjectFormat, Place, Sandbox, Ticket, queue_ticket};

const CLONES: &[Row] = &[
    ("a bare clone", || bare_clone().whole_life()),
    ("a bare repository with worktrees", bare_with_worktrees),
    ("a worktree of a bare repository", || {
        bare_with_worktrees()
            .called_from(|bare| Place::new(bare.shared(), bare.path().join("main")))
    }),
    ("a bare repository in a hidden directory", hidden_bare),
    ("a shallow clone", || clone_of(|sandbox| sandbox.shallow_clone("clone")).whole_life()),
    ("a partial clone", || clone_of(|sandbox| sandbox.partial_clone("clone")).whole_life()),
    ("a partial clone without trees", || clone_of(|s| cloned(s, &["--filter=tree:0"]))),
    ("a shallow and partial clone", || {
        clone_of(|sandbox| cloned(sandbox, &["--depth=1", "--filter=blob:none", "--no-checkout"]))
    }),
    ("a sparse clone", || clone_of(|sandbox| sandbox.sparse_clone("clone", &["src"])).whole_life()),
    ("a sparse clone that has the tickets", || {
        clone_of(|sandbox| sandbox.sparse_clone("clone", &["tickets"]))
    }),
    ("a sparse clone by patterns", sparse_by_patterns),
    ("a sparse index", sparse_index),
    ("a clone of one other branch", single_branch),
    ("a mirror clone", mirror),
    ("a clone that borrows objects", || clone_of(|sandbox| cloned(sandbox, &["--shared"]))),
    ("a SHA-256 repository", || {
        let sandbox = seed(Sandbox::new().with_format(ObjectFormat::Sha256));
        let clone = sandbox.clone_named("clone");
        Scene::new(sandbox, clone).whole_life()
    }),
];

const PLACES: &[Row] = &[
    ("a separate git directory", separate_git_dir),
    ("core.worktree", core_worktree),
    ("a submodule", submodule),
    ("blanks, quotes and more in the path", quoted_path),
    ("a symbolic link to the repository", linked_path),
    ("a repository without reflogs", || {
        Scene::of_clone(|clone| {
            clone.git(&["config", "core.logAllRefUpdates", "false"]);
            fs::remove_dir_all(clone.path().join(".git/logs")).unwrap();
        })
    }),
    ("many packed branches", many_branches),
    ("replaced and grafted commits", || Scene::of_clone(replaced)),
    ("a ticket with carriage returns", || of_ticket(&Ticket::new(ID).crlf().text())),
    ("a ticket with a byte order mark", || {
        of_ticket(&format!("\u{feff}{}", Ticket::new(ID).text()))
    }),
    ("a ticket without a final line end", || of_ticket(Ticket::new(ID).text().trim_end())),
];

#[test]
fn a_ticket_is_claimed_from_every_kind_of_clone() {
    hold_all(CLONES);
}

#[test]
fn a_ticket_is_claimed_whatever_shape_the_repository_has() {
    hold_all(PLACES);
}

#[test]
fn a_ticket_is_claimed_with_refs_in_tables() {
    let sandbox = seeded();
    if !git_is_at_least(&sandbox.remote(), 45) {
        return;
    }
    let clone = cloned(&sandbox, &["--ref-format=reftable"]);
    Scene::new(sandbox, clone).hold();
}

fn clone_of(make: impl FnOnce(&Sandbox) -> Place) -> Scene {
    let sandbox = seeded();
    let clone = make(&sandbox);
    Scene::new(sandbox, clone)
}

fn cloned(sandbox: &Sandbox, options: &[&str]) -> Place {
    let url = sandbox.url();
    let root = Place::new(sandbox.shared(), sandbox.root().to_owned());
    root.git(&[&["clone", "-q"], options, &["--", url.to_str().unwrap(), "clone"]].concat());
    root.at("clone")
}

/// Its branches are its remote-tracking refs, so every push moves them.
fn mirror() -> Scene {
    let scene = clone_of(|sandbox| cloned(sandbox, &["--mirror"]));
    Scene { stay: Vec::new(), ..scene }
}

fn bare_clone() -> Scene {
    clone_of(|sandbox| sandbox.bare_clone("clone.git"))
}

fn bare_with_worktrees() -> Scene {
    let scene = bare_clone();
    scene.at.git(&["worktree", "add", "-q", "main", "main"]);
    let main = scene.at.at("main");
    main.write("untracked.txt", "x\n");
    scene.watching(&main).whole_life()
}

/// `project/.bare` is the repository, `project/.git` a file that names it, and the worktrees stand beside them.
fn hidden_bare() -> Scene {
    let sandbox = seeded();
    let root = Place::new(sandbox.shared(), sandbox.root().to_owned());
    root.git(&["clone", "-q", "--bare", sandbox.url().to_str().unwrap(), "project/.bare"]);
    let project = root.at("project");
    project.write(".git", "gitdir: ./.bare\n");
    project.git(&["config", "remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*"]);
    project.git(&["worktree", "add", "-q", "main", "main"]);
    let main = project.at("main");
    Scene::new(sandbox, main).watching(&project.at(".bare")).whole_life()
}

fn sparse_by_patterns() -> Scene {
    let scene = clone_of(|sandbox| cloned(sandbox, &["--sparse"]));
    scene.at.git(&["sparse-checkout", "set", "--no-cone", "/README.md", "!/tickets"]);
    scene
}

fn sparse_index() -> Scene {
    let scene = clone_of(|sandbox| sandbox.sparse_clone("clone", &["src"]));
    scene.at.git(&["sparse-checkout", "reapply", "--sparse-index"]);
    scene
}

/// Knows nothing of the trunk: neither its branch nor a refspec for it.
fn single_branch() -> Scene {
    let sandbox = seeded();
    sandbox.remote().git(&["branch", "other", "main"]);
    let clone = cloned(&sandbox, &["--single-branch", "--branch=other"]);
    Scene::new(sandbox, clone).whole_life()
}

fn separate_git_dir() -> Scene {
    let sandbox = seeded();
    let root = Place::new(sandbox.shared(), sandbox.root().to_owned());
    let url = sandbox.url();
    root.at("else where");
    let option = "--separate-git-dir=else where/repo";
    root.git(&["clone", "-q", option, url.to_str().unwrap(), "clone"]);
    let clone = root.at("clone");
    Scene::new(sandbox, clone).whole_life()
}

/// The files stand somewhere else than beside the repository, as with a directory of dot files.
fn core_worktree() -> Scene {
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone");
    let files = sandbox.root().join("the files");
    fs::create_dir(&files).unwrap();
    clone.git(&["config", "core.worktree", files.to_str().unwrap()]);
    clone.git(&["checkout", "-q", "-f", "main"]);
    let at = clone.at(".git");
    Scene::new(sandbox, at)
}

fn submodule() -> Scene {
    let sandbox = seeded();
    let root = Place::new(sandbox.shared(), sandbox.root().to_owned());
    root.git(&["init", "-q", "super"]);
    let outer = root.at("super");
    let url = sandbox.url();
    let allow = "protocol.file.allow=always";
    outer.git(&["-c", allow, "submodule", "--quiet", "add", url.to_str().unwrap(), "in side"]);
    outer.git(&["commit", "-q", "-m", "a submodule"]);
    let inner = outer.at("in side");
    // Beside the submodule would be inside the superproject.
    inner.git(&["config", "tix.worktree", "../../{repo}.worktrees/{id}"]);
    Scene::new(sandbox, inner).watching(&outer).whole_life()
}

fn quoted_path() -> Scene {
    let sandbox = seeded();
    let clone = sandbox.clone_named("it's \"odd\" ß $HOME `id` [a-z]*");
    Scene::new(sandbox, clone).whole_life()
}

fn linked_path() -> Scene {
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone");
    let link = sandbox.root().join("home/link");
    std::os::unix::fs::symlink(clone.path(), &link).unwrap();
    let at = Place::new(sandbox.shared(), link);
    Scene::new(sandbox, clone).called_from(|_| at.at("src"))
}

/// Written by hand: git takes seconds to make as many.
fn many_branches() -> Scene {
    Scene::of_clone(|clone| {
        clone.git(&["pack-refs", "--all", "--prune"]);
        let oid = clone.git(&["rev-parse", "HEAD"]);
        let packed = clone.read(".git/packed-refs");
        // The file is sorted, and `refs/heads/topic` comes before `refs/remotes`.
        let (before, after) =
            packed.split_at(packed.find(&format!("{oid} refs/remotes/")).unwrap());
        let mut text = before.to_owned();
        for n in 10_000..20_000 {
            writeln!(text, "{oid} refs/heads/topic/{n}").unwrap();
        }
        clone.write(".git/packed-refs", text + after);
        assert_eq!(
            clone.git(&["for-each-ref", "--count=2", "refs/heads/topic/"]).lines().count(),
            2
        );
    })
}

/// The clone sees other objects than everybody else.
fn replaced(clone: &Place) {
    let trunk = clone.git(&["rev-parse", "HEAD"]);
    let ticket = clone.git(&["rev-parse", &format!("HEAD:{QUEUED}")]);
    let readme = clone.git(&["rev-parse", "HEAD:README.md"]);
    clone.git(&["replace", &ticket, &readme]);
    clone.commit("another", &[("README.md", "# Replaced\n")]);
    let another = clone.git(&["rev-parse", "HEAD"]);
    clone.git(&["reset", "-q", "--hard", "HEAD^"]);
    clone.git(&["replace", "-f", &trunk, &another]);
    clone.write(".git/info/grafts", format!("{trunk} {another}\n"));
}

fn of_ticket(text: &str) -> Scene {
    let sandbox = seeded();
    sandbox.seed(&[(QUEUED, text)]);
    let clone = sandbox.clone_named("clone");
    Scene::new(sandbox, clone).whole_life()
}

/// A clone that lacks the files of tickets which came since, among them one that somebody holds, and a count of the connections
/// that a command makes in it.
#[test]
fn a_partial_clone_gets_all_that_it_lacks_under_one_connection() {
    for args in [&["list"][..], &["next"], &["doctor", "--offline"], &["board"]] {
        let sandbox = seeded();
        let clone = sandbox.partial_clone("clone");
        let ids: Vec<String> = (1..=12).map(|number| format!("TICKET-x-{number:03}")).collect();
        let file = |id: &String| (format!("tickets/queue/{id}.md"), queue_ticket(id));
        sandbox.seed(&ids.iter().map(file).collect::<Vec<_>>());
        let other = sandbox.clone_named("other");
        for id in &ids[..3] {
            other.tix(&["activate", id]).success();
        }
        clone.git(&["fetch", "-q"]);
        clone.count_connections();
        let output = clone.tix(args);
        assert!(matches!(output.code, Some(0 | 1)), "{output}");
        let connections = clone.connections();
        // What the trunk has, what the branches have, and single files.
        assert!((1..=4).contains(&connections), "{args:?}: {connections}\n{output}");
        clone.write("../home/connections", "");
        assert_eq!(clone.tix(args).code, output.code);
        assert_eq!(clone.read("../home/connections"), "", "{args:?}");
    }
}

#[test]
fn a_partial_clone_that_lacks_files_and_has_no_network_says_so() {
    let sandbox = seeded();
    let clone = sandbox.partial_clone("clone");
    let ids = ["TICKET-x-001", "TICKET-x-002"];
    sandbox.seed(&ids.map(|id| (format!("tickets/queue/{id}.md"), queue_ticket(id))));
    clone.git(&["fetch", "-q"]);
    let here = sandbox.remote().path().to_owned();
    std::fs::rename(&here, here.with_extension("away")).unwrap();
    for args in [&["list"][..], &["show", "TICKET-x-001"]] {
        let output = clone.tix(args);
        output.exits(7);
        assert!(output.stderr().contains("this clone lacks files that origin has"), "{output}");
    }
}
