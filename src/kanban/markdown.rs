//! Renders a ticket for reading: its front matter as a table, its Markdown as styled text, without comments.
//!
//! A ticket may contain any text, so control characters are made visible, and unknown markup is shown as written.

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};
use ratatui::style::{Color, Style, Stylize as _};
use ratatui::text::{Line, Span};
use unicode_segmentation::UnicodeSegmentation as _;

use crate::text::{cut, safe, width, wrap};

/// The most of a text that is shown: as much as `tix new` accepts.
const LONGEST: usize = 4 << 20;

/// A line of a text before it is wrapped to the width of the screen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prose {
    /// The prefix of its first line, and of the lines that it is wrapped into.
    first: Span<'static>,
    rest: String,
    spans: Vec<Span<'static>>,
    breaking: Breaking,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Breaking {
    #[default]
    Words,
    /// As a shell would show it: what goes on stands below the value of a line, and a path can be copied.
    Answer,
    /// Preformatted: blanks are kept, and what is too long is cut off.
    Never,
}

/// The lines of an answer for a terminal.
pub fn plain_text(text: &str) -> Vec<Prose> {
    let line = |line: &str| Prose {
        spans: vec![line.replace('\t', "    ").into()],
        breaking: Breaking::Answer,
        ..Prose::default()
    };
    text.lines().map(line).collect()
}

/// A ticket: the keys and values of its front matter, and its body.
pub fn ticket_text(said: &[(String, String)], body: &str) -> Vec<Prose> {
    let wide = said.iter().map(|(key, _)| width(key)).max().unwrap_or(0);
    let row = |(key, value): &(String, String)| {
        let pad = " ".repeat(wide.saturating_sub(width(key)));
        Prose {
            first: Span::from(format!("{}{pad}  ", safe(key))).dim(),
            rest: " ".repeat(wide + 2),
            spans: vec![safe(value).into()],
            breaking: Breaking::Words,
        }
    };
    let mut text: Vec<Prose> = said.iter().map(row).collect();
    text.push(Prose::default());
    text.append(&mut markdown(body));
    text
}

/// The text in the width of a screen.
pub(super) fn wrapped(text: &[Prose], room: u16) -> Vec<Line<'static>> {
    text.iter().flat_map(|prose| prose.lines(room.into())).collect()
}

impl Prose {
    fn lines(&self, room: usize) -> Vec<Line<'static>> {
        let text = || -> String { self.spans.iter().map(|span| span.content.as_ref()).collect() };
        if self.breaking == Breaking::Answer {
            // A line that is empty is a line.
            return wrap(&text(), room).split('\n').map(|line| line.to_owned().into()).collect();
        }
        if self.breaking == Breaking::Never {
            let text = text();
            let style = self.spans.first().map(|span| span.style).unwrap_or_default();
            let cut = cut(&format!("{}{text}", self.first.content), room);
            return vec![Span::styled(cut, style).into()];
        }
        let mut lines = Vec::new();
        let mut line = vec![self.first.clone()];
        let (mut used, mut is_begun) = (self.first.width(), false);
        for word in words(&self.spans) {
            let wide: usize = word.iter().map(|(part, _)| width(part)).sum();
            let gap = usize::from(is_begun);
            if is_begun && used + gap + wide > room {
                lines.push(std::mem::replace(&mut line, vec![Span::from(self.rest.clone())]));
                used = width(&self.rest);
            } else if is_begun {
                line.push(" ".into());
                used += 1;
            }
            is_begun = true;
            for (part, style) in word {
                // A word that is longer than a line is broken where the line ends.
                let mut piece = String::new();
                for grapheme in part.graphemes(true) {
                    if used + width(grapheme) > room && used > width(&self.rest) {
                        line.push(Span::styled(std::mem::take(&mut piece), style));
                        lines.push(std::mem::replace(
                            &mut line,
                            vec![Span::from(self.rest.clone())],
                        ));
                        used = width(&self.rest);
                    }
                    used += width(grapheme);
                    piece.push_str(grapheme);
                }
                line.push(Span::styled(piece, style));
            }
        }
        lines.push(line);
        lines.into_iter().map(Line::from).collect()
    }
}

