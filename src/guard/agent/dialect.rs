//! How each agent wants to be answered.
//!
//! A refusal is exit code 2 with the reason on stderr everywhere: this blocks in all of them, in old versions too, where a
//! refusal written as JSON is taken for a failure of the hook by some, and failures let the tool run.

use serde_json::json;

use super::super::HookUse;
use super::event::EventMoment;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    Claude,
    Codex,
    Gemini,
    Cursor,
}

impl Dialect {
    pub const ALL: [Dialect; 4] =
        [Dialect::Claude, Dialect::Codex, Dialect::Gemini, Dialect::Cursor];

    /// The name of its command.
    pub fn name(self) -> &'static str {
        match self {
            Dialect::Claude => "claude",
            Dialect::Codex => "codex",
            Dialect::Gemini => "gemini",
            Dialect::Cursor => "cursor",
        }
    }

    /// What becomes of git's hooks in the commands that the agent runs: Gemini CLI gives each a `core.hooksPath` that leads
    /// nowhere, through `GIT_CONFIG_COUNT`. What the configuration names is run all the same, by git 2.54 and newer.
    pub fn hooks_of_commands(self) -> HookUse {
        match self {
            Dialect::Gemini => HookUse::Off,
            Dialect::Claude | Dialect::Codex | Dialect::Cursor => HookUse::Asked,
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
pub fn speak(dialect: Dialect, moment: EventMoment, answer: &HookAnswer) -> Spoken {
    // These read stdout as JSON, whatever is on it.
    let empty = match dialect {
        Dialect::Claude | Dialect::Codex => "",
        Dialect::Gemini | Dialect::Cursor => "{}",
    };
    let say = |stdout: String| Spoken { stdout, stderr: String::new(), code: 0 };
    let refuse =
        |reason: &str| Spoken { stdout: String::new(), stderr: format!("{reason}\n"), code: 2 };
    match (answer, dialect) {
        (HookAnswer::Pass, _) => say(empty.to_owned()),
        // In Codex and Gemini a question is an invalid answer, and the tool would run.
        (HookAnswer::Refuse(reason), _)
        | (HookAnswer::Ask(reason), Dialect::Codex | Dialect::Gemini) => refuse(reason),
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
        (HookAnswer::Tell(text), Dialect::Claude | Dialect::Codex) => match moment {
            EventMoment::Start => say(text.clone()),
            EventMoment::After => say(news("PostToolUse", text)),
            // Under another name than that of its event an answer is dropped.
            EventMoment::Failed => say(news("PostToolUseFailure", text)),
            EventMoment::Before | EventMoment::Other => say(String::new()),
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
    fn a_refusal_is_two_and_a_reason_everywhere() {
        for dialect in Dialect::ALL {
            let spoken = speak(dialect, EventMoment::Before, &HookAnswer::Refuse("why".to_owned()));
            assert_eq!(
                (spoken.code, spoken.stderr.as_str(), spoken.stdout.as_str()),
                (2, "why\n", "")
            );
        }
    }

    #[test]
    fn silence_is_an_empty_object_where_stdout_must_be_json() {
        let silent = |dialect| speak(dialect, EventMoment::Before, &HookAnswer::Pass).stdout;
        assert_eq!(Dialect::ALL.map(silent), ["", "", "{}", "{}"]);
    }

    #[test]
    fn a_question_is_asked_only_where_it_can_be() {
        let ask = |dialect| speak(dialect, EventMoment::Before, &HookAnswer::Ask("why".to_owned()));
        assert!(ask(Dialect::Claude).stdout.contains(r#""permissionDecision":"ask""#));
        assert!(ask(Dialect::Cursor).stdout.contains(r#""permission":"ask""#));
        assert_eq!([ask(Dialect::Codex).code, ask(Dialect::Gemini).code], [2, 2]);
    }

    #[test]
    fn what_is_told_is_never_a_refusal() {
        for dialect in Dialect::ALL {
            for moment in [
                EventMoment::Before,
                EventMoment::After,
                EventMoment::Failed,
                EventMoment::Start,
                EventMoment::Other,
            ] {
                let spoken = speak(dialect, moment, &HookAnswer::Tell("news".to_owned()));
                assert_eq!((spoken.code, spoken.stderr.as_str()), (0, ""));
            }
        }
        let failed =
            speak(Dialect::Claude, EventMoment::Failed, &HookAnswer::Tell("news".to_owned()));
        assert!(failed.stdout.contains(r#""hookEventName":"PostToolUseFailure""#));
        let start =
            speak(Dialect::Claude, EventMoment::Start, &HookAnswer::Tell("news".to_owned()));
        assert_eq!(start.stdout, "news");
    }
}
