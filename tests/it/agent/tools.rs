//! Tools of other servers: shells, git, and forges.

use serde_json::json;

use super::events::tool;
use super::{ask, event, seeded, with_code_staged};

/// Whatever a server and its tools are called: what they are told decides.
#[test]
fn tools_that_are_told_words_or_a_line_are_judged_by_them() {
    let sandbox = seeded();
    let clone = with_code_staged(&sandbox);
    let line = "git commit -m x";
    let wrong = [
        ("mcp__git__run", json!({"args": ["commit", "-m", "x"]})),
        ("mcp__git__git_commit", json!({"args": ["-m", "x"]})),
        ("mcp__git__exec", json!({"command": "git push origin topic:main"})),
        ("mcp__git__exec", json!({"command": "push origin topic:main"})),
        ("mcp__git__git", json!({"argv": ["git", "merge", "topic"]})),
        ("mcp__gitserver__commit", json!({"repository": clone.path(), "message": "x"})),
        ("mcp__git__git_commit", json!({"message": "x", "files": ["src/b.rs"]})),
        ("mcp__git__git_commit", json!({"message": "x", "all": true})),
        ("mcp__git__git_merge", json!({"commits": ["topic"]})),
        ("mcp__git__git_push", json!({"branch": "topic", "remoteBranch": "main"})),
        (
            "mcp__git__git_push",
            json!({"remote": "origin", "branch": "topic", "target_branch": "main"}),
        ),
        ("mcp__shell__run_command", json!({"command": line})),
        ("mcp__shell__run", json!({"command": line})),
        ("mcp__shell__run", json!({"command": "git", "args": ["commit", "-m", "x"]})),
        ("mcp__shell__run", json!({"command": "bash", "args": ["-c", line]})),
        ("mcp__terminal__execute", json!({"cmd": ["git", "commit", "-m", "x"]})),
        ("mcp__desktop-commander__start_process", json!({"command": "git push origin topic:main"})),
        ("mcp__ssh__exec", json!({"script": format!("cd '{}'; {line}", clone.path().display())})),
        ("mcp__shell__execute", json!({"commands": ["cd src", line]})),
        ("mcp__shell__execute", json!({"commands": line})),
        ("mcp__terminal__send", json!({"input": line})),
        ("mcp__tmux__send_keys", json!({"keys": line})),
        ("mcp__tmux__send_keys", json!({"keys": ["git", "commit", "-m", "my text"]})),
        ("mcp__ci__run", json!({"steps": [{"run": "make"}, {"run": "sudo -n git commit -m x"}]})),
        (
            "mcp__shell__run",
            json!({"command": "gh api -X DELETE repos/{owner}/{repo}/git/refs/heads/main"}),
        ),
    ];
    for (name, input) in wrong {
        let output = tool(&clone, name, input.clone());
        assert_eq!(output.code, Some(2), "{name} {input}");
        let elsewhere = tool(&clone.at("../work"), name, input.clone());
        let is_said = input.to_string().contains("main") || input.to_string().contains("clone");
        assert_eq!(elsewhere.code, Some(if is_said { 2 } else { 0 }), "{name} {input}");
    }
    let there = tool(
        &clone.at("../work"),
        "mcp__shell__run",
        json!({"command": line, "cwd": clone.path()}),
    );
    there.exits(2);
    for (name, input) in [
        ("mcp__git__run", json!({"args": ["status", "-s"]})),
        ("mcp__git__git_log", json!({"args": ["-3"]})),
        ("mcp__git__exec", json!({"command": "git fetch"})),
        ("mcp__git__git_push", json!({"branch": "topic", "remoteBranch": "topic"})),
        ("mcp__git-docs__search", json!({"query": line})),
        ("mcp__shell__run_command", json!({"command": "ls"})),
        ("mcp__shell__run", json!({"command": "git status"})),
        ("mcp__shell__run", json!({"command": "echo git push origin main"})),
        ("mcp__shell__run", json!({"commands": ["git fetch", "git log -1"]})),
        ("mcp__slack__post_message", json!({"text": "git push origin main"})),
        ("mcp__notes__add", json!({"body": line, "newText": line, "contents": [line]})),
        ("mcp__search__find", json!({"query": "git push origin main", "searchPattern": line})),
        ("mcp__linear__create_issue", json!({"title": line, "gitBranch": "main"})),
        ("mcp__thinking__think", json!({"thought": "git commit -m x, then git push"})),
        ("mcp__agents__start", json!({"prompt": "git commit -m x", "goal": "please git push"})),
        ("mcp__browser__type", json!({"element": "the git push button", "ref": "main"})),
        ("mcp__todo__write", json!({"todos": [{"content": "git push origin main"}]})),
        ("mcp__files__write_file", json!({"path": "/tmp/notes.md", "content": line})),
        ("mcp__db__commit", json!({"transaction": 1})),
        ("mcp__digital__merge", json!({"branch": "main"})),
        ("mcp__legitimate__push", json!({"branch": "main"})),
        ("mcp__gitbook__update_file", json!({"branch": "main", "path": "a"})),
    ] {
        let output = tool(&clone, name, input.clone());
        assert_eq!(output.code, Some(0), "{name} {input} {output}");
    }
}