/// The words of a text, split at blanks, each as pieces of one style.
fn words(spans: &[Span<'static>]) -> Vec<Vec<(String, Style)>> {
    let mut words: Vec<Vec<(String, Style)>> = vec![Vec::new()];
    for span in spans {
        for (nth, part) in span.content.split(' ').enumerate() {
            if nth > 0 {
                words.push(Vec::new());
            }
            if let Some(word) = words.last_mut().filter(|_| !part.is_empty()) {
                word.push((part.to_owned(), span.style));
            }
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// A body as lines.
fn markdown(body: &str) -> Vec<Prose> {
    let body = body.get(..body.floor_char_boundary(LONGEST)).unwrap_or(body);
    let options =
        Options::ENABLE_TASKLISTS | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TABLES;
    let mut page = MarkdownPage::default();
    for (event, at) in Parser::new_ext(body, options).into_offset_iter() {
        page.take(event, body.get(at).unwrap_or_default());
    }
    page.end_line();
    page.lines
}

/// A page that is being built.
#[derive(Default)]
struct MarkdownPage {
    lines: Vec<Prose>,
    line: Vec<Span<'static>>,
    /// The styles that are open, each with those around it.
    styles: Vec<Style>,
    /// For each open list the number of its next item; `None` for one without numbers.
    lists: Vec<Option<u64>>,
    /// The prefix of the next line of the innermost item: its bullet, once.
    bullet: Option<String>,
    quotes: usize,
    in_code: bool,
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "what has no look of its own is the text that is in it"
)]
impl MarkdownPage {
    fn take(&mut self, event: Event<'_>, source: &str) {
        match event {
            Event::Start(tag) => self.start(&tag, source),
            Event::End(tag) => self.end(tag),
            Event::Text(text) if self.in_code => {
                for line in text.lines() {
                    self.line.push(Span::styled(safe(line.replace('\t', "    ")), code()));
                    self.push(Breaking::Never);
                }
            }
            Event::Text(text) => self.say(&text),
            Event::Code(text) => {
                let style = self.style().patch(code());
                self.line.push(Span::styled(safe(text.as_ref()), style));
            }
            Event::InlineHtml(html) if !html.starts_with("<!--") => self.say(&html),
            Event::SoftBreak => self.line.push(" ".into()),
            Event::HardBreak => self.end_line(),
            Event::Rule => {
                self.gap();
                self.line.push(Span::from("────────").dim());
                self.end_line();
            }
            // A box is a bullet of its own.
            Event::TaskListMarker(done) => {
                self.bullet = Some(if done { "☑ " } else { "☐ " }.to_owned());
            }
            // A block of HTML is taken as a whole where it starts; the rest is not asked for.
            Event::InlineHtml(_)
            | Event::Html(_)
            | Event::FootnoteReference(_)
            | Event::InlineMath(_)
            | Event::DisplayMath(_) => {}
        }
    }

    fn start(&mut self, tag: &Tag<'_>, source: &str) {
        match tag {
            Tag::Heading { level, .. } => {
                self.gap();
                let style = Style::new().bold();
                self.open(if *level == HeadingLevel::H1 { style.cyan() } else { style });
            }
            Tag::Paragraph | Tag::Table(_) if self.bullet.is_none() => self.gap(),
            Tag::CodeBlock(_) => {
                self.gap();
                self.in_code = true;
            }
            Tag::BlockQuote(_) => {
                self.gap();
                self.quotes += 1;
            }
            Tag::List(first) => {
                self.end_line();
                if self.lists.is_empty() {
                    self.gap();
                }
                self.lists.push(*first);
            }
            Tag::Item => {
                self.end_line();
                self.bullet = Some(match self.lists.last_mut() {
                    Some(Some(number)) => {
                        *number += 1;
                        format!("{}. ", *number - 1)
                    }
                    _ => "• ".to_owned(),
                });
            }
            Tag::HtmlBlock => {
                let shown = without_comments(source);
                for line in shown.lines().filter(|line| !line.trim().is_empty()) {
                    self.line.push(Span::from(safe(line)).dim());
                    self.push(Breaking::Never);
                }
            }
            Tag::Emphasis => self.open(Style::new().italic()),
            Tag::Strong => self.open(Style::new().bold()),
            Tag::Strikethrough => self.open(Style::new().crossed_out()),
            Tag::Link { .. } | Tag::Image { .. } => self.open(Style::new().underlined().blue()),
            // What is not understood is text, in the line that it stands in.
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph | TagEnd::TableRow => self.end_line(),
            TagEnd::TableHead => {
                self.line.iter_mut().for_each(|span| span.style = span.style.bold());
                self.end_line();
            }
            TagEnd::TableCell => self.line.push(Span::from(" │ ").dim()),
            TagEnd::Heading(_) => {
                self.end_line();
                self.styles.pop();
            }
            TagEnd::CodeBlock => self.in_code = false,
            TagEnd::BlockQuote(_) => {
                self.end_line();
                self.quotes = self.quotes.saturating_sub(1);
            }
            TagEnd::List(_) => {
                self.end_line();
                self.lists.pop();
            }
            TagEnd::Item => {
                self.end_line();
                self.bullet = None;
            }
            TagEnd::Emphasis
            | TagEnd::Strong
            | TagEnd::Strikethrough
            | TagEnd::Link
            | TagEnd::Image => {
                self.styles.pop();
            }
            _ => {}
        }
    }

    fn style(&self) -> Style {
        self.styles.last().copied().unwrap_or_default()
    }

    fn open(&mut self, style: Style) {
        self.styles.push(self.style().patch(style));
    }

    fn say(&mut self, text: &str) {
        self.line.push(Span::styled(safe(text), self.style()));
    }

    /// Adds an empty line, unless there is one already or the list goes on.
    fn gap(&mut self) {
        self.end_line();
        let is_empty = self.lines.last().is_none_or(|line| line.spans.is_empty());
        if !is_empty && self.lists.is_empty() {
            self.lines.push(Prose::default());
        }
    }

    fn end_line(&mut self) {
        if !self.line.is_empty() || self.bullet.as_deref().is_some_and(|b| !b.trim().is_empty()) {
            self.push(Breaking::Words);
        }
    }

    fn push(&mut self, breaking: Breaking) {
        let quote = "▎ ".repeat(self.quotes);
        let deep = self.lists.len().saturating_sub(1);
        let indent = format!("{quote}{}", "  ".repeat(deep));
        let (bullet, hang) = match &self.bullet {
            Some(bullet) => (bullet.clone(), " ".repeat(width(bullet))),
            None if self.in_code => ("  ".to_owned(), "  ".to_owned()),
            None => (String::new(), String::new()),
        };
        if let Some(bullet) = &mut self.bullet {
            bullet.clone_from(&hang);
        }
        self.lines.push(Prose {
            first: format!("{indent}{bullet}").into(),
            rest: format!("{indent}{hang}"),
            spans: std::mem::take(&mut self.line),
            breaking,
        });
    }
}

fn code() -> Style {
    Style::new().fg(Color::Yellow)
}

/// A block of HTML without its comments.
fn without_comments(html: &str) -> String {
    let mut shown = String::new();
    let mut rest = html;
    while let Some((before, comment)) = rest.split_once("<!--") {
        shown.push_str(before);
        rest = comment.split_once("-->").map_or("", |(_, behind)| behind);
    }
    shown + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &[Prose], room: u16) -> String {
        let lines = wrapped(text, room);
        let line = |line: &Line<'_>| line.spans.iter().map(|span| span.content.as_ref()).collect();
        lines.iter().map(line).collect::<Vec<String>>().join("\n")
    }

    #[test]
    fn a_ticket_is_a_table_and_text_without_markup_and_comments() {
        let said = [("status", "open"), ("depends_on", "TICKET-a-001, TICKET-b-001, TICKET-c-001")];
        let said = said.map(|(key, value)| (key.to_owned(), value.to_owned()));
        let body = "<!-- Say what\nis wrong. -->\n# Requirements\n\nSay **hello** in `Welsh`, with \
                    [a link](https://x.org).\nSoft.\n\n- [ ] greets people who have long names and titles\n- [x] tested\n  \
                    - deep\n\n1. one\n2. two\n\n```sh\nhello   --lang cy\n```\n\n> quoted\n\nA | B\n--|--\n1 | 2\n\n\
                    \u{1b}[31mred <!-- gone --> <b>bold</b>\n";
        insta::assert_snapshot!(shown(&ticket_text(&said, body), 40), @r"
        status      open
        depends_on  TICKET-a-001, TICKET-b-001,
                    TICKET-c-001

        Requirements

        Say hello in Welsh, with a link. Soft.

        ☐ greets people who have long names and
          titles
        ☑ tested
          • deep

        1. one
        2. two

          hello   --lang cy

        ▎ quoted

        A │ B │
        1 │ 2 │

        \u{1b}[31mred <b>bold</b>
        ");
    }

    #[test]
    fn a_word_that_is_longer_than_a_line_is_broken_and_nothing_is_lost() {
        let text = markdown("- 日本語のとても長い題名のチケット and then\n");
        assert_eq!(shown(&text, 12), "• 日本語のと\n  ても長い題\n  名のチケッ\n  ト and\n  then");
        for room in [0, 1, 2] {
            wrapped(&text, room);
        }
    }
}
