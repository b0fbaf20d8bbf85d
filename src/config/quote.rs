//! Text from outside, as it stands in an error message: on one line, short, and without effect on a
//! terminal.

use super::names::text_problem;

const LONGEST: usize = 60;

/// `text` between backticks, what is not printable escaped, and cut off where it gets long.
pub fn quoted(text: &str) -> String {
    let mut shown = String::from("`");
    for c in text.chars().take(LONGEST) {
        if text_problem(c.encode_utf8(&mut [0; 4])).is_some() {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    if text.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    shown.push('`');
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_act_on_is_escaped() {
        assert_eq!(quoted("a\u{1b}[31m\nb\u{202e}"), r"`a\u{1b}[31m\nb\u{202e}`");
    }

    #[test]
    fn long_text_is_cut_off_between_characters() {
        let shown = quoted(&"ü".repeat(1_000));
        assert_eq!(shown.chars().count(), LONGEST + 3);
        assert!(shown.ends_with("ü…`"));
    }

    #[test]
    fn ordinary_text_stays_as_it_is() {
        assert_eq!(quoted(r#"日本 "x" \ {id}"#), r#"`日本 "x" \ {id}`"#);
    }
}
