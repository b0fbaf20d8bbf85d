//! Pushes for held tickets whose fate is not known.
//!
//! A release or a resume that was pushed and never answered may still land, as long as the trunk is where
//! it was decided. Until then "it is yours already" would be a promise that it can break, so it is written
//! down before it is pushed.

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

/// Notes that a change which was decided on this trunk commit is about to be pushed.
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

/// Notes that the fate of the push is known, or that the trunk has moved past it.
pub fn settle_push(repo: &Repo, id: &TicketId) -> Result<(), WorkspaceError> {
    let path = file_of(repo, id);
    file::remove(&path).map_err(|source| WorkspaceError::Record { path, source })
}
