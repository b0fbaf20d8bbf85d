//! The files in which coding agents look for hooks and for servers of tools, and our entries in them. Pure: text in, text out.
//!
//! The files belong to the team. Only our own entries are added, brought up to date or removed; every other byte stays,
//! comments and white space included.

mod hooks;
mod json;
mod plugin;
mod server;
mod shapes;
mod toml;

pub use toml::codex_trusts;

/// A coding agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agent {
    Claude,
    Codex,
    Gemini,
    Cursor,
    Qwen,
    Copilot,
    Opencode,
}

/// What of ours goes into an agent's files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgentPart {
    /// The hooks by which it asks the guard.
    Hooks,
    /// The line that has it start `tix mcp`.
    Server,
}

/// Why a file cannot be edited, or what in it stays as it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {why}")]
pub struct FileRemark {
    /// The line, from 1.
    pub line: usize,
    pub why: String,
}

/// What a file says of us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgentEntries {
    /// All of our entries, as this tix would write them.
    Current,
    /// Some of them, or older ones.
    Outdated,
    None,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AgentFileEdit {
    Keep,
    Write(String),
    /// It held nothing but what a tix wrote.
    Delete,
}

impl AgentFileEdit {
    pub fn is_keep(&self) -> bool {
        *self == AgentFileEdit::Keep
    }
}

impl Agent {
    pub const ALL: [Agent; 7] = [
        Agent::Claude,
        Agent::Codex,
        Agent::Gemini,
        Agent::Cursor,
        Agent::Qwen,
        Agent::Copilot,
        Agent::Opencode,
    ];

    /// Its word on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Agent::Claude => "claude",
            Agent::Codex => "codex",
            Agent::Gemini => "gemini",
            Agent::Cursor => "cursor",
            Agent::Qwen => "qwen",
            Agent::Copilot => "copilot",
            Agent::Opencode => "opencode",
        }
    }

    /// What its makers call it.
    pub fn title(self) -> &'static str {
        match self {
            Agent::Claude => "Claude Code",
            Agent::Codex => "Codex CLI",
            Agent::Gemini => "Gemini CLI",
            Agent::Cursor => "Cursor",
            Agent::Qwen => "Qwen Code",
            Agent::Copilot => "Copilot CLI",
            Agent::Opencode => "opencode",
        }
    }

    /// The file that holds this part, from the root of a working tree.
    pub fn file(self, part: AgentPart) -> &'static str {
        match (self, part) {
            (Agent::Claude, AgentPart::Hooks) => ".claude/settings.json",
            (Agent::Codex, AgentPart::Hooks) => ".codex/hooks.json",
            (Agent::Codex, AgentPart::Server) => ".codex/config.toml",
            (Agent::Gemini, AgentPart::Hooks | AgentPart::Server) => ".gemini/settings.json",
            (Agent::Cursor, AgentPart::Hooks) => ".cursor/hooks.json",
            (Agent::Cursor, AgentPart::Server) => ".cursor/mcp.json",
            (Agent::Qwen, AgentPart::Hooks | AgentPart::Server) => ".qwen/settings.json",
            (Agent::Copilot, AgentPart::Hooks) => ".github/hooks/tix.json",
            // Both read the same file.
            (Agent::Claude | Agent::Copilot, AgentPart::Server) => ".mcp.json",
            (Agent::Opencode, AgentPart::Server) => "opencode.json",
            (Agent::Opencode, AgentPart::Hooks) => ".opencode/plugins/tix.js",
        }
    }

    /// Where else the agent looks for this part. One that is there is edited rather than a second one made.
    pub fn other_files(self, part: AgentPart) -> &'static [&'static str] {
        match (self, part) {
            (Agent::Opencode, AgentPart::Server) => {
                &["opencode.jsonc", ".opencode/opencode.json", ".opencode/opencode.jsonc"]
            }
            _ => &[],
        }
    }
}

