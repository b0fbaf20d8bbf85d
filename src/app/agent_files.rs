//! The files of coding agents in a working tree, which tix adds its entries to and takes them out of again.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use serde::Serialize;

use crate::config::Config;
use crate::env::Env;
use crate::error::{Exit, Failure, not_written};
use crate::file;
use crate::git::Repo;
use crate::guard::install::agents::{self, Agent, AgentEntries, AgentFileEdit, AgentPart, BadFile};

/// Reads the word of an agent.
pub fn word() -> impl TypedValueParser<Value = Agent> {
    let words =
        Agent::ALL.into_iter().map(|agent| PossibleValue::new(agent.name()).help(agent.title()));
    PossibleValuesParser::new(words).try_map(|word| {
        Agent::ALL.into_iter().find(|agent| agent.name() == word).ok_or("no such agent")
    })
}

/// What to do with the agents' files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgentFileChange {
    Install,
    Uninstall,
}

pub struct AgentFile {
    agent: Agent,
    /// From the root of the working tree.
    name: &'static str,
    path: PathBuf,
    existed: bool,
    pub edit: AgentFileEdit,
}

impl AgentFile {
    fn words(&self) -> &'static str {
        match (&self.edit, self.existed) {
            (AgentFileEdit::Keep, _) => "unchanged",
            (AgentFileEdit::Write(_), true) => "changed",
            (AgentFileEdit::Write(_), false) => "written",
            (AgentFileEdit::Delete, _) => "removed",
        }
    }
}

/// Reads the agents' files of the working tree and decides what to do with each. Writes nothing.
pub fn read_all(
    repo: &Repo,
    part: AgentPart,
    agents: impl IntoIterator<Item = Agent>,
    changes: AgentFileChange,
) -> Result<Vec<AgentFile>, Failure> {
    let mut agents = agents.into_iter().peekable();
    if agents.peek().is_none() {
        return Ok(Vec::new());
    }
    let root = repo.worktree.as_deref().ok_or_else(|| {
        Failure::new(Exit::Refused, "a bare repository has no working tree for the agents' files")
            .hint("go to a worktree of it, and run this again")
    })?;
    let decide = |agent: Agent| {
        let name = agent.file(part);
        let path = root.join(name);
        let text = read(&path)?;
        let edit = match changes {
            AgentFileChange::Install => agents::install(agent, part, text.as_deref()),
            AgentFileChange::Uninstall => agents::uninstall(agent, part, text.as_deref()),
        };
        let edit = edit.map_err(|bad| bad_file(&path, &bad))?;
        Ok(AgentFile { agent, name, path, existed: text.is_some(), edit })
    };
    agents.map(decide).collect()
}

/// The state of tix's entries in an agent's file; an error as text.
pub fn entries(repo: &Repo, part: AgentPart, agent: Agent) -> Result<AgentEntries, String> {
    let file = repo.worktree.as_deref().map(|root| root.join(agent.file(part)));
    let Some(file) = file else { return Ok(AgentEntries::None) };
    let text = read(&file).map_err(|failure| failure.message)?;
    agents::entries(agent, part, text.as_deref())
        .map_err(|bad| format!("line {}: {}", bad.line, bad.why))
}

fn read(path: &Path) -> Result<Option<String>, Failure> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure::new(Exit::Damaged, format!("{}: {error}", path.display()))
            .hint("nothing changed; fix it and run this again")),
    }
}

fn bad_file(path: &Path, bad: &BadFile) -> Failure {
    let message = format!("{}:{}: {}", path.display(), bad.line, bad.why);
    Failure::new(Exit::Damaged, message)
        .fact("line", bad.line.to_string())
        .hint("nothing changed; fix the file and run this again")
}

/// Two agents may read one file: it is written once.
fn each(files: &[AgentFile]) -> impl Iterator<Item = &AgentFile> {
    let first = |name| files.iter().find(|file| file.name == name);
    files
        .iter()
        .filter(move |file| first(file.name).is_some_and(|first| std::ptr::eq(first, *file)))
}

pub fn write(files: &[AgentFile]) -> Result<(), Failure> {
    for file in each(files) {
        let done = match &file.edit {
            AgentFileEdit::Keep => Ok(()),
            AgentFileEdit::Write(text) => file::rewrite(&file.path, text.as_bytes()),
            AgentFileEdit::Delete => delete(&file.path),
        };
        done.map_err(|error| {
            not_written(format!("{}: {error}", file.path.display()), "run this again")
        })?;
    }
    Ok(())
}

/// The file, and the directories above it in which nothing else is.
fn delete(path: &Path) -> io::Result<()> {
    std::fs::remove_file(path)?;
    // The first that is not empty stays, and so do those above it: at the latest the root of the working tree.
    path.ancestors().skip(1).take_while(|dir| std::fs::remove_dir(dir).is_ok()).for_each(drop);
    Ok(())
}

/// What was done to an agent's file.
// The keys stand by the alphabet, in which order they have always come out.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AgentJson {
    /// Whose it is.
    agent: &'static str,
    /// `unchanged`, `changed`, `written` (it was not there) or `removed`.
    did: &'static str,
    /// The file, from the root of the working tree.
    path: &'static str,
}

/// What was done, a line a file.
pub fn lines(files: &[AgentFile]) -> String {
    let mut text: String =
        each(files).map(|file| format!("  {:<21}  {}\n", file.name, file.words())).collect();
    if files.iter().any(|file| matches!(file.edit, AgentFileEdit::Write(_))) {
        text.push_str(
            "the agents' files belong to the working tree: commit them the way you commit code\n",
        );
    }
    text
}

/// What each of these agents asks of a person before it makes use of its file.
pub fn notes(files: &[AgentFile], part: AgentPart) -> Vec<&str> {
    files.iter().filter_map(|file| file.agent.consent(part)).collect()
}

/// Where workspaces are better kept for agents that may not leave the repository.
pub fn advice(files: &[AgentFile], config: &Config) -> Option<String> {
    let worktree = config.worktree.to_string();
    let is_inside = !worktree.starts_with("../") && !worktree.starts_with('/');
    let confined: Vec<&str> = files
        .iter()
        .filter(|file| file.agent.stays_inside() && !is_inside)
        .map(|file| file.agent.title())
        .collect();
    (!confined.is_empty()).then(|| {
        format!(
            "{} may write in the repository only; this puts workspaces there: git config tix.worktree \".worktrees/{{id}}\"",
            confined.join(", ")
        )
    })
}

/// What keeps an agent from running the hooks that are in its file, as far as tix can know it.
pub fn inactive(repo: &Repo, agent: Agent, env: &Env) -> Option<&'static str> {
    let file = repo.worktree.as_deref()?.join(agent.file(AgentPart::Hooks));
    if agent != Agent::Codex {
        return None;
    }
    let config = env.codex_home().map(|home| home.join("config.toml"));
    let config = config.and_then(|path| std::fs::read_to_string(path).ok()).unwrap_or_default();
    (!agents::codex_trusts(&config, file.to_str()?))
        .then_some("not active until trusted: start codex here, and trust the hooks when it asks")
}

pub fn json(files: &[AgentFile]) -> Vec<AgentJson> {
    let file = |file: &AgentFile| AgentJson {
        agent: file.agent.name(),
        did: file.words(),
        path: file.name,
    };
    files.iter().map(file).collect()
}
