//! A ticket file, kept byte for byte.
//!
//! The file belongs to people. So a [`Document`] holds the bytes as they are and the offsets of its keys and values,
//! and an edit replaces exactly those. Nothing is ever parsed and printed again.
//!
//! The front matter is read line by line, not as one YAML document. Real tickets contain `title: Fix: the thing` or
//! `title: [WIP] thing`, which YAML refuses, and one such line must not make a ticket unreadable. [`layout`] says what
//! counts as broken; [`scalar`] says what a value means.

mod body;
mod changelog;
mod edit;
mod layout;
mod markdown;
mod open_ends;
#[cfg(test)]
mod properties;
mod scalar;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

pub use self::body::CheckBox;
pub use self::changelog::{Appended, ChangelogEntry};
pub use self::edit::Value;
use self::layout::KeySpan;
pub use self::markdown::TooLong;
use super::status::{Status, StatusReading};

/// The bytes of a ticket file and the offsets of its keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    bytes: Vec<u8>,
    /// The lines between the two fences, as a range of `bytes`; UTF-8.
    block: Range<usize>,
    /// Where the body starts: after the line of the closing fence.
    body: usize,
    /// The top-level keys in file order. Their ranges count from the start of `block`.
    fields: Vec<KeySpan>,
}

/// Why a file cannot be read as a ticket, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {kind}")]
pub struct DocumentError {
    /// The line, counted from 1.
    pub line: usize,
    pub kind: DocumentErrorKind,
}

/// Why a file is not a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DocumentErrorKind {
    /// The file does not start with `---`, except for blank lines and HTML comments.
    NoFrontMatter,
    /// The HTML comment before the front matter does not end.
    UnclosedComment,
    /// The front matter does not end.
    Unclosed,
    NotUtf8,
    /// A line of the front matter that neither YAML nor a tolerant reader can understand, and why.
    BadYaml(&'static str),
}

impl fmt::Display for DocumentErrorKind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoFrontMatter => {
                out.write_str("a ticket starts with front matter, a line of `---`")
            }
            Self::UnclosedComment => out.write_str("this comment has no `-->`"),
            Self::Unclosed => out.write_str("this front matter has no closing `---`"),
            Self::NotUtf8 => out.write_str("this front matter is not UTF-8"),
            Self::BadYaml(why) => write!(out, "this front matter cannot be read: {why}"),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StatusError {
    /// There is no `status:` line, or its value is empty, null or a placeholder.
    #[error("the ticket has no status")]
    Missing,
    #[error("line {line}: {text:?} is not a status")]
    Unknown {
        /// The line, counted from 1.
        line: usize,
        text: String,
    },
}

impl Document {
    /// Finds the front matter and its keys. Fails when it is missing or broken, but never because of the body, which
    /// may contain any bytes.
    pub fn parse(bytes: Vec<u8>) -> Result<Document, DocumentError> {
        match layout::read(&bytes) {
            Ok(layout) => Ok(Document {
                block: layout.block,
                body: layout.body,
                fields: layout.fields,
                bytes,
            }),
            Err(fault) => {
                Err(DocumentError { line: line_number(&bytes, fault.at), kind: fault.kind })
            }
        }
    }

    /// A file that cannot be read as a ticket, for whoever mends it: all of it is body, and it has no keys.
    pub fn unreadable(bytes: Vec<u8>) -> Document {
        Document { bytes, block: 0..0, body: 0, fields: Vec::new() }
    }

