//! Writes objects and commits, without any index or working tree.

use std::cell::{Cell, RefCell, RefMut};
use std::io::BufRead;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::conversation::Conversation;
use super::exec::{GitCall, text_of};
use super::loose::loose;
use super::{ExecError, GitError, ObjectKind, Repo};
use crate::names::Oid;
use crate::text::one_line;

/// The message of a commit: a subject, an optional body, and trailers.
///
/// Values are single lines: a value from a ticket or a command line is flattened first, so that none can forge a
/// trailer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommitText {
    pub subject: String,
    /// The text between subject and trailers, if any.
    pub body: Option<String>,
    /// `Key: value` lines at the end.
    pub trailers: Vec<(&'static str, String)>,
    /// Author and committer; `None` for the user.
    pub authors: Option<CommitAuthors>,
}

/// Author and committer, each as git writes identities: `Name <mail> <seconds> <zone>`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommitAuthors {
    author: String,
    committer: String,
}

impl CommitAuthors {
    /// The author and committer of commits made here, by git's own rules.
    pub fn here(repo: &Repo) -> Result<CommitAuthors, GitError> {
        let ask = |name| -> Result<String, GitError> {
            let answer = repo.git().call("var").arg(name).run_ok()?;
            Ok(text_of(&answer).trim_end().to_owned())
        };
        let (author, committer) = (ask("GIT_AUTHOR_IDENT")?, ask("GIT_COMMITTER_IDENT")?);
        Ok(CommitAuthors { author, committer })
    }

    pub fn committer_mail(&self) -> Option<String> {
        parts(&self.committer).map(|[_, mail, _]| mail)
    }

    /// The variables that make git commit for them.
    fn variables(&self) -> Option<[(&'static str, String); 6]> {
        let [name, mail, date] = parts(&self.author)?;
        let [whose, their_mail, when] = parts(&self.committer)?;
        Some([
            ("GIT_AUTHOR_NAME", name),
            ("GIT_AUTHOR_EMAIL", mail),
            ("GIT_AUTHOR_DATE", date),
            ("GIT_COMMITTER_NAME", whose),
            ("GIT_COMMITTER_EMAIL", their_mail),
            ("GIT_COMMITTER_DATE", when),
        ])
    }
}

/// Name, mail and date of an identity.
fn parts(identity: &str) -> Option<[String; 3]> {
    let (name, rest) = identity.split_once(" <")?;
    let (mail, date) = rest.split_once("> ")?;
    Some([name.to_owned(), mail.to_owned(), format!("@{date}")])
}

impl std::fmt::Display for CommitText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{}", one_line(&self.subject))?;
        if let Some(body) = &self.body {
            // Indented, so that no line of the text can be read as a trailer.
            writeln!(f, "\n  {}", one_line(body))?;
        }
        if !self.trailers.is_empty() {
            writeln!(f)?;
        }
        self.trailers.iter().try_for_each(|(key, value)| writeln!(f, "{key}: {}", one_line(value)))
    }
}

/// Writes blobs and trees into the object store, through long-lived processes.
///
/// `hash-object --stdin-paths` reads each object from a file in the scratch directory and answers with its id. One
/// process per type serves all attempts of a run.
pub struct ObjectWriter {
    // Order matters: the processes must have left the scratch directory before it is removed.
    blobs: RefCell<Option<Conversation>>,
    trees: RefCell<Option<Conversation>>,
    scratch: tempfile::TempDir,
    repo: Repo,
    written: Cell<u32>,
    /// Everything written so far, for as long as it may have to be written again.
    made: RefCell<Vec<MadeObject>>,
    /// Whether something written was gone once.
    has_lost: Cell<bool>,
}

struct MadeObject {
    oid: Oid,
    kind: ObjectKind,
    data: Vec<u8>,
}

