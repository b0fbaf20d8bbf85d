//! The files in which coding agents look for hooks, and our entries in them. Pure: text in, text out.
//!
//! The files belong to the team. Only our own entries are added, brought up to date or removed; every other byte stays,
//! comments and white space included.

mod shapes;

use jsonc_parser::cst::{CstArray, CstInputValue, CstNode, CstObject, CstRootNode};
use jsonc_parser::{ParseOptions, json};
use serde_json::Value;

/// A coding agent that can ask before it acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Agent {
    /// Claude Code
    Claude,
    /// Codex CLI
    Codex,
    /// Gemini CLI
    Gemini,
    /// Cursor
    Cursor,
}

/// Why a file was left alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadFile {
    /// The line, from 1.
    pub line: usize,
    pub why: String,
}

/// What a file says of us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgentEntries {
    /// All of our entries, as this tix would write them.
    Current,
    /// Some of them, or older ones.
    Outdated,
    None,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AgentFileEdit {
    Keep,
    Write(String),
    /// It held nothing but what a tix wrote.
    Delete,
}

impl AgentFileEdit {
    pub fn is_keep(&self) -> bool {
        *self == AgentFileEdit::Keep
    }
}

impl Agent {
    pub const ALL: [Agent; 4] = [Agent::Claude, Agent::Codex, Agent::Gemini, Agent::Cursor];

    /// Its word on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Agent::Claude => "claude",
            Agent::Codex => "codex",
            Agent::Gemini => "gemini",
            Agent::Cursor => "cursor",
        }
    }

    /// Its file, from the root of a working tree.
    pub fn file(self) -> &'static str {
        match self {
            Agent::Claude => ".claude/settings.json",
            Agent::Codex => ".codex/hooks.json",
            Agent::Gemini => ".gemini/settings.json",
            Agent::Cursor => ".cursor/hooks.json",
        }
    }
}

/// What the file of this agent says; `None` is a file that is not there.
pub fn entries(agent: Agent, text: Option<&str>) -> Result<AgentEntries, BadFile> {
    let Some(text) = text else { return Ok(AgentEntries::None) };
    if install(agent, Some(text))? == AgentFileEdit::Keep {
        return Ok(AgentEntries::Current);
    }
    let any = uninstall(agent, Some(text))? != AgentFileEdit::Keep;
    Ok(if any { AgentEntries::Outdated } else { AgentEntries::None })
}

pub fn install(agent: Agent, text: Option<&str>) -> Result<AgentFileEdit, BadFile> {
    let mut edited = false;
    let file = File::parse(agent, text)?;
    let hooks = file.hooks_or_create()?;
    for (event, wanted) in shapes::of(agent) {
        let list = match hooks.get(event) {
            Some(_) => hooks.array_value(event).ok_or_else(|| file.unfit(event, "a list"))?,
            None => hooks.array_value_or_set(event),
        };
        edited |= put(agent, &list, wanted);
    }
    if agent == Agent::Cursor && file.root.get("version").is_none() {
        file.root.append("version", json!(1));
        edited = true;
    }
    Ok(if edited { AgentFileEdit::Write(file.text()) } else { AgentFileEdit::Keep })
}

/// The file without any entry of ours.
pub fn uninstall(agent: Agent, text: Option<&str>) -> Result<AgentFileEdit, BadFile> {
    let Some(text) = text else { return Ok(AgentFileEdit::Keep) };
    if install(agent, None)? == AgentFileEdit::Write(text.to_owned()) {
        return Ok(AgentFileEdit::Delete);
    }
    let file = File::parse(agent, Some(text))?;
    let Some(hooks) = file.root.object_value("hooks") else { return Ok(AgentFileEdit::Keep) };
    let mut edited = false;
    for property in hooks.properties() {
        let Some(list) = property.array_value() else { continue };
        let before = list.elements().len();
        for group in list.elements() {
            edited |= take(agent, group);
        }
        // A list that was empty before is the user's.
        if before > 0 && list.elements().is_empty() {
            property.remove();
        }
    }
    if edited
        && hooks.properties().is_empty()
        && let Some(property) = file.root.get("hooks")
    {
        property.remove();
    }
    Ok(if edited { AgentFileEdit::Write(file.text()) } else { AgentFileEdit::Keep })
}

/// Adds an entry to the list of an event unless it is there. Says whether anything changed.
fn put(agent: Agent, list: &CstArray, wanted: CstInputValue) -> bool {
    let value = plain(&wanted);
    let mut ours = Vec::new();
    for (index, group) in list.elements().into_iter().enumerate() {
        let Some(found) = group.to_serde_value() else { continue };
        if found == value {
            return false;
        }
        match share(agent, &found) {
            Share::Whole => ours.push((index, group)),
            // Somebody has put our handler beside one of their own: they want it so.
            Share::Part => return false,
            Share::None => {}
        }
    }
    match ours.first() {
        Some((index, _)) => list.insert(*index, wanted),
        None => list.append(wanted),
    };
    for (_, older) in ours {
        older.remove();
    }
    true
}

