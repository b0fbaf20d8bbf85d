//! The hooks of opencode: a plugin in a file of its own, which is tix's from its first line to its last.

use super::{AgentFileEdit, BadFile};

/// What this tix would write.
const TEXT: &str = include_str!("opencode.js");

/// How the file of every tix begins, also of an older one.
fn is_ours(text: &str) -> bool {
    let first = |text: &str| text.lines().next().map(str::to_owned);
    first(text) == first(TEXT)
}

pub fn install(text: Option<&str>) -> Result<AgentFileEdit, BadFile> {
    match text {
        Some(TEXT) => Ok(AgentFileEdit::Keep),
        Some(text) if !is_ours(text) => {
            Err(BadFile { line: 1, why: "this plugin is not tix's".to_owned() })
        }
        Some(_) | None => Ok(AgentFileEdit::Write(TEXT.to_owned())),
    }
}

pub fn uninstall(text: &str) -> AgentFileEdit {
    if is_ours(text) { AgentFileEdit::Delete } else { AgentFileEdit::Keep }
}
