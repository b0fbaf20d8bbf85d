//! The guard's reports: a refusal with its reasons and remedies, and a line of the audit log.

use std::path::Path;

use serde::Serialize;

use crate::audit::Audit;
use crate::clock;
use crate::config::FILE;
use crate::env::{Env, GitVar};
use crate::error::{Exit, Failure};
use crate::guard::install::hook::Hook;
use crate::guard::{
    self, BranchMove, Breach, CommitVerdict, GuardError, Guarded, JudgedCommit, UnheardMove,
};
use crate::names::{Oid, RefName, RepoPath};
use crate::settings::AuthorIdentity;
use crate::text::{count, one_line, shell_word};

/// How many paths and commits a message names.
const SHOWN: usize = 5;

/// How many paths a line of the log has: enough for every ticket commit, and not for the import of a project.
const LOGGED: usize = 50;

/// The rule of a refusal because something cannot be read.
pub const UNREADABLE: &str = "unreadable";

/// The rule of a refusal because something cannot be found out.
const UNDECIDED: &str = "undecided";

/// The judgement of one hook on one branch.
pub struct HookJudgement<'a> {
    pub hook: Hook,
    pub guarded: &'a Guarded,
    pub branch: &'a RefName,
    pub env: &'a Env,
}

/// The guard could not find out what to judge.
pub fn undecided(hook: Hook, branch: Option<&RefName>, error: &GuardError) -> Failure {
    let message = match branch {
        Some(branch) => format!(
            "{} is protected, and the guard cannot tell whether this may go onto it: {error}",
            branch.short()
        ),
        None => format!("the guard cannot tell whether this is about a protected branch: {error}"),
    };
    Failure::new(Exit::No, message)
        .fact("hook", hook.name())
        .hint("fix the problem above and try again")
}

/// The report on a branch that has moved past all hooks: the warning, with facts and hints.
pub fn unheard(guarded: &Guarded, unheard: &UnheardMove) -> (String, String) {
    let UnheardMove { branch, tip, back, refused, .. } = unheard;
    let (name, short) = (branch.short(), tip.short());
    let words = format!(
        "{name} takes ticket commits only, but it has moved to {short} and no hook has checked that"
    );
    let mut lines = String::new();
    for commit in refused.iter().take(SHOWN) {
        lines += &format!("  commit  {} {}\n", commit.commit.short(), one_line(&commit.subject));
        if let CommitVerdict::Refused(breaches) = &commit.verdict
            && let Some(first) = breaches.first()
        {
            lines += &format!("  why     {}\n", one_line(&first.to_string()));
        }
    }
    if let Some(more) = refused.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        lines += &format!("          and {}\n", count(more, "more commit", "more commits"));
    }
    lines +=
        &format!("hint: keep the commits on a branch of their own: git branch <name> {short}\n");
    if let Some(back) = back {
        let (back, word) = (back.short(), shell_word(branch.as_str()));
        let undo = if guarded.branch() == Some(branch) {
            // It stops where that would lose a change.
            format!("git reset --keep {back}")
        } else {
            // The branch itself, where it stands for another one.
            format!("git update-ref --no-deref {word} {back}")
        };
        lines += &format!("hint: then put {name} back: {undo}\n");
    }
    (words, lines)
}

