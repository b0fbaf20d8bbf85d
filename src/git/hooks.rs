//! Where git looks for hooks, and the part of the configuration that names some.

use std::path::PathBuf;

use super::exec::Git;
use super::repo::{GitConfig, path_of};
use super::{ExecError, GitError, Repo};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfigScope {
    Local,
    Worktree,
    /// The user's or the machine's: that of every repository.
    Everywhere,
}

/// `core.hooksPath`, where it is set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HooksPath {
    pub scope: ConfigScope,
    /// What it says, `~` replaced.
    pub path: PathBuf,
}

impl Repo {
    /// The directory that git takes hooks from in the worktree that tix was called in.
    pub fn hooks_dir(&self) -> Result<PathBuf, GitError> {
        let call = self.here().call("rev-parse").args(["--path-format=absolute", "--git-path"]);
        let answer = call.arg("hooks").run_ok()?;
        Ok(path_of(answer.strip_suffix(b"\n").unwrap_or(&answer)))
    }

    /// `core.hooksPath` as it holds in the worktree that tix was called in.
    pub fn hooks_path(&self) -> Result<Option<HooksPath>, GitError> {
        let call = self.here().call("config").args(["-z", "--show-scope", "--type=path", "--get"]);
        let answer = call.arg("core.hooksPath").run()?;
        match answer.code {
            Some(0) => {}
            Some(1) => return Ok(None),
            _ => return Err(ExecError::Failed(Box::new(answer)).into()),
        }
        let unreadable = || GitError::unreadable("config core.hooksPath", &answer.stdout);
        let mut parts = answer.stdout.split(|byte| *byte == 0);
        let scope = match parts.next() {
            Some(b"local") => ConfigScope::Local,
            Some(b"worktree") => ConfigScope::Worktree,
            Some(b"global" | b"system") => ConfigScope::Everywhere,
            _ => return Err(unreadable()),
        };
        let path = path_of(parts.next().ok_or_else(unreadable)?);
        Ok(Some(HooksPath { scope, path }))
    }

    /// This repository's own configuration, without the user's and the machine's.
    pub fn local_config(&self) -> Result<GitConfig, GitError> {
        let answer = self.git().call("config").args(["--local", "--list", "-z"]).run_ok()?;
        Ok(GitConfig::parse(&answer))
    }

    /// Sets a value in this repository's configuration.
    pub fn set_config(&self, key: &str, value: &str) -> Result<(), GitError> {
        let call = self.git().call("config").args(["--local", "--replace-all", key, value]);
        call.run_ok()?;
        Ok(())
    }

    /// Takes every value of a key out of this repository's configuration.
    pub fn unset_config(&self, key: &str) -> Result<(), GitError> {
        let answer = self.git().call("config").args(["--local", "--unset-all", key]).run()?;
        match answer.code {
            // 5: there was none.
            Some(0 | 5) => Ok(()),
            _ => Err(ExecError::Failed(Box::new(answer)).into()),
        }
    }

    fn here(&self) -> Git {
        self.git().elsewhere(self.worktree.as_deref().unwrap_or(&self.root))
    }
}
