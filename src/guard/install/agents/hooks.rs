//! The hooks of an agent: lists of handlers below the events at which it runs them.

use jsonc_parser::cst::{CstArray, CstInputValue, CstNode, CstObject};
use jsonc_parser::json;
use regex::Regex;
use serde_json::Value;

use super::json::{JsonFile, line_of, plain, take_out, unfit};
use super::{Agent, AgentFileEdit, EarlierEdit, FileRemark, shapes};

/// The object that holds the events.
const HOOKS: &str = "hooks";

pub fn install(
    agent: Agent,
    text: Option<&str>,
    earlier: Option<EarlierEdit<'_>>,
) -> Result<AgentFileEdit, FileRemark> {
    let mut edited = false;
    let file = JsonFile::parse(text)?;
    let known = KnownEntries::of(agent, earlier);
    let has_version = matches!(agent, Agent::Cursor | Agent::Copilot);
    if text.is_none() && has_version {
        file.root.append("version", json!(1));
    }
    let hooks = file.object_or_create(HOOKS)?;
    for (event, wanted) in shapes::of(agent) {
        if is_spelled_otherwise(&known, event, &hooks) {
            continue;
        }
        let list = match hooks.get(event) {
            Some(found) => found.array_value().ok_or_else(|| unfit(&found, event, "a list"))?,
            None => hooks.array_value_or_set(event),
        };
        edited |= put(&known, event, &list, wanted);
    }
    if has_version && file.root.get("version").is_none() {
        file.root.append("version", json!(1));
        edited = true;
    }
    Ok(if edited { AgentFileEdit::Write(file.text()) } else { AgentFileEdit::Keep })
}

/// Whether somebody's own entry stands under another spelling of an event: Copilot CLI takes two of each.
fn is_spelled_otherwise(known: &KnownEntries, event: &str, hooks: &CstObject) -> bool {
    hooks.properties().into_iter().any(|property| {
        let name = property.decoded_name().unwrap_or_default();
        let entries = property.array_value().map(|list| list.elements()).unwrap_or_default();
        let values = entries.iter().filter_map(CstNode::to_serde_value);
        let is_own =
            |value: Value| share(known.agent, &value) != Share::None && !known.has(&name, &value);
        name != event && name.eq_ignore_ascii_case(event) && values.into_iter().any(is_own)
    })
}

pub fn uninstall(
    agent: Agent,
    text: &str,
    earlier: Option<EarlierEdit<'_>>,
) -> Result<AgentFileEdit, FileRemark> {
    let file = JsonFile::parse(Some(text))?;
    let known = KnownEntries::of(agent, earlier);
    let Some(hooks) = file.root.object_value(HOOKS) else { return Ok(AgentFileEdit::Keep) };
    let mut edited = false;
    for property in hooks.properties() {
        let (Some(event), Some(list)) = (property.decoded_name(), property.array_value()) else {
            continue;
        };
        let before = list.elements().len();
        for group in list.elements() {
            edited |= take(&known, &event, group);
        }
        // A list that was empty before is the user's.
        if before > 0 && list.elements().is_empty() {
            take_out(property.into());
        }
    }
    if edited {
        file.remove_if_empty(HOOKS);
    }
    Ok(if edited { AgentFileEdit::Write(file.text()) } else { AgentFileEdit::Keep })
}

