//! What a ticket is: its name, its lane, its status and its file, as values.
//!
//! Nothing here reads a file, a clock, the environment or git. Bytes come in, values and bytes go out, so every rule
//! about tickets can be tested without a repository.

pub mod document;
pub mod head;
pub mod id;
pub mod lane;
pub mod moment;
pub mod priority;
pub mod pull;
pub mod query;
pub mod relation;
pub mod row;
pub mod status;

pub use document::{
    Appended, ChangelogEntry, CheckBox, Document, DocumentError, DocumentErrorKind, StatusError,
    TooLong, Value,
};
pub use head::{FrontMatter, StatusLine};
pub use id::{SessionId, TicketId};
pub use lane::Lane;
pub use moment::{TicketTime, moment};
pub use priority::{NoPriority, Priority};
pub use pull::{NamedPull, PullRequest, PullState, SeenPull};
pub use query::{Preference, QueryMatch, resolve};
pub use relation::Relation;
pub use row::{BranchSeen, Overlay, SubtaskProgress, TicketRow, WorkerNow, WorkspaceSeen, name_of};
pub use status::{QueueGate, Status, StatusReading};

/// The items of a list, each once, where it is first.
pub fn distinct(mut items: Vec<String>) -> Vec<String> {
    let mut seen = std::collections::HashSet::new();
    items.retain(|item| seen.insert(item.clone()));
    items
}
