//! What the pages are made of: tix's own answers, asked for once for each state of the clone.
//!
//! The state is what the times of a few directories and files say: every ref that moves renames a file in its directory, every write
//! of this clone appends to the audit log.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::app::again::{Again, AgainAnswer, AgainQuestion};
use crate::app::context::Context;
use crate::audit::Audit;
use crate::clock;
use crate::env::FOLLOWED;
use crate::git::Repo;
use crate::names::RefName;
use crate::page::{BoardValues, WriteValues};
use crate::workspace::worker;

/// How many answers are kept.
const KEPT: usize = 64;

/// How long an answer is good while nothing happens: some depend on the clock, or on files that are not looked at.
const GOOD_FOR: Duration = Duration::from_secs(30);

pub struct Reads {
    again: Again,
    /// Where tix works.
    dir: PathBuf,
    repo: Repo,
    trunk: String,
    /// The ref that says where the trunk is.
    trunk_ref: Option<RefName>,
    host: String,
    /// Who writes from the page.
    by: String,
    /// What is looked at to know whether something has happened.
    places: Vec<PathBuf>,
    kept: Mutex<HashMap<Vec<String>, Slot>>,
    repairs: Mutex<()>,
    board: Mutex<Option<(String, Arc<BoardValues>)>>,
    /// The trunk's commit, and in which state that was.
    commit: Mutex<(String, String)>,
    /// What the audit log says, and the sign of its files when it was read.
    writes: Mutex<(u32, Arc<Vec<WriteValues>>)>,
}

/// The answer to one question. Whoever asks it while another asks waits for that one's answer, and nobody else waits.
type Slot = Arc<Mutex<Option<Kept>>>;

struct Kept {
    state: String,
    asked: Instant,
    data: Arc<Value>,
}

/// Why something could not be read: the object of the failure, or why tix could not be run.
pub enum Unread {
    Failed(Value),
    NotRun(io::Error),
}

impl Reads {
    pub fn new(again: Again, ctx: &Context<'_>) -> Reads {
        let in_git = [
            "packed-refs",
            "reftable/tables.list",
            "HEAD",
            "config",
            "hooks",
            "refs/heads",
            "refs/remotes",
        ];
        let in_tix = ["audit.jsonl", "claims", "given", "pending", "workspaces", "workers"];
        let places = in_git.iter().map(|name| ctx.repo.common_dir.join(name));
        let places = places.chain(in_tix.iter().map(|name| ctx.repo.tix_dir().join(name)));
        Reads {
            again,
            dir: ctx.dir.clone(),
            repo: ctx.repo.clone(),
            trunk: ctx.trunk.short().to_owned(),
            trunk_ref: ctx.last_seen_ref(),
            host: crate::env::host(),
            by: ctx.reader(),
            places: places.collect(),
            kept: Mutex::default(),
            repairs: Mutex::default(),
            board: Mutex::default(),
            commit: Mutex::default(),
            writes: Mutex::default(),
        }
    }

    /// The trunk's commit in this state: one short question to git, so that a receipt does not wait for a board.
    pub fn commit(&self, state: &str) -> String {
        let mut known = lock(&self.commit);
        if known.0 != state {
            let names = self.trunk_ref.iter().map(RefName::as_str).collect::<Vec<_>>();
            // Without a pattern git would tell of all refs.
            let refs = if names.is_empty() { Ok(Vec::new()) } else { self.repo.refs(&names) };
            let at = refs.ok().and_then(|refs| Some(refs.first()?.oid.to_string()));
            *known = (state.to_owned(), at.unwrap_or_default());
        }
        known.1.clone()
    }

    /// What tells one state of the clone from another.
    pub fn state(&self) -> String {
        let mut state = crc32fast::Hasher::new();
        for place in &self.places {
            sign(place, &mut state);
        }
        state.update(worker::pulse(&self.repo, &self.host).as_bytes());
        format!("{:08x}", state.finalize())
    }

    /// Runs a command with this on its standard input, and these variables. Its answer is not kept.
    pub fn run(
        &self,
        words: &[String],
        input: Option<&str>,
        variables: Vec<(OsString, OsString)>,
    ) -> io::Result<AgainAnswer> {
        let words = words.iter().map(OsString::from).collect();
        let variables = variables.into_iter().chain([(FOLLOWED.into(), "1".into())]).collect();
        let question = AgainQuestion { words, input, variables, dir: &self.dir };
        self.again.ask(&question).map_err(io::Error::other)
    }

    /// When the trunk was last fetched, as the last board says; `None` also while one is being made.
    pub fn fetched_at(&self) -> Option<DateTime<Utc>> {
        let board = self.board.try_lock().ok()?;
        let at = board.as_ref()?.1.fetched_at.as_deref()?;
        DateTime::parse_from_rfc3339(at).ok().map(|at| at.to_utc())
    }

