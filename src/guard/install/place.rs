//! Where hooks can be put so that git runs them in every worktree of this repository, and of no other.

use std::path::PathBuf;

use super::script::ScriptReach;
use crate::git::{ConfigScope, HooksPath, Version};

/// The first git that runs hooks named in the configuration, `hook.<name>.command` and `.event`.
const CONFIGURED_SINCE: Version = Version { major: 2, minor: 54 };

/// In which form git finds the hooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HookForm {
    /// Files of the hooks directory, which every git runs.
    Files,
    /// Entries of this repository's configuration, which an older git passes over.
    Config,
}

/// The forms that hooks of ours are there in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Present {
    /// Some hook is a file of ours.
    pub files: bool,
    /// Some hook of ours is configured.
    pub config: bool,
}

/// The form for a clone, which never has both: the guard would run twice.
///
/// Files that are there stay, because every git runs them. The configuration is for a git that reads it: hooks named
/// there do not collide with other programs' files, and `core.hooksPath` does not hide them. A clone that an older git
/// uses too has to have files: whoever installs with that git, or asks for them, gets them for good.
pub fn form(git: Version, present: Present, asked_for: Option<HookForm>) -> HookForm {
    match asked_for {
        Some(form) => form,
        None if git < CONFIGURED_SINCE || present.files => HookForm::Files,
        None => HookForm::Config,
    }
}

/// Why no file can be put where git looks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoPlace {
    /// `core.hooksPath` is relative: each worktree has another directory, and most have none.
    Relative(PathBuf),
    /// `core.hooksPath` is set for other repositories too.
    Shared(PathBuf),
    /// `core.hooksPath` leads to nothing on purpose.
    Off(PathBuf),
}

/// Whether git's hooks directory may take files of ours.
pub fn place(hooks_path: Option<&HooksPath>, reach: ScriptReach) -> Result<(), NoPlace> {
    let Some(HooksPath { scope, path }) = hooks_path else { return Ok(()) };
    let shared = match scope {
        ConfigScope::Local | ConfigScope::Worktree => false,
        ConfigScope::Everywhere | ConfigScope::Process => true,
    };
    if path.as_os_str() == "/dev/null" || path.as_os_str().is_empty() {
        return Err(NoPlace::Off(path.clone()));
    }
    if !path.is_absolute() {
        return Err(NoPlace::Relative(path.clone()));
    }
    match reach {
        ScriptReach::Own if shared => Err(NoPlace::Shared(path.clone())),
        ScriptReach::Own | ScriptReach::Shared => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: Version = Version { major: 2, minor: 53 };
    const NEW: Version = Version { major: 2, minor: 54 };

    #[test]
    fn the_configuration_is_for_a_git_that_reads_it_and_files_that_are_there_stay() {
        let none = Present::default();
        let files = Present { files: true, ..none };
        let config = Present { config: true, ..none };
        let both = Present { files: true, config: true };
        for (git, present, expected) in [
            (OLD, none, HookForm::Files),
            (NEW, none, HookForm::Config),
            (Version { major: 3, minor: 0 }, none, HookForm::Config),
            (OLD, files, HookForm::Files),
            (NEW, files, HookForm::Files),
            // The older git would not run what is configured.
            (OLD, config, HookForm::Files),
            (NEW, config, HookForm::Config),
            (NEW, both, HookForm::Files),
        ] {
            assert_eq!(form(git, present, None), expected, "{git:?} {present:?}");
            assert_eq!(form(git, present, Some(HookForm::Files)), HookForm::Files);
        }
    }

    #[test]
    fn a_directory_must_be_the_same_in_every_worktree_and_this_repositorys_own() {
        let at = |scope, path: &str| {
            let set = HooksPath { scope, path: path.into() };
            [ScriptReach::Own, ScriptReach::Shared].map(|reach| place(Some(&set), reach).is_ok())
        };
        assert_eq!(place(None, ScriptReach::Own), Ok(()));
        assert_eq!(at(ConfigScope::Local, "/hooks"), [true, true]);
        assert_eq!(at(ConfigScope::Worktree, "/hooks"), [true, true]);
        assert_eq!(at(ConfigScope::Local, ".husky/_"), [false, false]);
        assert_eq!(at(ConfigScope::Local, ""), [false, false]);
        assert_eq!(at(ConfigScope::Everywhere, "/hooks"), [false, true]);
        assert_eq!(at(ConfigScope::Everywhere, "hooks"), [false, false]);
        assert_eq!(at(ConfigScope::Local, "/dev/null"), [false, false]);
    }
}
