//! What of the user's checkout is the same after a write as before it: found by comparing, not promised.

use std::ffi::OsString;
use std::fs::{self, File, Metadata};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use serde::Serialize;

use crate::git::{Objects, Repo};
use crate::names::Oid;

/// How many files and directories of a checkout are compared at most: more take longer than the write.
const MOST_FILES: usize = 20_000;

/// The end of an index is a checksum of all of it.
const CHECKSUM: u64 = 32;

/// What was compared before and after an operation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct UntouchedJson {
    /// Of `HEAD`, `index`, `stash` and `files` those that were compared; `files` are compared for writes of `tix serve` alone.
    compared: Vec<&'static str>,
    /// Those of them that were another afterwards, whoever changed them; empty when nothing was touched.
    changed: Vec<&'static str>,
    /// Those that were to be compared and could not be, such as the files of a checkout with very many; may be empty.
    unknown: Vec<&'static str>,
    /// Whether the checkout followed the write, because it has a branch checked out that the write itself moved; then `changed` is
    /// what that changed. Missing if it did not.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub followed: bool,
}

impl UntouchedJson {
    /// Whether something is another afterwards.
    pub fn has_changed(&self) -> bool {
        !self.changed.is_empty()
    }
}

/// The checkout that a command is run in, at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckoutMark {
    parts: Vec<(&'static str, Option<Vec<u8>>)>,
}

impl CheckoutMark {
    /// Reads what costs no more than a few files, and with `files` the times and sizes of all that is checked out.
    pub fn of(repo: &Repo, objects: &Objects, files: bool) -> CheckoutMark {
        let at = |name: &str| objects.resolve(name).ok().map(|at| format!("{at:?}").into_bytes());
        let named = fs::read_to_string(repo.git_dir.join("HEAD")).ok();
        let head =
            named.and_then(|name| Some([name.as_bytes(), &at(&head_of(repo, &name))?].concat()));
        let mut parts = vec![
            ("HEAD", head),
            ("index", index(&repo.git_dir.join("index")).ok()),
            ("stash", at("refs/stash")),
        ];
        if files {
            let root = repo.worktree.as_deref();
            parts.push(("files", root.and_then(|root| tree(root, MOST_FILES))));
        }
        CheckoutMark { parts }
    }

    /// What is the same now, and what is not. `None` if the checkout itself is gone: a workspace that was given back.
    pub fn compare(&self, repo: &Repo, objects: &Objects) -> Option<UntouchedJson> {
        if !repo.git_dir.is_dir() {
            return None;
        }
        let after = CheckoutMark::of(repo, objects, self.is_thorough());
        let mut found = UntouchedJson::default();
        for ((name, before), (_, after)) in self.parts.iter().zip(&after.parts) {
            match (before, after) {
                (Some(before), Some(after)) => {
                    found.compared.push(name);
                    if before != after {
                        found.changed.push(name);
                    }
                }
                _ => found.unknown.push(name),
            }
        }
        Some(found)
    }

    /// Whether the files are compared too.
    pub fn is_thorough(&self) -> bool {
        self.parts.iter().any(|(name, _)| *name == "files")
    }
}

/// What the `HEAD` of this worktree means, by a name that any reader of objects knows: one that runs in another worktree has
/// another `HEAD`, and for a branch without a commit git complains of the name.
fn head_of(repo: &Repo, text: &str) -> String {
    match text.trim_end().strip_prefix("ref: ") {
        // So it is where refs are kept in reftables: gitrepository-layout(5).
        Some("refs/heads/.invalid") if repo.git_dir == repo.common_dir => {
            "main-worktree/HEAD".to_owned()
        }
        Some("refs/heads/.invalid") => {
            let name = repo.git_dir.file_name().unwrap_or_default();
            format!("worktrees/{}/HEAD", name.display())
        }
        Some(branch) => branch.to_owned(),
        None => text.trim_end().to_owned(),
    }
}

