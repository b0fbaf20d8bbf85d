//! Parses `.tix.yaml` into entries, each with its line.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_yaml::Value;

use super::error::{ConfigError, Origin, Problem};
use crate::text::{cut, safe};

/// How much of a parser's message is shown.
const LONGEST: usize = 300;

#[derive(Debug, Clone, Copy)]
pub struct Yaml<'a> {
    pub bytes: &'a [u8],
    /// Where it was found, to precede the line in a message: `origin/main:.tix.yaml`.
    pub label: &'a str,
}

/// The entries of a file, in order. A key may occur twice.
pub(super) struct YamlEntries<'a> {
    file: Yaml<'a>,
    text: &'a str,
    pub(super) list: Vec<(YamlKey<'a>, Value)>,
}

/// A key. The parser reports no positions, but it lends the key's own bytes of the file, whose address tells the
/// position. Only a key with escapes, or one that spans lines, is copied.
#[derive(Deserialize)]
#[serde(transparent)]
pub(super) struct YamlKey<'a>(#[serde(borrow)] pub(super) Cow<'a, str>);

impl<'a> YamlEntries<'a> {
    /// Reads the entries; an empty file has none.
    pub(super) fn read(file: Yaml<'a>) -> Result<YamlEntries<'a>, ConfigError> {
        let fail = |line, problem| {
            let origin = Origin::File(file.label.to_owned());
            Err(ConfigError { origin, line, key: None, problem })
        };
        let text = match std::str::from_utf8(file.bytes) {
            Ok(text) => text,
            Err(error) => {
                let before = file.bytes.get(..error.valid_up_to()).unwrap_or_default();
                return fail(Some(lines(before)), Problem::NotUtf8);
            }
        };
        // The parser would count it as a column, and read the second line as the end of the document.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut documents = serde_yaml::Deserializer::from_str(text);
        let list = documents.next().map_or_else(|| Ok(Vec::new()), Mapping::deserialize_from);
        let error = match list {
            Ok(_) if documents.next().is_some() => {
                let found = "several documents".to_owned();
                return fail(None, Problem::NotAMapping { found });
            }
            Ok(list) => return Ok(YamlEntries { file, text, list }),
            Err(error) => error,
        };
        let place = error.location();
        let line = place.as_ref().map(serde_yaml::Location::line);
        let column = place.as_ref().map(serde_yaml::Location::column);
        match serde_yaml::from_str::<Value>(text) {
            Ok(Value::Null) => Ok(YamlEntries { file, text, list: Vec::new() }),
            Ok(Value::Mapping(_)) | Err(_) => {
                fail(line, Problem::Syntax { column, message: words(&error) })
            }
            Ok(other) => fail(line, Problem::NotAMapping { found: kind(&other).to_owned() }),
        }
    }

    /// An error about an entry.
    pub(super) fn fail(&self, name: &YamlKey<'_>, problem: Problem) -> ConfigError {
        let YamlKey(name) = name;
        let line = match name {
            Cow::Borrowed(name) => {
                let at = (name.as_ptr() as usize).checked_sub(self.text.as_ptr() as usize);
                at.and_then(|at| self.text.as_bytes().get(..at)).map(lines)
            }
            Cow::Owned(_) => None,
        };
        let origin = Origin::File(self.file.label.to_owned());
        ConfigError { origin, line, key: Some(name.to_string()), problem }
    }
}

/// What a file says, each key with its value as text.
pub fn yaml_entries(file: Yaml<'_>) -> Result<Vec<(String, String)>, ConfigError> {
    let text = |value: &Value| match value.as_str() {
        Some(text) => text.to_owned(),
        None => serde_json::to_string(value).unwrap_or_default(),
    };
    let entries = YamlEntries::read(file)?.list;
    Ok(entries.iter().map(|(name, value)| (name.0.to_string(), text(value))).collect())
}

/// The number of the line that follows these bytes.
fn lines(before: &[u8]) -> usize {
    before.split(|byte| *byte == b'\n').count()
}

/// Describes the kind of a value.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "an empty value",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Sequence(_) => "a list",
        // `{id}` without quotes is a mapping to YAML.
        Value::Mapping(_) => "a mapping (a text that begins with a brace needs quotes)",
        Value::Tagged(_) => "a value with a tag",
    }
}

/// The parser's message without its positions; [`ConfigError`] has the one that counts. The message contains keys of
/// the file as they are.
fn words(error: &serde_yaml::Error) -> String {
    let message = error.to_string();
    let parts = message.split(", ").map(|part| part.split(" at line ").next().unwrap_or(part));
    cut(&safe(parts.collect::<Vec<_>>().join(", ")), LONGEST)
}

/// A mapping as written. `serde_yaml::Mapping` would refuse a duplicate key without saying where it is.
struct Mapping;

impl Mapping {
    fn deserialize_from<'de, D: Deserializer<'de>>(
        parser: D,
    ) -> Result<Vec<(YamlKey<'de>, Value)>, D::Error> {
        parser.deserialize_any(Mapping)
    }
}

impl<'de> Visitor<'de> for Mapping {
    type Value = Vec<(YamlKey<'de>, Value)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a mapping of keys to values")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut list = Vec::new();
        while let Some(entry) = map.next_entry()? {
            list.push(entry);
        }
        Ok(list)
    }
}
