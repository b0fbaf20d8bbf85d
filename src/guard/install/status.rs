//! Whether the guard is where git and the agents look for it. Only looks.

use std::path::{Path, PathBuf};

use super::configured::{self, Entry};
use super::engine::InstallError;
use super::hook::{Hook, Strictness};
use super::place::{self, Form};
use super::plan::{Found, Runs, Standing};
use super::scene::{Scene, is_ours, look_at_all};
use super::script::{Mark, VERSION};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Installed,
    /// Another program's hook calls the guard.
    Called,
    /// An older text, or one that names a tix that is gone.
    Outdated,
    Missing,
    /// It is there and may not be executed, so git passes over it.
    NotExecutable,
    /// A link that leads nowhere, which git passes over without a word.
    Dangling,
    /// It is there, and git takes its hooks from elsewhere or reads no hooks from the configuration.
    Shadowed,
    /// It is switched off in the configuration.
    Off,
    Edited,
    /// Somebody else's hook is there and does not call the guard.
    Foreign,
}

impl State {
    pub fn word(self) -> &'static str {
        match self {
            State::Installed => "installed",
            State::Called => "called",
            State::Outdated => "outdated",
            State::Missing => "missing",
            State::NotExecutable => "not executable",
            State::Dangling => "dangling",
            State::Shadowed => "shadowed",
            State::Off => "off",
            State::Edited => "edited",
            State::Foreign => "foreign",
        }
    }

    /// Whether the guard runs.
    pub fn is_in_order(self) -> bool {
        matches!(self, State::Installed | State::Called)
    }

    /// Whether nobody ever installed it.
    fn is_absent(self) -> bool {
        matches!(self, State::Missing | State::Foreign | State::Dangling)
    }
}

#[derive(Clone, Debug)]
pub struct HookStatus {
    pub hook: Hook,
    pub state: State,
    /// The file that decides; `None` where it is the configuration.
    pub path: Option<PathBuf>,
    /// What runs before it.
    pub aside: Option<PathBuf>,
    pub detail: Option<String>,
}

/// Looks at every hook of the clone.
pub fn hooks(scene: &Scene<'_>) -> Result<Vec<HookStatus>, InstallError> {
    let own = scene.repo.common_dir.join("hooks");
    let hidden = if scene.dir == own { Vec::new() } else { look_at_all(&own)? };
    let of_hook = |(hook, found): &(Hook, Found)| {
        let hidden = hidden.iter().find(|(other, _)| other == hook).map(|(_, found)| found);
        of_config(scene, *hook).unwrap_or_else(|| of_file(scene, *hook, found, hidden))
    };
    Ok(scene.found.iter().map(of_hook).collect())
}

/// Whether what was installed is complete.
pub fn is_in_order(hooks: &[HookStatus]) -> bool {
    lacking(hooks).next().is_none()
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

/// Whether nobody ever installed any of it.
pub fn is_absent(hooks: &[HookStatus]) -> bool {
    hooks.iter().all(|status| status.state.is_absent())
}

/// What the configuration says, if it says anything that counts beside the files.
fn of_config(scene: &Scene<'_>, hook: Hook) -> Option<HookStatus> {
    let status = |state, detail: Option<&str>| {
        Some(HookStatus { hook, state, path: None, aside: None, detail: detail.map(str::to_owned) })
    };
    let is_read = place::form(scene.repo.version, place::Present::default(), None) == Form::Config;
    match configured::entry(&scene.config, hook) {
        Entry::None => None,
        // A file may do it then.
        _entry if !is_read && scene.file_of(hook).is_some_and(runs) => None,
        _entry if !is_read => status(
            State::Shadowed,
            Some("it is in the configuration, which this git does not read"),
        ),
        _entry if configured::is_off(&scene.repo.config, hook) => {
            status(State::Off, Some("enabled = false in the configuration"))
        }
        Entry::Ours(mark) => match outdated(&mark) {
            Some(detail) => status(State::Outdated, Some(&detail)),
            None => status(State::Installed, None),
        },
        Entry::ByHand => status(State::Called, None),
        Entry::Half => status(State::Outdated, Some("its event is missing")),
        Entry::Strange => status(State::Edited, None),
    }
}

fn runs(found: &Found) -> bool {
    matches!(found.standing, Standing::Ours(_, Runs::Yes))
}

fn of_file(scene: &Scene<'_>, hook: Hook, found: &Found, hidden: Option<&Found>) -> HookStatus {
    let aside = found.has_aside.then(|| found.aside.clone());
    let path = Some(found.path.clone());
    let status = |state, detail| HookStatus { hook, state, path, aside, detail };
    match &found.standing {
        Standing::Ours(mark, Runs::Yes) => {
            let why = outdated(mark);
            let state = if why.is_some() { State::Outdated } else { State::Installed };
            let through = found.through.map(|manager| format!("run by {}", manager.name()));
            status(state, why.or(through))
        }
        Standing::Ours(_, Runs::No) => status(State::NotExecutable, None),
        Standing::Edited => status(State::Edited, None),
        Standing::InTheWay(what) => status(State::Foreign, Some((*what).to_owned())),
        Standing::Free | Standing::Foreign(..) | Standing::Dangling => {
            let caller = scene.caller(hook, found);
            if let (Some(caller), Standing::Free) = (&caller, &found.standing) {
                // A new worktree, or one where husky has not been installed.
                let detail = format!(
                    "{} calls the guard, and git finds nothing that runs it",
                    caller.display()
                );
                return status(State::Missing, Some(detail));
            }
            if let Some(caller) = caller {
                let path = Some(caller);
                return HookStatus { hook, state: State::Called, path, aside: None, detail: None };
            }
            if let Some(hidden) = hidden.filter(|found| is_ours(found)) {
                let detail = format!("git takes its hooks from {}", scene.dir.display());
                let path = Some(hidden.path.clone());
                return HookStatus {
                    hook,
                    state: State::Shadowed,
                    path,
                    aside: None,
                    detail: Some(detail),
                };
            }
            match &found.standing {
                Standing::Foreign(manager, _) => {
                    status(State::Foreign, manager.map(|manager| manager.name().to_owned()))
                }
                Standing::Dangling => status(State::Dangling, None),
                Standing::Free | Standing::Ours(..) | Standing::Edited | Standing::InTheWay(_) => {
                    let optional = hook.strictness() == Strictness::Strict;
                    status(State::Missing, optional.then(|| "only with --strict".to_owned()))
                }
            }
        }
    }
}

/// Why a text of ours is to be written anew.
fn outdated(mark: &Mark) -> Option<String> {
    if mark.version < VERSION {
        return Some(format!("version {} of {VERSION}", mark.version));
    }
    let tix = mark.tix.as_deref()?;
    let gone = !Path::new(tix).is_file();
    gone.then(|| format!("it names a tix that is gone: {tix}"))
}