impl Agent {
    /// What it asks of a person before it makes use of this part of its file.
    pub fn consent(self, part: AgentPart) -> Option<&'static str> {
        match (self, part) {
            (Agent::Claude, AgentPart::Server) => {
                Some("Claude Code asks at its next start here whether it may use the server")
            }
            (Agent::Codex, AgentPart::Server) => Some(
                "Codex reads .codex/config.toml in a trusted project only: start codex here, and trust it when it asks",
            ),
            (Agent::Codex, AgentPart::Hooks) => Some(
                "Codex runs no hook that you have not trusted, and says nothing: start codex here, and trust these when it asks",
            ),
            (Agent::Gemini, _) => Some(
                "Gemini CLI reads .gemini/settings.json in a trusted folder only: start gemini here, and trust it when it asks",
            ),
            (Agent::Copilot, AgentPart::Server) => Some(
                "Copilot CLI reads .mcp.json in a trusted folder only: start copilot here, and trust it when it asks",
            ),
            (Agent::Copilot, AgentPart::Hooks) => Some(
                "Copilot CLI reads .github/hooks in a trusted folder only: start copilot here, and trust it when it asks",
            ),
            (Agent::Claude, AgentPart::Hooks)
            | (Agent::Cursor | Agent::Qwen | Agent::Opencode, _) => None,
        }
    }
}

/// A setting that switches all hooks of an agent off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HookSwitch {
    /// What leads to it, from the top of the settings.
    pub keys: &'static [&'static str],
    /// The value that switches them off.
    pub off: bool,
}

impl Agent {
    /// The switch of its hooks, where it has one in the same settings.
    pub fn hook_switch(self) -> Option<HookSwitch> {
        match self {
            Agent::Claude | Agent::Qwen => {
                Some(HookSwitch { keys: &["disableAllHooks"], off: true })
            }
            Agent::Gemini => Some(HookSwitch { keys: &["hooksConfig", "enabled"], off: false }),
            Agent::Codex | Agent::Cursor | Agent::Copilot | Agent::Opencode => None,
        }
    }

    /// Whether it may write in the repository only, unless somebody allows more: in Codex by its sandbox, in Gemini CLI and Qwen
    /// Code by their file tools.
    pub fn stays_inside(self) -> bool {
        matches!(self, Agent::Codex | Agent::Gemini | Agent::Qwen)
    }
}

/// What a file of settings says of this switch; `None` where it says nothing.
pub fn switch_in(text: &str, switch: HookSwitch) -> Option<bool> {
    let settings = json::JsonFile::parse(Some(text)).ok()?.root.to_serde_value()?;
    let value = switch.keys.iter().try_fold(&settings, |value, key| value.get(key))?;
    value.as_bool().map(|value| value == switch.off)
}

/// What the file of this agent says; `None` is a file that is not there.
pub fn entries(
    agent: Agent,
    part: AgentPart,
    text: Option<&str>,
) -> Result<AgentEntries, FileRemark> {
    let Some(text) = text else { return Ok(AgentEntries::None) };
    if install(agent, part, Some(text))? == AgentFileEdit::Keep {
        return Ok(AgentEntries::Current);
    }
    let any = uninstall(agent, part, Some(text))? != AgentFileEdit::Keep;
    Ok(if any { AgentEntries::Outdated } else { AgentEntries::None })
}

pub fn install(
    agent: Agent,
    part: AgentPart,
    text: Option<&str>,
) -> Result<AgentFileEdit, FileRemark> {
    match (part, agent) {
        (AgentPart::Hooks, Agent::Opencode) => plugin::install(text),
        (AgentPart::Hooks, _) => hooks::install(agent, text),
        (AgentPart::Server, Agent::Codex) => toml::install(text),
        (AgentPart::Server, _) => server::install(agent, text),
    }
}

/// The file without any entry of ours.
pub fn uninstall(
    agent: Agent,
    part: AgentPart,
    text: Option<&str>,
) -> Result<AgentFileEdit, FileRemark> {
    let Some(text) = text else { return Ok(AgentFileEdit::Keep) };
    if install(agent, part, None)? == AgentFileEdit::Write(text.to_owned()) {
        return Ok(AgentFileEdit::Delete);
    }
    match (part, agent) {
        (AgentPart::Hooks, Agent::Opencode) => Ok(plugin::uninstall(text)),
        (AgentPart::Hooks, _) => hooks::uninstall(agent, text),
        (AgentPart::Server, Agent::Codex) => toml::uninstall(text),
        (AgentPart::Server, _) => server::uninstall(agent, text),
    }
}

