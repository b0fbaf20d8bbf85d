//! What commits and the index change, from git's raw diff: renames off, both sides of every path.

use std::ffi::OsStr;

use super::exec::{Git, text_of};
use super::refs::literal_pathspec;
use super::tree::FileMode;
use super::{ExecError, GitError};
use crate::names::{Oid, RepoPath};

/// One side of a path; `None` if it does not exist there.
pub type Side = Option<(FileMode, Oid)>;

/// A path that a commit changes. A merge has an old side for each parent, and a path is listed only if it differs from
/// all of them: what the merge itself did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delta {
    pub path: RepoPath,
    /// The old side, for each parent.
    pub old: Vec<Side>,
    pub new: Side,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedCommit {
    pub oid: Oid,
    pub parents: Vec<Oid>,
    /// The first line of its message.
    pub subject: String,
    /// What it changes against its parents.
    pub deltas: Vec<Delta>,
}

/// Which commits of a range to look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Walk {
    All,
    /// The commits that a branch was at: the first parents.
    FirstParents,
    /// The same, each with everything that it did to the branch: a merge is compared with its first parent only.
    Steps,
}

/// Unsets `diff.orderFile`: git fails if that names a missing file.
pub(super) const NO_ORDER: &str = "-O/dev/null";

/// Fixes what is compared, regardless of the user's configuration: `diff.renames`, `diff.relative`,
/// `diff.ignoreSubmodules`, `diff.orderFile`.
pub(super) const EXACTLY: [&str; 8] = [
    "-z",
    NO_ORDER,
    "--raw",
    "--no-abbrev",
    "--no-renames",
    "--no-relative",
    "--ignore-submodules=none",
    "--no-ext-diff",
];

/// Without it git would ask a program of the repository which files have changed.
pub(super) const NO_MONITOR: &str = "core.fsmonitor=false";

/// Without it `git diff`, which updates the index where only times differ, would run the hook `post-index-change`.
pub(super) const NO_HOOKS: &str = "core.hooksPath=/dev/null";

/// Starts a commit. A path cannot be mistaken for it: a path always follows a word that begins with a colon.
const START: &[u8] = b"\x01";

impl Git {
    /// What the index changes against a commit or tree. `index` is a different file from the usual one, as git passes
    /// it to its hooks.
    ///
    /// `Ok(None)`: there is no such commit.
    pub fn staged(
        &self,
        against: &str,
        index: Option<&OsStr>,
    ) -> Result<Option<Vec<Delta>>, GitError> {
        let call = self.call("diff-index").config(NO_MONITOR).args(EXACTLY);
        let mut call = call.args(["--cached", against, "--"]);
        if let Some(index) = index {
            call = call.env("GIT_INDEX_FILE", self.dir().join(index));
        }
        let answer = call.run()?;
        match answer.code {
            Some(0) => parse_deltas(&answer.stdout).map(Some),
            // git calls a name that leads nowhere a bad revision or an ambiguous argument, and returns 128 for every
            // other problem too; so git is asked about the name alone.
            Some(128) if self.commit_of(against)?.is_none() => Ok(None),
            _ => Err(ExecError::Failed(Box::new(answer)).into()),
        }
    }

    /// The commit (or other object) that a name means; `None` if it means nothing.
    pub fn commit_of(&self, name: &str) -> Result<Option<Oid>, GitError> {
        let answer = self.call("rev-parse").args(["--verify", "--quiet", name]).run()?;
        match answer.code {
            Some(0) => {
                let text = text_of(answer.stdout.trim_ascii());
                let oid = Oid::parse(&text);
                oid.map(Some).ok_or_else(|| GitError::unreadable("rev-parse", &answer.stdout))
            }
            Some(1) => Ok(None),
            _ => Err(ExecError::Failed(Box::new(answer)).into()),
        }
    }

