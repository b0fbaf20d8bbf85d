use serde_json::Value;

use super::*;

/// Every file that holds something of ours, by what it is for.
fn all() -> impl Iterator<Item = (Agent, AgentPart)> {
    let of = |part| Agent::ALL.into_iter().map(move |agent| (agent, part));
    of(AgentPart::Hooks).chain(of(AgentPart::Server))
}

fn in_json() -> impl Iterator<Item = (Agent, AgentPart)> {
    let others = [(Agent::Codex, AgentPart::Server), (Agent::Opencode, AgentPart::Hooks)];
    all().filter(move |one| !others.contains(one))
}

/// A tix wrote this into a file that held nothing.
fn by(wrote: &str) -> EarlierEdit<'_> {
    EarlierEdit { was: None, wrote }
}

fn written(edit: Result<AgentFileEdit, FileRemark>) -> String {
    match edit.unwrap() {
        AgentFileEdit::Write(text) => text,
        other @ (AgentFileEdit::Keep | AgentFileEdit::Delete) => panic!("{other:?}"),
    }
}

#[test]
fn what_is_installed_is_taken_out_again_to_the_last_byte() {
    for (agent, part) in in_json() {
        for before in [
            "{\n  \"model\": \"x\"\n}\n",
            "{\n\t\"hooks\": {\n\t\t\"Stop\": [\n\t\t\t{ \"hooks\": [] }\n\t\t]\n\t},\n\t\"z\": [1,  2]\n}",
            "{\r\n    \"version\": 1, // a comment\r\n    \"a\": {}\r\n}\r\n",
            "{\n  \"hooks\": {\n    \"PreToolUse\": [\n      {\"matcher\": \"X\", \"hooks\": [{\"command\": \"x\"}]}\n    ]\n  }\n}\n",
        ] {
            let after = written(install(agent, part, Some(before), None));
            assert_eq!(
                install(agent, part, Some(&after), None),
                Ok(AgentFileEdit::Keep),
                "{after}"
            );
            assert_eq!(entries(agent, part, Some(&after), None), Ok(AgentEntries::Current));
            let back = written(uninstall(agent, part, Some(&after), None));
            // The number of the format is no entry of ours alone.
            let back = back.replacen(",\n  \"version\": 1", "", 1);
            let back = back.replacen(",\n\t\"version\": 1", "", 1);
            assert_eq!(back, before, "{agent:?}:\n{after}");
            assert_eq!(entries(agent, part, Some(before), None), Ok(AgentEntries::None));
        }
    }
}

#[test]
fn a_file_that_only_tix_wrote_goes_away_whole() {
    for (agent, part) in all() {
        let text = written(install(agent, part, None, None));
        assert!(text.ends_with('\n'), "{text}");
        assert_eq!(uninstall(agent, part, Some(&text), None), Ok(AgentFileEdit::Delete));
        assert_eq!(uninstall(agent, part, None, None), Ok(AgentFileEdit::Keep));
        assert_eq!(entries(agent, part, None, None), Ok(AgentEntries::None));
    }
    for (agent, part) in in_json() {
        serde_json::from_str::<Value>(&written(install(agent, part, None, None))).unwrap();
    }
}

/// Hooks and the server may stand in one file; neither takes the other out.
#[test]
fn what_is_taken_out_leaves_our_other_part() {
    let (agent, hooks, server) = (Agent::Gemini, AgentPart::Hooks, AgentPart::Server);
    let one = written(install(agent, hooks, None, None));
    let both = written(install(agent, server, Some(&one), None));
    assert_eq!(uninstall(agent, server, Some(&both), None), Ok(AgentFileEdit::Write(one)));
    let other = written(install(agent, server, None, None));
    let both = written(install(agent, hooks, Some(&other), None));
    assert_eq!(uninstall(agent, hooks, Some(&both), None), Ok(AgentFileEdit::Write(other)));
}

