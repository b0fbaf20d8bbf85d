//! The server: reads lines, starts calls, and writes one line for each answer.
//!
//! The protocol is read and written by hand. What the SDK (`rmcp` 3.11) leaves open would have to be put in front of it on both
//! sides: lines that are no JSON get no answer, a notification ends it, a client that never reads fills the memory, calls go on
//! after the client has closed its end, and a running call is cut off five seconds after the end of the input. A bounded
//! reader, a limit of calls and a writer that ends the server come to about the size of this file, without an async runtime.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Read as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use super::asked::Asked;
use super::call::{self, ToolOutcome, ToolProcess};
use super::message::{self, Incoming, RpcError, ToolCall};
use super::tools::{TOOLS, Tool};
use crate::app::again::Again;
use crate::error::{Exit, Failure};
use crate::git::signals;
use crate::out::Out;

/// A longer line is no request that a client has a reason to send.
const LONGEST_LINE: u64 = 4 << 20;

/// More calls at once are refused. Whoever sends them and reads no answers is not read from either.
const MOST_CALLS: usize = 32;

/// Between two words of progress.
const PROGRESS: Duration = Duration::from_secs(5);

/// How long the server waits for calls after a signal. One that takes longer comes to its end without it.
const LAST_CALLS: Duration = Duration::from_secs(10);

/// How long a client that has closed the input may take none of the answers. One that has not may take its time.
const UNREAD: Duration = Duration::from_secs(5);

/// What every call is run with.
pub struct ServerSettings {
    pub again: Again,
    /// What the calls of this server are to be known by, where its agent does not say.
    pub session: Option<String>,
    /// The clone of a call that names none.
    pub directory: PathBuf,
    /// A place that stays, for when that directory is gone.
    pub home: PathBuf,
}

impl ServerSettings {
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
    /// The client takes no answers any more.
    is_left: AtomicBool,
}

impl Calls {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, (ToolProcess, bool)>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets those end that wait for a ticket.
    fn stop_waiting(&self) {
        self.lock().values().filter(|(_, waits)| *waits).for_each(|(call, _)| call.cancel());
    }

    /// Begins no more, because nobody would learn what they came to.
    fn leave(&self) {
        self.is_left.store(true, Ordering::SeqCst);
        self.lock().values().for_each(|(call, _)| call.cancel());
    }

    fn is_left(&self) -> bool {
        self.is_left.load(Ordering::SeqCst) || Out::is_left(Some(Duration::ZERO))
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

/// A call in that list, until its answer has been sent.
struct CallEntry<'s> {
    calls: &'s Calls,
    id: String,
}

impl Drop for CallEntry<'_> {
    fn drop(&mut self) {
        self.calls.lock().remove(&self.id);
        self.calls.ended.notify_all();
    }
}

/// The verbs that the session's role may use in the repository of the server, as they are now; all where nobody can tell.
pub type AllowedVerbs<'a> = dyn Fn() -> Option<Vec<String>> + Sync + 'a;

struct Server<'a> {
    station: &'a ServerSettings,
    allowed: &'a AllowedVerbs<'a>,
    out: &'a Out,
    calls: Arc<Calls>,
}

/// Serves standard input to its end, to a signal, or until nobody reads the answers; then calls that change something come to theirs, and those that wait for a
/// ticket stop.
pub fn serve(station: &ServerSettings, allowed: &AllowedVerbs<'_>, out: &Out) -> io::Result<()> {
    let calls = Arc::default();
    let server = Server { station, allowed, out, calls };
    let calls = Arc::clone(&server.calls);
    signals::when_caught(move || {
        calls.stop_waiting();
        end(&calls);
    });
    let calls = Arc::clone(&server.calls);
    thread::spawn(move || {
        if Out::is_left(None) {
            calls.leave();
            end(&calls);
        }
    });
    let mut input = io::stdin().lock();
    thread::scope(|scope| {
        let end = server.read_all(&mut input, scope);
        server.calls.stop_waiting();
        server.calls.wait(None);
        end
    })
}

/// Ends the server after the calls, though the input stays open.
fn end(calls: &Calls) {
    calls.wait(Some(LAST_CALLS));
    #[expect(clippy::exit, reason = "nothing else ends the reading of standard input")]
    std::process::exit(0);
}

/// A call that was taken on.
struct Ready<'s> {
    call: ToolCall,
    asked: Asked,
    running: ToolProcess,
    entry: CallEntry<'s>,
}

/// What is to be sent for a message.
enum Answer<'s> {
    Now(Option<String>),
    /// What the call comes to.
    Later(Box<Ready<'s>>),
}

