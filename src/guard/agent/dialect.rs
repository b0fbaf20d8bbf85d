//! How each agent wants to be answered.
//!
//! A refusal is exit code 2 with the reason on stderr nearly everywhere: this blocks in all of them, in old versions too, where
//! a refusal written as JSON is taken for a failure of the hook by some, and failures let the tool run. Copilot CLI alone
//! gives the model nothing of stderr, and takes the reason from JSON.

use serde_json::json;

use super::super::HookUse;
use super::event::EventMoment;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    Claude,
    Codex,
    Gemini,
    Cursor,
    Qwen,
    Copilot,
    Opencode,
}

impl Dialect {
    pub const ALL: [Dialect; 7] = [
        Dialect::Claude,
        Dialect::Codex,
        Dialect::Gemini,
        Dialect::Cursor,
        Dialect::Qwen,
        Dialect::Copilot,
        Dialect::Opencode,
    ];

    /// The name of its command.
    pub fn name(self) -> &'static str {
        match self {
            Dialect::Claude => "claude",
            Dialect::Codex => "codex",
            Dialect::Gemini => "gemini",
            Dialect::Cursor => "cursor",
            Dialect::Qwen => "qwen",
            Dialect::Copilot => "copilot",
            Dialect::Opencode => "opencode",
        }
    }

    /// What becomes of git's hooks in the commands that the agent runs: Gemini CLI gives each a `core.hooksPath` that leads
    /// nowhere, through `GIT_CONFIG_COUNT`. What the configuration names is run all the same, by git 2.54 and newer.
    pub fn hooks_of_commands(self) -> HookUse {
        match self {
            Dialect::Gemini => HookUse::Off,
            Dialect::Claude
            | Dialect::Codex
            | Dialect::Cursor
            | Dialect::Qwen
            | Dialect::Copilot
            | Dialect::Opencode => HookUse::Asked,
        }
    }

    pub fn named(name: &str) -> Option<Dialect> {
        Dialect::ALL.into_iter().find(|dialect| dialect.name() == name)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HookAnswer {
    Pass,
    Refuse(String),
    /// The person who watches decides.
    Ask(String),
    /// Something that the model is to know.
    Tell(String),
    /// The directory that the agent asked for.
    Directory(String),
}

/// An answer as the agent reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spoken {
    pub stdout: String,
    pub stderr: String,
    /// The exit code, 0 or 2.
    pub code: u8,
}

