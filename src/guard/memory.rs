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
    sources: Vec<(PathBuf, Option<Stamp>)>,
    facts: GuardFacts,
}

/// The facts, if they were remembered and still hold.
pub fn recall(place: &GuardPlace, station: Station, env: &Env) -> Option<GuardFacts> {
    let text = fs::read(file(place)).ok()?;
    let memory: Memory = serde_json::from_slice(&text).ok()?;
    let holds = memory.key == key(place, station, env)?
        && memory.sources.iter().all(|(path, known)| look(path).is_ok_and(|now| now == *known));
    holds.then_some(memory.facts)
}

/// Remembers facts that were found after `began`. To fail is to find them out again next time.
pub fn remember(
    place: &GuardPlace,
    station: Station,
    env: &Env,
    found: &FoundFacts,
    began: SystemTime,
) {
    if let Some(memory) = memory(place, station, env, found, began)
        && let Ok(text) = serde_json::to_vec(&memory)
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
    let began = began.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    let mut sources = Vec::new();
    for path in found.files.as_ref()? {
        let stamp = look(path).ok()?;
        if stamp.is_some_and(|stamp| is_racy(&stamp, began)) {
            return None;
        }
        sources.push((path.clone(), stamp));
    }
    Some(Memory { key: key(place, station, env)?, sources, facts: found.facts.clone() })
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
