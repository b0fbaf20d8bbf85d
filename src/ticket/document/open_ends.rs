//! What a ticket's text leaves open: boxes that are not ticked, and parts of a template that nobody has filled in.

use super::{Document, line_number, markdown};

/// What is open, each with its line in the file, counted from 1.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpenEnds {
    /// The texts behind `- [ ]`. A box without a text asks for nothing: it is one that a template left.
    pub boxes: Vec<(usize, String)>,
    /// Headings, list items and paragraphs that are nothing but `{something}`.
    pub placeholders: Vec<(usize, String)>,
}

impl Document {
    /// Everything that the body leaves open, outside of code, comments and the changelog.
    pub fn open_ends(&self) -> OpenEnds {
        let mut open = OpenEnds::default();
        let body = self.body();
        let outline = markdown::outline(body);
        let mut changelog = false;
        let mut headings = outline.headings.iter().filter(|h| h.level == 1).peekable();
        for start in outline.text_lines {
            if let Some(heading) = headings.next_if(|heading| heading.start <= start) {
                let text = body.get(heading.text.clone()).unwrap_or_default();
                changelog = text.eq_ignore_ascii_case(b"changelog");
            }
            let line = body.get(start..).unwrap_or_default();
            let line = line.split(|byte| *byte == b'\n').next().unwrap_or_default();
            let Some(line) = std::str::from_utf8(line).ok().filter(|_| !changelog) else {
                continue;
            };
            let at = line_number(self.as_bytes(), self.body + start);
            let item = without_marker(line.trim());
            match item.strip_prefix("[ ]") {
                Some(text) if text.trim().is_empty() => {}
                Some(text) if text.starts_with(char::is_whitespace) => {
                    open.boxes.push((at, text.trim().to_owned()));
                }
                Some(_) | None if is_placeholder(item) => {
                    open.placeholders.push((at, item.to_owned()));
                }
                Some(_) | None => {}
            }
        }
        open
    }
}

/// What stands behind the sign of a list item or of a heading.
fn without_marker(line: &str) -> &str {
    let (marker, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let number = marker.trim_end_matches(['.', ')']);
    let numbered = number.len() + 1 == marker.len() && number.bytes().all(|b| b.is_ascii_digit());
    let heading = !marker.is_empty() && marker.bytes().all(|b| b == b'#');
    let is_marker = matches!(marker, "-" | "*" | "+") || numbered || heading;
    if is_marker { rest.trim() } else { line }
}

/// Whether a text is nothing but `{something}`.
pub(super) fn is_placeholder(text: &str) -> bool {
    let inner = text.strip_prefix('{').and_then(|text| text.strip_suffix('}'));
    inner.is_some_and(|inner| !inner.trim().is_empty() && !inner.contains(['{', '}', '"', ':']))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(body: &str) -> OpenEnds {
        Document::parse(format!("---\nstatus: open\n---\n{body}").into_bytes()).unwrap().open_ends()
    }

    #[test]
    fn boxes_are_found_in_every_kind_of_list() {
        let text = "# What\n- [ ] one\n  * [ ] two\n1. [ ] three\n- [x] done\n- [X] done\n- [ ]\n- [ ](a link)\n";
        let boxes = open(text).boxes;
        let expected = [(5, "one"), (6, "two"), (7, "three")];
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
}
