//! What of the agents' files is the user's: it stays, and comes back.

use super::*;

/// An editing that nobody has touched since is undone to the last byte, also where the file no longer says what was there.
#[test]
fn what_nobody_has_changed_since_comes_back_as_it_was() {
    let (_sandbox, clone) = scene();
    let claude = "{\"permissions\":{\"deny\":[]},\"hooks\":{\"PreToolUse\":[],\"Stop\":[ ]}}";
    let gemini = "{\n  // mine\n  \"mcpServers\": {},\n  \"hooks\": { }, /* kept */\n}\n";
    let opencode = "{ \"mcp\": {\"other\": {\"type\":\"local\",\"command\":[\"x\"]}} }";
    clone.write(".claude/settings.json", claude);
    clone.write(".gemini/settings.json", gemini);
    clone.write("opencode.json", opencode);
    clone.tix(&["hook", "install", "--agents", "claude,gemini"]).success();
    clone.tix(&["mcp", "install", "--agents", "gemini,opencode"]).success();
    clone.tix(&["mcp", "uninstall"]).success();
    clone.tix(&["hook", "uninstall"]).success();
    assert_eq!(clone.read(".claude/settings.json"), claude);
    assert_eq!(clone.read(".gemini/settings.json"), gemini);
    assert_eq!(clone.read("opencode.json"), opencode);

    // What somebody has changed stays changed.
    clone.tix(&["hook", "install", "--agents", "claude"]).success();
    let settings = clone.read(".claude/settings.json");
    clone.write(".claude/settings.json", settings.replace("permissions", "allowed"));
    clone.tix(&["hook", "uninstall"]).success();
    let settings = clone.read(".claude/settings.json");
    assert!(!settings.contains("permissions") && !settings.contains("tix hook"), "{settings}");
}

/// Whatever was there is there again, and what was not there is gone, in whatever order the two parts come and go.
#[test]
fn a_file_that_held_nothing_comes_back_and_one_that_was_not_there_goes() {
    let (_sandbox, clone) = scene();
    let agents = "claude,codex,gemini,cursor,qwen,copilot,opencode";
    let files = [
        ".claude/settings.json",
        ".codex/hooks.json",
        ".codex/config.toml",
        ".gemini/settings.json",
        ".cursor/mcp.json",
        ".qwen/settings.json",
        ".mcp.json",
        "opencode.json",
    ];
    let empties = ["", "\n", "  \n\n", "\u{feff}", "{}", "{}\n", "{ }\n", "{\n  // mine\n}\n"];
    let all = empties.into_iter().map(Some).chain([None]);
    for (nothing, leave) in all.flat_map(|one| [(one, ["hook", "mcp"]), (one, ["mcp", "hook"])]) {
        let text = |file: &str| {
            let is_toml = file == ".codex/config.toml";
            nothing.map(
                |text| if is_toml { text.replace(['{', '}', '/'], "#") } else { text.to_owned() },
            )
        };
        for file in files {
            match text(file) {
                Some(text) => clone.write(file, text),
                None if clone.exists(file) => fs::remove_file(clone.path().join(file)).unwrap(),
                None => {}
            }
        }
        for part in ["hook", "mcp"] {
            clone.tix(&[part, "install", "--agents", agents]).success();
        }
        for part in leave {
            clone.tix(&[part, "uninstall"]).success();
        }
        for file in files {
            let left = fs::read_to_string(clone.path().join(file)).ok();
            assert_eq!(left, text(file), "{file}, {leave:?}");
        }
    }
    assert_eq!(clone.git(&["status", "--porcelain", "-uall"]), "");
}

/// What an earlier tix wrote is ours also where somebody has changed the rest of the file since.
#[test]
fn no_entry_of_an_earlier_tix_comes_back() {
    let (_sandbox, clone) = scene();
    let file = ".claude/settings.json";
    clone.tix(&["hook", "install", "--agents", "claude"]).success();
    let earlier = clone.read(file).replace("\"timeout\": 600", "\"timeout\": 300");
    let record = clone.path().join(".git/tix/agents").join(file);
    let undo = serde_json::json!({ "was": null, "wrote": earlier }).to_string();
    fs::write(record, undo).unwrap();
    clone.write(file, earlier.replacen('{', "{ \"mine\": 1,", 1));
    assert!(clone.tix(&["hook", "status"]).stdout().contains("claude\toutdated"));
    clone.tix(&["hook", "install", "--agents", "claude"]).success();
    assert!(!clone.read(file).contains("300"));
    clone.tix(&["hook", "uninstall"]).success();
    let left: serde_json::Value = serde_json::from_str(&clone.read(file)).unwrap();
    assert_eq!(left, serde_json::json!({ "mine": 1 }));
}

