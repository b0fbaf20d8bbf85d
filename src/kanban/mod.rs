//! The board in the terminal, as values: what is shown, what a key does to it, and how it is drawn.
//!
//! Nothing here touches a terminal, git or the clock. A key changes the board and may ask for something to be done
//! ([`BoardRequest`]); the board is a widget, a function from its state to cells, so that both can be tested without a
//! terminal.

mod draw;
#[cfg(test)]
mod tests;

use chrono::{DateTime, Utc};
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

pub use self::draw::printed;
use crate::ticket::{Lane, TicketId, TicketRow};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaneColumn {
    pub lane: Lane,
    /// Its tickets, in the order in which they are shown.
    pub rows: Vec<TicketRow>,
}

/// What is read anew whenever the trunk or the clock has moved on.
#[derive(Clone, Debug)]
pub struct BoardContent {
    /// The line at the top: what is looked at, and as of when.
    pub heading: String,
    /// The moment that ages are counted to.
    pub now: DateTime<Utc>,
    pub columns: Vec<LaneColumn>,
}

#[derive(Clone, Debug)]
pub struct Board {
    pub content: BoardContent,
    /// Only tickets with this text in them are shown.
    pub filter: String,
    pub mode: BoardMode,
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
pub enum BoardMode {
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

/// What a key asks for beside a change of what is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BoardRequest {
    None,
    Quit,
    /// To ask the remote.
    Fetch,
    Open(TicketId),
    Activate(TicketId),
}

/// How many tickets or lines a page has.
const PAGE: usize = 10;

#[expect(clippy::wildcard_enum_match_arm, reason = "a keyboard has more keys than the board uses")]
impl Board {
    /// The board at the beginning, with the cursor at its first ticket.
    pub fn new(content: BoardContent) -> Board {
        let at = content.columns.iter().position(|column| !column.rows.is_empty()).unwrap_or(0);
        Board {
            content,
            filter: String::new(),
            mode: BoardMode::Browse,
            notice: String::new(),
            away: String::new(),
            at,
            rows: [0; 4],
        }
    }

    /// Takes over what has changed on the trunk. The cursor stays at its ticket, wherever that is now.
    pub fn renew(&mut self, content: BoardContent) {
        let id = self.selected().map(|row| row.id.clone());
        self.content = content;
        let found = (0..self.content.columns.len()).find_map(|at| {
            let row = self.shown(at).iter().position(|row| Some(&row.id) == id.as_ref())?;
            Some((at, row))
        });
        if let Some((at, row)) = found {
            self.at = at;
            self.set_row(row);
        }
        self.keep_inside();
    }

    /// The tickets of a lane that the filter lets through.
    pub fn shown(&self, at: usize) -> Vec<&TicketRow> {
        let rows = self.content.columns.get(at).map(|column| column.rows.as_slice());
        let wanted = self.filter.to_lowercase();
        let fits = |row: &&TicketRow| wanted.is_empty() || contains(row, &wanted);
        rows.unwrap_or_default().iter().filter(fits).collect()
    }

    pub fn selected(&self) -> Option<&TicketRow> {
        self.shown(self.at).get(self.row(self.at)).copied()
    }

    /// The row of the cursor when it is in this lane.
    fn row(&self, at: usize) -> usize {
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
        self.mode = BoardMode::Read { title, lines, from: 0 };
    }

    pub fn press(&mut self, key: KeyEvent) -> BoardRequest {
        if key.kind == KeyEventKind::Release {
            return BoardRequest::None;
        }
        let code = match key.code {
            code if !key.modifiers.contains(KeyModifiers::CONTROL) => code,
            KeyCode::Char('c') => return BoardRequest::Quit,
            // What enter becomes when it is pressed before the board is there.
            KeyCode::Char('j') => KeyCode::Enter,
            _ => return BoardRequest::None,
        };
        self.notice.clear();
        match &mut self.mode {
            BoardMode::Browse => return self.browse(code),
            BoardMode::Filter => self.write_filter(code),
            BoardMode::Read { lines, from, .. } => {
                let last = lines.len().saturating_sub(1);
                match code {
                    KeyCode::Esc | KeyCode::Enter | KeyCode::Char('q') => {
                        self.mode = BoardMode::Browse;
                    }
                    KeyCode::Char(' ') => *from = (*from + PAGE).min(last),
                    code => *from = moved(code, *from).min(last),
                }
            }
        }
        BoardRequest::None
    }

    fn browse(&mut self, code: KeyCode) -> BoardRequest {
        match code {
            KeyCode::Char('q') => return BoardRequest::Quit,
            KeyCode::Char('f') => return BoardRequest::Fetch,
            KeyCode::Char('a') => return self.activate(),
            KeyCode::Enter => {
                let selected = self.selected();
                return selected
                    .map_or(BoardRequest::None, |row| BoardRequest::Open(row.id.clone()));
            }
            KeyCode::Char('/') => self.mode = BoardMode::Filter,
            KeyCode::Esc => self.filter.clear(),
            KeyCode::Left | KeyCode::Char('h') => self.at = self.at.saturating_sub(1),
            KeyCode::Right | KeyCode::Char('l') => {
                self.at = (self.at + 1).min(self.content.columns.len().saturating_sub(1));
            }
            code => self.set_row(moved(code, self.row(self.at))),
        }
        self.keep_inside();
        BoardRequest::None
    }

    /// Only what waits can be claimed; the activation itself decides all the rest.
    fn activate(&mut self) -> BoardRequest {
        let Some(row) = self.selected() else { return BoardRequest::None };
        if row.lane == Lane::Queue {
            return BoardRequest::Activate(row.id.clone());
        }
        self.notice = format!("{} is not in the queue", row.id);
        BoardRequest::None
    }

    fn write_filter(&mut self, code: KeyCode) {
        match code {
            KeyCode::Enter => self.mode = BoardMode::Browse,
            KeyCode::Esc => {
                self.filter.clear();
                self.mode = BoardMode::Browse;
            }
            KeyCode::Backspace => {
                self.filter.pop();
            }
            KeyCode::Char(c) => self.filter.push(c),
            _ => {}
        }
        self.keep_inside();
    }
}

/// Where a key leads to from this ticket or line; it may be behind the last one.
#[expect(clippy::wildcard_enum_match_arm, reason = "a keyboard has more keys than the board uses")]
fn moved(code: KeyCode, from: usize) -> usize {
    match code {
        KeyCode::Up | KeyCode::Char('k') => from.saturating_sub(1),
        KeyCode::Down | KeyCode::Char('j') => from + 1,
        KeyCode::PageUp => from.saturating_sub(PAGE),
        KeyCode::PageDown => from + PAGE,
        KeyCode::Home => 0,
        KeyCode::End => usize::MAX,
        _ => from,
    }
}

/// Whether a text in small letters is somewhere in a ticket, in any case.
fn contains(row: &TicketRow, text: &str) -> bool {
    let said = [&row.title, &row.holder, &row.priority, &row.blocked].into_iter().flatten();
    let mut said = said.chain(&row.labels).map(String::as_str).chain([row.status_words()]);
    row.id.as_str().to_lowercase().contains(text)
        || said.any(|said| said.to_lowercase().contains(text))
}