/// The first entry that runs `tix hook <agent>` and is none that a tix wrote; rather one that leaves something out.
pub fn own(
    agent: Agent,
    text: &str,
    earlier: Option<EarlierEdit<'_>>,
) -> Result<Option<FileRemark>, FileRemark> {
    let file = JsonFile::parse(Some(text))?;
    let known = KnownEntries::of(agent, earlier);
    let events = file.root.object_value(HOOKS).map(|hooks| hooks.properties()).unwrap_or_default();
    let own = events.into_iter().filter_map(|property| {
        let event = property.decoded_name()?;
        let group = property.array_value()?.elements().into_iter().find(|group| {
            let value = group.to_serde_value().unwrap_or_default();
            match share(agent, &value) {
                Share::Whole => !known.has(&event, &value),
                Share::Part => handlers(&value)
                    .iter()
                    .any(|handler| is_ours(agent, handler) && !known.has_handler(&event, handler)),
                Share::None => false,
            }
        })?;
        let lacking = unguarded(agent, &event, &property.array_value()?);
        let mut why = format!("tix leaves the entry for {event} as somebody has made it");
        if let Some(what) = &lacking {
            let of = if is_before(&event) { "not guarded" } else { "tix does not hear of" };
            why.push_str(&format!("; {of}: {what}"));
        }
        Some((lacking.is_some(), FileRemark { line: line_of(&group), why }))
    });
    let mut own: Vec<(bool, FileRemark)> = own.collect();
    // The sort is stable.
    own.sort_by_key(|(leaves_out, _)| !leaves_out);
    Ok(own.into_iter().next().map(|(_, remark)| remark))
}

/// Whether tix may still refuse what an event tells of.
fn is_before(event: &str) -> bool {
    event.starts_with("before")
        || event.starts_with("Before")
        || event.eq_ignore_ascii_case("preToolUse")
}

/// What tix has an entry of this event for, and none of the list that runs it is: tools, or whatever the matchers there leave out
/// where tix wants to be asked of everything. An entry that the agent runs only at times, or does not wait for, is none.
fn unguarded(agent: Agent, event: &str, list: &CstArray) -> Option<String> {
    let of_event = |(at, _): &(&str, _)| at.eq_ignore_ascii_case(event);
    let (_, wanted) = shapes::of(agent).into_iter().find(of_event)?;
    let wanted = plain(&wanted);
    let entries: Vec<Value> = list.elements().iter().filter_map(CstNode::to_serde_value).collect();
    let asking = entries.iter().filter(|entry| share(agent, entry) != Share::None);
    let (weak, asking): (Vec<_>, Vec<_>) =
        asking.map(|entry| (entry, weakness(agent, entry))).partition(|(_, weak)| weak.is_some());
    let Some(wanted) = matcher_of(&wanted) else {
        let named: Option<Vec<&str>> = asking.iter().map(|(entry, _)| matcher_of(entry)).collect();
        return named.map(|named| match weak.iter().find_map(|(_, weak)| weak.as_ref()) {
            Some(weak) if named.is_empty() => format!("anything {weak}"),
            Some(_) | None => format!("what does not match {}", named.join(" or ")),
        });
    };
    let covered = |tool: &str| asking.iter().any(|(entry, _)| covers(agent, entry, tool));
    // The tools that are left out, below what is said of those for which some entry is weak.
    let mut lacking: Vec<(Option<&String>, Vec<&str>)> = vec![(None, Vec::new())];
    for tool in tools_in(wanted).filter(|tool| !covered(tool)) {
        let found = weak.iter().find(|(entry, _)| covers(agent, entry, tool));
        let said = found.and_then(|(_, weak)| weak.as_ref());
        match lacking.iter_mut().find(|(of, _)| *of == said) {
            Some((_, tools)) => tools.push(tool),
            None => lacking.push((said, vec![tool])),
        }
    }
    let lines = lacking.iter().filter(|(_, tools)| !tools.is_empty()).map(|(said, tools)| {
        let said = said.map(|said| format!(" {said}")).unwrap_or_default();
        tools.join(", ") + &said
    });
    Some(lines.collect::<Vec<_>>().join("; ")).filter(|lines| !lines.is_empty())
}

