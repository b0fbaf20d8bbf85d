//! What the text of a value means.
//!
//! Reads one value at a time, as tolerantly as [`super::layout`] describes. The YAML parser is used only for a single
//! quoted or block text; where it refuses one (`"C:\path"`), the text is taken as written.

use super::layout::KeySpan;

/// What separates things within a line.
pub(super) const BLANK: [char; 2] = [' ', '\t'];

/// What is trimmed. YAML has no other white space: a no-break or an ideographic space is text.
const SPACE: [char; 4] = [' ', '\t', '\r', '\n'];

/// A quoted text contains one of these if its meaning differs from its spelling; see [`super::layout`] for other line
/// ends.
const REWRITTEN: [char; 4] = ['\\', '\'', '\n', '\r'];

/// The value of a field if it is a text.
pub(super) fn text(block: &str, field: &KeySpan) -> Option<String> {
    node(block, field).text()
}

/// The value of a field as a list of texts.
pub(super) fn list(block: &str, field: &KeySpan) -> Vec<String> {
    match node(block, field) {
        Node::FlowList(flow) => flow_items(flow),
        Node::Items(lines) => block_items(lines),
        node @ (Node::Plain(_) | Node::Quoted(_) | Node::BlockText(_) | Node::Map) => {
            let text = node.text().unwrap_or_default();
            text.split(',')
                .map(str::trim)
                .filter(|item| !item.is_empty())
                .map(str::to_owned)
                .collect()
        }
    }
}

/// Whether the value is a `{placeholder}` of a template. YAML reads it as a map, but a map that somebody means has a
/// value for each key, and its keys are single words.
pub(super) fn is_placeholder(block: &str, field: &KeySpan) -> bool {
    let source = block.get(field.value.clone()).unwrap_or_default();
    let Some(inside) = source.strip_prefix('{') else { return false };
    let inside = inside.strip_suffix('}').unwrap_or(inside);
    let is_pair = |item: &str| {
        let key = item.split_once(':').map(|(key, _)| key.trim());
        key.is_some_and(|key| !key.is_empty() && !key.contains(BLANK))
    };
    let mut items = inside.split(',').filter(|item| !item.trim().is_empty());
    matches!(node(block, field), Node::Map) && !inside.trim().is_empty() && !items.all(is_pair)
}

/// The kinds of a value, each with its source.
enum Node<'a> {
    Plain(&'a str),
    Quoted(&'a str),
    BlockText(&'a str),
    FlowList(&'a str),
    Items(&'a str),
    Map,
}

impl Node<'_> {
    fn text(&self) -> Option<String> {
        match self {
            Node::Plain(source) => Some(fold(source)).filter(|text| !is_null(text)),
            Node::Quoted(source) => Some(unquote(source)).filter(|text| !text.is_empty()),
            Node::BlockText(source) => {
                let text =
                    serde_yaml::from_str(source).unwrap_or_else(|_| fold(behind_header(source)));
                Some(text.trim_end_matches('\n').to_owned()).filter(|text| !text.is_empty())
            }
            Node::FlowList(_) | Node::Items(_) | Node::Map => None,
        }
    }
}

fn node<'a>(block: &'a str, field: &KeySpan) -> Node<'a> {
    let slice = |range: std::ops::Range<usize>| block.get(range).unwrap_or_default();
    if !field.value.is_empty() {
        let end = if field.tail.is_empty() { field.value.end } else { field.tail.end };
        return inline(slice(field.value.start..end));
    }
    // The value is below its key: a list, a map, or a text that was too long for the line.
    let mut lines = slice(field.tail.clone());
    while let Some(line) = lines.split_inclusive('\n').next().filter(|line| is_trivia(line)) {
        lines = lines.get(line.len()..).unwrap_or_default();
    }
    let source = lines.trim_matches(SPACE);
    let first_line = source.lines().next().unwrap_or_default();
    if is_item(first_line) {
        Node::Items(lines)
    } else if key(first_line).is_some() {
        Node::Map
    } else {
        inline(source)
    }
}

/// The value that starts at the first character of `source`, if nothing follows it.
fn inline(source: &str) -> Node<'_> {
    let complete = |len: Option<usize>| {
        let (value, behind) = source.split_at_checked(len?)?;
        is_trailer(behind).then_some(value)
    };
    match source.bytes().next() {
        Some(b'"' | b'\'') => {
            complete(quoted_len(source)).map_or(Node::Plain(source), Node::Quoted)
        }
        Some(b'[') => complete(flow_len(source)).map_or(Node::Plain(source), Node::FlowList),
        Some(b'{') => complete(flow_len(source)).map_or(Node::Plain(source), |_| Node::Map),
        _ if source.lines().next().is_some_and(|line| block_header(line).is_some()) => {
            Node::BlockText(source)
        }
        _ => Node::Plain(source),
    }
}

