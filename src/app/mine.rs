//! Which tickets are the caller's.

use super::context::Context;
use crate::ticket::{Lane, TicketRow};
use crate::workspace;

/// Recognizes the tickets that this person or their role holds, or that were claimed from this clone.
pub struct Mine {
    by: Vec<String>,
    /// The clone's id, once it has one.
    clone: Option<String>,
}

impl Mine {
    pub fn of(ctx: &Context<'_>) -> Mine {
        let by = ctx.actor().ok().into_iter().chain(ctx.role().map(str::to_owned)).collect();
        Mine { by, clone: workspace::known_clone_id(&ctx.repo) }
    }

    pub fn fits(&self, row: &TicketRow) -> bool {
        let claim = row.claim_id.as_deref().unwrap_or_default();
        row.holder.as_ref().is_some_and(|holder| self.by.contains(holder))
            || self.clone.as_ref().is_some_and(|clone| claim.starts_with(clone.as_str()))
    }

    /// Whether it is held now, too.
    pub fn holds(&self, row: &TicketRow) -> bool {
        row.lane == Lane::Active && self.fits(row)
    }
}
