//! What a push would send to protected branches.

use super::super::GuardError;
use super::super::shell::ShellWord;
use super::effects::{Moment, UNSEEN, is_variable, short_name};
use super::intent::{Everything, Push};
use super::judge::{GuardedPlace, Judge, JudgedAction, LineReason, Objection, TreeState, Verdict};
use super::state::LineState;
use super::verbs;
use crate::names::{Oid, RefName};

impl Judge<'_> {
    /// Judges a push.
    pub fn push(
        &mut self,
        here: &GuardedPlace,
        state: &LineState,
        push: &Push,
        action: &JudgedAction<'_>,
    ) {
        let moment = Moment { here, state };
        match moment.pushed(push) {
            Ok(pushed) => {
                for pushed in pushed {
                    let finding = moment.judge_pushed(push, &pushed);
                    self.conclude(here, &pushed.branch, action, finding);
                }
                // A word that the line does not say may hold them all, the remote's name too.
                let remote = push.remote.iter().filter(|_| push.refspecs.is_empty());
                let is_open = |word: &ShellWord| word.text().is_none() && word.end().is_empty();
                if remote.chain(&push.refspecs).any(is_open)
                    && let Some(trunk) = self.named_trunk(here)
                {
                    self.conclude(here, &trunk, action, UNSEEN);
                }
            }
            Err(error) => {
                if let Some(branch) = here.protected() {
                    self.conclude(here, branch, action, Err(error));
                }
            }
        }
    }
}

impl Moment<'_> {
    /// The protected branches that a refspec may be about that the line computes.
    fn computed_pushes(&self, push: &Push, refspec: &ShellWord) -> Vec<PushedBranch> {
        let force = push.force;
        let own = self.here.branch.as_ref().map_or("HEAD", RefName::short);
        let (from, to) = verbs::sides(refspec);
        let is_own = |from: &ShellWord| ["HEAD", "@", own].iter().any(|own| from.is(own));
        let (branch, from) = match to {
            // What is deleted, or goes under the same name, or to a variable that the line does not set, is one's own.
            Some(to) if from.is("") || from == to || is_own(&from) && is_variable(&to) => {
                return Vec::new();
            }
            Some(to) => (self.computed(&to), ShellWord::unknown()),
            None if is_variable(refspec) => return Vec::new(),
            // Under one name alone nothing goes but what the branch of that name holds here.
            None => {
                let branch = self.computed(refspec);
                let from = branch.as_ref().map_or("", RefName::as_str).to_owned();
                (branch, ShellWord::Known(from))
            }
        };
        branch.map(|branch| PushedBranch { branch, from: Some(from), force }).into_iter().collect()
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
                (None, None) => {
                    pushed.extend(self.computed_pushes(push, refspec));
                    // It may be the branch that is checked out, which is what people push.
                    pushed.extend(self.configured(push)?);
                }
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
        let refspecs = self.state.setting_values(self.here, &key);
        let default = self.state.setting(self.here, "push.default");
        // What nobody can read may send anything anywhere.
        if refspecs.iter().chain(&default).any(|word| word.text().is_none()) {
            let any = self.here.guarded.trunk().map(|branch| PushedBranch {
                branch,
                from: Some(ShellWord::unknown()),
                force: push.force,
            });
            return Ok(any.into_iter().collect());
        }
        if !refspecs.is_empty() {
            let pushed = refspecs.iter().filter_map(ShellWord::text);
            return Ok(pushed.filter_map(|refspec| self.one_pushed(push, refspec)).collect());
        }
        let Some(branch) = &self.here.branch else { return Ok(Vec::new()) };
        let upstream = match default.as_ref().and_then(ShellWord::text) {
            Some("nothing") => return Ok(Vec::new()),
            Some("matching") => {
                let all =
                    Push { refspecs: Vec::new(), everything: Everything::Branches, ..push.clone() };
                return self.pushed(&all);
            }
            Some("upstream" | "tracking") => {
                self.state.setting_of_branch(self.here, branch, "merge")
            }
            Some(_) | None => None,
        };
        let to = upstream.as_ref().and_then(ShellWord::text).unwrap_or(branch.as_str());
        Ok(self.one_pushed(push, &format!("{}:{to}", branch.as_str())).into_iter().collect())
    }

    fn remote_of(&self, push: &Push) -> String {
        if let Some(remote) = push.remote.as_ref().and_then(ShellWord::text) {
            return remote.to_owned();
        }
        let of_branch =
            |key: &str| self.state.setting_of_branch(self.here, self.here.branch.as_ref()?, key);
        let configured = of_branch("pushremote")
            .or_else(|| self.state.setting(self.here, "remote.pushdefault"))
            .or_else(|| of_branch("remote"));
        let configured = configured.as_ref().and_then(ShellWord::text);
        configured.or_else(|| self.here.guarded.remote()).unwrap_or("origin").to_owned()
    }

    fn judge_pushed(&self, push: &Push, pushed: &PushedBranch) -> Objection {
        let Some(from) = &pushed.from else { return Ok(Verdict::Wrong(LineReason::Deletion)) };
        if pushed.force {
            return Ok(Verdict::Wrong(LineReason::Rewrite));
        }
        let remote = self.state.address(&ShellWord::Known(self.remote_of(push)));
        match remote.text() {
            Some(remote) if self.here.tree != TreeState::Copy => self.judge_named(from, |new| {
                self.here.guarded.judge_announced(remote, &pushed.branch, new)
            }),
            Some(_) | None => UNSEEN,
        }
    }
}

/// A branch of the remote that a push would move.
struct PushedBranch {
    branch: RefName,
    /// What would be put there; `None` deletes it.
    from: Option<ShellWord>,
    force: bool,
}
