//! Pushes for held tickets whose outcome is unknown.
//!
//! A release or a resume that was pushed and never answered may still land while the trunk is where it was decided.
//! Until then the push could break a promise like "it is yours already", so tix records it before it pushes.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::WorkspaceError;
use super::clone_id::write;
use crate::file;
use crate::git::Repo;
use crate::names::Oid;
use crate::ticket::TicketId;

#[derive(Serialize, Deserialize)]
struct Pending {
    trunk: String,
}

fn file_of(repo: &Repo, id: &TicketId) -> PathBuf {
    repo.tix_dir().join("pending").join(format!("{id}.json"))
}

/// Records that a change, decided on this trunk commit, is about to be pushed.
pub fn note_push(repo: &Repo, id: &TicketId, trunk: &Oid) -> Result<(), WorkspaceError> {
    let path = file_of(repo, id);
    write(&path, &Pending { trunk: trunk.to_string() })
        .map_err(|source| WorkspaceError::Unprepared { path, source })
}

/// The trunk commit on which a push may still land; `None` when there is no such push.
pub fn pending_push(repo: &Repo, id: &TicketId) -> Option<Oid> {
    let pending: Pending =
        serde_json::from_slice(&crate::file::read_own(&file_of(repo, id)).ok()?).ok()?;
    Oid::parse(&pending.trunk)
}

/// Records that the outcome of the push is known, or that the trunk has moved past it.
pub fn settle_push(repo: &Repo, id: &TicketId) -> Result<(), WorkspaceError> {
    let path = file_of(repo, id);
    file::remove(&path).map_err(|source| WorkspaceError::Record { path, source })
}