/// What cannot be read or written is 5; 9 is what cannot be edited.
#[test]
fn a_file_that_cannot_be_written_is_named_and_the_rest_is_done() {
    let (_sandbox, clone) = scene();
    let refused = |file: &str, why: &str, hint: &str| {
        let output = clone.tix(&["hook", "install", "--agents", "qwen,gemini"]);
        let line = format!("{file}: {why}");
        assert!(output.exits(5).stderr().contains(&line), "{output}");
        assert!(output.stderr().contains(hint) && !output.stderr().contains("/.tix-"), "{output}");
        assert!(clone.exists(".gemini/settings.json"));
        assert!(matches!(clone.tix(&["hook", "uninstall"]).code, Some(0 | 5)));
    };
    let permissions = "fix the permissions";
    // A file stands where the directory would be.
    clone.write(".qwen", "mine\n");
    refused(".qwen/settings.json", "Not a directory", "hint: move away what stands in the place");
    assert_eq!(clone.read(".qwen"), "mine\n");
    fs::remove_file(clone.path().join(".qwen")).unwrap();
    // Nobody can make a file there.
    symlink("/proc", clone.path().join(".qwen")).unwrap();
    refused(".qwen/settings.json", "No such file or directory (os error 2)", permissions);
    fs::remove_file(clone.path().join(".qwen")).unwrap();
    fs::create_dir_all(clone.path().join(".qwen/settings.json")).unwrap();
    let odd = "hint: put a regular file or none in its place, and run the command again";
    refused(".qwen/settings.json", "it is not a regular file", odd);
    fs::remove_dir(clone.path().join(".qwen/settings.json")).unwrap();
    clone.sh("mkfifo .qwen/settings.json").run().success();
    refused(".qwen/settings.json", "it is not a regular file", odd);
    fs::remove_file(clone.path().join(".qwen/settings.json")).unwrap();
    symlink("settings.json", clone.path().join(".qwen/settings.json")).unwrap();
    refused(".qwen/settings.json", "its links lead in a circle", odd);
    fs::remove_file(clone.path().join(".qwen/settings.json")).unwrap();
    // Somebody has said that nobody is to write it.
    let file = clone.path().join(".qwen/settings.json");
    write_mode(&file, "{}\n", 0o444);
    refused(".qwen/settings.json", "the file is read-only", permissions);
    let planned = clone.tix(&["hook", "install", "--agents", "qwen", "--dry-run"]);
    assert!(planned.exits(5).stdout().contains("failed (the file is read-only)"), "{planned}");
    let json = clone.tix(&["mcp", "install", "--agents", "qwen", "--json"]);
    assert_eq!(json.exits(5).json()["changed"], false, "{json}");
    assert_eq!(clone.read(".qwen/settings.json"), "{}\n");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o444);
    // Of both kinds the one that somebody has to look into.
    clone.write(".gemini/settings.json", "{,}");
    clone.tix(&["hook", "install", "--agents", "qwen,gemini"]).exits(9);
}

/// A link is never touched: what it leads to is read, edited, and given back.
#[test]
fn a_link_stays_a_link_and_permissions_stay() {
    let (sandbox, clone) = scene();
    let elsewhere = sandbox.fresh_directory("elsewhere");
    write_mode(&elsewhere.join("hooks.json"), "{}\n", 0o640);
    fs::write(elsewhere.join("plugin.js"), "").unwrap();
    let link = |to: &str, name: &str| {
        let at = clone.path().join(name);
        fs::create_dir_all(at.parent().unwrap()).unwrap();
        symlink(elsewhere.join(to), at).unwrap();
    };
    link("hooks.json", ".claude/settings.json");
    link("new/servers.json", ".mcp.json");
    link("new/config.toml", ".codex/config.toml");
    link("new/tix.js", ".opencode/plugins/tix.js");
    clone.tix(&["hook", "install", "--agents", "claude,opencode"]).success();
    clone.tix(&["mcp", "install", "--agents", "claude,codex"]).success();
    let read = |name: &str| fs::read_to_string(elsewhere.join(name)).unwrap();
    assert!(read("hooks.json").contains("tix hook claude"));
    assert!(read("new/servers.json").contains("\"mcp\"") && read("new/tix.js").contains("tix"));
    let mode = || fs::metadata(elsewhere.join("hooks.json")).unwrap().permissions().mode();
    assert_eq!(mode() & 0o777, 0o640);
    clone.tix(&["hook", "uninstall"]).success();
    clone.tix(&["mcp", "uninstall"]).success();
    let names =
        [".claude/settings.json", ".mcp.json", ".codex/config.toml", ".opencode/plugins/tix.js"];
    assert!(names.iter().all(|name| clone.path().join(name).is_symlink()));
    assert_eq!((read("hooks.json").as_str(), mode() & 0o777), ("{}\n", 0o640));
    assert_eq!(fs::read_dir(elsewhere.join("new")).unwrap().count(), 0);
}

