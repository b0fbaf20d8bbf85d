//! Whether the guard is where git and the agents look for it. Only looks.

use std::path::{Path, PathBuf};

use super::configured::{self, ConfiguredHook};
use super::engine::InstallError;
use super::hook::{Hook, Strictness};
use super::place::{self, HookForm};
use super::plan::{FoundScript, HookFile, ScriptRun, SetAside};
use super::script::{ScriptMark, VERSION};
use super::site::{HookSite, is_ours, look_at_all};
use super::worktrees::{self, HooksMend, UnguardedWorktree};
use crate::git::{ProcessHooks, Repo};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstalledState {
    Installed,
    /// Another program's hook calls the guard.
    Called,
    /// An older text, or one that names a tix that is gone.
    Outdated,
    Missing,
    /// A line for it is committed, and what would make git run that is not in this worktree.
    MissingHere,
    /// It is there and may not be executed, so git passes over it.
    NotExecutable,
    /// A link that leads nowhere, which git passes over without a word.
    Dangling,
    /// It is there, and git takes its hooks from elsewhere (always, or by the environment of this process) or reads no hooks
    /// from the configuration.
    Shadowed,
    /// It is switched off in the configuration.
    Off,
    Edited,
    /// Somebody else's hook is there and does not call the guard.
    Foreign,
}

impl InstalledState {
    pub fn word(self) -> &'static str {
        match self {
            InstalledState::Installed => "installed",
            InstalledState::Called => "called",
            InstalledState::Outdated => "outdated",
            InstalledState::Missing | InstalledState::MissingHere => "missing",
            InstalledState::NotExecutable => "not executable",
            InstalledState::Dangling => "dangling",
            InstalledState::Shadowed => "shadowed",
            InstalledState::Off => "off",
            InstalledState::Edited => "edited",
            InstalledState::Foreign => "foreign",
        }
    }

    /// Whether the guard runs.
    pub fn is_in_order(self) -> bool {
        matches!(self, InstalledState::Installed | InstalledState::Called)
    }

    /// Whether nobody ever installed it.
    fn is_absent(self) -> bool {
        matches!(self, InstalledState::Missing | InstalledState::Foreign | InstalledState::Dangling)
    }
}

#[derive(Clone, Debug)]
pub struct HookStatus {
    pub hook: Hook,
    pub state: InstalledState,
    /// The file that decides; `None` where it is the configuration.
    pub path: Option<PathBuf>,
    /// What runs before it.
    pub aside: Option<PathBuf>,
    pub detail: Option<String>,
}

/// How it stands with the guard in a clone.
#[derive(Clone, Debug)]
pub struct GuardStatus {
    /// The directory that git takes hooks from in this process.
    pub directory: PathBuf,
    pub hooks: Vec<HookStatus>,
    /// The variables of this process by which git passes over hooks that are there.
    pub shadowed_by: Vec<&'static str>,
    /// What gives this worktree the hooks that it lacks.
    pub mend: Option<HooksMend>,
    /// The other worktrees in which hooks do not run the guard.
    pub worktrees: Vec<UnguardedWorktree>,
}

impl GuardStatus {
    pub fn look(repo: &Repo) -> Result<GuardStatus, InstallError> {
        let site = HookSite::look(repo)?;
        let mut hooks = hooks(&site)?;
        let worktrees = worktrees::unguarded(&site, &hooks)?;
        let is_lost = hooks.iter().any(|status| status.state == InstalledState::MissingHere);
        let mend = if is_lost { worktrees::mend(&site, &site.root)? } else { None };
        let process = repo.hooks_of_process()?;
        let (mut directory, mut shadowed_by) = (site.dir.clone(), Vec::new());
        if let Some(process) = process {
            directory.clone_from(&process.source.directory);
            if shadow(&site, &mut hooks, &process)? {
                shadowed_by = process.variables;
            }
        }
        Ok(GuardStatus { directory, hooks, shadowed_by, mend, worktrees })
    }

    /// Whether what was installed is complete, in every worktree.
    pub fn is_in_order(&self) -> bool {
        lacking(&self.hooks).next().is_none() && self.worktrees.is_empty()
    }