/// Takes what is ours out of a group. Says whether there was something.
fn take(agent: Agent, group: CstNode) -> bool {
    let Some(found) = group.to_serde_value() else { return false };
    match share(agent, &found) {
        Share::None => false,
        Share::Whole => {
            group.remove();
            true
        }
        Share::Part => {
            let handlers = group.as_object().and_then(|group| group.array_value("hooks"));
            for handler in handlers.iter().flat_map(CstArray::elements) {
                if handler.to_serde_value().is_some_and(|value| is_ours(agent, &value)) {
                    handler.remove();
                }
            }
            true
        }
    }
}

/// How much of an entry is ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Share {
    Whole,
    Part,
    None,
}

fn share(agent: Agent, group: &Value) -> Share {
    let handlers = group.get("hooks").and_then(Value::as_array);
    let Some(handlers) = handlers else {
        return if is_ours(agent, group) { Share::Whole } else { Share::None };
    };
    let ours = handlers.iter().filter(|handler| is_ours(agent, handler)).count();
    match ours {
        0 => Share::None,
        n if n == handlers.len() => Share::Whole,
        _ => Share::Part,
    }
}

/// Whether a handler runs `tix hook <agent>`, in whatever form.
fn is_ours(agent: Agent, handler: &Value) -> bool {
    let words = |key: &str| match handler.get(key) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(list)) => {
            list.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" ")
        }
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_)) | None => {
            String::new()
        }
    };
    let line = format!("{} {}", words("command"), words("args"));
    let call = format!("tix hook {}", agent.name());
    line.split_once(&call).is_some_and(|(before, after)| {
        let edge =
            |c: Option<char>| c.is_none_or(|c| !(c.is_alphanumeric() || c == '-' || c == '_'));
        edge(before.chars().next_back()) && edge(after.chars().next())
    })
}

fn plain(value: &CstInputValue) -> Value {
    match value {
        CstInputValue::Null => Value::Null,
        CstInputValue::Bool(value) => Value::Bool(*value),
        CstInputValue::Number(digits) => serde_json::from_str(digits).unwrap_or_default(),
        CstInputValue::String(text) => Value::String(text.clone()),
        CstInputValue::Array(list) => list.iter().map(plain).collect(),
        CstInputValue::Object(pairs) => {
            pairs.iter().map(|(key, value)| (key.clone(), plain(value))).collect()
        }
    }
}

struct File {
    tree: CstRootNode,
    root: CstObject,
    source: String,
}

impl File {
    /// A file that is not there, or empty, is an empty object.
    fn parse(agent: Agent, text: Option<&str>) -> Result<File, BadFile> {
        let source = match text {
            Some(text) if !text.trim().is_empty() => text,
            Some(_) | None => "{}\n",
        };
        let strict = ParseOptions {
            allow_comments: true,
            allow_loose_object_property_names: false,
            allow_trailing_commas: false,
            allow_missing_commas: false,
            allow_single_quoted_strings: false,
            allow_hexadecimal_numbers: false,
            allow_unary_plus_numbers: false,
            ..ParseOptions::default()
        };
        let tree = CstRootNode::parse(source, &strict).map_err(|error| BadFile {
            line: error.line_display(),
            why: error.kind().to_string(),
        })?;
        let root = tree.object_value().ok_or_else(|| BadFile {
            line: 1,
            why: format!("{} must hold one object", agent.file()),
        })?;
        if text.is_none() && agent == Agent::Cursor {
            root.append("version", json!(1));
        }
        Ok(File { tree, root, source: source.to_owned() })
    }

    fn hooks_or_create(&self) -> Result<CstObject, BadFile> {
        match self.root.get("hooks") {
            Some(_) => {
                self.root.object_value("hooks").ok_or_else(|| self.unfit("hooks", "an object"))
            }
            None => Ok(self.root.object_value_or_set("hooks")),
        }
    }

    fn unfit(&self, key: &str, wanted: &str) -> BadFile {
        let needle = format!("\"{key}\"");
        let line = self.source.lines().position(|line| line.contains(&needle)).unwrap_or(0) + 1;
        BadFile { line, why: format!("\"{key}\" is not {wanted}") }
    }

