//! Events that are no command line which could be read.

use serde_json::{Value, json};

use super::{ask, event, seeded, with_code_staged};
use crate::harness::{Output, Place};

pub fn tool(place: &Place, name: &str, input: Value) -> Output {
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
        assert!(output.stderr().starts_with("What the agent's tool is to do cannot be read"));
        tool(&clone.at("../work"), "Bash", json!({"command": command})).success();
    }
    tool(&clone, "Bash", json!({"restart": true})).success();
}

#[test]
fn a_tool_that_writes_is_refused_where_nobody_can_tell_what() {
    let sandbox = seeded();
    let clone = with_code_staged(&sandbox);
    let patch = "*** Begin Patch\n*** Update File: src/app.rs\n*** End Patch";
    for (name, input) in [
        ("apply_patch", json!({"patchText": patch})),
        ("apply_patch", json!(patch)),
        ("apply_patch", json!({"changes": []})),
        ("Write", json!({"content": "x"})),
        ("Bash", json!("git commit -m x")),
        ("Bash", Value::Null),
    ] {
        tool(&clone, name, input.clone()).exits(2);
        tool(&clone.at("../work"), name, input).success();
    }
    // Where files may be written, or a person is asked, it does not matter which.
    let asks = |writes: &str, name: &str| {
        clone.git(&["config", "tix.guard.writes", writes]);
        let output = tool(&clone, name, json!({ "content": "x" }));
        (output.code, output.stdout().contains(r#""permissionDecision":"ask""#))
    };
    assert_eq!(asks("allow", "Write"), (Some(0), false));
    assert_eq!(asks("ask", "Write"), (Some(0), true));
    assert_eq!(asks("allow", "Bash"), (Some(2), false));
    let mut event = json!({"cwd": clone.path(), "toolName": "bash"});
    event["toolArgs"] = json!({"command": "git commit -m x"}).to_string().into();
    let answer = ask(&clone, "copilot", &event);
    assert!(answer.success().stdout().contains(r#""permissionDecision":"deny""#), "{answer}");
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