    /// Whether it has a front matter, as everything but [`Document::unreadable`] has.
    pub fn is_readable(&self) -> bool {
        self.body > 0
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Everything after the line that closes the front matter.
    pub fn body(&self) -> &[u8] {
        self.bytes.get(self.body..).unwrap_or_default()
    }

    /// Whether the front matter has a line for this key, whatever its value.
    pub fn has(&self, key: &str) -> bool {
        self.field(key).is_some()
    }

    /// The value of a key as text: quotes resolved, comment removed, otherwise as written, so that `001` stays `001`.
    /// None for a value that is empty, null, a list, a map or a `{placeholder}`, and for a missing key.
    ///
    /// If a key has several lines, the last one counts, as for most YAML readers.
    pub fn text(&self, key: &str) -> Option<String> {
        scalar::text(self.block(), self.field(key)?)
    }

    pub fn first_text(&self, keys: &[&str]) -> Option<String> {
        keys.iter().find_map(|key| self.text(key))
    }

    /// The value of a key as a list: a YAML list of either kind, or one text, split at its commas. Items that are not
    /// text are left out. If a key has several lines, the last one counts.
    pub fn list(&self, key: &str) -> Vec<String> {
        self.field(key).map_or_else(Vec::new, |field| scalar::list(self.block(), field))
    }

    /// The texts below a key that has keys of its own, in lines below it.
    pub fn inner(&self, key: &str) -> BTreeMap<String, String> {
        self.inner_keys(key).map(|inner| inner.said().into_iter().collect()).unwrap_or_default()
    }

    /// The keys below a key, in lines below it, as a document of their own.
    pub fn inner_keys(&self, key: &str) -> Option<Document> {
        let lines = self.field(key).and_then(|field| self.block().get(field.tail.clone()));
        let lines = lines.unwrap_or_default();
        let indent = lines.len() - lines.trim_start_matches(' ').len();
        let outer = |line: &str| line.get(indent..).unwrap_or_default().to_owned();
        let outer: String = lines.split_inclusive('\n').map(outer).collect();
        Document::parse(format!("---\n{outer}\n---\n").into_bytes()).ok()
    }

    /// The keys of the front matter that say something, in their order, each with its value; that of a list is its items,
    /// between commas.
    pub fn said(&self) -> Vec<(String, String)> {
        let value = |key: &str| self.text(key).or_else(|| Some(self.list(key).join(", ")));
        let counts = |field: &&KeySpan| self.field(&field.key).is_some_and(|last| last == *field);
        let placeholder = |field: &KeySpan| scalar::is_placeholder(self.block(), field);
        let said = self.fields.iter().filter(counts).filter(|field| !placeholder(field));
        let said = said.filter_map(|field| Some((field.key.clone(), value(&field.key)?)));
        said.filter(|(_, value)| !value.is_empty()).collect()
    }

    /// The title in the front matter, else the first heading of the body. It may contain any character.
    pub fn title(&self) -> Option<String> {
        self.text("title").or_else(|| markdown::first_heading(self.body()))
    }

    /// The status, or why there is none. The ticket is blocked if the status says so or if the key `blocked` has a text
    /// that does not mean no.
    pub fn status(&self) -> Result<StatusReading, StatusError> {
        let (Some(line), Some(text)) = (self.line_of("status"), self.text("status")) else {
            return Err(StatusError::Missing);
        };
        let Some(reading) = Status::read(&text) else {
            return Err(StatusError::Unknown { line, text });
        };
        let flagged = self.flag().is_some();
        Ok(StatusReading { blocked: reading.blocked || flagged, ..reading })
    }

    /// The keys whose values are unfilled `{placeholders}`, in quotes or not, and the lines of the body that are such
    /// placeholders, each with its line. None from a body that is too long to be read.
    pub fn placeholders(&self) -> Vec<(usize, String)> {
        let open = self.fields.iter().filter(|field| {
            scalar::is_placeholder(self.block(), field)
                || scalar::text(self.block(), field).is_some_and(|t| open_ends::is_placeholder(&t))
        });
        let keys = open.map(|field| {
            (line_number(&self.bytes, self.block.start + field.start), field.key.clone())
        });
        // Most texts have no brace at all, and parsing their Markdown would take an eighth of the time of a list.
        let braces = self.body().contains(&b'{');
        let open = braces.then(|| self.open_ends().unwrap_or_default());
        let open_ends::OpenEnds { boxes, placeholders, .. } = open.unwrap_or_default();
        let boxes = boxes.into_iter().filter(|(_, text)| open_ends::is_placeholder(text));
        keys.chain(placeholders).chain(boxes).collect()
    }

    /// Why the ticket is blocked; `None` when it is not.
    pub fn blocked(&self) -> Option<String> {
        let by_status = || self.status().is_ok_and(|reading| reading.blocked);
        self.flag().or_else(|| by_status().then(|| "its status says so".to_owned()))
    }

    /// The text of the key `blocked`, unless it is a spelling of false that YAML 1.1 and 1.2 readers share, or a word
    /// that people use for it.
    fn flag(&self) -> Option<String> {
        let is_false = |text: &str| {
            matches!(text.to_ascii_lowercase().as_str(), "false" | "no" | "off" | "none" | "0")
        };
        self.text("blocked").filter(|text| !is_false(text))
    }

    /// The line of a key, counted from 1.
    pub fn line_of(&self, key: &str) -> Option<usize> {
        let field = self.field(key)?;
        Some(line_number(&self.bytes, self.block.start + field.start))
    }

    fn field(&self, key: &str) -> Option<&KeySpan> {
        self.fields.iter().rfind(|field| field.key == key)
    }

    fn block(&self) -> &str {
        // `parse` has checked that it is UTF-8.
        self.bytes
            .get(self.block.clone())
            .and_then(|block| str::from_utf8(block).ok())
            .unwrap_or_default()
    }
}

/// The number of the line that contains the byte at `offset`, counted from 1.
fn line_number(bytes: &[u8], offset: usize) -> usize {
    1 + bytes.iter().take(offset).filter(|byte| **byte == b'\n').count()
}
