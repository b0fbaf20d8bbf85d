//! The line by which an agent starts `tix mcp`, among its other servers of tools.

use jsonc_parser::cst::{CstInputValue, CstObjectProp};
use jsonc_parser::json;
use serde_json::Value;

use super::json::{JsonFile, line_of, plain, take_out, unfit};
use super::{Agent, AgentFileEdit, FileRemark};

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

pub fn install(agent: Agent, text: Option<&str>) -> Result<AgentFileEdit, FileRemark> {
    let file = JsonFile::parse(text)?;
    let (key, wanted) = entry(agent);
    let servers = file.object_or_create(key)?;
    // One that stands there in another form, or under another name, is wanted so.
    if servers.properties().iter().any(|server| starts_us(&value_of(server))) {
        return Ok(AgentFileEdit::Keep);
    }
    if let Some(other) = servers.get(NAME) {
        return Err(unfit(&other, NAME, "`tix mcp`, but another server"));
    }
    servers.append(NAME, wanted);
    Ok(AgentFileEdit::Write(file.text()))
}

/// Takes out what `install` would have written, and nothing else.
pub fn uninstall(agent: Agent, text: &str) -> Result<AgentFileEdit, FileRemark> {
    let file = JsonFile::parse(Some(text))?;
    let (key, written) = entry(agent);
    let servers = file.root.object_value(key);
    let Some(server) = servers.and_then(|servers| servers.get(NAME)) else {
        return Ok(AgentFileEdit::Keep);
    };
    if value_of(&server) != plain(&written) {
        return Ok(AgentFileEdit::Keep);
    }
    take_out(server.into());
    file.remove_if_empty(key);
    Ok(AgentFileEdit::Write(file.text()))
}

/// The first server that starts `tix mcp` in another form than ours.
pub fn own(agent: Agent, text: &str) -> Result<Option<FileRemark>, FileRemark> {
    let file = JsonFile::parse(Some(text))?;
    let (key, written) = entry(agent);
    let written = plain(&written);
    let servers = file.root.object_value(key).map(|servers| servers.properties());
    let own = servers.unwrap_or_default().into_iter().find_map(|server| {
        let value = value_of(&server);
        let name = server.decoded_name()?;
        let is_own = starts_us(&value) && (name != NAME || value != written);
        is_own.then(|| own_server(line_of(&server.into()), &name))
    });
    Ok(own)
}

pub fn own_server(line: usize, name: &str) -> FileRemark {
    FileRemark { line, why: format!("the server \"{name}\" is an entry of your own") }
}

fn value_of(server: &CstObjectProp) -> Value {
    server.value().and_then(|value| value.to_serde_value()).unwrap_or_default()
}

fn starts_us(server: &Value) -> bool {
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
