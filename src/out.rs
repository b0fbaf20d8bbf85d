//! The only printer. stdout is the answer, stderr is the narration.
#![expect(clippy::disallowed_methods, reason = "this is the one place that prints")]

mod pager;
mod reader;
pub mod screen;
pub mod table;

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use serde::Serialize;

use self::table::{Colors, Table, TableLayout};
use crate::clock;
use crate::error::Failure;
use crate::text::{cut, safe, safe_lines, width, without_nulls, wrap};

/// The form of the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Human,
    Json,
}

/// Where the words of an answer go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum WordsTo {
    Stdout,
    /// Beside JSON on stdout.
    Stderr,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Narration {
    On,
    /// Errors only.
    Quiet,
}

/// When colours are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless the environment asks for something else
    #[default]
    Auto,
    /// Also where no terminal is
    Always,
    /// Nowhere
    Never,
}

impl ColorChoice {
    /// Whether an output has colours. <https://no-color.org> and <https://bixense.com/clicolors> say which variables count.
    fn applies(self, env: &crate::env::Env, is_terminal: bool) -> Colors {
        let shows = || is_terminal && env.term().is_none_or(|term| term != "dumb");
        let is_wanted = match self {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => !env.no_color() && (env.forces_color() || shows()),
        };
        if is_wanted { Colors::On } else { Colors::Off }
    }
}

/// Writes answers and narration in the chosen form.
#[derive(Clone, Debug)]
pub struct Out {
    pub format: Format,
    words: WordsTo,
    narration: Narration,
    color: Colors,
    answer_color: Colors,
    terminal: bool,
    /// Whether a progress line stands there, which the next output replaces.
    in_progress: Arc<AtomicBool>,
    /// What long answers are shown with; `None` without a terminal, and where none is wanted.
    pager: Option<String>,
    /// What git's configuration says about that.
    configured_pager: OnceLock<String>,
    /// Why the answer could not be written, once that failed.
    lost: OnceLock<String>,
}

#[allow(clippy::unused_self, reason = "whoever prints must have been given the printer")]
impl Out {
    /// An output in this form.
    pub fn new(format: Format, narration: Narration, env: &crate::env::Env) -> Out {
        let terminal = io::stderr().is_terminal();
        let colors = |is_terminal| ColorChoice::Auto.applies(env, is_terminal);
        Out {
            format,
            words: if format == Format::Json && env.answers_both() {
                WordsTo::Stderr
            } else {
                WordsTo::Stdout
            },
            narration,
            color: colors(terminal),
            answer_color: colors(Out::is_terminal()),
            terminal: terminal && !env.is_ci(),
            in_progress: Arc::default(),
            pager: None,
            configured_pager: OnceLock::new(),
            lost: OnceLock::new(),
        }
    }

