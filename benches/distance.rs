//! How long claims take far from the remote: a `git daemon` behind a line on which every byte is half a round trip late.
//!
//! Parts, to be named on the command line: `one`, `machines`, `branch` (machines again, with the push of the ticket branch
//! as the lock), `clone`; `cargo bench --bench distance -- machines 16 200ms` is one round of them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a benchmark prints a table, and one whose world cannot be made has nothing to report but where it broke"
)]

#[allow(dead_code, unused_imports, reason = "the benchmark uses a part of what the tests have")]
#[path = "../tests/it/harness/net/mod.rs"]
mod net;
mod support;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use net::{Daemon, Fault, Proxy, When};
use support::{
    Claim, Figures, Floor, Goals, Job, Machine, Options, Shape, Table, World, claim_all, millis,
    ratio, ticket_id,
};

const SMALL: Shape = Shape { files: 50, tickets: 200 };

/// From where on the numbers of tickets are used up by those who only move the trunk.
const MOVERS: usize = 100;

/// The round trips in ms, with none as what the machine itself takes.
const ROUND_TRIPS: [u64; 4] = [0, 50, 200, 300];

/// The round trip that the goals of one machine are for, and the one of many.
const GOAL_OF_ONE: Duration = Duration::from_millis(200);
const GOAL_OF_MANY: Duration = Duration::from_millis(300);

/// How long 32 agents of one clone may take at [`GOAL_OF_MANY`], in s.
const CLONE_SECONDS: f64 = 6.0;

/// The same for 64 machines with `lock: branch`, and how many pushes of the branch each win may take.
const BRANCH_SECONDS: f64 = 10.0;
const BRANCH_PUSHES: f64 = 1.3;

fn main() -> ExitCode {
    let options = Options::read();
    let mut goals = Goals::default();
    let full = options.round_trips(&ROUND_TRIPS, &[0, 200]);
    if options.wants("one") {
        one_machine(&options, &full, &mut goals);
    }
    for (part, lock) in [("machines", "trunk"), ("branch", "branch")] {
        if options.wants(part) {
            machines(lock, &options, &full, &mut goals);
        }
    }
    if options.wants("clone") {
        let mut table = Crowd::table("agents");
        let far = options.round_trips(&[0, 300], &[0, 300]);
        for count in options.sizes(&[32], &[32]) {
            let found = table.rounds(&far, || Crowd::one_clone(count));
            let won = found.iter().all(|found| found.won() == count);
            goals.holds(&format!("{count} agents of one clone: all get a ticket"), won);
            for found in found.iter().filter(|found| found.round_trip == GOAL_OF_MANY) {
                let slowest = found.times().worst.as_secs_f64();
                let what = format!("{count} agents of one clone at 300 ms: the slowest, s");
                goals.at_most(&what, slowest, CLONE_SECONDS);
            }
        }
        table.print("## agents of one clone, `activate --next`, at once");
    }
    goals.report(&options)
}

fn machines(lock: &str, options: &Options, round_trips: &[Duration], goals: &mut Goals) {
    let mut table = Crowd::table("machines");
    for count in options.sizes(&[1, 16, 64], &[1, 16]) {
        let crowds = table.rounds(round_trips, || Crowd::machines(count, lock));
        let won = crowds.iter().all(|found| found.won() == count && found.on_trunk == count);
        goals.holds(
            &format!("lock: {lock}, {count} machines: all win, and the trunk holds all claims"),
            won,
        );
        let far = |found: &&Found| lock == "branch" && found.round_trip == GOAL_OF_MANY;
        for found in crowds.iter().filter(far).filter(|_| count == 64) {
            let slowest = found.times().worst.as_secs_f64();
            goals.at_most(
                "lock: branch, 64 machines at 300 ms: the slowest, s",
                slowest,
                BRANCH_SECONDS,
            );
            let attempts: u64 = found.claims.iter().map(|claim| claim.attempts).sum();
            let pushes = portion(usize::try_from(attempts).unwrap(), found.won());
            goals.at_most(
                "lock: branch, 64 machines at 300 ms: pushes of the branch for a win",
                pushes,
                BRANCH_PUSHES,
            );
        }
    }
    table.print(&format!("## machines, a ticket each, at once, `lock: {lock}`"));
}

/// A world whose remote is far away. Clones are made on the spot; what they do afterwards goes over the line.
struct Far {
    proxy: Proxy,
    _daemon: Daemon,
    world: World,
    made: usize,
}

impl Far {
    fn new() -> Far {
        Far::with("")
    }

    /// With this as the `.tix.yaml` of the remote.
    fn with(settings: &str) -> Far {
        let world = World::new();
        let remote = SMALL.make_remote_with(&world, settings);
        world.git(&remote, &["config", "receive.autogc", "false"]);
        let daemon = Daemon::start("git", world.root());
        let proxy = Proxy::start(daemon.addr());
        Far { proxy, _daemon: daemon, world, made: 0 }
    }

