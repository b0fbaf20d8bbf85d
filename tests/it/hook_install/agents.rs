//! The agents' files of the working tree.

use super::*;
use crate::harness::notes;

const FILES: [(&str, &str); 6] = [
    ("claude", ".claude/settings.json"),
    ("codex", ".codex/hooks.json"),
    ("gemini", ".gemini/settings.json"),
    ("cursor", ".cursor/hooks.json"),
    ("qwen", ".qwen/settings.json"),
    ("copilot", ".github/hooks/tix.json"),
];

#[test]
fn the_agents_files_get_our_hooks_and_lose_them_again() {
    let (_sandbox, clone) = scene();
    let theirs = "{\n    \"model\": \"opus\",\n    \"hooks\": {\n        \"PreToolUse\": [\n            {\"matcher\": \"X\", \"hooks\": [{\"type\": \"command\", \"command\": \"mine\"}]}\n        ]\n    }\n}\n";
    clone.write(".claude/settings.json", theirs);
    let args =
        ["hook", "install", "--agents", "claude,codex", "--agents", "gemini,cursor,qwen,copilot"];
    let output = clone.tix(&args);
    let words = output.success().stdout();
    assert!(words.contains("  .claude/settings.json  changed\n"), "{output}");
    assert!(words.contains("  .codex/hooks.json      written\n"), "{output}");
    assert!(words.contains("commit them the way you commit code"), "{output}");
    for (agent, file) in FILES {
        let text = clone.read(file);
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert!(json["hooks"].is_object(), "{text}");
        let compact = json.to_string();
        assert!(compact.contains(&format!("\"command\":\"tix hook {agent}\"")), "{text}");
    }
    let settings = clone.read(".claude/settings.json");
    assert!(settings.starts_with("{\n    \"model\": \"opus\",\n    \"hooks\": {\n        \"PreToolUse\": [\n            {\"matcher\": \"X\", "), "{settings}");
    let before: Vec<String> = FILES.iter().map(|(_, file)| clone.read(file)).collect();
    let again = clone.tix(&args);
    assert!(again.success().stdout().starts_with("nothing to do"), "{again}");
    assert!(FILES.iter().map(|(_, file)| clone.read(file)).eq(before));
    let status = clone.tix(&["hook", "status"]);
    for (agent, file) in FILES {
        let state = if agent == "codex" { "inactive" } else { "installed" };
        let line = format!("{agent}\t{state}\t{file}");
        assert!(status.success().stdout().contains(&line), "{status}");
    }

    clone.tix(&["hook", "uninstall"]).success();
    assert_eq!(clone.read(".claude/settings.json"), theirs);
    assert_eq!(clone.git(&["status", "--porcelain", "-uall"]), "?? .claude/settings.json");
    assert!(!clone.exists(".codex"));
}

/// Codex passes over hooks that nobody has trusted, and says nothing.
#[test]
fn hooks_that_wait_for_trust_are_told_so() {
    let (sandbox, clone) = scene();
    let output = clone.tix(&["hook", "install", "--agents", "codex"]);
    assert!(output.success().stdout().contains("note: Codex runs no hook that you"), "{output}");
    let advice = "note: Codex CLI may write in the repository only; this puts workspaces there: git config tix.worktree";
    assert!(output.stdout().contains(advice), "{output}");
    clone.git(&["config", "tix.worktree", ".worktrees/{id}"]);
    let inside = clone.tix(&["hook", "install", "--agents", "codex"]);
    assert!(!inside.success().stdout().contains("may write in the repository only"), "{inside}");
    let line = |output: &Output| {
        let lines = output.success().stdout().lines().map(str::to_owned);
        lines.filter(|line| line.starts_with("codex")).collect::<String>()
    };
    let waits = line(&clone.tix(&["hook", "status"]));
    assert!(waits.contains("not active until trusted: start codex here"), "{waits}");
    let hooks = clone.path().join(".codex/hooks.json");
    let state =
        format!("[hooks.state.\"{}:pre_tool_use:0:0\"]\ntrusted_hash = \"x\"\n", hooks.display());
    let home = clone.at(sandbox.root().join("codex"));
    home.write("config.toml", &state);
    let trusting = clone.env("CODEX_HOME", home.path().to_str().unwrap());
    assert_eq!(line(&trusting.tix(&["hook", "status"])), "codex\tinstalled\t.codex/hooks.json");
}

