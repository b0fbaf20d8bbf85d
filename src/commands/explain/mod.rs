//! `tix explain`: what the words of tix mean.

pub mod topics;

use std::ffi::OsStr;

use clap_complete::{ArgValueCompleter, CompletionCandidate};
use serde::Serialize;

use self::topics::{Topic, TopicEntry, about, topics};
use crate::app::context::Globals;
use crate::env::Env;
use crate::error::{Exit, Failure};
use crate::out::{Format, Out};
use crate::text::safe;

/// Explain an exit code, a status or another word of tix
///
/// Without a word it lists the topics. `tix explain exit-codes` shows a whole topic. A word (`tix explain 3`, `tix
/// explain in_progress`, `tix explain stale-claim`) shows only its own meaning, in every topic that has it. The texts are
/// made from the tables that the program itself uses.
#[derive(Debug, clap::Args)]
pub struct ExplainArgs {
    /// A topic, or a word of one
    #[arg(value_name = "TOPIC", add = words())]
    topic: Option<String>,
}

/// The answer in JSON.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ExplainJson<'a> {
    schema: &'static str,
    /// The topic: the first of several that have the word, or `topics` for the list of all.
    topic: &'a str,
    /// What the topic is about.
    about: &'a str,
    /// The matching words and their meanings, in the order of the topics.
    entries: Vec<EntryJson<'a>>,
}

/// A word and what it means.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct EntryJson<'a> {
    /// Its topic.
    topic: &'a str,
    /// The word.
    name: &'a str,
    /// What it means; several lines.
    means: &'a str,
}

/// Completes topics, and their words once something is typed.
fn words() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        let Some(current) = current.to_str() else { return Vec::new() };
        let topics = topics();
        let named = topics.iter().map(|topic| (topic.name.to_owned(), topic.about));
        let told = topics.iter().filter(|_| !current.is_empty()).flat_map(|topic| &topic.entries);
        // A blank would end the word.
        let told = told.map(|entry| (entry.name.replace(' ', "-"), entry.means.as_str()));
        let fitting = named.chain(told).filter(|(name, _)| name.starts_with(current));
        let candidate = |(name, means): (String, &str)| {
            let help = means.lines().next().unwrap_or_default().to_owned();
            CompletionCandidate::new(name).help(Some(help.into()))
        };
        let mut candidates: Vec<_> = fitting.map(candidate).collect();
        candidates.sort_by(|a, b| a.get_value().cmp(b.get_value()));
        candidates.dedup_by(|a, b| a.get_value() == b.get_value());
        candidates
    })
}

pub fn run(args: &ExplainArgs, _globals: &Globals, _env: &Env, out: &Out) -> Result<(), Failure> {
    let all = topics();
    let Some(wanted) = &args.topic else {
        let entries = all.iter().map(|topic| TopicEntry::new(topic.name, topic.about)).collect();
        tell(&[Topic { name: "topics", also: &[], about: "tix explain TOPIC", entries }], out);
        return Ok(());
    };
    let found = about(wanted);
    if found.is_empty() {
        let names: Vec<&str> = all.iter().map(|topic| topic.name).collect();
        let message = format!("nothing here is called `{wanted}`");
        return Err(Failure::new(Exit::NotFound, message)
            .fact("topics", names.join(", "))
            .hint("list the topics: tix explain"));
    }
    tell(&found, out);
    Ok(())
}

fn tell(topics: &[Topic], out: &Out) {
    match out.format {
        Format::Json => in_json(topics, out),
        Format::Human => {
            let texts: Vec<String> = topics.iter().map(words_of).collect();
            out.answer(&out.wrapped(&texts.join("\n")));
        }
    }
}

fn in_json(topics: &[Topic], out: &Out) {
    let Some(first) = topics.first() else { return };
    let pairs =
        topics.iter().flat_map(|topic| topic.entries.iter().map(|entry| (topic.name, entry)));
    let entries =
        pairs.map(|(topic, entry)| EntryJson { topic, name: &entry.name, means: &entry.means });
    out.json(&ExplainJson {
        schema: "tix/explain@1",
        topic: first.name,
        about: first.about,
        entries: entries.collect(),
    });
}

fn words_of(topic: &Topic) -> String {
    let width = topic.entries.iter().map(|entry| entry.name.chars().count()).max().unwrap_or(0);
    let mut text = format!("{}: {}\n", topic.name, topic.about);
    for entry in &topic.entries {
        for (nth, line) in entry.means.lines().enumerate() {
            let name = if nth == 0 { entry.name.as_str() } else { "" };
            text.push_str(&format!("  {name:width$}  {}\n", safe(line)));
        }
    }
    text
}
