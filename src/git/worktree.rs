//! Linked worktrees.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::delta::NO_ORDER;
use super::exec::{Finished, GitCall, text_of};
use super::repo::path_of;
use super::{ExecError, GitError, Repo};
use crate::names::{Oid, RefName};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Worktree {
    pub path: PathBuf,
    /// The commit it is at; `None` for a bare repository or an unborn branch.
    pub head: Option<Oid>,
    /// The branch it has checked out; `None` when detached or bare.
    pub branch: Option<RefName>,
    /// git considers its directory gone.
    pub prunable: bool,
}

/// How a path differs from HEAD.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    Staged,
    /// In the working tree only.
    Unstaged,
    Untracked,
}

/// How untracked files are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Untracked {
    /// A directory with only untracked files stands for all of them.
    Grouped,
    Each,
}

/// How often to ask git again if it met a worktree under construction, and the pause before each try.
const LOOKS: u32 = 40;
const PAUSE: Duration = Duration::from_millis(5);

/// Runs a call that reads git's files about all worktrees. While another git creates a worktree, one of these files is
/// empty for a moment, and git dies of that (`get_common_dir_noenv` in setup.c) before it has done anything.
pub(super) fn beside_new_worktrees(call: impl Fn() -> GitCall) -> Result<Finished, ExecError> {
    for _ in 1..LOOKS {
        let answer = call().run()?;
        if !met_a_new_worktree(&answer) {
            return Ok(answer);
        }
        std::thread::sleep(PAUSE);
    }
    call().run()
}

fn met_a_new_worktree(answer: &Finished) -> bool {
    let words = &answer.stderr;
    answer.code != Some(0) && words.contains("failed to read") && words.contains("commondir")
}

impl Repo {
    /// All worktrees, the main one first.
    pub fn worktrees(&self) -> Result<Vec<Worktree>, GitError> {
        let list = || self.git().call("worktree").args(["list", "--porcelain", "-z"]);
        Ok(parse(&beside_new_worktrees(list)?.require_success()?))
    }

    /// The branch that the worktree at `dir` has checked out, with or without a commit; `None` when HEAD is detached.
    pub fn current_branch(&self, dir: &Path) -> Result<Option<RefName>, GitError> {
        let answer =
            self.git().elsewhere(dir).call("symbolic-ref").args(["--quiet", "HEAD"]).run()?;
        match answer.code {
            Some(0) => Ok(RefName::parse(text_of(&answer.stdout).trim_end())),
            Some(1) => Ok(None),
            _ => Err(ExecError::Failed(Box::new(answer)).into()),
        }
    }

    /// Creates the branch at `commit`, and a worktree that has it checked out.
    ///
    /// With `--no-track`, 24 of these can run at once; tracking writes the configuration file, and then some of them
    /// fail and leave a branch behind.
    pub fn add_worktree(
        &self,
        path: &Path,
        branch: &RefName,
        commit: &Oid,
    ) -> Result<Finished, GitError> {
        let options = ["add", "--quiet", "--no-track", "-b", branch.short(), "--"];
        for _ in 0..LOOKS {
            let call = self.git().call("worktree").args(options).arg(path).arg(commit.as_str());
            let answer = call.run()?;
            if !met_a_new_worktree(&answer) {
                return Ok(answer);
            }
            std::thread::sleep(PAUSE);
            // The branch may have been created before git died.
            if self.refs(&[branch.as_str()])?.iter().any(|made| made.oid == *commit) {
                break;
            }
        }
        self.add_worktree_of(path, branch)
    }

    /// Creates a worktree for an existing branch.
    pub fn add_worktree_of(&self, path: &Path, branch: &RefName) -> Result<Finished, GitError> {
        let options = ["add", "--quiet", "--"];
        let call = || self.git().call("worktree").args(options).arg(path).arg(branch.short());
        Ok(beside_new_worktrees(call)?)
    }

