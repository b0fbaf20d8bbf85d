//! What tix answers in JSON is what its pages say, today and as it was recorded.
//!
//! An answer is held against its schema in `docs/schemas`: it has every key that must be there and no other. A recorded
//! answer may lack keys that were added since, but what it has must still be there and mean the same kind of value.
//! `TIX_UPDATE=1` records the answers that were never recorded.

mod commands;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::forge::{gh, on_forge};
use crate::harness::{Output, Sandbox, queue_ticket};

/// Keywords that say nothing about what is valid, or nothing that this check needs.
const REMARKS: [&str; 12] = [
    "$schema",
    "$defs",
    "title",
    "description",
    "format",
    "minimum",
    "maximum",
    "default",
    "additionalProperties",
    "prefixItems",
    "minItems",
    "maxItems",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> Value {
    let text =
        fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap()
}

/// How an answer is held against its schema.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Age {
    /// Every key that must be there is.
    Fresh,
    /// It may be older than some keys.
    Recorded,
}

struct Check<'a> {
    definitions: &'a Value,
    age: Age,
    faults: Vec<String>,
}

impl Check<'_> {
    /// What is wrong with an answer.
    fn faults(schema: &Value, value: &Value, age: Age) -> Vec<String> {
        let mut check = Check { definitions: &schema["$defs"], age, faults: Vec::new() };
        check.value(schema, value, "");
        check.faults
    }

    fn value(&mut self, schema: &Value, value: &Value, at: &str) {
        let Value::Object(keywords) = schema else {
            assert_eq!(schema, &Value::Bool(true), "{at}: a schema of another kind");
            return;
        };
        for (keyword, what) in keywords {
            match keyword.as_str() {
                "$ref" => {
                    let name = what.as_str().unwrap().trim_start_matches("#/$defs/");
                    let definition = self.definitions[name].clone();
                    self.value(&definition, value, at);
                }
                "anyOf" | "oneOf" => {
                    let fits = |one: &Value| {
                        let mut inner = Check {
                            definitions: self.definitions,
                            age: self.age,
                            faults: Vec::new(),
                        };
                        inner.value(one, value, at);
                        inner.faults.is_empty()
                    };
                    if !what.as_array().unwrap().iter().any(fits) {
                        self.fault(at, &format!("{value} is none of what it may be"));
                    }
                }
                "const" if what != value => self.fault(at, &format!("{value} is not {what}")),
                "enum" if !what.as_array().unwrap().contains(value) => {
                    self.fault(at, &format!("{value} is not one of {what}"));
                }
                "type" => self.kind(what, value, at),
                "items" => {
                    for (n, item) in value.as_array().into_iter().flatten().enumerate() {
                        self.value(what, item, &format!("{at}/{n}"));
                    }
                }
                "properties" => self.keys(schema, value, at),
                "required" if self.age == Age::Fresh && value.is_object() => {
                    for key in what.as_array().unwrap().iter().filter_map(Value::as_str) {
                        if value.get(key).is_none() {
                            self.fault(at, &format!("`{key}` is missing"));
                        }
                    }
                }
                // Nothing wrong, or nothing that is looked at.
                "const" | "enum" | "required" => {}
                other => {
                    assert!(REMARKS.contains(&other), "{at}: `{other}` is not understood here");
                }
            }
        }
    }

    fn kind(&mut self, types: &Value, value: &Value, at: &str) {
        let name = match value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(_) => "integer",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        };
        if types != name && !types.as_array().is_some_and(|all| all.iter().any(|t| t == name)) {
            self.fault(at, &format!("{value} is {name}, not {types}"));
        }
    }

    fn keys(&mut self, schema: &Value, value: &Value, at: &str) {
        for (key, value) in value.as_object().into_iter().flatten() {
            let at = format!("{at}/{key}");
            match schema["properties"].get(key) {
                Some(schema) => self.value(schema, value, &at),
                None => self.fault(&at, "is not described"),
            }
        }
    }

    fn fault(&mut self, at: &str, what: &str) {
        self.faults.push(format!("{at}: {what}"));
    }
}

