//! What the commits of a branch say: their trailers, and the paths they change.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::delta::NO_ORDER;
use super::exec::{GitCall, text_of};
use super::pieces::Splitter;
use super::refs::literal_pathspec;
use super::{GitError, Repo};
use crate::names::{Oid, RepoPath};

#[derive(Clone, Debug)]
pub struct HistoryQuery<'a> {
    pub walk: HistoryWalk<'a>,
    /// Only commits that change something in this directory.
    pub below: Option<&'a RepoPath>,
    pub keys: &'a [&'static str],
    /// Only commits with a line that begins with this key and, if a value is given, says exactly that.
    pub having: Option<(&'static str, Option<&'a str>)>,
}

#[derive(Clone, Copy, Debug)]
pub enum HistoryWalk<'a> {
    /// Everything reachable from these commits and the refs of these patterns, such as `refs/heads/ticket/*`; newest
    /// first. A merge changes nothing itself.
    From(&'a [Oid], &'a [String]),
    /// Only these commits, in this order, in the same form as a walk from them.
    Only(&'a [Oid]),
    /// The commits that a branch was at, newest first, without those up to an earlier one. Merged branches are not
    /// walked; a merge counts as changing everything that it brought.
    Line { tip: &'a Oid, since: Option<&'a Oid> },
    /// The commits reachable from a tip but not from the others, without merges and without those from before this
    /// second.
    Beyond { tip: &'a Oid, others: &'a [Oid], since: Option<i64> },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logged {
    pub oid: Oid,
    /// When it was committed, in seconds since 1970.
    pub at: i64,
    /// Its author, as `Name <mail>`.
    pub author: String,
    /// The first line of its message.
    pub subject: String,
    /// The values of the requested trailers; a key may occur several times.
    pub trailers: BTreeMap<&'static str, Vec<String>>,
    /// What it changes: everything, or only the part in the directory where a merge counts as one change.
    pub changes: Vec<PathChange>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathChange {
    pub path: RepoPath,
    pub kind: PathChangeKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathChangeKind {
    Added,
    Removed,
    /// It has other contents.
    Modified,
}

/// Starts a record. Nothing else can be mistaken for it, because a path always follows a word that begins with a colon.
const START: &str = "\u{1}";

/// Separates two values of one trailer.
const VALUES: char = '\u{1f}';

/// The fields before those of the trailers.
const FIELDS: usize = 4;

impl Repo {
    /// The commits of a query.
    pub fn history(&self, query: &HistoryQuery<'_>) -> Result<Vec<Logged>, GitError> {
        let mut commits = Vec::new();
        self.each_of_history(query, |commit| commits.push(commit))?;
        Ok(commits)
    }

    /// Passes on the commits of a query one by one: of a long history only one is in memory.
    pub fn each_of_history(
        &self,
        query: &HistoryQuery<'_>,
        each: impl FnMut(Logged),
    ) -> Result<(), GitError> {
        // git would read no commit as HEAD.
        if let HistoryWalk::From([], []) | HistoryWalk::Only([]) = query.walk {
            return Ok(());
        }
        let mut format = format!("--format={START}%H%x00%ct%x00%an <%ae>%x00%s");
        for key in query.keys {
            // Writing to a string cannot fail.
            write!(format, "%x00%(trailers:key={key},valueonly,unfold,separator=%x1f)").ok();
        }
        let grep = query.having.map(|(key, value)| match value {
            Some(value) => format!("--grep=^{}: {}$", literal(key), literal(value)),
            None => format!("--grep=^{}: ", literal(key)),
        });
        let call = self.log_call().args(["--raw", "--no-renames", "--no-abbrev", NO_ORDER]);
        let call = walk(call, query.walk).args(grep).arg(format).arg("--");
        let call = call.args(query.below.map(|below| literal_pathspec(below.as_bytes())));
        let mut reader = LogReader::new(query.keys, each);
        let mut words = Splitter::at(0);
        call.run_reading(&mut |piece| words.feed(piece, |word| reader.read(word)))?;
        reader.read(&words.into_rest());
        reader.finish()
    }

    /// Passes on the commits reachable from a tip but not from the others, children before parents, if a line of the
    /// message begins with this key: with the values of these lines.
    pub fn each_having(
        &self,
        (tip, others): (&Oid, &[&Oid]),
        key: &str,
        mut each: impl FnMut(Oid, Vec<&str>),
    ) -> Result<(), GitError> {
        let start = format!("{key}: ");
        let call = self.log_call().arg("--topo-order");
        let call = call.arg(format!("--grep=^{}", literal(&start))).arg("--format=%H%n%B");
        let call = call.arg(tip.as_str()).args(others.iter().map(|other| format!("^{other}")));
        let mut records = Splitter::at(0);
        let mut unreadable = None;
        call.arg("--").run_reading(&mut |piece| {
            records.feed(piece, |record| {
                let text = text_of(record);
                let (oid, message) = text.split_once('\n').unwrap_or((&text, ""));
                let values = message.split('\n').filter_map(|line| line.strip_prefix(&start));
                match Oid::parse(oid) {
                    Some(oid) => each(oid, values.collect()),
                    None => unreadable = Some(GitError::unreadable("log", record)),
                }
            });
        })?;
        unreadable.map_or(Ok(()), Err)
    }

    /// The authors of the newest commits reachable from these, as `Name <mail>`, and the values of this trailer; newest
    /// first, and each once.
    pub fn people(&self, tips: &[Oid], key: &str, commits: usize) -> Result<Vec<String>, GitError> {
        if tips.is_empty() {
            return Ok(Vec::new());
        }
        let format = format!("--format=%an <%ae>%n%(trailers:key={key},valueonly,unfold)");
        let call = self.log_call().arg(format!("--max-count={commits}")).arg(format);
        let answer = call.args(tips.iter().map(Oid::as_str)).arg("--").run_ok()?;
        let mut people: Vec<String> = Vec::new();
        let mut known = std::collections::HashSet::new();
        for line in text_of(&answer).split(['\0', '\n']).map(str::trim).filter(|l| !l.is_empty()) {
            if known.insert(line.to_owned()) {
                people.push(line.to_owned());
            }
        }
        Ok(people)
    }

    /// A log that does not depend on the user's configuration: what is matched and shown, in which format, each record
    /// after a NUL.
    pub(super) fn log_call(&self) -> GitCall {
        let call = self.git().call("log").arg("-z").args(["--encoding=UTF-8", "--basic-regexp"]);
        let call = call.args(["--no-show-signature", "--no-mailmap", "--no-color", "--no-notes"]);
        // User settings that would change the question: `log.follow` follows one file only.
        call.arg("--no-ext-diff").config("log.follow=false").config("log.showRoot=true")
    }
}

fn walk(call: GitCall, walk: HistoryWalk<'_>) -> GitCall {
    const WITHIN: [&str; 3] = ["--full-history", "--full-diff", "--diff-merges=off"];
    match walk {
        // By dates alone git may list a commit before its parent, if both were made in one second.
        HistoryWalk::From(tips, patterns) => call
            .arg("--topo-order")
            .args(WITHIN)
            .args(patterns.iter().map(|pattern| format!("--glob={pattern}")))
            .args(tips.iter().map(Oid::as_str)),
        HistoryWalk::Only(commits) => {
            let lines = commits.iter().flat_map(|oid| [oid.as_str(), "\n"]).collect::<String>();
            call.args(["--no-walk=unsorted", "--stdin"]).args(WITHIN).stdin(lines)
        }
        HistoryWalk::Line { tip, since } => call
            .args(["--first-parent", "--diff-merges=first-parent", tip.as_str()])
            .args(since.map(|since| format!("^{since}"))),
        HistoryWalk::Beyond { tip, others, since } => call
            .args(["--no-merges", tip.as_str()])
            .args(others.iter().map(|other| format!("^{other}")))
            .args(since.map(|since| format!("--since={since}"))),
    }
}

impl Repo {
    /// The commits reachable from the tips but not from `base`, each with its parents.
    pub fn beyond(&self, tips: &[Oid], base: &Oid) -> Result<Vec<(Oid, Vec<Oid>)>, GitError> {
        let mut stdin = format!("^{base}\n");
        stdin.extend(tips.iter().flat_map(|tip| [tip.as_str(), "\n"]));
        let call = self.git().call("rev-list").args(["--parents", "--stdin"]).stdin(stdin);
        let answer = text_of(&call.run_ok()?);
        let parse = |line: &str| {
            let mut oids = line.split(' ').map(Oid::parse);
            Some((oids.next()??, oids.collect::<Option<Vec<Oid>>>()?))
        };
        answer
            .lines()
            .map(|l| parse(l).ok_or_else(|| GitError::unreadable("rev-list", l.as_bytes())))
            .collect()
    }
}

/// The text as a basic regular expression that matches only this text.
fn literal(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '.' | '*' | '[' | ']' | '^' | '$' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern
}

/// Turns the words of the answer into commits, each when its last word is read.
struct LogReader<'k, F> {
    keys: &'k [&'static str],
    each: F,
    commit: Option<Logged>,
    expected: Expected,
    unreadable: Option<GitError>,
}

/// What the next word is.
enum Expected {
    /// The start of a commit, or of a path that it changes.
    Beginning,
    /// A field of a commit; the ones before it have been read.
    Field(Vec<String>),
    /// A path that was changed in this way.
    Path(PathChangeKind),
}

impl<'k, F: FnMut(Logged)> LogReader<'k, F> {
    fn new(keys: &'k [&'static str], each: F) -> LogReader<'k, F> {
        LogReader { keys, each, commit: None, expected: Expected::Beginning, unreadable: None }
    }

    fn read(&mut self, word: &[u8]) {
        if self.unreadable.is_some() {
            return;
        }
        match self.next(word) {
            Some(expected) => self.expected = expected,
            None => self.unreadable = Some(GitError::unreadable("log --raw -z", word)),
        }
    }

    fn next(&mut self, word: &[u8]) -> Option<Expected> {
        match std::mem::replace(&mut self.expected, Expected::Beginning) {
            Expected::Field(mut fields) => {
                fields.push(text_of(word));
                self.with_fields(fields)
            }
            Expected::Path(kind) => {
                let path = RepoPath::parse(word)?;
                self.commit.as_mut()?.changes.push(PathChange { path, kind });
                Some(Expected::Beginning)
            }
            Expected::Beginning => {
                // The list of paths begins on a line of its own.
                let word = word.strip_prefix(b"\n").unwrap_or(word);
                if let Some(oid) = word.strip_prefix(START.as_bytes()) {
                    return self.with_fields(vec![text_of(oid)]);
                }
                // ":<mode> <mode> <oid> <oid> <letter>"; git-diff(1) has M, T for another type, and without renames no more.
                match (word.first(), word.last()) {
                    (None, _) => Some(Expected::Beginning),
                    (Some(b':'), Some(b'A')) => Some(Expected::Path(PathChangeKind::Added)),
                    (Some(b':'), Some(b'D')) => Some(Expected::Path(PathChangeKind::Removed)),
                    (Some(b':'), Some(b'M' | b'T')) => {
                        Some(Expected::Path(PathChangeKind::Modified))
                    }
                    _ => None,
                }
            }
        }
    }

    fn with_fields(&mut self, fields: Vec<String>) -> Option<Expected> {
        if fields.len() < FIELDS + self.keys.len() {
            return Some(Expected::Field(fields));
        }
        let commit = record(&fields, self.keys)?;
        self.commit.replace(commit).into_iter().for_each(&mut self.each);
        Some(Expected::Beginning)
    }

    fn finish(mut self) -> Result<(), GitError> {
        if let (Expected::Field(_) | Expected::Path(_), None) = (&self.expected, &self.unreadable) {
            self.unreadable = Some(GitError::unreadable("log --raw -z", b"it ends early"));
        }
        if let Some(error) = self.unreadable {
            return Err(error);
        }
        self.commit.into_iter().for_each(self.each);
        Ok(())
    }
}

