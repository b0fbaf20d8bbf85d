//! A ticket's text as markup: `CommonMark` with task lists and tables, no HTML of its own, and links that leave by http alone.

use maud::{Markup, PreEscaped};
use pulldown_cmark::{CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

use crate::text::safe;

/// The most that is rendered: a hostile text of more takes seconds. The rest is left out, and said so.
const LONGEST: usize = 1 << 20;

/// Comments are left out, other HTML in the text is shown as the text that it is, links to anything but http and https are plain text, and pictures are their
/// words: a page loads nothing from elsewhere.
pub(super) fn rendered(text: &str) -> Markup {
    let (text, rest) = match text.char_indices().find(|(at, _)| *at >= LONGEST) {
        Some((at, _)) => text.split_at(at),
        None => (text, ""),
    };
    let options =
        Options::ENABLE_TASKLISTS | Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    let mut reading = Reading { above: Vec::new(), dropped: Vec::new(), in_comment: false };
    let events = Parser::new_ext(text, options).filter_map(|event| reading.harmless(event));
    let mut markup = String::new();
    html::push_html(&mut markup, events);
    // The one attribute that says where a link leads must not say where it came from.
    let mut markup = markup.replace("<a href=", "<a rel=\"noopener noreferrer nofollow\" href=");
    if !rest.is_empty() {
        markup.push_str("<p class=\"more\">The text goes on; the file has all of it.</p>");
    }
    PreEscaped(markup)
}

struct Reading {
    /// The headings that the next one may stand below: each with the level that it has in the text, and the level that is shown.
    above: Vec<(HeadingLevel, HeadingLevel)>,
    /// For each link that is open, whether its tags were left out.
    dropped: Vec<bool>,
    /// Whether the lines of HTML that are being read are those of a comment.
    in_comment: bool,
}

impl Reading {
    fn harmless<'t>(&mut self, event: Event<'t>) -> Option<Event<'t>> {
        Some(match event {
            Event::Html(text) | Event::InlineHtml(text) => {
                let text = self.without_comments(&text);
                if text.trim().is_empty() {
                    return None;
                }
                Event::Text(shown(&text))
            }
            // A comment that is not closed ends with its block.
            Event::End(TagEnd::HtmlBlock) => {
                self.in_comment = false;
                event
            }
            Event::Text(text) => Event::Text(shown(&text)),
            Event::Code(text) => Event::Code(shown(&text)),
            // The title of the page is the first heading.
            Event::Start(Tag::Heading { level, .. }) => {
                self.above.retain(|(known, _)| *known < level);
                let level_shown = below(self.shown_level());
                self.above.push((level, level_shown));
                let (id, classes, attrs) = (None, Vec::new(), Vec::new());
                Event::Start(Tag::Heading { level: level_shown, id, classes, attrs })
            }
            Event::End(TagEnd::Heading(_)) => Event::End(TagEnd::Heading(self.shown_level())),
            Event::TaskListMarker(ticked) => Event::InlineHtml(CowStr::Borrowed(if ticked {
                "<input type=\"checkbox\" aria-label=\"ticked\" disabled checked> "
            } else {
                "<input type=\"checkbox\" aria-label=\"not ticked\" disabled> "
            })),
            Event::Start(Tag::Link { ref dest_url, .. }) => {
                let leaves = ["http://", "https://"].iter().any(|scheme| {
                    dest_url
                        .get(..scheme.len())
                        .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
                });
                self.dropped.push(!leaves);
                leaves.then_some(event)?
            }
            Event::End(TagEnd::Link) if self.dropped.pop().unwrap_or_default() => return None,
            Event::Start(Tag::Image { .. }) | Event::End(TagEnd::Image) => return None,
            Event::Start(_)
            | Event::End(_)
            | Event::InlineMath(_)
            | Event::DisplayMath(_)
            | Event::FootnoteReference(_)
            | Event::SoftBreak
            | Event::HardBreak
            | Event::Rule => event,
        })
    }

    /// The level of the last heading as it is shown.
    fn shown_level(&self) -> HeadingLevel {
        self.above.last().map_or(HeadingLevel::H1, |(_, shown)| *shown)
    }

    /// The rest of a piece of HTML; a comment may go over several.
    fn without_comments(&mut self, html: &str) -> String {
        let (mut kept, mut rest) = (String::new(), html);
        loop {
            let end = if self.in_comment { "-->" } else { "<!--" };
            let Some((before, after)) = rest.split_once(end) else { break };
            if !self.in_comment {
                kept.push_str(before);
            }
            self.in_comment = !self.in_comment;
            rest = after;
        }
        if !self.in_comment {
            kept.push_str(rest);
        }
        kept
    }
}