#[test]
fn a_server_of_somebodys_own_stays_and_is_named() {
    let server = AgentPart::Server;
    for (agent, text, line) in [
        (
            Agent::Claude,
            "{\"mcpServers\":\n{\"tix\":{\"type\":\"stdio\",\"command\":\"tix\",\"args\":[\"mcp\"],\"env\":{\"A\":\"1\"}}}}",
            2,
        ),
        (Agent::Claude, r#"{"mcpServers":{"tix":{"command":"/opt/tix","args":["mcp"]}}}"#, 1),
        (
            Agent::Gemini,
            "{\n\"tix\": 1,\n\"mcpServers\":{\n\"tickets\":{\"command\":\"tix\",\"args\":[\"mcp\"]}}}",
            4,
        ),
        (
            Agent::Opencode,
            r#"{"mcp":{"tix":{"type":"local","command":["tix","mcp"],"enabled":false}}}"#,
            1,
        ),
    ] {
        assert_eq!(install(agent, server, Some(text), None), Ok(AgentFileEdit::Keep), "{text}");
        assert_eq!(uninstall(agent, server, Some(text), None), Ok(AgentFileEdit::Keep), "{text}");
        assert_eq!(own(agent, server, text, None).unwrap().unwrap().line, line, "{text}");
    }
    let other = "{\n \"mcpServers\": {\n  \"tix\": {\"command\": \"tix-server\"}}}";
    assert_eq!(install(Agent::Claude, server, Some(other), None).unwrap_err().line, 3);
    assert_eq!(uninstall(Agent::Claude, server, Some(other), None), Ok(AgentFileEdit::Keep));
    assert_eq!(own(Agent::Claude, server, other, None), Ok(None));
}

#[test]
fn commas_and_a_mark_that_editors_leave_stay() {
    for before in [
        "{\n  // mine\n  \"model\": \"x\",\n}\n",
        "\u{feff}{\n  \"model\": \"x\"\n}\n",
        "{\n  \"z\": [\n    1,\n  ],\n  /* kept */\n}\n",
    ] {
        for (agent, part) in in_json() {
            let after = written(install(agent, part, Some(before), None));
            assert_eq!(
                install(agent, part, Some(&after), None),
                Ok(AgentFileEdit::Keep),
                "{after}"
            );
            let back = written(uninstall(agent, part, Some(&after), None));
            let back = back.replacen("  \"version\": 1,\n", "", 1);
            let back = back.replacen(",\n  \"version\": 1", "", 1);
            assert_eq!(back, before, "{agent:?}:\n{after}");
        }
    }
}

/// A break that stood before it is the user's.
#[test]
fn no_break_is_left_behind_on_a_line() {
    let before = r#"{"hooks":{"PreToolUse":[{"matcher":"X","hooks":[]}],"Stop":[]},"a":1}"#;
    let after = written(install(Agent::Claude, AgentPart::Hooks, Some(before), None));
    let back = written(uninstall(Agent::Claude, AgentPart::Hooks, Some(&after), None));
    assert!(back.contains(r#""PreToolUse":[{"matcher":"X","hooks":[]}]"#), "{back}");
}

#[test]
fn a_plugin_is_ours_until_somebody_changes_it() {
    let (agent, part) = (Agent::Opencode, AgentPart::Hooks);
    let ours = written(install(agent, part, None, None));
    let body = "old()\n";
    let older = format!("// tix-hook opencode {}\n{body}", super::super::script::sum(body));
    assert_eq!(entries(agent, part, Some(&older), None), Ok(AgentEntries::Outdated));
    assert_eq!(install(agent, part, Some(&older), None), Ok(AgentFileEdit::Write(ours.clone())));
    assert_eq!(uninstall(agent, part, Some(&older), None), Ok(AgentFileEdit::Delete));
    for changed in [format!("{ours}mine()\n"), format!("mine()\n{ours}")] {
        assert_eq!(install(agent, part, Some(&changed), None), Ok(AgentFileEdit::Keep));
        assert_eq!(uninstall(agent, part, Some(&changed), None), Ok(AgentFileEdit::Keep));
        assert!(own(agent, part, &changed, None).unwrap().is_some());
    }
    assert_eq!(install(agent, part, Some("mine()\n"), None).unwrap_err().line, 1);
    assert_eq!(uninstall(agent, part, Some("mine()\n"), None), Ok(AgentFileEdit::Keep));
}

#[test]
fn an_entry_of_an_earlier_tix_is_replaced_where_it_stands() {
    let (agent, part) = (Agent::Claude, AgentPart::Hooks);
    let old = r#"{ "hooks": { "PreToolUse": [
  { "matcher": "Bash", "hooks": [{ "type": "command", "command": "/opt/tix hook claude" }] },
  { "matcher": "Bash", "hooks": [{ "type": "command", "command": "mytix hook claude" }] }
] } }"#;
    assert_eq!(entries(agent, part, Some(old), Some(by(old))), Ok(AgentEntries::Outdated));
    let new: Value =
        serde_json::from_str(&written(install(agent, part, Some(old), Some(by(old))))).unwrap();
    let groups = new["hooks"]["PreToolUse"].as_array().unwrap();
    assert_eq!(groups.len(), 2);
    assert_eq!(groups[0]["hooks"][0]["command"], "tix hook claude || exit 2");
    assert_eq!(groups[1]["hooks"][0]["command"], "mytix hook claude");
}

