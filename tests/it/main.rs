//! The one integration program of tix. Its harness is made of shell scripts, FIFOs and signals.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "in a test a panic is the report; clippy.toml allows it in test functions only, not in what they call"
)]

mod activate;
mod agent;
mod bad_input;
mod board;
mod clean;
mod completion;
mod consent;
mod crash;
mod demo;
mod docs;
mod doctor;
mod examples;
mod explain;
mod face;
mod forge;
mod harness;
mod harness_works;
mod history;
mod hook;
mod hook_install;
mod hostile;
mod import;
mod init;
mod json;
mod land;
mod life;
mod link;
mod mcp;
mod net_works;
mod network;
mod new;
mod odd;
mod pages;
mod plugin;
mod reading;
mod relations;
mod release;
mod report;
mod roles;
mod serve;
mod serve_writes;
mod servers;
mod settings;
mod subtasks;
mod text;
mod tidy;
mod tokens;
mod undo;
mod workers;
