//! A repository as the guard sees it.

use std::cell::OnceCell;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::GuardError;
use super::commits::{self, JudgedCommit, NewCommit, TextReader};
use super::content::Texts as _;
use super::facts::{self, GuardFacts};
use super::landing::Agreement;
use super::place::GuardPlace;
use super::rule::{Breach, BreachReason, CommitVerdict};
use crate::audit::Audit;
use crate::config::{self, Config, Layers, Writes, Yaml};
use crate::env::{Env, GitVar};
use crate::git::{Delta, Git, GitConfig, GitSetting, HeadTarget, InheritedConfig, LazyFetch, Walk};
use crate::names::{Oid, RefName, RepoPath};
use crate::settings::{AuthorIdentity, Protected, Station};

/// A repository with something to guard. Opening one costs a few small files; git is asked when a verdict is.
pub struct Guarded {
    git: Git,
    pub(super) place: GuardPlace,
    branch: Option<RefName>,
    pub(super) facts: GuardFacts,
    tickets_dir: RepoPath,
    /// Why the facts are only assumed.
    trouble: Option<String>,
    /// See `known`.
    pub(super) refs: OnceCell<Vec<(RefName, Oid)>>,
    /// See [`Guarded::settings`].
    settings: OnceCell<Vec<GitSetting>>,
}

impl Guarded {
    /// The repository that `dir` is in, whatever the environment says of others. `None` where there is nothing to
    /// guard: no repository, or neither tickets nor settings of tix in it.
    pub fn at(dir: &Path, env: &Env, lazy_fetch: LazyFetch) -> Result<Option<Guarded>, GuardError> {
        match GuardPlace::around(dir)? {
            Some(place) => Guarded::open(place, dir, Station::Clone, env, lazy_fetch),
            None => Ok(None),
        }
    }

    /// The repository that somebody in `dir` names by its git directory.
    pub fn named(
        git_dir: &Path,
        dir: &Path,
        env: &Env,
        lazy_fetch: LazyFetch,
    ) -> Result<Option<Guarded>, GuardError> {
        let git_dir = dir.join(git_dir);
        if !git_dir.exists() {
            return Ok(None);
        }
        let place = GuardPlace::named(git_dir.as_os_str(), dir)?;
        Guarded::open(place, dir, Station::Clone, env, lazy_fetch)
    }

    /// The repository that a git works on which is started in `dir` with this environment, as an agent starts it.
    pub fn of_commands(dir: &Path, env: &Env) -> Result<Option<Guarded>, GuardError> {
        let Some(named) = env.git(GitVar::Dir) else {
            return Guarded::at(dir, env, LazyFetch::Off);
        };
        let root = dir.join(env.git(GitVar::WorkTree).unwrap_or_default());
        Guarded::named(&dir.join(named), &root, env, LazyFetch::Off)
    }

    /// The repository that git runs a hook for in the current directory: the one that `GIT_DIR` names if git has
    /// set or was given it, else the one around.
    pub fn in_hook(env: &Env, station: Station) -> Result<Option<Guarded>, GuardError> {
        let here = |source| GuardError::File { path: PathBuf::from("."), source };
        let dir = env.current_dir().map_err(here)?;
        let place = match env.git(GitVar::Dir) {
            Some(named) => Some(GuardPlace::named(named, dir)?),
            None => GuardPlace::around(dir)?,
        };
        let open = |place| Guarded::open(place, dir, station, env, LazyFetch::On);
        place.map_or(Ok(None), open)
    }

