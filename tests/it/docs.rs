//! What the pages for readers say beside command lines (for those see `tidy`): links, words of errors, examples, the
//! glossary. A page may say it anywhere: nothing here depends on which page, or under which heading.

use std::fs;
use std::path::{Path, PathBuf};

use crate::activate::{ID, QUEUED};
use crate::harness::{Sandbox, queue_ticket};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn files_in(directory: &Path, end: &str, found: &mut Vec<(PathBuf, String)>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files_in(&path, end, found);
        } else if path.extension().is_some_and(|extension| extension == end) {
            let text = fs::read_to_string(&path).unwrap();
            found.push((path, text));
        }
    }
}

/// The Markdown files at the root and below `docs/`.
fn pages() -> Vec<(PathBuf, String)> {
    let mut pages = Vec::new();
    files_in(&root().join("docs"), "md", &mut pages);
    for name in ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"] {
        let path = root().join(name);
        let text = fs::read_to_string(&path).unwrap();
        pages.push((path, text));
    }
    pages
}

/// The rows of the tables that have this header, as their lines.
fn rows<'a>(text: &'a str, header: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(header).skip(1).flat_map(|rest| {
        rest.lines().skip(2).take_while(|line| line.starts_with('|')).collect::<Vec<_>>()
    })
}

/// What stands in the fenced blocks of this kind.
fn blocks<'a>(text: &'a str, kind: &str) -> Vec<&'a str> {
    let open = format!("\n```{kind}\n");
    text.split(&open).skip(1).filter_map(|rest| rest.split("\n```").next()).collect()
}

#[test]
fn every_link_leads_to_a_file() {
    for (page, text) in pages() {
        for (_, rest) in text.match_indices("](").map(|(at, _)| text.split_at(at + 2)) {
            let target = rest.split(')').next().unwrap();
            let path = target.split('#').next().unwrap();
            if !path.contains("://") && !path.is_empty() {
                let there = page.parent().unwrap().join(path).exists();
                assert!(there, "{}: {target}", page.display());
            }
        }
    }
}

/// Somebody searches the page for the words on the screen.
#[test]
fn the_words_of_errors_are_those_of_the_program() {
    let mut sources = Vec::new();
    files_in(&root().join("src"), "rs", &mut sources);
    let program: String = sources.into_iter().map(|(_, text)| text).collect();
    // A literal may go over the end of a line.
    let program = program.split_whitespace().collect::<Vec<_>>().join(" ").replace("\\ ", "");
    let mut told = 0;
    for (page, text) in pages() {
        for row in rows(&text, "| tix says | what to do |") {
            let words = row.split('`').nth(1).unwrap();
            for part in words.split('…').map(str::trim).filter(|part| !part.is_empty()) {
                assert!(program.contains(part), "{}: no error says `{part}`", page.display());
            }
            told += 1;
        }
    }
    assert!(told > 10, "{told}");
}

#[test]
fn every_example_of_settings_is_one_that_tix_reads() {
    let mut tried = 0;
    for (page, text) in pages() {
        for example in blocks(&text, "yaml") {
            let page = page.display();
            let sandbox = Sandbox::new();
            let files = [(QUEUED, queue_ticket(ID)), (".tix.yaml", format!("{example}\n"))];
            sandbox.seed(&files);
            let clone = sandbox.clone_named("a");
            assert_eq!(clone.tix(&["list"]).success().stderr(), "", "{page}: {example}");
            // All roles are looked at before the one that is asked for.
            clone.tix(&["set", ID, "priority=P1", "--role", "nobody"]).exits(2);
            tried += 1;
        }
    }
    assert!(tried > 0);
}

