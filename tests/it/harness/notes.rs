//! What a run has to say in the end, though all of its tests pass: what was drawn, and what could not be tried here.
//!
//! The test framework shows nothing of a test that passes, and has no word for one that could not be tried. So it is
//! written down here, and `tests/summary.rs`, which cargo runs last, says it. A file belongs to one run of cargo: several
//! can be under way.

use std::fs::File;
use std::io::Write as _;
use std::os::unix::process::parent_id;
use std::path::Path;
use std::sync::{LazyLock, Mutex};
use std::time::SystemTime;

/// Its first line, `began <milliseconds since 1970>`, is written when the first sandbox is made.
static NOTES: LazyLock<Mutex<File>> = LazyLock::new(|| {
    let name = format!("notes.{}", parent_id());
    let mut file = File::create(Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)).unwrap();
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    writeln!(file, "began {}", now.as_millis()).unwrap();
    Mutex::new(file)
});

pub fn begin() {
    LazyLock::force(&NOTES);
}

/// A test had to do without this program.
pub fn skipped(program: &str) {
    note(&format!("skipped {program}"));
}

/// Of so many cases so many were drawn with this seed.
pub fn drawn(cases: usize, of: usize, seed: u64) {
    note(&format!("drawn {cases} {of} {seed}"));
}

fn note(line: &str) {
    let mut file = NOTES.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    writeln!(file, "{line}").unwrap();
}
