//! Keys that every JSON answer with the trunk or a list has, with the same meaning everywhere.

use serde::Serialize;

use super::board::TrunkAsSeen;
use super::context::Context;
use crate::clock;
use crate::names::Oid;

/// The source and the age of an answer.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AsOf {
    /// The trunk: `origin/main`, or `main` without a remote.
    pub trunk: String,
    /// The commit of the trunk that was read; missing when the trunk has none.
    pub commit: Option<String>,
    /// When the remote was last asked for the trunk: RFC 3339, UTC; missing without a remote, and if unknown.
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

/// How much of the result an answer contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Extent {
    /// How many are in this answer.
    pub returned: usize,
    /// How many match.
    pub total: usize,
    /// Whether this answer leaves some of them out.
    pub truncated: bool,
}

impl Extent {
    /// This many of that many.
    pub fn new(returned: usize, total: usize) -> Extent {
        Extent { returned, total, truncated: returned < total }
    }

    pub fn all(total: usize) -> Extent {
        Extent::new(total, total)
    }
}
