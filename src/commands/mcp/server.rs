//! The server: reads lines, starts calls, and writes one line for each answer.
//!
//! The protocol is read and written by hand. What the SDK (`rmcp` 3.11) leaves open would have to be put in front of it on both
//! sides: lines that are no JSON get no answer, a notification ends it, a client that never reads fills the memory, calls go on
//! after the client has closed its end, and a running call is cut off five seconds after the end of the input. A bounded
//! reader, a limit of calls and a writer that ends the server come to about the size of this file, without an async runtime.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use super::call::{self, ToolProcess};
use super::message::{self, Incoming, RpcError, ToolCall};
use super::tools::{Asked, TOOLS, Tool};
use crate::git::signals;
use crate::out::Out;

/// A longer line is no request that a client has a reason to send.
const LONGEST_LINE: u64 = 4 << 20;

/// More calls at once are refused. Whoever sends them and reads no answers is not read from either.
const MOST_CALLS: usize = 32;

/// Between two words of progress.
const PROGRESS: Duration = Duration::from_secs(5);

/// How long calls have to end after a signal.
const LAST_CALLS: Duration = Duration::from_secs(10);

/// What every call is run with.
pub struct ServerSettings {
    pub program: PathBuf,
    /// What the calls of this server are to be known by, where its agent does not say.
    pub session: Option<String>,
    /// The clone of a call that names none.
    pub directory: PathBuf,
    /// A place that stays, for when that directory is gone.
    pub home: PathBuf,
    /// The verbs that the session's role may use; all without one.
    pub verbs: Option<Vec<String>>,
}

impl ServerSettings {
    fn may(&self, verb: &str) -> bool {
        self.verbs.as_ref().is_none_or(|verbs| verbs.iter().any(|one| one == verb))
    }

    fn directory<'a>(&'a self, asked: &'a Asked) -> &'a Path {
        let named = asked.repository.as_deref().unwrap_or(&self.directory);
        // A workspace may have been cleaned away. A directory that was named is an error that the call itself reports.
        if asked.repository.is_none() && !named.is_dir() { &self.home } else { named }
    }
}

#[derive(Default)]
struct Calls {
    running: Mutex<BTreeMap<String, (ToolProcess, bool)>>,
    ended: Condvar,
}

impl Calls {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, (ToolProcess, bool)>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until none is left, at most this long.
    fn wait(&self, limit: Option<Duration>) {
        let running = self.lock();
        match limit {
            Some(limit) => {
                drop(self.ended.wait_timeout_while(running, limit, |running| !running.is_empty()));
            }
            None => drop(self.ended.wait_while(running, |running| !running.is_empty())),
        }
    }
}

struct Server<'a> {
    station: &'a ServerSettings,
    out: &'a Out,
    calls: Arc<Calls>,
}

/// Serves standard input to its end; then calls that change something come to theirs, and those that wait for a ticket stop.
pub fn serve(station: &ServerSettings, out: &Out) -> io::Result<()> {
    let server = Server { station, out, calls: Arc::default() };
    let calls = Arc::clone(&server.calls);
    signals::when_caught(move || {
        // The children were told by the same signal.
        calls.wait(Some(LAST_CALLS));
        #[expect(clippy::exit, reason = "no signal ends the reading of standard input")]
        std::process::exit(0);
    });
    let mut input = io::stdin().lock();
    thread::scope(|scope| {
        let mut opened = false;
        while let Some(line) = next_line(&mut input)? {
            let incoming = match line {
                Line::Whole(bytes) => message::read(&bytes, &mut opened),
                Line::TooLong => {
                    let error = RpcError::request("a line is at most 4 MiB long");
                    Incoming::Answer(error.line(&Value::Null))
                }
            };
            match incoming {
                Incoming::Nothing => {}
                Incoming::Answer(line) => server.send(&line)?,
                Incoming::ListTools { id, era } => {
                    let may = |verb: &str| server.station.may(verb);
                    let seen = TOOLS.iter().filter(|tool| tool.verbs.iter().any(|verb| may(verb)));
                    let tools: Vec<Value> = seen.map(|tool| tool.describe(&may)).collect();
                    server.send(&message::tools(&id, era, &tools))?;
                }
                Incoming::Cancel(id) => {
                    if let Some((call, _)) = server.calls.lock().get(&id.to_string()) {
                        call.cancel();
                    }
                }
                Incoming::Call(call) => {
                    if let Some(ready) = server.begin(&call)? {
                        let server = &server;
                        scope.spawn(move || server.run(&call, &ready));
                    }
                }
            }
        }
        for (call, waits) in server.calls.lock().values() {
            if *waits {
                call.cancel();
            }
        }
        server.calls.wait(None);
        Ok(())
    })
}

