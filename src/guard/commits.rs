//! The commits that a branch would gain, each judged by itself.

use std::path::{Path, PathBuf};

use super::merges::{self, Depth};
use super::rule::{self, Breach, BreachReason, CommitVerdict, TouchedTicket};
use super::{GuardError, content};
use crate::git::{ChangedCommit, Delta, Git, Objects, Walk, loose_blob};
use crate::names::{Oid, RepoPath};

/// A commit and what the guard says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JudgedCommit {
    pub commit: Oid,
    /// The first line of its message.
    pub subject: String,
    /// The ticket that it moves from active to completed, if it does: what a squashed ticket branch does beside its
    /// code.
    pub completes: Option<String>,
    pub verdict: CommitVerdict,
    /// What is wrong with what a refused commit does to tickets, besides all else that it does.
    pub beside: Vec<Breach>,
    pub touched: Vec<TouchedTicket>,
    pub is_merge: bool,
}

/// The commits that are asked about.
#[derive(Clone, Copy, Debug)]
pub struct NewCommit<'a> {
    /// They can be reached from these.
    pub tips: &'a [&'a str],
    pub known: &'a [Oid],
    /// All of them, or those that the branch was at.
    pub walk: Walk,
    /// The newest of them.
    pub limit: Option<usize>,
}

/// Judges all commits that are asked about, newest first.
pub fn judge(
    mut reader: TextReader<'_>,
    tickets_dir: &RepoPath,
    new: NewCommit<'_>,
) -> Result<Vec<JudgedCommit>, GuardError> {
    let commits = reader.git.new_commits(new.tips, new.known, new.walk, new.limit)?;
    let mut left_out = merges::left_out(reader.git, reader.depth(), &commits)?;
    let mut judged = Vec::new();
    for commit in commits {
        let left_out = left_out.remove(&commit.oid).unwrap_or_default();
        let verdict = of_commit(&commit, left_out, tickets_dir, &mut reader)?;
        let completes = rule::completes(&commit.deltas, tickets_dir);
        let beside = match &verdict {
            CommitVerdict::Refused(_) => beside(&commit.deltas, tickets_dir, &mut reader)?,
            CommitVerdict::Tickets(_) | CommitVerdict::Nothing => Vec::new(),
        };
        let touched = rule::touched(&commit.deltas, tickets_dir);
        let is_merge = commit.parents.len() > 1;
        let ChangedCommit { oid, subject, .. } = commit;
        judged.push(JudgedCommit {
            commit: oid,
            subject,
            completes,
            verdict,
            beside,
            touched,
            is_merge,
        });
    }
    Ok(judged)
}

fn of_commit(
    commit: &ChangedCommit,
    left_out: Vec<Delta>,
    tickets_dir: &RepoPath,
    reader: &mut TextReader<'_>,
) -> Result<CommitVerdict, GuardError> {
    let mut deltas = commit.deltas.clone();
    deltas.extend(left_out);
    match (deltas.is_empty(), commit.parents.len()) {
        // What a merge brings is judged commit by commit; itself it did nothing.
        (true, 2..) => Ok(CommitVerdict::Nothing),
        (true, 0 | 1) => {
            Ok(CommitVerdict::Refused(vec![Breach { path: None, why: BreachReason::Empty }]))
        }
        (false, _) => of_deltas(&deltas, tickets_dir, reader),
    }
}

/// What is wrong with what these do to tickets.
fn beside(
    deltas: &[Delta],
    tickets_dir: &RepoPath,
    reader: &mut TextReader<'_>,
) -> Result<Vec<Breach>, GuardError> {
    match rule::judge_tickets(deltas, tickets_dir) {
        Ok(tickets) => content::judge(&tickets, reader),
        Err(breaches) => Ok(breaches),
    }
}

/// The verdict over what one commit changes, which is something.
pub fn of_deltas(
    deltas: &[Delta],
    tickets_dir: &RepoPath,
    reader: &mut TextReader<'_>,
) -> Result<CommitVerdict, GuardError> {
    let tickets = match rule::judge(deltas, tickets_dir) {
        Ok(tickets) => tickets,
        Err(breaches) => return Ok(CommitVerdict::Refused(breaches)),
    };
    let breaches = content::judge(&tickets, reader)?;
    Ok(rule::verdict(deltas, breaches))
}

/// Reads contents: those that git has just written by itself, others through git, which is started for the first.
pub struct TextReader<'a> {
    git: &'a Git,
    loose: PathBuf,
    objects: Option<Objects>,
}

impl<'a> TextReader<'a> {
    pub fn new(git: &'a Git, common_dir: &Path) -> TextReader<'a> {
        TextReader { git, loose: common_dir.join("objects"), objects: None }
    }

    /// Whether the beginning of the history is there: git keeps the commits that it ends at in a file.
    fn depth(&self) -> Depth {
        let shallow = self.loose.with_file_name("shallow").exists();
        if shallow { Depth::Shallow } else { Depth::Whole }
    }

    /// What a merge of these would leave out that has this different from each of them.
    pub fn left_out_of_index(
        &self,
        parents: [&Oid; 2],
        result: [&[Delta]; 2],
    ) -> Result<Vec<Delta>, GuardError> {
        merges::left_out_of_index(self.git, self.depth(), parents, result)
    }
}

impl content::Texts for TextReader<'_> {
    type Error = GuardError;

    fn text(&mut self, oid: &Oid) -> Result<Option<Vec<u8>>, GuardError> {
        if let Some(contents) = loose_blob(&self.loose, oid) {
            return Ok(Some(contents));
        }
        let objects = match self.objects.take() {
            Some(objects) => objects,
            None => Objects::open_with(self.git)?,
        };
        let found = objects.read(oid.as_str().as_bytes())?;
        self.objects = Some(objects);
        Ok(found.map(|object| object.data))
    }
}
