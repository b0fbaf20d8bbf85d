//! `tix explain`: what the words of tix mean.

mod topics;

use serde::Serialize;

use self::topics::{Entry, Topic, topics};
use super::Globals;
use crate::env::Env;
use crate::error::{Exit, Failure};
use crate::out::{Format, Out, safe};

/// Tell what a word of tix means: an exit code, a status, a setting, a check
///
/// Without a word it lists the topics. A topic (`tix explain exit-codes`) shows all of it, a word from it
/// (`tix explain 3`, `tix explain in_progress`, `tix explain stale-claim`) only what that one means. The texts are made
/// from the tables that the program itself works with.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A topic, or a word from one
    #[arg(value_name = "TOPIC")]
    topic: Option<String>,
}

/// The answer in JSON.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Explained<'a> {
    schema: &'static str,
    topic: &'a str,
    about: &'a str,
    entries: Vec<EntryJson<'a>>,
}

/// A word and what it means.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct EntryJson<'a> {
    name: &'a str,
    means: &'a str,
}

/// Explains.
pub fn run(args: &Args, _globals: &Globals, _env: &Env, out: &Out) -> Result<(), Failure> {
    let all = topics();
    let Some(wanted) = &args.topic else {
        let entries = all.iter().map(|topic| Entry::new(topic.name, topic.about)).collect();
        let list = Topic { name: "topics", about: "tix explain TOPIC", entries };
        tell(&list, &list.entries.iter().collect::<Vec<_>>(), out);
        return Ok(());
    };
    if let Some(topic) = all.iter().find(|topic| topic.name == wanted) {
        tell(topic, &topic.entries.iter().collect::<Vec<_>>(), out);
        return Ok(());
    }
    let found = all.iter().find_map(|topic| {
        let entries: Vec<_> = topic.entries.iter().filter(|entry| entry.is(wanted)).collect();
        (!entries.is_empty()).then_some((topic, entries))
    });
    if let Some((topic, entries)) = found {
        tell(topic, &entries, out);
        return Ok(());
    }
    let names: Vec<&str> = all.iter().map(|topic| topic.name).collect();
    Err(Failure::new(Exit::NotFound, format!("there is nothing to explain about `{wanted}`"))
        .fact("topics", names.join(", "))
        .hint("see what there is: tix explain"))
}

fn tell(topic: &Topic, entries: &[&Entry], out: &Out) {
    if out.format == Format::Json {
        let entry = |entry: &&'_ Entry| (entry.name.clone(), entry.means.clone());
        let pairs: Vec<(String, String)> = entries.iter().map(entry).collect();
        let entries = pairs.iter().map(|(name, means)| EntryJson { name, means }).collect();
        out.json(&Explained {
            schema: "tix/explain@1",
            topic: topic.name,
            about: topic.about,
            entries,
        });
        return;
    }
    let width = entries.iter().map(|entry| entry.name.chars().count()).max().unwrap_or(0);
    let mut text = format!("{}: {}\n", topic.name, topic.about);
    for entry in entries {
        for (nth, line) in entry.means.lines().enumerate() {
            let name = if nth == 0 { entry.name.as_str() } else { "" };
            text.push_str(&format!("  {name:width$}  {}\n", safe(line)));
        }
    }
    out.answer(&text);
}
