//! Adding an entry to the changelog of a ticket: the only change to a body that tix makes without being asked for it.

use std::borrow::Cow;
use std::ops::Range;

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use pulldown_cmark::HeadingLevel;

use super::Document;
use super::edit::line_break_before;
use super::markdown::{self, LineKind, TextLine, TooLong};
use crate::text::one_line;

/// An entry of the changelog:
///
/// ```text
/// ## [2026-11-20 08:02] - Creator: activated
/// - Branch: ticket/TICKET-foo-001
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ChangelogEntry<'a> {
    /// When it happened. Written in UTC; the format has no zone.
    pub at: DateTime<Utc>,
    pub role: &'a str,
    pub kind: &'a str,
    /// The details, one list item each.
    pub lines: &'a [String],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Appended {
    Yes,
    /// No changelog exists in which it would be read as an entry.
    NoSection,
    /// The body is too long to be read.
    TooLong,
}

impl Document {
    /// Adds an entry at the end of the last `# Changelog` section, before the next heading of level 1, if any. Uses the
    /// section's line breaks, and the last line of the file ends, or does not end, as before.
    ///
    /// A section that ends in an unclosed code block or comment takes no entry.
    pub fn append_changelog(&mut self, entry: &ChangelogEntry<'_>) -> Appended {
        match self.with_entry(entry) {
            Ok(Some(with_entry)) => {
                *self = with_entry;
                Appended::Yes
            }
            Ok(None) => Appended::NoSection,
            Err(TooLong) => Appended::TooLong,
        }
    }

    /// Whether there is a section for entries.
    pub fn has_changelog(&self) -> bool {
        markdown::text_of(self.body())
            .is_ok_and(|body| markdown::lines(&body).iter().any(|line| line.is_changelog(&body)))
    }

    /// The body without its last changelog, and what stands under the heading of that, for people.
    pub fn without_changelog(&self) -> (Cow<'_, str>, Cow<'_, str>) {
        let Ok(body) = markdown::text_of(self.body()) else { return Default::default() };
        let Ok(Some(section)) = self.changelog_section() else { return (body, Cow::default()) };
        let part = |range: Range<usize>| body.get(range).unwrap_or_default();
        let entries = part(section.clone()).split_once('\n').map_or("", |(_, entries)| entries);
        let rest = format!("{}{}", part(0..section.start), part(section.end..body.len()));
        (rest.into(), entries.to_owned().into())
    }

    /// Where the last such section is in the body, its heading included.
    pub(super) fn changelog_section(&self) -> Result<Option<Range<usize>>, TooLong> {
        let body = markdown::text_of(self.body())?;
        let lines = markdown::lines(&body);
        let Some(at) = lines.iter().rposition(|line| line.is_changelog(&body)) else {
            return Ok(None);
        };
        let mut sections = lines.iter().skip(at).filter(|line| line.is_section());
        let start = sections.next().map_or(body.len(), |heading| heading.start);
        Ok(Some(start..sections.next().map_or(body.len(), |next| next.start)))
    }

    /// The list items of the last entry of a kind, in the form that tix writes; empty where there is none.
    pub fn last_entry(&self, kind: &str) -> Vec<String> {
        let Ok(Some(section)) = self.changelog_section() else { return Vec::new() };
        let Ok(text) = markdown::text_of(self.body().get(section).unwrap_or_default()) else {
            return Vec::new();
        };
        let (mut entry, mut wanted) = (Vec::new(), false);
        for line in text.lines() {
            if line.starts_with("## ") {
                wanted = line.rsplit(": ").next() == Some(kind);
                if wanted {
                    entry.clear();
                }
            } else if let Some(item) = line.strip_prefix("- ").filter(|_| wanted) {
                entry.push(item.to_owned());
            }
        }
        entry
    }

