//! The files of coding agents in a working tree, which tix adds its entries to and takes them out of again.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::env::Env;
use crate::error::{Exit, Failure, not_written};
use crate::file;
use crate::git::Repo;
use crate::guard::install::agents::{
    self, Agent, AgentEntries, AgentFileEdit, AgentPart, EarlierEdit, FileRemark, HookSwitch,
};
use crate::out::Format;
use crate::text::safe;

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
    /// What it held; `None` if it was not there.
    before: Option<String>,
    /// What tix made of it when it last wrote to it.
    undo: Option<FileUndo>,
    pub edit: AgentFileEdit,
    /// What stays in it because it is somebody's own.
    own: Option<FileRemark>,
    problem: Option<FileProblem>,
}

/// Why a file is not edited.
struct FileProblem {
    /// What tix ends with for it.
    exit: Exit,
    why: String,
    /// What a person does about it; `None` where the words say that.
    fix: Option<&'static str>,
}

impl From<io::Error> for FileProblem {
    /// What it holds may be damaged; a file that cannot be read or written at all is refused.
    fn from(error: io::Error) -> FileProblem {
        let (exit, fix) = if error.kind() == ErrorKind::InvalidData {
            (Exit::Damaged, Some("fix the file"))
        } else {
            let is_odd = error.kind() == ErrorKind::InvalidInput;
            (Exit::Refused, is_odd.then_some("put a regular file or none in its place"))
        };
        FileProblem { exit, why: error.to_string(), fix }
    }
}

impl AgentFile {
    fn words(&self) -> &'static str {
        match (&self.edit, &self.before) {
            _ if self.problem.is_some() => "failed",
            (AgentFileEdit::Keep, _) => "unchanged",
            (AgentFileEdit::Write(_), Some(_)) => "changed",
            (AgentFileEdit::Write(_), None) => "written",
            (AgentFileEdit::Delete, _) => "removed",
        }
    }

    fn detail(&self) -> Option<String> {
        let problem = self.problem.as_ref().map(|problem| problem.why.clone());
        problem.or_else(|| self.own.as_ref().map(FileRemark::to_string))
    }

    /// Whether there is nothing to say of it.
    pub fn is_idle(&self) -> bool {
        self.edit.is_keep() && self.own.is_none() && self.problem.is_none()
    }

    pub fn has_failed(&self) -> bool {
        self.problem.is_some()
    }

    fn read(repo: &Repo, path: PathBuf, agent: Agent, name: &'static str) -> AgentFile {
        let (before, problem) = match read(&path) {
            Ok(text) => (text, None),
            Err(error) => (None, Some(error.into())),
        };
        let edit = AgentFileEdit::Keep;
        let undo = FileUndo::read(repo, name);
        AgentFile { agent, name, path, before, undo, edit, own: None, problem }
    }

    /// Decides what to do with the file, unless it could not be read.
    fn decided(mut self, part: AgentPart, change: AgentFileChange) -> AgentFile {
        let text = self.before.as_deref();
        let earlier = self.undo.as_ref().map(FileUndo::as_edit);
        let edit = match change {
            _ if self.problem.is_some() => return self,
            AgentFileChange::Install => agents::install(self.agent, part, text, earlier),
            AgentFileChange::Uninstall => agents::uninstall(self.agent, part, text, earlier),
        };
        self.own =
            text.and_then(|text| agents::own(self.agent, part, text, earlier).ok().flatten());
        match edit {
            Ok(AgentFileEdit::Keep) => {}
            Ok(edit) => match file::require_writable(&self.path) {
                Ok(()) if change == AgentFileChange::Uninstall => self.edit = self.restored(edit),
                Ok(()) => self.edit = edit,
                Err(error) => self.problem = Some(error.into()),
            },
            Err(remark) => {
                let error = io::Error::new(ErrorKind::InvalidData, remark.to_string());
                self.problem = Some(error.into());
            }
        }
        self
    }

    /// The file as it was before tix first wrote to it, once nothing of tix's is left in it and nobody else has changed it.
    fn restored(&self, edit: AgentFileEdit) -> AgentFileEdit {
        let Some(undo) = self.undo.as_ref().filter(|undo| undo.is_of(self.before.as_deref()))
        else {
            return edit;
        };
        if let AgentFileEdit::Write(left) = &edit {
            let bare = agents::without(self.agent, self.name, left.clone(), Some(undo.as_edit()));
            if bare.as_ref() != Some(left) {
                return edit;
            }
        }
        undo.was.clone().map_or(AgentFileEdit::Delete, AgentFileEdit::Write)
    }

    /// Does what was decided, on what a link leads to: the link itself stays.
    fn write(&mut self, repo: &Repo, change: AgentFileChange) {
        let done = match &self.edit {
            AgentFileEdit::Keep => Ok(()),
            AgentFileEdit::Write(text) => {
                self.remember(repo, change, text);
                file::rewrite(&self.path, text.as_bytes())
            }
            AgentFileEdit::Delete => delete(&self.path),
        };
        if let Err(error) = done {
            self.edit = AgentFileEdit::Keep;
            self.problem = Some(error.into());
        }
    }

    /// Writes down what an edit is to be undone to.
    fn remember(&self, repo: &Repo, change: AgentFileChange, wrote: &str) {
        let going_on = self.undo.as_ref().filter(|undo| undo.is_of(self.before.as_deref()));
        let was = match (going_on, change) {
            (Some(undo), _) => undo.was.clone(),
            (None, AgentFileChange::Install) => {
                let earlier = self.undo.as_ref().map(FileUndo::as_edit);
                self.before
                    .clone()
                    .and_then(|text| agents::without(self.agent, self.name, text, earlier))
            }
            (None, AgentFileChange::Uninstall) => return,
        };
        FileUndo { was, wrote: wrote.to_owned() }.save(repo, self.name);
    }
}

