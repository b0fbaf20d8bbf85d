//! Tables: aligned and cut to the screen for a person, tab-separated and whole for a program.

use crate::text::{cut, cut_apart, safe, width};

/// Shown in an empty cell, so that no column disappears from a line.
const NOTHING: &str = "-";

/// Separates two columns.
const GAP: &str = "  ";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableLayout {
    /// A header and aligned columns. No line is wider than the terminal, where its width is known.
    Terminal {
        /// In columns.
        width: Option<usize>,
        colors: Colors,
    },
    /// A tab between two cells.
    Piped { colors: Colors },
}

/// Whether an output has colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colors {
    On,
    Off,
}

impl Colors {
    /// The text in this colour (an SGR code), where there are colours.
    pub fn paint(self, code: &str, text: &str) -> String {
        match self {
            Colors::On => format!("\x1b[{code}m{text}\x1b[0m"),
            Colors::Off => text.to_owned(),
        }
    }
}

/// What a cell means, for people who see colours. The words say it too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Meaning {
    #[default]
    Plain,
    /// It is done.
    Good,
    /// Somebody is at work on it.
    Busy,
    /// Somebody has to look at it.
    Waiting,
    /// Something is wrong.
    Bad,
    /// It says little.
    Quiet,
}

impl Meaning {
    /// The SGR code; one of the sixteen colours, so that each terminal shows its own.
    pub fn code(self) -> Option<&'static str> {
        match self {
            Meaning::Plain => None,
            Meaning::Good => Some("32"),
            Meaning::Busy => Some("36"),
            Meaning::Waiting => Some("33"),
            Meaning::Bad => Some("31"),
            Meaning::Quiet => Some("2"),
        }
    }

    fn paint(self, text: &str, colors: Colors) -> String {
        self.code().map_or_else(|| text.to_owned(), |code| colors.paint(code, text))
    }
}

/// A column, and how it gives way where a line is too wide: first the columns with a least width are cut to that, the widest
/// first; then columns leave; and where nothing else helps, what is left is cut further.
#[derive(Clone, Copy, Debug)]
pub struct ColumnSpec {
    name: &'static str,
    least: Option<usize>,
    leaves: Option<u8>,
    apart: bool,
}

impl ColumnSpec {
    pub const fn new(name: &'static str) -> ColumnSpec {
        ColumnSpec { name, least: None, leaves: None, apart: false }
    }

    /// It may be cut to so many columns of the screen.
    pub const fn cut_to(self, least: usize) -> ColumnSpec {
        ColumnSpec { least: Some(least), ..self }
    }

    /// Its cells stay different where they are cut, as ids must.
    pub const fn apart(self) -> ColumnSpec {
        ColumnSpec { apart: true, ..self }
    }

    /// It may leave; the lowest number leaves first.
    pub const fn leaves(self, order: u8) -> ColumnSpec {
        ColumnSpec { leaves: Some(order), ..self }
    }
}

/// What stands in one place of a table. It may hold anything: nothing in it reaches a terminal as a command, and it ends
/// neither its column nor its line.
#[derive(Clone, Debug)]
pub struct Cell {
    /// What a program reads.
    full: String,
    /// What a person reads.
    short: String,
    meaning: Meaning,
}

impl Cell {
    /// The same for a program and for a person.
    pub fn new(text: impl Into<String>) -> Cell {
        let text: String = text.into();
        let text = if text.is_empty() { NOTHING.to_owned() } else { safe(&text) };
        Cell { short: text.clone(), full: text, meaning: Meaning::Plain }
    }

    /// What a person reads instead.
    pub fn short(self, text: &str) -> Cell {
        let short = if text.is_empty() { self.short } else { safe(text) };
        Cell { short, ..self }
    }

    pub fn meaning(self, meaning: Meaning) -> Cell {
        Cell { meaning, ..self }
    }
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Cell {
        Cell::new(text)
    }
}

/// Rows of cells below a header.
#[derive(Clone, Debug)]
pub struct Table {
    columns: Vec<ColumnSpec>,
    rows: Vec<Vec<Cell>>,
    header: Header,
}

/// Who sees the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Header {
    People,
    Everybody,
    Nobody,
}

impl Table {
    pub fn new(columns: impl Into<Vec<ColumnSpec>>) -> Table {
        Table { columns: columns.into(), rows: Vec::new(), header: Header::People }
    }

    /// Programs get the header too: a table whose columns nobody chose.
    pub fn titled(self) -> Table {
        Table { header: Header::Everybody, ..self }
    }

