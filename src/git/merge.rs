//! What one branch has that another does not, and what a merge of the two would be. Nothing here needs a checkout.

use std::collections::BTreeSet;

use super::delta::NO_ORDER;
use super::exec::text_of;
use super::refs::literal_pathspec;
use super::{ExecError, GitError, Repo};
use crate::names::{Oid, RefName, RepoPath};

/// The result of merging two commits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MergedTree {
    Clean(Oid),
    /// Both changed these files in ways that git cannot combine.
    Conflicts {
        /// The files there have both sides and what they come from between markers, in the style `diff3`.
        tree: Oid,
        paths: Vec<RepoPath>,
    },
}

/// Identifies a patch wherever it is applied: its lines and their context, without line numbers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PatchId(String);

/// These options give one patch for one change, regardless of the user's diff configuration. With whole ids, because a
/// patch of a binary file contains nothing else.
const PATCH: [&str; 15] = [
    NO_ORDER,
    "-p",
    "--full-index",
    "--no-renames",
    "--no-relative",
    "--no-color",
    "--no-ext-diff",
    "--no-textconv",
    "--ignore-submodules=none",
    "--submodule=short",
    "--diff-algorithm=myers",
    "--unified=3",
    "--inter-hunk-context=0",
    "--src-prefix=a/",
    "--dst-prefix=b/",
];

impl Repo {
    /// Merges two commits as `git merge` does by default, and writes the tree: git-merge-tree(1), git 2.38. One
    /// difference: files are not moved because others of their directory were, since tickets of one lane have nothing
    /// in common.
    pub fn merge_trees(&self, ours: &Oid, theirs: &Oid) -> Result<MergedTree, GitError> {
        let call = self.git().call("merge-tree").args(["--write-tree", "-z", "--name-only"]);
        let call = call.config("merge.renames=true").config("merge.directoryRenames=false");
        let call = call.config("merge.conflictStyle=diff3");
        let answer = call.args(["--no-messages", ours.as_str(), theirs.as_str()]).run()?;
        let is_clean = match answer.code {
            Some(0) => true,
            Some(1) => false,
            _ => return Err(ExecError::Failed(Box::new(answer)).into()),
        };
        // The tree comes first in both cases; if there are conflicts, it contains them, and their paths follow.
        let unreadable = || GitError::unreadable("merge-tree", &answer.stdout);
        let mut words = answer.stdout.split(|b| *b == 0).filter(|word| !word.is_empty());
        let tree = words.next().and_then(|word| Oid::parse(&text_of(word)));
        let tree = tree.ok_or_else(unreadable)?;
        if is_clean {
            return Ok(MergedTree::Clean(tree));
        }
        let paths = words.map(RepoPath::parse).collect::<Option<_>>().ok_or_else(unreadable)?;
        Ok(MergedTree::Conflicts { tree, paths })
    }

    /// Whether a program of the user's configuration may change what a merge does.
    pub fn has_merge_drivers(&self) -> bool {
        let is_driver = |key: &str| key.starts_with("merge.") && key.ends_with(".driver");
        self.config.entries().iter().any(|(key, _)| is_driver(key))
    }

    /// The patches of the commits reachable from `tip` but not from `from`, without merges; with paths, only commits
    /// that change one of them.
    pub fn patches(
        &self,
        from: &Oid,
        tip: &Oid,
        paths: &[RepoPath],
    ) -> Result<BTreeSet<PatchId>, GitError> {
        let call = self.git().call("log").args(PATCH).args(["--no-merges", "--full-diff"]);
        let call = call.args(["--format=commit %H", "--no-show-signature", "--no-notes"]);
        let call = call.config("log.follow=false").config("log.showRoot=true");
        let call = call.args([tip.as_str(), "--not", from.as_str(), "--"]);
        self.patch_ids(&call.args(paths.iter().map(|p| literal_pathspec(p.as_bytes()))).run_ok()?)
    }

    /// Everything between two commits as one patch; `None` if there is nothing.
    pub fn patch_between(&self, from: &Oid, tip: &Oid) -> Result<Option<PatchId>, GitError> {
        let call = self.git().call("diff-tree").args(PATCH).args([from.as_str(), tip.as_str()]);
        Ok(self.patch_ids(&call.run_ok()?)?.pop_first())
    }

    /// `--verbatim`: otherwise git-patch-id(1) ignores white space, which may be the whole point of a commit.
    fn patch_ids(&self, patches: &[u8]) -> Result<BTreeSet<PatchId>, GitError> {
        let answer = self.git().call("patch-id").arg("--verbatim").stdin(patches).run_ok()?;
        let id = |line: &str| line.split_once(' ').map(|(id, _)| PatchId(id.to_owned()));
        let text = text_of(&answer);
        let ids = text
            .lines()
            .map(|line| id(line).ok_or_else(|| GitError::unreadable("patch-id", line.as_bytes())));
        ids.collect()
    }

    /// The number of merges reachable from `tip` but not from `upstream`.
    pub fn merges_beyond(&self, tip: &Oid, upstream: &Oid) -> Result<u64, GitError> {
        self.count(tip, upstream, "--min-parents=2")
    }

    /// The number of all other such commits.
    pub fn count_without_merges(&self, tip: &Oid, upstream: &Oid) -> Result<u64, GitError> {
        self.count(tip, upstream, "--max-parents=1")
    }

    fn count(&self, tip: &Oid, upstream: &Oid, which: &str) -> Result<u64, GitError> {
        let call = self.git().call("rev-list").args(["--count", which, tip.as_str()]);
        let answer = call.args(["--not", upstream.as_str(), "--"]).run_ok()?;
        let count = text_of(answer.trim_ascii()).parse().ok();
        count.ok_or_else(|| GitError::unreadable("rev-list --count", &answer))
    }

    /// Whether this branch was once at a commit of `there` that is not in its history any more, by its reflog: somebody has
    /// amended or rebased what was pushed.
    pub fn has_left(&self, branch: &RefName, tip: &Oid, there: &Oid) -> Result<bool, GitError> {
        let beyond = self.git().call("rev-list").args([there.as_str(), "--not", tip.as_str()]);
        let beyond = text_of(&beyond.run_ok()?);
        let was = self.git().call("rev-list").args(["--walk-reflogs", branch.as_str(), "--"]);
        let was = text_of(&was.run_ok()?);
        Ok(was.lines().any(|was| beyond.lines().any(|commit| commit == was)))
    }

    /// The newest commits reachable from `tip` but not from `known`, each with its subject.
    pub fn titles_beyond(
        &self,
        tip: &Oid,
        known: &[Oid],
        limit: usize,
    ) -> Result<Vec<String>, GitError> {
        let call = self.git().call("log").args(["--format=%h %s", "--no-show-signature"]);
        let call = call.arg(format!("--max-count={limit}")).args(["--no-decorate", tip.as_str()]);
        let answer = call.arg("--not").args(known.iter().map(Oid::as_str)).arg("--").run_ok()?;
        Ok(text_of(&answer).lines().map(str::to_owned).collect())
    }

    /// The newest commit that a branch was at that brought this file.
    pub fn brought_by(&self, tip: &Oid, path: &RepoPath) -> Result<Option<Oid>, GitError> {
        let call = self.git().call("log").args(["-1", "--first-parent", "--diff-filter=A"]);
        let call = call.args(["--no-renames", "--format=%H", tip.as_str(), "--"]);
        let answer = call.arg(literal_pathspec(path.as_bytes())).run_ok()?;
        Ok(Oid::parse(text_of(&answer).trim_end()))
    }
}
