//! The trunk at one commit: the list of tickets at once, their contents on demand.

use crate::git::{FileMode, GitError, ObjectFormat, ObjectKind, Objects, RefValue, TreeEntry};
use crate::lifecycle::{EntryNode, OddFile, Refusal, Snapshot, Ticket, TicketEntry};
use crate::names::{Oid, RefName, RepoPath};
use crate::ticket::{Document, Lane, TicketId};

/// How deep below a lane to look for tickets. Two levels are in use; the limit keeps a hostile tree from exhausting the
/// stack.
const DEPTH: usize = 12;

pub struct View<'a> {
    objects: &'a Objects,
    commit: Option<Oid>,
    tree: Option<Oid>,
    pub(super) watched: Option<Oid>,
    pub(super) base: Option<Oid>,
    /// Whether the trunk has other settings than the transaction began with.
    pub(super) outdated: bool,
    /// Whether this transaction fetched it; otherwise it is only what this clone last saw.
    pub(super) fetched: bool,
    pub(super) claims: ClaimsAlone,
    /// The ticket branches of the remote, if they were fetched as well.
    pub(super) tickets: Vec<RefValue>,
    /// All tickets, as values.
    pub snapshot: Snapshot,
    pub has_tickets: bool,
}

/// The claims of a view that are not on the trunk yet.
#[derive(Default)]
pub(super) struct ClaimsAlone {
    /// The trunk without them; `None` where there are none.
    pub(super) trunk: Option<Oid>,
    pub(super) commits: Vec<Oid>,
}

/// Why a ticket's contents could not be read.
pub enum Unloadable {
    Refused(Refusal),
    Git(GitError),
}

impl<'a> View<'a> {
    /// Reads the lanes of a commit; without a commit the view is empty.
    pub fn load(
        objects: &'a Objects,
        format: ObjectFormat,
        commit: Option<&Oid>,
        tickets_dir: &RepoPath,
    ) -> Result<View<'a>, super::TrunkError> {
        let Some(commit) = commit else {
            let snapshot = Snapshot::default();
            return Ok(View {
                objects,
                commit: None,
                tree: None,
                watched: None,
                base: None,
                outdated: false,
                fetched: true,
                claims: ClaimsAlone::default(),
                tickets: Vec::new(),
                snapshot,
                has_tickets: false,
            });
        };
        let tree = objects.tree_of(commit)?;
        let lanes = objects.entries_in(&tree, tickets_dir, format)?;
        let has_tickets = lanes.is_some();
        let mut level = Vec::new();
        for lane in lanes.unwrap_or_default() {
            if let (Some(which), FileMode::Directory) = (Lane::from_dir_name(&lane.name), lane.mode)
            {
                let path = tickets_dir.child(&lane.name);
                level.extend(path.map(|path| Directory { lane: which, path, tree: lane.oid }));
            }
        }
        let mut snapshot = Snapshot::default();
        // One level at a time: git is asked for all directories of a level at once. With a directory for each ticket,
        // 20,000 of them take a tenth of a second in this way.
        for _ in 0..=DEPTH {
            let trees: Vec<Oid> = level.iter().map(|d| d.tree.clone()).collect();
            let entries = objects.entries_of(&trees, format)?;
            let found = level.iter().zip(entries).map(|(d, e)| d.sort_out(e, &mut snapshot));
            level = found.flatten().collect();
        }
        snapshot.entries.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(View {
            objects,
            commit: Some(commit.clone()),
            tree: Some(tree),
            watched: None,
            base: None,
            outdated: false,
            fetched: true,
            claims: ClaimsAlone::default(),
            tickets: Vec::new(),
            snapshot,
            has_tickets,
        })
    }

    /// The commit; `None` when the trunk has none yet.
    pub fn commit(&self) -> Option<&Oid> {
        self.commit.as_ref()
    }

    /// The trunk's commit on the remote. The view's commit adds to it what only ticket branches have.
    pub fn on_remote(&self) -> Option<&Oid> {
        self.claims.trunk.as_ref().or(self.commit.as_ref())
    }

    /// How many of its claims the remote's trunk does not have yet.
    pub fn claims_alone(&self) -> usize {
        self.claims.commits.len()
    }

    /// Where a ticket branch is, if those were fetched and it exists.
    pub fn ticket_branch(&self, name: &RefName) -> Option<&Oid> {
        self.tickets.iter().find(|tip| tip.name == *name).map(|tip| &tip.oid)
    }

    /// Where the watched branch is; `None` when it does not exist, or none is watched.
    pub fn watched(&self) -> Option<&Oid> {
        self.watched.as_ref()
    }

    /// Where the base is, if it is not the trunk and was fetched as well.
    pub fn base(&self) -> Option<&Oid> {
        self.base.as_ref()
    }

    /// Whether the view is up to date. If not, only a push may be decided on it; the push finds out.
    pub fn is_fetched(&self) -> bool {
        self.fetched
    }

    pub(super) fn tree(&self) -> Option<&Oid> {
        self.tree.as_ref()
    }

    pub fn read<'e>(&self, entry: &'e TicketEntry) -> Result<Ticket<'e>, Unloadable> {
        if let EntryNode::Other(what) = entry.node {
            return Err(Unloadable::Refused(not_a_file(entry, what)));
        }
        let object = self.objects.require(entry.oid.as_str().as_bytes(), ObjectKind::Blob);
        let object = object.map_err(Unloadable::Git)?;
        let document = document(entry, object.data).map_err(Unloadable::Refused)?;
        Ok(Ticket::new(entry, document))
    }

    /// The same for whoever mends it: a file that cannot be read as a ticket is one without keys.
    pub fn read_to_mend<'e>(&self, entry: &'e TicketEntry) -> Result<Ticket<'e>, Unloadable> {
        match self.read(entry) {
            Err(Unloadable::Refused(Refusal::Damaged { .. })) => {
                let object = self.objects.require(entry.oid.as_str().as_bytes(), ObjectKind::Blob);
                let object = object.map_err(Unloadable::Git)?;
                Ok(Ticket::new(entry, Document::unreadable(object.data)))
            }
            read => read,
        }
    }

    /// Many tickets with their contents, at the price of a few: what `make` makes of each, in the order
    /// of `entries`.
    pub fn read_all<'e, T>(
        &self,
        entries: &[&'e TicketEntry],
        mut make: impl FnMut(&'e TicketEntry, Result<Document, Refusal>) -> T,
    ) -> Result<Vec<T>, GitError> {
        let names: Vec<&[u8]> = entries.iter().map(|e| question(e)).collect();
        let mut results: Vec<Option<T>> = entries.iter().map(|_| None).collect();
        self.objects.read_many(&names, |at, object| {
            if let (Some(entry), Some(slot)) = (entries.get(at), results.get_mut(at)) {
                *slot = Some(make(entry, document(entry, object.data)));
            }
        })?;
        let all = entries.iter().zip(results).map(|(entry, result)| match (result, entry.node) {
            (Some(result), _) => Ok(result),
            (None, EntryNode::Other(what)) => Ok(make(entry, Err(not_a_file(entry, what)))),
            (None, EntryNode::File) => Err(GitError::Missing(entry.oid.to_string())),
        });
        all.collect()
    }

    /// Like [`View::read`], for decisions that are refused with a [`Refusal`].
    pub fn require<'e, E: From<Refusal>>(
        &self,
        entry: &'e TicketEntry,
    ) -> Result<Ticket<'e>, super::Stop<E>> {
        Ok(self.read(entry)?)
    }

    /// Whether the claim is the one in this commit; true if there is no claim to look for.
    pub(super) fn stands(&self, claim: Option<&(TicketId, String)>) -> Result<bool, GitError> {
        let Some((id, claim_id)) = claim else { return Ok(true) };
        let Ok(entry) = self.snapshot.find_id(id) else { return Ok(false) };
        match self.read(entry) {
            Ok(ticket) => Ok(ticket.held().claim_id.as_ref() == Some(claim_id)),
            Err(Unloadable::Refused(_)) => Ok(false),
            Err(Unloadable::Git(error)) => Err(error),
        }
    }

    /// Any other file of this commit.
    pub fn file(&self, path: &RepoPath) -> Result<Option<Vec<u8>>, GitError> {
        let Some(tree) = &self.tree else { return Ok(None) };
        let mut name = format!("{tree}:").into_bytes();
        name.extend_from_slice(path.as_bytes());
        let object = self.objects.read(&name)?;
        Ok(object.filter(|o| o.kind == ObjectKind::Blob).map(|o| o.data))
    }
}

