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

/// What became of the ticket branch on the remote.
pub type Freed = Branch;

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
        Some(at) if is_ours(trunk, view, request.own, at)? => {
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
    let change = lifecycle::release(&ticket, &wish, branch.clone()).map_err(Stop::refuse)?;
    if let (Some(tip), Some(_)) = (view.commit(), &ctx.remote) {
        let noted = workspace::note_release(&ctx.repo, request.id, tip);
        noted.map_err(Stop::refuse)?;
    }
    Ok((change, branch))
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
    let worktrees = repo.worktrees()?;
    let worktree = worktrees.iter().find(|w| w.branch.as_ref() == Some(&branch));
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
    if let Some(worktree) = worktree.filter(|w| !w.prunable) {
        if ctx.dir.starts_with(&worktree.path) {
            warnings.push(format!(
                "the workspace was kept, because you are in it; remove it from elsewhere: git worktree remove {}",
                super::shell_word(&worktree.path.display().to_string())
            ));
            return Ok(warnings);
        }
        let dirty = repo.dirty_paths(&worktree.path)?;
        if !dirty.is_empty() || !repo.remove_worktree(&worktree.path)? {
            warnings.push(format!(
                "the workspace {} was kept: it holds changes that were never committed ({})",
                worktree.path.display(),
                list(&dirty)
            ));
            return Ok(warnings);
        }
        remove_if_empty(worktree.path.parent());
    }
    if worktree.is_some_and(|w| w.prunable) {
        repo.prune_worktrees()?;
    }
    if let Some(local) = local {
        let edit = LocalEdit::Delete { name: branch.clone(), at: Some(local.oid) };
        if repo.update_refs(&[edit], "tix: release")? {
            workspace::forget_upstream(repo, &branch);
        } else {
            warnings.push(format!("the local branch {} was kept: it has moved", branch.short()));
        }
    }
    workspace::forget(repo, id)?;
    Ok(warnings)
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
