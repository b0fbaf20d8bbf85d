//! What a push would send to protected branches.

use super::super::shell::{ShellWord, names_branch};
use super::super::{GuardError, PushDestination};
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
        let remote = state.address(&ShellWord::Known(moment.remote_of(push)));
        let target = |remote| PushDestination { remote, address: None, told: &[] };
        if here.tree != TreeState::Copy
            && remote.text().is_some_and(|remote| here.guarded.is_deployment(target(remote)))
        {
            return;
        }
        match moment.pushed(push) {
            Ok(pushed) => {
                for pushed in pushed {
                    let finding = moment.judge_pushed(push, &pushed);
                    self.conclude(here, &pushed.branch, action, finding);
                }
                // A word that the line does not say may hold them all, the remote's name too.
                let remote = push.remote.iter().filter(|_| push.refspecs.is_empty());
                let mut words = remote.chain(&push.refspecs);
                if let Some(trunk) = here.guarded.trunk()
                    && words.any(|word| may_lead_to(word, trunk.short(), &self.text))
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

/// Whether a refspec that the line does not say in full may have this branch for its destination.
fn may_lead_to(word: &ShellWord, branch: &str, line: &str) -> bool {
    if word.text().is_some() || !word.end().is_empty() {
        return false;
    }
    match word.start().split_once(':') {
        Some((_, "" | "heads/" | "refs/heads/")) => names_branch(line, branch),
        Some((_, to)) => {
            let begins = |whole: &str| whole.starts_with(to) || to.starts_with(whole);
            begins(branch) || begins(&format!("refs/heads/{branch}"))
        }
        None if word.start().is_empty() => word.is_list() || names_branch(line, branch),
        // It goes under the name that it begins with, unless what the line says elsewhere is a part of it.
        None => ["", "heads/", "refs/heads/"]
            .iter()
            .any(|place| line.contains(&format!(":{place}{branch}"))),
    }
}

impl Moment<'_> {
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
        let mirror = format!("remote.{}.mirror", self.remote_of(push));
        let is_mirror =
            self.state.setting(self.here, &mirror).is_some_and(|value| !value.is("false"));
        match if is_mirror { Everything::Mirror } else { push.everything } {
            Everything::Branches => return all(),
            Everything::Mirror => {
                // What is not here would be deleted there.
                let here = all()?.into_iter().map(|pushed| PushedBranch { force: true, ..pushed });
                return Ok(here.collect());
            }
            Everything::No => {}
        }
        if push.refspecs.is_empty() {
            return self.configured(push, None);
        }
        let mut pushed = Vec::new();
        let mut refspecs = push.refspecs.iter();
        while let Some(refspec) = refspecs.next() {
            // `git push origin tag v1`
            if refspec.is("tag") {
                refspecs.next();
                continue;
            }
            if refspec.is(":") {
                pushed.extend(all()?);
                continue;
            }
            pushed.extend(self.one_pushed(push, refspec));
            // What has no destination may get it from a setting; what is not said may be the branch that is checked out, which is
            // what people push.
            match refspec.text() {
                // A name is told to be deleted.
                None if push.delete => {}
                None => pushed.extend(self.configured(push, None)?),
                Some(name) if !name.contains(':') && !push.delete => {
                    let named = RefName::branch(short_name(name));
                    let configured = self.configured(push, named.as_ref())?.into_iter();
                    // Mostly it is what the name says already, and each is a walk of git.
                    let is_new = |one: &PushedBranch| !pushed.iter().any(|known| known.is(one));
                    let new: Vec<PushedBranch> = configured.filter(is_new).collect();
                    pushed.extend(new);
                }
                Some(_) => {}
            }
        }
        Ok(pushed)
    }

    /// The protected branch that a refspec sends something to, or may.
    fn one_pushed(&self, push: &Push, refspec: &ShellWord) -> Option<PushedBranch> {
        let force = push.force || refspec.start().starts_with('+');
        let (from, to) = verbs::sides(refspec);
        let name = to.as_ref().unwrap_or(&from);
        let own = self.here.branch.as_ref();
        let is_head = |word: &ShellWord| word.is("HEAD") || word.is("@");
        let is_same = to.as_ref().is_none_or(|to| *to == from);
        if let Some(text) = name.text().filter(|text| !text.contains('*')) {
            let branch =
                if is_head(name) { own.cloned() } else { RefName::branch(short_name(text)) };
            let branch = branch.filter(|branch| self.here.guarded.is_protected(branch))?;
            let from = Some(from).filter(|from| !push.delete && !from.is(""));
            return Some(PushedBranch { branch, from, force });
        }
        let is_own = is_head(&from) || own.is_some_and(|own| from.is(own.short()));
        // What is deleted, or goes under the same name, or to a variable that the line does not set, is one's own.
        let is_ones_own = from.is("") || to.is_some() && is_same && name.text().is_none();
        if is_ones_own || is_variable(name.written()) && (to.is_none() || is_own) {
            return None;
        }
        let branch = self.computed(name)?;
        // Under one name nothing goes but what the branch of that name holds here.
        let same = || ShellWord::known(branch.as_str());
        let from = Some(if is_same { same() } else { ShellWord::unknown() });
        Some(PushedBranch { branch, from, force })
    }

    /// What the configuration makes of a push that names no branch, or none of the other side: git-config(1), `push.default`.
    fn configured(
        &self,
        push: &Push,
        named: Option<&RefName>,
    ) -> Result<Vec<PushedBranch>, GuardError> {
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
            let is_of = |refspec: &&ShellWord| {
                let source = verbs::sides(refspec).0;
                named.is_none_or(|named| {
                    [named.short(), "HEAD", "*"].contains(&short_name(source.start()))
                })
            };
            let meant = refspecs.iter().filter(is_of);
            return Ok(meant.filter_map(|refspec| self.one_pushed(push, refspec)).collect());
        }
        let Some(branch) = named.or(self.here.branch.as_ref()) else { return Ok(Vec::new()) };
        let upstream = match default.as_ref().and_then(ShellWord::text) {
            Some("nothing") if named.is_none() => return Ok(Vec::new()),
            Some("matching") if named.is_none() => {
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
        let refspec = ShellWord::Known(format!("{}:{to}", branch.as_str()));
        Ok(self.one_pushed(push, &refspec).into_iter().collect())
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
            Some(remote) if self.here.tree == TreeState::There => self.judge_named(from, |new| {
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

impl PushedBranch {
    /// Whether both put one branch there, named in the same or in another way.
    fn is(&self, other: &PushedBranch) -> bool {
        let name = |one: &PushedBranch| {
            Some(short_name(one.from.as_ref().and_then(ShellWord::text)?).to_owned())
        };
        let is_said = name(self).is_some_and(|own| name(other).is_some_and(|other| own == other));
        is_said && self.branch == other.branch && self.force == other.force
    }
}
