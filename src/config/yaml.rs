//! Reads `.tix.yaml`, and knows the line of everything in it that is wrong.
//!
//! The parser tells a position only with an error that is raised while it stands there. So every
//! key and value is judged the moment it is read: the judgement is put aside and the parser
//! stopped, which gives the error its line.

use std::collections::BTreeSet;
use std::fmt;

use serde::Deserialize as _;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error as _, IgnoredAny, MapAccess, SeqAccess,
    Visitor,
};

use super::Resolution;
use super::error::{ConfigError, Origin, Problem};
use super::given::Given;
use super::keys::{self, Key, Name};

#[derive(Debug, Clone, Copy)]
pub struct Yaml<'a> {
    pub bytes: &'a [u8],
    /// Where it was found, to stand before the line in a message: `origin/main:.tix.yaml`.
    pub label: &'a str,
}

/// Takes over every setting of the file. An empty file has none.
pub(super) fn read(yaml: Yaml<'_>, into: &mut Resolution<'_>) -> Result<(), ConfigError> {
    let fail = |line, key, problem| {
        Err(ConfigError { origin: Origin::File(yaml.label.to_owned()), line, key, problem })
    };
    let text = match std::str::from_utf8(yaml.bytes) {
        Ok(text) => text,
        Err(error) => {
            let before = yaml.bytes.get(..error.valid_up_to()).unwrap_or_default();
            let line = before.split(|byte| *byte == b'\n').count();
            return fail(Some(line), None, Problem::NotUtf8);
        }
    };
    // The parser would count it as a column, and take the second line for the end of the document.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    // First the form, then the meaning: half a file may seem to mean anything.
    let mut documents = 0;
    for document in serde_yaml::Deserializer::from_str(text) {
        documents += 1;
        if let Err(error) = IgnoredAny::deserialize(document) {
            let (line, problem) = unreadable(&error);
            return fail(line, None, problem);
        }
    }
    if documents > 1 {
        let found = "several documents".to_owned();
        return fail(None, None, Problem::NotAMapping { found });
    }
    let mut trouble = None;
    let file = File { into, trouble: &mut trouble };
    let Err(error) = file.deserialize(serde_yaml::Deserializer::from_str(text)) else {
        return Ok(());
    };
    let (line, problem) = unreadable(&error);
    match trouble {
        Some(Trouble { key, problem }) => fail(line, key, problem),
        None => fail(line, None, problem),
    }
}

fn unreadable(error: &serde_yaml::Error) -> (Option<usize>, Problem) {
    let place = error.location();
    let line = place.as_ref().map(serde_yaml::Location::line);
    let column = place.as_ref().map(serde_yaml::Location::column);
    (line, Problem::Syntax { column, message: words(error) })
}

/// The parser's message without its positions, of which [`ConfigError`] carries the one that
/// counts.
fn words(error: &serde_yaml::Error) -> String {
    let message = error.to_string();
    let parts = message.split(", ").map(|part| part.split(" at line ").next().unwrap_or(part));
    parts.collect::<Vec<_>>().join(", ")
}

/// Why the parser was stopped.
struct Trouble {
    key: Option<String>,
    problem: Problem,
}

struct File<'t, 'r, 'h> {
    into: &'r mut Resolution<'h>,
    trouble: &'t mut Option<Trouble>,
}

impl File<'_, '_, '_> {
    fn not_a_mapping<T, E: serde::de::Error>(self, found: &str) -> Result<T, E> {
        let problem = Problem::NotAMapping { found: found.to_owned() };
        *self.trouble = Some(Trouble { key: None, problem });
        Err(E::custom(""))
    }
}

impl<'de> DeserializeSeed<'de> for File<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, parser: D) -> Result<(), D::Error> {
        parser.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for File<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a mapping of keys to values")
    }

    fn visit_none<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut seen = BTreeSet::new();
        while let Some(key) =
            map.next_key_seed(KeySeed { seen: &mut seen, trouble: self.trouble })?
        {
            map.next_value_seed(ValueSeed { key, into: self.into, trouble: self.trouble })?;
        }
        Ok(())
    }

    fn visit_str<E: serde::de::Error>(self, _: &str) -> Result<(), E> {
        self.not_a_mapping("a text")
    }

    fn visit_bool<E: serde::de::Error>(self, _: bool) -> Result<(), E> {
        self.not_a_mapping("a boolean")
    }

    fn visit_i64<E: serde::de::Error>(self, _: i64) -> Result<(), E> {
        self.not_a_mapping("a number")
    }

    fn visit_u64<E: serde::de::Error>(self, _: u64) -> Result<(), E> {
        self.not_a_mapping("a number")
    }

    fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<(), E> {
        self.not_a_mapping("a number")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<(), A::Error> {
        self.not_a_mapping("a list")
    }

    fn visit_enum<A: EnumAccess<'de>>(self, _: A) -> Result<(), A::Error> {
        self.not_a_mapping("a value with a tag")
    }
}

