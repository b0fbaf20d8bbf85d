//! Writes texts as YAML, on one line.

use super::visible::marked;

/// The text as the value of a key: plain where every YAML reader reads it as the same text, else in quotes.
pub fn value(text: &str) -> String {
    if is_plain(text) { text.to_owned() } else { quoted(text) }
}

/// The text where plain text is more restricted: as a key, or as an item of a list in brackets.
pub fn item(text: &str) -> String {
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_' | '.' | '/');
    if is_plain(text) && text.chars().all(is_word) { text.to_owned() } else { quoted(text) }
}

/// Whether YAML 1.1 and 1.2 both read exactly this text without quotes.
///
/// Stricter than both standards: what starts with a digit, a sign or a dot may be a number, a date or a time in one of
/// them, and quotes that were not needed cost nothing.
fn is_plain(text: &str) -> bool {
    const WORDS: [&str; 9] = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"];
    let starts_well = text.starts_with(|c: char| c.is_alphabetic() || matches!(c, '/' | '_'));
    starts_well
        && !text.ends_with(|c: char| c == ':' || c.is_whitespace())
        && !text.contains(": ")
        && !text.contains('#')
        && !marked(text).any(needs_escape)
        && !WORDS.iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// The text as JSON writes it, with escapes for everything that cannot be seen.
///
/// Above U+FFFF it uses YAML's `\U`, not JSON's surrogate pairs, which YAML does not know.
fn quoted(text: &str) -> String {
    let escape = |(c, hidden): (char, bool)| match c {
        '"' => "\\\"".to_owned(),
        '\\' => "\\\\".to_owned(),
        '\n' => "\\n".to_owned(),
        '\r' => "\\r".to_owned(),
        '\t' => "\\t".to_owned(),
        c if !needs_escape((c, hidden)) => c.to_string(),
        c if c <= '\u{ffff}' => format!("\\u{:04x}", u32::from(c)),
        c => format!("\\U{:08x}", u32::from(c)),
    };
    let escaped: String = marked(text).map(escape).collect();
    format!("\"{escaped}\"")
}

/// Whether the character would hide what a value says, or is one of the two that YAML forbids besides controls.
fn needs_escape((c, hidden): (char, bool)) -> bool {
    hidden || matches!(c, '\u{fffe}' | '\u{ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_plain_only_when_no_reader_takes_it_for_something_else() {
        for plain in [
            "open",
            "ticket/a-1",
            "/srv/a b/c",
            "don't \"x\"",
            "http://x",
            "日本語",
            "a [b], {c}",
            "nope",
            "go 👩‍🚀 ❤️",
        ] {
            assert_eq!(value(plain), plain);
        }
        let quoted = [
            "",
            " ",
            "001",
            "1e3",
            "0x1f",
            "2025-12-03",
            "12:30:45",
            "-1",
            "+1",
            ".5",
            ".nan",
            "~",
            "null",
            "True",
            "yes",
            "No",
            "ON",
            "off",
            "y",
            "N",
            "<<",
            "=",
            "a: b",
            "a:",
            "a #b",
            "#a",
            "- a",
            "? a",
            "[a",
            "{a",
            "&a",
            "*a",
            "!a",
            "|",
            ">",
            "'a",
            "\"a",
            "%a",
            "@a",
            "`a",
            "a ",
            "a\u{a0}",
            "---",
            "...",
        ];
        for text in quoted {
            assert_eq!(value(text), serde_json::to_string(text).unwrap());
        }
    }

    #[test]
    fn what_cannot_be_seen_is_escaped() {
        let text = "a\u{1b}\u{7f}\u{85}\u{2028}\u{202e}\u{feff}\n\t\u{e0041}é😀";
        let quoted = "\"a\\u001b\\u007f\\u0085\\u2028\\u202e\\ufeff\\n\\t\\U000e0041é😀\"";
        assert_eq!(value(text), quoted);
    }
}
