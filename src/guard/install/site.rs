//! A clone as it was found: its hook files, its configuration, and who else manages hooks there.

use std::path::{Path, PathBuf};

use super::configured::{self, ConfiguredHook};
use super::engine::InstallError;
use super::files;
use super::hook::{Hook, Strictness};
use super::managers::{self, Manager};
use super::place::Present;
use super::plan::{FoundScript, HookFile, ScriptRun};
use crate::git::{GitConfig, HooksPath, HooksSource, Repo};

pub struct HookSite<'a> {
    pub repo: &'a Repo,
    /// The root of the working tree, or of a bare repository.
    pub root: PathBuf,
    /// The directory that git takes hooks from.
    pub dir: PathBuf,
    /// What says so, where it is not the usual one.
    pub hooks_path: Option<HooksPath>,
    /// The clone's own configuration.
    pub config: GitConfig,
    pub found: Vec<(Hook, FoundScript)>,
}

impl<'a> HookSite<'a> {
    pub fn look(repo: &'a Repo) -> Result<HookSite<'a>, InstallError> {
        let root = repo.worktree.as_deref().unwrap_or(&repo.root).to_owned();
        HookSite::of(repo, root, repo.hooks_source()?, repo.local_config()?)
    }

    fn of(
        repo: &'a Repo,
        root: PathBuf,
        source: HooksSource,
        config: GitConfig,
    ) -> Result<HookSite<'a>, InstallError> {
        let HooksSource { directory: dir, set: hooks_path } = source;
        let found = look_at_all(&dir)?;
        Ok(HookSite { repo, root, dir, hooks_path, config, found })
    }

    /// The same worktree, with git taking its hooks from elsewhere.
    pub fn with(&self, source: HooksSource) -> Result<HookSite<'a>, InstallError> {
        HookSite::of(self.repo, self.root.clone(), source, self.config.clone())
    }

    /// Another worktree of the repository. git is asked only where its configuration may be another.
    pub fn beside(&self, worktree: &Path) -> Result<HookSite<'a>, InstallError> {
        let relative = self.relative().map(|path| worktree.join(path));
        let source = match relative {
            Some(directory) if !has_several(&self.repo.config) => {
                HooksSource { directory, set: self.hooks_path.clone() }
            }
            Some(_) | None => self.repo.hooks_source_in(worktree)?,
        };
        HookSite::of(self.repo, worktree.to_owned(), source, self.config.clone())
    }

    /// `core.hooksPath`, where it means another directory in each worktree.
    pub fn relative(&self) -> Option<&Path> {
        let path = self.hooks_path.as_ref().map(|set| set.path.as_path());
        path.filter(|path| path.is_relative() && !path.as_os_str().is_empty())
    }

    /// The hooks whose names of ours the configuration knows.
    pub fn configured(&self) -> impl Iterator<Item = Hook> + '_ {
        let named = |hook: &Hook| configured::entry(&self.config, *hook) != ConfiguredHook::None;
        Hook::OF_CLONES.into_iter().filter(named)
    }

    /// What was found beside each hook's place.
    pub fn file_of(&self, hook: Hook) -> Option<&FoundScript> {
        self.found.iter().find(|(other, _)| *other == hook).map(|(_, found)| found)
    }

    /// The forms in which something of ours is there.
    pub fn present(&self) -> Present {
        Present {
            files: self.found.iter().any(|(_, found)| is_ours(found)),
            config: self.configured().next().is_some(),
        }
    }

    /// The hooks that are wanted. Strict ones that are there stay: whoever wants less says so by removing all.
    pub fn wanted(&self, strictness: Strictness) -> Vec<Hook> {
        let is_there = |hook: Hook| {
            self.file_of(hook).is_some_and(is_ours)
                || configured::entry(&self.config, hook) != ConfiguredHook::None
        };
        let wanted = |hook: &Hook| match (hook.strictness(), strictness) {
            (Strictness::Usual, _) | (Strictness::Strict, Strictness::Strict) => true,
            (Strictness::Strict, Strictness::Usual) => is_there(*hook),
        };
        Hook::OF_CLONES.into_iter().filter(wanted).collect()
    }

    /// The file from which another program calls the guard in this hook, or will once it has made its script.
    pub fn caller(&self, hook: Hook, found: &FoundScript) -> Option<PathBuf> {
        let relative = self.relative();
        let script = match &found.file {
            HookFile::Free | HookFile::Foreign(..) | HookFile::Dangling
                if found.through.is_some() =>
            {
                found.through
            }
            HookFile::Foreign(manager, ScriptRun::Yes) => *manager,
            // husky and the like make their scripts in each worktree; the lines that these run are committed.
            HookFile::Free if relative.is_some() => None,
            HookFile::Free
            | HookFile::Foreign(_, ScriptRun::No)
            | HookFile::Ours(..)
            | HookFile::Edited
            | HookFile::Dangling
            | HookFile::InTheWay(_) => return None,
        };
        if std::str::from_utf8(&found.text).is_ok_and(|text| managers::calls(text, hook)) {
            return Some(found.path.clone());
        }
        let in_charge = || Manager::of_worktree(relative, &self.root).map(|(manager, _)| manager);
        let manager = script.or_else(|| relative.and_then(|_| in_charge()));
        files::caller(&self.root, &managers::callers(relative, manager, hook), hook)
    }
}

/// Whether `core.hooksPath` may lead git elsewhere in another worktree. Looks at the configuration alone.
pub fn may_differ(config: &GitConfig) -> bool {
    let set = config.last("core.hookspath");
    let relative = |path: &str| !path.is_empty() && !path.starts_with(['/', '~', '%']);
    set.is_some_and(relative) || has_several(config)
}

/// Whether worktrees may have configurations of their own.
fn has_several(config: &GitConfig) -> bool {
    config.is_true("extensions.worktreeconfig")
        || config.entries().iter().any(|(key, _)| key.starts_with("includeif."))
}

/// Looks into a directory for all hooks of a clone.
pub fn look_at_all(dir: &Path) -> Result<Vec<(Hook, FoundScript)>, InstallError> {
    let look = |hook: Hook| {
        let found = files::look(dir, hook);
        let failed = |source| InstallError::Files { path: dir.join(hook.name()), source };
        Ok((hook, found.map_err(failed)?))
    };
    Hook::OF_CLONES.into_iter().map(look).collect()
}

pub fn is_ours(found: &FoundScript) -> bool {
    matches!(found.file, HookFile::Ours(..) | HookFile::Edited)
}
