//! The initial files of a repository with tickets.

use super::change::{Change, FileEdit, trailer};
use crate::names::RepoPath;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewFile {
    pub path: RepoPath,
    /// Its initial contents; an existing file is left as it is.
    pub content: Vec<u8>,
}

/// Adds the files that are missing.
pub fn set_up(missing: &[NewFile], actor: &str) -> Change {
    let add =
        |file: &NewFile| FileEdit::Add { path: file.path.clone(), content: file.content.clone() };
    Change {
        edits: missing.iter().map(add).collect(),
        subject: "init: tickets".to_owned(),
        trailers: vec![(trailer::ACTOR, actor.to_owned())],
        ..Change::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_file_is_added_as_it_is() {
        let path = RepoPath::parse("tickets/queue/.gitkeep").unwrap();
        let file = NewFile { path: path.clone(), content: b"x".to_vec() };
        let change = set_up(&[file], "Ada");
        assert_eq!(change.edits, [FileEdit::Add { path, content: b"x".to_vec() }]);
        assert_eq!(change.trailers, [("Tix-Actor", "Ada".to_owned())]);
    }
}
