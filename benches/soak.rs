//! Many clones that claim, give back and are killed, for a while; then the history alone has to prove that no
//! ticket ever had two holders.
//!
//! `cargo bench --bench soak -- 60` runs for 60 seconds (30 without a number). Each clone stands for a machine. It claims
//! whatever is first in its list, gives one of three claims back, and every fifth of its runs is killed at a moment
//! of its own. First the push of the trunk is the lock, then that of the ticket branch; `-- branch` runs the second only.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a benchmark prints a table, and one whose world cannot be made has nothing to report but where it broke"
)]

mod support;

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};
use std::time::{Duration, Instant};

use support::{Goals, Machine, Options, Shape, Table, World};

/// How many machines, and how many tickets they share.
const CLONES: usize = 12;
const SHAPE: Shape = Shape { files: 50, tickets: 200 };

/// What one clone did.
#[derive(Default)]
struct Tally {
    runs: u32,
    claims: u32,
    releases: u32,
    kills: u32,
    attempts: u64,
    codes: BTreeMap<i32, u32>,
    odd: Vec<String>,
}

fn main() -> ExitCode {
    let options = Options::read();
    let seconds = options.sizes(&[30], &[8]);
    let limit = Duration::from_secs(u64::try_from(seconds[0]).unwrap_or(30));
    let mut goals = Goals::default();
    for lock in ["trunk", "branch"] {
        if options.wants(lock) {
            soak(lock, limit, &mut goals);
        }
    }
    goals.report(&options)
}

/// The same with either push as the lock.
fn soak(lock: &str, limit: Duration, goals: &mut Goals) {
    let world = World::new();
    SHAPE.make_remote_with(&world, &format!("lock: {lock}\n"));
    let clones: Vec<PathBuf> =
        (0..CLONES).map(|n| Shape::clone_to(&world, &format!("clone{n}"))).collect();
    let began = Instant::now();
    let tallies: Vec<Tally> = std::thread::scope(|scope| {
        let world = &world;
        let workers: Vec<_> = clones
            .iter()
            .enumerate()
            .map(|(n, dir)| scope.spawn(move || work(world, dir, n, began + limit)))
            .collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).collect()
    });
    let took = began.elapsed();
    report(lock, &tallies, took);
    for odd in tallies.iter().flat_map(|tally| &tally.odd).take(5) {
        println!("{odd}");
    }
    // What stands on its branch alone is brought up by whoever writes next.
    let last = Machine::named("last");
    assert!(
        world.tix(&last, &clones[0], &["new", "The end", "--quiet"]).status().unwrap().success()
    );
    let story = History::read(&world, &clones[0]);
    println!(
        "\nThe trunk has {} commits: {} claims, {} resumed, {} releases.",
        story.commits, story.claims, story.resumed, story.releases
    );
    for line in story.broken.iter().take(5) {
        println!("{line}");
    }
    goals.holds(
        &format!("{lock}: no ticket ever had two holders, by every commit of the trunk"),
        story.broken.is_empty(),
    );
    goals.holds(
        &format!("{lock}: no run ended in an unknown way"),
        tallies.iter().all(|tally| tally.odd.is_empty()),
    );
    goals.holds(
        &format!("{lock}: every claim that a run was told of is in the history"),
        told(&tallies) <= story.claims + story.resumed,
    );
}

fn told(tallies: &[Tally]) -> u32 {
    tallies.iter().map(|tally| tally.claims).sum()
}

/// One machine: claim the first of the list, sometimes give back, sometimes die.
fn work(world: &World, dir: &Path, number: usize, until: Instant) -> Tally {
    let machine = Machine::named(&number.to_string());
    let mut tally = Tally::default();
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15 ^ (number as u64 + 1));
    let (mut held, mut returning): (Vec<String>, Vec<String>) = Default::default();
    while Instant::now() < until {
        let next = match returning.pop() {
            Some(ticket) => Some(("release", ticket)),
            // When everything is held, somebody has to give something back.
            None => match first_queued(world, &machine, dir) {
                Some(ticket) => Some(("activate", ticket)),
                None => held.pop().map(|ticket| ("release", ticket)),
            },
        };
        let Some((verb, ticket)) = next else { continue };
        let args = [verb, &ticket, "--json", "--quiet"];
        let mut command = world.tix(&machine, dir, &args);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        tally.runs += 1;
        if dice.roll(5) == 0 {
            std::thread::sleep(Duration::from_millis(dice.roll(250)));
            // It may just have ended by itself; how it ended says whether it was killed.
            child.kill().ok();
        }
        let output = child.wait_with_output().unwrap();
        tally.kills += u32::from(output.status.signal() == Some(9));
        let code = output.status.code();
        if let Some(code) = code {
            *tally.codes.entry(code).or_default() += 1;
        }
        match (verb, code) {
            ("activate", Some(0)) => {
                tally.claims += 1;
                let receipt: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
                tally.attempts += receipt["attempts"].as_u64().unwrap_or(0);
                if dice.roll(3) == 0 { &mut returning } else { &mut held }.push(ticket);
            }
            // Killed: the claim may stand, and the release may not.
            ("activate", None) => held.push(ticket),
            (_, None) => returning.push(ticket),
            ("release", Some(0)) => tally.releases += 1,
            // Held by somebody else, gone from where it was, or out of time: all of them answers.
            (_, Some(3 | 4 | 5 | 7 | 8)) => {}
            (_, Some(other)) => {
                let words = std::str::from_utf8(&output.stdout).unwrap_or_default().to_owned();
                tally.odd.push(format!("{verb} {ticket} ended with {other}: {words}"));
            }
        }
    }
    tally
}

