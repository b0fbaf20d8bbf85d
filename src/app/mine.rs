//! Which tickets are the caller's.

use super::context::Context;
use super::role::deciding_session;
use crate::error::Failure;
use crate::git::Repo;
use crate::lifecycle::is_given;
use crate::ticket::{Lane, TicketRow};
use crate::workspace::{self, Session};

/// Recognizes the tickets that this person or their role holds, or that were claimed from this clone. A session
/// counts of what is held only what this clone has claimed, and not for another session, and what was handed to its
/// person, until some session goes on with it.
pub struct Mine<'a> {
    repo: &'a Repo,
    by: Vec<String>,
    /// The clone's id, once it has one.
    clone: Option<String>,
    session: Option<Session>,
}

impl Mine<'_> {
    pub fn of<'a>(ctx: &'a Context<'_>) -> Result<Mine<'a>, Failure> {
        let by = ctx.actor().ok().into_iter().chain(ctx.role().map(str::to_owned)).collect();
        let clone = workspace::known_clone_id(&ctx.repo);
        Ok(Mine { repo: &ctx.repo, by, clone, session: deciding_session(ctx)? })
    }

    pub fn fits(&self, row: &TicketRow) -> bool {
        let claim = row.claim_id.as_deref().unwrap_or_default();
        let of_clone = self.clone.as_ref().is_some_and(|clone| claim.starts_with(clone.as_str()));
        let of_person = row.holder.as_ref().is_some_and(|holder| self.by.contains(holder));
        (of_person && is_given(claim)) || (of_person || of_clone) && self.is_for_session(row, claim)
    }

    /// Whether it is held for the caller's session, as far as there is one: this clone has a record of the claim, and not for
    /// another session. Records are read for sessions only.
    fn is_for_session(&self, row: &TicketRow, claim: &str) -> bool {
        let Some(session) = self.session.as_ref().filter(|_| row.lane == Lane::Active) else {
            return true;
        };
        let record = workspace::load(self.repo, &row.id).filter(|record| record.claim_id == claim);
        record.is_some_and(|record| record.claim_of_another(Some(session)).is_none())
    }

    /// Whether it is held now, too.
    pub fn holds(&self, row: &TicketRow) -> bool {
        row.lane == Lane::Active && self.fits(row)
    }
}
