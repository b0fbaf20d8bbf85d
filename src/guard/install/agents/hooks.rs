//! The hooks of an agent: lists of handlers below the events at which it runs them.

use jsonc_parser::cst::{CstArray, CstInputValue, CstNode};
use jsonc_parser::json;
use serde_json::Value;

use super::json::{JsonFile, plain, take_out, unfit};
use super::{Agent, AgentFileEdit, FileRemark, shapes};

/// The object that holds the events.
const HOOKS: &str = "hooks";

pub fn install(agent: Agent, text: Option<&str>) -> Result<AgentFileEdit, FileRemark> {
    let mut edited = false;
    let file = JsonFile::parse(text)?;
    let has_version = matches!(agent, Agent::Cursor | Agent::Copilot);
    if text.is_none() && has_version {
        file.root.append("version", json!(1));
    }
    let hooks = file.object_or_create(HOOKS)?;
    for (event, wanted) in shapes::of(agent) {
        let list = match hooks.get(event) {
            Some(found) => found.array_value().ok_or_else(|| unfit(&found, event, "a list"))?,
            None => hooks.array_value_or_set(event),
        };
        edited |= put(agent, &list, wanted);
    }
    if has_version && file.root.get("version").is_none() {
        file.root.append("version", json!(1));
        edited = true;
    }
    Ok(if edited { AgentFileEdit::Write(file.text()) } else { AgentFileEdit::Keep })
}

pub fn uninstall(agent: Agent, text: &str) -> Result<AgentFileEdit, FileRemark> {
    let file = JsonFile::parse(Some(text))?;
    let Some(hooks) = file.root.object_value(HOOKS) else { return Ok(AgentFileEdit::Keep) };
    let mut edited = false;
    for property in hooks.properties() {
        let Some(list) = property.array_value() else { continue };
        let before = list.elements().len();
        for group in list.elements() {
            edited |= take(agent, group);
        }
        // A list that was empty before is the user's.
        if before > 0 && list.elements().is_empty() {
            take_out(property.into());
        }
    }
    if edited {
        file.remove_if_empty(HOOKS);
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
            take_out(group);
            true
        }
        Share::Part => {
            let handlers = group.as_object().and_then(|group| group.array_value("hooks"));
            for handler in handlers.iter().flat_map(CstArray::elements) {
                if handler.to_serde_value().is_some_and(|value| is_ours(agent, &value)) {
                    take_out(handler);
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

/// Whether a handler runs `tix hook <agent>` and nothing else, in any form that a tix has written.
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
    let line = line.trim();
    let call = line.strip_suffix("|| exit 2").unwrap_or(line).trim_end();
    let before = call.strip_suffix(&format!("tix hook {}", agent.name()));
    before.is_some_and(|path| path.is_empty() || path.ends_with('/') && !path.contains(' '))
}