    /// The answer to these words in the present state.
    pub fn ask(&self, words: &[&str]) -> Result<Arc<Value>, Unread> {
        let words: Vec<String> = words.iter().map(ToString::to_string).collect();
        let slot = self.slot(&words);
        let mut kept = lock(&slot);
        // Read before the question, so that what happens meanwhile is asked for again.
        let state = self.state();
        let is_good = |known: &&Kept| known.state == state && known.asked.elapsed() < GOOD_FOR;
        if let Some(known) = kept.as_ref().filter(is_good) {
            return Ok(Arc::clone(&known.data));
        }
        let asked = Instant::now();
        let answer = self.run(&words, None, Vec::new()).map_err(Unread::NotRun)?;
        let data = Arc::new(good(answer)?);
        *kept = Some(Kept { state, asked, data: Arc::clone(&data) });
        Ok(data)
    }

    fn slot(&self, words: &[String]) -> Slot {
        let mut kept = lock(&self.kept);
        if let Some(slot) = kept.get(words) {
            return Arc::clone(slot);
        }
        if kept.len() >= KEPT {
            kept.clear();
        }
        Arc::clone(kept.entry(words.to_vec()).or_default())
    }

    /// The last good answer to these words, in whatever state; `None` if there was none.
    pub fn last(&self, words: &[&str]) -> Option<Arc<Value>> {
        let words: Vec<String> = words.iter().map(ToString::to_string).collect();
        let slot = self.slot(&words);
        lock(&slot).as_ref().map(|kept| Arc::clone(&kept.data))
    }

    /// The last board, in whatever state.
    pub fn last_board(&self) -> Option<Arc<BoardValues>> {
        lock(&self.board).as_ref().map(|(_, values)| Arc::clone(values))
    }

    /// All tickets.
    pub fn board(&self) -> Result<Arc<BoardValues>, Unread> {
        let mut board = lock(&self.board);
        let state = self.state();
        if let Some((known, values)) = &*board
            && *known == state
        {
            return Ok(Arc::clone(values));
        }
        let words = ["list", "--lane", "all"].map(str::to_owned);
        let answer = self.run(&words, None, Vec::new()).map_err(Unread::NotRun)?;
        let values = serde_json::from_value(good(answer)?);
        let values: Arc<BoardValues> =
            Arc::new(values.map_err(|error| Unread::NotRun(io::Error::other(error)))?);
        *board = Some((state, Arc::clone(&values)));
        Ok(values)
    }

    /// Keeps the failure of a write that the command itself has not kept: it ended before it knew where it is, or what to do.
    /// `known` is how many lines the log had before.
    pub fn keep_failure(&self, (operation, about): (&str, &str), failure: &Value, known: usize) {
        let text = |key: &str| failure.get(key).and_then(Value::as_str);
        let writes = self.writes();
        let mut new = writes.iter().take(writes.len().saturating_sub(known));
        if new.any(|write| write.message.as_deref() == text("message")) {
            return;
        }
        let details = failure.get("details").and_then(Value::as_object).into_iter().flatten();
        let line = json!({
            "schema": "tix/failure@1",
            "operation": operation,
            "ticket": about,
            "phase": "begin",
            "by": Some(&self.by).filter(|by| !by.is_empty()),
            "exit": failure.get("exit"),
            "name": text("name"),
            "message": text("message"),
            "details": details.collect::<Vec<_>>(),
            "hints": failure.get("hints"),
            "at": clock::rfc3339(clock::now()),
            "trunk": self.trunk,
            "attempts": 0,
            "commits": [],
            "paths": [],
            "duration_ms": 0,
        });
        Audit::of(&self.repo.tix_dir()).append(&line);
    }

    /// One repair at a time: whoever holds this.
    pub fn repairs(&self) -> MutexGuard<'_, ()> {
        lock(&self.repairs)
    }

    /// Every write of this clone that its audit log has, the newest first.
    pub fn writes(&self) -> Arc<Vec<WriteValues>> {
        let mut known = lock(&self.writes);
        let audit = Audit::of(&self.repo.tix_dir());
        let mut now = crc32fast::Hasher::new();
        audit.files().iter().for_each(|file| sign(file, &mut now));
        let now = now.finalize();
        // Each form looks three times, and a log of some months takes longer to parse than a ticket to write.
        if known.0 != now {
            let lines = audit.read().into_iter().rev();
            let writes = lines.filter_map(|line| serde_json::from_value(line).ok());
            *known = (now, Arc::new(writes.collect()));
        }
        Arc::clone(&known.1)
    }
}

fn good(answer: AgainAnswer) -> Result<Value, Unread> {
    if answer.has_failed() { Err(Unread::Failed(answer.data)) } else { Ok(answer.data) }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Adds the time and size of a file, or the times of a directory and all directories below it.
fn sign(place: &Path, state: &mut crc32fast::Hasher) {
    let Ok(meta) = fs::symlink_metadata(place) else { return };
    let mut line = String::new();
    // Writing to a string cannot fail.
    write!(line, "{} {:?} {}", place.display(), meta.modified().ok(), meta.len()).ok();
    state.update(line.as_bytes());
    if !meta.is_dir() {
        return;
    }
    let Ok(entries) = fs::read_dir(place) else { return };
    let below = entries
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    let mut below: Vec<PathBuf> = below.map(|entry| entry.path()).collect();
    below.sort();
    for directory in below {
        sign(&directory, state);
    }
}
