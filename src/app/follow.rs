//! Keeps a workspace in step with its ticket branch, and checks that it is clean and pushed.

use std::path::{Path, PathBuf};

use super::context::Context;
use super::worktree::{on_branch, with_branch};
use crate::error::{Exit, Failure, LOST_CLAIM};
use crate::git::{LocalEdit, MergedTree, Worktree};
use crate::names::{Oid, RefName};
use crate::out::Format;
use crate::text::{count, shell_word};
use crate::ticket::{TicketId, name_of};
use crate::trunk::View;
use crate::workspace;

/// Whether this run has written anything to the branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MadeChange {
    Made,
    /// Everything was as wanted before.
    Nothing,
}

/// Updates this clone with what tix has pushed to a ticket branch: its local branch, and the workspace if there is one.
/// It returns a warning. Nothing is lost: a branch with commits of its own, and a workspace in which the same file was
/// changed, stay as they are, one commit behind what is on the remote, as after anybody's push.
///
/// It uses git's own fast-forward, which checks and moves branch, index and files together, and leaves every other change
/// in the workspace alone.
pub fn follow(
    ctx: &Context<'_>,
    branch: &RefName,
    tip: &Oid,
    change: MadeChange,
) -> Result<Option<String>, Failure> {
    let (Some(remote), Some(local)) = (&ctx.remote, ctx.objects.resolve(branch.as_str())?) else {
        // Without a remote the transaction has moved branch and workspace itself.
        return Ok(None);
    };
    if local == *tip {
        return Ok(None);
    }
    if ctx.repo.is_ancestor(tip, &local)? {
        // It has this one, and commits of its own behind it.
        return Ok(None);
    }
    let worktree = with_branch(ctx, branch)?;
    let short = branch.short();
    if !ctx.repo.is_ancestor(&local, tip)? {
        if let Some(holder) = taken_over_by(ctx, branch, (&local, tip)) {
            // Nobody is told of themselves as of somebody else.
            let is_reader = holder == ctx.reader();
            let holder = if is_reader { "another clone of yours" } else { name_of(&holder) };
            let aside = keep_aside(short);
            return Ok(Some(format!(
                "{holder} holds the ticket now, and the local branch {short} has unpushed commits of an earlier claim\n{aside}"
            )));
        }
        // It is joined in time by itself, which whoever wants few words need not hear.
        let is_terse = ctx.out.is_quiet() && ctx.out.format == Format::Human;
        if change == MadeChange::Nothing || is_terse {
            return Ok(None);
        }
        let at = worktree.as_ref().map(|w| shell_word(&w.path.display().to_string()));
        let how = at.map_or_else(
            || format!("git fetch {remote} {short}"),
            |at| format!("git -C {at} pull --rebase"),
        );
        return Ok(Some(format!(
            "{short} has unpushed commits here, and lacks this until tix submit or complete\nto merge them now: {how}"
        )));
    }
    match worktree {
        Some(worktree) if !ctx.repo.fast_forward(&worktree.path, tip)? => Ok(Some(format!(
            "the workspace was not updated: a file that this write changed has other changes there\n\
             to update it and put those changes on top: git -C {} pull --rebase --autostash",
            shell_word(&worktree.path.display().to_string())
        ))),
        Some(_) => Ok(None),
        None => {
            let (name, to) = (branch.clone(), tip.clone());
            let edit = LocalEdit::Set { name, to, from: Some(local) };
            ctx.repo.update_refs(&[edit], "tix: follow the remote")?;
            Ok(None)
        }
    }
}

/// Who holds the ticket on a branch, if it is another claim than the one that the local branch was made for.
fn taken_over_by(
    ctx: &Context<'_>,
    branch: &RefName,
    (local, tip): (&Oid, &Oid),
) -> Option<String> {
    let id = ctx.ticket_of(branch)?;
    let held = |commit: &Oid| {
        let view =
            View::load(&ctx.objects, ctx.repo.format, Some(commit), &ctx.tickets_dir).ok()?;
        Some(view.read(view.snapshot.find_id(&id).ok()?).ok()?.held())
    };
    let (here, there) = (held(local)?, held(tip)?);
    // Whoever took it back goes on with these commits.
    let is_own = |claim: &String| workspace::known_claims(&ctx.repo, &id).contains(claim);
    let is_other = here.claim_id != there.claim_id && !there.claim_id.iter().any(is_own);
    there.by.filter(|_| is_other)
}

