//! Failures as a user meets them: what is wrong, the facts, the way out, and the exit code.
//!
//! The modules below return their errors as data. Here a match without a wildcard gives each variant its exit code and
//! its way out, so a new variant does not compile until somebody has decided both.

mod address;
mod refusal;
mod trunk;
mod words;

use serde::Serialize;

pub use refusal::{CLOSES_REQUEST, LOST_CLAIM, go_on_as_yours, held_facts, holder_facts};
use words::{caused_here, failed_git};
pub use words::{denied, full_there, not_written, remote_words};

use crate::config::{ConfigError, Origin, Problem};
use crate::git::{ExecError, GitError};
use crate::guard::GuardError;
use crate::settings::{RemoteSource, SettingsError};
use crate::text::shell_word;
use crate::trunk::{Stop, speaks_of_permission};
use crate::workspace::WorkspaceError;

/// The exit codes: a contract with scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// The answer to a question is no.
    No,
    /// The command line is wrong.
    Usage,
    /// Somebody else holds the ticket.
    Held,
    NotFound,
    /// The state or the policy forbids it; the same call fails again.
    Refused,
    /// The remote refuses: protected branch, hook, permission, no space.
    RemoteRefused,
    /// The remote cannot be reached; nothing changed.
    Unreachable,
    /// The claim stands or may stand, but its set-up is not done.
    Incomplete,
    /// A ticket, the configuration or an agent's file holds what tix cannot use. A file that cannot be read or written is `Refused`.
    Damaged,
    /// git is missing, too old, or failed in a way that tix does not know.
    Git,
    /// Others moved the trunk until the deadline; nothing changed.
    Contended,
    Signal(i32),
    /// A worker in the foreground ended with this code; it is not one of tix's codes.
    Worker(u8),
}

impl Exit {
    /// Every code of tix's own except the signals, with its name and what a script should do about it.
    pub const TABLE: [(Exit, &'static str, &'static str); 11] = [
        (Exit::No, "no", "the answer to a question is no"),
        (Exit::Usage, "usage", "fix the command line"),
        (
            Exit::Held,
            "held",
            "take another ticket; if it is yours, go on with it: `tix activate ID --resume`",
        ),
        (
            Exit::NotFound,
            "not found",
            "there is no such ticket (see `tix list`), or there is nothing to do (`\"outcome\":\"empty\"`)",
        ),
        (Exit::Refused, "refused", "the state or the policy forbids it; the same call fails again"),
        (
            Exit::RemoteRefused,
            "remote refused",
            "a protected branch, a hook, a missing permission or login, or a full disk on the remote",
        ),
        (Exit::Unreachable, "unreachable", "nothing changed; try again later"),
        (
            Exit::Incomplete,
            "incomplete",
            "the claim stands (or may), but its set-up is not done: activate again or release",
        ),
        (
            Exit::Damaged,
            "damaged",
            "a ticket, the configuration or an agent's file holds what tix cannot use; the message names file and line",
        ),
        (Exit::Git, "git", "git is missing, too old, or failed in a way that tix does not know"),
        (
            Exit::Contended,
            "contended",
            "others moved the trunk until the time ran out; nothing changed; try again",
        ),
    ];

    pub fn code(self) -> u8 {
        match self {
            Exit::No => 1,
            Exit::Usage => 2,
            Exit::Held => 3,
            Exit::NotFound => 4,
            Exit::Refused => 5,
            Exit::RemoteRefused => 6,
            Exit::Unreachable => 7,
            Exit::Incomplete => 8,
            Exit::Damaged => 9,
            Exit::Git => 10,
            Exit::Contended => 11,
            Exit::Signal(signal) => u8::try_from(128 + signal).unwrap_or(255),
            Exit::Worker(code) => code,
        }
    }

    /// The name in JSON and in the table.
    pub fn name(self) -> &'static str {
        let named = Exit::TABLE.iter().find(|(exit, ..)| *exit == self);
        let unnamed = if matches!(self, Exit::Worker(_)) { "worker" } else { "signal" };
        named.map_or(unnamed, |(_, name, _)| name)
    }
}

