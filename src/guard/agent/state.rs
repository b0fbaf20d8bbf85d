//! What the commands of a line have changed for the ones behind them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::super::shell::{Certainty, ShellWord};
use super::effects::{Moment, is_variable, short_name};
use super::intent::{Existing, Intent, Pull, Staging, Switch};
use super::judge::{GuardedPlace, TreeState, in_the_lanes};
use crate::names::RefName;

/// What the line has changed so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineState {
    /// What is checked out where the line has changed that, by the root of the worktree.
    pub heads: BTreeMap<PathBuf, AssumedHead>,
    /// What was checked out before that.
    pub before: BTreeMap<PathBuf, AssumedHead>,
    /// Branches that the line makes.
    pub created: BTreeSet<RefName>,
    /// Whether names mean something else by then, or commits that the line makes or brings: nobody can look at them yet.
    pub is_unseen: bool,
    /// The names of tags that the line makes or moves.
    pub tagged: BTreeSet<String>,
    /// What was staged, by the root of the worktree.
    pub staged: BTreeMap<PathBuf, Staged>,
    /// Worktrees in which a program may have written other files than tickets.
    pub written: BTreeSet<PathBuf>,
    /// The names of the files that the line writes or links.
    pub files: BTreeSet<String>,
    /// Those with a text of git and of what moves a branch in them, which is a script for whoever runs it.
    pub scripts: BTreeSet<String>,
    /// The names that other programs have among their words: of directories that they may fill.
    pub filled: BTreeSet<String>,
    /// Those of them that a copy or a link of something that is there may have.
    pub copied: BTreeSet<String>,
    /// A program that may make a worktree of the agent's clone has run, as `tix activate` does.
    pub may_have_worktree: bool,
    /// Worktrees and repositories that the line makes.
    pub made: BTreeMap<PathBuf, MadeTree>,
    /// What the last fetch was asked for, where the line has one; a name that no branch has where it was another remote's.
    pub fetched: Option<Vec<String>>,
    /// The settings that the line makes.
    pub settings: Vec<(String, ShellWord)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MadeTree {
    /// One of the repository that is there, with this branch checked out.
    Worktree { source: PathBuf, branch: Option<String> },
    /// A copy of the repository that is there.
    Copy(PathBuf),
    /// A repository that has nothing to do with ours, or a directory for one.
    Foreign,
    /// It may be a worktree of any repository.
    Unknown,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AssumedHead {
    Branch(RefName),
    /// It may be this one: the line does not say it in full.
    Maybe(RefName),
    /// A commit, or nobody knows what.
    Other,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Staged {
    /// Files in the lanes only.
    Tickets,
    Anything,
}

/// What `mktemp -d` and `tix path` print stands for a directory that is no other one: a new one, and the workspace of a ticket.
pub const FRESH: &str = "/…/fresh";
pub const WORKSPACE: &str = "/…/workspace";

fn is_named_in(names: &BTreeSet<String>, path: &Path) -> bool {
    let missing = path.ancestors().take_while(|dir| !dir.exists()).chain([path]);
    let mut steps = missing.filter_map(|dir| dir.file_name()?.to_str());
    steps.any(|name| names.contains(name))
}

impl Default for LineState {
    fn default() -> LineState {
        let own = MadeTree::Worktree { source: PathBuf::new(), branch: None };
        let made = [(FRESH, MadeTree::Foreign), (WORKSPACE, own)];
        LineState {
            heads: BTreeMap::new(),
            before: BTreeMap::new(),
            created: BTreeSet::new(),
            is_unseen: false,
            tagged: BTreeSet::new(),
            staged: BTreeMap::new(),
            written: BTreeSet::new(),
            files: BTreeSet::new(),
            scripts: BTreeSet::new(),
            filled: BTreeSet::new(),
            copied: BTreeSet::new(),
            may_have_worktree: false,
            made: made.map(|(path, made)| (PathBuf::from(path), made)).into(),
            fetched: None,
            settings: Vec::new(),
        }
    }
}

impl LineState {
    /// The branch that is checked out there by now.
    pub fn assume_head(&self, here: &mut GuardedPlace) {
        match self.heads.get(&here.key) {
            Some(AssumedHead::Branch(branch)) => here.branch = Some(branch.clone()),
            Some(AssumedHead::Maybe(branch)) => {
                here.branch = Some(branch.clone());
                here.certainty = Certainty::Maybe;
            }
            Some(AssumedHead::Other) => here.branch = None,
            None => {}
        }
    }

    /// Whether a program may have put something there: where the path goes on behind what is there, or all of it is there.
    pub fn may_have_filled(&self, path: &Path) -> bool {
        is_named_in(&self.filled, path)
    }

    /// The same of a copy or a link of something.
    pub fn may_have_copied(&self, path: &Path) -> bool {
        is_named_in(&self.copied, path)
    }

    /// Whether a text may have a script run that the line writes: one that it names. What is called like a script of a shell is
    /// run by nobody else; any other file may be what a program reads unasked, as `make` does.
    pub fn may_run_script(&self, text: &str) -> bool {
        let is_of_a_shell =
            |name: &str| [".sh", ".bash", ".zsh"].iter().any(|end| name.ends_with(end));
        self.scripts.iter().any(|name| text.contains(name.as_str()) || !is_of_a_shell(name))
    }

    /// What the line has done when this has succeeded, as far as the repository is concerned that is there.
    pub fn follow(&mut self, here: &mut GuardedPlace, intent: &Intent) {
        match intent {
            Intent::Set { branch, to, existing } => {
                let start = to.as_ref().filter(|start| start.text().is_some());
                let is_there = |start| Moment { here, state: self }.commit_of(start);
                // From what is no commit nothing is made.
                if !start.is_some_and(|start| matches!(is_there(start), Ok(None))) {
                    self.create(here, branch);
                }
                // git lets a branch follow what it is made of, where that is a branch of a remote.
                if let Some(upstream) = to.as_ref().filter(|to| {
                    *existing != Existing::Renamed && here.guarded.is_fetched(to.start())
                }) {
                    self.follow_branch(here, Some(branch), upstream);
                }
                self.is_unseen |= *existing != Existing::Kept;
            }
            Intent::Tag(name) => match name.text() {
                Some(name) => {
                    self.tagged.insert(name.to_owned());
                }
                None => self.is_unseen = true,
            },
            Intent::Fetch { remote, names } => self.fetch(here, remote.as_ref(), names),
            Intent::Pull(pull) => self.pull(here, pull),
            Intent::Configure { key, value } => self.settings.push((key.clone(), value.clone())),
            Intent::Follow { branch, upstream } => {
                self.follow_branch(here, branch.as_ref(), upstream);
            }
            Intent::Switch(switch) => {
                if let Some(head) = self.head_after(here, switch) {
                    self.check_out(here, head);
                }
            }
            Intent::Stage(staging) => {
                let tickets = match staging {
                    Staging::Paths(paths) => paths.iter().all(|path| in_the_lanes(here, path)),
                    Staging::Anything => false,
                };
                let before = self.staged.get(&here.key).copied();
                let now = if tickets && before != Some(Staged::Anything) {
                    Staged::Tickets
                } else {
                    Staged::Anything
                };
                self.staged.insert(here.key.clone(), now);
            }
            Intent::Write => {
                self.written.insert(here.key.clone());
            }
            Intent::Commit(_) => {
                self.staged.remove(&here.key);
                self.grow(here);
            }
            Intent::Take(_) | Intent::Rebase(_) | Intent::Grow => self.grow(here),
            // What was in the commits that are gone now may be staged.
            Intent::Reset(_) => {
                self.staged.insert(here.key.clone(), Staged::Anything);
                self.grow(here);
            }
            Intent::Anything
            | Intent::TakeAlong { .. }
            | Intent::MakeWorktree { .. }
            | Intent::Attach { .. }
            | Intent::MakeRepository { .. }
            | Intent::Run(_)
            | Intent::Remove(_)
            | Intent::Push(_)
            | Intent::Unchecked
            | Intent::Other => {}
        }
    }

    fn fetch(&mut self, here: &GuardedPlace, remote: Option<&ShellWord>, names: &[ShellWord]) {
        let name = |word: &ShellWord| {
            let from = word.start().trim_start_matches('+').split(':').next();
            word.text().and(from).unwrap_or_default().to_owned()
        };
        let pull = Pull { remote: remote.cloned(), source: ShellWord::known(""), into: None };
        let is_home = |branch| self.is_published(here, branch, &pull);
        self.fetched = Some(if here.branch.as_ref().is_some_and(is_home) {
            names.iter().map(name).collect()
        } else {
            vec![String::new()]
        });
    }

    fn pull(&mut self, here: &GuardedPlace, pull: &Pull) {
        let Some(into) = &pull.into else {
            let is_published = |branch| self.is_published(here, branch, pull);
            if !here.branch.as_ref().is_some_and(is_published) {
                self.is_unseen = true;
            }
            self.grow(here);
            return;
        };
        let name = into.text().map(short_name).unwrap_or_default();
        let branch = name.rsplit('/').next().and_then(RefName::branch);
        if !branch.is_some_and(|branch| self.is_published(here, &branch, pull)) {
            self.create(here, into);
            self.is_unseen = true;
        }
    }

    /// Something else is checked out.
    pub fn check_out(&mut self, here: &mut GuardedPlace, head: AssumedHead) {
        let before = here.branch.clone().map_or(AssumedHead::Other, AssumedHead::Branch);
        self.before.insert(here.key.clone(), before);
        self.heads.insert(here.key.clone(), head);
        self.assume_head(here);
    }

    /// What is checked out gets commits. On a protected branch they are judged where they are made.
    fn grow(&mut self, here: &GuardedPlace) {
        self.is_unseen |= here.protected().is_none();
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
        let made = made.map(|(path, made)| (path.clone(), made.clone()));
        let mut failed = self.clone();
        failed.made.extend(made);
        Some(failed)
    }

    /// A branch is made, where it is not there yet.
    fn create(&mut self, here: &GuardedPlace, branch: &ShellWord) {
        // Where none fits what is known of a name, it is new.
        let (name, pattern) = match branch.text().map(short_name) {
            Some(name) => (name.to_owned(), name.to_owned()),
            None if branch.start().is_empty() => return,
            None => {
                (branch.start().to_owned() + "…", format!("{}*{}", branch.start(), branch.end()))
            }
        };
        let pattern = format!("refs/heads/{pattern}");
        if let Some(branch) = RefName::branch(&name)
            && here.guarded.git().refs(&[pattern.as_str()]).is_ok_and(|found| found.is_empty())
        {
            self.created.insert(branch);
        }
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
        let Some(name) = word.text() else {
            let may_be = Moment { here, state: self }.computed(word);
            let may_be = may_be.filter(|_| !is_variable(word.written()));
            return Some(may_be.map_or(AssumedHead::Other, AssumedHead::Maybe));
        };
        let git = here.guarded.git();
        if name == "-" || name == "@{-1}" {
            if let Some(before) = self.before.get(&here.key) {
                return Some(before.clone());
            }
            let before = git.ref_of("@{-1}").ok().flatten();
            return Some(before.map_or(AssumedHead::Other, AssumedHead::Branch));
        }
        let branch = RefName::branch(short_name(name))?;
        let patterns = [branch.as_str().to_owned(), format!("refs/remotes/*/{name}")];
        let patterns: Vec<&str> = patterns.iter().map(String::as_str).collect();
        let is_there = || git.refs(&patterns).is_ok_and(|found| !found.is_empty());
        if self.created.contains(&branch) || is_there() {
            return Some(AssumedHead::Branch(branch));
        }
        let commit = git.commit_of(&format!("{name}^{{commit}}")).ok()?;
        if commit.is_some() {
            return Some(AssumedHead::Other);
        }
        // A file that is there, or was. Of anything else a branch has come by then, or this fails.
        let is_file = here.dir.join(name).symlink_metadata().is_ok()
            || !git.changed(&here.dir, &[name], here.guarded.settings().ok()?).ok()?.is_empty();
        (!is_file).then_some(AssumedHead::Branch(branch))
    }

    /// The commit that a word means, as a revision that git can be asked about now: with the branch for what depends on
    /// what is checked out by then. `None` where nobody can look at it yet.
    pub fn revision(&self, here: &GuardedPlace, word: &ShellWord) -> Option<String> {
        let name = word.text().filter(|name| !name.starts_with('-') || *name == "-")?;
        let name = if name == "-" { "@{-1}" } else { name };
        let at = name.find(['^', '~', ':']).unwrap_or(name.len());
        let (named, steps) = name.split_at(at);
        if self.tagged.contains(named.trim_start_matches("refs/").trim_start_matches("tags/")) {
            return None;
        }
        let is_switched = self.heads.contains_key(&here.key) || here.tree == TreeState::NotYet;
        let lower = named.to_ascii_lowercase();
        let resolved = match lower.as_str() {
            "head" | "@" | "" => match &here.branch {
                Some(branch) if is_switched => branch.as_str().to_owned(),
                None if is_switched => return None,
                Some(_) | None => "HEAD".to_owned(),
            },
            "@{u}" | "@{upstream}" | "@{push}" => match &here.branch {
                Some(branch)
                    if self.made_setting(&format!("branch.{}.merge", branch.short())).is_some() =>
                {
                    return None;
                }
                Some(branch) => format!("{}{named}", branch.short()),
                None => named.to_owned(),
            },
            "@{-1}" => match self.before.get(&here.key) {
                Some(AssumedHead::Branch(branch)) => branch.as_str().to_owned(),
                Some(AssumedHead::Maybe(_) | AssumedHead::Other) => return None,
                None => named.to_owned(),
            },
            "fetch_head" => match (&self.fetched, &here.branch) {
                // What a fetch without names takes first is the branch's own upstream.
                (Some(asked), Some(branch))
                    if asked.iter().all(|name| short_name(name) == branch.short()) =>
                {
                    format!("{}@{{upstream}}", branch.short())
                }
                (Some(_), _) => return None,
                (None, _) => named.to_owned(),
            },
            _ if named.starts_with("@{-") && is_switched => return None,
            _ => named.to_owned(),
        };
        let is_upstream =
            lower.contains("@{u") || lower.contains("@{push") || lower == "fetch_head";
        // What the line does to a protected branch is judged where it is done.
        let is_settled = RefName::parse(&resolved).is_some_and(|branch| here.protects(&branch));
        (!self.is_unseen || is_upstream || is_settled).then(|| format!("{resolved}{steps}"))
    }
}