/// Neither a name of a file nor a link to a directory that is not there yet is lost.
#[test]
fn other_names_and_directories_elsewhere_stay() {
    let (sandbox, clone) = scene();
    let elsewhere = sandbox.fresh_directory("elsewhere");
    fs::write(elsewhere.join("settings.json"), "{ \"mine\": 1 }\n").unwrap();
    fs::create_dir(clone.path().join(".claude")).unwrap();
    let file = clone.path().join(".claude/settings.json");
    fs::hard_link(elsewhere.join("settings.json"), &file).unwrap();
    symlink(elsewhere.join("qwen"), clone.path().join(".qwen")).unwrap();
    clone.tix(&["hook", "install", "--agents", "claude,qwen"]).success();
    let read = |name: &str| fs::read_to_string(elsewhere.join(name)).unwrap();
    assert!(read("settings.json").contains("tix hook claude"));
    assert!(read("qwen/settings.json").contains("tix hook qwen"));
    clone.tix(&["hook", "uninstall"]).success();
    assert_eq!(read("settings.json"), "{ \"mine\": 1 }\n");
    assert_eq!(fs::read_to_string(&file).unwrap(), read("settings.json"));
    assert!(clone.path().join(".qwen").is_symlink());
}

/// The second is edited as the first has left it.
#[test]
fn two_names_of_one_file_lose_nothing() {
    let (_sandbox, clone) = scene();
    clone.write(".claude/settings.json", "{ \"mine\": 1 }\n");
    fs::create_dir(clone.path().join(".qwen")).unwrap();
    symlink("../.claude/settings.json", clone.path().join(".qwen/settings.json")).unwrap();
    clone.tix(&["hook", "install", "--agents", "claude,qwen"]).success();
    let text = clone.read(".claude/settings.json");
    assert!(text.contains("tix hook claude") && text.contains("tix hook qwen"), "{text}");
    clone.tix(&["hook", "uninstall"]).success();
    let left: serde_json::Value =
        serde_json::from_str(&clone.read(".claude/settings.json")).unwrap();
    assert_eq!(left, serde_json::json!({ "mine": 1 }));
    assert!(clone.path().join(".qwen/settings.json").is_symlink());
}

#[test]
fn an_entry_that_somebody_has_changed_stays_and_is_named() {
    let (_sandbox, clone) = scene();
    let file = ".cursor/hooks.json";
    clone.tix(&["hook", "install", "--agents", "cursor"]).success();
    let changed = clone.read(file).replacen("\"timeout\": 10", "\"timeout\": 30", 1);
    clone.write(file, &changed);
    let named = "(line 5: tix leaves the entry for beforeShellExecution as somebody has made it)";
    let output = clone.tix(&["hook", "install", "--agents", "cursor"]);
    assert!(output.success().stdout().contains(&format!("unchanged {named}")), "{output}");
    assert_eq!(clone.read(file), changed);
    let status = clone.tix(&["hook", "status"]);
    assert!(status.success().stdout().contains(&format!("cursor\tedited\t{file} {named}")));
    let output = clone.tix(&["hook", "uninstall"]);
    assert!(output.success().stdout().contains(named), "{output}");
    let left = clone.read(file);
    assert!(left.contains("\"timeout\": 30") && left.matches("tix hook").count() == 1, "{left}");
}

/// It guards already: as often as tix comes and goes, it stays alone and is named.
#[test]
fn a_guard_of_somebodys_own_stays_alone_and_is_named_each_time() {
    let (_sandbox, clone) = scene();
    let file = ".claude/settings.json";
    let hook = r#"{"type":"command","command":"/opt/tix hook claude"}"#;
    let mine = format!(r#"{{"hooks":{{"PreToolUse":[{{"matcher":"Bash","hooks":[{hook}]}}]}}}}"#);
    clone.write(file, &mine);
    let named = ": tix leaves the entry for PreToolUse as somebody has made it; not guarded: PowerShell, Write, ";
    let told = |words: &[&str]| {
        let output = clone.tix(words);
        assert!(output.success().stdout().contains(named), "{output}");
    };
    told(&["hook", "install", "--agents", "claude"]);
    let installed = clone.read(file);
    assert_eq!(installed.matches("PreToolUse").count(), 1, "{installed}");
    assert!(!installed.contains("tix hook claude || exit 2"), "{installed}");
    told(&["hook", "install", "--agents", "claude"]);
    assert_eq!(clone.read(file), installed);
    told(&["hook", "status"]);
    told(&["hook", "uninstall"]);
    assert_eq!(clone.read(file), mine);
    let status = clone.tix(&["hook", "status"]);
    assert!(status.stdout().contains(&format!("claude\tedited\t{file} (line 1")), "{status}");
}
