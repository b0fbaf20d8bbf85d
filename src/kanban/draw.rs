//! From the board to the cells of a terminal.

use std::ops::Range;

use chrono::{DateTime, Utc};
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Style, Stylize};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Padding, Paragraph, Widget};

use super::{Board, BoardMode};
use crate::text::{cut, safe, width};
use crate::ticket::{Lane, Status, TicketRow};

/// Fewer cells than this make no column that can be read.
const NARROWEST: u16 = 26;

/// The lines of a ticket: its id, its title, who holds it, and an empty one.
const TICKET: u16 = 4;

/// The lines above the tickets of a lane: its name, and an empty one.
const ABOVE: u16 = 2;

/// What keys do, in the order in which they are named. Where there is no room for all, those with the highest number go
/// first: the way out is named last of all to go, and what happens by itself or is tried by anybody goes early.
type Hints = &'static [(u8, &'static str)];
const BROWSING: Hints = &[
    (3, "←↓↑→ move"),
    (1, "enter open"),
    (2, "a activate"),
    (4, "/ filter"),
    (5, "f fetch"),
    (0, "q quit"),
];
const FILTERING: Hints = &[(2, "type to filter"), (1, "enter keep"), (0, "esc all")];
const READING: Hints = &[(1, "↓↑ scroll"), (0, "esc back")];

/// Whether somebody is there who moves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cursor {
    Shown,
    Hidden,
}

impl Widget for &Board {
    fn render(self, area: Rect, buffer: &mut Buffer) {
        let lines = [
            Constraint::Length(1),
            Constraint::Fill(1),
            Constraint::Length(1),
            Constraint::Length(1),
        ];
        let [top, body, notice, keys] = Layout::vertical(lines).areas(area);
        let filter = match self.mode {
            BoardMode::Filter => format!("/{}▏", self.filter),
            BoardMode::Browse | BoardMode::Read { .. } if self.filter.is_empty() => String::new(),
            BoardMode::Browse | BoardMode::Read { .. } => format!("/{}", self.filter),
        };
        let room = cells(width(&filter)).min(top.width / 2);
        let [heading, corner] =
            Layout::horizontal([Constraint::Fill(1), Constraint::Length(room)]).areas(top);
        fitted(&self.content.heading, heading).bold().render(heading, buffer);
        fitted(&filter, corner).yellow().render(corner, buffer);
        let hints = match &self.mode {
            BoardMode::Read { title, lines, from } => {
                let lines = lines.iter().skip(*from).take(body.height.into());
                let block = Block::new().title_top(fitted(title, body).cyan().bold());
                let text: Vec<Line<'_>> = lines.map(|line| fitted(line, body).into()).collect();
                Paragraph::new(text).block(block.padding(Padding::top(1))).render(body, buffer);
                READING
            }
            BoardMode::Browse | BoardMode::Filter => {
                let count = self.content.columns.len();
                let fitting = fitting(area.width, count);
                // Where not all lanes fit, the one with the cursor does.
                let first = (self.at + 1).saturating_sub(fitting);
                self.lanes(first..(first + fitting).min(count), Cursor::Shown, body, buffer);
                if self.mode == BoardMode::Filter { FILTERING } else { BROWSING }
            }
        };
        let words = if self.notice.is_empty() { &self.away } else { &self.notice };
        fitted(words, notice).yellow().render(notice, buffer);
        Span::from(help(hints, keys.width)).dim().render(keys, buffer);
    }
}

/// How many lanes of a board with so many fit beside each other.
fn fitting(width: u16, lanes: usize) -> usize {
    usize::from(width / NARROWEST).clamp(1, lanes.max(1))
}

/// As many of the hints as there is room for.
fn help(hints: Hints, room: u16) -> String {
    let upto = |most: u8| {
        let named = hints.iter().filter(|(number, _)| *number <= most);
        named.map(|(_, words)| *words).collect::<Vec<_>>().join("   ")
    };
    let most = hints.iter().map(|(number, _)| *number).max().unwrap_or(0);
    let fits = |help: &String| width(help) <= room.into();
    (0..=most).rev().map(upto).find(fits).unwrap_or_else(|| upto(0))
}

/// The board as lines of text for somebody who presses no keys, with at most so many tickets of each lane. Lanes that do
/// not fit beside the others stand below them, as nobody can move to them.
pub fn printed(board: &Board, width: u16, tickets: usize) -> String {
    let count = board.content.columns.len();
    let fitting = fitting(width, count);
    let parts = (0..count).step_by(fitting).map(|first| {
        let lanes = first..(first + fitting).min(count);
        let most = lanes.clone().map(|at| board.shown(at).len()).max().unwrap_or(0).min(tickets);
        let height = cells(most).saturating_mul(TICKET).saturating_add(ABOVE);
        let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
        board.lanes(lanes, Cursor::Hidden, buffer.area, &mut buffer);
        text(&buffer)
    });
    format!(
        "{}\n{}",
        cut(&board.content.heading, width.into()),
        parts.collect::<Vec<_>>().join("\n")
    )
}

/// The cells as lines of text, without the blanks at their ends and the empty lines at the end of all.
pub(super) fn text(buffer: &Buffer) -> String {
    let line = |cells: &[Cell]| {
        let (mut words, mut cells) = (String::new(), cells.iter());
        while let Some(cell) = cells.next() {
            words.push_str(cell.symbol());
            // A wide character covers the cell behind it.
            for _ in 1..width(cell.symbol()) {
                cells.next();
            }
        }
        words.trim_end().to_owned() + "\n"
    };
    let lines = buffer.content().chunks(buffer.area.width.max(1).into());
    lines.map(line).collect::<String>().trim_end().to_owned() + "\n"
}

