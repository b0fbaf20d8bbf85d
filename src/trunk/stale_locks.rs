//! git's own lock files, left by a git that was killed together with its tix.
//!
//! A lock does not say whose it is, and git leaves its removal to a person: until then the ref cannot be moved, and
//! with `packed-refs.lock` no ref can be deleted. So tix takes a lock for a killed run's only if it is not older than
//! that run, and if it has not changed for longer than git ever holds one: git writes what it has to write, and renames
//! the file.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, SystemTime};

use crate::file;

/// How long the lock must be unchanged. A git that writes the packed refs of a large repository writes all the time.
const STILL: Duration = Duration::from_secs(2);

/// The length and the time of the files that a git with this lock writes.
type Signature = [Option<(u64, SystemTime)>; 2];

/// Removes the locks on refs and on the configuration that a run left which began at this time. Locks on an index stay:
/// an editor for a commit message holds one for as long as somebody thinks.
pub(super) fn remove(git_dir: &Path, began: SystemTime) -> std::io::Result<()> {
    let mut locks = ["packed-refs.lock", "config.lock"].map(|name| git_dir.join(name)).to_vec();
    collect(&git_dir.join("refs"), &mut locks);
    let is_later = |path: &PathBuf| {
        path.metadata().and_then(|meta| meta.modified()).is_ok_and(|made| made >= began)
    };
    locks.retain(is_later);
    if locks.is_empty() {
        return Ok(());
    }
    let before: Vec<Signature> = locks.iter().map(|path| signature(path)).collect();
    thread::sleep(STILL);
    for (path, before) in locks.iter().zip(before) {
        if signature(path) == before {
            tracing::warn!(path = %path.display(), "removing a lock that a killed git left");
            file::remove(path)?;
        }
    }
    Ok(())
}

/// Of the lock, and of the file written beside it: refs/packed-backend.c writes the packed refs to `packed-refs.new`.
fn signature(lock: &Path) -> Signature {
    [lock.to_owned(), lock.with_extension("new")].map(|path| {
        let meta = path.metadata().ok()?;
        Some((meta.len(), meta.modified().ok()?))
    })
}

fn collect(dir: &Path, locks: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            collect(&path, locks);
        } else if path.extension().is_some_and(|end| end == "lock") {
            // The name of a ref cannot end like this: git-check-ref-format(1).
            locks.push(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    #[test]
    fn only_a_lock_that_nobody_writes_and_that_is_later_than_the_run_goes() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        fs::create_dir_all(path("refs/heads/ticket")).unwrap();
        let (ours, theirs) = ("refs/heads/ticket/a.lock", "packed-refs.lock");
        for name in [ours, theirs, "index.lock", "refs/heads/a"] {
            fs::write(path(name), "").unwrap();
        }
        let left = |began| {
            remove(dir.path(), began).unwrap();
            [ours, theirs, "index.lock", "refs/heads/a"].map(|name| path(name).exists())
        };
        let now = path(ours).metadata().unwrap().modified().unwrap();
        assert_eq!(left(now + Duration::from_hours(1)), [true; 4]);
        let done = AtomicBool::new(false);
        let left = thread::scope(|scope| {
            scope.spawn(|| {
                // Longer each time: the clock of the file system may be coarse.
                let mut text = String::new();
                while !done.load(Ordering::Relaxed) {
                    text.push('x');
                    fs::write(path("packed-refs.new"), &text).unwrap();
                    thread::yield_now();
                }
            });
            let left = left(now - Duration::from_hours(1));
            done.store(true, Ordering::Relaxed);
            left
        });
        assert_eq!(left, [false, true, true, true]);
    }
}
