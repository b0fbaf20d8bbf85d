//! Which cases of a row are tried: all of them take a quarter of an hour, so a plain `cargo test` draws some, others each day, and
//! `.ci/run` tries a third, by turns.

use std::hash::{DefaultHasher, Hash, Hasher as _};

use super::matrix::Fault;
use crate::harness::{drawn, notes};

/// How many cases are drawn from a row, each of another fault.
const DRAWN: usize = 3;

/// The moments inside of git's work are one fault with many faces.
fn is_same(one: Fault, other: Fault) -> bool {
    one == other || matches!((one, other), (Fault::KillInside(_), Fault::KillInside(_)))
}

/// One fault at the git call of this number.
pub type Hit = (usize, Fault);

/// The hits that this run tries, and how to try the same again. `row` tells rows apart, so that they do not all draw the
/// same numbers.
pub fn draw(row: impl Hash, mut all: Vec<Hit>) -> (Vec<Hit>, String) {
    let seed = drawn::seed();
    let number = |of: u64, hit: &Hit| {
        let mut hasher = DefaultHasher::new();
        (of, &row, hit).hash(&mut hasher);
        hasher.finish()
    };
    if let Some(one_in) = drawn::of_longest() {
        // By as many seeds in a row each case is tried once.
        all.retain(|hit| number(0, hit).wrapping_add(seed).is_multiple_of(one_in));
        return (all, format!("TIX_TEST_WHOLE={one_in} TIX_TEST_SEED={seed}"));
    }
    let of = all.len();
    all.sort_by_cached_key(|hit| number(seed, hit));
    let mut sample: Vec<Hit> = Vec::new();
    for hit in all {
        if sample.len() < DRAWN && !sample.iter().any(|(_, fault)| is_same(*fault, hit.1)) {
            sample.push(hit);
        }
    }
    notes::drawn(sample.len(), of, seed);
    (sample, format!("TIX_TEST_SEED={seed}"))
}
