//! The guard: commits that are new to a protected branch touch tickets only.

pub mod install;