    /// The id of the empty tree, which every repository knows.
    pub fn empty_tree(&self) -> Result<Oid, GitError> {
        let answer = self.call("hash-object").args(["-t", "tree", "--stdin"]).stdin("").run_ok()?;
        let oid = Oid::parse(&text_of(answer.trim_ascii()));
        oid.ok_or_else(|| GitError::unreadable("hash-object", &answer))
    }

    /// The commits that a range includes, without those that it excludes; `None` when the range means nothing here. It
    /// must not begin with `-`.
    pub fn ends_of(&self, range: &str) -> Result<Option<Vec<Oid>>, GitError> {
        let answer = self.call("rev-parse").args([range, "--"]).run()?;
        match answer.code {
            Some(0) => Ok(Some(text_of(&answer.stdout).lines().filter_map(Oid::parse).collect())),
            Some(128) => Ok(None),
            _ => Err(ExecError::Failed(Box::new(answer)).into()),
        }
    }

    /// Whether one of the commits that a branch was at changes something at or below these paths.
    pub fn has_touched(&self, tip: &Oid, paths: &[&[u8]]) -> Result<bool, GitError> {
        let paths: Vec<_> = paths.iter().map(|path| literal_pathspec(path)).collect();
        // An existing path must have come from some commit. Only if there is none is the history searched.
        let there = self.call("ls-tree").args(["--full-tree", tip.as_str(), "--"]).args(&paths);
        if !there.run_ok()?.is_empty() {
            return Ok(true);
        }
        let call = self.call("rev-list").args(["--first-parent", "--max-count=1", tip.as_str()]);
        Ok(!call.arg("--").args(paths).run_ok()?.is_empty())
    }

    /// The oldest commit that a branch was at that changes something at or below these paths; `since` and the commits
    /// before it are ignored.
    pub fn first_to_touch(
        &self,
        tip: &Oid,
        since: Option<&Oid>,
        paths: &[&[u8]],
    ) -> Result<Option<Oid>, GitError> {
        let call = self.call("rev-list").args(["--first-parent", "--reverse", tip.as_str()]);
        let call = call.args(since.map(|since| format!("^{since}"))).arg("--");
        let answer = call.args(paths.iter().map(|path| literal_pathspec(path))).run_ok()?;
        let text = text_of(&answer);
        let first = text.lines().next();
        let parse = |line| {
            Oid::parse(line).ok_or_else(|| GitError::unreadable("rev-list", answer.as_slice()))
        };
        first.map(parse).transpose()
    }

    /// The commits reachable from `tip`, but not from `other` or `known`.
    pub fn beyond(&self, tip: &str, other: &str, known: &[Oid]) -> Result<Vec<Oid>, GitError> {
        let call = self.call("rev-list").args([tip, "--not", other]);
        let answer = call.args(known.iter().map(Oid::as_str)).arg("--").run_ok()?;
        let parse = |line: &str| {
            Oid::parse(line).ok_or_else(|| GitError::unreadable("rev-list", line.as_bytes()))
        };
        text_of(&answer).lines().map(parse).collect()
    }

    /// The paths that differ between two commits.
    pub fn changed_paths(&self, from: &str, to: &str) -> Result<Vec<RepoPath>, GitError> {
        let call = self.call("diff-tree").args(EXACTLY).args(["-r", from, to, "--"]);
        Ok(parse_deltas(&call.run_ok()?)?.into_iter().map(|delta| delta.path).collect())
    }

    /// What changed from the first to the second commit of each pair. One process, however many pairs.
    pub fn differences(&self, pairs: &[(Oid, Oid)]) -> Result<Vec<Vec<Delta>>, GitError> {
        if pairs.is_empty() {
            return Ok(Vec::new());
        }
        // A line has a commit, and the commit to use as its parent.
        let lines: String = pairs.iter().map(|(from, to)| format!("{to} {from}\n")).collect();
        let call = self.call("diff-tree").args(EXACTLY).args(["-r", "--stdin", "--always"]);
        let found = parse_differences(&call.stdin(lines).run_ok()?)?;
        if found.len() == pairs.len() {
            return Ok(found);
        }
        Err(GitError::unreadable(
            "diff-tree --stdin",
            format!("{} answers", found.len()).as_bytes(),
        ))
    }

