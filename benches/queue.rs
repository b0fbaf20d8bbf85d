//! Seeing the queue: `tix list`, `tix next`, `tix doctor` and a shell's completion in large repositories, cold and warm.
//!
//! Cold is without the cache of heads, as in a new clone. Every goal is a part of the bare `git cat-file --batch` of the
//! same tickets, measured in turns. What is printed goes to a pipe that is read to its end, as a program would.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a benchmark prints a table, and one whose world cannot be made has nothing to report but where it broke"
)]

mod support;

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use support::{Figures, Goals, Machine, Options, Shape, Table, World, millis, ratio};

const COLD: Shape = Shape { files: 0, tickets: 5_000 };
const WARM: Shape = Shape { files: 0, tickets: 20_000 };

/// How many times the bare reading each may take.
const COLD_RATIO: f64 = 1.5;
const WARM_RATIO: f64 = 0.5;
const DOCTOR_COLD_RATIO: f64 = 2.0;
const DOCTOR_WARM_RATIO: f64 = 1.0;

fn main() -> ExitCode {
    let options = Options::read();
    let mut goals = Goals::default();
    let mut table = Table::new(&["what", "p10", "median", "worst", "peak memory, MB"]);
    if options.wants("cold") {
        cold(&options, &mut table, &mut goals);
    }
    if options.wants("warm") {
        warm(&options, &mut table, &mut goals);
    }
    if options.wants("doctor") {
        doctor(&options, &mut table, &mut goals);
    }
    table.print("## queue: local clone, times in ms");
    goals.report(&options)
}

fn cold(options: &Options, table: &mut Table, goals: &mut Goals) {
    let world = World::new();
    COLD.make_remote(&world);
    let clone = Shape::clone_bare_of_files(&world, "cold");
    let reading = Reading::of(&world, &clone);
    let (mut bare, mut list) = (Vec::new(), Vec::new());
    for round in 0..options.rounds(40, 8) + 2 {
        let reading = reading.time(&world, &clone);
        std::fs::remove_dir_all(clone.join(".git/tix/cache")).ok();
        let ours = world.time_tix(&clone, &["list"]);
        if round >= 2 {
            bare.push(reading);
            list.push(ours);
        }
    }
    let [bare, list] = [bare, list].map(Figures::of);
    row(table, "git cat-file --batch, 5,000 tickets", bare, None);
    row(table, "tix list, 5,000 tickets, cold", list, peak(&world, &clone, &["list"]));
    goals.at_most(
        "a cold list beside the bare reading, by p10",
        ratio(list.p10, bare.p10),
        COLD_RATIO,
    );
}

fn warm(options: &Options, table: &mut Table, goals: &mut Goals) {
    let world = World::new();
    WARM.make_remote(&world);
    let clone = Shape::clone_bare_of_files(&world, "warm");
    world.time_tix(&clone, &["list"]);
    let reading = Reading::of(&world, &clone);
    for (what, args) in [
        ("tix list", &["list"][..]),
        ("tix list --json", &["list", "--json"]),
        ("tix next", &["next"]),
        ("tix next --explain", &["next", "--explain"]),
    ] {
        let rounds = options.rounds(40, 8) + 2;
        let round = |_| (reading.time(&world, &clone), world.time_tix(&clone, args));
        let (bare, sample): (Vec<_>, Vec<_>) = (0..rounds).map(round).skip(2).unzip();
        let [bare, figures] = [bare, sample].map(Figures::of);
        row(table, &format!("{what}, 20,000 tickets, warm"), figures, peak(&world, &clone, args));
        if args.len() == 1 {
            let goal = format!("{what} of 20,000 tickets, warm, beside the bare reading, by p10");
            goals.at_most(&goal, ratio(figures.p10, bare.p10), WARM_RATIO);
        }
    }
    let rounds = options.rounds(40, 8);
    let line = ["activate", "TICKET-"];
    let sample = (0..rounds).map(|_| world.time_completion(&clone, &line)).collect();
    row(table, "completion of all ids, 20,000 tickets", Figures::of(sample), None);
    let line = ["show", "TICKET-99"];
    let sample = (0..rounds).map(|_| world.time_completion(&clone, &line)).collect();
    row(table, "completion of few ids, 20,000 tickets", Figures::of(sample), None);
}

/// The doctor reads every ticket and the history, once as in a new clone, and once with what was read before.
fn doctor(options: &Options, table: &mut Table, goals: &mut Goals) {
    let world = World::new();
    WARM.make_remote(&world);
    let clone = Shape::clone_bare_of_files(&world, "doctor");
    let reading = Reading::of(&world, &clone);
    for (state, keep, goal) in
        [("cold", false, DOCTOR_COLD_RATIO), ("warm", true, DOCTOR_WARM_RATIO)]
    {
        let rounds = options.rounds(20, 4) + 1;
        let look = |_| {
            if !keep {
                std::fs::remove_dir_all(clone.join(".git/tix/cache")).ok();
            }
            (reading.time(&world, &clone), world.time_tix(&clone, &["doctor"]))
        };
        let (bare, sample): (Vec<_>, Vec<_>) = (0..rounds).map(look).skip(1).unzip();
        let [bare, figures] = [bare, sample].map(Figures::of);
        let peak = peak(&world, &clone, &["doctor"]);
        row(table, &format!("tix doctor, 20,000 tickets, {state}"), figures, peak);
        let what =
            format!("tix doctor of 20,000 tickets, {state}, beside the bare reading, by p10");
        goals.at_most(&what, ratio(figures.p10, bare.p10), goal);
    }
}

/// The bare reading of all tickets in the queue.
struct Reading(String);

impl Reading {
    fn of(world: &World, clone: &Path) -> Self {
        let listing = world.git(clone, &["ls-tree", "-r", "origin/main", "tickets/queue"]);
        let blob = |line: &str| line.split_whitespace().nth(2).map(|oid| format!("{oid}\n"));
        Self(listing.lines().filter_map(blob).collect())
    }

    fn time(&self, world: &World, clone: &Path) -> Duration {
        world.time_git_reading(clone, &["cat-file", "--batch"], self.0.as_bytes())
    }
}

fn row(table: &mut Table, what: &str, figures: Figures, peak: Option<u64>) {
    let peak = peak.map_or("-".to_owned(), |kilobytes| (kilobytes / 1024).to_string());
    table.row(&[
        what.to_owned(),
        millis(figures.p10),
        millis(figures.median),
        millis(figures.worst),
        peak,
    ]);
}

/// The most memory that tix has at once, in kilobytes, as `time` of GNU says it.
fn peak(world: &World, dir: &Path, args: &[&str]) -> Option<u64> {
    let tix = world.tix(&Machine::named("git"), dir, args);
    let program = tix.get_program().to_str()?.to_owned();
    let words = [&["-f", "%M", program.as_str()], args].concat();
    let output =
        world.command("/usr/bin/time", &Machine::named("git"), dir, &words).output().ok()?;
    std::str::from_utf8(&output.stderr).ok()?.lines().last()?.parse().ok()
}
