//! What one intent means for a protected branch of one repository.

use super::super::rule::{self, CommitVerdict};
use super::super::shell::ShellWord;
use super::super::{BranchMove, GuardError, JudgedCommit, Ruling};
use super::intent::{CommitIntent, Content, Empty, Everything, Intent, Push};
use super::judge::{GuardedPlace, Judge, JudgedAction, LineReason};
use super::state::Staged;
use crate::names::{Oid, RefName};

/// What the guard says; `None` is nothing against it.
type Objection = Result<Option<LineReason>, GuardError>;

impl Judge<'_> {
    pub fn intent(
        &mut self,
        here: &GuardedPlace,
        intent: &Intent,
        action: &JudgedAction<'_>,
        index: Option<&ShellWord>,
    ) {
        if let Intent::Push(push) = intent {
            self.push(here, push, action);
            return;
        }
        let Some((branch, finding)) = about(here, intent, index) else { return };
        self.note(here, &branch, action, finding);
    }

    fn note(
        &mut self,
        here: &GuardedPlace,
        branch: &RefName,
        action: &JudgedAction<'_>,
        finding: Objection,
    ) {
        let why = match finding {
            Ok(Some(why)) => why,
            Ok(None) if action.unchecked => LineReason::Unchecked,
            Ok(None) => return,
            Err(error) => LineReason::Undecided(error.to_string()),
        };
        self.refuse(here, branch, action.what, why);
    }

    fn push(&mut self, here: &GuardedPlace, push: &Push, action: &JudgedAction<'_>) {
        match pushed(here, push) {
            Ok(pushed) => {
                for PushedBranch { branch, from, force } in pushed {
                    let finding = judge_pushed(here, push, &branch, from.as_deref(), force);
                    self.note(here, &branch, action, finding);
                }
            }
            Err(error) => {
                if let Some(branch) = here.protected() {
                    self.note(here, branch, action, Err(error));
                }
            }
        }
    }
}

/// The protected branch that an intent is about, and what the guard says.
fn about(
    here: &GuardedPlace,
    intent: &Intent,
    index: Option<&ShellWord>,
) -> Option<(RefName, Objection)> {
    let head = here.protected();
    let on_head = |finding: Objection| head.map(|branch| (branch.clone(), finding));
    match intent {
        Intent::Commit(commit) => {
            head.map(|branch| (branch.clone(), judge_commit(here, commit, index)))
        }
        Intent::Take(from) => head.map(|branch| (branch.clone(), judge_take(here, branch, from))),
        Intent::Pull(source) => {
            let branch = head?;
            let same = source.is(branch.short()) || source.is(branch.as_str());
            Some((branch.clone(), Ok((!same).then_some(LineReason::Unseen))))
        }
        Intent::Rebase(to) | Intent::Reset(to) => {
            head.map(|branch| (branch.clone(), judge_set(here, branch, Some(to))))
        }
        Intent::Grow => on_head(Ok(Some(LineReason::Unseen))),
        Intent::Anything => {
            let branch = head.cloned().or_else(|| here.guarded.trunk())?;
            Some((branch, Ok(Some(LineReason::Unseen))))
        }
        Intent::Set { branch, to } => {
            let branch = protected(here, branch)?;
            let finding = judge_set(here, &branch, to.as_ref());
            Some((branch, finding))
        }
        Intent::Remove(branch) => {
            let branch = if branch.is("HEAD") { head?.clone() } else { protected(here, branch)? };
            Some((branch, Ok(Some(LineReason::Deletion))))
        }
        Intent::Push(_)
        | Intent::Switch(_)
        | Intent::Stage(_)
        | Intent::Make { .. }
        | Intent::Run(_)
        | Intent::Unchecked
        | Intent::Other => None,
    }
}

fn protected(here: &GuardedPlace, name: &ShellWord) -> Option<RefName> {
    let name = name.text()?;
    let branch = RefName::branch(name.strip_prefix("refs/heads/").unwrap_or(name))?;
    here.guarded.is_protected(&branch).then_some(branch)
}

