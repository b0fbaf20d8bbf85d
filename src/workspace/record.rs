//! This clone's records of the workspaces it created: one file each, below the common git dir.
//!
//! A record says whether the set-up finished, which commit tix itself put on the ticket branch (so that a release can
//! tell it from work), and which session asked for the workspace. tix writes it before the set-up creates anything, so
//! that a killed run can be told from a finished one.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::claims::forget_claims;
use super::clone_id::write;
use super::{WorkspaceError, prepared, pull};
use crate::file;
use crate::git::Repo;
use crate::ticket::TicketId;

/// A workspace that tix created.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkspaceRecord {
    pub claim_id: String,
    /// The session that asked for it, if there is one.
    pub session: Option<Session>,
    /// The session of the worker that tix has started in it: the claim is that worker's as well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worker: Option<Session>,
    /// The commit that tix put on the ticket branch.
    pub commit: String,
    /// The worktree; `None` when none was wanted.
    pub path: Option<PathBuf>,
    /// Whether the set-up finished.
    #[serde(default)]
    pub finished: bool,
    /// Whether the session was told at an end of its turn that it still holds the ticket.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reminded: bool,
}

/// The name of a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Session {
    Given(String),
    /// By `tix mcp`, where its agent gives it none.
    MadeUp {
        made_up: String,
    },
}

impl Session {
    /// The name, if it was given.
    pub fn given(&self) -> Option<&str> {
        match self {
            Session::Given(name) => Some(name),
            Session::MadeUp { .. } => None,
        }
    }
}

/// How a session relates to the one that a workspace was made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionMatch {
    Same,
    Other,
    /// Nobody can tell: a person works without a session, and a server of tools may be a part of the agent whose
    /// session it was not told. Both keep what they may do.
    Unknown,
}

impl SessionMatch {
    /// How the session of a call relates to one that this clone has written down.
    pub fn of(known: &Session, caller: Option<&Session>) -> SessionMatch {
        match caller {
            Some(caller) if known == caller => SessionMatch::Same,
            Some(caller) if known.given().is_some() == caller.given().is_some() => {
                SessionMatch::Other
            }
            Some(_) | None => SessionMatch::Unknown,
        }
    }
}

impl WorkspaceRecord {
    pub fn compare_session(&self, session: Option<&Session>) -> SessionMatch {
        let known = self.session.iter().chain(&self.worker);
        let matches: Vec<_> = known.map(|known| SessionMatch::of(known, session)).collect();
        let found = [SessionMatch::Same, SessionMatch::Other];
        found.into_iter().find(|one| matches.contains(one)).unwrap_or(SessionMatch::Unknown)
    }

    /// The session to record once this one goes on under the claim. A name that was made up tells less than one that was
    /// given.
    pub fn session_with(&self, session: Option<&Session>) -> Option<Session> {
        let session = session.filter(|new| self.session.is_none() || new.given().is_some());
        session.or(self.session.as_ref()).cloned()
    }

    /// The claim, if another session than this one works under it.
    pub fn claim_of_another(&self, session: Option<&Session>) -> Option<&str> {
        (self.compare_session(session) == SessionMatch::Other).then_some(&self.claim_id)
    }
}

fn file_of(repo: &Repo, id: &TicketId) -> PathBuf {
    repo.tix_dir().join("workspaces").join(format!("{id}.json"))
}

/// The record of a ticket's workspace; `None` when this clone has none that can be read.
pub fn load(repo: &Repo, id: &TicketId) -> Option<WorkspaceRecord> {
    serde_json::from_slice(&crate::file::read_own(&file_of(repo, id)).ok()?).ok()
}

/// Writes down the session of a worker that works under this claim.
pub fn name_worker(
    repo: &Repo,
    id: &TicketId,
    claim_id: &str,
    worker: Session,
) -> Result<(), WorkspaceError> {
    match load(repo, id).filter(|record| record.claim_id == claim_id) {
        Some(record) => save(repo, id, &WorkspaceRecord { worker: Some(worker), ..record }),
        None => Ok(()),
    }
}

/// Forgets that worker, which has ended, unless another one has taken its place.
pub fn forget_worker(repo: &Repo, id: &TicketId, worker: &Session) -> Result<(), WorkspaceError> {
    match load(repo, id).filter(|record| record.worker.as_ref() == Some(worker)) {
        Some(record) => save(repo, id, &WorkspaceRecord { worker: None, ..record }),
        None => Ok(()),
    }
}

pub fn recorded(repo: &Repo) -> Vec<TicketId> {
    let files = std::fs::read_dir(repo.tix_dir().join("workspaces")).into_iter().flatten();
    let id = |file: std::fs::DirEntry| TicketId::parse(file.path().file_stem()?.to_str()?).ok();
    files.flatten().filter_map(id).collect()
}

pub fn made_at(repo: &Repo, path: &Path) -> Option<TicketId> {
    let is_here = |id: &TicketId| load(repo, id).is_some_and(|r| r.path.as_deref() == Some(path));
    recorded(repo).into_iter().find(is_here)
}

/// All readable records.
pub fn all(repo: &Repo) -> Vec<(TicketId, WorkspaceRecord)> {
    let read = |id: TicketId| load(repo, &id).map(|record| (id, record));
    let mut all: Vec<(TicketId, WorkspaceRecord)> =
        recorded(repo).into_iter().filter_map(read).collect();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all
}

pub fn save(repo: &Repo, id: &TicketId, record: &WorkspaceRecord) -> Result<(), WorkspaceError> {
    let path = file_of(repo, id);
    write(&path, record).map_err(|source| WorkspaceError::Record { path, source })
}

/// Removes the records of a ticket's workspace, its claims and its pull request.
pub fn forget(repo: &Repo, id: &TicketId) -> Result<(), WorkspaceError> {
    forget_claims(repo, id)?;
    let path = file_of(repo, id);
    let removed = prepared::forget(repo, id)
        .and_then(|()| pull::forget(repo, id))
        .and_then(|()| file::remove(&path));
    removed.map_err(|source| WorkspaceError::Record { path, source })
}
