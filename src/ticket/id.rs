//! The names of tickets and of the sessions they belong to.
//!
//! A name becomes a file name, a branch name and an argument of git. It is checked once, here, so a value of these
//! types can be used in all three places.

use std::fmt;

use serde::Serialize;

/// The longest id: short enough for a branch, a worktree and a lock file that are named after it.
const MAX_BYTES: usize = 100;

/// The longest slug made from a title. Arbitrary; about what fits into a list beside the title.
const MAX_SLUG_BYTES: usize = 40;

/// How most ids begin; people leave it out when they type one.
pub(super) const PREFIX: &str = "TICKET-";

/// Files of the tickets directory that are not tickets.
const RESERVED: [&str; 2] = ["TEMPLATE", "README"];

/// The id of a ticket: its file name without `.md`.
///
/// It is a legal component of a ref name (`git check-ref-format`), does not start with `-` or `.`,
/// and is ASCII.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct TicketId(String);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    #[error("an id cannot be empty")]
    Empty,
    #[error("an id has at most {MAX_BYTES} bytes, this one has {0}")]
    TooLong(usize),
    #[error("an id consists of A-Z a-z 0-9 . _ - and this one is not even UTF-8")]
    NotUtf8,
    /// The first character is neither a letter nor a digit.
    #[error("an id starts with a letter or a digit, not with {0:?}")]
    BadStart(char),
    /// Some other character is not allowed.
    #[error("an id consists of A-Z a-z 0-9 . _ - and cannot contain {0:?}")]
    BadCharacter(char),
    #[error("an id cannot contain \"..\"")]
    DoubleDot,
    #[error("an id cannot end with a dot")]
    TrailingDot,
    #[error("an id cannot end with \".lock\"")]
    LockSuffix,
    #[error("TEMPLATE and README are not tickets")]
    Reserved,
}

impl TicketId {
    pub fn parse(text: &str) -> Result<TicketId, IdError> {
        check_name(text)?;
        if is_reserved(text) {
            return Err(IdError::Reserved);
        }
        Ok(TicketId(text.to_owned()))
    }

    /// The id of the ticket in a file with this name. None when the file is not a ticket: not `*.md`, a template, a
    /// readme.
    pub fn from_file_name(name: &[u8]) -> Option<Result<TicketId, IdError>> {
        let stem = name.strip_suffix(b".md")?;
        match std::str::from_utf8(stem) {
            Ok(stem) if is_reserved(stem) => None,
            Ok(stem) => Some(TicketId::parse(stem)),
            Err(_) => Some(Err(IdError::NotUtf8)),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The number at the end: three digits or more after a dash.
    pub fn sequence(&self) -> Option<u32> {
        self.split_sequence().map(|(_, sequence)| sequence)
    }

    /// The id up to the dash before its sequence; all of it if it has none.
    pub fn without_sequence(&self) -> &str {
        self.split_sequence().map_or(self.as_str(), |(stem, _)| stem)
    }

    /// The session that the name stands for, where the ticket names none.
    pub fn session(&self) -> &str {
        let family = self.without_sequence();
        family.strip_prefix("TICKET-").unwrap_or(family)
    }

    /// The id with this sequence instead of its own, if any. Fails when it gets too long.
    pub fn with_sequence(&self, sequence: u32) -> Result<TicketId, IdError> {
        TicketId::parse(&format!("{}-{sequence:03}", self.without_sequence()))
    }

    fn split_sequence(&self) -> Option<(&str, u32)> {
        let (stem, digits) = self.0.rsplit_once('-')?;
        // `parse` of a number would also accept a sign.
        let is_number = digits.len() >= 3 && digits.bytes().all(|byte| byte.is_ascii_digit());
        Some((stem, digits.parse().ok().filter(|_| is_number)?))
    }
}

impl AsRef<str> for TicketId {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for TicketId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(&self.0)
    }
}

/// The name that the tickets of one piece of work share: the middle of `TICKET-<session>-<sequence>`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct SessionId(String);

impl SessionId {
    /// Checks that the text can be a part of an id.
    pub fn parse(text: &str) -> Result<SessionId, IdError> {
        check_name(text)?;
        Ok(SessionId(text.to_owned()))
    }

    /// A session named after a title: its letters and digits, spelled in ASCII and in lower case, with dashes
    /// between the words, as many words as fit into 40 bytes. A title without any gives `ticket`.
    pub fn slug_from_title(title: &str) -> SessionId {
        let title = deunicode::deunicode(title);
        // "don't" is one word.
        let title: String = title.chars().filter(|c| !matches!(c, '\'' | '\u{2019}')).collect();
        let mut slug = String::new();
        for word in
            title.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty())
        {
            if slug.is_empty() {
                slug.extend(word.chars().take(MAX_SLUG_BYTES));
            } else if slug.len() + 1 + word.len() <= MAX_SLUG_BYTES {
                slug.push('-');
                slug.push_str(word);
            } else {
                break;
            }
        }
        if slug.is_empty() {
            slug.push_str("ticket");
        }
        slug.make_ascii_lowercase();
        SessionId(slug)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Not the same as `ticket()` and then `with_sequence()`: a session may itself end in digits that look like a
    /// sequence.
    pub fn numbered_ticket(&self, sequence: u32) -> Result<TicketId, IdError> {
        TicketId::parse(&format!("{PREFIX}{self}-{sequence:03}"))
    }
}

impl AsRef<str> for SessionId {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(&self.0)
    }
}