struct KeySeed<'t> {
    seen: &'t mut BTreeSet<&'static str>,
    trouble: &'t mut Option<Trouble>,
}

impl<'de> DeserializeSeed<'de> for KeySeed<'_> {
    type Value = &'static Key;

    fn deserialize<D: Deserializer<'de>>(self, parser: D) -> Result<&'static Key, D::Error> {
        parser.deserialize_str(self)
    }
}

impl Visitor<'_> for KeySeed<'_> {
    type Value = &'static Key;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<&'static Key, E> {
        let problem = match keys::named(name) {
            Some(key) if self.seen.insert(key.name) => return Ok(key),
            Some(_) => Problem::Duplicate,
            None => {
                let nearest = keys::nearest(name).map(|key| key.name.to_owned());
                Problem::UnknownKey { nearest }
            }
        };
        *self.trouble = Some(Trouble { key: Some(name.to_owned()), problem });
        Err(E::custom(""))
    }
}

/// An item of a list, of which keys take texts only.
#[derive(serde::Deserialize)]
#[serde(untagged)]
enum Item {
    Text(String),
    Other(#[allow(dead_code, reason = "it only has to be something")] IgnoredAny),
}

#[derive(serde::Deserialize)]
#[serde(untagged)]
enum Value {
    One(String),
    Many(Vec<String>),
    Other(#[allow(dead_code, reason = "it only has to be something")] IgnoredAny),
}

struct ValueSeed<'t, 'r, 'h> {
    key: &'static Key,
    into: &'r mut Resolution<'h>,
    trouble: &'t mut Option<Trouble>,
}

impl ValueSeed<'_, '_, '_> {
    fn take<E: serde::de::Error>(self, given: Given<'_>) -> Result<(), E> {
        self.into.set(self.key, given).map_err(|problem| {
            *self.trouble = Some(Trouble { key: Some(self.key.name.to_owned()), problem });
            E::custom("")
        })
    }

    /// No key takes such a value. It is refused here, unread: the parser must not be left in the
    /// middle of it.
    fn refuse<E: serde::de::Error>(self, found: &'static str) -> Result<(), E> {
        let problem = Given::Other(found).unexpected(self.key);
        *self.trouble = Some(Trouble { key: Some(self.key.name.to_owned()), problem });
        Err(E::custom(""))
    }
}

impl<'de> DeserializeSeed<'de> for ValueSeed<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, parser: D) -> Result<(), D::Error> {
        parser.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ValueSeed<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key.takes)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<(), E> {
        self.take(Given::Text(text))
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<(), E> {
        self.take(Given::Bool(value))
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<(), E> {
        self.take(Given::Int(number.into()))
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<(), E> {
        self.take(Given::Int(number.into()))
    }

    fn visit_i128<E: serde::de::Error>(self, number: i128) -> Result<(), E> {
        self.take(Given::Int(number))
    }

    fn visit_u128<E: serde::de::Error>(self, number: u128) -> Result<(), E> {
        self.take(Given::Int(i128::try_from(number).unwrap_or(i128::MAX)))
    }

    fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<(), E> {
        self.refuse("a fraction")
    }

    fn visit_none<E: serde::de::Error>(self) -> Result<(), E> {
        self.refuse("an empty value")
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        self.refuse("an empty value")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element::<Item>()? {
            match item {
                Item::Text(text) => items.push(text),
                Item::Other(_) => return self.refuse("a list of something else than texts"),
            }
        }
        self.take(Given::List(&items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        if self.key.id == Name::Roles {
            let mut entries = Vec::new();
            while let Some((name, value)) = map.next_entry::<String, Value>()? {
                match value {
                    Value::One(item) => entries.push((name, vec![item])),
                    Value::Many(items) => entries.push((name, items)),
                    Value::Other(_) => return self.refuse("a mapping to something else"),
                }
            }
            return self.into.set_mapping(entries).map_err(|problem| {
                let key = Some(self.key.name.to_owned());
                *self.trouble = Some(Trouble { key, problem });
                A::Error::custom("")
            });
        }
        // `{id}` without quotes is a mapping to YAML.
        self.refuse("a mapping (a text that begins with a brace needs quotes)")
    }

    fn visit_enum<A: EnumAccess<'de>>(self, _: A) -> Result<(), A::Error> {
        self.refuse("a value with a tag")
    }
}