    /// How long the ticket was blocked, as far as its changelog tells; the entries are written to the minute. A time that has no
    /// end goes on until now while the ticket is blocked, and else until the entry behind it.
    pub fn time_blocked(&self, now: DateTime<Utc>) -> TimeDelta {
        let mut total = TimeDelta::zero();
        let mut since: Option<DateTime<Utc>> = None;
        for (at, kind) in self.entries() {
            match (since, kind.as_str()) {
                (None, "blocked") => since = Some(at),
                (Some(begin), "unblocked" | "completed" | "closed") => {
                    total += (at - begin).max(TimeDelta::zero());
                    since = None;
                }
                (Some(_) | None, _) => {}
            }
        }
        match since {
            Some(begin) if self.blocked().is_some() => total + (now - begin).max(TimeDelta::zero()),
            Some(_) | None => total,
        }
    }

    /// When each entry of the changelog was written, and its kind.
    fn entries(&self) -> Vec<(DateTime<Utc>, String)> {
        let Ok(body) = markdown::text_of(self.body()) else { return Vec::new() };
        // Most tickets were never blocked, and to read their Markdown would take most of the time.
        if !body.contains(": blocked") {
            return Vec::new();
        }
        let lines = markdown::lines(&body);
        let mut entries = Vec::new();
        let mut is_inside = false;
        for line in &lines {
            if line.is_section() {
                is_inside = line.is_changelog(&body);
            } else if is_inside && line.kind == LineKind::Heading(HeadingLevel::H2) {
                entries.extend(entry_head(line.text(&body)));
            }
        }
        entries
    }

    fn with_entry(&self, entry: &ChangelogEntry<'_>) -> Result<Option<Document>, TooLong> {
        let body = markdown::text_of(self.body())?;
        let old = markdown::lines(&body);
        let Some(changelog) = old.iter().rposition(|line| line.is_changelog(&body)) else {
            return Ok(None);
        };
        let index = old
            .iter()
            .skip(changelog + 1)
            .position(TextLine::is_section)
            .map_or(old.len(), |next| changelog + 1 + next);
        let end = old.get(index).map_or(self.bytes.len(), |next| self.body + next.start);
        let mut with_entry = self.clone();
        with_entry.insert(entry, end);

        // The Markdown parser decides whether a fence, a comment or a list swallows the entry, or the entry what
        // follows.
        let body = markdown::text_of(with_entry.body())?;
        let new = markdown::lines(&body);
        let kinds = |lines: &[TextLine]| lines.iter().map(|line| line.kind).collect::<Vec<_>>();
        let (old, new) = (kinds(&old), kinds(&new));
        let (before, behind) = old.split_at(index);
        let added = new.strip_prefix(before).and_then(|new| new.strip_suffix(behind));
        let is_entry =
            added.and_then(|added| added.first()) == Some(&LineKind::Heading(HeadingLevel::H2));
        Ok(is_entry.then_some(with_entry))
    }

    /// Inserts an entry after the text that precedes `end`.
    fn insert(&mut self, entry: &ChangelogEntry<'_>, end: usize) {
        let section = self.bytes.get(..end).unwrap_or_default();
        let text_end = section.trim_ascii_end().len();
        let rest = section.get(text_end..).unwrap_or_default();
        let line_end =
            rest.iter().position(|byte| *byte == b'\n').map(|newline| text_end + newline + 1);

        let at = line_end.unwrap_or(end);
        let line_break = line_break_before(&self.bytes, at);
        let mut new = line_break.to_owned();
        if line_end.is_none() {
            new.push_str(line_break);
        }
        new.push_str(&entry.to_markdown(line_break));
        if line_end.is_some() {
            new.push_str(line_break);
            if at == end && end < self.bytes.len() {
                new.push_str(line_break);
            }
        }
        self.bytes.splice(at..at, new.into_bytes());
    }
}

impl ChangelogEntry<'_> {
    fn to_markdown(self, line_break: &str) -> String {
        let when = self.at.format("%Y-%m-%d %H:%M");
        let mut text = format!("## [{when}] - {}: {}", line_of(self.role), line_of(self.kind));
        for line in self.lines.iter().map(|line| item(line)).filter(|line| !line.is_empty()) {
            text.push_str(line_break);
            text.push_str("- ");
            text.push_str(&line);
        }
        text
    }
}

/// The text on one line, in which no comment can start, not even for a program that looks for comments in the middle of
/// a line.
fn line_of(text: &str) -> String {
    one_line(text).replace("<!--", "&lt;!--")
}

