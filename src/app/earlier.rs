//! Whether the workspace of a ticket can be made here. If the one of an earlier claim is in the way, because removing it would
//! have lost something, the failure says what to do with it.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};

use super::consent::workspace_path;
use super::context::Context;
use super::give_back::{busy, is_below, set_aside, would_keep};
use super::own::holds_no_work;
use crate::error::{Exit, Failure};
use crate::git::Worktree;
use crate::names::{Oid, RefName};
use crate::text::shell_word;
use crate::ticket::TicketId;
use crate::trunk::View;
use crate::workspace::{self, BranchLeftover, WorkspaceError};

pub struct WantedPlace<'a> {
    pub id: &'a TicketId,
    pub branch: &'a RefName,
    /// `None` if no worktree is wanted.
    pub path: Option<&'a Path>,
}

/// Checks that the workspace can be made once the ticket is claimed on this view. Changes nothing.
pub fn check_place(
    ctx: &Context<'_>,
    view: &View<'_>,
    wanted: &WantedPlace<'_>,
) -> Result<BranchLeftover, Failure> {
    let WantedPlace { branch, path, .. } = *wanted;
    workspace::check_name(branch, &ctx.refs)?;
    // The branches as they are now: whoever waited for another process has seen older ones.
    let local = ctx.objects.resolve(branch.as_str())?;
    // Commits that are safe elsewhere.
    let known: Vec<&Oid> = [view.commit(), view.base()].into_iter().flatten().collect();
    let checked = workspace::preflight(&ctx.repo, path, branch, local.as_ref(), &known);
    checked.map_err(|error| explained(ctx, wanted, &known, error))
}

/// What this clone has that may be in the way of workspaces. It is read once: to ask for the place of each ticket costs a queue of
/// thousands more than everything else.
pub struct Leavings<'c> {
    ctx: &'c Context<'c>,
    recorded: HashSet<TicketId>,
    /// The tickets with a branch; `None` if names of branches do not tell.
    with_branch: Option<HashSet<TicketId>>,
    /// What is in the directory that all workspaces belong in, each under its id; `None` if there is no such directory.
    names: Option<HashSet<OsString>>,
}

impl<'c> Leavings<'c> {
    pub fn of(ctx: &'c Context<'c>) -> Leavings<'c> {
        let ids = ctx
            .branch_names()
            .map(|names| ctx.refs.iter().filter_map(|branch| names.ticket(&branch.name)).collect());
        Leavings {
            ctx,
            recorded: workspace::recorded(&ctx.repo).into_iter().collect(),
            with_branch: ids,
            names: common_directory(ctx).and_then(|directory| names_in(&directory)),
        }
    }

    fn is_possible(&self, id: &TicketId) -> bool {
        let has_branch = self.with_branch.as_ref().is_none_or(|ids| ids.contains(id));
        let is_there = self.names.as_ref().is_none_or(|all| all.contains(OsStr::new(id.as_str())));
        self.recorded.contains(id) || has_branch || is_there
    }

    /// Why this clone cannot claim a ticket that others can: something of an earlier claim would have to be kept where its
    /// workspace belongs. `session` is what the ticket says of it.
    pub fn in_the_way(
        &self,
        view: &View<'_>,
        id: &TicketId,
        session: Option<&str>,
    ) -> Option<Failure> {
        if !self.is_possible(id) {
            return None;
        }
        let ctx = self.ctx;
        // A name or a setting that fails for every ticket is no ticket's fault; the claim says so.
        let branch = ctx.ticket_branch(id).ok()?;
        let path = workspace_path(ctx, id, session.unwrap_or(id.session())).ok()?;
        if workspace::load(&ctx.repo, id).is_some() {
            match would_keep(ctx, id) {
                Ok(true) => {}
                // The claim removes it.
                Ok(false) => return None,
                Err(failure) => return Some(failure),
            }
        } else if path.symlink_metadata().is_err() && !ctx.refs.iter().any(|r| r.name == branch) {
            return None;
        }
        let wanted = WantedPlace { id, branch: &branch, path: Some(&path) };
        check_place(ctx, view, &wanted).err()
    }
}

/// The directory that all workspaces belong in, if each is named by its ticket alone.
fn common_directory(ctx: &Context<'_>) -> Option<PathBuf> {
    let below = |name: &str, session: &str| {
        let path = ctx.workspace_path(&TicketId::parse(name).ok()?, session).ok()?;
        (path.file_name()? == name).then(|| path.parent().map(Path::to_owned))?
    };
    let (one, other) = (below("TICKET-one", "one")?, below("TICKET-other", "other")?);
    (one == other).then_some(one)
}

