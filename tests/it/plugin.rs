//! The agent plugin: its manifests, its hooks, and the slash commands. That its lines of tix are accepted is checked for all
//! documentation together, in `tidy`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::harness::Sandbox;

/// The keys of a plugin's manifest that are metadata only. `hooks` is none of them: what is found by its place must not be
/// named too, or the plugin is refused as having it twice.
const METADATA: [&str; 8] =
    ["name", "displayName", "version", "description", "author", "license", "keywords", "metadata"];

/// What refuses where tix is missing.
const SCRIPT: &str = "hooks/block-main-commits.sh";

fn text(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The front matter of a slash command as keys and values, and its body.
fn command(path: &str) -> (Vec<(String, String)>, String) {
    let text = text(path);
    let (head, body) = text.strip_prefix("---\n").unwrap().split_once("\n---\n").unwrap();
    let pair = |line: &str| {
        let (key, value) = line.split_once(": ").unwrap();
        (key.to_owned(), value.to_owned())
    };
    (head.lines().map(pair).collect(), body.to_owned())
}

#[test]
fn the_manifest_holds_metadata_in_its_right_form() {
    let manifest: Value = serde_json::from_str(&text(".claude-plugin/plugin.json")).unwrap();
    let keys: Vec<&String> = manifest.as_object().unwrap().keys().collect();
    assert!(keys.iter().all(|key| METADATA.contains(&key.as_str())), "{keys:?}");
    assert_eq!(manifest["name"], "workflow-guard");
    assert_eq!(manifest["license"], "MIT");
    // An agent that has the plugin takes another one in its place when the version is another.
    assert_eq!(manifest["version"], env!("CARGO_PKG_VERSION"));
    // A plain string is refused.
    assert_eq!(manifest["author"]["name"], "tix");
    assert!(manifest["description"].is_string() && manifest["keywords"].is_array());
}

#[test]
fn only_the_manifest_lies_beside_itself() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join(".claude-plugin");
    let names: BTreeSet<_> =
        fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    let known: BTreeSet<_> = ["plugin.json", "marketplace.json"].map(Into::into).into();
    assert!(names.is_subset(&known), "{names:?}");
}

#[test]
fn the_marketplace_offers_this_directory() {
    let marketplace: Value =
        serde_json::from_str(&text(".claude-plugin/marketplace.json")).unwrap();
    let manifest: Value = serde_json::from_str(&text(".claude-plugin/plugin.json")).unwrap();
    assert!(marketplace["owner"]["name"].is_string());
    let [plugin] = marketplace["plugins"].as_array().unwrap().as_slice() else {
        panic!("{marketplace}")
    };
    assert_eq!((&plugin["name"], plugin["source"].as_str()), (&manifest["name"], Some("./")));
}

/// The server of the plugin is the one that `tix mcp install` registers, in the place where a plugin's servers are looked for.
#[test]
fn the_plugin_brings_the_server_of_tools() {
    let sandbox = Sandbox::new();
    sandbox.seed(&[("tickets/queue/.gitkeep", "")]);
    let clone = sandbox.clone_named("a");
    clone.tix(&["mcp", "install", "--agents", "claude"]).success();
    let json = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    assert_eq!(json(&text(".mcp.json")), json(&clone.read(".mcp.json")));
}

/// The slash commands, by their names.
fn commands() -> Vec<String> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("commands");
    let names = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name());
    let mut paths: Vec<String> =
        names.map(|name| format!("commands/{}", name.to_str().unwrap())).collect();
    paths.sort();
    paths
}

fn value(head: &[(String, String)], key: &str) -> Option<String> {
    head.iter().find(|(name, _)| name == key).map(|(_, value)| value.clone())
}

