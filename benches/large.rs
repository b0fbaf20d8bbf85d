//! The claim's own work in a large repository.
//!
//! tix writes down with a time when each git process ends (`TIX_LOG=debug`); the end of the claim push, counted
//! from the start of tix, is what a claim takes. The bare push of such a commit, made beforehand, is
//! measured in turns with it in a world of their own; what is beyond them is tix's own work. `--no-worktree`
//! leaves the checkout out, which the clones here do not have either: no part of a claim looks at one.
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
use support::{Figures, Floor, Goals, Machine, Options, Shape, Table, World, millis, ticket_id};

const LARGE: Shape = Shape { files: 120_000, tickets: 20_000 };

/// How much of a claim may be tix's own.
const OWN: f64 = 60.0;

fn main() -> ExitCode {
    let options = Options::read();
    let mut goals = Goals::default();
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
    samples.report(rounds, &mut goals);
    goals.report(&options)
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
