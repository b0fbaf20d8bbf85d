//! A value as a layer gives it, and its conversion to what a key takes.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_yaml::Value;

use super::error::Problem;
use super::keys::Key;
use super::names::{component_problem, ref_problem};
use super::quote::quoted;
use super::yaml::kind;
use crate::text::duration;

/// A value before its key is considered.
#[derive(Debug, Clone, Copy)]
pub(super) enum GivenValue<'a> {
    /// A word from `git config`, the environment or the command line, where everything is text.
    Word(&'a str),
    /// A key without `=` in `git config`, which git reads as true.
    Bare,
    Yaml(&'a Value),
}

impl<'a> GivenValue<'a> {
    pub(super) fn text(self, key: &Key) -> Result<&'a str, Problem> {
        match self {
            Self::Word(text) => Ok(text),
            Self::Yaml(Value::String(text)) => Ok(text),
            Self::Yaml(Value::Bool(_) | Value::Number(_)) => Err(Problem::Expected {
                expected: key.takes,
                found: format!("{} (in quotes it would be text)", self.words()),
            }),
            Self::Bare | Self::Yaml(_) => Err(self.unexpected(key)),
        }
    }

    pub(super) fn branch(self, key: &Key) -> Result<String, Problem> {
        let name = self.text(key)?;
        match ref_problem(name) {
            Some(reason) => Err(Problem::BadValue { value: name.to_owned(), reason }),
            None => Ok(name.to_owned()),
        }
    }

    /// A list in YAML, or one text with blanks or commas between the items.
    pub(super) fn list(self, key: &Key) -> Result<Vec<&'a str>, Problem> {
        if let Self::Yaml(Value::Sequence(items)) = self {
            return texts(key, items, "a list with items that are not text");
        }
        let items = self.text(key)?.split([',', ' ', '\t', '\n']);
        Ok(items.filter(|item| !item.is_empty()).collect())
    }

    pub(super) fn branches(self, key: &Key) -> Result<Vec<String>, Problem> {
        self.list(key)?.into_iter().map(|name| GivenValue::Word(name).branch(key)).collect()
    }

    /// Lines for the shell: a list in YAML, or one text.
    pub(super) fn commands(self, key: &Key) -> Result<Vec<String>, Problem> {
        let lines = match self {
            Self::Yaml(Value::Sequence(_)) => self.list(key)?,
            Self::Word(_) | Self::Bare | Self::Yaml(_) => vec![self.text(key)?],
        };
        if lines.iter().any(|line| line.trim().is_empty() || line.contains('\0')) {
            let reason = "a command needs at least one word, without NUL bytes";
            return Err(Problem::BadValue { value: lines.join("; "), reason });
        }
        Ok(lines.into_iter().map(str::to_owned).collect())
    }

    /// A mapping of names to texts; a single text stands for a list of one.
    pub(super) fn mapping(self, key: &Key) -> Result<BTreeMap<String, Vec<String>>, Problem> {
        let Self::Yaml(Value::Mapping(entries)) = self else { return Err(self.unexpected(key)) };
        let entry = |(name, value): (&Value, &'a Value)| {
            let one = std::slice::from_ref(value);
            let items = value.as_sequence().map_or(one, Vec::as_slice);
            let items = texts(key, items, "a mapping to values that are not text")?;
            let name =
                texts(key, std::slice::from_ref(name), "a mapping with keys that are not text")?;
            let name = name.concat();
            if name.trim().is_empty() {
                let reason = "a role needs a name";
                return Err(Problem::BadValue { value: name, reason });
            }
            Ok((name, items.into_iter().map(str::to_owned).collect()))
        };
        entries.iter().map(entry).collect()
    }

    /// A directory that cannot lead outside, without its trailing slash.
    pub(super) fn directory(self, key: &Key) -> Result<String, Problem> {
        let given = self.text(key)?;
        let name = given.strip_suffix('/').unwrap_or(given);
        let bad = |reason| Problem::BadValue { value: given.to_owned(), reason };
        if name.starts_with('/') {
            return Err(bad("it must be relative to the root of the repository"));
        }
        if name.starts_with(':') {
            return Err(bad("git reads a path that starts with `:` as a pattern"));
        }
        match name.split('/').find_map(component_problem) {
            Some(reason) => Err(bad(reason)),
            None => Ok(name.to_owned()),
        }
    }

    /// A boolean: `true` or `false` in YAML; other layers also accept git's words for these.
    pub(super) fn flag(self, key: &Key) -> Result<bool, Problem> {
        let words = |word: &str, any: &[&str]| any.iter().any(|one| one.eq_ignore_ascii_case(word));
        match self {
            Self::Yaml(Value::Bool(value)) => Ok(*value),
            Self::Bare => Ok(true),
            Self::Word(word) if words(word, &["true", "yes", "on", "1"]) => Ok(true),
            Self::Word(word) if words(word, &["false", "no", "off", "0"]) => Ok(false),
            Self::Word(_) | Self::Yaml(_) => Err(self.unexpected(key)),
        }
    }

    pub(super) fn attempts(self, key: &Key) -> Result<u8, Problem> {
        let number = match self {
            Self::Yaml(number) => number.as_u64(),
            Self::Word(word) => digits(word),
            Self::Bare => None,
        };
        let number = number.and_then(|number| u8::try_from(number).ok());
        number.filter(|number| (1..=20).contains(number)).ok_or_else(|| self.unexpected(key))
    }

    /// A duration of at least one second.
    pub(super) fn time(self, key: &Key, most: Duration) -> Result<Duration, Problem> {
        let time = match self {
            Self::Word(text) => duration::parse(text).ok(),
            Self::Yaml(Value::String(text)) => duration::parse(text).ok(),
            Self::Yaml(number) => number.as_u64().map(Duration::from_secs),
            Self::Bare => None,
        };
        let in_range = |time: &Duration| (Duration::from_secs(1)..=most).contains(time);
        time.filter(in_range).ok_or_else(|| self.unexpected(key))
    }

    pub(super) fn unexpected(self, key: &Key) -> Problem {
        Problem::Expected { expected: key.takes, found: self.words() }
    }

    fn words(self) -> String {
        match self {
            Self::Word(word) => quoted(word),
            Self::Bare => "a key without a value".to_owned(),
            Self::Yaml(Value::String(text)) => format!("the text {}", quoted(text)),
            Self::Yaml(Value::Bool(value)) => format!("the boolean {value}"),
            Self::Yaml(Value::Number(number)) if number.is_f64() => "a fraction".to_owned(),
            Self::Yaml(Value::Number(number)) => format!("the number {number}"),
            Self::Yaml(other) => kind(other).to_owned(),
        }
    }
}

