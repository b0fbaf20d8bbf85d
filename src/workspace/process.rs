//! Which process a process id means. The system reuses ids, so an id says nothing without the start time of the
//! process, and nothing at all on another machine.

use std::io;

use serde::{Deserialize, Serialize};

/// A process, in a form that can be recorded and recognised later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    pub pid: u32,
    pub host: String,
    /// The set of processes in which the id counts; two containers on one host have two.
    pub space: Option<String>,
    /// When it started, as the system says it; only compared.
    start: String,
}

/// What happened to a recorded process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProcessState {
    Alive,
    /// It has ended; its id may belong to another process by now.
    Ended,
    /// It runs, or ran, where this machine cannot look.
    Elsewhere,
}

impl Process {
    /// A process of this machine, named `host`; `None` when no process has this id.
    pub fn of(pid: u32, host: &str) -> io::Result<Option<Process>> {
        let start = start_of(pid)?;
        let here = |start| Process { pid, host: host.to_owned(), space: space(), start };
        Ok(start.map(here))
    }

    /// Whether it still runs, asked on the machine named `host`.
    pub fn fate(&self, host: &str) -> io::Result<ProcessState> {
        if !self.is_of(host, space().as_deref()) {
            return Ok(ProcessState::Elsewhere);
        }
        Ok(self.compare(start_of(self.pid)?.as_deref()))
    }

    fn is_of(&self, host: &str, space: Option<&str>) -> bool {
        self.host == host && self.space.as_deref() == space
    }

    /// `start` is the start of the process that has the id now.
    fn compare(&self, start: Option<&str>) -> ProcessState {
        if start == Some(self.start.as_str()) { ProcessState::Alive } else { ProcessState::Ended }
    }
}

/// The boot and the ticks since then, so that an id from before the last boot is never taken for one of today: fields 3
/// (state) and 22 (start time) of proc(5), `/proc/<pid>/stat`.
#[cfg(target_os = "linux")]
fn start_of(pid: u32) -> io::Result<Option<String>> {
    let stat = match std::fs::read(format!("/proc/{pid}/stat")) {
        Ok(stat) => stat,
        // ESRCH: it ended between opening and reading the file.
        Err(error)
            if error.kind() == io::ErrorKind::NotFound || error.raw_os_error() == Some(3) =>
        {
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id")?;
    let ticks = running_since(&stat)?;
    Ok(ticks.map(|ticks| format!("{}/{ticks}", boot.trim())))
}

/// The start time in a line of `/proc/<pid>/stat`; `None` for a process that has ended and only waits for its parent to
/// collect it.
#[cfg(target_os = "linux")]
fn running_since(stat: &[u8]) -> io::Result<Option<u64>> {
    // The second field is the program's name in parentheses, and the name may contain blanks and parentheses.
    let fields = stat.rsplit(|byte| *byte == b')').next().map(std::str::from_utf8);
    let fields: Vec<&str> = match fields {
        Some(Ok(fields)) => fields.split_whitespace().collect(),
        Some(Err(_)) | None => Vec::new(),
    };
    let unreadable = || io::Error::other("/proc has an unknown form");
    let state = fields.first().ok_or_else(unreadable)?;
    let ticks = fields.get(19).and_then(|field| field.parse().ok()).ok_or_else(unreadable)?;
    Ok((!matches!(*state, "Z" | "X" | "x")).then_some(ticks))
}

/// ps(1) of POSIX has no start time, but those of macOS and the BSDs do.
#[cfg(all(unix, not(target_os = "linux")))]
fn start_of(pid: u32) -> io::Result<Option<String>> {
    super::spawn::ps(pid)
}

#[cfg(not(unix))]
fn start_of(_pid: u32) -> io::Result<Option<String>> {
    Err(io::ErrorKind::Unsupported.into())
}

/// The PID namespace, as `pid_namespaces(7)` names it.
#[cfg(target_os = "linux")]
fn space() -> Option<String> {
    let link = std::fs::read_link("/proc/self/ns/pid").ok()?;
    Some(link.to_str()?.to_owned())
}

#[cfg(not(target_os = "linux"))]
fn space() -> Option<String> {
    None
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    #![allow(clippy::expect_used, reason = "in a test a panic is the report")]
    use super::*;

    fn this() -> Process {
        let process = Process::of(std::process::id(), "here");
        process.ok().flatten().expect("this process runs")
    }

    #[test]
    fn a_running_process_is_known_again() {
        assert_eq!(this(), this());
        assert_eq!(this().fate("here").unwrap(), ProcessState::Alive);
    }

    #[test]
    fn a_number_that_belongs_to_another_process_by_now_is_not_alive() {
        let earlier = Process { start: "an-earlier-boot/1".to_owned(), ..this() };
        assert_eq!(earlier.fate("here").unwrap(), ProcessState::Ended);
        // Above every limit that Linux knows (2^22), so nobody has it.
        let nobody = Process { pid: 1 << 30, ..this() };
        assert_eq!(nobody.fate("here").unwrap(), ProcessState::Ended);
        assert_eq!(Process::of(1 << 30, "here").unwrap(), None);
    }

    #[test]
    fn what_runs_elsewhere_is_not_judged() {
        assert_eq!(this().fate("there").unwrap(), ProcessState::Elsewhere);
        let other = Process { space: Some("pid:[1]".to_owned()), ..this() };
        assert_eq!(other.fate("here").unwrap(), ProcessState::Elsewhere);
    }

    #[test]
    fn a_name_full_of_parentheses_does_not_shift_the_fields() {
        let line = |state: &str| {
            format!("7 (a) b) (c) {state} 1 7 7 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 4711 0 0")
                .into_bytes()
        };
        assert_eq!(running_since(&line("S")).unwrap(), Some(4711));
        assert_eq!(running_since(&line("Z")).unwrap(), None);
        assert!(running_since(b"7 (a)").is_err());
    }
}
