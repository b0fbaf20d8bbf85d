//! What the benchmarks share: a world of their own, timed processes, figures, tables and goals.
//!
//! Everything is measured from outside, as whole processes, and judged by ratios within one run: the two
//! sides of a ratio are measured in turns, so that whatever else the machine does falls on both.
#![allow(dead_code, unused_imports, reason = "each benchmark uses a part of it")]

mod claims;
mod figures;
mod moves;
mod repository;
mod world;

pub use claims::{Claim, Job, claim_all, claim_in_turn};
pub use figures::{Figures, Table, millis, ratio};
pub use moves::Moves;
pub use repository::{Floor, Shape, ticket_id};
pub use world::{Machine, Used, World};

use std::process::ExitCode;
use std::time::Duration;

/// What the command line asks for.
pub struct Options {
    /// Fewer rounds: for a look, not for a judgement.
    pub quick: bool,
    /// A missed goal fails the program.
    check: bool,
    parts: Vec<String>,
    sizes: Vec<usize>,
    round_trips: Vec<Duration>,
}

impl Options {
    /// Reads the command line. `cargo bench` adds `--bench`; words choose parts, numbers sizes, and `200ms` a round trip.
    #[allow(clippy::disallowed_methods, reason = "a program of its own")]
    pub fn read() -> Options {
        let mut options = Options {
            quick: false,
            check: false,
            parts: Vec::new(),
            sizes: Vec::new(),
            round_trips: Vec::new(),
        };
        for word in std::env::args().skip(1) {
            match word.as_str() {
                "--quick" => options.quick = true,
                "--check" => options.check = true,
                "--bench" => {}
                size if size.parse::<usize>().is_ok() => {
                    options.sizes.extend(size.parse::<usize>());
                }
                time if round_trip(time).is_some() => {
                    options.round_trips.extend(round_trip(time));
                }
                part if !part.starts_with('-') => options.parts.push(part.to_owned()),
                other => {
                    panic!("`{other}` is not known: there are --quick, --check, and names of parts")
                }
            }
        }
        options
    }

    /// Whether this part is asked for: all are when none is named.
    pub fn wants(&self, part: &str) -> bool {
        self.parts.is_empty() || self.parts.iter().any(|p| p == part)
    }

    /// The sizes that are asked for, else all of these, else the ones for a quick look.
    pub fn sizes(&self, full: &[usize], quick: &[usize]) -> Vec<usize> {
        match (self.sizes.is_empty(), self.quick) {
            (false, _) => self.sizes.clone(),
            (true, true) => quick.to_vec(),
            (true, false) => full.to_vec(),
        }
    }

    /// The same for round trips to the remote, in ms.
    pub fn round_trips(&self, full: &[u64], quick: &[u64]) -> Vec<Duration> {
        if !self.round_trips.is_empty() {
            return self.round_trips.clone();
        }
        let ms = if self.quick { quick } else { full };
        ms.iter().copied().map(Duration::from_millis).collect()
    }

    /// The number of rounds: the full one, or the one for a quick look.
    pub fn rounds(&self, full: usize, quick: usize) -> usize {
        if self.quick { quick } else { full }
    }
}

fn round_trip(word: &str) -> Option<Duration> {
    word.strip_suffix("ms")?.parse().ok().map(Duration::from_millis)
}

/// What was wanted and what came out.
#[derive(Default)]
pub struct Goals {
    lines: Vec<String>,
    missed: usize,
}

impl Goals {
    /// Notes a goal that is met when `value` is not above `limit`.
    pub fn at_most(&mut self, what: &str, value: f64, limit: f64) {
        let met = value <= limit;
        self.note(met, &format!("{what}: {value:.2}, goal at most {limit}"));
    }

    /// Notes a goal that is a fact.
    pub fn holds(&mut self, what: &str, met: bool) {
        self.note(met, what);
    }

    fn note(&mut self, met: bool, line: &str) {
        self.missed += usize::from(!met);
        self.lines.push(format!("- {}: {line}", if met { "met" } else { "MISSED" }));
    }

    /// Prints the list. The program fails only when it was to check.
    pub fn report(self, options: &Options) -> ExitCode {
        println!();
        self.lines.iter().for_each(|line| println!("{line}"));
        if options.check && self.missed > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS }
    }
}
