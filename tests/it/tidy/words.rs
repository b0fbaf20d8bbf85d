//! What no tracked file may say: where and how it was written. A reader has the repository and nothing else.
#![allow(clippy::disallowed_methods, reason = "asks git which files are tracked")]

use std::fs;
use std::process::Command;

use super::source::root;
use super::{Findings, assert_none};

/// In two parts each, so that this list does not find itself.
const UNWANTED: &[&str] = &[
    concat!("../", "shared"),
    concat!("DESIGN", ".md"),
    concat!("ACCEPTANCE", ".md"),
    concat!("FACTS", ".md"),
    concat!("STYLE", ".md"),
    concat!("issue", " #"),
    // Paths of one machine.
    concat!("/", "work/"),
    concat!("/", "root/"),
    concat!("/home/", "runner"),
    // Package mirrors of one network.
    concat!("artif", "actory"),
    concat!("jfr", "og"),
];

const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

fn unwanted(path: &str, text: &str) -> Findings {
    let mut findings = Findings::new();
    for (number, line) in (1..).zip(text.lines()) {
        for word in UNWANTED.iter().filter(|word| line.contains(**word)) {
            findings.push(format!(
                "{path}:{number}: `{word}` means nothing to a reader of this repository"
            ));
        }
    }
    findings
}

/// Tracked files, and those that would be with the next `git add`. Outside a repository, as in a published package, there
/// are none to ask about.
fn tracked_files() -> Vec<String> {
    let mut command = Command::new("git");
    command
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root());
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_PREFIX"] {
        command.env_remove(name);
    }
    let output = command.output().unwrap();
    if output.status.code() == Some(128) {
        return Vec::new();
    }
    assert!(output.status.success(), "{output:?}");
    let listing = String::from_utf8(output.stdout).unwrap();
    listing.split_terminator('\0').map(str::to_owned).collect()
}

#[test]
fn no_file_speaks_of_how_it_was_made() {
    let mut findings = Findings::new();
    for path in tracked_files() {
        // Deleted and not committed yet, a link, or not text.
        let Ok(text) = fs::read_to_string(root().join(&path)) else {
            continue;
        };
        findings.extend(unwanted(&path, &text));
    }
    assert_none(&findings);
}

#[test]
fn every_dependency_comes_from_the_public_registry() {
    let lock = fs::read_to_string(root().join("Cargo.lock")).unwrap();
    let sources = lock.lines().filter_map(|line| line.strip_prefix("source = "));
    let foreign = sources.filter(|source| source.trim_matches('"') != REGISTRY);
    assert_none(&foreign.map(|source| format!("Cargo.lock: {source}")).collect::<Findings>());
}

#[test]
fn every_unwanted_word_is_found_with_its_line() {
    for word in UNWANTED {
        assert_eq!(unwanted("a.md", &format!("fine\nsee {word} for more\n")).len(), 1, "{word}");
    }
    let found = unwanted("a.md", &format!("fine\n{}17\n", concat!("iss", "ue #")));
    assert!(found[0].starts_with("a.md:2: "), "{found:?}");
    assert_eq!(unwanted("a.md", "a worktree's root; src/work.rs\n"), Findings::new());
}