    /// Whether another installation would mend nothing.
    pub fn has_no_other_cause(&self) -> bool {
        let by_process = |status: &HookStatus| {
            !self.shadowed_by.is_empty()
                && matches!(status.state, InstalledState::Shadowed | InstalledState::Off)
        };
        lacking(&self.hooks).all(|s| s.state == InstalledState::MissingHere || by_process(s))
    }

    /// The first hook that is installed and that git passes over.
    pub fn hidden(&self) -> Option<&HookStatus> {
        let is_hidden = |status: &&HookStatus| {
            matches!(status.state, InstalledState::Shadowed | InstalledState::Off)
        };
        self.hooks.iter().find(is_hidden)
    }

    /// Whether nobody ever installed any of it.
    pub fn is_absent(&self) -> bool {
        self.worktrees.is_empty() && self.hooks.iter().all(|status| status.state.is_absent())
    }
}

/// Marks the hooks that run the guard, but not for git's commands with the environment of this process. Whether there are any.
fn shadow(
    site: &HookSite<'_>,
    hooks: &mut [HookStatus],
    process: &ProcessHooks,
) -> Result<bool, InstallError> {
    let elsewhere = self::hooks(&site.with(process.source.clone())?)?;
    let mut shadows = false;
    for status in hooks.iter_mut().filter(|status| status.state.is_in_order()) {
        let runs_there =
            || elsewhere.iter().any(|other| other.hook == status.hook && other.state.is_in_order());
        let (state, detail) = match &status.path {
            None if configured::is_off(&process.config, status.hook) => {
                (InstalledState::Off, "switched off".to_owned())
            }
            None if configured::is_changed(&site.repo.config, &process.config, status.hook) => {
                (InstalledState::Shadowed, "its entry is changed".to_owned())
            }
            Some(_) if process.source.directory != site.dir && !runs_there() => (
                InstalledState::Shadowed,
                format!("git takes its hooks from {}", process.source.directory.display()),
            ),
            None | Some(_) => continue,
        };
        let by = process.variables.join(" and ");
        status.state = state;
        status.detail = Some(format!("{detail}, by the environment of this process: {by}"));
        shadows = true;
    }
    Ok(shadows)
}

/// Looks at every hook of the clone.
pub fn hooks(site: &HookSite<'_>) -> Result<Vec<HookStatus>, InstallError> {
    let own = site.repo.common_dir.join("hooks");
    let hidden = if site.dir == own { Vec::new() } else { look_at_all(&own)? };
    let of_hook = |(hook, found): &(Hook, FoundScript)| {
        let hidden = hidden.iter().find(|(other, _)| other == hook).map(|(_, found)| found);
        of_config(site, *hook).unwrap_or_else(|| of_file(site, *hook, found, hidden))
    };
    Ok(site.found.iter().map(of_hook).collect())
}

/// The hooks that should run the guard and do not. The strict ones count once one of them is there.
pub fn lacking(hooks: &[HookStatus]) -> impl Iterator<Item = &HookStatus> {
    let strict = |status: &&HookStatus| status.hook.strictness() == Strictness::Strict;
    let wants_strict = hooks.iter().filter(strict).any(|status| !status.state.is_absent());
    hooks
        .iter()
        .filter(move |status| wants_strict || !strict(status))
        .filter(|s| !s.state.is_in_order())
}

/// What the configuration says, if it says anything that counts beside the files.
fn of_config(site: &HookSite<'_>, hook: Hook) -> Option<HookStatus> {
    let status = |state, detail: Option<&str>| {
        Some(HookStatus { hook, state, path: None, aside: None, detail: detail.map(str::to_owned) })
    };
    let is_read =
        place::form(site.repo.version, place::Present::default(), None) == HookForm::Config;
    match configured::entry(&site.config, hook) {
        ConfiguredHook::None => None,
        // A file may do it then.
        _entry if !is_read && site.file_of(hook).is_some_and(runs) => None,
        _entry if !is_read => status(
            InstalledState::Shadowed,
            Some("it is in the configuration, but this git does not read hooks from there"),
        ),
        _entry if configured::is_off(&site.repo.config, hook) => {
            status(InstalledState::Off, Some("enabled = false in the configuration"))
        }
        ConfiguredHook::Ours(mark) => match outdated(&mark) {
            Some(detail) => status(InstalledState::Outdated, Some(&detail)),
            None => status(InstalledState::Installed, None),
        },
        ConfiguredHook::ByHand => status(InstalledState::Called, None),
        ConfiguredHook::Half => status(InstalledState::Outdated, Some("its event is missing")),
        ConfiguredHook::Strange => status(InstalledState::Edited, None),
    }
}

