//! Looks at many branches of the remote at once.

use std::time::Instant;

use super::fetch::unreachable;
use super::server::LAST_WORD;
use super::{Trunk, TrunkError};
use crate::git::{GitError, RefValue};
use crate::names::RefName;

impl Trunk<'_> {
    /// Fetches the branches of the remote that match a pattern such as `ticket/*`, and returns where they are. Without
    /// a remote, the local ones.
    pub fn fetch_branches(&self, pattern: &str) -> Result<Vec<RefValue>, TrunkError> {
        let Some(remote) = &self.remote else {
            return Ok(self.repo.refs(&[&format!("refs/heads/{pattern}")])?);
        };
        let prefix = self.run.private_prefix();
        let spec = format!("+refs/heads/{pattern}:{prefix}/refs/heads/{pattern}");
        let until = self.deadline.at().max(Instant::now() + LAST_WORD);
        if let Some(words) = self.fetch_again_when_broken(remote, &[spec], until)? {
            return Err(unreachable(remote, words));
        }
        Ok(self.fetched_below(&prefix)?)
    }

    /// The refs fetched below a private prefix, under their names on the remote.
    pub(super) fn fetched_below(&self, prefix: &str) -> Result<Vec<RefValue>, GitError> {
        let found = self.repo.refs(&[&format!("{prefix}/")])?;
        let plain = |found: RefValue| {
            let name = found.name.as_str().strip_prefix(prefix)?.strip_prefix('/')?;
            Some(RefValue { name: RefName::parse(name)?, ..found })
        };
        Ok(found.into_iter().filter_map(plain).collect())
    }
}
