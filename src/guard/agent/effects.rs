//! What one intent means for a protected branch of one repository.

use super::super::rule::{self, CommitVerdict};
use super::super::shell::ShellWord;
use super::super::{BranchMove, GuardError, Heard, JudgedCommit, Ruling};
use super::intent::{CommitIntent, Content, Empty, Existing, Intent};
use super::judge::{
    GuardedPlace, Judge, JudgedAction, LineReason, Objection, TreeState, Verdict, in_the_lanes,
};
use super::state::{LineState, Staged};
use crate::names::{Oid, RefName};

impl Judge<'_> {
    pub fn intent(
        &mut self,
        here: &GuardedPlace,
        state: &LineState,
        intent: &Intent,
        action: &JudgedAction<'_>,
        index: Option<&ShellWord>,
    ) {
        if let Intent::Push(push) = intent {
            self.push(here, state, push, &JudgedAction { heard: Heard::Push, ..*action });
            return;
        }
        let moment = Moment { here, state };
        if *intent == Intent::Anything {
            if let Some(branch) = here.protected().cloned().or_else(|| here.guarded.trunk()) {
                let heard = Heard::Anything;
                self.conclude(here, &branch, &JudgedAction { heard, ..*action }, UNSEEN);
            }
            return;
        }
        let Some((branch, finding)) = moment.about(intent, index) else { return };
        let heard = if let Intent::Commit(_) = intent {
            Heard::Commit
        } else if intent.is_silent() {
            Heard::Nothing
        } else {
            action.heard
        };
        self.conclude(here, &branch, &JudgedAction { heard, ..*action }, finding);
    }
}

/// How things are when a call comes to be run.
pub struct Moment<'a> {
    pub here: &'a GuardedPlace,
    pub state: &'a LineState,
}

/// Nobody can look at it yet.
pub const UNSEEN: Objection = Ok(Verdict::Uncertain(LineReason::Unseen));

fn wrong_if(why: Option<LineReason>) -> Verdict {
    why.map_or(Verdict::Right, Verdict::Wrong)
}