/// The first of the queued tickets that this clone knows of: all clones want the same one, until they hear that it is gone.
fn first_queued(world: &World, machine: &Machine, dir: &Path) -> Option<String> {
    let output = world
        .tix(machine, dir, &["list", "--lane", "queue", "--json", "--quiet"])
        .output()
        .unwrap();
    let list: serde_json::Value = serde_json::from_slice(&output.stdout).ok()?;
    list["tickets"].as_array()?.first()?["id"].as_str().map(str::to_owned)
}

/// What the trunk's history says.
#[derive(Default)]
struct History {
    commits: u32,
    claims: u32,
    resumed: u32,
    releases: u32,
    broken: Vec<String>,
}

impl History {
    /// Walks every commit of the trunk, oldest first, and keeps book of who holds what.
    fn read(world: &World, dir: &Path) -> History {
        world.git(dir, &["fetch", "-q", "origin"]);
        let format = "--format=%H%x09%s%x09%(trailers:key=Tix-Ticket,valueonly,separator=%x2C)%x09%(trailers:key=Tix-Claim,valueonly,separator=%x2C)";
        let log = world.git(dir, &["log", "--reverse", "--topo-order", format, "origin/main"]);
        let mut holders: BTreeMap<String, String> = BTreeMap::new();
        let mut history = History::default();
        for line in log.lines() {
            history.commits += 1;
            let fields: Vec<&str> = line.split('\t').collect();
            let [commit, subject, ticket, claim] = fields[..] else { continue };
            let before = holders.get(ticket).cloned();
            match subject.split(':').next().unwrap_or_default() {
                "claim" if subject.ends_with("(resumed)") => {
                    history.resumed += 1;
                    // Renewed by the clone that made it: the first eight digits are the clone's own.
                    let same = before.as_deref().and_then(|b| b.get(..8)) == claim.get(..8);
                    if !same {
                        history
                            .broken
                            .push(format!("{commit}: {ticket} resumed by {claim} from {before:?}"));
                    }
                    holders.insert(ticket.to_owned(), claim.to_owned());
                }
                "claim" => {
                    history.claims += 1;
                    if let Some(holder) = holders.insert(ticket.to_owned(), claim.to_owned()) {
                        history
                            .broken
                            .push(format!("{commit}: {ticket} claimed by {claim} from {holder}"));
                    }
                }
                "release" => {
                    history.releases += 1;
                    if holders.remove(ticket).as_deref() != Some(claim) {
                        history.broken.push(format!(
                            "{commit}: {ticket} released by {claim} from {before:?}"
                        ));
                    }
                }
                _ => {}
            }
        }
        history
    }
}

fn report(lock: &str, tallies: &[Tally], took: Duration) {
    let sum = |of: fn(&Tally) -> u32| tallies.iter().map(of).sum::<u32>();
    let (claims, kills) = (sum(|t| t.claims), sum(|t| t.kills));
    let attempts: u64 = tallies.iter().map(|t| t.attempts).sum();
    let mut codes: BTreeMap<i32, u32> = BTreeMap::new();
    for (code, n) in tallies.iter().flat_map(|t| &t.codes) {
        *codes.entry(*code).or_default() += n;
    }
    let mut table = Table::new(&["what", "figure"]);
    let mut row = |what: &str, figure: String| table.row(&[what.to_owned(), figure]);
    row("seconds", format!("{:.1}", took.as_secs_f64()));
    row("runs of tix", sum(|t| t.runs).to_string());
    row("claims that a run was told of", claims.to_string());
    row("claims a second", format!("{:.1}", f64::from(claims) / took.as_secs_f64()));
    #[allow(clippy::cast_precision_loss, reason = "a few thousand")]
    row("pushes a win", format!("{:.2}", attempts as f64 / f64::from(claims.max(1))));
    row("releases", sum(|t| t.releases).to_string());
    row("killed with -9", kills.to_string());
    row("exit codes", format!("{codes:?}"));
    table.print(&format!(
        "## soak: the {lock} is the lock, {CLONES} clones, {SHAPE:?}, one run of five killed"
    ));
}

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
}
