//! `tix hook status`.

use serde::Serialize;

use crate::app::agent_files;
use crate::app::context::Globals;
use crate::app::context::{repository, working_dir};
use crate::app::hooks;
use crate::env::Env;
use crate::error::{Exit, Failure};
use crate::guard::install::agents::{Agent, AgentEntries, AgentPart};
use crate::guard::install::status::HookStatus;
use crate::guard::install::worktrees::UnguardedWorktree;
use crate::out::table::{ColumnSpec, Table};
use crate::out::{Format, Out};

/// Show whether git and your agents run the guard
///
/// Exit code 0 means that the usual hooks run the guard here and in every other worktree of the clone, in the environment
/// of this command, and that nothing else that was installed is broken; 1 means that they do not. The states: installed;
/// called (another program's hook runs the guard); outdated; missing; not executable; dangling (a link to nowhere);
/// shadowed (git takes its hooks from elsewhere); off; edited; foreign (somebody else's hook, without the guard).
#[derive(Debug, clap::Args)]
pub struct HookStatusArgs {}

/// The answer in JSON.
// The keys stand by the alphabet, in which order they have always come out.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Hooks<'a> {
    /// The state of the hooks of each agent that tix knows.
    agents: Vec<AgentState>,
    /// The directory that git takes hooks from.
    directory: String,
    /// The state of each hook of git.
    #[serde(rename = "hooks")]
    states: Vec<HookState<'a>>,
    /// Whether the usual hooks run the guard, here and in every other worktree, and nothing else that was installed is broken.
    in_order: bool,
    schema: &'static str,
    /// The variables of the environment by which git passes over hooks that are there.
    shadowed_by: &'a [&'static str],
    /// The other worktrees of the clone in which hooks do not run the guard.
    worktrees: Vec<WorktreeState>,
}

/// A worktree in which hooks do not run the guard.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct WorktreeState {
    /// The hooks of git that do not run it there.
    lacking: Vec<&'static str>,
    /// Its root.
    path: String,
}

/// The state of a hook.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct HookState<'a> {
    /// A remark; missing if there is none.
    detail: Option<&'a str>,
    /// The hook of git.
    hook: &'static str,
    /// The file that decides; missing if it is an entry of git's configuration.
    path: Option<String>,
    /// The hook that was there before, which runs first; missing if there is none.
    runs_first: Option<String>,
    /// `installed`, `called`, `outdated`, `missing`, `not executable`, `dangling`, `shadowed`, `off`, `edited` or
    /// `foreign`; `tix hook status --help` explains them.
    state: &'static str,
}

/// The state of an agent's hooks.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct AgentState {
    /// The agent.
    agent: &'static str,
    /// Why its file cannot be read, why the agent does not run the hooks yet, or which entry somebody has changed; missing
    /// otherwise.
    detail: Option<String>,
    /// The file, from the root of the working tree.
    path: &'static str,
    /// `installed`, `edited` (an entry is in a form of somebody's own), `inactive` (the agent waits for a person to trust the
    /// hooks, or its settings switch all hooks off), `outdated`, `missing` or `unreadable`.
    state: &'static str,
}

pub fn run(_args: &HookStatusArgs, globals: &Globals, env: &Env, out: &Out) -> Result<(), Failure> {
    let repo = repository(&working_dir(globals, env)?, env)?;
    let guard = hooks::status(&repo)?;
    let part = AgentPart::Hooks;
    let look = |agent| {
        let entries = agent_files::entries(&repo, part, agent);
        (agent, entries, agent_files::inactive(&repo, agent, env))
    };
    let agents = Agent::ALL.map(look);
    let broken = |entries: &Result<AgentEntries, String>| match entries {
        Ok(AgentEntries::Current | AgentEntries::Changed(_) | AgentEntries::None) => false,
        Ok(AgentEntries::Outdated) | Err(_) => true,
    };
    let in_order = guard.is_in_order() && !agents.iter().any(|(_, entries, _)| broken(entries));
    if out.format == Format::Json {
        let agents: Vec<_> = agents
            .iter()
            .map(|(agent, entries, inactive)| {
                let (state, detail) = agent_words(entries, inactive.clone());
                AgentState { agent: agent.name(), detail, path: agent.file(part), state }
            })
            .collect();
        out.json(&Hooks {
            agents,
            directory: guard.directory.display().to_string(),
            states: guard.hooks.iter().map(hook_json).collect(),
            in_order,
            schema: "tix/hooks@1",
            shadowed_by: &guard.shadowed_by,
            worktrees: guard.worktrees.iter().map(worktree_json).collect(),
        });
    } else {
        let mut table = Table::new([
            ColumnSpec::new("hook"),
            ColumnSpec::new("state"),
            ColumnSpec::new("where").cut_to(12),
        ]);
        for status in &guard.hooks {
            let place = status.path.as_ref().map(|path| path.display().to_string());
            let place = place.unwrap_or_else(|| "git config".to_owned());
            let detail = status.detail.as_ref().map(|detail| format!(" ({detail})"));
            let place = format!("{place}{}", detail.unwrap_or_default());
            table.push([status.hook.name(), status.state.word(), &place]);
        }
        for worktree in &guard.worktrees {
            let lacking = hooks::lacking_words(&worktree.lacking);
            let place = format!("{} ({lacking})", worktree.path.display());
            table.push(["worktree", "unguarded", &place]);
        }
        for (agent, entries, inactive) in &agents {
            let (state, detail) = agent_words(entries, inactive.clone());
            let detail = detail.map(|detail| format!(" ({detail})"));
            let place = format!("{}{}", agent.file(part), detail.unwrap_or_default());
            table.push([agent.name(), state, &place]);
        }
        out.table(&table);
    }
    if in_order {
        return Ok(());
    }
    if out.format == Format::Json {
        return Err(Failure::answered(Exit::No));
    }
    let failure = Failure::new(Exit::No, "the guard is not in order here");
    Err(hooks::mends(&guard).into_iter().fold(failure, Failure::hint))
}

fn worktree_json(worktree: &UnguardedWorktree) -> WorktreeState {
    WorktreeState {
        lacking: worktree.lacking.iter().map(|(hook, _)| hook.name()).collect(),
        path: worktree.path.display().to_string(),
    }
}

fn hook_json(status: &HookStatus) -> HookState<'_> {
    HookState {
        detail: status.detail.as_deref(),
        hook: status.hook.name(),
        path: status.path.as_ref().map(|path| path.display().to_string()),
        runs_first: status.aside.as_ref().map(|path| path.display().to_string()),
        state: status.state.word(),
    }
}

fn agent_words(
    entries: &Result<AgentEntries, String>,
    inactive: Option<String>,
) -> (&'static str, Option<String>) {
    match entries {
        Ok(AgentEntries::Current | AgentEntries::Changed(_)) if inactive.is_some() => {
            ("inactive", inactive)
        }
        Ok(AgentEntries::Current) => ("installed", None),
        Ok(AgentEntries::Changed(own)) => ("edited", Some(own.to_string())),
        Ok(AgentEntries::Outdated) => ("outdated", None),
        Ok(AgentEntries::None) => ("missing", None),
        Err(why) => ("unreadable", Some(why.clone())),
    }
}
