//! Draws the board as cells of a terminal.

use std::ops::Range;

use chrono::{DateTime, Utc};
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Style, Stylize};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Padding, Paragraph, Widget};

use super::help::{
    ASKING, BROWSING, FILTERING, HELPING, KeyHelp, READING, READING_ALONE, WRITING, hints,
};
use super::layout::{ABOVE, ScreenParts, TICKET, fitting, side_by_side};
use super::{Board, BoardContent, BoardMode};
use crate::text::{cut, cut_apart, duration, safe, width};
use crate::ticket::{Lane, Status, TicketRow};

/// Whether the board is interactive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cursor {
    Shown,
    Hidden,
}

impl Widget for &Board {
    fn render(self, area: Rect, buffer: &mut Buffer) {
        let (ScreenParts { heading: top, body, notice, keys }, words) = self.parts(area);
        let sign = if self.mode == BoardMode::Filter { "▏" } else { "" };
        let filter = match (self.filter.as_str(), sign) {
            ("", "") => String::new(),
            (text, sign) => format!("/{text}{sign}"),
        };
        let room = cells(width(&filter)).min(top.width / 2);
        let [heading, corner] =
            Layout::horizontal([Constraint::Fill(1), Constraint::Length(room)]).areas(top);
        fitted(&self.content.headline(), heading).bold().render(heading, buffer);
        fitted(&filter, corner).yellow().render(corner, buffer);
        if let BoardMode::Read { title, lines, from, .. } = &self.mode {
            let lines = lines.iter().skip(*from).take(body.height.into());
            let block = Block::new().title_top(fitted(title, body).cyan().bold());
            let text: Vec<Line<'_>> = lines.cloned().collect();
            Paragraph::new(text).block(block.padding(Padding::top(1))).render(body, buffer);
        } else {
            self.lanes(self.visible_lanes(area.width), Cursor::Shown, body, buffer);
        }
        if self.mode == BoardMode::Help {
            help(body, buffer);
        }
        for (line, place) in words.iter().zip(notice.rows()) {
            fitted(line, place).yellow().render(place, buffer);
        }
        Span::from(hints(self.below().1, keys.width)).dim().render(keys, buffer);
    }
}

/// All keys, in a box over the board.
fn help(area: Rect, buffer: &mut Buffer) {
    let line = |key: &KeyHelp| {
        let pad = " ".repeat(7_usize.saturating_sub(width(key.key)));
        Line::from(vec![Span::from(format!(" {}{pad}", key.key)).cyan(), key.says.into()])
    };
    let lines: Vec<Line<'_>> = BROWSING.iter().map(line).collect();
    let wide = lines.iter().map(Line::width).max().unwrap_or(0);
    let place = area.centered(
        Constraint::Length(cells(wide).saturating_add(3)),
        Constraint::Length(cells(lines.len()).saturating_add(2)),
    );
    Clear.render(place, buffer);
    Paragraph::new(lines).block(Block::bordered().title_top(" Keys ")).render(place, buffer);
}

impl BoardContent {
    /// The source of the board, and its age.
    fn headline(&self) -> String {
        let ago = |at| format!("  looked {} ago", duration::age(at, self.now));
        format!("{}{}", self.heading, self.looked.map(ago).unwrap_or_default())
    }
}

/// The board as lines of text, without keys, with at most this many tickets of each lane. Lanes that do not fit side by
/// side go below the others, because nobody can scroll to them.
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
        cut(&board.content.headline(), width.into()),
        parts.collect::<Vec<_>>().join("\n")
    )
}

