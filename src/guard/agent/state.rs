//! What the commands of a line have changed for the ones behind them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::super::shell::ShellWord;
use super::intent::{Intent, Staging, Switch};
use super::judge::{GuardedPlace, in_the_lanes};
use crate::git::clean_path;
use crate::names::RefName;

/// What the line has changed so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LineState {
    /// What is checked out where the line has changed that, by the root of the worktree.
    pub heads: BTreeMap<PathBuf, AssumedHead>,
    /// What was checked out before that.
    pub before: BTreeMap<PathBuf, AssumedHead>,
    /// Branches that the line makes.
    pub created: BTreeSet<RefName>,
    /// What was staged, by the root of the worktree.
    pub staged: BTreeMap<PathBuf, Staged>,
    /// Worktrees and repositories that the line makes, with their branches.
    pub made: BTreeMap<PathBuf, Option<String>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AssumedHead {
    Branch(RefName),
    /// A commit, or nobody knows what.
    Other,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Staged {
    /// Files in the lanes only.
    Tickets,
    Anything,
}

impl LineState {
    /// What the line has done when this has succeeded.
    pub fn follow(&mut self, here: &mut GuardedPlace, intent: &Intent) {
        match intent {
            Intent::Set { branch, .. } => self.create(here, branch),
            Intent::Switch(switch) => {
                if let Switch::New(branch) = switch {
                    self.create(here, branch);
                }
                let Some(head) = self.head_after(here, switch) else { return };
                self.before.insert(
                    here.key(),
                    here.branch.clone().map_or(AssumedHead::Other, AssumedHead::Branch),
                );
                here.branch = match &head {
                    AssumedHead::Branch(branch) => Some(branch.clone()),
                    AssumedHead::Other => None,
                };
                self.heads.insert(here.key(), head);
            }
            Intent::Stage(staging) => {
                let tickets = match staging {
                    Staging::Paths(paths) => paths.iter().all(|path| in_the_lanes(here, path)),
                    Staging::Anything => false,
                };
                let before = self.staged.get(&here.key()).copied();
                let now = if tickets && before != Some(Staged::Anything) {
                    Staged::Tickets
                } else {
                    Staged::Anything
                };
                here.staged = Some(now);
                self.staged.insert(here.key(), now);
            }
            // What was in the commits that are gone now may be staged.
            Intent::Reset(_) => {
                self.staged.insert(here.key(), Staged::Anything);
            }
            Intent::Commit(_) => {
                self.staged.remove(&here.key());
            }
            Intent::Make { path: Some(path), branch } => {
                self.make(&here.dir, path, branch.as_ref());
            }
            Intent::Take(_)
            | Intent::Pull(_)
            | Intent::Rebase(_)
            | Intent::Grow
            | Intent::Anything
            | Intent::Run(_)
            | Intent::Remove(_)
            | Intent::Push(_)
            | Intent::Make { path: None, .. }
            | Intent::Unchecked
            | Intent::Other => {}
        }
    }

    /// How things are when a command has failed that would have led to `ok`. A directory that it would have made is not
    /// there then, so whatever runs in it does not run: that it was made is as good an assumption as any.
    ///
    /// `None` where it does not fail: a branch of a new name can be made whatever the worktree looks like.
    pub fn after_failure(&self, ok: &LineState) -> Option<LineState> {
        if ok.created.len() > self.created.len() {
            return None;
        }
        let made = ok.made.iter().filter(|(path, _)| !path.exists());
        let made = made.map(|(path, branch)| (path.clone(), branch.clone()));
        let mut failed = self.clone();
        failed.made.extend(made);
        Some(failed)
    }

    /// A branch is made, where it is not there yet.
    fn create(&mut self, here: &GuardedPlace, branch: &ShellWord) {
        let Some(branch) = branch.text().and_then(RefName::branch) else { return };
        if here.guarded.git().refs(&[branch.as_str()]).is_ok_and(|found| found.is_empty()) {
            self.created.insert(branch);
        }
    }

    /// A worktree or a repository is made.
    pub fn make(&mut self, dir: &Path, path: &ShellWord, branch: Option<&ShellWord>) {
        let Some(path) = path.text() else { return };
        let path = clean_path(&dir.join(path));
        // What is there is not made: `git init` in a repository changes nothing of it.
        if path.join(".git").exists() {
            return;
        }
        let branch = branch.and_then(ShellWord::text).map(str::to_owned);
        self.made.insert(path, branch);
    }

    /// What is checked out behind a switch; `None` when it was none: `git checkout <file>`.
    fn head_after(&self, here: &GuardedPlace, switch: &Switch) -> Option<AssumedHead> {
        let word = match switch {
            Switch::Detached => return Some(AssumedHead::Other),
            Switch::New(word) => {
                let branch = word.text().and_then(RefName::branch);
                return Some(branch.map_or(AssumedHead::Other, AssumedHead::Branch));
            }
            Switch::To(word) => word,
        };
        let Some(name) = word.text() else { return Some(AssumedHead::Other) };
        let git = here.guarded.git();
        if name == "-" {
            if let Some(before) = self.before.get(&here.key()) {
                return Some(before.clone());
            }
            let before = git.ref_of("@{-1}").ok().flatten();
            return Some(before.map_or(AssumedHead::Other, AssumedHead::Branch));
        }
        let branch = RefName::branch(name)?;
        let patterns = [branch.as_str().to_owned(), format!("refs/remotes/*/{name}")];
        let patterns: Vec<&str> = patterns.iter().map(String::as_str).collect();
        let is_there = || git.refs(&patterns).is_ok_and(|found| !found.is_empty());
        if self.created.contains(&branch) || is_there() {
            return Some(AssumedHead::Branch(branch));
        }
        let commit = git.commit_of(&format!("{name}^{{commit}}"));
        commit.ok().flatten().map(|_| AssumedHead::Other)
    }
}