fn record(fields: &[String], keys: &[&'static str]) -> Option<Logged> {
    let [oid, at, author, subject, values @ ..] = fields else { return None };
    let split = |text: &String| {
        text.split(VALUES).map(str::trim).filter(|v| !v.is_empty()).map(str::to_owned).collect()
    };
    Some(Logged {
        oid: Oid::parse(oid)?,
        at: at.parse().ok()?,
        author: author.clone(),
        subject: subject.clone(),
        trailers: keys.iter().copied().zip(values.iter().map(split)).collect(),
        changes: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: [&str; 2] = ["Tix-Ticket", "Tix-Claim"];

    fn parse(answer: &[u8], keys: &[&'static str]) -> Result<Vec<Logged>, GitError> {
        let mut commits = Vec::new();
        let mut reader = LogReader::new(keys, |commit| commits.push(commit));
        answer.split(|b| *b == 0).for_each(|word| reader.read(word));
        reader.finish()?;
        Ok(commits)
    }

    #[test]
    fn records_with_and_without_paths_are_told_apart() {
        let (a, b) = ("a".repeat(40), "b".repeat(40));
        // A path that looks like the beginning of a record is still a path.
        let answer = format!(
            "\u{1}{a}\0100\0A <a@b>\0note\0X\u{1f}Y\0\0\u{1}{b}\0200\0C <c@d>\0claim: X\0X\0c1\0\
             \n:000000 100644 0 1 A\0tickets/queue/X.md\0:100644 000000 1 0 D\0\u{1}{a}\0"
        );
        let commits = parse(answer.as_bytes(), &KEYS).unwrap();
        assert_eq!(commits.len(), 2);
        assert_eq!(commits[0].trailers["Tix-Ticket"], ["X", "Y"]);
        assert!(commits[0].trailers["Tix-Claim"].is_empty() && commits[0].changes.is_empty());
        assert_eq!(commits[1].trailers["Tix-Claim"], ["c1"]);
        let changes: Vec<_> = commits[1]
            .changes
            .iter()
            .map(|change| (change.path.to_string(), change.kind))
            .collect();
        let added = ("tickets/queue/X.md".to_owned(), PathChangeKind::Added);
        assert_eq!(changes, [added, (format!("\u{1}{a}"), PathChangeKind::Removed)]);
    }

    #[test]
    fn an_answer_of_another_form_is_an_error() {
        assert!(parse(b"fatal", &KEYS).is_err());
        assert!(parse(b"\x01123\x00", &KEYS).is_err());
        assert!(parse(b":100644 000000 1 0 D\x00tickets/queue/X.md\x00", &KEYS).is_err());
        let whole = format!("\u{1}{}\0100\0A <a@b>\0note\0X\0c1", "a".repeat(40));
        assert_eq!(parse(whole.as_bytes(), &KEYS).unwrap().len(), 1);
        assert!(parse(whole.trim_end_matches("\0c1").as_bytes(), &KEYS).is_err());
        assert!(parse(format!("{whole}\0\n:000000 100644 0 1 A").as_bytes(), &KEYS).is_err());
        assert!(parse(b"", &KEYS).unwrap().is_empty());
    }

    #[test]
    fn an_id_is_searched_for_and_not_a_pattern() {
        assert_eq!(literal("TICKET-a.b_1"), "TICKET-a\\.b_1");
    }
}
