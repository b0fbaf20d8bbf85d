//! Giving a ticket back: the transaction, and the clearing of what this clone has of it.

use super::context::Context;
use crate::error::{Exit, Failure};
use crate::git::LocalEdit;
use crate::lifecycle::{self, Branch, Change, Refusal, ReleaseRequest};
use crate::names::{Oid, RefName};
use crate::ticket::TicketId;
use crate::trunk::{Diary, Landed, Run, Stop, Trunk, TrunkError, View};
use crate::workspace;

/// What is to be given back, and by whom.
pub struct GiveBack<'a> {
    /// The ticket.
    pub id: &'a TicketId,
    /// The claim that must still hold it; `None` for whichever does.
    pub claim_id: Option<&'a str>,
    /// This clone.
    pub clone_id: &'a str,
    /// Who.
    pub actor: &'a str,
    /// Why.
    pub reason: Option<&'a str>,
    /// Commits that tix itself put on the ticket branch.
    pub own: &'a [Oid],
}

/// What became of the ticket branch on the remote, or here when there is none.
#[derive(Clone, Debug, Default)]
pub struct Freed {
    /// Where it was: everything in that is known to be kept, or to be nobody's work.
    pub at: Option<Oid>,
    /// The name it is kept under.
    pub attic: Option<RefName>,
}

/// Moves the ticket back to the queue and frees its branch name, in one transaction.
pub fn give_back(
    ctx: &Context<'_>,
    run: &Run,
    diary: &mut Diary,
    request: &GiveBack<'_>,
) -> Result<Landed<Freed>, Failure> {
    let name = ctx.ticket_branch(request.id).map_err(|why| Failure::new(Exit::Damaged, why))?;
    let queue = ctx.queue_dir()?;
    let label = ctx.remote.as_ref().map_or_else(String::new, ToString::to_string);
    let progress = |step| ctx.out.progress(&super::context::progress_line(&label, step));
    let trunk = ctx.engine(run, &progress).watching(name.clone());
    let prefix = format!("{}-", request.clone_id);
    let landed =
        trunk.transact(diary, |view| decide(ctx, &trunk, view, request, &name, &queue, &prefix));
    // A release that may still land stays written down.
    let open =
        matches!(&landed, Err(Stop::Trunk(TrunkError::Unreachable { .. } | TrunkError::Git(_))));
    if !open {
        workspace::settle_release(&ctx.repo, request.id)?;
    }
    landed.map_err(Failure::from)
}

fn decide(
    ctx: &Context<'_>,
    trunk: &Trunk<'_>,
    view: &View<'_>,
    request: &GiveBack<'_>,
    name: &RefName,
    queue: &crate::names::RepoPath,
    prefix: &str,
) -> Result<(Change, Freed), Stop<Failure>> {
    let entry = view.snapshot.find_id(request.id).map_err(Stop::refuse)?;
    let ticket = view.require::<Failure>(entry)?;
    let claim_id = ticket.held().claim_id.unwrap_or_default();
    let branch = match view.watched() {
        None => Branch::Absent,
        Some(at)
            if is_ours(trunk, view, request.own, at)?
                || is_activation(trunk, view, &ticket, &claim_id, at)? =>
        {
            Branch::Delete { name: name.clone(), at: at.clone() }
        }
        Some(at) => {
            if let Some(attic) = attic(request.id, &claim_id) {
                Branch::Keep { name: name.clone(), at: at.clone(), attic }
            } else {
                let why = format!("its claim id `{claim_id}` cannot be part of a branch name");
                return Err(Stop::Refused(Refusal::BadName { id: request.id.clone(), why }.into()));
            }
        }
    };
    let wish = ReleaseRequest {
        actor: request.actor,
        clone_prefix: prefix,
        claim_id: request.claim_id,
        reason: request.reason,
        at: ctx.now,
        role: super::ROLE,
        gate: ctx.gate(),
        queue,
    };
    let mut freed = Freed { at: view.watched().cloned(), attic: branch.attic().cloned() };
    let mut change = lifecycle::release(&ticket, &wish, branch).map_err(Stop::refuse)?;
    // Without a remote the branch to be freed is the one that the workspace has checked out. A workspace
    // that must stay keeps its branch; whoever clears up afterwards says why.
    if ctx.remote.is_none() && clear_workspace(ctx, name).map_err(Stop::Refused)?.is_some() {
        freed.attic = None;
        change = lifecycle::release(&ticket, &wish, Branch::Absent).map_err(Stop::refuse)?;
    }
    if let (Some(tip), Some(_)) = (view.commit(), &ctx.remote) {
        let noted = workspace::note_release(&ctx.repo, request.id, tip);
        noted.map_err(Stop::refuse)?;
    }
    Ok((change, freed))
}

/// Where the work of a holder is kept when the ticket goes on without it.
fn attic(id: &TicketId, claim_id: &str) -> Option<RefName> {
    let last = if claim_id.is_empty() { "unknown" } else { claim_id };
    RefName::branch(&format!("attic/{id}/{last}"))
}

