//! Hooks named in the configuration, which git runs since 2.54: `hook.<name>.command` and `hook.<name>.event`.
//!
//! A name stands for one event, and must not be the event's own. git refuses to do anything at all where an entry has an
//! event and no command, so the command is written first and removed last.

use super::hook::Hook;
use super::managers;
use super::plan::Obstacle;
use super::script::{self, ScriptAuthor, ScriptMark, VERSION};
use crate::git::{GitConfig, GitError, Repo};

/// What the configuration says of one hook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConfiguredHook {
    None,
    /// A command that a tix wrote, complete with its event.
    Ours(ScriptMark),
    /// A command that a tix wrote, without its event: what an interrupted run leaves.
    Half,
    /// A command that somebody wrote or changed by hand, and that calls the guard.
    ByHand,
    /// Our name, with something else below it.
    Strange,
}

fn key(hook: Hook, variable: &str) -> String {
    format!("hook.tix-{}.{variable}", hook.name())
}

pub fn entry(config: &GitConfig, hook: Hook) -> ConfiguredHook {
    let [command, event] = ["command", "event"].map(|variable| config.last(&key(hook, variable)));
    let Some(command) = command else {
        return if event.is_some() { ConfiguredHook::Strange } else { ConfiguredHook::None };
    };
    match script::author(hook, command.as_bytes()) {
        ScriptAuthor::Tix(mark) if event == Some(hook.name()) => ConfiguredHook::Ours(mark),
        ScriptAuthor::Tix(_) => ConfiguredHook::Half,
        ScriptAuthor::Edited | ScriptAuthor::Foreign if managers::calls(command, hook) => {
            ConfiguredHook::ByHand
        }
        ScriptAuthor::Edited | ScriptAuthor::Foreign => ConfiguredHook::Strange,
    }
}

/// Whether it is switched off: `hook.<name>.enabled`, or that of the event (git 2.55).
pub fn is_off(config: &GitConfig, hook: Hook) -> bool {
    [key(hook, "enabled"), format!("hook.{}.enabled", hook.name())].iter().any(|key| {
        let value = config.last(key).map(str::to_ascii_lowercase);
        value.is_some_and(|value| matches!(value.as_str(), "false" | "no" | "off" | "0" | ""))
    })
}

/// Whether two configurations name different commands or events for a hook of ours.
pub fn is_changed(one: &GitConfig, other: &GitConfig, hook: Hook) -> bool {
    ["command", "event"].map(|variable| key(hook, variable)).iter().any(|key| {
        let value = |config: &GitConfig| config.last(key).map(str::to_owned);
        value(one) != value(other)
    })
}

pub fn is_due(config: &GitConfig, hook: Hook, wanted: &str) -> Result<bool, Obstacle> {
    match entry(config, hook) {
        ConfiguredHook::None | ConfiguredHook::Half => Ok(true),
        ConfiguredHook::Ours(mark) if mark.version > VERSION => Ok(false),
        ConfiguredHook::Ours(_) => Ok(config.last(&key(hook, "command")) != Some(wanted)),
        ConfiguredHook::ByHand => Ok(false),
        ConfiguredHook::Strange => Err(Obstacle::Edited),
    }
}

/// Whether it can be taken out without anything of somebody else's.
pub fn is_ours(config: &GitConfig, hook: Hook) -> bool {
    match entry(config, hook) {
        ConfiguredHook::Ours(_) | ConfiguredHook::Half => true,
        ConfiguredHook::None | ConfiguredHook::ByHand | ConfiguredHook::Strange => false,
    }
}

/// Names the command and then the event.
pub fn set(repo: &Repo, hook: Hook, command: &str) -> Result<(), GitError> {
    repo.set_config(&key(hook, "command"), command)?;
    repo.set_config(&key(hook, "event"), hook.name())
}

/// Takes the event away and then the command.
pub fn unset(repo: &Repo, hook: Hook) -> Result<(), GitError> {
    repo.unset_config(&key(hook, "event"))?;
    repo.unset_config(&key(hook, "command"))
}
