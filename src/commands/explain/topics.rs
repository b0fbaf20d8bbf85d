//! The topics, from the tables that the program uses, so the texts cannot differ from what it does.

use crate::app::command_line;
use crate::config::{DefaultValue, describe};
use crate::doctor::RULES;
use crate::error::Exit;
use crate::git::signals;
use crate::lifecycle::Missing;
use crate::lifecycle::machine::{
    Arrival, OwnReview, Policy, TicketState, Verb, after, joins, lane_of, starts_in,
};
use crate::ticket::{Lane, QueueGate, Relation, Status};

/// A group of words.
pub struct Topic {
    pub name: &'static str,
    pub also: &'static [&'static str],
    pub about: &'static str,
    pub entries: Vec<TopicEntry>,
}

impl Topic {
    pub fn is(&self, wanted: &str) -> bool {
        fold(self.name) == fold(wanted) || self.also.iter().any(|name| fold(name) == fold(wanted))
    }
}

pub struct TopicEntry {
    pub name: String,
    pub also: Vec<String>,
    /// What it means; several lines.
    pub means: String,
}

impl TopicEntry {
    pub fn new(name: impl Into<String>, means: impl Into<String>) -> TopicEntry {
        TopicEntry { name: name.into(), also: Vec::new(), means: means.into() }
    }

    /// The same, with aliases.
    fn or(self, also: impl IntoIterator<Item = impl Into<String>>) -> TopicEntry {
        TopicEntry { also: also.into_iter().map(Into::into).collect(), ..self }
    }

    /// Whether this is the requested word; a number before a name also counts.
    pub fn is(&self, wanted: &str) -> bool {
        let numbered = self
            .name
            .split_once(' ')
            .filter(|(number, _)| number.starts_with(|c: char| c.is_ascii_digit()));
        let parts = numbered.map(|(number, name)| number == wanted || fold(name) == fold(wanted));
        fold(&self.name) == fold(wanted)
            || parts == Some(true)
            || self.also.iter().any(|word| fold(word) == fold(wanted))
    }
}

/// Words differ by their letters only.
fn fold(text: &str) -> String {
    text.to_ascii_lowercase().replace(['-', ' '], "_")
}

pub fn topics() -> Vec<Topic> {
    vec![
        glossary(),
        exit_codes(),
        lanes(),
        states(),
        moves(),
        gate(),
        relations(),
        settings(),
        checks(),
        commands(),
    ]
}

/// The topics, or the entries in them, that a word means; exact names come first.
pub fn about(wanted: &str) -> Vec<Topic> {
    let mut found = topics();
    found.retain_mut(|topic| {
        if !topic.is(wanted) {
            topic.entries.retain(|entry| entry.is(wanted));
        }
        !topic.entries.is_empty()
    });
    found.sort_by_key(|topic| !topic.is(wanted));
    if let (true, Ok(code)) = (found.is_empty(), wanted.parse()) {
        found.push(Topic { entries: vec![unlisted(code)], ..exit_codes() });
    }
    found
}

/// An exit code that has no row of its own.
fn unlisted(code: u8) -> TopicEntry {
    match code.checked_sub(128).filter(|signal| *signal > 0) {
        Some(signal) => {
            let name = signals::name(signal.into()).map(|name| format!(" ({name})"));
            let means = format!("signal {signal}{} ended it", name.unwrap_or_default());
            TopicEntry::new(format!("{code} {}", Exit::Signal(signal.into()).name()), means)
        }
        None => TopicEntry::new(
            format!("{code} {}", Exit::Worker(code).name()),
            "a worker in the foreground ended with this code, which tix has no other use for",
        ),
    }
}

fn exit_codes() -> Topic {
    let mut entries = vec![TopicEntry::new("0 ok", "done")];
    let code = |(exit, name, means): &(Exit, &str, &str)| {
        TopicEntry::new(format!("{} {name}", exit.code()), *means)
    };
    entries.extend(Exit::TABLE.iter().map(code));
    entries.push(TopicEntry::new("101 bug", "tix itself failed: please report it"));
    let signal = TopicEntry::new("128+n signal", "signal n ended it; which one: tix explain 130");
    entries.push(signal.or(["signals"]));
    Topic {
        name: "exit-codes",
        also: &["exit-code", "exit", "codes"],
        about: "what a script should do about each",
        entries,
    }
}

