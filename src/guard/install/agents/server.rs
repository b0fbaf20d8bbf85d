//! The line by which an agent starts `tix mcp`, among its other servers of tools.

use jsonc_parser::cst::CstInputValue;
use jsonc_parser::json;
use serde_json::Value;

use super::json::JsonFile;
use super::{Agent, AgentFileEdit, BadFile};

/// The name of the server. Agents put it before the names of its tools.
pub const NAME: &str = "tix";

/// The object that holds the servers, and our entry in it. Neither names a path: a file that is committed holds on every
/// machine.
fn entry(agent: Agent) -> (&'static str, CstInputValue) {
    match agent {
        Agent::Opencode => ("mcp", json!({ "type": "local", "command": ["tix", "mcp"] })),
        Agent::Claude
        | Agent::Codex
        | Agent::Gemini
        | Agent::Cursor
        | Agent::Qwen
        | Agent::Copilot => ("mcpServers", json!({ "command": "tix", "args": ["mcp"] })),
    }
}

pub fn install(agent: Agent, name: &str, text: Option<&str>) -> Result<AgentFileEdit, BadFile> {
    let file = JsonFile::parse(name, text)?;
    let (key, wanted) = entry(agent);
    let servers = file.object_or_create(key)?;
    let mut values = servers.properties().into_iter().filter_map(|property| property.value());
    // One that stands there in another form, or under another name, is wanted so.
    if values.any(|value| value.to_serde_value().is_some_and(|value| is_ours(&value))) {
        return Ok(AgentFileEdit::Keep);
    }
    if servers.get(NAME).is_some() {
        return Err(file.unfit(NAME, "`tix mcp`, but another server"));
    }
    servers.append(NAME, wanted);
    Ok(AgentFileEdit::Write(file.text()))
}

pub fn uninstall(agent: Agent, name: &str, text: &str) -> Result<AgentFileEdit, BadFile> {
    let file = JsonFile::parse(name, Some(text))?;
    let (key, _) = entry(agent);
    let Some(servers) = file.root.object_value(key) else { return Ok(AgentFileEdit::Keep) };
    let mut edited = false;
    for property in servers.properties() {
        let value = property.value().and_then(|value| value.to_serde_value());
        if value.is_some_and(|value| is_ours(&value)) {
            property.remove();
            edited = true;
        }
    }
    if !edited {
        return Ok(AgentFileEdit::Keep);
    }
    file.remove_if_empty(key);
    Ok(AgentFileEdit::Write(file.text()))
}

fn is_ours(server: &Value) -> bool {
    let words = |key: &str| match server.get(key) {
        Some(Value::String(text)) => vec![text.as_str()],
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect(),
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_)) | None => {
            Vec::new()
        }
    };
    starts_tix([words("command"), words("args")].concat().into_iter())
}

/// Whether these words start `tix mcp`, from wherever and with whatever options.
pub fn starts_tix<'w>(mut words: impl Iterator<Item = &'w str>) -> bool {
    let program = words.next().and_then(|program| program.rsplit(['/', '\\']).next());
    matches!(program, Some("tix" | "tix.exe")) && words.any(|word| word == "mcp")
}