impl<E: From<Refusal>> From<Unloadable> for super::Stop<E> {
    fn from(unloadable: Unloadable) -> super::Stop<E> {
        match unloadable {
            Unloadable::Refused(refusal) => super::Stop::Refused(refusal.into()),
            Unloadable::Git(error) => error.into(),
        }
    }
}

/// What to ask for to have an entry's contents: nothing, where it is not a file.
fn question(entry: &TicketEntry) -> &[u8] {
    match entry.node {
        EntryNode::File => entry.oid.as_str().as_bytes(),
        EntryNode::Other(_) => b"",
    }
}

fn not_a_file(entry: &TicketEntry, what: &'static str) -> Refusal {
    Refusal::NotAFile { path: entry.path.clone(), what }
}

fn document(entry: &TicketEntry, bytes: Vec<u8>) -> Result<Document, Refusal> {
    Document::parse(bytes).map_err(|e| Refusal::Damaged {
        path: entry.path.clone(),
        line: e.line,
        why: e.kind.to_string(),
    })
}

/// A directory at or below a lane.
struct Directory {
    lane: Lane,
    path: RepoPath,
    tree: Oid,
}

impl Directory {
    /// Adds the tickets among a directory's entries to the snapshot, and returns the subdirectories.
    fn sort_out(&self, entries: Vec<TreeEntry>, snapshot: &mut Snapshot) -> Vec<Directory> {
        let mut directories = Vec::new();
        for TreeEntry { mode, name, oid } in entries {
            let lane = self.lane;
            let id = TicketId::from_file_name(&name);
            if id.is_none() && mode != FileMode::Directory {
                continue;
            }
            let Some(path) = self.path.child(&name) else { continue };
            match id {
                None => directories.push(Directory { lane, path, tree: oid }),
                Some(Ok(id)) => {
                    snapshot.entries.push(TicketEntry { id, lane, path, node: node_of(mode), oid });
                }
                Some(Err(why)) => snapshot.odd.push(OddFile { path, why: why.to_string() }),
            }
        }
        directories
    }
}

fn node_of(mode: FileMode) -> EntryNode {
    match mode {
        FileMode::File | FileMode::Executable | FileMode::Other(_) => EntryNode::File,
        FileMode::Symlink => EntryNode::Other("a symbolic link"),
        FileMode::Submodule => EntryNode::Other("a submodule"),
        FileMode::Directory => EntryNode::Other("a directory"),
    }
}