/// What tix has made of a file: whoever takes everything of tix's out of it before anybody else has changed it gets every byte
/// back, also those that no longer tell whether they were there before, such as a list that was empty.
#[derive(Deserialize, Serialize)]
struct FileUndo {
    /// What it held before tix wrote to it, without anything of tix's; `None` if it was not there.
    was: Option<String>,
    wrote: String,
}

impl FileUndo {
    /// Whether a file holds what tix wrote.
    fn is_of(&self, text: Option<&str>) -> bool {
        text == Some(&self.wrote)
    }

    fn as_edit(&self) -> EarlierEdit<'_> {
        EarlierEdit { was: self.was.as_deref(), wrote: &self.wrote }
    }

    fn path(repo: &Repo, name: &str) -> PathBuf {
        repo.tix_dir().join("agents").join(name)
    }

    /// Without it the edit is undone by what the file holds.
    fn read(repo: &Repo, name: &str) -> Option<FileUndo> {
        let bytes = file::read_own(&FileUndo::path(repo, name)).ok()?;
        serde_json::from_slice(&bytes).ok()
    }

    fn save(&self, repo: &Repo, name: &str) {
        let path = FileUndo::path(repo, name);
        let saved = serde_json::to_vec(self).map_err(io::Error::from);
        if let Err(error) = saved.and_then(|bytes| file::replace(&path, &bytes)) {
            tracing::debug!(%error, path = %path.display(), "undo");
        }
    }
}

/// Reads the agents' files of the working tree and decides what to do with each. Writes nothing.
pub fn read_all(
    repo: &Repo,
    part: AgentPart,
    agents: impl IntoIterator<Item = Agent>,
    change: AgentFileChange,
) -> Result<Vec<AgentFile>, Failure> {
    let mut agents = agents.into_iter().peekable();
    if agents.peek().is_none() {
        return Ok(Vec::new());
    }
    let root = repo.worktree.as_deref().ok_or_else(|| {
        Failure::new(Exit::Refused, "a bare repository has no working tree for the agents' files")
            .hint("go to a worktree of it, and run this again")
    })?;
    let files = agents.flat_map(|agent| {
        let others = agent.other_files(part).iter().copied();
        let names = std::iter::once(agent.file(part)).chain(others);
        let mut files: Vec<_> =
            names.map(|name| AgentFile::read(repo, root.join(name), agent, name)).collect();
        if change == AgentFileChange::Install {
            files = vec![chosen(files, part)];
        }
        files.into_iter().map(|file| file.decided(part, change)).collect::<Vec<_>>()
    });
    Ok(files.collect())
}

