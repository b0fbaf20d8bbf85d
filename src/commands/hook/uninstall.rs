//! `tix hook uninstall`.

use serde::Serialize;

use crate::app::agent_files::{self, AgentFileChange, AgentJson};
use crate::app::context::Globals;
use crate::app::context::{repository, working_dir};
use crate::app::hooks::{self, HookChangeJson};
use crate::env::Env;
use crate::error::Failure;
use crate::guard::install::agents::{Agent, AgentPart};
use crate::guard::install::engine::{HookAction, InstallMode};
use crate::guard::install::script::ScriptReach;
use crate::out::{Format, Out};
use crate::text::safe;

/// Remove the guard from the hooks of this clone
///
/// Removes what tix wrote and restores what was there before. It keeps and names what somebody has changed since. It also
/// removes the hooks of coding agents from their files.
#[derive(Debug, clap::Args)]
pub struct HookUninstallArgs {
    /// Also remove it from a hooks directory that other repositories use
    #[arg(long)]
    shared: bool,
    /// Show what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
}

/// The answer in JSON.
// The keys stand by the alphabet, in which order they have always come out.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Uninstalled<'a> {
    /// The agents' files that had entries of ours, or could not be edited.
    agents: Vec<AgentJson>,
    /// Whether anything was removed, or would be.
    changed: bool,
    /// The directory that git takes hooks from.
    directory: String,
    /// Nothing was done.
    dry_run: bool,
    /// The hooks of git that were ours, each with what was done, or would be.
    hooks: Vec<HookChangeJson>,
    /// Warnings.
    notes: &'a [String],
    schema: &'static str,
}

pub fn run(
    args: &HookUninstallArgs,
    globals: &Globals,
    env: &Env,
    out: &Out,
) -> Result<(), Failure> {
    let repo = repository(&working_dir(globals, env)?, env)?;
    let mode = if args.dry_run { InstallMode::Rehearse } else { InstallMode::Do };
    let lock = hooks::lock(&repo)?;
    let agents = match repo.worktree {
        Some(_) => {
            let (part, change) = (AgentPart::Hooks, AgentFileChange::Uninstall);
            agent_files::read_all(&repo, part, Agent::ALL, change)?
        }
        None => Vec::new(),
    };
    let mut agents: Vec<_> = agents.into_iter().filter(|file| !file.is_idle()).collect();
    let reach = if args.shared { ScriptReach::Shared } else { ScriptReach::Own };
    let report = hooks::uninstall(&repo, reach, mode)?;
    if mode == InstallMode::Do {
        let change = AgentFileChange::Uninstall;
        agent_files::write(&mut agents, &repo, AgentPart::Hooks, change);
    }
    drop(lock);
    let removed = |did| matches!(did, HookAction::Removed | HookAction::Restored);
    let changed = report.lines.iter().any(|line| removed(line.did))
        || agents.iter().any(|file| !file.edit.is_keep());
    if out.format == Format::Json {
        out.json(&Uninstalled {
            agents: agent_files::json(&agents),
            changed,
            directory: report.directory.display().to_string(),
            dry_run: mode == InstallMode::Rehearse,
            hooks: hooks::lines_json(&report),
            notes: &report.notes,
            schema: "tix/hook-uninstall@1",
        });
        return agent_files::finish(&agents, out.format);
    }
    let mut text = String::new();
    if !changed && agents.iter().all(|file| !file.has_failed()) {
        text.push_str("nothing to do, tix has installed nothing here\n");
    } else if changed && mode == InstallMode::Rehearse {
        text.push_str("this would be done:\n");
    }
    text.push_str(&hooks::text_of(&report));
    text.push_str(&agent_files::lines(&agents));
    for note in &report.notes {
        text.push_str(&format!("note: {}\n", safe(note)));
    }
    out.answer(&text);
    agent_files::finish(&agents, out.format)
}
