//! The topics, from the tables that the program works with: what is said here cannot differ from what is done.

use clap::CommandFactory;

use crate::cli::Cli;
use crate::config::{DefaultValue, describe};
use crate::doctor::RULES;
use crate::error::Exit;
use crate::lifecycle::machine::{
    Arrival, OwnReview, Policy, State, Verb, after, joins, lane_of, starts_in,
};
use crate::ticket::{Lane, QueueGate, Status};

/// Things that belong together.
pub struct Topic {
    /// Its name.
    pub name: &'static str,
    /// What it is about.
    pub about: &'static str,
    /// The things.
    pub entries: Vec<Entry>,
}

/// A word and what it means.
pub struct Entry {
    /// The word.
    pub name: String,
    /// What it means; several lines.
    pub means: String,
}

impl Entry {
    /// A word with its meaning.
    pub fn new(name: impl Into<String>, means: impl Into<String>) -> Entry {
        Entry { name: name.into(), means: means.into() }
    }

    /// Whether this is the word that is asked for; a number that stands before a name is one too.
    pub fn is(&self, wanted: &str) -> bool {
        let fold = |text: &str| text.to_ascii_lowercase().replace(['-', ' '], "_");
        let numbered = self
            .name
            .split_once(' ')
            .filter(|(number, _)| number.starts_with(|c: char| c.is_ascii_digit()));
        let parts = numbered.map(|(number, name)| number == wanted || fold(name) == fold(wanted));
        fold(&self.name) == fold(wanted) || parts == Some(true)
    }
}

/// All topics.
pub fn topics() -> Vec<Topic> {
    vec![exit_codes(), lanes(), states(), moves(), settings(), checks(), commands()]
}

fn exit_codes() -> Topic {
    let mut entries = vec![Entry::new("0 ok", "done")];
    let code = |(exit, name, means): &(Exit, &str, &str)| {
        Entry::new(format!("{} {name}", exit.code()), *means)
    };
    entries.extend(Exit::TABLE.iter().map(code));
    entries.push(Entry::new("101 bug", "tix itself failed: please report it"));
    entries.push(Entry::new("128+n signal", "signal n ended it"));
    Topic { name: "exit-codes", about: "what a script should do about each", entries }
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
            .map(Status::as_str)
            .collect();
        let means =
            format!("holds tickets that are {}\nfrom here to {}", here.join(", "), ways.join(", "));
        Entry::new(lane.as_str(), means)
    };
    let about =
        "the directories that hold tickets, what they hold, and where tickets go from there";
    Topic { name: "lanes", about, entries: Lane::ALL.map(entry).into() }
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
        let mut means = format!("belongs into {}/{claim}", lane_of(status));
        let others = status.aliases().join(", ");
        if !others.is_empty() {
            means.push_str(&format!("\nalso written {others}"));
        }
        Entry::new(status.as_str(), means)
    };
    let about = "what `status:` in a ticket can say; `blocked:` stands beside it";
    Topic { name: "states", about, entries: Status::ALL.map(entry).into() }
}

/// Each verb with what it makes of each state, by the one function that decides it.
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
        let of_lane = |lane: &Lane| Status::ALL.map(|status| State { lane: *lane, status });
        let begins = starts_in(verb).iter().flat_map(of_lane);
        let mut ways: Vec<(String, Vec<&str>)> = Vec::new();
        for (state, end) in begins.filter_map(|state| Some((state, end(verb, state)?))) {
            match ways.iter_mut().find(|(known, _)| *known == end) {
                Some((_, from)) => from.push(state.status.as_str()),
                None => ways.push((end, vec![state.status.as_str()])),
            }
        }
        let means: Vec<String> =
            ways.iter().map(|(end, from)| format!("{} → {end}", from.join(", "))).collect();
        Entry::new(name_of(verb), means.join("\n"))
    };
    let about = "what each move makes of a ticket; every other one is refused";
    Topic { name: "moves", about, entries: Verb::ALL.map(entry).into() }
}

/// The verb in words, as its name has them.
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
        means.push_str(&format!("\n.tix.yaml, git config {}", key.git_name()));
        if let Some(variable) = key.variable() {
            means.push_str(&format!(", {variable}"));
        }
        Entry::new(key.name, means)
    };
    let entries = describe().iter().map(entry).collect();
    Topic { name: "config", about: "the settings, and where each can be made", entries }
}

fn checks() -> Topic {
    let entry = |rule: &crate::doctor::Rule| {
        let mut means = format!("{}: {}", rule.severity.as_str(), rule.about);
        if let Some(fix) = rule.fix {
            means.push_str(&format!("\n--fix {fix}"));
        }
        Entry::new(rule.name, means)
    };
    Topic {
        name: "doctor",
        about: "what `tix doctor` finds",
        entries: RULES.iter().map(entry).collect(),
    }
}

fn commands() -> Topic {
    let tix = Cli::command();
    let shown = tix.get_subcommands().filter(|command| !command.is_hide_set());
    let entry = |command: &clap::Command| {
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        Entry::new(command.get_name(), about)
    };
    Topic { name: "commands", about: "what tix does", entries: shown.map(entry).collect() }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn means(topic: &str, name: &str) -> String {
        let topics = topics();
        let topic = topics.iter().find(|one| one.name == topic).unwrap();
        topic.entries.iter().find(|entry| entry.is(name)).unwrap().means.clone()
    }

    #[test]
    fn every_word_of_the_tables_is_explained() {
        assert_eq!(means("exit-codes", "3"), "take another ticket");
        assert_eq!(means("exit-codes", "held"), means("exit-codes", "3"));
        assert!(means("states", "in-progress").contains("also written inprogress, doing"));
        assert!(means("lanes", "queue").ends_with("from here to active, archive"));
        assert!(
            means("moves", "request changes")
                .contains("expediter_review → changes_requested, with review")
        );
        assert!(
            means("config", "require_queued")
                .contains("git config tix.requireQueued, TIX_REQUIRE_QUEUED")
        );
        assert!(means("doctor", "stale-claim").starts_with("warning: "));
        assert!(means("commands", "explain").starts_with("Tell what a word"));
    }

    #[test]
    fn every_topic_and_every_word_in_it_has_one_name_and_a_meaning() {
        let topics = topics();
        let names: BTreeSet<_> = topics.iter().map(|topic| topic.name).collect();
        assert_eq!(names.len(), topics.len());
        for topic in &topics {
            let words: BTreeSet<_> = topic.entries.iter().map(|entry| &entry.name).collect();
            assert_eq!(words.len(), topic.entries.len(), "{}", topic.name);
            for entry in &topic.entries {
                assert!(!entry.means.is_empty(), "{}: {}", topic.name, entry.name);
            }
        }
    }
}
