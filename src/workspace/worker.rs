//! The worker of a ticket: a program that works in its workspace, and the record of it.
//!
//! A record exists exactly while there is a worker to come back to: tix writes it when the worker has proved that it
//! has begun, never before, and removes it when it sees the worker's end. If tix does not see the end, because the
//! worker outlives it or because tix was killed, the record is still true, since it names the process. While a worker
//! is being started, an operating system lock keeps others out; a crash does not leave it behind.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::WorkspaceError;
use super::clone_id::write;
use super::process::{Process, ProcessState};
use super::record::{self, Session};
use super::spawn::{CommandLine, StartedWorker, Unproved, Worker, WorkerEnd, WorkerSign};
use crate::file;
use crate::git::{ExecError, Repo, signals};
use crate::lock::Lock;
use crate::names::RefName;
use crate::ticket::TicketId;

/// How much of the end of a log to show with an error.
const TAIL: u64 = 2000;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkerRecord {
    #[serde(flatten)]
    pub process: Process,
    /// When it was started: RFC 3339, UTC.
    pub since: String,
    /// The program and its arguments, without credentials.
    pub command: Vec<String>,
    pub claim_id: String,
    pub session: String,
    pub workspace: PathBuf,
    /// Where it writes; `None` for a terminal or the caller's streams.
    pub log: Option<PathBuf>,
}

/// The worker of a ticket, as far as this machine can tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WorkerState {
    Starting,
    Live(WorkerRecord),
    /// It ended and tix did not see it: it was killed, or the machine stopped.
    Stale(WorkerRecord),
    /// It was started on another machine or in another container, where this machine cannot look.
    Elsewhere(WorkerRecord),
}

/// Why no worker was started, or why one that was started does not count.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("another tix in this clone is starting a worker")]
    Busy,
    #[error("a worker is already running")]
    Live(Box<WorkerRecord>),
    /// There was a worker whose end nobody saw.
    #[error("a worker ended, and tix did not see how")]
    Stale(Box<WorkerRecord>),
    /// There may be a worker on another machine.
    #[error("a worker was started on {}, and this machine cannot tell whether it still runs", _0.process.host)]
    Elsewhere(Box<WorkerRecord>),
    /// tix was told to stop before the worker was started.
    #[error(transparent)]
    Interrupted(#[from] ExecError),
    /// A file that a start needs could not be created.
    #[error("{}: {source}", path.display())]
    File { path: PathBuf, source: io::Error },
    /// Its session could not be written down.
    #[error(transparent)]
    Unnamed(#[from] WorkspaceError),
    #[error("`{command}` cannot be started: {source}")]
    Spawn { command: String, source: io::Error },
    #[error("`{command}` was started, but {why}")]
    Unproved {
        command: String,
        why: Unproved,
        /// Its last output, if it writes to a log.
        said: Option<String>,
        log: Option<PathBuf>,
    },
}

/// What to do about the record of a worker that has ended, or whose state is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Former {
    Respect,
    /// Start a new worker in its place.
    Replace,
}

/// How a worker is tied to the tix that starts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attachment {
    /// It reads and writes where tix does, and tix waits for it.
    Foreground,
    /// It reads nothing, writes to the end of the ticket's log, and outlives tix.
    Detached,
}

pub struct WorkerOrder<'a> {
    pub id: &'a TicketId,
    pub claim_id: &'a str,
    pub session: &'a str,
    pub branch: &'a RefName,
    pub workspace: &'a Path,
    pub command: &'a CommandLine,
    /// Whether it continues without tix.
    pub attachment: Attachment,
    pub sign: WorkerSign,
    pub former: Former,
    /// This machine's name.
    pub host: &'a str,
    pub since: String,
    /// How long to wait for another start.
    pub deadline: Instant,
}

pub enum Started {
    /// It is running, and recorded.
    Running(Box<RunningWorker>),
    /// It has already finished; nothing is recorded.
    Done {
        ended: WorkerEnd,
        /// Its log; `None` in the foreground.
        log: Option<PathBuf>,
    },
}

pub struct RunningWorker {
    pub record: WorkerRecord,
    worker: Worker,
    files: Files,
    repo: Repo,
    id: TicketId,
}

/// The files of a ticket's worker.
#[derive(Clone)]
struct Files {
    record: PathBuf,
    ready: PathBuf,
    log: PathBuf,
    lock: PathBuf,
}

impl Files {
    fn of(repo: &Repo, id: &TicketId) -> Files {
        let dir = repo.tix_dir().join("workers");
        Files {
            record: dir.join(format!("{id}.json")),
            ready: dir.join(format!("{id}.ready")),
            log: dir.join(format!("{id}.log")),
            lock: repo.tix_dir().join("locks").join(format!("worker-{id}.lock")),
        }
    }

