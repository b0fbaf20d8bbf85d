//! The application layer: what a command works on, how a verb runs from the command line to its receipt, and the
//! questions that several commands ask the repository.
//!
//! It knows no command and no command line; `cli` passes in what it needs, see [`command_line`].

pub mod adopt;
pub mod again;
pub mod agent_files;
pub mod board;
pub mod branch;
pub mod cells;
pub mod changed;
pub mod cleared;
pub mod command_line;
pub mod complete;
pub mod consent;
pub mod context;
pub mod dashboard;
pub mod earlier;
pub mod editor;
pub mod expected;
pub mod family;
pub mod find;
pub mod follow;
pub mod frame;
pub mod give_back;
pub mod half_made;
pub mod here;
pub mod hooks;
pub mod input;
pub mod intake;
pub mod interrupted;
pub mod issues;
pub mod join;
pub mod jumps;
pub mod lock;
pub mod merged;
pub mod mine;
pub mod next_step;
pub mod operation;
pub mod order;
pub mod own;
pub mod people;
pub mod publish;
pub mod pull;
pub mod queue;
pub mod receipt;
pub mod request;
pub mod role;
pub mod settings;
pub mod sign;
pub mod takeover;
pub mod task;
pub mod template;
pub mod time;
pub mod unknown;
pub mod untouched;
pub mod unusable;
pub mod wait;
pub mod watch;
pub mod witness;
pub mod work;
pub mod worker;
pub mod worktree;
pub mod write;

/// Who writes the changelog entries of the commands that a holder uses, in the form
/// `## [time] - Creator: activated`.
pub const ROLE: &str = "Creator";
