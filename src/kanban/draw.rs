//! From the state to the cells of a terminal.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use unicode_width::UnicodeWidthChar;

use super::{Column, Mode, State, Tile};
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

const BROWSING: &str = "←↓↑→ move   enter open   a activate   / filter   f fetch   q quit";
const FILTERING: &str = "type to filter   enter keep   esc all";
const READING: &str = "↓↑ scroll   esc back";

/// How high the board is that shows this many tickets of each lane, where there are so many.
pub fn height(state: &State, tickets: usize) -> u16 {
    let most = (0..state.columns.len()).map(|at| state.shown(at).len()).max().unwrap_or(0);
    u16::try_from(most.min(tickets)).unwrap_or(u16::MAX).saturating_mul(TILE).saturating_add(ABOVE)
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
        pen.line(all.x, bottom - 2, all.width, &state.notice, Style::new().fg(Color::Yellow));
        let help = match state.mode {
            Mode::Browse => BROWSING,
            Mode::Filter => FILTERING,
            Mode::Read { .. } => READING,
        };
        pen.line(all.x, bottom - 1, all.width, help, Style::new().add_modifier(Modifier::DIM));
    }
}

/// The cells as lines of text, without the blanks at their ends.
pub fn text(buffer: &Buffer) -> String {
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

/// Whether somebody is there who presses keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keys {
    /// They are named at the bottom, and the cursor is shown.
    Named,
    /// Nobody is.
    None,
}

/// Whether the cursor is at a ticket.
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
        self.buffer.set_stringn(x, y, cut(text, room), usize::from(room), style);
    }

    fn columns(&mut self, state: &State, area: Rect, keys: Keys) {
        let lanes = u16::try_from(state.columns.len()).unwrap_or(1).max(1);
        let fitting = (area.width / NARROWEST).clamp(1, lanes);
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
    }

    fn column(&mut self, state: &State, number: usize, column: &Column, room: Rect, keys: Keys) {
        let here = number == state.at() && keys == Keys::Named;
        let tiles = state.shown(number);
        let all = column.tiles.len();
        let count =
            if tiles.len() == all { all.to_string() } else { format!("{} of {all}", tiles.len()) };
        let mark = if here { Modifier::REVERSED | Modifier::BOLD } else { Modifier::BOLD };
        let style = Style::new().fg(colour(column.lane)).add_modifier(mark);
        self.line(room.x, room.y, room.width, &format!(" {} {count} ", column.lane), style);
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
        let who =
            [tile.holder.as_deref().map(first_name), Some(tile.age.clone()), tile.priority.clone()];
        let who: Vec<String> = who.into_iter().flatten().filter(|word| !word.is_empty()).collect();
        // What the lane says already is not said again.
        let status =
            Some(tile.status.clone()).filter(|status| !EXPECTED.contains(&status.as_str()));
        let status = status.into_iter().chain(who).collect::<Vec<_>>().join(" · ");
        let warn = tile.blocked.as_ref().map(|why| format!("blocked: {why}"));
        let last = match &warn {
            Some(why) => (why.as_str(), Style::new().fg(Color::Red)),
            None => (status.as_str(), dim),
        };
        let lines = [
            (tile.id.as_str(), mark.add_modifier(strong)),
            (tile.title.as_str(), Style::new().add_modifier(strong)),
            last,
        ];
        for (line, (text, style)) in (room.y..room.bottom()).zip(lines) {
            self.line(room.x, line, 1, edge, mark);
            self.line(room.x + 2, line, room.width.saturating_sub(2), text, style);
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

fn colour(lane: Lane) -> Color {
    match lane {
        Lane::Queue => Color::Blue,
        Lane::Active => Color::Yellow,
        Lane::Completed => Color::Green,
        Lane::Archive => Color::DarkGray,
    }
}

/// A person without the address.
fn first_name(holder: &str) -> String {
    let name = holder.split('<').next().unwrap_or_default().trim();
    if name.is_empty() { holder.to_owned() } else { name.to_owned() }
}

fn width(text: &str) -> u16 {
    let cells: usize = text.chars().map(|c| c.width().unwrap_or(0)).sum();
    u16::try_from(cells).unwrap_or(u16::MAX)
}

/// The text, or its beginning and a sign that there is more.
fn cut(text: &str, room: u16) -> String {
    if width(text) <= room {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut left = usize::from(room.saturating_sub(1));
    for c in text.chars() {
        let cells = c.width().unwrap_or(0);
        if cells > left {
            break;
        }
        left -= cells;
        kept.push(c);
    }
    kept.push('…');
    kept
}
