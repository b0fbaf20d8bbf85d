//! What an agent is told when a session begins, and after a command.

use serde_json::{Value, json};

use super::verdicts::shadowed;
use super::{ask, event, seeded, with_code_staged};
use crate::harness::{Output, Place};

#[test]
fn a_session_hears_when_no_hook_will_look() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone");
    let start = |place: &Place, dialect: &str| {
        let event = serde_json::json!({"hook_event_name": "SessionStart", "cwd": place.path()});
        let output: Output = ask(place, dialect, &event);
        output.success().stdout().to_owned()
    };
    let missing = "`tix hook install` installs them";
    assert!(start(&clone, "claude").contains(missing));
    clone.tix(&["hook", "install", "--files"]).success();
    assert!(!start(&clone, "claude").contains(missing));
    assert!(start(&clone, "gemini").contains("This agent runs commands without git's hooks"));
}

/// To install them once more would not help.
#[test]
fn a_session_hears_what_hides_the_hooks_and_what_helps() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone");
    clone.tix(&["hook", "install", "--files"]).success();
    let start = |place: &Place| {
        let event = serde_json::json!({"hook_event_name": "SessionStart", "cwd": place.path()});
        ask(place, "claude", &event).success().stdout().to_owned()
    };
    let refused = |place: &Place| {
        ask(place, "claude", &event(place, "cargo fmt && git commit -am x"))
            .exits(2)
            .stderr()
            .to_owned()
    };
    let hidden = shadowed(&clone);
    for words in [start(&hidden), refused(&hidden)] {
        assert!(!words.contains("installs them"), "{words}");
        assert!(words.contains("They are installed, but git takes its hooks from"), "{words}");
        assert!(
            words.contains("by the environment of this process: GIT_CONFIG_COUNT. Commands"),
            "{words}"
        );
        assert!(words.contains("run with `env -u GIT_CONFIG_COUNT` use them"), "{words}");
    }
    clone.git(&["config", "core.hooksPath", "/nowhere"]);
    for words in [start(&clone), refused(&clone)] {
        assert!(!words.contains("installs them"), "{words}");
        assert!(
            words.contains("git takes its hooks from /nowhere. `git config --show-origin"),
            "{words}"
        );
    }
    clone.git(&["config", "--unset", "core.hooksPath"]);
    assert!(!start(&clone).contains("They are installed"));
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

#[test]
fn what_a_tool_of_a_server_has_committed_is_told() {
    let sandbox = seeded();
    let clone = with_code_staged(&sandbox);
    let after = |name: &str, input: Value| {
        let mut event = event(&clone, "");
        event["hook_event_name"] = "PostToolUse".into();
        (event["tool_name"], event["tool_input"]) = (name.into(), input);
        ask(&clone, "claude", &event).success().stdout().contains("main takes ticket commits only")
    };
    assert!(!after("mcp__git__git_commit", json!({"message": "x"})));
    clone.git(&["commit", "-q", "-m", "released"]);
    assert!(after("mcp__git__git_commit", json!({"message": "x"})));
    // What was told once is told again where the call may have moved a branch itself.
    assert!(!after("mcp__slack__post_message", json!({"text": "released"})));
    assert!(after("mcp__shell__run", json!({"commands": ["cd src", "git commit -m x"]})));
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
