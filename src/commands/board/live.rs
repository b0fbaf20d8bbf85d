//! The board that stays open.
//!
//! What takes long (a fetch, an activation) is another tix, so that the board goes on answering keys, and so that it
//! does exactly what the same words typed into a shell do.

use std::time::{Duration, Instant};

use ratatui::crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::super::shared::board::{self, Look, Seen};
use super::load;
use super::{Context, Globals};
use crate::env::{self, Env};
use crate::error::{Exit, Failure};
use crate::git::exec::{Finished, text_of};
use crate::git::{ExecError, Program, Running, signals};
use crate::kanban::{Effect, Key, Keys, Mode, State, draw};
use crate::names::Oid;
use crate::out::screen::Screen;
use crate::out::{Out, safe_lines};
use crate::ticket::Lane;

/// How long a key is waited for before something else is looked at.
const TICK: Duration = Duration::from_millis(100);

/// How often the trunk is looked at: one ref, through a process that is there already.
const LOOK: Duration = Duration::from_secs(1);

/// How often the ages are written anew.
const AGES: Duration = Duration::from_secs(30);

/// Another tix at work.
struct Task {
    what: String,
    running: Running,
    /// Whether its answer is to be read; a fetch shows in what has changed.
    tell: bool,
}

/// Stays until the person leaves.
pub fn run(fetch: bool, globals: &Globals, env: &Env, out: &Out) -> Result<(), Failure> {
    let ctx = Context::open(globals, env, out, None)?;
    // Before the screen: what cannot be shown is told as every command tells it.
    let mut state = board::look(&ctx, Look::from(fetch), |seen| {
        let (heading, columns) = content(&ctx, seen)?;
        Ok(State::new(heading, columns))
    })?;
    let mut screen = Screen::open().map_err(|error| no_terminal(&error))?;
    let mut task = None;
    let done = follow(&ctx, globals, &mut state, &mut screen, &mut task);
    drop(screen);
    done?;
    if let Some(task) = task {
        // A claim that is under way is not left alone: its answer belongs to whoever asked.
        out.narrate(&format!("{} …", task.what));
        let finished = task.running.finish()?;
        out.answer_bytes(&finished.stdout);
        out.narrate(finished.stderr.trim_end());
    }
    Ok(())
}

fn no_terminal(error: &std::io::Error) -> Failure {
    Failure::new(Exit::Refused, format!("this terminal cannot show the board: {error}"))
        .hint("print it: tix board --plain")
}

fn content(
    ctx: &Context<'_>,
    seen: &Seen<'_>,
) -> Result<(String, Vec<crate::kanban::Column>), Failure> {
    let tickets = board::read(ctx, seen.view, &Lane::ALL)?;
    let mut heading = load::heading(ctx, seen);
    if !tickets.damaged.is_empty() {
        heading.push_str(&format!("  {} cannot be read: tix doctor", tickets.damaged.len()));
    }
    Ok((heading, load::columns(ctx, &tickets.cards)))
}

fn follow(
    ctx: &Context<'_>,
    globals: &Globals,
    state: &mut State,
    screen: &mut Screen,
    task: &mut Option<Task>,
) -> Result<(), Failure> {
    let mut shown = (trunk(ctx)?, Instant::now());
    let mut looked = Instant::now();
    loop {
        signals::check()?;
        screen.draw(|buffer| draw(state, buffer, Keys::Named)).map_err(|e| no_terminal(&e))?;
        let event = screen.wait(TICK);
        // A terminal that goes says so by a signal, too, and that is what ended the board.
        signals::check()?;
        if let Some(Event::Key(event)) = event.map_err(|e| no_terminal(&e))?
            && let Some(key) = key(event)
        {
            match state.press(key) {
                Effect::None => {}
                Effect::Quit => return Ok(()),
                Effect::Open(id) => open(ctx, state, &id),
                Effect::Fetch => {
                    let words = ["list", "--fetch", "--quiet", "--limit", "0"];
                    begin(ctx, globals, state, task, "fetching", &words);
                }
                Effect::Activate(id) => {
                    let what = format!("activating {id}");
                    begin(ctx, globals, state, task, &what, &["activate", &id]);
                }
            }
        }
        let ended = task.take_if(|task| task.running.is_finished());
        let news = ended.is_some();
        if let Some(ended) = ended {
            end(state, ended);
        } else if let Some(task) = task {
            state.notice = format!("{} …", task.what);
        }
        if news || looked.elapsed() >= LOOK {
            looked = Instant::now();
            let tip = trunk(ctx)?;
            if news || tip != shown.0 || shown.1.elapsed() >= AGES {
                shown = (tip, Instant::now());
                renew(ctx, state);
            }
        }
    }
}

