//! A place where processes wait until the test lets them go on.
//!
//! A gate is a FIFO that the test holds open for writing. A process that comes by leaves a file as its announcement,
//! then reads from the FIFO and so sleeps until the last writer is gone. Opening the gate closes the test's end: all
//! who wait wake at once, and whoever comes later does not wait. When the test dies the kernel closes that end, so no
//! gate outlives its test.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

/// Between two looks at a file that another process will make.
pub const PAUSE: Duration = Duration::from_millis(1);
const LIMIT: Duration = Duration::from_mins(1);

/// Shell words that wait at the gate whose directory is in `$gate`, announced as `$who`.
///
/// Opening for reading and writing never blocks, and as long as that end exists opening for reading does not either;
/// without it a process could look up the FIFO, and block for good because the test closed its end in between.
pub const WAIT: &str = r#"
true >"$gate/arrived.$who"
exec 8<>"$gate/fifo" 7<"$gate/fifo" 8>&-
read -r nothing <&7
exec 7<&-
"#;

/// A closed gate; see the module.
pub struct Gate {
    directory: PathBuf,
    closed_by: Option<File>,
}

impl Gate {
    pub fn new(directory: &Path) -> Self {
        fs::create_dir_all(directory).unwrap();
        let fifo = directory.join("fifo");
        let status = Command::new("mkfifo").arg(&fifo).status().unwrap();
        assert!(status.success(), "mkfifo {}: {status}", fifo.display());
        let closed_by = File::options().read(true).write(true).open(&fifo).unwrap();
        Self { directory: directory.to_owned(), closed_by: Some(closed_by) }
    }

    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Shell words with which a script waits here.
    pub fn script(&self, who: &str) -> String {
        format!("gate='{}' who={who}\n{WAIT}", self.directory.display())
    }

    /// How many have come by so far.
    pub fn arrivals(&self) -> usize {
        let announced = |name: &OsStr| name.as_encoded_bytes().starts_with(b"arrived.");
        fs::read_dir(&self.directory)
            .unwrap()
            .filter(|entry| announced(&entry.as_ref().unwrap().file_name()))
            .count()
    }

    #[track_caller]
    pub fn wait_for(&self, count: usize) {
        let start = Instant::now();
        while self.arrivals() < count {
            assert!(
                start.elapsed() < LIMIT,
                "{} of {count} reached the gate in {LIMIT:?}",
                self.arrivals()
            );
            thread::sleep(PAUSE);
        }
    }

    /// Lets everybody go on, those who wait and those who come later.
    pub fn open(&mut self) {
        self.closed_by = None;
    }
}
