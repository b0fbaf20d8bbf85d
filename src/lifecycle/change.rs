//! What one operation does to the trunk, as plain data.

use crate::names::{Oid, RefName, RepoPath};
use crate::ticket::TicketId;

/// One commit, and the branches that must move with it. By default it writes nothing, and moves the trunk alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// The files; only these paths differ from the parent.
    pub edits: Vec<FileEdit>,
    /// The commit's subject, such as `claim: TICKET-foo-001`.
    pub subject: String,
    /// Why, in the user's words.
    pub reason: Option<String>,
    /// `Key: value` lines from which git alone can tell the story.
    pub trailers: Vec<(&'static str, String)>,
    /// Other refs, moved in the same transaction.
    pub refs: Vec<RefEdit>,
    /// The claim that this change makes. If the answer to its push is lost and the commit is found in the history
    /// later, it counts as done only while this claim still stands: somebody may have taken the ticket over in between.
    pub establishes: Option<(TicketId, String)>,
    /// Another branch to merge with the change.
    pub merge: Option<Merge>,
    /// A second commit, on top of this one, in the same transaction.
    pub follow_up: Option<FollowUp>,
    /// Whether the trunk moves. Only a claim may leave it unmoved, if the ticket branch is the lock.
    pub reach: CommitReach,
}

/// A commit on top of a [`Change`], in the same push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FollowUp {
    pub edits: Vec<FileEdit>,
    /// The commit's subject, such as `activate: TICKET-foo-001`.
    pub subject: String,
    pub trailers: Vec<(&'static str, String)>,
    pub reach: CommitReach,
}

/// Which branches get a commit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CommitReach {
    /// The trunk, and the refs that point to [`Target::LastCommit`].
    #[default]
    Trunk,
    /// Those refs alone.
    Refs,
}

/// How a change of the trunk is merged with another branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Merge {
    /// The change is merged into the branch.
    IntoBranch(Intake),
    /// The branch is merged into the trunk.
    OfBranch(BranchLanding),
}

/// A branch that takes in a change of the trunk in the same transaction; files that both have changed are resolved
/// beforehand. A later merge of the branch into the trunk finds the change on both sides.
///
/// The change is committed on `fork`, which both have, and both merge that commit: so the branch takes in the change
/// and nothing else of the trunk. If it were committed on the trunk's tip, the branch would have to take in everything
/// that happened there since, with conflicts that only a person can resolve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intake {
    pub branch: RefName,
    /// Where it must be.
    pub at: Oid,
    /// The merge base with the trunk.
    pub fork: Oid,
    /// The files that differ from `at` afterwards.
    pub edits: Vec<FileEdit>,
}

/// A branch to be merged into the trunk as a whole, wherever the trunk is then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BranchLanding {
    pub tip: Oid,
    pub form: MergeForm,
}

/// How a branch arrives on the trunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MergeForm {
    /// As a merge, with all of its commits in the history.
    Merge,
    Squash,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileEdit {
    Add {
        path: RepoPath,
        content: Vec<u8>,
    },
    /// Moves a file and gives it new contents; with the same path, only the contents change.
    Move {
        from: RepoPath,
        to: RepoPath,
        content: Vec<u8>,
    },
}

/// What a ref of a [`Change`] will point to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// The commit of the change; its [`FollowUp`], if it has one.
    LastCommit,
    Commit(Oid),
}

/// What happens to one ref other than the trunk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefEdit {
    /// It must not exist; it is created at `to`.
    Create { name: RefName, to: Target },
    /// It must be at `from`; it moves to `to`.
    Move {
        name: RefName,
        /// Where it must be.
        from: Oid,
        to: Target,
    },
    /// It must be at `at`; it is deleted.
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

/// Trailer keys: from them the history of the trunk alone shows who did what.
pub mod trailer {
    /// The unique id of a claim.
    pub const CLAIM: &str = "Tix-Claim";
    pub const ACTOR: &str = "Tix-Actor";
    /// Whom a ticket was handed to.
    pub const TO: &str = "Tix-To";
    /// The machine that it was done on.
    pub const HOST: &str = "Tix-Host";
    pub const TICKET: &str = "Tix-Ticket";
    /// The run that made the commit, so that no other run makes an identical one.
    pub const RUN: &str = "Tix-Run";
    /// The lock of a claim, if it is not the trunk: `branch`.
    pub const LOCK: &str = "Tix-Lock";
    /// The key of a repeatable `tix new`.
    pub const KEY: &str = "Tix-Key";
    /// Where the work of an earlier holder was kept.
    pub const ATTIC: &str = "Tix-Attic";
    /// The commit of the ticket branch that was submitted or reviewed.
    pub const COMMIT: &str = "Tix-Commit";
}
