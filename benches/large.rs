//! Large repositories: the claim's own work where there are many files and tickets, and what a long history costs.
//!
//! **claim**: tix writes down with a time when each git process ends (`TIX_LOG=debug`); the end of the claim push, counted
//! from the start of tix, is what a claim takes. The bare push of such a commit, made beforehand, is
//! measured in turns with it in a world of their own; what is beyond them is tix's own work. `--no-worktree`
//! leaves the checkout out, which the clones here do not have either: no part of a claim looks at one.
//!
//! **history**: the commands that tell of the past, with nothing kept of it and with what an earlier call has kept,
//! against the bare `git log` that gives the same facts.
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

use std::process::ExitCode;
use std::time::Duration;

use chrono::{DateTime, Utc};
use support::{
    Figures, Floor, Goals, Machine, Moves, Options, Shape, Table, Used, World, millis, ratio,
    ticket_id,
};

const LARGE: Shape = Shape { files: 120_000, tickets: 20_000 };

/// How much of a claim may be tix's own.
const OWN: f64 = 60.0;

/// A first call may take this much of the bare `git log` with the same facts.
const FIRST: f64 = 1.2;

/// And each later one this much of the bare `git log` of all moves: 0.15 s of the 4 s that 100,000 take.
const LATER: f64 = 0.04;

/// How much a later call may hold.
const LATER_MB: f64 = 60.0;

fn main() -> ExitCode {
    let options = Options::read();
    let mut goals = Goals::default();
    if options.wants("claim") {
        claims(&options, &mut goals);
    }
    if options.wants("history") {
        history(&options, &mut goals);
    }
    goals.report(&options)
}

fn claims(options: &Options, goals: &mut Goals) {
    let (ours, theirs) = (World::new(), World::new());
    let [mine, bare] = [&ours, &theirs].map(|world| {
        LARGE.make_remote(world);
        Shape::clone_bare_of_files(world, "one")
    });
    let mut samples = Samples::default();
    let rounds = options.rounds(30, 6);
    for round in 0..rounds + 2 {
        let floor = Floor::prepare(&theirs, &bare, round);
        let push = floor.run_claim(&theirs, &bare);
        let look = ours.time_tix(&mine, &["--quiet", "activate", "--dry-run", &ticket_id(round)]);
        let claim = claim(&ours, &mine, &ticket_id(round));
        if round < 2 {
            // The first run makes what later ones find.
            continue;
        }
        samples.bare.push(push);
        samples.look.push(look);
        samples.claim.push(claim.end);
        samples.beside.push(claim.end.saturating_sub(claim.network));
    }
    samples.report(rounds, goals);
}

#[derive(Default)]
struct Samples {
    bare: Vec<Duration>,
    look: Vec<Duration>,
    claim: Vec<Duration>,
    beside: Vec<Duration>,
}

impl Samples {
    fn report(self, rounds: usize, goals: &mut Goals) {
        let mut table = Table::new(&["what", "p10 ms", "median ms", "worst ms"]);
        let mut row = |what: &str, sample: Vec<Duration>| {
            let figures = Figures::of(sample);
            let cells = [figures.p10, figures.median, figures.worst].map(millis);
            table.row(&[vec![what.to_owned()], cells.to_vec()].concat());
            figures
        };
        let bare = row("bare git push", self.bare);
        let claim = row("tix activate, to the end of the claim push", self.claim);
        let beside = row("  beside its own push", self.beside);
        row("tix activate --dry-run, all of it", self.look);
        table.print(&format!("## claim: {LARGE:?}, local bare remote, {rounds} rounds in turns"));
        let own = claim.median.as_secs_f64() - bare.median.as_secs_f64();
        goals.at_most("a claim beyond the bare push, ms by median", own * 1e3, OWN);
        // Stricter, and of single runs: what tix writes itself, git pushes faster than the commit made beforehand.
        let beside = beside.p10.as_secs_f64() * 1e3;
        goals.at_most("a claim beside its own push, ms by p10", beside, OWN);
    }
}

/// One claim, as tix's log tells it.
struct Logged {
    /// From the start of tix to the end of the claim push.
    end: Duration,
    /// How long the push was.
    network: Duration,
}

