//! What the holders have pushed to their ticket branches.

use std::collections::HashSet;

use super::super::context::Context;
use crate::error::Failure;
use crate::git::ObjectKind;
use crate::lifecycle::TicketEntry;
use crate::names::{Oid, RefName};
use crate::ticket::{Document, FrontMatter, Lane, TicketId, TicketRow};

/// The newer state of a held ticket.
pub struct NewerCopy {
    /// Its index among the requested tickets.
    pub at: usize,
    pub row: TicketRow,
    /// What the row was read from.
    pub document: Document,
    /// The object of that file.
    pub blob: Oid,
}

/// The newer state of held tickets, each with its claim id on the trunk, from their ticket branches as last fetched.
///
/// A branch counts only if it holds the ticket under the claim that is on the trunk: a branch that an earlier holder left
/// says nothing about this claim. The file may have been moved on to `completed` there, which is on its way to the trunk.
///
/// It is looked for there only on branches that do not have it in `active`: to find a file in a lane that grows for ever,
/// git unpacks the whole lane, a millisecond for 14,000 tickets, again for each branch.
pub fn progress(
    ctx: &Context<'_>,
    tickets: &[(&TicketEntry, Option<&str>)],
) -> Result<Vec<NewerCopy>, Failure> {
    let mut branches: Vec<HeldBranch<'_>> = Vec::new();
    for (at, (entry, claim)) in tickets.iter().enumerate() {
        if let (Lane::Active, Some(claim)) = (entry.lane, *claim)
            && let Some(name) = progress_ref(ctx, &entry.id)
        {
            branches.push(HeldBranch { at, entry, claim, name });
        }
    }
    newest(ctx, branches)
}

/// What these branches say, in `active` or where the file has gone from there.
fn newest(ctx: &Context<'_>, branches: Vec<HeldBranch<'_>>) -> Result<Vec<NewerCopy>, Failure> {
    let mut newer = Vec::new();
    let elsewhere = find(ctx, branches, |entry| Some(entry.path.as_bytes().to_vec()), &mut newer)?;
    find(ctx, elsewhere, |entry| moved_on(ctx, entry), &mut newer)?;
    Ok(newer)
}

/// The state of a held ticket on the branch of this clone, if that is ahead of the remote's.
pub fn unpushed(
    ctx: &Context<'_>,
    entry: &TicketEntry,
    claim: Option<&str>,
) -> Result<Option<NewerCopy>, Failure> {
    let (Some(_), Lane::Active, Some(claim)) = (&ctx.remote, entry.lane, claim) else {
        return Ok(None);
    };
    let (Some(there), Ok(name)) = (progress_ref(ctx, &entry.id), ctx.ticket_branch(&entry.id))
    else {
        return Ok(None);
    };
    let (there, here) = (ctx.objects.resolve(there.as_str())?, ctx.objects.resolve(name.as_str())?);
    let (Some(there), Some(here)) = (there, here) else { return Ok(None) };
    if here == there || !ctx.repo.is_ancestor(&there, &here)? {
        return Ok(None);
    }
    Ok(newest(ctx, vec![HeldBranch { at: 0, entry, claim, name }])?.pop())
}

/// The branch of a held ticket, whether or not it exists.
struct HeldBranch<'c> {
    /// The ticket's index among the requested tickets.
    at: usize,
    entry: &'c TicketEntry,
    /// The claim on the trunk.
    claim: &'c str,
    name: RefName,
}

/// Adds what the files at this place of the branches say, and returns the branches without a file there.
fn find<'c>(
    ctx: &Context<'_>,
    branches: Vec<HeldBranch<'c>>,
    place: impl Fn(&TicketEntry) -> Option<Vec<u8>>,
    newer: &mut Vec<NewerCopy>,
) -> Result<Vec<HeldBranch<'c>>, Failure> {
    let question = |branch: &HeldBranch<'_>| {
        let path = place(branch.entry)?;
        Some([branch.name.as_str().as_bytes(), b":", &path].concat())
    };
    // What is empty is not asked for.
    let names: Vec<Vec<u8>> = branches.iter().map(|b| question(b).unwrap_or_default()).collect();
    let mut found = HashSet::new();
    ctx.objects.read_many(&names, |at, object| {
        let Some(HeldBranch { at: place, entry, claim, name }) = branches.get(at) else { return };
        if object.kind != ObjectKind::Blob {
            return;
        }
        found.insert(*place);
        let Ok(document) = Document::parse(object.data) else { return };
        let row = entry.row(FrontMatter::of(&document), name.short().to_owned());
        if row.claim_id.as_deref() == Some(*claim) {
            newer.push(NewerCopy { at: *place, row, document, blob: object.oid });
        }
    })?;
    Ok(branches.into_iter().filter(|branch| !found.contains(&branch.at)).collect())
}

/// The ref that holds a ticket branch as last fetched.
pub fn progress_ref(ctx: &Context<'_>, id: &TicketId) -> Option<RefName> {
    let branch = ctx.ticket_branch(id).ok()?;
    match &ctx.remote {
        Some(remote) => RefName::tracking(remote, branch.short()),
        None => Some(branch),
    }
}

/// Where an active ticket's file goes when the work is done.
fn moved_on(ctx: &Context<'_>, entry: &TicketEntry) -> Option<Vec<u8>> {
    let lane = |lane: Lane| [ctx.tickets_dir.as_bytes(), b"/", lane.as_str().as_bytes()].concat();
    let rest = entry.path.as_bytes().strip_prefix(lane(Lane::Active).as_slice())?;
    Some([&lane(Lane::Completed), rest].concat())
}

/// The pattern of the refs that hold ticket branches as last fetched.
pub fn progress_pattern(ctx: &Context<'_>) -> Option<String> {
    let pattern = branch_pattern(ctx)?;
    Some(match &ctx.remote {
        Some(remote) => format!("refs/remotes/{remote}/{pattern}"),
        None => format!("refs/heads/{pattern}"),
    })
}

/// The pattern of all ticket branches, such as `ticket/*`.
pub fn branch_pattern(ctx: &Context<'_>) -> Option<String> {
    Some(ctx.branch_names()?.pattern())
}
