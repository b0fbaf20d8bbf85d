//! The layout of the screen, for drawing and for clicks.

use std::ops::Range;

use ratatui::layout::{Constraint, Layout, Position, Rect};

use super::Board;
use crate::text::wrap;

/// The smallest width of a readable column, in cells.
const NARROWEST: u16 = 26;

/// The lines of a ticket: its title, its id, who holds it, and an empty one.
pub(super) const TICKET: u16 = 4;

/// The lines above the tickets of a lane: its name, and an empty one.
pub(super) const ABOVE: u16 = 2;

/// How many lines a notice or a question has at most.
const NOTICE: usize = 3;

/// The parts of the screen, from the top.
pub(super) struct ScreenParts {
    pub(super) heading: Rect,
    pub(super) body: Rect,
    pub(super) notice: Rect,
    pub(super) keys: Rect,
}

/// What a click means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BoardTarget {
    Lane(usize),
    /// A lane, and a ticket among those that are shown there.
    Ticket(usize, usize),
}

impl BoardTarget {
    pub(super) fn lane(self) -> usize {
        match self {
            BoardTarget::Lane(at) | BoardTarget::Ticket(at, _) => at,
        }
    }
}

/// The parts of a screen where the notice has this many lines.
fn parts(area: Rect, notice: u16) -> ScreenParts {
    let lines = [
        Constraint::Length(1),
        Constraint::Fill(1),
        Constraint::Length(notice),
        Constraint::Length(1),
    ];
    let [heading, body, notice, keys] = Layout::vertical(lines).areas(area);
    ScreenParts { heading, body, notice, keys }
}

/// How many of a board's lanes fit side by side.
pub(super) fn fitting(width: u16, lanes: usize) -> usize {
    usize::from(width / NARROWEST).clamp(1, lanes.max(1))
}

/// The areas of this many lanes side by side.
pub(super) fn side_by_side(lanes: usize, area: Rect) -> Vec<Rect> {
    Layout::horizontal((0..lanes).map(|_| Constraint::Fill(1))).split(area).to_vec()
}

impl Board {
    /// The parts of the screen, and the lines of the notice.
    pub(super) fn parts(&self, area: Rect) -> (ScreenParts, Vec<String>) {
        let words = wrap(&self.below().0, area.width.into());
        let lines: Vec<String> = words.lines().take(NOTICE).map(str::to_owned).collect();
        let height = u16::try_from(lines.len()).unwrap_or(u16::MAX).max(1);
        (parts(area, height), lines)
    }

    /// The lanes that a screen of this width shows; if not all fit, the one with the cursor is among them.
    pub(super) fn visible_lanes(&self, width: u16) -> Range<usize> {
        let count = self.content.columns.len();
        let fitting = fitting(width, count);
        let first = (self.at + 1).saturating_sub(fitting);
        first..(first + fitting).min(count)
    }

    /// The ticket at the top of a lane of this height that keeps this row in sight.
    pub(super) fn top_row(row: usize, height: u16) -> usize {
        let whole = (height.saturating_sub(ABOVE) / TICKET).max(1);
        (row + 1).saturating_sub(whole.into())
    }

    /// What is at a place of the screen.
    pub(super) fn target(&self, x: u16, y: u16) -> Option<BoardTarget> {
        let body = self.parts(self.area).0.body;
        let lanes = self.visible_lanes(self.area.width);
        let places = side_by_side(lanes.len(), body);
        let (at, place) = lanes.zip(places).find(|(_, place)| place.contains(Position { x, y }))?;
        let below = y.checked_sub(place.y + ABOVE);
        let nth = below.map(|lines| usize::from(lines / TICKET));
        let row = nth.map(|nth| Board::top_row(self.row(at), place.height) + nth);
        let there = row.filter(|row| *row < self.shown(at).len());
        Some(there.map_or(BoardTarget::Lane(at), |row| BoardTarget::Ticket(at, row)))
    }
}
