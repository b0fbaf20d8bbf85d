//! Changes one value and no other byte.

use std::ops::Range;

use super::{Document, DocumentError};
use crate::text::yaml;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    Null,
    /// A text; quoted unless every YAML reader reads it as the same text without quotes.
    Text(&'a str),
    /// A list of texts, in brackets on one line.
    List(&'a [String]),
}

/// A new key is added below the last of these. A claim and its end write these keys, so they stay together, in the
/// order in which they are set.
const ANCHORS: [&str; 8] = [
    "status",
    "claimed_by",
    "claimed_at",
    "claim_id",
    "branch",
    "blocked",
    "completed_at",
    "resolution",
];

impl Document {
    /// Writes a value, and leaves every byte alone that does not belong to it: the comment after it, the quotes of
    /// others, line breaks, order.
    ///
    /// If a key has several lines, all of them get the value, because readers differ in which one they use. A new key
    /// is added below the claim's keys or `status`, else at the end. A value of several lines becomes one line.
    ///
    /// Fails, and changes nothing, if the result could not be read again. That would be a bug in here.
    pub fn set(&mut self, key: &str, value: Value<'_>) -> Result<(), DocumentError> {
        let value = value.to_yaml();
        let mut edits: Vec<(Range<usize>, String)> = Vec::new();
        for field in self.fields.iter().filter(|field| field.key == key) {
            let line = self.block().get(..field.value.start).unwrap_or_default();
            let gap = if line.ends_with(':') { " " } else { "" };
            edits.push((field.value.clone(), format!("{gap}{value}")));
            edits.push((field.tail.clone(), String::new()));
        }
        if edits.is_empty() {
            let anchor = self.fields.iter().rfind(|field| ANCHORS.contains(&field.key.as_str()));
            let at = anchor.map_or(self.block.len(), |field| field.end);
            let line_break = line_break_before(&self.bytes, self.block.start + at);
            edits.push((at..at, format!("{}: {value}{line_break}", yaml::item(key))));
        }

        let mut bytes = self.bytes.clone();
        // From the end to the start, so that the offsets of the remaining edits stay valid.
        for (range, new) in edits.into_iter().rev() {
            let range = self.block.start + range.start..self.block.start + range.end;
            bytes.splice(range, new.into_bytes());
        }
        *self = Document::parse(bytes)?;
        Ok(())
    }
}

/// The line break of the last line that ends before `at`, so that an added line looks like its neighbours.
pub(super) fn line_break_before(bytes: &[u8], at: usize) -> &'static str {
    let before = bytes.get(..at).unwrap_or_default();
    let newline = before.iter().rposition(|byte| *byte == b'\n');
    let lines = newline.and_then(|newline| before.get(..newline)).unwrap_or_default();
    if lines.ends_with(b"\r") { "\r\n" } else { "\n" }
}

impl Value<'_> {
    /// The value as it is written after a key.
    pub(super) fn to_yaml(self) -> String {
        match self {
            Value::Null => "null".to_owned(),
            Value::Text(text) => yaml::value(text),
            Value::List(items) => {
                let items: Vec<String> = items.iter().map(|item| yaml::item(item)).collect();
                format!("[{}]", items.join(", "))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The front matter after setting `a`, or whichever key is named.
    fn set(lines: &str, key: &str, value: Value<'_>) -> String {
        let mut document = Document::parse(format!("---\n{lines}---\nbody").into_bytes()).unwrap();
        document.set(key, value).unwrap();
        let text = String::from_utf8(document.into_bytes()).unwrap();
        text.strip_prefix("---\n").unwrap().strip_suffix("---\nbody").unwrap().to_owned()
    }

    #[test]
    fn only_the_value_is_replaced() {
        let cases = [
            ("a: b\nc: d\n", "a: new\nc: d\n"),
            ("a:   b   # c\n", "a:   new   # c\n"),
            ("\"a\" :\t'b' # c\r\n", "\"a\" :\tnew # c\r\n"),
            ("a:\n", "a: new\n"),
            ("a: \n", "a: new\n"),
            ("a: # c\n", "a: new # c\n"),
            ("a:   # c\n", "a: new   # c\n"),
            ("a: {b: [c]} # d\n", "a: new # d\n"),
            ("a: [b] c # d\n", "a: new # d\n"),
            ("a: b\n  c # d\n  # e\nf: g\n", "a: new # d\n  # e\nf: g\n"),
            ("a: \"b\n\n  c\" # d\ne: f\n", "a: new # d\ne: f\n"),
            ("a: [b, # x\n  c\n] # d\ne: f\n", "a: new # d\ne: f\n"),
            ("a: | # c\n  b\n\n  # d\n\n# e\nf: g\n", "a: new # c\n\n# e\nf: g\n"),
            ("a: # c\n- b\n# d\n- e\n# f\ng: h\n", "a: new # c\n# f\ng: h\n"),
            ("a:\n  b:\n    c: d\n\ne: f\n", "a: new\n\ne: f\n"),
        ];
        for (before, after) in cases {
            assert_eq!(set(before, "a", Value::Text("new")), after, "{before:?}");
        }
    }

    #[test]
    fn all_lines_of_a_duplicate_key_get_the_value() {
        let after = set("a: 1 # x\nb: 2\na: |\n  3\n", "a", Value::Text("new"));
        assert_eq!(after, "a: new # x\nb: 2\na: new\n");
    }

    #[test]
    fn a_missing_key_is_added_below_the_claim_or_at_the_end() {
        let text = Value::Text("x");
        assert_eq!(set("a: b\n", "c", text), "a: b\nc: x\n");
        assert_eq!(set("", "c", text), "c: x\n");
        assert_eq!(
            set("status: open # s\r\na: b\n", "c", text),
            "status: open # s\r\nc: x\r\na: b\n"
        );
        assert_eq!(
            set("status: |+\n  open\n\na: b\n", "c", text),
            "status: |+\n  open\n\nc: x\na: b\n"
        );
        assert_eq!(set("", "no: way\n", text), "\"no: way\\n\": x\n");
    }

    #[test]
    fn the_keys_of_a_claim_stay_together_in_the_order_in_which_they_are_set() {
        let mut lines = "status: queued\ncreated: 2025-12-03\n".to_owned();
        for key in ["claimed_by", "claimed_at", "claim_id", "branch"] {
            lines = set(&lines, key, Value::Null);
        }
        let added = "claimed_by: null\nclaimed_at: null\nclaim_id: null\nbranch: null\n";
        assert_eq!(lines, format!("status: queued\n{added}created: 2025-12-03\n"));
    }

    #[test]
    fn a_list_is_one_line_of_items_each_quoted_when_it_must_be() {
        let items = ["TICKET-a-001", "001", "a, b", "c]", "d:e", "f?"].map(str::to_owned);
        let list = Value::List(&items);
        assert_eq!(list.to_yaml(), "[TICKET-a-001, \"001\", \"a, b\", \"c]\", \"d:e\", \"f?\"]");
        assert_eq!(Value::List(&[]).to_yaml(), "[]");
        assert_eq!(set("a:\n  - b\n", "a", list), format!("a: {}\n", list.to_yaml()));
    }
}
