//! Our entries in each agent's file, in the form that the agent reads.

use jsonc_parser::cst::CstInputValue;
use jsonc_parser::json;

use super::Agent;

/// An event and what stands below it.
type AgentEntry = (&'static str, CstInputValue);

/// All entries of an agent: before a tool is used, where it can still be refused; after it, to tell of what slipped
/// through; and when a session begins.
pub fn of(agent: Agent) -> Vec<AgentEntry> {
    match agent {
        Agent::Claude => claude(),
        Agent::Codex => codex(),
        Agent::Gemini => gemini(),
        Agent::Cursor => cursor(),
        Agent::Qwen => qwen(),
        Agent::Copilot => copilot(),
        // It has no hooks in a file of this kind.
        Agent::Opencode => Vec::new(),
    }
}

/// The call before a tool is used, for a shell. Every agent takes an exit code of 2 for a refusal, and lets the tool run
/// after most other ends of a hook: that of a shell which finds no tix, and that of a tix which fails.
fn closed(agent: Agent) -> String {
    format!("tix hook {} || exit 2", agent.name())
}

/// The same events and matchers as in `hooks/hooks.json`, the form of which is the plugin's. Copilot CLI reads this file too,
/// and knows no `args`: so each call is one line for the shell.
///
/// A matcher of letters only is a list of names; anything else is a regular expression, which Claude Code does not anchor
/// and Copilot CLI does.
fn claude() -> Vec<AgentEntry> {
    let run = || -> Vec<CstInputValue> {
        vec![json!({ "type": "command", "command": "tix hook claude", "timeout": 10 })]
    };
    // A claim may have to wait for its remote.
    let patient = || -> Vec<CstInputValue> {
        vec![json!({ "type": "command", "command": "tix hook claude", "timeout": 600 })]
    };
    let ask = json!({
        "type": "command", "command": (closed(Agent::Claude)), "timeout": 10, "onFailure": "block"
    });
    let before = "^(Bash|PowerShell|Write|Edit|MultiEdit|NotebookEdit|apply_patch)$|^mcp__.*";
    let after = "^(Bash|PowerShell)$|^mcp__.*";
    vec![
        ("PreToolUse", json!({ "matcher": before, "hooks": [ask] })),
        ("PostToolUse", json!({ "matcher": after, "hooks": (run()) })),
        ("PostToolUseFailure", json!({ "matcher": after, "hooks": (run()) })),
        ("SessionStart", json!({ "hooks": (run()) })),
        ("Stop", json!({ "hooks": (run()) })),
        ("WorktreeCreate", json!({ "hooks": (patient()) })),
        ("WorktreeRemove", json!({ "hooks": (patient()) })),
    ]
}

/// Here a command is a line for the shell, and times are seconds. A hook that takes longer lets the tool run.
fn codex() -> Vec<AgentEntry> {
    let run = |line: String| -> Vec<CstInputValue> {
        vec![json!({ "type": "command", "command": line, "timeout": 10 })]
    };
    let tell = || run("tix hook codex".to_owned());
    let before = "^(Bash|apply_patch)$|^mcp__.*";
    let after = "^Bash$|^mcp__.*";
    vec![
        ("PreToolUse", json!({ "matcher": before, "hooks": (run(closed(Agent::Codex))) })),
        ("PostToolUse", json!({ "matcher": after, "hooks": (tell()) })),
        ("SessionStart", json!({ "hooks": (tell()) })),
    ]
}

/// Here times are milliseconds. A hook that takes longer lets the tool run.
fn gemini() -> Vec<AgentEntry> {
    let run = |line: String| -> Vec<CstInputValue> {
        vec![json!({ "name": "tix", "type": "command", "command": line, "timeout": 10000 })]
    };
    let tell = || run("tix hook gemini".to_owned());
    let before = "^(run_shell_command|write_file|replace)$|^mcp_.*";
    let after = "^run_shell_command$|^mcp_.*";
    vec![
        ("BeforeTool", json!({ "matcher": before, "hooks": (run(closed(Agent::Gemini))) })),
        ("AfterTool", json!({ "matcher": after, "hooks": (tell()) })),
        ("SessionStart", json!({ "hooks": (tell()) })),
    ]
}

/// Here the handlers stand below the event themselves, and one that fails lets things happen unless it says otherwise.
/// Commands and tools of servers have events of their own; their names do not tell which server is one for git.
fn cursor() -> Vec<AgentEntry> {
    let ask = || {
        let line = closed(Agent::Cursor);
        json!({ "command": line, "timeout": 10, "failClosed": true })
    };
    let write = json!({
        "matcher": "Write|StrReplace|Edit|Delete", "command": (closed(Agent::Cursor)), "timeout": 10, "failClosed": true
    });
    let tell = json!({ "matcher": "Shell", "command": "tix hook cursor", "timeout": 10 });
    vec![
        ("beforeShellExecution", ask()),
        ("beforeMCPExecution", ask()),
        ("preToolUse", write),
        ("postToolUse", tell),
        ("sessionStart", json!({ "command": "tix hook cursor", "timeout": 10 })),
    ]
}

/// The events of Claude Code with the tools of Gemini CLI; times are milliseconds. A hook that takes longer lets the tool run.
fn qwen() -> Vec<AgentEntry> {
    let run = |line: String| -> Vec<CstInputValue> {
        vec![json!({ "name": "tix", "type": "command", "command": line, "timeout": 10000 })]
    };
    let tell = || run("tix hook qwen".to_owned());
    let before = "^(run_shell_command|write_file|edit|notebook_edit)$|^mcp__.*";
    let after = "^run_shell_command$|^mcp__.*";
    vec![
        ("PreToolUse", json!({ "matcher": before, "hooks": (run(closed(Agent::Qwen))) })),
        ("PostToolUse", json!({ "matcher": after, "hooks": (tell()) })),
        ("PostToolUseFailure", json!({ "matcher": after, "hooks": (tell()) })),
        ("SessionStart", json!({ "hooks": (tell()) })),
    ]
}

/// Here the handlers stand below the event themselves, and the case of an event's first letter decides how it is told: with a
/// capital as Claude Code tells it. Names of servers come before those of their tools in no form that a matcher could rely on,
/// so that there is none. A hook that takes longer lets the tool run.
fn copilot() -> Vec<AgentEntry> {
    let run = |line: String| json!({ "type": "command", "command": line, "timeoutSec": 10 });
    let tell = || run("tix hook copilot".to_owned());
    vec![
        ("PreToolUse", run(closed(Agent::Copilot))),
        ("PostToolUse", tell()),
        ("PostToolUseFailure", tell()),
        ("SessionStart", tell()),
    ]
}
