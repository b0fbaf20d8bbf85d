//! This program again, as a child that answers in JSON.
//!
//! What a long-lived tix, or a hook, is asked for, a child does: a signal or a crash ends one request, a claim that is cut short rolls back as it
//! does on the command line, and nothing is done in another way than by the command itself. A signal to the long-lived tix does not
//! reach a child: what it is at comes to its end. Nothing that a child prints reaches an output of this program by itself.

use std::ffi::OsString;
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ExitStatus};
use std::thread::{self, JoinHandle};

use serde_json::Value;

use super::context::Globals;
use crate::env::{self, LOG};
use crate::error::SCHEMA;
use crate::git::exec::text_of;
use crate::workspace::spawn::CommandLine;

/// How this program is started again.
pub struct Again {
    program: PathBuf,
    /// The options of this run that another one needs to do the same.
    options: Vec<String>,
}

/// What a child is asked.
pub struct AgainQuestion<'q> {
    pub words: Vec<OsString>,
    /// What it reads.
    pub input: Option<&'q str>,
    /// The variables that it has besides ours.
    pub variables: Vec<(OsString, OsString)>,
    /// Where it works.
    pub dir: &'q Path,
}

/// A child at work.
pub struct AgainRun {
    child: Child,
    words: JoinHandle<Vec<u8>>,
}

/// What a child said.
pub struct AgainAnswer {
    /// The object that it answered with.
    pub data: Value,
    /// What it said besides, for people.
    pub words: String,
}

impl AgainAnswer {
    /// Whether the object is that of a failure.
    pub fn has_failed(&self) -> bool {
        self.data.get("schema").and_then(Value::as_str) == Some(SCHEMA)
    }
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Unanswered {
    #[error("tix cannot be run: {0}")]
    NotStarted(#[from] io::Error),
    /// It said this in words alone, or nothing.
    #[error("tix ended with {status}\n{words}")]
    Ended { status: ExitStatus, words: String },
}

impl Again {
    /// With the options of this run.
    pub fn with(globals: &Globals) -> io::Result<Again> {
        Ok(Again { program: env::current_exe()?, options: globals.as_words() })
    }

    /// Runs a command to its end. It hears of no signal to this program.
    pub fn ask(&self, question: &AgainQuestion<'_>) -> Result<AgainAnswer, Unanswered> {
        let mut run = self.start(question)?;
        drop(run.feed(question.input));
        run.answer()
    }

    /// Starts it. Its log stays off: it would stand in the middle of what it says to people.
    pub fn start(&self, question: &AgainQuestion<'_>) -> io::Result<AgainRun> {
        let mut line: Vec<OsString> = vec![self.program.clone().into(), "--json".into()];
        line.extend(self.options.iter().map(OsString::from));
        line.extend(question.words.iter().cloned());
        let line = CommandLine::of(&line).ok_or(io::ErrorKind::InvalidInput)?;
        let no_log = [(OsString::from(LOG), OsString::new())];
        let variables: Vec<_> = question.variables.iter().cloned().chain(no_log).collect();
        let mut child = line.answering(question.dir, &variables)?;
        let stderr = child.stderr.take();
        Ok(AgainRun { child, words: thread::spawn(move || read_all(stderr)) })
    }
}

impl AgainRun {
    /// Writes what it reads. Whoever keeps the pipe keeps its input open.
    pub fn feed(&mut self, text: Option<&str>) -> Option<ChildStdin> {
        let mut pipe = self.child.stdin.take();
        if let (Some(pipe), Some(text)) = (&mut pipe, text) {
            // Whoever does not read it has ended, and says why.
            pipe.write_all(text.as_bytes()).ok();
        }
        pipe
    }

    /// Waits for its end.
    pub fn answer(mut self) -> Result<AgainAnswer, Unanswered> {
        let answer = read_all(self.child.stdout.take());
        let words = text_of(&self.words.join().unwrap_or_default()).trim_end().to_owned();
        let status = self.child.wait();
        match serde_json::from_slice(&answer) {
            Ok(data) => Ok(AgainAnswer { data, words }),
            Err(_) => Err(Unanswered::Ended { status: status?, words }),
        }
    }
}

fn read_all(pipe: Option<impl Read>) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(mut pipe) = pipe {
        // What came before a pipe broke is all there is.
        pipe.read_to_end(&mut bytes).ok();
    }
    bytes
}
