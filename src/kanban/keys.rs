//! What keys and the mouse do.

use std::collections::BTreeSet;

use ratatui::crossterm::event::{
    KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};

use super::layout::BoardTarget;
use super::{Board, BoardMode, BoardRequest};
use crate::ticket::{Lane, Status, TicketId, TicketRow};

/// How many tickets or lines a page has.
const PAGE: usize = 10;

/// How many lines one step of the wheel scrolls.
const TURN: usize = 3;

#[expect(clippy::wildcard_enum_match_arm, reason = "a keyboard has more keys than the board uses")]
impl Board {
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
            BoardMode::Browse => self.browse(code),
            BoardMode::Filter => self.write_filter(code),
            BoardMode::Read { .. } => self.scroll(code),
            BoardMode::Help => {
                self.mode = BoardMode::Browse;
                BoardRequest::None
            }
            BoardMode::Title(_) => self.write_title(code),
            BoardMode::Ask { .. } => self.hear(code),
        }
    }

    fn browse(&mut self, code: KeyCode) -> BoardRequest {
        match code {
            KeyCode::Char('q') => return BoardRequest::Quit,
            KeyCode::Char('f') => return BoardRequest::Fetch,
            KeyCode::Char('n') => self.mode = BoardMode::Title(String::new()),
            KeyCode::Char('?') => self.mode = BoardMode::Help,
            KeyCode::Char('/') => self.mode = BoardMode::Filter,
            KeyCode::Char('a') => return self.ask_to_activate(),
            KeyCode::Char('r') => return self.ask_to_release(),
            KeyCode::Char('c') => return self.ask_to_complete(),
            KeyCode::Enter => return self.about(BoardRequest::Open),
            KeyCode::Char('e') => return self.about(BoardRequest::Edit),
            KeyCode::Char('o') => return self.about(BoardRequest::OpenRequest),
            KeyCode::Char('y') => return self.about(BoardRequest::Copy),
            KeyCode::Char('w') => return self.about(BoardRequest::Leave),
            KeyCode::Esc => self.filter.clear(),
            code => self.go(code),
        }
        self.keep_inside();
        BoardRequest::None
    }

    /// Moves the cursor.
    fn go(&mut self, code: KeyCode) {
        match code {
            KeyCode::Left | KeyCode::Char('h') => self.at = self.at.saturating_sub(1),
            KeyCode::Right | KeyCode::Char('l') => {
                self.at = (self.at + 1).min(self.content.columns.len().saturating_sub(1));
            }
            code => self.set_row(moved(code, self.row(self.at))),
        }
    }

    /// A request about the ticket at the cursor, if there is one.
    fn about(&self, request: impl FnOnce(TicketId) -> BoardRequest) -> BoardRequest {
        self.selected().map_or(BoardRequest::None, |row| request(row.id.clone()))
    }

    fn ask_to_activate(&mut self) -> BoardRequest {
        let question = |id: &TicketId| format!("Claim {id}? The claim is pushed.");
        let refused = |row: &TicketRow| {
            (row.lane != Lane::Queue).then(|| format!("{} is not in the queue", row.id))
        };
        self.ask(refused, question, BoardRequest::Activate)
    }

    fn ask_to_release(&mut self) -> BoardRequest {
        let question =
            |id: &TicketId| format!("Give {id} back to the queue? Its work goes to attic/.");
        let mine = self.content.mine.clone();
        self.ask(|row| not_held(row, &mine), question, BoardRequest::Release)
    }

    fn ask_to_complete(&mut self) -> BoardRequest {
        let question = |id: &TicketId| format!("Complete {id}? Its commits are pushed.");
        let mine = self.content.mine.clone();
        let is_complete = |row: &TicketRow| row.known == Some(Status::Approved);
        let refused = |row: &TicketRow| {
            let done = is_complete(row).then(|| format!("{} is complete already", row.id));
            not_held(row, &mine).or(done)
        };
        self.ask(refused, question, BoardRequest::Complete)
    }

    /// The verb itself decides whether it can succeed; what certainly cannot is refused before anybody is asked.
    fn ask(
        &mut self,
        refused: impl FnOnce(&TicketRow) -> Option<String>,
        question: impl FnOnce(&TicketId) -> String,
        request: impl FnOnce(TicketId) -> BoardRequest,
    ) -> BoardRequest {
        let Some(row) = self.selected() else { return BoardRequest::None };
        if let Some(why) = refused(row) {
            self.notice = why;
        } else {
            let (question, request) = (question(&row.id), request(row.id.clone()));
            self.mode = BoardMode::Ask { question, request };
        }
        BoardRequest::None
    }

    /// The answer to a question: only y is a yes.
    fn hear(&mut self, code: KeyCode) -> BoardRequest {
        match std::mem::replace(&mut self.mode, BoardMode::Browse) {
            BoardMode::Ask { request, .. } if matches!(code, KeyCode::Char('y' | 'Y')) => request,
            _ => BoardRequest::None,
        }
    }

    fn scroll(&mut self, code: KeyCode) -> BoardRequest {
        let BoardMode::Read { lines, from, .. } = &mut self.mode else {
            return BoardRequest::None;
        };
        let last = lines.len().saturating_sub(1);
        match code {
            KeyCode::Esc | KeyCode::Enter | KeyCode::Char('q') => self.mode = BoardMode::Browse,
            KeyCode::Char('w') => return self.about(BoardRequest::Leave),
            KeyCode::Char(' ') => *from = (*from + PAGE).min(last),
            code => *from = moved(code, *from).min(last),
        }
        BoardRequest::None
    }

    fn write_filter(&mut self, code: KeyCode) -> BoardRequest {
        match code {
            KeyCode::Enter => self.mode = BoardMode::Browse,
            KeyCode::Esc => {
                self.filter.clear();
                self.mode = BoardMode::Browse;
            }
            KeyCode::Char(_) | KeyCode::Backspace => {
                write(&mut self.filter, code);
                self.follow_filter();
            }
            code => self.go(code),
        }
        self.keep_inside();
        BoardRequest::None
    }

    fn write_title(&mut self, code: KeyCode) -> BoardRequest {
        let BoardMode::Title(title) = &mut self.mode else { return BoardRequest::None };
        match code {
            KeyCode::Esc => self.mode = BoardMode::Browse,
            KeyCode::Enter => {
                let title = title.trim().to_owned();
                self.mode = BoardMode::Browse;
                if !title.is_empty() {
                    return BoardRequest::New(title);
                }
            }
            code => write(title, code),
        }
        BoardRequest::None
    }

    /// A click selects, and a click on what is selected opens it; the wheel scrolls.
    pub fn mouse(&mut self, event: MouseEvent) -> BoardRequest {
        let turn = match event.kind {
            MouseEventKind::Down(MouseButton::Left) => None,
            MouseEventKind::ScrollDown => Some(KeyCode::Down),
            MouseEventKind::ScrollUp => Some(KeyCode::Up),
            _ => return BoardRequest::None,
        };
        match (&self.mode, turn) {
            (BoardMode::Read { .. }, Some(code)) => {
                (0..TURN).for_each(|_| {
                    self.scroll(code);
                });
                BoardRequest::None
            }
            (BoardMode::Browse | BoardMode::Filter, turn) => self.point(event, turn),
            (_, _) => BoardRequest::None,
        }
    }

    fn point(&mut self, event: MouseEvent, turn: Option<KeyCode>) -> BoardRequest {
        let target = self.target(event.column, event.row);
        self.notice.clear();
        match (target, turn) {
            (Some(target), Some(code)) => {
                self.at = target.lane();
                self.go(code);
            }
            (Some(BoardTarget::Lane(at)), None) => self.at = at,
            (Some(BoardTarget::Ticket(at, row)), None) => {
                if self.at == at && self.row(at) == row {
                    return self.about(BoardRequest::Open);
                }
                self.at = at;
                self.set_row(row);
            }
            (None, _) => {}
        }
        BoardRequest::None
    }
}

/// Why the person cannot decide about this ticket as its holder.
fn not_held(row: &TicketRow, mine: &BTreeSet<TicketId>) -> Option<String> {
    let TicketRow { id, lane, .. } = row;
    match row.holder_name() {
        _ if *lane != Lane::Active => Some(format!("{id} is not active")),
        _ if mine.contains(id) => None,
        Some(name) => Some(format!("{id} is held by {name}")),
        None => Some(format!("{id} is not held by you")),
    }
}

/// Applies a key to a line of input.
#[expect(clippy::wildcard_enum_match_arm, reason = "a keyboard has more keys than the board uses")]
fn write(line: &mut String, code: KeyCode) {
    match code {
        KeyCode::Backspace => {
            line.pop();
        }
        KeyCode::Char(c) => line.push(c),
        _ => {}
    }
}

/// The target of a key from this ticket or line; it may be past the last one.
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
