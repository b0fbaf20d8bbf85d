//! The JSON that tix answers with, as schemas made from its types, and the pages made from these.
//!
//! `TIX_UPDATE=1 cargo test cli::` writes the pages anew.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::reference::{docs, pin};
use crate::app::{dashboard, intake, queue as queued, receipt};
use crate::commands::{
    activate, agent_guide, board, check, clean, completions, config, demo, dep, doctor, explain,
    export, graph, hook, init, link, list, log, man, mcp, path, pr, report, shell_init, show,
    status, trust, undo,
};
use crate::error::FailureJson;

/// A kind of answer: its name, who gives it, and the schema of its type.
struct AnswerKind {
    name: &'static str,
    given_by: &'static str,
    schema: Value,
}

fn kind<T: JsonSchema>(name: &'static str, given_by: &'static str) -> AnswerKind {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let schema = settings.into_generator().into_root_schema_for::<T>();
    let mut schema = serde_json::to_value(schema).unwrap();
    leave_out_nulls(&mut schema);
    schema["properties"]["schema"] = json!({ "const": name });
    AnswerKind { name, given_by, schema }
}

/// Takes null out of what the keys may be, as the printer leaves out the keys that hold it: they may be missing.
fn leave_out_nulls(schema: &mut Value) {
    let Value::Object(keywords) = schema else {
        schema.as_array_mut().into_iter().flatten().for_each(leave_out_nulls);
        return;
    };
    keywords.values_mut().for_each(leave_out_nulls);
    let properties = keywords.get_mut("properties").and_then(Value::as_object_mut);
    let mut nullable = BTreeSet::new();
    for (key, value) in properties.into_iter().flatten() {
        if without_null(value) {
            nullable.insert(key.clone());
        }
    }
    if let Some(required) = keywords.get_mut("required").and_then(Value::as_array_mut) {
        required.retain(|key| !nullable.contains(key.as_str().unwrap()));
    }
}

/// Takes null out of what a value may be; whether it was there.
fn without_null(schema: &mut Value) -> bool {
    for (keyword, null) in
        [("type", "null".into()), ("enum", Value::Null), ("anyOf", json!({ "type": "null" }))]
    {
        let Some(all) = schema.get_mut(keyword).and_then(Value::as_array_mut) else { continue };
        let count = all.len();
        all.retain(|one| *one != null);
        if all.len() == count {
            continue;
        }
        if let ([one], true) = (&all[..], keyword != "enum") {
            let one = one.clone();
            let keywords = schema.as_object_mut().unwrap();
            keywords.remove(keyword);
            if let Value::Object(inner) = one {
                keywords.extend(inner);
            } else {
                keywords.insert(keyword.to_owned(), one);
            }
        }
        return true;
    }
    false
}

