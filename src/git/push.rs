//! `git push --porcelain`, and its answer for each ref.
//!
//! The answer is read per ref and never from prose: the exit code is 1 for a lost race, a protected branch and a broken
//! hook alike, and 0 for "everything up to date".

use std::path::Path;
use std::time::Instant;

use super::exec::{ExecError, text_of};
use super::push_notes::{NotesEnd, PushTrace, ServerGreeting};
use super::{GitError, Repo, signals};
use crate::names::{Oid, RefName, RemoteName};

/// An update, with the state that the remote's ref must have for it: each is a compare-and-swap, and none moves a ref
/// that is elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefUpdate {
    /// Create a ref that does not exist.
    Create { name: RefName, to: Oid },
    /// Move a ref that is at exactly this commit.
    Move {
        name: RefName,
        /// Where it must be.
        from: Oid,
        to: Oid,
    },
    /// Delete a ref that is at exactly this commit.
    Delete {
        name: RefName,
        /// Where it must be.
        at: Oid,
    },
}

impl RefUpdate {
    pub fn name(&self) -> &RefName {
        match self {
            RefUpdate::Create { name, .. }
            | RefUpdate::Move { name, .. }
            | RefUpdate::Delete { name, .. } => name,
        }
    }

    /// Where the ref will be; `None` for a deletion.
    pub fn target(&self) -> Option<&Oid> {
        match self {
            RefUpdate::Create { to, .. } | RefUpdate::Move { to, .. } => Some(to),
            RefUpdate::Delete { .. } => None,
        }
    }

    /// Whether the update is valid with the ref at `at`; `None` means that it does not exist.
    pub fn expects(&self, at: Option<&Oid>) -> bool {
        match self {
            RefUpdate::Create { .. } => at.is_none(),
            RefUpdate::Move { from, .. } => at == Some(from),
            RefUpdate::Delete { at: expected, .. } => at == Some(expected),
        }
    }

    fn refspec(&self) -> String {
        format!("{}:{}", self.target().map_or("", Oid::as_str), self.name())
    }

    /// The lease that git must enforce on the remote; an empty value expects the ref to be absent.
    fn lease(&self) -> String {
        let expected = match self {
            RefUpdate::Create { .. } => "",
            RefUpdate::Move { from, .. } => from.as_str(),
            RefUpdate::Delete { at, .. } => at.as_str(),
        };
        format!("--force-with-lease={}:{expected}", self.name())
    }
}

/// Whether a push moves all its refs together or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Atomic {
    Yes,
    /// Each on its own: for remotes that cannot do better.
    No,
}

pub struct PushMode<'a> {
    pub atomic: Atomic,
    /// When to end it, as long as nothing was sent.
    pub deadline: Instant,
    /// When to end it if something may have been sent, so that its answer is worth waiting for.
    pub answer_by: Instant,
    /// Where git may record its progress. Without such notes, a failed push counts as one that may have been sent.
    pub notes_in: Option<&'a Path>,
    /// Whether to ask for the server's program. git then records each ref that it is told of, so ask once.
    pub who_answers: bool,
    pub hook: PrePush,
}

/// Whether the user's pre-push hook runs. It checks the user's pushes, and uploads files to where they are stored, as
/// git-lfs does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrePush {
    /// The user's work is pushed.
    Asked,
    /// A commit of tix's own is pushed.
    PassedOver,
}