/// The file to install into: one that has our entry, or else one that is there, or else the first.
fn chosen(mut files: Vec<AgentFile>, part: AgentPart) -> AgentFile {
    let has_ours = |file: &AgentFile| {
        let text = file.before.as_deref();
        text.is_some() && agents::install(file.agent, part, text, None) == Ok(AgentFileEdit::Keep)
    };
    let is_there = |file: &AgentFile| file.before.is_some() || file.problem.is_some();
    let at = files.iter().position(has_ours).or_else(|| files.iter().position(is_there));
    files.swap_remove(at.unwrap_or_default())
}

/// The state of tix's entries in an agent's file; an error as text.
pub fn entries(repo: &Repo, part: AgentPart, agent: Agent) -> Result<AgentEntries, String> {
    let file = repo.worktree.as_deref().map(|root| root.join(agent.file(part)));
    let Some(file) = file else { return Ok(AgentEntries::None) };
    let text = read(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    let undo = FileUndo::read(repo, agent.file(part));
    let earlier = undo.as_ref().map(FileUndo::as_edit);
    agents::entries(agent, part, text.as_deref(), earlier).map_err(|remark| remark.to_string())
}

/// Fails with `InvalidInput` where something else stands in the place of a file.
fn read(path: &Path) -> io::Result<Option<String>> {
    let odd = |why: &str| Err(io::Error::new(ErrorKind::InvalidInput, why));
    match std::fs::metadata(path) {
        Ok(found) if !found.is_file() => return odd("it is not a regular file"),
        Err(error) if is_loop(&error) => return odd("its links lead in a circle"),
        Ok(_) | Err(_) => {}
    }
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(unix)]
fn is_loop(error: &io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error())
}

#[cfg(not(unix))]
fn is_loop(_: &io::Error) -> bool {
    false
}

/// Two agents may read one file: it is written once.
fn is_first(files: &[AgentFile], file: &AgentFile) -> bool {
    let first = files.iter().find(|other| other.name == file.name);
    first.is_some_and(|first| std::ptr::eq(first, file))
}

fn each(files: &[AgentFile]) -> impl Iterator<Item = &AgentFile> {
    files.iter().filter(|file| is_first(files, file))
}

/// Does what was decided. One file that cannot be written keeps none of the others from it.
pub fn write(files: &mut [AgentFile], repo: &Repo, part: AgentPart, change: AgentFileChange) {
    let firsts: Vec<bool> = files.iter().map(|file| is_first(files, file)).collect();
    for (file, _) in files.iter_mut().zip(firsts).filter(|(_, is_first)| *is_first) {
        // Two names may lead to one file: the second is decided on what the first has left.
        if !file.edit.is_keep() && read(&file.path).is_ok_and(|now| now != file.before) {
            let again = AgentFile::read(repo, file.path.clone(), file.agent, file.name);
            *file = again.decided(part, change);
        }
        file.write(repo, change);
    }
}

/// Says at the end that a file was not edited, although the others were.
pub fn finish(files: &[AgentFile], format: Format) -> Result<(), Failure> {
    let failed = each(files).filter_map(|file| Some((file, file.problem.as_ref()?)));
    let failed: Vec<_> = failed.collect();
    // Of both kinds the one that somebody has to look into.
    let Some(worst) = failed.iter().map(|(_, problem)| problem).max_by_key(|p| p.exit.code())
    else {
        return Ok(());
    };
    if format == Format::Json {
        return Err(Failure::answered(worst.exit));
    }
    let words =
        failed.iter().map(|(file, problem)| format!("{}: {}", file.path.display(), problem.why));
    let words = words.collect::<Vec<_>>().join("; ");
    let again = "run the command again";
    Err(match worst.fix {
        Some(fix) => Failure::new(worst.exit, words).hint(format!("{fix}, and {again}")),
        None => not_written(words, again),
    })
}

/// The file, and the directories above it in which nothing else is. Of a link only what it leads to.
fn delete(path: &Path) -> io::Result<()> {
    let target = file::target(path);
    std::fs::remove_file(&target)?;
    if target == path {
        // The first that is not empty stays, and so do those above it: at the latest the root of the working tree.
        let above = path.ancestors().skip(1);
        above.take_while(|dir| std::fs::remove_dir(dir).is_ok()).for_each(drop);
    }
    Ok(())
}

