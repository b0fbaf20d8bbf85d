//! The hooks of git beside what git itself needs for the same.
//!
//! Everything is a whole process, started from here as git starts a hook; the floor is one
//! `git diff-index --cached`, which is the least that anybody must ask to know what is about to be committed. Whole
//! commits are timed in two clones in turns, one with the hooks and one without. The goals are for the tenth percentile:
//! a hook takes so little that whatever else the machine does is more than all of it.
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

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use support::{Figures, Goals, Machine, Options, Shape, Table, World, ticket_id};

const PROJECT: Shape = Shape { files: 250, tickets: 20 };

/// How much longer than the floor a hook may take on a protected branch, in ms.
const PROTECTED: f64 = 2.5;
/// How long one may take elsewhere, in ms.
const ELSEWHERE: f64 = 1.5;
/// How long an agent may have to wait where there is something to decide, in ms.
const AGENT: f64 = 5.0;
/// How much longer a whole commit may take, in ms.
const COMMIT: f64 = 5.0;

const DIFF: [&str; 8] = [
    "diff-index",
    "--cached",
    "--raw",
    "-z",
    "--no-abbrev",
    "--no-renames",
    "--ignore-submodules=none",
    "HEAD",
];

fn main() -> ExitCode {
    let options = Options::read();
    let mut goals = Goals::default();
    let world = World::new();
    PROJECT.make_remote(&world);
    if options.wants("hook") {
        hooks(&world, &options, &mut goals);
    }
    if options.wants("commit") {
        commits(&world, &options, &mut goals);
    }
    if options.wants("agent") {
        agents(&world, &options, &mut goals);
    }
    goals.report(&options)
}

/// Single hooks, in three clones: on main with a ticket staged, on main with code staged, and elsewhere.
fn hooks(world: &World, options: &Options, goals: &mut Goals) {
    let [tickets, code, work] =
        ["tickets", "code", "work"].map(|name| Shape::clone_to(world, name));
    edit_ticket(&tickets, 0);
    world.git(&tickets, &["add", "tickets"]);
    std::fs::write(code.join("src/a0/p00/f1.txt"), "changed\n").unwrap();
    world.git(&code, &["add", "src"]);
    world.git(&work, &["switch", "--quiet", "-c", "work"]);
    edit_ticket(&work, 0);
    world.git(&work, &["add", "tickets"]);
    let mut samples: Vec<(&str, Vec<Duration>)> = Vec::new();
    let mut note =
        |what: &'static str, took: Duration| match samples.iter_mut().find(|s| s.0 == what) {
            Some((_, sample)) => sample.push(took),
            None => samples.push((what, vec![took])),
        };
    let head = world.git(&work, &["rev-parse", "HEAD"]);
    let elsewhere = format!("{head} {head} refs/heads/work\n");
    let rounds = options.rounds(200, 40);
    // What is changed just now is not remembered; a commit comes later than that.
    std::thread::sleep(Duration::from_millis(100));
    for round in 0..rounds + 5 {
        let times = [
            ("a process that does nothing", time(world, &work, "true", &[], "", true)),
            ("git diff-index --cached", time(world, &tickets, "git", &DIFF, "", true)),
            ("pre-commit, elsewhere", hook(world, &work, "pre-commit", &[], "", true)),
            ("pre-commit, main, a ticket", hook(world, &tickets, "pre-commit", &[], "", true)),
            ("pre-commit, main, code: refused", hook(world, &code, "pre-commit", &[], "", false)),
            (
                "reference-transaction, elsewhere",
                hook(world, &work, "reference-transaction", &["prepared"], &elsewhere, true),
            ),
            (
                "reference-transaction, committed",
                hook(world, &work, "reference-transaction", &["committed"], &elsewhere, true),
            ),
        ];
        if round >= 5 {
            for (what, took) in times {
                note(what, took);
            }
        }
    }
    let mut table = Table::new(&["what", "p10 ms", "median ms", "worst ms"]);
    let mut figures = Vec::new();
    for (what, sample) in samples {
        let found = Figures::of(sample);
        table.row(
            &[vec![what.to_owned()], [found.p10, found.median, found.worst].map(fine).to_vec()]
                .concat(),
        );
        figures.push((what, found));
    }
    table.print(&format!("## hooks: {PROJECT:?}, {rounds} rounds in turns"));
    let of = |what: &str| figures.iter().find(|(name, _)| *name == what).unwrap().1;
    let floor = of("git diff-index --cached");
    let ticket = of("pre-commit, main, a ticket");
    goals.at_most(
        "a ticket commit on main beyond the floor, ms by p10",
        beyond(ticket.p10, floor.p10),
        PROTECTED,
    );
    for what in ["pre-commit, elsewhere", "reference-transaction, elsewhere"] {
        goals.at_most(&format!("{what}, ms by p10"), of(what).p10.as_secs_f64() * 1e3, ELSEWHERE);
    }
}

