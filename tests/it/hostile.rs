//! Tickets, names and people that mean harm: nothing leaves `tickets/`, no option is smuggled, no trailer is forged, and no
//! terminal obeys what a ticket says.

mod names;
mod new;
mod people;

use std::fs;
use std::path::Path;

use crate::harness::{Output, Place, Sandbox, Ticket, Untouched, drawn, no_leftovers};

const ID: &str = "TICKET-foo-001";
const QUEUED: &str = "tickets/queue/TICKET-foo-001.md";

/// The lines of a file in `tests/data/hostile` that this run tries: arrays of texts, as JSON. `#` begins a comment.
#[track_caller]
fn corpus<const N: usize>(name: &str) -> Vec<[String; N]> {
    let path = format!("tests/data/hostile/{name}.jsonl");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let text = fs::read_to_string(&path).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let entries = lines.map(|line| {
        let entry: Vec<String> = serde_json::from_str(line).expect(line);
        entry.try_into().expect(line)
    });
    let entries: Vec<_> = entries.collect();
    assert!(entries.len() >= 20, "{} has shrunk to {} entries", path.display(), entries.len());
    drawn::of(entries)
}

/// Commits an entry of any kind under any name; fast-import and the file system would refuse some of them.
fn plant(sandbox: &Sandbox, mode: &str, path: &str, contents: &str) {
    let remote = sandbox.remote();
    let index = sandbox.fresh_directory("index").join("index");
    let remote = remote.env("GIT_INDEX_FILE", index);
    let there = remote.has_ref("refs/heads/main");
    if there {
        remote.git(&["read-tree", "main"]);
    }
    let oid = if mode == "160000" {
        "1".repeat(40)
    } else {
        let blob = remote.git_command(&["hash-object", "-w", "--stdin"]).stdin(contents);
        blob.run().success().stdout().trim().to_owned()
    };
    let line = format!("{mode} {oid}\t{path}\0");
    remote.git_command(&["update-index", "-z", "--index-info"]).stdin(line).run().success();
    let tree = remote.git(&["write-tree"]);
    let parent = if there { vec!["-p", "main"] } else { Vec::new() };
    let args = [&["commit-tree", "-m", "planted", &tree], parent.as_slice()].concat();
    let commit = remote.git(&args);
    remote.git(&["update-ref", "refs/heads/main", &commit]);
}

/// No byte that a terminal obeys, and no line that the text of a ticket began.
#[track_caller]
fn is_harmless(output: &Output) {
    for (name, bytes) in [("stdout", &output.stdout), ("stderr", &output.stderr)] {
        let text = std::str::from_utf8(bytes).unwrap();
        let obeyed =
            |c: char| (c.is_control() && c != '\n') || ('\u{202a}'..='\u{202e}').contains(&c);
        assert!(!text.contains(obeyed), "{name}: {text:?}");
        assert!(
            !text.lines().any(|line| line.trim_start().starts_with("FORGED")),
            "{name}: {text:?}"
        );
    }
}

/// Every commit since `old` touches tickets only, and carries each trailer once.
#[track_caller]
fn history_is_clean(sandbox: &Sandbox, old: &str) {
    let remote = sandbox.remote();
    let refs = remote.git(&["for-each-ref", "--format=%(refname)"]);
    // One process for all commits; of each the message, the trailers that git finds in it, and the paths.
    let format = "--format=format:%x01%B%x02%(trailers:only,unfold)%x02";
    let since = format!("^{old}");
    let log = remote.git(&["log", "-z", format, "--no-renames", "--name-only", "--all", &since]);
    for commit in log.split('\u{1}').skip(1) {
        let [message, trailers, paths] = commit.split('\u{2}').collect::<Vec<_>>()[..] else {
            panic!("a message with the signs that stand between: {commit:?}");
        };
        for path in paths.trim_start_matches('\n').split_terminator('\0') {
            let ours = |lane: &str| path.starts_with(lane);
            assert!(
                path.is_empty() || ours("tickets/queue/") || ours("tickets/active/"),
                "{path:?}"
            );
        }
        let mut keys: Vec<&str> =
            trailers.lines().filter_map(|l| Some(l.split_once(':')?.0)).collect();
        let all = keys.len();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), all, "{message}");
        assert!(keys.iter().all(|key| key.starts_with("Tix-")), "{message}");
        assert!(!message.contains('\u{1b}'), "{message:?}");
    }
    for name in refs.lines() {
        assert!(
            ["refs/heads/main", "refs/heads/ticket/", "refs/heads/attic/"]
                .iter()
                .any(|p| name.starts_with(p)),
            "{name}"
        );
    }
}

