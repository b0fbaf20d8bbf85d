//! Where the claim of a ticket is, as `tix status` says it.

use crate::lifecycle::{Act, Refusal, Ticket, is_given};
use crate::ticket::Lane;

/// Where a claim is that is not the caller's own here.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ClaimPlace {
    /// Here, or with somebody else.
    Plain,
    OtherSession,
    OtherClone,
}

impl ClaimPlace {
    pub(super) fn of(act: &Act<'_>, ticket: &Ticket<'_>) -> ClaimPlace {
        let held = ticket.held();
        // With what was handed over nobody has gone on yet.
        let given = held.claim_id.as_deref().is_some_and(is_given);
        match act.require_holder(ticket) {
            Err(Refusal::OtherSession { .. }) => ClaimPlace::OtherSession,
            Err(_)
                if ticket.trunk == Lane::Active
                    && !given
                    && held.by.as_deref() == Some(act.actor) =>
            {
                ClaimPlace::OtherClone
            }
            Ok(()) | Err(_) => ClaimPlace::Plain,
        }
    }
}