/// Nobody but a tix that has written it there can know an entry for its own.
#[test]
fn an_entry_that_somebody_has_changed_stays_and_is_named() {
    let part = AgentPart::Hooks;
    for (agent, from, to, line) in [
        (Agent::Claude, "\"timeout\": 10,", "\"timeout\": 99,", 4),
        (Agent::Gemini, "^mcp_.*", "^mcp_git.*", 4),
        (Agent::Cursor, "\"failClosed\": true", "\"failClosed\": false", 5),
    ] {
        let ours = written(install(agent, part, None, None));
        let changed = ours.replacen(from, to, 1);
        assert_ne!(changed, ours);
        for wrote in [None, Some(by(&ours))] {
            let kept = install(agent, part, Some(&changed), wrote);
            assert_eq!(kept, Ok(AgentFileEdit::Keep), "{changed}");
            let named = own(agent, part, &changed, wrote).unwrap().unwrap();
            assert_eq!(named.line, line, "{changed}");
            let entries = entries(agent, part, Some(&changed), wrote);
            assert_eq!(entries, Ok(AgentEntries::Changed(named)));
            let left = written(uninstall(agent, part, Some(&changed), wrote));
            assert_eq!(left.matches("tix hook").count(), 1, "{left}");
            assert!(left.contains(to), "{left}");
        }
        // A tix that wrote it so does both.
        let (text, earlier) = (Some(changed.as_str()), Some(by(&changed)));
        assert_eq!(entries(agent, part, text, earlier), Ok(AgentEntries::Outdated));
        assert_eq!(written(install(agent, part, text, earlier)), ours);
        assert!(!written(uninstall(agent, part, text, earlier)).contains("tix hook"));
    }
}

/// It guards already, in a form of its own: no second guard is put beside it, and it is told as long as it stands.
#[test]
fn an_entry_of_somebodys_own_that_was_there_before_stays_and_is_named() {
    let (agent, part) = (Agent::Claude, AgentPart::Hooks);
    for command in [
        "/opt/tix hook claude",
        "TIX_ROLE=coder tix hook claude || exit 2",
        "/usr/bin/env tix hook claude || exit 2",
        "env A=b tix --role x hook claude",
        "tix hook claude || exit 1",
        "tix hook claude; exit 0",
        "./mine.sh && tix hook claude || exit 2",
        "echo begins >>log; exec tix hook claude",
        "sh -c 'tix hook claude'",
        "bash -lc \"/opt/tix hook claude; true\"",
        "timeout 5s tix hook claude || exit 2",
    ] {
        let hook = serde_json::json!({ "type": "command", "command": command });
        let was =
            serde_json::json!({ "hooks": { "PreToolUse": [{ "hooks": [hook] }] } }).to_string();
        let first = written(install(agent, part, Some(&was), None));
        let value: Value = serde_json::from_str(&first).unwrap();
        assert_eq!(value["hooks"]["PreToolUse"], serde_json::json!([{ "hooks": [hook] }]));
        let earlier = Some(EarlierEdit { was: Some(&was), wrote: &first });
        for earlier in [None, earlier] {
            let again = install(agent, part, Some(&first), earlier);
            assert_eq!(again, Ok(AgentFileEdit::Keep), "{command}");
            let named = own(agent, part, &first, earlier).unwrap().unwrap();
            let entries = entries(agent, part, Some(&first), earlier);
            assert_eq!(entries, Ok(AgentEntries::Changed(named)), "{command}");
            let left = written(uninstall(agent, part, Some(&first), earlier));
            assert_eq!(
                serde_json::from_str::<Value>(&left).unwrap()["hooks"]["PreToolUse"][0]["hooks"][0],
                hook
            );
        }
        let left = super::entries(agent, part, Some(&was), earlier);
        assert!(matches!(left, Ok(AgentEntries::Changed(_))), "{command}: {left:?}");
    }
}