/// Whole commits on main and elsewhere, with the hooks of `tix hook install`, with those of `--strict`, and without any.
fn commits(world: &World, options: &Options, goals: &mut Goals) {
    let kinds: [(&str, &str, &[&str]); 3] = [
        ("bare", "without hooks", &[]),
        ("ours", "with the hooks", &[]),
        ("strict", "with --strict", &["--strict"]),
    ];
    let clones = kinds.map(|(name, ..)| Shape::clone_to(world, name));
    for ((name, _, flags), clone) in kinds.iter().zip(&clones) {
        if *name != "bare" {
            install(world, clone, flags);
        }
    }
    let mut table = Table::new(&["what", "p10 ms", "median ms", "worst ms"]);
    let rounds = options.rounds(100, 20);
    for branch in ["main", "work"] {
        let mut samples = [Vec::new(), Vec::new(), Vec::new()];
        for clone in &clones {
            world.git(clone, &["switch", "--quiet", "-C", branch]);
        }
        for round in 0..rounds + 3 {
            for (clone, sample) in clones.iter().zip(&mut samples) {
                edit_ticket(clone, round);
                world.git(clone, &["add", "tickets"]);
                let took = world.time_git(clone, &["commit", "--quiet", "-m", "edit"]);
                if round >= 3 {
                    sample.push(took);
                }
            }
        }
        let figures = samples.map(Figures::of);
        for ((_, what, _), found) in kinds.iter().zip(&figures) {
            let cells = [found.p10, found.median, found.worst].map(fine).to_vec();
            table.row(&[vec![format!("git commit on {branch}, {what}")], cells].concat());
        }
        let [without, with, _] = figures;
        let more = beyond(with.p10, without.p10);
        goals.at_most(
            &format!("git commit on {branch} beyond one without hooks, ms by p10"),
            more,
            COMMIT,
        );
    }
    table.print(&format!("## commits: {PROJECT:?}, {rounds} rounds in turns"));
}

/// What an agent waits for before each of its commands, on main: one that is not git's, one that decides nothing, and
/// commits.
fn agents(world: &World, options: &Options, goals: &mut Goals) {
    let [tickets, code, ahead] = ["tickets", "code", "pushed code"]
        .map(|name| Shape::clone_to(world, &format!("{name} for an agent")));
    edit_ticket(&tickets, 0);
    world.git(&tickets, &["add", "tickets"]);
    std::fs::write(code.join("src/a0/p00/f1.txt"), "changed\n").unwrap();
    world.git(&code, &["add", "src"]);
    std::fs::write(ahead.join("src/a0/p00/f1.txt"), "changed\n").unwrap();
    world.git(&ahead, &["commit", "-q", "-a", "-m", "code"]);
    let rows = [
        ("ls -la", &code, true, ELSEWHERE),
        ("git status", &code, true, AGENT),
        ("cd src && git diff | head", &code, true, AGENT),
        ("git commit -m x", &tickets, true, AGENT),
        ("git commit -m x", &code, false, AGENT),
        ("git push origin main", &ahead, false, AGENT),
        ("git push", &ahead, false, AGENT),
    ];
    let mut samples: Vec<Vec<Duration>> = rows.iter().map(|_| Vec::new()).collect();
    let rounds = options.rounds(200, 40);
    std::thread::sleep(Duration::from_millis(100));
    for round in 0..rounds + 5 {
        for ((line, dir, passes, _), sample) in rows.iter().zip(&mut samples) {
            let event = serde_json::json!({
                "hook_event_name": "PreToolUse", "cwd": dir, "tool_name": "Bash", "tool_input": {"command": line},
            });
            let program = program(world, dir).display().to_string();
            let took = time(world, dir, &program, &["hook", "claude"], &event.to_string(), *passes);
            if round >= 5 {
                sample.push(took);
            }
        }
    }
    let mut table = Table::new(&["tix hook claude, on main", "p10 ms", "median ms", "worst ms"]);
    for ((line, _, passes, most), sample) in rows.iter().zip(samples) {
        let found = Figures::of(sample);
        let what = format!("{line}{}", if *passes { "" } else { ": refused" });
        table.row(
            &[vec![what.clone()], [found.p10, found.median, found.worst].map(fine).to_vec()]
                .concat(),
        );
        goals.at_most(
            &format!("tix hook claude, {what}, ms"),
            found.median.as_secs_f64() * 1e3,
            *most,
        );
    }
    table.print(&format!("## agents: {PROJECT:?}, {rounds} rounds in turns"));
}

fn edit_ticket(clone: &Path, round: usize) {
    let path = clone.join(format!("tickets/queue/{}.md", ticket_id(round % PROJECT.tickets)));
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(path, format!("{text}- round {round}\n")).unwrap();
}

/// What a user has: the scripts, or the entries of the configuration, with all that they do beside calling tix.
fn install(world: &World, clone: &Path, flags: &[&str]) {
    world.time_tix(clone, &[&["hook", "install"], flags].concat());
}

fn program(world: &World, dir: &Path) -> PathBuf {
    world.tix(&Machine::named("git"), dir, &[]).get_program().into()
}

fn hook(
    world: &World,
    dir: &Path,
    name: &str,
    args: &[&str],
    input: &str,
    passes: bool,
) -> Duration {
    let program = program(world, dir).display().to_string();
    let args = [&["hook", "git", name], args].concat();
    time(world, dir, &program, &args, input, passes)
}

/// How long a process took that is given this to read, as git gives it to a hook.
fn time(
    world: &World,
    dir: &Path,
    program: &str,
    args: &[&str],
    input: &str,
    passes: bool,
) -> Duration {
    use std::io::Write as _;
    use std::process::Stdio;
    let mut command = world.command(program, &Machine::named("git"), dir, args);
    command.env("GIT_INDEX_FILE", ".git/index").stdin(Stdio::piped());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let began = Instant::now();
    let mut child = command.spawn().unwrap();
    // A hook that does not read its input is no failure.
    child.stdin.take().unwrap().write_all(input.as_bytes()).ok();
    let output = child.wait_with_output().unwrap();
    let took = began.elapsed();
    let words = String::from_utf8(output.stderr).unwrap_or_default();
    assert_eq!(output.status.success(), passes, "{program} {args:?}: {words}");
    took
}

fn beyond(of: Duration, floor: Duration) -> f64 {
    (of.as_secs_f64() - floor.as_secs_f64()) * 1e3
}

/// With a digit more than elsewhere: a hook has few milliseconds.
fn fine(duration: Duration) -> String {
    format!("{:.2}", duration.as_secs_f64() * 1e3)
}