#[test]
fn the_glossary_has_at_most_thirty_words_one_line_each() {
    let text = fs::read_to_string(root().join("docs/glossary.md")).unwrap();
    let words: Vec<&str> = rows(&text, "| word | meaning |")
        .map(|row| {
            let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
            assert!(matches!(cells.as_slice(), [word, meaning] if !word.is_empty() && !meaning.is_empty()), "{row}");
            cells[0]
        })
        .collect();
    assert!((20..=30).contains(&words.len()), "{}", words.len());
    assert!(words.is_sorted_by(|one, next| one < next), "by the alphabet, each once: {words:?}");
}

fn yaml(text: &str) -> serde_yaml::Value {
    serde_yaml::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// Every `uses:` in a workflow, with what it is given.
fn used(value: &serde_yaml::Value, found: &mut Vec<(String, Vec<String>)>) {
    if let Some(map) = value.as_mapping() {
        if let Some(name) = map.get("uses").and_then(|uses| uses.as_str()) {
            let with = map.get("with").and_then(|with| with.as_mapping());
            let keys = with.into_iter().flat_map(|with| with.keys());
            let keys = keys.map(|key| key.as_str().unwrap().to_owned()).collect();
            found.push((name.to_owned(), keys));
        }
        map.values().for_each(|value| used(value, found));
    }
    value.as_sequence().into_iter().flatten().for_each(|value| used(value, found));
}

#[test]
fn the_workflows_in_the_guide_are_yaml_and_give_the_action_what_it_takes() {
    let action = yaml(&fs::read_to_string(root().join("action.yml")).unwrap());
    let inputs = action["inputs"].as_mapping().unwrap();
    let guide = fs::read_to_string(root().join("docs/guide/forge.md")).unwrap();
    let templates = blocks(&guide, "yml");
    assert_eq!(templates.len(), 2);
    let mut found = Vec::new();
    for text in &templates {
        used(&yaml(text), &mut found);
    }
    let ours = found.iter().find(|(name, _)| name == "OWNER/tix@main").unwrap();
    assert!(ours.1.iter().all(|key| inputs.contains_key(key.as_str())), "{ours:?}");
    let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["actions/checkout@v4", "OWNER/tix@main"]);
}

/// The check runs in a clone as CI makes it: with the branches of the remote, without one of its own, and without `origin/HEAD`.
#[test]
fn the_action_and_the_template_of_gitlab_find_what_broke_the_rule() {
    let sandbox = Sandbox::new();
    sandbox.seed(&[(QUEUED, queue_ticket(ID))]);
    let action = yaml(&fs::read_to_string(root().join("action.yml")).unwrap());
    let script = action["runs"]["steps"][1]["run"].as_str().unwrap().to_owned();
    let guide = fs::read_to_string(root().join("docs/guide/forge.md")).unwrap();
    let gitlab = yaml(blocks(&guide, "yml")[1]);
    let lines = gitlab["tickets"]["script"].as_sequence().unwrap();
    let lines: Vec<&str> = lines.iter().skip(1).map(|line| line.as_str().unwrap()).collect();
    let check = |name: &str, range: &str| {
        let clone = sandbox.clone_named(name);
        clone.git(&["checkout", "-q", "--detach", "origin/HEAD"]);
        clone.git(&["branch", "-q", "-D", "main"]);
        clone.git(&["remote", "set-head", "origin", "--delete"]);
        let path = format!(
            "PATH='{}':$PATH",
            Path::new(env!("CARGO_BIN_EXE_tix")).parent().unwrap().display()
        );
        let on_github = format!("{path}; TRUNK=main RANGE={range}; {script}");
        let on_gitlab = format!("set -e; {path}; CI_DEFAULT_BRANCH=main; {}", lines.join("; "));
        [clone.sh(&on_github).run(), clone.sh(&on_gitlab).run()]
    };
    for output in check("good", "").into_iter().chain(check("request", "origin/main..HEAD")) {
        output.success();
    }
    let text = queue_ticket("TICKET-bar-001");
    sandbox.seed(&[("tickets/active/TICKET-bar-001.md", text)]);
    for output in check("bad", "") {
        assert!(output.exits(1).stdout().contains("TICKET-bar-001"), "{output}");
    }
}
