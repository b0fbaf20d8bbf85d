//! The lines of a body, as in `CommonMark` and GitHub's task lists.
//!
//! Where code, HTML and comments end depends on the list items and quotes around them. `pulldown-cmark` knows this, so
//! nothing else in tix looks for fences, headings or boxes.

use std::borrow::Cow;
use std::iter::repeat_n;
use std::ops::Range;

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};

/// The most bytes of a body that are read: as many as `tix new` accepts. 20 MB of hostile text would take five seconds
/// and more than a gigabyte.
const LONGEST: usize = 4 << 20;

/// The body is too long to be read, so its contents are unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the text is longer than {} MiB, so tix does not read it", LONGEST >> 20)]
pub struct TooLong;

/// A line with text, outside of code blocks, HTML blocks and comments.
pub(super) struct TextLine {
    pub(super) kind: LineKind,
    /// Where it starts in the body, after the markers of the lists and quotes around it.
    pub(super) start: usize,
    text: Range<usize>,
    /// Text that starts before this offset also belongs to it.
    reach: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LineKind {
    /// A heading outside of lists and quotes. It may have several lines, or no text.
    Heading(HeadingLevel),
    /// An unticked box in a list, and the text after it.
    OpenBox,
    /// An unticked box in an item without text.
    EmptyBox,
    /// A box that is ticked, and the text behind it.
    TickedBox,
    /// A block of code, or one of HTML that is no comment. It has no text here, and says something to a reader.
    Block,
    Other,
}

impl TextLine {
    fn block(at: Range<usize>) -> TextLine {
        TextLine { kind: LineKind::Block, start: at.start, text: at.start..at.start, reach: at.end }
    }

    /// The text as written, without the markers before it.
    pub(super) fn text<'a>(&self, body: &'a str) -> &'a str {
        body.get(self.text.clone()).unwrap_or_default().trim()
    }

    /// Whether a section of the ticket starts here; it ends at the next such line.
    pub(super) fn is_section(&self) -> bool {
        self.kind == LineKind::Heading(HeadingLevel::H1)
    }

    fn is_empty_box(&self) -> bool {
        self.kind == LineKind::OpenBox && self.text.is_empty()
    }

    pub(super) fn is_changelog(&self, body: &str) -> bool {
        self.is_section() && self.text(body).eq_ignore_ascii_case("changelog")
    }
}

/// The body as text of the same length. Each byte that is not UTF-8 becomes a `?`, which means nothing in Markdown and
/// ticks no box.
pub(super) fn text_of(body: &[u8]) -> Result<Cow<'_, str>, TooLong> {
    if body.len() > LONGEST {
        return Err(TooLong);
    }
    if let Ok(text) = str::from_utf8(body) {
        return Ok(text.into());
    }
    let mut text = String::with_capacity(body.len());
    for chunk in body.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(repeat_n('?', chunk.invalid().len()));
    }
    Ok(text.into())
}

/// The text of the first heading that has text.
pub(super) fn first_heading(body: &[u8]) -> Option<String> {
    // The heading is at the front, whatever somebody has pasted after it.
    let text = text_of(body.get(..LONGEST).unwrap_or(body)).ok()?;
    let lines = lines(&text);
    let headings = lines.iter().filter(|line| matches!(line.kind, LineKind::Heading(_)));
    headings.map(|line| line.text(&text)).find(|text| !text.is_empty()).map(str::to_owned)
}

/// All lines, in order.
pub(super) fn lines(text: &str) -> Vec<TextLine> {
    let mut lines: Vec<TextLine> = Vec::new();
    let (mut depth, mut code_end) = (0_usize, 0);
    for (event, at) in Parser::new_ext(text, Options::ENABLE_TASKLISTS).into_offset_iter() {
        if let Event::Start(Tag::Heading { level, .. }) = event
            && depth == 0
        {
            let (kind, empty) = (LineKind::Heading(level), at.start..at.start);
            lines.push(TextLine { kind, start: at.start, text: empty, reach: at.end });
        } else if let Event::Start(Tag::CodeBlock(_)) = event {
            code_end = at.end;
            lines.push(TextLine::block(at));
        } else if event == Event::Start(Tag::HtmlBlock) {
            let html = text.get(at.clone()).unwrap_or_default();
            lines.extend((!html.trim_start().starts_with("<!--")).then(|| TextLine::block(at)));
        } else if let Event::TaskListMarker(ticked) = event {
            // The text of an open box may begin on the next line, too; nobody asks for that of a ticked one.
            let (kind, reach) = if ticked {
                (LineKind::TickedBox, line_end(text, at.end))
            } else {
                (LineKind::OpenBox, at.end)
            };
            lines.push(TextLine { kind, start: at.start, text: at.end..at.end, reach });
        } else if matches!(event, Event::Start(Tag::Item) | Event::End(TagEnd::Item)) {
            if let Some(last) = lines.last_mut().filter(|last| last.is_empty_box()) {
                last.kind = LineKind::EmptyBox;
            }
        } else if at.start >= code_end && is_text(&event) {
            add(&mut lines, text, at);
        }
        if matches!(event, Event::Start(_)) {
            depth += 1;
        } else if matches!(event, Event::End(_)) {
            depth = depth.saturating_sub(1);
        }
    }
    lines
}

/// Whether it is a part of a paragraph or of a heading. Emphasis and links count as a whole, with their signs.
fn is_text(event: &Event<'_>) -> bool {
    matches!(
        event,
        Event::Text(_)
            | Event::Code(_)
            | Event::InlineHtml(_)
            | Event::Start(Tag::Emphasis | Tag::Strong | Tag::Link { .. } | Tag::Image { .. })
    )
}

/// Adds a piece of text to the line that it belongs to, or starts a new one.
fn add(lines: &mut Vec<TextLine>, body: &str, mut at: Range<usize>) {
    // The offset of an escaped character does not include its `\`.
    if body.get(..at.start).is_some_and(|before| before.ends_with('\\')) {
        at.start -= 1;
    }
    let is_in = |line: &&mut TextLine| at.start < line.reach || line.is_empty_box();
    let Some(line) = lines.last_mut().filter(is_in) else {
        let reach = line_end(body, at.end);
        lines.push(TextLine { kind: LineKind::Other, start: at.start, text: at, reach });
        return;
    };
    if line.text.is_empty() {
        line.text.start = at.start;
    }
    line.text.end = line.text.end.max(at.end);
    if at.end > line.reach {
        line.reach = line_end(body, at.end);
    }
}

fn line_end(body: &str, from: usize) -> usize {
    let rest = body.get(from..).unwrap_or_default();
    from + rest.find('\n').unwrap_or(rest.len())
}
