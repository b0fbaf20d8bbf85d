//! `.worktreeinclude`: files that git ignores, such as `.env`, but that a new workspace needs.
//!
//! The file is at the root of the main worktree and has the format of a `.gitignore`. tix copies the files that match
//! it *and* are ignored there. It asks git what matches.

use std::io;
use std::path::{Component, Path};

use crate::git::{GitError, Repo};
use crate::text::count;

/// Where the patterns are.
const FILE: &str = ".worktreeinclude";

/// How many files a warning names.
const NAMED: usize = 3;

/// Copies the included files into a new workspace, and overwrites nothing there. Returns a warning, if any.
pub fn include(repo: &Repo, workspace: &Path) -> Result<Option<String>, GitError> {
    let patterns = repo.root.join(FILE);
    if !patterns.is_file() {
        return Ok(None);
    }
    let mut failed = Vec::new();
    for file in repo.ignored_files(&patterns)? {
        if let Err(error) = copy(&repo.root, workspace, &file) {
            failed.push(format!("{} ({error})", file.display()));
        }
    }
    Ok((!failed.is_empty()).then(|| {
        let named: Vec<&str> = failed.iter().take(NAMED).map(String::as_str).collect();
        let files = count(failed.len(), "file", "files");
        format!("could not copy {files} of {FILE}: {}", named.join(", "))
    }))
}

/// Copies one file. [`std::fs::copy`] lets the file system share the contents where it can: by `copy_file_range` on
/// Linux (btrfs, XFS), by `fclonefileat` on macOS (APFS).
fn copy(from: &Path, to: &Path, file: &Path) -> io::Result<()> {
    let target = to.join(file);
    if target.symlink_metadata().is_ok() {
        // The branch has such a file, or a hook created it. Between this check and the copy, only another of the user's
        // programs could create one there, in a directory that nobody knows yet.
        return Ok(());
    }
    make_parents(to, file)?;
    let source = from.join(file);
    let kind = source.symlink_metadata()?.file_type();
    if kind.is_symlink() {
        return link(&std::fs::read_link(&source)?, &target);
    }
    if !kind.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    std::fs::copy(&source, &target).map(|_| ()).inspect_err(|_| {
        // Half a file would look like a whole one.
        std::fs::remove_file(&target).ok();
    })
}

/// Creates the directories above a file without following a link: where the main worktree has a directory, a branch may
/// have a link that leads anywhere.
fn make_parents(root: &Path, file: &Path) -> io::Result<()> {
    let mut dir = root.to_owned();
    for part in file.parent().into_iter().flat_map(Path::components) {
        let Component::Normal(part) = part else {
            return Err(io::Error::other("its path leaves the workspace"));
        };
        dir.push(part);
        match dir.symlink_metadata() {
            Ok(meta) if meta.is_dir() => {}
            Ok(_) => return Err(io::ErrorKind::NotADirectory.into()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => std::fs::create_dir(&dir)?,
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(unix)]
fn link(to: &Path, at: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(to, at)
}

#[cfg(not(unix))]
fn link(_to: &Path, _at: &Path) -> io::Result<()> {
    Err(io::Error::other("it is a symbolic link"))
}