/// Whoever has an entry of their own hears which of the agent's tools nobody asks about.
#[test]
fn an_entry_of_somebodys_own_is_named_with_what_it_leaves_out() {
    let words = |agent: Agent, event: &str, matchers: &[Option<&str>]| {
        let command = format!("tix hook {}; true", agent.name());
        let of = |matcher: Option<&str>| {
            let mut entry = serde_json::json!({ "hooks": [{ "command": command }] });
            if let Some(matcher) = matcher {
                entry["matcher"] = matcher.into();
            }
            entry
        };
        let list: Vec<Value> = matchers.iter().copied().map(of).collect();
        let text = serde_json::json!({ "hooks": { event: list } }).to_string();
        own(agent, AgentPart::Hooks, &text, None).unwrap().unwrap().why
    };
    let made = "tix leaves the entry for PreToolUse as somebody has made it";
    let claude = |matchers: &[Option<&str>]| words(Agent::Claude, "PreToolUse", matchers);
    for all in [None, Some("*"), Some(""), Some(".*")] {
        assert_eq!(claude(&[all]), made);
    }
    let lacking = format!(
        "{made}; not guarded: PowerShell, Write, Edit, MultiEdit, NotebookEdit, apply_patch, mcp__.*"
    );
    assert_eq!(claude(&[Some("Bash")]), lacking);
    // Names are whole, and an expression is anchored nowhere.
    let lacking = format!("{made}; not guarded: apply_patch, mcp__.*");
    assert_eq!(
        claude(&[Some("^(Bash|PowerShell)$"), Some("Write|^Edit|Multi.*|Notebook.*")]),
        lacking
    );
    assert_eq!(claude(&[Some("(")]).split("guarded: ").nth(1).unwrap().split(", ").count(), 8);
    let lacking =
        "tix leaves the entry for BeforeTool as somebody has made it; not guarded: mcp_.*";
    let gemini = [Some("run_shell|write_|replace|mcp_git_.*")];
    assert_eq!(words(Agent::Gemini, "BeforeTool", &gemini), lacking);
    // Where tix wants to be asked of everything, a matcher leaves out whatever it does not name.
    for (agent, event, matchers, lacking) in [
        (
            Agent::Copilot,
            "PreToolUse",
            &[Some("bash"), Some("edit")][..],
            "what does not match bash or edit",
        ),
        (Agent::Cursor, "beforeShellExecution", &[Some("git")], "what does not match git"),
        (Agent::Cursor, "preToolUse", &[Some("Write|Edit")], "StrReplace, Delete"),
        (Agent::Claude, "SessionStart", &[Some("startup")], "what does not match startup"),
    ] {
        let told = words(agent, event, matchers);
        let of =
            if event == "SessionStart" { "; tix does not hear of: " } else { "; not guarded: " };
        assert_eq!(told.split_once(of).unwrap().1, lacking, "{told}");
        assert!(!words(agent, event, &[None, Some("x")]).contains(';'));
    }
}

