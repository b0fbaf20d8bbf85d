//! What this clone last saw of the pull requests, a file each: lists and boards show it without asking anybody.

use std::io;
use std::path::PathBuf;

use crate::file;
use crate::git::Repo;
use crate::ticket::{SeenPull, TicketId};

fn path_of(repo: &Repo, id: &TicketId) -> PathBuf {
    repo.tix_dir().join("pulls").join(format!("{id}.json"))
}

/// The pull request of a ticket as this clone last saw it; `None` if it never looked. What cannot be read was never seen.
pub fn seen_pull(repo: &Repo, id: &TicketId) -> Option<SeenPull> {
    let text = file::read_own_text(&path_of(repo, id)).ok()?;
    serde_json::from_str(&text).ok()
}

/// Remembers it. Failing at that costs a look later, and nothing else.
pub fn remember_pull(repo: &Repo, id: &TicketId, seen: &SeenPull) {
    let told = serde_json::to_vec(seen).map_err(std::io::Error::other);
    if let Err(error) = told.and_then(|bytes| file::replace(&path_of(repo, id), &bytes)) {
        tracing::warn!(%error, %id, "pull request");
    }
}

/// Forgets those of all other tickets: they have ended, or were given back elsewhere.
pub fn keep_pulls(repo: &Repo, held: &[TicketId]) {
    let files = std::fs::read_dir(repo.tix_dir().join("pulls")).into_iter().flatten().flatten();
    let ids = files.filter_map(|file| TicketId::parse(file.path().file_stem()?.to_str()?).ok());
    for id in ids.filter(|id| !held.contains(id)) {
        if let Err(error) = forget(repo, &id) {
            tracing::warn!(%error, %id, "pull request");
        }
    }
}

pub(super) fn forget(repo: &Repo, id: &TicketId) -> io::Result<()> {
    file::remove(&path_of(repo, id))
}
