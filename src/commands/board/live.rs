//! The board that stays open.
//!
//! Every fetch and every write is another tix process, so the board keeps answering keys, and a write does exactly what
//! the same command does in a shell.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use ratatui::crossterm::event::Event;

use super::{BoardArgs, load};
use crate::app::board::{self, Look, TrunkAsSeen};
use crate::app::context::{Context, Globals};
use crate::app::watch::{self, Watch, WatchNews, another_tix, trunk};
use crate::clock;
use crate::env::Env;
use crate::error::{Exit, Failure};
use crate::git::exec::{Finished, text_of};
use crate::git::{ExecError, RunningCall, signals};
use crate::kanban::{Board, BoardContent, BoardMode, BoardRequest, plain_text};
use crate::out::Out;
use crate::out::screen::Screen;
use crate::text::{safe, safe_lines};
use crate::ticket::{Lane, TicketId};

/// How long to wait for a key before looking at anything else.
const TICK: Duration = Duration::from_millis(100);

/// How often to look at the trunk: one ref, through a process that is running already.
const LOOK: Duration = Duration::from_secs(1);

/// How often to read the tickets again when the trunk has not moved.
const AGAIN: Duration = Duration::from_secs(30);

/// The board, and what is under way beside it.
pub(super) struct Live<'a> {
    pub(super) ctx: &'a Context<'a>,
    pub(super) globals: &'a Globals,
    pub(super) board: Board,
    watch: Watch,
    /// The task that a key has started, one at a time.
    task: Option<Task>,
    /// The workspace that the person leaves the board for.
    pub(super) leave_for: Option<PathBuf>,
}

/// Another running tix.
struct Task {
    what: String,
    running: RunningCall,
    kind: TaskKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TaskKind {
    /// Its answer shows in what has changed.
    Fetch,
    /// Its answer is one line.
    Brief,
    /// Its answer is to be read.
    Long,
}

/// Stays until the person leaves.
pub fn run(args: &BoardArgs, globals: &Globals, env: &Env, out: &Out) -> Result<(), Failure> {
    let ctx = Context::open(globals, env, out, None)?;
    let watch = Watch::every(args.every);
    // Read before the screen opens, so that a failure is printed as by every other command.
    let content = board::look(&ctx, Look::from(args.fetch), |seen| content(&ctx, seen))?;
    let mut screen = Screen::open().map_err(|error| no_terminal(&error))?;
    let board = Board::new(content);
    let mut live = Live { ctx: &ctx, globals, board, watch, task: None, leave_for: None };
    let done = live.follow(&mut screen);
    drop(screen);
    let Live { watch, task, leave_for, .. } = live;
    watch.stop();
    let write = task.and_then(|task| match task.kind {
        TaskKind::Brief | TaskKind::Long => Some(task),
        // Nobody will look at what it would have brought.
        TaskKind::Fetch => {
            task.running.stop();
            None
        }
    });
    done?;
    if let Some(task) = write {
        // A write goes on to its end, and whoever asked for it sees the answer.
        out.narrate(&format!("{} …", task.what));
        let finished = task.running.finish()?;
        out.answer_bytes(&finished.stdout);
        out.narrate(finished.stderr.trim_end());
    }
    if let Some(path) = leave_for {
        out.answer(&format!("{}\n", safe(path.display().to_string())));
    }
    Ok(())
}

fn no_terminal(error: &std::io::Error) -> Failure {
    Failure::new(Exit::Refused, format!("this terminal cannot show the board: {error}"))
        .hint("print it: tix board --plain")
}

fn content(ctx: &Context<'_>, seen: &TrunkAsSeen<'_>) -> Result<BoardContent, Failure> {
    let tickets = board::read(ctx, seen.view, &Lane::ALL)?;
    let mut content = load::content(ctx, seen.view, seen.at, tickets.rows)?;
    if !tickets.damaged.is_empty() {
        let words = format!("  {} cannot be read: tix doctor", tickets.damaged.len());
        content.heading.push_str(&words);
    }
    Ok(content)
}

impl Live<'_> {
    fn follow(&mut self, screen: &mut Screen) -> Result<(), Failure> {
        let mut shown = (trunk(self.ctx)?, Instant::now());
        let mut looked = Instant::now();
        loop {
            signals::check()?;
            self.tell_time();
            self.board.fit(screen.area().map_err(|e| no_terminal(&e))?);
            screen.draw(&self.board).map_err(|e| no_terminal(&e))?;
            let event = screen.wait(TICK);
            // A terminal that disappears sends a signal too, and the signal is why the board ends.
            signals::check()?;
            let request = match event.map_err(|e| no_terminal(&e))? {
                Some(Event::Key(key)) => self.board.press(key),
                Some(Event::Mouse(mouse)) => self.board.mouse(mouse),
                _ => BoardRequest::None,
            };
            if request == BoardRequest::Quit {
                return Ok(());
            }
            self.answer(request, screen).map_err(|e| no_terminal(&e))?;
            if self.leave_for.is_some() {
                return Ok(());
            }
            let ended = self.task.take_if(|task| task.running.is_finished());
            let mut news = ended.is_some();
            if let Some(ended) = ended {
                self.end(ended);
            } else if let Some(task) = &self.task {
                self.board.notice = format!("{} …", task.what);
            }
            if self.watch.look(self.ctx, self.globals)? == WatchNews::News {
                self.watch.away().clone_into(&mut self.board.away);
                news = true;
            }
            if news || looked.elapsed() >= LOOK {
                looked = Instant::now();
                let tip = trunk(self.ctx)?;
                if news || tip != shown.0 || shown.1.elapsed() >= AGAIN {
                    shown = (tip, Instant::now());
                    self.renew();
                }
            }
        }
    }

