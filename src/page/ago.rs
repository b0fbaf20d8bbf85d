//! A moment for people.

use chrono::{DateTime, Utc};
use maud::{Render, html};

use super::SeenText;
use crate::text::duration;

/// How long before the second time a written one was, with the full time for whoever points at it. What is no time stays as it
/// is written.
pub struct Ago<'a>(pub &'a str, pub DateTime<Utc>);

impl Render for Ago<'_> {
    fn render_to(&self, buffer: &mut String) {
        let Ok(at) = DateTime::parse_from_rfc3339(self.0) else {
            return SeenText(self.0).render_to(buffer);
        };
        let at = at.to_utc();
        let full = at.format("%-d %B %Y, %H:%M:%S UTC").to_string();
        let exact = at.format("%Y-%m-%dT%H:%M:%SZ").to_string();
        html! { time datetime=(exact) title=(full) { (duration::age(at, self.1)) " ago" } }
            .render_to(buffer);
    }
}
