//! Gives a ticket back: the transaction, and the removal of what this clone has of it.

use std::path::{Path, PathBuf};

use super::branch::forget_upstream;
use super::cleared::{ClearedTicket, aside};
use super::context::Context;
use super::expected::require_newest;
use super::own::holds_no_work;
use super::receipt::WorkspaceJson;
use crate::config::RecordPlace;
use crate::error::{Exit, Failure};
use crate::git::{CheckedOutSubmodule, GitError, LocalEdit, Worktree};
use crate::lifecycle::{
    self, Act, Already, BranchDisposal, ClaimProof, Decision, Reached, Refusal, ReleaseRequest,
};
use crate::names::{Oid, RefName};
use crate::text::{shell_line, shell_word};
use crate::ticket::{Lane, Status, TicketId};
use crate::trunk::{Diary, MovedRef, Outcome, Run, Stop, View, may_still_land};
use crate::workspace::worker::{self, WorkerState};
use crate::workspace::{self, WorkspaceRemoval};

pub struct GiveBack<'a> {
    pub id: &'a TicketId,
    pub act: Act<'a>,
    pub reason: Option<&'a str>,
    /// Commits that tix itself put on the ticket branch.
    pub own: &'a [Oid],
}

/// What happened to the ticket branch on the remote.
pub type FreedBranch = BranchDisposal;

/// Moves the ticket back to the queue and frees its branch name, in one transaction. For a release of any claim, the
/// answer is that the ticket is already there, if an earlier release left something of it in this clone.
pub fn give_back(
    ctx: &Context<'_>,
    run: &Run,
    diary: &mut Diary,
    request: &GiveBack<'_>,
) -> Result<Outcome<FreedBranch, Already>, Failure> {
    let name = ctx.ticket_branch(request.id).map_err(|why| Failure::new(Exit::Damaged, why))?;
    let queue = ctx.queue_dir()?;
    let progress = ctx.progress();
    let trunk = ctx.engine(run, &progress).watching(name.clone());
    // A retry ends the claim that the first look saw, and no other: who resumes the ticket meanwhile, or
    // claims it, is not to lose it to a release that was late.
    let mut seen = None;
    let outcome = trunk.transact(diary, |view| {
        let names = ReleaseNames { branch: &name, queue: &queue };
        decide(ctx, view, request, &names, &mut seen)
    });
    if !may_still_land(&outcome) {
        workspace::settle_push(&ctx.repo, request.id)?;
    }
    outcome.map_err(Failure::from)
}

/// The names that a release works with, the same for all its attempts.
struct ReleaseNames<'a> {
    branch: &'a RefName,
    queue: &'a crate::names::RepoPath,
}

fn decide(
    ctx: &Context<'_>,
    view: &View<'_>,
    request: &GiveBack<'_>,
    names: &ReleaseNames<'_>,
    seen: &mut Option<String>,
) -> Result<Decision<FreedBranch, Already>, Stop<Failure>> {
    let entry = view.snapshot.find_id(request.id)?;
    let is_any_claim = matches!(request.act.proof, ClaimProof::Recorded { .. });
    // A claim that was noted and never landed, because its activation was interrupted, is one of these too.
    let left_here = || {
        workspace::load(&ctx.repo, request.id).is_some()
            || !workspace::known_claims(&ctx.repo, request.id).is_empty()
    };
    if entry.lane == Lane::Queue && is_any_claim && left_here() {
        return Ok(Decision::Answer(Already));
    }
    let ticket = view.require(entry)?;
    require_newest(ctx, view, &ticket)?;
    let act = match seen.as_deref() {
        Some(claim) => Act { proof: ClaimProof::Named(claim), ..request.act },
        None => request.act,
    };
    let branch = freed(ctx, view, request.id, names.branch, request.own)?;
    let written = match ctx.record {
        RecordPlace::Branch => view.watched(),
        RecordPlace::Trunk => view.commit(),
    };
    let release = ReleaseRequest {
        act,
        reason: request.reason,
        reached: written.and_then(|at| reached(ctx, request.id, at)),
        role: super::ROLE,
        queue: names.queue,
    };
    let change = lifecycle::release(&ticket, &release, branch.clone())?;
    *seen = ticket.held().claim_id;
    if let (Some(tip), Some(_)) = (view.on_remote(), &ctx.remote) {
        workspace::note_push(&ctx.repo, request.id, tip)?;
    }
    Ok(Decision::Push(change, branch))
}

