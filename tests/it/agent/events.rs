//! Events that are no command line which could be read, and what is told after a command.

use serde_json::{Value, json};

use super::{ask, event, seeded, with_code_staged};
use crate::harness::{Output, Place};

fn tool(place: &Place, name: &str, input: Value) -> Output {
    let mut event = event(place, "");
    event["tool_name"] = name.into();
    event["tool_input"] = input;
    ask(place, "claude", &event)
}

#[test]
fn a_command_that_is_no_text_is_refused_where_a_commit_would_be_judged() {
    let sandbox = seeded();
    let clone = with_code_staged(&sandbox);
    for command in [json!(5), json!({"line": "git commit"}), json!(["git", 5]), json!(null)] {
        let output = tool(&clone, "Bash", json!({"command": command}));
        output.exits(2);
        assert!(output.stderr().starts_with("The command that the agent sent is not text"));
        tool(&clone.at("../work"), "Bash", json!({"command": command})).success();
    }
    tool(&clone, "Bash", json!({"restart": true})).success();
}

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

/// With several remotes it may be any of them that a clone takes its trunk from.
#[test]
fn a_forge_brings_a_clone_what_its_only_remote_has() {
    let sandbox = seeded();
    let clone = with_code_staged(&sandbox);
    let sync = || ask(&clone, "claude", &event(&clone, "gh repo sync -b main"));
    sync().success();
    clone.git(&["remote", "add", "fork", "https://example.org/me/fork.git"]);
    sync().exits(2);
    clone.tix(&["hook", "install", "--files", "--strict"]).success();
    sync().success();
}

#[cfg(unix)]
#[test]
fn a_pipe_in_the_place_of_a_ref_is_refused_and_not_waited_for() {
    let sandbox = seeded();
    let clone = with_code_staged(&sandbox);
    let pipe = clone.git_dir().join("FETCH_HEAD");
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, 0o600.into()).unwrap();
    let output = ask(&clone, "claude", &event(&clone, "git merge FETCH_HEAD"));
    output.exits(2);
    assert!(output.stderr().contains("cannot be judged"), "{output}");
    std::fs::remove_file(&pipe).unwrap();
    let head = clone.git_dir().join("HEAD");
    std::fs::remove_file(&head).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, &head, 0o600.into()).unwrap();
    ask(&clone, "claude", &event(&clone, "git commit -m x")).exits(2);
    std::fs::remove_file(&head).unwrap();
    std::fs::write(&head, "ref: refs/heads/main\n").unwrap();
    for name in ["config", "packed-refs", "refs/remotes/origin/main"] {
        let (path, aside) = (clone.git_dir().join(name), clone.git_dir().join("aside"));
        let had_one = std::fs::rename(&path, &aside).is_ok();
        rustix::fs::mkfifoat(rustix::fs::CWD, &path, 0o600.into()).unwrap();
        ask(&clone, "claude", &event(&clone, "git commit -m x")).exits(2);
        std::fs::remove_file(&path).unwrap();
        if had_one {
            std::fs::rename(&aside, &path).unwrap();
        }
    }
}

/// Read as a shell reads them, these lines would come to more text than there is memory.
#[test]
fn a_line_that_grows_without_an_end_is_not_followed() {
    let sandbox = seeded();
    let clone = with_code_staged(&sandbox);
    let grown = |step: &dyn Fn(u32) -> String| (0..40).map(step).collect::<String>();
    let doubled = grown(&|i| format!("a{}=\"$a{i}$a{i}\"; ", i + 1));
    let added = grown(&|_| "a+=$a; ".to_owned());
    for line in [
        format!("a0=x; {doubled}git $a40"),
        format!("a0=x; {doubled}cd $a40; git commit -m x"),
        format!("a0='git commit -m x;'; {doubled}eval \"$a40\""),
        format!("a0='git commit -m x;'; {doubled}bash -c \"$a40\""),
        format!("a=x; {added}git $a"),
        format!("a=x; {added}git commit -m \"$a\""),
    ] {
        ask(&clone, "claude", &event(&clone, &line)).exits(2);
    }
}