/// A failure at the edge of the program.
#[derive(Clone, Debug)]
pub struct Failure {
    pub exit: Exit,
    /// What is wrong, in one sentence.
    pub message: String,
    pub facts: Vec<(&'static str, String)>,
    /// The way out: sentences, each with at most one command that can be pasted.
    pub hints: Vec<String>,
    /// Nothing was decided, because the team's settings changed after the command read them: run it again with the new
    /// ones.
    pub outdated: bool,
}

/// What the JSON form of a failure is known by.
pub const SCHEMA: &str = "tix/error@1";

/// The JSON form of a failure.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct FailureJson<'a> {
    schema: &'static str,
    /// The exit code, 1 to 255: `tix explain exit-codes`.
    exit: u8,
    /// The name of the exit code in `tix explain exit-codes`, such as `not found`; `signal` and `worker` for codes that it does
    /// not list.
    name: &'static str,
    /// What is wrong, in one sentence.
    message: &'a str,
    /// The facts, each a name and a text; they depend on the failure. Empty when there are none.
    details: serde_json::Map<String, serde_json::Value>,
    /// The ways out, each a sentence with at most one command to paste; may be empty.
    hints: &'a [String],
}

impl Failure {
    pub fn new(exit: Exit, message: impl Into<String>) -> Failure {
        Failure {
            exit,
            message: message.into(),
            facts: Vec::new(),
            hints: Vec::new(),
            outdated: false,
        }
    }

    /// An exit code whose answer is already complete on stdout.
    pub fn answered(exit: Exit) -> Failure {
        Failure::new(exit, "")
    }

    #[must_use]
    pub fn fact(mut self, name: &'static str, value: impl Into<String>) -> Failure {
        self.facts.push((name, value.into()));
        self
    }

