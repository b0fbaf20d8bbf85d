//! How many columns a text takes on the screen.

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

/// The number of columns that the text takes.
pub fn width(text: &str) -> usize {
    text.width()
}

/// The text in at most this many columns, with a mark where something is missing. Does not cut a picture that consists
/// of several characters.
pub fn cut(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut used = 1;
    let fits = |part: &&str| {
        used += width(part);
        used <= columns
    };
    let mut kept: String = text.graphemes(true).take_while(fits).collect();
    kept.push('…');
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_what_is_written_as_one() {
        assert_eq!(cut("日本語", 6), "日本語");
        assert_eq!(cut("日本語", 5), "日本…");
        assert_eq!(cut("日本語", 4), "日…");
        assert_eq!(cut("a👩‍🚀b", 4), "a👩‍🚀b");
        assert_eq!(cut("a👩‍🚀bc", 4), "a👩‍🚀…");
        assert_eq!(cut("a👩‍🚀bc", 3), "a…");
        assert_eq!(cut("ae\u{301}bc", 3), "ae\u{301}…");
        assert_eq!(cut("abc", 0), "…");
    }
}
