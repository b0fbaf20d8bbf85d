//! Words for a POSIX shell. fish reads them the same, except for a backslash before a quote and for hidden characters.

use super::visible::has_hidden;

/// A command line that a shell reads as these words.
pub fn shell_line(words: &[String]) -> String {
    words.iter().map(|word| shell_word(word)).collect::<Vec<_>>().join(" ")
}

/// The text as one word to paste: bare where the shell accepts it so, else in quotes, and with escapes (`$'…'`) where a
/// terminal would not show it.
pub fn shell_word(text: &str) -> String {
    let plain = |c: char| {
        c.is_alphanumeric() || matches!(c, '/' | '.' | '-' | '_' | '+' | '@' | '%' | ',' | ':')
    };
    if has_hidden(text) {
        let byte = |byte: u8| match byte {
            b'\'' | b'\\' => format!("\\{}", char::from(byte)),
            b' '..=b'~' => char::from(byte).to_string(),
            // All three digits, so that a digit after it is not read as part of it.
            _ => format!("\\{byte:03o}"),
        };
        return format!("$'{}'", text.bytes().map(byte).collect::<String>());
    }
    if !text.is_empty() && text.chars().all(plain) { text.to_owned() } else { shell_quoted(text) }
}

/// The text in quotes, so that nothing in it means anything to the shell.
pub fn shell_quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_can_be_pasted_into_a_shell() {
        assert_eq!(shell_word("/a/b-c.d"), "/a/b-c.d");
        assert_eq!(shell_word("/a b/it's"), "'/a b/it'\\''s'");
        assert_eq!(shell_word("/a\tb/ü'\u{ad}1"), "$'/a\\011b/\\303\\274\\'\\302\\2551'");
        assert_eq!(shell_word(""), "''");
    }
}
