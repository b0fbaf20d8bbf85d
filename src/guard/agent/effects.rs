//! What one intent means for a protected branch of one repository.

use super::super::rule::{self, CommitVerdict};
use super::super::shell::ShellWord;
use super::super::{BranchMove, GuardError, Heard, JudgedCommit, Ruling};
use super::intent::{CommitIntent, Content, Empty, Everything, Existing, Intent, Push};
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
        let moment = Moment { here, state };
        if let Intent::Push(push) = intent {
            self.push(&moment, push, &JudgedAction { heard: Heard::Push, ..*action });
            return;
        }
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
        } else if matches!(intent, Intent::Set { existing: Existing::Renamed, .. }) {
            // git runs no hook when a branch is renamed or copied.
            Heard::Nothing
        } else {
            action.heard
        };
        self.conclude(here, &branch, &JudgedAction { heard, ..*action }, finding);
    }

    fn push(&mut self, moment: &Moment<'_>, push: &Push, action: &JudgedAction<'_>) {
        match moment.pushed(push) {
            Ok(pushed) => {
                for pushed in pushed {
                    let finding = moment.judge_pushed(push, &pushed);
                    self.conclude(moment.here, &pushed.branch, action, finding);
                }
                // A word that the line does not say may hold them all, the remote's name too.
                let remote = push.remote.iter().filter(|_| push.refspecs.is_empty());
                let is_open = |word: &ShellWord| word.text().is_none() && word.end().is_empty();
                if remote.chain(&push.refspecs).any(is_open)
                    && let Some(trunk) = self.named_trunk(moment.here)
                {
                    self.conclude(moment.here, &trunk, action, UNSEEN);
                }
            }
            Err(error) => {
                if let Some(branch) = moment.here.protected() {
                    self.conclude(moment.here, branch, action, Err(error));
                }
            }
        }
    }
}

/// How things are when a call comes to be run.
struct Moment<'a> {
    here: &'a GuardedPlace,
    state: &'a LineState,
}

