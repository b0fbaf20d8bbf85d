//! What one intent means for a protected branch of one repository.

use super::super::rule::{self, Verdict};
use super::super::shell::Word;
use super::super::{GuardError, Judged, Move, Ruling};
use super::intent::{Commit, Content, Empty, Everything, Intent, Push};
use super::judge::{Action, Here, Judge, Why};
use super::state::Staged;
use crate::names::{Oid, RefName};

/// What the guard says; `None` is nothing against it.
type Finding = Result<Option<Why>, GuardError>;

impl Judge<'_> {
    pub fn intent(
        &mut self,
        here: &Here,
        intent: &Intent,
        action: &Action<'_>,
        index: Option<&Word>,
    ) {
        if let Intent::Push(push) = intent {
            self.push(here, push, action);
            return;
        }
        let Some((branch, finding)) = about(here, intent, index) else { return };
        self.note(here, &branch, action, finding);
    }

    fn note(&mut self, here: &Here, branch: &RefName, action: &Action<'_>, finding: Finding) {
        let why = match finding {
            Ok(Some(why)) => why,
            Ok(None) if action.unchecked => Why::Unchecked,
            Ok(None) => return,
            Err(error) => Why::Undecided(error.to_string()),
        };
        self.refuse(here, branch, action.what, why);
    }

    fn push(&mut self, here: &Here, push: &Push, action: &Action<'_>) {
        match pushed(here, push) {
            Ok(pushed) => {
                for Pushed { branch, from, force } in pushed {
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
fn about(here: &Here, intent: &Intent, index: Option<&Word>) -> Option<(RefName, Finding)> {
    let head = here.protected();
    let on_head = |finding: Finding| head.map(|branch| (branch.clone(), finding));
    match intent {
        Intent::Commit(commit) => {
            head.map(|branch| (branch.clone(), judge_commit(here, commit, index)))
        }
        Intent::Take(from) => head.map(|branch| (branch.clone(), judge_take(here, branch, from))),
        Intent::Pull(source) => {
            let branch = head?;
            let same = source.is(branch.short()) || source.is(branch.as_str());
            Some((branch.clone(), Ok((!same).then_some(Why::Unseen))))
        }
        Intent::Rebase(to) | Intent::Reset(to) => {
            head.map(|branch| (branch.clone(), judge_set(here, branch, Some(to))))
        }
        Intent::Grow => on_head(Ok(Some(Why::Unseen))),
        Intent::Anything => {
            let branch = head.cloned().or_else(|| here.guarded.trunk())?;
            Some((branch, Ok(Some(Why::Unseen))))
        }
        Intent::Set { branch, to } => {
            let branch = protected(here, branch)?;
            let finding = judge_set(here, &branch, to.as_ref());
            Some((branch, finding))
        }
        Intent::Remove(branch) => {
            let branch = if branch.is("HEAD") { head?.clone() } else { protected(here, branch)? };
            Some((branch, Ok(Some(Why::Deletion))))
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

fn protected(here: &Here, name: &Word) -> Option<RefName> {
    let name = name.text()?;
    let branch = RefName::branch(name.strip_prefix("refs/heads/").unwrap_or(name))?;
    here.guarded.is_protected(&branch).then_some(branch)
}

fn judge_commit(here: &Here, commit: &Commit, index: Option<&Word>) -> Finding {
    let guarded = &here.guarded;
    let changed = |paths: &[&str]| -> Finding {
        let deltas = guarded.git().changed(&here.dir, paths)?;
        Ok(rule::judge(&deltas, guarded.tickets_dir()).err().map(Why::Breaches))
    };
    match &commit.content {
        Content::Chosen => Ok(Some(Why::Unseen)),
        Content::All => changed(&[]),
        Content::Paths(paths) => {
            let paths: Option<Vec<&str>> = paths.iter().map(Word::text).collect();
            paths.map_or(Ok(Some(Why::Unseen)), |paths| changed(&paths))
        }
        Content::Staged => {
            if here.staged == Some(Staged::Anything) {
                return Ok(Some(Why::StagedMeanwhile));
            }
            let index = match index {
                None => None,
                Some(index) => match index.text() {
                    Some(index) => Some(here.dir.join(index)),
                    None => return Ok(Some(Why::Unseen)),
                },
            };
            let index = index.as_deref().map(std::path::Path::as_os_str);
            let verdict = if commit.amends {
                guarded.judge_amended(index)?
            } else {
                guarded.judge_staged(index)?
            };
            Ok(match verdict {
                Verdict::Tickets(_) | Verdict::Nothing => None,
                // git itself makes no commit then, or what the line stages before is in it.
                Verdict::Refused(breaches)
                    if commit.empty == Empty::Refused
                        && breaches.iter().all(|breach| breach.why == rule::Why::Empty) =>
                {
                    None
                }
                Verdict::Refused(breaches) => Some(Why::Breaches(breaches)),
            })
        }
    }
}

/// The commit that a word names, where it names one.
fn commit_of(here: &Here, word: &Word) -> Result<Option<Oid>, GuardError> {
    let Some(name) = revision(word) else { return Ok(None) };
    Ok(here.guarded.git().commit_of(&name)?)
}

fn judge_take(here: &Here, branch: &RefName, from: &Word) -> Finding {
    judge_named(here, from, |new| here.guarded.judge_new(branch, new))
}

/// Judges the commits that come with what a word names. That is not looked up first: git says so when it lists them.
fn judge_named(
    here: &Here,
    word: &Word,
    judge: impl FnOnce(&str) -> Result<Vec<Judged>, GuardError>,
) -> Finding {
    let Some(name) = revision(word) else { return Ok(Some(Why::Unseen)) };
    let judged = judge(&name);
    if let Ok(judged) = &judged
        && !judged.is_empty()
    {
        return Ok(breaking(judged));
    }
    // Nothing is new, or nobody knows what that is.
    match here.guarded.git().commit_of(&name)? {
        Some(_) => judged.map(|_| None),
        None => Ok(Some(Why::Unseen)),
    }
}

/// The commit that a word means, as a revision.
fn revision(word: &Word) -> Option<String> {
    let name = word.text().filter(|name| !name.starts_with('-'))?;
    Some(format!("{name}^{{commit}}"))
}

fn judge_set(here: &Here, branch: &RefName, to: Option<&Word>) -> Finding {
    let head = Word::known("HEAD");
    let Some(new) = commit_of(here, to.unwrap_or(&head))? else { return Ok(Some(Why::Unseen)) };
    let asked = Move { branch: branch.clone(), old: None, new: Some(new) };
    Ok(against(here.guarded.judge_local(&asked)?))
}

fn against(ruling: Ruling) -> Option<Why> {
    match ruling {
        Ruling::Pass(_) => None,
        Ruling::Deletion => Some(Why::Deletion),
        Ruling::Rewrite => Some(Why::Rewrite),
        Ruling::Commits(judged) => breaking(&judged),
    }
}

/// The commits that break the rule.
fn breaking(judged: &[Judged]) -> Option<Why> {
    let refused = judged.iter().filter(|j| matches!(j.verdict, Verdict::Refused(_)));
    let commits: Vec<(Oid, String)> =
        refused.map(|j| (j.commit.clone(), j.subject.clone())).collect();
    (!commits.is_empty()).then_some(Why::Commits(commits))
}

/// A branch of the remote that a push would move.
struct Pushed {
    branch: RefName,
    /// What would be put there; `None` deletes it.
    from: Option<String>,
    force: bool,
}

/// The protected branches that a push is about.
fn pushed(here: &Here, push: &Push) -> Result<Vec<Pushed>, GuardError> {
    let guarded = &here.guarded;
    let all = || -> Result<Vec<Pushed>, GuardError> {
        let one = |(branch, _): (RefName, Oid)| Pushed {
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
            let here = all()?.into_iter().map(|pushed| Pushed { force: true, ..pushed });
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
fn matching(here: &Here, push: &Push, pattern: &str) -> Result<Vec<Pushed>, GuardError> {
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

fn one_pushed(here: &Here, push: &Push, refspec: &str) -> Option<Pushed> {
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
    here.guarded.is_protected(&to).then_some(Pushed { branch: to, from, force })
}

/// A branch by its name, however much of it is said: gitrevisions(7).
pub fn short_name(name: &str) -> &str {
    name.strip_prefix("refs/heads/").or_else(|| name.strip_prefix("heads/")).unwrap_or(name)
}

/// What the configuration makes of a push that names no branch: git-config(1), `push.default`.
fn configured(here: &Here, push: &Push) -> Result<Vec<Pushed>, GuardError> {
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
fn last_of(here: &Here, key: &str) -> Option<String> {
    let mut settings = here.guarded.settings_of_pushes().iter().rev();
    settings.find(|(known, _)| known.eq_ignore_ascii_case(key)).map(|(_, value)| value.clone())
}

fn remote_of(here: &Here, push: &Push) -> String {
    if let Some(remote) = push.remote.as_ref().and_then(Word::text) {
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
    here: &Here,
    push: &Push,
    branch: &RefName,
    from: Option<&str>,
    force: bool,
) -> Finding {
    let Some(from) = from else { return Ok(Some(Why::Deletion)) };
    if force {
        return Ok(Some(Why::Rewrite));
    }
    let remote = remote_of(here, push);
    let from = match (from, &here.branch) {
        // What the line has checked out before.
        ("HEAD" | "@", Some(branch)) => branch.as_str(),
        (from, _) => from,
    };
    judge_named(here, &Word::known(from), |new| here.guarded.judge_announced(&remote, branch, new))
}