impl PushMode<'_> {
    /// For refs that need not move together.
    pub fn one_by_one(deadline: Instant) -> Self {
        PushMode {
            atomic: Atomic::No,
            deadline,
            answer_by: deadline,
            notes_in: None,
            who_answers: false,
            hook: PrePush::PassedOver,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefOutcome {
    /// Our push moved, created or deleted it.
    Done,
    /// It already was where we wanted it; somebody else put it there.
    UpToDate,
    /// git refused before it asked the remote: the ref is not where tix expects it, or another one was refused.
    RefusedHere,
    RefusedThere,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushedRef {
    pub name: RefName,
    pub outcome: RefOutcome,
    /// The reason in brackets, such as `pre-receive hook declined`.
    pub reason: String,
}

/// The whole answer of a push that ended.
#[derive(Clone, Debug)]
pub struct PushReport {
    /// A line for each ref; empty when the push ended before the remote said anything about refs.
    pub refs: Vec<PushedRef>,
    /// Everything on stderr, including the remote's own words, without credentials.
    pub words: String,
    /// Whether anything may have been sent.
    pub sent: PushProgress,
    /// What the server calls its program (`agent`, gitprotocol-capabilities(5)), such as `git/2.47.3`, if it was asked
    /// for and given.
    pub agent: Option<String>,
}

/// How far a push got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PushProgress {
    /// It ended before git knew where the remote's refs are, so nothing was sent.
    BeforeRefs,
    /// It may have been sent.
    Sent,
}

impl PushReport {
    /// What happened to `name`; `None` when the answer does not say.
    pub fn of(&self, name: &RefName) -> Option<&PushedRef> {
        self.refs.iter().find(|r| r.name == *name)
    }
}

impl Repo {
    /// Pushes the updates and reports on each. Failures of the remote are in the report; an error means that git gave
    /// no report at all.
    pub fn push(
        &self,
        remote: &RemoteName,
        updates: &[RefUpdate],
        mode: &PushMode<'_>,
    ) -> Result<PushReport, GitError> {
        signals::check()?;
        let mut call = self
            .git()
            // A user who interrupts a push wants to know what happened to it.
            .for_clearing()
            .call("push")
            // A mirror remote refuses refspecs, and a push of "matching" refs is never wanted.
            .config(format!("remote.{remote}.mirror=false"))
            .args(["--porcelain", "--no-follow-tags", "--recurse-submodules=no"]);
        if mode.hook == PrePush::PassedOver {
            call = call.arg("--no-verify");
        }
        if mode.atomic == Atomic::Yes {
            call = call.arg("--atomic");
        }
        let call = call
            .args(updates.iter().map(RefUpdate::lease))
            .arg("--")
            .arg(remote.as_str())
            .args(updates.iter().map(RefUpdate::refspec));
        let trace = PushTrace::begin(mode.notes_in);
        let greeting = ServerGreeting::begin(mode);
        let answer = match trace.following(greeting.noted(call), mode).run() {
            Ok(answer) => answer,
            // It was ended after it had said everything.
            Err(ExecError::Failed(end)) if end.code.is_none() && is_whole(&end.stdout) => *end,
            Err(error) => {
                signals::check()?;
                let stopped = matches!(error, ExecError::TimedOut { .. });
                let end = if stopped { NotesEnd::Stopped } else { NotesEnd::Written };
                let error = GitError::from(error);
                if error.is_cut_off() && trace.progress(end) == PushProgress::BeforeRefs {
                    let (refs, words) = (Vec::new(), error.to_string());
                    let sent = PushProgress::BeforeRefs;
                    return Ok(PushReport { refs, words, sent, agent: None });
                }
                return Err(error);
            }
        };
        let refs = parse(&answer.stdout);
        if refs.is_empty() {
            signals::check()?;
        }
        let sent =
            if refs.is_empty() { trace.progress(NotesEnd::Written) } else { PushProgress::Sent };
        Ok(PushReport { refs, words: answer.stderr, sent, agent: greeting.agent() })
    }

    /// Whether a push of `at` would create this branch because the server shows pushes no branch of that name. Sends
    /// nothing.
    pub fn would_make(
        &self,
        remote: &RemoteName,
        name: &RefName,
        at: &Oid,
        deadline: Instant,
    ) -> Result<bool, GitError> {
        let call = self
            .git()
            .call("push")
            .config(format!("remote.{remote}.mirror=false"))
            .args(["--dry-run", "--porcelain", "--no-verify", "--no-follow-tags"])
            .args(["--recurse-submodules=no", "--", remote.as_str()])
            .arg(format!("{at}:{name}"))
            .deadline(deadline);
        let answer = call.run()?;
        Ok(text_of(&answer.stdout).lines().any(|line| line.starts_with("*\t")))
    }
}

/// Whether the report is complete.
fn is_whole(answer: &[u8]) -> bool {
    answer.ends_with(b"\nDone\n")
}

/// Parses the lines `<flag> TAB <from>:<to> TAB <summary>`; others (`To …`, `Done`) say nothing about a ref.
fn parse(answer: &[u8]) -> Vec<PushedRef> {
    text_of(answer).lines().filter_map(parse_line).collect()
}

fn parse_line(line: &str) -> Option<PushedRef> {
    let mut fields = line.splitn(3, '\t');
    let (flag, refspec, summary) = (fields.next()?, fields.next()?, fields.next()?);
    let name = RefName::parse(refspec.rsplit_once(':')?.1)?;
    let outcome = match flag {
        " " | "*" | "+" | "-" => RefOutcome::Done,
        "=" => RefOutcome::UpToDate,
        "!" if summary.starts_with("[remote ") => RefOutcome::RefusedThere,
        "!" => RefOutcome::RefusedHere,
        _ => return None,
    };
    let reason = summary.split_once('(').map_or("", |(_, r)| r.trim_end_matches(')'));
    Some(PushedRef { name, outcome, reason: super::redact(reason) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_line_is_read() {
        let answer = b"To /x/origin.git\n \tabc:refs/heads/main\t111..222\n*\tabc:refs/heads/ticket/T-1\t[new branch]\n\
            !\tabc:refs/heads/a\t[rejected] (fetch first)\n!\tabc:refs/heads/b\t[remote rejected] (pre-receive hook declined)\n\
            =\tabc:refs/heads/c\t[up to date]\n-\t:refs/heads/d\t[deleted]\nDone\n";
        let got: Vec<_> = parse(answer)
            .into_iter()
            .map(|r| (r.name.short().to_owned(), r.outcome, r.reason))
            .collect();
        let want = [
            ("main", RefOutcome::Done, ""),
            ("ticket/T-1", RefOutcome::Done, ""),
            ("a", RefOutcome::RefusedHere, "fetch first"),
            ("b", RefOutcome::RefusedThere, "pre-receive hook declined"),
            ("c", RefOutcome::UpToDate, ""),
            ("d", RefOutcome::Done, ""),
        ];
        assert_eq!(got, want.map(|(n, o, r)| (n.to_owned(), o, r.to_owned())));
    }

    #[test]
    fn leases_say_absent_and_exact() {
        let name = RefName::branch("t").unwrap();
        let oid = Oid::parse("0123456789abcdef0123456789abcdef01234567").unwrap();
        let create = RefUpdate::Create { name: name.clone(), to: oid.clone() };
        assert_eq!(create.lease(), "--force-with-lease=refs/heads/t:");
        let delete = RefUpdate::Delete { name, at: oid.clone() };
        assert_eq!(delete.lease(), format!("--force-with-lease=refs/heads/t:{oid}"));
        assert_eq!(delete.refspec(), ":refs/heads/t");
    }
}
