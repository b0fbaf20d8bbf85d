//! The whole terminal, for as long as this value lives; afterwards it is as it was, also after a panic.

use std::io::{self, Stdout};
use std::mem::ManuallyDrop;
use std::sync::Once;
use std::time::Duration;

use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{self, Event};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};

/// See the module.
pub struct Screen {
    /// Never dropped: ratatui would complain on a standard error that may be gone together with the terminal.
    terminal: ManuallyDrop<Terminal<CrosstermBackend<Stdout>>>,
}

impl Screen {
    /// Takes the terminal over.
    pub fn open() -> io::Result<Screen> {
        restore_on_panic();
        enable_raw_mode()?;
        let opened = execute!(io::stdout(), EnterAlternateScreen)
            .and_then(|()| Terminal::new(CrosstermBackend::new(io::stdout())))
            .and_then(|mut terminal| terminal.hide_cursor().map(|()| terminal));
        // From here on the destructor gives it back.
        opened
            .map(|terminal| Screen { terminal: ManuallyDrop::new(terminal) })
            .inspect_err(|_| restore())
    }

    /// Draws a frame.
    pub fn draw(&mut self, draw: impl FnOnce(&mut Buffer)) -> io::Result<()> {
        self.terminal.draw(|frame| draw(frame.buffer_mut())).map(|_| ())
    }

    /// What the person did, if anything in this time. Another size counts, and so does a key.
    ///
    /// The terminal itself is waited for, and crossterm is asked only about what has come: when the terminal goes while
    /// crossterm waits, it reads the end of it over and over and never returns.
    #[expect(
        clippy::unused_self,
        reason = "there are keys to be read only while the screen is open"
    )]
    pub fn wait(&self, limit: Duration) -> io::Result<Option<Event>> {
        await_terminal(limit)?;
        if event::poll(Duration::ZERO)? { event::read().map(Some) } else { Ok(None) }
    }
}

/// Waits until there is something to read, at most this long. Fails when the terminal is gone.
#[cfg(unix)]
fn await_terminal(limit: Duration) -> io::Result<()> {
    use rustix::event::{PollFd, PollFlags, poll};
    let stdin = io::stdin();
    let mut waiting = [PollFd::new(&stdin, PollFlags::IN)];
    let limit = rustix::event::Timespec::try_from(limit).ok();
    match poll(&mut waiting, limit.as_ref()) {
        // A signal, such as that of another size.
        Ok(_) | Err(rustix::io::Errno::INTR) => {}
        Err(error) => return Err(error.into()),
    }
    let gone = PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL;
    if waiting.iter().any(|fd| fd.revents().intersects(gone)) {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the terminal is gone"));
    }
    Ok(())
}

/// Elsewhere crossterm waits itself.
#[cfg(not(unix))]
fn await_terminal(limit: Duration) -> io::Result<()> {
    event::poll(limit).map(|_| ())
}

impl Drop for Screen {
    fn drop(&mut self) {
        // Nothing is left to be done about a terminal that does not take it.
        self.terminal.show_cursor().ok();
        restore();
    }
}

fn restore() {
    disable_raw_mode().ok();
    execute!(io::stdout(), LeaveAlternateScreen).ok();
}

/// The words of a panic belong on the terminal as the person knows it: written to the other screen, they would go with
/// it.
fn restore_on_panic() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let tell = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            restore();
            tell(panic);
        }));
    });
}
