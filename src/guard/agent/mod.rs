//! The guard in coding agents: what an agent is about to do, judged before it is done.
//!
//! An [`AgentEvent`] comes as JSON in one of the [`Dialect`]s. A command line is read as a shell would read it and never run;
//! what it would do to protected branches is held against the guard's rule. The hooks of git see the same once more, and
//! exactly: what comes here early is the explanation, so a line that cannot be understood is refused only where it
//! speaks of a command that moves branches, on a protected branch.

mod alias;
mod dialect;
mod effects;
mod event;
mod grammar;
mod intent;
mod judge;
mod line;
mod machine;
mod options;
mod state;
mod tools;
mod verbs;
mod writes;

use std::path::Path;

pub use dialect::{Dialect, HookAnswer, Spoken, speak};
pub use event::{AgentEvent, EventMoment, ToolAction};
pub use judge::{Judge, LineReason, LineRefusal, Unheard};

use super::rule::CommitVerdict;
use super::shell::{Dir, ShellWord, Variables, World, mentions};
use super::{GuardError, Guarded, HookUse, JudgedCommit};
use crate::env::Env;
use crate::names::RefName;
use line::MOVERS;
use state::LineState;

/// Whether a command line can be about git at all. The usual one is not, and costs no more than this.
pub fn is_about_git(line: &str) -> bool {
    // Quotes and backslashes may stand between the letters.
    let mut last = [b' '; 3];
    line.bytes().filter(|b| !matches!(b, b'\\' | b'"' | b'\'')).any(|byte| {
        let [_, second, third] = last;
        last = [second, third, byte.to_ascii_lowercase()];
        last == *b"git" || last == *b"hub"
    })
}

/// Judges what an agent that speaks this dialect is about to do from this directory.
pub fn judge<'e>(action: &ToolAction, cwd: &Path, env: &'e Env, dialect: Dialect) -> Judge<'e> {
    let hooks = match action {
        ToolAction::Shell(_) => dialect.hooks_of_commands(),
        ToolAction::Write(_) | ToolAction::Tool { .. } | ToolAction::Nothing => HookUse::Asked,
    };
    let mut judge = Judge::new(cwd, env, hooks);
    match action {
        ToolAction::Shell(line) if is_about_git(line) => {
            let home = env
                .home()
                .and_then(Path::to_str)
                .map(|home| ("HOME".to_owned(), ShellWord::known(home)));
            let variables: Variables = home.into_iter().collect();
            let start = World::at(Dir::At(cwd.to_owned()), variables, LineState::default());
            judge.walk(line, start, 0);
        }
        ToolAction::Shell(_) | ToolAction::Nothing => {}
        ToolAction::Write(paths) => writes::judge(&mut judge, paths),
        ToolAction::Tool { name, server, input } => tools::judge(&mut judge, server, name, input),
    }
    judge
}

/// More subcommands that can move a branch. They mostly do something else, so that a text in which nobody can read them says
/// too little for a refusal.
const ALSO_MOVERS: [&str; 9] = [
    "bisect",
    "branch",
    "checkout",
    "fetch",
    "filter-repo",
    "replay",
    "send-pack",
    "switch",
    "worktree",
];

/// Whether a line that was run may have moved a branch.
pub fn may_have_moved(action: &ToolAction) -> bool {
    match action {
        ToolAction::Shell(line) => {
            mentions(line, &MOVERS) || mentions(line, &ALSO_MOVERS) || writes::may_be_of_git(line)
        }
        ToolAction::Tool { .. } => true,
        ToolAction::Write(_) | ToolAction::Nothing => false,
    }
}

/// The commits on the protected branches of this clone that are not published and break the rule, newest first.
pub fn slipped(guarded: &Guarded) -> Result<Vec<(RefName, JudgedCommit)>, GuardError> {
    let mut slipped = Vec::new();
    for (branch, tip) in guarded.local()? {
        let published = guarded.published(Some(&branch))?;
        // Where nothing is published there is nothing to hold the first commits against.
        if published.is_empty() {
            continue;
        }
        let judged = guarded.judge_beyond(tip.as_str(), &published)?;
        let refused = judged.into_iter().filter(|j| matches!(j.verdict, CommitVerdict::Refused(_)));
        slipped.extend(refused.map(|judged| (branch.clone(), judged)));
    }
    Ok(slipped)
}

#[cfg(test)]
mod tests {
    use super::is_about_git;

    #[test]
    fn git_is_found_between_quotes_and_in_any_case() {
        for line in ["git x", "a;g\"i\"t x", "GIT x", "g\\it", "/usr/bin/git", "hub x"] {
            assert!(is_about_git(line), "{line}");
        }
        for line in ["ls -la", "cargo test", "gi t", "", "cat digest.txt | grep i t"] {
            assert!(!is_about_git(line), "{line}");
        }
    }
}