/// Puts an answer into the agent's words.
pub fn speak(dialect: Dialect, moment: &EventMoment, answer: &HookAnswer) -> Spoken {
    // These read stdout as JSON, whatever is on it.
    let empty = match dialect {
        Dialect::Claude | Dialect::Codex | Dialect::Qwen | Dialect::Opencode => "",
        Dialect::Gemini | Dialect::Cursor | Dialect::Copilot => "{}",
    };
    let say = |stdout: String| Spoken { stdout, stderr: String::new(), code: 0 };
    let refuse =
        |reason: &str| Spoken { stdout: String::new(), stderr: format!("{reason}\n"), code: 2 };
    let decide = |decision: &str, reason: &str| {
        json!({"permissionDecision": decision, "permissionDecisionReason": reason}).to_string()
    };
    match (answer, dialect) {
        (HookAnswer::Pass, _) => say(empty.to_owned()),
        // The last line of what is printed.
        (HookAnswer::Directory(path), _) => say(path.clone()),
        (HookAnswer::Refuse(reason), Dialect::Copilot) => say(decide("deny", reason)),
        (HookAnswer::Ask(reason), Dialect::Copilot) => say(decide("ask", reason)),
        // In Codex and Gemini a question is an invalid answer, and the tool would run; in Qwen nobody may be there to answer, and
        // our plugin in opencode cannot ask.
        (HookAnswer::Refuse(reason), _)
        | (
            HookAnswer::Ask(reason),
            Dialect::Codex | Dialect::Gemini | Dialect::Qwen | Dialect::Opencode,
        ) => refuse(reason),
        (HookAnswer::Ask(reason), Dialect::Claude) => say(json!({"hookSpecificOutput": {
            "hookEventName": "PreToolUse",
            "permissionDecision": "ask",
            "permissionDecisionReason": reason,
        }})
        .to_string()),
        (HookAnswer::Ask(reason), Dialect::Cursor) => {
            say(json!({"permission": "ask", "user_message": reason, "agent_message": reason})
                .to_string())
        }
        (
            HookAnswer::Tell(text),
            Dialect::Claude | Dialect::Codex | Dialect::Qwen | Dialect::Opencode,
        ) => {
            match moment {
                EventMoment::Start if dialect == Dialect::Qwen => say(news("SessionStart", text)),
                EventMoment::Start => say(text.clone()),
                EventMoment::After => say(news("PostToolUse", text)),
                // Under another name than that of its event an answer is dropped.
                EventMoment::Failed => say(news("PostToolUseFailure", text)),
                EventMoment::Before
                | EventMoment::WorktreeWanted(_)
                | EventMoment::WorktreeUnwanted(_)
                | EventMoment::Stop
                | EventMoment::Other => say(String::new()),
            }
        }
        (HookAnswer::Tell(text), Dialect::Copilot) => match moment {
            // Here the model reads what is on stdout when the code is 2, and only then.
            EventMoment::Failed => Spoken { code: 2, ..say(text.clone()) },
            EventMoment::Start
            | EventMoment::After
            | EventMoment::Before
            | EventMoment::WorktreeWanted(_)
            | EventMoment::WorktreeUnwanted(_)
            | EventMoment::Stop
            | EventMoment::Other => say(json!({"additionalContext": text}).to_string()),
        },
        (HookAnswer::Tell(text), Dialect::Gemini) => {
            say(json!({"hookSpecificOutput": {"additionalContext": text}}).to_string())
        }
        (HookAnswer::Tell(text), Dialect::Cursor) => {
            say(json!({"additional_context": text}).to_string())
        }
    }
}

fn news(event: &str, text: &str) -> String {
    json!({"hookSpecificOutput": {"hookEventName": event, "additionalContext": text}}).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_asked_only_where_it_can_be() {
        let ask =
            |dialect| speak(dialect, &EventMoment::Before, &HookAnswer::Ask("why".to_owned()));
        assert!(ask(Dialect::Claude).stdout.contains(r#""permissionDecision":"ask""#));
        assert!(ask(Dialect::Cursor).stdout.contains(r#""permission":"ask""#));
        assert!(ask(Dialect::Copilot).stdout.contains(r#""permissionDecision":"ask""#));
        assert_eq!(
            [Dialect::Codex, Dialect::Gemini, Dialect::Qwen, Dialect::Opencode]
                .map(|one| ask(one).code),
            [2; 4]
        );
    }

    #[test]
    fn what_is_told_is_never_a_refusal() {
        let tell = HookAnswer::Tell("news".to_owned());
        let failed = speak(Dialect::Copilot, &EventMoment::Failed, &tell);
        assert_eq!((failed.code, failed.stdout.as_str()), (2, "news"));
        for dialect in Dialect::ALL {
            for moment in [
                EventMoment::Before,
                EventMoment::After,
                EventMoment::Failed,
                EventMoment::Start,
                EventMoment::Other,
            ] {
                // A tool that has failed cannot be refused any more.
                if (dialect, &moment) == (Dialect::Copilot, &EventMoment::Failed) {
                    continue;
                }
                let spoken = speak(dialect, &moment, &tell);
                assert_eq!((spoken.code, spoken.stderr.as_str()), (0, ""));
            }
        }
        let failed =
            speak(Dialect::Claude, &EventMoment::Failed, &HookAnswer::Tell("news".to_owned()));
        assert!(failed.stdout.contains(r#""hookEventName":"PostToolUseFailure""#));
        let start =
            speak(Dialect::Claude, &EventMoment::Start, &HookAnswer::Tell("news".to_owned()));
        assert_eq!(start.stdout, "news");
    }
}