/// The progress that a release undoes, according to the ticket in this commit. An unreadable ticket says nothing.
pub fn reached(ctx: &Context<'_>, id: &TicketId, at: &Oid) -> Option<Reached> {
    let view = View::load(&ctx.objects, ctx.repo.format, Some(at), &ctx.tickets_dir).ok()?;
    let ticket = view.read(view.snapshot.find_id(id).ok()?).ok()?;
    match (ticket.entry.lane, ticket.document.status().ok()?.status) {
        (Lane::Completed, _) => Some(Reached::Completion),
        (_, Status::CriticReview | Status::ExpediterReview | Status::Approved) => {
            Some(Reached::Review)
        }
        _ => None,
    }
}

/// What happens to the ticket branch when nobody holds the ticket any more: it is deleted if it has only tix's own
/// commits, else kept under another name. `own` are commits that this clone knows to be tix's.
pub fn freed(
    ctx: &Context<'_>,
    view: &View<'_>,
    id: &TicketId,
    name: &RefName,
    own: &[Oid],
) -> Result<BranchDisposal, Stop<Failure>> {
    let Some(at) = view.watched().cloned() else { return Ok(BranchDisposal::Absent) };
    let name = name.clone();
    let known = [view.commit(), view.base()].into_iter().flatten();
    if own.contains(&at) || holds_no_work(ctx, known, id, &at)? {
        return Ok(BranchDisposal::Delete { name, at });
    }
    let ticket = view.require::<Failure>(view.snapshot.find_id(id)?)?;
    let claim_id = ticket.held().claim_id.unwrap_or_default();
    if let Some(attic) = attic(id, &claim_id) {
        return Ok(BranchDisposal::Keep { name, at, attic });
    }
    let why = format!("its claim id `{claim_id}` cannot be part of a branch name");
    Err(Refusal::BadName { id: id.clone(), why }.into())
}

/// Where the work of a holder is kept when the ticket goes on without it.
fn attic(id: &TicketId, claim_id: &str) -> Option<RefName> {
    let last = if claim_id.is_empty() { "unknown" } else { claim_id };
    RefName::branch(&format!("attic/{id}/{last}"))
}

fn why_kept(path: &Path, dirty: &[String]) -> String {
    if dirty.is_empty() {
        return match workspace::trash::fixed(path) {
            Ok(Some(fixed)) => format!("it {}", fixed.words()),
            Ok(None) | Err(_) => "git cannot remove it; it may have been moved".to_owned(),
        };
    }
    format!("it has uncommitted changes ({})", list(dirty))
}

/// What this clone has of a ticket that was given back.
struct Leftovers {
    branch: RefName,
    local: Option<Oid>,
    /// Its workspace.
    worktree: Option<Worktree>,
    /// Where tix made that.
    made: Option<PathBuf>,
    /// Commits that exist elsewhere.
    kept: Vec<Oid>,
}

impl Leftovers {
    fn of(ctx: &Context<'_>, id: &TicketId, published: Option<&Oid>) -> Result<Leftovers, Failure> {
        let branch = ctx.ticket_branch(id).map_err(|why| Failure::new(Exit::Damaged, why))?;
        let record = workspace::load(&ctx.repo, id);
        let worktrees = ctx.repo.worktrees()?;
        let kept = kept_elsewhere(ctx, id, published, record.as_ref())?;
        let made = record.and_then(|record| record.path);
        // A run that was killed may have left the workspace detached, where the branch was.
        let detached = |w: &&Worktree| {
            let ours = made.as_ref().is_some_and(|p| is_below(p, &w.path) && is_below(&w.path, p));
            ours && w.branch.is_none() && w.head.as_ref().is_some_and(|head| kept.contains(head))
        };
        let on_branch = worktrees.iter().find(|w| w.branch.as_ref() == Some(&branch));
        let worktree = on_branch.or_else(|| worktrees.iter().find(detached)).cloned();
        let local = ctx.objects.resolve(branch.as_str())?;
        Ok(Leftovers { branch, local, worktree, made, kept })
    }

    /// The workspace, if its directory is there.
    fn workspace(&self) -> Option<&Worktree> {
        self.worktree.as_ref().filter(|worktree| !worktree.prunable)
    }

    fn as_json(&self, worktree: &Worktree) -> WorkspaceJson {
        WorkspaceJson {
            branch: self.branch.short().to_owned(),
            path: Some(worktree.path.display().to_string()),
            commit: worktree.head.as_ref().map(Oid::to_string).unwrap_or_default(),
        }
    }

    fn aside(&self, ctx: &Context<'_>, id: &TicketId) -> Result<String, GitError> {
        set_aside(ctx, id, &self.branch, self.workspace())
    }

    /// Why the branch has to stay, and all else with it.
    fn unpushed(&self, ctx: &Context<'_>, id: &TicketId) -> Result<Option<String>, Failure> {
        let Some(local) = &self.local else { return Ok(None) };
        if !holds_unpushed(ctx, id, &self.kept, local)? {
            return Ok(None);
        }
        let short = self.branch.short();
        Ok(Some(format!(
            "the local branch {short} was kept: it has unpushed commits\n\
             see them: git log {short}\n\
             before you claim {id} here again: {}",
            self.aside(ctx, id)?
        )))
    }
}

