//! Checks that more than this machine's clock says how long a holder has been silent.
//!
//! A clock that is days ahead makes every claim look old. So a claim counts as stale only if one of these agrees: a later
//! commit from another machine, what this clone has known for that long by one and the same clock, or the clock of the
//! remote. A remote that is a directory is assumed to have the clock of this machine. A clock that was seen to jump within
//! that time says nothing: what it dates before and after the jump is by two clocks.

use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};

use super::context::Context;
use super::jumps::was_steady;
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

/// Whether more than the clock here says that nothing happened for `limit` after `last`.
pub fn confirms(
    ctx: &Context<'_>,
    engine: &Trunk<'_>,
    sighting: &Sighting<'_>,
    (last, limit): (DateTime<Utc>, TimeDelta),
) -> Result<bool, Failure> {
    let is_steady = was_steady(&ctx.repo.tix_dir(), limit);
    // In a directory all is of one machine, and by its clock.
    let remote =
        ctx.remote.as_ref().filter(|remote| ctx.repo.place_of(remote) != RemotePlace::Directory);
    if remote.is_none() && is_steady {
        return Ok(true);
    }
    let due = (last + limit).timestamp();
    let here = crate::env::published_host();
    if let Some(commit) = sighting.trunk.commit()
        && ctx.repo.has_commit_from_elsewhere(commit, due, (trailer::HOST, &here))?
    {
        return Ok(true);
    }
    let Some(remote) = remote else { return Ok(false) };
    if is_steady && is_long_known(ctx, engine, sighting, (remote, (ctx.now - limit).timestamp()))? {
        return Ok(true);
    }
    let until = Instant::now() + ctx.config.timeout;
    Ok(ctx.repo.time_of_remote(remote, until).is_some_and(|now| now >= due))
}

/// Whether this clone already knew the claim and the current tip of the ticket branch then: one clock dates both that and
/// the present, so it does not matter how wrong it is.
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
