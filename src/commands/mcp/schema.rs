//! Holds the arguments of a tool against its schema, so that what the schema says is what counts. Pure.
//!
//! It knows the keywords that the schemas of the tools use and no others.

use serde_json::{Map, Value};

/// The first thing about a value that its schema does not allow. `name` is what the value is called, `""` for all arguments.
pub fn check(schema: &Value, value: &Value, name: &str) -> Result<(), String> {
    if let Some(allowed) = schema.get("enum").and_then(Value::as_array)
        && !allowed.contains(value)
    {
        let allowed: Vec<String> = allowed.iter().map(Value::to_string).collect();
        return Err(format!(
            "`{name}` must be one of {}, not {}",
            allowed.join(", "),
            brief(value)
        ));
    }
    match schema.get("type").and_then(Value::as_str) {
        Some("object") => object(schema, value, name),
        Some("array") => array(schema, value, name),
        Some("string") => string(schema, value, name),
        Some("integer") => integer(schema, value, name),
        Some("boolean") if !value.is_boolean() => unlike(name, "true or false", value),
        _ => Ok(()),
    }
}

fn object(schema: &Value, value: &Value, name: &str) -> Result<(), String> {
    let nothing = Map::new();
    let known = schema.get("properties").and_then(Value::as_object).unwrap_or(&nothing);
    let Some(given) = value.as_object() else { return unlike(name, "an object", value) };
    let full = |key: &str| if name.is_empty() { key.to_owned() } else { format!("{name}.{key}") };
    let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
    if let Some(missing) = required.filter_map(Value::as_str).find(|key| !given.contains_key(*key))
    {
        return Err(format!("`{}` is missing", full(missing)));
    }
    for (key, value) in given {
        let Some(schema) = known.get(key) else {
            let known: Vec<&str> = known.keys().map(String::as_str).collect();
            return Err(format!("`{}` is unknown; known are {}", full(key), known.join(", ")));
        };
        check(schema, value, &full(key))?;
    }
    Ok(())
}

fn array(schema: &Value, value: &Value, name: &str) -> Result<(), String> {
    let Some(items) = value.as_array() else { return unlike(name, "a list", value) };
    let bound = |keyword: &str| schema.get(keyword).and_then(Value::as_u64);
    let (least, most) = (bound("minItems").unwrap_or(0), bound("maxItems").unwrap_or(u64::MAX));
    let count = items.len() as u64;
    if !(least..=most).contains(&count) {
        return Err(format!("`{name}` must have {least} to {most} entries, not {count}"));
    }
    let schema = schema.get("items").unwrap_or(&Value::Null);
    let mut items = items.iter().enumerate();
    items.try_for_each(|(index, item)| check(schema, item, &format!("{name}[{index}]")))
}

fn string(schema: &Value, value: &Value, name: &str) -> Result<(), String> {
    let Some(text) = value.as_str() else { return unlike(name, "a string", value) };
    let is_wanted = schema.get("minLength").is_some();
    if is_wanted && text.trim().is_empty() {
        return Err(format!("`{name}` must not be empty"));
    }
    let most = schema.get("maxLength").and_then(Value::as_u64).unwrap_or(u64::MAX);
    let length = text.chars().count() as u64;
    if length > most {
        return Err(format!("`{name}` must have at most {most} characters, not {length}"));
    }
    Ok(())
}

fn integer(schema: &Value, value: &Value, name: &str) -> Result<(), String> {
    let bound = |keyword: &str| schema.get(keyword).and_then(Value::as_i64);
    let (least, most) = (bound("minimum").unwrap_or(0), bound("maximum").unwrap_or(i64::MAX));
    match value.as_i64() {
        Some(number) if (least..=most).contains(&number) => Ok(()),
        _ => unlike(name, &format!("a whole number from {least} to {most}"), value),
    }
}

fn unlike(name: &str, wanted: &str, value: &Value) -> Result<(), String> {
    Err(format!("`{name}` must be {wanted}, not {}", brief(value)))
}

/// A value as it was given, if it is short.
fn brief(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= 40 { text } else { "what was given".to_owned() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_schema_does_not_allow_is_named() {
        let schema = json!({
            "type": "object",
            "properties": {
                "how": { "enum": ["a", "b"] },
                "text": { "type": "string", "minLength": 1, "maxLength": 3 },
                "limit": { "type": "integer", "minimum": 1, "maximum": 200 },
                "ready": { "type": "boolean" },
                "tickets": { "type": "array", "minItems": 1, "maxItems": 2, "items": {
                    "type": "object", "properties": { "title": { "type": "string" } }, "required": ["title"],
                } },
            },
            "required": ["how"],
        });
        for (given, told) in [
            (json!({}), "`how` is missing"),
            (json!({ "how": "c" }), r#"`how` must be one of "a", "b", not "c""#),
            (
                json!({ "how": "a", "x": 1 }),
                "`x` is unknown; known are how, limit, ready, text, tickets",
            ),
            (json!({ "how": "a", "text": " " }), "`text` must not be empty"),
            (json!({ "how": "a", "text": null }), "`text` must be a string, not null"),
            (json!({ "how": "a", "text": "äöüß" }), "`text` must have at most 3 characters, not 4"),
            (
                json!({ "how": "a", "limit": 0 }),
                "`limit` must be a whole number from 1 to 200, not 0",
            ),
            (
                json!({ "how": "a", "limit": 1.5 }),
                "`limit` must be a whole number from 1 to 200, not 1.5",
            ),
            (json!({ "how": "a", "ready": "yes" }), "`ready` must be true or false, not \"yes\""),
            (json!({ "how": "a", "tickets": [] }), "`tickets` must have 1 to 2 entries, not 0"),
            (json!({ "how": "a", "tickets": [{}] }), "`tickets[0].title` is missing"),
            (json!({ "how": "a", "tickets": [7] }), "`tickets[0]` must be an object, not 7"),
        ] {
            assert_eq!(check(&schema, &given, ""), Err(told.to_owned()), "{given}");
        }
        let right =
            json!({ "how": "b", "text": "äöü", "limit": 200, "tickets": [{ "title": "" }] });
        assert_eq!(check(&schema, &right, ""), Ok(()));
    }
}