impl ObjectWriter {
    /// A writer with its own scratch directory below `scratch_root`, which is removed when the writer is dropped.
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
            has_lost: Cell::new(false),
            blobs: RefCell::new(None),
            trees: RefCell::new(None),
        })
    }

    /// Starts the processes so that they are ready when there is something to write: started in parallel with a fetch
    /// they cost nothing, one after the other after it 4 ms. A process that cannot be started reports its error when it
    /// is needed.
    pub fn warm_up(&self) {
        for (kind, slot) in [(ObjectKind::Blob, &self.blobs), (ObjectKind::Tree, &self.trees)] {
            let mut slot = slot.borrow_mut();
            if slot.is_none() {
                *slot = self.start(kind).ok();
            }
        }
    }

    /// Writes an object. git dies if a gc removes the directory that it writes to, so it is started once more.
    pub fn write(&self, kind: ObjectKind, data: &[u8]) -> Result<Oid, GitError> {
        self.try_write(kind, data).or_else(|error| {
            tracing::debug!(%error, "written once more");
            self.slot(kind).take();
            self.try_write(kind, data)
        })
    }

    fn slot(&self, kind: ObjectKind) -> RefMut<'_, Option<Conversation>> {
        if kind == ObjectKind::Tree { self.trees.borrow_mut() } else { self.blobs.borrow_mut() }
    }

    fn try_write(&self, kind: ObjectKind, data: &[u8]) -> Result<Oid, GitError> {
        self.written.set(self.written.get() + 1);
        // Only a number, relative to the scratch directory: the path to it may contain a line end.
        let name = self.written.get().to_string();
        let path = self.scratch.path().join(&name);
        std::fs::write(&path, data)
            .map_err(|source| GitError::Scratch { path: path.clone(), source })?;
        let mut slot = self.slot(kind);
        let process = match slot.take() {
            Some(running) => slot.insert(running),
            None => slot.insert(self.start(kind)?),
        };
        let answer = process.ask(format!("{name}\n").as_bytes(), |stdout| {
            let mut line = Vec::new();
            stdout.read_until(b'\n', &mut line)?;
            Ok(line)
        });
        // A process that has ended has lost its error message; run alone, it says it again.
        let is_gone = match &answer {
            Ok(line) => line.is_empty(),
            Err(error) => matches!(error, ExecError::Pipe { .. }),
        };
        let answer = if is_gone {
            *slot = None;
            self.hasher(kind).args(["--", &name]).run_ok()?
        } else {
            answer?
        };
        let oid = Oid::parse(text_of(&answer).trim_end());
        let oid = oid.ok_or_else(|| GitError::unreadable("hash-object", &answer))?;
        std::fs::remove_file(&path).map_err(|source| GitError::Scratch { path, source })?;
        self.note_made(&oid, kind, data.to_vec());
        Ok(oid)
    }

    fn note_made(&self, oid: &Oid, kind: ObjectKind, data: Vec<u8>) {
        self.made.borrow_mut().push(MadeObject { oid: oid.clone(), kind, data });
    }

    /// Whether something that it wrote was gone once.
    pub fn has_lost(&self) -> bool {
        self.has_lost.get()
    }

    /// Writes again what has vanished of everything it wrote, and says which object that was: `git gc --prune=now`
    /// removes what no ref held when it began, even if a ref holds it by now.
    pub fn restore(&self) -> Result<Option<Oid>, GitError> {
        let made = self.made.borrow();
        let names: String = made.iter().map(|object| format!("{}\n", object.oid)).collect();
        let git = self.repo.git().pinned(&self.repo.common_dir, self.scratch.path());
        let check = git.call("cat-file").arg("--batch-check").stdin(names);
        let answer = text_of(&check.run_ok()?);
        let is_gone = |oid: &Oid| answer.lines().any(|line| line == format!("{oid} missing"));
        let gone: Vec<&MadeObject> = made.iter().filter(|object| is_gone(&object.oid)).collect();
        if gone.is_empty() {
            return Ok(None);
        }
        self.has_lost.set(true);
        // The long-lived processes know packs that no longer exist, and would treat their contents as written.
        *self.blobs.borrow_mut() = None;
        *self.trees.borrow_mut() = None;
        for object in &gone {
            let call = git.call("hash-object").args(["-w", "--no-filters", "--stdin", "-t"]);
            call.arg(object.kind.as_str()).stdin(object.data.clone()).run_ok()?;
        }
        Ok(gone.first().map(|object| object.oid.clone()))
    }

    fn start(&self, kind: ObjectKind) -> Result<Conversation, GitError> {
        Ok(self.hasher(kind).arg("--stdin-paths").converse()?)
    }

    fn hasher(&self, kind: ObjectKind) -> GitCall {
        let git = self.repo.git().pinned(&self.repo.common_dir, self.scratch.path());
        let mut call = git.call("hash-object");
        if kind == ObjectKind::Tree {
            // A tree is mostly hashes, which do not compress: for a lane of 20,000 tickets the attempt takes two thirds
            // of the 19 ms of writing, and saves a third of 1 MB until git packs the object.
            call = call.config("core.looseCompression=0");
        }
        call.args(["-w", "--no-filters", "-t", kind.as_str()])
    }

    /// Creates a commit. Author, committer and dates are the user's, by git's own rules, and the commit is signed if
    /// `commit.gpgSign` says so (commit-tree does not look there by itself).
    pub fn commit(&self, tree: &Oid, parents: &[&Oid], text: &CommitText) -> Result<Oid, GitError> {
        let mut call = self.repo.git().call("commit-tree").arg(tree.as_str());
        for parent in parents {
            call = call.args(["-p", parent.as_str()]);
        }
        if let Some(authors) = &text.authors {
            let variables = authors.variables();
            let unreadable = || GitError::unreadable("var", authors.author.as_bytes());
            for (name, value) in variables.ok_or_else(unreadable)? {
                call = call.env(name, value);
            }
        }
        if self.repo.config.is_true("commit.gpgsign") {
            call = call.arg("-S");
        }
        let answer = call.args(["-F", "-"]).stdin(text.to_string()).run_ok()?;
        let oid = Oid::parse(text_of(&answer).trim_end());
        let oid = oid.ok_or_else(|| GitError::unreadable("commit-tree", &answer))?;
        if let Some(data) = loose(&self.repo.common_dir.join("objects"), ObjectKind::Commit, &oid) {
            self.note_made(&oid, ObjectKind::Commit, data);
        }
        Ok(oid)
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
            authors: None,
        };
        assert_eq!(
            text.to_string(),
            "claim: X Tix-Claim: forged\n\n  why Tix-Actor: Eve\n\nTix-Claim: a Tix-Actor: Eve x\n"
        );
    }
}
