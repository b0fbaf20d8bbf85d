//! Installs and removes the hooks of one clone.

use std::io;
use std::path::{Path, PathBuf};

use super::configured::{self, ConfiguredHook};
use super::files;
use super::hook::{Hook, Strictness};
use super::managers::Manager;
use super::place::{self, HookForm, NoPlace};
use super::plan::{self, FoundScript, Obstacle, ScriptStep, ScriptUndo, SetAside};
use super::script::{Recipe, ScriptReach};
use super::site::{HookSite, is_ours, look_at_all};
use super::worktrees;
use crate::git::{ConfigScope, GitError, Repo};

/// Whether anything is really to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstallMode {
    Do,
    /// No: only say what would be.
    Rehearse,
}

pub struct Request<'a> {
    pub repo: &'a Repo,
    pub strictness: Strictness,
    pub recipe: Recipe,
    pub asked_for: Option<HookForm>,
    pub mode: InstallMode,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HookAction {
    Kept,
    Wrote,
    /// It was brought up to date.
    Replaced,
    /// It was written, and what was in its place runs before it.
    SetAside,
    /// Another program calls the guard already.
    Called,
    Removed,
    /// It was removed, and what was there before is back.
    Restored,
    /// Somebody changed it, so it was left.
    LeftEdited,
    /// It was gone, and what was there before is still set aside.
    LeftAside,
}

#[derive(Clone, Debug)]
pub struct HookChange {
    pub hook: Hook,
    pub did: HookAction,
    /// The file that it is or that calls it; `None` for the configuration.
    pub path: Option<PathBuf>,
    /// What runs before it, or would.
    pub aside: Option<PathBuf>,
    /// The program that runs it, where git runs that program's hook instead.
    pub through: Option<Manager>,
}

impl HookChange {
    fn of_config(hook: Hook, did: HookAction) -> HookChange {
        HookChange { hook, did, path: None, aside: None, through: None }
    }

    fn called(hook: Hook, from: PathBuf) -> HookChange {
        HookChange { path: Some(from), ..HookChange::of_config(hook, HookAction::Called) }
    }

    fn of_file(hook: Hook, did: HookAction, found: &FoundScript) -> HookChange {
        HookChange {
            hook,
            did,
            path: Some(found.path.clone()),
            aside: found.runs_first().map(Path::to_owned),
            through: found.through,
        }
    }

    fn of_step(hook: Hook, step: ScriptStep, found: &FoundScript) -> HookChange {
        let tidied = found.set_aside == SetAside::Superseded;
        let did = match step {
            ScriptStep::Keep if tidied => HookAction::Replaced,
            ScriptStep::Keep => HookAction::Kept,
            ScriptStep::Write => HookAction::Wrote,
            ScriptStep::Replace | ScriptStep::GoBehind => HookAction::Replaced,
            ScriptStep::SetAside => HookAction::SetAside,
        };
        let change = HookChange::of_file(hook, did, found);
        let aside = match step {
            ScriptStep::SetAside => Some(found.aside.clone()),
            ScriptStep::Keep | ScriptStep::Write | ScriptStep::Replace => {
                change.aside.clone().filter(|_| !tidied)
            }
            ScriptStep::GoBehind => found.has_legacy.then(|| found.aside.clone()),
        };
        match (step, found.set_aside) {
            (ScriptStep::GoBehind, SetAside::Behind(manager)) => HookChange {
                path: Some(found.legacy.clone()),
                through: Some(manager),
                aside,
                ..change
            },
            _ => HookChange { aside, ..change },
        }
    }
}

#[derive(Clone, Debug)]
pub struct InstallReport {
    pub form: HookForm,
    /// The directory that git takes hooks from.
    pub directory: PathBuf,
    pub lines: Vec<HookChange>,
    pub notes: Vec<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    #[error(transparent)]
    Git(#[from] GitError),
    /// There is no directory for hooks that serves every worktree of this repository and no other.
    #[error("git takes hooks from {}, where the guard cannot be put", path_of(why).display())]
    NoPlace {
        why: NoPlace,
        scope: ConfigScope,
        /// Who manages the hooks there, if that is known, and the file that says so.
        manager: Option<(Manager, PathBuf)>,
        /// The hooks that nobody calls the guard from yet.
        missing: Vec<Hook>,
    },
    /// Something of somebody else's is in the way.
    #[error("{} cannot be installed: {}", path.display(), obstacle_words(obstacle))]
    InTheWay { path: PathBuf, aside: PathBuf, obstacle: Obstacle },
    /// An entry of the configuration with our name is not ours.
    #[error("hook.tix-{}.command is not what tix wrote", hook.name())]
    Configured { hook: Hook },
    #[error("{}: {source}", path.display())]
    Files { path: PathBuf, source: io::Error },
}

fn path_of(why: &NoPlace) -> &Path {
    match why {
        NoPlace::Relative(path) | NoPlace::Shared(path) | NoPlace::Off(path) => path,
    }
}

fn obstacle_words(obstacle: &Obstacle) -> &'static str {
    match obstacle {
        Obstacle::Edited => "somebody has changed what tix wrote there",
        Obstacle::AsideTaken => {
            "another program's hook is there, and one was set aside for it before"
        }
        Obstacle::InTheWay(what) => what,
    }
}

