//! Locks between the processes of one machine: OS file locks, which a crash frees.
//!
//! Releasing a lock removes its file while the lock is still held. A process that opened the file just before would
//! then lock a file without a name, and would believe that it is alone; so after taking a lock, a process checks that
//! the name still leads to the same file.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long a waiter sleeps between two tries: short compared to the shortest time that a lock is held (a push to a
/// local remote, about 15 ms); a try costs a microsecond.
const POLL: Duration = Duration::from_millis(2);

#[derive(Debug)]
pub struct Lock {
    path: PathBuf,
    #[allow(dead_code, reason = "the system's lock lasts as long as the file is open")]
    file: File,
}

impl Lock {
    pub fn try_take(path: &Path) -> io::Result<Option<Lock>> {
        loop {
            if let Some(parent) = path.parent() {
                std::fs::create_dir_all(parent)?;
            }
            let file = match OpenOptions::new()
                .create(true)
                .truncate(false)
                .write(true)
                .read(true)
                .open(path)
            {
                Ok(file) => file,
                // The directory vanished between the two calls: its last user removed it.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            };
            match file.try_lock() {
                Ok(()) => {}
                Err(std::fs::TryLockError::WouldBlock) => return Ok(None),
                Err(std::fs::TryLockError::Error(error)) => return Err(error),
            }
            if same_file(&file, path)? {
                return Ok(Some(Lock { path: path.to_owned(), file }));
            }
        }
    }

    /// Takes the lock, waiting until `deadline`; `None` when somebody else still holds it then.
    pub fn take(path: &Path, deadline: Instant) -> io::Result<Option<Lock>> {
        loop {
            if let Some(lock) = Lock::try_take(path)? {
                return Ok(Some(lock));
            }
            if Instant::now() >= deadline {
                return Ok(None);
            }
            std::thread::sleep(POLL);
        }
    }
}

impl Lock {
    /// Whether somebody holds the lock. Creates and removes nothing, and blocks others only for as long as the question
    /// takes.
    pub fn is_held(path: &Path) -> io::Result<bool> {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(error),
        };
        match file.try_lock_shared() {
            Ok(()) => Ok(false),
            Err(std::fs::TryLockError::WouldBlock) => Ok(true),
            Err(std::fs::TryLockError::Error(error)) => Err(error),
        }
    }

    /// Releases the lock but leaves its file, as a sign that its holder did not end properly.
    pub fn abandon(mut self) {
        self.path = PathBuf::new();
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        if self.path.as_os_str().is_empty() {
            return;
        }
        if let Err(error) = std::fs::remove_file(&self.path) {
            tracing::debug!(path = %self.path.display(), %error, "remove lock");
        }
    }
}

#[cfg(unix)]
fn same_file(file: &File, path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let ours = file.metadata()?;
    match std::fs::metadata(path) {
        Ok(named) => Ok(named.dev() == ours.dev() && named.ino() == ours.ino()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Windows does not remove a file's name while it is open.
#[cfg(not(unix))]
fn same_file(_file: &File, _path: &Path) -> io::Result<bool> {
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_excludes_and_leaves_no_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("deep/x.lock");
        assert!(!Lock::is_held(&path).unwrap());
        let first = Lock::try_take(&path).unwrap().unwrap();
        assert!(Lock::try_take(&path).unwrap().is_none());
        assert!(Lock::is_held(&path).unwrap());
        drop(first);
        assert!(!path.exists());
        assert!(!Lock::is_held(&path).unwrap());
        assert!(Lock::try_take(&path).unwrap().is_some());
    }

    #[test]
    fn many_threads_are_never_inside_together() {
        use std::sync::atomic::{AtomicU32, Ordering};
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.lock");
        let inside = AtomicU32::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..20 {
                        let far = Instant::now() + Duration::from_mins(1);
                        let lock = Lock::take(&path, far).unwrap().unwrap();
                        assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                        inside.fetch_sub(1, Ordering::SeqCst);
                        drop(lock);
                    }
                });
            }
        });
    }
}
