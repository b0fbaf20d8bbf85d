//! The commands, a file each: its arguments (whose doc comments are its help) and its `run`.
//!
//! A command resolves, decides, changes and answers. What is decided is pure and lives in `lifecycle`;
//! what is changed goes through `trunk` and `workspace`.

pub mod completions;
pub mod context;
pub mod init;

pub use context::{CONFIG_FILE, Context, Globals, progress_line};
