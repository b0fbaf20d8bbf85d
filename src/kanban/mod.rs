//! The board in the terminal, as values: what is shown, what a key does to it, and how it is drawn.
//!
//! Nothing here touches a terminal, git or the clock. A key changes the state and may ask for something to be done
//! ([`Effect`]); the drawing is a function from the state to a buffer of cells, so that both can be tested without a
//! terminal.

mod draw;
#[cfg(test)]
mod tests;

pub use draw::{Keys, draw, printed};

use crate::ticket::Lane;

/// A ticket on the board. Every text is safe to be shown: no control characters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tile {
    pub id: String,
    pub title: String,
    pub status: String,
    pub blocked: Option<String>,
    pub priority: Option<String>,
    pub labels: Vec<String>,
    pub holder: Option<String>,
    pub age: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    pub lane: Lane,
    /// Its tickets, in the order in which they are shown.
    pub tiles: Vec<Tile>,
}

#[derive(Clone, Debug)]
pub struct State {
    /// The line at the top: what is looked at, and as of when.
    pub heading: String,
    pub columns: Vec<Column>,
    /// Only tickets with this text in them are shown.
    pub filter: String,
    pub mode: Mode,
    /// What to know; it stays until the next key.
    pub notice: String,
    /// Why what is shown may be old; it stays for as long as that is so, below every notice.
    pub away: String,
    /// The lane that the cursor is in.
    at: usize,
    /// For each lane the ticket that the cursor is at when it is there, among those that are shown.
    rows: [usize; 4],
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mode {
    Browse,
    Filter,
    /// They move about in a text: a ticket, or the answer to a command.
    Read {
        title: String,
        lines: Vec<String>,
        /// How many of them are above the window.
        from: usize,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    Char(char),
    Enter,
    Esc,
    Backspace,
    Up,
    Down,
    Left,
    Right,
    PageUp,
    PageDown,
    Home,
    End,
    /// Control and C.
    Interrupt,
}

/// What a key asks for beside a change of what is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    None,
    Quit,
    /// To ask the remote.
    Fetch,
    Open(String),
    Activate(String),
}

/// How many tickets or lines a page has.
const PAGE: usize = 10;

impl State {
    /// The board at the beginning, with the cursor at its first ticket.
    pub fn new(heading: String, columns: Vec<Column>) -> State {
        let mut state = State {
            heading,
            columns,
            filter: String::new(),
            mode: Mode::Browse,
            notice: String::new(),
            away: String::new(),
            at: 0,
            rows: [0; 4],
        };
        state.at = (0..state.columns.len()).find(|at| !state.shown(*at).is_empty()).unwrap_or(0);
        state
    }

    /// Takes over what has changed on the trunk. The cursor stays at its ticket, wherever that is now.
    pub fn renew(&mut self, heading: String, columns: Vec<Column>) {
        let id = self.selected().map(|tile| tile.id.clone());
        self.heading = heading;
        self.columns = columns;
        let places = || (0..self.columns.len()).map(|at| (at, self.shown(at)));
        let found = id.and_then(|id| {
            places()
                .find_map(|(at, tiles)| Some((at, tiles.iter().position(|tile| tile.id == id)?)))
        });
        if let Some((at, row)) = found {
            self.at = at;
            self.set_row(row);
        }
        self.keep_inside();
    }

    /// The tickets of a lane that the filter lets through.
    pub fn shown(&self, at: usize) -> Vec<&Tile> {
        let tiles = self.columns.get(at).map(|column| column.tiles.as_slice()).unwrap_or_default();
        tiles.iter().filter(|tile| tile.contains(&self.filter)).collect()
    }

    pub fn selected(&self) -> Option<&Tile> {
        self.shown(self.at).get(self.row(self.at)).copied()
    }

    /// The lane of the cursor.
    pub fn at(&self) -> usize {
        self.at
    }

    /// The row of the cursor when it is in this lane.
    pub fn row(&self, at: usize) -> usize {
        self.rows.get(at).copied().unwrap_or(0)
    }

    fn set_row(&mut self, row: usize) {
        let last = self.shown(self.at).len().saturating_sub(1);
        if let Some(slot) = self.rows.get_mut(self.at) {
            *slot = row.min(last);
        }
    }

