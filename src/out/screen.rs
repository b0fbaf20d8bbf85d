//! Takes over the whole terminal while this value lives, and restores it afterwards, also after a panic.

use std::io;
use std::mem::ManuallyDrop;
use std::time::Duration;

use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::event::{self, DisableMouseCapture, EnableMouseCapture, Event};
use ratatui::crossterm::{clipboard, execute, terminal};
use ratatui::layout::Rect;
use ratatui::widgets::Widget;
use ratatui::{DefaultTerminal, Terminal};

pub struct Screen {
    /// Never dropped: ratatui would complain on a stderr that may be gone together with the terminal.
    terminal: ManuallyDrop<DefaultTerminal>,
}

impl Screen {
    /// Takes over the terminal.
    pub fn open() -> io::Result<Screen> {
        // From here on the destructor restores the terminal; a hook does so before the message of a panic is written.
        let terminal = ratatui::try_init().inspect_err(|_| restore())?;
        let screen = Screen { terminal: ManuallyDrop::new(terminal) };
        execute!(io::stdout(), EnableMouseCapture)?;
        Ok(screen)
    }

    pub fn area(&self) -> io::Result<Rect> {
        Ok(Rect::from((ratatui::layout::Position::ORIGIN, self.terminal.size()?)))
    }

    /// Gives the terminal back while something else uses it.
    pub fn suspend<T>(&mut self, run: impl FnOnce() -> T) -> io::Result<T> {
        self.terminal.show_cursor()?;
        restore();
        let result = run();
        terminal::enable_raw_mode()?;
        execute!(
            io::stdout(),
            terminal::EnterAlternateScreen,
            terminal::Clear(terminal::ClearType::All),
            EnableMouseCapture
        )?;
        // A new one knows that nothing is drawn. To tell the old one would ask the terminal where its cursor is, and wait.
        *self.terminal = Terminal::new(CrosstermBackend::new(io::stdout()))?;
        Ok(result)
    }

    /// Puts a text into the clipboard of whoever sits at the terminal, also through ssh: the terminal itself does it (OSC 52),
    /// and says nothing about whether it did.
    #[expect(clippy::unused_self, reason = "only the open screen may write to the terminal")]
    pub fn copy(&self, text: &str) -> io::Result<()> {
        execute!(io::stdout(), clipboard::CopyToClipboard::to_clipboard_from(text))
    }

    pub fn draw(&mut self, widget: impl Widget) -> io::Result<()> {
        self.terminal.draw(|frame| frame.render_widget(widget, frame.area())).map(|_| ())
    }

    /// What the person did, if anything, within this time: a key, or a new size of the terminal.
    ///
    /// Waits for the terminal itself, and asks crossterm only about what has arrived: when the terminal closes while
    /// crossterm waits, crossterm reads its end over and over and never returns.
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
        // A signal, such as a new size of the terminal.
        Ok(_) | Err(rustix::io::Errno::INTR) => {}
        Err(error) => return Err(error.into()),
    }
    let gone = PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL;
    if waiting.iter().any(|fd| fd.revents().intersects(gone)) {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the terminal is gone"));
    }
    Ok(())
}

/// Outside Unix crossterm does the waiting.
#[cfg(not(unix))]
fn await_terminal(limit: Duration) -> io::Result<()> {
    event::poll(limit).map(|_| ())
}

impl Drop for Screen {
    fn drop(&mut self) {
        // Nothing can be done about a terminal that refuses it.
        self.terminal.show_cursor().ok();
        restore();
    }
}

fn restore() {
    execute!(io::stdout(), DisableMouseCapture).ok();
    ratatui::try_restore().ok();
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;

    /// The test below runs this on a terminal of its own.
    #[test]
    #[ignore = "takes over the terminal that it runs on"]
    fn a_panic_with_an_open_screen() {
        let _screen = Screen::open().unwrap();
        panic!("on purpose");
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "`script` is what makes a terminal")]
    fn after_a_panic_the_terminal_is_as_it_was_and_the_words_are_on_it() {
        use std::process::Command;
        let known = Command::new("script").arg("--version").output();
        if !known.is_ok_and(|out| String::from_utf8(out.stdout).unwrap().contains("util-linux")) {
            eprintln!("no `script` of util-linux here: nothing was tested on a terminal");
            return;
        }
        let line = "stty rows 24 cols 110; stty -a; \"$PROGRAM\" --ignored --nocapture --exact \
                    out::screen::tests::a_panic_with_an_open_screen; stty -a";
        let run = Command::new("script")
            .args(["-qec", line, "/dev/null"])
            .env("PROGRAM", std::env::current_exe().unwrap())
            .env("TERM", "xterm")
            .stdin(std::process::Stdio::null())
            .output()
            .unwrap();
        let text = String::from_utf8(run.stdout).unwrap();
        let at = |words: &str| text.find(words).unwrap_or_else(|| panic!("{words}: {text}"));
        let leave = at("\u{1b}[?1049l");
        assert!(at("\u{1b}[?1049h") < leave && leave < at("on purpose"), "{text}");
        assert!(text.rfind("\u{1b}[?25l") < text.rfind("\u{1b}[?25h"), "the cursor: {text}");
        let watched = ["icanon", "echo", "isig", "opost", "icrnl"];
        let modes = |text: &str| -> Vec<String> {
            let words = text
                .split_whitespace()
                .filter(|word| watched.contains(&word.trim_start_matches('-')));
            words.map(str::to_owned).collect()
        };
        let settings: Vec<&str> = text.split("speed ").skip(1).collect();
        let [before, after] = settings[..] else { panic!("{text}") };
        assert_eq!(modes(before), modes(after), "{text}");
        assert!(modes(before).contains(&"icanon".to_owned()), "{text}");
    }
}