/// A failure of whoever has lost the ticket, with what they have not pushed: nothing of tix's will push it any more.
pub fn with_unpushed(ctx: &Context<'_>, id: &TicketId, failure: Failure) -> Failure {
    let unpushed = || {
        let branch = ctx.ticket_branch(id).ok()?;
        let here = ctx.objects.resolve(branch.as_str()).ok()??;
        let seen = ctx.objects.resolve(ctx.seen_ref(&branch).as_str()).ok()??;
        let (ahead, _) = ctx.repo.ahead_behind(&here, &seen).ok()?;
        (ahead > 0).then(|| (ahead, branch.short().to_owned()))
    };
    let has_lost = failure.facts.iter().any(|(name, _)| *name == LOST_CLAIM);
    match has_lost.then(unpushed).flatten() {
        Some((ahead, short)) => failure
            .fact("not pushed", format!("{} on {short}", count(ahead, "commit", "commits")))
            .hint(keep_aside(&short)),
        None => failure,
    }
}

fn keep_aside(short: &str) -> String {
    let kept = shell_word(&format!("kept/{short}"));
    format!(
        "do not push your commits there; keep them under a name of their own: git branch {kept} {short}"
    )
}

/// Moves the local branch from one commit to the next, with the workspace if there is one, or fails, because this commit
/// has no other place. Where the workspace is.
pub fn follow_here(
    ctx: &Context<'_>,
    branch: &RefName,
    from: &Oid,
    to: &Oid,
) -> Result<Option<PathBuf>, Failure> {
    let worktree = with_branch(ctx, branch)?;
    let moved = if let Some(worktree) = &worktree {
        ctx.repo.fast_forward(&worktree.path, to)?
    } else {
        let (name, from) = (branch.clone(), Some(from.clone()));
        ctx.repo.update_refs(&[LocalEdit::Set { name, to: to.clone(), from }], "tix: complete")?
    };
    if moved {
        return Ok(worktree.map(|worktree| worktree.path));
    }
    Err(Failure::new(
        Exit::Refused,
        format!("{} could not be moved; nothing changed", branch.short()),
    )
    .hint("look at it, and try again: git status"))
}

/// Whether the contents of the workspace must also be on the remote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PushRequirement {
    Required,
    NotYet,
}

/// Requires that everything in the workspace is committed, and contained in `tip`, the ticket branch on the remote. A
/// machine without the workspace has nothing to check.
pub fn require_at_rest(
    ctx: &Context<'_>,
    id: &TicketId,
    branch: &RefName,
    tip: Option<&Oid>,
    pushed: PushRequirement,
) -> Result<(), Failure> {
    let worktrees = ctx.repo.worktrees()?;
    let on_branch = on_branch(&worktrees, branch);
    if let Some(worktree) = on_branch.or_else(|| detached(ctx, id, &worktrees)) {
        require_clean(ctx, id, &worktree.path)?;
        if on_branch.is_none() {
            return Err(in_between(id, branch, &worktree.path));
        }
    }
    let local = ctx.objects.resolve(branch.as_str())?;
    let (Some(local), Some(remote), PushRequirement::Required) = (local, &ctx.remote, pushed)
    else {
        return Ok(());
    };
    let (missing, lacking) = match tip {
        Some(tip) => ctx.repo.ahead_behind(&local, tip)?,
        None => (1, 0),
    };
    if missing == 0 {
        return Ok(());
    }
    let short = branch.short();
    let at = on_branch.map(|w| format!(" -C {}", shell_word(&w.path.display().to_string())));
    let commits = count(missing, "commit", "commits");
    if tip.is_none() {
        return Err(no_longer_there(ctx, branch, &at.unwrap_or_default()));
    }
    let what = format!("{short} has {commits} that {remote} does not have");
    let failure = Failure::new(Exit::Refused, what)
        .fact("local", local.short())
        .maybe_fact("remote", tip.map(Oid::short))
        .maybe_fact("both changed", in_conflict(ctx, &local, tip)?);
    // A push alone would be refused where others have pushed, as a note from elsewhere has.
    let failure = match &at {
        Some(at) if lacking > 0 => failure.hint(format!(
            "first rebase onto it, and resolve what both changed: git{at} pull --rebase"
        )),
        Some(_) | None => failure,
    };
    Err(failure.hint(format!("push them: git{} push {remote} {short}", at.unwrap_or_default())))
}

