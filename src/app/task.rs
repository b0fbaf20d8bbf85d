//! The task of a ticket: its title, its file, and the boxes that are not ticked.

use serde::Serialize;

use super::context::Context;
use crate::lifecycle::{Missing, missing_in};
use crate::names::RepoPath;
use crate::text::safe;
use crate::ticket::{Document, FrontMatter};

/// How many boxes people are shown; the file has the rest.
const SHOWN: usize = 12;

/// The task that a ticket sets.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct TaskJson {
    /// What the ticket is about; missing when it does not say.
    pub title: Option<String>,
    /// The ticket that it is a part of, as it names it; missing when there is none.
    pub part_of: Option<String>,
    /// Its file, from the root of the workspace; missing where the tickets have a branch of their own, so that it is not there.
    pub file: Option<String>,
    /// The text of each box that is not ticked, in their order; may be empty.
    pub criteria: Vec<String>,
    /// The changes that the last review requested, line by line; missing if none are open.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changes_requested: Vec<String>,
    /// Whether it is complete on its branch, and waits for that to be merged; missing if not.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub completed: bool,
    /// Whether every stage of its review has approved what is on its branch.
    #[serde(skip)]
    pub approved: bool,
}

impl TaskJson {
    pub fn of(ctx: &Context<'_>, document: &Document, file: &RepoPath) -> TaskJson {
        let missing = missing_in(document);
        let open = missing.iter().filter_map(Missing::open_box).filter(|text| !text.is_empty());
        let head = FrontMatter::of(document);
        TaskJson {
            title: head.title,
            part_of: head.parent,
            file: (ctx.base == ctx.trunk).then(|| file.to_string()),
            criteria: open.map(str::to_owned).collect(),
            changes_requested: Vec::new(),
            completed: false,
            approved: false,
        }
    }

    /// The boxes for people, each line with this prefix.
    pub fn boxes(&self, (first, other): (&str, &str)) -> String {
        let mut text = String::new();
        for (at, criterion) in self.criteria.iter().take(SHOWN).enumerate() {
            let before = if at == 0 { first } else { other };
            text.push_str(&format!("{before}[ ] {}\n", safe(criterion)));
        }
        let more = self.criteria.len().saturating_sub(SHOWN);
        if more > 0 {
            text.push_str(&format!("{other}and {more} more\n"));
        }
        text
    }
}
