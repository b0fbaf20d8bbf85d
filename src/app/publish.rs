//! Pushes the commits of a ticket branch: the user's own commits, which tix never creates and never moves.

use std::time::Instant;

use super::context::Context;
use super::follow::{MadeChange, follow};
use super::join::with_both;
use super::merged::proof;
use super::receipt::{PushedJson, Receipt};
use super::write::carried;
use crate::config::RecordPlace;
use crate::error::{Exit, Failure, denied, full_there, remote_words};
use crate::git::{
    CommitText, HistoryQuery, HistoryWalk, MergedTree, ObjectKind, PrePush, PushMode, RefOutcome,
    RefUpdate, TreeEdit,
};
use crate::lifecycle::{Act, Ticket, TicketEntry};
use crate::names::{Oid, RefName, RepoPath};
use crate::text::{count, safe, shell_word};
use crate::ticket::{Lane, TicketId};
use crate::trunk::{Run, View, speaks_of_permission};

/// A ticket, and its branch.
pub type OfTicket<'i> = (&'i TicketId, &'i RefName);

/// Says whether a command would do its work on a ticket whose branch is at this commit.
pub type Would<'w> = dyn FnMut(&Ticket<'_>, &View<'_>, &Oid) -> Result<(), Failure> + 'w;

/// Commits of the local ticket branch that the remote does not have yet.
struct Unpushed {
    /// Where the branch is to be: where it is here, or a merge of that with what others have pushed.
    tip: Oid,
    /// Where it is on the remote, which is part of the history of `tip`.
    there: Oid,
    /// How many there are, without the merge.
    count: u64,
}

/// Pushes what is committed here and not on the remote yet, once it is known that the command `would` then do its work: nothing
/// is published by a command that then refuses.
pub fn push_first(
    ctx: &Context<'_>,
    run: &Run,
    act: &Act<'_>,
    (id, branch): OfTicket<'_>,
    receipt: &mut Receipt,
    would: &mut Would<'_>,
) -> Result<(), Failure> {
    let Some(local) = perhaps_unpushed(ctx, branch)? else { return Ok(()) };
    let progress = ctx.progress();
    let engine = ctx.engine(run, &progress).watching(branch.clone());
    let view = engine.fetch_view()?;
    let Ok(entry) = view.snapshot.find_id(id) else { return Ok(()) };
    if (ctx.record, entry.lane) == (RecordPlace::Branch, Lane::Completed) {
        receipt.warnings.extend(left_out(ctx, branch, &local, &view, entry)?);
        return Ok(());
    }
    if !matches!(entry.lane, Lane::Active | Lane::Completed) {
        return Ok(());
    }
    let Some(work) = unpushed(ctx, run, branch, &local, view.watched())? else { return Ok(()) };
    let on_trunk = view.require::<Failure>(entry)?;
    let there;
    let ticket = match ctx.record {
        RecordPlace::Trunk => on_trunk,
        RecordPlace::Branch => {
            act.require_claim(&on_trunk)?;
            there = engine.view_of(&work.tip)?;
            carried(&there, id, &on_trunk)?
        }
    };
    act.require_claim(&ticket)?;
    would(&ticket, &view, &work.tip)?;
    push_work(ctx, branch, &work, receipt)?;
    // What follows may write to the trunk alone, and then nothing else brings the merge to the workspace.
    receipt.warnings.extend(follow(ctx, branch, &work.tip, MadeChange::Made)?);
    Ok(())
}

/// An answer for people, with what was pushed for it.
pub fn with_pushed(receipt: &Receipt, text: String) -> String {
    let Some((number, remote)) = receipt.work_pushed.zip(receipt.remote.as_ref()) else {
        return text;
    };
    let commits = count(number, "commit was", "commits were");
    let (first, rest) = text.split_once('\n').unwrap_or((&text, ""));
    format!("{first}\n  {commits} pushed to {}\n{rest}", safe(remote))
}

