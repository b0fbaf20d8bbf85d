//! The upstream of a ticket branch: two settings in a file that all processes of a clone share.

use std::time::{Duration, Instant};

use crate::git::{GitError, Repo};
use crate::lock::Lock;
use crate::names::{RefName, RemoteName};

/// How long other processes of this clone may keep the configuration file.
const PATIENCE: Duration = Duration::from_secs(20);

/// Sets the upstream of a ticket branch, one process of this clone at a time.
pub fn set_upstream(repo: &Repo, branch: &RefName, remote: &RemoteName) -> Result<(), GitError> {
    let lock = lock(repo);
    let result = repo.set_upstream(branch, remote);
    drop(lock);
    result
}

/// Removes the settings of a ticket branch that is gone, as `git branch -d` does.
///
/// Settings that stay say something of a branch that nobody has, so a failure is only logged.
pub fn forget_upstream(repo: &Repo, branch: &RefName) {
    let lock = lock(repo);
    if let Err(error) = repo.forget_settings(branch) {
        tracing::debug!(%error, branch = branch.short(), "settings of a branch");
    }
    drop(lock);
}

/// Without the lock it is tried all the same: it only makes a collision unlikely.
fn lock(repo: &Repo) -> Option<Lock> {
    let path = repo.tix_dir().join("locks/config.lock");
    Lock::take(&path, Instant::now() + PATIENCE).ok().flatten()
}
