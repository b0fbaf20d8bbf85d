//! What the commits of a branch say of themselves: their trailers and the paths they change.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::exec::text_of;
use super::refs::literal_pathspec;
use super::{GitError, Repo};
use crate::names::{Oid, RepoPath};

#[derive(Clone, Debug)]
pub struct HistoryQuery<'a> {
    /// Where to begin to look back.
    pub from: &'a [Oid],
    /// Patterns of refs to begin from as well, such as `refs/heads/ticket/*`.
    pub patterns: &'a [String],
    /// Only commits that change something in this directory.
    pub below: &'a RepoPath,
    pub keys: &'a [&'static str],
    /// Only commits with a line that begins with this key, and says just this if a value is given.
    pub having: Option<(&'static str, Option<&'a str>)>,
    pub merges: Merges,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Merges {
    /// All that was merged is walked, and the merge itself changes nothing.
    Within,
    /// What was merged is not walked, and the merge changes all that it brought: the states that the branch was in.
    AsOne,
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
    /// The values of the trailers that were asked for; a key may stand there several times.
    pub trailers: BTreeMap<&'static str, Vec<String>>,
    /// What it changes: all of it, or only what is in the directory where a merge counts as one.
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
    /// It holds something else.
    Modified,
}

/// Begins a record. What follows the records cannot be taken for one, because a path always stands
/// behind a word that begins with a colon.
const START: &str = "\u{1}";

/// Stands between two values of one trailer.
const VALUES: char = '\u{1f}';

/// The fields before those of the trailers.
const FIELDS: usize = 4;

impl Repo {
    /// The commits that a query means, newest first.
    pub fn history(&self, query: &HistoryQuery<'_>) -> Result<Vec<Logged>, GitError> {
        let mut format = format!("--format={START}%H%x00%ct%x00%an <%ae>%x00%s");
        for key in query.keys {
            // Writing to a string cannot fail.
            write!(format, "%x00%(trailers:key={key},valueonly,unfold,separator=%x1f)").ok();
        }
        let grep = query.having.map(|(key, value)| match value {
            Some(value) => format!("--grep=^{}: {}$", literal(key), literal(value)),
            None => format!("--grep=^{}: ", literal(key)),
        });
        let walk = match query.merges {
            Merges::Within => ["--full-history", "--full-diff", "--diff-merges=off"].as_slice(),
            Merges::AsOne => &["--first-parent", "--diff-merges=first-parent"],
        };
        let call = self
            .git()
            .call("log")
            // Settings of the user that would change what is asked: `log.follow` follows one file only.
            .args(["-z", "--raw", "--no-renames", "--no-abbrev"])
            // By its dates alone git may tell of a commit before its parent, when both were made in one second.
            .arg("--topo-order")
            .args(["--encoding=UTF-8", "--no-show-signature", "--no-mailmap", "--basic-regexp"])
            .args(["--no-color", "--no-ext-diff", "--no-notes"])
            .args(walk)
            .config("log.follow=false")
            .config("log.showRoot=true")
            .args(grep)
            .arg(format)
            .args(query.patterns.iter().map(|pattern| format!("--glob={pattern}")))
            .args(query.from.iter().map(Oid::as_str))
            .arg("--")
            .arg(literal_pathspec(query.below.as_bytes()));
        parse(&call.run_ok()?, query.keys)
    }
}

impl Repo {
    /// The commits that can be reached from the tips and not from `base`, each with its parents.
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

/// The text as a basic regular expression that matches nothing else.
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

fn parse(answer: &[u8], keys: &[&'static str]) -> Result<Vec<Logged>, GitError> {
    let unreadable = |word: &[u8]| GitError::unreadable("log --raw -z", word);
    let mut commits: Vec<Logged> = Vec::new();
    let mut words = answer.split(|b| *b == 0);
    while let Some(word) = words.next() {
        // The list of paths begins on a line of its own.
        let word = word.strip_prefix(b"\n").unwrap_or(word);
        if word.is_empty() {
            continue;
        }
        if let Some(oid) = word.strip_prefix(START.as_bytes()) {
            let rest = words.by_ref().take(FIELDS - 1 + keys.len());
            let fields: Vec<String> = std::iter::once(oid).chain(rest).map(text_of).collect();
            commits.push(record(&fields, keys).ok_or_else(|| unreadable(word))?);
        } else if let (Some(commit), b':') = (commits.last_mut(), word.first().unwrap_or(&0)) {
            let path = words.next().and_then(RepoPath::parse).ok_or_else(|| unreadable(word))?;
            // ":<mode> <mode> <oid> <oid> <letter>"; git-diff(1) has M, T for another type, and without renames no more.
            let kind = match word.last() {
                Some(b'A') => PathChangeKind::Added,
                Some(b'D') => PathChangeKind::Removed,
                Some(b'M' | b'T') => PathChangeKind::Modified,
                _ => return Err(unreadable(word)),
            };
            commit.changes.push(PathChange { path, kind });
        } else {
            return Err(unreadable(word));
        }
    }
    Ok(commits)
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
        assert!(parse(b"", &KEYS).unwrap().is_empty());
    }

    #[test]
    fn an_id_is_searched_for_and_not_a_pattern() {
        assert_eq!(literal("TICKET-a.b_1"), "TICKET-a\\.b_1");
    }
}
