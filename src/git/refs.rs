//! Refs: fetches and reads them, and changes local ones.

use std::collections::HashSet;
use std::time::Instant;

use super::exec::{Finished, Git, GitCall, RunningCall, text_of};
use super::worktree::beside_new_worktrees;
use super::{ExecError, GitError, Repo};
use crate::names::{Oid, RefName, RemoteName};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefValue {
    pub name: RefName,
    /// The object it points to.
    pub oid: Oid,
    /// Its target if it is symbolic, such as `refs/remotes/origin/HEAD`.
    pub symref: Option<RefName>,
}

/// One step of a transaction on local refs: either all steps happen, or none.
#[derive(Clone, Debug)]
pub enum LocalEdit {
    /// Set a ref that is now at `from` (`None`: absent).
    Set {
        name: RefName,
        to: Oid,
        /// The value it must have.
        from: Option<Oid>,
    },
    /// Delete a ref that is now at `at`; `None` deletes whatever it holds.
    Delete {
        name: RefName,
        /// The value it must have.
        at: Option<Oid>,
    },
}

impl LocalEdit {
    fn name(&self) -> &RefName {
        match self {
            LocalEdit::Set { name, .. } | LocalEdit::Delete { name, .. } => name,
        }
    }
}

impl Git {
    /// The refs that match the patterns of git-for-each-ref(1).
    pub fn refs(&self, patterns: &[&str]) -> Result<Vec<RefValue>, GitError> {
        let format = "--format=%(objectname) %(refname) %(symref)";
        let answer = self.call("for-each-ref").arg(format).args(patterns).run_ok()?;
        let parse = |line: &str| {
            let mut words = line.split(' ');
            let oid = Oid::parse(words.next()?)?;
            let name = RefName::parse(words.next()?)?;
            Some(RefValue { name, oid, symref: words.next().and_then(RefName::parse) })
        };
        let text = text_of(&answer);
        text.lines()
            .map(|line| {
                parse(line).ok_or_else(|| GitError::unreadable("for-each-ref", line.as_bytes()))
            })
            .collect()
    }

    /// Whether `ancestor` is reachable from `commit`.
    pub fn is_ancestor(&self, ancestor: &Oid, commit: &Oid) -> Result<bool, GitError> {
        let call =
            self.call("merge-base").args(["--is-ancestor", ancestor.as_str(), commit.as_str()]);
        let answer = call.run()?;
        match answer.code {
            Some(0) => Ok(true),
            Some(1) => Ok(false),
            _ => Err(ExecError::Failed(Box::new(answer)).into()),
        }
    }

    /// The number of commits reachable from `tip` but not from `known`.
    pub fn count_beyond(&self, tip: &Oid, known: &[Oid]) -> Result<u64, GitError> {
        let call = self.call("rev-list").args(["--count", tip.as_str(), "--not"]);
        let answer = call.args(known.iter().map(Oid::as_str)).arg("--").run_ok()?;
        let count = text_of(answer.trim_ascii()).parse().ok();
        count.ok_or_else(|| GitError::unreadable("rev-list --count", &answer))
    }
}

impl Repo {
    /// Fetches refs of the remote under other names, and nothing else: no tags, no `FETCH_HEAD`, no update of what the
    /// user's configuration maps.
    pub fn fetch(
        &self,
        remote: &RemoteName,
        refspecs: &[String],
        deadline: Instant,
    ) -> Result<Finished, GitError> {
        let call = || {
            self.git()
                .call("fetch")
                .args(["--quiet", "--no-write-fetch-head", "--no-tags", "--no-prune", "--refmap="])
                .args([
                    "--no-recurse-submodules",
                    "--no-auto-maintenance",
                    "--no-write-commit-graph",
                ])
                .args(["--no-show-forced-updates", "--"])
                .arg(remote.as_str())
                .args(refspecs)
                .deadline(deadline)
        };
        Ok(beside_new_worktrees(call)?)
    }

    /// The branches of the remote whose names match, and where its `HEAD` points, directly from the remote.
    pub fn ls_remote(
        &self,
        remote: &RemoteName,
        patterns: &[&str],
        deadline: Instant,
    ) -> Result<Vec<RefValue>, GitError> {
        let call = self.question(remote).args(patterns).deadline(deadline);
        Ok(parse_ls_remote(&text_of(&call.run_ok()?)))
    }

    /// Asks the remote where the refs are that match the patterns, without waiting for the answer.
    pub fn ask_remote(
        &self,
        remote: &RemoteName,
        patterns: &[String],
        deadline: Instant,
    ) -> RefQuestion {
        let call = self.question(remote).args(patterns).deadline(deadline);
        RefQuestion { running: call.start() }
    }

    pub(super) fn question(&self, remote: &RemoteName) -> GitCall {
        self.git().call("ls-remote").args(["--symref", "--"]).arg(remote.as_str())
    }