    /// There is no header: the cells speak for themselves.
    pub fn untitled(self) -> Table {
        Table { header: Header::Nobody, ..self }
    }

    /// Adds a row, with a cell for each column.
    pub fn push<C: Into<Cell>>(&mut self, cells: impl IntoIterator<Item = C>) {
        self.rows.push(cells.into_iter().map(Into::into).collect());
    }

    /// Renders the table; every line ends with a line break.
    pub fn render(&self, layout: TableLayout) -> String {
        if self.rows.is_empty() {
            return String::new();
        }
        match layout {
            TableLayout::Terminal { width, colors } => self.aligned(width, colors),
            TableLayout::Piped { colors } => {
                let names = self.columns.iter().map(|column| column.name.to_owned());
                let header = names.collect::<Vec<_>>().join("\t") + "\n";
                let rows = self.rows.iter().map(|row| {
                    let cells: Vec<String> =
                        row.iter().map(|cell| cell.meaning.paint(&cell.full, colors)).collect();
                    cells.join("\t") + "\n"
                });
                let header = (self.header == Header::Everybody).then_some(header);
                header.into_iter().chain(rows).collect()
            }
        }
    }

    fn aligned(&self, terminal: Option<usize>, colors: Colors) -> String {
        let names = self.columns.iter().map(|column| Cell::new(column.name.to_uppercase()));
        let header: Vec<Cell> = names.collect();
        let header = (self.header != Header::Nobody).then_some(&header);
        let lines = || header.into_iter().chain(&self.rows);
        let mut natural = vec![0; self.columns.len()];
        for line in lines() {
            for (widest, cell) in natural.iter_mut().zip(line) {
                *widest = (*widest).max(width(&cell.short));
            }
        }
        let widths = match terminal {
            Some(terminal) => fit(&self.columns, &natural, terminal),
            None => natural.into_iter().map(Some).collect(),
        };
        // Of each column whose cells stay apart, if they do not fit.
        let apart = |((at, column), room): ((usize, &ColumnSpec), &Option<usize>)| {
            let room = room.filter(|_| column.apart)?;
            let cells = lines().filter_map(|line| Some(line.get(at)?.short.as_str()));
            let cells: Vec<&str> = cells.collect();
            let is_cut = cells.iter().any(|cell| width(cell) > room);
            is_cut.then(|| cut_apart(&cells, room))
        };
        let apart: Vec<_> = (0..).zip(&self.columns).zip(&widths).map(apart).collect();
        let last = widths.iter().rposition(Option::is_some);
        let mut text = String::new();
        for (row, line) in lines().enumerate() {
            let mut first = true;
            for (at, (cell, columns)) in line.iter().zip(&widths).enumerate() {
                let Some(columns) = *columns else { continue };
                if !std::mem::take(&mut first) {
                    text.push_str(GAP);
                }
                let shown = apart.get(at).and_then(|cells| cells.as_ref()?.get(row)).cloned();
                let shown = shown.unwrap_or_else(|| cut(&cell.short, columns));
                // Padding by hand: the formatter counts characters, not the columns they take.
                let blanks = columns.saturating_sub(width(&shown));
                text.push_str(&cell.meaning.paint(&shown, colors));
                if Some(at) != last {
                    text.push_str(&" ".repeat(blanks));
                }
            }
            text.truncate(text.trim_end_matches(' ').len());
            text.push('\n');
        }
        text
    }
}

/// How wide each column is on a terminal of this width; `None` for those that have left.
fn fit(columns: &[ColumnSpec], natural: &[usize], terminal: usize) -> Vec<Option<usize>> {
    let mut there: Vec<bool> = vec![true; columns.len()];
    loop {
        let mut widths: Vec<Option<usize>> =
            natural.iter().zip(&there).map(|(width, there)| there.then_some(*width)).collect();
        shrink(&mut widths, terminal, |at| columns.get(at).and_then(|column| column.least));
        if total(&widths) <= terminal {
            return widths;
        }
        let leaving = columns
            .iter()
            .zip(&mut there)
            .filter(|(column, there)| **there && column.leaves.is_some());
        let Some((_, there)) = leaving.min_by_key(|(column, _)| column.leaves) else {
            shrink(&mut widths, terminal, |_| Some(1));
            return widths;
        };
        *there = false;
    }
}

