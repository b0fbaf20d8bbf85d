//! Properties of every document, tested on generated ones.
//!
//! A generated document is a list of pieces that know whether they are the value of the key under test. The expected
//! result of an edit is assembled from the pieces, not computed by the tested code.

use chrono::DateTime;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use pulldown_cmark::HeadingLevel;

use super::markdown::LineKind;
use super::*;

/// One or more whole lines of front matter without the last line break. `\n` stands for any line break.
#[derive(Clone, Debug)]
enum Part {
    /// Lines that an edit of `status` leaves alone.
    Other(&'static str),
    /// A value of `status`: the text that stays before it, the value, the text that stays after it.
    Status(&'static str, &'static str, &'static str),
}

impl Part {
    fn status((before, value, behind): (&'static str, &'static str, &'static str)) -> Part {
        Part::Status(before, value, behind)
    }
}

const OTHERS: &[&str] = &[
    "",
    "  ",
    "# Metadata",
    "  # status: closed",
    "ticket_id: TICKET-a-001",
    "sequence: 001",
    "ID: 0022 # old",
    "parent: null",
    "empty:",
    "empty: # nothing",
    "session_id: {placeholder}",
    "hint: {null or TICKET-x-###}",
    "created: 2025-12-03 19:30",
    "title: Fix: the \"thing\"",
    "title: [WIP] thing # soon",
    "title: 日本語: タイトル",
    "\"quoted key\" : 'it''s'",
    "quoted: \"a # b \\\" c\" # d",
    "status_note: open",
    "Status: Open",
    "text: |\n  status: closed\n\n   # no comment\n  ---",
    "text: >+ # keep\n  status: closed\n\n",
    "list: [a, # b\n  'c, ]',\n]",
    "list:\n- status: closed\n# e\n- b",
    "map:\n  status: closed\n\n  other: [",
    "folded: \"a\n\n  status: closed\"",
    "long: a\n  status: closed\n  b",
    "below:\n  # a\n  'b\n  c'",
    "escape: \u{1b}[31m \u{202e}",
];

const STATUSES: &[(&str, &str, &str)] = &[
    ("status: ", "open", ""),
    ("status:   ", "open", "   # soon"),
    ("status :\t", "open: closed", "\t# a # b"),
    ("\"status\": ", "\"open # no\"", " # yes"),
    ("'status' : ", "'it''s'", "  "),
    ("status: ", "{open|claimed}", ""),
    ("status: ", "[WIP] \"a\"", " # b"),
    ("status: ", "[a, # b\n  'c',\n]", " # d"),
    ("status: ", "\"a\n\n  status: closed\"", " # b"),
    ("status: ", "a # b\n  c\n\n  d", " # e"),
    ("status: ", "&a *b", ""),
];

/// Values that end with whole lines, so that nothing follows them, and missing values.
const STATUS_LINES: &[(&str, &str, &str)] = &[
    ("status: ", "|", "\n  a: b\n\n  # c"),
    ("status: ", ">+", "\n  a\n\n"),
    ("status: ", "", "\n  - a\n\n  - b"),
    ("status: ", "", "\n- a\n# b\n- c"),
    ("status: ", "", "\n  a:\n    status: closed"),
    ("status: ", "", ""),
];

const PRELUDES: &[&str] =
    &["", "\n \n", "<!--\n---\nstatus: closed\n---\n-->\n", "<!---->\n\n<!-- a -->  \n"];

const BODIES: &[&str] = &[
    "",
    "\n# Title\n\n---\nstatus: closed\n---\n",
    "no last line break",
    "\n# Changelog\n\n## [2025-12-03 19:30] - Creator: created\n- a\n",
    "# Changelog\n\n# Next",
    "```\n# Changelog\n```",
];

fn part() -> impl Strategy<Value = Part> {
    prop_oneof![
        5 => select(OTHERS).prop_map(Part::Other),
        1 => select(STATUSES).prop_map(Part::status),
    ]
}

const KEYS: &[&str] = &["status", "claimed_by", "sequence", "title", "list", "odd: key\n"];

const BODY_LINES: &[&str] = &[
    "# Changelog\n",
    "# Next\n",
    "```\n",
    "~~~\n",
    "<!--\n",
    "-->\n",
    "- a\n",
    "\n",
    "  ",
    "## b\r\n",
    "- ```\n",
    "===\n",
    "> ",
    "\t",
    "<pre>\n",
    "[a]: b\n",
];

const OPEN_LINES: &[&str] = &[
    "- [ ] a\n",
    "-\t[ ] a b\r\n",
    "\t[ ]",
    "1. [ ]\n",
    "  * [x] {c}\n",
    "{d}\n",
    "\\{e}\n",
    "**f\n",
    "g** `h\n",
    "`<i\n",
    "j> [k\n",
    "](l)\n",
    "日本\n",
];

/// Text that people and attackers write, and forms that YAML readers disagree about.
fn hostile_text() -> impl Strategy<Value = String> {
    const ODD: &[&str] = &[
        "001",
        "1e3",
        "0o7",
        "1_000",
        "12:30:45",
        "2025-12-03",
        "yes",
        "No",
        "null",
        "~",
        "",
        " ",
        "a: b",
        "a:",
        "a #b",
        "# a",
        "- a",
        "[a",
        "]",
        "{a}",
        "*a",
        "&a",
        "!a",
        "|",
        ">",
        "@a",
        "`a`",
        "%a",
        "'",
        "\"",
        "\\",
        "a\\",
        "---",
        "\n---\n",
        "...",
        "a\nstatus: closed",
        "a\r\nb",
        "\u{85}",
        "\u{2028}",
        "\u{feff}",
        "\u{202e}a",
        "\0",
        "\u{1b}[31m",
        "\t",
        "a ",
        " a",
        "日本語: あ",
        "é#",
        "😀",
        "\u{e0001}",
        "\u{fffe}",
        "\u{10ffff}",
        "<!--",
        "-->",
        "$(a)",
        "a\u{a0}",
        "\u{3000}",
        "=",
        "<<",
    ];
    prop_oneof![
        select(ODD).prop_map(str::to_owned),
        vec(select(ODD), 1..4).prop_map(|parts| parts.concat()),
        "[a-z_/-]{1,12}",
        any::<String>(),
    ]
}

/// Assembles a document. Each line break is the next one of `breaks`, over and over.
struct DocumentWriter<'a> {
    text: String,
    breaks: std::iter::Cycle<std::slice::Iter<'a, bool>>,
}

impl DocumentWriter<'_> {
    fn push(&mut self, text: &str) {
        for c in text.chars() {
            if c == '\n' && *self.breaks.next().unwrap() {
                self.text.push('\r');
            }
            self.text.push(c);
        }
    }

    /// Text that is no longer written still uses up its line breaks.
    fn skip(&mut self, text: &str) {
        self.breaks.by_ref().take(text.matches('\n').count()).for_each(drop);
    }
}

/// The document, with `status` replaced by `new` if given, line by line as an edit should do it.
fn write(
    outside: (&str, bool, &str),
    parts: &[Part],
    breaks: &[bool],
    new: Option<&str>,
) -> String {
    let (prelude, has_mark, body) = outside;
    let mut writer = DocumentWriter { text: String::new(), breaks: breaks.iter().cycle() };
    writer.push(if has_mark { "\u{feff}" } else { "" });
    writer.push(prelude);
    writer.push("---\n");
    for part in parts {
        match (part, new) {
            (Part::Other(lines), _) => writer.push(lines),
            (Part::Status(before, value, behind), None) => {
                writer.push(before);
                writer.push(value);
                writer.push(behind);
            }
            (Part::Status(before, value, behind), Some(new)) => {
                writer.push(before);
                writer.text.push_str(new);
                writer.skip(value);
                let (rest_of_line, lines) = behind.split_once('\n').unwrap_or((behind, ""));
                writer.push(rest_of_line);
                // The break of the value's first line stays, those of its other lines are removed.
                if behind.contains('\n') {
                    writer.push("\n");
                    writer.skip(lines);
                    writer.skip("\n");
                    continue;
                }
            }
        }
        writer.push("\n");
    }
    writer.push("---\n");
    writer.push(body);
    writer.text
}

fn parse(text: &str) -> Result<Document, TestCaseError> {
    Document::parse(text.as_bytes().to_vec())
        .map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))
}