#[test]
fn the_commands_may_run_tix_and_harmless_git_only() {
    assert_eq!(
        commands(),
        ["activate", "complete", "list", "release", "show", "status", "submit"]
            .map(|name| format!("commands/{name}.md"))
    );
    for path in commands() {
        let (head, _) = command(&path);
        assert!(
            !value(&head, "description").unwrap().is_empty()
                && value(&head, "argument-hint").is_some()
        );
        for tool in value(&head, "allowed-tools").unwrap().split(", ") {
            let tix = tool.starts_with("Bash(tix ") && tool.ends_with(" *)");
            let git = ["Bash(git status *)", "Bash(git push *)"].contains(&tool);
            assert!(tix || git, "{path}: {tool:?}");
        }
        // What changes the state of a ticket is begun by a person.
        let changes = ["activate", "complete", "release", "submit"];
        let changes = changes.iter().any(|name| path.contains(name));
        let by_person = value(&head, "disable-model-invocation").as_deref() == Some("true");
        assert_eq!(by_person, changes, "{path}");
    }
}

/// What stands in an injected command is pasted into a shell before anybody has looked at it.
#[test]
fn nothing_that_a_user_types_reaches_an_injected_command() {
    for path in commands() {
        let (head, body) = command(&path);
        assert!(!body.contains("```!"), "{path}: a block is injected too");
        for (at, _) in body.match_indices("!`") {
            let line = body[at + 2..].split('`').next().unwrap();
            assert!(!line.contains('$'), "{path}: `{line}`");
            // Without a permission it is not run; when it fails, nothing of the command is.
            let first = line.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
            let allowed = value(&head, "allowed-tools").unwrap();
            assert!(allowed.contains(&format!("Bash({first} *)")), "{path}: `{line}`");
            assert!(line.ends_with("|| true"), "{path}: `{line}`");
        }
        assert_eq!(body.matches("$ARGUMENTS").count(), 1, "{path}");
    }
}

/// The handlers of an event, each with its matcher.
fn handlers(hooks: &Value, event: &str) -> Vec<(Option<String>, Value)> {
    let groups = hooks["hooks"][event].as_array().unwrap_or_else(|| panic!("no {event}"));
    let of = |group: &Value| {
        let matcher = group["matcher"].as_str().map(str::to_owned);
        group["hooks"]
            .as_array()
            .unwrap()
            .iter()
            .map(move |handler| (matcher.clone(), handler.clone()))
            .collect::<Vec<_>>()
    };
    groups.iter().flat_map(of).collect()
}

#[test]
fn the_hooks_have_the_form_that_every_version_reads() {
    let hooks: Value = serde_json::from_str(&text("hooks/hooks.json")).unwrap();
    // In this file the map must be wrapped; an event that is not known is a warning and never runs.
    let keys: BTreeSet<&str> = hooks.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["description", "hooks"].into());
    let events: BTreeSet<&str> =
        hooks["hooks"].as_object().unwrap().keys().map(String::as_str).collect();
    let tools = ["PostToolUse", "PostToolUseFailure", "PreToolUse"];
    let sessions = ["SessionStart", "Stop", "WorktreeCreate", "WorktreeRemove"];
    assert_eq!(events, tools.into_iter().chain(sessions).collect());
    for event in events {
        for (_, handler) in handlers(&hooks, event) {
            // Others read this file as well, and pass over `args`.
            let known = ["type", "command", "timeout", "onFailure"];
            assert!(
                handler.as_object().unwrap().keys().all(|key| known.contains(&key.as_str())),
                "{handler}"
            );
            assert_eq!(handler["type"], "command");
            // A claim waits for its remote; for everything else a person waits.
            let patience = if event.starts_with("Worktree") { 600 } else { 30 };
            assert!(handler["timeout"].as_u64().unwrap() <= patience, "{handler}");
        }
    }
}

