//! The tickets of one trunk commit, as values.

use std::collections::BTreeSet;

use super::Refusal;
use super::machine::{self, Policy, Situation, TicketState, Verb};
use super::refusal::Holder;
use crate::names::{Oid, RepoPath};
use crate::ticket::{
    Document, FrontMatter, Lane, Preference, QueryMatch, Status, StatusError, StatusReading,
    TicketId, TicketRow, Value, resolve,
};

/// The kind of an entry below a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryNode {
    File,
    /// Anything else; the words say what, as in "a symbolic link".
    Other(&'static str),
}

/// A ticket's place on the trunk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TicketEntry {
    /// The file name without `.md`.
    pub id: TicketId,
    pub lane: Lane,
    pub path: RepoPath,
    pub node: EntryNode,
    pub oid: Oid,
}

impl TicketEntry {
    /// The ticket for display, with this front matter, which was read from `source`.
    pub fn row(&self, head: FrontMatter, source: String) -> TicketRow {
        TicketRow::new(self.id.clone(), self.lane, self.path.to_string(), head, source)
    }
}

/// A Markdown file in a lane whose name is not a ticket id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OddFile {
    pub path: RepoPath,
    pub why: String,
}

#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// The tickets, sorted by path.
    pub entries: Vec<TicketEntry>,
    /// Files that look like tickets but are not.
    pub odd: Vec<OddFile>,
}

#[derive(Clone, Debug)]
pub struct Ticket<'a> {
    pub entry: &'a TicketEntry,
    /// Its lane on the trunk; not the lane of its path when it is complete on its branch.
    pub trunk: Lane,
    pub document: Document,
}

impl Snapshot {
    /// The one ticket that `query` means.
    pub fn find(&self, query: &str, prefer: &Preference<'_>) -> Result<&TicketEntry, Refusal> {
        let ids: Vec<TicketId> = self.entries.iter().map(|e| e.id.clone()).collect();
        let bad = |why: String| Refusal::BadQuery { query: query.to_owned(), why };
        match resolve(query, &ids, prefer).map_err(|e| bad(e.to_string()))? {
            QueryMatch::One(id) => self.find_id(id),
            QueryMatch::Many(matches) => {
                let matches: BTreeSet<TicketId> = matches.into_iter().cloned().collect();
                match matches.first() {
                    // One id in several places is a different problem from several matching tickets.
                    Some(only) if matches.len() == 1 => self.find_id(only),
                    _ => Err(Refusal::Ambiguous {
                        query: query.to_owned(),
                        matches: matches.into_iter().collect(),
                    }),
                }
            }
            QueryMatch::None { nearest } => Err(match self.odd_one(query) {
                Some(OddFile { path, why }) => {
                    Refusal::OddName { path: path.clone(), why: why.clone() }
                }
                None => Refusal::NotFound {
                    query: query.to_owned(),
                    nearest: nearest.into_iter().cloned().collect(),
                },
            }),
        }
    }

    /// The file that somebody names as if its name were an id.
    fn odd_one(&self, query: &str) -> Option<&OddFile> {
        let name = query.rsplit('/').next().unwrap_or(query);
        let name = name.strip_suffix(".md").unwrap_or(name).as_bytes();
        let is_meant = |odd: &&OddFile| {
            let file = odd.path.components().last().unwrap_or_default();
            let stem = file.strip_suffix(b".md").unwrap_or(file);
            stem == name || stem.strip_prefix(b"TICKET-") == Some(name)
        };
        self.odd.iter().find(is_meant)
    }

    /// The only place of exactly this id.
    pub fn find_id(&self, id: &TicketId) -> Result<&TicketEntry, Refusal> {
        let found: Vec<&TicketEntry> = self.entries.iter().filter(|e| e.id == *id).collect();
        match found.as_slice() {
            [] => Err(Refusal::NotFound { query: id.to_string(), nearest: Vec::new() }),
            [one] => Ok(one),
            many => Err(Refusal::Duplicate {
                id: id.clone(),
                paths: many.iter().map(|e| e.path.clone()).collect(),
            }),
        }
    }

    /// The next free sequence of a family of ids, such as `TICKET-foo`, in all lanes.
    pub fn next_sequence(&self, family: &str) -> u32 {
        let used = self.entries.iter().filter(|e| e.id.without_sequence() == family);
        used.filter_map(|e| e.id.sequence()).max().unwrap_or(0) + 1
    }
}

impl<'a> Ticket<'a> {
    pub fn new(entry: &'a TicketEntry, document: Document) -> Ticket<'a> {
        Ticket { entry, trunk: entry.lane, document }
    }
}

impl Ticket<'_> {
    /// Its holder, according to the ticket.
    pub fn held(&self) -> Holder {
        Holder {
            by: self.document.text("claimed_by"),
            at: self.document.text("claimed_at"),
            claim_id: self.document.text("claim_id"),
        }
    }

    /// The refusal that nobody holds it.
    pub fn not_active(&self, policy: Policy<'_>) -> Refusal {
        let (id, lane) = (self.entry.id.clone(), self.entry.lane);
        Refusal::NotActive { id, lane, legal: self.legal(policy) }
    }

    /// The refusal that somebody holds it.
    pub fn held_refusal(&self) -> Refusal {
        Refusal::Held { id: self.entry.id.clone(), held: Box::new(self.held()) }
    }

    /// Everything that decides which moves it allows.
    ///
    /// A file without a status has its lane's usual one, and so does one outside of `active/` that says `blocked`,
    /// which says nothing but the flag. `claimed` without a claim is what people wrote before there were claims: nobody
    /// is setting anything up.
    pub fn situation(&self) -> Result<Situation, Refusal> {
        let lane = self.entry.lane;
        let usual = Status::usual_in(lane);
        let status = match self.document.status() {
            Ok(StatusReading { status: Status::InProgress, blocked: true })
            | Err(StatusError::Missing) => usual,
            Ok(StatusReading { status: Status::Claimed, .. }) if self.held().claim_id.is_none() => {
                usual
            }
            Ok(StatusReading { status, .. }) => status,
            Err(StatusError::Unknown { text, .. }) => {
                return Err(Refusal::UnknownStatus { id: self.entry.id.clone(), text });
            }
        };
        let blocked = self.blocked().is_some();
        Ok(Situation { state: TicketState { lane, status }, trunk: self.trunk, blocked })
    }

    /// The verbs that are possible for somebody, to name in a refusal where nobody holds it; none if its status is unknown.
    pub fn legal(&self, policy: Policy<'_>) -> Vec<Verb> {
        self.situation().map(|situation| machine::legal(situation, policy)).unwrap_or_default()
    }

    /// Why it is blocked; `None` when it is not.
    pub fn blocked(&self) -> Option<String> {
        self.document.blocked()
    }
}

/// Writes several keys; a document that cannot take one is damaged at that line.
pub(super) fn set_all(
    document: &mut Document,
    path: &RepoPath,
    fields: &[(&str, Value<'_>)],
) -> Result<(), Refusal> {
    for (key, value) in fields {
        document.set(key, *value).map_err(|e| Refusal::Damaged {
            path: path.clone(),
            line: e.line,
            why: e.kind.to_string(),
        })?;
    }
    Ok(())
}
