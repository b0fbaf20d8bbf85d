//! Tables as CSV, whose headers may repeat.

use super::{RefusedRecord, SourceFile, SourcePlace};

/// A row: each cell that says something with its header, in the order of the columns.
pub struct TableRow {
    pub place: SourcePlace,
    cells: Vec<(String, String)>,
}

impl TableRow {
    /// Takes the first cell of this column out.
    pub fn take(&mut self, name: &str) -> Option<String> {
        let at = self.cells.iter().position(|(header, _)| header.eq_ignore_ascii_case(name))?;
        Some(self.cells.remove(at).1)
    }

    /// Takes all cells of a column out that stands there several times.
    pub fn take_all(&mut self, name: &str) -> Vec<String> {
        std::iter::from_fn(|| self.take(name)).collect()
    }

    /// What is left.
    pub fn rest(self) -> Vec<(String, String)> {
        self.cells
    }
}

/// The sign between the cells, if the table has all of these columns.
fn delimiter(text: &str, columns: &[&str]) -> Option<u8> {
    let first = text.lines().next().unwrap_or_default();
    [b',', b';', b'\t'].into_iter().find(|sign| {
        let names = first.split(char::from(*sign)).map(|name| name.trim().trim_matches('"'));
        let names: Vec<&str> = names.collect();
        columns.iter().all(|column| names.iter().any(|name| name.eq_ignore_ascii_case(column)))
    })
}

/// Whether the file is a table with all of these columns.
pub fn is(file: &SourceFile, columns: &[&str]) -> bool {
    delimiter(&file.text, columns).is_some()
}

/// The rows of a table that must have these columns.
pub fn rows(file: &SourceFile, columns: &[&str]) -> (Vec<TableRow>, Vec<RefusedRecord>) {
    let place = |line: u64| SourcePlace {
        file: file.path.clone(),
        line: usize::try_from(line).unwrap_or(1),
    };
    let Some(delimiter) = delimiter(&file.text, columns) else {
        let why = format!("this table has not all of the columns {}", columns.join(", "));
        return (Vec::new(), vec![RefusedRecord { place: place(1), why }]);
    };
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(file.text.as_bytes());
    let (mut rows, mut refused): (Vec<TableRow>, Vec<RefusedRecord>) = (Vec::new(), Vec::new());
    let mut headers: Option<Vec<String>> = None;
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                let line = error.position().map_or(1, csv::Position::line);
                refused.push(RefusedRecord { place: place(line), why: error.to_string() });
                continue;
            }
        };
        let line = record.position().map_or(1, csv::Position::line);
        let Some(headers) = &headers else {
            headers = Some(record.iter().map(|name| name.trim().to_owned()).collect());
            continue;
        };
        if record.len() > headers.len() {
            let why = format!(
                "this row has {} cells, and there are {} columns: a text with separators in it needs quotes around it",
                record.len(),
                headers.len()
            );
            refused.push(RefusedRecord { place: place(line), why });
            continue;
        }
        let cells = headers.iter().cloned().zip(record.iter().map(str::to_owned));
        let cells: Vec<_> = cells.filter(|(_, cell)| !cell.trim().is_empty()).collect();
        if !cells.is_empty() {
            rows.push(TableRow { place: place(line), cells });
        }
    }
    (rows, refused)
}
