//! Where a commit made here would go, read from git's own files.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use super::GuardError;
use crate::git::{HeadTarget, clean_path, head_target, is_absence, read_git_file};
use crate::names::{Oid, RefName};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuardPlace {
    /// The directory of this worktree's HEAD and index.
    pub git_dir: PathBuf,
    /// The directory that all worktrees share.
    pub common_dir: PathBuf,
    /// The root of the worktree; `None` in a bare repository.
    pub root: Option<PathBuf>,
    pub head: HeadTarget,
}

impl GuardPlace {
    /// The repository that `dir` is in; `None` where there is none.
    pub fn around(dir: &Path) -> Result<Option<GuardPlace>, GuardError> {
        for root in dir.ancestors() {
            let dot_git = root.join(".git");
            let found = match kind(&dot_git)? {
                PathKind::Directory if is_repository(&dot_git)? => Some(dot_git),
                // A linked worktree, or a submodule.
                PathKind::File => gitfile(&dot_git)?.map(|dir| clean_path(&root.join(dir))),
                PathKind::Directory | PathKind::Nothing => None,
            };
            if let Some(git_dir) = found {
                return GuardPlace::of(git_dir, Some(root.to_owned())).map(Some);
            }
            if is_repository(root)? {
                return GuardPlace::of(root.to_owned(), None).map(Some);
            }
        }
        Ok(None)
    }

    /// The repository that git itself names to a hook that runs in `dir`.
    ///
    /// git sets `GIT_DIR` in linked worktrees and on a server, and obeys one that it was given: the commit goes
    /// where it says, so that is the repository to be judged, whatever directory the hook runs in.
    pub fn named(git_dir: &OsStr, dir: &Path) -> Result<GuardPlace, GuardError> {
        let named = clean_path(&dir.join(git_dir));
        let linked = if matches!(kind(&named)?, PathKind::File) { gitfile(&named)? } else { None };
        let beside = |path: PathBuf| clean_path(&named.parent().unwrap_or(dir).join(path));
        let git_dir = linked.map_or_else(|| named.clone(), beside);
        let bare = git_dir == clean_path(dir);
        GuardPlace::of(git_dir, (!bare).then(|| dir.to_owned()))
    }

    fn of(git_dir: PathBuf, root: Option<PathBuf>) -> Result<GuardPlace, GuardError> {
        let common_dir = match read(&git_dir.join("commondir"))? {
            Some(text) => clean_path(&git_dir.join(trimmed(&text))),
            None => git_dir.clone(),
        };
        let head = head_target(&git_dir, &common_dir)
            .map_err(|source| GuardError::File { path: git_dir.join("HEAD"), source })?;
        Ok(GuardPlace { git_dir, common_dir, root, head })
    }

    /// Whether the worktree has something at this path.
    pub fn has(&self, path: &str) -> bool {
        self.root.as_ref().is_some_and(|root| root.join(path).symlink_metadata().is_ok())
    }

    /// The branch that an unfinished rebase will move when it is done. HEAD is detached until then.
    pub fn rebasing(&self) -> Result<Option<RefName>, GuardError> {
        for name in ["rebase-merge/head-name", "rebase-apply/head-name"] {
            if let Some(text) = read(&self.git_dir.join(name))? {
                return Ok(RefName::parse(trimmed(&text)));
            }
        }
        Ok(None)
    }

    /// The commits that an unfinished merge takes in.
    pub fn merging(&self) -> Result<Vec<Oid>, GuardError> {
        let text = read(&self.git_dir.join("MERGE_HEAD"))?.unwrap_or_default();
        Ok(text.lines().filter_map(Oid::parse).collect())
    }
}

/// The root and the common directory of the repository that `dir` is in, as far as they can be seen: for a repository of
/// which something else cannot be read, so that there is no [`GuardPlace`] in it.
pub fn outline(dir: &Path) -> Option<(PathBuf, PathBuf)> {
    let text = |path: PathBuf| read(&path).ok().flatten();
    dir.ancestors().find_map(|root| {
        let dot_git = root.join(".git");
        let git_dir = if dot_git.is_dir() {
            dot_git
        } else {
            clean_path(&root.join(gitfile(&dot_git).ok()??))
        };
        let common_dir = match text(git_dir.join("commondir")) {
            Some(text) => clean_path(&git_dir.join(trimmed(&text))),
            None => git_dir,
        };
        common_dir.join("objects").is_dir().then(|| (root.to_owned(), common_dir))
    })
}

enum PathKind {
    Directory,
    File,
    Nothing,
}

