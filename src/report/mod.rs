//! The flow of tickets, from the history of the trunk.
//!
//! The figures come from the commits, which tell which ticket was in which lane and when, and from what each ticket says of
//! its claim, its completion and its blocks. Nothing here asks git, the clock or the network. `page/report` shows them.

mod cut;
mod flow;
mod packed;
mod story;

pub use cut::{CutBy, FlowCut, ReportedTicket, cuts, priority_words};
pub use flow::{ChartUnit, CompletedTicket, Figures, RECENT, TicketFlow, TimeSpread, figures};
#[cfg(test)]
pub use story::Stay;
pub use story::{LaneChange, Life, QueueHistory, RecordedTimes, TrunkCommit};