/// Installs what is missing. A second call changes nothing.
pub fn install(request: &Request<'_>) -> Result<InstallReport, InstallError> {
    let site = HookSite::look(request.repo)?;
    let hooks = site.wanted(request.strictness);
    let form = place::form(request.repo.version, site.present(), request.asked_for);
    let lines = match form {
        HookForm::Files => as_files(request, &site, &hooks)?,
        HookForm::Config => as_config(request, &site, &hooks)?,
    };
    if form == HookForm::Files && request.mode == InstallMode::Do {
        // After the files, so that there is no moment without a guard. Where both were, the guard ran twice.
        for hook in site.configured().filter(|hook| configured::is_ours(&site.config, *hook)) {
            configured::unset(request.repo, hook)?;
        }
    }
    let notes = notes(&site, form, &lines)?;
    Ok(InstallReport { form, directory: site.dir, lines, notes })
}

fn as_files(
    request: &Request<'_>,
    site: &HookSite<'_>,
    hooks: &[Hook],
) -> Result<Vec<HookChange>, InstallError> {
    let place = place::place(site.hooks_path.as_ref(), request.recipe.reach);
    let (mut steps, mut missing) = (Vec::new(), Vec::new());
    for (hook, found) in site.found.iter().filter(|(hook, _)| hooks.contains(hook)) {
        let caller = site.caller(*hook, found);
        let script = request.recipe.file(*hook);
        if let Some(path) = caller {
            steps.push((HookChange::called(*hook, path), None));
        } else if place.is_err() {
            missing.push(*hook);
        } else {
            let step = plan::step(found, &script).map_err(|obstacle| {
                let (path, aside) = (found.path.clone(), found.aside.clone());
                InstallError::InTheWay { path, aside, obstacle }
            })?;
            let line = HookChange::of_step(*hook, step, found);
            steps.push((line, Some((step, found, script))));
        }
    }
    if let (Err(why), false) = (place, missing.is_empty()) {
        let scope = site.hooks_path.as_ref().map_or(ConfigScope::Local, |set| set.scope);
        let set = site.hooks_path.as_ref().map(|set| set.path.as_path());
        let manager = Manager::of_worktree(set, &site.root);
        return Err(InstallError::NoPlace { why, scope, manager, missing });
    }
    // Everything was looked at; now it is done.
    let mut lines = Vec::new();
    for (line, work) in steps {
        if let (InstallMode::Do, Some((step, found, script))) = (request.mode, work) {
            files::apply(step, found, &script)
                .map_err(|source| InstallError::Files { path: found.path.clone(), source })?;
        }
        lines.push(line);
    }
    Ok(lines)
}

fn as_config(
    request: &Request<'_>,
    site: &HookSite<'_>,
    hooks: &[Hook],
) -> Result<Vec<HookChange>, InstallError> {
    let mut lines = Vec::new();
    let mut due = Vec::new();
    for hook in hooks.iter().copied() {
        let command = request.recipe.command(hook);
        let caller = site.file_of(hook).and_then(|found| site.caller(hook, found));
        if let Some(path) = caller {
            lines.push(HookChange::called(hook, path));
            continue;
        }
        let is_due = configured::is_due(&site.config, hook, &command)
            .map_err(|_obstacle| InstallError::Configured { hook })?;
        let is_new = configured::entry(&site.config, hook) == ConfiguredHook::None;
        let did = match (is_due, is_new) {
            (true, true) => HookAction::Wrote,
            (true, false) => HookAction::Replaced,
            (false, _) => HookAction::Kept,
        };
        lines.push(HookChange::of_config(hook, did));
        if is_due {
            due.push((hook, command));
        }
    }
    if request.mode == InstallMode::Do {
        for (hook, command) in due {
            configured::set(request.repo, hook, &command)?;
        }
    }
    Ok(lines)
}