/// Nobody can look at it yet.
const UNSEEN: Objection = Ok(Verdict::Uncertain(LineReason::Unseen));

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
            Intent::Take(from) => {
                head.map(|branch| (branch.clone(), self.judge_take(branch, from)))
            }
            Intent::Pull(source) => {
                let branch = head?;
                // Without a name it is the branch's own upstream, and that brings what is published.
                let same = ["", branch.short(), branch.as_str()].iter().any(|name| source.is(name));
                Some((branch.clone(), if same { Ok(Verdict::Right) } else { UNSEEN }))
            }
            // A word that is no commit and names a file: the index changes and no branch.
            Intent::Reset(to) if is_file(here, self.state, to) => on_head(Ok(Verdict::Right)),
            Intent::Rebase(to) | Intent::Reset(to) => {
                head.map(|branch| (branch.clone(), self.judge_set(branch, Some(to))))
            }
            Intent::Grow => on_head(UNSEEN),
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
            | Intent::Fetch(_)
            | Intent::MakeWorktree { .. }
            | Intent::MakeRepository(_)
            | Intent::Run(_)
            | Intent::Unchecked
            | Intent::Other => None,
        }
    }

    fn protected(&self, name: &ShellWord) -> Option<RefName> {
        let name = name.text()?;
        let branch = RefName::branch(name.strip_prefix("refs/heads/").unwrap_or(name))?;
        self.here.guarded.is_protected(&branch).then_some(branch)
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
        let is_staged = self.state.staged.get(&here.key) == Some(&Staged::Anything);
        let meanwhile = || Ok(Verdict::Uncertain(LineReason::StagedMeanwhile));
        // What is there now, and what comes before it is committed.
        let changed = |paths: &[&str]| -> Objection {
            let deltas = here.guarded.git().changed(&here.dir, paths, here.guarded.settings()?)?;
            match rule::judge(&deltas, here.guarded.tickets_dir()) {
                Err(breaches) => Ok(Verdict::Wrong(LineReason::Breaches(breaches))),
                Ok(_) if is_staged || self.state.written.contains(&here.key) => meanwhile(),
                Ok(_) => Ok(Verdict::Right),
            }
        };
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
            guarded.judge_amended(index)?
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
    fn commit_of(&self, word: &ShellWord) -> Result<Option<Oid>, GuardError> {
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
    fn judge_named(
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

    /// The protected branches that a push is about.
    fn pushed(&self, push: &Push) -> Result<Vec<PushedBranch>, GuardError> {
        let all = || -> Result<Vec<PushedBranch>, GuardError> {
            let one = |(branch, _): (RefName, Oid)| PushedBranch {
                from: Some(ShellWord::known(branch.as_str())),
                branch,
                force: push.force,
            };
            Ok(self.here.guarded.local()?.into_iter().map(one).collect())
        };
        match push.everything {
            Everything::Branches => return all(),
            Everything::Mirror => {
                // What is not here would be deleted there.
                let here = all()?.into_iter().map(|pushed| PushedBranch { force: true, ..pushed });
                return Ok(here.collect());
            }
            Everything::No => {}
        }
        if push.refspecs.is_empty() {
            return self.configured(push);
        }
        let mut pushed = Vec::new();
        let mut refspecs = push.refspecs.iter();
        while let Some(refspec) = refspecs.next() {
            // `git push origin tag v1`
            if refspec.is("tag") {
                refspecs.next();
                continue;
            }
            match (refspec.text(), refspec.end().rsplit_once(':')) {
                (Some(":"), _) => pushed.extend(all()?),
                (Some(text), _) if text.contains('*') => pushed.extend(self.matching(push, text)?),
                (Some(text), _) => pushed.extend(self.one_pushed(push, text)),
                // Where to is said, and what is not.
                (None, Some((_, to))) => {
                    let to = self.one_pushed(push, &format!("?:{to}"));
                    pushed.extend(
                        to.map(|to| PushedBranch { from: Some(ShellWord::unknown()), ..to }),
                    );
                }
                // It may be the branch that is checked out, which is what people push.
                (None, None) => pushed.extend(self.configured(push)?),
            }
        }
        Ok(pushed)
    }

    /// The protected branches that are here and that a pattern sends somewhere.
    fn matching(&self, push: &Push, pattern: &str) -> Result<Vec<PushedBranch>, GuardError> {
        let (from, to) = pattern.split_once(':').unwrap_or((pattern, pattern));
        let (sign, from) =
            if let Some(from) = from.strip_prefix('+') { ("+", from) } else { ("", from) };
        let Some((before, after)) = from.split_once('*') else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        for local in self.here.guarded.git().refs(&["refs/heads/"])? {
            let name = local.name.as_str();
            let star = name.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
            if let Some(star) = star {
                let refspec = format!("{sign}{name}:{}", to.replacen('*', star, 1));
                found.extend(self.one_pushed(push, &refspec));
            }
        }
        Ok(found)
    }

    fn one_pushed(&self, push: &Push, refspec: &str) -> Option<PushedBranch> {
        let (force, refspec) = match refspec.strip_prefix('+') {
            Some(rest) => (true, rest),
            None => (push.force, refspec),
        };
        let named = |name: &str| match name {
            "HEAD" | "@" => self.here.branch.clone(),
            name => RefName::branch(short_name(name)),
        };
        let (from, to) = match refspec.split_once(':') {
            Some((from, to)) => (from, named(to)?),
            None => (refspec, named(refspec)?),
        };
        let from = (!push.delete && !from.is_empty()).then(|| ShellWord::known(from));
        let is_protected = self.here.guarded.is_protected(&to);
        is_protected.then_some(PushedBranch { branch: to, from, force })
    }

    /// What the configuration makes of a push that names no branch: git-config(1), `push.default`.
    fn configured(&self, push: &Push) -> Result<Vec<PushedBranch>, GuardError> {
        let key = format!("remote.{}.push", self.remote_of(push));
        let settings = self.here.guarded.settings_of_pushes().iter();
        let refspecs: Vec<&String> = settings
            .filter(|(known, _)| known.eq_ignore_ascii_case(&key))
            .map(|(_, value)| value)
            .collect();
        if !refspecs.is_empty() {
            let pushed = refspecs.iter().filter_map(|refspec| self.one_pushed(push, refspec));
            return Ok(pushed.collect());
        }
        let Some(branch) = &self.here.branch else { return Ok(Vec::new()) };
        let upstream = match self.last_of("push.default").as_deref() {
            Some("nothing") => return Ok(Vec::new()),
            Some("matching") => {
                let all =
                    Push { refspecs: Vec::new(), everything: Everything::Branches, ..push.clone() };
                return self.pushed(&all);
            }
            Some("upstream" | "tracking") => {
                self.last_of(&format!("branch.{}.merge", branch.short()))
            }
            Some(_) | None => None,
        };
        let to = upstream.as_deref().unwrap_or(branch.as_str());
        Ok(self.one_pushed(push, &format!("{}:{to}", branch.as_str())).into_iter().collect())
    }

    /// The value that counts of a setting, which is the last one.
    fn last_of(&self, key: &str) -> Option<String> {
        let mut settings = self.here.guarded.settings_of_pushes().iter().rev();
        settings.find(|(known, _)| known.eq_ignore_ascii_case(key)).map(|(_, value)| value.clone())
    }

    fn remote_of(&self, push: &Push) -> String {
        if let Some(remote) = push.remote.as_ref().and_then(ShellWord::text) {
            return remote.to_owned();
        }
        let of_branch = |key: &str| {
            let branch = self.here.branch.as_ref()?;
            self.last_of(&format!("branch.{}.{key}", branch.short()))
        };
        of_branch("pushremote")
            .or_else(|| self.last_of("remote.pushdefault"))
            .or_else(|| of_branch("remote"))
            .or_else(|| self.here.guarded.remote().map(str::to_owned))
            .unwrap_or_else(|| "origin".to_owned())
    }

    fn judge_pushed(&self, push: &Push, pushed: &PushedBranch) -> Objection {
        let Some(from) = &pushed.from else { return Ok(Verdict::Wrong(LineReason::Deletion)) };
        if pushed.force {
            return Ok(Verdict::Wrong(LineReason::Rewrite));
        }
        let remote = self.remote_of(push);
        self.judge_named(from, |new| {
            self.here.guarded.judge_announced(&remote, &pushed.branch, new)
        })
    }
}

/// Whether a word is a path and no revision.
pub fn is_file(here: &GuardedPlace, state: &LineState, word: &ShellWord) -> bool {
    let Some(text) = word.text() else { return false };
    let path = here.dir.join(text);
    let beside = text.contains('/') && path.parent().is_some_and(std::path::Path::is_dir);
    let is_path = text.starts_with([':', '.']) || beside || path.symlink_metadata().is_ok();
    let commit = || Moment { here, state }.commit_of(word);
    is_path && !state.unseen.contains(text) && matches!(commit(), Ok(None))
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

/// A branch of the remote that a push would move.
struct PushedBranch {
    branch: RefName,
    /// What would be put there; `None` deletes it.
    from: Option<ShellWord>,
    force: bool,
}

/// A branch by its name, however much of it is said: gitrevisions(7).
pub fn short_name(name: &str) -> &str {
    name.strip_prefix("refs/heads/").or_else(|| name.strip_prefix("heads/")).unwrap_or(name)
}
