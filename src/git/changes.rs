//! The uncommitted changes of a worktree, and what its names mean.

use std::path::{Path, PathBuf};

use super::delta::{Delta, EXACTLY, NO_HOOKS, NO_MONITOR, parse_deltas};
use super::exec::{Git, GitCall, text_of};
use super::origins::GitSetting;
use super::{ExecError, GitError};
use crate::names::RefName;

impl Git {
    /// How tracked files in the worktree differ from HEAD: at these paths, relative to `dir`, or everywhere if there
    /// are none.
    ///
    /// The settings belong to the repository: no program that they name is run to find this out.
    pub fn changed(
        &self,
        dir: &Path,
        paths: &[&str],
        settings: &[GitSetting],
    ) -> Result<Vec<Delta>, GitError> {
        // Without the lock, this question and other gits do not block each other.
        let call = self.call("diff").env("GIT_OPTIONAL_LOCKS", "0").args(EXACTLY);
        let filters = settings.iter().filter_map(|setting| {
            let (name, kind) = setting.key.strip_prefix("filter.")?.rsplit_once('.')?;
            let without = if kind.eq_ignore_ascii_case("required") { "false" } else { "" };
            Some(format!("filter.{name}.{kind}={without}"))
        });
        // git runs at the root: from below it, with its directory named, it would take the current directory for the
        // root.
        let paths = paths
            .iter()
            .map(|path| if path.starts_with(':') { PathBuf::from(path) } else { dir.join(path) });
        let call = filters.fold(call.config(NO_MONITOR).config(NO_HOOKS), GitCall::config);
        parse_deltas(&call.args(["HEAD", "--"]).args(paths).run_ok()?)
    }

    /// Whether git leaves this file alone: it is ignored, and in no commit.
    pub fn is_ignored(&self, path: &Path) -> Result<bool, GitError> {
        let answer =
            self.call("check-ignore").config(NO_MONITOR).args(["--quiet", "--"]).arg(path).run()?;
        match answer.code {
            Some(0) => Ok(true),
            Some(1) => Ok(false),
            _ => Err(ExecError::Failed(Box::new(answer)).into()),
        }
    }

    /// The ref that a name such as `@{-1}` or `@{upstream}` means; `None` if it means none.
    pub fn ref_of(&self, name: &str) -> Result<Option<RefName>, GitError> {
        let call =
            self.call("rev-parse").args(["--verify", "--quiet", "--symbolic-full-name", name]);
        let answer = call.run()?;
        match answer.code {
            Some(0) => Ok(RefName::parse(&text_of(answer.stdout.trim_ascii()))),
            // 128: a branch that has no upstream.
            Some(1 | 128) => Ok(None),
            _ => Err(ExecError::Failed(Box::new(answer)).into()),
        }
    }
}
