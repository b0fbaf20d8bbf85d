//! What was found out last time, as long as nothing that it rests on has changed.
//!
//! To find the facts takes git several processes, and a hook on a branch that is not protected has time for none. So
//! they are remembered in `<git dir>/tix/guard.json` together with the signature of every file that they were taken
//! from, the absent ones too, and with every part of the environment that they depend on. Anything that does not fit
//! exactly counts as forgotten. The file may be deleted at any time.
//!
//! A file that was changed as recently as its time stamp can tell might change again under the same stamp, so nothing
//! is remembered that rests on such a file: gitformat-index(5) has the same problem and calls such entries racy.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::facts::{FoundFacts, GuardFacts, is_heeded};
use super::in_force::{FoundHooks, HooksInForce};
use super::place::GuardPlace;
use crate::config;
use crate::env::Env;
use crate::file::Stamp;
use crate::git::InheritedConfig;
use crate::settings::Station;

/// Steps in which the kernel takes the time for files; 10 ms where it counts a hundred times a second.
const TICK: Duration = Duration::from_millis(20);

/// The same where file times have no fraction: FAT counts two seconds.
const COARSE_TICK: Duration = Duration::from_secs(2);

/// The file, as it is written.
#[derive(Serialize, Deserialize, PartialEq, Eq)]
struct Memory {
    key: Vec<String>,
    sources: Sources,
    facts: GuardFacts,
    /// What rests on these files besides, where somebody has asked.
    #[serde(default)]
    hooks: Option<HookMemory>,
}

#[derive(Serialize, Deserialize, PartialEq, Eq)]
struct HookMemory {
    sources: Sources,
    in_force: HooksInForce,
}

/// Files with their signatures; none for one that is not there.
type Sources = Vec<(PathBuf, Option<Stamp>)>;

/// The facts, if they were remembered and still hold.
pub fn recall(place: &GuardPlace, station: Station, env: &Env) -> Option<GuardFacts> {
    recall_all(place, station, env).map(|memory| memory.facts)
}

/// The hooks in force in a clone, if they were remembered and still are.
pub fn recall_hooks(place: &GuardPlace, env: &Env) -> Option<HooksInForce> {
    let hooks = recall_all(place, Station::Clone, env)?.hooks?;
    holds(&hooks.sources).then_some(hooks.in_force)
}

fn recall_all(place: &GuardPlace, station: Station, env: &Env) -> Option<Memory> {
    let text = crate::file::read_own(&file(place)).ok()?;
    let memory: Memory = serde_json::from_slice(&text).ok()?;
    (memory.key == key(place, station, env)? && holds(&memory.sources)).then_some(memory)
}

fn holds(sources: &Sources) -> bool {
    sources.iter().all(|(path, known)| look(path).is_ok_and(|now| now == *known))
}

/// Remembers facts that were found after `began`. To fail is to find them out again next time.
pub fn remember(
    place: &GuardPlace,
    station: Station,
    env: &Env,
    found: &FoundFacts,
    began: SystemTime,
) {
    if let Some(memory) = memory(place, station, env, found, began) {
        write(place, &memory);
    }
}

/// Remembers hooks beside the facts, where these are remembered.
pub fn remember_hooks(place: &GuardPlace, env: &Env, found: &FoundHooks, began: SystemTime) {
    let sources = found.files.as_ref().and_then(|files| signed(files, began));
    if let Some(sources) = sources
        && let Some(mut memory) = recall_all(place, Station::Clone, env)
    {
        memory.hooks = Some(HookMemory { sources, in_force: found.in_force.clone() });
        write(place, &memory);
    }
}

fn write(place: &GuardPlace, memory: &Memory) {
    if let Ok(text) = serde_json::to_vec(memory)
        && let Err(error) = crate::file::replace(&file(place), &text)
    {
        tracing::debug!(%error, "guard.json");
    }
}

fn memory(
    place: &GuardPlace,
    station: Station,
    env: &Env,
    found: &FoundFacts,
    began: SystemTime,
) -> Option<Memory> {
    let sources = signed(found.files.as_ref()?, began)?;
    Some(Memory {
        key: key(place, station, env)?,
        sources,
        facts: found.facts.clone(),
        hooks: None,
    })
}

/// The files with their signatures; `None` where one of them may change under the same.
fn signed(files: &[PathBuf], began: SystemTime) -> Option<Sources> {
    let began = began.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    let mut sources = Sources::new();
    for path in files {
        let stamp = look(path).ok()?;
        if stamp.is_some_and(|stamp| is_racy(&stamp, began)) {
            return None;
        }
        sources.push((path.clone(), stamp));
    }
    Some(sources)
}

fn file(place: &GuardPlace) -> PathBuf {
    place.git_dir.join("tix/guard.json")
}

/// What the facts depend on besides files; `None` when it cannot be written down.
fn key(place: &GuardPlace, station: Station, env: &Env) -> Option<Vec<String>> {
    let mut key = vec![
        env!("CARGO_PKG_VERSION").to_owned(),
        format!("{station:?}"),
        place.common_dir.to_str()?.to_owned(),
        place.root.as_deref().map_or(Some(""), Path::to_str)?.to_owned(),
        env.protected_branches().join(" "),
    ];
    for (name, value) in env.of_git_config() {
        let value = value.map_or(Some(""), |value| value.to_str())?;
        key.push(format!("{name}={value}"));
    }
    key.extend(InheritedConfig::of(env.git_settings()).chosen(is_heeded));
    let settings: Vec<String> = config::variables().collect();
    for (name, value) in env.config_pairs().into_iter().filter(|(name, _)| settings.contains(name))
    {
        key.push(format!("{name}={}", value.to_str()?));
    }
    Some(key)
}

/// The signature of a file; `None` where there is none.
fn look(path: &Path) -> std::io::Result<Option<Stamp>> {
    match fs::metadata(path) {
        Ok(found) => Stamp::of(&found).map(Some),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

fn is_racy(stamp: &Stamp, began: Duration) -> bool {
    let tick = if stamp.modified.subsec_nanos() == 0 { COARSE_TICK } else { TICK };
    stamp.modified + tick >= began
}
