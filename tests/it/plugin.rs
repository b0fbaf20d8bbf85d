//! The agent plugin: its manifest, and the slash command. That its lines of tix are accepted is checked for all
//! documentation together, in `tidy`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

/// The keys of a plugin's manifest that are metadata only. `hooks` is none of them: what is found by its place must not be
/// named too, or the plugin is refused as having it twice.
const METADATA: [&str; 7] =
    ["name", "displayName", "description", "author", "license", "keywords", "metadata"];

fn text(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The front matter of a slash command as keys and values, and its body.
fn command(path: &str) -> (Vec<(String, String)>, String) {
    let text = text(path);
    let (head, body) = text.strip_prefix("---\n").unwrap().split_once("\n---\n").unwrap();
    let pair = |line: &str| {
        let (key, value) = line.split_once(": ").unwrap();
        (key.to_owned(), value.to_owned())
    };
    (head.lines().map(pair).collect(), body.to_owned())
}

#[test]
fn the_manifest_holds_metadata_in_its_right_form() {
    let manifest: Value = serde_json::from_str(&text(".claude-plugin/plugin.json")).unwrap();
    let keys: Vec<&String> = manifest.as_object().unwrap().keys().collect();
    assert!(keys.iter().all(|key| METADATA.contains(&key.as_str())), "{keys:?}");
    assert_eq!(manifest["name"], "workflow-guard");
    assert_eq!(manifest["license"], "MIT");
    // A plain string is refused.
    assert_eq!(manifest["author"]["name"], "tix");
    assert!(manifest["description"].is_string() && manifest["keywords"].is_array());
}

#[test]
fn only_the_manifest_lies_beside_itself() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join(".claude-plugin");
    let names: BTreeSet<_> =
        fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    let known: BTreeSet<_> = ["plugin.json", "marketplace.json"].map(Into::into).into();
    assert!(names.is_subset(&known), "{names:?}");
}

#[test]
fn the_command_runs_on_request_only_and_may_run_tix_only() {
    let (head, _) = command("commands/activate.md");
    let value = |key: &str| {
        let found = head.iter().find(|(name, _)| name == key);
        found.unwrap_or_else(|| panic!("no {key}")).1.clone()
    };
    assert_eq!(value("disable-model-invocation"), "true");
    assert!(!value("description").is_empty() && !value("argument-hint").is_empty());
    for tool in value("allowed-tools").split(", ") {
        let ok = tool.starts_with("Bash(tix ") && tool.ends_with(" *)");
        assert!(ok, "{tool:?} is more than tix");
    }
}

/// What stands in an injected command is pasted into a shell before anybody has looked at it.
#[test]
fn nothing_that_a_user_types_reaches_an_injected_command() {
    let (head, body) = command("commands/activate.md");
    let mut injected = Vec::new();
    for (at, _) in body.match_indices("!`") {
        injected.push(body[at + 2..].split('`').next().unwrap());
    }
    assert_eq!(injected.len(), 1, "{injected:?}");
    assert!(!body.contains("```!"), "a block is injected too");
    for line in injected {
        assert!(!line.contains('$'), "`{line}`");
        // Without a permission it is not run; when it fails, nothing of the command is.
        let first = line.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
        let allowed = &head.iter().find(|(key, _)| key == "allowed-tools").unwrap().1;
        assert!(allowed.contains(&format!("Bash({first} *)")), "`{line}`");
        assert!(line.ends_with("|| true"), "`{line}`");
    }
    assert_eq!(body.matches("$ARGUMENTS").count(), 1);
}

#[test]
fn it_says_what_to_do_on_every_exit_code_of_activate() {
    let (_, body) = command("commands/activate.md");
    let codes: BTreeSet<u8> = body
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(' ').next()?.parse().ok())
        .collect();
    assert_eq!(codes, [0, 2, 3, 4, 5, 6, 7, 8, 9, 10].into());
}