#[test]
fn only_before_a_tool_runs_a_hook_may_refuse() {
    let hooks: Value = serde_json::from_str(&text("hooks/hooks.json")).unwrap();
    let before = handlers(&hooks, "PreToolUse");
    let [(Some(matcher), handler)] = before.as_slice() else { panic!("{before:?}") };
    let matcher = regex::Regex::new(matcher).unwrap();
    for tool in [
        "Bash",
        "PowerShell",
        "Write",
        "Edit",
        "MultiEdit",
        "NotebookEdit",
        "mcp__git__git_commit",
        "mcp__github__push_files",
        "mcp__shell__run",
        "apply_patch",
    ] {
        assert!(matcher.is_match(tool), "{tool}");
    }
    for tool in ["Read", "Grep", "BashOutput", "TodoWrite"] {
        assert!(!matcher.is_match(tool), "{tool}");
    }
    // Versions that know it block when the hook fails; the others need an exit code of 2.
    assert_eq!(handler["onFailure"], "block");
    // Its path is all that the model sees of it beside the reason.
    let call = format!("sh \"${{CLAUDE_PLUGIN_ROOT}}/{SCRIPT}\"");
    assert_eq!(handler["command"], call);
    for event in [
        "PostToolUse",
        "PostToolUseFailure",
        "SessionStart",
        "Stop",
        "WorktreeCreate",
        "WorktreeRemove",
    ] {
        // Whoever waits for a directory is told why there is none.
        let told = if event == "WorktreeCreate" { "" } else { " told" };
        for (_, handler) in handlers(&hooks, event) {
            assert_eq!(handler["command"], format!("{call}{told}"), "{event}");
            assert!(handler.get("onFailure").is_none(), "{event}");
        }
    }
}

/// The variables by which each agent tells a plugin's hooks where the plugin is.
const AGENTS: [(&str, &[&str]); 3] = [
    ("claude", &["CLAUDE_PLUGIN_ROOT"]),
    ("codex", &["CLAUDE_PLUGIN_ROOT", "PLUGIN_ROOT"]),
    ("copilot", &["CLAUDE_PLUGIN_ROOT", "PLUGIN_ROOT", "COPILOT_PLUGIN_ROOT"]),
];

/// The script is for settings that name its path too.
#[test]
fn without_tix_the_hook_refuses_and_says_where_tix_comes_from() {
    let sandbox = Sandbox::new();
    let place = sandbox.remote();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join(SCRIPT);
    for (agent, variables) in AGENTS {
        let mut hook = place.command(Path::new("/bin/sh"), &[script.to_str().unwrap()]).stdin("{}");
        for variable in variables {
            hook = hook.env(variable, "/plugin");
        }
        let without = hook.env("PATH", "/usr/bin:/bin").run();
        let told = without.exits(2).stderr();
        assert!(told.contains("tix is not on PATH"), "{without}");
        // Not the user's own repository: that of the plugin.
        let root = fs::canonicalize(env!("CARGO_MANIFEST_DIR")).unwrap();
        assert!(told.contains(&format!("--path '{}'", root.display())), "{without}");
        let answer = serde_json::from_str::<Value>(without.stdout()).unwrap_or_default();
        let why = answer["permissionDecisionReason"].as_str();
        assert_eq!(why, (agent == "copilot").then_some(told.trim_end()), "{without}");
    }
    let copy = sandbox.root().join("copy/hooks/hook.sh");
    fs::create_dir_all(copy.parent().unwrap()).unwrap();
    fs::copy(&script, &copy).unwrap();
    let bare = place.command(Path::new("/bin/sh"), &[copy.to_str().unwrap()]).stdin("{}");
    let bare = bare.env("PATH", "/usr/bin:/bin").run();
    let told = bare.exits(2).stderr();
    assert!(told.contains("install it from a clone") && !told.contains("cargo"), "{bare}");
    let told = place.command(Path::new("/bin/sh"), &[copy.to_str().unwrap(), "told"]).stdin("{}");
    assert_eq!(told.env("PATH", "/usr/bin:/bin").run().success().stdout(), "");
}

