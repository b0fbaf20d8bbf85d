//! What every answer in JSON says that shows the trunk, or that lists: the same keys with the same meaning everywhere.

use serde::Serialize;

use super::board::TrunkAsSeen;
use super::context::Context;
use crate::clock;
use crate::names::Oid;

/// Of what and when an answer is.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AsOf {
    /// The trunk: `origin/main`, or `main` without a remote.
    pub trunk: String,
    /// The commit of the trunk that was looked at; missing when the trunk has none.
    pub commit: Option<String>,
    /// When the remote was last asked for the trunk: RFC 3339, UTC; missing without a remote, and when nothing here says so.
    pub fetched_at: Option<String>,
}

impl AsOf {
    pub fn of(ctx: &Context<'_>, seen: &TrunkAsSeen<'_>) -> AsOf {
        AsOf {
            trunk: ctx.trunk_label(),
            commit: seen.view.on_remote().map(Oid::to_string),
            fetched_at: seen.at.map(clock::rfc3339),
        }
    }
}

/// How much of what was asked for an answer holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Extent {
    /// How many are in this answer.
    pub returned: usize,
    /// How many there are that fit the question.
    pub total: usize,
    /// Whether this answer leaves some of them out.
    pub truncated: bool,
}

impl Extent {
    /// So many of so many.
    pub fn new(returned: usize, total: usize) -> Extent {
        Extent { returned, total, truncated: returned < total }
    }

    pub fn all(total: usize) -> Extent {
        Extent::new(total, total)
    }
}