fn judge_commit(
    here: &GuardedPlace,
    commit: &CommitIntent,
    index: Option<&ShellWord>,
) -> Objection {
    let guarded = &here.guarded;
    let changed = |paths: &[&str]| -> Objection {
        let deltas = guarded.git().changed(&here.dir, paths)?;
        Ok(rule::judge(&deltas, guarded.tickets_dir()).err().map(LineReason::Breaches))
    };
    match &commit.content {
        Content::Chosen => Ok(Some(LineReason::Unseen)),
        Content::All => changed(&[]),
        Content::Paths(paths) => {
            let paths: Option<Vec<&str>> = paths.iter().map(ShellWord::text).collect();
            paths.map_or(Ok(Some(LineReason::Unseen)), |paths| changed(&paths))
        }
        Content::Staged => {
            if here.staged == Some(Staged::Anything) {
                return Ok(Some(LineReason::StagedMeanwhile));
            }
            let index = match index {
                None => None,
                Some(index) => match index.text() {
                    Some(index) => Some(here.dir.join(index)),
                    None => return Ok(Some(LineReason::Unseen)),
                },
            };
            let index = index.as_deref().map(std::path::Path::as_os_str);
            let verdict = if commit.amends {
                guarded.judge_amended(index)?
            } else {
                guarded.judge_staged(index)?
            };
            Ok(match verdict {
                CommitVerdict::Tickets(_) | CommitVerdict::Nothing => None,
                // git itself makes no commit then, or what the line stages before is in it.
                CommitVerdict::Refused(breaches)
                    if commit.empty == Empty::Refused
                        && breaches
                            .iter()
                            .all(|breach| breach.why == rule::BreachReason::Empty) =>
                {
                    None
                }
                CommitVerdict::Refused(breaches) => Some(LineReason::Breaches(breaches)),
            })
        }
    }
}

/// The commit that a word names, where it names one.
fn commit_of(here: &GuardedPlace, word: &ShellWord) -> Result<Option<Oid>, GuardError> {
    let Some(name) = revision(word) else { return Ok(None) };
    Ok(here.guarded.git().commit_of(&name)?)
}

fn judge_take(here: &GuardedPlace, branch: &RefName, from: &ShellWord) -> Objection {
    judge_named(here, from, |new| here.guarded.judge_new(branch, new))
}

/// Judges the commits that come with what a word names. That is not looked up first: git says so when it lists them.
fn judge_named(
    here: &GuardedPlace,
    word: &ShellWord,
    judge: impl FnOnce(&str) -> Result<Vec<JudgedCommit>, GuardError>,
) -> Objection {
    let Some(name) = revision(word) else { return Ok(Some(LineReason::Unseen)) };
    let judged = judge(&name);
    if let Ok(judged) = &judged
        && !judged.is_empty()
    {
        return Ok(breaking(judged));
    }
    // Nothing is new, or nobody knows what that is.
    match here.guarded.git().commit_of(&name)? {
        Some(_) => judged.map(|_| None),
        None => Ok(Some(LineReason::Unseen)),
    }
}

/// The commit that a word means, as a revision.
fn revision(word: &ShellWord) -> Option<String> {
    let name = word.text().filter(|name| !name.starts_with('-'))?;
    Some(format!("{name}^{{commit}}"))
}

fn judge_set(here: &GuardedPlace, branch: &RefName, to: Option<&ShellWord>) -> Objection {
    let head = ShellWord::known("HEAD");
    let Some(new) = commit_of(here, to.unwrap_or(&head))? else {
        return Ok(Some(LineReason::Unseen));
    };
    let asked = BranchMove { branch: branch.clone(), old: None, new: Some(new) };
    Ok(against(here.guarded.judge_local(&asked)?))
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
    from: Option<String>,
    force: bool,
}

/// The protected branches that a push is about.
fn pushed(here: &GuardedPlace, push: &Push) -> Result<Vec<PushedBranch>, GuardError> {
    let guarded = &here.guarded;
    let all = || -> Result<Vec<PushedBranch>, GuardError> {
        let one = |(branch, _): (RefName, Oid)| PushedBranch {
            from: Some(branch.as_str().to_owned()),
            branch,
            force: push.force,
        };
        Ok(guarded.local()?.into_iter().map(one).collect())
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
        return configured(here, push);
    }
    let mut pushed = Vec::new();
    let mut refspecs = push.refspecs.iter();
    while let Some(refspec) = refspecs.next() {
        // `git push origin tag v1`
        if refspec.is("tag") {
            refspecs.next();
            continue;
        }
        match refspec.text() {
            Some(":") => pushed.extend(all()?),
            Some(text) if text.contains('*') => pushed.extend(matching(here, push, text)?),
            Some(text) => pushed.extend(one_pushed(here, push, text)),
            // It may be the branch that is checked out, which is what people push.
            None => pushed.extend(configured(here, push)?),
        }
    }
    Ok(pushed)
}

