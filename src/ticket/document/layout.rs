//! Where the front matter is, and where its keys and values stand in it.
//!
//! Before the opening `---` there may be a byte order mark, blank lines and HTML comments with any content. The block
//! ends at the next line `---` or `...`. In between, a line is one of
//!
//! - blank, or a `# comment`;
//! - `key: value` at the left margin, the key plain or quoted;
//! - a continuation of the value above: indented with a space, a line of a `|` or `>` text, inside
//!   quotes or brackets that are still open, or a `- item` below a key without a value of its own.
//!
//! Anything else is broken and reported with its line: a tab as indentation, a quote or a bracket that does not close,
//! a second value after a complete one. So are NUL, which no YAML reader accepts, and the characters that only some
//! readers treat as a line break (a lone CR, U+0085, U+2028, U+2029): two programs would see two different tickets.
//!
//! Deliberately not broken, although YAML says so: `: ` inside a value, and text after a quote or bracket that closes
//! on the same line, as in `title: [WIP] thing`. Both are plain text. Anchors, aliases and tags are plain text as well.

use std::ops::Range;

use super::DocumentErrorKind as Kind;
use super::scalar;

/// The offsets of the parts of a ticket file.
pub(super) struct DocumentLayout {
    pub(super) block: Range<usize>,
    pub(super) body: usize,
    pub(super) fields: Vec<KeySpan>,
}

/// One top-level key and the bytes of its value. All offsets count from the start of the block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct KeySpan {
    pub(super) key: String,
    /// Where the line of the key starts.
    pub(super) start: usize,
    /// What a new value replaces on the line of the key, up to a closing quote or bracket. If the line has no value:
    /// empty, at the place where one would stand.
    pub(super) value: Range<usize>,
    /// The whole lines below that belong to the value: a `|` text, or a list or map in block style.
    pub(super) tail: Range<usize>,
    /// After the last line of the field.
    pub(super) end: usize,
}

/// What is wrong, and at which offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) at: usize,
    pub(super) kind: Kind,
}

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

const UNCLOSED_QUOTE: &str = "this quote is not closed";
const UNCLOSED_BRACKET: &str = "this bracket is not closed";
const TAB: &str = "a tab cannot indent a line";

/// Finds the block, the body and the fields.
pub(super) fn read(bytes: &[u8]) -> Result<DocumentLayout, Fault> {
    let (block, body) = locate(bytes)?;
    let start = block.start;
    let inside = |at: usize, kind| Fault { at: start + at, kind };
    let text = str::from_utf8(bytes.get(block.clone()).unwrap_or_default())
        .map_err(|error| inside(error.valid_up_to(), Kind::NotUtf8))?;
    let fields = refuse_ambiguous(text)
        .and_then(|()| fields(text))
        .map_err(|(at, why)| inside(at, Kind::BadYaml(why)))?;
    Ok(DocumentLayout { block, body, fields })
}

/// The lines between the fences, and the start of the body.
fn locate(bytes: &[u8]) -> Result<(Range<usize>, usize), Fault> {
    let fence = opening_fence(bytes)?;
    let start = next_line(bytes, fence);
    let mut at = start;
    while at < bytes.len() {
        let next = next_line(bytes, at);
        // `...` also ends a YAML document, so a YAML reader would stop here.
        if is_fence(bytes.get(at..next), b"---") || is_fence(bytes.get(at..next), b"...") {
            return Ok((start..at, next));
        }
        at = next;
    }
    Err(Fault { at: fence, kind: Kind::Unclosed })
}

fn opening_fence(bytes: &[u8]) -> Result<usize, Fault> {
    let start = if bytes.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
    let mut at = start;
    loop {
        let rest = bytes.get(at..).unwrap_or_default();
        at += rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let rest = bytes.get(at..).unwrap_or_default();
        if !rest.starts_with(b"<!--") {
            break;
        }
        // From the third byte on, because `<!-->` is a whole comment in HTML.
        let close = rest.windows(3).skip(2).position(|window| window == b"-->");
        at += close.ok_or(Fault { at, kind: Kind::UnclosedComment })? + 5;
    }
    let at_margin = at == start || bytes.get(at - 1) == Some(&b'\n');
    if at_margin && is_fence(bytes.get(at..next_line(bytes, at)), b"---") {
        Ok(at)
    } else {
        Err(Fault { at, kind: Kind::NoFrontMatter })
    }
}

fn is_fence(line: Option<&[u8]>, fence: &[u8]) -> bool {
    line.is_some_and(|line| line.trim_ascii_end() == fence)
}

fn next_line(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    rest.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |newline| at + newline + 1)
}

type Broken = (usize, &'static str);

fn refuse_ambiguous(block: &str) -> Result<(), Broken> {
    let mut chars = block.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '\0' => return Err((at, "it contains a NUL byte")),
            '\r' if chars.peek().is_some_and(|(_, next)| *next == '\n') => {}
            '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => {
                return Err((at, "it contains a line break that only some programs recognize"));
            }
            _ => {}
        }
    }
    Ok(())
}

/// A line without its line break.
#[derive(Clone, Copy)]
struct SourceLine<'a> {
    start: usize,
    text: &'a str,
    next: usize,
}

