//! JSON with places: the items of a list and the members of an object, each with its line.

use serde::de::IgnoredAny;
use serde_json::{Deserializer, Map, Value};

/// A value of a file, and where it begins.
pub struct Placed<'a> {
    pub text: &'a str,
    /// The byte of the file.
    pub at: usize,
}

/// The line and the reason where a list or an object cannot be read further.
pub type BrokenOff = Option<(usize, String)>;

/// A member of an object.
pub type NamedValue<'a> = (String, Placed<'a>);

/// An object on its way into a ticket: what is taken out has its place there, and the rest is kept.
pub struct Members(pub Map<String, Value>);

impl<'a> Placed<'a> {
    pub fn of(text: &'a str) -> Placed<'a> {
        Placed { text, at: text.len() - text.trim_start().len() }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    pub fn line(&self) -> usize {
        self.text.get(..self.at).unwrap_or_default().matches('\n').count() + 1
    }

    pub fn value(&self) -> Result<Value, serde_json::Error> {
        let mut values = Deserializer::from_str(self.rest()).into_iter::<Value>();
        values.next().unwrap_or(Ok(Value::Null))
    }

    /// The values of a list. The second is the line and the reason where the rest cannot be read.
    pub fn items(&self) -> (Vec<Placed<'a>>, BrokenOff) {
        let (items, trouble) = self.parts('[', ']');
        (items.into_iter().map(|(_, item)| item).collect(), trouble)
    }

    /// The members of an object.
    pub fn members(&self) -> (Vec<NamedValue<'a>>, BrokenOff) {
        self.parts('{', '}')
    }

    fn parts(&self, open: char, close: char) -> (Vec<NamedValue<'a>>, BrokenOff) {
        let mut parts = Vec::new();
        let mut here = Placed { text: self.text, at: self.at };
        if !here.pass(open) {
            let why = format!("there is no {}", if open == '[' { "list" } else { "object" });
            return (parts, Some((here.line(), why)));
        }
        while !here.pass(close) {
            let mut name = String::new();
            if open == '{' {
                let mut names = Deserializer::from_str(here.rest()).into_iter::<String>();
                match names.next() {
                    Some(Ok(found)) => name = found,
                    Some(Err(_)) | None => {
                        return (parts, Some((here.line(), "a name is missing".to_owned())));
                    }
                }
                here.at += names.byte_offset();
                if !here.pass(':') {
                    return (parts, Some((here.line(), "a `:` is missing".to_owned())));
                }
            }
            let mut values = Deserializer::from_str(here.rest()).into_iter::<IgnoredAny>();
            match values.next() {
                Some(Ok(_)) => {}
                Some(Err(error)) => {
                    let line = here.line() + error.line().saturating_sub(1);
                    return (parts, Some((line, reason(&error))));
                }
                None => return (parts, Some((here.line(), "the file ends too early".to_owned()))),
            }
            let end = here.at + values.byte_offset();
            parts.push((name, Placed { text: self.text, at: here.at }));
            here.at = end;
            here.pass(',');
        }
        (parts, None)
    }

    /// Goes behind this sign and the blanks after it, if it is next.
    fn pass(&mut self, sign: char) -> bool {
        let blank = |text: &str| text.len() - text.trim_start().len();
        self.at += blank(self.rest());
        let found = self.rest().starts_with(sign);
        if found {
            self.at += sign.len_utf8();
            self.at += blank(self.rest());
        }
        found
    }
}

/// What is wrong with a JSON text, without the place, which counts from its start.
pub fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or_default().to_owned()
}

impl Members {
    /// Takes a text out; a number or a truth value is one too.
    pub fn text(&mut self, name: &str) -> Option<String> {
        match self.0.remove(name) {
            Some(Value::String(text)) => Some(text).filter(|text| !text.trim().is_empty()),
            Some(value @ (Value::Number(_) | Value::Bool(_))) => Some(value.to_string()),
            Some(other @ (Value::Array(_) | Value::Object(_))) => {
                self.0.insert(name.to_owned(), other);
                None
            }
            Some(Value::Null) | None => None,
        }
    }

    /// Takes the first of these texts out that is there.
    pub fn first_text(&mut self, names: &[&str]) -> Option<String> {
        names.iter().find_map(|name| self.text(name))
    }

    /// Takes a list out.
    pub fn list(&mut self, name: &str) -> Vec<Value> {
        match self.0.remove(name) {
            Some(Value::Array(items)) => items,
            Some(Value::Null) | None => Vec::new(),
            Some(other) => {
                self.0.insert(name.to_owned(), other);
                Vec::new()
            }
        }
    }
}

/// The text that a value is.
pub fn word(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()).filter(|text| !text.trim().is_empty()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_and_members_have_their_lines_and_what_breaks_off_is_said() {
        let text = "\n{\"a\": {\"tasks\": [\n  {\"id\": 1},\n  {\"id\":\n 2}\n]},\n \"b\": 3}\n";
        let (members, trouble) = Placed::of(text).members();
        assert_eq!(trouble, None);
        let names: Vec<(&str, usize)> =
            members.iter().map(|(n, p)| (n.as_str(), p.line())).collect();
        assert_eq!(names, [("a", 2), ("b", 7)]);
        let (inner, _) = members[0].1.members();
        let (items, _) = inner[0].1.items();
        let lines: Vec<usize> = items.iter().map(Placed::line).collect();
        assert_eq!(lines, [3, 4]);
        assert_eq!(items[1].value().unwrap()["id"], 2);

        let (items, trouble) = Placed::of("[{\"id\": 1},\n {\"id\": }]").items();
        assert_eq!((items.len(), trouble), (1, Some((2, "expected value".to_owned()))));
        assert_eq!(Placed::of("3").items().1, Some((1, "there is no list".to_owned())));
        assert_eq!(Placed::of("[1, ").items().1.unwrap().0, 1);
    }
}