/// Every kind. What is missing here fails a test below.
fn kinds() -> Vec<AnswerKind> {
    vec![
        kind::<receipt::Receipt>(
            "tix/receipt@1",
            "`tix activate`, `tix release`, `tix new`, `tix dep add`, `tix dep rm` and every other command that writes; \
             also a line of the audit log",
        ),
        kind::<FailureJson<'_>>(
            "tix/error@1",
            "every command that fails, on stdout, with its exit code",
        ),
        kind::<activate::ActivationPlan>("tix/plan@1", "`tix activate --dry-run`"),
        kind::<export::ExportJson>("tix/export@1", "`tix export`"),
        kind::<intake::ImportJson<'_>>("tix/import@1", "`tix import`"),
        kind::<pr::PullsJson>("tix/pulls@1", "`tix pr --refresh`"),
        kind::<link::LinkJson<'_>>("tix/link@1", "`tix link`"),
        kind::<queued::Choice>(
            "tix/next@1",
            "`tix next`; with the outcome `empty` also `tix activate --next`, both with exit code 4 then",
        ),
        kind::<dashboard::Dashboard>(
            "tix/dashboard@1",
            "`tix` alone, and `tix status` outside of a workspace",
        ),
        kind::<dashboard::NoDashboard<'_>>(
            "tix/no-dashboard@1",
            "`tix` alone without a repository, or without a ticket in it",
        ),
        kind::<list::Listing<'_>>(
            "tix/list@1",
            "`tix list`; with `--jsonl` each of `tickets` on a line of its own",
        ),
        kind::<show::ShowJson<'_>>("tix/ticket@1", "`tix show`"),
        kind::<status::StatusJson<'_>>("tix/status@1", "`tix status`"),
        kind::<path::PathJson<'_>>("tix/path@1", "`tix path`"),
        kind::<log::LogJson<'_>>("tix/log@1", "`tix log`"),
        kind::<dep::TreeJson<'_>>("tix/dep-tree@1", "`tix dep tree`"),
        kind::<dep::CyclesJson<'_>>("tix/cycles@1", "`tix dep cycles`"),
        kind::<graph::GraphJson<'_>>("tix/graph@1", "`tix graph`"),
        kind::<clean::CleanJson<'_>>("tix/clean@1", "`tix clean`"),
        kind::<board::BoardJson<'_>>("tix/board@1", "`tix board`"),
        kind::<report::answer::Numbers>("tix/report@1", "`tix report`"),
        kind::<doctor::DoctorJson<'_>>("tix/doctor@1", "`tix doctor`"),
        kind::<explain::ExplainJson<'_>>("tix/explain@1", "`tix explain`"),
        kind::<agent_guide::Guide<'_>>("tix/agent-guide@1", "`tix agent-guide`"),
        kind::<check::CheckReport<'_>>(
            "tix/check@1",
            "`tix check`, with exit code 1 when there are findings",
        ),
        kind::<hook::HookInstallJson<'_>>("tix/hook-install@1", "`tix hook install`"),
        kind::<hook::Hooks<'_>>(
            "tix/hooks@1",
            "`tix hook status`, with exit code 1 when the guard is not in order",
        ),
        kind::<hook::Uninstalled<'_>>("tix/hook-uninstall@1", "`tix hook uninstall`"),
        kind::<mcp::McpInstallJson<'_>>(
            "tix/mcp-install@1",
            "`tix mcp install` and `tix mcp uninstall`",
        ),
        kind::<hook::Printed>("tix/hook-print@1", "`tix hook print`"),
        kind::<trust::Trust<'_>>("tix/trust@1", "`tix trust`"),
        kind::<init::InitJson<'_>>("tix/init@1", "`tix init`"),
        kind::<demo::Played>("tix/demo@1", "`tix demo`"),
        kind::<shell_init::Script>("tix/shell-init@1", "`tix shell-init`"),
        kind::<config::ConfigJson>("tix/config@1", "`tix config`"),
        kind::<undo::UndoJson<'_>>("tix/undo@1", "`tix undo --dry-run`"),
        kind::<super::VersionJson>("tix/version@1", "`tix --version`"),
        kind::<man::Manual>("tix/man@1", "`tix man`"),
        kind::<completions::Completions<'_>>("tix/completions@1", "`tix completions`"),
        kind::<receipt::FailedJson<'_>>("tix/failure@1", "no command: a line of the audit log"),
        kind::<hook::JudgementJson<'_>>(
            "tix/guard@1",
            "no command: a line of the audit log, for what the guard judged",
        ),
    ]
}

fn file_of(kind: &AnswerKind) -> PathBuf {
    docs().join("schemas").join(format!("{}.json", kind.name.trim_start_matches("tix/")))
}

fn words(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|name| name.rsplit('/').next()) {
        return name.to_owned();
    }
    if let Some(constant) = schema["const"].as_str() {
        return format!("`{constant}`");
    }
    let any = ["anyOf", "oneOf"].iter().find_map(|key| schema[*key].as_array());
    if let Some(any) = any {
        let all: Vec<String> = any.iter().map(words).collect();
        return all.join(" or ");
    }
    if let Some(values) = schema["enum"].as_array() {
        let values: Vec<String> =
            values.iter().map(|v| format!("`{}`", v.as_str().unwrap_or("null"))).collect();
        return values.join(" or ");
    }
    let types = &schema["type"];
    if types == "array" && schema["items"].is_object() {
        return format!("array of {}", words(&schema["items"]));
    }
    let several = types.as_array().into_iter().flatten().chain(std::iter::once(types));
    let names: Vec<&str> = several.filter_map(Value::as_str).collect();
    if names.is_empty() { "anything".to_owned() } else { names.join(" or ") }
}

fn table(page: &mut String, schema: &Value) {
    let none = Map::new();
    let properties = schema["properties"].as_object().unwrap_or(&none);
    let required: BTreeSet<&str> =
        schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    page.push_str("| key | value | meaning |\n| --- | --- | --- |\n");
    for (key, value) in properties {
        let meaning = value["description"].as_str().unwrap_or_default().replace('\n', " ");
        let may = if required.contains(key.as_str()) { "" } else { ", may be missing" };
        writeln!(page, "| `{key}` | {}{may} | {} |", words(value), meaning.replace('|', "\\|"))
            .unwrap();
    }
    page.push('\n');
}