fn runs(found: &FoundScript) -> bool {
    matches!(found.file, HookFile::Ours(_, ScriptRun::Yes))
}

fn of_file(
    site: &HookSite<'_>,
    hook: Hook,
    found: &FoundScript,
    hidden: Option<&FoundScript>,
) -> HookStatus {
    let aside = found.runs_first().map(Path::to_owned);
    let path = Some(found.path.clone());
    let status = |state, detail| HookStatus { hook, state, path, aside, detail };
    match &found.file {
        HookFile::Ours(mark, ScriptRun::Yes) => {
            let why = outdated(mark).or_else(|| circle(found));
            let state =
                if why.is_some() { InstalledState::Outdated } else { InstalledState::Installed };
            let through = found.through.map(|manager| format!("run by {}", manager.name()));
            status(state, why.or(through))
        }
        HookFile::Ours(_, ScriptRun::No) => status(InstalledState::NotExecutable, None),
        HookFile::Edited => status(InstalledState::Edited, None),
        HookFile::InTheWay(what) => status(InstalledState::Foreign, Some((*what).to_owned())),
        HookFile::Free | HookFile::Foreign(..) | HookFile::Dangling => {
            let caller = site.caller(hook, found);
            if let (Some(caller), HookFile::Free, None) = (&caller, &found.file, found.through) {
                // A new worktree, or one where husky has not been installed.
                let detail = format!(
                    "{} calls the guard, but git has nothing that runs it",
                    caller.display()
                );
                return status(InstalledState::MissingHere, Some(detail));
            }
            if let Some(caller) = caller {
                let path = Some(caller);
                return HookStatus {
                    hook,
                    state: InstalledState::Called,
                    path,
                    aside: None,
                    detail: None,
                };
            }
            if let Some(hidden) = hidden.filter(|found| is_ours(found)) {
                let detail = format!("git takes its hooks from {}", site.dir.display());
                let path = Some(hidden.path.clone());
                return HookStatus {
                    hook,
                    state: InstalledState::Shadowed,
                    path,
                    aside: None,
                    detail: Some(detail),
                };
            }
            match &found.file {
                _other if found.through.is_some() => HookStatus {
                    hook,
                    state: InstalledState::Foreign,
                    path: Some(site.dir.join(hook.name())),
                    aside: None,
                    detail: found.through.map(|manager| manager.name().to_owned()),
                },
                HookFile::Foreign(manager, _) => status(
                    InstalledState::Foreign,
                    manager.map(|manager| manager.name().to_owned()),
                ),
                HookFile::Dangling => status(InstalledState::Dangling, None),
                HookFile::Free | HookFile::Ours(..) | HookFile::Edited | HookFile::InTheWay(_) => {
                    let optional = hook.strictness() == Strictness::Strict;
                    status(
                        InstalledState::Missing,
                        optional.then(|| "only with --strict".to_owned()),
                    )
                }
            }
        }
    }
}

/// Why ours and a manager's script are to change places.
fn circle(found: &FoundScript) -> Option<String> {
    match (found.set_aside, found.through) {
        (SetAside::Behind(manager), _) => Some(format!(
            "{0}'s hook is set aside, and would stop every commit after {0} is installed again",
            manager.name()
        )),
        (SetAside::Superseded, Some(manager)) => Some(format!(
            "an earlier hook of {0}'s is set aside, and {0} stops every commit because of that",
            manager.name()
        )),
        (SetAside::Nothing | SetAside::Hook | SetAside::Superseded, _) => None,
    }
}

/// Why a text of ours is to be written anew.
fn outdated(mark: &ScriptMark) -> Option<String> {
    if mark.version < VERSION {
        return Some(format!("version {} of {VERSION}", mark.version));
    }
    let tix = mark.tix.as_deref()?;
    let gone = !Path::new(tix).is_file();
    gone.then(|| format!("it names a tix that no longer exists: {tix}"))
}