/// What `text` returns for a text that was set: an empty one counts as none.
fn reading(text: &str) -> Option<String> {
    Some(text.to_owned()).filter(|text| !text.is_empty())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, ..ProptestConfig::default() })]

    #[test]
    fn setting_a_key_leaves_every_other_byte(
        parts in vec(part(), 0..8),
        last in proptest::option::of(select(STATUS_LINES)),
        prelude in select(PRELUDES),
        body in select(BODIES),
        has_mark in any::<bool>(),
        breaks in vec(any::<bool>(), 1..5),
        new in hostile_text(),
    ) {
        let mut parts = parts;
        parts.extend(last.map(Part::status));
        let outside = (prelude, has_mark, body);
        let before = write(outside, &parts, &breaks, None);
        let mut document = parse(&before)?;
        document.set("status", Value::Text(&new))?;

        prop_assert_eq!(document.text("status"), reading(&new));
        prop_assert_eq!(parse(str::from_utf8(document.as_bytes())?)?, document.clone());
        let yaml = Value::Text(&new).to_yaml();
        let after = str::from_utf8(document.as_bytes())?;
        if parts.iter().any(|part| matches!(part, Part::Status(..))) {
            prop_assert_eq!(after, write(outside, &parts, &breaks, Some(&yaml)));
        } else {
            let added = after.match_indices("status: ").any(|(at, _)| {
                let (head, rest) = after.split_at(at);
                let line = rest.split_inclusive('\n').next().unwrap_or_default();
                line.trim_end_matches(['\r', '\n']) == format!("status: {yaml}")
                    && format!("{head}{}", &rest[line.len()..]) == before
            });
            prop_assert!(added, "{before}\n=>\n{after}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, ..ProptestConfig::default() })]

    #[test]
    fn every_key_of_a_claim_reads_back_and_no_other_changes(
        parts in vec(part(), 0..8),
        edits in vec((select(KEYS), hostile_text()), 1..6),
        body in select(BODIES),
    ) {
        let mut document = parse(&write(("", false, body), &parts, &[false], None))?;
        let original = document.clone();
        let mut expected = std::collections::BTreeMap::new();
        for (key, new) in &edits {
            document.set(key, Value::Text(new))?;
            expected.insert(*key, new);
        }
        for (key, new) in &expected {
            prop_assert_eq!(document.text(key), reading(new));
        }
        for key in original.fields.iter().map(|field| field.key.as_str()) {
            if !expected.contains_key(key) {
                prop_assert_eq!(document.text(key), original.text(key));
                prop_assert_eq!(document.list(key), original.list(key));
            }
        }
        prop_assert_eq!(document.body(), original.body());
    }

    #[test]
    fn what_is_written_is_the_same_text_for_a_reader_of_yaml(texts in vec(hostile_text(), 0..4)) {
        for text in &texts {
            let yaml = format!("key: {} # comment\n", Value::Text(text).to_yaml());
            let read: serde_yaml::Value = serde_yaml::from_str(&yaml)?;
            prop_assert_eq!(read["key"].as_str(), Some(text.as_str()), "{}", yaml);
        }
        let yaml = format!("key: {}\n", Value::List(&texts).to_yaml());
        let read: serde_yaml::Value = serde_yaml::from_str(&yaml)?;
        let items = read["key"].as_sequence().unwrap().iter();
        let items: Vec<&str> = items.filter_map(serde_yaml::Value::as_str).collect();
        prop_assert_eq!(&items, &texts, "{}", yaml);

        let mut document = parse("---\nkey: [old]\n---\n")?;
        document.set("key", Value::List(&texts))?;
        let expected: Vec<String> = texts.into_iter().filter(|text| !text.is_empty()).collect();
        prop_assert_eq!(document.list("key"), expected);
    }

    #[test]
    fn a_text_in_quotes_is_what_a_reader_of_yaml_reads(
        text in "[a-c #:{}\u{9}\u{7f}-\u{9f}\u{feff}ä\\\\']{0,8}",
        quote in select(&['"', '\''][..]),
    ) {
        let text = if quote == '"' { text } else { text.replace('\'', "''") };
        let yaml = format!("key: {quote}{text}{quote}\n");
        let read: Result<serde_yaml::Value, _> = serde_yaml::from_str(&yaml);
        let document = parse(&format!("---\n{yaml}---\n"));
        // Many of these texts are not YAML, or not front matter.
        if let (Ok(read), Ok(document)) = (read, document) {
            prop_assert_eq!(document.text("key"), read["key"].as_str().and_then(reading), "{:?}", yaml);
        }
    }

    #[test]
    fn an_entry_adds_one_heading_and_changes_nothing_before_it(
        parts in vec(select(BODY_LINES), 0..12),
        role in hostile_text(),
        lines in vec(hostile_text(), 0..4),
    ) {
        let body = parts.concat();
        let mut document = parse(&format!("---\n---\n{body}"))?;
        let before = document.clone();
        let entry = ChangelogEntry { at: DateTime::UNIX_EPOCH, role: &role, kind: "created", lines: &lines };
        match document.append_changelog(&entry) {
            Appended::NoSection | Appended::TooLong => prop_assert_eq!(document, before),
            Appended::Yes => {
                prop_assert_eq!(Document::parse(document.as_bytes().to_vec())?, document.clone());
                let (old, new) = (before.body(), document.body());
                let headings = |body: &[u8], level: HeadingLevel| {
                    let lines = markdown::lines(&markdown::text_of(body).unwrap());
                    lines.iter().filter(|line| line.kind == LineKind::Heading(level)).count()
                };
                for level in 1..=6 {
                    let added = usize::from(level == 2);
                    let level = HeadingLevel::try_from(level).unwrap();
                    prop_assert_eq!(headings(new, level), headings(old, level) + added);
                }
                let same = old.iter().zip(new).take_while(|(a, b)| a == b).count();
                let added = new.len() - old.len();
                prop_assert!((0..=same).any(|at| new[at + added..] == old[at..]));
            }
        }
    }

    #[test]
    fn no_bytes_panic(bytes in prop_oneof![
        vec(any::<u8>(), 0..200),
        vec(select(&b"---\n\n\r\t  :#'\"[]{},|>-?ab\\\xef\xbb\xbf\xc2\x85<!"[..]), 0..80),
    ]) {
        for text in [bytes.clone(), [b"---\n", &bytes[..], b"\n---\n"].concat()] {
            let Ok(mut document) = Document::parse(text.clone()) else { continue };
            prop_assert_eq!(document.as_bytes(), &text[..]);
            for key in document.fields.iter().map(|field| field.key.clone()).collect::<Vec<_>>() {
                document.text(&key);
                document.list(&key);
                document.set(&key, Value::Text("new"))?;
                prop_assert_eq!(document.text(&key), reading("new"));
            }
            document.set("status", Value::Text("true"))?;
            prop_assert_eq!(document.text("status"), reading("true"));
        }
    }

    #[test]
    fn what_is_open_stands_in_the_line_that_is_named(
        parts in vec(prop_oneof![2 => select(BODY_LINES), 3 => select(OPEN_LINES)], 0..24),
        broken in proptest::option::of(any::<u8>()),
    ) {
        let mut text = format!("---\n---\n{}", parts.concat()).into_bytes();
        text.extend(broken);
        let document = Document::parse(text.clone())?;
        let text = markdown::text_of(&text).unwrap();
        let lines: Vec<&str> = text.split('\n').collect();
        let open = document.open_ends().unwrap();
        for (line, text) in &open.placeholders {
            prop_assert!(lines[line - 1].contains(text), "{line}: {text}");
        }
        for (line, text) in &open.boxes {
            prop_assert!(lines[line - 1].contains("[ ]"), "{line}: {text}");
            // Its text may begin on the next line.
            prop_assert!(lines[line - 1..].iter().any(|line| line.contains(text)), "{text}");
        }
        document.title();
    }
}