impl Moment<'_> {
    /// The protected branch that an intent is about, and what the guard says.
    fn about(&self, intent: &Intent, index: Option<&ShellWord>) -> Option<(RefName, Objection)> {
        let here = self.here;
        let head = here.protected();
        let on_head = |finding: Objection| head.map(|branch| (branch.clone(), finding));
        match intent {
            Intent::Commit(commit) => {
                head.map(|branch| (branch.clone(), self.judge_commit(commit, index)))
            }
            // A branch has all that it holds already.
            Intent::Take(of) | Intent::Rebase(of) if head.is_some_and(|own| of.is(own.short())) => {
                on_head(Ok(Verdict::Right))
            }
            Intent::Take(from) => {
                head.map(|branch| (branch.clone(), self.judge_take(branch, from)))
            }
            Intent::Pull(pull) => {
                let into = pull.into.as_ref().map(|into| self.protected(into));
                let branch = into.unwrap_or_else(|| head.cloned())?;
                let is_right = self.state.is_published(here, &branch, pull);
                Some((branch, if is_right { Ok(Verdict::Right) } else { UNSEEN }))
            }
            // A word that is no commit and names a file: the index changes and no branch.
            Intent::Reset(to) if is_file(here, self.state, to) => on_head(Ok(Verdict::Right)),
            Intent::Rebase(to) | Intent::Reset(to) => {
                head.map(|branch| (branch.clone(), self.judge_set(branch, Some(to))))
            }
            Intent::Grow => on_head(UNSEEN),
            Intent::TakeAlong { beyond, is_asked } => {
                Some((self.taken_along(beyond.as_ref(), *is_asked)?, UNSEEN))
            }
            Intent::Set { branch, existing: Existing::Replaced | Existing::Renamed, .. }
                if branch.text().is_none() =>
            {
                Some((self.protected(branch)?, UNSEEN))
            }
            Intent::Set { branch, to, existing } => {
                let branch = self.protected(branch)?;
                let finding = match existing {
                    Existing::Kept if self.is_there(&branch) => Ok(Verdict::Right),
                    Existing::Kept | Existing::Replaced | Existing::Renamed => {
                        self.judge_set(&branch, to.as_ref())
                    }
                };
                Some((branch, finding))
            }
            Intent::Remove(branch) => {
                branch.text()?;
                let branch =
                    if branch.is("HEAD") { head?.clone() } else { self.protected(branch)? };
                Some((branch, Ok(Verdict::Wrong(LineReason::Deletion))))
            }
            Intent::Anything
            | Intent::Push(_)
            | Intent::Switch(_)
            | Intent::Stage(_)
            | Intent::Write
            | Intent::Tag(_)
            | Intent::Fetch { .. }
            | Intent::Configure { .. }
            | Intent::Follow { .. }
            | Intent::MakeWorktree { .. }
            | Intent::Attach { .. }
            | Intent::MakeRepository { .. }
            | Intent::Run(_)
            | Intent::Unchecked
            | Intent::Other => None,
        }
    }

    /// The protected branch of this name, here or as fetched from the remote that counts.
    pub fn protected(&self, name: &ShellWord) -> Option<RefName> {
        let Some(text) = name.text() else {
            return self.computed(name).filter(|_| !is_variable(name.written()));
        };
        let guarded = &self.here.guarded;
        let fetched = guarded
            .remote()
            .and_then(|remote| text.strip_prefix(&format!("refs/remotes/{remote}/")));
        let branch = match fetched.unwrap_or_else(|| short_name(text)) {
            name if name.contains('*') => self.computed(&ShellWord::known(name))?,
            name => RefName::branch(name)?,
        };
        self.here.protects(&branch).then_some(branch)
    }

    /// The protected branch that a name may turn out to be of which the line says a part, or that a pattern has match.
    pub fn computed(&self, name: &ShellWord) -> Option<RefName> {
        let starred = name.text().and_then(|text| text.split_once('*'));
        let (start, end) = starred.unwrap_or((name.start(), name.end()));
        let start = short_name(start);
        let start = if "refs/heads/".starts_with(start) { "" } else { start };
        let fits = |name: &&str| {
            name.len() >= start.len() + end.len() && name.starts_with(start) && name.ends_with(end)
        };
        let guarded = &self.here.guarded;
        let trunk = guarded.trunk().filter(|trunk| fits(&trunk.short()));
        trunk.or_else(|| RefName::branch(guarded.protected_names().find(fits)?))
    }

    /// The protected branch that a rebase of commits beyond this one moves: one whose tip is among them.
    fn taken_along(&self, beyond: Option<&ShellWord>, is_asked: bool) -> Option<RefName> {
        let set = || self.state.setting(self.here, "rebase.updaterefs");
        if !is_asked && set().is_none_or(|value| value.is("false")) {
            return None;
        }
        let git = self.here.guarded.git();
        let is_in = |tip: &Oid, end: Option<Oid>| git.is_ancestor(tip, &end?).ok();
        let head = || self.commit_of(&ShellWord::known("HEAD")).ok().flatten();
        // Named as it is now: what the line does to other branches matters there.
        let start = || git.commit_of(&format!("{}^{{commit}}", beyond?.text()?)).ok().flatten();
        let is_moved = |branch: &RefName, tip: &Oid| {
            self.here.branch.as_ref() != Some(branch)
                && is_in(tip, start()) != Some(true)
                && is_in(tip, head()) != Some(false)
        };
        let mut branches = self.here.guarded.local().ok()?.into_iter();
        branches.find(|(branch, tip)| is_moved(branch, tip)).map(|(branch, _)| branch)
    }

    fn is_there(&self, branch: &RefName) -> bool {
        let found = self.here.guarded.git().refs(&[branch.as_str()]);
        found.is_ok_and(|found| found.iter().any(|found| found.name == *branch))
    }

    fn judge_commit(&self, commit: &CommitIntent, index: Option<&ShellWord>) -> Objection {
        let here = self.here;
        if here.tree == TreeState::NotYet {
            return UNSEEN;
        }
        // git commits nothing where there is no worktree.
        if here.guarded.root().is_none() {
            return Ok(Verdict::Right);
        }
        let is_staged = self.state.staged.get(&here.key) == Some(&Staged::Anything);
        // Files that are elsewhere nobody has looked at either.
        let is_other = self.state.settings.iter().any(|(key, _)| key == "core.worktree");
        let is_written = is_other || self.state.written.contains(&here.key);
        let meanwhile = || Ok(Verdict::Uncertain(LineReason::StagedMeanwhile));
        // What is there now, and what comes before it is committed.
        let changed = |paths: &[&str]| -> Objection {
            let deltas = here.guarded.git().changed(&here.dir, paths, here.guarded.settings()?)?;
            match rule::judge(&deltas, here.guarded.tickets_dir()) {
                Err(breaches) => Ok(Verdict::Wrong(LineReason::Breaches(breaches))),
                Ok(_) if is_staged || is_written => meanwhile(),
                Ok(_) => Ok(Verdict::Right),
            }
        };
        // What was in the last commit is in the new one.
        if commit.amends
            && commit.content != Content::Staged
            && let wrong @ Verdict::Wrong(_) = self.judge_index(commit, None)?
        {
            return Ok(wrong);
        }
        match &commit.content {
            Content::Chosen => UNSEEN,
            Content::All => changed(&[]),
            Content::Paths(paths) => {
                let are_tickets = paths.iter().all(|path| in_the_lanes(here, path));
                let texts: Option<Vec<&str>> = paths.iter().map(ShellWord::text).collect();
                match texts {
                    None => UNSEEN,
                    Some(texts) => match changed(&texts)? {
                        Verdict::Uncertain(_) if are_tickets => Ok(Verdict::Right),
                        verdict @ (Verdict::Right | Verdict::Wrong(_) | Verdict::Uncertain(_)) => {
                            Ok(verdict)
                        }
                    },
                }
            }
            Content::Staged if is_staged => meanwhile(),
            Content::Staged => self.judge_index(commit, index),
        }
    }

    fn judge_index(&self, commit: &CommitIntent, index: Option<&ShellWord>) -> Objection {
        let guarded = &self.here.guarded;
        let index = match index {
            None => None,
            Some(index) => match index.text() {
                Some(index) => Some(self.here.dir.join(index)),
                None => return UNSEEN,
            },
        };
        let index = index.as_deref().map(std::path::Path::as_os_str);
        let verdict = if commit.amends {
            guarded.judge_amended(index, &[])?
        } else {
            guarded.judge_staged(index)?
        };
        Ok(match verdict {
            CommitVerdict::Tickets(_) | CommitVerdict::Nothing => Verdict::Right,
            // git itself makes no commit then, or what the line stages before is in it.
            CommitVerdict::Refused(breaches)
                if commit.empty == Empty::Refused
                    && breaches.iter().all(|breach| breach.why == rule::BreachReason::Empty) =>
            {
                Verdict::Right
            }
            CommitVerdict::Refused(breaches) => Verdict::Wrong(LineReason::Breaches(breaches)),
        })
    }

    /// The commit that a word names, where it names one that is there already.
    pub fn commit_of(&self, word: &ShellWord) -> Result<Option<Oid>, GuardError> {
        let Some(name) = self.revision(word) else { return Ok(None) };
        Ok(self.here.guarded.git().commit_of(&name)?)
    }

    fn revision(&self, word: &ShellWord) -> Option<String> {
        Some(format!("{}^{{commit}}", self.state.revision(self.here, word)?))
    }

    fn judge_take(&self, branch: &RefName, from: &ShellWord) -> Objection {
        self.judge_named(from, |new| self.here.guarded.judge_new(branch, new))
    }

    /// Judges the commits that come with what a word names. That is not looked up first: git says so when it lists them.
    pub fn judge_named(
        &self,
        word: &ShellWord,
        judge: impl FnOnce(&str) -> Result<Vec<JudgedCommit>, GuardError>,
    ) -> Objection {
        let Some(name) = self.revision(word) else { return UNSEEN };
        let judged = judge(&name);
        if let Ok(judged) = &judged
            && !judged.is_empty()
        {
            return Ok(wrong_if(breaking(judged)));
        }
        // Nothing is new, or nobody knows what that is.
        match self.here.guarded.git().commit_of(&name)? {
            Some(_) => judged.map(|_| Verdict::Right),
            None => UNSEEN,
        }
    }

    fn judge_set(&self, branch: &RefName, to: Option<&ShellWord>) -> Objection {
        let head = ShellWord::known("HEAD");
        let Some(new) = self.commit_of(to.unwrap_or(&head))? else { return UNSEEN };
        let asked = BranchMove { branch: branch.clone(), old: None, new: Some(new) };
        Ok(wrong_if(against(self.here.guarded.judge_local(&asked)?)))
    }
}