    /// Everything in a commit, as changes against an empty tree.
    pub fn since_nothing(&self, commit: &Oid) -> Result<Vec<Delta>, GitError> {
        let empty = self.empty_tree()?;
        let call = self.call("diff-tree").args(EXACTLY);
        parse_deltas(&call.args(["-r", empty.as_str(), commit.as_str(), "--"]).run_ok()?)
    }

    /// The merge bases of two commits: several if they have merged each other before, none if they share no history.
    pub fn merge_bases(&self, one: &Oid, other: &Oid) -> Result<Vec<Oid>, GitError> {
        let answer = self.call("merge-base").args(["-a", one.as_str(), other.as_str()]).run()?;
        let parse = |line: &str| {
            Oid::parse(line).ok_or_else(|| GitError::unreadable("merge-base", line.as_bytes()))
        };
        match answer.code {
            Some(0) => text_of(&answer.stdout).lines().map(parse).collect(),
            Some(1) => Ok(Vec::new()),
            _ => Err(ExecError::Failed(Box::new(answer)).into()),
        }
    }

    /// The commits reachable from `tips` but not from `known`, newest first, with the changes of each.
    pub fn new_commits(
        &self,
        tips: &[&str],
        known: &[Oid],
        walk: Walk,
        limit: Option<usize>,
    ) -> Result<Vec<ChangedCommit>, GitError> {
        let mut call = self
            .call("log")
            .args(EXACTLY)
            .args(["--format=%x01%H%x00%P%x00%s", "--encoding=UTF-8", "--no-show-signature"])
            .args(["--no-color", "--no-notes", "--no-mailmap"])
            .config("log.follow=false")
            .config("log.showRoot=true");
        // `-c`: of a merge, only what differs from all parents. `-m` would show a clean merge as a change.
        call = match walk {
            Walk::All => call.arg("-c"),
            Walk::FirstParents => call.args(["-c", "--first-parent"]),
            Walk::Steps => call.args(["--diff-merges=first-parent", "--first-parent"]),
        };
        if let Some(limit) = limit {
            call = call.arg(format!("--max-count={limit}"));
        }
        let call = call.args(tips).arg("--not").args(known.iter().map(Oid::as_str)).arg("--");
        parse_commits(&call.run_ok()?)
    }
}

pub(super) fn parse_deltas(answer: &[u8]) -> Result<Vec<Delta>, GitError> {
    let mut words = answer.split(|b| *b == 0).filter(|word| !word.is_empty());
    let mut deltas = Vec::new();
    while let Some(word) = words.next() {
        let delta = words.next().and_then(|path| delta(word, path));
        deltas.push(delta.ok_or_else(|| GitError::unreadable("diff --raw -z", word))?);
    }
    Ok(deltas)
}

/// Each answer begins with the id of its commit.
fn parse_differences(answer: &[u8]) -> Result<Vec<Vec<Delta>>, GitError> {
    let mut found: Vec<Vec<Delta>> = Vec::new();
    let mut words = answer.split(|b| *b == 0).filter(|word| !word.is_empty());
    while let Some(word) = words.next() {
        if Oid::parse(&text_of(word)).is_some() {
            found.push(Vec::new());
            continue;
        }
        let delta = words.next().and_then(|path| delta(word, path));
        match (found.last_mut(), delta) {
            (Some(deltas), Some(delta)) => deltas.push(delta),
            _ => return Err(GitError::unreadable("diff-tree --stdin", word)),
        }
    }
    Ok(found)
}