    /// Counts the ages, and the time since the remote was asked, to this moment.
    fn tell_time(&mut self) {
        let content = &mut self.board.content;
        content.now = clock::now();
        content.looked = content.looked.max(self.watch.answered());
    }

    /// Shows the present state. If it cannot be read, the board keeps showing the last one.
    pub(super) fn renew(&mut self) {
        let read = |seen: &TrunkAsSeen<'_>| content(self.ctx, seen);
        match board::look(self.ctx, Look::LastSeen, read) {
            Ok(content) => self.board.renew(content),
            Err(failure) => self.board.notice = failure.message,
        }
    }

    pub(super) fn fetch(&mut self) {
        self.begin(TaskKind::Fetch, "fetching", &watch::FETCH);
    }

    /// Starts another tix, one at a time.
    pub(super) fn begin(&mut self, kind: TaskKind, what: &str, words: &[&str]) {
        if let Some(task) = &self.task {
            self.board.notice = format!("wait: {} …", task.what);
            return;
        }
        match another_tix(self.ctx, self.globals, words) {
            Ok(tix) => {
                self.task = Some(Task { what: what.to_owned(), running: tix.start(), kind });
            }
            Err(error) => self.board.notice = error,
        }
    }

    /// Shows the result of a task that has ended.
    fn end(&mut self, task: Task) {
        self.board.notice.clear();
        match task.running.finish() {
            Ok(finished) if finished.code == Some(0) && task.kind == TaskKind::Fetch => {
                self.board.notice = format!("{}: done", task.what);
            }
            Ok(Finished { stdout, stderr, code, .. }) => {
                let text = format!("{}{}", text_of(&stdout), stderr);
                let is_brief = code == Some(0) && task.kind == TaskKind::Brief;
                // Does not interrupt somebody who is reading or typing.
                if self.board.mode == BoardMode::Browse && !is_brief {
                    self.board.read(task.what, plain_text(&safe_lines(&text)));
                } else {
                    let line = text.lines().next().unwrap_or_default();
                    if let (true, Ok(id)) = (is_brief, TicketId::parse(line)) {
                        self.renew();
                        self.board.go_to(&id);
                    }
                    self.board.notice = format!("{}: {}", task.what, safe(line));
                }
            }
            Err(ExecError::Interrupted(_)) => {}
            Err(error) => self.board.notice = error.to_string(),
        }
    }
}
