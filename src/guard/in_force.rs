//! Which hooks of git run the guard for a process that works here.
//!
//! This is found out and never assumed: hooks may be missing, out of order, or hidden by settings of the environment, and then
//! what nobody can judge beforehand is judged by nobody. It takes git several processes, so it is remembered beside the facts.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::install::engine::InstallError;
use super::install::hook::Hook;
use super::install::status::{GuardStatus, HookStatus, InstalledState};
use super::{Guarded, memory};
use crate::clock;
use crate::env::Env;
use crate::git::Repo;

/// The hooks of a clone that run the guard, by their names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HooksInForce {
    hooks: BTreeSet<String>,
    /// Those of them that the configuration names: git runs these wherever `core.hooksPath` leads.
    #[serde(default)]
    configured: BTreeSet<String>,
}

/// By which hooks git tells what is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// A commit on the branch that is checked out.
    Commit,
    /// A movement of a branch of this clone, by whatever command.
    Movement,
    Push,
    /// It may be any of these.
    Anything,
    /// git runs no hook for it.
    Nothing,
}

/// Whether the hooks are run for a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HookUse {
    Asked,
    /// `--no-verify`: those that it skips are not.
    Skipped,
    /// Settings or variables switch all of them off.
    Off,
}

impl HooksInForce {
    /// What is left of them for a command whose `core.hooksPath` leads nowhere.
    pub fn without_directory(&self) -> HooksInForce {
        HooksInForce { hooks: self.configured.clone(), configured: self.configured.clone() }
    }

    fn has(&self, hook: Hook) -> bool {
        self.hooks.contains(hook.name())
    }

    /// Whether a hook will judge the real content.
    pub fn will_judge(&self, heard: Heard, hooks: HookUse) -> bool {
        let usual = |hook| hooks == HookUse::Asked && self.has(hook);
        let moved = || hooks != HookUse::Off && self.has(Hook::ReferenceTransaction);
        match heard {
            Heard::Commit => usual(Hook::PreCommit) || moved(),
            Heard::Movement => moved(),
            Heard::Push => usual(Hook::PrePush),
            Heard::Anything => usual(Hook::PrePush) && moved(),
            Heard::Nothing => false,
        }
    }

    /// Whether the usual hooks are all there.
    pub fn are_complete(&self) -> bool {
        [Hook::PreCommit, Hook::PreMergeCommit, Hook::PrePush]
            .into_iter()
            .all(|hook| self.has(hook))
    }
}

/// What was found, and the files that it rests on; `None` where they cannot tell.
pub struct FoundHooks {
    pub in_force: HooksInForce,
    pub files: Option<Vec<PathBuf>>,
}

impl Guarded {
    /// The hooks that run the guard for a process with this environment. What cannot be found out is not in force.
    pub fn hooks_in_force(&self, env: &Env) -> HooksInForce {
        // What an environment does to the hooks holds for its processes alone, so nobody remembers it.
        let is_usual = !may_hide_hooks(env);
        if let Some(known) = memory::recall_hooks(&self.place, env).filter(|_| is_usual) {
            return known;
        }
        let began: SystemTime = clock::now().into();
        match self.find_hooks() {
            Ok(found) => {
                if is_usual {
                    memory::remember_hooks(&self.place, env, &found, began);
                }
                found.in_force
            }
            Err(error) => {
                tracing::debug!(%error, "hooks in force");
                HooksInForce::default()
            }
        }
    }

    /// The directory of this worktree's HEAD and index.
    pub fn git_dir(&self) -> &Path {
        &self.place.git_dir
    }

    /// How it stands with the hooks of this repository, which need not be the one around the directory.
    pub fn hook_status(&self) -> Result<GuardStatus, InstallError> {
        GuardStatus::look(&Repo::of(self.git())?)
    }

    fn find_hooks(&self) -> Result<FoundHooks, InstallError> {
        let GuardStatus { directory, hooks, .. } = self.hook_status()?;
        let in_order = hooks.iter().filter(|status| status.state.is_in_order());
        let names = |status: &HookStatus| status.hook.name().to_owned();
        let configured = in_order.clone().filter(|status| status.path.is_none()).map(names);
        let configured = configured.collect();
        let in_force = HooksInForce { hooks: in_order.map(names).collect(), configured };
        // Of another program's scripts it is not known what they rest on.
        let is_plain = hooks.iter().all(|status| {
            matches!(status.state, InstalledState::Installed | InstalledState::Missing)
                && status.aside.is_none()
        });
        let files = hooks
            .iter()
            .flat_map(|s| s.path.clone().into_iter().chain([directory.join(s.hook.name())]));
        let files = is_plain.then(|| files.collect());
        Ok(FoundHooks { in_force, files })
    }
}

/// Whether the environment has settings for git that may lead its hooks elsewhere: Gemini CLI gives such to every command.
fn may_hide_hooks(env: &Env) -> bool {
    env.git_settings().any(|(name, value)| {
        let name = name.as_encoded_bytes();
        let text = value.to_string_lossy().to_ascii_lowercase();
        let is_key = name.starts_with(b"GIT_CONFIG_KEY_") || name == b"GIT_CONFIG_PARAMETERS";
        is_key && ["core.hookspath", "hook.", "include"].iter().any(|key| text.contains(key))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hooks(hooks: &[Hook]) -> HooksInForce {
        let hooks = hooks.iter().map(|hook| hook.name().to_owned()).collect();
        HooksInForce { hooks, configured: BTreeSet::new() }
    }

    #[test]
    fn who_looks_next_depends_on_what_is_done_and_on_what_is_skipped() {
        let basic = hooks(&[Hook::PreCommit, Hook::PreMergeCommit, Hook::PrePush]);
        let strict = hooks(&Hook::OF_CLONES);
        let heard = |hooks: &HooksInForce, used| {
            [Heard::Commit, Heard::Movement, Heard::Push, Heard::Anything, Heard::Nothing]
                .map(|heard| hooks.will_judge(heard, used))
        };
        assert_eq!(heard(&basic, HookUse::Asked), [true, false, true, false, false]);
        assert_eq!(heard(&basic, HookUse::Skipped), [false; 5]);
        assert_eq!(heard(&strict, HookUse::Asked), [true, true, true, true, false]);
        assert_eq!(heard(&strict, HookUse::Skipped), [true, true, false, false, false]);
        assert_eq!(heard(&strict, HookUse::Off), [false; 5]);
        assert_eq!(heard(&HooksInForce::default(), HookUse::Asked), [false; 5]);
        assert_eq!([basic.are_complete(), hooks(&[Hook::PrePush]).are_complete()], [true, false]);
    }
}