fn lanes() -> Topic {
    let entry = |lane: Lane| {
        let ways: Vec<&str> = Lane::ALL
            .into_iter()
            .filter(|to| *to != lane && joins(Some(lane), *to))
            .map(Lane::as_str)
            .collect();
        let here: Vec<&str> = Status::ALL
            .into_iter()
            .filter(|status| lane_of(*status) == lane)
            .map(|status| status.words(&[]))
            .collect();
        let means =
            format!("holds tickets that are {}\nfrom here to {}", here.join(", "), ways.join(", "));
        TopicEntry::new(lane.as_str(), means)
    };
    let about =
        "the directories that hold tickets, what they hold, and where tickets go from there";
    Topic { name: "lanes", also: &["lane"], about, entries: Lane::ALL.map(entry).into() }
}

fn states() -> Topic {
    let entry = |status: Status| {
        let claim = match (
            status.is_claimable(QueueGate::Open),
            status.is_claimable(QueueGate::RequireQueued),
        ) {
            (true, true) => ", can be claimed",
            (true, false) => ", can be claimed unless `require_queued` is set",
            (false, _) => "",
        };
        let mut means = format!("{}\nbelongs in {}/{claim}", what_is(status), lane_of(status));
        let others = status.aliases().join(", ");
        if !others.is_empty() {
            means.push_str(&format!("\nalso written {others}"));
        }
        TopicEntry::new(status.as_str(), means).or(status.aliases().iter().copied())
    };
    let mut entries: Vec<TopicEntry> = Status::ALL.map(entry).into();
    entries.extend(blocked());
    let about = "the values of `status:` in a ticket, and `blocked:` beside it";
    Topic { name: "states", also: &["state", "statuses"], about, entries }
}

fn what_is(status: Status) -> &'static str {
    match status {
        Status::Draft => "is not specified yet",
        Status::Open => "waits for somebody who takes it",
        Status::Queued => "is specified, and waits for somebody who takes it",
        Status::Claimed => "is held, and its work has not begun",
        Status::InProgress => "is held and being worked on",
        Status::CriticReview => {
            "was submitted, and waits for the review of a critic: tix review ID"
        }
        Status::ExpediterReview => {
            "was submitted, and waits for the review of an expediter: tix review ID"
        }
        Status::ChangesRequested => "was reviewed, and its holder is to change something",
        Status::Approved => "is completed or, where work is reviewed, approved and to be completed",
        Status::Closed => "ended without being done",
    }
}

/// A word that is not a status but is looked up as one.
fn blocked() -> Option<TopicEntry> {
    let word = "blocked";
    let read = Status::read(word)?;
    let means = format!(
        "not a status but a flag beside it: with `blocked: why` the ticket can be neither claimed nor submitted nor completed\n\
         set by tix block, removed by tix unblock\n\
         `status: {word}` is read as {} and blocked",
        read.status
    );
    Some(TopicEntry::new(word, means))
}

/// Each verb with its result for each state, from the one function that decides it.
fn moves() -> Topic {
    let stages = [Status::CriticReview, Status::ExpediterReview];
    let policy = |stages| Policy {
        gate: QueueGate::Open,
        stages,
        own_review: OwnReview::Refused,
        arrival: Arrival::Land,
    };
    let (plain, reviewed) = (policy(&[]), policy(stages.as_slice()));
    let end = |verb, state| {
        let ends = [plain, reviewed].map(|policy| after(verb, state, policy).ok());
        match ends.map(|end| end.map(|end| end.status)) {
            [Some(plain), Some(reviewed)] if plain == reviewed => Some(plain.to_string()),
            [Some(plain), Some(reviewed)] => Some(format!("{plain}, with review {reviewed}")),
            [Some(plain), None] => Some(format!("{plain}, unless there is a review")),
            [None, Some(reviewed)] => Some(format!("{reviewed}, with review")),
            [None, None] => None,
        }
    };
    let entry = |verb: Verb| {
        let of_lane = |lane: &Lane| Status::ALL.map(|status| TicketState { lane: *lane, status });
        let begins = starts_in(verb).iter().flat_map(of_lane);
        let mut ways: Vec<(String, Vec<&str>)> = Vec::new();
        for (state, end) in begins.filter_map(|state| Some((state, end(verb, state)?))) {
            match ways.iter_mut().find(|(known, _)| *known == end) {
                Some((_, from)) => from.push(state.status.as_str()),
                None => ways.push((end, vec![state.status.as_str()])),
            }
        }
        let stays =
            |(end, from): &(String, Vec<&str>)| matches!(from.as_slice(), [one] if one == end);
        let (same, ways): (Vec<_>, Vec<_>) = ways.into_iter().partition(stays);
        let mut means: Vec<String> =
            ways.iter().map(|(end, from)| format!("{} → {end}", from.join(", "))).collect();
        let same: Vec<String> = same.into_iter().map(|(status, _)| status).collect();
        if verb == Verb::Land {
            means.push("completed on its branch → completed on the trunk".to_owned());
        } else if !same.is_empty() {
            means.push(format!("{}: unchanged", same.join(", ")));
        }
        TopicEntry::new(name_of(verb), means.join("\n")).or(verb.commands().iter().copied())
    };
    let about = "what each move does to a ticket; every other move is refused";
    let entries = Verb::ALL.map(entry).into();
    Topic { name: "moves", also: &["verbs", "verb", "move"], about, entries }
}