impl HookJudgement<'_> {
    /// The guard was told to allow it.
    pub fn off(&self) {
        self.note("off", "TIX_GUARD", &[], None);
    }

    pub fn allowed(&self, paths: &[RepoPath], commit: Option<&Oid>) {
        let paths: Vec<String> = paths.iter().map(ToString::to_string).collect();
        self.note("allowed", "tickets", &paths, commit);
    }

    /// Ticket commits become part of the branch.
    pub fn allowed_commits(&self, judged: &[JudgedCommit]) {
        for commit in judged {
            if let CommitVerdict::Tickets(paths) = &commit.verdict {
                self.allowed(paths, Some(&commit.commit));
            }
        }
    }

    /// The input from git cannot be read.
    pub fn unreadable(&self) {
        self.note("refused", UNREADABLE, &[], None);
    }

    pub fn undecided(&self, error: &GuardError) -> Failure {
        self.note("refused", UNDECIDED, &[], None);
        undecided(self.hook, Some(self.branch), error)
    }

    /// A commit that is about to be made breaks the rule.
    pub fn refused_commit(&self, breaches: &[Breach]) -> Failure {
        self.note_breaches(breaches, None);
        let message = format!("{} takes ticket commits only", self.branch.short());
        let failure = list(self.head(message), breaches);
        let undo = match self.hook {
            // git writes down that it merges only after it has asked.
            Hook::PreMergeCommit => Some("git merge --abort"),
            Hook::PreCommit
            | Hook::PrePush
            | Hook::PrepareCommitMsg
            | Hook::ReferenceTransaction
            | Hook::PreReceive
            | Hook::Update => self.guarded.unfinished(),
        };
        if is_about_settings(breaches) {
            let failure =
                failure.hint("settings change by pull request, as code does: git switch -c <name>");
            return match undo {
                Some(undo) => failure.hint(half_way(undo)),
                None => failure,
            };
        }
        self.way_on(failure).hint(match undo {
            Some(undo) => half_way(undo),
            None => "or keep these changes on a branch: git switch -c <name>".to_owned(),
        })
    }

    /// Commits that would become part of the branch break the rule.
    pub fn refused_commits(&self, asked: &BranchMove, judged: &[JudgedCommit]) -> Failure {
        let refused: Vec<(&JudgedCommit, &[Breach])> = judged
            .iter()
            .filter_map(|commit| match &commit.verdict {
                CommitVerdict::Refused(breaches) => Some((commit, breaches.as_slice())),
                CommitVerdict::Tickets(_) | CommitVerdict::Nothing => None,
            })
            .collect();
        let message = format!("{} takes ticket commits only", self.branch.short());
        let mut failure = self.head(message);
        for (commit, breaches) in &refused {
            self.note_breaches(breaches, Some(&commit.commit));
        }
        for (commit, breaches) in refused.iter().take(SHOWN) {
            failure = failure
                .fact("commit", format!("{} {}", commit.commit.short(), one_line(&commit.subject)));
            failure = list(failure, breaches);
        }
        if let Some(more) = refused.len().checked_sub(SHOWN).filter(|more| *more > 0) {
            failure =
                failure.fact("", format!("and {}", count(more, "more commit", "more commits")));
        }
        let failure = self.way_on(failure);
        match &asked.new {
            Some(new) => self.keep(failure, new),
            None => failure,
        }
    }

    /// The branch would be deleted.
    pub fn deletion(&self) -> Failure {
        self.note("refused", "deletion", &[], None);
        let message = format!("{} is protected and cannot be deleted", self.branch.short());
        self.head(message).hint(format!("see what it holds: git log {}", self.branch.short()))
    }

    /// The branch would become a symbolic ref to an unprotected one, and move with it unseen.
    pub fn alias(&self, target: &str) -> Failure {
        self.note("refused", "alias", &[], None);
        let name = self.branch.short();
        let target = target.strip_prefix("refs/heads/").unwrap_or(target);
        let message = format!("{name} is protected and cannot stand for another branch: {target}");
        self.head(message).hint(format!(
            "the other way round works: git symbolic-ref refs/heads/<name> {}",
            self.branch
        ))
    }

    /// Published commits would be lost.
    pub fn rewrite(&self, asked: &BranchMove) -> Failure {
        self.note("refused", "rewrite", &[], asked.new.as_ref());
        let message =
            format!("{} is published, and its history cannot be rewritten", self.branch.short());
        let failure = self.head(message);
        let failure = match (&asked.old, &asked.new) {
            (Some(old), Some(new)) => {
                failure.fact("published", old.short()).fact("instead", new.short())
            }
            (_, _) => failure,
        };
        failure.hint("put your commits on top of what is published: git pull --rebase")
    }

    /// The intended place for work.
    fn way_on(&self, failure: Failure) -> Failure {
        let failure = match self.guarded.suspicion(self.branch) {
            Some(suspicion) => failure.hint(suspicion),
            None => failure,
        };
        failure.hint("work on a ticket in a workspace of its own: tix activate <ticket>")
    }

    fn head(&self, message: String) -> Failure {
        Failure::new(Exit::No, message).fact("hook", self.hook.name())
    }

    /// How to keep commits that already exist, wherever they were going.
    fn keep(&self, failure: Failure, new: &Oid) -> Failure {
        match self.hook {
            Hook::PrePush | Hook::PreReceive | Hook::Update => failure.hint(format!(
                "or push them to a branch of their own: git push origin {}:refs/heads/<name>",
                new.short()
            )),
            Hook::ReferenceTransaction
            | Hook::PreCommit
            | Hook::PreMergeCommit
            | Hook::PrepareCommitMsg => {
                let own = format!("git branch <name> {}", new.short());
                self.undo(failure.hint(format!("or give them a branch of their own: {own}")), new)
            }
        }
    }

    /// How to undo what git did before it called the hook: an operation that stopped halfway, or files already taken from
    /// the new commit. `git commit` does neither, and is recognized by the author's date that it passes to its children.
    fn undo(&self, failure: Failure, new: &Oid) -> Failure {
        if let Some(undo) = self.guarded.unfinished() {
            return failure.hint(format!("git stopped half-way; undo that with: {undo}"));
        }
        if self.env.git(GitVar::AuthorDate).is_some() || self.guarded.root().is_none() {
            return failure;
        }
        // Most commands move another branch, or the branch before the files.
        let is_unchanged = || matches!(self.guarded.git().staged("HEAD", None), Ok(Some(deltas)) if deltas.is_empty());
        if self.guarded.branch() != Some(self.branch) || is_unchanged() {
            return failure;
        }
        // It goes from one commit's files to the other's, and stops where that would lose a change.
        let undo = format!("git read-tree -m -u {} HEAD", new.short());
        failure.hint(format!("if git has already changed your files, undo that with: {undo}"))
    }

    fn note_breaches(&self, breaches: &[Breach], commit: Option<&Oid>) {
        let rule = breaches.first().map_or("", |breach| breach.why.rule());
        let paths: Vec<String> =
            breaches.iter().filter_map(|b| b.path.as_ref()).map(ToString::to_string).collect();
        self.note("refused", rule, &paths, commit);
    }

    fn note(&self, verdict: &str, rule: &str, paths: &[String], commit: Option<&Oid>) {
        let (hook, branch) = (self.hook.name(), Some(self.branch));
        note(self.guarded, self.env, &JudgementLine { hook, branch, verdict, rule, paths, commit });
    }
}

