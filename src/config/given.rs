//! A value as a layer gives it, and how it becomes what a key takes.

use std::time::Duration;

use super::error::Problem;
use super::keys::Key;
use super::names::{component_problem, ref_problem};
use super::quote::quoted;
use crate::text::duration;

/// A value before its key is asked.
#[derive(Debug, Clone, Copy)]
pub(super) enum Given<'a> {
    /// A word from `git config`, the environment or the command line, where everything is text.
    Word(&'a str),
    /// The value of a key that `git config` knows without a `=`. git takes that for true.
    Bare,
    Text(&'a str),
    Bool(bool),
    /// A whole number in YAML; one that is out of every range here may be given as the nearest that
    /// fits.
    Int(i128),
    List(&'a [String]),
    /// Anything else, in words.
    Other(&'static str),
}

impl<'a> Given<'a> {
    pub(super) fn text(self, key: &Key) -> Result<&'a str, Problem> {
        match self {
            Self::Word(text) | Self::Text(text) => Ok(text),
            Self::Bool(_) | Self::Int(_) => Err(Problem::Expected {
                expected: key.takes,
                found: format!("{} (in quotes it would be text)", self.words()),
            }),
            Self::Bare | Self::List(_) | Self::Other(_) => Err(self.unexpected(key)),
        }
    }

    pub(super) fn branch(self, key: &Key) -> Result<String, Problem> {
        let name = self.text(key)?;
        match ref_problem(name) {
            Some(reason) => Err(Problem::BadValue { value: name.to_owned(), reason }),
            None => Ok(name.to_owned()),
        }
    }

    /// A list in YAML, or one text with blanks or commas between its items.
    pub(super) fn list(self, key: &Key) -> Result<Vec<&'a str>, Problem> {
        match self {
            Self::List(items) => Ok(items.iter().map(String::as_str).collect()),
            Self::Word(_)
            | Self::Bare
            | Self::Text(_)
            | Self::Bool(_)
            | Self::Int(_)
            | Self::Other(_) => {
                let items = self.text(key)?.split([',', ' ', '\t', '\n']);
                Ok(items.filter(|item| !item.is_empty()).collect())
            }
        }
    }

    pub(super) fn branches(self, key: &Key) -> Result<Vec<String>, Problem> {
        self.list(key)?.into_iter().map(|name| Given::Text(name).branch(key)).collect()
    }

    /// Lines for the shell: a list in YAML, or one text.
    pub(super) fn commands(self, key: &Key) -> Result<Vec<String>, Problem> {
        let lines = match self {
            Self::List(lines) => lines.to_vec(),
            Self::Word(_)
            | Self::Bare
            | Self::Text(_)
            | Self::Bool(_)
            | Self::Int(_)
            | Self::Other(_) => vec![self.text(key)?.to_owned()],
        };
        if lines.iter().any(|line| line.trim().is_empty() || line.contains('\0')) {
            let reason = "a command is at least one word, and text";
            return Err(Problem::BadValue { value: lines.join("; "), reason });
        }
        Ok(lines)
    }

    /// A directory with no way out of it, without the slash that it may end with.
    pub(super) fn directory(self, key: &Key) -> Result<String, Problem> {
        let given = self.text(key)?;
        let name = given.strip_suffix('/').unwrap_or(given);
        let bad = |reason| Problem::BadValue { value: given.to_owned(), reason };
        if name.starts_with('/') {
            return Err(bad("it must be relative to the root of the repository"));
        }
        if name.starts_with(':') {
            return Err(bad("git takes a path that starts with `:` for a pattern"));
        }
        match name.split('/').find_map(component_problem) {
            Some(reason) => Err(bad(reason)),
            None => Ok(name.to_owned()),
        }
    }

    /// A boolean: `true` or `false` in YAML, in the other layers also what git takes for one.
    pub(super) fn flag(self, key: &Key) -> Result<bool, Problem> {
        let words = |word: &str, any: &[&str]| any.iter().any(|one| one.eq_ignore_ascii_case(word));
        match self {
            Self::Bool(value) => Ok(value),
            Self::Bare => Ok(true),
            Self::Word(word) if words(word, &["true", "yes", "on", "1"]) => Ok(true),
            Self::Word(word) if words(word, &["false", "no", "off", "0"]) => Ok(false),
            Self::Word(_) | Self::Text(_) | Self::Int(_) | Self::List(_) | Self::Other(_) => {
                Err(self.unexpected(key))
            }
        }
    }

    pub(super) fn attempts(self, key: &Key) -> Result<u8, Problem> {
        let number = self.number().and_then(|number| u8::try_from(number).ok());
        number.filter(|number| (1..=20).contains(number)).ok_or_else(|| self.unexpected(key))
    }

    /// A duration of at least a second.
    pub(super) fn time(self, key: &Key, most: Duration) -> Result<Duration, Problem> {
        let time = match self {
            Self::Word(text) | Self::Text(text) => duration::parse(text).ok(),
            Self::Int(number) => u64::try_from(number).map(Duration::from_secs).ok(),
            Self::Bare | Self::Bool(_) | Self::List(_) | Self::Other(_) => None,
        };
        let in_range = |time: &Duration| (Duration::from_secs(1)..=most).contains(time);
        time.filter(in_range).ok_or_else(|| self.unexpected(key))
    }

    fn number(self) -> Option<i128> {
        match self {
            Self::Int(number) => Some(number),
            Self::Word(word) if word.bytes().all(|b| b.is_ascii_digit()) => word.parse().ok(),
            Self::Word(_)
            | Self::Bare
            | Self::Text(_)
            | Self::Bool(_)
            | Self::List(_)
            | Self::Other(_) => None,
        }
    }

    pub(super) fn unexpected(self, key: &Key) -> Problem {
        Problem::Expected { expected: key.takes, found: self.words() }
    }

    fn words(self) -> String {
        match self {
            Self::Word(word) => quoted(word),
            Self::Bare => "a key without a value".to_owned(),
            Self::Text(text) => format!("the text {}", quoted(text)),
            Self::Bool(value) => format!("the boolean {value}"),
            Self::Int(number) => format!("the number {number}"),
            Self::List(_) => "a list".to_owned(),
            Self::Other(words) => words.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::keys::named;
    use super::*;

    fn time(text: &str) -> Option<u64> {
        let day = Duration::from_hours(24);
        Given::Word(text).time(named("timeout").unwrap(), day).ok().map(|time| time.as_secs())
    }

    #[test]
    fn a_time_has_a_range() {
        let read = ["1", "90s", "1h30m", "24h", "1d"].map(time);
        assert_eq!(read, [Some(1), Some(90), Some(5400), Some(86_400), Some(86_400)]);
        for text in ["", "0", "999ms", "25h", "-1", "soon", "2d"] {
            assert_eq!(time(text), None, "{text}");
        }
    }

    #[test]
    fn words_that_git_takes_for_booleans_are_booleans_outside_of_yaml() {
        let key = named("skip_ci").unwrap();
        for word in ["true", "Yes", "ON", "1"] {
            assert_eq!(Given::Word(word).flag(key), Ok(true));
        }
        for word in ["false", "no", "off", "0"] {
            assert_eq!(Given::Word(word).flag(key), Ok(false));
        }
        assert_eq!(Given::Bare.flag(key), Ok(true));
        assert!(Given::Text("yes").flag(key).is_err());
        assert!(Given::Word("").flag(key).is_err());
    }

    #[test]
    fn attempts_have_a_range() {
        let key = named("claim_attempts").unwrap();
        assert_eq!(Given::Int(20).attempts(key), Ok(20));
        assert_eq!(Given::Word("1").attempts(key), Ok(1));
        for given in [
            Given::Int(0),
            Given::Int(21),
            Given::Int(i128::MIN),
            Given::Word("+3"),
            Given::Text("3"),
        ] {
            assert!(given.attempts(key).is_err(), "{given:?}");
        }
    }

    #[test]
    fn the_tickets_lie_in_the_repository() {
        let key = named("tickets_dir").unwrap();
        for (text, dir) in
            [("tickets", "tickets"), ("docs/tickets/", "docs/tickets"), ("日本 1", "日本 1")]
        {
            assert_eq!(Given::Text(text).directory(key), Ok(dir.to_owned()));
        }
        for text in [
            "",
            "/",
            "/tickets",
            "../tickets",
            "a/../b",
            ".",
            "./a",
            ".git",
            "a/.Git/b",
            "a//b",
            "-a",
            ":a",
        ] {
            assert!(Given::Text(text).directory(key).is_err(), "{text}");
        }
    }
}