/// Whether a word is a path and no revision.
pub fn is_file(here: &GuardedPlace, state: &LineState, word: &ShellWord) -> bool {
    let Some(text) = word.text() else { return false };
    let path = here.dir.join(text);
    let beside = text.contains('/') && path.parent().is_some_and(std::path::Path::is_dir);
    let is_path = text.starts_with([':', '.']) || beside || path.symlink_metadata().is_ok();
    let commit = || Moment { here, state }.commit_of(word);
    is_path && matches!(commit(), Ok(None))
}

fn against(ruling: Ruling) -> Option<LineReason> {
    match ruling {
        Ruling::Pass(_) => None,
        Ruling::Deletion => Some(LineReason::Deletion),
        Ruling::Rewrite => Some(LineReason::Rewrite),
        Ruling::Commits(judged) => breaking(&judged),
    }
}

/// The commits that break the rule.
fn breaking(judged: &[JudgedCommit]) -> Option<LineReason> {
    let refused = judged.iter().filter(|j| matches!(j.verdict, CommitVerdict::Refused(_)));
    let commits: Vec<(Oid, String)> =
        refused.map(|j| (j.commit.clone(), j.subject.clone())).collect();
    (!commits.is_empty()).then_some(LineReason::Commits(commits))
}

/// Whether a name is all a variable that the line does not set.
pub fn is_variable(written: &str) -> bool {
    let inner = short_name(written).strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
    inner.is_some_and(|name| name.chars().all(|sign| sign.is_ascii_alphanumeric() || sign == '_'))
}

/// A branch by its name, however much of it is said: gitrevisions(7).
pub fn short_name(name: &str) -> &str {
    ["refs/heads/", "heads/", "refs/remotes/"]
        .iter()
        .find_map(|place| name.strip_prefix(place))
        .unwrap_or(name)
}
