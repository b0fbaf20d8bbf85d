//! Workspaces that a killed run left, and that keep git from working in the whole clone.

use crate::git::Repo;
use crate::lock::Lock;
use crate::ticket::TicketId;
use crate::trunk::ticket_lock;
use crate::workspace::{finish_half_made, never_filled};

/// Removes them before anything is fetched, because no command gets past the fetch otherwise. A failure is only logged:
/// git says what is wrong when it fails on it.
pub fn mend(repo: &Repo) {
    for id in never_filled(repo) {
        if let Err(error) = mend_one(repo, &id) {
            tracing::warn!(%id, error, "half-made workspace");
        }
    }
}

/// Leaves alone what another process of this clone is working on.
fn mend_one(repo: &Repo, id: &TicketId) -> Result<(), String> {
    let lock = Lock::try_take(&ticket_lock(repo, id)).map_err(|error| error.to_string())?;
    match lock {
        Some(_lock) => finish_half_made(repo, id).map_err(|error| error.to_string()),
        None => Ok(()),
    }
}