/// Why a workspace has to stay because somebody or something is in it.
fn in_use(ctx: &Context<'_>, id: &TicketId, path: &Path) -> Result<Option<String>, Failure> {
    if is_below(&ctx.dir, path) {
        // Not by git itself, which would delete what it ignores there.
        return Ok(Some(format!(
            "the workspace was kept, because you are in it; remove it from elsewhere: tix -C {} doctor --fix",
            shell_word(&ctx.repo.root.display().to_string())
        )));
    }
    busy(ctx, id, path)
}

/// Whether [`clear_local`] would keep something.
pub fn would_keep(ctx: &Context<'_>, id: &TicketId) -> Result<bool, Failure> {
    let left = Leftovers::of(ctx, id, None)?;
    if left.unpushed(ctx, id)?.is_some() {
        return Ok(true);
    }
    let Some(Worktree { path, .. }) = left.workspace() else { return Ok(false) };
    Ok(in_use(ctx, id, path)?.is_some()
        || !workspace::changes(&ctx.repo, id, path)?.is_empty()
        || workspace::trash::fixed(path)?.is_some())
}

/// Removes what this clone has of a ticket that was given back; what would be lost stays, with a warning. The workspace goes to
/// the trash, because what git ignores in it is nowhere else.
///
/// `published` is where the ticket branch was on the remote, if known: commits that are not in it, in the attic or in the
/// trunk exist nowhere else.
pub fn clear_local(
    ctx: &Context<'_>,
    id: &TicketId,
    published: Option<&Oid>,
) -> Result<ClearedTicket, Failure> {
    let repo = &ctx.repo;
    let mut cleared = ClearedTicket::default();
    workspace::finish_half_made(repo, id)?;
    let left = Leftovers::of(ctx, id, published)?;
    if let Some(warning) = left.unpushed(ctx, id)? {
        return Ok(cleared.keeping(warning));
    }
    if let Some(worktree) = left.workspace() {
        if let (None, Some(_), Some(at)) = (&left.local, &worktree.branch, left.kept.first()) {
            // Without a remote the transaction itself has taken the branch away from below the workspace.
            repo.detach(&worktree.path, at)?;
        }
        if let Some(warning) = in_use(ctx, id, &worktree.path)? {
            return Ok(cleared.keeping(warning));
        }
        let (token, now) = aside(ctx);
        match workspace::remove(repo, id, &worktree.path, (&token, now))? {
            WorkspaceRemoval::Removed(trash) => {
                cleared.workspace = Some(left.as_json(worktree));
                cleared.trash = Some(trash);
            }
            WorkspaceRemoval::Kept(dirty) => {
                return Ok(cleared.keeping(format!(
                    "the workspace {} was kept: {}\nbefore you claim {id} here again: {}",
                    worktree.path.display(),
                    why_kept(&worktree.path, &dirty),
                    left.aside(ctx, id)?
                )));
            }
        }
        remove_if_empty(worktree.path.parent());
    } else if let Some(gone) = &left.worktree {
        workspace::forget_gone(repo, Some(&gone.path), &left.branch)?;
    }
    if let Some(local) = left.local {
        let name = left.branch.clone();
        let edit = LocalEdit::Delete { name: name.clone(), at: Some(local.clone()) };
        if !repo.update_refs(&[edit], "tix: release")? {
            // With the record in its place another release finds it, and clears the rest.
            let short = left.branch.short();
            return Ok(cleared.keeping(format!("the local branch {short} was kept: it has moved")));
        }
        cleared.branch = Some(MovedRef { name, old: Some(local), new: None });
        forget_upstream(repo, &left.branch)?;
    }
    // The same run may have removed the workspace, and not yet the directory above it.
    remove_if_empty(left.made.as_deref().and_then(Path::parent));
    workspace::forget(repo, id)?;
    worker::forget(repo, id, &crate::env::host())?;
    Ok(cleared)
}

/// Whether a branch holds commits that are neither in one of `kept` nor tix's own.
fn holds_unpushed(
    ctx: &Context<'_>,
    id: &TicketId,
    kept: &[Oid],
    local: &Oid,
) -> Result<bool, GitError> {
    for commit in kept {
        if ctx.repo.is_ancestor(local, commit)? {
            return Ok(false);
        }
    }
    Ok(!holds_no_work(ctx, kept.iter(), id, local)?)
}

