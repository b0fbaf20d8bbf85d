//! Changes to a body that somebody asks for: another text, more text, ticked boxes.

use super::edit::line_break_before;
use super::markdown::{self, LineKind, TooLong};
use super::{Document, line_number};

/// A box in a list of the body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckBox {
    /// The line in the file, counted from 1.
    pub line: usize,
    /// The first line of the text behind it; may be empty.
    pub text: String,
    pub ticked: bool,
    /// The byte of the file between its brackets.
    at: usize,
}

impl Document {
    /// All boxes outside of code, comments and the changelog, in the order of the file.
    pub fn boxes(&self) -> Result<Vec<CheckBox>, TooLong> {
        let body = markdown::text_of(self.body())?;
        let mut boxes = Vec::new();
        let mut changelog = false;
        // Counted on from box to box: from the start for each would take minutes in a file of boxes.
        let (mut number, mut counted) = (line_number(&self.bytes, self.body), 0);
        for line in markdown::lines(&body) {
            if line.is_section() {
                changelog = line.is_changelog(&body);
            }
            let ticked = match line.kind {
                LineKind::OpenBox | LineKind::EmptyBox => false,
                LineKind::TickedBox => true,
                LineKind::Heading(_) | LineKind::Block | LineKind::Other => continue,
            };
            if changelog {
                continue;
            }
            number += body.get(counted..line.start).unwrap_or_default().matches('\n').count();
            counted = line.start;
            let text = line.text(&body).lines().next().unwrap_or_default().to_owned();
            boxes.push(CheckBox { line: number, text, ticked, at: self.body + line.start + 1 });
        }
        Ok(boxes)
    }

    /// The document with these boxes of its own ticked, and no other byte changed.
    #[must_use]
    pub fn with_ticks<'b>(&self, boxes: impl IntoIterator<Item = &'b CheckBox>) -> Document {
        let mut ticked = self.clone();
        for one in boxes.into_iter().filter(|one| !one.ticked) {
            if let Some(sign) = ticked.bytes.get_mut(one.at) {
                *sign = b'x';
            }
        }
        ticked
    }

    /// The document with another body. The changelog stays, unless the new text brings one.
    pub fn with_body(&self, text: &[u8]) -> Result<Document, TooLong> {
        let line_break = self.line_break();
        let mut new = Document { bytes: self.front().to_vec(), ..self.clone() };
        new.add_paragraph(text, line_break);
        if let (Some(section), false) = (self.changelog_section()?, new.has_changelog()) {
            new.add_paragraph(self.body().get(section).unwrap_or_default(), line_break);
        }
        Ok(new)
    }

    /// The document with more text at the end of its body, before the changelog.
    pub fn with_more(&self, text: &[u8]) -> Result<Document, TooLong> {
        let line_break = self.line_break();
        let at = self.changelog_section()?.map_or(self.body().len(), |section| section.start);
        let (before, behind) = self.body().split_at_checked(at).unwrap_or_default();
        let mut new = Document { bytes: self.front().to_vec(), ..self.clone() };
        new.bytes.extend_from_slice(before.trim_ascii_end());
        if !before.trim_ascii().is_empty() {
            new.bytes.extend_from_slice(line_break.as_bytes());
        }
        new.add_paragraph(text, line_break);
        if !behind.is_empty() {
            new.bytes.extend_from_slice(line_break.as_bytes());
            new.bytes.extend_from_slice(behind);
        }
        Ok(new)
    }

    /// Everything before the body.
    fn front(&self) -> &[u8] {
        self.bytes.get(..self.body).unwrap_or_default()
    }

    fn line_break(&self) -> &'static str {
        line_break_before(&self.bytes, self.body)
    }

    /// Adds a text behind a blank line, with this line break.
    fn add_paragraph(&mut self, text: &[u8], line_break: &str) {
        for line in std::iter::once(&b""[..]).chain(text.trim_ascii().split(|byte| *byte == b'\n'))
        {
            self.bytes.extend_from_slice(line.strip_suffix(b"\r").unwrap_or(line));
            self.bytes.extend_from_slice(line_break.as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRONT: &str = "---\nstatus: open\n---\n";

    fn document(body: &str) -> Document {
        Document::parse(format!("{FRONT}{body}").into_bytes()).unwrap()
    }

    fn body(document: &Document) -> String {
        // What is kept are the places of the front matter, so the bytes must read as the same document.
        assert_eq!(Document::parse(document.as_bytes().to_vec()).unwrap(), *document);
        String::from_utf8(document.body().to_vec()).unwrap()
    }

    #[test]
    fn boxes_are_numbered_whether_they_are_ticked_or_not() {
        let boxes = document("- [ ] a\n1. [x] b\n- [X] c\n- [ ]\n\n# Changelog\n- [ ] no\n");
        let boxes = boxes.boxes().unwrap();
        let boxes: Vec<_> = boxes.iter().map(|b| (b.line, b.text.as_str(), b.ticked)).collect();
        assert_eq!(boxes, [(4, "a", false), (5, "b", true), (6, "c", true), (7, "", false)]);
    }

    #[test]
    fn a_tick_changes_one_byte() {
        let text = "> - [ ] é one\r\n- [ ] two\n```\n- [ ] code\n```\n- [ ]\n- [x] on\n";
        let before = document(text);
        let boxes = before.boxes().unwrap();
        assert_eq!(body(&before.with_ticks([&boxes[0]])), text.replace("[ ] é", "[x] é"));
        let all = "> - [x] é one\r\n- [x] two\n```\n- [ ] code\n```\n- [x]\n- [x] on\n";
        assert_eq!(body(&before.with_ticks(&boxes)), all);
    }

    #[test]
    fn another_body_keeps_the_changelog_unless_it_brings_one() {
        let before = document("\n# What\n\nold\n\n# Changelog\n\n## one\n- x\n\n# After\n");
        let kept = "\nnew\n\n# Changelog\n\n## one\n- x\n";
        assert_eq!(body(&before.with_body(b"\nnew\n\n\n").unwrap()), kept);
        let own = before.with_body(b"new\n\n# changelog\n").unwrap();
        assert_eq!(body(&own), "\nnew\n\n# changelog\n");
        assert_eq!(body(&document("old\n").with_body(b"new").unwrap()), "\nnew\n");
    }

    #[test]
    fn more_text_stands_before_the_changelog() {
        let before = document("\nold\n\n# Changelog\n\n## one\n");
        let after = before.with_more(b"- [ ] more\n").unwrap();
        assert_eq!(body(&after), "\nold\n\n- [ ] more\n\n# Changelog\n\n## one\n");
        assert_eq!(body(&document("").with_more(b"a\nb").unwrap()), "\na\nb\n");
        assert_eq!(body(&document("old").with_more(b"a").unwrap()), "old\n\na\n");
    }

    #[test]
    fn what_is_added_has_the_line_breaks_of_the_file() {
        let before = Document::parse(b"---\r\na: b\r\n---\r\nold\r\n".to_vec()).unwrap();
        assert_eq!(body(&before.with_body(b"a\nb\r\nc").unwrap()), "\r\na\r\nb\r\nc\r\n");
        assert_eq!(body(&before.with_more(b"a\nb").unwrap()), "old\r\n\r\na\r\nb\r\n");
    }
}