/// The nearest settings that say so count.
#[test]
fn hooks_that_an_agents_settings_switch_off_are_told_so() {
    let (sandbox, clone) = scene();
    clone.tix(&["hook", "install", "--agents", "claude"]).success();
    let line = |clone: &Place| {
        let output = clone.tix(&["hook", "status"]);
        let lines = output.success().stdout().lines().map(str::to_owned);
        lines.filter(|line| line.starts_with("claude")).collect::<String>()
    };
    let finding = |clone: &Place| clone.tix(&["doctor"]).stdout().contains("idle-agent-hooks");
    let off = |file: &str| {
        format!(
            "claude\tinactive\t.claude/settings.json (not active: {file} has disableAllHooks: true)"
        )
    };
    assert!(!finding(&clone));
    let home = clone.at(sandbox.fresh_directory("person"));
    home.write("settings.json", "{\"disableAllHooks\": true}");
    let personal = home.path().join("settings.json").display().to_string();
    let theirs = clone.env("CLAUDE_CONFIG_DIR", home.path().to_str().unwrap());
    assert_eq!(line(&theirs), off(&personal));
    let settings = clone.read(".claude/settings.json");
    clone.write(".claude/settings.json", settings.replacen('{', "{\"disableAllHooks\": true,", 1));
    assert_eq!(line(&clone), off(".claude/settings.json"));
    assert!(finding(&clone));
    clone.write(".claude/settings.local.json", "{ \"disableAllHooks\": false }");
    assert_eq!(line(&theirs), "claude\tinstalled\t.claude/settings.json");
    clone.write(".claude/settings.local.json", "{ \"disableAllHooks\": true /* today */ }");
    assert_eq!(line(&clone), off(".claude/settings.local.json"));

    clone.tix(&["hook", "install", "--agents", "gemini,qwen"]).success();
    for (agent, switch) in
        [("gemini", "\"hooksConfig\": {\"enabled\": false}"), ("qwen", "\"disableAllHooks\": true")]
    {
        let file = format!(".{agent}/settings.json");
        clone.write(&file, clone.read(&file).replacen('{', &format!("{{{switch},"), 1));
        let status = clone.tix(&["hook", "status"]);
        assert!(
            status
                .stdout()
                .contains(&format!("{agent}\tinactive\t{file} (not active: {file} has ")),
            "{status}"
        );
    }
}

/// One agent's file keeps no other agent, and no clone, from its guard.
#[test]
fn a_file_that_cannot_be_edited_is_named_and_the_rest_is_done() {
    let broken = "{\n  \"a\": 1,,\n}\n";
    for (agent, file) in FILES {
        let (_sandbox, clone) = scene();
        clone.write(file, broken);
        let output = clone.tix(&["hook", "install", "--agents", &format!("{agent},opencode")]);
        output.exits(9);
        assert!(output.stderr().contains(&format!("{file}: line 2: ")), "{output}");
        let line = format!("  {file:<21}  failed (line 2: ");
        assert!(output.stdout().contains(&line), "{output}");
        assert!(output.stdout().contains("  .opencode/plugins/tix.js  written\n"), "{output}");
        assert_eq!(clone.read(file), broken);
        let status = clone.tix(&["hook", "status"]);
        let line = format!("{agent}\tunreadable\t{file} (line 2: ");
        assert!(status.stdout().contains(&line), "{status}");
        assert!(status.stdout().contains("pre-push\tinstalled"), "{status}");
        let json = clone.tix(&["hook", "uninstall", "--json"]);
        let json = json.exits(9).json();
        assert_eq!(json["agents"][0]["did"], "failed", "{json}");
        assert!(!clone.exists(".opencode"));
    }
    let (_sandbox, clone) = scene();
    clone.tix(&["hook", "install", "--agents", "nobody"]).exits(2);
}

