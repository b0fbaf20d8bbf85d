//! Runs what a tool asks for: this program again, as a child for each call.
//!
//! A child has nothing of the server's but its environment: a signal or a crash ends one call, its output cannot reach the
//! protocol, and a claim that is cut short rolls back as it does on the command line.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{self, Read, Write as _};
use std::path::Path;
use std::process::Child;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use serde_json::{Value, json};

use super::message::{self, Era};
use super::server::ServerSettings;
use super::tools::{Asked, VerbCall};
use crate::env::ANSWER_BOTH;
use crate::error::{Exit, Failure, in_words};
use crate::git::exec::text_of;
use crate::git::signals::Heir;
use crate::workspace::spawn::CommandLine;

/// What a call came to.
pub struct ToolOutcome {
    /// For the model.
    pub text: String,
    /// The object that `--json` prints.
    pub data: Option<Value>,
    pub failed: bool,
}

impl ToolOutcome {
    /// A failure in the words and the form of the command line.
    pub fn of(failure: &Failure) -> ToolOutcome {
        let data = serde_json::to_value(failure.json()).unwrap_or_default();
        ToolOutcome { text: in_words(&data), data: Some(data), failed: true }
    }

    pub fn line(self, id: &Value, era: Era) -> String {
        message::outcome(id, era, &self.text, self.data, self.failed)
    }
}

/// Why a child cannot be started.
fn not_started(error: &io::Error, dir: &Path) -> Failure {
    if !dir.is_dir() {
        return Failure::new(Exit::NotFound, format!("{} is not a directory", dir.display()))
            .hint("name the directory of a clone as repository, or leave it out");
    }
    if error.kind() == io::ErrorKind::InvalidInput {
        return Failure::new(Exit::Usage, "an argument holds a NUL character")
            .hint("call the tool again without it");
    }
    Failure::new(Exit::Git, format!("tix cannot be run: {error}"))
        .hint("see whether tix runs: tix --version")
}

/// The child of a call, as long as it runs, so that another thread can end it.
#[derive(Clone, Default)]
pub struct ToolProcess {
    state: Arc<Mutex<CallState>>,
}

#[derive(Default)]
struct CallState {
    child: Option<Heir>,
    cancelled: bool,
}

impl ToolProcess {
    /// Asks it to end, as Ctrl-C would; no further child of the call begins.
    pub fn cancel(&self) {
        let mut state = self.lock();
        state.cancelled = true;
        if let Some(child) = &state.child {
            child.terminate();
        }
    }

    pub fn is_cancelled(&self) -> bool {
        self.lock().cancelled
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, CallState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts a child, unless the call was cancelled.
    fn start(&self, line: &CommandLine, dir: &Path, session: Option<&str>) -> io::Result<Child> {
        let mut state = self.lock();
        if state.cancelled {
            return Err(io::Error::from(io::ErrorKind::Interrupted));
        }
        let session = session.map(|session| ("TIX_SESSION".into(), session.into()));
        let both = (ANSWER_BOTH.into(), "1".into());
        let variables: Vec<_> = session.into_iter().chain([both]).collect();
        let child = line.answering(dir, &variables)?;
        state.child = Some(Heir::unheard(&child));
        Ok(child)
    }

    /// Its number may be another process's from here on.
    fn over(&self) {
        self.lock().child = None;
    }
}

/// Runs all that is asked for in this clone, one after the other.
pub fn run(
    asked: &Asked,
    station: &ServerSettings,
    dir: &Path,
    running: &ToolProcess,
) -> ToolOutcome {
    let mut known = BTreeMap::new();
    let mut outcomes: Vec<ToolOutcome> = Vec::new();
    for call in &asked.calls {
        let outcome = match run_one(call, &known, station, dir, running) {
            Ok(outcome) => outcome,
            Err(error) => ToolOutcome::of(&not_started(&error, dir)),
        };
        let ticket = outcome.data.as_ref().and_then(|data| data.get("ticket")?.as_str());
        if let (Some(key), Some(ticket)) = (&call.key, ticket) {
            known.insert(key.clone(), ticket.to_owned());
        }
        let failed = outcome.failed;
        outcomes.push(outcome);
        if failed {
            break;
        }
    }
    together(outcomes)
}

/// The outcomes of several calls as one: their texts, and a list of their data.
fn together(mut outcomes: Vec<ToolOutcome>) -> ToolOutcome {
    if outcomes.len() == 1 {
        return outcomes.remove(0);
    }
    let failed = outcomes.iter().any(|outcome| outcome.failed);
    let text =
        outcomes.iter().map(|outcome| outcome.text.trim_end()).collect::<Vec<_>>().join("\n");
    let data: Vec<Value> = outcomes.into_iter().filter_map(|outcome| outcome.data).collect();
    ToolOutcome { text, data: Some(json!({ "results": data })), failed }
}

fn run_one(
    call: &VerbCall,
    known: &BTreeMap<String, String>,
    station: &ServerSettings,
    dir: &Path,
    running: &ToolProcess,
) -> io::Result<ToolOutcome> {
    let mut words: Vec<OsString> = vec![station.program.clone().into(), "--json".into()];
    let (verb, rest) = call.words.split_at(1.min(call.words.len()));
    words.extend(verb.iter().map(OsString::from));
    for (option, value) in &call.others {
        words.push(format!("{option}={}", known.get(value).unwrap_or(value)).into());
    }
    words.extend(rest.iter().map(OsString::from));
    let line = CommandLine::of(&words).ok_or(io::ErrorKind::InvalidInput)?;
    let mut child = running.start(&line, dir, station.session.as_deref())?;
    let input = child.stdin.take();
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let words = thread::spawn(move || read_all(stderr));
    if let (Some(mut pipe), Some(text)) = (input, &call.input) {
        // Whoever does not read it has ended, and says why.
        pipe.write_all(text.as_bytes()).ok();
    }
    let answer = read_all(stdout);
    let words = words.join().unwrap_or_default();
    let status = child.wait();
    running.over();
    let text = text_of(&words).trim_end().to_owned();
    let Ok(data) = serde_json::from_slice::<Value>(&answer) else {
        let message = format!("tix ended with {} and no answer", status?);
        let failure = Failure::new(Exit::Git, message).fact("said", text);
        return Ok(ToolOutcome::of(&failure.hint("see what holds now: tix status")));
    };
    let failed = data.get("schema").and_then(Value::as_str) == Some("tix/error@1");
    let text = if failed { in_words(&data) } else { text };
    Ok(ToolOutcome { text, data: Some(data), failed })
}

fn read_all(pipe: Option<impl Read>) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(mut pipe) = pipe {
        // What came before a pipe broke is all there is.
        pipe.read_to_end(&mut bytes).ok();
    }
    bytes
}
