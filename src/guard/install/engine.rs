//! Installs and removes the hooks of one clone.

use std::io;
use std::path::{Path, PathBuf};

use super::configured::{self, Entry};
use super::files;
use super::hook::{Hook, Strictness};
use super::managers::Manager;
use super::place::{self, Form, NoPlace};
use super::plan::{self, Found, Obstacle, Step, Undo};
use super::scene::{Scene, is_ours, look_at_all};
use super::script::{Reach, Recipe};
use super::status::{self, HookStatus};
use crate::git::{ConfigScope, GitError, Repo};

/// Whether anything is really to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Do,
    /// No: only say what would be.
    Rehearse,
}

pub struct Request<'a> {
    pub repo: &'a Repo,
    pub strictness: Strictness,
    pub recipe: Recipe,
    pub wish: Option<Form>,
    pub mode: Mode,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Did {
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
pub struct Line {
    pub hook: Hook,
    pub did: Did,
    /// The file that it is or that calls it; `None` for the configuration.
    pub path: Option<PathBuf>,
    /// What runs before it, or would.
    pub aside: Option<PathBuf>,
    /// The program that runs it, where git runs that program's hook instead.
    pub through: Option<Manager>,
}

impl Line {
    fn of_config(hook: Hook, did: Did) -> Line {
        Line { hook, did, path: None, aside: None, through: None }
    }

    fn called(hook: Hook, from: PathBuf) -> Line {
        Line { path: Some(from), ..Line::of_config(hook, Did::Called) }
    }

    fn of_file(hook: Hook, did: Did, found: &Found, has_aside: bool) -> Line {
        Line {
            hook,
            did,
            path: Some(found.path.clone()),
            aside: has_aside.then(|| found.aside.clone()),
            through: found.through,
        }
    }
}

#[derive(Clone, Debug)]
pub struct Report {
    pub form: Form,
    /// The directory that git takes hooks from.
    pub directory: PathBuf,
    pub lines: Vec<Line>,
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
pub fn install(request: &Request<'_>) -> Result<Report, InstallError> {
    let scene = Scene::look(request.repo)?;
    let hooks = scene.wanted(request.strictness);
    let form = place::form(request.repo.version, scene.present(), request.wish);
    let lines = match form {
        Form::Files => as_files(request, &scene, &hooks)?,
        Form::Config => as_config(request, &scene, &hooks)?,
    };
    if form == Form::Files && request.mode == Mode::Do {
        // After the files, so that there is no moment without a guard. Where both were, the guard ran twice.
        for hook in scene.configured().filter(|hook| configured::is_ours(&scene.config, *hook)) {
            configured::unset(request.repo, hook)?;
        }
    }
    let notes = notes(&scene, form, &lines);
    Ok(Report { form, directory: scene.dir, lines, notes })
}

fn as_files(
    request: &Request<'_>,
    scene: &Scene<'_>,
    hooks: &[Hook],
) -> Result<Vec<Line>, InstallError> {
    let place = place::place(scene.hooks_path.as_ref(), request.recipe.reach);
    let (mut steps, mut missing) = (Vec::new(), Vec::new());
    for (hook, found) in scene.found.iter().filter(|(hook, _)| hooks.contains(hook)) {
        let caller = scene.caller(*hook, found);
        let script = request.recipe.file(*hook);
        if let Some(path) = caller {
            steps.push((Line::called(*hook, path), None));
        } else if place.is_err() {
            missing.push(*hook);
        } else {
            let step = plan::step(found, &script).map_err(|obstacle| {
                let (path, aside) = (found.path.clone(), found.aside.clone());
                InstallError::InTheWay { path, aside, obstacle }
            })?;
            let aside = found.has_aside || step == Step::SetAside;
            let did = match step {
                Step::Keep => Did::Kept,
                Step::Write => Did::Wrote,
                Step::Replace => Did::Replaced,
                Step::SetAside => Did::SetAside,
            };
            let line = Line::of_file(*hook, did, found, aside);
            steps.push((line, Some((step, found, script))));
        }
    }
    if let (Err(why), false) = (place, missing.is_empty()) {
        let scope = scene.hooks_path.as_ref().map_or(ConfigScope::Local, |set| set.scope);
        let set = scene.hooks_path.as_ref().map(|set| set.path.as_path());
        let manager = Manager::of_worktree(set, scene.root());
        return Err(InstallError::NoPlace { why, scope, manager, missing });
    }
    // Everything was looked at; now it is done.
    let mut lines = Vec::new();
    for (line, work) in steps {
        if let (Mode::Do, Some((step, found, script))) = (request.mode, work) {
            files::apply(step, found, &script)
                .map_err(|source| InstallError::Files { path: found.path.clone(), source })?;
        }
        lines.push(line);
    }
    Ok(lines)
}

fn as_config(
    request: &Request<'_>,
    scene: &Scene<'_>,
    hooks: &[Hook],
) -> Result<Vec<Line>, InstallError> {
    let mut lines = Vec::new();
    let mut due = Vec::new();
    for hook in hooks.iter().copied() {
        let command = request.recipe.command(hook);
        let caller = scene.file_of(hook).and_then(|found| scene.caller(hook, found));
        if let Some(path) = caller {
            lines.push(Line::called(hook, path));
            continue;
        }
        let is_due = configured::is_due(&scene.config, hook, &command)
            .map_err(|_obstacle| InstallError::Configured { hook })?;
        let is_new = configured::entry(&scene.config, hook) == Entry::None;
        let did = match (is_due, is_new) {
            (true, true) => Did::Wrote,
            (true, false) => Did::Replaced,
            (false, _) => Did::Kept,
        };
        lines.push(Line::of_config(hook, did));
        if is_due {
            due.push((hook, command));
        }
    }
    if request.mode == Mode::Do {
        for (hook, command) in due {
            configured::set(request.repo, hook, &command)?;
        }
    }
    Ok(lines)
}

fn notes(scene: &Scene<'_>, form: Form, lines: &[Line]) -> Vec<String> {
    let mut notes = Vec::new();
    let scope = scene.hooks_path.as_ref().map(|set| set.scope);
    match form {
        Form::Config => notes.push(
            "git runs them since 2.54 and an older git passes over them: if one works in this clone too, run \
             tix hook install --files"
                .to_owned(),
        ),
        Form::Files if scope == Some(ConfigScope::Worktree) => notes.push(
            "core.hooksPath is set for this worktree alone: other worktrees take their hooks from elsewhere"
                .to_owned(),
        ),
        Form::Files => {}
    }
    let inside =
        |dir: &Path| dir.starts_with(scene.root()) && !dir.starts_with(&scene.repo.common_dir);
    if form == Form::Files && scene.repo.worktree.is_some() && inside(&scene.dir) {
        notes.push(format!(
            "{} is part of the working tree: commit the scripts if the others there are committed; they name tix's \
             place on this machine, and look on the PATH where that is empty",
            scene.dir.display()
        ));
    }
    let lefthook = Manager::of_worktree(None, scene.root())
        .filter(|(manager, _)| *manager == Manager::Lefthook);
    for line in lines.iter().filter(|line| line.did != Did::Called && form == Form::Files) {
        // Each of its installations puts its own script in the place of ours, and does not run ours.
        if let Some((manager, file)) = &lefthook {
            let (place, text) = manager.line(line.hook, file);
            notes.push(format!(
                "lefthook takes our place when it installs itself; what lasts is a line in {place}: {text}"
            ));
        }
    }
    notes
}

/// Takes everything of ours out, and puts back what was there before.
pub fn uninstall(repo: &Repo, reach: Reach, mode: Mode) -> Result<Report, InstallError> {
    let scene = Scene::look(repo)?;
    let mut lines = Vec::new();
    let mut notes = Vec::new();
    for hook in scene.configured() {
        let ours = configured::is_ours(&scene.config, hook);
        if mode == Mode::Do && ours {
            configured::unset(repo, hook)?;
        }
        let did = if ours { Did::Removed } else { Did::LeftEdited };
        lines.push(Line::of_config(hook, did));
    }
    // Where `core.hooksPath` hides them now, ours may still be in the directory that it was before.
    let own = repo.common_dir.join("hooks");
    let hidden = if scene.dir == own { Vec::new() } else { look_at_all(&own)? };
    let shared = matches!(place::place(scene.hooks_path.as_ref(), reach), Err(NoPlace::Shared(_)));
    if shared && scene.found.iter().any(|(_, found)| is_ours(found)) {
        notes.push(format!(
            "{} serves other repositories too and was left alone; for all of them: tix hook uninstall --shared",
            scene.dir.display()
        ));
    }
    let visible = scene.found.iter().filter(|_| !shared);
    for (hook, found) in visible.chain(&hidden) {
        let undo = plan::undo(found);
        let did = match undo {
            Undo::Nothing => continue,
            Undo::Remove => Did::Removed,
            Undo::Restore => Did::Restored,
            Undo::LeaveEdited => Did::LeftEdited,
            Undo::LeaveAside => Did::LeftAside,
        };
        if mode == Mode::Do {
            files::revert(undo, found)
                .map_err(|source| InstallError::Files { path: found.path.clone(), source })?;
        }
        lines.push(Line::of_file(*hook, did, found, found.has_aside));
    }
    let form =
        if lines.iter().any(|line| line.path.is_none()) { Form::Config } else { Form::Files };
    Ok(Report { form, directory: scene.dir, lines, notes })
}

/// How it stands with the hooks, and where git takes them from.
pub fn status(repo: &Repo) -> Result<(PathBuf, Vec<HookStatus>), InstallError> {
    let scene = Scene::look(repo)?;
    let hooks = status::hooks(&scene)?;
    Ok((scene.dir, hooks))
}
