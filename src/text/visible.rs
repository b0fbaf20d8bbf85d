//! Characters that a reader would not see, or that a terminal would obey.
//!
//! One set for everything that is shown, written or used as a name: control characters; Unicode's separators of lines
//! and paragraphs; everything that Unicode lets a program draw as nothing (`Default_Ignorable_Code_Point`: all joiners,
//! variation selectors, tags and direction controls); and the three interlinear annotation marks. With these a text can
//! hide what it says, pretend to be another, or turn the text around it.
//!
//! A joiner or a variation selector is legitimate where it stands alone after a picture or a letter that it changes: in
//! 👩‍🚀 and ❤️, in Persian, in the scripts of India, and in Japanese names. It is kept there and nowhere else: Latin,
//! Greek and Cyrillic letters use no joiners, and a row of them changes nothing visible. Tags are never kept, not even
//! in the flags of England, Scotland and Wales, because any sentence can be written in them.

use std::iter::{Peekable, from_fn};
use std::str::Chars;

/// Whether Unicode lets the character be invisible, in any position.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || super::is_separator(c)
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
}

/// Characters that change the look of the character before them, or how it joins the next one.
fn is_selector(c: char) -> bool {
    matches!(c, '\u{180b}'..='\u{180f}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}')
}

/// Pictures, and letters of scripts that use joiners and selectors, by Unicode block.
fn can_be_changed(c: char) -> bool {
    matches!(c,
        '©' | '®' | '‼' | '⁉' | '™' | 'ℹ'
        // From Arabic to Ol Chiki, and the Vedic marks.
        | '\u{600}'..='\u{1c7f}' | '\u{1cd0}'..='\u{1cff}'
        // From arrows to pictures, and from the radicals to all ideographs.
        | '\u{2190}'..='\u{2bff}' | '\u{2e80}'..='\u{9fff}'
        // From Phags-pa to Ethiopic, and the forms for compatibility.
        | '\u{a840}'..='\u{ab2f}' | '\u{f900}'..='\u{faff}' | '\u{fb50}'..='\u{fdff}' | '\u{fe70}'..='\u{fefe}'
        | '\u{10a00}'..='\u{11fff}' | '\u{1f000}'..='\u{1faff}' | '\u{20000}'..='\u{3ffff}')
}

/// What comes before a character, as far as it matters.
#[derive(Clone, Copy)]
enum Before {
    /// Something that a selector can change.
    Base,
    /// The same, followed by a selector that was kept.
    Selected,
    Other,
}

/// Each character of the text, and whether a reader would not see it there.
pub fn marked(text: &str) -> impl Iterator<Item = (char, bool)> {
    let mut chars = text.chars().peekable();
    let mut before = Before::Other;
    let mut last = '\0';
    from_fn(move || {
        let c = chars.next()?;
        let hidden = is_hidden(c) && !is_meant(c, before, last, &mut chars);
        before = match before {
            _ if hidden || is_joiner(c) => Before::Other,
            _ if is_selector(c) => Before::Selected,
            _ if can_be_changed(c) => Before::Base,
            Before::Base | Before::Selected | Before::Other => Before::Other,
        };
        last = c;
        Some((c, hidden))
    })
}

fn is_meant(c: char, before: Before, last: char, behind: &mut Peekable<Chars<'_>>) -> bool {
    match before {
        Before::Base => is_selector(c) || is_joiner(c),
        Before::Selected => is_joiner(c),
        // The key of a telephone: 1️⃣.
        Before::Other => {
            c == '\u{fe0f}'
                && matches!(last, '0'..='9' | '#' | '*')
                && behind.peek() == Some(&'\u{20e3}')
        }
    }
}

/// Whether the text contains something that a reader would not see.
pub fn has_hidden(text: &str) -> bool {
    let printable = |byte: u8| (b' '..=b'~').contains(&byte);
    !text.bytes().all(printable) && marked(text).any(|(_, hidden)| hidden)
}

