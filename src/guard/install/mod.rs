//! Putting the guard into a clone, looking whether it is there, and taking it out.
//!
//! What is to be done is decided over values (`script`, `place`, `plan`, `managers`, `agents`) before anything is touched, so
//! that a refusal leaves everything as it was.

pub mod agents;
mod configured;
pub mod engine;
mod files;
pub mod hook;
pub mod managers;
pub mod place;
pub mod plan;
pub mod script;
mod site;
pub mod status;
pub mod worktrees;