/// Whether nothing but tix's own commits would go with the branch: it is at a commit that this clone
/// knows tix made, or at one that the trunk (or the base) has.
fn is_ours(
    trunk: &Trunk<'_>,
    view: &View<'_>,
    own: &[Oid],
    at: &Oid,
) -> Result<bool, Stop<Failure>> {
    if own.contains(at) {
        return Ok(true);
    }
    for known in [view.commit(), view.base()].into_iter().flatten() {
        if trunk.repo.is_ancestor(at, known)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether a commit is the one that tix itself makes on top of a claim, known by what it is: a run that was
/// killed has left no record of it. It must change the ticket's file on a commit of the trunk and nothing else.
fn is_activation(
    trunk: &Trunk<'_>,
    view: &View<'_>,
    ticket: &lifecycle::Ticket<'_>,
    claim_id: &str,
    at: &Oid,
) -> Result<bool, Stop<Failure>> {
    let (objects, entry) = (trunk.objects, ticket.entry);
    let Some(message) = objects.message_of(at)? else { return Ok(false) };
    let mut lines = message.lines();
    let says_so = lines.next() == Some(&format!("activate: {}", entry.id))
        && lines.any(|line| line == format!("{}: {claim_id}", lifecycle::trailer::CLAIM));
    let parent = objects.resolve(&format!("{at}^"))?;
    let (true, Some(parent), Some(tip)) = (says_so, parent, view.commit()) else {
        return Ok(false);
    };
    if !trunk.repo.is_ancestor(&parent, tip)? {
        return Ok(false);
    }
    let (old, new) = (objects.tree_of(&parent)?, objects.tree_of(at)?);
    let changed = objects.compare(&old, &new, trunk.repo.format)?;
    Ok(changed.iter().all(|change| change.path == entry.path))
}

/// Clears what this clone has of a ticket that was given back; what would be lost stays, and the
/// warning says so.
///
/// `published` is where the ticket branch was on the remote: what is not contained in it is nowhere else.
pub fn clear_local(
    ctx: &Context<'_>,
    id: &TicketId,
    published: Option<&Oid>,
) -> Result<Vec<String>, Failure> {
    let repo = &ctx.repo;
    let mut warnings = Vec::new();
    let branch = ctx.ticket_branch(id).map_err(|why| Failure::new(Exit::Damaged, why))?;
    let local = repo.refs(&[branch.as_str()])?.into_iter().find(|r| r.name == branch);
    if let Some(local) = &local {
        let safe = match published {
            Some(at) => repo.is_ancestor(&local.oid, at)?,
            None => false,
        };
        if !safe && !on_trunk(ctx, &local.oid)? {
            let short = branch.short();
            warnings.push(format!(
                "the local branch {short} was kept: it holds commits that were never pushed \
                 (see them: git log {short}); rename it before you claim {id} again"
            ));
            return Ok(warnings);
        }
    }
    warnings.extend(clear_workspace(ctx, &branch)?);
    if !warnings.is_empty() {
        return Ok(warnings);
    }
    if let Some(local) = local {
        let edit = LocalEdit::Delete { name: branch.clone(), at: Some(local.oid) };
        if !repo.update_refs(&[edit], "tix: release")? {
            warnings.push(format!("the local branch {} was kept: it has moved", branch.short()));
        }
    }
    let record = workspace::load(repo, id);
    // A run that was killed may have removed the workspace and not yet the directory above it.
    remove_if_empty(record.and_then(|r| r.path).as_deref().and_then(std::path::Path::parent));
    workspace::forget(repo, id)?;
    Ok(warnings)
}

/// Removes the worktree that has a ticket branch checked out, or says why it stays.
fn clear_workspace(ctx: &Context<'_>, branch: &RefName) -> Result<Option<String>, Failure> {
    let repo = &ctx.repo;
    let worktrees = repo.worktrees()?;
    let Some(worktree) = worktrees.iter().find(|w| w.branch.as_ref() == Some(branch)) else {
        return Ok(None);
    };
    if worktree.prunable {
        repo.prune_worktrees()?;
        return Ok(None);
    }
    if ctx.dir.starts_with(&worktree.path) {
        let path = super::shell_word(&worktree.path.display().to_string());
        return Ok(Some(format!(
            "the workspace was kept, because you are in it; remove it from elsewhere: git worktree remove {path}"
        )));
    }
    let dirty = repo.dirty_paths(&worktree.path)?;
    if !dirty.is_empty() || !repo.remove_worktree(&worktree.path)? {
        return Ok(Some(format!(
            "the workspace {} was kept: it holds changes that were never committed ({})",
            worktree.path.display(),
            list(&dirty)
        )));
    }
    remove_if_empty(worktree.path.parent());
    Ok(None)
}

fn on_trunk(ctx: &Context<'_>, commit: &Oid) -> Result<bool, Failure> {
    let Some(name) = ctx.last_seen_ref() else { return Ok(false) };
    match ctx.objects.resolve(name.as_str())? {
        Some(tip) => Ok(ctx.repo.is_ancestor(commit, &tip)?),
        None => Ok(false),
    }
}

fn list(paths: &[String]) -> String {
    let shown: Vec<&str> = paths.iter().take(3).map(String::as_str).collect();
    let more = paths.len().saturating_sub(shown.len());
    if more == 0 { shown.join(", ") } else { format!("{} and {more} more", shown.join(", ")) }
}

/// The directory that workspaces were put in goes with the last of them, when nothing else is in it.
fn remove_if_empty(dir: Option<&std::path::Path>) {
    if let Some(dir) = dir {
        // Fails when it is not empty, and then it must stay.
        std::fs::remove_dir(dir).ok();
    }
}