impl Board {
    /// These lanes side by side.
    fn lanes(&self, shown: Range<usize>, cursor: Cursor, area: Rect, buffer: &mut Buffer) {
        let places = Layout::horizontal(shown.clone().map(|_| Constraint::Fill(1))).split(area);
        for (at, place) in shown.clone().zip(places.iter()) {
            let room = place.width.saturating_sub(2);
            let below = place.height.saturating_sub(ABOVE);
            let (visible, whole) = (below.div_ceil(TICKET), (below / TICKET).max(1));
            let here = at == self.at && cursor == Cursor::Shown;
            let row = if cursor == Cursor::Shown { self.row(at) } else { 0 };
            let first = (row + 1).saturating_sub(whole.into());
            let tickets = self.shown(at);
            let rows = tickets.iter().enumerate().skip(first).take(visible.into());
            let now = self.content.now;
            let lines = rows.flat_map(|(nth, ticket)| lines(ticket, now, here && nth == row, room));
            let name = self.head(at, &shown, cursor, place.width);
            let block = Block::new().title_top(name).padding(Padding::new(0, 2, ABOVE - 1, 0));
            Paragraph::new(lines.collect::<Vec<_>>()).block(block).render(*place, buffer);
        }
    }

    /// The name of a lane. Beside the first and the last of those that are shown stand the names of those that are not:
    /// all of them, or the next one, or only a sign that the keys lead there.
    fn head(&self, at: usize, shown: &Range<usize>, cursor: Cursor, room: u16) -> Line<'static> {
        let style = match self.content.columns.get(at).map(|column| column.lane) {
            Some(Lane::Queue) => Style::new().blue(),
            Some(Lane::Active) => Style::new().yellow(),
            Some(Lane::Completed) => Style::new().green(),
            Some(Lane::Archive) | None => Style::new().fg(Color::DarkGray),
        };
        let here = at == self.at && cursor == Cursor::Shown;
        let style = if here { style.bold().reversed() } else { style.bold() };
        let own = self.name(at).patch_style(style);
        let count = self.content.columns.len();
        if cursor == Cursor::Hidden || shown.len() == count {
            return own.into();
        }
        let before = if at == shown.start { 0..at } else { 0..0 };
        let after = if at + 1 == shown.end { shown.end..count } else { 0..0 };
        let sign =
            |sign: &'static str, lanes: &Range<usize>| if lanes.is_empty() { "" } else { sign };
        // The first lane leaves the place of its sign free, so that nothing moves when there is one.
        let left = if at == 0 { " " } else { sign("‹", &before) };
        let with = |most: usize| {
            let hidden = |at: usize| self.name(at).dim();
            let mut spans = vec![left.dim()];
            spans.extend(before.clone().skip(before.len().saturating_sub(most)).map(hidden));
            spans.push(own.clone());
            spans.extend(after.clone().take(most).map(hidden));
            spans.push(sign("›", &after).dim());
            Line::from(spans)
        };
        let fits = |line: &Line<'_>| line.width() <= room.into();
        [count, 1].into_iter().map(with).find(fits).unwrap_or_else(|| with(0))
    }

    /// A lane's name and how many tickets are in it, or how many of them are shown.
    fn name(&self, at: usize) -> Span<'static> {
        let Some(column) = self.content.columns.get(at) else { return Span::default() };
        let (shown, all) = (self.shown(at).len(), column.rows.len());
        let count = if shown == all { all.to_string() } else { format!("{shown} of {all}") };
        format!(" {} {count} ", column.lane).into()
    }
}

fn lines(row: &TicketRow, now: DateTime<Utc>, here: bool, room: u16) -> [Line<'static>; 4] {
    let dim = Style::new().dim();
    let (edge, mark, strong) = if here {
        ("▌ ", Style::new().cyan(), Style::new().bold())
    } else {
        ("│ ", dim, Style::new())
    };
    // What the lane says already is not said again.
    let status = Some(row.status_words()).filter(|_| row.known != Some(Status::usual_in(row.lane)));
    let words = |words: [Option<&str>; 2]| {
        let words = words.into_iter().flatten().filter(|word| !word.is_empty());
        words.map(safe).collect::<Vec<_>>().join(" · ")
    };
    // What is short and always wanted comes first: names and reasons are what may be cut off.
    let since = words([Some(&row.age(now)), row.priority.as_deref()]);
    let (rest, style) = match &row.blocked {
        Some(why) => (format!("blocked: {}", safe(why)), Style::new().red()),
        None => (words([status, row.holder_name()]), dim),
    };
    let since = if since.is_empty() || rest.is_empty() { since } else { since + " · " };
    let room = usize::from(room).saturating_sub(width(edge));
    let since = cut(&since, room);
    let rest = cut(&rest, room.saturating_sub(width(&since)));
    let title = cut(&safe(row.title.as_deref().unwrap_or_default()), room);
    let line = |words: &[Span<'static>]| Line::from([&[Span::styled(edge, mark)], words].concat());
    [
        line(&[Span::styled(cut(row.id.as_str(), room), mark.patch(strong))]),
        line(&[Span::styled(title, strong)]),
        line(&[Span::styled(since, dim), Span::styled(rest, style)]),
        Line::default(),
    ]
}

/// The text in the width of an area.
fn fitted(text: &str, area: Rect) -> Span<'static> {
    cut(text, area.width.into()).into()
}

fn cells(count: usize) -> u16 {
    u16::try_from(count).unwrap_or(u16::MAX)
}
