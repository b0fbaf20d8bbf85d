//! How tix reads and writes texts everywhere: durations, what a terminal may show, shell words, counts.
//!
//! Every part may use this module. It is pure, and knows nothing of tickets, git or the command line.

mod apart;
pub mod duration;
mod json;
mod near;
mod shell;
mod visible;
mod width;
pub mod yaml;

use std::fmt::Display;

use regex::{Regex, RegexBuilder};

pub use apart::cut_apart;
pub use json::without_nulls;
pub use near::near;
pub use shell::{shell_line, shell_quoted, shell_word};
pub use visible::{has_hidden, safe, safe_lines};
pub use width::{cut, width, wrap};

/// The text on one line: control characters and line ends become blanks, and repeated blanks one.
pub fn one_line(text: &str) -> String {
    let parts = text.split(|c: char| c == ' ' || c.is_control() || is_separator(c));
    parts.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Unicode's line and paragraph separators, at which some programs break a line.
fn is_separator(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}')
}

/// A regular expression as people type it: its letters match in any case, unless it mixes them, as a name in code does.
pub fn pattern(text: &str) -> Result<Regex, regex::Error> {
    let mixes = text.chars().any(char::is_uppercase) && text.chars().any(char::is_lowercase);
    let any_case = !mixes;
    RegexBuilder::new(text).case_insensitive(any_case).multi_line(true).build()
}

/// A number with its noun, such as `count(n, "commit", "commits")`; the words may continue, as in
/// `"ticket is", "tickets are"`.
pub fn count<N: Copy + Display + PartialEq + From<u8>>(number: N, one: &str, many: &str) -> String {
    format!("{number} {}", if number == N::from(1) { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_no_ends_in_it_and_single_blanks() {
        assert_eq!(one_line(" a\r\nb\t\u{2028} c\u{1b}[31m\n"), "a b c [31m");
        assert_eq!(one_line(" \n "), "");
        assert_eq!(one_line("日本\u{3000}語"), "日本\u{3000}語");
    }

    #[test]
    fn one_thing_is_not_many() {
        let commits = [0, 1, 2].map(|number: usize| count(number, "commit", "commits"));
        assert_eq!(commits, ["0 commits", "1 commit", "2 commits"]);
        assert_eq!(count(1_u64, "thing is", "things are"), "1 thing is");
    }
}
