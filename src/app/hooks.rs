//! What `tix hook` and `tix init --hooks` have in common.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::Serialize;

use super::context::Context;
use crate::config::PROTECTED;
use crate::env;
use crate::error::{Exit, Failure, not_written};
use crate::git::{ConfigScope, Repo};
use crate::guard;
use crate::guard::install::engine::{
    self, HookAction, HookChange, InstallError, InstallMode, InstallReport, Request,
};
use crate::guard::install::hook::Hook;
use crate::guard::install::managers::{Manager, plain_line};
use crate::guard::install::place::{HookForm, NoPlace};
use crate::guard::install::plan::Obstacle;
use crate::guard::install::script::{Recipe, ScriptReach};
use crate::guard::install::status::{GuardStatus, InstalledState};
use crate::guard::install::worktrees;
use crate::lock::Lock;
use crate::names::RefName;
use crate::text::{safe, shell_line, shell_word};

/// How long to wait for another tix that installs or removes hooks in this clone.
const PATIENCE: Duration = Duration::from_secs(10);

/// The inputs of this clone's scripts.
pub fn recipe(ctx: &Context<'_>, reach: ScriptReach) -> Result<Recipe, Failure> {
    ctx.settle_default()?;
    let guarded = match reach {
        ScriptReach::Own => branches(ctx.protection()?.branches.names()),
        // What is protected here says nothing of the others.
        ScriptReach::Shared => branches(PROTECTED),
    };
    Ok(Recipe { tix: own_path(), guarded, reach })
}

/// A program that is replaced while it runs has a name that leads nowhere.
fn own_path() -> Option<String> {
    let tix = env::current_exe().ok().filter(|path| path.is_file());
    tix.and_then(|path| path.to_str().map(str::to_owned))
}

/// A script to install by hand, for a trunk and usually a machine that are not known here.
pub fn by_hand(hook: Hook) -> String {
    let guarded = branches(PROTECTED);
    Recipe { tix: own_path(), guarded, reach: ScriptReach::Own }.by_hand(hook)
}

fn branches<'n>(names: impl IntoIterator<Item = &'n str>) -> Vec<RefName> {
    names.into_iter().filter_map(RefName::branch).collect()
}

/// Keeps two runs of tix from setting the same hook aside.
pub fn lock(repo: &Repo) -> Result<Lock, Failure> {
    let path = repo.tix_dir().join("locks/hooks.lock");
    let failed = |error: io::Error| {
        not_written(format!("{}: {error}; nothing changed", path.display()), "try again")
    };
    Lock::take(&path, Instant::now() + PATIENCE).map_err(failed)?.ok_or_else(|| {
        Failure::new(Exit::Unreachable, "another tix is changing the hooks of this clone")
            .hint("try again when it is done")
    })
}

pub fn install(request: &Request<'_>) -> Result<InstallReport, Failure> {
    engine::install(request).map_err(failure)
}

pub fn uninstall(
    repo: &Repo,
    reach: ScriptReach,
    mode: InstallMode,
) -> Result<InstallReport, Failure> {
    if mode == InstallMode::Do
        && let Err(error) = guard::forget_movements(&repo.tix_dir())
    {
        // What stays says nothing wrong.
        tracing::debug!(%error, "movements");
    }
    engine::uninstall(repo, reach, mode).map_err(failure)
}

/// The state of the hooks, and where git takes them from.
pub fn status(repo: &Repo) -> Result<GuardStatus, Failure> {
    GuardStatus::look(repo).map_err(failure)
}

/// The hints that fix a guard that is not in order.
pub fn mends(guard: &GuardStatus) -> Vec<String> {
    let mut mends = Vec::new();
    if let Some(variables) = shadow_words(guard) {
        mends.push(format!(
            "the environment of this process says where hooks are; without that: {variables} tix hook status"
        ));
    }
    let unguarded = guard.worktrees.iter().filter_map(|worktree| worktree.mend.as_ref());
    let copies: Vec<_> = guard.mend.iter().chain(unguarded).collect();
    mends.extend(copies.iter().map(|mend| shell_line(&mend.copy)));
    if let Some(lasting) = copies.first().and_then(|mend| mend.lasting.words()) {
        mends.push(format!("for all future workspaces: {lasting}"));
    }
    if mends.is_empty() || !guard.has_no_other_cause() {
        mends.push("tix hook install".to_owned());
    }
    mends
}