/// The items of a list that must be texts; `found` describes it if they are not.
fn texts<'a>(key: &Key, items: &'a [Value], found: &str) -> Result<Vec<&'a str>, Problem> {
    let unexpected = || Problem::Expected { expected: key.takes, found: found.to_owned() };
    items.iter().map(|item| item.as_str().ok_or_else(unexpected)).collect()
}

/// The number that these digits form; `parse` alone would accept a sign.
fn digits(text: &str) -> Option<u64> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::super::keys::named;
    use super::*;

    fn time(text: &str) -> Option<u64> {
        let day = Duration::from_hours(24);
        GivenValue::Word(text).time(named("timeout").unwrap(), day).ok().map(|time| time.as_secs())
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
            assert_eq!(GivenValue::Word(word).flag(key), Ok(true));
        }
        for word in ["false", "no", "off", "0"] {
            assert_eq!(GivenValue::Word(word).flag(key), Ok(false));
        }
        assert_eq!(GivenValue::Bare.flag(key), Ok(true));
        assert!(GivenValue::Yaml(&Value::from("yes")).flag(key).is_err());
        assert!(GivenValue::Word("").flag(key).is_err());
    }

    #[test]
    fn attempts_have_a_range() {
        let key = named("claim_attempts").unwrap();
        assert_eq!(GivenValue::Yaml(&Value::from(20)).attempts(key), Ok(20));
        assert_eq!(GivenValue::Word("1").attempts(key), Ok(1));
        for word in ["0", "21", "+3", "", "1.5"] {
            assert!(GivenValue::Word(word).attempts(key).is_err(), "{word}");
        }
        for value in [Value::from(0), Value::from(-1), Value::from(2.0), Value::from("3")] {
            assert!(GivenValue::Yaml(&value).attempts(key).is_err(), "{value:?}");
        }
    }

    #[test]
    fn the_tickets_lie_in_the_repository() {
        let key = named("tickets_dir").unwrap();
        for (text, dir) in
            [("tickets", "tickets"), ("docs/tickets/", "docs/tickets"), ("日本 1", "日本 1")]
        {
            assert_eq!(GivenValue::Word(text).directory(key), Ok(dir.to_owned()));
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
            assert!(GivenValue::Word(text).directory(key).is_err(), "{text}");
        }
    }
}