    /// Completes an unfinished checkout of `commit`. Checks out files that are missing, and files that hold only the
    /// beginning of what they should: only a killed git writes such files. All others stay.
    pub fn fill_worktree(&self, worktree: &Path, commit: &Oid) -> Result<(), GitError> {
        let git = self.git().elsewhere(worktree);
        git.call("read-tree").arg(commit.as_str()).run_ok()?;
        if self.config.is_true("core.sparsecheckout") {
            git.call("sparse-checkout").arg("reapply").run_ok()?;
        }
        // Its exit code says whether files need it; the next question says which.
        git.call("update-index").args(["-q", "--refresh"]).run()?;
        let differing = |filter: &str| {
            let call =
                git.call("diff-files").args(["--name-only", "-z", "--no-ext-diff", NO_ORDER]);
            let call = call.arg(filter);
            call.run_ok()
        };
        for name in differing("--diff-filter=M")?.split(|b| *b == 0).filter(|n| !n.is_empty()) {
            let file = worktree.join(path_of(name));
            let whole = git.call("cat-file").arg("blob").arg(revision(commit, name)).run()?;
            // Files that cannot be read or removed stay, and count as changes.
            if whole.code == Some(0)
                && std::fs::read(&file).is_ok_and(|half| whole.stdout.starts_with(&half))
            {
                std::fs::remove_file(&file).ok();
            }
        }
        let missing = differing("--diff-filter=D")?;
        git.call("checkout-index").args(["-q", "-u", "-z", "--stdin"]).stdin(missing).run()?;
        Ok(())
    }

    /// Removes a worktree, or git's record of one whose directory is gone. git refuses if it has modified or untracked
    /// files; then `Ok(false)`.
    pub fn remove_worktree(&self, path: &Path) -> Result<bool, GitError> {
        let answer = self.git().call("worktree").args(["remove", "--"]).arg(path).run()?;
        match answer.code {
            Some(0) => Ok(true),
            Some(128) => {
                tracing::debug!(words = %answer.stderr.trim(), "worktree remove");
                Ok(false)
            }
            _ => Err(ExecError::Failed(Box::new(answer)).into()),
        }
    }

    /// Detaches the HEAD of a worktree from its deleted branch, and leaves index and files alone.
    pub fn detach(&self, worktree: &Path, at: &Oid) -> Result<(), GitError> {
        let call = self.git().elsewhere(worktree).call("update-ref");
        call.args(["--no-deref", "-m", "tix: release", "HEAD", at.as_str()]).run_ok()?;
        Ok(())
    }

    /// The paths that differ from the worktree's HEAD, including untracked ones; empty when it is clean.
    pub fn dirty_paths(&self, worktree: &Path) -> Result<Vec<String>, GitError> {
        let changes = self.changes(worktree, Untracked::Grouped)?;
        Ok(changes.into_iter().map(|(_, path)| path).collect())
    }

    /// The same, with how each path differs.
    pub fn changes(
        &self,
        worktree: &Path,
        untracked: Untracked,
    ) -> Result<Vec<(ChangeKind, String)>, GitError> {
        let call = self.git().elsewhere(worktree).call("status");
        let untracked = match untracked {
            Untracked::Grouped => "--untracked-files=normal",
            Untracked::Each => "--untracked-files=all",
        };
        let answer = call.args(["--porcelain", "-z", untracked, "--no-renames"]).run_ok()?;
        let entries = answer.split(|b| *b == 0).filter(|e| !e.is_empty());
        // "XY path": the state takes two columns, the index first, and a blank.
        let change = |entry: &[u8]| {
            let kind = match entry.first() {
                Some(b'?') => ChangeKind::Untracked,
                Some(b' ') => ChangeKind::Unstaged,
                Some(_) | None => ChangeKind::Staged,
            };
            (kind, text_of(entry.get(3..).unwrap_or_default()))
        };
        Ok(entries.map(change).collect())
    }

    /// Moves a worktree's branch to a commit that contains it, with index and files. `Ok(false)`: something there would
    /// be lost, or an operation is in progress, and nothing was changed.
    pub fn fast_forward(&self, worktree: &Path, to: &Oid) -> Result<bool, GitError> {
        let call = self.git().elsewhere(worktree).call("merge");
        // Nobody reads this output. A user setting may require signatures, which tix makes only where it is told to.
        let call = call.args(["--quiet", "--ff-only", "--no-stat", "--no-verify-signatures"]);
        let answer = call.args(["--no-autostash", to.as_str()]).run()?;
        match answer.code {
            Some(0) => Ok(true),
            Some(1 | 2 | 128) => {
                tracing::debug!(words = %answer.stderr.trim(), "merge --ff-only");
                Ok(false)
            }
            _ => Err(ExecError::Failed(Box::new(answer)).into()),
        }
    }

