//! Figures of a sample, and tables of them.

use std::time::Duration;

/// The figures of one sample.
///
/// The machine is never quiet, and noise only ever adds: the tenth percentile says what a thing costs,
/// the median what it costs today.
#[derive(Clone, Copy, Debug)]
pub struct Figures {
    pub p10: Duration,
    pub median: Duration,
    pub worst: Duration,
}

impl Figures {
    pub fn of(mut sample: Vec<Duration>) -> Figures {
        assert!(!sample.is_empty(), "nothing was measured");
        sample.sort();
        let last = sample.len() - 1;
        Figures { p10: sample[last / 10], median: sample[last / 2], worst: sample[last] }
    }
}

/// A duration as milliseconds, with as many digits as mean something.
pub fn millis(duration: Duration) -> String {
    let ms = duration.as_secs_f64() * 1e3;
    if ms < 100.0 { format!("{ms:.1}") } else { format!("{ms:.0}") }
}

pub fn ratio(of: Duration, to: Duration) -> f64 {
    of.as_secs_f64() / to.as_secs_f64()
}

/// A table that reads well as text and as Markdown.
pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub fn new(columns: &[&str]) -> Table {
        Table { rows: vec![columns.iter().map(|&c| c.to_owned()).collect()] }
    }

    pub fn row(&mut self, cells: &[String]) {
        assert_eq!(cells.len(), self.rows[0].len(), "a row has a cell for each column");
        self.rows.push(cells.to_vec());
    }

    pub fn print(&self, title: &str) {
        let columns = 0..self.rows[0].len();
        let widths: Vec<usize> = columns
            .map(|at| self.rows.iter().map(|row| row[at].chars().count()).max().unwrap_or(0))
            .collect();
        println!("\n{title}\n");
        for (number, row) in self.rows.iter().enumerate() {
            println!("{}", line(row, &widths));
            if number == 0 {
                let dashes: Vec<_> = widths.iter().map(|w| "-".repeat(*w)).collect();
                println!("{}", line(&dashes, &widths));
            }
        }
    }
}

/// The first column is words, the others are figures.
fn line(cells: &[String], widths: &[usize]) -> String {
    let mut text = String::from("|");
    for (at, (cell, width)) in cells.iter().zip(widths).enumerate() {
        text.push_str(&if at == 0 {
            format!(" {cell:<width$} |")
        } else {
            format!(" {cell:>width$} |")
        });
    }
    text
}
