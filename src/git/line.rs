//! The commits that a branch was at: its line of first parents.

use super::exec::{Git, text_of};
use super::pieces::Splitter;
use super::{GitError, Objects, Repo};
use crate::names::Oid;

/// Where the first parents of a range end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LineEnd {
    /// The range has no commits.
    Empty,
    /// The range has several tips, so there are several lines.
    Several,
    /// The history begins in the range.
    Root,
    /// The newest commit of the line before the range.
    Before(Oid),
}

impl Git {
    /// Where the first parents of a range end; the range must not begin with `-`. With a limit, only that many of the
    /// newest commits count.
    pub fn line_end(&self, range: &str, limit: Option<usize>) -> Result<LineEnd, GitError> {
        let call = self.call("rev-list").args(["--first-parent", "--parents"]);
        let call = call.args(limit.map(|limit| format!("--max-count={limit}")));
        let mut lines = Splitter::at(b'\n');
        let mut end = Ok(LineEnd::Empty);
        call.args([range, "--"]).run_reading(&mut |piece| {
            lines.feed(piece, |line| {
                if let Ok(before) = &end {
                    end = go_on(before, line);
                }
            });
        })?;
        end.map_err(|line| GitError::unreadable("rev-list --parents", &line))
    }
}

/// Where the line ends with one more commit, which git writes with its parents.
fn go_on(end: &LineEnd, line: &[u8]) -> Result<LineEnd, Vec<u8>> {
    let text = text_of(line);
    let mut oids = text.split(' ').map(Oid::parse);
    let Some(Some(commit)) = oids.next() else { return Err(line.to_vec()) };
    match end {
        LineEnd::Before(before) if *before != commit => Ok(LineEnd::Several),
        LineEnd::Empty | LineEnd::Before(_) => match oids.next() {
            None => Ok(LineEnd::Root),
            Some(Some(parent)) => Ok(LineEnd::Before(parent)),
            Some(None) => Err(line.to_vec()),
        },
        LineEnd::Root | LineEnd::Several => Ok(LineEnd::Several),
    }
}

impl Repo {
    /// Whether the branch that is at `tip` was once at `earlier`. Not if this repository no longer has `earlier`.
    pub fn was_at(&self, objects: &Objects, tip: &Oid, earlier: &Oid) -> Result<bool, GitError> {
        if tip == earlier {
            return Ok(true);
        }
        if objects.resolve(&format!("{earlier}^{{commit}}"))?.is_none() {
            return Ok(false);
        }
        let end = self.git().line_end(&format!("{earlier}..{tip}"), None)?;
        Ok(end == LineEnd::Before(earlier.clone()))
    }

    /// Whether a commit's id stands for its whole past: git shows another past if only a part of the history was
    /// fetched, or if one was grafted on (gitrepository-layout(5): `shallow`, `info/grafts`).
    pub fn has_whole_history(&self) -> bool {
        ["shallow", "info/grafts"].iter().all(|file| !self.common_dir.join(file).exists())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end_of(lines: &[&str]) -> Result<LineEnd, Vec<u8>> {
        let full = |line: &str| -> String {
            line.split(' ').map(|id| id.repeat(40)).collect::<Vec<_>>().join(" ")
        };
        let mut lines = lines.iter();
        lines.try_fold(LineEnd::Empty, |end, line| go_on(&end, full(line).as_bytes()))
    }

    #[test]
    fn a_line_ends_where_its_last_first_parent_is() {
        let oid = |id: &str| Oid::parse(&id.repeat(40)).unwrap();
        assert_eq!(end_of(&[]), Ok(LineEnd::Empty));
        assert_eq!(end_of(&["3 2", "2 1 9"]), Ok(LineEnd::Before(oid("1"))));
        assert_eq!(end_of(&["2 1", "1"]), Ok(LineEnd::Root));
        // A commit that starts in the middle, or continues after a root, belongs to another line.
        assert_eq!(end_of(&["3 2", "9 8"]), Ok(LineEnd::Several));
        assert_eq!(end_of(&["3 2", "9 8", "2 1"]), Ok(LineEnd::Several));
        assert_eq!(end_of(&["1", "9 8"]), Ok(LineEnd::Several));
        assert!(end_of(&["3 2", "x", "2 1"]).is_err());
    }
}
