//! The claims that belong to this clone: those that it made, each recorded before it was pushed, and those that
//! somebody continued from here. One file per ticket, below the common git dir.
//!
//! The beginning of a claim id proves nothing: copies of a clone may use the same one. So each file says which clone
//! wrote it, and a copy of the file proves nothing either.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::WorkspaceError;
use super::clone_id::{known_clone_id, write};
use crate::file;
use crate::git::Repo;
use crate::lock::Lock;
use crate::ticket::TicketId;

#[derive(Default, Serialize, Deserialize)]
struct ClaimsFile {
    /// The id of the clone that wrote it.
    clone: String,
    /// Oldest first. More than one only where the outcome of a push is unknown.
    claims: Vec<String>,
}

fn file_of(repo: &Repo, id: &TicketId) -> PathBuf {
    repo.tix_dir().join("claims").join(format!("{id}.json"))
}

/// The claims of a ticket that belong to this clone, oldest first.
pub fn known_claims(repo: &Repo, id: &TicketId) -> Vec<String> {
    let read = |clone| {
        let file = crate::file::read_own(&file_of(repo, id)).ok()?;
        let known: ClaimsFile = serde_json::from_slice(&file).ok()?;
        (known.clone == clone).then_some(known.claims)
    };
    known_clone_id(repo).and_then(read).unwrap_or_default()
}

fn given_file(repo: &Repo, id: &TicketId) -> PathBuf {
    repo.tix_dir().join("given").join(format!("{id}.json"))
}

/// The claim under which this clone gave the ticket to somebody, and may take it back until they continue it.
pub fn given_claim(repo: &Repo, id: &TicketId) -> Option<String> {
    let clone = known_clone_id(repo)?;
    let file = file::read_own(&given_file(repo, id)).ok()?;
    let mut given: ClaimsFile = serde_json::from_slice(&file).ok()?;
    given.claims.pop().filter(|_| given.clone == clone)
}

/// Records that the ticket was given away under this claim.
pub fn note_given(repo: &Repo, id: &TicketId, claim: &str) -> Result<(), WorkspaceError> {
    let path = given_file(repo, id);
    let clone = known_clone_id(repo).unwrap_or_default();
    let given = ClaimsFile { clone, claims: vec![claim.to_owned()] };
    write(&path, &given).map_err(|source| WorkspaceError::Record { path, source })
}

/// Records a claim that is about to be pushed.
pub fn note_claim(repo: &Repo, id: &TicketId, claim: &str) -> Result<(), WorkspaceError> {
    change(repo, id, |claims| {
        claims.retain(|known| known != claim);
        claims.push(claim.to_owned());
    })
}

/// Records that a claim stands. No earlier one can land any more.
pub fn keep_claim(repo: &Repo, id: &TicketId, claim: &str) -> Result<(), WorkspaceError> {
    if known_claims(repo, id) == [claim] {
        return Ok(());
    }
    change(repo, id, |claims| *claims = vec![claim.to_owned()])
}

/// Records that a claim was not made, and that no push of it can land any more.
pub fn drop_claim(repo: &Repo, id: &TicketId, claim: &str) -> Result<(), WorkspaceError> {
    change(repo, id, |claims| claims.retain(|known| known != claim))
}

pub(super) fn forget_claims(repo: &Repo, id: &TicketId) -> Result<(), WorkspaceError> {
    let path = file_of(repo, id);
    file::remove(&path).map_err(|source| WorkspaceError::Record { path, source })
}

/// Under a lock, because a takeover does not wait for an activation of the same ticket.
fn change(
    repo: &Repo,
    id: &TicketId,
    edit: impl FnOnce(&mut Vec<String>),
) -> Result<(), WorkspaceError> {
    let path = file_of(repo, id);
    let failed = |source| WorkspaceError::Record { path: path.clone(), source };
    let lock = repo.tix_dir().join("locks/claims.lock");
    let held = Lock::take(&lock, Instant::now() + Duration::from_secs(10)).map_err(failed)?;
    let mut claims = known_claims(repo, id);
    edit(&mut claims);
    if claims.is_empty() {
        file::remove(&path).map_err(failed)?;
    } else {
        let clone = known_clone_id(repo).unwrap_or_default();
        write(&path, &ClaimsFile { clone, claims }).map_err(failed)?;
    }
    drop(held);
    Ok(())
}
