//! What the history of the trunk tells about the flow of tickets, and the page that shows it.
//!
//! The figures come from nothing but the commits: which ticket was in which lane, and when. Nothing here asks git, the
//! clock or the network, and nothing on the page does: it is one file with its style and its pictures in it.

mod axis;
mod chart;
mod cut;
mod flow;
mod html;
mod packed;
mod page;
mod story;
mod style;

pub use cut::{CutBy, FlowCut, ReportedTicket, cuts};
pub use flow::{Figures, RECENT, TicketFlow, figures};
pub use page::{BoardLane, Page, render};
pub use story::{HeldSince, LaneChange, Life, QueueHistory, TrunkCommit};
