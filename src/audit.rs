//! The audit log: one JSON line for every write operation of this clone, done or failed.
//!
//! It adds to the history in git, which alone is enough to rebuild the story. No decision of tix depends on it, and a
//! log that cannot be written does not fail the operation.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::file;
use crate::lock::Lock;
use crate::text::without_nulls;

/// At this size the log is set aside; tix keeps one older log.
const ROTATE_AT: u64 = 4 << 20;

/// How long to wait for another process that is writing a line.
const PATIENCE: Duration = Duration::from_secs(2);

pub struct Audit {
    dir: PathBuf,
}

impl Audit {
    /// The log in tix's directory of a repository.
    pub fn of(tix_dir: &Path) -> Audit {
        Audit { dir: tix_dir.to_owned() }
    }

    /// Appends a line. The value must not contain credentials.
    pub fn append(&self, value: &Value) {
        if let Err(error) = self.try_append(value) {
            tracing::warn!(dir = %self.dir.display(), %error, "audit log");
        }
    }

    /// All readable lines, oldest first. Skips a line that a crash cut off.
    pub fn read(&self) -> Vec<Value> {
        let texts = self.files().into_iter().filter_map(|file| file::read_own(&file).ok());
        // On bytes: a line that was cut within a character is not text, and would hide all others.
        let parse = |text: Vec<u8>| -> Vec<Value> {
            text.split(|byte| *byte == b'\n').filter_map(read_line).collect()
        };
        texts.flat_map(parse).collect()
    }

    /// Where the lines are: in the older log, then in this one.
    pub fn files(&self) -> [PathBuf; 2] {
        [self.dir.join("audit.jsonl.1"), self.dir.join("audit.jsonl")]
    }

    fn try_append(&self, value: &Value) -> io::Result<()> {
        let path = self.dir.join("audit.jsonl");
        let lock = Lock::take(&self.dir.join("locks/audit.lock"), Instant::now() + PATIENCE)?;
        file::require_own(&path)?;
        if std::fs::metadata(&path).is_ok_and(|m| m.len() > ROTATE_AT) {
            std::fs::rename(&path, self.dir.join("audit.jsonl.1"))?;
        }
        let mut file = OpenOptions::new().create(true).read(true).append(true).open(&path)?;
        // A line that was cut by a crash would swallow this one.
        let mut line = if is_cut(&mut file)? { vec![b'\n'] } else { Vec::new() };
        line.extend(without_nulls(&serde_json::to_string(value)?).into_bytes());
        line.push(b'\n');
        // One write, so that a reader never sees half a line; appended, so that no line is lost even if the lock could
        // not be taken in time.
        file.write_all(&line)?;
        drop(lock);
        Ok(())
    }
}

/// The value of a line. A writer that did not notice a cut line appended to it, so the later entry is at the end of the
/// line.
fn read_line(line: &[u8]) -> Option<Value> {
    let whole = serde_json::from_slice(line).ok();
    whole.or_else(|| {
        let start = br#"{"schema":""#;
        let at = line.windows(start.len()).rposition(|part| part == start).filter(|at| *at > 0)?;
        serde_json::from_slice(line.get(at..)?).ok()
    })
}

/// Whether the last line lacks its line end.
fn is_cut(file: &mut File) -> io::Result<bool> {
    if file.metadata()?.len() == 0 {
        return Ok(false);
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last != *b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn lines_are_kept_in_order_and_a_cut_one_is_passed_over() {
        let dir = tempfile::tempdir().unwrap();
        let audit = Audit::of(dir.path());
        audit.append(&json!({"n": 1}));
        let mut file =
            OpenOptions::new().append(true).open(dir.path().join("audit.jsonl")).unwrap();
        file.write_all(b"{\"n\": 2").unwrap();
        audit.append(&json!({"n": 3}));
        audit.append(&json!({"n": 4}));
        assert_eq!(audit.read(), [1, 3, 4].map(|n| json!({"n": n})));
    }

    #[test]
    fn a_line_that_was_cut_takes_no_other_with_it() {
        for cut in [
            &b"{\"schema\":\"tix/receipt@1\",\"by\":\"J\xc3"[..],
            b"{\"schema\":\"",
            b"\xff\n",
            b"{",
        ] {
            let dir = tempfile::tempdir().unwrap();
            let audit = Audit::of(dir.path());
            let line = |n: u64| json!({"schema": "tix/receipt@1", "n": n});
            audit.append(&line(1));
            let path = dir.path().join("audit.jsonl");
            let mut file = OpenOptions::new().append(true).open(&path).unwrap();
            file.write_all(cut).unwrap();
            // Another writer was active, and had checked before the cut.
            file.write_all(br#"{"schema":"tix/receipt@1","n":2}"#).unwrap();
            audit.append(&line(3));
            assert_eq!(audit.read(), [1, 2, 3].map(line), "{}", cut.escape_ascii());
        }
    }
}