/// What stands in the place of our entry and is somebody's own: it stays.
pub fn own(agent: Agent, part: AgentPart, text: &str) -> Result<Option<FileRemark>, FileRemark> {
    match (part, agent) {
        (AgentPart::Hooks, Agent::Opencode) => Ok(plugin::own(text)),
        (AgentPart::Hooks, _) => Ok(None),
        (AgentPart::Server, Agent::Codex) => toml::own(text),
        (AgentPart::Server, _) => server::own(agent, text),
    }
}

#[cfg(test)]
mod tests {
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
                let after = written(install(agent, part, Some(before)));
                assert_eq!(install(agent, part, Some(&after)), Ok(AgentFileEdit::Keep), "{after}");
                assert_eq!(entries(agent, part, Some(&after)), Ok(AgentEntries::Current));
                let back = written(uninstall(agent, part, Some(&after)));
                // The number of the format is no entry of ours alone.
                let back = back.replacen(",\n  \"version\": 1", "", 1);
                let back = back.replacen(",\n\t\"version\": 1", "", 1);
                assert_eq!(back, before, "{agent:?}:\n{after}");
                assert_eq!(entries(agent, part, Some(before)), Ok(AgentEntries::None));
            }
        }
    }

    #[test]
    fn a_file_that_only_tix_wrote_goes_away_whole() {
        for (agent, part) in all() {
            let text = written(install(agent, part, None));
            assert!(text.ends_with('\n'), "{text}");
            assert_eq!(uninstall(agent, part, Some(&text)), Ok(AgentFileEdit::Delete));
            assert_eq!(uninstall(agent, part, None), Ok(AgentFileEdit::Keep));
            assert_eq!(entries(agent, part, None), Ok(AgentEntries::None));
        }
        for (agent, part) in in_json() {
            serde_json::from_str::<Value>(&written(install(agent, part, None))).unwrap();
        }
    }

    /// Hooks and the server may stand in one file; neither takes the other out.
    #[test]
    fn what_is_taken_out_leaves_our_other_part() {
        let (agent, hooks, server) = (Agent::Gemini, AgentPart::Hooks, AgentPart::Server);
        let one = written(install(agent, hooks, None));
        let both = written(install(agent, server, Some(&one)));
        assert_eq!(uninstall(agent, server, Some(&both)), Ok(AgentFileEdit::Write(one)));
        let other = written(install(agent, server, None));
        let both = written(install(agent, hooks, Some(&other)));
        assert_eq!(uninstall(agent, hooks, Some(&both)), Ok(AgentFileEdit::Write(other)));
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
            assert_eq!(install(agent, server, Some(text)), Ok(AgentFileEdit::Keep), "{text}");
            assert_eq!(uninstall(agent, server, Some(text)), Ok(AgentFileEdit::Keep), "{text}");
            assert_eq!(own(agent, server, text).unwrap().unwrap().line, line, "{text}");
        }
        let other = "{\n \"mcpServers\": {\n  \"tix\": {\"command\": \"tix-server\"}}}";
        assert_eq!(install(Agent::Claude, server, Some(other)).unwrap_err().line, 3);
        assert_eq!(uninstall(Agent::Claude, server, Some(other)), Ok(AgentFileEdit::Keep));
        assert_eq!(own(Agent::Claude, server, other), Ok(None));
    }

    #[test]
    fn commas_and_a_mark_that_editors_leave_stay() {
        for before in [
            "{\n  // mine\n  \"model\": \"x\",\n}\n",
            "\u{feff}{\n  \"model\": \"x\"\n}\n",
            "{\n  \"z\": [\n    1,\n  ],\n  /* kept */\n}\n",
        ] {
            for (agent, part) in in_json() {
                let after = written(install(agent, part, Some(before)));
                assert_eq!(install(agent, part, Some(&after)), Ok(AgentFileEdit::Keep), "{after}");
                let back = written(uninstall(agent, part, Some(&after)));
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
        let after = written(install(Agent::Claude, AgentPart::Hooks, Some(before)));
        let back = written(uninstall(Agent::Claude, AgentPart::Hooks, Some(&after)));
        assert!(back.contains(r#""PreToolUse":[{"matcher":"X","hooks":[]}]"#), "{back}");
    }

    #[test]
    fn a_plugin_is_ours_until_somebody_changes_it() {
        let (agent, part) = (Agent::Opencode, AgentPart::Hooks);
        let ours = written(install(agent, part, None));
        let body = "old()\n";
        let older = format!("// tix-hook opencode {}\n{body}", super::super::script::sum(body));
        assert_eq!(entries(agent, part, Some(&older)), Ok(AgentEntries::Outdated));
        assert_eq!(install(agent, part, Some(&older)), Ok(AgentFileEdit::Write(ours.clone())));
        assert_eq!(uninstall(agent, part, Some(&older)), Ok(AgentFileEdit::Delete));
        for changed in [format!("{ours}mine()\n"), format!("mine()\n{ours}")] {
            assert!(install(agent, part, Some(&changed)).unwrap_err().why.contains("was changed"));
            assert_eq!(uninstall(agent, part, Some(&changed)), Ok(AgentFileEdit::Keep));
            assert!(own(agent, part, &changed).unwrap().is_some());
        }
        assert_eq!(install(agent, part, Some("mine()\n")).unwrap_err().line, 1);
        assert_eq!(uninstall(agent, part, Some("mine()\n")), Ok(AgentFileEdit::Keep));
    }

    #[test]
    fn an_older_entry_is_replaced_where_it_stands() {
        let old = r#"{ "hooks": { "PreToolUse": [
  { "matcher": "Bash", "hooks": [{ "type": "command", "command": "/opt/tix hook claude" }] },
  { "matcher": "Bash", "hooks": [{ "type": "command", "command": "mytix hook claude" }] }
] } }"#;
        assert_eq!(entries(Agent::Claude, AgentPart::Hooks, Some(old)), Ok(AgentEntries::Outdated));
        let new: Value =
            serde_json::from_str(&written(install(Agent::Claude, AgentPart::Hooks, Some(old))))
                .unwrap();
        let groups = new["hooks"]["PreToolUse"].as_array().unwrap();
        assert_eq!(groups.len(), 2);
        assert_eq!(groups[0]["hooks"][0]["command"], "tix hook claude || exit 2");
        assert_eq!(groups[1]["hooks"][0]["command"], "mytix hook claude");
    }

    #[test]
    fn a_handler_beside_the_users_own_is_kept_and_only_it_is_taken_out() {
        let mixed = r#"{"hooks":{"BeforeTool":[{"matcher":"x","hooks":[{"command":"mine"},{"command":"tix hook gemini"}]}]}}"#;
        let full = written(install(Agent::Gemini, AgentPart::Hooks, Some(mixed)));
        let added: Value = serde_json::from_str(&full).unwrap();
        assert_eq!(added["hooks"]["BeforeTool"].as_array().unwrap().len(), 1, "{full}");
        let back = written(uninstall(Agent::Gemini, AgentPart::Hooks, Some(&full)));
        let back: Value = serde_json::from_str(&back).unwrap();
        let left = serde_json::json!([{"matcher": "x", "hooks": [{"command": "mine"}]}]);
        assert_eq!(back["hooks"]["BeforeTool"], left);
    }

    #[test]
    fn a_command_of_the_users_own_that_also_calls_us_is_kept() {
        let own = r#"{"hooks":{"PreToolUse":[{"matcher":"Bash","hooks":[{"type":"command","command":"./mine.sh && tix hook claude || exit 2"}]}],"Stop":[{"hooks":[{"type":"command","command":"echo about tix hook claude >>log"}]}]}}"#;
        let full = written(install(Agent::Claude, AgentPart::Hooks, Some(own)));
        assert!(full.contains("./mine.sh && tix") && full.contains("echo about"), "{full}");
        let back = written(uninstall(Agent::Claude, AgentPart::Hooks, Some(&full)));
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
            let found = install(Agent::Claude, AgentPart::Hooks, Some(text)).unwrap_err();
            assert_eq!(found.line, line, "{text}: {found:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics_and_what_parses_stays_json(text in "[\\{\\}\\[\\]\":,a0 \n]{0,40}") {
            for (agent, part) in in_json() {
                entries(agent, part, Some(&text)).ok();
                if let Ok(AgentFileEdit::Write(text)) = install(agent, part, Some(&text)) {
                    proptest::prop_assert!(json::JsonFile::parse(Some(&text)).is_ok(), "{text}");
                    proptest::prop_assert_eq!(install(agent, part, Some(&text)), Ok(AgentFileEdit::Keep));
                }
            }
        }
    }
}
