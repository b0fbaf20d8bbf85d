//! Whether the guard is where git and the agents look for it. Only looks.

use std::path::{Path, PathBuf};

use super::configured::{self, ConfiguredHook};
use super::engine::InstallError;
use super::hook::{Hook, Strictness};
use super::place::{self, HookForm};
use super::plan::{FoundScript, HookFile, ScriptRun};
use super::script::{ScriptMark, VERSION};
use super::site::{HookSite, is_ours, look_at_all};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstalledState {
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

impl InstalledState {
    pub fn word(self) -> &'static str {
        match self {
            InstalledState::Installed => "installed",
            InstalledState::Called => "called",
            InstalledState::Outdated => "outdated",
            InstalledState::Missing => "missing",
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
            Some("it is in the configuration, which this git does not read"),
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
    let aside = found.has_aside.then(|| found.aside.clone());
    let path = Some(found.path.clone());
    let status = |state, detail| HookStatus { hook, state, path, aside, detail };
    match &found.file {
        HookFile::Ours(mark, ScriptRun::Yes) => {
            let why = outdated(mark);
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
            if let (Some(caller), HookFile::Free) = (&caller, &found.file) {
                // A new worktree, or one where husky has not been installed.
                let detail = format!(
                    "{} calls the guard, and git finds nothing that runs it",
                    caller.display()
                );
                return status(InstalledState::Missing, Some(detail));
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

/// Why a text of ours is to be written anew.
fn outdated(mark: &ScriptMark) -> Option<String> {
    if mark.version < VERSION {
        return Some(format!("version {} of {VERSION}", mark.version));
    }
    let tix = mark.tix.as_deref()?;
    let gone = !Path::new(tix).is_file();
    gone.then(|| format!("it names a tix that is gone: {tix}"))
}