/// The refusal of what needs a ticket branch that somebody has deleted on the remote; `at` leads git to the workspace.
pub fn no_longer_there(ctx: &Context<'_>, branch: &RefName, at: &str) -> Failure {
    let short = branch.short();
    let remote = ctx.remote.as_ref().map_or("the remote", |remote| remote.as_str());
    Failure::new(Exit::Refused, format!("{remote} has no {short} any more: it was deleted there"))
        .hint(format!("push it again: git{at} push {remote} {}", shell_word(short)))
}

/// The files that both sides have changed in ways that a person has to bring together, one a line.
fn in_conflict(
    ctx: &Context<'_>,
    local: &Oid,
    tip: Option<&Oid>,
) -> Result<Option<String>, Failure> {
    let Some(tip) = tip else { return Ok(None) };
    Ok(match ctx.repo.merge_trees(local, tip)? {
        MergedTree::Clean(_) => None,
        MergedTree::Conflicts { paths, .. } => {
            let paths: Vec<String> = paths.iter().map(ToString::to_string).collect();
            Some(paths.join("\n"))
        }
    })
}

/// A workspace that tix made and that has no branch checked out.
fn detached<'w>(
    ctx: &Context<'_>,
    id: &TicketId,
    worktrees: &'w [Worktree],
) -> Option<&'w Worktree> {
    let made = workspace::load(&ctx.repo, id)?.path?;
    worktrees.iter().find(|w| w.path == made && w.branch.is_none() && !w.prunable)
}

/// Requires that nothing in the workspace is uncommitted.
pub fn require_clean(ctx: &Context<'_>, id: &TicketId, path: &Path) -> Result<(), Failure> {
    let changes = workspace::changes(&ctx.repo, id, path)?;
    if changes.is_empty() {
        return Ok(());
    }
    let shown = path.display().to_string();
    let named = |wanted: crate::git::ChangeKind| {
        let paths: Vec<&str> = changes
            .iter()
            .filter(|(kind, _)| *kind == wanted)
            .map(|(_, path)| path.as_str())
            .collect();
        (!paths.is_empty()).then(|| paths.join("\n"))
    };
    Err(Failure::new(Exit::Refused, format!("the workspace of {id} has uncommitted changes"))
        .fact("workspace", shown.clone())
        .maybe_fact("staged", named(crate::git::ChangeKind::Staged))
        .maybe_fact("changed", named(crate::git::ChangeKind::Unstaged))
        .maybe_fact("untracked", named(crate::git::ChangeKind::Untracked))
        .hint(format!("look at them: git -C {} status", shell_word(&shown)))
        .hint("commit what belongs to the ticket, and let git ignore the rest"))
}

fn in_between(id: &TicketId, branch: &RefName, path: &Path) -> Failure {
    let shown = path.display().to_string();
    Failure::new(
        Exit::Refused,
        format!("the workspace of {id} does not have {} checked out", branch.short()),
    )
    .fact("workspace", shown.clone())
    .hint(format!(
        "finish or abort what git has in progress there, which this shows: git -C {} status",
        shell_word(&shown)
    ))
    .hint(format!(
        "if nothing is, go back to the branch: git -C {} switch {}",
        shell_word(&shown),
        shell_word(branch.short())
    ))
}
