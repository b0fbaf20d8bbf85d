//! What the holders have pushed to their ticket branches.

use super::super::context::Context;
use super::Card;
use crate::error::Failure;
use crate::git::Kind;
use crate::lifecycle::Entry;
use crate::names::RefName;
use crate::ticket::{Document, Head, Lane, TicketId};

/// The newer state of a held ticket.
pub struct Newer {
    /// Its place among those that were asked about.
    pub at: usize,
    /// The ticket as its branch has it.
    pub card: Card,
    /// What the card was read from.
    pub document: Document,
}

/// The newer state of held tickets, from their ticket branches as last fetched.
///
/// A branch counts only if it holds the ticket under the very claim that the trunk speaks of: one that
/// was left behind by an earlier holder says nothing of this one. The file may have been moved on to
/// `completed` there, which is on its way to the trunk.
pub fn progress(ctx: &Context<'_>, cards: &[(&Entry, Card)]) -> Result<Vec<Newer>, Failure> {
    let mut asked: Vec<(usize, String)> = Vec::new();
    let mut names: Vec<Vec<u8>> = Vec::new();
    let held = cards.iter().enumerate().filter(|(_, (entry, _))| entry.lane == Lane::Active);
    for (at, (entry, _)) in held {
        let Some(name) = progress_ref(ctx, &entry.id) else { continue };
        for path in std::iter::once(entry.path.as_bytes().to_vec()).chain(moved_on(ctx, entry)) {
            asked.push((at, name.short().to_owned()));
            names.push([name.as_str().as_bytes(), b":", &path].concat());
        }
    }
    let mut newer: Vec<Newer> = Vec::new();
    ctx.objects.read_many(&names, |question, object| {
        let Some((at, source)) = asked.get(question) else { return };
        let Some((entry, known)) = cards.get(*at) else { return };
        let answered = newer.last().is_some_and(|newer| newer.at == *at);
        if answered || object.kind != Kind::Blob || known.claim_id.is_none() {
            return;
        }
        let Ok(document) = Document::parse(object.data) else { return };
        let card = Card::of(entry, Head::of(&document), source.clone());
        if card.claim_id == known.claim_id {
            newer.push(Newer { at: *at, card, document });
        }
    })?;
    Ok(newer)
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
fn moved_on(ctx: &Context<'_>, entry: &Entry) -> Option<Vec<u8>> {
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
    let name = ctx.config.branch.to_string();
    let (before, after) = name.split_once("{id}")?;
    Some(format!("{before}*{after}"))
}
