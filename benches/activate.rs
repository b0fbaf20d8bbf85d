//! One activation, uncontended, against the bare git commands for the same effect.
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

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::ExitCode;

use support::{Figures, Floor, Goals, Options, Shape, Table, World, millis, ratio, ticket_id};

const SMALL: Shape = Shape { files: 250, tickets: 200 };

fn main() -> ExitCode {
    let options = Options::read();
    let mut goals = Goals::default();
    against_git(&options, &mut goals);
    count(&mut goals);
    goals.report(&options)
}

/// tix and git take turns, each in a world of its own that ages like the other's.
fn against_git(options: &Options, goals: &mut Goals) {
    let (ours, theirs) = (World::new(), World::new());
    let [mine, bare] = [&ours, &theirs].map(|world| {
        SMALL.make_remote(world);
        Shape::clone_to(world, "one")
    });
    let rounds = options.rounds(60, 12);
    let [mut tix, mut git] = [const { Vec::<std::time::Duration>::new() }; 2];
    let mut parts = [const { Vec::new() }; 2];
    let [mut release, mut new] = [const { Vec::new() }; 2];
    for round in 0..rounds + 2 {
        let floor = Floor::prepare(&theirs, &bare, round);
        let times = floor.run(&theirs, &bare);
        let activate = ours.time_tix(&mine, &["--quiet", "activate", &ticket_id(round)]);
        let title = format!("One more thing {round}");
        let made = ours.time_tix(&mine, &["--quiet", "new", &title]);
        let back = ours.time_tix(&mine, &["--quiet", "release", &ticket_id(round)]);
        if round < 2 {
            // The first run makes what later ones find.
            continue;
        }
        git.push(times.total());
        let each = [times.push, times.worktree];
        parts.iter_mut().zip(each).for_each(|(part, time)| part.push(time));
        tix.push(activate);
        release.push(back);
        new.push(made);
    }
    let mut table = Table::new(&["what", "p10 ms", "median ms", "worst ms"]);
    let mut row = |what: &str, figures: Figures| {
        let cells = [figures.p10, figures.median, figures.worst].map(millis);
        table.row(&[vec![what.to_owned()], cells.to_vec()].concat());
        figures
    };
    let names = ["  git push of trunk and branch", "  git worktree add"];
    let git = row("bare git commands", Figures::of(git));
    for (name, part) in names.iter().zip(parts) {
        row(name, Figures::of(part));
    }
    let tix = row("tix activate", Figures::of(tix));
    row("tix release", Figures::of(release));
    row("tix new", Figures::of(new));
    table.print(&format!("## activate: {SMALL:?}, local bare remote, {rounds} rounds in turns"));
    println!(
        "\nactivate / git: {:.2} by p10, {:.2} by median",
        ratio(tix.p10, git.p10),
        ratio(tix.median, git.median)
    );
    goals.at_most("activate / bare git, by median", ratio(tix.median, git.median), 1.5);
}

/// What a run starts, counted by a git that writes down how it is called, and connections by the
/// remote's own two programs.
fn count(goals: &mut Goals) {
    let mut world = World::new();
    SMALL.make_remote(&world);
    let clone = Shape::clone_to(&world, "one");
    let calls = world.dir("calls");
    let real = world.git(world.root(), &["--exec-path"]);
    let shims = world.dir("shims");
    fs::create_dir_all(&shims).unwrap();
    // git looks for its own parts in its own directory first, so only what tix starts comes by here.
    script(
        &shims.join("git"),
        &format!("echo \"git $1\" >>'{}'\nexec '{real}/git' \"$@\"", calls.display()),
    );
    for (key, program) in [("uploadpack", "upload-pack"), ("receivepack", "receive-pack")] {
        let shim = shims.join(program);
        script(
            &shim,
            &format!(
                "echo 'connection {program}' >>'{}'\nexec '{real}/git' {program} \"$@\"",
                calls.display()
            ),
        );
        world
            .git(&clone, &["config", &format!("remote.origin.{key}"), &shim.display().to_string()]);
    }
    world.put_on_path(&shims);
    let mut table = Table::new(&["what", "git processes", "connections"]);
    let id = ticket_id(1);
    let commands: [(&str, &[&str]); 4] = [
        ("tix activate, first in its clone", &["--quiet", "activate", &ticket_id(0)]),
        ("tix activate", &["--quiet", "activate", &id]),
        ("tix release", &["--quiet", "release", &id]),
        ("tix new", &["--quiet", "new", "One more thing"]),
    ];
    for (what, args) in commands {
        fs::write(&calls, "").unwrap();
        world.time_tix(&clone, args);
        let lines = fs::read_to_string(&calls).unwrap();
        let processes = lines.lines().filter(|l| l.starts_with("git ")).count();
        let connections = lines.lines().filter(|l| l.starts_with("connection ")).count();
        table.row(&[what.to_owned(), processes.to_string(), connections.to_string()]);
        if what == "tix activate" {
            goals.at_most("git processes of an activation", as_f64(processes), 13.0);
            goals.at_most("connections of an activation", as_f64(connections), 1.0);
        }
    }
    table.print("## what is started");
}

fn as_f64(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

fn script(path: &Path, body: &str) {
    fs::write(path, format!("#!/bin/sh\n{body}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}