/// The answers of a small life: of each kind at least one.
fn answers(sandbox: &Sandbox) -> Vec<Value> {
    let ids = ["TICKET-a-001", "TICKET-b-001"];
    sandbox.seed(&ids.map(|id| (format!("tickets/queue/{id}.md"), queue_ticket(id))));
    sandbox.seed(&[(".tix.yaml", "post_activate: touch made\n")]);
    let clone = sandbox.clone_named("a");
    let mut answers: Vec<Value> = Vec::new();
    let mut take = |output: Output| answers.push(output.json());
    let tix = |line: &str| clone.tix(&line.split(' ').chain(["--json"]).collect::<Vec<_>>());
    take(tix("dep add b-001 a-001"));
    take(tix("next --explain"));
    take(clone.tix(&["--json"]));
    take(tix("activate --next --dry-run"));
    take(tix("activate --next"));
    take(tix("activate --next"));
    take(tix("activate nothing"));
    for line in ["list --columns dirty", "show a-001", "path a-001", "dep tree b-001", "dep cycles"]
    {
        take(tix(line));
    }
    take(tix("graph"));
    take(tix("export"));
    clone.write(".beads/issues.jsonl", "{\"id\":\"bd-1\",\"title\":\"One\"}\n{}\n");
    take(tix("import beads --dry-run"));
    take(tix("board"));
    take(tix("report"));
    take(tix("doctor"));
    take(tix("explain 3"));
    take(tix("agent-guide"));
    take(tix("status a-001"));
    take(tix("status b-001"));
    take(tix("release a-001"));
    take(tix("clean --merged"));
    for line in ["trust", "trust --revoke", "hook print pre-receive", "hook status"] {
        take(tix(line));
    }
    let agents = "hook install --agents claude,cursor";
    for line in [agents, agents, "hook status", "hook uninstall --dry-run", "hook uninstall"] {
        take(tix(line));
    }
    let servers = "mcp install --agents claude,codex,gemini,opencode";
    for line in [servers, servers, "mcp uninstall --dry-run", "mcp uninstall"] {
        take(tix(line));
    }
    // What the guard refuses is a line of the audit log, and what passes it is found by the check.
    let tix_hook = format!("exec '{}' hook git pre-commit", env!("CARGO_BIN_EXE_tix"));
    clone.hook("pre-commit", &tix_hook);
    clone.write("README.md", "by hand\n");
    clone.git(&["add", "README.md"]);
    clone.try_git(&["commit", "-qm", "By hand"]).exits(1);
    clone.env("TIX_GUARD", "off").git(&["commit", "-qm", "By hand"]);
    take(tix("check"));
    take(tix("check origin/main"));
    take(tix("log"));
    take(tix("--version"));
    take(tix("undo --dry-run"));
    take(tix("config list"));
    take(tix("shell-init bash"));
    take(tix("completions bash"));
    take(tix("man pages"));
    take(tix("demo --racers 2"));
    let empty = Sandbox::new();
    empty.seed(&[("README.md", "x\n")]);
    let empty = empty.clone_named("a");
    take(empty.tix(&["--json"]));
    take(empty.tix(&["init", "--json"]));
    let forge = Sandbox::new();
    forge.seed(&[("tickets/queue/TICKET-a-001.md", queue_ticket("TICKET-a-001"))]);
    let on_github = forge.clone_named("a");
    on_forge(&on_github, "github.com");
    gh(&on_github);
    on_github.tix(&["activate", "a-001"]).success();
    for line in ["pr a-001", "list", "pr --refresh", "link github --dry-run"] {
        take(on_github.tix(&line.split(' ').chain(["--json"]).collect::<Vec<_>>()));
    }
    let audit = clone.read(clone.common_dir().join("tix/audit.jsonl"));
    answers.extend(audit.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()));
    answers
}

fn schemas() -> BTreeMap<String, Value> {
    let files = fs::read_dir(root().join("docs/schemas")).unwrap();
    let schema = |path: PathBuf| {
        let name = path.file_stem().unwrap().to_str().unwrap();
        (format!("tix/{name}"), read(&path))
    };
    files.map(|entry| schema(entry.unwrap().path())).collect()
}