fn page() -> String {
    let mut page = String::from(
        "# JSON\n\n\
         With `--json` every command answers with one object on one line of stdout, errors too; only the commands that programs call (`tix hook git`, `tix hook claude`, `tix mcp` and the like) speak those programs' language. The key `schema` of the object names its \
         kind. The number after the `@` changes when something described here disappears or changes its meaning. New keys do not change it, so a reader must ignore keys that it does not know. A key with nothing to say is \
         left out, never null. Times are RFC 3339 in UTC unless a \
         key says \"as it is written\". An answer that lists says how much it leaves out: `returned`, `total`, `truncated`.\n\n\
         This page and the JSON schemas in [schemas/](schemas/) are made from the types of the program.\n\n",
    );
    for kind in kinds() {
        let file = file_of(&kind);
        let file = file.file_name().unwrap().to_str().unwrap();
        writeln!(
            page,
            "## {}\n\nFrom {}. Schema: [{file}](schemas/{file})\n",
            kind.name, kind.given_by
        )
        .unwrap();
        table(&mut page, &kind.schema);
        for (name, definition) in kind.schema["$defs"].as_object().into_iter().flatten() {
            let meaning = definition["description"].as_str().unwrap_or_default().replace('\n', " ");
            if definition["properties"].is_object() {
                writeln!(page, "{name}: {meaning}\n").unwrap();
                table(&mut page, definition);
            } else {
                writeln!(page, "{name}: {} {meaning}\n", words(definition)).unwrap();
            }
        }
    }
    page.trim_end().to_owned() + "\n"
}

#[test]
fn every_key_and_every_type_has_a_meaning_and_says_when_it_is_missing() {
    let said = |schema: &Value| schema["description"].as_str().unwrap_or_default().to_lowercase();
    let mut silent = Vec::new();
    for kind in kinds() {
        let definitions = kind.schema["$defs"].as_object().into_iter().flatten();
        let definitions = definitions.map(|(name, definition)| (name.as_str(), definition));
        for (name, schema) in definitions.chain([("", &kind.schema)]) {
            let place = |key: &str| format!("{} {name} {key}", kind.name);
            if said(schema).is_empty() {
                silent.push(place(""));
            }
            let keys = schema["properties"].as_object().into_iter().flatten();
            for (key, value) in keys.filter(|(key, _)| *key != "schema") {
                let meaning = said(value);
                let required = schema["required"].as_array();
                let required = required.is_some_and(|keys| keys.contains(&key.as_str().into()));
                if meaning.is_empty() {
                    silent.push(place(key));
                } else if !required && !meaning.contains("missing") {
                    silent.push(format!("{}: when is it missing?", place(key)));
                }
            }
        }
    }
    assert_eq!(silent, [""; 0], "these need a doc comment, or more of one");
}

#[test]
fn the_pages_about_json_say_what_the_types_are() {
    let mut files = vec![(docs().join("json.md"), page())];
    let pretty = |kind: &AnswerKind| serde_json::to_string_pretty(&kind.schema).unwrap() + "\n";
    files.extend(kinds().iter().map(|kind| (file_of(kind), pretty(kind))));
    pin(&files);
    let known: BTreeSet<PathBuf> = files.into_iter().map(|(path, _)| path).collect();
    for entry in std::fs::read_dir(docs().join("schemas")).unwrap() {
        let path = entry.unwrap().path();
        assert!(known.contains(&path), "{} is a schema of nothing", path.display());
    }
}

/// Puts the names of schemas that stand in a source file into `found`.
fn names_in(text: &str, found: &mut BTreeSet<String>) {
    for (at, start) in text.match_indices("\"tix/") {
        let name = text[at + 1..].split('"').next().unwrap_or_default();
        if name.len() > start.len()
            && name.rsplit_once('@').is_some_and(|(_, n)| n.parse::<u8>().is_ok())
        {
            found.insert(name.to_owned());
        }
    }
}

fn names_below(directory: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            names_below(&path, found);
        } else if path.file_name() != Some("json.rs".as_ref()) {
            // What stands below the tests of a file is made up there.
            let text = std::fs::read_to_string(&path).unwrap();
            names_in(text.split("#[cfg(test)]\nmod tests").next().unwrap(), found);
        }
    }
}

#[test]
fn every_schema_that_the_program_names_is_described() {
    let mut named = BTreeSet::new();
    names_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut named);
    let described: BTreeSet<String> = kinds().iter().map(|kind| kind.name.to_owned()).collect();
    assert_eq!(named, described, "left: named in src, right: described in src/cli/json.rs");
}