    /// From now on the remote is as far away as this, and connections are counted anew.
    fn set(&mut self, round_trip: Duration) {
        let slow = Fault::Slow(round_trip / 2);
        self.proxy.set_rules([(When::Push, slow.clone()), (When::Always, slow)]);
        self.made = self.proxy.connections();
    }

    fn connections(&self) -> usize {
        self.proxy.connections() - self.made
    }

    fn clone_named(&self, name: &str) -> PathBuf {
        let dir = Shape::clone_to(&self.world, name);
        let url = self.proxy.git_url("origin.git");
        self.world.git(&dir, &["config", "remote.origin.url", &url]);
        dir
    }
}

/// What one machine finds when it claims.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Trunk {
    /// Nothing has moved since it looked.
    Still,
    /// Another clone of the machine has moved the trunk.
    MovedHere,
    /// Another machine has.
    MovedElsewhere,
}

impl Trunk {
    const ALL: [Trunk; 3] = [Trunk::Still, Trunk::MovedHere, Trunk::MovedElsewhere];

    fn words(self) -> &'static str {
        match self {
            Trunk::Still => "nothing moved",
            Trunk::MovedHere => "the trunk moved, and the machine knows",
            Trunk::MovedElsewhere => "the trunk moved, and nobody here knows",
        }
    }

    /// The goal is that what tix adds is not felt. Where nobody knows that the trunk has moved, there is none: the first push
    /// is a guess, and a wrong one costs a round trip more than the fetch that a right one saves.
    fn goal(self) -> Option<f64> {
        match self {
            Trunk::Still | Trunk::MovedHere => Some(1.1),
            Trunk::MovedElsewhere => None,
        }
    }
}

/// A machine with a clone that claims, and others that only move the trunk.
struct Lone {
    far: Far,
    clone: PathBuf,
    neighbour: PathBuf,
    stranger: PathBuf,
    moved: usize,
}

impl Lone {
    fn new() -> Lone {
        let far = Far::new();
        let [clone, neighbour, stranger] =
            ["one", "neighbour", "stranger"].map(|name| far.clone_named(name));
        Lone { far, clone, neighbour, stranger, moved: MOVERS }
    }

    /// Moves the trunk as asked, with the remote near, and then puts the remote where it is to be.
    fn prepare(&mut self, trunk: Trunk, round_trip: Duration) {
        self.far.set(Duration::ZERO);
        let (machine, dir) = match trunk {
            Trunk::Still => return self.far.set(round_trip),
            Trunk::MovedHere => ("git", &self.neighbour),
            Trunk::MovedElsewhere => ("elsewhere", &self.stranger),
        };
        let id = ticket_id(self.moved);
        let args = ["--quiet", "activate", "--no-worktree", &id];
        let output = self.far.world.tix(&Machine::named(machine), dir, &args).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        self.moved += 1;
        self.far.set(round_trip);
    }

    /// The bare git commands for the same: the push, after a fetch where the trunk has moved.
    fn bare(&self, trunk: Trunk, number: usize) -> Duration {
        let (world, clone): (&World, &Path) = (&self.far.world, &self.clone);
        let fetch = (trunk != Trunk::Still).then(|| {
            let fetch = Floor::fetch(world, clone);
            world.git(clone, &["update-ref", "refs/remotes/origin/main", "refs/bench/trunk"]);
            fetch
        });
        let push = Floor::prepare(world, clone, number).run_claim(world, clone);
        fetch.unwrap_or_default() + push
    }

    fn activate(&self, number: usize) -> Duration {
        self.far.world.time_tix(&self.clone, &["--quiet", "activate", &ticket_id(number)])
    }
}

/// tix and git take turns, each in a world of its own. Judged is the tenth percentile, as noise only ever adds.
fn one_machine(options: &Options, round_trips: &[Duration], goals: &mut Goals) {
    let (mut ours, mut theirs) = (Lone::new(), Lone::new());
    let rounds = options.rounds(8, 2);
    let mut number = 0;
    let mut table = Table::new(&[
        "one machine",
        "round trip ms",
        "bare git ms",
        "activate ms",
        "median ms",
        "pushes",
        "connections",
        "ratio",
    ]);
    // The first run makes what later ones find.
    ours.prepare(Trunk::Still, Duration::ZERO);
    ours.activate(number);
    for trunk in Trunk::ALL {
        for &round_trip in round_trips {
            let [mut tix, mut git] = [const { Vec::new() }; 2];
            let (mut pushes, mut connections) = (0, 0);
            for _ in 0..rounds {
                number += 1;
                theirs.prepare(trunk, round_trip);
                git.push(theirs.bare(trunk, number));
                ours.prepare(trunk, round_trip);
                tix.push(ours.activate(number));
                pushes += ours.far.proxy.pushes();
                connections += ours.far.connections();
            }
            let [git, tix] = [git, tix].map(Figures::of);
            let times = ratio(tix.p10, git.p10);
            table.row(&[
                trunk.words().to_owned(),
                millis(round_trip),
                millis(git.p10),
                millis(tix.p10),
                millis(tix.median),
                share(pushes, rounds),
                share(connections, rounds),
                format!("{times:.2}"),
            ]);
            if let Some(goal) = trunk.goal().filter(|_| round_trip == GOAL_OF_ONE) {
                let what = format!("one machine at 200 ms, {}: activate / bare git", trunk.words());
                goals.at_most(&what, times, goal);
            }
        }
    }
    table.print(&format!("## one machine, {rounds} rounds in turns, tenth percentiles"));
}

