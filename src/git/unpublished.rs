//! Claims that a trunk does not have, and what happened to their tickets on it.

use super::exec::text_of;
use super::refs::literal_pathspec;
use super::{GitError, Repo};
use crate::names::{Oid, RepoPath};

/// A commit that claims a ticket by its branch alone.
pub struct UnpublishedClaim {
    pub commit: Oid,
    /// The trunk commit that it was decided on; `None` unless it has exactly one parent.
    pub base: Option<Oid>,
    pub ticket: String,
}

impl Repo {
    /// The claims on these branches that name the branch as their lock and that the trunk does not have, newest first.
    pub fn unpublished_claims(
        &self,
        tips: &[&Oid],
        trunk: &Oid,
    ) -> Result<Vec<UnpublishedClaim>, GitError> {
        let trailer = "%(trailers:key=Tix-Ticket,valueonly,separator=%x20)";
        let call = self.log_call().arg(format!("--format=%H%x09%P%x09{trailer}"));
        let call = call.args(["--topo-order", "--grep=^Tix-Lock: branch$"]);
        let tips = tips.iter().map(|tip| tip.as_str());
        let answer = call.args(tips).args(["--not", trunk.as_str(), "--"]).run_ok()?;
        Ok(text_of(&answer).split('\0').filter_map(parse_line).collect())
    }

    /// The commits between two that removed one of these files, however the histories were merged.
    pub fn removals(
        &self,
        from: &Oid,
        to: &Oid,
        paths: &[&RepoPath],
    ) -> Result<Vec<Oid>, GitError> {
        let call = self.log_call().args(["--full-history", "--no-renames", "--diff-filter=D"]);
        let call = call.arg("--format=%H").arg(format!("{from}..{to}"));
        let paths = paths.iter().map(|path| literal_pathspec(path.as_bytes()));
        let answer = call.arg("--").args(paths).run_ok()?;
        Ok(text_of(&answer).split('\0').filter_map(Oid::parse).collect())
    }
}

fn parse_line(line: &str) -> Option<UnpublishedClaim> {
    let mut fields = line.split('\t');
    let (commit, parents, ticket) = (fields.next()?, fields.next()?, fields.next()?);
    Some(UnpublishedClaim {
        commit: Oid::parse(commit)?,
        base: Oid::parse(parents),
        ticket: ticket.trim().to_owned(),
    })
}
