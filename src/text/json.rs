//! JSON text without what says nothing.

/// The text of a JSON value, as `serde_json` writes it on one line, without the keys of objects whose value is missing.
///
/// On the text and not on a value of `serde_json`: a list of twenty thousand tickets would be built a second time for it.
pub fn without_nulls(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    // Where the last string begins in `kept`: before a colon it is the key.
    let mut key = 0;
    while let Some(at) = rest.find(['"', ':']) {
        let (before, from) = rest.split_at(at);
        kept.push_str(before);
        if let Some(after) = from.strip_prefix(":null") {
            kept.truncate(key);
            let last = !after.starts_with(',');
            if last && kept.ends_with(',') {
                kept.pop();
            }
            rest = after.strip_prefix(',').unwrap_or(after);
            continue;
        }
        let length = if from.starts_with('"') { string_length(from) } else { 1 };
        let (token, after) = from.split_at(length);
        key = if token == ":" { key } else { kept.len() };
        kept.push_str(token);
        rest = after;
    }
    kept + rest
}

/// How long the string is that a text begins with, in bytes, with its quotes.
fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    #[test]
    fn keys_with_null_go_and_everything_else_stays() {
        let kept = [
            (r#"{"a":null}"#, "{}"),
            (r#"{"a":null,"b":1,"c":null}"#, r#"{"b":1}"#),
            (r#"{"b":1,"a":null,"c":[null,{"d":null}]}"#, r#"{"b":1,"c":[null,{}]}"#),
            (r#"{"a\":null":":null,","b":null}"#, r#"{"a\":null":":null,"}"#),
            (r#"{"b":{"c":null},"d":"\\"}"#, r#"{"b":{},"d":"\\"}"#),
            ("null", "null"),
        ];
        for (text, expected) in kept {
            assert_eq!(without_nulls(text), expected);
        }
    }

    fn stripped(value: Value) -> Value {
        match value {
            Value::Object(keys) => {
                let kept = keys.into_iter().filter(|(_, value)| !value.is_null());
                Value::Object(kept.map(|(key, value)| (key, stripped(value))).collect())
            }
            Value::Array(items) => items.into_iter().map(stripped).collect(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value,
        }
    }

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<i32>().prop_map(Value::from),
            r#"[a:n"\\,{}\n]{0,6}"#.prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 5, |inner| {
            let keys = proptest::collection::btree_map(r#"[a:"\\,]{0,3}"#, inner.clone(), 0..5);
            prop_oneof![
                proptest::collection::vec(inner, 0..4).prop_map(Value::from),
                keys.prop_map(|keys| json!(keys)),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_left_is_the_value_without_its_nulls(value in values()) {
            let text = without_nulls(&value.to_string());
            prop_assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), stripped(value));
        }
    }
}