fn below(level: HeadingLevel) -> HeadingLevel {
    HeadingLevel::try_from(level as usize + 1).unwrap_or(HeadingLevel::H6)
}

fn shown<'t>(text: &str) -> CowStr<'t> {
    let lines: Vec<String> = text.split('\n').map(safe).collect();
    lines.join("\n").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_rendered(text: &str, markup: &str) {
        assert_eq!(rendered(text).into_string().trim_end(), markup);
    }

    #[test]
    fn markup_in_a_text_stays_text() {
        assert_rendered("<script>x</script>", "&lt;script&gt;x&lt;/script&gt;");
        assert_rendered("a <b onclick=x>c</b>", "<p>a &lt;b onclick=x&gt;c&lt;/b&gt;</p>");
        assert_rendered("`<i>`", "<p><code>&lt;i&gt;</code></p>");
    }

    #[test]
    fn links_leave_by_http_alone() {
        assert_rendered(
            "[a](https://example.org/?a&b)",
            "<p><a rel=\"noopener noreferrer nofollow\" href=\"https://example.org/?a&amp;b\">a</a></p>",
        );
        for address in [
            "javascript:alert(1)",
            "data:text/html,x",
            "/t/x",
            "JaVaScript:x",
            "file:///etc",
            "\\\\host",
        ] {
            assert_rendered(&format!("[a](<{address}>)"), "<p>a</p>");
        }
        assert_rendered("![a](https://example.org/p.png)", "<p>a</p>");
        assert_rendered(
            "[![a](https://e.org/p)](https://e.org)",
            "<p><a rel=\"noopener noreferrer nofollow\" href=\"https://e.org\">a</a></p>",
        );
    }

    #[test]
    fn comments_are_not_shown() {
        assert_rendered("<!-- one -->\n\na", "<p>a</p>");
        assert_rendered("<!--\na\n\nb\n-->\n\nc", "<p>c</p>");
        assert_rendered("a <!-- b --> c", "<p>a  c</p>");
        assert_rendered("<!-- a --> <b>", " &lt;b&gt;");
        assert_rendered("`<!-- a -->`", "<p><code>&lt;!-- a --&gt;</code></p>");
    }

    #[test]
    fn headings_come_below_the_title_of_the_page() {
        assert_rendered("# a\n## b\n# c", "<h2>a</h2>\n<h3>b</h3>\n<h2>c</h2>");
    }

    /// Whoever jumps from heading to heading misses none between two.
    #[test]
    fn no_level_of_headings_is_left_out() {
        assert_rendered("### a\n###### b\n## c", "<h2>a</h2>\n<h3>b</h3>\n<h2>c</h2>");
        // Nor do two of one level differ, such as the entries of a changelog.
        assert_rendered("### a\n### b\n#### c", "<h2>a</h2>\n<h2>b</h2>\n<h3>c</h3>");
    }

    #[test]
    fn boxes_are_boxes() {
        let markup = rendered("- [ ] a\n- [x] b").into_string();
        assert_eq!(markup.matches("type=\"checkbox\"").count(), 2);
        assert_eq!(markup.matches("disabled").count(), 2);
        assert_eq!(markup.matches("aria-label=\"ticked\"").count(), 1);
        assert_eq!(markup.matches("aria-label=\"not ticked\"").count(), 1);
    }
}
