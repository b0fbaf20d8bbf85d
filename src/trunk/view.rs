//! The trunk at one commit: the list of tickets at once, their contents on demand.

use crate::git::{GitError, Kind, Mode, ObjectFormat, Objects};
use crate::lifecycle::{Entry, Node, Odd, Refusal, Snapshot, Ticket};
use crate::names::{Oid, RepoPath};
use crate::ticket::{Document, Lane, TicketId};

/// How deep below a lane tickets are looked for. Two levels are in use; the bound keeps a hostile tree
/// from exhausting the stack.
const DEPTH: usize = 12;

/// The tickets of one commit.
pub struct View<'a> {
    objects: &'a Objects,
    commit: Option<Oid>,
    tree: Option<Oid>,
    pub(super) watched: Option<Oid>,
    pub(super) base: Option<Oid>,
    /// All tickets, as values.
    pub snapshot: Snapshot,
    /// Whether the commit has a directory for tickets at all.
    pub has_tickets: bool,
}

/// Why a ticket's contents could not be had.
pub enum Unloadable {
    /// The file itself is at fault.
    Refused(Refusal),
    /// git is.
    Git(GitError),
}

impl<'a> View<'a> {
    /// Reads the lanes of a commit; without one the view is empty.
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
                snapshot,
                has_tickets: false,
            });
        };
        let tree = objects.tree_of(commit)?;
        let mut name = format!("{tree}:").into_bytes();
        name.extend_from_slice(tickets_dir.as_bytes());
        let lanes = objects.entries(&name, format)?;
        let has_tickets = lanes.is_some();
        let mut walk = Walk { objects, format, snapshot: Snapshot::default() };
        for lane in lanes.unwrap_or_default() {
            if let (Some(which), Mode::Directory) = (Lane::from_dir_name(&lane.name), lane.mode) {
                let mut prefix = tickets_dir.as_bytes().to_vec();
                prefix.push(b'/');
                prefix.extend_from_slice(&lane.name);
                walk.lane(which, &lane.oid, &prefix, DEPTH)?;
            }
        }
        let mut snapshot = walk.snapshot;
        snapshot.entries.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(View {
            objects,
            commit: Some(commit.clone()),
            tree: Some(tree),
            watched: None,
            base: None,
            snapshot,
            has_tickets,
        })
    }

    /// The commit; `None` when the trunk has none yet.
    pub fn commit(&self) -> Option<&Oid> {
        self.commit.as_ref()
    }

    /// Where the watched branch is; `None` when it does not exist, or none is watched.
    pub fn watched(&self) -> Option<&Oid> {
        self.watched.as_ref()
    }

    /// Where the base is, when it is another branch than the trunk and was fetched along.
    pub fn base(&self) -> Option<&Oid> {
        self.base.as_ref()
    }

    /// Its root tree.
    pub(super) fn tree(&self) -> Option<&Oid> {
        self.tree.as_ref()
    }

    /// A ticket with its contents.
    pub fn read<'e>(&self, entry: &'e Entry) -> Result<Ticket<'e>, Unloadable> {
        if let Node::Other(what) = entry.node {
            return Err(Unloadable::Refused(Refusal::NotAFile { path: entry.path.clone(), what }));
        }
        let object = self.objects.require(entry.oid.as_str().as_bytes(), Kind::Blob);
        let object = object.map_err(Unloadable::Git)?;
        let document = Document::parse(object.data).map_err(|e| {
            Unloadable::Refused(Refusal::Damaged {
                path: entry.path.clone(),
                line: e.line,
                why: e.kind.to_string(),
            })
        })?;
        Ok(Ticket { entry, document })
    }

    /// Like [`View::read`], for decisions that are refused with a [`Refusal`].
    pub fn require<'e, E: From<Refusal>>(
        &self,
        entry: &'e Entry,
    ) -> Result<Ticket<'e>, super::Stop<E>> {
        self.read(entry).map_err(|e| match e {
            Unloadable::Refused(refusal) => super::Stop::Refused(refusal.into()),
            Unloadable::Git(error) => error.into(),
        })
    }

    /// Whether a claim is the one that this commit shows; without one to look for, yes.
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
        Ok(object.filter(|o| o.kind == Kind::Blob).map(|o| o.data))
    }
}

struct Walk<'a> {
    objects: &'a Objects,
    format: ObjectFormat,
    snapshot: Snapshot,
}

impl Walk<'_> {
    fn lane(
        &mut self,
        lane: Lane,
        tree: &Oid,
        prefix: &[u8],
        depth: usize,
    ) -> Result<(), GitError> {
        let entries = self.objects.entries(tree.as_str().as_bytes(), self.format)?;
        for entry in entries.unwrap_or_default() {
            let mut path = prefix.to_vec();
            path.push(b'/');
            path.extend_from_slice(&entry.name);
            let is_directory = entry.mode == Mode::Directory;
            let id = TicketId::from_file_name(&entry.name);
            if is_directory && id.is_none() {
                if depth > 0 {
                    self.lane(lane, &entry.oid, &path, depth - 1)?;
                }
                continue;
            }
            let Some(id) = id else { continue };
            let Some(path) = RepoPath::parse(path) else { continue };
            match id {
                Ok(id) => {
                    let node = node_of(entry.mode);
                    self.snapshot.entries.push(Entry { id, lane, path, node, oid: entry.oid });
                }
                Err(why) => self.snapshot.odd.push(Odd { path, why: why.to_string() }),
            }
        }
        Ok(())
    }
}

fn node_of(mode: Mode) -> Node {
    match mode {
        Mode::File | Mode::Executable | Mode::Other(_) => Node::File,
        Mode::Symlink => Node::Other("a symbolic link"),
        Mode::Submodule => Node::Other("a submodule"),
        Mode::Directory => Node::Other("a directory"),
    }
}