/// What to push, as far as this clone knows without asking: the local branch, if it differs from what was last fetched.
pub fn perhaps_unpushed(ctx: &Context<'_>, branch: &RefName) -> Result<Option<Oid>, Failure> {
    if ctx.remote.is_none() {
        return Ok(None);
    }
    let Some(local) = ctx.objects.resolve(branch.as_str())? else { return Ok(None) };
    let seen = ctx.objects.resolve(ctx.seen_ref(branch).as_str())?;
    let is_there = match seen {
        Some(seen) => ctx.repo.is_ancestor(&local, &seen)?,
        None => false,
    };
    Ok((!is_there).then_some(local))
}

/// The same, with what was fetched just now. None where nothing is to be pushed, and where a person has to bring the two
/// together, as [`joined`] has it.
fn unpushed(
    ctx: &Context<'_>,
    run: &Run,
    branch: &RefName,
    local: &Oid,
    there: Option<&Oid>,
) -> Result<Option<Unpushed>, Failure> {
    let Some(there) = there else { return Ok(None) };
    let (count, _) = ctx.repo.ahead_behind(local, there)?;
    if count == 0 {
        return Ok(None);
    }
    let tip = joined(ctx, run, branch, local, there)?;
    Ok(tip.map(|tip| Unpushed { tip, there: there.clone(), count }))
}

/// Where the branch is to be, with what is here and what is there. Where others have pushed meanwhile, as tix itself does for
/// a note, the two are merged, and what both have added to the ticket's file is kept. None where a person has to bring the two
/// together: both changed the same lines, or the branch has been rewritten here, and a merge would bring back what was taken out.
pub fn joined(
    ctx: &Context<'_>,
    run: &Run,
    branch: &RefName,
    local: &Oid,
    there: &Oid,
) -> Result<Option<Oid>, Failure> {
    let Some(remote) = &ctx.remote else { return Ok(None) };
    match ctx.repo.ahead_behind(local, there)? {
        (_, 0) => return Ok(Some(local.clone())),
        (0, _) => return Ok(Some(there.clone())),
        _ => {}
    }
    if ctx.repo.has_left(branch, local, there)? {
        return Ok(None);
    }
    let tree = match ctx.repo.merge_trees(local, there)? {
        MergedTree::Clean(tree) => tree,
        MergedTree::Conflicts { tree, paths } => {
            let Some(id) = ctx.ticket_of(branch) else { return Ok(None) };
            let Some(edit) = joined_ticket(ctx, run, &id, (&tree, &paths))? else {
                return Ok(None);
            };
            ctx.objects.rewrite(Some(&tree), &[edit], ctx.repo.format, run.writer()?)?
        }
    };
    let subject = format!("Merge {remote}/{}", branch.short());
    let text = CommitText { subject, ..CommitText::default() };
    Ok(Some(run.writer()?.commit(&tree, &[local, there], &text)?))
}

/// The ticket's file with what both sides have added to it, where nothing else is in conflict.
fn joined_ticket(
    ctx: &Context<'_>,
    run: &Run,
    id: &TicketId,
    (tree, paths): (&Oid, &[RepoPath]),
) -> Result<Option<TreeEdit>, Failure> {
    let [path] = paths else { return Ok(None) };
    let name = format!("{id}.md");
    let is_own = path.file_name() == name.as_bytes()
        && path.as_bytes().starts_with(ctx.tickets_dir.as_bytes());
    if !is_own {
        return Ok(None);
    }
    let at = [tree.as_str().as_bytes(), b":", path.as_bytes()].concat();
    let text = ctx.objects.require(&at, ObjectKind::Blob)?.data;
    let Some(text) = with_both(&text) else { return Ok(None) };
    Ok(Some((path.clone(), Some(run.writer()?.write(ObjectKind::Blob, &text)?))))
}

