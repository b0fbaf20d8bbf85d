//! What the command line says to a person, in the words of the tools. Pure.
//!
//! A failure names commands that can be pasted and options that can be added. Whoever has the tools has neither, so each
//! such failure gets one next step that is a call. What no tool does, such as to go on by force, is not offered.

use serde_json::{Value, json};

use crate::error::in_words;

/// The tools for everything that a verb does; the argument that chooses it where a tool stands for several.
const CALLS: [(&str, &str, Option<&str>); 14] = [
    ("next", "next", None),
    ("list", "list", None),
    ("show", "show", None),
    ("status", "status", None),
    ("activate", "claim", None),
    ("complete", "finish", Some("how")),
    ("submit", "finish", Some("how")),
    ("release", "finish", Some("how")),
    ("note", "note", Some("do")),
    ("block", "note", Some("do")),
    ("unblock", "note", Some("do")),
    ("set", "note", Some("do")),
    ("tick", "note", Some("do")),
    ("new", "new", None),
];

/// Facts that are lists of verbs.
const VERBS: [&str; 2] = ["legal now", "this one may"];

/// What is wrong with a repository or its settings, a person decides.
const OF_PEOPLE: [&str; 4] = ["doctor", "explain", "init", "trust"];

/// Puts a failure that was printed as JSON into the words of the tools, and returns it as text.
pub fn tell(tool: &str, error: &mut Value) -> String {
    let text = |error: &Value, key: &str| error.get(key).and_then(Value::as_str).map(str::to_owned);
    let hints = error.get("hints").and_then(Value::as_array).into_iter().flatten();
    let hint = hints.filter_map(Value::as_str).find_map(of_tools);
    let name = text(error, "name").unwrap_or_default();
    let hint = hint.unwrap_or_else(|| next_step(tool, &name));
    let message = text(error, "message").unwrap_or_default();
    if let Some(error) = error.as_object_mut() {
        error.insert("message".to_owned(), without_commands(&message).into());
        error.insert("hints".to_owned(), json!([hint]));
        for name in VERBS {
            let fact = error.get_mut("details").and_then(|details| details.get_mut(name));
            if let Some(fact) = fact
                && let Some(verbs) = fact.as_str()
            {
                *fact = of_verbs(verbs).into();
            }
        }
    }
    in_words(error)
}

/// What is safe after a failure of which the command line says nothing that a tool could do.
fn next_step(tool: &str, name: &str) -> String {
    match name {
        "usage" => format!("change what the message names, and call `{tool}` again"),
        "held" => "take another ticket: call `claim` without one".to_owned(),
        "refused" if tool == "claim" => next_step(tool, "held"),
        "not found" => "see which tickets there are: call `list`".to_owned(),
        "refused" => "see what can be done with the ticket now: call `status` with it".to_owned(),
        "incomplete" => "go on with it: call `claim` with the ticket".to_owned(),
        "unreachable" | "contended" | "signal" => format!("call `{tool}` again later"),
        _ => "show this to a person, and stop".to_owned(),
    }
}

/// A hint as it is where it names no command of tix, or with a call in the place of the command. `None` where nothing does
/// that which the reader has.
fn of_tools(hint: &str) -> Option<String> {
    if let Some((one, other)) = hint.split_once("; else ") {
        return match (of_tools(one), of_tools(other)) {
            (Some(one), Some(other)) => Some(format!("{one}; else {other}")),
            (one, other) => one.or(other),
        };
    }
    let Some((before, command)) = command_in(hint) else {
        // Settings are a person's: also their name, which git wants to know.
        if hint.contains("git config ") {
            return Some(format!("for a person: {hint}"));
        }
        let is_of_others = !hint.contains("--") || hint.contains("git ");
        return is_of_others.then(|| hint.to_owned());
    };
    if before.contains("--") {
        return None;
    }
    let verb = command.split(' ').next().unwrap_or_default();
    if verb == "-C" {
        return Some("name the directory of a clone as `repository`".to_owned());
    }
    if OF_PEOPLE.contains(&verb) {
        return Some(format!("for a person: {hint}"));
    }
    let (tool, with) = call(command)?;
    Some(format!("{before}call `{tool}`{with}"))
}

