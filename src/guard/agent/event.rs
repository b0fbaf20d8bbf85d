//! What an agent tells a hook: the event as JSON, in any of the dialects.
//!
//! Read leniently. What is missing is inferred, what is not known is let alone, and nothing of it is ever run.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::super::shell::has;
use crate::text::shell_quoted;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentEvent {
    pub moment: EventMoment,
    /// The directory that the agent works in, where it says so.
    pub cwd: Option<PathBuf>,
    pub action: ToolAction,
    /// The agent's name for its session.
    pub session: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventMoment {
    /// Before a tool is used: it can still be refused.
    Before,
    /// After a tool was used.
    After,
    /// After a tool was used, and failed.
    Failed,
    Start,
    /// The agent wants a worktree of this name for a session.
    WorktreeWanted(String),
    /// The agent does not need the worktree at this path any more.
    WorktreeUnwanted(PathBuf),
    /// The agent is about to end its turn, and was not kept from it by a hook already.
    Stop,
    Other,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToolAction {
    /// It runs a command line.
    Shell(String),
    Write(Vec<PathBuf>),
    /// It calls a tool of another server.
    Tool {
        /// What the tool is called, without its server.
        name: String,
        server: String,
        input: Value,
    },
    /// It runs a command that is no text.
    Unreadable,
    /// Nothing that a guard is interested in.
    Nothing,
}

/// Tools that write files.
const WRITERS: &str = " write create edit_notebook multi_edit replace_in_file search_replace str_replace str_replace_based_edit_tool \
    write_to_file edit multiedit notebookedit notebook_edit write_file replace edit_file create_file delete_file apply_patch \
    strreplace delete ";
/// Under these names a tool is told which file to write.
const PATHS: [&str; 6] =
    ["file_path", "notebook_path", "path", "filePath", "target_file", "absolute_path"];
/// Under these names a tool is told where to run.
pub const DIRS: [&str; 6] =
    ["workdir", "cwd", "directory", "dir_path", "working_directory", "workingDirectory"];

impl AgentEvent {
    /// Reads an event; `None` when it is no JSON object.
    pub fn read(bytes: &[u8]) -> Option<AgentEvent> {
        let value: Value = serde_json::from_slice(bytes).ok()?;
        let fields = value.as_object()?;
        let text = |name: &str| fields.get(name).and_then(Value::as_str);
        // Some send the arguments as a text that holds JSON.
        let parsed = text("tool_input").and_then(|text| serde_json::from_str(text).ok());
        let input = parsed.or_else(|| fields.get("tool_input").cloned()).unwrap_or(Value::Null);
        let tool = text("tool_name").unwrap_or_default();
        let name = text("hook_event_name").unwrap_or_default();
        let moment = match name {
            "WorktreeCreate" => {
                text("name").map(|name| EventMoment::WorktreeWanted(name.to_owned()))
            }
            "WorktreeRemove" => {
                text("worktree_path").map(|path| EventMoment::WorktreeUnwanted(path.into()))
            }
            "Stop" => {
                let again = fields.get("stop_hook_active").and_then(Value::as_bool);
                Some(EventMoment::Stop).filter(|_| again != Some(true))
            }
            _ => None,
        };
        let has_action = !tool.is_empty() || fields.contains_key("command");
        let moment = moment.unwrap_or_else(|| self::moment(name, has_action));
        // What says no directory says which ones are open.
        let root = || fields.get("workspace_roots")?.as_array()?.first()?.as_str();
        let cwd = text("cwd").or_else(root).filter(|cwd| !cwd.is_empty()).map(PathBuf::from);
        let session = text("session_id").filter(|session| !session.is_empty()).map(str::to_owned);
        let mut event = AgentEvent { moment, cwd, action: ToolAction::Nothing, session };
        event.action = match command_of(fields.get("command")) {
            Some(command) if tool.is_empty() => ToolAction::Shell(command),
            // Here the command, or the URL, is that of the server.
            _ if name.to_ascii_lowercase().ends_with("mcpexecution") => {
                let server = text("command").or_else(|| text("url")).unwrap_or_default();
                let (named, name) = tool.rsplit_once(':').unwrap_or(("", tool));
                of_server(format!("{server} {named}").trim(), name, &input)
            }
            _ => action(tool, &input),
        };
        if let ToolAction::Shell(_) = event.action {
            event.go_to(&input);
        }
        Some(event)
    }

    /// A tool may be told to run elsewhere.
    fn go_to(&mut self, input: &Value) {
        let named =
            DIRS.iter().find_map(|name| input.get(name)?.as_str()).filter(|dir| !dir.is_empty());
        if let Some(dir) = named {
            self.cwd = Some(self.cwd.as_deref().unwrap_or(Path::new("")).join(dir));
        }
    }
}

fn moment(name: &str, has_action: bool) -> EventMoment {
    let name = name.to_ascii_lowercase();
    if name.starts_with("sessionstart") {
        EventMoment::Start
    } else if name == "posttoolusefailure" {
        EventMoment::Failed
    } else if name.starts_with("post") || name.starts_with("after") {
        EventMoment::After
    } else if name.starts_with("pre") && name != "precompact" || name.starts_with("before") {
        EventMoment::Before
    } else if name.is_empty() && has_action {
        // Closed rather than open: what does not say when it comes may still be about to happen.
        EventMoment::Before
    } else {
        EventMoment::Other
    }
}

fn action(tool: &str, input: &Value) -> ToolAction {
    let of_a_server = match tool.strip_prefix("mcp__").or_else(|| tool.strip_prefix("mcp_")) {
        Some(rest) => {
            Some(rest.rsplit_once("__").or_else(|| rest.split_once('_')).unwrap_or(("", rest)))
        }
        // As Copilot CLI says it.
        None => tool.rsplit_once('-'),
    };
    if let Some((server, name)) = of_a_server {
        return of_server(server, name, input);
    }
    let lower = tool.to_ascii_lowercase();
    let lower = lower.rsplit("__").next().unwrap_or(&lower);
    if has(WRITERS, lower) {
        return written(input);
    }
    // Whatever has a command is a shell, whatever it is called, but for the commands of the agent itself.
    let given = ["command", "cmd"].iter().find_map(|name| input.get(name));
    let Some(given) = given.filter(|_| !has(" skill slashcommand slash_command ", lower)) else {
        return ToolAction::Nothing;
    };
    let Some(command) = command_of(Some(given)) else { return ToolAction::Unreadable };
    // Not a program: the agent applies it itself.
    if command.trim_start_matches('\'').starts_with("apply_patch") {
        return ToolAction::Write(patched(&command));
    }
    ToolAction::Shell(command)
}

/// The files that a tool is told to write.
fn written(input: &Value) -> ToolAction {
    let mut paths: Vec<PathBuf> =
        PATHS.iter().filter_map(|name| input.get(name)?.as_str()).map(PathBuf::from).collect();
    let patch = ["command", "input", "patch"].iter().find_map(|name| command_of(input.get(name)));
    paths.extend(patch.iter().flat_map(|patch| patched(patch)));
    ToolAction::Write(paths)
}

/// A tool of a server, which is known by its name or by how it is started or reached.
fn of_server(server: &str, tool: &str, input: &Value) -> ToolAction {
    let name = snake_case(tool);
    let server = server.to_ascii_lowercase();
    // A file of a forge is none of this machine.
    let is_here = ["repo", "repository", "owner", "project", "project_id", "branch"]
        .iter()
        .all(|key| input.get(key).is_none());
    if has(WRITERS, &name) && is_here {
        return written(input);
    }
    ToolAction::Tool { name, server, input: input.clone() }
}

/// `noVerify` as `no_verify`, and `no-verify` as it is.
pub fn snake_case(name: &str) -> String {
    let mut found = String::new();
    for sign in name.chars() {
        if sign.is_ascii_uppercase() && found.ends_with(|last: char| last.is_ascii_lowercase()) {
            found.push('_');
        }
        found.push(sign.to_ascii_lowercase());
    }
    found
}

/// A command line, given as a text or as a list of words.
pub fn command_of(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) => Some(text.clone()),
        Value::Array(words) => {
            let quoted = words.iter().map(|word| word.as_str().map(shell_quoted));
            Some(quoted.collect::<Option<Vec<_>>>()?.join(" "))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => None,
    }
}

/// The files that a patch in the form of `apply_patch` touches.
fn patched(patch: &str) -> Vec<PathBuf> {
    let heads = ["Add File:", "Update File:", "Delete File:", "Move to:"];
    let named = |line: &str| {
        let line = line.trim_start_matches('\'').strip_prefix("***")?.trim();
        heads.iter().find_map(|head| line.strip_prefix(head)).map(|path| PathBuf::from(path.trim()))
    };
    patch.lines().filter_map(named).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(json: &str) -> AgentEvent {
        AgentEvent::read(json.as_bytes()).unwrap()
    }

    fn shell(command: &str) -> ToolAction {
        ToolAction::Shell(command.to_owned())
    }

    #[test]
    fn the_moment_is_read_from_the_name() {
        let of = |name: &str| read(&format!(r#"{{"hook_event_name":"{name}"}}"#)).moment;
        for name in ["PostToolUse", "AfterTool", "afterShellExecution"] {
            assert_eq!(of(name), EventMoment::After, "{name}");
        }
        assert_eq!(of("PostToolUseFailure"), EventMoment::Failed);
        assert_eq!(of("SessionStart"), EventMoment::Start);
        for name in ["UserPromptSubmit", "PreCompact", "WorktreeCreate", ""] {
            assert_eq!(of(name), EventMoment::Other, "{name}");
        }
        let stop = |again: &str| read(&format!(r#"{{"hook_event_name":"Stop"{again}}}"#)).moment;
        assert_eq!(stop(""), EventMoment::Stop);
        assert_eq!(stop(r#","stop_hook_active":true"#), EventMoment::Other);
    }

    #[test]
    fn files_that_are_written_are_known() {
        let of = |tool: &str, input: &str| {
            read(&format!(r#"{{"tool_name":"{tool}","tool_input":{input}}}"#)).action
        };
        for tool in ["Write", "Edit", "MultiEdit", "write_file", "replace"] {
            assert_eq!(
                of(tool, r#"{"file_path":"/a"}"#),
                ToolAction::Write(vec!["/a".into()]),
                "{tool}"
            );
        }
        assert_eq!(
            of("NotebookEdit", r#"{"notebook_path":"/a"}"#),
            ToolAction::Write(vec!["/a".into()])
        );
        let patch = r#"{"command":"*** Begin Patch\n*** Update File: src/a.rs\n@@\n*** Add File: b c\n*** End Patch"}"#;
        assert_eq!(
            of("apply_patch", patch),
            ToolAction::Write(vec!["src/a.rs".into(), "b c".into()])
        );
        for tool in ["Read", "Grep", "Task", ""] {
            assert_eq!(of(tool, r#"{"file_path":"/a"}"#), ToolAction::Nothing, "{tool}");
        }
        for tool in ["SlashCommand", "Skill"] {
            assert_eq!(of(tool, r#"{"command":"/ask git commit"}"#), ToolAction::Nothing, "{tool}");
        }
        assert_eq!(of("run_anything", r#"{"command":"git x"}"#), shell("git x"));
    }

    #[test]
    fn tools_of_servers_are_known_by_both_names() {
        let of = |tool: &str| match action(tool, &Value::Null) {
            ToolAction::Tool { server, name, .. } => Some((server, name)),
            ToolAction::Shell(_)
            | ToolAction::Write(_)
            | ToolAction::Unreadable
            | ToolAction::Nothing => None,
        };
        let pair = |server: &str, name: &str| Some((server.to_owned(), name.to_owned()));
        assert_eq!(of("mcp__git__git_commit"), pair("git", "git_commit"));
        assert_eq!(of("mcp__plugin_x_git__commit"), pair("plugin_x_git", "commit"));
        assert_eq!(of("mcp__github__push_files"), pair("github", "push_files"));
        assert_eq!(of("mcp__bitbucket__commitFiles"), pair("bitbucket", "commit_files"));
        let write = action("mcp__files__write_file", &serde_json::json!({"path": "/a"}));
        assert_eq!(write, ToolAction::Write(vec!["/a".into()]));
        let there = serde_json::json!({"path": "a", "branch": "main"});
        assert!(matches!(action("mcp__github__create_file", &there), ToolAction::Tool { .. }));
        assert_eq!(of("git-git_commit"), pair("git", "git_commit"));
        assert_eq!(of("github-mcp-server-push_files"), pair("github-mcp-server", "push_files"));
    }

    #[test]
    fn a_server_is_known_by_how_it_is_started_where_the_event_tells_that_alone() {
        let of = |fields: &str| {
            let json = format!(r#"{{"hook_event_name":"beforeMCPExecution",{fields}}}"#);
            match read(&json).action {
                ToolAction::Tool { server, name, input } => Some((server, name, input)),
                other @ (ToolAction::Shell(_)
                | ToolAction::Write(_)
                | ToolAction::Unreadable
                | ToolAction::Nothing) => panic!("{other:?}"),
            }
        };
        let input = serde_json::json!({"repo_path": "/w"});
        let found =
            |server: &str, name: &str| Some((server.to_owned(), name.to_owned(), input.clone()));
        let words = r#""tool_input":"{\"repo_path\":\"/w\"}""#;
        assert_eq!(of(&format!(r#""tool_name":"git_commit",{words}"#)), found("", "git_commit"));
        let started = format!(r#""tool_name":"commit",{words},"command":"uvx mcp-server-git""#);
        assert_eq!(of(&started), found("uvx mcp-server-git", "commit"));
        let reached =
            format!(r#""tool_name":"push_files",{words},"url":"https://GitHub.example/mcp""#);
        assert_eq!(of(&reached), found("https://github.example/mcp", "push_files"));
        let named = format!(r#""tool_name":"MCP:git:commit",{words}"#);
        assert_eq!(of(&named), found("mcp:git", "commit"));
    }

    #[test]
    fn without_a_directory_it_is_the_first_that_is_open() {
        let of =
            |fields: &str| read(&format!(r#"{{"hook_event_name":"sessionStart"{fields}}}"#)).cwd;
        assert_eq!(of(r#","workspace_roots":["/w","/v"]"#), Some("/w".into()));
        assert_eq!(of(r#","workspace_roots":["/w"],"cwd":"/c""#), Some("/c".into()));
        assert_eq!(of(r#","workspace_roots":[]"#), None);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            AgentEvent::read(&bytes);
        }

        #[test]
        fn no_fields_make_it_panic(
            name in "(Pre|Post|before|After)?[A-Za-z]{0,12}",
            tool in "(mcp__)?[A-Za-z_]{0,12}",
            input in r#"\{"(command|file_path|cwd)":("[^"\\]{0,20}"|[0-9]|\[("a",?)?\]|null)\}"#,
        ) {
            AgentEvent::read(format!(r#"{{"hook_event_name":"{name}","tool_name":"{tool}","tool_input":{input}}}"#).as_bytes());
        }
    }
}
