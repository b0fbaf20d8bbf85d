//! Our entries in each agent's file, in the form that the agent reads.

use jsonc_parser::cst::CstInputValue;
use jsonc_parser::json;

use super::Agent;

/// An event and what stands below it.
type Entry = (&'static str, CstInputValue);

/// All entries of an agent: before a tool is used, where it can still be refused; after it, to tell of what slipped
/// through; and when a session begins.
pub fn of(agent: Agent) -> Vec<Entry> {
    match agent {
        Agent::Claude => claude(),
        Agent::Codex => codex(),
        Agent::Gemini => gemini(),
        Agent::Cursor => cursor(),
    }
}

/// A matcher of letters only is a list of names; anything else is a regular expression, and not anchored.
fn claude() -> Vec<Entry> {
    let run = || -> Vec<CstInputValue> {
        vec![
            json!({ "type": "command", "command": "tix", "args": ["hook", "claude"], "timeout": 10 }),
        ]
    };
    vec![
        (
            "PreToolUse",
            json!({
                "matcher": "^(Bash|PowerShell|Write|Edit|MultiEdit|NotebookEdit)$|^mcp__.*git",
                "hooks": [{
                    "type": "command", "command": "tix", "args": ["hook", "claude"], "timeout": 10,
                    "onFailure": "block"
                }]
            }),
        ),
        ("PostToolUse", json!({ "matcher": "Bash", "hooks": (run()) })),
        ("PostToolUseFailure", json!({ "matcher": "Bash", "hooks": (run()) })),
        ("SessionStart", json!({ "hooks": (run()) })),
    ]
}

/// Here a command is a line for the shell, and times are seconds.
fn codex() -> Vec<Entry> {
    let run = || -> Vec<CstInputValue> {
        vec![json!({ "type": "command", "command": "tix hook codex", "timeout": 10 })]
    };
    let before = "^(Bash|apply_patch)$|^mcp__.*git";
    vec![
        ("PreToolUse", json!({ "matcher": before, "hooks": (run()) })),
        ("PostToolUse", json!({ "matcher": "^Bash$", "hooks": (run()) })),
        ("SessionStart", json!({ "hooks": (run()) })),
    ]
}

/// Here times are milliseconds.
fn gemini() -> Vec<Entry> {
    let run = || -> Vec<CstInputValue> {
        vec![
            json!({ "name": "tix", "type": "command", "command": "tix hook gemini", "timeout": 10000 }),
        ]
    };
    let before = "^(run_shell_command|write_file|replace)$|^mcp_.*git";
    vec![
        ("BeforeTool", json!({ "matcher": before, "hooks": (run()) })),
        ("AfterTool", json!({ "matcher": "^run_shell_command$", "hooks": (run()) })),
        ("SessionStart", json!({ "hooks": (run()) })),
    ]
}

/// Here the handlers stand below the event themselves, and one that fails lets things happen unless it says otherwise.
fn cursor() -> Vec<Entry> {
    let ask = json!({ "command": "tix hook cursor", "timeout": 10, "failClosed": true });
    let write = json!({
        "matcher": "Write|Delete", "command": "tix hook cursor", "timeout": 10, "failClosed": true
    });
    vec![
        ("beforeShellExecution", ask),
        ("preToolUse", write),
        ("sessionStart", json!({ "command": "tix hook cursor", "timeout": 10 })),
    ]
}