/// What stands before a command of tix, and the command without its first word.
fn command_in(text: &str) -> Option<(&str, &str)> {
    let at = text.match_indices("tix ").map(|(at, _)| at);
    let mut at = at.filter(|at| text.get(..*at).is_some_and(|b| b.is_empty() || b.ends_with(' ')));
    let at = at.next()?;
    Some((text.get(..at)?, text.get(at + 4..)?))
}

/// A sentence with calls in the place of verbs between backticks. What is longer may be somebody's own text.
fn without_commands(sentence: &str) -> String {
    let parts = sentence.split('`').map(|part| {
        let verb = part.strip_prefix("tix ").filter(|verb| !verb.contains(' '));
        verb.and_then(call).map_or_else(|| part.to_owned(), |(tool, with)| tool.to_owned() + &with)
    });
    parts.collect::<Vec<_>>().join("`")
}

/// The calls that do what these verbs do, as far as any do.
fn of_verbs(verbs: &str) -> String {
    let calls = verbs.split(", ").filter_map(call);
    let calls: Vec<String> = calls.map(|(tool, with)| tool.to_owned() + &with).collect();
    if calls.is_empty() { "none".to_owned() } else { calls.join(", ") }
}

/// What stands for a value of which only its kind is known, in words that nobody takes for the value.
fn filled(word: String) -> String {
    match word.strip_prefix('<').and_then(|word| word.strip_suffix('>')) {
        Some("ticket") => "(its id)".to_owned(),
        Some(kind) => format!("({kind})"),
        None => word,
    }
}

/// The tool that does what a command line does, and with what; `None` where no tool does exactly that.
fn call(command: &str) -> Option<(&'static str, String)> {
    let words = words_of(command);
    let (verb, rest) = words.split_first()?;
    if verb == "new" && !rest.is_empty() {
        return None;
    }
    let (_, tool, choice) = CALLS.iter().find(|(known, ..)| known == verb)?;
    let mut given: Vec<(&str, String)> =
        choice.iter().map(|choice| (*choice, verb.clone())).collect();
    let mut operands = Vec::new();
    let mut rest = rest.iter().cloned();
    while let Some(word) = rest.next() {
        match word.as_str() {
            // The tool does it without.
            "--next" | "--all" | "…" => {}
            "--lane" => given.push(("lane", rest.next()?)),
            "--mine" => given.push(("mine", "true".to_owned())),
            "--fetch" if *tool == "list" => given.push(("fetch", "true".to_owned())),
            "--resume" if *tool == "claim" => given.push(("resume", "true".to_owned())),
            "--no-work" => given.push(("no_work", rest.next()?)),
            "--reason" if *tool == "note" => given.push(("text", rest.next()?)),
            "--reason" => given.push(("reason", rest.next()?)),
            option if option.starts_with('-') => return None,
            _ => operands.push(word),
        }
    }
    let takes_text = matches!(verb.as_str(), "note" | "set" | "tick");
    match (<[String; 1]>::try_from(operands), takes_text) {
        (Ok([text]), true) => given.push(("text", text)),
        (Ok([ticket]), false) => given.push(("ticket", ticket)),
        (Err(operands), _) => match (<[String; 2]>::try_from(operands), takes_text) {
            (Ok([ticket, text]), true) => given.extend([("ticket", ticket), ("text", text)]),
            (Err(none), _) if none.is_empty() => {}
            _ => return None,
        },
    }
    let given = given.into_iter().map(|(name, value)| format!("{name}={}", filled(value)));
    let given: Vec<String> = given.collect();
    let with = if given.is_empty() { String::new() } else { format!(" with {}", given.join(", ")) };
    Some((tool, with))
}

