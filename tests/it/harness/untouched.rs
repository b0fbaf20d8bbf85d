//! Proof that a command left alone what is the user's, and left nothing of its own behind.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::place::Place;

/// What a checkout looked like: files, index, HEAD, operations under way, stash, refs, worktrees, configuration.
pub struct Untouched {
    facts: BTreeMap<String, Vec<u8>>,
    ticket: Option<String>,
    moving: Option<String>,
}

impl Untouched {
    pub fn of(place: &Place) -> Self {
        Self { facts: facts(place, None), ticket: None, moving: None }
    }

    /// The same, but the branch `ticket/<id>`, its configuration and its worktree may come and go.
    pub fn besides_ticket(place: &Place, id: &str) -> Self {
        Self { facts: facts(place, Some(id)), ticket: Some(id.to_owned()), moving: None }
    }

    /// This branch may move too: the trunk of a repository that has no remote.
    pub fn and_branch(mut self, name: &str) -> Self {
        let name = format!("ref refs/heads/{name}");
        self.facts.remove(&name);
        self.moving = Some(name);
        self
    }

    #[track_caller]
    pub fn assert_same(&self, place: &Place) {
        let mut now = facts(place, self.ticket.as_deref());
        now.retain(|name, _| self.moving.as_ref() != Some(name));
        let mut report = String::new();
        for name in
            self.facts.keys().chain(now.keys().filter(|name| !self.facts.contains_key(*name)))
        {
            match (self.facts.get(name), now.get(name)) {
                (Some(old), Some(new)) if old == new => {}
                (Some(old), Some(new)) => {
                    writeln!(
                        report,
                        "{name} changed\n  before: {}\n  after:  {}",
                        shown(old),
                        shown(new)
                    )
                    .unwrap();
                }
                (Some(old), None) => {
                    writeln!(report, "{name} is gone; it was: {}", shown(old)).unwrap();
                }
                (None, new) => writeln!(report, "{name} is new: {}", shown(new.unwrap())).unwrap(),
            }
        }
        assert!(report.is_empty(), "{} was to stay as it was:\n{report}", place.path().display());
    }
}

fn shown(bytes: &[u8]) -> String {
    let shown = &bytes[..bytes.len().min(400)];
    format!("{} ({} bytes)", shown.escape_ascii(), bytes.len())
}

/// Every fact has a name that a person understands and a value that is only compared.
fn facts(place: &Place, ticket: Option<&str>) -> BTreeMap<String, Vec<u8>> {
    let mut facts = BTreeMap::new();
    // Without this git would refresh the very index that is to be compared.
    let place = &place.env("GIT_OPTIONAL_LOCKS", "0");
    // One process for all of it. The last fails in a bare repository, when the rest has been said.
    let asked =
        ["--is-bare-repository", "--absolute-git-dir", "--git-common-dir", "--show-toplevel"];
    let answer = place.try_git(&[&["rev-parse", "--path-format=absolute"], &asked[..]].concat());
    let answer: Vec<&str> = answer.stdout().lines().collect();
    let (git_dir, common_dir) = (PathBuf::from(answer[1]), PathBuf::from(answer[2]));
    if answer[0] == "false" {
        let top = PathBuf::from(answer[3]);
        working_tree(&top, &top, &mut facts);
        records(
            "index entry",
            &place.git(&["ls-files", "--full-name", "--stage", "-z", ":/"]),
            &mut facts,
        );
        records(
            "status",
            &place.git(&["status", "--porcelain=v2", "--untracked-files=all", "-z"]),
            &mut facts,
        );
    }
    git_files(&git_dir, &mut facts);
    facts.insert(
        "HEAD's commit".to_owned(),
        place.try_git(&["rev-parse", "-q", "--verify", "HEAD"]).stdout,
    );
    // `git stash list` would want a working tree.
    let stash = common_dir.join("logs/refs/stash");
    facts.insert("stash".to_owned(), fs::read(stash).unwrap_or_default());
    refs(place, ticket, &mut facts);
    worktrees(place, ticket, &mut facts);
    configuration(place, ticket, &mut facts);
    facts
}

fn working_tree(directory: &Path, top: &Path, facts: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.file_name().is_some_and(|name| name == ".git") {
            continue;
        }
        let metadata = path.symlink_metadata().unwrap();
        let name = path.strip_prefix(top).unwrap().display();
        let mode = metadata.permissions().mode();
        facts.insert(format!("mode of {name}"), format!("{mode:o}").into_bytes());
        if metadata.is_dir() {
            working_tree(&path, top, facts);
        } else if metadata.is_symlink() {
            facts.insert(
                format!("target of {name}"),
                fs::read_link(&path).unwrap().as_os_str().as_bytes().to_owned(),
            );
        } else if metadata.is_file() {
            facts.insert(format!("file {name}"), fs::read(&path).unwrap());
        }
    }
}

