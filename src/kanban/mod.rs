//! The board in the terminal, as values: what is shown, what a key or a click does to it, and how it is drawn.
//!
//! Nothing here touches a terminal, git or the clock. A key changes the board and may ask for something to be done
//! ([`BoardRequest`]); the board is a widget, a function from its state to cells, so that both can be tested without a
//! terminal.

mod draw;
mod help;
mod keys;
mod layout;
mod markdown;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use ratatui::layout::Rect;
use ratatui::text::Line;

pub use self::draw::printed;
use self::markdown::wrapped;
pub use self::markdown::{Prose, plain_text, ticket_text};
use crate::ticket::{Lane, TicketId, TicketRow};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaneColumn {
    pub lane: Lane,
    /// Its tickets, in the order in which they are shown.
    pub rows: Vec<TicketRow>,
}

/// What is read again whenever the trunk or the clock has moved on.
#[derive(Clone, Debug)]
pub struct BoardContent {
    /// The line at the top: the source of the board.
    pub heading: String,
    /// When the remote was last asked; `None` without a remote, or if unknown.
    pub looked: Option<DateTime<Utc>>,
    /// The moment that ages are counted to.
    pub now: DateTime<Utc>,
    pub columns: Vec<LaneColumn>,
    /// The tickets that the person holds.
    pub mine: BTreeSet<TicketId>,
}

#[derive(Clone, Debug)]
pub struct Board {
    pub content: BoardContent,
    /// Only tickets with this text in them are shown.
    pub filter: String,
    pub mode: BoardMode,
    /// A notice; it stays until the next key.
    pub notice: String,
    /// Why the board may be out of date; shown for as long as that is so, below every notice.
    pub away: String,
    /// The size of the screen that it was last drawn on.
    area: Rect,
    /// The lane that the cursor is in.
    at: usize,
    /// For each lane the ticket at the cursor, among those that are shown.
    rows: [usize; 4],
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BoardMode {
    Browse,
    Filter,
    /// A text is on the screen: a ticket, or the answer to a command.
    Read {
        title: String,
        text: Vec<Prose>,
        /// The text in the width of the screen.
        lines: Vec<Line<'static>>,
        /// How many of these lines are above the window.
        from: usize,
    },
    /// The keys are on the screen.
    Help,
    /// A title for a new ticket is being typed.
    Title(String),
    /// A question that is answered with y or n, and what a yes asks for.
    Ask {
        question: String,
        request: BoardRequest,
    },
}

/// A request of a key that does more than change the view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BoardRequest {
    None,
    Quit,
    /// To ask the remote.
    Fetch,
    Open(TicketId),
    Activate(TicketId),
    Release(TicketId),
    Complete(TicketId),
    Edit(TicketId),
    /// To write a ticket with this title.
    New(String),
    /// To open the pull request of a ticket in a browser.
    OpenRequest(TicketId),
    /// To put the id into the clipboard.
    Copy(TicketId),
    /// To end the board and print the path of the ticket's workspace.
    Leave(TicketId),
}

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
            area: Rect::default(),
            at,
            rows: [0; 4],
        }
    }

    /// Takes over the changes on the trunk. The cursor stays at its ticket, wherever that is now.
    pub fn renew(&mut self, content: BoardContent) {
        let id = self.selected().map(|row| row.id.clone());
        self.content = content;
        if let Some((at, row)) = id.and_then(|id| self.place_of(&id)) {
            self.at = at;
            self.set_row(row);
        }
        self.keep_inside();
    }

    /// Puts the cursor at a ticket. A filter that hides it is lifted.
    pub fn go_to(&mut self, id: &TicketId) {
        if self.place_of(id).is_none() {
            self.filter.clear();
        }
        if let Some((at, row)) = self.place_of(id) {
            self.at = at;
            self.set_row(row);
        }
    }

    /// The lane and the row in which a ticket is shown.
    fn place_of(&self, id: &TicketId) -> Option<(usize, usize)> {
        (0..self.content.columns.len()).find_map(|at| {
            let row = self.shown(at).iter().position(|row| row.id == *id)?;
            Some((at, row))
        })
    }

    /// The tickets of a lane that match the filter.
    pub fn shown(&self, at: usize) -> Vec<&TicketRow> {
        let rows = self.content.columns.get(at).map(|column| column.rows.as_slice());
        let wanted = self.filter.to_lowercase();
        let fits = |row: &&TicketRow| wanted.is_empty() || contains(row, &wanted);
        rows.unwrap_or_default().iter().filter(fits).collect()
    }

    /// A ticket of the board, whether the filter shows it or not.
    pub fn ticket(&self, id: &TicketId) -> Option<&TicketRow> {
        self.content.columns.iter().flat_map(|column| &column.rows).find(|row| row.id == *id)
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

    /// After a change of the tickets or the filter, the cursor may point past the end of its lane.
    fn keep_inside(&mut self) {
        self.set_row(self.row(self.at));
    }

    /// Moves the cursor to a lane with matching tickets, if its own has none.
    fn follow_filter(&mut self) {
        let filled = |at: &usize| !self.shown(*at).is_empty();
        if !filled(&self.at)
            && let Some(at) = (0..self.content.columns.len()).find(filled)
        {
            self.at = at;
        }
        self.keep_inside();
    }

    /// Shows a text until a key closes it.
    pub fn read(&mut self, title: String, text: Vec<Prose>) {
        let lines = wrapped(&text, self.area.width);
        self.mode = BoardMode::Read { title, text, lines, from: 0 };
    }

    /// Records the size of the screen, which wrapping a text and finding the target of a click need.
    pub fn fit(&mut self, area: Rect) {
        if self.area.width != area.width
            && let BoardMode::Read { text, lines, .. } = &mut self.mode
        {
            *lines = wrapped(text, area.width);
        }
        self.area = area;
    }
}

/// Whether a ticket contains this lower-case text, in any case.
fn contains(row: &TicketRow, text: &str) -> bool {
    let said = [&row.title, &row.holder, &row.priority, &row.blocked].into_iter().flatten();
    let mut said = said.chain(&row.labels).map(String::as_str).chain([row.status_words()]);
    row.id.as_str().to_lowercase().contains(text)
        || said.any(|said| said.to_lowercase().contains(text))
}
