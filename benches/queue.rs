//! Seeing the queue: `tix list`, `tix next`, `tix doctor` and a shell's completion in large repositories, cold and warm.
//!
//! Cold is without the cache of heads, as in a new clone; the bare `git cat-file --batch` of the same blobs is measured
//! in turns with it. What is printed goes to a pipe that is read to its end, as a program would.
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

/// How many times the bare reading a cold list may take.
const COLD_RATIO: f64 = 1.5;

/// What a warm look may take, in milliseconds.
const WARM_MS: f64 = 60.0;

/// What the doctor may take, in milliseconds.
const DOCTOR_MS: f64 = 1500.0;

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
    let listing = world.git(&clone, &["ls-tree", "-r", "origin/main", "tickets/queue"]);
    let blob = |line: &str| line.split_whitespace().nth(2).map(|oid| format!("{oid}\n"));
    let blobs: String = listing.lines().filter_map(blob).collect();
    let (mut bare, mut list) = (Vec::new(), Vec::new());
    for round in 0..options.rounds(40, 8) + 2 {
        let reading = world.time_git_reading(&clone, &["cat-file", "--batch"], blobs.as_bytes());
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
    for (what, args) in [
        ("tix list", &["list"][..]),
        ("tix list --json", &["list", "--json"]),
        ("tix next", &["next"]),
        ("tix next --explain", &["next", "--explain"]),
    ] {
        let rounds = options.rounds(40, 8) + 2;
        let sample: Vec<Duration> =
            (0..rounds).map(|_| world.time_tix(&clone, args)).skip(2).collect();
        let figures = Figures::of(sample);
        row(table, &format!("{what}, 20,000 tickets, warm"), figures, peak(&world, &clone, args));
        if args.len() == 1 {
            let ms = figures.p10.as_secs_f64() * 1e3;
            goals.at_most(&format!("{what} of 20,000 tickets, warm, ms by p10"), ms, WARM_MS);
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
    for (state, keep) in [("cold", false), ("warm", true)] {
        let rounds = options.rounds(20, 4) + 1;
        let look = |_| {
            if !keep {
                std::fs::remove_dir_all(clone.join(".git/tix/cache")).ok();
            }
            world.time_tix(&clone, &["doctor"])
        };
        let figures = Figures::of((0..rounds).map(look).skip(1).collect());
        let peak = peak(&world, &clone, &["doctor"]);
        row(table, &format!("tix doctor, 20,000 tickets, {state}"), figures, peak);
        let ms = figures.p10.as_secs_f64() * 1e3;
        goals.at_most(&format!("tix doctor of 20,000 tickets, {state}, ms by p10"), ms, DOCTOR_MS);
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