#[test]
fn what_any_program_has_committed_is_told_once() {
    let sandbox = seeded();
    let clone = with_code_staged(&sandbox);
    let after = |line: &str| {
        let mut event = event(&clone, line);
        event["hook_event_name"] = "PostToolUse".into();
        ask(&clone, "claude", &event).success().stdout().contains("main takes ticket commits only")
    };
    assert!(!after("make release"));
    clone.git(&["commit", "-q", "-m", "released"]);
    assert!(after("make release"));
    assert!(!after("make release"));
    assert!(after("git commit -m x"));
}

/// What the guard tells after a line that was run from a place.
fn told_after(place: &Place, line: &str) -> String {
    let mut event = event(place, line);
    event["hook_event_name"] = "PostToolUse".into();
    ask(place, "claude", &event).success().stdout().to_owned()
}

#[test]
fn what_was_pushed_in_the_same_line_is_told_too_and_what_others_pushed_is_not() {
    let sandbox = seeded();
    let clone = with_code_staged(&sandbox);
    assert_eq!(told_after(&clone, "make"), "");
    clone.git(&["commit", "-q", "-m", "released"]);
    clone.git(&["push", "-q"]);
    let told = told_after(&clone, "make release");
    assert!(told.contains("1 commit with other changes went from here to origin/main"), "{told}");
    assert!(told.contains("released"), "{told}");
    assert_eq!(told_after(&clone, "make release"), "");
    // From another branch, and with the tip of another clone fetched before.
    let other = sandbox.clone_named("other");
    other.commit("of others", &[(super::CODE, "fn others() {}\n")]);
    other.git(&["push", "-q"]);
    clone.git(&["pull", "-q"]);
    assert_eq!(told_after(&clone, "git pull"), "");
    let work = clone.at("../work");
    work.git(&["commit", "-q", "-m", "worked"]);
    work.git(&["pull", "-q", "--no-rebase", "--no-edit", "origin", "main"]);
    work.git(&["push", "-q", "origin", "HEAD:main"]);
    let told = told_after(&work, "./ship.sh");
    assert!(told.contains("went from here to origin/main") && told.contains("worked"), "{told}");
    assert!(!told.contains("of others"), "{told}");
    // A session, or a line of git, knows where they were before anything was run.
    for begins in ["SessionStart", "PreToolUse"] {
        std::fs::remove_file(clone.common_dir().join("tix/tips.json")).unwrap();
        let mut start = event(&work, "git status");
        start["hook_event_name"] = begins.into();
        ask(&work, "claude", &start).success();
        work.git(&["commit", "-q", "--allow-empty", "-m", begins]);
        work.git(&["push", "-q", "origin", "HEAD:main"]);
        let told = told_after(&work, "./ship.sh");
        assert!(told.contains("went from here") && told.contains(begins), "{told}");
    }
}

#[test]
fn what_a_line_does_in_other_directories_is_told() {
    let sandbox = seeded();
    let clone = with_code_staged(&sandbox);
    let (work, tmp) = (clone.at("../work"), clone.at(sandbox.root().join("tmp")));
    let path = clone.path().display().to_string();
    let lines = [
        (&work, format!("git -C '{path}' commit -m x")),
        (&work, format!("cd '{path}' && ./ship.sh")),
        (&tmp, format!("cd '{path}' && ./ship.sh")),
        (&tmp, "cd ../clone && make ship".to_owned()),
        (&tmp, format!("git -C '{path}' commit -m x")),
        (&sandbox.clone_named("another"), "cd ../clone; make ship".to_owned()),
    ];
    clone.git(&["commit", "-q", "-m", "slipped"]);
    for (place, line) in lines {
        let told = told_after(place, &line);
        assert!(told.contains("1 commit beyond origin/main"), "{line}: {told}");
        // Any other line tells it no more.
        assert_eq!(told_after(&work, "make"), "", "{line}");
        std::fs::remove_file(clone.common_dir().join("tix/tips.json")).unwrap();
    }
}