fn trunk(ctx: &Context<'_>) -> Result<Option<Oid>, Failure> {
    let name = ctx.last_seen_ref();
    Ok(name.map(|name| ctx.objects.resolve(name.as_str())).transpose()?.flatten())
}

/// Shows what is there now. What could be shown a moment ago stays when it cannot be read anew.
fn renew(ctx: &Context<'_>, state: &mut State) {
    match board::look(ctx, Look::LastSeen, |seen| content(ctx, seen)) {
        Ok((heading, columns)) => state.renew(heading, columns),
        Err(failure) => state.notice = failure.message,
    }
}

fn open(ctx: &Context<'_>, state: &mut State, id: &str) {
    let text = board::look(ctx, Look::LastSeen, |seen| {
        let entry = board::find(seen, id)?;
        let (_, document) = board::read_one(ctx, seen.view, entry)?;
        Ok(safe_lines(&text_of(document.as_bytes())))
    });
    match text {
        Ok(text) => state.read(id.to_owned(), &text),
        Err(failure) => state.notice = failure.message,
    }
}

/// Starts another tix, one at a time.
fn begin(
    ctx: &Context<'_>,
    globals: &Globals,
    state: &mut State,
    task: &mut Option<Task>,
    what: &str,
    words: &[&str],
) {
    if let Some(task) = task {
        state.notice = format!("{} first …", task.what);
        return;
    }
    let tix = match env::current_exe() {
        Ok(tix) => tix,
        Err(error) => {
            state.notice = format!("tix does not find itself: {error}");
            return;
        }
    };
    let option = |name: &'static str, value: &Option<String>| {
        value.as_ref().map(|value| format!("--{name}={value}"))
    };
    let program = Program::new(tix, &ctx.dir)
        .args(words)
        .args(option("remote", &globals.remote))
        .args(option("trunk", &globals.trunk))
        .args(option("role", &globals.role))
        .envs(ctx.env.inherited());
    let tell = words.first() == Some(&"activate");
    *task = Some(Task { what: what.to_owned(), running: program.start(), tell });
}

/// Shows what became of it.
fn end(state: &mut State, task: Task) {
    state.notice.clear();
    match task.running.finish() {
        Ok(finished) if finished.code == Some(0) && !task.tell => {
            state.notice = format!("{}: done", task.what);
        }
        Ok(Finished { stdout, stderr, .. }) => {
            let text = format!("{}{}", text_of(&stdout), stderr);
            // Somebody who reads a ticket or writes a filter meanwhile goes on with it.
            match state.mode {
                Mode::Browse => state.read(task.what, &safe_lines(&text)),
                Mode::Filter | Mode::Read { .. } => {
                    state.notice = safe_lines(text.lines().next().unwrap_or_default());
                }
            }
        }
        Err(ExecError::Interrupted(_)) => {}
        Err(error) => state.notice = error.to_string(),
    }
}

/// What a key of the terminal means here.
#[expect(clippy::wildcard_enum_match_arm, reason = "a keyboard has more keys than the board uses")]
fn key(event: KeyEvent) -> Option<Key> {
    if event.kind == KeyEventKind::Release {
        return None;
    }
    if event.modifiers.contains(KeyModifiers::CONTROL) {
        return match event.code {
            KeyCode::Char('c') => Some(Key::Interrupt),
            // What enter becomes when it is pressed before the board is there.
            KeyCode::Char('j') => Some(Key::Enter),
            _ => None,
        };
    }
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "a keyboard has more keys than the board uses"
    )]
    match event.code {
        KeyCode::Char(c) => Some(Key::Char(c)),
        KeyCode::Enter => Some(Key::Enter),
        KeyCode::Esc => Some(Key::Esc),
        KeyCode::Backspace => Some(Key::Backspace),
        KeyCode::Up => Some(Key::Up),
        KeyCode::Down => Some(Key::Down),
        KeyCode::Left => Some(Key::Left),
        KeyCode::Right => Some(Key::Right),
        KeyCode::PageUp => Some(Key::PageUp),
        KeyCode::PageDown => Some(Key::PageDown),
        KeyCode::Home => Some(Key::Home),
        KeyCode::End => Some(Key::End),
        _ => None,
    }
}