    #[must_use]
    pub fn maybe_fact(self, name: &'static str, value: Option<impl Into<String>>) -> Failure {
        match value {
            Some(value) => self.fact(name, value),
            None => self,
        }
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Failure {
        self.hints.push(hint.into());
        self
    }

    pub fn json(&self) -> FailureJson<'_> {
        FailureJson {
            schema: SCHEMA,
            exit: self.exit.code(),
            name: self.exit.name(),
            message: &self.message,
            details: self.facts.iter().map(|(k, v)| ((*k).to_owned(), v.as_str().into())).collect(),
            hints: &self.hints,
        }
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Failure {
        if error.origin == Origin::CommandLine {
            return Failure::new(Exit::Usage, error.to_string()).hint("tix --help");
        }
        let message = error.to_string();
        let newer =
            "if a newer tix knows it, install that one; see which one this is: tix --version";
        let known = "list the settings and their values: tix explain config";
        let (exit, hints) = match error.problem {
            Problem::Requires { .. } => (Exit::Refused, vec!["install one of those versions"]),
            Problem::UnknownKey { .. } => (Exit::Damaged, vec![newer, known]),
            Problem::NotUtf8
            | Problem::Syntax { .. }
            | Problem::NotAMapping { .. }
            | Problem::Duplicate
            | Problem::Expected { .. }
            | Problem::BadValue { .. }
            | Problem::BadTemplate { .. }
            | Problem::OnlyShared
            | Problem::Clash { .. } => (Exit::Damaged, vec![known]),
        };
        let line = error.line.map(|l| l.to_string());
        let failure = Failure::new(exit, message).maybe_fact("line", line);
        hints.into_iter().fold(failure, Failure::hint)
    }
}

impl From<SettingsError> for Failure {
    fn from(error: SettingsError) -> Failure {
        let message = error.to_string();
        let refused = || Failure::new(Exit::Refused, message.clone());
        let name_trunk = "say which branch the tickets are on: git config tix.trunk <branch>";
        match error {
            SettingsError::Config(error) => error.into(),
            SettingsError::Git(error) => error.into(),
            SettingsError::File { .. } => {
                Failure::new(Exit::Damaged, message).hint("make it readable, or remove it")
            }
            SettingsError::NoRemote { remotes, set_by, .. } => {
                let failure = refused()
                    .maybe_fact("remotes", Some(remotes.join(", ")).filter(|all| !all.is_empty()));
                match set_by {
                    RemoteSource::Option if remotes.is_empty() => {
                        failure.hint("this repository has no remote; see: git remote -v")
                    }
                    RemoteSource::Option => failure.hint("list the remotes: git remote -v"),
                    RemoteSource::Variable => {
                        failure.hint("it is set by TIX_REMOTE; undo that: unset TIX_REMOTE")
                    }
                    RemoteSource::GitConfig => failure.hint(
                        "it is set by git config tix.remote; undo that: git config --unset tix.remote",
                    ),
                    RemoteSource::File(label) => failure
                        .hint(format!("it is set by `remote` in {label}"))
                        .hint("use another one here: git config tix.remote <name>"),
                }
            }
            SettingsError::ManyRemotes { remotes } => refused()
                .fact("remotes", remotes.join(", "))
                .hint("say which one holds the tickets: git config tix.remote <name>"),
            SettingsError::BadRemote(_) => refused(),
            SettingsError::BadBranch(_) => Failure::new(Exit::Usage, message),
            SettingsError::BadTicketsDir => Failure::new(Exit::Damaged, message),
            SettingsError::NoAnswer { words, .. } if speaks_of_permission(&words) => {
                denied(&message, &words).hint(name_trunk)
            }
            SettingsError::NoAnswer { words, .. } => {
                Failure::new(Exit::Unreachable, message).fact("git", words).hint(name_trunk)
            }
            SettingsError::NoDefault(_)
            | SettingsError::NotAsked(_)
            | SettingsError::NoLocalDefault => refused().hint(name_trunk),
        }
    }
}

impl From<GitError> for Failure {
    fn from(error: GitError) -> Failure {
        let message = error.to_string();
        match error {
            GitError::Exec(error) => error.into(),
            GitError::NotARepository { dir, words } if words.contains("/worktrees/") => {
                let dir = dir.display().to_string();
                Failure::new(
                    Exit::Refused,
                    format!("the repository of {dir} is no longer where it was"),
                )
                .fact("git", words.trim())
                .hint(format!("where it is now: git worktree repair {}", shell_word(&dir)))
            }
            GitError::NotARepository { words, .. } if words.contains("not a git repository") => {
                Failure::new(Exit::Refused, message)
                    .hint("go to your repository, or name it: tix -C <directory> …")
            }
            // git has other reasons: a directory that belongs to somebody else, a damaged configuration.
            GitError::NotARepository { dir, words } => {
                let message = format!("git does not work in {}", dir.display());
                Failure::new(Exit::Refused, message).fact("git", words.trim())
            }
            GitError::TooOld { .. } => Failure::new(Exit::Git, message)
                .hint("install a newer git, or put it first on PATH"),
            GitError::Unreadable { question: "version", .. } => {
                Failure::new(Exit::Git, message).hint("see which program that is: command -v git")
            }
            GitError::Unreadable { .. } | GitError::Missing(_) => {
                Failure::new(Exit::Git, message).hint("check the repository: git fsck")
            }
            GitError::Unfetched { words, .. } if speaks_of_permission(&words) => {
                denied(&message, &words)
            }
            GitError::Unfetched { remote, words } => {
                if let Some(failure) = caused_here(&words) {
                    return failure;
                }
                let words = Some(words.trim().to_owned()).filter(|words| !words.is_empty());
                Failure::new(Exit::Unreachable, message)
                    .maybe_fact("git", words)
                    .hint(format!("check whether it answers: git ls-remote {remote}"))
            }
            GitError::InTheWay { path, .. } => Failure::new(Exit::Damaged, message)
                .fact("path", path)
                .hint("move it elsewhere on the trunk, and try again"),
            GitError::Scratch { .. } => {
                not_written(format!("{message}; nothing changed"), "try again")
            }
        }
    }
}

impl From<GuardError> for Failure {
    fn from(error: GuardError) -> Failure {
        let message = error.to_string();
        match error {
            GuardError::Git(error) => error.into(),
            GuardError::Unknown(_) => Failure::new(Exit::Damaged, message)
                .hint("list the settings and their values: tix explain config"),
            GuardError::File { .. } => {
                Failure::new(Exit::Refused, message).hint("make it readable, and try again")
            }
        }
    }
}

impl From<ExecError> for Failure {
    fn from(error: ExecError) -> Failure {
        let message = error.to_string();
        match error {
            ExecError::Spawn { .. } => Failure::new(Exit::Git, message)
                .hint("install git 2.39 or newer, or put it on PATH"),
            ExecError::Failed(finished) => failed_git(&finished.stderr, message),
            ExecError::TimedOut { .. } => Failure::new(Exit::Unreachable, message)
                .hint("try again later, or with a longer --timeout"),
            ExecError::Interrupted(signal) => Failure::new(Exit::Signal(signal), message),
            ExecError::Pipe { .. } => Failure::new(Exit::Git, message),
        }
    }
}

impl<E: Into<Failure>> From<Stop<E>> for Failure {
    fn from(stop: Stop<E>) -> Failure {
        match stop {
            Stop::Refused(refusal) => refusal.into(),
            Stop::Trunk(error) => error.into(),
        }
    }
}

/// Lets a decision end with any failure.
impl From<Failure> for Stop<Failure> {
    fn from(failure: Failure) -> Self {
        Stop::Refused(failure)
    }
}

impl From<WorkspaceError> for Stop<Failure> {
    fn from(error: WorkspaceError) -> Self {
        Stop::Refused(error.into())
    }
}

impl From<WorkspaceError> for Failure {
    fn from(error: WorkspaceError) -> Failure {
        let message = error.to_string();
        match error {
            WorkspaceError::Git(error) => error.into(),
            WorkspaceError::Occupied { path, .. } => Failure::new(Exit::Refused, message)
                .fact("path", path.display().to_string())
                .hint("move it away, or put workspaces into the repository: git config tix.worktree \".worktrees/{id}\""),
            WorkspaceError::Unlinked { path } => {
                let path = path.display().to_string();
                let again = format!("reconnect them: git worktree repair {}", shell_word(&path));
                Failure::new(Exit::Refused, message).fact("workspace", path).hint(again)
            }
            WorkspaceError::NotWritable { path, .. } => Failure::new(Exit::Refused, message)
                .fact("path", path.display().to_string())
                .hint("free some space, fix the permissions, or put workspaces into the repository: git config tix.worktree \".worktrees/{id}\""),
            WorkspaceError::NameTaken { by, .. } => Failure::new(Exit::Refused, message)
                .fact("branch", by.short())
                .hint(format!(
                    "rename it: git branch -m {} old-{}",
                    by.short(),
                    by.short().replace('/', "-")
                ))
                .hint("or give ticket branches another name, in the team's .tix.yaml: branch: \"work/{id}\""),
            WorkspaceError::BranchTaken { branch, at } => Failure::new(Exit::Refused, message)
                .fact("branch", branch.short())
                .fact("commit", at.to_string())
                .hint(format!("rename it: git branch -m {0} {0}-old", branch.short())),
            WorkspaceError::CheckedOut { branch, path } => Failure::new(Exit::Refused, message)
                .fact("branch", branch.short())
                .fact("path", path.display().to_string())
                .hint(format!("rename it: git branch -m {0} {0}-old", branch.short())),
            WorkspaceError::Stays { path, .. } => Failure::new(Exit::Refused, message)
                .fact("path", path.display().to_string())
                .hint("mend that, then remove what is left of the ticket here: tix doctor --fix"),
            WorkspaceError::BadPath { .. } => Failure::new(Exit::Damaged, message)
                .hint("set another template: git config tix.worktree \"../{repo}.worktrees/{id}\""),
            WorkspaceError::Unprepared { .. } => not_written(format!("{message}; nothing changed"), "try again"),
            WorkspaceError::Setup { .. } | WorkspaceError::Record { .. } => {
                Failure::new(Exit::Incomplete, message)
            }
        }
    }
}

/// An error that another tix printed as JSON, as a model reads it: the exit's name, what is wrong, the facts, and the first way out.
pub fn in_words(error: &serde_json::Value) -> String {
    let hint = error.get("hints").and_then(|hints| hints.get(0)?.as_str());
    let hint = hint.map_or_else(String::new, |hint| format!("\nhint: {hint}"));
    without_hint(error) + &hint
}

/// The same, where the way out is another one.
pub fn without_hint(error: &serde_json::Value) -> String {
    let text = |key: &str| error.get(key).and_then(serde_json::Value::as_str).unwrap_or_default();
    let facts = error.get("details").and_then(serde_json::Value::as_object).into_iter().flatten();
    let facts = facts.filter_map(|(name, value)| Some(format!("\n  {name}: {}", value.as_str()?)));
    format!("{}: {}{}", text("name"), text("message"), facts.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_exit_code_is_in_the_table_once() {
        let codes: Vec<_> = Exit::TABLE.iter().map(|(exit, ..)| exit.code()).collect();
        assert_eq!(codes, (1..=11).collect::<Vec<u8>>());
        assert_eq!(Exit::Signal(2).code(), 130);
    }
}