/// Some keys make an agent run a hook at times only, or go on without its answer.
#[test]
fn an_entry_of_somebodys_own_that_does_not_always_answer_is_named_with_why() {
    let words = |agent: Agent, event: &str, entries: Value| {
        let text = serde_json::json!({ "hooks": { event: entries } }).to_string();
        own(agent, AgentPart::Hooks, &text, None).unwrap().unwrap().why
    };
    let hook = |key: &str, value: Value| {
        let mut hook =
            serde_json::json!({"type": "command", "command": "tix hook claude || exit 2"});
        hook[key] = value;
        hook
    };
    let rule = hook("if", "Bash(git *)".into());
    let tools = "Bash, PowerShell, Write, Edit, MultiEdit, NotebookEdit, apply_patch, mcp__.*";
    let by_rule = "where `if` does not fit: Bash(git *)";
    let claude = |entries: Value| {
        let told = words(Agent::Claude, "PreToolUse", entries);
        told.split_once("; not guarded: ").map_or_else(String::new, |(_, what)| what.to_owned())
    };
    let of = |hook: &Value| serde_json::json!({ "matcher": "*", "hooks": [hook] });
    assert_eq!(claude(serde_json::json!([of(&rule)])), format!("{tools} {by_rule}"));
    for key in ["async", "asyncRewake"] {
        let told = claude(serde_json::json!([of(&hook(key, true.into()))]));
        assert_eq!(told, format!("{tools} (with `{key}` nothing waits for the answer)"));
    }
    let plain = hook("timeout", 5.into());
    for strong in [of(&plain), of(&hook("async", false.into()))] {
        assert_eq!(claude(serde_json::json!([of(&rule), strong])), "");
    }
    assert_eq!(claude(serde_json::json!([{ "hooks": [rule, plain] }])), "");
    let bash = serde_json::json!({ "matcher": "Bash", "hooks": [rule] });
    let told = claude(serde_json::json!([bash]));
    assert_eq!(told, format!("{}; Bash {by_rule}", tools.strip_prefix("Bash, ").unwrap()));
    let start = serde_json::json!([of(&hook("async", true.into()))]);
    let told = words(Agent::Claude, "SessionStart", start);
    assert!(
        told.ends_with(
            "; tix does not hear of: anything (with `async` nothing waits for the answer)"
        ),
        "{told}"
    );
    // Copilot CLI takes both spellings of an event: none of ours is put beside one of somebody's own.
    let entry = serde_json::json!([
        {"type": "command", "bash": "tix hook copilot", "matcher": "edit"}
    ]);
    let text = serde_json::json!({ "version": 1, "hooks": { "preToolUse": entry } }).to_string();
    let full = written(install(Agent::Copilot, AgentPart::Hooks, Some(&text), None));
    assert!(full.contains("PostToolUse") && !full.contains("PreToolUse"), "{full}");
    let named = entries(Agent::Copilot, AgentPart::Hooks, Some(&full), None);
    let Ok(AgentEntries::Changed(FileRemark { why, .. })) = named else { panic!("{named:?}") };
    let told = "preToolUse as somebody has made it; not guarded: what does not match edit";
    assert!(why.ends_with(told), "{why}");
}

#[test]
fn a_handler_beside_the_users_own_is_kept_and_only_it_is_taken_out() {
    let mixed = r#"{"hooks":{"BeforeTool":[{"matcher":"x","hooks":[{"command":"mine"},{"name":"tix","type":"command","command":"tix hook gemini || exit 2","timeout":10000}]}]}}"#;
    let full = written(install(Agent::Gemini, AgentPart::Hooks, Some(mixed), None));
    let added: Value = serde_json::from_str(&full).unwrap();
    assert_eq!(added["hooks"]["BeforeTool"].as_array().unwrap().len(), 1, "{full}");
    let back = written(uninstall(Agent::Gemini, AgentPart::Hooks, Some(&full), None));
    let back: Value = serde_json::from_str(&back).unwrap();
    let left = serde_json::json!([{"matcher": "x", "hooks": [{"command": "mine"}]}]);
    assert_eq!(back["hooks"]["BeforeTool"], left);
}

#[test]
fn a_command_of_the_users_own_that_only_names_us_is_kept() {
    let own = r#"{"hooks":{"Stop":[{"hooks":[{"type":"command","command":"echo about tix hook claude >>log"}]}]}}"#;
    let full = written(install(Agent::Claude, AgentPart::Hooks, Some(own), None));
    assert!(full.contains("echo about") && full.contains("\"tix hook claude\""), "{full}");
    let back = written(uninstall(Agent::Claude, AgentPart::Hooks, Some(&full), None));
    let values = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    assert_eq!(values(&back), values(own));
}

#[test]
fn a_file_that_is_no_json_is_told_with_its_line() {
    for (text, line) in [
        ("{\n  \"a\": 1,,\n}", 2),
        ("{\n\n  'a': 1 }", 3),
        ("[]", 1),
        ("{\n  \"hooks\": []\n}", 2),
        ("{\"hooks\": {\n \"PreToolUse\": {}}}", 2),
    ] {
        let found = install(Agent::Claude, AgentPart::Hooks, Some(text), None).unwrap_err();
        assert_eq!(found.line, line, "{text}: {found:?}");
    }
}

proptest::proptest! {
    #[test]
    fn no_text_panics_and_what_parses_stays_json(text in "[\\{\\}\\[\\]\":,a0 \n]{0,40}") {
        for (agent, part) in in_json() {
            entries(agent, part, Some(&text), None).ok();
            if let Ok(AgentFileEdit::Write(text)) = install(agent, part, Some(&text), None) {
                proptest::prop_assert!(json::JsonFile::parse(Some(&text)).is_ok(), "{text}");
                proptest::prop_assert_eq!(install(agent, part, Some(&text), None), Ok(AgentFileEdit::Keep));
            }
        }
    }
}
