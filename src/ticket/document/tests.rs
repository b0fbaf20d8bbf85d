//! Reads tickets as they are found in the wild, and refuses what cannot be read.

use std::fs;
use std::path::Path;

use super::*;

fn document(text: &str) -> Document {
    Document::parse(text.as_bytes().to_vec()).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn front(lines: &str) -> Document {
    document(&format!("---\n{lines}\n---\n"))
}

fn refusal(text: impl AsRef<[u8]>) -> (usize, DocumentErrorKind) {
    let error = Document::parse(text.as_ref().to_vec()).unwrap_err();
    (error.line, error.kind)
}

/// Where and why front matter with these lines is broken; the first one is line 2 of the file.
fn broken(lines: &str) -> (usize, &'static str) {
    match refusal(format!("---\n{lines}\n---\n")) {
        (line, DocumentErrorKind::BadYaml(why)) => (line, why),
        other => panic!("{other:?}"),
    }
}

fn text(lines: &str, key: &str) -> Option<String> {
    front(lines).text(key)
}

const ORDINARY: &str = "\
---
# Metadata
ticket_id: TICKET-login-001
sequence: 001
parent_ticket: null
title: Login: keep the session
status: open
created: 2025-12-03 19:30
worktree_path:
---

# Requirements

```yaml
status: approved
```
";

#[test]
fn an_ordinary_ticket_is_read() {
    let ticket = document(ORDINARY);
    assert_eq!(ticket.text("ticket_id").as_deref(), Some("TICKET-login-001"));
    assert_eq!(ticket.text("sequence").as_deref(), Some("001"));
    assert_eq!(ticket.text("title").as_deref(), Some("Login: keep the session"));
    assert_eq!(ticket.text("created").as_deref(), Some("2025-12-03 19:30"));
    assert_eq!(ticket.text("parent_ticket"), None);
    assert_eq!(ticket.text("worktree_path"), None);
    assert!(ticket.has("worktree_path"));
    assert!(!ticket.has("claimed_by"));
    assert!(ticket.body().starts_with(b"\n# Requirements"));
    assert_eq!(ticket.status(), Ok(StatusReading { status: Status::Open, blocked: false }));
    assert_eq!(ticket.into_bytes(), ORDINARY.as_bytes());
}

#[test]
fn a_comment_before_the_front_matter_is_skipped_whatever_it_holds() {
    let comment = "<!--\nHow to\n---\nstatus: closed\n---\n## [x]\n-->\n";
    assert_eq!(document(&format!("{comment}{ORDINARY}")).text("status").as_deref(), Some("open"));
    let several = format!("\u{feff}\r\n<!-- one --> <!---->\n\n{comment}<!-->\n{ORDINARY}");
    assert_eq!(document(&several).text("status").as_deref(), Some("open"));
}

#[test]
fn line_breaks_marks_and_a_missing_last_newline_do_not_matter() {
    for text in [
        "\u{feff}---\r\nstatus: open\r\ntitle: T\r\n---\r\nbody",
        "---\nstatus: open\r\ntitle: T\n---",
        "---  \nstatus: open  \ntitle: T\t\n--- \t\n",
        "---\n\nstatus : open\n  # indented comment\n\ttitle\n"
            .replace("\ttitle", "\"title\": 'T'\n---")
            .as_str(),
        "---\nstatus: open\ntitle: T\n...\nbody\n---\n",
    ] {
        let ticket = document(text);
        assert_eq!(ticket.text("status").as_deref(), Some("open"), "{text:?}");
        assert_eq!(ticket.text("title").as_deref(), Some("T"), "{text:?}");
    }
}

#[test]
fn a_file_without_front_matter_says_so_with_a_line() {
    use DocumentErrorKind::*;
    assert_eq!(refusal(""), (1, NoFrontMatter));
    assert_eq!(refusal("\n\n# Title\n---\na: b\n---\n"), (3, NoFrontMatter));
    assert_eq!(refusal(" ---\na: b\n---\n"), (1, NoFrontMatter));
    assert_eq!(refusal("----\na: b\n---\n"), (1, NoFrontMatter));
    assert_eq!(refusal("<!-- x --> ---\na: b\n---\n"), (1, NoFrontMatter));
    assert_eq!(refusal("\n<!-- x\n---\na: b\n---\n"), (2, UnclosedComment));
    assert_eq!(refusal("<!-- x -->\n---\na: b\n"), (2, Unclosed));
    assert_eq!(refusal(b"---\na: b\nc: \xff\n---\n"), (3, NotUtf8));
    assert!(Document::parse(b"---\na: b\n---\n\xff\xfe\0".to_vec()).is_ok());
}

#[test]
fn broken_front_matter_says_where_and_why() {
    let cases = [
        ("a: b\n\tc: d", 3, "a tab cannot indent a line"),
        ("\ta: b", 2, "a tab cannot indent a line"),
        ("a: b\nc: \"d\ne: f", 3, "this quote is not closed"),
        ("a: 'tis", 2, "this quote is not closed"),
        ("\"a: b", 2, "this quote is not closed"),
        ("a: [b\nc: d", 2, "this bracket is not closed"),
        ("a: [b}", 2, "this bracket is not closed"),
        ("a: {b # }", 2, "this bracket is not closed"),
        ("a: \"b\n c\" d", 3, "text follows a complete value"),
        ("a: \"b\"\n  c", 3, "this line is indented but continues nothing"),
        (" a: b", 2, "this line is indented but continues nothing"),
        ("- a", 2, "this list item belongs to no key"),
        ("a: b\n- c", 3, "this list item belongs to no key"),
        ("a: b\nprose", 3, "this line is neither a `key: value` nor a comment"),
        ("a:b", 2, "this line is neither a `key: value` nor a comment"),
        ("--- a: b", 2, "this line is neither a `key: value` nor a comment"),
        ("? a : b", 2, "this line is neither a `key: value` nor a comment"),
        ("{a: b}", 2, "this line is neither a `key: value` nor a comment"),
        ("a #: b", 2, "this line is neither a `key: value` nor a comment"),
        ("a: b\nc: \0", 3, "it contains a NUL byte"),
        ("a: b\rc: d", 2, "it contains a line break that only some programs recognize"),
        ("a: b\u{2028}c: d", 2, "it contains a line break that only some programs recognize"),
    ];
    for (lines, line, why) in cases {
        assert_eq!(broken(lines), (line, why), "{lines:?}");
    }
}

#[test]
fn values_that_say_nothing_read_as_nothing() {
    for value in [
        "",
        "  ",
        "# comment",
        "null",
        "Null",
        "~",
        "\"\"",
        "''",
        "{placeholder}",
        "[a]",
        "[To be filled]",
    ] {
        assert_eq!(text(&format!("a: {value}"), "a"), None, "{value:?}");
    }
    assert_eq!(text("a: {assigned at activation: 001, 002, etc}", "a"), None);
    assert_eq!(text("a: {null or TICKET-session-id-###}", "a"), None);
    assert_eq!(text("a:\n  b: c", "a"), None);
    assert_eq!(text("a:\n- b", "a"), None);
}

#[test]
fn a_text_means_what_its_source_says() {
    let cases = [
        ("a: 0022", "0022"),
        ("a: yes # really", "yes"),
        ("a: b#c", "b#c"),
        ("a: \"null\"", "null"),
        ("a: \"b # c\" # d", "b # c"),
        ("a: \"tab\\t\\u65e5\\\"\"", "tab\t日\""),
        ("a: 'it''s'", "it's"),
        ("a: \"C:\\path\"", "C:\\path"),
        ("a: don't", "don't"),
        ("a: 日本語: タイトル", "日本語: タイトル"),
        ("a: [WIP] b", "[WIP] b"),
        ("a: \"b\" and 'c'", "\"b\" and 'c'"),
        ("a: {b} c", "{b} c"),
        ("a: b\n  c # d\n\n  e", "b c e"),
        ("a: \"b\n  c\"", "b c"),
        ("a:\n  # d\n  b\n  c", "b c"),
        ("a:\n  'b' # c", "b"),
        ("a: |\n  b\n   c\n", "b\n c"),
        ("a: >-  # d\n  b\n  c\n# e", "b c"),
        ("a: |b", "|b"),
        ("a: *b", "*b"),
        ("a: \u{1b}[31mb", "\u{1b}[31mb"),
        ("a: b\u{3000}", "b\u{3000}"),
        ("'a': b", "b"),
        ("a: 1\na: 2", "2"),
    ];
    for (lines, value) in cases {
        assert_eq!(text(lines, "a").as_deref(), Some(value), "{lines:?}");
    }
}

#[test]
fn a_list_is_read_in_every_form() {
    for lines in [
        "a: [b, \"c\"]",
        "a: [b, # x\n  'c',\n]",
        "a: [ b , null, {x, y}, c ]",
        "a:\n  - b\n  - c",
        "a: # x\n- b # y\n\n# z\n- \"c\"\n-",
        "a:\n  [b,\n  c]",
        "a: b, c",
        "a: \"b, c\"",
        "a: >\n  b,\n  c",
    ] {
        assert_eq!(front(lines).list("a"), ["b", "c"], "{lines:?}");
    }
    assert_eq!(front("a: b").list("a"), ["b"]);
    assert_eq!(front("a: [\"b, c\", don't, d[0]]").list("a"), ["b, c", "don't", "d[0]"]);
    assert_eq!(front("a:\n  - b\n    c\n  - d: e").list("a"), ["b c", "d: e"]);
    for nothing in ["a:", "a: null", "a: []", "a: {b}", "a:\n  b: c", "b: c"] {
        assert!(front(nothing).list("a").is_empty(), "{nothing:?}");
    }
}

#[test]
fn the_lines_of_a_value_hold_no_keys() {
    for lines in [
        "a: |\n  status: closed\n\n  # b\nstatus: open",
        "a:\n  status: closed\nstatus: open",
        "a: \"b\n  status: closed\"\nstatus: open",
        "a: {b: c,\n  status: closed\n}\nstatus: open",
        "status: open\na:\n- status: closed",
    ] {
        assert_eq!(text(lines, "status").as_deref(), Some("open"), "{lines:?}");
    }
}

#[test]
fn the_title_is_in_the_front_matter_or_else_the_first_heading() {
    let body = "<!--\n# No\n-->\n```\n# No\n```\n    # No\n#hashtag\n#\n## Yes ##\n# Later\n";
    assert_eq!(document(&format!("---\ntitle: T\n---\n{body}")).title().as_deref(), Some("T"));
    assert_eq!(
        document(&format!("---\ntitle: {{x}}\n---\n{body}")).title().as_deref(),
        Some("Yes")
    );
    assert_eq!(document("---\n---\n# C#\n").title().as_deref(), Some("C#"));
    assert_eq!(
        document("---\n---\n> # No\n\nThe *one*\n===\n").title().as_deref(),
        Some("The *one*")
    );
    assert_eq!(document("---\n---\nprose\n").title(), None);
    let long = document(&format!("---\n---\n# Here\n{}", "x\n".repeat(3 << 20)));
    assert_eq!(long.title().as_deref(), Some("Here"));
}

#[test]
fn a_status_is_read_or_refused_with_its_line() {
    let status = |lines: &str| front(lines).status();
    let reading = |status, blocked| Ok(StatusReading { status, blocked });
    assert_eq!(status("status: \"Ready\" # x"), reading(Status::Open, false));
    assert_eq!(status("status: blocked"), reading(Status::InProgress, true));
    assert_eq!(status("status: queued\nblocked: waits for b"), reading(Status::Queued, true));
    for no in ["", "null", "false", "No", "{reason}"] {
        assert_eq!(status(&format!("status: open\nblocked: {no}")), reading(Status::Open, false));
    }
    for missing in ["a: b", "status:", "status: {open|claimed}"] {
        assert_eq!(status(missing), Err(StatusError::Missing));
    }
    let unknown = StatusError::Unknown { line: 3, text: "opened".to_owned() };
    assert_eq!(status("a: b\nstatus: opened"), Err(unknown));
}

/// Each file in `tests/data/front-matter` holds an attack or an accident. The first word of its name says whether it
/// can be read as a ticket.
#[test]
fn every_file_of_the_corpus_is_read_or_refused_and_edited_without_harm() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/front-matter");
    let mut count = 0;
    for file in fs::read_dir(directory).unwrap().map(Result::unwrap) {
        let name = file.file_name().into_string().unwrap();
        let bytes = fs::read(file.path()).unwrap();
        let parsed = Document::parse(bytes.clone());
        assert_eq!(parsed.is_ok(), name.starts_with("good-"), "{name}: {parsed:?}");
        count += 1;
        let Ok(mut ticket) = parsed else { continue };
        assert_eq!(ticket.status().map(|reading| reading.status), Ok(Status::Open), "{name}");
        ticket.set("status", Value::Text("in_progress")).unwrap();
        ticket.set("claimed_by", Value::Text("a\n---\nstatus: closed")).unwrap();
        assert_eq!(ticket.status().map(|reading| reading.status), Ok(Status::InProgress), "{name}");
        assert_eq!(ticket.text("claimed_by").as_deref(), Some("a\n---\nstatus: closed"), "{name}");
        let body = Document::parse(bytes).unwrap().body().to_vec();
        assert_eq!(ticket.body(), body, "{name}");
    }
    assert!(count >= 20, "the corpus has shrunk to {count} files");
}