/// `env` without the variables by which git passes over hooks that are there.
fn shadow_words(guard: &GuardStatus) -> Option<String> {
    let unset: Vec<_> = guard.shadowed_by.iter().map(|name| format!("-u {name}")).collect();
    (!unset.is_empty()).then(|| format!("env {}", unset.join(" ")))
}

pub fn lacking_words(lacking: &[(Hook, InstalledState)]) -> String {
    let words = lacking.iter().map(|(hook, state)| format!("{} {}", hook.name(), state.word()));
    words.collect::<Vec<_>>().join(", ")
}

/// The warning for a new workspace in which git does not run the guard although it runs in the main worktree. If that
/// cannot be determined there is no warning: `tix hook status` reports the error.
pub fn unguarded_workspace(repo: &Repo, workspace: &Path) -> Option<String> {
    let worktree = match worktrees::new_workspace(repo, workspace) {
        Ok(found) => found?,
        Err(error) => {
            tracing::debug!(%error, "hooks of the workspace");
            return None;
        }
    };
    let lacking = lacking_words(&worktree.lacking);
    let mend = worktree.mend.as_ref().map(|mend| {
        let lasting = mend.lasting.words();
        let lasting = lasting.map(|words| format!("; for all future workspaces: {words}"));
        format!("; fix it: {}{}", shell_line(&mend.copy), lasting.unwrap_or_default())
    });
    Some(format!(
        "git does not run the guard in this workspace, because core.hooksPath points elsewhere there ({lacking}){}",
        mend.unwrap_or_default()
    ))
}

fn failure(error: InstallError) -> Failure {
    let message = error.to_string();
    match error {
        InstallError::Git(error) => error.into(),
        InstallError::NoPlace { why, scope, manager, missing } => {
            no_place(message, &why, scope, manager.as_ref(), &missing)
        }
        InstallError::InTheWay { path, aside, obstacle } => {
            let failure = Failure::new(Exit::Refused, message);
            let path = path.display().to_string();
            match obstacle {
                Obstacle::Edited => failure
                    .hint(format!(
                        "move your additions into {}, which runs first; then move the changed file away",
                        aside.display()
                    ))
                    .hint(format!("mv -n {0} {0}.edited", shell_word(&path))),
                Obstacle::AsideTaken => failure
                    .fact("set aside", aside.display().to_string())
                    .hint("merge the two scripts, or remove the one you no longer need, and run this again"),
                Obstacle::InTheWay(_) => failure.hint("move it away and run this again"),
            }
        }
        InstallError::Configured { hook } => Failure::new(Exit::Refused, message)
            .hint(format!("look at it: git config --get-regexp '^hook\\.tix-{}\\.'", hook.name()))
            .hint("rename the section if it is yours, and run this again"),
        InstallError::Files { path, .. } => {
            not_written(format!("{message}; nothing changed"), "run this again")
                .fact("path", path.display().to_string())
        }
    }
}

