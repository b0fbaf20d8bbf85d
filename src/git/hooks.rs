//! Where git looks for hooks, and the configuration that names some.

use std::path::{Path, PathBuf};

use super::exec::Git;
use super::repo::{GitConfig, path_of};
use super::{ExecError, GitError, Repo};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfigScope {
    Local,
    Worktree,
    /// The user's or the machine's, for every repository.
    Everywhere,
    /// The environment of this process.
    Process,
}

/// `core.hooksPath`, if it is set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HooksPath {
    pub scope: ConfigScope,
    /// Its value, with `~` expanded.
    pub path: PathBuf,
}

/// Where git takes hooks from in one worktree.
#[derive(Clone, Debug)]
pub struct HooksSource {
    pub directory: PathBuf,
    /// The setting, if it is not the usual directory.
    pub set: Option<HooksPath>,
}

/// The hooks as git commands see them in this process's environment.
#[derive(Clone, Debug)]
pub struct ProcessHooks {
    pub source: HooksSource,
    pub config: GitConfig,
    /// The variables that make the difference.
    pub variables: Vec<&'static str>,
}

impl Repo {
    /// Where git takes hooks from in the worktree that tix was called in.
    pub fn hooks_source(&self) -> Result<HooksSource, GitError> {
        hooks_source(&self.here())
    }

    /// The same for another worktree, which may have another configuration.
    pub fn hooks_source_in(&self, worktree: &Path) -> Result<HooksSource, GitError> {
        hooks_source(&self.git().elsewhere(worktree))
    }

    /// How this process's environment changes the hooks. `None`: not at all, without asking git.
    pub fn hooks_of_process(&self) -> Result<Option<ProcessHooks>, GitError> {
        let Some((inherited, variables)) = self.git().inherited().of_process() else {
            return Ok(None);
        };
        let git = self.here().inheriting(inherited);
        let (source, config) = (hooks_source(&git)?, GitConfig::load(&git)?);
        Ok(Some(ProcessHooks { source, config, variables }))
    }

    /// Whether git ignores this path of the main worktree.
    pub fn is_ignored(&self, path: &Path) -> Result<bool, GitError> {
        self.git().elsewhere(&self.root).is_ignored(path)
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

    /// Removes every value of a key from this repository's configuration.
    pub fn unset_config(&self, key: &str) -> Result<(), GitError> {
        let answer = self.git().call("config").args(["--local", "--unset-all", key]).run()?;
        match answer.code {
            // 5: there was none.
            Some(0 | 5) => Ok(()),
            _ => Err(ExecError::Failed(Box::new(answer)).into()),
        }
    }

    fn here(&self) -> Git {
        self.git().pinned(&self.git_dir, self.worktree.as_deref().unwrap_or(&self.root))
    }
}

fn hooks_source(git: &Git) -> Result<HooksSource, GitError> {
    let set = hooks_path(git)?;
    if set.as_ref().is_some_and(|set| set.path.as_os_str().is_empty()) {
        // git looks for `/pre-commit`, and fails when it is asked for the directory.
        return Ok(HooksSource { directory: PathBuf::from("/"), set });
    }
    let call = git.call("rev-parse").args(["--path-format=absolute", "--git-path", "hooks"]);
    let answer = call.run_ok()?;
    let directory = path_of(answer.strip_suffix(b"\n").unwrap_or(&answer));
    Ok(HooksSource { directory, set })
}

/// The `core.hooksPath` that applies where this git runs.
fn hooks_path(git: &Git) -> Result<Option<HooksPath>, GitError> {
    let call = git.call("config").args(["-z", "--show-scope", "--type=path", "--get"]);
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
        Some(b"command") => ConfigScope::Process,
        _ => return Err(unreadable()),
    };
    let path = path_of(parts.next().ok_or_else(unreadable)?);
    Ok(Some(HooksPath { scope, path }))
}