#[test]
fn whatever_a_ticket_says_stays_in_its_file() {
    for [key, value] in &corpus("values") {
        let sandbox = Sandbox::new();
        let text = Ticket::new(ID).key(key, value).text();
        sandbox.seed(&[(QUEUED, text.as_str()), ("README.md", "# Example\n")]);
        let old = sandbox.remote().git(&["rev-parse", "main"]);
        let clone = sandbox.clone_named("clone");
        let before = Untouched::besides_ticket(&clone, ID);
        let around = listing(sandbox.root());
        let first = clone.tix(&["activate", "foo-001"]);
        is_harmless(&first);
        // What says that it cannot be had is readable, and refused for that.
        let refused =
            if matches!(key.as_str(), "status" | "blocked" | "depends_on") { 5 } else { 9 };
        assert!(first.code == Some(0) || first.code == Some(refused), "{key}: {value}: {first}");
        let second = sandbox.clone_named("other").tix(&["activate", "foo-001"]);
        is_harmless(&second);
        let released = clone.tix(&["release", "foo-001"]);
        is_harmless(&released);
        if first.code == Some(0) {
            second.exits(3);
            released.success();
            assert!(sandbox.remote().files("main").contains(&QUEUED.to_owned()), "{key}: {value}");
        }
        history_is_clean(&sandbox, &old);
        before.assert_same(&clone);
        no_leftovers(&clone);
        let mut now = listing(sandbox.root());
        now.retain(|name| name != "other");
        assert_eq!(now, around, "{key}: {value}");
    }
}

/// The names in a directory, without those of the workspaces.
fn listing(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.filter(|name| !name.ends_with(".worktrees")).collect();
    names.sort_unstable();
    names
}

#[test]
fn a_session_in_a_path_is_a_name_or_an_error() {
    for template in [("tix.activeDir", "{session}"), ("tix.worktree", "../w/{session}/{id}")] {
        for [session] in &corpus("sessions") {
            let sandbox = Sandbox::new();
            let text = Ticket::new(ID).key("session_id", session).text();
            sandbox.seed(&[(QUEUED, text.as_str())]);
            let old = sandbox.remote().git(&["rev-parse", "main"]);
            let clone = sandbox.clone_named("clone");
            clone.git(&["config", template.0, template.1]);
            let output = clone.tix(&["activate", "foo-001"]);
            is_harmless(&output);
            assert!(matches!(output.code, Some(0 | 9)), "{template:?} {session}: {output}");
            history_is_clean(&sandbox, &old);
            let outside = ["escape", "../escape", "w/../escape", "etc/TICKET-foo-001"];
            assert!(!outside.iter().any(|path| clone.at("..").exists(path)), "{session}");
        }
    }
}

#[test]
fn what_stands_in_the_place_of_a_ticket_must_be_a_file() {
    let kinds = [
        ("120000", QUEUED, "../../README.md"),
        ("120000", QUEUED, "/etc/passwd"),
        ("160000", QUEUED, ""),
        ("100644", "tickets/queue/TICKET-foo-001.md/inside.txt", "x"),
    ];
    for (mode, path, contents) in kinds {
        let sandbox = Sandbox::new();
        plant(&sandbox, mode, path, contents);
        let old = sandbox.remote().git(&["rev-parse", "main"]);
        let clone = Place::new(sandbox.shared(), sandbox.root().to_owned());
        clone.git(&["clone", "-q", "--no-checkout", "origin.git", "clone"]);
        let clone = clone.at("clone");
        let output = clone.tix(&["activate", "foo-001"]);
        output.exits(9);
        assert!(output.stderr().contains(QUEUED), "{output}");
        assert_eq!(sandbox.remote().git(&["rev-parse", "main"]), old);
    }
}

#[test]
fn a_directory_in_the_way_of_the_active_file_is_not_overwritten() {
    for (mode, path) in [
        ("120000", "tickets/active"),
        ("120000", "tickets/active/TICKET-foo-001"),
        ("160000", "tickets/active/TICKET-foo-001"),
        ("100644", "tickets/active/TICKET-foo-001"),
        ("100644", "tickets/active/TICKET-foo-001/TICKET-foo-001.md/x"),
    ] {
        let sandbox = Sandbox::new();
        sandbox.seed(&[(QUEUED, Ticket::new(ID).text())]);
        plant(&sandbox, mode, path, "../../src");
        let old = sandbox.remote().git(&["rev-parse", "main"]);
        let place = Place::new(sandbox.shared(), sandbox.root().to_owned());
        place.git(&["clone", "-q", "--no-checkout", "origin.git", "clone"]);
        let output = place.at("clone").tix(&["activate", "foo-001"]);
        is_harmless(&output);
        assert_ne!(output.code, Some(0), "{mode} {path}: {output}");
        assert_ne!(output.code, Some(10), "{mode} {path}: {output}");
        assert_eq!(sandbox.remote().git(&["rev-parse", "main"]), old, "{mode} {path}");
    }
}