    /// In which forms the answer is wanted, the first of them first.
    pub fn formats(&self) -> &'static [Format] {
        match self.format {
            Format::Json if self.words == WordsTo::Stderr => &[Format::Json, Format::Human],
            Format::Json => &[Format::Json],
            Format::Human => &[Format::Human],
        }
    }

    /// The same with the colours that were asked for.
    pub fn colored(self, choice: ColorChoice, env: &crate::env::Env) -> Out {
        let color = choice.applies(env, io::stderr().is_terminal());
        Out { color, answer_color: choice.applies(env, Out::is_terminal()), ..self }
    }

    /// The same with a pager for answers that are longer than the screen.
    pub fn paged(self, env: &crate::env::Env) -> Out {
        let on_screen = Out::is_terminal() && self.format == Format::Human;
        let pager = on_screen.then(|| env.git_pager().unwrap_or_default().to_owned());
        Out { pager, configured_pager: OnceLock::new(), ..self }
    }

    /// What `core.pager` says. It counts for less than `GIT_PAGER`, and more than `PAGER`: git-var(1).
    pub fn configure_pager(&self, pager: Option<&str>, env: &crate::env::Env) {
        if self.pager.is_some() {
            let pager = pager.map(str::to_owned).or_else(|| env.pager().map(str::to_owned));
            self.configured_pager.get_or_init(|| pager.unwrap_or_else(|| "less".to_owned()));
        }
    }

    /// The pager for a text; `None` where the screen holds it.
    fn pager_for(&self, text: &str) -> Option<&str> {
        let named = self.pager.as_deref()?;
        let configured = || self.configured_pager.get().map(String::as_str);
        let pager = if named.is_empty() { configured()? } else { named };
        let (_, rows) = terminal_size::terminal_size()?;
        let fits = text.lines().count() < usize::from(rows.0);
        (!fits && !matches!(pager, "" | "cat")).then_some(pager)
    }

    /// Why the answer could not be written; `None` when it was written, or when the reader closed the pipe.
    pub fn lost(&self) -> Option<&str> {
        self.lost.get().map(String::as_str)
    }

    /// Writes to stdout. A closed pipe is not an error: the reader has seen enough, and output ends quietly.
    fn to_stdout(&self, bytes: &[u8]) {
        self.clear_progress();
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
        self.clear_progress();
        if self.pager_for(text).is_some_and(|pager| pager::show(pager, text)) {
            return;
        }
        self.answer_bytes(text.as_bytes());
    }

    /// Prints the answer as bytes, for a program that reads it.
    pub fn answer_bytes(&self, bytes: &[u8]) {
        match self.words {
            WordsTo::Stdout => self.to_stdout(bytes),
            WordsTo::Stderr => write_all(&mut io::stderr().lock(), bytes),
        }
    }

    /// Prints a table, laid out for the reader of stdout.
    pub fn table(&self, table: &Table) {
        if Out::is_terminal() {
            self.aligned(table);
        } else {
            self.answer(&table.render(TableLayout::Piped { colors: self.answer_color }));
        }
    }

    /// Prints a table for people, also where stdout is no terminal.
    pub fn aligned(&self, table: &Table) {
        self.answer(&self.laid_out(table));
    }

    /// A table for people, as a part of an answer.
    pub fn laid_out(&self, table: &Table) -> String {
        table.render(TableLayout::Terminal { width: Out::columns(), colors: self.answer_color })
    }

    /// Prose for people, as a part of an answer: on a terminal its lines are broken between words.
    pub fn wrapped(&self, text: &str) -> String {
        Out::columns().map_or_else(|| text.to_owned(), |columns| wrap(text, columns))
    }

    /// Prints lines that are no table, none of them wider than the terminal.
    pub fn lines(&self, text: &str) {
        let Some(columns) = Out::columns() else { return self.answer(text) };
        let lines = text.lines().map(|line| cut(line, columns) + "\n");
        self.answer(&lines.collect::<String>());
    }

    /// The same for what goes to stderr.
    fn narrowed(&self, text: &str) -> String {
        let width = terminal_size::terminal_size().filter(|_| self.terminal);
        let width = width.map(|(width, _)| usize::from(width.0)).filter(|width| *width > 0);
        width.map_or_else(|| text.to_owned(), |columns| wrap(text, columns))
    }

    /// A line with a command to paste, which gets a line of its own where the terminal has no room for both.
    pub fn with_command(&self, why: &str, command: &str) -> String {
        let line = format!("  {why}: {command}\n");
        match Out::columns() {
            Some(columns) if width(&line) > columns => {
                wrap(&format!("  {why}:\n"), columns) + &format!("    {command}\n")
            }
            Some(_) | None => line,
        }
    }

    /// How wide the terminal is that stdout goes to; `None` where that is none, or does not know.
    fn columns() -> Option<usize> {
        let (width, _) = terminal_size::terminal_size().filter(|_| Out::is_terminal())?;
        // Some terminals do not know how wide they are, and say 0.
        Some(usize::from(width.0)).filter(|width| *width > 0)
    }

    /// Prints one line for a program that may have gone; that is its error, and so is one that has closed the input and
    /// reads nothing for this long.
    pub fn line(&self, line: &str, unread: Duration) -> io::Result<()> {
        let mut stdout = io::stdout().lock();
        for part in format!("{line}\n").as_bytes().chunks(reader::PORTION) {
            reader::await_room(&stdout, unread)?;
            stdout.write_all(part)?;
            stdout.flush()?;
        }
        Ok(())
    }

    /// Waits at most this long, or for ever, until the program that reads stdout has gone; whether that is so.
    pub fn is_left(limit: Option<Duration>) -> bool {
        reader::has_gone(&io::stdout(), limit)
    }

    /// Prints the answer as one JSON object on one line, without the keys that hold nothing.
    pub fn json(&self, value: &impl Serialize) {
        match serde_json::to_string(value) {
            Ok(text) => self.to_stdout((without_nulls(&text) + "\n").as_bytes()),
            Err(error) => tracing::error!(%error, "JSON"),
        }
    }

    /// Prints the answer as JSON objects, one per line.
    pub fn json_lines(&self, values: &[impl Serialize]) {
        let lines = values.iter().filter_map(|value| serde_json::to_string(value).ok());
        let lines: String =
            lines.flat_map(|line| [without_nulls(&line), "\n".to_owned()]).collect();
        self.to_stdout(lines.as_bytes());
    }

    /// Tells a person what is happening.
    pub fn narrate(&self, text: &str) {
        if self.narration == Narration::On {
            self.clear_progress();
            write_all(&mut io::stderr().lock(), self.narrowed(&format!("{text}\n")));
        }
    }

    /// Prints a text for the user of another program, without changing its words and lines.
    pub fn say(&self, text: &str) {
        if !text.is_empty() {
            write_all(&mut io::stderr().lock(), safe_lines(text));
        }
    }

    /// Asks a person something; the answer is typed behind it.
    pub fn ask(&self, question: &str) {
        self.clear_progress();
        write_all(&mut io::stderr().lock(), self.wrapped(&safe_lines(question)));
    }

    pub fn is_quiet(&self) -> bool {
        self.narration == Narration::Quiet
    }

    /// Says what somebody has to know, and in the lines after the first what they can do about it.
    pub fn warn(&self, text: &str) {
        self.clear_progress();
        let mut lines = text.lines();
        let label = self.paint("33", "warning:");
        let first = format!("warning: {}\n", safe(lines.next().unwrap_or_default()));
        let first = self.narrowed(&first);
        // What comes then is pasted.
        let mut told = first.replacen("warning:", &label, 1);
        for line in lines {
            told.push_str(&format!("{} {}\n", self.paint("36", "hint:"), safe(line)));
        }
        write_all(&mut io::stderr().lock(), told);
    }

    /// Where a child writes whose output is narration: stdout and stderr.
    pub fn for_child(&self) -> [std::process::Stdio; 2] {
        self.clear_progress();
        [io::stderr().into(), io::stderr().into()]
    }

    /// Shows what tix is waiting for, on one line that the next output replaces; on a terminal only.
    pub fn progress(&self, text: &str) {
        if self.terminal && self.narration == Narration::On && self.format == Format::Human {
            self.in_progress.store(true, Ordering::Relaxed);
            write_all(&mut io::stderr().lock(), format!("\r\x1b[K{}", safe(text)));
        }
    }

    /// Removes the progress line.
    pub fn clear_progress(&self) {
        if self.in_progress.swap(false, Ordering::Relaxed) {
            write_all(&mut io::stderr().lock(), "\r\x1b[K");
        }
    }

    /// Reports a failure: as JSON on stdout if the answer is JSON, else on stderr. A failure that the answer has
    /// already reported has no message.
    pub fn failure(&self, failure: &Failure) {
        self.clear_progress();
        if failure.message.is_empty() {
            return;
        }
        if self.format == Format::Json {
            self.json(&failure.json());
            return;
        }
        let mut facts = String::new();
        let width = failure.facts.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        for (name, value) in &failure.facts {
            let value = clock::for_people(value);
            for (n, line) in value.lines().filter(|line| !line.trim().is_empty()).enumerate() {
                let label = if n == 0 { *name } else { "" };
                // git indents what it advises by tabs, and a line is to be pasted. Writing to a string cannot fail.
                writeln!(facts, "  {label:width$}  {}", safe(line.replace('\t', " "))).ok();
            }
        }
        let error = self.paint("1;31", "error:");
        let first = self.narrowed(&format!("{error} {}\n", safe(&failure.message)));
        let mut text = first + &self.wrapped(&facts);
        for hint in &failure.hints {
            writeln!(text, "{} {}", self.paint("36", "hint:"), safe(hint)).ok();
        }
        write_all(&mut io::stderr().lock(), &text);
    }

    /// Colours a text for stderr (an SGR code), where colours are wanted.
    pub fn paint(&self, code: &str, text: &str) -> String {
        self.color.paint(code, text)
    }

    /// Colours a part of the answer, which goes to stdout.
    pub fn paint_answer(&self, code: &str, text: &str) -> String {
        self.answer_color.paint(code, text)
    }
}

/// Writes, and ignores errors: there is nobody left to tell.
fn write_all(to: &mut impl Write, text: impl AsRef<[u8]>) {
    if let Err(error) = to.write_all(text.as_ref()).and_then(|()| to.flush()) {
        tracing::debug!(%error, "output");
    }
}
