//! Files that an agent writes with its own tools, and tools of MCP servers.

use serde_json::{Value, json};

use super::{CODE, ask, reason, seeded, with_code_staged};
use crate::harness::{Output, Place};

fn tool(place: &Place, name: &str, input: &Value) -> Option<i32> {
    let event = json!({
        "hook_event_name": "PreToolUse", "cwd": place.path(), "tool_name": name, "tool_input": input,
    });
    ask(place, "claude", &event).code
}

fn write(place: &Place, path: &str) -> Option<i32> {
    tool(place, "Write", &json!({"file_path": path, "content": "x"}))
}

#[test]
fn files_of_a_protected_checkout_are_not_edited() {
    let sandbox = seeded();
    let clone = with_code_staged(&sandbox);
    clone.write(".git/info/exclude", "scratch/\n");
    let at = |path: &str| clone.path().join(path).display().to_string();
    for path in [
        CODE,
        "new.rs",
        "a/b/c.rs",
        "tickets/TEMPLATE.md",
        "tickets/active/TICKET-a-001.md",
        "src/../x",
    ] {
        assert_eq!(write(&clone, &at(path)), Some(2), "{path}");
        assert_eq!(write(&clone, path), Some(2), "{path}");
    }
    for tool_name in ["Edit", "MultiEdit", "Write"] {
        assert_eq!(
            tool(&clone, tool_name, &json!({"file_path": at(CODE)})),
            Some(2),
            "{tool_name}"
        );
    }
    assert_eq!(tool(&clone, "NotebookEdit", &json!({"notebook_path": at("a.ipynb")})), Some(2));
    // Drafts, what git ignores, and what lies elsewhere.
    let work = sandbox.root().join("work").join(CODE).display().to_string();
    let outside = sandbox.root().join("tmp/x").display().to_string();
    for path in [
        &at("tickets/queue/TICKET-new.md"),
        &at("scratch/x"),
        &work,
        &outside,
        "../elsewhere",
        "/dev/null",
    ] {
        assert_eq!(write(&clone, path), Some(0), "{path}");
    }
    assert_eq!(tool(&clone, "Read", &json!({"file_path": at(CODE)})), Some(0));
    // Whatever is checked out.
    clone.git(&["switch", "-q", "topic"]);
    assert_eq!(write(&clone, CODE), Some(0));
    assert_eq!(write(&clone, ".git/refs/heads/main"), Some(2));
    assert_eq!(write(&clone, ".git/packed-refs"), Some(2));
    assert_eq!(write(&clone, ".git/info/exclude"), Some(0));
}

/// Each agent in its own words: which event, and what it says of a file, of a tool for git, and of a command that has ended.
struct Words {
    dialect: &'static str,
    before: &'static str,
    after: &'static str,
    shell: &'static str,
    writes: &'static [&'static str],
    path: &'static str,
    mcp: (&'static str, &'static str),
}

const WORDS: [Words; 6] = [
    Words {
        dialect: "claude",
        before: "PreToolUse",
        after: "PostToolUse",
        shell: "Bash",
        writes: &["Write", "Edit", "MultiEdit"],
        path: "file_path",
        mcp: ("PreToolUse", "mcp__git__git_commit"),
    },
    Words {
        dialect: "codex",
        before: "PreToolUse",
        after: "PostToolUse",
        shell: "Bash",
        writes: &["apply_patch"],
        path: "command",
        mcp: ("PreToolUse", "mcp__git__git_commit"),
    },
    Words {
        dialect: "gemini",
        before: "BeforeTool",
        after: "AfterTool",
        shell: "run_shell_command",
        writes: &["write_file", "replace"],
        path: "file_path",
        mcp: ("BeforeTool", "mcp_git_git_commit"),
    },
    Words {
        dialect: "cursor",
        before: "preToolUse",
        after: "postToolUse",
        shell: "Shell",
        writes: &["Write", "StrReplace", "Edit", "Delete"],
        path: "file_path",
        mcp: ("beforeMCPExecution", "git_commit"),
    },
    Words {
        dialect: "qwen",
        before: "PreToolUse",
        after: "PostToolUse",
        shell: "run_shell_command",
        writes: &["write_file", "edit", "notebook_edit"],
        path: "file_path",
        mcp: ("PreToolUse", "mcp__git__git_commit"),
    },
    Words {
        dialect: "copilot",
        before: "PreToolUse",
        after: "PostToolUse",
        shell: "Bash",
        writes: &["Write", "Edit"],
        path: "path",
        mcp: ("PreToolUse", "git-git_commit"),
    },
];