fn no_place(
    message: String,
    why: &NoPlace,
    scope: ConfigScope,
    manager: Option<&(Manager, PathBuf)>,
    missing: &[Hook],
) -> Failure {
    let scope = match scope {
        ConfigScope::Local => "this repository's configuration",
        ConfigScope::Worktree => "this worktree's configuration",
        ConfigScope::Everywhere => "the user's or the machine's configuration",
        ConfigScope::Process => "the environment of this process",
    };
    let failure = Failure::new(Exit::Refused, message).fact("core.hooksPath is set in", scope);
    match why {
        NoPlace::Off(_) => failure
            .hint("that switches all hooks off; see who set it: git config --show-origin core.hooksPath"),
        NoPlace::Shared(_) => failure
            .fact("reason", "every repository of this user takes its hooks from there")
            .hint("to put the guard there for all of them (it does nothing where there are no tickets): tix hook install --shared"),
        NoPlace::Relative(path) => {
            let failure = failure.fact(
                "reason",
                "the path is relative, so each worktree has its own such directory; a new worktree has none",
            );
            let failure =
                failure.maybe_fact("managed by", manager.map(|(manager, _)| manager.name()));
            missing.iter().fold(failure, |failure, hook| {
                let (place, line) = match manager {
                    Some((manager, _)) if !manager.can_run(*hook) => {
                        return failure.hint(format!("{} cannot run the guard in {}", manager.name(), hook.name()));
                    }
                    Some((manager, file)) => manager.line(*hook, file),
                    None => plain_line(path, *hook),
                };
                failure.hint(format!("add to {place}: {line}"))
            })
        }
    }
}

pub fn is_unchanged(line: &HookChange) -> bool {
    matches!(line.did, HookAction::Kept | HookAction::Called)
}

pub fn form_word(form: HookForm) -> &'static str {
    match form {
        HookForm::Files => "files",
        HookForm::Config => "config",
    }
}

fn word(did: HookAction) -> &'static str {
    match did {
        HookAction::Kept => "unchanged",
        HookAction::Wrote | HookAction::SetAside => "written",
        HookAction::Replaced => "replaced",
        HookAction::Called => "called",
        HookAction::Removed => "removed",
        HookAction::Restored => "restored",
        HookAction::LeftEdited | HookAction::LeftAside => "left",
    }
}

/// What was done to a hook.
// The keys stand by the alphabet, in which order they have always come out.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct HookChangeJson {
    /// `unchanged`, `written`, `replaced`, `called` (another program's hook runs it), `removed`, `restored` (what was
    /// there before is back) or `left` (somebody has changed it).
    did: &'static str,
    /// The hook of git.
    hook: &'static str,
    /// Its file; missing if it is an entry of git's configuration.
    path: Option<String>,
    /// The hook that was there before, which runs first; missing if there is none.
    runs_first: Option<String>,
}

pub fn lines_json(report: &InstallReport) -> Vec<HookChangeJson> {
    let line = |line: &HookChange| HookChangeJson {
        did: word(line.did),
        hook: line.hook.name(),
        path: line.path.as_ref().map(|path| path.display().to_string()),
        runs_first: line.aside.as_ref().map(|path| path.display().to_string()),
    };
    report.lines.iter().map(line).collect()
}

pub fn text_of(report: &InstallReport) -> String {
    let mut text = String::new();
    for line in &report.lines {
        let place = line.path.as_ref().map_or("git config".to_owned(), |p| p.display().to_string());
        let aside = line.aside.as_ref().and_then(|path| path.file_name()).map(Path::new);
        let aside = aside.map(|name| name.display().to_string()).unwrap_or_default();
        let said = match line.did {
            HookAction::Kept => format!("unchanged in {place}"),
            HookAction::Wrote => format!("written to {place}"),
            HookAction::Replaced => format!("replaced in {place}"),
            HookAction::SetAside => {
                format!("written to {place}; what was there runs first, as {aside}")
            }
            HookAction::Called => format!("called from {place}"),
            HookAction::Removed => format!("removed from {place}"),
            HookAction::Restored => format!("removed from {place}; what was there before is back"),
            HookAction::LeftEdited => format!("left in {place}: somebody has changed it"),
            HookAction::LeftAside => format!("was gone; {aside} is what was there before tix"),
        };
        let through = line.through.map(|manager| format!(", which {} runs", manager.name()));
        text.push_str(&safe(format!(
            "  {:<21}  {said}{}",
            line.hook.name(),
            through.unwrap_or_default()
        )));
        text.push('\n');
    }
    text
}
