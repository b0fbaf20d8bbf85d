//! Tools of MCP servers: for git, for the forges, and those that run what they are told.

use serde_json::Value;

use super::super::shell::{Certainty, Dir, ShellWord, TEXTS, has, mentions};
use super::event::{DIRS, command_of, snake_case};
use super::forge;
use super::intent::Intent;
use super::judge::{GuardedPlace, Judge};
use super::line::{GitLine, MOVERS};
use super::state::LineState;
use super::{ALSO_MOVERS, is_about_git, verbs};

/// Under these names a tool is told which repository is meant, beside those for a directory.
const REPOSITORIES: [&str; 4] = ["repo_path", "repository_path", "repository", "path"];
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
/// Under these names a tool is told what to run, in the order in which a command has it.
const COMMANDS: [&str; 8] =
    ["program", "executable", "command", "cmd", "script", "argv", "args", "arguments"];
/// What stands before a command and is none.
const BEFORE: &str = " ! builtin command do doas else env exec if nice nohup setsid sudo then time timeout while xargs ";

/// Judges what a tool of this server would do with its input.
pub fn judge(judge: &mut Judge<'_>, server: &str, name: &str, input: &Value) {
    if let Some(moved) = forge::of_tool(server, name, input) {
        let cwd = judge.cwd().to_owned();
        if let Some(guarded) = judge.guarded(&cwd) {
            judge.forge_move(&GuardedPlace::of(guarded, cwd), &moved, name);
        }
        return;
    }
    let dir = REPOSITORIES.iter().chain(&DIRS).find_map(|key| input.get(key)?.as_str());
    let here = judge.cwd().to_owned();
    // Many a file has the name of a directory.
    if let Some(dir) = dir.map(|dir| here.join(dir)).filter(|dir| !dir.is_file()) {
        judge.cwd = dir;
    }
    let verb = name.strip_prefix("git_").unwrap_or(name).replace('_', "-");
    let is_verb = !matches!(verbs::intents(&verb, &[]).as_slice(), [] | [Intent::Other]);
    let is_for_git = is_for_git(server, name) || is_verb && input.get("repository").is_some();
    if !is_for_git {
        for line in lines(input).iter().filter(|line| is_about_git(line)) {
            judge.run(line);
        }
        return;
    }
    if let Some(command) = command(input) {
        let first = command.trim_start().trim_start_matches('\'');
        let is_whole = first.starts_with("git") || first.contains("/git");
        // `{"args": ["-m", "x"]}` of a tool that is called `commit` is the rest of that.
        let verb = if is_verb { verb.as_str() } else { "" };
        judge.run(&if is_whole { command } else { format!("git {verb} {command}") });
        return;
    }
    let line = GitLine {
        dir: Dir::At(judge.cwd.clone()),
        git_dir: None,
        index: None,
        settings: Vec::new(),
        args: arguments(&verb, input),
        verb: ShellWord::Known(verb),
        certainty: Certainty::Sure,
    };
    judge.line(&line, &LineState::default(), 0);
}

/// Whether a tool may have moved a branch.
pub fn may_have_moved(server: &str, name: &str, input: &Value) -> bool {
    let moves = |line: &String| mentions(line, &MOVERS) || mentions(line, &ALSO_MOVERS);
    is_for_git(server, name) || lines(input).iter().any(moves)
}

/// Whether server or tool have the name of git, and not one that only begins like it.
fn is_for_git(server: &str, name: &str) -> bool {
    const GIT: [&str; 6] = ["git", "github", "gitlab", "gitea", "forgejo", "gitkraken"];
    let has_it =
        |text: &str| text.split(|c: char| !c.is_ascii_alphanumeric()).any(|w| GIT.contains(&w));
    has_it(server) || has_it(name)
}

/// The command that an input tells: a program and its arguments under one name or several.
fn command(input: &Value) -> Option<String> {
    let given = COMMANDS.iter().filter_map(|key| command_of(input.get(key)));
    let given: Vec<String> = given.filter(|command| !command.is_empty()).collect();
    (!given.is_empty()).then(|| given.join(" "))
}

/// What an input has that a shell may be told: what stands under the name of a command, and any other text that reads as a
/// line about git, unless its name says that it is for somebody else.
fn lines(input: &Value) -> Vec<String> {
    let mut lines: Vec<String> = command(input).into_iter().collect();
    let is_open = |key: &str| !COMMANDS.contains(&key) && !is_text(key);
    let fields = input.as_object().into_iter().flatten();
    let fields = fields.filter(|(key, _)| is_open(key)).map(|(_, value)| value);
    for value in fields.chain(input.as_array().into_iter().flatten()) {
        let texts: Vec<&str> = match value.as_array() {
            Some(values) => values.iter().filter_map(Value::as_str).collect(),
            None => value.as_str().into_iter().collect(),
        };
        // Words of one command, or one command each.
        let is_one = texts.first() == Some(&"git") || !texts.iter().any(|t| t.contains(' '));
        let words = command_of(Some(value)).filter(|_| is_one);
        let whole = words.unwrap_or_else(|| texts.join("\n"));
        lines.extend(reads_as_line(&whole).then_some(whole));
        if texts.is_empty() {
            lines.extend(self::lines(value));
        }
    }
    lines
}

fn is_text(key: &str) -> bool {
    snake_case(key).split(|sign: char| !sign.is_ascii_alphanumeric()).any(|word| has(TEXTS, word))
}

/// Whether one of the commands of a text is git's or a forge's.
fn reads_as_line(text: &str) -> bool {
    let is_before = |word: &&str| {
        has(BEFORE, word)
            || word.contains('=')
            || word.starts_with(|c: char| c == '-' || c.is_ascii_digit())
    };
    let is_git = |word: &str| has(" git gh glab hub ", word.rsplit('/').next().unwrap_or_default());
    let between = ['\n', ';', '&', '|', '(', ')', '{', '}', '`', '"', '\''];
    text.split(between)
        .any(|part| part.split_whitespace().find(|w| !is_before(w)).is_some_and(is_git))
}

/// The arguments that git would be given.
fn arguments(verb: &str, input: &Value) -> Vec<ShellWord> {
    // `{"noVerify": true}` is the option of that name.
    let fields = input.as_object().into_iter().flatten();
    let set = fields.filter(|(_, value)| **value == Value::Bool(true));
    let flag =
        |name: &String| ShellWord::Known(format!("--{}", snake_case(name).replace('_', "-")));
    let mut args: Vec<ShellWord> = set.map(|(name, _)| flag(name)).collect();
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
