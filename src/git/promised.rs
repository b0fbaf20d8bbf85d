//! What a partial clone lacks, asked for at once.
//!
//! git fetches each missing object when it is read, under a connection of its own: three hundred tickets are three hundred
//! connections. So before many objects are read those that are not here are fetched together.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use super::exec::text_of;
use super::{ExecError, GitConfig, GitError, Repo};
use crate::names::{Oid, RemoteName};

/// How long one fetch of missing objects may take.
const LIMIT: Duration = Duration::from_mins(1);

/// The remote that has promised to have what is missing here.
pub(super) struct Promised {
    pub(super) repo: Repo,
    pub(super) remote: RemoteName,
}

impl GitConfig {
    /// The remote that has promised to have what is missing in a partial clone; `None` where nothing is.
    pub fn promisor(&self) -> Option<&str> {
        let promises = |name: &&str| self.is_true(&format!("remote.{name}.promisor"));
        self.remotes().into_iter().find(promises).or_else(|| self.last("extensions.partialclone"))
    }
}

impl Promised {
    /// `None` where nothing is missing: this is no partial clone.
    pub(super) fn of(repo: &Repo) -> Option<Promised> {
        let remote = RemoteName::parse(repo.config.promisor()?)?;
        Some(Promised { repo: repo.clone(), remote })
    }

    /// Of these names (ids, or `<tree-ish>:<path>`) those whose objects are not here; `None` where git cannot tell: 2.39 ends at
    /// the first of them. A git that does not know the variable fetches them instead, one by one, and says that all are
    /// here.
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

    /// Leaves those of these objects that are not here, by a list of all that are.
    pub(super) fn retain_missing(&self, ids: &mut BTreeSet<Oid>) -> Result<(), GitError> {
        let call = self.repo.git().call("cat-file").args(["--batch-all-objects", "--unordered"]);
        let here = call.arg("--batch-check=%(objectname)").run_ok()?;
        for id in here.split(|byte| *byte == b'\n').filter_map(id) {
            ids.remove(&id);
        }
        Ok(())
    }

    /// Fetches these objects, as git does it when it misses one: `promisor-remote.c`.
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
