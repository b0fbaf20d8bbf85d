//! The sources of settings: refs, commits, files and the configuration of one repository.
//!
//! Everything is read through here, and every file that an answer depends on is recorded: whoever remembers an answer
//! must know when it no longer holds.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::SettingsError;
use crate::config::FILE;
use crate::git::{
    Git, GitConfig, GitError, HeadTarget, Object, Objects, head_target, symbolic_target,
};
use crate::names::{Oid, RefName, RemoteName};

/// From where a repository is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Station {
    /// Somebody's clone: published is what its remote has.
    Clone,
    /// The repository that others push to: published is what its own branches hold.
    Server,
}

/// A `.tix.yaml`, and where it is.
#[derive(Clone, Debug)]
pub(super) struct SettingsFile {
    pub bytes: Vec<u8>,
    pub label: String,
    /// `None` if it is not committed.
    pub blob: Option<Oid>,
}

/// How many commits to search for earlier readable settings.
const FORMER: &str = "--max-count=20";

/// See the module.
pub struct Sources<'a> {
    /// git for this repository.
    pub git: &'a Git,
    pub objects: &'a Objects,
    /// Everything that is configured.
    pub config: &'a GitConfig,
    /// The directory of this worktree's HEAD.
    pub git_dir: &'a Path,
    /// The directory that all worktrees share.
    pub common_dir: &'a Path,
    /// The root of the worktree; `None` in a bare repository.
    pub root: Option<&'a Path>,
    /// The root of the main worktree; `None` if the repository is bare, whatever worktrees it has.
    pub main_root: Option<PathBuf>,
    /// From where it is seen.
    pub station: Station,
    pub read: ReadFiles,
}

/// The files that were read or looked for.
#[derive(Default)]
pub struct ReadFiles {
    files: RefCell<BTreeSet<PathBuf>>,
    more: Cell<bool>,
}

impl ReadFiles {
    /// All of them; `None` when the answer depends on more than files.
    pub fn files(self) -> Option<BTreeSet<PathBuf>> {
        (!self.more.get()).then(|| self.files.into_inner())
    }

    fn note(&self, file: PathBuf) {
        self.files.borrow_mut().insert(file);
    }
}

impl Sources<'_> {
    /// The names of the remotes that tickets could be on.
    pub(super) fn remotes(&self) -> Vec<&str> {
        match self.station {
            Station::Clone => self.config.remotes(),
            Station::Server => Vec::new(),
        }
    }

    /// Whether the repository itself is bare, whatever worktrees it has.
    pub(super) fn is_bare(&self) -> bool {
        self.main_root.is_none()
    }

    /// The commit that a ref holds.
    pub(super) fn commit(&self, name: &RefName) -> Result<Option<Oid>, SettingsError> {
        self.read.note(self.common_dir.join(name.as_str()));
        Ok(self.objects.resolve(name.as_str())?)
    }

    /// Whether the commit of a ref has anything at this path.
    pub(super) fn has(&self, name: &RefName, path: &str) -> Result<bool, SettingsError> {
        Ok(self.object(name, path)?.is_some())
    }

    /// The `.tix.yaml` of a ref's commit.
    pub(super) fn committed(
        &self,
        name: &RefName,
        label: &str,
    ) -> Result<Option<SettingsFile>, SettingsError> {
        let label = format!("{label}:{FILE}");
        let object = self.object(name, FILE)?;
        Ok(object.map(|o| SettingsFile { bytes: o.data, label, blob: Some(o.oid) }))
    }

    /// The latest versions of `.tix.yaml` in a ref's history, newest first.
    pub(super) fn former(
        &self,
        name: &RefName,
        label: &str,
    ) -> Result<Vec<SettingsFile>, SettingsError> {
        let call =
            self.git.call("rev-list").args([FORMER, "--first-parent", name.as_str(), "--", FILE]);
        let commits = call.run_ok().map_err(GitError::from)?;
        let mut found = Vec::new();
        for commit in commits.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let object = self.objects.read(&[commit, b":", FILE.as_bytes()].concat())?;
            let label = format!("{label}:{FILE}");
            found.extend(object.map(|o| SettingsFile { bytes: o.data, label, blob: Some(o.oid) }));
        }
        Ok(found)
    }

    fn object(&self, name: &RefName, path: &str) -> Result<Option<Object>, SettingsError> {
        self.read.note(self.common_dir.join(name.as_str()));
        Ok(self.objects.read(format!("{name}:{path}").as_bytes())?)
    }

    /// The `.tix.yaml` of a working tree.
    pub(super) fn uncommitted(&self, root: &Path) -> Result<Option<SettingsFile>, SettingsError> {
        let path = root.join(FILE);
        self.read.note(path.clone());
        match std::fs::read(&path) {
            Ok(bytes) => {
                let label = path.display().to_string();
                Ok(Some(SettingsFile { bytes, label, blob: None }))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(source) => Err(SettingsError::File { path, source }),
        }
    }

    /// What is checked out in this worktree.
    pub(super) fn head(&self) -> Result<HeadTarget, SettingsError> {
        self.head_in(self.git_dir)
    }

    /// What is checked out in the main worktree, or where the HEAD of a bare repository points.
    pub(super) fn main_head(&self) -> Result<HeadTarget, SettingsError> {
        self.head_in(self.common_dir)
    }

    fn head_in(&self, git_dir: &Path) -> Result<HeadTarget, SettingsError> {
        let path = git_dir.join("HEAD");
        self.read.note(path.clone());
        let found = head_target(git_dir, self.common_dir);
        let found = found.map_err(|source| SettingsError::File { path, source })?;
        if found != HeadTarget::Unknown {
            return Ok(found);
        }
        let git = self.git.pinned(git_dir, self.git.dir());
        if let Some(branch) = git.head_branch()? {
            return Ok(HeadTarget::Branch(branch));
        }
        Ok(HeadTarget::Unknown)
    }

    /// The branch that `refs/remotes/<remote>/HEAD` names, whether it exists or not.
    pub(super) fn remote_head(&self, remote: &RemoteName) -> Result<Option<String>, SettingsError> {
        let home = format!("refs/remotes/{remote}/");
        let path = self.common_dir.join(format!("{home}HEAD"));
        self.read.note(path.clone());
        let target = if self.common_dir.join("reftable").is_dir() {
            self.git.symbolic_ref(&format!("{home}HEAD"))?
        } else {
            symbolic_target(&path).map_err(|source| SettingsError::File { path, source })?
        };
        let name = target.as_ref().and_then(|target| target.as_str().strip_prefix(&home));
        Ok(name.map(str::to_owned))
    }

    pub(super) fn local_branches(&self) -> Result<Vec<RefName>, SettingsError> {
        // Every directory below refs/heads would have to be watched for a new one.
        self.read.more.set(true);
        Ok(self.git.refs(&["refs/heads/"])?.into_iter().map(|found| found.name).collect())
    }

    /// One of tix's own files; `None` if it does not exist or cannot be read.
    pub(super) fn own(&self, name: &str) -> Option<Vec<u8>> {
        let path = self.own_path(name);
        self.read.note(path.clone());
        crate::file::read_own(&path).ok()
    }

    pub(super) fn own_path(&self, name: &str) -> PathBuf {
        self.common_dir.join("tix").join(name)
    }
}

/// The ref of a remote's branch here, as last fetched; without a remote, the branch itself.
pub(super) fn seen_ref(remote: Option<&RemoteName>, branch: &str) -> Option<RefName> {
    match remote {
        Some(remote) => RefName::tracking(remote, branch),
        None => RefName::branch(branch),
    }
}