    /// The local refs that match the patterns of git-for-each-ref(1).
    pub fn refs(&self, patterns: &[&str]) -> Result<Vec<RefValue>, GitError> {
        self.git().refs(patterns)
    }

    /// Changes local refs in one transaction. `Ok(false)`: a ref was not where tix expected it (or another process has
    /// it locked), and none was changed.
    ///
    /// git can fail after it has moved them (killed, or over the reflog), so after a failure tix reads the refs. Each
    /// value that tix writes is unique, so finding it there proves that it was written.
    pub fn update_refs(&self, edits: &[LocalEdit], reason: &str) -> Result<bool, GitError> {
        if edits.is_empty() {
            return Ok(true);
        }
        let answer = match self.update_refs_call(edits, reason).run() {
            Ok(answer) if answer.code == Some(0) => return Ok(true),
            Ok(answer) => answer,
            Err(ExecError::Failed(answer)) => *answer,
            Err(error) => return Err(error.into()),
        };
        if self.are_done(edits)? {
            return Ok(true);
        }
        match answer.code {
            // git gives only 128 for "cannot lock ref"; the caller reads the refs again to see why.
            Some(128) => {
                tracing::debug!(words = %answer.stderr.trim(), "update-ref");
                Ok(false)
            }
            _ => Err(ExecError::Failed(Box::new(answer)).into()),
        }
    }

    /// Whether every ref is where the edits want it.
    fn are_done(&self, edits: &[LocalEdit]) -> Result<bool, GitError> {
        let names: Vec<_> = edits.iter().map(|edit| edit.name().as_str()).collect();
        let found = self.refs(&names)?;
        Ok(edits.iter().all(|edit| {
            let now = found.iter().find(|r| r.name == *edit.name()).map(|r| &r.oid);
            match edit {
                LocalEdit::Set { to, .. } => now == Some(to),
                LocalEdit::Delete { .. } => now.is_none(),
            }
        }))
    }

    /// Starts to change local refs, to be waited for later.
    pub fn start_update_refs(&self, edits: &[LocalEdit], reason: &str) -> RunningCall {
        self.update_refs_call(edits, reason).start()
    }

    fn update_refs_call(&self, edits: &[LocalEdit], reason: &str) -> GitCall {
        let script: String = edits.iter().map(|edit| self.script_line(edit)).collect();
        let call = self.git().call("update-ref").args(["--no-deref", "-m", reason, "--stdin"]);
        call.stdin(script)
    }

    fn script_line(&self, edit: &LocalEdit) -> String {
        let zero = "0".repeat(self.format.raw_len() * 2);
        match edit {
            LocalEdit::Set { name, to, from } => {
                format!("update {name} {to} {}\n", from.as_ref().map_or(zero.as_str(), Oid::as_str))
            }
            LocalEdit::Delete { name, at: Some(at) } => format!("delete {name} {at}\n"),
            LocalEdit::Delete { name, at: None } => format!("delete {name}\n"),
        }
    }

    /// Whether `ancestor` is reachable from `commit`.
    pub fn is_ancestor(&self, ancestor: &Oid, commit: &Oid) -> Result<bool, GitError> {
        self.git().is_ancestor(ancestor, commit)
    }

    /// The newest common ancestor of two commits; `None` when they share no history.
    pub fn merge_base(&self, one: &Oid, other: &Oid) -> Result<Option<Oid>, GitError> {
        let answer = self.git().call("merge-base").args([one.as_str(), other.as_str()]).run()?;
        match answer.code {
            Some(0) => {
                let oid = Oid::parse(text_of(&answer.stdout).trim_end());
                oid.map(Some).ok_or_else(|| GitError::unreadable("merge-base", &answer.stdout))
            }
            Some(1) => Ok(None),
            _ => Err(ExecError::Failed(Box::new(answer)).into()),
        }
    }

    /// All commits reachable from `commits` but not from `tip`. Those of `commits` that are not among them are
    /// reachable from `tip`. One process, however many are asked about.
    pub fn not_reachable(&self, commits: &[&Oid], tip: &Oid) -> Result<HashSet<Oid>, GitError> {
        let call = self.git().call("rev-list").args(commits.iter().map(|c| c.as_str()));
        let answer = call.args(["--not", tip.as_str(), "--"]).run_ok()?;
        let parse = |line: &str| {
            Oid::parse(line).ok_or_else(|| GitError::unreadable("rev-list", line.as_bytes()))
        };
        text_of(&answer).lines().map(parse).collect()
    }

    /// How many commits each side has that the other lacks.
    pub fn ahead_behind(&self, ours: &Oid, theirs: &Oid) -> Result<(u64, u64), GitError> {
        let range = format!("{ours}...{theirs}");
        let answer =
            self.git().call("rev-list").args(["--left-right", "--count", &range]).run_ok()?;
        let text = text_of(&answer);
        let mut counts = text.split_whitespace().map(str::parse);
        match (counts.next(), counts.next()) {
            (Some(Ok(ahead)), Some(Ok(behind))) => Ok((ahead, behind)),
            _ => Err(GitError::unreadable("rev-list --count", &answer)),
        }
    }

