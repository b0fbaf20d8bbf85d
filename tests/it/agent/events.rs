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

#[test]
fn tools_that_are_told_words_or_a_line_are_judged_by_them() {
    let sandbox = seeded();
    let clone = with_code_staged(&sandbox);
    for (name, input) in [
        ("mcp__git__run", json!({"args": ["commit", "-m", "x"]})),
        ("mcp__git__git_commit", json!({"args": ["-m", "x"]})),
        ("mcp__git__exec", json!({"command": "git push origin topic:main"})),
        ("mcp__git__exec", json!({"command": "push origin topic:main"})),
        ("mcp__git__git", json!({"argv": ["git", "merge", "topic"]})),
        ("mcp__shell__run_command", json!({"command": "git commit -m x"})),
        ("mcp__github__update_ref", json!({"ref": "heads/main", "sha": "x"})),
        ("mcp__github__merge_branch", json!({"base": "main", "head": "topic"})),
    ] {
        tool(&clone, name, input).exits(2);
    }
    for (name, input) in [
        ("mcp__git__run", json!({"args": ["status", "-s"]})),
        ("mcp__git__git_log", json!({"args": ["-3"]})),
        ("mcp__git__exec", json!({"command": "git fetch"})),
        ("mcp__shell__run_command", json!({"command": "ls"})),
        ("mcp__github__update_ref", json!({"ref": "refs/heads/topic", "sha": "x"})),
    ] {
        tool(&clone, name, input).success();
    }
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
