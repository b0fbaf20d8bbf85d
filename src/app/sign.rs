//! The last sign of the holder of a ticket.
//!
//! Its age depends on the clocks of two machines: that of the holder, which dated it, and that of the caller. No commit
//! is older than what it is built on, so a sign is as young as the youngest of its nearest ancestors: a holder whose
//! clock is days behind keeps a claim that was just made on a trunk that others have moved. A holder whose clock is ahead
//! keeps the claim for that much longer. A caller whose clock is ahead needs a witness: see [`witness`](super::witness).

use chrono::{DateTime, Utc};

use super::context::Context;
use super::find::claim_commit;
use crate::config::RecordPlace;
use crate::error::Failure;
use crate::git::{GitError, Objects};
use crate::lifecycle::Ticket;
use crate::names::Oid;
use crate::ticket::moment;

/// How many generations are read. The base of a claim is the second of its branch.
const GENERATIONS: usize = 8;

/// When the claim was made or the ticket branch last moved, whichever is later. `tip` is where the branch is, and `trunk`
/// where the trunk is.
pub fn last_sign(
    ctx: &Context<'_>,
    ticket: &Ticket<'_>,
    trunk: Option<&Oid>,
    tip: Option<&Oid>,
) -> Result<Option<DateTime<Utc>>, Failure> {
    let held = ticket.held();
    let claimed = held.at.and_then(|text| moment(&text));
    let moved = tip.map(|tip| not_before(&ctx.objects, tip)).transpose()?.flatten();
    // A branch that does not begin at the claim says nothing of when that was.
    let made = match (trunk, ctx.record, tip) {
        (None, _, _) | (Some(_), RecordPlace::Branch, Some(_)) => None,
        (Some(trunk), _, _) => {
            claim_commit(&ctx.repo, trunk, &ticket.entry.path, held.claim_id.as_deref())?
        }
    };
    let made = made.map(|(commit, _)| not_before(&ctx.objects, &commit)).transpose()?.flatten();
    Ok(claimed.max(moved).max(made))
}

/// A time before which a commit was not made.
pub fn not_before(objects: &Objects, commit: &Oid) -> Result<Option<DateTime<Utc>>, GitError> {
    let names: Vec<String> = (0..GENERATIONS).map(|n| format!("{commit}~{n}")).collect();
    let times = objects.commits(&names)?.into_iter().flatten();
    Ok(times.filter_map(|commit| DateTime::from_timestamp(commit.at, 0)).max())
}
