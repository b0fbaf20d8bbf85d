//! Tickets of other systems: what their files say, and how that becomes tickets.
//!
//! An importer is a pure function from the files of a source to [`Imported`] tickets and [`RefusedRecord`] records, each with its
//! place. It never guesses: what it does not understand it keeps as text and says so, or refuses. One engine makes tickets of
//! all of them, whatever the source (`engine.rs`).

mod backlog;
mod beads;
mod decode;
mod document;
mod engine;
mod export;
mod folders;
mod front;
mod github;
mod hal;
mod jira;
mod json;
mod linear;
mod markdown;
pub mod plan;
mod related;
mod relations;
mod table;
mod taskmaster;
mod todotxt;
mod wedow;
mod words;
mod yoi;

use serde_json::Value;

use crate::ticket::{Document, Priority, Relation};

pub use decode::SourceFile;
pub use document::{imported_from, place_of};
pub use engine::{
    ClosedTickets, EndedTickets, ImportOutcome, ImportPlan, ImportRequest, ImportRow, LaneDirs,
    import,
};
pub use export::{ExportedTicket, TicketToExport, csv, github, plan as as_plan};
pub use github::GITHUB;

/// Reads a file of a project.
pub type LookUp<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// A system that tickets can be imported from.
pub struct SourceKind {
    /// Its name on the command line and in the tickets.
    pub name: &'static str,
    pub about: &'static str,
    /// Whether this id of it tells a ticket from those of every other project.
    pub is_unique: fn(&str) -> bool,
    /// Where a project keeps it, relative to its directory. The function reads a file of the project.
    pub places: fn(&LookUp<'_>) -> Vec<String>,
    /// Whether a file of these places belongs to it, by its path.
    pub wants: fn(&str) -> bool,
    /// Whether a file alone is of this kind.
    pub is: fn(&SourceFile) -> bool,
    pub read: fn(&[SourceFile]) -> Reading,
}

/// Every source that is known.
pub const SOURCES: [&SourceKind; 14] = [
    &beads::BEADS,
    &backlog::BACKLOG,
    &taskmaster::TASKMASTER,
    &wedow::WEDOW,
    &github::GITHUB,
    &jira::JIRA,
    &linear::LINEAR,
    &todotxt::TODOTXT,
    &markdown::MARKDOWN,
    &folders::FOLDERS,
    &yoi::YOI,
    &hal::HAL,
    &folders::TIX,
    &plan::PLAN,
];

/// What the files of a source say.
#[derive(Debug, Default)]
pub struct Reading {
    pub tickets: Vec<Imported>,
    pub refused: Vec<RefusedRecord>,
    /// What somebody should know of the rest.
    pub warnings: Vec<String>,
    /// The project, by the name that the source gives it.
    pub project: Option<String>,
}

/// A place in a file of a source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourcePlace {
    pub file: String,
    /// Counted from 1.
    pub line: usize,
}

/// A record that is no ticket, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedRecord {
    pub place: SourcePlace,
    pub why: String,
}

/// Where a ticket stands, as far as that can be imported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ImportedState {
    Draft,
    #[default]
    Open,
    Queued,
    /// Somebody works on it; the claim cannot be imported.
    InProgress,
    Done,
    /// It ended without being done.
    Closed,
}

/// What somebody said about a ticket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comment {
    pub by: Option<String>,
    /// As the source writes it.
    pub at: Option<String>,
    pub text: String,
}

/// A ticket of another system.
#[derive(Clone, Debug, Default)]
pub struct Imported {
    pub source: &'static str,
    /// The project, where other projects of the source may use the same id.
    pub project: Option<String>,
    /// Its id there, which tells it from every other ticket of the project.
    pub id: String,
    /// Where people find it there.
    pub address: Option<String>,
    pub place: SourcePlace,
    pub title: String,
    pub body: String,
    pub state: ImportedState,
    /// Its status in the source's own word.
    pub status: String,
    /// Who had it.
    pub holder: Option<String>,
    /// Why it cannot go on.
    pub blocked: Option<String>,
    pub priority: Option<Priority>,
    pub labels: Vec<String>,
    pub created: Option<String>,
    /// When it was done or closed.
    pub ended: Option<String>,
    pub comments: Vec<Comment>,
    /// The other tickets by their ids in the source.
    pub relations: Vec<(Relation, String)>,
    /// What else the source says, by its own names.
    pub rest: Vec<(String, Value)>,
    /// The fields that the source was asked for, by the names of their keys here; nothing where it says all it has.
    pub asked: Option<Vec<String>>,
    /// The file, where it is a ticket of tix already. It stays as it is but for what must differ.
    pub file: Option<Document>,
}

impl Imported {
    /// Keeps a value under the source's own name, unless it says nothing.
    pub fn keep(&mut self, name: &str, value: impl Into<Value>) {
        let value = value.into();
        if !says_nothing(&value) {
            self.rest.push((name.to_owned(), value));
        }
    }

    /// Whether the source would have named this relation if it had one.
    fn asked_for(&self, relation: Relation) -> bool {
        self.has_asked(relation.key())
    }

    /// Whether the source would have said something of this key.
    fn has_asked(&self, key: &str) -> bool {
        self.asked.as_ref().is_none_or(|asked| asked.iter().any(|one| one == key))
    }

    /// Takes a priority, and keeps a text that is none.
    pub fn set_priority(&mut self, text: &str) {
        self.priority = Priority::read(text);
        if self.priority.is_none() {
            self.keep("priority", text);
        }
    }

    /// Takes the time of its creation, and keeps a text that is none.
    pub fn set_created(&mut self, text: &str) {
        match crate::ticket::moment(text) {
            Some(_) => self.created = Some(text.to_owned()),
            None => self.keep("created", text),
        }
    }

    /// Takes the time of its end, and keeps a text that is none.
    pub fn set_ended(&mut self, text: &str) {
        match crate::ticket::moment(text) {
            Some(_) => self.ended = Some(text.to_owned()),
            None => self.keep("ended", text),
        }
    }
}

/// Whether nothing is lost with the value.
fn says_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(_) | Value::Number(_) => false,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
    }
}

/// The part of a path behind its last slash.
fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Whether the name of a file ends with this, after a dot.
fn is_kind(path: &str, end: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, behind)| behind == end)
}

/// Adds a section to a text.
fn add_section(body: &mut String, title: &str, text: &str) {
    if text.trim().is_empty() {
        return;
    }
    if !body.is_empty() {
        body.push_str("\n\n");
    }
    body.push_str(&format!("# {title}\n\n{}", text.trim_end()));
}
