//! The commands, a file each: its arguments (whose doc comments are its help) and its `run`.
//!
//! A command resolves, decides, changes and answers. What is decided is pure and lives in `lifecycle`;
//! what is changed goes through `trunk` and `workspace`.

pub mod board;
pub mod completions;
pub mod context;
pub mod list;
pub mod log;
pub mod path;
pub mod shell_init;
pub mod show;

pub use context::{Context, Globals};