    fn text(&self) -> String {
        self.tree.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(edit: Result<AgentFileEdit, BadFile>) -> String {
        match edit.unwrap() {
            AgentFileEdit::Write(text) => text,
            other @ (AgentFileEdit::Keep | AgentFileEdit::Delete) => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_installed_is_taken_out_again_to_the_last_byte() {
        for agent in Agent::ALL {
            for before in [
                "{\n  \"model\": \"x\"\n}\n",
                "{\n\t\"hooks\": {\n\t\t\"Stop\": [\n\t\t\t{ \"hooks\": [] }\n\t\t]\n\t},\n\t\"z\": [1,  2]\n}",
                "{\r\n    \"version\": 1, // a comment\r\n    \"a\": {}\r\n}\r\n",
                "{\n  \"hooks\": {\n    \"PreToolUse\": [\n      {\"matcher\": \"X\", \"hooks\": [{\"command\": \"x\"}]}\n    ]\n  }\n}\n",
            ] {
                let after = written(install(agent, Some(before)));
                assert_eq!(install(agent, Some(&after)), Ok(AgentFileEdit::Keep), "{after}");
                assert_eq!(entries(agent, Some(&after)), Ok(AgentEntries::Current));
                let back = written(uninstall(agent, Some(&after)));
                // The number of the format is no entry of ours alone.
                let back = back.replacen(",\n  \"version\": 1", "", 1);
                let back = back.replacen(",\n\t\"version\": 1", "", 1);
                assert_eq!(back, before, "{agent:?}:\n{after}");
                assert_eq!(entries(agent, Some(before)), Ok(AgentEntries::None));
            }
        }
    }

    #[test]
    fn a_file_that_only_tix_wrote_goes_away_whole() {
        for agent in Agent::ALL {
            let text = written(install(agent, None));
            assert!(text.ends_with("}\n"), "{text}");
            serde_json::from_str::<Value>(&text).unwrap();
            assert_eq!(uninstall(agent, Some(&text)), Ok(AgentFileEdit::Delete));
            assert_eq!(uninstall(agent, None), Ok(AgentFileEdit::Keep));
            assert_eq!(entries(agent, None), Ok(AgentEntries::None));
        }
    }

    #[test]
    fn an_older_entry_is_replaced_where_it_stands() {
        let old = r#"{ "hooks": { "PreToolUse": [
  { "matcher": "Bash", "hooks": [{ "type": "command", "command": "/opt/tix hook claude" }] },
  { "matcher": "Bash", "hooks": [{ "type": "command", "command": "mytix hook claude" }] }
] } }"#;
        assert_eq!(entries(Agent::Claude, Some(old)), Ok(AgentEntries::Outdated));
        let new: Value = serde_json::from_str(&written(install(Agent::Claude, Some(old)))).unwrap();
        let groups = new["hooks"]["PreToolUse"].as_array().unwrap();
        assert_eq!(groups.len(), 2);
        assert_eq!(groups[0]["hooks"][0]["command"], "tix hook claude || exit 2");
        assert_eq!(groups[1]["hooks"][0]["command"], "mytix hook claude");
    }

    #[test]
    fn a_handler_beside_the_users_own_is_kept_and_only_it_is_taken_out() {
        let mixed = r#"{"hooks":{"BeforeTool":[{"matcher":"x","hooks":[{"command":"mine"},{"command":"tix hook gemini"}]}]}}"#;
        let full = written(install(Agent::Gemini, Some(mixed)));
        let added: Value = serde_json::from_str(&full).unwrap();
        assert_eq!(added["hooks"]["BeforeTool"].as_array().unwrap().len(), 1, "{full}");
        let back = written(uninstall(Agent::Gemini, Some(&full)));
        let back: Value = serde_json::from_str(&back).unwrap();
        let left = serde_json::json!([{"matcher": "x", "hooks": [{"command": "mine"}]}]);
        assert_eq!(back["hooks"]["BeforeTool"], left);
    }

    #[test]
    fn a_file_that_is_no_json_is_told_with_its_line() {
        for (text, line) in [
            ("{\n  \"a\": 1,\n}", 2),
            ("{\n\n  'a': 1 }", 3),
            ("[]", 1),
            ("{\n  \"hooks\": []\n}", 2),
            ("{\"hooks\": {\n \"PreToolUse\": {}}}", 2),
        ] {
            let found = install(Agent::Claude, Some(text)).unwrap_err();
            assert_eq!(found.line, line, "{text}: {found:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics_and_what_parses_stays_json(text in "[\\{\\}\\[\\]\":,a0 \n]{0,40}") {
            for agent in Agent::ALL {
                entries(agent, Some(&text)).ok();
                if let Ok(AgentFileEdit::Write(text)) = install(agent, Some(&text)) {
                    proptest::prop_assert!(serde_json::from_str::<Value>(&text).is_ok(), "{text}");
                    proptest::prop_assert_eq!(install(agent, Some(&text)), Ok(AgentFileEdit::Keep));
                }
            }
        }
    }
}