#[track_caller]
fn passes(output: &Output) {
    assert!(["", "{}"].contains(&output.success().stdout()), "{output}");
}

#[test]
fn every_agent_is_refused_files_and_tools_in_its_own_words() {
    let sandbox = seeded();
    let clone = with_code_staged(&sandbox);
    let work = clone.at("../work");
    for words in WORDS {
        let send = |place: &Place, event: &str, tool: &str, input: &Value| {
            let event = json!({"hook_event_name": event, "cwd": place.path(), "tool_name": tool, "tool_input": input});
            ask(&clone, words.dialect, &event)
        };
        let edit = |place: &Place, tool: &str, path: &str| {
            let path = if tool == "apply_patch" {
                format!("*** Begin Patch\n*** Update File: {path}\n@@\n+x\n*** End Patch")
            } else {
                path.to_owned()
            };
            let input = json!({words.path: path, "content": "x", "new_string": "x"});
            send(place, words.before, tool, &input)
        };
        for tool in words.writes {
            let refused = edit(&clone, tool, CODE);
            let told = reason(&refused, words.dialect);
            let start = format!(
                "main takes ticket commits only: writing {}",
                clone.path().join(CODE).display()
            );
            assert!(told.starts_with(&start), "{} {tool}: {refused}", words.dialect);
            passes(&edit(&clone, tool, "tickets/queue/TICKET-new.md"));
            passes(&edit(&work, tool, CODE));
        }
        let (event, tool) = words.mcp;
        let input = |place: &Place| json!({"repo_path": place.path(), "message": "x"});
        let refused = send(&work, event, tool, &input(&clone));
        let told = reason(&refused, words.dialect);
        assert!(told.contains("src/b.rs"), "{}: {refused}", words.dialect);
        passes(&send(&clone, event, tool, &input(&work)));
    }
}

#[test]
fn every_agent_hears_at_its_start_and_after_a_commit_what_it_is_to_know() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone");
    clone.commit("code", &[("src/c.rs", "c")]);
    for words in WORDS {
        let say = |event: &Value| ask(&clone, words.dialect, event).success().stdout().to_owned();
        let start = if words.dialect == "cursor" {
            // It says which directories are open, and none of its own.
            json!({"hook_event_name": "sessionStart", "workspace_roots": [clone.path()]})
        } else {
            json!({"hook_event_name": "SessionStart", "source": "startup", "cwd": clone.path()})
        };
        let input = json!({"command": "git commit -m x"});
        let ended = say(&json!({
            "hook_event_name": words.after, "cwd": clone.path(), "tool_name": words.shell, "tool_input": input,
        }));
        let parsed = |text: &str| -> Value { serde_json::from_str(text).unwrap() };
        let (start, ended) = match words.dialect {
            // Plain text is what the model reads.
            "claude" | "codex" => {
                let ended = parsed(&ended)["hookSpecificOutput"].clone();
                assert_eq!(ended["hookEventName"], "PostToolUse");
                (json!(say(&start)), ended["additionalContext"].clone())
            }
            "gemini" | "qwen" => {
                let told =
                    |text: &str| parsed(text)["hookSpecificOutput"]["additionalContext"].clone();
                (told(&say(&start)), told(&ended))
            }
            "copilot" => {
                let told = |text: &str| parsed(text)["additionalContext"].clone();
                (told(&say(&start)), told(&ended))
            }
            _ => {
                let told = |text: &str| parsed(text)["additional_context"].clone();
                (told(&say(&start)), told(&ended))
            }
        };
        assert!(start.as_str().unwrap().contains("1 ticket is free"), "{}: {start}", words.dialect);
        assert!(
            ended.as_str().unwrap().contains("1 commit beyond origin/main"),
            "{}: {ended}",
            words.dialect
        );
    }
}

