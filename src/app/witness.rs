//! Whether more than this machine's clock says how long nothing was heard of a holder.
//!
//! A clock that is days ahead makes every claim look old. So a claim is taken for stale only if one of these agrees: a commit
//! that was made on another machine since, what this clone has known for that long by one and the same clock, or the clock of the
//! remote. Of a remote that is a directory it is taken for granted that its clock is the one here.

use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};

use super::context::Context;
use crate::error::Failure;
use crate::git::RemotePlace;
use crate::lifecycle::{Ticket, trailer};
use crate::names::{Oid, RefName, RemoteName};
use crate::trunk::{Trunk, View};

/// A ticket as it stands on the remote.
pub struct Sighting<'a> {
    pub ticket: &'a Ticket<'a>,
    pub trunk: &'a View<'a>,
    pub branch: &'a RefName,
    /// Where the ticket branch is.
    pub tip: Option<&'a Oid>,
}

/// Whether nothing was heard for `limit` after `last`, as more than the clock here says.
pub fn confirms(
    ctx: &Context<'_>,
    engine: &Trunk<'_>,
    sighting: &Sighting<'_>,
    (last, limit): (DateTime<Utc>, TimeDelta),
) -> Result<bool, Failure> {
    // In a directory all is of one machine, and by its clock.
    let Some(remote) =
        ctx.remote.as_ref().filter(|remote| ctx.repo.place_of(remote) != RemotePlace::Directory)
    else {
        return Ok(true);
    };
    let due = (last + limit).timestamp();
    let here = crate::env::published_host();
    if let Some(commit) = sighting.trunk.commit()
        && ctx.repo.has_commit_from_elsewhere(commit, due, (trailer::HOST, &here))?
    {
        return Ok(true);
    }
    if is_long_known(ctx, engine, sighting, (remote, (ctx.now - limit).timestamp()))? {
        return Ok(true);
    }
    let until = Instant::now() + ctx.config.timeout;
    Ok(ctx.repo.time_of_remote(remote, until).is_some_and(|now| now >= due))
}

/// Whether this clone knew the claim, and the ticket branch where it is now, already then: the clock that says when that was
/// is the one that says what time it is, so it does not matter how wrong both are.
fn is_long_known(
    ctx: &Context<'_>,
    engine: &Trunk<'_>,
    sighting: &Sighting<'_>,
    (remote, then): (&RemoteName, i64),
) -> Result<bool, Failure> {
    let known = |branch: &RefName| match RefName::tracking(remote, branch.short()) {
        Some(name) => ctx.repo.ref_then(&name, then),
        None => Ok(None),
    };
    if sighting.tip.is_some() && known(sighting.branch)?.as_ref() != sighting.tip {
        return Ok(false);
    }
    let Some(commit) = known(&ctx.trunk)? else { return Ok(false) };
    let earlier = engine.view_of(&commit)?;
    let Ok(entry) = earlier.snapshot.find_id(&sighting.ticket.entry.id) else { return Ok(false) };
    let claim = earlier.require::<Failure>(entry)?.held().claim_id;
    Ok(claim.is_some() && claim == sighting.ticket.held().claim_id)
}
