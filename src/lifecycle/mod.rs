//! Decisions: one pure function per verb, from what the trunk holds and what is asked to a
//! [`Change`] or a [`Refusal`].
//!
//! Nothing here reads a file, a clock, the environment or git. Whatever a decision needs is handed
//! in, so that it can be made again, unchanged, each time the trunk has moved on.

mod activate;
mod change;
mod claim;
mod correct;
mod create;
mod graph;
mod link;
pub mod machine;
mod next;
mod refusal;
mod relations;
mod release;
mod set_up;
mod snapshot;

pub use activate::{Activation, FailureNote, note_failure, record_activation};
pub use change::{Change, Edit, RefEdit, Target, trailer};
pub use claim::{Claim, ClaimRequest, Claimed, claim, resume, session_of};
pub use correct::correct_id;
pub use create::{Draft, NewTicket, create};
pub use graph::{Edge, Waits, edges};
pub use link::{LinkRequest, LinkVerb, link};
pub use next::{Hindrance, Verdict, judge, needed};
pub use refusal::{Held, Refusal};
pub use relations::{Fate, Known, fate};
pub use release::{Branch, ReleaseRequest, release};
pub use set_up::{NewFile, set_up};
pub use snapshot::{Entry, Node, Odd, Snapshot, Ticket};