/// What was done to an agent's file.
// The keys stand by the alphabet, in which order they have always come out.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AgentJson {
    /// Whose it is.
    agent: &'static str,
    /// An entry of somebody's own that stays, or why the file could not be edited; missing otherwise.
    detail: Option<String>,
    /// `unchanged`, `changed`, `written` (it was not there), `removed` or `failed`.
    did: &'static str,
    /// The file, from the root of the working tree.
    path: &'static str,
}

/// What was done, a line a file.
pub fn lines(files: &[AgentFile]) -> String {
    let line = |file: &AgentFile| {
        let detail = file.detail().map(|detail| format!(" ({})", safe(detail)));
        format!("  {:<21}  {}{}\n", file.name, file.words(), detail.unwrap_or_default())
    };
    let mut text: String = each(files).map(line).collect();
    let is_written =
        |file: &AgentFile| matches!(file.edit, AgentFileEdit::Write(_)) && file.problem.is_none();
    if files.iter().any(is_written) {
        text.push_str(
            "the agents' files belong to the working tree: commit them the way you commit code\n",
        );
    }
    text
}

/// What each of these agents asks of a person before it makes use of its file.
pub fn notes(files: &[AgentFile], part: AgentPart) -> Vec<&str> {
    let fine = files.iter().filter(|file| file.problem.is_none());
    let mut notes = Vec::new();
    for note in fine.filter_map(|file| file.agent.consent(part)) {
        if !notes.contains(&note) {
            notes.push(note);
        }
    }
    notes
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
pub fn inactive(repo: &Repo, agent: Agent, env: &Env) -> Option<String> {
    let root = repo.worktree.as_deref()?;
    if let Some(switch) = agent.hook_switch() {
        return switched_off(root, agent, switch, env);
    }
    let file = (agent == Agent::Codex).then(|| root.join(agent.file(AgentPart::Hooks)))?;
    let config = env.codex_home().map(|home| home.join("config.toml"));
    let config = config.and_then(|path| read(&path).ok().flatten()).unwrap_or_default();
    (!agents::codex_trusts(&config, file.to_str()?)).then(|| {
        "not active until trusted: start codex here, and trust the hooks when it asks".to_owned()
    })
}

/// The settings that switch an agent's hooks off. The nearest that say something count: those of this checkout alone (Claude
/// Code has them), then those of the project, then the person's own.
fn switched_off(root: &Path, agent: Agent, switch: HookSwitch, env: &Env) -> Option<String> {
    let name = agent.file(AgentPart::Hooks);
    let project = root.join(name);
    let named = env.claude_home().filter(|_| agent == Agent::Claude);
    let personal = match named {
        Some(home) => Some(home.join("settings.json")),
        None => env.home().map(|home| home.join(name)),
    };
    let local = project.with_file_name("settings.local.json");
    let local = (agent == Agent::Claude).then_some(local);
    let mut all = local.into_iter().chain([project]).chain(personal);
    let (path, is_off) = all.find_map(|path| {
        let is_off = agents::switch_in(&read(&path).ok()??, switch)?;
        Some((path, is_off))
    })?;
    let path = path.strip_prefix(root).unwrap_or(&path).display();
    let setting = switch.keys.join(".");
    is_off.then(|| format!("not active: {path} has {setting}: {}", switch.off))
}

/// The agents that have our hooks and do not run them, in words.
pub fn idle(repo: &Repo, env: &Env) -> Vec<String> {
    let installed = |agent: &Agent| {
        let entries = entries(repo, AgentPart::Hooks, *agent);
        matches!(entries, Ok(AgentEntries::Current | AgentEntries::Changed(_)))
    };
    let words = |agent: Agent| {
        let why = inactive(repo, agent, env)?;
        Some(format!("the hooks of {} are {why}", agent.title()))
    };
    Agent::ALL.into_iter().filter(installed).filter_map(words).collect()
}

pub fn json(files: &[AgentFile]) -> Vec<AgentJson> {
    let file = |file: &AgentFile| AgentJson {
        agent: file.agent.name(),
        detail: file.detail(),
        did: file.words(),
        path: file.name,
    };
    files.iter().map(file).collect()
}
