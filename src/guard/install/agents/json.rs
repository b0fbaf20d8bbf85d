//! An agent's file in JSON, comments allowed, edited in place.

use jsonc_parser::ParseOptions;
use jsonc_parser::cst::{CstInputValue, CstObject, CstRootNode};
use serde_json::Value;

use super::BadFile;

pub struct JsonFile {
    tree: CstRootNode,
    pub root: CstObject,
    source: String,
}

impl JsonFile {
    /// A file that is not there, or empty, is an empty object.
    pub fn parse(name: &str, text: Option<&str>) -> Result<JsonFile, BadFile> {
        let source = match text {
            Some(text) if !text.trim().is_empty() => text,
            Some(_) | None => "{}\n",
        };
        let strict = ParseOptions {
            allow_comments: true,
            allow_loose_object_property_names: false,
            allow_trailing_commas: false,
            allow_missing_commas: false,
            allow_single_quoted_strings: false,
            allow_hexadecimal_numbers: false,
            allow_unary_plus_numbers: false,
            ..ParseOptions::default()
        };
        let tree = CstRootNode::parse(source, &strict).map_err(|error| BadFile {
            line: error.line_display(),
            why: error.kind().to_string(),
        })?;
        let root = tree
            .object_value()
            .ok_or_else(|| BadFile { line: 1, why: format!("{name} must hold one object") })?;
        Ok(JsonFile { tree, root, source: source.to_owned() })
    }

    pub fn object_or_create(&self, key: &str) -> Result<CstObject, BadFile> {
        match self.root.get(key) {
            Some(_) => self.root.object_value(key).ok_or_else(|| self.unfit(key, "an object")),
            None => Ok(self.root.object_value_or_set(key)),
        }
    }

    /// Takes an object out that holds nothing any more.
    pub fn remove_if_empty(&self, key: &str) {
        let is_empty =
            self.root.object_value(key).is_some_and(|object| object.properties().is_empty());
        if is_empty && let Some(property) = self.root.get(key) {
            property.remove();
        }
    }

    pub fn unfit(&self, key: &str, wanted: &str) -> BadFile {
        let needle = format!("\"{key}\"");
        let line = self.source.lines().position(|line| line.contains(&needle)).unwrap_or(0) + 1;
        BadFile { line, why: format!("\"{key}\" is not {wanted}") }
    }

    pub fn text(&self) -> String {
        self.tree.to_string()
    }
}

pub fn plain(value: &CstInputValue) -> Value {
    match value {
        CstInputValue::Null => Value::Null,
        CstInputValue::Bool(value) => Value::Bool(*value),
        CstInputValue::Number(digits) => serde_json::from_str(digits).unwrap_or_default(),
        CstInputValue::String(text) => Value::String(text.clone()),
        CstInputValue::Array(list) => list.iter().map(plain).collect(),
        CstInputValue::Object(pairs) => {
            pairs.iter().map(|(key, value)| (key.clone(), plain(value))).collect()
        }
    }
}