#[test]
fn a_line_of_a_megabyte_is_read_and_edited() {
    let long = "x: [\"".repeat(200_000);
    for value in [
        long.clone(),
        format!("'{long}'"),
        format!("a{long}"),
        "[".repeat(1 << 20),
        "#".repeat(1 << 20),
    ] {
        let text = format!("---\nstatus: open\ntitle: {value}\n---\n");
        if let Ok(mut ticket) = Document::parse(text.into_bytes()) {
            ticket.set("title", Value::Text("short")).unwrap();
            assert!(ticket.as_bytes().starts_with(b"---\nstatus: open\ntitle: short"));
        }
    }
}

#[test]
fn placeholders_of_a_template_are_told_from_maps_and_lists() {
    let text = "---\ntitle: {Brief description}\nsequence: {assigned at activation: 001, 002, etc}\nstatus: open\n\
                created: {YYYY-MM-DD HH:MM}\nestimate: {days: 3, by: ada}\nlabels: []\nnothing: {}\nsaid: \"{x}\"\n---\n";
    let document = Document::parse(text.as_bytes().to_vec()).unwrap();
    let expected = [(2, "title"), (3, "sequence"), (5, "created"), (9, "said")];
    assert_eq!(document.placeholders(), expected.map(|(line, key)| (line, key.to_owned())));
}
