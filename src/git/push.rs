//! `git push --porcelain`, and what it says of each ref.
//!
//! The answer is read per ref and never from prose: the exit code is 1 for a lost race, a protected
//! branch and a broken hook alike, and 0 for "everything up to date".

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

use super::exec::{ExecError, GitCall, text_of};
use super::{GitError, Repo, signals};
use crate::names::{Oid, RefName, RemoteName};

/// What a ref of the remote must be for our update to be right: each is a compare-and-swap, and none
/// moves a ref that is elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefUpdate {
    /// Make a ref that does not exist.
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

    /// Where the ref is to be; `None` for a deletion.
    pub fn target(&self) -> Option<&Oid> {
        match self {
            RefUpdate::Create { to, .. } | RefUpdate::Move { to, .. } => Some(to),
            RefUpdate::Delete { .. } => None,
        }
    }

    fn refspec(&self) -> String {
        format!("{}:{}", self.target().map_or("", Oid::as_str), self.name())
    }

    /// The lease git is to hold the remote to; an empty value expects the ref to be absent.
    fn lease(&self) -> String {
        let expected = match self {
            RefUpdate::Create { .. } => "",
            RefUpdate::Move { from, .. } => from.as_str(),
            RefUpdate::Delete { at, .. } => at.as_str(),
        };
        format!("--force-with-lease={}:{expected}", self.name())
    }
}

/// Whether all refs of a push move together or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Atomic {
    Yes,
    /// Each for itself: for remotes that cannot do better.
    No,
}

/// How a push is made.
pub struct PushMode<'a> {
    pub atomic: Atomic,
    /// When it is ended, as long as nothing was sent.
    pub deadline: Instant,
    /// When it is ended where something may have been sent, so that its answer is worth waiting for.
    pub answer_by: Instant,
    /// Where git may note how far it comes. Without such notes a push that failed counts for one that may have been sent.
    pub notes_in: Option<&'a Path>,
    pub hook: PrePush,
}

/// Whether the user's pre-push hook is asked. It judges the user's pushes, and hands files on to where they are kept, as
/// git-lfs does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrePush {
    /// What is pushed is the user's.
    Asked,
    /// It is tix's own.
    PassedOver,
}

