//! The ticket that a new one starts from.

use super::context::Context;
use crate::error::{Exit, Failure};
use crate::ticket::{Document, Value};
use crate::trunk::View;

/// The template if the trunk has no `TEMPLATE.md`.
pub const TEMPLATE: &str = include_str!("template.md");

/// The trunk's own template. If it cannot be read, the built-in one is used instead of refusing the ticket.
pub fn template(ctx: &Context<'_>, view: &View<'_>) -> Result<Document, Failure> {
    let shared = match ctx.tickets_dir.join("TEMPLATE.md") {
        Some(path) => view.file(&path)?,
        None => None,
    };
    if let Some(document) = shared.and_then(|bytes| Document::parse(bytes).ok()) {
        return Ok(document);
    }
    Document::parse(TEMPLATE.as_bytes().to_vec()).map_err(|error| {
        Failure::new(Exit::Damaged, format!("the built-in template:{}: {}", error.line, error.kind))
    })
}

/// Sets a key of a ticket that is being made.
pub fn set(document: &mut Document, key: &str, value: Value<'_>) -> Result<(), Failure> {
    document.set(key, value).map_err(|error| {
        Failure::new(Exit::Damaged, format!("line {}: {}", error.line, error.kind))
    })
}