fn parse_commits(answer: &[u8]) -> Result<Vec<ChangedCommit>, GitError> {
    let unreadable = |word: &[u8]| GitError::unreadable("log --raw -c -z", word);
    let mut commits: Vec<ChangedCommit> = Vec::new();
    let mut words = answer.split(|b| *b == 0);
    while let Some(word) = words.next() {
        // The list of paths begins on a line of its own.
        let word = word.strip_prefix(b"\n").unwrap_or(word);
        if word.is_empty() {
            continue;
        }
        if let Some(oid) = word.strip_prefix(START) {
            let head = (Oid::parse(&text_of(oid)), words.next(), words.next());
            let (Some(oid), Some(parents), Some(subject)) = head else {
                return Err(unreadable(word));
            };
            let parents = parents.split(|b| *b == b' ').filter(|p| !p.is_empty());
            let parents = parents.map(|parent| Oid::parse(&text_of(parent)));
            let parents = parents.collect::<Option<_>>().ok_or_else(|| unreadable(word))?;
            let subject = text_of(subject);
            commits.push(ChangedCommit { oid, parents, subject, deltas: Vec::new() });
        } else {
            let delta = words.next().and_then(|path| delta(word, path));
            match (commits.last_mut(), delta) {
                (Some(commit), Some(delta)) => commit.deltas.push(delta),
                _ => return Err(unreadable(word)),
            }
        }
    }
    Ok(commits)
}

/// Parses `:<mode> <mode> <id> <id> <letter>`, or its form for merges, which has one more colon, mode and id for each
/// further parent.
fn delta(word: &[u8], path: &[u8]) -> Option<Delta> {
    let text = std::str::from_utf8(word).ok()?;
    let fields = text.trim_start_matches(':');
    let parents = text.len() - fields.len();
    let fields: Vec<&str> = fields.split(' ').collect();
    if parents == 0 || fields.len() != 2 * (parents + 1) + 1 {
        return None;
    }
    let (modes, ids) = fields.split_at(parents + 1);
    let side = |(mode, id): (&&str, &&str)| {
        let oid = Oid::parse(id)?;
        match *mode {
            "000000" => Some(None),
            mode => Some(Some((FileMode::from_octal(mode.as_bytes())?, oid))),
        }
    };
    let mut sides = modes.iter().zip(ids).map(side).collect::<Option<Vec<Side>>>()?;
    let new = sides.pop()?;
    Some(Delta { path: RepoPath::parse(path)?, old: sides, new })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_merge_has_an_old_side_for_each_parent() {
        let (a, b, c, zero) = ("a".repeat(40), "b".repeat(40), "c".repeat(40), "0".repeat(40));
        let answer = format!(
            "\u{1}{a}\0{b} {c}\0Merge it\0\n::100644 000000 100755 {a} {zero} {c} MA\0x y\0\u{1}{b}\0\0root\0\n:000000 120000 {zero} {c} A\0l\0\u{1}{c}\0{b}\0empty\0"
        );
        let commits = parse_commits(answer.as_bytes()).unwrap();
        assert_eq!(commits.len(), 3);
        let merge = &commits[0];
        let oid = |text: &str| Oid::parse(text).unwrap();
        assert_eq!(merge.parents, [oid(&b), oid(&c)]);
        assert_eq!(merge.subject, "Merge it");
        assert_eq!(merge.deltas[0].old.len(), 2);
        assert_eq!(merge.deltas[0].old[1], None);
        assert_eq!(merge.deltas[0].new.as_ref().unwrap().0, FileMode::Executable);
        assert_eq!(commits[1].deltas[0].new.as_ref().unwrap().0, FileMode::Symlink);
        assert_eq!((commits[1].parents.len(), commits[2].deltas.len()), (0, 0));
    }

    #[test]
    fn an_answer_of_another_form_is_an_error() {
        let (a, zero) = ("a".repeat(40), "0".repeat(40));
        for bad in [
            "x\0y\0".to_owned(),
            format!(":100644 100644 {a} M\0x\0"),
            format!(":100644 100644 {a} {zero} M\0"),
            format!(":100644 100644 {a} {zero} M\0../x\0"),
            format!(":100644 10064x {a} {zero} M\0x\0"),
        ] {
            assert!(parse_deltas(bad.as_bytes()).is_err(), "{bad}");
        }
        assert_eq!(parse_deltas(b"").unwrap(), []);
    }
}