    fn open(
        place: GuardPlace,
        dir: &Path,
        station: Station,
        env: &Env,
        lazy_fetch: LazyFetch,
    ) -> Result<Option<Guarded>, GuardError> {
        let dir = place.root.as_deref().unwrap_or(dir);
        let inherited = InheritedConfig::of(env.git_settings());
        let git = Git::discovering(dir, inherited).pinned(&place.git_dir, dir);
        let git = git.with_objects_of(quarantine(env)).with_lazy_fetch(lazy_fetch);
        let (facts, trouble) = facts::of(&git, &place, station, env);
        let Some(facts) = facts else { return Ok(None) };
        let branch = match &place.head {
            HeadTarget::Branch(branch) => Some(branch.clone()),
            HeadTarget::Commit(_) => None,
            HeadTarget::Unknown => git.head_branch()?,
        };
        let tickets_dir =
            RepoPath::parse(facts.protection.tickets_dir.as_str()).ok_or_else(|| {
                GuardError::Unknown("tickets_dir is not a path in the repository".to_owned())
            })?;
        let (refs, settings) = (OnceCell::new(), OnceCell::new());
        Ok(Some(Guarded { git, place, branch, facts, tickets_dir, trouble, refs, settings }))
    }

    /// HEAD's branch, which need not exist yet; `None` when HEAD is detached.
    pub fn branch(&self) -> Option<&RefName> {
        self.branch.as_ref()
    }

    /// The branch that an unfinished rebase will move when it is done.
    pub fn rebasing(&self) -> Result<Option<RefName>, GuardError> {
        self.place.rebasing()
    }

    /// Whether a branch takes ticket commits only.
    pub fn is_protected(&self, branch: &RefName) -> bool {
        self.facts.protection.branches.contains(branch)
    }

    pub fn tickets_dir(&self) -> &RepoPath {
        &self.tickets_dir
    }

    /// The root of the worktree; `None` in a bare repository.
    pub fn root(&self) -> Option<&Path> {
        self.place.root.as_deref()
    }

    /// The trunk, as far as it is known here.
    pub fn trunk(&self) -> Option<RefName> {
        RefName::branch(self.facts.protection.trunk.as_deref()?)
    }

    /// The remote that holds the trunk, where there is one.
    pub fn remote(&self) -> Option<&str> {
        let protection = &self.facts.protection;
        protection.remote.as_deref().or(protection.home.first().map(String::as_str))
    }

    /// Why a branch is protected that may well be an ordinary one, and what to do about it: nobody here knows the default branch.
    pub fn suspicion(&self, branch: &RefName) -> Option<String> {
        let is_suspect = self.facts.protection.suspects.contains(branch);
        let whose = self.remote().map_or_else(String::new, |remote| format!(" of {remote}"));
        is_suspect.then(|| {
            format!(
                "{} is protected because tix doesn't know the default branch{whose}; to ask for it: tix list --fetch",
                branch.short()
            )
        })
    }

    /// Who commits, as far as configured.
    pub fn author(&self) -> &AuthorIdentity {
        &self.facts.author
    }

    /// What an agent is told that edits files of a checkout on a protected branch.
    pub fn writes(&self) -> Writes {
        self.facts.protection.writes
    }

    pub fn audit(&self) -> Audit {
        Audit::of(&self.place.common_dir.join("tix"))
    }

    /// The directory that all worktrees share.
    pub fn common_dir(&self) -> &Path {
        &self.place.common_dir
    }

