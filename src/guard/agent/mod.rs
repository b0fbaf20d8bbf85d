//! The guard in coding agents: what an agent is about to do, judged before it is done.
//!
//! An [`AgentEvent`] comes as JSON in one of the [`Dialect`]s. A command line is read as a shell would read it and never run.
//! What it would do on a protected branch, or towards one, is
//!
//! - *right*: what would become part of the branch is there already, and keeps to the rule. It passes.
//! - *wrong*: it is there, and breaks the rule; or the branch would be gone, or what is published. It is refused here, because
//!   here it can be explained before anything is done.
//! - *uncertain*: the content will exist only when the line runs (`make fmt && git commit -a`, a cherry-pick, a commit that
//!   the line itself makes and pushes), a name comes from `$(…)`, a program that nobody knows has `git merge` among its words.
//!   No list of lines and programs ends this, and none is tried: it passes exactly where somebody else will look.
//!
//! Who looks next are the hooks of git that are in force for the very process that the line starts (`guard::in_force`):
//! `pre-commit` hears of a commit, `pre-push` of a push, `reference-transaction` of every movement of a branch here, and none
//! of a branch that is renamed. None hears of anything where they are not installed, where settings of the environment or of
//! the line lead git elsewhere, or where the agent itself sees to that, as Gemini CLI does. There what is uncertain is refused.
//! What cannot be found out is no verdict but a refusal; what a partial clone lacks is uncertain, because the hooks may fetch it.
//!
//! So little need be known here to tell wrong from uncertain: what nobody knows counts as the worst that it can be.
//!
//! - A *text* that is not followed (what is piped to a shell, what a variable, an option or a file of the line has another
//!   program run) is uncertain where it speaks of git and of what moves a branch: about the branch that is checked
//!   out, or about the trunk if it names that, and in every worktree of the clone if it leaves the directory.
//! - A *directory* that is computed is any repository that the words of its computation name. Where they name none, it is
//!   every worktree of the clone, so the one that has the trunk checked out, too. One that a program of the line fills, or
//!   whose name is new (`/tmp/demo-$$`), is in the repository around it, or in one that the line names. Known are what the
//!   line says, what lies below it, what is new (`mktemp -d`) and what the line has git make.
//! - A *name* that is computed or a pattern is the trunk's if what is known of it fits: of a refspec, what stands behind its
//!   colon, or all of it.
//! - *Words* that a program prints (`git push $(cat file)`) are names and no options, unless the line has one that goes past
//!   the hooks: then they may be that.
//! - A *commit* that the line makes, brings or gives a name to is not there to be looked at; a tag hides what has its name. A
//!   copy of this repository has no hooks and matters once it is pushed from; so does any new repository whose push goes to a
//!   remote of ours. A remote on another server than the trunk's is a deployment.
//! - A *script* of a shell that the line writes runs where a command names it; any other file with such a text may be what
//!   any program reads.
//! - A *command* that runs in one of several ways the line may go is no more certain than its words.
//!
//! What the environment holds is not looked at: a plain variable that the line does not set leaves things where they are.
//!
//! The way of a line: `guard::shell` goes through it and asks `machine` what each command does; `line` reads a call of git,
//! `places` finds the repositories that it may be for, `verbs` turns it into intents by its arguments alone, `effects` and
//! `pushes` hold each against the repository, `state` and `settings` keep what it changes for the commands behind it, and
//! `judge` concludes. What scripts do that were there before is not seen: with hooks in force that is no gap.
//!
//! `forge` is for what no git hears of: the programs and tools of forges, judged by the repository and the branch that they
//! name. `tools` finds in what a tool of another server is told the line, the call of git or the movement at a forge.
//!
//! git is asked only so that it fetches nothing and runs no program that the repository names: a file is written into an archive, too, before
//! anybody has trusted what is in it.

mod alias;
mod dialect;
mod effects;
mod event;
mod forge;
mod grammar;
mod intent;
mod judge;
mod line;
mod machine;
mod options;
mod places;
mod pushes;
mod settings;
mod state;
mod tools;
mod unsaid;
mod verbs;
mod writes;

use std::path::Path;
use std::rc::Rc;

pub use dialect::{Dialect, HookAnswer, Spoken, speak};
pub use event::{AgentEvent, EventMoment, ToolAction};
pub use judge::{Judge, LineReason, LineRefusal, OtherTree, Unheard};

use super::shell::mentions;
use super::{Guarded, HookUse};
use crate::env::Env;
use line::MOVERS;

/// Whether a command line can be about git at all. The usual one is not, and costs no more than this.
pub fn is_about_git(line: &str) -> bool {
    // Quotes and backslashes may stand between the letters.
    let mut last = [b' '; 3];
    let is_named = line.bytes().filter(|b| !matches!(b, b'\\' | b'"' | b'\'')).any(|byte| {
        let [_, second, third] = last;
        last = [second, third, byte.to_ascii_lowercase()];
        last == *b"git" || last == *b"hub"
    });
    // A name that is put together may be git's, where it is told to do what git does.
    let is_put_together = || line.contains(['$', '`', '[', '?', '*']);
    let is_word = |sign: char| sign.is_ascii_alphanumeric();
    let is_of_a_forge = || line.split(|s| !is_word(s)).any(|word| ["gh", "glab"].contains(&word));
    is_named
        || is_of_a_forge()
        || MOVERS.iter().any(|verb| line.contains(verb)) && is_put_together()
}

/// Judges what an agent that speaks this dialect is about to do from this directory.
pub fn judge<'e>(action: &ToolAction, cwd: &Path, env: &'e Env, dialect: Dialect) -> Judge<'e> {
    let hooks = match action {
        ToolAction::Shell(_) => dialect.hooks_of_commands(),
        ToolAction::Write(_)
        | ToolAction::Tool { .. }
        | ToolAction::Unreadable
        | ToolAction::UnreadableWrite
        | ToolAction::Nothing => HookUse::Asked,
    };
    let mut judge = Judge::new(cwd, env, hooks);
    match action {
        ToolAction::Shell(line) if is_about_git(line) => {
            judge.run(line);
        }
        ToolAction::Shell(_)
        | ToolAction::Unreadable
        | ToolAction::UnreadableWrite
        | ToolAction::Nothing => {}
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
        ToolAction::Tool { server, name, input } => tools::may_have_moved(server, name, input),
        ToolAction::Write(_)
        | ToolAction::Unreadable
        | ToolAction::UnreadableWrite
        | ToolAction::Nothing => false,
    }
}

/// The repositories that an action is about which was run from this directory: the one there, and those that its words name.
pub fn repositories(action: &ToolAction, cwd: &Path, env: &Env) -> Vec<Rc<Guarded>> {
    let mut judge = Judge::new(cwd, env, HookUse::Asked);
    let here = Guarded::of_commands(cwd, env).ok().flatten().map(Rc::new);
    let goes = |line: &str| {
        ["cd ", "pushd ", "-C", "git-dir", "GIT_DIR"].iter().any(|way| line.contains(way))
    };
    match action {
        ToolAction::Shell(line) if goes(line) => judge.run(line),
        ToolAction::Tool { server, name, input } => tools::judge(&mut judge, server, name, input),
        ToolAction::Shell(_)
        | ToolAction::Write(_)
        | ToolAction::Unreadable
        | ToolAction::UnreadableWrite
        | ToolAction::Nothing => {}
    }
    let mut found: Vec<Rc<Guarded>> = Vec::new();
    for guarded in here.into_iter().chain(judge.repositories()) {
        if !found.iter().any(|known| known.common_dir() == guarded.common_dir()) {
            found.push(guarded);
        }
    }
    found
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