fn names_in(directory: &Path) -> Option<HashSet<OsString>> {
    match std::fs::read_dir(directory) {
        Ok(files) => files.map(|file| Some(file.ok()?.file_name())).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Some(HashSet::new()),
        Err(_) => None,
    }
}

/// Why the workspace cannot be made. If the ticket's own earlier one is the reason, the remedy is known; else it helps to
/// know which setting put it there.
fn explained(
    ctx: &Context<'_>,
    wanted: &WantedPlace<'_>,
    known: &[&Oid],
    error: WorkspaceError,
) -> Failure {
    let earlier = match &error {
        WorkspaceError::Occupied { path, .. } => earlier(ctx, wanted, known, path),
        WorkspaceError::NotWritable { .. } => Ok(None),
        WorkspaceError::Git(_)
        | WorkspaceError::NameTaken { .. }
        | WorkspaceError::BranchTaken { .. }
        | WorkspaceError::CheckedOut { .. }
        | WorkspaceError::BadPath { .. }
        | WorkspaceError::Unprepared { .. }
        | WorkspaceError::Setup { .. }
        | WorkspaceError::Stays { .. }
        | WorkspaceError::Unlinked { .. }
        | WorkspaceError::Record { .. } => return error.into(),
    };
    match earlier {
        Ok(Some(failure)) | Err(failure) => failure,
        Ok(None) => with_variable(ctx, error.into(), wanted),
    }
}

/// Names the variable that decides where workspaces are, if one does. It overrides `git config`.
fn with_variable(ctx: &Context<'_>, failure: Failure, wanted: &WantedPlace<'_>) -> Failure {
    let pairs = ctx.env.config_pairs();
    let value = |name: &str| {
        let (_, value) = pairs.iter().find(|(key, value)| key == name && !value.is_empty())?;
        Some(format!("{name}={}", value.display()))
    };
    let variables = ["TIX_WORKTREE", "WORKTREE_BASE"];
    let Some((name, setting)) = variables.into_iter().find_map(|name| Some((name, value(name)?)))
    else {
        return failure;
    };
    let hint = format!("free that place, or put workspaces elsewhere: unset {name}");
    Failure { hints: vec![hint], ..failure }
        .maybe_fact("workspace", wanted.path.map(|path| path.display().to_string()))
        .fact("setting", setting)
}

fn earlier(
    ctx: &Context<'_>,
    wanted: &WantedPlace<'_>,
    known: &[&Oid],
    path: &Path,
) -> Result<Option<Failure>, Failure> {
    let id = wanted.id;
    let worktrees = ctx.repo.worktrees()?;
    let same = |w: &&Worktree| !w.prunable && is_below(&w.path, path) && is_below(path, &w.path);
    // Of the first, the main one, nothing can be moved away.
    let Some(there) = worktrees.iter().skip(1).find(same) else { return Ok(None) };
    let is_own = there.branch.as_ref() == Some(wanted.branch)
        || workspace::made_at(&ctx.repo, &there.path).as_ref() == Some(id);
    if !is_own {
        return Ok(None);
    }
    let message = format!("an earlier workspace of {id} is still there: {}", path.display());
    let failure = Failure::new(Exit::Refused, message).fact("path", path.display().to_string());
    if let Some(why) = busy(ctx, id, &there.path)? {
        return Ok(Some(
            failure
                .fact("because", why)
                .hint(format!("wait for it to end, then: tix activate {id}")),
        ));
    }
    let dirty = ctx.repo.dirty_paths(&there.path)?;
    let worthless = match &there.head {
        Some(head) => holds_no_work(ctx, known.iter().copied(), id, head)?,
        None => false,
    };
    Ok(Some(if worthless && dirty.is_empty() {
        let word = |path: &Path| shell_word(&path.display().to_string());
        let leave = if is_below(&ctx.dir, &there.path) {
            format!("cd {} && ", word(&ctx.repo.root))
        } else {
            String::new()
        };
        failure.hint(format!(
            "it is empty; remove it: {leave}git worktree remove {}",
            word(&there.path)
        ))
    } else {
        let aside = set_aside(ctx, id, wanted.branch, Some(there))?;
        failure.hint(format!("move its contents elsewhere: {aside}"))
    }))
}
