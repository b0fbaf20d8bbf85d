//! Decisions: one pure function per verb, from the state of the trunk and the request to a [`Decision`] or a
//! [`Refusal`].
//!
//! Nothing here reads a file, a clock, the environment or git. A decision is given everything it needs, so it can be
//! repeated unchanged each time the trunk has moved.

mod act;
mod activate;
mod awaited;
mod change;
mod claim;
mod correct;
mod create;
mod decision;
mod finish;
mod gate;
mod graph;
mod land;
mod link;
pub mod machine;
mod mark;
mod next;
mod refusal;
mod relations;
mod release;
mod review;
mod set_up;
mod snapshot;
mod subtasks;
mod takeover;
#[cfg(test)]
mod tests;

pub use act::{Act, ChangelogText, ClaimProof, WorkComparison};
pub use activate::{ActivateRequest, FailureNote, note_failure, record_activation};
pub use awaited::Awaited;
pub use change::{
    BranchLanding, Change, CommitReach, FileEdit, FollowUp, Intake, Merge, MergeForm, RefEdit,
    Target, trailer,
};
pub use claim::{
    Claim, ClaimRequest, Claimed, GIVEN, StrayBranch, claim, copy_claim, is_given, on_branch_alone,
    resume, session_of,
};
pub use correct::correct_id;
pub use create::{Draft, FreeIds, NewTicket, create, created_at};
pub use decision::{Already, Decision};
pub use finish::{
    CloseRequest, CompleteRequest, Effort, ReopenRequest, Reopening, Resolution, archive,
    as_rework, close, complete, completed, reopen, require_ended,
};
pub use gate::{Missing, missing, missing_in};
pub use graph::{Edge, RelationOrder, WaitGraph, edges};
pub use land::land;
pub use link::{LinkChange, LinkRequest, link};
pub use mark::{
    NewText, NewValue, STATUS, block, check_key, gate, is_read, name_pull_request, nearest_key,
    note, replace, set, unblock,
};
pub use next::{Hindrance, Prospect, Rank, UnmetDependency, judge, needed, waits};
pub use refusal::{ClaimedWorkspace, Holder, Refusal};
pub use relations::{DependencyState, KnownTicket, fate};
pub use release::{BranchDisposal, Reached, ReleaseRequest, release};
pub use review::{
    Approval, ReviewRequest, ReviewVerdict, Unchanged, Work, hand_in, requested_changes, review,
    submit,
};
pub use set_up::{NewFile, set_up};
pub use snapshot::{EntryNode, OddFile, Snapshot, Ticket, TicketEntry};
pub use subtasks::Subtasks;
pub use takeover::{BranchCopy, Staleness, Takeover, TakeoverKind, take_over};
