//! What the tests of the views share.

use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;

use super::{STYLE, TicketValues};

/// Noon of the last day of November 2026.
pub(super) const NOW: DateTime<Utc> = DateTime::from_timestamp(1_796_040_000, 0).unwrap();

pub(super) fn values<T: DeserializeOwned>(text: &str) -> T {
    serde_json::from_str(text).unwrap()
}

pub(super) fn ticket(text: &str) -> TicketValues {
    values(text)
}

#[track_caller]
pub(super) fn assert_holds(page: &str, parts: &[&str]) {
    for part in parts {
        assert!(page.contains(part), "{part}\n{page}");
    }
    let classes = page.split("class=\"").skip(1).filter_map(|rest| rest.split('"').next());
    for class in classes.flat_map(str::split_whitespace) {
        let styled = STYLE.match_indices(&format!(".{class}")).any(|(at, found)| {
            !STYLE[at + found.len()..]
                .starts_with(|next: char| next == '-' || next.is_alphanumeric())
        });
        assert!(styled, "the class {class} has no style");
    }
}
