//! How one ticket relates to another.

use serde::Serialize;

use super::head::FrontMatter;

/// A relation, as a key of the front matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Relation {
    /// The other one must be done first.
    DependsOn,
    /// The other one cannot be done before this one.
    Blocks,
    /// It is a part of the other one.
    #[serde(rename = "parent_ticket")]
    Parent,
    /// They are about the same thing.
    Related,
    /// It duplicates the other one.
    DuplicateOf,
}

impl Relation {
    pub const ALL: [Relation; 5] = [
        Relation::DependsOn,
        Relation::Blocks,
        Relation::Parent,
        Relation::Related,
        Relation::DuplicateOf,
    ];

    /// The key in the front matter.
    pub const fn key(self) -> &'static str {
        match self {
            Relation::DependsOn => "depends_on",
            Relation::Blocks => "blocks",
            Relation::Parent => "parent_ticket",
            Relation::Related => "related",
            Relation::DuplicateOf => "duplicate_of",
        }
    }

    /// Its word after `--relation`; `None` for what `tix dep` takes without one.
    pub const fn option(self) -> Option<&'static str> {
        match self {
            Relation::DependsOn => None,
            Relation::Blocks => Some("blocks"),
            Relation::Parent => Some("parent"),
            Relation::Related => Some("related"),
            Relation::DuplicateOf => Some("duplicate-of"),
        }
    }

    /// Whether a ticket can have this relation to several others.
    pub const fn is_list(self) -> bool {
        match self {
            Relation::DependsOn | Relation::Blocks | Relation::Related => true,
            Relation::Parent | Relation::DuplicateOf => false,
        }
    }

    /// The tickets that the front matter names in this relation.
    pub fn names(self, head: &FrontMatter) -> &[String] {
        match self {
            Relation::DependsOn => &head.depends_on,
            Relation::Blocks => &head.blocks,
            Relation::Parent => head.parent.as_slice(),
            Relation::Related => &head.related,
            Relation::DuplicateOf => head.duplicate_of.as_slice(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relation_is_its_key_in_json_too() {
        for relation in Relation::ALL {
            assert_eq!(serde_json::to_value(relation).unwrap(), relation.key());
        }
    }
}
