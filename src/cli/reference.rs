//! The pages in `docs/reference/`, made from the tables that the program works with.
//!
//! `TIX_UPDATE=1 cargo test cli::` writes them anew, and the pages about JSON.

use std::path::{Path, PathBuf};

use clap::CommandFactory as _;

use super::Cli;
use crate::app::command_line;
use crate::commands::explain::topics::{Topic, topics};
use crate::config::{DefaultValue, describe};
use crate::lifecycle::machine::{
    Arrival, Mover, OwnReview, Policy, Situation, TicketState, Verb, starts_in, who,
};
use crate::ticket::{Lane, QueueGate, Status};

pub fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs")
}

/// Fails when one of the files does not hold its text; writes them instead where `TIX_UPDATE` is set.
#[track_caller]
#[expect(
    clippy::disallowed_methods,
    reason = "the switch of a test, which the product does not have"
)]
pub fn pin(files: &[(PathBuf, String)]) {
    let update = std::env::var_os("TIX_UPDATE").is_some();
    for (path, text) in files {
        if update {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let there = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            there == *text,
            "{} is out of date; regenerate it: TIX_UPDATE=1 cargo test cli::",
            path.display()
        );
    }
}

fn page<const N: usize>(
    title: &str,
    about: &str,
    header: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> String {
    let line = |cells: [String; N]| {
        let cells = cells.map(|cell| cell.replace('|', "\\|").replace('\n', "<br>"));
        format!("| {} |\n", cells.join(" | "))
    };
    let mut page = format!("# {title}\n\n{about}\n\n");
    page.push_str(&line(header.map(str::to_owned)));
    page.push_str(&line(header.map(|_| "---".to_owned())));
    page.extend(rows.into_iter().map(line));
    page
}

fn topic(name: &str) -> Topic {
    topics().into_iter().find(|topic| topic.name == name).unwrap()
}

fn exit_codes() -> String {
    let rows = topic("exit-codes").entries.into_iter().map(|entry| {
        let (code, name) = entry.name.split_once(' ').unwrap();
        [code.to_owned(), name.to_owned(), entry.means]
    });
    let about = "`tix explain 3` shows the same in a terminal. With `--json` the answer is on stdout, whatever the exit code; \
                 [json.md](../json.md) describes it.";
    page("Exit codes", about, ["exit", "name", "meaning"], rows)
}

fn settings() -> String {
    let rows = describe().iter().map(|key| {
        let default = match key.default {
            DefaultValue::Fixed(value) => format!("`{value}`"),
            DefaultValue::Found { how, .. } => how.to_owned(),
        };
        let mut places = vec![format!("`{}`", key.git_name())];
        places.extend(key.variable().map(|variable| format!("`{variable}`")));
        let places = if key.is_shared_only() { String::new() } else { places.join(", ") };
        let meaning = format!("{} Takes {}.", key.about, key.takes);
        let on_machine = key.on_machine.unwrap_or("nothing").to_owned();
        [format!("`{}`", key.name), default, meaning, places, on_machine]
    });
    let about = "`.tix.yaml` has the settings that everybody who works on the repository shares. `git config` overrides it for one \
                 clone or one user, and the environment for one call. `tix explain config` shows the same in a terminal. \
                 Anybody who can push can change the file; the last column says what that decides on your machine.";
    let on_machine = "what a pushed file decides on your machine";
    let heads = ["key", "default", "meaning", "`git config`, environment", on_machine];
    page("Settings", about, heads, rows)
}

/// Who may, where the holder may review their own work and where they may not.
fn who_may(verb: Verb) -> String {
    let may = |lane: Lane, own_review| {
        let state = TicketState { lane, status: Status::usual_in(lane) };
        let policy =
            Policy { gate: QueueGate::Open, stages: &[], own_review, arrival: Arrival::Land };
        match who(verb, Situation { state, trunk: lane, blocked: false }, policy) {
            Mover::Anybody => "anybody",
            Mover::Holder => "the holder",
            Mover::Others => "anybody but the holder",
        }
    };
    let mut said: Vec<(&str, Vec<&str>)> = Vec::new();
    for lane in starts_in(verb) {
        let may = may(*lane, OwnReview::Refused);
        match said.iter_mut().find(|(known, _)| *known == may) {
            Some((_, lanes)) => lanes.push(lane.as_str()),
            None => said.push((may, vec![lane.as_str()])),
        }
    }
    let all = said.len() == 1;
    let lanes =
        |lanes: Vec<&str>| if all { String::new() } else { format!("{}: ", lanes.join(", ")) };
    let said: Vec<String> = said.into_iter().map(|(may, of)| lanes(of) + may).collect();
    let unless = starts_in(verb)
        .iter()
        .any(|lane| may(*lane, OwnReview::Refused) != may(*lane, OwnReview::Allowed));
    said.join("\n") + if unless { ", unless `review.self: true`" } else { "" }
}

fn verbs() -> String {
    let rows = Verb::ALL.into_iter().zip(topic("moves").entries).map(|(verb, entry)| {
        let commands = verb.commands().iter().map(|command| format!("`tix {command}`"));
        let commands = commands.collect::<Vec<_>>().join(", ");
        [entry.name, commands, who_may(verb), entry.means]
    });
    let about = "How each verb changes the status of a ticket. The command refuses every other status with exit code 5; a verb \
                 without a command happens in another one. `tix status ID` shows which moves are possible now.";
    page("Verbs", about, ["verb", "command", "who may", "status"], rows)
}

/// The usage and the first sentence of the help of each command, those in it behind it.
fn usages(command: &mut clap::Command, rows: &mut Vec<[String; 2]>) {
    let mut inner: Vec<_> = command.get_subcommands_mut().collect();
    inner.sort_by_key(|command| command.get_name().to_owned());
    for command in inner {
        if command.is_hide_set() || command.get_name() == "help" {
            continue;
        }
        let usage = command.render_usage().to_string();
        let usage = usage.trim_start_matches("Usage: ").lines().next().unwrap().trim();
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        rows.push([format!("`{usage}`"), about]);
        usages(command, rows);
    }
}

fn commands() -> String {
    let mut tix = Cli::command();
    tix.build();
    let mut rows = Vec::new();
    usages(&mut tix, &mut rows);
    let about = "Every command explains itself: `tix activate --help`. `tix man DIR` writes the manual pages.";
    page("Commands", about, ["command", "what it does"], rows)
}

#[test]
fn the_reference_pages_say_what_the_tables_say() {
    command_line::set(Cli::command);
    let pages = [
        ("commands", commands()),
        ("exit-codes", exit_codes()),
        ("settings", settings()),
        ("verbs", verbs()),
    ];
    let path = |name: &str| docs().join("reference").join(format!("{name}.md"));
    pin(&pages.map(|(name, text)| (path(name), text)));
}