fn notes(
    site: &HookSite<'_>,
    form: HookForm,
    lines: &[HookChange],
) -> Result<Vec<String>, InstallError> {
    let mut notes = Vec::new();
    let process = site.repo.hooks_of_process()?;
    if let Some(process) = process.filter(|process| process.source.directory != site.dir) {
        notes.push(format!(
            "by the environment of this process ({}) git takes its hooks from {}: it runs these where that is not set",
            process.variables.join(" and "),
            process.source.directory.display()
        ));
    }
    if let (HookForm::Files, Some(relative)) = (form, site.relative()) {
        let lasting = worktrees::lasting(site.repo, relative)?.words();
        notes.extend(lasting.map(|words| {
            format!("{} is missing in new workspaces; for all to come: {words}", relative.display())
        }));
    }
    let scope = site.hooks_path.as_ref().map(|set| set.scope);
    match form {
        HookForm::Config => notes.push(
            "git runs them since 2.54 and an older git passes over them: if one works in this clone too, run \
             tix hook install --files"
                .to_owned(),
        ),
        HookForm::Files if scope == Some(ConfigScope::Worktree) => notes.push(
            "core.hooksPath is set for this worktree alone: other worktrees take their hooks from elsewhere"
                .to_owned(),
        ),
        HookForm::Files => {}
    }
    let inside =
        |dir: &Path| dir.starts_with(&site.root) && !dir.starts_with(&site.repo.common_dir);
    if form == HookForm::Files && site.repo.worktree.is_some() && inside(&site.dir) {
        notes.push(format!(
            "{} is part of the working tree: commit the scripts if the others there are committed; they name tix's \
             place on this machine, and look on the PATH where that is empty",
            site.dir.display()
        ));
    }
    let lefthook =
        Manager::of_worktree(None, &site.root).filter(|(manager, _)| *manager == Manager::Lefthook);
    for line in
        lines.iter().filter(|line| line.did != HookAction::Called && form == HookForm::Files)
    {
        // Each of its installations puts its own script in the place of ours, and does not run ours.
        if let Some((manager, file)) = &lefthook {
            let (place, text) = manager.line(line.hook, file);
            notes.push(format!(
                "lefthook takes our place when it installs itself; what lasts is a line in {place}: {text}"
            ));
        }
    }
    Ok(notes)
}

/// Takes everything of ours out, and puts back what was there before.
pub fn uninstall(
    repo: &Repo,
    reach: ScriptReach,
    mode: InstallMode,
) -> Result<InstallReport, InstallError> {
    let site = HookSite::look(repo)?;
    let mut lines = Vec::new();
    let mut notes = Vec::new();
    for hook in site.configured() {
        let ours = configured::is_ours(&site.config, hook);
        if mode == InstallMode::Do && ours {
            configured::unset(repo, hook)?;
        }
        let did = if ours { HookAction::Removed } else { HookAction::LeftEdited };
        lines.push(HookChange::of_config(hook, did));
    }
    // Where `core.hooksPath` hides them now, ours may still be in the directory that it was before.
    let own = repo.common_dir.join("hooks");
    let hidden = if site.dir == own { Vec::new() } else { look_at_all(&own)? };
    let shared = matches!(place::place(site.hooks_path.as_ref(), reach), Err(NoPlace::Shared(_)));
    if shared && site.found.iter().any(|(_, found)| is_ours(found)) {
        notes.push(format!(
            "{} serves other repositories too and was left alone; for all of them: tix hook uninstall --shared",
            site.dir.display()
        ));
    }
    for (hook, found) in &site.found {
        notes.extend(site.caller(*hook, found).map(|path| {
            format!(
                "{} calls the guard in {}, and tix did not write it: remove that line yourself",
                path.display(),
                hook.name()
            )
        }));
    }
    let visible = site.found.iter().filter(|_| !shared);
    for (hook, found) in visible.chain(&hidden) {
        let undo = plan::undo(found);
        let did = match undo {
            ScriptUndo::Nothing => continue,
            ScriptUndo::Remove | ScriptUndo::Clear => HookAction::Removed,
            ScriptUndo::Restore => HookAction::Restored,
            ScriptUndo::LeaveEdited => HookAction::LeftEdited,
            ScriptUndo::LeaveAside => HookAction::LeftAside,
        };
        if mode == InstallMode::Do {
            files::revert(undo, found)
                .map_err(|source| InstallError::Files { path: found.path.clone(), source })?;
        }
        let change = HookChange::of_file(*hook, did, found);
        let path = match undo {
            ScriptUndo::Clear => found.leftovers().first().map(|path| (*path).to_owned()),
            ScriptUndo::Nothing
            | ScriptUndo::Remove
            | ScriptUndo::Restore
            | ScriptUndo::LeaveEdited
            | ScriptUndo::LeaveAside => change.path,
        };
        lines.push(HookChange { path, ..change });
    }
    let form = if lines.iter().any(|line| line.path.is_none()) {
        HookForm::Config
    } else {
        HookForm::Files
    };
    Ok(InstallReport { form, directory: site.dir, lines, notes })
}