/// The command that makes room for another workspace and branch of a ticket without losing the existing ones: it renames
/// both.
pub fn set_aside(
    ctx: &Context<'_>,
    id: &TicketId,
    branch: &RefName,
    worktree: Option<&Worktree>,
) -> Result<String, GitError> {
    let mut commands = Vec::new();
    if let Some(worktree) = worktree {
        let free = |number: usize| {
            let mut path = worktree.path.clone().into_os_string();
            path.push(kept_as(number));
            let path = PathBuf::from(path);
            path.symlink_metadata().is_err().then_some(path)
        };
        let path = (1..).find_map(free).unwrap_or_default();
        commands.extend(move_worktree(
            &worktree.path,
            &path,
            &ctx.repo.submodules_of(&worktree.path)?,
        ));
    }
    // Without a remote the release itself has taken the branch. Below `ticket/` it would pass for one of a ticket.
    let is_there = ctx.objects.resolve(branch.as_str())?.is_some();
    if is_there && worktree.is_none_or(|worktree| worktree.branch.as_ref() == Some(branch)) {
        let mut number = 1;
        let mut name = format!("kept/{id}");
        while ctx.objects.resolve(&format!("refs/heads/{name}"))?.is_some() {
            number += 1;
            name = format!("kept/{id}-{number}");
        }
        commands.push(format!("git branch -m {} {name}", shell_word(branch.short())));
    }
    Ok(commands.join(" && "))
}

/// The commands that move a worktree. git itself moves none that has a submodule: worktree and submodule find each other
/// by paths, which are corrected afterwards.
fn move_worktree(from: &Path, to: &Path, submodules: &[CheckedOutSubmodule]) -> Vec<String> {
    let word = |path: &Path| shell_word(&path.display().to_string());
    if submodules.is_empty() {
        return vec![format!("git worktree move {} {}", word(from), word(to))];
    }
    let mut commands = vec![
        format!("mv {} {}", word(from), word(to)),
        format!("git worktree repair {}", word(to)),
    ];
    commands.extend(submodules.iter().map(|submodule| {
        let (config, place) = (word(&submodule.config), word(&to.join(&submodule.path)));
        format!("git config -f {config} core.worktree {place}")
    }));
    commands
}

/// The suffix of the name of something that is kept.
fn kept_as(number: usize) -> String {
    if number == 1 { "-kept".to_owned() } else { format!("-kept-{number}") }
}

/// The warning for a workspace in use: it must not be removed under a running program.
pub fn busy(ctx: &Context<'_>, id: &TicketId, path: &Path) -> Result<Option<String>, Failure> {
    let path = path.display();
    Ok(match worker::of(&ctx.repo, id, &crate::env::host())? {
        Some(WorkerState::Live(record)) => Some(format!(
            "the workspace {path} was kept: the worker `{}` runs in it, process {}",
            shell_line(&record.command),
            record.process.pid
        )),
        Some(WorkerState::Starting) => {
            Some(format!("the workspace {path} was kept: a worker is being started in it"))
        }
        Some(WorkerState::Stale(_) | WorkerState::Elsewhere(_)) | None => None,
    })
}

/// Commits that are safe elsewhere: what this clone knows to be on the remote, or on another branch. Where the ticket
/// branch was comes first.
fn kept_elsewhere(
    ctx: &Context<'_>,
    id: &TicketId,
    published: Option<&Oid>,
    record: Option<&workspace::WorkspaceRecord>,
) -> Result<Vec<Oid>, Failure> {
    let mut kept: Vec<Oid> = published.cloned().into_iter().collect();
    if let Some(record) = record {
        let attic = attic(id, &record.claim_id);
        let attic = attic.and_then(|name| match &ctx.remote {
            Some(remote) => RefName::tracking(remote, name.short()),
            None => Some(name),
        });
        if let Some(name) = attic {
            kept.extend(ctx.objects.resolve(name.as_str())?);
        }
        // tix's own, if it is still here; it may have been pruned since.
        kept.extend(ctx.objects.resolve(&record.commit)?);
    }
    if let Some(name) = ctx.last_seen_ref() {
        kept.extend(ctx.objects.resolve(name.as_str())?);
    }
    Ok(kept)
}

/// Whether a directory is this one or in it, with links resolved.
pub fn is_below(dir: &Path, root: &Path) -> bool {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    real(dir).starts_with(real(root))
}

fn list(paths: &[String]) -> String {
    let shown: Vec<&str> = paths.iter().take(3).map(String::as_str).collect();
    let more = paths.len().saturating_sub(shown.len());
    if more == 0 { shown.join(", ") } else { format!("{} and {more} more", shown.join(", ")) }
}

/// Removes the directory of the workspaces with the last of them, if nothing else is in it.
pub fn remove_if_empty(dir: Option<&Path>) {
    if let Some(dir) = dir {
        // Fails when it is not empty, and then it must stay.
        std::fs::remove_dir(dir).ok();
    }
}