/// A call that was taken on.
struct Ready {
    asked: Asked,
    running: ToolProcess,
}

impl Server<'_> {
    /// Takes a call on, or answers it at once where nothing can be run for it.
    fn begin(&self, call: &ToolCall) -> io::Result<Option<Ready>> {
        let ToolCall { id, era, .. } = call;
        let tool = Tool::named(&call.tool)
            .filter(|tool| tool.verbs.iter().any(|verb| self.station.may(verb)));
        let Some(tool) = tool else {
            let error = RpcError::parameters(format!("unknown tool: {}", call.tool));
            self.send(&error.line(id))?;
            return Ok(None);
        };
        let asked = match tool.read(call.arguments.clone()) {
            Ok(asked) => asked,
            Err(why) => {
                self.send(&message::outcome(id, *era, &format!("usage: {why}"), None, true))?;
                return Ok(None);
            }
        };
        let mut running = self.calls.lock();
        let refusal = if running.contains_key(&id.to_string()) {
            Some("a call with this id is running")
        } else if running.len() >= MOST_CALLS {
            Some("too many calls at once")
        } else {
            None
        };
        if let Some(why) = refusal {
            drop(running);
            self.send(&RpcError::request(why).line(id))?;
            return Ok(None);
        }
        let ready = Ready { running: ToolProcess::default(), asked };
        running.insert(id.to_string(), (ready.running.clone(), ready.asked.waits));
        Ok(Some(ready))
    }

    fn run(&self, call: &ToolCall, ready: &Ready) {
        let Ready { asked, running } = ready;
        let done = (Mutex::new(false), Condvar::new());
        let outcome = thread::scope(|scope| {
            if let Some(token) = call.progress.as_ref().filter(|_| asked.waits) {
                scope.spawn(|| self.tell_progress(token, running, &done));
            }
            let directory = self.station.directory(asked);
            let outcome = call::run(asked, self.station, directory, running);
            *done.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
            done.1.notify_all();
            outcome
        });
        // Nothing is said any more about a call that was cancelled.
        if !running.is_cancelled() {
            let line =
                message::outcome(&call.id, call.era, &outcome.text, outcome.data, outcome.failed);
            self.send(&line).ok();
        }
        self.calls.lock().remove(&call.id.to_string());
        self.calls.ended.notify_all();
    }

    fn tell_progress(&self, token: &Value, running: &ToolProcess, done: &(Mutex<bool>, Condvar)) {
        let mut seconds = 0;
        let mut over = done.0.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            over = match done.1.wait_timeout_while(over, PROGRESS, |over| !*over) {
                Ok((over, _)) => over,
                Err(poisoned) => poisoned.into_inner().0,
            };
            if *over || running.is_cancelled() {
                return;
            }
            seconds += PROGRESS.as_secs();
            if self.send(&message::progress(token, seconds, "waiting for a ticket")).is_err() {
                return;
            }
        }
    }

    /// Writes a line. A client that has closed its end asks for nothing any more, so the server ends.
    fn send(&self, line: &str) -> io::Result<()> {
        self.out.line(line)
    }
}

enum Line {
    Whole(Vec<u8>),
    TooLong,
}

/// The next line, without more of it in memory than a request may have.
fn next_line(input: &mut impl BufRead) -> io::Result<Option<Line>> {
    let mut line = Vec::new();
    let read = input.by_ref().take(LONGEST_LINE + 1).read_until(b'\n', &mut line)?;
    if read == 0 {
        return Ok(None);
    }
    if line.last() == Some(&b'\n') || read as u64 <= LONGEST_LINE {
        return Ok(Some(Line::Whole(line)));
    }
    input.skip_until(b'\n')?;
    Ok(Some(Line::TooLong))
}