/// What to say of commits that are not in the branch into which the ticket was merged, because they were made after that.
fn left_out(
    ctx: &Context<'_>,
    branch: &RefName,
    local: &Oid,
    view: &View<'_>,
    entry: &TicketEntry,
) -> Result<Option<String>, Failure> {
    let into: Vec<&Oid> = view.base().into_iter().chain(view.commit()).collect();
    let is_in = |tip: &Oid| {
        let mut proofs = into.iter().map(|into| proof(ctx, tip, into, Some(&entry.path)));
        proofs.find_map(Result::transpose).transpose().map(|proof| proof.is_some())
    };
    if is_in(local)? {
        return Ok(None);
    }
    let mut known: Vec<Oid> = into.iter().copied().cloned().collect();
    let seen = ctx.objects.resolve(ctx.seen_ref(branch).as_str())?;
    for pushed in view.watched().cloned().into_iter().chain(seen) {
        if is_in(&pushed)? {
            known.push(pushed);
        }
    }
    // The completion itself is in what was merged, however that was done.
    known.extend(ctx.repo.brought_by(local, &entry.path)?);
    let mut number = 0;
    let walk = HistoryWalk::Beyond { tip: local, others: &known, since: None };
    let query = HistoryQuery { walk, below: None, keys: &[], having: None };
    ctx.repo.each_of_history(&query, |_| number += 1)?;
    let (Some(remote), short) = (&ctx.remote, branch.short()) else { return Ok(None) };
    let commits = count(number, "commit that is", "commits that are");
    Ok((number > 0).then(|| {
        format!(
            "{short} has {commits} not in {}: the ticket was merged before\n\
             push the branch, and have it merged once more: git push {remote} {}",
            ctx.base.short(),
            shell_word(short)
        )
    }))
}

/// Pushes them with a lease on the branch's current tip, and through the user's own pre-push hook.
fn push_work(
    ctx: &Context<'_>,
    branch: &RefName,
    work: &Unpushed,
    receipt: &mut Receipt,
) -> Result<(), Failure> {
    let Some(remote) = &ctx.remote else { return Ok(()) };
    let (name, from, to) = (branch.clone(), work.there.clone(), work.tip.clone());
    let deadline = Instant::now() + ctx.config.timeout;
    let mode = PushMode { hook: PrePush::Asked, ..PushMode::one_by_one(deadline) };
    let report = ctx.repo.push(remote, &[RefUpdate::Move { name, from, to }], &mode)?;
    let short = branch.short();
    let failed = |exit| {
        Failure::new(exit, format!("the commits of {short} could not be pushed to {remote}"))
    };
    if report.of(branch).is_none_or(|one| one.outcome == RefOutcome::RefusedThere)
        && let Some(failure) = full_there(remote.as_str(), &report.words)
    {
        return Err(failure);
    }
    let by_hand = format!("see what is in the way: git push {remote} {}", shell_word(short));
    match report.of(branch).map(|one| (one.outcome, one.reason.as_str())) {
        Some((RefOutcome::Done | RefOutcome::UpToDate, _)) => {
            receipt.work_pushed = Some(work.count);
            receipt.pushed.push(PushedJson {
                name: branch.to_string(),
                old: Some(work.there.to_string()),
                new: Some(work.tip.to_string()),
            });
            Ok(())
        }
        Some((RefOutcome::RefusedHere, _)) => {
            Err(failed(Exit::Contended).fact("why", "somebody else has pushed to it meanwhile"))
        }
        Some((RefOutcome::RefusedThere, reason)) => Err(failed(Exit::RemoteRefused)
            .fact("why", reason)
            .maybe_fact("remote", remote_words(&report.words))
            .hint(by_hand)),
        None if speaks_of_permission(&report.words) => {
            Err(denied(&failed(Exit::RemoteRefused).message, &report.words))
        }
        // The fetch a moment ago had an answer, so a hook of this clone is the likeliest reason.
        None => {
            Err(failed(Exit::Refused).maybe_fact("git", remote_words(&report.words)).hint(by_hand))
        }
    }
}
