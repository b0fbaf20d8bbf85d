//! Runs what a tool asks for: this program again, as a child for each call.
//!
//! No child is ended here: one that has begun to change something comes to its end, and one that waits is let go.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::process::ChildStdin;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};

use super::asked::{Asked, VerbCall};
use super::message::{self, Era};
use super::server::ServerSettings;
use super::words;
use crate::app::again::{Again, AgainAnswer, AgainQuestion, AgainRun, Unanswered};
use crate::env::{ANSWER_BOTH, LEASHED, MADE_UP_SESSION};
use crate::error::{Exit, Failure};

/// What a call came to.
pub struct ToolOutcome {
    /// For the model.
    pub text: String,
    /// The object that `--json` prints.
    pub data: Option<Value>,
    pub failed: bool,
}

impl ToolOutcome {
    /// A failure of this tool, in the form of the command line and in the words of the tools.
    pub fn of(tool: &str, failure: &Failure) -> ToolOutcome {
        ToolOutcome::failed(tool, serde_json::to_value(failure.json()).unwrap_or_default())
    }

    fn failed(tool: &str, mut data: Value) -> ToolOutcome {
        ToolOutcome { text: words::tell(tool, &mut data), data: Some(data), failed: true }
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
        return Failure::new(Exit::Usage, "an argument contains a NUL character")
            .hint("call the tool again without it");
    }
    if error.kind() == io::ErrorKind::ArgumentListTooLong {
        return Failure::new(Exit::Usage, "the arguments are too long for this system")
            .hint("call the tool again with shorter ones");
    }
    Failure::new(Exit::Git, format!("tix cannot be run: {error}"))
        .hint("see whether tix runs: tix --version")
}

/// A call as long as it runs, so that another thread can cancel it.
#[derive(Clone, Default)]
pub struct ToolProcess {
    state: Arc<Mutex<CallState>>,
}

#[derive(Default)]
struct CallState {
    /// What a child that waits is held by: it takes the end of its input for the end of this server.
    leash: Option<ChildStdin>,
    cancelled: bool,
}

impl ToolProcess {
    /// Nobody wants its answer any more: a child that waits ends, one that is at work comes to its end, and none of the call
    /// begins after it.
    pub fn cancel(&self) {
        let mut state = self.lock();
        state.cancelled = true;
        state.leash = None;
    }

    pub fn is_cancelled(&self) -> bool {
        self.lock().cancelled
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, CallState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts a child, unless the call was cancelled.
    fn start(&self, again: &Again, question: &AgainQuestion<'_>) -> io::Result<AgainRun> {
        let state = self.lock();
        if state.cancelled {
            return Err(io::Error::from(io::ErrorKind::Interrupted));
        }
        again.start(question)
    }

    /// Holds a child that waits until the call is cancelled.
    fn hold(&self, leash: Option<ChildStdin>) {
        let mut state = self.lock();
        state.leash = leash.filter(|_| !state.cancelled);
    }
}

/// Runs all that a tool asks for in this clone, one after the other.
pub fn run(
    tool: &str,
    asked: &Asked,
    station: &ServerSettings,
    dir: &Path,
    running: &ToolProcess,
) -> ToolOutcome {
    let mut known = BTreeMap::new();
    let mut outcomes: Vec<ToolOutcome> = Vec::new();
    for call in &asked.calls {
        let outcome = match run_one(call, &known, station, dir, running) {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(error)) => ToolOutcome::failed(tool, after(&outcomes, error)),
            Err(error) => ToolOutcome::of(tool, &not_started(&error, dir)),
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

/// The error of a call after others that succeeded: it says what they have made.
fn after(done: &[ToolOutcome], mut error: Value) -> Value {
    let tickets: Vec<&str> =
        done.iter().filter_map(|outcome| outcome.data.as_ref()?.get("ticket")?.as_str()).collect();
    if let Some(details) = error.get_mut("details").and_then(Value::as_object_mut)
        && !tickets.is_empty()
    {
        details.insert("made before".to_owned(), tickets.join(", ").into());
    }
    error
}

/// The outcomes of several calls as one: that of the one that failed, or else their texts and a list of their data.
fn together(mut outcomes: Vec<ToolOutcome>) -> ToolOutcome {
    if outcomes.len() == 1 || outcomes.last().is_some_and(|outcome| outcome.failed) {
        return outcomes.swap_remove(outcomes.len() - 1);
    }
    let text =
        outcomes.iter().map(|outcome| outcome.text.trim_end()).collect::<Vec<_>>().join("\n");
    let data: Vec<Value> = outcomes.into_iter().filter_map(|outcome| outcome.data).collect();
    ToolOutcome { text, data: Some(json!({ "results": data })), failed: false }
}

/// What the command line answers: an outcome, or the error that it printed.
fn run_one(
    call: &VerbCall,
    known: &BTreeMap<String, String>,
    station: &ServerSettings,
    dir: &Path,
    running: &ToolProcess,
) -> io::Result<Result<ToolOutcome, Value>> {
    let mut words: Vec<OsString> = Vec::new();
    let (verb, rest) = call.words.split_at(1.min(call.words.len()));
    words.extend(verb.iter().map(OsString::from));
    for (option, value) in &call.others {
        words.push(format!("{option}={}", known.get(value).unwrap_or(value)).into());
    }
    words.extend(rest.iter().map(OsString::from));
    let mut variables = vec![(ANSWER_BOTH.into(), "1".into())];
    variables.extend(station.session.iter().map(|name| (MADE_UP_SESSION.into(), name.into())));
    variables.extend(call.waits.then(|| (LEASHED.into(), "1".into())));
    let question = AgainQuestion { words, input: call.input.as_deref(), variables, dir };
    let mut run = running.start(&station.again, &question)?;
    let input = run.feed(question.input);
    running.hold(input.filter(|_| call.waits));
    let answer = run.answer();
    running.hold(None);
    match answer {
        Ok(answer) if answer.has_failed() => Ok(Err(answer.data)),
        Ok(AgainAnswer { data, words }) => {
            Ok(Ok(ToolOutcome { text: words, data: Some(data), failed: false }))
        }
        Err(Unanswered::NotStarted(error)) => Err(error),
        Err(Unanswered::Ended { status, words }) => {
            let message = format!("tix ended with {status} and no answer");
            let failure = Failure::new(Exit::Git, message).fact("said", words);
            let failure = failure.hint("see what was done: tix status");
            Ok(Err(serde_json::to_value(failure.json()).unwrap_or_default()))
        }
    }
}
