//! The hooks of opencode: a plugin in a file of its own, which is tix's from its first line to its last.
//!
//! The first line names us, and holds a sum over the rest, by which a later tix knows what it may replace.

use super::super::script::sum;
use super::{AgentFileEdit, FileRemark};

/// What this tix would write, below its first line.
const BODY: &str = include_str!("opencode.js");

const MARK: &str = "// tix-hook opencode ";

fn text_of(body: &str) -> String {
    format!("{MARK}{}\n{body}", sum(body))
}

/// Whether a tix has written this, and nobody has changed it since.
fn is_ours(text: &str) -> bool {
    text.split_once('\n').is_some_and(|(_, body)| text == text_of(body))
}

pub fn install(text: Option<&str>) -> Result<AgentFileEdit, FileRemark> {
    let wanted = text_of(BODY);
    match text {
        Some(text) if text == wanted || own(text).is_some() => Ok(AgentFileEdit::Keep),
        Some(text) if !is_ours(text) => {
            Err(FileRemark { line: 1, why: "this plugin is not tix's".to_owned() })
        }
        Some(_) | None => Ok(AgentFileEdit::Write(wanted)),
    }
}

pub fn uninstall(text: &str) -> AgentFileEdit {
    if is_ours(text) { AgentFileEdit::Delete } else { AgentFileEdit::Keep }
}

/// What keeps a file of ours from being replaced.
pub fn own(text: &str) -> Option<FileRemark> {
    let is_changed = text.contains(MARK) && !is_ours(text);
    is_changed.then(|| FileRemark {
        line: 1,
        why: "it was changed since tix wrote it; keep your lines in a plugin of your own"
            .to_owned(),
    })
}