/// The text on one line, with everything made visible that a reader would not see or a terminal would obey. A tab
/// becomes a blank: it moves the cursor as some of these do, and a line with a blank can still be pasted.
pub fn safe(text: impl Into<String>) -> String {
    let text = text.into();
    if !has_hidden(&text) {
        return text;
    }
    let mut shown = String::with_capacity(text.len());
    for (c, hidden) in marked(&text) {
        match c {
            '\t' => shown.push(' '),
            _ if hidden => shown.extend(c.escape_default()),
            _ => shown.push(c),
        }
    }
    shown
}

/// A text of many lines for a terminal: everything that it would obey is made visible, except line ends and tabs.
pub fn safe_lines(text: &str) -> String {
    let mut lines = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let end = line.trim_end_matches(['\r', '\n']);
        let cells: Vec<String> = end.split('\t').map(safe).collect();
        lines.push_str(&cells.join("\t"));
        lines.push('\n');
    }
    lines
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_hidden_is_what_unicode_says() {
        // Characters before numbers, and those that arrange hieroglyphs, are format characters too, but visible.
        let set = r"[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Bidi_Control}&&[^\p{Prepended_Concatenation_Mark}\x{13430}-\x{1343f}]]";
        let set = regex::Regex::new(set).unwrap();
        let all: String = ('\0'..=char::MAX).collect();
        let expected: String = set.find_iter(&all).map(|found| found.as_str()).collect();
        let (hidden, seen): (String, String) = all.chars().partition(|c| is_hidden(*c));
        assert_eq!(hidden.escape_unicode().to_string(), expected.escape_unicode().to_string());
        assert_eq!(safe(seen.as_str()), seen);
        let shown = safe(hidden.as_str());
        assert!(shown.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{shown}");
    }

    #[test]
    fn nothing_in_a_title_reaches_the_terminal_as_a_command() {
        assert_eq!(safe("a\x1b[31mb\nc\u{202e}d"), "a\\u{1b}[31mb\\nc\\u{202e}d");
        assert_eq!(safe("日本 é"), "日本 é");
    }

    #[test]
    fn two_names_that_look_alike_are_told_apart() {
        for hidden in
            ['\u{ad}', '\u{200b}', '\u{200d}', '\u{2060}', '\u{fe0f}', '\u{e0041}', '\u{61c}']
        {
            for before in ["pay", "пай", "é", "ａ", "1", ""] {
                let text = format!("{before}{hidden}pal");
                let shown = format!("{before}{}pal", hidden.escape_default());
                assert_eq!(safe(text), shown);
            }
        }
    }

    #[test]
    fn pictures_and_scripts_keep_what_they_are_written_with() {
        for whole in ["👩‍🚀 ❤️‍🔥 👁️‍🗨️ 🏴‍☠️ 🏳️‍🌈 👨🏽‍💻", "1️⃣ ©️ ™️ ☀︎", "می‌خواهم", "क्‍ष ക്‍", "葛󠄀城", "ᠠ᠋"]
        {
            assert_eq!(safe(whole), whole);
        }
    }

    #[test]
    fn a_row_of_joiners_and_selectors_hides_nothing() {
        assert_eq!(safe("👩\u{200d}\u{200d}🚀"), "👩\u{200d}\\u{200d}🚀");
        assert_eq!(safe("❤\u{fe0f}\u{fe01}\u{fe02}"), "❤\u{fe0f}\\u{fe01}\\u{fe02}");
        assert_eq!(safe("🏴\u{e0067}\u{e007f}"), "🏴\\u{e0067}\\u{e007f}");
        assert_eq!(safe("1\u{fe0f}2"), "1\\u{fe0f}2");
    }

    #[test]
    fn lines_and_tabs_of_a_text_stay_and_nothing_else_does() {
        assert_eq!(safe_lines("a\tb\x1b[2J\r\n\nc\rd"), "a\tb\\u{1b}[2J\n\nc\\rd\n");
    }

    proptest! {
        #[test]
        fn what_was_made_safe_is_safe(text: String) {
            let shown = safe(text.as_str());
            prop_assert!(!has_hidden(&shown));
            prop_assert_eq!(safe(shown.as_str()), shown);
        }
    }
}
