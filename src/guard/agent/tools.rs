//! Tools of MCP servers for git, and for the forges.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::super::shell::{Certainty, Dir, ShellWord};
use super::effects::short_name;
use super::event::command_of;
use super::intent::Intent;
use super::judge::{GuardedPlace, Judge, LineReason, in_the_lanes};
use super::line::GitLine;
use super::state::LineState;
use super::verbs;
use crate::names::RefName;

/// Under these names a tool is told which repository is meant.
const REPOSITORIES: [&str; 6] =
    ["repo_path", "repository_path", "repository", "path", "cwd", "directory"];
/// Under these names a tool is told what to work on, in the order in which git wants to hear it.
const OPERANDS: [&str; 10] = [
    "remote",
    "source",
    "upstream",
    "onto",
    "commit",
    "commits",
    "target",
    "ref",
    "branch",
    "branch_name",
];
/// Under these names a tool is told to which branch of the remote it pushes.
const REMOTE_BRANCHES: [&str; 4] =
    ["remoteBranch", "remote_branch", "targetBranch", "target_branch"];
/// Tools of a forge that commit to a branch there.
const COMMITTING: [&str; 9] = [
    "push_files",
    "create_or_update_file",
    "delete_file",
    "create_commit",
    "update_file",
    "update_ref",
    "update_reference",
    "create_ref",
    "merge_branch",
];
/// Under these names a tool is told what to run.
const COMMANDS: [&str; 5] = ["command", "cmd", "args", "arguments", "argv"];

pub fn judge(judge: &mut Judge<'_>, server: &str, name: &str, input: &Value) {
    if ["github", "gitlab", "gitea", "forgejo"].iter().any(|forge| server.contains(forge)) {
        on_a_forge(judge, name, input);
        return;
    }
    let verb = name.strip_prefix("git_").unwrap_or(name).replace('_', "-");
    let given = COMMANDS.iter().find_map(|key| command_of(input.get(key)));
    if let Some(command) = given {
        let first = command.trim_start().trim_start_matches('\'');
        let is_whole = first.starts_with("git") || first.contains("/git");
        // `{"args": ["-m", "x"]}` of a tool that is called `commit` is the rest of that.
        let is_verb = !matches!(verbs::intents(&verb, &[]).as_slice(), [] | [Intent::Other]);
        let verb = if is_verb { verb.as_str() } else { "" };
        let line = if is_whole { command } else { format!("git {verb} {command}") };
        let dir = REPOSITORIES.iter().find_map(|key| input.get(key)?.as_str());
        judge.cwd = judge.cwd.join(dir.unwrap_or_default());
        judge.run(&line);
        return;
    }
    let dir = REPOSITORIES.iter().find_map(|key| input.get(key)?.as_str());
    let dir = judge.cwd().join(dir.unwrap_or_default());
    let line = GitLine {
        dir: Dir::At(dir),
        git_dir: None,
        index: None,
        settings: Vec::new(),
        args: arguments(&verb, input),
        verb: ShellWord::Known(verb),
        certainty: Certainty::Sure,
    };
    judge.line(&line, &LineState::default(), 0);
}

/// The arguments that git would be given.
fn arguments(verb: &str, input: &Value) -> Vec<ShellWord> {
    let is = |names: &[&str]| {
        names.iter().any(|name| input.get(name).is_some_and(|v| v == &Value::Bool(true)))
    };
    let mut args = Vec::new();
    let flags: [(&[&str], &str); 5] = [
        (&["all"], "--all"),
        (&["amend"], "--amend"),
        (&["no_verify", "noVerify"], "--no-verify"),
        (&["force", "forceWithLease", "force_with_lease"], "--force"),
        (&["abort"], "--abort"),
    ];
    for (names, flag) in flags {
        if is(names) {
            args.push(ShellWord::known(flag));
        }
    }
    let texts = |key: &str| -> Vec<ShellWord> {
        match input.get(key) {
            Some(Value::String(text)) => vec![ShellWord::known(text.as_str())],
            Some(Value::Array(list)) => {
                list.iter().filter_map(Value::as_str).map(ShellWord::known).collect()
            }
            _ => Vec::new(),
        }
    };
    match verb {
        "commit" => args.extend(texts("files")),
        "push" => {
            let remote = texts("remote");
            args.push(remote.first().cloned().unwrap_or_else(|| ShellWord::known("origin")));
            let to = REMOTE_BRANCHES.iter().flat_map(|key| texts(key)).next();
            match (to, texts("branch").first()) {
                (Some(to), from) => {
                    let from = from.map_or("HEAD", ShellWord::start);
                    args.push(ShellWord::Known(format!("{from}:{}", to.start())));
                }
                (None, branch) => args.extend(branch.cloned()),
            }
            args.extend(texts("refspec"));
        }
        _ => args.extend(OPERANDS.iter().flat_map(|key| texts(key))),
    }
    args
}

/// A forge has its own rules for its branches; what goes round them is what has the right to.
fn on_a_forge(judge: &mut Judge<'_>, name: &str, input: &Value) {
    if !COMMITTING.contains(&name) {
        return;
    }
    let cwd = judge.cwd().to_owned();
    let Some(guarded) = judge.guarded(&cwd) else { return };
    let text = |key: &str| input.get(key).and_then(Value::as_str);
    let here = GuardedPlace::of(guarded, cwd);
    let repo = ["repo", "repository", "project_id", "project"].iter().find_map(|key| text(key));
    if repo.is_some_and(|repo| !is_remote_of(&here, repo)) {
        return;
    }
    let named = ["branch", "ref", "base"].iter().find_map(|key| text(key));
    let branch = match named {
        Some(name) => RefName::branch(short_name(name)),
        None => here.guarded.trunk(),
    };
    let Some(branch) = branch.filter(|branch| here.guarded.is_protected(branch)) else { return };
    let files = input.get("files").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let paths: Vec<&str> = files.iter().filter_map(path_in).chain(path_in(input)).collect();
    let root = here.guarded.root().map(Path::to_owned);
    let at_root = GuardedPlace { dir: root.unwrap_or_else(|| PathBuf::from("/")), ..here.clone() };
    let tickets_only = !paths.is_empty()
        && paths.iter().all(|path| in_the_lanes(&at_root, &ShellWord::known(*path)));
    if !tickets_only {
        judge.refuse(&here, &branch, name, LineReason::Unseen);
    }
}

/// The path that an object names.
fn path_in(value: &Value) -> Option<&str> {
    ["path", "file_path"].iter().find_map(|key| value.get(key)?.as_str())
}

/// Whether a repository of this name is where one of the remotes is.
pub fn is_remote_of(here: &GuardedPlace, repo: &str) -> bool {
    let Ok(settings) = here.guarded.settings() else { return true };
    let is_url =
        |key: &str| key.strip_prefix("remote.").is_some_and(|k| k.strip_suffix(".url").is_some());
    let urls = settings.iter().filter(|setting| is_url(&setting.key));
    let mut urls = urls.filter_map(|setting| setting.value.as_deref());
    urls.any(|url| {
        let name = url.trim_end_matches('/').rsplit(['/', ':']).next().unwrap_or_default();
        let wanted = repo.rsplit('/').next().unwrap_or(repo);
        name.strip_suffix(".git").unwrap_or(name).eq_ignore_ascii_case(wanted)
    })
}