    /// After a change of what is there or of the filter the cursor may point behind the end of its lane.
    fn keep_inside(&mut self) {
        self.set_row(self.row(self.at));
    }

    pub fn read(&mut self, title: String, text: &str) {
        let lines = text.lines().map(|line| line.replace('\t', "    ")).collect();
        self.mode = Mode::Read { title, lines, from: 0 };
    }

    pub fn press(&mut self, key: Key) -> Effect {
        self.notice.clear();
        if key == Key::Interrupt {
            return Effect::Quit;
        }
        match &mut self.mode {
            Mode::Browse => self.browse(key),
            Mode::Filter => self.write_filter(key),
            Mode::Read { lines, from, .. } => {
                let last = lines.len().saturating_sub(1);
                match key {
                    Key::Esc | Key::Enter | Key::Char('q') => self.mode = Mode::Browse,
                    Key::Up | Key::Char('k') => *from = from.saturating_sub(1),
                    Key::Down | Key::Char('j') => *from = (*from + 1).min(last),
                    Key::PageUp => *from = from.saturating_sub(PAGE),
                    Key::PageDown | Key::Char(' ') => *from = (*from + PAGE).min(last),
                    Key::Home => *from = 0,
                    Key::End => *from = last,
                    Key::Char(_) | Key::Backspace | Key::Left | Key::Right | Key::Interrupt => {}
                }
                Effect::None
            }
        }
    }

    fn browse(&mut self, key: Key) -> Effect {
        let row = self.row(self.at);
        match key {
            Key::Char('q') => return Effect::Quit,
            Key::Char('f') => return Effect::Fetch,
            Key::Char('a') => return self.activate(),
            Key::Enter => {
                return self.selected().map_or(Effect::None, |tile| Effect::Open(tile.id.clone()));
            }
            Key::Char('/') => self.mode = Mode::Filter,
            Key::Esc => self.filter.clear(),
            Key::Left | Key::Char('h') => self.at = self.at.saturating_sub(1),
            Key::Right | Key::Char('l') => {
                self.at = (self.at + 1).min(self.columns.len().saturating_sub(1));
            }
            Key::Up | Key::Char('k') => self.set_row(row.saturating_sub(1)),
            Key::Down | Key::Char('j') => self.set_row(row + 1),
            Key::PageUp => self.set_row(row.saturating_sub(PAGE)),
            Key::PageDown => self.set_row(row + PAGE),
            Key::Home => self.set_row(0),
            Key::End => self.set_row(usize::MAX),
            Key::Char(_) | Key::Backspace | Key::Interrupt => {}
        }
        self.keep_inside();
        Effect::None
    }

    /// Only what waits can be claimed; the activation itself decides all the rest.
    fn activate(&mut self) -> Effect {
        let lane = self.columns.get(self.at).map(|column| column.lane);
        match (lane, self.selected().map(|tile| tile.id.clone())) {
            (Some(Lane::Queue), Some(id)) => Effect::Activate(id),
            (_, Some(id)) => {
                self.notice = format!("{id} is not in the queue");
                Effect::None
            }
            (_, None) => Effect::None,
        }
    }

    fn write_filter(&mut self, key: Key) -> Effect {
        match key {
            Key::Enter => self.mode = Mode::Browse,
            Key::Esc => {
                self.filter.clear();
                self.mode = Mode::Browse;
            }
            Key::Backspace => {
                self.filter.pop();
            }
            Key::Char(c) => self.filter.push(c),
            Key::Up
            | Key::Down
            | Key::Left
            | Key::Right
            | Key::PageUp
            | Key::PageDown
            | Key::Home
            | Key::End
            | Key::Interrupt => {}
        }
        self.keep_inside();
        Effect::None
    }
}

impl Tile {
    /// Whether a text is somewhere in it, in any case.
    fn contains(&self, text: &str) -> bool {
        let wanted = text.to_lowercase();
        let texts = [&self.id, &self.title, &self.status].into_iter().chain(&self.labels);
        let mut all = texts.chain(&self.holder).chain(&self.priority).chain(&self.blocked);
        wanted.is_empty() || all.any(|text| text.to_lowercase().contains(&wanted))
    }
}
