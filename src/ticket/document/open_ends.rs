//! Unfinished parts of a ticket's text: unticked boxes, empty sections, and unfilled parts of a template.

use pulldown_cmark::HeadingLevel;

use super::markdown::{self, LineKind, TooLong};
use super::{Document, line_number};

/// The unfinished parts, each with its line in the file, counted from 1.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpenEnds {
    /// The texts after `- [ ]`; empty for a box left over from a template.
    pub boxes: Vec<(usize, String)>,
    /// The headings in the requirements with nothing below them.
    pub sections: Vec<(usize, String)>,
    /// Headings, list items and paragraphs that consist of `{something}` only.
    pub placeholders: Vec<(usize, String)>,
}

/// A heading in the requirements below which nothing has been found yet.
struct BareHeading {
    level: HeadingLevel,
    line: usize,
    text: String,
}

/// The reader's position in the requirements: after a heading of that name, up to the next one that is no deeper.
#[derive(Default)]
struct Requirements {
    level: Option<HeadingLevel>,
    bare: Option<BareHeading>,
}

impl Requirements {
    /// Moves on to this heading; returns the one before it if that has nothing below it.
    fn at_heading(
        &mut self,
        level: HeadingLevel,
        line: usize,
        text: &str,
    ) -> Option<(usize, String)> {
        // A deeper heading belongs to the one before it.
        let empty = self.bare.take().filter(|bare| level <= bare.level);
        if self.level.is_some_and(|section| level <= section) {
            self.level = None;
        }
        if self.level.is_none() && text.eq_ignore_ascii_case("requirements") {
            self.level = Some(level);
        }
        self.bare = self.level.map(|_| BareHeading { level, line, text: text.to_owned() });
        empty.map(|bare| (bare.line, bare.text))
    }
}

impl Document {
    /// All unfinished parts of the body, outside of code, comments and the changelog.
    pub fn open_ends(&self) -> Result<OpenEnds, TooLong> {
        let body = markdown::text_of(self.body())?;
        let mut open = OpenEnds::default();
        let (mut changelog, mut requirements) = (false, Requirements::default());
        // Counted from line to line: counting from the start for each would take minutes in a file of boxes.
        let (mut number, mut counted) = (line_number(self.as_bytes(), self.body), 0);
        for line in markdown::lines(&body) {
            if line.is_section() {
                changelog = line.is_changelog(&body);
            }
            number += body.get(counted..line.start).unwrap_or_default().matches('\n').count();
            counted = line.start;
            // Emphasis may go over several lines.
            let text = line.text(&body);
            let first = text.lines().next().unwrap_or_default();
            match line.kind {
                LineKind::Heading(level) => {
                    open.sections.extend(requirements.at_heading(level, number, first));
                }
                LineKind::OpenBox
                | LineKind::EmptyBox
                | LineKind::TickedBox
                | LineKind::Block
                | LineKind::Other => requirements.bare = None,
            }
            let to = match line.kind {
                _ if changelog => continue,
                LineKind::OpenBox | LineKind::EmptyBox => &mut open.boxes,
                LineKind::Heading(_) | LineKind::Other if is_placeholder(text) => {
                    &mut open.placeholders
                }
                LineKind::Heading(_) | LineKind::Other | LineKind::TickedBox | LineKind::Block => {
                    continue;
                }
            };
            to.push((number, first.to_owned()));
        }
        open.sections.extend(requirements.bare.map(|bare| (bare.line, bare.text)));
        Ok(open)
    }
}

