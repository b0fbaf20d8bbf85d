//! Markdown files with front matter, which several sources are made of.

use serde_json::Value;

use super::{Imported, Reading, RefusedRecord, SourceFile, SourcePlace};
use crate::ticket::Document;

/// A file, its front matter and its text.
pub struct FrontFile<'a> {
    pub file: &'a SourceFile,
    pub document: Document,
    pub body: &'a str,
}

impl<'a> FrontFile<'a> {
    /// Fails with the line and the reason.
    pub fn parse(file: &'a SourceFile) -> Result<FrontFile<'a>, (usize, String)> {
        let document = Document::parse(file.text.clone().into_bytes())
            .map_err(|error| (error.line, error.kind.to_string()))?;
        let body = file.text.get(file.text.len() - document.body().len()..).unwrap_or_default();
        Ok(FrontFile { file, document, body })
    }

    pub fn place(&self) -> SourcePlace {
        SourcePlace { file: self.file.path.clone(), line: 1 }
    }

    /// Keeps the keys that are in none of these.
    pub fn keep_rest(&self, ticket: &mut Imported, taken: &[&str]) {
        for (key, text) in self.document.said() {
            if taken.contains(&key.as_str()) {
                continue;
            }
            let value = match self.document.text(&key) {
                Some(text) => Value::from(text),
                None if self.document.list(&key).is_empty() => Value::from(text),
                None => Value::from(self.document.list(&key)),
            };
            ticket.keep(&key, value);
        }
    }
}

/// Makes a ticket of each file.
pub fn each(
    files: &[SourceFile],
    mut make: impl FnMut(&SourceFile, &mut Vec<String>) -> Result<Imported, (usize, String)>,
) -> Reading {
    let mut reading = Reading::default();
    for file in files {
        match make(file, &mut reading.warnings) {
            Ok(ticket) => reading.tickets.push(ticket),
            Err((line, why)) => {
                let place = SourcePlace { file: file.path.clone(), line };
                reading.refused.push(RefusedRecord { place, why });
            }
        }
    }
    reading
}

/// The first heading of level 1, where the text begins with one, and what is below it.
pub fn title_and_body(text: &str) -> (Option<String>, &str) {
    let text = text.trim_start();
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    match first.strip_prefix("# ") {
        Some(title) if !title.trim().is_empty() => (Some(title.trim().to_owned()), rest),
        _ => (None, text),
    }
}
