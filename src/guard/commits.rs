//! The commits that a branch would gain, each judged by itself.

use std::collections::BTreeMap;

use super::rule::{self, Breach, Verdict, Why};
use super::{GuardError, content};
use crate::git::{ChangedCommit, Delta, Git, Objects, Walk};
use crate::names::{Oid, RepoPath};

/// A commit and what the guard says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// The commit.
    pub commit: Oid,
    /// The first line of its message.
    pub subject: String,
    /// The ticket that it moves from active to completed, if it does: what a squashed ticket branch does beside its
    /// code.
    pub completes: Option<String>,
    /// What the guard says.
    pub verdict: Verdict,
}

/// The commits that are asked about.
#[derive(Clone, Copy, Debug)]
pub struct New<'a> {
    /// They can be reached from these.
    pub tips: &'a [&'a str],
    /// And not from these.
    pub known: &'a [Oid],
    /// All of them, or those that the branch was at.
    pub walk: Walk,
    /// The newest of them.
    pub limit: Option<usize>,
}

/// Judges all commits that are asked about, newest first.
pub fn judge(git: &Git, tickets_dir: &RepoPath, new: New<'_>) -> Result<Vec<Judged>, GuardError> {
    let commits = git.new_commits(new.tips, new.known, new.walk, new.limit)?;
    let mut reader = Reader::new(git);
    let mut judged = Vec::new();
    for commit in commits {
        let verdict = of_commit(&commit, tickets_dir, &mut reader)?;
        let completes = rule::completes(&commit.deltas, tickets_dir);
        let ChangedCommit { oid, subject, .. } = commit;
        judged.push(Judged { commit: oid, subject, completes, verdict });
    }
    Ok(judged)
}

fn of_commit(
    commit: &ChangedCommit,
    tickets_dir: &RepoPath,
    reader: &mut Reader<'_>,
) -> Result<Verdict, GuardError> {
    match (commit.deltas.is_empty(), commit.parents) {
        // What a merge brings is judged commit by commit; itself it did nothing.
        (true, 2..) => Ok(Verdict::Nothing),
        (true, 0 | 1) => Ok(Verdict::Refused(vec![Breach { path: None, why: Why::Empty }])),
        (false, _) => of_deltas(&commit.deltas, tickets_dir, reader),
    }
}

/// The verdict over what one commit changes, which is something.
pub fn of_deltas(
    deltas: &[Delta],
    tickets_dir: &RepoPath,
    reader: &mut Reader<'_>,
) -> Result<Verdict, GuardError> {
    let tickets = match rule::judge(deltas, tickets_dir) {
        Ok(tickets) => tickets,
        Err(breaches) => return Ok(Verdict::Refused(breaches)),
    };
    let breaches = content::judge(&tickets, &reader.read(&content::wanted(&tickets))?);
    Ok(rule::verdict(deltas, breaches))
}

/// Reads contents; starts git when the first are wanted.
pub struct Reader<'a> {
    git: &'a Git,
    objects: Option<Objects>,
}

impl<'a> Reader<'a> {
    /// A reader of the repository that this git works on.
    pub fn new(git: &'a Git) -> Reader<'a> {
        Reader { git, objects: None }
    }

    /// Starts git now, so that it is ready when the first contents are wanted.
    pub fn ready(git: &'a Git) -> Result<Reader<'a>, GuardError> {
        Ok(Reader { git, objects: Some(Objects::open_with(git)?) })
    }

    fn read(&mut self, wanted: &[Oid]) -> Result<BTreeMap<Oid, Vec<u8>>, GuardError> {
        let mut texts = BTreeMap::new();
        if wanted.is_empty() {
            return Ok(texts);
        }
        let objects = match self.objects.take() {
            Some(objects) => objects,
            None => Objects::open_with(self.git)?,
        };
        let names: Vec<&[u8]> = wanted.iter().map(|oid| oid.as_str().as_bytes()).collect();
        objects.read_many(&names, |_, object| {
            texts.insert(object.oid, object.data);
        })?;
        self.objects = Some(objects);
        Ok(texts)
    }
}