/// Whether a text consists of `{something}` only.
pub(super) fn is_placeholder(text: &str) -> bool {
    let inner = text.strip_prefix('{').and_then(|text| text.strip_suffix('}'));
    inner.is_some_and(|inner| !inner.trim().is_empty() && !inner.contains(['{', '}', '"', ':']))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(body: &str) -> OpenEnds {
        Document::parse(format!("---\nstatus: open\n---\n{body}").into_bytes())
            .unwrap()
            .open_ends()
            .unwrap()
    }

    #[test]
    fn boxes_are_found_in_every_kind_of_list() {
        let text = "# What\n- [ ] one\n  * [ ] two\n1. [ ] three\n- [x] done\n- [X] done\n- [ ]\n- [ ](a link)\n";
        let boxes = open(text).boxes;
        let expected = [(5, "one"), (6, "two"), (7, "three"), (10, "")];
        assert_eq!(boxes, expected.map(|(line, text)| (line, text.to_owned())));
    }

    #[test]
    fn placeholders_are_whole_lines() {
        let text =
            "# {Title}\n\n{describe the problem}\n- {first}\nuse {id} here\n{\"json\": 1}\n{}\n";
        let found = open(text).placeholders;
        let expected = [(4, "{Title}"), (6, "{describe the problem}"), (7, "{first}")];
        assert_eq!(found, expected.map(|(line, text)| (line, text.to_owned())));
    }

    #[test]
    fn code_comments_and_the_changelog_leave_nothing_open() {
        let text =
            "```\n- [ ] code\n```\n<!--\n- [ ] comment\n{x}\n-->\n# Changelog\n- [ ] told\n{x}\n";
        assert_eq!(open(text), OpenEnds::default());
        let behind = open(&format!("{text}# After\n- [ ] it\n"));
        assert_eq!(behind.boxes, [(15, "it".to_owned())]);
    }

    #[test]
    fn a_fence_in_a_list_item_hides_nothing_behind_the_item() {
        for fence_end in ["  ``` (see the notes)\n", "  ```\n", "", "```\n```\n"] {
            let text = format!(
                "- run\n  ```sh\n  {{a}}\n  - [ ] code\n{fence_end}\n# Criteria\n\n- [ ] it\n"
            );
            let open = open(&text);
            let boxes: Vec<&str> = open.boxes.iter().map(|(_, text)| text.as_str()).collect();
            assert_eq!((boxes, open.placeholders), (vec!["it"], Vec::new()), "{text}");
        }
    }

    #[test]
    fn code_in_lists_quotes_and_after_an_indent_leaves_nothing_open() {
        for text in [
            "5. Add\n   - in the page:\n     ```tsx\n     {children}\n     - [ ] no\n     ```\n",
            "1. one\n\n   ```sh\n   {a}\n   ```\n",
            "> ```\n> {q}\n> - [ ] no\n> ```\n",
            "text\n\n    {indented}\n\n\t- [ ] no\n",
            "- a\n\n      {indented}\n",
            "<pre>\n\n- [ ] no\n{x}\n</pre>\n",
            "`- [ ] no\n{x} no`\n",
            "\\{x\\}\n\n[ ] no list\n\n- [x] {done}\n- [?] {unsure}\n",
        ] {
            assert_eq!(open(text), OpenEnds::default(), "{text}");
        }
    }

    #[test]
    fn boxes_are_found_wherever_a_list_can_be() {
        for (text, line) in [
            ("> - [ ] it\n", 4),
            ("a\n\n1. b\n   > * [ ] it\n", 7),
            ("-\t[ ] it\n", 4),
            ("text <!-- a\n- [ ] it\n-->\n", 5),
            ("<details>\n\n- [ ] it\n\n</details>\n", 6),
            ("# Changelog\n- [ ] no\n\nNext\n====\n- [ ] it\n", 9),
            ("> # Changelog\n\n- [ ] it\n", 6),
            ("```\n# Changelog\n```\n- [ ] it\n", 7),
            ("- [x] done\r\n- [ ] it\r\n", 5),
            ("a\n- [ ] it\n*\n", 5),
        ] {
            assert_eq!(open(text).boxes, [(line, "it".to_owned())], "{text}");
        }
    }

    #[test]
    fn a_box_without_a_text_is_open_too() {
        for (text, boxes) in [
            ("- [ ]\n- [ ]\n  it\n- other\n", vec![(4, ""), (5, "it")]),
            ("# Acceptance Criteria\n\n- [ ]\n\n# Context\n\ntext\n", vec![(6, "")]),
            ("- [ ]\n  ```\n  code\n  ```\n- [ ] \n", vec![(4, ""), (8, "")]),
            ("- [x]\n", vec![]),
        ] {
            let boxes: Vec<_> = boxes.iter().map(|(at, text)| (*at, (*text).to_owned())).collect();
            assert_eq!(open(text).boxes, boxes, "{text}");
        }
    }

    #[test]
    fn a_section_of_the_requirements_without_a_text_is_open() {
        for (text, sections) in [
            (
                "# Requirements\n\n## What\n\n<!-- say it -->\n\n## How\n\n- [x] so\n",
                vec![(6, "What")],
            ),
            ("# Requirements\n\n# Context\n\n## Empty\n", vec![(4, "Requirements")]),
            ("# Requirements\n## A\n### B\n### C\nc\n## D\n", vec![(6, "B"), (9, "D")]),
            ("Intro\n\n## requirements\n\n### A\n## Notes\n", vec![(8, "A")]),
            ("# Requirements\n\n```\ncode\n```\n", vec![]),
            ("# Requirements\n\n## A\n\n- [ ]\n## B\n<details>x</details>\n", vec![]),
            ("# What\n\n# Changelog\n", vec![]),
        ] {
            let sections: Vec<_> =
                sections.iter().map(|(at, text)| (*at, (*text).to_owned())).collect();
            assert_eq!(open(text).sections, sections, "{text}");
        }
    }

    #[test]
    fn a_box_is_found_beside_bytes_that_are_no_text() {
        let text = b"---\n---\n\xff\n- [ ] f\xfcr Elise\n- [\xff] no\n";
        let boxes = Document::parse(text.to_vec()).unwrap().open_ends().unwrap().boxes;
        assert_eq!(boxes, [(4, "f?r Elise".to_owned())]);
    }
}
