//! Writing objects and commits, without any index or working tree.

use std::cell::{Cell, RefCell};
use std::io::BufRead;
use std::path::Path;

use super::conversation::Conversation;
use super::exec::text_of;
use super::{GitError, ObjectKind, Repo};
use crate::names::Oid;
use crate::text::one_line;

/// What a commit says: a subject, an optional body, and trailers.
///
/// Values are single lines: a value from a ticket or a command line is flattened on the way in, so
/// that none can forge a trailer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommitText {
    pub subject: String,
    /// The text between subject and trailers, if any.
    pub body: Option<String>,
    /// `Key: value` lines at the end.
    pub trailers: Vec<(&'static str, String)>,
}

impl std::fmt::Display for CommitText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{}", one_line(&self.subject))?;
        if let Some(body) = &self.body {
            // Indented: a line of the text can then not be taken for a trailer.
            writeln!(f, "\n  {}", one_line(body))?;
        }
        if !self.trailers.is_empty() {
            writeln!(f)?;
        }
        self.trailers.iter().try_for_each(|(key, value)| writeln!(f, "{key}: {}", one_line(value)))
    }
}

/// Writes blobs and trees into the object store, through processes that stay.
///
/// `hash-object --stdin-paths` reads each object from a file of the scratch directory and answers
/// with its id. One process a type serves all attempts of a run.
pub struct ObjectWriter {
    // Order matters: the processes must have left the scratch directory before it is removed.
    blobs: RefCell<Option<Conversation>>,
    trees: RefCell<Option<Conversation>>,
    scratch: tempfile::TempDir,
    repo: Repo,
    written: Cell<u32>,
    made: RefCell<Vec<Oid>>,
}

impl ObjectWriter {
    /// A writer with a scratch directory of its own below `scratch_root`, which goes when it is dropped.
    pub fn open(repo: &Repo, scratch_root: &Path) -> Result<ObjectWriter, GitError> {
        let failed = |source| GitError::Scratch { path: scratch_root.to_owned(), source };
        std::fs::create_dir_all(scratch_root).map_err(failed)?;
        let scratch =
            tempfile::Builder::new().prefix("scratch-").tempdir_in(scratch_root).map_err(failed)?;
        Ok(ObjectWriter {
            scratch,
            repo: repo.clone(),
            written: Cell::new(0),
            made: RefCell::default(),
            blobs: RefCell::new(None),
            trees: RefCell::new(None),
        })
    }

    /// Starts the processes, to have them ready when there is something to write: started beside a fetch they
    /// cost nothing, one after the other behind it 4 ms. What cannot be started now says so when it is needed.
    pub fn warm_up(&self) {
        for (kind, slot) in [(ObjectKind::Blob, &self.blobs), (ObjectKind::Tree, &self.trees)] {
            let mut slot = slot.borrow_mut();
            if slot.is_none() {
                *slot = self.start(kind).ok();
            }
        }
    }

    pub fn write(&self, kind: ObjectKind, data: &[u8]) -> Result<Oid, GitError> {
        self.written.set(self.written.get() + 1);
        // A bare number, relative to the scratch directory: the path to it may hold a line end.
        let name = self.written.get().to_string();
        let path = self.scratch.path().join(&name);
        std::fs::write(&path, data)
            .map_err(|source| GitError::Scratch { path: path.clone(), source })?;
        let mut slot = if kind == ObjectKind::Tree {
            self.trees.borrow_mut()
        } else {
            self.blobs.borrow_mut()
        };
        let process = match slot.take() {
            Some(running) => slot.insert(running),
            None => slot.insert(self.start(kind)?),
        };
        let answer = process.ask(format!("{name}\n").as_bytes(), |stdout| {
            let mut line = Vec::new();
            stdout.read_until(b'\n', &mut line)?;
            Ok(line)
        })?;
        std::fs::remove_file(&path).map_err(|source| GitError::Scratch { path, source })?;
        self.made(&answer).ok_or_else(|| GitError::unreadable("hash-object", &answer))
    }

    fn made(&self, answer: &[u8]) -> Option<Oid> {
        let oid = Oid::parse(text_of(answer).trim_end())?;
        self.made.borrow_mut().push(oid.clone());
        Some(oid)
    }

    /// An object of ours that git, by these words, does not find: `git gc --prune=now` removes what no ref holds yet.
    pub fn missed_in(&self, words: &str) -> Option<Oid> {
        const MISSED: [&str; 6] = [
            "bad object",
            "bad tree object",
            "not a valid",
            "unable to read",
            "cannot be read",
            "missing",
        ];
        let made = self.made.borrow();
        // What the remote says of an object is about its own, or a rule.
        let ours = words.lines().filter(|line| !line.starts_with("remote:"));
        let mut lines = ours.filter(|line| MISSED.iter().any(|missed| line.contains(missed)));
        lines.find_map(|line| made.iter().find(|oid| line.contains(oid.as_str()))).cloned()
    }

    fn start(&self, kind: ObjectKind) -> Result<Conversation, GitError> {
        let git = self.repo.git().pinned(&self.repo.common_dir, self.scratch.path());
        let mut call = git.call("hash-object");
        if kind == ObjectKind::Tree {
            // A tree is mostly hashes, which do not get smaller: for a lane of 20,000 tickets the attempt is two
            // thirds of the 19 ms that writing takes, and saves a third of 1 MB until git packs the object.
            call = call.config("core.looseCompression=0");
        }
        let args = ["-w", "--no-filters", "--stdin-paths", "-t", kind.as_str()];
        Ok(call.args(args).converse()?)
    }

    /// Makes a commit. Author, committer and their dates are the user's, by git's own rules, and the
    /// commit is signed when `commit.gpgSign` says so (commit-tree does not look there by itself).
    pub fn commit(&self, tree: &Oid, parents: &[&Oid], text: &CommitText) -> Result<Oid, GitError> {
        let mut call = self.repo.git().call("commit-tree").arg(tree.as_str());
        for parent in parents {
            call = call.args(["-p", parent.as_str()]);
        }
        if self.repo.config.is_true("commit.gpgsign") {
            call = call.arg("-S");
        }
        let answer = call.args(["-F", "-"]).stdin(text.to_string()).run_ok()?;
        self.made(&answer).ok_or_else(|| GitError::unreadable("commit-tree", &answer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_value_can_forge_a_trailer_or_a_subject() {
        let text = CommitText {
            subject: "claim: X\nTix-Claim: forged".into(),
            body: Some("why\n\nTix-Actor: Eve".into()),
            trailers: vec![("Tix-Claim", "a\r\nTix-Actor: Eve\u{2028}x".into())],
        };
        assert_eq!(
            text.to_string(),
            "claim: X Tix-Claim: forged\n\n  why Tix-Actor: Eve\n\nTix-Claim: a Tix-Actor: Eve x\n"
        );
    }
}
