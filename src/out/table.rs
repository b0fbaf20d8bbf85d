//! Tables: aligned for a person, tab-separated for a program.

use std::fmt::Write as _;

use crate::text::{cut, safe, width};

/// Shown in an empty cell, so that no column disappears from a line.
const NOTHING: &str = "-";

/// Separates two columns.
const GAP: &str = "  ";

/// The minimum width of the last column, however narrow the terminal is.
const LEAST: usize = 12;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableLayout {
    /// A header and aligned columns; the last one is cut to the terminal's width if that is known.
    Terminal {
        /// In columns.
        width: Option<usize>,
    },
    /// No header; a tab between cells.
    Piped,
}

/// Rows of cells below a header.
#[derive(Clone, Debug)]
pub struct Table {
    header: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub fn new(header: impl Into<Vec<&'static str>>) -> Table {
        Table { header: header.into(), rows: Vec::new() }
    }

    /// Adds a row with one cell per column. Cells may contain anything: nothing in them reaches a terminal as a
    /// command, and no cell ends its column or its line.
    pub fn push<C: Into<String>>(&mut self, cells: impl IntoIterator<Item = C>) {
        let cell = |cell: C| match cell.into() {
            empty if empty.is_empty() => NOTHING.to_owned(),
            text => safe(text),
        };
        self.rows.push(cells.into_iter().map(cell).collect());
    }

    /// Renders the table; every line ends with a line break.
    pub fn render(&self, layout: TableLayout) -> String {
        match layout {
            TableLayout::Terminal { width } => self.aligned(width),
            TableLayout::Piped => {
                let mut text = String::new();
                for row in &self.rows {
                    for (at, cell) in row.iter().enumerate() {
                        text.push_str(if at == 0 { "" } else { "\t" });
                        text.push_str(cell);
                    }
                    text.push('\n');
                }
                text
            }
        }
    }

    fn aligned(&self, terminal: Option<usize>) -> String {
        if self.rows.is_empty() {
            return String::new();
        }
        let header: Vec<String> = self.header.iter().map(|name| name.to_uppercase()).collect();
        let count = header.len();
        let mut widths = vec![0; count];
        for row in std::iter::once(&header).chain(&self.rows) {
            for (widest, cell) in widths.iter_mut().zip(row) {
                *widest = (*widest).max(width(cell));
            }
        }
        let before: usize =
            widths.iter().take(count.saturating_sub(1)).map(|w| w + GAP.len()).sum();
        let left = terminal.map(|columns| columns.saturating_sub(before).max(LEAST));
        let mut text = String::new();
        for row in std::iter::once(&header).chain(&self.rows) {
            for (at, (cell, widest)) in row.iter().zip(&widths).enumerate() {
                if at + 1 == count {
                    text.push_str(&left.map_or_else(|| cell.clone(), |left| cut(cell, left)));
                } else {
                    // Padding by hand: the formatter counts characters, not the columns they take.
                    let blanks = widest - width(cell);
                    // Writing to a string cannot fail.
                    write!(text, "{cell}{:blanks$}{GAP}", "").ok();
                }
            }
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new(["lane", "id", "title"]);
        table.push(["queue", "A", "日本語のとても長いタイトル"]);
        table.push(["completed", "", "a\tb\x1b[31m\nc"]);
        table
    }

    #[test]
    fn columns_are_aligned_by_what_they_take_on_the_screen() {
        let mut table = Table::new(["a", "b"]);
        table.push(["日本", "x"]);
        table.push(["abc", "y"]);
        let text = table.render(TableLayout::Terminal { width: None });
        assert_eq!(text, "A     B\n日本  x\nabc   y\n");
    }

    #[test]
    fn the_last_column_is_cut_to_the_terminal() {
        let text = table().render(TableLayout::Terminal { width: Some(30) });
        assert!(text.contains("日本語のとても…\n"), "{text}");
        assert!(text.lines().all(|line| width(line) <= 30), "{text}");
    }

    #[test]
    fn a_pipe_gets_tabs_between_cells_and_nowhere_else() {
        let text = table().render(TableLayout::Piped);
        let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split('\t').collect()).collect();
        assert_eq!(lines[0], ["queue", "A", "日本語のとても長いタイトル"]);
        assert_eq!(lines[1], ["completed", "-", "a b\\u{1b}[31m\\nc"]);
    }

    #[test]
    fn without_rows_there_is_no_header_either() {
        let table = Table::new(["a", "b"]);
        assert_eq!(table.render(TableLayout::Terminal { width: Some(80) }), "");
    }
}