fn kind(path: &Path) -> Result<PathKind, GuardError> {
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => Ok(PathKind::Directory),
        Ok(_) => Ok(PathKind::File),
        Err(error) if is_absence(&error) => Ok(PathKind::Nothing),
        Err(source) => Err(GuardError::File { path: path.to_owned(), source }),
    }
}

/// What git takes for a repository: setup.c, `is_git_directory`.
fn is_repository(dir: &Path) -> Result<bool, GuardError> {
    if dir.join("HEAD").symlink_metadata().is_err() {
        return Ok(false);
    }
    let shared = matches!(kind(&dir.join("commondir"))?, PathKind::File);
    Ok(shared || dir.join("objects").is_dir() && dir.join("refs").is_dir())
}

/// The directory that a `.git` file names.
fn gitfile(path: &Path) -> Result<Option<PathBuf>, GuardError> {
    let text = read(path)?.unwrap_or_default();
    Ok(text.strip_prefix("gitdir:").map(|dir| PathBuf::from(dir.trim())))
}

/// A file of git's, as text; `None` where there is none. A path in it that is not UTF-8 is left to git.
fn read(path: &Path) -> Result<Option<String>, GuardError> {
    read_git_file(path).map_err(|source| GuardError::File { path: path.to_owned(), source })
}

fn trimmed(text: &str) -> &str {
    text.trim_end_matches(['\r', '\n'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(path: &Path, text: &str) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn repository(dir: &Path, head: &str) {
        write(&dir.join("HEAD"), head);
        fs::create_dir_all(dir.join("objects")).unwrap();
        fs::create_dir_all(dir.join("refs/heads")).unwrap();
    }

    fn branch(name: &str) -> HeadTarget {
        HeadTarget::Branch(RefName::branch(name).unwrap())
    }

    fn around(dir: &Path) -> GuardPlace {
        GuardPlace::around(dir).unwrap().unwrap()
    }

    #[test]
    fn a_repository_is_found_from_below_and_in_linked_worktrees() {
        let temp = tempfile::tempdir().unwrap();
        let root = temp.path().join("a");
        repository(&root.join(".git"), "ref: refs/heads/main\n");
        fs::create_dir_all(root.join("src/deep")).unwrap();
        let place = around(&root.join("src/deep"));
        assert_eq!((place.root.as_deref(), &place.head), (Some(root.as_path()), &branch("main")));
        assert_eq!(place.git_dir, place.common_dir);
        let own = root.join(".git/worktrees/w");
        write(&own.join("HEAD"), "ref: refs/heads/work\n");
        write(&own.join("commondir"), "../..\n");
        let linked = temp.path().join("w");
        write(&linked.join(".git"), &format!("gitdir: {}\n", own.display()));
        let place = around(&linked);
        assert_eq!((&place.common_dir, &place.head), (&root.join(".git"), &branch("work")));
        let named = GuardPlace::named(own.as_os_str(), &linked).unwrap();
        assert_eq!(named, place);
    }

    #[test]
    fn a_bare_repository_has_no_root() {
        let temp = tempfile::tempdir().unwrap();
        repository(temp.path(), "ref: refs/heads/main\n");
        assert_eq!(around(temp.path()).root, None);
        assert_eq!(GuardPlace::named(OsStr::new("."), temp.path()).unwrap().root, None);
    }

    #[test]
    fn head_is_what_git_takes_it_for() {
        let temp = tempfile::tempdir().unwrap();
        let dir = temp.path();
        let head = |text: &str| {
            repository(dir, text);
            around(dir).head
        };
        let commit = "1".repeat(40);
        assert_eq!(head(&format!("{commit}\n")), HeadTarget::Commit(Oid::parse(&commit).unwrap()));
        assert_eq!(head("ref: refs/heads/.invalid\n"), HeadTarget::Unknown);
        assert_eq!(head("ref: refs/heads/a/b"), branch("a/b"));
        // A branch that stands for another one: what moves is the other one.
        write(&dir.join("refs/heads/alias"), "ref: refs/heads/main\n");
        assert_eq!(head("ref: refs/heads/alias\n"), branch("main"));
        write(&dir.join("refs/heads/alias"), "ref: refs/heads/alias\n");
        assert_eq!(head("ref: refs/heads/alias\n"), HeadTarget::Unknown);
    }

    #[test]
    fn where_there_is_no_repository_there_is_nothing() {
        let temp = tempfile::tempdir().unwrap();
        write(&temp.path().join("a/.git"), "not a git file\n");
        assert_eq!(GuardPlace::around(&temp.path().join("a")).unwrap(), None);
    }
}
