//! Links the program to a fixed address where that is possible.
//!
//! git waits for tix in every hook. A position-independent program has some twenty thousand addresses in its tables put right at
//! each start, a third of a millisecond of the two that a start takes (`cargo bench --bench hooks`). What it gives up is that its
//! own code lies elsewhere each time, which makes memory errors harder to exploit: there is no `unsafe` code here to make them.
#![allow(clippy::disallowed_methods, reason = "cargo speaks to it by variables")]

use std::env;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|found| found == value);
    let gnu = is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu");
    let features = env::var("CARGO_CFG_TARGET_FEATURE").unwrap_or_default();
    // A static program has a linker's mode of its own.
    if gnu && !features.split(',').any(|feature| feature == "crt-static") {
        println!("cargo:rustc-link-arg-bins=-no-pie");
    }
}