    /// Sets the upstream of a local branch.
    ///
    /// Call it under a lock of this repository: two gits that write one configuration file at once
    /// fail with "could not lock config file".
    pub fn set_upstream(&self, branch: &RefName, remote: &RemoteName) -> Result<(), GitError> {
        let name = branch.short();
        let upstream = format!("--set-upstream-to={remote}/{name}");
        let set = || self.git().call("branch").args(["--quiet", &upstream, name]);
        let answer = beside_new_worktrees(set)?;
        if answer.code == Some(0) {
            return Ok(());
        }
        // There is no remote-tracking ref (a bare clone has none): these two settings say the same.
        let set = |key: &str, value: &str| self.git().call("config").args([key, value]).run_ok();
        set(&format!("branch.{name}.remote"), remote.as_str())?;
        set(&format!("branch.{name}.merge"), branch.as_str())?;
        Ok(())
    }

    /// Removes the upstream of a deleted branch. Call it under the same lock as [`Repo::set_upstream`].
    pub fn forget_upstream(&self, branch: &RefName) -> Result<(), GitError> {
        let section = format!("branch.{}", branch.short());
        let answer = self.git().call("config").args(["--remove-section", &section]).run()?;
        match answer.code {
            // 128 means "no such section", but also a configuration that cannot be written: the branch is gone either
            // way, and a leftover line about it does no harm.
            Some(0 | 128) => Ok(()),
            _ => Err(ExecError::Failed(Box::new(answer)).into()),
        }
    }

    /// The newest commit that touched `path`, going back from `from`: its id and whole message.
    pub fn last_commit_of(
        &self,
        from: &Oid,
        path: &[u8],
    ) -> Result<Option<(Oid, String)>, GitError> {
        self.last_commit_with(from, path, &[])
    }

    /// The same among the commits whose messages contain all of `words`.
    pub fn last_commit_with(
        &self,
        from: &Oid,
        path: &[u8],
        words: &[&str],
    ) -> Result<Option<(Oid, String)>, GitError> {
        let call = self.git().call("log").args(["-1", "--no-renames", "--format=%H%n%B"]);
        let mut call = call.args(["--fixed-strings", "--all-match"]);
        call = call.args(words.iter().map(|word| format!("--grep={word}")));
        call = call.args([from.as_str(), "--"]).arg(literal_pathspec(path));
        let text = text_of(&call.run_ok()?);
        let (oid, message) = text.split_once('\n').unwrap_or((text.trim_end(), ""));
        Ok(Oid::parse(oid).map(|oid| (oid, message.to_owned())))
    }
}

/// A pathspec that means exactly this path from the root, whatever characters it contains.
pub fn literal_pathspec(path: &[u8]) -> std::ffi::OsString {
    let mut spec = std::ffi::OsString::from(":(top,literal)");
    spec.push(super::repo::path_of(path));
    spec
}

/// A question that the remote may not have answered yet.
pub struct RefQuestion {
    running: RunningCall,
}

impl RefQuestion {
    /// Whether the answer has arrived, or never will.
    pub fn is_over(&self) -> bool {
        self.running.is_finished()
    }

    /// The refs that match, and where they are.
    pub fn answer(self) -> Result<Vec<RefValue>, GitError> {
        let answer = self.running.finish()?.require_success()?;
        Ok(parse_ls_remote(&text_of(&answer)))
    }

    pub fn stop(self) {
        self.running.stop();
    }
}

fn parse_ls_remote(text: &str) -> Vec<RefValue> {
    let mut head = None;
    let mut refs = Vec::new();
    for line in text.lines() {
        let Some((left, name)) = line.split_once('\t') else { continue };
        if let Some(target) = left.strip_prefix("ref: ") {
            if name == "HEAD" {
                head = RefName::parse(target);
            }
        } else if let (Some(oid), Some(name)) = (Oid::parse(left), RefName::parse(name)) {
            refs.push(RefValue { name, oid, symref: None });
        } else if let (Some(oid), true, Some(target)) = (Oid::parse(left), name == "HEAD", &head) {
            refs.push(RefValue { name: target.clone(), oid, symref: head.clone() });
        }
    }
    refs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_branch_is_the_one_head_points_to() {
        let oid = "0123456789abcdef0123456789abcdef01234567";
        let text = format!("ref: refs/heads/trunk\tHEAD\n{oid}\tHEAD\n{oid}\trefs/heads/trunk\n");
        let refs = parse_ls_remote(&text);
        let head = refs.iter().find(|r| r.symref.is_some()).unwrap();
        assert_eq!(head.name.short(), "trunk");
        assert_eq!(refs.len(), 2);
    }
}
