//! The commands, a file each: its arguments (whose doc comments are its help) and its `run`.
//!
//! A command resolves, decides, changes and answers. Decisions are pure and live in `lifecycle`; changes go through
//! `trunk` and `workspace`. Commands do not use each other; what several need is in `app`.

pub mod activate;
pub mod agent_guide;
pub mod archive;
pub mod block;
pub mod board;
pub mod check;
pub mod clean;
pub mod close;
pub mod complete;
pub mod completions;
pub mod config;
pub mod demo;
pub mod dep;
pub mod doctor;
pub mod draft;
pub mod edit;
pub mod explain;
pub mod export;
pub mod graph;
pub mod handoff;
pub mod hook;
pub mod import;
pub mod init;
pub mod land;
pub mod link;
pub mod list;
pub mod log;
pub mod man;
pub mod mcp;
pub mod new;
pub mod next;
pub mod note;
pub mod path;
pub mod pr;
pub mod queue;
pub mod reclaim;
pub mod release;
pub mod reopen;
pub mod report;
pub mod review;
pub mod rework;
pub mod run;
pub mod serve;
pub mod set;
pub mod shell_init;
pub mod show;
pub mod status;
pub mod submit;
pub mod tick;
pub mod trust;
pub mod unblock;
pub mod undo;
