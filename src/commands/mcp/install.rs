//! `tix mcp install` and `tix mcp uninstall`.

use serde::Serialize;

use crate::app::agent_files::{self, AgentFile, AgentFileChange, AgentJson};
use crate::app::context::{Globals, repository, working_dir};
use crate::app::hooks;
use crate::env::Env;
use crate::error::Failure;
use crate::guard::install::agents::{Agent, AgentPart};
use crate::out::{Format, Out};

/// Register the server with coding agents, in the settings of this project
///
/// Adds `tix mcp` to the settings that each agent reads in the working tree, which the team then shares; everything else
/// in these files stays as it is. A second run changes nothing. An entry of yours that starts `tix mcp` in another way,
/// such as with a role, is left alone and named. One file that fails keeps none of the others from it.
///
/// Exit codes: 5 a file cannot be read or written; 9 what it holds cannot be edited.
#[derive(Debug, clap::Args)]
pub struct McpInstallArgs {
    /// The agents
    #[arg(long, required = true, value_parser = agent_files::word(), value_delimiter = ',', value_name = "AGENTS")]
    agents: Vec<Agent>,
    /// Show what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
}

/// Remove the server from the settings of coding agents
///
/// Removes what `tix mcp install` writes from the settings that agents read in the working tree. A file that nobody has
/// changed since is again as it was. An entry of yours that starts `tix mcp` in another way stays and is named.
#[derive(Debug, clap::Args)]
pub struct McpUninstallArgs {
    /// Show what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
}

/// The answer in JSON.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct McpInstallJson<'a> {
    schema: &'static str,
    /// Nothing was done.
    dry_run: bool,
    /// Whether anything was written, or would be.
    changed: bool,
    /// The agents' files: those that were asked for, or those with an entry that was removed or stays.
    agents: Vec<AgentJson>,
    /// What an agent still asks of you before it starts the server.
    notes: Vec<&'a str>,
}

pub fn install(
    args: &McpInstallArgs,
    globals: &Globals,
    env: &Env,
    out: &Out,
) -> Result<(), Failure> {
    let change = AgentFileChange::Install;
    let files = edit(args.agents.iter().copied(), change, args.dry_run, globals, env)?;
    answer(out, "nothing to do, the server is registered\n", args.dry_run, &files, change);
    agent_files::finish(&files, out.format)
}

pub fn uninstall(
    args: &McpUninstallArgs,
    globals: &Globals,
    env: &Env,
    out: &Out,
) -> Result<(), Failure> {
    let change = AgentFileChange::Uninstall;
    let mut files = edit(Agent::ALL, change, args.dry_run, globals, env)?;
    files.retain(|file| !file.is_idle());
    answer(
        out,
        "nothing to do, tix has registered the server nowhere here\n",
        args.dry_run,
        &files,
        change,
    );
    agent_files::finish(&files, out.format)
}

fn edit(
    agents: impl IntoIterator<Item = Agent>,
    change: AgentFileChange,
    dry_run: bool,
    globals: &Globals,
    env: &Env,
) -> Result<Vec<AgentFile>, Failure> {
    let repo = repository(&working_dir(globals, env)?, env)?;
    let lock = hooks::lock(&repo)?;
    let mut files = agent_files::read_all(&repo, AgentPart::Server, agents, change)?;
    if !dry_run {
        agent_files::write(&mut files, &repo, AgentPart::Server, change);
    }
    drop(lock);
    Ok(files)
}

fn answer(out: &Out, nothing: &str, dry_run: bool, files: &[AgentFile], change: AgentFileChange) {
    let changed = files.iter().any(|file| !file.edit.is_keep());
    let notes = match change {
        AgentFileChange::Install => agent_files::notes(files, AgentPart::Server),
        AgentFileChange::Uninstall => Vec::new(),
    };
    if out.format == Format::Json {
        let agents = agent_files::json(files);
        out.json(&McpInstallJson { schema: "tix/mcp-install@1", dry_run, changed, agents, notes });
        return;
    }
    let mut text = String::new();
    if !changed && files.iter().all(|file| !file.has_failed()) {
        text.push_str(nothing);
    } else if changed && dry_run {
        text.push_str("this would be done:\n");
    }
    text.push_str(&agent_files::lines(files));
    for note in notes {
        text.push_str(&format!("note: {note}\n"));
    }
    out.answer(&text);
}
