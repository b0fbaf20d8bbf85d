//! Which session a call belongs to.

use super::{Env, NotUtf8};

/// The variables by which agents tell the commands they run which session those belong to. An agent that another one has
/// started sees both variables and cannot say which is its own: a session is all of them together.
const AGENT_SESSIONS: [(&str, &str); 6] = [
    ("claude", "CLAUDE_CODE_SESSION_ID"),
    ("codex", "CODEX_THREAD_ID"),
    ("", "CODEX_SESSION_ID"),
    ("copilot", "COPILOT_AGENT_SESSION_ID"),
    ("gemini", "GEMINI_SESSION_ID"),
    ("qwen", "QWEN_CODE_SESSION_ID"),
];

/// What else of an agent tells the commands it runs who runs them.
const AGENT_MARKS: [(&str, &str); 4] = [
    ("claude", "CLAUDECODE"),
    ("codex", "CODEX_SESSION_ID"),
    ("gemini", "GEMINI_CLI"),
    ("qwen", "QWEN_CODE"),
];

impl Env {
    /// Whether agents that say who they are run this call, and none of them is this one.
    pub fn is_run_by_others_than(&self, agent: &str) -> bool {
        let named = AGENT_SESSIONS.iter().chain(&AGENT_MARKS);
        let mut named = named.filter(|(_, name)| self.raw(name).is_some()).peekable();
        named.peek().is_some() && named.all(|(by, _)| *by != agent)
    }

    /// The session of this call: `TIX_SESSION`, else what the agents export in which tix runs. The text is not checked:
    /// treat it as hostile, like any other input.
    pub fn session(&self) -> Result<Option<String>, NotUtf8> {
        self.session_with(None)
    }

    /// The session of the commands of this agent, which has told its own name for it.
    pub fn session_of(&self, agent: &str, session: &str) -> Result<String, NotUtf8> {
        let found = self.session_with(Some((agent, session)))?;
        Ok(found.unwrap_or_else(|| session.to_owned()))
    }

    fn session_with(&self, told: Option<(&str, &str)>) -> Result<Option<String>, NotUtf8> {
        if let Some(session) = self.text("TIX_SESSION")? {
            return Ok(Some(session.to_owned()));
        }
        let mut found = Vec::new();
        for (agent, name) in AGENT_SESSIONS {
            let told = told.filter(|(by, _)| *by == agent).map(|(_, session)| session);
            let session = if told.is_some() { told } else { self.text(name)? };
            found.extend(session.map(|session| (name, session)));
        }
        Ok(match found.as_slice() {
            [] => None,
            [(_, session)] => Some((*session).to_owned()),
            several => Some(joined(several)),
        })
    }
}

/// One short name for several: they may become part of a path.
fn joined(names: &[(&str, &str)]) -> String {
    let parts = names.iter().flat_map(|(name, value)| [*name, "=", *value, "\0"]);
    // FNV-1a.
    let hash = parts.flat_map(str::bytes).fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::path::PathBuf;

    use super::*;

    fn env(vars: &[(&str, &str)]) -> Env {
        let vars = vars.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
        Env::of(vars, Ok(PathBuf::from("/work")))
    }

    #[test]
    fn a_session_of_tix_is_stronger_than_the_agents() {
        let both = env(&[("CLAUDE_CODE_SESSION_ID", "theirs"), ("TIX_SESSION", "ours")]);
        assert_eq!(both.session(), Ok(Some("ours".to_owned())));
        let one = env(&[("CODEX_THREAD_ID", "thread")]);
        assert_eq!(one.session(), Ok(Some("thread".to_owned())));
        assert_eq!(env(&[]).session(), Ok(None));
    }

    #[test]
    fn a_session_within_a_session_is_both() {
        let of = |claude: &str, codex: &str| {
            let env = env(&[("CLAUDE_CODE_SESSION_ID", claude), ("CODEX_THREAD_ID", codex)]);
            env.session().unwrap().unwrap()
        };
        assert_eq!(of("o", "1"), of("o", "1"));
        assert_eq!(of("o", "1").len(), 16);
        for other in [of("o", "2"), of("p", "1"), of("1", "o"), "o".to_owned(), "1".to_owned()] {
            assert_ne!(of("o", "1"), other);
        }
    }

    #[test]
    fn an_agent_is_known_by_what_it_tells_its_commands() {
        for (name, others) in [
            ("CODEX_THREAD_ID", false),
            ("CODEX_SESSION_ID", false),
            ("HOME", false),
            ("GEMINI_CLI", true),
            ("QWEN_CODE_SESSION_ID", true),
            ("CLAUDECODE", true),
        ] {
            assert_eq!(env(&[(name, "1")]).is_run_by_others_than("codex"), others, "{name}");
        }
        let both = env(&[("CLAUDECODE", "1"), ("CODEX_THREAD_ID", "2")]);
        assert!(!both.is_run_by_others_than("codex"));
    }

    #[test]
    fn a_hook_knows_the_session_of_the_commands_beside_it() {
        let none = env(&[]);
        assert_eq!(none.session_of("claude", "o"), Ok("o".to_owned()));
        assert_eq!(none.session_of("cursor", "o"), Ok("o".to_owned()));
        let commands = env(&[("CLAUDE_CODE_SESSION_ID", "o"), ("CODEX_THREAD_ID", "1")]);
        let both = commands.session().map(Option::unwrap);
        // Whether the agent gives its hooks the variable of its commands or not.
        assert_eq!(env(&[("CODEX_THREAD_ID", "1")]).session_of("claude", "o"), both);
        assert_eq!(env(&[("CLAUDE_CODE_SESSION_ID", "o")]).session_of("codex", "1"), both);
        assert_eq!(commands.session_of("claude", "o"), both);
        let named = env(&[("TIX_SESSION", "ours")]);
        assert_eq!(named.session_of("claude", "o"), Ok("ours".to_owned()));
    }
}
