//! Many claims at once: clones, processes of one clone, machines that share nothing but the remote.
//!
//! Parts, to be named on the command line: `clones`, `processes`, `machines`, `queue`, `clone`, `slow`, `same`.
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

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use support::{
    Claim, Figures, Goals, Job, Machine, Options, Shape, Table, World, claim_all, claim_in_turn,
    millis, ratio, ticket_id,
};

const SMALL: Shape = Shape { files: 50, tickets: 200 };

/// How long each connection to the slow remote takes before it says anything: a near one over the internet, with
/// its handshakes.
const SLOW: Duration = Duration::from_millis(150);

fn main() -> ExitCode {
    let options = Options::read();
    let mut goals = Goals::default();
    let rounds = options.rounds(5, 2);
    if options.wants("clones") {
        let found = compare(20, rounds, &Setting::ONE_MACHINE);
        found.print("## 20 clones of one machine, 20 tickets, at once");
        goals.holds("20 clones: all win", found.all_won());
        goals.at_most("20 clones at once / in turn", found.ratio(), 2.0);
    }
    if options.wants("processes") {
        let found = compare(20, rounds, &Setting { clones: Clones::One, ..Setting::ONE_MACHINE });
        found.print("## 20 processes in one clone, 20 tickets, at once");
        goals.holds("20 processes in one clone: all win", found.all_won());
        goals.at_most("20 processes in one clone at once / in turn", found.ratio(), 1.5);
    }
    let all: [usize; 6] = [2, 4, 8, 16, 32, 64];
    if options.wants("machines") {
        let machines = Setting { machines: Machines::Each, ..Setting::ONE_MACHINE };
        let found = study(
            "## machines, different tickets",
            &options.sizes(&all, &[4, 16]),
            rounds,
            &machines,
        );
        goals.holds("machines, different tickets: all win", found.iter().all(Found::all_won));
        if let Some(sixteen) = found.iter().find(|found| found.count == 16) {
            goals.at_most("16 machines at once / in turn", sixteen.ratio(), 2.0);
            goals.at_most("16 machines: attempts for a win", sixteen.attempts(), 3.0);
        }
    }
    if options.wants("queue") {
        let sizes = options.sizes(&all, &[4, 16]);
        study("## clones of one machine, different tickets", &sizes, rounds, &Setting::ONE_MACHINE);
    }
    if options.wants("clone") {
        let one = Setting { clones: Clones::One, ..Setting::ONE_MACHINE };
        let title = "## processes of one clone, different tickets";
        let found = study(title, &options.sizes(&all, &[4, 16]), rounds, &one);
        goals.holds("one clone, different tickets: all win", found.iter().all(Found::all_won));
        let sizes = options.sizes(&[2, 8, 32, 64], &[8]);
        same_ticket("processes of one clone", &sizes, rounds, &one, &mut goals);
    }
    if options.wants("slow") {
        let slow = Setting { machines: Machines::Each, delay: Some(SLOW), ..Setting::ONE_MACHINE };
        let title = format!("## machines, different tickets, each connection {} ms", millis(SLOW));
        study(&title, &options.sizes(&all[..5], &[4, 16]), options.rounds(2, 1), &slow);
    }
    if options.wants("same") {
        let machines = Setting { machines: Machines::Each, ..Setting::ONE_MACHINE };
        same_ticket(
            "machines",
            &options.sizes(&[2, 8, 32, 64], &[8]),
            rounds,
            &machines,
            &mut goals,
        );
    }
    goals.report(&options)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Clones {
    One,
    Each,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Machines {
    One,
    Each,
}

/// What the claimers share, besides the remote.
struct Setting {
    clones: Clones,
    machines: Machines,
    delay: Option<Duration>,
}

impl Setting {
    const ONE_MACHINE: Setting =
        Setting { clones: Clones::Each, machines: Machines::One, delay: None };

    /// A world with as many claimers, each with a ticket of its own.
    fn build(&self, count: usize) -> (World, Vec<Job>) {
        let world = World::new();
        SMALL.make_remote(&world);
        let slow = self.delay.map(|delay| slow_programs(&world, delay));
        let make_clone = |name: &str| {
            let dir = Shape::clone_to(&world, name);
            for (key, program) in slow.iter().flatten() {
                world.git(
                    &dir,
                    &["config", &format!("remote.origin.{key}"), &program.display().to_string()],
                );
            }
            dir
        };
        let shared = (self.clones == Clones::One).then(|| make_clone("one"));
        let jobs = (0..count)
            .map(|number| {
                let machine = match self.machines {
                    Machines::One => Machine::named("one"),
                    Machines::Each => Machine::named(&number.to_string()),
                };
                let clone =
                    shared.clone().unwrap_or_else(|| make_clone(&format!("clone-{number}")));
                (machine, clone, ticket_id(number))
            })
            .collect();
        (world, jobs)
    }
}

/// The remote's two programs, behind a delay.
fn slow_programs(world: &World, delay: Duration) -> [(&'static str, PathBuf); 2] {
    [("uploadpack", "upload-pack"), ("receivepack", "receive-pack")].map(|(key, program)| {
        let path = world.dir(&format!("slow-{program}"));
        let body = format!("#!/bin/sh\nsleep {}\nexec git {program} \"$@\"\n", delay.as_secs_f64());
        fs::write(&path, body).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        (key, path)
    })
}

/// The rounds of one size.
struct Found {
    count: usize,
    at_once: Vec<Duration>,
    in_turn: Vec<Duration>,
    claims: Vec<Claim>,
}

fn compare(count: usize, rounds: usize, setting: &Setting) -> Found {
    let mut found = Found { count, at_once: Vec::new(), in_turn: Vec::new(), claims: Vec::new() };
    for _ in 0..rounds {
        let (world, jobs) = setting.build(count);
        let (wall, claims) = claim_all(&world, &jobs);
        found.at_once.push(wall);
        check_remote(&world, &claims, &jobs);
        found.claims.extend(claims);
        let (world, jobs) = setting.build(count);
        let (wall, claims) = claim_in_turn(&world, &jobs);
        assert!(claims.iter().all(Claim::won), "claims in turn all win");
        found.in_turn.push(wall);
    }
    found
}

/// The trunk agrees with what the claimers were told.
fn check_remote(world: &World, claims: &[Claim], jobs: &[Job]) {
    let remote = world.dir("origin.git");
    let active = world.git(&remote, &["ls-tree", "-r", "--name-only", "main", "tickets/active/"]);
    for (claim, (_, _, id)) in claims.iter().zip(jobs) {
        let there = active.contains(&format!("/{id}.md"));
        assert!(!claim.won() || there, "{id} was said to be won, and the trunk does not have it");
    }
}

impl Found {
    fn all_won(&self) -> bool {
        self.claims.iter().all(Claim::won)
    }

    fn wins(&self) -> usize {
        self.claims.iter().filter(|c| c.won()).count()
    }

    /// By medians: of few rounds and a busy machine, the middle one is the fairest.
    fn ratio(&self) -> f64 {
        let median = |sample: &[Duration]| Figures::of(sample.to_vec()).median;
        ratio(median(&self.at_once), median(&self.in_turn))
    }

    fn attempts(&self) -> f64 {
        let sum: u64 = self.claims.iter().map(|c| c.attempts).sum();
        let wins = self.wins().max(1);
        f64::from(u32::try_from(sum).unwrap()) / f64::from(u32::try_from(wins).unwrap())
    }

    fn row(&self) -> Vec<String> {
        let times = Figures::of(self.claims.iter().map(|c| c.took).collect());
        let most = self.claims.iter().map(|c| c.attempts).max().unwrap_or(0);
        vec![
            self.count.to_string(),
            millis(Figures::of(self.in_turn.clone()).median),
            millis(Figures::of(self.at_once.clone()).median),
            format!("{:.2}", self.ratio()),
            format!("{:.2}", self.attempts()),
            most.to_string(),
            millis(times.median),
            millis(times.worst),
            format!("{}/{}", self.wins(), self.claims.len()),
        ]
    }

    fn table() -> Table {
        Table::new(&[
            "claimers",
            "in turn ms",
            "at once ms",
            "ratio",
            "attempts/win",
            "most",
            "median win ms",
            "slowest ms",
            "won",
        ])
    }

    fn print(&self, title: &str) {
        let mut table = Found::table();
        table.row(&self.row());
        table.print(title);
        self.print_losers();
    }

    fn print_losers(&self) {
        for claim in self.claims.iter().filter(|c| !c.won()).take(3) {
            println!("\nlost with {:?}: {}", claim.code, claim.words.trim());
        }
    }
}

fn study(title: &str, sizes: &[usize], rounds: usize, setting: &Setting) -> Vec<Found> {
    let mut table = Found::table();
    let all: Vec<_> = sizes.iter().map(|&size| compare(size, rounds, setting)).collect();
    for found in &all {
        table.row(&found.row());
    }
    table.print(&format!("{title}, {rounds} rounds"));
    all.iter().for_each(Found::print_losers);
    all
}

/// Everybody wants the same ticket: one gets it, and the others know it soon.
fn same_ticket(who: &str, sizes: &[usize], rounds: usize, setting: &Setting, goals: &mut Goals) {
    let mut table = Table::new(&[
        "claimers",
        "winner ms",
        "last loser knows ms",
        "exits of losers",
        "one winner",
    ]);
    for &size in sizes {
        let (mut first, mut last) = (Vec::new(), Vec::new());
        let mut exits = BTreeSet::new();
        let mut alone = true;
        for _ in 0..rounds {
            let (world, mut jobs) = setting.build(size);
            for job in &mut jobs {
                job.2 = ticket_id(0);
            }
            let (_, claims) = claim_all(&world, &jobs);
            let (winners, losers): (Vec<_>, Vec<_>) = claims.iter().partition(|c| c.won());
            alone &= winners.len() == 1;
            first.extend(winners.iter().map(|c| c.took));
            last.extend(losers.iter().map(|c| c.took).max());
            exits.extend(losers.iter().filter_map(|c| c.code));
        }
        goals.holds(&format!("{size} {who} want one ticket: exactly one gets it"), alone);
        let median = |sample| millis(Figures::of(sample).median);
        table.row(&[
            size.to_string(),
            median(first),
            median(last),
            format!("{exits:?}"),
            if alone { "yes" } else { "NO" }.to_owned(),
        ]);
    }
    table.print(&format!("## {who}, one ticket, {rounds} rounds"));
}