impl PushMode<'_> {
    /// Refs that need not move together.
    pub fn one_by_one(deadline: Instant) -> Self {
        PushMode {
            atomic: Atomic::No,
            deadline,
            answer_by: deadline,
            notes_in: None,
            hook: PrePush::PassedOver,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefOutcome {
    /// Our push moved, made or deleted it.
    Done,
    /// It already was where we wanted it; somebody put it there, not this push.
    UpToDate,
    /// git refused before it asked the remote: the ref is not where it must be, or another one was refused.
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
    /// A line for each ref; empty when the push ended before the remote said anything of refs.
    pub refs: Vec<PushedRef>,
    /// Everything on stderr, the remote's own words among it, without credentials.
    pub words: String,
    /// Whether anything may have been sent.
    pub sent: PushProgress,
}

/// How far a push came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PushProgress {
    /// It ended before git had learnt where the remote's refs are, so that nothing was sent.
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
    /// Pushes the updates and reports on each. Failures of the remote are in the report; an error
    /// means that git gave no report at all.
    pub fn push(
        &self,
        remote: &RemoteName,
        updates: &[RefUpdate],
        mode: &PushMode<'_>,
    ) -> Result<PushReport, GitError> {
        signals::check()?;
        let mut call = self
            .git()
            // Whoever is told to end while it pushes wants to know what came of it.
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
        let answer = match trace.following(call, mode).run() {
            Ok(answer) => answer,
            // Ended when it had said all of it.
            Err(ExecError::Failed(end)) if end.code.is_none() && is_whole(&end.stdout) => *end,
            Err(error) => {
                signals::check()?;
                let stopped = matches!(error, ExecError::TimedOut { .. });
                let end = if stopped { NotesEnd::Stopped } else { NotesEnd::Written };
                let error = GitError::from(error);
                if error.is_cut_off() && trace.progress(end) == PushProgress::BeforeRefs {
                    let (refs, words) = (Vec::new(), error.to_string());
                    return Ok(PushReport { refs, words, sent: PushProgress::BeforeRefs });
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
        Ok(PushReport { refs, words: answer.stderr, sent })
    }

    /// Whether a push of `at` would make this branch, because pushes are not shown one of that name. Nothing is sent.
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

/// What git itself writes down of a push (Documentation/technical/api-trace2.txt): it enters the region `push_refs` before it
/// sends anything, after it has had the remote's refs. Its words and its exit code are the same for a host that is not there and
/// for an answer that was lost.
struct PushTrace(Option<tempfile::NamedTempFile>);

impl PushTrace {
    fn begin(dir: Option<&Path>) -> PushTrace {
        let file = |dir| tempfile::Builder::new().prefix("push-").tempfile_in(dir).ok();
        PushTrace(dir.and_then(file))
    }

    /// The call with its notes in this file, by which it gets more time once it may have sent something.
    fn following(&self, call: GitCall, mode: &PushMode<'_>) -> GitCall {
        let Some(file) = &self.0 else { return call.deadline(mode.answer_by) };
        let path = file.path().to_owned();
        call.env("GIT_TRACE2_EVENT", &path).deadline_or(mode.deadline, mode.answer_by, move || {
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            !tells_of_nothing_sent(&text, NotesEnd::Stopped)
        })
    }

    /// How far it came. Notes that are not whole prove nothing.
    fn progress(&self, end: NotesEnd) -> PushProgress {
        let text = self.0.as_ref().and_then(|file| {
            // A full disk keeps git's next note out, as it does a line of ours.
            let more = || OpenOptions::new().append(true).open(file.path());
            let has_room = || more().and_then(|mut file| file.write_all(&[b'\n'; 4096])).is_ok();
            let text = std::fs::read_to_string(file.path()).ok()?;
            (end == NotesEnd::Written || has_room()).then_some(text)
        });
        if text.is_some_and(|text| tells_of_nothing_sent(&text, end)) {
            PushProgress::BeforeRefs
        } else {
            PushProgress::Sent
        }
    }
}

/// How the notes of a push end that are whole.
#[derive(Clone, Copy, PartialEq, Eq)]
enum NotesEnd {
    /// With git's own last note.
    Written,
    /// Anywhere: tix ended git, which then writes nothing any more. A note is written before what it is about.
    Stopped,
}

fn tells_of_nothing_sent(trace: &str, end: NotesEnd) -> bool {
    #[derive(serde::Deserialize)]
    struct Event<'t> {
        #[serde(rename = "event")]
        kind: &'t str,
        /// The process: a server on this machine writes into the same file.
        sid: &'t str,
        #[serde(default)]
        label: &'t str,
    }
    // Git can be told to leave such regions out. The one before it shows that it was not.
    let (mut pushing, mut asked, mut ended) = (None, false, end == NotesEnd::Stopped);
    for line in trace.lines() {
        let Ok(Event { kind, sid, label }) = serde_json::from_str(line) else { return false };
        let own = *pushing.get_or_insert(sid) == sid;
        if label == "push_refs" {
            return false;
        }
        asked |= own && label == "get_refs_list";
        ended |= own && matches!(kind, "atexit" | "signal");
    }
    asked && ended
}

/// Whether the report is there to its last line.
fn is_whole(answer: &[u8]) -> bool {
    answer.ends_with(b"\nDone\n")
}

/// Reads the lines `<flag> TAB <from>:<to> TAB <summary>`; others (`To …`, `Done`) say nothing of a ref.
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
    fn only_whole_notes_prove_that_nothing_was_sent() {
        let event =
            |sid: &str, rest: &str| format!(r#"{{"event":{rest},"sid":"{sid}","thread":"main"}}"#);
        let start = event("1", r#""version""#);
        let refs = event("1", r#""region_enter","label":"get_refs_list""#);
        let push = event("1", r#""region_enter","label":"push_refs""#);
        let server = event("1/2", r#""atexit""#);
        let end = event("1", r#""atexit""#);
        let ending = |lines: &[&String], end| {
            let lines: Vec<&str> = lines.iter().map(|line| line.as_str()).collect();
            tells_of_nothing_sent(&lines.join("\n"), end)
        };
        let proves = |lines: &[&String]| ending(lines, NotesEnd::Written);
        let stopped = |lines: &[&String]| ending(lines, NotesEnd::Stopped);
        assert!(proves(&[&start, &refs, &server, &end]));
        assert!(!proves(&[&start, &refs, &push, &end]));
        assert!(!proves(&[&start, &end]));
        assert!(!proves(&[&start, &refs]));
        assert!(!proves(&[&start, &refs, &server]));
        assert!(!proves(&[&start, &refs, &"{\"event\":\"ate".to_owned()]));
        assert!(!proves(&[]));
        assert!(stopped(&[&start, &refs]));
        assert!(!stopped(&[&start, &refs, &push]));
        assert!(!stopped(&[&start]));
        assert!(!stopped(&[]));
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