/// Takes from the widest column again and again, down to what each has at least, until the line fits.
fn shrink(widths: &mut [Option<usize>], terminal: usize, least: impl Fn(usize) -> Option<usize>) {
    let mut excess = total(widths).saturating_sub(terminal);
    while excess > 0 {
        let can = widths.iter_mut().enumerate().filter_map(|(at, width)| {
            let (width, least) = (width.as_mut()?, least(at)?);
            (*width > least).then_some(width)
        });
        let Some(widest) = can.max_by_key(|width| **width) else { return };
        *widest -= 1;
        excess -= 1;
    }
}

/// How wide a line is.
fn total(widths: &[Option<usize>]) -> usize {
    let there = widths.iter().flatten();
    let gaps = there.clone().count().saturating_sub(1) * GAP.len();
    there.sum::<usize>() + gaps
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const COLUMNS: [ColumnSpec; 3] = [
        ColumnSpec::new("lane").leaves(1),
        ColumnSpec::new("id"),
        ColumnSpec::new("title").cut_to(9),
    ];

    fn table() -> Table {
        let mut table = Table::new(COLUMNS);
        table.push(["queue", "A", "日本語のとても長いタイトル"]);
        table.push(["completed", "", "a\tb\x1b[31m\nc"]);
        table
    }

    fn plain(width: Option<usize>) -> TableLayout {
        TableLayout::Terminal { width, colors: Colors::Off }
    }

    #[test]
    fn columns_are_aligned_by_what_they_take_on_the_screen() {
        let mut table = Table::new([ColumnSpec::new("a"), ColumnSpec::new("b")]);
        table.push(["日本", "x"]);
        table.push(["abc", "y"]);
        assert_eq!(table.render(plain(None)), "A     B\n日本  x\nabc   y\n");
    }

    #[test]
    fn columns_are_cut_and_then_leave() {
        let text = table().render(plain(Some(30)));
        assert!(text.starts_with("LANE ") && text.contains("日本語のとても…\n"), "{text}");
        let text = table().render(plain(Some(20)));
        assert!(text.starts_with("ID  TITLE\n") && text.contains("日本語のとても…\n"), "{text}");
    }

    #[test]
    fn ids_stay_different_where_they_are_cut() {
        let mut table = Table::new([ColumnSpec::new("id").cut_to(16).apart()]);
        table.push(["rewrite-the-framework-001"]);
        table.push(["rewrite-the-framework-002"]);
        let text = table.render(plain(Some(16)));
        assert_eq!(text, "ID\nrewrite-…ork-001\nrewrite-…ork-002\n");
    }

    #[test]
    fn a_pipe_gets_tabs_between_cells_and_nowhere_else() {
        let text = table().render(TableLayout::Piped { colors: Colors::Off });
        let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split('\t').collect()).collect();
        assert_eq!(lines[0], ["queue", "A", "日本語のとても長いタイトル"]);
        assert_eq!(lines[1], ["completed", "-", "a b\\u{1b}[31m\\nc"]);
        let titled = table().titled().render(TableLayout::Piped { colors: Colors::Off });
        assert!(titled.starts_with("lane\tid\ttitle\nqueue\t"), "{titled}");
    }

    #[test]
    fn people_read_what_is_short_and_see_what_it_means() {
        let mut table = Table::new([ColumnSpec::new("who"), ColumnSpec::new("state")]);
        let state = Cell::new("blocked").meaning(Meaning::Bad);
        table.push([Cell::new("Ada <ada@example.org>").short("Ada"), state]);
        let layout = TableLayout::Terminal { width: Some(40), colors: Colors::On };
        assert_eq!(table.render(layout), "WHO  STATE\nAda  \x1b[31mblocked\x1b[0m\n");
        assert_eq!(
            table.render(TableLayout::Piped { colors: Colors::Off }),
            "Ada <ada@example.org>\tblocked\n"
        );
    }

    #[test]
    fn without_rows_there_is_no_header_either() {
        assert_eq!(Table::new(COLUMNS).render(plain(Some(80))), "");
    }

    proptest! {
        #[test]
        fn no_line_is_wider_than_the_terminal(
            rows in proptest::collection::vec(proptest::array::uniform3(".{0,60}"), 1..4),
            columns in 20usize..200,
        ) {
            let mut table = Table::new(COLUMNS);
            for row in rows {
                table.push(row);
            }
            let text = table.render(plain(Some(columns)));
            prop_assert!(text.lines().all(|line| width(line) <= columns), "{}", text);
        }
    }
}