impl Server<'_> {
    fn read_all<'s>(
        &'s self,
        input: &mut impl BufRead,
        scope: &'s thread::Scope<'s, '_>,
    ) -> io::Result<()> {
        let mut opened = None;
        while let Some(line) = next_line(input)? {
            if self.calls.is_left() {
                self.calls.leave();
                return Err(io::ErrorKind::BrokenPipe.into());
            }
            let incoming = match line {
                Line::Whole(bytes) => message::read(&bytes, &mut opened),
                Line::TooLong => {
                    let error = RpcError::request("a line is at most 4 MiB long");
                    Incoming::Answer(error.line(&Value::Null))
                }
            };
            if let Incoming::Batch(all) = incoming {
                let answers: Vec<_> = all.into_iter().map(|one| self.answer(one)).collect();
                scope.spawn(move || {
                    let all = answers.into_iter().map(|answer| self.come_to(answer));
                    let (lines, entries): (Vec<_>, Vec<_>) = all.unzip();
                    let lines: Vec<String> = lines.into_iter().flatten().collect();
                    self.send_last(message::batch(&lines));
                    drop(entries);
                });
                continue;
            }
            match self.answer(incoming) {
                Answer::Now(Some(line)) => self.send(&line)?,
                Answer::Now(None) => {}
                later @ Answer::Later(_) => {
                    scope.spawn(|| {
                        let (line, entry) = self.come_to(later);
                        self.send_last(line);
                        drop(entry);
                    });
                }
            }
        }
        Ok(())
    }

    fn answer(&self, incoming: Incoming) -> Answer<'_> {
        match incoming {
            Incoming::Answer(line) => Answer::Now(Some(line)),
            Incoming::ListTools { id, era } => {
                let verbs = (self.allowed)();
                let may = |verb: &str| {
                    verbs.as_ref().is_none_or(|verbs| verbs.iter().any(|one| one == verb))
                };
                let seen = TOOLS.iter().filter(|tool| tool.verbs.iter().any(|verb| may(verb)));
                let tools: Vec<Value> = seen.map(|tool| tool.describe(&may)).collect();
                Answer::Now(Some(message::tools(&id, era, &tools)))
            }
            Incoming::Cancel(id) => {
                if let Some((call, _)) = self.calls.lock().get(&id.to_string()) {
                    call.cancel();
                }
                Answer::Now(None)
            }
            Incoming::Call(call) => self.begin(call),
            // A batch holds none.
            Incoming::Nothing | Incoming::Batch(_) => Answer::Now(None),
        }
    }

    /// Takes a call on, or answers it at once where nothing can be run for it.
    fn begin(&self, call: ToolCall) -> Answer<'_> {
        let ToolCall { id, era, .. } = &call;
        let Some(tool) = Tool::named(&call.tool) else {
            let error = RpcError::parameters(format!("unknown tool: {}", call.tool));
            return Answer::Now(Some(error.line(id)));
        };
        let asked = match tool.read(call.arguments.clone()) {
            Ok(asked) => asked,
            Err(why) => {
                let outcome = ToolOutcome::of(tool.name, &Failure::new(Exit::Usage, why));
                return Answer::Now(Some(outcome.line(id, *era)));
            }
        };
        let mut running = self.calls.lock();
        if self.calls.is_left() {
            return Answer::Now(None);
        }
        let refusal = if running.contains_key(&id.to_string()) {
            Some("a call with this id is running")
        } else if running.len() >= MOST_CALLS {
            Some("too many calls at once")
        } else {
            None
        };
        if let Some(why) = refusal {
            return Answer::Now(Some(RpcError::request(why).line(id)));
        }
        let process = ToolProcess::default();
        running.insert(id.to_string(), (process.clone(), asked.waits()));
        drop(running);
        let entry = CallEntry { calls: &self.calls, id: id.to_string() };
        Answer::Later(Box::new(Ready { call, asked, running: process, entry }))
    }

    /// The line to send, when it is there, none for a call that was cancelled; and the call, which counts as running until then.
    fn come_to<'s>(&self, answer: Answer<'s>) -> (Option<String>, Option<CallEntry<'s>>) {
        let ready = match answer {
            Answer::Now(line) => return (line, None),
            Answer::Later(ready) => ready,
        };
        let Ready { call, asked, running, entry } = *ready;
        let done = (Mutex::new(false), Condvar::new());
        let outcome = thread::scope(|scope| {
            if let Some(token) = call.progress.as_ref().filter(|_| asked.waits()) {
                scope.spawn(|| self.tell_progress(token, &running, &done));
            }
            let directory = self.station.directory(&asked);
            let outcome = call::run(&call.tool, &asked, self.station, directory, &running);
            *done.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
            done.1.notify_all();
            outcome
        });
        let line = (!running.is_cancelled()).then(|| outcome.line(&call.id, call.era));
        (line, Some(entry))
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

    /// The same for the answer of a call: the reader of the next line meets the error.
    fn send_last(&self, line: Option<String>) {
        if let Some(line) = line
            && let Err(error) = self.send(&line)
        {
            tracing::debug!(%error, "answer");
        }
    }

    /// Writes a line. A client that has closed its end, or reads no more, asks for nothing any more, so the server ends.
    fn send(&self, line: &str) -> io::Result<()> {
        if self.calls.is_left.load(Ordering::SeqCst) {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let sent = self.out.line(line, UNREAD);
        if sent.is_err() {
            self.calls.leave();
        }
        sent
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
