//! An agent's file in JSON, comments allowed, edited in place.

use jsonc_parser::ParseOptions;
use jsonc_parser::cst::{CstInputValue, CstNode, CstObject, CstObjectProp, CstRootNode};
use serde_json::Value;

use super::FileRemark;

/// Some editors put it before a text in UTF-8.
const BYTE_ORDER_MARK: char = '\u{feff}';

pub struct JsonFile {
    tree: CstRootNode,
    pub root: CstObject,
    is_marked: bool,
}

impl JsonFile {
    /// A file that is not there, or empty, is an empty object.
    pub fn parse(text: Option<&str>) -> Result<JsonFile, FileRemark> {
        let text = text.unwrap_or_default();
        let unmarked = text.strip_prefix(BYTE_ORDER_MARK);
        let source = unmarked.unwrap_or(text);
        let source = if source.trim().is_empty() { "{}\n" } else { source };
        let options = ParseOptions {
            allow_comments: true,
            allow_loose_object_property_names: false,
            allow_trailing_commas: true,
            allow_missing_commas: false,
            allow_single_quoted_strings: false,
            allow_hexadecimal_numbers: false,
            allow_unary_plus_numbers: false,
            ..ParseOptions::default()
        };
        let tree = CstRootNode::parse(source, &options).map_err(|error| FileRemark {
            line: error.line_display(),
            why: error.kind().to_string(),
        })?;
        let root = tree.object_value().ok_or_else(|| FileRemark {
            line: 1,
            why: "the file must hold one object".to_owned(),
        })?;
        Ok(JsonFile { tree, root, is_marked: unmarked.is_some() })
    }

    pub fn object_or_create(&self, key: &str) -> Result<CstObject, FileRemark> {
        match self.root.get(key) {
            Some(found) => found.object_value().ok_or_else(|| unfit(&found, key, "an object")),
            None => Ok(self.root.object_value_or_set(key)),
        }
    }

    /// Takes an object out that holds nothing any more.
    pub fn remove_if_empty(&self, key: &str) {
        let is_empty =
            self.root.object_value(key).is_some_and(|object| object.properties().is_empty());
        if is_empty && let Some(property) = self.root.get(key) {
            take_out(property.into());
        }
    }

    pub fn text(&self) -> String {
        let mark = self.is_marked.then(|| BYTE_ORDER_MARK.to_string());
        mark.unwrap_or_default() + &self.tree.to_string()
    }
}

pub fn unfit(property: &CstObjectProp, key: &str, wanted: &str) -> FileRemark {
    FileRemark {
        line: line_of(&property.clone().into()),
        why: format!("\"{key}\" is not {wanted}"),
    }
}

/// The line in which a node begins, from 1.
pub fn line_of(node: &CstNode) -> usize {
    let above = node.ancestors().map(|node| CstNode::from(node).previous_siblings().collect());
    let before: Vec<CstNode> = node.previous_siblings().collect();
    let all = std::iter::once(before).chain(above.collect::<Vec<Vec<CstNode>>>());
    1 + all.flatten().map(|node| node.to_string().matches('\n').count()).sum::<usize>()
}

/// Removes a node, and the line break after it that its siblings did not need.
pub fn take_out(node: CstNode) {
    let parent = node.parent();
    node.remove();
    let Some(parent) = parent else { return };
    let children = parent.children();
    let space = |node: &&CstNode| node.is_whitespace() || node.is_newline();
    let breaks = |node: &CstNode| node.is_newline();
    if children.iter().skip(1).take_while(space).any(breaks) {
        return;
    }
    let last: Vec<_> = children.iter().rev().skip(1).take_while(space).cloned().collect();
    if last.iter().any(breaks) {
        last.into_iter().for_each(CstNode::remove);
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
