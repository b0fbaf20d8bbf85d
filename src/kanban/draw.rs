//! From the state to the cells of a terminal.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};

use super::{Column, Mode, State, Tile};
use crate::text;
use crate::ticket::Lane;

/// Fewer cells than this make no column that can be read.
const NARROWEST: u16 = 26;

/// The lines of a ticket: its id, its title, who holds it, and an empty one.
const TILE: u16 = 4;

/// The lines above and below the tickets: heading, names of the lanes; notice and keys.
const ABOVE: u16 = 3;
const BELOW: u16 = 2;

/// What tickets are, each kind in its lane, unless something is special about them.
const EXPECTED: [&str; 4] = ["open", "in_progress", "approved", "closed"];

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

/// How many lanes of a board with so many fit beside each other.
fn fitting(width: u16, lanes: usize) -> u16 {
    (width / NARROWEST).clamp(1, u16::try_from(lanes).unwrap_or(1).max(1))
}

/// Draws the board into all of the buffer; the keys are named where there is room for them and somebody to press them.
pub fn draw(state: &State, buffer: &mut Buffer, keys: Keys) {
    let all = buffer.area;
    let below = match keys {
        Keys::Named => BELOW,
        Keys::None => 0,
    };
    if all.width == 0 || all.height < ABOVE + below {
        return;
    }
    let mut pen = Pen { buffer };
    let bold = Style::new().add_modifier(Modifier::BOLD);
    pen.line(all.x, all.y, all.width, &state.heading, bold);
    if !state.filter.is_empty() || state.mode == Mode::Filter {
        let text =
            format!("/{}{}", state.filter, if state.mode == Mode::Filter { "▏" } else { "" });
        let wide = width(&text).min(all.width / 2);
        pen.line(all.right() - wide, all.y, wide, &text, Style::new().fg(Color::Yellow));
    }
    let body = Rect::new(all.x, all.y + 1, all.width, all.height - 1 - below);
    match &state.mode {
        Mode::Read { title, lines, from } => pen.text(body, title, lines, *from),
        Mode::Browse | Mode::Filter => pen.columns(state, body, keys),
    }
    if keys == Keys::Named {
        let bottom = all.bottom();
        let notice = if state.notice.is_empty() { &state.away } else { &state.notice };
        pen.line(all.x, bottom - 2, all.width, notice, Style::new().fg(Color::Yellow));
        let hints = match state.mode {
            Mode::Browse => BROWSING,
            Mode::Filter => FILTERING,
            Mode::Read { .. } => READING,
        };
        let help = help(hints, all.width);
        pen.line(all.x, bottom - 1, all.width, &help, Style::new().add_modifier(Modifier::DIM));
    }
}

/// As many of the hints as there is room for.
fn help(hints: Hints, room: u16) -> String {
    let upto = |most: u8| {
        let named = hints.iter().filter(|(number, _)| *number <= most);
        named.map(|(_, words)| *words).collect::<Vec<_>>().join("   ")
    };
    let most = hints.iter().map(|(number, _)| *number).max().unwrap_or(0);
    (0..=most).rev().map(upto).find(|help| width(help) <= room).unwrap_or_else(|| upto(0))
}

/// The board as lines of text for somebody who presses no keys, with at most so many tickets of each lane. Lanes that do
/// not fit beside the others stand below them, as nobody can move to them.
pub fn printed(state: &State, width: u16, tickets: usize) -> String {
    let beside = fitting(width, state.columns.len()).into();
    let mut heading = state.heading.clone();
    let parts = state.columns.chunks(beside).map(|columns| {
        // An empty one parts these lanes from those above.
        let part = State::new(std::mem::take(&mut heading), columns.to_vec());
        let mut buffer = Buffer::empty(Rect::new(0, 0, width, height(&part, tickets)));
        draw(&part, &mut buffer, Keys::None);
        text(&buffer)
    });
    parts.collect()
}

/// How high the board is that shows this many tickets of each lane, where there are so many.
fn height(state: &State, tickets: usize) -> u16 {
    let most = (0..state.columns.len()).map(|at| state.shown(at).len()).max().unwrap_or(0);
    u16::try_from(most.min(tickets)).unwrap_or(u16::MAX).saturating_mul(TILE).saturating_add(ABOVE)
}

