//! Fetches what a partial clone lacks, all at once.
//!
//! git fetches each missing object when it is read, over its own connection: three hundred tickets are three hundred
//! connections. So before many objects are read, the missing ones are fetched together.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use super::exec::text_of;
use super::{ExecError, GitConfig, GitError, Repo};
use crate::names::{Oid, RemoteName};

/// How long one fetch of missing objects may take.
const LIMIT: Duration = Duration::from_mins(1);

/// The remote that has promised to have the missing objects.
pub(super) struct Promised {
    pub(super) repo: Repo,
    pub(super) remote: RemoteName,
}

impl GitConfig {
    /// The remote that has promised to have what a partial clone lacks; `None` if nothing is missing.
    pub fn promisor(&self) -> Option<&str> {
        let promises = |name: &&str| self.is_true(&format!("remote.{name}.promisor"));
        self.remotes().into_iter().find(promises).or_else(|| self.last("extensions.partialclone"))
    }
}

impl Promised {
    /// `None` if this is not a partial clone.
    pub(super) fn of(repo: &Repo) -> Option<Promised> {
        let remote = RemoteName::parse(repo.config.promisor()?)?;
        Some(Promised { repo: repo.clone(), remote })
    }

    /// Those of these names (ids, or `<tree-ish>:<path>`) whose objects are missing here; `None` if git cannot tell:
    /// git 2.39 stops at the first missing one. A git that does not know the variable fetches them instead, one by one,
    /// and says that none is missing.
    pub(super) fn missing<'n>(
        &self,
        names: &[&'n [u8]],
    ) -> Result<Option<Vec<&'n [u8]>>, GitError> {
        let check =
            self.repo.git().call("cat-file").arg("--batch-check").env("GIT_NO_LAZY_FETCH", "1");
        let answer = check.stdin([&names.join(&b'\n')[..], b"\n"].concat()).run()?;
        match answer.code {
            Some(0) => {}
            Some(128) => return Ok(None),
            _ => return Err(ExecError::Failed(Box::new(answer)).into()),
        }
        let lines = answer.stdout.split(|byte| *byte == b'\n');
        let missing = names.iter().zip(lines).filter(|(_, line)| line.ends_with(b" missing"));
        Ok(Some(missing.map(|(name, _)| *name).collect()))
    }

    /// Keeps only the missing ones of these objects, by a list of all that exist.
    pub(super) fn retain_missing(&self, ids: &mut BTreeSet<Oid>) -> Result<(), GitError> {
        let call = self.repo.git().call("cat-file").args(["--batch-all-objects", "--unordered"]);
        let here = call.arg("--batch-check=%(objectname)").run_ok()?;
        for id in here.split(|byte| *byte == b'\n').filter_map(id) {
            ids.remove(&id);
        }
        Ok(())
    }

    /// Fetches these objects, as git does when it misses one: `promisor-remote.c`.
    pub(super) fn fetch(&self, ids: &[Oid]) -> Result<(), GitError> {
        let wanted: String = ids.iter().map(|id| format!("{id}\n")).collect();
        let call = self.repo.git().call("fetch").config("fetch.negotiationAlgorithm=noop");
        let call = call
            .args(["--quiet", "--no-write-fetch-head", "--no-tags", "--no-prune", "--refmap="])
            .args(["--no-recurse-submodules", "--no-auto-maintenance", "--no-write-commit-graph"])
            .args(["--no-show-forced-updates", "--filter=blob:none", "--stdin", "--"])
            .arg(self.remote.as_str());
        let answer = call.stdin(wanted).deadline(Instant::now() + LIMIT).run()?;
        if answer.code == Some(0) {
            return Ok(());
        }
        Err(self.unfetched(answer.stderr))
    }

    pub(super) fn unfetched(&self, words: String) -> GitError {
        GitError::Unfetched { remote: self.remote.clone(), words }
    }
}

/// The tree that a name such as `main:a/b` looks into, and what it looks for there.
pub(super) fn parent(name: &[u8]) -> Option<(&[u8], &[u8])> {
    let path = name.iter().position(|byte| *byte == b':')? + 1;
    let slash = name.iter().rposition(|byte| *byte == b'/').filter(|at| *at >= path);
    match slash {
        Some(at) => Some((name.get(..at)?, name.get(at + 1..)?)),
        None => Some((name.get(..path)?, name.get(path..)?)),
    }
}

pub(super) fn id(name: &[u8]) -> Option<Oid> {
    Oid::parse(&text_of(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_looked_for_in_its_directory() {
        let of = |name: &'static str| {
            parent(name.as_bytes()).map(|(tree, file)| (text_of(tree), text_of(file)))
        };
        let pair = |tree: &str, file: &str| Some((tree.to_owned(), file.to_owned()));
        assert_eq!(of("refs/heads/a/b:t/q/x.md"), pair("refs/heads/a/b:t/q", "x.md"));
        assert_eq!(of("refs/heads/a/b:x.md"), pair("refs/heads/a/b:", "x.md"));
        assert_eq!(of("refs/heads/a/b"), None);
    }
}
