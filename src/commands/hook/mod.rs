//! `tix hook`: the guard for git and agents, and its installation into their hooks.

mod agent;
mod git;
mod install;
mod print;
mod report;
mod session;
mod status;
mod uninstall;
mod worktree;

use std::ffi::OsString;

use clap::{Subcommand, ValueEnum as _};

#[cfg(test)]
pub use install::HookInstallJson;
#[cfg(test)]
pub use print::Printed;
#[cfg(test)]
pub use report::JudgementJson;
#[cfg(test)]
pub use status::Hooks;
#[cfg(test)]
pub use uninstall::Uninstalled;

use crate::app::context::Globals;
use crate::env::Env;
use crate::error::{Exit, Failure};
use crate::guard::agent::Dialect;
use crate::out::Out;

use crate::guard::install::hook::Hook;

/// Guard the branches that take ticket commits only
///
/// `tix hook install` puts the guard into the hooks of this clone, and `tix hook uninstall` removes it. The hooks call
/// `tix hook git` and explain what they refuse.
#[derive(Debug, clap::Args)]
pub struct HookArgs {
    #[command(subcommand)]
    command: HookCommand,
}

#[derive(Debug, Subcommand)]
enum HookCommand {
    #[command(display_order = 1)]
    Install(install::HookInstallArgs),
    #[command(display_order = 2)]
    Status(status::HookStatusArgs),
    #[command(display_order = 3)]
    Uninstall(uninstall::HookUninstallArgs),
    #[command(display_order = 4)]
    Print(print::HookPrintArgs),
    /// Decide for a git hook whether to refuse
    ///
    /// Exit code 0 allows it, 1 refuses it. Protected branches take only commits that change tickets; other branches, and
    /// repositories without tickets, are not checked. `TIX_GUARD=off` allows everything for one command and records that
    /// in the audit log.
    #[command(display_order = 10)]
    Git {
        /// Which hook
        #[arg(value_name = "HOOK")]
        hook: Hook,
        /// What git gives the hook
        #[arg(value_name = "ARGS", trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<OsString>,
    },
    /// Check what Claude Code is about to do
    ///
    /// Reads the event of a hook as JSON on standard input: `PreToolUse`, `PostToolUse`, `PostToolUseFailure`,
    /// `SessionStart`, `WorktreeCreate`, `WorktreeRemove` or `Stop`. It reads a command line and never runs it. Exit code 0
    /// allows, 2 refuses with the reason on stderr. A worktree that is named like a ticket is the ticket's workspace.
    Claude,
    /// Check what Codex CLI is about to do
    ///
    /// Like `tix hook claude`, in the format of Codex.
    Codex,
    /// Check what Gemini CLI is about to do
    ///
    /// Like `tix hook claude`, in the format of Gemini: `BeforeTool`, `AfterTool`.
    Gemini,
    /// Check what Cursor is about to do
    ///
    /// Like `tix hook claude`, in the format of Cursor: `beforeShellExecution`, `preToolUse` and the like.
    Cursor,
    /// Check what Qwen Code is about to do
    ///
    /// Like `tix hook claude`, with the tools of Qwen.
    Qwen,
    /// Check what Copilot CLI is about to do
    ///
    /// Like `tix hook claude`, with the events under the same names. It refuses with exit code 0 and a JSON object, because
    /// that is what Copilot gives to the model.
    Copilot,
    /// Check what opencode is about to do
    ///
    /// Like `tix hook claude`, for the plugin that `tix hook install --agents opencode` writes.
    Opencode,
}

/// Runs the command. For an agent this is the slow path; see [`direct`].
pub fn run(args: &HookArgs, globals: &Globals, env: &Env, out: &Out) -> Result<(), Failure> {
    let dialect = match &args.command {
        HookCommand::Install(args) => return install::run(args, globals, env, out),
        HookCommand::Status(args) => return status::run(args, globals, env, out),
        HookCommand::Uninstall(args) => return uninstall::run(args, globals, env, out),
        HookCommand::Print(args) => return print::run(args, out),
        HookCommand::Git { hook, args } => return git::run(*hook, args, env, out),
        HookCommand::Claude => Dialect::Claude,
        HookCommand::Codex => Dialect::Codex,
        HookCommand::Gemini => Dialect::Gemini,
        HookCommand::Cursor => Dialect::Cursor,
        HookCommand::Qwen => Dialect::Qwen,
        HookCommand::Copilot => Dialect::Copilot,
        HookCommand::Opencode => Dialect::Opencode,
    };
    let spoken = agent::run(dialect, env, &|| out.clone());
    out.answer(&spoken.stdout);
    if spoken.code == 0 { Ok(()) } else { Err(Failure::new(Exit::Usage, spoken.stderr.trim_end())) }
}

/// Whether a command line, even a wrong one, comes from a hook and not from a person.
pub fn is_called_by_program(words: &[OsString]) -> bool {
    let typed = ["install", "uninstall", "status", "print"];
    words.first().is_some_and(|first| first == "hook")
        && !words.get(1).is_some_and(|second| typed.iter().any(|name| second == name))
}

/// The fast path for a hook: git calls one several times for a commit, an agent for every command, and parsing a command
/// line with all its help takes as long as the rest. `None` for any other command line, which takes the slow path.
pub fn direct(words: &[OsString], env: &Env, out: &dyn Fn() -> Out) -> Option<Result<u8, Failure>> {
    let [first, dialect, rest @ ..] = words else { return None };
    if first != "hook" {
        return None;
    }
    let dialect = dialect.to_str()?;
    if let (Some(dialect), []) = (Dialect::named(dialect), rest) {
        let spoken = agent::run(dialect, env, out);
        let out = out();
        out.answer(&spoken.stdout);
        out.say(&spoken.stderr);
        return Some(Ok(spoken.code));
    }
    let (true, [hook, args @ ..]) = (dialect == "git", rest) else { return None };
    let hook = Hook::from_str(hook.to_str()?, false).ok()?;
    Some(git::run(hook, args, env, &out()).map(|()| 0))
}
