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
    /// The agent wants a worktree of this name for a session; empty where it names none.
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
    /// It runs something, and what cannot be read.
    Unreadable,
    /// The same of what it writes.
    UnreadableWrite,
    /// Nothing that a guard is interested in.
    Nothing,
}

/// Tools that write files.
const WRITERS: &str = " write create edit_notebook multi_edit replace_in_file search_replace str_replace str_replace_based_edit_tool \
    write_to_file edit multiedit notebookedit notebook_edit write_file replace edit_file create_file delete_file apply_patch \
    strreplace delete patch ";
/// Tools that run a command line.
const SHELLS: &str = " bash shell powershell run_shell_command run_command run_terminal_cmd run_in_terminal local_shell \
    exec_command execute_command container.exec ";
/// Under these names a tool is told which file to write.
const PATHS: [&str; 7] = [
    "file_path",
    "notebook_path",
    "path",
    "filePath",
    "target_file",
    "target_notebook",
    "absolute_path",
];
/// Under these names a tool is told a patch.
const PATCHES: [&str; 4] = ["command", "input", "patch", "patchText"];
/// Under these names a tool is told where to run.
pub const DIRS: [&str; 6] =
    ["workdir", "cwd", "directory", "dir_path", "working_directory", "workingDirectory"];

impl AgentEvent {
    /// Reads an event; `None` when it is no JSON object.
    pub fn read(bytes: &[u8]) -> Option<AgentEvent> {
        let value: Value = serde_json::from_slice(bytes).ok()?;
        let fields = value.as_object()?;
        let text = |name: &str| fields.get(name).and_then(Value::as_str);
        // The second name of each is Copilot CLI's own.
        let given = fields.get("tool_input").or_else(|| fields.get("toolArgs"));
        let input = given.map_or(Value::Null, unpacked);
        let tool = text("tool_name").or_else(|| text("toolName")).unwrap_or_default();
        let is_over = fields.contains_key("toolResult");
        let name = text("hook_event_name").unwrap_or(if is_over { "postToolUse" } else { "" });
        let moment = match name {
            "WorktreeCreate" => {
                Some(EventMoment::WorktreeWanted(text("name").unwrap_or_default().to_owned()))
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
        let session = text("session_id").or_else(|| text("sessionId"));
        let session = session.filter(|session| !session.is_empty()).map(str::to_owned);
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

/// Some send the arguments as a text that holds JSON.
fn unpacked(input: &Value) -> Value {
    let parsed = input.as_str().and_then(|text| serde_json::from_str(text).ok());
    let parsed = parsed.filter(|parsed: &Value| parsed.is_object() || parsed.is_array());
    parsed.unwrap_or_else(|| input.clone())
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
        return written(input).map_or(ToolAction::UnreadableWrite, ToolAction::Write);
    }
    let is_shell = has(SHELLS, lower);
    // Whatever has a command is a shell, whatever it is called, but for the commands of the agent itself.
    let given = ["command", "cmd"].iter().find_map(|name| input.get(name));
    let given = given.or_else(|| Some(input).filter(|input| is_shell && !input.is_object()));
    let Some(given) = given.filter(|_| !has(" skill slashcommand slash_command ", lower)) else {
        let is_unknown = is_shell && input.get("restart") != Some(&Value::Bool(true));
        return if is_unknown { ToolAction::Unreadable } else { ToolAction::Nothing };
    };
    let Some(command) = command_of(Some(given)) else { return ToolAction::Unreadable };
    // Not a program: the agent applies it itself.
    if command.trim_start_matches('\'').starts_with("apply_patch") {
        return ToolAction::Write(patched(&command));
    }
    ToolAction::Shell(command)
}

/// The files that a tool is told to write; `None` where it does not say so in any way that is known.
fn written(input: &Value) -> Option<Vec<PathBuf>> {
    let named = PATHS.iter().filter_map(|name| input.get(name)?.as_str());
    let named: Vec<&str> = named.collect();
    // Nothing is written to a path that is empty.
    let mut paths: Vec<PathBuf> =
        named.iter().filter(|path| !path.is_empty()).map(PathBuf::from).collect();
    let patch = PATCHES.iter().find_map(|name| command_of(input.get(name)));
    let patch = patch.or_else(|| input.as_str().map(str::to_owned));
    paths.extend(patch.iter().flat_map(|patch| patched(patch)));
    (!paths.is_empty() || !named.is_empty()).then_some(paths)
}

/// A tool of a server, which is known by its name or by how it is started or reached.
fn of_server(server: &str, tool: &str, input: &Value) -> ToolAction {
    let name = snake_case(tool);
    let server = server.to_ascii_lowercase();
    // A file of a forge is none of this machine.
    let is_here = ["repo", "repository", "owner", "project", "project_id", "branch"]
        .iter()
        .all(|key| input.get(key).is_none());
    // What names no file may write something else than files.
    if let Some(paths) = written(input).filter(|_| has(WRITERS, &name) && is_here) {
        return ToolAction::Write(paths);
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
    use serde_json::json;

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
        for name in ["UserPromptSubmit", "PreCompact", "WorktreeRemove", ""] {
            assert_eq!(of(name), EventMoment::Other, "{name}");
        }
        assert_eq!(of("WorktreeCreate"), EventMoment::WorktreeWanted(String::new()));
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
    fn what_a_writer_or_a_shell_is_told_is_read_in_every_form() {
        let of = |tool: &str, input: Value| action(tool, &unpacked(&input));
        let patch = "*** Begin Patch\n*** Delete File: a\n*** End Patch";
        let deleted = ToolAction::Write(vec!["a".into()]);
        for input in [json!({"patchText": patch}), json!({"input": patch}), json!(patch)] {
            assert_eq!(of("apply_patch", input.clone()), deleted, "{input}");
        }
        assert_eq!(of("Edit", json!(r#"{"file_path":"a"}"#)), deleted);
        assert_eq!(of("edit_notebook", json!({"target_notebook": "a"})), deleted);
        for input in [json!("git x"), json!(r#"{"command":"git x"}"#)] {
            assert_eq!(of("Bash", input.clone()), shell("git x"), "{input}");
        }
        for (tool, input) in [
            ("Write", json!({"content": "x"})),
            ("Write", json!({"file_path": ["a"]})),
            ("apply_patch", json!({"diff": patch})),
            ("apply_patch", json!("--- a\n+++ a\n")),
            ("Edit", Value::Null),
            ("Bash", Value::Null),
            ("Bash", json!({"script": "git x"})),
            ("run_shell_command", json!(5)),
        ] {
            let unreadable = [ToolAction::Unreadable, ToolAction::UnreadableWrite];
            let is_write = !["Bash", "run_shell_command"].contains(&tool);
            assert_eq!(
                of(tool, input.clone()),
                unreadable[usize::from(is_write)],
                "{tool} {input}"
            );
        }
        assert_eq!(of("Bash", json!(["git", "x"])), shell("'git' 'x'"));
        assert_eq!(of("Write", json!({"file_path": ""})), ToolAction::Write(Vec::new()));
        assert_eq!(of("Bash", json!({"restart": true})), ToolAction::Nothing);
        assert!(matches!(of("mcp__notes__create", json!({"title": "x"})), ToolAction::Tool { .. }));
        let own = r#"{"sessionId":"s","toolName":"bash","toolArgs":"{\"command\":\"git x\"}""#;
        let event = read(&format!("{own}}}"));
        assert_eq!((event.moment, event.action), (EventMoment::Before, shell("git x")));
        assert_eq!(event.session.as_deref(), Some("s"));
        assert_eq!(read(&format!(r#"{own},"toolResult":{{}}}}"#)).moment, EventMoment::After);
    }

    #[test]
    fn tools_of_servers_are_known_by_both_names() {
        let of = |tool: &str| match action(tool, &Value::Null) {
            ToolAction::Tool { server, name, .. } => Some((server, name)),
            ToolAction::Shell(_)
            | ToolAction::Write(_)
            | ToolAction::Unreadable
            | ToolAction::UnreadableWrite
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
                | ToolAction::UnreadableWrite
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