#[test]
fn every_answer_fits_its_schema_and_every_schema_has_an_answer() {
    let sandbox = Sandbox::new();
    let schemas = schemas();
    let mut unseen: Vec<&String> = schemas.keys().collect();
    for answer in answers(&sandbox) {
        let name = answer["schema"].as_str().unwrap_or_else(|| panic!("no schema: {answer}"));
        let faults = Check::faults(&schemas[name], &answer, Age::Fresh);
        assert!(faults.is_empty(), "{name}: {faults:#?}\n{answer}");
        unseen.retain(|other| *other != name);
        record(name, &answer, sandbox.root());
    }
    assert!(unseen.is_empty(), "nothing here answers with {unseen:?}");
}

fn recorded(name: &str) -> PathBuf {
    root().join("tests/it/json").join(format!("{}.json", name.trim_start_matches("tix/")))
}

#[expect(
    clippy::disallowed_methods,
    reason = "the switch of a test, which the product does not have"
)]
fn record(name: &str, answer: &Value, sandbox: &Path) {
    let path = recorded(name);
    if std::env::var_os("TIX_UPDATE").is_some() && !path.exists() {
        let text = serde_json::to_string_pretty(answer).unwrap() + "\n";
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text.replace(sandbox.to_str().unwrap(), "/sandbox")).unwrap();
    }
}

#[test]
fn what_was_recorded_is_still_described() {
    for (name, schema) in schemas() {
        let faults = Check::faults(&schema, &read(&recorded(&name)), Age::Recorded);
        assert!(
            faults.is_empty(),
            "{name} has lost or changed something that programs rely on: {faults:#?}"
        );
    }
}

#[test]
fn the_check_finds_what_is_missing_unknown_or_of_another_kind() {
    let schema = &schemas()["tix/path@1"];
    let good = read(&recorded("tix/path@1"));
    assert!(Check::faults(schema, &good, Age::Fresh).is_empty());
    let bad = |change: &dyn Fn(&mut Value), age| {
        let mut value = good.clone();
        change(&mut value);
        Check::faults(schema, &value, age).len()
    };
    let lacks = |value: &mut Value| drop(value.as_object_mut().unwrap().remove("path"));
    assert_eq!((bad(&lacks, Age::Fresh), bad(&lacks, Age::Recorded)), (1, 0));
    assert_eq!(bad(&|value| value["more"] = 1.into(), Age::Recorded), 1);
    assert_eq!(bad(&|value| value["path"] = 1.into(), Age::Recorded), 1);
    assert_eq!(bad(&|value| value["schema"] = "tix/list@1".into(), Age::Recorded), 1);
}

#[test]
fn every_view_says_of_when_it_is_and_how_much_of_all_it_shows() {
    let sandbox = Sandbox::new();
    let ids = ["TICKET-a-001", "TICKET-b-001"];
    sandbox.seed(&ids.map(|id| (format!("tickets/queue/{id}.md"), queue_ticket(id))));
    sandbox.seed(&[("tickets/queue/TICKET-c-001.md", "no ticket\n")]);
    let clone = sandbox.clone_named("a");
    let tip = clone.git(&["rev-parse", "origin/main"]).trim().to_owned();
    clone.tix(&["list", "--fetch"]).success();
    let one = ["show a-001", "status a-001"];
    let lists = ["next", "list", "board", "report", "doctor --offline", "graph --all", "log"];
    let related = ["dep tree a-001", "dep cycles"];
    for line in one.into_iter().chain(lists).chain(related) {
        let answer = clone.tix(&line.split(' ').chain(["--json"]).collect::<Vec<_>>()).json();
        assert_eq!(
            (&answer["trunk"], &answer["commit"]),
            (&"origin/main".into(), &tip.as_str().into())
        );
        let at = answer["fetched_at"].as_str().unwrap_or_else(|| panic!("{line}: {answer}"));
        assert!(at.ends_with('Z') && at.len() == "2026-01-01T00:00:00Z".len(), "{line}: {at}");
        if one.contains(&line) {
            continue;
        }
        let [returned, total] = ["returned", "total"].map(|key| answer[key].as_u64().unwrap());
        assert_eq!(answer["truncated"], Value::Bool(returned < total), "{line}");
        if !["report", "doctor --offline", "log"].contains(&line) {
            assert_eq!(answer["damaged"][0]["path"], "tickets/queue/TICKET-c-001.md", "{line}");
        }
    }
}
