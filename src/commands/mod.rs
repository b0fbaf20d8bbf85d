//! The commands, a file each: its arguments (whose doc comments are its help) and its `run`.
//!
//! A command resolves, decides, changes and answers. What is decided is pure and lives in `lifecycle`;
//! what is changed goes through `trunk` and `workspace`. Commands do not use each other; what several of
//! them need is in `shared`.

pub mod activate;
pub mod agent_guide;
pub mod board;
pub mod completions;
pub mod demo;
pub mod dep;
pub mod doctor;
pub mod explain;
pub mod graph;
pub mod init;
pub mod list;
pub mod log;
pub mod new;
pub mod next;
pub mod path;
pub mod release;
pub mod report;
mod shared;
pub mod shell_init;
pub mod show;

pub use shared::context::{CONFIG_FILE, Context, Globals, progress_line};
#[cfg(test)]
pub use shared::queue;
pub use shared::{receipt, shell_word};