impl SourceLine<'_> {
    fn end(&self) -> usize {
        self.start + self.text.len()
    }
}

fn line_at(block: &str, start: usize) -> Option<SourceLine<'_>> {
    let rest = block.get(start..).filter(|rest| !rest.is_empty())?;
    let whole = rest.split_inclusive('\n').next()?;
    let text =
        whole.strip_suffix('\n').map_or(whole, |text| text.strip_suffix('\r').unwrap_or(text));
    Some(SourceLine { start, text, next: start + whole.len() })
}

fn fields(block: &str) -> Result<Vec<KeySpan>, Broken> {
    let mut fields = Vec::new();
    let mut at = 0;
    while let Some(line) = line_at(block, at) {
        if scalar::is_trivia(line.text) {
            at = line.next;
        } else {
            let field = field(block, line)?;
            at = field.end;
            fields.push(field);
        }
    }
    Ok(fields)
}

fn field(block: &str, line: SourceLine<'_>) -> Result<KeySpan, Broken> {
    let Some((key, colon)) = scalar::key(line.text) else {
        return Err((line.start, why_no_key(line.text)));
    };
    let behind_colon = line.start + colon;
    let rest = line.text.get(colon..).unwrap_or_default();
    let at = behind_colon + (rest.len() - rest.trim_start_matches(scalar::BLANK).len());
    let field = |value: Range<usize>, tail: Range<usize>, end| KeySpan {
        key,
        start: line.start,
        value,
        tail,
        end,
    };

    let rest = block.get(at..line.end()).unwrap_or_default();
    if rest.is_empty() || rest.starts_with('#') {
        // Directly after the colon if a comment follows, so that the comment stays one.
        let place = if rest.is_empty() { at } else { behind_colon };
        let end =
            continuation(block, line.next, Items::AtMargin)?.map_or(line.next, |last| last.next);
        return Ok(field(place..place, line.next..end, end));
    }
    if let Some(header) = scalar::block_header(rest) {
        let end = block_text_end(block, line.next, header);
        return Ok(field(at..at + header.len(), line.next..end, end));
    }
    let (end_of_value, end) = match complete(block, at)? {
        Some(end) => (end, line_at(block, end).map_or(end, |rest_of_line| rest_of_line.next)),
        None => match continuation(block, line.next, Items::Indented)? {
            Some(last) => (last.start + scalar::plain_len(last.text), last.next),
            None => (at + scalar::plain_len(rest), line.next),
        },
    };
    Ok(field(at..end_of_value, end..end, end))
}

/// The end of the quoted text or the bracketed list that starts at `at`. None when the value there is plain text.
fn complete(block: &str, at: usize) -> Result<Option<usize>, Broken> {
    let text = block.get(at..).unwrap_or_default();
    let (len, unclosed) = match text.bytes().next() {
        Some(b'"' | b'\'') => (scalar::quoted_len(text), UNCLOSED_QUOTE),
        Some(b'[' | b'{') => (scalar::flow_len(text), UNCLOSED_BRACKET),
        _ => return Ok(None),
    };
    let end = at + len.ok_or((at, unclosed))?;
    let behind = line_at(block, end).map_or("", |line| line.text);
    if scalar::is_trailer(behind) {
        Ok(Some(end))
    } else if block.get(at..end).is_some_and(|value| value.contains('\n')) {
        Err((end, "text follows a complete value"))
    } else {
        Ok(None)
    }
}

/// Whether list items may start at the left margin. They may if the list is everything below its key.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Items {
    AtMargin,
    Indented,
}

/// The last line that continues a value. Comments and blank lines count if a continuation follows.
fn continuation(
    block: &str,
    mut at: usize,
    items: Items,
) -> Result<Option<SourceLine<'_>>, Broken> {
    let mut last = None;
    while let Some(line) = line_at(block, at) {
        at = line.next;
        if scalar::is_trivia(line.text) {
            continue;
        }
        if line.text.starts_with('\t') {
            return Err((line.start, TAB));
        }
        let is_item = items == Items::AtMargin && scalar::is_item(line.text);
        if !is_item && !line.text.starts_with(' ') {
            break;
        }
        last = Some(line);
    }
    Ok(last)
}

/// The end of the lines of a `|` or `>` text. Trailing blank lines belong to it only if the header has a `+`.
fn block_text_end(block: &str, start: usize, header: &str) -> usize {
    let keeps_blank_lines = header.contains('+');
    let (mut at, mut end) = (start, start);
    while let Some(line) = line_at(block, at) {
        let is_blank = scalar::is_blank(line.text);
        if !is_blank && !line.text.starts_with(' ') {
            break;
        }
        at = line.next;
        if !is_blank || keeps_blank_lines {
            end = at;
        }
    }
    end
}

fn why_no_key(line: &str) -> &'static str {
    match line.bytes().next() {
        Some(b'\t') => TAB,
        Some(b' ') => "this line is indented but continues nothing",
        Some(b'"' | b'\'') if scalar::quoted_len(line).is_none() => UNCLOSED_QUOTE,
        _ if scalar::is_item(line) => "this list item belongs to no key",
        _ => "this line is neither a `key: value` nor a comment",
    }
}
