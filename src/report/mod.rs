//! The flow of tickets, from the history of the trunk, and the page that shows it.
//!
//! The figures come only from the commits: which ticket was in which lane, and when. Nothing here asks git, the clock or
//! the network, and neither does the page: it is one file with its style and its charts.

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
pub use story::{LaneChange, Life, QueueHistory, TrunkCommit};
