//! Text from outside, as it stands in an error message: on one line, short, and without effect on a
//! terminal.

use crate::text::{cut, safe};

const LONGEST: usize = 60;

/// `text` between backticks, what is not printable escaped, and cut off where it gets long.
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
