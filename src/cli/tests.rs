//! What other parts say of the commands, held against the whole command line.

use std::collections::BTreeSet;

use clap::CommandFactory as _;

use super::Cli;
use crate::app::command_line;
use crate::app::role::ALWAYS;
use crate::commands::explain::topics::{about, topics};
use crate::doctor::RULES;
use crate::lifecycle::machine::Verb;
use crate::ticket::{Relation, Status};

fn means(topic: &str, name: &str) -> String {
    command_line::set(Cli::command);
    let topics = topics();
    let topic = topics.iter().find(|one| one.name == topic).unwrap();
    topic.entries.iter().find(|entry| entry.is(name)).unwrap().means.clone()
}

#[test]
fn every_word_of_the_tables_is_explained() {
    assert!(means("exit-codes", "3").starts_with("take another ticket; if it is yours"));
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
    assert!(means("commands", "explain").starts_with("Explain an exit code"));
}

/// The topics that tell of a word, with how many words each.
fn found(wanted: &str) -> Vec<(&'static str, usize)> {
    command_line::set(Cli::command);
    about(wanted).iter().map(|topic| (topic.name, topic.entries.len())).collect()
}

#[test]
fn a_word_that_several_topics_know_is_told_by_all_of_them() {
    assert_eq!(found("queue"), [("lanes", 1), ("moves", 1), ("commands", 1)]);
    assert_eq!(found("completed"), [("lanes", 1), ("states", 1)]);
    assert_eq!(found("done"), [("states", 1)]);
    assert_eq!(found("blocked"), [("states", 1)]);
    assert_eq!(found("depends-on"), [("relations", 1)]);
    assert_eq!(found("TIX_TRUNK"), [("config", 1)]);
    assert_eq!(found("verbs"), [("moves", Verb::ALL.len())]);
    assert_eq!(found("doctor"), [("doctor", RULES.len()), ("commands", 1)]);
    assert_eq!(found("frobnicate"), []);
}

#[test]
fn every_status_relation_and_exit_code_is_explained() {
    for status in Status::ALL {
        assert!(!found(status.as_str()).is_empty(), "{status}");
    }
    for relation in Relation::ALL {
        assert!(found(relation.key()).contains(&("relations", 1)), "{}", relation.key());
    }
    let unlisted = [11, 42, 101, 127, 128, 129, 130, 143, u8::MAX];
    for code in (0..=10).chain(unlisted) {
        assert_eq!(found(&code.to_string()), [("exit-codes", 1)], "{code}");
    }
    let code = |code: &str| about(code).remove(0).entries.remove(0);
    assert_eq!((code("42").name.as_str(), code("130").name.as_str()), ("42 worker", "130 signal"));
    if cfg!(unix) {
        assert_eq!(code("130").means, "signal 2 (SIGINT) ended it");
    }
}

#[test]
fn every_topic_and_every_word_in_it_has_one_name_and_a_meaning() {
    let topics = topics();
    let names = topics.iter().flat_map(|topic| topic.also.iter().chain([&topic.name]));
    let known: BTreeSet<_> = names.clone().collect();
    assert_eq!(known.len(), names.count());
    for topic in &topics {
        let names = || topic.entries.iter().map(|entry| &entry.name);
        let words: BTreeSet<_> = names().collect();
        assert_eq!(words.len(), names().count(), "{}", topic.name);
        for entry in &topic.entries {
            assert!(!entry.means.is_empty(), "{}: {}", topic.name, entry.name);
        }
    }
}

#[test]
fn what_every_role_may_use_are_commands() {
    let names: Vec<String> =
        Cli::command().get_subcommands().map(|command| command.get_name().to_owned()).collect();
    for command in ALWAYS {
        assert!(names.iter().any(|name| name == command), "{command}");
    }
}