/// Ignores case: on some file systems `readme.md` and `README.md` are one file.
fn is_reserved(stem: &str) -> bool {
    RESERVED.iter().any(|name| name.eq_ignore_ascii_case(stem))
}

/// The rules that ids and sessions share.
///
/// With these characters, `git check-ref-format` could still refuse exactly `..`, a dot at the end, and `.lock`.
/// `.lock` is refused in any case of letters, because refs are files and some file systems fold case.
fn check_name(text: &str) -> Result<(), IdError> {
    let first = text.chars().next().ok_or(IdError::Empty)?;
    if text.len() > MAX_BYTES {
        return Err(IdError::TooLong(text.len()));
    }
    if !first.is_ascii_alphanumeric() {
        return Err(IdError::BadStart(first));
    }
    if let Some(bad) =
        text.chars().find(|c| !c.is_ascii_alphanumeric() && !matches!(c, '.' | '_' | '-'))
    {
        return Err(IdError::BadCharacter(bad));
    }
    if text.contains("..") {
        return Err(IdError::DoubleDot);
    }
    if text.ends_with('.') {
        return Err(IdError::TrailingDot);
    }
    if text.as_bytes().last_chunk::<5>().is_some_and(|end| end.eq_ignore_ascii_case(b".lock")) {
        return Err(IdError::LockSuffix);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn id(text: &str) -> TicketId {
        TicketId::parse(text).unwrap()
    }

    #[test]
    fn ordinary_ids_are_accepted() {
        for text in ["TICKET-foo-001", "0022", "a", "v1.2_x-y", &"x".repeat(100)] {
            assert_eq!(id(text).as_str(), text);
        }
    }

    #[test]
    fn hostile_ids_are_refused_each_for_its_own_reason() {
        let cases = [
            ("", IdError::Empty),
            (&"x".repeat(101)[..], IdError::TooLong(101)),
            ("-rf", IdError::BadStart('-')),
            ("../../escape", IdError::BadStart('.')),
            (".hidden", IdError::BadStart('.')),
            ("日本", IdError::BadStart('日')),
            ("a/b", IdError::BadCharacter('/')),
            ("a\\b", IdError::BadCharacter('\\')),
            ("a b", IdError::BadCharacter(' ')),
            ("a\nTix-Claim: x", IdError::BadCharacter('\n')),
            ("a\0", IdError::BadCharacter('\0')),
            ("a\u{1b}[31m", IdError::BadCharacter('\u{1b}')),
            ("a$(x)", IdError::BadCharacter('$')),
            ("a@{1}", IdError::BadCharacter('@')),
            ("a~1", IdError::BadCharacter('~')),
            ("a..b", IdError::DoubleDot),
            ("a.", IdError::TrailingDot),
            ("a.Lock", IdError::LockSuffix),
            ("TEMPLATE", IdError::Reserved),
            ("readme", IdError::Reserved),
        ];
        for (text, error) in cases {
            assert_eq!(TicketId::parse(text), Err(error), "{text:?}");
        }
    }

    /// Every line of `tests/data/hostile/names.jsonl` is a verdict and a name.
    #[test]
    fn every_name_of_the_corpus_is_taken_as_it_is_or_refused_harmlessly() {
        let text = include_str!("../../tests/data/hostile/names.jsonl");
        let mut count = 0;
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let [verdict, name]: [String; 2] = serde_json::from_str(line).unwrap();
            count += 1;
            let (ticket, session) = (TicketId::parse(&name), SessionId::parse(&name));
            let wanted = (verdict == "good", verdict != "bad");
            assert_eq!((ticket.is_ok(), session.is_ok()), wanted, "{line}");
            assert!(ticket.as_ref().map_or(true, |id| id.to_string() == name), "{line}");
            assert!(session.as_ref().map_or(true, |session| session.as_str() == name), "{line}");
            for error in [ticket.err(), session.err()].into_iter().flatten() {
                let message = error.to_string();
                let plain =
                    |c: char| matches!(c, '"' | '\'' | '\\') || c.escape_debug().count() == 1;
                assert!(message.chars().all(plain), "{line}: {message:?}");
            }
        }
        assert!(count >= 100, "the corpus has shrunk to {count} names");
    }

    #[test]
    fn a_message_shows_no_raw_control_character() {
        let message = TicketId::parse("a\u{1b}[31m").unwrap_err().to_string();
        assert!(!message.contains('\u{1b}'), "{message}");
    }

    #[test]
    fn a_file_name_is_a_ticket_no_ticket_or_a_bad_one() {
        assert_eq!(TicketId::from_file_name(b"TICKET-a.md"), Some(Ok(id("TICKET-a"))));
        for other in [
            &b".gitkeep"[..],
            b"TEMPLATE.md",
            b"README.md",
            b"notes.txt",
            b"TICKET-a.md.orig",
            b"md",
            b"",
        ] {
            assert_eq!(TicketId::from_file_name(other), None);
        }
        assert_eq!(TicketId::from_file_name(b"a b.md"), Some(Err(IdError::BadCharacter(' '))));
        assert_eq!(TicketId::from_file_name(b"\xff.md"), Some(Err(IdError::NotUtf8)));
        assert_eq!(TicketId::from_file_name(b".md"), Some(Err(IdError::Empty)));
    }

    #[test]
    fn a_sequence_is_at_least_three_digits_after_the_last_dash() {
        let cases = [
            ("TICKET-foo-001", Some(1), "TICKET-foo"),
            ("TICKET-foo-1234", Some(1234), "TICKET-foo"),
            ("TICKET-foo-01", None, "TICKET-foo-01"),
            ("TICKET-foo", None, "TICKET-foo"),
            ("001", None, "001"),
            ("TICKET-foo-99999999999", None, "TICKET-foo-99999999999"),
            ("TICKET-foo-001-002", Some(2), "TICKET-foo-001"),
            ("TICKET-foo-00x", None, "TICKET-foo-00x"),
        ];
        for (text, sequence, stem) in cases {
            assert_eq!(
                (id(text).sequence(), id(text).without_sequence()),
                (sequence, stem),
                "{text}"
            );
        }
    }

    #[test]
    fn a_new_sequence_replaces_the_old_one() {
        assert_eq!(id("TICKET-foo").with_sequence(7).unwrap(), id("TICKET-foo-007"));
        assert_eq!(id("TICKET-foo-001").with_sequence(1000).unwrap(), id("TICKET-foo-1000"));
        assert_eq!(id(&"x".repeat(100)).with_sequence(1), Err(IdError::TooLong(104)));
    }

    #[test]
    fn a_session_that_ends_like_a_sequence_keeps_its_name() {
        let session = SessionId::parse("foo-001").unwrap();
        assert_eq!(session.numbered_ticket(2).unwrap(), id("TICKET-foo-001-002"));
    }

    #[test]
    fn a_session_cannot_escape_from_the_tickets_directory() {
        assert_eq!(SessionId::parse("../../escape"), Err(IdError::BadStart('.')));
        assert_eq!(SessionId::parse("a/b"), Err(IdError::BadCharacter('/')));
    }

    #[test]
    fn a_slug_is_cut_at_a_word() {
        let cases = [
            ("Fix the  Thing (again)!", "fix-the-thing-again"),
            ("日本語のタイトル", "ri-ben-yu-notaitoru"),
            ("Größe der Öffnung", "grosse-der-offnung"),
            ("!? …", "ticket"),
            ("日本語の API を直す", "ri-ben-yu-no-api-wozhi-su"),
            ("", "ticket"),
            ("Don't panic", "dont-panic"),
            ("--- $(rm -rf /) ---", "rm-rf"),
            (
                "a title of which some words do not fit any more",
                "a-title-of-which-some-words-do-not-fit",
            ),
            (&"x".repeat(60)[..], &"x".repeat(40)[..]),
        ];
        for (title, slug) in cases {
            assert_eq!(SessionId::slug_from_title(title).as_str(), slug, "{title}");
        }
    }

    #[test]
    fn an_id_serializes_as_its_text() {
        assert_eq!(serde_json::to_string(&id("TICKET-a")).unwrap(), "\"TICKET-a\"");
    }

    proptest! {
        #[test]
        fn no_text_panics_and_an_accepted_id_comes_back_from_its_file_name(
            text in "\\PC{0,12}|[A-Za-z0-9._-]{0,110}",
        ) {
            if let Ok(id) = TicketId::parse(&text) {
                let found = TicketId::from_file_name(format!("{text}.md").as_bytes());
                prop_assert_eq!(found, Some(Ok(id.clone())));
                if let Ok(numbered) = id.with_sequence(42) {
                    prop_assert_eq!(numbered.sequence(), Some(42));
                    prop_assert_eq!(numbered.without_sequence(), id.without_sequence());
                }
            }
        }

        #[test]
        fn no_bytes_as_a_file_name_panic(name in proptest::collection::vec(any::<u8>(), 0..20)) {
            for name in [[&name[..], b".md"].concat(), name] {
                let id = TicketId::from_file_name(&name);
                prop_assert!(id.is_none_or(|id| id.is_err() || name.is_ascii()));
            }
        }

        #[test]
        fn every_slug_is_a_session(title in any::<String>()) {
            let slug = SessionId::slug_from_title(&title);
            prop_assert_eq!(SessionId::parse(slug.as_str()), Ok(slug.clone()));
            prop_assert!(slug.as_str().len() <= MAX_SLUG_BYTES);
        }
    }
}
