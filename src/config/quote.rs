//! Quotes text from outside for an error message: on one line, short, and harmless to a terminal.

use crate::text::{cut, safe};

const LONGEST: usize = 60;

/// `text` in backticks, with unprintable characters escaped, and cut where it gets long.
pub fn quoted(text: &str) -> String {
    format!("`{}`", cut(&safe(text), LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_quoted_is_short_and_harmless() {
        assert_eq!(quoted("a\u{1b}[31m\nb\u{202e}"), r"`a\u{1b}[31m\nb\u{202e}`");
        assert_eq!(quoted(r#"日本 "x" \ {id}"#), r#"`日本 "x" \ {id}`"#);
        assert_eq!(quoted(&"ü".repeat(1_000)).chars().count(), LONGEST + 2);
    }
}