/// Why an entry lets things pass that it matches: by the keys of a handler with which Claude Code, and what reads its files, runs
/// it only where a rule fits, or goes on without its answer. `None` where one of its handlers of ours always answers.
fn weakness(agent: Agent, entry: &Value) -> Option<String> {
    let handlers = entry.get("hooks").and_then(Value::as_array);
    let handlers = handlers.map_or_else(|| std::slice::from_ref(entry), Vec::as_slice);
    let of_handler = |handler: &Value| {
        let is_set = |key: &str| handler.get(key).and_then(Value::as_bool) == Some(true);
        if let Some(key) = ["async", "asyncRewake"].into_iter().find(|key| is_set(key)) {
            return Some(format!("(with `{key}` nothing waits for the answer)"));
        }
        let rule = handler.get("if")?.as_str().unwrap_or_default();
        Some(format!("where `if` does not fit: {rule}"))
    };
    let ours: Vec<_> =
        handlers.iter().filter(|handler| is_ours(agent, handler)).map(of_handler).collect();
    let is_weak = ours.iter().all(Option::is_some);
    ours.into_iter().flatten().next().filter(|_| is_weak)
}

/// The matcher of an entry; none where it matches everything.
fn matcher_of(entry: &Value) -> Option<&str> {
    let matcher = entry.get("matcher")?.as_str();
    matcher.filter(|matcher| !["", "*", ".*"].contains(matcher))
}

/// The names in a matcher of ours.
fn tools_in(matcher: &str) -> impl Iterator<Item = &str> {
    matcher.split('|').map(|name| name.trim_matches(['^', '(', ')', '$']))
}

/// Whether an entry runs for a tool, or for one of those whose names begin so. A matcher that cannot be read covers nothing.
fn covers(agent: Agent, entry: &Value, tool: &str) -> bool {
    let Some(matcher) = matcher_of(entry) else { return true };
    let tool = tool.strip_suffix(".*").map_or_else(|| tool.to_owned(), |start| format!("{start}x"));
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || "_|".contains(letter);
    if agent == Agent::Claude && matcher.chars().all(is_name) {
        return matcher.split('|').any(|name| name == tool);
    }
    Regex::new(matcher).is_ok_and(|pattern| pattern.is_match(&tool))
}

/// The entries that are tix's to replace and to remove: those that this tix writes, and those that one has written into this
/// file. An entry that is neither was changed by somebody, or belongs to the tix of somebody else.
struct KnownEntries {
    agent: Agent,
    entries: Vec<(String, Value)>,
}

impl KnownEntries {
    fn of(agent: Agent, earlier: Option<EarlierEdit<'_>>) -> KnownEntries {
        let ours = shapes::of(agent).into_iter();
        let mut entries: Vec<_> =
            ours.map(|(event, entry)| (event.to_owned(), plain(&entry))).collect();
        if let Some(earlier) = earlier {
            let before = earlier.was.map_or_else(Vec::new, |text| all_in(agent, text));
            let wrote = all_in(agent, earlier.wrote).into_iter();
            entries.extend(wrote.filter(|entry| !before.contains(entry)));
        }
        KnownEntries { agent, entries }
    }

    fn has(&self, event: &str, entry: &Value) -> bool {
        self.entries.iter().any(|(at, known)| at == event && known == entry)
    }

    fn has_handler(&self, event: &str, handler: &Value) -> bool {
        let known = self.entries.iter().filter(|(at, _)| at == event);
        known.flat_map(|(_, entry)| handlers(entry)).any(|known| known == handler)
    }
}

/// The entries of a file that run `tix hook <agent>`, each with its event.
fn all_in(agent: Agent, text: &str) -> Vec<(String, Value)> {
    let file = JsonFile::parse(Some(text)).ok().and_then(|file| file.root.to_serde_value());
    let events = file.as_ref().and_then(|file| file.get(HOOKS)?.as_object());
    let of_event = |(event, list): (&String, &Value)| -> Vec<(String, Value)> {
        let entries = list.as_array().into_iter().flatten();
        let ours = entries.filter(|entry| share(agent, entry) == Share::Whole);
        ours.map(|entry| (event.clone(), entry.clone())).collect()
    };
    events.into_iter().flatten().flat_map(of_event).collect()
}

