//! Reads from git's own files where HEAD points: for a branch that is not protected, starting git would take longer
//! than everything else in a hook.
//!
//! If the files do not tell (in a repository whose refs are not files), the answer is left open, and git is asked.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

use super::GitError;
use super::exec::{ExecError, Git, text_of};
use crate::names::{Oid, RefName};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeadTarget {
    /// A branch, which may not exist yet.
    Branch(RefName),
    Commit(Oid),
    /// The files do not say.
    Unknown,
}

/// git follows symbolic refs five levels deep: refs.c, `SYMREF_MAXDEPTH`.
const DEEPEST: usize = 5;

pub fn head_target(git_dir: &Path, common_dir: &Path) -> io::Result<HeadTarget> {
    let mut name = match RefFile::read(&git_dir.join("HEAD"))? {
        RefFile::Symbolic(name) => name,
        RefFile::Text(text) => {
            let commit = Oid::parse(text.trim_end());
            return Ok(commit.map_or(HeadTarget::Unknown, HeadTarget::Commit));
        }
        RefFile::Absent => return Ok(HeadTarget::Unknown),
    };
    // A branch may itself be a symbolic ref; the last one in the chain is what moves. With reftable, HEAD says
    // `refs/heads/.invalid`, which is not a name.
    for _ in 0..DEEPEST {
        let Some(parsed) = RefName::parse(&name) else { return Ok(HeadTarget::Unknown) };
        match RefFile::read(&common_dir.join(parsed.as_str()))? {
            RefFile::Symbolic(next) => name = next,
            RefFile::Text(_) | RefFile::Absent => return Ok(HeadTarget::Branch(parsed)),
        }
    }
    Ok(HeadTarget::Unknown)
}

/// The target of the symbolic ref in this file, whether it exists or not.
pub fn symbolic_target(file: &Path) -> io::Result<Option<RefName>> {
    match RefFile::read(file)? {
        RefFile::Symbolic(name) => Ok(RefName::parse(&name)),
        RefFile::Text(_) | RefFile::Absent => Ok(None),
    }
}

/// Where a ref is, according to its own file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LooseRef {
    At(Oid),
    /// It has no file: it is packed with others, or does not exist.
    Absent,
    /// It points to one that has no file, or contains something else.
    Unknown,
}

/// Reads the file of a ref, and of its target.
pub fn loose_ref(common_dir: &Path, name: &RefName) -> io::Result<LooseRef> {
    let mut file = RefFile::read(&common_dir.join(name.as_str()))?;
    if matches!(file, RefFile::Absent) {
        return Ok(LooseRef::Absent);
    }
    for _ in 0..DEEPEST {
        match file {
            RefFile::Text(text) => {
                return Ok(Oid::parse(text.trim_end()).map_or(LooseRef::Unknown, LooseRef::At));
            }
            RefFile::Absent => break,
            RefFile::Symbolic(target) => match RefName::parse(&target) {
                Some(target) => file = RefFile::read(&common_dir.join(target.as_str()))?,
                None => break,
            },
        }
    }
    Ok(LooseRef::Unknown)
}

/// The contents of a ref's file.
enum RefFile {
    /// It points to this ref.
    Symbolic(String),
    /// It contains something else: an id.
    Text(String),
    Absent,
}

impl RefFile {
    fn read(path: &Path) -> io::Result<RefFile> {
        // How git wrote symbolic refs before 2005, and still does with `core.preferSymlinkRefs`.
        if let Ok(target) = fs::read_link(path)
            && let Some(target) = target.to_str().filter(|target| target.starts_with("refs/"))
        {
            return Ok(RefFile::Symbolic(target.to_owned()));
        }
        Ok(match read_git_file(path)? {
            Some(text) => match text.strip_prefix("ref:") {
                Some(name) => RefFile::Symbolic(name.trim().to_owned()),
                None => RefFile::Text(text),
            },
            None => RefFile::Absent,
        })
    }
}

/// A file of git's, as text; `None` if it does not exist.
pub fn read_git_file(path: &Path) -> io::Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if is_absence(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether a file could not be read because it does not exist.
pub fn is_absence(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::IsADirectory)
}

impl Git {
    /// The branch of HEAD; `None` when it is detached.
    pub fn head_branch(&self) -> Result<Option<RefName>, GitError> {
        self.symbolic_ref("HEAD")
    }

    /// The target of a symbolic ref, whether it exists or not; `None` when there is no such symbolic ref.
    pub fn symbolic_ref(&self, name: &str) -> Result<Option<RefName>, GitError> {
        let answer = self.call("symbolic-ref").args(["--quiet", name]).run()?;
        match answer.code {
            Some(0) => {
                let name = RefName::parse(&text_of(answer.stdout.trim_ascii()));
                name.map(Some).ok_or_else(|| GitError::unreadable("symbolic-ref", &answer.stdout))
            }
            Some(1) => Ok(None),
            _ => Err(ExecError::Failed(Box::new(answer)).into()),
        }
    }
}