#[allow(clippy::disallowed_methods, reason = "the log has the times of the clock")]
fn claim(world: &World, clone: &std::path::Path, id: &str) -> Logged {
    let args = ["--quiet", "activate", "--no-worktree", id];
    let mut command = world.tix(&Machine::named("git"), clone, &args);
    let began = Utc::now();
    let output = command.env("TIX_LOG", "debug").output().unwrap();
    let log = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{log}");
    let line = |what: &str| {
        let found = log.lines().find(|line| line.contains(what));
        found.unwrap_or_else(|| panic!("no {what} in the log: {log}"))
    };
    let push = line("--atomic");
    let at = push.split_whitespace().next().map(DateTime::parse_from_rfc3339);
    let end = at.unwrap().unwrap().with_timezone(&Utc) - began;
    Logged { end: end.to_std().unwrap(), network: lasted(push) }
}

/// The last field of a line of the log: ` ms=12`.
fn lasted(line: &str) -> Duration {
    Duration::from_millis(line.rsplit_once(" ms=").unwrap().1.trim().parse().unwrap())
}

/// What is said of every commit, whatever is asked.
const FACTS: [&str; 8] = [
    "-c",
    "log.follow=false",
    "log",
    "-z",
    "--raw",
    "--no-renames",
    "--no-abbrev",
    "--format=%x01%H%x00%ct%x00%an <%ae>%x00%s%x00%(trailers:key=Tix-Actor,valueonly,unfold,separator=%x1f)",
];

fn history(options: &Options, goals: &mut Goals) {
    let sizes = options.sizes(&[100_000], &[20_000]);
    for commits in sizes {
        history_of(Moves(commits), options.rounds(5, 2), goals);
    }
}

fn history_of(moves: Moves, rounds: usize, goals: &mut Goals) {
    let world = World::new();
    moves.make_remote(&world);
    let clone = Shape::clone_to(&world, "one");
    let id = ticket_id(moves.0 / 200);
    let grep = format!("--grep=^Tix-Ticket: {id}$");
    let line = ["--first-parent", "--diff-merges=first-parent", "HEAD", "--", "tickets"];
    let walk = ["--topo-order", "--full-history", "--full-diff", &grep, "HEAD", "--", "tickets"];
    let bare = |what: &[&str]| world.time_git(&clone, &[FACTS.as_slice(), what].concat());
    let commands: [&[&str]; 4] = [&["report"], &["log", &id], &["check"], &["doctor", "--offline"]];
    let (mut floors, mut first, mut later) =
        ([vec![], vec![]], [vec![], vec![], vec![], vec![]], [vec![], vec![], vec![], vec![]]);
    for _ in 0..rounds {
        std::fs::remove_dir_all(clone.join(".git/tix/cache")).ok();
        floors[0].push(bare(&line));
        floors[1].push(bare(&walk));
        for (at, command) in commands.iter().enumerate() {
            first[at].push(world.use_of_tix(&clone, command));
            later[at].push(world.use_of_tix(&clone, command));
            later[at].push(world.use_of_tix(&clone, command));
        }
    }
    let [all, of_one] = floors.map(Figures::of);
    let mut table = Table::new(&["what", "p10 ms", "median ms", "worst ms", "most MB"]);
    let mut row = |what: &str, figures: Figures, most: String| {
        let cells = [figures.p10, figures.median, figures.worst].map(millis);
        table.row(&[vec![what.to_owned()], cells.to_vec(), vec![most]].concat());
    };
    row("bare git log of all moves", all, String::new());
    row("bare git log of one ticket", of_one, String::new());
    for (at, command) in commands.iter().enumerate() {
        let name = format!("tix {}", command[0]);
        let (before, after) = (figures(&first[at]), figures(&later[at]));
        row(&format!("{name}, first"), before.0, format!("{:.0}", before.1));
        row(&format!("{name}, later"), after.0, format!("{:.0}", after.1));
        // Noise only adds, so the tenth percentile says what a thing costs.
        if let Some(floor) = [all, of_one].get(at) {
            let ratio = ratio(before.0.p10, floor.p10);
            goals.at_most(&format!("{name} for the first time, of its bare log"), ratio, FIRST);
        }
        let share = ratio(after.0.p10, all.p10);
        goals.at_most(&format!("{name} later, of the bare log of all moves"), share, LATER);
        goals.at_most(&format!("{name} later, MB"), after.1, LATER_MB);
    }
    table.print(&format!("## history: {moves:?}, {rounds} rounds in turns"));
}

/// How long, and how many MB at the most.
#[allow(clippy::cast_precision_loss, reason = "megabytes")]
fn figures(sample: &[Used]) -> (Figures, f64) {
    let most = sample.iter().map(|used| used.peak_kb).max().unwrap_or(0);
    (Figures::of(sample.iter().map(|used| used.took).collect()), most as f64 / 1024.0)
}
