//! The queue of one machine's processes before one remote.
//!
//! A courtesy: processes of one machine take turns instead of racing each other to the server, so that
//! only machines contend. Nothing depends on it. Whoever cannot have the lock soon goes ahead without.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::lock::Lock;

/// How long to wait for one's turn: a few attempts at a remote with a slow network.
const PATIENCE: Duration = Duration::from_secs(4);

/// Waits for a turn at the remote with this URL; `None` when none came in time or there is no place
/// for the lock.
pub fn enter(runtime_dir: &Path, url: &str, deadline: Instant) -> Option<Lock> {
    let mut hasher = DefaultHasher::new();
    url.hash(&mut hasher);
    let path = runtime_dir.join(format!("remote-{:016x}.lock", hasher.finish()));
    let until = deadline.min(Instant::now() + PATIENCE);
    match private_dir(runtime_dir).and_then(|()| Lock::take(&path, until)) {
        Ok(lock) => lock,
        Err(error) => {
            tracing::debug!(path = %path.display(), %error, "no queue before the remote");
            None
        }
    }
}

/// Makes the directory for this user alone. One below `/tmp` has a name that others can guess, so a
/// directory that somebody else owns is not used.
#[cfg(unix)]
fn private_dir(dir: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt, MetadataExt};
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    let owner = std::fs::symlink_metadata(dir)?.uid();
    if owner == rustix::process::getuid().as_raw() {
        return Ok(());
    }
    Err(std::io::Error::other("the directory belongs to another user"))
}

#[cfg(not(unix))]
fn private_dir(dir: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(dir)
}
