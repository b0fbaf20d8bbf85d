//! What one operation does to the trunk, as plain data.

use crate::names::{Oid, RefName, RepoPath};
use crate::ticket::TicketId;

/// One commit, and the branches that must move with it or not at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The files; exactly these paths differ from the parent.
    pub edits: Vec<FileEdit>,
    /// The commit's subject, such as `claim: TICKET-foo-001`.
    pub subject: String,
    /// Why, in the user's words.
    pub reason: Option<String>,
    /// `Key: value` lines that let the story be told from git alone.
    pub trailers: Vec<(&'static str, String)>,
    /// Other refs, moved in the same transaction.
    pub refs: Vec<RefEdit>,
    /// The claim that this change is about to make. A commit that is found in the history later, because
    /// the answer to its push was lost, counts as done only while this claim still stands: somebody may
    /// have taken the ticket over in between.
    pub establishes: Option<(TicketId, String)>,
    /// Another branch that the change is joined with.
    pub merge: Option<Merge>,
    /// A second commit, on top of this one, in the same transaction.
    pub follow_up: Option<FollowUp>,
    /// Whether the trunk moves. Only a claim may be without it, where the ticket branch is the lock.
    pub reach: CommitReach,
}

/// What is committed on top of a [`Change`] and comes with it or not at all: it costs no push of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FollowUp {
    pub edits: Vec<FileEdit>,
    /// The commit's subject, such as `activate: TICKET-foo-001`.
    pub subject: String,
    pub trailers: Vec<(&'static str, String)>,
    pub reach: CommitReach,
}

/// Which branches get a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommitReach {
    /// The trunk, and the refs that point to [`Target::LastCommit`].
    Trunk,
    /// Those refs alone.
    Refs,
}

/// How a change of the trunk and another branch are joined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Merge {
    /// The branch takes the change in.
    IntoBranch(Intake),
    /// The trunk takes the branch in.
    OfBranch(BranchLanding),
}

/// A branch that takes a change of the trunk in, in the same transaction, with the files that both have changed
/// resolved beforehand. Whoever merges the branch into the trunk later finds the change on both sides.
///
/// The change is committed on `fork`, which both have, and both merge that commit: so the branch takes in the change and
/// nothing else of the trunk. If it were committed on the trunk's tip, the branch would have to take in everything that
/// has happened there since, with conflicts that only a person can resolve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intake {
    pub branch: RefName,
    /// Where it must be.
    pub at: Oid,
    /// The newest commit that it has in common with the trunk.
    pub fork: Oid,
    /// What differs from `at` then.
    pub edits: Vec<FileEdit>,
}

/// A branch that the trunk takes in as a whole, wherever the trunk is by then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BranchLanding {
    pub tip: Oid,
    pub form: MergeForm,
}

/// What a branch becomes on the trunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MergeForm {
    /// A merge, with all of its commits behind it.
    Merge,
    Squash,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileEdit {
    Add {
        path: RepoPath,
        content: Vec<u8>,
    },
    /// A file goes elsewhere, with new contents; the same place is an edit in place.
    Move {
        from: RepoPath,
        to: RepoPath,
        content: Vec<u8>,
    },
}

/// Where a ref of a [`Change`] is to point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// The commit that the change becomes; where it has a [`FollowUp`], that one.
    LastCommit,
    Commit(Oid),
}

/// What happens to one ref beside the trunk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefEdit {
    /// It must not exist, and then points there.
    Create { name: RefName, to: Target },
    /// It must be at `from`, and then points to `to`.
    Move {
        name: RefName,
        /// Where it must be.
        from: Oid,
        to: Target,
    },
    /// It must be at `at`, and is gone then.
    Delete {
        name: RefName,
        /// Where it must be.
        at: Oid,
    },
}

impl RefEdit {
    pub fn name(&self) -> &RefName {
        match self {
            RefEdit::Create { name, .. }
            | RefEdit::Move { name, .. }
            | RefEdit::Delete { name, .. } => name,
        }
    }
}

/// Trailer keys: with them the history of the trunk alone tells who did what.
pub mod trailer {
    /// The unique id of a claim.
    pub const CLAIM: &str = "Tix-Claim";
    pub const ACTOR: &str = "Tix-Actor";
    /// The machine it was done on.
    pub const HOST: &str = "Tix-Host";
    pub const TICKET: &str = "Tix-Ticket";
    /// The run that made the commit, so that no other run makes the same one.
    pub const RUN: &str = "Tix-Run";
    /// What the lock of a claim is, where it is not the trunk: `branch`.
    pub const LOCK: &str = "Tix-Lock";
    /// The key of a repeatable `tix new`.
    pub const KEY: &str = "Tix-Key";
    /// Where the work of an earlier holder was kept.
    pub const ATTIC: &str = "Tix-Attic";
    /// The commit of the ticket branch that was submitted or reviewed.
    pub const COMMIT: &str = "Tix-Commit";
}