fn half_way(undo: &str) -> String {
    format!("git stopped half-way; undo that with: {undo}")
}

/// Whether the only fault is a change of the settings, which is not work on a ticket.
fn is_about_settings(breaches: &[Breach]) -> bool {
    let settings = |breach: &Breach| {
        breach.path.as_ref().is_some_and(|path| path.as_bytes() == FILE.as_bytes())
    };
    !breaches.is_empty() && breaches.iter().all(settings)
}

pub struct JudgementLine<'a> {
    pub hook: &'a str,
    /// The protected branch, if known.
    pub branch: Option<&'a RefName>,
    /// `allowed`, `refused` or `off`.
    pub verdict: &'a str,
    pub rule: &'a str,
    pub paths: &'a [String],
    pub commit: Option<&'a Oid>,
}

/// A judgement of the guard, as a line of the audit log.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct JudgementJson<'a> {
    schema: &'static str,
    /// When.
    at: String,
    /// The working tree; the git directory if there is none.
    repository: String,
    /// The protected branch; empty if unknown.
    branch: &'a str,
    /// Which git hook, or which agent.
    hook: &'a str,
    /// `allowed`, `refused` or `off` (it would have been refused, but the guard was switched off).
    verdict: &'a str,
    /// The rule, in a word.
    rule: &'a str,
    /// What it is about, the first 50.
    paths: Vec<&'a String>,
    /// Their number.
    paths_total: usize,
    /// Who acted; missing when that is not known.
    by: Option<String>,
    /// The commit; missing if there is none yet.
    commit: Option<&'a str>,
}

/// Writes a line of the audit log.
pub fn note(guarded: &Guarded, env: &Env, line: &JudgementLine<'_>) {
    let repository = guarded.root().unwrap_or(guarded.common_dir());
    append(&guarded.audit(), repository, actor(env, guarded.author()), line);
}

/// Writes the line of a refusal in an unreadable repository, as far as that can be identified.
pub fn note_lost(hook: &str, dir: Option<&Path>, env: &Env) {
    let Some(lost) = dir.and_then(guard::lost) else { return };
    let (verdict, rule) = ("refused", UNDECIDED);
    let line = JudgementLine { hook, branch: None, verdict, rule, paths: &[], commit: None };
    append(&lost.audit, &lost.root, actor(env, &AuthorIdentity::default()), &line);
}

fn append(audit: &Audit, repository: &Path, by: Option<String>, line: &JudgementLine<'_>) {
    let line = JudgementJson {
        schema: "tix/guard@1",
        at: clock::rfc3339(clock::now()),
        repository: repository.display().to_string(),
        branch: line.branch.map(RefName::short).unwrap_or_default(),
        hook: line.hook,
        verdict: line.verdict,
        rule: line.rule,
        paths: line.paths.iter().take(LOGGED).collect(),
        paths_total: line.paths.len(),
        by,
        commit: line.commit.map(Oid::as_str),
    };
    match serde_json::to_value(&line) {
        Ok(line) => audit.append(&line),
        Err(error) => tracing::error!(%error, "audit log"),
    }
}

/// Who acts, as far as the environment and the known identity say.
fn actor(env: &Env, author: &AuthorIdentity) -> Option<String> {
    author.acting(env).ok().flatten()
}

/// The first of the reasons, and how many more there are.
fn list(failure: Failure, breaches: &[Breach]) -> Failure {
    let named = breaches.iter().take(SHOWN).map(ToString::to_string);
    let mut failure = named.fold(failure, |failure, breach| failure.fact("why", one_line(&breach)));
    if let Some(more) = breaches.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        failure = failure.fact("", format!("and {more} more"));
    }
    failure
}