    pub fn reader(&self) -> TextReader<'_> {
        TextReader::new(&self.git, &self.place.common_dir)
    }

    pub fn git(&self) -> &Git {
        &self.git
    }

    /// The names of the protected branches.
    pub fn protected_names(&self) -> impl Iterator<Item = &str> {
        self.facts.protection.branches.names()
    }

    /// What is configured of where a push goes, weakest first.
    pub fn settings_of_pushes(&self) -> &[(String, String)] {
        &self.facts.pushes
    }

    /// All that is configured for git, which is asked once.
    pub fn settings(&self) -> Result<&[GitSetting], GuardError> {
        if let Some(settings) = self.settings.get() {
            return Ok(settings);
        }
        let settings = self.git.settings()?;
        Ok(self.settings.get_or_init(|| settings))
    }

    /// Whether objects may be missing here that a remote has.
    pub fn is_partial(&self) -> bool {
        let Ok(settings) = self.settings() else { return false };
        let pairs = settings.iter().map(|s| (s.key.clone(), s.value.clone())).collect();
        GitConfig::of(pairs).promisor().is_some()
    }

    /// Judges the commit that git would make of the index: against HEAD, or against all parents in the middle of a
    /// merge. `index` is another file than the usual one, as git names it to its hooks.
    pub fn judge_staged(&self, index: Option<&OsStr>) -> Result<CommitVerdict, GuardError> {
        self.judge_merged(index, &self.place.merging()?)
    }

    /// The same for a merge with these commits, whose own commits are judged with it: git runs the first hook of a
    /// merge before it writes down what it merges.
    pub fn judge_merged(
        &self,
        index: Option<&OsStr>,
        merging: &[Oid],
    ) -> Result<CommitVerdict, GuardError> {
        self.require_certainty()?;
        let mut reader = self.reader();
        let Some(staged) = self.git.staged("HEAD", index)? else {
            return self.judge_first(index, &mut reader);
        };
        let head = if merging.is_empty() { None } else { self.git.commit_of("HEAD")? };
        let (mut deltas, mut left_out) = (staged.clone(), Vec::new());
        for (parent, head) in merging.iter().zip(head.iter().cycle()) {
            let against = self.git.staged(parent.as_str(), index)?.unwrap_or_default();
            let result = [staged.as_slice(), against.as_slice()];
            left_out.extend(reader.left_out_of_index([head, parent], result)?);
            deltas = in_both(deltas, &against);
        }
        deltas.extend(left_out);
        let tips: Vec<&str> = merging.iter().map(Oid::as_str).collect();
        if let Some(refused) = self.first_refused(&tips, head)? {
            return Ok(refused);
        }
        if deltas.is_empty() {
            return if merging.is_empty() {
                self.judge_empty()
            } else {
                Ok(CommitVerdict::Nothing)
            };
        }
        let verdict = commits::of_deltas(&deltas, self.tickets_dir(), &mut reader)?;
        let settings = deltas.iter().find(|delta| is_settings(&delta.path));
        match (self.branch(), settings.and_then(|delta| delta.new.as_ref())) {
            (Some(branch), Some((_, settings))) => {
                self.with_settings(verdict, branch, settings, &mut reader)
            }
            (_, _) => Ok(verdict),
        }
    }

    /// Judges the commit that `git commit --amend` would make of the index, against the parent of the last one; if that one is
    /// known, as a commit that uses its message again.
    pub fn judge_amended(
        &self,
        index: Option<&OsStr>,
        known: &[Oid],
    ) -> Result<CommitVerdict, GuardError> {
        self.require_certainty()?;
        let last = NewCommit { tips: &["HEAD"], known, walk: Walk::All, limit: Some(1) };
        let last = self.git.new_commits(last.tips, last.known, last.walk, last.limit)?;
        let against = match last.first().map(|commit| commit.parents.len()) {
            Some(0) => self.git.empty_tree()?.to_string(),
            Some(1) => "HEAD^".to_owned(),
            Some(_) | None => return self.judge_staged(index),
        };
        let deltas = self.git.staged(&against, index)?.unwrap_or_default();
        if deltas.is_empty() {
            return Ok(refused(BreachReason::Empty));
        }
        commits::of_deltas(&deltas, self.tickets_dir(), &mut self.reader())
    }

    /// The command that undoes what git has left half done here, where its files say what that is.
    pub fn unfinished(&self) -> Option<&'static str> {
        const STATES: [(&str, &str); 6] = [
            ("rebase-merge", "git rebase --abort"),
            ("rebase-apply/applying", "git am --abort"),
            ("rebase-apply", "git rebase --abort"),
            ("MERGE_HEAD", "git merge --abort"),
            ("CHERRY_PICK_HEAD", "git cherry-pick --abort"),
            ("REVERT_HEAD", "git revert --abort"),
        ];
        let is_there = |(file, _): &&(&str, &str)| self.place.git_dir.join(file).exists();
        STATES.iter().find(is_there).map(|(_, undo)| *undo)
    }

    /// The first commit of a branch. In a repository without any commit nothing is protected yet: whoever begins one
    /// must be able to.
    fn judge_first(
        &self,
        index: Option<&OsStr>,
        reader: &mut TextReader<'_>,
    ) -> Result<CommitVerdict, GuardError> {
        if self.git.refs(&["refs/heads/", "refs/remotes/"])?.is_empty() {
            return Ok(CommitVerdict::Nothing);
        }
        let empty = self.git.empty_tree()?;
        let deltas = self.git.staged(empty.as_str(), index)?.unwrap_or_default();
        if deltas.is_empty() {
            return Ok(refused(BreachReason::Empty));
        }
        commits::of_deltas(&deltas, self.tickets_dir(), reader)
    }

    /// Nothing is staged: an empty commit, or the message of the last one is amended, which git's hooks cannot tell
    /// apart. The latter is fine for a ticket commit that was not published; a push tells the former.
    fn judge_empty(&self) -> Result<CommitVerdict, GuardError> {
        let last = NewCommit {
            tips: &["HEAD"],
            known: &self.published(self.branch())?,
            walk: Walk::All,
            limit: Some(1),
        };
        let judged = commits::judge(self.reader(), self.tickets_dir(), last)?;
        let is_tickets = |last: &JudgedCommit| matches!(last.verdict, CommitVerdict::Tickets(_));
        Ok(if judged.first().is_some_and(is_tickets) {
            CommitVerdict::Nothing
        } else {
            refused(BreachReason::Empty)
        })
    }

    /// The first refusal among the commits that a merge would bring in.
    fn first_refused(
        &self,
        tips: &[&str],
        head: Option<Oid>,
    ) -> Result<Option<CommitVerdict>, GuardError> {
        if tips.is_empty() {
            return Ok(None);
        }
        let mut known = self.published(self.branch())?;
        known.extend(head);
        let new = NewCommit { tips, known: &known, walk: Walk::All, limit: None };
        let judged = commits::judge(self.reader(), self.tickets_dir(), new)?;
        Ok(judged.into_iter().map(|j| j.verdict).find(|v| matches!(v, CommitVerdict::Refused(_))))
    }

    /// Judges the commits that would become part of a protected branch here if it moved to `new`: those that neither
    /// its remote nor a protected branch of this repository has.
    /// `new` is a revision, and an error where there is none, unless nothing is known yet.
    pub fn judge_new(&self, branch: &RefName, new: &str) -> Result<Vec<JudgedCommit>, GuardError> {
        tracing::debug!(%branch, %new, "judged");
        // Where there is no protected branch at all yet, there is nothing to hold the first one against.
        if !self.has_protected()? {
            return Ok(Vec::new());
        }
        let mut known = self.published(Some(branch))?;
        known.extend(self.held(branch)?);
        self.judge_gain(branch, new, &known)
    }

    /// Judges the commits that a branch would gain beyond these: on the trunk, completed work may be among them where the team
    /// has agreed on it.
    pub fn judge_gain(
        &self,
        branch: &RefName,
        new: &str,
        known: &[Oid],
    ) -> Result<Vec<JudgedCommit>, GuardError> {
        let mut judged = self.judge_beyond(new, known)?;
        for commit in &mut judged {
            let CommitVerdict::Tickets(paths) = &commit.verdict else { continue };
            let has_settings = paths.iter().any(is_settings);
            let name = format!("{}:{}", commit.commit, config::FILE);
            if has_settings && let Some(settings) = self.git.commit_of(&name)? {
                let (verdict, reader) = (commit.verdict.clone(), &mut self.reader());
                commit.verdict = self.with_settings(verdict, branch, &settings, reader)?;
            }
        }
        let refused = judged.iter().any(|j| matches!(j.verdict, CommitVerdict::Refused(_)));
        match &self.facts.protection.landing {
            Some(stages) if refused && self.trunk().as_ref() == Some(branch) => {
                let new = NewCommit { tips: &[new], known, walk: Walk::All, limit: None };
                let tickets_dir = self.tickets_dir();
                let agreement = Agreement { git: &self.git, tickets_dir, stages };
                agreement.let_land(new, self.reader(), judged)
            }
            Some(_) | None => Ok(judged),
        }
    }

    /// The verdict over settings that come to a branch: they must leave it protected, for they judge the next commit.
    fn with_settings(
        &self,
        verdict: CommitVerdict,
        branch: &RefName,
        settings: &Oid,
        reader: &mut TextReader<'_>,
    ) -> Result<CommitVerdict, GuardError> {
        let bytes = reader.text(settings)?.unwrap_or_default();
        let yaml = Some(Yaml { bytes: &bytes, label: config::FILE });
        let settings = Config::resolve(&Layers { yaml, ..Layers::default() });
        let why = match settings.and_then(|found| found.require_understood().map(|()| found)) {
            Ok(config) => {
                let names = config.protected.iter().map(String::as_str);
                // Whatever is configured here: the settings are for everybody.
                let trunk = config.trunk.as_deref().or(self.facts.protection.default.as_deref());
                let stays = Protected::of(names.chain(trunk)).contains(branch);
                (!stays).then(|| BreachReason::Unguards(branch.short().to_owned()))
            }
            Err(error) => Some(BreachReason::Settings(error.to_string())),
        };
        Ok(match (verdict, why) {
            (CommitVerdict::Tickets(_), Some(why)) => {
                CommitVerdict::Refused(vec![Breach { path: RepoPath::parse(config::FILE), why }])
            }
            (verdict, _) => verdict,
        })
    }

    /// Judges the commits that lead to `new` beyond these.
    pub fn judge_beyond(&self, new: &str, known: &[Oid]) -> Result<Vec<JudgedCommit>, GuardError> {
        self.require_facts()?;
        // What is known brings nothing, and git need not be asked.
        if known.iter().any(|oid| oid.as_str() == new) {
            return Ok(Vec::new());
        }
        let new = NewCommit { tips: &[new], known, walk: Walk::All, limit: None };
        commits::judge(self.reader(), self.tickets_dir(), new)
    }

    pub(super) fn require_facts(&self) -> Result<(), GuardError> {
        match &self.trouble {
            Some(words) => Err(GuardError::Unknown(words.clone())),
            None => Ok(()),
        }
    }

    /// Fails where something is configured that cannot be heeded. A movement of refs is judged all the same, by what is
    /// protected without it: a refusal could leave another command half done.
    pub fn require_certainty(&self) -> Result<(), GuardError> {
        match &self.facts.protection.doubt {
            Some(words) => Err(GuardError::Unknown(words.clone())),
            None => self.require_facts(),
        }
    }
}

/// Where objects are that a server has not taken in yet.
fn quarantine(env: &Env) -> Vec<(&'static str, std::ffi::OsString)> {
    if env.git(GitVar::QuarantinePath).is_none() {
        return Vec::new();
    }
    let vars = [GitVar::ObjectDirectory, GitVar::AlternateObjectDirectories];
    vars.into_iter().filter_map(|var| Some((var.name(), env.git(var)?.to_owned()))).collect()
}

/// What is changed against both parents: the sides of one behind those of the other.
fn in_both(deltas: Vec<Delta>, against: &[Delta]) -> Vec<Delta> {
    let mut both = Vec::new();
    for mut delta in deltas {
        if let Some(other) = against.iter().find(|other| other.path == delta.path) {
            delta.old.extend(other.old.iter().cloned());
            both.push(delta);
        }
    }
    both
}

fn is_settings(path: &RepoPath) -> bool {
    path.as_bytes() == config::FILE.as_bytes()
}

fn refused(why: BreachReason) -> CommitVerdict {
    CommitVerdict::Refused(vec![Breach { path: None, why }])
}