/// One fact per record, so that a report names the entry and not the whole list.
fn records(kind: &str, listing: &str, facts: &mut BTreeMap<String, Vec<u8>>) {
    for record in listing.split_terminator('\0') {
        facts.insert(format!("{kind} {record:?}"), Vec::new());
    }
}

/// `HEAD`, `MERGE_HEAD`, `FETCH_HEAD` and the like, a rebase or a bisection under way, and the bytes of the index.
fn git_files(git_dir: &Path, facts: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs::read_dir(git_dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let ours = name.ends_with("HEAD")
            || name.ends_with("_MSG")
            || name.starts_with("BISECT")
            || name == "index";
        if ours && path.is_file() {
            facts.insert(format!("{name} in the git directory"), fs::read(&path).unwrap());
        } else if matches!(name, "rebase-merge" | "rebase-apply" | "sequencer") {
            working_tree(&path, git_dir, facts);
        }
    }
}

/// All refs but those that a fetch moves and those that are tix's own.
fn refs(place: &Place, ticket: Option<&str>, facts: &mut BTreeMap<String, Vec<u8>>) {
    let listing = place.git(&["for-each-ref", "--format=%(refname) %(objectname) %(upstream)"]);
    for line in listing.lines() {
        let (name, rest) = line.split_once(' ').unwrap();
        let moves = name.starts_with("refs/remotes/") || name.starts_with("refs/tix/");
        if !moves && ticket.is_none_or(|id| name != format!("refs/heads/ticket/{id}")) {
            facts.insert(format!("ref {name}"), rest.into());
        }
    }
}

fn worktrees(place: &Place, ticket: Option<&str>, facts: &mut BTreeMap<String, Vec<u8>>) {
    let listing = place.git(&["worktree", "list", "--porcelain", "-z"]);
    for block in listing.split("\0\0").filter(|block| !block.is_empty()) {
        let mine =
            |id| block.split('\0').any(|line| line == format!("branch refs/heads/ticket/{id}"));
        if !ticket.is_some_and(mine) {
            let name = block.split('\0').next().unwrap();
            facts.insert(name.to_owned(), block.into());
        }
    }
}

fn configuration(place: &Place, ticket: Option<&str>, facts: &mut BTreeMap<String, Vec<u8>>) {
    let listing = place.git(&["config", "--local", "--list", "-z"]);
    for record in listing.split_terminator('\0') {
        let (key, value) = record.split_once('\n').unwrap_or((record, ""));
        if ticket.is_none_or(|id| !key.starts_with(&format!("branch.ticket/{id}."))) {
            facts
                .entry(format!("configuration {key}"))
                .or_default()
                .extend_from_slice(value.as_bytes());
        }
    }
}

/// Nothing of a finished command is left: no lock, no private ref, no scratch file, no temporary directory.
#[track_caller]
pub fn no_leftovers(place: &Place) {
    let common = place.common_dir();
    let mut left = Vec::new();
    walk(&common, &mut |path| {
        let inside = path.strip_prefix(&common).unwrap();
        let name = path.file_name().unwrap().to_str().unwrap_or_default();
        let scratch =
            inside.starts_with("tix") && (name.starts_with("scratch") || name.starts_with("tmp"));
        let lock = Path::new(name).extension().is_some_and(|end| end == "lock");
        if lock || scratch || (inside.starts_with("tix/locks") && path.is_file()) {
            left.push(path.to_owned());
        }
    });
    for temporary in place.shared().temporary_directories() {
        walk(&temporary, &mut |path| left.push(path.to_owned()));
    }
    let refs = place.git(&["for-each-ref", "--format=%(refname)", "refs/tix/"]);
    // What a clone knows of the remote, like a remote-tracking ref.
    let refs: Vec<&str> =
        refs.lines().filter(|name| !name.starts_with("refs/tix/claims/")).collect();
    let refs = refs.join("\n");
    assert!(left.is_empty() && refs.is_empty(), "left behind:\n{left:#?}\n{refs}");
}

fn walk(directory: &Path, visit: &mut impl FnMut(&Path)) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        visit(&path);
        if path.is_dir() && !path.is_symlink() {
            walk(&path, visit);
        }
    }
}
