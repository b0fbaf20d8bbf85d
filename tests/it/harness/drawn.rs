//! What a plain run draws of a table that is long: others each day, and the same again by its seed.

use std::env;
use std::time::SystemTime;

/// Whether this run tries whole tables, as `.ci/run` does once.
pub fn is_whole() -> bool {
    of_longest().is_some()
}

/// A run of whole tables tries one in so many cases of the longest ones, which take a quarter of an hour; `None` in a plain one.
pub fn of_longest() -> Option<u64> {
    let whole = env::var("TIX_TEST_WHOLE").ok()?;
    Some(whole.parse().expect("TIX_TEST_WHOLE is a number, 1 for all"))
}

/// The number of today, so that every day tries something else, and all of one day the same.
pub fn seed() -> u64 {
    if let Ok(seed) = env::var("TIX_TEST_SEED") {
        return seed.parse().expect("TIX_TEST_SEED is a number");
    }
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs() / (24 * 3600)
}

/// A plain run tries one in so many.
const ONE_IN: u64 = 6;

/// The cells of a table that this run tries: a plain one takes each row with some of the columns, and each column with some of the
/// rows.
pub fn cells<'l>(
    rows: &'l [&'l str],
    columns: &'l [&'l str],
) -> impl Iterator<Item = (&'l str, &'l str)> {
    rows.iter().enumerate().flat_map(move |(row, one)| {
        let drawn = columns.iter().enumerate().filter(move |(column, _)| is_drawn(row, *column));
        drawn.map(move |(_, other)| (*one, *other))
    })
}

/// The same of a list.
pub fn of<T>(list: impl IntoIterator<Item = T>) -> Vec<T> {
    list.into_iter().enumerate().filter(|(at, _)| is_drawn(0, *at)).map(|(_, one)| one).collect()
}

fn is_drawn(row: usize, column: usize) -> bool {
    is_whole() || (row as u64 + column as u64 + seed()).is_multiple_of(ONE_IN)
}