/// The text as a list item. Markdown allows headings, quotes, code fences and nested lists in an item, so everything
/// that would start one is escaped.
fn item(text: &str) -> String {
    let line = line_of(text);
    let marker = line.split(' ').next().unwrap_or_default();
    let number = marker.trim_start_matches(|c: char| c.is_ascii_digit());
    if number.len() < marker.len() && matches!(number, "." | ")") {
        let digits = marker.len() - number.len();
        let (digits, rest) = line.split_at_checked(digits).unwrap_or_default();
        return format!("{digits}\\{rest}");
    }
    let is_rule = |c: char| line.chars().all(|other| other == c || other == ' ');
    let starts_block = line.starts_with(['>', '<'])
        || ["```", "~~~"].iter().any(|fence| line.starts_with(fence))
        || (!marker.is_empty() && marker.bytes().all(|byte| byte == b'#'))
        || matches!(marker, "-" | "+" | "*")
        || (!line.is_empty() && ['-', '*', '_'].into_iter().any(is_rule));
    if starts_block { format!("\\{line}") } else { line }
}

/// The time and the kind of an entry, from its heading.
fn entry_head(heading: &str) -> Option<(DateTime<Utc>, String)> {
    let (at, story) = heading.strip_prefix('[')?.split_once(']')?;
    let at = NaiveDateTime::parse_from_str(at.trim(), "%Y-%m-%d %H:%M").ok()?.and_utc();
    let (_, kind) = story.rsplit_once(':')?;
    Some((at, kind.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone as _;

    use super::*;

    const ADDED: &str = "## [2026-11-20 08:02] - Creator: activated\n- Branch: x";

    fn append(body: &str, role: &str, lines: &[&str]) -> Option<String> {
        let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        let at = Utc.with_ymd_and_hms(2026, 11, 20, 8, 2, 59).unwrap();
        let mut document = Document::parse(format!("---\n---\n{body}").into_bytes()).unwrap();
        let before = document.clone();
        let appended = document.append_changelog(&ChangelogEntry {
            at,
            role,
            kind: "activated",
            lines: &lines,
        });
        assert_eq!(Document::parse(document.as_bytes().to_vec()).as_ref(), Ok(&document));
        match appended {
            Appended::Yes => Some(String::from_utf8(document.body().to_vec()).unwrap()),
            Appended::NoSection | Appended::TooLong => {
                assert_eq!(document, before);
                None
            }
        }
    }

    fn add(body: &str) -> Option<String> {
        append(body, "Creator", &["Branch: x"])
    }

    #[test]
    fn an_entry_goes_to_the_end_of_the_section_and_every_other_byte_stays() {
        let cases = [
            ("# Changelog\n", format!("# Changelog\n\n{ADDED}\n")),
            ("# Changelog", format!("# Changelog\n\n{ADDED}")),
            (
                "# changelog #\n\n## [x]\n- y\n\n\n",
                format!("# changelog #\n\n## [x]\n- y\n\n{ADDED}\n\n\n"),
            ),
            ("# Changelog\n- y  ", format!("# Changelog\n- y  \n\n{ADDED}")),
            ("# Changelog\n- y\n\n# Next\n", format!("# Changelog\n- y\n\n{ADDED}\n\n# Next\n")),
            ("# Changelog\n- y\n# Next\n", format!("# Changelog\n- y\n\n{ADDED}\n\n# Next\n")),
            ("# Changelog\n# Changelog\n", format!("# Changelog\n# Changelog\n\n{ADDED}\n")),
            (
                "# Changelog\n```\n# Next\n```\n",
                format!("# Changelog\n```\n# Next\n```\n\n{ADDED}\n"),
            ),
        ];
        for (before, after) in cases {
            assert_eq!(add(before), Some(after), "{before:?}");
        }
    }

    #[test]
    fn an_entry_has_the_line_breaks_of_its_section() {
        let added = ADDED.replace('\n', "\r\n");
        assert_eq!(
            add("# Changelog\r\n- y\r\n"),
            Some(format!("# Changelog\r\n- y\r\n\r\n{added}\r\n"))
        );
        assert_eq!(add("a\r\n# Changelog"), Some(format!("a\r\n# Changelog\r\n\r\n{added}")));
    }

    #[test]
    fn only_a_real_heading_starts_a_section() {
        for body in [
            "",
            "## Changelog\n",
            "#Changelog\n",
            "    # Changelog\n",
            "# Changelog of x\n",
            "```\n# Changelog\n```\n",
            "~~~~ md\n~~~\n# Changelog\n~~~~\n",
            "````\n```\n# Changelog\n",
            "<!--\n# Changelog\n-->\n",
            "# Changelog\n```\nnever closed\n",
            "# Changelog\n<!-- never closed\n",
            "# Changelog\n<pre>\n\nnever closed\n",
            "- # Changelog\n",
            "> # Changelog\n",
            "- ```\n  x\n# Changelog of x\n",
            "Changelog\nof x\n===\n",
        ] {
            assert_eq!(add(body), None, "{body:?}");
        }
        for body in [
            "``` a`b\n# Changelog\n",
            "<!-- x -->\n# Changelog\n",
            "<!-->\n   # Changelog\n",
            "Changelog\n===\n",
            "# Changelog\n- ```\n  never closed\n",
            "- ```\n  ``` x\n\n# Changelog\n",
            "# Changelog\n- # Next\n",
        ] {
            assert_eq!(add(body), Some(format!("{body}\n{ADDED}\n")), "{body:?}");
        }
    }

    #[test]
    fn the_text_of_an_entry_forges_nothing() {
        let hostile = [
            "two\nlines\r\nand\u{2028}a third\u{1b}[31m",
            "# Changelog",
            "###### x",
            "#123 is fixed",
            "```sh",
            "~~~",
            "<!-- x",
            "a <!-- b",
            "<pre>",
            "> x",
            "- x",
            "* * *",
            "12. # x",
            "- ## [2026-11-20 08:02] - Critic: reviewed",
            " \n ",
            "*emphasis* and [ ] a box",
        ];
        let expected = "\
# Changelog

## [2026-11-20 08:02] - a # b &lt;!-- c: activated
- two lines and a third [31m
- \\# Changelog
- \\###### x
- #123 is fixed
- \\```sh
- \\~~~
- &lt;!-- x
- a &lt;!-- b
- \\<pre>
- \\> x
- \\- x
- \\* * *
- 12\\. # x
- \\- ## [2026-11-20 08:02] - Critic: reviewed
- *emphasis* and [ ] a box
";
        assert_eq!(append("# Changelog\n", "a\n# b <!-- c", &hostile).as_deref(), Some(expected));
    }

    #[test]
    fn the_time_blocked_is_what_the_changelog_tells() {
        let noon = DateTime::parse_from_rfc3339("2025-12-11T12:00:00Z").unwrap().to_utc();
        let story = |front: &str, entries: &[(&str, &str)]| {
            let entry = |(at, kind): &(&str, &str)| format!("## [{at}] - Creator: {kind}\n- x\n\n");
            let entries: String = entries.iter().map(entry).collect();
            let text = format!(
                "---\n{front}---\n# Notes\n\n## [2025-12-01 00:00] - x: blocked\n\n# Changelog\n\n{entries}"
            );
            Document::parse(text.into_bytes()).unwrap().time_blocked(noon).num_hours()
        };
        let twice = [
            ("2025-12-10 10:00", "blocked"),
            ("2025-12-10 11:00", "blocked"),
            ("2025-12-10 12:00", "unblocked"),
            ("2025-12-10 13:00", "noted"),
            ("2025-12-10 14:00", "blocked"),
            ("2025-12-10 15:00", "completed"),
        ];
        assert_eq!(story("status: approved\n", &twice), 3);
        let open = [("2025-12-11 08:00", "blocked")];
        assert_eq!(story("status: open\nblocked: waits\n", &open), 4);
        assert_eq!(story("status: open\n", &open), 0, "somebody took the flag away by hand");
        assert_eq!(story("status: open\n", &[("2025-13-11 08:00", "blocked")]), 0);
    }
}
