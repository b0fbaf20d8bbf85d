//! The id of this clone: claim ids begin with it, so that a later run recognises this clone's own.

use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::WorkspaceError;
use crate::file;
use crate::git::Repo;
use crate::lock::Lock;

#[derive(Serialize, Deserialize)]
struct CloneFile {
    id: String,
    /// The common git dir the id was made for: a copied clone finds another path here and makes its own.
    path: String,
}

/// The id of this clone: eight hexadecimal digits, made by `random` at the first call.
pub fn clone_id(repo: &Repo, random: impl FnOnce() -> String) -> Result<String, WorkspaceError> {
    let file = repo.tix_dir().join("clone.json");
    let failed = |source| WorkspaceError::Unprepared { path: file.clone(), source };
    let here = repo.common_dir.display().to_string();
    if let Some(id) = read(&file, &here) {
        return Ok(id);
    }
    let lock = repo.tix_dir().join("locks/clone.lock");
    let held = Lock::take(&lock, Instant::now() + Duration::from_secs(10)).map_err(failed)?;
    if let Some(id) = read(&file, &here) {
        return Ok(id);
    }
    let id: String = random().chars().take(8).collect();
    write(&file, &CloneFile { id: id.clone(), path: here }).map_err(failed)?;
    drop(held);
    Ok(id)
}

/// The id of this clone if it has one already: without it, nothing on the trunk was claimed from here.
pub fn known_clone_id(repo: &Repo) -> Option<String> {
    read(&repo.tix_dir().join("clone.json"), &repo.common_dir.display().to_string())
}

fn read(file: &Path, here: &str) -> Option<String> {
    let known: CloneFile = serde_json::from_slice(&std::fs::read(file).ok()?).ok()?;
    let usable = known.id.len() == 8 && known.id.bytes().all(|b| b.is_ascii_hexdigit());
    (known.path == here && usable).then_some(known.id)
}

/// Writes a record, whole.
pub(super) fn write(path: &Path, value: &impl Serialize) -> io::Result<()> {
    file::replace(path, &serde_json::to_vec(value)?)
}
