//! As much of Markdown as it takes to find real headings.
//!
//! After `CommonMark` 0.31: headings with `#` (4.2), fenced code (4.5) and HTML comments (4.6, kind
//! 2). A heading inside of the latter two is none. Each is recognised at the start of a line, with
//! at most three blanks before it.

use std::ops::Range;

/// The headings of a body, in order, and whether something is still open at its end.
pub(super) struct Outline {
    pub(super) headings: Vec<Heading>,
    /// Where the lines start that are neither in a code block nor in a comment.
    pub(super) text_lines: Vec<usize>,
    /// A code fence or a comment does not close: what is added at the end becomes a part of it.
    pub(super) open_at_end: bool,
}

/// A heading: where its line starts, its level from 1 to 6, and its text.
pub(super) struct Heading {
    pub(super) start: usize,
    pub(super) level: usize,
    pub(super) text: Range<usize>,
}

enum State {
    Text,
    Comment,
    Fence { byte: u8, len: usize },
}

/// The text of the first heading that has any and is UTF-8.
pub(super) fn first_heading(body: &[u8]) -> Option<String> {
    let texts = outline(body).headings.into_iter().filter_map(|heading| body.get(heading.text));
    texts
        .filter_map(|text| str::from_utf8(text).ok())
        .find(|text| !text.is_empty())
        .map(str::to_owned)
}

/// Reads all lines once.
pub(super) fn outline(body: &[u8]) -> Outline {
    let mut headings = Vec::new();
    let mut text_lines = Vec::new();
    let mut state = State::Text;
    let mut start = 0;
    for line in body.split_inclusive(|byte| *byte == b'\n') {
        state = match state {
            State::Text => {
                headings.extend(heading(line, start));
                text_lines.push(start);
                state_after_text(line)
            }
            State::Comment if contains(line, b"-->") => State::Text,
            State::Fence { byte, len } if closes_fence(line, byte, len) => State::Text,
            State::Comment | State::Fence { .. } => state,
        };
        start += line.len();
    }
    Outline { headings, text_lines, open_at_end: !matches!(state, State::Text) }
}

fn state_after_text(line: &[u8]) -> State {
    let Some((_, text)) = unindented(line) else {
        return State::Text;
    };
    if let Some(comment) = text.strip_prefix(b"<!") {
        // From the dashes on, because `<!-->` is a whole comment.
        let opens = comment.starts_with(b"--") && !contains(comment, b"-->");
        return if opens { State::Comment } else { State::Text };
    }
    let Some(byte) = text.first().copied().filter(|byte| matches!(byte, b'`' | b'~')) else {
        return State::Text;
    };
    let len = run(text, byte);
    // Three backticks and one more on the same line are code within a line of text.
    let is_inline = byte == b'`' && text.iter().skip(len).any(|other| *other == b'`');
    if len >= 3 && !is_inline { State::Fence { byte, len } } else { State::Text }
}

fn closes_fence(line: &[u8], byte: u8, len: usize) -> bool {
    unindented(line).is_some_and(|(_, text)| {
        let text = text.trim_ascii_end();
        run(text, byte) == text.len() && text.len() >= len
    })
}

fn heading(line: &[u8], start: usize) -> Option<Heading> {
    let (indent, text) = unindented(line)?;
    let level = run(text, b'#');
    let rest = text.get(level..)?;
    if !(1..=6).contains(&level) || !rest.first().is_none_or(u8::is_ascii_whitespace) {
        return None;
    }
    let lead = rest.len() - rest.trim_ascii_start().len();
    let text_start = start + indent + level + lead;
    let text = without_closing_hashes(rest.trim_ascii());
    Some(Heading { start, level, text: text_start..text_start + text.len() })
}

/// `# Title #` is the same as `# Title`, but `# C#` keeps its `#`.
fn without_closing_hashes(text: &[u8]) -> &[u8] {
    let hashes = text.iter().rev().take_while(|byte| **byte == b'#').count();
    let before = text.get(..text.len() - hashes).unwrap_or_default();
    let is_closing = before.last().is_none_or(u8::is_ascii_whitespace);
    if is_closing { before.trim_ascii_end() } else { text }
}

/// The indentation and the rest of a line, unless it is indented so far that it is code.
fn unindented(line: &[u8]) -> Option<(usize, &[u8])> {
    let indent = run(line, b' ');
    (indent <= 3).then(|| (indent, line.get(indent..).unwrap_or_default()))
}

fn run(text: &[u8], byte: u8) -> usize {
    text.iter().take_while(|other| **other == byte).count()
}

fn contains(line: &[u8], part: &[u8]) -> bool {
    line.windows(part.len()).any(|window| window == part)
}