/// The remote here is called `origin.git` and has no host.
#[test]
fn tools_of_forges_are_judged_by_the_repository_and_the_branch_that_they_name() {
    let sandbox = seeded();
    let clone = with_code_staged(&sandbox);
    let files = json!([{"path": "src/a.rs", "content": "x"}]);
    for (name, input) in [
        ("mcp__github__update_ref", json!({"ref": "heads/main", "sha": "x"})),
        ("mcp__github__merge_branch", json!({"base": "main", "head": "topic"})),
        (
            "mcp__github__push_files",
            json!({"owner": "o", "repo": "origin", "branch": "main", "files": files}),
        ),
        (
            "mcp__github__create_or_update_file",
            json!({"owner": "o", "repo": "origin", "path": "src/a.rs"}),
        ),
        (
            "mcp__github__createOrUpdateFile",
            json!({"repo": "o/origin", "branch": "refs/heads/main", "path": "a"}),
        ),
        ("mcp__github__delete_branch", json!({"owner": "o", "repo": "origin", "branch": "main"})),
        ("mcp__bitbucket__commit_files", json!({"branch": "main", "files": {"a": "b"}})),
        (
            "mcp__gitlab__create_commit",
            json!({"project_id": 1, "branch": "main", "actions": [{"file_path": "a"}]}),
        ),
        (
            "mcp__gitea__update_file",
            json!({"owner": "o", "repo": "origin", "branch_name": "main", "filePath": "a"}),
        ),
        ("mcp__own_forge__commit_files", json!({"owner": "o", "repo": "origin", "branch": "main"})),
    ] {
        let output = tool(&clone.at("../work"), name, input.clone());
        assert_eq!(output.code, Some(2), "{name} {input}");
    }
    let ticket = json!([{"path": "tickets/queue/TICKET-a-001.md", "content": "x"}]);
    for (name, input) in [
        ("mcp__github__update_ref", json!({"ref": "refs/heads/topic", "sha": "x"})),
        (
            "mcp__github__push_files",
            json!({"owner": "o", "repo": "origin", "branch": "topic", "files": files}),
        ),
        (
            "mcp__github__push_files",
            json!({"owner": "o", "repo": "origin", "branch": "main", "files": ticket}),
        ),
        (
            "mcp__github__push_files",
            json!({"owner": "o", "repo": "other", "branch": "main", "files": files}),
        ),
        ("mcp__github__delete_branch", json!({"owner": "o", "repo": "other", "branch": "main"})),
        ("mcp__github__delete_branch", json!({"owner": "o", "repo": "origin", "branch": "topic"})),
        (
            "mcp__github__create_branch",
            json!({"repo": "origin", "branch": "x", "from_branch": "main"}),
        ),
        (
            "mcp__github__merge_pull_request",
            json!({"owner": "o", "repo": "origin", "pull_number": 1}),
        ),
        (
            "mcp__github__create_pull_request",
            json!({"repo": "origin", "base": "main", "head": "topic"}),
        ),
        ("mcp__github__get_file_contents", json!({"repo": "origin", "path": "a", "ref": "main"})),
        ("mcp__github__update_pull_request_branch", json!({"repo": "origin", "branch": "main"})),
        ("mcp__github__create_issue", json!({"repo": "origin", "title": "git push origin main"})),
        ("mcp__vercel__deploy", json!({"git_branch": "main", "branch": "main"})),
    ] {
        let output = tool(&clone, name, input.clone());
        assert_eq!(output.code, Some(0), "{name} {input} {output}");
    }
}

#[test]
fn a_repository_of_the_same_name_and_another_owner_is_another_one() {
    let sandbox = seeded();
    let clone = with_code_staged(&sandbox);
    let files = json!([{"path": "src/a.rs", "content": "x"}]);
    clone.git(&["remote", "set-url", "origin", "git@example.org:team/origin.git"]);
    let push =
        |owner: &str| json!({"owner": owner, "repo": "origin", "branch": "main", "files": files});
    tool(&clone, "mcp__github__push_files", push("Team")).exits(2);
    tool(&clone, "mcp__github__push_files", push("somebody")).success();
    let api = |of: &str| {
        event(&clone, &format!("gh api -X PATCH repos/{of}/git/refs/heads/main -f sha=x"))
    };
    ask(&clone, "claude", &api("team/origin")).exits(2);
    ask(&clone, "claude", &api("somebody/origin")).success();
}

/// Which one that is, `gh` decides by the names of the remotes.
#[test]
fn a_forge_brings_a_clone_what_one_of_its_remotes_has() {
    let sandbox = seeded();
    let clone = with_code_staged(&sandbox);
    let sync = || ask(&clone, "claude", &event(&clone, "gh repo sync -b main"));
    sync().success();
    clone.git(&["remote", "add", "fork", "https://example.org/me/fork.git"]);
    sync().success();
    clone.git(&["remote", "add", "upstream", "https://example.org/up/fork.git"]);
    sync().exits(2);
    clone.tix(&["hook", "install", "--files", "--strict"]).success();
    sync().success();
}