/// One line runs in three agents, each of which is answered in its own dialect.
#[test]
fn the_hook_asks_in_the_dialect_of_the_agent_that_calls() {
    let sandbox = Sandbox::new();
    let place = sandbox.remote();
    place.write_script(sandbox.root().join("bin/tix"), "#!/bin/sh\necho \"$*\"; exit 101\n");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join(SCRIPT);
    for (agent, variables) in AGENTS {
        for (words, code) in [(&[][..], 2), (&["told"], 101)] {
            let words = [&[script.to_str().unwrap()], words].concat();
            let mut hook = place.command(Path::new("/bin/sh"), &words).stdin("{}");
            for variable in variables {
                hook = hook.env(variable, "/plugin");
            }
            assert_eq!(hook.run().exits(code).stdout(), format!("hook {agent}\n"));
        }
    }
}

/// `tix hook install --agents claude` and the plugin are two ways to the same: they hear of the same, wait as long, and a hook
/// that cannot answer refuses in both.
#[test]
fn what_is_installed_for_claude_is_what_the_plugin_brings() {
    let sandbox = Sandbox::new();
    sandbox.seed(&[("tickets/queue/.gitkeep", "")]);
    let clone = sandbox.clone_named("a");
    clone.tix(&["hook", "install", "--agents", "claude"]).success();
    let installed: Value = serde_json::from_str(&clone.read(".claude/settings.json")).unwrap();
    let plugin: Value = serde_json::from_str(&text("hooks/hooks.json")).unwrap();
    let line = installed["hooks"]["PreToolUse"][0]["hooks"][0]["command"].clone();
    let without_call = |file: &Value| {
        let mut hooks = file["hooks"].clone();
        for groups in hooks.as_object_mut().unwrap().values_mut() {
            groups[0]["hooks"][0].as_object_mut().unwrap().remove("command").unwrap();
        }
        hooks
    };
    assert_eq!(without_call(&installed), without_call(&plugin));

    let sh = Path::new("/bin/sh");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join(SCRIPT);
    let calls = [
        clone.command(sh, &["-c", line.as_str().unwrap()]),
        clone.command(sh, &[script.to_str().unwrap()]),
    ];
    for call in calls {
        let without = call.clone().env("PATH", "/nowhere").run();
        assert!(without.exits(2).stderr().contains("tix"), "{without}");
        for (code, expected) in [(0, 0), (1, 2), (2, 2), (101, 2)] {
            let tix = format!("#!/bin/sh\ncat; echo why >&2; exit {code}\n");
            clone.write_script(sandbox.root().join("bin/tix"), &tix);
            let output = call.clone().stdin("event").run();
            output.exits(expected);
            assert_eq!((output.stdout(), output.stderr()), ("event", "why\n"), "{output}");
        }
    }
}

/// The extension for Gemini CLI brings what `tix hook install` and `tix mcp install` write into a project, and the skill.
#[test]
fn the_extension_brings_what_is_installed_for_gemini() {
    let sandbox = Sandbox::new();
    sandbox.seed(&[("tickets/queue/.gitkeep", "")]);
    let clone = sandbox.clone_named("a");
    clone.tix(&["hook", "install", "--agents", "gemini"]).success();
    assert_eq!(clone.read(".gemini/settings.json"), text("gemini/hooks/hooks.json"));
    clone.tix(&["hook", "uninstall"]).success();
    clone.tix(&["mcp", "install", "--agents", "gemini"]).success();
    let installed: Value = serde_json::from_str(&clone.read(".gemini/settings.json")).unwrap();
    let manifest: Value = serde_json::from_str(&text("gemini/gemini-extension.json")).unwrap();
    assert_eq!(manifest["mcpServers"], installed["mcpServers"]);
    assert_eq!(manifest["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(text("gemini/skills/tickets/SKILL.md"), text("skills/tickets/SKILL.md"));
}
