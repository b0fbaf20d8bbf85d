//! Looking at many branches of the remote at once.

use std::time::Instant;

use super::server::{LAST_WORD, timed_out};
use super::{Landing, Trunk, TrunkError};
use crate::git::RefValue;
use crate::names::RefName;

impl Trunk<'_> {
    /// The branches of the remote that match a pattern such as `ticket/*`, and where they are; their commits are here then.
    /// Without a remote the local ones.
    pub fn fetch_branches(&self, pattern: &str) -> Result<Vec<RefValue>, TrunkError> {
        let Some(remote) = &self.remote else {
            return Ok(self.repo.refs(&[&format!("refs/heads/{pattern}")])?);
        };
        let prefix = self.run.private_prefix();
        let spec = format!("+refs/heads/{pattern}:{prefix}/refs/heads/{pattern}");
        let until = self.deadline.max(Instant::now() + LAST_WORD);
        let words = match self.repo.fetch(remote, &[spec], until) {
            Ok(finished) if finished.code == Some(0) => {
                let found = self.repo.refs(&[&format!("{prefix}/")])?;
                let plain = |found: RefValue| {
                    let name = found.name.as_str().strip_prefix(&prefix)?.strip_prefix('/')?;
                    Some(RefValue { name: RefName::parse(name)?, ..found })
                };
                return Ok(found.into_iter().filter_map(plain).collect());
            }
            Ok(finished) => finished.stderr,
            Err(error) => timed_out(error)?,
        };
        Err(TrunkError::Unreachable { remote: remote.clone(), words, landing: Landing::No })
    }
}
