//! Reads objects through one `git cat-file --batch`, which also resolves names.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io::{self, BufRead};

use super::conversation::Conversation;
use super::exec::{Git, text_of};
use super::promised::{self, Promised};
use super::{ExecError, GitError, Repo};
use crate::names::Oid;

/// An object's type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectKind {
    /// A file's contents.
    Blob,
    Tree,
    Commit,
    Tag,
}

impl ObjectKind {
    /// git's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            ObjectKind::Blob => "blob",
            ObjectKind::Tree => "tree",
            ObjectKind::Commit => "commit",
            ObjectKind::Tag => "tag",
        }
    }

    fn parse(word: &str) -> Option<ObjectKind> {
        [ObjectKind::Blob, ObjectKind::Tree, ObjectKind::Commit, ObjectKind::Tag]
            .into_iter()
            .find(|k| k.as_str() == word)
    }
}

#[derive(Debug)]
pub struct Object {
    pub oid: Oid,
    pub kind: ObjectKind,
    pub data: Vec<u8>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitObject {
    pub oid: Oid,
    /// When it was committed, in seconds since 1970.
    pub at: i64,
    pub message: String,
}

/// The object reader of one run: a long-lived process, so that a read costs microseconds.
///
/// It sees what other processes write meanwhile: git looks again when it does not find an object, and reads refs again
/// for every name.
pub struct Objects {
    reader: RefCell<Conversation>,
    /// Set in a partial clone.
    promised: Option<Promised>,
}

impl Objects {
    pub fn open(repo: &Repo) -> Result<Objects, GitError> {
        Ok(Objects { promised: Promised::of(repo), ..Objects::open_with(repo.git())? })
    }

    /// Starts the reader of the repository that this git works on.
    pub fn open_with(git: &Git) -> Result<Objects, GitError> {
        let conversation = git.call("cat-file").arg("--batch").converse()?;
        Ok(Objects { reader: RefCell::new(conversation), promised: None })
    }

    /// The object that `name` means (an id, a ref, `<commit>:<path>`); `None` if it does not exist.
    pub fn read(&self, name: &[u8]) -> Result<Option<Object>, GitError> {
        if !is_question(name) {
            return Ok(None);
        }
        let mut question = name.to_vec();
        question.push(b'\n');
        let answer = self.reader.borrow_mut().ask(&question, read_answer);
        let (header, data) = answer.map_err(|error| self.explained(error))?;
        parse_header(&header).map(|found| found.map(|(oid, kind)| Object { oid, kind, data }))
    }

    /// Reads many objects at the cost of a few, without waiting for each: `each` gets those that exist, with their
    /// index in `names`, in that order. It must not ask this reader anything.
    pub fn read_many<N: AsRef<[u8]>>(
        &self,
        names: &[N],
        mut each: impl FnMut(usize, Object),
    ) -> Result<(), GitError> {
        let all = names.iter().map(AsRef::as_ref).enumerate();
        let asked: Vec<(usize, &[u8])> = all.filter(|(_, name)| is_question(name)).collect();
        self.fetch_missing(&asked)?;
        let mut places = asked.iter().map(|(place, _)| *place);
        let mut unreadable = None;
        let questions = asked.iter().map(|(_, name)| [name, b"\n".as_slice()].concat());
        let answer = self.reader.borrow_mut().ask_many(questions, |stdout| {
            let (header, data) = read_answer(stdout)?;
            match (parse_header(&header), places.next()) {
                (Ok(Some((oid, kind))), Some(place)) => each(place, Object { oid, kind, data }),
                (Ok(_), _) => {}
                // The answers after it must still be read, or the next question would get them.
                (Err(error), _) => unreadable = Some(error),
            }
            Ok(())
        });
        answer.map_err(|error| self.explained(error))?;
        unreadable.map_or(Ok(()), Err)
    }

    /// In a partial clone, fetches the missing ones of these objects over one connection.
    fn fetch_missing(&self, asked: &[(usize, &[u8])]) -> Result<(), GitError> {
        let Some(promised) = self.promised.as_ref().filter(|_| asked.len() > 1) else {
            return Ok(());
        };
        let names: Vec<&[u8]> = asked.iter().map(|(_, name)| *name).collect();
        let mut ids = BTreeSet::new();
        let missing = promised.missing(&names)?;
        for name in missing.as_deref().unwrap_or(&names) {
            if let Some(id) = promised::id(name) {
                ids.insert(id);
            } else if let Some((tree, file)) = promised::parent(name) {
                let entries = self.entries(tree, promised.repo.format)?.unwrap_or_default();
                let file = entries.into_iter().find(|entry| entry.name == file);
                ids.extend(file.map(|entry| entry.oid));
            }
        }
        if missing.is_none() {
            promised.retain_missing(&mut ids)?;
        }
        let ids: Vec<Oid> = ids.into_iter().collect();
        if ids.is_empty() { Ok(()) } else { promised.fetch(&ids) }
    }

    /// In a partial clone the reader ends when it cannot fetch a missing object, and has said why.
    fn explained(&self, error: ExecError) -> GitError {
        match (&self.promised, error) {
            (Some(promised), ExecError::Pipe { .. }) => promised.unfetched(String::new()),
            (_, error) => error.into(),
        }
    }

