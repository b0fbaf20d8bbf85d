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
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AgentEntries {
    /// All of our entries, as this tix would write them.
    Current,
    /// The same, but for one that stands there in a form of somebody's own; or one such and none of ours.
    Changed(FileRemark),
    /// Some of them, or older ones.
    Outdated,
    None,
}

/// What a tix made of a file when it last edited it.
#[derive(Clone, Copy, Debug)]
pub struct EarlierEdit<'a> {
    /// What the file held before, without anything of a tix.
    pub was: Option<&'a str>,
    pub wrote: &'a str,
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

/// What the file of this agent says; `None` is a file that is not there. Of these functions each takes what a tix made of
/// the file when it last edited it, as far as that is known: hooks of an earlier tix are ours, and those that somebody changed
/// or had there before are not.
pub fn entries(
    agent: Agent,
    part: AgentPart,
    text: Option<&str>,
    earlier: Option<EarlierEdit<'_>>,
) -> Result<AgentEntries, FileRemark> {
    let Some(text) = text else { return Ok(AgentEntries::None) };
    if install(agent, part, Some(text), earlier)? == AgentFileEdit::Keep {
        let own = own(agent, part, text, earlier)?;
        return Ok(own.map_or(AgentEntries::Current, AgentEntries::Changed));
    }
    if uninstall(agent, part, Some(text), earlier)? != AgentFileEdit::Keep {
        return Ok(AgentEntries::Outdated);
    }
    let own = own(agent, part, text, earlier)?;
    Ok(own.map_or(AgentEntries::None, AgentEntries::Changed))
}

pub fn install(
    agent: Agent,
    part: AgentPart,
    text: Option<&str>,
    earlier: Option<EarlierEdit<'_>>,
) -> Result<AgentFileEdit, FileRemark> {
    match (part, agent) {
        (AgentPart::Hooks, Agent::Opencode) => plugin::install(text),
        (AgentPart::Hooks, _) => hooks::install(agent, text, earlier),
        (AgentPart::Server, Agent::Codex) => toml::install(text),
        (AgentPart::Server, _) => server::install(agent, text),
    }
}

/// The file without any entry of ours.
pub fn uninstall(
    agent: Agent,
    part: AgentPart,
    text: Option<&str>,
    earlier: Option<EarlierEdit<'_>>,
) -> Result<AgentFileEdit, FileRemark> {
    let Some(text) = text else { return Ok(AgentFileEdit::Keep) };
    if install(agent, part, None, None)? == AgentFileEdit::Write(text.to_owned()) {
        return Ok(AgentFileEdit::Delete);
    }
    match (part, agent) {
        (AgentPart::Hooks, Agent::Opencode) => Ok(plugin::uninstall(text)),
        (AgentPart::Hooks, _) => hooks::uninstall(agent, text, earlier),
        (AgentPart::Server, Agent::Codex) => toml::uninstall(text),
        (AgentPart::Server, _) => server::uninstall(agent, text),
    }
}

/// An agent's file of this name without anything of ours, of either part; `None` if nothing else is in it.
pub fn without(
    agent: Agent,
    name: &str,
    text: String,
    earlier: Option<EarlierEdit<'_>>,
) -> Option<String> {
    let parts = [AgentPart::Hooks, AgentPart::Server].into_iter();
    let parts =
        parts.filter(|part| agent.file(*part) == name || agent.other_files(*part).contains(&name));
    parts.into_iter().try_fold(text, |text, part| {
        match uninstall(agent, part, Some(&text), earlier) {
            Ok(AgentFileEdit::Delete) => None,
            Ok(AgentFileEdit::Write(text)) => Some(text),
            Ok(AgentFileEdit::Keep) | Err(_) => Some(text),
        }
    })
}

/// What stands in the place of our entry and is somebody's own: it stays.
pub fn own(
    agent: Agent,
    part: AgentPart,
    text: &str,
    earlier: Option<EarlierEdit<'_>>,
) -> Result<Option<FileRemark>, FileRemark> {
    match (part, agent) {
        (AgentPart::Hooks, Agent::Opencode) => Ok(plugin::own(text)),
        (AgentPart::Hooks, _) => hooks::own(agent, text, earlier),
        (AgentPart::Server, Agent::Codex) => toml::own(text),
        (AgentPart::Server, _) => server::own(agent, text),
    }
}

#[cfg(test)]
mod tests;
