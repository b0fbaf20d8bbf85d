//! Questions to the history.

use super::exec::text_of;
use super::refs::literal_pathspec;
use super::{GitError, Repo};
use crate::names::Oid;

impl Repo {
    /// The tickets that were made under a key of their maker's: the `Tix-Ticket` trailers of the commit
    /// that carries `Tix-Key: <key>`; empty when there is none.
    pub fn tickets_with_key(
        &self,
        from: &Oid,
        key: &str,
        tickets_dir: &[u8],
    ) -> Result<Vec<String>, GitError> {
        let grep = format!("--grep=Tix-Key: {key}");
        let call = self.git().call("log").args(["-z", "--fixed-strings", &grep]);
        let call = call.args([
            "--format=%(trailers:key=Tix-Key,valueonly)%x01%(trailers:key=Tix-Ticket,valueonly)",
        ]);
        let call = call.arg(from.as_str()).arg("--").arg(literal_pathspec(tickets_dir));
        let answer = text_of(&call.run_ok()?);
        // The search finds longer keys too; the trailer itself decides.
        let exact = answer
            .split('\0')
            .filter_map(|entry| entry.split_once('\x01'))
            .find(|(keys, _)| keys.lines().any(|line| line == key));
        let tickets = exact
            .map(|(_, ids)| ids.lines().filter(|l| !l.is_empty()).map(str::to_owned).collect());
        Ok(tickets.unwrap_or_default())
    }
}