/// The cells as lines of text, without the blanks at their ends.
pub(super) fn text(buffer: &Buffer) -> String {
    let mut text = String::new();
    for line in buffer.content().chunks(usize::from(buffer.area.width.max(1))) {
        let mut words = String::new();
        let mut covered = 0;
        for cell in line {
            // A wide character covers the cell behind it.
            if covered == 0 {
                words.push_str(cell.symbol());
                covered = width(cell.symbol()).max(1);
            }
            covered -= 1;
        }
        text.push_str(words.trim_end());
        text.push('\n');
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keys {
    /// They are named at the bottom, and the cursor is shown.
    Named,
    None,
}

#[derive(Clone, Copy)]
enum Cursor {
    Here,
    Elsewhere,
}

struct Pen<'b> {
    buffer: &'b mut Buffer,
}

impl Pen<'_> {
    /// Writes a text, cut where the room ends.
    fn line(&mut self, x: u16, y: u16, room: u16, text: &str, style: Style) {
        self.buffer.set_stringn(x, y, text::cut(text, usize::from(room)), usize::from(room), style);
    }

    fn columns(&mut self, state: &State, area: Rect, keys: Keys) {
        let fitting = fitting(area.width, state.columns.len());
        // Where not all lanes fit, the one with the cursor does.
        let at = u16::try_from(state.at()).unwrap_or(0);
        let first = at.saturating_sub(fitting - 1);
        let wide = area.width / fitting;
        for place in 0..fitting {
            let number = usize::from(first + place);
            if let Some(column) = state.columns.get(number) {
                let room =
                    Rect::new(area.x + place * wide, area.y, wide.saturating_sub(2), area.height);
                self.column(state, number, column, room, keys);
            }
        }
        let shown = usize::from(first)..usize::from(first + fitting);
        if fitting == 1 && state.columns.len() > 1 {
            self.tabs(state, area, keys);
        } else {
            self.hidden(state, area, shown);
        }
    }

    /// In place of the one lane's name those of all that there is room for, with signs where the keys lead to others.
    fn tabs(&mut self, state: &State, area: Rect, keys: Keys) {
        let (at, last) = (state.at(), state.columns.len().saturating_sub(1));
        let named = |range: std::ops::RangeInclusive<usize>| -> Vec<(usize, String)> {
            let columns = state.columns.iter().enumerate();
            let columns = columns.filter(|(number, _)| range.contains(number));
            columns.map(|(number, column)| (number, name(state, number, column))).collect()
        };
        let ways = [0..=last, at.saturating_sub(1)..=(at + 1).min(last), at..=at].map(named);
        // The two signs have a cell each.
        let wide = |tabs: &[(usize, String)]| tabs.iter().map(|(_, t)| width(t)).sum::<u16>() + 2;
        let [.., only] = &ways;
        let tabs = ways.iter().find(|tabs| wide(tabs) <= area.width).unwrap_or(only);
        let dim = Style::new().add_modifier(Modifier::DIM);
        self.line(area.x, area.y, area.width, &" ".repeat(area.width.into()), Style::new());
        if at > 0 {
            self.line(area.x, area.y, 1, "‹", dim);
        }
        let mut x = area.x + 1;
        for (number, tab) in tabs {
            let Some(column) = state.columns.get(*number) else { continue };
            let cursor = if keys == Keys::Named { Cursor::Here } else { Cursor::Elsewhere };
            let style = if *number == at { heading(column.lane, cursor) } else { dim };
            let room = area.right().saturating_sub(x);
            self.line(x, area.y, room, tab, style);
            x = x.saturating_add(width(tab)).min(area.right());
        }
        if at < last && x < area.right() {
            self.line(x, area.y, 1, "›", dim);
        }
    }

    /// Below the names of the lanes that are shown those of the others, on the side on which they are.
    fn hidden(&mut self, state: &State, area: Rect, shown: std::ops::Range<usize>) {
        let names = |numbers: std::ops::Range<usize>| -> Vec<String> {
            let columns = numbers.filter_map(|n| Some((n, state.columns.get(n)?)));
            columns.map(|(n, column)| name(state, n, column).trim().to_owned()).collect()
        };
        let dim = Style::new().add_modifier(Modifier::DIM);
        let (left, right) = (names(0..shown.start), names(shown.end..state.columns.len()));
        if !left.is_empty() {
            let text = format!("‹ {}", left.join("  "));
            self.line(area.x, area.y + 1, area.width / 2, &text, dim);
        }
        if !right.is_empty() {
            let text = format!("{} ›", right.join("  "));
            let wide = width(&text).min(area.width / 2);
            self.line(area.right() - wide, area.y + 1, wide, &text, dim);
        }
    }

    fn column(&mut self, state: &State, number: usize, column: &Column, room: Rect, keys: Keys) {
        let here = number == state.at() && keys == Keys::Named;
        let tiles = state.shown(number);
        let cursor = if here { Cursor::Here } else { Cursor::Elsewhere };
        self.line(
            room.x,
            room.y,
            room.width,
            &name(state, number, column),
            heading(column.lane, cursor),
        );
        let top = room.y + ABOVE - 1;
        let fit = usize::from(room.bottom().saturating_sub(top).div_ceil(TILE)).max(1);
        let whole = usize::from(room.bottom().saturating_sub(top) / TILE).max(1);
        let row = if keys == Keys::Named { state.row(number) } else { 0 };
        let first = (row + 1).saturating_sub(whole);
        for (place, (nth, tile)) in (0_u16..).zip(tiles.iter().enumerate().skip(first).take(fit)) {
            let y = top + place * TILE;
            let high = TILE.min(room.bottom().saturating_sub(y));
            let cursor = if here && nth == row { Cursor::Here } else { Cursor::Elsewhere };
            self.tile(tile, Rect { y, height: high, ..room }, cursor);
        }
    }

    fn tile(&mut self, tile: &Tile, room: Rect, cursor: Cursor) {
        let dim = Style::new().add_modifier(Modifier::DIM);
        let (edge, strong, mark) = match cursor {
            Cursor::Here => ("▌", Modifier::BOLD, Style::new().fg(Color::Cyan)),
            Cursor::Elsewhere => ("│", Modifier::empty(), dim),
        };
        let words = |words: [Option<&str>; 2]| {
            let words = words.into_iter().flatten().filter(|word| !word.is_empty());
            words.collect::<Vec<_>>().join(" · ")
        };
        // What is short and always wanted comes first: names and reasons are what may be cut off.
        let since = words([Some(&tile.age), tile.priority.as_deref()]);
        // What the lane says already is not said again.
        let status = Some(tile.status.as_str()).filter(|status| !EXPECTED.contains(status));
        let (rest, style) = match &tile.blocked {
            Some(why) => (format!("blocked: {why}"), Style::new().fg(Color::Red)),
            None => (words([status, tile.holder.as_deref().map(first_name)]), dim),
        };
        let since = match (since.is_empty(), rest.is_empty()) {
            (false, false) => format!("{since} · "),
            (true, _) | (_, true) => since,
        };
        let lines = [
            (tile.id.as_str(), mark.add_modifier(strong)),
            (tile.title.as_str(), Style::new().add_modifier(strong)),
            (since.as_str(), dim),
        ];
        let wide = room.width.saturating_sub(2);
        for (line, (text, style)) in (room.y..room.bottom()).zip(lines) {
            self.line(room.x, line, 1, edge, mark);
            self.line(room.x + 2, line, wide, text, style);
        }
        let taken = width(&since);
        if room.height >= 3 && taken < wide {
            self.line(room.x + 2 + taken, room.y + 2, wide - taken, &rest, style);
        }
    }

    fn text(&mut self, area: Rect, title: &str, lines: &[String], from: usize) {
        let style = Style::new().fg(Color::Cyan).add_modifier(Modifier::BOLD);
        self.line(area.x, area.y, area.width, title, style);
        for (y, line) in (area.y + 2..area.bottom()).zip(lines.iter().skip(from)) {
            self.line(area.x, y, area.width, line, Style::new());
        }
    }
}

/// A lane's name and how many tickets are in it, or how many of them are shown.
fn name(state: &State, number: usize, column: &Column) -> String {
    let (shown, all) = (state.shown(number).len(), column.tiles.len());
    let count = if shown == all { all.to_string() } else { format!("{shown} of {all}") };
    format!(" {} {count} ", column.lane)
}

fn heading(lane: Lane, cursor: Cursor) -> Style {
    let mark = match cursor {
        Cursor::Here => Modifier::REVERSED | Modifier::BOLD,
        Cursor::Elsewhere => Modifier::BOLD,
    };
    Style::new().fg(colour(lane)).add_modifier(mark)
}

fn colour(lane: Lane) -> Color {
    match lane {
        Lane::Queue => Color::Blue,
        Lane::Active => Color::Yellow,
        Lane::Completed => Color::Green,
        Lane::Archive => Color::DarkGray,
    }
}

/// A person without the address.
fn first_name(holder: &str) -> &str {
    let name = holder.split('<').next().unwrap_or_default().trim();
    if name.is_empty() { holder } else { name }
}

fn width(text: &str) -> u16 {
    u16::try_from(text::width(text)).unwrap_or(u16::MAX)
}