fn gate() -> Topic {
    let entry = |(kind, means): (&str, &str)| TopicEntry::new(kind, means);
    let about = "what keeps a ticket from being completed; tix status lists what is missing";
    let entries = Missing::KINDS.into_iter().map(entry).collect();
    Topic { name: "gate", also: &["completion gate"], about, entries }
}

/// What `tix dep add --relation` takes, from its help.
fn relations() -> Topic {
    let tix = command_line::description();
    let add = tix.find_subcommand("dep").and_then(|dep| dep.find_subcommand("add"));
    let values = add.into_iter().flat_map(clap::Command::get_arguments);
    let values = values.filter(|arg| arg.get_id() == "relation");
    let values: Vec<_> = values.flat_map(clap::Arg::get_possible_values).collect();
    let entry = |relation: Relation| {
        let key = relation.key();
        let said = values
            .iter()
            .find(|value| value.get_name_and_aliases().any(|name| fold(name) == key))?;
        let help = said.get_help().map(ToString::to_string).unwrap_or_default();
        let many = if relation.is_list() { "several" } else { "one" };
        let means = format!(
            "of the other ticket: {help}\n`{key}:` in the front matter names {many}; tix dep add ID OTHER --relation {}",
            said.get_name()
        );
        Some(TopicEntry::new(key, means).or(said.get_name_and_aliases()))
    };
    let entries = Relation::ALL.into_iter().filter_map(entry).collect();
    let about = "how a ticket can relate to another";
    Topic { name: "relations", also: &["relation", "dependencies"], about, entries }
}

fn name_of(verb: Verb) -> String {
    let mut name = String::new();
    for c in format!("{verb:?}").chars() {
        if c.is_uppercase() && !name.is_empty() {
            name.push(' ');
        }
        name.extend(c.to_lowercase());
    }
    name
}

fn settings() -> Topic {
    let entry = |key: &crate::config::Key| {
        let default = match key.default {
            DefaultValue::Fixed(value) => value.to_owned(),
            DefaultValue::Found { how, .. } => how.to_owned(),
        };
        let mut means = format!("{}\ntakes {}; default: {default}", key.about, key.takes);
        if let Some(decides) = key.on_machine {
            means.push_str(&format!("\nwhat a pushed file decides on your machine: {decides}"));
        }
        means.push_str(&format!("\n.tix.yaml, git config {}", key.git_name()));
        if let Some(variable) = key.variable() {
            means.push_str(&format!(", {variable}"));
        }
        TopicEntry::new(key.name, means).or(key.variable().into_iter().chain([key.git_name()]))
    };
    let entries = describe().iter().map(entry).collect();
    let about = "the settings, and where each can be set";
    Topic { name: "config", also: &["settings", "setting"], about, entries }
}

fn checks() -> Topic {
    let entry = |rule: &crate::doctor::Rule| {
        let mut means = format!("{}: {}", rule.severity.as_str(), rule.about);
        if let Some(fix) = rule.fix {
            means.push_str(&format!("\n--fix {fix}"));
        }
        TopicEntry::new(rule.name, means)
    };
    Topic {
        name: "doctor",
        also: &["checks"],
        about: "what `tix doctor` finds",
        entries: RULES.iter().map(entry).collect(),
    }
}

fn commands() -> Topic {
    let tix = command_line::description();
    let shown = tix.get_subcommands().filter(|command| !command.is_hide_set());
    let entry = |command: &clap::Command| {
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        TopicEntry::new(command.get_name(), about)
    };
    let entries = shown.map(entry).collect();
    Topic { name: "commands", also: &["command"], about: "what tix does", entries }
}

/// The words of the glossary page, from its table.
fn glossary() -> Topic {
    let page = include_str!("../../../docs/glossary.md");
    let entry = |row: &str| {
        let (word, meaning) = row.strip_prefix("| ")?.strip_suffix(" |")?.split_once(" | ")?;
        let short = word.split_once(" (").map(|(_, also)| also.trim_end_matches(')').to_owned());
        let word = word.split(" (").next().unwrap_or(word);
        Some(TopicEntry::new(word, meaning.replace('`', "")).or(short))
    };
    let entries = page.lines().filter_map(entry).skip(2).collect();
    Topic { name: "words", also: &["glossary"], about: "what tix calls things", entries }
}