/// The cells as lines of text, without trailing blanks and trailing empty lines.
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
    /// The lines below the board: the notice and the keys.
    pub(super) fn below(&self) -> (String, &'static [KeyHelp]) {
        let words = if self.notice.is_empty() { &self.away } else { &self.notice };
        match &self.mode {
            BoardMode::Browse => (words.clone(), BROWSING),
            BoardMode::Filter => (words.clone(), FILTERING),
            BoardMode::Read { .. } if self.selected().is_some_and(may_have_workspace) => {
                (words.clone(), READING)
            }
            BoardMode::Read { .. } => (words.clone(), READING_ALONE),
            BoardMode::Help => (words.clone(), HELPING),
            BoardMode::Title(title) => (format!("Title: {title}▏"), WRITING),
            BoardMode::Ask { question, .. } => (format!("{question} (y/n)"), ASKING),
        }
    }

    /// These lanes side by side.
    fn lanes(&self, shown: Range<usize>, cursor: Cursor, area: Rect, buffer: &mut Buffer) {
        for (at, place) in shown.clone().zip(side_by_side(shown.len(), area)) {
            let room = usize::from(place.width.saturating_sub(2));
            let visible = place.height.saturating_sub(ABOVE).div_ceil(TICKET);
            let here = at == self.at && cursor == Cursor::Shown;
            let row = if cursor == Cursor::Shown { self.row(at) } else { 0 };
            let tickets = self.shown(at);
            let first = Board::top_row(row, place.height);
            let tickets: Vec<&TicketRow> =
                tickets.into_iter().skip(first).take(visible.into()).collect();
            let ids = tickets.iter().map(|ticket| ticket.id.as_str());
            let ids: Vec<&str> = ids.map(|id| id.strip_prefix("TICKET-").unwrap_or(id)).collect();
            let ids = cut_apart(&ids, room.saturating_sub(2));
            let now = self.content.now;
            let lines = tickets.iter().zip(ids).enumerate().flat_map(|(nth, (ticket, id))| {
                lines(ticket, &id, now, here && nth + first == row, room)
            });
            let name = self.head(at, &shown, cursor, place.width);
            let block = Block::new().title_top(name).padding(Padding::new(0, 2, ABOVE - 1, 0));
            Paragraph::new(lines.collect::<Vec<_>>()).block(block).render(place, buffer);
        }
    }

    /// The name of a lane. The first and the last lane shown also name the hidden lanes beside them: all of them, or the
    /// next one, or only a sign that there are more.
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
        let with = |(most, gap): (usize, &str)| {
            let mut spans = vec![left.dim()];
            let skipped = before.len().saturating_sub(most);
            spans.push(self.names(before.clone().skip(skipped), gap).dim());
            spans.push(own.clone());
            spans.push(self.names(after.clone().take(most), gap).dim());
            spans.push(sign("›", &after).dim());
            Line::from(spans)
        };
        let fits = |line: &Line<'_>| line.width() <= room.into();
        let ways = [(count, " "), (count, ""), (1, " "), (1, "")];
        ways.into_iter().map(with).find(fits).unwrap_or_else(|| with((0, "")))
    }

    /// The names of hidden lanes beside a visible one, with this much padding around each.
    fn names(&self, lanes: impl Iterator<Item = usize>, gap: &str) -> Span<'static> {
        let names: Vec<String> =
            lanes.map(|at| format!("{gap}{}{gap}", self.name(at).content.trim())).collect();
        names.join(if gap.is_empty() { " " } else { "" }).into()
    }

    /// A lane's name and the number of its tickets, or of those shown.
    fn name(&self, at: usize) -> Span<'static> {
        let Some(column) = self.content.columns.get(at) else { return Span::default() };
        let (shown, all) = (self.shown(at).len(), column.rows.len());
        let count = if shown == all { all.to_string() } else { format!("{shown} of {all}") };
        format!(" {} {count} ", column.lane).into()
    }
}

/// Whether somebody holds it, perhaps in this clone.
fn may_have_workspace(row: &TicketRow) -> bool {
    row.lane == Lane::Active
}

fn lines(
    row: &TicketRow,
    id: &str,
    now: DateTime<Utc>,
    here: bool,
    room: usize,
) -> [Line<'static>; 4] {
    let dim = Style::new().dim();
    let (edge, mark) = if here { ("▌ ", Style::new().cyan()) } else { ("│ ", dim) };
    // What the lane says already is not said again.
    let status = Some(row.status_words()).filter(|_| row.known != Some(Status::usual_in(row.lane)));
    let pull = row.pull_request.as_ref().map(ToString::to_string);
    let words = |words: &[Option<&str>]| {
        let words = words.iter().copied().flatten().filter(|word| !word.is_empty());
        words.map(safe).collect::<Vec<_>>().join(" · ")
    };
    // What is short and always wanted comes first: names and reasons are what may be cut off.
    let since = words(&[Some(&row.age(now)), row.priority.as_deref()]);
    let (rest, style) = match &row.blocked {
        Some(why) => (format!("blocked: {}", safe(why)), Style::new().red()),
        None => (words(&[status, pull.as_deref(), row.holder_name()]), dim),
    };
    let since = if since.is_empty() || rest.is_empty() { since } else { since + " · " };
    let room = room.saturating_sub(width(edge));
    let since = cut(&since, room);
    let rest = cut(&rest, room.saturating_sub(width(&since)));
    // One without a title is known by its id alone.
    let title = row.title.as_ref().map(|title| cut(&safe(title), room));
    let (title, id) = title.map_or((id.to_owned(), String::new()), |title| (title, id.to_owned()));
    let line = |words: &[Span<'static>]| Line::from([&[Span::styled(edge, mark)], words].concat());
    [
        line(&[Span::styled(title, Style::new().bold())]),
        line(&[Span::styled(id, mark)]),
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
