//! When the trunk was last looked at.
//!
//! tix fetches under private names and without `FETCH_HEAD`, so that a fetch without news leaves no
//! trace in git's own files. A stamp of tix's own says when it was.

use std::path::PathBuf;
use std::time::SystemTime;

use crate::git::Repo;
use crate::names::{Oid, RefName, RemoteName};

/// The stamp's contents say which branch of which remote it is about, its time says when.
fn stamp(repo: &Repo) -> PathBuf {
    repo.tix_dir().join("fetched")
}

fn subject(remote: &RemoteName, branch: &RefName) -> String {
    format!("{remote} {branch}\n")
}

/// Notes that the trunk has just been fetched. Without the stamp tix only seems less up to date than it
/// is, so that a failure is not worth a word.
pub fn note_fetched(repo: &Repo, remote: &RemoteName, branch: &RefName) {
    let written = std::fs::create_dir_all(repo.tix_dir())
        .and_then(|()| std::fs::write(stamp(repo), subject(remote, branch)));
    if let Err(error) = written {
        tracing::debug!(%error, "stamp");
    }
}

/// When the trunk, which is at `tip` as far as is known here, was last fetched by anybody; `None` when
/// nothing says so.
pub fn last_fetched(
    repo: &Repo,
    remote: &RemoteName,
    branch: &RefName,
    tip: &Oid,
) -> Option<SystemTime> {
    let path = stamp(repo);
    let ours = std::fs::read_to_string(&path).is_ok_and(|text| text == subject(remote, branch));
    let by_tix = ours.then(|| std::fs::metadata(&path).and_then(|m| m.modified()).ok()).flatten();
    by_tix.max(repo.last_fetched(remote, branch, tip))
}