fn handlers(group: &Value) -> &[Value] {
    group.get("hooks").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// Adds an entry to the list of an event unless it is there, also as somebody has changed it. Says whether anything changed.
fn put(known: &KnownEntries, event: &str, list: &CstArray, wanted: CstInputValue) -> bool {
    let value = plain(&wanted);
    let mut ours = Vec::new();
    for (index, group) in list.elements().into_iter().enumerate() {
        let Some(found) = group.to_serde_value() else { continue };
        if found == value {
            return false;
        }
        match share(known.agent, &found) {
            Share::Whole if known.has(event, &found) => ours.push((index, group)),
            // Somebody wants it in another form, or beside a handler of their own.
            Share::Whole | Share::Part => return false,
            Share::None => {}
        }
    }
    match ours.first() {
        Some((index, _)) => list.insert(*index, wanted),
        None => list.append(wanted),
    };
    for (_, older) in ours {
        older.remove();
    }
    true
}

/// Takes what is ours out of a group. Says whether there was something.
fn take(known: &KnownEntries, event: &str, group: CstNode) -> bool {
    let Some(found) = group.to_serde_value() else { return false };
    match share(known.agent, &found) {
        Share::Whole if known.has(event, &found) => {
            take_out(group);
            true
        }
        Share::Whole | Share::None => false,
        Share::Part => {
            let handlers = group.as_object().and_then(|group| group.array_value("hooks"));
            let mut taken = false;
            for handler in handlers.iter().flat_map(CstArray::elements) {
                let value = handler.to_serde_value();
                if value.is_some_and(|value| known.has_handler(event, &value)) {
                    take_out(handler);
                    taken = true;
                }
            }
            taken
        }
    }
}

/// How much of an entry is ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Share {
    Whole,
    Part,
    None,
}

fn share(agent: Agent, group: &Value) -> Share {
    let handlers = group.get("hooks").and_then(Value::as_array);
    let Some(handlers) = handlers else {
        return if is_ours(agent, group) { Share::Whole } else { Share::None };
    };
    let ours = handlers.iter().filter(|handler| is_ours(agent, handler)).count();
    match ours {
        0 => Share::None,
        n if n == handlers.len() => Share::Whole,
        _ => Share::Part,
    }
}

/// Whether a handler runs `tix hook <agent>`, in whatever form: with variables, through `env`, from a path, after a command of
/// somebody's own, with what somebody wants to happen when it fails.
fn is_ours(agent: Agent, handler: &Value) -> bool {
    let words = |key: &str| match handler.get(key) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(list)) => {
            list.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" ")
        }
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_)) | None => {
            String::new()
        }
    };
    // Copilot CLI has a key for each shell.
    let lines = ["command", "bash", "powershell", "args"].map(words);
    let line = lines.join(" ");
    let words: Vec<&str> = line.split_whitespace().collect();
    let ends = |word: &&str| word.ends_with(';') || ["||", "&&", "|", "&"].contains(word);
    words.split_inclusive(ends).any(|command| is_call(agent, command))
}

/// What runs the command that stands behind it.
const RUNNERS: [&str; 11] =
    ["bash", "command", "dash", "env", "exec", "ksh", "nice", "nohup", "sh", "timeout", "zsh"];

/// Whether a command, with what ends it, is a call of `tix hook <agent>`: at its beginning, or behind what runs it, with the
/// options and the numbers of that.
fn is_call(agent: Agent, command: &[&str]) -> bool {
    let words = command.iter().map(|word| word.trim_end_matches(';').trim_matches(['"', '\'']));
    let is_before = |word: &&str| {
        let is_of_runner =
            word.starts_with(|letter: char| letter == '-' || letter.is_ascii_digit());
        is_of_runner || word.contains('=') || RUNNERS.contains(&program(word))
    };
    let call: Vec<&str> = words.skip_while(is_before).collect();
    call.first().is_some_and(|first| program(first) == "tix")
        && call.windows(2).any(|words| words == ["hook", agent.name()])
}

fn program(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or(word)
}