/// The worktrees that are at one of these commits, which the write has just made: they followed it.
pub fn followers(repo: &Repo, commits: &[String]) -> Vec<PathBuf> {
    if commits.is_empty() {
        return Vec::new();
    }
    let found = repo.worktrees().unwrap_or_default().into_iter();
    let is_there = |head: &Option<Oid>| {
        head.as_ref().is_some_and(|head| commits.iter().any(|commit| commit == head.as_str()))
    };
    found.filter(|worktree| is_there(&worktree.head)).map(|worktree| worktree.path).collect()
}

fn index(path: &Path) -> io::Result<Vec<u8>> {
    let mut file = match File::open(path) {
        // Nothing was ever staged.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        file => file?,
    };
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(CHECKSUM)))?;
    let mut end = length.to_le_bytes().to_vec();
    file.read_to_end(&mut end)?;
    Ok(end)
}

/// A checksum of the names, times and sizes of everything below a directory but other repositories and worktrees; `None` where
/// there is more than that many, or something cannot be read.
fn tree(root: &Path, most: usize) -> Option<Vec<u8>> {
    let (mut sum, mut seen) = (crc32fast::Hasher::new(), 0);
    let mut directories = vec![root.to_owned()];
    while let Some(directory) = directories.pop() {
        let mut entries: Vec<(OsString, fs::DirEntry)> = Vec::new();
        for entry in fs::read_dir(&directory).ok()? {
            let entry = entry.ok()?;
            entries.push((entry.file_name(), entry));
        }
        entries.sort_by(|(one, _), (other, _)| one.cmp(other));
        if directory != root && entries.iter().any(|(name, _)| name == ".git") {
            continue;
        }
        for (_, entry) in entries.into_iter().filter(|(name, _)| name != ".git") {
            // From the directory that is open: a long path takes the system longer.
            let meta = entry.metadata().ok()?;
            let path = entry.path();
            seen += 1;
            if seen > most {
                return None;
            }
            sum.update(path.as_os_str().as_encoded_bytes());
            // What a directory holds is seen by its entries; its own time is that of git's scratch files too.
            if meta.is_dir() {
                directories.push(path);
            } else {
                sign(&meta, &mut sum);
            }
        }
    }
    Some(sum.finalize().to_le_bytes().to_vec())
}

/// Adds what changes with every write to a file.
fn sign(meta: &Metadata, sum: &mut crc32fast::Hasher) {
    sum.update(&meta.len().to_le_bytes());
    let modified = meta.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    sum.update(&modified.unwrap_or_default().as_nanos().to_le_bytes());
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        sum.update(&meta.ino().to_le_bytes());
        sum.update(&meta.mode().to_le_bytes());
        sum.update(&meta.ctime().to_le_bytes());
        sum.update(&meta.ctime_nsec().to_le_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_change_of_a_file_is_seen_and_other_repositories_are_left_out() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        fs::create_dir_all(root.join(".git")).unwrap();
        fs::create_dir_all(root.join("a/b")).unwrap();
        fs::create_dir_all(root.join("beside")).unwrap();
        fs::write(root.join("beside/.git"), "gitdir: elsewhere").unwrap();
        fs::write(root.join("a/b/file"), "1").unwrap();
        let before = tree(root, 10).unwrap();
        fs::write(root.join(".git/index"), "2").unwrap();
        fs::write(root.join("beside/file"), "2").unwrap();
        assert_eq!(tree(root, 10).unwrap(), before);
        for change in [
            &(|| fs::write(root.join("a/b/file"), "22").unwrap()) as &dyn Fn(),
            &|| fs::write(root.join("a/new"), "").unwrap(),
            &|| fs::remove_file(root.join("a/b/file")).unwrap(),
        ] {
            let before = tree(root, 10).unwrap();
            change();
            assert_ne!(tree(root, 10).unwrap(), before);
        }
        assert_eq!(tree(root, 1), None);
    }
}