/// The files that each agent reads its servers of tools from, and what it reads there.
const SERVERS: [(&str, &str, &str); 6] = [
    ("claude,copilot", ".mcp.json", r#"{"mcpServers":{"tix":{"args":["mcp"],"command":"tix"}}}"#),
    ("codex", ".codex/config.toml", ""),
    (
        "gemini",
        ".gemini/settings.json",
        r#"{"mcpServers":{"tix":{"args":["mcp"],"command":"tix"}}}"#,
    ),
    ("cursor", ".cursor/mcp.json", r#"{"mcpServers":{"tix":{"args":["mcp"],"command":"tix"}}}"#),
    ("qwen", ".qwen/settings.json", r#"{"mcpServers":{"tix":{"args":["mcp"],"command":"tix"}}}"#),
    ("opencode", "opencode.json", r#"{"mcp":{"tix":{"command":["tix","mcp"],"type":"local"}}}"#),
];

#[test]
fn the_server_is_registered_with_each_agent_and_taken_out_again() {
    let (_sandbox, clone) = scene();
    clone.write(".codex/config.toml", "model = \"x\" # mine\n");
    let agents = SERVERS.map(|(agent, ..)| agent).join(",");
    // Somebody may name one twice.
    let args = ["mcp", "install", "--agents", &agents, "--agents", "claude"];
    let planned = clone.tix(&[&args[..], &["--dry-run"]].concat());
    assert!(planned.success().stdout().starts_with("this would be done:\n"), "{planned}");
    assert!(!clone.exists(".mcp.json"));
    let output = clone.tix(&args);
    assert_eq!(output.success().stdout().matches("  .mcp.json  ").count(), 1, "{output}");
    assert!(output.stdout().contains("  .codex/config.toml     changed\n"), "{output}");
    assert_eq!(output.stdout().matches("note: Claude Code asks").count(), 1, "{output}");
    for (_, file, entry) in SERVERS.iter().filter(|(agent, ..)| *agent != "codex") {
        let json: serde_json::Value = serde_json::from_str(&clone.read(file)).unwrap();
        assert_eq!(json.to_string(), *entry, "{file}");
    }
    assert_eq!(
        clone.read(".codex/config.toml"),
        "model = \"x\" # mine\n\n[mcp_servers.tix]\ncommand = \"tix\"\nargs = [\"mcp\"]\n"
    );
    let again = clone.tix(&args);
    assert!(again.success().stdout().starts_with("nothing to do"), "{again}");

    // Hooks may stand in the same file.
    clone.tix(&["hook", "install", "--agents", "gemini"]).success();
    clone.tix(&["mcp", "uninstall"]).success();
    assert!(clone.read(".gemini/settings.json").contains("tix hook gemini"));
    clone.tix(&["hook", "uninstall"]).success();
    assert_eq!(clone.read(".codex/config.toml"), "model = \"x\" # mine\n");
    assert_eq!(clone.git(&["status", "--porcelain", "-uall"]), "?? .codex/config.toml");
    clone.tix(&["mcp", "uninstall"]).success();
    clone.tix(&["mcp", "install"]).exits(2);
}

#[test]
fn another_server_of_the_name_is_left_alone() {
    let (_sandbox, clone) = scene();
    let theirs = "[mcp_servers.tix]\ncommand = \"other\"\n";
    clone.write(".codex/config.toml", theirs);
    let output = clone.tix(&["mcp", "install", "--agents", "claude,codex"]);
    assert!(output.exits(9).stderr().contains(".codex/config.toml: line 1: "), "{output}");
    assert_eq!(clone.read(".codex/config.toml"), theirs);
    assert!(clone.exists(".mcp.json"));
    clone.tix(&["mcp", "uninstall"]).success();
    assert_eq!(clone.read(".codex/config.toml"), theirs);
}

#[test]
fn a_server_of_somebodys_own_is_named_and_stays() {
    let (_sandbox, clone) = scene();
    let theirs = r#"{"mcpServers":{"tix":{"command":"tix","args":["--role","coder","mcp"]}}}"#;
    clone.write(".mcp.json", theirs);
    let named =
        "  .mcp.json              unchanged (line 1: the server \"tix\" is an entry of your own)\n";
    for command in [&["mcp", "install", "--agents", "claude,qwen"][..], &["mcp", "uninstall"]] {
        let output = clone.tix(command);
        assert!(output.success().stdout().contains(named), "{output}");
        assert_eq!(clone.read(".mcp.json"), theirs);
    }
    assert!(!clone.exists(".qwen"));
    let output = clone.tix(&["mcp", "uninstall", "--json"]).success().json();
    assert_eq!(output["changed"], false);
    assert!(output["agents"][0]["detail"].as_str().unwrap().contains("of your own"), "{output}");
}

#[test]
fn the_file_that_opencode_has_is_the_one_that_is_edited() {
    for file in ["opencode.jsonc", ".opencode/opencode.json", ".opencode/opencode.jsonc"] {
        let (_sandbox, clone) = scene();
        let theirs = "{\n  // mine\n  \"model\": \"x\",\n}\n";
        clone.write(file, theirs);
        let args = ["mcp", "install", "--agents", "opencode"];
        let output = clone.tix(&args);
        assert!(
            output.success().stdout().contains(&format!("  {file:<21}  changed\n")),
            "{output}"
        );
        assert!(clone.read(file).contains("// mine") && !clone.exists("opencode.json"));
        assert!(clone.tix(&args).success().stdout().starts_with("nothing to do"));
        // The entry counts wherever it stands.
        clone.write("opencode.json", "{}\n");
        assert!(clone.tix(&args).success().stdout().starts_with("nothing to do"));
        clone.tix(&["mcp", "uninstall"]).success();
        assert_eq!(clone.read(file), theirs);
        assert_eq!(clone.read("opencode.json"), "{}\n");
    }
}

/// Where an agent asks before it acts, a hook that does not come to an answer is a refusal: 2, and a reason.
#[test]
fn without_tix_and_with_one_that_fails_every_agent_is_refused() {
    let (sandbox, clone) = scene();
    clone
        .tix(&["hook", "install", "--agents", "claude,codex,gemini,cursor,qwen,copilot"])
        .success();
    let before = [
        ("claude", &["PreToolUse"][..]),
        ("codex", &["PreToolUse"]),
        ("gemini", &["BeforeTool"]),
        ("cursor", &["beforeShellExecution", "beforeMCPExecution", "preToolUse"]),
        ("qwen", &["PreToolUse"]),
        ("copilot", &["PreToolUse"]),
    ];
    for ((agent, file), (_, events)) in FILES.iter().zip(before) {
        let json: serde_json::Value = serde_json::from_str(&clone.read(file)).unwrap();
        for event in events {
            let group = &json["hooks"][event][0];
            let handler = if group["hooks"].is_array() { &group["hooks"][0] } else { group };
            let line = handler["command"].as_str().unwrap();
            let call = clone.command(Path::new("/bin/sh"), &["-c", line]).stdin("{}");
            let without = call.clone().env("PATH", "/nowhere").run();
            assert!(without.exits(2).stderr().contains("tix"), "{agent} {event}: {without}");
            let tix = sandbox.root().join("bin/tix");
            clone.write_script(&tix, "#!/bin/sh\necho \"$@\" >&2; exit 101\n");
            let failing = call.clone().run();
            assert_eq!(failing.exits(2).stderr(), format!("hook {agent}\n"), "{failing}");
            fs::remove_file(&tix).unwrap();
        }
    }
}

/// What the plugin for opencode does, asked by a program in opencode's place.
const OPENCODE: &str = r#"
import { Tix } from "./tix.mjs"
const parents = { s2: "s1", s3: "s2" }
const get = async ({ path: { id } }) => {
  if (id === "lost") throw new Error("no answer")
  return { data: { id, parentID: parents[id] } }
}
const hooks = await Tix({ client: { session: { get } }, directory: process.argv[2] })
const before = async (tool, args) => {
  try {
    await hooks["tool.execute.before"]({ tool, sessionID: "s1" }, { args })
    return "passes"
  } catch (error) {
    return error.message.split("\n")[0]
  }
}
console.log(await before("bash", { command: "git commit -am x" }))
console.log(await before("bash", { command: "git commit -am x", workdir: process.argv[3] }))
console.log(await before("write", { filePath: process.argv[2] + "/a.py" }))
console.log(await before("git_git_commit", { repo_path: process.argv[2], message: "x" }))
console.log(await before("read", { filePath: process.argv[2] + "/a.py" }))
const shell = async (sessionID) => {
  const output = { env: {} }
  await hooks["shell.env"]({ sessionID }, output)
  return output.env.TIX_SESSION ?? "-"
}
const sessions = [await shell("s1"), await shell("s3"), await shell("other"), await shell("lost"), await shell()]
process.env.TIX_SESSION = "worker"
console.log([...sessions, await shell("s1")].join(" "))
const report = { output: "done" }
await hooks["tool.execute.after"]({ tool: "bash", sessionID: "s1", args: { command: "make" } }, report)
console.log(report.output.split("\n").length)
process.env.PATH = "/nowhere"
console.log(await before("bash", { command: "ls" }))
"#;

#[test]
fn the_plugin_for_opencode_asks_and_names_the_session() {
    let (sandbox, clone) = scene();
    let args = ["hook", "install", "--agents", "opencode"];
    let file = ".opencode/plugins/tix.js";
    assert!(clone.tix(&args).success().stdout().contains("  .opencode/plugins/tix.js  written\n"));
    let text = clone.read(file);
    assert!(clone.tix(&args).success().stdout().starts_with("nothing to do"));
    if clone.sh("command -v node").run().code != Some(0) {
        return notes::skipped("node");
    }
    let bin = sandbox.root().join("bin/tix");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_tix"), bin).unwrap();
    let work = clone.worktree("work");
    clone.write("code.rs", "fn main() {}\n");
    clone.git(&["add", "code.rs"]);
    let host = clone.at(sandbox.fresh_directory("host"));
    host.write("tix.mjs", &text);
    host.write("host.mjs", OPENCODE);
    let [here, there] = [&clone, &work].map(|place| place.path().to_str().unwrap().to_owned());
    let said = host.command("node".as_ref(), &["host.mjs", &here, &there]).run();
    let lines: Vec<&str> = said.success().stdout().lines().collect();
    let [commit, elsewhere, write, server, read, shell, report, missing] = lines[..] else {
        panic!("{said}")
    };
    for refused in [commit, write, server] {
        assert!(refused.starts_with("main takes ticket commits only: "), "{said}");
    }
    assert_eq!([elsewhere, read], ["passes"; 2]);
    // A subagent is in the session that began it all, and a worker in the one that tix has named.
    assert_eq!((shell, report), ("s1 s1 other lost - -", "1"));
    assert!(missing.starts_with("The guard cannot be asked"), "{said}");

    clone.write(file, format!("{text}mine()\n"));
    let output = clone.tix(&["hook", "uninstall"]);
    assert!(
        output.success().stdout().contains("tix.js  unchanged (line 1: it was changed"),
        "{output}"
    );
    assert!(clone.tix(&args).success().stdout().contains("tix.js  unchanged (line 1: it was"));
    assert!(clone.read(file).ends_with("mine()\n"));
    clone.write(file, text);
    clone.tix(&["hook", "uninstall"]).success();
    assert!(!clone.exists(".opencode"));
    clone.write(file, "mine()\n");
    clone.tix(&args).exits(9);
    assert_eq!(clone.read(file), "mine()\n");
}
