//! What the pages for readers say beside command lines (for those see `tidy`): commands, links, words of errors.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::harness::{Sandbox, queue_ticket};

const PAGES: [&str; 4] = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn page(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The lines between this heading and the next one.
fn section<'a>(text: &'a str, heading: &str) -> Vec<&'a str> {
    let mut lines = text.lines().skip_while(|line| *line != heading);
    assert!(lines.next().is_some(), "no section {heading:?}");
    lines.take_while(|line| !line.starts_with('#')).collect()
}

/// The code spans in the first cell of every row.
fn first_cells<'a>(lines: &[&'a str]) -> Vec<&'a str> {
    let cells = lines.iter().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    cells.map(|(code, _)| code).collect()
}

fn sources(directory: &Path, text: &mut String) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, text);
        } else {
            text.push_str(&fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn the_readme_tells_of_every_command() {
    let sandbox = Sandbox::new();
    let help = sandbox.remote().tix(&["--help"]);
    let all = help.success().stdout().split_once("Commands:\n").unwrap().1;
    let listed: BTreeSet<&str> = all
        .lines()
        .take_while(|line| line.starts_with("  "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .collect();
    assert!(listed.contains("activate"), "{help}");
    let readme = page("README.md");
    let tables = ["## Start", "### The other commands"];
    let told: BTreeSet<&str> = tables
        .into_iter()
        .flat_map(|heading| section(&readme, heading))
        .filter(|line| line.starts_with("| `tix "))
        .flat_map(|line| line.split("`tix ").skip(1))
        .filter_map(|rest| rest.split([' ', '`']).next())
        .collect();
    let untold: Vec<_> = listed.difference(&told).collect();
    assert!(untold.is_empty(), "the tables of commands in README.md lack {untold:?}");
}

/// What `tix status` tells of, and what is done before and after.
#[test]
fn the_readme_has_every_verb_in_its_table_and_every_move_in_its_picture() {
    let sandbox = Sandbox::new();
    sandbox.seed(&[("tickets/queue/TICKET-foo-001.md", queue_ticket("TICKET-foo-001"))]);
    let status = sandbox.clone_named("a").tix(&["status", "foo", "--json"]).success().json();
    let moves = status["moves"].as_array().unwrap().iter();
    let verbs = moves.map(|m| m["command"].as_str().unwrap().split(' ').next().unwrap());
    let verbs: BTreeSet<&str> = verbs.chain(["new", "clean", "run"]).collect();
    let readme = page("README.md");
    let life = section(&readme, "## The life of a ticket");
    let rows = life.iter().filter_map(|line| line.strip_prefix("| ")?.split_once(" | "));
    let told: BTreeSet<&str> = rows.flat_map(|(first, _)| first.split(", ")).collect();
    let untold: Vec<_> = verbs.difference(&told).collect();
    assert!(untold.is_empty(), "{untold:?}");
    let arrows = life.iter().filter_map(|line| line.split_once("--> ")?.1.split_once(": "));
    let drawn: String = arrows.map(|(_, label)| format!("{label} ")).collect();
    let drawn: BTreeSet<&str> = drawn.split([' ', ',']).collect();
    // These change nothing that is drawn; a review is drawn by what it says.
    let beside = ["note", "edit", "set", "review", "run", "clean"];
    let undrawn: Vec<_> = verbs.difference(&drawn).filter(|verb| !beside.contains(verb)).collect();
    assert!(undrawn.is_empty(), "{undrawn:?}");
}

#[test]
fn every_link_leads_to_a_file() {
    for name in PAGES {
        let text = page(name);
        for (_, rest) in text.match_indices("](").map(|(at, _)| text.split_at(at + 2)) {
            let target = rest.split(')').next().unwrap();
            let path = target.split('#').next().unwrap();
            if !path.contains("://") && !path.is_empty() {
                assert!(root().join(path).exists(), "{name}: {target}");
            }
        }
    }
}

/// Somebody searches the page for the words on the screen.
#[test]
fn the_words_of_errors_are_those_of_the_program() {
    let mut program = String::new();
    sources(&root().join("src"), &mut program);
    // A literal may go over the end of a line.
    let program = program.split_whitespace().collect::<Vec<_>>().join(" ").replace("\\ ", "");
    let readme = page("README.md");
    let told = first_cells(&section(&readme, "## Troubleshooting"));
    assert!(told.len() > 10, "{told:?}");
    for words in told {
        for part in words.split('…').map(str::trim).filter(|part| !part.is_empty()) {
            assert!(program.contains(part), "no error says `{part}`");
        }
    }
}

#[test]
fn the_readme_shows_how_to_see_it_work_and_how_to_test_it() {
    let readme = page("README.md");
    for line in ["cargo install --path . --locked", "cargo run --release -- demo", "cargo test"] {
        assert!(readme.lines().any(|l| l == line), "{line}");
    }
    assert!(page(".ci/run").contains("cargo test --locked"));
}

/// A layer is a hook that the guard answers to, or the audit of history.
#[test]
fn the_readme_has_a_row_for_every_layer_of_the_guard() {
    let sandbox = Sandbox::new();
    let help = sandbox.remote().tix(&["hook", "git", "--help"]);
    let all = help.success().stdout().split_once("Possible values:\n").unwrap().1;
    let hooks = all.lines().map(str::trim).take_while(|line| !line.is_empty());
    let hooks = hooks.filter_map(|line| line.strip_prefix("- ")?.split_once(':'));
    let mut layers: Vec<&str> = hooks.map(|(name, _)| name).collect();
    assert!(layers.len() > 5, "{help}");
    layers.extend(["tix hook claude", "tix check"]);
    let readme = page("README.md");
    assert_eq!(first_cells(&section(&readme, "## The guard")), layers);
}
