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

/// Each line broken between words where it takes more than this many columns. What goes on stands below the value, where
/// the line has a name before it, or else below the line; a word that is too long for that begins further left, so that it
/// can be copied. One that no line holds is broken where the line ends.
pub fn wrap(text: &str, columns: usize) -> String {
    text.split_inclusive('\n').map(|line| wrap_line(line, columns)).collect()
}

fn wrap_line(line: &str, columns: usize) -> String {
    let (mut rest, end) = line.strip_suffix('\n').map_or((line, ""), |line| (line, "\n"));
    if shown_width(rest) <= columns {
        return line.to_owned();
    }
    let (indent, below) = hanging(rest, columns);
    let (mut wrapped, mut used) = (String::new(), 0);
    let go_on = |wrapped: &mut String, at: usize| {
        wrapped.push('\n');
        wrapped.push_str(&" ".repeat(at));
        at
    };
    // Below its name a value stands deeper than the name, so that nobody takes it for another one.
    let deeper = if below > indent { indent + 2 } else { indent };
    let place = |word: &str| {
        let fits = |at: &usize| at + shown_width(word) <= columns;
        [below, deeper, indent, 0].into_iter().find(fits).unwrap_or(below)
    };
    while !rest.is_empty() {
        let blanks = rest.len() - rest.trim_start_matches(' ').len();
        let end = rest.get(blanks..).and_then(|word| word.find(' '));
        let (part, behind) = rest.split_at(end.map_or(rest.len(), |end| blanks + end));
        let (blanks, word) = part.split_at(blanks);
        let at = place(word);
        if (used > below || at < below) && used + shown_width(part) > columns {
            used = go_on(&mut wrapped, at);
        } else {
            wrapped.push_str(blanks);
            used += blanks.len();
        }
        for piece in shown_pieces(word) {
            let room = shown_width(piece);
            if used > below && used + room > columns {
                used = go_on(&mut wrapped, below);
            }
            wrapped.push_str(piece);
            used += room;
        }
        rest = behind;
    }
    wrapped + end
}

/// What a terminal shows as one, each piece with the colours that begin or end in front of it.
fn shown_pieces(word: &str) -> impl Iterator<Item = &str> {
    let mut rest = word;
    std::iter::from_fn(move || {
        let mut end = 0;
        while let Some(color) = rest.get(end..).filter(|rest| rest.starts_with("\x1b[")) {
            end += color.find('m').map_or(color.len(), |at| at + 1);
        }
        end += rest.get(end..)?.graphemes(true).next().map_or(0, str::len);
        let (piece, behind) = rest.split_at(end);
        rest = behind;
        (!piece.is_empty()).then_some(piece)
    })
}

/// In which column a line begins, and in which it goes on.
fn hanging(line: &str, columns: usize) -> (usize, usize) {
    let indent = line.len() - line.trim_start_matches(' ').len();
    let value = line.get(indent..).and_then(|line| {
        let gap = line.find("  ")?;
        let value = line.get(gap..)?.trim_start_matches(' ');
        line.strip_suffix(value).map(shown_width)
    });
    let indent = if indent * 2 <= columns { indent } else { 0 };
    let below = value.map(|before| indent + before).filter(|below| *below * 2 <= columns);
    (indent, below.unwrap_or(indent))
}

/// How many columns a line takes without the colours in it.
fn shown_width(line: &str) -> usize {
    let mut parts = line.split("\x1b[");
    let first = parts.next().map_or(0, width);
    let colored = parts.map(|part| width(part.split_once('m').map_or(part, |(_, shown)| shown)));
    first + colored.sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_broken_between_words_and_goes_on_below_its_value() {
        assert_eq!(wrap("one two three\nfour\n", 8), "one two\nthree\nfour\n");
        assert_eq!(wrap("  why   because it is so", 16), "  why   because\n        it is so");
        assert_eq!(wrap("  a long name  of it", 12), "  a long\n  name  of\n  it");
        assert_eq!(wrap("日本 日本語", 10), "日本\n日本語");
        assert_eq!(wrap("  in  one /a/long/path", 13), "  in  one\n/a/long/path");
        assert_eq!(wrap("  in  one /a/long/path", 14), "  in  one\n  /a/long/path");
        assert_eq!(wrap("  na  /a/long/path/x", 18), "  na\n    /a/long/path/x");
        assert_eq!(wrap("x /a/path/to y", 9), "x\n/a/path/t\no y");
        assert_eq!(
            wrap("  id  TICKET-日本-0012\n", 13),
            "  id  TICKET-\n      日本-00\n      12\n"
        );
        assert_eq!(wrap("\x1b[31mabcdef\x1b[0m g", 4), "\x1b[31mabcd\nef\x1b[0m g");
        assert_eq!(wrap("\x1b[31merror:\x1b[0m no\n", 9), "\x1b[31merror:\x1b[0m no\n");
    }

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
