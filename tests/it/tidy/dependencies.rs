//! Where the dependencies come from.

use std::fs;

use super::source::root;
use super::{Findings, assert_none};

const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

#[test]
fn every_dependency_comes_from_the_public_registry() {
    let lock = fs::read_to_string(root().join("Cargo.lock")).unwrap();
    let sources: Vec<&str> =
        lock.lines().filter_map(|line| line.strip_prefix("source = ")).collect();
    assert!(sources.len() > 50, "Cargo.lock has another form: {sources:?}");
    let foreign = sources.iter().filter(|source| source.trim_matches('"') != REGISTRY);
    assert_none(&foreign.map(|source| format!("Cargo.lock: {source}")).collect::<Findings>());
}