fn is_null(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

/// The lines of a plain text as one line, without their comments.
fn fold(source: &str) -> String {
    let lines = source
        .lines()
        .map(|line| line.get(..plain_len(line)).unwrap_or_default().trim_matches(SPACE));
    lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

fn unquote(source: &str) -> String {
    let inner = source.get(1..source.len().saturating_sub(1)).unwrap_or_default();
    // True of nearly every text; YAML would take a sixth of the time of a list.
    if !inner.contains(REWRITTEN) {
        return inner.to_owned();
    }
    serde_yaml::from_str(source).unwrap_or_else(|_| {
        if source.starts_with('\'') { inner.replace("''", "'") } else { inner.to_owned() }
    })
}

fn behind_header(source: &str) -> &str {
    source.split_once('\n').map_or("", |(_, lines)| lines)
}

fn flow_items(flow: &str) -> Vec<String> {
    let mut items = Vec::new();
    let mut start = 1;
    let mut push = |end: usize| {
        let item = flow.get(start..end).unwrap_or_default();
        // A comment may stand between the items.
        let lines = item.lines().skip_while(|line| is_trivia(line));
        items.extend(inline(lines.collect::<Vec<_>>().join("\n").trim_matches(SPACE)).text());
        start = end + 1;
    };
    let end = walk_flow(flow, &mut push);
    push(end.map_or(flow.len(), |end| end - 1));
    items
}

/// The items of a list in block style. The first one sets the indentation.
fn block_items(lines: &str) -> Vec<String> {
    let indent = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let margin = indent(lines);
    let mut items: Vec<String> = Vec::new();
    for line in lines.lines().filter(|line| !is_trivia(line)) {
        let text = line.trim_matches(SPACE);
        if indent(line) == margin && is_item(text) {
            items.push(text.get(1..).unwrap_or_default().trim_start_matches(SPACE).to_owned());
        } else if let Some(item) = items.last_mut() {
            item.push('\n');
            item.push_str(text);
        }
    }
    items.iter().filter_map(|item| inline(item).text()).collect()
}

pub(super) fn is_blank(line: &str) -> bool {
    line.trim_matches(SPACE).is_empty()
}

pub(super) fn is_trivia(line: &str) -> bool {
    is_blank(line) || line.trim_start_matches(BLANK).starts_with('#')
}

/// Whether only a comment may follow a value here.
pub(super) fn is_trailer(behind: &str) -> bool {
    let mut lines = behind.lines();
    let first = lines.next().unwrap_or_default();
    (is_blank(first) || (first.starts_with(BLANK) && is_trivia(first))) && lines.all(is_trivia)
}

/// Whether the line starts with the dash of a list item.
pub(super) fn is_item(line: &str) -> bool {
    is_mark(line, "-")
}

fn is_mark(line: &str, mark: &str) -> bool {
    line.strip_prefix(mark).is_some_and(|rest| rest.is_empty() || rest.starts_with(BLANK))
}

/// The key that the line starts with, and the offset after its colon.
pub(super) fn key(line: &str) -> Option<(String, usize)> {
    let is_separator = |colon: usize| {
        line.get(colon + 1..).is_some_and(|rest| rest.is_empty() || rest.starts_with(BLANK))
    };
    let first = line.chars().next()?;
    if matches!(first, '"' | '\'') {
        let (quoted, rest) = line.split_at_checked(quoted_len(line)?)?;
        let colon = line.len() - rest.trim_start_matches(BLANK).strip_prefix(':')?.len() - 1;
        return is_separator(colon).then(|| (unquote(quoted), colon + 1));
    }
    // The last two start a key of several lines, and another YAML document.
    let is_other = is_item(line) || ["?", "---", "..."].iter().any(|mark| is_mark(line, mark));
    if BLANK.contains(&first) || ",[]{}#&*!|>%@`".contains(first) || is_other {
        return None;
    }
    let (colon, _) = line.match_indices(':').find(|(colon, _)| is_separator(*colon))?;
    let text = line.get(..colon)?;
    let key = text.trim_end_matches(BLANK);
    (!key.is_empty() && plain_len(text) == key.len()).then(|| (key.to_owned(), colon + 1))
}

/// The `|` or `>` that starts a block text, with its modifiers, if the line has nothing else.
pub(super) fn block_header(line: &str) -> Option<&str> {
    let modifiers = line.strip_prefix(['|', '>'])?;
    let behind =
        modifiers.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-'));
    is_trailer(behind).then(|| line.get(..line.len() - behind.len()))?
}

/// The length of a plain text: up to a comment or the end of the line, without trailing blanks.
pub(super) fn plain_len(line: &str) -> usize {
    let is_comment =
        |at: usize| at == 0 || line.get(..at).is_some_and(|before| before.ends_with(BLANK));
    let end = line.match_indices('#').map(|(at, _)| at).find(|at| is_comment(*at));
    line.get(..end.unwrap_or(line.len())).unwrap_or_default().trim_end_matches(SPACE).len()
}

/// The length of the quoted text that starts at the first character of `text`. None if it is not closed.
pub(super) fn quoted_len(text: &str) -> Option<usize> {
    let quote = text.bytes().next()?;
    let mut bytes = text.bytes().enumerate().skip(1).peekable();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'\\' if quote == b'"' => {
                bytes.next_if(|(_, next)| *next != b'\n');
            }
            // Two single quotes stand for one in the text.
            b'\'' if quote == b'\'' && bytes.next_if(|(_, next)| *next == b'\'').is_some() => {}
            b'\n' if !continues(text, at + 1) => return None,
            _ if byte == quote => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// The length of the list or map in brackets that starts at the first character of `text`. None if it is not closed.
pub(super) fn flow_len(text: &str) -> Option<usize> {
    walk_flow(text, &mut |_| ())
}

/// Walks to the bracket that closes the first one, and reports the commas of the outermost level.
fn walk_flow(text: &str, comma: &mut dyn FnMut(usize)) -> Option<usize> {
    let mut open = Vec::new();
    // A quote in the middle of a word is an apostrophe.
    let mut at_start_of_word = true;
    let mut before = b' ';
    let mut at = 0;
    while let Some(byte) = text.as_bytes().get(at).copied() {
        let mut next = at + 1;
        match byte {
            b'"' | b'\'' if at_start_of_word => next = at + quoted_len(text.get(at..)?)?,
            b'#' if before.is_ascii_whitespace() => {
                // A comment counts as a blank, so the state stays.
                at += text.get(at..)?.find('\n')?;
                continue;
            }
            b'[' => open.push(b']'),
            b'{' => open.push(b'}'),
            b']' | b'}' => {
                open.pop().filter(|expected| *expected == byte)?;
                if open.is_empty() {
                    return Some(next);
                }
            }
            b',' if open.len() == 1 => comma(at),
            b'\n' => {
                let closes = matches!(text.as_bytes().get(next), Some(b']' | b'}' | b'#'));
                (closes || continues(text, next)).then_some(())?;
            }
            _ => {}
        }
        at_start_of_word = matches!(byte, b'[' | b'{' | b',' | b':')
            || (at_start_of_word && byte.is_ascii_whitespace());
        before = byte;
        at = next;
    }
    None
}

/// Whether the line at this offset is blank or indented. An open quote that continued at the left margin would be a
/// mistake of its author: it would swallow the keys below.
fn continues(text: &str, at: usize) -> bool {
    matches!(text.as_bytes().get(at), Some(b' ' | b'\t' | b'\r' | b'\n'))
}