/// The protected branches that are here and that a pattern sends somewhere.
fn matching(
    here: &GuardedPlace,
    push: &Push,
    pattern: &str,
) -> Result<Vec<PushedBranch>, GuardError> {
    let (from, to) = pattern.split_once(':').unwrap_or((pattern, pattern));
    let (sign, from) =
        if let Some(from) = from.strip_prefix('+') { ("+", from) } else { ("", from) };
    let Some((before, after)) = from.split_once('*') else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for local in here.guarded.git().refs(&["refs/heads/"])? {
        let name = local.name.as_str();
        let star = name.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
        if let Some(star) = star {
            let refspec = format!("{sign}{name}:{}", to.replacen('*', star, 1));
            found.extend(one_pushed(here, push, &refspec));
        }
    }
    Ok(found)
}

fn one_pushed(here: &GuardedPlace, push: &Push, refspec: &str) -> Option<PushedBranch> {
    let (force, refspec) = match refspec.strip_prefix('+') {
        Some(rest) => (true, rest),
        None => (push.force, refspec),
    };
    let named = |name: &str| match name {
        "HEAD" | "@" => here.branch.clone(),
        name => RefName::branch(short_name(name)),
    };
    let (from, to) = match refspec.split_once(':') {
        Some((from, to)) => (from, named(to)?),
        None => (refspec, named(refspec)?),
    };
    let from = (!push.delete && !from.is_empty()).then(|| from.to_owned());
    here.guarded.is_protected(&to).then_some(PushedBranch { branch: to, from, force })
}

/// A branch by its name, however much of it is said: gitrevisions(7).
pub fn short_name(name: &str) -> &str {
    name.strip_prefix("refs/heads/").or_else(|| name.strip_prefix("heads/")).unwrap_or(name)
}

/// What the configuration makes of a push that names no branch: git-config(1), `push.default`.
fn configured(here: &GuardedPlace, push: &Push) -> Result<Vec<PushedBranch>, GuardError> {
    let last = |key: &str| last_of(here, key);
    let key = format!("remote.{}.push", remote_of(here, push));
    let settings = here.guarded.settings_of_pushes().iter();
    let refspecs: Vec<&String> = settings
        .filter(|(known, _)| known.eq_ignore_ascii_case(&key))
        .map(|(_, value)| value)
        .collect();
    if !refspecs.is_empty() {
        return Ok(refspecs.iter().filter_map(|refspec| one_pushed(here, push, refspec)).collect());
    }
    let Some(branch) = &here.branch else { return Ok(Vec::new()) };
    let upstream = match last("push.default").as_deref() {
        Some("nothing") => return Ok(Vec::new()),
        Some("matching") => {
            let all =
                Push { refspecs: Vec::new(), everything: Everything::Branches, ..push.clone() };
            return pushed(here, &all);
        }
        Some("upstream" | "tracking") => last(&format!("branch.{}.merge", branch.short())),
        Some(_) | None => None,
    };
    let to = upstream.as_deref().unwrap_or(branch.as_str());
    Ok(one_pushed(here, push, &format!("{}:{to}", branch.as_str())).into_iter().collect())
}

/// The value that counts of a setting, which is the last one.
fn last_of(here: &GuardedPlace, key: &str) -> Option<String> {
    let mut settings = here.guarded.settings_of_pushes().iter().rev();
    settings.find(|(known, _)| known.eq_ignore_ascii_case(key)).map(|(_, value)| value.clone())
}

fn remote_of(here: &GuardedPlace, push: &Push) -> String {
    if let Some(remote) = push.remote.as_ref().and_then(ShellWord::text) {
        return remote.to_owned();
    }
    let of_branch = |key: &str| {
        let branch = here.branch.as_ref()?;
        last_of(here, &format!("branch.{}.{key}", branch.short()))
    };
    of_branch("pushremote")
        .or_else(|| last_of(here, "remote.pushdefault"))
        .or_else(|| of_branch("remote"))
        .or_else(|| here.guarded.remote().map(str::to_owned))
        .unwrap_or_else(|| "origin".to_owned())
}

fn judge_pushed(
    here: &GuardedPlace,
    push: &Push,
    branch: &RefName,
    from: Option<&str>,
    force: bool,
) -> Objection {
    let Some(from) = from else { return Ok(Some(LineReason::Deletion)) };
    if force {
        return Ok(Some(LineReason::Rewrite));
    }
    let remote = remote_of(here, push);
    let from = match (from, &here.branch) {
        // What the line has checked out before.
        ("HEAD" | "@", Some(branch)) => branch.as_str(),
        (from, _) => from,
    };
    judge_named(here, &ShellWord::known(from), |new| {
        here.guarded.judge_announced(&remote, branch, new)
    })
}
