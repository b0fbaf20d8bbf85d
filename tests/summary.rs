//! The last of the test programs: it tests nothing, and says what `tests/it` had to say in the end.
//!
//! Cargo runs the programs in the order of their names, and the next one only when all tests have passed.
#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "it prints, and asks for the time and the command line"
)]

use std::collections::BTreeSet;
use std::error::Error;
use std::fs;
use std::os::unix::process::parent_id;
use std::path::Path;
use std::time::{Duration, SystemTime};

/// The notes of one run, as `tests/it/harness/notes.rs` writes them.
#[derive(Default)]
struct Notes {
    began: Duration,
    skipped: BTreeSet<String>,
    cases: usize,
    of: usize,
    seed: u64,
}

impl Notes {
    fn parse(text: &str) -> Result<Notes, Box<dyn Error>> {
        let mut notes = Notes::default();
        for line in text.lines() {
            match line.split(' ').collect::<Vec<_>>()[..] {
                ["began", at] => notes.began = Duration::from_millis(at.parse()?),
                ["skipped", program] => drop(notes.skipped.insert(program.to_owned())),
                ["drawn", cases, of, seed] => {
                    notes.cases += cases.parse::<usize>()?;
                    notes.of += of.parse::<usize>()?;
                    notes.seed = seed.parse()?;
                }
                _ => return Err(format!("a note that nobody knows: {line}").into()),
            }
        }
        Ok(notes)
    }

    fn print(&self, now: Duration) {
        let Notes { cases, of, seed, .. } = self;
        println!("tests/it took {} s", now.saturating_sub(self.began).as_secs());
        if *of > 0 {
            println!(
                "crash rows: {cases} of {of} cases; TIX_TEST_SEED={seed} draws the same again, TIX_TEST_WHOLE=1 tries all"
            );
        }
        if !self.skipped.is_empty() {
            let programs: Vec<&str> = self.skipped.iter().map(String::as_str).collect();
            println!("not tried, because it is not here: {}", programs.join(", "));
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    // Other runners than cargo ask for the names of the tests first.
    if std::env::args().any(|arg| arg == "--list") {
        return Ok(());
    }
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("notes.{}", parent_id()));
    // Nothing of tests/it was run that needs a sandbox.
    if !file.exists() {
        return Ok(());
    }
    let notes = Notes::parse(&fs::read_to_string(&file)?)?;
    notes.print(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?);
    fs::remove_file(file)?;
    Ok(())
}
