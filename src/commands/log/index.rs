//! Finds the commits that are about a ticket.
//!
//! To find the commits of one ticket git has to read all messages. So a cache (`tix/cache/log`) lists for every ticket
//! the commits that name it, with the last commit of the trunk that was read, and only newer commits are read. The
//! contents of these commits always come from git: a cache with too many entries would cost time but change no answer. A
//! commit's id stands for its whole history; if the trunk was never at that commit, or if a part of the history is
//! missing or replaced, everything is read again.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::app::context::Context;
use crate::cache::{CacheFile, CacheForm};
use crate::error::Failure;
use crate::git::GitError;
use crate::lifecycle::trailer;
use crate::names::Oid;
use crate::ticket::TicketId;

/// The version of the rules by which a commit belongs to a ticket.
const FORM: CacheForm = CacheForm { magic: b"tixnamed", reading: b"1" };

/// The cache: the last commit that was read, and for each ticket the concatenated ids of its commits, each after its
/// ancestors.
type Kept<'a> = (&'a str, BTreeMap<&'a str, &'a str>);

/// The commits of the trunk that name a ticket, each after its ancestors.
pub fn of_ticket(ctx: &Context<'_>, trunk: &Oid, id: &TicketId) -> Result<Vec<Oid>, Failure> {
    let id = id.as_str();
    if !ctx.repo.has_whole_history() {
        let all = read(ctx, trunk, None)?;
        return Ok(all.get(id).map(|commits| oids(commits, trunk)).unwrap_or_default());
    }
    let file = CacheFile::new(ctx.repo.tix_dir().join("cache/log"), FORM);
    let contents = file.load().unwrap_or_default();
    let kept: Option<Kept<'_>> = postcard::from_bytes(&contents).ok();
    let kept = kept.and_then(|(since, commits)| Some((Oid::parse(since)?, commits)));
    let (since, known) = match kept {
        Some((since, known)) if since == *trunk => {
            return Ok(known.get(id).map(|commits| oids(commits, trunk)).unwrap_or_default());
        }
        Some((since, known)) if ctx.repo.was_at(&ctx.objects, trunk, &since)? => {
            (Some(since), known)
        }
        Some(_) | None => (None, BTreeMap::new()),
    };
    let fresh = read(ctx, trunk, since.as_ref())?;
    let mut all: BTreeMap<&str, Cow<'_, str>> =
        known.into_iter().map(|(id, commits)| (id, Cow::Borrowed(commits))).collect();
    for (id, commits) in &fresh {
        all.entry(id).and_modify(|old| old.to_mut().push_str(commits)).or_insert(commits.into());
    }
    if let Ok(contents) = postcard::to_allocvec(&(trunk.as_str(), &all)) {
        file.keep(|| contents);
    }
    Ok(all.get(id).map(|commits| oids(commits, trunk)).unwrap_or_default())
}

/// The commits of a ticket branch that the trunk does not have and that name the ticket, each after its ancestors.
pub fn beyond(
    ctx: &Context<'_>,
    branch: &Oid,
    trunk: Option<&Oid>,
    id: &TicketId,
) -> Result<Vec<Oid>, GitError> {
    let mut commits = Vec::new();
    let range = (branch, trunk.as_slice());
    ctx.repo.each_having(range, trailer::TICKET, |commit, tickets| {
        if tickets.contains(&id.as_str()) {
            commits.push(commit);
        }
    })?;
    commits.reverse();
    Ok(commits)
}

/// The ids of the commits by the ticket that they name.
///
/// For a merge git first lists everything that it brought in and then continues with the branch's own line, because it
/// sorts with a stack (`sort_in_topological_order` in commit.c). So an earlier read up to a commit of that line, followed
/// by a read of the rest, has the same order as a single read.
fn read(
    ctx: &Context<'_>,
    trunk: &Oid,
    since: Option<&Oid>,
) -> Result<BTreeMap<String, String>, GitError> {
    let mut commits: Vec<(Oid, Vec<String>)> = Vec::new();
    ctx.repo.each_having((trunk, since.as_slice()), trailer::TICKET, |commit, tickets| {
        commits.push((commit, tickets.into_iter().map(str::to_owned).collect()));
    })?;
    let mut by_ticket: BTreeMap<String, String> = BTreeMap::new();
    for (commit, tickets) in commits.into_iter().rev() {
        for ticket in tickets {
            by_ticket.entry(ticket).or_default().push_str(commit.as_str());
        }
    }
    Ok(by_ticket)
}

/// The concatenated ids; all have one length.
fn oids(commits: &str, like: &Oid) -> Vec<Oid> {
    let ids = commits.as_bytes().chunks(like.as_str().len());
    ids.filter_map(|digits| Oid::parse(std::str::from_utf8(digits).ok()?)).collect()
}