    /// Like [`Objects::read`], but the object must exist and have this type.
    pub fn require(&self, name: &[u8], kind: ObjectKind) -> Result<Object, GitError> {
        match self.read(name)? {
            Some(object) if object.kind == kind => Ok(object),
            Some(_) | None => Err(GitError::Missing(text_of(name))),
        }
    }

    /// The commit that a ref points to; `None` when there is no such ref.
    pub fn resolve(&self, name: &str) -> Result<Option<Oid>, GitError> {
        let object = self.read(name.as_bytes())?;
        Ok(object.filter(|o| o.kind == ObjectKind::Commit).map(|o| o.oid))
    }

    /// The commits that refs point to; `None` for a name that leads to none.
    pub fn commits<N: AsRef<[u8]>>(
        &self,
        names: &[N],
    ) -> Result<Vec<Option<CommitObject>>, GitError> {
        let mut commits: Vec<Option<CommitObject>> = names.iter().map(|_| None).collect();
        self.read_many(names, |at, object| {
            let time = committed_at(&object.data).filter(|_| object.kind == ObjectKind::Commit);
            if let (Some(slot), Some(at)) = (commits.get_mut(at), time) {
                *slot = Some(CommitObject { oid: object.oid, at, message: message(&object.data) });
            }
        })?;
        Ok(commits)
    }

    pub fn tree_of(&self, commit: &Oid) -> Result<Oid, GitError> {
        let object = self.require(commit.as_str().as_bytes(), ObjectKind::Commit)?;
        header_oid(&object.data, b"tree ")
            .ok_or_else(|| GitError::unreadable("commit", &object.data))
    }
}

/// Whether a name can be asked for: one line that is not empty.
fn is_question(name: &[u8]) -> bool {
    !name.is_empty() && !name.contains(&b'\n')
}

/// The header line of an answer, and its contents.
fn read_answer(stdout: &mut impl BufRead) -> io::Result<(Vec<u8>, Vec<u8>)> {
    let mut header = Vec::new();
    stdout.read_until(b'\n', &mut header)?;
    if header.pop() != Some(b'\n') {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let mut data = Vec::new();
    if let Some(size) = size_in(&header) {
        data.resize(size, 0);
        stdout.read_exact(&mut data)?;
        stdout.read_exact(&mut [0])?;
    }
    Ok((header, data))
}

/// The id in a commit's header line that begins with `key`.
fn header_oid(commit: &[u8], key: &[u8]) -> Option<Oid> {
    commit
        .split(|b| *b == b'\n')
        .take_while(|line| !line.is_empty())
        .find_map(|line| line.strip_prefix(key))
        .and_then(|hex| Oid::parse(std::str::from_utf8(hex).ok()?))
}

/// The time in a commit's line `committer <name> <mail> <seconds> <zone>`.
fn committed_at(commit: &[u8]) -> Option<i64> {
    let mut lines = commit.split(|b| *b == b'\n').take_while(|line| !line.is_empty());
    let line = lines.find(|line| line.starts_with(b"committer "))?;
    std::str::from_utf8(line.rsplit(|b| *b == b' ').nth(1)?).ok()?.parse().ok()
}

/// The message of a commit, after its headers and the empty line.
fn message(commit: &[u8]) -> String {
    let end = commit.windows(2).position(|two| two == b"\n\n").unwrap_or(commit.len());
    text_of(commit.get(end..).unwrap_or_default().trim_ascii())
}

/// The size in `<oid> <type> <size>`; `None` for every other answer.
fn size_in(header: &[u8]) -> Option<usize> {
    let text = std::str::from_utf8(header).ok()?;
    let mut words = text.split(' ');
    let (oid, kind, size) = (words.next()?, words.next()?, words.next()?);
    (words.next().is_none() && Oid::parse(oid).is_some() && ObjectKind::parse(kind).is_some())
        .then(|| size.parse().ok())?
}

fn parse_header(header: &[u8]) -> Result<Option<(Oid, ObjectKind)>, GitError> {
    if size_in(header).is_some() {
        let text = text_of(header);
        let mut words = text.split(' ');
        let oid = words.next().and_then(Oid::parse);
        let kind = words.next().and_then(ObjectKind::parse);
        return Ok(oid.zip(kind));
    }
    // gitformat: "<name> missing", or "<name> submodule" for a gitlink's commit that is not here.
    if header.ends_with(b" missing") || header.ends_with(b" submodule") {
        return Ok(None);
    }
    Err(GitError::unreadable("cat-file --batch", header))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_a_commit_is_that_of_its_committer() {
        let text = b"tree 1\nauthor A <a@b> 1 +0000\ncommitter \xff B <a b> 1764763200 +0100\n\ncommitter x 2 +0\n";
        assert_eq!(committed_at(text), Some(1_764_763_200));
        assert_eq!(committed_at(b"tree 1\n\ncommitter B <b> 3 +0000\n"), None);
    }

    #[test]
    fn headers_are_told_apart() {
        let oid = "0123456789abcdef0123456789abcdef01234567";
        assert_eq!(size_in(format!("{oid} blob 12").as_bytes()), Some(12));
        assert!(parse_header(b"origin/main:a b missing").unwrap().is_none());
        // A path may end like a header; then the name before it is not an id.
        assert_eq!(size_in(b"x:a blob 12"), None);
        assert!(parse_header(b"abc ambiguous").is_err());
    }
}