/// The words of a command line in which some are quoted as tix quotes them.
fn words_of(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut is_quoted = false;
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\'' => {
                is_quoted = !is_quoted;
                word.get_or_insert_default();
            }
            '\\' if !is_quoted => word.get_or_insert_default().extend(letters.next()),
            letter if letter.is_whitespace() && !is_quoted => words.extend(word.take()),
            letter => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_names_a_call_in_the_place_of_a_command() {
        for (hint, told) in [
            ("list the tickets: tix list", Some("list the tickets: call `list`")),
            ("look at it: tix show T-1", Some("look at it: call `show` with ticket=T-1")),
            (
                "take another ticket: tix list --lane queue",
                Some("take another ticket: call `list` with lane=queue"),
            ),
            (
                "see who may do what, and why not: tix status T-1 --all",
                Some("see who may do what, and why not: call `status` with ticket=T-1"),
            ),
            (
                "tick what is done: tix tick T-1 'it'\\''s done'",
                Some("tick what is done: call `note` with do=tick, ticket=T-1, text=it's done"),
            ),
            (
                "for instance: tix set <ticket> priority=P1",
                Some("for instance: call `note` with do=set, ticket=(its id), text=priority=P1"),
            ),
            (
                "say why there is none: tix complete T-1 --no-work <why>",
                Some(
                    "say why there is none: call `finish` with how=complete, no_work=(why), ticket=T-1",
                ),
            ),
            ("take another ticket: tix activate --next", Some("take another ticket: call `claim`")),
            (
                "go to your repository, or name it: tix -C <directory> …",
                Some("name the directory of a clone as `repository`"),
            ),
            ("set it up: tix init", Some("for a person: set it up: tix init")),
            ("give the full id of one of them", Some("give the full id of one of them")),
            (
                "fetch the rest: git fetch --unshallow",
                Some("fetch the rest: git fetch --unshallow"),
            ),
            (
                "if it is yours: tix activate T-1 --resume; else take another ticket: tix activate --next",
                Some(
                    "if it is yours: call `claim` with resume=true, ticket=T-1; else take another ticket: call `claim`",
                ),
            ),
            (
                "if it is yours: tix activate T-1 --resume",
                Some("if it is yours: call `claim` with resume=true, ticket=T-1"),
            ),
            ("if it can be done now anyway: tix activate T-1 --anyway", None),
            (
                "if an agent's sandbox prevents that, let the agent run `tix` outside of the sandbox",
                Some(
                    "if an agent's sandbox prevents that, let the agent run `tix` outside of the sandbox",
                ),
            ),
            (
                "git config user.name \"Your Name\"",
                Some("for a person: git config user.name \"Your Name\""),
            ),
            (
                "go on with it: tix activate T-1",
                Some("go on with it: call `claim` with ticket=T-1"),
            ),
            ("try again later, or with a longer --timeout", None),
            ("write one: tix new 'a title'", None),
            ("tix --help", None),
            ("tix activate --help", None),
        ] {
            assert_eq!(of_tools(hint).as_deref(), told, "{hint}");
        }
    }

    #[test]
    fn a_failure_is_told_with_one_next_step() {
        let mut error = json!({ "name": "refused", "message": "the role `coder` may not use `tix release`",
            "details": {}, "hints": ["tix --help", "look at it: tix show T-1", "wait"] });
        let text = "refused: the role `coder` may not use `finish with how=release`\nhint: look at it: call `show` with ticket=T-1";
        assert_eq!(tell("finish", &mut error), text);
        assert_eq!(error["hints"], json!(["look at it: call `show` with ticket=T-1"]));
        for (verbs, calls) in [
            ("submit, unblock, handoff, close", "finish with how=submit, note with do=unblock"),
            ("new, reopen", "new"),
            ("handoff", "none"),
        ] {
            let mut error = json!({ "name": "refused", "message": "m", "hints": [],
                "details": { "legal now": verbs, "by": "submit" } });
            tell("finish", &mut error);
            assert_eq!(error["details"], json!({ "legal now": calls, "by": "submit" }));
        }
        let mut error = json!({ "name": "held", "message": "m", "hints": [] });
        assert!(
            tell("note", &mut error)
                .ends_with("\nhint: take another ticket: call `claim` without one")
        );
    }
}