    fn load(&self) -> io::Result<Option<WorkerRecord>> {
        match crate::file::read_own(&self.record) {
            Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn log_for(&self, attachment: Attachment) -> Option<PathBuf> {
        match attachment {
            Attachment::Foreground => None,
            Attachment::Detached => Some(self.log.clone()),
        }
    }

    /// Removes the record and the file that signals readiness.
    fn clear(&self) -> io::Result<()> {
        [&self.record, &self.ready].into_iter().try_for_each(|path| file::remove(path))
    }
}

/// The path of the record of a ticket's worker, which may not exist.
pub fn record_path(repo: &Repo, id: &TicketId) -> PathBuf {
    Files::of(repo, id).record
}

/// The worker of a ticket, seen from the machine named `host`; `None` when there is none.
pub fn of(repo: &Repo, id: &TicketId, host: &str) -> Result<Option<WorkerState>, WorkspaceError> {
    let files = Files::of(repo, id);
    let seen = || {
        if Lock::is_held(&files.lock)? {
            return Ok(Some(WorkerState::Starting));
        }
        files.load()?.map(|record| judge(record, host)).transpose()
    };
    seen().map_err(|source| WorkspaceError::Record { path: files.record.clone(), source })
}

/// The tickets that have the record of a worker.
pub fn recorded(repo: &Repo) -> HashSet<TicketId> {
    let files = std::fs::read_dir(repo.tix_dir().join("workers")).into_iter().flatten().flatten();
    let names = files.filter_map(|entry| entry.file_name().into_string().ok());
    names.filter_map(|name| TicketId::parse(name.strip_suffix(".json")?).ok()).collect()
}

/// What tells whether a worker of this repository has started or ended since: nobody writes down the end of one that outlives tix.
pub fn pulse(repo: &Repo, host: &str) -> String {
    let records = std::fs::read_dir(repo.tix_dir().join("workers")).into_iter().flatten().flatten();
    let mut living: Vec<String> = records
        .filter_map(|entry| {
            let path = entry.path();
            path.extension().filter(|end| *end == "json")?;
            let record: WorkerRecord =
                serde_json::from_slice(&crate::file::read_own(&path).ok()?).ok()?;
            let process = record.process.pid;
            let fate = record.process.fate(host).ok()?;
            Some(format!("{process} {}", fate == ProcessState::Alive))
        })
        .collect();
    living.sort();
    living.join("\n")
}

fn judge(record: WorkerRecord, host: &str) -> io::Result<WorkerState> {
    Ok(match record.process.fate(host)? {
        ProcessState::Alive => WorkerState::Live(record),
        ProcessState::Ended => WorkerState::Stale(record),
        ProcessState::Elsewhere => WorkerState::Elsewhere(record),
    })
}

/// Removes what is left of the worker of a ticket that is given up. A running worker keeps its record.
pub fn forget(repo: &Repo, id: &TicketId, host: &str) -> Result<(), WorkspaceError> {
    match of(repo, id, host)? {
        None | Some(WorkerState::Starting | WorkerState::Live(_)) => Ok(()),
        Some(WorkerState::Stale(_) | WorkerState::Elsewhere(_)) => {
            let files = Files::of(repo, id);
            files.clear().map_err(|source| WorkspaceError::Record { path: files.record, source })
        }
    }
}

/// Whether an earlier worker would prevent a start.
pub fn check(
    repo: &Repo,
    id: &TicketId,
    host: &str,
    claim_id: &str,
    former: Former,
) -> Result<(), StartError> {
    let files = Files::of(repo, id);
    let failed = |source| StartError::File { path: files.record.clone(), source };
    let Some(record) = files.load().map_err(failed)? else { return Ok(()) };
    // The worker of a claim that has since ended belongs to nobody, unless it is still running.
    let counts = record.claim_id == claim_id && former == Former::Respect;
    match judge(record, host).map_err(failed)? {
        WorkerState::Live(record) => Err(StartError::Live(Box::new(record))),
        WorkerState::Stale(record) if counts => Err(StartError::Stale(Box::new(record))),
        WorkerState::Elsewhere(record) if counts => Err(StartError::Elsewhere(Box::new(record))),
        WorkerState::Starting | WorkerState::Stale(_) | WorkerState::Elsewhere(_) => Ok(()),
    }
}

/// Starts a worker and waits until it has proved that it has begun.
pub fn start(repo: &Repo, order: &WorkerOrder<'_>) -> Result<Started, StartError> {
    let files = Files::of(repo, order.id);
    let failed = |path: &Path, source| StartError::File { path: path.to_owned(), source };
    let lock = Lock::take(&files.lock, order.deadline).map_err(|e| failed(&files.lock, e))?;
    // Held until the record is there, so that the next one sees either the lock or the record.
    let lock = lock.ok_or(StartError::Busy)?;
    check(repo, order.id, order.host, order.claim_id, order.former)?;
    files.clear().map_err(|e| failed(&files.record, e))?;
    let dir = repo.tix_dir().join("workers");
    std::fs::create_dir_all(&dir).map_err(|e| failed(&dir, e))?;
    let session = Session::Given(order.session.to_owned());
    // Before it begins: it may use tix on the ticket at once.
    record::name_worker(repo, order.id, order.claim_id, session.clone())?;
    let begun = begin(repo, order, &files).and_then(|(worker, process, begun)| match begun {
        StartedWorker::Done(ended) => {
            Ok(Started::Done { ended, log: files.log_for(order.attachment) })
        }
        StartedWorker::Running => keep(repo, order, &files, (worker, process)),
    });
    if begun.as_ref().map_or(true, |started| matches!(started, Started::Done { .. })) {
        // The error says what failed; the next start removes a leftover sign.
        files.clear().ok();
        record::forget_worker(repo, order.id, &session).ok();
    }
    drop(lock);
    begun
}

type Proved = (Worker, io::Result<Option<Process>>, StartedWorker);

/// Starts the program and waits for its sign.
fn begin(repo: &Repo, order: &WorkerOrder<'_>, files: &Files) -> Result<Proved, StartError> {
    let command = || order.command.to_string();
    let variables = variables(repo, order, &files.ready);
    let path = files.log_for(order.attachment);
    let log = path.as_deref().map(open_log).transpose();
    let log = log.map_err(|source| StartError::File { path: files.log.clone(), source })?;
    let (log, before) = log.unzip();
    // The wait for the lock may have been long.
    signals::check()?;
    let seen = |pid| Process::of(pid, order.host);
    let started = Worker::start(order.command, order.workspace, &variables, log, seen);
    let (mut worker, process) =
        started.map_err(|source| StartError::Spawn { command: command(), source })?;
    match worker.prove(&order.sign, &files.ready) {
        Ok(begun) => Ok((worker, process, begun)),
        Err(why) => {
            worker.end();
            let said = path.as_deref().zip(before).and_then(|(log, before)| tail(log, before));
            Err(StartError::Unproved { command: command(), why, said, log: path })
        }
    }
}

/// The log, and its length before the start.
fn open_log(path: &Path) -> io::Result<(File, u64)> {
    let log = File::options().create(true).append(true).open(path)?;
    let before = log.metadata()?.len();
    Ok((log, before))
}

/// Records a worker that has begun; one that cannot be recorded must not run unseen.
fn keep(
    repo: &Repo,
    order: &WorkerOrder<'_>,
    files: &Files,
    (worker, process): (Worker, io::Result<Option<Process>>),
) -> Result<Started, StartError> {
    let record = |process| WorkerRecord {
        process,
        since: order.since.clone(),
        command: order.command.words(),
        claim_id: order.claim_id.to_owned(),
        session: order.session.to_owned(),
        workspace: order.workspace.to_owned(),
        log: files.log_for(order.attachment),
    };
    let unknown = || io::Error::other("the system does not know the process that it has started");
    let written = process.and_then(|process| process.ok_or_else(unknown)).and_then(|process| {
        let record = record(process);
        write(&files.record, &record)?;
        Ok(record)
    });
    match written {
        Ok(record) => {
            let (files, repo, id) = (files.clone(), repo.clone(), order.id.clone());
            Ok(Started::Running(Box::new(RunningWorker { record, worker, files, repo, id })))
        }
        Err(source) => {
            worker.end();
            Err(StartError::File { path: files.record.clone(), source })
        }
    }
}

impl RunningWorker {
    /// Waits for its end and removes its record, unless that is another worker's by then.
    pub fn wait(self) -> io::Result<WorkerEnd> {
        let ended = self.worker.wait()?;
        let session = Session::Given(self.record.session.clone());
        if let Err(error) = record::forget_worker(&self.repo, &self.id, &session) {
            // Then another session needs a step to go on with the ticket.
            tracing::warn!(%error, "forget the session of the worker");
        }
        let ours = |record: &WorkerRecord| record.process == self.record.process;
        let cleared = self.files.load().and_then(|record| match record.filter(ours) {
            Some(_) => self.files.clear(),
            None => Ok(()),
        });
        if let Err(error) = cleared {
            // It is then reported as ended, which is true.
            tracing::warn!(%error, "clear the record of the worker");
        }
        Ok(ended)
    }
}

fn variables(repo: &Repo, order: &WorkerOrder<'_>, ready: &Path) -> Vec<(OsString, OsString)> {
    let own: [(&str, OsString); 6] = [
        ("TIX_TICKET", order.id.as_str().into()),
        ("TIX_WORKSPACE", order.workspace.into()),
        ("TIX_BRANCH", order.branch.short().into()),
        ("TIX_CLAIM_ID", order.claim_id.into()),
        ("TIX_SESSION", order.session.into()),
        ("TIX_READY", ready.into()),
    ];
    let own = own.into_iter().map(|(name, value)| (name.into(), value));
    own.chain(repo.git().inherited().variables()).collect()
}

/// The last lines of a log that were written after `began`; none if the log cannot be read.
fn tail(log: &Path, began: u64) -> Option<String> {
    let mut file = File::open(log).ok()?;
    let end = file.metadata().ok()?.len();
    file.seek(SeekFrom::Start(began.max(end.saturating_sub(TAIL)))).ok()?;
    let mut bytes = Vec::new();
    file.take(TAIL).read_to_end(&mut bytes).ok()?;
    let text = crate::git::redact(&crate::git::exec::text_of(&bytes));
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let last = lines.get(lines.len().saturating_sub(5)..).unwrap_or_default();
    (!last.is_empty()).then(|| last.join("\n"))
}
