//! The queue of this machine's processes for one remote.
//!
//! A courtesy: processes of one machine take turns instead of racing each other to the server, so that only machines
//! contend. Nothing depends on it. A process that does not get the lock soon goes ahead without it.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use super::{Trunk, TrunkStep};
use crate::lock::Lock;
use crate::names::RemoteName;

/// How long to wait for one holder: a few attempts at a remote with a slow network. A turn is one attempt, so a holder
/// that takes longer is stuck.
const PATIENCE: Duration = Duration::from_secs(4);

/// The shortest and the longest sleep between two tries. A waiter sleeps for an eighth of the time it has waited so
/// far: one that follows another by chance loses next to nothing, and sixty-four that queue for seconds take no
/// noticeable CPU time from the one that works.
const POLL: [Duration; 2] = [Duration::from_millis(1), Duration::from_millis(16)];

impl Trunk<'_> {
    /// Waits for other processes of this machine, until the deadline or until waiting is no longer needed; meanwhile
    /// prepares what the transaction needs.
    pub(super) fn wait_for_turn(
        &self,
        remote: &RemoteName,
        is_needed: impl Fn() -> bool,
    ) -> Option<Lock> {
        (self.progress)(TrunkStep::Queue);
        let turn = enter(&self.runtime_dir, self.url(remote), self.deadline.at(), is_needed);
        if let Ok(writer) = self.run.writer() {
            writer.warm_up();
        }
        turn
    }

    /// A turn, if nobody else has it now.
    pub(super) fn free_turn(&self, remote: &RemoteName) -> Option<Lock> {
        enter(&self.runtime_dir, self.url(remote), Instant::now(), || true)
    }

    /// The URL that pushes go to, according to the configuration; otherwise the remote's name.
    pub(super) fn url<'a>(&'a self, remote: &'a RemoteName) -> &'a str {
        let config = &self.repo.config;
        config.last(&format!("remote.{remote}.url")).unwrap_or(remote.as_str())
    }
}

/// Waits for a turn at the remote with this URL; `None` when none came in time or there is no place for the lock.
fn enter(
    runtime_dir: &Path,
    url: &str,
    deadline: Instant,
    is_needed: impl Fn() -> bool,
) -> Option<Lock> {
    let path = file_of(runtime_dir, url, "lock");
    match private_dir(runtime_dir).and_then(|()| wait(&path, deadline, is_needed)) {
        Ok(lock) => lock,
        Err(error) => {
            tracing::debug!(path = %path.display(), %error, "no queue before the remote");
            None
        }
    }
}

/// The file of this kind in which the processes of this machine share something about a remote.
pub(super) fn file_of(runtime_dir: &Path, about: &str, kind: &str) -> PathBuf {
    let mut hasher = DefaultHasher::new();
    about.hash(&mut hasher);
    runtime_dir.join(format!("remote-{:016x}.{kind}", hasher.finish()))
}

/// Waits while the queue moves: leaving a moving queue would only turn its order into a race.
fn wait(path: &Path, deadline: Instant, is_needed: impl Fn() -> bool) -> io::Result<Option<Lock>> {
    let began = Instant::now();
    let mut patience = TurnPatience { holder: None, since: began };
    loop {
        if let Some(lock) = Lock::try_take(path)? {
            return Ok(Some(lock));
        }
        if !is_needed() {
            return Ok(None);
        }
        let now = Instant::now();
        // Each holder creates the file again, because the one before removed it. After a crash it is still the same
        // file, and two holders count as one.
        let holder = std::fs::metadata(path).and_then(|file| file.modified()).ok();
        if now >= deadline || patience.is_out(holder, now) {
            tracing::debug!(path = %path.display(), "no turn in time");
            return Ok(None);
        }
        std::thread::sleep(((now - began) / 8).clamp(POLL[0], POLL[1]));
    }
}

/// How long the present holder has been waited for.
struct TurnPatience {
    holder: Option<SystemTime>,
    since: Instant,
}

impl TurnPatience {
    /// Whether this holder's time is up. A new holder gets new time.
    fn is_out(&mut self, holder: Option<SystemTime>, now: Instant) -> bool {
        if self.holder != holder {
            *self = TurnPatience { holder, since: now };
        }
        now.saturating_duration_since(self.since) >= PATIENCE
    }
}

/// Creates the directory for this user alone. Others can guess the name of one below `/tmp`, so a directory that
/// somebody else owns is not used.
#[cfg(unix)]
pub(super) fn private_dir(dir: &Path) -> io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt, MetadataExt};
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    let owner = std::fs::symlink_metadata(dir)?.uid();
    if owner == rustix::process::getuid().as_raw() {
        return Ok(());
    }
    Err(io::Error::other("the directory belongs to another user"))
}

#[cfg(not(unix))]
pub(super) fn private_dir(dir: &Path) -> io::Result<()> {
    std::fs::create_dir_all(dir)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_that_moves_is_waited_for_and_one_that_is_stuck_is_not() {
        let (began, file) = (Instant::now(), SystemTime::UNIX_EPOCH);
        let mut patience = TurnPatience { holder: None, since: began };
        let second = Duration::from_secs(1);
        for turn in 0..20 {
            assert!(!patience.is_out(Some(file + second * turn), began + second * 3 * turn));
        }
        let last = began + second * 57;
        assert!(!patience.is_out(Some(file + second * 19), last + PATIENCE / 2));
        assert!(patience.is_out(Some(file + second * 19), last + PATIENCE));
    }

    #[test]
    fn a_turn_is_had_at_once_and_by_one() {
        let dir = tempfile::tempdir().unwrap();
        let now = Instant::now();
        let turn = enter(dir.path(), "https://x", now, || true).unwrap();
        assert!(enter(dir.path(), "https://x", now, || true).is_none());
        assert!(enter(dir.path(), "https://y", now, || true).is_some());
        drop(turn);
        assert!(enter(dir.path(), "https://x", now, || true).is_some());
    }
}