#[test]
fn a_team_may_ask_or_allow() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone");
    let event = json!({
        "hook_event_name": "PreToolUse", "cwd": clone.path(), "tool_name": "Edit",
        "tool_input": {"file_path": clone.path().join(CODE)},
    });
    clone.git(&["config", "tix.guard.writes", "ask"]);
    let asked = ask(&clone, "claude", &event);
    let answer = asked.success().json();
    assert_eq!(answer["hookSpecificOutput"]["permissionDecision"], "ask", "{asked}");
    let answer = ask(&clone, "cursor", &event).success().json();
    assert_eq!(answer["permission"], "ask", "{answer}");
    let answer = ask(&clone, "copilot", &event).success().json();
    assert_eq!(answer["permissionDecision"], "ask", "{answer}");
    ask(&clone, "codex", &event).exits(2);
    clone.git(&["config", "tix.guard.writes", "allow"]);
    assert_eq!(ask(&clone, "claude", &event).success().stdout(), "");
    // Once the team has settings, they alone say what is let through.
    sandbox.seed(&[(".tix.yaml", "guard.writes: ask\n")]);
    clone.git(&["fetch", "-q"]);
    let asked = ask(&clone, "claude", &event).success().json();
    assert_eq!(asked["hookSpecificOutput"]["permissionDecision"], "ask");
    clone.git(&["config", "tix.guard.writes", "refuse"]);
    ask(&clone, "claude", &event).exits(2);
}

#[test]
fn tools_for_git_are_judged_like_git() {
    let sandbox = seeded();
    let clone = with_code_staged(&sandbox);
    let elsewhere = clone.at(sandbox.root().join("tmp"));
    let repo = clone.path();
    for (name, input) in [
        ("mcp__git__git_commit", json!({"repo_path": repo, "message": "x"})),
        ("mcp__plugin_x_git__commit", json!({"path": repo, "message": "x"})),
        ("mcp__git__git_merge", json!({"repo_path": repo, "branch": "topic"})),
        ("mcp__git__git_cherry_pick", json!({"repo_path": repo, "commit": "topic"})),
        (
            "mcp__git__git_push",
            json!({"repo_path": repo, "remote": "origin", "branch": "topic:main"}),
        ),
        ("mcp__git__git_reset", json!({"repo_path": repo, "commit": "topic"})),
    ] {
        assert_eq!(tool(&elsewhere, name, &input), Some(2), "{name}");
    }
    for (name, input) in [
        ("mcp__git__git_status", json!({"repo_path": repo})),
        ("mcp__git__git_reset", json!({"repo_path": repo})),
        ("mcp__git__git_commit", json!({"repo_path": sandbox.root().join("work"), "message": "x"})),
        ("mcp__files__commit", json!({"repo_path": repo})),
    ] {
        assert_eq!(tool(&elsewhere, name, &input), Some(0), "{name}");
    }
}

#[test]
fn a_forge_takes_no_code_for_a_protected_branch_of_this_repository() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone");
    let push = |branch: &str, path: &str, repo: &str| {
        let input =
            json!({"repo": repo, "branch": branch, "files": [{"path": path, "content": "x"}]});
        tool(&clone, "mcp__github__push_files", &input)
    };
    assert_eq!(push("main", CODE, "origin"), Some(2));
    assert_eq!(push("main", "tickets/queue/TICKET-x.md", "origin"), Some(0));
    assert_eq!(push("topic", CODE, "origin"), Some(0));
    assert_eq!(push("main", CODE, "another"), Some(0));
    let file = json!({"path": CODE, "content": "x"});
    assert_eq!(tool(&clone, "mcp__github__create_or_update_file", &file), Some(2));
    assert_eq!(
        tool(&clone, "mcp__github__merge_pull_request", &json!({"pull_number": 1})),
        Some(0)
    );
}
