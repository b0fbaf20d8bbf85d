//! The only printer. stdout is the answer, stderr is the narration.
#![expect(clippy::disallowed_methods, reason = "this is the one place that prints")]

pub mod screen;
pub mod table;

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};
use std::sync::OnceLock;

use serde::Serialize;

use self::table::{Table, TableLayout};
use crate::error::Failure;
use crate::text::{safe, safe_lines};

/// What the user wants to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Human,
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Narration {
    On,
    /// Errors only.
    Quiet,
}

/// Writes answers and narration in the form that was asked for.
#[derive(Clone, Debug)]
pub struct Out {
    pub format: Format,
    narration: Narration,
    color: bool,
    answer_color: bool,
    terminal: bool,
    /// Why the answer could not be written, once it could not.
    lost: OnceLock<String>,
}

#[allow(clippy::unused_self, reason = "whoever prints must have been given the printer")]
impl Out {
    /// An output in this form. Colour only on a terminal, and never against `NO_COLOR` (<https://no-color.org>).
    pub fn new(format: Format, narration: Narration, env: &crate::env::Env) -> Out {
        let plain = env.no_color() || env.term().is_some_and(|t| t == "dumb");
        let terminal = io::stderr().is_terminal();
        Out {
            format,
            narration,
            color: terminal && !plain,
            answer_color: io::stdout().is_terminal() && !plain,
            terminal: terminal && !env.is_ci(),
            lost: OnceLock::new(),
        }
    }

    /// Why the answer could not be written; `None` when it was, or when nobody read on.
    pub fn lost(&self) -> Option<&str> {
        self.lost.get().map(String::as_str)
    }

    /// Nobody reads any more from a pipe that is closed: that is no error, and ends quietly.
    fn to_stdout(&self, bytes: &[u8]) {
        let mut stdout = io::stdout().lock();
        if let Err(error) = stdout.write_all(bytes).and_then(|()| stdout.flush())
            && error.kind() != io::ErrorKind::BrokenPipe
        {
            self.lost.get_or_init(|| error.to_string());
        }
    }

    pub fn is_terminal() -> bool {
        io::stdout().is_terminal()
    }

    /// Whether a person sits there, who sees what is asked and can answer.
    pub fn is_interactive() -> bool {
        io::stdin().is_terminal() && Out::is_terminal()
    }

    /// Prints the answer as it is.
    pub fn answer(&self, text: &str) {
        self.to_stdout(text.as_bytes());
    }

    /// Prints the answer byte for byte, for a program that reads it.
    pub fn answer_bytes(&self, bytes: &[u8]) {
        self.to_stdout(bytes);
    }

    /// Prints a table, laid out for whoever reads stdout.
    pub fn table(&self, table: &Table) {
        let width = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
        let layout = if Out::is_terminal() {
            // Some terminals do not know how wide they are, and say 0.
            TableLayout::Terminal { width: width().filter(|width| *width > 0) }
        } else {
            TableLayout::Piped
        };
        self.answer(&table.render(layout));
    }

    /// Prints the answer as one JSON object on one line.
    pub fn json(&self, value: &impl Serialize) {
        match serde_json::to_string(value) {
            Ok(text) => self.to_stdout(format!("{text}\n").as_bytes()),
            Err(error) => tracing::error!(%error, "JSON"),
        }
    }

    /// Prints the answer as JSON objects, one a line.
    pub fn json_lines(&self, values: &[impl Serialize]) {
        let lines = values.iter().filter_map(|value| serde_json::to_string(value).ok());
        let lines: String = lines.flat_map(|line| [line, "\n".to_owned()]).collect();
        self.to_stdout(lines.as_bytes());
    }

    /// Tells a person what happens.
    pub fn narrate(&self, text: &str) {
        if self.narration == Narration::On {
            self.clear_progress();
            write_all(&mut io::stderr().lock(), format!("{text}\n"));
        }
    }

    /// Says something to another program's user, in its own words and lines.
    pub fn say(&self, text: &str) {
        if !text.is_empty() {
            write_all(&mut io::stderr().lock(), safe_lines(text));
        }
    }

    /// Asks a person something; the answer is typed behind it.
    pub fn ask(&self, question: &str) {
        self.clear_progress();
        write_all(&mut io::stderr().lock(), safe_lines(question));
    }

    pub fn is_quiet(&self) -> bool {
        self.narration == Narration::Quiet
    }

    /// Says what somebody has to know, and in the lines after the first what they can do about it.
    pub fn warn(&self, text: &str) {
        self.clear_progress();
        let mut lines = text.lines();
        let label = self.paint("33", "warning:");
        let mut told = format!("{label} {}\n", safe(lines.next().unwrap_or_default()));
        for line in lines {
            told.push_str(&format!("{} {}\n", self.paint("36", "hint:"), safe(line)));
        }
        write_all(&mut io::stderr().lock(), told);
    }

    /// Where a program writes whose output is narration: stdout and stderr.
    pub fn for_child(&self) -> [std::process::Stdio; 2] {
        self.clear_progress();
        [io::stderr().into(), io::stderr().into()]
    }

    /// Shows what is being waited for, on one line that the next output replaces; on a terminal only.
    pub fn progress(&self, text: &str) {
        if self.terminal && self.narration == Narration::On && self.format == Format::Human {
            write_all(&mut io::stderr().lock(), format!("\r\x1b[K{}", safe(text)));
        }
    }

    /// Takes the progress line away.
    pub fn clear_progress(&self) {
        if self.terminal && self.narration == Narration::On && self.format == Format::Human {
            write_all(&mut io::stderr().lock(), "\r\x1b[K");
        }
    }

    /// Reports a failure: as JSON on stdout when that is the form of the answer, else on stderr. One that the answer
    /// has told of already has no words.
    pub fn failure(&self, failure: &Failure) {
        self.clear_progress();
        if failure.message.is_empty() {
            return;
        }
        if self.format == Format::Json {
            self.json(&failure.json());
            return;
        }
        let mut text = format!("{} {}\n", self.paint("1;31", "error:"), safe(&failure.message));
        let width = failure.facts.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        for (name, value) in &failure.facts {
            for (n, line) in value.lines().filter(|line| !line.trim().is_empty()).enumerate() {
                let label = if n == 0 { *name } else { "" };
                // Writing to a string cannot fail.
                // git indents what it advises by tabs, and a line is to be pasted.
                writeln!(text, "  {label:width$}  {}", safe(line.replace('\t', " "))).ok();
            }
        }
        for hint in &failure.hints {
            writeln!(text, "{} {}", self.paint("36", "hint:"), safe(hint)).ok();
        }
        write_all(&mut io::stderr().lock(), &text);
    }

    /// The text in this colour (an SGR code) where colours are wanted on stderr.
    pub fn paint(&self, code: &str, text: &str) -> String {
        if self.color { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    /// The same for a part of the answer, which goes to stdout.
    pub fn paint_answer(&self, code: &str, text: &str) -> String {
        if self.answer_color { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

/// Writes to where nobody can be told that it did not work.
fn write_all(to: &mut impl Write, text: impl AsRef<[u8]>) {
    if let Err(error) = to.write_all(text.as_ref()).and_then(|()| to.flush()) {
        tracing::debug!(%error, "output");
    }
}