/// Many who claim at once.
struct Crowd {
    far: Far,
    jobs: Vec<Job>,
}

impl Crowd {
    fn machines(count: usize, lock: &str) -> Crowd {
        let far = Far::with(&format!("lock: {lock}\n"));
        let job = |number: usize| {
            let name = number.to_string();
            (Machine::named(&name), far.clone_named(&format!("clone-{name}")), ticket_id(number))
        };
        let jobs = (0..count).map(job).collect();
        Crowd { far, jobs }
    }

    fn one_clone(count: usize) -> Crowd {
        let far = Far::new();
        let clone = far.clone_named("one");
        let job = (Machine::named("one"), clone, "--next".to_owned());
        let jobs = vec![job; count];
        Crowd { far, jobs }
    }

    fn run(mut self, round_trip: Duration) -> Found {
        self.far.set(round_trip);
        let (_, claims) = claim_all(&self.far.world, &self.jobs);
        let (pushes, connections) = (self.far.proxy.pushes(), self.far.connections());
        let on_trunk = self.active_on_trunk();
        let bare = self.bare_push();
        Found { round_trip, claims, pushes, connections, on_trunk, bare }
    }

    /// How many tickets the trunk holds in `active/`.
    fn active_on_trunk(&self) -> usize {
        let remote = self.far.world.dir("origin.git");
        let args = ["ls-tree", "-r", "--name-only", "main", "tickets/active"];
        let listing = self.far.world.git(&remote, &args);
        listing.lines().filter(|path| !path.ends_with("/.gitkeep")).count()
    }

    /// One push of trunk and branch by bare git, over the same line and when all is quiet again.
    fn bare_push(&self) -> Duration {
        let (world, clone) = (&self.far.world, self.far.clone_named("bare"));
        Floor::prepare(world, &clone, MOVERS).run_claim(world, &clone)
    }

    fn table(who: &str) -> Crowds {
        let columns = [
            who,
            "round trip ms",
            "won",
            "median ms",
            "slowest ms",
            "of it without distance",
            "pushes/win",
            "connections/win",
            "slowest / bare push",
        ];
        Crowds(Table::new(&columns))
    }
}

/// What came of one.
struct Found {
    round_trip: Duration,
    claims: Vec<Claim>,
    pushes: usize,
    connections: usize,
    /// How many claims the trunk holds when all runs have ended.
    on_trunk: usize,
    bare: Duration,
}

impl Found {
    fn won(&self) -> usize {
        self.claims.iter().filter(|claim| claim.won()).count()
    }

    fn times(&self) -> Figures {
        Figures::of(self.claims.iter().map(|claim| claim.took).collect())
    }

    /// `near` is how long the slowest took in the same round without distance.
    fn row(&self, near: Option<Duration>) -> Vec<String> {
        let times = self.times();
        vec![
            self.claims.len().to_string(),
            millis(self.round_trip),
            format!("{}/{}", self.won(), self.claims.len()),
            millis(times.median),
            millis(times.worst),
            near.map_or_else(String::new, |near| {
                format!("{:.0} %", 100.0 * ratio(near, times.worst))
            }),
            share(self.pushes, self.won()),
            share(self.connections, self.won()),
            format!("{:.1}", ratio(times.worst, self.bare)),
        ]
    }

    fn print_losers(&self) {
        for claim in self.claims.iter().filter(|claim| !claim.won()).take(3) {
            println!("\nlost with {:?}: {}", claim.code, claim.words.trim());
        }
    }
}

struct Crowds(Table);

impl Crowds {
    /// A round for each distance, in a world of its own.
    fn rounds(&mut self, round_trips: &[Duration], build: impl Fn() -> Crowd) -> Vec<Found> {
        let found: Vec<_> = round_trips.iter().map(|&far| build().run(far)).collect();
        let near = found.iter().find(|found| found.round_trip.is_zero());
        let near = near.map(|found| found.times().worst);
        for found in &found {
            self.0.row(&found.row(near));
            found.print_losers();
        }
        found
    }

    fn print(&self, title: &str) {
        self.0.print(title);
    }
}

fn share(of: usize, among: usize) -> String {
    format!("{:.2}", portion(of, among))
}

fn portion(of: usize, among: usize) -> f64 {
    let [of, among] = [of, among.max(1)].map(|count| f64::from(u32::try_from(count).unwrap()));
    of / among
}