    /// The files of the main worktree that git ignores and that match the patterns in a file in `.gitignore` format,
    /// relative to its root.
    pub fn ignored_files(&self, patterns: &Path) -> Result<Vec<PathBuf>, GitError> {
        let git = self.git().elsewhere(&self.root);
        let mut from = std::ffi::OsString::from("--exclude-from=");
        from.push(patterns);
        // These patterns are the only ones here: files that match them may or may not be ignored.
        let matching =
            git.call("ls-files").args(["-z", "--others", "--ignored"]).arg(from).run_ok()?;
        if matching.is_empty() {
            return Ok(Vec::new());
        }
        let answer = git.call("check-ignore").args(["-z", "--stdin"]).stdin(matching).run()?;
        // 1: it ignores none of them.
        if !matches!(answer.code, Some(0 | 1)) {
            return Err(ExecError::Failed(Box::new(answer)).into());
        }
        // A trailing slash means another repository, which git does not look into.
        let files =
            answer.stdout.split(|b| *b == 0).filter(|f| !f.is_empty() && !f.ends_with(b"/"));
        Ok(files.map(path_of).collect())
    }

    /// Moves index and files of a worktree from one commit to another, as a fast-forward would. `Ok(false)`: something
    /// there would be lost, and nothing was changed.
    pub fn move_along(&self, worktree: &Path, from: &Oid, to: &Oid) -> Result<bool, GitError> {
        let git = self.git().elsewhere(worktree);
        // Without this, files whose times but not contents changed count as modified.
        git.call("update-index").args(["-q", "--refresh"]).run()?;
        let call = git.call("read-tree").args(["-m", "-u", from.as_str(), to.as_str()]);
        let answer = call.run()?;
        match answer.code {
            Some(0) => Ok(true),
            Some(128) => Ok(false),
            _ => Err(ExecError::Failed(Box::new(answer)).into()),
        }
    }
}

/// A path in a commit, in git's syntax.
fn revision(commit: &Oid, name: &[u8]) -> OsString {
    let mut revision = OsString::from(format!("{commit}:"));
    revision.push(path_of(name));
    revision
}

fn parse(answer: &[u8]) -> Vec<Worktree> {
    let mut worktrees: Vec<Worktree> = Vec::new();
    for line in answer.split(|b| *b == 0) {
        if let Some(path) = line.strip_prefix(b"worktree ") {
            worktrees.push(Worktree {
                path: path_of(path),
                head: None,
                branch: None,
                prunable: false,
            });
        }
        let Some(last) = worktrees.last_mut() else { continue };
        let text = text_of(line);
        if let Some(oid) = text.strip_prefix("HEAD ") {
            last.head = Oid::parse(oid).filter(|o| !o.is_zero());
        } else if let Some(branch) = text.strip_prefix("branch ") {
            last.branch = RefName::parse(branch);
        } else if text.starts_with("prunable") {
            last.prunable = true;
        }
    }
    worktrees
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_listing_is_read_with_bare_detached_and_prunable_ones() {
        let oid = "0123456789abcdef0123456789abcdef01234567";
        let answer = format!(
            "worktree /a b\0HEAD {oid}\0branch refs/heads/main\0\0worktree /c\0bare\0\0\
             worktree /d\nx\0HEAD {oid}\0detached\0prunable gitdir file points to non-existent location\0\0"
        );
        let list = parse(answer.as_bytes());
        assert_eq!(list.len(), 3);
        assert_eq!(list[0].branch.as_ref().unwrap().short(), "main");
        assert_eq!(list[1].head, None);
        assert_eq!(list[2].path, PathBuf::from("/d\nx"));
        assert!(list[2].prunable && list[2].branch.is_none());
    }
}
